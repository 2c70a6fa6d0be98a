/* SPDX-License-Identifier: Apache-2.0
 *
 * The dialect as a whole: its errors, the organization a path names, its permissions, the headers of all its answers.
 */
#include <stdarg.h>

#include "api/aitronos/internal.h"
#include "base/clock.h"

struct aitronos_state *aitronos_state(struct api_call *call)
{
	if (!call->own)
		call->own = ARENA_NEW(call->arena, struct aitronos_state);
	return call->own;
}

struct str aitronos_org(const struct api_call *call)
{
	const struct aitronos_state *own = call->own;

	assert(own && !str_is_absent(own->org));
	return own->org;
}

/* ---- failures ------------------------------------------------------------------------------------------ */

/* What a status means where nothing says more. The vendor's codes and texts where its pages have them. */
static const struct aitronos_fault faults[] = {
    {400, "INVALID_REQUEST", "The request could not be understood.", NULL, NULL, NULL},
    {401, "AUTHENTICATION_REQUIRED", "Please sign in to continue", NULL, NULL, NULL},
    {403, "INSUFFICIENT_PERMISSIONS", "You don't have permission to perform this action", NULL, NULL, NULL},
    {404, "RESOURCE_NOT_FOUND", "We couldn't find the resource you're looking for.", NULL, NULL, NULL},
    {405, "METHOD_NOT_ALLOWED", "This method is not allowed here.", NULL, NULL, NULL},
    {409, "RESOURCE_ALREADY_EXISTS", "This resource already exists.", NULL, NULL, NULL},
    {413, "REQUEST_TOO_LARGE", "The request is too large.", NULL, NULL, NULL},
    {414, "URI_TOO_LONG", "The request's address is too long.", NULL, NULL, NULL},
    {415, "UNSUPPORTED_MEDIA_TYPE", "The request's content type is not supported.", NULL, NULL, NULL},
    {422, "VALIDATION_ERROR", "The request contains invalid data.", "Validation error", NULL, NULL},
    {429, "RATE_LIMIT_EXCEEDED", "Too many requests. Please wait a moment and try again.", NULL, NULL, NULL},
    {431, "HEADERS_TOO_LARGE", "The request's headers are too large.", NULL, NULL, NULL},
    {503, "SERVICE_UNAVAILABLE", "The service is unavailable. Please try again in a moment.", NULL, NULL, NULL},
    {500, "INTERNAL_ERROR", "Something went wrong.", NULL, NULL, NULL}, /* last: stands for any other */
};

static const struct aitronos_fault token_invalid = {
    401, "TOKEN_INVALID", "Your session is invalid", NULL, NULL, NULL,
};
static const struct aitronos_fault api_key_invalid = {
    401, "INVALID_API_KEY", "Your API key is invalid", NULL, NULL, NULL,
};
static const struct aitronos_fault organization_denied = {
    .status = 403,
    .code = "ORGANIZATION_ACCESS_DENIED",
    .message = "You don't have access to this organization",
    .detail = "organization_id",
};

/* What use cases say that is neither wrong input nor a conflict: the last owner, too much at once. */
static const struct aitronos_fault not_now = {
    422, "OPERATION_NOT_ALLOWED", "This operation is not allowed now.", NULL, NULL, NULL,
};

static struct str api_key_of(const struct http_exchange *x)
{
	return http_header_get(x, STR("api-key"));
}

/* The credential that was refused, if one was sent, as the dispatcher finds it. */
static const struct aitronos_fault *fault_of_credential(const struct http_exchange *x)
{
	static const struct str bearer = STR_INIT("bearer ");
	struct str auth = http_header_get(x, STR("Authorization"));

	if (auth.len > bearer.len && str_eq_nocase(str_slice(auth, 0, bearer.len), bearer))
		return &token_invalid;
	if (!str_is_empty(http_header_get(x, STR("X-API-Key"))) || !str_is_empty(api_key_of(x)))
		return &api_key_invalid;
	return NULL;
}

static const struct aitronos_fault *fault_of_status(unsigned status)
{
	size_t i = 0;

	while (faults[i].status != status && i + 1 < N_ELEMENTS(faults))
		i++;
	return &faults[i];
}

/* Input that can be read but not be used is 422; what cannot even be read stays 400. */
static unsigned status_of(const struct api_call *call, enum service_result result, unsigned status)
{
	bool was_read = call->route && (call->body || call->route->body == API_NO_BODY);

	if (status == 400 && (result == SERVICE_FAILED_PRECONDITION || (result == SERVICE_INVALID && was_read)))
		return 422;
	return status;
}

static struct str field_of(const struct api_call *call, const struct aitronos_state *own)
{
	if (!str_is_absent(own->field))
		return own->field;
	if (call->field)
		return str_of(call->field);
	return call->route && call->route->body != API_NO_BODY ? STR("body") : STR("query");
}

static void write_details(struct json_writer *w, const struct api_call *call, const struct aitronos_fault *fault,
                          struct str text)
{
	const struct aitronos_state *own = call->own;
	bool is_validation = fault == fault_of_status(422);

	json_key(w, STR("details"));
	if (!is_validation && !fault->detail) {
		json_add_null(w);
		return;
	}
	json_begin_object(w);
	if (is_validation) {
		json_put_str(w, STR("field"), field_of(call, own));
		json_put_str(w, STR("message"), text);
	} else {
		json_put_str(w, str_of(fault->detail), own->detail);
	}
	json_end_object(w);
}

static void write_error(struct api_call *call, enum service_result result, unsigned status, struct str text)
{
	struct aitronos_state *own = aitronos_state(call);
	const struct aitronos_fault *fault = own->fault;
	struct json_writer w = JSON_WRITER(&call->x->out);

	call->x->status = status = status_of(call, result, status);
	if (!fault && result == SERVICE_FAILED_PRECONDITION)
		fault = &not_now;
	if (!fault && status == 401)
		fault = fault_of_credential(call->x);
	if (!fault)
		fault = fault_of_status(status);
	json_begin_object(&w);
	json_put_bool(&w, STR("success"), false);
	json_key(&w, STR("error"));
	json_begin_object(&w);
	json_put_str(&w, STR("code"), str_of(fault->code));
	json_put_str(&w, STR("message"), str_of(fault->message));
	json_put_str(&w, STR("system_message"), fault->system_message ? str_of(fault->system_message) : text);
	json_put_str(&w, STR("type"),
	             fault->type     ? str_of(fault->type)
	             : status >= 500 ? STR("server_error")
	                             : STR("client_error"));
	json_put_u64(&w, STR("status"), status);
	write_details(&w, call, fault, text);
	json_put_str(&w, STR("trace_id"), call->x->request_id);
	aitronos_put_time(&w, "timestamp", call->now_ms);
	json_end_object(&w);
	json_end_object(&w);
	/* A failure that comes later, e.g. of the commit, is another one. */
	own->fault = NULL;
	own->field = own->detail = STR_NONE;
}

/* As the results of the service are counted, so are the statuses of the failures that a handler names itself. */
static enum service_result result_of(unsigned status)
{
	switch (status) {
	case 403:
		return SERVICE_DENIED;
	case 404:
		return SERVICE_NOT_FOUND;
	case 409:
		return SERVICE_CONFLICT;
	default:
		return status >= 500 ? SERVICE_INTERNAL : SERVICE_INVALID;
	}
}

void aitronos_fail(struct api_call *call, const struct aitronos_fault *fault, struct str value)
{
	struct aitronos_state *own = aitronos_state(call);

	own->fault = fault;
	own->detail = value;
	api_fail(call, result_of(fault->status), fault->status, "%s",
	         fault->system_message ? fault->system_message : fault->message);
}

void aitronos_invalid(struct api_call *call, const char *field, const char *fmt, ...)
{
	struct aitronos_state *own = aitronos_state(call);
	char text[512];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	own->field = arena_concat(call->arena, own->entry, str_of(field));
	api_fail(call, SERVICE_INVALID, 422, "%s", text);
}

void aitronos_not_found(struct api_call *call, const char *system_message, const char *detail, struct str id)
{
	struct aitronos_fault fault = *fault_of_status(404);

	fault.system_message = system_message;
	fault.detail = detail;
	aitronos_fail(call, &fault, id);
}

void aitronos_denied(struct api_call *call, const char *why)
{
	api_fail(call, SERVICE_DENIED, 0, "%s", why);
}

void aitronos_result(struct api_call *call, enum service_result result, const struct error *err)
{
	api_fail(call, result, 0, "%s", err->text);
}

/* ---- the organization ------------------------------------------------------------------------------------ */

/* Its id, an alias, or the vendor's form of the id. */
static bool is_organization(const struct snapshot *s, struct str name)
{
	const struct organization *org = snapshot_organization(s);

	return str_eq(name, s->org) || (org && str_list_has(org->doc.aliases, name)) ||
	       (str_starts_with(name, STR("org_")) && str_eq(str_slice(name, 4, name.len), s->org));
}

static bool admit(struct api_call *call)
{
	struct aitronos_state *own = aitronos_state(call);

	/* A write is admitted twice: the second time on the writer thread, where it is not counted again. */
	if (!own->is_counted && !aitronos_limit(call))
		return false;
	if (!str_starts_with(str_of(call->route->path), STR(AITRONOS_ORG))) {
		own->org = arena_str(call->arena, call->snapshot->org);
		return true;
	}
	if (is_organization(call->snapshot, api_param(call, "org"))) {
		own->org = api_param(call, "org");
		return true;
	}
	aitronos_fail(call, &organization_denied, api_param(call, "org"));
	return false;
}

/* ---- permission ---------------------------------------------------------------------------------------- */

static bool authorize(struct api_call *call, struct str action, struct str resource)
{
	assert(str_eq(resource, STR(CAPABILITY_RESOURCE)));
	call->target = arena_concat(call->arena, STR("organization:"), call->snapshot->org);
	if (api_may_in(call, action, resource, STR(TENANT_UNASSIGNED)))
		return true;
	api_fail(call, SERVICE_DENIED, 0, "The capability " STR_FMT " is needed", STR_ARG(action));
	return false;
}

struct grants_asker aitronos_asker(const struct api_call *call)
{
	return (struct grants_asker){call->present, &call->caller, call->present_ms, call->arena};
}

void aitronos_note_target(struct api_call *call, const char *kind, struct str id)
{
	call->target = arena_concat3(call->arena, str_of(kind), STR(":"), id);
}

/* ---- headers of every answer ------------------------------------------------------------------------------- */

static void finish(struct api_call *call)
{
	const struct aitronos_state *own = aitronos_state(call);
	uint64_t taken_ms = (clock_monotonic_ns() - call->x->started_ns) / 1000000u;

	http_answer_header(call->x, STR("freddy-api-version"), STR("2025-01-01"));
	http_answer_header(call->x, STR("freddy-processing-ms"),
	                   arena_strf(call->arena, "%llu", (unsigned long long)taken_ms));
	if (!str_is_absent(own->org))
		http_answer_header(call->x, STR("aitronos-organization"), own->org);
	aitronos_put_limit(call);
}

/* ---- the dialect ------------------------------------------------------------------------------------------- */

static const struct api_route_table *const tables[] = {
    &aitronos_access_routes,     &aitronos_audit_routes, &aitronos_grant_routes,
    &aitronos_department_routes, &aitronos_role_routes,  &aitronos_knowledge_routes,
};

static const char *const prefixes[] = {"/v1/organizations/", "/v1/capabilities", NULL};

const struct api_dialect api_aitronos = {
    .name = "aitronos",
    .prefixes = prefixes,
    .tables = tables,
    .n_tables = N_ELEMENTS(tables),
    .error = write_error,
    .key_of = api_key_of,
    .admit = admit,
    .authorize = authorize,
    .finish = finish,
    .wrong_content_type_status = 415,
};
