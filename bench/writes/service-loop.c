/* SPDX-License-Identifier: Apache-2.0
 *
 * The same creations without HTTP: a number of writers, each of which submits its next policy when the last one is
 * durable and published. What is left of the difference to the bare loop is the service's own.
 *
 * usage: service-loop DATABASE WRITERS MILLISECONDS        prints creations a second and the mean group
 */
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "service/service.h"

struct writer {
	struct write_job job;
	struct arena arena;
	struct run *run;
	char id[48];
};

struct run {
	struct service *service;
	struct org *org;
	uint64_t ends_ns;
	uint64_t salt;
	_Atomic uint64_t n_done;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	size_t n_running;
};

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "service-loop: %s\n", what);
	exit(1);
}

static enum write_verdict create(struct write_job *job, struct txn *t)
{
	static const struct str actions[] = {STR_INIT("infra:nodes:get"), STR_INIT("infra:nodes:list")};
	static const struct str resources[] = {STR_INIT("infra:nodes:*")}, tenants[] = {STR_INIT("*")};
	static const struct policy_statement statement = {
	    .actions = {actions, 2}, .resources = {resources, 1}, .tenants = {tenants, 1}};
	struct writer *w = CONTAINER_OF(job, struct writer, job);
	struct str id = str_of(w->id), member = arena_concat(t->arena, STR("user:local:"), id);

	if (snapshot_find(t->snapshot, DOC_STATEMENT_POLICY, id))
		return WRITE_REFUSE;
	txn_put(t, &(struct statement_policy){.doc = {.kind = DOC_STATEMENT_POLICY, .id = id},
	                                      .name = id,
	                                      .type = STR(POLICY_TYPE_CUSTOM),
	                                      .members = {&member, 1},
	                                      .statements = &statement,
	                                      .n_statements = 1}
	                .doc);
	t->note = (struct audit_note){.actor = STR("user:owner"),
	                              .via = STR("connhex"),
	                              .operation = STR("iam:policies:create"),
	                              .target = STR("iam:policies"),
	                              .remote = STR("127.0.0.1"),
	                              .request_id = STR("0123456789abcdef"),
	                              .status = 200};
	return WRITE_ACCEPT;
}

static void submit(struct writer *w)
{
	arena_reset(&w->arena);
	(void)snprintf(w->id, sizeof(w->id), "s-%llu-%llu", (unsigned long long)w->run->salt,
	               (unsigned long long)atomic_fetch_add(&w->run->n_done, 1));
	must(service_submit(w->run->service, &w->job), "the queue is full");
}

static void created(struct write_job *job, int result, uint64_t revision)
{
	struct writer *w = CONTAINER_OF(job, struct writer, job);

	(void)revision;
	must(result == 0, "a commit failed");
	if (clock_monotonic_ns() < w->run->ends_ns) {
		submit(w);
		return;
	}
	(void)pthread_mutex_lock(&w->run->lock);
	w->run->n_running--;
	(void)pthread_cond_signal(&w->run->idle);
	(void)pthread_mutex_unlock(&w->run->lock);
}

int main(int argc, char **argv)
{
	struct run run = {.lock = PTHREAD_MUTEX_INITIALIZER, .idle = PTHREAD_COND_INITIALIZER};
	struct service_options options = {.org = STR("default")};
	struct buf key = BUF_INIT(1000);
	struct store *store;
	uint64_t n_writers, duration_ms, started;
	struct error err = {0};
	char url[512];

	must(argc == 4 && str_to_u64(str_of(argv[2]), &n_writers) && str_to_u64(str_of(argv[3]), &duration_ms) &&
	         n_writers > 0,
	     "usage: service-loop DATABASE WRITERS MILLISECONDS");
	(void)snprintf(url, sizeof(url), "sqlite:%s", argv[1]);
	must(store_open(str_of(url), &store, &err) == 0, err.text);
	options.store = store;
	must(service_open(&options, &run.service, &key, &err) == 0, err.text);
	run.org = service_default_org(run.service);
	started = run.salt = clock_monotonic_ns();
	run.ends_ns = started + duration_ms * 1000000;
	run.n_running = n_writers;
	struct writer *writers = mem_calloc(n_writers, sizeof(*writers));
	for (uint64_t i = 0; i < n_writers; i++) {
		writers[i].run = &run;
		writers[i].job =
		    (struct write_job){.org = run.org, .arena = &writers[i].arena, .run = create, .finish = created};
		submit(&writers[i]);
	}
	(void)pthread_mutex_lock(&run.lock);
	while (run.n_running)
		(void)pthread_cond_wait(&run.idle, &run.lock);
	(void)pthread_mutex_unlock(&run.lock);
	struct store_stats st = store_stats(store);
	(void)printf("%.0f %.1f\n", (double)atomic_load(&run.n_done) * 1e9 / (double)(clock_monotonic_ns() - started),
	             (double)st.n_sets / (double)st.n_commits);
	service_close(run.service);
	store_close(store);
	for (uint64_t i = 0; i < n_writers; i++)
		arena_release(&writers[i].arena);
	free(writers);
	buf_release(&key);
	return 0;
}
