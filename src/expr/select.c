/* SPDX-License-Identifier: Apache-2.0
 *
 * Selection and indexing, plain and optional.
 */
#include <math.h>

#include "expr/operators.h"

enum found { FOUND, FOUND_NOT, FOUND_ERROR };

static enum found fail(struct cel_value error, struct cel_value *ret)
{
	*ret = error;
	return FOUND_ERROR;
}

/* Members of JSON are searched one by one: large objects cost. */
static bool charge_members(struct cel_eval *ev, struct cel_value map)
{
	return !map.is_json || map.n < 16 || cel_charge(ev, map.n / 16);
}

static bool field_of(const struct cel_struct *s, struct str name, uint32_t *ret)
{
	for (uint32_t i = 0; i < s->n_fields; i++) {
		const struct cel_field *field = &s->fields[i];

		if (str_eq(field->name, name) || (!str_is_absent(field->alias) && str_eq(field->alias, name))) {
			*ret = i;
			return true;
		}
	}
	return false;
}

/* A field that is not set is not found. */
static enum found find_field(struct cel_eval *ev, struct cel_value a, struct str name, struct cel_value *ret)
{
	const struct cel_struct *s = cel_env_struct(ev->env, a.of);
	uint32_t i;

	if (!field_of(s, name, &i))
		return fail(cel_fail_with(ev, CEL_NO_SUCH_FIELD, name), ret);
	if (s->has && !s->has(ev, a.object, i))
		return FOUND_NOT;
	*ret = s->get(ev, a.object, i);
	return cel_is_error(*ret) ? FOUND_ERROR : FOUND;
}

static enum found find_name(struct cel_eval *ev, struct cel_value a, struct str name, struct cel_value *ret)
{
	if (a.kind == CEL_MAP) {
		if (!charge_members(ev, a))
			return fail(cel_aborted(), ret);
		return cel_map_get_str(a, name, ret) ? FOUND : FOUND_NOT;
	}
	if (a.kind == CEL_STRUCT)
		return find_field(ev, a, name, ret);
	return fail(cel_fail_with(ev, CEL_NO_SUCH_OVERLOAD, STR_NONE), ret);
}

/* The element that an index means; false: none. */
static bool element_of(struct cel_value list, struct cel_value index, uint32_t *ret)
{
	if (index.kind == CEL_DOUBLE && index.d >= 0 && index.d < 0x1p32)
		index = cel_int((int64_t)index.d);
	/* As uint, so that negative ones are too large. */
	if (index.u >= list.n)
		return false;
	*ret = (uint32_t)index.u;
	return true;
}

static bool is_index(struct cel_value v)
{
	return v.kind == CEL_INT || v.kind == CEL_UINT || (v.kind == CEL_DOUBLE && v.d == trunc(v.d));
}

static enum found find_index(struct cel_eval *ev, struct cel_value a, struct cel_value b, struct cel_value *ret)
{
	uint32_t i;

	if (a.kind == CEL_MAP) {
		if (!charge_members(ev, a))
			return fail(cel_aborted(), ret);
		return cel_map_get(a, b, ret) ? FOUND : FOUND_NOT;
	}
	if (a.kind != CEL_LIST || !is_index(b))
		return fail(cel_fail_with(ev, CEL_NO_SUCH_OVERLOAD, STR_NONE), ret);
	if (!element_of(a, b, &i))
		return FOUND_NOT;
	*ret = cel_list_at(a, i);
	return FOUND;
}

static struct cel_value optional_of(struct cel_eval *ev, enum found found, struct cel_value v)
{
	switch (found) {
	case FOUND:
		return cel_make_optional(ev, v);
	case FOUND_NOT:
		return cel_optional(NULL);
	case FOUND_ERROR:
		break;
	}
	return v;
}

struct cel_value cel_index_optional(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	struct cel_value v = cel_null();

	if (a.kind == CEL_OPTIONAL) {
		if (!a.items)
			return a;
		a = *a.items;
	}
	return optional_of(ev, find_index(ev, a, b, &v), v);
}

struct cel_value cel_select_optional(struct cel_eval *ev, struct cel_value a, struct str name)
{
	struct cel_value v = cel_null();

	if (a.kind == CEL_OPTIONAL) {
		if (!a.items)
			return a;
		a = *a.items;
	}
	return optional_of(ev, find_name(ev, a, name, &v), v);
}

struct cel_value cel_index(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	struct cel_value v = cel_null();

	if (a.kind == CEL_OPTIONAL)
		return cel_index_optional(ev, a, b);
	if (find_index(ev, a, b, &v) != FOUND_NOT)
		return v;
	return cel_fail_about(ev, a.kind == CEL_LIST ? CEL_INDEX_OUT_OF_BOUNDS : CEL_NO_SUCH_KEY, b);
}

struct cel_value cel_select(struct cel_eval *ev, struct cel_value a, struct str name)
{
	struct cel_value v = cel_null();
	uint32_t i;

	if (a.kind == CEL_OPTIONAL)
		return cel_select_optional(ev, a, name);
	/* A field that is not set has the value that the host gives it. */
	if (a.kind == CEL_STRUCT && field_of(cel_env_struct(ev->env, a.of), name, &i))
		return cel_env_struct(ev->env, a.of)->get(ev, a.object, i);
	if (find_name(ev, a, name, &v) != FOUND_NOT)
		return v;
	return cel_fail_with(ev, CEL_NO_SUCH_KEY, name);
}

/* Asks the host, but not for the value. */
static struct cel_value has_field(struct cel_eval *ev, struct cel_value a, struct str name)
{
	const struct cel_struct *s = cel_env_struct(ev->env, a.of);
	uint32_t i;

	if (!field_of(s, name, &i))
		return cel_fail_with(ev, CEL_NO_SUCH_FIELD, name);
	return cel_bool(!s->has || s->has(ev, a.object, i));
}

struct cel_value cel_has(struct cel_eval *ev, struct cel_value a, struct str name)
{
	struct cel_value v = cel_null();
	enum found found;

	if (a.kind == CEL_OPTIONAL) {
		if (!a.items)
			return cel_bool(false);
		a = *a.items;
	}
	if (a.kind == CEL_STRUCT)
		return has_field(ev, a, name);
	found = find_name(ev, a, name, &v);
	return found == FOUND_ERROR ? v : cel_bool(found == FOUND);
}
