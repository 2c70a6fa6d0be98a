#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What Confident AI's policies speak of: its permission catalogue (made from confident-permissions.txt at build time)
 * and its built-in roles. Constants; any thread. Sources: the vendor's API reference and its guides to organization and
 * project roles.
 */
#include "model/kinds.h"

/* The two catalogues are separate: a permission of one never counts in the other, though some names are the same. */
enum confident_scope { CONFIDENT_ORGANIZATION, CONFIDENT_PROJECT };

struct confident_permission {
	struct str id;   /* a UUID, the same in every installation */
	struct str name; /* "billing:read" */
	enum confident_scope scope;
	bool is_members; /* the built-in role Member of its scope holds it */
};

/* The table, organization first. */
const struct confident_permission *confident_permissions(size_t *ret_n);
/* By id, else, for people who write configuration by hand, by "organization/billing:read" or "project/trace:read".
 * NULL: none. */
const struct confident_permission *confident_permission_find(struct str id);
/* Its place in the table. */
size_t confident_permission_index(const struct confident_permission *p);
static inline void permission_set_add(struct permission_set *set, size_t index)
{
	set->words[index / 64] |= UINT64_C(1) << (index % 64);
}
static inline bool permission_set_has(const struct permission_set *set, size_t index)
{
	return set->words[index / 64] >> (index % 64) & 1;
}
/* Is it the name of a permission of either catalogue? Questions about such need no tenant to be about the organization.
 */
bool confident_is_permission(struct str name);

/* Whose own a key or an invitation is (key.via, invitation.via). */
#define CONFIDENT_VIA                     "confident"

#define ROLE_SCOPE_CONFIDENT_ORGANIZATION "confident:organization"
#define ROLE_SCOPE_CONFIDENT_PROJECT      "confident:project" /* a custom one belongs to role.tenants[0] */

/* Built-in roles, the same in every organization. */
#define CONFIDENT_OWNER           "00000000-0000-4000-8000-00000000c001"
#define CONFIDENT_ADMIN           "00000000-0000-4000-8000-00000000c002"
#define CONFIDENT_MEMBER          "00000000-0000-4000-8000-00000000c003"
#define CONFIDENT_PROJECT_OWNER   "00000000-0000-4000-8000-00000000d001"
#define CONFIDENT_PROJECT_MANAGER "00000000-0000-4000-8000-00000000d002"
#define CONFIDENT_PROJECT_MEMBER  "00000000-0000-4000-8000-00000000d003"

/* The permission that lets its holder pass every check in every project. */
#define CONFIDENT_PROJECT_MANAGE "project:manage"

/*
 * The six built-in roles as documents (managed, scope set; aliases CONFIDENT_OWNER …), without actions: what they allow
 * is said by lowering, from the catalogue.
 */
const struct role *confident_roles(size_t *ret_n);
static inline bool confident_is_organization_role(const struct role *r)
{
	return str_eq(r->scope, STR(ROLE_SCOPE_CONFIDENT_ORGANIZATION));
}
static inline bool confident_is_project_role(const struct role *r)
{
	return str_eq(r->scope, STR(ROLE_SCOPE_CONFIDENT_PROJECT));
}
/* Does the role hold every permission of its scope (Owner, Admin, Manager)? */
bool confident_role_is_full(const struct role *r);
