#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Randomness: the kernel's for secrets and ids; a small seeded generator for tests,
 * benchmarks and generated stores, so that a failure can be repeated from its seed.
 */
#include "base/str.h"

/* Fills `out` from the kernel; aborts if the kernel cannot (no secret is ever guessable). */
void random_bytes(void *out, size_t len);
uint64_t random_u64(void);
/* `len` characters of [A-Za-z0-9], each uniform; out is NUL-terminated and needs len + 1 bytes. */
void random_alnum(char *out, size_t len);

/* xoshiro-like repeatable stream (splitmix64). Not for secrets. */
struct prng {
	uint64_t state;
};
uint64_t prng_next(struct prng *p);
/* Uniform in [0, n); n > 0. */
uint64_t prng_below(struct prng *p, uint64_t n);
