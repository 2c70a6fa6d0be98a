#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside maps and comparisons: what the evaluator needs beside value.h.
 *
 * Only files of this layer include it.
 */
#include "expr/value.h"

/* Maps up to this many entries are searched; larger ones have an index. */
#define CEL_MAP_SEARCHED 8u

/*
 * The place of the entry with this key. False when there is none; then, with an index, `ret_place` is the free place
 * of the index where it belongs and `ret_steps` how many others were looked at.
 */
bool cel_map_find(const struct cel_map *map, uint32_t n, struct cel_value key, uint32_t *ret_place,
                  uint32_t *ret_steps);

/* Are n bytes the same? Most texts that are compared are short, for which a call of memcmp() costs more than the rest.
 */
static inline bool cel_same_bytes(const char *a, const char *b, size_t n)
{
	uint64_t x, y;
	uint32_t v, w;

	if (n > 32)
		return memcmp(a, b, n) == 0;
	if (n >= 8) {
		for (size_t i = 0; i + 8 < n; i += 8) {
			memcpy(&x, a + i, 8);
			memcpy(&y, b + i, 8);
			if (x != y)
				return false;
		}
		/* The last eight may overlap those before. */
		memcpy(&x, a + n - 8, 8);
		memcpy(&y, b + n - 8, 8);
		return x == y;
	}
	if (n >= 4) {
		memcpy(&v, a, 4);
		memcpy(&w, b, 4);
		if (v != w)
			return false;
		memcpy(&v, a + n - 4, 4);
		memcpy(&w, b + n - 4, 4);
		return v == w;
	}
	return n == 0 || (a[0] == b[0] && a[n - 1] == b[n - 1] && a[n / 2] == b[n / 2]);
}

/* cel_json() where every nanosecond counts: strings first. */
static inline struct cel_value cel_json_value(const struct json *j)
{
	if (LIKELY(j->type == JSON_STRING && j->s.len <= UINT32_MAX))
		return (struct cel_value){.kind = CEL_STRING, .n = (uint32_t)j->s.len, .text = j->s.ptr};
	if (j->type == JSON_OBJECT)
		return (struct cel_value){.kind = CEL_MAP, .is_json = 1, .n = j->n, .members = j->members};
	return cel_json(j);
}

enum cel_equality { CEL_DIFFERENT, CEL_EQUAL, CEL_TOO_DEEP, CEL_TOO_LONG };
/*
 * cel_equal(), looking at no more than `*left` elements, of which those looked at are taken: values made by an
 * expression can share parts, so that a small one has exponentially many.
 */
enum cel_equality cel_equal_within(struct cel_value a, struct cel_value b, uint64_t *left);
/* Of two values that are not lists, maps or optionals with values. */
bool cel_equal_scalars(struct cel_value a, struct cel_value b);
