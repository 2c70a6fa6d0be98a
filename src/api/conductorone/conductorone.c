/* SPDX-License-Identifier: Apache-2.0
 *
 * The dialect as a whole: its errors, messages in and out, pages, its permissions.
 */
#include "api/conductorone/conductorone.h"

#include "json/base64.h"

#define OAUTH_PATHS "/auth/v1/"
#define PAGE_TOKEN  "page:"

/* What an answer needs to know beyond its text. */
struct c1_state {
	const struct json *details; /* of the next failure; NULL: none */
	const char *oauth_error;    /* likewise; NULL: told by the status */
};

static struct c1_state *state_of(struct api_call *call)
{
	if (!call->own)
		call->own = ARENA_NEW(call->arena, struct c1_state);
	return call->own;
}

/* ---- failures ------------------------------------------------------------------------------------------ */

/* google.rpc.Code */
enum {
	RPC_UNKNOWN = 2,
	RPC_INVALID_ARGUMENT = 3,
	RPC_NOT_FOUND = 5,
	RPC_ALREADY_EXISTS = 6,
	RPC_PERMISSION_DENIED = 7,
	RPC_RESOURCE_EXHAUSTED = 8,
	RPC_FAILED_PRECONDITION = 9,
	RPC_UNIMPLEMENTED = 12,
	RPC_UNAVAILABLE = 14,
	RPC_UNAUTHENTICATED = 16,
};

static int64_t code_of(enum service_result result, unsigned status)
{
	switch (status) {
	case 400:
		return result == SERVICE_FAILED_PRECONDITION ? RPC_FAILED_PRECONDITION : RPC_INVALID_ARGUMENT;
	case 401:
		return RPC_UNAUTHENTICATED;
	case 403:
		return RPC_PERMISSION_DENIED;
	case 404:
		return RPC_NOT_FOUND;
	case 405:
		return RPC_UNIMPLEMENTED;
	case 409:
		return RPC_ALREADY_EXISTS;
	case 429:
		return RPC_RESOURCE_EXHAUSTED;
	case 503:
		return RPC_UNAVAILABLE;
	default:
		return status < 500 ? RPC_INVALID_ARGUMENT : RPC_UNKNOWN;
	}
}

static const char *oauth_error_of(unsigned status)
{
	if (status == 401)
		return "invalid_client";
	return status >= 500 ? "server_error" : "invalid_request";
}

static void write_oauth_error(struct api_call *call, unsigned status, struct str text)
{
	const char *error = state_of(call)->oauth_error;
	struct json_writer w = JSON_WRITER(&call->x->out);

	json_begin_object(&w);
	json_put_str(&w, STR("error"), str_of(error ? error : oauth_error_of(status)));
	json_put_str(&w, STR("error_description"), text);
	json_end_object(&w);
}

static void write_error(struct api_call *call, enum service_result result, unsigned status, struct str text)
{
	struct c1_state *own = state_of(call);
	struct json_writer w = JSON_WRITER(&call->x->out);

	if (str_starts_with(call->x->path, STR(OAUTH_PATHS))) {
		write_oauth_error(call, status, text);
	} else {
		json_begin_object(&w);
		json_put_i64(&w, STR("code"), code_of(result, status));
		json_put_str(&w, STR("message"), text);
		if (own->details)
			json_put(&w, STR("details"), own->details);
		json_end_object(&w);
	}
	/* A failure that comes later, e.g. of the commit, is another one. */
	*own = (struct c1_state){0};
}

void c1_result(struct api_call *call, enum service_result result, const struct error *err)
{
	api_fail(call, result, 0, "%s", err->text);
}

void c1_fail_details(struct api_call *call, enum service_result result, const struct json *details, const char *text)
{
	state_of(call)->details = details;
	api_fail(call, result, 0, "%s", text);
}

void c1_unknown(struct api_call *call, const char *what, const char *field, struct str id)
{
	if (conductorone_is_id(id))
		api_fail(call, SERVICE_NOT_FOUND, 0, "%s not found", what);
	else
		api_fail(call, SERVICE_INVALID, 0,
		         "invalid %s: value does not match regex pattern \"^[a-zA-Z0-9]{27}$\"", field);
}

void c1_oauth_fail(struct api_call *call, unsigned status, const char *error, const char *text)
{
	state_of(call)->oauth_error = error;
	api_fail(call, status == 401 ? SERVICE_UNAUTHENTICATED : SERVICE_INVALID, status, "%s", text);
}

/* ---- reading ------------------------------------------------------------------------------------------- */

bool c1_read(struct api_call *call, const struct proto_message *m, const struct json **ret)
{
	static const struct json empty = {.type = JSON_OBJECT};
	struct error err = {0};

	if (proto_read(m, call->body ? call->body : &empty, call->arena, ret, &err) == 0)
		return true;
	api_fail(call, SERVICE_INVALID, 0, "%s", err.text);
	return false;
}

struct str c1_str(const struct json *message, const char *name)
{
	return json_get_str(message, str_of(name));
}

bool c1_bool(const struct json *message, const char *name)
{
	const struct json *j = json_get(message, str_of(name));

	return json_is(j, JSON_BOOL) && j->b;
}

int64_t c1_i64(const struct json *message, const char *name)
{
	const struct json *j = json_get(message, str_of(name));

	return json_is(j, JSON_INT) ? j->i : 0;
}

struct str_list c1_strs(struct api_call *call, const struct json *message, const char *name)
{
	const struct json *list = json_get(message, str_of(name));
	uint32_t n = json_is(list, JSON_ARRAY) ? list->n : 0;
	struct str *items = ARENA_ARRAY(call->arena, struct str, n);

	for (uint32_t i = 0; i < n; i++)
		items[i] = json_str(&list->items[i]);
	return (struct str_list){items, n};
}

/* ---- pages --------------------------------------------------------------------------------------------- */

static bool read_token(struct api_call *call, struct str token, uint64_t *ret)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct str place;

	*ret = 0;
	if (str_is_empty(token))
		return true;
	if (base64url_decode(&text, token) && str_starts_with(buf_str(&text), STR(PAGE_TOKEN))) {
		place = str_slice(buf_str(&text), strlen(PAGE_TOKEN), text.len);
		if (str_to_u64(place, ret) && *ret != 0)
			return true;
	}
	api_fail(call, SERVICE_INVALID, 0, "invalid page token");
	return false;
}

static bool read_page(struct api_call *call, int64_t size, struct str token, struct c1_page *ret)
{
	if (size < 0) {
		api_fail(call, SERVICE_INVALID, 0, "invalid page size: value must be at least 0");
		return false;
	}
	if (size == 0)
		ret->size = C1_DEFAULT_PAGE;
	else if (size < C1_MIN_PAGE)
		ret->size = C1_MIN_PAGE;
	else
		ret->size = size > C1_MAX_PAGE ? C1_MAX_PAGE : (size_t)size;
	return read_token(call, token, &ret->after);
}

bool c1_page_of(struct api_call *call, const struct json *message, struct c1_page *ret)
{
	return read_page(call, c1_i64(message, "pageSize"), c1_str(message, "pageToken"), ret);
}

bool c1_page_of_query(struct api_call *call, struct c1_page *ret)
{
	struct str size_text, token;
	uint64_t size = 0;

	if (!http_query_get(call->x, STR("page_size"), &size_text) ||
	    !http_query_get(call->x, STR("page_token"), &token)) {
		api_fail(call, SERVICE_INVALID, 0, "the query is not valid percent-encoded UTF-8");
		return false;
	}
	if (!str_is_empty(size_text) && (!str_to_u64(size_text, &size) || size > INT32_MAX)) {
		api_fail(call, SERVICE_INVALID, 0, "invalid page size: \"" STR_FMT "\"", STR_ARG(size_text));
		return false;
	}
	return read_page(call, (int64_t)size, token, ret);
}

/* ---- answers ------------------------------------------------------------------------------------------- */

void c1_answer(struct api_call *call, const struct proto_message *m, const struct json *tree)
{
	struct json_writer w = api_json_begin(call, 200);

	proto_write(&w, m, tree);
	api_json_end(call, &w);
}

struct json_writer c1_begin_list(struct api_call *call)
{
	struct json_writer w = api_json_begin(call, 200);

	json_begin_object(&w);
	json_key(&w, STR("list"));
	json_begin_array(&w);
	return w;
}

struct str c1_page_token(struct api_call *call, uint64_t place)
{
	CLEANUP(buf_releasep) struct buf token = BUF_INIT(BUF_MAX_LINE_BYTES);

	base64url_encode(&token, arena_strf(call->arena, PAGE_TOKEN "%llu", (unsigned long long)place));
	return arena_str(call->arena, buf_str(&token));
}

void c1_end_list(struct api_call *call, struct json_writer *w, uint64_t next)
{
	json_end_array(w);
	json_put_str(w, STR("nextPageToken"), next ? c1_page_token(call, next) : STR(""));
	json_end_object(w);
	api_json_end(call, w);
}

/* ---- permission ---------------------------------------------------------------------------------------- */

bool c1_may(struct api_call *call, struct str action, struct str resource)
{
	return api_may_in(call, action, resource, STR(TENANT_UNASSIGNED));
}

static bool authorize(struct api_call *call, struct str action, struct str resource)
{
	if (c1_may(call, action, resource))
		return true;
	api_fail(call, SERVICE_DENIED, 0, "permission denied: " STR_FMT " is needed", STR_ARG(action));
	return false;
}

void c1_note_target(struct api_call *call, enum document_kind kind, struct str id)
{
	call->target = arena_concat3(call->arena, document_kind_name(kind), STR(":"), id);
}

/* ---- the dialect ------------------------------------------------------------------------------------------- */

/* Of calls without key only the answers to webhooks are about an organization. */
static bool admit_anybody(struct api_call *call)
{
	return call->route->mode != API_WRITE || c1_admit_callback(call);
}

static const struct api_route_table *const tables[] = {
    &c1_policy_routes,        &c1_review_routes,      &c1_app_routes,     &c1_owner_routes,
    &c1_resource_type_routes, &c1_entitlement_routes, &c1_account_routes, &c1_grant_routes,
    &c1_grant_feed_routes,    &c1_user_routes,        &c1_task_routes,    &c1_task_search_routes,
    &c1_webhook_routes,       &c1_oauth_routes,       &c1_iam_routes,     &c1_review_template_routes,
};

static const char *const prefixes[] = {
    C1_API "policies/",
    C1_API "search/",
    C1_API "task/",
    C1_API "tasks/",
    C1_API "auth/",
    C1_API "users/",
    C1_API "apps/",
    C1_API "entitlements/",
    C1_API "grants/",
    C1_API "access_review/",
    C1_API "access_reviews/",
    C1_API "access_review_template/",
    C1_API "access_review_templates/",
    C1_API "webhooks/",
    C1_API "iam/",
    OAUTH_PATHS,
    NULL,
};

const struct api_dialect api_conductorone = {
    .name = "conductorone",
    .prefixes = prefixes,
    .tables = tables,
    .n_tables = N_ELEMENTS(tables),
    .error = write_error,
    .authorize = authorize,
    .admit_anybody = admit_anybody,
    .minds_time = true,
    .takes_limited_clients = true,
    .redirects_slash = true,
};
