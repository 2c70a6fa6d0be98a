/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ask.h"

#include "model/confident.h"

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

static void add_principal(const struct snapshot *s, struct subjects *l, struct str type, struct str id)
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
			add(l, arena_concat(l->arena, STR(SUBJECT_ROLE), doc->id), STR_NONE);
	}
}

void snapshot_subjects(const struct snapshot *s, struct str type, struct str id, struct arena *a,
                       const struct subject **ret_subjects, size_t *ret_n)
{
	struct subjects l = {.arena = a};

	add_principal(s, &l, type, id);
	*ret_subjects = l.items;
	*ret_n = l.n;
}

/* The one tenant of a question that lists none: named, the registered resource's, or the one the resource is. Absent:
 * none. */
static struct str single_tenant(const struct snapshot *s, const struct ask *q, struct arena *a)
{
	const struct resource *r;

	if (!str_is_absent(q->resource.tenant))
		return q->resource.tenant;
	if (s->n_docs[DOC_RESOURCE]) {
		r = FIND(s, resource, RESOURCE, arena_concat3(a, q->resource.type, STR("/"), q->resource.id));
		if (r && !str_is_absent(r->tenant))
			return r->tenant;
	}
	if (!str_is_empty(q->resource.id) && snapshot_find(s, DOC_TENANT, q->resource.id))
		return q->resource.id;
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

static void set_tenants(const struct snapshot *s, const struct ask *q, struct arena *a, struct query *query)
{
	struct str one;

	query->scope = SCOPE_LISTED;
	if (q->resource.lists_tenants) {
		query->tenants = q->resource.tenants;
	} else {
		one = single_tenant(s, q, a);
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

struct answer snapshot_ask(const struct snapshot *s, const struct ask *q, struct arena *a, struct observer *observer)
{
	struct subjects l = {.arena = a};
	struct answer answer = {0};
	struct query query = {.action = q->action, .now_ms = q->now_ms, .resource = q->resource.type};

	if (str_find(q->action, '*', 0) != SIZE_MAX)
		return answer;
	if (!str_eq(q->subject_type, STR("external")))
		add_principal(s, &l, q->subject_type, q->subject_id);
	for (size_t i = 0; i < q->raw_subjects.n; i++)
		add(&l, q->raw_subjects.items[i], STR_NONE);
	query.subjects = l.items;
	query.n_subjects = l.n;
	if (!str_is_empty(q->resource.id))
		query.resource = arena_concat3(a, q->resource.type, STR(":"), q->resource.id);
	set_tenants(s, q, a, &query);
	const struct attributes attributes = {.is_in_tenant = query_is_in_tenant(&query)};
	query.attributes = &attributes;
	struct str_list *tenants = q->resource.lists_tenants ? &answer.tenants : NULL;
	answer.verdict = observer ? engine_explain(&s->engine, &query, a, tenants, observer)
	                          : engine_decide(&s->engine, &query, a, tenants);
	return answer;
}
