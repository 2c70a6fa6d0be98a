/* SPDX-License-Identifier: Apache-2.0
 *
 * Users: the organization's, as ConductorOne shows them. What it knows of somebody beside name, address and manager
 * stands in the user's attributes, under its own name for it or in snake_case.
 */
#include "api/conductorone/directory.h"
#include "base/clock.h"
#include "service/directory.h"
#include "service/holdings.h"

/* ---- attributes ------------------------------------------------------------------------------------------- */

struct str c1_user_attribute(const struct user *u, const char *snake, const char *camel)
{
	struct str s = json_get_str(u->attributes, str_of(snake));

	return str_is_absent(s) ? json_get_str(u->attributes, str_of(camel)) : s;
}

/* The word, in capitals and without a prefix such as "USER_TYPE_", if it is one of those known; else the first. */
static struct str word_of(struct str s, struct str prefix, const struct str *known, size_t n)
{
	struct str word = s;

	if (s.len > prefix.len && str_eq_nocase(str_slice(s, 0, prefix.len), prefix))
		word = str_slice(s, prefix.len, s.len);
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(known[i], word))
			return known[i];
	return known[0];
}

static struct str status_of(const struct user *u)
{
	static const struct str known[] = {STR_INIT("ENABLED"), STR_INIT("DISABLED"), STR_INIT("DELETED")};

	return word_of(c1_user_attribute(u, "status", "status"), STR("USER_STATUS_"), known, N_ELEMENTS(known));
}

static struct str type_of(struct api_call *call, const struct user *u)
{
	static const struct str known[] = {STR_INIT("HUMAN"), STR_INIT("SYSTEM"), STR_INIT("SERVICE"),
	                                   STR_INIT("AGENT")};

	return arena_concat(call->arena, STR("USER_TYPE_"),
	                    word_of(c1_user_attribute(u, "type", "type"), STR("USER_TYPE_"), known, N_ELEMENTS(known)));
}

/* ---- messages -------------------------------------------------------------------------------------------- */

/* The ids of ConductorOne's roles that the user holds. */
static struct str_list roles_of(struct api_call *call, const struct user *u)
{
	const struct document *const *held;
	size_t n_held = holdings_of(call->snapshot, (struct principal){STR("user"), u->doc.id}, call->arena, &held);
	struct str *ids = ARENA_ARRAY(call->arena, struct str, n_held);
	size_t n = 0;

	for (size_t i = 0; i < n_held; i++) {
		const struct role *role = FIND(call->snapshot, role, ROLE, as_role_member(held[i])->role);

		if (role && str_eq(role->scope, STR("conductorone")))
			ids[n++] = role->doc.id;
	}
	return (struct str_list){ids, n};
}

static void put_one(struct json_object *o, const char *name, struct str s)
{
	if (!str_is_empty(s))
		json_object_strs(o, name, (struct str_list){&s, 1});
}

const struct json *c1_user_message(struct api_call *call, const struct user *u)
{
	struct json_object o = {.arena = call->arena};
	struct str status = status_of(u), username = c1_user_attribute(u, "username", "username");

	json_object_str(&o, "id", u->doc.id);
	json_object_str(&o, "displayName", str_is_empty(u->display_name) ? u->doc.id : u->display_name);
	json_object_str(&o, "email", u->email);
	put_one(&o, "emails", u->email);
	json_object_str(&o, "username", username);
	put_one(&o, "usernames", username);
	json_object_str(&o, "department", c1_user_attribute(u, "department", "department"));
	json_object_str(&o, "jobTitle", c1_user_attribute(u, "job_title", "jobTitle"));
	json_object_str(&o, "employmentStatus", c1_user_attribute(u, "employment_status", "employmentStatus"));
	json_object_str(&o, "employmentType", c1_user_attribute(u, "employment_type", "employmentType"));
	put_one(&o, "employeeIds", c1_user_attribute(u, "employee_id", "employeeId"));
	put_one(&o, "managerIds", u->manager);
	json_object_str(&o, "delegatedUserId", u->delegate);
	json_object_str(&o, "directoryStatus", status);
	json_object_str(&o, "status", status);
	json_object_str(&o, "type", type_of(call, u));
	json_object_str(&o, "origin", STR("USER_ORIGIN_LOCAL"));
	json_object_strs(&o, "roleIds", roles_of(call, u));
	json_object_tree(&o, "profile", u->attributes);
	json_object_time(&o, "createdAt", u->doc.created_at_ms);
	json_object_time(&o, "updatedAt", u->doc.updated_at_ms);
	return json_object_end(&o);
}

/* There are no directories below this one; roles have no message of their own. */
const struct json *c1_user_view(struct api_call *call, const struct user *u, struct c1_expansion *x)
{
	const struct c1_path paths[] = {
	    {"manager_ids", "managersPath", DOC_USER, {&u->manager, 1}},
	    {"delegated_user_id", "delegatedUserPath", DOC_USER, {&u->delegate, 1}},
	};
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "userId", u->doc.id);
	json_object_tree(&o, "user", c1_user_message(call, u));
	c1_put_paths(call, &o, x, paths, N_ELEMENTS(paths));
	return json_object_end(&o);
}

static void put_view(struct api_call *call, struct json_writer *w, const struct document *doc, struct c1_expansion *x)
{
	proto_write(w, &c1_UserView, c1_user_view(call, as_user(doc), x));
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static void user_list(struct api_call *call)
{
	struct c1_page page;

	if (c1_page_of_query(call, &page))
		c1_list(call, &page, &(struct c1_listing){.kind = DOC_USER, .put = put_view, .is_of_views = true});
}

static void user_get(struct api_call *call)
{
	const struct user *u = c1_find_user(call, "id", "GetUserRequest.Id");
	struct c1_expansion none = {0};

	if (u)
		c1_answer(call, &c1_UserResponse, c1_wrap(call, "userView", c1_user_view(call, u, &none)));
}

struct user_filter {
	struct str query, email;
	struct str_list ids, refs, exclude, managers, departments, job_titles, delegates, roles, statuses;
	struct str_list exclude_types, origins, exclude_origins;
	bool has_delegate, has_no_delegate;
};

static bool is_one_of(struct str_list wanted, struct str_list have)
{
	for (size_t i = 0; i < have.n; i++)
		if (str_list_has(wanted, have.items[i]))
			return true;
	return wanted.n == 0;
}

/* "ann" finds her by any name that people know her by. */
static bool is_called(const struct user *u, struct str query)
{
	return c1_holds(u->display_name, query) || c1_holds(u->email, query) || c1_holds(u->doc.id, query);
}

static bool is_placed(const struct user *u, const struct user_filter *f)
{
	return c1_is_wanted(f->managers, u->manager) &&
	       c1_is_wanted(f->departments, c1_user_attribute(u, "department", "department")) &&
	       c1_is_wanted(f->job_titles, c1_user_attribute(u, "job_title", "jobTitle"));
}

static bool is_delegated(const struct user *u, const struct user_filter *f)
{
	bool has = !str_is_absent(u->delegate);

	return c1_is_wanted(f->delegates, u->delegate) && !(f->has_delegate && !has) && !(f->has_no_delegate && has);
}

static bool shows_user(struct api_call *call, const struct document *doc, const void *ctx)
{
	const struct user *u = as_user(doc);
	const struct user_filter *f = ctx;

	return c1_is_wanted(f->ids, doc->id) && c1_is_wanted(f->refs, doc->id) && !str_list_has(f->exclude, doc->id) &&
	       (str_is_empty(f->email) || str_eq_nocase(f->email, u->email)) && is_placed(u, f) && is_delegated(u, f) &&
	       c1_is_wanted(f->statuses, status_of(u)) && !str_list_has(f->exclude_types, type_of(call, u)) &&
	       c1_is_wanted(f->origins, STR("USER_ORIGIN_LOCAL")) &&
	       !str_list_has(f->exclude_origins, STR("USER_ORIGIN_LOCAL")) && is_one_of(f->roles, roles_of(call, u)) &&
	       is_called(u, f->query);
}

static void user_search(struct api_call *call)
{
	const struct json *m;
	struct c1_page page;
	struct str delegation;

	if (!c1_read(call, &c1_SearchUsersRequest, &m) || !c1_page_of(call, m, &page))
		return;
	delegation = c1_str(m, "delegateStatus");
	const struct user_filter filter = {
	    .query = c1_str(m, "query"),
	    .email = c1_str(m, "email"),
	    .ids = c1_strs(call, m, "ids"),
	    .refs = c1_ids_of(call, m, "refs"),
	    .exclude = c1_strs(call, m, "excludeIds"),
	    .managers = c1_strs(call, m, "managerIds"),
	    .departments = c1_strs(call, m, "departments"),
	    .job_titles = c1_strs(call, m, "jobTitles"),
	    .delegates = c1_strs(call, m, "delegatedUserIds"),
	    .roles = c1_strs(call, m, "roleIds"),
	    .statuses = c1_strs(call, m, "userStatuses"),
	    .exclude_types = c1_strs(call, m, "excludeTypes"),
	    .origins = c1_strs(call, m, "origins"),
	    .exclude_origins = c1_strs(call, m, "excludeOrigins"),
	    .has_delegate = str_eq(delegation, STR("DELEGATE_STATUS_HAS_DELEGATE")),
	    .has_no_delegate = str_eq(delegation, STR("DELEGATE_STATUS_NO_DELEGATE")),
	};
	c1_list(call, &page,
	        &(struct c1_listing){.kind = DOC_USER,
	                             .shows = shows_user,
	                             .put = put_view,
	                             .ctx = &filter,
	                             .is_of_views = true,
	                             .request = m});
}

/* ---- delegation ---------------------------------------------------------------------------------------- */

/* A time of a canonical message; 0: not set. */
static int64_t time_of(const struct json *message, const char *name)
{
	int64_t ms = 0;

	return time_parse_rfc3339(c1_str(message, name), &ms) ? ms : 0;
}

static void answer_delegation(struct api_call *call, const struct user *u)
{
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "userId", u->doc.id);
	json_object_str(&o, "delegatedUserId", u->delegate);
	json_object_time(&o, "startAt", u->delegate_from_ms);
	json_object_time(&o, "expirationAt", u->delegate_until_ms);
	json_object_time(&o, "createdAt", call->now_ms);
	json_object_time(&o, "updatedAt", call->now_ms);
	c1_answer(call, &c1_SetDelegationResponse, c1_wrap(call, "item", json_object_end(&o)));
}

static void user_delegate(struct api_call *call)
{
	const struct user *old;
	const struct json *m;
	struct error err = {0};
	struct user u;

	if (!c1_read(call, &c1_SetDelegationRequest, &m))
		return;
	old = c1_find_user(call, "user_id", "SetExpiringUserDelegationBindingByAdminRequest.UserId");
	if (!old)
		return;
	c1_note_target(call, DOC_USER, old->doc.id);
	u = *old;
	u.delegate = c1_str(m, "delegatedUserId");
	u.delegate_from_ms = time_of(m, "delegationStartAt");
	u.delegate_until_ms = time_of(m, "delegationExpireAt");
	if (c1_stored(call, directory_set_delegate(call->txn, &u, &err), &err))
		answer_delegation(call, &u);
}

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_GET, C1_API "users", API_READ, API_NO_BODY, "conductorone:users:list", "conductorone:users", user_list, NULL},
    {HTTP_GET, C1_API "users/{id}", API_READ, API_NO_BODY, "conductorone:users:get", "conductorone:users:{id}", user_get, NULL},
    {HTTP_POST, C1_API "search/users", API_READ, API_OPTIONAL_JSON, "conductorone:users:list", "conductorone:users", user_search, NULL},
    {HTTP_POST, C1_API "users/{user_id}/set-delegation-by-admin", API_WRITE, API_JSON_BODY, "conductorone:users:update", "conductorone:users:{user_id}", user_delegate, "c1.user.delegate"},
};
/* clang-format on */

const struct api_route_table c1_user_routes = {routes, N_ELEMENTS(routes)};
