/* SPDX-License-Identifier: Apache-2.0
 *
 * The catalog: documents by id, by alias, by link and in creation order, and the engine kept in step with them.
 */
#include "policy/snapshot.h"

#include "base/hash.h"
#include "base/pset.h"
#include "policy/lower.h"
#include "policy/native_condition.h"

/* What the maps are asked for: a kind and a string. */
struct name_key {
	enum document_kind kind;
	struct str text;
};

/* An alias: one heap block, the text behind the struct. */
struct alias {
	struct name_key key;
	const struct document *doc;
};

/*
 * The documents that share a link: one heap block. One that was made in this edit is changed in place, since nobody
 * else can see it; others are replaced as a whole when a member comes or goes.
 */
struct link_set {
	uint64_t owner; /* the edit that made it */
	struct name_key key;
	struct pset docs; /* by ordinal */
};

static uint64_t name_hash(const struct snapshot *s, enum document_kind kind, struct str text)
{
	return hash_str(s->engine.seed + (uint64_t)kind, text);
}

static bool doc_eq(const void *value, const void *key)
{
	const struct document *d = value;
	const struct name_key *k = key;
	return d->kind == k->kind && str_eq(d->id, k->text);
}

static bool alias_eq(const void *value, const void *key)
{
	const struct alias *al = value;
	const struct name_key *k = key;
	return al->key.kind == k->kind && str_eq(al->key.text, k->text);
}

static bool link_eq(const void *value, const void *key)
{
	const struct link_set *set = value;
	const struct name_key *k = key;
	return set->key.kind == k->kind && str_eq(set->key.text, k->text);
}

static struct str id_key(const void *value)
{
	return ((const struct document *)value)->id;
}

/* Is there an order by id of this kind? */
static bool is_searched(enum document_kind kind)
{
	return kind == DOC_USER || kind == DOC_SERVICE_ACCOUNT || kind == DOC_GROUP || kind == DOC_ROLE ||
	       kind == DOC_RESOURCE || kind == DOC_APP_ENTITLEMENT;
}

struct snapshot *snapshot_new(struct str org, uint64_t seed)
{
	struct snapshot *s = mem_calloc(1, sizeof(*s));

	s->org = org;
	engine_init(&s->engine, seed);
	s->grants.seed = seed;
	edit_init(&s->edit);
	return s;
}

struct snapshot *snapshot_fork(const struct snapshot *base)
{
	struct snapshot *s = mem_alloc(sizeof(*s));

	*s = *base;
	memset(&s->edit, 0, sizeof(s->edit));
	edit_init(&s->edit);
	return s;
}

/* ---- links and aliases ------------------------------------------------------------------------------ */

/* A set for the link in this edit: `old` itself (may be NULL), or its copy in its place. */
static struct link_set *link_open(struct snapshot *s, const struct name_key *key, struct link_set *old)
{
	struct link_set *set;
	char *copy;

	if (old && old->owner == s->edit.owner)
		return old;
	set = edit_alloc(&s->edit, sizeof(*set) + key->text.len);
	copy = (char *)(set + 1);
	if (key->text.len)
		memcpy(copy, key->text.ptr, key->text.len);
	set->owner = s->edit.owner;
	set->key = (struct name_key){key->kind, {copy, key->text.len}};
	set->docs = old ? old->docs : (struct pset){0};
	(void)pmap_put(&s->links, &s->edit, name_hash(s, key->kind, key->text), link_eq, key, set);
	edit_retire(&s->edit, old);
	return set;
}

static void link_add(struct snapshot *s, struct str text, const struct document *doc)
{
	struct name_key key = {doc->kind, text};
	struct link_set *old = pmap_get(&s->links, name_hash(s, doc->kind, text), link_eq, &key);

	(void)pset_add(&link_open(s, &key, old)->docs, &s->edit, doc->ordinal);
}

static void link_remove(struct snapshot *s, struct str text, const struct document *doc)
{
	struct name_key key = {doc->kind, text};
	uint64_t hash = name_hash(s, doc->kind, text);
	struct link_set *set = pmap_get(&s->links, hash, link_eq, &key);

	if (!set)
		return;
	set = link_open(s, &key, set);
	(void)pset_remove(&set->docs, &s->edit, doc->ordinal);
	if (set->docs.n == 0) {
		(void)pmap_remove(&s->links, &s->edit, hash, link_eq, &key);
		edit_retire(&s->edit, set);
	}
}

/* The document took the place of another, of the same ordinal (NULL: of none): what both link to stays as it is. */
static void relink(struct snapshot *s, const struct document *was, const struct document *is, struct arena *a)
{
	struct str_list old = was ? document_links(was, a) : (struct str_list){0};
	struct str_list new = is ? document_links(is, a) : (struct str_list){0};
	size_t i = 0, k = 0;

	/* Both lists are sorted. */
	while (i < old.n || k < new.n) {
		int order = i == old.n ? 1 : k == new.n ? -1 : str_cmp(old.items[i], new.items[k]);

		if (order < 0)
			link_remove(s, old.items[i], was);
		else if (order > 0)
			link_add(s, new.items[k], is);
		i += order <= 0;
		k += order >= 0;
	}
}

/* The names beside the id: aliases and what is unique about it (for users the plain e-mail address). In `a`. */
static struct str_list names_of(const struct document *doc, struct arena *a)
{
	struct str email = doc->kind == DOC_USER ? as_user(doc)->email : STR_NONE;
	struct str unique = doc->kind == DOC_USER ? email : document_unique_key(doc, a);
	struct str_list names = {doc->aliases.items, doc->aliases.n};
	struct str *items;

	if (str_is_absent(unique))
		return names;
	items = ARENA_ARRAY(a, struct str, names.n + 1);
	if (names.n)
		memcpy(items, names.items, names.n * sizeof(*items));
	items[names.n++] = unique;
	return (struct str_list){items, names.n};
}

static void alias_add(struct snapshot *s, struct str text, const struct document *doc)
{
	struct name_key key = {doc->kind, text};
	struct alias *al = edit_alloc(&s->edit, sizeof(*al) + text.len);
	char *copy = (char *)(al + 1);

	if (text.len)
		memcpy(copy, text.ptr, text.len);
	al->key = (struct name_key){doc->kind, {copy, text.len}};
	al->doc = doc;
	edit_retire(&s->edit, pmap_put(&s->aliases, &s->edit, name_hash(s, doc->kind, text), alias_eq, &key, al));
}

/* Only if the alias is still this document's: another may have taken it in the same change. */
static void alias_remove(struct snapshot *s, struct str text, const struct document *doc)
{
	struct name_key key = {doc->kind, text};
	uint64_t hash = name_hash(s, doc->kind, text);
	struct alias *al = pmap_get(&s->aliases, hash, alias_eq, &key);

	if (al && al->doc == doc)
		edit_retire(&s->edit, pmap_remove(&s->aliases, &s->edit, hash, alias_eq, &key));
}

static void rename_document(struct snapshot *s, const struct document *was, const struct document *is, struct arena *a)
{
	struct str_list old = was ? names_of(was, a) : (struct str_list){0};
	struct str_list new = is ? names_of(is, a) : (struct str_list){0};

	for (size_t i = 0; i < old.n; i++)
		alias_remove(s, old.items[i], was);
	for (size_t i = 0; i < new.n; i++)
		alias_add(s, new.items[i], is);
}

/* ---- the engine in step ----------------------------------------------------------------------------- */

static void lower_one(struct snapshot *s, const struct document *doc, struct arena *a)
{
	struct statement_set set;

	if (doc->kind == DOC_TENANT)
		engine_add_tenant(&s->engine, &s->edit, doc->id);
	else if (lower_document(s, doc, a, &set))
		engine_put(&s->engine, &s->edit, &set);
}

/* The documents of one kind with this link are lowered again: what they name means something else now. */
static void lower_linked(struct snapshot *s, enum document_kind kind, struct str link, struct arena *a)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(s, kind, link, a, &docs);

	for (size_t i = 0; i < n; i++)
		lower_one(s, docs[i], a);
}

static void lower_all(struct snapshot *s, enum document_kind kind)
{
	struct arena a = ARENA_INIT;
	uint64_t ordinal = 0;

	for (const struct document *d; (d = snapshot_next(s, kind, &ordinal)); arena_reset(&a))
		lower_one(s, d, &a);
	arena_release(&a);
}

/* LangSmith's switches are part of what its documents mean. An organization that is not there has all of them on. */
static void lower_by_switches(struct snapshot *s, const struct organization *was, const struct organization *is)
{
	bool rbac = (was && was->rbac_is_off) != (is && is->rbac_is_off);
	bool abac = (was && was->abac_is_off) != (is && is->abac_is_off);

	if (rbac)
		lower_all(s, DOC_ROLE);
	if (abac) {
		lower_all(s, DOC_TAG_POLICY);
		lower_all(s, DOC_POLICY_ATTACHMENT);
	}
}

/* What names the document is lowered again after it came, changed or went (`is` NULL). `was`, `is`: not both NULL. */
static void lower_dependents(struct snapshot *s, const struct document *was, const struct document *is, struct arena *a)
{
	const struct document *doc = is ? is : was;

	if (doc->kind == DOC_ROLE)
		lower_linked(s, DOC_STATEMENT_POLICY, arena_concat(a, STR("role:"), doc->id), a);
	else if (doc->kind == DOC_TAG_POLICY)
		lower_linked(s, DOC_POLICY_ATTACHMENT, arena_concat(a, STR("policy:"), doc->id), a);
	else if (doc->kind == DOC_PERMISSION_POLICY)
		lower_linked(s, DOC_ROLE, arena_concat(a, STR("policy:"), doc->id), a);
	else if (doc->kind == DOC_ORGANIZATION && str_eq(doc->id, s->org))
		lower_by_switches(s, as_organization(was), as_organization(is));
}

static void plan_selectors(struct snapshot *s, const struct tag_policy *p)
{
	for (size_t i = 0; i < p->n_groups; i++)
		tag_plan_add(&s->tag_plan, &s->edit, &p->groups[i]);
}

/* An object of the edit that first needs one: it goes with that, or lives as long as the lineage. */
static void need_native_env(struct snapshot *s, const struct access_policy *p)
{
	if (s->native_env || str_is_absent(p->condition))
		return;
	s->native_env = native_env_new();
	edit_adopt_object(&s->edit, native_env_object(s->native_env));
}

static void count_grants(struct snapshot *fork)
{
	fork->n_docs[DOC_ACCESS_GRANT] = fork->grants.n;
}

int snapshot_load_grants(struct snapshot *fork, struct grants_loader *loader)
{
	int r;

	assert(fork->grants.n == 0);
	r = grants_loader_finish(loader, &fork->edit, &fork->grants);
	count_grants(fork);
	return r;
}

#define NO_ORDINAL UINT64_MAX /* that of the version there is, or behind all others */

/* In place of the version there is, if any; else at an ordinal that is free. */
static void put_at(struct snapshot *fork, struct document *doc, uint64_t ordinal)
{
	struct name_key key = {doc->kind, doc->id};
	struct arena a = ARENA_INIT;
	struct document *old;

	edit_adopt(&fork->edit, doc);
	old = pmap_put(&fork->docs, &fork->edit, name_hash(fork, doc->kind, doc->id), doc_eq, &key, doc);
	doc->ordinal = ordinal;
	if (ordinal == NO_ORDINAL)
		doc->ordinal = old ? old->ordinal : fork->next_ordinal[doc->kind]++;
	fork->n_docs[doc->kind] += old ? 0 : 1;
	(void)pvec_set(&fork->order[doc->kind], &fork->edit, doc->ordinal, doc);
	if (is_searched(doc->kind))
		(void)ptrie_put(&fork->by_id[doc->kind], &fork->edit, id_key, doc);
	relink(fork, old, doc, &a);
	rename_document(fork, old, doc, &a);
	if (doc->kind == DOC_TAG_POLICY)
		plan_selectors(fork, as_tag_policy(doc));
	if (doc->kind == DOC_ACCESS_POLICY)
		need_native_env(fork, as_access_policy(doc));
	lower_one(fork, doc, &a);
	lower_dependents(fork, old, doc, &a);
	edit_retire(&fork->edit, old);
	arena_release(&a);
}

void snapshot_put(struct snapshot *fork, struct document *doc)
{
	if (doc->kind == DOC_ACCESS_GRANT) {
		grants_put(&fork->grants, &fork->edit, as_access_grant(doc));
		count_grants(fork);
		free(doc);
		return;
	}
	put_at(fork, doc, NO_ORDINAL);
}

/* A grant's place is the table's affair. */
static bool put_grant_back(struct snapshot *fork, struct document *doc)
{
	bool is_put = grants_put_back(&fork->grants, &fork->edit, as_access_grant(doc));

	count_grants(fork);
	free(doc);
	return is_put;
}

bool snapshot_put_back(struct snapshot *fork, struct document *doc)
{
	uint64_t ordinal, next;

	if (doc->kind == DOC_ACCESS_GRANT)
		return put_grant_back(fork, doc);
	assert(!snapshot_find(fork, doc->kind, doc->id));
	ordinal = next = snapshot_ordinal_behind(fork, doc->kind, doc->seq);
	if (!pvec_next(&fork->order[doc->kind], &next)) {
		put_at(fork, doc, NO_ORDINAL);
		return true;
	}
	/* The engine has an order of tenants of its own, which has no free places. */
	if (next == ordinal || doc->kind == DOC_TENANT) {
		free(doc);
		return false;
	}
	put_at(fork, doc, ordinal);
	return true;
}

static bool remove_grant(struct snapshot *fork, struct str id)
{
	bool is_removed = grants_remove(&fork->grants, &fork->edit, id);

	count_grants(fork);
	return is_removed;
}

bool snapshot_remove(struct snapshot *fork, enum document_kind kind, struct str id)
{
	struct name_key key = {kind, id};
	struct arena a = ARENA_INIT;
	struct document *old;

	if (kind == DOC_ACCESS_GRANT)
		return remove_grant(fork, id);
	old = pmap_remove(&fork->docs, &fork->edit, name_hash(fork, kind, id), doc_eq, &key);
	if (!old)
		return false;
	(void)pvec_set(&fork->order[kind], &fork->edit, old->ordinal, NULL);
	if (is_searched(kind))
		(void)ptrie_remove(&fork->by_id[kind], &fork->edit, id_key, id);
	fork->n_docs[kind]--;
	relink(fork, old, NULL, &a);
	rename_document(fork, old, NULL, &a);
	if (kind == DOC_TENANT)
		engine_remove_tenant(&fork->engine, &fork->edit, old->id);
	else
		engine_remove(&fork->engine, &fork->edit, (uint32_t)kind, old->id);
	lower_dependents(fork, old, NULL, &a);
	edit_retire(&fork->edit, old);
	arena_release(&a);
	return true;
}

/* ---- life --------------------------------------------------------------------------------------------- */

void snapshot_freeze(struct snapshot *fork, struct edit *ret_edit)
{
	*ret_edit = fork->edit;
	memset(&fork->edit, 0, sizeof(fork->edit));
}

void snapshot_seal(struct snapshot *fork, struct edit_blocks *ret_retired)
{
	struct edit e;

	snapshot_freeze(fork, &e);
	edit_seal(&e, ret_retired);
}

void snapshot_free_shell(struct snapshot *s)
{
	free(s);
}

void snapshot_drop(struct snapshot *fork)
{
	if (!fork)
		return;
	edit_drop(&fork->edit);
	free(fork);
}

void snapshot_free_all(struct snapshot *s)
{
	struct edit_blocks retired = {0};
	struct pmap_iter it;
	struct alias *al;
	struct link_set *set;
	struct edit e;

	if (!s)
		return;
	edit_init(&e);
	engine_retire_all(&s->engine, &e);
	pmap_iter_init(&it, &s->aliases);
	while ((al = pmap_iter_next(&it)))
		edit_retire(&e, al);
	pmap_iter_init(&it, &s->links);
	while ((set = pmap_iter_next(&it))) {
		struct pset docs = set->docs;
		pset_retire_all(&docs, &e);
		edit_retire(&e, set);
	}
	for (int kind = 0; kind < DOC_N_KINDS; kind++) {
		uint64_t i = 0;
		for (void *doc = pvec_next(&s->order[kind], &i); doc; i++, doc = pvec_next(&s->order[kind], &i))
			edit_retire(&e, doc);
		pvec_retire_all(&s->order[kind], &e);
		ptrie_retire_all(&s->by_id[kind], &e);
	}
	grants_retire_all(&s->grants, &e);
	edit_retire(&e, s->tag_plan.filter);
	edit_retire_object(&e, native_env_object(s->native_env));
	pmap_retire_all(&s->links, &e);
	pmap_retire_all(&s->aliases, &e);
	pmap_retire_all(&s->docs, &e);
	edit_seal(&e, &retired);
	edit_blocks_free_all(&retired);
	free(s);
}

/* ---- looking ------------------------------------------------------------------------------------------ */

const struct document *snapshot_find(const struct snapshot *s, enum document_kind kind, struct str id)
{
	struct name_key key = {kind, id};

	return pmap_get(&s->docs, name_hash(s, kind, id), doc_eq, &key);
}

bool snapshot_version(const struct snapshot *s, enum document_kind kind, struct str id, struct document *ret)
{
	const struct document *doc;
	struct access_grant grant;

	if (kind == DOC_ACCESS_GRANT) {
		if (!grants_find(&s->grants, id, &grant))
			return false;
		*ret = grant.doc;
		return true;
	}
	doc = snapshot_find(s, kind, id);
	if (doc)
		*ret = *doc;
	return doc;
}

const struct document *snapshot_find_any(const struct snapshot *s, enum document_kind kind, struct str name)
{
	struct name_key key = {kind, name};
	const struct document *doc = snapshot_find(s, kind, name);
	const struct alias *al;

	if (doc || s->aliases.n == 0)
		return doc;
	al = pmap_get(&s->aliases, name_hash(s, kind, name), alias_eq, &key);
	return al ? al->doc : NULL;
}

const struct document *snapshot_find_unique(const struct snapshot *s, enum document_kind kind, struct str unique_key)
{
	struct name_key key = {kind, unique_key};
	const struct alias *al = pmap_get(&s->aliases, name_hash(s, kind, unique_key), alias_eq, &key);

	return al ? al->doc : NULL;
}

void snapshot_find_many(const struct snapshot *s, enum document_kind kind, const struct str *ids, size_t n,
                        const struct document **ret_by_id, const struct document **ret_by_alias)
{
	struct pmap_probe docs[SNAPSHOT_MANY], aliases[SNAPSHOT_MANY];
	struct name_key keys[SNAPSHOT_MANY];

	assert(n <= SNAPSHOT_MANY);
	for (size_t i = 0; i < n; i++) {
		keys[i] = (struct name_key){kind, ids[i]};
		docs[i] = aliases[i] = (struct pmap_probe){name_hash(s, kind, ids[i]), &keys[i], NULL};
	}
	pmap_find_many(&s->docs, docs, n, doc_eq);
	pmap_find_many(&s->aliases, aliases, n, alias_eq);
	for (size_t i = 0; i < n; i++)
		if (docs[i].value)
			__builtin_prefetch(((const struct document *)docs[i].value)->id.ptr);
	for (size_t i = 0; i < n; i++) {
		const struct alias *al = aliases[i].value;

		ret_by_id[i] = docs[i].value && doc_eq(docs[i].value, &keys[i]) ? docs[i].value : NULL;
		ret_by_alias[i] = al && alias_eq(al, &keys[i]) ? al->doc : NULL;
	}
}

const struct organization *snapshot_organization(const struct snapshot *s)
{
	return FIND(s, organization, ORGANIZATION, s->org);
}

const struct document *snapshot_next(const struct snapshot *s, enum document_kind kind, uint64_t *ordinal)
{
	const struct document *doc = pvec_next(&s->order[kind], ordinal);

	if (doc)
		(*ordinal)++;
	return doc;
}

const struct document *snapshot_next_id(const struct snapshot *s, enum document_kind kind, struct str behind,
                                        bool is_included)
{
	assert(is_searched(kind));
	return is_included ? ptrie_from(&s->by_id[kind], id_key, behind)
	                   : ptrie_behind(&s->by_id[kind], id_key, behind);
}

const struct document *snapshot_previous(const struct snapshot *s, enum document_kind kind, uint64_t *ordinal)
{
	return pvec_previous(&s->order[kind], ordinal);
}

static int by_ordinal(const void *a, const void *b)
{
	const struct document *x = *(const struct document *const *)a, *y = *(const struct document *const *)b;

	return x->ordinal < y->ordinal ? -1 : x->ordinal > y->ordinal;
}

void snapshot_sort(const struct document **docs, size_t n)
{
	if (n > 1)
		qsort((void *)docs, n, sizeof(*docs), by_ordinal);
}

/* Ordinals and places grow together. */
uint64_t snapshot_ordinal_behind(const struct snapshot *s, enum document_kind kind, uint64_t after)
{
	uint64_t low = 0, high = s->next_ordinal[kind];

	while (after && low < high) {
		uint64_t middle = low + (high - low) / 2, at = middle;
		const struct document *doc = snapshot_next(s, kind, &at);

		if (!doc || doc->seq > after)
			high = middle;
		else
			low = at;
	}
	return low;
}

size_t snapshot_linked(const struct snapshot *s, enum document_kind kind, struct str link, struct arena *a,
                       const struct document *const **ret_docs)
{
	struct name_key key = {kind, link};
	const struct link_set *set = pmap_get(&s->links, name_hash(s, kind, link), link_eq, &key);
	const struct document **docs;
	struct pset_iter it;
	uint64_t ordinal;
	size_t n = 0;

	*ret_docs = NULL;
	if (!set)
		return 0;
	docs = arena_calloc(a, set->docs.n, sizeof(struct document *));
	for (pset_iter_init(&it, &set->docs, 0); pset_iter_next(&it, &ordinal);)
		docs[n++] = pvec_get(&s->order[kind], ordinal);
	*ret_docs = docs;
	return n;
}

size_t snapshot_count_linked(const struct snapshot *s, enum document_kind kind, struct str link)
{
	struct name_key key = {kind, link};
	const struct link_set *set = pmap_get(&s->links, name_hash(s, kind, link), link_eq, &key);

	return set ? set->docs.n : 0;
}
