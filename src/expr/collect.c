/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "expr/collect.h"

bool cel_collect_add(struct cel_collect *c, struct cel_value v)
{
	if (c->n == c->cap) {
		/* The old elements stay in the arena, which is freed as a whole. */
		uint32_t cap = c->cap ? c->cap * 2 : 8;
		struct cel_value *items = cap > c->cap ? cel_alloc(c->ev, cap * sizeof(*items)) : NULL;
		if (!items)
			return false;
		if (c->n)
			memcpy(items, c->items, c->n * sizeof(*items));
		c->items = items;
		c->cap = cap;
	}
	c->items[c->n++] = v;
	return true;
}

char *cel_alloc_text(struct cel_eval *ev, size_t size)
{
	/* No evaluation may have as much, so that this aborts it. */
	return cel_alloc(ev, size > UINT32_MAX ? SIZE_MAX : size);
}

struct cel_value cel_text_of_buf(struct cel_eval *ev, const struct buf *text)
{
	if (text->overflowed)
		return cel_alloc_text(ev, SIZE_MAX) ? cel_fail(ev, CEL_RANGE, "string") : cel_aborted();
	return cel_make_string(ev, buf_str(text));
}
