/* SPDX-License-Identifier: Apache-2.0
 *
 * Forward auth: a proxy asks, before it passes a request on, whether it may. The question is AuthZEN's, made from
 * method and path by a mapping; only the way it is put and answered differs. Whatever is not understood is denied.
 */
#include "api/authzen/evaluation.h"
#include "api/decisions.h"
#include "api/forward_auth/mapping.h"
#include "api/internal.h"

/* One subject, as AuthZEN has it, and how the proxy is told of it. */
struct end_user {
	struct str type, id;
};

static void deny(struct api_call *call, const char *why)
{
	api_fail(call, SERVICE_DENIED, 0, "%s", why);
}

/* ---- who ----------------------------------------------------------------------------------------------- */

static void say_unknown(struct api_call *call, const char *why)
{
	http_answer_header(call->x, STR("WWW-Authenticate"), STR("Bearer realm=\"doorward\""));
	api_fail(call, SERVICE_UNAUTHENTICATED, 0, "%s", why);
}

/* The key is the end user's: everybody may ask about herself, in the tenants the key reaches. */
static bool take_caller(struct api_call *call, struct end_user *ret)
{
	call->everywhere = !call->caller.key->is_bound;
	call->tenants = call->caller.key->tenants;
	*ret = (struct end_user){call->caller.type, call->caller.id};
	return true;
}

/* The key is the proxy's, which vouches for the user it names. */
static bool take_named(struct api_call *call, struct str header, struct end_user *ret)
{
	const struct document *user;

	call->operation = STR("access:evaluate");
	call->target = STR("access");
	if (!api_authorize(call, call->operation, call->target))
		return false;
	if (http_header_count(call->x, header) > 1) {
		deny(call, "the header of the user is there more than once");
		return false;
	}
	user = snapshot_find_any(call->snapshot, DOC_USER, http_header_get(call->x, header));
	if (!user) {
		say_unknown(call, "the user is not known");
		return false;
	}
	*ret = (struct end_user){STR("user"), user->id};
	return true;
}

/*
 * A user's id; of anything else with its type before it, so that no service is taken for the user of its name (ids of
 * users have no ':'). Never empty: proxies may leave the client's own header in place then.
 */
static struct str answer_text(struct arena *a, const struct end_user *who)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(BUF_MAX_LINE_BYTES);

	if (!str_eq(who->type, STR("user"))) {
		buf_add(&b, who->type);
		buf_add_char(&b, ':');
	}
	for (size_t i = 0; i < who->id.len; i++) {
		unsigned char c = (unsigned char)who->id.ptr[i];

		if (c > ' ' && c < 0x7f && c != '%')
			buf_add_char(&b, (char)c);
		else
			buf_addf(&b, "%%%02X", (unsigned)c);
	}
	return arena_str(a, buf_str(&b));
}

/* ---- what ---------------------------------------------------------------------------------------------- */

/* An object of members that are text. */
static const struct json *object_of(struct arena *a, const struct http_header *members, size_t n)
{
	struct json_member *list = ARENA_ARRAY(a, struct json_member, n);
	struct json *object = ARENA_NEW(a, struct json);

	for (size_t i = 0; i < n; i++)
		list[i] = (struct json_member){members[i].name, {.type = JSON_STRING, .s = members[i].value}};
	*object = (struct json){.type = JSON_OBJECT, .n = (uint32_t)n, .members = list};
	return object;
}

static struct evaluation evaluation_of(struct arena *a, const struct end_user *who, const struct forwarded *f,
                                       const struct forward_question *q)
{
	const struct http_header subject[] = {{STR("type"), who->type}, {STR("id"), who->id}};
	const struct http_header action[] = {{STR("name"), q->action}};
	const struct http_header context[] = {
	    {STR("method"), http_method_name(f->method)},
	    {STR("path"), f->decoded},
	    {STR("host"), f->host},
	};

	return (struct evaluation){
	    .subject = object_of(a, subject, N_ELEMENTS(subject)),
	    .action = object_of(a, action, N_ELEMENTS(action)),
	    .resource = q->resource,
	    .context = object_of(a, context, N_ELEMENTS(context) - str_is_absent(f->host)),
	};
}

/* ---- the answer ---------------------------------------------------------------------------------------- */

static void decide(struct api_call *call, const struct forward_settings *s, const struct end_user *who,
                   const struct evaluation *ev)
{
	struct evaluator e = {.call = call, .explains = s->explains};
	struct json_writer w = api_json_begin(call, 403);
	struct error err = {0};
	bool allowed = false;

	if (!evaluation_decide(&e, ev, &w, &allowed, &err)) {
		deny(call, err.text);
	} else if (e.is_unlogged) {
		api_fail(call, SERVICE_UNAVAILABLE, 0, "%s", DECISIONS_UNLOGGED);
	} else if (allowed) {
		api_no_content(call);
		call->x->status = s->allow_status;
		http_answer_header(call->x, s->answer_header, answer_text(call->arena, who));
	} else if (s->explains) {
		api_json_end(call, &w);
	} else {
		deny(call, "not allowed");
	}
}

static void handle(struct api_call *call)
{
	const struct forward_mapping *m = call->api->forward_auth;
	const struct forward_settings *s;
	struct forward_question q;
	struct forwarded f;
	struct end_user who;
	const char *bad;

	if (!m) {
		api_fail(call, SERVICE_NOT_FOUND, 0, "forward auth is not configured");
		return;
	}
	s = forward_mapping_settings(m);
	/* The first was taken; whoever reads the second would know another user. */
	if (http_header_count(call->x, STR("Authorization")) > 1 || http_header_count(call->x, STR("X-API-Key")) > 1) {
		deny(call, "the key is there more than once");
		return;
	}
	if (!(str_is_absent(s->identity_header) ? take_caller(call, &who) : take_named(call, s->identity_header, &who)))
		return;
	bad = forwarded_read(call->x, s->proxy, &f);
	if (!bad)
		bad = forward_match(m, &f, call->arena, &q);
	if (bad) {
		deny(call, bad);
		return;
	}
	const struct evaluation ev = evaluation_of(call->arena, &who, &f, &q);
	decide(call, s, &who, &ev);
}

/* ---- the dialect --------------------------------------------------------------------------------------- */

static const struct api_route routes[] = {
    {HTTP_GET, FORWARD_PREFIX, API_READ, API_NO_BODY, NULL, NULL, handle},
};

static const char *const prefixes[] = {FORWARD_PREFIX "/", NULL};

static const struct api_route_table table = {routes, N_ELEMENTS(routes)};
static const struct api_route_table *const tables[] = {&table};

static void write_error(struct api_call *call, enum service_result result, unsigned status, struct str text)
{
	api_native.error(call, result, status, text);
}

const struct api_dialect api_forward_auth = {
    .name = "forward-auth",
    .prefixes = prefixes,
    .tables = tables,
    .n_tables = N_ELEMENTS(tables),
    .error = write_error,
    .takes_every_path = true,
};
