/* SPDX-License-Identifier: Apache-2.0
 *
 * Worlds and edits.
 */
#include "langsmith-generate.h"

#include "langsmith-twin.h"

#define CHOOSE_FROM(c, table) ((table)[choose(c, N_ELEMENTS(table))])

static const struct str keys[] = {
    STR_INIT("Env"), STR_INIT("App"), STR_INIT("env"), STR_INIT("\303\251*"), STR_INIT("Env"),
};

static const struct str operators[] = {
    STR_INIT("equals"),
    STR_INIT("not_equals"),
    STR_INIT("equals_ignore_case"),
    STR_INIT("not_equals_ignore_case"),
    STR_INIT("matches"),
    STR_INIT("not_matches"),
    STR_INIT("equals_if_exists"),
    STR_INIT("not_equals_if_exists"),
    STR_INIT("equals_ignore_case_if_exists"),
    STR_INIT("not_equals_ignore_case_if_exists"),
    STR_INIT("matches_if_exists"),
    STR_INIT("not_matches_if_exists"),
};

static const struct str types[] = {
    STR_INIT("project"),    STR_INIT("run"),        STR_INIT("dataset"), STR_INIT("prompt"),
    STR_INIT("queue"),      STR_INIT("queues"),     STR_INIT("run"),     STR_INIT("project"),
    STR_INIT("deployment"), STR_INIT("mcp_server"), STR_INIT("sandbox"), STR_INIT("fleet_integration"),
    STR_INIT("dashboard"),  STR_INIT("projects"),   STR_INIT("dataset"),
};

/* What a policy may be about: none of another type is ever stored. */
static const struct str policy_types[] = {
    STR_INIT("project"),    STR_INIT("dataset"),    STR_INIT("prompt"),  STR_INIT("queue"),
    STR_INIT("deployment"), STR_INIT("mcp_server"), STR_INIT("sandbox"), STR_INIT("fleet_integration"),
};

/* ---- lists of a world -------------------------------------------------------------------------------------- */

struct place {
	void *items;
	size_t *n;
	size_t max, size;
};

/* The entry of this id, zeroed but for it and its new version, or NULL when there is no room. */
static void *place_item(struct world *w, struct place in, struct str id)
{
	struct world_item *item = in.items;
	size_t i = 0;

	for (; i < *in.n; i++) {
		item = (struct world_item *)(void *)((char *)in.items + i * in.size);
		if (str_eq(item->id, id))
			break;
	}
	if (i == in.max)
		return NULL;
	item = (struct world_item *)(void *)((char *)in.items + i * in.size);
	if (i == *in.n)
		(*in.n)++;
	memset(item, 0, in.size);
	item->id = id;
	item->version = ++w->n_versions;
	return item;
}

#define PLACE(w, list, id)                                                                                             \
	place_item(w, (struct place){(w)->list, &(w)->n_##list, N_ELEMENTS((w)->list), sizeof(*(w)->list)}, id)

static struct str generate_workspace(struct choices *c, const struct world *w)
{
	return w->n_workspaces ? w->workspaces[choose(c, (uint32_t)w->n_workspaces)].id : STR_NONE;
}

/* ---- principals -------------------------------------------------------------------------------------------- */

static void add_workspace(struct choices *c, struct world *w, struct arena *a)
{
	(void)PLACE(w, workspaces, arena_strf(a, "w%u", choose(c, WORLD_MAX_WORKSPACES)));
}

static void add_user(struct choices *c, struct world *w, struct arena *a)
{
	uint32_t n = choose(c, WORLD_MAX_USERS);
	struct str id = arena_strf(a, "u%u", n);
	struct world_user *u;

	/* Whoever is in groups by an e-mail address keeps it: the address goes with the first user of the id. */
	for (size_t i = 0; i < w->n_users; i++)
		if (str_eq(w->users[i].item.id, id))
			return;
	if ((u = PLACE(w, users, id)) && n % 2)
		u->email = arena_strf(a, "u%u@x.org", n);
}

static void add_service(struct choices *c, struct world *w, struct arena *a)
{
	(void)PLACE(w, services, arena_strf(a, "s%u", choose(c, WORLD_MAX_SERVICES)));
}

static void add_group(struct choices *c, struct world *w, struct arena *a)
{
	(void)PLACE(w, groups, arena_strf(a, "g%u", choose(c, WORLD_MAX_GROUPS)));
}

static void add_group_member(struct choices *c, struct world *w, struct arena *a)
{
	const struct world_user *u;
	struct world_group_member *m;
	struct str group, name;

	if (w->n_groups == 0 || w->n_users == 0)
		return;
	group = w->groups[choose(c, (uint32_t)w->n_groups)].id;
	u = &w->users[choose(c, (uint32_t)w->n_users)];
	name = u->email.len && choose(c, 2) ? u->email : u->item.id;
	m = PLACE(w, group_members, arena_concat3(a, group, STR("/"), name));
	if (m) {
		m->group = group;
		m->user = name;
	}
}

/* ---- roles --------------------------------------------------------------------------------------------------- */

static struct str generate_permission(struct choices *c)
{
	size_t n;
	const struct world_permission *all = world_permissions(&n);

	return all[choose(c, (uint32_t)n)].name;
}

static void add_role(struct choices *c, struct world *w, struct arena *a)
{
	struct world_role *r = PLACE(w, roles, arena_strf(a, "r%u", choose(c, WORLD_MAX_ROLES)));
	uint32_t n = choose(c, 7);
	struct str *items = ARENA_ARRAY(a, struct str, n + 1);

	if (!r)
		return;
	for (uint32_t i = 0; i < n; i++)
		items[i] = generate_permission(c);
	if (choose_rarely(c, 20))
		items[n++] = STR("*");
	r->permissions = (struct str_list){items, n};
	r->scope = choose_rarely(c, 4) ? STR_NONE : STR("workspace");
}

static struct str generate_role(struct choices *c, const struct world *w)
{
	struct str_list built_in = world_built_in_roles();

	if (w->n_roles && choose(c, 3))
		return w->roles[choose(c, (uint32_t)w->n_roles)].item.id;
	return built_in.items[choose(c, (uint32_t)built_in.n)];
}

/* Somebody registered: type and id. */
static struct str generate_principal(struct choices *c, const struct world *w, struct str *ret_type)
{
	uint32_t which = choose(c, 6);

	if (which == 0 && w->n_groups) {
		*ret_type = STR("group");
		return w->groups[choose(c, (uint32_t)w->n_groups)].id;
	}
	if (which == 1 && w->n_services) {
		*ret_type = STR("service");
		return w->services[choose(c, (uint32_t)w->n_services)].id;
	}
	*ret_type = STR("user");
	return w->n_users ? w->users[choose(c, (uint32_t)w->n_users)].item.id : STR_NONE;
}

static void add_membership(struct choices *c, struct world *w, struct arena *a)
{
	struct str type, who = generate_principal(c, w, &type), role = generate_role(c, w);
	struct str workspace = choose_rarely(c, 4) ? STR_NONE : generate_workspace(c, w);
	struct world_membership *m;

	if (str_is_absent(who))
		return;
	m = PLACE(w, memberships,
	          arena_strf(a, STR_FMT "/" STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(role), STR_ARG(type), STR_ARG(who),
	                     STR_ARG(workspace)));
	if (!m)
		return;
	m->role = role;
	m->type = type;
	m->who = who;
	m->workspace = workspace;
}

/* ---- policies ------------------------------------------------------------------------------------------------ */

static struct world_condition generate_condition(struct choices *c, struct arena *a)
{
	struct world_condition condition = {.key = CHOOSE_FROM(c, keys)};

	condition.op = CHOOSE_FROM(c, operators);
	condition.value = choose(c, 2) ? generate_glob(c, a) : generate_tag_text(c, a);
	return condition;
}

/* Of the pairs that the guides print and, rarely, of others: stored is stored, however it got there. */
static struct world_condition_group generate_condition_group(struct choices *c, struct arena *a)
{
	uint32_t n = 1 + (choose_rarely(c, 3) ? choose(c, 3) : 0);
	struct world_condition *conditions = ARENA_ARRAY(a, struct world_condition, n);
	size_t n_permissions;
	const struct world_permission *all = world_permissions(&n_permissions), *p;
	struct world_condition_group g = {.conditions = conditions, .n_conditions = n};

	p = &all[choose(c, 8)];
	if (choose_rarely(c, 3))
		p = &all[choose(c, (uint32_t)n_permissions)];
	g.permission = p->name;
	g.type = str_is_absent(p->type) || choose_rarely(c, 10) ? CHOOSE_FROM(c, policy_types) : p->type;
	if (str_eq(g.type, STR("queue")) && choose(c, 2))
		g.type = STR("queues");
	for (uint32_t i = 0; i < n; i++)
		conditions[i] = generate_condition(c, a);
	return g;
}

/* Roles of a workspace and roles of no scope; none twice. */
static struct str_list generate_policy_roles(struct choices *c, const struct world *w, struct arena *a)
{
	struct str *items = ARENA_ARRAY(a, struct str, 4);
	struct str_list of_organization = {world_built_in_roles().items, 4};
	uint32_t n_wanted = choose(c, 4);
	size_t n = 0;

	for (uint32_t i = 0; i < n_wanted; i++) {
		struct str role = generate_role(c, w);

		if (!str_list_has(of_organization, role) && !str_list_has((struct str_list){items, n}, role))
			items[n++] = role;
	}
	return (struct str_list){items, n};
}

static void add_policy(struct choices *c, struct world *w, struct arena *a)
{
	struct world_policy *p = PLACE(w, policies, arena_strf(a, "p%u", choose(c, WORLD_MAX_POLICIES)));
	uint32_t n = 1 + choose(c, 3);
	struct world_condition_group *groups = ARENA_ARRAY(a, struct world_condition_group, n);

	if (!p)
		return;
	p->deny = choose(c, 5) < 2;
	for (uint32_t i = 0; i < n; i++)
		groups[i] = generate_condition_group(c, a);
	p->groups = groups;
	p->n_groups = n;
	p->roles = generate_policy_roles(c, w, a);
}

/* Attached to other roles than before: the whole of the rest stays. */
static void attach_policy(struct choices *c, struct world *w, struct arena *a)
{
	struct world_policy *p;

	if (w->n_policies == 0)
		return;
	p = &w->policies[choose(c, (uint32_t)w->n_policies)];
	p->roles = generate_policy_roles(c, w, a);
	p->item.version = ++w->n_versions;
}

static void add_attachment(struct choices *c, struct world *w, struct arena *a)
{
	struct str workspace = choose(c, 2) ? STR_NONE : generate_workspace(c, w), policy, group;
	struct world_attachment *at;

	if (w->n_policies == 0 || w->n_groups == 0)
		return;
	policy = w->policies[choose(c, (uint32_t)w->n_policies)].item.id;
	group = w->groups[choose(c, (uint32_t)w->n_groups)].id;
	at = PLACE(w, attachments,
	           arena_strf(a, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(policy), STR_ARG(group), STR_ARG(workspace)));
	if (!at)
		return;
	at->policy = policy;
	at->group = group;
	at->workspace = workspace;
}

/* ---- resources ----------------------------------------------------------------------------------------------- */

/* One that a condition of some policy asks for, or any. */
static struct tag generate_tag(struct choices *c, const struct world *w, struct arena *a)
{
	struct tag tag = {.key = CHOOSE_FROM(c, keys)};
	const struct world_condition_group *g;
	const struct world_condition *condition;
	const struct world_policy *p;

	if (w->n_policies == 0 || choose(c, 2)) {
		tag.value = generate_tag_text(c, a);
		return tag;
	}
	p = &w->policies[choose(c, (uint32_t)w->n_policies)];
	g = &p->groups[choose(c, (uint32_t)p->n_groups)];
	condition = &g->conditions[choose(c, (uint32_t)g->n_conditions)];
	tag.key = condition->key;
	tag.value = choose(c, 2) ? condition->value : generate_match(c, condition->value, a);
	return tag;
}

static bool has_tag(const struct tag *tags, size_t n, const struct tag *tag)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(tags[i].key, tag->key) && str_eq(tags[i].value, tag->value))
			return true;
	return false;
}

const struct tag *generate_tags(struct choices *c, const struct world *w, struct arena *a, size_t *ret_n)
{
	uint32_t n_wanted = choose(c, 5);
	struct tag *tags = ARENA_ARRAY(a, struct tag, n_wanted);
	size_t n = 0;

	for (uint32_t i = 0; i < n_wanted; i++) {
		struct tag tag = generate_tag(c, w, a);

		if (tag.value.len && !has_tag(tags, n, &tag))
			tags[n++] = tag;
	}
	*ret_n = n;
	return tags;
}

/* Of a type of the list and one of three names; there or not. */
struct str generate_resource_id(struct choices *c, struct str type, struct str *ret_name, struct arena *a)
{
	*ret_name = arena_strf(a, "%u", choose(c, 3));
	return arena_concat3(a, type, STR("/"), *ret_name);
}

/* Of a run: a project, now and then something that is none. */
struct str generate_parent_id(struct choices *c, struct arena *a)
{
	struct str type = choose_rarely(c, 8) ? CHOOSE_FROM(c, types) : STR("project"), name;

	return generate_resource_id(c, type, &name, a);
}

static void add_resource(struct choices *c, struct world *w, struct arena *a)
{
	struct str type = CHOOSE_FROM(c, types), name;
	struct world_resource *r = PLACE(w, resources, generate_resource_id(c, type, &name, a));

	if (!r)
		return;
	r->type = type;
	r->name = name;
	if (choose(c, 5))
		r->workspace = generate_workspace(c, w);
	if (str_eq(type, STR("run")) || choose_rarely(c, 10))
		r->parent = generate_parent_id(c, a);
	r->tags = generate_tags(c, w, a, &r->n_tags);
}

/* A value or a key was renamed, a tagging came or went: the resource has other tags. */
static void retag(struct choices *c, struct world *w, struct arena *a)
{
	struct world_resource *r;

	if (w->n_resources == 0)
		return;
	r = &w->resources[choose(c, (uint32_t)w->n_resources)];
	r->tags = generate_tags(c, w, a, &r->n_tags);
	r->item.version = ++w->n_versions;
}

/* ---- all of it ----------------------------------------------------------------------------------------------- */

static void flip_switch(struct choices *c, struct world *w, struct arena *a UNUSED)
{
	if (choose(c, 2))
		w->abac_is_off = !w->abac_is_off;
	else
		w->rbac_is_off = !w->rbac_is_off;
	w->organization.version = ++w->n_versions;
}

static void remove_any(struct choices *c, struct world *w, struct arena *a UNUSED)
{
	struct world_entries all;
	struct world_entry e;

	world_entries(w, &all);
	e = all.items[choose(c, (uint32_t)all.n)];
	world_remove(w, e.kind, e.item->id);
}

typedef void edit_fn(struct choices *c, struct world *w, struct arena *a);

void generate_edit(struct choices *c, struct world *w, struct arena *a)
{
	static edit_fn *const edits[] = {add_membership, add_policy,     attach_policy, remove_any,    retag,
	                                 flip_switch,    add_attachment, add_role,      add_resource,  add_group_member,
	                                 remove_any,     add_membership, add_user,      add_workspace, add_group,
	                                 add_service,    retag,          add_policy};
	uint32_t n = 1 + choose(c, 3);

	for (uint32_t i = 0; i < n; i++)
		CHOOSE_FROM(c, edits)(c, w, a);
}

void generate_world(struct choices *c, struct world *w, struct arena *a)
{
	static const struct {
		edit_fn *add;
		uint32_t n_max;
	} parts[] = {
	    {add_workspace, 4}, {add_user, 6},        {add_service, 2}, {add_group, 3},      {add_group_member, 8},
	    {add_role, 6},      {add_membership, 16}, {add_policy, 10}, {add_attachment, 5}, {add_resource, 18},
	};

	memset(w, 0, sizeof(*w));
	w->organization = (struct world_item){WORLD_ORGANIZATION, ++w->n_versions};
	w->rbac_is_off = choose_rarely(c, 8);
	w->abac_is_off = choose_rarely(c, 12);
	for (size_t i = 0; i < N_ELEMENTS(parts); i++) {
		uint32_t n = 1 + choose(c, parts[i].n_max);

		for (uint32_t k = 0; k < n; k++)
			parts[i].add(c, w, a);
	}
}
