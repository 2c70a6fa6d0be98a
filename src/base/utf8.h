#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 validity (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
 */
#include "base/str.h"

bool utf8_is_valid(struct str s);
/* Number of code points of a valid string. */
size_t utf8_length(struct str s);
