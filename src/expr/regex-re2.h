#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * RE2, as C sees it. Objects are immutable and safe on any thread; matching takes time linear in the text.
 */
#include "base/error.h"

#define RE2_MAX_PATTERN_BYTES 1000u
#define RE2_MAX_PROGRAM       5000 /* instructions */
#define RE2_MAX_MEMORY        (1 << 19)
#define RE2_MAX_GROUPS        10 /* the whole match and \1 … \9 */

struct re2_regex;

/* NULL and `err`: malformed or too large. Owned by the caller. */
struct re2_regex *re2_regex_new(struct str pattern, struct error *err);
void re2_regex_free(struct re2_regex *re); /* accepts NULL */
/* Instructions of the compiled program: what it cost to make. */
int re2_regex_size(const struct re2_regex *re);
/* Groups in parentheses, beside the whole match. */
int re2_regex_groups(const struct re2_regex *re);
/* Is there a match anywhere in the text? */
bool re2_regex_matches(const struct re2_regex *re, struct str text);
/*
 * The first match that starts at or after byte `from`: the whole of it in groups[0] and the groups behind it, absent
 * where one took no part; `n` at most RE2_MAX_GROUPS.
 */
bool re2_regex_find(const struct re2_regex *re, struct str text, size_t from, struct str *groups, int n);
