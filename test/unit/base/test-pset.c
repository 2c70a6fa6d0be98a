/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "base/pset.h"

enum { N_VERSIONS = 16, N_OPS = 1500, MAX_MODEL = 40000 };

/* A set and what it should hold: the same keys in a sorted array. */
struct version {
	struct pset s;
	uint64_t *model;
	size_t n;
};

static size_t model_find(const struct version *w, uint64_t key)
{
	size_t low = 0, high = w->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (w->model[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool model_has(const struct version *w, uint64_t key)
{
	size_t i = model_find(w, key);

	return i < w->n && w->model[i] == key;
}

static void version_init(struct version *w)
{
	*w = (struct version){.model = mem_alloc(MAX_MODEL * sizeof(uint64_t))};
}

static void version_copy(struct version *to, const struct version *from)
{
	to->s = from->s;
	to->n = from->n;
	memcpy(to->model, from->model, from->n * sizeof(uint64_t));
}

static void add(struct version *w, struct edit *e, uint64_t key)
{
	size_t i = model_find(w, key);
	bool is_new = !model_has(w, key);

	assert_int_equal(pset_add(&w->s, e, key), is_new);
	if (!is_new)
		return;
	assert_true(w->n < MAX_MODEL);
	memmove(w->model + i + 1, w->model + i, (w->n - i) * sizeof(uint64_t));
	w->model[i] = key;
	w->n++;
}

static void take(struct version *w, struct edit *e, uint64_t key)
{
	size_t i = model_find(w, key);
	bool is_there = model_has(w, key);

	assert_int_equal(pset_remove(&w->s, e, key), is_there);
	if (!is_there)
		return;
	w->n--;
	memmove(w->model + i, w->model + i + 1, (w->n - i) * sizeof(uint64_t));
}

static void check_key(const struct version *w, uint64_t key)
{
	assert_int_equal(pset_has(&w->s, key), model_has(w, key));
	assert_int_equal(pset_rank(&w->s, key), model_find(w, key));
	pset_prefetch(&w->s, key);
}

static void check_iter(const struct version *w, uint64_t from)
{
	struct pset_iter it;
	uint64_t key;
	size_t i = model_find(w, from);

	for (pset_iter_init(&it, &w->s, from); pset_iter_next(&it, &key); i++) {
		assert_true(i < w->n);
		assert_int_equal(key, w->model[i]);
	}
	assert_int_equal(i, w->n);
	assert_false(pset_iter_next(&it, &key));
}

static void check(const struct version *w)
{
	assert_int_equal(w->s.n, w->n);
	for (size_t i = 0; i < w->n; i++) {
		assert_int_equal(pset_at(&w->s, i), w->model[i]);
		check_key(w, w->model[i]);
		check_key(w, w->model[i] + 1);
		check_key(w, w->model[i] - 1);
	}
	check_key(w, 0);
	check_key(w, UINT64_MAX);
	check_iter(w, 0);
	check_iter(w, UINT64_MAX);
	for (size_t i = 1; i < w->n; i += w->n / 8 + 1) {
		check_iter(w, w->model[i]);
		check_iter(w, w->model[i] + 1);
	}
}

static void commit(struct edit *e)
{
	struct edit_blocks retired;

	edit_seal(e, &retired);
	edit_blocks_free_all(&retired);
}

/* The set as it is from here on has no older version. */
static void free_version(struct version *w)
{
	struct edit e;

	edit_init(&e);
	pset_retire_all(&w->s, &e);
	commit(&e);
	assert_null(w->s.root);
	assert_int_equal(w->s.n, 0);
	assert_int_equal(w->s.height, 0);
	free(w->model);
}

/* Where keys lie decides which nodes split and merge. */
enum keys { KEYS_RANDOM, KEYS_DENSE, KEYS_CLUSTERS, KEYS_HIGH, N_KEYS_KINDS };

static uint64_t key_of(enum keys kind, uint64_t r)
{
	switch (kind) {
	case KEYS_RANDOM:
		return hash_u64(r % 20000);
	case KEYS_DENSE:
		return r % 20000;
	case KEYS_CLUSTERS:
		return (hash_u64(r % 20) << 32) + r / 64 % 1000;
	case KEYS_HIGH:
		return UINT64_MAX - r % 20000;
	case N_KEYS_KINDS:
		break;
	}
	return 0;
}

/* `n_add_of_8`: how many of eight operations add. */
static void change(struct version *w, struct edit *e, enum keys kind, uint64_t seed, unsigned n_add_of_8)
{
	for (uint64_t op = 0; op < N_OPS; op++) {
		uint64_t r = hash_u64(seed * N_OPS + op), key = key_of(kind, hash_u64(r));

		if (r % 8 < n_add_of_8)
			add(w, e, key);
		else if (r % 16 < 12 && w->n > 0)
			take(w, e, w->model[r / 16 % w->n]);
		else
			take(w, e, key);
	}
}

/* Random changes against the model; every older version stays as it was; a dropped edit leaves no trace. */
static void run_versions(enum keys kind)
{
	struct version all[N_VERSIONS], fork;
	struct edit_blocks retired[N_VERSIONS] = {0};
	struct edit e;

	version_init(&fork);
	version_init(&all[0]);
	for (uint64_t k = 1; k < N_VERSIONS; k++) {
		unsigned n_add = k < N_VERSIONS * 2 / 3 ? 7 : 0;

		version_init(&all[k]);
		version_copy(&all[k], &all[k - 1]);
		edit_init(&e);
		change(&all[k], &e, kind, k, n_add);
		edit_seal(&e, &retired[k]);
		version_copy(&fork, &all[k]);
		edit_init(&e);
		change(&fork, &e, kind, k + 1000, 7 - n_add);
		check(&fork);
		edit_drop(&e);
	}
	for (int k = 0; k < N_VERSIONS; k++)
		check(&all[k]);
	for (int k = 0; k < N_VERSIONS; k++)
		edit_blocks_free_all(&retired[k]);
	check(&all[N_VERSIONS - 1]);
	free_version(&all[N_VERSIONS - 1]);
	for (int k = 0; k < N_VERSIONS - 1; k++)
		free(all[k].model);
	free(fork.model);
}

static void test_versions(void **state)
{
	(void)state;
	for (enum keys kind = 0; kind < N_KEYS_KINDS; kind++)
		run_versions(kind);
}

/* The same with a version for each change, as a server makes them. */
static void test_an_edit_for_each_change(void **state)
{
	struct version w;
	struct edit e;

	(void)state;
	version_init(&w);
	for (uint64_t i = 0; i < 12000; i++) {
		uint64_t r = hash_u64(i);

		edit_init(&e);
		if (i % 3000 < 2000)
			add(&w, &e, hash_u64(r % 10000));
		else
			take(&w, &e, w.model[r % w.n]);
		commit(&e);
	}
	check(&w);
	free_version(&w);
}

static void test_empty_and_boundaries(void **state)
{
	static const uint64_t edges[] = {0, 1, UINT64_MAX / 2, UINT64_MAX / 2 + 1, UINT64_MAX - 1, UINT64_MAX};
	struct version w;
	struct edit e;

	(void)state;
	version_init(&w);
	check(&w);
	edit_init(&e);
	take(&w, &e, 0);
	assert_null(w.s.root);
	pset_retire_all(&w.s, &e);
	for (size_t i = N_ELEMENTS(edges); i-- > 0;) {
		add(&w, &e, edges[i]);
		add(&w, &e, edges[i]);
		check(&w);
	}
	for (size_t i = 0; i < N_ELEMENTS(edges); i++) {
		take(&w, &e, edges[i]);
		take(&w, &e, edges[i]);
		check(&w);
	}
	assert_null(w.s.root);
	commit(&e);
	free_version(&w);
}

/* Sizes around those where a node more or a level more is needed. */
static void test_build(void **state)
{
	static const uint64_t sizes[] = {0, 1, 2, 124, 125, 126, 250, 251, 7999, 8000, 8001, 16000, 16126, 39999};
	struct edit e;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(sizes); i++) {
		struct version w;

		version_init(&w);
		w.n = sizes[i];
		for (size_t k = 0; k < w.n; k++)
			w.model[k] = k * k + 5;
		edit_init(&e);
		pset_build(&w.s, &e, w.model, w.n);
		commit(&e);
		check(&w);
		edit_init(&e);
		for (uint64_t k = 0; k < 500 && w.n < MAX_MODEL - 1; k++)
			add(&w, &e, k * 3);
		for (uint64_t k = 0; k < 700 && w.n > 0; k++)
			take(&w, &e, w.model[w.n - 1 - k % 2 * (w.n / 2)]);
		check(&w);
		commit(&e);
		free_version(&w);
	}
}

/* Taking keys out of one part makes nodes there thin beside full ones, which have to give, to either side. */
static void test_full_nodes_give(void **state)
{
	enum { N = 24000, N_GONE = 11000 };

	(void)state;
	for (int part = 0; part < 3; part++) {
		struct version w;
		struct edit e;

		version_init(&w);
		w.n = N;
		for (size_t k = 0; k < N; k++)
			w.model[k] = hash_u64(9) + k * 1000003;
		edit_init(&e);
		pset_build(&w.s, &e, w.model, N);
		for (size_t k = 0; k < N_GONE; k++) {
			take(&w, &e, w.model[part == 0 ? 0 : part == 1 ? w.n - 1 : N / 3 * (w.n - 1) / N]);
			if (k % 2000 == 1999)
				check(&w);
		}
		commit(&e);
		check(&w);
		free_version(&w);
	}
}

/* Nodes in use after the changes of `e`, which made all of them. */
static size_t n_blocks(const struct edit *e)
{
	return e->fresh.n - e->retired.n;
}

/* As many nodes as if the set had been built: appending leaves full ones behind. */
static void test_appending_fills_nodes(void **state)
{
	enum { N = 100000 };
	uint64_t *keys = mem_alloc(N * sizeof(*keys));
	struct pset built = {0}, appended = {0};
	struct edit e, f;

	(void)state;
	edit_init(&e);
	edit_init(&f);
	for (uint64_t i = 0; i < N; i++) {
		keys[i] = i * 7;
		assert_true(pset_add(&appended, &f, keys[i]));
	}
	pset_build(&built, &e, keys, N);
	assert_in_range(n_blocks(&e), N / 125, N / 125 + N / 125 / 64 + 3);
	assert_in_range(n_blocks(&f), n_blocks(&e), n_blocks(&e) + 3);
	edit_drop(&e);
	edit_drop(&f);
	free(keys);
}

/* Removing in whichever order gives nodes back as it goes, and all of them in the end. */
static void test_memory_follows_n(void **state)
{
	enum { N = 60000 };
	struct edit e;

	(void)state;
	for (int order = 0; order < 3; order++) {
		struct pset s = {0};

		edit_init(&e);
		for (uint64_t i = 0; i < N; i++)
			assert_true(pset_add(&s, &e, i));
		for (uint64_t i = 0; i < N; i++) {
			uint64_t key = order == 0 ? i : order == 1 ? N - 1 - i : i * 7919 % N;

			assert_true(pset_remove(&s, &e, key));
			assert_true(n_blocks(&e) <= s.n / 25 + 4);
		}
		assert_null(s.root);
		assert_int_equal(e.fresh.n, e.retired.n);
		commit(&e);
	}
}

/* One change costs one path, not the set. */
static void test_a_change_costs_one_path(void **state)
{
	struct pset s = {0};
	struct edit e;

	(void)state;
	edit_init(&e);
	for (uint64_t i = 0; i < 100000; i++)
		assert_true(pset_add(&s, &e, hash_u64(i)));
	commit(&e);
	for (uint64_t i = 0; i < 1000; i++) {
		edit_init(&e);
		assert_true(i % 2 ? pset_remove(&s, &e, hash_u64(i)) : pset_add(&s, &e, hash_u64(100000 + i)));
		assert_in_range(e.fresh.n, s.height + 1, 2 * (s.height + 1) + 1);
		commit(&e);
	}
	edit_init(&e);
	assert_false(pset_add(&s, &e, hash_u64(2)));
	assert_false(pset_remove(&s, &e, hash_u64(1)));
	assert_int_equal(e.fresh.n, 0);
	pset_retire_all(&s, &e);
	commit(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_an_edit_for_each_change),
	    cmocka_unit_test(test_empty_and_boundaries),
	    cmocka_unit_test(test_build),
	    cmocka_unit_test(test_full_nodes_give),
	    cmocka_unit_test(test_appending_fills_nodes),
	    cmocka_unit_test(test_memory_follows_n),
	    cmocka_unit_test(test_a_change_costs_one_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
