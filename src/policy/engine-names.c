/* SPDX-License-Identifier: Apache-2.0
 *
 * What statements name, found from there: the sets by the resources they name, in the order of these, and the actions.
 * Decisions go from subjects to statements; searches also go the other way.
 */
#include "policy/engine-impl.h"

/* ---- keys ---------------------------------------------------------------------------------------------- */

static struct str group_key(const void *value)
{
	return group_text(value);
}

/*
 * An action that some set names, or has named. How many sets do is kept apart, by its number: a write changes many of
 * these counts, and those of actions that came together stand together. One that nobody names any more keeps its
 * number, and is in no order.
 */
struct action {
	uint64_t number;
	uint32_t len;
	char text[];
};

static struct str action_key(const void *value)
{
	const struct action *action = value;

	return (struct str){action->text, action->len};
}

static bool action_is(const void *value, const void *key)
{
	return str_eq(action_key(value), *(const struct str *)key);
}

/* ---- changes ------------------------------------------------------------------------------------------- */

struct names {
	struct arena *arena;
	struct str *items;
	size_t n, cap;
};

static void add_name(struct names *l, struct str name)
{
	ARENA_ROOM(l->arena, l->items, l->n, &l->cap);
	l->items[l->n++] = name;
}

static void sort_names(struct names *l)
{
	size_t n = 0;

	if (l->n > 1)
		qsort(l->items, l->n, sizeof(*l->items), str_qsort);
	for (size_t i = 0; i < l->n; i++)
		if (n == 0 || !str_eq(l->items[n - 1], l->items[i]))
			l->items[n++] = l->items[i];
	l->n = n;
}

/* The resources that the set is found by, each once. */
static struct names resources_of(const struct cset *c, struct arena *a)
{
	struct names l = {.arena = a};

	for (uint32_t i = 0; c && i < c->n_statements; i++) {
		const struct compiled *s = &c->statements[i];

		for (uint32_t k = 0; k < s->n_resources + s->n_variables; k++)
			add_name(&l, pattern_text(c, &cset_resources(c, s)[k]));
		if (s->n_variables)
			add_name(&l, VARIABLE_RESOURCES);
	}
	sort_names(&l);
	return l;
}

/* The actions that the set names: patterns are not among them. */
static struct names actions_of(const struct cset *c, struct arena *a)
{
	struct names l = {.arena = a};

	for (uint32_t i = 0; c && i < c->n_statements; i++) {
		const struct compiled *s = &c->statements[i];

		for (uint32_t k = 0; k < s->n_actions; k++) {
			struct str text = pattern_text(c, &cset_actions(c, s)[k]);

			if (str_find(text, '*', 0) == SIZE_MAX)
				add_name(&l, text);
		}
	}
	sort_names(&l);
	return l;
}

static void change_resource(struct engine *g, const struct change *c, struct str text)
{
	struct group *old = ptrie_get(&g->resources, group_key, text);
	struct group *fresh = group_change_of_resource(c, old, text);

	if (fresh)
		(void)ptrie_put(&g->resources, c->edit, group_key, fresh);
	else if (old)
		(void)ptrie_remove(&g->resources, c->edit, group_key, text);
}

static struct action *action_need(struct engine *g, struct edit *e, struct str text)
{
	uint64_t hash = text_hash(g->seed, text);
	struct action *action = pmap_get(&g->action_numbers, hash, action_is, &text);

	if (action)
		return action;
	action = edit_alloc(e, sizeof(*action) + text.len);
	*action = (struct action){.number = g->action_numbers.n, .len = (uint32_t)text.len};
	if (text.len)
		memcpy(action->text, text.ptr, text.len);
	(void)pmap_put(&g->action_numbers, e, hash, action_is, &text, action);
	return action;
}

/* One set more, or less, names the action. Counts stand in the place of pointers. */
static void count_action(struct engine *g, struct edit *e, struct str text, bool is_named)
{
	struct action *action = action_need(g, e, text);
	uintptr_t n = (uintptr_t)pvec_get(&g->action_counts, action->number);

	if (is_named && n == 0)
		(void)ptrie_put(&g->actions, e, action_key, action);
	else if (!is_named && n == 1)
		(void)ptrie_remove(&g->actions, e, action_key, text);
	(void)pvec_set(&g->action_counts, e, action->number, (void *)(is_named ? n + 1 : n - 1));
}

/* Two lists in order: takes the next name off whichever has it; below 0 from the first only, above from the second. */
static int take_next(const struct names *x, size_t *i, const struct names *y, size_t *k)
{
	const int order = *i == x->n ? 1 : *k == y->n ? -1 : str_cmp(x->items[*i], y->items[*k]);

	*i += order <= 0;
	*k += order >= 0;
	return order;
}

/* Those that both sets name need nothing. */
static void change_actions(struct engine *g, struct edit *e, const struct names *old, const struct names *fresh)
{
	for (size_t i = 0, k = 0; i < old->n || k < fresh->n;) {
		const int order = take_next(old, &i, fresh, &k);

		if (order < 0)
			count_action(g, e, old->items[i - 1], false);
		else if (order > 0)
			count_action(g, e, fresh->items[k - 1], true);
	}
}

static void change_resources(struct engine *g, const struct change *c, const struct names *old,
                             const struct names *fresh)
{
	for (size_t i = 0, k = 0; i < old->n || k < fresh->n;) {
		const int order = take_next(old, &i, fresh, &k);
		const struct change one = {c->seed, c->edit, order <= 0 ? c->old : NULL, order >= 0 ? c->fresh : NULL};

		change_resource(g, &one, order <= 0 ? old->items[i - 1] : fresh->items[k - 1]);
	}
}

void names_change(struct engine *g, struct edit *e, const struct cset *old, const struct cset *fresh)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	const struct change c = {g->seed, e, old, fresh};
	const struct names was = resources_of(old, &a), is = resources_of(fresh, &a);
	const struct names gone = actions_of(old, &a), come = actions_of(fresh, &a);

	change_resources(g, &c, &was, &is);
	change_actions(g, e, &gone, &come);
}

void names_retire_all(struct engine *g, struct edit *e)
{
	struct group *group = ptrie_from(&g->resources, group_key, STR(""));
	struct pmap_iter it;
	struct action *action;

	for (; group; group = ptrie_behind(&g->resources, group_key, group_key(group)))
		group_retire_all(group, e);
	pmap_iter_init(&it, &g->action_numbers);
	while ((action = pmap_iter_next(&it)))
		edit_retire(e, action);
	ptrie_retire_all(&g->resources, e);
	ptrie_retire_all(&g->actions, e);
	pmap_retire_all(&g->action_numbers, e);
	pvec_retire_all(&g->action_counts, e);
}

/* ---- looking ------------------------------------------------------------------------------------------- */

const struct group *names_group(const struct engine *g, struct str pattern)
{
	return ptrie_get(&g->resources, group_key, pattern);
}

struct str engine_next_resource(const struct engine *g, struct str behind, bool is_included)
{
	const struct group *group =
	    is_included ? ptrie_from(&g->resources, group_key, behind) : ptrie_behind(&g->resources, group_key, behind);

	return group ? group_key(group) : STR_NONE;
}

struct str engine_next_action(const struct engine *g, struct str behind, bool is_included)
{
	const struct action *action =
	    is_included ? ptrie_from(&g->actions, action_key, behind) : ptrie_behind(&g->actions, action_key, behind);

	return action ? action_key(action) : STR_NONE;
}
