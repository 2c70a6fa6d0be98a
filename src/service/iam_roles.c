/* SPDX-License-Identifier: Apache-2.0
 *
 * Roles as Connhex IAM has them. Roles are shared by all dialects; here are those that say something here.
 */
#include "model/validate.h"
#include "service/cascade.h"
#include "service/iam.h"

static bool says_something_here(const struct role *role)
{
	/* Roles of LangSmith's scopes are its own, though one of its permissions has three sections as actions here do.
	 */
	if (!str_is_absent(role->scope))
		return false;
	for (size_t i = 0; i < role->actions.n; i++)
		if (iam_valid_action(role->actions.items[i]))
			return true;
	return false;
}

static bool is_listed(const struct iam_call *c, const struct role *role)
{
	return iam_is_visible(role->tenants, c->everywhere, c->tenants) && says_something_here(role);
}

size_t iam_role_list(struct iam_call *c, const struct role *const **ret)
{
	const struct role **list = ARENA_ARRAY(c->arena, const struct role *, (size_t)c->snapshot->n_docs[DOC_ROLE]);
	const struct document *doc;
	uint64_t at = 0;
	size_t n = 0;

	while ((doc = snapshot_next(c->snapshot, DOC_ROLE, &at)))
		if (is_listed(c, as_role(doc)))
			list[n++] = as_role(doc);
	*ret = list;
	return n;
}

enum service_result iam_role_get(struct iam_call *c, struct str id, const struct role **ret)
{
	const struct role *role = FIND(c->snapshot, role, ROLE, id);
	enum service_result r = iam_check_path_id(c, "role", id);

	if (r != SERVICE_OK)
		return r;
	if (!role || !is_listed(c, role))
		return iam_fail(c, SERVICE_NOT_FOUND, "no role with ID \"" STR_FMT "\" found", STR_ARG(id));
	*ret = role;
	return SERVICE_OK;
}

static enum service_result check_form(struct iam_call *c, const char *message, const struct role *in)
{
	struct arena *a = c->arena;
	const char *actions = arena_strf(a, "%s.Actions", message).ptr;
	enum service_result r;

	if (in->actions.n == 0)
		return iam_fail(c, SERVICE_INVALID, "invalid %s: value must contain at least 1 item(s)", actions);
	r = iam_check_actions(c, actions, in->actions);
	if (r == SERVICE_OK)
		r = iam_check_top_tenants(c, arena_strf(a, "%s.Projects", message).ptr, in->tenants);
	return r == SERVICE_OK ? iam_check_name(c, "role", in->display_name) : r;
}

enum service_result iam_role_create(struct iam_call *c, const struct role *in, const struct role **ret)
{
	struct str id = in->doc.id;
	struct role *role;
	enum service_result r = iam_check_id(c, "CreateRoleReq.Id", id);

	if (r == SERVICE_OK)
		r = check_form(c, "CreateRoleReq", in);
	if (r == SERVICE_OK)
		r = iam_check_assignment(c, false, (struct str_list){0}, in->tenants);
	if (r == SERVICE_OK && snapshot_find_any(c->snapshot, DOC_ROLE, id))
		r = iam_fail(c, SERVICE_CONFLICT, "role with id \"" STR_FMT "\" already exists", STR_ARG(id));
	if (r != SERVICE_OK)
		return r;
	role = ARENA_NEW(c->arena, struct role);
	*role = *in;
	role->doc = (struct document){.kind = DOC_ROLE, .id = id};
	role->is_managed = false;
	txn_put(c->txn, &role->doc);
	*ret = role;
	return SERVICE_OK;
}

/* Deny statements that act through the role. */
static size_t denies_through(struct iam_call *c, struct str role)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(c->snapshot, DOC_STATEMENT_POLICY, arena_concat(c->arena, STR("role:"), role),
	                           c->arena, &docs);
	size_t denies = 0;

	for (size_t i = 0; i < n; i++) {
		const struct statement_policy *p = as_statement_policy(docs[i]);

		for (size_t k = 0; k < p->n_statements; k++)
			denies += p->statements[k].deny && str_eq(p->statements[k].role, role);
	}
	return denies;
}

enum service_result iam_role_update(struct iam_call *c, const struct role *in, const struct role **ret)
{
	const struct role *old;
	struct role *role;
	enum service_result r = iam_check_path_id(c, "role", in->doc.id);

	if (r == SERVICE_OK)
		r = check_form(c, "UpdateRoleReq", in);
	if (r == SERVICE_OK)
		r = iam_role_get(c, in->doc.id, &old);
	if (r == SERVICE_OK)
		r = iam_check_assignment(c, true, old->tenants, in->tenants);
	if (r != SERVICE_OK)
		return r;
	role = ARENA_NEW(c->arena, struct role);
	*role = *old;
	role->display_name = in->display_name;
	role->actions = in->actions;
	role->tenants = in->tenants;
	if (iam_difference(old->actions, role->actions, c->arena).n)
		c->n_denies_lost = denies_through(c, old->doc.id);
	txn_put(c->txn, &role->doc);
	*ret = role;
	return SERVICE_OK;
}

enum service_result iam_role_delete(struct iam_call *c, struct str id)
{
	const struct role *role;
	struct cascade_effect effect;
	enum service_result r = iam_role_get(c, id, &role);

	if (r != SERVICE_OK)
		return r;
	if (!cascade_fits(c->txn, DOC_ROLE, role->doc.id))
		return iam_fail(c, SERVICE_FAILED_PRECONDITION,
		                "role with ID \"" STR_FMT "\" is used in too many places to be deleted at once",
		                STR_ARG(id));
	effect = cascade_role(c->txn, role->doc.id);
	c->n_denies_lost = effect.n_denies_lost;
	c->widening = effect.widening;
	txn_delete(c->txn, DOC_ROLE, role->doc.id);
	return SERVICE_OK;
}
