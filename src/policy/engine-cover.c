/* SPDX-License-Identifier: Apache-2.0
 *
 * Which statements cover another. What covers it is found as a decision about it would be: by its first subject and its
 * first resource.
 */
#include "policy/engine-impl.h"

/* ---- one with one -------------------------------------------------------------------------------------- */

static bool is_three_sections(struct str action, struct str ret[static 3])
{
	struct str rest = action, section;
	size_t n = 0;

	while (str_split(&rest, ':', &section)) {
		if (n == 3)
			return false;
		ret[n++] = section;
	}
	return n == 3;
}

static bool is_named(struct str section)
{
	return str_find(section, '*', 0) == SIZE_MAX;
}

/* "a:*", "a:b:*", "a:*:c", "*:c" over anything of three sections that agrees where they are named. */
static bool action_covers(struct str wide, struct str narrow)
{
	struct str n[3], w = wide, head;

	if (str_eq(wide, STR("*")) || str_eq(wide, narrow))
		return true;
	if (!is_three_sections(narrow, n))
		return false;
	if (str_starts_with(w, STR("*:")))
		return is_named(n[2]) && str_eq(str_slice(w, 2, w.len), n[2]);
	if (!str_split(&w, ':', &head) || !is_named(n[0]) || !str_eq(head, n[0]))
		return false;
	if (str_eq(w, STR("*")))
		return true;
	if (str_starts_with(w, STR("*:")))
		return is_named(n[2]) && str_eq(str_slice(w, 2, w.len), n[2]);
	return is_named(n[1]) && str_ends_with(w, STR(":*")) && str_eq(str_slice(w, 0, w.len - 2), n[1]);
}

/* Paths of subjects and resources: "*", "p:*" over what begins with "p:". */
static bool path_covers(struct str wide, struct str narrow)
{
	if (str_eq(wide, STR("*")) || str_eq(wide, narrow))
		return true;
	return str_ends_with(wide, STR(":*")) && str_starts_with(narrow, str_slice(wide, 0, wide.len - 1));
}

static bool has_variable(struct str pattern)
{
	return memmem(pattern.ptr, pattern.len, "${", 2) != NULL;
}

/* May a question have it as a selector, which no wildcard but "*" matches? */
static bool may_be_selector(struct str pattern)
{
	return pattern.len > 0 && ((unsigned char)pattern.ptr[0] < ' ' || (unsigned char)pattern.ptr[0] >= 0xf8);
}

/* What stands for something else than it says is covered by its equal alone. */
static bool resource_covers(struct str wide, struct str narrow)
{
	if (has_variable(wide) || has_variable(narrow) || may_be_selector(narrow))
		return str_eq(wide, STR("*")) || str_eq(wide, narrow);
	return path_covers(wide, narrow);
}

typedef bool covers_fn(struct str wide, struct str narrow);

struct patterns {
	const struct cset *set;
	const struct pattern *items;
	size_t n;
	bool is_any;
};

static bool is_covered(const struct patterns *wide, struct str narrow, covers_fn *covers)
{
	for (size_t i = 0; i < wide->n; i++)
		if (covers(pattern_text(wide->set, &wide->items[i]), narrow))
			return true;
	return false;
}

/* Each of the narrow ones by one of the wide ones. */
static bool all_covered(const struct patterns *wide, const struct patterns *narrow, covers_fn *covers, uint64_t *steps)
{
	if (wide->is_any || narrow->n == 0)
		return wide->is_any;
	if (narrow->is_any)
		return false;
	for (size_t i = 0; i < narrow->n; i++) {
		*steps -= wide->n < *steps ? wide->n : *steps;
		if (*steps == 0 || !is_covered(wide, pattern_text(narrow->set, &narrow->items[i]), covers))
			return false;
	}
	return true;
}

static bool subjects_covered(const struct document *wide, const struct document *narrow, uint64_t *steps)
{
	for (uint32_t i = 0; i < narrow->n_subjects; i++) {
		bool is_found = false;

		*steps -= wide->n_subjects < *steps ? wide->n_subjects : *steps;
		for (uint32_t k = 0; k<wide->n_subjects && * steps> 0 && !is_found; k++)
			is_found = path_covers(document_subject(wide, k), document_subject(narrow, i));
		if (!is_found)
			return false;
	}
	return narrow->n_subjects > 0;
}

static bool tenants_covered(const struct cset *cw, const struct compiled *w, const struct cset *cn,
                            const struct compiled *n, uint32_t n_numbers)
{
	if (w->flags & STATEMENT_ALL_TENANTS)
		return true;
	if (n->flags & STATEMENT_ALL_TENANTS)
		return false;
	for (uint32_t i = 0; i < n_numbers; i++)
		if (compiled_has_tenant(cn, n, i) && !compiled_has_tenant(cw, w, i))
			return false;
	return true;
}

static bool times_covered(const struct limits *w, const struct limits *n)
{
	const struct limits always = {INT64_MIN, INT64_MAX, NULL};

	w = w ? w : &always;
	n = n ? n : &always;
	return w->valid_from_ms <= n->valid_from_ms && w->valid_until_ms >= n->valid_until_ms;
}

static struct patterns actions_of(const struct cset *c, const struct compiled *s)
{
	return (struct patterns){c, cset_actions(c, s), s->n_actions, s->flags & STATEMENT_ANY_ACTION};
}

static struct patterns resources_of(const struct cset *c, const struct compiled *s)
{
	return (struct patterns){c, cset_resources(c, s), (size_t)s->n_resources + s->n_variables,
	                         s->flags & STATEMENT_ANY_RESOURCE};
}

struct place {
	const struct document *document;
	uint32_t statement;
};

static struct statement_name name_of(const struct place *p)
{
	return (struct statement_name){p->document->set->kind, cset_id(p->document->set), p->statement};
}

static bool condition_covers(const struct cover_search *search, const struct place *w, const struct place *n,
                             const struct limits *limits_w)
{
	const struct statement_name x = name_of(w), y = name_of(n);

	if (!limits_w || !limits_w->condition)
		return true;
	return search->same_condition && search->same_condition(search, &x, &y);
}

/* A place that covers another one. */
static bool place_covers(struct cover_search *search, const struct engine *g, const struct place *w,
                         const struct place *n)
{
	const struct cset *cw = w->document->set, *cn = n->document->set;
	const struct compiled *sw = &cw->statements[w->statement], *sn = &cn->statements[n->statement];
	const struct patterns aw = actions_of(cw, sw), an = actions_of(cn, sn);
	const struct patterns rw = resources_of(cw, sw), rn = resources_of(cn, sn);

	search->steps -= search->steps > 0;
	return search->steps > 0 && times_covered(cset_limits(cw, sw), cset_limits(cn, sn)) &&
	       tenants_covered(cw, sw, cn, sn, (uint32_t)g->n_tenant_numbers + 1) &&
	       all_covered(&aw, &an, action_covers, &search->steps) &&
	       all_covered(&rw, &rn, resource_covers, &search->steps) &&
	       (w->document == n->document || subjects_covered(w->document, n->document, &search->steps)) &&
	       condition_covers(search, w, n, cset_limits(cw, sw));
}

/* ---- finding them -------------------------------------------------------------------------------------- */

struct walk {
	struct subject_walk subjects;
	struct scope scope;
	const struct engine *engine;
	struct cover_search *search;
	struct place narrow;
	struct form_list resources; /* by which a covering statement could be found; none: it is not found by one */
	bool is_over;
};

static bool visit_set(void *self, const struct cset *set)
{
	struct walk *w = self;
	struct place wide = {.document = document_of_set(w->engine, set)};

	for (; wide.statement < set->n_statements && !w->is_over; wide.statement++) {
		const struct statement_name by = name_of(&wide);
		bool is_self = wide.document == w->narrow.document && wide.statement == w->narrow.statement, is_mutual;

		if (is_self || !place_covers(w->search, w->engine, &wide, &w->narrow))
			continue;
		is_mutual = place_covers(w->search, w->engine, &w->narrow, &wide);
		/* Out of steps: whether it is mutual is not known, and of two that are only one may go. */
		w->is_over =
		    w->search->steps == 0 ||
		    w->search->covered(w->search, &by, (enum effect)set->statements[wide.statement].effect, is_mutual);
	}
	w->is_over |= w->search->steps == 0;
	return !w->is_over;
}

static bool visit_group(struct subject_walk *self, const struct group *group, struct restriction r UNUSED)
{
	struct walk *w = CONTAINER_OF(self, struct walk, subjects);

	if (group->shape != GROUP_SPLIT) {
		group_each(group, visit_set, w);
		return !w->is_over;
	}
	for (size_t i = 0; i < w->resources.n && !w->is_over; i++) {
		const struct form *f = &w->resources.items[i];
		const struct group *branch = pmap_get(&group->map, f->hash, group_is, f);

		if (branch)
			group_each(branch, visit_set, w);
	}
	if (group->rest && !w->is_over)
		group_each(group->rest, visit_set, w);
	return !w->is_over;
}

/* Statements that cover it stand under its first subject or one of the wildcards above that, as in a decision. */
bool engine_find_covers(const struct engine *g, const struct statement_name *name, struct cover_search *search,
                        struct arena *a)
{
	struct walk w = {.engine = g, .search = search};
	struct form room[N_INLINE_FORMS];
	struct patterns resources;
	struct subject first;

	w.narrow = (struct place){document_find(g, name->kind, name->document), name->statement};
	if (!w.narrow.document || name->statement >= w.narrow.document->set->n_statements ||
	    w.narrow.document->n_subjects == 0)
		return true;
	resources = resources_of(w.narrow.document->set, &w.narrow.document->set->statements[name->statement]);
	if (resources.n > 0 && !resources.is_any)
		w.resources = forms_of_path(g->seed, pattern_text(resources.set, &resources.items[0]), room, a);
	else
		w.resources = forms_of_path(g->seed, STR("*"), room, a);
	first = (struct subject){.text = document_subject(w.narrow.document, 0)};
	scope_init_list(&w.scope, g, (struct str_list){0}, a);
	subject_walk_init(&w.subjects, &w.scope, visit_group);
	w.subjects.sees_out_of_scope = true;
	subject_walk_run(&w.subjects, &first, 1);
	return search->steps > 0;
}
