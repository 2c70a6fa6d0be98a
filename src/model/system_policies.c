/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables only.
 */
#include "model/system_policies.h"

#include "model/conductorone.h"

#define LIST(array)                                                                                                    \
	{                                                                                                              \
		(array), N_ELEMENTS(array)                                                                             \
	}
#define S(text) STR_INIT(text)
#define DOC(upper, text)                                                                                               \
	{                                                                                                              \
		.kind = DOC_##upper, .id = STR_INIT(text)                                                              \
	}
#define STATEMENTS(array) .statements = (array), .n_statements = N_ELEMENTS(array)

static const struct str everything[] = {S("*")};

static const struct str introspect[] = {S("iam:introspect:*")}, on_introspect[] = {S("iam:introspect")};
static const struct str version[] = {S("system:serviceVersion:get"), S("system:serviceVersion:list")},
                        on_version[] = {S("system:service:version")};
static const struct str telemetry[] = {S("system:telemetryConfig:get")}, on_telemetry[] = {S("system:config")};
static const struct str license[] = {S("system:license:get")}, on_license[] = {S("system:status")};
static const struct str get_policy[] = {S("iam:policies:get")}, on_policy_version[] = {S("iam:policyVersion")};
static const struct str rule_status[] = {S("iam:rules:status")}, on_rules[] = {S("iam:rules")};

#define MAY(action_list, resource_list)                                                                                \
	{                                                                                                              \
		.actions = LIST(action_list), .resources = LIST(resource_list), .tenants = LIST(everything)            \
	}
#define MAY_NOT(action_list, resource_list)                                                                            \
	{                                                                                                              \
		.deny = true, .actions = LIST(action_list), .resources = LIST(resource_list),                          \
		.tenants = LIST(everything)                                                                            \
	}

static const struct policy_statement everybody_statements[] = {
    MAY(introspect, on_introspect), MAY(version, on_version),           MAY(telemetry, on_telemetry),
    MAY(license, on_license),       MAY(get_policy, on_policy_version), MAY(rule_status, on_rules),
};

static const struct str own_record[] = {S("iam:users:get"), S("iam:users:list"), S("iam:users:update"),
                                        S("iam:usersSelf:update")};
static const struct str on_own_record[] = {S("iam:users:${a2:username}"), S("iam:usersSelf:${a2:username}")};
static const struct str delete_user[] = {S("iam:users:delete")};
static const struct str on_own_user[] = {S("iam:users:${a2:username}")};
static const struct policy_statement local_user_statements[] = {
    MAY(own_record, on_own_record),
    MAY_NOT(delete_user, on_own_user),
};

static const struct str change_managed_policy[] = {S("iam:policies:update"), S("iam:policies:delete")};
static const struct str managed_policies[] = {S("iam:policies:" BUILTIN_ADMIN_POLICY), S("iam:policies:editor-access"),
                                              S("iam:policies:viewer-access"), S("iam:policies:ingest-access")};
static const struct str change_role[] = {S("iam:roles:update"), S("iam:roles:delete")};
static const struct str managed_roles[] = {
    S("iam:roles:owner"),           S("iam:roles:" BUILTIN_TENANT_ADMIN),
    S("iam:roles:" BUILTIN_EDITOR), S("iam:roles:" BUILTIN_VIEWER),
    S("iam:roles:ingest"),          S("iam:roles:pdp-client"),
};
static const struct policy_statement protection_statements[] = {
    MAY_NOT(change_managed_policy, managed_policies),
    MAY_NOT(change_role, managed_roles),
};

static const struct str local_users[] = {S(SUBJECT_USER "*")};

/* Whoever is a user at all may what ConductorOne's Basic User may. */
static const struct policy_statement basic_user_statements[] = {
    {.role = S(C1_BASIC_USER), .resources = LIST(everything), .tenants = LIST(everything)},
};

static const struct statement_policy policies[] = {
    {DOC(STATEMENT_POLICY, "system:everybody"), .name = S("System"), .type = S(POLICY_TYPE_SYSTEM),
     .members = LIST(everything), STATEMENTS(everybody_statements)},
    {DOC(STATEMENT_POLICY, "system:local-users"), .name = S("System Local Users"), .type = S(POLICY_TYPE_SYSTEM),
     .members = LIST(local_users), STATEMENTS(local_user_statements)},
    {DOC(STATEMENT_POLICY, "system:basic-users"), .name = S("System Basic Users"), .type = S(POLICY_TYPE_SYSTEM),
     .members = LIST(local_users), STATEMENTS(basic_user_statements)},
    {DOC(STATEMENT_POLICY, "system:managed-objects"), .name = S("System policy to protect managed objects"),
     .type = S(POLICY_TYPE_SYSTEM), .members = LIST(everything), STATEMENTS(protection_statements)},
};

size_t system_policies(const struct statement_policy **ret)
{
	*ret = policies;
	return N_ELEMENTS(policies);
}
