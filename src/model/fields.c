/* SPDX-License-Identifier: Apache-2.0 */
#include "model/fields.h"

#define FIELD(kind, member, json_name, field_type)                                                                     \
	{                                                                                                              \
		STR_INIT(json_name), field_type, offsetof(struct kind, member), NULL, NULL                             \
	}
#define FIELD_ENUM_OF(kind, member, of)                                                                                \
	{                                                                                                              \
		STR_INIT(#member), FIELD_ENUM,                                                                         \
		    offsetof(struct kind, member) +                                                                    \
		        0 * sizeof(char[sizeof(((struct kind *)0)->member) == sizeof(int) ? 1 : -1]),                  \
		    NULL, &of##_values                                                                                 \
	}
#define LIST_INFO(of)                                                                                                  \
	{                                                                                                              \
		sizeof(struct of), of##_fields, N_ELEMENTS(of##_fields)                                                \
	}
/* The member and n_<member> must stand together as a struct list would. */
#define FIELD_LIST_OF(kind, member, of)                                                                                \
	{                                                                                                              \
		STR_INIT(#member), FIELD_LIST,                                                                         \
		    offsetof(struct kind, member) +                                                                    \
		        0 * sizeof(char[offsetof(struct kind, n_##member) - offsetof(struct kind, member) ==           \
		                                offsetof(struct list, n)                                               \
		                            ? 1                                                                        \
		                            : -1]),                                                                    \
		    &of##_list, NULL                                                                                   \
	}

static const struct field common_fields[] = {
    FIELD(document, aliases, "aliases", FIELD_STRS),
    FIELD(document, created_at_ms, "created_at", FIELD_TIME),
    FIELD(document, updated_at_ms, "updated_at", FIELD_TIME),
};

const struct list_info document_common_fields = {0, common_fields, N_ELEMENTS(common_fields)};

static const struct field organization_fields[] = {
    FIELD(organization, display_name, "display_name", FIELD_STR),
    FIELD(organization, rbac_is_off, "rbac_off", FIELD_BOOL),
    FIELD(organization, abac_is_off, "abac_off", FIELD_BOOL),
    FIELD(organization, audit_logs_are_off, "audit_logs_off", FIELD_BOOL),
    FIELD(organization, departments_inherit, "departments_inherit", FIELD_BOOL),
};
static const struct field tenant_fields[] = {
    FIELD(tenant, display_name, "display_name", FIELD_STR),
    FIELD(tenant, is_managed, "managed", FIELD_BOOL),
    FIELD(tenant, handle, "handle", FIELD_STR),
    FIELD(tenant, description, "description", FIELD_STR),
    FIELD(tenant, governance_policy, "governance_policy", FIELD_STR),
};
static const struct field user_fields[] = {
    FIELD(user, email, "email", FIELD_STR),
    FIELD(user, display_name, "display_name", FIELD_STR),
    FIELD(user, manager, "manager", FIELD_STR),
    FIELD(user, delegate, "delegate", FIELD_STR),
    FIELD(user, delegate_from_ms, "delegate_from", FIELD_TIME),
    FIELD(user, delegate_until_ms, "delegate_until", FIELD_TIME),
    FIELD(user, attributes, "attributes", FIELD_JSON),
};
static const struct field service_account_fields[] = {
    FIELD(service_account, display_name, "display_name", FIELD_STR),
    FIELD(service_account, default_tenant, "default_tenant", FIELD_STR),
    FIELD(service_account, sole_key, "sole_key", FIELD_STR),
};
static const struct field group_fields[] = {
    FIELD(group, type, "type", FIELD_STR),
    FIELD(group, display_name, "display_name", FIELD_STR),
    FIELD(group, description, "description", FIELD_STR),
    FIELD(group, parent, "parent", FIELD_STR),
    FIELD(group, tenants, "tenants", FIELD_STRS),
    FIELD(group, color, "color", FIELD_STR),
    FIELD(group, created_by, "created_by", FIELD_STR),
};
static const struct field group_member_fields[] = {
    FIELD(group_member, group, "group", FIELD_STR),
    FIELD(group_member, member, "member", FIELD_STR),
};
static const struct field role_fields[] = {
    FIELD(role, display_name, "display_name", FIELD_STR), FIELD(role, description, "description", FIELD_STR),
    FIELD(role, is_managed, "managed", FIELD_BOOL),       FIELD(role, actions, "actions", FIELD_STRS),
    FIELD(role, tenants, "tenants", FIELD_STRS),          FIELD(role, scope, "scope", FIELD_STR),
    FIELD(role, policies, "policies", FIELD_STRS),
};
static const struct field role_member_fields[] = {
    FIELD(role_member, role, "role", FIELD_STR),
    FIELD(role_member, principal_type, "principal_type", FIELD_STR),
    FIELD(role_member, principal_id, "principal_id", FIELD_STR),
    FIELD(role_member, tenant, "tenant", FIELD_STR),
};
static const struct field resource_tag_fields[] = {
    FIELD(resource_tag, key, "key", FIELD_STR),
    FIELD(resource_tag, value, "value", FIELD_STR),
    FIELD(resource_tag, value_id, "value_id", FIELD_STR),
    FIELD(resource_tag, id, "id", FIELD_STR),
    FIELD(resource_tag, created_at_ms, "created_at", FIELD_TIME),
};
const struct list_info resource_tag_list = LIST_INFO(resource_tag);
static const struct field resource_fields[] = {
    FIELD(resource, type, "type", FIELD_STR),
    FIELD(resource, resource_id, "resource_id", FIELD_STR),
    FIELD(resource, tenant, "tenant", FIELD_STR),
    FIELD(resource, parent, "parent", FIELD_STR),
    FIELD_LIST_OF(resource, tags, resource_tag),
    FIELD(resource, attributes, "attributes", FIELD_JSON),
    FIELD(resource, display_name, "display_name", FIELD_STR),
    FIELD(resource, description, "description", FIELD_STR),
    FIELD(resource, members, "members", FIELD_STRS),
    FIELD(resource, created_by, "created_by", FIELD_STR),
};
static const struct field key_fields[] = {
    FIELD(key, name, "name", FIELD_STR),
    FIELD(key, principal_type, "principal_type", FIELD_STR),
    FIELD(key, principal_id, "principal_id", FIELD_STR),
    FIELD(key, hash, "hash", FIELD_STR),
    FIELD(key, hint, "hint", FIELD_STR),
    FIELD(key, is_bound, "bound", FIELD_BOOL),
    FIELD(key, tenants, "tenants", FIELD_STRS),
    FIELD(key, expires_at_ms, "expires_at", FIELD_TIME),
    FIELD(key, is_revoked, "revoked", FIELD_BOOL),
    FIELD(key, is_inactive, "inactive", FIELD_BOOL),
    FIELD(key, via, "via", FIELD_STR),
    FIELD(key, created_by, "created_by", FIELD_STR),
    FIELD(key, default_tenant, "default_tenant", FIELD_STR),
};
static const struct field policy_statement_fields[] = {
    FIELD(policy_statement, deny, "deny", FIELD_BOOL),
    FIELD(policy_statement, actions, "actions", FIELD_STRS),
    FIELD(policy_statement, role, "role", FIELD_STR),
    FIELD(policy_statement, resources, "resources", FIELD_STRS),
    FIELD(policy_statement, tenants, "tenants", FIELD_STRS),
};
static const struct list_info policy_statement_list = LIST_INFO(policy_statement);
static const struct field statement_policy_fields[] = {
    FIELD(statement_policy, name, "name", FIELD_STR),
    FIELD(statement_policy, type, "type", FIELD_STR),
    FIELD(statement_policy, members, "members", FIELD_STRS),
    FIELD_LIST_OF(statement_policy, statements, policy_statement),
    FIELD(statement_policy, tenants, "tenants", FIELD_STRS),
};
static const struct field tag_key_fields[] = {
    FIELD(tag_key, tenant, "tenant", FIELD_STR),
    FIELD(tag_key, key, "key", FIELD_STR),
    FIELD(tag_key, description, "description", FIELD_STR),
};
static const struct field tag_value_fields[] = {
    FIELD(tag_value, tenant, "tenant", FIELD_STR),
    FIELD(tag_value, tag_key, "tag_key", FIELD_STR),
    FIELD(tag_value, value, "value", FIELD_STR),
    FIELD(tag_value, description, "description", FIELD_STR),
};
static const struct field tag_condition_fields[] = {
    FIELD(tag_condition, attribute, "attribute", FIELD_STR),
    FIELD(tag_condition, key, "key", FIELD_STR),
    FIELD(tag_condition, operator, "operator", FIELD_STR),
    FIELD(tag_condition, value, "value", FIELD_STR),
};
static const struct list_info tag_condition_list = LIST_INFO(tag_condition);
static const struct field tag_group_fields[] = {
    FIELD(tag_group, permission, "permission", FIELD_STR),
    FIELD(tag_group, resource_type, "resource_type", FIELD_STR),
    FIELD_LIST_OF(tag_group, conditions, tag_condition),
};
static const struct list_info tag_group_list = LIST_INFO(tag_group);
static const struct field tag_policy_fields[] = {
    FIELD(tag_policy, name, "name", FIELD_STR),    FIELD(tag_policy, description, "description", FIELD_STR),
    FIELD(tag_policy, deny, "deny", FIELD_BOOL),   FIELD_LIST_OF(tag_policy, groups, tag_group),
    FIELD(tag_policy, roles, "roles", FIELD_STRS),
};
static const struct field policy_attachment_fields[] = {
    FIELD(policy_attachment, policy, "policy", FIELD_STR),
    FIELD(policy_attachment, group, "group", FIELD_STR),
    FIELD(policy_attachment, tenant, "tenant", FIELD_STR),
};
static const struct field invitation_fields[] = {
    FIELD(invitation, email, "email", FIELD_STR),
    FIELD(invitation, via, "via", FIELD_STR),
    FIELD(invitation, tenant, "tenant", FIELD_STR),
    FIELD(invitation, display_name, "display_name", FIELD_STR),
    FIELD(invitation, role, "role", FIELD_STR),
    FIELD(invitation, tenants, "tenants", FIELD_STRS),
    FIELD(invitation, tenant_role, "tenant_role", FIELD_STR),
    FIELD(invitation, created_by, "created_by", FIELD_STR),
};

static const struct field permission_policy_fields[] = {
    FIELD(permission_policy, name, "name", FIELD_STR),
    FIELD(permission_policy, description, "description", FIELD_STR),
    FIELD(permission_policy, tenant, "tenant", FIELD_STR),
    FIELD(permission_policy, permissions, "permissions", FIELD_STRS),
};
static const struct field governance_control_fields[] = {
    FIELD(governance_control, id, "id", FIELD_STR),
    FIELD(governance_control, name, "name", FIELD_STR),
    FIELD(governance_control, type, "type", FIELD_STR),
};
static const struct list_info governance_control_list = LIST_INFO(governance_control);
static const struct field governance_policy_fields[] = {
    FIELD(governance_policy, name, "name", FIELD_STR),
    FIELD(governance_policy, description, "description", FIELD_STR),
    FIELD_LIST_OF(governance_policy, controls, governance_control),
};

static const struct field access_grant_fields[] = {
    FIELD_ENUM_OF(access_grant, entity_type, entity_type),
    FIELD(access_grant, entity_id, "entity_id", FIELD_STR),
    FIELD_ENUM_OF(access_grant, grantee_type, grantee_type),
    FIELD(access_grant, grantee_id, "grantee_id", FIELD_STR),
    FIELD_ENUM_OF(access_grant, level, level),
    FIELD(access_grant, granted_by, "granted_by", FIELD_STR),
};
static const struct field approval_policy_fields[] = {
    FIELD(approval_policy, display_name, "display_name", FIELD_STR),
    FIELD(approval_policy, description, "description", FIELD_STR),
    FIELD_ENUM_OF(approval_policy, type, request_type),
    FIELD(approval_policy, steps, "steps", FIELD_JSON),
    FIELD(approval_policy, rules, "rules", FIELD_JSON),
    FIELD(approval_policy, post_actions, "post_actions", FIELD_JSON),
    FIELD(approval_policy, annotations, "annotations", FIELD_JSON),
    FIELD(approval_policy, scope, "scope", FIELD_JSON),
    FIELD(approval_policy, baseline_policy, "baseline_policy", FIELD_STR),
    FIELD(approval_policy, is_builtin, "builtin", FIELD_BOOL),
    FIELD(approval_policy, deleted_at_ms, "deleted_at", FIELD_TIME),
};
static const struct field app_fields[] = {
    FIELD(app, display_name, "display_name", FIELD_STR),
    FIELD(app, description, "description", FIELD_STR),
    FIELD(app, owners, "owners", FIELD_STRS),
    FIELD(app, grant_policy, "grant_policy", FIELD_STR),
    FIELD(app, revoke_policy, "revoke_policy", FIELD_STR),
    FIELD(app, certify_policy, "certify_policy", FIELD_STR),
    FIELD(app, details, "details", FIELD_JSON),
};
static const struct field app_resource_type_fields[] = {
    FIELD(app_resource_type, app, "app", FIELD_STR),
    FIELD(app_resource_type, type_id, "type_id", FIELD_STR),
    FIELD(app_resource_type, display_name, "display_name", FIELD_STR),
};
static const struct field app_entitlement_fields[] = {
    FIELD(app_entitlement, app, "app", FIELD_STR),
    FIELD(app_entitlement, entitlement_id, "entitlement_id", FIELD_STR),
    FIELD(app_entitlement, display_name, "display_name", FIELD_STR),
    FIELD(app_entitlement, description, "description", FIELD_STR),
    FIELD(app_entitlement, slug, "slug", FIELD_STR),
    FIELD(app_entitlement, resource_type, "resource_type", FIELD_STR),
    FIELD(app_entitlement, owners, "owners", FIELD_STRS),
    FIELD(app_entitlement, grant_policy, "grant_policy", FIELD_STR),
    FIELD(app_entitlement, revoke_policy, "revoke_policy", FIELD_STR),
    FIELD(app_entitlement, certify_policy, "certify_policy", FIELD_STR),
    FIELD(app_entitlement, has_emergency_access, "emergency_access", FIELD_BOOL),
    FIELD(app_entitlement, emergency_policy, "emergency_policy", FIELD_STR),
    FIELD(app_entitlement, max_duration_ms, "max_duration", FIELD_TIME),
    FIELD(app_entitlement, risk_level, "risk_level", FIELD_STR),
    FIELD(app_entitlement, provisioner, "provisioner", FIELD_JSON),
    FIELD(app_entitlement, deprovisioner, "deprovisioner", FIELD_JSON),
    FIELD(app_entitlement, annotations, "annotations", FIELD_JSON),
    FIELD(app_entitlement, details, "details", FIELD_JSON),
};
static const struct field app_user_fields[] = {
    FIELD(app_user, app, "app", FIELD_STR),           FIELD(app_user, account_id, "account_id", FIELD_STR),
    FIELD(app_user, user, "user", FIELD_STR),         FIELD(app_user, display_name, "display_name", FIELD_STR),
    FIELD(app_user, username, "username", FIELD_STR), FIELD(app_user, email, "email", FIELD_STR),
    FIELD(app_user, type, "type", FIELD_STR),         FIELD(app_user, status, "status", FIELD_STR),
    FIELD(app_user, profile, "profile", FIELD_JSON),
};
static const struct field app_action_fields[] = {
    FIELD(app_action, app, "app", FIELD_STR),
    FIELD(app_action, action_id, "action_id", FIELD_STR),
    FIELD(app_action, display_name, "display_name", FIELD_STR),
    FIELD(app_action, description, "description", FIELD_STR),
    FIELD(app_action, policy, "policy", FIELD_STR),
    FIELD(app_action, webhook, "webhook", FIELD_STR),
    FIELD(app_action, assignees, "assignees", FIELD_STRS),
    FIELD(app_action, creates_type, "creates_type", FIELD_STR),
    FIELD(app_action, form, "form", FIELD_JSON),
};
static const struct field entitlement_binding_fields[] = {
    FIELD(entitlement_binding, app, "app", FIELD_STR),
    FIELD(entitlement_binding, entitlement_id, "entitlement_id", FIELD_STR),
    FIELD(entitlement_binding, account_id, "account_id", FIELD_STR),
    FIELD(entitlement_binding, user, "user", FIELD_STR),
    FIELD(entitlement_binding, expires_at_ms, "expires_at", FIELD_TIME),
    FIELD(entitlement_binding, request, "request", FIELD_STR),
};
static const struct field request_step_fields[] = {
    FIELD(request_step, id, "id", FIELD_STR),
    FIELD(request_step, generation, "generation", FIELD_STR),
    FIELD_ENUM_OF(request_step, kind, step_kind),
    FIELD_ENUM_OF(request_step, state, step_state),
    FIELD(request_step, definition, "definition", FIELD_JSON),
    FIELD(request_step, approvers, "approvers", FIELD_STRS),
    FIELD(request_step, assigned_at_ms, "assigned_at", FIELD_TIME),
    FIELD(request_step, due_at_ms, "due_at", FIELD_TIME),
    FIELD(request_step, gives_up_at_ms, "gives_up_at", FIELD_TIME),
    FIELD(request_step, is_escalated, "escalated", FIELD_BOOL),
    FIELD(request_step, has_commented, "commented", FIELD_BOOL),
    FIELD(request_step, fault, "fault", FIELD_STR),
    FIELD(request_step, data, "data", FIELD_JSON),
    FIELD_ENUM_OF(request_step, outcome, step_outcome),
    FIELD(request_step, outcome_by, "outcome_by", FIELD_STR),
    FIELD(request_step, outcome_at_ms, "outcome_at", FIELD_TIME),
    FIELD(request_step, next_step, "next_step", FIELD_STR),
};
static const struct list_info request_step_list = LIST_INFO(request_step);
static const struct field access_request_fields[] = {
    FIELD(access_request, number, "number", FIELD_TIME),
    FIELD_ENUM_OF(access_request, type, request_type),
    FIELD_ENUM_OF(access_request, state, request_state),
    FIELD_ENUM_OF(access_request, outcome, request_outcome),
    FIELD(access_request, outcome_at_ms, "outcome_at", FIELD_TIME),
    FIELD(access_request, description, "description", FIELD_STR),
    FIELD(access_request, app, "app", FIELD_STR),
    FIELD(access_request, entitlement_id, "entitlement_id", FIELD_STR),
    FIELD(access_request, account_id, "account_id", FIELD_STR),
    FIELD(access_request, action_id, "action_id", FIELD_STR),
    FIELD(access_request, parent, "parent", FIELD_STR),
    FIELD(access_request, user, "user", FIELD_STR),
    FIELD(access_request, created_by, "created_by", FIELD_STR),
    FIELD(access_request, duration_ms, "duration", FIELD_TIME),
    FIELD(access_request, until_ms, "until", FIELD_TIME),
    FIELD(access_request, is_emergency, "emergency", FIELD_BOOL),
    FIELD(access_request, origin, "origin", FIELD_STR),
    FIELD(access_request, source, "source", FIELD_JSON),
    FIELD(access_request, data, "data", FIELD_JSON),
    FIELD(access_request, review, "review", FIELD_STR),
    FIELD(access_request, policy, "policy", FIELD_STR),
    FIELD(access_request, generation, "generation", FIELD_STR),
    FIELD(access_request, policy_message, "policy_message", FIELD_JSON),
    FIELD(access_request, queue, "queue", FIELD_JSON),
    FIELD_LIST_OF(access_request, steps, request_step),
    FIELD(access_request, decided_by, "decided_by", FIELD_STRS),
    FIELD(access_request, n_comments, "n_comments", FIELD_TIME),
    FIELD(access_request, n_events, "n_events", FIELD_TIME),
};
static const struct field request_event_fields[] = {
    FIELD(request_event, request, "request", FIELD_STR), FIELD(request_event, kind, "kind", FIELD_STR),
    FIELD(request_event, user, "user", FIELD_STR),       FIELD(request_event, is_error, "error", FIELD_BOOL),
    FIELD_ENUM_OF(request_event, state, request_state),  FIELD(request_event, message, "message", FIELD_JSON),
};
static const struct field access_review_fields[] = {
    FIELD(access_review, display_name, "display_name", FIELD_STR),
    FIELD(access_review, description, "description", FIELD_STR),
    FIELD(access_review, state, "state", FIELD_STR),
    FIELD(access_review, policy, "policy", FIELD_STR),
    FIELD(access_review, overrides_policy, "overrides_policy", FIELD_BOOL),
    FIELD(access_review, owners, "owners", FIELD_STRS),
    FIELD(access_review, scope, "scope", FIELD_JSON),
    FIELD(access_review, auto_close_decision, "auto_close_decision", FIELD_STR),
    FIELD(access_review, starts_at_ms, "starts_at", FIELD_TIME),
    FIELD(access_review, ends_at_ms, "ends_at", FIELD_TIME),
    FIELD(access_review, started_at_ms, "started_at", FIELD_TIME),
    FIELD(access_review, closed_at_ms, "closed_at", FIELD_TIME),
    FIELD(access_review, n_requests, "n_requests", FIELD_TIME),
    FIELD(access_review, created_by, "created_by", FIELD_STR),
    FIELD(access_review, template, "template", FIELD_STR),
    FIELD(access_review, problem, "problem", FIELD_STR),
    FIELD(access_review, details, "details", FIELD_JSON),
};
static const struct field access_review_template_fields[] = {
    FIELD(access_review_template, display_name, "display_name", FIELD_STR),
    FIELD(access_review_template, description, "description", FIELD_STR),
    FIELD(access_review_template, policy, "policy", FIELD_STR),
    FIELD(access_review_template, overrides_policy, "overrides_policy", FIELD_BOOL),
    FIELD(access_review_template, owners, "owners", FIELD_STRS),
    FIELD(access_review_template, scope, "scope", FIELD_JSON),
    FIELD(access_review_template, auto_close_decision, "auto_close_decision", FIELD_STR),
    FIELD(access_review_template, duration_ms, "duration", FIELD_TIME),
    FIELD(access_review_template, starts_reviews, "starts_reviews", FIELD_BOOL),
    FIELD(access_review_template, closes_reviews, "closes_reviews", FIELD_BOOL),
    FIELD(access_review_template, is_scheduled, "scheduled", FIELD_BOOL),
    FIELD(access_review_template, next_at_ms, "next_at", FIELD_TIME),
    FIELD(access_review_template, n_reviews, "n_reviews", FIELD_TIME),
    FIELD(access_review_template, rule, "rule", FIELD_JSON),
    FIELD(access_review_template, details, "details", FIELD_JSON),
};
static const struct field webhook_fields[] = {
    FIELD(webhook, display_name, "display_name", FIELD_STR),
    FIELD(webhook, description, "description", FIELD_STR),
    FIELD(webhook, url, "url", FIELD_STR),
    FIELD(webhook, callback_timeout_ms, "callback_timeout", FIELD_TIME),
};
static const struct field webhook_call_fields[] = {
    FIELD(webhook_call, webhook, "webhook", FIELD_STR),
    FIELD(webhook_call, request, "request", FIELD_STR),
    FIELD(webhook_call, task, "task", FIELD_STR),
    FIELD(webhook_call, is_waiting, "waiting", FIELD_BOOL),
    FIELD(webhook_call, n_attempts, "attempts", FIELD_TIME),
    FIELD(webhook_call, attempted_at_ms, "attempted_at", FIELD_TIME),
    FIELD(webhook_call, due_at_ms, "due_at", FIELD_TIME),
};
static const struct field oauth_client_fields[] = {
    FIELD(oauth_client, display_name, "display_name", FIELD_STR),
    FIELD(oauth_client, user, "user", FIELD_STR),
    FIELD(oauth_client, public_key, "public_key", FIELD_STR),
    FIELD(oauth_client, source_cidrs, "source_cidrs", FIELD_STRS),
    FIELD(oauth_client, scopes, "scopes", FIELD_STRS),
    FIELD(oauth_client, expires_at_ms, "expires_at", FIELD_TIME),
};
static const struct field token_issuer_fields[] = {
    FIELD(token_issuer, display_name, "display_name", FIELD_STR),
    FIELD(token_issuer, issuer, "issuer", FIELD_STR),
    FIELD(token_issuer, audiences, "audiences", FIELD_STRS),
    FIELD(token_issuer, keys, "keys", FIELD_JSON),
    FIELD(token_issuer, keys_url, "keys_url", FIELD_STR),
    FIELD(token_issuer, principal_type, "principal_type", FIELD_STR),
    FIELD(token_issuer, principal_id, "principal_id", FIELD_STR),
    FIELD(token_issuer, subject_claim, "subject_claim", FIELD_STR),
    FIELD(token_issuer, subject, "subject", FIELD_STR),
    FIELD(token_issuer, source_cidrs, "source_cidrs", FIELD_STRS),
    FIELD(token_issuer, scopes, "scopes", FIELD_STRS),
    FIELD(token_issuer, is_bearer, "bearer", FIELD_BOOL),
    FIELD(token_issuer, is_single_use, "single_use", FIELD_BOOL),
};
static const struct field access_policy_fields[] = {
    FIELD(access_policy, description, "description", FIELD_STR),
    FIELD(access_policy, deny, "deny", FIELD_BOOL),
    FIELD(access_policy, subjects, "subjects", FIELD_STRS),
    FIELD(access_policy, actions, "actions", FIELD_STRS),
    FIELD(access_policy, resources, "resources", FIELD_STRS),
    FIELD(access_policy, tenants, "tenants", FIELD_STRS),
    FIELD(access_policy, condition, "condition", FIELD_STR),
    FIELD(access_policy, valid_from_ms, "valid_from", FIELD_TIME),
    FIELD(access_policy, valid_until_ms, "valid_until", FIELD_TIME),
};
static const struct field access_task_fields[] = {
    FIELD(access_task, requester, "requester", FIELD_STR),
    FIELD(access_task, idempotency_key, "idempotency_key", FIELD_STR),
    FIELD(access_task, fingerprint, "fingerprint", FIELD_STR),
    FIELD(access_task, user, "user", FIELD_STR),
    FIELD(access_task, is_bundle, "bundle", FIELD_BOOL),
    FIELD(access_task, subject, "subject", FIELD_JSON),
    FIELD(access_task, context, "context", FIELD_JSON),
    FIELD(access_task, client, "client", FIELD_JSON),
    FIELD(access_task, items, "items", FIELD_JSON),
    FIELD(access_task, webhook, "webhook", FIELD_STR),
    FIELD(access_task, webhook_state, "webhook_state", FIELD_JSON),
    FIELD(access_task, webhook_events, "webhook_events", FIELD_STRS),
    FIELD(access_task, expires_at_ms, "expires_at", FIELD_TIME),
    FIELD(access_task, due_at_ms, "due_at", FIELD_TIME),
};

static const struct field separation_fields[] = {
    FIELD(separation, description, "description", FIELD_STR), FIELD(separation, roles, "roles", FIELD_STRS),
    FIELD(separation, max, "max", FIELD_TIME), /* a number, as times are */
};

const struct kind_info document_kinds[DOC_N_KINDS] = {
#define X(upper, lower)                                                                                                \
	[DOC_##upper] = {STR_INIT(#lower), sizeof(struct lower), lower##_fields, N_ELEMENTS(lower##_fields)},
    DOCUMENT_KINDS(X)
#undef X
};
