#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What LangSmith's access policies speak of, as tables: its permissions and the types of resource each applies to, its
 * operators, its built-in roles. Constants; any thread. Sources: LangSmith's OpenAPI documents (the 72 permissions of
 * November 2025, the 104 of autumn 2026), its guides to attribute-based access control, to roles, and to what each
 * operation needs.
 */
#include "model/kinds.h"

/* ---- resource types ---------------------------------------------------------------------------------- */

/* Types that a policy's condition group may name. */
#define LANGSMITH_TYPES(X)                                                                                             \
	X(QUEUE, "queue")                                                                                              \
	X(DATASET, "dataset")                                                                                          \
	X(DEPLOYMENT, "deployment")                                                                                    \
	X(FLEET_INTEGRATION, "fleet_integration")                                                                      \
	X(MCP_SERVER, "mcp_server")                                                                                    \
	X(PROJECT, "project")                                                                                          \
	X(PROMPT, "prompt")                                                                                            \
	X(SANDBOX, "sandbox")

enum langsmith_type {
	LANGSMITH_NO_TYPE,
#define X(upper, name) LANGSMITH_##upper,
	LANGSMITH_TYPES(X)
#undef X
	    LANGSMITH_N_TYPES
};

/* "queue" and the guide's "queues" are one type; anything unknown is LANGSMITH_NO_TYPE. */
enum langsmith_type langsmith_type_of(struct str name);
struct str langsmith_type_name(enum langsmith_type type); /* asserts that it is one */
/* What can carry a tag: the types above, dashboard, evaluator, experiment, agent and skill. */
bool langsmith_is_taggable(struct str type);

/* ---- permissions ------------------------------------------------------------------------------------- */

enum langsmith_scope { LANGSMITH_ORGANIZATION, LANGSMITH_WORKSPACE };

struct langsmith_permission {
	struct str name; /* "projects:read" */
	struct str description;
	enum langsmith_scope scope;
	uint32_t types; /* bit 1u << type for each type on which a policy may name it; 0: only roles give it */
	bool is_recent; /* not among the first 72 */
};

/* In the order of the documents: the first 72, then the rest. */
const struct langsmith_permission *langsmith_permissions(size_t *ret_n);
/* NULL when there is none of that name. */
const struct langsmith_permission *langsmith_permission_find(struct str name);
static inline bool langsmith_permission_applies(const struct langsmith_permission *p, enum langsmith_type type)
{
	return type != LANGSMITH_NO_TYPE && (p->types & 1u << type);
}

/* ---- operators ---------------------------------------------------------------------------------------- */

enum tag_comparison { TAG_EQUALS, TAG_EQUALS_IGNORE_CASE, TAG_MATCHES };

/*
 * An operator taken apart. A condition on a key holds, when the resource has
 *   no value under the key   if the operator is one of the six _if_exists
 *   values under the key     if any of them compares true; negated: if none of them does
 */
struct tag_operator {
	struct str name;
	enum tag_comparison comparison;
	bool is_negated;
	bool if_exists; /* holds when the key is absent; the plain forms do not, the negated ones included */
};

/* NULL when there is none of that name. */
const struct tag_operator *tag_operator_find(struct str name);

#define TAG_ATTRIBUTE "resource_tag_key" /* the only attribute that a condition can be about */
#define TAG_MAX_CHARS 255u               /* of a tag key and a tag value, at least 1 */

/* ---- built-in roles ----------------------------------------------------------------------------------- */

/* Ids in LangSmith's format, the same in every organization; their names are aliases. */
#define LANGSMITH_ORGANIZATION_ADMIN    "00000000-0000-4000-8000-00000000a001"
#define LANGSMITH_ORGANIZATION_OPERATOR "00000000-0000-4000-8000-00000000a002"
#define LANGSMITH_ORGANIZATION_USER     "00000000-0000-4000-8000-00000000a003"
#define LANGSMITH_ORGANIZATION_VIEWER   "00000000-0000-4000-8000-00000000a004"
#define LANGSMITH_WORKSPACE_ADMIN       "00000000-0000-4000-8000-00000000b001"
#define LANGSMITH_WORKSPACE_USER        "00000000-0000-4000-8000-00000000b002"
#define LANGSMITH_WORKSPACE_VIEWER      "00000000-0000-4000-8000-00000000b003"

/*
 * The seven built-in roles as documents (kind ROLE, managed, scope set, the name LangSmith gives them as the only
 * alias). The actions of ORGANIZATION_ADMIN hold WORKSPACE_ADMIN's too: it has them in every workspace.
 */
const struct role *langsmith_roles(size_t *ret_n);
/*
 * Is it a role as LangSmith knows them? It has a scope of theirs, or allows nothing but LangSmith's permissions.
 * Others, such as the owner's or those of another dialect, are neither shown nor given by LangSmith's calls, nor
 * widened by its switches.
 */
bool langsmith_is_role(const struct role *role);
/* "WORKSPACE_ADMIN"; "CUSTOM" for any role that is not built in. */
struct str langsmith_role_name(const struct role *role);
