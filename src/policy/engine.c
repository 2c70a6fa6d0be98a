/* SPDX-License-Identifier: Apache-2.0
 *
 * Changes of the index: documents come, change and go.
 */
#include "policy/engine-impl.h"

void engine_init(struct engine *g, uint64_t seed)
{
	*g = (struct engine){.seed = seed};
}

struct document_key {
	uint32_t kind;
	struct str id;
};

static bool document_is(const void *value, const void *key)
{
	const struct document *d = value;
	const struct document_key *k = key;

	return d->set->kind == k->kind && str_eq(cset_id(d->set), k->id);
}

static uint64_t document_hash(const struct engine *g, struct document_key key)
{
	return hash_u64(hash_str(g->seed, key.id) ^ key.kind);
}

const struct document *document_of_set(const struct engine *g, const struct cset *set)
{
	return document_of(g, set->kind, cset_id(set));
}

const struct document *document_of(const struct engine *g, uint32_t kind, struct str id)
{
	struct document_key key = {kind, id};

	return pmap_get(&g->sets, document_hash(g, key), document_is, &key);
}

/* Subjects by hash: a scratch table of indexes + 1 into the document's subjects. */
struct subject_table {
	struct document *document;
	uint32_t *slots;
	size_t mask;
	bool *is_kept; /* of each subject: the old document has it too */
};

static uint32_t *table_slot(const struct subject_table *t, uint64_t hash, struct str text)
{
	const struct document *d = t->document;
	size_t at = (size_t)hash & t->mask;

	for (; t->slots[at]; at = (at + 1) & t->mask) {
		uint32_t i = t->slots[at] - 1;
		if (d->subjects[i].hash == hash && str_eq(document_subject(d, i), text))
			break;
	}
	return &t->slots[at];
}

static struct document *document_alloc(const struct statement_set *set, size_t *ret_text_at)
{
	size_t size = sizeof(struct document), n_bytes;
	struct document *d;

	if (__builtin_mul_overflow(set->subjects.n, sizeof(d->subjects[0]), &n_bytes) ||
	    __builtin_add_overflow(size, n_bytes, &size))
		abort(); /* bounded by the largest document long before */
	*ret_text_at = size;
	for (size_t i = 0; i < set->subjects.n; i++)
		size += set->subjects.items[i].len;
	assert(size <= INT32_MAX);
	d = mem_calloc(1, size);
	d->n_bytes = (uint32_t)size;
	return d;
}

/* The document block without its compiled set; duplicates among the subjects collapse. */
static struct subject_table document_build(const struct engine *g, const struct statement_set *set, struct arena *a)
{
	struct subject_table t = {0};
	struct document *d;
	size_t text_at, n_slots = 4;

	d = t.document = document_alloc(set, &text_at);
	while (n_slots < set->subjects.n * 2)
		n_slots *= 2;
	t.slots = ARENA_ARRAY(a, uint32_t, n_slots);
	t.is_kept = ARENA_ARRAY(a, bool, set->subjects.n);
	t.mask = n_slots - 1;
	for (size_t i = 0; i < set->subjects.n; i++) {
		struct str text = set->subjects.items[i];
		uint64_t hash = text_hash(g->seed, text);
		uint32_t *slot = table_slot(&t, hash, text);

		if (*slot)
			continue;
		d->subjects[d->n_subjects++] = (struct document_subject){hash, (uint32_t)text_at, (uint32_t)text.len};
		*slot = d->n_subjects;
		if (text.len)
			memcpy((char *)d + text_at, text.ptr, text.len);
		text_at += text.len;
	}
	return t;
}

static void change_subject(struct engine *g, const struct change *c, const struct document *d, size_t i)
{
	uint64_t hash = d->subjects[i].hash;
	struct form key = {.hash = hash, .head = document_subject(d, i)};
	struct group *old = pmap_get(&g->subjects, hash, group_is, &key), *fresh = group_change(c, old, key.head);

	if (fresh && str_ends_with(key.head, STR("*")))
		g->subjects.filter |= filter_bit(short_hash(hash));
	if (fresh)
		(void)pmap_put(&g->subjects, c->edit, hash, group_is, &key, fresh);
	else if (old)
		(void)pmap_remove(&g->subjects, c->edit, hash, group_is, &key);
}

/* Fetches what a change of the document's first subjects will read, all at once instead of one after the other. */
static void fetch_subjects(const struct engine *g, const struct document *d)
{
	struct pmap_probe probes[N_PROBES] NO_INIT;
	struct form keys[N_PROBES] NO_INIT;
	size_t n = d->n_subjects < N_PROBES ? d->n_subjects : N_PROBES;

	for (size_t i = 0; i < n; i++) {
		keys[i] = (struct form){.hash = d->subjects[i].hash, .head = document_subject(d, i)};
		probes[i] = (struct pmap_probe){keys[i].hash, &keys[i], NULL};
	}
	pmap_find_many(&g->subjects, probes, n, group_is);
}

/* Subjects only the old document has lose its set; those both have exchange it; those only the new one has gain it. */
static void change_subjects(struct engine *g, struct edit *e, const struct document *old, const struct subject_table *t)
{
	const struct document *d = t->document;
	struct change c = {g->seed, e, old ? old->set : NULL, NULL};
	size_t i;

	for (i = 0; old && i < old->n_subjects; i++) {
		uint32_t at = *table_slot(t, old->subjects[i].hash, document_subject(old, i));

		if (at)
			t->is_kept[at - 1] = true;
		else
			change_subject(g, &c, old, i);
	}
	for (i = 0; i < d->n_subjects; i++) {
		struct change exchange = {g->seed, e, t->is_kept[i] ? c.old : NULL, d->set};

		if (exchange.old != exchange.fresh)
			change_subject(g, &exchange, d, i);
	}
}

/* Its first member; statements only ever read theirs, and the engine owns it. */
static struct edit_object *object_of(const struct condition *c)
{
	return (struct edit_object *)(uintptr_t)c;
}

static void retire_set(struct edit *e, struct cset *c)
{
	for (uint32_t i = 0; i < c->n_statements && c->n_conditions > 0; i++) {
		const struct limits *limits = cset_limits(c, &c->statements[i]);
		if (limits)
			edit_retire_object(e, object_of(limits->condition));
	}
	edit_retire(e, c);
}

static void adopt_set(struct edit *e, struct cset *c, const struct statement_set *set)
{
	edit_adopt(e, c);
	for (size_t i = 0; i < set->n_statements; i++)
		edit_adopt_object(e, object_of(set->statements[i].condition));
}

/* The new compiled set, or the old one when it says the same: then only changed subjects cost anything. */
static struct cset *compile_or_keep(struct engine *g, struct edit *e, const struct statement_set *set,
                                    const struct document *old, struct arena *scratch)
{
	struct cset *c = cset_compile(g, e, set, scratch);

	if (old && old->set->n_bytes == c->n_bytes && memcmp(old->set, c, c->n_bytes) == 0 && c->n_conditions == 0) {
		free(c);
		return old->set;
	}
	adopt_set(e, c, set);
	return c;
}

static void count_document(struct engine *g, const struct document *d, bool is_added)
{
	uint64_t n_bytes = (uint64_t)d->n_bytes + d->set->n_bytes;

	g->n_bytes += is_added ? n_bytes : -n_bytes;
	g->n_statements += is_added ? d->set->n_statements : -(uint64_t)d->set->n_statements;
}

void engine_put(struct engine *g, struct edit *e, const struct statement_set *set)
{
	CLEANUP(arena_release) struct arena scratch = ARENA_INIT;
	struct document_key key = {set->kind, set->id};
	uint64_t hash = document_hash(g, key);
	struct document *old = pmap_get(&g->sets, hash, document_is, &key);
	struct subject_table t = document_build(g, set, &scratch);

	if (old)
		fetch_subjects(g, old);
	fetch_subjects(g, t.document);
	t.document->set = compile_or_keep(g, e, set, old, &scratch);
	edit_adopt(e, t.document);
	change_subjects(g, e, old, &t);
	count_document(g, t.document, true);
	(void)pmap_put(&g->sets, e, hash, document_is, &key, t.document);
	if (!old || old->set != t.document->set)
		names_change(g, e, old ? old->set : NULL, t.document->set);
	if (!old)
		return;
	count_document(g, old, false);
	if (old->set != t.document->set)
		retire_set(e, old->set);
	edit_retire(e, old);
}

void engine_remove(struct engine *g, struct edit *e, uint32_t kind, struct str id)
{
	struct document_key key = {kind, id};
	struct document *old = pmap_remove(&g->sets, e, document_hash(g, key), document_is, &key);
	struct change c;

	if (!old)
		return;
	c = (struct change){g->seed, e, old->set, NULL};
	for (size_t i = 0; i < old->n_subjects; i++)
		change_subject(g, &c, old, i);
	names_change(g, e, old->set, NULL);
	count_document(g, old, false);
	retire_set(e, old->set);
	edit_retire(e, old);
}

void engine_retire_all(struct engine *g, struct edit *e)
{
	struct pmap_iter it;
	struct document *d;
	struct group *p;
	struct tenant *t;

	names_retire_all(g, e);
	pmap_iter_init(&it, &g->subjects);
	while ((p = pmap_iter_next(&it)))
		group_retire_all(p, e);
	pmap_iter_init(&it, &g->sets);
	while ((d = pmap_iter_next(&it))) {
		retire_set(e, d->set);
		edit_retire(e, d);
	}
	pmap_iter_init(&it, &g->tenants_by_id);
	while ((t = pmap_iter_next(&it)))
		edit_retire(e, t);
	pmap_retire_all(&g->subjects, e);
	pmap_retire_all(&g->sets, e);
	pmap_retire_all(&g->tenants_by_id, e);
	pvec_retire_all(&g->tenants, e);
	engine_init(g, g->seed);
}
