#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * struct ptrie: persistent map of strings in the order of their bytes (a crit-bit tree). Versions and edits as in
 * pmap.h: a copy of the struct is a version; a change copies the nodes on its way, or changes them in place when its
 * own edit made them. A zeroed struct is the empty map.
 *
 * Keys are read from the values, by a function that the caller hands to every call: values are non-NULL pointers to at
 * least two bytes aligned blocks, which the map does not own. A key may be any string, of which others may be
 * beginnings; no two values have the same.
 *
 * Every operation costs the bits in which keys on its way differ: about 1.4 log2(n) for keys that say nothing of each
 * other, at most nine for each byte of the longest. One node of 32 bytes a key. No recursion. Made for what is looked
 * at in order; to find one of many fast, see pmap.h.
 */
#include "base/edit.h"
#include "base/str.h"

typedef struct str ptrie_key(const void *value);

struct ptrie {
	uintptr_t root; /* 0 when empty; a value, or with its lowest bit set a node */
	uint64_t n;     /* number of values */
};

/* The value of this key, or NULL. */
void *ptrie_get(const struct ptrie *t, ptrie_key *key_of, struct str key);
/* The value of the smallest key that is not below `key`, or NULL. */
void *ptrie_from(const struct ptrie *t, ptrie_key *key_of, struct str key);
/* The value of the smallest key above `key`, or NULL: the next in an iteration. */
void *ptrie_behind(const struct ptrie *t, ptrie_key *key_of, struct str key);
/* Adds, or replaces the value of the same key, which is returned (else NULL). The caller retires what it owns. */
void *ptrie_put(struct ptrie *t, struct edit *e, ptrie_key *key_of, void *value);
/* Removes; returns the value that was there, or NULL. */
void *ptrie_remove(struct ptrie *t, struct edit *e, ptrie_key *key_of, struct str key);
/* Retires every node (not the values) and empties this version. */
void ptrie_retire_all(struct ptrie *t, struct edit *e);
