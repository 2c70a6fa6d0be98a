/* SPDX-License-Identifier: Apache-2.0 */
#include "globs.h"

#include "base/arena.h"
#include "base/glob.h"
#include "model/langsmith.h"

enum { BATCH = 16 };

/* The pattern is `unit` as often as it fits before `end`; the value is 'a' (or `wide`, of several bytes) all along. */
static const struct {
	const char *what, *unit, *end, *letter;
} shapes[] = {
    {"glob without wildcards", "a", "b", "a"},
    {"glob *a*a…*b*", "*a", "*b*", "a"},
    {"glob *?a*?a…*b*", "*?a", "*b*", "a"},
    {"glob *aaaaaaaa?a*…*b*", "*aaaaaaaa?a", "*b*", "a"},
    {"glob ?*?*…b*", "?*", "b*", "a"},
    {"glob *é?*é?…*b*, value of é", "*é?", "*b*", "é"},
    {"glob *aaaaaaa…?b*, one part of 252",
     "*aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaa",
     "?b*", "a"},
};

static struct str repeat(struct arena *a, const char *unit, size_t n_chars, size_t chars_of_unit)
{
	struct str text = STR("");

	for (size_t n = 0; n + chars_of_unit <= n_chars; n += chars_of_unit)
		text = arena_concat(a, text, str_of(unit));
	return text;
}

static size_t count_chars(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static struct str pattern_of(struct arena *a, size_t i)
{
	size_t n_end = count_chars(shapes[i].end);

	return arena_concat(a, repeat(a, shapes[i].unit, TAG_MAX_CHARS - n_end, count_chars(shapes[i].unit)),
	                    str_of(shapes[i].end));
}

void globs_bench(struct report *report, size_t n_calls)
{
	struct samples samples[N_ELEMENTS(shapes)] = {0};
	struct summary plain, s;
	struct arena a = ARENA_INIT;
	size_t n_matches = 0;

	for (size_t done = 0; done < n_calls; done += BATCH * N_ELEMENTS(shapes)) {
		for (size_t i = 0; i < N_ELEMENTS(shapes); i++) {
			struct str pattern = pattern_of(&a, i), value = repeat(&a, shapes[i].letter, TAG_MAX_CHARS, 1);
			uint64_t start = timing_now_ns();

			for (size_t k = 0; k < BATCH; k++)
				n_matches += glob_match(pattern, value);
			samples_add(&samples[i], timing_now_ns() - start, BATCH);
			arena_reset(&a);
		}
	}
	plain = samples_finish(&samples[0]);
	report_row(report, TAG_MAX_CHARS, shapes[0].what, plain, 1);
	for (size_t i = 1; i < N_ELEMENTS(shapes); i++) {
		s = samples_finish(&samples[i]);
		report_row(report, TAG_MAX_CHARS, shapes[i].what, s, s.p50_ns / plain.p50_ns);
	}
	report_value(report, TAG_MAX_CHARS, "... of them matched", (double)n_matches, "");
	arena_release(&a);
}
