/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/check-impl.h"

#include <errno.h>

/* Which overloads a call can mean when types are not known: those of its form. */
static void keep_callable(struct checker *c, uint32_t call)
{
	const struct cel_node *node = &c->nodes[call];
	struct cel_meaning *m = &c->meanings[call];
	bool has_receiver = (node->flags & CEL_HAS_RECEIVER) && !m->is_qualified;
	uint32_t n_args = node->n_children - m->is_qualified;
	const struct cel_overload **kept = arena_alloc(c->arena, m->n_overloads * sizeof(const struct cel_overload *));
	size_t n = 0;

	for (size_t i = 0; i < m->n_overloads; i++) {
		const struct cel_overload *o = m->overloads[i];

		if (o->n_params == n_args && has_receiver == ((o->flags & CEL_RECEIVER) != 0))
			kept[n++] = o;
	}
	m->overloads = kept;
	m->n_overloads = n;
	m->kind = n == 0 ? CEL_MEANS_NOTHING : n == 1 ? CEL_MEANS_OVERLOAD : CEL_MEANS_OVERLOADS;
}

static void assume_dyn(struct checker *c)
{
	for (uint32_t i = 0; i < c->ast->n_nodes; i++) {
		c->types[i] = &cel_type_dyn;
		if (c->meanings[i].n_overloads > 0)
			keep_callable(c, i);
	}
}

static void check_result(struct checker *c, const struct cel_type *wanted)
{
	uint32_t root = c->ast->n_nodes - 1;

	if (wanted && !unify_fits(c->unifier, c->types[root], wanted))
		tell_mismatch(c, c->nodes[root].at, wanted, c->types[root]);
}

int cel_check(const struct cel_env *env, const struct cel_ast *ast, const struct cel_options *options,
              struct cel_checked *ret, struct cel_issues *issues)
{
	struct unifier unifier = {.arena = ret->arena};
	struct checker c = {.env = env,
	                    .ast = ast,
	                    .nodes = ast->nodes,
	                    .arena = ret->arena,
	                    .issues = issues,
	                    .types = ARENA_ARRAY(ret->arena, const struct cel_type *, ast->n_nodes),
	                    .meanings = ARENA_ARRAY(ret->arena, struct cel_meaning, ast->n_nodes),
	                    .unifier = &unifier};
	size_t n_before = issues->n;

	resolve_names(&c);
	if (options->is_unchecked) {
		assume_dyn(&c);
	} else {
		check_types(&c);
		check_result(&c, options->result);
	}
	if (issues->n > n_before) {
		cel_issues_sort(issues);
		return -EINVAL;
	}
	ret->types = c.types;
	ret->meanings = c.meanings;
	return 0;
}
