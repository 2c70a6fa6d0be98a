/* SPDX-License-Identifier: Apache-2.0
 *
 * A decision takes no memory from the system: every way to it is counted, over a million decisions of all kinds.
 */
#include "world.h"

#include <malloc.h>
#include <stdatomic.h>

#include "base/buf.h"

/* ---- the host's malloc(), which the shared library calls, too --------------------------------------------------- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static _Atomic uint64_t n_taken;

void *malloc(size_t size)
{
	atomic_fetch_add_explicit(&n_taken, 1, memory_order_relaxed);
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	atomic_fetch_add_explicit(&n_taken, 1, memory_order_relaxed);
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	atomic_fetch_add_explicit(&n_taken, 1, memory_order_relaxed);
	return __libc_realloc(p, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	atomic_fetch_add_explicit(&n_taken, 1, memory_order_relaxed);
	return __libc_memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	atomic_fetch_add_explicit(&n_taken, 1, memory_order_relaxed);
	*ret = __libc_memalign(alignment, size);
	return *ret ? 0 : 12;
}

/* ---- decisions --------------------------------------------------------------------------------------------------- */

#define N_DECISIONS 1000000u
#define N_KINDS     5u

static const char json[] = "{\"subject\":{\"type\":\"user\",\"id\":\"alice\"},\"action\":{\"name\":\"read\"},"
                           "\"resource\":{\"type\":\"record\",\"id\":\"r1\"}}";

/* Allowed or not, by the kind of the question; the whole of it must be answered. */
static int decide(struct doorward_decider *d, unsigned kind)
{
	struct doorward_answer answer = DOORWARD_ANSWER_INIT;
	struct doorward_question q = question(kind == 1 ? "write" : kind == 2 ? "open" : "read");
	struct doorward_error err;
	int r;

	if (kind == 2)
		q.context = "{\"temperature\":40,\"names\":[\"a\",\"b\",\"c\"]}";
	if (kind == 3)
		q.resource_properties = "{\"tenants\":[\"t1\",\"t2\",\"t3\"],\"tags\":{\"Env\":[\"prod\"]}}";
	r = kind == 4 ? doorward_decide_json(d, (struct doorward_text){json, sizeof(json) - 1}, NOW_MS, &answer, &err)
	              : doorward_decide(d, &q, &answer, &err);
	return r == DOORWARD_OK ? answer.allowed : -1;
}

static void test_takes_nothing(void **state)
{
	static const int wanted[N_KINDS] = {1, 0, 1, 1, 1};
	struct doorward_organization *org;
	struct doorward_decider *d;
	uint64_t before, n_wrong = 0;
	struct world w;

	(void)state;
	world_make(&w);
	world_put_policy(&w, "hot", "allow", "open",
	                 "context.temperature > 30 && context.names.exists(n, n == \\\"c\\\")");
	before = atomic_load(&n_taken);
	org = world_open(&w);
	/* The counting counts. */
	assert_true(atomic_load(&n_taken) > before + 100);
	d = doorward_decider_new(org);
	/* Each a few times, until the decider has met them. */
	for (unsigned i = 0; i < 4 * N_KINDS; i++)
		assert_int_equal(decide(d, i % N_KINDS), wanted[i % N_KINDS]);
	before = atomic_load(&n_taken);
	for (unsigned i = 0; i < N_DECISIONS; i++)
		n_wrong += decide(d, i % N_KINDS) != wanted[i % N_KINDS];
	assert_int_equal(atomic_load(&n_taken), before);
	assert_int_equal(n_wrong, 0);
	doorward_decider_free(d);
	doorward_close(org);
	world_remove(&w);
}

/* A question that is far larger than others is made room for once. */
static void test_grows_once(void **state)
{
	struct doorward_answer answer = DOORWARD_ANSWER_INIT;
	struct doorward_question q = question("read");
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(1 << 20);
	struct doorward_organization *org;
	struct doorward_decider *d;
	struct world w;
	uint64_t before;

	(void)state;
	world_make(&w);
	org = world_open(&w);
	d = doorward_decider_new(org);
	buf_add(&text, STR("{\"tenants\":[\"t1\""));
	for (unsigned i = 0; i < 3000; i++)
		buf_addf(&text, ",\"x%u\"", i);
	buf_add(&text, STR("]}"));
	buf_add_char(&text, '\0');
	q.resource_properties = text.ptr;
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(doorward_decide(d, &q, &answer, NULL), DOORWARD_OK);
	before = atomic_load(&n_taken);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(doorward_decide(d, &q, &answer, NULL), DOORWARD_OK);
		assert_int_equal(answer.n_tenants, 3001);
	}
	assert_int_equal(atomic_load(&n_taken), before);
	doorward_decider_free(d);
	doorward_close(org);
	world_remove(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_takes_nothing),
	    cmocka_unit_test(test_grows_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
