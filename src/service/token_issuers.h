#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Making and changing token issuers (struct token_issuer): others whose tokens are trusted. Whoever names the keys of
 * one can make tokens of it, so this is as good as a key of each principal that it can stand for:
 *
 *   - one for a single principal asks for what a key of that principal would (service/directory_keys.h);
 *   - one for whomever a claim names can only be made by those who administer access in every way;
 *   - neither is made with credentials that have limits themselves.
 *
 * Runs in a job of the writer, as service/directory.h.
 */
#include "service/directory_keys.h"

#define TOKEN_ISSUER_USE        "wfe" /* what an id ends with: federation of workloads */
#define TOKEN_ISSUER_MAX_LIST   64u   /* audiences, blocks of addresses, roles */
#define TOKEN_ISSUER_MAX_BYTES  2048u /* of one text */
#define TOKEN_ISSUER_MAX_NUMBER 1000u /* of an organization */

/*
 * `issuer` has no id; one is made, with the host (and port) of the server in it. Names of its principal and roles
 * become canonical ids.
 */
enum service_result token_issuer_create(struct txn *t, const struct caller *c, struct str host,
                                        struct token_issuer *issuer, struct error *err) MUST_USE;
/* Stores the next version of one that exists; the caller must be allowed what it was as well as what it becomes. */
enum service_result token_issuer_update(struct txn *t, const struct caller *c, struct token_issuer *next,
                                        struct error *err) MUST_USE;
/* What stands before the '@' of its id, by which it is found, too (snapshot_find_any()). */
struct str token_issuer_name(const struct token_issuer *issuer);
