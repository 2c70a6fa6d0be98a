#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON Web Tokens in compact form (RFC 7515, 7519), signed with Ed25519 (RFC 8037), RSA or ECDSA and with nothing else:
 * a token can choose neither "none" nor an algorithm that takes a public key for a secret, and which of these counts is
 * up to the key that it is checked with, not to the token. Pure: no clock, no I/O; any thread.
 *
 * Three steps, in this order: jwt_read() takes the text apart and believes nothing of it, jwt_is_signed_by() or
 * jwk_set_signed() (service/jwk.h) proves who made it, jwt_check_claims() or its parts look at what it says.
 */
#include "base/error.h"
#include "json/json.h"
#include "crypto/ed25519.h"

#define JWT_MAX_BYTES 8192u

enum jwt_algorithm {
	JWT_NONE, /* none of ours; such a token is not read */
	JWT_EDDSA,
	JWT_RS256,
	JWT_ES256,
};

/* A token taken apart, not verified yet; everything in the arena or in the text. */
struct jwt {
	const struct json *header, *claims; /* objects */
	struct str signed_text;             /* what the signature is about */
	struct str signature;
	enum jwt_algorithm algorithm; /* never JWT_NONE */
};

/*
 * 0, or -EINVAL: too long, not three parts of base64url, not JSON objects, another algorithm, or an extension that must
 * be understood ("crit"). Other members of the header ("kid", "nonce", "typ") are none of its business.
 */
int jwt_read(struct str text, struct arena *a, struct jwt *ret, struct error *err) MUST_USE;
/* By Ed25519 and no other; `public_key`: the 32 bytes. */
bool jwt_is_signed_by(const struct jwt *t, struct str public_key);

/* What a token of a client must say. */
struct jwt_wanted {
	struct str issuer;        /* "iss" and "sub" */
	struct str_list audience; /* "aud", a text or a list of them, must name one */
	int64_t now_ms;
	int64_t max_ahead_ms; /* "exp" lies ahead, by no more than this */
};
/* 0, or -EINVAL and which claim is wrong. "nbf" and "iat" are optional, but numbers; "nbf" must have come. */
int jwt_check_claims(const struct jwt *t, const struct jwt_wanted *wanted, struct error *err) MUST_USE;

/* Its parts, for tokens of others. Does "aud" name one of these? */
bool jwt_is_for(const struct jwt *t, struct str_list audience);
/* "exp", "nbf" and "iat" as above, of which `wanted` needs the times only. */
int jwt_check_times(const struct jwt *t, const struct jwt_wanted *wanted, struct error *err) MUST_USE;
/* A claim that is a time, in ms; false when it is absent or none. */
bool jwt_time(const struct jwt *t, struct str claim, int64_t *ret_ms);

/* Appends the token with this header and these claims, both JSON objects. The header must say "alg":"EdDSA". */
void jwt_write(struct buf *out, struct str header, struct str claims, const uint8_t private_key[ED25519_KEY_BYTES]);
