#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * An archive: one organization as one JSON document, as it is exported and imported (docs/moving.md has the format for
 * people). Made of text and documents alone: it needs neither a store nor a service.
 *
 *     {"format":"doorward-organization","version":1,"organization":"default","revision":17,"documents":{
 *     "user":[
 *     {"id":"alice","email":"a@x.org","created_at":1763805600000,"updated_at":1763805600000}
 *     ],
 *     "role":[…]
 *     }}
 *
 * Documents stand below the name of their kind, in creation order: "id" and the members of the stored body
 * (document_encode()). What this writer makes of the same documents is the same byte for byte. The reader takes them in
 * any layout and any order of members, and nothing that it does not know: unknown members, kinds and newer versions are
 * refused, since whoever leaves out what it does not understand may widen access. One thread at a time.
 */
#include "model/document.h"

#define ARCHIVE_FORMAT  "doorward-organization"
#define ARCHIVE_VERSION 1u

struct archive_head {
	struct str organization;
	uint64_t revision; /* that it was at */
};

/* ---- writing ---------------------------------------------------------------------------------------------- */

struct archive_writer {
	struct buf *out; /* may be emptied between calls: what was written is not looked at again */
	enum document_kind kind;
};
void archive_begin(struct archive_writer *w, struct buf *out, const struct archive_head *head);
/* Kinds come in the order of enum document_kind (asserted), the documents of one in creation order. */
void archive_add(struct archive_writer *w, const struct document *doc);
/* The same of a document that was written before: the text that the line of another archive holds. */
void archive_add_text(struct archive_writer *w, enum document_kind kind, struct str line);
/* `next_cursor`: this is a part, and where the next begins; absent: it is whole. */
void archive_end(struct archive_writer *w, struct str next_cursor);

/* What of the document does not leave with it unless keys are asked for: the keys themselves. */
bool archive_leaves_out(enum document_kind kind, bool with_keys);

/* ---- reading ---------------------------------------------------------------------------------------------- */

struct archive {
	struct archive_head head;
	struct str next_cursor;        /* absent: it is whole */
	struct str lists[DOC_N_KINDS]; /* the text behind the bracket of each kind's list; absent: no such kind */
};

/*
 * Looks at the head and finds the lists; borrows from `text` and `a`. 0 or -EBADMSG: `err` says what is wrong,
 * beginning with a JSON pointer to it.
 */
int archive_open(struct str text, struct arena *a, struct archive *ret, struct error *err) MUST_USE;

/* Goes through the documents, kind by kind. Zeroed but for `archive`: at the first. */
struct archive_cursor {
	const struct archive *archive;
	enum document_kind kind; /* of the document read last, whose place is /documents/<kind>/<index> */
	size_t at;
	uint64_t index;
	uint64_t n; /* documents read so far */
};
/*
 * The next document, in `a`, without seq and rev. 1; 0 at the end; -EBADMSG: it is none, and `err` begins with the JSON
 * pointer. Ids are checked for their length alone, and references not at all: that is the importer's.
 */
int archive_next(struct archive_cursor *c, struct arena *a, struct document **ret, struct error *err) MUST_USE;
