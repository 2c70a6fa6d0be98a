/* SPDX-License-Identifier: Apache-2.0
 *
 * The routes of the native dialect, who may use them, and how it says no.
 */
#include "api/native/native.h"

/* ---- permissions ----------------------------------------------------------------------------------- */

/* Nouns whose objects live in tenants: their handlers look at the tenant of each. */
static bool is_per_tenant(struct str action)
{
	return str_starts_with(action, STR("doorward:resources:")) ||
	       str_starts_with(action, STR("doorward:roleMembers:"));
}

/*
 * The directory is the organization's as a whole: a permission held in some tenants only (or a key bound to them) is
 * not enough for it.
 */
static bool authorize(struct api_call *call, struct str action, struct str resource)
{
	/* Whose key it is decides, and whether it is the caller's own: see keys.c. */
	if (str_starts_with(action, STR("doorward:keys:")))
		return true;
	if (api_authorize(call, action, resource) && (call->everywhere || is_per_tenant(action)))
		return true;
	api_fail(call, SERVICE_DENIED, 0, "not allowed: " STR_FMT " on " STR_FMT "%s", STR_ARG(action),
	         STR_ARG(resource), call->tenants.n ? " (in some tenants only)" : "");
	return false;
}

bool native_reaches(const struct api_call *call, struct str tenant)
{
	struct str name = str_is_absent(tenant) ? STR(TENANT_UNASSIGNED) : tenant;

	return call->everywhere || str_list_has(call->tenants, name);
}

const struct document *native_find(struct api_call *call, enum document_kind kind, const char *param)
{
	struct str name = api_param(call, param), template = str_of(call->route->resource);
	const struct document *doc = snapshot_find_any(call->snapshot, kind, name);
	size_t brace = str_find(template, '{', 0);

	if (!doc) {
		api_fail(call, SERVICE_NOT_FOUND, 0, "there is no " STR_FMT " \"" STR_FMT "\"",
		         STR_ARG(document_kind_name(kind)), STR_ARG(name));
		return NULL;
	}
	if (str_eq(doc->id, name) || brace == SIZE_MAX)
		return doc;
	struct str resource = arena_concat(call->arena, str_slice(template, 0, brace), doc->id);
	return authorize(call, str_of(call->route->action), resource) ? doc : NULL;
}

/* ---- errors ---------------------------------------------------------------------------------------- */

/* RFC 9457: `type` names the kind of problem for programs and does not change. */
static const struct problem {
	unsigned status;
	struct str type, title;
} problems[] = {
    {400, STR_INIT("urn:doorward:problem:invalid"), STR_INIT("Invalid request")},
    {401, STR_INIT("urn:doorward:problem:unauthenticated"), STR_INIT("Not authenticated")},
    {403, STR_INIT("urn:doorward:problem:denied"), STR_INIT("Not allowed")},
    {404, STR_INIT("urn:doorward:problem:not-found"), STR_INIT("Not found")},
    {405, STR_INIT("urn:doorward:problem:method-not-allowed"), STR_INIT("Method not allowed")},
    {409, STR_INIT("urn:doorward:problem:conflict"), STR_INIT("Conflict")},
    {413, STR_INIT("urn:doorward:problem:body-too-large"), STR_INIT("Body too large")},
    {414, STR_INIT("urn:doorward:problem:target-too-long"), STR_INIT("Request target too long")},
    {422, STR_INIT("urn:doorward:problem:too-much"), STR_INIT("Too much for one call")},
    {431, STR_INIT("urn:doorward:problem:headers-too-large"), STR_INIT("Headers too large")},
    {503, STR_INIT("urn:doorward:problem:unavailable"), STR_INIT("Temporarily unavailable")},
    {500, STR_INIT("urn:doorward:problem:internal"), STR_INIT("Internal error")}, /* last: stands for any other */
};

static void write_error(struct api_call *call, enum service_result result UNUSED, unsigned status, struct str text)
{
	struct http_exchange *x = call->x;
	const struct problem *p = problems;
	struct json_writer w = JSON_WRITER(&x->out);

	while (p->status != status && p->status != 500)
		p++;
	buf_clear(&x->out);
	json_begin_object(&w);
	json_put_str(&w, STR("type"), p->type);
	json_put_str(&w, STR("title"), p->title);
	json_put_u64(&w, STR("status"), status);
	json_put_str(&w, STR("detail"), text);
	json_put_str(&w, STR("request_id"), x->request_id);
	json_end_object(&w);
	x->content_type = STR("application/problem+json");
	x->status = status;
}

void native_fail(struct api_call *call, enum service_result result, const struct error *err)
{
	api_fail(call, result, result == SERVICE_FAILED_PRECONDITION ? 409 : 0, "%s", err->text);
}

void native_note_created(struct api_call *call, struct str id)
{
	call->target = arena_concat3(call->arena, str_of(call->route->resource), STR(":"), id);
}

/* ---- small helpers --------------------------------------------------------------------------------- */

bool native_query(struct api_call *call, struct str name, struct str *ret)
{
	if (http_query_get(call->x, name, ret))
		return true;
	api_fail(call, SERVICE_INVALID, 0, "the query parameter " STR_FMT " is malformed", STR_ARG(name));
	return false;
}

static void add_encoded(struct buf *b, struct str part)
{
	for (size_t i = 0; i < part.len; i++) {
		unsigned char c = (unsigned char)part.ptr[i];
		bool is_alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (is_alnum || (c && strchr("-._~:@+", c)))
			buf_add_char(b, (char)c);
		else
			buf_addf(b, "%%%02X", c);
	}
}

struct str native_path(struct arena *a, struct str noun, struct str id, struct str b)
{
	CLEANUP(buf_releasep) struct buf path = BUF_INIT(BUF_MAX_LINE_BYTES);

	buf_add(&path, STR(V1));
	buf_add(&path, noun);
	buf_add_char(&path, '/');
	add_encoded(&path, id);
	if (!str_is_absent(b)) {
		buf_add_char(&path, '/');
		add_encoded(&path, b);
	}
	return arena_str(a, buf_str(&path));
}

/* ---- routes ---------------------------------------------------------------------------------------- */

/* List, create, get, change and delete of a noun whose objects are named by one id. */
#define OBJECT_ROUTES(noun)                                                                                              \
	{HTTP_GET, V1 noun, API_READ, API_NO_BODY, "doorward:" noun ":list", "doorward:" noun, object_list},             \
	    {HTTP_POST, V1 noun, API_WRITE, API_JSON_BODY, "doorward:" noun ":create", "doorward:" noun, object_create}, \
	    {HTTP_GET,  V1 noun "/{id}", API_READ, API_NO_BODY, "doorward:" noun ":get", "doorward:" noun ":{id}",       \
	     object_get},                                                                                                \
	    {HTTP_PATCH,                                                                                                 \
	     V1 noun "/{id}",                                                                                            \
	     API_WRITE,                                                                                                  \
	     API_JSON_BODY,                                                                                              \
	     "doorward:" noun ":update",                                                                                 \
	     "doorward:" noun ":{id}",                                                                                   \
	     object_patch},                                                                                              \
	{                                                                                                                \
		HTTP_DELETE, V1 noun "/{id}", API_WRITE, API_NO_BODY, "doorward:" noun ":delete",                        \
		    "doorward:" noun ":{id}", object_delete                                                              \
	}

/* clang-format off */
static const struct api_route routes[] = {
    OBJECT_ROUTES("users"),
    OBJECT_ROUTES("services"),
    OBJECT_ROUTES("groups"),
    OBJECT_ROUTES("tenants"),
    OBJECT_ROUTES("roles"),
    OBJECT_ROUTES("governance-policies"),
    OBJECT_ROUTES("policies"),
    {HTTP_PUT,    V1 "policies/{id}", API_WRITE, API_JSON_BODY, "doorward:policies:update", "doorward:policies:{id}", object_put},

    {HTTP_GET,    V1 "groups/{id}/members",          API_READ,  API_NO_BODY, "doorward:groupMembers:list",   "doorward:groups:{id}", group_member_list},
    {HTTP_GET,    V1 "groups/{id}/members/{member}", API_READ,  API_NO_BODY, "doorward:groupMembers:get",    "doorward:groups:{id}", group_member_get},
    {HTTP_PUT,    V1 "groups/{id}/members/{member}", API_WRITE, API_NO_BODY, "doorward:groupMembers:update", "doorward:groups:{id}", group_member_put},
    {HTTP_DELETE, V1 "groups/{id}/members/{member}", API_WRITE, API_NO_BODY, "doorward:groupMembers:update", "doorward:groups:{id}", group_member_delete},

    {HTTP_GET,    V1 "roles/{id}/members",             API_READ,  API_NO_BODY, "doorward:roleMembers:list",   "doorward:roles:{id}", role_member_list},
    {HTTP_GET,    V1 "roles/{id}/members/{principal}", API_READ,  API_NO_BODY, "doorward:roleMembers:get",    "doorward:roles:{id}", role_member_get},
    {HTTP_PUT,    V1 "roles/{id}/members/{principal}", API_WRITE, API_NO_BODY, "doorward:roleMembers:update", "doorward:roles:{id}", role_member_put},
    {HTTP_DELETE, V1 "roles/{id}/members/{principal}", API_WRITE, API_NO_BODY, "doorward:roleMembers:update", "doorward:roles:{id}", role_member_delete},

    {HTTP_GET,    V1 "resources",             API_READ,  API_NO_BODY,   "doorward:resources:list",   "doorward:resources",             resource_list},
    {HTTP_GET,    V1 "resources/{type}/{id}", API_READ,  API_NO_BODY,   "doorward:resources:get",    "doorward:resources:{type}:{id}", resource_get},
    {HTTP_PUT,    V1 "resources/{type}/{id}", API_WRITE, API_JSON_BODY, "doorward:resources:update", "doorward:resources:{type}:{id}", resource_put},
    {HTTP_PATCH,  V1 "resources/{type}/{id}", API_WRITE, API_JSON_BODY, "doorward:resources:update", "doorward:resources:{type}:{id}", resource_patch},
    {HTTP_DELETE, V1 "resources/{type}/{id}", API_WRITE, API_NO_BODY,   "doorward:resources:delete", "doorward:resources:{type}:{id}", resource_delete},

    {HTTP_GET,    V1 "apps", API_READ, API_NO_BODY, "doorward:apps:list", "doorward:apps", app_list},
    {HTTP_POST,   V1 "apps", API_WRITE, API_JSON_BODY, "doorward:apps:create", "doorward:apps", app_create},
    {HTTP_GET,    V1 "apps/{id}", API_READ, API_NO_BODY, "doorward:apps:get", "doorward:apps:{id}", app_get},
    {HTTP_PATCH,  V1 "apps/{id}", API_WRITE, API_JSON_BODY, "doorward:apps:update", "doorward:apps:{id}", app_patch},
    {HTTP_DELETE, V1 "apps/{id}", API_WRITE, API_NO_BODY, "doorward:apps:delete", "doorward:apps:{id}", app_delete},

    {HTTP_GET,    V1 "apps/{id}/resource-types", API_READ, API_NO_BODY, "doorward:appResourceTypes:list", "doorward:apps:{id}", app_part_list},
    {HTTP_GET,    V1 "apps/{id}/resource-types/{part}", API_READ, API_NO_BODY, "doorward:appResourceTypes:get", "doorward:apps:{id}", app_part_get},
    {HTTP_PUT,    V1 "apps/{id}/resource-types/{part}", API_WRITE, API_JSON_BODY, "doorward:appResourceTypes:update", "doorward:apps:{id}", app_part_put},
    {HTTP_PATCH,  V1 "apps/{id}/resource-types/{part}", API_WRITE, API_JSON_BODY, "doorward:appResourceTypes:update", "doorward:apps:{id}", app_part_patch},
    {HTTP_DELETE, V1 "apps/{id}/resource-types/{part}", API_WRITE, API_NO_BODY, "doorward:appResourceTypes:delete", "doorward:apps:{id}", app_part_delete},

    {HTTP_GET,    V1 "apps/{id}/entitlements", API_READ, API_NO_BODY, "doorward:appEntitlements:list", "doorward:apps:{id}", app_part_list},
    {HTTP_GET,    V1 "apps/{id}/entitlements/{part}", API_READ, API_NO_BODY, "doorward:appEntitlements:get", "doorward:apps:{id}", app_part_get},
    {HTTP_PUT,    V1 "apps/{id}/entitlements/{part}", API_WRITE, API_JSON_BODY, "doorward:appEntitlements:update", "doorward:apps:{id}", app_part_put},
    {HTTP_PATCH,  V1 "apps/{id}/entitlements/{part}", API_WRITE, API_JSON_BODY, "doorward:appEntitlements:update", "doorward:apps:{id}", app_part_patch},
    {HTTP_DELETE, V1 "apps/{id}/entitlements/{part}", API_WRITE, API_NO_BODY, "doorward:appEntitlements:delete", "doorward:apps:{id}", app_part_delete},

    {HTTP_GET,    V1 "apps/{id}/actions", API_READ, API_NO_BODY, "doorward:appActions:list", "doorward:apps:{id}", app_part_list},
    {HTTP_GET,    V1 "apps/{id}/actions/{part}", API_READ, API_NO_BODY, "doorward:appActions:get", "doorward:apps:{id}", app_part_get},
    {HTTP_PUT,    V1 "apps/{id}/actions/{part}", API_WRITE, API_JSON_BODY, "doorward:appActions:update", "doorward:apps:{id}", app_part_put},
    {HTTP_PATCH,  V1 "apps/{id}/actions/{part}", API_WRITE, API_JSON_BODY, "doorward:appActions:update", "doorward:apps:{id}", app_part_patch},
    {HTTP_DELETE, V1 "apps/{id}/actions/{part}", API_WRITE, API_NO_BODY, "doorward:appActions:delete", "doorward:apps:{id}", app_part_delete},

    {HTTP_GET,    V1 "apps/{id}/accounts", API_READ, API_NO_BODY, "doorward:appAccounts:list", "doorward:apps:{id}", app_part_list},
    {HTTP_GET,    V1 "apps/{id}/accounts/{part}", API_READ, API_NO_BODY, "doorward:appAccounts:get", "doorward:apps:{id}", app_part_get},
    {HTTP_PUT,    V1 "apps/{id}/accounts/{part}", API_WRITE, API_JSON_BODY, "doorward:appAccounts:update", "doorward:apps:{id}", app_part_put},
    {HTTP_PATCH,  V1 "apps/{id}/accounts/{part}", API_WRITE, API_JSON_BODY, "doorward:appAccounts:update", "doorward:apps:{id}", app_part_patch},
    {HTTP_DELETE, V1 "apps/{id}/accounts/{part}", API_WRITE, API_NO_BODY, "doorward:appAccounts:delete", "doorward:apps:{id}", app_part_delete},

    {HTTP_GET,    V1 "apps/{id}/entitlements/{part}/bindings", API_READ, API_NO_BODY, "doorward:appBindings:list", "doorward:apps:{id}", binding_list},
    {HTTP_GET,    V1 "apps/{id}/entitlements/{part}/bindings/{account}", API_READ, API_NO_BODY, "doorward:appBindings:get", "doorward:apps:{id}", binding_get},
    {HTTP_PUT,    V1 "apps/{id}/entitlements/{part}/bindings/{account}", API_WRITE, API_OPTIONAL_JSON, "doorward:appBindings:update", "doorward:apps:{id}", binding_put},
    {HTTP_DELETE, V1 "apps/{id}/entitlements/{part}/bindings/{account}", API_WRITE, API_NO_BODY, "doorward:appBindings:delete", "doorward:apps:{id}", binding_delete},

    {HTTP_POST, V1 "access-reviews/{id}/start", API_WRITE, API_NO_BODY, NULL, NULL, access_review_post_start, "c1.accessReview.start"},
    {HTTP_POST, V1 "access-reviews/{id}/close", API_WRITE, API_NO_BODY, NULL, NULL, access_review_post_close, "c1.accessReview.close"},
    {HTTP_POST, V1 "access-review-templates/{id}/launch", API_WRITE, API_NO_BODY, NULL, NULL, access_review_template_post_launch, "c1.accessReviewTemplate.launch"},

    {HTTP_GET,    V1 "keys",      API_READ,  API_NO_BODY,   "doorward:keys:list",   "doorward:keys",      key_list},
    {HTTP_POST,   V1 "keys",      API_WRITE, API_JSON_BODY, "doorward:keys:create", "doorward:keys",      key_create},
    {HTTP_GET,    V1 "keys/{id}", API_READ,  API_NO_BODY,   "doorward:keys:get",    "doorward:keys:{id}", key_get},
    {HTTP_PATCH,  V1 "keys/{id}", API_WRITE, API_JSON_BODY, "doorward:keys:update", "doorward:keys:{id}", key_patch},
    {HTTP_DELETE, V1 "keys/{id}", API_WRITE, API_NO_BODY,   "doorward:keys:delete", "doorward:keys:{id}", key_delete},

    {HTTP_GET,    V1 "oauth-clients",      API_READ,  API_NO_BODY,   "doorward:keys:list",   "doorward:oauth-clients",      oauth_client_list},
    {HTTP_POST,   V1 "oauth-clients",      API_WRITE, API_JSON_BODY, "doorward:keys:create", "doorward:oauth-clients",      oauth_client_post},
    {HTTP_GET,    V1 "oauth-clients/{id}", API_READ,  API_NO_BODY,   "doorward:keys:get",    "doorward:oauth-clients:{id}", oauth_client_get},
    {HTTP_DELETE, V1 "oauth-clients/{id}", API_WRITE, API_NO_BODY,   "doorward:keys:delete", "doorward:oauth-clients:{id}", oauth_client_delete},

    {HTTP_GET,    V1 "token-issuers",      API_READ,  API_NO_BODY,   "doorward:tokenIssuers:list",   "doorward:tokenIssuers",      token_issuer_list},
    {HTTP_POST,   V1 "token-issuers",      API_WRITE, API_JSON_BODY, "doorward:tokenIssuers:create", "doorward:tokenIssuers",      token_issuer_post},
    {HTTP_GET,    V1 "token-issuers/{id}", API_READ,  API_NO_BODY,   "doorward:tokenIssuers:get",    "doorward:tokenIssuers:{id}", token_issuer_get},
    {HTTP_PATCH,  V1 "token-issuers/{id}", API_WRITE, API_JSON_BODY, "doorward:tokenIssuers:update", "doorward:tokenIssuers:{id}", token_issuer_patch},
    {HTTP_DELETE, V1 "token-issuers/{id}", API_WRITE, API_NO_BODY,   "doorward:tokenIssuers:delete", "doorward:tokenIssuers:{id}", token_issuer_delete},

    {HTTP_GET,  V1 "device-authorizations/{code}", API_READ,  API_NO_BODY,   NULL, NULL, device_get, NULL, true},
    {HTTP_POST, V1 "device-authorizations/{code}", API_WRITE, API_JSON_BODY, NULL, NULL, device_decide, "device.decide"},

    {HTTP_GET,   V1 "organization", API_READ,  API_NO_BODY,   "doorward:organization:get",    "doorward:organization", organization_get},
    {HTTP_PATCH, V1 "organization", API_WRITE, API_JSON_BODY, "doorward:organization:update", "doorward:organization", organization_patch},

    {HTTP_POST, V1 "preview", API_HELD, API_JSON_BODY, "doorward:preview:create", "doorward:preview", preview_create, NULL, true},
    {HTTP_GET, V1 "changes", API_READ, API_NO_BODY, "doorward:changes:list", "doorward:changes", change_list, NULL, true},
    {HTTP_GET, V1 "audit",  API_READ, API_NO_BODY, "doorward:audit:list", "doorward:audit", audit_list, NULL, true},
    {HTTP_GET, V1 "whoami", API_READ, API_NO_BODY, NULL,                  NULL,             whoami_get, NULL, true},
};
/* clang-format on */

static const char *const prefixes[] = {"/doorward/", NULL};

static const struct api_route_table table = {routes, N_ELEMENTS(routes)};
static const struct api_route_table *const tables[] = {&table};

const struct api_dialect api_native = {
    .name = "native",
    .prefixes = prefixes,
    .tables = tables,
    .n_tables = N_ELEMENTS(tables),
    .error = write_error,
    .authorize = authorize,
};
