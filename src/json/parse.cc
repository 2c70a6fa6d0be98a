/* SPDX-License-Identifier: Apache-2.0
 *
 * The one place that sees simdjson: its tape becomes our arena tree. The walk keeps its own
 * stack, bounded by JSON_MAX_DEPTH; simdjson itself checks UTF-8 and refuses lone
 * surrogates. No exception leaves this file.
 */
#include <simdjson.h>

#define _Static_assert static_assert
extern "C" {
#include "json/parse.h"
}

namespace dom = simdjson::dom;

namespace
{

/* One open array or object: where its next child goes and where simdjson stands in it. */
struct level {
	bool is_object;
	json *array_slots;
	json_member *object_slots;
	uint32_t n;
	dom::array::iterator array_at, array_end;
	dom::object::iterator object_at, object_end;
};

str copy(arena *a, std::string_view s)
{
	char *p = static_cast<char *>(arena_alloc(a, s.size() + 1));
	if (!s.empty())
		memcpy(p, s.data(), s.size());
	p[s.size()] = '\0';
	return str{p, s.size()};
}

void scalar(arena *a, dom::element e, json *out)
{
	switch (e.type()) {
	case dom::element_type::NULL_VALUE:
		out->type = JSON_NULL;
		break;
	case dom::element_type::BOOL:
		out->type = JSON_BOOL;
		out->b = bool(e.get_bool().value_unsafe());
		break;
	case dom::element_type::INT64:
		out->type = JSON_INT;
		out->i = e.get_int64().value_unsafe();
		break;
	case dom::element_type::UINT64:
		out->type = JSON_UINT;
		out->u = e.get_uint64().value_unsafe();
		break;
	case dom::element_type::DOUBLE:
		out->type = JSON_DOUBLE;
		out->d = e.get_double().value_unsafe();
		break;
	case dom::element_type::STRING:
		out->type = JSON_STRING;
		out->s = copy(a, e.get_string().value_unsafe());
		break;
	default:
		break;
	}
}

/* Opens an array or object: room for its children, and the iterators. False: more than size(), which saturates, can
 * count. */
bool open(arena *a, dom::element e, json *out, level *l)
{
	l->is_object = e.is_object();
	l->n = 0;
	if (l->is_object) {
		dom::object o = e.get_object().value_unsafe();
		out->type = JSON_OBJECT;
		out->n = uint32_t(o.size());
		l->object_slots = static_cast<json_member *>(arena_calloc(a, out->n, sizeof(json_member)));
		out->members = l->object_slots;
		l->object_at = o.begin();
		l->object_end = o.end();
	} else {
		dom::array r = e.get_array().value_unsafe();
		out->type = JSON_ARRAY;
		out->n = uint32_t(r.size());
		l->array_slots = static_cast<json *>(arena_calloc(a, out->n, sizeof(json)));
		out->items = l->array_slots;
		l->array_at = r.begin();
		l->array_end = r.end();
	}
	return out->n < 0xFFFFFF;
}

/* The next child of the innermost level, and the slot it fills; false when the level is done. */
bool next(arena *a, level *l, dom::element *ret_child, json **ret_slot)
{
	if (!(l->is_object ? l->object_at != l->object_end : l->array_at != l->array_end))
		return false;
	if (l->is_object) {
		json_member *m = &l->object_slots[l->n++];
		m->name = copy(a, l->object_at.key());
		*ret_child = l->object_at.value();
		*ret_slot = &m->value;
		++l->object_at;
		return true;
	}
	*ret_child = *l->array_at;
	*ret_slot = &l->array_slots[l->n++];
	++l->array_at;
	return true;
}

int build(arena *a, dom::element root, json *out, error *err)
{
	level stack[JSON_MAX_DEPTH];
	uint32_t depth = 0;
	dom::element e = root;
	json *slot = out;

	for (;;) {
		if (e.is_object() || e.is_array()) {
			if (depth == JSON_MAX_DEPTH)
				return error_set(err, JSON_TOO_DEEP, "nested more than %u levels deep", JSON_MAX_DEPTH);
			if (!open(a, e, slot, &stack[depth++]))
				return error_set(err, JSON_MALFORMED, "too many members or elements");
		} else {
			scalar(a, e, slot);
		}
		while (depth && !next(a, &stack[depth - 1], &e, &slot))
			depth--;
		if (!depth)
			return JSON_OK;
	}
}

} // namespace

extern "C" int json_parse_raw(struct str text, struct arena *a, struct json *out, struct error *err)
{
	static thread_local dom::parser parser;
	dom::element root;

	auto e = parser.parse(text.ptr ? text.ptr : "", text.len, true).get(root);
	if (e == simdjson::DEPTH_ERROR)
		return error_set(err, JSON_TOO_DEEP, "nested more than %u levels deep", JSON_MAX_DEPTH);
	if (e)
		return error_set(err, JSON_MALFORMED, "%s", simdjson::error_message(e));
	return build(a, root, out, err);
}
