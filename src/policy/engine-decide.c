/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk: subjects to groups, groups to sets, sets to statements. Memory latency is what a decision costs, so each
 * stage works on a handful of items that were prefetched while the stage before was still busy.
 */
#include "policy/engine-impl.h"

enum { N_CANDIDATES = 16 };

struct candidate {
	const struct cset *set;
	struct restriction restriction;
};

/* Statements that were shown to the observer: one may be found by several ways. */
struct shown {
	const struct cset *set;
	uint32_t statement;
	struct restriction restriction;
};

struct pass {
	const struct engine *engine;
	struct observer *observer;
	struct asked asked;
	struct scope scope;
	struct findings found;
	bool is_done; /* a deny in the whole scope: nothing can change the verdict */
	struct {
		struct shown *slots;
		size_t n, mask;
	} shown;
	size_t n_candidates;
	struct candidate candidates[N_CANDIDATES];
	struct form resource_room[N_INLINE_FORMS], action_room[N_ACTION_FORMS];
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
	} else if (is_deny && !f->deny) {
		f->deny = c->set;
		f->deny_statement = i;
		p->is_done = !p->observer;
	} else if (!is_deny && !f->allow) {
		f->allow = c->set;
		f->allow_statement = i;
	}
}

static bool is_valid(const struct limits *l, int64_t now_ms)
{
	return !l || (now_ms >= l->valid_from_ms && now_ms < l->valid_until_ms);
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
	if (p->found.allow && s->effect == EFFECT_ALLOW)
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

static struct shown *shown_slot(struct pass *p, const struct shown *key)
{
	uint64_t hash = hash_u64((uint64_t)(uintptr_t)key->set + key->statement * UINT64_C(0x9e3779b97f4a7c15));
	size_t at = (size_t)hash & p->shown.mask;
	struct shown *slot;

	for (;; at = (at + 1) & p->shown.mask) {
		slot = &p->shown.slots[at];
		if (!slot->set || (slot->set == key->set && slot->statement == key->statement &&
		                   restriction_eq(slot->restriction, key->restriction)))
			return slot;
	}
}

/* True the first time. */
static bool show_once(struct pass *p, const struct candidate *c, uint32_t i)
{
	struct shown key = {c->set, i, c->restriction}, *old = p->shown.slots, *slot;
	size_t n_old = old ? p->shown.mask + 1 : 0;

	if (p->shown.n * 2 >= n_old) {
		p->shown.mask = (n_old ? n_old * 2 : 64) - 1;
		p->shown.slots = ARENA_ARRAY(p->asked.arena, struct shown, p->shown.mask + 1);
		for (size_t k = 0; k < n_old; k++) {
			if (old[k].set)
				*shown_slot(p, &old[k]) = old[k];
		}
	}
	slot = shown_slot(p, &key);
	if (slot->set)
		return false;
	*slot = key;
	p->shown.n++;
	return true;
}

/* The same as consider(), but nothing is left out on the way. */
static void consider_observed(struct pass *p, const struct candidate *c, uint32_t i)
{
	const struct compiled *s = &c->set->statements[i];
	const struct limits *limits = cset_limits(c->set, s);
	enum reach reach = scope_reach(&p->scope, c->set, s, c->restriction);
	struct partial part = {NULL, c->set, i, c->restriction};
	struct observed o = {.kind = c->set->kind, .document = cset_id(c->set), .statement = i};

	if (!show_once(p, c, i))
		return;
	o.effect = s->effect == EFFECT_DENY ? EFFECT_DENY : EFFECT_ALLOW;
	o.action_matches = statement_matches_action(&p->asked, c->set, s);
	o.resource_matches = statement_matches_resource(&p->asked, c->set, s);
	o.tenant_matches = reach == REACH_WHOLE || (reach == REACH_PART && scope_touches(&p->scope, &part));
	o.is_valid_now = is_valid(limits, p->asked.query->now_ms);
	o.condition = condition_of(limits, p->asked.query);
	p->observer->statement(p->observer, &o);
	if (o.action_matches && o.resource_matches && o.tenant_matches && o.is_valid_now &&
	    condition_lets_match(o.effect, o.condition))
		add_match(p, c, i, reach);
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

	if (!p->observer && p->found.allow && set->n_denies == 0)
		return;
	if (!set->selectors_at) {
		for (uint32_t i = 0; i < set->n_statements && !p->is_done; i++)
			consider_any(p, c, i);
		return;
	}
	consider_selected(p, c, table, set->n_by_resource, &p->asked.resources);
	table += set->n_by_resource;
	consider_selected(p, c, table, set->n_by_action, &p->asked.actions);
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

static void add_candidate(struct pass *p, const struct cset *set, struct restriction r)
{
	if (p->n_candidates == N_CANDIDATES)
		flush_candidates(p);
	__builtin_prefetch(set);
	__builtin_prefetch((const char *)set + 64);
	__builtin_prefetch((const char *)set + 128);
	p->candidates[p->n_candidates++] = (struct candidate){set, r};
}

static void add_postings(struct pass *p, const struct group *group, struct restriction r)
{
	const struct posting *postings = group_postings(group);
	bool sees_all = p->observer != NULL;

	for (uint32_t i = 0; i < group->n; i++) {
		const struct posting *o = &postings[i];

		if (!sees_all && (!(o->resource_filter & p->asked.resources.filter) ||
		                  !(o->action_filter & p->asked.actions.filter)))
			continue;
		if (sees_all || !p->found.allow || posting_has_deny(o))
			add_candidate(p, posting_set(o), r);
	}
}

static void add_list(struct pass *p, const struct group *group, struct restriction r)
{
	const struct cset *set;
	struct pmap_iter it;

	pmap_iter_init(&it, &group->map);
	while (!p->is_done && (set = pmap_iter_next(&it)))
		add_candidate(p, set, r);
}

typedef void visit_fn(struct pass *p, const struct group *group, struct restriction r);

/* The branches that the forms select, and the rest. */
static void visit_branches(struct pass *p, const struct group *group, const struct form_list *forms, visit_fn *visit,
                           struct restriction r)
{
	for (size_t from = 0; from < forms->n && !p->is_done; from += N_PROBES) {
		struct pmap_probe probes[N_PROBES] NO_INIT;
		size_t n = forms->n - from < N_PROBES ? forms->n - from : N_PROBES;

		for (size_t i = 0; i < n; i++)
			probes[i] = (struct pmap_probe){forms->items[from + i].hash, &forms->items[from + i], NULL};
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
		visit_branches(p, group, &p->asked.actions, visit_by_action, r);
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

struct verdict engine_explain(const struct engine *g, const struct query *q, struct arena *a,
                              struct str_list *ret_tenants, struct observer *observer)
{
	struct pass p NO_INIT;

	p.engine = g;
	p.observer = observer;
	p.asked = (struct asked){.query = q, .arena = a};
	p.asked.resources = forms_of_path(g->seed, q->resource, p.resource_room, a);
	p.asked.actions = forms_of_action(g->seed, q->action, p.action_room);
	p.found = (struct findings){0};
	p.found.allows_end = &p.found.allows;
	p.found.denies_end = &p.found.denies;
	p.is_done = false;
	memset(&p.shown, 0, sizeof(p.shown));
	p.n_candidates = 0;
	scope_init(&p.scope, g, q, a);
	subject_walk_init(&p.walk, &p.scope, visit_by_subject);
	p.walk.sees_out_of_scope = observer != NULL;
	subject_walk_run(&p.walk, q->subjects, q->n_subjects);
	flush_candidates(&p);
	return scope_resolve(&p.scope, &p.found, ret_tenants);
}

struct verdict engine_decide(const struct engine *g, const struct query *q, struct arena *a,
                             struct str_list *ret_tenants)
{
	return engine_explain(g, q, a, ret_tenants, NULL);
}
