/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known when an expression is compiled. Nothing is folded into an error: it may never be reached.
 */
#include "expr/lib.h"
#include "expr/program.h"

/* Folding ends where a program would become large or slow to compile; the rest is left to the evaluation. */
#define FOLD_BUDGET UINT64_C(20000)
#define FOLD_MEMORY ((size_t)256 * 1024)

struct folding {
	struct cel_eval ev;
	struct cel_program *program;
	const struct cel_ast *ast;
	const struct cel_checked *checked;
	struct arena *scratch;
	const struct cel_value **constants;
};

static const struct cel_value *keep(struct folding *f, struct cel_value v)
{
	struct cel_value *kept;

	if (cel_is_error(v))
		return NULL;
	kept = arena_alloc(&f->program->arena, sizeof(*kept));
	*kept = v;
	return kept;
}

static uint32_t child(const struct folding *f, const struct cel_node *node, uint32_t i)
{
	return f->ast->children[node->first + i];
}

static const struct cel_value *known(const struct folding *f, const struct cel_node *node, uint32_t i)
{
	return f->constants[child(f, node, i)];
}

static bool all_known(const struct folding *f, const struct cel_node *node, uint32_t from)
{
	for (uint32_t i = from; i < node->n_children; i++) {
		if (!known(f, node, i) || (f->ast->nodes[child(f, node, i)].flags & CEL_OPTIONAL_ENTRY))
			return false;
	}
	return true;
}

/* Texts of the source's tree move into the program. */
static const struct cel_value *fold_literal(struct folding *f, struct cel_value v)
{
	if (v.kind == CEL_STRING || v.kind == CEL_BYTES)
		v.text = cel_program_text(f->program, f->ast, cel_text(v)).ptr;
	return keep(f, v);
}

static const struct cel_value *fold_call(struct folding *f, const struct cel_node *node, uint32_t number)
{
	const struct cel_meaning *meaning = &f->checked->meanings[number];
	uint32_t from = meaning->is_qualified && (node->flags & CEL_HAS_RECEIVER) ? 1 : 0;
	bool has_receiver = (node->flags & CEL_HAS_RECEIVER) && !from;
	NO_INIT struct cel_value args[CEL_MAX_ARGS];
	const struct cel_overload *o;

	if (!all_known(f, node, from))
		return NULL;
	if (node->op != CEL_OP_NONE)
		return keep(f, cel_operators[node->op](&f->ev, *known(f, node, 0),
		                                       node->n_children > 1 ? *known(f, node, 1) : cel_null()));
	if (node->n_children - from > CEL_MAX_ARGS || meaning->n_overloads == 0)
		return NULL;
	for (uint32_t i = from; i < node->n_children; i++)
		args[i - from] = *known(f, node, i);
	o = cel_call_choose(cel_call_new(f->scratch, meaning, node->n_children - from, has_receiver), args);
	if (!o || !(o->flags & CEL_PURE))
		return NULL;
	return keep(f, o->call(&f->ev, args, node->n_children - from));
}

static const struct cel_value *fold_list(struct folding *f, const struct cel_node *node)
{
	struct cel_value *items;

	if (!all_known(f, node, 0))
		return NULL;
	items = cel_alloc(&f->ev, node->n_children * sizeof(*items));
	for (uint32_t i = 0; items && i < node->n_children; i++)
		items[i] = *known(f, node, i);
	return items ? keep(f, cel_list(items, node->n_children)) : NULL;
}

static const struct cel_value *fold_map(struct folding *f, const struct cel_node *node)
{
	uint32_t n = node->n_children / 2;
	struct cel_entry *entries;

	if (!all_known(f, node, 0))
		return NULL;
	entries = cel_alloc(&f->ev, n * sizeof(*entries));
	for (uint32_t i = 0; entries && i < n; i++)
		entries[i] = (struct cel_entry){*known(f, node, 2 * i), *known(f, node, 2 * i + 1)};
	return entries ? keep(f, cel_make_checked_map(&f->ev, entries, n)) : NULL;
}

static const struct cel_value *fold_select(struct folding *f, const struct cel_node *node)
{
	const struct cel_value *of = known(f, node, 0);

	if (!of)
		return NULL;
	if (node->flags & CEL_TEST_ONLY)
		return keep(f, cel_has(&f->ev, *of, node->name));
	return keep(f, node->flags & CEL_OPTIONAL_ACCESS ? cel_select_optional(&f->ev, *of, node->name)
	                                                 : cel_select(&f->ev, *of, node->name));
}

static const struct cel_value *fold_index(struct folding *f, const struct cel_node *node)
{
	if (!all_known(f, node, 0))
		return NULL;
	return keep(f, (node->flags & CEL_OPTIONAL_ACCESS ? cel_index_optional : cel_index)(&f->ev, *known(f, node, 0),
	                                                                                    *known(f, node, 1)));
}

/* One operand that decides is enough; else all must be known, and bools. */
static const struct cel_value *fold_logic(struct folding *f, const struct cel_node *node)
{
	bool decides = node->kind == CEL_NODE_OR, others = true;

	for (uint32_t i = 0; i < node->n_children; i++) {
		const struct cel_value *v = known(f, node, i);

		if (v && v->kind == CEL_BOOL && v->b == decides)
			return v;
		others = others && v && v->kind == CEL_BOOL;
	}
	return others ? known(f, node, 0) : NULL;
}

static const struct cel_value *fold_conditional(struct folding *f, const struct cel_node *node)
{
	const struct cel_value *condition = known(f, node, 0);

	if (!condition || condition->kind != CEL_BOOL)
		return NULL;
	return known(f, node, condition->b ? 1 : 2);
}

static const struct cel_value *fold_node(struct folding *f, uint32_t number)
{
	const struct cel_node *node = &f->ast->nodes[number];
	const struct cel_meaning *meaning = &f->checked->meanings[number];

	if (meaning->kind == CEL_MEANS_CONSTANT)
		return &meaning->constant->value;
	if (meaning->kind == CEL_MEANS_VARIABLE || meaning->kind == CEL_MEANS_LOCAL)
		return NULL;
	f->ev.at = node->at;
	switch ((enum cel_node_kind)node->kind) {
	case CEL_NODE_LITERAL:
		return fold_literal(f, node->literal);
	case CEL_NODE_CALL:
		return fold_call(f, node, number);
	case CEL_NODE_LIST:
		return fold_list(f, node);
	case CEL_NODE_MAP:
		return fold_map(f, node);
	case CEL_NODE_SELECT:
		return fold_select(f, node);
	case CEL_NODE_INDEX:
		return fold_index(f, node);
	case CEL_NODE_AND:
	case CEL_NODE_OR:
		return fold_logic(f, node);
	case CEL_NODE_CONDITIONAL:
		return fold_conditional(f, node);
	case CEL_NODE_IDENT:
	case CEL_NODE_STRUCT:
	case CEL_NODE_FOLD:
	case CEL_NODE_BIND:
		break;
	}
	return NULL;
}

const struct cel_value **cel_fold_constants(struct cel_program *p, const struct cel_ast *ast,
                                            const struct cel_checked *checked, struct arena *scratch)
{
	struct cel_input input = {.arena = &p->arena, .budget = FOLD_BUDGET, .memory = FOLD_MEMORY};
	NO_INIT struct folding f;

	f.program = p;
	f.ast = ast;
	f.checked = checked;
	f.scratch = scratch;
	cel_eval_init(&f.ev, p->env, &input);
	f.constants = arena_alloc(scratch, ast->n_nodes * sizeof(f.constants[0]));
	for (uint32_t i = 0; i < ast->n_nodes; i++)
		f.constants[i] = fold_node(&f, i);
	return f.constants;
}
