/* SPDX-License-Identifier: Apache-2.0
 *
 * Stored bodies, by the tables of fields.h.
 */
#include "model/kinds.h"

#include <errno.h>

#include "model/confident.h"
#include "model/fields.h"

static void derive_group_member(struct arena *a, struct document *doc)
{
	struct group_member *m = (struct group_member *)(void *)doc;

	m->subject = arena_concat(a, STR(SUBJECT_GROUP), m->group);
}

static void derive_role_member(struct arena *a, struct document *doc)
{
	struct role_member *m = (struct role_member *)(void *)doc;

	m->subject = arena_concat(a, STR(SUBJECT_ROLE), m->role);
}

/* Ids that the catalogue no longer has grant nothing. */
static void derive_permission_policy(struct document *doc)
{
	struct permission_policy *p = (struct permission_policy *)(void *)doc;

	for (size_t i = 0; i < p->permissions.n; i++) {
		const struct confident_permission *found = confident_permission_find(p->permissions.items[i]);

		if (found)
			permission_set_add(&p->granted, confident_permission_index(found));
	}
}

/* Fills the fields that are not stored. */
static void derive(struct arena *a, struct document *doc)
{
	if (doc->kind == DOC_GROUP_MEMBER)
		derive_group_member(a, doc);
	else if (doc->kind == DOC_ROLE_MEMBER)
		derive_role_member(a, doc);
	else if (doc->kind == DOC_PERMISSION_POLICY)
		derive_permission_policy(doc);
}

struct str document_kind_name(enum document_kind kind)
{
	assert(kind > DOC_NONE && kind < DOC_N_KINDS);
	return document_kinds[kind].name;
}

size_t document_kind_size(enum document_kind kind)
{
	assert(kind > DOC_NONE && kind < DOC_N_KINDS);
	return document_kinds[kind].size;
}

enum document_kind document_kind_of(struct str name)
{
	for (int k = DOC_NONE + 1; k < DOC_N_KINDS; k++)
		if (str_eq(document_kinds[k].name, name))
			return (enum document_kind)k;
	return DOC_NONE;
}

/* ---- out ------------------------------------------------------------------------------------------- */

/* The field of `object`, an instance of the table's struct; not a list. Empty values are left out. */
static void encode_plain(struct json_writer *w, const void *object, const struct field *f)
{
	const void *at = (const char *)object + f->offset;

	switch (f->type) {
	case FIELD_STR: {
		const struct str *s = at;
		if (!str_is_absent(*s))
			json_put_str(w, f->name, *s);
		break;
	}
	case FIELD_STRS: {
		const struct str_list *list = at;
		if (list->n)
			json_put_strs(w, f->name, list->items, list->n);
		break;
	}
	case FIELD_BOOL:
		if (*(const bool *)at)
			json_put_bool(w, f->name, true);
		break;
	case FIELD_TIME:
		if (*(const int64_t *)at)
			json_put_i64(w, f->name, *(const int64_t *)at);
		break;
	case FIELD_JSON: {
		const struct json *const *tree = at;
		if (*tree)
			json_put(w, f->name, *tree);
		break;
	}
	case FIELD_ENUM:
		if (*(const unsigned *)at)
			json_put_str(w, f->name, enum_name(f->values, *(const unsigned *)at));
		break;
	case FIELD_LIST:
		assert(false); /* lists are nested at most two deep */
		break;
	}
}

typedef void encode_fn(struct json_writer *w, const void *object, const struct field *f);

static void encode_list(struct json_writer *w, const void *object, const struct field *f, encode_fn *encode)
{
	struct list list;

	memcpy(&list, (const char *)object + f->offset, sizeof(list));
	if (list.n == 0)
		return;
	json_key(w, f->name);
	json_begin_array(w);
	for (size_t i = 0; i < list.n; i++) {
		json_begin_object(w);
		for (size_t k = 0; k < f->list->n_fields; k++)
			encode(w, (const char *)list.items + i * f->list->size, &f->list->fields[k]);
		json_end_object(w);
	}
	json_end_array(w);
}

/* A field of a list's item: plain, or a list of plain ones. */
static void encode_inner(struct json_writer *w, const void *object, const struct field *f)
{
	if (f->type == FIELD_LIST)
		encode_list(w, object, f, encode_plain);
	else
		encode_plain(w, object, f);
}

static void encode_field(struct json_writer *w, const void *object, const struct field *f)
{
	if (f->type == FIELD_LIST)
		encode_list(w, object, f, encode_inner);
	else
		encode_plain(w, object, f);
}

void document_encode(const struct document *doc, struct buf *out)
{
	const struct kind_info *info = &document_kinds[doc->kind];
	struct json_writer w = JSON_WRITER(out);

	assert(doc->kind > DOC_NONE && doc->kind < DOC_N_KINDS);
	json_begin_object(&w);
	for (size_t i = 0; i < info->n_fields; i++)
		encode_field(&w, doc, &info->fields[i]);
	for (size_t i = 0; i < document_common_fields.n_fields; i++)
		encode_field(&w, doc, &document_common_fields.fields[i]);
	json_end_object(&w);
}

/* ---- in -------------------------------------------------------------------------------------------- */

static bool decode_strs(struct arena *a, const struct json *value, struct str_list *ret)
{
	struct str *items;

	if (value->type != JSON_ARRAY)
		return false;
	items = ARENA_ARRAY(a, struct str, value->n);
	for (uint32_t i = 0; i < value->n; i++) {
		if (value->items[i].type != JSON_STRING)
			return false;
		items[i] = arena_str(a, value->items[i].s);
	}
	*ret = (struct str_list){items, value->n};
	return true;
}

/* Not a list of structs. False: not the type that document_encode() writes. */
static bool decode_plain(struct arena *a, void *object, const struct field *f, const struct json *value)
{
	void *at = (char *)object + f->offset;

	switch (f->type) {
	case FIELD_STR:
		if (value->type != JSON_STRING)
			return false;
		*(struct str *)at = arena_str(a, value->s);
		return true;
	case FIELD_STRS:
		return decode_strs(a, value, at);
	case FIELD_BOOL:
		*(bool *)at = value->type == JSON_BOOL && value->b;
		return value->type == JSON_BOOL;
	case FIELD_TIME:
		*(int64_t *)at = value->type == JSON_INT ? value->i : 0;
		return value->type == JSON_INT;
	case FIELD_JSON:
		*(const struct json **)at = json_copy(a, value);
		return true;
	case FIELD_ENUM:
		*(unsigned *)at = enum_value(f->values, json_str(value));
		return *(const unsigned *)at != 0;
	case FIELD_LIST:
		assert(false); /* lists are nested at most two deep */
		break;
	}
	return false;
}

typedef bool decode_fn(struct arena *a, void *object, const struct field *f, const struct json *value);

static bool decode_fields(struct arena *a, void *object, const struct list_info *info, const struct json *body,
                          decode_fn *decode)
{
	for (size_t i = 0; i < info->n_fields; i++) {
		const struct json *value = json_get(body, info->fields[i].name);
		if (value && !decode(a, object, &info->fields[i], value))
			return false;
	}
	return true;
}

static bool decode_list(struct arena *a, void *object, const struct field *f, const struct json *value,
                        decode_fn *decode)
{
	struct list list;
	char *items;

	if (value->type != JSON_ARRAY)
		return false;
	items = arena_calloc(a, value->n, f->list->size);
	for (uint32_t i = 0; i < value->n; i++)
		if (value->items[i].type != JSON_OBJECT ||
		    !decode_fields(a, items + i * f->list->size, f->list, &value->items[i], decode))
			return false;
	list = (struct list){items, value->n};
	memcpy((char *)object + f->offset, &list, sizeof(list));
	return true;
}

static bool decode_inner(struct arena *a, void *object, const struct field *f, const struct json *value)
{
	return f->type == FIELD_LIST ? decode_list(a, object, f, value, decode_plain)
	                             : decode_plain(a, object, f, value);
}

/* Before tags had ids they were an object of arrays of strings; stores of that time are still read. */
static bool decode_plain_tags(struct arena *a, struct resource *r, const struct json *value)
{
	struct resource_tag *tags;
	size_t n = 0;

	for (uint32_t i = 0; i < value->n; i++)
		n += value->members[i].value.n;
	tags = ARENA_ARRAY(a, struct resource_tag, n);
	n = 0;
	for (uint32_t i = 0; i < value->n; i++) {
		const struct json_member *m = &value->members[i];
		struct str_list texts;

		if (!decode_strs(a, &m->value, &texts))
			return false;
		for (size_t k = 0; k < texts.n; k++)
			tags[n++] = (struct resource_tag){.key = arena_str(a, m->name), .value = texts.items[k]};
	}
	r->tags = tags;
	r->n_tags = n;
	return true;
}

static bool decode_field(struct arena *a, void *object, const struct field *f, const struct json *value)
{
	if (f->list == &resource_tag_list && value->type == JSON_OBJECT)
		return decode_plain_tags(a, object, value);
	return f->type == FIELD_LIST ? decode_list(a, object, f, value, decode_inner)
	                             : decode_plain(a, object, f, value);
}

/* The fields of the kind's own, and those of all. */
static void tables_of(enum document_kind kind, struct list_info ret[2])
{
	ret[0] =
	    (struct list_info){document_kinds[kind].size, document_kinds[kind].fields, document_kinds[kind].n_fields};
	ret[1] = document_common_fields;
}

/* Fills `doc` (zeroed but for its kind, of that kind's size) from the tree; what it needs beyond comes from `a`. */
static bool decode_into(struct arena *a, struct document *doc, struct str id, const struct json *body)
{
	struct list_info tables[2];

	tables_of(doc->kind, tables);
	doc->id = arena_str(a, id);
	if (!decode_fields(a, doc, &tables[0], body, decode_field) ||
	    !decode_fields(a, doc, &tables[1], body, decode_plain))
		return false;
	derive(a, doc);
	return true;
}

bool document_from_tree(enum document_kind kind, const struct json *tree, struct arena *a, struct document **ret)
{
	struct document *doc = arena_calloc(a, 1, document_kind_size(kind));

	doc->kind = kind;
	if (!decode_into(a, doc, json_get_str(tree, STR("id")), tree))
		return false;
	*ret = doc;
	return true;
}

static int parse_body(struct arena *a, const struct document *name, struct str body, const struct json **ret,
                      struct error *err)
{
	if (json_parse(body, a, ret, err) == JSON_OK && (*ret)->type == JSON_OBJECT)
		return 0;
	return error_set(err, -EBADMSG, "stored " STR_FMT " \"" STR_FMT "\" is not a JSON object",
	                 STR_ARG(document_kinds[name->kind].name), STR_ARG(name->id));
}

static int wrong_member(const struct document *name, struct error *err)
{
	return error_set(err, -EBADMSG, "stored " STR_FMT " \"" STR_FMT "\" has a member of the wrong type",
	                 STR_ARG(document_kinds[name->kind].name), STR_ARG(name->id));
}

/* Once to measure, once into a block of just that size; `scratch` is for the tree and the measuring. */
static int decode(struct arena *scratch, const struct document *name, struct str body, struct document **ret_doc,
                  struct error *err)
{
	const struct json *tree;
	struct document *doc;
	struct arena place;
	size_t size;
	int r = parse_body(scratch, name, body, &tree, err);

	if (r != 0)
		return r;
	size = scratch->used_bytes;
	doc = arena_calloc(scratch, 1, document_kinds[name->kind].size);
	doc->kind = name->kind;
	if (!decode_into(scratch, doc, name->id, tree))
		return wrong_member(name, err);
	size = scratch->used_bytes - size;
	void *block = mem_alloc(size);
	arena_init_fixed(&place, block, size);
	doc = arena_calloc(&place, 1, document_kinds[name->kind].size);
	doc->kind = name->kind;
	(void)decode_into(&place, doc, name->id, tree);
	assert((void *)doc == block);
	*ret_doc = doc;
	return 0;
}

int document_decode(enum document_kind kind, struct str id, struct str body, struct document **ret_doc,
                    struct error *err)
{
	const struct document name = {.kind = kind, .id = id};
	struct arena scratch = ARENA_INIT;
	int r;

	assert(kind > DOC_NONE && kind < DOC_N_KINDS);
	r = decode(&scratch, &name, body, ret_doc, err);
	arena_release(&scratch);
	return r;
}

int document_read(struct document *doc, struct str body, struct arena *a, struct error *err)
{
	const struct document name = {.kind = doc->kind, .id = doc->id};
	const struct json *tree;
	struct list_info tables[2];
	int r;

	assert(name.kind > DOC_NONE && name.kind < DOC_N_KINDS);
	tables_of(name.kind, tables);
	if (plain_read(tables, N_ELEMENTS(tables), body, doc)) {
		derive(a, doc);
		return 0;
	}
	memset(doc, 0, document_kinds[name.kind].size);
	doc->kind = name.kind;
	r = parse_body(a, &name, body, &tree, err);
	if (r != 0)
		return r;
	return decode_into(a, doc, name.id, tree) ? 0 : wrong_member(&name, err);
}
