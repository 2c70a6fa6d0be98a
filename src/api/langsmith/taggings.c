/* SPDX-License-Identifier: Apache-2.0
 *
 * Taggings: which resource has which value, given, taken, and looked up from both ends.
 */
#include "api/langsmith/tags.h"
#include "model/validate.h"

/* ---- who may tag ------------------------------------------------------------------------------------------- */

/* What it takes to change a resource, by its type; for others it takes the workspace. */
static const struct {
	enum langsmith_type type;
	struct str permission;
} updates[] = {
    {LANGSMITH_PROJECT, STR_INIT("projects:update")},        {LANGSMITH_DATASET, STR_INIT("datasets:update")},
    {LANGSMITH_PROMPT, STR_INIT("prompts:update")},          {LANGSMITH_DEPLOYMENT, STR_INIT("deployments:update")},
    {LANGSMITH_QUEUE, STR_INIT("annotation-queues:update")}, {LANGSMITH_MCP_SERVER, STR_INIT("mcp-servers:update")},
    {LANGSMITH_SANDBOX, STR_INIT("sandboxes:update")},
};

static struct str update_permission(struct str resource_type)
{
	enum langsmith_type type = langsmith_type_of(resource_type);

	for (size_t i = 0; i < N_ELEMENTS(updates); i++)
		if (type != LANGSMITH_NO_TYPE && updates[i].type == type)
			return updates[i].permission;
	return STR_NONE;
}

static bool may_manage(struct api_call *call)
{
	return api_may_in(call, STR("workspaces:manage"), arena_concat(call->arena, STR("workspace:"), call->tenant),
	                  call->tenant);
}

/* Asked as any decision about the resource is: its tags, and the policies about them, count. */
static bool may_update(struct api_call *call, const struct tagging *tagging, struct str permission)
{
	const struct ask q = {
	    .subject_type = call->caller.type,
	    .subject_id = call->caller.id,
	    .action = permission,
	    .resource = {.type = tagging->resource_type,
	                 .id = tagging->resource_id,
	                 .tenant = call->tenant,
	                 .is_described = true}, /* one that nobody knows has no tags, rather than unknown ones */
	    .is_bound = call->caller.key->is_bound,
	    .bound_tenants = call->caller.key->tenants,
	    .now_ms = call->now_ms,
	};

	return verdict_allows(snapshot_ask(call->snapshot, &q, call->arena, NULL).verdict);
}

/* False after failing the call. */
static bool check_may_tag(struct api_call *call, const struct tagging *tagging, struct str key)
{
	struct str permission = update_permission(tagging->resource_type);
	bool update_is_enough = str_eq(key, STR(TAG_KEY_APPLICATION)) && !str_is_absent(permission);

	call->operation = update_is_enough ? permission : STR("workspaces:manage");
	if (may_manage(call) || (update_is_enough && may_update(call, tagging, permission)))
		return true;
	api_fail(call, SERVICE_DENIED, 0, "Forbidden");
	return false;
}

/* ---- one tagging --------------------------------------------------------------------------------------------- */

/* "queues" is the guide's spelling of "queue": a resource has one name. False after failing the call. */
static bool read_resource(struct api_call *call, struct str type, struct str id, struct tagging *ret)
{
	enum langsmith_type known = langsmith_type_of(type);

	if (!langsmith_is_taggable(type)) {
		call->field = "resource_type";
		api_fail(call, SERVICE_INVALID, 0, "resource_type is not a type that can be tagged");
		return false;
	}
	if (!valid_resource_id(id)) {
		call->field = "resource_id";
		api_fail(call, SERVICE_INVALID, 0, "resource_id must be 1 to 256 bytes without control characters");
		return false;
	}
	ret->resource_type = known == LANGSMITH_NO_TYPE ? type : langsmith_type_name(known);
	ret->resource_id = id;
	return true;
}

static void write_tagging(struct json_writer *w, const struct tagging *tagging)
{
	json_begin_object(w);
	json_put_str(w, STR("id"), tagging->tag.id);
	json_put_str(w, STR("tag_value_id"), tagging->tag.value_id);
	json_put_str(w, STR("resource_type"), tagging->resource_type);
	json_put_str(w, STR("resource_id"), tagging->resource_id);
	langsmith_put_time(w, "created_at", tagging->tag.created_at_ms);
	json_end_object(w);
}

static void answer_tagging(struct api_call *call, const struct tagging *tagging, const struct widening *widening)
{
	struct json_writer w;

	langsmith_note_target(call, "tagging", tagging->tag.id);
	call->warning = widening_text(widening, 0, call->arena);
	w = api_json_begin(call, 200);
	write_tagging(&w, tagging);
	api_json_end(call, &w);
}

void tagging_create(struct api_call *call)
{
	struct str value_id, type, id;
	const struct tag_value *value;
	struct tagging tagging = {0};
	struct widening w = {0};
	struct error err = {0};
	enum service_result r;

	if (!langsmith_need_str(call, call->body, "tag_value_id", &value_id) ||
	    !langsmith_need_str(call, call->body, "resource_type", &type) ||
	    !langsmith_need_str(call, call->body, "resource_id", &id) || !read_resource(call, type, id, &tagging))
		return;
	value = tag_value_find(call, value_id);
	if (!value || !check_may_tag(call, &tagging, FIND(call->snapshot, tag_key, TAG_KEY, value->tag_key)->key))
		return;
	r = tags_add(call->txn, value, &tagging, &w, &err);
	if (r == SERVICE_OK)
		answer_tagging(call, &tagging, &w);
	else
		langsmith_fail(call, r, &err);
}

void tagging_delete(struct api_call *call)
{
	struct str id = api_param(call, "tagging_id");
	struct widening w = {0};
	struct tagging tagging;

	if (!tags_find_tagging(call->snapshot, call->tenant, id, call->arena, &tagging)) {
		langsmith_not_found(call, "Tagging", id);
		return;
	}
	langsmith_note_target(call, "tagging", tagging.tag.id);
	if (!check_may_tag(call, &tagging, tagging.tag.key))
		return;
	tags_remove(call->txn, &tagging, &w);
	answer_tagging(call, &tagging, &w);
}

/* ---- the resources of a value -------------------------------------------------------------------------------- */

/* The arrays of the answer. What cannot be tagged through this dialect may be tagged through another. */
static const struct {
	struct str type, name;
} by_type[] = {
    {STR_INIT("alert"), STR_INIT("alerts")},
    {STR_INIT("dashboard"), STR_INIT("dashboards")},
    {STR_INIT("dataset"), STR_INIT("datasets")},
    {STR_INIT("deployment"), STR_INIT("deployments")},
    {STR_INIT("evaluator"), STR_INIT("evaluators")},
    {STR_INIT("experiment"), STR_INIT("experiments")},
    {STR_INIT("fleet_integration"), STR_INIT("fleet_integrations")},
    {STR_INIT("mcp_server"), STR_INIT("mcp_servers")},
    {STR_INIT("project"), STR_INIT("projects")},
    {STR_INIT("prompt"), STR_INIT("prompts")},
    {STR_INIT("queue"), STR_INIT("queues")},
    {STR_INIT("sandbox"), STR_INIT("sandboxes")},
    {STR_INIT("agent"), STR_INIT("agents")},
    {STR_INIT("skill"), STR_INIT("skills")},
    {STR_INIT(""), STR_INIT("others")}, /* last: every other type, which is then said of each */
};
#define N_ARRAYS N_ELEMENTS(by_type)

static size_t array_of(struct str resource_type)
{
	size_t i = 0;

	while (i + 1 < N_ARRAYS && !str_eq(by_type[i].type, resource_type))
		i++;
	return i;
}

static void write_tagged(struct json_writer *w, const struct resource *r, struct str value_id, bool says_type)
{
	const struct resource_tag *tag = r->tags;
	struct str name = r->attributes ? json_get_str(r->attributes, STR("name")) : STR_NONE;

	while (!str_eq(tag->value_id, value_id))
		tag++;
	json_begin_object(w);
	json_put_str(w, STR("tagging_id"), tag->id);
	json_put_str(w, STR("resource_name"), str_is_empty(name) ? r->resource_id : name);
	json_put_str(w, STR("resource_id"), r->resource_id);
	if (says_type)
		json_put_str(w, STR("resource_type"), r->type);
	json_end_object(w);
}

/* An object of arrays. `a` is scratch. */
static void write_resources(struct json_writer *w, struct str value_id, const struct document *const *docs, size_t n,
                            struct arena *a)
{
	size_t *arrays = ARENA_ARRAY(a, size_t, n);

	for (size_t i = 0; i < n; i++)
		arrays[i] = array_of(as_resource(docs[i])->type);
	json_begin_object(w);
	for (size_t array = 0; array < N_ARRAYS; array++) {
		json_key(w, by_type[array].name);
		json_begin_array(w);
		for (size_t i = 0; i < n; i++)
			if (arrays[i] == array)
				write_tagged(w, as_resource(docs[i]), value_id, array + 1 == N_ARRAYS);
		json_end_array(w);
	}
	json_end_object(w);
}

static size_t resources_of_value(struct api_call *call, const struct tag_value *value,
                                 const struct document *const **ret_docs)
{
	return snapshot_linked(call->snapshot, DOC_RESOURCE,
	                       arena_concat(call->arena, STR("tag_value:"), value->doc.id), call->arena, ret_docs);
}

static void write_value_taggings(struct api_call *call, struct json_writer *w, const struct tag_value *value)
{
	const struct document *const *docs;
	size_t n = resources_of_value(call, value, &docs);

	json_begin_object(w);
	json_put_str(w, STR("tag_key"), FIND(call->snapshot, tag_key, TAG_KEY, value->tag_key)->key);
	json_put_str(w, STR("tag_key_id"), value->tag_key);
	json_put_str(w, STR("tag_value"), value->value);
	json_put_str(w, STR("tag_value_id"), value->doc.id);
	json_key(w, STR("resources"));
	write_resources(w, value->doc.id, docs, n, call->arena);
	json_end_object(w);
}

/* The values of the workspace that some resource has. False after failing the call: together they have too many. */
static bool values_in_use(struct api_call *call, const struct document ***ret, size_t *ret_n)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(call->snapshot, DOC_TAG_VALUE,
	                           arena_concat(call->arena, STR("tenant:"), call->tenant), call->arena, &docs);
	const struct document **used = (const struct document **)arena_calloc(call->arena, n, sizeof(*used));
	size_t n_taggings = 0, n_used = 0;

	for (size_t i = 0; i < n; i++) {
		const struct document *const *resources;
		size_t n_resources = resources_of_value(call, as_tag_value(docs[i]), &resources);

		n_taggings += n_resources;
		if (n_taggings > TAGS_MAX_TAGGINGS_LISTED) {
			call->field = "tag_value_id";
			api_fail(call, SERVICE_FAILED_PRECONDITION, 0,
			         "there are more than %u taggings: name a tag_value_id", TAGS_MAX_TAGGINGS_LISTED);
			return false;
		}
		if (n_resources)
			used[n_used++] = docs[i];
	}
	*ret = used;
	*ret_n = n_used;
	return true;
}

void tagging_list(struct api_call *call)
{
	const struct tag_value *named = NULL;
	const struct document *one = NULL, **values = &one;
	struct json_writer w;
	struct str id;
	size_t n = 1;

	if (!langsmith_query_str(call, "tag_value_id", &id))
		return;
	if (str_is_absent(id)) {
		if (!values_in_use(call, &values, &n))
			return;
	} else {
		named = tag_value_find(call, id);
		if (!named)
			return;
		one = &named->doc;
	}
	w = api_json_begin(call, 200);
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++)
		write_value_taggings(call, &w, as_tag_value(values[i]));
	json_end_array(&w);
	api_json_end(call, &w);
}

/* ---- the tags of the workspace, and of resources ---------------------------------------------------------------- */

void tags_of_workspace(struct api_call *call)
{
	const struct document *const *keys;
	size_t n = tag_keys_of_workspace(call, &keys);
	struct json_writer w = api_json_begin(call, 200);

	json_begin_array(&w);
	for (size_t i = 0; i < n; i++) {
		const struct document *const *values;
		size_t n_values = tag_values_of_key(call, as_tag_key(keys[i]), &values);

		json_begin_object(&w);
		tag_key_write_members(&w, as_tag_key(keys[i]));
		json_key(&w, STR("values"));
		json_begin_array(&w);
		for (size_t k = 0; k < n_values; k++) {
			json_begin_object(&w);
			tag_value_write_members(&w, as_tag_value(values[k]));
			json_end_object(&w);
		}
		json_end_array(&w);
		json_end_object(&w);
	}
	json_end_array(&w);
	api_json_end(call, &w);
}

/* A value of the resource, and the one tagging by which it has it. */
static void write_value_of_resource(struct api_call *call, struct json_writer *w, const struct resource *r,
                                    const struct resource_tag *tag)
{
	const struct tagging tagging = {r->type, r->resource_id, *tag};

	json_begin_object(w);
	tag_value_write_members(w, FIND(call->snapshot, tag_value, TAG_VALUE, tag->value_id));
	json_key(w, STR("taggings"));
	json_begin_array(w);
	write_tagging(w, &tagging);
	json_end_array(w);
	json_end_object(w);
}

static bool is_first_of_key(const struct resource *r, size_t tag)
{
	for (size_t i = 0; i < tag; i++)
		if (str_eq(r->tags[i].key, r->tags[tag].key))
			return false;
	return true;
}

/* The keys of the resource, each with its values: elements of an array that the caller has begun. */
static void write_tags_of(struct api_call *call, struct json_writer *w, const struct resource *r)
{
	for (size_t i = 0; i < r->n_tags; i++) {
		const struct tag_value *value = FIND(call->snapshot, tag_value, TAG_VALUE, r->tags[i].value_id);

		if (!value || !is_first_of_key(r, i))
			continue;
		json_begin_object(w);
		tag_key_write_members(w, FIND(call->snapshot, tag_key, TAG_KEY, value->tag_key));
		json_key(w, STR("values"));
		json_begin_array(w);
		for (size_t k = i; k < r->n_tags; k++)
			if (str_eq(r->tags[k].key, r->tags[i].key) && !str_is_absent(r->tags[k].value_id))
				write_value_of_resource(call, w, r, &r->tags[k]);
		json_end_array(w);
		json_end_object(w);
	}
}

/* NULL when it is not in this workspace: it has no tags here. */
static const struct resource *find_resource(struct api_call *call, const struct tagging *name)
{
	const struct resource *r = FIND(call->snapshot, resource, RESOURCE,
	                                arena_concat3(call->arena, name->resource_type, STR("/"), name->resource_id));

	return r && str_eq(r->tenant, call->tenant) ? r : NULL;
}

static bool need_query(struct api_call *call, const char *name, struct str *ret)
{
	if (!langsmith_query_str(call, name, ret))
		return false;
	if (!str_is_absent(*ret))
		return true;
	call->field = name;
	api_fail(call, SERVICE_INVALID, 0, "the query parameter %s is required", name);
	return false;
}

void tags_of_resource(struct api_call *call)
{
	const struct resource *r;
	struct tagging name;
	struct str type, id;
	struct json_writer w;

	if (!need_query(call, "resource_type", &type) || !need_query(call, "resource_id", &id) ||
	    !read_resource(call, type, id, &name))
		return;
	r = find_resource(call, &name);
	w = api_json_begin(call, 200);
	json_begin_array(&w);
	if (r)
		write_tags_of(call, &w, r);
	json_end_array(&w);
	api_json_end(call, &w);
}

/* The resources of the body. False after failing the call. */
static bool read_resources(struct api_call *call, struct tagging *names)
{
	for (uint32_t i = 0; i < call->body->n; i++) {
		const struct json *item = &call->body->items[i];
		struct str type, id;

		if (item->type != JSON_OBJECT) {
			api_fail(call, SERVICE_INVALID, 0, "the elements of the array must be objects");
			return false;
		}
		if (!langsmith_need_str(call, item, "resource_type", &type) ||
		    !langsmith_need_str(call, item, "resource_id", &id) || !read_resource(call, type, id, &names[i]))
			return false;
	}
	return true;
}

/* Has this id, and with `same_type` this type too, come before? */
static bool came_before(const struct tagging *names, size_t at, bool same_type)
{
	for (size_t i = 0; i < at; i++)
		if (str_eq(names[i].resource_id, names[at].resource_id) &&
		    (!same_type || str_eq(names[i].resource_type, names[at].resource_type)))
			return true;
	return false;
}

/* The answer is keyed by the id alone: resources of several types that share one are told together. */
static void write_tags_of_id(struct api_call *call, struct json_writer *w, const struct tagging *names, size_t first)
{
	json_key(w, names[first].resource_id);
	json_begin_array(w);
	for (size_t i = first; i < call->body->n; i++) {
		const struct resource *r;

		if (!str_eq(names[i].resource_id, names[first].resource_id) || came_before(names, i, true))
			continue;
		r = find_resource(call, &names[i]);
		if (r)
			write_tags_of(call, w, r);
	}
	json_end_array(w);
}

void tags_of_resources(struct api_call *call)
{
	struct tagging *names;
	struct json_writer w;

	if (call->body->n > TAGS_MAX_RESOURCES_ASKED) {
		api_fail(call, SERVICE_INVALID, 0, "at most %u resources can be asked about at once",
		         TAGS_MAX_RESOURCES_ASKED);
		return;
	}
	names = ARENA_ARRAY(call->arena, struct tagging, call->body->n);
	if (!read_resources(call, names))
		return;
	w = api_json_begin(call, 200);
	json_begin_object(&w);
	for (size_t i = 0; i < call->body->n; i++)
		if (!came_before(names, i, false))
			write_tags_of_id(call, &w, names, i);
	json_end_object(&w);
	api_json_end(call, &w);
}
