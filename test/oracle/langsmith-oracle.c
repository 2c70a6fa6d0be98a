/* SPDX-License-Identifier: Apache-2.0 */
#include "langsmith-oracle.h"

/* ---- what the guides print ------------------------------------------------------------------------------- */

static const struct str built_in_roles[] = {
    STR_INIT("00000000-0000-4000-8000-00000000a001"), /* Organization Admin */
    STR_INIT("00000000-0000-4000-8000-00000000a002"), /* Organization Operator */
    STR_INIT("00000000-0000-4000-8000-00000000a003"), /* Organization User */
    STR_INIT("00000000-0000-4000-8000-00000000a004"), /* Organization Viewer */
    STR_INIT("00000000-0000-4000-8000-00000000b001"), /* Admin */
    STR_INIT("00000000-0000-4000-8000-00000000b002"), /* Editor */
    STR_INIT("00000000-0000-4000-8000-00000000b003"), /* Viewer */
};
#define N_ORGANIZATION_ROLES 4u
#define ORGANIZATION_ADMIN   built_in_roles[0]
#define WORKSPACE_ADMIN      built_in_roles[4]

struct str_list world_built_in_roles(void)
{
	return (struct str_list){built_in_roles, N_ELEMENTS(built_in_roles)};
}

/* An Organization Admin is Admin of every workspace. */
#define A   (WORLD_ADMIN | WORLD_ORG_ADMIN)
#define AE  (A | WORLD_EDITOR)
#define AEV (AE | WORLD_VIEWER)

#define ROW(name, type, roles)                                                                                         \
	{                                                                                                              \
		STR_INIT(name), STR_INIT(type), roles                                                                  \
	}
#define PLAIN(name, roles)                                                                                             \
	{                                                                                                              \
		STR_INIT(name), {NULL, 0}, roles                                                                       \
	}

static const struct world_permission permissions[] = {
    ROW("annotation-queues:read", "queue", AEV),
    ROW("datasets:read", "dataset", AEV),
    ROW("deployments:read", "deployment", AEV),
    ROW("mcp-servers:read", "mcp_server", AEV),
    ROW("projects:read", "project", AEV),
    ROW("prompts:read", "prompt", AEV),
    ROW("runs:read", "project", AEV),
    ROW("sandboxes:read", "sandbox", AEV),
    PLAIN("bulk-exports:read", AEV),
    PLAIN("charts:read", AEV),
    PLAIN("feedback:read", AEV),
    PLAIN("rules:read", AEV),
    PLAIN("workspaces:read", AEV),
    ROW("annotation-queues:create", "queue", AE),
    ROW("annotation-queues:update", "queue", AE),
    ROW("datasets:create", "dataset", AE),
    ROW("datasets:update", "dataset", AE),
    ROW("deployments:create", "deployment", AE),
    ROW("deployments:update", "deployment", AE),
    ROW("projects:update", "project", AE),
    ROW("projects:increase-trace-tier", "project", AE),
    ROW("projects:decrease-trace-tier", "project", AE),
    ROW("prompts:create", "prompt", AE),
    ROW("prompts:update", "prompt", AE),
    ROW("prompts:delete", "prompt", AE),
    ROW("prompts:tag", "prompt", AE),
    ROW("runs:create", "project", AE),
    ROW("runs:share", "project", AE),
    PLAIN("charts:create", AE),
    PLAIN("charts:update", AE),
    PLAIN("charts:delete", AE),
    PLAIN("feedback:create", AE),
    PLAIN("feedback:update", AE),
    PLAIN("feedback:delete", AE),
    PLAIN("rules:create", AE),
    PLAIN("rules:update", AE),
    PLAIN("rules:delete", AE),
    ROW("annotation-queues:delete", "queue", A),
    ROW("datasets:delete", "dataset", A),
    ROW("datasets:share", "dataset", A),
    ROW("datasets:clone", "dataset", A),
    ROW("datasets:download", "dataset", A),
    ROW("deployments:delete", "deployment", A),
    ROW("mcp-servers:invoke", "fleet_integration", A),
    ROW("projects:create", "project", A),
    ROW("projects:delete", "project", A),
    ROW("prompts:share", "prompt", A),
    ROW("runs:delete", "project", A),
    ROW("sandboxes:exec", "sandbox", A),
    PLAIN("bulk-exports:manage", A),
    PLAIN("workspaces:manage", A),
    PLAIN("workspaces:manage-members", A),
    PLAIN("fleet:read-admin-config", A),
    PLAIN("fleet:write-admin-config", A),
    PLAIN("organization:manage", WORLD_ORG_ADMIN | WORLD_ORG_OPERATOR),
    PLAIN("organization:pats:create", WORLD_ORG_ADMIN | WORLD_ORG_OPERATOR | WORLD_ORG_USER),
    PLAIN("organization:read", WORLD_ORG_ADMIN | WORLD_ORG_OPERATOR | WORLD_ORG_USER | WORLD_ORG_VIEWER),
};

const struct world_permission *world_permissions(size_t *ret_n)
{
	*ret_n = N_ELEMENTS(permissions);
	return permissions;
}

static uint32_t roles_with(struct str permission)
{
	for (size_t i = 0; i < N_ELEMENTS(permissions); i++)
		if (str_eq(permissions[i].name, permission))
			return permissions[i].roles;
	return 0;
}

static bool is_built_in_with(struct str role, struct str permission)
{
	for (size_t i = 0; i < N_ELEMENTS(built_in_roles); i++)
		if (str_eq(built_in_roles[i], role))
			return roles_with(permission) & 1u << i;
	return false;
}

static bool is_of_organization(struct str role)
{
	return str_list_has((struct str_list){built_in_roles, N_ORGANIZATION_ROLES}, role);
}

/* Of a workspace: what its Admin has. */
static bool is_of_workspace(struct str permission)
{
	return roles_with(permission) & WORLD_ADMIN;
}

/* ---- policies ------------------------------------------------------------------------------------------- */

static struct str one_spelling(struct str type)
{
	return str_eq(type, STR("queues")) ? STR("queue") : type;
}

/* Runs are under the policies on their project. */
static bool is_about(const struct world_condition_group *g, struct str permission, struct str type)
{
	if (!str_eq(g->permission, permission))
		return false;
	if (str_eq(type, STR("run")) && str_starts_with(permission, STR("runs:")))
		return str_eq(g->type, STR("project"));
	return str_eq(one_spelling(g->type), one_spelling(type));
}

static bool policy_applies(const struct world_policy *p, struct str permission, struct str type,
                           const struct world_tags *tags, struct arena *a)
{
	for (size_t i = 0; i < p->n_groups; i++) {
		enum truth t;

		if (!is_about(&p->groups[i], permission, type))
			continue;
		t = world_group_holds(&p->groups[i], tags, a);
		if (t == TRUTH_TRUE || (t == TRUTH_UNKNOWN && p->deny))
			return true;
	}
	return false;
}

/* ---- the resource ------------------------------------------------------------------------------------------ */

static const struct world_resource *find_resource(const struct world *w, struct str id)
{
	for (size_t i = 0; i < w->n_resources; i++)
		if (str_eq(w->resources[i].item.id, id))
			return &w->resources[i];
	return NULL;
}

static const struct world_resource *registered(const struct world *w, const struct ask_resource *r, struct arena *a)
{
	return find_resource(w, arena_concat3(a, r->type, STR("/"), r->id));
}

static const struct world_resource *parent_of(const struct world *w, const struct ask_resource *r, struct arena *a)
{
	const struct world_resource *self = registered(w, r, a);

	if (!str_is_absent(r->parent))
		return find_resource(w, r->parent);
	return self ? find_resource(w, self->parent) : NULL;
}

static const struct world_resource *project_of(const struct world *w, const struct ask_resource *r, struct arena *a)
{
	const struct world_resource *parent = parent_of(w, r, a);

	return parent && str_eq(parent->type, STR("project")) ? parent : NULL;
}

static struct world_tags tags_of(const struct world *w, const struct ask_resource *r, struct arena *a)
{
	bool is_run = str_eq(r->type, STR("run"));
	const struct world_resource *with_tags = is_run ? project_of(w, r, a) : registered(w, r, a);

	if (r->states_tags)
		return (struct world_tags){true, r->tags, r->n_tags};
	if (with_tags)
		return (struct world_tags){true, with_tags->tags, with_tags->n_tags};
	return (struct world_tags){.are_known = r->is_described && !is_run};
}

static bool is_workspace(const struct world *w, struct str id)
{
	for (size_t i = 0; i < w->n_workspaces; i++)
		if (str_eq(w->workspaces[i].id, id))
			return true;
	return false;
}

/* The workspace of a question that names none; absent: none is known. A run is where its project is. */
static struct str workspace_of(const struct world *w, const struct ask_resource *r, struct arena *a)
{
	const struct world_resource *self = registered(w, r, a), *project = project_of(w, r, a);

	if (self && !str_is_absent(self->workspace))
		return self->workspace;
	if (str_eq(r->type, STR("run")) && project && !str_is_absent(project->workspace))
		return project->workspace;
	return is_workspace(w, r->id) ? r->id : STR_NONE;
}

/* ---- who asks ---------------------------------------------------------------------------------------------- */

/* Those whose roles and policies count: somebody, and the groups he is in. Or a role by itself. */
struct party {
	struct str type, id;
};
struct parties {
	struct party items[1 + WORLD_MAX_GROUP_MEMBERS];
	size_t n;
};

static void join(struct parties *all, struct str type, struct str id)
{
	all->items[all->n++] = (struct party){type, id};
}

static void join_user(const struct world *w, struct parties *all, const struct world_user *u)
{
	join(all, STR("user"), u->item.id);
	for (size_t i = 0; i < w->n_group_members; i++) {
		const struct world_group_member *m = &w->group_members[i];

		if (str_eq(m->user, u->item.id) || (!str_is_absent(u->email) && str_eq(m->user, u->email)))
			join(all, STR("group"), m->group);
	}
}

static bool items_have(const struct world_item *items, size_t n, struct str id)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(items[i].id, id))
			return true;
	return false;
}

static bool is_role(const struct world *w, struct str id)
{
	for (size_t i = 0; i < w->n_roles; i++)
		if (str_eq(w->roles[i].item.id, id))
			return true;
	return str_list_has(world_built_in_roles(), id);
}

/* Nobody at all, when not registered. */
static struct parties parties_of(const struct world *w, const struct ask *q)
{
	struct parties all = {.n = 0};

	for (size_t i = 0; i < w->n_users && str_eq(q->subject_type, STR("user")); i++)
		if (str_eq(w->users[i].item.id, q->subject_id) ||
		    (!str_is_absent(w->users[i].email) && str_eq(w->users[i].email, q->subject_id)))
			join_user(w, &all, &w->users[i]);
	if ((str_eq(q->subject_type, STR("service")) && items_have(w->services, w->n_services, q->subject_id)) ||
	    (str_eq(q->subject_type, STR("group")) && items_have(w->groups, w->n_groups, q->subject_id)) ||
	    (str_eq(q->subject_type, STR("role")) && is_role(w, q->subject_id)))
		join(&all, q->subject_type, q->subject_id);
	return all;
}

static bool are_among(const struct parties *all, struct str type, struct str id)
{
	for (size_t i = 0; i < all->n; i++)
		if (str_eq(all->items[i].type, type) && str_eq(all->items[i].id, id))
			return true;
	return false;
}

static bool counts_in(struct str where, struct str workspace)
{
	return str_is_absent(where) || str_eq(where, workspace);
}

static bool holds(const struct world *w, const struct parties *all, struct str role, struct str workspace)
{
	for (size_t i = 0; i < w->n_memberships; i++) {
		const struct world_membership *m = &w->memberships[i];

		if (str_eq(m->role, role) && are_among(all, m->type, m->who) && counts_in(m->workspace, workspace))
			return true;
	}
	return are_among(all, STR("role"), role);
}

/* ---- one workspace ----------------------------------------------------------------------------------------- */

static bool makes_member(struct str role)
{
	return !is_of_organization(role) || str_eq(role, ORGANIZATION_ADMIN);
}

static bool role_permits(const struct world *w, struct str role, struct str permission)
{
	if (is_built_in_with(role, permission))
		return true;
	if (w->rbac_is_off && makes_member(role) && is_of_workspace(permission))
		return true;
	for (size_t i = 0; i < w->n_roles; i++)
		if (str_eq(w->roles[i].item.id, role))
			return str_list_has(w->roles[i].permissions, permission) ||
			       str_list_has(w->roles[i].permissions, STR("*"));
	return false;
}

/* What is asked of one resource. */
struct matter {
	const struct world *w;
	const struct parties *parties;
	struct str permission;
	struct str type;
	struct world_tags tags;
	struct str_list workspaces; /* asked about */
	struct arena *a;
};

typedef bool role_fn(const struct matter *m, struct str role);

static bool any_role_held(const struct matter *m, struct str workspace, role_fn *is_good)
{
	for (size_t i = 0; i < N_ELEMENTS(built_in_roles); i++)
		if (holds(m->w, m->parties, built_in_roles[i], workspace) && is_good(m, built_in_roles[i]))
			return true;
	for (size_t i = 0; i < m->w->n_roles; i++)
		if (holds(m->w, m->parties, m->w->roles[i].item.id, workspace) && is_good(m, m->w->roles[i].item.id))
			return true;
	return false;
}

static bool permits(const struct matter *m, struct str role)
{
	return role_permits(m->w, role, m->permission);
}

static bool lets_in(const struct matter *m UNUSED, struct str role)
{
	return makes_member(role);
}

static bool policy_reaches(const struct matter *m, const struct world_policy *p, struct str workspace)
{
	for (size_t i = 0; i < p->roles.n; i++)
		if (holds(m->w, m->parties, p->roles.items[i], workspace) ||
		    (str_eq(p->roles.items[i], WORKSPACE_ADMIN) &&
		     holds(m->w, m->parties, ORGANIZATION_ADMIN, workspace)))
			return true;
	for (size_t i = 0; i < m->w->n_attachments; i++) {
		const struct world_attachment *at = &m->w->attachments[i];

		if (str_eq(at->policy, p->item.id) && are_among(m->parties, STR("group"), at->group) &&
		    counts_in(at->workspace, workspace))
			return true;
	}
	return false;
}

/* Does the policy have its effect there? */
static bool policy_takes_effect(const struct matter *m, const struct world_policy *p, struct str workspace)
{
	return !m->w->abac_is_off && policy_reaches(m, p, workspace) &&
	       policy_applies(p, m->permission, m->type, &m->tags, m->a);
}

static bool any_policy_takes_effect(const struct matter *m, bool deny, struct str workspace)
{
	for (size_t i = 0; i < m->w->n_policies; i++)
		if (m->w->policies[i].deny == deny && policy_takes_effect(m, &m->w->policies[i], workspace))
			return true;
	return false;
}

/* The formula at the top of the header. What has a star in it is no permission that anybody could ask for. */
static bool is_allowed_in(const struct matter *m, struct str workspace)
{
	bool deny = any_policy_takes_effect(m, true, workspace);
	bool rbac = any_role_held(m, workspace, permits);
	bool member = any_role_held(m, workspace, lets_in);
	bool allow = any_policy_takes_effect(m, false, workspace);

	return !deny && (rbac || (member && allow)) && str_find(m->permission, '*', 0) == SIZE_MAX;
}

/* ---- the question ------------------------------------------------------------------------------------------ */

/* Confident AI has permissions of these names, too: where no place is named they are about the organization itself. */
static bool is_about_organization(struct str permission)
{
	return str_eq(permission, STR("organization:read")) || str_eq(permission, STR("organization:manage"));
}

/* Those asked about, each once, in their order: listed, named, known of the resource, or all. */
static struct str_list workspaces_asked(const struct world *w, const struct ask *q, const struct ask_resource *r,
                                        struct arena *a)
{
	size_t n_max = r->tenants.n + WORLD_MAX_WORKSPACES + 1 + q->bound_tenants.n, n = 0, n_kept = 0;
	struct str *items = ARENA_ARRAY(a, struct str, n_max);
	struct str one = str_is_absent(r->tenant) ? workspace_of(w, r, a) : r->tenant;

	if (r->lists_tenants) {
		for (size_t i = 0; i < r->tenants.n; i++)
			items[n++] = r->tenants.items[i];
	} else if (!str_is_absent(one)) {
		items[n++] = one;
	} else if (is_about_organization(q->action)) {
		items[n++] = STR("(unassigned)");
	} else {
		for (size_t i = 0; i < w->n_workspaces; i++)
			items[n++] = w->workspaces[i].id;
		items[n++] = STR("(unassigned)");
		for (size_t i = 0; i < q->bound_tenants.n; i++)
			items[n++] = q->bound_tenants.items[i];
	}
	for (size_t i = 0; i < n; i++)
		if (!str_list_has((struct str_list){items, n_kept}, items[i]) &&
		    (!q->is_bound || str_list_has(q->bound_tenants, items[i])))
			items[n_kept++] = items[i];
	return (struct str_list){items, n_kept};
}

static struct matter matter_of(const struct world *w, const struct ask *q, const struct ask_resource *r,
                               const struct parties *parties, struct arena *a)
{
	return (struct matter){
	    .w = w,
	    .parties = parties,
	    .permission = q->action,
	    .type = r->type,
	    .tags = tags_of(w, r, a),
	    .workspaces = workspaces_asked(w, q, r, a),
	    .a = a,
	};
}

static struct str_list authorized(const struct matter *m)
{
	struct str *items = ARENA_ARRAY(m->a, struct str, m->workspaces.n);
	size_t n = 0;

	for (size_t i = 0; i < m->workspaces.n; i++)
		if (is_allowed_in(m, m->workspaces.items[i]))
			items[n++] = m->workspaces.items[i];
	return (struct str_list){items, n};
}

static bool is_target_allowed(const struct world *w, const struct ask *q, const struct parties *parties,
                              struct arena *a)
{
	struct matter m;

	if (!q->target)
		return true;
	m = matter_of(w, q, q->target, parties, a);
	return authorized(&m).n > 0;
}

struct world_answer world_decide(const struct world *w, const struct ask *q, struct arena *a)
{
	struct parties parties = parties_of(w, q);
	struct matter m = matter_of(w, q, &q->resource, &parties, a);
	struct str_list where = authorized(&m);

	if (where.n == 0 || !is_target_allowed(w, q, &parties, a))
		return (struct world_answer){.is_allowed = false};
	return (struct world_answer){true, q->resource.lists_tenants ? where : (struct str_list){0}};
}

/* ---- who may have decided ---------------------------------------------------------------------------------- */

static const struct world_policy *find_policy(const struct world *w, struct str id)
{
	for (size_t i = 0; i < w->n_policies; i++)
		if (str_eq(w->policies[i].item.id, id))
			return &w->policies[i];
	return NULL;
}

static bool may_allow(const struct matter *m, struct deciding d, struct str workspace)
{
	const struct world_policy *p = d.kind == DOC_TAG_POLICY ? find_policy(m->w, d.id) : NULL;

	if (d.kind == DOC_ROLE)
		return holds(m->w, m->parties, d.id, workspace) && permits(m, d.id);
	return p && !p->deny && policy_takes_effect(m, p, workspace);
}

static bool may_deny(const struct matter *m, struct deciding d, struct str workspace)
{
	const struct world_policy *p = d.kind == DOC_TAG_POLICY ? find_policy(m->w, d.id) : NULL;

	return p && p->deny && policy_takes_effect(m, p, workspace);
}

/* A policy that denies a member is to be named; one that would deny somebody who is no member there may be. */
static bool nobody_decided(const struct matter *m)
{
	for (size_t i = 0; i < m->workspaces.n; i++)
		if (any_role_held(m, m->workspaces.items[i], lets_in) &&
		    any_policy_takes_effect(m, true, m->workspaces.items[i]))
			return false;
	return true;
}

bool world_may_decide(const struct world *w, const struct ask *q, enum effect effect, struct deciding d,
                      struct arena *a)
{
	struct parties parties = parties_of(w, q);
	struct matter m = matter_of(w, q, &q->resource, &parties, a);

	if (authorized(&m).n > 0 && !is_target_allowed(w, q, &parties, a))
		m = matter_of(w, q, q->target, &parties, a);
	if (effect == EFFECT_NONE)
		return str_is_absent(d.id) && nobody_decided(&m);
	for (size_t i = 0; i < m.workspaces.n; i++) {
		struct str workspace = m.workspaces.items[i];

		if (effect == EFFECT_DENY ? may_deny(&m, d, workspace)
		                          : is_allowed_in(&m, workspace) && may_allow(&m, d, workspace))
			return true;
	}
	return false;
}
