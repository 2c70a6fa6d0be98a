/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions of lists. Results borrow their elements from the arguments.
 */
#include <string.h>

#include "expr/collect.h"
#include "expr/lib.h"
#include "expr/program.h"

/* ---- parts ------------------------------------------------------------------------------------------------------- */

static struct cel_value slice(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_value list = args[0];
	int64_t start = args[1].i, end = args[2].i;

	if (start < 0 || end < 0)
		return cel_fail(ev, CEL_BAD_ARGUMENT, "cannot slice(%lld, %lld), negative indexes not supported",
		                (long long)start, (long long)end);
	if (start > end)
		return cel_fail(ev, CEL_BAD_ARGUMENT,
		                "cannot slice(%lld, %lld), start index must be less than or equal to end index",
		                (long long)start, (long long)end);
	if (end > list.n)
		return cel_fail(ev, CEL_BAD_ARGUMENT, "cannot slice(%lld, %lld), list is length %u", (long long)start,
		                (long long)end, list.n);
	if (list.is_json)
		list.json_items += start;
	else if (list.n)
		list.items += start;
	list.n = (uint32_t)(end - start);
	return list;
}

static struct cel_value first(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	return args[0].n ? cel_make_optional(ev, cel_list_at(args[0], 0)) : cel_optional(NULL);
}

static struct cel_value last(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	return args[0].n ? cel_make_optional(ev, cel_list_at(args[0], args[0].n - 1)) : cel_optional(NULL);
}

/* ---- other lists ------------------------------------------------------------------------------------------------- */

/* Room for `n` elements, which are paid for; NULL: aborted. */
static struct cel_value *room(struct cel_eval *ev, uint64_t n)
{
	if (!cel_charge(ev, n))
		return NULL;
	return cel_alloc(ev, n > UINT32_MAX ? SIZE_MAX : n * sizeof(struct cel_value));
}

static struct cel_value range(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	uint64_t n = args[0].i > 0 ? (uint64_t)args[0].i : 0;
	struct cel_value *items = room(ev, n);

	if (!items)
		return cel_aborted();
	for (uint64_t i = 0; i < n; i++)
		items[i] = cel_int((int64_t)i);
	return cel_list(items, (uint32_t)n);
}

static struct cel_value reverse(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	uint32_t n = args[0].n;
	struct cel_value *items = room(ev, n);

	if (!items)
		return cel_aborted();
	for (uint32_t i = 0; i < n; i++)
		items[i] = cel_list_at(args[0], n - 1 - i);
	return cel_list(items, n);
}

/* A list whose elements are being taken. */
struct level {
	struct cel_value list;
	uint32_t next;
};

/* Lists within lists down to `depth` levels below the outermost dissolve. */
static struct cel_value flatten_to(struct cel_eval *ev, struct cel_value list, uint64_t depth)
{
	struct level stack[CEL_MAX_DEPTH] NO_INIT;
	struct cel_collect flat = {.ev = ev};
	size_t n = 0;

	stack[n++] = (struct level){list, 0};
	while (n) {
		struct level *l = &stack[n - 1];
		if (l->next == l->list.n) {
			n--;
			continue;
		}
		struct cel_value v = cel_list_at(l->list, l->next++);
		if (!cel_charge(ev, 1))
			return cel_aborted();
		if (v.kind == CEL_LIST && n <= depth) {
			if (n == CEL_MAX_DEPTH)
				return cel_fail(ev, CEL_BAD_ARGUMENT, "flatten: nested too deeply");
			stack[n++] = (struct level){v, 0};
		} else if (!cel_collect_add(&flat, v)) {
			return cel_aborted();
		}
	}
	return cel_collect_list(&flat);
}

static struct cel_value flatten(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	if (n_args == 1)
		return flatten_to(ev, args[0], 1);
	if (args[1].i < 0)
		return cel_fail(ev, CEL_BAD_ARGUMENT, "level must be non-negative");
	return flatten_to(ev, args[0], (uint64_t)args[1].i);
}

/* ---- distinct ---------------------------------------------------------------------------------------------------- */

/* Doubles have a hash, too, but many NaNs would all share one. */
static bool has_hash(struct cel_value v)
{
	return v.kind == CEL_BOOL || v.kind == CEL_INT || v.kind == CEL_UINT || v.kind == CEL_STRING;
}

/* The elements that were kept, found by their hash. */
struct kept {
	struct cel_collect list;
	uint32_t *table; /* places in the list + 1 */
	uint32_t mask;
};

/* Is an equal one kept? If not, says where in the table it belongs. */
static bool is_kept(const struct kept *k, struct cel_value v, uint32_t *ret_slot)
{
	uint32_t at = (uint32_t)cel_hash(v) & k->mask;

	for (; k->table[at]; at = (at + 1) & k->mask) {
		if (cel_equal(k->list.items[k->table[at] - 1], v, NULL))
			return true;
	}
	*ret_slot = at;
	return false;
}

/* All elements have hashes: one step each. */
static struct cel_value distinct_by_hash(struct cel_eval *ev, struct cel_value list)
{
	struct kept k = {.list = {.ev = ev}};
	uint32_t size = 16, slot;

	while (size < UINT32_C(1) << 31 && size / 2 < list.n)
		size *= 2;
	k.mask = size - 1;
	k.table = cel_alloc(ev, (size_t)size * sizeof(*k.table));
	if (!k.table)
		return cel_aborted();
	memset(k.table, 0, (size_t)size * sizeof(*k.table));
	for (uint32_t i = 0; i < list.n; i++) {
		struct cel_value v = cel_list_at(list, i);
		uint64_t units = v.kind == CEL_STRING ? cel_units_of(v.n) : 1;
		if (!cel_charge(ev, units))
			return cel_aborted();
		if (is_kept(&k, v, &slot))
			continue;
		if (!cel_collect_add(&k.list, v))
			return cel_aborted();
		k.table[slot] = k.list.n;
	}
	return cel_collect_list(&k.list);
}

/* Every element is compared with all that were kept before. */
static struct cel_value distinct_by_pairs(struct cel_eval *ev, struct cel_value list)
{
	struct cel_collect kept = {.ev = ev};

	for (uint32_t i = 0; i < list.n; i++) {
		struct cel_value v = cel_list_at(list, i);
		struct cel_value found = cel_operate_in(ev, v, cel_collect_list(&kept));
		if (found.kind != CEL_BOOL)
			return found;
		if (!found.b && !cel_collect_add(&kept, v))
			return cel_aborted();
	}
	return cel_collect_list(&kept);
}

static struct cel_value distinct(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	for (uint32_t i = 0; i < args[0].n; i++) {
		if (!has_hash(cel_list_at(args[0], i)))
			return distinct_by_pairs(ev, args[0]);
	}
	return distinct_by_hash(ev, args[0]);
}

/* ---- sort -------------------------------------------------------------------------------------------------------- */

/* What the texts of the list have together: each round of sorting may look at all of it. */
static uint64_t bytes_of_texts(struct cel_value list)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < list.n; i++) {
		struct cel_value v = cel_list_at(list, i);
		n += v.kind == CEL_STRING || v.kind == CEL_BYTES ? v.n : 0;
	}
	return n;
}

/* Every element is its own key. */
static struct cel_value sort(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	uint32_t n = args[0].n;
	struct cel_value *items = room(ev, n), error;
	struct cel_entry *pairs = items ? cel_alloc(ev, n * sizeof(*pairs)) : NULL;

	if (!pairs || !cel_charge(ev, cel_units_of(bytes_of_texts(args[0])) * (64 - (unsigned)__builtin_clzll(n | 1))))
		return cel_aborted();
	for (uint32_t i = 0; i < n; i++)
		pairs[i].key = pairs[i].value = cel_list_at(args[0], i);
	if (!cel_sort_pairs(ev, pairs, n, &error))
		return error;
	for (uint32_t i = 0; i < n; i++)
		items[i] = pairs[i].value;
	return cel_list(items, n);
}

static const struct cel_type element = {.kind = CEL_TYPE_PARAM, .name = STR_INIT("T")};
static const struct cel_type list_of_t = {.kind = CEL_TYPE_LIST, .n_params = 1, .params = {&element}};
static const struct cel_type list_of_list_of_t = {.kind = CEL_TYPE_LIST, .n_params = 1, .params = {&list_of_t}};
static const struct cel_type list_of_int = {.kind = CEL_TYPE_LIST, .n_params = 1, .params = {&cel_type_int}};
static const struct cel_type optional_t = {.kind = CEL_TYPE_OPTIONAL, .n_params = 1, .params = {&element}};

#define METHOD(function, overload_id, to, how, ...)                                                                    \
	{                                                                                                              \
		.name = STR_INIT(function), .id = STR_INIT(overload_id), .flags = CEL_PURE | CEL_RECEIVER,             \
		.params = {__VA_ARGS__}, .result = to, .call = how,                                                    \
		.n_params = sizeof((const void *[]){__VA_ARGS__}) / sizeof(void *)                                     \
	}

static const struct cel_overload overloads[] = {
    METHOD("slice", "list_slice", &list_of_t, slice, &list_of_t, &cel_type_int, &cel_type_int),
    METHOD("first", "list_first", &optional_t, first, &list_of_t),
    METHOD("last", "list_last", &optional_t, last, &list_of_t),
    METHOD("reverse", "list_reverse", &list_of_t, reverse, &list_of_t),
    METHOD("flatten", "list_flatten", &list_of_t, flatten, &list_of_list_of_t),
    METHOD("flatten", "list_flatten_int", &cel_type_list_dyn, flatten, &cel_type_list_dyn, &cel_type_int),
    METHOD("distinct", "list_distinct", &list_of_t, distinct, &list_of_t),
    METHOD("sort", "list_sort", &list_of_t, sort, &list_of_t),
    {.name = STR_INIT("lists.range"),
     .id = STR_INIT("lists_range"),
     .flags = CEL_PURE,
     .params = {&cel_type_int},
     .n_params = 1,
     .result = &list_of_int,
     .call = range},
};
const struct cel_overload_table cel_lib_lists = {overloads, N_ELEMENTS(overloads)};
