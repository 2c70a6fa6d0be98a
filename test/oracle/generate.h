#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements and queries out of a stream of choices: a seeded generator in the random test, the fuzzer's bytes in the
 * fuzz target. The alphabet is small and hostile: few words, so that things match often, and every corner of the
 * matching rules (empty sections, "*" where a concrete string belongs, wildcards in illegal places, variables).
 *
 * Everything generated lives in the given arena.
 */
#include "base/random.h"
#include "twin.h"

/* Where choices come from: `bytes` while there are any left (then always the first choice), or the generator. */
struct choices {
	struct prng prng;
	bool is_bytes;
	struct str bytes;
};

/* In [0, n); 0 < n <= 65536. */
uint32_t choose(struct choices *c, uint32_t n);
/* True once in `n` times. */
bool choose_rarely(struct choices *c, uint32_t n);

/* How large things get; each number is a maximum. */
struct shape {
	uint32_t n_documents; /* different ids a kind */
	uint32_t n_subjects;  /* a set */
	uint32_t n_statements;
	uint32_t n_tenants;      /* different tenant ids, besides the special ones */
	uint32_t n_same_subject; /* one set in so many is about "user:local:a" too; 0: none */
};

struct statement_set generate_set(struct choices *c, const struct shape *shape, struct arena *a);
struct change generate_change(struct choices *c, const struct shape *shape, struct arena *a);
/* Often turned to one of the oracle's statements, so that something matches. */
struct query generate_query(struct choices *c, const struct shape *shape, const struct oracle *o, struct arena *a);
