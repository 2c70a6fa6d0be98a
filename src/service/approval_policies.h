#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * ConductorOne's approval policies: the rules that route a request, and the steps that decide it. Their trees are
 * messages in the canonical form of json/proto.h; here it is checked whether they make sense.
 *
 * Deleted policies are kept, as open requests and clients speak of them: whoever wants live ones looks at
 * deleted_at_ms. A policy that refers to others (rules[].policyId, baseline_policy) makes a chain of at most
 * APPROVAL_POLICY_MAX_CHAIN policies of one type.
 *
 * Reading is for any snapshot. The rest runs in a job of the writer; what it does not return SERVICE_OK for has put
 * nothing, and `err` says why in the vendor's words where they are known. Who may call is the business of the dialect.
 */
#include "service/result.h"
#include "service/service.h"

#define APPROVAL_POLICY_MAX_RULES 16u
#define APPROVAL_POLICY_MAX_CHAIN 5u

/* ---- reading ------------------------------------------------------------------------------------------- */

/* NULL when there is none of that id. */
const struct approval_policy *approval_policy_find(const struct snapshot *s, struct str id);
/* The vendor's message Policy, canonical; in `a`, what it holds borrowed from the policy. */
const struct json *approval_policy_message(const struct approval_policy *p, struct arena *a);
/* The steps' key of what no rule routes elsewhere: "grant", "revoke", "certify". */
struct str approval_policy_baseline(enum request_type type);
/* The key of the steps that a rule leads to, in either spelling; absent: it leads to another policy. */
struct str approval_rule_step_key(const struct json *rule);
/* "POLICY_TYPE_GRANT" …; REQUEST_NONE for any other. */
enum request_type approval_policy_type_of(struct str name);

enum policy_scope_view { POLICY_VIEW_GLOBAL, POLICY_VIEW_SCOPED, POLICY_VIEW_ALL, POLICY_VIEW_GLOBAL_AND_OBJECT };

/* What to list; zeroed: all live policies without scope. */
struct approval_policy_filter {
	struct str display_name; /* part of the name, in any case */
	struct str query;        /* words, each part of the name or the description, in any case */
	unsigned types;          /* bit 1u << type of each wanted; 0: any */
	struct str_list exclude; /* ids */
	struct str_list only;    /* ids; the view says nothing then */
	bool has_only;
	bool with_deleted;
	enum policy_scope_view view;
	struct str scope_app, scope_entitlement; /* absent: any */
	struct str scope_slot;                   /* "POLICY_SCOPE_SLOT_EMERGENCY"; absent: any */
	bool only_apps, only_entitlements;       /* scoped to an application as a whole, to one entitlement */
	uint64_t after;                          /* seq of the policy to begin behind; 0: at the first */
	size_t limit;                            /* at most so many; 0: all */
};
/* Those that the filter leaves, in the order they were made; the array lives in `a`. */
size_t approval_policy_list(const struct snapshot *s, const struct approval_policy_filter *filter, struct arena *a,
                            const struct approval_policy *const **ret);

/* ---- changing ------------------------------------------------------------------------------------------ */

/*
 * Checks and stores a new policy, and gives it its id and times. Steps of the baseline that are missing, where no
 * other policy is the baseline, become one that rejects, and `*ret_warning` says so (else it stays as it was).
 * SERVICE_INVALID: it breaks a rule.
 */
enum service_result approval_policy_create(struct txn *t, struct approval_policy *p, struct str *ret_warning,
                                           struct error *err) MUST_USE;
/*
 * The next version of one that exists; otherwise the same. Neither its type nor its scope can change, nor the name of
 * a built-in one. SERVICE_FAILED_PRECONDITION: it is deleted.
 */
enum service_result approval_policy_update(struct txn *t, struct approval_policy *p, struct str *ret_warning,
                                           struct error *err) MUST_USE;
/*
 * Marks it as deleted; nothing when it is already. SERVICE_FAILED_PRECONDITION: a live policy refers to it, or it is
 * built in.
 */
enum service_result approval_policy_delete(struct txn *t, const struct approval_policy *p, struct error *err) MUST_USE;
/*
 * The annotations that `old` becomes by `given`: keys of it are set, those with "" go, others stay. Either may be NULL;
 * the result is, when none are left.
 */
const struct json *approval_policy_annotate(const struct json *old, const struct json *given, struct arena *a);

/* Puts the policies that an organization begins with, as far as it has none of that type yet. */
void approval_policy_builtins(struct txn *t);
