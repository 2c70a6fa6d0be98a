#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Ed25519 (RFC 8032) by OpenSSL, with keys as the 32 bytes of which they consist. Any thread; nothing is kept.
 */
#include "base/str.h"

#define ED25519_KEY_BYTES       32u /* of a private key (its seed) and of a public key */
#define ED25519_SIGNATURE_BYTES 64u

/* The public key that belongs to a private one. */
void ed25519_public_key(const uint8_t private_key[ED25519_KEY_BYTES], uint8_t ret_public_key[ED25519_KEY_BYTES]);
void ed25519_sign(const uint8_t private_key[ED25519_KEY_BYTES], struct str message,
                  uint8_t ret_signature[ED25519_SIGNATURE_BYTES]);
/* False also when the key is none, or the signature not of its length. */
bool ed25519_verify(struct str public_key, struct str message, struct str signature);
