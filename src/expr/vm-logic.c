/* SPDX-License-Identifier: Apache-2.0
 *
 * && and ||: the operand that decides wins wherever it stands, over errors too; else the first error; else the other
 * value. Each operand is followed by two instructions: the test of its value and what is done when it failed.
 */
#include "expr/vm-logic.h"

static struct cel_value not_bool(struct cel_eval *ev, const struct cel_instruction *in)
{
	ev->at = in->at;
	return cel_fail_with(ev, CEL_NO_SUCH_OVERLOAD, STR_NONE);
}

/* Keeps the first error for the end. */
static const struct cel_instruction *keep(struct cel_eval *ev, const struct cel_instruction *next, uint32_t pending,
                                          struct cel_value error)
{
	if (!error.error) {
		ev->result = error;
		return NULL;
	}
	if (!ev->pending[pending])
		ev->pending[pending] = error.error;
	return next;
}

/* No operand decided, and the last or one before it failed. */
static const struct cel_instruction *give_up(struct cel_eval *ev, const struct cel_instruction *in,
                                             struct cel_value error)
{
	if (ev->pending[in->b] && error.error)
		error.error = ev->pending[in->b];
	ev->pending[in->b] = NULL;
	return cel_failed(ev, in, error);
}

const struct cel_instruction *cel_step_logic(struct cel_eval *ev, const struct cel_instruction *in)
{
	const struct cel_value *v = cel_register(ev, in->a);

	if (UNLIKELY(v->kind != CEL_BOOL))
		return keep(ev, in + 2, in->b, not_bool(ev, in));
	return cel_logic_test(ev, in, v->b);
}

const struct cel_instruction *cel_step_logic_catch(struct cel_eval *ev, const struct cel_instruction *in)
{
	return keep(ev, in + 1, in->b, ev->result);
}

const struct cel_instruction *cel_step_logic_last(struct cel_eval *ev, const struct cel_instruction *in)
{
	const struct cel_value *v = cel_register(ev, in->a);

	if (UNLIKELY(v->kind != CEL_BOOL))
		return give_up(ev, in, not_bool(ev, in));
	return cel_logic_test_last(ev, in, v->b);
}

const struct cel_instruction *cel_step_logic_catch_last(struct cel_eval *ev, const struct cel_instruction *in)
{
	return give_up(ev, in, ev->result);
}
