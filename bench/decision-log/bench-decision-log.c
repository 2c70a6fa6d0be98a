/* SPDX-License-Identifier: Apache-2.0
 *
 * How many lines a second the thread of the decision log writes: threads put entries as long as there is room, and what
 * finds none is put again. Hashes, heads and the flushing of the file are part of it.
 *
 * usage: bench-decision-log FILE [N_LINES [N_THREADS]]      the file is made anew
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/decision_log.h"

#define MAX_THREADS 64u

/* As a plain question is logged. */
static const struct str entry = STR_INIT(
    "{\"type\":\"decision\",\"id\":\"f057e5e9c65749f9-123456\",\"at\":\"2026-11-22T13:12:54.288Z\","
    "\"organization\":\"default\",\"revision\":4711,\"via\":\"authzen\",\"asker\":\"user:owner\","
    "\"request_id\":\"KGnAQedeoGv4VOp6\",\"subject\":{\"type\":\"user\",\"id\":\"alice\"},\"action\":{\"name\":"
    "\"read\"},"
    "\"resource\":{\"type\":\"document\",\"id\":\"1\"},\"decision\":true,\"kind\":\"role\",\"document\":\"reader\","
    "\"statement\":0}");

struct putter {
	struct decision_log *log;
	_Atomic int64_t *left;
	uint64_t n_refused, ns; /* time in which something was put */
};

static void *put(void *arg)
{
	struct putter *p = arg;

	while (atomic_fetch_sub(p->left, 1) > 0) {
		uint64_t from = clock_monotonic_ns();

		while (!decision_log_put(p->log, entry)) {
			p->n_refused++;
			(void)usleep(1000);
			from = clock_monotonic_ns();
		}
		p->ns += clock_monotonic_ns() - from;
	}
	return NULL;
}

static void report(const struct putter *putters, size_t n_threads, uint64_t n_lines, uint64_t ns)
{
	uint64_t n_refused = 0, put_ns = 0;

	for (size_t i = 0; i < n_threads; i++) {
		n_refused += putters[i].n_refused;
		put_ns += putters[i].ns;
	}
	(void)printf(
	    "%llu lines by %zu threads: %.0f lines/s, %.1f MB/s; putting one %.0f ns; without room %llu times\n",
	    (unsigned long long)n_lines, n_threads, (double)n_lines / ((double)ns / 1e9),
	    (double)(n_lines * (entry.len + 64)) / 1e6 / ((double)ns / 1e9), (double)put_ns / (double)n_lines,
	    (unsigned long long)n_refused);
}

int main(int argc, char **argv)
{
	static const uint8_t private_key[ED25519_KEY_BYTES] = {1};
	struct putter putters[MAX_THREADS];
	pthread_t threads[MAX_THREADS];
	int64_t n_lines = argc > 2 ? atoll(argv[2]) : 2000000;
	size_t n_threads = argc > 3 ? (size_t)atoll(argv[3]) : 1;
	_Atomic int64_t left = n_lines;
	struct signing_key key;
	struct decision_log *log;
	struct error err = {0};
	uint64_t from;

	if (argc < 2 || n_lines < 1 || n_threads < 1 || n_threads > MAX_THREADS) {
		(void)fprintf(stderr, "usage: bench-decision-log FILE [N_LINES [N_THREADS]]\n");
		return 2;
	}
	signing_key_init(&key, private_key);
	(void)unlink(argv[1]);
	if (decision_log_open(&(struct decision_log_options){.path = argv[1], .key = &key}, &log, &err) != 0) {
		(void)fprintf(stderr, "bench-decision-log: %s\n", err.text);
		return 1;
	}
	from = clock_monotonic_ns();
	for (size_t i = 0; i < n_threads; i++) {
		putters[i] = (struct putter){.log = log, .left = &left};
		if (pthread_create(&threads[i], NULL, put, &putters[i]) != 0)
			abort();
	}
	for (size_t i = 0; i < n_threads; i++)
		(void)pthread_join(threads[i], NULL);
	decision_log_flush(log);
	report(putters, n_threads, (uint64_t)n_lines, clock_monotonic_ns() - from);
	decision_log_close(log);
	return 0;
}
