#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Small secrets at rest: AES-256-GCM under a key that is kept elsewhere.
 *
 *   sealed.<id of the key>.<base64url of nonce, ciphertext and tag>
 *
 * The id and the purpose are authenticated with it, so that a text that was moved to another place, or is said to be of
 * another key, does not open. The id is cut from a hash of the key: it tells keys apart and gives nothing of them away.
 * Pure; any thread.
 */
#include "base/buf.h"

#define SEAL_KEY_BYTES    32u
#define SEAL_KEY_ID_CHARS 16u
#define SEAL_MAX_BYTES    64u  /* of what is sealed */
#define SEAL_MAX_CHARS    160u /* of the text that becomes of it */

/* The owner wipes it. */
struct seal_key {
	uint8_t bytes[SEAL_KEY_BYTES];
	char id[SEAL_KEY_ID_CHARS + 1];
};

void seal_key_init(struct seal_key *k, const uint8_t bytes[SEAL_KEY_BYTES]);

/* Appends the text; two of the same secret differ. `secret` has at most SEAL_MAX_BYTES. */
void seal_write(const struct seal_key *k, struct str purpose, struct str secret, struct buf *out);
/* Is it such a text? Then `*ret_key_id` (may be NULL) is the key's it says it is sealed with. */
bool seal_is(struct str text, struct str *ret_key_id);
/* The secret, of exactly `n` bytes, which the caller wipes. False: another key or purpose, damaged, or of another size;
 * `ret` is untouched then. */
bool seal_open(const struct seal_key *k, struct str purpose, struct str text, void *ret, size_t n);
