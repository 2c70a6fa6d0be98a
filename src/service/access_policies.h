#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Native access policies (model/native.h): what may stand in one, and what becomes of it when that goes. They are
 * stored and deleted through service/directory.h, as the other native objects.
 */
#include "service/cascade.h"
#include "service/result.h"

#define ACCESS_POLICIES_MAX     10000u
#define ACCESS_POLICY_MAX_ITEMS 1000u /* subjects, actions, resources or tenants of one */

/*
 * Checks a policy that is to be stored, and puts canonical ids in place of aliases and e-mail addresses. Subjects and
 * tenants must exist; resources need not. SERVICE_INVALID; SERVICE_CONFLICT: there are too many already.
 */
enum service_result access_policy_check(const struct txn *t, struct access_policy *p, struct error *err) MUST_USE;

/* How many denies are no longer there, or may apply to less, when `old` becomes `new` (NULL: goes): 1 or 0. */
size_t access_policy_denies_lost(const struct access_policy *old, const struct access_policy *new, struct arena *a);

/* What goes in a cascade, as policies name it. */
struct access_policy_gone {
	struct str_list subjects; /* "user:alice" */
	struct str tenant;        /* absent: none */
};
/*
 * Takes them out of all policies, each of which is put once: one that loses its last subject stays and is about nobody;
 * one that loses its last tenant, which must not come to apply everywhere, is deleted.
 */
void access_policies_lose(struct txn *t, const struct access_policy_gone *gone, struct cascade_effect *effect);
