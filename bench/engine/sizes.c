/* SPDX-License-Identifier: Apache-2.0 */
#include "sizes.h"

#include "base/str.h"

bool sizes_parse(struct sizes *s, const char *text)
{
	struct str rest = str_of(text), part;
	uint64_t size;

	s->n = 0;
	while (str_split(&rest, ',', &part)) {
		if (s->n == MAX_SIZES || !str_to_u64(part, &size) || size < 100 || size > 20000000)
			return false;
		s->items[s->n++] = (size_t)size;
	}
	return s->n > 0;
}
