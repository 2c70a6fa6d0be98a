/* SPDX-License-Identifier: Apache-2.0
 *
 * The standard library: sizes, texts, conversions. What else is about time is lib-time.c's.
 */
#include "expr/lib-standard.h"

#include <errno.h>
#include <math.h>

#include "base/utf8.h"
#include "expr/eval-impl.h"
#include "expr/lib.h"

/* Longest text of a number that is worth reading; one of that many digits has no more to say. */
#define MAX_NUMBER_BYTES 1024u
#define MAX_PRINTED      64u

static struct cel_value fail_range(struct cel_eval *ev, const char *type)
{
	return cel_fail(ev, CEL_RANGE, "%s", type);
}

static struct cel_value fail_conversion(struct cel_eval *ev, struct cel_value v, const char *to)
{
	struct str text = cel_text(v);

	return cel_fail(ev, CEL_CONVERSION, "type conversion error from 'string' to '%s': " STR_FMT, to,
	                (int)(text.len < 60 ? text.len : 0), text.ptr);
}

/* ---- sizes and texts ---------------------------------------------------------------------------------- */

static struct cel_value size(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	(void)n_args;
	if (args[0].kind != CEL_STRING)
		return cel_int(args[0].n);
	if (!cel_charge(ev, args[0].n / 10))
		return cel_aborted();
	return cel_int((int64_t)cel_text_size(cel_text(args[0])));
}

bool cel_text_contains(struct str text, struct str part)
{
	return part.len == 0 || (part.len <= text.len && memmem(text.ptr, text.len, part.ptr, part.len) != NULL);
}

struct cel_value cel_std_contains(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	(void)n_args;
	if (!cel_charge(ev, cel_units_of((uint64_t)args[0].n + args[1].n)))
		return cel_aborted();
	return cel_bool(cel_text_contains(cel_text(args[0]), cel_text(args[1])));
}

struct cel_value cel_std_starts_with(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	(void)n_args;
	if (!cel_charge(ev, args[1].n / 10))
		return cel_aborted();
	return cel_bool(str_starts_with(cel_text(args[0]), cel_text(args[1])));
}

struct cel_value cel_std_ends_with(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	(void)n_args;
	if (!cel_charge(ev, args[1].n / 10))
		return cel_aborted();
	return cel_bool(str_ends_with(cel_text(args[0]), cel_text(args[1])));
}

struct cel_value cel_std_matches(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	(void)n_args;
	return cel_regex_match_once(ev, cel_text(args[0]), cel_text(args[1]));
}

/* ---- conversions -------------------------------------------------------------------------------------- */

struct cel_value cel_std_dyn(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	(void)ev;
	(void)n_args;
	return args[0];
}

static struct cel_value type_of(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	(void)n_args;
	return cel_type_value(cel_type_of(ev->env, args[0]));
}

/* Decimal digits with an optional sign; false: something else, or beyond 64 bits. */
static bool read_digits(struct str s, bool *ret_is_negative, uint64_t *ret)
{
	uint64_t n = 0;
	size_t i = 0;

	*ret_is_negative = s.len > 0 && s.ptr[0] == '-';
	if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+'))
		i = 1;
	if (i == s.len)
		return false;
	for (; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9' || __builtin_mul_overflow(n, 10u, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(s.ptr[i] - '0'), &n))
			return false;
	}
	*ret = n;
	return true;
}

static struct cel_value int_of_text(struct cel_eval *ev, struct cel_value v)
{
	bool is_negative;
	uint64_t n;

	if (!read_digits(cel_text(v), &is_negative, &n) || n > (uint64_t)INT64_MAX + is_negative)
		return fail_conversion(ev, v, "int");
	return cel_int((int64_t)(is_negative ? 0 - n : n));
}

static struct cel_value to_int(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	struct cel_value v = args[0];

	(void)n_args;
	if (v.kind == CEL_UINT)
		return v.u <= INT64_MAX ? cel_int((int64_t)v.u) : fail_range(ev, "int");
	if (v.kind == CEL_DOUBLE)
		return v.d > -0x1p63 && v.d < 0x1p63 ? cel_int((int64_t)v.d) : fail_range(ev, "int");
	if (v.kind == CEL_STRING)
		return int_of_text(ev, v);
	/* Of timestamps the seconds, of durations the nanoseconds. */
	return cel_int(v.i);
}

static struct cel_value to_uint(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	struct cel_value v = args[0];
	bool is_negative;
	uint64_t n;

	(void)n_args;
	if (v.kind == CEL_INT)
		return v.i >= 0 ? cel_uint((uint64_t)v.i) : fail_range(ev, "uint");
	if (v.kind == CEL_DOUBLE)
		return v.d >= 0 && v.d < 0x1p64 ? cel_uint((uint64_t)v.d) : fail_range(ev, "uint");
	if (v.kind == CEL_UINT)
		return v;
	if (!read_digits(cel_text(v), &is_negative, &n) || cel_text(v).ptr[0] == '-' || cel_text(v).ptr[0] == '+')
		return fail_conversion(ev, v, "uint");
	return cel_uint(n);
}

/* What strtod() reads beyond the language: white space in front, "nan(…)". */
static bool is_number_text(struct str s)
{
	return s.len > 0 && s.len < MAX_NUMBER_BYTES && !memchr(s.ptr, '\0', s.len) && !memchr(s.ptr, '(', s.len) &&
	       (unsigned char)s.ptr[0] > ' ';
}

static struct cel_value double_of_text(struct cel_eval *ev, struct cel_value v)
{
	char text[MAX_NUMBER_BYTES + 1];
	struct str s = cel_text(v);
	char *end;
	double d;

	if (!is_number_text(s))
		return fail_conversion(ev, v, "double");
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	/* The program never calls setlocale(): the point is a point. */
	errno = 0;
	d = strtod(text, &end);
	if (*end != '\0' || (errno == ERANGE && isinf(d)))
		return fail_conversion(ev, v, "double");
	return cel_double(d);
}

static struct cel_value to_double(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	struct cel_value v = args[0];

	(void)n_args;
	if (v.kind == CEL_INT)
		return cel_double((double)v.i);
	if (v.kind == CEL_UINT)
		return cel_double((double)v.u);
	return v.kind == CEL_STRING ? double_of_text(ev, v) : v;
}

static struct cel_value to_bool(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	static const struct {
		struct str text;
		bool value;
	} words[] = {
	    {STR_INIT("1"), true},      {STR_INIT("t"), true},      {STR_INIT("T"), true},
	    {STR_INIT("true"), true},   {STR_INIT("TRUE"), true},   {STR_INIT("True"), true},
	    {STR_INIT("0"), false},     {STR_INIT("f"), false},     {STR_INIT("F"), false},
	    {STR_INIT("false"), false}, {STR_INIT("FALSE"), false}, {STR_INIT("False"), false},
	};

	(void)n_args;
	if (args[0].kind == CEL_BOOL)
		return args[0];
	for (size_t i = 0; i < N_ELEMENTS(words); i++) {
		if (str_eq(cel_text(args[0]), words[i].text))
			return cel_bool(words[i].value);
	}
	return fail_conversion(ev, args[0], "bool");
}

static struct cel_value string_of_bytes(struct cel_eval *ev, struct cel_value v)
{
	if (!cel_charge(ev, cel_units_of(v.n)))
		return cel_aborted();
	if (!utf8_is_valid(cel_text(v)))
		return cel_fail_with(ev, CEL_CONVERSION, STR("invalid UTF-8 in bytes, cannot convert to string"));
	return cel_string(cel_text(v));
}

static struct cel_value to_string(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(MAX_PRINTED);
	struct cel_value v = args[0];

	(void)n_args;
	switch ((enum cel_kind)v.kind) {
	case CEL_STRING:
		return v;
	case CEL_BYTES:
		return string_of_bytes(ev, v);
	case CEL_BOOL:
		return cel_string(v.b ? STR("true") : STR("false"));
	case CEL_INT:
		buf_addf(&out, "%lld", (long long)v.i);
		break;
	case CEL_UINT:
		buf_add_u64(&out, v.u);
		break;
	case CEL_DOUBLE:
		cel_double_print(&out, v.d);
		break;
	case CEL_TIMESTAMP:
		cel_time_print(&out, v);
		break;
	case CEL_DURATION:
		cel_duration_print(&out, v);
		break;
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
		assert(false && "no overload has it");
	}
	assert(!out.overflowed);
	return cel_make_string(ev, buf_str(&out));
}

static struct cel_value to_bytes(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	(void)ev;
	(void)n_args;
	return cel_bytes(cel_text(args[0]));
}

/* ---- the table ----------------------------------------------------------------------------------------- */

static const struct cel_type type_param_a = {.kind = CEL_TYPE_PARAM, .name = STR_INIT("A")};
static const struct cel_type type_param_b = {.kind = CEL_TYPE_PARAM, .name = STR_INIT("B")};
static const struct cel_type type_list_a = {.kind = CEL_TYPE_LIST, .n_params = 1, .params = {&type_param_a}};
static const struct cel_type type_map_a_b = {
    .kind = CEL_TYPE_MAP, .n_params = 2, .params = {&type_param_a, &type_param_b}};
static const struct cel_type type_type_a = {.kind = CEL_TYPE_TYPE, .n_params = 1, .params = {&type_param_a}};

/* A function of one argument, and of two texts. */
#define ONE(fn_name, fn_id, more_flags, param, yields, fn)                                                             \
	{                                                                                                              \
		.name = STR_INIT(fn_name), .id = STR_INIT(fn_id), .flags = CEL_PURE | (more_flags), .params = {param}, \
		.n_params = 1, .result = yields, .call = fn                                                            \
	}
#define TWO_TEXTS(fn_name, fn_id, more_flags, fn)                                                                      \
	{                                                                                                              \
		.name = STR_INIT(fn_name), .id = STR_INIT(fn_id), .flags = CEL_PURE | (more_flags),                    \
		.params = {&cel_type_string, &cel_type_string}, .n_params = 2, .result = &cel_type_bool, .call = fn    \
	}

/* clang-format off */
static const struct cel_overload overloads[] = {
	ONE("size", "size_string", 0, &cel_type_string, &cel_type_int, size),
	ONE("size", "size_bytes", 0, &cel_type_bytes, &cel_type_int, size),
	ONE("size", "size_list", 0, &type_list_a, &cel_type_int, size),
	ONE("size", "size_map", 0, &type_map_a_b, &cel_type_int, size),
	ONE("size", "string_size", CEL_RECEIVER, &cel_type_string, &cel_type_int, size),
	ONE("size", "bytes_size", CEL_RECEIVER, &cel_type_bytes, &cel_type_int, size),
	ONE("size", "list_size", CEL_RECEIVER, &type_list_a, &cel_type_int, size),
	ONE("size", "map_size", CEL_RECEIVER, &type_map_a_b, &cel_type_int, size),

	TWO_TEXTS("contains", "contains_string", CEL_RECEIVER, cel_std_contains),
	TWO_TEXTS("startsWith", "starts_with_string", CEL_RECEIVER, cel_std_starts_with),
	TWO_TEXTS("endsWith", "ends_with_string", CEL_RECEIVER, cel_std_ends_with),
	TWO_TEXTS("matches", "matches", 0, cel_std_matches),
	TWO_TEXTS("matches", "matches_string", CEL_RECEIVER, cel_std_matches),

	ONE("type", "type", 0, &type_param_a, &type_type_a, type_of),
	ONE("dyn", "to_dyn", 0, &type_param_a, &cel_type_dyn, cel_std_dyn),

	ONE("int", "int64_to_int64", 0, &cel_type_int, &cel_type_int, to_int),
	ONE("int", "uint64_to_int64", 0, &cel_type_uint, &cel_type_int, to_int),
	ONE("int", "double_to_int64", 0, &cel_type_double, &cel_type_int, to_int),
	ONE("int", "string_to_int64", 0, &cel_type_string, &cel_type_int, to_int),
	ONE("int", "timestamp_to_int64", 0, &cel_type_timestamp, &cel_type_int, to_int),
	ONE("int", "duration_to_int64", 0, &cel_type_duration, &cel_type_int, to_int),

	ONE("uint", "uint64_to_uint64", 0, &cel_type_uint, &cel_type_uint, to_uint),
	ONE("uint", "int64_to_uint64", 0, &cel_type_int, &cel_type_uint, to_uint),
	ONE("uint", "double_to_uint64", 0, &cel_type_double, &cel_type_uint, to_uint),
	ONE("uint", "string_to_uint64", 0, &cel_type_string, &cel_type_uint, to_uint),

	ONE("double", "double_to_double", 0, &cel_type_double, &cel_type_double, to_double),
	ONE("double", "int64_to_double", 0, &cel_type_int, &cel_type_double, to_double),
	ONE("double", "uint64_to_double", 0, &cel_type_uint, &cel_type_double, to_double),
	ONE("double", "string_to_double", 0, &cel_type_string, &cel_type_double, to_double),

	ONE("bool", "bool_to_bool", 0, &cel_type_bool, &cel_type_bool, to_bool),
	ONE("bool", "string_to_bool", 0, &cel_type_string, &cel_type_bool, to_bool),

	ONE("string", "string_to_string", 0, &cel_type_string, &cel_type_string, to_string),
	ONE("string", "bool_to_string", 0, &cel_type_bool, &cel_type_string, to_string),
	ONE("string", "int64_to_string", 0, &cel_type_int, &cel_type_string, to_string),
	ONE("string", "uint64_to_string", 0, &cel_type_uint, &cel_type_string, to_string),
	ONE("string", "double_to_string", 0, &cel_type_double, &cel_type_string, to_string),
	ONE("string", "bytes_to_string", 0, &cel_type_bytes, &cel_type_string, to_string),
	ONE("string", "timestamp_to_string", 0, &cel_type_timestamp, &cel_type_string, to_string),
	ONE("string", "duration_to_string", 0, &cel_type_duration, &cel_type_string, to_string),

	ONE("bytes", "bytes_to_bytes", 0, &cel_type_bytes, &cel_type_bytes, to_bytes),
	ONE("bytes", "string_to_bytes", 0, &cel_type_string, &cel_type_bytes, to_bytes),
};
/* clang-format on */

const struct cel_overload_table cel_lib_standard = {overloads, N_ELEMENTS(overloads)};
