#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * API keys as text: making, taking apart, comparing.
 *
 *   <prefix>_<id>_<secret>   prefix: dw, or that of a dialect whose clients look at it
 *                            id: 12 of [A-Za-z0-9], the id of the key document, not secret
 *                            secret: 40 of [A-Za-z0-9] (238 bits)
 *
 * The prefix is for people and for secret scanners: what a key is, and may, is in its document.
 *
 * The store keeps base64url(HMAC-SHA-256(pepper, id "_" secret)) and the last six characters (of keys
 * made by older versions four) as a hint. The pepper is the installation's: a stolen database without it cannot even be
 * used to test guesses, and a hash moved to another key's row does not match there. Pure: no globals; any thread.
 */
#include "base/arena.h"
#include "model/kinds.h"

#define KEY_PEPPER_BYTES   32u
#define KEY_ID_CHARS       12u
#define KEY_SECRET_CHARS   40u
#define KEY_HASH_CHARS     43u /* base64url of 32 bytes, no padding */
#define KEY_HINT_CHARS     6u
#define KEY_MAX_TEXT_CHARS (15u + KEY_ID_CHARS + 1u + KEY_SECRET_CHARS)

/* Where a key was made, as its text shows. */
enum key_form {
	KEY_NATIVE,             /* dw_… */
	KEY_LANGSMITH_SERVICE,  /* lsv2_sk_… */
	KEY_LANGSMITH_PERSONAL, /* lsv2_pt_… */
	KEY_CONFIDENT_ORG,      /* confident_org_… */
	KEY_CONFIDENT_PROJECT,  /* confident_proj_… */
	KEY_N_FORMS
};
/* "dw_" and the like. */
struct str key_prefix(enum key_form form);

/* The key document's parts that follow from its secret; strings in the arena given to key_make(). */
struct key_parts {
	struct str id;
	struct str hash;
	struct str hint;
};

/*
 * The pepper made ready: HMAC's two inner states computed once, since making them anew costs four times what a
 * hash does, and every request pays for one. Immutable; any thread. Wipes itself when freed.
 */
struct key_hasher;
/* `pepper` has KEY_PEPPER_BYTES and need not outlive the call. */
struct key_hasher *key_hasher_new(struct str pepper);
void key_hasher_free(struct key_hasher *h); /* accepts NULL */

/*
 * A new random key. Its text goes to `ret_text` (NUL-terminated), which the caller shows once and then wipes with
 * explicit_bzero(); nothing else keeps the secret.
 */
struct key_parts key_make(const struct key_hasher *h, enum key_form form, struct arena *a,
                          char ret_text[KEY_MAX_TEXT_CHARS + 1]);

/*
 * Takes a text apart: `*ret_id` and `*ret_secret` borrow from it. False when it is not of the form above. Says nothing
 * about whether such a key exists.
 */
bool key_split(struct str text, struct str *ret_id, struct str *ret_secret);

/* The hash of a key into `out`, which gets KEY_HASH_CHARS characters and a NUL. */
void key_hash(const struct key_hasher *h, struct str id, struct str secret, char out[KEY_HASH_CHARS + 1]);

/* True when `hash` is the stored hash of that key. Takes the same time for any `hash` of the right length. */
bool key_hash_equals(const struct key_hasher *h, struct str id, struct str secret, struct str hash);

/*
 * The same for another text, which must not look like a key's: twelve letters or digits and '_'. So neither can be
 * taken for the other.
 */
void key_mac(const struct key_hasher *h, struct str text, char out[KEY_HASH_CHARS + 1]);

/* Neither revoked nor inactive nor past its expiry. */
bool key_is_live(const struct key *key, int64_t now_ms);
