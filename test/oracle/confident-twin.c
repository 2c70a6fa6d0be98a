/* SPDX-License-Identifier: Apache-2.0
 *
 * A world in a snapshot, document by document, and the comparison of what both say.
 */
#include "confident-oracle.h"
#include "model/confident.h"
#include "print.h"
#include "search-check.h"

/* ---- documents ------------------------------------------------------------------------------------------- */

/* Through the codec, as from the store. */
static void put(struct snapshot *s, struct str id, struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT((size_t)1 << 20);
	struct document *doc = NULL;
	int r;

	in->id = id;
	document_encode(in, &body);
	assert(!body.overflowed);
	r = document_decode(in->kind, in->id, buf_str(&body), &doc, NULL);
	assert(r == 0);
	snapshot_put(s, doc);
}

struct snapshot *confident_snapshot_new(uint64_t seed)
{
	struct snapshot *s = snapshot_new(STR("o"), seed);
	size_t n;
	const struct role *roles = confident_roles(&n);

	for (size_t i = 0; i < n; i++) {
		struct role copy = roles[i];

		put(s, copy.doc.id, &copy.doc);
	}
	return s;
}

/* The project of a place; absent: the organization. */
static struct str project_of(size_t place)
{
	return place ? confident_project_name(place - 1) : STR_NONE;
}

static void put_policy(struct snapshot *s, const struct confident_world *w, size_t i, struct arena *a)
{
	const struct confident_world_policy *p = &w->policies[i];
	struct str *ids = ARENA_ARRAY(a, struct str, p->n);
	size_t n;
	const struct confident_permission *all = confident_permissions(&n);

	for (size_t k = 0; k < p->n; k++)
		ids[k] = all[p->permissions[k]].id;
	put(s, confident_policy_name(i),
	    &(struct permission_policy){.doc.kind = DOC_PERMISSION_POLICY,
	                                .name = confident_policy_name(i),
	                                .tenant = project_of(i % CONFIDENT_N_PLACES),
	                                .permissions = {ids, p->n}}
	         .doc);
}

static struct str custom_role_name(size_t i)
{
	return confident_role_name(i % CONFIDENT_N_PLACES, (uint16_t)(1 + CONFIDENT_N_BUILTIN + i));
}

static void put_role(struct snapshot *s, const struct confident_world *w, size_t i, struct arena *a)
{
	const struct confident_world_role *r = &w->roles[i];
	struct str *policies = ARENA_ARRAY(a, struct str, r->n), project = project_of(i % CONFIDENT_N_PLACES);

	for (size_t k = 0; k < r->n; k++)
		policies[k] = confident_policy_name(r->policies[k]);
	put(s, custom_role_name(i),
	    &(struct role){.doc.kind = DOC_ROLE,
	                   .display_name = custom_role_name(i),
	                   .scope = str_is_absent(project) ? STR(ROLE_SCOPE_CONFIDENT_ORGANIZATION)
	                                                   : STR(ROLE_SCOPE_CONFIDENT_PROJECT),
	                   .tenants = {&project, str_is_absent(project) ? 0 : 1},
	                   .policies = {policies, r->n}}
	         .doc);
}

static struct str principal_type(const struct confident_world_person *p)
{
	return p->is_service ? STR("service") : STR("user");
}

static void put_person(struct snapshot *s, const struct confident_world *w, size_t i)
{
	if (w->people[i].is_service)
		put(s, confident_person_name(i), &(struct service_account){.doc.kind = DOC_SERVICE_ACCOUNT}.doc);
	else
		put(s, confident_person_name(i), &(struct user){.doc.kind = DOC_USER}.doc);
}

/* The membership of a person in a place. */
static struct role_member membership(const struct confident_world *w, size_t person, size_t place, struct arena *a)
{
	struct role_member m = {
	    .doc.kind = DOC_ROLE_MEMBER,
	    .role = confident_role_name(place, w->people[person].roles[place]),
	    .principal_type = principal_type(&w->people[person]),
	    .principal_id = confident_person_name(person),
	    .tenant = project_of(place),
	};

	m.doc.id = arena_strf(a, STR_FMT "/" STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(m.role),
	                      STR_ARG(m.principal_type), STR_ARG(m.principal_id), STR_ARG(m.tenant));
	return m;
}

static void put_resource(struct snapshot *s, const struct confident_world *w, size_t i, struct arena *a)
{
	put(s, arena_concat(a, STR("trace/"), confident_resource_name(i)),
	    &(struct resource){.doc.kind = DOC_RESOURCE,
	                       .type = STR("trace"),
	                       .resource_id = confident_resource_name(i),
	                       .tenant = project_of(w->resources[i] - 1u)}
	         .doc);
}

/* ---- following a world ------------------------------------------------------------------------------------ */

/* A part of a world that differs; what it was and what it is are looked up in the two. */
struct move {
	enum document_kind kind;
	size_t i, place;
};
#define MAX_MOVES                                                                                                      \
	(CONFIDENT_N_PROJECTS + CONFIDENT_N_POLICIES + CONFIDENT_N_ROLES + CONFIDENT_N_RESOURCES +                     \
	 CONFIDENT_N_PEOPLE * (1 + CONFIDENT_N_PLACES))
struct moves {
	struct move items[MAX_MOVES];
	size_t n;
};

static void add(struct moves *m, enum document_kind kind, size_t i, size_t place)
{
	assert(m->n < MAX_MOVES);
	m->items[m->n++] = (struct move){kind, i, place};
}

#define ADD_DIFFERENT(m, kind, from, to, list)                                                                         \
	do {                                                                                                           \
		for (size_t i_ = 0; i_ < N_ELEMENTS((to)->list); i_++)                                                 \
			if (memcmp(&(from)->list[i_], &(to)->list[i_], sizeof((to)->list[i_])) != 0)                   \
				add(m, kind, i_, 0);                                                                   \
	} while (0)

static void moves_between(const struct confident_world *from, const struct confident_world *to, struct moves *m)
{
	ADD_DIFFERENT(m, DOC_TENANT, from, to, projects);
	ADD_DIFFERENT(m, DOC_PERMISSION_POLICY, from, to, policies);
	ADD_DIFFERENT(m, DOC_ROLE, from, to, roles);
	ADD_DIFFERENT(m, DOC_RESOURCE, from, to, resources);
	for (size_t i = 0; i < CONFIDENT_N_PEOPLE; i++) {
		const struct confident_world_person *was = &from->people[i], *is = &to->people[i];

		if (was->exists != is->exists || was->is_service != is->is_service)
			add(m, DOC_USER, i, 0);
		for (size_t k = 0; k < CONFIDENT_N_PLACES; k++)
			if (was->roles[k] != is->roles[k] || was->is_service != is->is_service)
				add(m, DOC_ROLE_MEMBER, i, k);
	}
}

static void remove_old(struct snapshot *s, const struct confident_world *from, const struct move *m, struct arena *a)
{
	const struct confident_world_person *p = &from->people[m->kind == DOC_USER ? m->i : 0];

	if (m->kind == DOC_ROLE_MEMBER)
		(void)snapshot_remove(s, DOC_ROLE_MEMBER, membership(from, m->i, m->place, a).doc.id);
	else if (m->kind == DOC_USER && p->exists)
		(void)snapshot_remove(s, p->is_service ? DOC_SERVICE_ACCOUNT : DOC_USER, confident_person_name(m->i));
}

/* Replaces what is still there and removes what is not. */
static void put_new(struct snapshot *s, const struct confident_world *to, const struct move *m, struct arena *a)
{
	/* clang-format off */
	switch ((int)m->kind) {
	case DOC_TENANT:
		if (to->projects[m->i])
			put(s, confident_project_name(m->i), &(struct tenant){.doc.kind = DOC_TENANT}.doc);
		else
			(void)snapshot_remove(s, DOC_TENANT, confident_project_name(m->i));
		break;
	case DOC_PERMISSION_POLICY:
		if (to->policies[m->i].exists)
			put_policy(s, to, m->i, a);
		else
			(void)snapshot_remove(s, DOC_PERMISSION_POLICY, confident_policy_name(m->i));
		break;
	case DOC_ROLE:
		if (to->roles[m->i].exists)
			put_role(s, to, m->i, a);
		else
			(void)snapshot_remove(s, DOC_ROLE, custom_role_name(m->i));
		break;
	case DOC_RESOURCE:
		if (to->resources[m->i])
			put_resource(s, to, m->i, a);
		else
			(void)snapshot_remove(s, DOC_RESOURCE,
			                      arena_concat(a, STR("trace/"), confident_resource_name(m->i)));
		break;
	case DOC_USER:
		if (to->people[m->i].exists)
			put_person(s, to, m->i);
		break;
	case DOC_ROLE_MEMBER: {
		struct role_member member = membership(to, m->i, m->place, a);

		if (to->people[m->i].roles[m->place])
			put(s, member.doc.id, &member.doc);
		break;
	}
	default: assert(false);
	}
	/* clang-format on */
}

void confident_world_move(struct snapshot *fork, const struct confident_world *from, const struct confident_world *to,
                          struct choices *order)
{
	struct moves moves = {.n = 0};
	struct arena a = ARENA_INIT;

	moves_between(from, to, &moves);
	for (size_t i = 0; i < moves.n; i++) {
		size_t other = i + choose(order, (uint32_t)(moves.n - i));
		struct move m = moves.items[other];

		moves.items[other] = moves.items[i];
		remove_old(fork, from, &m, &a);
		put_new(fork, to, &m, &a);
	}
	arena_release(&a);
}

/* ---- the comparison -------------------------------------------------------------------------------------- */

static bool same_list(struct str_list x, struct str_list y)
{
	for (size_t i = 0; x.n == y.n && i < x.n; i++)
		if (!str_eq(x.items[i], y.items[i]))
			return false;
	return x.n == y.n;
}

/* Whoever is allowed is so by a role that is held and allows it. */
static bool is_legitimate(const struct confident_world *w, const struct ask *q, struct verdict v)
{
	if (!verdict_allows(v))
		return v.effect == EFFECT_NONE;
	return v.kind == DOC_ROLE && confident_world_may_decide(w, q, v.document);
}

bool confident_world_check(const struct confident_world *w, const struct snapshot *s, const struct ask *q,
                           struct buf *complaint)
{
	struct arena a = ARENA_INIT;
	struct confident_world_answer want = confident_world_decide(w, q, &a);
	struct answer got = snapshot_ask(s, q, &a, NULL);
	bool is_good = verdict_allows(got.verdict) == want.is_allowed && same_list(want.tenants, got.tenants) &&
	               is_legitimate(w, q, got.verdict);

	if (!is_good) {
		buf_addf(complaint, "oracle %s ", want.is_allowed ? "allow" : "not allowed");
		print_list(complaint, want.tenants);
		buf_addf(complaint, ", engine %s by ", effect_name(got.verdict.effect));
		print_str(complaint, got.verdict.document);
		print_list(complaint, got.tenants);
		buf_addf(complaint, "\n");
	}
	arena_release(&a);
	return is_good && search_check(s, q, complaint);
}
