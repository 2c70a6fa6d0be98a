/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pvec.h"

enum { SLOT_BITS = 6, N_SLOTS = 1 << SLOT_BITS, MAX_LEVELS = 8 };
#define INDEX_LIMIT (UINT64_C(1) << (SLOT_BITS * MAX_LEVELS))

struct pvec_node {
	uint64_t owner;
	void *slots[N_SLOTS]; /* nodes, or on the lowest level the caller's pointers */
};

static size_t slot_of(uint64_t index, uint32_t level)
{
	return (size_t)(index >> (level * SLOT_BITS)) & (N_SLOTS - 1);
}

/* How many indexes a tree of `height` levels below its root can hold. */
static uint64_t capacity(uint32_t height)
{
	return UINT64_C(1) << ((height + 1) * SLOT_BITS);
}

static struct pvec_node *node_new(struct edit *e)
{
	struct pvec_node *node = edit_alloc(e, sizeof(*node));

	*node = (struct pvec_node){.owner = e->owner};
	return node;
}

/* The node itself when this edit made it, else a copy that it may change. */
static struct pvec_node *node_own(struct edit *e, struct pvec_node *node)
{
	struct pvec_node *copy;

	if (node->owner == e->owner)
		return node;
	copy = edit_alloc(e, sizeof(*copy));
	memcpy(copy, node, sizeof(*copy));
	copy->owner = e->owner;
	edit_retire(e, node);
	return copy;
}

void *pvec_get(const struct pvec *v, uint64_t index)
{
	const struct pvec_node *node = v->root;

	if (!node || index >= v->len)
		return NULL;
	for (uint32_t level = v->height; level > 0; level--) {
		node = node->slots[slot_of(index, level)];
		if (!node)
			return NULL;
	}
	return node->slots[slot_of(index, 0)];
}

static void grow_to(struct pvec *v, struct edit *e, uint64_t index)
{
	if (!v->root)
		v->root = node_new(e);
	while (index >= capacity(v->height)) {
		struct pvec_node *root = node_new(e);

		root->slots[0] = v->root;
		v->root = root;
		v->height++;
	}
}

void *pvec_set(struct pvec *v, struct edit *e, uint64_t index, void *value)
{
	struct pvec_node *node;
	void **slot, *old;

	assert(index < INDEX_LIMIT);
	if (!value && !pvec_get(v, index))
		return NULL;
	grow_to(v, e, index);
	node = v->root = node_own(e, v->root);
	for (uint32_t level = v->height; level > 0; level--) {
		slot = &node->slots[slot_of(index, level)];
		*slot = *slot ? node_own(e, *slot) : node_new(e);
		node = *slot;
	}
	slot = &node->slots[slot_of(index, 0)];
	old = *slot;
	*slot = value;
	if (value && index >= v->len)
		v->len = index + 1;
	return old;
}

/* The pointer at `index`, or NULL and in `*ret_step` how far the empty subtree reaches from the start of its range. */
static void *probe(const struct pvec *v, uint64_t index, uint64_t *ret_step)
{
	const struct pvec_node *node = v->root;

	for (uint32_t level = v->height; level > 0; level--) {
		node = node->slots[slot_of(index, level)];
		if (!node) {
			*ret_step = UINT64_C(1) << (level * SLOT_BITS);
			return NULL;
		}
	}
	*ret_step = 1;
	return node->slots[slot_of(index, 0)];
}

void *pvec_next(const struct pvec *v, uint64_t *index)
{
	uint64_t step;

	for (uint64_t i = *index; v->root && i < v->len; i = (i / step + 1) * step) {
		void *value = probe(v, i, &step);

		if (value) {
			*index = i;
			return value;
		}
	}
	return NULL;
}

void *pvec_previous(const struct pvec *v, uint64_t *index)
{
	uint64_t step;

	for (uint64_t i = *index < v->len ? *index : v->len; v->root && i > 0; i = (i - 1) / step * step) {
		void *value = probe(v, i - 1, &step);

		if (value) {
			*index = i - 1;
			return value;
		}
	}
	return NULL;
}

void pvec_retire_all(struct pvec *v, struct edit *e)
{
	struct {
		struct pvec_node *node;
		uint32_t at;
	} stack[MAX_LEVELS];
	uint32_t depth = 0;

	if (v->root) {
		stack[depth].node = v->root;
		stack[depth++].at = 0;
	}
	while (depth > 0) {
		struct pvec_node *node = stack[depth - 1].node;
		bool is_lowest = depth - 1 == v->height;

		if (is_lowest || stack[depth - 1].at == N_SLOTS) {
			edit_retire(e, node);
			depth--;
			continue;
		}
		node = node->slots[stack[depth - 1].at++];
		if (node) {
			stack[depth].node = node;
			stack[depth++].at = 0;
		}
	}
	*v = (struct pvec){0};
}
