/* SPDX-License-Identifier: Apache-2.0
 *
 * math.*: the greatest and least of numbers, rounding, kinds of doubles, bits. Nothing overflows silently.
 */
#include <math.h>

#include "expr/lib.h"

/* ---- greatest and least ------------------------------------------------------------------------------------------ */

static bool is_number(struct cel_value v)
{
	return v.kind == CEL_INT || v.kind == CEL_UINT || v.kind == CEL_DOUBLE;
}

/* The first of the list that none other is before in that order; of one number: it. */
static struct cel_value extreme(struct cel_eval *ev, struct cel_value v, enum cel_order wanted, const char *name)
{
	if (v.kind != CEL_LIST)
		return v;
	if (!v.n)
		return cel_fail(ev, CEL_BAD_ARGUMENT, "%s(list) argument must not be empty", name);
	if (!cel_charge(ev, v.n))
		return cel_aborted();
	struct cel_value best = cel_list_at(v, 0);
	for (uint32_t i = 0; i < v.n; i++) {
		struct cel_value candidate = cel_list_at(v, i);
		if (!is_number(candidate))
			return cel_fail(ev, CEL_NO_SUCH_OVERLOAD, "%s", name);
		if (cel_compare(candidate, best) == wanted)
			best = candidate;
	}
	return best;
}

static struct cel_value greatest(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	return extreme(ev, args[0], CEL_GREATER, "math.greatest");
}

static struct cel_value least(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	return extreme(ev, args[0], CEL_LESS, "math.least");
}

/* ---- doubles ----------------------------------------------------------------------------------------------------- */

/* Defines a function of one double, `d`. */
#define OF_DOUBLE(name, what)                                                                                          \
	static struct cel_value name(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)   \
	{                                                                                                              \
		double d = args[0].d;                                                                                  \
                                                                                                                       \
		return what;                                                                                           \
	}
OF_DOUBLE(ceiling, cel_double(ceil(d)))
OF_DOUBLE(floor_of, cel_double(floor(d)))
OF_DOUBLE(round_half_away, cel_double(round(d)))
OF_DOUBLE(truncate, cel_double(trunc(d)))
OF_DOUBLE(is_nan, cel_bool(isnan(d)))
OF_DOUBLE(is_inf, cel_bool(isinf(d)))
OF_DOUBLE(is_finite, cel_bool(isfinite(d)))
OF_DOUBLE(abs_double, cel_double(fabs(d)))
OF_DOUBLE(sign_double, cel_double(isnan(d) ? d : (d > 0) - (d < 0)))
OF_DOUBLE(sqrt_double, cel_double(sqrt(d)))

static struct cel_value sqrt_int(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	return cel_double(sqrt((double)args[0].i));
}

static struct cel_value sqrt_uint(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	return cel_double(sqrt((double)args[0].u));
}

/* ---- integers ---------------------------------------------------------------------------------------------------- */

static struct cel_value abs_int(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	if (args[0].i == INT64_MIN)
		return cel_fail(ev, CEL_INTEGER_OVERFLOW, "math.abs");
	return cel_int(args[0].i < 0 ? -args[0].i : args[0].i);
}

static struct cel_value itself(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	return args[0];
}

static struct cel_value sign_int(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	return cel_int((args[0].i > 0) - (args[0].i < 0));
}

static struct cel_value sign_uint(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	return cel_uint(args[0].u > 0);
}

/* ---- bits: the same for int and uint ----------------------------------------------------------------------------- */

/* Defines a function of the bits `a` and `b` of its arguments, whose result is of the kind of the first. */
#define OF_BITS(name, what)                                                                                            \
	static struct cel_value name(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args)          \
	{                                                                                                              \
		uint64_t a = args[0].u;                                                                                \
		uint64_t b UNUSED = n_args == 2 ? args[1].u : 0;                                                       \
                                                                                                                       \
		return (struct cel_value){.kind = args[0].kind, .u = (what)};                                          \
	}
OF_BITS(bit_and, a &b)
OF_BITS(bit_or, a | b)
OF_BITS(bit_xor, a ^ b)
OF_BITS(bit_not, ~a)

/* Beyond the last bit nothing is left; the sign is a bit like the others. */
static struct cel_value bit_shift_left(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	if (args[1].i < 0)
		return cel_fail(ev, CEL_BAD_ARGUMENT, "math.bitShiftLeft() negative offset: %lld",
		                (long long)args[1].i);
	return (struct cel_value){.kind = args[0].kind, .u = args[1].i < 64 ? args[0].u << args[1].i : 0};
}

static struct cel_value bit_shift_right(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	if (args[1].i < 0)
		return cel_fail(ev, CEL_BAD_ARGUMENT, "math.bitShiftRight() negative offset: %lld",
		                (long long)args[1].i);
	return (struct cel_value){.kind = args[0].kind, .u = args[1].i < 64 ? args[0].u >> args[1].i : 0};
}

#define LIST_OF(type)                                                                                                  \
	&(const struct cel_type)                                                                                       \
	{                                                                                                              \
		.kind = CEL_TYPE_LIST, .n_params = 1, .params = { type }                                               \
	}
#define FUNCTION(function, overload_id, to, how, ...)                                                                  \
	{                                                                                                              \
		.name = STR_INIT("math." function), .id = STR_INIT("math_" overload_id), .flags = CEL_PURE,            \
		.params = {__VA_ARGS__}, .result = to, .call = how,                                                    \
		.n_params = sizeof((const void *[]){__VA_ARGS__}) / sizeof(void *)                                     \
	}
#define I &cel_type_int
#define U &cel_type_uint
#define D &cel_type_double
#define B &cel_type_bool

/* The parser makes one list of several arguments. */
#define EXTREME(function, how)                                                                                         \
	FUNCTION(function, function "_int", I, how, I), FUNCTION(function, function "_uint", U, how, U),               \
	    FUNCTION(function, function "_double", D, how, D),                                                         \
	    FUNCTION(function, function "_list_int", I, how, LIST_OF(I)),                                              \
	    FUNCTION(function, function "_list_uint", U, how, LIST_OF(U)),                                             \
	    FUNCTION(function, function "_list_double", D, how, LIST_OF(D))
/* The same for int and uint. */
#define BITS(function, id, how)                                                                                        \
	FUNCTION(function, id "_int_int", I, how, I, I), FUNCTION(function, id "_uint_uint", U, how, U, U)

static const struct cel_overload overloads[] = {
    EXTREME("greatest", greatest),
    EXTREME("least", least),
    FUNCTION("ceil", "ceil_double", D, ceiling, D),
    FUNCTION("floor", "floor_double", D, floor_of, D),
    FUNCTION("round", "round_double", D, round_half_away, D),
    FUNCTION("trunc", "trunc_double", D, truncate, D),
    FUNCTION("abs", "abs_double", D, abs_double, D),
    FUNCTION("abs", "abs_int", I, abs_int, I),
    FUNCTION("abs", "abs_uint", U, itself, U),
    FUNCTION("sign", "sign_double", D, sign_double, D),
    FUNCTION("sign", "sign_int", I, sign_int, I),
    FUNCTION("sign", "sign_uint", U, sign_uint, U),
    FUNCTION("sqrt", "sqrt_double", D, sqrt_double, D),
    FUNCTION("sqrt", "sqrt_int", D, sqrt_int, I),
    FUNCTION("sqrt", "sqrt_uint", D, sqrt_uint, U),
    FUNCTION("isNaN", "isNaN_double", B, is_nan, D),
    FUNCTION("isInf", "isInf_double", B, is_inf, D),
    FUNCTION("isFinite", "isFinite_double", B, is_finite, D),
    BITS("bitAnd", "bitAnd", bit_and),
    BITS("bitOr", "bitOr", bit_or),
    BITS("bitXor", "bitXor", bit_xor),
    FUNCTION("bitNot", "bitNot_int_int", I, bit_not, I),
    FUNCTION("bitNot", "bitNot_uint_uint", U, bit_not, U),
    FUNCTION("bitShiftLeft", "bitShiftLeft_int_int", I, bit_shift_left, I, I),
    FUNCTION("bitShiftLeft", "bitShiftLeft_uint_int", U, bit_shift_left, U, I),
    FUNCTION("bitShiftRight", "bitShiftRight_int_int", I, bit_shift_right, I, I),
    FUNCTION("bitShiftRight", "bitShiftRight_uint_int", U, bit_shift_right, U, I),
};
const struct cel_overload_table cel_lib_math = {overloads, N_ELEMENTS(overloads)};
