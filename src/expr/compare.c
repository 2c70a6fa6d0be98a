/* SPDX-License-Identifier: Apache-2.0
 *
 * Equality and order of values.
 */
#include "expr/map.h"
#include "expr/type.h"

/* Of what cel_equal() without a budget looks at. */
#define MAX_ELEMENTS (UINT64_C(1) << 20)

static enum cel_order order_of(bool is_less, bool is_greater)
{
	return is_less ? CEL_LESS : is_greater ? CEL_GREATER : CEL_SAME;
}

static enum cel_order compare_doubles(double a, double b)
{
	if (a != a || b != b)
		return CEL_UNORDERED;
	return order_of(a<b, a> b);
}

/* The conformance suite asks for the int to be converted, although that loses digits. */
static enum cel_order compare_double_int(double d, int64_t i)
{
	if (d < -0x1p63)
		return CEL_LESS;
	if (d > 0x1p63)
		return CEL_GREATER;
	return compare_doubles(d, (double)i);
}

static enum cel_order compare_double_uint(double d, uint64_t u)
{
	if (d < 0)
		return CEL_LESS;
	if (d > 0x1p64)
		return CEL_GREATER;
	return compare_doubles(d, (double)u);
}

static enum cel_order compare_int_uint(int64_t i, uint64_t u)
{
	if (i < 0 || u > INT64_MAX)
		return CEL_LESS;
	return order_of(i<(int64_t)u, i>(int64_t) u);
}

static enum cel_order reverse(enum cel_order order)
{
	return order == CEL_LESS ? CEL_GREATER : order == CEL_GREATER ? CEL_LESS : order;
}

static bool is_number(struct cel_value v)
{
	return v.kind == CEL_INT || v.kind == CEL_UINT || v.kind == CEL_DOUBLE;
}

/* Numbers of different kinds. */
static enum cel_order compare_across(struct cel_value a, struct cel_value b)
{
	if (a.kind == CEL_DOUBLE)
		return b.kind == CEL_INT ? compare_double_int(a.d, b.i) : compare_double_uint(a.d, b.u);
	if (b.kind == CEL_DOUBLE)
		return reverse(a.kind == CEL_INT ? compare_double_int(b.d, a.i) : compare_double_uint(b.d, a.u));
	return a.kind == CEL_INT ? compare_int_uint(a.i, b.u) : reverse(compare_int_uint(b.i, a.u));
}

enum cel_order cel_compare(struct cel_value a, struct cel_value b)
{
	int c;

	if (a.kind != b.kind)
		return is_number(a) && is_number(b) ? compare_across(a, b) : CEL_INCOMPARABLE;
	switch ((enum cel_kind)a.kind) {
	case CEL_INT:
	case CEL_DURATION:
		return order_of(a.i<b.i, a.i> b.i);
	case CEL_UINT:
		return order_of(a.u<b.u, a.u> b.u);
	case CEL_DOUBLE:
		return compare_doubles(a.d, b.d);
	case CEL_BOOL:
		return order_of(a.b<b.b, a.b> b.b);
	case CEL_STRING:
	case CEL_BYTES:
		c = str_cmp(cel_text(a), cel_text(b));
		return order_of(c<0, c> 0);
	case CEL_TIMESTAMP:
		return a.i != b.i ? order_of(a.i < b.i, true) : order_of(a.n<b.n, a.n> b.n);
	case CEL_ERROR:
	case CEL_NULL:
	case CEL_LIST:
	case CEL_MAP:
	case CEL_TYPE:
	case CEL_OPTIONAL:
	case CEL_STRUCT:
	case CEL_IP:
	case CEL_CIDR:
	case CEL_OPAQUE:
	case CEL_N_KINDS:
		break;
	}
	return CEL_INCOMPARABLE;
}

static bool equal_addresses(struct cel_value a, struct cel_value b)
{
	return memcmp(a.ip->bytes, b.ip->bytes, sizeof(a.ip->bytes)) == 0 && a.ip->is_v6 == b.ip->is_v6 &&
	       (a.kind == CEL_IP || a.ip->prefix == b.ip->prefix);
}

bool cel_equal_scalars(struct cel_value a, struct cel_value b)
{
	if (a.kind != b.kind)
		return is_number(a) && is_number(b) && compare_across(a, b) == CEL_SAME;
	switch ((enum cel_kind)a.kind) {
	case CEL_NULL:
		return true;
	case CEL_BOOL:
		return a.b == b.b;
	case CEL_INT:
	case CEL_UINT:
	case CEL_DURATION:
		return a.u == b.u;
	case CEL_DOUBLE:
		return a.d == b.d;
	case CEL_STRING:
	case CEL_BYTES:
		return a.n == b.n && (a.n == 0 || memcmp(a.text, b.text, a.n) == 0);
	case CEL_TIMESTAMP:
		return a.i == b.i && a.n == b.n;
	case CEL_TYPE:
		return cel_type_equal(a.type, b.type);
	case CEL_STRUCT:
		return a.of == b.of && a.object == b.object;
	case CEL_OPAQUE:
		return a.object == b.object;
	case CEL_IP:
	case CEL_CIDR:
		return equal_addresses(a, b);
	case CEL_OPTIONAL:
		return a.items == b.items;
	case CEL_ERROR:
	case CEL_LIST:
	case CEL_MAP:
	case CEL_N_KINDS:
		break;
	}
	return false;
}

/* Two containers of the same kind and number of elements, and how far they were compared. */
struct pair {
	struct cel_value a, b;
	uint32_t at;
};

static uint32_t n_parts(struct cel_value v)
{
	return v.kind == CEL_OPTIONAL ? 1 : v.n;
}

static bool is_container(struct cel_value v)
{
	return v.kind == CEL_LIST || v.kind == CEL_MAP || (v.kind == CEL_OPTIONAL && v.items);
}

/* The next parts of the pair; false: they differ already in that one is missing. */
static bool next_parts(struct pair *p, struct cel_value *ret_a, struct cel_value *ret_b)
{
	uint32_t i = p->at++;
	struct cel_entry entry;

	if (p->a.kind == CEL_OPTIONAL) {
		*ret_a = *p->a.items;
		*ret_b = *p->b.items;
		return true;
	}
	if (p->a.kind == CEL_LIST) {
		*ret_a = cel_list_at(p->a, i);
		*ret_b = cel_list_at(p->b, i);
		return true;
	}
	entry = cel_map_at(p->a, i);
	*ret_a = entry.value;
	return cel_map_get(p->b, entry.key, ret_b);
}

/* Both are containers, worth looking into. */
static bool is_worth(struct cel_value a, struct cel_value b)
{
	return a.kind == b.kind && is_container(a) && is_container(b) && n_parts(a) == n_parts(b);
}

enum cel_equality cel_equal_within(struct cel_value a, struct cel_value b, uint64_t *left)
{
	NO_INIT struct pair stack[CEL_MAX_DEPTH];
	uint32_t depth = 0;

	for (;;) {
		if (*left == 0)
			return CEL_TOO_LONG;
		(*left)--;
		if (is_worth(a, b)) {
			if (depth == CEL_MAX_DEPTH)
				return CEL_TOO_DEEP;
			stack[depth++] = (struct pair){a, b, 0};
		} else if (!cel_equal_scalars(a, b)) {
			return CEL_DIFFERENT;
		}
		while (depth > 0 && stack[depth - 1].at == n_parts(stack[depth - 1].a))
			depth--;
		if (depth == 0)
			return CEL_EQUAL;
		if (!next_parts(&stack[depth - 1], &a, &b))
			return CEL_DIFFERENT;
	}
}

bool cel_equal(struct cel_value a, struct cel_value b, bool *ret_too_deep)
{
	uint64_t left = MAX_ELEMENTS;
	enum cel_equality equality;

	if (!is_container(a) || !is_container(b))
		return cel_equal_scalars(a, b);
	equality = cel_equal_within(a, b, &left);
	if (ret_too_deep && equality > CEL_EQUAL)
		*ret_too_deep = true;
	return equality == CEL_EQUAL;
}
