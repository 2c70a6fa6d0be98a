/* SPDX-License-Identifier: Apache-2.0
 *
 * Grants: which accounts have which entitlements, since when and until when. What has expired is none any more.
 */
#include "api/conductorone/directory.h"
#include "base/clock.h"

/* ---- messages -------------------------------------------------------------------------------------------- */

static const struct json *binding_message(struct api_call *call, const struct entitlement_binding *b)
{
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "appId", b->app);
	json_object_str(&o, "appEntitlementId", b->entitlement_id);
	json_object_str(&o, "appUserId", b->account_id);
	json_object_time(&o, "createdAt", b->doc.created_at_ms);
	json_object_time(&o, "deprovisionAt", b->expires_at_ms);
	return json_object_end(&o);
}

/* The grant with the account that has it. */
static const struct json *holder_message(struct api_call *call, const struct entitlement_binding *b,
                                         struct c1_expansion *x)
{
	const struct app_user *u = app_user_find(call->snapshot, b->app, b->account_id, call->arena);
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "appId", b->app);
	json_object_str(&o, "appEntitlementId", b->entitlement_id);
	json_object_str(&o, "appUserId", b->account_id);
	if (u)
		json_object_tree(&o, "appUser", c1_account_view(call, u, x));
	json_object_str(&o, "originatingTicketId", b->request);
	json_object_time(&o, "appEntitlementUserBindingCreatedAt", b->doc.created_at_ms);
	json_object_time(&o, "appEntitlementUserBindingDeprovisionAt", b->expires_at_ms);
	return json_object_end(&o);
}

/* ---- of one entitlement ---------------------------------------------------------------------------------- */

static void put_holder(struct api_call *call, struct json_writer *w, const struct document *doc, struct c1_expansion *x)
{
	proto_write(w, &c1_AppEntitlementUserView, holder_message(call, as_entitlement_binding(doc), x));
}

static bool is_live(struct api_call *call, const struct document *doc, const void *ctx UNUSED)
{
	return entitlement_binding_is_live(as_entitlement_binding(doc), call->now_ms);
}

static void holder_list(struct api_call *call)
{
	const struct app_entitlement *e;
	struct c1_page page;

	if (!c1_page_of_query(call, &page))
		return;
	e = c1_find_entitlement(call, "app_entitlement_id");
	if (e)
		c1_list(call, &page,
		        &(struct c1_listing){.kind = DOC_ENTITLEMENT_BINDING,
		                             .link = arena_concat(call->arena, STR("entitlement:"), e->doc.id),
		                             .shows = is_live,
		                             .put = put_holder,
		                             .is_of_views = true});
}

/* The grant that the account has; NULL: none that counts. */
static const struct entitlement_binding *grant_of(struct api_call *call, const struct app_entitlement *e,
                                                  struct str account)
{
	struct str id = entitlement_binding_id(call->arena, e->app, e->entitlement_id, account);
	const struct entitlement_binding *b = FIND(call->snapshot, entitlement_binding, ENTITLEMENT_BINDING, id);

	return b && entitlement_binding_is_live(b, call->now_ms) ? b : NULL;
}

/* An account without grant: who asks learns that it is there. */
static const struct json *ungranted(struct api_call *call, const struct app_user *u)
{
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "appId", u->app);
	json_object_str(&o, "appUserId", u->account_id);
	return json_object_end(&o);
}

/* All accounts of a user in the application; those that have the entitlement with their grant. */
static void grants_of_user(struct api_call *call)
{
	const struct app_entitlement *e = c1_find_entitlement(call, "app_entitlement_id");
	const struct user *user = e ? c1_find_user(call, "identity_user_id", "GrantsOfUserRequest.UserId") : NULL;
	struct json_object answer = {.arena = call->arena};
	struct app_parts accounts;
	struct json *items;

	if (!user)
		return;
	accounts = app_users_of(call->snapshot, e->app, user->doc.id, call->arena);
	items = ARENA_ARRAY(call->arena, struct json, accounts.n);
	for (size_t i = 0; i < accounts.n; i++) {
		const struct app_user *u = as_app_user(accounts.docs[i]);
		const struct entitlement_binding *b = grant_of(call, e, u->account_id);

		items[i] = b ? *binding_message(call, b) : *ungranted(call, u);
	}
	json_object_put(&answer, "bindings",
	                (struct json){.type = JSON_ARRAY, .n = (uint32_t)accounts.n, .items = items});
	c1_answer(call, &c1_GrantsOfUserResponse, json_object_end(&answer));
}

/* ---- how long they last ---------------------------------------------------------------------------------- */

/* The grant of the path; fails the call when there is none. */
static const struct entitlement_binding *find_grant(struct api_call *call)
{
	const struct app_entitlement *e = c1_find_entitlement(call, "app_entitlement_id");
	const struct app_user *u = e ? c1_find_account(call, "app_user_id") : NULL;
	const struct entitlement_binding *b = u ? grant_of(call, e, u->account_id) : NULL;

	if (b)
		c1_note_target(call, DOC_ENTITLEMENT_BINDING, b->doc.id);
	else if (u)
		api_fail(call, SERVICE_NOT_FOUND, 0, "grant not found");
	return b;
}

static void change_end(struct api_call *call, int64_t expires_at_ms)
{
	const struct entitlement_binding *old = find_grant(call);
	struct entitlement_binding b;
	struct error err = {0};

	if (!old)
		return;
	b = *old;
	b.expires_at_ms = expires_at_ms;
	if (!c1_stored(call, applications_update(call->txn, &b.doc, &err), &err))
		return;
	c1_stamp(call, &b.doc);
	c1_answer(call, &c1_GrantBindingResponse, c1_wrap(call, "binding", binding_message(call, &b)));
}

static void grant_update_duration(struct api_call *call)
{
	const struct json *message;
	int64_t at = 0;

	if (!c1_read(call, &c1_UpdateGrantDurationRequest, &message))
		return;
	if (time_parse_rfc3339(c1_str(message, "newDeprovisionAt"), &at) && at > call->now_ms)
		change_end(call, at);
	else
		api_fail(call, SERVICE_INVALID, 0,
		         "invalid UpdateGrantDurationRequest.NewDeprovisionAt: value must be greater than now");
}

static void grant_remove_duration(struct api_call *call)
{
	const struct json *message;

	if (c1_read(call, &c1_DirectoryEmpty, &message))
		change_end(call, 0);
}

/* ---- search -------------------------------------------------------------------------------------------- */

struct grant_filter {
	struct str_list apps, accounts, slugs, types, purposes;
	struct c1_refs refs;
	bool finds_none;
};

/* The purpose as it stands in the details; none is the zero value. */
static struct str purpose_of(const struct app_entitlement *e)
{
	struct str purpose = json_get_str(e->details, STR("purpose"));

	return str_is_absent(purpose) ? c1_AppEntitlementPurpose.values[0] : purpose;
}

static bool shows_grant(struct api_call *call, const struct document *doc, const void *ctx)
{
	const struct entitlement_binding *b = as_entitlement_binding(doc);
	const struct grant_filter *f = ctx;
	const struct app_entitlement *e;

	if (f->finds_none || !entitlement_binding_is_live(b, call->now_ms) || !c1_is_wanted(f->apps, b->app) ||
	    !c1_is_wanted(f->accounts, b->account_id) ||
	    (f->refs.n && !c1_refs_have(&f->refs, b->app, b->entitlement_id)))
		return false;
	e = app_entitlement_find(call->snapshot, b->app, b->entitlement_id, call->arena);
	return e && c1_is_wanted(f->slugs, e->slug) && c1_is_wanted(f->types, e->resource_type) &&
	       c1_is_wanted(f->purposes, purpose_of(e));
}

static void put_grant(struct api_call *call, struct json_writer *w, const struct document *doc, struct c1_expansion *x)
{
	const struct entitlement_binding *b = as_entitlement_binding(doc);
	const struct app_entitlement *e = app_entitlement_find(call->snapshot, b->app, b->entitlement_id, call->arena);
	struct json_object o = {.arena = call->arena};

	json_object_tree(&o, "entitlement", c1_entitlement_view(call, e, x));
	json_object_tree(&o, "appEntitlementUserBinding", holder_message(call, b, x));
	proto_write(w, &c1_AppEntitlementWithUserBinding, json_object_end(&o));
}

static void grant_search(struct api_call *call)
{
	const struct document *user;
	const struct json *m;
	struct c1_page page;
	struct str user_id;

	if (!c1_read(call, &c1_SearchGrantsRequest, &m) || !c1_page_of(call, m, &page))
		return;
	user_id = c1_str(m, "userId");
	user = str_is_empty(user_id) ? NULL : snapshot_find_any(call->snapshot, DOC_USER, user_id);
	const struct grant_filter filter = {
	    .apps = c1_strs(call, m, "appIds"),
	    .accounts = c1_strs(call, m, "appUserIds"),
	    .slugs = c1_strs(call, m, "entitlementSlugs"),
	    .types = c1_strs(call, m, "resourceTypeIds"),
	    .purposes = c1_strs(call, m, "purpose"),
	    .refs = c1_refs_of(call, m, "entitlementRefs"),
	    /* Somebody who is not there; resources there are none of. */
	    .finds_none = (!user && !str_is_empty(user_id)) || json_get(m, STR("resourceIds")) != NULL,
	};
	c1_list(call, &page,
	        &(struct c1_listing){.kind = DOC_ENTITLEMENT_BINDING,
	                             .link = user ? arena_concat(call->arena, STR("user:"), user->id) : STR_NONE,
	                             .shows = shows_grant,
	                             .put = put_grant,
	                             .ctx = &filter,
	                             .is_of_views = true,
	                             .request = m});
}

#define ENTITLEMENT C1_API "apps/{app_id}/entitlements/{app_entitlement_id}"
#define ON          "conductorone:entitlements:{app_id}/{app_entitlement_id}"

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_GET, ENTITLEMENT "/users", API_READ, API_NO_BODY, "conductorone:grants:list", ON, holder_list, NULL},
    {HTTP_GET, ENTITLEMENT "/users/{identity_user_id}/grants", API_READ, API_NO_BODY, "conductorone:grants:list", ON, grants_of_user, NULL},
    {HTTP_POST, ENTITLEMENT "/users/{app_user_id}/update-grant-duration", API_WRITE, API_JSON_BODY, "conductorone:grants:update", ON, grant_update_duration, "c1.grant.updateDuration"},
    {HTTP_POST, ENTITLEMENT "/users/{app_user_id}/remove-grant-duration", API_WRITE, API_OPTIONAL_JSON, "conductorone:grants:update", ON, grant_remove_duration, "c1.grant.removeDuration"},
    {HTTP_POST, C1_API "search/grants", API_READ, API_OPTIONAL_JSON, "conductorone:grants:list", "conductorone:grants", grant_search, NULL},
};
/* clang-format on */

const struct api_route_table c1_grant_routes = {routes, N_ELEMENTS(routes)};
