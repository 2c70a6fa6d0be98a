#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What writing costs, and what it costs readers.
 */
#include "report.h"
#include "workload.h"

/* Replaces random documents one by one, each in an edit of its own. */
void writing_bench_puts(struct report *r, const struct workload *w, struct engine *g, size_t n_puts);
/* One reader alone, then beside a writer that publishes forks through a pointer under RCU. */
void writing_bench_readers(struct report *r, const struct workload *w, struct engine *g, unsigned int window_ms);
