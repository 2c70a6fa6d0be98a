#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Who administers what ConductorOne's calls are about: its built-in roles. Constants; any thread. Source: the vendor's
 * page on user roles; what it leaves open docs/conductorone.md says.
 *
 * An action of the engine is "conductorone:<objects>:<verb>"; looking is "get" or "list".
 */
#include "model/kinds.h"

/* role.scope of ConductorOne's roles: held by users, organization-wide. */
#define ROLE_SCOPE_CONDUCTORONE "conductorone"

/* Built-in roles, the same in every organization. */
#define C1_SUPER_ADMIN             "c1_super_admin"
#define C1_READ_ONLY_SUPER_ADMIN   "c1_read_only_super_admin"
#define C1_ACCESS_REQUEST_ADMIN    "c1_access_request_admin"
#define C1_ACCESS_REQUEST_HELPDESK "c1_access_request_helpdesk"
#define C1_BASIC_USER              "c1_basic_user"

/* The five as documents (managed, scope set). Every user of the organization is a Basic User without being made one. */
const struct role *conductorone_roles(size_t *ret_n);
/* Every action that routes of the dialect ask for, so that callers can be told what they may. */
size_t conductorone_actions(const struct str **ret);
static inline bool conductorone_is_role(const struct role *r)
{
	return str_eq(r->scope, STR(ROLE_SCOPE_CONDUCTORONE));
}
