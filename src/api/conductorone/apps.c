/* SPDX-License-Identifier: Apache-2.0
 *
 * Applications.
 */
#include "api/conductorone/directory.h"

/* ---- messages -------------------------------------------------------------------------------------------- */

/* Fields of the message that have fields of their own in the document. */
static const struct str known[] = {
    STR_INIT("displayName"),    STR_INIT("description"),     STR_INIT("grantPolicyId"),
    STR_INIT("revokePolicyId"), STR_INIT("certifyPolicyId"),
};

static const struct json *owners_message(struct api_call *call, struct str_list owners)
{
	struct json *items = ARENA_ARRAY(call->arena, struct json, owners.n),
	            *list = ARENA_NEW(call->arena, struct json);
	uint32_t n = 0;

	for (size_t i = 0; i < owners.n; i++) {
		const struct user *u = FIND(call->snapshot, user, USER, owners.items[i]);

		if (u)
			items[n++] = *c1_user_message(call, u);
	}
	*list = (struct json){.type = JSON_ARRAY, .n = n, .items = items};
	return n ? list : NULL;
}

const struct json *c1_app_message(struct api_call *call, const struct app *app)
{
	struct json_object o = {.arena = call->arena};
	size_t n_accounts = app_parts_of(call->snapshot, DOC_APP_USER, app->doc.id, call->arena).n;

	json_object_str(&o, "id", app->doc.id);
	json_object_str(&o, "displayName", app->display_name);
	json_object_str(&o, "description", app->description);
	json_object_str(&o, "grantPolicyId", app->grant_policy);
	json_object_str(&o, "revokePolicyId", app->revoke_policy);
	json_object_str(&o, "certifyPolicyId", app->certify_policy);
	json_object_tree(&o, "appOwners", owners_message(call, app->owners));
	c1_put_details(&o, app->details);
	json_object_i64(&o, "userCount", (int64_t)n_accounts);
	json_object_time(&o, "createdAt", app->doc.created_at_ms);
	json_object_time(&o, "updatedAt", app->doc.updated_at_ms);
	return json_object_end(&o);
}

/* Takes over what a message says, of the fields that App has. */
static void read_app(struct api_call *call, const struct json *message, struct app *ret)
{
	ret->display_name = c1_str(message, "displayName");
	ret->description = c1_str(message, "description");
	ret->grant_policy = c1_str(message, "grantPolicyId");
	ret->revoke_policy = c1_str(message, "revokePolicyId");
	ret->certify_policy = c1_str(message, "certifyPolicyId");
	ret->details = c1_details(call, &c1_App, message, (struct str_list){known, N_ELEMENTS(known)});
}

static void answer(struct api_call *call, struct app *app)
{
	c1_note_target(call, DOC_APP, app->doc.id);
	c1_stamp(call, &app->doc);
	c1_answer(call, &c1_AppResponse, c1_wrap(call, "app", c1_app_message(call, app)));
}

/* ---- making and changing ----------------------------------------------------------------------------------- */

static void app_create(struct api_call *call)
{
	struct app app = {.doc = {.kind = DOC_APP, .id = conductorone_new_id(call->arena)}};
	const struct json *message;
	struct error err = {0};

	if (!c1_read(call, &c1_CreateAppRequest, &message))
		return;
	read_app(call, message, &app);
	app.owners = c1_strs(call, message, "owners");
	if (c1_stored(call, applications_create(call->txn, &app.doc, &err), &err))
		answer(call, &app);
}

static void app_update(struct api_call *call)
{
	const struct json *message, *merged;
	const struct app *old;
	struct c1_change change;
	struct error err = {0};
	struct app app;

	if (!c1_read(call, &c1_UpdateAppRequest, &message))
		return;
	old = c1_find_app(call, "id");
	if (!old)
		return;
	change = (struct c1_change){.message = &c1_App,
	                            .old = c1_app_message(call, old),
	                            .given = json_get(message, STR("app")),
	                            .raw = c1_raw(call, &c1_UpdateAppRequest, STR("app")),
	                            .mask = c1_str(message, "updateMask")};
	if (!c1_merge(call, &change, &merged))
		return;
	app = *old;
	read_app(call, merged, &app);
	if (c1_stored(call, applications_update(call->txn, &app.doc, &err), &err))
		answer(call, &app);
}

static void app_delete(struct api_call *call)
{
	const struct app *app = c1_find_app(call, "id");
	struct error err = {0};

	if (app && c1_stored(call, applications_delete(call->txn, &app->doc, &err), &err))
		c1_answer(call, &c1_DirectoryEmpty, NULL);
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static void put_app(struct api_call *call, struct json_writer *w, const struct document *doc,
                    struct c1_expansion *x UNUSED)
{
	proto_write(w, &c1_App, c1_app_message(call, as_app(doc)));
}

static void app_get(struct api_call *call)
{
	const struct app *app = c1_find_app(call, "id");

	if (app)
		c1_answer(call, &c1_AppResponse, c1_wrap(call, "app", c1_app_message(call, app)));
}

static void app_list(struct api_call *call)
{
	struct c1_page page;

	if (c1_page_of_query(call, &page))
		c1_list(call, &page, &(struct c1_listing){.kind = DOC_APP, .put = put_app});
}

struct app_filter {
	struct str query, display_name;
	struct str_list ids, exclude, policies;
	bool only_directories;
};

static bool is_under(const struct app *app, struct str_list policies)
{
	return policies.n == 0 || str_list_has(policies, app->grant_policy) ||
	       str_list_has(policies, app->revoke_policy) || str_list_has(policies, app->certify_policy);
}

static bool shows_app(struct api_call *call UNUSED, const struct document *doc, const void *ctx)
{
	const struct app *app = as_app(doc);
	const struct app_filter *f = ctx;

	/* None is a directory. */
	return !f->only_directories && c1_is_wanted(f->ids, doc->id) && !str_list_has(f->exclude, doc->id) &&
	       is_under(app, f->policies) && c1_holds(app->display_name, f->display_name) &&
	       (c1_holds(app->display_name, f->query) || c1_holds(app->description, f->query));
}

static void app_search(struct api_call *call)
{
	const struct json *m;
	struct c1_page page;

	if (!c1_read(call, &c1_SearchAppsRequest, &m) || !c1_page_of(call, m, &page))
		return;
	const struct app_filter filter = {
	    .query = c1_str(m, "query"),
	    .display_name = c1_str(m, "displayName"),
	    .ids = c1_strs(call, m, "appIds"),
	    .exclude = c1_strs(call, m, "excludeAppIds"),
	    .policies = c1_ids_of(call, m, "policyRefs"),
	    .only_directories = c1_bool(m, "onlyDirectories"),
	};
	c1_list(call, &page, &(struct c1_listing){.kind = DOC_APP, .shows = shows_app, .put = put_app, .ctx = &filter});
}

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_GET, C1_API "apps", API_READ, API_NO_BODY, "conductorone:apps:list", "conductorone:apps", app_list, NULL},
    {HTTP_POST, C1_API "apps", API_WRITE, API_JSON_BODY, "conductorone:apps:create", "conductorone:apps", app_create, "c1.app.create"},
    {HTTP_GET, C1_API "apps/{id}", API_READ, API_NO_BODY, "conductorone:apps:get", "conductorone:apps:{id}", app_get, NULL},
    {HTTP_POST, C1_API "apps/{id}", API_WRITE, API_JSON_BODY, "conductorone:apps:update", "conductorone:apps:{id}", app_update, "c1.app.update"},
    {HTTP_DELETE, C1_API "apps/{id}", API_WRITE, API_OPTIONAL_JSON, "conductorone:apps:delete", "conductorone:apps:{id}", app_delete, "c1.app.delete"},
    {HTTP_POST, C1_API "search/apps", API_READ, API_OPTIONAL_JSON, "conductorone:apps:list", "conductorone:apps", app_search, NULL},
};
/* clang-format on */

const struct api_route_table c1_app_routes = {routes, N_ELEMENTS(routes)};
