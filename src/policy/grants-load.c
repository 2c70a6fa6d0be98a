/* SPDX-License-Identifier: Apache-2.0
 *
 * Very many grants at once: pages are filled as they come, keys are collected, sorted and made into full sets at the
 * end. A hash table stands for the set of names meanwhile.
 */
#include <errno.h>

#include "policy/grants-impl.h"

struct keys {
	uint64_t *items;
	size_t n, cap;
};

struct name_slot {
	uint64_t hash;
	uint32_t number; /* + 1; 0: free */
};

struct grants_loader {
	struct grants grants; /* its sets stay empty until the end */
	struct keys by_id, by_pair, by_entity[GRANTEE_N_TYPES], by_grantee[ENTITY_N_TYPES];
	struct keys by_types[ENTITY_N_TYPES][GRANTEE_N_TYPES];
	struct keys by_name;
	struct name_slot *slots;
	size_t n_slots; /* a power of two */
};

struct grants_loader *grants_loader_new(uint64_t seed)
{
	struct grants_loader *l = mem_calloc(1, sizeof(*l));

	l->grants.seed = seed;
	return l;
}

static void keys_add(struct keys *k, uint64_t key)
{
	if (k->n == k->cap) {
		k->cap = k->cap ? k->cap + k->cap / 2 : 64;
		k->items = mem_realloc_array(k->items, k->cap, sizeof(*k->items));
	}
	k->items[k->n++] = key;
}

/* ---- names -------------------------------------------------------------------------------------------- */

static struct name_slot *free_slot(struct name_slot *slots, size_t n_slots, uint64_t hash)
{
	size_t at = (size_t)hash & (n_slots - 1);

	while (slots[at].number)
		at = (at + 1) & (n_slots - 1);
	return &slots[at];
}

static void grow_names(struct grants_loader *l)
{
	size_t n = l->n_slots ? l->n_slots * 2 : 1024;
	struct name_slot *slots = mem_calloc(n, sizeof(*slots));

	for (size_t i = 0; i < l->n_slots; i++)
		if (l->slots[i].number)
			*free_slot(slots, n, l->slots[i].hash) = l->slots[i];
	free(l->slots);
	l->slots = slots;
	l->n_slots = n;
}

static bool name_at_is(const struct grants *g, uint32_t number, char tag, struct str text)
{
	const struct grants_name *name = pvec_get(&g->names, number);

	return name->tag == tag && str_eq((struct str){name->text, name->len}, text);
}

static uint32_t load_name(struct grants_loader *l, struct edit *e, char tag, struct str text, uint64_t *ret_hash)
{
	struct grants *g = &l->grants;
	uint64_t hash = *ret_hash = name_hash(g->seed, tag, text);
	struct name_slot *slot;
	size_t at;

	if (g->next_name * 4 >= l->n_slots * 3)
		grow_names(l);
	for (at = (size_t)hash & (l->n_slots - 1); l->slots[at].number; at = (at + 1) & (l->n_slots - 1))
		if (l->slots[at].hash == hash && name_at_is(g, l->slots[at].number - 1, tag, text))
			return l->slots[at].number - 1;
	slot = &l->slots[at];
	*slot = (struct name_slot){hash, (uint32_t)g->next_name + 1};
	(void)pvec_set(&g->names, e, g->next_name, name_new(e, tag, text));
	keys_add(&l->by_name, KEY(high_half(hash), g->next_name));
	return (uint32_t)g->next_name++;
}

/* ---- grants ------------------------------------------------------------------------------------------- */

void grants_loader_add(struct grants_loader *l, struct edit *e, const struct access_grant *grant)
{
	struct grants *g = &l->grants;
	uint32_t names[3], ordinal;
	uint64_t entity, grantee, grantor;
	struct grants_page *page;
	struct grant_record *r;

	assert(grant->entity_type != ENTITY_NONE && grant->grantee_type != GRANTEE_NONE);
	assert(g->next_ordinal < NUMBERS_LIMIT && g->next_name + 3 < NUMBERS_LIMIT);
	ordinal = (uint32_t)g->next_ordinal++;
	names[0] = load_name(l, e, tag_of_entity(grant->entity_type), grant->entity_id, &entity);
	names[1] = load_name(l, e, tag_of_grantee(grant->grantee_type), grant->grantee_id, &grantee);
	names[2] = load_name(l, e, TAG_GRANTOR, grant->granted_by, &grantor);
	page = page_open(g, e, ordinal);
	r = &page->records[ordinal % GRANTS_PER_PAGE];
	*r = record_of(grant, names);
	page->n++;
	keys_add(&l->by_id, KEY(id_hash(g->seed, grant->doc.id), ordinal));
	keys_add(&l->by_pair, KEY(pair_hash(entity, grantee), ordinal));
	keys_add(&l->by_entity[r->grantee_type], KEY(r->entity, ordinal));
	keys_add(&l->by_grantee[r->entity_type], KEY(r->grantee, ordinal));
	keys_add(&l->by_types[r->entity_type][r->grantee_type], ordinal);
	g->n++;
}

/* ---- the end: sorted sets -------------------------------------------------------------------------------- */

enum { DIGIT_BITS = 11, N_DIGITS = 3, N_BUCKETS = 1 << DIGIT_BITS };

/*
 * Sorts by the high halves, digit by digit; keys of one high half come in the order of their low halves and keep it.
 * `room` is as long as the keys.
 */
static void sort_keys(struct keys *k, uint64_t *room)
{
	for (unsigned digit = 0; digit < N_DIGITS; digit++) {
		size_t counts[N_BUCKETS] = {0}, at = 0;
		unsigned shift = 32 + digit * DIGIT_BITS;
		uint64_t *sorted = room;

		for (size_t i = 0; i < k->n; i++)
			counts[k->items[i] >> shift & (N_BUCKETS - 1)]++;
		for (size_t i = 0; i < N_BUCKETS; i++) {
			size_t n = counts[i];
			counts[i] = at;
			at += n;
		}
		for (size_t i = 0; i < k->n; i++)
			sorted[counts[k->items[i] >> shift & (N_BUCKETS - 1)]++] = k->items[i];
		memcpy(k->items, sorted, k->n * sizeof(*sorted));
	}
}

static void make_set(struct pset *set, struct edit *e, struct keys *k)
{
	CLEANUP(freep) uint64_t *room = mem_calloc(k->n ? k->n : 1, sizeof(*room));

	sort_keys(k, room);
	pset_build(set, e, k->items, k->n);
	free(TAKE(k->items));
}

static bool is_same_pair(const struct grant_record *a, const struct grant_record *b)
{
	return a->entity == b->entity && a->grantee == b->grantee;
}

static bool is_same_id(const struct grant_record *a, const struct grant_record *b)
{
	return str_eq(record_id(a), record_id(b));
}

/* Are there two grants that are the same? Only those of one hash can be: they stand together. */
static bool has_twins(const struct grants *g, const struct pset *set,
                      bool (*is_same)(const struct grant_record *, const struct grant_record *))
{
	uint64_t key, other, last = UINT64_MAX;
	struct pset_iter it, run;

	for (pset_iter_init(&it, set, 0); pset_iter_next(&it, &key); last = key) {
		if (last == UINT64_MAX || high_half(last) != high_half(key))
			continue;
		for (pset_iter_init(&run, set, KEY(high_half(key), 0)); pset_iter_next(&run, &other) && other < key;)
			if (is_same(record_at(g, (uint32_t)key), record_at(g, (uint32_t)other)))
				return true;
	}
	return false;
}

int grants_loader_finish(struct grants_loader *l, struct edit *e, struct grants *ret)
{
	struct grants *g = &l->grants;
	bool is_bad;

	free(TAKE(l->slots));
	make_set(&g->by_name, e, &l->by_name);
	make_set(&g->by_id, e, &l->by_id);
	make_set(&g->by_pair, e, &l->by_pair);
	for (size_t i = 0; i < N_ELEMENTS(g->by_entity); i++)
		make_set(&g->by_entity[i], e, &l->by_entity[i]);
	for (size_t i = 0; i < N_ELEMENTS(g->by_grantee); i++)
		make_set(&g->by_grantee[i], e, &l->by_grantee[i]);
	for (size_t i = 0; i < N_ELEMENTS(g->by_types); i++)
		for (size_t k = 0; k < N_ELEMENTS(g->by_types[i]); k++)
			make_set(&g->by_types[i][k], e, &l->by_types[i][k]);
	is_bad = has_twins(g, &g->by_id, is_same_id) || has_twins(g, &g->by_pair, is_same_pair);
	*ret = *g;
	free(l);
	return is_bad ? -EEXIST : 0;
}

/* ---- when numbers run out ----------------------------------------------------------------------------------- */

void grants_renumber(struct grants *g, struct edit *e)
{
	struct grants_loader *l = grants_loader_new(g->seed);
	struct grants old = *g;
	uint64_t at = 0;

	for (const struct grants_page *page; (page = pvec_next(&old.pages, &at)); at++) {
		for (size_t i = 0; i < GRANTS_PER_PAGE; i++) {
			struct access_grant grant;

			if (page->records[i].id_len == 0)
				continue;
			grant = record_read(&old, &page->records[i]);
			grants_loader_add(l, e, &grant);
		}
	}
	int r = grants_loader_finish(l, e, g);
	assert(r == 0);
	grants_retire_all(&old, e);
}
