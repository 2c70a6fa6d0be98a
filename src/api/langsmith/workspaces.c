/* SPDX-License-Identifier: Apache-2.0
 *
 * Workspaces, which are the tenants of all dialects.
 */
#include "service/workspaces.h"

#include "api/langsmith/people.h"

/* ---- writing -------------------------------------------------------------------------------------------- */

static void write_members(struct api_call *call, struct json_writer *w, const struct tenant *t, bool is_deleted)
{
	json_put_str(w, STR("id"), t->doc.id);
	json_put_str(w, STR("organization_id"), langsmith_organization_id(call));
	langsmith_put_time(w, "created_at", t->doc.created_at_ms);
	json_put_str(w, STR("display_name"), str_is_empty(t->display_name) ? t->doc.id : t->display_name);
	json_put_bool(w, STR("is_personal"), false);
	json_put_bool(w, STR("is_deleted"), is_deleted);
	json_put_str(w, STR("tenant_handle"), t->handle);
	json_put_str(w, STR("data_plane_url"), STR_NONE);
}

static void answer(struct api_call *call, const struct tenant *t, bool is_deleted)
{
	struct json_writer w = api_json_begin(call, 200);

	json_begin_object(&w);
	write_members(call, &w, t, is_deleted);
	json_end_object(&w);
	api_json_end(call, &w);
}

/* ---- the caller's workspaces ------------------------------------------------------------------------------ */

/* What the caller is and may do in workspaces; found in one pass a permission over all workspaces. */
struct standing {
	bool manages; /* the organization: sees all workspaces */
	struct membership m;
	const struct role *everywhere; /* Organization Admins are Admins of every workspace */
	const struct langsmith_permission *permissions;
	struct people_reach *reach; /* one a permission */
	size_t n;
};

static struct standing standing_of(struct api_call *call)
{
	const struct caller *c = &call->caller;
	struct standing s = {.manages = people_may(call, STR("organization:manage"))};

	(void)membership_of(call->snapshot, (struct principal){c->type, c->id}, call->arena, &s.m);
	if (s.m.role && str_eq(s.m.role->doc.id, STR(LANGSMITH_ORGANIZATION_ADMIN)))
		s.everywhere = FIND(call->snapshot, role, ROLE, STR(LANGSMITH_WORKSPACE_ADMIN));
	s.permissions = langsmith_permissions(&s.n);
	s.reach = ARENA_ARRAY(call->arena, struct people_reach, s.n);
	for (size_t i = 0; i < s.n; i++)
		if (s.permissions[i].scope == LANGSMITH_WORKSPACE)
			s.reach[i] = people_reach(call, s.permissions[i].name);
	return s;
}

static bool key_reaches(const struct api_call *call, struct str tenant)
{
	return !call->caller.key->is_bound || str_list_has(call->caller.key->tenants, tenant);
}

static bool may_anything_in(const struct standing *s, struct str tenant)
{
	for (size_t i = 0; i < s->n; i++)
		if (people_reaches(&s->reach[i], tenant))
			return true;
	return false;
}

static void write_for_caller(struct api_call *call, struct json_writer *w, const struct tenant *t,
                             const struct standing *s)
{
	const struct workspace_membership *in = membership_in(&s->m, t->doc.id);
	const struct role *role = s->everywhere ? s->everywhere : in ? in->role : NULL;

	json_begin_object(w);
	write_members(call, w, t, false);
	json_put_bool(w, STR("read_only"), false);
	people_put_role(w, "role_id", "role_name", role);
	json_key(w, STR("permissions"));
	json_begin_array(w);
	for (size_t i = 0; i < s->n; i++)
		if (people_reaches(&s->reach[i], t->doc.id))
			json_add_str(w, s->permissions[i].name);
	json_end_array(w);
	json_end_object(w);
}

static void list(struct api_call *call)
{
	struct people_flag include_deleted; /* there are none: a deleted workspace is gone */
	const struct document *doc;
	struct json_writer w;
	struct standing s;
	uint64_t at = 0;

	if (!people_query_flag(call, "include_deleted", &include_deleted))
		return;
	s = standing_of(call);
	w = api_json_begin(call, 200);
	json_begin_array(&w);
	while ((doc = snapshot_next(call->snapshot, DOC_TENANT, &at)))
		if (key_reaches(call, doc->id) &&
		    (s.manages || membership_in(&s.m, doc->id) || may_anything_in(&s, doc->id)))
			write_for_caller(call, &w, as_tenant(doc), &s);
	json_end_array(&w);
	api_json_end(call, &w);
}

/* ---- changing --------------------------------------------------------------------------------------------- */

static void create(struct api_call *call)
{
	struct tenant *t = ARENA_NEW(call->arena, struct tenant);
	struct error err = {0};
	enum service_result r;

	if (!langsmith_need_str(call, call->body, "display_name", &t->display_name) ||
	    !api_get_str(call, call->body, "id", &t->doc.id) ||
	    !api_get_str(call, call->body, "tenant_handle", &t->handle))
		return;
	r = workspace_create(call->txn, t, (struct principal){call->caller.type, call->caller.id}, &err);
	if (r != SERVICE_OK) {
		langsmith_fail(call, r, &err);
		return;
	}
	langsmith_note_target(call, "workspace", t->doc.id);
	call->tenant = t->doc.id;
	answer(call, t, false);
}

/* The workspace of the path, where the caller needs the permission; NULL after failing the call. */
static const struct tenant *find(struct api_call *call, struct str permission)
{
	struct str id = api_param(call, "workspace_id");
	const struct document *doc = snapshot_find_any(call->snapshot, DOC_TENANT, id);

	call->operation = permission;
	if (!doc) {
		langsmith_not_found(call, "Workspace", id);
		return NULL;
	}
	langsmith_note_target(call, "workspace", doc->id);
	call->tenant = doc->id;
	if (people_may_in(call, permission, doc->id))
		return as_tenant(doc);
	api_fail(call, SERVICE_DENIED, 0, "Forbidden");
	return NULL;
}

static void patch(struct api_call *call)
{
	const struct tenant *old = find(call, STR("workspaces:manage"));
	struct error err = {0};
	struct str name;
	struct tenant t;
	enum service_result r;

	if (!old || !langsmith_need_str(call, call->body, "display_name", &name))
		return;
	r = workspace_rename(call->txn, old, name, &t, &err);
	if (r == SERVICE_OK)
		answer(call, &t, false);
	else
		langsmith_fail(call, r, &err);
}

static void remove_workspace(struct api_call *call)
{
	const struct tenant *t = find(call, STR("organization:manage"));
	struct cascade_effect effect = {0};
	struct error err = {0};
	enum service_result r;

	if (!t)
		return;
	r = directory_delete(call->txn, &t->doc, &effect, &err);
	if (r != SERVICE_OK) {
		langsmith_fail(call, r, &err);
		return;
	}
	langsmith_warn(call, &effect);
	answer(call, t, true);
}

/* clang-format off */
#define WORKSPACES "/api/v1/workspaces"
static const struct api_route routes[] = {
    {HTTP_GET,    WORKSPACES,                     API_READ,  API_NO_BODY,   NULL,                  NULL,           list,             NULL},
    {HTTP_POST,   WORKSPACES,                     API_WRITE, API_JSON_BODY, "organization:manage", "organization", create,           "create_workspace"},
    {HTTP_PATCH,  WORKSPACES "/{workspace_id}",   API_WRITE, API_JSON_BODY, NULL,                  NULL,           patch,            "update_workspace"},
    {HTTP_DELETE, WORKSPACES "/{workspace_id}",   API_WRITE, API_NO_BODY,   "organization:manage", "organization", remove_workspace, "delete_workspace"},
};
/* clang-format on */

const struct api_route_table langsmith_workspace_routes = {routes, N_ELEMENTS(routes)};
