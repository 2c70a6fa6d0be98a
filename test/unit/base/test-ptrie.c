/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "base/ptrie.h"

enum { N_KEYS = 1500, N_VERSIONS = 16, N_OPS = 400, MAX_BYTES = 7 };

/* Values are their keys. In order, without duplicates. */
static char texts[N_KEYS][MAX_BYTES];
static struct str keys[N_KEYS];
static size_t n_keys;

static struct str key_of(const void *value)
{
	return *(const struct str *)value;
}

/* Of few letters, among them the lowest and the highest byte: many are beginnings of others, one is empty. */
static int setup(void **state)
{
	static const char letters[] = {'\0', '\x01', 'a', 'b', '\x7f', '\x80', '\xff'};
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < N_KEYS; i++) {
		uint64_t r = hash_u64(i);

		keys[i] = (struct str){texts[i], i == 0 ? 0 : r % MAX_BYTES};
		for (size_t k = 0; k < MAX_BYTES; k++)
			texts[i][k] = letters[(r >> 8 >> k * 8) % N_ELEMENTS(letters)];
	}
	qsort(keys, N_KEYS, sizeof(keys[0]), str_qsort);
	for (size_t i = 0; i < N_KEYS; i++)
		if (n == 0 || !str_eq(keys[n - 1], keys[i]))
			keys[n++] = keys[i];
	n_keys = n;
	return 0;
}

struct version {
	struct ptrie t;
	bool has[N_KEYS];
};

static void check_version(const struct version *w)
{
	void *next = NULL; /* of the keys from here on, the first that is there */
	uint64_t n = 0;

	for (size_t i = n_keys; i > 0; i--) {
		assert_ptr_equal(ptrie_behind(&w->t, key_of, keys[i - 1]), next);
		if (w->has[i - 1]) {
			next = &keys[i - 1];
			n++;
		}
		assert_ptr_equal(ptrie_from(&w->t, key_of, keys[i - 1]), next);
		assert_ptr_equal(ptrie_get(&w->t, key_of, keys[i - 1]), w->has[i - 1] ? &keys[i - 1] : NULL);
	}
	assert_int_equal(w->t.n, n);
	assert_ptr_equal(ptrie_from(&w->t, key_of, STR("")), next);
}

static void change(struct version *w, struct edit *e, uint64_t seed, int n_ops)
{
	for (int op = 0; op < n_ops; op++) {
		uint64_t r = hash_u64(seed + (uint64_t)op), i = r % n_keys;
		void *was = w->has[i] ? &keys[i] : NULL;

		if (r >> 61 < 3)
			assert_ptr_equal(ptrie_remove(&w->t, e, key_of, keys[i]), was);
		else
			assert_ptr_equal(ptrie_put(&w->t, e, key_of, &keys[i]), was);
		w->has[i] = r >> 61 >= 3;
	}
}

static void free_version(struct ptrie *t)
{
	struct edit_blocks retired;
	struct edit e;

	edit_init(&e);
	ptrie_retire_all(t, &e);
	edit_seal(&e, &retired);
	edit_blocks_free_all(&retired);
	assert_int_equal(t->n, 0);
	assert_null(ptrie_from(t, key_of, STR("")));
}

static void test_empty(void **state)
{
	struct ptrie t = {0};

	(void)state;
	assert_null(ptrie_get(&t, key_of, STR("")));
	assert_null(ptrie_from(&t, key_of, STR("")));
	assert_null(ptrie_behind(&t, key_of, STR("a")));
	free_version(&t);
}

/* The value of a key is replaced by another of the same key, and what an older version holds is not. */
static void test_replace(void **state)
{
	struct str first[] = {STR("a"), STR("b"), STR("ab")}, second = STR("b");
	struct edit_blocks retired[2];
	struct ptrie old = {0}, t;
	struct edit e;

	(void)state;
	edit_init(&e);
	for (size_t i = 0; i < N_ELEMENTS(first); i++)
		assert_null(ptrie_put(&old, &e, key_of, &first[i]));
	edit_seal(&e, &retired[0]);
	t = old;
	edit_init(&e);
	assert_ptr_equal(ptrie_put(&t, &e, key_of, &second), &first[1]);
	assert_null(ptrie_remove(&t, &e, key_of, STR("ba")));
	edit_seal(&e, &retired[1]);
	assert_ptr_equal(ptrie_get(&t, key_of, STR("b")), &second);
	assert_ptr_equal(ptrie_get(&old, key_of, STR("b")), &first[1]);
	assert_ptr_equal(ptrie_behind(&t, key_of, STR("a")), &first[2]);
	assert_int_equal(t.n, 3);
	for (size_t i = 0; i < N_ELEMENTS(retired); i++)
		edit_blocks_free_all(&retired[i]);
	free_version(&t);
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
	free_version(&all[N_VERSIONS - 1].t);
	free(fork);
	free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_replace),
	    cmocka_unit_test(test_versions),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
