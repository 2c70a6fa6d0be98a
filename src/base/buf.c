/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>

void buf_release(struct buf *b)
{
	free(b->ptr);
	*b = BUF_INIT(b->max_bytes);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->overflowed = false;
}

char *buf_reserve(struct buf *b, size_t n)
{
	if (b->overflowed || n > b->max_bytes || b->len > b->max_bytes - n) {
		b->overflowed = true;
		return NULL;
	}
	if (b->cap - b->len < n) {
		size_t cap = b->cap < 256 ? 256 : b->cap * 2;

		if (cap < b->len + n)
			cap = b->len + n;
		if (cap > b->max_bytes)
			cap = b->max_bytes;
		b->ptr = mem_realloc_array(b->ptr, cap, 1);
		b->cap = cap;
	}
	return b->ptr ? b->ptr + b->len : b->ptr; /* nothing reserved of nothing */
}

void buf_add(struct buf *b, struct str s)
{
	char *p = buf_reserve(b, s.len);

	if (!p || !s.len)
		return;
	memcpy(p, s.ptr, s.len);
	b->len += s.len;
}

void buf_add_char(struct buf *b, char c)
{
	if (LIKELY(b->len < b->cap && !b->overflowed))
		b->ptr[b->len++] = c;
	else
		buf_add(b, (struct str){&c, 1});
}

void buf_add_u64(struct buf *b, uint64_t v)
{
	char text[20];
	size_t at = sizeof(text);

	do {
		text[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	buf_add(b, (struct str){text + at, sizeof(text) - at});
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	char small[256];
	int n;

	va_start(args, fmt);
	n = vsnprintf(small, sizeof(small), fmt, args);
	va_end(args);
	assert(n >= 0);
	if ((size_t)n < sizeof(small)) {
		buf_add(b, (struct str){small, (size_t)n});
		return;
	}
	/* One byte more than needed: vsnprintf writes a NUL. */
	char *p = buf_reserve(b, (size_t)n + 1);
	if (!p)
		return;
	va_start(args, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, args);
	va_end(args);
	b->len += (size_t)n;
}
