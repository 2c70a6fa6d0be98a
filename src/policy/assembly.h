#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * From stored documents to a snapshot: what a server does at its start, what a past state is loaded by, and what a
 * program that embeds the engine opens an organization with. Every snapshot also has the documents that are part of
 * the program: the roles of the dialects and the system policies.
 *
 * A document that is not understood fails the whole assembly: missing data must not widen access. Pure, one thread.
 */
#include "policy/snapshot.h"

/* A version of a document as stores and exports give it; borrowed. */
struct stored_version {
	struct str kind, id;
	uint64_t seq;
	uint64_t rev_from, rev_to; /* rev_to 0: current */
	struct str body;
};

/* An unsealed snapshot of what every organization has before it is made, at revision 0. */
struct snapshot *snapshot_with_builtins(struct str org, uint64_t seed);
/* Is the document part of the program (unless a stored one has taken its place)? */
bool document_is_builtin(enum document_kind kind, struct str id);

/* One that names nothing to grant, or nobody to grant it to, is not what this program writes. */
bool access_grant_is_whole(const struct access_grant *g);

struct assembly;

/* `org` must live as long as the snapshot; see snapshot_new(). */
struct assembly *assembly_new(struct str org, uint64_t seed);
/* Adds one, in creation order (by seq). 0, or -EUCLEAN or -EBADMSG: it is damaged or of an unknown kind. */
int assembly_add(struct assembly *as, const struct stored_version *v, struct error *err) MUST_USE;
/*
 * The same of a document that is there already, with seq and rev set: of its strings copies are kept. Also -EUCLEAN:
 * there is one of its kind and id.
 */
int assembly_add_document(struct assembly *as, const struct document *doc, struct error *err) MUST_USE;
/* The snapshot of all that was added, unsealed: to be sealed or dropped. 0 or -EUCLEAN; `as` is freed either way. */
int assembly_finish(struct assembly *as, uint64_t revision, struct snapshot **ret, struct error *err) MUST_USE;
/* Gives up. Accepts NULL. */
void assembly_free(struct assembly *as);
static inline void assembly_freep(struct assembly **as)
{
	assembly_free(*as);
}
