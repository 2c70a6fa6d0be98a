/* SPDX-License-Identifier: Apache-2.0
 *
 * The comparison. Each check compares one promise of policy/engine.h with the oracle.
 */
#include "base/strs.h"
#include "print.h"
#include "twin.h"

struct inquiry {
	const struct twin_version *v;
	const struct query *q;
	struct arena *a;
	struct buf *complaint;
	struct oracle_answer want;
};

static bool list_has(struct str_list list, struct str s)
{
	for (size_t i = 0; i < list.n; i++)
		if (str_eq(list.items[i], s))
			return true;
	return false;
}

static bool complain_lists(const struct inquiry *in, const char *what, struct str_list want, struct str_list got)
{
	buf_addf(in->complaint, "%s: oracle ", what);
	print_list(in->complaint, want);
	buf_addf(in->complaint, ", engine ");
	print_list(in->complaint, got);
	buf_addf(in->complaint, "\n");
	return false;
}

static bool check_order(const struct inquiry *in, const char *what, struct str_list got)
{
	bool is_same = in->want.tenants.n == got.n;

	for (size_t i = 0; is_same && i < got.n; i++)
		is_same = str_eq(in->want.tenants.items[i], got.items[i]);
	return is_same || complain_lists(in, what, in->want.tenants, got);
}

static bool check_verdict(const struct inquiry *in, const char *what, struct verdict v)
{
	if (v.effect != in->want.effect) {
		buf_addf(in->complaint, "%s: oracle %s, engine %s (", what, effect_name(in->want.effect),
		         effect_name(v.effect));
		print_decider(in->complaint, &v);
		buf_addf(in->complaint, ")\n");
		return false;
	}
	if (v.effect == EFFECT_NONE || oracle_may_decide(&in->v->oracle, in->q, &v, in->a))
		return true;
	buf_addf(in->complaint, "%s: not a legitimate decider of %s: ", what, effect_name(v.effect));
	print_decider(in->complaint, &v);
	buf_addf(in->complaint, "\n");
	return false;
}

static bool same_decider(struct verdict x, struct verdict y)
{
	if (x.effect != y.effect || x.effect == EFFECT_NONE)
		return x.effect == y.effect;
	return x.kind == y.kind && str_eq(x.document, y.document) && x.statement == y.statement;
}

/* ---- explain ---- */

struct recorder {
	struct observer base;
	struct arena *a;
	struct observed *items;
	size_t n;
	size_t cap;
};

static const struct observed *find_observed(const struct recorder *r, uint32_t kind, struct str id, uint32_t statement)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->items[i].kind == kind && r->items[i].statement == statement && str_eq(r->items[i].document, id))
			return &r->items[i];
	return NULL;
}

static void make_room(struct recorder *r)
{
	struct observed *more;

	if (r->n < r->cap)
		return;
	r->cap = r->cap ? 2 * r->cap : 16;
	more = ARENA_ARRAY(r->a, struct observed, r->cap);
	for (size_t i = 0; i < r->n; i++)
		more[i] = r->items[i];
	r->items = more;
}

static void record(struct observer *self, const struct observed *what)
{
	struct recorder *r = CONTAINER_OF(self, struct recorder, base);

	make_room(r);
	r->items[r->n++] = *what;
}

static bool complain_observed(const struct inquiry *in, const char *what, const struct observed *seen)
{
	buf_addf(in->complaint, "explain: %s: ", what);
	print_decider(in->complaint, &(struct verdict){.effect = seen->effect,
	                                               .kind = seen->kind,
	                                               .document = seen->document,
	                                               .statement = seen->statement});
	buf_addf(in->complaint, " action %d resource %d tenant %d valid %d condition %u\n", seen->action_matches,
	         seen->resource_matches, seen->tenant_matches, seen->is_valid_now, (unsigned int)seen->condition);
	return false;
}

static bool check_observed(const struct inquiry *in, const struct observed *seen)
{
	struct oracle_view view = oracle_view(&in->v->oracle, in->q, seen, in->a);

	if (!view.is_known)
		return complain_observed(in, "no such statement", seen);
	if (!view.subject_matches)
		return complain_observed(in, "not about any subject of the query", seen);
	if (view.effect != seen->effect)
		return complain_observed(in, "wrong effect", seen);
	if (view.action_matches != seen->action_matches)
		return complain_observed(in, "wrong about the action", seen);
	if (view.resource_matches != seen->resource_matches)
		return complain_observed(in, "wrong about the resource", seen);
	/* One whose action or resource does not match need not be a candidate under each of the query's subjects. */
	if (seen->tenant_matches ? !view.tenant_matches
	                         : view.tenant_matches && view.action_matches && view.resource_matches)
		return complain_observed(in, "wrong about the tenants", seen);
	if (view.is_valid_now != seen->is_valid_now)
		return complain_observed(in, "wrong about its validity", seen);
	if (view.condition != seen->condition)
		return complain_observed(in, "wrong about its condition", seen);
	return true;
}

/* Every statement that takes effect was a candidate, so the observer was told of it, and only once. */
static bool check_all_told(const struct inquiry *in, const struct recorder *r)
{
	const struct oracle *o = &in->v->oracle;

	for (size_t i = 0; i < o->n_sets; i++) {
		const struct statement_set *set = &o->sets[i];

		for (uint32_t k = 0; k < set->n_statements; k++) {
			const struct statement *st = &set->statements[k];
			struct observed missed = {
			    .kind = set->kind, .document = set->id, .statement = k, .effect = st->effect};

			if (!find_observed(r, set->kind, set->id, k) && oracle_takes_effect(o, in->q, set, st, in->a))
				return complain_observed(in, "did not tell of a statement that matches", &missed);
		}
	}
	for (size_t i = 0; i < r->n; i++)
		if (find_observed(r, r->items[i].kind, r->items[i].document, r->items[i].statement) != &r->items[i])
			return complain_observed(in, "told twice", &r->items[i]);
	return true;
}

static bool check_explain(const struct inquiry *in, struct verdict decided)
{
	struct recorder r = {.base = {.statement = record}, .a = in->a};
	struct str_list tenants = {0};
	struct verdict v = engine_explain(&in->v->engine, in->q, in->a, &tenants, &r.base);

	if (!check_verdict(in, "explain", v) || !check_order(in, "tenants of explain", tenants))
		return false;
	if (!same_decider(decided, v)) {
		buf_addf(in->complaint, "explain names ");
		print_decider(in->complaint, &v);
		buf_addf(in->complaint, ", decide names ");
		print_decider(in->complaint, &decided);
		buf_addf(in->complaint, "\n");
		return false;
	}
	if (v.effect != EFFECT_NONE && !find_observed(&r, v.kind, v.document, v.statement)) {
		buf_addf(in->complaint, "explain: the observer was not told of the decider\n");
		return false;
	}
	for (size_t i = 0; i < r.n; i++)
		if (!check_observed(in, &r.items[i]))
			return false;
	return check_all_told(in, &r);
}

/* ---- whose tenants ---- */

/* An arbitrary but fixed part of the documents. */
static bool skip_kind_one(uint32_t kind, UNUSED struct str document)
{
	return kind == 1;
}

/* All of `least`, nothing outside `most`, nothing twice; neither list has duplicates. */
static bool is_between(struct str_list least, struct str_list most, struct str_list got)
{
	for (size_t i = 0; i < least.n; i++)
		if (!list_has(got, least.items[i]))
			return false;
	for (size_t i = 0; i < got.n; i++)
		if (!list_has(most, got.items[i]) || list_has((struct str_list){got.items, i}, got.items[i]))
			return false;
	return true;
}

/*
 * For a subject that counts in one tenant only the contract leaves open whether it adds that tenant when it is not live
 * (nobody can be given a role there), and when the answer is "all" anyway: either way is taken.
 */
static bool check_tenants_of(const struct inquiry *in, bool (*skip)(uint32_t kind, struct str document))
{
	struct oracle_who who = {.subjects = in->q->subjects, .n_subjects = in->q->n_subjects, .skip = skip};
	bool want_all = false, got_all = false;
	struct str_list most = oracle_tenants_of(&in->v->oracle, &who, in->a, &want_all), least;
	struct str_list got = engine_tenants_of(&in->v->engine, who.subjects, who.n_subjects, in->a, skip, &got_all);

	if (want_all != got_all) {
		buf_addf(in->complaint, "tenants_of: all tenants: oracle %d, engine %d\n", want_all, got_all);
		return false;
	}
	who.without_dead = true;
	who.without_covered = want_all;
	least = oracle_tenants_of(&in->v->oracle, &who, in->a, &want_all);
	return is_between(least, most, got) ||
	       complain_lists(in, skip ? "tenants_of with skip" : "tenants_of", most, got);
}

/* ---- names, for searches ---- */

struct name_list {
	struct engine_names base;
	struct strs list;
};

static bool take_name(struct engine_names *self, struct str name)
{
	strs_add(&CONTAINER_OF(self, struct name_list, base)->list, name);
	return true;
}

static bool has_all(const struct name_list *l, struct str_list names)
{
	for (size_t i = 0; i < names.n; i++)
		if (!list_has(strs_list(&l->list), names.items[i]))
			return false;
	return true;
}

static const struct statement_set *set_of(const struct oracle *o, uint32_t kind, struct str id)
{
	for (size_t i = 0; i < o->n_sets; i++)
		if (o->sets[i].kind == kind && str_eq(o->sets[i].id, id))
			return &o->sets[i];
	return NULL;
}

/* What allows something is found from each of its sides. */
static bool check_found(const struct inquiry *in, const struct recorder *r)
{
	struct name_list of[3];
	const struct engine *g = &in->v->engine;

	for (size_t i = 0; i < N_ELEMENTS(of); i++)
		of[i] = (struct name_list){{take_name, UINT64_MAX}, {.arena = in->a}};
	if (!engine_each_subject(g, in->q, in->a, &of[0].base) || !engine_each_resource(g, in->q, in->a, &of[1].base) ||
	    !engine_each_action(g, in->q, in->a, &of[2].base))
		return complain_observed(in, "a search for names gave up", &(struct observed){0});
	for (size_t i = 0; i < r->n; i++) {
		const struct observed *seen = &r->items[i];
		const struct statement_set *set = set_of(&in->v->oracle, seen->kind, seen->document);

		assert(set);
		if (seen->effect != EFFECT_ALLOW)
			continue;
		if ((seen->action_matches && seen->resource_matches && !has_all(&of[0], set->subjects)) ||
		    (seen->action_matches && !has_all(&of[1], set->statements[seen->statement].resources)) ||
		    (seen->resource_matches && !has_all(&of[2], set->statements[seen->statement].actions)))
			return complain_observed(in, "names are not found", seen);
	}
	return true;
}

/* Those of all sets, in order, each once; actions with a '*' have no place there. */
static struct strs all_names(const struct inquiry *in, bool is_resources)
{
	struct strs all = {.arena = in->a};
	size_t n = 0;

	for (size_t i = 0; i < in->v->oracle.n_sets; i++)
		for (size_t k = 0; k < in->v->oracle.sets[i].n_statements; k++) {
			const struct statement *st = &in->v->oracle.sets[i].statements[k];
			const struct str_list names = is_resources ? st->resources : st->actions;

			for (size_t m = 0; m < names.n; m++)
				if (is_resources || str_find(names.items[m], '*', 0) == SIZE_MAX)
					strs_add(&all, names.items[m]);
		}
	if (all.n > 1)
		qsort(all.items, all.n, sizeof(*all.items), str_qsort);
	for (size_t i = 0; i < all.n; i++)
		if (n == 0 || !str_eq(all.items[n - 1], all.items[i]))
			all.items[n++] = all.items[i];
	all.n = n;
	return all;
}

static bool check_names(const struct inquiry *in)
{
	const struct engine *g = &in->v->engine;
	struct strs resources = {.arena = in->a}, actions = {.arena = in->a};
	struct str at = engine_next_resource(g, STR(""), true);

	for (; !str_is_absent(at); at = engine_next_resource(g, at, false))
		if (!str_starts_with(at, STR("\xfe"))) /* the engine's own sign for all with a variable */
			strs_add(&resources, at);
	for (at = engine_next_action(g, STR(""), true); !str_is_absent(at); at = engine_next_action(g, at, false))
		strs_add(&actions, at);
	for (int i = 0; i < 2; i++) {
		const struct strs want = all_names(in, i == 0), got = i == 0 ? resources : actions;
		bool is_same = want.n == got.n;

		for (size_t k = 0; is_same && k < got.n; k++)
			is_same = str_eq(want.items[k], got.items[k]);
		if (!is_same)
			return complain_lists(in, i == 0 ? "resources named" : "actions named", strs_list(&want),
			                      strs_list(&got));
	}
	return true;
}

static bool check_search(const struct inquiry *in)
{
	struct recorder r = {.base = {.statement = record}, .a = in->a};

	(void)engine_explain(&in->v->engine, in->q, in->a, NULL, &r.base);
	return check_names(in) && check_found(in, &r);
}

bool twin_check(const struct twin_version *v, const struct query *q, struct buf *complaint)
{
	struct arena a = ARENA_INIT;
	struct inquiry in = {.v = v, .q = q, .a = &a, .complaint = complaint};
	struct str_list tenants = {0};
	struct verdict with_list;
	bool is_good;

	in.want = oracle_decide(&v->oracle, q, &a);
	with_list = engine_decide(&v->engine, q, &a, &tenants);
	is_good = check_verdict(&in, "decide", with_list) && check_order(&in, "tenants", tenants) &&
	          check_verdict(&in, "decide without list", engine_decide(&v->engine, q, &a, NULL)) &&
	          check_explain(&in, with_list) && check_tenants_of(&in, NULL) &&
	          check_tenants_of(&in, skip_kind_one) && check_search(&in);
	arena_release(&a);
	return is_good;
}
