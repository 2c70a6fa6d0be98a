/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions of strings. Indexes and lengths of the language are code points; a text is walked once to find where one
 * starts.
 */
#include <string.h>

#include "base/utf8.h"
#include "expr/collect.h"
#include "expr/format.h"

static const struct cel_type list_of_strings = {.kind = CEL_TYPE_LIST, .n_params = 1, .params = {&cel_type_string}};

/* ---- code points ------------------------------------------------------------------------------------------------- */

static bool is_inside(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* The byte offset of code point `n` at or after byte `from`; the length when the text has exactly n; SIZE_MAX: fewer.
 */
static size_t offset_of(struct str s, size_t from, int64_t n)
{
	size_t at = from;

	while (n > 0 && at < s.len) {
		at++;
		while (at < s.len && is_inside(s.ptr[at]))
			at++;
		n--;
	}
	return n > 0 ? SIZE_MAX : at;
}

static struct cel_value out_of_range(struct cel_eval *ev, int64_t index)
{
	return cel_fail(ev, CEL_BAD_ARGUMENT, "index out of range: %lld", (long long)index);
}

/* The offset of the code point that an argument names, which may be the end. False and the error. */
static bool offset_of_arg(struct cel_eval *ev, struct str s, struct cel_value index, size_t *ret,
                          struct cel_value *ret_error)
{
	size_t at = index.i < 0 ? SIZE_MAX : offset_of(s, 0, index.i);

	if (at == SIZE_MAX) {
		*ret_error = out_of_range(ev, index.i);
		return false;
	}
	*ret = at;
	return true;
}

/* ---- parts ------------------------------------------------------------------------------------------------------- */

static struct cel_value char_at(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct str s = cel_text(args[0]);
	struct cel_value error;
	size_t at;

	if (!cel_charge(ev, cel_units_of(s.len)))
		return cel_aborted();
	if (!offset_of_arg(ev, s, args[1], &at, &error))
		return error;
	return cel_string(at < s.len ? str_slice(s, at, offset_of(s, at, 1)) : STR(""));
}

static struct cel_value substring(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	struct str s = cel_text(args[0]);
	struct cel_value error;
	size_t from, to = s.len;

	if (!cel_charge(ev, cel_units_of(s.len)))
		return cel_aborted();
	if (n_args == 3 && args[1].i > args[2].i)
		return cel_fail(ev, CEL_BAD_ARGUMENT, "invalid substring range. start: %lld, end: %lld",
		                (long long)args[1].i, (long long)args[2].i);
	if (!offset_of_arg(ev, s, args[1], &from, &error) ||
	    (n_args == 3 && !offset_of_arg(ev, s, args[2], &to, &error)))
		return error;
	return cel_string(str_slice(s, from, to));
}

/* Unicode's White_Space. */
static bool is_space(uint32_t c)
{
	switch (c) {
	case 0x20:
	case 0x85:
	case 0xA0:
	case 0x1680:
	case 0x2028:
	case 0x2029:
	case 0x202F:
	case 0x205F:
	case 0x3000:
		return true;
	default:
		return (c >= 0x09 && c <= 0x0D) || (c >= 0x2000 && c <= 0x200A);
	}
}

static struct cel_value trim(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct str s = cel_text(args[0]);
	size_t from = 0, to = s.len;

	if (!cel_charge(ev, cel_units_of(s.len)))
		return cel_aborted();
	for (size_t at = 0; from < s.len && is_space(utf8_next(s, &at)); from = at)
		continue;
	while (to > from) {
		size_t last = to - 1, at;
		while (last > from && is_inside(s.ptr[last]))
			last--;
		at = last;
		if (!is_space(utf8_next(s, &at)))
			break;
		to = last;
	}
	return cel_string(str_slice(s, from, to));
}

/* ---- searching --------------------------------------------------------------------------------------------------- */

/* Where the needle first occurs at or after `from`; SIZE_MAX: nowhere. */
static size_t find(struct str s, struct str needle, size_t from)
{
	if (!needle.len)
		return from;
	const char *p = memmem(s.ptr + from, s.len - from, needle.ptr, needle.len);
	return p ? (size_t)(p - s.ptr) : SIZE_MAX;
}

/* Where it last occurs at or before `from`. */
static size_t find_last(struct str s, struct str needle, size_t from)
{
	if (needle.len > s.len)
		return SIZE_MAX;
	if (from > s.len - needle.len)
		from = s.len - needle.len;
	for (size_t at = from + 1; at-- > 0;) {
		if (memcmp(s.ptr + at, needle.ptr, needle.len) == 0)
			return at;
	}
	return SIZE_MAX;
}

/* The code points before byte `at` as an int; -1 for SIZE_MAX. */
static struct cel_value index_at(struct str s, size_t at)
{
	return cel_int(at == SIZE_MAX ? -1 : (int64_t)cel_text_size(str_slice(s, 0, at)));
}

static struct cel_value index_of(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	struct str s = cel_text(args[0]);
	struct cel_value error;
	size_t from = 0;

	if (!cel_charge(ev, cel_units_of(s.len)))
		return cel_aborted();
	if (n_args == 3 && !offset_of_arg(ev, s, args[2], &from, &error))
		return error;
	return index_at(s, find(s, cel_text(args[1]), from));
}

static struct cel_value last_index_of(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	struct str s = cel_text(args[0]), needle = cel_text(args[1]);
	struct cel_value error;
	size_t from = s.len;

	/* Each place may look at the whole needle. */
	if (!cel_charge(ev, cel_units_of(s.len) * cel_units_of(needle.len)))
		return cel_aborted();
	if (n_args == 3 && !offset_of_arg(ev, s, args[2], &from, &error))
		return error;
	return index_at(s, find_last(s, needle, from));
}

/* ---- changing ---------------------------------------------------------------------------------------------------- */

/* A copy with each ASCII letter between `first` and `last` in the other case. */
static struct cel_value swap_case(struct cel_eval *ev, struct str s, char first, char last)
{
	if (!cel_charge(ev, cel_units_of(s.len)))
		return cel_aborted();
	char *out = cel_alloc_text(ev, s.len);
	if (!out)
		return cel_aborted();
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		out[i] = c >= first && c <= last ? (char)(c ^ 32) : c;
	}
	return cel_string((struct str){out, s.len});
}

static struct cel_value lower_ascii(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	return swap_case(ev, cel_text(args[0]), 'A', 'Z');
}

static struct cel_value upper_ascii(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	return swap_case(ev, cel_text(args[0]), 'a', 'z');
}

static struct cel_value reverse(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct str s = cel_text(args[0]);

	if (!cel_charge(ev, cel_units_of(s.len)))
		return cel_aborted();
	char *out = cel_alloc_text(ev, s.len);
	if (!out)
		return cel_aborted();
	for (size_t from = 0; from < s.len;) {
		size_t to = offset_of(s, from, 1);
		memcpy(out + s.len - to, s.ptr + from, to - from);
		from = to;
	}
	return cel_string((struct str){out, s.len});
}

/*
 * The next place to replace at or after *at: where the text occurs or, when it is empty, every border between code
 * points, both ends among them. False: none. *at moves behind.
 */
static bool next_place(struct str s, struct str old, size_t *at, size_t *ret)
{
	if (*at > s.len)
		return false;
	size_t found = find(s, old, *at);
	if (found == SIZE_MAX)
		return false;
	*ret = found;
	if (old.len)
		*at = found + old.len;
	else
		*at = found < s.len ? offset_of(s, found, 1) : s.len + 1;
	return true;
}

/* How often a text can be replaced, at most `limit` times. */
static size_t count_places(struct str s, struct str old, uint64_t limit)
{
	size_t n = 0;

	for (size_t at = 0, found; n < limit && next_place(s, old, &at, &found); n++)
		continue;
	return n;
}

static struct cel_value replace(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	struct str s = cel_text(args[0]), old = cel_text(args[1]), new = cel_text(args[2]);
	uint64_t limit = n_args == 4 && args[3].i >= 0 ? (uint64_t)args[3].i : UINT64_MAX;
	size_t added, length, at = 0, copied = 0, found;
	char *out;

	if (!cel_charge(ev, cel_units_of(s.len)))
		return cel_aborted();
	size_t n = count_places(s, old, limit);
	if (!n)
		return args[0];
	if (__builtin_mul_overflow(n, new.len, &added) || __builtin_add_overflow(s.len - n * old.len, added, &length))
		length = SIZE_MAX;
	if (!cel_charge(ev, cel_units_of(length)) || !(out = cel_alloc_text(ev, length)))
		return cel_aborted();
	char *p = out;
	for (size_t i = 0; i < n && next_place(s, old, &at, &found); i++) {
		memcpy(p, s.ptr + copied, found - copied);
		p += found - copied;
		memcpy(p, new.ptr, new.len);
		p += new.len;
		copied = found + old.len;
	}
	memcpy(p, s.ptr + copied, s.len - copied);
	return cel_string((struct str){out, length});
}

/* ---- lists of strings ----------------------------------------------------------------------------------------------
 */

/* Nothing as separator: code points. */
static struct cel_value split(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	struct str s = cel_text(args[0]), separator = cel_text(args[1]);
	uint64_t limit = n_args == 3 && args[2].i >= 0 ? (uint64_t)args[2].i : UINT64_MAX;
	struct cel_collect parts = {.ev = ev};
	size_t from = 0;

	if (!cel_charge(ev, cel_units_of(s.len)))
		return cel_aborted();
	if (limit == 0 || (!s.len && !separator.len))
		return cel_list(NULL, 0);
	while (parts.n + UINT64_C(1) < limit) {
		size_t to = separator.len ? find(s, separator, from) : offset_of(s, from, 1);
		if (to == SIZE_MAX || (!separator.len && to == s.len))
			break;
		if (!cel_charge(ev, 1) || !cel_collect_add(&parts, cel_string(str_slice(s, from, to))))
			return cel_aborted();
		from = to + separator.len;
	}
	if (!cel_collect_add(&parts, cel_string(str_slice(s, from, s.len))))
		return cel_aborted();
	return cel_collect_list(&parts);
}

static struct cel_value join(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	struct str separator = n_args == 2 ? cel_text(args[1]) : STR("");
	uint32_t n = args[0].n;
	size_t length = 0;
	char *out;

	if (!cel_charge(ev, n))
		return cel_aborted();
	for (uint32_t i = 0; i < n; i++) {
		struct cel_value v = cel_list_at(args[0], i);
		if (v.kind != CEL_STRING)
			return cel_fail(ev, CEL_NO_SUCH_OVERLOAD, "join");
		size_t part = v.n + (i ? separator.len : 0);
		if (__builtin_add_overflow(length, part, &length))
			length = SIZE_MAX;
	}
	if (!cel_charge(ev, cel_units_of(length)) || !(out = cel_alloc_text(ev, length)))
		return cel_aborted();
	char *p = out;
	for (uint32_t i = 0; i < n; i++) {
		struct str part = cel_text(cel_list_at(args[0], i));
		if (i) {
			memcpy(p, separator.ptr, separator.len);
			p += separator.len;
		}
		memcpy(p, part.ptr, part.len);
		p += part.len;
	}
	return cel_string((struct str){out, length});
}

/* ---- as a literal ------------------------------------------------------------------------------------------------ */

/* The letter behind the backslash; 0: the character stands for itself. */
static char escape_of(char c)
{
	static const char plain[] = "\a\b\f\n\r\t\v\\\"", letters[] = "abfnrtv\\\"";
	const char *p = c ? strchr(plain, c) : NULL;

	return p ? letters[p - plain] : '\0';
}

static struct cel_value quote(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct str s = cel_text(args[0]);
	size_t n_escapes = 0;

	if (!cel_charge(ev, cel_units_of(s.len)))
		return cel_aborted();
	for (size_t i = 0; i < s.len; i++)
		n_escapes += escape_of(s.ptr[i]) != '\0';
	size_t length = s.len + n_escapes + 2;
	char *out = cel_alloc_text(ev, length);
	if (!out)
		return cel_aborted();
	char *p = out;
	*p++ = '"';
	for (size_t i = 0; i < s.len; i++) {
		char escape = escape_of(s.ptr[i]);
		if (escape)
			*p++ = '\\';
		*p++ = escape ? escape : s.ptr[i];
	}
	*p = '"';
	return cel_string((struct str){out, length});
}

#define METHOD(function, overload_id, to, how, ...)                                                                    \
	{                                                                                                              \
		.name = STR_INIT(function), .id = STR_INIT(overload_id), .flags = CEL_PURE | CEL_RECEIVER,             \
		.params = {__VA_ARGS__}, .result = &to, .call = how,                                                   \
		.n_params = sizeof((const void *[]){__VA_ARGS__}) / sizeof(void *)                                     \
	}
#define S &cel_type_string
#define I &cel_type_int

static const struct cel_overload overloads[] = {
    METHOD("charAt", "string_char_at_int", cel_type_string, char_at, S, I),
    METHOD("substring", "string_substring_int", cel_type_string, substring, S, I),
    METHOD("substring", "string_substring_int_int", cel_type_string, substring, S, I, I),
    METHOD("trim", "string_trim", cel_type_string, trim, S),
    METHOD("indexOf", "string_index_of_string", cel_type_int, index_of, S, S),
    METHOD("indexOf", "string_index_of_string_int", cel_type_int, index_of, S, S, I),
    METHOD("lastIndexOf", "string_last_index_of_string", cel_type_int, last_index_of, S, S),
    METHOD("lastIndexOf", "string_last_index_of_string_int", cel_type_int, last_index_of, S, S, I),
    METHOD("lowerAscii", "string_lower_ascii", cel_type_string, lower_ascii, S),
    METHOD("upperAscii", "string_upper_ascii", cel_type_string, upper_ascii, S),
    METHOD("reverse", "string_reverse", cel_type_string, reverse, S),
    METHOD("replace", "string_replace_string_string", cel_type_string, replace, S, S, S),
    METHOD("replace", "string_replace_string_string_int", cel_type_string, replace, S, S, S, I),
    METHOD("split", "string_split_string", list_of_strings, split, S, S),
    METHOD("split", "string_split_string_int", list_of_strings, split, S, S, I),
    METHOD("join", "list_join", cel_type_string, join, &list_of_strings),
    METHOD("join", "list_join_string", cel_type_string, join, &list_of_strings, S),
    METHOD("format", "string_format", cel_type_string, cel_string_format, S, &cel_type_list_dyn),
    {.name = STR_INIT("strings.quote"),
     .id = STR_INIT("strings_quote"),
     .flags = CEL_PURE,
     .params = {S},
     .n_params = 1,
     .result = S,
     .call = quote},
};
const struct cel_overload_table cel_lib_strings = {overloads, N_ELEMENTS(overloads)};
