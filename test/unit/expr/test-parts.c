/* SPDX-License-Identifier: Apache-2.0
 *
 * Expressions taken apart at their outermost operator.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "expr/parts.h"

static const struct {
	const char *source;
	enum cel_part_kind kind;
	const char *left, *operator, * right; /* NULL: none */
} cases[] = {
    {"a", CEL_PART_WHOLE, NULL, NULL, NULL},
    {"", CEL_PART_WHOLE, NULL, NULL, NULL},
    {"a && b && c", CEL_PART_AND, "a && b", "&&", "c"},
    {"a && b || c && d", CEL_PART_OR, "a && b", "||", "c && d"},
    {"(a || b) && c", CEL_PART_AND, "(a || b)", "&&", "c"},
    {"((a || b))", CEL_PART_OR, "a", "||", "b"},
    {"(a) && (b)", CEL_PART_AND, "(a)", "&&", "(b)"},
    {"a.b == \"x && y\"", CEL_PART_COMPARISON, "a.b", "==", "\"x && y\""},
    {"a == b == c", CEL_PART_COMPARISON, "a == b", "==", "c"},
    {"a in [1, 2]", CEL_PART_COMPARISON, "a", "in", "[1, 2]"},
    {"a + 1 >= -b", CEL_PART_COMPARISON, "a + 1", ">=", "-b"},
    {"!a", CEL_PART_NOT, "a", NULL, NULL},
    {"!(a == b)", CEL_PART_NOT, "(a == b)", NULL, NULL},
    {"!a == b", CEL_PART_COMPARISON, "!a", "==", "b"},
    {"a ? b : c || d", CEL_PART_WHOLE, NULL, NULL, NULL},
    {"a.?b == c", CEL_PART_COMPARISON, "a.?b", "==", "c"},
    {"l.all(x, x > 1 && x < 3)", CEL_PART_WHOLE, NULL, NULL, NULL},
    {"{'a': 1 == 2}['a']", CEL_PART_WHOLE, NULL, NULL, NULL},
    {"a && // && c\n b", CEL_PART_AND, "a", "&&", "b"},
};

static void assert_text(struct str got, const char *want)
{
	assert_int_equal(str_is_absent(got), want == NULL);
	assert_true(str_eq(got, str_of(want)));
}

static void test_parts(void **state)
{
	struct arena a = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct cel_parts p = cel_parts(str_of(cases[i].source), &a);

		print_message("# case %zu\n", i);
		assert_int_equal(p.kind, cases[i].kind);
		assert_text(p.left, cases[i].left);
		assert_text(p.operator, cases[i].operator);
		assert_text(p.right, cases[i].right);
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_parts)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
