#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Explanations of denials against what they claim: a native policy that is said to lack some things allows the question
 * once it has them, and not before it has all of them. One thread.
 */
#include "base/buf.h"
#include "policy/explain.h"

struct explain_tally {
	uint64_t n_denials, n_nearest, n_lifted; /* n_lifted: claims that were tried */
};

/* False and what is wrong in `complaint`. Of the claims some are tried, always the same. */
bool explain_check(const struct snapshot *s, const struct ask *q, struct explain_tally *tally, struct buf *complaint);
