/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions of optional values. Access (a.?b, a[?b]) and the macros optMap and optFlatMap are the evaluator's.
 */
#include "expr/collect.h"
#include "expr/lib.h"

static struct cel_value of(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	return cel_make_optional(ev, args[0]);
}

static struct cel_value none(struct cel_eval *ev UNUSED, const struct cel_value *args UNUSED, size_t n_args UNUSED)
{
	return cel_optional(NULL);
}

/* Is it what its type has when nothing was said? The zero of timestamps is the start of the year 1. */
static bool is_zero(struct cel_value v)
{
	switch ((enum cel_kind)v.kind) {
	case CEL_NULL:
		return true;
	case CEL_BOOL:
		return !v.b;
	case CEL_INT:
	case CEL_UINT:
	case CEL_DURATION:
		return v.i == 0;
	case CEL_DOUBLE:
		return v.d == 0;
	case CEL_STRING:
	case CEL_BYTES:
	case CEL_LIST:
	case CEL_MAP:
		return v.n == 0;
	case CEL_TIMESTAMP:
		return v.i == INT64_C(-62135596800) && v.n == 0;
	case CEL_OPTIONAL:
		return !v.items;
	case CEL_ERROR:
	case CEL_TYPE:
	case CEL_STRUCT:
	case CEL_IP:
	case CEL_CIDR:
	case CEL_OPAQUE:
	case CEL_N_KINDS:
		break;
	}
	return false;
}

static struct cel_value of_non_zero_value(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	return is_zero(args[0]) ? cel_optional(NULL) : cel_make_optional(ev, args[0]);
}

static struct cel_value has_value(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	return cel_bool(args[0].items != NULL);
}

static struct cel_value value(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	return args[0].items ? *args[0].items : cel_fail(ev, CEL_BAD_ARGUMENT, "optional.none() dereference");
}

static struct cel_value or_optional(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	return args[0].items ? args[0] : args[1];
}

static struct cel_value or_value(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	return args[0].items ? *args[0].items : args[1];
}

/* The values of those that have one. */
static struct cel_value unwrap(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_collect values = {.ev = ev};

	if (!cel_charge(ev, args[0].n))
		return cel_aborted();
	for (uint32_t i = 0; i < args[0].n; i++) {
		struct cel_value v = cel_list_at(args[0], i);
		if (v.kind != CEL_OPTIONAL)
			return cel_fail(ev, CEL_NO_SUCH_OVERLOAD, "optional.unwrap");
		if (v.items && !cel_collect_add(&values, *v.items))
			return cel_aborted();
	}
	return cel_collect_list(&values);
}

static const struct cel_type element = {.kind = CEL_TYPE_PARAM, .name = STR_INIT("T")};
static const struct cel_type optional_t = {.kind = CEL_TYPE_OPTIONAL, .n_params = 1, .params = {&element}};
static const struct cel_type list_of_t = {.kind = CEL_TYPE_LIST, .n_params = 1, .params = {&element}};
static const struct cel_type list_of_optional_t = {.kind = CEL_TYPE_LIST, .n_params = 1, .params = {&optional_t}};

#define FUNCTION(function, overload_id, from, n, to, how)                                                              \
	{                                                                                                              \
		.name = STR_INIT(function), .id = STR_INIT(overload_id), .flags = CEL_PURE, .params = {from},          \
		.n_params = n, .result = &to, .call = how                                                              \
	}
#define METHOD(function, overload_id, from, with, n, to, how)                                                          \
	{                                                                                                              \
		.name = STR_INIT(function), .id = STR_INIT(overload_id), .flags = CEL_PURE | CEL_RECEIVER,             \
		.params = {&from, with}, .n_params = n, .result = &to, .call = how                                     \
	}

static const struct cel_overload overloads[] = {
    FUNCTION("optional.of", "optional_of", &element, 1, optional_t, of),
    FUNCTION("optional.ofNonZeroValue", "optional_ofNonZeroValue", &element, 1, optional_t, of_non_zero_value),
    FUNCTION("optional.none", "optional_none", NULL, 0, optional_t, none),
    FUNCTION("optional.unwrap", "optional_unwrap", &list_of_optional_t, 1, list_of_t, unwrap),
    METHOD("unwrapOpt", "optional_unwrapOpt", list_of_optional_t, NULL, 1, list_of_t, unwrap),
    METHOD("hasValue", "optional_hasValue", optional_t, NULL, 1, cel_type_bool, has_value),
    METHOD("value", "optional_value", optional_t, NULL, 1, element, value),
    METHOD("or", "optional_or_optional", optional_t, &optional_t, 2, optional_t, or_optional),
    METHOD("orValue", "optional_orValue_value", optional_t, &element, 2, element, or_value),
};
const struct cel_overload_table cel_lib_optionals = {overloads, N_ELEMENTS(overloads)};
