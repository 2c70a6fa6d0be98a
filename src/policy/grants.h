#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Access grants (Aitronos) in a compact form: ten millions of them fit into less than 200 bytes each, all told. One
 * version of the table, immutable and shared as the engine's index is; it is part of the engine, for which a grant is a
 * statement without conditions and tenants:
 *
 *     allow { subject: the grantee; actions: read, or read and write, or read, write and admin;
 *             resource: "<entity type>:<entity id>", and of a composite slice its members; all tenants }
 *
 * Each costs what it answers, however many grants there are: a look by id, by entity and grantee, a page anywhere in a
 * filtered list and its total, a change.
 *
 *   pages      grants in creation order, some dozens a block; a grant's ordinal is its place
 *   names      texts that many grants share (entities, grantees, grantors), by number
 *   sets       ordinals by hash of the id, by hash of entity and grantee, by entity, by grantee, by their types
 *
 * Hashes only ever narrow the search: a match is proved by comparing texts. Pure.
 */
#include "base/pset.h"
#include "base/pvec.h"
#include "model/kinds.h"

struct grants {
	uint64_t seed; /* of the hashes; set before the first put */
	uint64_t n;
	uint64_t next_ordinal; /* below 2^32; the table is made anew when they run out */
	uint64_t next_name;
	struct pvec pages;                                     /* ordinal / GRANTS_PER_PAGE -> page */
	struct pvec names;                                     /* number -> text */
	struct pset by_name;                                   /* hash, number */
	struct pset by_id;                                     /* hash, ordinal */
	struct pset by_pair;                                   /* hash of entity and grantee, ordinal */
	struct pset by_entity[GRANTEE_N_TYPES];                /* number of the entity, ordinal */
	struct pset by_grantee[ENTITY_N_TYPES];                /* number of the grantee, ordinal */
	struct pset by_types[ENTITY_N_TYPES][GRANTEE_N_TYPES]; /* ordinal */
};

/* ---- changes ----------------------------------------------------------------------------------------- */

/*
 * Adds the grant, or replaces the one of its id (which keeps its place). Strings are copied. Asserts that the id has at
 * most GRANT_MAX_ID_BYTES and that no other grant has the same entity and grantee: both are checked before.
 */
void grants_put(struct grants *g, struct edit *e, const struct access_grant *grant);
/*
 * Adds a grant that was there before, where its `doc.seq` belongs in creation order. False, and nothing is changed,
 * when there is no free place: grants are numbered one after the other, and only one that went leaves its place free.
 */
bool grants_put_back(struct grants *g, struct edit *e, const struct access_grant *grant) MUST_USE;
/* Removes; false when there is none of that id. */
bool grants_remove(struct grants *g, struct edit *e, struct str id);
/* Retires all blocks and empties this version; the seed stays. */
void grants_retire_all(struct grants *g, struct edit *e);

/*
 * The way in for very many at once (start-up): grants are added in creation order, and the sets are made at the end.
 * Strings are copied. -EEXIST: two have one id, or one entity and grantee. The loader is freed by finish, also then.
 */
struct grants_loader *grants_loader_new(uint64_t seed);
void grants_loader_add(struct grants_loader *l, struct edit *e, const struct access_grant *grant);
int grants_loader_finish(struct grants_loader *l, struct edit *e, struct grants *ret) MUST_USE;

/* ---- looking: the strings of what is returned live in the table, as long as the version ----------------------- */

bool grants_find(const struct grants *g, struct str id, struct access_grant *ret);
bool grants_find_pair(const struct grants *g, enum entity_type entity_type, struct str entity_id,
                      enum grantee_type grantee_type, struct str grantee_id, struct access_grant *ret);

/* Which grants; zeroed: all. Everything that is set must hold. */
struct grants_filter {
	unsigned entity_types;  /* bit 1 << enum entity_type; 0: any */
	unsigned grantee_types; /* likewise */
	struct str entity_id;   /* absent: any */
	struct str grantee_id;  /* absent: any */
};
/*
 * At most `limit` grants in creation order, without the first `skip`; the array lives in `a`. `ret_total` (may be
 * NULL): how many there are in all.
 */
size_t grants_list(const struct grants *g, const struct grants_filter *f, uint64_t skip, size_t limit, struct arena *a,
                   const struct access_grant **ret, uint64_t *ret_total);

/* ---- for the engine -------------------------------------------------------------------------------------- */

/*
 * Subjects that grants are about, beside SUBJECT_USER, SUBJECT_GROUP and SUBJECT_ROLE: a department above one that the
 * asker is a member of, where departments inherit. Cannot come from outside; nothing but grants knows it.
 */
#define SUBJECT_INHERITED_DEPARTMENT "inherited-department:"

/*
 * The same look-up as grants_find_pair(), for many subjects and resources crosswise: each is hashed once, and the
 * look-ups are on their way before the first is waited for.
 */
struct grants_pair {
	enum entity_type entity_type;
	enum grantee_type grantee_type;
	struct str entity_id, grantee_id;
	uint64_t entity_hash, grantee_hash;
};
uint64_t grants_entity_hash(const struct grants *g, enum entity_type type, struct str id);
uint64_t grants_grantee_hash(const struct grants *g, enum grantee_type type, struct str id);
void grants_prefetch(const struct grants *g, uint64_t entity_hash, uint64_t grantee_hash);
bool grants_find_hashed(const struct grants *g, const struct grants_pair *pair, struct access_grant *ret);

/* What an engine subject is as a grantee; GRANTEE_NONE when grants are not about such. `*ret_id` is part of `subject`.
 */
enum grantee_type grantee_of_subject(struct str subject, struct str *ret_id);
/* The level that an action needs ("read", "write", "admin"); ACCESS_NONE: grants do not give it. */
static inline enum access_level grants_level_of(struct str action)
{
	return access_level_of(action);
}
/* What an engine resource ("knowledge_slice:kslice_1") is as an entity; ENTITY_NONE when grants are not about such. */
enum entity_type entity_of_resource(struct str resource, struct str *ret_id);
