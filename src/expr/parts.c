/* SPDX-License-Identifier: Apache-2.0
 *
 * The grammar's levels from the loosest on: a ? b : c, then ||, &&, comparisons, the rest, and ! before a member.
 */
#include "expr/parts.h"

#include "expr/lex.h"

/* The tokens of the expression. */
struct range {
	const struct cel_token *first, *last; /* both in it */
};

static bool opens(const struct cel_token *t)
{
	return t->kind == CEL_TOKEN_LPAREN || t->kind == CEL_TOKEN_LBRACKET || t->kind == CEL_TOKEN_LBRACE;
}

static bool closes(const struct cel_token *t)
{
	return t->kind == CEL_TOKEN_RPAREN || t->kind == CEL_TOKEN_RBRACKET || t->kind == CEL_TOKEN_RBRACE;
}

/* Are the outermost brackets one pair around all of it? */
static bool is_bracketed(const struct range *r)
{
	size_t depth = 0;

	if (r->first->kind != CEL_TOKEN_LPAREN)
		return false;
	for (const struct cel_token *t = r->first; t < r->last; t++) {
		depth += opens(t);
		depth -= closes(t);
		if (depth == 0)
			return false;
	}
	return true;
}

static bool is_comparison(const struct cel_token *t)
{
	return t->kind == CEL_TOKEN_IN || (t->kind >= CEL_TOKEN_EQUAL && t->kind <= CEL_TOKEN_GREATER_EQUAL);
}
static_assert(CEL_TOKEN_GREATER_EQUAL - CEL_TOKEN_EQUAL == 5, "the six comparisons stand together");

static bool is_arithmetic(const struct cel_token *t)
{
	return t->kind >= CEL_TOKEN_PLUS && t->kind <= CEL_TOKEN_PERCENT;
}
static_assert(CEL_TOKEN_PERCENT - CEL_TOKEN_PLUS == 4, "the arithmetic operators stand together");

/* The last operator of each level outside of brackets. */
struct operators {
	bool is_choice, has_arithmetic;
	const struct cel_token * or, *and, *comparison;
};

static struct operators operators_of(const struct range *r)
{
	struct operators o = {0};
	size_t depth = 0;

	for (const struct cel_token *t = r->first; t <= r->last; t++) {
		depth -= closes(t);
		if (depth == 0 && t > r->first) {
			/* a.?b selects; a ? b : c chooses. */
			o.is_choice |= t->kind == CEL_TOKEN_QUESTION && t[-1].kind != CEL_TOKEN_DOT;
			o.has_arithmetic |= is_arithmetic(t);
			o.or = t->kind == CEL_TOKEN_OR ? t : o.or ;
			o.and = t->kind == CEL_TOKEN_AND ? t : o.and;
			o.comparison = is_comparison(t) ? t : o.comparison;
		}
		depth += opens(t);
	}
	return o;
}

static struct str text_of(struct str source, const struct cel_token *first, const struct cel_token *last)
{
	return str_slice(source, first->at, (size_t)last->at + last->len);
}

static struct cel_parts split(struct str source, const struct range *r, enum cel_part_kind kind,
                              const struct cel_token *at)
{
	return (struct cel_parts){
	    .kind = kind,
	    .text = text_of(source, r->first, r->last),
	    .left = text_of(source, r->first, at - 1),
	    .right = text_of(source, at + 1, r->last),
	    .operator= text_of(source, at, at),
	};
}

struct cel_parts cel_parts(struct str source, struct arena *a)
{
	struct cel_issues issues = {.arena = a};
	struct cel_tokens tokens;
	struct operators o;
	struct range r;

	if (!cel_lex(source, a, &tokens, &issues) || tokens.n < 2)
		return (struct cel_parts){.text = source};
	r = (struct range){tokens.items, tokens.items + tokens.n - 2};
	for (; r.first < r.last && is_bracketed(&r); r.first++)
		r.last--;
	o = operators_of(&r);
	if (o.is_choice || r.first >= r.last)
		return (struct cel_parts){.text = text_of(source, r.first, r.last)};
	if (o.or &&o.or < r.last)
		return split(source, &r, CEL_PART_OR, o.or);
	if (o.and &&o.and < r.last)
		return split(source, &r, CEL_PART_AND, o.and);
	if (o.comparison && o.comparison < r.last)
		return split(source, &r, CEL_PART_COMPARISON, o.comparison);
	if (r.first->kind == CEL_TOKEN_NOT && !o.has_arithmetic)
		return (struct cel_parts){.kind = CEL_PART_NOT,
		                          .text = text_of(source, r.first, r.last),
		                          .left = text_of(source, r.first + 1, r.last)};
	return (struct cel_parts){.text = text_of(source, r.first, r.last)};
}
