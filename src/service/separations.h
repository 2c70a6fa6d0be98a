#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Separations of duties (struct separation): roles of which nobody should hold more than so many. They forbid nothing:
 * giving a role that breaks one is warned of, and lint (policy/lint.h) finds who holds too many.
 */
#include "service/directory.h"
#include "service/result.h"
#include "service/service.h"

#define SEPARATIONS_MAX        1000u
#define SEPARATION_MAX_ROLES   100u
#define SEPARATION_MAX_MEMBERS 1000u /* of a group that is given a role: so many are looked at */

/* Checks one that is to be stored, with canonical ids in place of aliases. SERVICE_INVALID; SERVICE_CONFLICT: there are
 * too many already. */
enum service_result separation_check(const struct txn *t, struct separation *p, struct error *err) MUST_USE;
/* A role goes: out of all of them. One that could not be broken any more goes, too. */
void separations_lose_role(struct txn *t, struct str role);
/*
 * "separation of duties broken: alice holds 2 of purchasing", once the principal has the role; absent when nothing is.
 * Of a group: about its members. In the transaction's arena, ASCII.
 */
struct str separations_warning(const struct txn *t, struct str role, struct principal p);
