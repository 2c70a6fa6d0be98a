/* SPDX-License-Identifier: Apache-2.0
 *
 * Names with dots, and the tree as text.
 */
#include "expr/ast.h"

/* Do the names stand in the source as "a.b.c", nothing between them? */
static bool is_contiguous(const struct cel_node *nodes, uint32_t first, uint32_t last)
{
	for (uint32_t i = first + 1; i <= last; i++)
		if (nodes[i].name.ptr != nodes[i - 1].name.ptr + nodes[i - 1].name.len + 1)
			return false;
	return true;
}

bool cel_node_name(const struct cel_node *nodes, uint32_t node, struct arena *a, struct str *ret)
{
	uint32_t first = nodes[node].begin;
	struct str name = nodes[first].name;

	if (nodes[first].kind != CEL_NODE_IDENT)
		return false;
	for (uint32_t i = first + 1; i <= node; i++)
		if (nodes[i].kind != CEL_NODE_SELECT || nodes[i].flags)
			return false;
	if (is_contiguous(nodes, first, node))
		name.len = (size_t)(nodes[node].name.ptr + nodes[node].name.len - name.ptr);
	else
		for (uint32_t i = first + 1; i <= node; i++)
			name = arena_concat3(a, name, STR("."), nodes[i].name);
	*ret = name;
	return true;
}

/* ---- printing --------------------------------------------------------------------------------------------- */

static const char *const kind_names[] = {
    [CEL_NODE_LITERAL] = "literal",
    [CEL_NODE_IDENT] = "ident",
    [CEL_NODE_SELECT] = "select",
    [CEL_NODE_INDEX] = "index",
    [CEL_NODE_CALL] = "call",
    [CEL_NODE_LIST] = "list",
    [CEL_NODE_MAP] = "map",
    [CEL_NODE_STRUCT] = "struct",
    [CEL_NODE_AND] = "and",
    [CEL_NODE_OR] = "or",
    [CEL_NODE_CONDITIONAL] = "conditional",
    [CEL_NODE_FOLD] = "fold",
    [CEL_NODE_BIND] = "bind",
};
static const char *const op_names[] = {
    [CEL_OP_NONE] = "",
    [CEL_OP_NOT] = "!_",
    [CEL_OP_NEGATE] = "-_",
    [CEL_OP_ADD] = "_+_",
    [CEL_OP_SUBTRACT] = "_-_",
    [CEL_OP_MULTIPLY] = "_*_",
    [CEL_OP_DIVIDE] = "_/_",
    [CEL_OP_MODULO] = "_%_",
    [CEL_OP_EQUAL] = "_==_",
    [CEL_OP_NOT_EQUAL] = "_!=_",
    [CEL_OP_LESS] = "_<_",
    [CEL_OP_LESS_EQUAL] = "_<=_",
    [CEL_OP_GREATER] = "_>_",
    [CEL_OP_GREATER_EQUAL] = "_>=_",
    [CEL_OP_IN] = "@in",
    [CEL_FOLD_ALL] = "all",
    [CEL_FOLD_EXISTS] = "exists",
    [CEL_FOLD_EXISTS_ONE] = "exists_one",
    [CEL_FOLD_MAP] = "map",
    [CEL_FOLD_FILTER] = "filter",
    [CEL_FOLD_TRANSFORM_LIST] = "transformList",
    [CEL_FOLD_TRANSFORM_MAP] = "transformMap",
    [CEL_FOLD_TRANSFORM_MAP_ENTRY] = "transformMapEntry",
    [CEL_FOLD_OPT_MAP] = "optMap",
    [CEL_FOLD_OPT_FLAT_MAP] = "optFlatMap",
    [CEL_FOLD_SORT_BY] = "sortBy",
};

const char *cel_op_name(enum cel_op op)
{
	return op_names[op];
}

static void print_literal(struct buf *out, struct cel_value v)
{
	switch ((enum cel_kind)v.kind) {
	case CEL_BOOL:
		buf_addf(out, " %s", v.b ? "true" : "false");
		break;
	case CEL_INT:
		buf_addf(out, " %lld", (long long)v.i);
		break;
	case CEL_UINT:
		buf_addf(out, " %lluu", (unsigned long long)v.u);
		break;
	case CEL_DOUBLE:
		buf_addf(out, " %.17g", v.d);
		break;
	case CEL_STRING:
	case CEL_BYTES:
		buf_addf(out, " %s\"" STR_FMT "\"", v.kind == CEL_BYTES ? "b" : "", STR_ARG(cel_text(v)));
		break;
	case CEL_ERROR:
	case CEL_NULL:
	case CEL_LIST:
	case CEL_MAP:
	case CEL_TIMESTAMP:
	case CEL_DURATION:
	case CEL_TYPE:
	case CEL_OPTIONAL:
	case CEL_STRUCT:
	case CEL_IP:
	case CEL_CIDR:
	case CEL_OPAQUE:
	case CEL_N_KINDS:
		buf_add(out, STR(" null"));
		break;
	}
}

static void print_node(struct buf *out, const struct cel_node *node, uint32_t depth)
{
	static const char *const flag_names[] = {"root", "has", "optional", "receiver", "quoted", "optional-entry"};

	for (uint32_t i = 0; i < depth; i++)
		buf_add(out, STR("  "));
	buf_addf(out, "%s", kind_names[node->kind]);
	if (node->op)
		buf_addf(out, " %s", op_names[node->op]);
	if (!str_is_absent(node->name))
		buf_addf(out, " " STR_FMT, STR_ARG(node->name));
	if (!str_is_absent(node->name2))
		buf_addf(out, " " STR_FMT, STR_ARG(node->name2));
	if (node->kind == CEL_NODE_LITERAL)
		print_literal(out, node->literal);
	for (uint32_t i = 0; i < N_ELEMENTS(flag_names); i++)
		if (node->flags >> i & 1)
			buf_addf(out, " %s", flag_names[i]);
	buf_addf(out, " @%u\n", node->at);
}

void cel_ast_print(struct buf *out, const struct cel_ast *ast)
{
	/* Of each level, what is left of the parent's children; a tree is at most so high. */
	struct {
		uint32_t next, end;
	} levels[CEL_MAX_NESTING + 1];
	uint32_t depth = 0, node = ast->n_nodes - 1;

	for (;;) {
		const struct cel_node *n = &ast->nodes[node];

		print_node(out, n, depth);
		levels[depth].next = n->first;
		levels[depth].end = n->first + n->n_children;
		while (levels[depth].next == levels[depth].end) {
			if (depth == 0)
				return;
			depth--;
		}
		node = ast->children[levels[depth].next++];
		depth++;
	}
}
