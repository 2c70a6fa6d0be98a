/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ring.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

static void comes_out_as_it_went_in(void **state)
{
	struct ring *r = ring_new(4096);

	(void)state;
	assert_true(str_is_absent(ring_peek(r)));
	assert_true(ring_put(r, STR("one")));
	assert_true(ring_put(r, STR("eight by")));
	assert_true(str_eq(ring_peek(r), STR("one")));
	assert_true(str_eq(ring_peek(r), STR("one"))); /* until it is dropped */
	ring_drop(r);
	assert_true(str_eq(ring_peek(r), STR("eight by")));
	ring_drop(r);
	assert_true(str_is_absent(ring_peek(r)));
	ring_free(r);
}

static void full_is_said_and_loses_nothing(void **state)
{
	struct ring *r = ring_new(4096);
	char text[1024] = {0};
	size_t n = 0;

	(void)state;
	assert_false(ring_put(r, (struct str){text, 1025})); /* more than a quarter: never */
	while (ring_put(r, (struct str){text, 1000}))
		n++;
	assert_int_equal(n, 4);
	assert_true(ring_put(r, STR("small"))); /* 4 * 1008 of 4096 are taken */
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(ring_peek(r).len, 1000);
		ring_drop(r);
	}
	assert_true(str_eq(ring_peek(r), STR("small")));
	ring_drop(r);
	assert_true(str_is_absent(ring_peek(r)));
	ring_free(r);
}

/* Any lengths, many times around: what comes out is what went in. */
static void goes_around(void **state)
{
	struct ring *r = ring_new(4096);
	struct prng in = {7}, out = {7}, choice = {1};
	char text[1024];
	size_t n_in = 0, n_out = 0;

	(void)state;
	while (n_out < 20000) {
		struct prng before = in;
		size_t len = 1 + (size_t)prng_below(&in, 600);

		memset(text, (int)(n_in % 251), len);
		if (prng_below(&choice, 2) && ring_put(r, (struct str){text, len})) {
			n_in++;
			continue;
		}
		in = before;
		if (n_out < n_in) {
			struct str s = ring_peek(r);

			assert_int_equal(s.len, 1 + prng_below(&out, 600));
			assert_int_equal((unsigned char)s.ptr[0], n_out % 251);
			assert_int_equal((unsigned char)s.ptr[s.len - 1], n_out % 251);
			ring_drop(r);
			n_out++;
		}
	}
	ring_free(r);
}

enum { N_THREADS = 4, N_EACH = 10000 };

struct putter {
	struct ring *ring;
	uint32_t id;
	_Atomic uint32_t *n_running;
};

static void *put_many(void *arg)
{
	struct putter *p = arg;

	for (uint32_t i = 0; i < N_EACH;) {
		uint32_t record[6] = {p->id, i, i, i, i, i};

		/* Full: the other side is at work. */
		if (ring_put(p->ring, (struct str){(const char *)record, sizeof(record) - 4 * (i % 4)}))
			i++;
	}
	(void)atomic_fetch_sub(p->n_running, 1);
	return NULL;
}

/* Each thread's records come whole, once, and in its order. */
static void many_put_one_takes(void **state)
{
	struct ring *r = ring_new(8192);
	_Atomic uint32_t n_running = N_THREADS;
	struct putter putters[N_THREADS];
	pthread_t threads[N_THREADS];
	uint32_t next[N_THREADS] = {0}, total = 0;

	(void)state;
	for (uint32_t i = 0; i < N_THREADS; i++) {
		putters[i] = (struct putter){r, i, &n_running};
		assert_int_equal(pthread_create(&threads[i], NULL, put_many, &putters[i]), 0);
	}
	while (total < N_THREADS * N_EACH) {
		struct str s = ring_peek(r);
		uint32_t record[6];

		if (str_is_absent(s))
			continue;
		memcpy(record, s.ptr, s.len);
		assert_true(record[0] < N_THREADS);
		assert_int_equal(record[1], next[record[0]]);
		assert_int_equal(s.len, sizeof(record) - 4 * (record[1] % 4));
		for (size_t i = 2; i < s.len / 4; i++)
			assert_int_equal(record[i], record[1]);
		next[record[0]]++;
		total++;
		ring_drop(r);
	}
	for (uint32_t i = 0; i < N_THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_true(str_is_absent(ring_peek(r)));
	ring_free(r);
}

/* Nobody puts before her last record was taken, so there is always room, however old what she knows of the others is.
 */
static void *put_one_at_a_time(void *arg)
{
	struct putter *p = arg;
	uintptr_t n_refused = 0;

	for (uint32_t i = 0; i < N_EACH; i++) {
		uint64_t behind;

		n_refused += !ring_put(p->ring, (struct str){(const char *)&p->id, sizeof(p->id)});
		behind = ring_given(p->ring);
		while (ring_taken(p->ring) < behind)
			(void)sched_yield();
	}
	(void)atomic_fetch_sub(p->n_running, 1);
	return (void *)n_refused;
}

static void with_room_none_is_refused(void **state)
{
	struct ring *r = ring_new(4096);
	_Atomic uint32_t n_running = N_THREADS;
	struct putter putters[N_THREADS];
	pthread_t threads[N_THREADS];

	(void)state;
	for (uint32_t i = 0; i < N_THREADS; i++) {
		putters[i] = (struct putter){r, i, &n_running};
		assert_int_equal(pthread_create(&threads[i], NULL, put_one_at_a_time, &putters[i]), 0);
	}
	while (atomic_load(&n_running) || !str_is_absent(ring_peek(r))) {
		if (str_is_absent(ring_peek(r)))
			(void)sched_yield();
		else
			ring_drop(r);
	}
	for (uint32_t i = 0; i < N_THREADS; i++) {
		void *n_refused;

		assert_int_equal(pthread_join(threads[i], &n_refused), 0);
		assert_null(n_refused);
	}
	assert_int_equal(ring_given(r), ring_taken(r));
	ring_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(comes_out_as_it_went_in),
	    cmocka_unit_test(full_is_said_and_loses_nothing),
	    cmocka_unit_test(goes_around),
	    cmocka_unit_test(many_put_one_takes),
	    cmocka_unit_test(with_room_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
