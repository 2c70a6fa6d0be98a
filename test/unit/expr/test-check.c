/* SPDX-License-Identifier: Apache-2.0
 *
 * The checker: the type that cel-go finds for every case of test/cases/cel.json, and the types that the conformance
 * suite says of those that are about types.
 */
#include "support.h"

/* Where the suite and cel-go differ, the suite is right; cel-go's own list of what it skips has them. */
static const char *const not_as_cel_go[] = {"null_assignable_to_abstract_parameter_candidate"};

static bool is_skipped(const struct json *test_case)
{
	const struct json *off = json_get(test_case, STR("disable_check"));

	/* cel.block() and its kin are macros of a test of cel-go's alone. */
	return str_eq(json_get_str(test_case, STR("file")), STR("block_ext")) || (json_is(off, JSON_BOOL) && off->b);
}

static bool differs_from_cel_go(const struct json *test_case)
{
	for (size_t i = 0; i < N_ELEMENTS(not_as_cel_go); i++)
		if (str_eq(json_get_str(test_case, STR("name")), str_of(not_as_cel_go[i])))
			return true;
	return false;
}

static struct str printed(const struct cel_type *t, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(4096);

	cel_type_print(&text, t);
	return arena_str(a, buf_str(&text));
}

/* Complains unless the type is the wanted one, in either spelling. */
static bool is_type(const struct json *test_case, const struct cel_type *found, struct str wanted, struct arena *a)
{
	const struct cel_type *t = cel_type_parse(a, NULL, wanted);

	if (t && cel_type_equal(t, found))
		return true;
	print_message("%.*s: %.*s\n  is %.*s instead of %.*s\n", STR_ARG(json_get_str(test_case, STR("name"))),
	              STR_ARG(json_get_str(test_case, STR("expr"))), STR_ARG(printed(found, a)), STR_ARG(wanted));
	return false;
}

struct counts {
	unsigned checked, as_cel_go, deduced, wrong;
};

static void check_case(const struct json *test_case, struct counts *counts)
{
	struct arena a = ARENA_INIT;
	struct cel_env *env = case_env(test_case, &a);
	const struct json *deduced = json_get(json_get(test_case, STR("expected")), STR("typed_result"));
	struct str as_cel_go = json_get_str(test_case, STR("checked_type"));
	const struct cel_type *type;
	struct str issues = issues_of(env, json_get_str(test_case, STR("expr")), &a, &type);

	counts->checked++;
	if (issues.len > 0) {
		print_message("%.*s\n", STR_ARG(issues));
		counts->wrong++;
	} else {
		if (!str_is_absent(as_cel_go) && !differs_from_cel_go(test_case)) {
			counts->as_cel_go++;
			counts->wrong += !is_type(test_case, type, as_cel_go, &a);
		}
		if (deduced) {
			counts->deduced++;
			counts->wrong += !is_type(test_case, type, json_get_str(deduced, STR("deduced_type")), &a);
		}
	}
	cel_env_free(env);
	arena_release(&a);
}

static void test_types_of_cases(void **state UNUSED)
{
	struct arena a = ARENA_INIT;
	const struct json *cases;
	struct error err = {0};
	struct counts counts = {0};

	if (json_parse(read_case_file(&a, "cel.json"), &a, &cases, &err) != JSON_OK)
		fail_msg("%s", err.text);
	for (uint32_t i = 0; i < cases->n; i++)
		if (!is_skipped(&cases->items[i]))
			check_case(&cases->items[i], &counts);
	print_message("%u checked, %u types as cel-go's, %u as the suite's\n", counts.checked, counts.as_cel_go,
	              counts.deduced);
	assert_int_equal(counts.wrong, 0);
	assert_int_equal(counts.deduced, 26);
	assert_int_equal(counts.as_cel_go, 1435);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_types_of_cases),
	};

	return cmocka_run_group_tests_name("expr/check", tests, NULL, NULL);
}
