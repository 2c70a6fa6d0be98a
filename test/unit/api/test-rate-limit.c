/* SPDX-License-Identifier: Apache-2.0
 *
 * Buckets of tokens by a clock that the test drives.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/rate_limit.h"

#define NOW INT64_C(1750000000000)

static struct rate_limiter *make(uint64_t per_minute, uint64_t burst)
{
	return rate_limiter_new(&(struct rate_limit_options){.per_minute = per_minute, .burst = burst});
}

/* How many of `n` calls at that time are allowed. */
static unsigned take(struct rate_limiter *l, struct str key, int64_t now_ms, unsigned n)
{
	unsigned allowed = 0;

	for (unsigned i = 0; i < n; i++)
		allowed += rate_limiter_take(l, key, now_ms).is_allowed;
	return allowed;
}

static void test_bucket_empties_and_fills(void **state UNUSED)
{
	struct rate_limiter *l = make(60, 3);
	struct rate_limit_state s = rate_limiter_take(l, STR("k"), NOW);

	assert_true(s.is_allowed);
	assert_int_equal(s.limit, 3);
	assert_int_equal(s.remaining, 2);
	assert_int_equal(s.full_after_ms, 1000);
	assert_int_equal(s.retry_after_ms, 0);
	assert_int_equal(take(l, STR("k"), NOW, 5), 2);
	s = rate_limiter_take(l, STR("k"), NOW + 400);
	assert_false(s.is_allowed);
	assert_int_equal(s.remaining, 0);
	assert_int_equal(s.retry_after_ms, 600);
	assert_int_equal(s.full_after_ms, 2600);
	/* A refused call takes nothing: the token is there to the millisecond. */
	assert_int_equal(take(l, STR("k"), NOW + 999, 1), 0);
	assert_int_equal(take(l, STR("k"), NOW + 1000, 2), 1);
	/* However long nobody comes, it holds no more than it holds. */
	assert_int_equal(take(l, STR("k"), NOW + INT64_C(1000000000000), 10), 3);
	rate_limiter_free(l);
}

static void test_rate_that_divides_nothing(void **state UNUSED)
{
	struct rate_limiter *l = make(7, 7);
	unsigned allowed = take(l, STR("k"), NOW, 7);

	/* Asked every 100 ms for ten minutes: seven a minute, and nothing is lost to rounding. */
	for (int64_t ms = 100; ms <= 600000; ms += 100)
		allowed += take(l, STR("k"), NOW + ms, 1);
	assert_int_equal(allowed, 7 + 70);
	rate_limiter_free(l);
}

static void test_burst_of_its_own(void **state UNUSED)
{
	struct rate_limiter *l = make(100, 0);

	assert_int_equal(take(l, STR("k"), NOW, 1000), 120);
	rate_limiter_free(l);
	l = make(1, 0);
	assert_int_equal(take(l, STR("k"), NOW, 1000), 1);
	rate_limiter_free(l);
	l = make(RATE_LIMIT_MAX, RATE_LIMIT_MAX);
	assert_int_equal(take(l, STR("k"), NOW, 1000), 1000);
	assert_int_equal(rate_limiter_take(l, STR("k"), INT64_MAX).remaining, RATE_LIMIT_MAX - 1);
	rate_limiter_free(l);
}

static void test_keys_do_not_share(void **state UNUSED)
{
	struct rate_limiter *l = make(60, 2);

	assert_int_equal(take(l, STR("one"), NOW, 3), 2);
	assert_int_equal(take(l, STR("two"), NOW, 3), 2);
	assert_int_equal(take(l, STR("one"), NOW, 3), 0);
	rate_limiter_free(l);
}

static void test_clock_that_goes_back(void **state UNUSED)
{
	struct rate_limiter *l = make(60, 2);

	assert_int_equal(take(l, STR("k"), NOW, 2), 2);
	assert_int_equal(take(l, STR("k"), NOW - 3600000, 2), 0);
	/* From there it counts again, and does not wait for the hour to be over. */
	assert_int_equal(take(l, STR("k"), NOW - 3600000 + 1000, 2), 1);
	assert_int_equal(take(l, STR("k"), INT64_MIN, 2), 0);
	rate_limiter_free(l);
}

/* Two threads: one that is always 5 ms behind the other. Only time that went by brings tokens. */
static void test_calls_out_of_order(void **state UNUSED)
{
	struct rate_limiter *l = make(60, 2);
	unsigned allowed = 0;

	for (int64_t ms = 0; ms <= 10000; ms++) {
		allowed += take(l, STR("k"), NOW + ms, 1);
		allowed += take(l, STR("k"), NOW + ms - 5, 1);
	}
	assert_int_equal(allowed, 2 + 10);
	rate_limiter_free(l);
}

static void test_many_keys_leave_the_drained_one(void **state UNUSED)
{
	struct rate_limiter *l = make(60, 5);
	char text[32];

	assert_int_equal(take(l, STR("drained"), NOW, 9), 5);
	for (int i = 0; i < 200000; i++) {
		int n = snprintf(text, sizeof(text), "key%d", i);

		assert_true(rate_limiter_take(l, (struct str){text, (size_t)n}, NOW).is_allowed);
	}
	assert_int_equal(take(l, STR("drained"), NOW, 1), 0);
	rate_limiter_free(l);
}

struct racer {
	struct rate_limiter *limiter;
	unsigned allowed;
};

static void *race(void *arg)
{
	struct racer *r = arg;

	r->allowed = take(r->limiter, STR("k"), NOW, 1000);
	return NULL;
}

static void test_threads_share_a_bucket(void **state UNUSED)
{
	struct rate_limiter *l = make(60, 1500);
	struct racer racers[4];
	pthread_t threads[4];
	unsigned allowed = 0;

	for (size_t i = 0; i < 4; i++) {
		racers[i] = (struct racer){.limiter = l};
		assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		allowed += racers[i].allowed;
	}
	assert_int_equal(allowed, 1500);
	rate_limiter_free(l);
	rate_limiter_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bucket_empties_and_fills),
	    cmocka_unit_test(test_rate_that_divides_nothing),
	    cmocka_unit_test(test_burst_of_its_own),
	    cmocka_unit_test(test_keys_do_not_share),
	    cmocka_unit_test(test_clock_that_goes_back),
	    cmocka_unit_test(test_calls_out_of_order),
	    cmocka_unit_test(test_many_keys_leave_the_drained_one),
	    cmocka_unit_test(test_threads_share_a_bucket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
