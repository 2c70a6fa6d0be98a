/* SPDX-License-Identifier: Apache-2.0
 *
 * The types of nodes, from the leaves up.
 */
#include "expr/check-impl.h"

/* ---- names and fields ------------------------------------------------------------------------------------- */

static const struct cel_type *undeclared(struct checker *c, uint32_t at, struct str name)
{
	cel_issue_add(c->issues, at, "undeclared reference to '" STR_FMT "' (in container '" STR_FMT "')",
	              STR_ARG(name), STR_ARG(cel_env_container(c->env)));
	return &cel_type_error;
}

/* What a comprehension's first (slot 0) or second variable is; `*ret_ok` false: it can have none. */
static const struct cel_type *variable_of_range(struct checker *c, const struct cel_node *fold, uint32_t slot,
                                                bool *ret_ok)
{
	const struct cel_type *range = unify_resolve(c->unifier, c->types[child_of(c, fold, 0)], false);
	bool has_two = !str_is_absent(fold->name2);
	bool wants_optional = fold->op == CEL_FOLD_OPT_MAP || fold->op == CEL_FOLD_OPT_FLAT_MAP;

	*ret_ok = true;
	if (range->kind == CEL_TYPE_VARIABLE)
		(void)unify_fits(c->unifier, &cel_type_dyn, range);
	if (range->kind == CEL_TYPE_VARIABLE || range->kind == CEL_TYPE_DYN)
		return &cel_type_dyn;
	if (range->kind == CEL_TYPE_OPTIONAL && wants_optional)
		return range->params[0];
	if (range->kind == CEL_TYPE_LIST && !wants_optional)
		return has_two && slot == 0 ? &cel_type_int : range->params[0];
	if (range->kind == CEL_TYPE_MAP && !wants_optional && fold->op != CEL_FOLD_SORT_BY)
		return range->params[slot];
	*ret_ok = range->kind == CEL_TYPE_ERROR;
	return &cel_type_error;
}

static const struct cel_type *type_of_name(struct checker *c, uint32_t i)
{
	const struct cel_meaning *m = &c->meanings[i];
	const struct cel_node *node = &c->nodes[i];
	bool ok;

	switch (m->kind) {
	case CEL_MEANS_VARIABLE:
		return m->variable->type;
	case CEL_MEANS_CONSTANT:
		return m->constant->type;
	case CEL_MEANS_LOCAL:
		if (c->nodes[m->node].kind == CEL_NODE_BIND)
			return c->types[child_of(c, &c->nodes[m->node], 0)];
		return variable_of_range(c, &c->nodes[m->node], m->slot, &ok);
	case CEL_MEANS_NOTHING:
	case CEL_MEANS_FIELD:
	case CEL_MEANS_OVERLOAD:
	case CEL_MEANS_OVERLOADS:
		break;
	}
	return undeclared(c, node->at, node->name);
}

static const struct cel_type *field_of_struct(struct checker *c, uint32_t i, const struct cel_type *type)
{
	const struct cel_node *node = &c->nodes[i];
	const struct cel_struct *s = cel_env_struct(c->env, type->number);

	for (uint32_t f = 0; f < s->n_fields; f++) {
		const struct cel_field *field = &s->fields[f];

		if (!str_eq(field->name, node->name) &&
		    (str_is_absent(field->alias) || !str_eq(field->alias, node->name)))
			continue;
		c->meanings[i].kind = CEL_MEANS_FIELD;
		c->meanings[i].slot = f;
		return field->type;
	}
	cel_issue_add(c->issues, node->at, "undefined field '" STR_FMT "'", STR_ARG(node->name));
	return &cel_type_error;
}

/* Of something that may be optional: what it would be. */
static const struct cel_type *unwrapped(const struct cel_type *t)
{
	return t->kind == CEL_TYPE_OPTIONAL ? t->params[0] : t;
}

static const struct cel_type *type_of_select(struct checker *c, uint32_t i)
{
	const struct cel_node *node = &c->nodes[i];
	const struct cel_type *target = unify_resolve(c->unifier, c->types[child_of(c, node, 0)], false);
	const struct cel_type *of = unify_resolve(c->unifier, unwrapped(target), false), *field = &cel_type_dyn;

	switch (of->kind) {
	case CEL_TYPE_ERROR:
		return of;
	case CEL_TYPE_DYN:
		break;
	case CEL_TYPE_VARIABLE:
		(void)unify_fits(c->unifier, &cel_type_dyn, of);
		break;
	case CEL_TYPE_MAP:
		field = of->params[1];
		break;
	case CEL_TYPE_STRUCT:
		field = field_of_struct(c, i, of);
		break;
	case CEL_TYPE_NULL:
	case CEL_TYPE_BOOL:
	case CEL_TYPE_INT:
	case CEL_TYPE_UINT:
	case CEL_TYPE_DOUBLE:
	case CEL_TYPE_STRING:
	case CEL_TYPE_BYTES:
	case CEL_TYPE_TIMESTAMP:
	case CEL_TYPE_DURATION:
	case CEL_TYPE_LIST:
	case CEL_TYPE_TYPE:
	case CEL_TYPE_OPTIONAL:
	case CEL_TYPE_ABSTRACT:
	case CEL_TYPE_PARAM:
		tell_of_type(c, node->at, "type '", of, "' does not support field selection");
		return &cel_type_error;
	}
	if (node->flags & CEL_TEST_ONLY)
		return &cel_type_bool;
	if (node->flags & CEL_OPTIONAL_ACCESS || target->kind == CEL_TYPE_OPTIONAL)
		return unwrapped(field) != field ? field : cel_type_optional(c->arena, field);
	return field;
}

/* ---- literals --------------------------------------------------------------------------------------------- */

static const struct cel_type *type_of_literal(const struct cel_node *node)
{
	return cel_type_of(NULL, node->literal);
}

/* The type of elements so far, `before`, and one more; NULL: none so far. */
static const struct cel_type *joined(struct checker *c, const struct cel_type *before, const struct cel_type *t)
{
	if (!before)
		return t;
	return unify_fits(c->unifier, before, t) ? unify_general(before, t) : &cel_type_dyn;
}

/* The value of an optional element or entry must be optional, and what it holds is its type. */
static const struct cel_type *optional_part(struct checker *c, const struct cel_node *part, const struct cel_type *t)
{
	const struct cel_type *known = unify_resolve(c->unifier, t, false);

	if (known->kind == CEL_TYPE_OPTIONAL)
		return known->params[0];
	if (known->kind != CEL_TYPE_DYN && known->kind != CEL_TYPE_ERROR)
		tell_mismatch(c, part->at, cel_type_optional(c->arena, known), known);
	return known;
}

static const struct cel_type *type_of_list(struct checker *c, const struct cel_node *node)
{
	const struct cel_type *element = NULL;

	for (uint32_t i = 0; i < node->n_children; i++) {
		uint32_t child = child_of(c, node, i);
		const struct cel_type *t = c->types[child];

		if (c->nodes[child].flags & CEL_OPTIONAL_ENTRY)
			t = optional_part(c, &c->nodes[child], t);
		element = joined(c, element, t);
	}
	return cel_type_list(c->arena, element ? element : unify_variable(c->unifier));
}

static const struct cel_type *type_of_map(struct checker *c, const struct cel_node *node)
{
	const struct cel_type *key = NULL, *value = NULL;

	for (uint32_t i = 0; i + 1 < node->n_children; i += 2) {
		uint32_t k = child_of(c, node, i), v = child_of(c, node, i + 1);
		const struct cel_type *t = c->types[v];

		if (c->nodes[k].flags & CEL_OPTIONAL_ENTRY)
			t = optional_part(c, &c->nodes[v], t);
		key = joined(c, key, c->types[k]);
		value = joined(c, value, t);
	}
	if (!key)
		key = unify_variable(c->unifier);
	return cel_type_map(c->arena, key, value ? value : unify_variable(c->unifier));
}

/* ---- conditions and comprehensions ------------------------------------------------------------------------ */

static void want(struct checker *c, uint32_t node, const struct cel_type *wanted)
{
	if (!unify_fits(c->unifier, c->types[node], wanted))
		tell_mismatch(c, c->nodes[node].at, wanted, c->types[node]);
}

static const struct cel_type *type_of_logic(struct checker *c, const struct cel_node *node)
{
	for (uint32_t i = 0; i < node->n_children; i++)
		want(c, child_of(c, node, i), &cel_type_bool);
	return &cel_type_bool;
}

static const struct cel_type *type_of_entry(struct checker *c, uint32_t transform)
{
	const struct cel_type *t = unify_resolve(c->unifier, c->types[transform], false);

	if (t->kind == CEL_TYPE_MAP)
		return t;
	want(c, transform, &cel_type_map_dyn);
	return &cel_type_map_dyn;
}

/* What sortBy() can put in order. */
static void want_ordered(struct checker *c, uint32_t key)
{
	const struct cel_type *t = unify_resolve(c->unifier, c->types[key], true);
	bool is_ordered = t->kind <= CEL_TYPE_ERROR || (t->kind >= CEL_TYPE_BOOL && t->kind <= CEL_TYPE_DURATION);

	if (!is_ordered)
		tell_of_type(c, c->nodes[key].at, "found no matching overload for 'sortBy' applied to keys of type '",
		             t, "'");
}

/* Is there something to go through? Else it is told. */
static const struct cel_type *first_variable(struct checker *c, const struct cel_node *node)
{
	uint32_t range = child_of(c, node, 0);
	bool ok;
	const struct cel_type *t = variable_of_range(c, node, 0, &ok);

	if (ok)
		return t;
	if (node->op == CEL_FOLD_OPT_MAP || node->op == CEL_FOLD_OPT_FLAT_MAP)
		tell_of_type(c, node->at, "found no matching overload for 'hasValue' applied to '", c->types[range],
		             ".()'");
	else
		tell_of_type(c, c->nodes[range].at, "expression of type '", c->types[range],
		             "' cannot be range of a comprehension (must be list, map, or dynamic)");
	return t;
}

static const struct cel_type *type_of_fold(struct checker *c, const struct cel_node *node)
{
	const struct cel_type *variable = first_variable(c, node);
	uint32_t last = child_of(c, node, node->n_children - 1);
	const struct cel_type *made = c->types[last];

	if (node->n_children == 3)
		want(c, child_of(c, node, 1), &cel_type_bool);
	switch (node->op) {
	case CEL_FOLD_ALL:
	case CEL_FOLD_EXISTS:
	case CEL_FOLD_EXISTS_ONE:
		want(c, last, &cel_type_bool);
		return &cel_type_bool;
	case CEL_FOLD_FILTER:
		want(c, last, &cel_type_bool);
		return cel_type_list(c->arena, variable);
	case CEL_FOLD_TRANSFORM_MAP:
		return cel_type_map(c->arena, variable, made);
	case CEL_FOLD_TRANSFORM_MAP_ENTRY:
		return type_of_entry(c, last);
	case CEL_FOLD_OPT_MAP:
		return cel_type_optional(c->arena, made);
	case CEL_FOLD_OPT_FLAT_MAP:
		want(c, last, cel_type_optional(c->arena, unify_variable(c->unifier)));
		return made;
	case CEL_FOLD_SORT_BY:
		want_ordered(c, last);
		return cel_type_list(c->arena, variable);
	default:
		return cel_type_list(c->arena, made);
	}
}

/* ---- all -------------------------------------------------------------------------------------------------- */

static const struct cel_type *type_of_node(struct checker *c, uint32_t i)
{
	const struct cel_node *node = &c->nodes[i];

	switch ((enum cel_node_kind)node->kind) {
	case CEL_NODE_LITERAL:
		return type_of_literal(node);
	case CEL_NODE_IDENT:
		return type_of_name(c, i);
	case CEL_NODE_SELECT:
		return c->meanings[i].is_qualified ? type_of_name(c, i) : type_of_select(c, i);
	case CEL_NODE_INDEX:
	case CEL_NODE_CALL:
	case CEL_NODE_CONDITIONAL:
		return type_of_call(c, i);
	case CEL_NODE_LIST:
		return type_of_list(c, node);
	case CEL_NODE_MAP:
		return type_of_map(c, node);
	case CEL_NODE_STRUCT:
		return undeclared(c, node->at, node->name);
	case CEL_NODE_AND:
	case CEL_NODE_OR:
		return type_of_logic(c, node);
	case CEL_NODE_FOLD:
		return type_of_fold(c, node);
	case CEL_NODE_BIND:
		return c->types[child_of(c, node, 1)];
	}
	return &cel_type_error;
}

void check_types(struct checker *c)
{
	uint32_t n = c->ast->n_nodes;

	for (uint32_t i = 0; i < n; i++)
		if (!c->types[i])
			c->types[i] = type_of_node(c, i);
	for (uint32_t i = 0; i < n && c->unifier->n > 0; i++)
		c->types[i] = unify_resolve(c->unifier, c->types[i], true);
}
