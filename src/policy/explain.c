/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/explain.h"

#include "base/strs.h"
#include "policy/lower.h"

struct str explain_part_name(unsigned bit)
{
	static const struct str names[EXPLAIN_N_PARTS] = {
	    STR_INIT("condition"), STR_INIT("time"),   STR_INIT("tenant"),
	    STR_INIT("subject"),   STR_INIT("action"), STR_INIT("resource"),
	};

	return bit < EXPLAIN_N_PARTS ? names[bit] : STR_NONE;
}

/* A statement that was shown, and how far it is from deciding; smaller is nearer. */
struct near {
	struct observed observed;
	unsigned failed;
	unsigned distance;
};

struct watch;
/* Looks on while the evaluator is asked again; of all that it is shown only tag policies count. */
struct second_watch {
	struct observer observer;
	struct watch *watch;
};

struct watch {
	struct observer observer;
	struct second_watch again;
	const struct snapshot *snapshot;
	const struct ask *ask;
	const struct ask_resource *about; /* the ask's own, then its target */
	struct explanation *ret;
	uint64_t steps; /* left */
	struct near nearest[EXPLAIN_MAX_NEAREST];
	size_t n;
	bool shows_others; /* statements are those about other subjects, too */
	bool has_ended;    /* what comes now is about the target */
};

/* What comes with the program or a dialect, and was not written by anybody. */
static bool is_built_in(const struct watch *w, const struct observed *what)
{
	const struct document *doc;
	const struct role *role;

	if (what->kind == DOC_ACCESS_GRANT)
		return false;
	doc = snapshot_find(w->snapshot, (enum document_kind)what->kind, what->document);
	if (doc && doc->kind == DOC_STATEMENT_POLICY)
		return !str_eq(as_statement_policy(doc)->type, STR(POLICY_TYPE_CUSTOM));
	role = doc && doc->kind == DOC_ROLE ? as_role(doc) : NULL;
	return role && role->is_managed;
}

/*
 * Denies in the way come first of all, then what fewest things are in the way of; of as many, what people wrote before
 * what is built in.
 */
static unsigned distance_of(const struct watch *w, const struct observed *what, unsigned failed)
{
	const unsigned n = (unsigned)__builtin_popcount(failed), built_in = is_built_in(w, what);

	return what->effect == EFFECT_DENY ? 0 : 1 + ((n << 1 | built_in) << EXPLAIN_N_PARTS | failed);
}

static unsigned failed_parts(const struct watch *w, const struct observed *what)
{
	bool counts_unknown = what->effect == EFFECT_DENY;
	bool holds = what->condition == TRUTH_TRUE || (what->condition == TRUTH_UNKNOWN && counts_unknown);
	unsigned failed = 0;

	failed |= holds ? 0 : EXPLAIN_CONDITION;
	failed |= what->is_valid_now ? 0 : EXPLAIN_TIME;
	failed |= what->tenant_matches ? 0 : EXPLAIN_TENANT;
	failed |= w->shows_others ? EXPLAIN_SUBJECT : 0;
	failed |= what->action_matches ? 0 : EXPLAIN_ACTION;
	failed |= what->resource_matches ? 0 : EXPLAIN_RESOURCE;
	return failed;
}

static bool is_same(const struct observed *x, const struct observed *y)
{
	return x->kind == y->kind && x->statement == y->statement && str_eq(x->document, y->document);
}

/* Neither what is about another thing altogether, nor what the asker may not know. */
static bool is_worth_telling(const struct watch *w, const struct observed *what, unsigned failed)
{
	const unsigned another = EXPLAIN_ACTION | EXPLAIN_RESOURCE;

	if (what->effect == EFFECT_DENY && failed)
		return false;
	if (failed & another && is_built_in(w, what))
		return false;
	return (failed & another) != another && !(w->ask->is_bound && failed & EXPLAIN_TENANT);
}

/* Keeps the nearest, in order; of equally near ones those that came first. One that is shown again may be nearer. */
static void keep(struct watch *w, const struct near *one)
{
	size_t at;

	for (size_t i = 0; i < w->n; i++) {
		if (!is_same(&w->nearest[i].observed, &one->observed))
			continue;
		if (w->nearest[i].distance <= one->distance)
			return;
		w->n--;
		memmove(&w->nearest[i], &w->nearest[i + 1], (w->n - i) * sizeof(w->nearest[0]));
		break;
	}
	at = w->n;
	while (at > 0 && w->nearest[at - 1].distance > one->distance)
		at--;
	if (at == EXPLAIN_MAX_NEAREST)
		return;
	w->n += w->n < EXPLAIN_MAX_NEAREST;
	memmove(&w->nearest[at + 1], &w->nearest[at], (w->n - 1 - at) * sizeof(w->nearest[0]));
	w->nearest[at] = *one;
}

static void begin(struct watch *w)
{
	if (!w->has_ended)
		return;
	w->has_ended = false;
	w->n = 0;
	w->about = w->ask->target;
}

static void show(struct observer *self, const struct observed *what)
{
	struct watch *w = CONTAINER_OF(self, struct watch, observer);
	struct near one = {.observed = *what, .failed = failed_parts(w, what)};

	begin(w);
	w->steps -= !w->shows_others && w->steps > 0;
	one.distance = distance_of(w, what, one.failed);
	if (is_worth_telling(w, what, one.failed))
		keep(w, &one);
}

static void show_again(struct observer *self, const struct observed *what)
{
	struct watch *w = CONTAINER_OF(self, struct second_watch, observer)->watch;

	if (what->kind == DOC_TAG_POLICY || what->kind == DOC_POLICY_ATTACHMENT)
		show(&w->observer, what);
}

/* ---- what is told ------------------------------------------------------------------------------------------ */

static struct str_list values_of(const struct attributes *known, struct str key, struct arena *a)
{
	struct str *items = ARENA_ARRAY(a, struct str, known->n_tags);
	size_t n = 0;

	for (size_t i = 0; i < known->n_tags; i++)
		if (str_eq(known->tags[i].key, key))
			items[n++] = known->tags[i].value;
	return (struct str_list){items, n};
}

static void tell_tags(const struct tag_policy *p, uint32_t statement, const struct attributes *known, struct arena *a,
                      struct explained_condition *ret)
{
	struct str_list values;

	ret->tag = p && statement < p->n_groups ? tag_group_failure(&p->groups[statement], known) : NULL;
	ret->tags_are_known = known && known->tags_are_known;
	if (!ret->tag || !ret->tags_are_known)
		return;
	values = values_of(known, ret->tag->key, a);
	ret->values = values.items;
	ret->n_values = values.n;
}

static void tell_condition(const struct snapshot *s, const struct query *q, struct arena *a, struct explained *e)
{
	const struct attributes *known = q->attributes;
	const struct access_policy *p;

	e->has_condition = true;
	if (e->kind == DOC_TAG_POLICY) {
		tell_tags(FIND(s, tag_policy, TAG_POLICY, e->id), e->statement, known, a, &e->condition);
	} else if (e->kind == DOC_ACCESS_POLICY && known && known->asked) {
		p = FIND(s, access_policy, ACCESS_POLICY, e->id);
		if (p && !str_is_absent(p->condition))
			e->condition.native = native_condition_failure(s->native_env, p->condition, known->asked, q);
	}
}

/* The engine's subjects in the words of questions; others as they are. */
static struct str spoken_subject(struct str subject, struct arena *a)
{
	static const struct {
		struct str prefix, spoken;
	} words[] = {
	    {STR_INIT(SUBJECT_USER), STR_INIT("user:")},
	    {STR_INIT(SUBJECT_GROUP), STR_INIT("group:")},
	    {STR_INIT(SUBJECT_ATTACHED_GROUP), STR_INIT("group:")},
	    {STR_INIT(SUBJECT_SERVICE), STR_INIT("service:")},
	};

	for (size_t i = 0; i < N_ELEMENTS(words); i++)
		if (str_starts_with(subject, words[i].prefix))
			return arena_concat(a, words[i].spoken, str_slice(subject, words[i].prefix.len, subject.len));
	return subject;
}

static struct str_list subjects_of(const struct snapshot *s, const struct observed *what, struct arena *a)
{
	struct str_list named = engine_subjects_of(&s->engine, what->kind, what->document, EXPLAIN_MAX_SUBJECTS, a);
	struct str *items = ARENA_ARRAY(a, struct str, named.n);

	for (size_t i = 0; i < named.n; i++)
		items[i] = spoken_subject(named.items[i], a);
	return (struct str_list){items, named.n};
}

static struct explained explained_of(const struct watch *w, const struct near *near, const struct query *q,
                                     struct arena *a)
{
	const struct observed *o = &near->observed;
	struct deciding d = snapshot_deciding(
	    w->snapshot, (struct verdict){.effect = o->effect, .kind = o->kind, .document = o->document});
	struct explained e = {.kind = d.kind, .id = d.id, .statement = o->statement, .effect = o->effect};

	e.failed = near->failed;
	e.condition.is_unknown = o->condition == TRUTH_UNKNOWN;
	if (o->condition != TRUTH_TRUE)
		tell_condition(w->snapshot, q, a, &e);
	if (near->failed & EXPLAIN_SUBJECT)
		e.subjects = subjects_of(w->snapshot, o, a);
	return e;
}

/* ---- tag policies ------------------------------------------------------------------------------------------ */

enum { MAX_SELECTORS = 1000 };

static void add_selectors(struct strs *l, const struct tag_policy *p, const struct watch *w, const struct query *q)
{
	for (size_t i = 0; p && i < p->n_groups && l->n < MAX_SELECTORS; i++) {
		struct str selector = STR_NONE;

		if (str_eq(p->groups[i].permission, q->action))
			selector = lower_tag_selector(&p->groups[i], w->about->type, l->arena);
		if (!str_is_absent(selector))
			strs_add(l, selector);
	}
}

static void add_linked(struct strs *l, const struct watch *w, const struct query *q, struct str subject)
{
	const bool is_role = str_starts_with(subject, STR(SUBJECT_ROLE));
	const bool is_group = str_starts_with(subject, STR(SUBJECT_ATTACHED_GROUP));
	const enum document_kind kind = is_role ? DOC_TAG_POLICY : DOC_POLICY_ATTACHMENT;
	const size_t n_prefix = is_role ? STR(SUBJECT_ROLE).len : STR(SUBJECT_ATTACHED_GROUP).len;
	const struct document *const *docs;
	struct str link;
	size_t n;

	if (!is_role && !is_group)
		return;
	link =
	    arena_concat(l->arena, is_role ? STR("role:") : STR("group:"), str_slice(subject, n_prefix, subject.len));
	n = snapshot_linked(w->snapshot, kind, link, l->arena, &docs);
	for (size_t i = 0; i < n && l->n < MAX_SELECTORS; i++)
		add_selectors(l,
		              is_role
		                  ? as_tag_policy(docs[i])
		                  : FIND(w->snapshot, tag_policy, TAG_POLICY, as_policy_attachment(docs[i])->policy),
		              w, q);
}

/*
 * What a resource's tags do not lead to is not found by them: so the evaluator is asked again, as if the resource could
 * be found by the tags that the asker's policies want. Whether their conditions hold is still said of its own.
 */
static void show_policies_of_other_tags(struct watch *w, const struct engine *g, const struct query *q, struct arena *a)
{
	struct strs selectors = {.arena = a};
	struct observer observer = {.statement = show_again, .max_statements = w->steps};
	struct query wanted = *q;

	if (w->snapshot->n_docs[DOC_TAG_POLICY] == 0 || w->steps == 0)
		return;
	for (size_t i = 0; i < q->n_subjects; i++)
		add_linked(&selectors, w, q, q->subjects[i].text);
	if (selectors.n == 0)
		return;
	wanted.selectors = strs_list(&selectors);
	w->again.observer = observer;
	w->again.watch = w;
	(void)engine_explain(g, &wanted, a, NULL, &w->again.observer);
	w->observer.is_cut |= w->again.observer.is_cut;
}

/* All are shown that are about the query's subjects: now those about others, which are looked for elsewhere. */
static void end(struct observer *self, const struct engine *g, const struct query *q, struct arena *a)
{
	struct watch *w = CONTAINER_OF(self, struct watch, observer);
	struct explanation *ret = w->ret;

	begin(w);
	show_policies_of_other_tags(w, g, q, a);
	w->shows_others = true;
	ret->is_complete = engine_show_allows(g, q, a, &w->steps, self) && !self->is_cut;
	w->shows_others = false;
	for (size_t i = 0; i < w->n; i++)
		ret->nearest[i] = explained_of(w, &w->nearest[i], q, a);
	ret->n_nearest = w->n;
	w->has_ended = true;
}

void snapshot_explain_denial(const struct snapshot *s, const struct ask *q, struct arena *a, uint64_t *steps,
                             struct explanation *ret)
{
	uint64_t max = *steps < EXPLAIN_MAX_STEPS ? *steps : EXPLAIN_MAX_STEPS;
	struct watch w = {.snapshot = s, .ask = q, .about = &q->resource, .ret = ret, .steps = max};

	*ret = (struct explanation){0};
	if (max == 0)
		return;
	w.observer = (struct observer){.statement = show, .end = end, .max_statements = max};
	ret->is_complete = true;
	(void)snapshot_ask(s, q, a, &w.observer);
	*steps -= max - w.steps;
}
