/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns that are plain text match what RE2 makes of them: all short ones from pieces with a meaning, and random
 * longer ones, each on every text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "expr/regex.h"

#define MAX_PIECES 8
#define N_RANDOM   20000
#define SEED       UINT64_C(20261122)

static const struct str pieces[] = {
    STR_INIT("^"),        STR_INIT("$"),  STR_INIT(".*"),  STR_INIT("a"),   STR_INIT("b"),
    STR_INIT("\\."),      STR_INIT("("),  STR_INIT("(?:"), STR_INIT("|"),   STR_INIT(")"),
    STR_INIT("\303\251"), STR_INIT("\n"), STR_INIT("*"),   STR_INIT("[a]"), STR_INIT("\\d"),
};
static const struct str texts[] = {
    STR_INIT(""),         STR_INIT("a"),          STR_INIT("b"),   STR_INIT("ab"),   STR_INIT("ba"),   STR_INIT("a.b"),
    STR_INIT("\n"),       STR_INIT("a\n"),        STR_INIT("\na"), STR_INIT("a\nb"), STR_INIT("b\na"), STR_INIT("."),
    STR_INIT("\303\251"), STR_INIT("a\303\251b"), STR_INIT("aab"), STR_INIT("a\0b"),
};

static void check_pattern(struct str pattern)
{
	struct error ours_says = {0}, theirs_says = {0};
	struct cel_regex *ours = cel_regex_new(pattern, &ours_says);
	struct re2_regex *theirs = re2_regex_new(pattern, &theirs_says);

	if (!ours != !theirs)
		fail_msg("\"" STR_FMT "\": %s, RE2: %s", STR_ARG(pattern), ours_says.text, theirs_says.text);
	for (size_t i = 0; ours && i < N_ELEMENTS(texts); i++) {
		if (cel_regex_matches(ours, texts[i]) != re2_regex_matches(theirs, texts[i]))
			fail_msg("\"" STR_FMT "\" on \"" STR_FMT "\"", STR_ARG(pattern), STR_ARG(texts[i]));
	}
	cel_regex_free(ours);
	re2_regex_free(theirs);
}

static struct str join(char *out, const size_t *numbers, size_t n)
{
	size_t length = 0;

	for (size_t i = 0; i < n; i++) {
		memcpy(out + length, pieces[numbers[i]].ptr, pieces[numbers[i]].len);
		length += pieces[numbers[i]].len;
	}
	return (struct str){out, length};
}

static void test_all_short_patterns(void **state)
{
	size_t numbers[4] = {0}, n = 0;
	char text[64];

	(void)state;
	while (n <= 3) {
		check_pattern(join(text, numbers, n));
		/* The next number of n digits, or the first of one digit more. */
		size_t i = 0;
		while (i < n && ++numbers[i] == N_ELEMENTS(pieces))
			numbers[i++] = 0;
		n += i == n;
	}
}

static void test_random_patterns(void **state)
{
	struct prng prng = {.state = SEED};
	size_t numbers[MAX_PIECES];
	char text[64];

	(void)state;
	for (int k = 0; k < N_RANDOM; k++) {
		size_t n = 4 + prng_below(&prng, MAX_PIECES - 3);
		for (size_t i = 0; i < n; i++)
			numbers[i] = prng_below(&prng, N_ELEMENTS(pieces));
		check_pattern(join(text, numbers, n));
	}
}

/* Longer than RE2 is given: it was not asked. */
static void test_plain_text_needs_no_engine(void **state)
{
	static const char *const plain[] = {"^%s", "%s$", "^%s$", "%s", ".*%s.*", "^%s.*$", "(a|%s)", "^(?:%s|b)$"};
	char *text = mem_alloc(RE2_MAX_PATTERN_BYTES + 1), pattern[RE2_MAX_PATTERN_BYTES + 64];

	(void)state;
	memset(text, 'x', RE2_MAX_PATTERN_BYTES);
	text[RE2_MAX_PATTERN_BYTES] = '\0';
	for (size_t i = 0; i < N_ELEMENTS(plain); i++) {
		struct buf b = BUF_INIT(sizeof(pattern));
		struct str format = str_of(plain[i]);
		size_t at = str_find(format, '%', 0);
		buf_add(&b, str_slice(format, 0, at));
		buf_add(&b, str_of(text));
		buf_add(&b, str_slice(format, at + 2, format.len));
		struct cel_regex *re = cel_regex_new(buf_str(&b), NULL);
		assert_non_null(re);
		assert_true(cel_regex_matches(re, str_of(text)));
		assert_false(cel_regex_matches(re, STR("xx")));
		cel_regex_free(re);
		buf_add(&b, STR("[y]"));
		assert_null(cel_regex_new(buf_str(&b), NULL));
		buf_release(&b);
	}
	free(text);
}

static void test_refused(void **state)
{
	static const char *const refused[] = {
	    "(",
	    "a**",
	    "[",
	    "a{1001}",
	    "(?=a)",
	    "(?<!a)",
	    "(a)\\1",
	    "a++",
	    "\\",
	    "(?P<n",
	    "((\\pL{100}){9})",
	    "(((a{10}){10}){10}){10}",
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(refused); i++) {
		err = (struct error){0};
		assert_null(cel_regex_new(str_of(refused[i]), &err));
		assert_string_not_equal(err.text, "");
	}
}

/* A pattern that takes backtracking engines the age of the universe. */
static void test_linear(void **state)
{
	struct cel_regex *re = cel_regex_new(STR("^(a+)+$"), NULL);
	size_t n = 100000;
	char *text = mem_alloc(n + 1);

	(void)state;
	assert_non_null(re);
	memset(text, 'a', n);
	assert_true(cel_regex_matches(re, (struct str){text, n}));
	text[n] = '!';
	assert_false(cel_regex_matches(re, (struct str){text, n + 1}));
	cel_regex_free(re);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_short_patterns),
	    cmocka_unit_test(test_random_patterns),
	    cmocka_unit_test(test_plain_text_needs_no_engine),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_linear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
