#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What a backend implements. The table is checked once, when it is plugged in, so that calls need no NULL tests.
 * A backend's struct begins with struct store. See store.h for what each function promises.
 */
#include "store/store.h"

struct store_ops {
	const char *scheme;                                                        /* "sqlite" for sqlite:… */
	int (*open)(struct str rest, struct store **ret_store, struct error *err); /* rest: the URL behind "scheme:" */
	/* NULL: the backend has no store that could be there already. */
	int (*open_read_only)(struct str rest, struct store **ret_store, struct error *err);
	void (*close)(struct store *s);
	int (*commit)(struct store *s, struct store_set *sets, size_t n_sets, struct error *err);
	int (*each_org)(struct store *s, int (*fn)(void *, struct str, uint64_t), void *ctx, struct error *err);
	int (*revision)(struct store *s, struct str org, uint64_t *ret_revision, struct error *err);
	int (*each_document)(struct store *s, struct str org, uint64_t revision, store_document_fn *fn, void *ctx,
	                     struct error *err);
	int (*each_change)(struct store *s, struct str org, uint64_t from, uint64_t to, store_document_fn *fn,
	                   void *ctx, struct error *err);
	int (*each_audit)(struct store *s, const struct store_audit_filter *filter,
	                  int (*fn)(void *, const struct store_audit_row *), void *ctx, struct error *err);
	int (*count_audit)(struct store *s, const struct store_audit_filter *filter, uint64_t *ret_n,
	                   struct error *err);
	int (*each_revision)(struct store *s, struct str org, uint64_t from, uint64_t to,
	                     int (*fn)(void *, const struct store_audit_row *), void *ctx, struct error *err);
	int (*meta_get)(struct store *s, struct str key, struct arena *a, struct str *ret_value, struct error *err);
	int (*meta_put)(struct store *s, struct str key, struct str value, struct error *err);
};

struct store {
	const struct store_ops *ops;
	struct store_stats stats; /* written by the committing thread with atomic stores, read by any */
};

extern const struct store_ops store_memory_ops;
extern const struct store_ops store_sqlite_ops;
