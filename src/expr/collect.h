#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Results whose size functions do not know before: lists that grow in the evaluation's memory, and texts that were
 * printed to a buffer.
 *
 * Only files of this layer include it.
 */
#include "expr/eval.h"

/* A list in the making; starts as {.ev = ev}. */
struct cel_collect {
	struct cel_eval *ev;
	struct cel_value *items;
	uint32_t n, cap;
};
/* One more element; false: aborted. */
bool cel_collect_add(struct cel_collect *c, struct cel_value v) MUST_USE;
static inline struct cel_value cel_collect_list(const struct cel_collect *c)
{
	return cel_list(c->items, c->n);
}

/* A buffer for a text that is to become a string; release it with buf_release(). */
static inline struct buf cel_text_buf(void)
{
	return BUF_INIT(CEL_DEFAULT_MEMORY);
}
/* The string in it; cel_aborted() when it was too small. */
struct cel_value cel_text_of_buf(struct cel_eval *ev, const struct buf *text);
/* Room for a string of the size, which may be any; NULL: aborted. */
char *cel_alloc_text(struct cel_eval *ev, size_t size) MUST_USE;
