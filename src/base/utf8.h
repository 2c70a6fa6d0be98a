#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 validity (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
 */
#include "base/str.h"

bool utf8_is_valid(struct str s);
/* Number of code points of a valid string. */
size_t utf8_length(struct str s);

#define UTF8_MAX_BYTES 4u /* of one code point */

/* The code point at s[*at], which is moved behind it. Of text that is not valid: any number, but never a byte outside.
 */
uint32_t utf8_next(struct str s, size_t *at);
/* Writes a code point (at most U+10FFFF) and returns how many bytes it took. */
size_t utf8_put(char *out, uint32_t c);
