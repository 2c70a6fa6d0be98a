/* SPDX-License-Identifier: Apache-2.0
 *
 * What access reviews and their templates ask about. Setting it one way replaces what was set the other way.
 */
#include "api/conductorone/reviews.h"

/* Whose scope it is, and the words in which its messages speak of it. */
struct scoped {
	struct str id, policy;
	bool overrides_policy;
	const struct json *scope;
	const char *id_name, *entitlement_name, *criteria_name;
	const struct proto_message *response;
};

static struct scoped of_review(const struct access_review *r)
{
	return (struct scoped){.id = r->doc.id,
	                       .policy = r->policy,
	                       .overrides_policy = r->overrides_policy,
	                       .scope = r->scope,
	                       .id_name = "accessReviewId",
	                       .entitlement_name = "accessReviewEntitlement",
	                       .criteria_name = "scopeV2",
	                       .response = &c1_AccessReviewScopeAndEntitlementsResponse};
}

static struct scoped of_template(const struct access_review_template *m)
{
	return (struct scoped){.id = m->doc.id,
	                       .policy = m->policy,
	                       .overrides_policy = m->overrides_policy,
	                       .scope = m->scope,
	                       .id_name = "accessReviewTemplateId",
	                       .entitlement_name = "accessReviewTemplateEntitlement",
	                       .criteria_name = "scope",
	                       .response = &c1_AccessReviewTemplateScopeAndEntitlementsResponse};
}

/* ---- answers -------------------------------------------------------------------------------------------- */

static const struct json *entitlement_message(struct api_call *call, const struct scoped *s, const struct json *ref)
{
	struct str app = c1_str(ref, "appId"), id = c1_str(ref, "appEntitlementId");
	const struct app_entitlement *e = app_entitlement_find(call->snapshot, app, id, call->arena);
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, s->id_name, s->id);
	json_object_str(&o, "appId", app);
	json_object_str(&o, "appEntitlementId", id);
	json_object_str(&o, "appResourceTypeId", e ? e->resource_type : STR_NONE);
	json_object_str(&o, "policyId", s->policy);
	if (e && s->overrides_policy)
		json_object_str(&o, "customPolicyId", e->certify_policy);
	return json_object_end(&o);
}

static struct json entitlement_view(struct api_call *call, const struct scoped *s, const struct json *ref,
                                    struct c1_expansion *x)
{
	struct str app = c1_str(ref, "appId");
	struct str entitlement = app_part_id(call->arena, app, c1_str(ref, "appEntitlementId"));
	struct json_object o = {.arena = call->arena};

	json_object_tree(&o, s->entitlement_name, entitlement_message(call, s, ref));
	if (c1_expands(x, "app_id"))
		json_object_str(&o, "appPath", c1_path_to(call, x, DOC_APP, (struct str_list){&app, 1}));
	if (c1_expands(x, "app_entitlement_id"))
		json_object_str(&o, "entitlementPath",
		                c1_path_to(call, x, DOC_APP_ENTITLEMENT, (struct str_list){&entitlement, 1}));
	if (c1_expands(x, "policy_id"))
		json_object_str(&o, "policyPath",
		                c1_path_to(call, x, DOC_APPROVAL_POLICY, (struct str_list){&s->policy, 1}));
	return *json_object_end(&o);
}

static void answer(struct api_call *call, const struct scoped *s, const struct json *request)
{
	const struct json *chosen = json_get(s->scope, STR("entitlements"));
	uint32_t n = json_is(chosen, JSON_ARRAY) ? chosen->n : 0;
	struct json *views = ARENA_ARRAY(call->arena, struct json, n);
	struct c1_expansion x = c1_expansion_of(call, request);
	struct json_object o = {.arena = call->arena};

	for (uint32_t i = 0; i < n; i++)
		views[i] = entitlement_view(call, s, &chosen->items[i], &x);
	json_object_put(&o, "list", (struct json){.type = JSON_ARRAY, .n = n, .items = views});
	json_object_tree(&o, s->criteria_name, json_get(s->scope, STR("scopeV2")));
	c1_put_expanded(&o, &x);
	c1_answer(call, s->response, json_object_end(&o));
}

/* ---- setting -------------------------------------------------------------------------------------------- */

/* The scope with what the request names as `list` instead of what was named before; its criteria stay unless given. */
static const struct json *scope_of(struct api_call *call, const struct scoped *old, const struct json *request,
                                   const char *list)
{
	const struct json *criteria = json_get(request, str_of(old->criteria_name));
	struct json_object o = {.arena = call->arena};

	json_object_tree(&o, "scopeV2", criteria ? criteria : json_get(old->scope, STR("scopeV2")));
	json_object_tree(&o, list, json_get(request, str_of(list)));
	return o.n ? json_object_end(&o) : NULL;
}

static bool set_review(struct api_call *call, const struct json *request, const char *list, struct access_review *ret)
{
	const struct access_review *old = c1_find_review(call, "access_review_id", "update");
	struct error err = {0};
	struct scoped s;

	if (!old)
		return false;
	s = of_review(old);
	*ret = *old;
	ret->scope = scope_of(call, &s, request, list);
	return c1_stored(call, access_review_update(call->txn, ret, &err), &err);
}

static bool set_template(struct api_call *call, const struct json *request, const char *list,
                         struct access_review_template *ret)
{
	const struct access_review_template *old = c1_find_review_template(call, "access_review_template_id", "update");
	struct error err = {0};
	struct scoped s;

	if (!old)
		return false;
	s = of_template(old);
	*ret = *old;
	ret->scope = scope_of(call, &s, request, list);
	return c1_stored(call, access_review_template_update(call->txn, ret, &err), &err);
}

/* ---- handlers -------------------------------------------------------------------------------------------- */

void c1_review_scope_get(struct api_call *call)
{
	const struct access_review *r = c1_find_review(call, "access_review_id", "get");
	struct scoped s;

	if (!r)
		return;
	s = of_review(r);
	answer(call, &s, NULL);
}

void c1_review_scope_put(struct api_call *call)
{
	const struct json *request;
	struct access_review r;
	struct scoped s;

	if (!c1_read(call, &c1_AccessReviewSetScopeAndEntitlementsRequest, &request) ||
	    !set_review(call, request, "entitlements", &r))
		return;
	s = of_review(&r);
	answer(call, &s, request);
}

void c1_review_scope_by_type(struct api_call *call)
{
	const struct json *request;
	struct access_review r;

	if (c1_read(call, &c1_AccessReviewSetScopeByResourceTypeRequest, &request) &&
	    set_review(call, request, "resourceTypeSelections", &r))
		c1_answer(call, &c1_AccessReviewSetScopeByResourceTypeResponse, NULL);
}

void c1_template_scope_get(struct api_call *call)
{
	const struct access_review_template *m = c1_find_review_template(call, "access_review_template_id", "get");
	struct scoped s;

	if (!m)
		return;
	s = of_template(m);
	answer(call, &s, NULL);
}

void c1_template_scope_put(struct api_call *call)
{
	const struct json *request;
	struct access_review_template m;
	struct scoped s;

	if (!c1_read(call, &c1_AccessReviewTemplateSetScopeAndEntitlementsRequest, &request) ||
	    !set_template(call, request, "entitlements", &m))
		return;
	s = of_template(&m);
	answer(call, &s, request);
}

void c1_template_scope_by_type(struct api_call *call)
{
	const struct json *request;
	struct access_review_template m;

	if (c1_read(call, &c1_AccessReviewTemplateSetScopeByResourceTypeRequest, &request) &&
	    set_template(call, request, "resourceTypeSelections", &m))
		c1_answer(call, &c1_AccessReviewSetScopeByResourceTypeResponse, NULL);
}
