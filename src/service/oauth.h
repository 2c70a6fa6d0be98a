#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * OAuth 2 for programs: proof of a client, tokens for it, and who calls with a token. Inside a read section.
 */
#include "service/access_token.h"
#include "service/device_flow.h"
#include "service/result.h"
#include "service/service.h"

/* A client's signed assertion counts for so long at most. */
#define OAUTH_MAX_ASSERTION_MS INT64_C(300000)

/* A client that says who it is: by its secret or by an assertion signed with it, one of which is absent. */
struct oauth_proof {
	struct str client_id;
	struct str secret;
	struct str assertion;
	struct str host;   /* of this server as the public knows it, without port */
	struct str remote; /* address of the peer */
	int64_t now_ms;
};

/* What a client gets. Wipe and release the text once it is sent. */
struct oauth_token {
	struct buf text;
	int64_t expires_at_ms;
	struct org *org;  /* whose it is; also of a client that failed, if there is one of that id */
	struct str actor; /* as whom it acts, "user:alice"; in the arena */
};
#define OAUTH_TOKEN_INIT ((struct oauth_token){.text = BUF_INIT(ACCESS_TOKEN_MAX_BYTES)})

/*
 * A token for the client. SERVICE_UNAUTHENTICATED: there is none of that id, the proof is wrong, it expired, comes from
 * elsewhere than it may, or its user is gone; only a client that proved to have the key is told which.
 */
enum service_result oauth_client_token(struct service *svc, const struct oauth_proof *proof, struct arena *a,
                                       struct oauth_token *ret, struct error *err) MUST_USE;

/* A token for what a user let in. False when the user is gone. */
bool oauth_device_token(struct service *svc, struct str client, const struct device_approval *approval, int64_t now_ms,
                        struct arena *a, struct oauth_token *ret);

/* The caller of a token: service_authenticate() for texts of which access_token_is() is true. */
enum auth_result oauth_authenticate(struct service *svc, struct str token, const struct snapshot *pending,
                                    int64_t now_ms, struct arena *a, struct caller *ret_caller);

/* May the client's tokens come from this address? */
bool oauth_may_come_from(const struct oauth_client *client, struct str remote);
