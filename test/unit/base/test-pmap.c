/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "base/pmap.h"

enum { N_KEYS = 3000, N_VERSIONS = 24, N_OPS = 900, N_GENERATIONS = 3 };

/* Two values with one id are the same key; `generation` tells a replaced value from its replacement. */
struct item {
	uint64_t hash;
	uint32_t id;
	uint32_t generation;
};

static struct item items[N_KEYS][N_GENERATIONS];

static bool item_eq(const void *value, const void *key)
{
	return ((const struct item *)value)->id == *(const uint32_t *)key;
}

/* How much of the hash the keys share decides which shapes the trie takes. */
enum hashing { HASH_GOOD, HASH_LOW_BITS_EQUAL, HASH_HIGH_BITS_ONLY, HASH_FEW_VALUES, HASH_ALL_EQUAL };

static uint64_t hash_of(enum hashing kind, uint32_t id)
{
	uint64_t good = hash_u64(id + 1);

	switch (kind) {
	case HASH_GOOD:
		return good;
	case HASH_LOW_BITS_EQUAL:
		return good << 30;
	case HASH_HIGH_BITS_ONLY:
		return (uint64_t)(id % 16) << 60;
	case HASH_FEW_VALUES:
		return hash_u64(id % 40);
	case HASH_ALL_EQUAL:
		return UINT64_C(0x0123456789abcdef);
	}
	return 0;
}

static void set_hashes(enum hashing kind)
{
	for (uint32_t id = 0; id < N_KEYS; id++) {
		for (uint32_t gen = 0; gen < N_GENERATIONS; gen++)
			items[id][gen] = (struct item){hash_of(kind, id), id, gen};
	}
}

struct version {
	struct pmap m;
	const struct item *model[N_KEYS];
	uint32_t n_keys; /* of those the test uses */
};

static void check_version(const struct version *w)
{
	uint8_t seen[N_KEYS] = {0};
	struct pmap_iter it;
	const struct item *item;
	size_t n = 0;

	for (uint32_t id = 0; id < w->n_keys; id++) {
		assert_ptr_equal(pmap_get(&w->m, items[id][0].hash, item_eq, &id), w->model[id]);
		n += w->model[id] != NULL;
	}
	assert_int_equal(w->m.n, n);
	pmap_iter_init(&it, &w->m);
	while ((item = pmap_iter_next(&it))) {
		assert_ptr_equal(item, w->model[item->id]);
		assert_int_equal(seen[item->id]++, 0);
		n--;
	}
	assert_int_equal(n, 0);
}

static void check_many(const struct version *w)
{
	struct pmap_probe *probes = mem_calloc(w->n_keys, sizeof(*probes));

	for (uint32_t id = 0; id < w->n_keys; id++)
		probes[id] = (struct pmap_probe){items[id][0].hash, &items[id][0].id, &items[0][0]};
	pmap_get_many(&w->m, probes, w->n_keys, item_eq);
	for (uint32_t id = 0; id < w->n_keys; id++)
		assert_ptr_equal(probes[id].value, w->model[id]);
	/* Unproved, a value that is there is found; what is found for one that is not only has its hash. */
	pmap_find_many(&w->m, probes, w->n_keys, item_eq);
	for (uint32_t id = 0; id < w->n_keys; id++) {
		const struct item *found = probes[id].value;

		pmap_prefetch(&w->m, probes[id].hash);
		if (w->model[id])
			assert_ptr_equal(found, w->model[id]);
		else if (found)
			assert_int_equal(found->hash, probes[id].hash);
	}
	free(probes);
}

static void change(struct version *w, struct edit *e, uint64_t seed, int n_ops)
{
	for (int op = 0; op < n_ops; op++) {
		uint64_t r = hash_u64(seed + (uint64_t)op);
		uint32_t id = (uint32_t)(r % w->n_keys);
		struct item *item = &items[id][(r >> 32) % N_GENERATIONS];

		if (r >> 61 < 3) {
			assert_ptr_equal(pmap_remove(&w->m, e, item->hash, item_eq, &id), w->model[id]);
			w->model[id] = NULL;
		} else {
			assert_ptr_equal(pmap_put(&w->m, e, item->hash, item_eq, &id, item), w->model[id]);
			w->model[id] = item;
		}
	}
}

static void free_version(struct pmap *m)
{
	struct edit_blocks retired;
	struct edit e;

	edit_init(&e);
	pmap_retire_all(m, &e);
	edit_seal(&e, &retired);
	edit_blocks_free_all(&retired);
	assert_null(m->root);
	assert_int_equal(m->n, 0);
	assert_int_equal(m->filter, 0);
}

/* Random changes against a plain array; every older version stays as it was; a dropped edit leaves no trace. */
static void run_versions(enum hashing kind, uint32_t n_keys)
{
	struct version *all = mem_calloc(N_VERSIONS, sizeof(*all)), *fork = mem_alloc(sizeof(*fork));
	struct edit_blocks retired[N_VERSIONS] = {0};
	struct edit e;

	set_hashes(kind);
	all[0].n_keys = n_keys;
	for (uint64_t k = 1; k < N_VERSIONS; k++) {
		all[k] = all[k - 1];
		edit_init(&e);
		change(&all[k], &e, k * 100003, N_OPS);
		edit_seal(&e, &retired[k]);
		*fork = all[k];
		edit_init(&e);
		change(fork, &e, k * 77003, N_OPS);
		check_version(fork);
		edit_drop(&e);
		check_version(&all[k]);
	}
	for (int k = 0; k < N_VERSIONS; k++) {
		check_version(&all[k]);
		check_many(&all[k]);
	}
	for (int k = 0; k < N_VERSIONS; k++)
		edit_blocks_free_all(&retired[k]);
	check_version(&all[N_VERSIONS - 1]);
	free_version(&all[N_VERSIONS - 1].m);
	free(fork);
	free(all);
}

static void test_versions_good_hash(void **state)
{
	(void)state;
	run_versions(HASH_GOOD, N_KEYS);
}

static void test_versions_deep(void **state)
{
	(void)state;
	run_versions(HASH_LOW_BITS_EQUAL, 400);
	run_versions(HASH_HIGH_BITS_ONLY, 200);
}

static void test_versions_full_collisions(void **state)
{
	(void)state;
	run_versions(HASH_FEW_VALUES, 400);
	run_versions(HASH_ALL_EQUAL, 60);
}

/* Removing everything in one edit gives the empty map back, without a node left. */
static void run_fill_and_empty(enum hashing kind, uint32_t n_keys)
{
	struct edit_blocks retired;
	struct pmap m = {0};
	struct edit e;

	set_hashes(kind);
	edit_init(&e);
	for (uint32_t id = 0; id < n_keys; id++)
		assert_null(pmap_put(&m, &e, items[id][0].hash, item_eq, &id, &items[id][0]));
	assert_int_equal(m.n, n_keys);
	for (uint32_t i = 0; i < n_keys; i++) {
		uint32_t id = (i * 7 + 3) % n_keys;
		assert_ptr_equal(pmap_remove(&m, &e, items[id][0].hash, item_eq, &id), &items[id][0]);
		assert_null(pmap_remove(&m, &e, items[id][0].hash, item_eq, &id));
	}
	assert_null(m.root);
	assert_int_equal(e.fresh.n, e.retired.n);
	edit_seal(&e, &retired);
	edit_blocks_free_all(&retired);
}

static void test_fill_and_empty(void **state)
{
	(void)state;
	run_fill_and_empty(HASH_GOOD, N_KEYS);
	run_fill_and_empty(HASH_LOW_BITS_EQUAL, 500);
	run_fill_and_empty(HASH_HIGH_BITS_ONLY, 100);
	run_fill_and_empty(HASH_FEW_VALUES, 300);
	run_fill_and_empty(HASH_ALL_EQUAL, 50);
}

/* Equal hashes are not equal keys. */
static void test_equality_is_asked(void **state)
{
	struct edit_blocks retired;
	struct pmap m = {0};
	uint32_t id = 1, other = 2;
	struct pmap_probe probe;
	struct edit e;

	(void)state;
	set_hashes(HASH_ALL_EQUAL);
	edit_init(&e);
	assert_null(pmap_put(&m, &e, items[1][0].hash, item_eq, &id, &items[1][0]));
	assert_null(pmap_get(&m, items[1][0].hash, item_eq, &other));
	assert_null(pmap_remove(&m, &e, items[1][0].hash, item_eq, &other));
	probe = (struct pmap_probe){items[1][0].hash, &other, NULL};
	pmap_get_many(&m, &probe, 1, item_eq);
	assert_null(probe.value);
	pmap_find_many(&m, &probe, 1, item_eq);
	assert_ptr_equal(probe.value, &items[1][0]);
	m.filter = 1;
	edit_seal(&e, &retired);
	edit_blocks_free_all(&retired);
	free_version(&m);
}

/* One change costs one path, not the map. */
static void test_a_change_costs_one_path(void **state)
{
	struct edit_blocks retired;
	struct pmap m = {0};
	uint32_t id;
	struct edit e;

	(void)state;
	set_hashes(HASH_GOOD);
	edit_init(&e);
	for (id = 0; id < N_KEYS - 1; id++)
		assert_null(pmap_put(&m, &e, items[id][0].hash, item_eq, &id, &items[id][0]));
	edit_seal(&e, &retired);
	edit_blocks_free_all(&retired);
	edit_init(&e);
	assert_null(pmap_put(&m, &e, items[id][0].hash, item_eq, &id, &items[id][0]));
	assert_in_range(e.fresh.n, 1, 12);
	edit_seal(&e, &retired);
	edit_blocks_free_all(&retired);
	free_version(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_versions_good_hash),       cmocka_unit_test(test_versions_deep),
	    cmocka_unit_test(test_versions_full_collisions), cmocka_unit_test(test_fill_and_empty),
	    cmocka_unit_test(test_equality_is_asked),        cmocka_unit_test(test_a_change_costs_one_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
