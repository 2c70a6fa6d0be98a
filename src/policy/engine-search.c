/* SPDX-License-Identifier: Apache-2.0
 *
 * Which subjects, resources and actions the statements name that could allow something. The tenants, the time and the
 * conditions are left to the decision.
 */
#include "policy/engine-impl.h"

struct search {
	struct subject_walk walk;
	struct scope scope;
	const struct engine *engine;
	struct asked asked;
	struct engine_names *names;
	bool (*take)(struct search *s, const struct cset *set, const struct compiled *statement);
	uint64_t n_steps;
	bool is_over;
};

static void search_init(struct search *s, const struct engine *g, const struct query *q, struct arena *a,
                        struct engine_names *names)
{
	s->engine = g;
	s->names = names;
	s->n_steps = 0;
	s->is_over = false;
	asked_init(&s->asked, g->seed, q, a);
	asked_make_resources(&s->asked);
}

static bool give(struct search *s, struct str name)
{
	if (!s->names->name(s->names, name))
		s->is_over = true;
	return !s->is_over;
}

/* One step for each statement; a set costs one at least. */
static bool count_steps(struct search *s, uint64_t n)
{
	s->n_steps += n + 1;
	if (s->n_steps > s->names->max_steps)
		s->is_over = true;
	return !s->is_over;
}

/* The set's statements that allow something, to `take`, until it has enough of the set. */
static bool visit_set(void *self, const struct cset *set)
{
	struct search *s = self;

	if (!count_steps(s, set->n_statements))
		return false;
	for (uint32_t i = 0; i < set->n_statements && !s->is_over; i++)
		if (set->statements[i].effect == EFFECT_ALLOW && !s->take(s, set, &set->statements[i]))
			break;
	return !s->is_over;
}

/* The sets of a group; of a split one those in the branches that the forms select, and the rest. */
static void visit_group(struct search *s, const struct group *group, const struct form_list *forms)
{
	if (group->shape != GROUP_SPLIT) {
		group_each(group, visit_set, s);
		return;
	}
	for (size_t i = 0; i < forms->n && !s->is_over; i++) {
		const struct form *f = &forms->items[i];
		const struct group *branch = NULL;

		if (group->filter & filter_bit(short_hash(f->hash)))
			branch = pmap_get(&group->map, f->hash, group_is, f);
		if (branch)
			group_each(branch, visit_set, s);
	}
	if (group->rest && !s->is_over)
		group_each(group->rest, visit_set, s);
}

/* ---- subjects ------------------------------------------------------------------------------------------ */

static bool may_match_resource(struct search *s, const struct cset *set, const struct compiled *statement)
{
	return statement->n_variables || statement_matches_resource(&s->asked, set, statement);
}

/* A set is about all of its subjects or about none of them: one statement is enough. */
static bool take_subjects(struct search *s, const struct cset *set, const struct compiled *statement)
{
	const struct document *d;

	if (!statement_matches_action(&s->asked, set, statement) || !may_match_resource(s, set, statement))
		return true;
	d = document_of_set(s->engine, set);
	assert(d && d->set == set);
	for (uint32_t i = 0; i < d->n_subjects && give(s, document_subject(d, i)); i++)
		;
	return false;
}

/* The pattern as it is stored. */
static struct str text_of_form(const struct form *f, struct arena *a)
{
	return str_is_absent(f->tail) ? f->head : arena_concat3(a, f->head, STR("*"), f->tail);
}

bool engine_each_subject(const struct engine *g, const struct query *q, struct arena *a, struct engine_names *names)
{
	struct search s NO_INIT;
	const struct form_list *forms = &s.asked.resources;
	const struct group *group;

	search_init(&s, g, q, a, names);
	s.take = take_subjects;
	for (size_t i = 0; i <= forms->n && !s.is_over; i++) {
		group = names_group(g, i < forms->n ? text_of_form(&forms->items[i], a) : VARIABLE_RESOURCES);
		if (group)
			visit_group(&s, group, asked_actions(&s.asked));
	}
	return !s.is_over;
}

/* ---- resources and actions ----------------------------------------------------------------------------- */

static bool give_patterns(struct search *s, const struct cset *set, const struct pattern *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!give(s, pattern_text(set, &p[i])))
			return false;
	return true;
}

static bool take_resources(struct search *s, const struct cset *set, const struct compiled *statement)
{
	const size_t n = (size_t)statement->n_resources + statement->n_variables;

	return !statement_matches_action(&s->asked, set, statement) ||
	       (count_steps(s, n) && give_patterns(s, set, cset_resources(set, statement), n));
}

static bool take_actions(struct search *s, const struct cset *set, const struct compiled *statement)
{
	return !statement_matches_resource(&s->asked, set, statement) ||
	       (count_steps(s, statement->n_actions) &&
	        give_patterns(s, set, cset_actions(set, statement), statement->n_actions));
}

static bool visit_for_resources(struct subject_walk *w, const struct group *group, struct restriction r UNUSED)
{
	struct search *s = CONTAINER_OF(w, struct search, walk);

	group_each(group, visit_set, s);
	return !s->is_over;
}

static bool visit_for_actions(struct subject_walk *w, const struct group *group, struct restriction r UNUSED)
{
	struct search *s = CONTAINER_OF(w, struct search, walk);

	visit_group(s, group, &s->asked.resources);
	return !s->is_over;
}

/* Subjects that count in one tenant only lead to what they may do there: whether that is meant, a decision says. */
static bool walk_subjects(struct search *s, group_visit_fn *visit)
{
	const struct query *q = s->asked.query;

	scope_init_list(&s->scope, s->engine, (struct str_list){0}, s->asked.arena);
	subject_walk_init(&s->walk, &s->scope, visit);
	s->walk.sees_out_of_scope = true;
	subject_walk_run(&s->walk, q->subjects, q->n_subjects);
	return !s->is_over;
}

bool engine_each_resource(const struct engine *g, const struct query *q, struct arena *a, struct engine_names *names)
{
	struct search s NO_INIT;

	search_init(&s, g, q, a, names);
	s.take = take_resources;
	return walk_subjects(&s, visit_for_resources);
}

bool engine_each_action(const struct engine *g, const struct query *q, struct arena *a, struct engine_names *names)
{
	struct search s NO_INIT;

	search_init(&s, g, q, a, names);
	s.take = take_actions;
	return walk_subjects(&s, visit_for_actions);
}
