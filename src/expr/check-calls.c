/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls: which overloads fit the arguments, and what comes of them.
 */
#include "expr/check-impl.h"

#define MAX_TYPE_BYTES ((size_t)1024) /* of types in an issue */

/* ---- telling ---------------------------------------------------------------------------------------------- */

void tell_of_type(struct checker *c, uint32_t at, const char *before, const struct cel_type *t, const char *after)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TYPE_BYTES);

	cel_type_print(&text, unify_resolve(c->unifier, t, true));
	cel_issue_add(c->issues, at, "%s" STR_FMT "%s", before, STR_ARG(buf_str(&text)), after);
}

void tell_mismatch(struct checker *c, uint32_t at, const struct cel_type *wanted, const struct cel_type *found)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TYPE_BYTES);

	buf_add(&text, STR("expected type '"));
	cel_type_print(&text, unify_resolve(c->unifier, wanted, true));
	buf_add(&text, STR("' but found '"));
	tell_of_type(c, at, text.ptr ? arena_str(c->arena, buf_str(&text)).ptr : "", found, "'");
}

/* What a call is called in issues. */
static struct str name_of_call(const struct checker *c, const struct cel_node *node)
{
	static const struct {
		uint8_t kind;
		bool is_optional;
		struct str name;
	} names[] = {
	    {CEL_NODE_INDEX, false, STR_INIT("_[_]")},
	    {CEL_NODE_INDEX, true, STR_INIT("_[?_]")},
	    {CEL_NODE_CONDITIONAL, false, STR_INIT("_?_:_")},
	};
	struct str receiver;

	for (size_t i = 0; i < N_ELEMENTS(names); i++)
		if (names[i].kind == node->kind && names[i].is_optional == ((node->flags & CEL_OPTIONAL_ACCESS) != 0))
			return names[i].name;
	if (node->op)
		return str_of(cel_op_name(node->op));
	if (c->meanings[node - c->nodes].is_qualified &&
	    cel_node_name(c->nodes, child_of(c, node, 0), c->arena, &receiver))
		return arena_concat3(c->arena, receiver, STR("."), node->name);
	return node->name;
}

static const struct cel_type *no_overload(struct checker *c, uint32_t call)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TYPE_BYTES);
	const struct cel_node *node = &c->nodes[call];
	bool is_qualified = c->meanings[call].is_qualified;
	uint32_t i = is_qualified;

	if (!is_qualified && node->flags & CEL_HAS_RECEIVER) {
		cel_type_print(&text, unify_resolve(c->unifier, c->types[child_of(c, node, i++)], true));
		buf_add(&text, STR("."));
	}
	buf_add(&text, STR("("));
	for (const char *between = ""; i < node->n_children; i++, between = ", ") {
		buf_addf(&text, "%s", between);
		cel_type_print(&text, unify_resolve(c->unifier, c->types[child_of(c, node, i)], true));
	}
	buf_add(&text, STR(")"));
	cel_issue_add(c->issues, node->at, "found no matching overload for '" STR_FMT "' applied to '" STR_FMT "'",
	              STR_ARG(name_of_call(c, node)), STR_ARG(buf_str(&text)));
	return &cel_type_error;
}

/* ---- functions -------------------------------------------------------------------------------------------- */

/* The result of an overload if it fits the arguments, else NULL. */
static const struct cel_type *result_of(struct checker *c, const struct cel_overload *o,
                                        const struct cel_type *const *args)
{
	const struct cel_type *params[CEL_MAX_ARGS] NO_INIT;
	struct unify_params variables NO_INIT;

	variables.n = 0;
	for (size_t i = 0; i < o->n_params; i++)
		params[i] = unify_instance(c->unifier, o->params[i], &variables);
	if (!unify_fit_all(c->unifier, args, params, o->n_params))
		return NULL;
	return unify_resolve(c->unifier, unify_instance(c->unifier, o->result, &variables), false);
}

static const struct cel_type *type_of_function(struct checker *c, uint32_t call)
{
	const struct cel_node *node = &c->nodes[call];
	struct cel_meaning *m = &c->meanings[call];
	bool has_receiver = (node->flags & CEL_HAS_RECEIVER) && !m->is_qualified;
	uint32_t n_args = node->n_children - m->is_qualified;
	const struct cel_overload **fitting = NULL;
	const struct cel_type *args[CEL_MAX_ARGS], *result = NULL, *t;
	size_t n = 0;

	if (m->n_overloads == 0) {
		cel_issue_add(c->issues, node->at, "undeclared reference to '" STR_FMT "' (in container '" STR_FMT "')",
		              STR_ARG(node->name), STR_ARG(cel_env_container(c->env)));
		return &cel_type_error;
	}
	for (uint32_t i = 0; i < n_args && i < CEL_MAX_ARGS; i++)
		args[i] = c->types[child_of(c, node, i + m->is_qualified)];
	fitting = arena_alloc(c->arena, m->n_overloads * sizeof(const struct cel_overload *));
	for (size_t i = 0; i < m->n_overloads; i++) {
		const struct cel_overload *o = m->overloads[i];

		if (o->n_params != n_args || has_receiver != ((o->flags & CEL_RECEIVER) != 0))
			continue;
		t = result_of(c, o, args);
		if (!t)
			continue;
		fitting[n++] = o;
		result = !result || cel_type_equal(result, t) ? t : &cel_type_dyn;
	}
	m->overloads = fitting;
	m->n_overloads = n;
	m->kind = n == 0 ? CEL_MEANS_NOTHING : n == 1 ? CEL_MEANS_OVERLOAD : CEL_MEANS_OVERLOADS;
	return n == 0 ? no_overload(c, call) : result;
}

/* ---- operators -------------------------------------------------------------------------------------------- */

static const struct cel_type param_a = {.kind = CEL_TYPE_PARAM, .size = 1, .name = STR_INIT("A")};
static const struct cel_type list_of_a = {.kind = CEL_TYPE_LIST, .n_params = 1, .size = 2, .params = {&param_a}};

/* What operators that compute take and yield; for two operands of the same type `right` and `result` are that, too. */
struct signature {
	const struct cel_type *left, *right, *result;
};
#define SAME(t)                                                                                                        \
	{                                                                                                              \
		&cel_type_##t, &cel_type_##t, &cel_type_##t                                                            \
	}
#define ORDER(t)                                                                                                       \
	{                                                                                                              \
		&cel_type_##t, &cel_type_##t, &cel_type_bool                                                           \
	}
#define MIXED(l, r)                                                                                                    \
	{                                                                                                              \
		&cel_type_##l, &cel_type_##r, &cel_type_bool                                                           \
	}

static const struct signature additions[] = {
    SAME(bytes),
    SAME(double),
    {&cel_type_duration, &cel_type_duration, &cel_type_duration},
    {&cel_type_duration, &cel_type_timestamp, &cel_type_timestamp},
    {&cel_type_timestamp, &cel_type_duration, &cel_type_timestamp},
    SAME(int),
    {&list_of_a, &list_of_a, &list_of_a},
    SAME(string),
    SAME(uint),
};
static const struct signature subtractions[] = {
    SAME(double),
    SAME(duration),
    SAME(int),
    {&cel_type_timestamp, &cel_type_duration, &cel_type_timestamp},
    {&cel_type_timestamp, &cel_type_timestamp, &cel_type_duration},
    SAME(uint),
};
static const struct signature products[] = {SAME(double), SAME(int), SAME(uint)};
static const struct signature modulos[] = {SAME(int), SAME(uint)};
static const struct signature orders[] = {
    ORDER(bool),         ORDER(int),       MIXED(int, double), MIXED(int, uint),   ORDER(uint),
    MIXED(uint, double), MIXED(uint, int), ORDER(double),      MIXED(double, int), MIXED(double, uint),
    ORDER(string),       ORDER(bytes),     ORDER(timestamp),   ORDER(duration),
};
static const struct signature negations[] = {{&cel_type_double, NULL, &cel_type_double},
                                             {&cel_type_int, NULL, &cel_type_int}};
static const struct signature inversions[] = {{&cel_type_bool, NULL, &cel_type_bool}};

static const struct {
	const struct signature *items;
	size_t n;
} signatures[] = {
    [CEL_OP_NOT] = {inversions, N_ELEMENTS(inversions)},   [CEL_OP_NEGATE] = {negations, N_ELEMENTS(negations)},
    [CEL_OP_ADD] = {additions, N_ELEMENTS(additions)},     [CEL_OP_SUBTRACT] = {subtractions, N_ELEMENTS(subtractions)},
    [CEL_OP_MULTIPLY] = {products, N_ELEMENTS(products)},  [CEL_OP_DIVIDE] = {products, N_ELEMENTS(products)},
    [CEL_OP_MODULO] = {modulos, N_ELEMENTS(modulos)},      [CEL_OP_LESS] = {orders, N_ELEMENTS(orders)},
    [CEL_OP_LESS_EQUAL] = {orders, N_ELEMENTS(orders)},    [CEL_OP_GREATER] = {orders, N_ELEMENTS(orders)},
    [CEL_OP_GREATER_EQUAL] = {orders, N_ELEMENTS(orders)},
};

static const struct cel_type *type_of_operator(struct checker *c, uint32_t call)
{
	const struct cel_node *node = &c->nodes[call];
	const struct cel_type *args[2] = {c->types[child_of(c, node, 0)]}, *result = NULL, *t;

	if (node->n_children > 1)
		args[1] = c->types[child_of(c, node, 1)];
	for (size_t i = 0; i < signatures[node->op].n; i++) {
		const struct signature *s = &signatures[node->op].items[i];
		const struct cel_type *params[2];
		struct unify_params variables NO_INIT;

		variables.n = 0;
		params[0] = unify_instance(c->unifier, s->left, &variables);
		if (s->right)
			params[1] = unify_instance(c->unifier, s->right, &variables);
		if (!unify_fit_all(c->unifier, args, params, node->n_children))
			continue;
		t = unify_resolve(c->unifier, unify_instance(c->unifier, s->result, &variables), false);
		result = !result || cel_type_equal(result, t) ? t : &cel_type_dyn;
	}
	return result ? result : no_overload(c, call);
}

/* == and !=: both of one type. */
static const struct cel_type *type_of_equality(struct checker *c, uint32_t call)
{
	const struct cel_node *node = &c->nodes[call];

	if (unify_fits(c->unifier, c->types[child_of(c, node, 1)], c->types[child_of(c, node, 0)]))
		return &cel_type_bool;
	return no_overload(c, call);
}

static const struct cel_type *type_of_in(struct checker *c, uint32_t call)
{
	const struct cel_node *node = &c->nodes[call];
	const struct cel_type *all = unify_resolve(c->unifier, c->types[child_of(c, node, 1)], false);
	bool is_open = all->kind <= CEL_TYPE_ERROR;

	if (all->kind == CEL_TYPE_VARIABLE)
		is_open = unify_fits(c->unifier, all, cel_type_list(c->arena, c->types[child_of(c, node, 0)]));
	if (is_open || ((all->kind == CEL_TYPE_LIST || all->kind == CEL_TYPE_MAP) &&
	                unify_fits(c->unifier, all->params[0], c->types[child_of(c, node, 0)])))
		return &cel_type_bool;
	return no_overload(c, call);
}

/* What is only known to have an index must be a list when that is an int, else a map. */
static const struct cel_type *element_of_variable(struct checker *c, const struct cel_type *of,
                                                  const struct cel_type *key)
{
	const struct cel_type *element = unify_variable(c->unifier);
	bool is_list = unify_fits(c->unifier, key, &cel_type_int);

	if (!unify_fits(c->unifier, of,
	                is_list ? cel_type_list(c->arena, element) : cel_type_map(c->arena, key, element)))
		return NULL;
	return element;
}

/* Of something that may be anything, anything; an optional one yields an optional. */
static const struct cel_type *type_of_index(struct checker *c, uint32_t call)
{
	const struct cel_node *node = &c->nodes[call];
	const struct cel_type *of = unify_resolve(c->unifier, c->types[child_of(c, node, 0)], false), *element = NULL;
	const struct cel_type *key = c->types[child_of(c, node, 1)];
	bool is_optional = of->kind == CEL_TYPE_OPTIONAL || node->flags & CEL_OPTIONAL_ACCESS;

	if (of->kind == CEL_TYPE_OPTIONAL)
		of = unify_resolve(c->unifier, of->params[0], false);
	if (of->kind <= CEL_TYPE_ERROR)
		element = &cel_type_dyn;
	else if (of->kind == CEL_TYPE_VARIABLE)
		element = element_of_variable(c, of, key);
	else if (of->kind == CEL_TYPE_LIST && unify_fits(c->unifier, key, &cel_type_int))
		element = of->params[0];
	else if (of->kind == CEL_TYPE_MAP && unify_fits(c->unifier, key, of->params[0]))
		element = of->params[1];
	if (!element)
		return no_overload(c, call);
	return is_optional ? cel_type_optional(c->arena, element) : element;
}

static const struct cel_type *type_of_conditional(struct checker *c, uint32_t call)
{
	const struct cel_node *node = &c->nodes[call];
	const struct cel_type *a = c->types[child_of(c, node, 1)], *b = c->types[child_of(c, node, 2)];

	if (!unify_fits(c->unifier, c->types[child_of(c, node, 0)], &cel_type_bool) || !unify_fits(c->unifier, b, a))
		return no_overload(c, call);
	return unify_general(b, unify_resolve(c->unifier, a, false));
}

const struct cel_type *type_of_call(struct checker *c, uint32_t call)
{
	const struct cel_node *node = &c->nodes[call];

	if (node->kind == CEL_NODE_INDEX)
		return type_of_index(c, call);
	if (node->kind == CEL_NODE_CONDITIONAL)
		return type_of_conditional(c, call);
	switch (node->op) {
	case CEL_OP_NONE:
		return type_of_function(c, call);
	case CEL_OP_EQUAL:
	case CEL_OP_NOT_EQUAL:
		return type_of_equality(c, call);
	case CEL_OP_IN:
		return type_of_in(c, call);
	default:
		return type_of_operator(c, call);
	}
}
