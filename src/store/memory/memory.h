#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory backend: the rows of store.h in plain arrays, in the order they were stored. It is also what the other
 * backends are compared with, so it prefers the obvious over the fast; two hash indexes alone keep a commit from
 * costing more with every document.
 *
 * Owner: the store owns every version and audit row, each one heap block with its strings behind it.
 * Thread rule: `lock` guards everything; readers hold it during their callbacks.
 */
#include <pthread.h>

#include "store/backend.h"

struct version {
	struct store_document row;
	size_t n; /* order of storing; breaks ties of seq */
};

struct organization {
	struct str name; /* owned */
	uint64_t revision;
};

enum index_by { BY_ID, BY_UNIQUE_KEY };

struct index {
	struct version **slots; /* NULL: free; n_slots is a power of two */
	size_t n_slots, n_used;
	uint64_t seed;
	enum index_by by;
};

struct meta_entry {
	struct str key, value; /* owned */
};

struct memory_store {
	struct store base;
	pthread_rwlock_t lock;
	struct version **versions;
	size_t n_versions, cap_versions;
	struct index by_id, by_unique_key; /* current versions only */
	struct organization *orgs;         /* ordered by name */
	size_t n_orgs, cap_orgs;
	struct store_audit_row **audit; /* ids are 1, 2, 3 …: the place plus one */
	size_t n_audit, cap_audit;
	struct meta_entry *meta;
	size_t n_meta, cap_meta;
};

/* Grows `*array` so that one more element of `size` bytes fits. */
void memory_reserve(void *array, size_t n, size_t *cap, size_t size);
/* The organization, or NULL. */
struct organization *memory_find_org(const struct memory_store *m, struct str name);
int memory_commit(struct store *s, struct store_set *sets, size_t n_sets, struct error *err) MUST_USE;
