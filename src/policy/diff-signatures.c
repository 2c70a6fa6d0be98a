/* SPDX-License-Identifier: Apache-2.0
 *
 * Which principals are the same. Where many are concerned, only statements that have something in common with what
 * changed tell them apart, and these are looked up from the statements' side: who is a member of what else costs
 * nothing then.
 */
#include "policy/diff-impl.h"
#include "policy/lower.h"

/* ---- one by one ------------------------------------------------------------------------------------------- */

struct personal {
	struct diff_work *work;
	const struct snapshot *snapshot;
	bool is_so;
};

static bool look_for_personal(void *self, const struct cset *set)
{
	struct personal *p = self;
	const struct line_list lines = lines_of_set(p->work, p->snapshot, set);

	for (size_t i = 0; i < lines.n; i++)
		p->is_so |= lines.items[i].is_personal;
	return !p->is_so && diff_step(p->work, 1);
}

/* Is there a statement under the pattern that says something else to each? Looked up once. */
static bool is_personal(struct diff_work *w, const struct snapshot *s, const struct said_under *under)
{
	struct set_slot *slot = set_slot(&w->under, under->sets, w->arena);
	struct personal p = {w, s, false};

	if (slot->key)
		return slot->is_personal;
	engine_each_under(under, look_for_personal, &p);
	slot = set_slot(&w->under, under->sets, w->arena);
	slot->key = under->sets;
	slot->is_personal = p.is_so;
	return p.is_so;
}

static bool has_grants(const struct snapshot *s, struct str subject, struct arena *a)
{
	struct grants_filter filter = {0};
	const enum grantee_type type = s->grants.n ? grantee_of_subject(subject, &filter.grantee_id) : GRANTEE_NONE;
	const struct access_grant *grants;

	filter.grantee_types = 1u << (unsigned)type;
	return type != GRANTEE_NONE && grants_list(&s->grants, &filter, 0, 1, a, &grants, NULL) > 0;
}

/* By all that is said of her on one side. */
static void sign_side(struct diff_work *w, struct person *p, size_t side, struct arena *a)
{
	const struct snapshot *s = w->sides[side];
	const struct subject *subjects;
	size_t n;

	person_subjects(s, p, a, &subjects, &n);
	for (size_t i = 0; i < n && diff_step(w, 1); i++) {
		struct said_under *under;
		const size_t n_under = engine_patterns_of(&s->engine, subjects[i].text, a, &under);

		for (size_t k = 0; k < n_under; k++) {
			p->signature += mark_of(w, side, under[k].pattern, subjects[i].tenant);
			if (is_personal(w, s, &under[k]))
				p->signature += person_hash(p->type, p->id);
		}
		if (has_grants(s, subjects[i].text, a))
			p->signature += mark_of(w, side + 2, subjects[i].text, subjects[i].tenant);
	}
}

static void sign_one_by_one(struct diff_work *w, bool only_changed)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;

	for (size_t i = 0; i < w->n_persons && !w->is_over; i++) {
		struct person *p = &w->persons[i];

		if (only_changed && !p->is_changed)
			continue;
		p->signature = p->is_changed + first_signature(p->type, p->id);
		sign_side(w, p, 0, &a);
		sign_side(w, p, 1, &a);
		arena_reset(&a);
	}
}

/* ---- by what tells them apart ------------------------------------------------------------ */

enum {
	FEW = 256,        /* persons: it is not worth to look through all statements */
	SETS_A_STEP = 16, /* that have nothing to do with it */
};

/* The subjects of statements that have something in common with what changed. */
struct telling {
	struct diff_work *work;
	const struct snapshot *snapshot;
	struct arena *arena;
	struct arena scratch;
	struct strs subjects;
	bool is_hopeless; /* they cannot be looked up from there */
};

static bool is_for_all(struct str pattern)
{
	return str_eq(pattern, STR("*")) || str_eq(pattern, STR("user:*")) || str_eq(pattern, STR("user:local:*")) ||
	       str_eq(pattern, STR("token:*"));
}

static void take_subjects(struct telling *t, const struct said *said)
{
	struct str_list subjects;

	(void)engine_set_of(&t->snapshot->engine, said->kind, said->document, t->arena, &subjects);
	for (size_t i = 0; i < subjects.n; i++) {
		const struct str s = subjects.items[i];

		if (str_starts_with(s, STR(SUBJECT_ATTACHED_GROUP)) || (str_ends_with(s, STR("*")) && !is_for_all(s)))
			t->is_hopeless = true;
		else if (!is_for_all(s))
			strs_add(&t->subjects, s);
	}
	t->is_hopeless |= !diff_step(t->work, subjects.n);
}

static bool take_set(void *self, const struct cset *set)
{
	struct telling *t = self;
	const struct line_list lines = read_lines(t->snapshot, set, &t->scratch);
	bool overlaps = false;

	for (size_t i = 0; i < lines.n && !overlaps; i++)
		for (size_t k = 0; k < t->work->n_delta && !overlaps; k++)
			if (lines_overlap(t->work, &lines.items[i], &t->work->delta[k])) {
				overlaps = true;
				t->is_hopeless |= lines.items[i].is_personal;
			}
	if (overlaps) {
		const struct said said = said_at(set, 0, t->arena);

		take_subjects(t, &said);
	}
	arena_reset(&t->scratch);
	return !t->is_hopeless && !t->work->is_over;
}

static void bring_mark(struct bringers *b, enum person_type type, const struct document *doc, struct str tenant)
{
	struct person *p = find_person(b->work, type, doc);

	if (p && !p->is_changed)
		p->signature += mark_in(b->work, b->mark, tenant);
}

static bool is_about_entities(const struct diff_work *w)
{
	if (w->n_grants)
		return true;
	if (!w->sides[0]->grants.n && !w->sides[1]->grants.n)
		return false;
	for (size_t i = 0; i < w->n_delta; i++)
		for (enum access_level level = ACCESS_READ; level < ACCESS_N_LEVELS; level++)
			for (size_t k = 0; k < w->delta[i].actions.n; k++)
				if (str_eq(w->delta[i].actions.items[k], access_level_name(level)) ||
				    str_eq(w->delta[i].actions.items[k], STR("*")))
					return true;
	return false;
}

/* What changed lines say, all together. */
static struct said_search search_of_delta(const struct diff_work *w, struct arena *a)
{
	struct strs actions = {.arena = a}, resources = {.arena = a};

	static_assert(DOC_N_KINDS <= 64, "a bit for each kind");
	for (size_t i = 0; i < w->n_delta; i++) {
		for (size_t k = 0; k < w->delta[i].actions.n; k++)
			strs_add(&actions, w->delta[i].actions.items[k]);
		for (size_t k = 0; k < w->delta[i].resources.n; k++)
			strs_add(&resources, w->delta[i].resources.items[k]);
	}
	return (struct said_search){.actions = strs_list(&actions),
	                            .resources = strs_list(&resources),
	                            .by_action = UINT64_C(1) << DOC_TAG_POLICY | UINT64_C(1) << DOC_POLICY_ATTACHMENT};
}

/* False: it cannot be done, and they are signed one by one. What they are members of is the same on both sides. */
static bool sign_by_statements(struct diff_work *w)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct telling t = {.work = w, .arena = &a, .subjects = {.arena = &a}};
	struct bringers b = {.work = w, .snapshot = w->sides[0], .bring = bring_mark};
	struct said_search search;

	if (w->resources.n || is_about_entities(w))
		return false;
	t.snapshot = w->sides[0];
	search = search_of_delta(w, &a);
	if (!diff_step(w, 1 + t.snapshot->engine.sets.n / SETS_A_STEP))
		return false;
	engine_each_set_about(&t.snapshot->engine, &search, take_set, &t);
	/* Beside those that changed it has the same. */
	t.snapshot = w->sides[1];
	for (size_t i = 0; i < w->n_changed_sets && !t.is_hopeless; i++)
		(void)take_set(&t, w->changed_sets[i]);
	arena_release(&t.scratch);
	if (t.is_hopeless)
		return false;
	if (t.subjects.n > 1)
		qsort(t.subjects.items, t.subjects.n, sizeof(*t.subjects.items), str_qsort);
	for (size_t i = 0; i < t.subjects.n && !w->is_over; i++) {
		if ((i > 0 && str_eq(t.subjects.items[i], t.subjects.items[i - 1])) ||
		    subject_is_marked(w, t.subjects.items[i]))
			continue;
		b.mark = mark_of_subject(w, t.subjects.items[i]);
		(void)bring_subject(&b, t.subjects.items[i]);
	}
	return true;
}

void sign_persons(struct diff_work *w)
{
	const size_t n_few = w->q->n_few ? w->q->n_few : FEW;
	size_t n_same = 0;

	for (size_t i = 0; i < w->n_persons; i++)
		n_same += !w->persons[i].is_changed;
	w->by_statements = n_same > n_few && sign_by_statements(w);
	sign_one_by_one(w, w->by_statements);
}
