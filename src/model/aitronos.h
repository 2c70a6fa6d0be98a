#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What Aitronos' calls speak of beside access grants (model/kinds.h): capabilities and built-in roles. Constants; any
 * thread. Sources: the vendor's API reference; where its list is cut off, docs/aitronos.md says what was chosen.
 */
#include "model/kinds.h"

/* What a role can allow; the key is the action that the engine decides, on the resource "organization". */
struct capability {
	struct str key;         /* "manage_users" */
	struct str label;       /* "Manage users" */
	struct str description; /* one sentence */
	struct str group;       /* "User Management" */
};

/* The table, in the order in which it is listed. */
const struct capability *aitronos_capabilities(size_t *ret_n);
/* NULL when there is none of that key. */
const struct capability *aitronos_capability_find(struct str key);

#define CAPABILITY_MANAGE_USERS            "manage_users"
#define CAPABILITY_INVITE_USERS            "invite_users"
#define CAPABILITY_DEACTIVATE_USERS        "deactivate_users"
#define CAPABILITY_REMOVE_USERS            "remove_users"
#define CAPABILITY_MANAGE_DEPARTMENTS      "manage_departments"
#define CAPABILITY_MANAGE_ROLES            "manage_roles"
#define CAPABILITY_MANAGE_KNOWLEDGE_SLICES "manage_knowledge_slices"
#define CAPABILITY_MANAGE_BILLING          "manage_billing"
#define CAPABILITY_VIEW_AUDIT_LOG          "view_audit_log"

/* The resource that capabilities are asked about. */
#define CAPABILITY_RESOURCE "organization"

/*
 * What only administrators hold (Owner, Admin, and the owner of the organization): to manage every access grant. An
 * action of the engine, on "<entity type>:<entity id>".
 */
#define ACTION_MANAGE_GRANTS "aitronos:grants:manage"

/* role.scope of Aitronos' roles: held by users, organization-wide. */
#define ROLE_SCOPE_AITRONOS "aitronos"

/* Built-in roles, the same in every organization. */
#define AITRONOS_OWNER              "role_owner"
#define AITRONOS_ADMIN              "role_admin"
#define AITRONOS_MEMBER             "role_member"
#define AITRONOS_DEPARTMENT_MANAGER "role_department_manager"
#define AITRONOS_KNOWLEDGE_MANAGER  "role_knowledge_manager"
#define AITRONOS_BILLING_MANAGER    "role_billing_manager"

/*
 * The six as documents (managed, scope set), in the order in which the vendor lists them. Owner and Admin hold all
 * capabilities and ACTION_MANAGE_GRANTS, but no access to entities: that is only ever granted.
 */
const struct role *aitronos_roles(size_t *ret_n);
static inline bool aitronos_is_role(const struct role *r)
{
	return str_eq(r->scope, STR(ROLE_SCOPE_AITRONOS));
}
