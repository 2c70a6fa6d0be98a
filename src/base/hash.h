#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Seeded 64-bit hash of bytes (XXH3). The seed is random per process, so that nobody
 * outside can pick keys that collide. Never stored and never the only proof of equality.
 */
#include "base/str.h"

uint64_t hash_bytes(uint64_t seed, const void *ptr, size_t len);
static inline uint64_t hash_str(uint64_t seed, struct str s)
{
	return hash_bytes(seed, s.ptr, s.len);
}
/* Mixes an integer (splitmix64 finaliser): a bijection. */
static inline uint64_t hash_u64(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}
