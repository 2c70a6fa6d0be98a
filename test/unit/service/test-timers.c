/* SPDX-License-Identifier: Apache-2.0
 *
 * The heap of what is to happen: always the earliest first, and in the order they were added among equals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/random.h"
#include "service/timers.h"

#define N 2000

static void add(struct timers *t, struct arena *a, int64_t due_ms, unsigned n)
{
	struct entitlement_binding b = {
	    .doc = {.kind = DOC_ENTITLEMENT_BINDING, .id = arena_strf(a, "%06u", n)},
	    .expires_at_ms = due_ms,
	};

	timers_add(t, &b.doc);
}

static void test_order(void **state)
{
	struct timers t;
	struct arena a = ARENA_INIT;
	struct prng p = {1};
	struct timer last = {.due_ms = INT64_MIN}, next;
	size_t n = 0;
	unsigned last_id = 0, id;

	(void)state;
	timers_init(&t);
	for (unsigned i = 0; i < N; i++)
		add(&t, &a, 1 + (int64_t)prng_below(&p, 50), i);
	assert_int_equal(t.n, N);
	assert_false(timers_are_due(&t, 0));
	assert_false(timers_take(&t, 0, &next));
	while (timers_take(&t, 25, &next)) {
		n++;
		assert_true(next.due_ms >= last.due_ms && next.due_ms <= 25);
		id = (unsigned)strtoul(next.id, NULL, 10);
		if (next.due_ms == last.due_ms)
			assert_true(id > last_id);
		last_id = id;
		last = next;
		free(next.id);
	}
	assert_int_equal(n + t.n, N);
	assert_true(n > 0 && t.n > 0);
	assert_true(t.heap[0].due_ms > 25);
	timers_release(&t);
	arena_release(&a);
}

static void test_what_is_due(void **state)
{
	struct timers t;
	struct arena a = ARENA_INIT;
	struct timer next;

	(void)state;
	timers_init(&t);
	add(&t, &a, 0, 1); /* never */
	assert_int_equal(t.n, 0);
	assert_false(timers_are_due(&t, INT64_MAX - 1));
	add(&t, &a, 10, 2);
	assert_false(timers_are_due(&t, 9));
	assert_true(timers_are_due(&t, 10));
	assert_true(timers_take(&t, 10, &next));
	/* Taken out, but what comes of it is not published yet. */
	assert_true(timers_are_due(&t, 10));
	atomic_fetch_sub(&t.n_firing, 1);
	assert_false(timers_are_due(&t, 10));
	free(next.id);
	timers_release(&t);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_what_is_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
