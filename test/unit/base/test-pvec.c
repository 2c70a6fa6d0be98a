/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "base/pvec.h"

enum { N_MODEL = 9000, N_VERSIONS = 24, N_OPS = 700 };

static int pool[64];

static void free_version(struct pvec *v)
{
	struct edit_blocks retired;
	struct edit e;

	edit_init(&e);
	pvec_retire_all(v, &e);
	edit_seal(&e, &retired);
	edit_blocks_free_all(&retired);
	assert_null(v->root);
}

static void test_empty(void **state)
{
	struct pvec v = {0};
	uint64_t at = 0;

	(void)state;
	assert_null(pvec_get(&v, 0));
	assert_null(pvec_get(&v, UINT64_MAX));
	assert_null(pvec_next(&v, &at));
	at = UINT64_MAX;
	assert_null(pvec_previous(&v, &at));
	free_version(&v);
}

/* Indexes at the edges of every height, far apart in one vector. */
static void test_sparse(void **state)
{
	static const uint64_t at[] = {
	    0, 63, 64, 4095, 4096, 262143, 262144, UINT64_C(1) << 30, (UINT64_C(1) << 48) - 1};
	struct edit_blocks retired;
	struct pvec v = {0};
	uint64_t i = 0;
	struct edit e;

	(void)state;
	edit_init(&e);
	for (size_t k = 0; k < N_ELEMENTS(at); k++)
		assert_null(pvec_set(&v, &e, at[k], &pool[k]));
	edit_seal(&e, &retired);
	edit_blocks_free_all(&retired);
	assert_int_equal(v.len, UINT64_C(1) << 48);
	for (size_t k = 0; k < N_ELEMENTS(at); k++) {
		assert_ptr_equal(pvec_get(&v, at[k]), &pool[k]);
		assert_null(pvec_get(&v, at[k] == 63 ? 62 : at[k] ^ 2));
		assert_ptr_equal(pvec_next(&v, &i), &pool[k]);
		assert_int_equal(i, at[k]);
		i++;
	}
	assert_null(pvec_next(&v, &i));
	i = UINT64_MAX;
	for (size_t k = N_ELEMENTS(at); k-- > 0;) {
		assert_ptr_equal(pvec_previous(&v, &i), &pool[k]);
		assert_int_equal(i, at[k]);
	}
	assert_null(pvec_previous(&v, &i));
	free_version(&v);
}

struct version {
	struct pvec v;
	void *model[N_MODEL];
};

static void check_version(const struct version *w)
{
	uint64_t i = 0;

	for (uint64_t k = 0; k < N_MODEL; k++)
		assert_ptr_equal(pvec_get(&w->v, k), w->model[k]);
	for (uint64_t k = 0; k < N_MODEL; k++) {
		if (!w->model[k])
			continue;
		assert_ptr_equal(pvec_next(&w->v, &i), w->model[k]);
		assert_int_equal(i, k);
		i++;
	}
	assert_null(pvec_next(&w->v, &i));
}

static void change(struct version *w, struct edit *e, uint64_t seed, int n_ops)
{
	for (int op = 0; op < n_ops; op++) {
		uint64_t r = hash_u64(seed + (uint64_t)op), i = r % N_MODEL;
		void *value = r >> 61 < 3 ? NULL : &pool[(r >> 32) % N_ELEMENTS(pool)];

		if (r & (UINT64_C(1) << 60))
			i %= 200; /* some indexes often */
		assert_ptr_equal(pvec_set(&w->v, e, i, value), w->model[i]);
		w->model[i] = value;
	}
}

/* Random changes against a plain array; every older version stays as it was; a dropped edit leaves no trace. */
static void test_versions(void **state)
{
	struct version *all = mem_calloc(N_VERSIONS, sizeof(*all));
	struct edit_blocks retired[N_VERSIONS] = {0};
	struct version *fork = mem_alloc(sizeof(*fork));
	struct edit e;

	(void)state;
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
	for (int k = 0; k < N_VERSIONS; k++)
		check_version(&all[k]);
	for (int k = 0; k < N_VERSIONS; k++)
		edit_blocks_free_all(&retired[k]);
	check_version(&all[N_VERSIONS - 1]);
	free_version(&all[N_VERSIONS - 1].v);
	free(fork);
	free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_sparse),
	    cmocka_unit_test(test_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
