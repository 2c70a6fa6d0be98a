#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may give out a role. Giving it away is giving access away, so whoever does
 *
 *   - must hold all that the role allows, by its own actions (or, one of Confident AI's, its permissions) and by the
 * tag policies attached to it, wherever it is going to be held, and
 *   - must not get around a tag policy that denies: one that holds for the giver there must be attached to the role,
 *     too. Who manages the organization, and so its policies, is free of this.
 *
 * The permission to give out roles or keys at all is the business of the dialect.
 */
#include "service/result.h"
#include "service/service.h"

/*
 * May the caller have somebody hold `role` in these tenants, or, with `tenants` NULL, everywhere? SERVICE_DENIED says
 * what stands in the way. Asks the engine for each action, so bound the number of tenants.
 */
enum service_result assign_check(const struct txn *t, const struct caller *c, const struct role *role,
                                 const struct str_list *tenants, struct error *err) MUST_USE;
