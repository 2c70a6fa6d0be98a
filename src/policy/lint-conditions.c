/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions that cannot be true, by what is written in them: tag conditions that exclude each other, expressions that
 * are false whatever is asked, and equalities of one thing with two values.
 */
#include "expr/parts.h"
#include "policy/lint-impl.h"
#include "policy/native_impl.h"

enum { MAX_COMPARED = 100 }; /* conditions of a group, each with each; of more nothing is said */

/* ---- tags -------------------------------------------------------------------------------------------------- */

static const struct tag_group *group_of(const struct snapshot *s, const struct document *doc, uint32_t statement)
{
	const struct tag_policy *p = NULL;

	if (doc->kind == DOC_TAG_POLICY)
		p = as_tag_policy(doc);
	else if (doc->kind == DOC_POLICY_ATTACHMENT)
		p = FIND(s, tag_policy, TAG_POLICY, as_policy_attachment(doc)->policy);
	return p && statement < p->n_groups ? &p->groups[statement] : NULL;
}

/* Is every value that the first takes also one of the second's? As far as can be told from the patterns. */
static bool takes_no_more(const struct tag_condition *x, enum tag_comparison of_x, const struct tag_condition *y,
                          enum tag_comparison of_y)
{
	if (of_y == TAG_MATCHES && str_eq(y->value, STR("*")))
		return true;
	if (of_x == TAG_EQUALS)
		return tag_compare(of_y, y->value, x->value);
	return of_x == of_y && str_eq(x->value, y->value);
}

/*
 * A condition that wants some value to be there, and one of the same key that wants no such value. Where neither wants
 * the key at all (_if_exists), both hold without it.
 */
static bool exclude_each_other(const struct tag_condition *x, const struct tag_condition *y)
{
	const struct tag_operator *ox = tag_operator_find(x->operator), *oy = tag_operator_find(y->operator);

	if (!ox || !oy || !str_eq(x->key, y->key) || ox->is_negated || !oy->is_negated)
		return false;
	return !(ox->if_exists && oy->if_exists) && takes_no_more(x, ox->comparison, y, oy->comparison);
}

static bool tags_are_possible(const struct lint_run *r, const struct tag_group *group, struct str *ret_why)
{
	for (size_t i = 0; i < group->n_conditions && group->n_conditions <= MAX_COMPARED; i++) {
		for (size_t k = 0; k < group->n_conditions; k++) {
			const struct tag_condition *x = &group->conditions[i], *y = &group->conditions[k];

			if (!exclude_each_other(x, y))
				continue;
			*ret_why = arena_strf(
			    r->arena, STR_FMT " " STR_FMT " " STR_FMT " and " STR_FMT " " STR_FMT " exclude each other",
			    STR_ARG(x->key), STR_ARG(x->operator), STR_ARG(x->value), STR_ARG(y->operator),
			    STR_ARG(y->value));
			return false;
		}
	}
	return true;
}

/* ---- expressions ------------------------------------------------------------------------------------------- */

enum { MAX_CONJUNCTS = 16 };

/* What the source yields with nothing known of the question: CEL_ERROR unless it does not depend on it. */
static struct cel_value value_of_nothing(const struct lint_run *r, struct str source)
{
	const struct cel_value unbound[NATIVE_N_SLOTS] = {0};
	const struct cel_options options = {0};
	struct cel_issues issues = {.arena = r->arena};
	struct cel_program *p = NULL;
	struct cel_value v = {0};

	if (cel_compile(r->snapshot->native_env->env, source, &options, &p, &issues) == 0)
		v = cel_evaluate(p, &(struct cel_input){.variables = unbound,
		                                        .arena = r->arena,
		                                        .budget = NATIVE_CONDITION_BUDGET,
		                                        .memory = NATIVE_CONDITION_MEMORY})
		        .value;
	cel_program_free(p);
	/* Of what borrows from the program only the kind is looked at. */
	return v;
}

static bool is_false(const struct lint_run *r, struct str source)
{
	struct cel_value v = value_of_nothing(r, source);

	return v.kind == CEL_BOOL && !v.b;
}

/* The sides of &&, from the outermost on; what there are too many of is left out. */
static size_t conjuncts_of(struct str source, struct arena *a, struct cel_parts ret[static MAX_CONJUNCTS])
{
	struct str waiting[MAX_CONJUNCTS] = {source};
	size_t n_waiting = 1, n = 0;

	while (n_waiting > 0) {
		struct cel_parts p = cel_parts(waiting[--n_waiting], a);

		if (p.kind != CEL_PART_AND) {
			ret[n++] = p;
		} else if (n + n_waiting + 2 <= MAX_CONJUNCTS) {
			waiting[n_waiting++] = p.right;
			waiting[n_waiting++] = p.left;
		}
	}
	return n;
}

/* thing == constant, either way round. */
static bool is_equality(const struct lint_run *r, const struct cel_parts *p, struct str *ret_thing,
                        struct str *ret_constant)
{
	bool left, right;

	if (p->kind != CEL_PART_COMPARISON || !str_eq(p->operator, STR("==")))
		return false;
	left = value_of_nothing(r, p->left).kind != CEL_ERROR;
	right = value_of_nothing(r, p->right).kind != CEL_ERROR;
	*ret_thing = left ? p->right : p->left;
	*ret_constant = left ? p->left : p->right;
	return left != right;
}

static bool equalities_are_possible(const struct lint_run *r, struct str source, struct str *ret_why)
{
	struct cel_parts parts[MAX_CONJUNCTS];
	struct str things[MAX_CONJUNCTS], constants[MAX_CONJUNCTS];
	size_t n_parts = conjuncts_of(source, r->arena, parts), n = 0;

	for (size_t i = 0; i < n_parts; i++) {
		if (!is_equality(r, &parts[i], &things[n], &constants[n]))
			continue;
		for (size_t k = 0; k < n; k++) {
			struct str both = arena_strf(r->arena, "(" STR_FMT ") == (" STR_FMT ")", STR_ARG(constants[k]),
			                             STR_ARG(constants[n]));

			if (!str_eq(things[k], things[n]) || !is_false(r, both))
				continue;
			*ret_why = arena_strf(r->arena, STR_FMT " is not " STR_FMT " and " STR_FMT " at once",
			                      STR_ARG(things[n]), STR_ARG(constants[k]), STR_ARG(constants[n]));
			return false;
		}
		n++;
	}
	return true;
}

static bool expression_is_possible(const struct lint_run *r, struct str source, struct str *ret_why)
{
	if (!r->snapshot->native_env)
		return true;
	if (is_false(r, source)) {
		*ret_why = STR("it is false whatever is asked");
		return false;
	}
	return equalities_are_possible(r, source, ret_why);
}

/* ---- both -------------------------------------------------------------------------------------------------- */

bool lint_condition_is_possible(struct lint_run *r, const struct document *doc, uint32_t statement, struct str *ret_why)
{
	const struct tag_group *group = group_of(r->snapshot, doc, statement);

	if (!lint_wants(r, LINT_IMPOSSIBLE_CONDITION))
		return true;
	if (group)
		return tags_are_possible(r, group, ret_why);
	if (doc->kind == DOC_ACCESS_POLICY)
		return expression_is_possible(r, as_access_policy(doc)->condition, ret_why);
	return true;
}

static bool same_tags(const struct tag_group *x, const struct tag_group *y)
{
	if (!x || !y || x->n_conditions != y->n_conditions)
		return false;
	for (size_t i = 0; i < x->n_conditions; i++) {
		const struct tag_condition *p = &x->conditions[i], *q = &y->conditions[i];

		if (!str_eq(p->attribute, q->attribute) || !str_eq(p->key, q->key) ||
		    !str_eq(p->operator, q->operator) || !str_eq(p->value, q->value))
			return false;
	}
	return true;
}

bool lint_same_condition(const struct snapshot *s, const struct statement_name *x, const struct statement_name *y)
{
	const struct document *p = snapshot_find(s, (enum document_kind)x->kind, x->document);
	const struct document *q = snapshot_find(s, (enum document_kind)y->kind, y->document);

	if (!p || !q)
		return false;
	if (p->kind == DOC_ACCESS_POLICY && q->kind == DOC_ACCESS_POLICY)
		return !str_is_absent(as_access_policy(p)->condition) &&
		       str_eq(as_access_policy(p)->condition, as_access_policy(q)->condition);
	return same_tags(group_of(s, p, x->statement), group_of(s, q, y->statement));
}
