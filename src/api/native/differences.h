#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Differences in access (policy/diff.h) as JSON.
 */
#include "api/api.h"
#include "policy/diff.h"

#define DIFFERENCES_MAX_GROUPS 1000u

/* So much work is done for one call; what needs more has no answer. */
#define DIFFERENCES_MAX_STEPS UINT64_C(50000000)
#define DIFFERENCES_MAX_MS    5000

/* Writes "gains" and "loses", the counts, as members of an object that is open. */
void differences_write_counts(struct json_writer *w, const struct diff *d);
/* And "groups", with "groups_left_out". */
void differences_write_groups(struct json_writer *w, const struct diff *d);
/* For diff_query.is_late: a query that must not take longer than DIFFERENCES_MAX_MS from now. */
struct timed_diff {
	struct diff_query query;
	uint64_t until_ns;
};
void timed_diff_begin(struct timed_diff *t);
