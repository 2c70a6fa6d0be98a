/* SPDX-License-Identifier: Apache-2.0 */
#include "langsmith-twin.h"

#include "print.h"
#include "search-check.h"

/* ---- what is in a world ------------------------------------------------------------------------------------ */

static void enter(struct world_entries *all, enum document_kind kind, const struct world_item *item)
{
	assert(all->n < WORLD_MAX_ENTRIES);
	all->items[all->n++] = (struct world_entry){kind, item};
}

#define ENTER(all, kind, list, n)                                                                                      \
	do {                                                                                                           \
		for (size_t i_ = 0; i_ < (n); i_++)                                                                    \
			enter(all, kind, (const struct world_item *)(const void *)&(list)[i_]);                        \
	} while (0)

void world_entries(const struct world *w, struct world_entries *ret)
{
	ret->n = 0;
	enter(ret, DOC_ORGANIZATION, &w->organization);
	ENTER(ret, DOC_TENANT, w->workspaces, w->n_workspaces);
	ENTER(ret, DOC_USER, w->users, w->n_users);
	ENTER(ret, DOC_SERVICE_ACCOUNT, w->services, w->n_services);
	ENTER(ret, DOC_GROUP, w->groups, w->n_groups);
	ENTER(ret, DOC_GROUP_MEMBER, w->group_members, w->n_group_members);
	ENTER(ret, DOC_ROLE, w->roles, w->n_roles);
	ENTER(ret, DOC_ROLE_MEMBER, w->memberships, w->n_memberships);
	ENTER(ret, DOC_TAG_POLICY, w->policies, w->n_policies);
	ENTER(ret, DOC_POLICY_ATTACHMENT, w->attachments, w->n_attachments);
	ENTER(ret, DOC_RESOURCE, w->resources, w->n_resources);
}

/* Drops the items of the list for which the condition, about `x`, is true. */
#define DROP_IF(list, n, x, condition)                                                                                 \
	do {                                                                                                           \
		size_t n_kept_ = 0;                                                                                    \
		for (size_t i_ = 0; i_ < (n); i_++) {                                                                  \
			__typeof__(&(list)[0]) x = &(list)[i_];                                                        \
			if (!(condition))                                                                              \
				(list)[n_kept_++] = *x;                                                                \
		}                                                                                                      \
		(n) = n_kept_;                                                                                         \
	} while (0)

static void remove_memberships_of(struct world *w, struct str type, struct str who)
{
	DROP_IF(w->memberships, w->n_memberships, m, str_eq(m->type, type) && str_eq(m->who, who));
}

static void remove_workspace(struct world *w, struct str id)
{
	DROP_IF(w->workspaces, w->n_workspaces, x, str_eq(x->id, id));
	DROP_IF(w->memberships, w->n_memberships, x, str_eq(x->workspace, id));
	DROP_IF(w->attachments, w->n_attachments, x, str_eq(x->workspace, id));
	DROP_IF(w->resources, w->n_resources, x, str_eq(x->workspace, id));
}

static void remove_user(struct world *w, struct str id)
{
	for (size_t i = 0; i < w->n_users; i++) {
		const struct world_user *u = &w->users[i];

		if (str_eq(u->item.id, id))
			DROP_IF(w->group_members, w->n_group_members, m,
			        str_eq(m->user, id) || (u->email.len && str_eq(m->user, u->email)));
	}
	DROP_IF(w->users, w->n_users, x, str_eq(x->item.id, id));
	remove_memberships_of(w, STR("user"), id);
}

static void remove_group(struct world *w, struct str id)
{
	DROP_IF(w->groups, w->n_groups, x, str_eq(x->id, id));
	DROP_IF(w->group_members, w->n_group_members, x, str_eq(x->group, id));
	DROP_IF(w->attachments, w->n_attachments, x, str_eq(x->group, id));
	remove_memberships_of(w, STR("group"), id);
}

/* Lists are never changed in place: what is left is the part before the role, or behind it when it is the first. */
static void detach_role(struct world *w, struct world_policy *p, struct str role)
{
	size_t at = 0;

	while (at < p->roles.n && !str_eq(p->roles.items[at], role))
		at++;
	if (at == p->roles.n)
		return;
	p->item.version = ++w->n_versions;
	if (at == 0)
		p->roles = (struct str_list){p->roles.items + 1, p->roles.n - 1};
	else
		p->roles.n = at;
}

static void remove_role(struct world *w, struct str id)
{
	DROP_IF(w->roles, w->n_roles, x, str_eq(x->item.id, id));
	DROP_IF(w->memberships, w->n_memberships, x, str_eq(x->role, id));
	for (size_t i = 0; i < w->n_policies; i++)
		detach_role(w, &w->policies[i], id);
}

void world_remove(struct world *w, enum document_kind kind, struct str id)
{
	/* clang-format off */
	switch ((int)kind) {
	case DOC_TENANT: remove_workspace(w, id); break;
	case DOC_USER: remove_user(w, id); break;
	case DOC_GROUP: remove_group(w, id); break;
	case DOC_ROLE: remove_role(w, id); break;
	case DOC_SERVICE_ACCOUNT:
		DROP_IF(w->services, w->n_services, x, str_eq(x->id, id));
		remove_memberships_of(w, STR("service"), id);
		break;
	case DOC_TAG_POLICY:
		DROP_IF(w->policies, w->n_policies, x, str_eq(x->item.id, id));
		DROP_IF(w->attachments, w->n_attachments, x, str_eq(x->policy, id));
		break;
	case DOC_GROUP_MEMBER: DROP_IF(w->group_members, w->n_group_members, x, str_eq(x->item.id, id)); break;
	case DOC_ROLE_MEMBER: DROP_IF(w->memberships, w->n_memberships, x, str_eq(x->item.id, id)); break;
	case DOC_POLICY_ATTACHMENT: DROP_IF(w->attachments, w->n_attachments, x, str_eq(x->item.id, id)); break;
	case DOC_RESOURCE: DROP_IF(w->resources, w->n_resources, x, str_eq(x->item.id, id)); break;
	default: break;
	}
	/* clang-format on */
}

/* ---- documents --------------------------------------------------------------------------------------------- */

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

static void put_policy(struct snapshot *s, const struct world_policy *p, struct arena *a)
{
	struct tag_group *groups = ARENA_ARRAY(a, struct tag_group, p->n_groups);

	for (size_t i = 0; i < p->n_groups; i++) {
		const struct world_condition_group *g = &p->groups[i];
		struct tag_condition *conditions = ARENA_ARRAY(a, struct tag_condition, g->n_conditions);

		for (size_t k = 0; k < g->n_conditions; k++)
			conditions[k] = (struct tag_condition){STR("resource_tag_key"), g->conditions[k].key,
			                                       g->conditions[k].op, g->conditions[k].value};
		groups[i] = (struct tag_group){g->permission, g->type, conditions, g->n_conditions};
	}
	put(s, p->item.id,
	    &(struct tag_policy){.doc.kind = DOC_TAG_POLICY,
	                         .name = p->item.id,
	                         .deny = p->deny,
	                         .groups = groups,
	                         .n_groups = p->n_groups,
	                         .roles = p->roles}
	         .doc);
}

static void put_resource(struct snapshot *s, const struct world_resource *r, struct arena *a)
{
	struct resource_tag *tags = ARENA_ARRAY(a, struct resource_tag, r->n_tags);

	for (size_t i = 0; i < r->n_tags; i++)
		tags[i] = (struct resource_tag){.key = r->tags[i].key, .value = r->tags[i].value};
	put(s, r->item.id,
	    &(struct resource){.doc.kind = DOC_RESOURCE,
	                       .type = r->type,
	                       .resource_id = r->name,
	                       .tenant = r->workspace,
	                       .parent = r->parent,
	                       .tags = tags,
	                       .n_tags = r->n_tags}
	         .doc);
}

static void put_role(struct snapshot *s, const struct world_role *r)
{
	put(s, r->item.id, &(struct role){.doc.kind = DOC_ROLE, .actions = r->permissions, .scope = r->scope}.doc);
}

static void put_membership(struct snapshot *s, const struct world_membership *m)
{
	put(s, m->item.id,
	    &(struct role_member){.doc.kind = DOC_ROLE_MEMBER,
	                          .role = m->role,
	                          .principal_type = m->type,
	                          .principal_id = m->who,
	                          .tenant = m->workspace}
	         .doc);
}

static void put_attachment(struct snapshot *s, const struct world_attachment *at)
{
	put(s, at->item.id,
	    &(struct policy_attachment){
	        .doc.kind = DOC_POLICY_ATTACHMENT, .policy = at->policy, .group = at->group, .tenant = at->workspace}
	         .doc);
}

static void put_group_member(struct snapshot *s, const struct world_group_member *m)
{
	put(s, m->item.id,
	    &(struct group_member){.doc.kind = DOC_GROUP_MEMBER, .group = m->group, .member = m->user}.doc);
}

#define AS(type, item) ((const struct type *)(const void *)(item))

static void put_entry(struct snapshot *s, const struct world *w, const struct world_entry *e, struct arena *a)
{
	struct str id = e->item->id;

	/* clang-format off */
	switch ((int)e->kind) {
	case DOC_ORGANIZATION:
		put(s, id, &(struct organization){.doc.kind = DOC_ORGANIZATION, .rbac_is_off = w->rbac_is_off,
		                                  .abac_is_off = w->abac_is_off}.doc);
		break;
	case DOC_TENANT: put(s, id, &(struct tenant){.doc.kind = DOC_TENANT}.doc); break;
	case DOC_USER:
		put(s, id, &(struct user){.doc.kind = DOC_USER, .email = AS(world_user, e->item)->email}.doc);
		break;
	case DOC_SERVICE_ACCOUNT: put(s, id, &(struct service_account){.doc.kind = DOC_SERVICE_ACCOUNT}.doc); break;
	case DOC_GROUP: put(s, id, &(struct group){.doc.kind = DOC_GROUP, .type = STR("team")}.doc); break;
	case DOC_GROUP_MEMBER: put_group_member(s, AS(world_group_member, e->item)); break;
	case DOC_ROLE: put_role(s, AS(world_role, e->item)); break;
	case DOC_ROLE_MEMBER: put_membership(s, AS(world_membership, e->item)); break;
	case DOC_TAG_POLICY: put_policy(s, AS(world_policy, e->item), a); break;
	case DOC_POLICY_ATTACHMENT: put_attachment(s, AS(world_attachment, e->item)); break;
	case DOC_RESOURCE: put_resource(s, AS(world_resource, e->item), a); break;
	default: assert(false);
	}
	/* clang-format on */
}

struct snapshot *world_snapshot_new(uint64_t seed)
{
	struct snapshot *s = snapshot_new(WORLD_ORGANIZATION, seed);
	size_t n;
	const struct role *roles = langsmith_roles(&n);

	for (size_t i = 0; i < n; i++) {
		struct role copy = roles[i];

		put(s, copy.doc.id, &copy.doc);
	}
	return s;
}

static const struct world_entry *find_entry(const struct world_entries *all, const struct world_entry *like)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->items[i].kind == like->kind && str_eq(all->items[i].item->id, like->item->id))
			return &all->items[i];
	return NULL;
}

/* A change of the snapshot: with `is_gone` the entry is one of the old world. */
struct move {
	struct world_entry entry;
	bool is_gone;
};

static size_t moves_between(const struct world_entries *from, const struct world_entries *to, struct move *moves)
{
	size_t n = 0;

	for (size_t i = 0; i < from->n; i++)
		if (!find_entry(to, &from->items[i]))
			moves[n++] = (struct move){from->items[i], true};
	for (size_t i = 0; i < to->n; i++) {
		const struct world_entry *old = find_entry(from, &to->items[i]);

		if (!old || old->item->version != to->items[i].item->version)
			moves[n++] = (struct move){to->items[i], false};
	}
	return n;
}

void world_move(struct snapshot *fork, const struct world *from, const struct world *to, struct choices *order)
{
	struct world_entries before = {.n = 0}, after;
	struct move moves[2 * WORLD_MAX_ENTRIES];
	struct arena a = ARENA_INIT;
	size_t n;

	if (from)
		world_entries(from, &before);
	world_entries(to, &after);
	n = moves_between(&before, &after, moves);
	for (size_t i = 0; i < n; i++) {
		size_t other = i + choose(order, (uint32_t)(n - i));
		struct move m = moves[other];

		moves[other] = moves[i];
		if (m.is_gone)
			(void)snapshot_remove(fork, m.entry.kind, m.entry.item->id);
		else
			put_entry(fork, to, &m.entry, &a);
	}
	arena_release(&a);
}

/* ---- the comparison ---------------------------------------------------------------------------------------- */

static bool complain(struct buf *b, const struct world_answer *want, const struct answer *got, struct deciding d)
{
	buf_addf(b, "oracle %s ", want->is_allowed ? "allow" : "not allowed");
	print_list(b, want->tenants);
	buf_addf(b, ", engine %s by " STR_FMT " ", effect_name(got->verdict.effect),
	         STR_ARG(d.kind ? document_kind_name(d.kind) : STR("nothing")));
	print_str(b, d.id);
	print_list(b, got->tenants);
	buf_addf(b, "\n");
	return false;
}

static bool same_list(struct str_list x, struct str_list y)
{
	for (size_t i = 0; x.n == y.n && i < x.n; i++)
		if (!str_eq(x.items[i], y.items[i]))
			return false;
	return x.n == y.n;
}

/* Looks on: what it is told is compared elsewhere (twin-check.c); here that nothing changes by it. */
static void look_on(struct observer *self UNUSED, const struct observed *what UNUSED)
{
}

static bool is_same_explained(const struct snapshot *s, const struct ask *q, const struct answer *got, struct arena *a)
{
	struct observer observer = {.statement = look_on};
	struct answer explained = snapshot_ask(s, q, a, &observer);

	return explained.verdict.effect == got->verdict.effect && explained.verdict.kind == got->verdict.kind &&
	       str_eq(explained.verdict.document, got->verdict.document) && same_list(explained.tenants, got->tenants);
}

bool world_check(const struct world *w, const struct snapshot *s, const struct ask *q, struct buf *complaint)
{
	struct arena a = ARENA_INIT;
	struct world_answer want = world_decide(w, q, &a);
	struct answer got = snapshot_ask(s, q, &a, NULL);
	struct deciding d = snapshot_deciding(s, got.verdict);
	bool is_good = true;

	if (verdict_allows(got.verdict) != want.is_allowed || !same_list(want.tenants, got.tenants))
		is_good = complain(complaint, &want, &got, d);
	else if (!world_may_decide(w, q, got.verdict.effect, d, &a)) {
		buf_addf(complaint, "not a legitimate decider: ");
		is_good = complain(complaint, &want, &got, d);
	} else if (!is_same_explained(s, q, &got, &a)) {
		buf_addf(complaint, "explained it is another answer: ");
		is_good = complain(complaint, &want, &got, d);
	}
	arena_release(&a);
	return is_good && search_check(s, q, complaint);
}
