/* SPDX-License-Identifier: Apache-2.0
 *
 * The organization itself: its name and switches, and what the caller may do in it. They are changed natively.
 */
#include "api/langsmith/people.h"

static void write_config(struct json_writer *w, const struct organization *o)
{
	json_key(w, STR("config"));
	json_begin_object(w);
	json_put_bool(w, STR("can_use_rbac"), !o->rbac_is_off);
	json_put_bool(w, STR("can_use_abac"), !o->abac_is_off);
	json_put_bool(w, STR("can_use_audit_logs"), !o->audit_logs_are_off);
	json_end_object(w);
}

static void write_permissions(struct api_call *call, struct json_writer *w)
{
	size_t n;
	const struct langsmith_permission *p = langsmith_permissions(&n);

	json_key(w, STR("permissions"));
	json_begin_array(w);
	for (size_t i = 0; i < n; i++)
		if (p[i].scope == LANGSMITH_ORGANIZATION && people_may(call, p[i].name))
			json_add_str(w, p[i].name);
	json_end_array(w);
}

static void get(struct api_call *call)
{
	const struct organization *o = snapshot_organization(call->snapshot);
	struct json_writer w;

	assert(o);
	w = api_json_begin(call, 200);
	json_begin_object(&w);
	json_put_str(&w, STR("id"), langsmith_organization_id(call));
	json_put_str(&w, STR("display_name"), str_is_empty(o->display_name) ? o->doc.id : o->display_name);
	langsmith_put_time(&w, "created_at", o->doc.created_at_ms);
	json_put_bool(&w, STR("is_personal"), false);
	json_put_bool(&w, STR("disabled"), false);
	json_put_bool(&w, STR("reached_max_workspaces"), false);
	write_config(&w, o);
	write_permissions(call, &w);
	json_end_object(&w);
	api_json_end(call, &w);
}

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_GET, "/api/v1/orgs/current",                   API_READ, API_NO_BODY, "organization:read", "organization", get, NULL},
    {HTTP_GET, "/api/v1/orgs/current/info",              API_READ, API_NO_BODY, NULL,                NULL,           get, NULL},
    {HTTP_GET, "/v1/platform/orgs/current/info",         API_READ, API_NO_BODY, NULL,                NULL,           get, NULL},
    {HTTP_GET, "/api/v1/platform/orgs/current/info",     API_READ, API_NO_BODY, NULL,                NULL,           get, NULL},
};
/* clang-format on */

const struct api_route_table langsmith_organization_routes = {routes, N_ELEMENTS(routes)};
