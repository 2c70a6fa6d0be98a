/* SPDX-License-Identifier: Apache-2.0
 *
 * Which tenants can concern a caller at all: introspection that asks neither for an action nor for a resource.
 */
#include "policy/engine-impl.h"

struct concern {
	struct subject_walk walk;
	struct scope scope;
	bool (*skip)(uint32_t kind, struct str document);
	struct restriction restriction; /* of the group that is looked at */
	uint64_t *bits;                 /* by tenant number */
	size_t n_numbers;
	bool has_all;
};

static void add_number(struct concern *c, uint32_t number)
{
	c->bits[number / 64] |= UINT64_C(1) << (number % 64);
}

static void add_statement(struct concern *c, const struct cset *set, const struct compiled *s)
{
	const uint32_t *words = cset_tenants(set, s);
	bool is_all = s->flags & STATEMENT_ALL_TENANTS, is_bits = s->flags & STATEMENT_TENANT_BITS;

	if (c->restriction.is_set) {
		if (is_all || compiled_has_tenant(set, s, c->restriction.number))
			add_number(c, c->restriction.number);
		return;
	}
	c->has_all = c->has_all || is_all;
	for (uint32_t i = 0; i < s->n_tenants; i++) {
		if (is_bits)
			c->bits[i / 2] |= (uint64_t)words[i] << (i % 2 * 32);
		else
			add_number(c, words[i]);
	}
}

static bool add_set(void *self, const struct cset *set)
{
	struct concern *c = self;

	if (c->skip && c->skip(set->kind, cset_id(set)))
		return true;
	for (uint32_t i = 0; i < set->n_statements; i++) {
		if (set->statements[i].effect == EFFECT_ALLOW)
			add_statement(c, set, &set->statements[i]);
	}
	return true;
}

static bool visit(struct subject_walk *w, const struct group *group, struct restriction r)
{
	struct concern *c = CONTAINER_OF(w, struct concern, walk);

	c->restriction = r;
	group_each(group, add_set, c);
	return true;
}

/* The ids of the numbers found, in the order of the numbers. */
static struct str_list list_ids(const struct concern *c, struct arena *a)
{
	struct str *by_number = ARENA_ARRAY(a, struct str, c->n_numbers);
	const struct tenant *t;
	struct pmap_iter it;
	size_t n = 0;

	by_number[0] = UNASSIGNED;
	for (size_t i = 0; i < c->scope.n; i++)
		by_number[c->scope.numbers[i]] = c->scope.ids[i];
	pmap_iter_init(&it, &c->scope.engine->tenants_by_id);
	while ((t = pmap_iter_next(&it)))
		by_number[t->number] = tenant_id(t);
	for (size_t i = 0; i < c->n_numbers; i++) {
		if (c->bits[i / 64] >> (i % 64) & 1)
			by_number[n++] = by_number[i];
	}
	return (struct str_list){n ? by_number : NULL, n};
}

/* The tenants that subjects are bound to: known or not, they count. */
static struct str_list bound_tenants(const struct subject *subjects, size_t n, struct arena *a)
{
	struct str *ids = ARENA_ARRAY(a, struct str, n);
	struct str_list list = {ids, 0};

	for (size_t i = 0; i < n; i++) {
		if (!str_is_absent(subjects[i].tenant))
			ids[list.n++] = subjects[i].tenant;
	}
	return list;
}

struct str_list engine_tenants_of(const struct engine *g, const struct subject *subjects, size_t n_subjects,
                                  struct arena *a, bool (*skip)(uint32_t kind, struct str document), bool *ret_all)
{
	struct concern c NO_INIT;

	c.skip = skip;
	c.has_all = false;
	scope_init_list(&c.scope, g, bound_tenants(subjects, n_subjects, a), a);
	c.n_numbers = c.scope.n_numbers;
	c.bits = ARENA_ARRAY(a, uint64_t, c.n_numbers / 64 + 1);
	subject_walk_init(&c.walk, &c.scope, visit);
	subject_walk_run(&c.walk, subjects, n_subjects);
	*ret_all = c.has_all;
	return list_ids(&c, a);
}
