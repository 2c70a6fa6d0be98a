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
