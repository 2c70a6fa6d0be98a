#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens of others (service/token_issuers.h): exchanged for tokens of this installation (RFC 8693), or taken as bearers
 * as they are. Inside a read section.
 */
#include "service/oauth.h"

/* A token counts no longer than this from now, whatever it says. */
#define FEDERATION_MAX_LIFETIME_MS (48 * INT64_C(3600000))

struct token_exchange {
	struct str client_id; /* of the token_issuer, or its name */
	struct str subject_token;
	struct str remote; /* address of the peer */
	int64_t now_ms;
};

/*
 * A token for whomever the other's token stands for. SERVICE_NOT_FOUND: there is no such issuer.
 * SERVICE_UNAUTHENTICATED: the token is not one to be taken, and `err` says why. SERVICE_UNAVAILABLE: the issuer's
 * keys are not fetched yet, or there is no room to remember that it was used.
 */
enum service_result federation_exchange(struct service *svc, const struct token_exchange *x, struct arena *a,
                                        struct oauth_token *ret, struct error *err) MUST_USE;

/* The keys of all issuers that show them under a URL are to be fetched. Takes a read section of its own. */
void federation_want_keys(struct service *svc);

/* Has the text the form of another's token? Says nothing more. */
bool federation_is_token(struct str text);
/* The caller of another's token: service_authenticate() for texts of that form. */
enum auth_result federation_authenticate(struct service *svc, struct str text, const struct snapshot *pending,
                                         int64_t now_ms, struct arena *a, struct caller *ret_caller);
/* The caller of a token that was exchanged; for oauth_authenticate(). */
enum auth_result federation_caller(struct org *org, const struct snapshot *s, const struct access_claims *claims,
                                   struct arena *a, struct caller *ret_caller);
