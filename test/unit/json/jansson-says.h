#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A second opinion on JSON text, from a reader that shares no code with ours (jansson). Header and source keep its
 * names apart: both have a json_equal() and an enum json_type.
 */
#include "base/str.h"

/* True when jansson accepts the whole text; duplicate names are refused, any value may stand alone, NUL is a character.
 */
bool jansson_accepts(struct str text);
