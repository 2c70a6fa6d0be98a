/* SPDX-License-Identifier: Apache-2.0
 *
 * sets.*: lists as sets, whose elements are the same when == says so. Every element of one is compared with those of
 * the other until it is found.
 */
#include "expr/lib.h"

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_ABORTED };

static enum answer has(struct cel_eval *ev, struct cel_value list, struct cel_value v)
{
	for (uint32_t i = 0; i < list.n; i++) {
		struct cel_value candidate = cel_list_at(list, i);
		/* Equality of texts looks at the shorter one at most. */
		uint64_t n =
		    v.kind == CEL_STRING || v.kind == CEL_BYTES || v.kind == CEL_LIST || v.kind == CEL_MAP ? v.n : 0;
		if (!cel_charge(ev, cel_units_of(candidate.kind == v.kind ? n : 0)))
			return ANSWER_ABORTED;
		if (cel_equal(candidate, v, NULL))
			return ANSWER_YES;
	}
	return ANSWER_NO;
}

/* Is every element of `part` in `list`? With `wanted` no: is none? Stops at the first that is otherwise. */
static enum answer all(struct cel_eval *ev, struct cel_value list, struct cel_value part, enum answer wanted)
{
	for (uint32_t i = 0; i < part.n; i++) {
		enum answer answer = has(ev, list, cel_list_at(part, i));
		if (answer != wanted)
			return answer == ANSWER_ABORTED ? answer : ANSWER_NO;
	}
	return ANSWER_YES;
}

static struct cel_value value_of(enum answer answer)
{
	return answer == ANSWER_ABORTED ? cel_aborted() : cel_bool(answer == ANSWER_YES);
}

static struct cel_value contains(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	return value_of(all(ev, args[0], args[1], ANSWER_YES));
}

static struct cel_value equivalent(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	enum answer answer = all(ev, args[0], args[1], ANSWER_YES);

	return value_of(answer == ANSWER_YES ? all(ev, args[1], args[0], ANSWER_YES) : answer);
}

static struct cel_value intersects(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	switch (all(ev, args[0], args[1], ANSWER_NO)) {
	case ANSWER_YES:
		return cel_bool(false);
	case ANSWER_NO:
		return cel_bool(true);
	case ANSWER_ABORTED:
		break;
	}
	return cel_aborted();
}

static const struct cel_type T = {.kind = CEL_TYPE_PARAM, .name = STR_INIT("T")};
static const struct cel_type list_of_t = {.kind = CEL_TYPE_LIST, .n_params = 1, .params = {&T}};

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
