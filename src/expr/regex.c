/* SPDX-License-Identifier: Apache-2.0
 *
 * Most patterns of conditions are plain text with anchors: "^prod-.*", "(eng|ops)$", "^a\.b$". Those become comparisons
 * of bytes, twenty times as fast as any automaton. The rest is RE2's.
 */
#include <stdlib.h>
#include <string.h>

#include "expr/regex.h"

/*
 * Units, at about 50 ns each: a class of Unicode (\pL) costs 260 µs to read, an instruction of a program about 1 µs to
 * make; what is refused as too large has cost as much as the largest that is not.
 */
#define UNITS_A_BYTE        20u
#define UNITS_A_CLASS       5000u
#define UNITS_A_INSTRUCTION 20u

#define MAX_WORDS           64u /* alternatives of plain text */

/* What stands behind the text of a plain pattern. */
enum tail {
	TAIL_ANYTHING, /* nothing, or ".*" */
	TAIL_END,      /* "$" */
	TAIL_LINE,     /* ".*$": no line may end before the text does */
};

struct cel_regex {
	struct re2_regex *re2; /* NULL: a plain pattern */
	bool at_start;
	enum tail tail;
	size_t n_words;
	struct str words[MAX_WORDS]; /* any of them; into `bytes` */
	char bytes[];
};

/* ---- plain patterns ---------------------------------------------------------------------------------------------- */

static bool is_special(char c)
{
	return c && strchr("\\.+*?()|[]{}^$", c);
}

/*
 * The plain text at pattern[*at], up to what is special, with escaped punctuation as it is meant; appended to the
 * bytes. A character that a repetition applies to is not plain: the caller sees the '*' and gives up.
 */
static struct str take_word(struct str pattern, size_t *at, char *bytes, size_t *n_bytes)
{
	struct str word = {bytes + *n_bytes, 0};

	while (*at < pattern.len) {
		char c = pattern.ptr[*at];
		bool is_escape = c == '\\' && *at + 1 < pattern.len && is_special(pattern.ptr[*at + 1]);
		if (is_special(c) && !is_escape)
			break;
		*at += is_escape;
		bytes[(*n_bytes)++] = pattern.ptr[(*at)++];
		word.len++;
	}
	return word;
}

/* Is `text` at pattern[*at]? Moves behind it. */
static bool take(struct str pattern, size_t *at, struct str text)
{
	if (!str_starts_with(str_slice(pattern, *at, pattern.len), text))
		return false;
	*at += text.len;
	return true;
}

/*
 * [^] [.*] word | ( word | word … )  [.*] [$]. False: not of this shape. ".*" before an anchored text would match
 * within one line only, so that it is taken only where no anchor stands before it.
 */
static bool parse_plain(struct cel_regex *re, struct str pattern)
{
	size_t at = 0, n_bytes = 0;

	re->at_start = take(pattern, &at, STR("^"));
	if (!re->at_start)
		(void)take(pattern, &at, STR(".*"));
	bool is_group = take(pattern, &at, STR("(?:")) || take(pattern, &at, STR("("));
	do {
		if (re->n_words == MAX_WORDS)
			return false;
		re->words[re->n_words++] = take_word(pattern, &at, re->bytes, &n_bytes);
	} while (is_group && take(pattern, &at, STR("|")));
	if (is_group && !take(pattern, &at, STR(")")))
		return false;
	bool has_rest = take(pattern, &at, STR(".*"));
	bool has_end = take(pattern, &at, STR("$"));
	re->tail = !has_end ? TAIL_ANYTHING : has_rest ? TAIL_LINE : TAIL_END;
	/* With ".*$" any occurrence may be the one that counts; only at the start there is just one. */
	return at == pattern.len && (re->tail != TAIL_LINE || re->at_start);
}

static bool word_matches(const struct cel_regex *re, struct str word, struct str text)
{
	switch (re->tail) {
	case TAIL_ANYTHING:
		if (re->at_start)
			return str_starts_with(text, word);
		return word.len == 0 || memmem(text.ptr, text.len, word.ptr, word.len) != NULL;
	case TAIL_END:
		return re->at_start ? str_eq(text, word) : str_ends_with(text, word);
	case TAIL_LINE:
		return str_starts_with(text, word) && str_find(text, '\n', word.len) == SIZE_MAX;
	}
	return false;
}

/* ---- all patterns ------------------------------------------------------------------------------------------------ */

struct cel_regex *cel_regex_new(struct str pattern, struct error *err)
{
	struct cel_regex *re = mem_calloc(1, sizeof(*re) + pattern.len);

	if (parse_plain(re, pattern))
		return re;
	re->re2 = re2_regex_new(pattern, err);
	if (!re->re2) {
		free(re);
		return NULL;
	}
	return re;
}

void cel_regex_free(struct cel_regex *re)
{
	if (!re)
		return;
	re2_regex_free(re->re2);
	free(re);
}

bool cel_regex_matches(const struct cel_regex *re, struct str text)
{
	if (re->re2)
		return re2_regex_matches(re->re2, text);
	for (size_t i = 0; i < re->n_words; i++) {
		if (word_matches(re, re->words[i], text))
			return true;
	}
	return false;
}

/* What is known of the price before the pattern is compiled. */
static uint64_t units_of_pattern(struct str pattern)
{
	uint64_t units = pattern.len * UNITS_A_BYTE;

	for (size_t i = 0; i + 1 < pattern.len; i++) {
		if (pattern.ptr[i] == '\\' && (pattern.ptr[i + 1] | 32) == 'p')
			units += UNITS_A_CLASS;
	}
	return units;
}

bool cel_regex_compile(struct cel_eval *ev, struct str pattern, struct re2_regex **ret, struct cel_value *ret_error)
{
	struct error err = {0};

	*ret_error = cel_aborted();
	if (!cel_charge(ev, units_of_pattern(pattern)))
		return false;
	struct re2_regex *re = re2_regex_new(pattern, &err);
	if (!cel_charge(ev, (uint64_t)(re ? re2_regex_size(re) : RE2_MAX_PROGRAM) * UNITS_A_INSTRUCTION)) {
		re2_regex_free(re);
		return false;
	}
	if (!re) {
		*ret_error = cel_fail(ev, CEL_BAD_ARGUMENT, "%s", err.text);
		return false;
	}
	*ret = re;
	return true;
}

bool cel_regex_charge(struct cel_eval *ev, const struct re2_regex *re, size_t text_bytes)
{
	/* The slow way that RE2 may have to take looks at every instruction for each byte. */
	return cel_charge(ev, cel_units_of(text_bytes) * ((uint64_t)re2_regex_size(re) / 40 + 1));
}

struct cel_value cel_regex_match_once(struct cel_eval *ev, struct str text, struct str pattern)
{
	CLEANUP(re2_regex_freep) struct re2_regex *re = NULL;
	struct cel_value error;

	if (!cel_regex_compile(ev, pattern, &re, &error))
		return error;
	if (!cel_regex_charge(ev, re, text.len))
		return cel_aborted();
	return cel_bool(re2_regex_matches(re, text));
}
