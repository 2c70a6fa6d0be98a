/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of principals, and who of them brings a subject: what snapshot_subjects() does, undone.
 */
#include "policy/departments.h"
#include "policy/diff-impl.h"
#include "policy/lower.h"

/* ---- the table ------------------------------------------------------------------------------------------- */

uint64_t person_hash(enum person_type type, struct str id)
{
	return hash_str((uint64_t)type, id);
}

uint64_t first_signature(enum person_type type, struct str id)
{
	return 2 * (uint64_t)type + (type == PERSON_OTHER ? person_hash(type, id) : 0);
}

/* The place of a registered one. */
struct ordinal {
	size_t side;
	uint64_t at;
};

/* Ordinals are one document's on one side: that before stands for both. Nearly all documents are the same on both. */
static struct ordinal ordinal_of(const struct diff_work *w, enum person_type type, const struct document *doc)
{
	const enum document_kind kind = type == PERSON_USER ? DOC_USER : DOC_SERVICE_ACCOUNT;
	const struct document *before = doc;

	if (pvec_get(&w->sides[0]->order[kind], doc->ordinal) != doc)
		before = snapshot_find(w->sides[0], kind, doc->id);
	return before ? (struct ordinal){0, before->ordinal} : (struct ordinal){1, doc->ordinal};
}

struct person *find_person(const struct diff_work *w, enum person_type type, const struct document *doc)
{
	const struct ordinal o = ordinal_of(w, type, doc);
	const struct person_places *l = &w->places[o.side][type];
	const size_t page = o.at / PERSONS_A_PAGE;
	uint32_t at = 0;

	if (page < l->n_pages && l->pages[page])
		at = l->pages[page][o.at % PERSONS_A_PAGE];
	return at ? &w->persons[at - 1] : NULL;
}

static uint32_t *need_place(struct diff_work *w, enum person_type type, struct ordinal o)
{
	const enum document_kind kind = type == PERSON_USER ? DOC_USER : DOC_SERVICE_ACCOUNT;
	struct person_places *l = &w->places[o.side][type];
	uint32_t **page;

	if (!l->pages) {
		l->n_pages = w->sides[o.side]->next_ordinal[kind] / PERSONS_A_PAGE + 1;
		l->pages = ARENA_ARRAY(w->arena, uint32_t *, l->n_pages);
	}
	assert(o.at / PERSONS_A_PAGE < l->n_pages);
	page = &l->pages[o.at / PERSONS_A_PAGE];
	if (!*page)
		*page = ARENA_ARRAY(w->arena, uint32_t, PERSONS_A_PAGE);
	return &(*page)[o.at % PERSONS_A_PAGE];
}

static struct person *new_person(struct diff_work *w, const struct person *p)
{
	assert(w->n_persons < UINT32_MAX);
	ARENA_ROOM(w->arena, w->persons, w->n_persons, &w->cap_persons);
	w->persons[w->n_persons] = *p;
	w->persons[w->n_persons].signature = first_signature(p->type, p->id);
	return &w->persons[w->n_persons++];
}

struct person *add_person(struct diff_work *w, enum person_type type, const struct document *doc)
{
	uint32_t *place = need_place(w, type, ordinal_of(w, type, doc));

	if (*place)
		return &w->persons[*place - 1];
	if (!diff_step(w, 1))
		return NULL;
	*place = (uint32_t)w->n_persons + 1;
	return new_person(w, &(struct person){.type = type, .id = doc->id, .doc = doc});
}

/* ---- others ---------------------------------------------------------------------------------------------- */

static uint32_t *head_of(const struct diff_work *w, struct str subject)
{
	return &w->heads[person_hash(PERSON_OTHER, subject) & (w->n_heads - 1)];
}

static void grow(struct diff_work *w)
{
	w->n_heads = w->n_heads ? 2 * w->n_heads : 64;
	w->heads = ARENA_ARRAY(w->arena, uint32_t, w->n_heads);
	for (size_t i = 0; i < w->n_persons; i++) {
		struct person *p = &w->persons[i];
		uint32_t *head;

		if (p->type != PERSON_OTHER)
			continue;
		head = head_of(w, p->id);
		p->next = *head;
		*head = (uint32_t)i + 1;
	}
}

struct person *add_other(struct diff_work *w, struct str subject)
{
	uint32_t *head;

	if (w->n_others >= w->n_heads)
		grow(w);
	head = head_of(w, subject);
	for (uint32_t at = *head; at; at = w->persons[at - 1].next)
		if (str_eq(w->persons[at - 1].id, subject))
			return &w->persons[at - 1];
	if (!diff_step(w, 1))
		return NULL;
	*head = (uint32_t)w->n_persons + 1;
	w->n_others++;
	return new_person(w, &(struct person){.type = PERSON_OTHER, .id = subject});
}

/* ---- marks ----------------------------------------------------------------------------------------------- */

/* Salted with what nobody outside knows: nobody can choose names that make two principals look the same. */
uint64_t mark_in(const struct diff_work *w, uint64_t mark, struct str tenant)
{
	return str_is_absent(tenant) ? mark : hash_u64(mark ^ hash_str(~w->sides[0]->engine.seed, tenant));
}

uint64_t mark_of(const struct diff_work *w, uint64_t salt, struct str text, struct str tenant)
{
	return mark_in(w, hash_u64(hash_str(salt ^ w->sides[0]->engine.seed, text)), tenant);
}

uint64_t mark_of_subject(const struct diff_work *w, struct str subject)
{
	const uint64_t mark = mark_of(w, hash_str(0, subject), STR(""), STR_NONE);

	return mark ? mark : 1;
}

/* ---- who brings a subject -------------------------------------------------------------------------------- */

static void bring_document(struct bringers *b, enum person_type type, const struct document *doc, struct str tenant)
{
	if (doc && diff_step(b->work, 1))
		b->bring(b, type, doc, tenant);
}

/* Documents are one block each, the texts behind the struct. */
static void fetch_document(const struct document *doc)
{
	for (size_t at = 0; at < 4 * (size_t)64; at += 64)
		__builtin_prefetch((const void *)((uintptr_t)doc + at));
}

/* Members may be named by id, by alias, or by e-mail address. */
void bring_members(struct bringers *b, const struct str *names, size_t n, struct str tenant)
{
	const struct document *by_id[SNAPSHOT_MANY], *by_alias[SNAPSHOT_MANY];

	snapshot_find_many(b->snapshot, DOC_USER, names, n, by_id, by_alias);
	for (size_t i = 0; i < n; i++) {
		bring_document(b, PERSON_USER, by_id[i], tenant);
		bring_document(b, PERSON_USER, by_alias[i], tenant);
	}
}

static void bring_group(struct bringers *b, struct str group, struct str tenant)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	const struct document *const *docs;
	const size_t n =
	    snapshot_linked(b->snapshot, DOC_GROUP_MEMBER, arena_concat(&a, STR("group:"), group), &a, &docs);

	for (size_t i = 0; i < n && !b->work->is_over; i += SNAPSHOT_MANY) {
		struct str names[SNAPSHOT_MANY];
		size_t k = 0;

		for (size_t ahead = i + SNAPSHOT_MANY; ahead < n && ahead < i + (size_t)2 * SNAPSHOT_MANY; ahead++)
			fetch_document(docs[ahead]);
		for (; k < SNAPSHOT_MANY && i + k < n; k++)
			names[k] = as_group_member(docs[i + k])->member;
		bring_members(b, names, k, tenant);
	}
}

void bring_principal(struct bringers *b, const struct role_member *m)
{
	if (str_eq(m->principal_type, STR("user")))
		bring_document(b, PERSON_USER, snapshot_find(b->snapshot, DOC_USER, m->principal_id), m->tenant);
	else if (str_eq(m->principal_type, STR("service")))
		bring_document(b, PERSON_SERVICE, snapshot_find(b->snapshot, DOC_SERVICE_ACCOUNT, m->principal_id),
		               m->tenant);
	else if (str_eq(m->principal_type, STR("group")))
		bring_group(b, m->principal_id, m->tenant);
}

/* Users who hold a role in one place, several at once. */
struct holders {
	struct str ids[SNAPSHOT_MANY], tenants[SNAPSHOT_MANY];
	size_t n;
};

static void bring_holders(struct bringers *b, struct holders *h)
{
	const struct document *by_id[SNAPSHOT_MANY], *by_alias[SNAPSHOT_MANY];

	snapshot_find_many(b->snapshot, DOC_USER, h->ids, h->n, by_id, by_alias);
	for (size_t i = 0; i < h->n; i++)
		bring_document(b, PERSON_USER, by_id[i], h->tenants[i]);
	h->n = 0;
}

static void bring_role(struct bringers *b, struct str role)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	const struct document *const *docs;
	const size_t n = snapshot_linked(b->snapshot, DOC_ROLE_MEMBER, arena_concat(&a, STR("role:"), role), &a, &docs);

	struct holders h = {.n = 0};

	for (size_t i = 0; i < n && !b->work->is_over; i++) {
		const struct role_member *m = as_role_member(docs[i]);

		if (i + SNAPSHOT_MANY < n)
			fetch_document(docs[i + SNAPSHOT_MANY]);
		if (!str_eq(m->principal_type, STR("user"))) {
			bring_principal(b, m);
			continue;
		}
		h.ids[h.n] = m->principal_id;
		h.tenants[h.n++] = m->tenant;
		if (h.n == SNAPSHOT_MANY)
			bring_holders(b, &h);
	}
	bring_holders(b, &h);
}

void bring_below(struct bringers *b, struct str department)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	const struct str_list below = departments_below(b->snapshot, department, &a);

	for (size_t i = 0; i < below.n; i++)
		bring_group(b, below.items[i], STR_NONE);
}

static bool cut(struct str subject, struct str prefix, struct str *ret_rest)
{
	if (!str_starts_with(subject, prefix))
		return false;
	*ret_rest = str_slice(subject, prefix.len, subject.len);
	return true;
}

/* False: the subject is nobody's who is registered here. */
bool bring_subject(struct bringers *b, struct str subject)
{
	struct str id;

	if (cut(subject, STR(SUBJECT_USER), &id))
		bring_document(b, PERSON_USER, snapshot_find(b->snapshot, DOC_USER, id), STR_NONE);
	else if (cut(subject, STR(SUBJECT_GROUP), &id) || cut(subject, STR(SUBJECT_ATTACHED_GROUP), &id))
		bring_group(b, id, STR_NONE);
	else if (cut(subject, STR(SUBJECT_INHERITED_DEPARTMENT), &id))
		bring_below(b, id);
	else if (cut(subject, STR(SUBJECT_ROLE), &id))
		bring_role(b, id);
	else if (cut(subject, STR(SUBJECT_SERVICE), &id) && snapshot_find(b->snapshot, DOC_SERVICE_ACCOUNT, id))
		bring_document(b, PERSON_SERVICE, snapshot_find(b->snapshot, DOC_SERVICE_ACCOUNT, id), STR_NONE);
	else
		return false;
	return true;
}
