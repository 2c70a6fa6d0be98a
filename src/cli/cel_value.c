/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cel_value.h"

#include <errno.h>
#include <math.h>

#include "expr/lib.h"
#include "json/base64.h"

/* A value that is still to be read, and its place. */
struct unread {
	const struct json *json;
	struct cel_value *place;
};
struct reading {
	struct arena *a;
	struct unread *stack;
	size_t n, cap;
};

static void put_off(struct reading *r, const struct json *j, struct cel_value *place)
{
	ARENA_ROOM(r->a, r->stack, r->n, &r->cap);
	r->stack[r->n++] = (struct unread){j, place};
}

static bool read_int(struct str text, struct cel_value *ret)
{
	bool is_negative = str_starts_with(text, STR("-"));
	uint64_t n;

	if (!str_to_u64(str_slice(text, is_negative, text.len), &n) || n > (uint64_t)INT64_MAX + is_negative)
		return false;
	*ret = cel_int((int64_t)(is_negative ? 0 - n : n));
	return true;
}

static bool read_uint(struct str text, struct cel_value *ret)
{
	*ret = cel_uint(0);
	return str_to_u64(text, &ret->u);
}

/* A number, or a text for what JSON cannot write: "NaN", "-Infinity", "-0.0", "1e19". */
static bool read_double(const struct json *j, struct cel_value *ret)
{
	char text[64], *end;

	if (json_is(j, JSON_STRING) && j->s.len > 0 && j->s.len < sizeof(text)) {
		memcpy(text, j->s.ptr, j->s.len);
		text[j->s.len] = '\0';
		*ret = cel_double(strtod(text, &end));
		return *end == '\0';
	}
	*ret = cel_json(j);
	if (ret->kind == CEL_INT)
		*ret = cel_double((double)ret->i);
	else if (ret->kind == CEL_UINT)
		*ret = cel_double((double)ret->u);
	return ret->kind == CEL_DOUBLE;
}

/* Base64 of both alphabets, with padding or without. */
static bool read_bytes(struct str text, struct arena *a, struct cel_value *ret)
{
	CLEANUP(buf_releasep) struct buf plain = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	CLEANUP(buf_releasep) struct buf bytes = BUF_INIT(BUF_MAX_RESPONSE_BYTES);

	while (str_ends_with(text, STR("=")))
		text.len--;
	for (size_t i = 0; i < text.len; i++)
		buf_add_char(&plain, text.ptr[i] == '+' ? '-' : text.ptr[i] == '/' ? '_' : text.ptr[i]);
	if (!base64url_decode(&bytes, buf_str(&plain)))
		return false;
	*ret = cel_bytes(arena_str(a, buf_str(&bytes)));
	return true;
}

static bool read_type(struct str text, struct arena *a, struct cel_value *ret)
{
	const struct cel_type *type = cel_type_parse(a, NULL, text);

	if (!type)
		return false;
	*ret = cel_type_value(type);
	return true;
}

static bool read_list(struct reading *r, const struct json *j, struct cel_value *ret)
{
	struct cel_value *items;

	if (!json_is(j, JSON_ARRAY))
		return false;
	items = ARENA_ARRAY(r->a, struct cel_value, j->n);
	for (uint32_t i = 0; i < j->n; i++)
		put_off(r, &j->items[i], &items[i]);
	*ret = cel_list(items, j->n);
	return true;
}

/* Pairs of key and value, searched one by one: maps of tests are small. */
static bool read_map(struct reading *r, const struct json *j, struct cel_value *ret)
{
	struct cel_entry *entries;
	struct cel_map *map;

	if (!json_is(j, JSON_ARRAY))
		return false;
	entries = ARENA_ARRAY(r->a, struct cel_entry, j->n);
	map = ARENA_NEW(r->a, struct cel_map);
	map->entries = entries;
	for (uint32_t i = 0; i < j->n; i++) {
		if (!json_is(&j->items[i], JSON_ARRAY) || j->items[i].n != 2)
			return false;
		put_off(r, &j->items[i].items[0], &entries[i].key);
		put_off(r, &j->items[i].items[1], &entries[i].value);
	}
	*ret = (struct cel_value){.kind = CEL_MAP, .n = j->n, .map = map};
	return true;
}

static bool read_one(struct reading *r, const struct json *j, struct cel_value *ret)
{
	struct str name;
	const struct json *v;

	if (!json_is(j, JSON_OBJECT) || j->n != 1)
		return false;
	name = j->members[0].name;
	v = &j->members[0].value;
	if (str_eq(name, STR("int")))
		return read_int(json_str(v), ret);
	if (str_eq(name, STR("uint")))
		return read_uint(json_str(v), ret);
	if (str_eq(name, STR("double")))
		return read_double(v, ret);
	if (str_eq(name, STR("bytes_b64")))
		return json_is(v, JSON_STRING) && read_bytes(v->s, r->a, ret);
	if (str_eq(name, STR("type")))
		return json_is(v, JSON_STRING) && read_type(v->s, r->a, ret);
	if (str_eq(name, STR("timestamp")))
		return json_is(v, JSON_STRING) && cel_time_parse(v->s, ret);
	if (str_eq(name, STR("duration")))
		return json_is(v, JSON_STRING) && cel_duration_parse(v->s, ret);
	if (str_eq(name, STR("list")))
		return read_list(r, v, ret);
	if (str_eq(name, STR("map")))
		return read_map(r, v, ret);
	*ret = cel_json(v);
	return (str_eq(name, STR("bool")) && ret->kind == CEL_BOOL) ||
	       (str_eq(name, STR("string")) && ret->kind == CEL_STRING) ||
	       (str_eq(name, STR("null")) && ret->kind == CEL_NULL);
}

bool cli_cel_read(const struct json *j, struct arena *a, struct cel_value *ret)
{
	struct reading r = {.a = a};
	struct cel_value v;

	put_off(&r, j, &v);
	while (r.n > 0) {
		struct unread next = r.stack[--r.n];

		if (!read_one(&r, next.json, next.place))
			return false;
	}
	*ret = v;
	return true;
}

/* ---- comparing ------------------------------------------------------------------------------------------ */

struct pair {
	struct cel_value x, y;
};
struct comparing {
	struct arena *a;
	struct pair *stack;
	size_t n, cap;
};

static void compare_later(struct comparing *c, struct cel_value x, struct cel_value y)
{
	ARENA_ROOM(c->a, c->stack, c->n, &c->cap);
	c->stack[c->n++] = (struct pair){x, y};
}

static bool compare_maps(struct comparing *c, struct cel_value x, struct cel_value y)
{
	for (uint32_t i = 0; i < x.n; i++) {
		struct cel_entry entry = cel_map_at(x, i);
		struct cel_value other;

		if (!cel_map_get(y, entry.key, &other))
			return false;
		compare_later(c, entry.value, other);
	}
	return true;
}

static bool compare_one(struct comparing *c, struct cel_value x, struct cel_value y)
{
	if (x.kind != y.kind || ((x.kind == CEL_LIST || x.kind == CEL_MAP) && x.n != y.n))
		return false;
	if (x.kind == CEL_DOUBLE && (isnan(x.d) || x.d == 0))
		return (isnan(x.d) && isnan(y.d)) || (y.d == 0 && signbit(x.d) == signbit(y.d));
	if (x.kind == CEL_MAP)
		return compare_maps(c, x, y);
	if (x.kind != CEL_LIST)
		return cel_equal(x, y, NULL);
	for (uint32_t i = 0; i < x.n; i++)
		compare_later(c, cel_list_at(x, i), cel_list_at(y, i));
	return true;
}

bool cli_cel_same(struct cel_value x, struct cel_value y, struct arena *a)
{
	struct comparing c = {.a = a};

	compare_later(&c, x, y);
	while (c.n > 0) {
		struct pair next = c.stack[--c.n];

		if (!compare_one(&c, next.x, next.y))
			return false;
	}
	return true;
}

void cli_cel_print(struct buf *out, struct cel_value v)
{
	struct json_writer w = JSON_WRITER(out);
	size_t before = out->len;

	if (cel_value_to_json(&w, v))
		return;
	/* What was written up to the part that has no JSON goes. */
	out->len = before;
	if (v.kind == CEL_TYPE)
		cel_type_print(out, v.type);
	else
		buf_addf(out, "a value of type " STR_FMT, STR_ARG(cel_kind_name((enum cel_kind)v.kind)));
}
