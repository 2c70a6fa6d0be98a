/* SPDX-License-Identifier: Apache-2.0 */
#include "model/strict.h"

#include <errno.h>

#include "model/fields.h"

/* What is wrong, and where. */
struct check {
	struct arena *arena;
	struct str pointer; /* to the value that is looked at */
	struct error *err;
};

static bool refuse(const struct check *c, const char *what)
{
	error_set(c->err, -EBADMSG, STR_FMT ": %s", STR_ARG(c->pointer), what);
	return false;
}

/* The same check, one step further down; "~" and "/" as RFC 6901 has them. */
static struct check below(const struct check *c, struct str name)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_LINE_BYTES);

	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '~')
			buf_add(&text, STR("~0"));
		else if (name.ptr[i] == '/')
			buf_add(&text, STR("~1"));
		else
			buf_add_char(&text, name.ptr[i]);
	}
	return (struct check){c->arena, arena_concat3(c->arena, c->pointer, STR("/"), buf_str(&text)), c->err};
}

static bool is_strings(const struct json *value)
{
	for (uint32_t i = 0; i < value->n; i++)
		if (value->items[i].type != JSON_STRING)
			return false;
	return true;
}

static bool check_plain(const struct check *c, const struct field *f, const struct json *value)
{
	switch (f->type) {
	case FIELD_STR:
		return value->type == JSON_STRING || refuse(c, "must be a string");
	case FIELD_STRS:
		return (value->type == JSON_ARRAY && is_strings(value)) || refuse(c, "must be a list of strings");
	case FIELD_BOOL:
		return value->type == JSON_BOOL || refuse(c, "must be true or false");
	case FIELD_TIME:
		return value->type == JSON_INT || refuse(c, "must be a whole number");
	case FIELD_ENUM:
		return enum_value(f->values, json_str(value)) != 0 || refuse(c, "is none of the words known here");
	case FIELD_JSON:
	case FIELD_LIST:
		break;
	}
	return true;
}

typedef bool check_fn(const struct check *c, const struct field *f, const struct json *value);

static const struct field *find(const struct list_info *tables, size_t n, struct str name)
{
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < tables[k].n_fields; i++)
			if (str_eq(tables[k].fields[i].name, name))
				return &tables[k].fields[i];
	return NULL;
}

static bool check_member(const struct check *c, const struct field *f, const struct json *value, check_fn *check)
{
	if (!f)
		return refuse(c, "there is no such member");
	return check(c, f, value);
}

static bool check_list(const struct check *c, const struct field *f, const struct json *value, check_fn *check)
{
	if (value->type != JSON_ARRAY)
		return refuse(c, "must be a list");
	for (uint32_t i = 0; i < value->n; i++) {
		const struct json *item = &value->items[i];
		struct check at = below(c, arena_strf(c->arena, "%u", i));

		if (item->type != JSON_OBJECT)
			return refuse(&at, "must be an object");
		for (uint32_t k = 0; k < item->n; k++) {
			struct str name = item->members[k].name;
			struct check member = below(&at, name);

			if (!check_member(&member, find(f->list, 1, name), &item->members[k].value, check))
				return false;
		}
	}
	return true;
}

/* Lists are nested at most two deep, as the codec knows, too. */
static bool check_inner(const struct check *c, const struct field *f, const struct json *value)
{
	return f->type == FIELD_LIST ? check_list(c, f, value, check_plain) : check_plain(c, f, value);
}

static bool check_outer(const struct check *c, const struct field *f, const struct json *value)
{
	return f->type == FIELD_LIST ? check_list(c, f, value, check_inner) : check_plain(c, f, value);
}

static bool check_id(const struct check *c, struct str id)
{
	struct check at = below(c, STR("id"));

	if (str_is_empty(id) || id.len > DOCUMENT_MAX_ID_BYTES || memchr(id.ptr, '\0', id.len))
		return refuse(&at, "must be a string of 1 to 400 bytes");
	return true;
}

int strict_read(const struct strict_place *place, const struct json *tree, struct arena *a, struct document **ret,
                struct error *err)
{
	const struct kind_info *info = &document_kinds[place->kind];
	const struct list_info tables[] = {{info->size, info->fields, info->n_fields}, document_common_fields};
	struct check c = {a, place->pointer, err};

	if (!json_is(tree, JSON_OBJECT)) {
		(void)refuse(&c, "must be an object");
		return -EBADMSG;
	}
	if (!check_id(&c, json_get_str(tree, STR("id"))))
		return -EBADMSG;
	for (uint32_t i = 0; i < tree->n; i++) {
		struct str name = tree->members[i].name;
		struct check at = below(&c, name);

		if (!str_eq(name, STR("id")) &&
		    !check_member(&at, find(tables, N_ELEMENTS(tables), name), &tree->members[i].value, check_outer))
			return -EBADMSG;
	}
	return document_from_tree(place->kind, tree, a, ret)
	           ? 0
	           : error_set(err, -EBADMSG, STR_FMT ": is no document", STR_ARG(place->pointer));
}
