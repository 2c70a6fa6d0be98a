/* SPDX-License-Identifier: Apache-2.0
 *
 * How sets are changed.
 */
#include "base/pset-impl.h"

/* ---- nodes ----------------------------------------------------------------------------------------------- */

static uint32_t leaf_room(uint32_t n)
{
	return LEAF_KEYS - (LEAF_KEYS - n) / LEAF_STEP * LEAF_STEP;
}

static struct pset_node *leaf_new(struct edit *e, uint32_t cap)
{
	struct leaf *leaf = edit_alloc(e, sizeof(*leaf) + cap * sizeof(*leaf->keys));

	leaf->head = (struct pset_node){.owner = e->owner, .cap = cap};
	return &leaf->head;
}

static struct pset_node *inner_new(struct edit *e)
{
	struct inner *inner = edit_alloc(e, sizeof(*inner));

	inner->head = (struct pset_node){.owner = e->owner, .cap = N_KIDS};
	return &inner->head;
}

/* Makes *link a leaf that this edit may change, with room for `n` keys. */
static struct pset_node *leaf_own(struct edit *e, struct pset_node **link, uint32_t n)
{
	struct pset_node *node = *link, *copy;
	bool is_own = node->owner == e->owner;

	if (is_own && node->cap >= n)
		return node;
	/* A leaf that grows once more in one edit is likely to go on. */
	if (is_own)
		n = 2 * n < LEAF_KEYS ? 2 * n : LEAF_KEYS;
	else if (n < node->n)
		n = node->n;
	copy = leaf_new(e, leaf_room(n));
	copy->n = node->n;
	memcpy(leaf_of(copy)->keys, leaf_of(node)->keys, node->n * sizeof(uint64_t));
	edit_retire(e, node);
	*link = copy;
	return copy;
}

static struct pset_node *inner_own(struct edit *e, struct pset_node **link)
{
	struct pset_node *node = *link, *copy;
	const struct inner *from = inner_of(node);
	struct inner *to;

	if (node->owner == e->owner)
		return node;
	copy = inner_new(e);
	copy->n = node->n;
	to = inner_of(copy);
	memcpy(to->low, from->low, node->n * sizeof(*to->low));
	memcpy(to->upto, from->upto, node->n * sizeof(*to->upto));
	memcpy(to->kid, from->kid, node->n * sizeof(struct pset_node *));
	edit_retire(e, node);
	*link = copy;
	return copy;
}

/* The first `n` keys of the right leaf become the last ones of the left. */
static void keys_move_left(struct leaf *left, struct leaf *right, uint32_t n)
{
	memcpy(left->keys + left->head.n, right->keys, n * sizeof(uint64_t));
	memmove(right->keys, right->keys + n, (right->head.n - n) * sizeof(uint64_t));
	left->head.n += n;
	right->head.n -= n;
}

/* The last `n` keys of the left leaf become the first ones of the right. */
static void keys_move_right(struct leaf *left, struct leaf *right, uint32_t n)
{
	memmove(right->keys + n, right->keys, right->head.n * sizeof(uint64_t));
	memcpy(right->keys, left->keys + left->head.n - n, n * sizeof(uint64_t));
	left->head.n -= n;
	right->head.n += n;
}

/* Moves the children from `from` on to `to`, within a node; counts stay with their children. */
static void kids_shift(struct inner *inner, uint32_t to, uint32_t from)
{
	uint32_t n = inner->head.n - from;

	memmove(inner->low + to, inner->low + from, n * sizeof(*inner->low));
	memmove(inner->upto + to, inner->upto + from, n * sizeof(*inner->upto));
	memmove(inner->kid + to, inner->kid + from, n * sizeof(struct pset_node *));
}

static void kids_copy(struct inner *to, uint32_t to_at, const struct inner *from, uint32_t from_at, uint32_t n)
{
	memcpy(to->low + to_at, from->low + from_at, n * sizeof(*to->low));
	memcpy(to->upto + to_at, from->upto + from_at, n * sizeof(*to->upto));
	memcpy(to->kid + to_at, from->kid + from_at, n * sizeof(struct pset_node *));
}

/* Adds to the counts of the children from `at` up to `end`; `by` may stand for a negative number. */
static void kids_count(struct inner *inner, uint32_t at, uint32_t end, uint64_t by)
{
	for (; at < end; at++)
		inner->upto[at] += by;
}

static void kids_move_left(struct inner *left, struct inner *right, uint32_t n)
{
	uint64_t n_left = n_before(left, left->head.n), n_moved = n_before(right, n);

	kids_copy(left, left->head.n, right, 0, n);
	kids_count(left, left->head.n, left->head.n + n, n_left);
	kids_shift(right, 0, n);
	kids_count(right, 0, right->head.n - n, -n_moved);
	left->head.n += n;
	right->head.n -= n;
}

static void kids_move_right(struct inner *left, struct inner *right, uint32_t n)
{
	uint32_t from = left->head.n - n;
	uint64_t n_stay = n_before(left, from), n_moved = n_before(left, left->head.n) - n_stay;

	kids_shift(right, n, 0);
	kids_count(right, n, n + right->head.n, n_moved);
	kids_copy(right, 0, left, from, n);
	kids_count(right, 0, n, -n_stay);
	left->head.n = from;
	right->head.n += n;
}

/* Lets the left one of two neighbours have `n_left` of what both have. */
static void nodes_share(struct pset_node *left, struct pset_node *right, uint32_t n_left, bool is_leaf)
{
	if (is_leaf && n_left > left->n)
		keys_move_left(leaf_of(left), leaf_of(right), n_left - left->n);
	else if (is_leaf)
		keys_move_right(leaf_of(left), leaf_of(right), left->n - n_left);
	else if (n_left > left->n)
		kids_move_left(inner_of(left), inner_of(right), n_left - left->n);
	else
		kids_move_right(inner_of(left), inner_of(right), left->n - n_left);
}

/* ---- adding and removing --------------------------------------------------------------------------------- */

/* Makes all nodes of the path ones that the edit may change, and counts a key more or less (`by`) on the way. */
static void path_own(struct pset *s, struct edit *e, struct path *p, uint64_t by)
{
	struct pset_node **link = &s->root;
	uint32_t level, n;

	for (level = 0; level < s->height; level++) {
		struct inner *inner = inner_of(inner_own(e, link));

		kids_count(inner, p->at[level], inner->head.n, by);
		p->node[level] = &inner->head;
		link = &inner->kid[p->at[level]];
	}
	n = (*link)->n;
	p->node[level] = leaf_own(e, link, by == 1 && n < LEAF_KEYS ? n + 1 : n);
	s->n += by;
}

static bool path_is_right_end(const struct path *p, uint32_t height)
{
	for (uint32_t level = 0; level < height; level++) {
		if (p->at[level] + 1 < p->node[level]->n)
			return false;
	}
	return p->at[height] == p->node[height]->n;
}

static void key_insert(struct leaf *leaf, uint32_t at, uint64_t key)
{
	memmove(leaf->keys + at + 1, leaf->keys + at, (leaf->head.n - at) * sizeof(key));
	leaf->keys[at] = key;
	leaf->head.n++;
}

/* Puts a child behind that at `at`, where its keys have been counted until now. */
static void kid_insert(struct inner *inner, uint32_t at, const struct kid *kid)
{
	kids_shift(inner, at + 1, at);
	inner->head.n++;
	inner->upto[at] -= kid->n;
	inner->low[at + 1] = kid->low;
	inner->kid[at + 1] = kid->node;
}

/* Adds to a full leaf; what it can no longer hold is a new one. */
static struct kid leaf_split(struct edit *e, struct leaf *leaf, uint32_t at, uint64_t key, bool is_append)
{
	uint32_t n_left = is_append ? LEAF_KEYS : LEAF_KEYS / 2;
	struct pset_node *node = leaf_new(e, leaf_room(LEAF_KEYS - n_left + 1));
	struct leaf *right = leaf_of(node);

	keys_move_right(leaf, right, LEAF_KEYS - n_left);
	if (at < n_left)
		key_insert(leaf, at, key);
	else
		key_insert(right, at - n_left, key);
	return (struct kid){node, right->keys[0], node->n};
}

/* Puts a child behind that at `at` of a full node; what it can no longer hold is a new one. */
static struct kid inner_split(struct edit *e, struct inner *inner, uint32_t at, const struct kid *kid, bool is_append)
{
	uint32_t n_left = is_append ? N_KIDS - 1 : N_KIDS / 2;
	struct pset_node *node = inner_new(e);
	struct inner *right = inner_of(node);

	kids_move_right(inner, right, N_KIDS - n_left);
	if (at < n_left)
		kid_insert(inner, at, kid);
	else
		kid_insert(right, at - n_left, kid);
	return (struct kid){node, right->low[0], n_keys(node, false)};
}

static void root_grow(struct pset *s, struct edit *e, const struct kid *kid)
{
	struct inner *root = inner_of(inner_new(e));

	assert(s->height + 1 < N_LEVELS);
	root->head.n = 1;
	root->low[0] = 0;
	root->upto[0] = s->n;
	root->kid[0] = s->root;
	kid_insert(root, 0, kid);
	s->root = &root->head;
	s->height++;
}

/* Adds at the end of a path whose leaf is full; every node that is full gets a neighbour. */
static void path_split(struct pset *s, struct edit *e, const struct path *p, uint64_t key)
{
	bool is_append = path_is_right_end(p, s->height);
	uint32_t level = s->height;
	struct kid kid = leaf_split(e, leaf_of(p->node[level]), p->at[level], key, is_append);

	while (level-- > 0) {
		struct inner *inner = inner_of(p->node[level]);

		if (inner->head.n < N_KIDS) {
			kid_insert(inner, p->at[level], &kid);
			return;
		}
		kid = inner_split(e, inner, p->at[level], &kid, is_append);
	}
	root_grow(s, e, &kid);
}

bool pset_add(struct pset *s, struct edit *e, uint64_t key)
{
	struct path p NO_INIT;
	struct leaf *leaf;

	if (!s->root)
		s->root = leaf_new(e, leaf_room(1));
	if (pset_find_path(s, &p, key))
		return false;
	path_own(s, e, &p, 1);
	leaf = leaf_of(p.node[s->height]);
	if (leaf->head.n < LEAF_KEYS)
		key_insert(leaf, p.at[s->height], key);
	else
		path_split(s, e, &p, key);
	return true;
}

static struct pset_node *node_own(struct edit *e, struct pset_node **link, uint32_t n, bool is_leaf)
{
	return is_leaf ? leaf_own(e, link, n) : inner_own(e, link);
}

/* Makes one of the children at `at` and behind it, if that can hold what both have; else gives each one half. */
static void kids_even(struct inner *inner, struct edit *e, uint32_t at, bool is_leaf)
{
	uint32_t n = inner->kid[at]->n + inner->kid[at + 1]->n;
	uint32_t n_left = n <= (uint32_t)(is_leaf ? LEAF_KEYS : N_KIDS) ? n : n / 2;
	struct pset_node *left = node_own(e, &inner->kid[at], n_left, is_leaf);
	struct pset_node *right = node_own(e, &inner->kid[at + 1], n - n_left, is_leaf);

	nodes_share(left, right, n_left, is_leaf);
	if (right->n > 0) {
		inner->low[at + 1] = is_leaf ? leaf_of(right)->keys[0] : inner_of(right)->low[0];
		inner->upto[at] = n_before(inner, at) + n_keys(left, is_leaf);
		return;
	}
	edit_retire(e, right);
	inner->upto[at] = inner->upto[at + 1];
	kids_shift(inner, at + 1, at + 2);
	inner->head.n--;
}

/* A root with a single child gives way to it; that child's lower bound is 0 as well, for it is the first one. */
static void root_shrink(struct pset *s, struct edit *e)
{
	while (s->height > 0 && s->root->n == 1) {
		struct pset_node *root = s->root;

		s->root = inner_of(root)->kid[0];
		s->height--;
		edit_retire(e, root);
	}
	if (s->n == 0) {
		edit_retire(e, s->root);
		*s = (struct pset){0};
	}
}

/* Sees from the leaf upwards that no node holds too little. On the right edge a node may be without neighbours. */
static void path_even(struct pset *s, struct edit *e, const struct path *p)
{
	for (uint32_t level = s->height; level > 0; level--) {
		bool is_leaf = level == s->height;
		struct inner *parent = inner_of(p->node[level - 1]);
		struct pset_node *node = p->node[level];
		uint32_t at = p->at[level - 1];

		if (node->n >= (uint32_t)(is_leaf ? LEAF_MIN : KIDS_MIN))
			break;
		if (parent->head.n > 1) {
			kids_even(parent, e, at > 0 ? at - 1 : 0, is_leaf);
		} else if (node->n == 0) {
			edit_retire(e, node);
			parent->head.n = 0;
		}
	}
	root_shrink(s, e);
}

bool pset_remove(struct pset *s, struct edit *e, uint64_t key)
{
	struct path p NO_INIT;
	struct leaf *leaf;
	uint32_t at;

	if (!s->root || !pset_find_path(s, &p, key))
		return false;
	path_own(s, e, &p, (uint64_t)-1);
	leaf = leaf_of(p.node[s->height]);
	at = p.at[s->height];
	memmove(leaf->keys + at - 1, leaf->keys + at, (leaf->head.n - at) * sizeof(key));
	leaf->head.n--;
	path_even(s, e, &p);
	return true;
}

/* ---- all of them ----------------------------------------------------------------------------------------- */

/* Makes the leaves; the array of them is the caller's. */
static struct kid *build_leaves(struct edit *e, const uint64_t *keys, uint64_t n)
{
	uint64_t n_leaves = (n + LEAF_KEYS - 1) / LEAF_KEYS;
	struct kid *leaves = mem_calloc(n_leaves, sizeof(*leaves));

	for (uint64_t i = 0; i < n_leaves; i++, keys += LEAF_KEYS, n -= LEAF_KEYS) {
		uint32_t n_here = n < LEAF_KEYS ? (uint32_t)n : LEAF_KEYS;
		struct pset_node *node = leaf_new(e, leaf_room(n_here));

		node->n = n_here;
		memcpy(leaf_of(node)->keys, keys, n_here * sizeof(*keys));
		for (uint32_t k = 1; k < n_here; k++)
			assert(keys[k - 1] < keys[k]);
		assert(i == 0 || keys[-1] < keys[0]);
		leaves[i] = (struct kid){node, i > 0 ? keys[0] : 0, n_here};
	}
	return leaves;
}

/* Makes the node that holds the first of these, as many as fit; `*at` is stepped behind them. */
static struct kid build_inner(struct edit *e, const struct kid *kids, uint64_t n, uint64_t *at)
{
	struct inner *inner = inner_of(inner_new(e));
	struct kid sum = {&inner->head, kids[*at].low, 0};
	uint32_t i;

	for (i = 0; i < N_KIDS && *at < n; i++, (*at)++) {
		sum.n += kids[*at].n;
		inner->low[i] = kids[*at].low;
		inner->upto[i] = sum.n;
		inner->kid[i] = kids[*at].node;
	}
	inner->head.n = i;
	return sum;
}

void pset_build(struct pset *s, struct edit *e, const uint64_t *keys, uint64_t n)
{
	struct kid *kids = build_leaves(e, keys, n);
	uint64_t n_kids = (n + LEAF_KEYS - 1) / LEAF_KEYS;

	*s = (struct pset){.n = n};
	for (; n_kids > 1; s->height++) {
		uint64_t n_parents = 0;

		for (uint64_t at = 0; at < n_kids; n_parents++)
			kids[n_parents] = build_inner(e, kids, n_kids, &at);
		n_kids = n_parents;
	}
	s->root = n > 0 ? kids[0].node : NULL;
	free(kids);
}
