/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ask.h"

#include "model/confident.h"
#include "policy/departments.h"
#include "policy/grant_source.h"
#include "policy/lower.h"
#include "policy/native_condition.h"

/* Subjects under construction; small first block on the caller's side would not outlive it, so all in the arena. */
struct subjects {
	struct arena *arena;
	struct subject *items;
	size_t n, cap;
};

static void add(struct subjects *l, struct str text, struct str tenant)
{
	ARENA_ROOM(l->arena, l->items, l->n, &l->cap);
	l->items[l->n++] = (struct subject){text, tenant};
}

static struct str principal_link(struct arena *a, struct str type, struct str id)
{
	return arena_concat3(a, STR("principal:"), type, arena_concat(a, STR(":"), id));
}

static void add_roles(const struct snapshot *s, struct subjects *l, struct str type, struct str id)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(s, DOC_ROLE_MEMBER, principal_link(l->arena, type, id), l->arena, &docs);

	for (size_t i = 0; i < n; i++)
		add(l, as_role_member(docs[i])->subject, as_role_member(docs[i])->tenant);
}

static void add_group(const struct snapshot *s, struct subjects *l, struct str group, struct str subject)
{
	add(l, subject, STR_NONE);
	add_roles(s, l, STR("group"), group);
}

/* Memberships under one of the user's names: dialects may have added her by alias or e-mail address. */
static void add_groups(const struct snapshot *s, struct subjects *l, struct str name)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(s, DOC_GROUP_MEMBER, principal_link(l->arena, STR("user"), name), l->arena, &docs);

	for (size_t i = 0; i < n; i++)
		add_group(s, l, as_group_member(docs[i])->group, as_group_member(docs[i])->subject);
}

static void add_user(const struct snapshot *s, struct subjects *l, const struct user *u)
{
	add(l, arena_concat(l->arena, STR(SUBJECT_USER), u->doc.id), STR_NONE);
	add_groups(s, l, u->doc.id);
	for (size_t i = 0; i < u->doc.aliases.n; i++)
		add_groups(s, l, u->doc.aliases.items[i]);
	if (!str_is_absent(u->email))
		add_groups(s, l, u->email);
	add_roles(s, l, STR("user"), u->doc.id);
}

/*
 * One of LangSmith's roles makes a member of where it is held, unless it is the organization's; an Organization Admin
 * is one everywhere. (Who holds a role with "*" needs no policy.)
 */
static bool makes_member(const struct snapshot *s, struct str subject)
{
	const struct role *role = NULL;

	if (str_starts_with(subject, STR(SUBJECT_ROLE)))
		role = FIND(s, role, ROLE, str_slice(subject, STR(SUBJECT_ROLE).len, subject.len));
	return role && langsmith_is_role(role) &&
	       (!str_eq(role->scope, STR(ROLE_SCOPE_ORGANIZATION)) ||
	        str_eq(role->doc.id, STR(LANGSMITH_ORGANIZATION_ADMIN)));
}

enum { MAX_COMPARED = 64 };

/*
 * Where those of the first `n` subjects make a member, as subjects without text: everywhere, or each tenant once. (One
 * that stands twice does no harm: with very many only the latest are compared.)
 */
static struct subjects memberships(const struct snapshot *s, const struct subjects *l, size_t n)
{
	struct subjects where = {.arena = l->arena};

	for (size_t i = 0; i < n; i++) {
		size_t k = where.n > MAX_COMPARED ? where.n - MAX_COMPARED : 0;

		if (!makes_member(s, l->items[i].text))
			continue;
		if (str_is_absent(l->items[i].tenant)) {
			where.n = 0;
			add(&where, STR_NONE, STR_NONE);
			break;
		}
		while (k < where.n && !str_eq(where.items[k].tenant, l->items[i].tenant))
			k++;
		if (k == where.n)
			add(&where, STR_NONE, l->items[i].tenant);
	}
	return where;
}

static bool has_policies(const struct snapshot *s, struct str group, struct arena *a)
{
	const struct document *const *docs;

	return snapshot_linked(s, DOC_POLICY_ATTACHMENT, arena_concat(a, STR("group:"), group), a, &docs) > 0;
}

/* The groups that policies are attached to, where the principal is a member: elsewhere no policy allows anything. */
static void add_attached_groups(const struct snapshot *s, struct subjects *l)
{
	const size_t n = s->n_docs[DOC_POLICY_ATTACHMENT] ? l->n : 0, prefix = STR(SUBJECT_GROUP).len;
	struct subjects where = {0};
	bool is_known = false; /* few are in such a group: only then is it looked where they are members */

	for (size_t i = 0; i < n; i++) {
		struct str text = l->items[i].text, group;

		if (!str_starts_with(text, STR(SUBJECT_GROUP)))
			continue;
		group = str_slice(text, prefix, text.len);
		if (!has_policies(s, group, l->arena))
			continue;
		if (!is_known)
			where = memberships(s, l, n);
		is_known = true;
		text = arena_concat(l->arena, STR(SUBJECT_ATTACHED_GROUP), group);
		for (size_t k = 0; k < where.n; k++)
			add(l, text, where.items[k].tenant);
	}
}

/* Where a role counts that is asked about as such: one of a project in it only; absent: everywhere. */
static struct str place_of_role(const struct role *r)
{
	return confident_is_project_role(r) && r->tenants.n ? r->tenants.items[0] : STR_NONE;
}

static void add_named(const struct snapshot *s, struct subjects *l, struct str type, struct str id)
{
	const struct document *doc;

	if (str_eq(type, STR("user"))) {
		if ((doc = snapshot_find_any(s, DOC_USER, id)))
			add_user(s, l, as_user(doc));
	} else if (str_eq(type, STR("service"))) {
		if ((doc = snapshot_find_any(s, DOC_SERVICE_ACCOUNT, id))) {
			add(l, arena_concat(l->arena, STR(SUBJECT_SERVICE), doc->id), STR_NONE);
			add_roles(s, l, type, doc->id);
		}
	} else if (str_eq(type, STR("group"))) {
		if ((doc = snapshot_find_any(s, DOC_GROUP, id)))
			add_group(s, l, doc->id, arena_concat(l->arena, STR(SUBJECT_GROUP), doc->id));
	} else if (str_eq(type, STR("role"))) {
		if ((doc = snapshot_find_any(s, DOC_ROLE, id)))
			add(l, arena_concat(l->arena, STR(SUBJECT_ROLE), doc->id), place_of_role(as_role(doc)));
	}
}

static void add_principal(const struct snapshot *s, struct subjects *l, struct str type, struct str id)
{
	struct str_list above;

	add_named(s, l, type, id);
	add_attached_groups(s, l);
	above = departments_above(s, l->items, l->n, l->arena);
	for (size_t i = 0; i < above.n; i++)
		add(l, arena_concat(l->arena, STR(SUBJECT_INHERITED_DEPARTMENT), above.items[i]), STR_NONE);
}

void snapshot_subjects(const struct snapshot *s, struct str type, struct str id, struct arena *a,
                       const struct subject **ret_subjects, size_t *ret_n)
{
	struct subjects l = {.arena = a};

	add_principal(s, &l, type, id);
	*ret_subjects = l.items;
	*ret_n = l.n;
}

/* ---- the resource ------------------------------------------------------------------------------------ */

/* A resource of the question with what is registered of it; the latter is looked up when it matters. */
struct place {
	const struct ask_resource *asked;
	const struct resource *registered; /* NULL: not registered */
	const struct resource *project;    /* of a run; NULL: its parent is none, or not registered */
};

static bool is_run(const struct ask_resource *r)
{
	return str_eq(r->type, STR("run"));
}

enum { LINE_BYTES = 64, TAGS_AHEAD_BYTES = 4 * LINE_BYTES };

/*
 * Fetches the tags, and with them their texts: a document is one block, written in this order. A number, since the
 * last lines may lie beyond the block, where no pointer may point; fetching does not mind.
 */
static void fetch_tags(const struct resource *r)
{
	if (!r || r->n_tags == 0)
		return;
	for (size_t at = 0; at < TAGS_AHEAD_BYTES; at += LINE_BYTES)
		__builtin_prefetch((const void *)((uintptr_t)r->tags + at));
}

static struct place look_up_place(const struct snapshot *s, const struct ask_resource *r, struct arena *a)
{
	struct place p = {.asked = r};
	struct str parent = r->parent;

	p.registered = FIND(s, resource, RESOURCE, arena_concat3(a, r->type, STR("/"), r->id));
	if (s->n_docs[DOC_TAG_POLICY])
		fetch_tags(p.registered);
	if (!is_run(r))
		return p;
	if (str_is_absent(parent) && p.registered)
		parent = p.registered->parent;
	if (!str_is_absent(parent))
		p.project = FIND(s, resource, RESOURCE, parent);
	/* What hangs below another run or a dataset is not known to be of any project. */
	if (p.project && !str_eq(p.project->type, STR("project")))
		p.project = NULL;
	return p;
}

/* Only what the decision may need. */
static struct place find_place(const struct snapshot *s, const struct ask_resource *r, struct arena *a)
{
	bool names_tenants = r->lists_tenants || !str_is_absent(r->tenant);

	if (!s->n_docs[DOC_RESOURCE] || (names_tenants && !s->n_docs[DOC_TAG_POLICY]))
		return (struct place){.asked = r};
	return look_up_place(s, r, a);
}

/* The one tenant of a question that lists none; absent: none. */
static struct str single_tenant(const struct snapshot *s, const struct place *p)
{
	const struct ask_resource *r = p->asked;

	if (!str_is_absent(r->tenant))
		return r->tenant;
	if (p->registered && !str_is_absent(p->registered->tenant))
		return p->registered->tenant;
	if (p->project && !str_is_absent(p->project->tenant))
		return p->project->tenant;
	if (!str_is_empty(r->id) && snapshot_find(s, DOC_TENANT, r->id))
		return r->id;
	return STR_NONE;
}

/* Those of `wanted` that are among `bound`. */
static struct str_list intersect(struct str_list wanted, struct str_list bound, struct arena *a)
{
	struct str *items = ARENA_ARRAY(a, struct str, wanted.n);
	size_t n = 0;

	for (size_t i = 0; i < wanted.n; i++)
		if (str_list_has(bound, wanted.items[i]))
			items[n++] = wanted.items[i];
	return (struct str_list){items, n};
}

static void set_tenants(const struct snapshot *s, const struct ask *q, const struct place *p, struct arena *a,
                        struct query *query)
{
	struct str one;

	query->scope = SCOPE_LISTED;
	if (p->asked->lists_tenants) {
		query->tenants = p->asked->tenants;
	} else {
		one = single_tenant(s, p);
		/* A permission of Confident AI is about the organization unless a project is named. */
		if (str_is_absent(one) && confident_is_permission(q->action))
			one = STR(TENANT_UNASSIGNED);
		if (!str_is_absent(one)) {
			struct str *items = ARENA_NEW(a, struct str);
			*items = one;
			query->tenants = (struct str_list){items, 1};
		} else {
			query->scope = q->is_bound ? SCOPE_LISTED : SCOPE_ALL;
			query->tenants = q->bound_tenants;
			return;
		}
	}
	if (q->is_bound)
		query->tenants = intersect(query->tenants, q->bound_tenants, a);
}

bool query_is_in_tenant(const struct query *q)
{
	return q->scope == SCOPE_LISTED && q->tenants.n && !str_list_has(q->tenants, STR(TENANT_UNASSIGNED));
}

static struct attributes registered_tags(const struct resource *r, struct arena *a)
{
	struct attributes known = {0};
	struct tag *tags;

	if (!r)
		return known;
	tags = ARENA_ARRAY(a, struct tag, r->n_tags);
	for (size_t i = 0; i < r->n_tags; i++)
		tags[i] = (struct tag){r->tags[i].key, r->tags[i].value};
	return (struct attributes){.tags_are_known = true, .tags = tags, .n_tags = r->n_tags};
}

static struct attributes tags_of(const struct place *p, struct arena *a)
{
	const struct ask_resource *r = p->asked;

	if (r->states_tags)
		return (struct attributes){.tags_are_known = true, .tags = r->tags, .n_tags = r->n_tags};
	if (is_run(r))
		return registered_tags(p->project, a);
	if (!p->registered && r->is_described)
		return (struct attributes){.tags_are_known = true};
	return registered_tags(p->registered, a);
}

struct attributes ask_tags(const struct snapshot *s, const struct ask_resource *r, struct arena *a)
{
	struct place p = look_up_place(s, r, a);

	return tags_of(&p, a);
}

/* The selectors by which statements about the resource's tags are found. */
static void set_selectors(const struct snapshot *s, const struct attributes *known, struct str type, struct arena *a,
                          struct query *query)
{
	if (known->tags_are_known) {
		query->selectors = tag_selectors_of_tags(&s->tag_plan, type, known->tags, known->n_tags, a);
		return;
	}
	query->selectors = tag_selectors_of_unknown(type, a);
}

/* ---- entitlements ------------------------------------------------------------------------------------ */

/*
 * The text by which the engine knows an entitlement (policy/lower_conductorone.c). False: no application is named, and
 * not exactly one has an entitlement of that id.
 */
static bool name_entitlement(const struct snapshot *s, const struct ask_resource *r, struct arena *a, struct str *ret)
{
	const struct document *const *docs;
	struct str id = r->id;

	if (!str_is_absent(r->app)) {
		id = arena_concat3(a, r->app, STR("/"), r->id);
	} else if (str_find(id, '/', 0) == SIZE_MAX) {
		if (snapshot_linked(s, DOC_APP_ENTITLEMENT, arena_concat(a, STR("entitlement:"), id), a, &docs) != 1)
			return false;
		id = docs[0]->id;
	}
	*ret = arena_concat3(a, r->type, STR(":"), id);
	return true;
}

/* "type:id", or the type alone. False: nothing can be allowed. */
static bool name_resource(const struct snapshot *s, const struct ask_resource *r, struct arena *a, struct str *ret)
{
	if (str_eq(r->type, STR("app_entitlement")))
		return name_entitlement(s, r, a, ret);
	*ret = str_is_empty(r->id) ? r->type : arena_concat3(a, r->type, STR(":"), r->id);
	return true;
}

/* ---- the question ------------------------------------------------------------------------------------ */

bool ask_takes_target(struct str action)
{
	return str_eq(action, STR("datasets:clone"));
}

/* The question about one resource; `subjects` are those of the whole. */
struct asking {
	const struct snapshot *snapshot;
	const struct ask *ask;
	struct subjects subjects;
	struct observer *observer; /* may be NULL */
};

static struct answer ask_about(const struct asking *k, const struct place *p, struct arena *a)
{
	const struct snapshot *s = k->snapshot;
	const struct ask_resource *r = p->asked;
	struct query query = {.action = k->ask->action, .now_ms = k->ask->now_ms};
	struct answer answer = {.about = r};
	struct asked asked = {.snapshot = s, .ask = k->ask, .resource = r, .arena = a};
	struct attributes known = {0};
	struct grant_source grants;

	query.subjects = k->subjects.items;
	query.n_subjects = k->subjects.n;
	if (!name_resource(s, r, a, &query.resource))
		return answer;
	set_tenants(s, k->ask, p, a, &query);
	grant_source_use(&grants, s, &query, a);
	if (s->n_docs[DOC_TAG_POLICY]) {
		known = tags_of(p, a);
		set_selectors(s, &known, r->type, a, &query);
	}
	known.asked = &asked;
	known.is_in_tenant = query_is_in_tenant(&query);
	query.attributes = &known;
	answer.verdict = engine_explain(&s->engine, &query, a, r->lists_tenants ? &answer.tenants : NULL, k->observer);
	return answer;
}

/* Who asks, and what else the asker vouches for. */
static void add_asker(const struct snapshot *s, const struct ask *q, struct subjects *l)
{
	if (!str_eq(q->subject_type, STR("external")))
		add_principal(s, l, q->subject_type, q->subject_id);
	for (size_t i = 0; i < q->raw_subjects.n; i++)
		add(l, q->raw_subjects.items[i], STR_NONE);
}

struct answer snapshot_ask(const struct snapshot *s, const struct ask *q, struct arena *a, struct observer *observer)
{
	struct asking k = {s, q, {.arena = a}, observer};
	struct answer answer = {.about = &q->resource}, target;
	struct place place;

	if (str_find(q->action, '*', 0) != SIZE_MAX)
		return answer;
	place = find_place(s, &q->resource, a); /* first: its tags are on their way while the subject is looked at */
	add_asker(s, q, &k.subjects);
	answer = ask_about(&k, &place, a);
	if (!q->target || !verdict_allows(answer.verdict))
		return answer;
	place = find_place(s, q->target, a);
	target = ask_about(&k, &place, a);
	return verdict_allows(target.verdict) ? answer : (struct answer){target.verdict, q->target, {0}};
}

void ask_name_subjects(const struct snapshot *s, const struct ask *q, struct arena *a, struct query *ret)
{
	struct subjects l = {.arena = a};

	add_asker(s, q, &l);
	ret->subjects = l.items;
	ret->n_subjects = l.n;
}

bool ask_name_resource(const struct snapshot *s, const struct ask_resource *r, struct arena *a, struct query *ret)
{
	const struct place place = find_place(s, r, a);
	struct attributes known;

	if (!name_resource(s, r, a, &ret->resource))
		return false;
	if (s->n_docs[DOC_TAG_POLICY]) {
		known = tags_of(&place, a);
		set_selectors(s, &known, r->type, a, ret);
	}
	return true;
}

struct deciding snapshot_deciding(const struct snapshot *s, struct verdict v)
{
	const struct policy_attachment *at;

	if (v.effect == EFFECT_NONE)
		return (struct deciding){0};
	if (v.kind == DOC_POLICY_ATTACHMENT && (at = FIND(s, policy_attachment, POLICY_ATTACHMENT, v.document)))
		return (struct deciding){DOC_TAG_POLICY, at->policy};
	return (struct deciding){(enum document_kind)v.kind, v.document};
}
