#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Confident AI's roles: sets of permission policies of the same place, held by members. `tenant` is the project;
 * absent: the organization. The built-in ones are in every organization and every project, and cannot be changed: to
 * whoever would, they do not exist.
 *
 * Reading is for any snapshot. The rest runs in a job of the writer; what it does not return SERVICE_OK for has put
 * nothing, and `err` says why. Who may call is the business of the dialect.
 */
#include "service/result.h"
#include "service/service.h"

#define CONFIDENT_ROLES_MAX 1000u /* of the organization, and of each project, built-in ones not counted */

/* Those that can be held there: built-in ones first, then in the order they were made. The array lives in `a`. */
size_t confident_role_list(const struct snapshot *s, struct str tenant, struct arena *a,
                           const struct role *const **ret);
/* The one of those with this id (or alias, for built-in ones); NULL: none. */
const struct role *confident_role_find(const struct snapshot *s, struct str tenant, struct str id);
/* The same without built-in ones. */
const struct role *confident_role_find_custom(const struct snapshot *s, struct str tenant, struct str id);

/*
 * Stores a new role in the place: gives it its id, scope and tenant. SERVICE_INVALID: a policy that the place has not.
 * SERVICE_CONFLICT: the name is taken, or is a built-in role's in whatever case, or there are CONFIDENT_ROLES_MAX
 * already.
 */
enum service_result confident_role_create(struct txn *t, struct str tenant, struct role *r, struct error *err) MUST_USE;
/* The part of it that is about the name, for other dialects that rename one; SERVICE_INVALID: it is blank. */
enum service_result confident_role_check_name(const struct txn *t, const struct role *r, struct error *err) MUST_USE;
/* The next version of a custom one; otherwise the same. */
enum service_result confident_role_update(struct txn *t, struct role *r, struct error *err) MUST_USE;
/* Deletes a custom one; its policies stay. SERVICE_CONFLICT: somebody holds it. */
enum service_result confident_role_delete(struct txn *t, const struct role *r, struct error *err) MUST_USE;
