#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Access tokens as text: what a client of OAuth 2 gets for its proof and sends as a bearer.
 *
 *   dwt_<base64url of the claims as JSON>.<base64url of an HMAC by a key of the installation>
 *
 * A token needs no memory of its own and outlives a restart: everything is in it, and nobody else can make one. HMAC
 * rather than a signature, as every call pays for the check (2 µs, Ed25519: 140) and nobody but this server needs to
 * check it. What may change is not in it but looked up at each use: the client's limits, its expiry, and whether client
 * and user are still there. What an issuer of tokens is trusted with is looked up as well, and a token that was given
 * before that changed does not count any more. Pure; any thread.
 */
#include "service/keys.h"

#define ACCESS_TOKEN_PREFIX      "dwt_"
#define ACCESS_TOKEN_LIFETIME_MS INT64_C(3600000)
#define ACCESS_TOKEN_MAX_BYTES   11008u

struct access_claims {
	struct str org;
	/* Id of the oauth_client; for a device that a user let in: of the public client; or of the token_issuer. */
	struct str client;
	struct str user;     /* whom it acts as */
	bool is_device;      /* there is no oauth_client document */
	bool is_exchanged;   /* for a token of another issuer; neither is there here */
	bool is_service;     /* `user` is a service */
	uint64_t seq;        /* of the client's document, or of the user's: one made later by the same id is another */
	uint64_t issuer_rev; /* exchanged: the version of the token_issuer that it was given by */
	int64_t expires_at_ms; /* of the token */
	int64_t limit_ms;      /* credentials made with it end by then; 0: no limit */
};

/* Appends the token. */
void access_token_write(struct buf *out, const struct key_hasher *h, const struct access_claims *claims);
/* Has it the form of one? Says nothing more. */
bool access_token_is(struct str text);
/* The claims of a token that this installation made, in `a`. Does not look at the time. */
bool access_token_read(const struct key_hasher *h, struct str text, struct arena *a, struct access_claims *ret);
