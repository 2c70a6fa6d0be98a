/* SPDX-License-Identifier: Apache-2.0 */
#include "workload.h"

#include "base/hash.h"

enum {
	ENGINE_SEED = 11,
	DOCUMENTS_AN_EDIT = 1000,
	ROLE_ACTIONS = 10,
	N_ROLES = 40,
	N_RESOURCE_GROUPS = 200,
	N_WITH_WILDCARDS = 5000
};

struct random {
	uint64_t state;
};

static uint64_t draw(struct random *r, uint64_t below)
{
	r->state += UINT64_C(0x9e3779b97f4a7c15);
	return (hash_u64(r->state) >> 16) % below;
}

void workload_init(struct workload *w, size_t n_statements)
{
	*w = (struct workload){.n_documents = n_statements / 2};
	w->n_users = n_statements / 4 + 10;
	w->n_teams = n_statements / 20 + 10;
	w->n_services = n_statements / 100 + 10;
	for (size_t i = 0; i < N_TENANTS; i++)
		w->tenants[i] = arena_strf(&w->names, "tenant-%zu", i);
}

void workload_release(struct workload *w)
{
	arena_release(&w->names);
}

/* Only some dozen documents are for everybody, however large the organization. */
static struct str pick_subject(const struct workload *w, size_t document, struct random *r, struct arena *a)
{
	uint64_t kind = draw(r, 1000);

	if (kind < 5 && document < N_WITH_WILDCARDS)
		return kind < 2 ? STR("*") : kind < 4 ? STR("user:local:*") : STR("team:local:*");
	if (kind < 600)
		return arena_strf(a, "user:local:u%zu", (size_t)draw(r, w->n_users));
	if (kind < 800)
		return arena_strf(a, "team:local:t%zu", (size_t)draw(r, w->n_teams));
	if (kind < 950)
		return arena_strf(a, "team:ldap:g%zu", (size_t)draw(r, w->n_teams));
	return arena_strf(a, "token:s%zu", (size_t)draw(r, w->n_services));
}

static struct str_list pick_actions(struct random *r, struct arena *a)
{
	bool is_role = draw(r, 10) < 6;
	size_t n = is_role ? ROLE_ACTIONS : 1 + (size_t)draw(r, 2), role = (size_t)draw(r, N_ROLES);
	struct str *items = ARENA_ARRAY(a, struct str, n);

	for (size_t i = 0; i < n; i++) {
		if (i % 5 == 4)
			items[i] = arena_strf(a, "svc%zu:type%zu:*", role, i);
		else
			items[i] = arena_strf(a, "svc%zu:type%zu:%s", role, i, i % 2 ? "get" : "update");
	}
	return (struct str_list){items, n};
}

static struct str_list pick_resources(const struct workload *w, struct random *r, struct arena *a)
{
	size_t n = 1 + (draw(r, 4) == 0);
	struct str *items = ARENA_ARRAY(a, struct str, n);

	for (size_t i = 0; i < n; i++) {
		uint64_t kind = draw(r, 100);
		size_t group = (size_t)draw(r, N_RESOURCE_GROUPS), id = (size_t)draw(r, w->n_documents * 2);

		if (kind < 3)
			items[i] = STR("*");
		else if (kind < 20)
			items[i] = arena_strf(a, "app:group%zu:*", group);
		else
			items[i] = arena_strf(a, "app:group%zu:object%zu", group, id);
	}
	return (struct str_list){items, n};
}

static void pick_tenants(const struct workload *w, struct random *r, struct arena *a, struct statement *s)
{
	size_t n = 1 + (size_t)draw(r, 4);
	struct str *items;

	s->all_tenants = draw(r, 2) == 0;
	if (s->all_tenants)
		return;
	items = ARENA_ARRAY(a, struct str, n);
	for (size_t i = 0; i < n; i++)
		items[i] = w->tenants[draw(r, N_TENANTS)];
	s->tenants = (struct str_list){items, n};
}

void workload_document(const struct workload *w, size_t i, uint64_t variant, struct arena *a,
                       struct workload_document *ret_document)
{
	struct random r = {hash_u64(i + 1) + variant * 7919};
	size_t n_subjects = 1 + (size_t)draw(&r, 3), n = i % 4 == 0 ? 1 : i % 4 == 3 ? 3 : 2;
	struct str *subjects = ARENA_ARRAY(a, struct str, n_subjects);
	struct workload_document *d = ret_document;

	*d = (struct workload_document){.set = {.kind = 1, .n_statements = n}};
	d->set.id = arena_strf(a, "document-%08zu", i);
	d->set.statements = d->statements;
	for (size_t k = 0; k < n_subjects; k++)
		subjects[k] = pick_subject(w, i, &r, a);
	d->set.subjects = (struct str_list){subjects, n_subjects};
	for (size_t k = 0; k < n; k++) {
		struct statement *s = &d->statements[k];

		s->effect = draw(&r, 10) ? EFFECT_ALLOW : EFFECT_DENY;
		s->actions = pick_actions(&r, a);
		s->resources = pick_resources(w, &r, a);
		pick_tenants(w, &r, a, s);
		s->valid_from_ms = INT64_MIN;
		s->valid_until_ms = INT64_MAX;
	}
}

void workload_load(const struct workload *w, struct engine *g)
{
	struct arena scratch = ARENA_INIT;
	struct workload_document d;

	engine_init(g, ENGINE_SEED);
	for (size_t i = 0; i < w->n_documents;) {
		struct edit_blocks retired;
		struct edit e;

		edit_init(&e);
		for (size_t k = 0; k < N_TENANTS && i == 0; k++)
			engine_add_tenant(g, &e, w->tenants[k]);
		for (size_t k = 0; k < DOCUMENTS_AN_EDIT && i < w->n_documents; k++, i++) {
			workload_document(w, i, 0, &scratch, &d);
			engine_put(g, &e, &d.set);
			arena_reset(&scratch);
		}
		edit_seal(&e, &retired);
		edit_blocks_free_all(&retired);
	}
	arena_release(&scratch);
}

struct edit_blocks workload_put(const struct workload *w, struct engine *g, size_t i, uint64_t variant)
{
	struct arena scratch = ARENA_INIT;
	struct workload_document d;
	struct edit_blocks retired;
	struct edit e;

	workload_document(w, i, variant, &scratch, &d);
	edit_init(&e);
	engine_put(g, &e, &d.set);
	edit_seal(&e, &retired);
	arena_release(&scratch);
	return retired;
}

/* A concrete text that the pattern matches. */
static struct str concrete(struct str pattern, const char *any, const char *tail, struct arena *a)
{
	if (str_eq(pattern, STR("*")))
		return str_of(any);
	if (str_ends_with(pattern, STR(":*")))
		return arena_concat(a, str_slice(pattern, 0, pattern.len - 1), str_of(tail));
	return pattern;
}

static struct str filler_subject(const struct workload *w, struct random *r, size_t n_subjects, struct arena *a)
{
	const char *provider = draw(r, 2) ? "local:t" : "ldap:g";
	/* Very many subjects are directory groups that mostly nothing is granted to. */
	size_t spread = n_subjects > 1000 ? 4 : 1;

	return arena_strf(a, "team:%s%zu", provider, (size_t)draw(r, w->n_teams * spread));
}

/* The query with all it points to side by side, as a server has it that has just read it. */
static struct query compact(const struct query *from, struct arena *a)
{
	struct subject *subjects = ARENA_ARRAY(a, struct subject, from->n_subjects);
	struct str *tenant = ARENA_ARRAY(a, struct str, 1);
	struct query q = *from;

	for (size_t i = 0; i < q.n_subjects; i++)
		subjects[i].text = arena_str(a, from->subjects[i].text);
	*tenant = arena_str(a, from->tenants.items[0]);
	q.subjects = subjects;
	q.tenants.items = tenant;
	q.action = arena_str(a, from->action);
	q.resource = arena_str(a, from->resource);
	return q;
}

struct query workload_query(const struct workload *w, enum query_kind kind, uint64_t random, size_t n_subjects,
                            struct arena *out)
{
	struct arena scratch = ARENA_INIT, *a = &scratch;
	struct random r = {hash_u64(random)};
	struct subject *subjects = ARENA_ARRAY(a, struct subject, n_subjects);
	struct str *tenant = ARENA_ARRAY(a, struct str, 1);
	struct query q = {.subjects = subjects, .n_subjects = n_subjects, .now_ms = 1, .tenants = {tenant, 1}};
	struct workload_document d;
	const struct statement *s;

	workload_document(w, (size_t)draw(&r, w->n_documents), 0, a, &d);
	s = &d.statements[draw(&r, d.set.n_statements)];
	subjects[0].text = concrete(d.set.subjects.items[0], "user:local:u1", "u1", a);
	for (size_t i = 1; i < n_subjects; i++)
		subjects[i].text = filler_subject(w, &r, n_subjects, a);
	q.action = concrete(s->actions.items[draw(&r, s->actions.n)], "svc1:type1:get", "get", a);
	q.resource = concrete(s->resources.items[0], "app:group1:object1", "object1", a);
	if (kind == QUERY_MISS)
		q.resource = arena_strf(a, "app:none%zu:object%zu", (size_t)draw(&r, 1000), (size_t)draw(&r, 1000000));
	*tenant = s->all_tenants ? w->tenants[draw(&r, N_TENANTS)] : s->tenants.items[0];
	q = compact(&q, out);
	arena_release(&scratch);
	return q;
}
