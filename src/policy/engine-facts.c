/* SPDX-License-Identifier: Apache-2.0
 *
 * What a statement says, without any question.
 */
#include "policy/engine-impl.h"

/*
 * "*", "a:*", "a:b:*", "a:*:c" and "*:c" stand for other actions. In any other place a '*' stands for itself, and no
 * question has one in its action.
 */
static bool is_dead_action(struct str action)
{
	struct str rest = action, sections[3], section;
	size_t n = 0, n_stars = 0;

	if (str_find(action, '*', 0) == SIZE_MAX || str_eq(action, STR("*")))
		return false;
	while (str_split(&rest, ':', &section)) {
		if (n == N_ELEMENTS(sections))
			return true;
		n_stars += str_eq(section, STR("*"));
		if (!str_eq(section, STR("*")) && str_find(section, '*', 0) != SIZE_MAX)
			return true;
		sections[n++] = section;
	}
	if (n_stars != 1)
		return true;
	return !(n == 2 || (n == 3 && !str_eq(sections[0], STR("*"))));
}

static void look_at_actions(const struct cset *c, const struct compiled *s, struct statement_facts *f)
{
	f->n_actions = s->n_actions;
	for (uint32_t i = 0; i < s->n_actions && !(s->flags & STATEMENT_ANY_ACTION); i++) {
		struct str text = pattern_text(c, &cset_actions(c, s)[i]);

		if (!is_dead_action(text))
			continue;
		if (f->n_dead_actions++ == 0)
			f->dead_action = text;
	}
	if (s->flags & STATEMENT_ANY_ACTION && f->n_actions == 0)
		f->n_actions = 1;
}

size_t engine_count_statements(const struct engine *g, uint32_t kind, struct str id)
{
	const struct document *d = document_find(g, kind, id);

	return d ? d->set->n_statements : 0;
}

bool engine_statement_facts(const struct engine *g, const struct statement_name *name, struct statement_facts *ret)
{
	const struct document *d = document_find(g, name->kind, name->document);
	const struct compiled *s;
	const struct limits *l;

	if (!d || name->statement >= d->set->n_statements)
		return false;
	s = &d->set->statements[name->statement];
	l = cset_limits(d->set, s);
	*ret = (struct statement_facts){
	    .effect = s->effect == EFFECT_DENY ? EFFECT_DENY : EFFECT_ALLOW,
	    .has_condition = l && l->condition,
	    .all_tenants = s->flags & STATEMENT_ALL_TENANTS,
	    .n_tenants = s->n_tenants,
	    .valid_from_ms = l ? l->valid_from_ms : INT64_MIN,
	    .valid_until_ms = l ? l->valid_until_ms : INT64_MAX,
	    .n_resources = s->flags & STATEMENT_ANY_RESOURCE ? 1 : (size_t)s->n_resources + s->n_variables,
	};
	look_at_actions(d->set, s, ret);
	return true;
}
