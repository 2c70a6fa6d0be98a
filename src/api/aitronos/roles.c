/* SPDX-License-Identifier: Apache-2.0
 *
 * Roles, who holds them, and the capabilities they are made of.
 */
#include "service/aitronos_roles.h"

#include "api/aitronos/directory.h"

#define MAX_CAPABILITIES      1000u /* in one body */
#define DEFAULT_MEMBERS_LIMIT 50u
#define MAX_SHOWN_SLICES      1000u /* of one role */

/* ---- failures ------------------------------------------------------------------------------------------ */

static const struct aitronos_fault immutable = {
    .status = 403,
    .code = "SYSTEM_ROLE_IMMUTABLE",
    .message = "System roles cannot be modified or deleted.",
    .detail = "role_id",
};
static const struct aitronos_fault has_holders = {
    .status = 409,
    .code = "ROLE_HAS_MEMBERS",
    .message = "Cannot delete role with active members. Reassign members first.",
    .detail = "role_id",
};
static const struct aitronos_fault last_owner = {
    .status = 422,
    .code = "LAST_OWNER_CANNOT_BE_REMOVED",
    .message = "The last owner of the organization cannot be removed.",
    .type = "validation_error",
    .detail = "user_id",
};
static const struct aitronos_fault not_assigned = {
    .status = 404,
    .code = "ROLE_ASSIGNMENT_NOT_FOUND",
    .message = "The role is not assigned to this user.",
    .system_message = "Role assignment not found",
    .detail = "user_id",
};

/* The role of the path. */
static const struct role *find(struct api_call *call)
{
	const struct role *r = aitronos_role_find(call->snapshot, api_param(call, "role_id"));

	if (r)
		aitronos_note_target(call, "role", r->doc.id);
	else
		aitronos_not_found(call, "Role not found", "role_id", api_param(call, "role_id"));
	return r;
}

/* The same, if it can be changed. */
static const struct role *find_custom(struct api_call *call)
{
	const struct role *r = find(call);

	if (!r || !r->is_managed)
		return r;
	aitronos_fail(call, &immutable, r->doc.id);
	return NULL;
}

/* ---- answers ------------------------------------------------------------------------------------------- */

/* What the role allows: its capabilities, or what else there is. */
static void put_actions(struct json_writer *w, const struct role *r, bool wants_capabilities)
{
	json_begin_array(w);
	for (size_t i = 0; i < r->actions.n; i++)
		if (!aitronos_capability_find(r->actions.items[i]) != wants_capabilities)
			json_add_str(w, r->actions.items[i]);
	json_end_array(w);
}

/* The slices granted to the role, for who may see grants on slices; others are not told of any. */
static void put_slices(struct api_call *call, struct json_writer *w, const struct role *r)
{
	const struct grants_asker who = aitronos_asker(call);
	const struct grants_filter granted = {
	    .entity_types = 1u << ENTITY_KNOWLEDGE_SLICE,
	    .grantee_types = 1u << GRANTEE_ROLE,
	    .grantee_id = r->doc.id,
	};
	const struct access_grant *grants;
	size_t n = 0;

	if (grants_visible_types(&who, granted.entity_types, STR_NONE))
		n = grants_list(&call->snapshot->grants, &granted, 0, MAX_SHOWN_SLICES, call->arena, &grants, NULL);
	json_begin_array(w);
	for (size_t i = 0; i < n; i++)
		json_add_str(w, grants[i].entity_id);
	json_end_array(w);
}

static void put_role(struct api_call *call, struct json_writer *w, const struct role *r)
{
	const struct aitronos_assignment *members;

	json_begin_object(w);
	json_put_str(w, STR("id"), r->doc.id);
	json_put_str(w, STR("name"), r->display_name);
	json_put_str(w, STR("description"), r->description);
	json_key(w, STR("permissions"));
	put_actions(w, r, false);
	json_put_bool(w, STR("is_base_role"), r->is_managed);
	json_put_bool(w, STR("is_custom"), !r->is_managed);
	json_put_bool(w, STR("is_system_role"), r->is_managed);
	json_key(w, STR("capabilities"));
	put_actions(w, r, true);
	json_put_u64(w, STR("member_count"), aitronos_role_members(call->snapshot, r, call->arena, &members));
	json_key(w, STR("knowledge_slice_ids"));
	put_slices(call, w, r);
	json_put_str(w, STR("organization_id"), r->is_managed ? STR_NONE : aitronos_org(call));
	aitronos_put_time(w, "created_at", r->doc.created_at_ms);
	json_end_object(w);
}

static void answer(struct api_call *call, const struct role *r, unsigned status)
{
	struct json_writer w = api_json_begin(call, status);

	put_role(call, &w, r);
	api_json_end(call, &w);
}

/* ?include_global=: are built-in roles listed, too? */
static bool read_include_global(struct api_call *call, bool *ret)
{
	struct str text;

	if (!aitronos_query_str(call, "include_global", &text))
		return false;
	*ret = str_is_absent(text) || str_eq_nocase(text, STR("true")) || str_eq(text, STR("1"));
	if (*ret || str_eq_nocase(text, STR("false")) || str_eq(text, STR("0")))
		return true;
	aitronos_invalid(call, "include_global", "include_global must be true or false");
	return false;
}

static void role_list(struct api_call *call)
{
	const struct role *const *roles;
	bool includes_global;
	struct json_writer w;
	size_t n;

	if (!read_include_global(call, &includes_global))
		return;
	n = aitronos_role_list(call->snapshot, call->arena, &roles);
	w = api_json_begin(call, 200);
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++)
		if (includes_global || !roles[i]->is_managed)
			put_role(call, &w, roles[i]);
	json_end_array(&w);
	api_json_end(call, &w);
}

static void role_get(struct api_call *call)
{
	const struct role *r = find(call);

	if (r)
		answer(call, r, 200);
}

/* ---- changes ------------------------------------------------------------------------------------------- */

static bool read_texts(struct api_call *call, bool name_is_required, struct role *r)
{
	const struct directory_text name = {"name", AITRONOS_ROLE_MAX_NAME_CHARS, true};
	const struct directory_text description = {"description", AITRONOS_ROLE_MAX_DESCRIPTION_CHARS, false};

	if ((name_is_required || json_get(call->body, STR("name"))) &&
	    !directory_read_text(call, &name, &r->display_name))
		return false;
	return directory_read_text(call, &description, &r->description);
}

static bool read_capabilities(struct api_call *call, struct str_list *ret)
{
	const struct json *sent = json_get(call->body, STR("capabilities"));

	if (!json_is(sent, JSON_ARRAY)) {
		aitronos_invalid(call, "capabilities",
		                 sent ? "capabilities must be an array of strings" : "capabilities is required");
		return false;
	}
	if (sent->n > MAX_CAPABILITIES) {
		aitronos_invalid(call, "capabilities", "capabilities must have at most %u elements", MAX_CAPABILITIES);
		return false;
	}
	return api_get_strs(call, call->body, "capabilities", ret);
}

static void role_create(struct api_call *call)
{
	struct role r = {0};
	struct error err = {0};

	if (!read_texts(call, true, &r) || !read_capabilities(call, &r.actions) ||
	    !directory_succeeded(call, aitronos_role_create(call->txn, &call->caller, &r, &err), &err, "capabilities"))
		return;
	aitronos_note_target(call, "role", r.doc.id);
	answer(call, &r, 201);
}

static void role_update(struct api_call *call)
{
	const struct role *old = find_custom(call);
	bool changes_capabilities;
	struct str_list capabilities;
	struct error err = {0};
	struct role r;

	if (!old)
		return;
	r = *old;
	changes_capabilities = json_get(call->body, STR("capabilities"));
	if (!read_texts(call, false, &r) || (changes_capabilities && !read_capabilities(call, &capabilities)))
		return;
	if (directory_succeeded(
	        call,
	        aitronos_role_update(call->txn, &call->caller, &r, changes_capabilities ? &capabilities : NULL, &err),
	        &err, "capabilities"))
		answer(call, &r, 200);
}

static void role_delete(struct api_call *call)
{
	const struct role *r = find_custom(call);
	struct cascade_effect effect = {0};
	struct error err = {0};
	enum service_result result;

	if (!r)
		return;
	result = aitronos_role_delete(call->txn, r, &effect, &err);
	if (result == SERVICE_CONFLICT) {
		aitronos_fail(call, &has_holders, r->doc.id);
		return;
	}
	if (!directory_succeeded(call, result, &err, "role_id"))
		return;
	call->warning = widening_text(&effect.widening, effect.n_denies_lost, call->arena);
	api_no_content(call);
}

/* ---- who holds it -------------------------------------------------------------------------------------- */

static void put_holder(struct json_writer *w, const struct user *user)
{
	json_begin_object(w);
	json_put_str(w, STR("user_id"), user->doc.id);
	json_put_str(w, STR("full_name"), directory_full_name(user));
	json_put_str(w, STR("email"), user->email);
	json_put_str(w, STR("account_state"), STR("active"));
	json_put_str(w, STR("avatar_url"), STR_NONE);
	json_end_object(w);
}

static void member_list(struct api_call *call)
{
	const struct role *r = find(call);
	const struct aitronos_assignment *members;
	struct aitronos_page page;
	struct json_writer w;
	size_t total;

	if (!r || !aitronos_read_page(call, DEFAULT_MEMBERS_LIMIT, &page))
		return;
	total = aitronos_role_members(call->snapshot, r, call->arena, &members);
	w = api_json_begin(call, 200);
	json_begin_object(&w);
	json_key(&w, STR("members"));
	json_begin_array(&w);
	for (uint64_t i = page.skip; i < total && i < page.skip + page.limit; i++)
		put_holder(&w, members[i].user);
	json_end_array(&w);
	json_put_u64(&w, STR("total"), total);
	json_end_object(&w);
	api_json_end(call, &w);
}

static void note_assignment(struct api_call *call, const struct role *r, const struct user *user)
{
	aitronos_note_target(call, "role_assignment", arena_concat3(call->arena, r->doc.id, STR("/"), user->doc.id));
}

static void member_add(struct api_call *call)
{
	const struct role *r = find(call);
	const struct user *user = r ? directory_read_user(call) : NULL;
	struct error err = {0};
	struct json_writer w;

	if (!user)
		return;
	note_assignment(call, r, user);
	if (!directory_succeeded(call, aitronos_assign(call->txn, &call->caller, r, user, &err), &err, "user_id"))
		return;
	w = api_json_begin(call, 201);
	json_begin_object(&w);
	json_put_str(&w, STR("id"), aitronos_assignment_id(call->arena, r, user));
	json_put_str(&w, STR("user_id"), user->doc.id);
	json_put_str(&w, STR("role_id"), r->doc.id);
	json_put_str(&w, STR("organization_id"), aitronos_org(call));
	aitronos_put_offset_time(&w, "assigned_at", call->txn->now_ms);
	json_end_object(&w);
	api_json_end(call, &w);
}

static void member_remove(struct api_call *call)
{
	const struct role *r = find(call);
	const struct user *user = r ? directory_find_user(call, api_param(call, "user_id")) : NULL;
	struct error err = {0};
	enum service_result result;

	if (!user)
		return;
	note_assignment(call, r, user);
	result = aitronos_unassign(call->txn, &call->caller, r, user, &err);
	if (result == SERVICE_NOT_FOUND)
		aitronos_fail(call, &not_assigned, user->doc.id);
	else if (result == SERVICE_FAILED_PRECONDITION)
		aitronos_fail(call, &last_owner, user->doc.id);
	else if (directory_succeeded(call, result, &err, "user_id"))
		api_no_content(call);
}

/* ---- capabilities -------------------------------------------------------------------------------------- */

static void capability_list(struct api_call *call)
{
	size_t n;
	const struct capability *list = aitronos_capabilities(&n);
	struct json_writer w = api_json_begin(call, 200);

	json_begin_array(&w);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(&w);
		json_put_str(&w, STR("key"), list[i].key);
		json_put_str(&w, STR("label"), list[i].label);
		json_put_str(&w, STR("description"), list[i].description);
		json_put_str(&w, STR("group"), list[i].group);
		json_end_object(&w);
	}
	json_end_array(&w);
	api_json_end(call, &w);
}

#define ROLES  AITRONOS_ORG "/roles"
#define MANAGE CAPABILITY_MANAGE_ROLES, CAPABILITY_RESOURCE

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_GET, "/v1/capabilities", API_READ, API_NO_BODY, NULL, NULL, capability_list, NULL},
    {HTTP_GET, ROLES, API_READ, API_NO_BODY, NULL, NULL, role_list, NULL},
    {HTTP_POST, ROLES, API_WRITE, API_JSON_BODY, MANAGE, role_create, "role.created"},
    {HTTP_GET, ROLES "/{role_id}", API_READ, API_NO_BODY, NULL, NULL, role_get, NULL},
    {HTTP_PATCH, ROLES "/{role_id}", API_WRITE, API_JSON_BODY, MANAGE, role_update, "role.updated"},
    {HTTP_DELETE, ROLES "/{role_id}", API_WRITE, API_NO_BODY, MANAGE, role_delete, "role.deleted"},
    {HTTP_GET, ROLES "/{role_id}/members", API_READ, API_NO_BODY, NULL, NULL, member_list, NULL},
    {HTTP_POST, ROLES "/{role_id}/members", API_WRITE, API_JSON_BODY, MANAGE, member_add, "role_assignment.assigned"},
    {HTTP_DELETE, ROLES "/{role_id}/members/{user_id}", API_WRITE, API_NO_BODY, MANAGE, member_remove, "role_assignment.unassigned"},
};
/* clang-format on */

const struct api_route_table aitronos_role_routes = {routes, N_ELEMENTS(routes)};
