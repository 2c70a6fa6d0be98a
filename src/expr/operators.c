/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/operators.h"

#include "expr/lib.h"

static struct cel_value no_overload(struct cel_eval *ev)
{
	return cel_fail_with(ev, CEL_NO_SUCH_OVERLOAD, STR_NONE);
}

static struct cel_value overflow(struct cel_eval *ev)
{
	return cel_fail_with(ev, CEL_INTEGER_OVERFLOW, STR_NONE);
}

static struct cel_value overflow_of_duration(struct cel_eval *ev)
{
	return cel_fail_with(ev, CEL_RANGE, STR("duration overflow"));
}

static struct cel_value negate_bool(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	(void)b;
	return a.kind == CEL_BOOL ? cel_bool(!a.b) : no_overload(ev);
}

static struct cel_value negate(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	(void)b;
	if (a.kind == CEL_INT)
		return a.i != INT64_MIN ? cel_int(-a.i) : overflow(ev);
	return a.kind == CEL_DOUBLE ? cel_double(-a.d) : no_overload(ev);
}

static struct cel_value concat(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	uint64_t n = (uint64_t)a.n + b.n;
	char *text;

	if (n > UINT32_MAX)
		return cel_abort_now(ev, CEL_OUT_OF_MEMORY);
	if (!cel_charge(ev, cel_units_of(n)))
		return cel_aborted();
	text = cel_alloc(ev, n);
	if (!text)
		return cel_aborted();
	memcpy(text, a.text, a.n);
	memcpy(text + a.n, b.text, b.n);
	return (struct cel_value){.kind = a.kind, .n = (uint32_t)n, .text = text};
}

static struct cel_value concat_lists(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	uint64_t n = (uint64_t)a.n + b.n;
	struct cel_value *items;

	if (n > UINT32_MAX)
		return cel_abort_now(ev, CEL_OUT_OF_MEMORY);
	if (!cel_charge(ev, n))
		return cel_aborted();
	items = cel_alloc(ev, n * sizeof(*items));
	if (!items)
		return cel_aborted();
	for (uint32_t i = 0; i < a.n; i++)
		items[i] = cel_list_at(a, i);
	for (uint32_t i = 0; i < b.n; i++)
		items[a.n + i] = cel_list_at(b, i);
	return cel_list(items, (uint32_t)n);
}

static struct cel_value add_same(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	int64_t i;
	uint64_t u;

	if (a.kind == CEL_INT)
		return !__builtin_add_overflow(a.i, b.i, &i) ? cel_int(i) : overflow(ev);
	if (a.kind == CEL_UINT)
		return !__builtin_add_overflow(a.u, b.u, &u) ? cel_uint(u) : overflow(ev);
	if (a.kind == CEL_DOUBLE)
		return cel_double(a.d + b.d);
	if (a.kind == CEL_STRING || a.kind == CEL_BYTES)
		return concat(ev, a, b);
	if (a.kind == CEL_LIST)
		return concat_lists(ev, a, b);
	if (a.kind == CEL_DURATION)
		return !__builtin_add_overflow(a.i, b.i, &i) ? cel_duration(i) : overflow_of_duration(ev);
	return no_overload(ev);
}

static struct cel_value add(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	if (a.kind == b.kind)
		return add_same(ev, a, b);
	if (a.kind == CEL_TIMESTAMP && b.kind == CEL_DURATION)
		return cel_time_add(ev, a, b.i);
	if (a.kind == CEL_DURATION && b.kind == CEL_TIMESTAMP)
		return cel_time_add(ev, b, a.i);
	return no_overload(ev);
}

static struct cel_value subtract(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	int64_t i;
	uint64_t u;

	if (a.kind == CEL_TIMESTAMP && b.kind == CEL_DURATION) {
		if (b.i == INT64_MIN)
			return overflow_of_duration(ev);
		return cel_time_add(ev, a, -b.i);
	}
	if (a.kind != b.kind)
		return no_overload(ev);
	if (a.kind == CEL_INT)
		return !__builtin_sub_overflow(a.i, b.i, &i) ? cel_int(i) : overflow(ev);
	if (a.kind == CEL_UINT)
		return !__builtin_sub_overflow(a.u, b.u, &u) ? cel_uint(u) : overflow(ev);
	if (a.kind == CEL_DOUBLE)
		return cel_double(a.d - b.d);
	if (a.kind == CEL_TIMESTAMP)
		return cel_time_difference(ev, a, b);
	if (a.kind == CEL_DURATION)
		return !__builtin_sub_overflow(a.i, b.i, &i) ? cel_duration(i) : overflow_of_duration(ev);
	return no_overload(ev);
}

static struct cel_value multiply(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	int64_t i;
	uint64_t u;

	if (a.kind == CEL_INT && b.kind == CEL_INT)
		return !__builtin_mul_overflow(a.i, b.i, &i) ? cel_int(i) : overflow(ev);
	if (a.kind == CEL_UINT && b.kind == CEL_UINT)
		return !__builtin_mul_overflow(a.u, b.u, &u) ? cel_uint(u) : overflow(ev);
	if (a.kind == CEL_DOUBLE && b.kind == CEL_DOUBLE)
		return cel_double(a.d * b.d);
	return no_overload(ev);
}

/* Division by zero is meant: IEEE's infinities and NaN. */
__attribute__((no_sanitize("float-divide-by-zero"))) static struct cel_value divide_doubles(double a, double b)
{
	return cel_double(a / b);
}

static struct cel_value divide(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	if (a.kind == CEL_DOUBLE && b.kind == CEL_DOUBLE)
		return divide_doubles(a.d, b.d);
	if (a.kind != b.kind || (a.kind != CEL_INT && a.kind != CEL_UINT))
		return no_overload(ev);
	if (b.u == 0)
		return cel_fail_with(ev, CEL_DIVISION_BY_ZERO, STR_NONE);
	if (a.kind == CEL_UINT)
		return cel_uint(a.u / b.u);
	return a.i != INT64_MIN || b.i != -1 ? cel_int(a.i / b.i) : overflow(ev);
}

static struct cel_value modulo(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	if (a.kind != b.kind || (a.kind != CEL_INT && a.kind != CEL_UINT))
		return no_overload(ev);
	if (b.u == 0)
		return cel_fail_with(ev, CEL_MODULUS_BY_ZERO, STR_NONE);
	if (a.kind == CEL_UINT)
		return cel_uint(a.u % b.u);
	return a.i != INT64_MIN || b.i != -1 ? cel_int(a.i % b.i) : overflow(ev);
}

static struct cel_value not_equal(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	struct cel_value is_equal = cel_equal_charged(ev, a, b);

	return is_equal.kind == CEL_BOOL ? cel_bool(!is_equal.b) : is_equal;
}

/* Of texts as much is compared as the shorter one has. */
static bool charge_comparison(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	if (a.kind != CEL_STRING && a.kind != CEL_BYTES)
		return true;
	return cel_charge(ev, (a.n < b.n ? a.n : b.n) / 10);
}

static struct cel_value ordered(struct cel_eval *ev, struct cel_value a, struct cel_value b, unsigned orders)
{
	enum cel_order order = cel_compare(a, b);

	if (order == CEL_INCOMPARABLE)
		return no_overload(ev);
	if (!charge_comparison(ev, a, b))
		return cel_aborted();
	return cel_bool((orders >> (order + 1)) & 1u);
}

/* Sets of enum cel_order, each moved up by one; CEL_UNORDERED is in none. */
#define ORDER_LESS    (1u << (CEL_LESS + 1))
#define ORDER_SAME    (1u << (CEL_SAME + 1))
#define ORDER_GREATER (1u << (CEL_GREATER + 1))

static struct cel_value less(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	return ordered(ev, a, b, ORDER_LESS);
}

static struct cel_value less_equal(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	return ordered(ev, a, b, ORDER_LESS | ORDER_SAME);
}

static struct cel_value greater(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	return ordered(ev, a, b, ORDER_GREATER);
}

static struct cel_value greater_equal(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	return ordered(ev, a, b, ORDER_GREATER | ORDER_SAME);
}

struct cel_value cel_operate_in(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	struct cel_value found;

	if (b.kind == CEL_MAP)
		return cel_charge(ev, b.is_json ? b.n / 8 : 1) ? cel_bool(cel_map_get(b, a, &found)) : cel_aborted();
	if (b.kind != CEL_LIST)
		return no_overload(ev);
	if (!cel_charge(ev, b.n))
		return cel_aborted();
	for (uint32_t i = 0; i < b.n; i++) {
		found = cel_equal_charged(ev, a, cel_list_at(b, i));
		if (found.kind != CEL_BOOL || found.b)
			return found;
	}
	return cel_bool(false);
}

cel_operator *const cel_operators[] = {
    [CEL_OP_NOT] = negate_bool,
    [CEL_OP_NEGATE] = negate,
    [CEL_OP_ADD] = add,
    [CEL_OP_SUBTRACT] = subtract,
    [CEL_OP_MULTIPLY] = multiply,
    [CEL_OP_DIVIDE] = divide,
    [CEL_OP_MODULO] = modulo,
    [CEL_OP_EQUAL] = cel_equal_charged,
    [CEL_OP_NOT_EQUAL] = not_equal,
    [CEL_OP_LESS] = less,
    [CEL_OP_LESS_EQUAL] = less_equal,
    [CEL_OP_GREATER] = greater,
    [CEL_OP_GREATER_EQUAL] = greater_equal,
    [CEL_OP_IN] = cel_operate_in,
};
