/* SPDX-License-Identifier: Apache-2.0
 *
 * Who owns applications and entitlements.
 */
#include "api/conductorone/directory.h"

/* What the call is about: an application, or an entitlement of one. */
struct owned {
	struct app app;
	struct app_entitlement entitlement;
	struct document *doc;    /* of one of them, a copy to be changed */
	struct str_list *owners; /* its */
};

static bool is_of_entitlement(const struct api_call *call)
{
	return strstr(call->route->path, "/entitlements/") != NULL;
}

/* False after failing the call. */
static bool find(struct api_call *call, struct owned *ret)
{
	const struct app_entitlement *e;
	const struct app *app;

	if (is_of_entitlement(call)) {
		e = c1_find_entitlement(call, "entitlement_id");
		if (!e)
			return false;
		ret->entitlement = *e;
		ret->doc = &ret->entitlement.doc;
		ret->owners = &ret->entitlement.owners;
		return true;
	}
	app = c1_find_app(call, "app_id");
	if (!app)
		return false;
	ret->app = *app;
	ret->doc = &ret->app.doc;
	ret->owners = &ret->app.owners;
	return true;
}

static void store(struct api_call *call, struct owned *o)
{
	struct error err = {0};

	if (c1_stored(call, applications_update(call->txn, o->doc, &err), &err))
		c1_answer(call, &c1_DirectoryEmpty, NULL);
}

static void owners_set(struct api_call *call)
{
	const struct json *message;
	struct owned o;

	if (!c1_read(call, &c1_OwnersRequest, &message) || !find(call, &o))
		return;
	*o.owners = c1_strs(call, message, "userIds");
	store(call, &o);
}

/* One more; who is one already stays where she is. */
static void add(struct api_call *call, struct owned *o, struct str user)
{
	struct str *ids = ARENA_ARRAY(call->arena, struct str, o->owners->n + 1);

	if (o->owners->n)
		memcpy(ids, o->owners->items, o->owners->n * sizeof(*ids));
	ids[o->owners->n] = user;
	*o->owners = (struct str_list){ids, o->owners->n + 1};
	store(call, o);
}

static void app_owner_add(struct api_call *call)
{
	struct owned o;

	if (!find(call, &o))
		return;
	if (c1_find_user(call, "user_id", "AddAppOwnerRequest.UserId"))
		add(call, &o, api_param(call, "user_id"));
}

static void entitlement_owner_add(struct api_call *call)
{
	const struct json *message;
	struct owned o;

	if (!c1_read(call, &c1_OwnerRequest, &message) || !find(call, &o))
		return;
	if (str_is_empty(c1_str(message, "userId")))
		api_fail(call, SERVICE_INVALID, 0, "user_id is required");
	else
		add(call, &o, c1_str(message, "userId"));
}

/* Those who are named, by whatever name; without names, all. */
static void remove_owners(struct api_call *call, struct owned *o, struct str_list names)
{
	struct str *left = ARENA_ARRAY(call->arena, struct str, o->owners->n);
	size_t n = 0;

	for (size_t i = 0; i < o->owners->n && names.n; i++) {
		bool goes = false;

		for (size_t k = 0; k < names.n && !goes; k++) {
			const struct document *u = snapshot_find_any(call->snapshot, DOC_USER, names.items[k]);

			goes = u && str_eq(u->id, o->owners->items[i]);
		}
		if (!goes)
			left[n++] = o->owners->items[i];
	}
	*o->owners = (struct str_list){left, n};
	store(call, o);
}

static void owner_remove(struct api_call *call)
{
	struct str user;
	struct owned o;

	if (!find(call, &o) || !c1_find_user(call, "user_id", "RemoveAppOwnerRequest.UserId"))
		return;
	user = api_param(call, "user_id");
	remove_owners(call, &o, (struct str_list){&user, 1});
}

static void owners_remove(struct api_call *call)
{
	const struct json *message;
	struct owned o;

	if (c1_read(call, &c1_OwnersRequest, &message) && find(call, &o))
		remove_owners(call, &o, c1_strs(call, message, "userIds"));
}

static void owners_list(struct api_call *call)
{
	struct c1_page page;
	struct json_writer w;
	struct owned o;
	size_t i;

	if (!c1_page_of_query(call, &page) || !find(call, &o))
		return;
	w = c1_begin_list(call);
	for (i = page.after; i < o.owners->n && i - page.after < page.size; i++) {
		const struct user *u = FIND(call->snapshot, user, USER, o.owners->items[i]);

		if (u)
			proto_write(&w, &c1_User, c1_user_message(call, u));
	}
	c1_end_list(call, &w, i < o.owners->n ? i : 0);
}

static void owner_ids(struct api_call *call)
{
	struct json_object message = {.arena = call->arena};
	struct owned o;

	if (!find(call, &o))
		return;
	json_object_strs(&message, "userIds", *o.owners);
	c1_answer(call, &c1_OwnerIdsResponse, json_object_end(&message));
}

#define APP         C1_API "apps/{app_id}"
#define ENTITLEMENT C1_API "apps/{app_id}/entitlements/{entitlement_id}"
#define ON_APP      "conductorone:apps:{app_id}"
#define ON_ENT      "conductorone:entitlements:{app_id}/{entitlement_id}"

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_GET, APP "/owners", API_READ, API_NO_BODY, "conductorone:apps:get", ON_APP, owners_list, NULL},
    {HTTP_GET, APP "/ownerids", API_READ, API_NO_BODY, "conductorone:apps:get", ON_APP, owner_ids, NULL},
    {HTTP_PUT, APP "/owners", API_WRITE, API_JSON_BODY, "conductorone:apps:update", ON_APP, owners_set, "c1.app.owners"},
    {HTTP_DELETE, APP "/owners", API_WRITE, API_OPTIONAL_JSON, "conductorone:apps:update", ON_APP, owners_remove, "c1.app.owners"},
    {HTTP_POST, APP "/owners/{user_id}", API_WRITE, API_OPTIONAL_JSON, "conductorone:apps:update", ON_APP, app_owner_add, "c1.app.owners"},
    {HTTP_DELETE, APP "/owners/{user_id}", API_WRITE, API_OPTIONAL_JSON, "conductorone:apps:update", ON_APP, owner_remove, "c1.app.owners"},
    {HTTP_GET, ENTITLEMENT "/owners", API_READ, API_NO_BODY, "conductorone:entitlements:get", ON_ENT, owners_list, NULL},
    {HTTP_GET, ENTITLEMENT "/ownerids", API_READ, API_NO_BODY, "conductorone:entitlements:get", ON_ENT, owner_ids, NULL},
    {HTTP_PUT, ENTITLEMENT "/owners", API_WRITE, API_JSON_BODY, "conductorone:entitlements:update", ON_ENT, owners_set, "c1.entitlement.owners"},
    {HTTP_POST, ENTITLEMENT "/owners", API_WRITE, API_JSON_BODY, "conductorone:entitlements:update", ON_ENT, entitlement_owner_add, "c1.entitlement.owners"},
    {HTTP_DELETE, ENTITLEMENT "/owners", API_WRITE, API_OPTIONAL_JSON, "conductorone:entitlements:update", ON_ENT, owners_remove, "c1.entitlement.owners"},
    {HTTP_DELETE, ENTITLEMENT "/owners/{user_id}", API_WRITE, API_OPTIONAL_JSON, "conductorone:entitlements:update", ON_ENT, owner_remove, "c1.entitlement.owners"},
};
/* clang-format on */

const struct api_route_table c1_owner_routes = {routes, N_ELEMENTS(routes)};
