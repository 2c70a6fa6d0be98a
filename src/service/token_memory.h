#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What is remembered of others' tokens, in a bounded piece of memory: which have a right signature, so that a bearer
 * that comes with each call is not proved each time, and which were used up. Texts are known by their SHA-256. Any
 * thread.
 */
#include "base/str.h"

#define TOKEN_MEMORY_VERIFIED 4096u /* tokens; what comes later may take the place of what was there */
#define TOKEN_MEMORY_USED     4096u /* tokens that have not expired; then no more are taken */
#define TOKEN_HASH_BYTES      32u

struct token_memory;

/* `started_ms`: tokens that were made before could have been used with an earlier process, which knew. */
struct token_memory *token_memory_new(int64_t started_ms);
void token_memory_free(struct token_memory *m); /* accepts NULL */
int64_t token_memory_started_ms(const struct token_memory *m);

/* SHA-256 of both texts, told apart. */
void token_hash(struct str a, struct str b, uint8_t ret[TOKEN_HASH_BYTES]);

/* True only after the other one was called with this hash. */
bool token_is_verified(struct token_memory *m, const uint8_t hash[TOKEN_HASH_BYTES]);
void token_set_verified(struct token_memory *m, const uint8_t hash[TOKEN_HASH_BYTES]);

enum token_use { TOKEN_USE_REFUSED, TOKEN_USE_FIRST, TOKEN_USE_AGAIN };
/* Uses a token up that expires then. TOKEN_USE_REFUSED: there is no room. */
enum token_use token_use_up(struct token_memory *m, const uint8_t hash[TOKEN_HASH_BYTES], int64_t expires_at_ms,
                            int64_t now_ms);
