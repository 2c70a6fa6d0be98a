/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

/* Length that a leading byte announces; 0: it leads nothing. */
static size_t announced(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Overlong, a surrogate, or beyond U+10FFFF: the second byte tells, after some leading bytes. */
static bool is_second(unsigned char lead, unsigned char c)
{
	switch (lead) {
	case 0xe0:
		return c >= 0xa0;
	case 0xed:
		return c <= 0x9f;
	case 0xf0:
		return c >= 0x90;
	case 0xf4:
		return c <= 0x8f;
	default:
		return true;
	}
}

/* Length of the valid sequence at s[at], or 0 (RFC 3629, section 4). */
static size_t sequence_at(struct str s, size_t at)
{
	const unsigned char *p = (const unsigned char *)s.ptr + at;
	size_t n = announced(p[0]);

	if (n > s.len - at)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n > 1 && !is_second(p[0], p[1]) ? 0 : n;
}

bool utf8_is_valid(struct str s)
{
	for (size_t at = 0; at < s.len;) {
		size_t n = sequence_at(s, at);
		if (n == 0)
			return false;
		at += n;
	}
	return true;
}

size_t utf8_length(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
	return n;
}

uint32_t utf8_next(struct str s, size_t *at)
{
	const unsigned char *p = (const unsigned char *)s.ptr + *at;
	size_t n = announced(p[0]);
	uint32_t c;

	if (n <= 1 || n > s.len - *at) {
		(*at)++;
		return p[0];
	}
	c = p[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3fu);
	*at += n;
	return c;
}

size_t utf8_put(char *out, uint32_t c)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (n == 1) {
		out[0] = (char)c;
		return 1;
	}
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)((0xf00u >> n & 0xffu) | c);
	return n;
}
