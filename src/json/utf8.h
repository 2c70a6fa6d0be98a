#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 validity (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF) and base64.
 */
#include "base/buf.h"

bool utf8_is_valid(struct str s);
/* Number of code points of a valid string. */
size_t utf8_length(struct str s);
/* RFC 4648 base64url without padding, appended to `out`. */
void base64url_encode(struct buf *out, struct str bytes);
/* Strict inverse (no padding, no foreign characters, no stray bits): false when malformed; what was appended then is
 * undefined. */
bool base64url_decode(struct buf *out, struct str text);
