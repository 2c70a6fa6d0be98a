/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts with a constant on the other side: what most conditions are made of.
 */
#include "base/hash.h"
#include "expr/lib-standard.h"
#include "expr/lib.h"
#include "expr/map.h"
#include "expr/vm-logic.h"

static bool same(struct cel_value v, struct cel_value constant)
{
	return v.kind == CEL_STRING && v.n == constant.n && cel_same_bytes(v.text, constant.text, v.n);
}

const struct cel_instruction *cel_step_equal_text(struct cel_eval *ev, const struct cel_instruction *in)
{
	return cel_yield_bool(ev, in, same(*cel_register(ev, in->a), *in->constant));
}

const struct cel_instruction *cel_step_unequal_text(struct cel_eval *ev, const struct cel_instruction *in)
{
	return cel_yield_bool(ev, in, !same(*cel_register(ev, in->a), *in->constant));
}

static bool is_in(const struct cel_text_set *set, struct cel_value v)
{
	uint32_t at;

	if (!set->index) {
		for (uint32_t i = 0; i < set->n; i++) {
			if (same(v, set->texts[i]))
				return true;
		}
		return false;
	}
	at = (uint32_t)hash_str(0, cel_text(v)) & set->mask;
	for (; set->index[at] != 0; at = (at + 1) & set->mask) {
		if (same(v, set->texts[set->index[at] - 1]))
			return true;
	}
	return false;
}

/* x in ["a", "b"] */
const struct cel_instruction *cel_step_in_set(struct cel_eval *ev, const struct cel_instruction *in)
{
	struct cel_value v = *cel_register(ev, in->a);

	/* What is longer than any text of a set need not be hashed. */
	return cel_yield_bool(ev, in, v.kind == CEL_STRING && v.n <= in->set->longest && is_in(in->set, v));
}

static bool json_has(struct cel_value list, struct cel_value text)
{
	for (uint32_t i = 0; i < list.n; i++) {
		const struct json *j = &list.json_items[i];

		if (j->type == JSON_STRING && j->s.len == text.n && cel_same_bytes(j->s.ptr, text.text, text.n))
			return true;
	}
	return false;
}

/* "a" in x */
const struct cel_instruction *cel_step_text_in(struct cel_eval *ev, const struct cel_instruction *in)
{
	struct cel_value v = *cel_register(ev, in->a);

	ev->at = in->at;
	if (v.kind != CEL_LIST || !v.is_json)
		return cel_yield(ev, in, cel_operate_in(ev, *in->constant, v));
	if (UNLIKELY(!cel_charge(ev, v.n)))
		return NULL;
	return cel_yield_bool(ev, in, json_has(v, *in->constant));
}

const struct cel_instruction *cel_step_starts_with(struct cel_eval *ev, const struct cel_instruction *in)
{
	const struct cel_value *v = cel_register(ev, in->a);
	const struct cel_value *part = in->constant;

	if (UNLIKELY(v->kind != CEL_STRING))
		return cel_no_overload(ev, in);
	return cel_yield_bool(ev, in, v->n >= part->n && cel_same_bytes(v->text, part->text, part->n));
}

const struct cel_instruction *cel_step_ends_with(struct cel_eval *ev, const struct cel_instruction *in)
{
	const struct cel_value *v = cel_register(ev, in->a);
	const struct cel_value *part = in->constant;

	if (UNLIKELY(v->kind != CEL_STRING))
		return cel_no_overload(ev, in);
	return cel_yield_bool(ev, in,
	                      v->n >= part->n && cel_same_bytes(v->text + (v->n - part->n), part->text, part->n));
}

const struct cel_instruction *cel_step_contains(struct cel_eval *ev, const struct cel_instruction *in)
{
	const struct cel_value *v = cel_register(ev, in->a);

	if (UNLIKELY(v->kind != CEL_STRING))
		return cel_no_overload(ev, in);
	if (UNLIKELY(!cel_charge(ev, cel_units_of(v->n))))
		return NULL;
	return cel_yield_bool(ev, in, cel_text_contains(cel_text(*v), cel_text(*in->constant)));
}

const struct cel_instruction *cel_step_matches(struct cel_eval *ev, const struct cel_instruction *in)
{
	const struct cel_value *v = cel_register(ev, in->a);

	if (UNLIKELY(v->kind != CEL_STRING))
		return cel_no_overload(ev, in);
	if (UNLIKELY(!cel_charge(ev, cel_units_of(v->n))))
		return NULL;
	return cel_yield_bool(ev, in, cel_regex_matches(in->regex, cel_text(*v)));
}
