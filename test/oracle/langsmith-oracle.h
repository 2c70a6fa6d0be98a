#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference evaluator of LangSmith's decisions: roles and tag policies as its guides tell them, in lists and loops.
 * It knows no statement, no selector, no snapshot; of src/policy it uses only the struct that a question is put in.
 *
 *   in each workspace that is asked about
 *       member   somebody who holds there a role that is not one of the organization, or is an Organization Admin
 *       deny     a deny policy reaches the asker and applies, or would with tags that nobody knows
 *       rbac     a role held there has the permission (roles switched off: any member has all of a workspace)
 *       allow    an allow policy reaches the asker and applies
 *       allowed  = !deny && (rbac || (member && allow))
 *
 *   A policy reaches whoever holds, in that workspace, a role that it is attached to (Organization Admins act as Admins
 *   of every workspace) and the members of a group that it is attached to, everywhere or there. It applies when any of
 *   its groups does; a group when permission and type are those asked about and all conditions hold. With policies
 *   switched off there are none.
 *
 * A world is a plain value: copy it to keep it. Its strings and lists are borrowed, never changed in place. One thread.
 */
#include "policy/ask.h"

#define WORLD_MAX_WORKSPACES    4u
#define WORLD_MAX_USERS         5u
#define WORLD_MAX_SERVICES      2u
#define WORLD_MAX_GROUPS        3u
#define WORLD_MAX_GROUP_MEMBERS 10u
#define WORLD_MAX_ROLES         6u /* custom ones; the built-in ones are not in the list */
#define WORLD_MAX_MEMBERSHIPS   24u
#define WORLD_MAX_POLICIES      10u
#define WORLD_MAX_ATTACHMENTS   8u
#define WORLD_MAX_RESOURCES     20u
#define WORLD_MAX_ENTRIES       100u /* more than all of them together */

/* Every entry of a world begins so. */
struct world_item {
	struct str id;    /* of its document */
	uint64_t version; /* another number: another content */
};

struct world_user {
	struct world_item item;
	struct str email;
};

struct world_group_member {
	struct world_item item;
	struct str group;
	struct str user; /* id or e-mail address */
};

struct world_role {
	struct world_item item;
	struct str scope; /* "workspace", or absent */
	struct str_list permissions;
};

struct world_membership {
	struct world_item item;
	struct str role;
	struct str type; /* "user", "service" or "group" */
	struct str who;
	struct str workspace; /* absent: everywhere */
};

struct world_condition {
	struct str key, op, value;
};

struct world_condition_group {
	struct str permission, type;
	const struct world_condition *conditions;
	size_t n_conditions;
};

struct world_policy {
	struct world_item item;
	bool deny;
	const struct world_condition_group *groups;
	size_t n_groups;
	struct str_list roles;
};

struct world_attachment {
	struct world_item item;
	struct str policy, group;
	struct str workspace; /* absent: everywhere */
};

struct world_resource {
	struct world_item item; /* "<type>/<name>" */
	struct str type, name;
	struct str workspace;
	struct str parent; /* id of another */
	const struct tag *tags;
	size_t n_tags;
};

struct world {
	bool rbac_is_off, abac_is_off;
	struct world_item organization; /* its switches */
	uint64_t n_versions;            /* the last number given to an item */
	struct world_item workspaces[WORLD_MAX_WORKSPACES];
	struct world_user users[WORLD_MAX_USERS];
	struct world_item services[WORLD_MAX_SERVICES];
	struct world_item groups[WORLD_MAX_GROUPS];
	struct world_group_member group_members[WORLD_MAX_GROUP_MEMBERS];
	struct world_role roles[WORLD_MAX_ROLES];
	struct world_membership memberships[WORLD_MAX_MEMBERSHIPS];
	struct world_policy policies[WORLD_MAX_POLICIES];
	struct world_attachment attachments[WORLD_MAX_ATTACHMENTS];
	struct world_resource resources[WORLD_MAX_RESOURCES];
	size_t n_workspaces, n_users, n_services, n_groups, n_group_members, n_roles, n_memberships, n_policies,
	    n_attachments, n_resources;
};

/* What the guides print of a permission: the type that a policy on it names, and which built-in roles have it. */
#define WORLD_ORG_ADMIN    (1u << 0)
#define WORLD_ORG_OPERATOR (1u << 1)
#define WORLD_ORG_USER     (1u << 2)
#define WORLD_ORG_VIEWER   (1u << 3)
#define WORLD_ADMIN        (1u << 4)
#define WORLD_EDITOR       (1u << 5)
#define WORLD_VIEWER       (1u << 6)

struct world_permission {
	struct str name;
	struct str type; /* absent: only roles give it */
	uint32_t roles;
};
const struct world_permission *world_permissions(size_t *ret_n);
/* The ids of the built-in roles, in the order of the bits above. */
struct str_list world_built_in_roles(void);

/* Does the pattern match the whole text? '*' and '?' as in tags.h; O(pattern x text). Scratch in `a`. */
bool world_glob(struct str pattern, struct str text, struct arena *a);
/* Are they equal when case is ignored? For characters beyond ASCII: as far as the alphabet of langsmith-generate.c. */
bool world_equal_ignoring_case(struct str x, struct str y, struct arena *a);

struct world_tags {
	bool are_known;
	const struct tag *tags;
	size_t n;
};
/* Do all conditions of the group hold? Unknown when the tags are. */
enum truth world_group_holds(const struct world_condition_group *g, const struct world_tags *tags, struct arena *a);

struct world_answer {
	bool is_allowed;
	struct str_list tenants; /* as struct answer */
};
struct world_answer world_decide(const struct world *w, const struct ask *q, struct arena *a);

/* May an answer with this effect name this document, a role or a policy? Nothing decided: is it so? */
bool world_may_decide(const struct world *w, const struct ask *q, enum effect effect, struct deciding d,
                      struct arena *a);
