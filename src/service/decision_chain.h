#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The form of a decision log: lines of JSON, each an object that begins with what chains it to the line before.
 *
 *   {"prev":"<hash>","n":<number>,"type":"<type>",…}\n
 *
 * prev   base64url of the SHA-256 of the line before, without its line feed; null in the first line of all
 * n      1, 2, 3 … without gaps, over restarts and files
 * type   decision   an answer
 *        search     an answer that lists
 *        dropped    "count" answers before this line were given and could not be written down
 *        recovered  the file ended in the middle of a line, of "bytes" bytes, which was cut off
 *        start      a server began, or a new file
 *        head       "jws": a token signed by the installation (service/signing.h) whose claims {"purpose":
 *                   "decision-log-head","prev","n","at"} repeat prev and n of its own line: nothing before it can be
 *                   changed, left out or reordered by anybody without the key
 *
 * Whoever can write the file can cut off what follows the last head, and the head of a file that he cuts there; not
 * more. Pure but for signing; one thread.
 */
#include "base/buf.h"
#include "service/signing.h"

#define DECISION_HASH_CHARS     43u /* base64url of 32 bytes */
#define DECISION_LINE_MAX_BYTES ((size_t)2 * 1024 * 1024)

/* Where a chain is. Zeroed: before its first line. */
struct decision_chain {
	uint64_t n;                         /* of the last line */
	uint64_t n_head;                    /* of the last head; 0: none yet */
	char prev[DECISION_HASH_CHARS + 1]; /* hash of the last line; empty: there is none */
};

/* Appends the object, whose first member is "type", as the next line. */
void decision_chain_add(struct decision_chain *c, struct str object, struct buf *out);
/* Appends a head. */
void decision_chain_add_head(struct decision_chain *c, const struct signing_key *key, int64_t now_ms, struct buf *out);
/* The chain behind this line, without its line feed; n_head as if it were one. False: it is none of a decision log. */
bool decision_chain_read(struct decision_chain *c, struct str line);
