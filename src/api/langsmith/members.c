/* SPDX-License-Identifier: Apache-2.0
 *
 * Members of the organization and of workspaces: the routes, and changing and removing those who are in.
 */
#include "api/langsmith/people.h"
#include "service/directory_keys.h"

/* The user of the path who is in the organization or workspace; false after failing the call. */
static bool find(struct api_call *call, struct str tenant, struct member_row *ret)
{
	struct str id = api_param(call, "identity_id");
	const struct user *user = as_user(snapshot_find_any(call->snapshot, DOC_USER, id));

	if (!user || !member_row_of(call, user, tenant, ret)) {
		langsmith_not_found(call, "Member", id);
		return false;
	}
	langsmith_note_target(call, "member", user->doc.id);
	return true;
}

/* ---- the organization's ------------------------------------------------------------------------------------- */

/* Sets row->role; false after failing the call. */
static bool change_role(struct api_call *call, struct member_row *row, struct str role_id)
{
	const struct role *role = people_find_organization_role(call, role_id);
	struct error err = {0};
	enum service_result r;

	if (!role || !people_may_assign(call, row->role, role))
		return false;
	if (row->m.is_owner && role != row->role) {
		api_fail(call, SERVICE_FAILED_PRECONDITION, 0,
		         "an owner of the organization: take the role of owner away first");
		return false;
	}
	r = row->m.is_owner ? SERVICE_OK : membership_assign(call->txn, row->user->doc.id, role, STR_NONE, &err);
	if (r != SERVICE_OK)
		langsmith_fail(call, r, &err);
	row->role = row->m.role = role;
	return r == SERVICE_OK;
}

/* Sets row->user; false after failing the call. */
static bool change_name(struct api_call *call, struct member_row *row, struct str full_name)
{
	struct user *user = ARENA_NEW(call->arena, struct user);
	struct error err = {0};
	enum service_result r;

	*user = *row->user;
	user->display_name = full_name;
	r = directory_update(call->txn, &user->doc, &err);
	if (r != SERVICE_OK)
		langsmith_fail(call, r, &err);
	row->user = user;
	return r == SERVICE_OK;
}

static void patch(struct api_call *call)
{
	struct str role_id, full_name, password;
	struct member_row row;

	if (!find(call, STR_NONE, &row) || !api_get_str(call, call->body, "role_id", &role_id) ||
	    !api_get_str(call, call->body, "full_name", &full_name) ||
	    !api_get_str(call, call->body, "password", &password)) /* nobody logs in with one here: not kept */
		return;
	if (!str_is_absent(role_id) && !change_role(call, &row, role_id))
		return;
	if (!str_is_absent(full_name) && !change_name(call, &row, full_name))
		return;
	member_row_answer(call, &row);
}

/*
 * Keys go with the membership, so who may do more than the caller, through whichever dialect, is not the caller's to
 * remove. False after failing the call.
 */
static bool may_remove(struct api_call *call, const struct member_row *row)
{
	const struct key keys = {.principal_type = STR("user"), .principal_id = row->user->doc.id};

	if (!people_may_assign(call, row->role, NULL))
		return false;
	if (key_is_own(&call->caller, &keys) || !key_is_of_more_powerful(call->txn, &keys, &call->caller))
		return true;
	api_fail(call, SERVICE_DENIED, 0,
	         "Forbidden: \"" STR_FMT "\" administers access in ways that the caller may not",
	         STR_ARG(row->user->doc.id));
	return false;
}

static void remove_member(struct api_call *call)
{
	struct member_row row;
	struct error err = {0};
	enum service_result r;

	if (!find(call, STR_NONE, &row) || !may_remove(call, &row))
		return;
	r = membership_leave(call->txn, row.user->doc.id, &err);
	if (r == SERVICE_OK)
		member_row_answer(call, &row);
	else
		langsmith_fail(call, r, &err);
}

/* ---- a workspace's -------------------------------------------------------------------------------------------- */

/* The user to be added: any one of the three names of an identity. NULL after failing the call. */
static const struct user *read_user(struct api_call *call)
{
	static const char *const names[] = {"user_id", "org_identity_id", "ls_user_id"};
	struct str id = STR_NONE, other;
	const struct user *user;

	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		if (!api_get_str(call, call->body, names[i], &other))
			return NULL;
		if (str_is_absent(id) || str_is_absent(other) || str_eq(id, other)) {
			id = str_is_absent(id) ? other : id;
			continue;
		}
		api_fail(call, SERVICE_INVALID, 0, "user_id, org_identity_id and ls_user_id name different users");
		return NULL;
	}
	call->field = "user_id";
	if (str_is_absent(id)) {
		api_fail(call, SERVICE_INVALID, 0, "one of user_id, org_identity_id and ls_user_id is required");
		return NULL;
	}
	user = as_user(snapshot_find_any(call->snapshot, DOC_USER, id));
	if (!user)
		langsmith_not_found(call, "User", id);
	return user;
}

/* Gives the role and answers with the member as it will stand. */
static void assign(struct api_call *call, struct member_row *row, const struct role *role)
{
	struct error err = {0};
	enum service_result r = membership_assign(call->txn, row->user->doc.id, role, call->tenant, &err);

	row->role = role;
	if (r == SERVICE_OK)
		member_row_answer(call, row);
	else
		langsmith_fail(call, r, &err);
}

static void workspace_create_member(struct api_call *call)
{
	const struct user *user = read_user(call);
	const struct role *role;
	struct member_row row;
	struct str role_id;

	if (!user || !api_get_str(call, call->body, "role_id", &role_id))
		return;
	role = people_find_workspace_role(call, str_is_absent(role_id) ? STR(LANGSMITH_WORKSPACE_VIEWER) : role_id);
	if (!role)
		return;
	langsmith_note_target(call, "member", user->doc.id);
	if (member_row_of(call, user, call->tenant, &row)) {
		api_fail(call, SERVICE_CONFLICT, 0, "the user is a member of the workspace already");
		return;
	}
	assign(call, &row, role);
}

static void workspace_patch(struct api_call *call)
{
	const struct role *role;
	struct member_row row;
	struct str role_id;

	if (!find(call, call->tenant, &row) || !langsmith_need_str(call, call->body, "role_id", &role_id))
		return;
	role = people_find_workspace_role(call, role_id);
	if (role)
		assign(call, &row, role);
}

static void workspace_remove(struct api_call *call)
{
	struct member_row row;

	if (!find(call, call->tenant, &row))
		return;
	membership_leave_workspace(call->txn, row.user->doc.id, call->tenant);
	member_row_answer(call, &row);
}

/* ---- routes ------------------------------------------------------------------------------------------------- */

/* clang-format off */
#define ORG       "/api/v1/orgs/current/members"
#define WORKSPACE "/api/v1/workspaces/current/members"
#define PLATFORM(prefix) \
    {HTTP_GET, prefix "/v1/platform/orgs/current/members", API_READ, API_NO_BODY, "organization:read", "organization", platform_member_list, NULL}

static const struct api_route routes[] = {
    {HTTP_GET,    ORG,                              API_READ,  API_NO_BODY,    "organization:read",   "organization", member_list,           NULL},
    {HTTP_GET,    ORG "/active",                    API_READ,  API_NO_BODY,    "organization:read",   "organization", member_list_active,    NULL},
    {HTTP_GET,    ORG "/pending",                   API_READ,  API_NO_BODY,    "organization:read",   "organization", member_list_pending,   NULL},
    {HTTP_POST,   ORG,                              API_WRITE, API_JSON_BODY,  "organization:manage", "organization", member_create,         "create_org_member"},
    {HTTP_POST,   ORG "/batch",                     API_WRITE, API_JSON_ARRAY, "organization:manage", "organization", member_create_batch,   "create_org_members"},
    {HTTP_PATCH,  ORG "/{identity_id}",             API_WRITE, API_JSON_BODY,  "organization:manage", "organization", patch,                 "update_org_member"},
    {HTTP_DELETE, ORG "/{identity_id}",             API_WRITE, API_NO_BODY,    "organization:manage", "organization", remove_member,         "delete_org_member"},
    {HTTP_DELETE, ORG "/{identity_id}/pending",     API_WRITE, API_NO_BODY,    "organization:manage", "organization", member_delete_pending, "delete_pending_org_member"},

    {HTTP_GET,    WORKSPACE,                          API_READ,  API_NO_BODY,    "workspaces:read",           "workspace", workspace_member_list,           NULL},
    {HTTP_GET,    WORKSPACE "/active",                API_READ,  API_NO_BODY,    "workspaces:read",           "workspace", workspace_member_list_active,    NULL},
    {HTTP_GET,    WORKSPACE "/pending",               API_READ,  API_NO_BODY,    "workspaces:read",           "workspace", workspace_member_list_pending,   NULL},
    {HTTP_POST,   WORKSPACE,                          API_WRITE, API_JSON_BODY,  "workspaces:manage-members", "workspace", workspace_create_member,         "create_workspace_member"},
    {HTTP_POST,   WORKSPACE "/batch",                 API_WRITE, API_JSON_ARRAY, "workspaces:manage-members", "workspace", workspace_member_create_batch,   "create_workspace_members"},
    {HTTP_PATCH,  WORKSPACE "/{identity_id}",         API_WRITE, API_JSON_BODY,  "workspaces:manage-members", "workspace", workspace_patch,                 "update_workspace_member"},
    {HTTP_DELETE, WORKSPACE "/{identity_id}",         API_WRITE, API_NO_BODY,    "workspaces:manage-members", "workspace", workspace_remove,                "delete_workspace_member"},
    {HTTP_DELETE, WORKSPACE "/{identity_id}/pending", API_WRITE, API_NO_BODY,    "workspaces:manage-members", "workspace", workspace_member_delete_pending, "delete_pending_workspace_member"},

    PLATFORM(""),
    PLATFORM("/api"),
};
/* clang-format on */

const struct api_route_table langsmith_member_routes = {routes, N_ELEMENTS(routes)};
