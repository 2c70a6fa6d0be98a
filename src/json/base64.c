/* SPDX-License-Identifier: Apache-2.0 */
#include "json/base64.h"

static const char base64url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_encode(struct buf *out, struct str bytes)
{
	uint32_t acc = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		acc = (acc << 8) | (unsigned char)bytes.ptr[i];
		for (bits += 8; bits >= 6; bits -= 6)
			buf_add_char(out, base64url_digits[(acc >> (bits - 6)) & 63]);
	}
	if (bits)
		buf_add_char(out, base64url_digits[(acc << (6 - bits)) & 63]);
}

bool base64url_decode(struct buf *out, struct str text)
{
	uint32_t acc = 0;
	unsigned bits = 0;

	if (text.len % 4 == 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const char *p = text.ptr[i] ? strchr(base64url_digits, text.ptr[i]) : NULL;
		if (!p)
			return false;
		acc = (acc << 6) | (uint32_t)(p - base64url_digits);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_add_char(out, (char)((acc >> bits) & 255));
		}
	}
	return (acc & ((1u << bits) - 1)) == 0;
}
