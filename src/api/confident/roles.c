/* SPDX-License-Identifier: Apache-2.0
 *
 * Roles of the organization and of projects (call->tenant: the project; absent: the organization).
 */
#include "api/confident/confident.h"
#include "service/confident_roles.h"

/* ---- answers ----------------------------------------------------------------------------------------- */

/* Whose role it is: null for built-in ones, which are everybody's. */
static struct str owner_of(struct api_call *call, const struct role *r)
{
	if (r->is_managed)
		return STR_NONE;
	return str_is_absent(call->tenant) ? confident_organization_id(call) : call->tenant;
}

static void put_role(struct api_call *call, struct json_writer *w, const struct role *r)
{
	json_begin_object(w);
	json_put_str(w, STR("id"), r->doc.id);
	json_put_str(w, STR("name"), r->display_name);
	json_put_str(w, STR("description"), r->description);
	json_put_str(w, str_is_absent(call->tenant) ? STR("organizationId") : STR("projectId"), owner_of(call, r));
	json_key(w, STR("policies"));
	json_begin_array(w);
	for (size_t i = 0; i < r->policies.n; i++) {
		const struct permission_policy *p =
		    FIND(call->snapshot, permission_policy, PERMISSION_POLICY, r->policies.items[i]);

		if (!p)
			continue;
		json_begin_object(w);
		json_put_str(w, STR("id"), p->doc.id);
		json_put_str(w, STR("name"), p->name);
		json_end_object(w);
	}
	json_end_array(w);
	json_end_object(w);
}

static void role_list(struct api_call *call)
{
	const struct role *const *roles;
	size_t n = confident_role_list(call->snapshot, call->tenant, call->arena, &roles);
	struct json_writer w = confident_begin(call);

	json_key(&w, STR("roles"));
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++)
		put_role(call, &w, roles[i]);
	json_end_array(&w);
	confident_end(call, &w);
}

/* ---- changes ----------------------------------------------------------------------------------------- */

/* The role of the path; built-in ones cannot be addressed. Fails the call when there is none. */
static const struct role *find_role(struct api_call *call)
{
	const struct role *r = confident_role_find_custom(call->snapshot, call->tenant, api_param(call, "roleId"));

	if (r)
		confident_note_target(call, "role", r->doc.id);
	else
		confident_not_found(call, "Role");
	return r;
}

static bool read_role(struct api_call *call, struct role *ret)
{
	return confident_read_name(call, &ret->display_name) && confident_read_ids(call, "policyIds", &ret->policies) &&
	       confident_read_description(call, &ret->description);
}

static void finish_role(struct api_call *call, enum service_result r, const struct role *role, const struct error *err)
{
	struct json_writer w;

	if (r != SERVICE_OK) {
		confident_fail(call, r, err);
		return;
	}
	confident_note_target(call, "role", role->doc.id);
	w = confident_begin(call);
	json_key(&w, STR("role"));
	put_role(call, &w, role);
	confident_end(call, &w);
}

static void role_create(struct api_call *call)
{
	struct role role = {0};
	struct error err = {0};

	if (read_role(call, &role))
		finish_role(call, confident_role_create(call->txn, call->tenant, &role, &err), &role, &err);
}

static void role_update(struct api_call *call)
{
	const struct role *old = find_role(call);
	struct error err = {0};

	if (!old)
		return;
	struct role role = *old;
	if (read_role(call, &role))
		finish_role(call, confident_role_update(call->txn, &role, &err), &role, &err);
}

static void role_delete(struct api_call *call)
{
	const struct role *role = find_role(call);
	struct error err = {0};
	enum service_result r;

	if (!role)
		return;
	r = confident_role_delete(call->txn, role, &err);
	if (r == SERVICE_OK)
		confident_answer_gone(call, role->doc.id, "deleted");
	else
		confident_fail(call, r, &err);
}

/* clang-format off */
static const struct api_route routes[] = {
    CONFIDENT_ROUTE(HTTP_GET, "organization/roles", API_READ, API_NO_BODY, "iam:read", "organization", role_list, NULL),
    CONFIDENT_ROUTE(HTTP_POST, "organization/roles", API_WRITE, API_JSON_BODY, "iam:manage", "organization", role_create, "org.iam.roles.create"),
    CONFIDENT_ROUTE(HTTP_PUT, "organization/roles/{roleId}", API_WRITE, API_JSON_BODY, "iam:manage", "organization", role_update, "org.iam.roles.update"),
    CONFIDENT_ROUTE(HTTP_DELETE, "organization/roles/{roleId}", API_WRITE, API_NO_BODY, "iam:manage", "organization", role_delete, "org.iam.roles.delete"),
    CONFIDENT_ROUTE(HTTP_GET, "projects/{projectId}/roles", API_READ, API_NO_BODY, "iam:read", "project", role_list, NULL),
    CONFIDENT_ROUTE(HTTP_POST, "projects/{projectId}/roles", API_WRITE, API_JSON_BODY, "iam:manage", "project", role_create, "project.iam.roles.create"),
    CONFIDENT_ROUTE(HTTP_PUT, "projects/{projectId}/roles/{roleId}", API_WRITE, API_JSON_BODY, "iam:manage", "project", role_update, "project.iam.roles.update"),
    CONFIDENT_ROUTE(HTTP_DELETE, "projects/{projectId}/roles/{roleId}", API_WRITE, API_NO_BODY, "iam:manage", "project", role_delete, "project.iam.roles.delete"),
};
/* clang-format on */

const struct api_route_table confident_role_routes = {routes, N_ELEMENTS(routes)};
