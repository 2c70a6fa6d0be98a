/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/fold.h"
#include "base/utf8.h"

static const struct {
	const char *what, *a, *b;
	bool want;
} rows[] = {
    {"ASCII", "pROD", "Prod", true},
    {"not a prefix", "prod", "production", false},
    {"nor the other way round", "production", "prod", false},
    {"empty", "", "", true},
    {"signs between the letters of ASCII stay", "@[`{", "@[`{", true},
    {"... and do not fold to each other", "@[", "`{", false},
    {"Latin", "\xc3\x89t\xc3\x89", "\xc3\xa9T\xc3\xa9", true},
    {"Greek, final sigma too", "\xce\xa3\xce\xa3", "\xcf\x83\xcf\x82", true},
    {"Cyrillic", "\xd0\x94\xd0\xb0", "\xd0\xb4\xd0\x90", true},
    {"Cherokee folds up", "\xea\xad\xb0", "\xe1\x8e\xa0", true},
    {"Deseret, four bytes", "\xf0\x90\x90\x80", "\xf0\x90\x90\xa8", true},
    {"the Kelvin sign", "\xe2\x84\xaa", "k", true},
    {"two bytes become three", "\xc8\xba", "\xe2\xb1\xa5", true},
    {"capital sharp s", "\xe1\xba\x9e", "\xc3\x9f", true},
    {"sharp s is not ss: that would be full folding", "\xc3\x9f", "ss", false},
    {"dotted I stays itself: no Turkish", "\xc4\xb0", "i", false},
    {"dotless i stays itself", "\xc4\xb1", "I", false},
};

static void test_rows(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct str x = str_of(rows[i].a), y = str_of(rows[i].b);

		if (fold_eq(x, y) != rows[i].want || fold_eq(y, x) != rows[i].want)
			fail_msg("%s", rows[i].what);
		if (str_eq(fold_str(&a, x), fold_str(&a, y)) != rows[i].want)
			fail_msg("%s, folded", rows[i].what);
	}
	arena_release(&a);
}

/* Unicode 14 has so many characters that fold; the sum is over all of them. */
static void test_whole_table(void **state)
{
	(void)state;
	uint32_t n = 0, sum = 0;

	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		uint32_t folded = fold_char(c);

		if (folded == c)
			continue;
		n++;
		sum = sum * 31 + folded;
		assert_int_equal(fold_char(folded), folded);
	}
	assert_int_equal(n, 1454);
	assert_int_equal(sum, 2974257926u);
}

/* Of bytes that are no UTF-8 nothing is promised but that only they are read, and what is written fits. */
static void test_other_bytes(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT;
	char bytes[64];

	for (int b = 0; b < 256; b++) {
		memset(bytes, b, sizeof(bytes));
		struct str s = arena_str(&a, (struct str){bytes, sizeof(bytes)});

		assert_true(fold_eq(s, s));
		assert_true(fold_str(&a, s).len <= 2 * sizeof(bytes) + UTF8_MAX_BYTES);
	}
	arena_release(&a);
}

static void test_code_points(void **state)
{
	(void)state;
	for (uint32_t c = 1; c <= 0x10ffff; c++) {
		char text[UTF8_MAX_BYTES];
		struct str s = {text, utf8_put(text, c)};
		size_t at = 0;

		assert_true((c >= 0xd800 && c < 0xe000) || utf8_is_valid(s));
		assert_int_equal(utf8_next(s, &at), c);
		assert_int_equal(at, s.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_whole_table),
	    cmocka_unit_test(test_other_bytes),
	    cmocka_unit_test(test_code_points),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
