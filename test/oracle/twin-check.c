/* SPDX-License-Identifier: Apache-2.0
 *
 * The comparison. Each check compares one promise of policy/engine.h with the oracle.
 */
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
	          check_explain(&in, with_list) && check_tenants_of(&in, NULL) && check_tenants_of(&in, skip_kind_one);
	arena_release(&a);
	return is_good;
}
