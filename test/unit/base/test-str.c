/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/str.h"

static void test_compare(void **state)
{
	(void)state;
	assert_true(str_eq(STR(""), STR_NONE));
	assert_true(str_eq(STR("a\0b"), STR("a\0b")));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_true(str_cmp(STR("a"), STR("ab")) < 0);
	assert_true(str_cmp(STR("b"), STR("ab")) > 0);
	assert_int_equal(str_cmp(STR("ab"), STR("ab")), 0);
	assert_true(str_cmp(STR("\x7f"), STR("\x80")) < 0);
	assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
	assert_false(str_eq_nocase(STR("a"), STR("ab")));
	assert_true(str_eq_const_time(STR("secret"), STR("secret")));
	assert_false(str_eq_const_time(STR("secret"), STR("secreT")));
	assert_false(str_eq_const_time(STR("secret"), STR("secre")));
}

static void test_parts(void **state)
{
	(void)state;
	struct str rest = STR("a,,b"), part;

	assert_true(str_split(&rest, ',', &part) && str_eq(part, STR("a")));
	assert_true(str_split(&rest, ',', &part) && str_eq(part, STR("")));
	assert_true(str_split(&rest, ',', &part) && str_eq(part, STR("b")));
	assert_false(str_split(&rest, ',', &part));
	assert_true(str_eq(str_trim(STR(" \t x y\r\n")), STR("x y")));
	assert_true(str_eq(str_trim(STR("  ")), STR("")));
	assert_true(str_starts_with(STR("abc"), STR("ab")));
	assert_false(str_starts_with(STR("a"), STR("ab")));
	assert_true(str_ends_with(STR("abc"), STR("bc")));
	assert_false(str_ends_with(STR("c"), STR("bc")));
	assert_int_equal(str_find(STR("abca"), 'a', 1), 3);
	assert_true(str_find(STR("abca"), 'x', 0) == SIZE_MAX);
	assert_true(str_eq(str_slice(STR("abc"), 1, 99), STR("bc")));
	assert_true(str_eq(str_slice(STR("abc"), 5, 2), STR("")));
}

static void test_numbers(void **state)
{
	(void)state;
	static const char *const bad[] = {"",  "-1", "+1", "01", "1 ", "18446744073709551616", "99999999999999999999",
	                                  "1x"};
	uint64_t v = 7;

	assert_true(str_to_u64(STR("0"), &v) && v == 0);
	assert_true(str_to_u64(STR("18446744073709551615"), &v) && v == UINT64_MAX);
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_false(str_to_u64(str_of(bad[i]), &v));
}

static void test_classes(void **state)
{
	(void)state;
	static const char *const bad[] = {"-", "a_", "/", ":", "@", "[", "`", "{", "a\xc3\xa9"};

	assert_true(str_is_alnum(STR("azAZ09")));
	assert_true(str_is_alnum(STR("")));
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_false(str_is_alnum(str_of(bad[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_compare),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_classes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
