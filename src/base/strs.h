#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * struct strs: strings under construction, in an arena. The strings themselves are borrowed.
 *   struct strs l = {.arena = a}; strs_add(&l, s); … strs_list(&l)
 */
#include "base/arena.h"

struct strs {
	struct arena *arena; /* set by whoever begins */
	struct str *items;
	size_t n, cap;
};

static inline void strs_add(struct strs *l, struct str s)
{
	ARENA_ROOM(l->arena, l->items, l->n, &l->cap);
	l->items[l->n++] = s;
}
/* Valid until the next strs_add(). */
static inline struct str_list strs_list(const struct strs *l)
{
	return (struct str_list){l->items, l->n};
}
