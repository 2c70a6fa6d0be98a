/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules about tenants of objects, by the published tables of test/cases/connhex.json, and the sets they are made
 * of. What needs a store is tested over the wire (test/wire/connhex).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "service/iam.h"

static struct arena arena;

static int release(void **state UNUSED)
{
	arena_release(&arena);
	return 0;
}

static json_t *load_cases(void)
{
	const char *folder = getenv("DOORWARD_CASES");
	char path[4096];
	json_error_t error;
	json_t *all;

	assert_non_null(folder);
	assert_true(snprintf(path, sizeof(path), "%s/connhex.json", folder) < (int)sizeof(path));
	all = json_load_file(path, 0, &error);
	if (!all)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	return all;
}

static struct str_list list_of(const json_t *array)
{
	size_t n = json_array_size(array);
	struct str *items = ARENA_ARRAY(&arena, struct str, n);

	assert_true(json_is_array(array));
	for (size_t i = 0; i < n; i++)
		items[i] = str_of(json_string_value(json_array_get(array, i)));
	return (struct str_list){items, n};
}

static void assert_same_set(struct str_list got, struct str_list want, const char *name)
{
	if (got.n != want.n || iam_difference(want, got, &arena).n)
		fail_msg("%s: %zu items, want %zu others", name, got.n, want.n);
}

static void test_assignment(void **state UNUSED)
{
	json_t *all = load_cases();
	const json_t *cases = json_object_get(all, "project_assignment");

	assert_int_equal(json_array_size(cases), 18);
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i);
		struct str_list got = iam_tenants_to_authorize(json_is_true(json_object_get(c, "update")),
		                                               list_of(json_object_get(c, "old")),
		                                               list_of(json_object_get(c, "new")), &arena);

		assert_same_set(got, list_of(json_object_get(c, "expect_to_authorize")),
		                json_string_value(json_object_get(c, "name")));
	}
	json_decref(all);
}

static void test_visibility(void **state UNUSED)
{
	json_t *all = load_cases();
	const json_t *cases = json_object_get(all, "project_list_filter");

	assert_int_equal(json_array_size(cases), 13);
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i);
		struct str_list filter = list_of(json_object_get(c, "filter"));
		/* No filter, and "*", are what the ancestor says for everywhere. */
		bool everywhere = filter.n == 0 || str_list_has(filter, STR("*"));

		if (iam_is_visible(list_of(json_object_get(c, "object_projects")), everywhere,
		                   iam_sorted(filter, &arena)) != json_is_true(json_object_get(c, "expect_visible")))
			fail_msg("case %zu", i);
	}
	/* A caller whose permission holds nowhere sees nothing. */
	assert_false(iam_is_visible((struct str_list){0}, false, (struct str_list){0}));
	json_decref(all);
}

static struct str_list letters(const char *text)
{
	size_t n = strlen(text);
	struct str *items = ARENA_ARRAY(&arena, struct str, n);

	for (size_t i = 0; i < n; i++)
		items[i] = (struct str){text + i, 1};
	return (struct str_list){items, n};
}

static void assert_letters(struct str_list list, const char *want)
{
	struct str joined = STR("");

	for (size_t i = 0; i < list.n; i++)
		joined = arena_concat(&arena, joined, list.items[i]);
	assert_string_equal(arena_str(&arena, joined).ptr, want);
}

static void test_sets(void **state UNUSED)
{
	assert_letters(iam_sorted(letters("hello"), &arena), "ehllo");
	assert_letters(iam_sorted(letters(""), &arena), "");
	assert_letters(iam_difference(letters("hello"), letters("oxe"), &arena), "hll");
	assert_letters(iam_difference(letters(""), letters("x"), &arena), "");
	assert_letters(iam_union(letters("ca"), letters("abd"), &arena), "cabd");
	assert_letters(iam_union(letters(""), letters("ba"), &arena), "ba");
	assert_letters(iam_without_repeats(letters("mississippi"), &arena), "misp");
	assert_letters(iam_without_repeats(letters(""), &arena), "");
	assert_true(iam_sorted_has(iam_sorted(letters("zax"), &arena), STR("x")));
	assert_false(iam_sorted_has(iam_sorted(letters("zax"), &arena), STR("y")));
	assert_false(iam_sorted_has((struct str_list){0}, STR("y")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_assignment, release),
	    cmocka_unit_test_teardown(test_visibility, release),
	    cmocka_unit_test_teardown(test_sets, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
