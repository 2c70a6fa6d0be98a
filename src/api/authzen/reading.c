/* SPDX-License-Identifier: Apache-2.0
 *
 * From the members of an evaluation to a question. Every wrong type is told with the name of its member.
 */
#include "api/authzen/evaluation.h"

#include "model/validate.h"

/* The code that error_set() asks for; what matters here is the text. */
#define FAULT 400

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

static bool read_subject(struct arena *a, const struct evaluation *ev, struct ask *ask, struct error *err)
{
	const struct json *subject = ev->subject, *properties = NULL, *raw;

	if (!read_entity(subject, "subject", &properties, err) ||
	    !read_name(subject, "subject", "type", &ask->subject_type, err) ||
	    (ev->open != PART_SUBJECT && !read_name(subject, "subject", "id", &ask->subject_id, err)))
		return false;
	ask->subject_properties = properties;
	raw = member(properties, STR("subjects"));
	if (!raw || read_strings(a, raw, iam_valid_query_subject, &ask->raw_subjects))
		return true;
	error_set(err, FAULT, "subject.properties.subjects must be an array of subjects such as user:ldap:bob");
	return false;
}

static bool read_tenants(struct arena *a, const struct json *properties, const char *name, struct ask_resource *ret,
                         struct error *err)
{
	const struct json *tenants = member(properties, STR("tenants")), *tenant = member(properties, STR("tenant"));

	if (tenants && !read_strings(a, tenants, NULL, &ret->tenants)) {
		error_set(err, FAULT, "%s.properties.tenants must be an array of strings", name);
		return false;
	}
	if (tenant && tenant->type != JSON_STRING) {
		error_set(err, FAULT, "%s.properties.tenant must be a string", name);
		return false;
	}
	ret->lists_tenants = tenants != NULL;
	ret->tenant = json_str(tenant);
	return true;
}

/* Tags in the order they are stated. */
struct tags {
	struct arena *arena;
	struct tag *items;
	size_t n, cap;
};

/* "prod" and ["prod"] say the same. False: another type, or too many. */
static bool add_tag(struct tags *tags, const struct json_member *tag)
{
	bool is_list = tag->value.type == JSON_ARRAY;
	size_t n = is_list ? tag->value.n : 1;

	if (n > RESOURCE_MAX_TAGS - tags->n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct json *value = is_list ? &tag->value.items[i] : &tag->value;

		if (value->type != JSON_STRING)
			return false;
		ARENA_ROOM(tags->arena, tags->items, tags->n, &tags->cap);
		tags->items[tags->n++] = (struct tag){tag->name, value->s};
	}
	return true;
}

static bool read_tags(struct arena *a, const struct json *properties, const char *name, struct ask_resource *ret,
                      struct error *err)
{
	const struct json *value = member(properties, STR("tags"));
	struct tags tags = {.arena = a};

	if (!value)
		return true;
	for (uint32_t i = 0; i < value->n && value->type == JSON_OBJECT; i++) {
		if (!add_tag(&tags, &value->members[i])) {
			error_set(err, FAULT,
			          "%s.properties.tags." STR_FMT
			          " must be a string or an array of strings, at most %u values in all tags",
			          name, STR_ARG(value->members[i].name), RESOURCE_MAX_TAGS);
			return false;
		}
	}
	if (value->type != JSON_OBJECT) {
		error_set(err, FAULT, "%s.properties.tags must be an object", name);
		return false;
	}
	ret->states_tags = true;
	ret->tags = tags.items;
	ret->n_tags = tags.n;
	return true;
}

/* "type/id" or {"type","id"}, the id under which resources are kept. */
static bool read_parent(struct arena *a, const struct json *properties, const char *name, struct ask_resource *ret,
                        struct error *err)
{
	const struct json *value = member(properties, STR("parent"));
	struct str type, id;

	if (!value)
		return true;
	if (value->type == JSON_STRING) {
		ret->parent = value->s;
		if (str_find(value->s, '/', 1) < value->s.len - 1)
			return true;
	} else if (value->type == JSON_OBJECT) {
		type = json_get_str(value, STR("type"));
		id = json_get_str(value, STR("id"));
		ret->parent = arena_concat3(a, type, STR("/"), id);
		if (!str_is_empty(type) && !str_is_empty(id))
			return true;
	}
	error_set(err, FAULT, "%s.properties.parent must be \"type/id\" or an object of type and id", name);
	return false;
}

/* In which application an entitlement is asked for. */
static bool read_app(const struct json *properties, const char *name, struct ask_resource *ret, struct error *err)
{
	const struct json *value = member(properties, STR("app_id"));

	if (!value || !str_eq(ret->type, STR("app_entitlement")))
		return true;
	ret->app = json_str(value);
	if (!str_is_absent(ret->app))
		return true;
	error_set(err, FAULT, "%s.properties.app_id must be a string", name);
	return false;
}

static bool read_resource(struct arena *a, const struct json *resource, const char *name, struct ask_resource *ret,
                          struct error *err)
{
	const struct json *properties = NULL;

	if (!read_entity(resource, name, &properties, err) || !read_name(resource, name, "type", &ret->type, err))
		return false;
	ret->is_described = properties != NULL;
	return read_tenants(a, properties, name, ret, err) && read_tags(a, properties, name, ret, err) &&
	       read_parent(a, properties, name, ret, err) && read_app(properties, name, ret, err);
}

/* One that is not searched for. */
static bool read_whole_resource(struct arena *a, const struct json *resource, const char *name,
                                struct ask_resource *ret, struct error *err)
{
	return read_resource(a, resource, name, ret, err) && read_name(resource, name, "id", &ret->id, err);
}

static bool read_action(const struct json *action, struct ask *ask, struct error *err)
{
	return read_entity(action, "action", &ask->action_properties, err) &&
	       read_name(action, "action", "name", &ask->action, err);
}

/* Of an action that has one; context is whatever the asker likes with others. */
static bool read_target(struct arena *a, const struct evaluation *ev, struct ask *ask, struct error *err)
{
	const struct json *in_context = member(ev->context, STR("target"));
	const struct json *in_action = member(ask->action_properties, STR("target"));
	struct ask_resource *target = ARENA_NEW(a, struct ask_resource);
	struct error ignored = {0};

	if (!in_context && !in_action)
		return true;
	if (ev->open == PART_ACTION) {
		/* Whether an action is asked about that has one is open: only what could be one is taken for it. */
		if (read_whole_resource(a, in_context, "context.target", target, &ignored))
			ask->target = target;
		return true;
	}
	if (!ask_takes_target(ask->action))
		return true;
	ask->target = target;
	return in_context ? read_whole_resource(a, in_context, "context.target", target, err)
	                  : read_whole_resource(a, in_action, "action.properties.target", target, err);
}

static bool read_parts(struct arena *a, const struct evaluation *ev, struct ask *ask, struct error *err)
{
	if (!read_subject(a, ev, ask, err) || (ev->open != PART_ACTION && !read_action(ev->action, ask, err)))
		return false;
	if (!(ev->open == PART_RESOURCE ? read_resource(a, ev->resource, "resource", &ask->resource, err)
	                                : read_whole_resource(a, ev->resource, "resource", &ask->resource, err)))
		return false;
	return is_object_or_absent(ev->context, "context", err) && read_target(a, ev, ask, err);
}

/*
 * The right to ask may hold in some tenants only (a bound key, a role held in a tenant): then so do the answers.
 * Whoever may ask about all may ask as somebody who may not.
 */
static bool read_bound(const struct evaluator *e, struct ask *ask, struct error *err)
{
	const struct api_call *call = e->call;
	const struct json *tenants;

	ask->is_bound = !call->everywhere || !str_is_absent(e->bound_tenants);
	ask->bound_tenants = call->tenants;
	if (str_is_absent(e->bound_tenants))
		return true;
	if (call->everywhere && json_parse(e->bound_tenants, call->arena, &tenants, NULL) == JSON_OK &&
	    read_strings(call->arena, tenants, NULL, &ask->bound_tenants))
		return true;
	error_set(err, FAULT, "Doorward-Bound-Tenants must be an array of strings, from who may ask about all tenants");
	return false;
}

bool evaluation_read(const struct evaluator *e, const struct evaluation *ev, struct ask *ret, struct error *err)
{
	const struct api_call *call = e->call;
	struct ask ask = {.now_ms = call->now_ms};

	if (!read_parts(call->arena, ev, &ask, err) || !read_bound(e, &ask, err))
		return false;
	ask.resource_properties = member(ev->resource, STR("properties"));
	ask.context = ev->context;
	*ret = ask;
	return true;
}
