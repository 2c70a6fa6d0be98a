#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings against what they claim: statements that are said to be shadowed, redundant or without a match are taken
 * away, all at once, and the question must be answered as before. One thread.
 */
#include "base/buf.h"
#include "policy/ask.h"
#include "policy/lint.h"

struct lint_tally {
	uint64_t n_runs, by_kind[LINT_N_KINDS], n_compared; /* n_compared: questions with something taken away */
};

/* False and what differs in `complaint`. The findings are those of the moment of the question, in pages of a few. */
bool lint_check(const struct snapshot *s, const struct ask *q, struct lint_tally *tally, struct buf *complaint);
