/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths and decisions. On purpose without anything of src/policy but the question's struct.
 */
#include "aitronos-oracle.h"

/* ---- principals ------------------------------------------------------------------------------------------ */

static bool person_is_in(const struct aitronos_world *w, size_t person, size_t group)
{
	const struct aitronos_world_person *p = &w->people[person];
	const uint16_t ways = w->members[group][person];

	if (!p->exists)
		return false;
	return (ways & MEMBER_BY_ID) || ((ways & MEMBER_BY_ALIAS) && p->has_alias) ||
	       ((ways & MEMBER_BY_EMAIL) && p->has_email);
}

static bool is_in_group(const struct aitronos_world *w, struct aitronos_asker who, size_t group)
{
	switch (who.kind) {
	case ASKER_PERSON:
		return person_is_in(w, who.i, group);
	case ASKER_GROUP:
		return who.i == group && w->groups[group].exists;
	case ASKER_RAW_TEAM:
		return who.i == group;
	case ASKER_SERVICE:
	case ASKER_ROLE:
	case ASKER_RAW_USER:
		break;
	}
	return false;
}

static bool is_department(const struct aitronos_world *w, size_t group)
{
	return w->groups[group].exists && !w->groups[group].is_team;
}

/* Is there a way up, from department to department? Parents may go round in a circle. */
static bool stands_below(const struct aitronos_world *w, size_t low, size_t high)
{
	size_t at = low;

	for (size_t steps = 0; steps < AITRONOS_N_GROUPS; steps++) {
		if (!is_department(w, at) || w->groups[at].parent == 0)
			return false;
		at = w->groups[at].parent - 1u;
		if (at == high)
			return is_department(w, high);
	}
	return false;
}

static bool is_of_department(const struct aitronos_world *w, struct aitronos_asker who, size_t department)
{
	if (is_in_group(w, who, department))
		return true;
	if (w->organization != 2 || who.kind == ASKER_RAW_TEAM)
		return false;
	for (size_t i = 0; i < AITRONOS_N_GROUPS; i++)
		if (is_in_group(w, who, i) && stands_below(w, i, department))
			return true;
	return false;
}

static bool holds_role(const struct aitronos_world *w, struct aitronos_asker who, size_t role)
{
	size_t service = AITRONOS_N_HOLDERS - 1;

	if (who.kind == ASKER_RAW_TEAM)
		return false;
	if (who.kind == ASKER_ROLE)
		return who.i == role && w->roles[role];
	if (who.kind == ASKER_SERVICE)
		return w->has_service && (w->holds[service][role] & HELD_EVERYWHERE);
	if (who.kind == ASKER_PERSON && w->people[who.i].exists && (w->holds[who.i][role] & HELD_EVERYWHERE))
		return true;
	for (size_t i = 0; i < AITRONOS_N_GROUPS; i++)
		if (is_in_group(w, who, i) && (w->holds[AITRONOS_N_PEOPLE + i][role] & HELD_EVERYWHERE))
			return true;
	return false;
}

static bool is_user(const struct aitronos_world *w, struct aitronos_asker who, size_t person)
{
	return who.i == person &&
	       (who.kind == ASKER_RAW_USER || (who.kind == ASKER_PERSON && w->people[person].exists));
}

static bool is_grantee(const struct aitronos_world *w, struct aitronos_asker who, const struct aitronos_world_grant *g)
{
	if (g->grantee_type == GRANTEE_USER)
		return is_user(w, who, g->grantee);
	if (g->grantee_type == GRANTEE_DEPARTMENT)
		return is_of_department(w, who, g->grantee);
	return holds_role(w, who, g->grantee);
}

/* ---- paths ----------------------------------------------------------------------------------------------- */

static bool is_member_of(const struct aitronos_world *w, size_t composite, size_t slice)
{
	const struct aitronos_world_entity *c = &w->entities[ENTITY_KNOWLEDGE_SLICE][composite];

	for (size_t i = 0; c->place && i < c->n; i++)
		if (c->members[i] == slice)
			return true;
	return false;
}

static bool reaches(const struct aitronos_world *w, const struct aitronos_world_grant *g, enum entity_type type,
                    size_t entity)
{
	if (g->entity_type != type)
		return false;
	return g->entity == entity || (type == ENTITY_KNOWLEDGE_SLICE && is_member_of(w, g->entity, entity));
}

/* The grant that was made next after the one of this number; NULL: none. */
static const struct aitronos_world_grant *next_grant(const struct aitronos_world *w, unsigned number)
{
	const struct aitronos_world_grant *next = NULL;

	for (size_t i = 0; i < AITRONOS_N_GRANTS; i++) {
		const struct aitronos_world_grant *g = &w->grants[i];

		if (g->level && g->number > number && (!next || g->number < next->number))
			next = g;
	}
	return next;
}

void aitronos_world_paths(const struct aitronos_world *w, struct aitronos_asker who, enum entity_type type,
                          size_t entity, struct aitronos_paths *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (const struct aitronos_world_grant *g = next_grant(w, 0); g; g = next_grant(w, g->number)) {
		if (!reaches(w, g, type, entity) || !is_grantee(w, who, g))
			continue;
		ret->items[ret->n++] = (struct aitronos_path){g, g->entity != entity};
		if (g->level > (unsigned)ret->level)
			ret->level = (enum access_level)g->level;
	}
}

/* ---- decisions ------------------------------------------------------------------------------------------- */

static bool is_anybody(const struct aitronos_world *w, struct aitronos_asker who)
{
	switch (who.kind) {
	case ASKER_PERSON:
		return w->people[who.i].exists;
	case ASKER_SERVICE:
		return w->has_service;
	case ASKER_GROUP:
		return w->groups[who.i].exists;
	case ASKER_ROLE:
		return w->roles[who.i];
	case ASKER_RAW_USER:
	case ASKER_RAW_TEAM:
		break;
	}
	return true;
}

static bool is_in_any_group(const struct aitronos_world *w, struct aitronos_asker who)
{
	for (size_t i = 0; i < AITRONOS_N_GROUPS; i++)
		if (is_in_group(w, who, i))
			return true;
	return false;
}

static bool policy_is_for(const struct aitronos_world *w, struct aitronos_asker who, unsigned member)
{
	switch (member) {
	case POLICY_OF_PERSON_0:
	case POLICY_OF_PERSON_1:
		return is_user(w, who, member - POLICY_OF_PERSON_0);
	case POLICY_OF_TEAM_1:
	case POLICY_OF_TEAM_2:
		return is_in_group(w, who, 1 + member - POLICY_OF_TEAM_1);
	case POLICY_OF_TEAMS:
		return is_in_any_group(w, who);
	case POLICY_OF_USERS:
		return is_user(w, who, who.i);
	default:
		return is_anybody(w, who);
	}
}

static bool policy_is_on(unsigned resource, enum entity_type type, size_t entity)
{
	switch (resource) {
	case POLICY_ON_SLICES:
		return type == ENTITY_KNOWLEDGE_SLICE;
	case POLICY_ON_SLICE_0:
		return type == ENTITY_KNOWLEDGE_SLICE && entity == 0;
	case POLICY_ON_STORE_1:
		return type == ENTITY_VECTOR_STORE && entity == 1;
	case POLICY_ON_ASSISTANTS:
		return type == ENTITY_ASSISTANT;
	default:
		return true;
	}
}

static bool policy_matches(const struct aitronos_world *w, const struct aitronos_world_policy *p,
                           const struct aitronos_question *q, struct str place)
{
	if (!p->exists || !policy_is_for(w, q->who, p->member) || !policy_is_on(p->resource, q->type, q->entity))
		return false;
	if (p->action && !str_eq(aitronos_policy_action(p->action), q->ask.action))
		return false;
	return p->tenant == 0 || str_eq(aitronos_tenant_name(p->tenant - 1u), place);
}

static bool any_policy_matches(const struct aitronos_world *w, const struct aitronos_question *q, struct str place,
                               bool is_allow)
{
	for (size_t i = 0; i < AITRONOS_N_POLICIES; i++)
		if (w->policies[i].is_allow == is_allow && policy_matches(w, &w->policies[i], q, place))
			return true;
	return false;
}

static enum access_level needed_level(struct str action)
{
	if (str_eq(action, STR("read")))
		return ACCESS_READ;
	if (str_eq(action, STR("write")))
		return ACCESS_WRITE;
	return str_eq(action, STR("admin")) ? ACCESS_ADMIN : ACCESS_NONE;
}

static bool is_granted(const struct aitronos_world *w, const struct aitronos_question *q)
{
	enum access_level needed = needed_level(q->ask.action);
	struct aitronos_paths paths;

	aitronos_world_paths(w, q->who, q->type, q->entity, &paths);
	return needed && paths.level >= needed;
}

static bool is_allowed_in(const struct aitronos_world *w, const struct aitronos_question *q, struct str place)
{
	return (is_granted(w, q) || any_policy_matches(w, q, place, true)) && !any_policy_matches(w, q, place, false);
}

/* The place that the question does not name but means; absent: any. */
static struct str meant_place(const struct aitronos_world *w, const struct aitronos_question *q)
{
	const struct aitronos_world_entity *e = &w->entities[q->type][q->entity];

	if (!str_is_absent(q->ask.resource.tenant))
		return q->ask.resource.tenant;
	if (e->place > 1)
		return aitronos_tenant_name(e->place - 2u);
	for (size_t i = 0; i < AITRONOS_N_TENANTS; i++)
		if (str_eq(aitronos_entity_id(q->entity), aitronos_tenant_name(i)))
			return aitronos_tenant_name(i);
	return STR_NONE;
}

static struct str_list everywhere(struct arena *a)
{
	struct str *all = ARENA_ARRAY(a, struct str, AITRONOS_N_TENANTS + 1);

	for (size_t i = 0; i < AITRONOS_N_TENANTS; i++)
		all[i] = aitronos_tenant_name(i);
	all[AITRONOS_N_TENANTS] = STR(TENANT_UNASSIGNED);
	return (struct str_list){all, AITRONOS_N_TENANTS + 1};
}

static struct str_list places_of(const struct aitronos_world *w, const struct aitronos_question *q, struct arena *a)
{
	struct str *one = ARENA_NEW(a, struct str), *places;
	struct str_list asked = q->ask.resource.tenants;
	size_t n = 0;

	if (!q->ask.resource.lists_tenants) {
		*one = meant_place(w, q);
		if (str_is_absent(*one))
			return q->ask.is_bound ? q->ask.bound_tenants : everywhere(a);
		asked = (struct str_list){one, 1};
	}
	places = ARENA_ARRAY(a, struct str, asked.n);
	for (size_t i = 0; i < asked.n; i++)
		if (!str_list_has((struct str_list){places, n}, asked.items[i]) &&
		    (!q->ask.is_bound || str_list_has(q->ask.bound_tenants, asked.items[i])))
			places[n++] = asked.items[i];
	return (struct str_list){places, n};
}

struct aitronos_world_answer aitronos_world_decide(const struct aitronos_world *w, const struct aitronos_question *q,
                                                   struct arena *a)
{
	struct str_list places = places_of(w, q, a);
	struct str *allowed = ARENA_ARRAY(a, struct str, places.n);
	size_t n = 0;

	for (size_t i = 0; i < places.n; i++)
		if (is_allowed_in(w, q, places.items[i]))
			allowed[n++] = places.items[i];
	return (struct aitronos_world_answer){n > 0, {allowed, q->ask.resource.lists_tenants ? n : 0}};
}

static bool grant_may_decide(const struct aitronos_world *w, const struct aitronos_question *q, struct str id,
                             struct arena *a)
{
	struct aitronos_paths paths;

	aitronos_world_paths(w, q->who, q->type, q->entity, &paths);
	for (size_t i = 0; i < paths.n; i++)
		if (str_eq(aitronos_grant_id(paths.items[i].grant->number, a), id))
			return paths.items[i].grant->level >= (unsigned)needed_level(q->ask.action);
	return false;
}

bool aitronos_world_may_decide(const struct aitronos_world *w, const struct aitronos_question *q, enum effect effect,
                               enum document_kind kind, struct str id)
{
	struct arena a = ARENA_INIT;
	struct str_list places = places_of(w, q, &a);
	bool may = kind == DOC_ACCESS_GRANT && effect == EFFECT_ALLOW && grant_may_decide(w, q, id, &a);

	for (size_t i = 0; kind == DOC_STATEMENT_POLICY && i < AITRONOS_N_POLICIES; i++)
		for (size_t k = 0; str_eq(aitronos_policy_id(i), id) && k < places.n; k++)
			may = may || (w->policies[i].is_allow == (effect == EFFECT_ALLOW) &&
			              policy_matches(w, &w->policies[i], q, places.items[k]));
	arena_release(&a);
	return may;
}
