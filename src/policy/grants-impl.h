#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the table of grants; only grants*.c include it.
 */
#include "base/hash.h"
#include "policy/grants.h"

enum { GRANTS_PER_PAGE = 32 };

/* Numbers of names and ordinals are the low or high half of a set's keys. */
#define NO_NAME        UINT32_MAX
#define NUMBERS_LIMIT  ((uint64_t)UINT32_MAX)
#define KEY(high, low) ((uint64_t)(high) << 32 | (uint64_t)(uint32_t)(low))

/* One grant. `id_len` is 0 where there is none. */
struct grant_record {
	uint64_t seq, rev;
	int64_t created_at_ms, updated_at_ms;
	uint32_t entity, grantee, grantor; /* numbers of their names */
	uint8_t entity_type : 2, grantee_type : 2, level : 2;
	uint8_t id_len;
	char id[GRANT_MAX_ID_BYTES];
};
static_assert(sizeof(struct grant_record) == 72, "what a grant costs beside its places in the sets");

struct grants_page {
	uint64_t owner; /* the edit that made it */
	uint32_t n;     /* how many of them there are */
	struct grant_record records[GRANTS_PER_PAGE];
};

/* A text with what it is the name of, so that an entity and a user of one id are two names. */
struct grants_name {
	uint32_t len;
	char tag;
	char text[];
};

static inline bool name_is(const struct grants_name *name, char tag, struct str text)
{
	return name->tag == tag && str_eq((struct str){name->text, name->len}, text);
}

static inline char tag_of_entity(enum entity_type type)
{
	return (char)('0' + (int)type);
}
static inline char tag_of_grantee(enum grantee_type type)
{
	return (char)('A' + (int)type);
}
#define TAG_GRANTOR '@'

static inline uint64_t name_hash(uint64_t seed, char tag, struct str text)
{
	return hash_str(seed + (uint64_t)(unsigned char)tag, text);
}
static inline uint32_t high_half(uint64_t hash)
{
	return (uint32_t)(hash >> 32);
}
static inline uint32_t id_hash(uint64_t seed, struct str id)
{
	return high_half(hash_str(seed, id));
}
static inline uint32_t pair_hash(uint64_t entity, uint64_t grantee)
{
	return high_half(hash_u64(entity ^ (grantee << 1 | grantee >> 63)));
}

static inline struct str record_id(const struct grant_record *r)
{
	return (struct str){r->id, r->id_len};
}
/* The record at an ordinal that is in one of the sets. */
static inline const struct grant_record *record_at(const struct grants *g, uint32_t ordinal)
{
	const struct grants_page *page = pvec_get(&g->pages, ordinal / GRANTS_PER_PAGE);

	return &page->records[ordinal % GRANTS_PER_PAGE];
}
static inline struct str name_text(const struct grants *g, uint32_t number)
{
	const struct grants_name *name = pvec_get(&g->names, number);

	return (struct str){name->text, name->len};
}
/* The number of the name, or NO_NAME. */
uint32_t name_find(const struct grants *g, char tag, struct str text);
/* A heap block for a name; the edit's. */
struct grants_name *name_new(struct edit *e, char tag, struct str text);
/* The grant as others see it. */
struct access_grant record_read(const struct grants *g, const struct grant_record *r);
/* A record of the grant, whose names have these numbers. */
struct grant_record record_of(const struct access_grant *grant, const uint32_t names[static 3]);
/* A page that this edit may change, with the place of the ordinal; made when there is none. */
struct grants_page *page_open(struct grants *g, struct edit *e, uint32_t ordinal);

/* The sets that an entry for the grant stands in, beside those by hash. */
static inline struct pset *set_by_entity(struct grants *g, const struct grant_record *r)
{
	return &g->by_entity[r->grantee_type];
}
static inline struct pset *set_by_grantee(struct grants *g, const struct grant_record *r)
{
	return &g->by_grantee[r->entity_type];
}
static inline struct pset *set_by_types(struct grants *g, const struct grant_record *r)
{
	return &g->by_types[r->entity_type][r->grantee_type];
}

/* Numbers are running out: makes the table anew with ordinals and names from 0 on (grants-load.c). */
void grants_renumber(struct grants *g, struct edit *e);
