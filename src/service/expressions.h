#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The expressions of approval policies, compiled: each is compiled when it is first evaluated, and kept by its text for
 * the next time, until others have been used more recently and there is no more room. What is asked is answered as
 * conditions_match() and conditions_approvers() answer it.
 *
 * Only what stands in policies and requests comes here. What people try out goes to policy/conditions.h, and leaves
 * nothing behind.
 *
 * Any thread. An evaluation holds no lock, and keeps the program it runs from being freed.
 */
#include "policy/conditions.h"

#define EXPRESSIONS_MAX_BYTES ((size_t)64 << 20)

struct expressions;
/* `conditions` is borrowed. Programs that take more than `max_bytes` together are not kept. */
struct expressions *expressions_new(const struct conditions *conditions, size_t max_bytes);
void expressions_free(struct expressions *e); /* accepts NULL */

enum condition_result expressions_match(struct expressions *e, struct str source, const struct condition_input *in,
                                        struct error *err);
int expressions_approvers(struct expressions *e, struct str source, const struct condition_input *in,
                          struct str_list *ret_users, struct error *err) MUST_USE;

struct expressions_stats {
	size_t n, n_bytes;   /* kept now */
	uint64_t n_compiled; /* that were not there yet, since the start */
};
struct expressions_stats expressions_stats(struct expressions *e);
