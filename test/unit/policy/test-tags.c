/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions on tags: every operator against every kind of resource, and the selectors that lead to them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "tagged.h"

/* ---- operators ----------------------------------------------------------------------------------------- */

static const char *const resources[] = {"", "Env=Prod", "Env=dev", "Env=prod", "Env=dev Env=Prod", "Env=dev Env=qa"};
/* Further tags, and a key in other case, change nothing. */
static const char *const others[] = {"", " Team=Prod env=Prod", " Team=a"};

/* One sign a resource above: does the condition hold? */
static const struct {
	const char *operator, * value, *holds;
} operators[] = {
    {"equals", "Prod", "-+--+-"},
    {"not_equals", "Prod", "--++-+"},
    {"equals_ignore_case", "pROD", "-+-++-"},
    {"not_equals_ignore_case", "pROD", "--+--+"},
    {"matches", "P*", "-+--+-"},
    {"not_matches", "P*", "--++-+"},
    {"equals_if_exists", "Prod", "++--+-"},
    {"not_equals_if_exists", "Prod", "+-++-+"},
    {"equals_ignore_case_if_exists", "pROD", "++-++-"},
    {"not_equals_ignore_case_if_exists", "pROD", "+-+--+"},
    {"matches_if_exists", "P*", "++--+-"},
    {"not_matches_if_exists", "P*", "+-++-+"},
};

static void check_group(const struct tag_group *g, const char *tags, bool want, struct arena *a)
{
	struct attributes known = {.tags_are_known = true};
	struct query q = {.attributes = &known};
	struct condition *c = tag_condition_new(g);

	known.n_tags = tagged_tags(a, tags, &known.tags);
	if (tag_group_holds(g, known.tags, known.n_tags) != want)
		fail_msg(STR_FMT " on \"%s\": want %d", STR_ARG(g->conditions[0].operator), tags, want);
	assert_int_equal(c->eval(c, &q), want ? TRUTH_TRUE : TRUTH_FALSE);
	known.tags_are_known = false;
	assert_int_equal(c->eval(c, &q), TRUTH_UNKNOWN);
	q.attributes = NULL;
	assert_int_equal(c->eval(c, &q), TRUTH_UNKNOWN);
	free(c);
}

static void test_operators(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < N_ELEMENTS(operators); i++) {
		struct str text =
		    arena_strf(&a, "projects:read project Env %s %s", operators[i].operator, operators[i].value);
		struct tag_group g = tagged_group(&a, text);

		for (size_t k = 0; k < N_ELEMENTS(resources) * N_ELEMENTS(others); k++) {
			const char *tags = resources[k % N_ELEMENTS(resources)],
			           *more = others[k / N_ELEMENTS(resources)];

			check_group(&g, arena_strf(&a, "%s%s", tags, more).ptr,
			            operators[i].holds[k % N_ELEMENTS(resources)] == '+', &a);
		}
	}
	arena_release(&a);
}

static const struct {
	const char *group, *tags;
	bool want;
} groups[] = {
    {"p t Purpose equals Training & Client equals Acme-Corp", "Purpose=Training Client=Acme-Corp", true},
    {"p t Purpose equals Training & Client equals Acme-Corp", "Purpose=Training", false},
    {"p t Purpose equals Training & Client equals Acme-Corp", "Client=Acme-Corp", false},
    {"p t Env equals a*b", "Env=a*b", true},
    {"p t Env equals a*b", "Env=axb", false},
    {"p t Env matches a*b", "Env=axb", true},
    {"p t Env matches ?", "Env=\xc3\xa9", true},
    {"p t Env equals_ignore_case \xc3\x89", "Env=\xc3\xa9", true},
    {"p t Env not_equals dev & Env not_equals qa", "Env=prod", true},
    {"p t Env not_equals dev & Env not_equals qa", "Env=prod Env=qa", false},
    {"p t Env equals dev & Env equals qa", "Env=dev Env=qa", true},
    {"p t Env equals_if_exists dev & Team equals a", "Team=a", true},
    {"p t Env equals_if_exists dev & Team equals a", "Team=a Env=qa", false},
};

static void test_groups(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < N_ELEMENTS(groups); i++) {
		struct tag_group g = tagged_group(&a, str_of(groups[i].group));

		check_group(&g, groups[i].tags, groups[i].want, &a);
	}
	arena_release(&a);
}

/* What a newer program may have stored is not guessed at: no allow, but a deny, unless another condition fails. */
static void test_unknown_operator(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT;
	struct tag_condition conditions[] = {{STR(TAG_ATTRIBUTE), STR("Env"), STR("resembles"), STR("x")},
	                                     {STR(TAG_ATTRIBUTE), STR("Team"), STR("equals"), STR("a")}};
	struct tag_condition absent = {STR(TAG_ATTRIBUTE), STR("Env"), STR("equals_if_exists"), STR("x")};
	struct tag_group g = {STR("p"), STR("project"), conditions, 2}, any = {STR("p"), STR("project"), &absent, 1};
	struct attributes known = {.tags_are_known = true};
	struct query q = {.attributes = &known};
	struct condition *c = tag_condition_new(&g);

	assert_int_equal(c->eval(c, &q), TRUTH_FALSE);
	known.n_tags = tagged_tags(&a, "Team=a Env=x", &known.tags);
	assert_int_equal(c->eval(c, &q), TRUTH_UNKNOWN);
	assert_false(tag_group_holds(&g, known.tags, known.n_tags));
	/* Found whatever the tags, as a group that asks for none. */
	assert_true(
	    str_eq(tag_selector_of_group(&g, STR("project"), &a), tag_selector_of_group(&any, STR("project"), &a)));
	free(c);
	conditions[0] = (struct tag_condition){STR("resource_owner"), STR("Env"), STR("equals"), STR("x")};
	c = tag_condition_new(&g);
	assert_int_equal(c->eval(c, &q), TRUTH_UNKNOWN);
	free(c);
	arena_release(&a);
}

/* ---- selectors ------------------------------------------------------------------------------------------- */

/* Is the group found from these tags? */
static bool is_found(const struct tag_group *g, const struct tag *tags, size_t n, struct arena *a)
{
	struct str selector = tag_selector_of_group(g, STR("project"), a);
	struct tag_plan plan = {.filter = NULL};
	struct edit e;
	bool found;

	edit_init(&e);
	tag_plan_add(&plan, &e, g);
	found = str_list_has(tag_selectors_of_tags(&plan, STR("project"), tags, n, a), selector);
	edit_drop(&e);
	return found;
}

/* Selectors narrow: these groups are not looked at for these tags. */
static const struct {
	const char *group, *tags;
	bool want;
} found[] = {
    {"p t Env equals prod", "Env=prod", true},
    {"p t Env equals prod", "Env=dev", false},
    {"p t Env equals prod", "env=prod", false},
    {"p t Env equals prod", "", false},
    {"p t Env equals_ignore_case PROD", "Env=prOd", true},
    {"p t Env equals_ignore_case PROD", "Env=dev", false},
    {"p t Env matches prod", "Env=prod", true},
    {"p t Env matches prod", "Env=prod2", false},
    {"p t App matches chatbot-*", "App=chatbot-7", true},
    {"p t App matches chatbot-*", "App=chat", false},
    {"p t App matches chatbot-*", "App=chatbox-1", false},
    {"p t App matches *-v2", "App=chatbot-v2", true},
    {"p t App matches *-v2", "App=chatbot-v3", false},
    {"p t App matches a*-version-2", "App=b-version-2", true}, /* by the longer end only */
    {"p t App matches *bot*", "App=chatbots", true},
    {"p t App matches *bot*", "App=chat", false},
    {"p t App matches *bot*", "App=x", false},
    {"p t App matches a*-version-*z", "App=a-version-2z", true}, /* by the longest part, cut to "-versi" */
    {"p t App matches a*-version-*z", "App=x-version-2x", true},
    {"p t App matches a*-version-*z", "App=a-vision-2z", false},
    {"p t App matches *b*", "App=x", true}, /* by the key */
    {"p t App matches *bot*", "Env=x", false},
    {"p t App not_equals x", "App=x", true},
    {"p t App not_equals x", "Env=x", false},
    {"p t App not_equals x & Env equals prod", "App=y Env=dev", false},
    {"p t App equals_if_exists x", "", true},
    {"p t App equals_if_exists x & Env equals prod", "", false},
};

static void test_narrowing(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < N_ELEMENTS(found); i++) {
		struct tag_group g = tagged_group(&a, str_of(found[i].group));
		const struct tag *tags;
		size_t n = tagged_tags(&a, found[i].tags, &tags);

		if (is_found(&g, tags, n, &a) != found[i].want)
			fail_msg("%s from \"%s\": want %d", found[i].group, found[i].tags, found[i].want);
	}
	arena_release(&a);
}

/* The two ends of a type and what is behind it cannot be taken for each other, nor for a resource. */
static void test_selectors_are_apart(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT;
	struct tag_group g = tagged_group(&a, STR("p t Env equals prod"));
	struct str project = tag_selector_of_group(&g, STR("project"), &a);

	assert_false(str_eq(project, tag_selector_of_group(&g, STR("run"), &a)));
	assert_false(str_eq(project, tag_selector_of_unknown(STR("project"), &a)));
	for (size_t i = 0; i < project.len; i++)
		assert_true(project.ptr[i] != ':' && project.ptr[i] != '*' && project.ptr[i] != '$');
	arena_release(&a);
}

static uint64_t draw(uint64_t *state, uint64_t below)
{
	*state += UINT64_C(0x9e3779b97f4a7c15);
	return (hash_u64(*state) >> 20) % below;
}

static struct str random_value(uint64_t *state, bool is_glob, struct arena *a)
{
	static const char letters[] = "aAb*?";
	size_t n = 1 + (size_t)draw(state, draw(state, 8) ? 4 : 60);
	char *text = arena_alloc(a, n);

	for (size_t i = 0; i < n; i++)
		text[i] = letters[draw(state, is_glob ? 5 : 3)];
	return (struct str){text, n};
}

/* Whenever a group holds it is found: selectors lose nothing. */
static void test_nothing_is_lost(void **state)
{
	(void)state;
	static const struct str keys[] = {STR_INIT("K"), STR_INIT("k")};
	struct arena a = ARENA_INIT;
	size_t n_held = 0, n_tries = 100000;
	uint64_t seed = 99;

	for (size_t i = 0; i < n_tries; i++) {
		struct tag_condition c[2];
		struct tag_group g = {STR("p"), STR("project"), c, 1 + (size_t)draw(&seed, 2)};
		struct tag tags[3];
		size_t n = (size_t)draw(&seed, 4);

		for (size_t k = 0; k < 2; k++) {
			const char *operator= operators[draw(&seed, N_ELEMENTS(operators))].operator;

			c[k] = (struct tag_condition){STR(TAG_ATTRIBUTE), keys[draw(&seed, 2)], str_of(operator),
			                              random_value(&seed, draw(&seed, 2), &a)};
		}
		for (size_t k = 0; k < n; k++)
			tags[k] = (struct tag){keys[draw(&seed, 2)], random_value(&seed, false, &a)};
		if (tag_group_holds(&g, tags, n)) {
			n_held++;
			assert_true(is_found(&g, tags, n, &a));
		}
		arena_reset(&a);
	}
	assert_in_range(n_held, n_tries / 20, n_tries);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_operators),           cmocka_unit_test(test_groups),
	    cmocka_unit_test(test_unknown_operator),    cmocka_unit_test(test_narrowing),
	    cmocka_unit_test(test_selectors_are_apart), cmocka_unit_test(test_nothing_is_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
