#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Which type fits which, when some are not known yet: CEL's gradual unification. A type variable stands for a type that
 * is found out by use; what it stands for becomes more general as more is seen. No recursion; the steps of one checker
 * are bounded, and beyond them nothing fits anything any more.
 *
 * Only the checker includes it.
 */
#include "expr/type.h"

#define CEL_MAX_UNIFY_STEPS 500000u

struct unifier {
	struct arena *arena;
	const struct cel_type **bindings; /* by number of the variable; NULL: not known */
	size_t n, cap;
	struct undo {
		uint32_t variable;
		const struct cel_type *old;
	} * trail; /* what attempts changed */
	size_t n_trail, cap_trail;
	uint32_t steps;
};

/* A new variable. */
const struct cel_type *unify_variable(struct unifier *u);
/* Does a value of type `from` fit where `to` is wanted? Learns of variables only when it does. */
bool unify_fits(struct unifier *u, const struct cel_type *from, const struct cel_type *to);
/* The same for all, or none. */
bool unify_fit_all(struct unifier *u, const struct cel_type *const *from, const struct cel_type *const *to, size_t n);
/* Of two types that fit, the more general one. */
const struct cel_type *unify_general(const struct cel_type *a, const struct cel_type *b);
/* Without the variables that are known; `to_dyn`: the others become dyn. */
const struct cel_type *unify_resolve(struct unifier *u, const struct cel_type *t, bool to_dyn);

/* The parameters of one declaration, each a variable. */
struct unify_params {
	struct str names[CEL_TYPE_MAX_PARAMS * 2];
	const struct cel_type *variables[CEL_TYPE_MAX_PARAMS * 2];
	size_t n;
};
/* The declared type with variables for its parameters, those that `params` has already or new ones. */
const struct cel_type *unify_instance(struct unifier *u, const struct cel_type *t, struct unify_params *params);
