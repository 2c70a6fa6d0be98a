/* SPDX-License-Identifier: Apache-2.0
 *
 * The stars cut the pattern into parts. The first is matched at the start of the text, the last at its end, and each
 * between them at the first place behind the one before: if any way of matching exists, then also this one, since each
 * part takes a fixed number of characters and the first place leaves the most.
 */
#include "base/glob.h"

#include "base/fold.h"

enum { WORD_BITS = 64, MAX_WORDS = GLOB_MAX_PART_BYTES / WORD_BITS };

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Matches the part at the start of the text; the bytes it took, or SIZE_MAX. */
static size_t match_start(struct str part, struct str text)
{
	size_t at = 0;

	for (size_t i = 0; i < part.len; i++) {
		if (at == text.len || (part.ptr[i] != '?' && part.ptr[i] != text.ptr[at]))
			return SIZE_MAX;
		at++;
		while (part.ptr[i] == '?' && at < text.len && is_continuation(text.ptr[at]))
			at++;
	}
	return at;
}

/* Where the last `n` characters of the text begin, or SIZE_MAX when it has fewer. */
static size_t last_characters(struct str text, size_t n)
{
	size_t at = text.len;

	while (n > 0 && at > 0)
		n -= !is_continuation(text.ptr[--at]);
	return n ? SIZE_MAX : at;
}

static size_t count_characters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += !is_continuation(s.ptr[i]);
	return n;
}

/* Where a match of the part at the end of the text begins, or SIZE_MAX. */
static size_t match_end(struct str part, struct str text)
{
	size_t at = last_characters(text, count_characters(part));

	return at != SIZE_MAX && match_start(part, str_slice(text, at, text.len)) == text.len - at ? at : SIZE_MAX;
}

/*
 * The first match of a part with '?' in it, by an automaton whose states are bits: bit i is set when the bytes up to
 * the part's i-th have just been matched. A '?' is matched by a leading byte and stays so for those that continue it.
 */
struct automaton {
	size_t n_words;
	uint64_t accepts[256][MAX_WORDS]; /* by byte: the positions that it matches */
	uint64_t marks[MAX_WORDS];        /* the positions of '?' */
};

static void automaton_init(struct automaton *m, struct str part)
{
	m->n_words = (part.len + WORD_BITS - 1) / WORD_BITS;
	for (size_t w = 0; w < m->n_words; w++)
		m->marks[w] = 0;
	for (size_t i = 0; i < part.len; i++)
		m->marks[i / WORD_BITS] |= (uint64_t)(part.ptr[i] == '?') << (i % WORD_BITS);
	for (size_t b = 0; b < 256; b++)
		for (size_t w = 0; w < m->n_words; w++)
			m->accepts[b][w] = is_continuation((char)b) ? 0 : m->marks[w];
	for (size_t i = 0; i < part.len; i++)
		if (part.ptr[i] != '?')
			m->accepts[(unsigned char)part.ptr[i]][i / WORD_BITS] |= UINT64_C(1) << (i % WORD_BITS);
}

/* Behind the first match of the part, or SIZE_MAX. */
static size_t find_marked(struct str part, struct str text)
{
	struct automaton m NO_INIT;
	uint64_t state[MAX_WORDS] = {0};
	uint64_t last = UINT64_C(1) << ((part.len - 1) % WORD_BITS);

	if (part.len > GLOB_MAX_PART_BYTES)
		return SIZE_MAX;
	automaton_init(&m, part);
	for (size_t at = 0; at < text.len; at++) {
		const uint64_t *accepts = m.accepts[(unsigned char)text.ptr[at]];
		uint64_t stays = is_continuation(text.ptr[at]) ? UINT64_MAX : 0, carry = 1;

		for (size_t w = 0; w < m.n_words; w++) {
			uint64_t old = state[w];

			state[w] = ((old << 1 | carry) & accepts[w]) | (old & m.marks[w] & stays);
			carry = old >> (WORD_BITS - 1);
		}
		if ((state[m.n_words - 1] & last) && (at + 1 == text.len || !is_continuation(text.ptr[at + 1])))
			return at + 1;
	}
	return SIZE_MAX;
}

static size_t find_part(struct str part, struct str text)
{
	const char *found;

	if (str_find(part, '?', 0) != SIZE_MAX)
		return find_marked(part, text);
	found = part.len ? memmem(text.ptr, text.len, part.ptr, part.len) : text.ptr;
	return found ? (size_t)(found - text.ptr) + part.len : SIZE_MAX;
}

/* The parts between the first and the last star. */
static bool match_middle(struct str parts, struct str text)
{
	struct str part;

	while (str_split(&parts, '*', &part)) {
		size_t behind = str_is_empty(part) ? 0 : find_part(part, text);

		if (behind == SIZE_MAX)
			return false;
		text = str_slice(text, behind, text.len);
	}
	return true;
}

bool glob_match(struct str pattern, struct str text)
{
	size_t first = str_find(pattern, '*', 0), last = pattern.len, behind, end;

	if (first == SIZE_MAX)
		return match_start(pattern, text) == text.len;
	while (pattern.ptr[last - 1] != '*')
		last--;
	behind = match_start(str_slice(pattern, 0, first), text);
	if (behind == SIZE_MAX)
		return false;
	text = str_slice(text, behind, text.len);
	end = match_end(str_slice(pattern, last, pattern.len), text);
	return end != SIZE_MAX &&
	       (last - first <= 2 || match_middle(str_slice(pattern, first + 1, last - 1), str_slice(text, 0, end)));
}

bool glob_match_nocase(struct str pattern, struct str text, struct arena *a)
{
	return glob_match(fold_str(a, pattern), fold_str(a, text));
}
