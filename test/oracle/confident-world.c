/* SPDX-License-Identifier: Apache-2.0
 *
 * Worlds of Confident AI: how they come about, and how a snapshot follows them.
 */
#include "confident-oracle.h"
#include "model/confident.h"
#include "print.h"

#define CHOOSE_FROM(c, table) ((table)[choose(c, N_ELEMENTS(table))])

/* ---- names ----------------------------------------------------------------------------------------------- */

static const struct str digits[] = {
    STR_INIT("0"), STR_INIT("1"), STR_INIT("2"), STR_INIT("3"), STR_INIT("4"),  STR_INIT("5"),
    STR_INIT("6"), STR_INIT("7"), STR_INIT("8"), STR_INIT("9"), STR_INIT("10"), STR_INIT("11"),
};
static_assert(N_ELEMENTS(digits) >= CONFIDENT_N_ROLES && N_ELEMENTS(digits) >= CONFIDENT_N_POLICIES,
              "roles and policies are called by their numbers");
static const struct str project_names[] = {STR_INIT("p0"), STR_INIT("p1"), STR_INIT("p2")};
static const struct str person_names[] = {STR_INIT("ann"), STR_INIT("bob"), STR_INIT("eve"), STR_INIT("kim"),
                                          STR_INIT("lou")};
/* The last is called as a project is: the resource that is registered tells where it is. */
static const struct str resource_names[] = {STR_INIT("t0"), STR_INIT("t1"), STR_INIT("p1")};
static_assert(N_ELEMENTS(project_names) == CONFIDENT_N_PROJECTS, "every project has a name");
static_assert(N_ELEMENTS(person_names) == CONFIDENT_N_PEOPLE, "everybody has a name");
static_assert(N_ELEMENTS(resource_names) == CONFIDENT_N_RESOURCES, "every resource has a name");

struct str confident_project_name(size_t i)
{
	return project_names[i];
}

struct str confident_person_name(size_t i)
{
	return person_names[i];
}

struct str confident_policy_name(size_t i)
{
	return digits[i];
}

struct str confident_resource_name(size_t i)
{
	return resource_names[i];
}

struct str confident_role_name(size_t place, uint16_t role)
{
	static const struct str builtin[2][CONFIDENT_N_BUILTIN] = {
	    {STR_INIT(CONFIDENT_OWNER), STR_INIT(CONFIDENT_ADMIN), STR_INIT(CONFIDENT_MEMBER)},
	    {STR_INIT(CONFIDENT_PROJECT_OWNER), STR_INIT(CONFIDENT_PROJECT_MANAGER),
	     STR_INIT(CONFIDENT_PROJECT_MEMBER)},
	};

	if (role == 0)
		return STR_NONE;
	if (role <= CONFIDENT_N_BUILTIN)
		return builtin[place != 0][role - 1];
	return digits[role - 1 - CONFIDENT_N_BUILTIN];
}

/* ---- how worlds come about ------------------------------------------------------------------------------- */

/* Those that matter: in both catalogues, bypassing, taken from Members; most questions and policies are about these. */
static const struct str hot[] = {
    STR_INIT("project:manage"), STR_INIT("iam:manage"),    STR_INIT("user:delete"),  STR_INIT("billing:read"),
    STR_INIT("trace:read"),     STR_INIT("trace:delete"),  STR_INIT("dataset:read"), STR_INIT("apiKey:read"),
    STR_INIT("project:delete"), STR_INIT("billing:write"), STR_INIT("iam:read"),     STR_INIT("metric:read"),
};

static uint16_t generate_permission(struct choices *c)
{
	size_t n, from;
	const struct confident_permission *all = confident_permissions(&n);
	struct str name = CHOOSE_FROM(c, hot);

	from = choose(c, (uint32_t)n);
	if (choose_rarely(c, 4))
		return (uint16_t)from;
	/* The next of this name: of either catalogue where both have it. */
	for (size_t i = 0; i < n; i++)
		if (str_eq(all[(from + i) % n].name, name))
			return (uint16_t)((from + i) % n);
	assert(false);
	return 0;
}

static void generate_policy(struct choices *c, struct confident_world_policy *p)
{
	*p = (struct confident_world_policy){.exists = !choose_rarely(c, 5)};
	for (p->n = 0; p->n < N_ELEMENTS(p->permissions) && choose(c, 4); p->n++)
		p->permissions[p->n] = generate_permission(c);
}

/* Mostly policies of its own place; the engine must not be led astray by others either. */
static void generate_role(struct choices *c, struct confident_world_role *r, size_t place)
{
	*r = (struct confident_world_role){.exists = !choose_rarely(c, 5)};
	for (r->n = 0; r->n < N_ELEMENTS(r->policies) && choose(c, 3); r->n++) {
		uint32_t i = choose(c, CONFIDENT_N_POLICIES);

		if (!choose_rarely(c, 6))
			i = i - i % CONFIDENT_N_PLACES + (uint32_t)place;
		r->policies[r->n] = (uint16_t)i;
	}
}

static uint16_t generate_held(struct choices *c, size_t place)
{
	uint32_t i = choose(c, 4 + CONFIDENT_N_ROLES / CONFIDENT_N_PLACES * 2);

	if (i <= CONFIDENT_N_BUILTIN)
		return (uint16_t)i;
	i = (i - 4) / 2 * CONFIDENT_N_PLACES + (uint32_t)place;
	return (uint16_t)(1 + CONFIDENT_N_BUILTIN + i);
}

static void generate_person(struct choices *c, struct confident_world_person *p)
{
	*p = (struct confident_world_person){.exists = !choose_rarely(c, 10), .is_service = choose_rarely(c, 4)};
	for (size_t i = 0; i < CONFIDENT_N_PLACES; i++)
		p->roles[i] = generate_held(c, i);
}

/* What goes with a project, and with who is gone. */
static void tidy(struct confident_world *w)
{
	for (size_t i = 0; i < CONFIDENT_N_PEOPLE; i++)
		if (!w->people[i].exists)
			w->people[i] = (struct confident_world_person){0};
	for (size_t place = 1; place < CONFIDENT_N_PLACES; place++) {
		if (w->projects[place - 1])
			continue;
		for (size_t i = place; i < CONFIDENT_N_POLICIES; i += CONFIDENT_N_PLACES)
			w->policies[i] = (struct confident_world_policy){0};
		for (size_t i = place; i < CONFIDENT_N_ROLES; i += CONFIDENT_N_PLACES)
			w->roles[i] = (struct confident_world_role){0};
		for (size_t i = 0; i < CONFIDENT_N_PEOPLE; i++)
			w->people[i].roles[place] = 0;
		for (size_t i = 0; i < CONFIDENT_N_RESOURCES; i++)
			if (w->resources[i] == place + 1)
				w->resources[i] = 0;
	}
}

void confident_world_generate(struct choices *c, struct confident_world *w)
{
	memset(w, 0, sizeof(*w));
	for (size_t i = 0; i < CONFIDENT_N_PROJECTS; i++)
		w->projects[i] = !choose_rarely(c, 5);
	for (size_t i = 0; i < CONFIDENT_N_POLICIES; i++)
		generate_policy(c, &w->policies[i]);
	for (size_t i = 0; i < CONFIDENT_N_ROLES; i++)
		generate_role(c, &w->roles[i], i % CONFIDENT_N_PLACES);
	for (size_t i = 0; i < CONFIDENT_N_PEOPLE; i++)
		generate_person(c, &w->people[i]);
	for (size_t i = 0; i < CONFIDENT_N_RESOURCES; i++)
		w->resources[i] = (uint16_t)choose(c, 2 + CONFIDENT_N_PROJECTS);
	tidy(w);
}

static void edit_once(struct choices *c, struct confident_world *w)
{
	size_t i = choose(c, CONFIDENT_N_ROLES), person = i % CONFIDENT_N_PEOPLE, place = choose(c, CONFIDENT_N_PLACES);

	switch (choose(c, 7)) {
	case 0:
		w->projects[i % CONFIDENT_N_PROJECTS] ^= 1;
		break;
	case 1:
		w->resources[i % CONFIDENT_N_RESOURCES] = (uint16_t)choose(c, 2 + CONFIDENT_N_PROJECTS);
		break;
	case 2:
		generate_role(c, &w->roles[i], i % CONFIDENT_N_PLACES);
		break;
	case 3:
		generate_person(c, &w->people[person]);
		break;
	case 4:
		w->people[person].roles[place] = generate_held(c, place);
		break;
	default:
		generate_policy(c, &w->policies[i]);
		break;
	}
}

void confident_world_edit(struct choices *c, struct confident_world *w)
{
	do {
		edit_once(c, w);
	} while (choose(c, 3));
	tidy(w);
}

bool confident_world_drop(struct confident_world *w, size_t i)
{
	if (i < CONFIDENT_N_PEOPLE)
		w->people[i].exists = 0;
	else if ((i -= CONFIDENT_N_PEOPLE) < CONFIDENT_N_ROLES)
		w->roles[i].exists = 0;
	else if ((i -= CONFIDENT_N_ROLES) < CONFIDENT_N_POLICIES)
		w->policies[i].exists = 0;
	else if ((i -= CONFIDENT_N_POLICIES) < CONFIDENT_N_RESOURCES)
		w->resources[i] = 0;
	else if ((i -= CONFIDENT_N_RESOURCES) < CONFIDENT_N_PROJECTS)
		w->projects[i] = 0;
	else
		return false;
	tidy(w);
	return true;
}

/* ---- questions ------------------------------------------------------------------------------------------- */

static const struct str places[] = {
    STR_INIT("p0"),
    STR_INIT("p1"),
    STR_INIT("p2"),
    STR_INIT("p0"),
    STR_INIT("p1"),
    STR_INIT("nowhere"),
    STR_INIT(TENANT_UNASSIGNED),
};

/* Often short, sometimes with one place twice. */
static struct str_list generate_places(struct choices *c, struct arena *a)
{
	struct str *items = ARENA_ARRAY(a, struct str, 4);
	size_t n = choose(c, 5);

	for (size_t i = 0; i < n; i++)
		items[i] = CHOOSE_FROM(c, places);
	return (struct str_list){items, n};
}

static struct str generate_action(struct choices *c)
{
	static const struct str odd[] = {
	    STR_INIT("trace:*"),   STR_INIT("*"),      STR_INIT("Trace:Read"),
	    STR_INIT("trace:fly"), STR_INIT("trace:"), STR_INIT("organization/billing:read"),
	};
	size_t n;
	const struct confident_permission *all = confident_permissions(&n);

	return choose_rarely(c, 30) ? CHOOSE_FROM(c, odd) : all[generate_permission(c)].name;
}

struct ask confident_world_question(struct choices *c, const struct confident_world *w, struct arena *a)
{
	size_t person = choose(c, CONFIDENT_N_PEOPLE);
	bool is_service = w->people[person].is_service != choose_rarely(c, 15);
	struct ask q = {
	    .subject_type = is_service ? STR("service") : STR("user"),
	    .subject_id = person_names[person],
	    .action = generate_action(c),
	    .resource = {.type = STR("trace")},
	    .is_bound = choose_rarely(c, 8),
	    .now_ms = 1,
	};

	if (choose_rarely(c, 20))
		q.subject_id = STR("nobody");
	switch (choose(c, 5)) {
	case 0: /* the organization */
		break;
	case 1:
		q.resource.tenant = CHOOSE_FROM(c, places);
		break;
	case 2:
		q.resource.id = CHOOSE_FROM(c, resource_names);
		break;
	case 3:
		q.resource.type = STR("project");
		q.resource.id = CHOOSE_FROM(c, places);
		break;
	default:
		q.resource.lists_tenants = true;
		q.resource.tenants = generate_places(c, a);
		break;
	}
	if (q.is_bound)
		q.bound_tenants = generate_places(c, a);
	return q;
}

/* ---- print ----------------------------------------------------------------------------------------------- */

void confident_print_question(struct buf *b, const struct ask *q)
{
	buf_addf(b, STR_FMT " " STR_FMT " " STR_FMT " ", STR_ARG(q->subject_type), STR_ARG(q->subject_id),
	         STR_ARG(q->action));
	buf_addf(b, STR_FMT "/" STR_FMT " tenant ", STR_ARG(q->resource.type), STR_ARG(q->resource.id));
	print_str(b, q->resource.tenant);
	if (q->resource.lists_tenants)
		print_list(b, q->resource.tenants);
	if (q->is_bound) {
		buf_addf(b, " bound to ");
		print_list(b, q->bound_tenants);
	}
	buf_addf(b, "\n");
}

static void print_policies(struct buf *b, const struct confident_world *w)
{
	size_t n;
	const struct confident_permission *all = confident_permissions(&n);

	for (size_t i = 0; i < CONFIDENT_N_POLICIES; i++) {
		if (!w->policies[i].exists)
			continue;
		buf_addf(b, "policy %zu of place %zu:", i, i % CONFIDENT_N_PLACES);
		for (size_t k = 0; k < w->policies[i].n; k++) {
			const struct confident_permission *p = &all[w->policies[i].permissions[k]];

			buf_addf(b, " %s/" STR_FMT, p->scope == CONFIDENT_PROJECT ? "project" : "organization",
			         STR_ARG(p->name));
		}
		buf_addf(b, "\n");
	}
}

void confident_print_world(struct buf *b, const struct confident_world *w)
{
	buf_addf(b, "projects %u %u %u, resources %u %u %u\n", w->projects[0], w->projects[1], w->projects[2],
	         w->resources[0], w->resources[1], w->resources[2]);
	print_policies(b, w);
	for (size_t i = 0; i < CONFIDENT_N_ROLES; i++) {
		if (!w->roles[i].exists)
			continue;
		buf_addf(b, "role %zu of place %zu:", i, i % CONFIDENT_N_PLACES);
		for (size_t k = 0; k < w->roles[i].n; k++)
			buf_addf(b, " policy %u", w->roles[i].policies[k]);
		buf_addf(b, "\n");
	}
	for (size_t i = 0; i < CONFIDENT_N_PEOPLE; i++) {
		if (!w->people[i].exists)
			continue;
		buf_addf(b, "%s " STR_FMT ":", w->people[i].is_service ? "service" : "user", STR_ARG(person_names[i]));
		for (size_t k = 0; k < CONFIDENT_N_PLACES; k++)
			buf_addf(b, " [" STR_FMT "]", STR_ARG(confident_role_name(k, w->people[i].roles[k])));
		buf_addf(b, "\n");
	}
}
