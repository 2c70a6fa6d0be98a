/* SPDX-License-Identifier: Apache-2.0
 *
 * The dialect as a whole: its errors, the organization and the workspace a request works in, its permissions.
 */
#include "api/langsmith/langsmith.h"

#include "base/uuid.h"

/* ---- errors ------------------------------------------------------------------------------------------ */

/* Reason phrases, as a problem's title. */
static const struct {
	unsigned status;
	struct str title;
} titles[] = {
    {400, STR_INIT("Bad Request")},
    {401, STR_INIT("Unauthorized")},
    {403, STR_INIT("Forbidden")},
    {404, STR_INIT("Not Found")},
    {405, STR_INIT("Method Not Allowed")},
    {409, STR_INIT("Conflict")},
    {413, STR_INIT("Content Too Large")},
    {414, STR_INIT("URI Too Long")},
    {422, STR_INIT("Unprocessable Content")},
    {431, STR_INIT("Request Header Fields Too Large")},
    {503, STR_INIT("Service Unavailable")},
    {500, STR_INIT("Internal Server Error")}, /* last: stands for any other */
};

static bool is_platform(const struct api_call *call)
{
	return str_starts_with(call->x->path, STR("/v1/platform/")) ||
	       str_starts_with(call->x->path, STR("/api/v1/platform/"));
}

/* The errors of the platform's members are documented as objects of strings alone. */
static bool has_plain_errors(const struct api_call *call)
{
	return call->route && str_ends_with(str_of(call->route->path), STR("/platform/orgs/current/members"));
}

/* What the vendor's clients of all generations look for: `error`, or the members of RFC 7807. */
static void write_platform_error(const struct api_call *call, struct json_writer *w, unsigned status, struct str text)
{
	size_t i = 0;

	while (titles[i].status != status && i + 1 < N_ELEMENTS(titles))
		i++;
	json_put_str(w, STR("error"), text);
	if (has_plain_errors(call))
		return;
	json_put_str(w, STR("type"), STR("about:blank"));
	json_put_str(w, STR("title"), titles[i].title);
	json_put_u64(w, STR("status"), status);
	json_put_str(w, STR("detail"), text);
}

/* One fault, in the form of the vendor's validator. */
static void write_faults(struct json_writer *w, const struct api_call *call, struct str text)
{
	json_key(w, STR("detail"));
	json_begin_array(w);
	json_begin_object(w);
	json_key(w, STR("loc"));
	json_begin_array(w);
	json_add_str(w, call->route->body == API_NO_BODY ? STR("query") : STR("body"));
	if (call->field)
		json_add_str(w, str_of(call->field));
	json_end_array(w);
	json_put_str(w, STR("msg"), text);
	json_put_str(w, STR("type"), STR("value_error"));
	json_end_object(w);
	json_end_array(w);
}

static void write_error(struct api_call *call, enum service_result result, unsigned status, struct str text)
{
	bool platform = is_platform(call);
	struct json_writer w = JSON_WRITER(&call->x->out);

	if (!platform && result == SERVICE_INVALID && status == 400 && call->route)
		status = 422;
	call->x->status = status;
	if (status == 409)
		http_answer_header(call->x, STR("x-should-retry"), STR("false"));
	json_begin_object(&w);
	if (platform)
		write_platform_error(call, &w, status, text);
	else if (status == 422)
		write_faults(&w, call, text);
	else
		json_put_str(&w, STR("detail"), text);
	json_end_object(&w);
}

void langsmith_not_found(struct api_call *call, const char *what, struct str id)
{
	if (uuid_is(id))
		api_fail(call, SERVICE_NOT_FOUND, 0, "%s not found", what);
	else
		api_fail(call, SERVICE_INVALID, 0, "%s not found: \"" STR_FMT "\" is not a valid UUID", what,
		         STR_ARG(id));
}

void langsmith_fail(struct api_call *call, enum service_result result, const struct error *err)
{
	api_fail(call, result, 0, "%s", err->text);
}

void langsmith_warn(struct api_call *call, const struct cascade_effect *effect)
{
	call->warning = widening_text(&effect->widening, effect->n_denies_lost, call->arena);
}

void langsmith_note_target(struct api_call *call, const char *kind, struct str id)
{
	call->target = arena_concat3(call->arena, str_of(kind), STR(":"), id);
}

/* ---- which organization, which workspace ---------------------------------------------------------------- */

struct str langsmith_organization_id(const struct api_call *call)
{
	struct str name = call->snapshot->org;

	return uuid_is(name) ? name : uuid_of_text(call->arena, name);
}

/* Another organization's id is refused before anything is looked at. */
static bool admit(struct api_call *call)
{
	struct str wanted = http_header_get(call->x, STR("X-Organization-Id"));
	const struct organization *org = snapshot_organization(call->snapshot);

	if (str_is_empty(wanted) || str_eq(wanted, call->snapshot->org) ||
	    str_eq_nocase(wanted, langsmith_organization_id(call)) || (org && str_list_has(org->doc.aliases, wanted)))
		return true;
	api_fail(call, SERVICE_DENIED, 0, "Forbidden");
	return false;
}

static bool holds_in(struct api_call *call, struct str action, struct str tenant)
{
	return api_may_in(call, action, arena_concat(call->arena, STR("workspace:"), tenant), tenant);
}

/* A permission that came later and that an older, wider one includes. */
static bool may_in(struct api_call *call, struct str action, struct str tenant)
{
	return holds_in(call, action, tenant) ||
	       (str_eq(action, STR("workspaces:manage-keys")) && holds_in(call, STR("workspaces:manage"), tenant));
}

/* The workspace of a request that names none: the key's own, the service's, or, for a person, the first where it may.
 */
static struct str default_workspace(struct api_call *call, struct str action)
{
	const struct key *key = call->caller.key;
	const struct service_account *service;
	const struct document *tenant;
	uint64_t at = 0;

	/* A default that is gone is none. */
	if (!str_is_empty(key->default_tenant) && snapshot_find(call->snapshot, DOC_TENANT, key->default_tenant))
		return key->default_tenant;
	if (key->is_bound)
		return key->tenants.n ? key->tenants.items[0] : STR_NONE;
	if (str_eq(call->caller.type, STR("service"))) {
		service = FIND(call->snapshot, service_account, SERVICE_ACCOUNT, call->caller.id);
		return service && snapshot_find(call->snapshot, DOC_TENANT, service->default_tenant)
		           ? service->default_tenant
		           : STR_NONE;
	}
	while ((tenant = snapshot_next(call->snapshot, DOC_TENANT, &at)))
		if (may_in(call, action, tenant->id))
			return tenant->id;
	return STR_NONE;
}

static bool find_workspace(struct api_call *call, struct str action)
{
	struct str wanted = http_header_get(call->x, STR("X-Tenant-Id"));
	const struct document *tenant;

	if (str_is_empty(wanted))
		wanted = default_workspace(call, action);
	if (str_is_empty(wanted)) {
		api_fail(call, SERVICE_DENIED, 0, "Forbidden: name a workspace in the X-Tenant-Id header");
		return false;
	}
	tenant = snapshot_find_any(call->snapshot, DOC_TENANT, wanted);
	if (!tenant) {
		api_fail(call, SERVICE_NOT_FOUND, 0, "Workspace not found");
		return false;
	}
	call->tenant = tenant->id;
	return true;
}

static bool authorize_in_workspace(struct api_call *call, struct str action)
{
	if (!find_workspace(call, action))
		return false;
	call->target = arena_concat(call->arena, STR("workspace:"), call->tenant);
	if (may_in(call, action, call->tenant))
		return true;
	api_fail(call, SERVICE_DENIED, 0, "Forbidden");
	return false;
}

static bool authorize(struct api_call *call, struct str action, struct str resource)
{
	if (str_eq(resource, STR("workspace")))
		return authorize_in_workspace(call, action);
	assert(str_eq(resource, STR("organization")));
	call->target = arena_concat(call->arena, STR("organization:"), call->snapshot->org);
	if (api_authorize(call, action, call->target) && call->everywhere)
		return true;
	api_fail(call, SERVICE_DENIED, 0, "Forbidden");
	return false;
}

/* ---- reading and writing --------------------------------------------------------------------------------- */

bool langsmith_need_str(struct api_call *call, const struct json *object, const char *name, struct str *ret)
{
	if (!api_get_str(call, object, name, ret))
		return false;
	if (!str_is_absent(*ret))
		return true;
	call->field = name;
	api_fail(call, SERVICE_INVALID, 0, "\"%s\" is required", name);
	return false;
}

bool langsmith_was_sent(const struct json *object, const char *name)
{
	return json_get(object, str_of(name)) != NULL;
}

bool langsmith_query_str(struct api_call *call, const char *name, struct str *ret)
{
	if (http_query_get(call->x, str_of(name), ret))
		return true;
	call->field = name;
	api_fail(call, SERVICE_INVALID, 0, "the query parameter %s is malformed", name);
	return false;
}

bool langsmith_query_strs(struct api_call *call, const char *name, struct str_list *ret)
{
	if (http_query_all(call->x, str_of(name), ret))
		return true;
	call->field = name;
	api_fail(call, SERVICE_INVALID, 0, "the query parameter %s is malformed", name);
	return false;
}

bool langsmith_query_number(struct api_call *call, const struct langsmith_number *what, uint64_t *ret)
{
	struct str text;

	if (!langsmith_query_str(call, what->name, &text))
		return false;
	*ret = what->fallback;
	if (str_is_absent(text) || (str_to_u64(text, ret) && *ret >= what->min && *ret <= what->max))
		return true;
	call->field = what->name;
	api_fail(call, SERVICE_INVALID, 0, "%s must be a number from %llu to %llu", what->name,
	         (unsigned long long)what->min, (unsigned long long)what->max);
	return false;
}

void langsmith_put_time(struct json_writer *w, const char *name, int64_t ms)
{
	api_put_time(w, name, ms, 6);
}

/* ---- the dialect ----------------------------------------------------------------------------------------- */

static const struct api_route_table *const tables[] = {
    &langsmith_policy_routes,       &langsmith_role_routes,  &langsmith_workspace_routes,
    &langsmith_member_routes,       &langsmith_tag_routes,   &langsmith_key_routes,
    &langsmith_organization_routes, &langsmith_audit_routes, &langsmith_service_account_routes,
};

/* Not all of /api/v1/, under which another dialect has its paths, too. */
static const char *const prefixes[] = {
    "/v1/platform/",    "/api/v1/platform/",         "/api/v1/orgs/",       "/api/v1/workspaces/",
    "/api/v1/api-key/", "/api/v1/service-accounts/", "/api/v1/audit-logs/", NULL,
};

const struct api_dialect api_langsmith = {
    .name = "langsmith",
    .prefixes = prefixes,
    .tables = tables,
    .n_tables = N_ELEMENTS(tables),
    .error = write_error,
    .admit = admit,
    .authorize = authorize,
};
