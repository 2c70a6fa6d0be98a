/* SPDX-License-Identifier: Apache-2.0
 *
 * Policies that refer to policies. A chain is followed breadth first, a level at a time and at most as many levels as
 * a chain may have, so that neither its shape nor a circle matters.
 */
#include "service/approval_internal.h"

struct str_list policy_references(const struct approval_policy *p, struct arena *a)
{
	uint32_t n_rules = json_is(p->rules, JSON_ARRAY) ? p->rules->n : 0;
	struct str *items = ARENA_ARRAY(a, struct str, (size_t)n_rules + 1);
	size_t n = 0;

	if (!str_is_empty(p->baseline_policy))
		items[n++] = p->baseline_policy;
	for (uint32_t i = 0; i < n_rules; i++) {
		struct str id = json_get_str(&p->rules->items[i], STR("policyId"));

		if (!str_is_empty(id))
			items[n++] = id;
	}
	return (struct str_list){items, n};
}

static bool refers_to(const struct approval_policy *p, struct str id, struct arena *a)
{
	return str_list_has(policy_references(p, a), id);
}

/* The next live policy from `*ordinal` on. */
static const struct approval_policy *next_live(const struct snapshot *s, uint64_t *ordinal)
{
	const struct approval_policy *p;

	do
		p = as_approval_policy(snapshot_next(s, DOC_APPROVAL_POLICY, ordinal));
	while (p && p->deleted_at_ms);
	return p;
}

const struct approval_policy *policy_referrer(const struct snapshot *s, struct str id)
{
	const struct approval_policy *p;
	struct arena scratch = ARENA_INIT;
	uint64_t ordinal = 0;
	bool is_found = false;

	while (!is_found && (p = next_live(s, &ordinal))) {
		is_found = refers_to(p, id, &scratch);
		arena_reset(&scratch);
	}
	arena_release(&scratch);
	return p;
}

/* ---- chains -------------------------------------------------------------------------------------------- */

/* The ids of one level, each once. */
struct level {
	struct str *items;
	size_t n, cap;
};

static void level_add(struct level *l, struct str id, struct arena *a)
{
	if (str_list_has((struct str_list){l->items, l->n}, id))
		return;
	ARENA_ROOM(a, l->items, l->n, &l->cap);
	l->items[l->n++] = id;
}

static struct level level_below(const struct policy_check *c, const struct level *above)
{
	struct level l = {0};

	for (size_t i = 0; i < above->n; i++) {
		const struct approval_policy *p = approval_policy_find(c->t->snapshot, above->items[i]);
		struct str_list ids = p ? policy_references(p, c->t->arena) : (struct str_list){0};

		for (size_t k = 0; k < ids.n; k++)
			level_add(&l, ids.items[k], c->t->arena);
	}
	return l;
}

/* Policies below this one, itself not counted: 0 to MAX_CHAIN; SIZE_MAX when it is among them. */
static size_t depth_below(const struct policy_check *c)
{
	struct str_list ids = policy_references(c->policy, c->t->arena);
	struct level l = {0};
	size_t depth = 0;

	for (size_t i = 0; i < ids.n; i++)
		level_add(&l, ids.items[i], c->t->arena);
	while (l.n > 0 && depth < APPROVAL_POLICY_MAX_CHAIN) {
		if (str_list_has((struct str_list){l.items, l.n}, c->policy->doc.id))
			return SIZE_MAX;
		depth++;
		l = level_below(c, &l);
	}
	return depth;
}

static bool refers_to_any(const struct approval_policy *p, const struct level *l, struct arena *a)
{
	struct str_list ids = policy_references(p, a);

	for (size_t i = 0; i < ids.n; i++)
		if (str_list_has((struct str_list){l->items, l->n}, ids.items[i]))
			return true;
	return false;
}

/* The live policies that refer to any of `below`. */
static struct level level_above(const struct policy_check *c, const struct level *below)
{
	const struct approval_policy *p;
	struct arena scratch = ARENA_INIT;
	struct level l = {0};
	uint64_t ordinal = 0;

	while ((p = next_live(c->t->snapshot, &ordinal))) {
		if (!str_eq(p->doc.id, c->policy->doc.id) && refers_to_any(p, below, &scratch))
			level_add(&l, p->doc.id, c->t->arena);
		arena_reset(&scratch);
	}
	arena_release(&scratch);
	return l;
}

/* Policies above this one: 0 to MAX_CHAIN. */
static size_t depth_above(const struct policy_check *c)
{
	struct level l = {0};
	size_t depth = 0;

	/* One that is new has no referrers, and no id either. */
	if (str_is_empty(c->policy->doc.id))
		return 0;
	level_add(&l, c->policy->doc.id, c->t->arena);
	for (l = level_above(c, &l); l.n > 0 && depth < APPROVAL_POLICY_MAX_CHAIN; l = level_above(c, &l))
		depth++;
	return depth;
}

/* ---- the check ----------------------------------------------------------------------------------------- */

static bool check_reference(struct policy_check *c, struct str id)
{
	const struct approval_policy *p = approval_policy_find(c->t->snapshot, id);

	if (str_eq(id, c->policy->doc.id))
		return policy_refuse(c, "policy cannot reference itself");
	if (!p || p->deleted_at_ms)
		return policy_refuse(c, "referenced policy \"" STR_FMT "\" does not exist", STR_ARG(id));
	if (p->type != c->policy->type)
		return policy_refuse(c, "referenced policy \"" STR_FMT "\" is of another policy type", STR_ARG(id));
	return true;
}

bool policy_check_references(struct policy_check *c)
{
	struct str_list ids = policy_references(c->policy, c->t->arena);
	size_t below;

	for (size_t i = 0; i < ids.n; i++)
		if (!check_reference(c, ids.items[i]))
			return false;
	if (ids.n == 0)
		return true;
	below = depth_below(c);
	if (below == SIZE_MAX)
		return policy_refuse(c, "policy references form a cycle");
	if (below + 1 + depth_above(c) > APPROVAL_POLICY_MAX_CHAIN)
		return policy_refuse(c, "policy references exceed the maximum depth of %u", APPROVAL_POLICY_MAX_CHAIN);
	return true;
}
