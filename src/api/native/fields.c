/* SPDX-License-Identifier: Apache-2.0
 *
 * One table a noun: which member of its JSON is which field of its document. Reading and writing use the same tables.
 */
#include "api/native/native.h"

#include "base/clock.h"
#include "model/validate.h"

#define FIELD(kind, member, json_name, field_type)                                                                     \
	{                                                                                                              \
		STR_INIT(json_name), field_type, offsetof(struct kind, member)                                         \
	}

static const struct field user_fields[] = {
    FIELD(user, email, "email", FIELD_STR),
    FIELD(user, display_name, "display_name", FIELD_STR),
    FIELD(user, manager, "manager", FIELD_STR),
    FIELD(user, attributes, "attributes", FIELD_OBJECT),
};
static const struct field service_fields[] = {
    FIELD(service_account, display_name, "display_name", FIELD_STR),
};
static const struct field group_fields[] = {
    FIELD(group, type, "kind", FIELD_STR),
    FIELD(group, display_name, "display_name", FIELD_STR),
    FIELD(group, description, "description", FIELD_STR),
    FIELD(group, color, "color", FIELD_STR),
    FIELD(group, parent, "parent", FIELD_STR),
};
static const struct field tenant_fields[] = {
    FIELD(tenant, display_name, "display_name", FIELD_STR),
    FIELD(tenant, is_managed, "managed", FIELD_BOOL),
};
static const struct field role_fields[] = {
    FIELD(role, display_name, "display_name", FIELD_STR),
    FIELD(role, description, "description", FIELD_STR),
    FIELD(role, actions, "actions", FIELD_STRS),
    FIELD(role, is_managed, "managed", FIELD_BOOL),
};
static const struct field governance_policy_fields[] = {
    FIELD(governance_policy, name, "name", FIELD_STR),
    FIELD(governance_policy, description, "description", FIELD_STR),
    FIELD(governance_policy, controls, "controls", FIELD_CONTROLS),
};
static const struct field access_policy_fields[] = {
    FIELD(access_policy, description, "description", FIELD_STR),
    FIELD(access_policy, deny, "effect", FIELD_EFFECT),
    FIELD(access_policy, subjects, "subjects", FIELD_STRS),
    FIELD(access_policy, actions, "actions", FIELD_STRS),
    FIELD(access_policy, resources, "resources", FIELD_STRS),
    FIELD(access_policy, tenants, "tenants", FIELD_SOME),
    FIELD(access_policy, condition, "condition", FIELD_STR),
    FIELD(access_policy, valid_from_ms, "valid_from", FIELD_TIME),
    FIELD(access_policy, valid_until_ms, "valid_until", FIELD_TIME),
};
static const struct field resource_fields[] = {
    FIELD(resource, display_name, "display_name", FIELD_STR),
    FIELD(resource, description, "description", FIELD_STR),
    FIELD(resource, tenant, "tenant", FIELD_STR),
    FIELD(resource, parent, "parent", FIELD_PARENT),
    FIELD(resource, tags, "tags", FIELD_TAGS),
    FIELD(resource, attributes, "attributes", FIELD_OBJECT),
    FIELD(resource, members, "members", FIELD_STRS),
};

static const struct field separation_fields[] = {
    FIELD(separation, description, "description", FIELD_STR),
    FIELD(separation, roles, "roles", FIELD_STRS),
    FIELD(separation, max, "max", FIELD_COUNT),
};

static const struct field app_fields[] = {
    FIELD(app, display_name, "display_name", FIELD_STR),
    FIELD(app, description, "description", FIELD_STR),
    FIELD(app, owners, "owners", FIELD_STRS),
    FIELD(app, grant_policy, "grant_policy", FIELD_STR),
    FIELD(app, revoke_policy, "revoke_policy", FIELD_STR),
    FIELD(app, certify_policy, "certify_policy", FIELD_STR),
};
static const struct field app_resource_type_fields[] = {
    FIELD(app_resource_type, display_name, "display_name", FIELD_STR),
};
static const struct field app_entitlement_fields[] = {
    FIELD(app_entitlement, display_name, "display_name", FIELD_STR),
    FIELD(app_entitlement, description, "description", FIELD_STR),
    FIELD(app_entitlement, slug, "slug", FIELD_STR),
    FIELD(app_entitlement, resource_type, "resource_type", FIELD_STR),
    FIELD(app_entitlement, owners, "owners", FIELD_STRS),
    FIELD(app_entitlement, grant_policy, "grant_policy", FIELD_STR),
    FIELD(app_entitlement, revoke_policy, "revoke_policy", FIELD_STR),
    FIELD(app_entitlement, certify_policy, "certify_policy", FIELD_STR),
    FIELD(app_entitlement, has_emergency_access, "emergency_access", FIELD_FLAG),
    FIELD(app_entitlement, emergency_policy, "emergency_policy", FIELD_STR),
    FIELD(app_entitlement, max_duration_ms, "max_duration_seconds", FIELD_SECONDS),
    FIELD(app_entitlement, risk_level, "risk_level", FIELD_STR),
};
static const struct field app_action_fields[] = {
    FIELD(app_action, display_name, "display_name", FIELD_STR),
    FIELD(app_action, description, "description", FIELD_STR),
    FIELD(app_action, policy, "policy", FIELD_STR),
    FIELD(app_action, webhook, "webhook", FIELD_STR),
    FIELD(app_action, assignees, "assignees", FIELD_STRS),
    FIELD(app_action, creates_type, "creates_type", FIELD_STR),
    FIELD(app_action, form, "form", FIELD_OBJECT),
};
static const struct field app_user_fields[] = {
    FIELD(app_user, user, "user", FIELD_STR),          FIELD(app_user, display_name, "display_name", FIELD_STR),
    FIELD(app_user, username, "username", FIELD_STR),  FIELD(app_user, email, "email", FIELD_STR),
    FIELD(app_user, type, "type", FIELD_STR),          FIELD(app_user, status, "status", FIELD_STR),
    FIELD(app_user, profile, "profile", FIELD_OBJECT),
};
static const struct field binding_fields[] = {
    FIELD(entitlement_binding, user, "user", FIELD_SHOWN),
    FIELD(entitlement_binding, expires_at_ms, "expires_at", FIELD_TIME),
    FIELD(entitlement_binding, request, "access_request", FIELD_SHOWN),
};

#define NOUN(path_name, kind, table)                                                                                   \
	{                                                                                                              \
		STR_INIT(path_name), kind, table, N_ELEMENTS(table)                                                    \
	}

static const struct noun nouns[] = {
    NOUN("users", DOC_USER, user_fields),
    NOUN("services", DOC_SERVICE_ACCOUNT, service_fields),
    NOUN("groups", DOC_GROUP, group_fields),
    NOUN("tenants", DOC_TENANT, tenant_fields),
    NOUN("roles", DOC_ROLE, role_fields),
    NOUN("governance-policies", DOC_GOVERNANCE_POLICY, governance_policy_fields),
    NOUN("policies", DOC_ACCESS_POLICY, access_policy_fields),
    NOUN("separations", DOC_SEPARATION, separation_fields),
};

const struct noun noun_resources = NOUN("resources", DOC_RESOURCE, resource_fields);
const struct noun noun_apps = NOUN("apps", DOC_APP, app_fields);
const struct noun noun_app_resource_types = NOUN("resource-types", DOC_APP_RESOURCE_TYPE, app_resource_type_fields);
const struct noun noun_app_entitlements = NOUN("entitlements", DOC_APP_ENTITLEMENT, app_entitlement_fields);
const struct noun noun_app_actions = NOUN("actions", DOC_APP_ACTION, app_action_fields);
const struct noun noun_app_users = NOUN("accounts", DOC_APP_USER, app_user_fields);
const struct noun noun_bindings = NOUN("bindings", DOC_ENTITLEMENT_BINDING, binding_fields);

const struct noun *noun_of(const struct api_call *call)
{
	struct str rest = str_of(call->route->path + sizeof(V1) - 1), name;
	bool found = str_split(&rest, '/', &name);
	size_t i = 0;

	assert(found);
	while (!str_eq(nouns[i].name, name)) {
		i++;
		assert(i < N_ELEMENTS(nouns)); /* every such route has its noun */
	}
	return &nouns[i];
}

/* ---- reading --------------------------------------------------------------------------------------- */

static bool read_object(struct api_call *call, const struct field *f, const struct json *value, const struct json **ret)
{
	if (value->type == JSON_OBJECT || value->type == JSON_NULL) {
		*ret = value->type == JSON_OBJECT && value->n ? value : NULL;
		return true;
	}
	api_fail(call, SERVICE_INVALID, 0, STR_FMT " must be an object or null", STR_ARG(f->name));
	return false;
}

/* "prod" and ["prod"] say the same. The values of one key, as a list. */
static bool read_tag_values(struct api_call *call, const struct json_member *tag, struct str_list *ret)
{
	const struct json *value = &tag->value;
	bool is_list = value->type == JSON_ARRAY;
	size_t n = is_list ? value->n : 1;
	struct str *items = ARENA_ARRAY(call->arena, struct str, n);

	for (size_t i = 0; i < n; i++) {
		const struct json *item = is_list ? &value->items[i] : value;

		if (item->type != JSON_STRING) {
			api_fail(call, SERVICE_INVALID, 0, "tags." STR_FMT " must be a string or an array of strings",
			         STR_ARG(tag->name));
			return false;
		}
		items[i] = item->s;
	}
	*ret = (struct str_list){items, n};
	return true;
}

static bool read_tags(struct api_call *call, const struct field *f, const struct json *value, struct resource *r)
{
	const struct json *object = NULL;
	struct resource_tag *tags = NULL;
	size_t n = 0, cap = 0;

	if (!read_object(call, f, value, &object))
		return false;
	for (uint32_t i = 0; object && i < object->n; i++) {
		struct str_list values;

		if (!read_tag_values(call, &object->members[i], &values))
			return false;
		for (size_t k = 0; k < values.n; k++) {
			ARENA_ROOM(call->arena, tags, n, &cap);
			tags[n++] = (struct resource_tag){.key = object->members[i].name, .value = values.items[k]};
		}
	}
	r->tags = tags;
	r->n_tags = n;
	return true;
}

/* Kept as "type/id", the id under which resources are stored. */
static bool read_parent(struct api_call *call, const struct json *value, struct str *ret)
{
	struct str type = json_get_str(value, STR("type")), id = json_get_str(value, STR("id"));

	if (value->type == JSON_NULL) {
		*ret = STR_NONE;
		return true;
	}
	if (value->type == JSON_STRING) {
		size_t slash = str_find(value->s, '/', 0);

		type = slash == SIZE_MAX ? STR_NONE : str_slice(value->s, 0, slash);
		id = slash == SIZE_MAX ? STR_NONE : str_slice(value->s, slash + 1, value->s.len);
	}
	if (valid_resource_type(type) && valid_resource_id(id)) {
		*ret = arena_concat3(call->arena, type, STR("/"), id);
		return true;
	}
	api_fail(call, SERVICE_INVALID, 0, "parent must be null, {\"type\":…,\"id\":…} or \"type/id\"");
	return false;
}

static bool read_controls(struct api_call *call, const struct json *value, struct governance_policy *p)
{
	bool is_null = value->type == JSON_NULL;
	size_t n = value->type == JSON_ARRAY ? value->n : 0;
	struct governance_control *controls = ARENA_ARRAY(call->arena, struct governance_control, n);

	if (!is_null && value->type != JSON_ARRAY) {
		api_fail(call, SERVICE_INVALID, 0, "controls must be an array of objects");
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		const struct json *item = &value->items[i];

		if (!json_is(item, JSON_OBJECT)) {
			api_fail(call, SERVICE_INVALID, 0, "controls must be an array of objects");
			return false;
		}
		if (!api_get_str(call, item, "id", &controls[i].id) ||
		    !api_get_str(call, item, "name", &controls[i].name) ||
		    !api_get_str(call, item, "type", &controls[i].type))
			return false;
	}
	p->controls = controls;
	p->n_controls = n;
	return true;
}

static bool read_flag(struct api_call *call, const char *name, bool *ret)
{
	*ret = false; /* null clears */
	return api_get_bool(call, call->body, name, ret);
}

static bool read_seconds(struct api_call *call, const struct field *f, const struct json *value, int64_t *ret_ms)
{
	bool is_null = value->type == JSON_NULL;

	if (!is_null && (value->type != JSON_INT || value->i < 0 || value->i > INT64_MAX / 1000)) {
		api_fail(call, SERVICE_INVALID, 0, STR_FMT " must be a number of seconds", STR_ARG(f->name));
		return false;
	}
	*ret_ms = is_null ? 0 : value->i * 1000;
	return true;
}

static bool read_count(struct api_call *call, const struct field *f, const struct json *value, int64_t *ret)
{
	bool is_null = value->type == JSON_NULL;

	if (!is_null && (value->type != JSON_INT || value->i < 0)) {
		api_fail(call, SERVICE_INVALID, 0, STR_FMT " must be a whole number", STR_ARG(f->name));
		return false;
	}
	*ret = is_null ? 0 : value->i;
	return true;
}

/* "allow" or "deny", as whether it denies. */
static bool read_effect(struct api_call *call, const struct field *f, const struct json *value, bool *ret_deny)
{
	struct str effect = json_str(value);

	*ret_deny = str_eq(effect, STR("deny"));
	if (*ret_deny || str_eq(effect, STR("allow")))
		return true;
	api_fail(call, SERVICE_INVALID, 0, STR_FMT " must be \"allow\" or \"deny\"", STR_ARG(f->name));
	return false;
}

/* An empty list would be kept as none, which means all. */
static bool read_some(struct api_call *call, const struct field *f, const struct json *value, struct str_list *ret)
{
	if (!api_get_strs(call, call->body, f->name.ptr, ret))
		return false;
	if (ret->n || value->type == JSON_NULL)
		return true;
	api_fail(call, SERVICE_INVALID, 0, STR_FMT " must be null, for everywhere, or name at least one",
	         STR_ARG(f->name));
	return false;
}

/* Zero is kept for "not set". */
static bool read_time(struct api_call *call, const struct field *f, const struct json *value, int64_t *ret_ms)
{
	if (!api_get_time(call, call->body, f->name.ptr, ret_ms))
		return false;
	if (*ret_ms > 0 || value->type == JSON_NULL)
		return true;
	api_fail(call, SERVICE_INVALID, 0, STR_FMT " must be later than 1970", STR_ARG(f->name));
	return false;
}

static bool read_field(struct api_call *call, const struct field *f, const struct json *value, struct document *doc)
{
	void *at = (char *)doc + f->offset;
	const char *name = f->name.ptr; /* of a literal: NUL-terminated */

	switch (f->type) {
	case FIELD_STR:
		return api_get_str(call, call->body, name, at);
	case FIELD_STRS:
		return api_get_strs(call, call->body, name, at);
	case FIELD_OBJECT:
		return read_object(call, f, value, at);
	case FIELD_TAGS:
		return read_tags(call, f, value, (struct resource *)(void *)doc);
	case FIELD_PARENT:
		return read_parent(call, value, at);
	case FIELD_CONTROLS:
		return read_controls(call, value, (struct governance_policy *)(void *)doc);
	case FIELD_FLAG:
		return read_flag(call, name, at);
	case FIELD_TIME:
		return read_time(call, f, value, at);
	case FIELD_SECONDS:
		return read_seconds(call, f, value, at);
	case FIELD_COUNT:
		return read_count(call, f, value, at);
	case FIELD_EFFECT:
		return read_effect(call, f, value, at);
	case FIELD_SOME:
		return read_some(call, f, value, at);
	case FIELD_SHOWN:
	case FIELD_BOOL: /* not the client's to set: ignored, so that what was read can be sent back */
		break;
	}
	return true;
}

bool noun_has_required(struct api_call *call, const struct noun *noun)
{
	for (size_t i = 0; i < noun->n_fields; i++) {
		const struct field *f = &noun->fields[i];

		if (f->type == FIELD_EFFECT && !json_get(call->body, f->name)) {
			api_fail(call, SERVICE_INVALID, 0, STR_FMT " is required", STR_ARG(f->name));
			return false;
		}
	}
	return true;
}

bool noun_read(struct api_call *call, const struct noun *noun, struct document *doc)
{
	for (size_t i = 0; i < noun->n_fields; i++) {
		const struct json *value = json_get(call->body, noun->fields[i].name);

		if (value && !read_field(call, &noun->fields[i], value, doc))
			return false;
	}
	return true;
}

struct document *document_blank(struct arena *a, enum document_kind kind)
{
	struct document *doc = arena_calloc(a, 1, document_kind_size(kind));

	doc->kind = kind;
	return doc;
}

struct document *document_copy(struct arena *a, const struct document *doc)
{
	size_t size = document_kind_size(doc->kind);

	return memcpy(arena_alloc(a, size), doc, size);
}

void document_stamp(struct document *doc, const struct api_call *call)
{
	const struct document *old = snapshot_find(call->snapshot, doc->kind, doc->id);

	doc->created_at_ms = old ? old->created_at_ms : call->txn->now_ms;
	doc->updated_at_ms = call->txn->now_ms;
}

/* ---- writing --------------------------------------------------------------------------------------- */

static void add_time(struct json_writer *w, int64_t ms)
{
	char text[32];

	json_add_str(w, ms ? time_format_rfc3339(ms, text) : STR_NONE);
}

void json_put_time(struct json_writer *w, struct str name, int64_t ms)
{
	json_key(w, name);
	add_time(w, ms);
}

static void write_parent(struct json_writer *w, struct str parent)
{
	size_t slash = str_find(parent, '/', 0);

	if (slash == SIZE_MAX) {
		json_add_null(w);
		return;
	}
	json_begin_object(w);
	json_put_str(w, STR("type"), str_slice(parent, 0, slash));
	json_put_str(w, STR("id"), str_slice(parent, slash + 1, parent.len));
	json_end_object(w);
}

static bool is_first_of_key(const struct resource *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (str_eq(r->tags[k].key, r->tags[i].key))
			return false;
	return true;
}

/* {"Env":["prod","test"]}: keys in the order of their first value. */
static void write_tags(struct json_writer *w, const struct resource *r)
{
	json_begin_object(w);
	for (size_t i = 0; i < r->n_tags; i++) {
		if (!is_first_of_key(r, i))
			continue;
		json_key(w, r->tags[i].key);
		json_begin_array(w);
		for (size_t k = i; k < r->n_tags; k++)
			if (str_eq(r->tags[k].key, r->tags[i].key))
				json_add_str(w, r->tags[k].value);
		json_end_array(w);
	}
	json_end_object(w);
}

static void write_controls(struct json_writer *w, const struct governance_policy *p)
{
	json_begin_array(w);
	for (size_t i = 0; i < p->n_controls; i++) {
		json_begin_object(w);
		json_put_str(w, STR("id"), p->controls[i].id);
		json_put_str(w, STR("name"), p->controls[i].name);
		json_put_str(w, STR("type"), p->controls[i].type);
		json_end_object(w);
	}
	json_end_array(w);
}

static void write_strs(struct json_writer *w, const struct str_list *list)
{
	json_begin_array(w);
	for (size_t i = 0; i < list->n; i++)
		json_add_str(w, list->items[i]);
	json_end_array(w);
}

static void write_field(struct json_writer *w, const struct field *f, const struct document *doc)
{
	static const struct json empty = {.type = JSON_OBJECT};
	const void *at = (const char *)doc + f->offset;

	json_key(w, f->name);
	switch (f->type) {
	case FIELD_STR:
	case FIELD_SHOWN:
		json_add_str(w, *(const struct str *)at);
		break;
	case FIELD_STRS:
		write_strs(w, at);
		break;
	case FIELD_SOME:
		if (((const struct str_list *)at)->n)
			write_strs(w, at);
		else
			json_add_null(w);
		break;
	case FIELD_EFFECT:
		json_add_str(w, *(const bool *)at ? STR("deny") : STR("allow"));
		break;
	case FIELD_OBJECT: {
		const struct json *const *tree = at;

		json_add(w, *tree ? *tree : &empty);
		break;
	}
	case FIELD_TAGS:
		write_tags(w, as_resource(doc));
		break;
	case FIELD_PARENT:
		write_parent(w, *(const struct str *)at);
		break;
	case FIELD_CONTROLS:
		write_controls(w, as_governance_policy(doc));
		break;
	case FIELD_BOOL:
	case FIELD_FLAG:
		json_add_bool(w, *(const bool *)at);
		break;
	case FIELD_TIME:
		add_time(w, *(const int64_t *)at);
		break;
	case FIELD_COUNT:
		json_add_i64(w, *(const int64_t *)at);
		break;
	case FIELD_SECONDS:
		if (*(const int64_t *)at)
			json_add_i64(w, *(const int64_t *)at / 1000);
		else
			json_add_null(w);
		break;
	}
}

/* By which it is named in a path. */
static void write_ids(struct json_writer *w, const struct document *doc)
{
	switch ((unsigned)doc->kind) {
	case DOC_RESOURCE:
		json_put_str(w, STR("type"), as_resource(doc)->type);
		json_put_str(w, STR("id"), as_resource(doc)->resource_id);
		break;
	case DOC_APP_RESOURCE_TYPE:
		json_put_str(w, STR("app"), as_app_resource_type(doc)->app);
		json_put_str(w, STR("id"), as_app_resource_type(doc)->type_id);
		break;
	case DOC_APP_ENTITLEMENT:
		json_put_str(w, STR("app"), as_app_entitlement(doc)->app);
		json_put_str(w, STR("id"), as_app_entitlement(doc)->entitlement_id);
		break;
	case DOC_APP_USER:
		json_put_str(w, STR("app"), as_app_user(doc)->app);
		json_put_str(w, STR("id"), as_app_user(doc)->account_id);
		break;
	case DOC_ENTITLEMENT_BINDING:
		json_put_str(w, STR("app"), as_entitlement_binding(doc)->app);
		json_put_str(w, STR("entitlement"), as_entitlement_binding(doc)->entitlement_id);
		json_put_str(w, STR("account"), as_entitlement_binding(doc)->account_id);
		break;
	default:
		json_put_str(w, STR("id"), doc->id);
	}
}

void noun_write(struct json_writer *w, const struct noun *noun, const struct document *doc)
{
	json_begin_object(w);
	write_ids(w, doc);
	for (size_t i = 0; i < noun->n_fields; i++)
		write_field(w, &noun->fields[i], doc);
	json_put_time(w, STR("created_at"), doc->created_at_ms);
	json_put_time(w, STR("updated_at"), doc->updated_at_ms);
	json_end_object(w);
}

void noun_answer(struct api_call *call, const struct noun *noun, const struct document *doc, unsigned status)
{
	struct json_writer w = api_json_begin(call, status);

	noun_write(&w, noun, doc);
	api_json_end(call, &w);
}
