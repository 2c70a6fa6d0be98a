#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The use cases of Connhex IAM: statement policies, roles, tenants, teams, introspection. They know no HTTP
 * and no JSON: plain structs in, plain structs out. The permission for the call itself has been decided before, by
 * the engine; where it holds (`scope`) limits what a call sees, and what an object may be assigned to is decided here.
 *
 * Texts are those of the ancestor (Chef Automate IAM v2), word "project" included, because clients match on them.
 *
 * Results live in `arena` or in the snapshot. Writes put their documents into `txn`; what they answer is the object as
 * it will be once the change set is committed. On any result but SERVICE_OK, `err` holds the text and nothing may be
 * committed. One thread at a time.
 */
#include "base/error.h"
#include "service/result.h"
#include "service/service.h"
#include "service/widening.h"

struct iam_call {
	const struct snapshot *snapshot;
	struct txn *txn; /* NULL: only reads may be called */
	const struct caller *caller;
	struct arena *arena;
	int64_t now_ms;
	bool strict;       /* the ancestor's rules to the letter */
	bool allows_inert; /* statements without tenants */
	/* where the caller's permission holds */
	bool everywhere;
	struct str_list tenants; /* else: sorted */
	/* result */
	size_t n_denies_lost;     /* deny statements that no longer exist or apply to less: access may have widened */
	struct widening widening; /* tag policies that deny less */
	struct error err;
};

/* Ends a use case: fills c->err and yields `result`. */
#define iam_fail(c, result, ...) ((void)error_set(&(c)->err, (int)(result), __VA_ARGS__), (result))

/* ---- tenants of objects (iam_scope.c) -------------------------------------------------------------- */

/* Does an object of these tenants exist for a caller whose permission holds everywhere, or in `filter` (sorted)? */
bool iam_is_visible(struct str_list object_tenants, bool everywhere, struct str_list filter);
/*
 * The tenants for which the right to assign is needed when an object's tenants change from `old` to `new`: all
 * that are added or removed; and "(unassigned)" when it starts there: made with none, or taken out of it. In `a`.
 */
struct str_list iam_tenants_to_authorize(bool is_update, struct str_list old, struct str_list new, struct arena *a);
/* Checks a top-level tenant list as a change of `old` (update) or as that of a new object. */
enum service_result iam_check_assignment(struct iam_call *c, bool is_update, struct str_list old, struct str_list new);

/* ---- checks shared by the use cases (iam_check.c) ---------------------------------------------------- */

/* What a field is called in the ancestor's messages: "CreatePolicyReq.Members". */
enum service_result iam_check_id(struct iam_call *c, const char *field, struct str id);
enum service_result iam_check_tenant_id(struct iam_call *c, const char *field, struct str id);
enum service_result iam_check_name(struct iam_call *c, const char *what, struct str name);
/* The id of an existing object as it came in a path: only blank ones are malformed. */
enum service_result iam_check_path_id(struct iam_call *c, const char *what, struct str id);
enum service_result iam_check_members(struct iam_call *c, const char *field, struct str_list members);
enum service_result iam_check_actions(struct iam_call *c, const char *field, struct str_list actions);
enum service_result iam_check_resources(struct iam_call *c, const char *field, struct str_list resources);
/* The list is a set (textually). */
enum service_result iam_check_unique(struct iam_call *c, const char *field, struct str_list list);
/* A top-level tenant list: a set without blanks and without "(unassigned)". */
enum service_result iam_check_top_tenants(struct iam_call *c, const char *field, struct str_list tenants);

/* Lists are sets that clients choose the size of: these sort instead of comparing each with each. Results in `a`. */
struct str_list iam_sorted(struct str_list list, struct arena *a);
/* Is `s` in a list made by iam_sorted()? */
bool iam_sorted_has(struct str_list sorted, struct str s);
/* `list` without what is in `remove`, in its order. */
struct str_list iam_difference(struct str_list list, struct str_list remove, struct arena *a);
/* Each item once, where it stands first. */
struct str_list iam_without_repeats(struct str_list list, struct arena *a);
/* `x`, then what `y` has beyond it. */
struct str_list iam_union(struct str_list x, struct str_list y, struct arena *a);

/* ---- policies ---------------------------------------------------------------------------------------- */

/* Listed policies in creation order, as far as visible; system policies are not. */
size_t iam_policy_list(struct iam_call *c, const struct statement_policy *const **ret);
enum service_result iam_policy_get(struct iam_call *c, struct str id, const struct statement_policy **ret);
/* The checks of both below, but for the id, and who may assign its tenants. */
enum service_result iam_policy_check(struct iam_call *c, const struct statement_policy *in);
/* `in`: id, name, members, statements (resources empty: "*"), tenants. */
enum service_result iam_policy_create(struct iam_call *c, const struct statement_policy *in,
                                      const struct statement_policy **ret);
/* The same, for the policy `in->doc.id`; it becomes a custom one. */
enum service_result iam_policy_update(struct iam_call *c, const struct statement_policy *in,
                                      const struct statement_policy **ret);
enum service_result iam_policy_delete(struct iam_call *c, struct str id);

enum iam_member_change { IAM_MEMBERS_REPLACE, IAM_MEMBERS_ADD, IAM_MEMBERS_REMOVE };
/* Sorted. */
enum service_result iam_policy_members(struct iam_call *c, struct str id, struct str_list *ret);
/* The members there are afterwards: those given (replace), or sorted. */
enum service_result iam_policy_change_members(struct iam_call *c, struct str id, enum iam_member_change change,
                                              struct str_list members, struct str_list *ret);

/* ---- roles ------------------------------------------------------------------------------------------- */

/* Roles with at least one action of IAM; the others belong to other dialects. */
size_t iam_role_list(struct iam_call *c, const struct role *const **ret);
enum service_result iam_role_get(struct iam_call *c, struct str id, const struct role **ret);
enum service_result iam_role_create(struct iam_call *c, const struct role *in, const struct role **ret);
enum service_result iam_role_update(struct iam_call *c, const struct role *in, const struct role **ret);
enum service_result iam_role_delete(struct iam_call *c, struct str id);

/* ---- tenants ----------------------------------------------------------------------------------------- */

size_t iam_tenant_list(struct iam_call *c, const struct tenant *const **ret);
enum service_result iam_tenant_get(struct iam_call *c, struct str id, const struct tenant **ret);
/* Also makes the policies <id>-tenant-admins, -tenant-editors and -tenant-viewers, unless told to skip them. */
enum service_result iam_tenant_create(struct iam_call *c, const struct tenant *in, bool skip_policies,
                                      const struct tenant **ret);
enum service_result iam_tenant_update(struct iam_call *c, const struct tenant *in, const struct tenant **ret);
enum service_result iam_tenant_delete(struct iam_call *c, struct str id);

/* ---- teams ------------------------------------------------------------------------------------------- */

/* All groups: a department is a team here. */
size_t iam_team_list(struct iam_call *c, const struct group *const **ret);
enum service_result iam_team_get(struct iam_call *c, struct str id, const struct group **ret);
enum service_result iam_team_create(struct iam_call *c, const struct group *in, const struct group **ret);
enum service_result iam_team_update(struct iam_call *c, const struct group *in, const struct group **ret);
enum service_result iam_team_delete(struct iam_call *c, struct str id);

/* Membership ids in the order they were added. They need not be users known here. */
enum service_result iam_team_users(struct iam_call *c, struct str id, struct str_list *ret);
enum service_result iam_team_add_users(struct iam_call *c, struct str id, struct str_list users, struct str_list *ret);
enum service_result iam_team_remove_users(struct iam_call *c, struct str id, struct str_list users,
                                          struct str_list *ret);
/* The visible teams of a membership id, whichever of the user's names was added: in the order that happened. */
size_t iam_teams_of_user(struct iam_call *c, struct str user, const struct group *const **ret);

/* The names under which somebody may have been added to teams: for a user known here the id, aliases, e-mail. In `a`.
 */
struct str_list iam_membership_names(const struct snapshot *s, struct str user, struct arena *a);

/* ---- introspection ----------------------------------------------------------------------------------- */

struct iam_pair {
	struct str resource, action;
};
/* Those of the pairs that the caller may do, whatever the tenant: in their order, each once. */
enum service_result iam_introspect_pairs(struct iam_call *c, const struct iam_pair *pairs, size_t n,
                                         const struct iam_pair **ret, size_t *ret_n);
