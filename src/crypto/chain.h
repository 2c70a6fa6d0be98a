#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A log that shows what was done to it: lines of JSON, each an object that begins with what chains it to the line
 * before.
 *
 *   {"prev":"<hash>","n":<number>,"type":"<type>",…}\n
 *
 * prev   base64url of the SHA-256 of the line before, without its line feed; null in the first line of all
 * n      1, 2, 3 … without gaps, over restarts and files
 * type   decision   an answer
 *        search     an answer that lists
 *        dropped    "count" entries were to stand before this line and found no room
 *        recovered  the file ended in the middle of a line, of "bytes" bytes, which was cut off
 *        start      a server began, or a new file
 *        head       "jws": a token signed by the installation (service/signing.h) whose claims {"purpose":
 *                   "decision-log-head","prev","n","at"} repeat prev and n of its own line: nothing before it can be
 *                   changed, left out or reordered by anybody without the key
 *
 * Whoever can write the file can cut off lines from its end, and what follows the last head, rewrite; not more. Pure;
 * one thread.
 */
#include "base/buf.h"
#include "base/error.h"
#include "json/json.h"

#define CHAIN_HASH_CHARS     43u /* base64url of 32 bytes */
#define CHAIN_LINE_MAX_BYTES ((size_t)2 * 1024 * 1024)
#define CHAIN_PLACE_BYTES    ((size_t)256) /* more than what an object gets to become a line */
#define CHAIN_HEAD_PURPOSE   "decision-log-head"

/* Where a chain is. Zeroed: before its first line. */
struct chain {
	uint64_t n;                      /* of the last line */
	uint64_t n_head;                 /* of the last head; 0: none yet */
	char prev[CHAIN_HASH_CHARS + 1]; /* hash of the last line; empty: there is none */
};

/* Appends the object, whose first member is "type", as the next line. */
void chain_add(struct chain *c, struct str object, struct buf *out);
/* Appends the claims of a head that is to be the next line, a JSON object. */
void chain_add_head_claims(const struct chain *c, int64_t now_ms, struct buf *out);
/* Appends the head: the token of those claims. */
void chain_add_head(struct chain *c, struct str token, struct buf *out);
/* The chain behind this line, without its line feed, which is known to be the next. */
void chain_follow(struct chain *c, struct str line);
/* The chain behind this line, without its line feed; n_head as if it were one. False: it is none of such a log. */
bool chain_take_up(struct chain *c, struct str line);
/* Whether a text of one line that has no end can be what is left of a first line. */
bool chain_may_begin(struct str text);

/* ---- checking -------------------------------------------------------------------------------------------- */

struct chain_key {
	struct str id;         /* "kid" of tokens */
	struct str public_key; /* Ed25519, 32 bytes */
};

#define CHAIN_BROKEN 1 /* error.code: the line does not follow from those before it, or is none */

/*
 * A reader that believes nothing. Zeroed but for the keys: before the first line, which may have any number: what came
 * before it is in another file.
 */
struct chain_check {
	const struct chain_key *keys;
	size_t n_keys; /* 0: signatures are not looked at, and nothing is covered */
	struct chain chain;
	uint64_t n_first;
	uint64_t n_covered; /* up to and with this line all is signed for; 0: nothing is */
	uint64_t n_dropped; /* entries that the log says it lacks */
};

/*
 * The next line, without its line feed: its object, in `a`. Returns 0, or CHAIN_BROKEN with what is wrong; then the
 * check is over.
 */
int chain_check_line(struct chain_check *c, struct str line, struct arena *a, const struct json **ret_object,
                     struct error *err) MUST_USE;
