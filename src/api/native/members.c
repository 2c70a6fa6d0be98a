/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is in a group, and who holds a role, org-wide or in one tenant.
 */
#include "api/native/native.h"
#include "service/separations.h"

/* ---- groups ---------------------------------------------------------------------------------------- */

static void write_group_member(struct json_writer *w, const struct document *doc, const void *ctx UNUSED)
{
	json_begin_object(w);
	json_put_str(w, STR("type"), STR("user"));
	json_put_str(w, STR("id"), as_group_member(doc)->member);
	json_put_time(w, STR("created_at"), doc->created_at_ms);
	json_end_object(w);
}

void group_member_list(struct api_call *call)
{
	const struct document *group = native_find(call, DOC_GROUP, "id");

	if (group)
		list_linked(call, &(struct listing){.kind = DOC_GROUP_MEMBER, .write = write_group_member},
		            arena_concat(call->arena, STR("group:"), group->id));
}

/*
 * The membership of the path as it is stored: under the user's canonical id or, if another dialect put it there or
 * the user is gone, under the name as given.
 */
static const struct document *find_group_member(struct api_call *call)
{
	const struct document *group = native_find(call, DOC_GROUP, "id"), *user, *member;
	struct str name;

	if (!group)
		return NULL;
	name = api_param(call, "member");
	member = snapshot_find(call->snapshot, DOC_GROUP_MEMBER, group_member_id(call->arena, group->id, name));
	user = snapshot_find_any(call->snapshot, DOC_USER, name);
	if (!member && user)
		member =
		    snapshot_find(call->snapshot, DOC_GROUP_MEMBER, group_member_id(call->arena, group->id, user->id));
	if (!member)
		api_fail(call, SERVICE_NOT_FOUND, 0, "\"" STR_FMT "\" is not a member of the group \"" STR_FMT "\"",
		         STR_ARG(name), STR_ARG(group->id));
	return member;
}

void group_member_get(struct api_call *call)
{
	const struct document *member = find_group_member(call);
	struct json_writer w;

	if (!member)
		return;
	w = api_json_begin(call, 200);
	write_group_member(&w, member, NULL);
	api_json_end(call, &w);
}

void group_member_put(struct api_call *call)
{
	const struct document *group = native_find(call, DOC_GROUP, "id"), *user;

	if (!group)
		return;
	user = snapshot_find_any(call->snapshot, DOC_USER, api_param(call, "member"));
	if (!user) {
		api_fail(call, SERVICE_NOT_FOUND, 0, "there is no user \"" STR_FMT "\"",
		         STR_ARG(api_param(call, "member")));
		return;
	}
	directory_add_group_member(call->txn, group->id, user->id);
	api_no_content(call);
}

static void remove_member(struct api_call *call, const struct document *member)
{
	struct error err = {0};
	enum service_result r = directory_remove_member(call->txn, member->kind, member->id, &err);

	if (r == SERVICE_OK)
		api_no_content(call);
	else
		native_fail(call, r, &err);
}

void group_member_delete(struct api_call *call)
{
	const struct document *member = find_group_member(call);

	if (member)
		remove_member(call, member);
}

/* ---- roles ----------------------------------------------------------------------------------------- */

/* Whether the call's permission reaches a membership: one without a tenant counts everywhere. */
static bool reaches(const struct api_call *call, struct str tenant)
{
	return call->everywhere || (!str_is_absent(tenant) && str_list_has(call->tenants, tenant));
}

static bool shows_role_member(const struct api_call *call, const struct document *doc, const void *ctx)
{
	const struct str *tenant = ctx;
	const struct role_member *m = as_role_member(doc);

	return reaches(call, m->tenant) && (str_is_absent(*tenant) || str_eq(*tenant, m->tenant));
}

static void write_role_member(struct json_writer *w, const struct document *doc, const void *ctx UNUSED)
{
	const struct role_member *m = as_role_member(doc);

	json_begin_object(w);
	json_put_str(w, STR("type"), m->principal_type);
	json_put_str(w, STR("id"), m->principal_id);
	json_put_str(w, STR("tenant"), m->tenant);
	json_put_time(w, STR("created_at"), doc->created_at_ms);
	json_end_object(w);
}

void role_member_list(struct api_call *call)
{
	const struct document *role = native_find(call, DOC_ROLE, "id");
	struct str tenant;
	struct listing what = {
	    .kind = DOC_ROLE_MEMBER, .shows = shows_role_member, .write = write_role_member, .ctx = &tenant};

	if (role && native_query(call, STR("tenant"), &tenant))
		list_linked(call, &what, arena_concat(call->arena, STR("role:"), role->id));
}

/* What the path and query name. */
struct holding {
	struct str role;
	struct principal principal;
	struct str tenant;
};

/* `must_exist`: the principal is looked for; else a leftover name will do. Fails the call. */
static bool read_holding(struct api_call *call, bool must_exist, struct holding *ret)
{
	const struct document *role = native_find(call, DOC_ROLE, "id");
	struct error err = {0};
	struct holding h;
	enum service_result r;

	if (!role || !native_query(call, STR("tenant"), &h.tenant))
		return false;
	h.role = role->id;
	r = principal_read(call->snapshot, api_param(call, "principal"), &h.principal, &err);
	if (r != SERVICE_OK && (r != SERVICE_NOT_FOUND || must_exist)) {
		native_fail(call, r, &err);
		return false;
	}
	if (!reaches(call, h.tenant)) {
		api_fail(call, SERVICE_DENIED, 0, "not allowed in this tenant");
		return false;
	}
	*ret = h;
	return true;
}

static const struct document *find_role_member(struct api_call *call)
{
	struct holding h;
	const struct document *member;

	if (!read_holding(call, false, &h))
		return NULL;
	member =
	    snapshot_find(call->snapshot, DOC_ROLE_MEMBER, role_member_id(call->arena, h.role, h.principal, h.tenant));
	if (!member)
		api_fail(call, SERVICE_NOT_FOUND, 0,
		         STR_FMT " \"" STR_FMT "\" does not hold the role \"" STR_FMT "\" %s",
		         STR_ARG(h.principal.type), STR_ARG(h.principal.id), STR_ARG(h.role),
		         str_is_absent(h.tenant) ? "organization-wide" : "in this tenant");
	return member;
}

void role_member_get(struct api_call *call)
{
	const struct document *member = find_role_member(call);
	struct json_writer w;

	if (!member)
		return;
	w = api_json_begin(call, 200);
	write_role_member(&w, member, NULL);
	api_json_end(call, &w);
}

void role_member_put(struct api_call *call)
{
	struct error err = {0};
	struct holding h;
	enum service_result r;

	if (!read_holding(call, true, &h))
		return;
	r = directory_add_role_member(call->txn, h.role, h.principal, h.tenant, &err);
	if (r != SERVICE_OK) {
		native_fail(call, r, &err);
		return;
	}
	call->warning = separations_warning(call->txn, h.role, h.principal);
	api_no_content(call);
}

void role_member_delete(struct api_call *call)
{
	const struct document *member = find_role_member(call);

	if (member)
		remove_member(call, member);
}
