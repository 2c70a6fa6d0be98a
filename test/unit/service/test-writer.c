/* SPDX-License-Identifier: Apache-2.0
 *
 * The one writer and its readers, on the memory store: revisions without gaps, nothing half seen, refusals without
 * trace, keys, and a close that finishes what was accepted. Also run under ThreadSanitizer.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>
#include <cmocka.h>

#include "base/random.h"
#include "service/service.h"

#define N_THREADS 4u
#define N_WRITES  200u

struct fixture {
	struct store *store;
	struct service *service;
	struct buf owner_key;
};

static int set_up(void **state)
{
	struct fixture *f = mem_calloc(1, sizeof(*f));
	struct service_options options = {.org = STR("default")};
	struct error err;

	f->owner_key = BUF_INIT(1000);
	if (store_open(STR("memory:"), &f->store, &err) != 0)
		return -1;
	options.store = f->store;
	if (service_open(&options, &f->service, &f->owner_key, &err) != 0)
		return -1;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	service_close(f->service);
	store_close(f->store);
	buf_release(&f->owner_key);
	free(f);
	return 0;
}

/* A job that adds two tenants which belong together, and a way to wait for it. */
struct pair_job {
	struct write_job job;
	struct arena arena;
	char name[16];
	enum write_verdict verdict;
	int result;
	uint64_t revision;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool finished;
};

static enum write_verdict pair_run(struct write_job *job, struct txn *t)
{
	struct pair_job *p = CONTAINER_OF(job, struct pair_job, job);
	struct str x = arena_concat(t->arena, STR("x"), str_of(p->name)),
	           y = arena_concat(t->arena, STR("y"), str_of(p->name));

	txn_put(t, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = x}}.doc);
	txn_put(t, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = y}}.doc);
	t->note = (struct audit_note){.actor = STR("user:test"),
	                              .via = STR("test"),
	                              .operation = STR("test:pairs:create"),
	                              .target = x,
	                              .remote = STR(""),
	                              .request_id = STR(""),
	                              .status = 201};
	return p->verdict;
}

static void pair_finish(struct write_job *job, int result, uint64_t revision)
{
	struct pair_job *p = CONTAINER_OF(job, struct pair_job, job);

	(void)pthread_mutex_lock(&p->lock);
	p->result = result;
	p->revision = revision;
	p->finished = true;
	(void)pthread_cond_signal(&p->wake);
	(void)pthread_mutex_unlock(&p->lock);
}

static void pair_init(struct pair_job *p, struct org *org, enum write_verdict verdict)
{
	memset(p, 0, sizeof(*p));
	p->verdict = verdict;
	random_alnum(p->name, 12);
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->wake, NULL);
	p->job = (struct write_job){.org = org, .arena = &p->arena, .run = pair_run, .finish = pair_finish};
}

static void pair_wait(struct pair_job *p)
{
	(void)pthread_mutex_lock(&p->lock);
	while (!p->finished)
		(void)pthread_cond_wait(&p->wake, &p->lock);
	(void)pthread_mutex_unlock(&p->lock);
	(void)pthread_mutex_destroy(&p->lock);
	(void)pthread_cond_destroy(&p->wake);
	arena_release(&p->arena);
}

static void test_accepted_and_refused(void **state)
{
	struct fixture *f = *state;
	struct org *org = service_default_org(f->service);
	struct pair_job p;
	uint64_t before, stored;
	struct error err;

	service_read_begin();
	before = org_snapshot(org)->revision;
	service_read_end();
	assert_int_equal(before, 1);
	pair_init(&p, org, WRITE_ACCEPT);
	assert_true(service_submit(f->service, &p.job));
	pair_wait(&p);
	assert_int_equal(p.result, 0);
	assert_int_equal(p.revision, before + 1);
	pair_init(&p, org, WRITE_REFUSE);
	assert_true(service_submit(f->service, &p.job));
	pair_wait(&p);
	assert_int_equal(p.revision, before + 1);
	service_read_begin();
	assert_int_equal(org_snapshot(org)->n_docs[DOC_TENANT], 2);
	service_read_end();
	assert_int_equal(store_revision(f->store, STR("default"), &stored, &err), 0);
	assert_int_equal(stored, before + 1);
}

static int count_row(void *ctx, const struct store_audit_row *row)
{
	size_t *n = ctx;

	n[row->outcome == AUDIT_DONE]++;
	return 0;
}

static void test_refusals_are_recorded(void **state)
{
	struct fixture *f = *state;
	struct org *org = service_default_org(f->service);
	struct store_audit_filter filter = {.since_ms = INT64_MIN, .until_ms = INT64_MAX, .limit = 100};
	struct pair_job p;
	size_t n[2] = {0, 0};
	struct error err;
	const struct audit_note note = {.actor = STR("user:x"),
	                                .via = STR("test"),
	                                .operation = STR("o"),
	                                .target = STR("t"),
	                                .remote = STR(""),
	                                .request_id = STR("r"),
	                                .status = 403};

	service_audit_refused(f->service, org, &note);
	pair_init(&p, org, WRITE_REFUSE_AUDITED);
	assert_true(service_submit(f->service, &p.job));
	pair_wait(&p);
	/* Behind this one everything before it is stored. */
	pair_init(&p, org, WRITE_ACCEPT);
	assert_true(service_submit(f->service, &p.job));
	pair_wait(&p);
	assert_int_equal(service_each_audit(f->service, org, &filter, count_row, n, &err), 0);
	assert_int_equal(n[0], 2);
	assert_int_equal(n[1], 2); /* bootstrap and the pair */
}

struct load {
	struct service *service;
	struct org *org;
	_Atomic bool stop;
	_Atomic uint64_t n_reads;
};

static void *write_load(void *arg)
{
	struct load *l = arg;

	for (size_t i = 0; i < N_WRITES; i++) {
		struct pair_job p;

		pair_init(&p, l->org, WRITE_ACCEPT);
		assert_true(service_submit(l->service, &p.job));
		pair_wait(&p);
		assert_int_equal(p.result, 0);
		/* What was answered can be read at once. */
		service_read_begin();
		assert_true(org_snapshot(l->org)->revision >= p.revision);
		service_read_end();
	}
	return NULL;
}

static void *read_load(void *arg)
{
	struct load *l = arg;
	uint64_t last = 0;

	while (!atomic_load(&l->stop)) {
		service_read_begin();
		const struct snapshot *s = org_snapshot(l->org);
		uint64_t at = 0, n = 0;

		/* Never back, and never half a change set: two tenants a revision. */
		assert_true(s->revision >= last);
		last = s->revision;
		while (snapshot_next(s, DOC_TENANT, &at))
			n++;
		assert_int_equal(n, 2 * (s->revision - 1));
		assert_int_equal(n, s->n_docs[DOC_TENANT]);
		service_read_end();
		atomic_fetch_add(&l->n_reads, 1);
	}
	return NULL;
}

static void test_readers_during_writes(void **state)
{
	struct fixture *f = *state;
	struct load l = {.service = f->service, .org = service_default_org(f->service)};
	pthread_t writers[N_THREADS], readers[2];
	uint64_t revision;
	struct error err;

	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_load, &l), 0);
	for (size_t i = 0; i < N_THREADS; i++)
		assert_int_equal(pthread_create(&writers[i], NULL, write_load, &l), 0);
	for (size_t i = 0; i < N_THREADS; i++)
		(void)pthread_join(writers[i], NULL);
	atomic_store(&l.stop, true);
	for (size_t i = 0; i < 2; i++)
		(void)pthread_join(readers[i], NULL);
	assert_true(atomic_load(&l.n_reads) > 0);
	assert_int_equal(store_revision(f->store, STR("default"), &revision, &err), 0);
	assert_int_equal(revision, 1 + N_THREADS * N_WRITES);
}

static void test_owner_key(void **state)
{
	struct fixture *f = *state;
	struct arena a = ARENA_INIT;
	struct caller c;
	struct str key = buf_str(&f->owner_key), wrong = arena_str(&a, key);

	service_read_begin();
	assert_int_equal(service_authenticate(f->service, key, NULL, 0, &a, &c), AUTH_OK);
	assert_true(str_eq(c.actor, STR("user:owner")));
	assert_true(verdict_allows(service_authorize(org_snapshot(c.org), &c, STR("iam:policies:create"),
	                                             STR("iam:policies"), NULL, 0, &a, NULL, NULL)));
	((char *)(uintptr_t)wrong.ptr)[wrong.len - 1] ^= 1;
	assert_int_equal(service_authenticate(f->service, wrong, NULL, 0, &a, &c), AUTH_BAD);
	assert_int_equal(service_authenticate(f->service, STR_NONE, NULL, 0, &a, &c), AUTH_MISSING);
	assert_int_equal(service_authenticate(f->service, STR("dw_x_y"), NULL, 0, &a, &c), AUTH_BAD);
	service_read_end();
	arena_release(&a);
}

/* Everything a second start finds is what the first one left; the owner key is not made again. */
static void test_reload(void **state)
{
	struct fixture *f = *state;
	struct service_options options = {.store = f->store, .org = STR("default")};
	struct buf key = BUF_INIT(1000);
	struct pair_job p;
	uint64_t revision, n_docs;
	struct error err;

	pair_init(&p, service_default_org(f->service), WRITE_ACCEPT);
	assert_true(service_submit(f->service, &p.job));
	pair_wait(&p);
	service_read_begin();
	revision = org_snapshot(service_default_org(f->service))->revision;
	n_docs = org_snapshot(service_default_org(f->service))->docs.n;
	service_read_end();
	service_close(f->service);
	f->service = NULL;
	assert_int_equal(service_open(&options, &f->service, &key, &err), 0);
	assert_int_equal(key.len, 0);
	service_read_begin();
	assert_int_equal(org_snapshot(service_default_org(f->service))->revision, revision);
	assert_int_equal(org_snapshot(service_default_org(f->service))->docs.n, n_docs);
	service_read_end();
	buf_release(&key);
}

/* Jobs that wait when the service closes are still done; later ones are not taken. */
static void test_close_finishes(void **state)
{
	struct fixture *f = *state;
	struct org *org = service_default_org(f->service);
	struct pair_job *jobs = mem_calloc(50, sizeof(*jobs));

	for (size_t i = 0; i < 50; i++) {
		pair_init(&jobs[i], org, WRITE_ACCEPT);
		assert_true(service_submit(f->service, &jobs[i].job));
	}
	service_close(f->service);
	f->service = NULL;
	for (size_t i = 0; i < 50; i++) {
		assert_true(jobs[i].finished);
		assert_int_equal(jobs[i].result, 0);
		pair_wait(&jobs[i]);
	}
	free(jobs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_accepted_and_refused, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_refusals_are_recorded, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_readers_during_writes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_owner_key, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_reload, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_close_finishes, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
