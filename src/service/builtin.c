/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables only. They are those of the ancestor, with projects called tenants; its service certificates' policies are
 * left out, because no service of this server authenticates so.
 */
#include "service/builtin.h"

#include "model/conductorone.h"
#include "service/approval_policies.h"

#define LIST(array)                                                                                                    \
	{                                                                                                              \
		(array), N_ELEMENTS(array)                                                                             \
	}
#define S(text) STR_INIT(text)
#define DOC(upper, text)                                                                                               \
	{                                                                                                              \
		.kind = DOC_##upper, .id = STR_INIT(text)                                                              \
	}

static const struct str everything[] = {S("*")};

/* ---- roles ------------------------------------------------------------------------------------------- */

static const struct str tenant_admin_actions[] = {
    S("reportmanager:*"),     S("infra:nodes:*"),     S("infra:nodeManagers:*"),
    S("compliance:*"),        S("event:*"),           S("ingest:*"),
    S("secrets:*"),           S("iam:tenants:list"),  S("iam:tenants:get"),
    S("iam:tenants:assign"),  S("iam:policies:list"), S("iam:policies:get"),
    S("iam:policyMembers:*"), S("iam:teams:list"),    S("iam:teams:get"),
    S("iam:teamUsers:*"),     S("iam:users:get"),     S("iam:users:list"),
    S("applications:*"),
};
static const struct str editor_actions[] = {
    S("reportmanager:*"),
    S("infra:infraServers:list"),
    S("infra:infraServers:get"),
    S("infra:nodes:*"),
    S("infra:nodeManagers:*"),
    S("compliance:*"),
    S("event:*"),
    S("ingest:*"),
    S("secrets:*"),
    S("iam:tenants:list"),
    S("iam:tenants:get"),
    S("iam:tenants:assign"),
    S("applications:*"),
};
static const struct str viewer_actions[] = {
    S("reportmanager:*"),
    S("infra:infraServers:list"),
    S("infra:infraServers:get"),
    S("secrets:*:get"),
    S("secrets:*:list"),
    S("infra:nodes:get"),
    S("infra:nodes:list"),
    S("infra:nodeManagers:get"),
    S("infra:nodeManagers:list"),
    S("compliance:*:get"),
    S("compliance:*:list"),
    S("event:*:get"),
    S("event:*:list"),
    S("ingest:*:get"),
    S("ingest:*:list"),
    S("iam:tenants:list"),
    S("iam:tenants:get"),
    S("applications:*:get"),
    S("applications:*:list"),
};
static const struct str ingest_actions[] = {S("infra:ingest:*"), S("compliance:profiles:get"),
                                            S("compliance:profiles:list")};
static const struct str compliance_viewer_actions[] = {S("compliance:*:get"), S("compliance:*:list")};
static const struct str compliance_editor_actions[] = {S("compliance:*")};
/* Not an action of IAM, so that /iam does not show the role: it is what a key needs to ask for decisions. */
static const struct str pdp_client_actions[] = {S("access:evaluate")};

static const struct role roles[] = {
    {DOC(ROLE, "owner"), .display_name = S("Owner"), .is_managed = true, .actions = LIST(everything)},
    {DOC(ROLE, BUILTIN_TENANT_ADMIN), .display_name = S("Tenant Admin"), .is_managed = true,
     .actions = LIST(tenant_admin_actions)},
    {DOC(ROLE, BUILTIN_EDITOR), .display_name = S("Editor"), .is_managed = true, .actions = LIST(editor_actions)},
    {DOC(ROLE, BUILTIN_VIEWER), .display_name = S("Viewer"), .is_managed = true, .actions = LIST(viewer_actions)},
    {DOC(ROLE, "ingest"), .display_name = S("Ingest"), .is_managed = true, .actions = LIST(ingest_actions)},
    {DOC(ROLE, "compliance-viewer"), .display_name = S("Compliance Viewer"),
     .actions = LIST(compliance_viewer_actions)},
    {DOC(ROLE, "compliance-editor"), .display_name = S("Compliance Editor"),
     .actions = LIST(compliance_editor_actions)},
    {DOC(ROLE, "pdp-client"), .display_name = S("Decision Client"), .is_managed = true,
     .actions = LIST(pdp_client_actions)},
};

/* ---- policies ---------------------------------------------------------------------------------------- */

static const struct str admins[] = {S(BUILTIN_ADMIN_TEAM)};
static const struct str editors[] = {S("team:local:editors")};
static const struct str viewers[] = {S("team:local:viewers")};
static const struct str change_policy[] = {S("iam:policies:delete"), S("iam:policies:update")};
static const struct str admin_policy[] = {S("iam:policies:" BUILTIN_ADMIN_POLICY)};

static const struct policy_statement admin_statements[] = {
    {.actions = LIST(everything), .resources = LIST(everything), .tenants = LIST(everything)},
    {.deny = true, .actions = LIST(change_policy), .resources = LIST(admin_policy), .tenants = LIST(everything)},
};
#define ROLE_STATEMENT(text)                                                                                           \
	{                                                                                                              \
		{                                                                                                      \
			.role = STR_INIT(text), .resources = LIST(everything), .tenants = LIST(everything)             \
		}                                                                                                      \
	}
static const struct policy_statement editor_statements[] = ROLE_STATEMENT(BUILTIN_EDITOR);
static const struct policy_statement viewer_statements[] = ROLE_STATEMENT(BUILTIN_VIEWER);
static const struct policy_statement ingest_statements[] = ROLE_STATEMENT("ingest");
static const struct policy_statement compliance_viewer_statements[] = ROLE_STATEMENT("compliance-viewer");
static const struct policy_statement compliance_editor_statements[] = ROLE_STATEMENT("compliance-editor");

#define STATEMENTS(array) .statements = (array), .n_statements = N_ELEMENTS(array)

static const struct statement_policy policies[] = {
    {DOC(STATEMENT_POLICY, BUILTIN_ADMIN_POLICY), .name = S("Administrator"), .type = S(POLICY_TYPE_MANAGED),
     .members = LIST(admins), STATEMENTS(admin_statements)},
    {DOC(STATEMENT_POLICY, "editor-access"), .name = S("Editors"), .type = S(POLICY_TYPE_MANAGED),
     .members = LIST(editors), STATEMENTS(editor_statements)},
    {DOC(STATEMENT_POLICY, "viewer-access"), .name = S("Viewers"), .type = S(POLICY_TYPE_MANAGED),
     .members = LIST(viewers), STATEMENTS(viewer_statements)},
    {DOC(STATEMENT_POLICY, "ingest-access"), .name = S("Ingest"), .type = S(POLICY_TYPE_MANAGED),
     STATEMENTS(ingest_statements)},
    {DOC(STATEMENT_POLICY, "compliance-viewer-access"), .name = S("Compliance Viewers"), .type = S(POLICY_TYPE_CUSTOM),
     STATEMENTS(compliance_viewer_statements)},
    {DOC(STATEMENT_POLICY, "compliance-editor-access"), .name = S("Compliance Editors"), .type = S(POLICY_TYPE_CUSTOM),
     STATEMENTS(compliance_editor_statements)},
};

static const struct group teams[] = {
    {DOC(GROUP, "admins"), .type = S("team"), .display_name = S("Admins")},
    {DOC(GROUP, "editors"), .type = S("team"), .display_name = S("Editors")},
    {DOC(GROUP, "viewers"), .type = S("team"), .display_name = S("Viewers")},
};

void builtin_org_missing(struct txn *t)
{
	/* Others may have been deleted. */
	for (size_t i = 0; i < N_ELEMENTS(roles); i++)
		if (roles[i].is_managed && !snapshot_find(t->snapshot, DOC_ROLE, roles[i].doc.id))
			txn_put(t, &roles[i].doc);
	approval_policy_builtins(t);
}

void builtin_org_defaults(struct txn *t)
{
	for (size_t i = 0; i < N_ELEMENTS(roles); i++)
		txn_put(t, &roles[i].doc);
	for (size_t i = 0; i < N_ELEMENTS(policies); i++)
		txn_put(t, &policies[i].doc);
	for (size_t i = 0; i < N_ELEMENTS(teams); i++)
		txn_put(t, &teams[i].doc);
	approval_policy_builtins(t);
}
