/* SPDX-License-Identifier: Apache-2.0
 *
 * Confident AI. A role allows the permissions of its policies, those of its own scope's catalogue only: a policy may
 * name permissions of the other catalogue, which then never count. Built-in roles have no policies; what they allow
 * follows from the catalogue. No permission implies another, and nothing is ever denied.
 *
 * The two scopes are apart, though some names are in both catalogues. What a role of the organization allows counts for
 * the organization, which is in no tenant; a role of a project is held in that project only. A role of the organization
 * with project:manage also allows all that a project knows, but only where the question is about a tenant.
 */
#include "model/confident.h"
#include "policy/lower.h"
#include "policy/tags.h"

static const struct str any_resource[] = {STR_INIT("*")}, no_tenant[] = {STR_INIT(TENANT_UNASSIGNED)};

static enum truth eval_in_tenant(const struct condition *self UNUSED, const struct query *query)
{
	const struct attributes *attributes = query->attributes;

	return attributes && attributes->is_in_tenant ? TRUTH_TRUE : TRUTH_FALSE;
}

static struct condition *in_tenant_new(void)
{
	struct condition *c = mem_alloc(sizeof(*c));

	*c = (struct condition){.eval = eval_in_tenant};
	return c;
}

static void add_set(struct permission_set *set, const struct permission_set *other)
{
	for (size_t i = 0; i < PERMISSION_SET_WORDS; i++)
		set->words[i] |= other->words[i];
}

static void add_builtin(const struct role *r, struct permission_set *set)
{
	bool is_full = confident_role_is_full(r);
	size_t n;
	const struct confident_permission *all = confident_permissions(&n);

	for (size_t i = 0; i < n; i++)
		if (is_full || all[i].is_members)
			permission_set_add(set, i);
}

static void add_policies(const struct snapshot *s, const struct role *r, struct permission_set *set)
{
	for (size_t i = 0; i < r->policies.n; i++) {
		const struct permission_policy *p = FIND(s, permission_policy, PERMISSION_POLICY, r->policies.items[i]);

		/* One that is gone contributes nothing. */
		if (p)
			add_set(set, &p->granted);
	}
}

/* The names of those permissions of the set that are of this scope; NULL: of all. */
static struct str_list names(const struct permission_set *set, enum confident_scope scope, struct arena *a)
{
	size_t n_all, n = 0;
	const struct confident_permission *all = confident_permissions(&n_all);
	struct str *items = ARENA_ARRAY(a, struct str, n_all);

	for (size_t i = 0; i < n_all; i++)
		if (all[i].scope == scope && (!set || permission_set_has(set, i)))
			items[n++] = all[i].name;
	return (struct str_list){items, n};
}

static struct statement allow(struct str_list actions, const struct condition *condition)
{
	return (struct statement){
	    .effect = EFFECT_ALLOW,
	    .actions = actions,
	    .resources = {any_resource, 1},
	    .all_tenants = true,
	    .valid_from_ms = INT64_MIN,
	    .valid_until_ms = INT64_MAX,
	    .condition = condition,
	};
}

bool lower_is_confident_role(const struct role *r)
{
	return confident_is_organization_role(r) || confident_is_project_role(r);
}

struct str_list lower_confident_actions(const struct snapshot *s, const struct role *r, struct arena *a)
{
	struct permission_set set = {0};

	if (r->is_managed)
		add_builtin(r, &set);
	else
		add_policies(s, r, &set);
	return names(&set, confident_is_project_role(r) ? CONFIDENT_PROJECT : CONFIDENT_ORGANIZATION, a);
}

void lower_confident_role(const struct snapshot *s, const struct role *r, struct arena *a,
                          struct statement_set *ret_set)
{
	struct statement *statements = ARENA_ARRAY(a, struct statement, 2);
	struct str *subject = ARENA_NEW(a, struct str);
	size_t n = 0;

	*subject = arena_concat(a, STR(SUBJECT_ROLE), r->doc.id);
	statements[n++] = allow(lower_confident_actions(s, r, a), NULL);
	if (confident_is_organization_role(r)) {
		statements[0].all_tenants = false;
		statements[0].tenants = (struct str_list){no_tenant, 1};
		if (str_list_has(statements[0].actions, STR(CONFIDENT_PROJECT_MANAGE)))
			statements[n++] = allow(names(NULL, CONFIDENT_PROJECT, a), in_tenant_new());
	}
	ret_set->subjects = (struct str_list){subject, 1};
	ret_set->statements = statements;
	ret_set->n_statements = n;
}
