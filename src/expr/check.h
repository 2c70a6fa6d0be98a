#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The checker: gradual types over the declarations of an environment. It says what every node's type is and what its
 * names and calls mean, so that the compiler looks nothing up, and finds all mistakes of an expression at once. Words
 * and places of issues are cel-go's.
 *
 * Only files of this layer include it.
 */
#include "expr/expr.h"

/* What a name or a call was found to mean. */
enum cel_meaning_kind {
	CEL_MEANS_NOTHING,  /* looked up at run time, or not a name */
	CEL_MEANS_VARIABLE, /* slot */
	CEL_MEANS_LOCAL,    /* a comprehension's or bind's variable: `node` bound it; `slot` 0 or 1: first or second */
	CEL_MEANS_CONSTANT,
	CEL_MEANS_FIELD,     /* of a struct; slot: the field's number */
	CEL_MEANS_OVERLOAD,  /* exactly one */
	CEL_MEANS_OVERLOADS, /* of several that fit, the kinds of the arguments choose at run time */
};
struct cel_meaning {
	enum cel_meaning_kind kind;
	uint32_t slot;
	uint32_t node;
	const struct cel_variable *variable;
	const struct cel_constant *constant;
	const struct cel_overload *const *overloads; /* those that can apply */
	size_t n_overloads;
	/*
	 * The node, though a select or an ident, is the last part of a dotted name that is meant as a whole ("a.b.c" a
	 * variable): its children are not evaluated. Likewise a call whose receiver is part of the function's name.
	 */
	bool is_qualified;
};

struct cel_checked {
	struct arena *arena;                /* set by the caller; all of this lives in it */
	const struct cel_type **types;      /* of each node; dyn for all when not checked */
	const struct cel_meaning *meanings; /* of each node */
};

/*
 * Resolves names, with or without types. Unchecked: only names and locals (what is not declared fails at run time, and
 * any overload may be tried). 0, or -EINVAL with issues.
 */
int cel_check(const struct cel_env *env, const struct cel_ast *ast, const struct cel_options *options,
              struct cel_checked *ret, struct cel_issues *issues) MUST_USE;
