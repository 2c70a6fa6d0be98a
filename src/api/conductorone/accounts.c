/* SPDX-License-Identifier: Apache-2.0
 *
 * Accounts in applications ("app users"). They are made by the native API: ConductorOne's own has no call for it, as
 * its connectors bring them in.
 */
#include "api/conductorone/directory.h"

static void put_one(struct json_object *o, const char *name, struct str s)
{
	if (!str_is_empty(s))
		json_object_strs(o, name, (struct str_list){&s, 1});
}

const struct json *c1_account_message(struct api_call *call, const struct app_user *u)
{
	struct json_object o = {.arena = call->arena}, status = {.arena = call->arena};

	json_object_str(&status, "status", arena_concat(call->arena, STR("STATUS_"), u->status));
	json_object_str(&o, "id", u->account_id);
	json_object_str(&o, "appId", u->app);
	json_object_str(&o, "identityUserId", u->user);
	json_object_str(&o, "displayName", str_is_empty(u->display_name) ? u->username : u->display_name);
	json_object_str(&o, "username", u->username);
	put_one(&o, "usernames", u->username);
	json_object_str(&o, "email", u->email);
	put_one(&o, "emails", u->email);
	json_object_str(&o, "appUserType", arena_concat(call->arena, STR("APP_USER_TYPE_"), u->type));
	json_object_tree(&o, "status", json_object_end(&status));
	json_object_tree(&o, "profile", u->profile);
	json_object_time(&o, "createdAt", u->doc.created_at_ms);
	json_object_time(&o, "updatedAt", u->doc.updated_at_ms);
	return json_object_end(&o);
}

const struct json *c1_account_view(struct api_call *call, const struct app_user *u, struct c1_expansion *x)
{
	const struct c1_path paths[] = {
	    {"app_id", "appPath", DOC_APP, {&u->app, 1}},
	    {"identity_user_id", "identityUserPath", DOC_USER, {&u->user, 1}},
	};
	struct json_object o = {.arena = call->arena};

	json_object_tree(&o, "appUser", c1_account_message(call, u));
	c1_put_paths(call, &o, x, paths, N_ELEMENTS(paths));
	return json_object_end(&o);
}

static void put_view(struct api_call *call, struct json_writer *w, const struct document *doc, struct c1_expansion *x)
{
	proto_write(w, &c1_AppUserView, c1_account_view(call, as_app_user(doc), x));
}

static void account_list(struct api_call *call)
{
	c1_list_of_app(call, DOC_APP_USER, put_view);
}

static bool is_in_app(struct api_call *call UNUSED, const struct document *doc, const void *ctx)
{
	const struct str *app = ctx;

	return str_eq(as_app_user(doc)->app, *app);
}

/* The accounts that a user has in an application. */
static void account_list_of_user(struct api_call *call)
{
	struct c1_page page;
	const struct app *app;
	const struct user *user;

	if (!c1_page_of_query(call, &page))
		return;
	app = c1_find_app(call, "app_id");
	user = app ? c1_find_user(call, "user_id", "AppUsersForUserRequest.UserId") : NULL;
	if (user)
		c1_list(call, &page,
		        &(struct c1_listing){.kind = DOC_APP_USER,
		                             .link = arena_concat(call->arena, STR("user:"), user->doc.id),
		                             .shows = is_in_app,
		                             .put = put_view,
		                             .ctx = &app->doc.id,
		                             .is_of_views = true});
}

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_GET, C1_API "apps/{app_id}/app_users", API_READ, API_NO_BODY, "conductorone:grants:list", "conductorone:apps:{app_id}", account_list, NULL},
    {HTTP_GET, C1_API "apps/{app_id}/users/{user_id}/app_users", API_READ, API_NO_BODY, "conductorone:grants:list", "conductorone:apps:{app_id}", account_list_of_user, NULL},
};
/* clang-format on */

const struct api_route_table c1_account_routes = {routes, N_ELEMENTS(routes)};
