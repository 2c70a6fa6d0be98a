#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * struct pset: persistent ordered set of 64-bit integers that knows how many there are in any range (a B+ tree whose
 * inner nodes count what is below them). Versions and edits as in pmap.h: a version is immutable once another can see
 * it; a change copies the nodes on its way, or changes them in place when its own edit made them.
 *
 * Made for compactness: 8.4 bytes a key when built or appended in order, 9 when filled at random by many edits; where a
 * single edit fills it at random, up to 12. Every operation costs the height of the tree (4 levels at ten million
 * keys). A zeroed struct is the empty set. Sets are values: after a change, older copies of the struct are older
 * versions.
 */
#include "base/edit.h"

struct pset_node;

struct pset {
	struct pset_node *root; /* NULL when empty */
	uint64_t n;             /* number of keys */
	uint32_t height;        /* levels above the leaves */
};

bool pset_has(const struct pset *s, uint64_t key);
/* Adds; false when it is there already. */
bool pset_add(struct pset *s, struct edit *e, uint64_t key);
/* Removes; false when it is not there. Nodes that come to hold little are merged, so that memory follows n. */
bool pset_remove(struct pset *s, struct edit *e, uint64_t key);
/* How many keys are below `key`. */
uint64_t pset_rank(const struct pset *s, uint64_t key);
/* The key with `index` keys below it; asserts index < n. */
uint64_t pset_at(const struct pset *s, uint64_t index);
/* Makes `*s`, whatever it was, the set of `n` keys, sorted and without duplicates, in full nodes. */
void pset_build(struct pset *s, struct edit *e, const uint64_t *keys, uint64_t n);
/* Retires every node and empties this version. */
void pset_retire_all(struct pset *s, struct edit *e);
/* Starts to fetch the leaf that decides about the key; the nodes above it, which are few, are read on the way. */
void pset_prefetch(const struct pset *s, uint64_t key);

/*
 * The keys from `from` on, in order; the version must stay alive and unchanged.
 *   struct pset_iter it; uint64_t key;
 *   for (pset_iter_init(&it, s, from); pset_iter_next(&it, &key);) …
 */
struct pset_iter {
	struct {
		const struct pset_node *node;
		uint32_t at;
	} stack[16];
	uint32_t depth; /* 0 at the end */
	uint32_t height;
};
void pset_iter_init(struct pset_iter *it, const struct pset *s, uint64_t from);
bool pset_iter_next(struct pset_iter *it, uint64_t *ret_key);
