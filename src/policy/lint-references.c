/* SPDX-License-Identifier: Apache-2.0
 *
 * References to what is not there (any more). What a dialect lets stand for something outside, such as members of
 * another directory, is not looked at.
 */
#include "model/native.h"
#include "policy/lint-impl.h"

static void need(struct lint_run *r, const struct document *doc, enum document_kind kind, struct str id)
{
	struct finding f = lint_about(LINT_DANGLING, doc, LINT_NO_STATEMENT);

	if (str_is_empty(id) || snapshot_find(r->snapshot, kind, id))
		return;
	lint_name_other(&f, kind, id);
	lint_add(r, &f,
	         arena_strf(r->arena, "The " STR_FMT " names the " STR_FMT ", which does not exist.",
	                    STR_ARG(lint_spoken(r, doc->kind, doc->id)), STR_ARG(lint_spoken(r, kind, id))));
}

static void need_all(struct lint_run *r, const struct document *doc, enum document_kind kind, struct str_list ids)
{
	for (size_t i = 0; i < ids.n && lint_step(r, 1); i++)
		need(r, doc, kind, ids.items[i]);
}

static void need_tenants(struct lint_run *r, const struct document *doc, struct str_list ids)
{
	for (size_t i = 0; i < ids.n && lint_step(r, 1); i++)
		if (!str_eq(ids.items[i], STR("*")) && !str_eq(ids.items[i], STR(TENANT_UNASSIGNED)))
			need(r, doc, DOC_TENANT, ids.items[i]);
}

static void need_principal(struct lint_run *r, const struct document *doc, struct str type, struct str id)
{
	if (str_eq(type, STR("user")))
		need(r, doc, DOC_USER, id);
	else if (str_eq(type, STR("service")))
		need(r, doc, DOC_SERVICE_ACCOUNT, id);
	else if (str_eq(type, STR("group")))
		need(r, doc, DOC_GROUP, id);
}

/* Members as Connhex IAM spells them; of patterns and other directories' nothing is known. */
static void need_member(struct lint_run *r, const struct document *doc, struct str member)
{
	static const struct {
		struct str prefix;
		enum document_kind kind;
	} local[] = {
	    {STR_INIT(SUBJECT_USER), DOC_USER},
	    {STR_INIT(SUBJECT_GROUP), DOC_GROUP},
	    {STR_INIT(SUBJECT_SERVICE), DOC_SERVICE_ACCOUNT},
	};

	for (size_t i = 0; i < N_ELEMENTS(local); i++)
		if (str_starts_with(member, local[i].prefix) && !str_ends_with(member, STR("*")))
			need(r, doc, local[i].kind, str_slice(member, local[i].prefix.len, member.len));
}

static void look_at_statement_policy(struct lint_run *r, const struct statement_policy *p)
{
	for (size_t i = 0; i < p->members.n && lint_step(r, 1); i++)
		need_member(r, &p->doc, p->members.items[i]);
	for (size_t i = 0; i < p->n_statements && lint_step(r, 1); i++) {
		need(r, &p->doc, DOC_ROLE, p->statements[i].role);
		need_tenants(r, &p->doc, p->statements[i].tenants);
	}
	need_tenants(r, &p->doc, p->tenants);
}

static void look_at_access_policy(struct lint_run *r, const struct access_policy *p)
{
	struct str id = STR_NONE;

	for (size_t i = 0; i < p->subjects.n && lint_step(r, 1); i++) {
		enum document_kind kind = access_policy_subject_kind(p->subjects.items[i], &id);

		if (kind != DOC_NONE)
			need(r, &p->doc, kind, id);
	}
	need_tenants(r, &p->doc, p->tenants);
}

/* "<type>/<id>": of which type a thing is, says the reference. */
static void look_at_resource(struct lint_run *r, const struct resource *p)
{
	need(r, &p->doc, DOC_TENANT, p->tenant);
	need(r, &p->doc, DOC_RESOURCE, p->parent);
}

static void look_at_app(struct lint_run *r, const struct app *p)
{
	need_all(r, &p->doc, DOC_USER, p->owners);
	need(r, &p->doc, DOC_APPROVAL_POLICY, p->grant_policy);
	need(r, &p->doc, DOC_APPROVAL_POLICY, p->revoke_policy);
	need(r, &p->doc, DOC_APPROVAL_POLICY, p->certify_policy);
}

static void look_at_entitlement(struct lint_run *r, const struct app_entitlement *p)
{
	need(r, &p->doc, DOC_APP, p->app);
	need_all(r, &p->doc, DOC_USER, p->owners);
	need(r, &p->doc, DOC_APPROVAL_POLICY, p->grant_policy);
	need(r, &p->doc, DOC_APPROVAL_POLICY, p->revoke_policy);
	need(r, &p->doc, DOC_APPROVAL_POLICY, p->certify_policy);
	need(r, &p->doc, DOC_APPROVAL_POLICY, p->emergency_policy);
}

static void look_at_binding(struct lint_run *r, const struct entitlement_binding *p)
{
	need(r, &p->doc, DOC_APP_ENTITLEMENT, arena_concat3(r->arena, p->app, STR("/"), p->entitlement_id));
	need(r, &p->doc, DOC_APP_USER, arena_concat3(r->arena, p->app, STR("/"), p->account_id));
	need(r, &p->doc, DOC_USER, p->user);
}

static void look_at_role_member(struct lint_run *r, const struct role_member *p)
{
	need(r, &p->doc, DOC_ROLE, p->role);
	need_principal(r, &p->doc, p->principal_type, p->principal_id);
	need(r, &p->doc, DOC_TENANT, p->tenant);
}

static void look_at_attachment(struct lint_run *r, const struct policy_attachment *p)
{
	need(r, &p->doc, DOC_TAG_POLICY, p->policy);
	need(r, &p->doc, DOC_GROUP, p->group);
	need(r, &p->doc, DOC_TENANT, p->tenant);
}

void lint_references(struct lint_run *r, const struct document *doc)
{
	if (!lint_wants(r, LINT_DANGLING))
		return;
	switch ((int)doc->kind) {
	case DOC_TENANT:
		need(r, doc, DOC_GOVERNANCE_POLICY, as_tenant(doc)->governance_policy);
		break;
	case DOC_USER:
		need(r, doc, DOC_USER, as_user(doc)->manager);
		need(r, doc, DOC_USER, as_user(doc)->delegate);
		break;
	case DOC_GROUP:
		need(r, doc, DOC_GROUP, as_group(doc)->parent);
		break;
	case DOC_GROUP_MEMBER:
		need(r, doc, DOC_GROUP, as_group_member(doc)->group);
		break;
	case DOC_ROLE:
		need_all(r, doc, DOC_PERMISSION_POLICY, as_role(doc)->policies);
		need_tenants(r, doc, as_role(doc)->tenants);
		break;
	case DOC_ROLE_MEMBER:
		look_at_role_member(r, as_role_member(doc));
		break;
	case DOC_RESOURCE:
		look_at_resource(r, as_resource(doc));
		break;
	case DOC_STATEMENT_POLICY:
		look_at_statement_policy(r, as_statement_policy(doc));
		break;
	case DOC_TAG_POLICY:
		need_all(r, doc, DOC_ROLE, as_tag_policy(doc)->roles);
		break;
	case DOC_POLICY_ATTACHMENT:
		look_at_attachment(r, as_policy_attachment(doc));
		break;
	case DOC_PERMISSION_POLICY:
		need(r, doc, DOC_TENANT, as_permission_policy(doc)->tenant);
		break;
	case DOC_APP:
		look_at_app(r, as_app(doc));
		break;
	case DOC_APP_ENTITLEMENT:
		look_at_entitlement(r, as_app_entitlement(doc));
		break;
	case DOC_APP_USER:
		need(r, doc, DOC_APP, as_app_user(doc)->app);
		need(r, doc, DOC_USER, as_app_user(doc)->user);
		break;
	case DOC_ENTITLEMENT_BINDING:
		look_at_binding(r, as_entitlement_binding(doc));
		break;
	case DOC_ACCESS_POLICY:
		look_at_access_policy(r, as_access_policy(doc));
		break;
	case DOC_SEPARATION:
		need_all(r, doc, DOC_ROLE, as_separation(doc)->roles);
		break;
	default:
		break;
	}
}
