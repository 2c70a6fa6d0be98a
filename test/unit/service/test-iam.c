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

#include "base/buf.h"
#include "json/json.h"
#include "service/iam.h"

static struct arena arena;

static int release(void **state UNUSED)
{
	arena_release(&arena);
	return 0;
}

#define MAX_CASES_BYTES ((size_t)16 * 1024 * 1024)

/* A section of the cases. */
static const struct json *load_cases(struct str section)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_CASES_BYTES);
	const char *folder = getenv("DOORWARD_CASES");
	const struct json *all;
	struct error err;
	char block[4096];
	FILE *f;

	assert_non_null(folder);
	f = fopen(arena_strf(&arena, "%s/connhex.json", folder).ptr, "re");
	assert_non_null(f);
	for (size_t n; (n = fread(block, 1, sizeof(block), f)) > 0;)
		buf_add(&text, (struct str){block, n});
	assert_int_equal(ferror(f), 0);
	assert_int_equal(fclose(f), 0);
	assert_false(text.overflowed);
	if (json_parse(buf_str(&text), &arena, &all, &err) != JSON_OK)
		fail_msg("connhex.json: %s", err.text);
	all = json_get(all, section);
	assert_true(json_is(all, JSON_ARRAY));
	return all;
}

static struct str_list list_of(const struct json *c, struct str name)
{
	const struct json *array = json_get(c, name);
	struct str *items;

	assert_true(json_is(array, JSON_ARRAY));
	items = ARENA_ARRAY(&arena, struct str, array->n);
	for (uint32_t i = 0; i < array->n; i++)
		items[i] = json_str(&array->items[i]);
	return (struct str_list){items, array->n};
}

static bool bool_of(const struct json *c, struct str name)
{
	const struct json *value = json_get(c, name);

	assert_true(json_is(value, JSON_BOOL));
	return value->b;
}

static void test_assignment(void **state UNUSED)
{
	const struct json *cases = load_cases(STR("project_assignment"));

	assert_int_equal(cases->n, 18);
	for (uint32_t i = 0; i < cases->n; i++) {
		const struct json *c = &cases->items[i];
		struct str_list got = iam_tenants_to_authorize(bool_of(c, STR("update")), list_of(c, STR("old")),
		                                               list_of(c, STR("new")), &arena);
		struct str_list want = list_of(c, STR("expect_to_authorize"));

		if (got.n != want.n || iam_difference(want, got, &arena).n)
			fail_msg(STR_FMT ": %zu items, want %zu others", STR_ARG(json_get_str(c, STR("name"))), got.n,
			         want.n);
	}
}

static void test_visibility(void **state UNUSED)
{
	const struct json *cases = load_cases(STR("project_list_filter"));

	assert_int_equal(cases->n, 13);
	for (uint32_t i = 0; i < cases->n; i++) {
		const struct json *c = &cases->items[i];
		struct str_list filter = list_of(c, STR("filter"));
		/* No filter, and "*", are what the ancestor says for everywhere. */
		bool everywhere = filter.n == 0 || str_list_has(filter, STR("*"));

		if (iam_is_visible(list_of(c, STR("object_projects")), everywhere, iam_sorted(filter, &arena)) !=
		    bool_of(c, STR("expect_visible")))
			fail_msg("case %u", i);
	}
	/* A caller whose permission holds nowhere sees nothing. */
	assert_false(iam_is_visible((struct str_list){0}, false, (struct str_list){0}));
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
