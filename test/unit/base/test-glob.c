/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/glob.h"
#include "base/hash.h"
#include "base/utf8.h"

static const struct {
	const char *pattern, *text;
	bool want;
} rows[] = {
    {"", "", true},
    {"", "a", false},
    {"*", "", true},
    {"?", "", false},
    {"**", "", true},
    {"P*", "Prod", true},
    {"*od", "Prod", true},
    {"P?od", "Prod", true},
    {"*", "Prod", true},
    {"Prod", "Prod", true},
    {"p*", "Prod", false},
    {"P?d", "Prod", false},
    {"rod", "Prod", false},
    {"Prod", "Produkt", false},
    {"chatbot-*", "chatbot-v2", true},
    {"chatbot-*", "chatbot", false},
    {"chatbot-*", "my-chatbot-x", false},
    {"*/*", "a/b/c", true},
    {"a*a", "a", false},
    {"ab*ba", "aba", false},
    {"ab*ba", "abba", true},
    {"a*b*c", "a-b-b-c", true},
    {"a*b*c", "acb", false},
    {"*ab*ab*", "xabab", true},
    {"*ab*ab*", "xaba", false},
    {"?", "\xc3\xa9", true},
    {"??", "\xc3\xa9", false},
    {"caf?", "caf\xc3\xa9", true},
    {"*?", "\xf0\x9f\x98\x80", true},
    {"?*", "\xf0\x9f\x98\x80", true},
    {"*?*", "\xf0\x9f\x98\x80", true},
    {"*??*", "\xf0\x9f\x98\x80", false},
    {"*?\xc3\xa9*", "\xc3\xa9\xc3\xa9", true},
    {"*?\xc3\xa9*", "\xc3\xa9z", false},
    {"*\xc3\xa9?*", "z\xc3\xa9", false},
    {"[a-z]", "b", false},
    {"[a-z]", "[a-z]", true},
    {"a.c", "abc", false},
    {"\\*", "\\anything", true},
    {"\\*", "*", false},
    {"%_", "%_", true},
    {"%", "abc", false},
    {"a*b", "a*b", true},
    {"line*", "line\nline", true},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (glob_match(str_of(rows[i].pattern), str_of(rows[i].text)) != rows[i].want)
			fail_msg("%s against %s: want %d", rows[i].pattern, rows[i].text, rows[i].want);
}

enum { MAX_CHARS = 300 };

/* Characters of a valid text. */
static size_t decode(struct str s, uint32_t *out)
{
	size_t n = 0;

	for (size_t at = 0; at < s.len;)
		out[n++] = utf8_next(s, &at);
	return n;
}

/* As plain as can be: which prefixes of the text does each prefix of the pattern match? */
static bool naive(struct str pattern, struct str text)
{
	static uint32_t p[MAX_CHARS], t[MAX_CHARS];
	static bool row[MAX_CHARS + 1], next[MAX_CHARS + 1];
	size_t np = decode(pattern, p), nt = decode(text, t);

	for (size_t k = 0; k <= nt; k++)
		row[k] = k == 0;
	for (size_t i = 0; i < np; i++) {
		for (size_t k = 0; k <= nt; k++)
			next[k] = p[i] == '*' ? row[k] || (k > 0 && next[k - 1])
			                      : k > 0 && row[k - 1] && (p[i] == '?' || p[i] == t[k - 1]);
		memcpy(row, next, sizeof(row));
	}
	return row[nt];
}

static uint64_t draw(uint64_t *state, uint64_t below)
{
	*state += UINT64_C(0x9e3779b97f4a7c15);
	return (hash_u64(*state) >> 20) % below;
}

static struct str random_text(uint64_t *state, bool is_pattern, size_t max_chars, char *out)
{
	/* Few letters of one to four bytes that share some of them, so that near misses are frequent. */
	static const uint32_t letters[] = {'a', 'b', 0xe9, 0xe8, 0x20ac, 0x20ad, 0x1f600, 0x1f601};
	size_t n = (size_t)draw(state, max_chars + 1), bytes = 0, n_letters = 2 + (size_t)draw(state, 7);

	for (size_t i = 0; i < n; i++) {
		uint64_t kind = is_pattern ? draw(state, 10) : 9;

		bytes += utf8_put(out + bytes, kind < 2 ? '*' : kind < 4 ? '?' : letters[draw(state, n_letters)]);
	}
	return (struct str){out, bytes};
}

static void test_against_naive(void **state)
{
	(void)state;
	static char a[4 * MAX_CHARS], b[4 * MAX_CHARS];
	size_t n_matches = 0, n_tries = 200000;
	uint64_t seed = 4711;

	for (size_t i = 0; i < n_tries; i++) {
		size_t max = i % 100 ? 8 : 200;
		struct str pattern = random_text(&seed, true, max, a), text = random_text(&seed, false, max, b);
		bool want = naive(pattern, text);

		n_matches += want;
		if (glob_match(pattern, text) != want)
			fail_msg("try %zu: " STR_FMT " against " STR_FMT ": want %d", i, STR_ARG(pattern),
			         STR_ARG(text), want);
	}
	/* Both answers were tried often. */
	assert_in_range(n_matches, n_tries / 20, n_tries - n_tries / 20);
}

/* A part between two stars cut out of the text, some characters of it replaced by '?' and now and then one by another.
 */
static struct str cut_part(uint64_t *state, struct str text, char *out)
{
	size_t from = (size_t)draw(state, text.len + 1), to = from + (size_t)draw(state, text.len - from + 1), n = 0;
	bool is_spoiled = draw(state, 2);

	while (to < text.len && ((unsigned char)text.ptr[to] & 0xc0) == 0x80)
		to++;
	while (from < to && ((unsigned char)text.ptr[from] & 0xc0) == 0x80)
		from++;
	out[n++] = '*';
	for (size_t at = from; at < to; at++) {
		bool is_first = ((unsigned char)text.ptr[at] & 0xc0) != 0x80;

		if (is_first && draw(state, 6) == 0) {
			out[n++] = '?';
			while (at + 1 < to && ((unsigned char)text.ptr[at + 1] & 0xc0) == 0x80)
				at++;
		} else {
			bool is_ascii = !((unsigned char)text.ptr[at] & 0x80);

			out[n++] = is_spoiled && is_ascii && draw(state, 4) == 0 ? 'b' : text.ptr[at];
		}
	}
	out[n++] = '*';
	return (struct str){out, n};
}

static void test_cut_parts(void **state)
{
	(void)state;
	static char a[4 * MAX_CHARS + 2], b[4 * MAX_CHARS];
	size_t n_matches = 0, n_tries = 20000;
	uint64_t seed = 815;

	for (size_t i = 0; i < n_tries; i++) {
		struct str text = random_text(&seed, false, 120, b), pattern = cut_part(&seed, text, a);
		bool want = naive(pattern, text);

		n_matches += want;
		if (glob_match(pattern, text) != want)
			fail_msg("try %zu: " STR_FMT " against " STR_FMT ": want %d", i, STR_ARG(pattern),
			         STR_ARG(text), want);
	}
	assert_in_range(n_matches, n_tries / 20, n_tries - n_tries / 20);
}

/* Parts with '?' that span several words of the automaton. */
static void test_long_parts(void **state)
{
	(void)state;
	static char pattern[4 * MAX_CHARS], text[4 * MAX_CHARS];

	for (size_t n = 1; n <= 250; n++) {
		size_t np = 0, nt = 0;

		np += utf8_put(pattern + np, '*');
		nt += utf8_put(text + nt, 'x');
		for (size_t i = 0; i < n; i++) {
			np += utf8_put(pattern + np, i % 3 == 1 ? '?' : i % 3 ? 0xe9 : 'a');
			nt += utf8_put(text + nt, i % 3 == 1 ? 0x1f600 : i % 3 ? 0xe9 : 'a');
		}
		np += utf8_put(pattern + np, '*');
		assert_true(glob_match((struct str){pattern, np}, (struct str){text, nt}));
		assert_true(naive((struct str){pattern, np}, (struct str){text, nt}));
		text[1] = 'b';
		assert_false(glob_match((struct str){pattern, np}, (struct str){text, nt}));
	}
}

/* A part with a '?' that is too long matches nothing; one without is not limited. */
static void test_limit(void **state)
{
	(void)state;
	static char pattern[GLOB_MAX_PART_BYTES + 4], text[GLOB_MAX_PART_BYTES + 4];
	size_t n = sizeof(text);

	memset(text, 'a', n);
	memset(pattern, 'a', n);
	pattern[0] = pattern[n - 1] = '*';
	assert_true(glob_match((struct str){pattern, n}, (struct str){text, n}));
	pattern[1] = '?';
	assert_false(glob_match((struct str){pattern, n}, (struct str){text, n}));
	pattern[n - 3] = '*';
	assert_true(glob_match((struct str){pattern, n}, (struct str){text, n}));
}

static void test_nocase(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT;

	assert_true(glob_match_nocase(STR("*TEAM-?"), STR("my team-\xc3\x89"), &a));
	assert_true(glob_match_nocase(STR("\xc3\x89*"), STR("\xc3\xa9t\xc3\xa9"), &a));
	assert_false(glob_match_nocase(STR("\xc3\x89"), STR("e"), &a));
	assert_true(glob_match_nocase(STR(""), STR(""), &a));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),       cmocka_unit_test(test_against_naive), cmocka_unit_test(test_cut_parts),
	    cmocka_unit_test(test_long_parts), cmocka_unit_test(test_limit),         cmocka_unit_test(test_nocase),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
