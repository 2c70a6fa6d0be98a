/* SPDX-License-Identifier: Apache-2.0
 *
 * Vector stores, by themselves or below a knowledge slice. Their access_mode and its lists are kept and shown; access
 * is decided by grants alone.
 */
#include "api/aitronos/knowledge.h"

#define MAX_ACCESS_ENTRIES 1000u

/* Names of attributes and of members of the body. */
#define ACCESS_MODE        "access_mode"
#define ACCESS_DEPARTMENTS "access_departments"
#define ACCESS_USERS       "access_users"

static const struct str modes[] = {STR_INIT("organization"), STR_INIT("public"), STR_INIT("department"),
                                   STR_INIT("private")};
static const struct aitronos_choice access_mode = {ACCESS_MODE, modes, N_ELEMENTS(modes)};

/* ---- answers ------------------------------------------------------------------------------------------- */

/* The slice that the store is below; absent: none. */
static struct str slice_of(const struct resource *r)
{
	const struct str prefix = STR(KNOWLEDGE_TYPE_SLICE "/");

	return str_starts_with(r->parent, prefix) ? str_slice(r->parent, prefix.len, r->parent.len) : STR_NONE;
}

static void put_access_list(struct json_writer *w, const struct resource *r, const char *name)
{
	const struct json *list = json_get(r->attributes, str_of(name));

	json_key(w, str_of(name));
	if (json_is(list, JSON_ARRAY)) {
		json_add(w, list);
		return;
	}
	json_begin_array(w);
	json_end_array(w);
}

static void put_store(struct api_call *call, struct json_writer *w, const struct resource *r)
{
	struct str mode = knowledge_attribute(r, STR(ACCESS_MODE));

	json_begin_object(w);
	json_put_str(w, STR("id"), r->resource_id);
	json_put_str(w, STR("name"), knowledge_name(r));
	json_put_str(w, STR("description"), r->description);
	json_put_str(w, STR("slice_id"), slice_of(r));
	json_put_str(w, STR(ACCESS_MODE), str_is_absent(mode) ? modes[0] : mode);
	put_access_list(w, r, ACCESS_DEPARTMENTS);
	put_access_list(w, r, ACCESS_USERS);
	knowledge_put_origin(call, w, r);
	json_end_object(w);
}

static void answer(struct api_call *call, const struct resource *r, unsigned status)
{
	struct json_writer w = api_json_begin(call, status);

	put_store(call, &w, r);
	api_json_end(call, &w);
}

void store_list(struct api_call *call)
{
	struct knowledge_listing listing = {.put = put_store};

	listing.n = knowledge_list(call->snapshot, STR(KNOWLEDGE_TYPE_STORE), call->arena, &listing.docs);
	knowledge_answer_list(call, &listing);
}

void slice_store_list(struct api_call *call)
{
	const struct resource *slice = knowledge_named(call, STR(KNOWLEDGE_TYPE_SLICE), "slice_id");
	struct knowledge_listing listing = {.put = put_store};

	if (!slice)
		return;
	listing.n = knowledge_stores(call->snapshot, slice, call->arena, &listing.docs);
	knowledge_answer_list(call, &listing);
}

static const struct resource *find_store(struct api_call *call)
{
	return knowledge_named(call, STR(KNOWLEDGE_TYPE_STORE), "store_id");
}

void store_get(struct api_call *call)
{
	const struct resource *r = find_store(call);

	if (r)
		answer(call, r, 200);
}

/* ---- changes ------------------------------------------------------------------------------------------- */

/* A list of ids, kept as it was sent. */
static bool read_access_list(struct api_call *call, const char *name, struct resource *r)
{
	const struct json *sent = json_get(call->body, str_of(name));
	const struct json_member member = {str_of(name), sent ? *sent : (struct json){0}};
	struct str_list ids;

	if (!sent)
		return true;
	if (!api_get_strs(call, call->body, name, &ids))
		return false;
	if (ids.n > MAX_ACCESS_ENTRIES) {
		aitronos_invalid(call, name, "%s must have at most %u elements", name, MAX_ACCESS_ENTRIES);
		return false;
	}
	for (size_t i = 0; i < ids.n; i++) {
		if (ids.items[i].len > DOCUMENT_MAX_ID_BYTES) {
			aitronos_invalid(call, name, "%s: an id has at most %u bytes", name, DOCUMENT_MAX_ID_BYTES);
			return false;
		}
	}
	knowledge_set(r, &member, 1, call->arena);
	return true;
}

static bool read_store(struct api_call *call, const struct resource *old, struct resource *r)
{
	struct str mode;

	if (!knowledge_read_texts(call, !old, r) ||
	    !knowledge_read_choice(call, &access_mode, old, STR(ACCESS_MODE), &mode))
		return false;
	const struct json_member member = {STR(ACCESS_MODE), {.type = JSON_STRING, .s = mode}};
	knowledge_set(r, &member, 1, call->arena);
	return read_access_list(call, ACCESS_DEPARTMENTS, r) && read_access_list(call, ACCESS_USERS, r);
}

/* Registers what the body says, below the slice (NULL: below none). */
static void create(struct api_call *call, const struct resource *slice)
{
	struct resource r = {.type = STR(KNOWLEDGE_TYPE_STORE), .created_by = call->caller.id};
	struct error err = {0};

	if (slice)
		r.parent = slice->doc.id;
	if (!read_store(call, NULL, &r) ||
	    !directory_succeeded(call, knowledge_create(call->txn, &r, &err), &err, "body"))
		return;
	aitronos_note_target(call, KNOWLEDGE_TYPE_STORE, r.resource_id);
	answer(call, &r, 201);
}

void store_create(struct api_call *call)
{
	create(call, NULL);
}

void slice_store_create(struct api_call *call)
{
	const struct resource *slice = knowledge_named(call, STR(KNOWLEDGE_TYPE_SLICE), "slice_id");

	if (slice)
		create(call, slice);
}

void store_update(struct api_call *call)
{
	const struct resource *old = find_store(call);
	struct error err = {0};
	struct resource r;

	if (!old)
		return;
	r = *old;
	if (read_store(call, old, &r) && directory_succeeded(call, knowledge_update(call->txn, &r, &err), &err, "body"))
		answer(call, &r, 200);
}

void store_delete(struct api_call *call)
{
	knowledge_remove(call, find_store(call));
}
