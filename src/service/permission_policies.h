#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Confident AI's permission policies: named sets of permissions of the organization or of one project. Alone they
 * grant nothing; roles hold them (service/confident_roles.h). `tenant` is the project; absent: the organization, whose
 * policies no project sees and the other way round.
 *
 * Reading is for any snapshot. The rest runs in a job of the writer; what it does not return SERVICE_OK for has put
 * nothing, and `err` says why. Who may call is the business of the dialect.
 */
#include "service/result.h"
#include "service/service.h"

#define PERMISSION_POLICIES_MAX 1000u /* of the organization, and of each project */

/* All of them, in the order they were made; the array lives in `a`. */
size_t permission_policy_list(const struct snapshot *s, struct str tenant, struct arena *a,
                              const struct document *const **ret);
/* NULL when there is none of that id there. */
const struct permission_policy *permission_policy_find(const struct snapshot *s, struct str tenant, struct str id);

/*
 * Stores a new policy: gives it its id and replaces `permissions` by their canonical ids, each once.
 * SERVICE_INVALID: a permission that neither catalogue has. SERVICE_CONFLICT: the name is taken, or there are
 * PERMISSION_POLICIES_MAX already.
 */
enum service_result permission_policy_create(struct txn *t, struct permission_policy *p, struct error *err) MUST_USE;
/* The checks of both: may it stand in t->snapshot, in which it may be already? */
enum service_result permission_policy_check(struct txn *t, struct permission_policy *p, struct error *err) MUST_USE;
/* The next version of one that exists; otherwise the same. Who holds it through roles has the new set at once. */
enum service_result permission_policy_update(struct txn *t, struct permission_policy *p, struct error *err) MUST_USE;
/* Deletes it and takes it out of every role; they are all of one place, which has not many. */
void permission_policy_delete(struct txn *t, const struct permission_policy *p);
