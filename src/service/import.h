#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * An archive (model/archive.h) becomes the state of an organization, in one change set: all of it or nothing. What is
 * in it is held to the rules that the dialects' writes are held to, each document against the state that comes out:
 * names that are taken, references that lead nowhere, conditions that do not compile and whatever else a write would be
 * refused for are refused, and so is what is not spelled as it would be stored. Runs in a job of the writer.
 */
#include "model/archive.h"
#include "service/result.h"
#include "service/service.h"

/* A change set holds 2^20 documents. */
#define IMPORT_MAX_DOCUMENTS 1000000u

enum import_mode {
	/* Into one that is being made; it gets a first owner, if the archive has no user of that id. */
	IMPORT_NEW,
	/*
	 * Into an organization that nobody has used: it has nothing but what it was made with, and keys. What the
	 * archive does not have of that goes, so that what is exported afterwards is the archive. Keys stay; and where
	 * the archive has no user of its first owner's id, so do that user and its role.
	 */
	IMPORT_REPLACE,
	IMPORT_MERGE, /* beside what there is; an id that is taken is refused, but for documents that are just the same
	               */
};

struct import_report {
	uint64_t n_documents; /* made or replaced */
	uint64_t n_same;      /* were there already */
	uint64_t n_removed;
};

/*
 * SERVICE_INVALID: `err` begins with the JSON pointer to the document. SERVICE_CONFLICT: the organization is in use, or
 * (merge) an id is taken. SERVICE_FAILED_PRECONDITION: too many documents, or nobody could manage what comes out.
 */
enum service_result import_archive(struct txn *t, const struct archive *archive, enum import_mode mode,
                                   struct import_report *ret, struct error *err) MUST_USE;
