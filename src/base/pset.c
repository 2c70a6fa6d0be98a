/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pset-impl.h"

static const struct leaf *leaf_for(const struct pset *s, uint64_t key)
{
	const struct pset_node *node = s->root;

	for (uint32_t level = 0; level < s->height; level++)
		node = inner_of(node)->kid[kid_for(inner_of(node), key)];
	return leaf_of(node);
}

bool pset_has(const struct pset *s, uint64_t key)
{
	const struct leaf *leaf;
	uint32_t at;

	if (!s->root)
		return false;
	leaf = leaf_for(s, key);
	at = count_upto(leaf->keys, leaf->head.n, key);
	return at > 0 && leaf->keys[at - 1] == key;
}

uint64_t pset_rank(const struct pset *s, uint64_t key)
{
	const struct pset_node *node = s->root;
	uint64_t rank = 0;

	if (!node || key == 0)
		return 0;
	for (uint32_t level = 0; level < s->height; level++) {
		const struct inner *inner = inner_of(node);
		uint32_t at = kid_for(inner, key - 1);

		rank += n_before(inner, at);
		node = inner->kid[at];
	}
	return rank + count_upto(leaf_of(node)->keys, node->n, key - 1);
}

uint64_t pset_at(const struct pset *s, uint64_t index)
{
	const struct pset_node *node = s->root;

	assert(index < s->n);
	for (uint32_t level = 0; level < s->height; level++) {
		const struct inner *inner = inner_of(node);
		uint32_t at = count_upto(inner->upto, inner->head.n, index);

		index -= n_before(inner, at);
		node = inner->kid[at];
	}
	return leaf_of(node)->keys[index];
}

void pset_prefetch(const struct pset *s, uint64_t key)
{
	if (s->root)
		__builtin_prefetch(leaf_for(s, key));
}

bool pset_find_path(const struct pset *s, struct path *p, uint64_t key)
{
	struct pset_node *node = s->root;
	const struct leaf *leaf;
	uint32_t at;

	for (uint32_t level = 0; level < s->height; level++) {
		p->node[level] = node;
		p->at[level] = kid_for(inner_of(node), key);
		node = inner_of(node)->kid[p->at[level]];
	}
	leaf = leaf_of(node);
	at = count_upto(leaf->keys, leaf->head.n, key);
	p->node[s->height] = node;
	p->at[s->height] = at;
	return at > 0 && leaf->keys[at - 1] == key;
}

void pset_retire_all(struct pset *s, struct edit *e)
{
	struct pset_node *stack[N_LEVELS];
	uint32_t at[N_LEVELS] = {0};
	uint32_t depth = 0;

	if (s->root)
		stack[depth++] = s->root;
	while (depth > 0) {
		struct pset_node *node = stack[depth - 1];

		if (depth - 1 == s->height || at[depth - 1] == node->n) {
			edit_retire(e, node);
			depth--;
			continue;
		}
		stack[depth] = inner_of(node)->kid[at[depth - 1]++];
		at[depth++] = 0;
	}
	*s = (struct pset){0};
}

void pset_iter_init(struct pset_iter *it, const struct pset *s, uint64_t from)
{
	struct path p NO_INIT;

	it->depth = 0;
	if (!s->root)
		return;
	if (pset_find_path(s, &p, from))
		p.at[s->height]--;
	for (; it->depth <= s->height; it->depth++) {
		it->stack[it->depth].node = p.node[it->depth];
		it->stack[it->depth].at = p.at[it->depth];
	}
	it->height = s->height;
}

/* Goes to the first key of the next leaf; false when there is none. */
static bool iter_leave(struct pset_iter *it)
{
	while (--it->depth > 0) {
		uint32_t i = it->depth - 1;

		if (++it->stack[i].at < it->stack[i].node->n)
			break;
	}
	if (it->depth == 0)
		return false;
	for (; it->depth <= it->height; it->depth++) {
		uint32_t i = it->depth - 1;

		it->stack[it->depth].node = inner_of(it->stack[i].node)->kid[it->stack[i].at];
		it->stack[it->depth].at = 0;
	}
	return true;
}

bool pset_iter_next(struct pset_iter *it, uint64_t *ret_key)
{
	uint32_t i;

	if (it->depth == 0)
		return false;
	i = it->depth - 1;
	if (it->stack[i].at == it->stack[i].node->n) {
		if (!iter_leave(it))
			return false;
	}
	*ret_key = leaf_of(it->stack[i].node)->keys[it->stack[i].at++];
	return true;
}
