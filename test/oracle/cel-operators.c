/* SPDX-License-Identifier: Apache-2.0 */
#include "cel-oracle.h"

#define NS_A_SECOND  INT64_C(1000000000)
#define FIRST_SECOND INT64_C(-62135596800) /* of the year 1 */
#define LAST_SECOND  INT64_C(253402300799) /* of the year 9999 */

/* ---- arithmetic ----------------------------------------------------------------------------------------------------
 */

static struct oracle_value checked_int(bool overflows, int64_t i)
{
	return overflows ? oracle_error() : oracle_int(i);
}

static struct oracle_value int_arithmetic(enum cel_op op, int64_t a, int64_t b)
{
	int64_t r = 0;
	bool overflows;

	if (op == CEL_OP_ADD)
		overflows = __builtin_add_overflow(a, b, &r);
	else if (op == CEL_OP_SUBTRACT)
		overflows = __builtin_sub_overflow(a, b, &r);
	else if (op == CEL_OP_MULTIPLY)
		overflows = __builtin_mul_overflow(a, b, &r);
	else if (b == 0 || (a == INT64_MIN && b == -1))
		overflows = true;
	else {
		overflows = false;
		r = op == CEL_OP_DIVIDE ? a / b : a % b;
	}
	return checked_int(overflows, r);
}

static struct oracle_value uint_arithmetic(enum cel_op op, uint64_t a, uint64_t b)
{
	uint64_t r = 0;
	bool overflows;

	if (op == CEL_OP_ADD)
		overflows = __builtin_add_overflow(a, b, &r);
	else if (op == CEL_OP_SUBTRACT)
		overflows = __builtin_sub_overflow(a, b, &r);
	else if (op == CEL_OP_MULTIPLY)
		overflows = __builtin_mul_overflow(a, b, &r);
	else {
		overflows = b == 0;
		r = overflows ? 0 : op == CEL_OP_DIVIDE ? a / b : a % b;
	}
	return overflows ? oracle_error() : oracle_uint(r);
}

static struct oracle_value double_arithmetic(enum cel_op op, double a, double b)
{
	if (op == CEL_OP_ADD)
		return oracle_double(a + b);
	if (op == CEL_OP_SUBTRACT)
		return oracle_double(a - b);
	if (op == CEL_OP_MULTIPLY)
		return oracle_double(a * b);
	return op == CEL_OP_DIVIDE ? oracle_double(a / b) : oracle_error();
}

/* a before b: strings, bytes and lists. */
static struct oracle_value concat(struct arena *a, struct oracle_value x, struct oracle_value y)
{
	struct oracle_value r = {.kind = x.kind, .n = x.n + y.n};

	if (x.kind == O_STRING) {
		uint32_t *text = ARENA_ARRAY(a, uint32_t, r.n);
		for (size_t i = 0; i < r.n; i++)
			text[i] = i < x.n ? x.text[i] : y.text[i - x.n];
		r.text = text;
	} else if (x.kind == O_BYTES) {
		unsigned char *bytes = ARENA_ARRAY(a, unsigned char, r.n);
		for (size_t i = 0; i < r.n; i++)
			bytes[i] = i < x.n ? x.bytes[i] : y.bytes[i - x.n];
		r.bytes = bytes;
	} else {
		struct oracle_value *items = ARENA_ARRAY(a, struct oracle_value, r.n);
		for (size_t i = 0; i < r.n; i++)
			items[i] = i < x.n ? x.items[i] : y.items[i - x.n];
		r.items = items;
	}
	return r;
}

/* Times in nanoseconds need more than 64 bits. */
static __int128 ns_of(struct oracle_value v)
{
	return v.kind == O_TIMESTAMP ? (__int128)v.i * NS_A_SECOND + v.ns : v.i;
}

static struct oracle_value time_of(__int128 ns)
{
	__int128 seconds = ns / NS_A_SECOND - (ns % NS_A_SECOND < 0);

	if (seconds < FIRST_SECOND || seconds > LAST_SECOND)
		return oracle_error();
	return (struct oracle_value){
	    .kind = O_TIMESTAMP, .i = (int64_t)seconds, .ns = (uint32_t)(ns - seconds * NS_A_SECOND)};
}

static struct oracle_value duration_of(__int128 ns)
{
	if (ns < INT64_MIN || ns > INT64_MAX)
		return oracle_error();
	return (struct oracle_value){.kind = O_DURATION, .i = (int64_t)ns};
}

static struct oracle_value time_arithmetic(enum cel_op op, struct oracle_value x, struct oracle_value y)
{
	bool x_is_time = x.kind == O_TIMESTAMP, y_is_time = y.kind == O_TIMESTAMP;

	if (op == CEL_OP_ADD && !(x_is_time && y_is_time))
		return x_is_time || y_is_time ? time_of(ns_of(x) + ns_of(y)) : duration_of(ns_of(x) + ns_of(y));
	/* A duration is subtracted from a time by adding its negative, which the smallest one has not. */
	if (op == CEL_OP_SUBTRACT && x_is_time && !y_is_time && y.i == INT64_MIN)
		return oracle_error();
	if (op == CEL_OP_SUBTRACT && (x_is_time || !y_is_time))
		return x_is_time && !y_is_time ? time_of(ns_of(x) - ns_of(y)) : duration_of(ns_of(x) - ns_of(y));
	return oracle_error();
}

static bool is_time(struct oracle_value v)
{
	return v.kind == O_TIMESTAMP || v.kind == O_DURATION;
}

static struct oracle_value arithmetic(struct arena *a, enum cel_op op, struct oracle_value x, struct oracle_value y)
{
	if (is_time(x) && is_time(y))
		return time_arithmetic(op, x, y);
	if (x.kind != y.kind)
		return oracle_error();
	if (x.kind == O_INT)
		return int_arithmetic(op, x.i, y.i);
	if (x.kind == O_UINT)
		return uint_arithmetic(op, x.u, y.u);
	if (x.kind == O_DOUBLE)
		return double_arithmetic(op, x.d, y.d);
	if (op == CEL_OP_ADD && (x.kind == O_STRING || x.kind == O_BYTES || x.kind == O_LIST))
		return concat(a, x, y);
	return oracle_error();
}

/* ---- relations -----------------------------------------------------------------------------------------------------
 */

static struct oracle_value relation(enum cel_op op, struct oracle_value x, struct oracle_value y)
{
	int order = oracle_compare(x, y);

	if (order == 3)
		return oracle_error();
	return oracle_bool((op == CEL_OP_LESS && order == -1) || (op == CEL_OP_GREATER && order == 1) ||
	                   (op == CEL_OP_LESS_EQUAL && (order == -1 || order == 0)) ||
	                   (op == CEL_OP_GREATER_EQUAL && (order == 1 || order == 0)));
}

static struct oracle_value is_in(struct oracle_value x, struct oracle_value y)
{
	if (y.kind == O_MAP)
		return oracle_bool(oracle_find(y, x) != NULL);
	if (y.kind != O_LIST)
		return oracle_error();
	for (size_t i = 0; i < y.n; i++) {
		if (oracle_equal(x, y.items[i]))
			return oracle_bool(true);
	}
	return oracle_bool(false);
}

struct oracle_value oracle_binary(struct arena *a, enum cel_op op, struct oracle_value x, struct oracle_value y)
{
	if (x.kind == O_ERROR || y.kind == O_ERROR)
		return oracle_error();
	if (op == CEL_OP_EQUAL || op == CEL_OP_NOT_EQUAL)
		return oracle_bool(oracle_equal(x, y) == (op == CEL_OP_EQUAL));
	if (op == CEL_OP_IN)
		return is_in(x, y);
	if (op == CEL_OP_LESS || op == CEL_OP_LESS_EQUAL || op == CEL_OP_GREATER || op == CEL_OP_GREATER_EQUAL)
		return relation(op, x, y);
	return arithmetic(a, op, x, y);
}

struct oracle_value oracle_unary(enum cel_op op, struct oracle_value x)
{
	if (op == CEL_OP_NOT)
		return x.kind == O_BOOL ? oracle_bool(!x.b) : oracle_error();
	if (x.kind == O_INT)
		return checked_int(x.i == INT64_MIN, x.i == INT64_MIN ? 0 : -x.i);
	return x.kind == O_DOUBLE ? oracle_double(-x.d) : oracle_error();
}
