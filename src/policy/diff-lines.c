/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements and grants in patterns.
 */
#include "model/langsmith.h"
#include "policy/diff-impl.h"

/* ---- statements as lines --------------------------------------------------------------------------------- */

struct set_slot *set_slot(struct set_table *t, const void *key, struct arena *a)
{
	size_t at;

	if (2 * (t->n + 1) > t->n_slots) {
		const struct set_table old = *t;

		t->n_slots = old.n_slots ? 2 * old.n_slots : 64;
		t->slots = ARENA_ARRAY(a, struct set_slot, t->n_slots);
		t->n = 0;
		for (size_t i = 0; i < old.n_slots; i++)
			if (old.slots[i].key)
				*set_slot(t, old.slots[i].key, a) = old.slots[i];
	}
	at = (size_t)hash_u64((uint64_t)(uintptr_t)key) & (t->n_slots - 1);
	while (t->slots[at].key && t->slots[at].key != key)
		at = (at + 1) & (t->n_slots - 1);
	t->n += !t->slots[at].key;
	return &t->slots[at];
}

/* The types of resource that a group of a tag policy is about, as patterns: its selectors say nothing to anybody. */
static struct str_list patterns_of_tag_group(const struct tag_group *group, struct arena *a)
{
	const enum langsmith_type type = langsmith_type_of(group->resource_type);
	struct strs l = {.arena = a};

	if (type == LANGSMITH_NO_TYPE)
		return (struct str_list){0};
	strs_add(&l, arena_concat(a, langsmith_type_name(type), STR(":*")));
	if (type == LANGSMITH_QUEUE)
		strs_add(&l, STR("queues:*"));
	if (type == LANGSMITH_PROJECT && str_starts_with(group->permission, STR("runs:")))
		strs_add(&l, STR("run:*"));
	return strs_list(&l);
}

static const struct tag_policy *tag_policy_of(const struct snapshot *s, const struct said *said)
{
	const struct policy_attachment *at;

	if (said->kind == DOC_TAG_POLICY)
		return FIND(s, tag_policy, TAG_POLICY, said->document);
	if (said->kind != DOC_POLICY_ATTACHMENT)
		return NULL;
	at = FIND(s, policy_attachment, POLICY_ATTACHMENT, said->document);
	return at ? FIND(s, tag_policy, TAG_POLICY, at->policy) : NULL;
}

static struct line line_of(const struct snapshot *s, const struct said *said, struct arena *a)
{
	const struct tag_policy *tags = tag_policy_of(s, said);
	struct line line = {.actions = said->actions, .resources = said->resources};

	if (tags) {
		assert(said->statement < tags->n_groups);
		line.resources = patterns_of_tag_group(&tags->groups[said->statement], a);
		line.has_condition = true;
	}
	/* The condition of Confident AI's roles is about tenants alone. */
	if (said->kind == DOC_ACCESS_POLICY)
		line.has_condition = line.is_personal = said->has_condition;
	for (size_t i = 0; i < line.resources.n; i++)
		line.is_personal |= has_variable(line.resources.items[i]);
	return line;
}

struct line_list read_lines(const struct snapshot *s, const struct cset *set, struct arena *a)
{
	const size_t n = said_count(set);
	struct line *lines = ARENA_ARRAY(a, struct line, n);

	for (size_t i = 0; i < n; i++) {
		const struct said said = said_at(set, i, a);

		lines[i] = line_of(s, &said, a);
	}
	return (struct line_list){lines, n};
}

struct line_list lines_of_set(struct diff_work *w, const struct snapshot *s, const struct cset *set)
{
	struct set_slot *slot = set_slot(&w->sets, set, w->arena);

	if (!slot->key) {
		slot->key = set;
		slot->lines = read_lines(s, set, w->arena);
	}
	return slot->lines;
}

static struct str entity_text(enum entity_type type, struct str id, struct arena *a)
{
	return arena_concat3(a, entity_type_name(type), STR(":"), id);
}

static struct str_list levels_up_to(enum access_level level, struct arena *a)
{
	struct strs l = {.arena = a};

	for (enum access_level k = ACCESS_READ; k <= level; k++)
		strs_add(&l, access_level_name(k));
	return strs_list(&l);
}

struct line line_of_grant(const struct snapshot *s, const struct access_grant *grant, struct arena *a)
{
	const struct resource *r = FIND(
	    s, resource, RESOURCE, arena_concat3(a, entity_type_name(grant->entity_type), STR("/"), grant->entity_id));
	struct strs resources = {.arena = a};

	strs_add(&resources, entity_text(grant->entity_type, grant->entity_id, a));
	for (size_t i = 0; r && grant->entity_type == ENTITY_KNOWLEDGE_SLICE && i < r->members.n; i++)
		strs_add(&resources, entity_text(grant->entity_type, r->members.items[i], a));
	return (struct line){.actions = levels_up_to(grant->level, a), .resources = strs_list(&resources)};
}

static bool actions_overlap(struct str_list x, struct str_list y, struct arena *a)
{
	for (size_t i = 0; i < x.n; i++)
		for (size_t k = 0; k < y.n; k++)
			if (!str_is_absent(meet_actions(x.items[i], y.items[k], a)))
				return true;
	return false;
}

/* Variables may become anything. */
static bool resources_overlap(struct str_list x, struct str_list y)
{
	for (size_t i = 0; i < x.n; i++)
		for (size_t k = 0; k < y.n; k++)
			if (has_variable(x.items[i]) || has_variable(y.items[k]) ||
			    !str_is_absent(meet_resources(x.items[i], y.items[k])))
				return true;
	return false;
}

bool lines_overlap(struct diff_work *w, const struct line *x, const struct line *y)
{
	return diff_step(w, x->actions.n * y->actions.n / 16) && resources_overlap(x->resources, y->resources) &&
	       actions_overlap(x->actions, y->actions, w->arena);
}
