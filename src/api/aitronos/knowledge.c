/* SPDX-License-Identifier: Apache-2.0
 *
 * Knowledge slices and composites of them. Stores stand in stores.c.
 */
#include "api/aitronos/knowledge.h"

#include "service/aitronos_departments.h"

/* Names of attributes. */
#define SLICE_TYPE "slice_type"
#define OWNER_TYPE "owner_type"
#define OWNER_ID   "owner_id"

static const struct str slice_types[] = {STR_INIT("standard"), STR_INIT("personal"), STR_INIT("chat_space")};
static const struct str owner_types[] = {STR_INIT("organization"), STR_INIT("department"), STR_INIT("user"),
                                         STR_INIT("group")};
static const struct aitronos_choice slice_type = {"type", slice_types, N_ELEMENTS(slice_types)};
static const struct aitronos_choice owner_type = {"owner_type", owner_types, N_ELEMENTS(owner_types)};

/* ---- what slices and stores have in common ------------------------------------------------------------- */

const struct resource *knowledge_named(struct api_call *call, struct str type, const char *param)
{
	const struct resource *r = knowledge_find(call->snapshot, type, api_param(call, param), call->arena);
	bool is_slice = str_eq(type, STR(KNOWLEDGE_TYPE_SLICE));

	if (r)
		aitronos_note_target(call, is_slice ? KNOWLEDGE_TYPE_SLICE : KNOWLEDGE_TYPE_STORE, r->resource_id);
	else
		aitronos_not_found(call, is_slice ? "Knowledge slice not found" : "Vector store not found", param,
		                   api_param(call, param));
	return r;
}

bool knowledge_read_texts(struct api_call *call, bool name_is_required, struct resource *r)
{
	const struct directory_text name = {"name", KNOWLEDGE_MAX_NAME_CHARS, true};
	const struct directory_text description = {"description", DIRECTORY_MAX_DESCRIPTION_CHARS, false};

	if ((name_is_required || json_get(call->body, STR("name"))) &&
	    !directory_read_text(call, &name, &r->display_name))
		return false;
	return directory_read_text(call, &description, &r->description);
}

bool knowledge_read_choice(struct api_call *call, const struct aitronos_choice *choice, const struct resource *old,
                           struct str attribute, struct str *ret)
{
	const struct json *sent = json_get(call->body, str_of(choice->field));
	unsigned value = 1;

	if (!sent || sent->type == JSON_NULL) {
		struct str now = old ? knowledge_attribute(old, attribute) : STR_NONE;

		*ret = str_is_absent(now) ? choice->names[0] : now;
		return true;
	}
	if (!aitronos_need_choice(call, call->body, choice, &value))
		return false;
	*ret = choice->names[value - 1];
	return true;
}

void knowledge_set(struct resource *r, const struct json_member *members, size_t n, struct arena *a)
{
	r->attributes = knowledge_attributes(r->attributes, members, n, a);
}

void knowledge_put_origin(struct api_call *call, struct json_writer *w, const struct resource *r)
{
	json_put_str(w, STR("organization_id"), aitronos_org(call));
	json_put_str(w, STR("created_by"), r->created_by);
	aitronos_put_time(w, "created_at", r->doc.created_at_ms);
	aitronos_put_time(w, "updated_at", r->doc.updated_at_ms);
}

void knowledge_answer_list(struct api_call *call, const struct knowledge_listing *listing)
{
	struct aitronos_page page;
	struct json_writer w;
	size_t n = 0;

	if (!aitronos_read_page(call, AITRONOS_DEFAULT_LIMIT, &page))
		return;
	w = aitronos_begin_list(call);
	for (uint64_t i = page.skip; i < listing->n && n < page.limit; i++, n++)
		listing->put(call, &w, as_resource(listing->docs[i]));
	aitronos_end_list(call, &w, &page, n, listing->n);
}

void knowledge_remove(struct api_call *call, const struct resource *r)
{
	struct cascade_effect effect = {0};
	struct error err = {0};

	if (!r || !directory_succeeded(call, knowledge_delete(call->txn, r, &effect, &err), &err, "id"))
		return;
	call->warning = widening_text(&effect.widening, effect.n_denies_lost, call->arena);
	api_no_content(call);
}

/* ---- answers ------------------------------------------------------------------------------------------- */

static struct str attribute_or(const struct resource *r, const char *name, struct str otherwise)
{
	struct str text = knowledge_attribute(r, str_of(name));

	return str_is_absent(text) ? otherwise : text;
}

static void put_slice(struct api_call *call, struct json_writer *w, const struct resource *r)
{
	struct str owner = attribute_or(r, OWNER_TYPE, owner_types[0]);
	bool is_organization = str_eq(owner, owner_types[0]);

	json_begin_object(w);
	json_put_str(w, STR("id"), r->resource_id);
	json_put_str(w, STR("name"), knowledge_name(r));
	json_put_str(w, STR("description"), r->description);
	json_put_str(w, STR("type"), attribute_or(r, SLICE_TYPE, slice_types[0]));
	json_put_str(w, STR("owner_type"), owner);
	json_put_str(w, STR("owner_id"), is_organization ? aitronos_org(call) : attribute_or(r, OWNER_ID, STR_NONE));
	json_put_bool(w, STR("is_composite"), knowledge_is_composite(r));
	json_put_strs(w, STR("member_slice_ids"), r->members.items, r->members.n);
	knowledge_put_origin(call, w, r);
	json_end_object(w);
}

static void answer(struct api_call *call, const struct resource *r, unsigned status)
{
	struct json_writer w = api_json_begin(call, status);

	put_slice(call, &w, r);
	api_json_end(call, &w);
}

static void slice_list(struct api_call *call)
{
	struct knowledge_listing listing = {.put = put_slice};

	listing.n = knowledge_list(call->snapshot, STR(KNOWLEDGE_TYPE_SLICE), call->arena, &listing.docs);
	knowledge_answer_list(call, &listing);
}

static const struct resource *find_slice(struct api_call *call)
{
	return knowledge_named(call, STR(KNOWLEDGE_TYPE_SLICE), "slice_id");
}

static void slice_get(struct api_call *call)
{
	const struct resource *r = find_slice(call);

	if (r)
		answer(call, r, 200);
}

/* ---- reading ------------------------------------------------------------------------------------------- */

/* The owner by its canonical id; the absent string when there is none of that name. */
static struct str find_owner(struct api_call *call, struct str type, struct str name)
{
	const struct document *doc = NULL;

	if (str_eq(type, STR("user")))
		doc = snapshot_find_any(call->snapshot, DOC_USER, name);
	else if (str_eq(type, STR("group")))
		doc = snapshot_find_any(call->snapshot, DOC_GROUP, name);
	else if (department_find(call->snapshot, name))
		doc = &department_find(call->snapshot, name)->doc;
	return doc ? doc->id : STR_NONE;
}

/* Whose the slice is. That of the organization is nobody else's: its owner_id, if sent, is not looked at. */
static bool read_owner(struct api_call *call, const struct resource *old, struct str *ret_type, struct str *ret_id)
{
	bool was_sent = json_get(call->body, STR("owner_id")) || json_get(call->body, STR("owner_type"));
	struct str type, id;

	if (!knowledge_read_choice(call, &owner_type, old, STR(OWNER_TYPE), &type) ||
	    !aitronos_get_str(call, call->body, "owner_id", &id))
		return false;
	*ret_type = type;
	*ret_id = !was_sent && old ? knowledge_attribute(old, STR(OWNER_ID)) : STR_NONE;
	if (!was_sent || str_eq(type, owner_types[0]))
		return true;
	if (str_is_empty(id)) {
		aitronos_invalid(call, "owner_id", "owner_id is required for the owner_type " STR_FMT, STR_ARG(type));
		return false;
	}
	*ret_id = find_owner(call, type, id);
	if (!str_is_absent(*ret_id))
		return true;
	aitronos_invalid(call, "owner_id", "there is no " STR_FMT " \"" STR_FMT "\"", STR_ARG(type), STR_ARG(id));
	return false;
}

static struct json text_value(struct str s)
{
	return str_is_absent(s) ? (struct json){.type = JSON_NULL} : (struct json){.type = JSON_STRING, .s = s};
}

/* What a slice is and whose, over `old` (NULL: it is new). */
static bool read_attributes(struct api_call *call, const struct resource *old, struct resource *r)
{
	struct str type, owner, owner_id;

	if (!knowledge_read_choice(call, &slice_type, old, STR(SLICE_TYPE), &type) ||
	    !read_owner(call, old, &owner, &owner_id))
		return false;
	const struct json_member members[] = {
	    {STR(SLICE_TYPE), text_value(type)},
	    {STR(OWNER_TYPE), text_value(owner)},
	    {STR(OWNER_ID), text_value(owner_id)},
	};
	knowledge_set(r, members, N_ELEMENTS(members), call->arena);
	return true;
}

static bool read_members(struct api_call *call, struct str_list *ret)
{
	const struct json *sent = json_get(call->body, STR("member_slice_ids"));

	if (!json_is(sent, JSON_ARRAY) || sent->n == 0) {
		aitronos_invalid(call, "member_slice_ids",
		                 sent ? "member_slice_ids must be an array of at least one id"
		                      : "member_slice_ids is required");
		return false;
	}
	if (sent->n > KNOWLEDGE_MAX_MEMBERS) {
		aitronos_invalid(call, "member_slice_ids", "member_slice_ids must have at most %u elements",
		                 KNOWLEDGE_MAX_MEMBERS);
		return false;
	}
	return api_get_strs(call, call->body, "member_slice_ids", ret);
}

/* ---- changes ------------------------------------------------------------------------------------------- */

static void create(struct api_call *call, struct resource *r, const char *kind)
{
	struct error err = {0};

	if (!directory_succeeded(call, knowledge_create(call->txn, r, &err), &err, "member_slice_ids"))
		return;
	aitronos_note_target(call, kind, r->resource_id);
	answer(call, r, 201);
}

static void slice_create(struct api_call *call)
{
	struct resource r = {.type = STR(KNOWLEDGE_TYPE_SLICE), .created_by = call->caller.id};

	if (knowledge_read_texts(call, true, &r) && read_attributes(call, NULL, &r))
		create(call, &r, "knowledge_slice");
}

static void composite_create(struct api_call *call)
{
	static const struct json_member mark = {STR_INIT(KNOWLEDGE_IS_COMPOSITE), {.type = JSON_BOOL, .b = true}};
	struct resource r = {.type = STR(KNOWLEDGE_TYPE_SLICE), .created_by = call->caller.id};

	if (!knowledge_read_texts(call, true, &r) || !read_members(call, &r.members) ||
	    !read_attributes(call, NULL, &r))
		return;
	knowledge_set(&r, &mark, 1, call->arena);
	create(call, &r, "knowledge_composite");
}

static void slice_update(struct api_call *call)
{
	const struct resource *old = find_slice(call);
	struct error err = {0};
	struct resource r;

	if (!old)
		return;
	r = *old;
	if (!knowledge_read_texts(call, false, &r) || !read_attributes(call, old, &r))
		return;
	if (json_get(call->body, STR("member_slice_ids"))) {
		if (!knowledge_is_composite(old)) {
			aitronos_invalid(call, "member_slice_ids", "only a composite has members");
			return;
		}
		if (!read_members(call, &r.members))
			return;
	}
	if (directory_succeeded(call, knowledge_update(call->txn, &r, &err), &err, "member_slice_ids"))
		answer(call, &r, 200);
}

static void slice_delete(struct api_call *call)
{
	knowledge_remove(call, find_slice(call));
}

#define KNOWLEDGE AITRONOS_ORG "/knowledge"
#define STORES    AITRONOS_ORG "/vector-stores"
#define MANAGE    CAPABILITY_MANAGE_KNOWLEDGE_SLICES, CAPABILITY_RESOURCE

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_GET, KNOWLEDGE "/slices", API_READ, API_NO_BODY, NULL, NULL, slice_list, NULL},
    {HTTP_POST, KNOWLEDGE "/slices", API_WRITE, API_JSON_BODY, MANAGE, slice_create, "knowledge_slice.created"},
    {HTTP_POST, KNOWLEDGE "/composites", API_WRITE, API_JSON_BODY, MANAGE, composite_create, "knowledge_composite.created"},
    {HTTP_GET, KNOWLEDGE "/slices/{slice_id}", API_READ, API_NO_BODY, NULL, NULL, slice_get, NULL},
    {HTTP_PATCH, KNOWLEDGE "/slices/{slice_id}", API_WRITE, API_JSON_BODY, MANAGE, slice_update, "knowledge_slice.updated"},
    {HTTP_DELETE, KNOWLEDGE "/slices/{slice_id}", API_WRITE, API_NO_BODY, MANAGE, slice_delete, "knowledge_slice.deleted"},
    {HTTP_GET, KNOWLEDGE "/slices/{slice_id}/stores", API_READ, API_NO_BODY, NULL, NULL, slice_store_list, NULL},
    {HTTP_POST, KNOWLEDGE "/slices/{slice_id}/stores", API_WRITE, API_JSON_BODY, MANAGE, slice_store_create, "vector_store.created"},
    {HTTP_GET, STORES, API_READ, API_NO_BODY, NULL, NULL, store_list, NULL},
    {HTTP_POST, STORES, API_WRITE, API_JSON_BODY, MANAGE, store_create, "vector_store.created"},
    {HTTP_GET, STORES "/{store_id}", API_READ, API_NO_BODY, NULL, NULL, store_get, NULL},
    {HTTP_PATCH, STORES "/{store_id}", API_WRITE, API_JSON_BODY, MANAGE, store_update, "vector_store.updated"},
    {HTTP_DELETE, STORES "/{store_id}", API_WRITE, API_NO_BODY, MANAGE, store_delete, "vector_store.deleted"},
};
/* clang-format on */

const struct api_route_table aitronos_knowledge_routes = {routes, N_ELEMENTS(routes)};
