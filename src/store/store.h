#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: versioned documents and revisions, the same rows in every backend.
 *
 *   revision(org, rev, at, actor, via, operation, target, remote, request_id)   one row a committed change set
 *   document(org, kind, id, rev_from, rev_to, unique_key, seq, body)   rev_to null = current version
 *   audit(id, org, at, actor, via, operation, target, remote, request_id, event, credential, tenant, method, path,
 *         warning, outcome, status, rev)                        one row a change set, and one a refused attempt or an
 *                                                             audited read
 *   meta(key, value)                                          schema version and the like
 *
 * A change set is one transaction: it ends old versions, inserts new ones and its revision row, or does
 * nothing. Revisions of an organization are 1, 2, 3 … without gaps. Time travel, the audit
 * trail and catch-up read the same rows. The store does not look inside bodies; it keeps
 * unique_key unique among the current rows of one organization and kind.
 *
 * Errors: 0; a positive enum store_result, to be handled; or a negative errno, after which nothing of the
 * call is stored. -ENOSPC: full; -EBUSY: locked by somebody else; -EROFS, -EIO, -EUCLEAN (damaged).
 *
 * Thread rule: one thread calls store_commit(); any number may call the readers at the same time.
 */
#include "base/arena.h"
#include "base/error.h"

enum store_result {
	STORE_OK = 0,
	STORE_CONFLICT = 1, /* a unique key is taken, or a document to end is not current */
	STORE_STALE = 2,    /* somebody else committed a revision in between */
	STORE_NOT_FOUND = 3,
};

struct store;

/*
 * Opens by URL: "memory:" (gone when closed), "sqlite:PATH" (created when missing, with parent folder existing;
 * migrated to the newest schema; a newer schema than this program's is refused). Options of sqlite: follow the path:
 * "sqlite:PATH?busy_timeout_ms=2000&checkpoint_pages=4000". -EBUSY: another process has the store open.
 */
int store_open(struct str url, struct store **ret_store, struct error *err) MUST_USE;
/*
 * Opens what is there ("sqlite:PATH" alone) for the readers, beside another process that has it open or not: what that
 * one commits is seen by the next call. Takes no lock, makes and migrates nothing; a schema other than this program's
 * is refused (-EINVAL). store_commit() and store_meta_put() give -EROFS. Of a database that nobody has open, the folder
 * must be one that SQLite may make its write-ahead files in.
 */
int store_open_read_only(struct str url, struct store **ret_store, struct error *err) MUST_USE;
void store_close(struct store *s); /* accepts NULL */
static inline void store_closep(struct store **s)
{
	store_close(*s);
}

/* One document's part in a change set. */
struct store_change {
	struct str kind;       /* name of the kind, e.g. "user" */
	struct str id;         /* at most 512 bytes */
	struct str unique_key; /* absent: none */
	uint64_t seq;          /* place in creation order; the same for all versions of one document */
	struct str body;       /* JSON text; absent: the document ends (is deleted) */
};

enum audit_outcome { AUDIT_REFUSED, AUDIT_DONE };

/* A change set with what the audit trail says of it; or, with outcome AUDIT_REFUSED and no changes, a refused attempt.
 */
struct store_set {
	struct str org;
	uint64_t base_revision; /* the set was validated against this one (earlier sets of the same call counted);
	                           ignored for AUDIT_REFUSED */
	int64_t at_ms;
	struct str actor;     /* e.g. "user:owner"; empty: nobody was identified */
	struct str via;       /* how it came: dialect name, "native", "bootstrap" … */
	struct str operation; /* e.g. "iam:policies:create" */
	struct str target;    /* what it was about, e.g. "iam:policies:p1" */
	struct str remote;    /* peer address */
	struct str request_id;
	struct str event; /* the dialect's own name of the operation, e.g. "create_access_policy"; may be empty, as all
	                     below */
	struct str credential; /* id of the key that was used */
	struct str tenant;     /* the one the call was about */
	struct str method, path;
	struct str warning; /* what the change widened, in words */
	enum audit_outcome outcome;
	unsigned status;                    /* HTTP status of the answer */
	const struct store_change *changes; /* in any order; a document at most once, or it is a conflict */
	size_t n_changes;                   /* AUDIT_DONE with 0 changes makes no revision, only an audit row */

	/* filled by store_commit() */
	int result;        /* enum store_result of this set */
	uint64_t revision; /* the revision it became; 0 when none */
};

/*
 * Group commit: all sets in one durable transaction, in order. Returns 0 when the transaction is durable and each set's
 * `result` is STORE_OK; STORE_CONFLICT or STORE_STALE when some set cannot be applied: then NOTHING is stored and that
 * set's `result` says why (the caller commits the others without it). Negative errno: nothing is stored.
 */
int store_commit(struct store *s, struct store_set *sets, size_t n_sets, struct error *err) MUST_USE;

/* Rows handed to callbacks are valid during the call. A callback returns 0 to go on; another value stops and is
 * returned. It may call readers, but not store_commit() or store_meta_put(). */
struct store_document {
	struct str org, kind, id, unique_key;
	uint64_t seq, rev_from, rev_to; /* rev_to 0: current */
	struct str body;
};
typedef int store_document_fn(void *ctx, const struct store_document *row);

/* All organizations with at least one revision: name and newest revision, ordered by name. */
int store_each_org(struct store *s, int (*fn)(void *ctx, struct str org, uint64_t revision), void *ctx,
                   struct error *err) MUST_USE;
/* The newest revision, 0 for none. */
int store_revision(struct store *s, struct str org, uint64_t *ret_revision, struct error *err) MUST_USE;
/* The documents as they were at `revision` (0: the newest), ordered by seq. One consistent view. */
int store_each_document(struct store *s, struct str org, uint64_t revision, store_document_fn *fn, void *ctx,
                        struct error *err) MUST_USE;
/* All versions that began or ended in a revision in (from, to], ordered by the revision of that event, then seq
 * (incremental catch-up). A version that did both comes twice; an end comes before the beginning that replaces it. */
int store_each_change(struct store *s, struct str org, uint64_t from, uint64_t to, store_document_fn *fn, void *ctx,
                      struct error *err) MUST_USE;

struct store_audit_row {
	uint64_t id; /* growing */
	struct str org, actor, via, operation, target, remote, request_id;
	struct str event, credential, tenant, method, path, warning; /* see struct store_set */
	int64_t at_ms;
	enum audit_outcome outcome;
	unsigned status;
	uint64_t revision; /* 0: none */
};
#define STORE_MAX_AUDIT_EVENTS 64u
/* What to list: newest first, or, with `ascending`, oldest first; strictly before (after) `cursor` (0: from the end).
 */
struct store_audit_filter {
	struct str org;
	uint64_t cursor;
	bool ascending;
	int64_t since_ms, until_ms; /* [since, until); INT64_MIN / INT64_MAX: open */
	struct str actor;           /* absent: anybody */
	struct str operation;       /* absent: any */
	struct str target;          /* absent: any */
	struct str tenant;          /* absent: any */
	struct str_list events;     /* any of these (at most STORE_MAX_AUDIT_EVENTS); empty: any */
	bool has_event;             /* only rows that have one */
	uint64_t revision;          /* 0: any */
	/*
	 * Of a target "<kind>:<name>/<name>/…": one of its names; its first names; absent: any. A name may hold
	 * slashes, and then stands for several.
	 */
	struct str target_name, target_root;
	struct str search; /* part of event, actor or target, capitals of ASCII or not; absent: any */
	uint64_t skip;     /* so many of the first matches are left out */
	size_t limit;      /* at least 1 */
};
/*
 * Costs the rows of the organization (with events asked for: those that have one) from the end where it begins up to
 * the last match that it needs, or one revision's row. -EINVAL: no limit, too many events, a NUL in a text.
 */
int store_each_audit(struct store *s, const struct store_audit_filter *filter,
                     int (*fn)(void *ctx, const struct store_audit_row *row), void *ctx, struct error *err) MUST_USE;
/* How many rows that would be; of events alone, without reading them. */
int store_count_audit(struct store *s, const struct store_audit_filter *filter, uint64_t *ret_n,
                      struct error *err) MUST_USE;
/*
 * The rows of the revisions in (from, to], oldest first, without those of refused attempts and audited reads. Costs
 * what it gives.
 */
int store_each_revision(struct store *s, struct str org, uint64_t from, uint64_t to,
                        int (*fn)(void *ctx, const struct store_audit_row *row), void *ctx, struct error *err) MUST_USE;

/* Small values of the installation, outside revisions. STORE_NOT_FOUND when missing. The copy lives in `a`.
 * Any thread; the key "schema" is the store's own. */
int store_meta_get(struct store *s, struct str key, struct arena *a, struct str *ret_value, struct error *err) MUST_USE;
int store_meta_put(struct store *s, struct str key, struct str value, struct error *err) MUST_USE;

struct store_stats {
	uint64_t n_commits; /* transactions */
	uint64_t n_sets;    /* change sets in them */
	uint64_t commit_ns; /* time spent in them, all told */
};
struct store_stats store_stats(struct store *s);
