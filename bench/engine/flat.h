#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The yardstick: a flat open-addressing table of string keys, as plain as one can be, filled to half. What one lookup
 * in it costs is what memory costs here.
 */
#include "base/str.h"

struct flat_slot {
	uint64_t hash;
	const struct str *key; /* NULL: free */
};

struct flat {
	struct flat_slot *slots;
	size_t mask;
	uint64_t seed;
};

void flat_init(struct flat *f, uint64_t seed, const struct str *keys, size_t n);
void flat_release(struct flat *f);
const struct str *flat_get(const struct flat *f, struct str key);
