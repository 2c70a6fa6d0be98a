#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Tag policies (LangSmith's access policies): what one may say, and what it is attached to. A policy names the roles it
 * is attached to itself; an attachment to a group is a document of its own.
 *
 * All functions run in a job of the writer, on its transaction, at most one of them in a transaction. What they do not
 * return SERVICE_OK for has put nothing, and `err` says why in words for a person. Denies that stop matching are added
 * to `w`. Policies, roles and groups handed in are those of t->snapshot.
 */
#include "service/result.h"
#include "service/widening.h"

/* The vendor documents no limits but those of tag keys and values (TAG_MAX_CHARS). */
#define TAG_POLICY_MAX_NAME_CHARS        255u
#define TAG_POLICY_MAX_DESCRIPTION_BYTES 4096u
#define TAG_POLICY_MAX_GROUPS            100u
#define TAG_POLICY_MAX_CONDITIONS        1000u   /* in all groups of one policy */
#define TAG_POLICY_MAX_ROLES             1000u   /* that one policy is attached to */
#define TAG_POLICY_MAX_LISTED            1000u   /* policies attached or detached at once */
#define TAG_POLICIES_MAX                 100000u /* of one organization */

struct tag_policy_list {
	const struct tag_policy *const *items;
	size_t n;
};

/* What can be said of a policy whatever else there is: its groups and its description. */
enum service_result tag_policy_check_form(const struct tag_policy *p, struct error *err) MUST_USE;
/*
 * Stores a new policy under a new id, which it sets in `p`. p->roles are ids of roles that exist. SERVICE_INVALID: it
 * breaks a rule, or a role cannot carry policies; SERVICE_CONFLICT: the name is taken.
 */
enum service_result tag_policy_create(struct txn *t, struct tag_policy *p, struct error *err) MUST_USE;
/* The next version of `old`, attached to the same roles. A deny policy widens when it no longer covers what it did. */
enum service_result tag_policy_update(struct txn *t, const struct tag_policy *old, struct tag_policy *next,
                                      struct widening *w, struct error *err) MUST_USE;
/* Its attachments to groups go with it. SERVICE_FAILED_PRECONDITION: too many for one change set. */
enum service_result tag_policy_delete(struct txn *t, const struct tag_policy *p, struct widening *w,
                                      struct error *err) MUST_USE;

/* Attaches all of the policies to the role, or none; those that are attached stay so. */
enum service_result tag_policies_attach(struct txn *t, const struct role *role, struct tag_policy_list policies,
                                        struct error *err) MUST_USE;
/* Those that are not attached stay so. Whatever the list holds twice counts once. */
void tag_policies_detach(struct txn *t, const struct role *role, struct tag_policy_list policies, struct widening *w);

/* The id of an attachment; `tenant` absent: everywhere. In `a`. */
struct str policy_attachment_id(struct arena *a, struct str policy, struct str group, struct str tenant);
/*
 * Attaches a policy to a group, everywhere or in one tenant; `*ret` is the attachment that stands now.
 * SERVICE_CONFLICT: it is attached so already; `*ret` is set then, too, and nothing is put.
 */
enum service_result policy_attach_to_group(struct txn *t, const struct policy_attachment *wanted,
                                           const struct policy_attachment **ret, struct error *err) MUST_USE;
/* `tenant` absent: takes the policy from the group wherever it is attached. Nothing when it is not. */
void policy_detach_from_group(struct txn *t, const struct policy_attachment *which, struct widening *w);
