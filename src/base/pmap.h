#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * struct pmap: persistent hash map (a hash array mapped trie, 64-way, compressed nodes).
 * A copy of the struct is a version; changing one version under an edit leaves all others
 * as they are, at the cost of one path. Keys are 64-bit hashes plus an equality callback:
 * the hash is never the only proof. Values are non-NULL pointers that the map does not own.
 *
 * Depth is bounded by the hash length; values whose hashes are equal in all 64 bits share a
 * collision node. No recursion. Readers of a version need no lock.
 */
#include "base/edit.h"

struct pmap_node;

struct pmap {
	struct pmap_node *root; /* NULL when empty */
	size_t n;               /* number of values */
	uint64_t filter; /* the owner's: bits of the hashes of keys it cares about; only pmap_retire_all() clears it */
};

/* True when `value` is what `key` names; called only when the 64-bit hashes are equal. */
typedef bool pmap_eq(const void *value, const void *key);

/* The value, or NULL. */
void *pmap_get(const struct pmap *m, uint64_t hash, pmap_eq *eq, const void *key);
/*
 * The same for many keys: sets each probe's value. The probes walk the trie in step, so that their memory latencies
 * overlap; `key` is handed to `eq`.
 */
struct pmap_probe {
	uint64_t hash;
	const void *key;
	void *value;
};
void pmap_get_many(const struct pmap *m, struct pmap_probe *probes, size_t n, pmap_eq *eq);
/*
 * The same without the last comparison: a value found is on its way to the cache, and only its hash is known to be
 * equal. The caller has something else to do meanwhile, and then compares.
 */
void pmap_find_many(const struct pmap *m, struct pmap_probe *probes, size_t n, pmap_eq *eq);
/* Starts to fetch the first node on the way to the hash that may be far away. */
void pmap_prefetch(const struct pmap *m, uint64_t hash);
/* Adds or replaces; returns the value that was replaced, or NULL. The caller retires what it owns. */
void *pmap_put(struct pmap *m, struct edit *e, uint64_t hash, pmap_eq *eq, const void *key, void *value);
/* Removes; returns the value that was there, or NULL. */
void *pmap_remove(struct pmap *m, struct edit *e, uint64_t hash, pmap_eq *eq, const void *key);
/* Retires every node (not the values) and empties this version. */
void pmap_retire_all(struct pmap *m, struct edit *e);

/*
 * Iteration in an order that is fixed for one version and means nothing. The version must stay alive and unchanged.
 *   struct pmap_iter it; pmap_iter_init(&it, m); while ((v = pmap_iter_next(&it))) …
 */
struct pmap_iter {
	struct {
		const struct pmap_node *node;
		uint32_t at;
	} stack[16];
	uint32_t depth;
};
void pmap_iter_init(struct pmap_iter *it, const struct pmap *m);
void *pmap_iter_next(struct pmap_iter *it);
