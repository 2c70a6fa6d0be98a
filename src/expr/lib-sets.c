/* SPDX-License-Identifier: Apache-2.0
 *
 * sets.*: lists as sets, whose elements are the same when == says so. Every element of one is compared with those of
 * the other until it is found.
 */
#include "expr/lib.h"
#include "expr/operators.h"

/* Is every element of `part` in `list`? With `wanted` false: is none? Stops at the first that is otherwise. */
static struct cel_value all(struct cel_eval *ev, struct cel_value list, struct cel_value part, bool wanted)
{
	for (uint32_t i = 0; i < part.n; i++) {
		struct cel_value is_in = cel_operate_in(ev, cel_list_at(part, i), list);
		if (is_in.kind != CEL_BOOL)
			return is_in;
		if (is_in.b != wanted)
			return cel_bool(false);
	}
	return cel_bool(true);
}

static struct cel_value contains(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	return all(ev, args[0], args[1], true);
}

static struct cel_value equivalent(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_value contained = all(ev, args[0], args[1], true);

	return contained.kind == CEL_BOOL && contained.b ? all(ev, args[1], args[0], true) : contained;
}

static struct cel_value intersects(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_value are_apart = all(ev, args[0], args[1], false);

	return are_apart.kind == CEL_BOOL ? cel_bool(!are_apart.b) : are_apart;
}

static const struct cel_type element = {.kind = CEL_TYPE_PARAM, .name = STR_INIT("T")};
static const struct cel_type list_of_t = {.kind = CEL_TYPE_LIST, .n_params = 1, .params = {&element}};

#define OF_TWO_LISTS(function, overload_id, how)                                                                       \
	{                                                                                                              \
		.name = STR_INIT(function), .id = STR_INIT(overload_id), .flags = CEL_PURE,                            \
		.params = {&list_of_t, &list_of_t}, .n_params = 2, .result = &cel_type_bool, .call = how               \
	}

static const struct cel_overload overloads[] = {
    OF_TWO_LISTS("sets.contains", "list_sets_contains_list", contains),
    OF_TWO_LISTS("sets.equivalent", "list_sets_equivalent_list", equivalent),
    OF_TWO_LISTS("sets.intersects", "list_sets_intersects_list", intersects),
};
const struct cel_overload_table cel_lib_sets = {overloads, N_ELEMENTS(overloads)};
