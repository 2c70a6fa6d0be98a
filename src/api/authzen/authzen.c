/* SPDX-License-Identifier: Apache-2.0
 *
 * OpenID AuthZEN Authorization API 1.0: evaluation and evaluations; search.c and metadata.c have the rest. Section
 * numbers are those of the standard's HTTPS JSON binding where a rule is not plain from the code.
 */
#include "api/authzen/evaluation.h"
#include "api/authzen/metadata.h"
#include "api/authzen/search.h"
#include "api/decisions.h"

/* A batch above this is refused whole: one call must not keep a thread for long. */
#define MAX_EVALUATIONS 1000u

enum semantic {
	EXECUTE_ALL,
	DENY_ON_FIRST_DENY,
	PERMIT_ON_FIRST_PERMIT,
};

static const struct {
	struct str name;
	enum semantic semantic;
} semantics[] = {
    {STR_INIT("execute_all"), EXECUTE_ALL},
    {STR_INIT("deny_on_first_deny"), DENY_ON_FIRST_DENY},
    {STR_INIT("permit_on_first_permit"), PERMIT_ON_FIRST_PERMIT},
};

static void fail(struct api_call *call, const struct error *err)
{
	api_fail(call, SERVICE_INVALID, 0, "%s", err->text);
}

/* Answers, unless that could not be logged and must be. */
static void end(struct api_call *call, const struct evaluator *e, struct json_writer *w)
{
	if (e->is_unlogged)
		api_fail(call, SERVICE_UNAVAILABLE, 0, "%s", DECISIONS_UNLOGGED);
	else
		api_json_end(call, w);
}

/* ---- one ------------------------------------------------------------------------------------------- */

/* The body as a single evaluation. Nothing is written before the evaluation is known to be whole. */
static void evaluate(struct api_call *call)
{
	struct evaluator e = evaluator_of(call);
	struct evaluation ev = {0};
	struct error err = {0};
	struct json_writer w = api_json_begin(call, 200);
	bool allowed;

	evaluation_take(&ev, call->body);
	if (!evaluation_decide(&e, &ev, &w, &allowed, &err))
		fail(call, &err);
	else
		end(call, &e, &w);
}

/* ---- many ------------------------------------------------------------------------------------------ */

static bool read_semantic(struct api_call *call, enum semantic *ret)
{
	const struct json *options = json_get(call->body, STR("options"));
	const struct json *name;

	if (options && options->type != JSON_NULL && options->type != JSON_OBJECT) {
		api_fail(call, SERVICE_INVALID, 0, "options must be an object");
		return false;
	}
	name = json_get(options, STR("evaluations_semantic"));
	if (!name || name->type == JSON_NULL) {
		*ret = EXECUTE_ALL;
		return true;
	}
	for (size_t i = 0; i < N_ELEMENTS(semantics); i++) {
		if (name->type == JSON_STRING && str_eq(name->s, semantics[i].name)) {
			*ret = semantics[i].semantic;
			return true;
		}
	}
	api_fail(call, SERVICE_INVALID, 0,
	         "options.evaluations_semantic must be execute_all, deny_on_first_deny or permit_on_first_permit");
	return false;
}

/* The items; `*ret_items` NULL when there are none and the body itself is the evaluation. */
static bool read_items(struct api_call *call, const struct json **ret_items)
{
	const struct json *items = json_get(call->body, STR("evaluations"));

	if (!items || items->type == JSON_NULL) {
		*ret_items = NULL;
		return true;
	}
	if (items->type != JSON_ARRAY) {
		api_fail(call, SERVICE_INVALID, 0, "evaluations must be an array");
		return false;
	}
	if (items->n > MAX_EVALUATIONS) {
		api_fail(call, SERVICE_INVALID, 0, "at most %u evaluations in one call", MAX_EVALUATIONS);
		return false;
	}
	for (uint32_t i = 0; i < items->n; i++) {
		if (items->items[i].type != JSON_OBJECT) {
			api_fail(call, SERVICE_INVALID, 0, "evaluations[%u] must be an object", (unsigned)i);
			return false;
		}
	}
	*ret_items = items->n ? items : NULL;
	return true;
}

/* An item that cannot be decided is denied, and says why. */
static void write_fault(struct json_writer *w, const struct error *err)
{
	json_begin_object(w);
	json_put_bool(w, STR("decision"), false);
	json_key(w, STR("context"));
	json_begin_object(w);
	json_key(w, STR("error"));
	json_begin_object(w);
	json_put_u64(w, STR("status"), 400);
	json_put_str(w, STR("message"), str_of(err->text));
	json_end_object(w);
	json_end_object(w);
	json_end_object(w);
}

static bool is_decided(enum semantic semantic, bool allowed)
{
	return (semantic == DENY_ON_FIRST_DENY && !allowed) || (semantic == PERMIT_ON_FIRST_PERMIT && allowed);
}

/* The answers in the order of the items, cut after the deciding one. */
static void write_items(struct api_call *call, const struct json *items, const struct evaluation *defaults,
                        enum semantic semantic)
{
	struct evaluator e = evaluator_of(call);
	struct json_writer w = api_json_begin(call, 200);
	bool allowed = false;

	json_begin_object(&w);
	json_key(&w, STR("evaluations"));
	json_begin_array(&w);
	for (uint32_t i = 0; i < items->n; i++) {
		struct evaluation ev = *defaults; /* whole members, never merged */
		struct error err = {0};

		evaluation_take(&ev, &items->items[i]);
		if (!evaluation_decide(&e, &ev, &w, &allowed, &err)) {
			write_fault(&w, &err);
			allowed = false;
		}
		if (e.is_unlogged || is_decided(semantic, allowed))
			break;
	}
	json_end_array(&w);
	json_end_object(&w);
	end(call, &e, &w);
}

static void evaluate_all(struct api_call *call)
{
	struct evaluation defaults = {0};
	const struct json *items;
	enum semantic semantic;
	struct error err = {0};

	if (!read_semantic(call, &semantic) || !read_items(call, &items))
		return;
	if (!items) {
		evaluate(call);
		return;
	}
	/* A default that no item uses may be incomplete, such as {}; one of a wrong type makes the payload malformed.
	 */
	evaluation_take(&defaults, call->body);
	if (evaluation_is_well_typed(&defaults, &err))
		write_items(call, items, &defaults, semantic);
	else
		fail(call, &err);
}

/* ---- the dialect ----------------------------------------------------------------------------------- */

/*
 * The standard: the body of an error is "an error message string", while JSON bodies must be objects. So it is plain
 * text.
 */
static void write_error(struct api_call *call, enum service_result result UNUSED, unsigned status, struct str text)
{
	struct http_exchange *x = call->x;

	buf_clear(&x->out);
	buf_add(&x->out, text);
	buf_add_char(&x->out, '\n');
	x->content_type = STR("text/plain; charset=utf-8");
	x->status = status;
}

static const struct api_route routes[] = {
    {HTTP_POST, PATH_EVALUATION, API_READ, API_JSON_BODY, "access:evaluate", "access", evaluate},
    {HTTP_POST, PATH_EVALUATIONS, API_READ, API_JSON_BODY, "access:evaluate", "access", evaluate_all},
};

static const char *const prefixes[] = {"/access/", PATH_METADATA "/", NULL};

static const struct api_route_table table = {routes, N_ELEMENTS(routes)};
static const struct api_route_table *const tables[] = {&table, &authzen_search_routes, &authzen_metadata_routes};

const struct api_dialect api_authzen = {
    .name = "authzen",
    .prefixes = prefixes,
    .tables = tables,
    .n_tables = N_ELEMENTS(tables),
    .error = write_error,
    .wrong_content_type_status = 400,
};
