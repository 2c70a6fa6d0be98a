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
	const struct grants_name *name; /* NULL: free */
	uint32_t hash;                  /* its low half */
	uint32_t number;
};

/* The name that stood last in one of a grant's places: often the next grant's, too. */
struct last_name {
	const struct grants_name *name; /* NULL: none yet */
	uint64_t hash;
	uint32_t number;
};

struct grants_loader {
	struct grants grants; /* its sets stay empty until the end */
	struct keys by_id, by_pair, by_entity[GRANTEE_N_TYPES], by_grantee[ENTITY_N_TYPES];
	struct keys by_types[ENTITY_N_TYPES][GRANTEE_N_TYPES];
	struct keys by_name;
	struct keys room; /* to sort in */
	struct last_name entity, grantee, grantor;
	struct name_slot *slots;
	size_t n_slots; /* a power of two */
};

struct grants_loader *grants_loader_new(uint64_t seed)
{
	struct grants_loader *l = mem_calloc(1, sizeof(*l));

	l->grants.seed = seed;
	return l;
}

static void keys_reserve(struct keys *k, size_t n)
{
	if (n <= k->cap)
		return;
	k->cap = k->cap + k->cap / 2 > n ? k->cap + k->cap / 2 : n + 64;
	k->items = mem_realloc_array(k->items, k->cap, sizeof(*k->items));
}

static void keys_add(struct keys *k, uint64_t key)
{
	keys_reserve(k, k->n + 1);
	k->items[k->n++] = key;
}

/* ---- names -------------------------------------------------------------------------------------------- */

static void grow_names(struct grants_loader *l)
{
	size_t n = l->n_slots ? l->n_slots * 2 : 1024;
	struct name_slot *slots = mem_calloc(n, sizeof(*slots));

	for (size_t i = 0; i < l->n_slots; i++) {
		size_t at = l->slots[i].hash & (n - 1);

		if (!l->slots[i].name)
			continue;
		while (slots[at].name)
			at = (at + 1) & (n - 1);
		slots[at] = l->slots[i];
	}
	free(l->slots);
	l->slots = slots;
	l->n_slots = n;
}

/* The slot that the name is in, or the free one that it belongs into. */
static struct name_slot *slot_of(struct grants_loader *l, uint64_t hash, char tag, struct str text)
{
	uint32_t low = (uint32_t)hash;
	size_t at;

	for (at = low & (l->n_slots - 1); l->slots[at].name; at = (at + 1) & (l->n_slots - 1))
		if (l->slots[at].hash == low && name_is(l->slots[at].name, tag, text))
			break;
	return &l->slots[at];
}

/* The name's number; the name is new if need be. `last` becomes it. */
static uint32_t load_name(struct grants_loader *l, struct edit *e, char tag, struct str text, struct last_name *last)
{
	struct grants *g = &l->grants;
	struct name_slot *slot;
	uint64_t hash;

	if (last->name && name_is(last->name, tag, text))
		return last->number;
	hash = name_hash(g->seed, tag, text);
	if (g->next_name * 4 >= l->n_slots * 3)
		grow_names(l);
	slot = slot_of(l, hash, tag, text);
	if (!slot->name) {
		struct grants_name *name = name_new(e, tag, text);

		*slot = (struct name_slot){name, (uint32_t)hash, (uint32_t)g->next_name};
		(void)pvec_set(&g->names, e, g->next_name, name);
		keys_add(&l->by_name, KEY(high_half(hash), g->next_name));
		g->next_name++;
	}
	*last = (struct last_name){slot->name, hash, slot->number};
	return last->number;
}

/* ---- grants ------------------------------------------------------------------------------------------- */

void grants_loader_add(struct grants_loader *l, struct edit *e, const struct access_grant *grant)
{
	struct grants *g = &l->grants;
	uint32_t names[3], ordinal;
	struct grants_page *page;
	struct grant_record *r;

	assert(grant->entity_type != ENTITY_NONE && grant->grantee_type != GRANTEE_NONE);
	assert(g->next_ordinal < NUMBERS_LIMIT && g->next_name + 3 < NUMBERS_LIMIT);
	ordinal = (uint32_t)g->next_ordinal++;
	names[0] = load_name(l, e, tag_of_entity(grant->entity_type), grant->entity_id, &l->entity);
	names[1] = load_name(l, e, tag_of_grantee(grant->grantee_type), grant->grantee_id, &l->grantee);
	names[2] = load_name(l, e, TAG_GRANTOR, grant->granted_by, &l->grantor);
	page = page_open(g, e, ordinal);
	r = &page->records[ordinal % GRANTS_PER_PAGE];
	*r = record_of(grant, names);
	page->n++;
	keys_add(&l->by_id, KEY(id_hash(g->seed, grant->doc.id), ordinal));
	keys_add(&l->by_pair, KEY(pair_hash(l->entity.hash, l->grantee.hash), ordinal));
	keys_add(&l->by_entity[r->grantee_type], KEY(r->entity, ordinal));
	keys_add(&l->by_grantee[r->entity_type], KEY(r->grantee, ordinal));
	keys_add(&l->by_types[r->entity_type][r->grantee_type], ordinal);
	g->n++;
}

/* ---- the end: sorted sets -------------------------------------------------------------------------------- */

enum { DIGIT_BITS = 11, N_DIGITS = 3, N_BUCKETS = 1 << DIGIT_BITS };

/* Those of entities are, when grants on one were made together; those by type always are. */
static bool is_sorted(const struct keys *k)
{
	for (size_t i = 1; i < k->n; i++)
		if (k->items[i - 1] > k->items[i])
			return false;
	return true;
}

/* One step: by one digit; what is equal in it stays in order. The room has room for all. */
static void sort_by_digit(struct keys *k, struct keys *room, unsigned shift)
{
	size_t counts[N_BUCKETS] = {0}, at = 0;
	struct keys before = *k;

	for (size_t i = 0; i < k->n; i++)
		counts[k->items[i] >> shift & (N_BUCKETS - 1)]++;
	for (size_t i = 0; i < N_BUCKETS; i++) {
		size_t n = counts[i];
		counts[i] = at;
		at += n;
	}
	for (size_t i = 0; i < k->n; i++)
		room->items[counts[k->items[i] >> shift & (N_BUCKETS - 1)]++] = k->items[i];
	room->n = k->n;
	*k = *room;
	*room = before;
}

/* Sorts by the high halves; keys of one high half come in the order of their low halves and keep it. */
static void sort_keys(struct keys *k, struct keys *room)
{
	for (unsigned digit = 0; digit < N_DIGITS; digit++) {
		keys_reserve(room, k->n);
		sort_by_digit(k, room, 32 + digit * DIGIT_BITS);
	}
}

static void make_set(struct pset *set, struct edit *e, struct keys *k, struct keys *room)
{
	if (!is_sorted(k))
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
	make_set(&g->by_name, e, &l->by_name, &l->room);
	make_set(&g->by_id, e, &l->by_id, &l->room);
	make_set(&g->by_pair, e, &l->by_pair, &l->room);
	for (size_t i = 0; i < N_ELEMENTS(g->by_entity); i++)
		make_set(&g->by_entity[i], e, &l->by_entity[i], &l->room);
	for (size_t i = 0; i < N_ELEMENTS(g->by_grantee); i++)
		make_set(&g->by_grantee[i], e, &l->by_grantee[i], &l->room);
	for (size_t i = 0; i < N_ELEMENTS(g->by_types); i++)
		for (size_t k = 0; k < N_ELEMENTS(g->by_types[i]); k++)
			make_set(&g->by_types[i][k], e, &l->by_types[i][k], &l->room);
	is_bad = has_twins(g, &g->by_id, is_same_id) || has_twins(g, &g->by_pair, is_same_pair);
	*ret = *g;
	free(l->room.items);
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
