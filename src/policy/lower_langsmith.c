/* SPDX-License-Identifier: Apache-2.0
 *
 * LangSmith. A tag policy is one statement a condition group, held by the roles it is attached to; an attachment to a
 * group says the same for the group's members; it allows only in workspaces of which they are members already. What a
 * resource is like is judged by the condition alone: the statement's resources are selectors (policy/tags.h), by which
 * those of the type, or those with the right tags, are found.
 *
 * With ABAC switched off tag policies say nothing. With RBAC switched off whoever holds one of LangSmith's roles in a
 * workspace may do there all that the workspace has permissions for, as an Organization Admin may everywhere. Roles of
 * other dialects, and those of the program such as a decision client's, gain nothing.
 */
#include "policy/lower.h"

#include "base/strs.h"
#include "policy/tags.h"

/* The types of resource that questions about the group name: "queue" is also spelled "queues", and runs count by the
 * tags of their project. */
static struct str_list asked_types(const struct tag_group *group, struct arena *a)
{
	struct strs c = {.arena = a};
	enum langsmith_type type = langsmith_type_of(group->resource_type);

	if (type == LANGSMITH_NO_TYPE)
		return (struct str_list){0};
	strs_add(&c, langsmith_type_name(type));
	if (type == LANGSMITH_QUEUE)
		strs_add(&c, STR("queues"));
	if (type == LANGSMITH_PROJECT && str_starts_with(group->permission, STR("runs:")))
		strs_add(&c, STR("run"));
	return strs_list(&c);
}

static struct str_list group_resources(const struct tag_group *group, bool deny, struct arena *a)
{
	struct str_list types = asked_types(group, a);
	struct strs c = {.arena = a};

	for (size_t i = 0; i < types.n; i++) {
		strs_add(&c, tag_selector_of_group(group, types.items[i], a));
		if (deny) /* unknown never allows */
			strs_add(&c, tag_selector_of_unknown(types.items[i], a));
	}
	return strs_list(&c);
}

struct str lower_tag_selector(const struct tag_group *group, struct str type, struct arena *a)
{
	return str_list_has(asked_types(group, a), type) ? tag_selector_of_group(group, type, a) : STR_NONE;
}

/* `tenant`: NULL for all. */
static void lower_groups(const struct tag_policy *p, const struct str *tenant, struct arena *a,
                         struct statement_set *ret_set)
{
	struct statement *statements = ARENA_ARRAY(a, struct statement, p->n_groups);

	for (size_t i = 0; i < p->n_groups; i++) {
		const struct tag_group *group = &p->groups[i];

		statements[i] = (struct statement){
		    .effect = p->deny ? EFFECT_DENY : EFFECT_ALLOW,
		    .actions = {&group->permission, 1},
		    .resources = group_resources(group, p->deny, a),
		    .all_tenants = !tenant,
		    .tenants = {tenant, tenant ? 1 : 0},
		    .valid_from_ms = INT64_MIN,
		    .valid_until_ms = INT64_MAX,
		    .condition = tag_condition_new(group),
		};
	}
	ret_set->statements = statements;
	ret_set->n_statements = p->n_groups;
}

static bool abac_is_off(const struct snapshot *s)
{
	const struct organization *o = snapshot_organization(s);

	return o && o->abac_is_off;
}

void lower_tag_policy(const struct snapshot *s, const struct tag_policy *p, struct arena *a,
                      struct statement_set *ret_set)
{
	struct strs subjects = {.arena = a};

	if (abac_is_off(s) || p->roles.n == 0)
		return;
	for (size_t i = 0; i < p->roles.n; i++) {
		strs_add(&subjects, arena_concat(a, STR(SUBJECT_ROLE), p->roles.items[i]));
		/* An Organization Admin acts as Admin in every workspace. */
		if (str_eq(p->roles.items[i], STR(LANGSMITH_WORKSPACE_ADMIN)))
			strs_add(&subjects, STR(SUBJECT_ROLE LANGSMITH_ORGANIZATION_ADMIN));
	}
	ret_set->subjects = strs_list(&subjects);
	lower_groups(p, NULL, a, ret_set);
}

void lower_policy_attachment(const struct snapshot *s, const struct policy_attachment *at, struct arena *a,
                             struct statement_set *ret_set)
{
	const struct tag_policy *p = FIND(s, tag_policy, TAG_POLICY, at->policy);
	struct str *subject;

	if (!p || abac_is_off(s))
		return;
	subject = ARENA_NEW(a, struct str);
	*subject = arena_concat(a, p->deny ? STR(SUBJECT_GROUP) : STR(SUBJECT_ATTACHED_GROUP), at->group);
	ret_set->subjects = (struct str_list){subject, 1};
	lower_groups(p, str_is_absent(at->tenant) ? NULL : &at->tenant, a, ret_set);
}

struct str_list lower_permissions_without_rbac(const struct snapshot *s, const struct role *r, struct arena *a)
{
	const struct organization *o = snapshot_organization(s);
	bool is_admin = str_eq(r->doc.id, STR(LANGSMITH_ORGANIZATION_ADMIN));
	struct strs c = {.arena = a};
	const struct langsmith_permission *all;
	size_t n;

	if (!o || !o->rbac_is_off || !langsmith_is_role(r) ||
	    (str_eq(r->scope, STR(ROLE_SCOPE_ORGANIZATION)) && !is_admin))
		return (struct str_list){0};
	all = langsmith_permissions(&n);
	for (size_t i = 0; i < n; i++)
		if (all[i].scope == LANGSMITH_WORKSPACE)
			strs_add(&c, all[i].name);
	return strs_list(&c);
}
