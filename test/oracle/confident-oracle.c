/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision. On purpose without anything of src/policy but the question's struct.
 */
#include "confident-oracle.h"

#include "model/confident.h"

enum { NO_ROLE, OWNER, SECOND, MEMBER, FIRST_CUSTOM }; /* SECOND: Admin of the organization, Manager of a project */
static_assert(FIRST_CUSTOM == CONFIDENT_N_BUILTIN + 1, "custom roles are numbered behind the built-in ones");

/* What the guides take from the built-in role Member. */
static const char *const not_members[] = {
    "project:manage",   "organization:manage", "featureAccess:manage",   "sso:manage",    "apiKey:manage",
    "user:manage",      "user:delete",         "billing:manage",         "metric:manage", "modelCredential:manage",
    "modelCost:manage", "iam:manage",          "retentionConfig:manage", "billing:write", /* known from examples only:
                                                                                             more than reading */
};
static const char *const not_project_members[] = {
    "project:delete", "retentionConfig:manage", "user:manage", "user:delete", "iam:manage",
};

static bool is_among(const char *const *names, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(str_of(names[i]), name))
			return true;
	return false;
}

static bool is_in_catalogue(enum confident_scope scope, struct str name)
{
	size_t n;
	const struct confident_permission *all = confident_permissions(&n);

	for (size_t i = 0; i < n; i++)
		if (all[i].scope == scope && str_eq(all[i].name, name))
			return true;
	return false;
}

static bool policy_grants(const struct confident_world_policy *p, enum confident_scope scope, struct str name)
{
	size_t n;
	const struct confident_permission *all = confident_permissions(&n);

	for (size_t i = 0; p->exists && i < p->n; i++)
		if (all[p->permissions[i]].scope == scope && str_eq(all[p->permissions[i]].name, name))
			return true;
	return false;
}

/* Does the role, as such, hold this permission of the catalogue of the place? */
static bool role_holds(const struct confident_world *w, size_t place, uint16_t role, struct str name)
{
	enum confident_scope scope = place == 0 ? CONFIDENT_ORGANIZATION : CONFIDENT_PROJECT;
	const struct confident_world_role *custom;

	if (role == NO_ROLE || !is_in_catalogue(scope, name))
		return false;
	if (role == OWNER || role == SECOND)
		return true;
	if (role == MEMBER && place == 0)
		return !is_among(not_members, N_ELEMENTS(not_members), name);
	if (role == MEMBER)
		return !is_among(not_project_members, N_ELEMENTS(not_project_members), name);
	custom = &w->roles[role - FIRST_CUSTOM];
	for (size_t i = 0; custom->exists && i < custom->n; i++)
		if (policy_grants(&w->policies[custom->policies[i]], scope, name))
			return true;
	return false;
}

/* ---- the question ---------------------------------------------------------------------------------------- */

static const struct confident_world_person *find_person(const struct confident_world *w, const struct ask *q)
{
	for (size_t i = 0; i < CONFIDENT_N_PEOPLE; i++) {
		const struct confident_world_person *p = &w->people[i];

		if (p->exists && str_eq(q->subject_id, confident_person_name(i)) &&
		    str_eq(q->subject_type, p->is_service ? STR("service") : STR("user")))
			return p;
	}
	return NULL;
}

/* 0 for the organization and for projects that there are not: nobody has a role there. */
static size_t find_project(const struct confident_world *w, struct str name)
{
	for (size_t i = 0; i < CONFIDENT_N_PROJECTS; i++)
		if (w->projects[i] && str_eq(name, confident_project_name(i)))
			return i + 1;
	return 0;
}

/* The one place of a question that lists none. */
static struct str single_place(const struct confident_world *w, const struct ask_resource *r)
{
	if (!str_is_absent(r->tenant))
		return r->tenant;
	for (size_t i = 0; i < CONFIDENT_N_RESOURCES; i++)
		if (str_eq(r->type, STR("trace")) && str_eq(r->id, confident_resource_name(i)) && w->resources[i] > 1)
			return confident_project_name(w->resources[i] - 2u);
	return find_project(w, r->id) ? r->id : STR(TENANT_UNASSIGNED);
}

static struct str_list places_of(const struct confident_world *w, const struct ask *q, struct arena *a)
{
	struct str one = single_place(w, &q->resource);
	struct str_list asked = q->resource.lists_tenants ? q->resource.tenants : (struct str_list){&one, 1};
	struct str *places = ARENA_ARRAY(a, struct str, asked.n);
	size_t n = 0;

	for (size_t i = 0; i < asked.n; i++)
		if (!str_list_has((struct str_list){places, n}, asked.items[i]) &&
		    (!q->is_bound || str_list_has(q->bound_tenants, asked.items[i])))
			places[n++] = asked.items[i];
	return (struct str_list){places, n};
}

/* Who asks, in one of the places asked about, with only what is said to count. */
struct standing {
	const struct confident_world_person *person;
	bool can_bypass; /* all the places are projects */
	bool organization_counts;
	bool project_counts;
};

static bool is_allowed_in(const struct confident_world *w, const struct standing *who, struct str place,
                          struct str name)
{
	const uint16_t *roles = who->person->roles;
	bool is_organization = str_eq(place, STR(TENANT_UNASSIGNED));
	size_t project = find_project(w, place);

	if (who->organization_counts && is_organization && role_holds(w, 0, roles[0], name))
		return true;
	if (who->organization_counts && who->can_bypass && !is_organization &&
	    role_holds(w, 0, roles[0], STR("project:manage")) && is_in_catalogue(CONFIDENT_PROJECT, name))
		return true;
	return who->project_counts && project && role_holds(w, project, roles[project], name);
}

struct confident_world_answer confident_world_decide(const struct confident_world *w, const struct ask *q,
                                                     struct arena *a)
{
	struct str_list places = places_of(w, q, a);
	struct standing who = {find_person(w, q), !str_list_has(places, STR(TENANT_UNASSIGNED)), true, true};
	struct str *allowed = ARENA_ARRAY(a, struct str, places.n);
	size_t n = 0;

	for (size_t i = 0; who.person && i < places.n; i++)
		if (is_allowed_in(w, &who, places.items[i], q->action))
			allowed[n++] = places.items[i];
	return (struct confident_world_answer){n > 0, {allowed, q->resource.lists_tenants ? n : 0}};
}

bool confident_world_may_decide(const struct confident_world *w, const struct ask *q, struct str role)
{
	struct arena a = ARENA_INIT;
	struct str_list places = places_of(w, q, &a);
	struct standing who = {find_person(w, q), !str_list_has(places, STR(TENANT_UNASSIGNED)), false, false};
	bool may = false;

	for (size_t i = 0; who.person && i < places.n; i++) {
		size_t project = find_project(w, places.items[i]);

		who.organization_counts = str_eq(role, confident_role_name(0, who.person->roles[0]));
		who.project_counts = project && str_eq(role, confident_role_name(project, who.person->roles[project]));
		may = may || is_allowed_in(w, &who, places.items[i], q->action);
	}
	arena_release(&a);
	return may;
}
