#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The syntax tree of an expression, macros expanded. Nodes stand in one array in the order in which their parents need
 * them: a node's children come before it, and the root is last, so that most passes are a loop from the first to the
 * last. What is conditional or bound (&&, ||, ?:, comprehensions, cel.bind) has its parts in the ranges of the array
 * that end at its children.
 *
 * A tree is at most CEL_MAX_NESTING high. No node is there that is not evaluated: the variables of macros are names of
 * their node. math.greatest and math.least are calls (no receiver) of the functions "math.greatest" and "math.least"
 * with one argument: the only one, or a list of all.
 *
 * Only files of this layer include it.
 */
#include "expr/env.h"

enum cel_node_kind {
	CEL_NODE_LITERAL,
	CEL_NODE_IDENT,  /* name; a leading dot: flags has CEL_ROOT */
	CEL_NODE_SELECT, /* child 0 . name; CEL_TEST_ONLY: has(); CEL_OPTIONAL_ACCESS: .? */
	CEL_NODE_INDEX,  /* child 0 [ child 1 ]; CEL_OPTIONAL_ACCESS: [? ] */
	CEL_NODE_CALL,   /* name, receiver (CEL_HAS_RECEIVER: child 0) and arguments; operators by op */
	CEL_NODE_LIST,   /* children; CEL_OPTIONAL_ENTRY on a child's flags: [?x] */
	CEL_NODE_MAP,    /* children: key, value, key, value …; the key's flags may have CEL_OPTIONAL_ENTRY */
	CEL_NODE_STRUCT, /* name and children as of a map, keys are literals; no host has struct literals yet */
	CEL_NODE_AND,    /* two or more children */
	CEL_NODE_OR,
	CEL_NODE_CONDITIONAL, /* child 0 ? child 1 : child 2 */
	CEL_NODE_FOLD, /* a comprehension macro: op says which; child 0: range, 1: predicate or transform, 2: transform
	                */
	CEL_NODE_BIND, /* cel.bind(name, child 0, child 1) */
};

/* Operators (of CEL_NODE_CALL) and comprehensions (of CEL_NODE_FOLD). */
enum cel_op {
	CEL_OP_NONE,
	CEL_OP_NOT,
	CEL_OP_NEGATE,
	CEL_OP_ADD,
	CEL_OP_SUBTRACT,
	CEL_OP_MULTIPLY,
	CEL_OP_DIVIDE,
	CEL_OP_MODULO,
	CEL_OP_EQUAL,
	CEL_OP_NOT_EQUAL,
	CEL_OP_LESS,
	CEL_OP_LESS_EQUAL,
	CEL_OP_GREATER,
	CEL_OP_GREATER_EQUAL,
	CEL_OP_IN,
	CEL_FOLD_ALL,
	CEL_FOLD_EXISTS,
	CEL_FOLD_EXISTS_ONE,
	CEL_FOLD_MAP, /* child 1: transform; with a filter child 1: predicate, child 2: transform */
	CEL_FOLD_FILTER,
	CEL_FOLD_TRANSFORM_LIST, /* two variables; the same children as CEL_FOLD_MAP */
	CEL_FOLD_TRANSFORM_MAP,
	CEL_FOLD_TRANSFORM_MAP_ENTRY,
	CEL_FOLD_OPT_MAP, /* optMap: child 0 an optional, child 1 the transform; optFlatMap likewise */
	CEL_FOLD_OPT_FLAT_MAP,
	CEL_FOLD_SORT_BY, /* sortBy: child 1 the key */
};

enum cel_node_flags {
	CEL_ROOT = 1 << 0,
	CEL_TEST_ONLY = 1 << 1,
	CEL_OPTIONAL_ACCESS = 1 << 2,
	CEL_HAS_RECEIVER = 1 << 3,
	CEL_QUOTED = 1 << 4,         /* a selector in backticks */
	CEL_OPTIONAL_ENTRY = 1 << 5, /* of a list or map: [?x], {?key: value}; another thing than x being an x.?y */
};

#define CEL_NO_NODE UINT32_MAX

struct cel_node {
	uint8_t kind; /* enum cel_node_kind */
	uint8_t op;   /* enum cel_op */
	uint16_t flags;
	uint32_t
	    at; /* byte offset in the source: of an operator, of a call's '(', of a select's '.', of an ident's start */
	uint32_t first; /* children are ast->children[first … first + n_children) */
	uint32_t n_children;
	uint32_t begin;   /* the first node of this one's range: [begin, this] is the whole subtree */
	struct str name;  /* ident, selected field, called function, bound variable (1st) */
	struct str name2; /* second variable of a two-variable comprehension; absent: none */
	struct cel_value literal;
};

struct cel_ast {
	struct str source; /* copied */
	const struct cel_node *nodes;
	uint32_t n_nodes;         /* the root is nodes[n_nodes - 1] */
	const uint32_t *children; /* numbers of nodes */
};

#define CEL_MAX_SOURCE_CODE_POINTS 100000u
#define CEL_MAX_NESTING            250u /* of parentheses, calls, literals, operators: cel-go's limit */
#define CEL_MAX_ISSUES             100u /* as many are told */

/* One thing that is wrong with an expression. */
struct cel_issue {
	uint32_t at;     /* byte offset in the source */
	struct str text; /* "undeclared reference to 'x' (in container '')" */
};
struct cel_issues {
	struct arena *arena; /* set by the caller; texts live in it */
	struct cel_issue *items;
	size_t n, cap;
};
void cel_issue_add(struct cel_issues *issues, uint32_t at, const char *fmt, ...) ATTR_PRINTF(3, 4);
/* By place; those of one place stay as they are. */
void cel_issues_sort(struct cel_issues *issues);

/*
 * Parses. 0 and the tree (in `a`), or -EINVAL with at least one issue. Which macros exist depends on the environment's
 * libraries. No recursion: nesting is kept on a stack of the arena's, at most CEL_MAX_NESTING deep.
 */
int cel_parse(const struct cel_env *env, struct str source, struct arena *a, struct cel_ast *ret,
              struct cel_issues *issues) MUST_USE;
/*
 * Whether the node is a name with dots in it, "a.b.c": an identifier and plain selects of it. Then `*ret` is that name,
 * from the source or made in `a`, without a leading dot.
 */
bool cel_node_name(const struct cel_node *nodes, uint32_t node, struct arena *a, struct str *ret);
/* "_+_", "@in", "all": as cel-go's messages have operators; of macros their name. */
const char *cel_op_name(enum cel_op op);
/* The tree as text, for people: one node a line, indented. */
void cel_ast_print(struct buf *out, const struct cel_ast *ast);
