#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The SQLite backend: one connection that writes and a few that read, on one file in write-ahead-log mode.
 *
 * Owner: the store owns its connections and the lock file's descriptor; a reader belongs to who took it until given
 * back. Readers never wait for each other: when none is idle a new one is opened, so that a callback may read, too.
 */
#include <pthread.h>

#include "store/backend.h"
#include "store/sqlite/db.h"

struct sqlite_store {
	struct store base;
	char *path; /* free of symbolic links; owned */
	struct sqlite_options options;
	int lock_fd; /* -1: not locked */
	pthread_mutex_t write_lock;
	struct db *writer; /* guarded by write_lock; NULL: the store is read only */
	pthread_mutex_t idle_lock;
	struct db *idle; /* guarded by idle_lock, as n_idle */
	size_t n_idle;
};

/* A connection for reading, to be given back by the same caller. */
int sqlite_take_reader(struct sqlite_store *s, struct db **ret_db, struct error *err) MUST_USE;
void sqlite_give_reader(struct sqlite_store *s, struct db *db); /* accepts NULL */

/* The parts of the table of operations; see backend.h. */
int sqlite_commit(struct store *base, struct store_set *sets, size_t n_sets, struct error *err) MUST_USE;
int sqlite_meta_put(struct store *base, struct str key, struct str value, struct error *err) MUST_USE;
int sqlite_meta_get(struct store *base, struct str key, struct arena *a, struct str *ret_value,
                    struct error *err) MUST_USE;
int sqlite_each_org(struct store *base, int (*fn)(void *, struct str, uint64_t), void *ctx, struct error *err) MUST_USE;
int sqlite_revision(struct store *base, struct str org, uint64_t *ret_revision, struct error *err) MUST_USE;
int sqlite_each_document(struct store *s, struct str org, uint64_t revision, store_document_fn *fn, void *ctx,
                         struct error *err) MUST_USE;
int sqlite_each_change(struct store *s, struct str org, uint64_t from, uint64_t to, store_document_fn *fn, void *ctx,
                       struct error *err) MUST_USE;
int sqlite_each_audit(struct store *base, const struct store_audit_filter *filter,
                      int (*fn)(void *, const struct store_audit_row *), void *ctx, struct error *err) MUST_USE;
int sqlite_count_audit(struct store *base, const struct store_audit_filter *filter, uint64_t *ret_n,
                       struct error *err) MUST_USE;
int sqlite_each_revision(struct store *base, struct str org, uint64_t from, uint64_t to,
                         int (*fn)(void *, const struct store_audit_row *), void *ctx, struct error *err) MUST_USE;

/* The newest revision as `db` sees it, 0 for none. */
int sqlite_read_revision(struct db *db, struct str org, uint64_t *ret_revision, struct error *err) MUST_USE;
