/* SPDX-License-Identifier: Apache-2.0
 *
 * What names mean: locals first, then the longest name that is declared, tried in the container and those around it.
 */
#include "expr/check-impl.h"

static bool binds(const struct cel_node *node)
{
	return node->kind == CEL_NODE_FOLD || node->kind == CEL_NODE_BIND;
}

/* Which comprehension or bind around the node binds the name? CEL_NO_NODE: none. */
static uint32_t binder_of(const struct checker *c, uint32_t node, struct str name, uint32_t *ret_slot)
{
	for (uint32_t s = c->scopes ? c->scopes[node] : CEL_NO_NODE; s != CEL_NO_NODE; s = c->scopes[s]) {
		*ret_slot = !str_eq(c->nodes[s].name, name);
		if (*ret_slot == 0 || (!str_is_absent(c->nodes[s].name2) && str_eq(c->nodes[s].name2, name)))
			return s;
	}
	return CEL_NO_NODE;
}

/* Is the identifier that a dotted name begins with a local? */
static bool begins_with_local(const struct checker *c, uint32_t ident)
{
	uint32_t slot;

	return !(c->nodes[ident].flags & CEL_ROOT) && binder_of(c, ident, c->nodes[ident].name, &slot) != CEL_NO_NODE;
}

/* ---- containers ------------------------------------------------------------------------------------------- */

/* The container around "A.B": "A", and around that none. */
static struct str outer(struct str container)
{
	size_t len = container.len;

	while (len > 0 && container.ptr[len - 1] != '.')
		len--;
	return str_slice(container, 0, len ? len - 1 : 0);
}

/* The declarations that a name may have. */
struct declared {
	const struct cel_variable *variable;
	const struct cel_constant *constant;
	const struct cel_overload *const *overloads;
	size_t n_overloads;
};

static bool find_name(const struct checker *c, struct str name, bool is_function, struct declared *ret)
{
	if (is_function)
		return (ret->n_overloads = cel_env_overloads(c->env, name, &ret->overloads)) > 0;
	ret->variable = cel_env_variable(c->env, name);
	if (!ret->variable)
		ret->constant = cel_env_constant(c->env, name);
	return ret->variable || ret->constant;
}

static bool find_declared(const struct checker *c, struct str name, bool is_root, bool is_function,
                          struct declared *ret)
{
	struct str container = is_root ? STR("") : cel_env_container(c->env);

	*ret = (struct declared){0};
	while (!str_is_empty(container)) {
		if (find_name(c, arena_concat3(c->arena, container, STR("."), name), is_function, ret))
			return true;
		container = outer(container);
	}
	return find_name(c, name, is_function, ret);
}

static bool begins_declared(const struct checker *c, struct str first, bool is_root)
{
	struct str container = is_root ? STR("") : cel_env_container(c->env);

	for (; !str_is_empty(container); container = outer(container))
		if (cel_env_is_prefix(c->env, arena_concat3(c->arena, container, STR("."), first)))
			return true;
	return cel_env_is_prefix(c->env, first);
}

/*
 * Can anything be declared that begins with this identifier and a dot? The same few variables are used all over an
 * expression, so the last answer is kept.
 */
static bool may_go_on(struct checker *c, const struct cel_node *ident)
{
	bool is_root = ident->flags & CEL_ROOT;

	if (c->last_is_root != is_root || !str_eq(c->last_first, ident->name)) {
		c->last_first = ident->name;
		c->last_is_root = is_root;
		c->last_may_go_on = begins_declared(c, ident->name, is_root);
	}
	return c->last_may_go_on;
}

/* ---- nodes ------------------------------------------------------------------------------------------------ */

/* The nodes below are a part of this one's name. */
static void qualify(struct checker *c, uint32_t node)
{
	c->meanings[node].is_qualified = true;
	for (uint32_t i = c->nodes[node].begin; i < node; i++)
		c->types[i] = &cel_type_dyn;
}

/* An identifier, or a select that may end a dotted name. True: it means something as a whole. */
static bool resolve_name(struct checker *c, uint32_t node)
{
	const struct cel_node *first = &c->nodes[c->nodes[node].begin];
	struct cel_meaning *m = &c->meanings[node];
	struct declared d;
	struct str name;

	if (first->kind != CEL_NODE_IDENT || (first != &c->nodes[node] && !may_go_on(c, first)) ||
	    !cel_node_name(c->nodes, node, c->arena, &name))
		return false;
	if (begins_with_local(c, c->nodes[node].begin)) {
		if (first != &c->nodes[node])
			return false;
		m->kind = CEL_MEANS_LOCAL;
		m->node = binder_of(c, node, name, &m->slot);
		return true;
	}
	if (!find_declared(c, name, first->flags & CEL_ROOT, false, &d))
		return false;
	if (d.variable) {
		m->kind = CEL_MEANS_VARIABLE;
		m->slot = d.variable->slot;
		m->variable = d.variable;
	} else {
		m->kind = CEL_MEANS_CONSTANT;
		m->constant = d.constant;
	}
	return true;
}

/* "a.b.f(x)" where "a.b.f" is a function, and a no local. */
static bool find_qualified_function(struct checker *c, uint32_t call, struct declared *ret)
{
	const struct cel_node *node = &c->nodes[call];
	uint32_t receiver = child_of(c, node, 0), begin = c->nodes[receiver].begin;
	struct str name;

	return c->nodes[begin].kind == CEL_NODE_IDENT && may_go_on(c, &c->nodes[begin]) &&
	       cel_node_name(c->nodes, receiver, c->arena, &name) && !begins_with_local(c, begin) &&
	       find_declared(c, arena_concat3(c->arena, name, STR("."), node->name), c->nodes[begin].flags & CEL_ROOT,
	                     true, ret);
}

/*
 * The overloads that a call may mean: of the longest name that is one, and whether the receiver is part of it. 0: none.
 */
static size_t overloads_of(struct checker *c, uint32_t call, const struct cel_overload *const **ret,
                           bool *ret_is_qualified)
{
	const struct cel_node *node = &c->nodes[call];
	struct declared d = {0};

	*ret_is_qualified = false;
	if (!(node->flags & CEL_HAS_RECEIVER))
		(void)find_declared(c, node->name, node->flags & CEL_ROOT, true, &d);
	else if (find_qualified_function(c, call, &d))
		*ret_is_qualified = true;
	else
		(void)find_name(c, node->name, true, &d);
	*ret = d.overloads;
	return d.n_overloads;
}

static void resolve_call(struct checker *c, uint32_t call)
{
	struct cel_meaning *m = &c->meanings[call];
	bool is_qualified;

	m->n_overloads = overloads_of(c, call, &m->overloads, &is_qualified);
	if (m->n_overloads == 0)
		return;
	m->kind = CEL_MEANS_OVERLOADS;
	m->is_qualified = is_qualified;
	if (is_qualified) {
		uint32_t receiver = child_of(c, &c->nodes[call], 0);
		qualify(c, receiver);
		c->meanings[receiver].is_qualified = false;
		c->types[receiver] = &cel_type_dyn;
	}
}

/* The variables of `binder` are known in what is bound: all but its first child. */
struct scope {
	uint32_t binder, begin;
};

/* Where each node stands, from the root down. Returns whether there is any scope at all. */
static bool find_scopes(struct checker *c)
{
	struct scope open[CEL_MAX_NESTING + 1];
	uint32_t n = 0, i;

	for (i = c->ast->n_nodes; i > 0 && !binds(&c->nodes[i - 1]); i--)
		;
	if (i == 0)
		return false;
	c->scopes = arena_alloc(c->arena, c->ast->n_nodes * sizeof(*c->scopes));
	for (i = c->ast->n_nodes; i-- > 0;) {
		while (n > 0 && i < open[n - 1].begin)
			n--;
		c->scopes[i] = n > 0 ? open[n - 1].binder : CEL_NO_NODE;
		if (binds(&c->nodes[i]))
			open[n++] = (struct scope){i, c->nodes[child_of(c, &c->nodes[i], 1)].begin};
	}
	return true;
}

void resolve_names(struct checker *c)
{
	(void)find_scopes(c);
	for (uint32_t i = c->ast->n_nodes; i-- > 0;) {
		const struct cel_node *node = &c->nodes[i];

		if (c->types[i])
			continue;
		if (node->kind == CEL_NODE_IDENT)
			(void)resolve_name(c, i);
		else if (node->kind == CEL_NODE_SELECT && !node->flags && resolve_name(c, i))
			qualify(c, i);
		else if (node->kind == CEL_NODE_CALL && node->op == CEL_OP_NONE)
			resolve_call(c, i);
	}
}
