/* SPDX-License-Identifier: Apache-2.0
 *
 * The stars cut the pattern into parts. The first is matched at the start of the text, the last at its end, and each
 * between them at the first place behind the one before: if any way of matching exists, then also this one, since each
 * part takes a fixed number of characters and the first place leaves the most.
 */
#include "base/glob.h"

#include "base/fold.h"

enum { SHORT_PART = 16, WORD_BITS = 64, MAX_WORDS = GLOB_MAX_PART_BYTES / WORD_BITS };

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

/* Behind the first match of a short part, or SIZE_MAX: tried at each character. */
static size_t find_short(struct str part, struct str text)
{
	for (size_t at = 0; at < text.len; at++) {
		size_t taken =
		    is_continuation(text.ptr[at]) ? SIZE_MAX : match_start(part, str_slice(text, at, text.len));

		if (taken != SIZE_MAX)
			return at + taken;
	}
	return SIZE_MAX;
}

/*
 * The first match of a part with '?' in it, by an automaton whose states are bits: bit i is set when the bytes up to
 * the part's i-th have just been matched. A '?' is matched by a leading byte and stays so for those that continue it.
 * Only the rows of bytes that occur in the part are ever filled: the others are all alike.
 */
struct automaton {
	size_t n_words;
	uint64_t occurs[256 / WORD_BITS];
	uint64_t accepts[256][MAX_WORDS]; /* by byte that occurs: the positions that it matches */
	uint64_t marks[MAX_WORDS];        /* the positions of '?' */
	uint64_t none[MAX_WORDS];
};

static bool bit_is_set(const uint64_t *words, size_t i)
{
	return words[i / WORD_BITS] >> (i % WORD_BITS) & 1;
}

static void set_bit(uint64_t *words, size_t i)
{
	words[i / WORD_BITS] |= UINT64_C(1) << (i % WORD_BITS);
}

static const uint64_t *accepted(const struct automaton *m, char c)
{
	unsigned char byte = (unsigned char)c;

	return bit_is_set(m->occurs, byte) ? m->accepts[byte] : is_continuation(c) ? m->none : m->marks;
}

static void automaton_init(struct automaton *m, struct str part)
{
	size_t row;

	m->n_words = (part.len + WORD_BITS - 1) / WORD_BITS;
	row = m->n_words * sizeof(uint64_t);
	memset(m->occurs, 0, sizeof(m->occurs));
	memset(m->none, 0, row);
	memset(m->marks, 0, row);
	for (size_t i = 0; i < part.len; i++)
		if (part.ptr[i] == '?')
			set_bit(m->marks, i);
	for (size_t i = 0; i < part.len; i++) {
		unsigned char byte = (unsigned char)part.ptr[i];

		if (byte == '?')
			continue;
		if (!bit_is_set(m->occurs, byte))
			memcpy(m->accepts[byte], is_continuation(part.ptr[i]) ? m->none : m->marks, row);
		set_bit(m->occurs, byte);
		set_bit(m->accepts[byte], i);
	}
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
		const uint64_t *accepts = accepted(&m, text.ptr[at]);
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
		return part.len <= SHORT_PART ? find_short(part, text) : find_marked(part, text);
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
