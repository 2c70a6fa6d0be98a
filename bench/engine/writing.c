/* SPDX-License-Identifier: Apache-2.0 */
#include "writing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <urcu-bp.h>

#include "base/hash.h"

enum { N_QUERIES = 4096 };

static size_t name_size(const struct workload *w)
{
	return w->n_documents * 2;
}

void writing_bench_puts(struct report *r, const struct workload *w, struct engine *g, size_t n_puts)
{
	struct samples s = {0};
	struct summary sum;

	for (size_t i = 0; i < n_puts; i++) {
		uint64_t start = timing_now_ns();
		struct edit_blocks retired = workload_put(w, g, (size_t)(hash_u64(i + 99) % w->n_documents), i + 1);

		samples_add(&s, timing_now_ns() - start, 1);
		edit_blocks_free_all(&retired);
	}
	sum = samples_finish(&s);
	report_row(r, name_size(w), "put of one document", sum, 0);
	report_value(r, name_size(w), "put p99", sum.p99_ns / 1000, "us");
}

struct shared {
	const struct workload *workload;
	struct engine *published; /* under RCU */
	struct query *queries;
	_Atomic bool stop;
	uint64_t n_decisions, n_puts;
};

static void *read_all(void *arg)
{
	struct shared *sh = arg;
	struct arena a = ARENA_INIT;
	uint64_t n = 0, n_allowed = 0;

	while (!atomic_load_explicit(&sh->stop, memory_order_relaxed)) {
		const struct engine *g;

		rcu_read_lock();
		g = rcu_dereference(sh->published);
		n_allowed += verdict_allows(engine_decide(g, &sh->queries[n % N_QUERIES], &a, NULL));
		rcu_read_unlock();
		arena_reset(&a);
		n++;
	}
	assert(n_allowed <= n);
	sh->n_decisions = n;
	arena_release(&a);
	return NULL;
}

static void write_until(struct shared *sh, uint64_t end_ns)
{
	for (size_t i = 0; timing_now_ns() < end_ns; i++) {
		struct engine *old = sh->published, *fork = mem_alloc(sizeof(*fork));
		struct edit_blocks retired;

		*fork = *old;
		retired =
		    workload_put(sh->workload, fork, (size_t)(hash_u64(i) % sh->workload->n_documents), i + 1000000);
		rcu_assign_pointer(sh->published, fork);
		synchronize_rcu();
		free(old);
		edit_blocks_free_all(&retired);
		sh->n_puts++;
	}
}

static double run_window(struct shared *sh, unsigned int window_ms, bool with_writer)
{
	uint64_t start = timing_now_ns(), end = start + (uint64_t)window_ms * 1000000u;
	struct timespec left = {(time_t)(window_ms / 1000), (long)(window_ms % 1000) * 1000000};
	pthread_t reader;

	atomic_store(&sh->stop, false);
	if (pthread_create(&reader, NULL, read_all, sh) != 0)
		abort();
	if (with_writer)
		write_until(sh, end);
	else
		(void)nanosleep(&left, NULL);
	atomic_store(&sh->stop, true);
	(void)pthread_join(reader, NULL);
	return (double)sh->n_decisions * 1e9 / (double)(timing_now_ns() - start);
}

void writing_bench_readers(struct report *r, const struct workload *w, struct engine *g, unsigned int window_ms)
{
	struct arena a = ARENA_INIT;
	struct shared sh = {.workload = w, .published = mem_alloc(sizeof(*g))};
	double alone, beside;

	*sh.published = *g;
	sh.queries = ARENA_ARRAY(&a, struct query, N_QUERIES);
	for (uint64_t i = 0; i < N_QUERIES; i++)
		sh.queries[i] = workload_query(w, i % 2 ? QUERY_HIT : QUERY_MISS, i, 1, &a);
	alone = run_window(&sh, window_ms, false);
	beside = run_window(&sh, window_ms, true);
	report_value(r, name_size(w), "one reader alone", alone, "decisions/s");
	report_value(r, name_size(w), "one reader beside a writer", beside, "decisions/s");
	report_value(r, name_size(w), "writer beside the reader", (double)sh.n_puts * 1000 / window_ms, "puts/s");
	*g = *sh.published;
	free(sh.published);
	arena_release(&a);
}
