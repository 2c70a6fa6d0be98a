#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A snapshot: all documents of one organization at one revision, with the engine compiled
 * from them. Immutable once sealed; readers need no lock. A fork is a snapshot being changed: it shares all that
 * it does not change, and costs nothing until then. Preview is a fork that is never sealed.
 *
 * Ownership: the creator of a fork seals it (and frees the retired blocks of its base once no
 * reader can hold an older version) or drops it. Pure: no locks, no clock.
 */
#include "base/ptrie.h"
#include "model/kinds.h"
#include "policy/engine.h"
#include "policy/grants.h"
#include "policy/tags.h"

struct native_env;

struct snapshot {
	uint64_t revision;
	struct str org; /* borrowed from the creator */
	struct engine engine;
	struct pmap docs;                /* (kind, id) */
	struct pmap aliases;             /* (kind, alias) */
	struct pmap links;               /* (kind, link) -> link set */
	struct pvec order[DOC_N_KINDS];  /* by ordinal: creation order */
	struct ptrie by_id[DOC_N_KINDS]; /* of the kinds that are searched for, see snapshot_next_id() */
	uint64_t n_docs[DOC_N_KINDS];
	uint64_t next_ordinal[DOC_N_KINDS];
	struct grants grants;     /* the documents of kind ACCESS_GRANT; only snapshot_version() finds them here, too */
	struct tag_plan tag_plan; /* of the tag policies there are and were */
	struct native_env *native_env; /* of conditions of access policies; NULL: there was none yet */
	struct edit edit;              /* of a fork; zeroed once sealed */
};

/* An empty fork of nothing, at revision 0. */
struct snapshot *snapshot_new(struct str org, uint64_t seed);
struct snapshot *snapshot_fork(const struct snapshot *base);
/* Adds or replaces a document; takes it over (a heap block of document_decode(), seq and times set). Creation order is
 * the order of first puts. */
void snapshot_put(struct snapshot *fork, struct document *doc);
/*
 * Adds a document that was there before, and is not now, where its `seq` belongs in creation order; takes it over.
 * False (and it is freed) when there is no free place: documents are numbered one after the other, and only one that
 * went from this lineage leaves its place free. A tenant's never is, unless it is the last.
 */
bool snapshot_put_back(struct snapshot *fork, struct document *doc) MUST_USE;
/* Puts the grants of a fork that has none yet, all at once. 0 or -EEXIST; the loader is freed. */
int snapshot_load_grants(struct snapshot *fork, struct grants_loader *loader) MUST_USE;
/* Removes; false when there is none. */
bool snapshot_remove(struct snapshot *fork, enum document_kind kind, struct str id);
/*
 * From now on immutable, though not yet kept: whoever has `*ret_edit` decides over its blocks, by edit_seal() (kept;
 * what the base had and this one has not is then to be freed once no reader can hold an older version) or by
 * edit_drop() and snapshot_free_shell().
 */
void snapshot_freeze(struct snapshot *fork, struct edit *ret_edit);
/* Both at once: freezes and keeps. The retired blocks are owned by the caller. */
void snapshot_seal(struct snapshot *fork, struct edit_blocks *ret_retired);
/* Frees the struct alone, of a snapshot that has a successor (its blocks live on there or in the retired list) or whose
 * edit was dropped. */
void snapshot_free_shell(struct snapshot *s);
/* Drops a fork: its base is untouched. Accepts NULL. */
void snapshot_drop(struct snapshot *fork);
/* Frees a sealed snapshot and everything in it; nothing else may share it. Accepts NULL. */
void snapshot_free_all(struct snapshot *s);

/* By canonical id; NULL when there is none. Borrowed from the snapshot, as all below. */
const struct document *snapshot_find(const struct snapshot *s, enum document_kind kind, struct str id);
/* By canonical id, else by alias (for users also the e-mail address). */
const struct document *snapshot_find_any(const struct snapshot *s, enum document_kind kind, struct str name);
/*
 * What all documents have, of a current one of any kind; false when there is none. The strings live as long as the
 * snapshot.
 */
bool snapshot_version(const struct snapshot *s, enum document_kind kind, struct str id, struct document *ret);
/*
 * snapshot_find() of several ids at once, and whose alias or unique text each is: for very many, since the look-ups do
 * not wait for each other. At most SNAPSHOT_MANY.
 */
#define SNAPSHOT_MANY 16u
void snapshot_find_many(const struct snapshot *s, enum document_kind kind, const struct str *ids, size_t n,
                        const struct document **ret_by_id, const struct document **ret_by_alias);
/* By what is unique about it (document_unique_key()), not for users; NULL when there is none. */
const struct document *snapshot_find_unique(const struct snapshot *s, enum document_kind kind, struct str unique_key);
/* The organization itself; NULL in a snapshot that was not made by a service. */
const struct organization *snapshot_organization(const struct snapshot *s);
/* The next document of the kind in creation order, from `*ordinal` (0: the first) on; sets it to behind the one
 * returned. NULL at the end. */
const struct document *snapshot_next(const struct snapshot *s, enum document_kind kind, uint64_t *ordinal);
/* The one before `*ordinal` (UINT64_MAX: the last); sets it to that of the one returned. NULL: there is none. */
const struct document *snapshot_previous(const struct snapshot *s, enum document_kind kind, uint64_t *ordinal);
/* The ordinal from which on snapshot_next() gives the documents behind the place `after` (doc.seq); found by halving.
 */
uint64_t snapshot_ordinal_behind(const struct snapshot *s, enum document_kind kind, uint64_t after);
/*
 * The next document of the kind in the order of the ids' bytes: behind the id, or from it on; NULL at the end. For
 * users, service accounts, groups, roles, resources and application entitlements.
 */
const struct document *snapshot_next_id(const struct snapshot *s, enum document_kind kind, struct str behind,
                                        bool is_included);
/* The documents of the kind with this link, in creation order; the array lives in `a`. */
size_t snapshot_linked(const struct snapshot *s, enum document_kind kind, struct str link, struct arena *a,
                       const struct document *const **ret_docs);
/* How many they are, without looking at them. */
size_t snapshot_count_linked(const struct snapshot *s, enum document_kind kind, struct str link);
/* Sorts by creation order. */
void snapshot_sort(const struct document **docs, size_t n);

#define FIND(s, lower, upper, id) as_##lower(snapshot_find((s), DOC_##upper, (id)))
