/* SPDX-License-Identifier: Apache-2.0 */
#include "writer-world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/random.h"

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

int set_up(void **state)
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

int tear_down(void **state)
{
	struct fixture *f = *state;

	service_close(f->service);
	store_close(f->store);
	buf_release(&f->owner_key);
	free(f);
	return 0;
}

enum write_verdict pair_run(struct write_job *job, struct txn *t)
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

void pair_init(struct pair_job *p, struct org *org, enum write_verdict verdict)
{
	memset(p, 0, sizeof(*p));
	p->verdict = verdict;
	random_alnum(p->name, 12);
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->wake, NULL);
	p->job = (struct write_job){.org = org, .arena = &p->arena, .run = pair_run, .finish = pair_finish};
}

void pair_wait(struct pair_job *p)
{
	(void)pthread_mutex_lock(&p->lock);
	while (!p->finished)
		(void)pthread_cond_wait(&p->wake, &p->lock);
	(void)pthread_mutex_unlock(&p->lock);
	(void)pthread_mutex_destroy(&p->lock);
	(void)pthread_cond_destroy(&p->wake);
	arena_release(&p->arena);
}

int run_job(struct fixture *f, enum write_verdict (*run)(struct write_job *, struct txn *), enum write_verdict verdict)
{
	struct pair_job p;

	pair_init(&p, service_default_org(f->service), verdict);
	p.job.run = run;
	assert_true(service_submit(f->service, &p.job));
	pair_wait(&p);
	return p.result;
}

uint64_t count(const struct fixture *f, enum document_kind kind)
{
	uint64_t n;

	service_read_begin();
	n = org_snapshot(service_default_org(f->service))->n_docs[kind];
	service_read_end();
	return n;
}
