/* SPDX-License-Identifier: Apache-2.0
 *
 * Entitlements: what can be asked for in an application.
 */
#include "api/conductorone/directory.h"

/* ---- messages -------------------------------------------------------------------------------------------- */

/* Fields of the message that have fields of their own in the document, or are told by where it stands. */
static const struct str known[] = {
    STR_INIT("appId"),
    STR_INIT("displayName"),
    STR_INIT("description"),
    STR_INIT("slug"),
    STR_INIT("appResourceTypeId"),
    STR_INIT("grantPolicyId"),
    STR_INIT("revokePolicyId"),
    STR_INIT("certifyPolicyId"),
    STR_INIT("emergencyGrantEnabled"),
    STR_INIT("emergencyGrantPolicyId"),
    STR_INIT("durationGrant"),
    STR_INIT("durationUnset"),
    STR_INIT("provisionerPolicy"),
    STR_INIT("deprovisionerPolicy"),
    STR_INIT("annotations"),
    STR_INIT("riskLevelValueId"),
};

/* How long a grant can last, one way or the other. */
static void put_duration(struct json_object *o, int64_t max_ms)
{
	static const struct json empty = {.type = JSON_OBJECT};

	if (max_ms)
		json_object_str(o, "durationGrant", proto_duration_text(o->arena, max_ms));
	else
		json_object_tree(o, "durationUnset", &empty);
}

static int64_t count_grants(struct api_call *call, const struct app_entitlement *e)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(call->snapshot, DOC_ENTITLEMENT_BINDING,
	                           arena_concat(call->arena, STR("entitlement:"), e->doc.id), call->arena, &docs);
	int64_t n_live = 0;

	for (size_t i = 0; i < n; i++)
		n_live += entitlement_binding_is_live(as_entitlement_binding(docs[i]), call->now_ms);
	return n_live;
}

const struct json *c1_entitlement_message(struct api_call *call, const struct app_entitlement *e)
{
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "id", e->entitlement_id);
	json_object_str(&o, "appId", e->app);
	json_object_str(&o, "displayName", e->display_name);
	json_object_str(&o, "description", e->description);
	json_object_str(&o, "slug", e->slug);
	json_object_str(&o, "appResourceTypeId", e->resource_type);
	json_object_str(&o, "grantPolicyId", e->grant_policy);
	json_object_str(&o, "revokePolicyId", e->revoke_policy);
	json_object_str(&o, "certifyPolicyId", e->certify_policy);
	json_object_bool(&o, "emergencyGrantEnabled", e->has_emergency_access);
	json_object_str(&o, "emergencyGrantPolicyId", e->emergency_policy);
	put_duration(&o, e->max_duration_ms);
	json_object_tree(&o, "provisionerPolicy", e->provisioner);
	json_object_tree(&o, "deprovisionerPolicy", e->deprovisioner);
	json_object_tree(&o, "annotations", e->annotations);
	json_object_str(&o, "riskLevelValueId", e->risk_level);
	c1_put_details(&o, e->details);
	json_object_i64(&o, "grantCount", count_grants(call, e));
	json_object_time(&o, "createdAt", e->doc.created_at_ms);
	json_object_time(&o, "updatedAt", e->doc.updated_at_ms);
	return json_object_end(&o);
}

/* Takes over what a message says, of the fields that AppEntitlement has. False after failing the call. */
static bool read_entitlement(struct api_call *call, const struct json *message, struct app_entitlement *ret)
{
	struct str duration = c1_str(message, "durationGrant");

	ret->display_name = c1_str(message, "displayName");
	ret->description = c1_str(message, "description");
	ret->slug = c1_str(message, "slug");
	ret->resource_type = c1_str(message, "appResourceTypeId");
	ret->grant_policy = c1_str(message, "grantPolicyId");
	ret->revoke_policy = c1_str(message, "revokePolicyId");
	ret->certify_policy = c1_str(message, "certifyPolicyId");
	ret->has_emergency_access = c1_bool(message, "emergencyGrantEnabled");
	ret->emergency_policy = c1_str(message, "emergencyGrantPolicyId");
	ret->provisioner = json_get(message, STR("provisionerPolicy"));
	ret->deprovisioner = json_get(message, STR("deprovisionerPolicy"));
	ret->annotations = json_get(message, STR("annotations"));
	ret->risk_level = c1_str(message, "riskLevelValueId");
	ret->details = c1_details(call, &c1_AppEntitlement, message, (struct str_list){known, N_ELEMENTS(known)});
	ret->max_duration_ms = 0;
	if (str_is_absent(duration))
		return true;
	/* The message's own check has read it once. */
	if (proto_duration_parse(duration, &ret->max_duration_ms) && ret->max_duration_ms > 0)
		return true;
	api_fail(call, SERVICE_INVALID, 0, "invalid AppEntitlement.DurationGrant: value must be greater than 0s");
	return false;
}

const struct json *c1_entitlement_view(struct api_call *call, const struct app_entitlement *e, struct c1_expansion *x)
{
	struct str type = app_part_id(call->arena, e->app, e->resource_type);
	const struct c1_path paths[] = {
	    {"app_id", "appPath", DOC_APP, {&e->app, 1}},
	    {"app_resource_type_id", "appResourceTypePath", DOC_APP_RESOURCE_TYPE, {&type, 1}},
	};
	struct json_object o = {.arena = call->arena};

	json_object_tree(&o, "appEntitlement", c1_entitlement_message(call, e));
	c1_put_paths(call, &o, x, paths, N_ELEMENTS(paths));
	return json_object_end(&o);
}

/* `request`: whose expandMask counts; NULL: nothing is expanded. */
static void answer(struct api_call *call, const struct app_entitlement *e, const struct json *request)
{
	struct c1_expansion x = c1_expansion_of(call, request);
	struct json_object o = {.arena = call->arena};

	json_object_tree(&o, "appEntitlementView", c1_entitlement_view(call, e, &x));
	c1_put_expanded(&o, &x);
	c1_answer(call, &c1_AppEntitlementResponse, json_object_end(&o));
}

/* ---- making and changing ----------------------------------------------------------------------------------- */

static void entitlement_create(struct api_call *call)
{
	struct app_entitlement e = {.doc.kind = DOC_APP_ENTITLEMENT};
	const struct json *message;
	struct error err = {0};
	const struct app *app;

	if (!c1_read(call, &c1_CreateAppEntitlementRequest, &message))
		return;
	app = c1_find_app(call, "app_id");
	if (!app || !read_entitlement(call, message, &e))
		return;
	e.app = app->doc.id;
	e.entitlement_id = conductorone_new_id(call->arena);
	e.owners = c1_strs(call, message, "appEntitlementOwnerIds");
	e.provisioner = json_get(message, STR("provisionPolicy"));
	if (!c1_stored(call, applications_create(call->txn, &e.doc, &err), &err))
		return;
	c1_note_target(call, DOC_APP_ENTITLEMENT, e.doc.id);
	c1_stamp(call, &e.doc);
	answer(call, &e, message);
}

static void entitlement_update(struct api_call *call)
{
	const struct json *message, *merged;
	const struct app_entitlement *old;
	struct app_entitlement e;
	struct c1_change change;
	struct error err = {0};

	if (!c1_read(call, &c1_UpdateAppEntitlementRequest, &message))
		return;
	old = c1_find_entitlement(call, "id");
	if (!old)
		return;
	change = (struct c1_change){.message = &c1_AppEntitlement,
	                            .old = c1_entitlement_message(call, old),
	                            .given = json_get(message, STR("entitlement")),
	                            .raw = c1_raw(call, &c1_UpdateAppEntitlementRequest, STR("entitlement")),
	                            .mask = c1_str(message, "updateMask")};
	e = *old;
	if (!c1_merge(call, &change, &merged) || !read_entitlement(call, merged, &e))
		return;
	if (!c1_stored(call, applications_update(call->txn, &e.doc, &err), &err))
		return;
	c1_stamp(call, &e.doc);
	answer(call, &e, message);
}

static void entitlement_delete(struct api_call *call)
{
	const struct app_entitlement *e = c1_find_entitlement(call, "id");
	struct error err = {0};

	if (e && c1_stored(call, applications_delete(call->txn, &e->doc, &err), &err))
		c1_answer(call, &c1_DirectoryEmpty, NULL);
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static void put_view(struct api_call *call, struct json_writer *w, const struct document *doc, struct c1_expansion *x)
{
	proto_write(w, &c1_AppEntitlementView, c1_entitlement_view(call, as_app_entitlement(doc), x));
}

static void entitlement_get(struct api_call *call)
{
	const struct app_entitlement *e = c1_find_entitlement(call, "id");

	if (e)
		answer(call, e, NULL);
}

static void entitlement_list(struct api_call *call)
{
	c1_list_of_app(call, DOC_APP_ENTITLEMENT, put_view);
}

/* Does one of the accounts have it? */
static bool is_held(struct api_call *call, const struct app_entitlement *e, struct str_list accounts)
{
	for (size_t i = 0; i < accounts.n; i++) {
		struct str id = entitlement_binding_id(call->arena, e->app, e->entitlement_id, accounts.items[i]);
		const struct entitlement_binding *b =
		    FIND(call->snapshot, entitlement_binding, ENTITLEMENT_BINDING, id);

		if (b && entitlement_binding_is_live(b, call->now_ms))
			return true;
	}
	return false;
}

static bool shows_of_account(struct api_call *call, const struct document *doc, const void *ctx)
{
	const struct str *account = ctx;

	return is_held(call, as_app_entitlement(doc), (struct str_list){account, 1});
}

/* What an account has. */
static void entitlement_list_of_account(struct api_call *call)
{
	const struct app_user *u;
	struct c1_page page;

	if (!c1_page_of_query(call, &page))
		return;
	u = c1_find_account(call, "app_user_id");
	if (u)
		c1_list(call, &page,
		        &(struct c1_listing){.kind = DOC_APP_ENTITLEMENT,
		                             .link = arena_concat(call->arena, STR("app:"), u->app),
		                             .shows = shows_of_account,
		                             .put = put_view,
		                             .ctx = &u->account_id,
		                             .is_of_views = true});
}

/* ---- search -------------------------------------------------------------------------------------------- */

struct entitlement_filter {
	struct str query, display_name, alias;
	struct str_list apps, exclude_apps, accounts, exclude_accounts, types, exclude_types, risks, policies, schemas;
	struct c1_refs refs, exclude_refs;
	bool finds_none; /* asks for what there is not here */
};

static bool is_under(const struct app_entitlement *e, struct str_list policies)
{
	return policies.n == 0 || str_list_has(policies, e->grant_policy) || str_list_has(policies, e->revoke_policy) ||
	       str_list_has(policies, e->certify_policy) || str_list_has(policies, e->emergency_policy);
}

static bool is_placed(const struct app_entitlement *e, const struct entitlement_filter *f)
{
	return c1_is_wanted(f->apps, e->app) && !str_list_has(f->exclude_apps, e->app) &&
	       c1_is_wanted(f->types, e->resource_type) && !str_list_has(f->exclude_types, e->resource_type) &&
	       c1_is_wanted(f->risks, e->risk_level) && is_under(e, f->policies) &&
	       c1_is_wanted(f->schemas, json_get_str(e->details, STR("requestSchemaId"))) &&
	       (f->refs.n == 0 || c1_refs_have(&f->refs, e->app, e->entitlement_id)) &&
	       !c1_refs_have(&f->exclude_refs, e->app, e->entitlement_id);
}

static bool is_called(const struct app_entitlement *e, const struct entitlement_filter *f)
{
	struct str alias = json_get_str(e->details, STR("alias"));

	return c1_holds(e->display_name, f->display_name) && (str_is_empty(f->alias) || str_eq(f->alias, alias)) &&
	       (c1_holds(e->display_name, f->query) || c1_holds(e->description, f->query) ||
	        c1_holds(e->slug, f->query) || c1_holds(alias, f->query));
}

static bool shows_entitlement(struct api_call *call, const struct document *doc, const void *ctx)
{
	const struct app_entitlement *e = as_app_entitlement(doc);
	const struct entitlement_filter *f = ctx;

	return !f->finds_none && is_placed(e, f) && is_called(e, f) &&
	       (f->accounts.n == 0 || is_held(call, e, f->accounts)) && !is_held(call, e, f->exclude_accounts);
}

/* Resources, their traits, compliance frameworks, connectors and automations there are none of. */
static bool asks_for_what_is_not(const struct json *m)
{
	static const struct str names[] = {
	    STR_INIT("resourceIds"),       STR_INIT("resourceTraitIds"), STR_INIT("complianceFrameworkIds"),
	    STR_INIT("sourceConnectorId"), STR_INIT("isAutomated"),      STR_INIT("accessReviewId")};

	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		if (json_get(m, names[i]))
			return true;
	return false;
}

static void entitlement_search(struct api_call *call)
{
	const struct json *m;
	struct c1_page page;

	if (!c1_read(call, &c1_SearchEntitlementsRequest, &m) || !c1_page_of(call, m, &page))
		return;
	const struct entitlement_filter filter = {
	    .query = c1_str(m, "query"),
	    .display_name = c1_str(m, "displayName"),
	    .alias = c1_str(m, "alias"),
	    .apps = c1_strs(call, m, "appIds"),
	    .exclude_apps = c1_strs(call, m, "excludeAppIds"),
	    .accounts = c1_strs(call, m, "appUserIds"),
	    .exclude_accounts = c1_strs(call, m, "excludeAppUserIds"),
	    .types = c1_strs(call, m, "resourceTypeIds"),
	    .exclude_types = c1_strs(call, m, "excludeResourceTypeIds"),
	    .risks = c1_strs(call, m, "riskLevelIds"),
	    .policies = c1_ids_of(call, m, "policyRefs"),
	    .schemas = c1_strs(call, m, "requestSchemaIds"),
	    .refs = c1_refs_of(call, m, "refs"),
	    .exclude_refs = c1_refs_of(call, m, "excludedEntitlementRefs"),
	    .finds_none = asks_for_what_is_not(m),
	};
	c1_list(call, &page,
	        &(struct c1_listing){.kind = DOC_APP_ENTITLEMENT,
	                             .shows = shows_entitlement,
	                             .put = put_view,
	                             .ctx = &filter,
	                             .is_of_views = true,
	                             .request = m});
}

#define ENTITLEMENTS C1_API "apps/{app_id}/entitlements"
#define ON_APP       "conductorone:apps:{app_id}"
#define ON           "conductorone:entitlements:{app_id}/{id}"

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_GET, ENTITLEMENTS, API_READ, API_NO_BODY, "conductorone:entitlements:list", ON_APP, entitlement_list, NULL},
    {HTTP_POST, ENTITLEMENTS, API_WRITE, API_JSON_BODY, "conductorone:entitlements:create", ON_APP, entitlement_create, "c1.entitlement.create"},
    {HTTP_GET, ENTITLEMENTS "/{id}", API_READ, API_NO_BODY, "conductorone:entitlements:get", ON, entitlement_get, NULL},
    {HTTP_POST, ENTITLEMENTS "/{id}", API_WRITE, API_JSON_BODY, "conductorone:entitlements:update", ON, entitlement_update, "c1.entitlement.update"},
    {HTTP_DELETE, ENTITLEMENTS "/{id}", API_WRITE, API_OPTIONAL_JSON, "conductorone:entitlements:delete", ON, entitlement_delete, "c1.entitlement.delete"},
    {HTTP_GET, ENTITLEMENTS "/users/{app_user_id}", API_READ, API_NO_BODY, "conductorone:grants:list", ON_APP, entitlement_list_of_account, NULL},
    {HTTP_GET, C1_API "search/apps/{app_id}/entitlements/users/{app_user_id}", API_READ, API_NO_BODY, "conductorone:grants:list", ON_APP, entitlement_list_of_account, NULL},
    {HTTP_POST, C1_API "search/entitlements", API_READ, API_OPTIONAL_JSON, "conductorone:entitlements:list", "conductorone:entitlements", entitlement_search, NULL},
};
/* clang-format on */

const struct api_route_table c1_entitlement_routes = {routes, N_ELEMENTS(routes)};
