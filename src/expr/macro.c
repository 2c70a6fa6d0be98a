/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls, and which of them are macros: by name and number of arguments, both known at the '('. The variables of a macro
 * are read there and become names of its node.
 */
#include "expr/parse-impl.h"

#define ANY_NUMBER 0u

struct macro {
	struct str name;
	struct str receiver; /* the name that must stand before it; absent: any expression */
	uint8_t n_args;
	uint8_t n_variables; /* the first arguments */
	uint8_t node, op;
	unsigned library; /* 0: the standard one */
};

static const struct macro macros[] = {
    {STR_INIT("all"), {0}, 2, 1, CEL_NODE_FOLD, CEL_FOLD_ALL, 0},
    {STR_INIT("exists"), {0}, 2, 1, CEL_NODE_FOLD, CEL_FOLD_EXISTS, 0},
    {STR_INIT("exists_one"), {0}, 2, 1, CEL_NODE_FOLD, CEL_FOLD_EXISTS_ONE, 0},
    {STR_INIT("existsOne"), {0}, 2, 1, CEL_NODE_FOLD, CEL_FOLD_EXISTS_ONE, 0},
    {STR_INIT("map"), {0}, 2, 1, CEL_NODE_FOLD, CEL_FOLD_MAP, 0},
    {STR_INIT("map"), {0}, 3, 1, CEL_NODE_FOLD, CEL_FOLD_MAP, 0},
    {STR_INIT("filter"), {0}, 2, 1, CEL_NODE_FOLD, CEL_FOLD_FILTER, 0},
    {STR_INIT("all"), {0}, 3, 2, CEL_NODE_FOLD, CEL_FOLD_ALL, CEL_LIB_COMPREHENSIONS},
    {STR_INIT("exists"), {0}, 3, 2, CEL_NODE_FOLD, CEL_FOLD_EXISTS, CEL_LIB_COMPREHENSIONS},
    {STR_INIT("exists_one"), {0}, 3, 2, CEL_NODE_FOLD, CEL_FOLD_EXISTS_ONE, CEL_LIB_COMPREHENSIONS},
    {STR_INIT("existsOne"), {0}, 3, 2, CEL_NODE_FOLD, CEL_FOLD_EXISTS_ONE, CEL_LIB_COMPREHENSIONS},
    {STR_INIT("transformList"), {0}, 3, 2, CEL_NODE_FOLD, CEL_FOLD_TRANSFORM_LIST, CEL_LIB_COMPREHENSIONS},
    {STR_INIT("transformList"), {0}, 4, 2, CEL_NODE_FOLD, CEL_FOLD_TRANSFORM_LIST, CEL_LIB_COMPREHENSIONS},
    {STR_INIT("transformMap"), {0}, 3, 2, CEL_NODE_FOLD, CEL_FOLD_TRANSFORM_MAP, CEL_LIB_COMPREHENSIONS},
    {STR_INIT("transformMap"), {0}, 4, 2, CEL_NODE_FOLD, CEL_FOLD_TRANSFORM_MAP, CEL_LIB_COMPREHENSIONS},
    {STR_INIT("transformMapEntry"), {0}, 3, 2, CEL_NODE_FOLD, CEL_FOLD_TRANSFORM_MAP_ENTRY, CEL_LIB_COMPREHENSIONS},
    {STR_INIT("transformMapEntry"), {0}, 4, 2, CEL_NODE_FOLD, CEL_FOLD_TRANSFORM_MAP_ENTRY, CEL_LIB_COMPREHENSIONS},
    {STR_INIT("optMap"), {0}, 2, 1, CEL_NODE_FOLD, CEL_FOLD_OPT_MAP, CEL_LIB_OPTIONALS},
    {STR_INIT("optFlatMap"), {0}, 2, 1, CEL_NODE_FOLD, CEL_FOLD_OPT_FLAT_MAP, CEL_LIB_OPTIONALS},
    {STR_INIT("sortBy"), {0}, 2, 1, CEL_NODE_FOLD, CEL_FOLD_SORT_BY, CEL_LIB_LISTS},
    {STR_INIT("bind"), STR_INIT("cel"), 3, 1, CEL_NODE_BIND, CEL_OP_NONE, CEL_LIB_BINDINGS},
    {STR_INIT("greatest"), STR_INIT("math"), ANY_NUMBER, 0, CEL_NODE_CALL, CEL_OP_NONE, CEL_LIB_MATH},
    {STR_INIT("least"), STR_INIT("math"), ANY_NUMBER, 0, CEL_NODE_CALL, CEL_OP_NONE, CEL_LIB_MATH},
};
static const struct macro has_macro = {STR_INIT("has"), {0}, 1, 0, CEL_NODE_SELECT, CEL_OP_NONE, 0};

static const struct cel_node *last_operand(const struct parser *p)
{
	return &p->nodes[p->operands[p->n_operands - 1].node];
}

/* Is what stands before the call just this name? */
static bool is_receiver(const struct parser *p, struct str name)
{
	const struct cel_node *node = last_operand(p);

	return node->kind == CEL_NODE_IDENT && !(node->flags & CEL_ROOT) && str_eq(node->name, name);
}

static const struct macro *find_macro(const struct parser *p, struct str name, uint32_t n_args)
{
	for (size_t i = 0; i < N_ELEMENTS(macros); i++) {
		const struct macro *m = &macros[i];

		if (m->name.len == name.len && m->name.ptr[0] == name.ptr[0] &&
		    (m->n_args == ANY_NUMBER || m->n_args == n_args) && str_eq(m->name, name) &&
		    (m->library & ~p->libraries) == 0 && (str_is_absent(m->receiver) || is_receiver(p, m->receiver)))
			return m;
	}
	return NULL;
}

/* Reads the variables; what is none stays an argument, of which next_argument() tells. */
static void read_variables(struct parser *p, struct call *call)
{
	for (uint32_t i = 0; i < call->macro->n_variables; i++) {
		const struct cel_token *t = token(p, 0);

		if (t->kind != CEL_TOKEN_IDENT || token(p, 1)->kind != CEL_TOKEN_COMMA || t->flags & CEL_TOKEN_RESERVED)
			return;
		if (i == 0)
			call->name = token_text(p, t);
		else
			call->name2 = token_text(p, t);
		if (i > 0 && str_eq(call->name, call->name2))
			cel_issue_add(p->issues, t->at, "duplicate variable name: " STR_FMT, STR_ARG(call->name));
		p->i += 2;
	}
}

/* Which macro it is, if any; of one with a fixed receiver, that is dropped. */
static const struct macro *macro_of(struct parser *p, struct str name, unsigned *flags)
{
	const struct cel_token *open = token(p, 0);
	const struct macro *m;

	if (!(*flags & CEL_HAS_RECEIVER))
		return !(*flags & CEL_ROOT) && open->n_parts == 1 && str_eq(name, has_macro.name) ? &has_macro : NULL;
	m = find_macro(p, name, open->n_parts);
	if (m && !str_is_absent(m->receiver)) {
		p->n_nodes--;
		p->n_operands--;
		*flags &= ~(unsigned)CEL_HAS_RECEIVER;
	}
	return m;
}

bool open_call(struct parser *p, struct str name, unsigned flags)
{
	struct call *call = arena_alloc(p->arena, sizeof(*call));
	bool is_empty = token(p, 1)->kind == CEL_TOKEN_RPAREN;
	struct entry *e;

	*call = (struct call){.macro = macro_of(p, name, &flags), .name = name};
	e = push(p, ENTRY_CALL, flags);
	if (!e)
		return false;
	e->call = call;
	p->i++;
	p->wants_operand = true;
	if (call->macro) {
		call->name = STR_NONE;
		read_variables(p, call);
	}
	return !is_empty || begin_part(p, CEL_TOKEN_RPAREN);
}

static uint32_t n_variables_of(const struct call *call)
{
	return (uint32_t)!str_is_absent(call->name) + (uint32_t)!str_is_absent(call->name2);
}

void next_argument(struct parser *p, const struct entry *e)
{
	const struct macro *m = e->call->macro;
	uint32_t first = e->base + (e->flags & CEL_HAS_RECEIVER ? 1 : 0);
	const struct cel_node *node = last_operand(p);

	if (!m || n_variables_of(e->call) + p->n_operands - first > m->n_variables)
		return;
	if (node->kind != CEL_NODE_IDENT || node->flags & CEL_ROOT)
		cel_issue_add(p->issues, node->at, "%s",
		              m->n_variables > 1 ? "argument must be a simple name" : "argument is not an identifier");
}

/* math.greatest(a, b): a call of one argument. */
static bool close_variadic(struct parser *p, const struct entry *e)
{
	const struct macro *m = e->call->macro;
	uint32_t n = p->n_operands - e->base;
	struct cel_node *node;

	if (n == 0)
		cel_issue_add(p->issues, e->at, "math." STR_FMT "() requires at least one argument", STR_ARG(m->name));
	if (n > 1 && !emit(p, CEL_NODE_LIST, e->at, e->base))
		return false;
	node = emit(p, CEL_NODE_CALL, e->at, e->base);
	if (!node)
		return false;
	node->name = str_eq(m->name, STR("least")) ? STR("math.least") : STR("math.greatest");
	return true;
}

static bool close_has(struct parser *p)
{
	struct cel_node *node = &p->nodes[p->operands[p->n_operands - 1].node];

	if (node->kind == CEL_NODE_SELECT && !(node->flags & (CEL_OPTIONAL_ACCESS | CEL_TEST_ONLY)))
		node->flags |= CEL_TEST_ONLY;
	else
		cel_issue_add(p->issues, node->at, "invalid argument to has() macro");
	return true;
}

bool close_call(struct parser *p, const struct entry *e)
{
	const struct macro *m = e->call->macro;
	bool is_macro = m && n_variables_of(e->call) == m->n_variables;
	struct cel_node *node;

	if (m == &has_macro)
		return close_has(p);
	if (m && m->n_args == ANY_NUMBER)
		return close_variadic(p, e);
	node = emit(p, is_macro ? m->node : CEL_NODE_CALL, e->at, e->base);
	if (!node)
		return false;
	node->name = e->call->name;
	node->name2 = e->call->name2;
	node->op = is_macro ? m->op : CEL_OP_NONE;
	node->flags = is_macro ? 0 : e->flags;
	return true;
}
