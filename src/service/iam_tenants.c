/* SPDX-License-Identifier: Apache-2.0
 *
 * Tenants (projects of the ancestor) and the policies that come with a new one.
 */
#include "service/builtin.h"
#include "service/cascade.h"
#include "service/iam.h"
#include "service/tags.h"

/* The ancestor's limit, kept in strict mode only: the engine here does not need it. */
#define MAX_STRICT_TENANTS 300u

/* A tenant is visible where the caller's permission holds in itself. */
static bool is_listed(const struct iam_call *c, const struct tenant *t)
{
	return c->everywhere || iam_sorted_has(c->tenants, t->doc.id);
}

size_t iam_tenant_list(struct iam_call *c, const struct tenant *const **ret)
{
	const struct tenant **list =
	    ARENA_ARRAY(c->arena, const struct tenant *, (size_t)c->snapshot->n_docs[DOC_TENANT]);
	const struct document *doc;
	uint64_t at = 0;
	size_t n = 0;

	while ((doc = snapshot_next(c->snapshot, DOC_TENANT, &at)))
		if (is_listed(c, as_tenant(doc)))
			list[n++] = as_tenant(doc);
	*ret = list;
	return n;
}

static const struct tenant *find_tenant(const struct iam_call *c, struct str id)
{
	const struct tenant *t = FIND(c->snapshot, tenant, TENANT, id);

	return t && is_listed(c, t) ? t : NULL;
}

enum service_result iam_tenant_get(struct iam_call *c, struct str id, const struct tenant **ret)
{
	enum service_result r = iam_check_path_id(c, "project", id);

	if (r != SERVICE_OK)
		return r;
	*ret = find_tenant(c, id);
	if (!*ret)
		return iam_fail(c, SERVICE_NOT_FOUND, "could not find project with ID \"" STR_FMT "\"", STR_ARG(id));
	return SERVICE_OK;
}

static const struct {
	struct str suffix, name, role;
} tenant_policies[] = {
    {STR_INIT("-tenant-admins"), STR_INIT(" Tenant Admins"), STR_INIT(BUILTIN_TENANT_ADMIN)},
    {STR_INIT("-tenant-editors"), STR_INIT(" Tenant Editors"), STR_INIT(BUILTIN_EDITOR)},
    {STR_INIT("-tenant-viewers"), STR_INIT(" Tenant Viewers"), STR_INIT(BUILTIN_VIEWER)},
};

/* A policy of the tenant: the role on everything in it, without members yet, and belonging to it. */
static void put_tenant_policy(struct iam_call *c, const struct tenant *t, struct str id, size_t which)
{
	static const struct str every_resource[] = {STR_INIT("*")};
	struct str_list itself = {&t->doc.id, 1};
	struct policy_statement statement = {
	    .role = tenant_policies[which].role, .resources = {every_resource, 1}, .tenants = itself};
	struct statement_policy p = {
	    .doc = {.kind = DOC_STATEMENT_POLICY, .id = id},
	    .name = arena_concat(c->arena, t->display_name, tenant_policies[which].name),
	    .type = STR(POLICY_TYPE_CUSTOM),
	    .statements = &statement,
	    .n_statements = 1,
	    .tenants = itself,
	};

	txn_put(c->txn, &p.doc);
}

static enum service_result put_tenant_policies(struct iam_call *c, const struct tenant *t)
{
	for (size_t i = 0; i < N_ELEMENTS(tenant_policies); i++) {
		struct str id = arena_concat(c->arena, t->doc.id, tenant_policies[i].suffix);

		if (snapshot_find_any(c->snapshot, DOC_STATEMENT_POLICY, id))
			return iam_fail(c, SERVICE_CONFLICT, "policy with id \"" STR_FMT "\" already exists",
			                STR_ARG(id));
		put_tenant_policy(c, t, id, i);
	}
	return SERVICE_OK;
}

enum service_result iam_tenant_create(struct iam_call *c, const struct tenant *in, bool skip_policies,
                                      const struct tenant **ret)
{
	struct str id = in->doc.id;
	struct tenant *t;
	enum service_result r = iam_check_tenant_id(c, "CreateProjectReq.Id", id);

	if (r == SERVICE_OK)
		r = iam_check_name(c, "project", in->display_name);
	if (r == SERVICE_OK && snapshot_find_any(c->snapshot, DOC_TENANT, id))
		r = iam_fail(c, SERVICE_CONFLICT, "project with ID \"" STR_FMT "\" already exists", STR_ARG(id));
	if (r == SERVICE_OK && c->strict && c->snapshot->n_docs[DOC_TENANT] >= MAX_STRICT_TENANTS)
		r = iam_fail(c, SERVICE_FAILED_PRECONDITION,
		             "cannot create project: limit of %u projects already reached", MAX_STRICT_TENANTS);
	if (r != SERVICE_OK)
		return r;
	t = ARENA_NEW(c->arena, struct tenant);
	*t = *in;
	t->doc = (struct document){.kind = DOC_TENANT, .id = id};
	t->is_managed = false;
	txn_put(c->txn, &t->doc);
	tags_put_default_keys(c->txn, id);
	*ret = t;
	return skip_policies ? SERVICE_OK : put_tenant_policies(c, t);
}

enum service_result iam_tenant_update(struct iam_call *c, const struct tenant *in, const struct tenant **ret)
{
	const struct tenant *old;
	struct tenant *t;
	enum service_result r = iam_check_path_id(c, "project", in->doc.id);

	if (r == SERVICE_OK)
		r = iam_check_name(c, "project", in->display_name);
	if (r != SERVICE_OK)
		return r;
	old = find_tenant(c, in->doc.id);
	if (!old)
		return iam_fail(c, SERVICE_NOT_FOUND, "project with ID \"" STR_FMT "\" not found", STR_ARG(in->doc.id));
	t = ARENA_NEW(c->arena, struct tenant);
	*t = *old;
	t->display_name = in->display_name;
	txn_put(c->txn, &t->doc);
	*ret = t;
	return SERVICE_OK;
}

enum service_result iam_tenant_delete(struct iam_call *c, struct str id)
{
	const struct tenant *t;
	struct cascade_effect effect;
	enum service_result r = iam_tenant_get(c, id, &t);

	if (r != SERVICE_OK)
		return r;
	if (!cascade_fits(c->txn, DOC_TENANT, t->doc.id))
		return iam_fail(c, SERVICE_FAILED_PRECONDITION,
		                "project with ID \"" STR_FMT "\" is used in too many places to be deleted at once",
		                STR_ARG(id));
	effect = cascade_tenant(c->txn, t->doc.id);
	c->n_denies_lost = effect.n_denies_lost;
	c->widening = effect.widening;
	txn_delete(c->txn, DOC_TENANT, t->doc.id);
	return SERVICE_OK;
}
