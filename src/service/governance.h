#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Which projects (tenants) are under which governance policy: at most one each. The policies themselves are objects of
 * the directory (service/directory.h); they say nothing about permissions.
 */
#include "service/result.h"
#include "service/service.h"

/* The projects under the policy, in the order they were made; the array lives in `a`. */
size_t governance_projects(const struct snapshot *s, struct str policy, struct arena *a,
                           const struct document *const **ret);

/* What became of the projects that were named. */
struct governance_change {
	struct str_list done; /* by canonical id, each once */
	struct str_list rest; /* by the names they were given */
};
/* Puts them under the policy, whatever they were under before; the rest does not exist. In a job of the writer. */
struct governance_change governance_assign(struct txn *t, struct str policy, struct str_list projects);
/* Takes them out from under it; the rest is not under it, or does not exist. In a job of the writer. */
struct governance_change governance_unassign(struct txn *t, struct str policy, struct str_list projects);
