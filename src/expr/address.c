/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "expr/address.h"

#define V4_BYTES ((size_t)4)
#define V6_WORDS ((size_t)8)

static const unsigned char v4_in_v6[12] = {[10] = 0xff, [11] = 0xff};

/* Decimal without leading zeros, at most `max`, at text[*at]. */
static bool take_decimal(struct str text, size_t *at, unsigned max, unsigned *ret)
{
	size_t start = *at;
	unsigned v = 0;

	while (*at < text.len && text.ptr[*at] >= '0' && text.ptr[*at] <= '9') {
		v = v * 10 + (unsigned)(text.ptr[*at] - '0');
		if (v > max)
			return false;
		(*at)++;
	}
	*ret = v;
	return *at > start && (*at == start + 1 || text.ptr[start] != '0');
}

static bool parse_v4(struct str text, unsigned char *ret)
{
	size_t at = 0;
	unsigned v;

	for (size_t i = 0; i < V4_BYTES; i++) {
		if (i && (at == text.len || text.ptr[at++] != '.'))
			return false;
		if (!take_decimal(text, &at, 255, &v))
			return false;
		ret[i] = (unsigned char)v;
	}
	return at == text.len;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	char lower = (char)(c | 32);
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* One to four hexadecimal digits at text[*at]. */
static bool take_word(struct str text, size_t *at, unsigned *ret)
{
	size_t start = *at;
	unsigned v = 0;

	while (*at < text.len && *at - start < 4 && hex_value(text.ptr[*at]) >= 0)
		v = v << 4 | (unsigned)hex_value(text.ptr[(*at)++]);
	*ret = v;
	return *at > start;
}

/* Eight words, or fewer with one "::" for those that are left out. */
static bool parse_v6(struct str text, unsigned char *ret)
{
	unsigned words[V6_WORDS] = {0};
	size_t n = 0, gap = V6_WORDS + 1, at = 0;

	while (at < text.len) {
		if (str_starts_with(str_slice(text, at, text.len), STR("::"))) {
			if (gap <= V6_WORDS)
				return false;
			gap = n;
			at += 2;
			if (at == text.len)
				break;
		} else if (n && text.ptr[at++] != ':') {
			return false;
		}
		if (n == V6_WORDS || !take_word(text, &at, &words[n]))
			return false;
		n++;
	}
	if (gap <= V6_WORDS ? n == V6_WORDS : n != V6_WORDS)
		return false;
	size_t left_out = V6_WORDS - n;
	memset(ret, 0, 2 * V6_WORDS);
	for (size_t i = 0; i < n; i++) {
		size_t to = i < gap ? i : i + left_out;
		ret[2 * to] = (unsigned char)(words[i] >> 8);
		ret[2 * to + 1] = (unsigned char)words[i];
	}
	return true;
}

static bool malformed(const char **ret_why, const char *why)
{
	if (ret_why)
		*ret_why = why;
	return false;
}

bool cel_ip_parse(struct str text, struct cel_ip *ret, const char **ret_why)
{
	struct cel_ip ip = {0};

	if (str_find(text, '%', 0) != SIZE_MAX)
		return malformed(ret_why, "with zone value is not allowed");
	if (str_find(text, ':', 0) == SIZE_MAX) {
		if (!parse_v4(text, ip.bytes))
			return malformed(ret_why, "parse error during conversion from string");
		*ret = ip;
		return true;
	}
	if (str_find(text, '.', 0) != SIZE_MAX)
		return malformed(ret_why, "is an IPv4 address written in IPv6, which is not allowed");
	if (!parse_v6(text, ip.bytes))
		return malformed(ret_why, "parse error during conversion from string");
	ip.is_v6 = memcmp(ip.bytes, v4_in_v6, sizeof(v4_in_v6)) != 0;
	if (!ip.is_v6) {
		memmove(ip.bytes, ip.bytes + sizeof(v4_in_v6), V4_BYTES);
		memset(ip.bytes + V4_BYTES, 0, sizeof(ip.bytes) - V4_BYTES);
	}
	*ret = ip;
	return true;
}

bool cel_cidr_parse(struct str text, struct cel_ip *ret, const char **ret_why)
{
	size_t slash = str_find(text, '/', 0), at = slash + 1;
	struct str address = str_slice(text, 0, slash);
	struct cel_ip cidr;
	unsigned bits;

	if (slash == SIZE_MAX)
		return malformed(ret_why, "parse error during conversion from string");
	if (!cel_ip_parse(address, &cidr, ret_why))
		return false;
	/* A prefix of 96 and more bits of IPv6 would have to be told anew. */
	if (!cidr.is_v6 && str_find(address, ':', 0) != SIZE_MAX)
		return malformed(ret_why, "is an IPv4 address written in IPv6, which is not allowed");
	if (!take_decimal(text, &at, cidr.is_v6 ? 128 : 32, &bits) || at != text.len)
		return malformed(ret_why, "network address parse error during conversion from string");
	cidr.prefix = (uint8_t)bits;
	*ret = cidr;
	return true;
}

/* The longest run of two or more words that are zero, the first of equals; its length. */
static size_t longest_zeros(const unsigned char *bytes, size_t *ret_start)
{
	size_t longest = 1;

	for (size_t i = 0; i < V6_WORDS; i++) {
		size_t n = 0;
		while (i + n < V6_WORDS && !bytes[2 * (i + n)] && !bytes[2 * (i + n) + 1])
			n++;
		if (n > longest) {
			longest = n;
			*ret_start = i;
		}
	}
	return longest > 1 ? longest : 0;
}

void cel_ip_print(struct buf *out, const struct cel_ip *ip)
{
	const unsigned char *b = ip->bytes;
	size_t start = 0, n_zeros = ip->is_v6 ? longest_zeros(b, &start) : 0;

	if (!ip->is_v6) {
		buf_addf(out, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
		return;
	}
	for (size_t i = 0; i < V6_WORDS; i++) {
		if (n_zeros && i == start) {
			buf_add(out, STR("::"));
			i += n_zeros - 1;
			continue;
		}
		bool is_first = i == 0 || (n_zeros && i == start + n_zeros);
		buf_addf(out, "%s%x", is_first ? "" : ":", (unsigned)(b[2 * i] << 8 | b[2 * i + 1]));
	}
}

void cel_cidr_print(struct buf *out, const struct cel_ip *cidr)
{
	cel_ip_print(out, cidr);
	buf_addf(out, "/%u", cidr->prefix);
}
