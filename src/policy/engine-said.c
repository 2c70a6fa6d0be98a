/* SPDX-License-Identifier: Apache-2.0
 *
 * What the engine keeps, read back: for differences between versions.
 */
#include "policy/engine-impl.h"

size_t said_count(const struct cset *set)
{
	return set->n_statements;
}

static struct str_list texts_of(const struct cset *set, const struct pattern *p, size_t n, struct arena *a)
{
	struct str *items = ARENA_ARRAY(a, struct str, n);

	for (size_t i = 0; i < n; i++)
		items[i] = pattern_text(set, &p[i]);
	return (struct str_list){items, n};
}

struct said said_at(const struct cset *set, size_t i, struct arena *a)
{
	const struct compiled *s = &set->statements[i];
	const struct limits *limits = cset_limits(set, s);

	return (struct said){
	    .set = set,
	    .statement = (uint32_t)i,
	    .kind = set->kind,
	    .document = cset_id(set),
	    .effect = (enum effect)s->effect,
	    .actions = texts_of(set, cset_actions(set, s), s->n_actions, a),
	    .resources = texts_of(set, cset_resources(set, s), (size_t)s->n_resources + s->n_variables, a),
	    .has_condition = limits && limits->condition,
	};
}

void engine_each_set(const struct engine *g, bool (*visit)(void *self, const struct cset *set), void *self)
{
	const struct document *d;
	struct pmap_iter it;

	pmap_iter_init(&it, &g->sets);
	while ((d = pmap_iter_next(&it)))
		if (!visit(self, d->set))
			return;
}

/* ---- sets that may have something in common with patterns -------------------------------------------------- */

/* The hashes of all patterns that can; where one that is asked about is wild itself, any can. */
struct wanted {
	uint32_t *hashes; /* in order */
	size_t n, cap;
	uint64_t filter;
	bool is_any;
};

static void want(struct wanted *w, const struct form_list *forms, struct arena *a)
{
	for (size_t i = 0; i < forms->n; i++) {
		ARENA_ROOM(a, w->hashes, w->n, &w->cap);
		w->hashes[w->n++] = short_hash(forms->items[i].hash);
		w->filter |= filter_bit(short_hash(forms->items[i].hash));
	}
}

static int by_hash(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static struct wanted wanted_actions(const struct engine *g, struct str_list actions, struct arena *a)
{
	struct form room[N_ACTION_FORMS] NO_INIT;
	struct wanted w = {0};

	for (size_t i = 0; i < actions.n && !w.is_any; i++) {
		const struct form_list forms = forms_of_action(g->seed, actions.items[i], room);

		w.is_any = str_find(actions.items[i], '*', 0) != SIZE_MAX;
		want(&w, &forms, a);
	}
	if (w.n > 1)
		qsort(w.hashes, w.n, sizeof(*w.hashes), by_hash);
	return w;
}

static bool has_variable(struct str pattern)
{
	return pattern.len && memmem(pattern.ptr, pattern.len, "${", 2);
}

static struct wanted wanted_resources(const struct engine *g, struct str_list resources, struct arena *a)
{
	struct form room[N_INLINE_FORMS] NO_INIT;
	struct wanted w = {0};

	for (size_t i = 0; i < resources.n && !w.is_any; i++) {
		const struct form_list forms = forms_of_path(g->seed, resources.items[i], room, a);

		w.is_any = str_ends_with(resources.items[i], STR("*")) || has_variable(resources.items[i]);
		want(&w, &forms, a);
	}
	if (w.n > 1)
		qsort(w.hashes, w.n, sizeof(*w.hashes), by_hash);
	return w;
}

static bool may_meet(const struct wanted *w, const struct pattern *p, size_t n, uint64_t filter)
{
	if (w->is_any)
		return n > 0;
	if (!(filter & w->filter))
		return false;
	for (size_t i = 0; i < n; i++) {
		const size_t at = lower_bound(w->hashes, w->n, sizeof(*w->hashes), p[i].hash);

		if (at < w->n && w->hashes[at] == p[i].hash)
			return true;
	}
	return false;
}

struct seeking {
	const struct said_search *search;
	struct wanted actions, resources;
};

/* Variables may become anything. */
static bool statement_may_meet(const struct seeking *k, const struct cset *c, const struct compiled *s)
{
	if (!may_meet(&k->actions, cset_actions(c, s), s->n_actions, s->action_filter))
		return false;
	return (c->kind < 64 && (k->search->by_action >> c->kind & 1)) || (s->n_variables && k->search->resources.n) ||
	       may_meet(&k->resources, cset_resources(c, s), s->n_resources, s->resource_filter);
}

static bool set_may_meet(const struct seeking *k, const struct cset *c)
{
	if (!k->actions.is_any && !(c->action_filter & k->actions.filter))
		return false;
	for (uint32_t i = 0; i < c->n_statements; i++)
		if (statement_may_meet(k, c, &c->statements[i]))
			return true;
	return false;
}

/* Nearly every set is somewhere else in memory: the next ones are on their way while one is looked at. */
enum { N_AHEAD = 32 };

static size_t next_sets(struct pmap_iter *it, const struct cset **ret_sets)
{
	const struct document *d[N_AHEAD];
	size_t n = 0;

	while (n < N_AHEAD && (d[n] = pmap_iter_next(it)))
		__builtin_prefetch(d[n++]);
	for (size_t i = 0; i < n; i++) {
		ret_sets[i] = d[i]->set;
		for (size_t at = 0; at < 4 * (size_t)LINE_BYTES; at += LINE_BYTES)
			__builtin_prefetch((const char *)d[i]->set + at);
	}
	return n;
}

void engine_each_set_about(const struct engine *g, const struct said_search *search,
                           bool (*visit)(void *self, const struct cset *set), void *self)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	const struct seeking k = {search, wanted_actions(g, search->actions, &a),
	                          wanted_resources(g, search->resources, &a)};
	const struct cset *sets[N_AHEAD];
	struct pmap_iter it;
	size_t n;

	pmap_iter_init(&it, &g->sets);
	while ((n = next_sets(&it, sets)))
		for (size_t i = 0; i < n; i++)
			if (set_may_meet(&k, sets[i]) && !visit(self, sets[i]))
				return;
}

/* ---- one document, one subject ---------------------------------------------------------------------------- */

const struct cset *engine_set_of(const struct engine *g, uint32_t kind, struct str id, struct arena *a,
                                 struct str_list *ret_subjects)
{
	const struct document *d = document_of(g, kind, id);
	struct str *items;

	*ret_subjects = (struct str_list){0};
	if (!d)
		return NULL;
	items = ARENA_ARRAY(a, struct str, d->n_subjects);
	for (size_t i = 0; i < d->n_subjects; i++)
		items[i] = document_subject(d, i);
	*ret_subjects = (struct str_list){items, d->n_subjects};
	return d->set;
}

size_t engine_patterns_of(const struct engine *g, struct str subject, struct arena *a, struct said_under **ret)
{
	struct form room[N_INLINE_FORMS] NO_INIT;
	const struct form_list forms = forms_of_path(g->seed, subject, room, a);
	struct said_under *items = NULL;
	size_t n = 0;

	for (size_t i = 0; i < forms.n; i++) {
		const struct form *f = &forms.items[i];
		const struct group *group = pmap_get(&g->subjects, f->hash, group_is, f);

		if (!group)
			continue;
		if (!items)
			items = ARENA_ARRAY(a, struct said_under, forms.n - i);
		items[n++] = (struct said_under){group_text(group), group};
	}
	*ret = items;
	return n;
}

void engine_each_under(const struct said_under *under, bool (*visit)(void *self, const struct cset *set), void *self)
{
	group_each(under->sets, visit, self);
}
