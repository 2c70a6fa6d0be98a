/* SPDX-License-Identifier: Apache-2.0
 *
 * base64.encode() and base64.decode(): RFC 4648, section 4. Decoding takes text with and without padding, and ignores
 * line ends, as mail has them.
 */
#include <string.h>

#include "expr/collect.h"
#include "expr/lib.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static struct cel_value encode(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct str in = cel_text(args[0]);
	size_t length = (in.len + 2) / 3 * 4;
	char *out;

	if (!cel_charge(ev, cel_units_of(in.len)) || !(out = cel_alloc_text(ev, length)))
		return cel_aborted();
	char *p = out;
	for (size_t i = 0; i < in.len; i += 3) {
		size_t n = in.len - i < 3 ? in.len - i : 3;
		unsigned char b[3] = {0};
		memcpy(b, in.ptr + i, n);
		*p++ = digits[b[0] >> 2];
		*p++ = digits[(b[0] & 3) << 4 | b[1] >> 4];
		*p++ = n > 1 ? digits[(b[1] & 15) << 2 | b[2] >> 6] : '=';
		*p++ = n > 2 ? digits[b[2] & 63] : '=';
	}
	return cel_string((struct str){out, length});
}

/* -1: not a digit. */
static int value_of(char c)
{
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

/* False: malformed. `out` has room for three bytes of every four digits, begun ones too. */
static bool decode_to(char *out, struct str in, size_t *ret_length)
{
	size_t n_digits = 0, n_padding = 0, length = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < in.len; i++) {
		char c = in.ptr[i];
		if (c == '\r' || c == '\n')
			continue;
		if (c == '=') {
			n_padding++;
			continue;
		}
		int v = value_of(c);
		if (v < 0 || n_padding)
			return false;
		bits = bits << 6 | (uint32_t)v;
		switch (n_digits++ % 4) {
		case 1:
			out[length++] = (char)(bits >> 4);
			break;
		case 2:
			out[length++] = (char)(bits >> 2);
			break;
		case 3:
			out[length++] = (char)bits;
			break;
		default:
			break;
		}
	}
	*ret_length = length;
	return n_digits % 4 != 1 && (n_padding == 0 || (n_padding < 3 && (n_digits + n_padding) % 4 == 0));
}

static struct cel_value decode(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct str in = cel_text(args[0]);
	size_t length;
	char *out;

	if (!cel_charge(ev, cel_units_of(in.len)) || !(out = cel_alloc_text(ev, in.len / 4 * 3 + 3)))
		return cel_aborted();
	if (!decode_to(out, in, &length))
		return cel_fail(ev, CEL_BAD_ARGUMENT, "illegal base64 data");
	return cel_bytes((struct str){out, length});
}

static const struct cel_overload overloads[] = {
    {.name = STR_INIT("base64.encode"),
     .id = STR_INIT("base64_encode_bytes"),
     .flags = CEL_PURE,
     .params = {&cel_type_bytes},
     .n_params = 1,
     .result = &cel_type_string,
     .call = encode},
    {.name = STR_INIT("base64.decode"),
     .id = STR_INIT("base64_decode_string"),
     .flags = CEL_PURE,
     .params = {&cel_type_string},
     .n_params = 1,
     .result = &cel_type_bytes,
     .call = decode},
};
const struct cel_overload_table cel_lib_encoders = {overloads, N_ELEMENTS(overloads)};
