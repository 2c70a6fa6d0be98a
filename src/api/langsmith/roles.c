/* SPDX-License-Identifier: Apache-2.0
 *
 * Roles and permissions. Roles of the organization's scope are the built-in ones alone: what is made here is for
 * workspaces. Roles that another dialect made stand here, too, when they say nothing that LangSmith does not know.
 */
#include "api/langsmith/people.h"

#include "base/uuid.h"
#include "service/iam.h"

#define ROLE_MAX_PERMISSIONS 1000u /* in a body, repeats included */

/* ---- writing -------------------------------------------------------------------------------------------- */

static void write_role(struct api_call *call, struct json_writer *w, const struct role *role)
{
	bool is_custom = str_eq(langsmith_role_name(role), STR("CUSTOM"));

	json_begin_object(w);
	json_put_str(w, STR("id"), role->doc.id);
	json_put_str(w, STR("name"), langsmith_role_name(role));
	json_put_str(w, STR("display_name"), people_role_title(role));
	json_put_str(w, STR("description"), str_is_absent(role->description) ? STR("") : role->description);
	json_put_str(w, STR("organization_id"), is_custom ? langsmith_organization_id(call) : STR_NONE);
	json_put_strs(w, STR("permissions"), role->actions.items, role->actions.n);
	json_put_str(w, STR("access_scope"),
	             membership_is_organization_role(role) ? STR(ROLE_SCOPE_ORGANIZATION) : STR(ROLE_SCOPE_WORKSPACE));
	json_end_object(w);
}

static void answer(struct api_call *call, const struct role *role)
{
	struct json_writer w = api_json_begin(call, 200);

	write_role(call, &w, role);
	api_json_end(call, &w);
}

/* Built-in roles were there first, so they come first. */
static void list(struct api_call *call)
{
	struct json_writer w = api_json_begin(call, 200);
	const struct document *doc;
	uint64_t at = 0;

	json_begin_array(&w);
	while ((doc = snapshot_next(call->snapshot, DOC_ROLE, &at)))
		if (langsmith_is_role(as_role(doc)))
			write_role(call, &w, as_role(doc));
	json_end_array(&w);
	api_json_end(call, &w);
}

static void list_permissions(struct api_call *call)
{
	struct json_writer w = api_json_begin(call, 200);
	size_t n;
	const struct langsmith_permission *p = langsmith_permissions(&n);

	json_begin_array(&w);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(&w);
		json_put_str(&w, STR("name"), p[i].name);
		json_put_str(&w, STR("description"), p[i].description);
		json_put_str(&w, STR("access_scope"),
		             p[i].scope == LANGSMITH_ORGANIZATION ? STR(ROLE_SCOPE_ORGANIZATION)
		                                                  : STR(ROLE_SCOPE_WORKSPACE));
		json_end_object(&w);
	}
	json_end_array(&w);
	api_json_end(call, &w);
}

/* ---- reading -------------------------------------------------------------------------------------------- */

static bool check_permission(struct api_call *call, struct str name)
{
	const struct langsmith_permission *p = langsmith_permission_find(name);

	if (p && p->scope == LANGSMITH_WORKSPACE)
		return true;
	call->field = "permissions";
	if (p)
		api_fail(call, SERVICE_FAILED_PRECONDITION, 0,
		         STR_FMT " is a permission of the organization, which only its built-in roles hold",
		         STR_ARG(name));
	else
		api_fail(call, SERVICE_INVALID, 0, "there is no permission \"" STR_FMT "\"", STR_ARG(name));
	return false;
}

static bool read_permissions(struct api_call *call, struct str_list *ret)
{
	struct str_list list;

	if (!api_get_strs(call, call->body, "permissions", &list))
		return false;
	call->field = "permissions";
	if (!json_is(json_get(call->body, STR("permissions")), JSON_ARRAY) || list.n > ROLE_MAX_PERMISSIONS) {
		api_fail(call, SERVICE_INVALID, 0, "\"permissions\" must be an array of at most %u permissions",
		         ROLE_MAX_PERMISSIONS);
		return false;
	}
	for (size_t i = 0; i < list.n; i++)
		if (!check_permission(call, list.items[i]))
			return false;
	*ret = iam_without_repeats(list, call->arena);
	return true;
}

/* The three members of a role, all of which must be there. */
static bool read_role(struct api_call *call, struct role *role)
{
	if (!langsmith_need_str(call, call->body, "display_name", &role->display_name) ||
	    !langsmith_need_str(call, call->body, "description", &role->description) ||
	    !read_permissions(call, &role->actions))
		return false;
	if (role->display_name.len)
		return true;
	call->field = "display_name";
	api_fail(call, SERVICE_INVALID, 0, "\"display_name\" must not be empty");
	return false;
}

/* The role of the path that may be changed, or NULL after failing the call. */
static const struct role *find_custom(struct api_call *call)
{
	const struct role *role = people_find_role(call, api_param(call, "role_id"));

	if (!role)
		return NULL;
	langsmith_note_target(call, "role", role->doc.id);
	if (!role->is_managed)
		return role;
	api_fail(call, SERVICE_FAILED_PRECONDITION, 0, "built-in roles cannot be changed");
	return NULL;
}

/* ---- handlers ------------------------------------------------------------------------------------------- */

static void create(struct api_call *call)
{
	struct role *role = ARENA_NEW(call->arena, struct role);
	struct error err = {0};
	enum service_result r;

	if (!read_role(call, role))
		return;
	role->doc = (struct document){.kind = DOC_ROLE, .id = uuid_new(call->arena)};
	role->scope = STR(ROLE_SCOPE_WORKSPACE);
	r = directory_create(call->txn, &role->doc, &err);
	if (r != SERVICE_OK) {
		langsmith_fail(call, r, &err);
		return;
	}
	langsmith_note_target(call, "role", role->doc.id);
	answer(call, role);
}

static void patch(struct api_call *call)
{
	const struct role *old = find_custom(call);
	struct error err = {0};
	struct role role;
	enum service_result r;

	if (!old)
		return;
	role = *old;
	if (!read_role(call, &role))
		return;
	r = directory_update(call->txn, &role.doc, &err);
	if (r == SERVICE_OK)
		answer(call, &role);
	else
		langsmith_fail(call, r, &err);
}

static void remove_role(struct api_call *call)
{
	const struct role *role = find_custom(call);
	struct cascade_effect effect = {0};
	struct error err = {0};
	enum service_result r;

	if (!role)
		return;
	r = directory_delete(call->txn, &role->doc, &effect, &err);
	if (r != SERVICE_OK) {
		langsmith_fail(call, r, &err);
		return;
	}
	langsmith_warn(call, &effect);
	answer(call, role);
}

/* clang-format off */
#define ROLES "/api/v1/orgs/current/roles"
static const struct api_route routes[] = {
    {HTTP_GET,    ROLES,                     API_READ,  API_NO_BODY,   "organization:read",   "organization", list,             NULL},
    {HTTP_POST,   ROLES,                     API_WRITE, API_JSON_BODY, "organization:manage", "organization", create,           "create_role"},
    {HTTP_PATCH,  ROLES "/{role_id}",        API_WRITE, API_JSON_BODY, "organization:manage", "organization", patch,            "update_role"},
    {HTTP_DELETE, ROLES "/{role_id}",        API_WRITE, API_NO_BODY,   "organization:manage", "organization", remove_role,      "delete_role"},
    {HTTP_GET,    "/api/v1/orgs/permissions", API_READ, API_NO_BODY,   NULL,                  NULL,           list_permissions, NULL},
};
/* clang-format on */

const struct api_route_table langsmith_role_routes = {routes, N_ELEMENTS(routes)};
