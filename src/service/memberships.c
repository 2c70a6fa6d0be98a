/* SPDX-License-Identifier: Apache-2.0 */
#include "service/memberships.h"

#include "model/langsmith.h"
#include "service/builtin.h"
#include "service/directory_keys.h"
#include "service/holdings.h"

/* ---- roles ------------------------------------------------------------------------------------------- */

bool membership_is_organization_role(const struct role *role)
{
	return str_eq(role->scope, STR(ROLE_SCOPE_ORGANIZATION));
}

bool membership_is_workspace_role(const struct role *role)
{
	return langsmith_is_role(role) && !membership_is_organization_role(role);
}

/* ---- looking ------------------------------------------------------------------------------------------ */

bool membership_of(const struct snapshot *s, struct principal p, struct arena *a, struct membership *ret)
{
	const struct document *const *docs;
	size_t n = holdings_of(s, p, a, &docs);
	struct workspace_membership *workspaces = n ? ARENA_ARRAY(a, struct workspace_membership, n) : NULL;
	struct membership m = {.workspaces = workspaces};
	bool is_member = false;

	for (size_t i = 0; i < n; i++) {
		const struct role_member *by = as_role_member(docs[i]);
		const struct role *role = FIND(s, role, ROLE, by->role);
		bool is_organization_wide = str_is_absent(by->tenant);

		if (is_organization_wide && str_eq(by->role, STR(BUILTIN_OWNER)))
			m.is_owner = true;
		else if (!role || !langsmith_is_role(role))
			continue;
		else if (!is_organization_wide && membership_is_workspace_role(role))
			workspaces[m.n_workspaces++] = (struct workspace_membership){by->tenant, role, by};
		else if (is_organization_wide && !m.role && membership_is_organization_role(role))
			m.role = role;
		is_member = true;
	}
	if (m.is_owner)
		m.role = FIND(s, role, ROLE, STR(LANGSMITH_ORGANIZATION_ADMIN));
	*ret = m;
	return is_member;
}

const struct workspace_membership *membership_in(const struct membership *m, struct str tenant)
{
	for (size_t i = 0; i < m->n_workspaces; i++)
		if (str_eq(m->workspaces[i].tenant, tenant))
			return &m->workspaces[i];
	return NULL;
}

/* ---- nobody is locked out ------------------------------------------------------------------------------ */

/* Does anybody but the user hold the role organization-wide? An empty group does not. */
static bool somebody_else_holds(struct txn *t, struct str role, struct str user)
{
	const struct document *const *docs, *const *members;
	size_t n =
	    snapshot_linked(t->snapshot, DOC_ROLE_MEMBER, arena_concat(t->arena, STR("role:"), role), t->arena, &docs);

	for (size_t i = 0; i < n; i++) {
		const struct role_member *m = as_role_member(docs[i]);
		bool is_group = str_eq(m->principal_type, STR("group"));

		if (!str_is_absent(m->tenant) ||
		    (str_eq(m->principal_type, STR("user")) && str_eq(m->principal_id, user)))
			continue;
		if (!is_group ||
		    snapshot_linked(t->snapshot, DOC_GROUP_MEMBER,
		                    arena_concat(t->arena, STR("group:"), m->principal_id), t->arena, &members))
			return true;
	}
	return false;
}

/* The user is about to lose the role of ORGANIZATION_ADMIN. */
static enum service_result check_administrators(struct txn *t, struct str user, struct error *err)
{
	if (somebody_else_holds(t, STR(LANGSMITH_ORGANIZATION_ADMIN), user) ||
	    somebody_else_holds(t, STR(BUILTIN_OWNER), user))
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION,
	                                      "nobody else administers the organization");
}

/* ---- changing ------------------------------------------------------------------------------------------ */

/* LangSmith's roles in the place that the tenant (absent: the organization) is. */
static struct holding holding_at(struct str user, struct str tenant)
{
	return (struct holding){
	    .principal = {STR("user"), user},
	    .tenant = tenant,
	    .is_meant = str_is_absent(tenant) ? membership_is_organization_role : membership_is_workspace_role,
	};
}

static bool loses_administration(const struct role_member *m)
{
	return str_is_absent(m->tenant) && str_eq(m->role, STR(LANGSMITH_ORGANIZATION_ADMIN));
}

enum service_result membership_assign(struct txn *t, struct str user, const struct role *role, struct str tenant,
                                      struct error *err)
{
	const struct holding place = holding_at(user, tenant);
	const struct document *const *docs;
	size_t n = holdings_of(t->snapshot, place.principal, t->arena, &docs);
	enum service_result r = SERVICE_OK;

	if (t->n_changes + n >= CASCADE_MAX_DOCUMENTS)
		return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION, "too much changes at once");
	for (size_t i = 0; i < n && r == SERVICE_OK; i++) {
		const struct role_member *m = as_role_member(docs[i]);

		if (holding_is(t->snapshot, &place, m) && !str_eq(m->role, role->doc.id) && loses_administration(m))
			r = check_administrators(t, user, err);
	}
	return r == SERVICE_OK ? holding_replace(t, &place, role, err) : r;
}

void membership_leave_workspace(struct txn *t, struct str user, struct str tenant)
{
	const struct holding place = holding_at(user, tenant);

	holding_end(t, &place);
}

static void revoke_keys(struct txn *t, struct str user)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(t->snapshot, DOC_KEY, arena_concat(t->arena, STR("principal:user:"), user), t->arena,
	                           &docs);

	for (size_t i = 0; i < n; i++)
		directory_revoke_key(t, as_key(docs[i]));
}

/* What LangSmith's roles cannot take away, or must not. */
static enum service_result check_leave(struct txn *t, struct str user, struct error *err)
{
	const struct principal p = {STR("user"), user};
	const struct document *const *docs;
	size_t n = holdings_of(t->snapshot, p, t->arena, &docs);
	struct membership m;

	if (!cascade_fits(t, DOC_USER, user))
		return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION, "too much changes at once");
	if (membership_of(t->snapshot, p, t->arena, &m) && m.is_owner)
		return (enum service_result)error_set(
		    err, SERVICE_FAILED_PRECONDITION,
		    "an owner of the organization: take the role of owner away first");
	for (size_t i = 0; i < n; i++)
		if (loses_administration(as_role_member(docs[i])))
			return check_administrators(t, user, err);
	return SERVICE_OK;
}

enum service_result membership_leave(struct txn *t, struct str user, struct error *err)
{
	const struct document *const *docs;
	size_t n = holdings_of(t->snapshot, (struct principal){STR("user"), user}, t->arena, &docs);
	enum service_result r = check_leave(t, user, err);

	if (r != SERVICE_OK)
		return r;
	for (size_t i = 0; i < n; i++) {
		const struct role *role = FIND(t->snapshot, role, ROLE, as_role_member(docs[i])->role);

		if (role && langsmith_is_role(role))
			txn_delete(t, DOC_ROLE_MEMBER, docs[i]->id);
	}
	revoke_keys(t, user);
	return SERVICE_OK;
}
