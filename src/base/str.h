#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * struct str: a borrowed run of bytes with its length. It owns nothing, need not end in
 * NUL and may hold NUL; whoever made it says how long it stays valid. A zeroed struct str
 * is the absent string (ptr NULL); an empty one has a non-NULL ptr and len 0.
 */
#include "base/base.h"

struct str {
	const char *ptr;
	size_t len;
};

/* A borrowed run of strings; zeroed is the empty list. */
struct str_list {
	const struct str *items;
	size_t n;
};

/* A str of a string literal; usable in static initialisers as STR_INIT. */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_INIT(literal)                                                                                              \
	{                                                                                                              \
		"" literal, sizeof(literal) - 1                                                                        \
	}
#define STR_NONE ((struct str){NULL, 0})
/* For printf("%.*s"): the length is clamped to INT_MAX. */
#define STR_FMT    "%.*s"
#define STR_ARG(s) ((int)((s).len > INT32_MAX ? INT32_MAX : (s).len)), ((s).ptr ? (s).ptr : "")

/* A str of a NUL-terminated string; NULL gives the absent string. */
struct str str_of(const char *cstr);
/* Equality of bytes; an absent and an empty string are equal here. */
static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
static inline bool str_is_absent(struct str s)
{
	return s.ptr == NULL;
}
static inline bool str_is_empty(struct str s)
{
	return s.len == 0;
}
/* Byte order, as memcmp, shorter first on a tie: <0, 0, >0. */
int str_cmp(struct str a, struct str b);
/* ASCII case-insensitive equality (header names). */
bool str_eq_nocase(struct str a, struct str b);
bool str_starts_with(struct str s, struct str prefix);
bool str_ends_with(struct str s, struct str suffix);
/* Index of the first `c` at or after `from`, or SIZE_MAX. */
size_t str_find(struct str s, char c, size_t from);
/* s[from, to), clamped to the string. */
struct str str_slice(struct str s, size_t from, size_t to);
/* Without leading and trailing ASCII white space. */
struct str str_trim(struct str s);
/* Cuts the text before the next `sep` off `*rest` into `*ret_part`; false when nothing is left. */
bool str_split(struct str *rest, char sep, struct str *ret_part);
/* Decimal digits only, no sign, no leading zero but "0": true and the value, or false. */
bool str_to_u64(struct str s, uint64_t *ret_value);
/* Nothing but ASCII letters and digits? */
bool str_is_alnum(struct str s);
/* Order for qsort() over struct str. */
int str_qsort(const void *a, const void *b);
/* Heap copy with a NUL behind it; owned by the caller. */
char *str_dup_cstr(struct str s);
/* Compare in time that depends on the lengths alone (secrets). */
bool str_eq_const_time(struct str a, struct str b);
/* True when the list holds a string equal to `s`. */
bool str_list_has(struct str_list list, struct str s);
