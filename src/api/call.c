/* SPDX-License-Identifier: Apache-2.0
 *
 * What handlers call: parameters, answers, failures, members of bodies.
 */
#include <stdarg.h>

#include "api/internal.h"
#include "base/clock.h"

static const unsigned status_of[] = {
    [SERVICE_OK] = 200,
    [SERVICE_INVALID] = 400,
    [SERVICE_UNAUTHENTICATED] = 401,
    [SERVICE_DENIED] = 403,
    [SERVICE_NOT_FOUND] = 404,
    [SERVICE_CONFLICT] = 409,
    [SERVICE_FAILED_PRECONDITION] = 400,
    [SERVICE_UNAVAILABLE] = 503,
    [SERVICE_INTERNAL] = 500,
};

struct str api_param(const struct api_call *call, const char *name)
{
	struct str rest = str_of(call->route->path), segment;
	size_t n = 0;

	while (str_split(&rest, '/', &segment)) {
		if (segment.len < 3 || segment.ptr[0] != '{')
			continue;
		if (str_eq(str_slice(segment, 1, segment.len - 1), str_of(name)))
			return call->match->params[n];
		n++;
	}
	assert(false); /* a route names a parameter that its path has not */
	return STR_NONE;
}

void api_fail(struct api_call *call, enum service_result result, unsigned status, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof(text))
		n = (int)sizeof(text) - 1;
	/* A multi-byte character cut in two must not make the answer invalid UTF-8. */
	while (n > 0 && (size_t)n == sizeof(text) - 1 && ((unsigned char)text[n - 1] & 0x80))
		n--;
	call->failed = true;
	call->denied = result == SERVICE_DENIED;
	buf_clear(&call->x->out);
	call->x->content_type = STR("application/json");
	call->x->status = status ? status : status_of[result];
	call->dialect->error(call, result, call->x->status, arena_str(call->arena, (struct str){text, (size_t)n}));
}

struct json_writer api_json_begin(struct api_call *call, unsigned status)
{
	struct json_writer w = JSON_WRITER(&call->x->out);
	struct str pretty;

	buf_clear(&call->x->out);
	call->x->status = status;
	call->x->content_type = STR("application/json");
	if (call->x->query.len && http_query_get(call->x, STR("pretty"), &pretty) && !str_is_absent(pretty) &&
	    !str_eq(pretty, STR("false")))
		w.indent = 2;
	return w;
}

void api_json_end(struct api_call *call, struct json_writer *w)
{
	assert(w->depth == 0);
	if (w->indent)
		buf_add_char(&call->x->out, '\n');
}

void api_put_time(struct json_writer *w, const char *name, int64_t ms, int n_digits)
{
	char second[32], text[48];
	int64_t fraction = ((ms % 1000) + 1000) % 1000;
	struct str s;
	int n;

	assert(n_digits >= 3 && n_digits <= 9);
	if (ms == 0) {
		json_put_str(w, str_of(name), STR_NONE);
		return;
	}
	s = time_format_rfc3339(ms - fraction, second);
	n = snprintf(text, sizeof(text), "%.*s.%03d%.*sZ", (int)s.len - 1, s.ptr, (int)fraction, n_digits - 3,
	             "000000");
	assert(n > 0 && (size_t)n < sizeof(text));
	json_put_str(w, str_of(name), (struct str){text, (size_t)n});
}

bool api_parse_time(struct arena *a, struct str text, int64_t *ret_ms)
{
	const size_t offset_chars = sizeof("+00:00") - 1;

	if (time_parse_rfc3339(text, ret_ms) || time_parse_rfc3339(arena_concat(a, text, STR("Z")), ret_ms))
		return true;
	if (text.len <= offset_chars || text.ptr[text.len - offset_chars] != ' ')
		return false;
	return time_parse_rfc3339(arena_concat3(a, str_slice(text, 0, text.len - offset_chars), STR("+"),
	                                        str_slice(text, text.len - offset_chars + 1, text.len)),
	                          ret_ms);
}

void api_no_content(struct api_call *call)
{
	buf_clear(&call->x->out);
	call->x->status = 204;
}

bool api_authorize(struct api_call *call, struct str action, struct str resource)
{
	const struct permission wanted = {.action = action, .resource = resource, .lists_tenants = true};
	struct authorization given =
	    service_authorize(call->present, &call->caller, &wanted, call->present_ms, call->arena);

	call->tenants = given.tenants;
	call->everywhere = given.everywhere;
	if (verdict_allows(given.verdict))
		return true;
	api_fail(call, SERVICE_DENIED, 0, "Permission Denied");
	return false;
}

bool api_may_in(struct api_call *call, struct str action, struct str resource, struct str tenant)
{
	const struct str_list only = {&tenant, 1};
	const struct permission wanted = {.action = action, .resource = resource, .requested = &only};

	return verdict_allows(
	    service_authorize(call->present, &call->caller, &wanted, call->present_ms, call->arena).verdict);
}

/* ---- the body ----------------------------------------------------------------------------------------- */

static bool is_json_content_type(const struct http_exchange *x)
{
	struct str type = http_header_get(x, STR("Content-Type"));
	struct str media;

	return str_split(&type, ';', &media) && str_eq_nocase(str_trim(media), STR("application/json"));
}

static bool has_wanted_type(struct api_call *call)
{
	bool wants_array = call->route->body == API_JSON_ARRAY;

	if (call->body->type == (wants_array ? JSON_ARRAY : JSON_OBJECT))
		return true;
	api_fail(call, SERVICE_INVALID, 0, "the body must be a JSON %s", wants_array ? "array" : "object");
	return false;
}

bool api_read_body(struct api_call *call)
{
	struct error err = {0};

	if (call->route->body == API_NO_BODY ||
	    (call->route->body == API_OPTIONAL_JSON && str_is_empty(str_trim(call->x->body))))
		return true;
	if (call->dialect->wrong_content_type_status && !is_json_content_type(call->x)) {
		api_fail(call, SERVICE_INVALID, call->dialect->wrong_content_type_status,
		         "the Content-Type must be application/json");
		return false;
	}
	if (json_parse(call->x->body, call->arena, &call->body, &err) != JSON_OK) {
		api_fail(call, SERVICE_INVALID, 0, "the body is not valid JSON: %s", err.text);
		return false;
	}
	return has_wanted_type(call);
}

/* ---- members of bodies ------------------------------------------------------------------------------------ */

/* ---- dry runs --------------------------------------------------------------------------------------------- */

bool dry_run_read(struct api_call *call)
{
	static const struct str name = STR_INIT("Doorward-Dry-Run");
	struct str value = http_header_get(call->x, name);
	const char *fault = NULL;

	if (str_is_absent(value))
		return true;
	value = str_trim(value);
	if (http_header_count(call->x, name) > 1)
		fault = "it was sent more than once";
	else if (!str_eq_nocase(value, STR("true")) && !str_eq_nocase(value, STR("false")))
		fault = "it must be true or false";
	else if (str_eq_nocase(value, STR("true")) && call->route->mode != API_WRITE)
		fault = "this changes no documents";
	if (fault)
		api_fail(call, SERVICE_INVALID, 0, "Doorward-Dry-Run: %s", fault);
	else
		call->is_trial = str_eq_nocase(value, STR("true"));
	return !fault;
}

enum { MAX_PREVIEWS = 2 };

bool api_enter_preview(struct api_call *call)
{
	if (atomic_fetch_add(&call->api->n_previews, 1) < MAX_PREVIEWS)
		return true;
	api_leave_preview(call);
	http_answer_header(call->x, STR("Retry-After"), STR("1"));
	api_fail(call, SERVICE_UNAVAILABLE, 0, "too many previews are going on");
	return false;
}

void api_leave_preview(struct api_call *call)
{
	atomic_fetch_sub(&call->api->n_previews, 1);
}

/* The member, or NULL when it is absent or null. */
static const struct json *member(const struct json *object, const char *name)
{
	const struct json *j = json_get(object, str_of(name));

	return json_is(j, JSON_NULL) ? NULL : j;
}

static bool wrong_type(struct api_call *call, const char *name, const char *wanted)
{
	call->field = name;
	api_fail(call, SERVICE_INVALID, 0, "\"%s\" must be %s", name, wanted);
	return false;
}

bool api_get_str(struct api_call *call, const struct json *object, const char *name, struct str *ret)
{
	const struct json *j = member(object, name);

	if (j && j->type != JSON_STRING)
		return wrong_type(call, name, "a string");
	/* NUL is legal in JSON and has no place in any name of ours. */
	if (j && str_find(j->s, '\0', 0) != SIZE_MAX)
		return wrong_type(call, name, "a string without NUL characters");
	*ret = json_str(j);
	return true;
}

bool api_get_bool(struct api_call *call, const struct json *object, const char *name, bool *ret)
{
	const struct json *j = member(object, name);

	if (j && j->type != JSON_BOOL)
		return wrong_type(call, name, "true or false");
	if (j)
		*ret = j->b;
	return true;
}

bool api_get_strs(struct api_call *call, const struct json *object, const char *name, struct str_list *ret)
{
	const struct json *j = member(object, name);
	struct str *items;

	*ret = (struct str_list){0};
	if (!j)
		return true;
	if (j->type != JSON_ARRAY)
		return wrong_type(call, name, "an array of strings");
	items = ARENA_ARRAY(call->arena, struct str, j->n);
	for (uint32_t i = 0; i < j->n; i++) {
		if (j->items[i].type != JSON_STRING || str_find(j->items[i].s, '\0', 0) != SIZE_MAX)
			return wrong_type(call, name, "an array of strings without NUL characters");
		items[i] = j->items[i].s;
	}
	*ret = (struct str_list){items, j->n};
	return true;
}

bool api_get_time(struct api_call *call, const struct json *object, const char *name, int64_t *ret_ms)
{
	const struct json *j = member(object, name);

	*ret_ms = 0;
	if (j && (j->type != JSON_STRING || !time_parse_rfc3339(j->s, ret_ms)))
		return wrong_type(call, name, "an RFC 3339 time");
	return true;
}

void api_count_decision(struct api *api, bool allowed)
{
	atomic_fetch_add_explicit(allowed ? &api->n_allowed : &api->n_denied, 1, memory_order_relaxed);
}
