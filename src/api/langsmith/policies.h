#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Access policies on the wire: shared by policies.c (the policies themselves) and attachments.c (what they are attached
 * to).
 */
#include "api/langsmith/langsmith.h"
#include "service/tag_policies.h"

/* Every handler asks first: does the organization use access policies at all? Fails the call when it does not. */
bool policies_are_on(struct api_call *call);
/* The policy named by the path; fails the call when there is none. The audit record is about it. */
const struct tag_policy *policy_of_path(struct api_call *call);
/* "allow" or "deny". */
struct str policy_effect_name(const struct tag_policy *p);
void policy_write(struct json_writer *w, const struct tag_policy *p);
/* The call's own warning of what was widened. */
void policy_warn(struct api_call *call, const struct widening *w);

/* attachments.c */
void role_policies_attach(struct api_call *call);
void role_policies_detach(struct api_call *call);
void role_policies_list(struct api_call *call);
void group_policies_list(struct api_call *call);
void group_policy_attach(struct api_call *call);
void group_policy_detach(struct api_call *call);
