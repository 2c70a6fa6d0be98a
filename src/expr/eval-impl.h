#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of one evaluation. It lives on the stack of cel_evaluate(); what lasts longer is in the input's arena.
 *
 * Only files of this layer include it.
 */
#include "expr/eval.h"

struct cel_memo;

/* Paths that stand at several places of an expression, which need to be looked up once; no more than so many of them.
 */
#define CEL_MAX_KNOWN 8u

struct cel_eval {
	const struct cel_env *env;
	const struct cel_input *input;
	struct arena *arena;
	uint64_t budget; /* units left */
	size_t memory;   /* bytes left */
	enum cel_abort abort;
	uint32_t at; /* where in the source: of the operation that runs; errors take it */

	struct cel_value *resolved; /* by slot: what the host's resolve() said; NULL: it was never asked */
	struct cel_memo *memo;      /* results of CEL_MEMOISE functions, newest first */
	/* A program's own: where the operations keep their values. */
	union cel_register *registers;
	const struct cel_error **pending; /* errors that an operand to come may absorb; NULL between uses */
	const struct cel_instruction *code;
	struct cel_value known[CEL_MAX_KNOWN]; /* CEL_ERROR: not yet */
	struct cel_value result;               /* also: the error on its way to whoever absorbs it */
};

/* Zeroed but for what the input says. `input` and `a` outlive it. */
void cel_eval_init(struct cel_eval *ev, const struct cel_env *env, const struct cel_input *input);
struct cel_value cel_abort_now(struct cel_eval *ev, enum cel_abort why);

/* cel_charge() for one unit, on the hot path. */
static inline bool cel_charge_step(struct cel_eval *ev)
{
	if (UNLIKELY(ev->budget == 0))
		return !cel_is_error(cel_abort_now(ev, CEL_OVER_BUDGET));
	ev->budget--;
	return true;
}

/* An error without a detail. */
struct cel_value cel_fail_with(struct cel_eval *ev, enum cel_error_code code, struct str detail);
/*
 * A map of the entries, as cel_make_map(). Keys that cannot be keys and keys that are there already are errors.
 */
struct cel_value cel_make_checked_map(struct cel_eval *ev, const struct cel_entry *entries, uint32_t n);
/* a == b, charged for: a bool, or aborted, or an error when they are nested too deeply. */
struct cel_value cel_equal_charged(struct cel_eval *ev, struct cel_value a, struct cel_value b);
/* The value as it stands in error texts: "'k'", "1", … */
struct cel_value cel_fail_about(struct cel_eval *ev, enum cel_error_code code, struct cel_value what);
/* The value bound to a variable, or what the host's resolve() says, or an error. */
struct cel_value cel_resolve(struct cel_eval *ev, uint32_t slot, struct str name);
