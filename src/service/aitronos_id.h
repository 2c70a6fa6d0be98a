#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Ids as Aitronos makes them: "dept_" and 12 letters and digits.
 */
#include "base/arena.h"
#include "base/random.h"

#define AITRONOS_ID_CHARS 12u

/* A new one in `a`. */
static inline struct str aitronos_new_id(struct arena *a, struct str prefix)
{
	char random[AITRONOS_ID_CHARS + 1];

	random_alnum(random, AITRONOS_ID_CHARS);
	return arena_concat(a, prefix, (struct str){random, AITRONOS_ID_CHARS});
}
