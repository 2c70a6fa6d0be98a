#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Simple case folding of Unicode (CaseFolding.txt, status C and S): one character becomes one, the same everywhere, for
 * there is no locale. So "Straße" and "STRASSE" stay different, and so do dotted and dotless i. Texts are valid UTF-8;
 * of others only this is said: nothing outside of them is read.
 */
#include "base/arena.h"

uint32_t fold_char(uint32_t c);
/* Are they equal once folded? */
bool fold_eq(struct str a, struct str b);
/* The folded text, in `a`. */
struct str fold_str(struct arena *a, struct str s);
