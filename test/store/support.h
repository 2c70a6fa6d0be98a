#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What the store's tests share: a temporary folder, short spellings for change sets, and a store's whole content as
 * text, so that two stores are compared by comparing text.
 */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "base/buf.h"
#include "store/store.h"

#define ORG                STR("acme")
#define TEST_MAX_TEXT      ((size_t)64 * 1024 * 1024)
#define TEST_MAX_URL_BYTES 256

/* A folder under the system's place for temporary files, and a store's URL in it. */
struct place {
	char dir[128];
	char url[TEST_MAX_URL_BYTES];
	char file[TEST_MAX_URL_BYTES]; /* the database */
};

/* Makes the folder; the URL is "sqlite:DIR/x.db" with `query` behind it. */
void place_make(struct place *p, const char *query);
/* Removes the folder and the files in it. */
void place_remove(const struct place *p);

/* Opens or fails the test. */
struct store *open_or_fail(const char *url);

/* One change of kind "user"; key and body may be NULL (absent). */
struct store_change put(const char *id, const char *key, uint64_t seq, const char *body);
struct store_change end(const char *id);
/* A set of ORG made against `base`, with the audit fields filled in. */
struct store_set set_of(uint64_t base, const struct store_change *changes, size_t n_changes);
/* A refused attempt in ORG. */
struct store_set refusal(const char *actor, unsigned status);
/* Commits the one set and returns what store_commit() said; `*ret_revision` may be NULL. */
int commit_one(struct store *s, uint64_t base, const struct store_change *changes, size_t n_changes,
               uint64_t *ret_revision);
uint64_t newest(struct store *s, struct str org);

/* The open filter: everything of ORG, newest first. */
struct store_audit_filter everything(void);

/* Rows as lines, appended to `out` (a struct buf); usable as callbacks. */
int write_document(void *out, const struct store_document *row);
int write_audit(void *out, const struct store_audit_row *row);
int write_org(void *out, struct str org, uint64_t revision);
/* Shorter: only "id@from-to=body;" */
int write_brief(void *out, const struct store_document *row);

/* Documents of ORG at `revision` in brief; `want` is what it must be. */
void expect_documents(struct store *s, uint64_t revision, const char *want);
/* All that can be read, of all organizations, at all revisions, in all orders. */
void dump_store(struct store *s, struct buf *out);
