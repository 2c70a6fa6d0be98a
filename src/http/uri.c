/* SPDX-License-Identifier: Apache-2.0
 *
 * Percent-encoding of request targets (RFC 3986 §2.1), headers and query parameters of an exchange.
 */
#include "base/utf8.h"
#include "http/http.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes `s` into `out` (room for s.len bytes); the length, or SIZE_MAX for a malformed escape. */
static size_t decode_escapes(struct str s, bool plus_is_space, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '%') {
			int high = i + 2 < s.len ? hex_digit(s.ptr[i + 1]) : -1;
			int low = i + 2 < s.len ? hex_digit(s.ptr[i + 2]) : -1;

			if (high < 0 || low < 0)
				return SIZE_MAX;
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		out[n++] = c;
	}
	return n;
}

static bool decode(struct arena *a, struct str s, bool plus_is_space, struct str *ret)
{
	char *out = arena_alloc(a, s.len + 1);
	size_t n = decode_escapes(s, plus_is_space, out);

	if (n == SIZE_MAX || str_find((struct str){out, n}, '\0', 0) != SIZE_MAX ||
	    !utf8_is_valid((struct str){out, n}))
		return false;
	out[n] = '\0';
	*ret = (struct str){out, n};
	return true;
}

bool http_percent_decode(struct arena *a, struct str s, struct str *ret)
{
	return decode(a, s, false, ret);
}

/* The next pair of `*rest` with this name: false at the end, or, with `*ret_malformed`, at what cannot be decoded. */
static bool next_value(struct http_exchange *x, struct str *rest, struct str name, struct str *ret_value,
                       bool *ret_malformed)
{
	struct str pair;

	*ret_malformed = false;
	while (str_split(rest, '&', &pair)) {
		size_t eq = str_find(pair, '=', 0);
		struct str key;

		*ret_malformed = !decode(&x->arena, str_slice(pair, 0, eq), true, &key);
		if (*ret_malformed)
			return false;
		if (!str_eq(key, name))
			continue;
		*ret_malformed =
		    !decode(&x->arena, eq == SIZE_MAX ? STR("") : str_slice(pair, eq + 1, pair.len), true, ret_value);
		return !*ret_malformed;
	}
	return false;
}

bool http_query_get(struct http_exchange *x, struct str name, struct str *ret_value)
{
	struct str rest = x->query;
	bool is_malformed;

	if (next_value(x, &rest, name, ret_value, &is_malformed))
		return true;
	if (!is_malformed)
		*ret_value = STR_NONE;
	return !is_malformed;
}

static bool all_values(struct http_exchange *x, struct str rest, struct str name, struct str_list *ret_values)
{
	struct str value, *items = NULL;
	size_t n = 0, cap = 0;
	bool is_malformed;

	while (next_value(x, &rest, name, &value, &is_malformed)) {
		ARENA_ROOM(&x->arena, items, n, &cap);
		items[n++] = value;
	}
	if (!is_malformed)
		*ret_values = (struct str_list){items, n};
	return !is_malformed;
}

bool http_query_all(struct http_exchange *x, struct str name, struct str_list *ret_values)
{
	return all_values(x, x->query, name, ret_values);
}

bool http_form_all(struct http_exchange *x, struct str name, struct str_list *ret_values)
{
	return all_values(x, x->body, name, ret_values);
}
