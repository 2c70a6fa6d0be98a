/* SPDX-License-Identifier: Apache-2.0
 *
 * How the conditions of a group meet the tags of a resource.
 */
#include "langsmith-oracle.h"

/* ---- texts ------------------------------------------------------------------------------------------------- */

/* Characters with their simple folding (status C and S of Unicode's CaseFolding.txt), as far as tests use them. */
static const uint32_t folded[][2] = {
    {0x00b5, 0x03bc},   /* micro sign: mu */
    {0x00c9, 0x00e9},   /* E with acute */
    {0x017f, 0x0073},   /* long s: s */
    {0x03a3, 0x03c3},   /* capital sigma */
    {0x03c2, 0x03c3},   /* final sigma: sigma */
    {0x1e9e, 0x00df},   /* capital sharp s; sharp s itself has no simple folding */
    {0x212a, 0x006b},   /* kelvin sign: k */
    {0x212b, 0x00e5},   /* angstrom sign: a with ring */
    {0xab70, 0x13a0},   /* Cherokee small a: the capital */
    {0x10400, 0x10428}, /* Deseret long i */
};

static uint32_t fold(uint32_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 'a';
	for (size_t i = 0; i < N_ELEMENTS(folded); i++)
		if (folded[i][0] == c)
			return folded[i][1];
	return c;
}

/* A text as characters. */
struct characters {
	uint32_t *at;
	size_t n;
};

/* The text is UTF-8: the lead byte says how many follow. */
static struct characters characters_of(struct str s, struct arena *a)
{
	struct characters c = {.at = ARENA_ARRAY(a, uint32_t, s.len + 1)};

	for (size_t i = 0; i < s.len; i++) {
		uint8_t b = (uint8_t)s.ptr[i];

		if ((b & 0xc0) == 0x80)
			c.at[c.n - 1] = c.at[c.n - 1] << 6 | (b & 0x3f);
		else if (b < 0x80)
			c.at[c.n++] = b;
		else
			c.at[c.n++] = b & (b >= 0xf0 ? 0x07 : b >= 0xe0 ? 0x0f : 0x1f);
	}
	return c;
}

bool world_equal_ignoring_case(struct str x, struct str y, struct arena *a)
{
	struct characters cx = characters_of(x, a), cy = characters_of(y, a);

	for (size_t i = 0; i < cx.n && i < cy.n; i++)
		if (fold(cx.at[i]) != fold(cy.at[i]))
			return false;
	return cx.n == cy.n;
}

bool world_glob(struct str pattern, struct str text, struct arena *a)
{
	struct characters p = characters_of(pattern, a), t = characters_of(text, a);
	bool *now = ARENA_ARRAY(a, bool, t.n + 1), *next = ARENA_ARRAY(a, bool, t.n + 1), *swap;

	/* now[k]: what has been read of the pattern matches the first k characters. */
	now[0] = true;
	for (size_t i = 0; i < p.n; i++) {
		next[0] = p.at[i] == '*' && now[0];
		for (size_t k = 1; k <= t.n; k++)
			next[k] = p.at[i] == '*' ? now[k] || next[k - 1]
			                         : now[k - 1] && (p.at[i] == '?' || p.at[i] == t.at[k - 1]);
		swap = now;
		now = next;
		next = swap;
	}
	return now[t.n];
}

/* ---- conditions -------------------------------------------------------------------------------------------- */

struct operator_row {
	struct str name;
	bool is_negated, ignores_case, is_glob;
};

/* Each of them also with _if_exists. */
static const struct operator_row operators[] = {
    {STR_INIT("equals"), false, false, false},
    {STR_INIT("not_equals"), true, false, false},
    {STR_INIT("equals_ignore_case"), false, true, false},
    {STR_INIT("not_equals_ignore_case"), true, true, false},
    {STR_INIT("matches"), false, false, true},
    {STR_INIT("not_matches"), true, false, true},
};

static const struct operator_row *find_operator(struct str name)
{
	for (size_t i = 0; i < N_ELEMENTS(operators); i++)
		if (str_eq(operators[i].name, name))
			return &operators[i];
	assert(false);
	return NULL;
}

static bool compares(const struct operator_row *op, struct str wanted, struct str value, struct arena *a)
{
	if (op->is_glob)
		return world_glob(wanted, value, a);
	return op->ignores_case ? world_equal_ignoring_case(wanted, value, a) : str_eq(wanted, value);
}

static bool condition_holds(const struct world_condition *c, const struct world_tags *tags, struct arena *a)
{
	const struct str suffix = STR("_if_exists");
	bool if_exists = str_ends_with(c->op, suffix);
	struct str name = if_exists ? str_slice(c->op, 0, c->op.len - suffix.len) : c->op;
	const struct operator_row *op = find_operator(name);
	bool is_there = false, any_compares = false;

	for (size_t i = 0; i < tags->n; i++)
		if (str_eq(tags->tags[i].key, c->key)) {
			is_there = true;
			any_compares |= compares(op, c->value, tags->tags[i].value, a);
		}
	return is_there ? any_compares != op->is_negated : if_exists;
}

enum truth world_group_holds(const struct world_condition_group *g, const struct world_tags *tags, struct arena *a)
{
	if (!tags->are_known)
		return TRUTH_UNKNOWN;
	for (size_t i = 0; i < g->n_conditions; i++)
		if (!condition_holds(&g->conditions[i], tags, a))
			return TRUTH_FALSE;
	return TRUTH_TRUE;
}
