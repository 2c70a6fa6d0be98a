#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of struct pset; only pset*.c include it.
 *
 * Shape: leaves of sorted keys, all on one level; inner nodes of children, with the lower bound of each and the number
 * of keys up to and with it. So the way down by key and the way down by index are the same search in two arrays.
 *
 * Every node has at least a quarter of what it can hold, except on the right edge of the tree: there a full node is
 * not halved but a new one begun, so that appending leaves full nodes behind.
 *
 * A leaf that is copied for a change gets about the room that it needs: where each change is an edit of its own, leaves
 * are as tight as if they had been built so. One that the same edit makes grow again gets twice that room.
 */
#include "base/pset.h"

enum {
	LEAF_KEYS = 125, /* 1 KB with its head and the allocator's word */
	LEAF_MIN = LEAF_KEYS / 4,
	LEAF_STEP = 8, /* the room of a leaf is LEAF_KEYS less a multiple of it: blocks end where cache lines end */
	N_KIDS = 64,
	KIDS_MIN = N_KIDS / 4,
	STRETCH = 8, /* numbers in a cache line */
	N_LEVELS = N_ELEMENTS(((struct pset_iter *)NULL)->stack)
};

struct pset_node {
	uint64_t owner;
	uint32_t n;   /* keys or children */
	uint32_t cap; /* of keys or children */
};

struct leaf {
	struct pset_node head;
	uint64_t keys[];
};

struct inner {
	struct pset_node head;
	uint64_t low[N_KIDS];  /* lower bounds; the first one is that of this node, 0 on the left edge of the tree */
	uint64_t upto[N_KIDS]; /* number of keys in this child and those before it */
	struct pset_node *kid[N_KIDS];
};

/* A child that has no place yet. */
struct kid {
	struct pset_node *node;
	uint64_t low;
	uint64_t n; /* keys */
};

/* A way from the root to a leaf: what stands at each level, and which child (in the leaf: which key) comes next. */
struct path {
	struct pset_node *node[N_LEVELS];
	uint32_t at[N_LEVELS];
};

static inline struct leaf *leaf_of(const struct pset_node *node)
{
	return (struct leaf *)(uintptr_t)node;
}

static inline struct inner *inner_of(const struct pset_node *node)
{
	return (struct inner *)(uintptr_t)node;
}

/*
 * How many of the sorted numbers are not above x: first which stretch of them, a cache line long, then where in it. In
 * the random order of hashes this takes 0.7 of the time of a binary search (measured at ten million keys), whose steps
 * cannot be foretold, and which waits for each line before it knows the next one to fetch.
 */
static inline uint32_t count_upto(const uint64_t *sorted, uint32_t n, uint64_t x)
{
	uint32_t at = 0, end;

	while (at + STRETCH <= n && sorted[at + STRETCH - 1] <= x)
		at += STRETCH;
	end = at + STRETCH < n ? at + STRETCH : n;
	for (uint32_t i = at; i < end; i++)
		at += sorted[i] <= x;
	return at;
}

static inline uint32_t kid_for(const struct inner *inner, uint64_t key)
{
	return count_upto(inner->low + 1, inner->head.n - 1, key);
}

static inline uint64_t n_before(const struct inner *inner, uint32_t at)
{
	return at > 0 ? inner->upto[at - 1] : 0;
}

static inline uint64_t n_keys(const struct pset_node *node, bool is_leaf)
{
	return is_leaf ? node->n : n_before(inner_of(node), node->n);
}

/* Finds the place behind the last key that is not above this one; true when the key is there. */
bool pset_find_path(const struct pset *s, struct path *p, uint64_t key);
