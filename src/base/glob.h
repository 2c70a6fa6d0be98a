#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Globs: '*' is any run of characters, '?' exactly one (a UTF-8 code point, however many bytes), everything else
 * itself. There is no escape and no class. The whole text must match. Texts and patterns are valid UTF-8.
 *
 * Time: linear in the text and the pattern, but for parts between two stars that hold a '?': there one word operation
 * for each byte of the text and 64 bytes of the part. So no pattern is worse than some microseconds on such texts as
 * tags are.
 */
#include "base/arena.h"

#define GLOB_MAX_PART_BYTES                                                                                            \
	1024u /* between two stars, when a '?' is in it; a pattern with a longer one matches nothing */

bool glob_match(struct str pattern, struct str text);
/* After simple case folding of both (fold.h); scratch in `a`. */
bool glob_match_nocase(struct str pattern, struct str text, struct arena *a);
