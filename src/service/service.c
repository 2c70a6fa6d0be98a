/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "policy/conditions.h"
#include "base/log.h"
#include "base/clock.h"
#include "service/expressions.h"
#include "base/random.h"
#include "service/internal.h"
#include "service/key_sets.h"

static struct org *add_org(struct service *svc, struct str name)
{
	struct org *org = mem_calloc(1, sizeof(*org));

	org->service = svc;
	org->name = str_dup_cstr(name);
	org->index = svc->n_orgs;
	org->seed = random_u64();
	timers_init(&org->timers);
	(void)pthread_mutex_init(&org->pin_lock, NULL);
	svc->orgs = mem_realloc_array(svc->orgs, svc->n_orgs + 1, sizeof(struct org *));
	svc->orgs[svc->n_orgs++] = org;
	return org;
}

static int add_stored_org(void *ctx, struct str name, uint64_t revision)
{
	(void)revision;
	(void)add_org(ctx, name);
	return 0;
}

static int load_org(struct org *org, struct error *err)
{
	struct error why = {0};
	int r = org_load(org, err);

	/* A store that cannot be written to can still be read: the next start tries again. */
	if (r == 0 && org_complete(org, &why) != 0)
		log_msg(LOG_WARN, "%s: built-in documents that are new were not stored: %s", org->name, why.text);
	return r;
}

static int load_orgs(struct service *svc, struct buf *ret_owner_key, struct error *err)
{
	struct org *own;
	int r = store_each_org(svc->options.store, add_stored_org, svc, err);

	for (size_t i = 0; r == 0 && i < svc->n_orgs; i++)
		r = load_org(svc->orgs[i], err);
	if (r != 0 || service_default_org(svc))
		return r;
	own = add_org(svc, svc->options.org);
	r = org_load(own, err);
	return r == 0 ? org_bootstrap(own, ret_owner_key, err) : r;
}

int service_open(const struct service_options *options, struct service **ret_service, struct buf *ret_owner_key,
                 struct error *err)
{
	struct service *svc = mem_calloc(1, sizeof(*svc));
	int r;

	svc->options = *options;
	svc->default_org_name = str_dup_cstr(options->org);
	svc->options.org = str_of(svc->default_org_name);
	svc->options.max_batch = options->max_batch ? options->max_batch : 256;
	svc->options.max_queue = options->max_queue ? options->max_queue : 10000;
	atomic_store(&svc->is_writable, true);
	(void)pthread_mutex_init(&svc->lock, NULL);
	(void)pthread_cond_init(&svc->wake_writer, NULL);
	(void)pthread_cond_init(&svc->wake_committer, NULL);
	svc->conditions = conditions_new();
	svc->expressions = expressions_new(svc->conditions, EXPRESSIONS_MAX_BYTES);
	svc->device_flows = device_flows_new();
	svc->token_memory = token_memory_new(clock_now_ms());
	svc->last_used = last_used_new();
	svc->key_sets = key_sets_new();
	r = secrets_load(svc, err);
	if (r == 0)
		r = load_orgs(svc, ret_owner_key, err);
	if (r == 0) {
		r = writer_start(svc);
		if (r == 0)
			r = usage_start(svc);
		if (r == 0)
			r = history_start(svc);
		if (r != 0)
			(void)error_set(err, r, "cannot start the service's threads: %s", strerror(-r));
	}
	if (r != 0) {
		service_close(svc);
		/* What the store calls an expected outcome is a failure here. */
		return r < 0 ? r : -EUCLEAN;
	}
	*ret_service = svc;
	return 0;
}

void service_close(struct service *svc)
{
	if (!svc)
		return;
	writer_stop(svc);
	usage_stop(svc);
	history_stop(svc);
	/* Everything superseded is freed before the snapshots themselves go. */
	publish_barrier();
	for (size_t i = 0; i < svc->n_orgs; i++) {
		snapshot_free_all((struct snapshot *)(uintptr_t)atomic_load(&svc->orgs[i]->current));
		timers_release(&svc->orgs[i]->timers);
		(void)pthread_mutex_destroy(&svc->orgs[i]->pin_lock);
		free(svc->orgs[i]->name);
		free(svc->orgs[i]);
	}
	free(svc->orgs);
	free(svc->default_org_name);
	expressions_free(svc->expressions);
	conditions_free(svc->conditions);
	device_flows_free(svc->device_flows);
	token_memory_free(svc->token_memory);
	last_used_free(svc->last_used);
	key_sets_free(svc->key_sets);
	secrets_wipe(svc);
	(void)pthread_mutex_destroy(&svc->lock);
	(void)pthread_cond_destroy(&svc->wake_writer);
	(void)pthread_cond_destroy(&svc->wake_committer);
	free(svc);
}

const struct service_options *service_options(const struct service *svc)
{
	return &svc->options;
}

const struct conditions *service_conditions(const struct service *svc)
{
	return svc->conditions;
}

struct expressions *service_expressions(const struct service *svc)
{
	return svc->expressions;
}

const struct key_hasher *service_key_hasher(const struct service *svc)
{
	return svc->key_hasher;
}

const struct signing_key *service_signing_key(const struct service *svc)
{
	return &svc->signing_key;
}

struct device_flows *service_device_flows(struct service *svc)
{
	return svc->device_flows;
}

struct key_sets *service_key_sets(struct service *svc)
{
	return svc->key_sets;
}

struct org *service_org(struct service *svc, struct str name)
{
	for (size_t i = 0; i < svc->n_orgs; i++)
		if (str_eq(str_of(svc->orgs[i]->name), name))
			return svc->orgs[i];
	return NULL;
}

struct org *service_default_org(struct service *svc)
{
	return service_org(svc, svc->options.org);
}

const struct snapshot *org_snapshot(const struct org *org)
{
	return atomic_load_explicit(&org->current, memory_order_acquire);
}

int service_each_audit(struct service *svc, struct org *org, struct store_audit_filter *filter,
                       int (*fn)(void *ctx, const struct store_audit_row *row), void *ctx, struct error *err)
{
	filter->org = str_of(org->name);
	return store_each_audit(svc->options.store, filter, fn, ctx, err);
}

int service_count_audit(struct service *svc, struct org *org, struct store_audit_filter *filter, uint64_t *ret_n,
                        struct error *err)
{
	filter->org = str_of(org->name);
	return store_count_audit(svc->options.store, filter, ret_n, err);
}

int service_each_change(struct service *svc, struct org *org, uint64_t revision, store_document_fn *fn, void *ctx,
                        struct error *err)
{
	return store_each_change(svc->options.store, str_of(org->name), revision - 1, revision, fn, ctx, err);
}

int service_each_change_between(struct service *svc, struct org *org, const uint64_t between[static 2],
                                store_document_fn *fn, void *ctx, struct error *err)
{
	return store_each_change(svc->options.store, str_of(org->name), between[0], between[1], fn, ctx, err);
}

struct service_stats service_stats(struct service *svc)
{
	struct service_stats st = {.n_orgs = svc->n_orgs};

	service_read_begin();
	for (size_t i = 0; i < svc->n_orgs; i++) {
		const struct snapshot *s = org_snapshot(svc->orgs[i]);

		st.n_statements += s->engine.n_statements;
		st.snapshot_bytes += s->engine.n_bytes;
		st.n_documents += s->docs.n;
	}
	st.revision = org_snapshot(service_default_org(svc))->revision;
	service_read_end();
	(void)pthread_mutex_lock(&svc->lock);
	st.n_queued = svc->n_queued;
	(void)pthread_mutex_unlock(&svc->lock);
	st.n_dropped_audit = atomic_load(&svc->n_dropped_audit);
	st.publish_ns = atomic_load(&svc->publish_ns);
	st.store = store_stats(svc->options.store);
	st.is_writable = atomic_load(&svc->is_writable);
	return st;
}
