/* SPDX-License-Identifier: Apache-2.0
 *
 * Inviting people by their e-mail addresses, one or many, and taking that back. What an invitation does is said in
 * service/invitations.h.
 */
#include "api/langsmith/people.h"
#include "service/iam.h"

/* ---- reading ------------------------------------------------------------------------------------------------ */

/* Into workspaces, an invitation leads as a member with few rights, unless it says more. */
static const struct role *read_role(struct api_call *call, struct str id)
{
	return people_find_workspace_role(call, str_is_absent(id) ? STR(LANGSMITH_WORKSPACE_VIEWER) : id);
}

/* Nobody brings others into a workspace whose members she does not manage. */
static bool read_workspaces(struct api_call *call, const struct json *body, struct str_list *ret)
{
	struct str_list list;
	struct str *ids;

	if (!api_get_strs(call, body, "workspace_ids", &list))
		return false;
	call->field = "workspace_ids";
	if (list.n > INVITATIONS_MAX_TENANTS) {
		api_fail(call, SERVICE_INVALID, 0, "\"workspace_ids\" must name at most %u workspaces",
		         INVITATIONS_MAX_TENANTS);
		return false;
	}
	ids = ARENA_ARRAY(call->arena, struct str, list.n);
	for (size_t i = 0; i < list.n; i++) {
		const struct document *doc = snapshot_find_any(call->snapshot, DOC_TENANT, list.items[i]);

		if (!doc) {
			langsmith_not_found(call, "Workspace", list.items[i]);
			return false;
		}
		if (!people_may_in(call, STR("workspaces:manage-members"), doc->id)) {
			api_fail(call, SERVICE_DENIED, 0, "Forbidden: workspaces:manage-members in " STR_FMT,
			         STR_ARG(doc->id));
			return false;
		}
		ids[i] = doc->id;
	}
	*ret = iam_without_repeats((struct str_list){ids, list.n}, call->arena);
	return true;
}

/* What all invitations say. */
struct entry {
	struct str role_id, workspace_role_id;
};

static bool read_entry(struct api_call *call, const struct json *body, struct entry *ret, struct invite *in)
{
	struct str password;

	if (!langsmith_need_str(call, body, "email", &in->email) ||
	    !api_get_str(call, body, "role_id", &ret->role_id) ||
	    !api_get_str(call, body, "workspace_role_id", &ret->workspace_role_id) ||
	    !api_get_str(call, body, "full_name", &in->display_name) || !api_get_str(call, body, "password", &password))
		return false;
	in->make_user = !str_is_empty(password); /* kept nowhere: nobody logs in with one here */
	in->created_by = call->caller.actor;
	return true;
}

typedef bool read_fn(struct api_call *call, const struct json *body, struct invite *in);

static bool read_for_organization(struct api_call *call, const struct json *body, struct invite *in)
{
	struct entry entry;

	if (!read_entry(call, body, &entry, in) || !read_workspaces(call, body, &in->tenants))
		return false;
	in->role = people_find_organization_role(call, str_is_absent(entry.role_id) ? STR(LANGSMITH_ORGANIZATION_USER)
	                                                                            : entry.role_id);
	if (!in->role || !people_may_assign(call, NULL, in->role))
		return false;
	in->tenant_role = read_role(call, entry.workspace_role_id);
	if (!in->tenant_role)
		return false;
	if (in->tenants.n == 0)
		in->tenant_role = NULL;
	return true;
}

/* The organization comes with it for strangers, which takes who manages the organization. */
static bool read_for_workspace(struct api_call *call, const struct json *body, struct invite *in)
{
	struct str *tenant = ARENA_NEW(call->arena, struct str);
	struct entry entry;

	if (!read_entry(call, body, &entry, in))
		return false;
	*tenant = call->tenant;
	in->tenants = (struct str_list){tenant, 1};
	in->tenant_role =
	    read_role(call, str_is_absent(entry.workspace_role_id) ? entry.role_id : entry.workspace_role_id);
	if (!in->tenant_role)
		return false;
	if (snapshot_find_any(call->snapshot, DOC_USER, arena_lower_case(call->arena, in->email)))
		return true;
	in->role = people_find_organization_role(call, STR(LANGSMITH_ORGANIZATION_USER));
	if (people_may(call, STR("organization:manage")))
		return true;
	api_fail(call, SERVICE_DENIED, 0, "Forbidden: \"" STR_FMT "\" is nobody's address in the organization",
	         STR_ARG(in->email));
	return false;
}

/* ---- answering ---------------------------------------------------------------------------------------------- */

/* As a PendingIdentity, also of who is in at once. */
static struct member_row row_of(struct api_call *call, const struct invite *in, const struct invited *done,
                                struct str tenant)
{
	struct member_row row = {.user = done->user, .invitation = done->invitation, .tenant = tenant};
	struct invitation *told;

	if (!row.invitation) {
		told = ARENA_NEW(call->arena, struct invitation);
		told->tenants = in->tenants;
		told->tenant_role = in->tenant_role ? in->tenant_role->doc.id : STR_NONE;
		row.invitation = told;
	}
	row.m.role = in->role;
	row.role = str_is_absent(tenant) ? in->role : in->tenant_role;
	return row;
}

/* Reads, sends and answers with n of them; an array when it was one. All or none. */
static void invite_all(struct api_call *call, const struct json *list, size_t n, read_fn *read, struct str tenant)
{
	struct invite *in = ARENA_ARRAY(call->arena, struct invite, n);
	struct invited *done = ARENA_ARRAY(call->arena, struct invited, n);
	bool is_batch = call->body->type == JSON_ARRAY;
	struct error err = {0};
	struct json_writer w;
	enum service_result r;

	for (size_t i = 0; i < n; i++) {
		if (list[i].type != JSON_OBJECT) {
			api_fail(call, SERVICE_INVALID, 0, "every invitation must be an object");
			return;
		}
		if (!read(call, &list[i], &in[i]))
			return;
	}
	call->field = "email";
	r = invitations_send(call->txn, in, n, done, &err);
	if (r != SERVICE_OK) {
		langsmith_fail(call, r, &err);
		return;
	}
	if (!is_batch)
		langsmith_note_target(call, "member", done->user ? done->user->doc.id : done->invitation->doc.id);
	w = api_json_begin(call, 200);
	if (is_batch)
		json_begin_array(&w);
	for (size_t i = 0; i < n; i++) {
		struct member_row row = row_of(call, &in[i], &done[i], tenant);

		member_row_write(call, &w, &row);
	}
	if (is_batch)
		json_end_array(&w);
	api_json_end(call, &w);
}

static void invite_batch(struct api_call *call, read_fn *read, struct str tenant)
{
	if (call->body->n <= INVITATIONS_MAX_BATCH)
		invite_all(call, call->body->items, call->body->n, read, tenant);
	else
		api_fail(call, SERVICE_INVALID, 0, "at most %u members can be invited at once", INVITATIONS_MAX_BATCH);
}

/* ---- handlers ----------------------------------------------------------------------------------------------- */

void member_create(struct api_call *call)
{
	invite_all(call, call->body, 1, read_for_organization, STR_NONE);
}

void member_create_batch(struct api_call *call)
{
	invite_batch(call, read_for_organization, STR_NONE);
}

void workspace_member_create_batch(struct api_call *call)
{
	invite_batch(call, read_for_workspace, call->tenant);
}

/* Answers with the invitation as it was. */
static void withdraw(struct api_call *call, struct str tenant)
{
	struct str id = api_param(call, "identity_id");
	const struct invitation *inv = FIND(call->snapshot, invitation, INVITATION, id);
	const struct role *role;
	struct member_row row;

	if (!inv || (!str_is_absent(tenant) && !str_list_has(inv->tenants, tenant))) {
		langsmith_not_found(call, "Pending member", id);
		return;
	}
	langsmith_note_target(call, "member", inv->doc.id);
	role = str_is_absent(inv->role) ? NULL : FIND(call->snapshot, role, ROLE, inv->role);
	if (str_is_absent(tenant) && !people_may_assign(call, role, NULL))
		return;
	row = (struct member_row){.invitation = inv, .tenant = tenant, .m = {.role = role}, .role = role};
	if (!str_is_absent(tenant))
		row.role = FIND(call->snapshot, role, ROLE, inv->tenant_role);
	invitation_withdraw(call->txn, inv, tenant);
	member_row_answer(call, &row);
}

void member_delete_pending(struct api_call *call)
{
	withdraw(call, STR_NONE);
}

void workspace_member_delete_pending(struct api_call *call)
{
	withdraw(call, call->tenant);
}
