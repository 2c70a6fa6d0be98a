/* SPDX-License-Identifier: Apache-2.0 */
#include "timing.h"

uint64_t timing_now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double timing_overhead_ns(void)
{
	enum { N = 2001 };
	static double cached = -1;
	double all[N];

	if (cached >= 0)
		return cached;
	for (size_t i = 0; i < N; i++) {
		uint64_t start = timing_now_ns();
		all[i] = (double)(timing_now_ns() - start);
	}
	qsort(all, N, sizeof(*all), compare_double);
	return cached = all[N / 2];
}

void samples_add(struct samples *s, uint64_t elapsed_ns, size_t n_calls)
{
	double ns = (double)elapsed_ns - timing_overhead_ns();

	if (ns < 0)
		ns = 0;
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 1024;
		s->ns = mem_realloc_array(s->ns, s->cap, sizeof(*s->ns));
	}
	s->ns[s->n++] = ns / (double)n_calls;
	s->total_ns += ns;
	s->n_calls += n_calls;
}

struct summary samples_finish(struct samples *s)
{
	struct summary sum = {0};

	if (s->n > 0) {
		qsort(s->ns, s->n, sizeof(*s->ns), compare_double);
		sum.p50_ns = s->ns[s->n / 2];
		sum.p99_ns = s->ns[s->n * 99 / 100];
		sum.mean_ns = s->total_ns / (double)s->n_calls;
		sum.per_second = 1e9 / (sum.mean_ns > 0 ? sum.mean_ns : 1);
	}
	free(s->ns);
	*s = (struct samples){0};
	return sum;
}
