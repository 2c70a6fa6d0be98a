/* SPDX-License-Identifier: Apache-2.0
 *
 * Approval policies: made, read, changed, deleted, searched.
 */
#include "api/conductorone/conductorone.h"
#include "json/object.h"
#include "policy/conditions.h"
#include "service/approval_policies.h"

/* ---- answers ------------------------------------------------------------------------------------------- */

static void answer_policy(struct api_call *call, const struct approval_policy *p)
{
	struct json_object o = {.arena = call->arena};

	json_object_tree(&o, "policy", approval_policy_message(p, call->arena));
	c1_answer(call, &c1_PolicyResponse, json_object_end(&o));
}

/* One page of what the filter leaves. */
static void answer_list(struct api_call *call, struct approval_policy_filter *filter, const struct c1_page *page)
{
	const struct approval_policy *const *policies;
	struct json_writer w;
	size_t n;
	bool has_more;

	filter->after = page->after;
	filter->limit = page->size + 1; /* whether there is one more is what the token says */
	n = approval_policy_list(call->snapshot, filter, call->arena, &policies);
	has_more = n > page->size;
	if (has_more)
		n = page->size;
	w = c1_begin_list(call);
	for (size_t i = 0; i < n; i++)
		proto_write(&w, &c1_Policy, approval_policy_message(policies[i], call->arena));
	c1_end_list(call, &w, has_more ? policies[n - 1]->doc.seq : 0);
}

/* The policy of the path, deleted or not; fails the call when there is none. */
static const struct approval_policy *find_policy(struct api_call *call, const char *field)
{
	struct str id = api_param(call, "id");
	const struct approval_policy *p = approval_policy_find(call->snapshot, id);

	c1_note_target(call, DOC_APPROVAL_POLICY, id);
	if (!p)
		c1_unknown(call, "policy", field, id);
	return p;
}

/* Ends a write: the policy as it is now, or why it is not. */
static void finish_write(struct api_call *call, enum service_result r, const struct approval_policy *p,
                         const struct error *err)
{
	if (r != SERVICE_OK) {
		c1_result(call, r, err);
		return;
	}
	c1_note_target(call, DOC_APPROVAL_POLICY, p->doc.id);
	answer_policy(call, p);
}

/* ---- making and changing ----------------------------------------------------------------------------------- */

enum member {
	MEMBER_NAME,
	MEMBER_DESCRIPTION,
	MEMBER_TYPE,
	MEMBER_STEPS,
	MEMBER_RULES,
	MEMBER_POST_ACTIONS,
	MEMBER_BASELINE,
	MEMBER_ANNOTATIONS,
	MEMBER_SCOPE,
	N_MEMBERS
};
/* What can be written; other members of the message are read and have no effect. */
static const struct str member_names[] = {
    [MEMBER_NAME] = STR_INIT("displayName"),
    [MEMBER_DESCRIPTION] = STR_INIT("description"),
    [MEMBER_TYPE] = STR_INIT("policyType"),
    [MEMBER_STEPS] = STR_INIT("policySteps"),
    [MEMBER_RULES] = STR_INIT("rules"),
    [MEMBER_POST_ACTIONS] = STR_INIT("postActions"),
    [MEMBER_BASELINE] = STR_INIT("baselinePolicyId"),
    [MEMBER_ANNOTATIONS] = STR_INIT("annotations"),
    [MEMBER_SCOPE] = STR_INIT("scope"),
};
static_assert(N_ELEMENTS(member_names) == N_MEMBERS, "every member has its name");

/* Takes one member of the message over. */
static void take(struct api_call *call, struct approval_policy *p, enum member member, const struct json *message)
{
	const struct json *value = json_get(message, member_names[member]);

	switch (member) {
	case MEMBER_NAME:
		p->display_name = json_str(value);
		break;
	case MEMBER_DESCRIPTION:
		p->description = json_str(value);
		break;
	case MEMBER_TYPE:
		p->type = approval_policy_type_of(json_str(value));
		break;
	case MEMBER_STEPS:
		p->steps = value;
		break;
	case MEMBER_RULES:
		p->rules = value;
		break;
	case MEMBER_POST_ACTIONS:
		p->post_actions = value;
		break;
	case MEMBER_BASELINE:
		p->baseline_policy = json_str(value);
		break;
	case MEMBER_ANNOTATIONS:
		p->annotations = approval_policy_annotate(p->annotations, value, call->arena);
		break;
	case MEMBER_SCOPE:
		p->scope = value;
		break;
	case N_MEMBERS:
		break;
	}
}

static void policy_create(struct api_call *call)
{
	struct approval_policy p = {.doc.kind = DOC_APPROVAL_POLICY};
	const struct json *message;
	struct error err = {0};
	enum service_result r;

	if (!c1_read(call, &c1_CreatePolicyRequest, &message))
		return;
	for (int m = 0; m < N_MEMBERS; m++)
		take(call, &p, (enum member)m, message);
	r = approval_policy_create(call->txn, &p, &call->warning, &err);
	finish_write(call, r, &p, &err);
}

/* Which members of the sent policy are there, in either spelling: what a body without a mask changes. */
static struct str_list given_members(struct api_call *call)
{
	const struct json *policy = json_get(call->body, STR("policy"));
	struct str *names = ARENA_ARRAY(call->arena, struct str, policy->n);
	size_t n = 0;

	for (uint32_t i = 0; i < policy->n; i++)
		if (policy->members[i].value.type != JSON_NULL)
			names[n++] = proto_field_find(&c1_Policy, policy->members[i].name)->name;
	return (struct str_list){names, n};
}

/* The members to change; false after failing the call. */
static bool read_mask(struct api_call *call, const struct json *message, struct str_list *ret)
{
	struct str mask = c1_str(message, "updateMask");
	struct error err = {0};

	if (str_is_empty(mask)) {
		*ret = given_members(call);
		return true;
	}
	if (proto_mask_read(&c1_Policy, mask, call->arena, ret, &err) == 0)
		return true;
	api_fail(call, SERVICE_INVALID, 0, "%s", err.text);
	return false;
}

static void policy_update(struct api_call *call)
{
	const struct json *message, *given;
	const struct approval_policy *old;
	struct error err = {0};
	struct approval_policy p;
	struct str_list mask;
	enum service_result r;

	if (!c1_read(call, &c1_UpdatePolicyRequest, &message) || !read_mask(call, message, &mask))
		return;
	old = find_policy(call, "UpdatePolicyRequest.Id");
	if (!old)
		return;
	p = *old;
	given = json_get(message, STR("policy"));
	for (int m = 0; m < N_MEMBERS; m++)
		if (str_list_has(mask, member_names[m]))
			take(call, &p, (enum member)m, given);
	r = approval_policy_update(call->txn, &p, &call->warning, &err);
	finish_write(call, r, &p, &err);
}

static void policy_delete(struct api_call *call)
{
	const struct approval_policy *p;
	const struct json *message;
	struct error err = {0};
	enum service_result r;

	if (!c1_read(call, &c1_DeletePolicyRequest, &message))
		return;
	p = find_policy(call, "DeletePolicyRequest.Id");
	if (!p)
		return;
	r = approval_policy_delete(call->txn, p, &err);
	if (r == SERVICE_OK)
		c1_answer(call, &c1_DeletePolicyRequest, NULL);
	else
		c1_result(call, r, &err);
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static void policy_get(struct api_call *call)
{
	const struct approval_policy *p = find_policy(call, "GetPolicyRequest.Id");

	if (p)
		answer_policy(call, p);
}

static void policy_list(struct api_call *call)
{
	struct approval_policy_filter filter = {0};
	struct c1_page page;

	if (c1_page_of_query(call, &page))
		answer_list(call, &filter, &page);
}

static enum policy_scope_view view_of(struct str name)
{
	if (str_eq(name, STR("POLICY_SCOPE_VIEW_SCOPED")))
		return POLICY_VIEW_SCOPED;
	if (str_eq(name, STR("POLICY_SCOPE_VIEW_ALL")))
		return POLICY_VIEW_ALL;
	if (str_eq(name, STR("POLICY_SCOPE_VIEW_GLOBAL_AND_OBJECT")))
		return POLICY_VIEW_GLOBAL_AND_OBJECT;
	return POLICY_VIEW_GLOBAL;
}

/* The types asked for. One that no policy can have finds nothing, unless it is "unspecified". */
static unsigned types_of(struct api_call *call, const struct json *message)
{
	struct str_list names = c1_strs(call, message, "policyTypes");
	unsigned types = 0;

	for (size_t i = 0; i < names.n; i++)
		types |= 1u << approval_policy_type_of(names.items[i]);
	return types;
}

static struct str_list refs_of(struct api_call *call, const struct json *refs)
{
	struct str *ids = ARENA_ARRAY(call->arena, struct str, refs ? refs->n : 0);

	for (uint32_t i = 0; refs && i < refs->n; i++)
		ids[i] = c1_str(&refs->items[i], "id");
	return (struct str_list){ids, refs ? refs->n : 0};
}

static void policy_search(struct api_call *call)
{
	const struct json *message, *refs;
	struct c1_page page;

	if (!c1_read(call, &c1_SearchPoliciesRequest, &message) || !c1_page_of(call, message, &page))
		return;
	refs = json_get(message, STR("refs"));
	struct str object = c1_str(message, "scopeObjectType");
	struct approval_policy_filter filter = {
	    .display_name = c1_str(message, "displayName"),
	    .query = c1_str(message, "query"),
	    .types = types_of(call, message),
	    .exclude = c1_strs(call, message, "excludePolicyIds"),
	    .only = refs_of(call, refs),
	    .has_only = refs != NULL,
	    .with_deleted = c1_bool(message, "includeDeleted"),
	    .view = view_of(c1_str(message, "scopeView")),
	    .scope_app = c1_str(message, "scopeAppId"),
	    .scope_entitlement = c1_str(message, "scopeAppEntitlementId"),
	    .scope_slot = c1_str(message, "scopeSlot"),
	    .only_apps = str_eq(object, STR("POLICY_SCOPE_OBJECT_TYPE_APP")),
	    .only_entitlements = str_eq(object, STR("POLICY_SCOPE_OBJECT_TYPE_ENTITLEMENT")),
	};
	answer_list(call, &filter, &page);
}

/* ---- expressions ----------------------------------------------------------------------------------------- */

static struct json marker_of(struct api_call *call, const struct condition_issue *issue)
{
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "severity", STR("ERROR"));
	json_object_str(&o, "message", issue->text);
	json_object_i64(&o, "startLineNumber", issue->line);
	json_object_i64(&o, "startColumn", issue->column);
	json_object_i64(&o, "endLineNumber", issue->end_line);
	json_object_i64(&o, "endColumn", issue->end_column);
	return *json_object_end(&o);
}

/* Whether a rule's condition compiles: what is wrong with it is the answer. */
static void validate_cel(struct api_call *call)
{
	struct json_object o = {.arena = call->arena};
	const struct condition_issue *issues;
	const struct json *message;
	struct json *markers;
	size_t n;

	if (!c1_read(call, &c1_EditorValidateRequest, &message))
		return;
	(void)conditions_check(service_conditions(call->service), CONDITION_MATCH, c1_str(message, "text"), call->arena,
	                       &issues, &n);
	markers = ARENA_ARRAY(call->arena, struct json, n);
	for (size_t i = 0; i < n; i++)
		markers[i] = marker_of(call, &issues[i]);
	json_object_put(&o, "markers", (struct json){.type = JSON_ARRAY, .n = (uint32_t)n, .items = markers});
	c1_answer(call, &c1_EditorValidateResponse, json_object_end(&o));
}

/* What an expression about a user yields for the caller. */
static void test_account_provision(struct api_call *call)
{
	const struct access_request about = {.user = call->caller.id};
	const struct condition_input in = {
	    .snapshot = call->snapshot, .request = &about, .now_ms = call->now_ms, .arena = call->arena};
	struct json_object o = {.arena = call->arena};
	struct str type, value;
	const struct json *message;
	struct error err = {0};

	if (!c1_read(call, &c1_TestAccountProvisionPolicyRequest, &message))
		return;
	if (conditions_value(service_conditions(call->service), c1_str(message, "cel"), &in, &type, &value, &err) !=
	    0) {
		c1_result(call, SERVICE_INVALID, &err);
		return;
	}
	json_object_str(&o, "type", type);
	json_object_str(&o, "value", value);
	c1_answer(call, &c1_TestAccountProvisionPolicyResponse, json_object_end(&o));
}

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_POST, C1_API "policies", API_WRITE, API_JSON_BODY, "conductorone:policies:create", "conductorone:policies", policy_create, "c1.policy.create"},
    {HTTP_GET, C1_API "policies", API_READ, API_NO_BODY, "conductorone:policies:list", "conductorone:policies", policy_list, NULL},
    {HTTP_POST, C1_API "search/policies", API_READ, API_OPTIONAL_JSON, "conductorone:policies:list", "conductorone:policies", policy_search, NULL},
    {HTTP_POST, C1_API "policies/validate/cel", API_READ, API_JSON_BODY, "conductorone:policies:get", "conductorone:policies", validate_cel, NULL},
    {HTTP_POST, C1_API "policies/test-account-provision-policy", API_READ, API_JSON_BODY, "conductorone:policies:get", "conductorone:policies", test_account_provision, NULL},
    {HTTP_GET, C1_API "policies/{id}", API_READ, API_NO_BODY, "conductorone:policies:get", "conductorone:policies:{id}", policy_get, NULL},
    {HTTP_POST, C1_API "policies/{id}", API_WRITE, API_JSON_BODY, "conductorone:policies:update", "conductorone:policies:{id}", policy_update, "c1.policy.update"},
    {HTTP_DELETE, C1_API "policies/{id}", API_WRITE, API_OPTIONAL_JSON, "conductorone:policies:delete", "conductorone:policies:{id}", policy_delete, "c1.policy.delete"},
};
/* clang-format on */

const struct api_route_table c1_policy_routes = {routes, N_ELEMENTS(routes)};
