/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that ask the outside world are asked once an evaluation for the same arguments.
 */
#include "expr/program.h"

struct cel_memo {
	struct cel_memo *older;
	const struct cel_overload *overload;
	struct cel_value result;
	struct cel_value args[];
};

/* Equal, and of one kind: 1 and 1.0 are different questions. */
static bool same_args(struct cel_eval *ev, const struct cel_memo *m, const struct cel_value *args)
{
	for (size_t i = 0; i < m->overload->n_params; i++) {
		struct cel_value is_equal;

		if (m->args[i].kind != args[i].kind)
			return false;
		is_equal = cel_equal_charged(ev, m->args[i], args[i]);
		if (is_equal.kind != CEL_BOOL || !is_equal.b)
			return false;
	}
	return true;
}

static const struct cel_memo *recall(struct cel_eval *ev, const struct cel_overload *o, const struct cel_value *args)
{
	for (const struct cel_memo *m = ev->memo; m; m = m->older) {
		if (!cel_charge_step(ev))
			return NULL;
		if (m->overload == o && same_args(ev, m, args))
			return m;
	}
	return NULL;
}

struct cel_value cel_call_memoised(struct cel_eval *ev, const struct cel_overload *o, const struct cel_value *args)
{
	const struct cel_memo *known = recall(ev, o, args);
	struct cel_memo *m;

	if (known)
		return known->result;
	if (ev->abort != CEL_NOT_ABORTED)
		return cel_aborted();
	m = cel_alloc(ev, sizeof(*m) + o->n_params * sizeof(m->args[0]));
	if (!m)
		return cel_aborted();
	m->overload = o;
	if (o->n_params)
		memcpy(m->args, args, o->n_params * sizeof(m->args[0]));
	m->result = o->call(ev, args, o->n_params);
	m->older = ev->memo;
	ev->memo = m;
	return m->result;
}
