/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading ahead hands out what the store has, in its order, whole, and stops when it is told to.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "service/rows.h"
#include "store/backend.h"

#define ORG        STR("o")
#define LARGE      ((size_t)300 << 10) /* more than a batch is meant to hold */
#define LARGE_EACH 100u

/* A store with `n` documents "d0", "d1", … of growing `seq`; each hundredth is large. */
static struct store *filled(size_t n)
{
	struct store *s = NULL;
	struct arena a = ARENA_INIT;
	struct store_change *changes = ARENA_ARRAY(&a, struct store_change, n);
	struct store_set set = {.org = ORG, .outcome = AUDIT_DONE, .changes = changes, .n_changes = n};
	char *large = arena_alloc(&a, LARGE);

	memset(large, 'x', LARGE);
	for (size_t i = 0; i < n; i++)
		changes[i] = (struct store_change){.kind = i % 3 ? STR("user") : STR("role"),
		                                   .id = arena_strf(&a, "d%zu", i),
		                                   .unique_key = arena_strf(&a, "u%zu", i),
		                                   .seq = i + 7,
		                                   .body = i % LARGE_EACH == 1 ? (struct str){large, LARGE}
		                                                               : arena_strf(&a, "body of %zu", i)};
	assert_int_equal(store_open(STR("memory:"), &s, NULL), 0);
	if (n)
		assert_int_equal(store_commit(s, &set, 1, NULL), 0);
	arena_release(&a);
	return s;
}

struct seen {
	size_t n, stop_at;
	int stop_with;
};

static int look(void *ctx, const struct store_document *row)
{
	struct seen *seen = ctx;
	char want[32];
	size_t i = seen->n++;

	if (seen->stop_with && i == seen->stop_at)
		return seen->stop_with;
	(void)snprintf(want, sizeof(want), "d%zu", i);
	assert_true(str_eq(row->id, str_of(want)));
	assert_true(str_eq(row->kind, i % 3 ? STR("user") : STR("role")));
	assert_true(str_eq(row->org, ORG));
	assert_true(str_is_absent(row->unique_key));
	assert_int_equal(row->seq, i + 7);
	assert_int_equal(row->rev_from, 1);
	(void)snprintf(want, sizeof(want), "body of %zu", i);
	if (i % LARGE_EACH != 1)
		assert_true(str_eq(row->body, str_of(want)));
	else
		assert_true(row->body.len == LARGE && row->body.ptr[0] == 'x' && row->body.ptr[LARGE - 1] == 'x');
	return 0;
}

static const struct rows_place place = {STR_INIT("o"), 0};

static int look_at_small(void *ctx, const struct store_document *row)
{
	struct seen *seen = ctx;

	assert_true(str_starts_with(row->body, STR("body of ")));
	seen->n++;
	return 0;
}

static void test_all(void **state)
{
	(void)state;
	/* Around the limits of one batch and of all of them. */
	static const size_t counts[] = {0, 1, 2, 98, 511, 512, 513, 1024, 2047, 2048, 2049, 2050, 5000};

	for (size_t i = 0; i < N_ELEMENTS(counts); i++) {
		struct store *s = filled(counts[i]);
		struct seen seen = {0};

		assert_int_equal(rows_each(s, &place, look, &seen, NULL), 0);
		assert_int_equal(seen.n, counts[i]);
		store_close(s);
	}
}

static void test_stopped(void **state)
{
	(void)state;
	static const size_t places[] = {0, 1, 511, 512, 2048, 4999};
	struct store *s = filled(5000);

	for (size_t i = 0; i < N_ELEMENTS(places); i++) {
		struct seen seen = {.stop_at = places[i], .stop_with = -EBADMSG};

		assert_int_equal(rows_each(s, &place, look, &seen, NULL), -EBADMSG);
		assert_int_equal(seen.n, places[i] + 1);
	}
	store_close(s);
}

/* A store that breaks after some rows. */
static int break_down(struct store *s, struct str org, uint64_t revision, store_document_fn *fn, void *ctx,
                      struct error *err)
{
	(void)s;
	assert_int_equal(revision, 0);
	for (uint64_t i = 0; i < 3000; i++) {
		char id[32], body[32];
		const struct store_document row = {
		    .org = org,
		    .kind = i % 3 ? STR("user") : STR("role"),
		    .id = {id, (size_t)snprintf(id, sizeof(id), "d%llu", (unsigned long long)i)},
		    .rev_from = 1,
		    .seq = i + 7,
		    .body = {body, (size_t)snprintf(body, sizeof(body), "body of %llu", (unsigned long long)i)}};
		int r = fn(ctx, &row);

		if (r != 0)
			return r;
	}
	return error_set(err, -EIO, "the disk is gone");
}

static void test_broken(void **state)
{
	(void)state;
	static const struct store_ops ops = {.each_document = break_down};
	struct store s = {.ops = &ops};
	struct error err = {0};
	struct seen seen = {0};

	assert_int_equal(rows_each(&s, &place, look_at_small, &seen, &err), -EIO);
	assert_string_equal(err.text, "the disk is gone");
	assert_true(seen.n >= 2048 && seen.n < 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_stopped),
	    cmocka_unit_test(test_broken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
