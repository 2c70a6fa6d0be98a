/* SPDX-License-Identifier: Apache-2.0 */
#include "service/cascade.h"

#include "model/confident.h"
#include "model/native.h"
#include "base/strs.h"
#include "service/access_policies.h"
#include "service/directory_keys.h"
#include "service/grants.h"
#include "service/iam.h"
#include "service/invitations.h"
#include "service/separations.h"

/* The documents of a kind under a link, found once: what is put meanwhile does not show in t->snapshot. */
struct linked {
	const struct document *const *docs;
	size_t n;
};

static struct linked linked(struct txn *t, enum document_kind kind, struct str relation, struct str id)
{
	struct linked l;

	l.n = snapshot_linked(t->snapshot, kind, arena_concat(t->arena, relation, id), t->arena, &l.docs);
	return l;
}

static void delete_all(struct txn *t, struct linked l)
{
	for (size_t i = 0; i < l.n; i++)
		txn_delete(t, l.docs[i]->kind, l.docs[i]->id);
}

static bool is_system(const struct statement_policy *p)
{
	return str_eq(p->type, STR(POLICY_TYPE_SYSTEM));
}

static struct str_list without(struct str_list list, struct str item, struct arena *a)
{
	return iam_difference(list, (struct str_list){&item, 1}, a);
}

/* ---- policies ---------------------------------------------------------------------------------------- */

/* What is left of a statement: false when nothing is. */
typedef bool shrink_fn(struct policy_statement *statement, struct str id, struct arena *a);

static bool shrink_by_role(struct policy_statement *s, struct str role, struct arena *a UNUSED)
{
	if (!str_eq(s->role, role))
		return true;
	s->role = STR_NONE;
	return s->actions.n != 0;
}

static bool shrink_by_tenant(struct policy_statement *s, struct str tenant, struct arena *a)
{
	if (!str_list_has(s->tenants, tenant))
		return true;
	s->tenants = without(s->tenants, tenant, a);
	return s->tenants.n != 0;
}

static bool is_shorter(const struct policy_statement *now, const struct policy_statement *before)
{
	return now->tenants.n < before->tenants.n || !str_eq(now->role, before->role);
}

/* Stores the policy with what is left of its statements, or deletes it when nothing is. */
static void shrink_policy(struct txn *t, const struct statement_policy *old, struct statement_policy *new,
                          shrink_fn *shrink, struct str id, struct cascade_effect *effect)
{
	struct policy_statement *left = ARENA_ARRAY(t->arena, struct policy_statement, old->n_statements);
	size_t n = 0;

	for (size_t i = 0; i < old->n_statements; i++) {
		const struct policy_statement *before = &old->statements[i];
		bool stays;

		left[n] = *before;
		stays = shrink(&left[n], id, t->arena);
		effect->n_denies_lost += before->deny && (!stays || is_shorter(&left[n], before));
		n += stays;
	}
	new->statements = left;
	new->n_statements = n;
	if (n == 0 && !str_eq(old->type, STR(POLICY_TYPE_MANAGED))) {
		txn_delete(t, DOC_STATEMENT_POLICY, old->doc.id);
		effect->n_policies_deleted++;
	} else {
		txn_put(t, &new->doc);
		effect->n_policies_changed++;
	}
}

/* Takes one member out of every policy. Members are not indexed: policies are few beside what they are about. */
static void purge_subject(struct txn *t, struct str subject, struct cascade_effect *effect)
{
	const struct document *doc;
	uint64_t at = 0;

	while ((doc = snapshot_next(t->snapshot, DOC_STATEMENT_POLICY, &at))) {
		struct statement_policy p = *as_statement_policy(doc);

		if (is_system(&p) || !str_list_has(p.members, subject))
			continue;
		p.members = without(p.members, subject, t->arena);
		txn_put(t, &p.doc);
		effect->n_policies_changed++;
		for (size_t i = 0; i < p.n_statements; i++)
			effect->n_denies_lost += p.statements[i].deny;
	}
}

/* Takes one subject out of every access policy. */
static void take_subject(struct txn *t, enum document_kind kind, struct str id, struct cascade_effect *effect)
{
	struct str subject = access_policy_subject(t->arena, kind, id);

	access_policies_lose(t, &(struct access_policy_gone){.subjects = {&subject, 1}}, effect);
}

/* ---- tag policies ------------------------------------------------------------------------------------- */

static void take_role_from_tag_policies(struct txn *t, struct str role, struct cascade_effect *effect)
{
	struct linked policies = linked(t, DOC_TAG_POLICY, STR("role:"), role);

	for (size_t i = 0; i < policies.n; i++) {
		struct tag_policy p = *as_tag_policy(policies.docs[i]);

		widening_add_policy(&effect->widening, t, &p);
		p.roles = without(p.roles, role, t->arena);
		txn_put(t, &p.doc);
		effect->n_policies_changed++;
	}
}

/* The attachments to a group, or those that count in a tenant. */
static void delete_attachments(struct txn *t, struct linked attachments, struct cascade_effect *effect)
{
	for (size_t i = 0; i < attachments.n; i++) {
		struct str policy = as_policy_attachment(attachments.docs[i])->policy;

		widening_add_policy(&effect->widening, t, FIND(t->snapshot, tag_policy, TAG_POLICY, policy));
	}
	delete_all(t, attachments);
}

/* ---- how much goes ------------------------------------------------------------------------------------ */

/* Which documents each kind takes with it, and under which link. */
static const struct {
	enum document_kind gone, with_it;
	struct str relation;
} taken[] = {
    {DOC_ROLE, DOC_ROLE_MEMBER, STR_INIT("role:")},
    {DOC_ROLE, DOC_STATEMENT_POLICY, STR_INIT("role:")},
    {DOC_ROLE, DOC_TAG_POLICY, STR_INIT("role:")},
    {DOC_ROLE, DOC_INVITATION, STR_INIT("role:")},
    {DOC_ROLE, DOC_ACCESS_POLICY, STR_INIT("subject:role:")},
    {DOC_ROLE, DOC_SEPARATION, STR_INIT("role:")},
    {DOC_TENANT, DOC_ACCESS_POLICY, STR_INIT("tenant:")},
    {DOC_TENANT, DOC_STATEMENT_POLICY, STR_INIT("tenant:")},
    {DOC_TENANT, DOC_ROLE, STR_INIT("tenant:")},
    {DOC_TENANT, DOC_GROUP, STR_INIT("tenant:")},
    {DOC_TENANT, DOC_ROLE_MEMBER, STR_INIT("tenant:")},
    {DOC_TENANT, DOC_KEY, STR_INIT("tenant:")},
    {DOC_TENANT, DOC_KEY, STR_INIT("tenant:")}, /* once more for the service that a key takes along */
    {DOC_TENANT, DOC_RESOURCE, STR_INIT("tenant:")},
    {DOC_TENANT, DOC_TAG_KEY, STR_INIT("tenant:")},
    {DOC_TENANT, DOC_TAG_VALUE, STR_INIT("tenant:")},
    {DOC_TENANT, DOC_POLICY_ATTACHMENT, STR_INIT("tenant:")},
    {DOC_TENANT, DOC_PERMISSION_POLICY, STR_INIT("tenant:")},
    {DOC_TENANT, DOC_INVITATION, STR_INIT("tenant:")},
    {DOC_GOVERNANCE_POLICY, DOC_TENANT, STR_INIT("governance_policy:")},
    {DOC_GROUP, DOC_GROUP_MEMBER, STR_INIT("group:")},
    {DOC_GROUP, DOC_ROLE_MEMBER, STR_INIT("principal:group:")},
    {DOC_GROUP, DOC_GROUP, STR_INIT("parent:")},
    {DOC_GROUP, DOC_POLICY_ATTACHMENT, STR_INIT("group:")},
    {DOC_GROUP, DOC_ACCESS_POLICY, STR_INIT("subject:group:")},
    {DOC_RESOURCE, DOC_RESOURCE, STR_INIT("member:")}, /* resource_member_link() */
    {DOC_USER, DOC_GROUP_MEMBER, STR_INIT("principal:user:")},
    {DOC_USER, DOC_ROLE_MEMBER, STR_INIT("principal:user:")},
    {DOC_USER, DOC_ACCESS_POLICY, STR_INIT("subject:user:")},
    {DOC_USER, DOC_KEY, STR_INIT("principal:user:")},
    {DOC_USER, DOC_OAUTH_CLIENT, STR_INIT("principal:user:")},
    {DOC_USER, DOC_TOKEN_ISSUER, STR_INIT("principal:user:")},
    {DOC_USER, DOC_USER, STR_INIT("delegate:")},
    {DOC_USER, DOC_APP, STR_INIT("owner:")},
    {DOC_USER, DOC_APP_ENTITLEMENT, STR_INIT("owner:")},
    {DOC_USER, DOC_APP_ACTION, STR_INIT("owner:")},
    {DOC_USER, DOC_ACCESS_REVIEW, STR_INIT("owner:")},
    {DOC_USER, DOC_ACCESS_REVIEW_TEMPLATE, STR_INIT("owner:")},
    {DOC_USER, DOC_APP_USER, STR_INIT("user:")},
    {DOC_USER, DOC_ENTITLEMENT_BINDING, STR_INIT("user:")},
    {DOC_USER, DOC_ACCESS_REQUEST, STR_INIT("open-user:")},
    {DOC_USER, DOC_ACCESS_REQUEST, STR_INIT("open-user:")}, /* three times more for what the trail says of each */
    {DOC_USER, DOC_ACCESS_REQUEST, STR_INIT("open-user:")},
    {DOC_USER, DOC_ACCESS_REQUEST, STR_INIT("open-user:")},
    {DOC_APP_ENTITLEMENT, DOC_ENTITLEMENT_BINDING, STR_INIT("entitlement:")},
    {DOC_APP_ENTITLEMENT, DOC_ACCESS_REQUEST, STR_INIT("open-entitlement:")},
    {DOC_APP_ENTITLEMENT, DOC_ACCESS_REQUEST, STR_INIT("open-entitlement:")},
    {DOC_APP_ENTITLEMENT, DOC_ACCESS_REQUEST, STR_INIT("open-entitlement:")},
    {DOC_APP_ENTITLEMENT, DOC_ACCESS_REQUEST, STR_INIT("open-entitlement:")},
    {DOC_APP_USER, DOC_ENTITLEMENT_BINDING, STR_INIT("account:")},
    {DOC_SERVICE_ACCOUNT, DOC_ROLE_MEMBER, STR_INIT("principal:service:")},
    {DOC_SERVICE_ACCOUNT, DOC_ACCESS_POLICY, STR_INIT("subject:service:")},
    {DOC_SERVICE_ACCOUNT, DOC_KEY, STR_INIT("principal:service:")},
};

/* Grants to roles that go with their tenant. */
static uint64_t grants_of_project_roles(struct txn *t, struct str tenant)
{
	struct linked roles = linked(t, DOC_ROLE, STR("tenant:"), tenant);
	uint64_t n = 0;

	for (size_t i = 0; i < roles.n; i++)
		if (confident_is_project_role(as_role(roles.docs[i])))
			n += grants_held_by(t->snapshot, DOC_ROLE, roles.docs[i]->id);
	return n;
}

bool cascade_fits(struct txn *t, enum document_kind kind, struct str id)
{
	bool is_subject = kind == DOC_GROUP || kind == DOC_USER || kind == DOC_SERVICE_ACCOUNT;
	/* A subject's name may stand in any policy. */
	size_t n = is_subject ? (size_t)t->snapshot->n_docs[DOC_STATEMENT_POLICY] : 0;

	for (size_t i = 0; i < N_ELEMENTS(taken); i++)
		if (taken[i].gone == kind)
			n += linked(t, taken[i].with_it, taken[i].relation, id).n;
	if (kind == DOC_APP)
		n += cascade_size_of_app(t, id);
	n += kind == DOC_TENANT ? grants_of_project_roles(t, id) : grants_held_by(t->snapshot, kind, id);
	return n <= CASCADE_MAX_DOCUMENTS;
}

/* ---- the cascades ------------------------------------------------------------------------------------ */

struct cascade_effect cascade_role(struct txn *t, struct str role)
{
	struct cascade_effect effect = {0};
	struct linked policies = linked(t, DOC_STATEMENT_POLICY, STR("role:"), role);

	for (size_t i = 0; i < policies.n; i++) {
		const struct statement_policy *old = as_statement_policy(policies.docs[i]);
		struct statement_policy new = *old;

		if (!is_system(old))
			shrink_policy(t, old, &new, shrink_by_role, role, &effect);
	}
	take_role_from_tag_policies(t, role, &effect);
	take_subject(t, DOC_ROLE, role, &effect);
	delete_all(t, linked(t, DOC_ROLE_MEMBER, STR("role:"), role));
	separations_lose_role(t, role);
	invitations_lose_role(t, role);
	grants_end_all(t, DOC_ROLE, role);
	return effect;
}

static void take_tenant_from_policies(struct txn *t, struct str tenant, struct cascade_effect *effect)
{
	struct linked policies = linked(t, DOC_STATEMENT_POLICY, STR("tenant:"), tenant);

	for (size_t i = 0; i < policies.n; i++) {
		const struct statement_policy *old = as_statement_policy(policies.docs[i]);
		struct statement_policy new = *old;

		if (is_system(old))
			continue;
		new.tenants = without(old->tenants, tenant, t->arena);
		shrink_policy(t, old, &new, shrink_by_tenant, tenant, effect);
	}
}

static void take_tenant_from_roles_and_groups(struct txn *t, struct str tenant)
{
	struct linked roles = linked(t, DOC_ROLE, STR("tenant:"), tenant);
	struct linked groups = linked(t, DOC_GROUP, STR("tenant:"), tenant);

	for (size_t i = 0; i < roles.n; i++) {
		struct role role = *as_role(roles.docs[i]);

		/* A role of one project goes with it; the memberships held in the project go below. */
		if (confident_is_project_role(&role)) {
			txn_delete(t, DOC_ROLE, role.doc.id);
			grants_end_all(t, DOC_ROLE, role.doc.id);
			continue;
		}
		role.tenants = without(role.tenants, tenant, t->arena);
		txn_put(t, &role.doc);
	}
	for (size_t i = 0; i < groups.n; i++) {
		struct group group = *as_group(groups.docs[i]);

		group.tenants = without(group.tenants, tenant, t->arena);
		txn_put(t, &group.doc);
	}
}

/* A key that goes with the only tenant it is bound to, and the account that was made for it. */
static void delete_key(struct txn *t, const struct key *key, struct str tenant)
{
	const struct service_account *account = key_account(t->snapshot, key);
	struct linked held;

	txn_delete(t, DOC_KEY, key->doc.id);
	if (!account)
		return;
	held = linked(t, DOC_ROLE_MEMBER, STR("principal:service:"), account->doc.id);
	/* What is held in the tenant goes with that. */
	for (size_t i = 0; i < held.n; i++)
		if (!str_eq(as_role_member(held.docs[i])->tenant, tenant))
			txn_delete(t, DOC_ROLE_MEMBER, held.docs[i]->id);
	txn_delete(t, DOC_SERVICE_ACCOUNT, account->doc.id);
}

static void take_tenant_from_keys(struct txn *t, struct str tenant)
{
	struct linked keys = linked(t, DOC_KEY, STR("tenant:"), tenant);

	for (size_t i = 0; i < keys.n; i++) {
		struct key key = *as_key(keys.docs[i]);

		key.tenants = without(key.tenants, tenant, t->arena);
		if (str_eq(key.default_tenant, tenant))
			key.default_tenant = STR_NONE;
		/* A bound key without tenants could do nothing: it goes. */
		if (key.tenants.n == 0)
			delete_key(t, &key, tenant);
		else
			txn_put(t, &key.doc);
	}
}

/* The tags of a resource without its tenant's catalog: what decisions read of them stays. */
static const struct resource_tag *texts_of_tags(const struct resource *r, struct arena *a)
{
	struct resource_tag *tags = ARENA_ARRAY(a, struct resource_tag, r->n_tags);

	for (size_t i = 0; i < r->n_tags; i++)
		tags[i] = (struct resource_tag){.key = r->tags[i].key, .value = r->tags[i].value};
	return tags;
}

static void take_tenant_from_resources(struct txn *t, struct str tenant)
{
	struct linked resources = linked(t, DOC_RESOURCE, STR("tenant:"), tenant);

	for (size_t i = 0; i < resources.n; i++) {
		struct resource resource = *as_resource(resources.docs[i]);

		resource.tenant = STR_NONE;
		resource.tags = texts_of_tags(&resource, t->arena);
		txn_put(t, &resource.doc);
	}
}

/* The tenant, its project roles and the accounts that go with its keys, in one: a policy may name all of them. */
static void take_tenant_from_access_policies(struct txn *t, struct str tenant, struct cascade_effect *effect)
{
	struct linked roles = linked(t, DOC_ROLE, STR("tenant:"), tenant);
	struct linked keys = linked(t, DOC_KEY, STR("tenant:"), tenant);
	struct strs subjects = {.arena = t->arena};

	for (size_t i = 0; i < roles.n; i++)
		if (confident_is_project_role(as_role(roles.docs[i])))
			strs_add(&subjects, access_policy_subject(t->arena, DOC_ROLE, roles.docs[i]->id));
	for (size_t i = 0; i < keys.n; i++) {
		const struct key *key = as_key(keys.docs[i]);
		const struct service_account *account = key_account(t->snapshot, key);

		if (account && without(key->tenants, tenant, t->arena).n == 0)
			strs_add(&subjects, access_policy_subject(t->arena, DOC_SERVICE_ACCOUNT, account->doc.id));
	}
	access_policies_lose(t, &(struct access_policy_gone){strs_list(&subjects), tenant}, effect);
}

struct cascade_effect cascade_tenant(struct txn *t, struct str tenant)
{
	struct cascade_effect effect = {0};

	take_tenant_from_policies(t, tenant, &effect);
	take_tenant_from_access_policies(t, tenant, &effect);
	take_tenant_from_roles_and_groups(t, tenant);
	delete_all(t, linked(t, DOC_PERMISSION_POLICY, STR("tenant:"), tenant));
	delete_all(t, linked(t, DOC_ROLE_MEMBER, STR("tenant:"), tenant));
	take_tenant_from_keys(t, tenant);
	take_tenant_from_resources(t, tenant);
	delete_all(t, linked(t, DOC_TAG_VALUE, STR("tenant:"), tenant));
	delete_all(t, linked(t, DOC_TAG_KEY, STR("tenant:"), tenant));
	delete_attachments(t, linked(t, DOC_POLICY_ATTACHMENT, STR("tenant:"), tenant), &effect);
	invitations_lose_tenant(t, tenant);
	return effect;
}

void cascade_permission_policy(struct txn *t, struct str policy)
{
	struct linked roles = linked(t, DOC_ROLE, STR("policy:"), policy);

	for (size_t i = 0; i < roles.n; i++) {
		struct role role = *as_role(roles.docs[i]);

		role.policies = without(role.policies, policy, t->arena);
		txn_put(t, &role.doc);
	}
}

void cascade_governance_policy(struct txn *t, struct str policy)
{
	struct linked tenants = linked(t, DOC_TENANT, STR("governance_policy:"), policy);

	for (size_t i = 0; i < tenants.n; i++) {
		struct tenant tenant = *as_tenant(tenants.docs[i]);

		tenant.governance_policy = STR_NONE;
		txn_put(t, &tenant.doc);
	}
}

struct cascade_effect cascade_group(struct txn *t, struct str group)
{
	struct cascade_effect effect = {0};
	struct linked children = linked(t, DOC_GROUP, STR("parent:"), group);

	delete_all(t, linked(t, DOC_GROUP_MEMBER, STR("group:"), group));
	delete_all(t, linked(t, DOC_ROLE_MEMBER, STR("principal:group:"), group));
	delete_attachments(t, linked(t, DOC_POLICY_ATTACHMENT, STR("group:"), group), &effect);
	for (size_t i = 0; i < children.n; i++) {
		struct group child = *as_group(children.docs[i]);

		child.parent = STR_NONE;
		/* A group that is its own parent goes itself. */
		if (!str_eq(child.doc.id, group))
			txn_put(t, &child.doc);
	}
	purge_subject(t, arena_concat(t->arena, STR(SUBJECT_GROUP), group), &effect);
	take_subject(t, DOC_GROUP, group, &effect);
	grants_end_all(t, DOC_GROUP, group);
	return effect;
}

void cascade_resource(struct txn *t, const struct resource *r)
{
	struct linked composites;

	composites.n =
	    snapshot_linked(t->snapshot, DOC_RESOURCE, resource_member_link(t->arena, r->type, r->resource_id),
	                    t->arena, &composites.docs);
	for (size_t i = 0; i < composites.n; i++) {
		struct resource composite = *as_resource(composites.docs[i]);

		composite.members = without(composite.members, r->resource_id, t->arena);
		txn_put(t, &composite.doc);
	}
}

/* Memberships under all names of the principal: who comes later by one of them must not step into her place. */
static void delete_memberships(struct txn *t, struct str type, struct str id)
{
	struct str_list names = {&id, 1};
	struct str relation = arena_concat3(t->arena, STR("principal:"), type, STR(":"));

	if (str_eq(type, STR("user")))
		names = iam_membership_names(t->snapshot, id, t->arena);
	for (size_t i = 0; i < names.n; i++)
		delete_all(t, linked(t, DOC_GROUP_MEMBER, relation, names.items[i]));
}

struct cascade_effect cascade_principal(struct txn *t, struct str type, struct str id)
{
	struct cascade_effect effect = {0};
	bool is_user = str_eq(type, STR("user"));
	struct str principal = arena_concat3(t->arena, type, STR(":"), id);

	assert(is_user || str_eq(type, STR("service")));
	delete_memberships(t, type, id);
	delete_all(t, linked(t, DOC_ROLE_MEMBER, STR("principal:"), principal));
	delete_all(t, linked(t, DOC_KEY, STR("principal:"), principal));
	delete_all(t, linked(t, DOC_OAUTH_CLIENT, STR("principal:"), principal));
	delete_all(t, linked(t, DOC_TOKEN_ISSUER, STR("principal:"), principal));
	if (is_user) {
		grants_end_all(t, DOC_USER, id);
		cascade_user_in_apps(t, id);
	}
	take_subject(t, is_user ? DOC_USER : DOC_SERVICE_ACCOUNT, id, &effect);
	purge_subject(t, arena_concat(t->arena, is_user ? STR(SUBJECT_USER) : STR(SUBJECT_SERVICE), id), &effect);
	return effect;
}
