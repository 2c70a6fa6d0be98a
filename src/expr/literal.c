/* SPDX-License-Identifier: Apache-2.0
 *
 * The values of number and string tokens.
 */
#include "expr/lex.h"

#include <errno.h>
#include <math.h>

#include "base/utf8.h"

#define MAX_FLOAT_CHARS 400u /* digits beyond these say nothing that a double could hold */

static unsigned hex_value(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* The digits of an integer token, without the u. */
static bool read_digits(struct str digits, uint64_t *ret)
{
	unsigned base = 10;
	uint64_t v = 0;

	if (digits.len > 2 && digits.ptr[1] == 'x') {
		base = 16;
		digits = str_slice(digits, 2, digits.len);
	}
	for (size_t i = 0; i < digits.len; i++)
		if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, hex_value(digits.ptr[i]), &v))
			return false;
	*ret = v;
	return true;
}

static bool read_int(struct str digits, bool is_negative, struct cel_value *ret)
{
	uint64_t v;

	if (!read_digits(digits, &v) || v > (uint64_t)INT64_MAX + is_negative)
		return false;
	*ret = cel_int(is_negative ? (int64_t)(0 - v) : (int64_t)v);
	return true;
}

static bool read_uint(struct str digits, struct cel_value *ret)
{
	uint64_t v;

	if (!read_digits(str_slice(digits, 0, digits.len - 1), &v))
		return false;
	*ret = cel_uint(v);
	return true;
}

static bool read_float(struct str text, bool is_negative, struct cel_value *ret)
{
	char copy[MAX_FLOAT_CHARS + 1];
	double d;

	if (text.len > MAX_FLOAT_CHARS)
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	/* The grammar leaves only what strtod() reads alike, and the program never calls setlocale(). */
	d = strtod(copy, NULL);
	if (!isfinite(d))
		return false;
	*ret = cel_double(is_negative ? -d : d);
	return true;
}

/* ---- texts ------------------------------------------------------------------------------------------------ */

static bool put_code_point(struct buf *out, uint32_t c, bool is_octet)
{
	char *p;

	if (is_octet) {
		buf_add_char(out, (char)c);
		return true;
	}
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return false;
	p = buf_reserve(out, UTF8_MAX_BYTES);
	out->len += utf8_put(p, c);
	return true;
}

static uint32_t read_number(const char *p, unsigned n, unsigned base)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v = v * base + hex_value(p[i]);
	return v;
}

/* One escape, which the lexer found well formed; the bytes it has, or 0: no text of this kind may have it. */
static size_t unescape(const char *p, bool is_bytes, struct buf *out)
{
	static const char names[] = "abfnrtv\\?\"'`", values[] = "\a\b\f\n\r\t\v\\?\"'`";
	const char *name = strchr(names, p[1]);
	unsigned n;

	if (name) {
		buf_add_char(out, values[name - names]);
		return 2;
	}
	if (p[1] >= '0' && p[1] <= '3')
		return put_code_point(out, read_number(p + 1, 3, 8), is_bytes) ? 4 : 0;
	if (p[1] == 'x' || p[1] == 'X')
		return put_code_point(out, read_number(p + 2, 2, 16), is_bytes) ? 4 : 0;
	n = p[1] == 'u' ? 4 : 8;
	if (is_bytes || !put_code_point(out, read_number(p + 2, n, 16), false))
		return 0;
	return 2 + n;
}

static bool decode(struct str body, const struct cel_token *t, struct buf *out)
{
	for (size_t i = 0; i < body.len;) {
		char c = body.ptr[i];

		if (c == '\\' && !(t->flags & CEL_TOKEN_RAW)) {
			size_t n = unescape(body.ptr + i, t->kind == CEL_TOKEN_BYTES, out);
			if (n == 0)
				return false;
			i += n;
		} else if (c == '\r') {
			buf_add_char(out, '\n');
			i += i + 1 < body.len && body.ptr[i + 1] == '\n' ? 2 : 1;
		} else {
			buf_add_char(out, c);
			i++;
		}
	}
	return true;
}

static bool read_text(struct str source, const struct cel_token *t, struct arena *a, struct cel_value *ret)
{
	uint32_t n_quotes = t->flags & CEL_TOKEN_TRIPLE ? 3 : 1;
	struct str body = str_slice(source, t->at + t->prefix + n_quotes, t->at + t->len - n_quotes);

	if (t->flags & CEL_TOKEN_ESCAPES) {
		/* No escape is shorter than what it stands for. */
		struct buf out = {.ptr = arena_alloc(a, body.len + UTF8_MAX_BYTES),
		                  .cap = body.len + UTF8_MAX_BYTES,
		                  .max_bytes = body.len + UTF8_MAX_BYTES};
		if (!decode(body, t, &out))
			return false;
		assert(!out.overflowed);
		body = buf_str(&out);
	}
	*ret = t->kind == CEL_TOKEN_BYTES ? cel_bytes(body) : cel_string(body);
	return true;
}

bool cel_token_value(struct str source, const struct cel_token *t, bool is_negative, struct arena *a,
                     struct cel_value *ret)
{
	struct str text = {source.ptr + t->at, t->len};

	switch (t->kind) {
	case CEL_TOKEN_INT:
		return read_int(text, is_negative, ret);
	case CEL_TOKEN_UINT:
		return read_uint(text, ret);
	case CEL_TOKEN_FLOAT:
		return read_float(text, is_negative, ret);
	case CEL_TOKEN_STRING:
	case CEL_TOKEN_BYTES:
		return read_text(source, t, a, ret);
	case CEL_TOKEN_TRUE:
		*ret = cel_bool(true);
		return true;
	case CEL_TOKEN_FALSE:
		*ret = cel_bool(false);
		return true;
	default:
		*ret = cel_null();
		return true;
	}
}

const char *cel_token_error(const struct cel_token *t)
{
	switch (t->kind) {
	case CEL_TOKEN_INT:
		return "invalid int literal";
	case CEL_TOKEN_UINT:
		return "invalid uint literal";
	case CEL_TOKEN_FLOAT:
		return "invalid double literal";
	default:
		return "unable to unescape string";
	}
}
