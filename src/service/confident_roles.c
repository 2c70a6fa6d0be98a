/* SPDX-License-Identifier: Apache-2.0 */
#include "service/confident_roles.h"

#include "base/uuid.h"
#include "model/confident.h"
#include "service/cascade.h"
#include "service/permission_policies.h"

/* ---- looking --------------------------------------------------------------------------------------- */

static struct str scope_of(struct str tenant)
{
	return str_is_absent(tenant) ? STR(ROLE_SCOPE_CONFIDENT_ORGANIZATION) : STR(ROLE_SCOPE_CONFIDENT_PROJECT);
}

static struct str tenant_of(const struct role *r)
{
	return r->tenants.n ? r->tenants.items[0] : STR_NONE;
}

size_t confident_role_list(const struct snapshot *s, struct str tenant, struct arena *a, const struct role *const **ret)
{
	const struct document *const *free, *const *bound = NULL;
	size_t n_free = snapshot_linked(s, DOC_ROLE, arena_concat(a, STR("scope:"), scope_of(tenant)), a, &free);
	size_t n_bound = 0, n = 0;
	const struct role **roles;

	if (!str_is_absent(tenant))
		n_bound = snapshot_linked(s, DOC_ROLE, arena_concat(a, STR("tenant:"), tenant), a, &bound);
	roles = ARENA_ARRAY(a, const struct role *, n_free + n_bound);
	for (size_t i = 0; i < n_free; i++)
		roles[n++] = as_role(free[i]);
	/* Roles of other dialects may belong to the same tenant. */
	for (size_t i = 0; i < n_bound; i++)
		if (confident_is_project_role(as_role(bound[i])))
			roles[n++] = as_role(bound[i]);
	*ret = roles;
	return n;
}

const struct role *confident_role_find(const struct snapshot *s, struct str tenant, struct str id)
{
	const struct role *r = as_role(snapshot_find_any(s, DOC_ROLE, id));

	if (!r || !str_eq(r->scope, scope_of(tenant)))
		return NULL;
	return r->is_managed || str_eq(tenant_of(r), tenant) ? r : NULL;
}

const struct role *confident_role_find_custom(const struct snapshot *s, struct str tenant, struct str id)
{
	const struct role *r = confident_role_find(s, tenant, id);

	return r && !r->is_managed ? r : NULL;
}

/* ---- changing -------------------------------------------------------------------------------------- */

static enum service_result check_policies(const struct txn *t, const struct role *r, struct error *err)
{
	for (size_t i = 0; i < r->policies.n; i++)
		if (!permission_policy_find(t->snapshot, tenant_of(r), r->policies.items[i]))
			return (enum service_result)error_set(
			    err, SERVICE_INVALID, "there is no policy \"" STR_FMT "\" in this %s",
			    STR_ARG(r->policies.items[i]), r->tenants.n ? "project" : "organization");
	return SERVICE_OK;
}

static bool has_name(const struct role *r, struct str name)
{
	return r->is_managed ? str_eq_nocase(r->display_name, str_trim(name)) : str_eq(r->display_name, name);
}

enum service_result confident_role_check_name(const struct txn *t, const struct role *r, struct error *err)
{
	const struct role *const *roles;
	size_t n = confident_role_list(t->snapshot, tenant_of(r), t->arena, &roles);

	if (str_is_empty(str_trim(r->display_name)))
		return (enum service_result)error_set(err, SERVICE_INVALID, "the role has no name");
	for (size_t i = 0; i < n; i++)
		if (has_name(roles[i], r->display_name) && !str_eq(roles[i]->doc.id, r->doc.id))
			return (enum service_result)error_set(err, SERVICE_CONFLICT,
			                                      "there is already a role named \"" STR_FMT "\"",
			                                      STR_ARG(roles[i]->display_name));
	return SERVICE_OK;
}

static enum service_result check(struct txn *t, const struct role *r, struct error *err)
{
	enum service_result result = confident_role_check_name(t, r, err);

	return result == SERVICE_OK ? check_policies(t, r, err) : result;
}

/* Is there room for another one? */
static enum service_result check_room(const struct txn *t, struct str tenant, struct error *err)
{
	const struct role *const *roles;
	size_t n = confident_role_list(t->snapshot, tenant, t->arena, &roles), n_custom = 0;

	for (size_t i = 0; i < n; i++)
		n_custom += !roles[i]->is_managed;
	if (n_custom < CONFIDENT_ROLES_MAX)
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_CONFLICT, "there are already %u roles", CONFIDENT_ROLES_MAX);
}

enum service_result confident_role_create(struct txn *t, struct str tenant, struct role *r, struct error *err)
{
	struct str *place = ARENA_NEW(t->arena, struct str);
	enum service_result result;

	*place = tenant;
	r->doc = (struct document){.kind = DOC_ROLE};
	r->scope = scope_of(tenant);
	r->tenants = (struct str_list){place, str_is_absent(tenant) ? 0 : 1};
	result = check(t, r, err);
	if (result == SERVICE_OK)
		result = check_room(t, tenant, err);
	if (result != SERVICE_OK)
		return result;
	r->doc.id = uuid_new(t->arena);
	txn_put(t, &r->doc);
	return SERVICE_OK;
}

enum service_result confident_role_update(struct txn *t, struct role *r, struct error *err)
{
	enum service_result result;

	assert(!r->is_managed);
	result = check(t, r, err);
	if (result == SERVICE_OK)
		txn_put(t, &r->doc);
	return result;
}

enum service_result confident_role_delete(struct txn *t, const struct role *r, struct error *err)
{
	const struct document *const *holders;

	assert(!r->is_managed);
	if (snapshot_linked(t->snapshot, DOC_ROLE_MEMBER, arena_concat(t->arena, STR("role:"), r->doc.id), t->arena,
	                    &holders))
		return (enum service_result)error_set(err, SERVICE_CONFLICT,
		                                      "the role is still assigned to members: give them another first");
	if (!cascade_fits(t, DOC_ROLE, r->doc.id))
		return (enum service_result)error_set(err, SERVICE_CONFLICT,
		                                      "the role is used in too many places to be deleted at once");
	(void)cascade_role(t, r->doc.id);
	txn_delete(t, DOC_ROLE, r->doc.id);
	return SERVICE_OK;
}
