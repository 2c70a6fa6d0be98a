#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Differences between snapshots against brute force: everybody, every action and every resource that any statement of
 * either side names, in every tenant, asked on both sides. One thread.
 */
#include "base/buf.h"
#include "policy/diff.h"

/*
 * False and what differs in `complaint`: something that is another answer was not reported, or was reported and is the
 * same; a count is not that of what it counts.
 */
bool diff_check(const struct snapshot *before, const struct snapshot *after, int64_t now_ms, struct buf *complaint);
/* How much was compared since the start. */
uint64_t diff_check_n_changed(void);
/* In how many comparisons principals who gain or lose were told apart by statements. */
uint64_t diff_check_n_by_statements(void);
