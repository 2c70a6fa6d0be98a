/* SPDX-License-Identifier: Apache-2.0
 *
 * Permissions and policies, of the organization and of projects: the same but for the catalogue and the place
 * (call->tenant: the project; absent: the organization).
 */
#include "api/confident/confident.h"
#include "service/permission_policies.h"

/* ---- the catalogue ----------------------------------------------------------------------------------- */

static void permission_list(struct api_call *call)
{
	enum confident_scope scope = str_is_absent(call->tenant) ? CONFIDENT_ORGANIZATION : CONFIDENT_PROJECT;
	struct json_writer w = confident_begin(call);
	size_t n;
	const struct confident_permission *all = confident_permissions(&n);

	json_key(&w, STR("permissions"));
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++) {
		if (all[i].scope != scope)
			continue;
		json_begin_object(&w);
		json_put_str(&w, STR("id"), all[i].id);
		json_put_str(&w, STR("name"), all[i].name);
		json_put_str(&w, STR("description"), STR_NONE);
		json_end_object(&w);
	}
	json_end_array(&w);
	confident_end(call, &w);
}

/* ---- policies ---------------------------------------------------------------------------------------- */

static void put_policy(struct json_writer *w, const struct permission_policy *p)
{
	json_begin_object(w);
	json_put_str(w, STR("id"), p->doc.id);
	json_put_str(w, STR("name"), p->name);
	json_put_str(w, STR("description"), p->description);
	json_key(w, STR("permissions"));
	json_begin_array(w);
	for (size_t i = 0; i < p->permissions.n; i++) {
		const struct confident_permission *found = confident_permission_find(p->permissions.items[i]);

		/* One that a later catalogue has dropped grants nothing and has no name. */
		if (!found)
			continue;
		json_begin_object(w);
		json_put_str(w, STR("id"), found->id);
		json_put_str(w, STR("name"), found->name);
		json_end_object(w);
	}
	json_end_array(w);
	json_end_object(w);
}

static void answer_policy(struct api_call *call, const struct permission_policy *p)
{
	struct json_writer w = confident_begin(call);

	json_key(&w, STR("policy"));
	put_policy(&w, p);
	confident_end(call, &w);
}

static void policy_list(struct api_call *call)
{
	const struct document *const *docs;
	size_t n = permission_policy_list(call->snapshot, call->tenant, call->arena, &docs);
	struct json_writer w = confident_begin(call);

	json_key(&w, STR("policies"));
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++)
		put_policy(&w, as_permission_policy(docs[i]));
	json_end_array(&w);
	confident_end(call, &w);
}

/* The policy of the path; fails the call when there is none. */
static const struct permission_policy *find_policy(struct api_call *call)
{
	const struct permission_policy *p =
	    permission_policy_find(call->snapshot, call->tenant, api_param(call, "policyId"));

	if (p)
		confident_note_target(call, "permission_policy", p->doc.id);
	else
		confident_not_found(call, "Policy");
	return p;
}

static bool read_policy(struct api_call *call, struct permission_policy *ret)
{
	return confident_read_name(call, &ret->name) && confident_read_ids(call, "permissionIds", &ret->permissions) &&
	       confident_read_description(call, &ret->description);
}

static void finish_policy(struct api_call *call, enum service_result r, const struct permission_policy *p,
                          const struct error *err)
{
	if (r != SERVICE_OK) {
		confident_fail(call, r, err);
		return;
	}
	confident_note_target(call, "permission_policy", p->doc.id);
	answer_policy(call, p);
}

static void policy_create(struct api_call *call)
{
	struct permission_policy p = {.tenant = call->tenant};
	struct error err = {0};

	if (read_policy(call, &p))
		finish_policy(call, permission_policy_create(call->txn, &p, &err), &p, &err);
}

static void policy_update(struct api_call *call)
{
	const struct permission_policy *old = find_policy(call);
	struct error err = {0};

	if (!old)
		return;
	struct permission_policy p = *old;
	if (read_policy(call, &p))
		finish_policy(call, permission_policy_update(call->txn, &p, &err), &p, &err);
}

static void policy_delete(struct api_call *call)
{
	const struct permission_policy *p = find_policy(call);

	if (!p)
		return;
	permission_policy_delete(call->txn, p);
	confident_answer_gone(call, p->doc.id, "deleted");
}

/* clang-format off */
static const struct api_route routes[] = {
    CONFIDENT_ROUTE(HTTP_GET, "organization/permissions", API_READ, API_NO_BODY, "iam:read", "organization", permission_list, NULL),
    CONFIDENT_ROUTE(HTTP_GET, "organization/policies", API_READ, API_NO_BODY, "iam:read", "organization", policy_list, NULL),
    CONFIDENT_ROUTE(HTTP_POST, "organization/policies", API_WRITE, API_JSON_BODY, "iam:manage", "organization", policy_create, "org.iam.policies.create"),
    CONFIDENT_ROUTE(HTTP_PUT, "organization/policies/{policyId}", API_WRITE, API_JSON_BODY, "iam:manage", "organization", policy_update, "org.iam.policies.update"),
    CONFIDENT_ROUTE(HTTP_DELETE, "organization/policies/{policyId}", API_WRITE, API_NO_BODY, "iam:manage", "organization", policy_delete, "org.iam.policies.delete"),
    CONFIDENT_ROUTE(HTTP_GET, "projects/{projectId}/permissions", API_READ, API_NO_BODY, "iam:read", "project", permission_list, NULL),
    CONFIDENT_ROUTE(HTTP_GET, "projects/{projectId}/policies", API_READ, API_NO_BODY, "iam:read", "project", policy_list, NULL),
    CONFIDENT_ROUTE(HTTP_POST, "projects/{projectId}/policies", API_WRITE, API_JSON_BODY, "iam:manage", "project", policy_create, "project.iam.policies.create"),
    CONFIDENT_ROUTE(HTTP_PUT, "projects/{projectId}/policies/{policyId}", API_WRITE, API_JSON_BODY, "iam:manage", "project", policy_update, "project.iam.policies.update"),
    CONFIDENT_ROUTE(HTTP_DELETE, "projects/{projectId}/policies/{policyId}", API_WRITE, API_NO_BODY, "iam:manage", "project", policy_delete, "project.iam.policies.delete"),
};
/* clang-format on */

const struct api_route_table confident_policy_routes = {routes, N_ELEMENTS(routes)};
