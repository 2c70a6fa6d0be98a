/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions.
 */
#include "langsmith-generate.h"

#define CHOOSE_FROM(c, table) ((table)[choose(c, N_ELEMENTS(table))])

static const struct str types[] = {
    STR_INIT("project"), STR_INIT("run"),        STR_INIT("dataset"), STR_INIT("prompt"),    STR_INIT("queue"),
    STR_INIT("queues"),  STR_INIT("deployment"), STR_INIT("sandbox"), STR_INIT("workspace"), STR_INIT("dashboard"),
};

static const struct str odd_workspaces[] = {
    STR_INIT("(unassigned)"),
    STR_INIT("w9"),
    STR_INIT("*"),
};

static const struct str odd_permissions[] = {
    STR_INIT("projects:*"), STR_INIT("*"), STR_INIT("rockets:launch"), STR_INIT("projects"), STR_INIT("runs:"),
};

static struct str generate_workspace(struct choices *c, const struct world *w)
{
	if (w->n_workspaces == 0 || choose_rarely(c, 12))
		return CHOOSE_FROM(c, odd_workspaces);
	return w->workspaces[choose(c, (uint32_t)w->n_workspaces)].id;
}

static struct str_list generate_workspaces(struct choices *c, const struct world *w, struct arena *a)
{
	uint32_t n = choose(c, 5);
	struct str *items = ARENA_ARRAY(a, struct str, n);

	for (uint32_t i = 0; i < n; i++)
		items[i] = generate_workspace(c, w);
	return (struct str_list){items, n};
}

/* ---- who ------------------------------------------------------------------------------------------------------ */

static void ask_as_user(struct choices *c, const struct world *w, struct ask *q)
{
	const struct world_user *u;

	q->subject_type = STR("user");
	q->subject_id = STR("nobody");
	if (w->n_users == 0 || choose_rarely(c, 30))
		return;
	u = &w->users[choose(c, (uint32_t)w->n_users)];
	q->subject_id = u->email.len && choose(c, 2) ? u->email : u->item.id;
}

static void ask_as_anybody(struct choices *c, const struct world *w, struct ask *q)
{
	struct str_list built_in = world_built_in_roles();

	switch (choose(c, 10)) {
	case 0:
		q->subject_type = STR("service");
		q->subject_id = w->n_services ? w->services[choose(c, (uint32_t)w->n_services)].id : STR("s9");
		return;
	case 1:
		q->subject_type = STR("group");
		q->subject_id = w->n_groups ? w->groups[choose(c, (uint32_t)w->n_groups)].id : STR("g9");
		return;
	case 2:
		q->subject_type = STR("role");
		q->subject_id = w->n_roles && choose(c, 2) ? w->roles[choose(c, (uint32_t)w->n_roles)].item.id
		                                           : built_in.items[choose(c, (uint32_t)built_in.n)];
		return;
	default:
		ask_as_user(c, w, q);
	}
}

/* A member of the group, or the group itself. */
static void ask_as_member(struct choices *c, const struct world *w, struct str group, struct ask *q)
{
	q->subject_type = STR("group");
	q->subject_id = group;
	for (size_t i = 0; i < w->n_group_members; i++)
		if (str_eq(w->group_members[i].group, group) && choose(c, 3)) {
			q->subject_type = STR("user");
			q->subject_id = w->group_members[i].user;
			return;
		}
}

/* Somebody whom the policy may reach, and where; false: nobody was found. */
static bool ask_as_reached(struct choices *c, const struct world *w, const struct world_policy *p, struct ask *q)
{
	uint32_t from = w->n_memberships ? choose(c, (uint32_t)w->n_memberships) : 0;

	for (size_t i = 0; i < w->n_attachments; i++)
		if (str_eq(w->attachments[i].policy, p->item.id) && choose(c, 2)) {
			ask_as_member(c, w, w->attachments[i].group, q);
			q->resource.tenant = w->attachments[i].workspace;
			return true;
		}
	for (size_t i = 0; i < w->n_memberships; i++) {
		const struct world_membership *m = &w->memberships[(from + i) % w->n_memberships];

		if (!str_list_has(p->roles, m->role))
			continue;
		if (str_eq(m->type, STR("group"))) {
			ask_as_member(c, w, m->who, q);
		} else {
			q->subject_type = m->type;
			q->subject_id = m->who;
		}
		if (m->workspace.len && choose(c, 2))
			q->resource.tenant = m->workspace;
		return true;
	}
	return false;
}

/* ---- about what ------------------------------------------------------------------------------------------------ */

static void place_resource(struct choices *c, const struct world *w, struct ask_resource *r, struct arena *a)
{
	switch (choose(c, 4)) {
	case 0:
		r->tenant = generate_workspace(c, w);
		return;
	case 1:
		r->lists_tenants = true;
		r->tenants = generate_workspaces(c, w, a);
		return;
	default: /* as it is registered, or where the policy reaches the asker */
		return;
	}
}

/* One of the type that is registered, or its name made up. */
static struct str name_resource(struct choices *c, const struct world *w, struct str type, struct arena *a)
{
	uint32_t from = w->n_resources ? choose(c, (uint32_t)w->n_resources) : 0;
	struct str name;

	for (size_t i = 0; i < w->n_resources && choose(c, 12); i++) {
		const struct world_resource *r = &w->resources[(from + i) % w->n_resources];

		if (str_eq(r->type, type))
			return r->name;
	}
	if (choose_rarely(c, 6))
		return choose(c, 2) ? STR("") : generate_workspace(c, w);
	(void)generate_resource_id(c, type, &name, a);
	return name;
}

/* Tags that may well be what the group asks for. */
static void state_tags_for(struct choices *c, const struct world_condition_group *g, struct ask_resource *r,
                           struct arena *a)
{
	struct tag *tags = ARENA_ARRAY(a, struct tag, g->n_conditions);

	for (size_t i = 0; i < g->n_conditions; i++) {
		tags[i].key = g->conditions[i].key;
		tags[i].value = generate_match(c, g->conditions[i].value, a);
	}
	r->is_described = true;
	r->states_tags = true;
	r->tags = tags;
	r->n_tags = g->n_conditions;
}

static void describe_resource(struct choices *c, const struct world *w, struct ask_resource *r, struct arena *a)
{
	r->id = name_resource(c, w, r->type, a);
	r->is_described |= choose_rarely(c, 3);
	if (!r->states_tags && choose_rarely(c, 3)) {
		r->is_described = true;
		r->states_tags = true;
		r->tags = generate_tags(c, w, a, &r->n_tags);
	}
	if (choose_rarely(c, str_eq(r->type, STR("run")) ? 2 : 12)) {
		r->is_described = true;
		r->parent = generate_parent_id(c, a);
	}
	place_resource(c, w, r, a);
}

/* ---- the question ---------------------------------------------------------------------------------------------- */

static void ask_anything(struct choices *c, const struct world *w, struct ask *q)
{
	size_t n;
	const struct world_permission *all = world_permissions(&n);
	const struct world_permission *p = &all[choose(c, (uint32_t)n)];

	q->action = choose_rarely(c, 25) ? CHOOSE_FROM(c, odd_permissions) : p->name;
	q->resource.type = str_is_absent(p->type) || choose_rarely(c, 4) ? CHOOSE_FROM(c, types) : p->type;
	ask_as_anybody(c, w, q);
}

static void ask_about_policy(struct choices *c, const struct world *w, struct ask *q, struct arena *a)
{
	const struct world_policy *p = &w->policies[choose(c, (uint32_t)w->n_policies)];
	const struct world_condition_group *g = &p->groups[choose(c, (uint32_t)p->n_groups)];

	q->action = g->permission;
	q->resource.type = g->type;
	if (str_starts_with(g->permission, STR("runs:")) && choose(c, 3))
		q->resource.type = STR("run");
	if (str_starts_with(g->type, STR("queue")))
		q->resource.type = choose(c, 2) ? STR("queue") : STR("queues");
	if (!choose(c, 10) || !ask_as_reached(c, w, p, q))
		ask_as_anybody(c, w, q);
	if (choose_rarely(c, 3))
		state_tags_for(c, g, &q->resource, a);
}

static const struct ask_resource *generate_target(struct choices *c, const struct world *w, struct arena *a)
{
	struct ask_resource *target = ARENA_NEW(a, struct ask_resource);

	target->type = choose_rarely(c, 6) ? CHOOSE_FROM(c, types) : STR("dataset");
	describe_resource(c, w, target, a);
	return target;
}

struct ask generate_question(struct choices *c, const struct world *w, struct arena *a)
{
	struct ask q = {.now_ms = 1};

	if (w->n_policies && choose(c, 8))
		ask_about_policy(c, w, &q, a);
	else
		ask_anything(c, w, &q);
	if (choose_rarely(c, 15)) {
		q.action = STR("datasets:clone");
		q.resource.type = STR("dataset");
	}
	describe_resource(c, w, &q.resource, a);
	if (str_eq(q.action, STR("datasets:clone")) ? choose(c, 4) > 0 : choose_rarely(c, 50))
		q.target = generate_target(c, w, a);
	if (choose_rarely(c, 10)) {
		q.is_bound = true;
		q.bound_tenants = generate_workspaces(c, w, a);
	}
	return q;
}
