#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Ids as ConductorOne makes them: 27 letters and digits.
 */
#include "base/arena.h"
#include "base/random.h"

#define CONDUCTORONE_ID_CHARS 27u

/* A new one in `a`. */
static inline struct str conductorone_new_id(struct arena *a)
{
	char *text = arena_alloc(a, CONDUCTORONE_ID_CHARS + 1);

	random_alnum(text, CONDUCTORONE_ID_CHARS);
	return (struct str){text, CONDUCTORONE_ID_CHARS};
}

/* Of that form? */
static inline bool conductorone_is_id(struct str s)
{
	return s.len == CONDUCTORONE_ID_CHARS && str_is_alnum(s);
}
