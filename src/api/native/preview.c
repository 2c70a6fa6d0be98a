/* SPDX-License-Identifier: Apache-2.0
 *
 * What a list of changes would do: each is run as it would be, one after the other, on a fork that nobody else sees;
 * then who gains and who loses by them.
 */
#include "api/native/differences.h"
#include "api/native/native.h"

#define MAX_CHANGES     100u
#define MAX_SAMPLES     100
#define DEFAULT_SAMPLES 10
#define MAX_SHOWN_BYTES ((size_t)64 << 10) /* of the answer to one change */
#define MAX_HEADERS     16u

/* What is asked for. */
struct order {
	const struct json *changes; /* an array */
	bool goes_on;               /* behind a change that is refused */
	size_t max_samples;
};

struct preview {
	struct api_call *call;
	struct order order;
	struct snapshot *fork;
	struct diff_document *documents; /* that changed */
	size_t n_documents, cap_documents;
	size_t n_applied, n_refused;
	struct json_writer w;
};

/* ---- the order ------------------------------------------------------------------------------------------- */

static bool invalid(struct api_call *call, const char *text)
{
	api_fail(call, SERVICE_INVALID, 0, "%s", text);
	return false;
}

static bool read_samples(struct api_call *call, size_t *ret)
{
	const struct json *j = json_get(call->body, STR("samples"));
	int64_t n = DEFAULT_SAMPLES;

	if (j && !json_is(j, JSON_NULL) && !(json_is(j, JSON_INT) && (n = j->i, n >= 0 && n <= MAX_SAMPLES)))
		return invalid(call, "\"samples\" must be a number from 0 to 100");
	*ret = (size_t)n;
	return true;
}

static bool read_order(struct api_call *call, struct order *ret)
{
	struct str on_refusal;

	ret->changes = json_get(call->body, STR("changes"));
	if (!json_is(ret->changes, JSON_ARRAY) || ret->changes->n == 0 || ret->changes->n > MAX_CHANGES)
		return invalid(call, "\"changes\" must be an array of 1 to 100 changes");
	for (uint32_t i = 0; i < call->body->n; i++) {
		const struct str name = call->body->members[i].name;

		if (!str_eq(name, STR("changes")) && !str_eq(name, STR("samples")) && !str_eq(name, STR("on_refusal")))
			return invalid(call, "only \"changes\", \"samples\" and \"on_refusal\" are known");
	}
	if (!api_get_str(call, call->body, "on_refusal", &on_refusal) || !read_samples(call, &ret->max_samples))
		return false;
	if (!str_is_absent(on_refusal) && !str_eq(on_refusal, STR("stop")) && !str_eq(on_refusal, STR("continue")))
		return invalid(call, "\"on_refusal\" must be \"stop\" or \"continue\"");
	ret->goes_on = str_eq(on_refusal, STR("continue"));
	return true;
}

/* ---- one change as an exchange --------------------------------------------------------------------------- */

static enum http_method method_of(struct str name)
{
	static const enum http_method methods[] = {HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE};

	for (size_t i = 0; i < N_ELEMENTS(methods); i++)
		if (str_eq(name, http_method_name(methods[i])))
			return methods[i];
	return HTTP_OTHER;
}

static bool is_visible(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || (unsigned char)s.ptr[i] >= 0x7f)
			return false;
	return s.len > 0;
}

/* Who asks is who changes. */
static const struct str own_headers[] = {STR_INIT("Authorization"), STR_INIT("X-API-Key")};

static bool is_own(struct str name)
{
	for (size_t i = 0; i < N_ELEMENTS(own_headers); i++)
		if (str_eq_nocase(name, own_headers[i]))
			return true;
	return false;
}

static bool add_header(struct http_exchange *x, struct http_header *headers, struct str name, struct str value)
{
	if (x->n_headers == MAX_HEADERS + N_ELEMENTS(own_headers) + 1)
		return false;
	headers[x->n_headers++] = (struct http_header){name, value};
	return true;
}

static bool is_line(struct str s)
{
	return str_find(s, '\r', 0) == SIZE_MAX && str_find(s, '\n', 0) == SIZE_MAX && str_find(s, '\0', 0) == SIZE_MAX;
}

static bool set_headers(struct api_call *call, const struct json *change, struct http_exchange *x)
{
	struct http_header *headers =
	    ARENA_ARRAY(&x->arena, struct http_header, MAX_HEADERS + N_ELEMENTS(own_headers) + 1);
	const struct json *more = json_get(change, STR("headers"));

	x->headers = headers;
	for (size_t i = 0; i < N_ELEMENTS(own_headers); i++) {
		const struct str value = http_header_get(call->x, own_headers[i]);

		if (!str_is_absent(value))
			(void)add_header(x, headers, own_headers[i], value);
	}
	(void)add_header(x, headers, STR("Content-Type"), STR("application/json"));
	if (!more || json_is(more, JSON_NULL))
		return true;
	if (!json_is(more, JSON_OBJECT) || more->n > MAX_HEADERS)
		return invalid(call, "\"headers\" of a change must be an object of at most 16");
	for (uint32_t i = 0; i < more->n; i++) {
		const struct json_member *m = &more->members[i];

		if (!is_visible(m->name) || is_own(m->name) || !json_is(&m->value, JSON_STRING) || !is_line(m->value.s))
			return invalid(call,
			               "\"headers\" of a change must be texts of one line, and not those of a key");
		(void)add_header(x, headers, m->name, m->value.s);
	}
	return true;
}

static bool set_body(struct api_call *call, const struct json *change, struct http_exchange *x)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct json_writer w = JSON_WRITER(&text);
	const struct json *body = json_get(change, STR("body"));

	x->body = STR("");
	if (!body || json_is(body, JSON_NULL))
		return true;
	json_add(&w, body);
	if (text.overflowed)
		return invalid(call, "the body of a change is too large");
	x->body = arena_str(&x->arena, buf_str(&text));
	return true;
}

/* False after failing the whole call: the change is none. */
static bool set_exchange(struct api_call *call, const struct json *change, struct http_exchange *x)
{
	const struct str path = json_get_str(change, STR("path"));
	const size_t question = str_find(path, '?', 0);

	x->method = method_of(json_get_str(change, STR("method")));
	if (!json_is(change, JSON_OBJECT) || x->method == HTTP_OTHER)
		return invalid(call, "the \"method\" of a change must be POST, PUT, PATCH or DELETE");
	if (!is_visible(path) || path.ptr[0] != '/')
		return invalid(call, "the \"path\" of a change must begin with \"/\" and be percent-encoded");
	x->method_text = http_method_name(x->method);
	x->path = str_slice(path, 0, question == SIZE_MAX ? path.len : question);
	x->query = question == SIZE_MAX ? STR_NONE : str_slice(path, question + 1, path.len);
	x->remote = call->x->remote;
	x->request_id = call->x->request_id;
	x->started_ns = call->x->started_ns;
	x->content_type = STR("application/json");
	return set_headers(call, change, x) && set_body(call, change, x);
}

/* ---- running --------------------------------------------------------------------------------------------- */

static void note_documents(struct preview *p, const struct txn *t)
{
	for (size_t i = 0; i < t->n_changes; i++) {
		ARENA_ROOM(p->call->arena, p->documents, p->n_documents, &p->cap_documents);
		p->documents[p->n_documents++] = (struct diff_document){document_kind_of(t->changes[i].kind),
		                                                        arena_str(p->call->arena, t->changes[i].id)};
	}
}

static void write_answer(struct preview *p, const struct json *change, struct http_exchange *x)
{
	const struct json *body = NULL;

	json_begin_object(&p->w);
	json_put_str(&p->w, STR("method"), x->method_text);
	json_put_str(&p->w, STR("path"), json_get_str(change, STR("path")));
	json_put_u64(&p->w, STR("status"), x->status);
	if (x->out.len > 0 && x->out.len <= MAX_SHOWN_BYTES &&
	    json_parse(buf_str(&x->out), &x->arena, &body, NULL) != JSON_OK)
		body = NULL;
	json_put(&p->w, STR("body"), body);
	json_end_object(&p->w);
}

/* False after failing the call. */
static bool run_change(struct preview *p, const struct json *change, struct http_exchange *x)
{
	struct txn t = {.snapshot = p->fork,
	                .service = p->call->service,
	                .org = p->call->caller.org,
	                .now_ms = p->call->now_ms,
	                .is_trial = true};

	if (!set_exchange(p->call, change, x))
		return false;
	if (api_try(p->call, x, &t)) {
		note_documents(p, &t);
		txn_try(&t, p->fork);
		p->n_applied++;
	} else {
		p->n_refused++;
	}
	write_answer(p, change, x);
	return true;
}

static bool run_changes(struct preview *p)
{
	bool is_good = true;

	json_key(&p->w, STR("changes"));
	json_begin_array(&p->w);
	for (uint32_t i = 0; is_good && i < p->order.changes->n && (p->order.goes_on || !p->n_refused); i++) {
		struct http_exchange *x = ARENA_NEW(p->call->arena, struct http_exchange);

		x->out = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
		is_good = run_change(p, &p->order.changes->items[i], x);
		buf_release(&x->out);
		arena_release(&x->arena);
	}
	if (is_good)
		json_end_array(&p->w);
	return is_good;
}

/* ---- the differences ------------------------------------------------------------------------------------- */

/* False after failing the call. */
static bool write_differences(struct preview *p)
{
	struct timed_diff t = {.query = {.before = p->call->snapshot,
	                                 .after = p->fork,
	                                 .documents = p->documents,
	                                 .n_documents = p->n_documents,
	                                 .now_ms = p->call->now_ms,
	                                 .max_steps = DIFFERENCES_MAX_STEPS,
	                                 .max_samples = p->order.max_samples}};
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct diff d;

	timed_diff_begin(&t);
	if (diff_snapshots(&t.query, &a, &d) != DIFF_OK) {
		api_fail(p->call, SERVICE_FAILED_PRECONDITION, 422,
		         "to say exactly who gains and who loses by this is more work than one call may cause");
		return false;
	}
	differences_write_counts(&p->w, &d);
	differences_write_groups(&p->w, &d);
	return true;
}

/* With a change that was refused, and nothing behind it tried, there is nothing to compare. */
static bool write_end(struct preview *p)
{
	const bool is_complete = p->order.goes_on || !p->n_refused;

	json_put_u64(&p->w, STR("applied"), p->n_applied);
	json_put_u64(&p->w, STR("refused"), p->n_refused);
	json_put_bool(&p->w, STR("complete"), is_complete);
	if (is_complete)
		return write_differences(p);
	json_put(&p->w, STR("gains"), NULL);
	json_put(&p->w, STR("loses"), NULL);
	json_put(&p->w, STR("groups"), NULL);
	return true;
}

static void preview(struct preview *p)
{
	p->fork = snapshot_fork(p->call->snapshot);
	p->w = api_json_begin(p->call, 200);
	json_begin_object(&p->w);
	json_put_u64(&p->w, STR("revision"), p->call->snapshot->revision);
	if (run_changes(p) && write_end(p)) {
		json_end_object(&p->w);
		api_json_end(p->call, &p->w);
	}
	snapshot_drop(p->fork);
}

void preview_create(struct api_call *call)
{
	struct preview p = {.call = call};

	if (!read_order(call, &p.order) || !api_enter_preview(call))
		return;
	preview(&p);
	api_leave_preview(call);
}
