#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What && and || do with an operand that is a bool: apart, so that the instruction that yields it can do it.
 *
 * Only files of this layer include it.
 */
#include "expr/program.h"

static inline const struct cel_instruction *cel_logic_decide(struct cel_eval *ev, const struct cel_instruction *in,
                                                             const struct cel_instruction *next)
{
	*cel_register(ev, in->to) = cel_bool(in->decides);
	ev->pending[in->b] = NULL;
	return next;
}

/* Of cel_step_logic: on to the next operand, or it is decided. */
static inline const struct cel_instruction *cel_logic_test(struct cel_eval *ev, const struct cel_instruction *in,
                                                           bool b)
{
	return b == in->decides ? cel_logic_decide(ev, in, ev->code + in->target) : in + 2;
}

/* Of cel_step_logic_last: an error that waits comes up when nothing has decided. */
static inline const struct cel_instruction *cel_logic_test_last(struct cel_eval *ev, const struct cel_instruction *in,
                                                                bool b)
{
	struct cel_value error = {.kind = CEL_ERROR};

	if (b == in->decides)
		return cel_logic_decide(ev, in, in + 2);
	if (UNLIKELY(ev->pending[in->b] != NULL)) {
		error.error = ev->pending[in->b];
		ev->pending[in->b] = NULL;
		return cel_failed(ev, in, error);
	}
	*cel_register(ev, in->to) = cel_bool(b);
	return in + 2;
}

/* Goes on with the bool as the result of the instruction. */
static inline const struct cel_instruction *cel_yield_bool(struct cel_eval *ev, const struct cel_instruction *in,
                                                           bool b)
{
	if (in->feeds == CEL_FEEDS_LOGIC)
		return cel_logic_test(ev, in + 1, b);
	if (in->feeds == CEL_FEEDS_LOGIC_LAST)
		return cel_logic_test_last(ev, in + 1, b);
	*cel_register(ev, in->to) = cel_bool(b);
	return in + 1;
}
