/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk: subjects to groups, groups to sets, sets to statements. Memory latency is what a decision costs, so each
 * stage works on a handful of items that were prefetched while the stage before was still busy.
 */
#include "policy/engine-impl.h"

/* At most so much of a set is fetched as soon as it is found: all of a usual one up to the texts of its actions. */
enum { N_CANDIDATES = 16, FEW_POSTINGS = 3, AHEAD_BYTES = 8 * LINE_BYTES };

struct candidate {
	const struct cset *set;
	struct restriction restriction;
};

/*
 * Statements for the observer, in the order they were met. One may be met by several subjects, some of them bound to a
 * tenant; it is shown once, after the walk, with what holds for all of them together.
 */
struct shown {
	const struct cset *set;
	struct observed observed;
};

struct shown_list {
	struct shown *items;
	uint32_t *table; /* by set and statement: index + 1 */
	size_t n, cap;   /* of the items; the table has twice as many slots */
};

struct pass {
	const struct engine *engine;
	struct observer *observer;
	struct asked asked;
	struct scope scope;
	struct findings found;
	bool is_done; /* a deny in the whole scope: nothing can change the verdict */
	struct shown_list shown;
	size_t n_candidates;
	struct candidate candidates[N_CANDIDATES];
	struct subject_walk walk;
};

/* Notes a match; what it may end is said by `is_done`. */
static void add_match(struct pass *p, const struct candidate *c, uint32_t i, enum reach reach)
{
	bool is_deny = c->set->statements[i].effect == EFFECT_DENY;
	struct findings *f = &p->found;
	struct partial *part;

	if (reach == REACH_PART) {
		part = ARENA_NEW(p->asked.arena, struct partial);
		*part = (struct partial){NULL, c->set, i, c->restriction};
		if (is_deny) {
			*f->denies_end = part;
			f->denies_end = &part->next;
		} else {
			*f->allows_end = part;
			f->allows_end = &part->next;
		}
	} else if (is_deny && !f->deny.effect) {
		f->deny = verdict_of(EFFECT_DENY, c->set, i);
		p->is_done = !p->observer;
	} else if (!is_deny && !f->allow.effect) {
		f->allow = verdict_of(EFFECT_ALLOW, c->set, i);
	}
}

static bool is_valid(const struct limits *l, int64_t now_ms)
{
	return !l || (now_ms >= l->valid_from_ms && (now_ms < l->valid_until_ms || l->valid_until_ms == INT64_MAX));
}

static enum truth condition_of(const struct limits *l, const struct query *q)
{
	return l && l->condition ? l->condition->eval(l->condition, q) : TRUTH_TRUE;
}

/* The truth table of engine.h. */
static bool condition_lets_match(enum effect effect, enum truth truth)
{
	return truth == TRUTH_TRUE || (truth == TRUTH_UNKNOWN && effect == EFFECT_DENY);
}

static void consider(struct pass *p, const struct candidate *c, uint32_t i)
{
	const struct compiled *s = &c->set->statements[i];
	const struct query *q = p->asked.query;
	const struct limits *limits;
	enum reach reach;

	/* An allow in the whole scope makes other allows idle; only denies still count. */
	if (p->found.allow.effect && s->effect == EFFECT_ALLOW)
		return;
	if (!(s->resource_filter & p->asked.resources.filter) || !(s->action_filter & asked_actions(&p->asked)->filter))
		return;
	if (!statement_matches_resource(&p->asked, c->set, s) || !statement_matches_action(&p->asked, c->set, s))
		return;
	reach = scope_reach(&p->scope, c->set, s, c->restriction);
	limits = cset_limits(c->set, s);
	if (reach == REACH_NONE || !is_valid(limits, q->now_ms))
		return;
	if (condition_lets_match(s->effect, condition_of(limits, q)))
		add_match(p, c, i, reach);
}

static uint32_t *shown_slot(const struct shown_list *l, const struct cset *set, uint32_t statement)
{
	uint64_t hash = hash_u64((uint64_t)(uintptr_t)set + statement * UINT64_C(0x9e3779b97f4a7c15));
	size_t mask = 2 * l->cap - 1, at = (size_t)hash & mask;

	while (l->table[at] &&
	       (l->items[l->table[at] - 1].set != set || l->items[l->table[at] - 1].observed.statement != statement))
		at = (at + 1) & mask;
	return &l->table[at];
}

static void grow_shown(struct shown_list *l, struct arena *a)
{
	struct shown *old = l->items;

	l->cap = l->cap ? l->cap * 2 : 32;
	l->items = ARENA_ARRAY(a, struct shown, l->cap);
	l->table = ARENA_ARRAY(a, uint32_t, 2 * l->cap);
	for (size_t i = 0; i < l->n; i++) {
		l->items[i] = old[i];
		*shown_slot(l, old[i].set, old[i].observed.statement) = (uint32_t)i + 1;
	}
}

struct observed observe(struct asked *q, const struct cset *c, uint32_t statement)
{
	const struct compiled *s = &c->statements[statement];
	const struct limits *limits = cset_limits(c, s);

	return (struct observed){
	    .kind = c->kind,
	    .document = cset_id(c),
	    .statement = statement,
	    .effect = s->effect == EFFECT_DENY ? EFFECT_DENY : EFFECT_ALLOW,
	    .action_matches = statement_matches_action(q, c, s),
	    .resource_matches = statement_matches_resource(q, c, s),
	    .is_valid_now = is_valid(limits, q->query->now_ms),
	    .condition = condition_of(limits, q->query),
	};
}

/* What the observer will be told of the statement: filled in the first time. */
static struct observed *shown_of(struct pass *p, const struct cset *set, uint32_t i)
{
	struct shown_list *l = &p->shown;
	struct observed *o;
	uint32_t *slot;

	if (l->n == l->cap)
		grow_shown(l, p->asked.arena);
	slot = shown_slot(l, set, i);
	if (*slot)
		return &l->items[*slot - 1].observed;
	l->items[l->n].set = set;
	o = &l->items[l->n++].observed;
	*slot = (uint32_t)l->n;
	*o = observe(&p->asked, set, i);
	return o;
}

/* Has the observer been shown as many as it wants to see? Then the walk ends. */
static bool is_enough(struct pass *p)
{
	if (p->observer->max_statements == 0 || p->shown.n < p->observer->max_statements)
		return false;
	p->observer->is_cut = p->is_done = true;
	return true;
}

/* The same as consider(), but nothing is left out on the way. */
static void consider_observed(struct pass *p, const struct candidate *c, uint32_t i)
{
	enum reach reach = scope_reach(&p->scope, c->set, &c->set->statements[i], c->restriction);
	struct partial part = {NULL, c->set, i, c->restriction};
	bool in_tenant = reach == REACH_WHOLE || (reach == REACH_PART && scope_touches(&p->scope, &part));
	struct observed *o;

	if (is_enough(p))
		return;
	o = shown_of(p, c->set, i);
	o->tenant_matches = o->tenant_matches || in_tenant;
	if (in_tenant && o->action_matches && o->resource_matches && o->is_valid_now &&
	    condition_lets_match(o->effect, o->condition))
		add_match(p, c, i, reach);
}

static void show_all(const struct pass *p)
{
	for (size_t i = 0; i < p->shown.n; i++)
		p->observer->statement(p->observer, &p->shown.items[i].observed);
}

static void consider_any(struct pass *p, const struct candidate *c, uint32_t i)
{
	if (p->observer)
		consider_observed(p, c, i);
	else
		consider(p, c, i);
}

/* Statements of one table of the inner index; long lists of forms against short tables take all of it. */
static void consider_selected(struct pass *p, const struct candidate *c, const struct selector *table, size_t n,
                              const struct form_list *forms)
{
	if (forms->n >= n) {
		for (size_t i = 0; i < n; i++)
			consider_any(p, c, table[i].statement);
		return;
	}
	for (size_t k = 0; k < forms->n; k++) {
		uint32_t hash = short_hash(forms->items[k].hash);

		for (size_t i = lower_bound(table, n, sizeof(*table), hash); i < n && table[i].hash == hash; i++)
			consider_any(p, c, table[i].statement);
	}
}

static void consider_set(struct pass *p, const struct candidate *c)
{
	const struct cset *set = c->set;
	const struct selector *table = cset_selectors(set);

	if (!p->observer && p->found.allow.effect && set->n_denies == 0)
		return;
	if (!set->selectors_at) {
		for (uint32_t i = 0; i < set->n_statements && !p->is_done; i++)
			consider_any(p, c, i);
		return;
	}
	consider_selected(p, c, table, set->n_by_resource, &p->asked.resources);
	table += set->n_by_resource;
	consider_selected(p, c, table, set->n_by_action, asked_actions(&p->asked));
	table += set->n_by_action;
	for (size_t i = 0; i < set->n_rest; i++)
		consider_any(p, c, table[i].statement);
}

static void flush_candidates(struct pass *p)
{
	for (size_t i = 0; i < p->n_candidates && !p->is_done; i++)
		consider_set(p, &p->candidates[i]);
	p->n_candidates = 0;
}

static void add_candidate(struct pass *p, const struct cset *set, const char *last_line, struct restriction r)
{
	if (p->n_candidates == N_CANDIDATES)
		flush_candidates(p);
	for (size_t at = 0; at < AHEAD_BYTES; at += LINE_BYTES) {
		const char *line = (const char *)set + at;

		/* Asking for the last line again is cheaper than a jump that is guessed wrong. */
		__builtin_prefetch(line < last_line ? line : last_line);
	}
	p->candidates[p->n_candidates++] = (struct candidate){set, r};
}

static void add_posting(struct pass *p, const struct posting *o, struct restriction r)
{
	add_candidate(p, posting_set(o), posting_last_line(o), r);
}

/*
 * The postings that can match. What a filter says cannot be guessed, so it is counted instead of jumped on; the
 * cheapest filter is asked first.
 */
static uint32_t filter_postings(struct pass *p, const struct group *group, uint8_t ret_at[static MAX_SMALL])
{
	const struct posting *postings = group_postings(group);
	uint64_t resource_filter = p->asked.resources.filter;
	uint32_t n_near = 0, n_left = 0, n = 0;
	uint64_t action_filter;

	for (uint32_t i = 0; i < group->n; i++) {
		ret_at[n_near] = (uint8_t)i;
		n_near += (postings[i].resource_filter & resource_filter) != 0;
	}
	for (uint32_t i = 0; i < n_near; i++) {
		ret_at[n_left] = ret_at[i];
		n_left += asked_may_match_resource(&p->asked, postings[ret_at[i]].resource_filter);
	}
	if (n_left == 0)
		return 0;
	action_filter = asked_actions(&p->asked)->filter;
	for (uint32_t i = 0; i < n_left; i++) {
		ret_at[n] = ret_at[i];
		n += (postings[ret_at[i]].action_filter & action_filter) != 0;
	}
	return n;
}

static void add_postings(struct pass *p, const struct group *group, struct restriction r)
{
	const struct posting *postings = group_postings(group);
	uint8_t at[MAX_SMALL] NO_INIT;
	uint32_t n;

	if (p->observer) {
		for (uint32_t i = 0; i < group->n; i++)
			add_posting(p, &postings[i], r);
		return;
	}
	n = filter_postings(p, group, at);
	/* The allow that spares most of them may be among those that wait. */
	if (n > FEW_POSTINGS && !p->found.allow.effect)
		flush_candidates(p);
	for (uint32_t i = 0; i < n; i++) {
		const struct posting *o = &postings[at[i]];

		if (!p->found.allow.effect || posting_has_deny(o))
			add_posting(p, o, r);
	}
}

/* Has all that could still be found in sets without a deny statement been found? */
static bool needs_denies_only(const struct pass *p)
{
	return p->found.allow.effect && !p->observer;
}

static void add_list(struct pass *p, const struct group *group, struct restriction r)
{
	const struct cset *set;
	struct pmap_iter it;

	if (group->rest) {
		pmap_iter_init(&it, &group->rest->map);
		while (!p->is_done && (set = pmap_iter_next(&it)))
			add_candidate(p, set, (const char *)set + (size_t)2 * LINE_BYTES, r);
	}
	/* The allow that spares the others may be among those that wait. */
	if (group->map.n > N_CANDIDATES)
		flush_candidates(p);
	pmap_iter_init(&it, &group->map);
	while (!p->is_done && !needs_denies_only(p) && (set = pmap_iter_next(&it)))
		add_candidate(p, set, (const char *)set + (size_t)2 * LINE_BYTES, r);
}

typedef void visit_fn(struct pass *p, const struct group *group, struct restriction r);

/* The branches that the forms select, and the rest. */
static void visit_branches(struct pass *p, const struct group *group, const struct form_list *forms, visit_fn *visit,
                           struct restriction r)
{
	struct pmap_probe probes[N_PROBES] NO_INIT;
	size_t n, at = 0;

	while (at < forms->n && !p->is_done) {
		for (n = 0; at < forms->n && n < N_PROBES; at++) {
			const struct form *f = &forms->items[at];

			probes[n] = (struct pmap_probe){f->hash, f, NULL};
			n += (group->filter & filter_bit(short_hash(f->hash))) != 0;
		}
		pmap_get_many(&group->map, probes, n, group_is);
		for (size_t i = 0; i < n && !p->is_done; i++) {
			if (probes[i].value)
				visit(p, probes[i].value, r);
		}
	}
	if (group->rest && !p->is_done)
		visit(p, group->rest, r);
}

static void visit_by_action(struct pass *p, const struct group *group, struct restriction r)
{
	if (group->shape == GROUP_LIST)
		add_list(p, group, r);
	else
		add_postings(p, group, r);
}

static void visit_by_resource(struct pass *p, const struct group *group, struct restriction r)
{
	if (group->shape == GROUP_SPLIT)
		visit_branches(p, group, asked_actions(&p->asked), visit_by_action, r);
	else
		add_postings(p, group, r);
}

static bool visit_by_subject(struct subject_walk *w, const struct group *group, struct restriction r)
{
	struct pass *p = CONTAINER_OF(w, struct pass, walk);

	if (group->shape == GROUP_SPLIT)
		visit_branches(p, group, &p->asked.resources, visit_by_resource, r);
	else
		add_postings(p, group, r);
	return !p->is_done;
}

static void prepare(struct subject_walk *w)
{
	asked_make_resources(&CONTAINER_OF(w, struct pass, walk)->asked);
}

/* What others keep is asked last: mostly it can change nothing any more. */
static void ask_source(struct pass *p)
{
	const struct query *q = p->asked.query;
	struct verdict v = {0};

	if (!q->source || p->is_done || (p->found.allow.effect && !p->observer))
		return;
	if (p->scope.kind != SCOPE_BLIND && p->scope.n == 0)
		return;
	if (q->source->find(q->source, q, p->asked.arena, p->observer, &v) && !p->found.allow.effect)
		p->found.allow = v;
}

struct verdict engine_explain(const struct engine *g, const struct query *q, struct arena *a,
                              struct str_list *ret_tenants, struct observer *observer)
{
	struct pass p NO_INIT;

	p.engine = g;
	p.observer = observer;
	asked_init(&p.asked, g->seed, q, a);
	p.found = (struct findings){0};
	p.found.allows_end = &p.found.allows;
	p.found.denies_end = &p.found.denies;
	p.is_done = false;
	p.shown = (struct shown_list){0};
	p.n_candidates = 0;
	scope_init(&p.scope, g, q, a);
	subject_walk_init(&p.walk, &p.scope, visit_by_subject);
	p.walk.prepare = prepare;
	p.walk.sees_out_of_scope = observer != NULL;
	subject_walk_run(&p.walk, q->subjects, q->n_subjects);
	flush_candidates(&p);
	show_all(&p);
	ask_source(&p);
	if (observer && observer->end)
		observer->end(observer, g, q, a);
	return scope_resolve(&p.scope, &p.found, ret_tenants);
}

struct verdict engine_decide(const struct engine *g, const struct query *q, struct arena *a,
                             struct str_list *ret_tenants)
{
	return engine_explain(g, q, a, ret_tenants, NULL);
}
