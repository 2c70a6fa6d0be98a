#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Samples of elapsed time: each the mean over a small batch of calls, without what reading the clock costs.
 */
#include "base/base.h"

struct samples {
	double *ns;
	size_t n, cap;
	double total_ns;
	size_t n_calls;
};

struct summary {
	double p50_ns, p99_ns, mean_ns, per_second;
};

uint64_t timing_now_ns(void);
/* What two readings of the clock cost by themselves; measured once. */
double timing_overhead_ns(void);
void samples_add(struct samples *s, uint64_t elapsed_ns, size_t n_calls);
/* Sums up and releases. */
struct summary samples_finish(struct samples *s);
