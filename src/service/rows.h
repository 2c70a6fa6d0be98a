#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading ahead: the store's rows are read on a thread of their own, a few batches before whoever works with them, so
 * that a start with many documents uses two processors.
 */
#include "store/store.h"

struct rows_place {
	struct str org;
	uint64_t revision;
};

/*
 * Hands the documents as they were at `revision` (0: the current ones) to `fn`, on the calling thread, as
 * store_each_document() does, except for their unique keys, which are absent.
 */
int rows_each(struct store *store, const struct rows_place *place, store_document_fn *fn, void *ctx,
              struct error *err) MUST_USE;
