#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * When each credential (API key, client of OAuth 2, token issuer) was last used: to the minute, in memory, and every
 * minute in one value of the store's meta table. It is no revision, as it says nothing about who may do what; a crash
 * loses a minute of it.
 *
 * Noting a use that was noted in the same minute costs one relaxed load. Any thread.
 */
#include "base/buf.h"
#include "base/error.h"

#define LAST_USED_EVERY_MS INT64_C(60000)

struct last_used;

struct last_used *last_used_new(void);
void last_used_free(struct last_used *u); /* accepts NULL */

void last_used_note(struct last_used *u, struct str id, int64_t now_ms);
/* 0: never, as far as is known. */
int64_t last_used_at(struct last_used *u, struct str id);

/* Waits until something was noted that the last last_used_write() did not have, and then until it has been so for
 * LAST_USED_EVERY_MS by the program's clock, or until last_used_end(). False: the end. */
bool last_used_wait(struct last_used *u);
/* Lets last_used_wait() return false from now on. */
void last_used_end(struct last_used *u);
/*
 * Appends all as a JSON object and forgets what `keep` does not want. True when something had been noted since the last
 * time. last_used_retry(): what was written could not be stored.
 */
bool last_used_write(struct last_used *u, bool (*keep)(void *ctx, struct str id), void *ctx, struct buf *out);
void last_used_retry(struct last_used *u);
/* Takes over what was written. 0, or -EBADMSG. */
int last_used_read(struct last_used *u, struct str text, struct error *err) MUST_USE;
