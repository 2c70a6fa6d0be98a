/* SPDX-License-Identifier: Apache-2.0
 *
 * Members of the organization and of projects (call->tenant: the project; absent: the organization).
 */
#include "api/confident/confident.h"
#include "service/confident_members.h"
#include "service/confident_roles.h"

/* ---- answers ------------------------------------------------------------------------------------------- */

/* `role` is passed, since a change does not show in the snapshot yet. */
static void put_member(struct api_call *call, struct json_writer *w, const struct user *user, const struct role *role)
{
	json_begin_object(w);
	json_put_str(w, STR("id"), user->doc.id);
	/* The vendor's users all have an address, and its clients refuse null. */
	json_put_str(w, STR("email"), str_is_absent(user->email) ? STR("") : user->email);
	json_put_str(w, STR("name"), user->display_name);
	json_put_str(w, STR("image"), STR_NONE);
	confident_put_ref(w, str_is_absent(call->tenant) ? "organizationRole" : "projectRole",
	                  role ? role->doc.id : STR_NONE, role ? role->display_name : STR_NONE);
	json_end_object(w);
}

static void put_listed(struct api_call *call, struct json_writer *w, const struct user *user)
{
	put_member(call, w, user, confident_role_of(call->snapshot, user->doc.id, call->tenant, call->arena));
}

static void put_page_of_users(struct api_call *call, struct json_writer *w, const struct confident_page *page)
{
	const struct document *doc;
	uint64_t at = 0, skip = (page->page - 1) * page->size, n = 0;

	/* Behind the end there is nothing to look through for. */
	if (skip >= call->snapshot->n_docs[DOC_USER])
		return;
	while (n < skip + page->size && (doc = snapshot_next(call->snapshot, DOC_USER, &at)))
		if (n++ >= skip)
			put_listed(call, w, as_user(doc));
}

static void member_list(struct api_call *call)
{
	struct confident_page page;
	const struct user *const *users;
	struct json_writer w;
	uint64_t total = call->snapshot->n_docs[DOC_USER];

	if (!confident_read_page(call, &page))
		return;
	w = confident_begin(call);
	json_key(&w, STR("members"));
	json_begin_array(&w);
	if (str_is_absent(call->tenant)) {
		put_page_of_users(call, &w, &page);
	} else {
		total = confident_project_members(call->snapshot, call->tenant, call->arena, &users);
		for (uint64_t i = (page.page - 1) * page.size; i < total && i < page.page * page.size; i++)
			put_listed(call, &w, users[i]);
	}
	json_end_array(&w);
	confident_put_total(call, &w, &page, total,
	                    str_is_absent(call->tenant) ? "totalOrganizationMembers" : "totalProjectMembers");
	confident_end(call, &w);
}

/* ---- changes ------------------------------------------------------------------------------------------- */

static const struct user *found(struct api_call *call, const struct user *user)
{
	if (user)
		confident_note_target(call, "user", user->doc.id);
	else
		confident_not_found(call, "Member");
	return user;
}

/* Whoever is a user of the organization can be made a member of a project. */
static void member_update(struct api_call *call)
{
	struct confident_membership next = {.tenant = call->tenant};
	struct str role;
	struct error err = {0};
	enum service_result r;
	struct json_writer w;

	next.user =
	    found(call, confident_member_find(call->snapshot, api_param(call, "userId"), STR_NONE, call->arena));
	if (!next.user || !confident_need_str(call, "roleId", &role))
		return;
	next.role = confident_find_role(call, role);
	if (!next.role)
		return;
	r = confident_assign(call->txn, &call->caller, &next, &err);
	if (r != SERVICE_OK) {
		confident_fail(call, r, &err);
		return;
	}
	w = confident_begin(call);
	json_key(&w, STR("member"));
	put_member(call, &w, next.user, next.role);
	confident_end(call, &w);
}

static void member_remove(struct api_call *call)
{
	const struct user *user =
	    found(call, confident_member_find(call->snapshot, api_param(call, "userId"), call->tenant, call->arena));
	struct error err = {0};
	enum service_result r;

	if (!user)
		return;
	r = confident_leave(call->txn, &call->caller, user, call->tenant, &err);
	if (r == SERVICE_OK)
		confident_answer_gone(call, user->doc.id, "removed");
	else
		confident_fail(call, r, &err);
}

/* clang-format off */
static const struct api_route routes[] = {
    CONFIDENT_ROUTE(HTTP_GET, "organization/members", API_READ, API_NO_BODY, "user:read", "organization", member_list, NULL),
    CONFIDENT_ROUTE(HTTP_PUT, "organization/members/{userId}", API_WRITE, API_JSON_BODY, "user:manage", "organization", member_update, "org.users.role.update"),
    CONFIDENT_ROUTE(HTTP_DELETE, "organization/members/{userId}", API_WRITE, API_NO_BODY, "user:delete", "organization", member_remove, "org.users.delete"),
    CONFIDENT_ROUTE(HTTP_GET, "projects/{projectId}/members", API_READ, API_NO_BODY, "user:read", "project", member_list, NULL),
    CONFIDENT_ROUTE(HTTP_PUT, "projects/{projectId}/members/{userId}", API_WRITE, API_JSON_BODY, "user:manage", "project", member_update, "project.users.role.update"),
    CONFIDENT_ROUTE(HTTP_DELETE, "projects/{projectId}/members/{userId}", API_WRITE, API_NO_BODY, "user:delete", "project", member_remove, "project.users.delete"),
};
/* clang-format on */

const struct api_route_table confident_member_routes = {routes, N_ELEMENTS(routes)};
