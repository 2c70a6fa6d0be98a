/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/unify.h"

static bool step(struct unifier *u)
{
	return u->steps < CEL_MAX_UNIFY_STEPS && ++u->steps;
}

const struct cel_type *unify_variable(struct unifier *u)
{
	struct cel_type *t = arena_alloc(u->arena, sizeof(*t));

	ARENA_ROOM(u->arena, u->bindings, u->n, &u->cap);
	u->bindings[u->n] = NULL;
	*t = (struct cel_type){.kind = CEL_TYPE_VARIABLE, .number = (uint32_t)u->n++, .size = 1};
	return t;
}

static void bind(struct unifier *u, const struct cel_type *variable, const struct cel_type *t)
{
	ARENA_ROOM(u->arena, u->trail, u->n_trail, &u->cap_trail);
	u->trail[u->n_trail++] = (struct undo){variable->number, u->bindings[variable->number]};
	u->bindings[variable->number] = t;
}

static void undo(struct unifier *u, size_t n_trail)
{
	while (u->n_trail > n_trail) {
		const struct undo *last = &u->trail[--u->n_trail];
		u->bindings[last->variable] = last->old;
	}
}

/* ---- generality ------------------------------------------------------------------------------------------- */

static bool is_nullable(const struct cel_type *t)
{
	return t->kind == CEL_TYPE_NULL || t->kind == CEL_TYPE_ABSTRACT || t->kind == CEL_TYPE_OPTIONAL ||
	       t->kind == CEL_TYPE_STRUCT || t->kind == CEL_TYPE_TIMESTAMP || t->kind == CEL_TYPE_DURATION;
}

static bool is_same_but_params(const struct cel_type *a, const struct cel_type *b)
{
	return a->kind == b->kind && a->n_params == b->n_params && a->number == b->number && str_eq(a->name, b->name);
}

/* Is `a` equal to `b`, or dyn where that is not? */
static bool is_as_general(const struct cel_type *a, const struct cel_type *b)
{
	const struct cel_type *left[CEL_TYPE_MAX_SIZE] NO_INIT, *right[CEL_TYPE_MAX_SIZE] NO_INIT;
	size_t n = 0;

	left[n] = a;
	right[n++] = b;
	while (n > 0) {
		a = left[--n];
		b = right[n];
		if (a->kind == CEL_TYPE_DYN || a->kind == CEL_TYPE_VARIABLE)
			continue;
		if (a->kind == CEL_TYPE_TYPE && b->kind == CEL_TYPE_TYPE)
			continue;
		if (!is_same_but_params(a, b))
			return false;
		for (uint32_t i = a->n_params; i-- > 0;) {
			left[n] = a->params[i];
			right[n++] = b->params[i];
		}
	}
	return true;
}

const struct cel_type *unify_general(const struct cel_type *a, const struct cel_type *b)
{
	if (a == b || a->kind == CEL_TYPE_DYN || (b->kind == CEL_TYPE_NULL && is_nullable(a)))
		return a;
	return is_as_general(a, b) ? a : b;
}

/* ---- fitting ---------------------------------------------------------------------------------------------- */

/* Is the variable, or one that stands for something with it, within the type? Then it cannot stand for that. */
static bool occurs(struct unifier *u, const struct cel_type *variable, const struct cel_type *t)
{
	const struct cel_type *todo[CEL_TYPE_MAX_SIZE] NO_INIT;
	size_t n = 0;

	if (t->n_params == 0 && t->kind != CEL_TYPE_VARIABLE)
		return false;
	todo[n++] = t;
	while (n > 0) {
		t = todo[--n];
		if (!step(u) || n + CEL_TYPE_MAX_PARAMS > CEL_TYPE_MAX_SIZE)
			return true;
		if (t->kind == CEL_TYPE_VARIABLE && t->number == variable->number)
			return true;
		if (t->kind == CEL_TYPE_VARIABLE && u->bindings[t->number])
			todo[n++] = u->bindings[t->number];
		for (uint32_t i = 0; t->kind != CEL_TYPE_TYPE && i < t->n_params; i++)
			todo[n++] = t->params[i];
	}
	return false;
}

/* What is left to compare: does `from` fit `to`? Or, with a variable: it did, so the variable becomes as general. */
struct task {
	const struct cel_type *from, *to, *variable;
};
struct tasks {
	struct task items[CEL_TYPE_MAX_SIZE];
	size_t n;
};

static bool add_task(struct tasks *tasks, const struct cel_type *from, const struct cel_type *to,
                     const struct cel_type *variable)
{
	if (tasks->n == N_ELEMENTS(tasks->items))
		return false;
	tasks->items[tasks->n++] = (struct task){from, to, variable};
	return true;
}

enum substitution { SUBSTITUTED, NOT_SUBSTITUTED, MAY_BE_OTHER_WAY };

/* May the variable stand for `t`? `swapped`: it is on the left. */
static enum substitution substitute(struct unifier *u, struct tasks *tasks, const struct cel_type *variable,
                                    const struct cel_type *t)
{
	const struct cel_type *bound = u->bindings[variable->number];

	if (t->kind == CEL_TYPE_VARIABLE && t->number == variable->number)
		return SUBSTITUTED;
	if (bound) {
		if (bound == t)
			return SUBSTITUTED;
		/* Of what is added last is seen to first. */
		return add_task(tasks, t, bound, variable) && add_task(tasks, t, bound, NULL) ? SUBSTITUTED
		                                                                              : NOT_SUBSTITUTED;
	}
	if (occurs(u, variable, t))
		return MAY_BE_OTHER_WAY;
	bind(u, variable, t);
	return SUBSTITUTED;
}

static bool fit_known(struct tasks *tasks, const struct cel_type *from, const struct cel_type *to)
{
	if (from->kind <= CEL_TYPE_ERROR || to->kind <= CEL_TYPE_ERROR)
		return true;
	if (from->kind == CEL_TYPE_NULL)
		return is_nullable(to);
	if (to->kind == CEL_TYPE_NULL)
		return is_nullable(from);
	if (from->kind == CEL_TYPE_TYPE)
		return to->kind == CEL_TYPE_TYPE;
	if (!is_same_but_params(from, to))
		return false;
	for (uint32_t i = from->n_params; i-- > 0;)
		if (!add_task(tasks, from->params[i], to->params[i], NULL))
			return false;
	return true;
}

static bool fit_one(struct unifier *u, struct tasks *tasks, const struct cel_type *from, const struct cel_type *to)
{
	enum substitution s;

	if (to->kind == CEL_TYPE_VARIABLE) {
		s = substitute(u, tasks, to, from);
		if (s != MAY_BE_OTHER_WAY)
			return s == SUBSTITUTED;
	}
	if (from->kind == CEL_TYPE_VARIABLE)
		return substitute(u, tasks, from, to) == SUBSTITUTED;
	return fit_known(tasks, from, to);
}

static bool fit_slowly(struct unifier *u, const struct cel_type *from, const struct cel_type *to)
{
	struct tasks tasks NO_INIT;

	tasks.n = 0;
	(void)add_task(&tasks, from, to, NULL);
	while (tasks.n > 0) {
		struct task t = tasks.items[--tasks.n];

		if (!step(u))
			return false;
		if (t.variable) {
			const struct cel_type *general = unify_general(t.from, t.to);
			if (!occurs(u, t.variable, general))
				bind(u, t.variable, general);
		} else if (!fit_one(u, &tasks, t.from, t.to)) {
			return false;
		}
	}
	return true;
}

/* As most are: known, without parameters. False: it takes the long way. */
static bool fit_simply(const struct cel_type *from, const struct cel_type *to, bool *ret_fits)
{
	bool is_simple = from->kind >= CEL_TYPE_BOOL && from->kind <= CEL_TYPE_DURATION && to->kind >= CEL_TYPE_BOOL &&
	                 to->kind <= CEL_TYPE_DURATION;

	if (is_simple) {
		*ret_fits = from->kind == to->kind;
		return true;
	}
	if (from->kind == CEL_TYPE_VARIABLE || to->kind == CEL_TYPE_VARIABLE)
		return false;
	*ret_fits = true;
	if (from->kind <= CEL_TYPE_ERROR || to->kind <= CEL_TYPE_ERROR)
		return true;
	*ret_fits = false;
	return from->kind != to->kind && from->kind != CEL_TYPE_NULL && to->kind != CEL_TYPE_NULL;
}

bool unify_fit_all(struct unifier *u, const struct cel_type *const *from, const struct cel_type *const *to, size_t n)
{
	size_t n_trail = u->n_trail;
	bool fits;

	for (size_t i = 0; i < n; i++) {
		if (fit_simply(from[i], to[i], &fits) ? fits : fit_slowly(u, from[i], to[i]))
			continue;
		undo(u, n_trail);
		return false;
	}
	return true;
}

bool unify_fits(struct unifier *u, const struct cel_type *from, const struct cel_type *to)
{
	return from == to || unify_fit_all(u, &from, &to, 1);
}

/* ---- making types anew ------------------------------------------------------------------------------------ */

/* A type whose parameters are being replaced. */
struct rebuilt {
	const struct cel_type *type;
	const struct cel_type *params[CEL_TYPE_MAX_PARAMS];
	uint32_t n;
	bool differs;
};

/* What stands in place of a type without parameters; one with parameters is gone through in its place. */
static const struct cel_type *replacement(struct unifier *u, const struct cel_type *t, bool to_dyn,
                                          struct unify_params *params)
{
	if (t->kind == CEL_TYPE_VARIABLE) {
		while (t->kind == CEL_TYPE_VARIABLE && u->bindings[t->number] && step(u))
			t = u->bindings[t->number];
		return to_dyn && t->kind == CEL_TYPE_VARIABLE ? &cel_type_dyn : t;
	}
	if (t->kind != CEL_TYPE_PARAM || !params)
		return t;
	for (size_t i = 0; i < params->n; i++)
		if (str_eq(params->names[i], t->name))
			return params->variables[i];
	assert(params->n < N_ELEMENTS(params->names));
	params->names[params->n] = t->name;
	return params->variables[params->n++] = unify_variable(u);
}

static const struct cel_type *rebuild(struct unifier *u, const struct cel_type *t, bool to_dyn,
                                      struct unify_params *params)
{
	struct rebuilt open[CEL_MAX_DEPTH] NO_INIT;
	size_t depth = 0;

	for (;;) {
		const struct cel_type *made = replacement(u, t, to_dyn, params);

		if (made->n_params > 0 && depth < N_ELEMENTS(open) && step(u)) {
			struct rebuilt *r = &open[depth++];
			r->type = made;
			r->n = 0;
			r->differs = false;
			t = made->params[0];
			continue;
		}
		if (made->n_params > 0)
			made = &cel_type_dyn; /* too deep, or too much */
		/* `made` is done: give it to what it is a parameter of, and go on with the next one. */
		while (depth > 0) {
			struct rebuilt *r = &open[depth - 1];

			r->differs = r->differs || made != r->type->params[r->n];
			r->params[r->n++] = made;
			if (r->n < r->type->n_params) {
				t = r->type->params[r->n];
				break;
			}
			made = r->differs ? cel_type_with_params(u->arena, r->type, r->params) : r->type;
			depth--;
		}
		if (depth == 0)
			return made;
	}
}

const struct cel_type *unify_resolve(struct unifier *u, const struct cel_type *t, bool to_dyn)
{
	if (t->n_params == 0 && t->kind != CEL_TYPE_VARIABLE)
		return t;
	return u->n == 0 ? t : rebuild(u, t, to_dyn, NULL);
}

const struct cel_type *unify_instance(struct unifier *u, const struct cel_type *t, struct unify_params *params)
{
	if (t->n_params == 0 && t->kind != CEL_TYPE_PARAM)
		return t;
	return rebuild(u, t, false, params);
}
