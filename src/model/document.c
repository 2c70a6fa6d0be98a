/* SPDX-License-Identifier: Apache-2.0
 *
 * What documents are found by, beside their id: unique keys and links.
 */
#include "base/fold.h"
#include "model/aitronos.h"

#include "base/strs.h"

static struct str invitation_unique(struct arena *a, const struct invitation *i)
{
	if (str_is_absent(i->via))
		return arena_concat(a, STR("email:"), i->email);
	return arena_strf(a, "email:" STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(i->email), STR_ARG(i->via),
	                  STR_ARG(i->tenant));
}

/* Entity ids are free, hence the length. */
static struct str access_grant_unique(struct arena *a, const struct access_grant *g)
{
	return arena_strf(a, STR_FMT "/%zu/" STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(entity_type_name(g->entity_type)),
	                  g->entity_id.len, STR_ARG(g->entity_id), STR_ARG(grantee_type_name(g->grantee_type)),
	                  STR_ARG(g->grantee_id));
}

static struct str department_unique(struct arena *a, const struct group *g)
{
	if (!str_eq(g->type, STR(GROUP_DEPARTMENT)) || str_is_absent(g->display_name))
		return STR_NONE;
	return arena_concat(a, STR("name:"), g->display_name);
}

/* In whatever case: nobody shall take a role named "owner" for the Owner. */
static struct str aitronos_role_unique(struct arena *a, const struct role *r)
{
	return aitronos_is_role(r) ? arena_concat(a, STR("name:"), fold_str(a, str_trim(r->display_name))) : STR_NONE;
}

struct str document_unique_key(const struct document *doc, struct arena *a)
{
	if (doc->kind == DOC_GROUP)
		return department_unique(a, as_group(doc));
	if (doc->kind == DOC_ROLE)
		return aitronos_role_unique(a, as_role(doc));
	if (doc->kind == DOC_USER && !str_is_absent(as_user(doc)->email))
		return arena_concat(a, STR("email:"), as_user(doc)->email);
	if (doc->kind == DOC_TENANT && !str_is_absent(as_tenant(doc)->handle))
		return arena_concat(a, STR("handle:"), as_tenant(doc)->handle);
	if (doc->kind == DOC_INVITATION)
		return invitation_unique(a, as_invitation(doc));
	if (doc->kind == DOC_TAG_KEY)
		return tag_key_unique(a, as_tag_key(doc)->tenant, as_tag_key(doc)->key);
	if (doc->kind == DOC_TAG_VALUE)
		return tag_value_unique(a, as_tag_value(doc)->tag_key, as_tag_value(doc)->value);
	if (doc->kind == DOC_TAG_POLICY)
		return arena_concat(a, STR("name:"), as_tag_policy(doc)->name);
	if (doc->kind == DOC_PERMISSION_POLICY)
		return permission_policy_unique(a, as_permission_policy(doc)->tenant, as_permission_policy(doc)->name);
	if (doc->kind == DOC_GOVERNANCE_POLICY)
		return arena_concat(a, STR("name:"), as_governance_policy(doc)->name);
	if (doc->kind == DOC_ACCESS_GRANT)
		return access_grant_unique(a, as_access_grant(doc));
	if (doc->kind == DOC_ACCESS_TASK)
		return access_task_unique(a, as_access_task(doc)->requester, as_access_task(doc)->idempotency_key);
	return STR_NONE;
}

struct str tag_key_unique(struct arena *a, struct str tenant, struct str key)
{
	return arena_strf(a, "key:" STR_FMT "/" STR_FMT, STR_ARG(tenant), STR_ARG(key));
}

struct str tag_value_unique(struct arena *a, struct str tag_key, struct str value)
{
	return arena_strf(a, "value:" STR_FMT "/" STR_FMT, STR_ARG(tag_key), STR_ARG(value));
}

struct str permission_policy_unique(struct arena *a, struct str tenant, struct str name)
{
	return arena_strf(a, "name:" STR_FMT "/" STR_FMT, STR_ARG(tenant), STR_ARG(name));
}

/* Neither has a line break in it. */
struct str access_task_unique(struct arena *a, struct str requester, struct str idempotency_key)
{
	return str_is_absent(idempotency_key) ? STR_NONE : arena_concat3(a, requester, STR("\n"), idempotency_key);
}

struct str resource_member_link(struct arena *a, struct str type, struct str id)
{
	return arena_strf(a, "member:" STR_FMT "/" STR_FMT, STR_ARG(type), STR_ARG(id));
}

static void add(struct strs *l, struct str relation, struct str id)
{
	if (!str_is_empty(id))
		strs_add(l, arena_concat(l->arena, relation, id));
}

/* Some dialects number things: the place in creation order is such a number. */
static void add_number(struct strs *l, const struct document *doc)
{
	if (doc->seq)
		strs_add(l, arena_strf(l->arena, "number:%llu", (unsigned long long)doc->seq));
}

static void add_tenants(struct strs *l, struct str_list tenants)
{
	for (size_t i = 0; i < tenants.n; i++)
		add(l, STR("tenant:"), tenants.items[i]);
}

static void add_principal(struct strs *l, struct str type, struct str id)
{
	strs_add(l, arena_concat3(l->arena, STR("principal:"), arena_concat(l->arena, type, STR(":")), id));
}

static void add_policy(struct strs *l, const struct statement_policy *p)
{
	add_tenants(l, p->tenants);
	for (size_t i = 0; i < p->n_statements; i++) {
		add(l, STR("role:"), p->statements[i].role);
		add_tenants(l, p->statements[i].tenants);
	}
}

static struct str or_unassigned(struct str tenant)
{
	return str_is_empty(tenant) ? STR(TENANT_UNASSIGNED) : tenant;
}

static void add_role(struct strs *l, const struct role *r)
{
	add_tenants(l, r->tenants);
	/* What belongs to no tenant is found by where it can be held. */
	if (r->tenants.n == 0)
		add(l, STR("scope:"), r->scope);
	for (size_t i = 0; i < r->policies.n; i++)
		add(l, STR("policy:"), r->policies.items[i]);
}

static void add_resource(struct strs *l, const struct resource *r)
{
	add(l, STR("tenant:"), r->tenant);
	for (size_t i = 0; i < r->n_tags; i++) {
		add(l, STR("tag_value:"), r->tags[i].value_id);
		add(l, STR("tagging:"), r->tags[i].id);
	}
	/* Aitronos lists slices and stores, and the stores of a slice. */
	if (entity_type_of(r->type) != ENTITY_NONE) {
		add(l, STR("type:"), r->type);
		add(l, STR("parent:"), r->parent);
	}
	for (size_t i = 0; i < r->members.n; i++)
		strs_add(l, resource_member_link(l->arena, r->type, r->members.items[i]));
}

static void add_tag_policy(struct strs *l, const struct tag_policy *p)
{
	for (size_t i = 0; i < p->roles.n; i++)
		add(l, STR("role:"), p->roles.items[i]);
}

static void add_access_policy(struct strs *l, const struct access_policy *p)
{
	add_tenants(l, p->tenants);
	for (size_t i = 0; i < p->subjects.n; i++)
		add(l, STR("subject:"), p->subjects.items[i]);
}

static void add_owners(struct strs *l, struct str_list owners)
{
	for (size_t i = 0; i < owners.n; i++)
		add(l, STR("owner:"), owners.items[i]);
}

static void add_binding(struct strs *l, const struct entitlement_binding *b)
{
	struct str entitlement = arena_concat3(l->arena, b->app, STR("/"), b->entitlement_id);

	add(l, STR("entitlement:"), entitlement);
	add(l, STR("account:"), arena_concat3(l->arena, b->app, STR("/"), b->account_id));
	add(l, STR("user:"), b->user);
}

static void add_all(struct strs *l, struct str relation, struct str_list ids)
{
	for (size_t i = 0; i < ids.n; i++)
		add(l, relation, ids.items[i]);
}

struct str open_request_link(struct arena *a, const struct access_request *r, enum request_party party)
{
	struct str of = party == REQUEST_USER ? STR("open-of-user:") : STR("open-of-account:");
	struct str id = party == REQUEST_USER ? r->user : r->account_id;
	struct str entitlement = arena_concat3(a, r->app, STR("/"), r->entitlement_id);

	return str_is_empty(id) ? STR_NONE : arena_concat3(a, arena_concat(a, of, entitlement), STR("/"), id);
}

/* Open ones are looked for by what they are about and by who may act on them. */
static void add_open_request(struct strs *l, const struct access_request *r)
{
	const struct request_step *current = r->n_steps ? &r->steps[r->n_steps - 1] : NULL;

	strs_add(l, STR(OPEN_REQUESTS_LINK));
	if (!str_is_empty(r->entitlement_id))
		add(l, STR("open-entitlement:"), arena_concat3(l->arena, r->app, STR("/"), r->entitlement_id));
	if (!str_is_empty(r->action_id))
		add(l, STR("open-action:"), arena_concat3(l->arena, r->app, STR("/"), r->action_id));
	add(l, STR("open-user:"), r->user);
	add(l, STR(""), open_request_link(l->arena, r, REQUEST_USER));
	add(l, STR(""), open_request_link(l->arena, r, REQUEST_ACCOUNT));
	if (current && current->state == STEP_ACTIVE)
		add_all(l, STR("approver:"), current->approvers);
}

static void add_request(struct strs *l, const struct access_request *r)
{
	strs_add(l, arena_strf(l->arena, "number:%lld", (long long)r->number));
	add(l, STR("user:"), r->user);
	add(l, STR("account:"), r->account_id);
	add(l, STR("app:"), r->app);
	add(l, STR("entitlement:"), r->entitlement_id);
	add(l, STR("opener:"), r->created_by);
	add(l, STR("review:"), r->review);
	add(l, STR("parent:"), r->parent);
	add_all(l, STR("decider:"), r->decided_by);
	if (r->state == REQUEST_OPEN)
		add_open_request(l, r);
}

static void add_task(struct strs *l, const struct access_task *t)
{
	for (uint32_t i = 0; json_is(t->items, JSON_ARRAY) && i < t->items->n; i++) {
		add(l, STR("request:"), json_get_str(&t->items->items[i], STR("request")));
		add(l, STR("approval:"), json_get_str(&t->items->items[i], STR("approval")));
		add(l, STR("token:"), json_get_str(&t->items->items[i], STR("token")));
	}
}

/* Sorts and drops what stands twice: a policy may name one tenant in a thousand statements. */
static struct str_list without_duplicates(struct strs *l)
{
	size_t kept = 0;

	if (l->n > 1)
		qsort(l->items, l->n, sizeof(*l->items), str_qsort);
	for (size_t i = 0; i < l->n; i++)
		if (kept == 0 || !str_eq(l->items[kept - 1], l->items[i]))
			l->items[kept++] = l->items[i];
	return (struct str_list){l->items, kept};
}

struct str_list document_links(const struct document *doc, struct arena *a)
{
	struct strs l = {.arena = a};

	switch (doc->kind) {
	case DOC_USER:
		add(&l, STR("delegate:"), as_user(doc)->delegate);
		add(&l, STR("manager:"), as_user(doc)->manager);
		add(&l, STR("name:"), as_user(doc)->display_name);
		break;
	case DOC_GROUP:
		add_tenants(&l, as_group(doc)->tenants);
		add(&l, STR("parent:"), as_group(doc)->parent);
		add(&l, STR("name:"), as_group(doc)->display_name);
		break;
	case DOC_GROUP_MEMBER:
		add(&l, STR("group:"), as_group_member(doc)->group);
		add_principal(&l, STR("user"), as_group_member(doc)->member);
		break;
	case DOC_ROLE:
		add_role(&l, as_role(doc));
		break;
	case DOC_TENANT:
		add(&l, STR("governance_policy:"), as_tenant(doc)->governance_policy);
		break;
	case DOC_PERMISSION_POLICY:
		add(&l, STR("tenant:"), or_unassigned(as_permission_policy(doc)->tenant));
		break;
	case DOC_ROLE_MEMBER:
		add(&l, STR("role:"), as_role_member(doc)->role);
		add(&l, STR("tenant:"), as_role_member(doc)->tenant);
		add_principal(&l, as_role_member(doc)->principal_type, as_role_member(doc)->principal_id);
		break;
	case DOC_RESOURCE:
		add_resource(&l, as_resource(doc));
		break;
	case DOC_KEY:
		add_number(&l, doc);
		add_tenants(&l, as_key(doc)->tenants);
		if (!str_is_absent(as_key(doc)->via) && !as_key(doc)->is_bound)
			add(&l, STR("tenant:"), STR(TENANT_UNASSIGNED));
		add_principal(&l, as_key(doc)->principal_type, as_key(doc)->principal_id);
		break;
	case DOC_STATEMENT_POLICY:
		add_policy(&l, as_statement_policy(doc));
		break;
	case DOC_TAG_KEY:
		add(&l, STR("tenant:"), as_tag_key(doc)->tenant);
		break;
	case DOC_TAG_VALUE:
		add(&l, STR("tenant:"), as_tag_value(doc)->tenant);
		add(&l, STR("tag_key:"), as_tag_value(doc)->tag_key);
		break;
	case DOC_TAG_POLICY:
		add_tag_policy(&l, as_tag_policy(doc));
		break;
	case DOC_POLICY_ATTACHMENT:
		add(&l, STR("policy:"), as_policy_attachment(doc)->policy);
		add(&l, STR("group:"), as_policy_attachment(doc)->group);
		add(&l, STR("tenant:"), as_policy_attachment(doc)->tenant);
		break;
	case DOC_INVITATION:
		add_number(&l, doc);
		add(&l, STR("email:"), as_invitation(doc)->email);
		if (!str_is_absent(as_invitation(doc)->via))
			add(&l, STR("tenant:"), or_unassigned(as_invitation(doc)->tenant));
		add(&l, STR("role:"), as_invitation(doc)->role);
		add(&l, STR("role:"), as_invitation(doc)->tenant_role);
		add_tenants(&l, as_invitation(doc)->tenants);
		break;
	case DOC_APP:
		add_owners(&l, as_app(doc)->owners);
		break;
	case DOC_ACCESS_REVIEW:
		add_owners(&l, as_access_review(doc)->owners);
		break;
	case DOC_ACCESS_REVIEW_TEMPLATE:
		add_owners(&l, as_access_review_template(doc)->owners);
		break;
	case DOC_APP_RESOURCE_TYPE:
		add(&l, STR("app:"), as_app_resource_type(doc)->app);
		break;
	case DOC_APP_ENTITLEMENT:
		add(&l, STR("app:"), as_app_entitlement(doc)->app);
		add(&l, STR("entitlement:"), as_app_entitlement(doc)->entitlement_id);
		add_owners(&l, as_app_entitlement(doc)->owners);
		break;
	case DOC_APP_ACTION:
		add(&l, STR("app:"), as_app_action(doc)->app);
		add(&l, STR("action:"), as_app_action(doc)->action_id);
		add_owners(&l, as_app_action(doc)->assignees);
		break;
	case DOC_APP_USER:
		add(&l, STR("app:"), as_app_user(doc)->app);
		add(&l, STR("user:"), as_app_user(doc)->user);
		break;
	case DOC_ENTITLEMENT_BINDING:
		add_binding(&l, as_entitlement_binding(doc));
		break;
	case DOC_ACCESS_REQUEST:
		add_request(&l, as_access_request(doc));
		break;
	case DOC_ACCESS_TASK:
		add_task(&l, as_access_task(doc));
		break;
	case DOC_REQUEST_EVENT:
		add(&l, STR("request:"), as_request_event(doc)->request);
		break;
	case DOC_OAUTH_CLIENT:
		add_principal(&l, STR("user"), as_oauth_client(doc)->user);
		break;
	case DOC_TOKEN_ISSUER:
		add(&l, STR("issuer:"), as_token_issuer(doc)->issuer);
		if (!str_is_absent(as_token_issuer(doc)->principal_id))
			add_principal(&l, as_token_issuer(doc)->principal_type, as_token_issuer(doc)->principal_id);
		break;
	case DOC_ACCESS_POLICY:
		add_access_policy(&l, as_access_policy(doc));
		break;
	case DOC_SEPARATION:
		add_all(&l, STR("role:"), as_separation(doc)->roles);
		break;
	case DOC_NONE:
	case DOC_APPROVAL_POLICY: /* what it refers to is found by reading its rules */
	case DOC_WEBHOOK:
	case DOC_WEBHOOK_CALL:
	case DOC_GOVERNANCE_POLICY:
	case DOC_ACCESS_GRANT: /* snapshots index them in their own way */
	case DOC_ORGANIZATION:
	case DOC_SERVICE_ACCOUNT:
	case DOC_N_KINDS:
		break;
	}
	return without_duplicates(&l);
}

bool document_member_is_secret(enum document_kind kind, struct str member)
{
	/* What is approved is known by ids that stand among a task's items. */
	return (kind == DOC_KEY && str_eq(member, STR("hash"))) ||
	       (kind == DOC_ACCESS_TASK && str_eq(member, STR("items")));
}
