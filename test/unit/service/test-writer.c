/* SPDX-License-Identifier: Apache-2.0
 *
 * The one writer and its readers, on the memory store: revisions without gaps, nothing half seen, refusals without
 * trace, keys, and a close that finishes what was accepted. Also run under ThreadSanitizer.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdint.h>
#include <stdatomic.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/random.h"
#include "service/service.h"
#include "store/backend.h"

#define N_THREADS 4u
#define N_WRITES  200u

/* A store that keeps what it is given in another one, and whose commits can be made to fail. */
struct failing_store {
	struct store base;
	struct store *inner;
	_Atomic int fails_with;       /* 0: it works */
	_Atomic unsigned fail_one_in; /* 0: never by chance */
	_Atomic unsigned n_commits;
};

static struct failing_store *failing(struct store *s)
{
	return CONTAINER_OF(s, struct failing_store, base);
}

static int failing_open(struct str rest, struct store **ret_store, struct error *err)
{
	struct failing_store *f = mem_calloc(1, sizeof(*f));
	int r = store_memory_ops.open(rest, &f->inner, err);

	*ret_store = &f->base;
	return r;
}

static void failing_close(struct store *s)
{
	store_close(failing(s)->inner);
	free(failing(s));
}

static int failing_commit(struct store *s, struct store_set *sets, size_t n_sets, struct error *err)
{
	struct failing_store *f = failing(s);
	unsigned one_in = atomic_load(&f->fail_one_in), n = atomic_fetch_add(&f->n_commits, 1);

	if (atomic_load(&f->fails_with) || (one_in && n % one_in == 0))
		return error_set(err, -ENOSPC, "as told");
	return store_commit(f->inner, sets, n_sets, err);
}

static int failing_each_org(struct store *s, int (*fn)(void *, struct str, uint64_t), void *ctx, struct error *err)
{
	return store_each_org(failing(s)->inner, fn, ctx, err);
}

static int failing_revision(struct store *s, struct str org, uint64_t *ret_revision, struct error *err)
{
	return store_revision(failing(s)->inner, org, ret_revision, err);
}

static int failing_each_document(struct store *s, struct str org, uint64_t revision, store_document_fn *fn, void *ctx,
                                 struct error *err)
{
	return store_each_document(failing(s)->inner, org, revision, fn, ctx, err);
}

static int failing_each_change(struct store *s, struct str org, uint64_t from, uint64_t to, store_document_fn *fn,
                               void *ctx, struct error *err)
{
	return store_each_change(failing(s)->inner, org, from, to, fn, ctx, err);
}

static int failing_each_audit(struct store *s, const struct store_audit_filter *filter,
                              int (*fn)(void *, const struct store_audit_row *), void *ctx, struct error *err)
{
	return store_each_audit(failing(s)->inner, filter, fn, ctx, err);
}

static int failing_each_revision(struct store *s, struct str org, uint64_t from, uint64_t to,
                                 int (*fn)(void *ctx, const struct store_audit_row *row), void *ctx, struct error *err)
{
	return store_each_revision(failing(s)->inner, org, from, to, fn, ctx, err);
}

static int failing_meta_get(struct store *s, struct str key, struct arena *a, struct str *ret_value, struct error *err)
{
	return store_meta_get(failing(s)->inner, key, a, ret_value, err);
}

static int failing_meta_put(struct store *s, struct str key, struct str value, struct error *err)
{
	return store_meta_put(failing(s)->inner, key, value, err);
}

static const struct store_ops failing_ops = {
    .scheme = "failing",
    .open = failing_open,
    .close = failing_close,
    .commit = failing_commit,
    .each_org = failing_each_org,
    .revision = failing_revision,
    .each_document = failing_each_document,
    .each_change = failing_each_change,
    .each_audit = failing_each_audit,
    .each_revision = failing_each_revision,
    .meta_get = failing_meta_get,
    .meta_put = failing_meta_put,
};

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
	if (failing_ops.open(STR(""), &f->store, &err) != 0)
		return -1;
	f->store->ops = &failing_ops;
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
	assert_true(service_authorize(
	                org_snapshot(c.org), &c,
	                &(struct permission){.action = STR("iam:policies:create"), .resource = STR("iam:policies")}, 0,
	                &a)
	                .everywhere);
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

static size_t n_tenants(struct org *org)
{
	size_t n;

	service_read_begin();
	n = org_snapshot(org)->n_docs[DOC_TENANT];
	service_read_end();
	return n;
}

static void test_failed_commits_change_nothing(void **state)
{
	struct fixture *f = *state;
	struct org *org = service_default_org(f->service);
	struct pair_job *jobs = mem_calloc(30, sizeof(*jobs));
	uint64_t revision;
	struct error err;

	atomic_store(&failing(f->store)->fails_with, ENOSPC);
	for (size_t i = 0; i < 30; i++) {
		/* Every third is refused by itself. */
		pair_init(&jobs[i], org, i % 3 ? WRITE_ACCEPT : WRITE_REFUSE);
		assert_true(service_submit(f->service, &jobs[i].job));
	}
	for (size_t i = 0; i < 30; i++) {
		pair_wait(&jobs[i]);
		assert_true(jobs[i].result == -ENOSPC || (i % 3 == 0 && jobs[i].result == 0));
		assert_int_equal(jobs[i].revision, 1);
	}
	assert_int_equal(n_tenants(org), 0);
	assert_false(service_stats(f->service).is_writable);
	atomic_store(&failing(f->store)->fails_with, 0);
	pair_init(&jobs[0], org, WRITE_ACCEPT);
	assert_true(service_submit(f->service, &jobs[0].job));
	pair_wait(&jobs[0]);
	assert_int_equal(jobs[0].result, 0);
	assert_int_equal(jobs[0].revision, 2);
	assert_int_equal(n_tenants(org), 2);
	assert_true(service_stats(f->service).is_writable);
	assert_int_equal(store_revision(f->store, STR("default"), &revision, &err), 0);
	assert_int_equal(revision, 2);
	free(jobs);
}

/* Commits fail now and then under load: exactly what was acknowledged is there, here and after a reload. */
static void *try_load(void *arg)
{
	struct load *l = arg;

	for (size_t i = 0; i < N_WRITES; i++) {
		struct pair_job p;

		pair_init(&p, l->org, WRITE_ACCEPT);
		assert_true(service_submit(l->service, &p.job));
		pair_wait(&p);
		assert_true(p.result == 0 || p.result == -ENOSPC);
		if (p.result == 0)
			atomic_fetch_add(&l->n_reads, 1);
		service_read_begin();
		assert_int_equal(snapshot_find(org_snapshot(l->org), DOC_TENANT,
		                               arena_concat(&p.arena, STR("x"), str_of(p.name))) != NULL,
		                 p.result == 0);
		service_read_end();
		arena_release(&p.arena);
	}
	return NULL;
}

static void test_failures_under_load(void **state)
{
	struct fixture *f = *state;
	struct service_options options = {.store = f->store, .org = STR("default")};
	struct load l = {.service = f->service, .org = service_default_org(f->service)};
	struct load readers = {.service = f->service, .org = l.org};
	struct buf key = BUF_INIT(1000);
	pthread_t writers[N_THREADS], reader;
	struct error err;

	atomic_store(&failing(f->store)->fail_one_in, 3);
	assert_int_equal(pthread_create(&reader, NULL, read_load, &readers), 0);
	for (size_t i = 0; i < N_THREADS; i++)
		assert_int_equal(pthread_create(&writers[i], NULL, try_load, &l), 0);
	for (size_t i = 0; i < N_THREADS; i++)
		(void)pthread_join(writers[i], NULL);
	atomic_store(&readers.stop, true);
	(void)pthread_join(reader, NULL);
	assert_int_equal(n_tenants(l.org), 2 * atomic_load(&l.n_reads));
	service_close(f->service);
	f->service = NULL;
	assert_int_equal(service_open(&options, &f->service, &key, &err), 0);
	assert_int_equal(n_tenants(service_default_org(f->service)), 2 * atomic_load(&l.n_reads));
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

/* ---- what happens by itself -------------------------------------------------------------------------------------- */

static char clock_path[] = "/tmp/doorward-test-writer-XXXXXX";

static void set_clock(const char *text)
{
	FILE *file = fopen(clock_path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int set_up_with_clock(void **state)
{
	int fd = mkstemp(clock_path);

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

static int run_job(struct fixture *f, enum write_verdict (*run)(struct write_job *, struct txn *),
                   enum write_verdict verdict)
{
	struct pair_job p;

	pair_init(&p, service_default_org(f->service), verdict);
	p.job.run = run;
	assert_true(service_submit(f->service, &p.job));
	pair_wait(&p);
	return p.result;
}

static uint64_t count(const struct fixture *f, enum document_kind kind)
{
	uint64_t n;

	service_read_begin();
	n = org_snapshot(service_default_org(f->service))->n_docs[kind];
	service_read_end();
	return n;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_accepted_and_refused, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_refusals_are_recorded, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_readers_during_writes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_owner_key, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_reload, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_failed_commits_change_nothing, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_failures_under_load, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_close_finishes, set_up, tear_down),
	    /* The last: from then on the program has another clock. */
	    cmocka_unit_test_setup_teardown(test_what_is_due_survives_failures, set_up_with_clock,
	                                    tear_down_with_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
