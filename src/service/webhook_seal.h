#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * By what a receiver of a webhook knows that it came from this installation, unchanged, just now, and for it: a digest
 * of the body and a signed token that binds it to the method, the URL and a time. Any thread.
 */
#include "service/service.h"

#define WEBHOOK_TOKEN_LIFETIME_S 120
#define WEBHOOK_TOKEN_SKEW_S     60 /* by how much a receiver's clock may be behind */

struct webhook_envelope {
	struct str url, body;
	struct str public_url; /* of this server */
	int64_t now_ms;
};

struct webhook_seal {
	struct str authorization; /* "bearer <token>" */
	struct str digest;        /* "sha-256=<base64>" */
};

/* In `a`. */
struct webhook_seal webhook_seal(const struct signing_key *key, const struct webhook_envelope *e, struct arena *a);
