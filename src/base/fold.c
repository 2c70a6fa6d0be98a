/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fold.h"

#include "base/utf8.h"

struct run {
	uint32_t first, last, step;
	int32_t distance;
};

static const struct run runs[] = {
#include "base/fold_table.inc"
};

static uint32_t fold_far(uint32_t c)
{
	size_t low = 0, high = N_ELEMENTS(runs);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (runs[middle].last < c)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == N_ELEMENTS(runs) || c < runs[low].first || (c - runs[low].first) % runs[low].step != 0)
		return c;
	return (uint32_t)((int64_t)c + runs[low].distance);
}

static inline uint32_t fold_near(uint32_t ascii)
{
	return ascii >= 'A' && ascii <= 'Z' ? ascii + ('a' - 'A') : ascii;
}

uint32_t fold_char(uint32_t c)
{
	return c < 0x80 ? fold_near(c) : fold_far(c);
}

bool fold_eq(struct str a, struct str b)
{
	size_t i = 0, k = 0;

	while (i < a.len && k < b.len) {
		if (fold_char(utf8_next(a, &i)) != fold_char(utf8_next(b, &k)))
			return false;
	}
	return i == a.len && k == b.len;
}

struct str fold_str(struct arena *a, struct str s)
{
	/* Two bytes may become three (U+023A), three never four; a byte that is not UTF-8 becomes two. */
	char *out = arena_calloc(a, s.len + UTF8_MAX_BYTES, 2);
	size_t n = 0;

	for (size_t at = 0; at < s.len;) {
		if ((unsigned char)s.ptr[at] < 0x80)
			out[n++] = (char)fold_near((unsigned char)s.ptr[at++]);
		else
			n += utf8_put(out + n, fold_far(utf8_next(s, &at)));
	}
	return (struct str){out, n};
}
