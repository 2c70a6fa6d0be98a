/* SPDX-License-Identifier: Apache-2.0
 *
 * A world of Aitronos in a snapshot: the documents it consists of, and how a snapshot follows it.
 */
#include "aitronos-oracle.h"

/* ---- documents ------------------------------------------------------------------------------------------- */

/* A document as the store keeps it. */
struct stored {
	enum document_kind kind;
	struct str id, body;
	uint64_t seq;
};
struct documents {
	struct arena *arena;
	struct stored *items;
	size_t n, cap;
};

static void add(struct documents *l, struct str id, struct document *doc)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT((size_t)1 << 20);

	document_encode(doc, &body);
	assert(!body.overflowed);
	ARENA_ROOM(l->arena, l->items, l->n, &l->cap);
	l->items[l->n++] = (struct stored){doc->kind, id, arena_str(l->arena, buf_str(&body)), doc->seq};
}

static struct document *decode(const struct stored *stored)
{
	struct document *doc = NULL;
	int r = document_decode(stored->kind, stored->id, stored->body, &doc, NULL);

	assert(r == 0);
	doc->seq = stored->seq;
	return doc;
}

static void put(struct snapshot *s, const struct stored *stored)
{
	snapshot_put(s, decode(stored));
}

static void add_people(struct documents *l, const struct aitronos_world *w)
{
	for (size_t i = 0; i < AITRONOS_N_PEOPLE; i++) {
		struct str alias = aitronos_person_alias(i);
		struct user user = {.doc = {.kind = DOC_USER, .aliases = {&alias, w->people[i].has_alias}}};

		if (w->people[i].has_email)
			user.email = aitronos_person_email(i);
		if (w->people[i].exists)
			add(l, aitronos_person_name(i), &user.doc);
	}
}

static void add_groups(struct documents *l, const struct aitronos_world *w)
{
	for (size_t i = 0; i < AITRONOS_N_GROUPS; i++) {
		struct group group = {.doc.kind = DOC_GROUP,
		                      .type = w->groups[i].is_team ? STR("team") : STR("department")};

		if (w->groups[i].parent)
			group.parent = aitronos_person_name(w->groups[i].parent - 1u);
		if (w->groups[i].exists)
			add(l, aitronos_person_name(i), &group.doc);
	}
}

static void add_members(struct documents *l, const struct aitronos_world *w, size_t group, size_t person)
{
	const struct str ways[MEMBER_N_WAYS] = {aitronos_person_name(person), aitronos_person_alias(person),
	                                        aitronos_person_email(person)};

	for (size_t i = 0; i < MEMBER_N_WAYS; i++) {
		struct group_member m = {
		    .doc.kind = DOC_GROUP_MEMBER, .group = aitronos_person_name(group), .member = ways[i]};

		if (w->members[group][person] >> i & 1)
			add(l, arena_concat3(l->arena, m.group, STR("/"), m.member), &m.doc);
	}
}

/* Where the holder holds the role: everywhere, then each tenant. */
static void add_held(struct documents *l, const struct aitronos_world *w, size_t holder, size_t role)
{
	struct role_member m = {.doc.kind = DOC_ROLE_MEMBER,
	                        .role = aitronos_person_name(role),
	                        .principal_type = STR("service"),
	                        .principal_id = AITRONOS_SERVICE};

	if (holder < AITRONOS_N_PEOPLE) {
		m.principal_type = STR("user");
		m.principal_id = aitronos_person_name(holder);
	} else if (holder < AITRONOS_N_HOLDERS - 1) {
		m.principal_type = STR("group");
		m.principal_id = aitronos_person_name(holder - AITRONOS_N_PEOPLE);
	}
	for (size_t i = 0; i <= AITRONOS_N_TENANTS; i++) {
		m.tenant = i ? aitronos_tenant_name(i - 1) : STR_NONE;
		if (w->holds[holder][role] >> i & 1)
			add(l,
			    arena_strf(l->arena, STR_FMT "/" STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(m.role),
			               STR_ARG(m.principal_type), STR_ARG(m.principal_id), STR_ARG(m.tenant)),
			    &m.doc);
	}
}

static void add_directory(struct documents *l, const struct aitronos_world *w)
{
	if (w->organization)
		add(l, STR("o"),
		    &(struct organization){.doc.kind = DOC_ORGANIZATION, .departments_inherit = w->organization == 2}
		         .doc);
	if (w->has_service)
		add(l, AITRONOS_SERVICE, &(struct service_account){.doc.kind = DOC_SERVICE_ACCOUNT}.doc);
	add_people(l, w);
	add_groups(l, w);
	for (size_t i = 0; i < AITRONOS_N_ROLES; i++)
		if (w->roles[i])
			add(l, aitronos_person_name(i), &(struct role){.doc.kind = DOC_ROLE}.doc);
	for (size_t i = 0; i < AITRONOS_N_GROUPS; i++)
		for (size_t k = 0; k < AITRONOS_N_PEOPLE; k++)
			add_members(l, w, i, k);
	for (size_t i = 0; i < AITRONOS_N_HOLDERS; i++)
		for (size_t k = 0; k < AITRONOS_N_ROLES; k++)
			add_held(l, w, i, k);
}

static void add_entity(struct documents *l, const struct aitronos_world *w, enum entity_type type, size_t i)
{
	const struct aitronos_world_entity *e = &w->entities[type][i];
	struct str members[N_ELEMENTS(e->members)];
	struct resource r = {.doc.kind = DOC_RESOURCE,
	                     .type = entity_type_name(type),
	                     .resource_id = aitronos_entity_id(i),
	                     .members = {members, e->n}};

	for (size_t k = 0; k < e->n; k++)
		members[k] = aitronos_entity_id(e->members[k]);
	if (e->place > 1)
		r.tenant = aitronos_tenant_name(e->place - 2u);
	if (e->place)
		add(l, arena_concat3(l->arena, r.type, STR("/"), r.resource_id), &r.doc);
}

static void add_grant(struct documents *l, const struct aitronos_world_grant *g)
{
	struct access_grant grant = {
	    .doc = {.kind = DOC_ACCESS_GRANT, .seq = g->number},
	    .entity_type = (enum entity_type)g->entity_type,
	    .entity_id = aitronos_entity_id(g->entity),
	    .grantee_type = (enum grantee_type)g->grantee_type,
	    .grantee_id = aitronos_person_name(g->grantee),
	    .level = (enum access_level)g->level,
	    .granted_by = STR("owner"),
	};

	if (g->level)
		add(l, aitronos_grant_id(g->number, l->arena), &grant.doc);
}

static void add_policy(struct documents *l, const struct aitronos_world *w, size_t i)
{
	const struct aitronos_world_policy *p = &w->policies[i];
	struct str member = aitronos_policy_member(p->member), action = aitronos_policy_action(p->action);
	struct str resource = aitronos_policy_resource(p->resource);
	struct str tenant = p->tenant ? aitronos_tenant_name(p->tenant - 1u) : STR("*");
	const struct policy_statement statement = {
	    .deny = !p->is_allow, .actions = {&action, 1}, .resources = {&resource, 1}, .tenants = {&tenant, 1}};

	if (p->exists)
		add(l, aitronos_policy_id(i),
		    &(struct statement_policy){.doc.kind = DOC_STATEMENT_POLICY,
		                               .name = aitronos_policy_id(i),
		                               .type = STR(POLICY_TYPE_CUSTOM),
		                               .members = {&member, 1},
		                               .statements = &statement,
		                               .n_statements = 1}
		         .doc);
}

static struct documents documents_of(const struct aitronos_world *w, struct arena *a)
{
	struct documents l = {.arena = a};

	add_directory(&l, w);
	for (enum entity_type type = ENTITY_NONE + 1; type < ENTITY_N_TYPES; type++)
		for (size_t i = 0; i < AITRONOS_N_IDS; i++)
			add_entity(&l, w, type, i);
	for (size_t i = 0; i < AITRONOS_N_GRANTS; i++)
		add_grant(&l, &w->grants[i]);
	for (size_t i = 0; i < AITRONOS_N_POLICIES; i++)
		add_policy(&l, w, i);
	return l;
}

/* ---- following a world ------------------------------------------------------------------------------------ */

struct snapshot *aitronos_snapshot_new(uint64_t seed)
{
	struct snapshot *s = snapshot_new(STR("o"), seed);
	struct arena a = ARENA_INIT;
	struct documents l = {.arena = &a};

	for (size_t i = 0; i < AITRONOS_N_TENANTS; i++) {
		add(&l, aitronos_tenant_name(i), &(struct tenant){.doc.kind = DOC_TENANT}.doc);
		put(s, &l.items[i]);
	}
	arena_release(&a);
	return s;
}

static const struct stored *find(const struct documents *l, const struct stored *what)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i].kind == what->kind && str_eq(l->items[i].id, what->id))
			return &l->items[i];
	return NULL;
}

static bool take_next(struct documents *l, struct choices *order, struct stored *ret)
{
	size_t at;

	if (l->n == 0)
		return false;
	at = choose(order, (uint32_t)l->n);
	*ret = l->items[at];
	l->items[at] = l->items[--l->n];
	return true;
}

/* As a server does that starts. Takes the grants out of the list. */
static void load_grants(struct snapshot *s, struct documents *l)
{
	struct grants_loader *loader = grants_loader_new(s->grants.seed);
	size_t n = 0;
	int r;

	for (size_t i = 0; i < l->n; i++) {
		struct document *doc;

		if (l->items[i].kind != DOC_ACCESS_GRANT) {
			l->items[n++] = l->items[i];
			continue;
		}
		doc = decode(&l->items[i]);
		grants_loader_add(loader, &s->edit, as_access_grant(doc));
		free(doc);
	}
	l->n = n;
	r = snapshot_load_grants(s, loader);
	assert(r == 0);
}

/* Removals first: a grant that is made anew for the same entity and grantee has another id. */
void aitronos_world_move(struct snapshot *fork, const struct aitronos_world *from, const struct aitronos_world *to,
                         struct choices *order)
{
	struct arena a = ARENA_INIT;
	struct documents old = documents_of(from, &a), new = documents_of(to, &a), more = {.arena = &a};
	const struct stored *was;
	struct stored one;

	for (size_t i = 0; i < new.n; i++) {
		was = find(&old, &new.items[i]);
		if (was && str_eq(was->body, new.items[i].body))
			continue;
		ARENA_ROOM(&a, more.items, more.n, &more.cap);
		more.items[more.n++] = new.items[i];
	}
	while (take_next(&old, order, &one)) {
		bool is_there = find(&new, &one) || snapshot_remove(fork, one.kind, one.id);

		assert(is_there);
	}
	if (fork->grants.next_ordinal == 0 && choose(order, 2))
		load_grants(fork, &more);
	while (take_next(&more, order, &one))
		put(fork, &one);
	arena_release(&a);
}
