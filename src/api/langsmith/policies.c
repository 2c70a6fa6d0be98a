/* SPDX-License-Identifier: Apache-2.0 */
#include "api/langsmith/policies.h"

bool policies_are_on(struct api_call *call)
{
	const struct organization *org = snapshot_organization(call->snapshot);

	if (!org || !org->abac_is_off)
		return true;
	api_fail(call, SERVICE_DENIED, 0, "ABAC is not enabled");
	return false;
}

const struct tag_policy *policy_of_path(struct api_call *call)
{
	struct str name = api_param(call, "access_policy_id");
	const struct document *doc = snapshot_find_any(call->snapshot, DOC_TAG_POLICY, name);

	langsmith_note_target(call, "access_policy", doc ? doc->id : name);
	if (!doc)
		langsmith_not_found(call, "Access policy", name);
	return as_tag_policy(doc);
}

void policy_warn(struct api_call *call, const struct widening *w)
{
	call->warning = widening_text(w, 0, call->arena);
}

/* ---- out ------------------------------------------------------------------------------------------------ */

struct str policy_effect_name(const struct tag_policy *p)
{
	return p->deny ? STR("deny") : STR("allow");
}

static void write_group(struct json_writer *w, const struct tag_group *g)
{
	json_begin_object(w);
	json_put_str(w, STR("permission"), g->permission);
	json_put_str(w, STR("resource_type"), g->resource_type);
	json_key(w, STR("conditions"));
	json_begin_array(w);
	for (size_t i = 0; i < g->n_conditions; i++) {
		const struct tag_condition *c = &g->conditions[i];

		json_begin_object(w);
		json_put_str(w, STR("attribute_name"), c->attribute);
		json_put_str(w, STR("attribute_key"), c->key);
		json_put_str(w, STR("operator"), c->operator);
		json_put_str(w, STR("attribute_value"), c->value);
		json_end_object(w);
	}
	json_end_array(w);
	json_end_object(w);
}

void policy_write(struct json_writer *w, const struct tag_policy *p)
{
	json_begin_object(w);
	json_put_str(w, STR("id"), p->doc.id);
	json_put_str(w, STR("name"), p->name);
	json_put_str(w, STR("description"), str_is_absent(p->description) ? STR("") : p->description);
	json_put_str(w, STR("effect"), policy_effect_name(p));
	json_key(w, STR("condition_groups"));
	json_begin_array(w);
	for (size_t i = 0; i < p->n_groups; i++)
		write_group(w, &p->groups[i]);
	json_end_array(w);
	json_put_strs(w, STR("role_ids"), p->roles.items, p->roles.n);
	langsmith_put_time(w, "created_at", p->doc.created_at_ms);
	langsmith_put_time(w, "updated_at", p->doc.updated_at_ms);
	json_end_object(w);
}

static void answer_policy(struct api_call *call, const struct tag_policy *p)
{
	struct json_writer w = api_json_begin(call, 200);

	policy_write(&w, p);
	api_json_end(call, &w);
}

/* ---- in ------------------------------------------------------------------------------------------------- */

/*
 * An array of objects that must be there, at most `max` of them: what is longer is refused before room is made for it.
 */
static bool need_objects(struct api_call *call, const struct json *object, const char *name, size_t max,
                         const struct json **ret)
{
	const struct json *array = json_get(object, str_of(name));
	bool are_objects = json_is(array, JSON_ARRAY) && array->n <= max;

	for (uint32_t i = 0; are_objects && i < array->n; i++)
		are_objects = array->items[i].type == JSON_OBJECT;
	if (are_objects) {
		*ret = array;
		return true;
	}
	call->field = name;
	api_fail(call, SERVICE_INVALID, 0, "\"%s\" must be an array of at most %zu objects", name, max);
	return false;
}

static bool read_condition(struct api_call *call, const struct json *object, struct tag_condition *ret)
{
	return langsmith_need_str(call, object, "attribute_name", &ret->attribute) &&
	       langsmith_need_str(call, object, "attribute_key", &ret->key) &&
	       langsmith_need_str(call, object, "operator", &ret->operator) &&
	       langsmith_need_str(call, object, "attribute_value", &ret->value);
}

static bool read_group(struct api_call *call, const struct json *object, struct tag_group *ret)
{
	const struct json *array;
	struct tag_condition *conditions;

	if (!langsmith_need_str(call, object, "permission", &ret->permission) ||
	    !langsmith_need_str(call, object, "resource_type", &ret->resource_type) ||
	    !need_objects(call, object, "conditions", TAG_POLICY_MAX_CONDITIONS, &array))
		return false;
	conditions = ARENA_ARRAY(call->arena, struct tag_condition, array->n);
	for (uint32_t i = 0; i < array->n; i++)
		if (!read_condition(call, &array->items[i], &conditions[i]))
			return false;
	ret->conditions = conditions;
	ret->n_conditions = array->n;
	return true;
}

static bool read_groups(struct api_call *call, struct tag_policy *ret)
{
	const struct json *array;
	struct tag_group *groups;

	if (!need_objects(call, call->body, "condition_groups", TAG_POLICY_MAX_GROUPS, &array))
		return false;
	groups = ARENA_ARRAY(call->arena, struct tag_group, array->n);
	for (uint32_t i = 0; i < array->n; i++)
		if (!read_group(call, &array->items[i], &groups[i]))
			return false;
	ret->groups = groups;
	ret->n_groups = array->n;
	return true;
}

static bool read_effect(struct api_call *call, struct tag_policy *ret)
{
	struct str effect;

	if (!langsmith_need_str(call, call->body, "effect", &effect))
		return false;
	ret->deny = str_eq(effect, STR("deny"));
	if (ret->deny || str_eq(effect, STR("allow")))
		return true;
	call->field = "effect";
	api_fail(call, SERVICE_INVALID, 0, "\"effect\" must be \"allow\" or \"deny\"");
	return false;
}

/* The canonical ids of roles that are named, each once. */
static bool read_roles(struct api_call *call, struct str_list *ret)
{
	struct str_list names;
	struct str *ids;
	size_t n = 0;

	if (!api_get_strs(call, call->body, "role_ids", &names))
		return false;
	if (names.n > TAG_POLICY_MAX_ROLES) {
		api_fail(call, SERVICE_INVALID, 0, "\"role_ids\" must be at most %u", TAG_POLICY_MAX_ROLES);
		return false;
	}
	ids = ARENA_ARRAY(call->arena, struct str, names.n);
	for (size_t i = 0; i < names.n; i++) {
		const struct document *role = snapshot_find_any(call->snapshot, DOC_ROLE, names.items[i]);

		if (!role) {
			langsmith_not_found(call, "Role", names.items[i]);
			return false;
		}
		if (!str_list_has((struct str_list){ids, n}, role->id))
			ids[n++] = role->id;
	}
	*ret = (struct str_list){ids, n};
	return true;
}

/* The members that were sent, over those of the version before. */
static bool read_changes(struct api_call *call, struct tag_policy *p)
{
	if (langsmith_was_sent(call->body, "role_ids")) {
		call->field = "role_ids";
		api_fail(call, SERVICE_INVALID, 0, "\"role_ids\" cannot be changed here: attach or detach the policy");
		return false;
	}
	return (!langsmith_was_sent(call->body, "name") || langsmith_need_str(call, call->body, "name", &p->name)) &&
	       (!langsmith_was_sent(call->body, "description") ||
	        api_get_str(call, call->body, "description", &p->description)) &&
	       (!langsmith_was_sent(call->body, "effect") || read_effect(call, p)) &&
	       (!langsmith_was_sent(call->body, "condition_groups") || read_groups(call, p));
}

/* ---- handlers ------------------------------------------------------------------------------------------- */

static void policy_list(struct api_call *call)
{
	const struct document *doc;
	struct json_writer w;
	uint64_t at = 0;

	if (!policies_are_on(call))
		return;
	w = api_json_begin(call, 200);
	json_begin_object(&w);
	json_key(&w, STR("access_policies"));
	json_begin_array(&w);
	while ((doc = snapshot_next(call->snapshot, DOC_TAG_POLICY, &at)))
		policy_write(&w, as_tag_policy(doc));
	json_end_array(&w);
	json_end_object(&w);
	api_json_end(call, &w);
}

static void policy_get(struct api_call *call)
{
	const struct tag_policy *p = policies_are_on(call) ? policy_of_path(call) : NULL;

	if (p)
		answer_policy(call, p);
}

static void policy_create(struct api_call *call)
{
	struct tag_policy p = {0};
	struct error err = {0};
	enum service_result r;
	struct json_writer w;

	if (!policies_are_on(call) || !langsmith_need_str(call, call->body, "name", &p.name) ||
	    !api_get_str(call, call->body, "description", &p.description) || !read_effect(call, &p) ||
	    !read_groups(call, &p) || !read_roles(call, &p.roles))
		return;
	r = tag_policy_create(call->txn, &p, &err);
	if (r != SERVICE_OK) {
		langsmith_fail(call, r, &err);
		return;
	}
	langsmith_note_target(call, "access_policy", p.doc.id);
	w = api_json_begin(call, 201);
	json_begin_object(&w);
	json_put_str(&w, STR("id"), p.doc.id);
	json_end_object(&w);
	api_json_end(call, &w);
}

static void policy_update(struct api_call *call)
{
	const struct tag_policy *old = policies_are_on(call) ? policy_of_path(call) : NULL;
	struct widening widening = {0};
	struct error err = {0};
	enum service_result r;
	struct tag_policy p;

	if (!old)
		return;
	p = *old;
	if (!read_changes(call, &p))
		return;
	r = tag_policy_update(call->txn, old, &p, &widening, &err);
	if (r != SERVICE_OK) {
		langsmith_fail(call, r, &err);
		return;
	}
	policy_warn(call, &widening);
	answer_policy(call, &p);
}

static void policy_delete(struct api_call *call)
{
	const struct tag_policy *p = policies_are_on(call) ? policy_of_path(call) : NULL;
	struct widening widening = {0};
	struct error err = {0};
	enum service_result r;

	if (!p)
		return;
	r = tag_policy_delete(call->txn, p, &widening, &err);
	if (r != SERVICE_OK) {
		langsmith_fail(call, r, &err);
		return;
	}
	policy_warn(call, &widening);
	api_no_content(call);
}

/* ---- routes --------------------------------------------------------------------------------------------- */

#define ROUTE(method, prefix, path, mode, body, action, handler, event)                                                \
	{                                                                                                              \
		HTTP_##method, prefix "/platform/orgs/current/" path, mode, body, "organization:" action,              \
		    "organization", handler, event                                                                     \
	}
/* With and without /api: both are the vendor's, depending on what stands in front. */
#define BOTH(...)                                 ROUTE_UNDER("/v1", __VA_ARGS__), ROUTE_UNDER("/api/v1", __VA_ARGS__)
#define ROUTE_UNDER(prefix, method, ...)          ROUTE(method, prefix, __VA_ARGS__)
#define READ(path, handler, event)                BOTH(GET, path, API_AUDITED_READ, API_NO_BODY, "read", handler, event)
#define WRITE(method, path, body, handler, event) BOTH(method, path, API_WRITE, body, "manage", handler, event)

/* The vendor's documents of one month call them teams, of another user groups: both are groups. */
#define GROUP_ROUTES(noun, event_noun)                                                                                 \
	READ(noun "/{group_id}/access-policies", group_policies_list, "read_" event_noun "_access_policies"),          \
	    WRITE(POST, noun "/{group_id}/access-policies", API_JSON_BODY, group_policy_attach,                        \
	          "attach_" event_noun "_access_policy"),                                                              \
	    WRITE(DELETE, noun "/{group_id}/access-policies/{access_policy_id}", API_NO_BODY, group_policy_detach,     \
	          "detach_" event_noun "_access_policy")

/* clang-format off */
static const struct api_route routes[] = {
    READ("access-policies", policy_list, "list_access_policies"),
    WRITE(POST, "access-policies", API_JSON_BODY, policy_create, "create_access_policy"),
    READ("access-policies/{access_policy_id}", policy_get, "read_access_policy"),
    WRITE(PATCH, "access-policies/{access_policy_id}", API_JSON_BODY, policy_update, "update_access_policy"),
    WRITE(DELETE, "access-policies/{access_policy_id}", API_NO_BODY, policy_delete, "delete_access_policy"),

    /* Attaching by the first path and by the later one; detaching by query, and by body as it once was. */
    WRITE(POST, "access-policies/roles/{role_id}/access-policies", API_JSON_BODY, role_policies_attach,
          "attach_access_policies"),
    WRITE(DELETE, "access-policies/roles/{role_id}/access-policies", API_OPTIONAL_JSON, role_policies_detach,
          "detach_access_policies"),
    READ("access-policies/roles/{role_id}/access-policies", role_policies_list, "read_role_access_policies"),
    WRITE(POST, "roles/{role_id}/access-policies", API_JSON_BODY, role_policies_attach, "attach_access_policies"),
    WRITE(DELETE, "roles/{role_id}/access-policies", API_OPTIONAL_JSON, role_policies_detach,
          "detach_access_policies"),
    READ("roles/{role_id}/access-policies", role_policies_list, "read_role_access_policies"),

    GROUP_ROUTES("teams", "team"),
    GROUP_ROUTES("user-groups", "user_group"),
};
/* clang-format on */

const struct api_route_table langsmith_policy_routes = {routes, N_ELEMENTS(routes)};
