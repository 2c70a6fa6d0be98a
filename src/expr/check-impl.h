#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the checker share: check.c (the passes), check-names.c (what names mean), check-types.c (types of
 * nodes), check-calls.c (overloads), check-unify.c (which type fits which).
 *
 * Names are resolved from the root down, since the longest name wins; types from the leaves up.
 *
 * Only these files include it.
 */
#include "expr/check.h"
#include "expr/unify.h"

struct checker {
	const struct cel_env *env;
	const struct cel_ast *ast;
	const struct cel_node *nodes; /* ast->nodes */
	struct arena *arena;
	struct cel_issues *issues;
	const struct cel_type **types; /* NULL: not known yet; dyn: also of nodes that are parts of a qualified name */
	struct cel_meaning *meanings;
	uint32_t *scopes; /* of each node: the comprehension or bind around it, CEL_NO_NODE: none; NULL: there are none
	                     at all */
	struct unifier *unifier;
	struct str last_first; /* the first part of a name that was looked up last, and whether it may have more */
	bool last_is_root, last_may_go_on;
};

static inline uint32_t child_of(const struct checker *c, const struct cel_node *node, uint32_t i)
{
	return c->ast->children[node->first + i];
}

/* ---- check-names.c ------------------------------------------------------------------------------------------ */

/* Fills `meanings` and `scopes`, and the types of nodes that are not evaluated. */
void resolve_names(struct checker *c);
/* ---- check-types.c ------------------------------------------------------------------------------------------ */

/* The types of all nodes, and an issue for each that has none. */
void check_types(struct checker *c);

/* ---- check-calls.c ------------------------------------------------------------------------------------------ */

/* The type of an operator, an index, a conditional or a function's call; which overloads it means is noted. */
const struct cel_type *type_of_call(struct checker *c, uint32_t call);
/* "expected type 'bool' but found 'string'". */
void tell_mismatch(struct checker *c, uint32_t at, const struct cel_type *wanted, const struct cel_type *found);
/* An issue with a type in its text. */
void tell_of_type(struct checker *c, uint32_t at, const char *before, const struct cel_type *t, const char *after);
