#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Aitronos' roles (role.scope ROLE_SCOPE_AITRONOS): sets of capabilities, held by users in the organization as a whole.
 * Six are built in and cannot be changed. Roles of other dialects are not among them, even where they allow the same.
 *
 * Nobody makes, gives or takes more than they may themselves: each capability of a new role, each that a changed one
 * has afterwards or no longer, and all that a role allows which is given or taken, must be the caller's too; and only
 * an Owner makes or unmakes an Owner. What access grants give to the role is not among that: whoever grants to a role
 * leaves it to others who holds it.
 *
 * Reading is for any snapshot. The rest runs in a job of the writer; what it does not return SERVICE_OK for has put
 * nothing, and `err` says why. Whether the caller may manage roles at all is the business of the dialect.
 */
#include "service/directory.h"

#define AITRONOS_ROLES_MAX                  1000u /* built-in ones not counted */
#define AITRONOS_ROLE_MAX_NAME_CHARS        100u
#define AITRONOS_ROLE_MAX_DESCRIPTION_CHARS 500u

/* ---- looking ------------------------------------------------------------------------------------------- */

/* Built-in ones in the vendor's order, then the others by name; the array lives in `a`. */
size_t aitronos_role_list(const struct snapshot *s, struct arena *a, const struct role *const **ret);
/* By id or alias; NULL: none of these roles. */
const struct role *aitronos_role_find(const struct snapshot *s, struct str name);

struct aitronos_assignment {
	const struct user *user;
	const struct role_member *by;
};
/* The users who hold the role everywhere, themselves, in the order in which it was given; the array lives in `a`. */
size_t aitronos_role_members(const struct snapshot *s, const struct role *r, struct arena *a,
                             const struct aitronos_assignment **ret);
/* What an assignment is known by outside: the same for the same role and user, always. In `a`. */
struct str aitronos_assignment_id(struct arena *a, const struct role *r, const struct user *user);

/* ---- changing ------------------------------------------------------------------------------------------ */

/*
 * Stores a new one: display_name, description and actions (capabilities, of which there is at least one) are set; id,
 * scope and times are filled in. SERVICE_INVALID: an action is no capability, or stands twice. SERVICE_DENIED: the
 * caller does not hold one. SERVICE_CONFLICT: the name is taken, in whatever case, or there are AITRONOS_ROLES_MAX.
 */
enum service_result aitronos_role_create(struct txn *t, const struct caller *c, struct role *r,
                                         struct error *err) MUST_USE;
/*
 * Stores the next version of one that is not built in, with these capabilities (NULL: those it has) in place of all it
 * has; what other dialects gave it to allow stays. SERVICE_DENIED: as above, also of one that it loses; or it is built
 * in.
 */
enum service_result aitronos_role_update(struct txn *t, const struct caller *c, struct role *r,
                                         const struct str_list *capabilities, struct error *err) MUST_USE;
/* SERVICE_DENIED: it is built in. SERVICE_CONFLICT: somebody holds it. */
enum service_result aitronos_role_delete(struct txn *t, const struct role *r, struct cascade_effect *ret_effect,
                                         struct error *err) MUST_USE;

/* The user comes to hold the role. SERVICE_CONFLICT: holds it. SERVICE_DENIED: see above. */
enum service_result aitronos_assign(struct txn *t, const struct caller *c, const struct role *r,
                                    const struct user *user, struct error *err) MUST_USE;
/*
 * SERVICE_NOT_FOUND: does not hold it. SERVICE_DENIED: see above. SERVICE_FAILED_PRECONDITION: is the last user who is
 * an Owner.
 */
enum service_result aitronos_unassign(struct txn *t, const struct caller *c, const struct role *r,
                                      const struct user *user, struct error *err) MUST_USE;

/* For directory_create() and directory_update(). SERVICE_INVALID: the name is blank. SERVICE_CONFLICT: it is taken. */
enum service_result aitronos_role_check_name(const struct txn *t, const struct role *r, struct error *err) MUST_USE;
