/* SPDX-License-Identifier: Apache-2.0
 *
 * A node holds its children first and its leaves {hash, value} behind them, both packed and
 * in the order of their bits, so that a lookup reads the node's head and one slot a level, and
 * counts bits once on its way down.
 * Canonical form: a node other than the root has a child or at least two leaves; so equal
 * contents have equal shapes and a removal gives back what an insertion took.
 */
#include "base/pmap.h"

enum {
	SLOT_BITS = 6,
	N_SLOTS = 1 << SLOT_BITS,
	COLLISION_LEVEL = (64 + SLOT_BITS - 1) / SLOT_BITS, /* the hash is used up: plain list of leaves */
	N_LEVELS = COLLISION_LEVEL + 1,
	LEAF_WORDS = 2,
	BATCH = 16,
	HOT_LEVELS = 2, /* at most 64 + 1 nodes: every lookup comes by them, so they are in the cache */
	LINE_BYTES = 64 /* values are prefetched two lines long: more than half of them end there */
};

struct leaf {
	uint64_t hash;
	void *value;
};

struct pmap_node {
	uint64_t owner;
	uint64_t kids;   /* bit: a child stands there; 0 in a collision node */
	uint64_t leaves; /* bit: a leaf stands there; in a collision node the number of leaves */
	uint32_t cap;    /* words allocated behind the head */
	uint32_t n_kids; /* bits of `kids` */
	uint64_t words[];
};

static_assert(sizeof(struct leaf) == LEAF_WORDS * sizeof(uint64_t), "a leaf is two words");
static_assert(sizeof(void *) == sizeof(uint64_t), "a child is one word");
static_assert(N_LEVELS <= N_ELEMENTS(((struct pmap_iter *)NULL)->stack), "the iterator holds a whole path");

static uint64_t bit_of(uint64_t hash, uint32_t level)
{
	return UINT64_C(1) << ((hash >> (level * SLOT_BITS)) & (N_SLOTS - 1));
}

/* Bits set. Written out: without the instruction, which not every machine has, the builtin is a call. */
static size_t count(uint64_t x)
{
	x -= x >> 1 & UINT64_C(0x5555555555555555);
	x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
	x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return (size_t)(x * UINT64_C(0x0101010101010101) >> 56);
}

static size_t n_leaves(const struct pmap_node *node, uint32_t level)
{
	return level == COLLISION_LEVEL ? (size_t)node->leaves : count(node->leaves);
}

static struct leaf *leaf_at(const struct pmap_node *node, size_t i)
{
	return (struct leaf *)(uintptr_t)(node->words + node->n_kids) + i;
}

static struct pmap_node **kid_at(const struct pmap_node *node, size_t i)
{
	return (struct pmap_node **)(uintptr_t)node->words + i;
}

static struct pmap_node **kid_for(const struct pmap_node *node, uint64_t bit)
{
	return kid_at(node, count(node->kids & (bit - 1)));
}

static struct leaf *leaf_for(const struct pmap_node *node, uint64_t bit)
{
	return leaf_at(node, count(node->leaves & (bit - 1)));
}

static struct leaf *collision_find(const struct pmap_node *node, uint64_t hash, pmap_eq *eq, const void *key)
{
	for (size_t i = 0; i < node->leaves; i++) {
		struct leaf *leaf = leaf_at(node, i);
		if (leaf->hash == hash && eq(leaf->value, key))
			return leaf;
	}
	return NULL;
}

void *pmap_get(const struct pmap *m, uint64_t hash, pmap_eq *eq, const void *key)
{
	const struct pmap_node *node = m->root;
	const struct leaf *leaf;

	for (uint32_t level = 0; node && level < COLLISION_LEVEL; level++) {
		uint64_t bit = bit_of(hash, level);

		if (node->kids & bit) {
			node = *kid_for(node, bit);
			continue;
		}
		if (!(node->leaves & bit))
			return NULL;
		leaf = leaf_for(node, bit);
		return leaf->hash == hash && eq(leaf->value, key) ? leaf->value : NULL;
	}
	leaf = node ? collision_find(node, hash, eq, key) : NULL;
	return leaf ? leaf->value : NULL;
}

/* One step of one probe; false when it has arrived. */
static bool probe_step(struct pmap_probe *p, const struct pmap_node **node, uint32_t level)
{
	uint64_t bit = bit_of(p->hash, level);
	const struct leaf *leaf;

	if ((*node)->kids & bit) {
		*node = *kid_for(*node, bit);
		__builtin_prefetch(*node);
		return true;
	}
	if ((*node)->leaves & bit) {
		leaf = leaf_for(*node, bit);
		if (leaf->hash == p->hash) {
			p->value = leaf->value;
			__builtin_prefetch(p->value);
			__builtin_prefetch((const char *)p->value + LINE_BYTES);
		}
	}
	return false;
}

static void probe_group(const struct pmap *m, struct pmap_probe *probes, size_t n, pmap_eq *eq)
{
	/* Both are filled before they are read; zeroing them on each call would cost as much as a step. */
	const struct pmap_node *nodes[BATCH] __attribute__((uninitialized));
	uint32_t at[BATCH] __attribute__((uninitialized));
	uint32_t n_active = (uint32_t)n;

	for (uint32_t i = 0; i < n; i++) {
		nodes[i] = m->root;
		at[i] = i;
		probes[i].value = NULL;
	}
	for (uint32_t level = 0; level < COLLISION_LEVEL && n_active > 0; level++) {
		uint32_t n_left = 0;

		for (uint32_t i = 0; i < n_active; i++) {
			if (probe_step(&probes[at[i]], &nodes[at[i]], level))
				at[n_left++] = at[i];
		}
		n_active = n_left;
	}
	for (uint32_t i = 0; i < n_active; i++) {
		struct pmap_probe *p = &probes[at[i]];
		const struct leaf *leaf = collision_find(nodes[at[i]], p->hash, eq, p->key);
		p->value = leaf ? leaf->value : NULL;
	}
}

void pmap_find_many(const struct pmap *m, struct pmap_probe *probes, size_t n, pmap_eq *eq)
{
	if (!m->root) {
		for (size_t i = 0; i < n; i++)
			probes[i].value = NULL;
		return;
	}
	for (size_t i = 0; i < n; i += BATCH)
		probe_group(m, probes + i, n - i < BATCH ? n - i : BATCH, eq);
}

void pmap_get_many(const struct pmap *m, struct pmap_probe *probes, size_t n, pmap_eq *eq)
{
	pmap_find_many(m, probes, n, eq);
	for (size_t i = 0; i < n; i++) {
		if (probes[i].value && !eq(probes[i].value, probes[i].key))
			probes[i].value = NULL;
	}
}

void pmap_prefetch(const struct pmap *m, uint64_t hash)
{
	const struct pmap_node *node = m->root;

	if (!node)
		return;
	for (uint32_t level = 0; level < HOT_LEVELS; level++) {
		uint64_t bit = bit_of(hash, level);

		if (!(node->kids & bit))
			return;
		node = *kid_for(node, bit);
	}
	__builtin_prefetch(node);
	__builtin_prefetch((const char *)node + LINE_BYTES);
}

static size_t n_words(const struct pmap_node *node, uint32_t level)
{
	return n_leaves(node, level) * LEAF_WORDS + node->n_kids;
}

static struct pmap_node *node_new(struct edit *e, size_t cap)
{
	struct pmap_node *node = edit_alloc(e, sizeof(*node) + cap * sizeof(uint64_t));

	*node = (struct pmap_node){.owner = e->owner, .cap = (uint32_t)cap};
	return node;
}

/* Makes *link a node that this edit may change and that has room for `extra` more words. */
static struct pmap_node *node_own(struct edit *e, struct pmap_node **link, uint32_t level, size_t extra)
{
	struct pmap_node *node = *link, *copy;
	size_t used = n_words(node, level);

	if (node->owner == e->owner && node->cap >= used + extra)
		return node;
	copy = node_new(e, used + extra);
	copy->kids = node->kids;
	copy->leaves = node->leaves;
	copy->n_kids = node->n_kids;
	memcpy(copy->words, node->words, used * sizeof(uint64_t));
	edit_retire(e, node);
	*link = copy;
	return copy;
}

/* Moves the words from `at` on by `by` words up or down. */
static void shift_words(struct pmap_node *node, size_t at, size_t used, ptrdiff_t by)
{
	memmove(node->words + (ptrdiff_t)at + by, node->words + at, (used - at) * sizeof(uint64_t));
}

static void leaf_insert(struct pmap_node *node, uint64_t bit, struct leaf leaf, uint32_t level)
{
	size_t used = n_words(node, level), i;

	if (level == COLLISION_LEVEL) {
		i = (size_t)node->leaves++;
	} else {
		i = count(node->leaves & (bit - 1));
		node->leaves |= bit;
	}
	shift_words(node, node->n_kids + i * LEAF_WORDS, used, LEAF_WORDS);
	*leaf_at(node, i) = leaf;
}

static void leaf_delete(struct pmap_node *node, uint64_t bit, const struct leaf *leaf, uint32_t level)
{
	size_t used = n_words(node, level), i = (size_t)(leaf - leaf_at(node, 0));

	shift_words(node, node->n_kids + (i + 1) * LEAF_WORDS, used, -LEAF_WORDS);
	node->leaves = level == COLLISION_LEVEL ? node->leaves - 1 : node->leaves & ~bit;
}

static void kid_insert(struct pmap_node *node, uint64_t bit, struct pmap_node *kid)
{
	size_t used = n_words(node, 0), i = count(node->kids & (bit - 1));

	shift_words(node, i, used, 1);
	node->kids |= bit;
	node->n_kids++;
	*kid_at(node, i) = kid;
}

static void kid_delete(struct pmap_node *node, uint64_t bit)
{
	size_t used = n_words(node, 0), i = count(node->kids & (bit - 1));

	shift_words(node, i + 1, used, -1);
	node->kids &= ~bit;
	node->n_kids--;
}

/* A child that holds only the leaf takes the leaf's place; the node shrinks by a word. */
static void leaf_to_kid(struct pmap_node *node, struct edit *e, uint64_t bit, uint32_t level)
{
	struct leaf leaf = *leaf_for(node, bit);
	struct pmap_node *kid = node_new(e, (size_t)2 * LEAF_WORDS);

	leaf_delete(node, bit, leaf_for(node, bit), level);
	leaf_insert(kid, bit_of(leaf.hash, level + 1 < COLLISION_LEVEL ? level + 1 : 0), leaf, level + 1);
	kid_insert(node, bit, kid);
}

static void *leaf_replace(struct leaf *leaf, void *value)
{
	void *old = leaf->value;

	leaf->value = value;
	return old;
}

void *pmap_put(struct pmap *m, struct edit *e, uint64_t hash, pmap_eq *eq, const void *key, void *value)
{
	struct pmap_node **link = &m->root, *node;
	struct leaf *leaf;

	assert(value);
	if (!m->root)
		m->root = node_new(e, LEAF_WORDS);
	for (uint32_t level = 0; level < COLLISION_LEVEL; level++) {
		uint64_t bit = bit_of(hash, level);
		bool is_taken = ((*link)->kids | (*link)->leaves) & bit;

		node = node_own(e, link, level, is_taken ? 0 : LEAF_WORDS);
		if (!is_taken) {
			leaf_insert(node, bit, (struct leaf){hash, value}, level);
			m->n++;
			return NULL;
		}
		if (node->leaves & bit) {
			leaf = leaf_for(node, bit);
			if (leaf->hash == hash && eq(leaf->value, key))
				return leaf_replace(leaf, value);
			leaf_to_kid(node, e, bit, level);
		}
		link = kid_for(node, bit);
	}
	node = node_own(e, link, COLLISION_LEVEL, LEAF_WORDS);
	leaf = collision_find(node, hash, eq, key);
	if (leaf)
		return leaf_replace(leaf, value);
	leaf_insert(node, 0, (struct leaf){hash, value}, COLLISION_LEVEL);
	m->n++;
	return NULL;
}

/* Restores the canonical form from the node at `level` upwards after a leaf went. */
static void collapse(struct edit *e, struct pmap_node **links[N_LEVELS], uint32_t level, uint64_t hash)
{
	for (; level > 0; level--) {
		struct pmap_node *node = *links[level], *parent;
		uint64_t bit = bit_of(hash, level - 1);
		struct leaf leaf;

		if (node->kids || n_leaves(node, level) != 1)
			return;
		leaf = *leaf_at(node, 0);
		edit_retire(e, node);
		parent = node_own(e, links[level - 1], level - 1, 1);
		kid_delete(parent, bit);
		leaf_insert(parent, bit, leaf, level - 1);
	}
	if (!(*links[0])->kids && !(*links[0])->leaves) {
		edit_retire(e, *links[0]);
		*links[0] = NULL;
	}
}

void *pmap_remove(struct pmap *m, struct edit *e, uint64_t hash, pmap_eq *eq, const void *key)
{
	struct pmap_node **links[N_LEVELS], *node;
	void *old = pmap_get(m, hash, eq, key);
	uint32_t level = 0;
	uint64_t bit = 0;
	struct leaf *leaf;

	if (!old)
		return NULL;
	links[0] = &m->root;
	for (;; level++) {
		node = node_own(e, links[level], level, 0);
		if (level == COLLISION_LEVEL)
			break;
		bit = bit_of(hash, level);
		if (!(node->kids & bit))
			break;
		links[level + 1] = kid_for(node, bit);
	}
	leaf = level == COLLISION_LEVEL ? collision_find(node, hash, eq, key) : leaf_for(node, bit);
	assert(leaf && leaf->value == old);
	leaf_delete(node, bit, leaf, level);
	collapse(e, links, level, hash);
	m->n--;
	return old;
}

void pmap_iter_init(struct pmap_iter *it, const struct pmap *m)
{
	it->depth = 0;
	if (m->root) {
		it->stack[0].node = m->root;
		it->stack[0].at = 0;
		it->depth = 1;
	}
}

/* Steps to the next child that was not entered yet, or leaves the node; what was left is returned. */
static const struct pmap_node *iter_walk(struct pmap_iter *it)
{
	uint32_t level = it->depth - 1;
	const struct pmap_node *node = it->stack[level].node;
	size_t n = n_leaves(node, level), i = it->stack[level].at - n;

	if (i == node->n_kids) {
		it->depth--;
		return node;
	}
	it->stack[level].at++;
	it->stack[level + 1].node = *kid_at(node, i);
	it->stack[level + 1].at = 0;
	it->depth++;
	return NULL;
}

void *pmap_iter_next(struct pmap_iter *it)
{
	while (it->depth > 0) {
		uint32_t level = it->depth - 1;
		const struct pmap_node *node = it->stack[level].node;

		if (it->stack[level].at < n_leaves(node, level))
			return leaf_at(node, it->stack[level].at++)->value;
		(void)iter_walk(it);
	}
	return NULL;
}

void pmap_retire_all(struct pmap *m, struct edit *e)
{
	struct pmap_iter it;

	pmap_iter_init(&it, m);
	while (it.depth > 0) {
		uint32_t level = it.depth - 1;
		const struct pmap_node *left;

		if (it.stack[level].at == 0)
			it.stack[level].at = (uint32_t)n_leaves(it.stack[level].node, level);
		left = iter_walk(&it);
		edit_retire(e, (void *)(uintptr_t)left);
	}
	*m = (struct pmap){0};
}
