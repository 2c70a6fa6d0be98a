/* SPDX-License-Identifier: Apache-2.0
 *
 * The one writer and its readers, on the memory store: revisions without gaps, nothing half seen, refusals without
 * trace, keys, and a close that finishes what was accepted. Also run under ThreadSanitizer.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>
#include <cmocka.h>

#include "writer-world.h"

#define N_THREADS 4u
#define N_WRITES  200u

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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
