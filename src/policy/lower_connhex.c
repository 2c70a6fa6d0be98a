/* SPDX-License-Identifier: Apache-2.0
 *
 * Connhex IAM. A policy is a statement set whose subjects are its members; a statement's actions are its own and those
 * of its role. A role is also held directly (role members): then it allows its actions on everything, where it is held.
 *
 * The ancestor (Chef Automate IAM v2) calls tenants projects: actions and resources of iam:projects… also
 * count as those of iam:tenants…, so that policies carried over mean what they meant.
 */
#include "base/strs.h"
#include "policy/lower.h"

static const struct str any_resource[] = {STR_INIT("*")};

/* Each string, and its spelling with tenants where it speaks of projects. */
static void collect_with_alias(struct strs *c, struct str_list list)
{
	static const struct str projects = STR_INIT("iam:projects"), tenants = STR_INIT("iam:tenants");

	for (size_t i = 0; i < list.n; i++) {
		struct str s = list.items[i];

		strs_add(c, s);
		if (str_starts_with(s, projects) && (s.len == projects.len || s.ptr[projects.len] == ':'))
			strs_add(c, arena_concat(c->arena, tenants, str_slice(s, projects.len, s.len)));
	}
}

static void lower_statement(const struct snapshot *s, const struct policy_statement *p, struct arena *a,
                            struct statement *ret)
{
	struct strs actions = {.arena = a}, resources = {.arena = a};
	const struct role *role = str_is_empty(p->role) ? NULL : FIND(s, role, ROLE, p->role);

	collect_with_alias(&actions, p->actions);
	/* A role that does not exist contributes nothing. */
	if (role)
		collect_with_alias(&actions, role->actions);
	collect_with_alias(&resources, p->resources);
	*ret = (struct statement){
	    .effect = p->deny ? EFFECT_DENY : EFFECT_ALLOW,
	    .actions = strs_list(&actions),
	    .resources = strs_list(&resources),
	    .all_tenants = str_list_has(p->tenants, STR("*")),
	    .tenants = p->tenants,
	    .valid_from_ms = INT64_MIN,
	    .valid_until_ms = INT64_MAX,
	};
}

void lower_statement_policy(const struct snapshot *s, const struct statement_policy *p, struct arena *a,
                            struct statement_set *ret_set)
{
	struct statement *statements = ARENA_ARRAY(a, struct statement, p->n_statements);

	for (size_t i = 0; i < p->n_statements; i++)
		lower_statement(s, &p->statements[i], a, &statements[i]);
	ret_set->subjects = p->members;
	ret_set->statements = statements;
	ret_set->n_statements = p->n_statements;
}

void lower_role(const struct snapshot *s, const struct role *r, struct arena *a, struct statement_set *ret_set)
{
	struct strs actions = {.arena = a};
	struct statement *statement = ARENA_NEW(a, struct statement);
	struct str *subject = ARENA_NEW(a, struct str);
	struct str_list more = lower_permissions_without_rbac(s, r, a);

	collect_with_alias(&actions, r->actions);
	for (size_t i = 0; i < more.n; i++)
		strs_add(&actions, more.items[i]);
	*subject = arena_concat(a, STR(SUBJECT_ROLE), r->doc.id);
	*statement = (struct statement){
	    .effect = EFFECT_ALLOW,
	    .actions = strs_list(&actions),
	    .resources = {any_resource, 1},
	    .all_tenants = true,
	    .valid_from_ms = INT64_MIN,
	    .valid_until_ms = INT64_MAX,
	};
	ret_set->subjects = (struct str_list){subject, 1};
	ret_set->statements = statement;
	ret_set->n_statements = 1;
}
