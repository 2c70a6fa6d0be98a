/* SPDX-License-Identifier: Apache-2.0
 *
 * Worlds of Aitronos: their names, how they come about and change, how they are printed.
 */
#include "aitronos-oracle.h"
#include "print.h"

/* ---- names ----------------------------------------------------------------------------------------------- */

static const struct str names[] = {STR_INIT("p0"), STR_INIT("p1"), STR_INIT("p2"), STR_INIT("p3"),
                                   STR_INIT("p4"), STR_INIT("p5"), STR_INIT("p6"), STR_INIT("gone")};
static const struct str aliases[] = {STR_INIT("al0"), STR_INIT("al1"), STR_INIT("al2"), STR_INIT("al3"),
                                     STR_INIT("al4")};
static const struct str emails[] = {STR_INIT("p0@x.org"), STR_INIT("p1@x.org"), STR_INIT("p2@x.org"),
                                    STR_INIT("p3@x.org"), STR_INIT("p4@x.org")};
static const struct str tenants[] = {STR_INIT("t0"), STR_INIT("t1")};
static const struct str entity_ids[] = {STR_INIT("p0"), STR_INIT("e1"), STR_INIT("e2"),
                                        STR_INIT("e3"), STR_INIT("t0"), STR_INIT("e:5")};
static const struct str policy_ids[] = {STR_INIT("pol0"), STR_INIT("pol1"), STR_INIT("pol2")};
static const struct str policy_members[] = {
    STR_INIT("user:local:p0"),
    STR_INIT("user:local:p1"),
    STR_INIT("team:local:p1"),
    STR_INIT("team:local:p2"),
    STR_INIT("team:local:*"),
    STR_INIT("user:*"),
    STR_INIT("*"),
};
static const struct str policy_actions[] = {STR_INIT("*"), STR_INIT("read"), STR_INIT("write"), STR_INIT("admin")};
static const struct str policy_resources[] = {STR_INIT("*"), STR_INIT("knowledge_slice:*"),
                                              STR_INIT("knowledge_slice:p0"), STR_INIT("vector_store:e1"),
                                              STR_INIT("assistant:*")};
static_assert(N_ELEMENTS(names) > AITRONOS_N_GROUPS && AITRONOS_N_GROUPS > AITRONOS_N_PEOPLE,
              "every person, group and role has a name, and there is one that nobody has");
static_assert(N_ELEMENTS(aliases) == AITRONOS_N_PEOPLE && N_ELEMENTS(emails) == AITRONOS_N_PEOPLE, "as many as people");
static_assert(N_ELEMENTS(tenants) == AITRONOS_N_TENANTS, "every tenant has a name");
static_assert(N_ELEMENTS(entity_ids) == AITRONOS_N_IDS, "every entity has an id");
static_assert(N_ELEMENTS(policy_ids) == AITRONOS_N_POLICIES, "every policy has an id");
static_assert(N_ELEMENTS(policy_members) == POLICY_N_MEMBERS, "every kind of member is spelled");
static_assert(N_ELEMENTS(policy_actions) == POLICY_N_ACTIONS, "every kind of action is spelled");
static_assert(N_ELEMENTS(policy_resources) == POLICY_N_RESOURCES, "every kind of resource is spelled");

struct str aitronos_person_name(size_t i)
{
	return names[i];
}

struct str aitronos_person_alias(size_t i)
{
	return aliases[i];
}

struct str aitronos_person_email(size_t i)
{
	return emails[i];
}

struct str aitronos_tenant_name(size_t i)
{
	return tenants[i];
}

struct str aitronos_entity_id(size_t i)
{
	return entity_ids[i];
}

struct str aitronos_grant_id(uint16_t number, struct arena *a)
{
	return arena_strf(a, "agrant_%u", number);
}

struct str aitronos_policy_id(size_t i)
{
	return policy_ids[i];
}

struct str aitronos_policy_member(size_t i)
{
	return policy_members[i];
}

struct str aitronos_policy_action(size_t i)
{
	return policy_actions[i];
}

struct str aitronos_policy_resource(size_t i)
{
	return policy_resources[i];
}

/* ---- how worlds come about ------------------------------------------------------------------------------- */

static uint16_t generate_organization(struct choices *c)
{
	return choose(c, 2) ? 2 : (uint16_t)choose(c, 2);
}

static void generate_person(struct choices *c, struct aitronos_world_person *p)
{
	*p = (struct aitronos_world_person){!choose_rarely(c, 8), (uint16_t)choose(c, 2), (uint16_t)choose(c, 2)};
}

static void generate_group(struct choices *c, struct aitronos_world_group *g)
{
	*g = (struct aitronos_world_group){.exists = !choose_rarely(c, 8), .is_team = choose_rarely(c, 6)};
	if (choose(c, 5))
		g->parent = (uint16_t)(1 + choose(c, AITRONOS_N_GROUPS));
}

static uint16_t generate_ways(struct choices *c)
{
	return choose(c, 2) ? 0 : (uint16_t)choose(c, 1u << MEMBER_N_WAYS);
}

static uint16_t generate_held(struct choices *c)
{
	return choose(c, 3) ? 0 : (uint16_t)choose(c, HELD_IN_TENANT << AITRONOS_N_TENANTS);
}

/* Composites overlap, name a member twice, or themselves. */
static void generate_entity(struct choices *c, struct aitronos_world_entity *e)
{
	*e = (struct aitronos_world_entity){.place = (uint16_t)choose(c, 2 + AITRONOS_N_TENANTS)};
	if (choose(c, 2))
		return;
	for (e->n = 0; e->n < N_ELEMENTS(e->members) && choose(c, 4); e->n++)
		e->members[e->n] = (uint16_t)choose(c, AITRONOS_N_IDS);
}

static bool is_same_pair(const struct aitronos_world_grant *x, const struct aitronos_world_grant *y)
{
	return x->entity_type == y->entity_type && x->entity == y->entity && x->grantee_type == y->grantee_type &&
	       x->grantee == y->grantee;
}

/* In the place of what was there; none when the entity and grantee have one already. */
static void generate_grant(struct choices *c, struct aitronos_world *w, size_t at)
{
	static const uint16_t n_grantees[] = {[GRANTEE_USER] = AITRONOS_N_PEOPLE,
	                                      [GRANTEE_DEPARTMENT] = AITRONOS_N_GROUPS,
	                                      [GRANTEE_ROLE] = AITRONOS_N_ROLES};
	struct aitronos_world_grant *g = &w->grants[at];

	*g = (struct aitronos_world_grant){
	    .level = (uint16_t)(1 + choose(c, ACCESS_N_LEVELS - 1)),
	    .number = w->next_number++,
	    .entity_type = (uint16_t)(1 + choose(c, ENTITY_N_TYPES - 1)),
	    .entity = (uint16_t)choose(c, AITRONOS_N_IDS),
	    .grantee_type = (uint16_t)(1 + choose(c, GRANTEE_N_TYPES - 1)),
	};
	/* Where there are composites, and where others are. */
	if (choose(c, 3))
		g->entity_type = ENTITY_KNOWLEDGE_SLICE;
	if (choose(c, 2))
		g->entity = (uint16_t)choose(c, 3);
	g->grantee = (uint16_t)choose(c, n_grantees[g->grantee_type]);
	for (size_t i = 0; i < AITRONOS_N_GRANTS; i++)
		if (i != at && w->grants[i].level && is_same_pair(&w->grants[i], g))
			g->level = 0;
}

static void generate_policy(struct choices *c, struct aitronos_world_policy *p)
{
	*p = (struct aitronos_world_policy){
	    .exists = 1,
	    .is_allow = choose_rarely(c, 3),
	    .member = (uint16_t)choose(c, POLICY_N_MEMBERS),
	    .action = (uint16_t)choose(c, POLICY_N_ACTIONS),
	    .resource = (uint16_t)choose(c, POLICY_N_RESOURCES),
	    .tenant = (uint16_t)choose(c, POLICY_N_TENANTS),
	};
}

void aitronos_world_generate(struct choices *c, struct aitronos_world *w)
{
	memset(w, 0, sizeof(*w));
	w->organization = generate_organization(c);
	w->has_service = 1;
	w->next_number = 1;
	for (size_t i = 0; i < AITRONOS_N_ROLES; i++)
		w->roles[i] = !choose_rarely(c, 4);
	for (size_t i = 0; i < AITRONOS_N_PEOPLE; i++)
		generate_person(c, &w->people[i]);
	for (size_t i = 0; i < AITRONOS_N_GROUPS; i++) {
		generate_group(c, &w->groups[i]);
		for (size_t k = 0; k < AITRONOS_N_PEOPLE; k++)
			w->members[i][k] = generate_ways(c);
	}
	for (size_t i = 0; i < AITRONOS_N_HOLDERS; i++)
		for (size_t k = 0; k < AITRONOS_N_ROLES; k++)
			w->holds[i][k] = generate_held(c);
	for (size_t type = 1; type < ENTITY_N_TYPES; type++)
		for (size_t i = 0; i < AITRONOS_N_IDS; i++)
			generate_entity(c, &w->entities[type][i]);
	for (size_t i = 0; i < AITRONOS_N_GRANTS; i++)
		if (choose(c, 4))
			generate_grant(c, w, i);
	if (choose(c, 2))
		for (size_t i = choose(c, AITRONOS_N_POLICIES); i < AITRONOS_N_POLICIES; i++)
			generate_policy(c, &w->policies[i]);
}

/* ---- how worlds change ----------------------------------------------------------------------------------- */

static void edit_grant(struct choices *c, struct aitronos_world *w, size_t i)
{
	if (!w->grants[i].level || choose_rarely(c, 3))
		generate_grant(c, w, i);
	else
		w->grants[i].level = (uint16_t)choose(c, ACCESS_N_LEVELS); /* 0: revoked */
}

/* All go at once, and others come or not: nothing of what was may be met in the table. */
static void replace_grants(struct choices *c, struct aitronos_world *w)
{
	bool is_all = choose(c, 4);

	for (size_t i = 0; i < AITRONOS_N_GRANTS; i++)
		w->grants[i].level = 0;
	for (size_t i = 0; is_all && i < AITRONOS_N_GRANTS; i++)
		generate_grant(c, w, i);
}

static void edit_directory(struct choices *c, struct aitronos_world *w)
{
	size_t group = choose(c, AITRONOS_N_GROUPS), person = choose(c, AITRONOS_N_PEOPLE);

	switch (choose(c, 7)) {
	case 0:
		w->organization = generate_organization(c);
		break;
	case 1:
		generate_person(c, &w->people[person]);
		break;
	case 2:
		w->roles[choose(c, AITRONOS_N_ROLES)] ^= 1;
		break;
	case 3:
		generate_group(c, &w->groups[group]);
		break;
	case 4:
		w->members[group][person] = generate_ways(c);
		break;
	case 5: { /* moves to another group */
		size_t other = choose(c, AITRONOS_N_GROUPS);
		uint16_t ways = w->members[group][person];

		w->members[group][person] = w->members[other][person];
		w->members[other][person] = ways;
		break;
	}
	default:
		w->holds[choose(c, AITRONOS_N_HOLDERS)][choose(c, AITRONOS_N_ROLES)] = generate_held(c);
		break;
	}
}

static void edit_once(struct choices *c, struct aitronos_world *w)
{
	switch (choose(c, 6)) {
	case 0:
		generate_entity(c, &w->entities[1 + choose(c, ENTITY_N_TYPES - 1)][choose(c, AITRONOS_N_IDS)]);
		break;
	case 1:
		w->has_service = !w->has_service;
		break;
	case 2:
	case 3:
		edit_grant(c, w, choose(c, AITRONOS_N_GRANTS));
		break;
	default:
		edit_directory(c, w);
		break;
	}
	if (choose_rarely(c, 10))
		replace_grants(c, w);
	if (choose_rarely(c, 8) && !aitronos_world_is_granted_only(w))
		generate_policy(c, &w->policies[choose(c, AITRONOS_N_POLICIES)]);
}

void aitronos_world_edit(struct choices *c, struct aitronos_world *w)
{
	do {
		edit_once(c, w);
	} while (choose(c, 3));
}

bool aitronos_world_grant_more(struct choices *c, struct aitronos_world *w)
{
	size_t i = choose(c, AITRONOS_N_GRANTS);

	if (w->grants[i].level == ACCESS_ADMIN)
		return false;
	if (w->grants[i].level == 0)
		generate_grant(c, w, i);
	else
		w->grants[i].level++;
	return w->grants[i].level != 0;
}

bool aitronos_world_grant_less(struct choices *c, struct aitronos_world *w)
{
	size_t i = choose(c, AITRONOS_N_GRANTS);

	if (w->grants[i].level == 0)
		return false;
	w->grants[i].level = (uint16_t)choose(c, w->grants[i].level);
	return true;
}

bool aitronos_world_is_granted_only(const struct aitronos_world *w)
{
	for (size_t i = 0; i < AITRONOS_N_POLICIES; i++)
		if (w->policies[i].exists)
			return false;
	return true;
}

/* ---- smaller worlds -------------------------------------------------------------------------------------- */

static bool drop_from(uint16_t *first, size_t size, size_t n, size_t *i)
{
	if (*i >= n) {
		*i -= n;
		return false;
	}
	*(uint16_t *)(void *)((char *)first + *i * size) = 0;
	return true;
}

bool aitronos_world_drop(struct aitronos_world *w, size_t i)
{
	/* What is nothing when its first number is 0. */
	const struct {
		uint16_t *first;
		size_t size, n;
	} parts[] = {
	    {&w->policies[0].exists, sizeof(w->policies[0]), AITRONOS_N_POLICIES},
	    {&w->grants[0].level, sizeof(w->grants[0]), AITRONOS_N_GRANTS},
	    {&w->people[0].exists, sizeof(w->people[0]), AITRONOS_N_PEOPLE},
	    {&w->groups[0].exists, sizeof(w->groups[0]), AITRONOS_N_GROUPS},
	    {&w->members[0][0], sizeof(uint16_t), (size_t)AITRONOS_N_GROUPS * AITRONOS_N_PEOPLE},
	    {&w->holds[0][0], sizeof(uint16_t), (size_t)AITRONOS_N_HOLDERS * AITRONOS_N_ROLES},
	    {&w->entities[0][0].place, sizeof(w->entities[0][0]), (size_t)ENTITY_N_TYPES * AITRONOS_N_IDS},
	    {w->roles, sizeof(w->roles[0]), AITRONOS_N_ROLES},
	    {&w->has_service, sizeof(w->has_service), 1},
	    {&w->organization, sizeof(w->organization), 1},
	};

	for (size_t k = 0; k < N_ELEMENTS(parts); k++)
		if (drop_from(parts[k].first, parts[k].size, parts[k].n, &i))
			return true;
	return false;
}

/* ---- questions ------------------------------------------------------------------------------------------- */

static const struct str places[] = {STR_INIT("t0"), STR_INIT("t1"), STR_INIT("nowhere"), STR_INIT(TENANT_UNASSIGNED)};

static struct str_list generate_places(struct choices *c, struct arena *a)
{
	struct str *items = ARENA_ARRAY(a, struct str, N_ELEMENTS(places));
	size_t n = choose(c, N_ELEMENTS(places) + 1);

	for (size_t i = 0; i < n; i++) /* some twice */
		items[i] = places[choose(c, N_ELEMENTS(places))];
	return (struct str_list){items, n};
}

struct aitronos_question aitronos_plain_question(size_t person, enum entity_type type, size_t entity,
                                                 enum access_level level)
{
	return (struct aitronos_question){
	    .who = {ASKER_PERSON, person},
	    .type = type,
	    .entity = entity,
	    .ask = {.subject_type = STR("user"),
	            .subject_id = names[person],
	            .action = access_level_name(level),
	            .resource = {.type = entity_type_name(type), .id = entity_ids[entity]},
	            .now_ms = 1},
	};
}

static struct str_list one_text(struct arena *a, struct str prefix, struct str name)
{
	struct str *item = ARENA_NEW(a, struct str);

	*item = arena_concat(a, prefix, name);
	return (struct str_list){item, 1};
}

static void ask_as(struct aitronos_question *q, struct str type, struct str id)
{
	q->ask.subject_type = type;
	q->ask.subject_id = id;
}

/* A person under any of her names. */
static struct str generate_name(struct choices *c, const struct aitronos_world *w, size_t person)
{
	if (w->people[person].has_alias && choose(c, 2))
		return aliases[person];
	return w->people[person].has_email && choose(c, 2) ? emails[person] : names[person];
}

static void generate_asker(struct choices *c, const struct aitronos_world *w, struct arena *a,
                           struct aitronos_question *q)
{
	static const uint16_t n[AITRONOS_N_ASKERS] = {
	    AITRONOS_N_PEOPLE, 1, AITRONOS_N_GROUPS, AITRONOS_N_ROLES, AITRONOS_N_PEOPLE, AITRONOS_N_GROUPS};

	q->who.kind = (enum aitronos_asker_kind)choose(c, AITRONOS_N_ASKERS);
	q->who.i = choose(c, n[q->who.kind]);
	switch (q->who.kind) {
	case ASKER_PERSON:
		ask_as(q, STR("user"), generate_name(c, w, q->who.i));
		break;
	case ASKER_SERVICE:
		ask_as(q, STR("service"), AITRONOS_SERVICE);
		break;
	case ASKER_GROUP:
		ask_as(q, STR("group"), names[q->who.i]);
		break;
	case ASKER_ROLE:
		ask_as(q, STR("role"), names[q->who.i]);
		break;
	case ASKER_RAW_USER:
		ask_as(q, STR("external"), STR("x"));
		q->ask.raw_subjects = one_text(a, STR(SUBJECT_USER), names[q->who.i]);
		break;
	case ASKER_RAW_TEAM:
		ask_as(q, STR("external"), STR("x"));
		q->ask.raw_subjects = one_text(a, STR(SUBJECT_GROUP), names[q->who.i]);
		break;
	}
}

static struct str generate_action(struct choices *c)
{
	static const struct str odd[] = {STR_INIT("Read"), STR_INIT("delete"), STR_INIT("r"), STR_INIT("readonly")};

	return choose_rarely(c, 20) ? odd[choose(c, N_ELEMENTS(odd))]
	                            : policy_actions[1 + choose(c, POLICY_N_ACTIONS - 1)];
}

struct aitronos_question aitronos_world_question(struct choices *c, const struct aitronos_world *w, struct arena *a)
{
	struct aitronos_question q =
	    aitronos_plain_question(choose(c, AITRONOS_N_PEOPLE), (enum entity_type)(1 + choose(c, ENTITY_N_TYPES - 1)),
	                            choose(c, AITRONOS_N_IDS), ACCESS_READ);

	q.ask.action = generate_action(c);
	if (choose(c, 2))
		generate_asker(c, w, a, &q);
	if (choose(c, 2))
		q.entity = choose(c, 3);
	q.ask.resource.id = entity_ids[q.entity];
	switch (choose(c, 4)) {
	case 0:
		q.ask.resource.tenant = places[choose(c, N_ELEMENTS(places))];
		break;
	case 1:
	case 2:
		q.ask.resource.lists_tenants = true;
		q.ask.resource.tenants = generate_places(c, a);
		break;
	default: /* not named */
		break;
	}
	q.ask.is_bound = choose_rarely(c, 8);
	if (q.ask.is_bound)
		q.ask.bound_tenants = generate_places(c, a);
	return q;
}

/* ---- print ----------------------------------------------------------------------------------------------- */

void aitronos_print_question(struct buf *b, const struct ask *q)
{
	buf_addf(b, STR_FMT " " STR_FMT " ", STR_ARG(q->subject_type), STR_ARG(q->subject_id));
	print_list(b, q->raw_subjects);
	buf_addf(b, " " STR_FMT " " STR_FMT "/" STR_FMT " tenant ", STR_ARG(q->action), STR_ARG(q->resource.type),
	         STR_ARG(q->resource.id));
	print_str(b, q->resource.tenant);
	if (q->resource.lists_tenants)
		print_list(b, q->resource.tenants);
	if (q->is_bound) {
		buf_addf(b, " bound to ");
		print_list(b, q->bound_tenants);
	}
	buf_addf(b, "\n");
}

static void print_group(struct buf *b, const struct aitronos_world *w, size_t i)
{
	if (w->groups[i].exists)
		buf_addf(b, "%s " STR_FMT " below %d\n", w->groups[i].is_team ? "team" : "department",
		         STR_ARG(names[i]), w->groups[i].parent - 1);
	for (size_t k = 0; k < AITRONOS_N_PEOPLE; k++)
		if (w->members[i][k])
			buf_addf(b, "user " STR_FMT " is in group " STR_FMT " by ways %x\n", STR_ARG(names[k]),
			         STR_ARG(names[i]), w->members[i][k]);
}

static void print_directory(struct buf *b, const struct aitronos_world *w)
{
	for (size_t i = 0; i < AITRONOS_N_PEOPLE; i++)
		if (w->people[i].exists)
			buf_addf(b, "user " STR_FMT "%s%s\n", STR_ARG(names[i]),
			         w->people[i].has_alias ? " with an alias" : "",
			         w->people[i].has_email ? " with an address" : "");
	for (size_t i = 0; i < AITRONOS_N_GROUPS; i++)
		print_group(b, w, i);
	for (size_t i = 0; i < AITRONOS_N_HOLDERS; i++)
		for (size_t k = 0; k < AITRONOS_N_ROLES; k++)
			if (w->holds[i][k])
				buf_addf(b, "holder %zu holds role " STR_FMT " in places %x\n", i, STR_ARG(names[k]),
				         w->holds[i][k]);
}

static void print_entity(struct buf *b, size_t type, size_t i, const struct aitronos_world_entity *e)
{
	buf_addf(b, STR_FMT " " STR_FMT " in place %u, members", STR_ARG(entity_type_name((enum entity_type)type)),
	         STR_ARG(entity_ids[i]), e->place);
	for (size_t k = 0; k < e->n; k++)
		buf_addf(b, " " STR_FMT, STR_ARG(entity_ids[e->members[k]]));
	buf_addf(b, "\n");
}

static void print_grant(struct buf *b, const struct aitronos_world_grant *g)
{
	buf_addf(b, "grant %u: " STR_FMT " of " STR_FMT " " STR_FMT " to " STR_FMT " " STR_FMT "\n", g->number,
	         STR_ARG(access_level_name((enum access_level)g->level)),
	         STR_ARG(entity_type_name((enum entity_type)g->entity_type)), STR_ARG(entity_ids[g->entity]),
	         STR_ARG(grantee_type_name((enum grantee_type)g->grantee_type)), STR_ARG(names[g->grantee]));
}

void aitronos_print_world(struct buf *b, const struct aitronos_world *w)
{
	static const char *const organizations[] = {"none", "departments do not inherit", "departments inherit"};

	buf_addf(b, "organization: %s\n", organizations[w->organization]);
	print_directory(b, w);
	for (size_t type = 1; type < ENTITY_N_TYPES; type++)
		for (size_t i = 0; i < AITRONOS_N_IDS; i++)
			if (w->entities[type][i].place)
				print_entity(b, type, i, &w->entities[type][i]);
	for (size_t i = 0; i < AITRONOS_N_GRANTS; i++)
		if (w->grants[i].level)
			print_grant(b, &w->grants[i]);
	for (size_t i = 0; i < AITRONOS_N_POLICIES; i++)
		if (w->policies[i].exists)
			buf_addf(b, "%s " STR_FMT ": " STR_FMT " " STR_FMT " " STR_FMT " tenant %d\n",
			         w->policies[i].is_allow ? "allow" : "deny", STR_ARG(policy_ids[i]),
			         STR_ARG(policy_members[w->policies[i].member]),
			         STR_ARG(policy_actions[w->policies[i].action]),
			         STR_ARG(policy_resources[w->policies[i].resource]), w->policies[i].tenant - 1);
}
