/* SPDX-License-Identifier: Apache-2.0
 *
 * A key is read as bits, nine for each byte: a one, which says that the byte is there, and the byte itself. Behind its
 * end there are zeros; so a key stands before all that it is the beginning of. A node stands for the first bit in which
 * the keys below it differ, and has those with a zero there on its left.
 */
#include "base/ptrie.h"

#include "base/arena.h"

enum { BITS_A_BYTE = 9 };

struct ptrie_node {
	uint64_t owner;
	uint64_t bit;
	uintptr_t kids[2];
};

static bool is_node(uintptr_t link)
{
	return link & 1;
}

static struct ptrie_node *node_of(uintptr_t link)
{
	return (struct ptrie_node *)(link - 1);
}

static uintptr_t link_to_node(const struct ptrie_node *node)
{
	return (uintptr_t)node | 1;
}

static uintptr_t link_to_value(const void *value)
{
	assert(value && !is_node((uintptr_t)value));
	return (uintptr_t)value;
}

static void *value_of(uintptr_t link)
{
	return (void *)link;
}

static unsigned bit_at(struct str key, uint64_t bit)
{
	const uint64_t at = bit / BITS_A_BYTE, place = bit % BITS_A_BYTE;

	if (at >= key.len)
		return 0;
	return place == 0 ? 1 : (unsigned char)key.ptr[at] >> (BITS_A_BYTE - 1 - place) & 1;
}

/* The first bit in which two keys differ; UINT64_MAX when they are equal. */
static uint64_t first_difference(struct str x, struct str y)
{
	const size_t n = x.len < y.len ? x.len : y.len;
	size_t at = 0;
	unsigned differing;

	while (at < n && x.ptr[at] == y.ptr[at])
		at++;
	if (at == n)
		return x.len == y.len ? UINT64_MAX : (uint64_t)at * BITS_A_BYTE;
	differing = (unsigned char)(x.ptr[at] ^ y.ptr[at]);
	return (uint64_t)at * BITS_A_BYTE + 1 + ((unsigned)__builtin_clz(differing) - (sizeof(differing) - 1) * 8);
}

/* Where the bits of the key lead: the value of a key that shares as much with it as any does. */
static void *nearest(const struct ptrie *t, struct str key)
{
	uintptr_t link = t->root;

	while (is_node(link))
		link = node_of(link)->kids[bit_at(key, node_of(link)->bit)];
	return value_of(link);
}

static void *smallest(uintptr_t link)
{
	while (is_node(link))
		link = node_of(link)->kids[0];
	return value_of(link);
}

/* ---- looking ------------------------------------------------------------------------------------------- */

void *ptrie_get(const struct ptrie *t, ptrie_key *key_of, struct str key)
{
	void *value = nearest(t, key);

	return value && str_eq(key_of(value), key) ? value : NULL;
}

/*
 * The value of the smallest key above `key`. What shares the key's bits up to the first difference stands below one
 * link, wholly above it or wholly below; then the next is what stands on the right of the last node where the key went
 * left.
 */
static void *above(const struct ptrie *t, struct str key, uint64_t difference)
{
	uintptr_t link = t->root, right = 0;

	while (is_node(link) && node_of(link)->bit < difference) {
		const struct ptrie_node *node = node_of(link);
		const unsigned side = bit_at(key, node->bit);

		if (side == 0)
			right = node->kids[1];
		link = node->kids[side];
	}
	if (difference != UINT64_MAX && bit_at(key, difference) == 0)
		return smallest(link);
	return right ? smallest(right) : NULL;
}

void *ptrie_from(const struct ptrie *t, ptrie_key *key_of, struct str key)
{
	void *value = nearest(t, key);
	uint64_t difference;

	if (!value)
		return NULL;
	difference = first_difference(key, key_of(value));
	return difference == UINT64_MAX ? value : above(t, key, difference);
}

void *ptrie_behind(const struct ptrie *t, ptrie_key *key_of, struct str key)
{
	const void *value = nearest(t, key);

	return value ? above(t, key, first_difference(key, key_of(value))) : NULL;
}

/* ---- changes ------------------------------------------------------------------------------------------- */

/* The node itself when this edit made it, else a copy that it may change, which the link then leads to. */
static struct ptrie_node *own(struct edit *e, uintptr_t *link)
{
	struct ptrie_node *node = node_of(*link), *copy;

	if (node->owner == e->owner)
		return node;
	copy = edit_alloc(e, sizeof(*copy));
	*copy = *node;
	copy->owner = e->owner;
	edit_retire(e, node);
	*link = link_to_node(copy);
	return copy;
}

/* The link under which keys stand that share the key's bits before `bit`; the nodes above it are the edit's. */
static uintptr_t *open_way(struct ptrie *t, struct edit *e, struct str key, uint64_t bit)
{
	uintptr_t *link = &t->root;

	while (is_node(*link) && node_of(*link)->bit < bit) {
		struct ptrie_node *node = own(e, link);

		link = &node->kids[bit_at(key, node->bit)];
	}
	return link;
}

void *ptrie_put(struct ptrie *t, struct edit *e, ptrie_key *key_of, void *value)
{
	const struct str key = key_of(value);
	void *old = nearest(t, key);
	struct ptrie_node *node;
	uint64_t difference;
	uintptr_t *link;
	unsigned side;

	if (!old) {
		t->root = link_to_value(value);
		t->n = 1;
		return NULL;
	}
	difference = first_difference(key, key_of(old));
	link = open_way(t, e, key, difference);
	if (difference == UINT64_MAX) {
		*link = link_to_value(value);
		return old;
	}
	node = edit_alloc(e, sizeof(*node));
	side = bit_at(key, difference);
	*node = (struct ptrie_node){.owner = e->owner, .bit = difference};
	node->kids[side] = link_to_value(value);
	node->kids[!side] = *link;
	*link = link_to_node(node);
	t->n++;
	return NULL;
}

void *ptrie_remove(struct ptrie *t, struct edit *e, ptrie_key *key_of, struct str key)
{
	uintptr_t *link = &t->root;
	void *value = ptrie_get(t, key_of, key);

	if (!value)
		return NULL;
	t->n--;
	if (!is_node(*link)) {
		t->root = 0;
		return value;
	}
	for (;;) {
		struct ptrie_node *node = node_of(*link);
		const unsigned side = bit_at(key, node->bit);

		if (!is_node(node->kids[side])) {
			*link = node->kids[!side];
			edit_retire(e, node);
			return value;
		}
		link = &own(e, link)->kids[side];
	}
}

void ptrie_retire_all(struct ptrie *t, struct edit *e)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct ptrie_node **waiting = NULL;
	size_t n = 0, cap = 0;

	if (is_node(t->root)) {
		ARENA_ROOM(&a, waiting, n, &cap);
		waiting[n++] = node_of(t->root);
	}
	while (n > 0) {
		struct ptrie_node *node = waiting[--n];

		for (size_t i = 0; i < N_ELEMENTS(node->kids); i++) {
			if (!is_node(node->kids[i]))
				continue;
			ARENA_ROOM(&a, waiting, n, &cap);
			waiting[n++] = node_of(node->kids[i]);
		}
		edit_retire(e, node);
	}
	*t = (struct ptrie){0};
}
