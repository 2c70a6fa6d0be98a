#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What revisions changed: their documents before and after, the states on either side, and what that did to access.
 */
#include "json/json.h"
#include "service/service.h"

/* A document that a revision changed. Bodies as they are stored; one of them may be absent, never both. */
struct changed_document {
	enum document_kind kind;
	struct str id;
	struct str before, after;
	uint64_t seq;
};

/* All of them, in the order of the documents' creation. */
struct change {
	uint64_t revision;
	const struct changed_document *documents;
	size_t n_documents;
};

/* Reads what the revision changed; in `a`. 0 or -errno. */
int change_read(struct service *svc, struct org *org, uint64_t revision, struct arena *a, struct change *ret,
                struct error *err) MUST_USE;
/* The rows of the revisions in (from, to], oldest first. */
int service_each_revision(struct service *svc, struct org *org, uint64_t from, uint64_t to,
                          int (*fn)(void *ctx, const struct store_audit_row *row), void *ctx,
                          struct error *err) MUST_USE;

/*
 * The states before and after one revision after the other, each a fork of the one before. One thread; the first state
 * must live as long.
 */
struct changes_walk {
	const struct snapshot *before, *after; /* of the last step; `after` is where the next one begins */
	struct snapshot **forks;               /* made here */
	size_t n, cap;
};
/* Begins at a state; `first` NULL: where there was no organization yet. */
void changes_walk_init(struct changes_walk *w, struct org *org, const struct snapshot *first);
/* Applies the change of the revision behind `after`. 0 or -errno. */
int changes_walk_step(struct changes_walk *w, const struct change *c, struct error *err) MUST_USE;
void changes_walk_release(struct changes_walk *w);

/* ---- access_change.c ------------------------------------------------------------------------------------------ */

/*
 * Writes what a change did to access, as the members of an object that is open: how many statements came and went by
 * effect, each counted once a subject, and memberships; and whether anybody can have gained or lost by it:
 *
 *   none      nobody
 *   widened   nobody has lost anything
 *   narrowed  nobody has gained anything
 *   unclear   either may be
 *
 * It looks at what changed and at what follows from it, not at every question there could be: "unclear" is said where
 * only those would tell.
 */
void access_change_write(const struct snapshot *before, const struct snapshot *after, const struct change *c,
                         struct json_writer *w);
