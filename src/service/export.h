#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * An organization as an archive (model/archive.h): from a snapshot in pages, or from a store at once. Built-in
 * documents are part of the program and left out, and so are keys unless they are asked for. No archive holds a secret:
 * of a key only the hash, which is worth nothing without the installation's own secret (service/keys.h).
 */
#include "model/archive.h"
#include "policy/snapshot.h"
#include "store/store.h"

/* Where a page begins; zeroed: at the start. */
struct export_place {
	enum document_kind kind;
	uint64_t after; /* seq of the document it begins behind; of grants how many are before it */
};

struct export_options {
	bool with_keys;
	size_t max_bytes; /* of a page, exceeded by less than one document; 0: no limit */
};

/* The document as it leaves: without what leads to keys that stay. A copy in `a`, or `doc` itself. */
const struct document *export_document(const struct document *doc, bool with_keys, struct arena *a);

/*
 * Adds documents until the page is full. True: there are more, and `*place` is where the next page begins. `a` is
 * scratch.
 */
bool export_page(const struct snapshot *s, const struct export_options *options, struct export_place *place,
                 struct archive_writer *w, struct arena *a);

/*
 * Writes the newest state of an organization, reading the store once; documents of each kind wait in temporary files
 * for their turn. 0; STORE_NOT_FOUND: there is no such organization; or -errno.
 */
struct export_source {
	struct store *store;
	struct str org;
	bool with_keys;
};
int export_store(const struct export_source *source, FILE *out, struct error *err) MUST_USE;
