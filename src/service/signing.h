#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The installation's own Ed25519 key: what it sends to others (webhooks) is signed with it, and they find its public
 * half at /auth/v1/jwks. Made once and kept in the store beside the pepper. Immutable; any thread.
 */
#include "base/buf.h"
#include "crypto/ed25519.h"

#define SIGNING_KEY_ID_CHARS 43u /* base64url of SHA-256 */

struct signing_key {
	uint8_t private_key[ED25519_KEY_BYTES];
	uint8_t public_key[ED25519_KEY_BYTES];
	char id[SIGNING_KEY_ID_CHARS + 1]; /* the JWK thumbprint of the public key (RFC 7638) */
};

/* From the private key, which the caller wipes. */
void signing_key_init(struct signing_key *k, const uint8_t private_key[ED25519_KEY_BYTES]);
/* Appends a token with these claims, a JSON object; its header names the key. */
void signing_key_sign(const struct signing_key *k, struct str claims, struct buf *out);
/* base64url of the public half: "x" of its JWK. */
void signing_key_put_x(const struct signing_key *k, struct buf *out);
