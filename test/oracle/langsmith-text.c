/* SPDX-License-Identifier: Apache-2.0
 *
 * The texts: tag values and globs.
 */
#include "langsmith-generate.h"

#define LONG_CHARS 255u

/* Every character with odd case here must stand in the table of the oracle. */
static const struct str characters[] = {
    STR_INIT("a"),
    STR_INIT("b"),
    STR_INIT("A"),
    STR_INIT("\303\251"),
    STR_INIT("*"),
    STR_INIT("?"),
    STR_INIT("\317\203"),
    STR_INIT("\303\211"),
    STR_INIT("-"),
    STR_INIT("\317\202"),
    STR_INIT("\342\204\252"),
    STR_INIT("k"),
    STR_INIT("\316\243"),
    STR_INIT("["),
    STR_INIT("]"),
    STR_INIT("\360\220\220\200"),
};

static const struct str values[] = {
    STR_INIT("Prod"),
    STR_INIT("prod"),
    STR_INIT("Dev"),
    STR_INIT("chatbot-v2"),
    STR_INIT("a"),
    STR_INIT("aab"),
    STR_INIT("\303\251"),     /* e with acute */
    STR_INIT("e\314\201"),    /* the same in two characters */
    STR_INIT("\303\237"),     /* sharp s */
    STR_INIT("\341\272\236"), /* capital sharp s */
    STR_INIT("ss"),           /* what only full folding makes of it */
    STR_INIT("\317\203"),     /* sigma */
    STR_INIT("\317\202"),     /* final sigma */
    STR_INIT("\316\243"),     /* capital sigma */
    STR_INIT("K"),            /* and the kelvin sign */
    STR_INIT("\342\204\252"), /* kelvin sign */
    STR_INIT("\305\277"),     /* long s */
    STR_INIT("S"),
    STR_INIT("\304\260"), /* capital I with dot: no simple folding */
    STR_INIT("i"),
    STR_INIT("\304\261"),         /* dotless i: none either */
    STR_INIT("\302\265"),         /* micro sign */
    STR_INIT("\316\274"),         /* mu */
    STR_INIT("\342\204\253"),     /* angstrom sign */
    STR_INIT("\303\245"),         /* a with ring */
    STR_INIT("\341\216\240"),     /* Cherokee a: capitals are what small ones fold to */
    STR_INIT("\352\255\260"),     /* Cherokee small a */
    STR_INIT("\360\220\220\200"), /* Deseret long i */
    STR_INIT("\360\220\220\250"), /* Deseret small long i */
    STR_INIT("a*b"),
    STR_INIT("[a-z]"),
    STR_INIT("\\*"),
    STR_INIT("a\nb"),
    STR_INIT("a/b/c"),
};

static const struct str globs[] = {
    STR_INIT("P*"),     STR_INIT("*od"),        STR_INIT("P?od"),      STR_INIT("p*"),     STR_INIT("*"),
    STR_INIT("?"),      STR_INIT("??"),         STR_INIT("**"),        STR_INIT("?*"),     STR_INIT("*?*?"),
    STR_INIT("*a*a*b"), STR_INIT("a*b"),        STR_INIT("a?b"),       STR_INIT("*ab*a*"), STR_INIT("chatbot-*"),
    STR_INIT("[a-z]"),  STR_INIT("\\*"),        STR_INIT("%"),         STR_INIT("_"),      STR_INIT("."),
    STR_INIT(".*"),     STR_INIT("*\303\251*"), STR_INIT("?\303\251"), STR_INIT("e?"),     STR_INIT("a?b/*"),
    STR_INIT("*/c"),
};

/* `n` times the part, then the end. */
static struct str repeat(struct arena *a, struct str part, uint32_t n, struct str end)
{
	char *text = arena_alloc(a, part.len * n + end.len);

	for (uint32_t i = 0; i < n; i++)
		memcpy(text + i * part.len, part.ptr, part.len);
	if (end.len)
		memcpy(text + n * part.len, end.ptr, end.len);
	return (struct str){text, part.len * n + end.len};
}

static struct str generate_word(struct choices *c, struct arena *a)
{
	uint32_t n = 1 + choose(c, 5);
	struct str text = STR("");

	for (uint32_t i = 0; i < n; i++)
		text = arena_concat(a, text, characters[choose(c, N_ELEMENTS(characters))]);
	return text;
}

struct str generate_tag_text(struct choices *c, struct arena *a)
{
	if (choose_rarely(c, 100))
		return repeat(a, STR("a"), LONG_CHARS - 1, choose(c, 2) ? STR("b") : STR("\303\251"));
	return choose(c, 3) ? values[choose(c, N_ELEMENTS(values))] : generate_word(c, a);
}

/* Ends of many lengths are looked up in different ways; parts between stars that have a '?' are searched for in one of
 * their own. */
static struct str generate_parts(struct choices *c, struct arena *a)
{
	static const struct str starts[] = {STR_INIT("*"), STR_INIT("*?")}, ends[] = {STR_INIT("?*"), STR_INIT("??*")};
	struct str start = repeat(a, STR("x"), choose(c, 52), STR(""));
	struct str end = repeat(a, STR("y"), choose(c, 52), STR(""));

	switch (choose(c, 5)) {
	case 0:
		return arena_concat(a, start, STR("*"));
	case 1:
		return arena_concat(a, STR("?"), end);
	case 2:
		return arena_concat3(a, start, choose(c, 2) ? STR("*") : STR("?*\303\251"), end);
	default: /* the ends are open, what is between is not */
		start = starts[choose(c, N_ELEMENTS(starts))];
		end = ends[choose(c, N_ELEMENTS(ends))];
		return arena_concat3(a, start, generate_word(c, a), end);
	}
}

struct str generate_glob(struct choices *c, struct arena *a)
{
	if (choose_rarely(c, 8))
		return generate_parts(c, a);
	switch (choose(c, 4)) {
	case 0:
		return generate_tag_text(c, a);
	case 1:
		return generate_word(c, a);
	case 2:
		return choose_rarely(c, 30) ? repeat(a, STR("*a"), LONG_CHARS / 2, STR("b"))
		                            : globs[choose(c, N_ELEMENTS(globs))];
	default:
		return globs[choose(c, N_ELEMENTS(globs))];
	}
}

struct str generate_match(struct choices *c, struct str glob, struct arena *a)
{
	static const struct str runs[] = {STR_INIT(""), STR_INIT("a"), STR_INIT("\303\251b"), STR_INIT("aab")};
	static const struct str ones[] = {STR_INIT("a"), STR_INIT("\303\251"), STR_INIT("\360\220\220\200")};
	struct str text = STR("");
	size_t from = 0;

	for (size_t i = 0; i < glob.len; i++) {
		if (glob.ptr[i] != '*' && glob.ptr[i] != '?')
			continue;
		text = arena_concat3(a, text, str_slice(glob, from, i),
		                     glob.ptr[i] == '*' ? runs[choose(c, N_ELEMENTS(runs))]
		                                        : ones[choose(c, N_ELEMENTS(ones))]);
		from = i + 1;
	}
	return arena_concat(a, text, str_slice(glob, from, glob.len));
}
