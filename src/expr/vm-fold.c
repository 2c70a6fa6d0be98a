/* SPDX-License-Identifier: Apache-2.0
 *
 * Comprehensions. One is: its range, `begin`, then, again and again, `next`, the predicate or transform, and what is
 * done with its value; and `end`. The range's register takes the result.
 */
#include "expr/map.h"
#include "expr/program.h"

#define FIRST_CAP 16u

static struct cel_cursor *cursor_of(struct cel_eval *ev, uint32_t range)
{
	return &ev->registers[range + CEL_FOLD_CURSOR].cursor;
}

/* Room for `n` more of `size` bytes in the cursor's list; false: aborted. */
static bool reserve(struct cel_eval *ev, uint32_t range, uint32_t n, size_t size)
{
	struct cel_cursor *cursor = cursor_of(ev, range);
	uint32_t *cap = &ev->registers[range + CEL_FOLD_CAP].cap;
	uint64_t wanted = (uint64_t)cursor->n + n, larger = *cap ? (uint64_t)*cap * 2 : FIRST_CAP;
	void *out;

	if (wanted <= *cap)
		return true;
	if (larger < wanted)
		larger = wanted;
	if (larger > UINT32_MAX) {
		(void)cel_abort_now(ev, CEL_OUT_OF_MEMORY);
		return false;
	}
	out = cel_alloc(ev, larger * size);
	if (!out)
		return false;
	if (cursor->n)
		memcpy(out, cursor->out, cursor->n * size);
	cursor->out = out;
	*cap = (uint32_t)larger;
	return true;
}

const struct cel_instruction *cel_step_fold_begin(struct cel_eval *ev, const struct cel_instruction *in)
{
	const struct cel_value *range = cel_register(ev, in->a);

	if (UNLIKELY(range->kind != CEL_LIST && (range->kind != CEL_MAP || in->fold == CEL_FOLD_SORT_BY)))
		return cel_no_overload(ev, in);
	*cursor_of(ev, in->a) = (struct cel_cursor){0};
	ev->registers[in->a + CEL_FOLD_CAP].cap = 0;
	return in + 1;
}

/* Two variables when `b` says so. */
const struct cel_instruction *cel_step_fold_next(struct cel_eval *ev, const struct cel_instruction *in)
{
	struct cel_value range = *cel_register(ev, in->a);
	struct cel_cursor *cursor = cursor_of(ev, in->a);
	struct cel_value *first = cel_register(ev, in->a + CEL_FOLD_FIRST);
	struct cel_entry entry;
	uint32_t i = cursor->at;

	if (i == range.n)
		return ev->code + in->target;
	if (UNLIKELY(!cel_charge_step(ev)))
		return NULL;
	cursor->at++;
	if (LIKELY(range.kind == CEL_LIST && !in->b)) {
		*first = range.is_json ? cel_json_value(&range.json_items[i]) : range.items[i];
		return in + 1;
	}
	if (range.kind == CEL_MAP)
		entry = cel_map_at(range, i);
	else
		entry = (struct cel_entry){cel_int(i), cel_list_at(range, i)};
	*first = entry.key;
	if (in->b)
		first[1] = entry.value;
	return in + 1;
}

/* ---- all, exists ---------------------------------------------------------------------------------------- */

static const struct cel_instruction *absorb(struct cel_eval *ev, const struct cel_instruction *in,
                                            struct cel_value error)
{
	if (!error.error) {
		ev->result = error;
		return NULL;
	}
	if (!ev->pending[in->b])
		ev->pending[in->b] = error.error;
	return ev->code + in->target;
}

/* Behind it: the catch, the end, and what comes after. */
const struct cel_instruction *cel_step_fold_test(struct cel_eval *ev, const struct cel_instruction *in)
{
	const struct cel_value *v = cel_register(ev, in->a);

	if (UNLIKELY(v->kind != CEL_BOOL)) {
		ev->at = in->at;
		return absorb(ev, in, cel_fail_with(ev, CEL_NO_SUCH_OVERLOAD, STR_NONE));
	}
	if (v->b != in->decides)
		return ev->code + in->target;
	ev->pending[in->b] = NULL;
	*cel_register(ev, in->to) = *v;
	return in + 3;
}

const struct cel_instruction *cel_step_fold_catch(struct cel_eval *ev, const struct cel_instruction *in)
{
	return absorb(ev, in, ev->result);
}

/* ---- exists_one, filter, map ---------------------------------------------------------------------------- */

const struct cel_instruction *cel_step_fold_count(struct cel_eval *ev, const struct cel_instruction *in)
{
	const struct cel_value *v = cel_register(ev, in->b);

	if (UNLIKELY(v->kind != CEL_BOOL))
		return cel_no_overload(ev, in);
	cursor_of(ev, in->a)->n += v->b;
	return ev->code + in->target;
}

/* Goes on when the predicate holds, else to the next element. */
const struct cel_instruction *cel_step_fold_filter(struct cel_eval *ev, const struct cel_instruction *in)
{
	const struct cel_value *v = cel_register(ev, in->b);

	if (UNLIKELY(v->kind != CEL_BOOL))
		return cel_no_overload(ev, in);
	return v->b ? in + 1 : ev->code + in->target;
}

const struct cel_instruction *cel_step_fold_append(struct cel_eval *ev, const struct cel_instruction *in)
{
	struct cel_cursor *cursor = cursor_of(ev, in->a);

	if (!reserve(ev, in->a, 1, sizeof(struct cel_value)))
		return NULL;
	((struct cel_value *)cursor->out)[cursor->n++] = *cel_register(ev, in->b);
	return ev->code + in->target;
}

/* The pair of the register and the first variable, or, of sortBy, the key to sort by and what it is of. */
const struct cel_instruction *cel_step_fold_put(struct cel_eval *ev, const struct cel_instruction *in)
{
	struct cel_cursor *cursor = cursor_of(ev, in->a);
	struct cel_value first = *cel_register(ev, in->a + CEL_FOLD_FIRST);
	struct cel_value v = *cel_register(ev, in->b);

	if (!reserve(ev, in->a, 1, sizeof(struct cel_entry)))
		return NULL;
	((struct cel_entry *)cursor->out)[cursor->n++] =
	    in->fold == CEL_FOLD_SORT_BY ? (struct cel_entry){v, first} : (struct cel_entry){first, v};
	return ev->code + in->target;
}

/* All entries of the map in the register. */
const struct cel_instruction *cel_step_fold_put_map(struct cel_eval *ev, const struct cel_instruction *in)
{
	struct cel_cursor *cursor = cursor_of(ev, in->a);
	struct cel_value map = *cel_register(ev, in->b);

	if (map.kind != CEL_MAP)
		return cel_no_overload(ev, in);
	if (!cel_charge(ev, map.n) || !reserve(ev, in->a, map.n, sizeof(struct cel_entry)))
		return NULL;
	for (uint32_t i = 0; i < map.n; i++)
		((struct cel_entry *)cursor->out)[cursor->n++] = cel_map_at(map, i);
	return ev->code + in->target;
}

static struct cel_value sorted(struct cel_eval *ev, struct cel_cursor cursor)
{
	struct cel_entry *pairs = cursor.out;
	struct cel_value error, *items = cel_alloc(ev, cursor.n * sizeof(*items));

	if (!items)
		return cel_aborted();
	if (!cel_sort_pairs(ev, pairs, cursor.n, &error))
		return error;
	for (uint32_t i = 0; i < cursor.n; i++)
		items[i] = pairs[i].value;
	return cel_list(items, cursor.n);
}

/* What the comprehension yields when its range is at its end. */
static struct cel_value outcome(struct cel_eval *ev, enum cel_op fold, struct cel_cursor cursor)
{
	switch (fold) {
	case CEL_FOLD_ALL:
		return cel_bool(true);
	case CEL_FOLD_EXISTS:
		return cel_bool(false);
	case CEL_FOLD_EXISTS_ONE:
		return cel_bool(cursor.n == 1);
	case CEL_FOLD_MAP:
	case CEL_FOLD_FILTER:
	case CEL_FOLD_TRANSFORM_LIST:
		return cel_list(cursor.out, cursor.n);
	case CEL_FOLD_TRANSFORM_MAP:
	case CEL_FOLD_TRANSFORM_MAP_ENTRY:
		return cel_make_checked_map(ev, cursor.out, cursor.n);
	case CEL_FOLD_SORT_BY:
		return sorted(ev, cursor);
	case CEL_OP_NONE:
	case CEL_OP_NOT:
	case CEL_OP_NEGATE:
	case CEL_OP_ADD:
	case CEL_OP_SUBTRACT:
	case CEL_OP_MULTIPLY:
	case CEL_OP_DIVIDE:
	case CEL_OP_MODULO:
	case CEL_OP_EQUAL:
	case CEL_OP_NOT_EQUAL:
	case CEL_OP_LESS:
	case CEL_OP_LESS_EQUAL:
	case CEL_OP_GREATER:
	case CEL_OP_GREATER_EQUAL:
	case CEL_OP_IN:
	case CEL_FOLD_OPT_MAP:
	case CEL_FOLD_OPT_FLAT_MAP:
		break;
	}
	assert(false && "not a loop");
	return cel_aborted();
}

const struct cel_instruction *cel_step_fold_end(struct cel_eval *ev, const struct cel_instruction *in)
{
	bool absorbs = in->fold == CEL_FOLD_ALL || in->fold == CEL_FOLD_EXISTS;
	struct cel_value v;

	ev->at = in->at;
	if (absorbs && ev->pending[in->b]) {
		v = (struct cel_value){.kind = CEL_ERROR, .error = ev->pending[in->b]};
		ev->pending[in->b] = NULL;
		return cel_failed(ev, in, v);
	}
	return cel_yield(ev, in, outcome(ev, in->fold, *cursor_of(ev, in->a)));
}

/* ---- optMap, optFlatMap ---------------------------------------------------------------------------------- */

/* Without a value, nothing is evaluated. */
const struct cel_instruction *cel_step_opt_begin(struct cel_eval *ev, const struct cel_instruction *in)
{
	const struct cel_value *optional = cel_register(ev, in->a);

	if (optional->kind != CEL_OPTIONAL)
		return cel_no_overload(ev, in);
	if (!optional->items)
		return ev->code + in->target;
	*cel_register(ev, in->a + CEL_FOLD_FIRST) = *optional->items;
	return in + 1;
}

const struct cel_instruction *cel_step_opt_end(struct cel_eval *ev, const struct cel_instruction *in)
{
	struct cel_value v = *cel_register(ev, in->b);

	if (in->fold == CEL_FOLD_OPT_MAP)
		return cel_yield(ev, in, cel_make_optional(ev, v));
	if (v.kind != CEL_OPTIONAL)
		return cel_no_overload(ev, in);
	return cel_yield(ev, in, v);
}
