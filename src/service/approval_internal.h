#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the files of approval policies only: the checks of one that is to be stored. Each returns false after
 * filling check->err.
 */
#include "policy/conditions.h"
#include "service/approval_policies.h"

struct policy_check {
	struct txn *t;
	const struct approval_policy *policy;
	struct error *err;
};

/* SERVICE_INVALID with these words: false, for `return refuse(…)`. */
bool policy_refuse(struct policy_check *c, const char *fmt, ...) ATTR_PRINTF(2, 3);
/* An id of something that need not exist: of the form of an id, or known as `kind`. `field`: "UserApproval.UserIds". */
bool policy_check_id(struct policy_check *c, enum document_kind kind, struct str id, const char *field);
bool policy_check_expression(struct policy_check *c, enum condition_kind kind, struct str source);

/* All sequences of steps (approval_steps.c). */
bool policy_check_steps(struct policy_check *c);
/* The same sequences without what is not kept: escalations that are not enabled. NULL for NULL. */
const struct json *policy_kept_steps(const struct json *steps, struct arena *a);
/* Their number, keys and texts (approval_annotations.c). */
bool policy_check_annotations(struct policy_check *c);
/* The policies it refers to: they exist, are live and of its type, and no chain is a circle or too long
 * (approval_references.c). */
bool policy_check_references(struct policy_check *c);
/* A live policy that refers to `id`; NULL when none does. */
const struct approval_policy *policy_referrer(const struct snapshot *s, struct str id);
/* The ids that it refers to, in `a`. */
struct str_list policy_references(const struct approval_policy *p, struct arena *a);
