/* SPDX-License-Identifier: Apache-2.0
 *
 * Grants read from either end. From a user: her subjects are grantees, their grants name entities, and composites
 * their members. From an entity: its grants and those of composites name grantees, who are or have users. What a user
 * brings is asked of snapshot_subjects(), so that decisions and lists cannot differ; the other direction undoes it,
 * step by step.
 */
#include "policy/access.h"

#include "base/hash.h"
#include "policy/ask.h"
#include "policy/departments.h"
#include "policy/grant_source.h"

#define TYPE_BIT(type) (1u << (unsigned)(type))

/* A grant that reaches an entity. */
struct reach {
	const struct access_grant *grant;
	struct str entity_id; /* its type is the grant's */
	struct str via;       /* the composite that is granted on; absent: the entity itself is */
	size_t entity;        /* its number, from a user */
};

struct reaches {
	struct arena *arena;
	struct reach *items;
	size_t n, cap;
};

static void add_reach(struct reaches *l, const struct access_grant *grant, struct str entity_id, struct str via)
{
	ARENA_ROOM(l->arena, l->items, l->n, &l->cap);
	l->items[l->n++] = (struct reach){.grant = grant, .entity_id = entity_id, .via = via};
}

static struct access_path path_of(const struct reach *r)
{
	static const enum access_path_type types[] = {
	    [GRANTEE_USER] = PATH_DIRECT, [GRANTEE_DEPARTMENT] = PATH_DEPARTMENT, [GRANTEE_ROLE] = PATH_ROLE};
	struct access_path path = {.grant = *r->grant, .via_entity_id = r->via};

	assert(r->grant->grantee_type > GRANTEE_NONE && r->grant->grantee_type < GRANTEE_N_TYPES);
	path.type = str_is_absent(r->via) ? types[r->grant->grantee_type] : PATH_COMPOSITE;
	return path;
}

static enum access_level higher(enum access_level x, enum access_level y)
{
	return x > y ? x : y;
}

/* The order in which they were granted; ids are for grants that have no place in it. */
static int compare_grants(const struct access_grant *x, const struct access_grant *y)
{
	if (x->doc.seq != y->doc.seq)
		return x->doc.seq < y->doc.seq ? -1 : 1;
	return str_cmp(x->doc.id, y->doc.id);
}

/* ---- from a user -------------------------------------------------------------------------------------- */

struct grantee {
	enum grantee_type type;
	struct str id;
};

static int compare_grantees(const void *a, const void *b)
{
	const struct grantee *x = a, *y = b;

	return x->type != y->type ? (x->type < y->type ? -1 : 1) : str_cmp(x->id, y->id);
}

/* Each once, however many ways lead to it; the array lives in `a`. */
static size_t grantees_of(const struct snapshot *s, const struct user *user, struct arena *a,
                          const struct grantee **ret)
{
	const struct subject *subjects;
	struct grantee *all;
	size_t n_subjects, n = 0, n_kept = 0;

	snapshot_subjects(s, STR("user"), user->doc.id, a, &subjects, &n_subjects);
	all = ARENA_ARRAY(a, struct grantee, n_subjects);
	for (size_t i = 0; i < n_subjects; i++) {
		all[n].type = grantee_of_subject(subjects[i].text, &all[n].id);
		if (all[n].type != GRANTEE_NONE && str_is_absent(subjects[i].tenant))
			n++;
	}
	if (n > 1)
		qsort(all, n, sizeof(*all), compare_grantees);
	for (size_t i = 0; i < n; i++)
		if (n_kept == 0 || compare_grantees(&all[n_kept - 1], &all[i]) != 0)
			all[n_kept++] = all[i];
	*ret = all;
	return n_kept;
}

static int by_grant(const void *a, const void *b)
{
	const struct access_grant *const *x = a, *const *y = b;

	return compare_grants(*x, *y);
}

/* How many there is room for, and one more, by which it is known that there are too many. */
static size_t one_too_many(size_t n)
{
	return ACCESS_MAX_PATHS + 1 - n;
}

/*
 * The grants to her and to what she is in, in the order in which they were granted. More than ACCESS_MAX_PATHS: there
 * are still others.
 */
static size_t grants_of(const struct snapshot *s, const struct user *user, unsigned entity_types, struct arena *a,
                        const struct access_grant *const **ret)
{
	const struct grantee *grantees;
	const size_t n_grantees = grantees_of(s, user, a, &grantees);
	const struct access_grant **all = NULL, *some;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < n_grantees && n <= ACCESS_MAX_PATHS; i++) {
		const struct grants_filter filter = {.entity_types = entity_types,
		                                     .grantee_types = TYPE_BIT(grantees[i].type),
		                                     .grantee_id = grantees[i].id};
		const size_t n_some = grants_list(&s->grants, &filter, 0, one_too_many(n), a, &some, NULL);

		for (size_t k = 0; k < n_some; k++) {
			ARENA_ROOM(a, all, n, &cap);
			all[n++] = &some[k];
		}
	}
	if (n > 1)
		qsort((void *)all, n, sizeof(*all), by_grant);
	*ret = all;
	return n;
}

/* What the grant is on, and when that is a composite, its members. */
static void reach_entities(const struct snapshot *s, const struct access_grant *grant, struct reaches *l)
{
	const struct resource *r;

	add_reach(l, grant, grant->entity_id, STR_NONE);
	if (grant->entity_type != ENTITY_KNOWLEDGE_SLICE || !s->n_docs[DOC_RESOURCE])
		return;
	r = FIND(s, resource, RESOURCE,
	         arena_concat3(l->arena, entity_type_name(grant->entity_type), STR("/"), grant->entity_id));
	for (size_t i = 0; r && i < r->members.n; i++)
		add_reach(l, grant, r->members.items[i], grant->entity_id);
}

/* Entities by name, numbered in the order in which they come. Open addressing, at most half full. */
struct entity {
	enum entity_type type;
	struct str id;
	const struct access_grant *last; /* that was counted */
	struct access_path *paths;
	size_t n_paths;
	enum access_level level;
};
struct entities {
	uint64_t seed;
	struct entity *items;
	size_t n;
	size_t *slots; /* 0: free; else the number + 1 */
	size_t n_slots;
};

/* Room for `max` of them. */
static struct entities entities_make(uint64_t seed, size_t max, struct arena *a)
{
	struct entities t = {.seed = seed, .items = ARENA_ARRAY(a, struct entity, max), .n_slots = 2};

	while (t.n_slots / 2 < max)
		t.n_slots *= 2;
	t.slots = ARENA_ARRAY(a, size_t, t.n_slots);
	return t;
}

static size_t entity_number(struct entities *t, enum entity_type type, struct str id)
{
	size_t at = hash_str(t->seed + (uint64_t)type, id) & (t->n_slots - 1);

	for (; t->slots[at]; at = (at + 1) & (t->n_slots - 1)) {
		const struct entity *e = &t->items[t->slots[at] - 1];

		if (e->type == type && str_eq(e->id, id))
			return t->slots[at] - 1;
	}
	t->items[t->n] = (struct entity){.type = type, .id = id};
	t->slots[at] = ++t->n;
	return t->n - 1;
}

/*
 * Numbers the entities, counts their paths, and drops what stands twice: a composite may name a member twice, or
 * itself. What one grant reaches stands together, itself first, so the last of an entity's paths tells.
 */
static void number_entities(struct reaches *l, struct entities *t)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		const size_t number = entity_number(t, l->items[i].grant->entity_type, l->items[i].entity_id);
		struct entity *e = &t->items[number];

		if (e->last == l->items[i].grant)
			continue;
		e->last = l->items[i].grant;
		e->n_paths++;
		l->items[n] = l->items[i];
		l->items[n++].entity = number;
	}
	l->n = n;
}

/* Every entity's paths beside each other, in the order of `l`. */
static void fill_paths(const struct reaches *l, struct entities *t)
{
	struct access_path *paths = ARENA_ARRAY(l->arena, struct access_path, l->n);

	for (size_t i = 0; i < t->n; i++) {
		t->items[i].paths = paths;
		paths += t->items[i].n_paths;
		t->items[i].n_paths = 0;
	}
	for (size_t i = 0; i < l->n; i++) {
		struct entity *e = &t->items[l->items[i].entity];

		e->paths[e->n_paths++] = path_of(&l->items[i]);
		e->level = higher(e->level, l->items[i].grant->level);
	}
}

size_t access_of_user(const struct snapshot *s, const struct user *user, unsigned entity_types, struct arena *a,
                      const struct entity_access **ret)
{
	struct reaches l = {.arena = a};
	const struct access_grant *const *grants;
	const size_t n_grants = grants_of(s, user, entity_types, a, &grants);
	struct entity_access *access;
	struct entities t;

	for (size_t i = 0; i < n_grants && l.n <= ACCESS_MAX_PATHS; i++)
		reach_entities(s, grants[i], &l);
	if (l.n > ACCESS_MAX_PATHS)
		return ACCESS_TOO_MANY;
	t = entities_make(s->engine.seed, l.n, a);
	number_entities(&l, &t);
	fill_paths(&l, &t);
	access = ARENA_ARRAY(a, struct entity_access, t.n);
	for (size_t i = 0; i < t.n; i++) {
		const struct entity *e = &t.items[i];

		access[i] = (struct entity_access){e->type, e->id, e->level, e->paths, e->n_paths};
	}
	*ret = access;
	return t.n;
}

/* ---- from an entity ------------------------------------------------------------------------------------ */

/* Users under construction. */
struct users {
	const struct snapshot *snapshot;
	struct arena *arena;
	const struct user **items;
	size_t n, cap;
};

static void add_user(struct users *l, const struct document *doc)
{
	if (!doc)
		return;
	ARENA_ROOM(l->arena, l->items, l->n, &l->cap);
	l->items[l->n++] = as_user(doc);
}

/* Dialects may have added them by alias or e-mail address. */
static void add_members(struct users *l, struct str group)
{
	const struct document *const *docs;
	const size_t n = snapshot_linked(l->snapshot, DOC_GROUP_MEMBER, arena_concat(l->arena, STR("group:"), group),
	                                 l->arena, &docs);

	for (size_t i = 0; i < n; i++)
		add_user(l, snapshot_find_any(l->snapshot, DOC_USER, as_group_member(docs[i])->member));
}

static void add_department(struct users *l, struct str department)
{
	const struct str_list below = departments_below(l->snapshot, department, l->arena);

	add_members(l, department);
	for (size_t i = 0; i < below.n; i++)
		add_members(l, below.items[i]);
}

static void add_holders(struct users *l, struct str role)
{
	const struct document *const *docs;
	const size_t n =
	    snapshot_linked(l->snapshot, DOC_ROLE_MEMBER, arena_concat(l->arena, STR("role:"), role), l->arena, &docs);

	for (size_t i = 0; i < n; i++) {
		const struct role_member *m = as_role_member(docs[i]);

		if (!str_is_absent(m->tenant))
			continue;
		if (str_eq(m->principal_type, STR("user")))
			add_user(l, snapshot_find(l->snapshot, DOC_USER, m->principal_id));
		else if (str_eq(m->principal_type, STR("group")))
			add_members(l, m->principal_id);
	}
}

static int by_ordinal(const void *a, const void *b)
{
	const struct user *const *x = a, *const *y = b;

	return x[0]->doc.ordinal != y[0]->doc.ordinal ? (x[0]->doc.ordinal < y[0]->doc.ordinal ? -1 : 1) : 0;
}

/* Who is in two departments, or in one under two names, stands there twice until now. */
static void without_duplicates(struct users *l)
{
	size_t n = 0;

	if (l->n > 1)
		qsort((void *)l->items, l->n, sizeof(*l->items), by_ordinal);
	for (size_t i = 0; i < l->n; i++)
		if (n == 0 || l->items[n - 1] != l->items[i])
			l->items[n++] = l->items[i];
	l->n = n;
}

/* Whom the grant is for, each once. */
static void find_users(struct users *l, const struct access_grant *grant)
{
	l->n = 0;
	switch (grant->grantee_type) {
	case GRANTEE_USER:
		add_user(l, snapshot_find(l->snapshot, DOC_USER, grant->grantee_id));
		break;
	case GRANTEE_DEPARTMENT:
		add_department(l, grant->grantee_id);
		break;
	case GRANTEE_ROLE:
		add_holders(l, grant->grantee_id);
		break;
	case GRANTEE_NONE:
	case GRANTEE_N_TYPES:
		break;
	}
	without_duplicates(l);
}

static void reach_from(const struct snapshot *s, enum entity_type type, struct str id, struct str via,
                       struct reaches *l)
{
	const struct grants_filter filter = {.entity_types = TYPE_BIT(type),
	                                     .entity_id = str_is_absent(via) ? id : via};
	const struct access_grant *grants;
	const size_t n = grants_list(&s->grants, &filter, 0, one_too_many(l->n), l->arena, &grants, NULL);

	for (size_t i = 0; i < n; i++)
		add_reach(l, &grants[i], id, via);
}

static void reach_from_composites(const struct snapshot *s, enum entity_type type, struct str id, struct reaches *l)
{
	const struct document *const *docs;
	const size_t n = grant_composites(s, type, id, l->arena, &docs);

	for (size_t i = 0; i < n && l->n <= ACCESS_MAX_PATHS; i++)
		if (!str_eq(as_resource(docs[i])->resource_id, id))
			reach_from(s, type, id, as_resource(docs[i])->resource_id, l);
}

static int by_grantee(const void *a, const void *b)
{
	const struct access_grant *x = ((const struct reach *)a)->grant, *y = ((const struct reach *)b)->grant;

	if (x->grantee_type != y->grantee_type)
		return x->grantee_type < y->grantee_type ? -1 : 1;
	return str_cmp(x->grantee_id, y->grantee_id);
}

/* A path of a user's. */
struct hit {
	const struct user *user;
	const struct reach *reach;
};
struct hits {
	struct hit *items;
	size_t n, cap;
};

static int compare_hits(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->user->doc.ordinal != y->user->doc.ordinal)
		return x->user->doc.ordinal < y->user->doc.ordinal ? -1 : 1;
	return compare_grants(x->reach->grant, y->reach->grant);
}

/* Whom the grants are for, sorted; a grantee of many grants is looked at once. False: there are too many. */
static bool find_hits(const struct snapshot *s, struct reaches *l, struct hits *ret)
{
	struct users users = {.snapshot = s, .arena = l->arena};
	struct hits h = {0};

	if (l->n > ACCESS_MAX_PATHS)
		return false;
	if (l->n > 1)
		qsort(l->items, l->n, sizeof(*l->items), by_grantee);
	for (size_t i = 0; i < l->n; i++) {
		if (i == 0 || by_grantee(&l->items[i - 1], &l->items[i]) != 0)
			find_users(&users, l->items[i].grant);
		if (users.n > ACCESS_MAX_PATHS - h.n)
			return false;
		for (size_t k = 0; k < users.n; k++) {
			ARENA_ROOM(l->arena, h.items, h.n, &h.cap);
			h.items[h.n++] = (struct hit){users.items[k], &l->items[i]};
		}
	}
	if (h.n > 1)
		qsort(h.items, h.n, sizeof(*h.items), compare_hits);
	*ret = h;
	return true;
}

size_t access_to_entity(const struct snapshot *s, enum entity_type type, struct str id, struct arena *a,
                        const struct user_access **ret)
{
	struct reaches l = {.arena = a};
	struct user_access *access;
	struct access_path *paths;
	struct hits h;
	size_t n = 0;

	reach_from(s, type, id, STR_NONE, &l);
	reach_from_composites(s, type, id, &l);
	if (!find_hits(s, &l, &h))
		return ACCESS_TOO_MANY;
	access = ARENA_ARRAY(a, struct user_access, h.n);
	paths = ARENA_ARRAY(a, struct access_path, h.n);
	for (size_t i = 0; i < h.n; i++) {
		paths[i] = path_of(h.items[i].reach);
		if (i == 0 || h.items[i].user != h.items[i - 1].user)
			access[n++] = (struct user_access){.user = h.items[i].user, .paths = &paths[i]};
		access[n - 1].n_paths++;
		access[n - 1].level = higher(access[n - 1].level, paths[i].grant.level);
	}
	*ret = access;
	return n;
}
