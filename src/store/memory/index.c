/* SPDX-License-Identifier: Apache-2.0 */
#include "store/memory/index.h"

#include "base/hash.h"
#include "base/random.h"

#define FIRST_SLOTS 64

void index_init(struct index *x, enum index_by by)
{
	*x = (struct index){.seed = random_u64(), .by = by, .n_slots = FIRST_SLOTS};
	x->slots = mem_calloc(x->n_slots, sizeof(struct version *));
}

void index_release(struct index *x)
{
	free(x->slots);
	*x = (struct index){0};
}

static struct str key_of(const struct index *x, const struct version *v)
{
	return x->by == BY_ID ? v->row.id : v->row.unique_key;
}

static size_t home_slot(const struct index *x, struct str org, struct str kind, struct str key)
{
	uint64_t h = hash_str(hash_str(hash_str(x->seed, org), kind), key);

	return (size_t)(h & (x->n_slots - 1));
}

static size_t home_of(const struct index *x, const struct version *v)
{
	return home_slot(x, v->row.org, v->row.kind, key_of(x, v));
}

static size_t next_slot(const struct index *x, size_t i)
{
	return (i + 1) & (x->n_slots - 1);
}

struct version *index_find(const struct index *x, struct str org, struct str kind, struct str key)
{
	for (size_t i = home_slot(x, org, kind, key); x->slots[i]; i = next_slot(x, i)) {
		struct version *v = x->slots[i];

		if (str_eq(key_of(x, v), key) && str_eq(v->row.kind, kind) && str_eq(v->row.org, org))
			return v;
	}
	return NULL;
}

static void place(struct index *x, struct version *v)
{
	size_t i = home_of(x, v);

	while (x->slots[i])
		i = next_slot(x, i);
	x->slots[i] = v;
}

static void grow(struct index *x)
{
	struct version **old = x->slots;
	size_t n_old = x->n_slots;

	x->n_slots *= 2;
	x->slots = mem_calloc(x->n_slots, sizeof(struct version *));
	for (size_t i = 0; i < n_old; i++)
		if (old[i])
			place(x, old[i]);
	free(old);
}

void index_add(struct index *x, struct version *v)
{
	assert(!index_find(x, v->row.org, v->row.kind, key_of(x, v)));
	if ((x->n_used + 1) * 4 > x->n_slots * 3)
		grow(x);
	place(x, v);
	x->n_used++;
}

void index_remove(struct index *x, const struct version *v)
{
	size_t hole = home_of(x, v), i;

	while (x->slots[hole] != v) {
		assert(x->slots[hole]);
		hole = next_slot(x, hole);
	}
	x->slots[hole] = NULL;
	x->n_used--;
	/* Whoever was pushed past the hole moves back into it, unless its home lies behind the hole. */
	for (i = next_slot(x, hole); x->slots[i]; i = next_slot(x, i)) {
		size_t from_home = (i - home_of(x, x->slots[i])) & (x->n_slots - 1);
		size_t from_hole = (i - hole) & (x->n_slots - 1);

		if (from_home < from_hole)
			continue;
		x->slots[hole] = x->slots[i];
		x->slots[i] = NULL;
		hole = i;
	}
}
