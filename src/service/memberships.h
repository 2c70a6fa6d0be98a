#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Who belongs to what as LangSmith sees it: a user is in the organization with one role, and in workspaces (tenants)
 * with one role each. Both are role members of the shared directory, so that what another dialect gave shows here:
 *
 *   LangSmith's roles   those with a scope of its, and those without one whose actions are all permissions of LangSmith
 *   in a tenant         holds one of them, not of the organization's scope, in that tenant; several: the first counts
 *   in the organization holds one of its scope organization-wide, or is an owner, which amounts to ORGANIZATION_ADMIN
 *   member              holds any of them anywhere, or is an owner
 *
 * Roles that somebody has through a group, and roles that speak of other things, are neither shown nor touched.
 * Functions with a transaction run in a job of the writer and put nothing unless they return SERVICE_OK.
 */
#include "service/directory.h"

/* One of LangSmith's roles that can be given in a tenant / organization-wide. */
bool membership_is_workspace_role(const struct role *role);
bool membership_is_organization_role(const struct role *role);

/* A role held in a tenant. */
struct workspace_membership {
	struct str tenant;
	const struct role *role;
	const struct role_member *by;
};

struct membership {
	bool is_owner;
	const struct role *role;                       /* in the organization; NULL: none */
	const struct workspace_membership *workspaces; /* in the order they were given */
	size_t n_workspaces;
};

/* What a user or service holds; false when it is no member at all. Results in `a` and the snapshot. */
bool membership_of(const struct snapshot *s, struct principal p, struct arena *a, struct membership *ret);
/* The one that counts in the tenant, or NULL. */
const struct workspace_membership *membership_in(const struct membership *m, struct str tenant);

/*
 * Gives the user the role, organization-wide (`tenant` absent) or in the tenant, in place of LangSmith's roles that it
 * holds there. SERVICE_FAILED_PRECONDITION: nobody would be left to administer the organization, or too much changes
 * at once.
 */
enum service_result membership_assign(struct txn *t, struct str user, const struct role *role, struct str tenant,
                                      struct error *err) MUST_USE;
/* Takes LangSmith's roles in the tenant from the user. */
void membership_leave_workspace(struct txn *t, struct str user, struct str tenant);
/*
 * Takes all of LangSmith's roles from the user, everywhere, and revokes the user's keys (personal access tokens die
 * with the membership). The user stays. SERVICE_FAILED_PRECONDITION: is an owner, which LangSmith's roles are not
 * about, or the last who administers the organization.
 */
enum service_result membership_leave(struct txn *t, struct str user, struct error *err) MUST_USE;
