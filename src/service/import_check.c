/* SPDX-License-Identifier: Apache-2.0 */
#include "service/import_check.h"

#include "model/native.h"
#include "service/applications.h"
#include "service/approval_policies.h"
#include "service/directory.h"
#include "service/iam.h"
#include "service/permission_policies.h"
#include "service/tag_policies.h"

#define INVALID(err, ...)  ((enum service_result)error_set(err, SERVICE_INVALID, __VA_ARGS__))
#define CONFLICT(err, ...) ((enum service_result)error_set(err, SERVICE_CONFLICT, __VA_ARGS__))

/* ---- ids ---------------------------------------------------------------------------------------------------- */

/* The id of what is called by its parts; absent: it is called by an id of its own. */
static struct str id_of_parts(const struct document *doc, struct arena *a)
{
	switch ((unsigned)doc->kind) {
	case DOC_GROUP_MEMBER:
		return group_member_id(a, as_group_member(doc)->group, as_group_member(doc)->member);
	case DOC_ROLE_MEMBER: {
		const struct role_member *m = as_role_member(doc);

		return role_member_id(a, m->role, (struct principal){m->principal_type, m->principal_id}, m->tenant);
	}
	case DOC_RESOURCE:
		return arena_concat3(a, as_resource(doc)->type, STR("/"), as_resource(doc)->resource_id);
	case DOC_POLICY_ATTACHMENT: {
		const struct policy_attachment *p = as_policy_attachment(doc);

		return policy_attachment_id(a, p->policy, p->group, p->tenant);
	}
	case DOC_APP_RESOURCE_TYPE:
		return app_part_id(a, as_app_resource_type(doc)->app, as_app_resource_type(doc)->type_id);
	case DOC_APP_ENTITLEMENT:
		return app_part_id(a, as_app_entitlement(doc)->app, as_app_entitlement(doc)->entitlement_id);
	case DOC_APP_USER:
		return app_part_id(a, as_app_user(doc)->app, as_app_user(doc)->account_id);
	case DOC_APP_ACTION:
		return app_part_id(a, as_app_action(doc)->app, as_app_action(doc)->action_id);
	case DOC_ENTITLEMENT_BINDING: {
		const struct entitlement_binding *b = as_entitlement_binding(doc);

		return entitlement_binding_id(a, b->app, b->entitlement_id, b->account_id);
	}
	default:
		return STR_NONE;
	}
}

static bool has_control_characters(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return true;
	return false;
}

static enum service_result check_id(struct txn *t, const struct document *doc, struct error *err)
{
	struct str expected = id_of_parts(doc, t->arena);

	if (has_control_characters(doc->id))
		return INVALID(err, "id: holds control characters");
	if (!str_is_absent(expected) && !str_eq(expected, doc->id))
		return INVALID(err, "id: must be \"" STR_FMT "\", as its parts are called", STR_ARG(expected));
	if (doc->kind == DOC_ORGANIZATION && !str_eq(doc->id, t->snapshot->org))
		return INVALID(err, "id: must be that of the organization, \"" STR_FMT "\"", STR_ARG(t->snapshot->org));
	return SERVICE_OK;
}

/* A name by which another document of the kind is known already. */
static bool is_taken(const struct txn *t, const struct document *doc, struct str name)
{
	const struct document *other = snapshot_find_any(t->snapshot, doc->kind, name);

	return other && !str_eq(other->id, doc->id);
}

static enum service_result check_names(struct txn *t, const struct document *doc, struct error *err)
{
	struct str unique = document_unique_key(doc, t->arena);
	const struct document *other = str_is_absent(unique) || doc->kind == DOC_USER
	                                   ? NULL
	                                   : snapshot_find_unique(t->snapshot, doc->kind, unique);

	if (is_taken(t, doc, doc->id))
		return CONFLICT(err, "id: another one is known by this name");
	for (size_t i = 0; i < doc->aliases.n; i++)
		if (is_taken(t, doc, doc->aliases.items[i]))
			return CONFLICT(err, "aliases: \"" STR_FMT "\" is another's", STR_ARG(doc->aliases.items[i]));
	if (doc->kind == DOC_USER && !str_is_absent(as_user(doc)->email) && is_taken(t, doc, as_user(doc)->email))
		return CONFLICT(err, "email: \"" STR_FMT "\" is another user's", STR_ARG(as_user(doc)->email));
	if (other && !str_eq(other->id, doc->id))
		return CONFLICT(err, "\"" STR_FMT "\" has the same name", STR_ARG(other->id));
	return SERVICE_OK;
}

/* ---- form ---------------------------------------------------------------------------------------------------- */

static enum service_result check_grant_form(struct txn *t, const struct access_grant *g, struct error *err)
{
	struct access_grant present;

	if (g->doc.id.len > GRANT_MAX_ID_BYTES)
		return INVALID(err, "id: is longer than %u bytes", GRANT_MAX_ID_BYTES);
	if (g->entity_type == ENTITY_NONE || g->grantee_type == GRANTEE_NONE || g->level == ACCESS_NONE)
		return INVALID(err, "entity_type, grantee_type and level must be set");
	if (str_is_empty(g->entity_id) || g->entity_id.len > GRANT_MAX_ENTITY_BYTES || str_is_empty(g->grantee_id))
		return INVALID(err, "entity_id must be 1 to %u bytes, grantee_id must be set", GRANT_MAX_ENTITY_BYTES);
	if (g->doc.aliases.n)
		return INVALID(err, "aliases: an access grant has none");
	if (grants_find_pair(&t->snapshot->grants, g->entity_type, g->entity_id, g->grantee_type, g->grantee_id,
	                     &present) &&
	    !str_eq(present.doc.id, g->doc.id))
		return CONFLICT(err, "\"" STR_FMT "\" is for the same entity and grantee", STR_ARG(present.doc.id));
	return SERVICE_OK;
}

static enum service_result check_access_policy_form(const struct access_policy *p, struct error *err)
{
	for (size_t i = 0; i < p->actions.n; i++)
		if (!access_policy_valid_action(p->actions.items[i]))
			return INVALID(err, "actions: \"" STR_FMT "\" is none", STR_ARG(p->actions.items[i]));
	for (size_t i = 0; i < p->resources.n; i++)
		if (!access_policy_valid_resource(p->resources.items[i]))
			return INVALID(err, "resources: \"" STR_FMT "\" is none", STR_ARG(p->resources.items[i]));
	return SERVICE_OK;
}

enum service_result import_check_form(struct txn *t, const struct document *doc, struct error *err)
{
	enum service_result r = check_id(t, doc, err);

	if (r == SERVICE_OK && doc->kind == DOC_ACCESS_GRANT)
		return check_grant_form(t, as_access_grant(doc), err);
	if (r == SERVICE_OK)
		r = check_names(t, doc, err);
	if (r == SERVICE_OK && doc->kind == DOC_TAG_POLICY)
		r = tag_policy_check_form(as_tag_policy(doc), err);
	if (r == SERVICE_OK && doc->kind == DOC_ACCESS_POLICY)
		r = check_access_policy_form(as_access_policy(doc), err);
	if (r == SERVICE_OK && (doc->created_at_ms < 0 || doc->updated_at_ms < 0))
		r = INVALID(err, "created_at and updated_at must not be negative");
	return r;
}

/* ---- references ------------------------------------------------------------------------------------------------ */

/* A member that is the id of a document, or a list of such. */
struct reference {
	enum document_kind kind, target;
	const char *name;
	size_t offset;
	bool is_list;
};

#define ONE(lower, upper, member, to)                                                                                  \
	{                                                                                                              \
		DOC_##upper, DOC_##to, #member, offsetof(struct lower, member), false                                  \
	}
#define LIST(lower, upper, member, to)                                                                                 \
	{                                                                                                              \
		DOC_##upper, DOC_##to, #member, offsetof(struct lower, member), true                                   \
	}

/* Those that the rules of the kinds do not look at. What access requests and reviews tell of is history: it may name
 * what has gone since. */
static const struct reference references[] = {
    ONE(tenant, TENANT, governance_policy, GOVERNANCE_POLICY),
    ONE(user, USER, delegate, USER),
    ONE(service_account, SERVICE_ACCOUNT, default_tenant, TENANT),
    ONE(group_member, GROUP_MEMBER, group, GROUP),
    ONE(role_member, ROLE_MEMBER, role, ROLE),
    ONE(role_member, ROLE_MEMBER, tenant, TENANT),
    LIST(role, ROLE, policies, PERMISSION_POLICY),
    ONE(key, KEY, default_tenant, TENANT),
    LIST(key, KEY, tenants, TENANT),
    ONE(tag_key, TAG_KEY, tenant, TENANT),
    ONE(tag_value, TAG_VALUE, tenant, TENANT),
    ONE(tag_value, TAG_VALUE, tag_key, TAG_KEY),
    LIST(tag_policy, TAG_POLICY, roles, ROLE),
    ONE(policy_attachment, POLICY_ATTACHMENT, policy, TAG_POLICY),
    ONE(policy_attachment, POLICY_ATTACHMENT, group, GROUP),
    ONE(policy_attachment, POLICY_ATTACHMENT, tenant, TENANT),
    ONE(invitation, INVITATION, tenant, TENANT),
    LIST(invitation, INVITATION, tenants, TENANT),
    ONE(permission_policy, PERMISSION_POLICY, tenant, TENANT),
    ONE(request_event, REQUEST_EVENT, request, ACCESS_REQUEST),
    ONE(webhook_call, WEBHOOK_CALL, webhook, WEBHOOK),
    ONE(oauth_client, OAUTH_CLIENT, user, USER),
};

static enum service_result no_such(const char *name, enum document_kind kind, struct str id, struct error *err)
{
	return INVALID(err, "%s: there is no " STR_FMT " \"" STR_FMT "\"", name, STR_ARG(document_kind_name(kind)),
	               STR_ARG(id));
}

static enum service_result check_reference(const struct txn *t, const struct reference *ref, const struct document *doc,
                                           struct error *err)
{
	const void *at = (const char *)doc + ref->offset;
	struct str_list ids = ref->is_list ? *(const struct str_list *)at : (struct str_list){at, 1};

	for (size_t i = 0; i < ids.n; i++)
		if ((ref->is_list || !str_is_empty(ids.items[i])) &&
		    !snapshot_find(t->snapshot, ref->target, ids.items[i]))
			return no_such(ref->name, ref->target, ids.items[i], err);
	return SERVICE_OK;
}

/* Whoever something is of or for, by type and id. */
static enum service_result check_principal(const struct txn *t, struct principal p, struct error *err)
{
	enum document_kind kind = principal_kind(p.type);

	if (kind == DOC_NONE)
		return INVALID(err, "principal_type: \"" STR_FMT "\" is none", STR_ARG(p.type));
	return snapshot_find(t->snapshot, kind, p.id) ? SERVICE_OK : no_such("principal_id", kind, p.id, err);
}

static enum service_result check_grantee(const struct txn *t, const struct access_grant *g, struct error *err)
{
	static const enum document_kind kinds[GRANTEE_N_TYPES] = {
	    [GRANTEE_USER] = DOC_USER, [GRANTEE_DEPARTMENT] = DOC_GROUP, [GRANTEE_ROLE] = DOC_ROLE};
	enum document_kind kind = kinds[g->grantee_type];

	return snapshot_find(t->snapshot, kind, g->grantee_id) ? SERVICE_OK
	                                                       : no_such("grantee_id", kind, g->grantee_id, err);
}

static enum service_result check_references(const struct txn *t, const struct document *doc, struct error *err)
{
	enum service_result r = SERVICE_OK;

	for (size_t i = 0; r == SERVICE_OK && i < N_ELEMENTS(references); i++)
		if (references[i].kind == doc->kind)
			r = check_reference(t, &references[i], doc, err);
	if (r != SERVICE_OK)
		return r;
	switch ((unsigned)doc->kind) {
	case DOC_ROLE_MEMBER:
		return check_principal(
		    t, (struct principal){as_role_member(doc)->principal_type, as_role_member(doc)->principal_id}, err);
	case DOC_KEY:
		return check_principal(t, (struct principal){as_key(doc)->principal_type, as_key(doc)->principal_id},
		                       err);
	case DOC_TOKEN_ISSUER:
		return str_is_absent(as_token_issuer(doc)->principal_id)
		           ? SERVICE_OK
		           : check_principal(t,
		                             (struct principal){as_token_issuer(doc)->principal_type,
		                                                as_token_issuer(doc)->principal_id},
		                             err);
	case DOC_ACCESS_GRANT:
		return check_grantee(t, as_access_grant(doc), err);
	default:
		return SERVICE_OK;
	}
}

/* ---- rules of the kinds ------------------------------------------------------------------------------------------ */

static enum service_result check_statement_policy(struct txn *t, const struct statement_policy *p, struct error *err)
{
	/* Without caller: who may assign tenants was asked when it was made. Inert statements allow nothing. */
	struct iam_call c = {.snapshot = t->snapshot,
	                     .txn = t,
	                     .arena = t->arena,
	                     .now_ms = t->now_ms,
	                     .allows_inert = true,
	                     .everywhere = true};
	enum service_result r;

	if (!str_eq(p->type, STR(POLICY_TYPE_CUSTOM)) && !str_eq(p->type, STR(POLICY_TYPE_MANAGED)))
		return INVALID(err, "type: must be \"" POLICY_TYPE_CUSTOM "\" or \"" POLICY_TYPE_MANAGED "\"");
	r = iam_policy_check(&c, p);
	return r == SERVICE_OK ? r : INVALID(err, "%s", c.err.text);
}

static enum service_result check_rules(struct txn *t, struct document *doc, struct error *err)
{
	switch ((unsigned)doc->kind) {
	case DOC_USER:
	case DOC_SERVICE_ACCOUNT:
	case DOC_GROUP:
	case DOC_TENANT:
	case DOC_ROLE:
	case DOC_RESOURCE:
	case DOC_GOVERNANCE_POLICY:
	case DOC_ACCESS_POLICY:
		return directory_check(t, doc, err);
	case DOC_APP:
	case DOC_APP_RESOURCE_TYPE:
	case DOC_APP_ENTITLEMENT:
	case DOC_APP_ACTION:
	case DOC_APP_USER:
	case DOC_ENTITLEMENT_BINDING:
		return applications_check(t, doc, err);
	case DOC_STATEMENT_POLICY:
		return check_statement_policy(t, as_statement_policy(doc), err);
	case DOC_PERMISSION_POLICY:
		return permission_policy_check(t, (struct permission_policy *)(void *)doc, err);
	default:
		return SERVICE_OK;
	}
}

enum service_result import_check_rules(struct txn *t, struct document *doc, struct error *err)
{
	CLEANUP(buf_releasep) struct buf before = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	CLEANUP(buf_releasep) struct buf after = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	enum service_result r = check_references(t, doc, err);

	document_encode(doc, &before);
	if (r == SERVICE_OK)
		r = check_rules(t, doc, err);
	if (r != SERVICE_OK)
		return r;
	document_encode(doc, &after);
	return str_eq(buf_str(&before), buf_str(&after))
	           ? SERVICE_OK
	           : INVALID(err, "is not spelled as it is stored: " STR_FMT, STR_ARG(buf_str(&after)));
}
