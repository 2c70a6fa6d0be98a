#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * base64url without padding (RFC 4648, section 5).
 */
#include "base/buf.h"

/* RFC 4648 base64url without padding, appended to `out`. */
void base64url_encode(struct buf *out, struct str bytes);
/* Strict inverse (no padding, no foreign characters, no stray bits): false when malformed; what was appended then is
 * undefined. */
bool base64url_decode(struct buf *out, struct str text);
