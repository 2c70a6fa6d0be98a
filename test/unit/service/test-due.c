/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens by itself, and those who wait for it: however much is due at once, and when it cannot be stored. Also
 * run under ThreadSanitizer.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "writer-world.h"

static char clock_path[] = "/tmp/doorward-test-due-XXXXXX";

static void set_clock(const char *text)
{
	FILE *file = fopen(clock_path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int set_up_with_clock(void **state)
{
	int fd;

	memcpy(clock_path + sizeof(clock_path) - sizeof("XXXXXX"), "XXXXXX", sizeof("XXXXXX"));
	fd = mkstemp(clock_path);

	if (fd < 0 || close(fd) != 0)
		return -1;
	set_clock("2026-11-22T10:00:00Z");
	return clock_use_file(clock_path) == 0 ? set_up(state) : -1;
}

static int tear_down_with_clock(void **state)
{
	(void)unlink(clock_path);
	return tear_down(state);
}

/* An application, what can be had in it, and somebody who has it until 11 o'clock. */
static enum write_verdict bind_run(struct write_job *job, struct txn *t)
{
	const struct pair_job *p = CONTAINER_OF(job, struct pair_job, job);
	int64_t until;

	assert_true(time_parse_rfc3339(STR("2026-11-22T11:00:00Z"), &until));
	txn_put(t, &(struct user){.doc = {.kind = DOC_USER, .id = STR("u")}}.doc);
	txn_put(t, &(struct app){.doc = {.kind = DOC_APP, .id = STR("a")}}.doc);
	txn_put(t, &(struct app_entitlement){.doc = {.kind = DOC_APP_ENTITLEMENT, .id = STR("a/e")},
	                                     .app = STR("a"),
	                                     .entitlement_id = STR("e")}
	                .doc);
	txn_put(t, &(struct app_user){.doc = {.kind = DOC_APP_USER, .id = STR("a/c")},
	                              .app = STR("a"),
	                              .account_id = STR("c"),
	                              .user = STR("u")}
	                .doc);
	txn_put(t, &(struct entitlement_binding){.doc = {.kind = DOC_ENTITLEMENT_BINDING, .id = STR("a/e/c")},
	                                         .app = STR("a"),
	                                         .entitlement_id = STR("e"),
	                                         .account_id = STR("c"),
	                                         .user = STR("u"),
	                                         .expires_at_ms = until}
	                .doc);
	t->note = (struct audit_note){.actor = STR("user:test"),
	                              .via = STR("test"),
	                              .operation = STR("test:bind"),
	                              .target = STR(""),
	                              .remote = STR(""),
	                              .request_id = STR("")};
	return p->verdict;
}

/* What came due while commits failed happens once they do not. */
static void test_what_is_due_survives_failures(void **state)
{
	struct fixture *f = *state;

	/* Never stored, never due. */
	atomic_store(&failing(f->store)->fails_with, ENOSPC);
	assert_int_not_equal(run_job(f, bind_run, WRITE_ACCEPT), 0);
	assert_false(service_is_due(f->service, clock_now_ms() + 86400000));
	atomic_store(&failing(f->store)->fails_with, 0);
	assert_int_equal(run_job(f, bind_run, WRITE_ACCEPT), 0);
	assert_true(service_is_due(f->service, clock_now_ms() + 86400000));
	assert_false(service_is_due(f->service, clock_now_ms()));
	/* Due, and it cannot be stored. */
	atomic_store(&failing(f->store)->fails_with, ENOSPC);
	set_clock("2026-11-22T11:00:00Z");
	assert_true(service_is_due(f->service, clock_now_ms()));
	(void)run_job(f, pair_run, WRITE_REFUSE);
	assert_int_equal(count(f, DOC_ENTITLEMENT_BINDING), 1);
	assert_int_equal(count(f, DOC_ACCESS_REQUEST), 0);
	assert_true(service_is_due(f->service, clock_now_ms()));
	/* The first commit that succeeds lets it happen before the next job, once. */
	atomic_store(&failing(f->store)->fails_with, 0);
	assert_int_equal(run_job(f, pair_run, WRITE_ACCEPT), 0);
	assert_int_equal(run_job(f, pair_run, WRITE_REFUSE), 0);
	assert_int_equal(count(f, DOC_ENTITLEMENT_BINDING), 0);
	assert_int_equal(count(f, DOC_ACCESS_REQUEST), 1);
	assert_false(service_is_due(f->service, clock_now_ms() + 86400000));
}

/* ---- very much at once --------------------------------------------------------------------------------------------
 */

/* More than the writer lets happen before the next job, several times. */
#define N_DUE 1000u

static enum write_verdict bind_many_run(struct write_job *job, struct txn *t)
{
	enum write_verdict verdict = bind_run(job, t);
	int64_t until;

	assert_true(time_parse_rfc3339(STR("2026-11-22T11:00:00Z"), &until));
	for (unsigned i = 1; i < N_DUE; i++) {
		struct str account = arena_strf(t->arena, "c%u", i);

		txn_put(t, &(struct app_user){.doc = {.kind = DOC_APP_USER,
		                                      .id = arena_concat(t->arena, STR("a/"), account)},
		                              .app = STR("a"),
		                              .account_id = account,
		                              .user = STR("u")}
		                .doc);
		txn_put(t, &(struct entitlement_binding){.doc = {.kind = DOC_ENTITLEMENT_BINDING,
		                                                 .id = arena_concat(t->arena, STR("a/e/"), account)},
		                                         .app = STR("a"),
		                                         .entitlement_id = STR("e"),
		                                         .account_id = account,
		                                         .user = STR("u"),
		                                         .expires_at_ms = until}
		                .doc);
	}
	return verdict;
}

/* Keeps the writer until it is let go. */
struct gate_job {
	struct pair_job pair;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_entered, is_open;
};

static enum write_verdict gate_run(struct write_job *job, struct txn *t UNUSED)
{
	struct gate_job *g = CONTAINER_OF(job, struct gate_job, pair.job);

	(void)pthread_mutex_lock(&g->lock);
	g->is_entered = true;
	(void)pthread_cond_broadcast(&g->wake);
	while (!g->is_open)
		(void)pthread_cond_wait(&g->wake, &g->lock);
	(void)pthread_mutex_unlock(&g->lock);
	return WRITE_REFUSE;
}

static void gate_close(struct gate_job *g, const struct fixture *f)
{
	*g = (struct gate_job){0};
	pair_init(&g->pair, service_default_org(f->service), WRITE_REFUSE);
	g->pair.job.run = gate_run;
	(void)pthread_mutex_init(&g->lock, NULL);
	(void)pthread_cond_init(&g->wake, NULL);
	assert_true(service_submit(f->service, &g->pair.job));
	(void)pthread_mutex_lock(&g->lock);
	while (!g->is_entered)
		(void)pthread_cond_wait(&g->wake, &g->lock);
	(void)pthread_mutex_unlock(&g->lock);
}

static void gate_open(struct gate_job *g)
{
	(void)pthread_mutex_lock(&g->lock);
	g->is_open = true;
	(void)pthread_cond_broadcast(&g->wake);
	(void)pthread_mutex_unlock(&g->lock);
	pair_wait(&g->pair);
	(void)pthread_mutex_destroy(&g->lock);
	(void)pthread_cond_destroy(&g->wake);
}

struct waiter {
	struct due_wait wait;
	struct arena arena;
	const struct fixture *fixture;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_done, has_happened;
	uint64_t n_left; /* bindings that were there when it was told */
};

static void waiter_done(struct due_wait *w, bool has_happened)
{
	struct waiter *waiter = CONTAINER_OF(w, struct waiter, wait);

	(void)pthread_mutex_lock(&waiter->lock);
	waiter->n_left = count(waiter->fixture, DOC_ENTITLEMENT_BINDING);
	waiter->has_happened = has_happened;
	waiter->is_done = true;
	(void)pthread_cond_signal(&waiter->wake);
	(void)pthread_mutex_unlock(&waiter->lock);
}

static void waiter_begin(struct waiter *w, const struct fixture *f, uint64_t deadline_ns)
{
	*w = (struct waiter){.fixture = f};
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->wake, NULL);
	w->wait = (struct due_wait){
	    .now_ms = clock_now_ms(), .deadline_ns = deadline_ns, .arena = &w->arena, .done = waiter_done};
	assert_true(service_wait_for_due(f->service, &w->wait));
}

static void waiter_end(struct waiter *w)
{
	(void)pthread_mutex_lock(&w->lock);
	while (!w->is_done)
		(void)pthread_cond_wait(&w->wake, &w->lock);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_mutex_destroy(&w->lock);
	(void)pthread_cond_destroy(&w->wake);
	arena_release(&w->arena);
}

/* However much is due at once, who waits for it sees none of it left, or is told that there is. */
static void test_waiting_for_very_much(void **state)
{
	struct fixture *f = *state;
	struct waiter patient, hasty;
	struct gate_job gate;

	assert_int_equal(run_job(f, bind_many_run, WRITE_ACCEPT), 0);
	assert_int_equal(count(f, DOC_ENTITLEMENT_BINDING), N_DUE);
	gate_close(&gate, f);
	set_clock("2026-11-22T11:00:00Z");
	waiter_begin(&hasty, f, 1);
	waiter_begin(&patient, f, UINT64_MAX);
	gate_open(&gate);
	waiter_end(&hasty);
	waiter_end(&patient);
	assert_false(hasty.has_happened);
	assert_true(hasty.n_left > 0);
	assert_true(patient.has_happened);
	assert_int_equal(patient.n_left, 0);
	assert_int_equal(count(f, DOC_ACCESS_REQUEST), N_DUE);
	/* With nothing left to wait for no deadline matters. */
	waiter_begin(&hasty, f, 1);
	waiter_end(&hasty);
	assert_true(hasty.has_happened);
}

static void test_waiting_while_nothing_can_be_stored(void **state)
{
	struct fixture *f = *state;
	struct waiter w;

	assert_int_equal(run_job(f, bind_run, WRITE_ACCEPT), 0);
	atomic_store(&failing(f->store)->fails_with, ENOSPC);
	set_clock("2026-11-22T11:00:00Z");
	waiter_begin(&w, f, UINT64_MAX);
	waiter_end(&w);
	assert_false(w.has_happened);
	assert_int_equal(w.n_left, 1);
	atomic_store(&failing(f->store)->fails_with, 0);
	assert_int_equal(run_job(f, pair_run, WRITE_ACCEPT), 0);
	waiter_begin(&w, f, UINT64_MAX);
	waiter_end(&w);
	assert_true(w.has_happened);
	assert_int_equal(w.n_left, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_what_is_due_survives_failures, set_up_with_clock,
	                                    tear_down_with_clock),
	    cmocka_unit_test_setup_teardown(test_waiting_for_very_much, set_up_with_clock, tear_down_with_clock),
	    cmocka_unit_test_setup_teardown(test_waiting_while_nothing_can_be_stored, set_up_with_clock,
	                                    tear_down_with_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
