/* SPDX-License-Identifier: Apache-2.0
 *
 * Percent-encoding of request targets (RFC 3986 §2.1), headers and query parameters of an exchange.
 */
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

/* Length of the well-formed UTF-8 sequence at `p` (RFC 3629 §4: no overlong forms, no surrogates), or 0. */
static size_t utf8_sequence(const unsigned char *p, size_t len)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (len < n)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static bool is_utf8_without_nul(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;

	for (size_t i = 0; i < s.len;) {
		size_t n = p[i] == 0 ? 0 : utf8_sequence(p + i, s.len - i);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
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

	if (n == SIZE_MAX || !is_utf8_without_nul((struct str){out, n}))
		return false;
	out[n] = '\0';
	*ret = (struct str){out, n};
	return true;
}

bool http_percent_decode(struct arena *a, struct str s, struct str *ret)
{
	return decode(a, s, false, ret);
}

bool http_query_get(struct http_exchange *x, struct str name, struct str *ret_value)
{
	struct str rest = x->query, pair;

	while (str_split(&rest, '&', &pair)) {
		size_t eq = str_find(pair, '=', 0);
		struct str key, value;

		if (!decode(&x->arena, str_slice(pair, 0, eq), true, &key))
			return false;
		if (!str_eq(key, name))
			continue;
		if (!decode(&x->arena, eq == SIZE_MAX ? STR("") : str_slice(pair, eq + 1, pair.len), true, &value))
			return false;
		*ret_value = value;
		return true;
	}
	*ret_value = STR_NONE;
	return true;
}
