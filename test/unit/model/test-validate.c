/* SPDX-License-Identifier: Apache-2.0
 *
 * The grammar of names: every `validation` case of test/cases/connhex.json, strictly, and what lenient mode accepts
 * beyond them; and tables for the native names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "model/validate.h"

struct field_rule {
	const char *field;
	bool (*item)(struct str s, bool strict);
	size_t min_items; /* of a list */
	bool may_be_empty_string;
};

static bool check_member(struct str s, bool strict UNUSED)
{
	return iam_valid_member(s);
}
static bool check_action(struct str s, bool strict UNUSED)
{
	return iam_valid_action(s);
}
static bool check_resource(struct str s, bool strict UNUSED)
{
	return iam_valid_resource(s);
}
static bool check_name(struct str s, bool strict UNUSED)
{
	return iam_valid_name(s);
}
static bool check_membership(struct str s, bool strict UNUSED)
{
	return iam_valid_membership_id(s);
}
static bool check_query_subject(struct str s, bool strict UNUSED)
{
	return iam_valid_query_subject(s);
}
static bool check_query_resource(struct str s, bool strict UNUSED)
{
	return iam_valid_query_resource(s);
}
static bool check_query_action(struct str s, bool strict UNUSED)
{
	return iam_valid_query_action(s);
}

static const struct field_rule rules[] = {
    {"policy.id", iam_valid_id, 0, false},
    {"role.id", iam_valid_id, 0, false},
    {"role.name", check_name, 0, false},
    {"project.id (tenant.id)", iam_valid_tenant_id, 0, false},
    {"policy.projects", iam_valid_tenant_id, 0, false},
    {"role.projects", iam_valid_tenant_id, 0, false},
    {"policy.members", check_member, 0, false},
    {"policy.members[]", check_member, 0, false},
    {"statement.actions", check_action, 0, false},
    {"statement.actions[]", check_action, 0, false},
    {"role.actions", check_action, 1, false},
    {"statement.resources", check_resource, 0, false},
    {"statement.resources[]", check_resource, 0, false},
    {"statement.role", iam_valid_id, 0, true},
    {"team membership_ids[] (add/remove users)", check_membership, 0, false},
    {"decision request subjects[]", check_query_subject, 0, false},
    {"decision request resource", check_query_resource, 0, false},
    {"decision request action", check_query_action, 0, false},
};

/* What lenient mode accepts although the case says it is malformed: capitals, and tenant ids of up to 64 bytes. */
static const struct {
	const char *field, *value;
} lenient_differences[] = {
    {"policy.id", "TestID"},
    {"role.id", "roleID"},
    {"policy.id", "A"},
    {"project.id (tenant.id)", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
    {"project.id (tenant.id)", "Team1"},
    {"statement.role", "myRole"},
};

static const struct field_rule *rule_of(const char *field)
{
	for (size_t i = 0; i < N_ELEMENTS(rules); i++)
		if (strcmp(rules[i].field, field) == 0)
			return &rules[i];
	fail_msg("no rule for field %s", field);
	return NULL;
}

static struct str text_of(const json_t *j)
{
	assert_true(json_is_string(j));
	return (struct str){json_string_value(j), json_string_length(j)};
}

static bool is_valid(const struct field_rule *rule, const json_t *value, bool strict)
{
	struct str items[64];
	struct arena a = ARENA_INIT;
	size_t n = json_array_size(value);
	bool is_unique;

	if (!json_is_array(value)) {
		struct str s = text_of(value);

		return (rule->may_be_empty_string && s.len == 0) || rule->item(s, strict);
	}
	assert_true(n <= N_ELEMENTS(items));
	for (size_t i = 0; i < n; i++) {
		items[i] = text_of(json_array_get(value, i));
		if (!rule->item(items[i], strict))
			return false;
	}
	is_unique = iam_first_duplicate((struct str_list){items, n}, &a) == SIZE_MAX;
	arena_release(&a);
	return n >= rule->min_items && is_unique;
}

static bool is_lenient_difference(const char *field, const json_t *value)
{
	for (size_t i = 0; i < N_ELEMENTS(lenient_differences); i++)
		if (strcmp(lenient_differences[i].field, field) == 0 && json_is_string(value) &&
		    strcmp(lenient_differences[i].value, json_string_value(value)) == 0)
			return true;
	return false;
}

static json_t *load_cases(void)
{
	const char *folder = getenv("DOORWARD_CASES");
	char path[4096];
	json_error_t error;
	json_t *all;

	assert_non_null(folder);
	assert_true(snprintf(path, sizeof(path), "%s/connhex.json", folder) < (int)sizeof(path));
	all = json_load_file(path, JSON_ALLOW_NUL, &error);
	if (!all)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	return all;
}

static void test_published_cases(void **state UNUSED)
{
	json_t *all = load_cases();
	const json_t *cases = json_object_get(all, "validation");
	size_t n_different = 0;

	assert_int_equal(json_array_size(cases), 331);
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i);
		const char *field = json_string_value(json_object_get(c, "field"));
		const json_t *value = json_object_get(c, "value");
		bool want = json_is_true(json_object_get(c, "valid"));
		bool differs = is_lenient_difference(field, value);

		if (is_valid(rule_of(field), value, true) != want)
			fail_msg("case %zu, %s, strict: want %s", i, field, want ? "valid" : "malformed");
		if (is_valid(rule_of(field), value, false) != (want || differs))
			fail_msg("case %zu, %s, lenient: want %s", i, field, want || differs ? "valid" : "malformed");
		n_different += differs;
	}
	assert_int_equal(n_different, N_ELEMENTS(lenient_differences));
	json_decref(all);
}

struct name_case {
	const char *text;
	bool valid;
};

static void check_names(const char *what, bool (*valid)(struct str), const struct name_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (valid(str_of(cases[i].text)) != cases[i].valid)
			fail_msg("%s \"%s\": want %s", what, cases[i].text, cases[i].valid ? "valid" : "malformed");
	assert_false(valid(STR_NONE));
	assert_false(valid(STR("")));
}

static void test_native_ids(void **state UNUSED)
{
	static const struct name_case cases[] = {
	    {"alice", true}, {"a@x.org", true}, {"_x", true},   {"-x", true},   {"+1", true},        {"A.b-C_9", true},
	    {".x", false},   {"a b", false},    {"a/b", false}, {"a:b", false}, {"\xc3\xa9", false}, {"a\n", false},
	};
	char longest[130];

	check_names("native id", valid_native_id, cases, N_ELEMENTS(cases));
	memset(longest, 'a', sizeof(longest));
	assert_true(valid_native_id((struct str){longest, 128}));
	assert_false(valid_native_id((struct str){longest, 129}));
	assert_false(valid_native_id((struct str){"a\0b", 3}));
}

static void test_resources(void **state UNUSED)
{
	static const struct name_case types[] = {
	    {"project", true}, {"iam:users", true}, {"Knowledge_Slice", true},
	    {"a", true},       {"a.b-c", true},     {"1a", false},
	    {":a", false},     {"a:", false},       {"a/b", false},
	    {"a b", false},
	};
	static const struct name_case ids[] = {
	    {"n1", true},    {"a/b:c d", true}, {"\xc3\xa9", true},  {"*", true},
	    {"a\tb", false}, {"a\x7f", false},  {"\xc2\x85", false}, {"\xc2\xa0", true},
	};
	char longest[300];

	check_names("resource type", valid_resource_type, types, N_ELEMENTS(types));
	check_names("resource id", valid_resource_id, ids, N_ELEMENTS(ids));
	memset(longest, 'a', sizeof(longest));
	assert_true(valid_resource_type((struct str){longest, 128}));
	assert_false(valid_resource_type((struct str){longest, 129}));
	assert_true(valid_resource_id((struct str){longest, 256}));
	assert_false(valid_resource_id((struct str){longest, 257}));
	assert_false(valid_resource_id((struct str){"a\0b", 3}));
}

static void test_emails(void **state UNUSED)
{
	static const struct name_case cases[] = {
	    {"a@x.org", true},      {"a.b+c@sub.x.org", true}, {"a@localhost", true},
	    {"o'neil@x.org", true}, {"\xc3\xa9@x.org", true},  {"a@\xc3\xa9.org", true},
	    {"a", false},           {"@x.org", false},         {"a@", false},
	    {"a@b@c", false},       {".a@x.org", false},       {"a.@x.org", false},
	    {"a..b@x.org", false},  {"a b@x.org", false},      {"a@x..org", false},
	    {"a@-x.org", false},    {"a@x-.org", false},       {"a@x.org.", false},
	    {"a@x_y.org", false},   {"a\n@x.org", false},
	};

	check_names("e-mail", valid_email, cases, N_ELEMENTS(cases));
}

static void test_iam_edges(void **state UNUSED)
{
	/* "$" is the end of the text: no trailing newline, and NUL is a character like others. */
	assert_false(iam_valid_action(STR("iam:users:get\n")));
	assert_false(iam_valid_action((struct str){"iam:users:get\0", 14}));
	assert_false(iam_valid_id((struct str){"a\0", 2}, false));
	assert_true(iam_valid_name(STR("\v")));
	assert_true(iam_valid_action(STR("*:get-all")));
	assert_false(iam_valid_action(STR("iam:*:get-all")));
	assert_false(iam_valid_action(STR("*:*")));
	assert_false(iam_valid_action(STR("iam:*:*")));
	assert_false(iam_valid_resource(STR("a:*:b")));
	assert_true(iam_valid_resource(STR("a:b:c:d:e:*")));
	assert_false(iam_valid_member(STR("role:owner")));
	assert_false(iam_valid_query_subject(STR("role:owner")));
}

static void test_duplicates(void **state UNUSED)
{
	static const struct str items[] = {STR_INIT("b"), STR_INIT("a"), STR_INIT("c"), STR_INIT("a"), STR_INIT("b")};
	struct arena a = ARENA_INIT;

	assert_true(iam_first_duplicate((struct str_list){0}, &a) == SIZE_MAX);
	assert_true(iam_first_duplicate((struct str_list){items, 3}, &a) == SIZE_MAX);
	assert_int_equal(iam_first_duplicate((struct str_list){items, 4}, &a), 3);
	assert_int_equal(iam_first_duplicate((struct str_list){items, 5}, &a), 3);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_published_cases), cmocka_unit_test(test_native_ids),
	    cmocka_unit_test(test_resources),       cmocka_unit_test(test_emails),
	    cmocka_unit_test(test_iam_edges),       cmocka_unit_test(test_duplicates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
