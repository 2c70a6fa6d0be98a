/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements as permission policies: those of custom roles of Confident AI's, on everything. What a role of the
 * organization holds counts in no tenant; with project:manage it would bring all that projects know besides.
 */
#include "base/strs.h"
#include "model/confident.h"
#include "policy/convert_impl.h"
#include "policy/lower.h"

/* The role, if it is one that holds policies; NULL: it is none. */
static const struct role *role_of(struct convert *c, struct str subject)
{
	static const struct str prefix = STR_INIT(SUBJECT_ROLE);
	const struct role *r;

	if (!str_starts_with(subject, prefix))
		return NULL;
	r = FIND(c->snapshot, role, ROLE, str_slice(subject, prefix.len, subject.len));
	if (!r || r->is_managed || !lower_is_confident_role(r) || (confident_is_project_role(r) && r->tenants.n == 0))
		return NULL;
	return r;
}

/* Absent: the organization. */
static struct str project_of(const struct role *r)
{
	return confident_is_project_role(r) ? r->tenants.items[0] : STR_NONE;
}

static enum confident_scope scope_of(struct str project)
{
	return str_is_absent(project) ? CONFIDENT_ORGANIZATION : CONFIDENT_PROJECT;
}

/* Absent: there is none of that name. */
static struct str permission_id(struct str name, enum confident_scope scope)
{
	size_t n;
	const struct confident_permission *all = confident_permissions(&n);

	for (size_t i = 0; i < n; i++)
		if (all[i].scope == scope && str_eq(all[i].name, name))
			return all[i].id;
	return STR_NONE;
}

static struct str_list say_permissions(struct convert *c, const struct middle *m, struct str project)
{
	const enum confident_scope scope = scope_of(project);
	const struct str_list actions = m->s.actions;
	struct strs ids = {.arena = c->arena};

	for (size_t i = 0; i < actions.n; i++) {
		struct str id = permission_id(actions.items[i], scope);

		if (str_is_absent(id))
			convert_lose(c, m, "actions",
			             convert_quoted(c, actions.items[i], "is no permission of that catalogue"));
		else if (m->kind != DOC_ROLE && scope == CONFIDENT_ORGANIZATION &&
		         str_eq(actions.items[i], STR(CONFIDENT_PROJECT_MANAGE)))
			convert_lose(c, m, "actions",
			             convert_quoted(c, actions.items[i], "would bring all permissions in projects"));
		else if (!str_list_has(strs_list(&ids), id))
			strs_add(&ids, id);
	}
	return strs_list(&ids);
}

/* Does the statement reach as far as what such roles hold? What reaches further is narrowed, and told. */
static bool say_place(struct convert *c, const struct middle *m, struct str project)
{
	static const struct str unassigned = STR_INIT(TENANT_UNASSIGNED);
	bool is_organization = str_is_absent(project);

	if (is_organization && !m->s.all_tenants && str_list_has(m->s.tenants, unassigned)) {
		if (m->s.tenants.n > 1)
			convert_lose(c, m, "tenants", STR("roles of the organization count in no tenant"));
		return true;
	}
	if (is_organization && m->s.all_tenants)
		convert_lose(c, m, "tenants", STR("roles of the organization count in no tenant"));
	else if (!m->s.all_tenants)
		convert_lose(c, m, "tenants",
		             convert_quoted(c, is_organization ? STR("organization") : project,
		                            "cannot be said of these tenants alone"));
	return m->s.all_tenants;
}

/* One policy for all of the roles that are of the first one's place. */
static void say_roles(struct convert *c, const struct middle *m, struct str project, struct str_list roles)
{
	struct converted_permissions *p = ARENA_NEW(c->arena, struct converted_permissions);

	if (!say_place(c, m, project))
		return;
	*p = (struct converted_permissions){
	    .policy = {.doc = {.kind = DOC_PERMISSION_POLICY, .id = convert_new_id(c, m)},
	               .name = convert_new_id(c, m),
	               .tenant = project,
	               .permissions = say_permissions(c, m, project)},
	    .roles = roles,
	};
	if (p->policy.permissions.n)
		convert_add_document(c, &p->policy.doc);
}

static bool is_same_place(struct str x, struct str y)
{
	return str_is_absent(x) == str_is_absent(y) && str_eq(x, y);
}

void convert_to_confident(struct convert *c, const struct middle *m)
{
	const struct role **roles;
	size_t n = 0;

	/* That of project:manage follows from the permission. */
	if (m->kind == DOC_ROLE && m->index > 0)
		return;
	if (!convert_is_plain_allow(c, m))
		return;
	if (!str_list_has(m->s.resources, STR("*"))) {
		convert_lose(c, m, "resources", STR("permissions are for all resources"));
		return;
	}
	roles = ARENA_ARRAY(c->arena, const struct role *, m->subjects.n);
	for (size_t i = 0; i < m->subjects.n; i++) {
		roles[n] = role_of(c, m->subjects.items[i]);
		if (roles[n])
			n++;
		else
			convert_lose(c, m, "subjects",
			             convert_quoted(c, m->subjects.items[i], "is no role that holds policies"));
	}
	for (size_t i = 0; i < n; i++) {
		struct strs same = {.arena = c->arena};
		struct str project;

		if (!roles[i])
			continue;
		project = project_of(roles[i]);
		for (size_t k = i; k < n; k++) {
			if (!roles[k] || !is_same_place(project_of(roles[k]), project))
				continue;
			strs_add(&same, roles[k]->doc.id);
			if (k > i)
				roles[k] = NULL;
		}
		say_roles(c, m, project, strs_list(&same));
	}
}
