/* SPDX-License-Identifier: Apache-2.0
 *
 * Groups of postings. A group has one of three shapes; it grows from one to the next and falls back only by becoming
 * empty, so that sets that come and go at the border do not make it flap.
 *
 *   dimension     small             split by
 *   BY_SUBJECT    postings          resource selector
 *   BY_RESOURCE   postings          action selector
 *   BY_ACTION     postings          (a list: nothing is left to tell the sets apart but what they do)
 */
#include "policy/engine-impl.h"

/* Patterns looked at for selectors: the work for one member must not grow with the set, repeats or not. */
enum { MAX_SEEN = 4 * MAX_SELECTORS };

struct selectors {
	struct str items[MAX_SELECTORS];
	size_t n; /* 0: the set goes to the rest */
};

bool group_is(const void *value, const void *key)
{
	return form_is(key, group_text(value));
}

bool cset_is_same(const void *value, const void *key)
{
	const struct cset *a = value, *b = key;

	return a->kind == b->kind && str_eq(cset_id(a), cset_id(b));
}

static uint64_t set_hash(uint64_t seed, const struct cset *c)
{
	return hash_u64(hash_str(seed, cset_id(c)) ^ c->kind);
}

/* True when `p` can be a selector and is now among them; false sends the whole set to the rest. */
static bool add_selector(struct selectors *s, const struct cset *c, const struct pattern *p, size_t max)
{
	struct str text = pattern_text(c, p);

	if (p->kind == PATTERN_ANY || p->kind == PATTERN_VARIABLE)
		return false;
	for (size_t i = 0; i < s->n; i++) {
		if (str_eq(s->items[i], text))
			return true;
	}
	if (s->n == max)
		return false;
	s->items[s->n++] = text;
	return true;
}

/* What a set is found by in the branches of a split group; the same for the same set at any time. */
static struct selectors selectors_of(const struct cset *c, enum dimension split_by)
{
	const size_t max = split_by == BY_FEW_ACTIONS ? FEW_SELECTORS : MAX_SELECTORS;
	struct selectors s = {.n = 0};
	size_t n_seen = 0;

	for (uint32_t i = 0; i < c->n_statements; i++) {
		const struct compiled *st = &c->statements[i];
		const struct pattern *p = cset_actions(c, st);
		size_t n = st->n_actions;

		if (split_by == BY_RESOURCE) {
			p = cset_resources(c, st);
			n = (size_t)st->n_resources + st->n_variables;
		}
		n_seen += n + 1;
		if (n_seen > MAX_SEEN)
			return (struct selectors){.n = 0};
		for (size_t k = 0; k < n; k++) {
			if (!add_selector(&s, c, &p[k], max))
				return (struct selectors){.n = 0};
		}
	}
	return s;
}

static struct group *group_new(struct edit *e, enum group_shape shape, struct str text, uint32_t n)
{
	size_t head = shape == GROUP_SMALL ? (size_t)GROUP_HEAD : sizeof(struct group), body_at;
	struct group *p;

	assert(text.len < INT32_MAX && n <= MAX_SMALL);
	body_at = (head + text.len + 7) & ~(size_t)7;
	p = edit_alloc(e, body_at + n * sizeof(struct posting));
	memset(p, 0, head);
	p->text_len = (uint32_t)text.len;
	p->n = n;
	p->shape = shape;
	p->body_at = (uint32_t)body_at;
	if (text.len)
		memcpy((char *)p + head, text.ptr, text.len);
	return p;
}

static struct posting posting_of(const struct cset *c)
{
	size_t last_line = (c->n_bytes - 1) / LINE_BYTES;

	assert(((uintptr_t)c & 15) == 0); /* malloc aligns so */
	return (struct posting){(uintptr_t)c | (last_line < 7 ? last_line : 7) << 1 | (c->n_denies > 0),
	                        c->action_filter, c->resource_filter};
}

/* A small group with the change made; NULL when nothing is left. */
static struct group *small_change(const struct change *c, const struct group *p, struct str text)
{
	uint32_t n_old = p ? p->n : 0, n = 0, i;
	struct group *out;
	struct posting *to;

	for (i = 0; i < n_old; i++)
		n += !c->old || posting_set(&group_postings(p)[i]) != c->old;
	if (n + (c->fresh != NULL) == 0)
		return NULL;
	out = group_new(c->edit, GROUP_SMALL, text, n + (c->fresh != NULL));
	to = (struct posting *)(void *)((char *)out + out->body_at);
	for (i = 0; i < n_old; i++) {
		if (!c->old || posting_set(&group_postings(p)[i]) != c->old)
			*to++ = group_postings(p)[i];
	}
	if (c->fresh)
		*to = posting_of(c->fresh);
	return out;
}

/*
 * Where the set stands in a list that was made in this edit: sets that deny have a list of their own, since decisions
 * that have found an allow need no other.
 */
static struct pmap *list_map(const struct change *c, struct group *list, const struct cset *set)
{
	struct group *old = list->rest;

	if (set->n_denies == 0)
		return &list->map;
	list->rest = group_new(c->edit, GROUP_LIST, STR(""), 0);
	if (old)
		list->rest->map = old->map;
	edit_retire(c->edit, old);
	return &list->rest->map;
}

static void list_change(const struct change *c, struct group *list)
{
	if (c->old)
		(void)pmap_remove(list_map(c, list, c->old), c->edit, set_hash(c->seed, c->old), cset_is_same, c->old);
	if (c->fresh)
		(void)pmap_put(list_map(c, list, c->fresh), c->edit, set_hash(c->seed, c->fresh), cset_is_same,
		               c->fresh, (void *)(uintptr_t)c->fresh);
	if (list->rest && list->rest->map.n == 0) {
		edit_retire(c->edit, list->rest);
		list->rest = NULL;
	}
}

/* A branch's own change: the group below may be split in turn, but dimensions are only three. */
typedef struct group *branch_fn(const struct change *c, struct group *p, struct str text);

static void branch_change(const struct change *c, struct group *split, struct str text, branch_fn *below)
{
	struct form key = {.hash = text_hash(c->seed, text), .head = text};
	struct group *old = pmap_get(&split->map, key.hash, group_is, &key), *fresh = below(c, old, text);

	split->filter |= filter_bit(short_hash(key.hash));
	if (fresh)
		(void)pmap_put(&split->map, c->edit, key.hash, group_is, &key, fresh);
	else if (old)
		(void)pmap_remove(&split->map, c->edit, key.hash, group_is, &key);
}

/* Takes `c->old` out of its branches or puts `c->fresh` into its own; exactly one of them is set. */
static void split_change(const struct change *c, struct group *split, enum dimension split_by, branch_fn *below)
{
	struct selectors s = selectors_of(c->old ? c->old : c->fresh, split_by);

	if (s.n == 0)
		split->rest = below(c, split->rest, STR(""));
	for (size_t i = 0; i < s.n; i++)
		branch_change(c, split, s.items[i], below);
}

static void split_both(const struct change *c, struct group *split, enum dimension split_by, branch_fn *below)
{
	struct change remove = *c, add = *c;

	remove.fresh = NULL;
	add.old = NULL;
	if (c->old)
		split_change(&remove, split, split_by, below);
	if (c->fresh)
		split_change(&add, split, split_by, below);
}

/* Moves the postings of a small group into an empty larger one. */
static void fill_larger(const struct change *c, const struct group *small, struct group *to, enum dimension split_by,
                        branch_fn *below)
{
	for (uint32_t i = 0; i < small->n; i++) {
		struct change add = {c->seed, c->edit, NULL, posting_set(&group_postings(small)[i])};

		if (below)
			split_change(&add, to, split_by, below);
		else
			list_change(&add, to);
	}
}

static struct group *larger_change(const struct change *c, struct group *p, struct str text, enum dimension split_by,
                                   branch_fn *below)
{
	struct group *out = group_new(c->edit, below ? GROUP_SPLIT : GROUP_LIST, text, 0);

	if (p->shape == GROUP_SMALL) {
		fill_larger(c, p, out, split_by, below);
	} else {
		out->map = p->map;
		out->rest = p->rest;
		out->filter = p->filter;
	}
	if (below)
		split_both(c, out, split_by, below);
	else
		list_change(c, out);
	if (out->map.n > 0 || out->rest)
		return out;
	edit_retire(c->edit, out);
	return NULL;
}

static struct group *any_change(const struct change *c, struct group *p, struct str text, enum dimension split_by,
                                branch_fn *below)
{
	bool fits = !p || (p->shape == GROUP_SMALL && (p->n < MAX_SMALL || c->old || !c->fresh));
	struct group *out = fits ? small_change(c, p, text) : larger_change(c, p, text, split_by, below);

	edit_retire(c->edit, p);
	return out;
}

static struct group *change_by_action(const struct change *c, struct group *p, struct str text)
{
	return any_change(c, p, text, BY_ACTION, NULL);
}

static struct group *change_by_resource(const struct change *c, struct group *p, struct str text)
{
	return any_change(c, p, text, BY_ACTION, change_by_action);
}

struct group *group_change(const struct change *c, struct group *p, struct str text)
{
	return any_change(c, p, text, BY_RESOURCE, change_by_resource);
}

struct group *group_change_of_resource(const struct change *c, struct group *p, struct str text)
{
	return any_change(c, p, text, BY_FEW_ACTIONS, change_by_action);
}

/*
 * A walk over a group and all below it, the group itself last. Dimensions bound the depth: a subject's group, its
 * branches, theirs, and what denies among a list.
 */
struct group_walk {
	struct {
		struct group *group;
		struct pmap_iter it;
		bool rest_done;
	} stack[4];
	size_t depth;
};

static void walk_push(struct group_walk *w, struct group *p)
{
	assert(w->depth < N_ELEMENTS(w->stack));
	w->stack[w->depth].group = p;
	w->stack[w->depth].rest_done = false;
	if (p->shape == GROUP_SPLIT)
		pmap_iter_init(&w->stack[w->depth].it, &p->map);
	w->depth++;
}

/* The next group whose branches were all given before; NULL at the end. */
static struct group *walk_next(struct group_walk *w)
{
	while (w->depth > 0) {
		size_t top = w->depth - 1;
		struct group *p = w->stack[top].group, *below = NULL;

		if (p->shape == GROUP_SPLIT)
			below = pmap_iter_next(&w->stack[top].it);
		if (!below && p->shape != GROUP_SMALL && !w->stack[top].rest_done) {
			w->stack[top].rest_done = true;
			below = p->rest;
		}
		if (!below) {
			w->depth--;
			return p;
		}
		walk_push(w, below);
	}
	return NULL;
}

void group_retire_all(struct group *p, struct edit *e)
{
	struct group_walk w;

	w.depth = 0;
	walk_push(&w, p);
	while ((p = walk_next(&w))) {
		if (p->shape != GROUP_SMALL)
			pmap_retire_all(&p->map, e);
		edit_retire(e, p);
	}
}

void group_each(const struct group *p, bool (*visit)(void *self, const struct cset *set), void *self)
{
	struct group_walk w;

	w.depth = 0;
	walk_push(&w, (struct group *)(uintptr_t)p);
	while ((p = walk_next(&w))) {
		struct pmap_iter it;
		const struct cset *set;

		if (p->shape == GROUP_LIST) {
			pmap_iter_init(&it, &p->map);
			while ((set = pmap_iter_next(&it)))
				if (!visit(self, set))
					return;
		}
		for (uint32_t i = 0; i < p->n; i++)
			if (!visit(self, posting_set(&group_postings(p)[i])))
				return;
	}
}
