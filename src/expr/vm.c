/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a program: the loop, and the instructions that are not of one kind of expression alone.
 */
#include "expr/vm-logic.h"

/* What most programs need stands on the stack. */
#define STACK_REGISTERS 40u
#define STACK_PENDING   16u

const struct cel_instruction *cel_step_end(struct cel_eval *ev, const struct cel_instruction *in)
{
	ev->result = *cel_register(ev, in->a);
	return NULL;
}

const struct cel_instruction *cel_step_end_error(struct cel_eval *ev, const struct cel_instruction *in)
{
	(void)ev;
	(void)in;
	return NULL;
}

const struct cel_instruction *cel_step_constant(struct cel_eval *ev, const struct cel_instruction *in)
{
	*cel_register(ev, in->to) = *in->constant;
	return in + 1;
}

const struct cel_instruction *cel_step_copy(struct cel_eval *ev, const struct cel_instruction *in)
{
	*cel_register(ev, in->to) = *cel_register(ev, in->a);
	return in + 1;
}

/* Of cel.bind()'s variable: its error comes up where it is used. */
const struct cel_instruction *cel_step_checked_copy(struct cel_eval *ev, const struct cel_instruction *in)
{
	return cel_yield(ev, in, *cel_register(ev, in->a));
}

/* The error becomes the register's value. */
const struct cel_instruction *cel_step_catch_value(struct cel_eval *ev, const struct cel_instruction *in)
{
	*cel_register(ev, in->to) = ev->result;
	return in + 1;
}

const struct cel_instruction *cel_step_variable(struct cel_eval *ev, const struct cel_instruction *in)
{
	ev->at = in->at;
	return cel_yield(ev, in, cel_resolve(ev, in->path->slot, in->path->variable));
}

const struct cel_instruction *cel_step_fail(struct cel_eval *ev, const struct cel_instruction *in)
{
	ev->at = in->at;
	return cel_failed(ev, in, cel_fail_with(ev, in->code, in->constant ? cel_text(*in->constant) : STR_NONE));
}

const struct cel_instruction *cel_step_operate(struct cel_eval *ev, const struct cel_instruction *in)
{
	ev->at = in->at;
	return cel_yield(ev, in, in->operate(ev, *cel_register(ev, in->a), *cel_register(ev, in->b)));
}

const struct cel_instruction *cel_step_operate_constant(struct cel_eval *ev, const struct cel_instruction *in)
{
	ev->at = in->at;
	return cel_yield(ev, in, in->operate(ev, *cel_register(ev, in->a), *in->constant));
}

const struct cel_instruction *cel_step_not(struct cel_eval *ev, const struct cel_instruction *in)
{
	const struct cel_value *v = cel_register(ev, in->a);

	if (UNLIKELY(v->kind != CEL_BOOL))
		return cel_no_overload(ev, in);
	return cel_yield_bool(ev, in, !v->b);
}

const struct cel_instruction *cel_step_jump(struct cel_eval *ev, const struct cel_instruction *in)
{
	return ev->code + in->target;
}

const struct cel_instruction *cel_step_branch(struct cel_eval *ev, const struct cel_instruction *in)
{
	const struct cel_value *v = cel_register(ev, in->a);

	if (UNLIKELY(v->kind != CEL_BOOL))
		return cel_no_overload(ev, in);
	return v->b ? in + 1 : ev->code + in->target;
}

/* ---- calls --------------------------------------------------------------------------------------------- */

const struct cel_overload *cel_call_choose(const struct cel_call *call, const struct cel_value *args)
{
	for (uint32_t i = 0; i < call->n; i++) {
		const struct cel_candidate *c = &call->candidates[i];
		uint32_t k = 0;

		while (k < call->n_args && (c->kinds[k] >> args[k].kind & 1u) &&
		       (c->structs[k] == UINT32_MAX || c->structs[k] == args[k].of))
			k++;
		if (k == call->n_args)
			return c->overload;
	}
	return NULL;
}

const struct cel_instruction *cel_step_call(struct cel_eval *ev, const struct cel_instruction *in)
{
	/* The arguments stand in registers one behind the other, and a register is a value. */
	const struct cel_value *args = cel_register(ev, in->a);
	const struct cel_overload *o = cel_call_choose(in->call, args);

	static_assert(sizeof(union cel_register) == sizeof(struct cel_value), "registers are arrays of values");
	if (UNLIKELY(!o))
		return cel_no_overload(ev, in);
	ev->at = in->at;
	if (o->flags & CEL_MEMOISE)
		return cel_yield(ev, in, cel_call_memoised(ev, o, args));
	return cel_yield(ev, in, o->call(ev, args, in->call->n_args));
}

/* ---- list and map literals ----------------------------------------------------------------------------- */

/*
 * [?x], {?k: x}: the value of the optional, or, as a mark for the literal, an error that nobody sees.
 */
const struct cel_instruction *cel_step_optional_entry(struct cel_eval *ev, const struct cel_instruction *in)
{
	struct cel_value *v = cel_register(ev, in->a);

	if (v->kind != CEL_OPTIONAL)
		return cel_no_overload(ev, in);
	*v = v->items ? *v->items : cel_aborted();
	return in + 1;
}

const struct cel_instruction *cel_step_list(struct cel_eval *ev, const struct cel_instruction *in)
{
	struct cel_value *items;
	uint32_t n = 0;

	if (!cel_charge(ev, in->number / 10))
		return NULL;
	items = cel_alloc(ev, in->number * sizeof(*items));
	if (!items)
		return NULL;
	for (uint32_t i = 0; i < in->number; i++) {
		if (cel_register(ev, in->a + i)->kind != CEL_ERROR)
			items[n++] = *cel_register(ev, in->a + i);
	}
	return cel_yield(ev, in, cel_list(items, n));
}

const struct cel_instruction *cel_step_map(struct cel_eval *ev, const struct cel_instruction *in)
{
	struct cel_entry *entries;
	uint32_t n = 0;

	ev->at = in->at;
	if (!cel_charge(ev, in->number / 10))
		return NULL;
	entries = cel_alloc(ev, in->number * sizeof(*entries));
	if (!entries)
		return NULL;
	for (uint32_t i = 0; i < in->number; i++) {
		struct cel_value value = *cel_register(ev, in->a + 2 * i + 1);

		if (value.kind != CEL_ERROR)
			entries[n++] = (struct cel_entry){*cel_register(ev, in->a + 2 * i), value};
	}
	return cel_yield(ev, in, cel_make_checked_map(ev, entries, n));
}

/* ---- the loop ------------------------------------------------------------------------------------------ */

static void run(struct cel_eval *ev)
{
	const struct cel_instruction *in = ev->code;

	while (in)
		in = in->run(ev, in);
}

static struct cel_result result_of(const struct cel_eval *ev, uint64_t budget)
{
	struct cel_result r = {.value = ev->result, .abort = ev->abort, .units = budget - ev->budget};

	/* An error that was absorbed before the end cannot hide that the rest was not evaluated. */
	if (r.abort != CEL_NOT_ABORTED)
		r = (struct cel_result){.value = cel_aborted(), .abort = ev->abort, .units = budget};
	return r;
}

struct cel_result cel_evaluate(const struct cel_program *p, const struct cel_input *input)
{
	NO_INIT union cel_register registers[STACK_REGISTERS];
	NO_INIT const struct cel_error *pending[STACK_PENDING];
	NO_INIT struct cel_eval ev;
	uint64_t budget;

	cel_eval_init(&ev, p->env, input);
	budget = ev.budget;
	ev.code = p->code;
	ev.registers =
	    p->n_registers <= STACK_REGISTERS ? registers : cel_alloc(&ev, p->n_registers * sizeof(registers[0]));
	ev.pending = p->n_pending <= STACK_PENDING ? pending : cel_alloc(&ev, p->n_pending * sizeof(pending[0]));
	if (ev.registers && ev.pending) {
		for (uint32_t i = 0; i < p->n_pending; i++)
			ev.pending[i] = NULL;
		for (uint32_t i = 0; i < p->n_known; i++)
			ev.known[i] = cel_aborted();
		run(&ev);
	}
	return result_of(&ev, budget);
}
