#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Members as Confident AI has them: every user of the directory is a member of the organization, with one role or none;
 * members of a project are the users who hold one of its roles in it. `tenant` is the project; absent: the
 * organization. Roles of other dialects are neither shown nor touched.
 *
 * Ownership is one person's: who becomes Owner takes the place of whoever was, who then is Admin (in a project:
 * Manager). There is no other way for an Owner to lose the role, or the membership, here; the directory's own ways
 * (the native dialect) remain.
 *
 * Nobody gives or takes a role that allows more than they may themselves (service/assign.h). Functions with a
 * transaction run in a job of the writer; what they do not return SERVICE_OK for has put nothing, and `err` says why.
 */
#include "service/holdings.h"

/* The roles of the place that the user holds; several (given natively): the Owner's, else the first. NULL: none. */
const struct role *confident_role_of(const struct snapshot *s, struct str user, struct str tenant, struct arena *a);
/* The members of a project, in the order in which they were given their roles; the array lives in `a`. */
size_t confident_project_members(const struct snapshot *s, struct str tenant, struct arena *a,
                                 const struct user *const **ret);
/* The user whose name this is, if a member of the place; NULL: nobody. */
const struct user *confident_member_find(const struct snapshot *s, struct str name, struct str tenant, struct arena *a);

struct confident_membership {
	const struct user *user;
	const struct role *role; /* one that can be held in the place */
	struct str tenant;
};
/*
 * Gives the user the role in place of the one held there. SERVICE_DENIED: it allows, or the present one does, what the
 * caller may not; the user is the Owner; or it would make the caller Owner of the organization in another's place.
 */
enum service_result confident_assign(struct txn *t, const struct caller *c, const struct confident_membership *next,
                                     struct error *err) MUST_USE;
/* The same without a caller, where nothing is held yet; for offers that are redeemed. */
enum service_result confident_give(struct txn *t, const struct confident_membership *next, struct error *err) MUST_USE;
/*
 * Takes the user out of a project; or out of the organization, which takes all of Confident AI's roles, also in
 * projects, and its invitations of the user's address. The user stays in the directory. SERVICE_DENIED: is the Owner,
 * or may more than the caller.
 */
enum service_result confident_leave(struct txn *t, const struct caller *c, const struct user *user, struct str tenant,
                                    struct error *err) MUST_USE;
