#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions of the standard library that the compiler knows, because it has faster operations for constant arguments.
 *
 * Only files of this layer include it.
 */
#include "expr/eval.h"

extern cel_function cel_std_contains, cel_std_starts_with, cel_std_ends_with, cel_std_matches, cel_std_dyn;
/* Does `text` hold `part`? */
bool cel_text_contains(struct str text, struct str part);
