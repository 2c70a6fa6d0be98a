#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * UUIDs (RFC 9562) as text: 36 characters, lower case, with hyphens.
 */
#include "base/arena.h"

#define UUID_CHARS 36u

/* A new random one (version 4) in `a`. */
struct str uuid_new(struct arena *a);
/* 8-4-4-4-12 hexadecimal digits of either case, whatever version it says. */
bool uuid_is(struct str s);
/*
 * The same for the same text, always and everywhere (version 8, from an unseeded hash): for what has a name and is
 * asked for a UUID. Nobody may rely on two texts having different ones. In `a`.
 */
struct str uuid_of_text(struct arena *a, struct str text);
