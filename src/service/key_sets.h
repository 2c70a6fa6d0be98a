#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Sets of keys (JWK Set) that issuers show under a URL, as they were fetched last: in memory, bounded. Nobody waits for
 * a fetch: who asks for a set that is missing, old or without the key it needs says so, and somebody else fetches it
 * (api/key_fetcher.h).
 *
 * A set is asked for again after an hour, at most once a minute, and does not count any more a day after it was
 * fetched: a key that was taken back must end at some time, also when its issuer cannot be reached. Any thread.
 */
#include "json/json.h"

#define KEY_SETS_MAX       1024u /* URLs; then the one that was asked for the longest ago is forgotten */
#define KEY_SET_MAX_BYTES  ((size_t)256 * 1024)
#define KEY_SET_REFRESH_MS INT64_C(3600000)
#define KEY_SET_RETRY_MS   INT64_C(60000)
#define KEY_SET_STALE_MS   (24 * INT64_C(3600000))

struct key_sets;

struct key_sets *key_sets_new(void);
void key_sets_free(struct key_sets *k); /* accepts NULL */

/* The set, in `a`, and which version of it, never 0. False: there is none now, and it will be fetched. */
bool key_sets_get(struct key_sets *k, struct str url, int64_t now_ms, struct arena *a, const struct json **ret,
                  uint64_t *ret_version);
/* It should be fetched (again), as soon as it may be. */
void key_sets_want(struct key_sets *k, struct str url);

/* A URL that is to be fetched now, in `a`. False: none. */
bool key_sets_next(struct key_sets *k, int64_t now_ms, struct arena *a, struct str *ret_url);
/* What was fetched. -EINVAL: it is no set that can be used, and the one before stays. */
int key_sets_put(struct key_sets *k, struct str url, struct str text, int64_t now_ms, struct error *err) MUST_USE;
