#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Making, changing and deleting clients of OAuth 2 (struct oauth_client): credentials by which a program acts as a
 * user. The rules are those of keys (service/directory_keys.h): anybody may make them for themselves, but none that
 * reach further than the credentials they are made with; for somebody else it takes doorward:keys:create on the keys of
 * that user, and nobody makes them for a user who administers access in a way the maker may not.
 *
 * Runs in a job of the writer, as service/directory.h.
 */
#include "service/directory_keys.h"

#define OAUTH_MAX_SECRET_CHARS 255u
#define OAUTH_MAX_LIST         64u   /* blocks of addresses, and roles */
#define OAUTH_PERSONAL         "pcc" /* what an id ends with: a user's own client */

/*
 * The secret as the vendor's clients know it: "secret-token:conductorone.com:v1:" and base64url of the JWK of an
 * Ed25519 private key. We keep the public half only.
 */
#define OAUTH_SECRET_PREFIX "secret-token:conductorone.com:v1:"

/* What is wanted. */
struct oauth_client_order {
	struct str user; /* any name of the user */
	struct str display_name;
	struct str host;              /* of the server, with its port: part of the id, by which clients find it */
	struct str_list source_cidrs; /* none: from anywhere */
	struct str_list scopes; /* roles of ConductorOne or without scope, by any name; none: all that the user may */
	int64_t expires_at_ms;  /* 0: never */
};

/* What was made. Wipe the secret once it is shown. */
struct new_oauth_client {
	struct oauth_client client;
	char secret[OAUTH_MAX_SECRET_CHARS + 1];
};

enum service_result oauth_client_create(struct txn *t, const struct caller *c, const struct oauth_client_order *order,
                                        struct new_oauth_client *ret, struct error *err) MUST_USE;

/* Stores other limits or another name of a client. `next` lives in the job; its scopes become canonical ids. */
enum service_result oauth_client_update(struct txn *t, const struct caller *c, struct oauth_client *next,
                                        struct error *err) MUST_USE;

/* By its id, or by what stands before the '@' in it; NULL when there is none. */
const struct oauth_client *oauth_client_find(const struct snapshot *s, struct str name);
/* What stands before the '@'. */
struct str oauth_client_name(const struct oauth_client *client);

/* The public key that belongs to a secret, base64url, in `a`; absent when the text is no secret. */
struct str oauth_secret_public_key(struct str secret, struct arena *a);
