/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "cel-oracle.h"

/* NOLINTBEGIN(misc-no-recursion): trees are as deep as the generator makes them */

#define MAX_OPERANDS 8u

/* One walk: the tree and where values live. */
struct walk {
	struct arena *arena;
	const struct cel_ast *ast;
};

static struct oracle_value eval(const struct walk *w, uint32_t node, const struct oracle_scope *scope);

static const struct cel_node *child_of(const struct walk *w, const struct cel_node *n, uint32_t i)
{
	return &w->ast->nodes[w->ast->children[n->first + i]];
}

static struct oracle_value eval_child(const struct walk *w, const struct cel_node *n, uint32_t i,
                                      const struct oracle_scope *scope)
{
	return eval(w, w->ast->children[n->first + i], scope);
}

/* ---- looking into --------------------------------------------------------------------------------------------------
 */

const struct oracle_value *oracle_find(struct oracle_value map, struct oracle_value key)
{
	for (size_t i = 0; i < map.n; i++) {
		if (oracle_equal(map.items[2 * i], key))
			return &map.items[2 * i + 1];
	}
	return NULL;
}

/* Places in a list are whole numbers of any kind. False: not one. Those beyond all lists become -1. */
static bool to_index(struct oracle_value v, int64_t *ret)
{
	if (v.kind == O_INT)
		*ret = v.i;
	else if (v.kind == O_UINT)
		*ret = v.u <= INT64_MAX ? (int64_t)v.u : -1;
	else if (v.kind == O_DOUBLE && trunc(v.d) == v.d)
		*ret = v.d >= 0 && v.d < 0x1p53 ? (int64_t)v.d : -1;
	else
		return false;
	return true;
}

static bool can_be_key(struct oracle_value v)
{
	return v.kind == O_BOOL || v.kind == O_INT || v.kind == O_UINT || v.kind == O_STRING;
}

/* The element or the value under the key; O_ERROR with *ret_is_missing when just that one is not there. */
static struct oracle_value get(struct oracle_value of, struct oracle_value key, bool *ret_is_missing)
{
	int64_t i;

	*ret_is_missing = false;
	if (of.kind == O_MAP) {
		const struct oracle_value *found = oracle_find(of, key);
		*ret_is_missing = !found;
		return found ? *found : oracle_error();
	}
	if (of.kind != O_LIST || !to_index(key, &i))
		return oracle_error();
	*ret_is_missing = i < 0 || (uint64_t)i >= of.n;
	return *ret_is_missing ? oracle_error() : of.items[i];
}

/* a.b, a[b], a.?b and a[?b]; what is asked of an optional stays one. */
static struct oracle_value access(const struct walk *w, const struct cel_node *n, struct oracle_value of,
                                  struct oracle_value key)
{
	bool is_optional = n->flags & CEL_OPTIONAL_ACCESS, is_missing;

	if (of.kind == O_ERROR || key.kind == O_ERROR)
		return oracle_error();
	if (of.kind == O_OPTIONAL) {
		if (!of.n)
			return of;
		of = of.items[0];
		is_optional = true;
	}
	/* Only maps have fields here. */
	if (n->kind == CEL_NODE_SELECT && of.kind != O_MAP)
		return oracle_error();
	struct oracle_value v = get(of, key, &is_missing);
	if (!is_optional)
		return v;
	if (v.kind == O_ERROR)
		return is_missing ? oracle_none() : v;
	return oracle_some(w->arena, v);
}

/* has(a.b) */
static struct oracle_value test_field(struct oracle_value of, struct oracle_value key)
{
	if (of.kind == O_OPTIONAL) {
		if (!of.n)
			return oracle_bool(false);
		of = of.items[0];
	}
	return of.kind == O_MAP ? oracle_bool(oracle_find(of, key) != NULL) : oracle_error();
}

static struct oracle_value eval_select(const struct walk *w, const struct cel_node *n, const struct oracle_scope *scope)
{
	struct oracle_value of = eval_child(w, n, 0, scope), key = oracle_text(w->arena, n->name);

	if (of.kind == O_ERROR)
		return of;
	return n->flags & CEL_TEST_ONLY ? test_field(of, key) : access(w, n, of, key);
}

static struct oracle_value eval_ident(const struct cel_node *n, const struct oracle_scope *scope)
{
	for (; scope; scope = scope->outer) {
		if (str_eq(scope->name, n->name))
			return scope->value;
	}
	return oracle_error();
}

/* ---- logic ---------------------------------------------------------------------------------------------------------
 */

/* One operand that decides is enough, whatever the others are; without one, all must be bool. */
static struct oracle_value eval_logic(const struct walk *w, const struct cel_node *n, const struct oracle_scope *scope)
{
	bool decides = n->kind == CEL_NODE_OR, all_bool = true;

	for (uint32_t i = 0; i < n->n_children; i++) {
		struct oracle_value v = eval_child(w, n, i, scope);
		if (v.kind == O_BOOL && v.b == decides)
			return v;
		all_bool &= v.kind == O_BOOL;
	}
	return all_bool ? oracle_bool(!decides) : oracle_error();
}

static struct oracle_value eval_conditional(const struct walk *w, const struct cel_node *n,
                                            const struct oracle_scope *scope)
{
	struct oracle_value condition = eval_child(w, n, 0, scope);

	return condition.kind == O_BOOL ? eval_child(w, n, condition.b ? 1 : 2, scope) : oracle_error();
}

/* ---- lists and maps ------------------------------------------------------------------------------------------------
 */

/* An entry behind '?': its value, or nothing (*ret_is_left_out). */
static struct oracle_value take_optional(struct oracle_value v, bool *ret_is_left_out)
{
	*ret_is_left_out = v.kind == O_OPTIONAL && !v.n;
	return v.kind == O_OPTIONAL && v.n ? v.items[0] : oracle_error();
}

static struct oracle_value eval_list(const struct walk *w, const struct cel_node *n, const struct oracle_scope *scope)
{
	struct oracle_value *items = ARENA_ARRAY(w->arena, struct oracle_value, n->n_children);
	size_t n_items = 0;

	for (uint32_t i = 0; i < n->n_children; i++) {
		struct oracle_value v = eval_child(w, n, i, scope);
		bool is_left_out = false;
		if (child_of(w, n, i)->flags & CEL_OPTIONAL_ENTRY)
			v = take_optional(v, &is_left_out);
		if (is_left_out)
			continue;
		if (v.kind == O_ERROR)
			return v;
		items[n_items++] = v;
	}
	return oracle_list(items, n_items);
}

/* A map that is being made. */
struct entries {
	struct oracle_value *items;
	size_t n;
};

/* False: not a key, or there already. */
static bool add_entry(struct entries *e, struct oracle_value key, struct oracle_value value)
{
	struct oracle_value map = {.kind = O_MAP, .items = e->items, .n = e->n};

	if (!can_be_key(key) || value.kind == O_ERROR || oracle_find(map, key))
		return false;
	e->items[2 * e->n] = key;
	e->items[2 * e->n + 1] = value;
	e->n++;
	return true;
}

static struct oracle_value map_of(const struct entries *e)
{
	return (struct oracle_value){.kind = O_MAP, .items = e->items, .n = e->n};
}

static struct oracle_value eval_map(const struct walk *w, const struct cel_node *n, const struct oracle_scope *scope)
{
	struct entries e = {.items = ARENA_ARRAY(w->arena, struct oracle_value, n->n_children)};

	for (uint32_t i = 0; i + 1 < n->n_children; i += 2) {
		struct oracle_value key = eval_child(w, n, i, scope), value = eval_child(w, n, i + 1, scope);
		bool is_left_out = false;
		if (child_of(w, n, i)->flags & CEL_OPTIONAL_ENTRY)
			value = take_optional(value, &is_left_out);
		if (key.kind == O_ERROR || (!is_left_out && !add_entry(&e, key, value)))
			return oracle_error();
	}
	return map_of(&e);
}

/* ---- calls ---------------------------------------------------------------------------------------------------------
 */

static bool is_namespace(const struct cel_node *n, const struct oracle_scope *scope)
{
	static const struct str namespaces[] = {STR_INIT("math"), STR_INIT("lists"), STR_INIT("sets"),
	                                        STR_INIT("optional"), STR_INIT("strings")};

	if (n->kind != CEL_NODE_IDENT)
		return false;
	for (; scope; scope = scope->outer) {
		if (str_eq(scope->name, n->name))
			return false;
	}
	for (size_t i = 0; i < N_ELEMENTS(namespaces); i++) {
		if (str_eq(namespaces[i], n->name))
			return true;
	}
	return false;
}

static struct oracle_value eval_call(const struct walk *w, const struct cel_node *n, const struct oracle_scope *scope)
{
	struct oracle_value args[MAX_OPERANDS] = {0};
	struct str name = n->name;
	uint32_t first = 0;

	if (n->flags & CEL_HAS_RECEIVER && is_namespace(child_of(w, n, 0), scope)) {
		name = arena_concat3(w->arena, child_of(w, n, 0)->name, STR("."), n->name);
		first = 1;
	}
	assert(n->n_children <= MAX_OPERANDS);
	for (uint32_t i = first; i < n->n_children; i++) {
		args[i - first] = eval_child(w, n, i, scope);
		if (args[i - first].kind == O_ERROR)
			return oracle_error();
	}
	if (n->op == CEL_OP_NOT || n->op == CEL_OP_NEGATE)
		return oracle_unary((enum cel_op)n->op, args[0]);
	if (n->op != CEL_OP_NONE)
		return oracle_binary(w->arena, (enum cel_op)n->op, args[0], args[1]);
	return oracle_call(w->arena, name, args, n->n_children - first);
}

/* ---- comprehensions ------------------------------------------------------------------------------------------------
 */

/* A comprehension at work on one element after the other. */
struct fold {
	const struct walk *w;
	const struct cel_node *node;
	const struct oracle_scope *outer;
	struct oracle_value range;
	size_t i;                   /* which element */
	struct oracle_value *items; /* results of map, filter, transformList and the like; keys of sortBy */
	size_t n_items;
	struct entries entries;
	size_t n_true, n_false;
	bool had_error;
};

/* The part `child` with the variables of the element. */
static struct oracle_value eval_part(struct fold *f, uint32_t child)
{
	bool is_map = f->range.kind == O_MAP;
	struct oracle_value element = f->range.items[is_map ? 2 * f->i : f->i];
	struct oracle_value index = is_map ? element : oracle_int((int64_t)f->i);
	bool has_two = !str_is_absent(f->node->name2);
	struct oracle_scope one = {.outer = f->outer, .name = f->node->name, .value = has_two ? index : element};
	struct oracle_scope two = {
	    .outer = &one, .name = f->node->name2, .value = is_map ? f->range.items[2 * f->i + 1] : element};

	return eval_child(f->w, f->node, child, has_two ? &two : &one);
}

/* The key under which an element's result stands in a map. */
static struct oracle_value key_of(const struct fold *f)
{
	return f->range.kind == O_MAP ? f->range.items[2 * f->i] : oracle_int((int64_t)f->i);
}

/* transformMapEntry: each of the entries of a map. */
static bool add_entries(struct fold *f, struct oracle_value map)
{
	if (map.kind != O_MAP)
		return false;
	struct oracle_value *more = ARENA_ARRAY(f->w->arena, struct oracle_value, 2 * (f->entries.n + map.n));
	if (f->entries.n)
		memcpy(more, f->entries.items, 2 * f->entries.n * sizeof(*more));
	f->entries.items = more;
	for (size_t i = 0; i < map.n; i++) {
		if (!add_entry(&f->entries, map.items[2 * i], map.items[2 * i + 1]))
			return false;
	}
	return true;
}

/* map, transformList and the others with an optional filter before their transform. False: an error ends it. */
static bool step_transform(struct fold *f)
{
	if (f->node->n_children == 3) {
		struct oracle_value wanted = eval_part(f, 1);
		if (wanted.kind != O_BOOL)
			return false;
		if (!wanted.b)
			return true;
	}
	struct oracle_value v = eval_part(f, f->node->n_children - 1);
	if (v.kind == O_ERROR)
		return false;
	if (f->node->op == CEL_FOLD_TRANSFORM_MAP)
		return add_entry(&f->entries, key_of(f), v);
	if (f->node->op == CEL_FOLD_TRANSFORM_MAP_ENTRY)
		return add_entries(f, v);
	f->items[f->n_items++] = v;
	return true;
}

/* filter, exists_one, all and exists. False: an error ends it. */
static bool step_predicate(struct fold *f)
{
	struct oracle_value v = eval_part(f, 1);
	bool is_true = v.kind == O_BOOL && v.b;

	f->n_true += is_true;
	f->n_false += v.kind == O_BOOL && !v.b;
	f->had_error |= v.kind != O_BOOL;
	if (f->node->op == CEL_FOLD_FILTER && is_true)
		f->items[f->n_items++] = f->range.kind == O_MAP ? key_of(f) : f->range.items[f->i];
	return v.kind == O_BOOL || f->node->op == CEL_FOLD_ALL || f->node->op == CEL_FOLD_EXISTS;
}

/* The elements of the range in the order of their keys; equal ones as they stood. */
static struct oracle_value sorted(struct fold *f)
{
	struct oracle_value *items = ARENA_ARRAY(f->w->arena, struct oracle_value, f->range.n);

	for (size_t i = 0; i < f->range.n; i++) {
		struct oracle_value key = f->items[i], item = f->range.items[i];
		size_t at = i;
		if (key.kind != f->items[0].kind || oracle_compare(key, key) == 3)
			return oracle_error();
		for (; at > 0 && oracle_compare(key, f->items[at - 1]) == -1; at--) {
			f->items[at] = f->items[at - 1];
			items[at] = items[at - 1];
		}
		f->items[at] = key;
		items[at] = item;
	}
	return oracle_list(items, f->range.n);
}

/* What decides all() and exists() outweighs errors. */
static struct oracle_value result_of(struct fold *f)
{
	unsigned op = f->node->op;

	if (op == CEL_FOLD_ALL)
		return f->n_false ? oracle_bool(false) : f->had_error ? oracle_error() : oracle_bool(true);
	if (op == CEL_FOLD_EXISTS)
		return f->n_true ? oracle_bool(true) : f->had_error ? oracle_error() : oracle_bool(false);
	if (op == CEL_FOLD_EXISTS_ONE)
		return oracle_bool(f->n_true == 1);
	if (op == CEL_FOLD_TRANSFORM_MAP || op == CEL_FOLD_TRANSFORM_MAP_ENTRY)
		return map_of(&f->entries);
	return op == CEL_FOLD_SORT_BY ? sorted(f) : oracle_list(f->items, f->n_items);
}

static bool is_predicate(enum cel_op op)
{
	return op == CEL_FOLD_ALL || op == CEL_FOLD_EXISTS || op == CEL_FOLD_EXISTS_ONE || op == CEL_FOLD_FILTER;
}

static struct oracle_value eval_over_range(struct fold *f)
{
	for (f->i = 0; f->i < f->range.n; f->i++) {
		if (!(is_predicate((enum cel_op)f->node->op) ? step_predicate(f) : step_transform(f)))
			return oracle_error();
	}
	return result_of(f);
}

/* optMap and optFlatMap */
static struct oracle_value eval_optional(struct fold *f)
{
	if (f->range.kind != O_OPTIONAL)
		return oracle_error();
	if (!f->range.n)
		return f->range;
	struct oracle_value v = eval_part(f, 1);
	if (v.kind == O_ERROR)
		return v;
	if (f->node->op == CEL_FOLD_OPT_MAP)
		return oracle_some(f->w->arena, v);
	return v.kind == O_OPTIONAL ? v : oracle_error();
}

static struct oracle_value eval_fold(const struct walk *w, const struct cel_node *n, const struct oracle_scope *scope)
{
	struct fold f = {.w = w, .node = n, .outer = scope, .range = eval_child(w, n, 0, scope)};

	if (n->op == CEL_FOLD_OPT_MAP || n->op == CEL_FOLD_OPT_FLAT_MAP)
		return eval_optional(&f);
	if (f.range.kind != O_LIST && (f.range.kind != O_MAP || n->op == CEL_FOLD_SORT_BY))
		return oracle_error();
	f.items = ARENA_ARRAY(w->arena, struct oracle_value, f.range.n);
	f.entries.items = ARENA_ARRAY(w->arena, struct oracle_value, 2 * f.range.n);
	return eval_over_range(&f);
}

/* ---- all -----------------------------------------------------------------------------------------------------------
 */

/* cel.bind(): an error of the value is one only where it is used. */
static struct oracle_value eval_bind(const struct walk *w, const struct cel_node *n, const struct oracle_scope *scope)
{
	struct oracle_scope bound = {.outer = scope, .name = n->name, .value = eval_child(w, n, 0, scope)};

	return eval_child(w, n, 1, &bound);
}

static struct oracle_value eval(const struct walk *w, uint32_t node, const struct oracle_scope *scope)
{
	const struct cel_node *n = &w->ast->nodes[node];

	switch ((enum cel_node_kind)n->kind) {
	case CEL_NODE_LITERAL:
		return oracle_of(w->arena, n->literal);
	case CEL_NODE_IDENT:
		return eval_ident(n, scope);
	case CEL_NODE_SELECT:
		return eval_select(w, n, scope);
	case CEL_NODE_INDEX:
		return access(w, n, eval_child(w, n, 0, scope), eval_child(w, n, 1, scope));
	case CEL_NODE_CALL:
		return eval_call(w, n, scope);
	case CEL_NODE_LIST:
		return eval_list(w, n, scope);
	case CEL_NODE_MAP:
		return eval_map(w, n, scope);
	case CEL_NODE_AND:
	case CEL_NODE_OR:
		return eval_logic(w, n, scope);
	case CEL_NODE_CONDITIONAL:
		return eval_conditional(w, n, scope);
	case CEL_NODE_FOLD:
		return eval_fold(w, n, scope);
	case CEL_NODE_BIND:
		return eval_bind(w, n, scope);
	case CEL_NODE_STRUCT:
		break;
	}
	return oracle_error();
}

struct oracle_value oracle_eval(struct arena *a, const struct cel_ast *ast, const struct oracle_scope *variables)
{
	struct walk w = {.arena = a, .ast = ast};

	return eval(&w, ast->n_nodes - 1, variables);
}

/* NOLINTEND(misc-no-recursion) */
