/* SPDX-License-Identifier: Apache-2.0
 *
 * Tag keys and their values: the catalog of a workspace, and the routes of all that is about tags.
 */
#include "api/langsmith/tags.h"

/* ---- finding --------------------------------------------------------------------------------------------- */

const struct tag_key *tag_key_find(struct api_call *call, struct str id)
{
	const struct tag_key *key = FIND(call->snapshot, tag_key, TAG_KEY, id);

	if (key && str_eq(key->tenant, call->tenant))
		return key;
	langsmith_not_found(call, "Tag key", id);
	return NULL;
}

const struct tag_value *tag_value_find(struct api_call *call, struct str id)
{
	const struct tag_value *value = FIND(call->snapshot, tag_value, TAG_VALUE, id);

	if (value && str_eq(value->tenant, call->tenant))
		return value;
	langsmith_not_found(call, "Tag value", id);
	return NULL;
}

static const struct tag_key *key_of_path(struct api_call *call)
{
	return tag_key_find(call, api_param(call, "tag_key_id"));
}

/* A value is found below its own key only. */
static const struct tag_value *value_of_path(struct api_call *call)
{
	struct str id = api_param(call, "tag_value_id");
	const struct tag_key *key = key_of_path(call);
	const struct tag_value *value = key ? tag_value_find(call, id) : NULL;

	if (!value || str_eq(value->tag_key, key->doc.id))
		return value;
	langsmith_not_found(call, "Tag value", id);
	return NULL;
}

size_t tag_keys_of_workspace(struct api_call *call, const struct document *const **ret_keys)
{
	return snapshot_linked(call->snapshot, DOC_TAG_KEY, arena_concat(call->arena, STR("tenant:"), call->tenant),
	                       call->arena, ret_keys);
}

size_t tag_values_of_key(struct api_call *call, const struct tag_key *key, const struct document *const **ret_values)
{
	return snapshot_linked(call->snapshot, DOC_TAG_VALUE, arena_concat(call->arena, STR("tag_key:"), key->doc.id),
	                       call->arena, ret_values);
}

/* ---- reading ----------------------------------------------------------------------------------------------- */

/* A description that was sent replaces the one that is there, null clears it; an absent one changes nothing. */
static bool read_description(struct api_call *call, struct str *description)
{
	return !langsmith_was_sent(call->body, "description") ||
	       api_get_str(call, call->body, "description", description);
}

/* A text that was sent replaces the one that is there; null and absent change nothing. */
static bool read_text(struct api_call *call, const char *name, struct str *text)
{
	struct str sent;

	if (!api_get_str(call, call->body, name, &sent))
		return false;
	if (!str_is_absent(sent))
		*text = sent;
	return true;
}

/* ---- writing ----------------------------------------------------------------------------------------------- */

static void write_common(struct json_writer *w, struct str description, const struct document *doc)
{
	json_put_str(w, STR("description"), description);
	langsmith_put_time(w, "created_at", doc->created_at_ms);
	langsmith_put_time(w, "updated_at", doc->updated_at_ms);
}

void tag_key_write_members(struct json_writer *w, const struct tag_key *key)
{
	json_put_str(w, STR("id"), key->doc.id);
	json_put_str(w, STR("key"), key->key);
	write_common(w, key->description, &key->doc);
}

void tag_value_write_members(struct json_writer *w, const struct tag_value *value)
{
	json_put_str(w, STR("id"), value->doc.id);
	json_put_str(w, STR("tag_key_id"), value->tag_key);
	json_put_str(w, STR("value"), value->value);
	write_common(w, value->description, &value->doc);
}

static void write_entry(struct json_writer *w, const struct document *doc)
{
	json_begin_object(w);
	if (doc->kind == DOC_TAG_KEY)
		tag_key_write_members(w, as_tag_key(doc));
	else
		tag_value_write_members(w, as_tag_value(doc));
	json_end_object(w);
}

static void answer_entry(struct api_call *call, const struct document *doc)
{
	struct json_writer w = api_json_begin(call, 200);

	write_entry(&w, doc);
	api_json_end(call, &w);
}

static void answer_entries(struct api_call *call, const struct document *const *docs, size_t n)
{
	struct json_writer w = api_json_begin(call, 200);

	json_begin_array(&w);
	for (size_t i = 0; i < n; i++)
		write_entry(&w, docs[i]);
	json_end_array(&w);
	api_json_end(call, &w);
}

/* The end of a change of an entry: what came of it, the entry, and what is no longer denied. */
static void finish(struct api_call *call, enum service_result r, const struct document *doc, const struct widening *w,
                   const struct error *err)
{
	if (r != SERVICE_OK) {
		langsmith_fail(call, r, err);
		return;
	}
	langsmith_note_target(call, doc->kind == DOC_TAG_KEY ? "tag_key" : "tag_value", doc->id);
	call->warning = widening_text(w, 0, call->arena);
	answer_entry(call, doc);
}

/* ---- keys -------------------------------------------------------------------------------------------------- */

static void key_list(struct api_call *call)
{
	const struct document *const *docs;
	size_t n = tag_keys_of_workspace(call, &docs);

	answer_entries(call, docs, n);
}

static void key_get(struct api_call *call)
{
	const struct tag_key *key = key_of_path(call);

	if (key)
		answer_entry(call, &key->doc);
}

static void key_create(struct api_call *call)
{
	struct tag_key key = {.tenant = call->tenant};
	struct widening w = {0};
	struct error err = {0};

	if (langsmith_need_str(call, call->body, "key", &key.key) && read_description(call, &key.description))
		finish(call, tags_create_key(call->txn, &key, &err), &key.doc, &w, &err);
}

static void key_update(struct api_call *call)
{
	const struct tag_key *old = key_of_path(call);
	struct widening w = {0};
	struct error err = {0};
	struct tag_key key;

	if (!old)
		return;
	langsmith_note_target(call, "tag_key", old->doc.id);
	key = *old;
	if (read_text(call, "key", &key.key) && read_description(call, &key.description))
		finish(call, tags_update_key(call->txn, &key, &w, &err), &key.doc, &w, &err);
}

static void key_delete(struct api_call *call)
{
	const struct tag_key *key = key_of_path(call);
	struct widening w = {0};
	struct error err = {0};

	if (!key)
		return;
	langsmith_note_target(call, "tag_key", key->doc.id);
	finish(call, tags_delete_key(call->txn, key, &w, &err), &key->doc, &w, &err);
}

/* ---- values ------------------------------------------------------------------------------------------------ */

static void value_list(struct api_call *call)
{
	const struct tag_key *key = key_of_path(call);
	const struct document *const *docs;
	size_t n;

	if (!key)
		return;
	n = tag_values_of_key(call, key, &docs);
	answer_entries(call, docs, n);
}

static void value_get(struct api_call *call)
{
	const struct tag_value *value = value_of_path(call);

	if (value)
		answer_entry(call, &value->doc);
}

static void value_create(struct api_call *call)
{
	const struct tag_key *key = key_of_path(call);
	struct tag_value value = {.tenant = call->tenant};
	struct widening w = {0};
	struct error err = {0};

	if (!key || !langsmith_need_str(call, call->body, "value", &value.value) ||
	    !read_description(call, &value.description))
		return;
	value.tag_key = key->doc.id;
	finish(call, tags_create_value(call->txn, &value, &err), &value.doc, &w, &err);
}

static void value_update(struct api_call *call)
{
	const struct tag_value *old = value_of_path(call);
	struct widening w = {0};
	struct error err = {0};
	struct tag_value value;

	if (!old)
		return;
	langsmith_note_target(call, "tag_value", old->doc.id);
	value = *old;
	if (read_text(call, "value", &value.value) && read_description(call, &value.description))
		finish(call, tags_update_value(call->txn, &value, &w, &err), &value.doc, &w, &err);
}

static void value_delete(struct api_call *call)
{
	const struct tag_value *value = value_of_path(call);
	struct widening w = {0};
	struct error err = {0};

	if (!value)
		return;
	langsmith_note_target(call, "tag_value", value->doc.id);
	finish(call, tags_delete_value(call->txn, value, &w, &err), &value->doc, &w, &err);
}

/* ---- routes ------------------------------------------------------------------------------------------------ */

#define CURRENT "/api/v1/workspaces/current/"
#define KEYS    CURRENT "tag-keys"
#define KEY     KEYS "/{tag_key_id}"
#define VALUES  KEY "/tag-values"
#define VALUE   VALUES "/{tag_value_id}"
#define READ    "workspaces:read", "workspace"
#define MANAGE  "workspaces:manage", "workspace"

/* Who may tag depends on the key: the handlers of taggings look again. */
/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_GET,    KEYS,   API_READ,  API_NO_BODY,   READ,   key_list,     NULL},
    {HTTP_POST,   KEYS,   API_WRITE, API_JSON_BODY, MANAGE, key_create,   "create_tag_key"},
    {HTTP_GET,    KEY,    API_READ,  API_NO_BODY,   READ,   key_get,      NULL},
    {HTTP_PATCH,  KEY,    API_WRITE, API_JSON_BODY, MANAGE, key_update,   "update_tag_key"},
    {HTTP_DELETE, KEY,    API_WRITE, API_NO_BODY,   MANAGE, key_delete,   "delete_tag_key"},
    {HTTP_GET,    VALUES, API_READ,  API_NO_BODY,   READ,   value_list,   NULL},
    {HTTP_POST,   VALUES, API_WRITE, API_JSON_BODY, MANAGE, value_create, "create_tag_value"},
    {HTTP_GET,    VALUE,  API_READ,  API_NO_BODY,   READ,   value_get,    NULL},
    {HTTP_PATCH,  VALUE,  API_WRITE, API_JSON_BODY, MANAGE, value_update, "update_tag_value"},
    {HTTP_DELETE, VALUE,  API_WRITE, API_NO_BODY,   MANAGE, value_delete, "delete_tag_value"},

    {HTTP_GET,    CURRENT "taggings",              API_READ,  API_NO_BODY,   READ, tagging_list,   NULL},
    {HTTP_POST,   CURRENT "taggings",              API_WRITE, API_JSON_BODY, READ, tagging_create, "create_tagging"},
    {HTTP_DELETE, CURRENT "taggings/{tagging_id}", API_WRITE, API_NO_BODY,   READ, tagging_delete, "delete_tagging"},

    {HTTP_GET,  CURRENT "tags",           API_READ, API_NO_BODY,    READ, tags_of_workspace, NULL},
    {HTTP_GET,  CURRENT "tags/resource",  API_READ, API_NO_BODY,    READ, tags_of_resource,  NULL},
    {HTTP_POST, CURRENT "tags/resources", API_READ, API_JSON_ARRAY, READ, tags_of_resources, NULL},
};
/* clang-format on */

const struct api_route_table langsmith_tag_routes = {routes, N_ELEMENTS(routes)};
