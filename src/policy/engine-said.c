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
