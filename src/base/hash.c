/* SPDX-License-Identifier: Apache-2.0 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/hash.h"

uint64_t hash_bytes(uint64_t seed, const void *ptr, size_t len)
{
	return XXH3_64bits_withSeed(len ? ptr : "", len, seed);
}
