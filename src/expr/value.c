/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/value.h"

#include <math.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "expr/map.h"

/* Maps with an index are known by it; this is the constant part of every key's hash. */
#define HASH_SEED UINT64_C(0x9ae16a3b2f90404f)

struct cel_value cel_json(const struct json *j)
{
	switch (j->type) {
	case JSON_NULL:
		return cel_null();
	case JSON_BOOL:
		return cel_bool(j->b);
	case JSON_INT:
		return cel_int(j->i);
	case JSON_UINT:
		return cel_uint(j->u);
	case JSON_DOUBLE:
		return cel_double(j->d);
	case JSON_STRING:
		return cel_string(j->s);
	case JSON_ARRAY:
		return (struct cel_value){.kind = CEL_LIST, .is_json = 1, .n = j->n, .json_items = j->items};
	case JSON_OBJECT:
		return (struct cel_value){.kind = CEL_MAP, .is_json = 1, .n = j->n, .members = j->members};
	}
	assert(false && "a JSON tree holds JSON types");
	return cel_null();
}

struct cel_value cel_list_at(struct cel_value list, uint32_t i)
{
	assert(list.kind == CEL_LIST && i < list.n);
	return list.is_json ? cel_json(&list.json_items[i]) : list.items[i];
}

struct cel_entry cel_map_at(struct cel_value map, uint32_t i)
{
	assert(map.kind == CEL_MAP && i < map.n);
	if (map.is_json)
		return (struct cel_entry){cel_string(map.members[i].name), cel_json(&map.members[i].value)};
	return map.map->entries[i];
}

/*
 * A key in the form under which equal numbers are the same: integral doubles and small uints as int, other uints as
 * they are. False: no key can be equal.
 */
static bool normal_key(struct cel_value key, struct cel_value *ret)
{
	if (key.kind == CEL_DOUBLE) {
		if (!(key.d >= -0x1p63 && key.d < 0x1p64) || key.d != trunc(key.d))
			return false;
		*ret = key.d < 0x1p63 ? cel_int((int64_t)key.d) : cel_uint((uint64_t)key.d);
		return true;
	}
	*ret = key.kind == CEL_UINT && key.u <= INT64_MAX ? cel_int((int64_t)key.u) : key;
	return key.kind == CEL_INT || key.kind == CEL_UINT || key.kind == CEL_BOOL || key.kind == CEL_STRING;
}

/* `key` is in normal form. */
static bool is_key(struct cel_value key, struct cel_value stored)
{
	if (stored.kind == CEL_UINT && stored.u <= INT64_MAX)
		stored.kind = CEL_INT;
	if (stored.kind != key.kind)
		return false;
	if (key.kind == CEL_STRING)
		return str_eq(cel_text(key), cel_text(stored));
	return key.kind == CEL_BOOL ? key.b == stored.b : key.u == stored.u;
}

bool cel_map_find(const struct cel_map *map, uint32_t n, struct cel_value key, uint32_t *ret_place, uint32_t *ret_steps)
{
	uint32_t at, steps = 0;

	if (!normal_key(key, &key))
		return false;
	if (!map->index) {
		for (uint32_t i = 0; i < n; i++) {
			if (is_key(key, map->entries[i].key)) {
				*ret_place = i;
				return true;
			}
		}
		return false;
	}
	at = (uint32_t)cel_hash(key) & map->mask;
	for (; map->index[at] != 0; at = (at + 1) & map->mask, steps++) {
		if (is_key(key, map->entries[map->index[at] - 1].key)) {
			*ret_place = map->index[at] - 1;
			return true;
		}
	}
	*ret_place = at;
	*ret_steps = steps;
	return false;
}

bool cel_map_get_str(struct cel_value map, struct str key, struct cel_value *ret)
{
	uint32_t place, steps;

	assert(map.kind == CEL_MAP);
	if (!map.is_json) {
		if (!cel_map_find(map.map, map.n, cel_string(key), &place, &steps))
			return false;
		*ret = map.map->entries[place].value;
		return true;
	}
	for (uint32_t i = 0; i < map.n; i++) {
		if (str_eq(map.members[i].name, key)) {
			*ret = cel_json(&map.members[i].value);
			return true;
		}
	}
	return false;
}

bool cel_map_get(struct cel_value map, struct cel_value key, struct cel_value *ret)
{
	uint32_t place, steps;

	assert(map.kind == CEL_MAP);
	if (map.is_json)
		return key.kind == CEL_STRING && cel_map_get_str(map, cel_text(key), ret);
	if (!cel_map_find(map.map, map.n, key, &place, &steps))
		return false;
	*ret = map.map->entries[place].value;
	return true;
}

uint64_t cel_hash(struct cel_value v)
{
	struct cel_value normal;

	switch ((enum cel_kind)v.kind) {
	case CEL_STRING:
	case CEL_BYTES:
		return hash_str(HASH_SEED, cel_text(v));
	case CEL_DOUBLE:
		/* -0.0 is an int by then; what is not integral equals no other kind. */
		return normal_key(v, &normal) ? hash_u64(normal.u ^ HASH_SEED) : hash_u64(v.u ^ ~HASH_SEED);
	case CEL_BOOL:
		return hash_u64((v.b ? 1u : 2u) ^ ~HASH_SEED);
	case CEL_TIMESTAMP:
		return hash_u64(hash_u64(v.u ^ HASH_SEED) ^ v.n);
	case CEL_ERROR:
	case CEL_NULL:
	case CEL_INT:
	case CEL_UINT:
	case CEL_LIST:
	case CEL_MAP:
	case CEL_DURATION:
	case CEL_TYPE:
	case CEL_OPTIONAL:
	case CEL_STRUCT:
	case CEL_IP:
	case CEL_CIDR:
	case CEL_OPAQUE:
	case CEL_N_KINDS:
		break;
	}
	return hash_u64(v.u ^ HASH_SEED);
}

uint64_t cel_text_size(struct str s)
{
	uint64_t n = 0;

	/* Every byte that does not continue a code point begins one. */
	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.ptr[i] & 0xc0u) != 0x80u;
	return n;
}

struct str cel_kind_name(enum cel_kind kind)
{
	static const struct str names[] = {
	    [CEL_ERROR] = STR_INIT("error"),
	    [CEL_NULL] = STR_INIT("null_type"),
	    [CEL_BOOL] = STR_INIT("bool"),
	    [CEL_INT] = STR_INIT("int"),
	    [CEL_UINT] = STR_INIT("uint"),
	    [CEL_DOUBLE] = STR_INIT("double"),
	    [CEL_STRING] = STR_INIT("string"),
	    [CEL_BYTES] = STR_INIT("bytes"),
	    [CEL_LIST] = STR_INIT("list"),
	    [CEL_MAP] = STR_INIT("map"),
	    [CEL_TIMESTAMP] = STR_INIT("google.protobuf.Timestamp"),
	    [CEL_DURATION] = STR_INIT("google.protobuf.Duration"),
	    [CEL_TYPE] = STR_INIT("type"),
	    [CEL_OPTIONAL] = STR_INIT("optional_type"),
	    [CEL_STRUCT] = STR_INIT("struct"),
	    [CEL_IP] = STR_INIT("net.IP"),
	    [CEL_CIDR] = STR_INIT("net.CIDR"),
	    [CEL_OPAQUE] = STR_INIT("opaque"),
	};

	static_assert(N_ELEMENTS(names) == CEL_N_KINDS, "every kind has a name");
	assert(kind < CEL_N_KINDS);
	return names[kind];
}
