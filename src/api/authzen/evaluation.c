/* SPDX-License-Identifier: Apache-2.0 */
#include "api/authzen/evaluation.h"

#include "model/validate.h"

/* The code that error_set() asks for; what matters here is the text. */
#define FAULT 400

struct evaluator evaluator_of(struct api_call *call)
{
	return (struct evaluator){
	    .call = call,
	    .explains = str_eq_nocase(http_header_get(call->x, STR("Doorward-Explain")), STR("true")),
	};
}

static const struct json *member(const struct json *object, struct str name)
{
	const struct json *value = json_get(object, name);

	return json_is(value, JSON_NULL) ? NULL : value;
}

static void take(const struct json **slot, const struct json *object, struct str name)
{
	const struct json *value = member(object, name);

	if (value)
		*slot = value;
}

void evaluation_take(struct evaluation *ret, const struct json *object)
{
	take(&ret->subject, object, STR("subject"));
	take(&ret->action, object, STR("action"));
	take(&ret->resource, object, STR("resource"));
	take(&ret->context, object, STR("context"));
}

static bool is_object_or_absent(const struct json *value, const char *name, struct error *err)
{
	if (!value || value->type == JSON_OBJECT)
		return true;
	error_set(err, FAULT, "%s must be an object", name);
	return false;
}

bool evaluation_is_well_typed(const struct evaluation *ev, struct error *err)
{
	return is_object_or_absent(ev->subject, "subject", err) && is_object_or_absent(ev->action, "action", err) &&
	       is_object_or_absent(ev->resource, "resource", err) && is_object_or_absent(ev->context, "context", err);
}

/* ---- reading --------------------------------------------------------------------------------------- */

/* A required string of an entity. */
static bool read_name(const struct json *entity, const char *entity_name, const char *name, struct str *ret,
                      struct error *err)
{
	const struct json *value = member(entity, str_of(name));

	if (json_is(value, JSON_STRING)) {
		*ret = value->s;
		return true;
	}
	error_set(err, FAULT, value ? "%s.%s must be a string" : "%s.%s is required", entity_name, name);
	return false;
}

/* An entity that must be there, with its properties (NULL: none). */
static bool read_entity(const struct json *entity, const char *name, const struct json **ret_properties,
                        struct error *err)
{
	if (!entity) {
		error_set(err, FAULT, "%s is required", name);
		return false;
	}
	if (!is_object_or_absent(entity, name, err))
		return false;
	*ret_properties = member(entity, STR("properties"));
	if (!*ret_properties || (*ret_properties)->type == JSON_OBJECT)
		return true;
	error_set(err, FAULT, "%s.properties must be an object", name);
	return false;
}

/* A list of strings; `is_valid` (may be NULL) judges each. */
static bool read_strings(struct arena *a, const struct json *value, bool (*is_valid)(struct str), struct str_list *ret)
{
	struct str *items;

	if (value->type != JSON_ARRAY)
		return false;
	items = ARENA_ARRAY(a, struct str, value->n);
	for (uint32_t i = 0; i < value->n; i++) {
		if (value->items[i].type != JSON_STRING || (is_valid && !is_valid(value->items[i].s)))
			return false;
		items[i] = value->items[i].s;
	}
	*ret = (struct str_list){items, value->n};
	return true;
}

static bool read_subject(struct arena *a, const struct json *subject, struct ask *ask, struct error *err)
{
	const struct json *properties = NULL, *raw;

	if (!read_entity(subject, "subject", &properties, err) ||
	    !read_name(subject, "subject", "type", &ask->subject_type, err) ||
	    !read_name(subject, "subject", "id", &ask->subject_id, err))
		return false;
	raw = member(properties, STR("subjects"));
	if (!raw || read_strings(a, raw, iam_valid_query_subject, &ask->raw_subjects))
		return true;
	error_set(err, FAULT, "subject.properties.subjects must be an array of subjects such as user:ldap:bob");
	return false;
}

static bool read_resource(struct arena *a, const struct json *resource, struct ask_resource *ret, struct error *err)
{
	const struct json *properties = NULL, *tenants, *tenant;

	if (!read_entity(resource, "resource", &properties, err) ||
	    !read_name(resource, "resource", "type", &ret->type, err) ||
	    !read_name(resource, "resource", "id", &ret->id, err))
		return false;
	tenants = member(properties, STR("tenants"));
	tenant = member(properties, STR("tenant"));
	if (tenants && !read_strings(a, tenants, NULL, &ret->tenants)) {
		error_set(err, FAULT, "resource.properties.tenants must be an array of strings");
		return false;
	}
	if (tenant && tenant->type != JSON_STRING) {
		error_set(err, FAULT, "resource.properties.tenant must be a string");
		return false;
	}
	ret->lists_tenants = tenants != NULL;
	ret->tenant = json_str(tenant);
	return true;
}

/* The question that the evaluation puts. */
static bool read(const struct evaluator *e, const struct evaluation *ev, struct ask *ret, struct error *err)
{
	const struct api_call *call = e->call;
	const struct json *action_properties = NULL;
	struct ask ask = {.now_ms = call->now_ms};

	if (!read_subject(call->arena, ev->subject, &ask, err) ||
	    !read_entity(ev->action, "action", &action_properties, err) ||
	    !read_name(ev->action, "action", "name", &ask.action, err) ||
	    !read_resource(call->arena, ev->resource, &ask.resource, err) ||
	    !is_object_or_absent(ev->context, "context", err))
		return false;
	/* The right to ask may hold in some tenants only (a bound key, a role held in a tenant): then so do the
	 * answers. */
	ask.is_bound = !call->everywhere;
	ask.bound_tenants = call->tenants;
	*ret = ask;
	return true;
}

/* ---- answering ------------------------------------------------------------------------------------- */

static struct str effect_name(enum effect effect)
{
	switch (effect) {
	case EFFECT_ALLOW:
		return STR("allow");
	case EFFECT_DENY:
		return STR("deny");
	case EFFECT_NONE:
		break;
	}
	return STR("none");
}

/* "statement_policy" as a person says it. */
static struct str spoken(struct arena *a, struct str kind)
{
	char *text = arena_alloc(a, kind.len);

	for (size_t i = 0; i < kind.len; i++)
		text[i] = kind.ptr[i] == '_' ? ' ' : kind.ptr[i];
	return (struct str){text, kind.len};
}

static void write_reason(struct json_writer *w, const struct ask *ask, struct verdict v, struct arena *a)
{
	json_key(w, STR("reason"));
	json_begin_object(w);
	if (v.effect == EFFECT_NONE) {
		json_put_str(w, STR("document"), STR_NONE);
		json_put_str(w, STR("kind"), STR_NONE);
		json_put(w, STR("statement"), NULL);
		json_put_str(w, STR("effect"), effect_name(v.effect));
		json_put_str(
		    w, STR("text"),
		    arena_strf(a, "No statement allows " STR_FMT " " STR_FMT " to " STR_FMT " " STR_FMT " " STR_FMT ".",
		               STR_ARG(ask->subject_type), STR_ARG(ask->subject_id), STR_ARG(ask->action),
		               STR_ARG(ask->resource.type), STR_ARG(ask->resource.id)));
	} else {
		struct str kind = document_kind_name((enum document_kind)v.kind), said = spoken(a, kind);

		json_put_str(w, STR("document"), v.document);
		json_put_str(w, STR("kind"), kind);
		json_put_u64(w, STR("statement"), v.statement);
		json_put_str(w, STR("effect"), effect_name(v.effect));
		json_put_str(w, STR("text"),
		             arena_strf(a, "%s by statement %u of the " STR_FMT " " STR_FMT ".",
		                        v.effect == EFFECT_ALLOW ? "Allowed" : "Denied", (unsigned)v.statement,
		                        STR_ARG(said), STR_ARG(v.document)));
	}
	json_end_object(w);
}

static void write_decision(const struct evaluator *e, const struct ask *ask, struct answer answer,
                           struct json_writer *w)
{
	json_begin_object(w);
	json_put_bool(w, STR("decision"), verdict_allows(answer.verdict));
	if (ask->resource.lists_tenants || e->explains) {
		json_key(w, STR("context"));
		json_begin_object(w);
		if (ask->resource.lists_tenants)
			json_put_strs(w, STR("tenants"), answer.tenants.items, answer.tenants.n);
		if (e->explains)
			write_reason(w, ask, answer.verdict, e->call->arena);
		json_end_object(w);
	}
	json_end_object(w);
}

bool evaluation_decide(const struct evaluator *e, const struct evaluation *ev, struct json_writer *w, bool *ret_allowed,
                       struct error *err)
{
	struct ask ask;
	struct answer answer;

	if (!read(e, ev, &ask, err))
		return false;
	answer = snapshot_ask(e->call->snapshot, &ask, e->call->arena, NULL);
	write_decision(e, &ask, answer, w);
	*ret_allowed = verdict_allows(answer.verdict);
	api_count_decision(e->call->api, *ret_allowed);
	return true;
}
