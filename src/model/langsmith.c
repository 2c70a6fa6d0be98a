/* SPDX-License-Identifier: Apache-2.0 */
#include "model/langsmith.h"

/* ---- resource types ---------------------------------------------------------------------------------- */

static const struct str type_names[] = {
#define X(upper, name) [LANGSMITH_##upper] = STR_INIT(name),
    LANGSMITH_TYPES(X)
#undef X
};
static_assert(N_ELEMENTS(type_names) == LANGSMITH_N_TYPES, "every type has its name");

/* Can carry tags, but no policy is about them. */
static const struct str other_taggable[] = {
    STR_INIT("agent"), STR_INIT("dashboard"), STR_INIT("evaluator"), STR_INIT("experiment"), STR_INIT("skill"),
};

enum langsmith_type langsmith_type_of(struct str name)
{
	if (str_eq(name, STR("queues")))
		return LANGSMITH_QUEUE;
	for (int type = LANGSMITH_NO_TYPE + 1; type < LANGSMITH_N_TYPES; type++)
		if (str_eq(type_names[type], name))
			return (enum langsmith_type)type;
	return LANGSMITH_NO_TYPE;
}

struct str langsmith_type_name(enum langsmith_type type)
{
	assert(type > LANGSMITH_NO_TYPE && type < LANGSMITH_N_TYPES);
	return type_names[type];
}

bool langsmith_is_taggable(struct str type)
{
	const struct str_list others = {other_taggable, N_ELEMENTS(other_taggable)};

	return langsmith_type_of(type) != LANGSMITH_NO_TYPE || str_list_has(others, type);
}

/* ---- permissions ------------------------------------------------------------------------------------- */

#define ON(upper) (1u << LANGSMITH_##upper)
#define FIRST(name, scope, types, description)                                                                         \
	{                                                                                                              \
		STR_INIT(name), STR_INIT(description), LANGSMITH_##scope, types, false                                 \
	}
#define LATER(name, scope, types, description)                                                                         \
	{                                                                                                              \
		STR_INIT(name), STR_INIT(description), LANGSMITH_##scope, types, true                                  \
	}

/*
 * Types: those of the guide, and beyond it every permission whose name is about a type (projects:create, sandboxes:…),
 * since a policy on it can be decided here: the tags come with the question. prompts:tag is in the guides only.
 */
/* clang-format off */
static const struct langsmith_permission permissions[] = {
    FIRST("annotation-queues:create", WORKSPACE, ON(QUEUE), "Create annotation queues"),
    FIRST("annotation-queues:delete", WORKSPACE, ON(QUEUE), "Delete annotation queues"),
    FIRST("annotation-queues:read", WORKSPACE, ON(QUEUE), "See annotation queues"),
    FIRST("annotation-queues:update", WORKSPACE, ON(QUEUE), "Change annotation queues"),
    FIRST("charts:create", WORKSPACE, 0, "Create charts and dashboards"),
    FIRST("charts:delete", WORKSPACE, 0, "Delete charts and dashboards"),
    FIRST("charts:read", WORKSPACE, 0, "See charts and dashboards"),
    FIRST("charts:update", WORKSPACE, 0, "Change charts and dashboards"),
    FIRST("datasets:create", WORKSPACE, ON(DATASET), "Create datasets"),
    FIRST("datasets:delete", WORKSPACE, ON(DATASET), "Delete datasets"),
    FIRST("datasets:read", WORKSPACE, ON(DATASET), "See datasets"),
    FIRST("datasets:share", WORKSPACE, ON(DATASET), "Share datasets"),
    FIRST("datasets:update", WORKSPACE, ON(DATASET), "Change datasets"),
    FIRST("deployments:create", WORKSPACE, ON(DEPLOYMENT), "Create deployments"),
    FIRST("deployments:delete", WORKSPACE, ON(DEPLOYMENT), "Delete deployments"),
    FIRST("deployments:read", WORKSPACE, ON(DEPLOYMENT), "See deployments"),
    FIRST("deployments:update", WORKSPACE, ON(DEPLOYMENT), "Change deployments"),
    FIRST("feedback:create", WORKSPACE, 0, "Create feedback"),
    FIRST("feedback:delete", WORKSPACE, 0, "Delete feedback"),
    FIRST("feedback:read", WORKSPACE, 0, "See feedback"),
    FIRST("feedback:update", WORKSPACE, 0, "Change feedback"),
    FIRST("experiments:run", WORKSPACE, 0, "Run experiments"),
    FIRST("issues:create", WORKSPACE, 0, "Create issues"),
    FIRST("issues:delete", WORKSPACE, 0, "Delete issues"),
    FIRST("issues:read", WORKSPACE, 0, "See issues"),
    FIRST("issues:update", WORKSPACE, 0, "Change issues"),
    FIRST("projects:create", WORKSPACE, ON(PROJECT), "Create tracing projects"),
    FIRST("projects:delete", WORKSPACE, ON(PROJECT), "Delete tracing projects"),
    FIRST("projects:read", WORKSPACE, ON(PROJECT), "See tracing projects"),
    FIRST("projects:update", WORKSPACE, ON(PROJECT), "Change tracing projects"),
    FIRST("projects:increase-trace-tier", WORKSPACE, ON(PROJECT), "Raise the retention tier of traces"),
    FIRST("projects:decrease-trace-tier", WORKSPACE, ON(PROJECT), "Lower the retention tier of traces"),
    FIRST("prompts:create", WORKSPACE, ON(PROMPT), "Create prompts"),
    FIRST("prompts:delete", WORKSPACE, ON(PROMPT), "Delete prompts"),
    FIRST("prompts:read", WORKSPACE, ON(PROMPT), "See prompts"),
    FIRST("prompts:update", WORKSPACE, ON(PROMPT), "Change prompts"),
    FIRST("prompts:share", WORKSPACE, ON(PROMPT), "Share prompts"),
    FIRST("rules:create", WORKSPACE, 0, "Create automation rules"),
    FIRST("rules:delete", WORKSPACE, 0, "Delete automation rules"),
    FIRST("rules:read", WORKSPACE, 0, "See automation rules"),
    FIRST("rules:update", WORKSPACE, 0, "Change automation rules"),
    FIRST("runs:create", WORKSPACE, ON(PROJECT), "Create runs"),
    FIRST("runs:read", WORKSPACE, ON(PROJECT), "See runs"),
    FIRST("runs:share", WORKSPACE, ON(PROJECT), "Share runs"),
    FIRST("runs:delete", WORKSPACE, ON(PROJECT), "Delete runs"),
    FIRST("sandboxes:create", WORKSPACE, ON(SANDBOX), "Create sandboxes"),
    FIRST("sandboxes:delete", WORKSPACE, ON(SANDBOX), "Delete sandboxes"),
    FIRST("sandboxes:read", WORKSPACE, ON(SANDBOX), "See sandboxes"),
    FIRST("sandboxes:update", WORKSPACE, ON(SANDBOX), "Change sandboxes"),
    FIRST("sandboxes:exec", WORKSPACE, ON(SANDBOX), "Execute code in sandboxes"),
    FIRST("workspaces:manage-members", WORKSPACE, 0, "Add, change and remove members of the workspace"),
    FIRST("workspaces:manage-secrets", WORKSPACE, 0, "Manage secrets of the workspace"),
    FIRST("workspaces:manage", WORKSPACE, 0, "Manage the workspace and its tags"),
    FIRST("workspaces:manage-model-configs", WORKSPACE, 0, "Manage model configurations of the workspace"),
    FIRST("workspaces:read", WORKSPACE, 0, "See the workspace, its members and its tags"),
    FIRST("alerts:create", WORKSPACE, 0, "Create alerts"),
    FIRST("alerts:update", WORKSPACE, 0, "Change alerts"),
    FIRST("alerts:delete", WORKSPACE, 0, "Delete alerts"),
    FIRST("alerts:read", WORKSPACE, 0, "See alerts"),
    FIRST("bulk-exports:read", WORKSPACE, 0, "See bulk exports"),
    FIRST("bulk-exports:manage", WORKSPACE, 0, "Create and cancel bulk exports"),
    FIRST("mcp-servers:create", WORKSPACE, ON(MCP_SERVER), "Create MCP servers"),
    FIRST("mcp-servers:delete", WORKSPACE, ON(MCP_SERVER), "Delete MCP servers"),
    FIRST("mcp-servers:invoke", WORKSPACE, ON(MCP_SERVER) | ON(FLEET_INTEGRATION), "Call tools of MCP servers"),
    FIRST("mcp-servers:read", WORKSPACE, ON(MCP_SERVER) | ON(FLEET_INTEGRATION), "See MCP servers"),
    FIRST("mcp-servers:update", WORKSPACE, ON(MCP_SERVER), "Change MCP servers"),
    FIRST("gateway:invoke", WORKSPACE, 0, "Call models through the LLM gateway"),
    FIRST("fleet:read-admin-config", WORKSPACE, 0, "See the administrative configuration of fleet"),
    FIRST("fleet:write-admin-config", WORKSPACE, 0, "Change the administrative configuration of fleet"),
    FIRST("organization:pats:create", ORGANIZATION, 0, "Create personal access tokens"),
    FIRST("organization:read", ORGANIZATION, 0, "See the organization, its members, roles and policies"),
    FIRST("organization:manage", ORGANIZATION, 0, "Manage the organization, its members, roles and policies"),
    LATER("agent-auth-connections:create", WORKSPACE, 0, "Create authentication connections of agents"),
    LATER("agent-auth-connections:read", WORKSPACE, 0, "See authentication connections of agents"),
    LATER("agent-auth-connections:update", WORKSPACE, 0, "Change authentication connections of agents"),
    LATER("agent-auth-connections:delete", WORKSPACE, 0, "Delete authentication connections of agents"),
    LATER("agent-auth-connections:revoke", WORKSPACE, 0, "Revoke authentication connections of agents"),
    LATER("custom-apps:create", WORKSPACE, 0, "Create custom apps"),
    LATER("custom-apps:read", WORKSPACE, 0, "See custom apps"),
    LATER("custom-apps:update", WORKSPACE, 0, "Change custom apps"),
    LATER("custom-apps:delete", WORKSPACE, 0, "Delete custom apps"),
    LATER("custom-apps:download", WORKSPACE, 0, "Download custom apps"),
    LATER("datasets:clone", WORKSPACE, ON(DATASET), "Clone datasets"),
    LATER("datasets:download", WORKSPACE, ON(DATASET), "Download datasets"),
    LATER("datasets:tag-on-create", WORKSPACE, ON(DATASET), "Tag, while they are created, datasets"),
    LATER("feedback-configs:create", WORKSPACE, 0, "Create feedback configurations"),
    LATER("feedback-configs:update", WORKSPACE, 0, "Change feedback configurations"),
    LATER("feedback-configs:delete", WORKSPACE, 0, "Delete feedback configurations"),
    LATER("model-price-map:create", WORKSPACE, 0, "Create the model price map"),
    LATER("model-price-map:read", WORKSPACE, 0, "See the model price map"),
    LATER("model-price-map:update", WORKSPACE, 0, "Change the model price map"),
    LATER("model-price-map:delete", WORKSPACE, 0, "Delete the model price map"),
    LATER("organization:read-metadata", ORGANIZATION, 0, "See metadata of the organization"),
    LATER("organization:manage-model-configs", ORGANIZATION, 0, "Manage model configurations of the organization"),
    LATER("organization:manage-model-secrets", ORGANIZATION, 0, "Manage model secrets of the organization"),
    LATER("projects:tag-on-create", WORKSPACE, ON(PROJECT), "Tag, while they are created, tracing projects"),
    LATER("prompts:tag-on-create", WORKSPACE, ON(PROMPT), "Tag, while they are created, prompts"),
    LATER("rules:configure-retention", WORKSPACE, 0, "Set retention in automation rules"),
    LATER("runs:read-stats", WORKSPACE, ON(PROJECT), "See statistics of runs"),
    LATER("sandboxes:tag-on-create", WORKSPACE, ON(SANDBOX), "Tag, while they are created, sandboxes"),
    LATER("snapshots:create", WORKSPACE, 0, "Create sandbox snapshots"),
    LATER("snapshots:update", WORKSPACE, 0, "Change sandbox snapshots"),
    LATER("snapshots:delete", WORKSPACE, 0, "Delete sandbox snapshots"),
    LATER("workspaces:manage-keys", WORKSPACE, 0, "Manage service keys of the workspace"),
    LATER("prompts:tag", WORKSPACE, ON(PROMPT), "Tag prompts"),
};
/* clang-format on */

const struct langsmith_permission *langsmith_permissions(size_t *ret_n)
{
	*ret_n = N_ELEMENTS(permissions);
	return permissions;
}

const struct langsmith_permission *langsmith_permission_find(struct str name)
{
	for (size_t i = 0; i < N_ELEMENTS(permissions); i++)
		if (str_eq(permissions[i].name, name))
			return &permissions[i];
	return NULL;
}

/* ---- operators ---------------------------------------------------------------------------------------- */

static const struct tag_operator operators[] = {
    {STR_INIT("equals"), TAG_EQUALS, false, false},
    {STR_INIT("not_equals"), TAG_EQUALS, true, false},
    {STR_INIT("equals_ignore_case"), TAG_EQUALS_IGNORE_CASE, false, false},
    {STR_INIT("not_equals_ignore_case"), TAG_EQUALS_IGNORE_CASE, true, false},
    {STR_INIT("matches"), TAG_MATCHES, false, false},
    {STR_INIT("not_matches"), TAG_MATCHES, true, false},
    {STR_INIT("equals_if_exists"), TAG_EQUALS, false, true},
    {STR_INIT("not_equals_if_exists"), TAG_EQUALS, true, true},
    {STR_INIT("equals_ignore_case_if_exists"), TAG_EQUALS_IGNORE_CASE, false, true},
    {STR_INIT("not_equals_ignore_case_if_exists"), TAG_EQUALS_IGNORE_CASE, true, true},
    {STR_INIT("matches_if_exists"), TAG_MATCHES, false, true},
    {STR_INIT("not_matches_if_exists"), TAG_MATCHES, true, true},
};

const struct tag_operator *tag_operator_find(struct str name)
{
	for (size_t i = 0; i < N_ELEMENTS(operators); i++)
		if (str_eq(operators[i].name, name))
			return &operators[i];
	return NULL;
}

/* ---- built-in roles ----------------------------------------------------------------------------------- */

#define ORGANIZATION_USE    STR_INIT("organization:read"), STR_INIT("organization:pats:create")
#define ORGANIZATION_MANAGE STR_INIT("organization:manage"), ORGANIZATION_USE

/* The matrix: what viewers may, editors beyond them, and admins beyond those. */
/* clang-format off */
#define VIEW \
    STR_INIT("annotation-queues:read"), STR_INIT("charts:read"), STR_INIT("datasets:read"), \
    STR_INIT("deployments:read"), STR_INIT("feedback:read"), STR_INIT("issues:read"), \
    STR_INIT("projects:read"), STR_INIT("prompts:read"), STR_INIT("rules:read"), STR_INIT("runs:read"), \
    STR_INIT("sandboxes:read"), STR_INIT("workspaces:read"), STR_INIT("alerts:read"), \
    STR_INIT("bulk-exports:read"), STR_INIT("mcp-servers:read"), STR_INIT("agent-auth-connections:read"), \
    STR_INIT("custom-apps:read"), STR_INIT("model-price-map:read")
#define EDIT \
    STR_INIT("annotation-queues:create"), STR_INIT("annotation-queues:update"), STR_INIT("charts:create"), \
    STR_INIT("charts:update"), STR_INIT("charts:delete"), STR_INIT("datasets:create"), \
    STR_INIT("datasets:update"), STR_INIT("deployments:create"), STR_INIT("deployments:update"), \
    STR_INIT("feedback:create"), STR_INIT("feedback:update"), STR_INIT("feedback:delete"), \
    STR_INIT("projects:update"), STR_INIT("projects:increase-trace-tier"), \
    STR_INIT("projects:decrease-trace-tier"), STR_INIT("prompts:create"), STR_INIT("prompts:update"), \
    STR_INIT("prompts:delete"), STR_INIT("prompts:tag"), STR_INIT("rules:create"), STR_INIT("rules:update"), \
    STR_INIT("rules:delete"), STR_INIT("runs:create"), STR_INIT("runs:share")
#define ADMINISTER \
    STR_INIT("annotation-queues:delete"), STR_INIT("datasets:delete"), STR_INIT("datasets:share"), \
    STR_INIT("deployments:delete"), STR_INIT("experiments:run"), STR_INIT("issues:create"), \
    STR_INIT("issues:delete"), STR_INIT("issues:update"), STR_INIT("projects:create"), \
    STR_INIT("projects:delete"), STR_INIT("prompts:share"), STR_INIT("runs:delete"), \
    STR_INIT("sandboxes:create"), STR_INIT("sandboxes:delete"), STR_INIT("sandboxes:update"), \
    STR_INIT("sandboxes:exec"), STR_INIT("workspaces:manage-members"), STR_INIT("workspaces:manage-secrets"), \
    STR_INIT("workspaces:manage"), STR_INIT("workspaces:manage-model-configs"), STR_INIT("alerts:create"), \
    STR_INIT("alerts:update"), STR_INIT("alerts:delete"), STR_INIT("bulk-exports:manage"), \
    STR_INIT("mcp-servers:create"), STR_INIT("mcp-servers:delete"), STR_INIT("mcp-servers:invoke"), \
    STR_INIT("mcp-servers:update"), STR_INIT("gateway:invoke"), STR_INIT("fleet:read-admin-config"), \
    STR_INIT("fleet:write-admin-config"), STR_INIT("agent-auth-connections:create"), \
    STR_INIT("agent-auth-connections:update"), STR_INIT("agent-auth-connections:delete"), \
    STR_INIT("agent-auth-connections:revoke"), STR_INIT("custom-apps:create"), STR_INIT("custom-apps:update"), \
    STR_INIT("custom-apps:delete"), STR_INIT("custom-apps:download"), STR_INIT("datasets:clone"), \
    STR_INIT("datasets:download"), STR_INIT("datasets:tag-on-create"), STR_INIT("feedback-configs:create"), \
    STR_INIT("feedback-configs:update"), STR_INIT("feedback-configs:delete"), \
    STR_INIT("model-price-map:create"), STR_INIT("model-price-map:update"), STR_INIT("model-price-map:delete"), \
    STR_INIT("projects:tag-on-create"), STR_INIT("prompts:tag-on-create"), \
    STR_INIT("rules:configure-retention"), STR_INIT("runs:read-stats"), STR_INIT("sandboxes:tag-on-create"), \
    STR_INIT("snapshots:create"), STR_INIT("snapshots:update"), STR_INIT("snapshots:delete"), \
    STR_INIT("workspaces:manage-keys")
/* clang-format on */

static const struct str organization_admin[] = {ORGANIZATION_MANAGE, VIEW, EDIT, ADMINISTER};
static const struct str organization_operator[] = {ORGANIZATION_MANAGE};
static const struct str organization_user[] = {ORGANIZATION_USE};
static const struct str organization_viewer[] = {STR_INIT("organization:read")};
static const struct str workspace_admin[] = {VIEW, EDIT, ADMINISTER};
static const struct str workspace_user[] = {VIEW, EDIT};
static const struct str workspace_viewer[] = {VIEW};

static const struct str role_names[] = {
    STR_INIT("ORGANIZATION_ADMIN"),  STR_INIT("ORGANIZATION_OPERATOR"), STR_INIT("ORGANIZATION_USER"),
    STR_INIT("ORGANIZATION_VIEWER"), STR_INIT("WORKSPACE_ADMIN"),       STR_INIT("WORKSPACE_USER"),
    STR_INIT("WORKSPACE_VIEWER"),
};

#define ROLE(upper, n, shown, says, where, list)                                                                       \
	{                                                                                                              \
		.doc = {.kind = DOC_ROLE, .id = STR_INIT(LANGSMITH_##upper), .aliases = {&role_names[n], 1}},          \
		.display_name = STR_INIT(shown), .description = STR_INIT(says), .is_managed = true,                    \
		.actions = {list, N_ELEMENTS(list)}, .scope = STR_INIT(where)                                          \
	}

static const struct role roles[] = {
    ROLE(ORGANIZATION_ADMIN, 0, "Organization Admin", "Manages the organization, and is Admin of every workspace",
         ROLE_SCOPE_ORGANIZATION, organization_admin),
    ROLE(ORGANIZATION_OPERATOR, 1, "Organization Operator", "Manages the organization, not its workspaces",
         ROLE_SCOPE_ORGANIZATION, organization_operator),
    ROLE(ORGANIZATION_USER, 2, "Organization User", "Sees the organization and makes personal access tokens",
         ROLE_SCOPE_ORGANIZATION, organization_user),
    ROLE(ORGANIZATION_VIEWER, 3, "Organization Viewer", "Sees the organization", ROLE_SCOPE_ORGANIZATION,
         organization_viewer),
    ROLE(WORKSPACE_ADMIN, 4, "Admin", "May do everything in the workspace", ROLE_SCOPE_WORKSPACE, workspace_admin),
    ROLE(WORKSPACE_USER, 5, "Editor", "Sees and changes most of the workspace", ROLE_SCOPE_WORKSPACE, workspace_user),
    ROLE(WORKSPACE_VIEWER, 6, "Viewer", "Sees the workspace", ROLE_SCOPE_WORKSPACE, workspace_viewer),
};

const struct role *langsmith_roles(size_t *ret_n)
{
	*ret_n = N_ELEMENTS(roles);
	return roles;
}

bool langsmith_is_role(const struct role *role)
{
	/* Other dialects have scopes of their own. */
	if (!str_is_absent(role->scope))
		return str_eq(role->scope, STR(ROLE_SCOPE_ORGANIZATION)) ||
		       str_eq(role->scope, STR(ROLE_SCOPE_WORKSPACE));
	for (size_t i = 0; i < role->actions.n; i++)
		if (!langsmith_permission_find(role->actions.items[i]))
			return false;
	return true;
}

struct str langsmith_role_name(const struct role *role)
{
	for (size_t i = 0; i < N_ELEMENTS(roles); i++)
		if (str_eq(roles[i].doc.id, role->doc.id))
			return role_names[i];
	return STR("CUSTOM");
}
