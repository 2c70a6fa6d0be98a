/* SPDX-License-Identifier: Apache-2.0
 *
 * Access reviews: drafts and their scope. The vendor has no public call that opens or closes one: the native API does
 * (api/native/reviews.c).
 */
#include "api/conductorone/directory.h"
#include "base/clock.h"
#include "service/access_reviews.h"

#define STATE    "ACCESS_REVIEW_STATE_"
#define DECISION "CLOSE_DECISION_"

/* ---- messages -------------------------------------------------------------------------------------------- */

static const struct json *scope_message(struct api_call *call, const struct access_review *r)
{
	struct access_review_scope scope = access_review_scope_read(r, call->arena);
	struct json_object users = {.arena = call->arena};

	json_object_strs(&users, "userIds", scope.users);
	return c1_wrap(call, scope.users.n ? "selectedUsers" : "allUsers", json_object_end(&users));
}

static int32_t count_tasks(struct api_call *call, const struct access_review *r)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(call->snapshot, DOC_ACCESS_REQUEST,
	                           arena_concat(call->arena, STR("review:"), r->doc.id), call->arena, &docs);
	int32_t n_certify = 0;

	for (size_t i = 0; i < n; i++)
		n_certify += as_access_request(docs[i])->type == REQUEST_CERTIFY;
	return n_certify;
}

static const struct json *message_of(struct api_call *call, const struct access_review *r)
{
	struct json_object o = {.arena = call->arena};
	bool is_closed = str_eq(r->state, STR(ACCESS_REVIEW_CLOSED));

	json_object_str(&o, "id", r->doc.id);
	json_object_str(&o, "displayName", r->display_name);
	json_object_str(&o, "description", r->description);
	json_object_str(&o, "state", arena_concat(call->arena, STR(STATE), r->state));
	json_object_str(&o, "policyId", r->policy);
	json_object_bool(&o, "usePolicyOverride", r->overrides_policy);
	json_object_str(&o, "scopeType", STR("ACCESS_REVIEW_SCOPE_TYPE_BY_ENTITLEMENTS"));
	json_object_tree(&o, "scopeV2", scope_message(call, r));
	if (!str_is_empty(r->auto_close_decision))
		json_object_str(&o, "autoCloseDecision",
		                arena_concat(call->arena, STR(DECISION), r->auto_close_decision));
	json_object_str(&o, "reviewInstructions", json_get_str(r->details, STR("reviewInstructions")));
	json_object_str(&o, "createdById", json_get_str(r->details, STR("createdById")));
	json_object_i64(&o, "expectedTicketCount", count_tasks(call, r));
	json_object_time(&o, "completionDate", r->ends_at_ms);
	json_object_time(&o, "startedAt", r->starts_at_ms);
	json_object_time(&o, "closedAt", is_closed ? r->doc.updated_at_ms : 0);
	json_object_time(&o, "createdAt", r->doc.created_at_ms);
	json_object_time(&o, "updatedAt", r->doc.updated_at_ms);
	return json_object_end(&o);
}

static const struct json *view_of(struct api_call *call, const struct access_review *r)
{
	return c1_wrap(call, "accessReview", message_of(call, r));
}

static void answer(struct api_call *call, const struct access_review *r)
{
	c1_note_target(call, DOC_ACCESS_REVIEW, r->doc.id);
	c1_answer(call, &c1_AccessReviewResponse, c1_wrap(call, "accessReview", view_of(call, r)));
}

static int64_t time_of(const struct json *message, const char *name)
{
	int64_t ms = 0;

	return time_parse_rfc3339(c1_str(message, name), &ms) ? ms : 0;
}

static struct str_list users_of(struct api_call *call, const struct json *scope)
{
	return c1_strs(call, json_get(scope, STR("selectedUsers")), "userIds");
}

/* Takes over what a message says, of the fields that AccessReview has. */
static void read_review(struct api_call *call, const struct json *message, struct access_review *ret)
{
	struct str decision = c1_str(message, "autoCloseDecision");
	struct access_review_scope scope = access_review_scope_read(ret, call->arena);
	struct json_object details = {.arena = call->arena};

	ret->display_name = c1_str(message, "displayName");
	ret->description = c1_str(message, "description");
	ret->policy = c1_str(message, "policyId");
	ret->overrides_policy = c1_bool(message, "usePolicyOverride");
	ret->ends_at_ms = time_of(message, "completionDate");
	ret->auto_close_decision =
	    str_is_empty(decision) ? STR_NONE : str_slice(decision, strlen(DECISION), decision.len);
	scope.users = users_of(call, json_get(message, STR("scopeV2")));
	ret->scope = access_review_scope_write(&scope, call->arena);
	json_object_str(&details, "createdById", json_get_str(ret->details, STR("createdById")));
	json_object_str(&details, "reviewInstructions", c1_str(message, "reviewInstructions"));
	ret->details = json_object_end(&details);
}

/* ---- making and changing ----------------------------------------------------------------------------------- */

static const struct access_review *find(struct api_call *call, const char *param)
{
	struct str id = api_param(call, param);
	const struct access_review *r = FIND(call->snapshot, access_review, ACCESS_REVIEW, id);

	c1_note_target(call, DOC_ACCESS_REVIEW, id);
	if (!r)
		c1_unknown(call, "access review", "AccessReviewServiceGetRequest.Id", id);
	return r;
}

static void review_create(struct api_call *call)
{
	struct json_object details = {.arena = call->arena};
	struct access_review r = {0};
	const struct json *message;
	struct error err = {0};

	if (!c1_read(call, &c1_CreateAccessReviewRequest, &message))
		return;
	json_object_str(&details, "createdById", call->caller.id);
	r.details = json_object_end(&details);
	read_review(call, message, &r);
	r.owners = c1_strs(call, message, "ownerIds");
	if (!c1_stored(call, access_review_create(call->txn, &r, &err), &err))
		return;
	c1_stamp(call, &r.doc);
	answer(call, &r);
}

static void review_update(struct api_call *call)
{
	const struct json *message, *merged;
	const struct access_review *old;
	struct access_review r;
	struct c1_change change;
	struct error err = {0};

	if (!c1_read(call, &c1_UpdateAccessReviewRequest, &message))
		return;
	old = find(call, "id");
	if (!old)
		return;
	change = (struct c1_change){.message = &c1_AccessReview,
	                            .old = message_of(call, old),
	                            .given = json_get(message, STR("accessReview")),
	                            .raw = c1_raw(call, &c1_UpdateAccessReviewRequest, STR("accessReview")),
	                            .mask = c1_str(message, "updateMask")};
	if (!c1_merge(call, &change, &merged))
		return;
	r = *old;
	read_review(call, merged, &r);
	if (!c1_stored(call, access_review_update(call->txn, &r, &err), &err))
		return;
	c1_stamp(call, &r.doc);
	answer(call, &r);
}

static void review_delete(struct api_call *call)
{
	const struct access_review *r = find(call, "id");

	if (!r)
		return;
	access_review_delete(call->txn, r);
	c1_answer(call, &c1_DirectoryEmpty, NULL);
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static void review_get(struct api_call *call)
{
	const struct access_review *r = find(call, "id");

	if (r)
		answer(call, r);
}

static void put_view(struct api_call *call, struct json_writer *w, const struct document *doc)
{
	proto_write(w, &c1_AccessReviewView, view_of(call, as_access_review(doc)));
}

static void review_list(struct api_call *call)
{
	struct c1_page page;

	if (c1_page_of_query(call, &page))
		c1_list(call, &page, &(struct c1_listing){.kind = DOC_ACCESS_REVIEW, .put = put_view});
}

/* ---- the scope ------------------------------------------------------------------------------------------- */

/* {"accessReviewEntitlement":{…}} of one reference. */
static struct json setup_view(struct api_call *call, const struct access_review *r, const struct json *ref)
{
	const struct app_entitlement *e =
	    app_entitlement_find(call->snapshot, c1_str(ref, "appId"), c1_str(ref, "appEntitlementId"), call->arena);
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "accessReviewId", r->doc.id);
	json_object_str(&o, "appId", c1_str(ref, "appId"));
	json_object_str(&o, "appEntitlementId", c1_str(ref, "appEntitlementId"));
	json_object_str(&o, "appResourceTypeId", e ? e->resource_type : STR_NONE);
	json_object_str(&o, "policyId", e ? e->certify_policy : STR_NONE);
	return *c1_wrap(call, "accessReviewEntitlement", json_object_end(&o));
}

static void answer_scope(struct api_call *call, const struct access_review *r)
{
	struct access_review_scope scope = access_review_scope_read(r, call->arena);
	uint32_t n = scope.entitlements ? scope.entitlements->n : 0;
	struct json *items = ARENA_ARRAY(call->arena, struct json, n);
	struct json_object o = {.arena = call->arena};

	for (uint32_t i = 0; i < n; i++)
		items[i] = setup_view(call, r, &scope.entitlements->items[i]);
	json_object_put(&o, "list", (struct json){.type = JSON_ARRAY, .n = n, .items = items});
	json_object_tree(&o, "scopeV2", scope_message(call, r));
	c1_answer(call, &c1_AccessReviewScopeResponse, json_object_end(&o));
}

static void scope_get(struct api_call *call)
{
	const struct access_review *r = find(call, "access_review_id");

	if (r)
		answer_scope(call, r);
}

static void scope_set(struct api_call *call)
{
	struct access_review_scope scope;
	const struct access_review *old;
	const struct json *message;
	struct access_review r;
	struct error err = {0};

	if (!c1_read(call, &c1_SetAccessReviewScopeRequest, &message))
		return;
	old = find(call, "access_review_id");
	if (!old)
		return;
	r = *old;
	scope = access_review_scope_read(old, call->arena);
	scope.entitlements = json_get(message, STR("entitlements"));
	if (json_get(message, STR("scopeV2")))
		scope.users = users_of(call, json_get(message, STR("scopeV2")));
	r.scope = access_review_scope_write(&scope, call->arena);
	if (c1_stored(call, access_review_update(call->txn, &r, &err), &err))
		answer_scope(call, &r);
}

#define ONE   C1_API "access_review/{id}"
#define SCOPE C1_API "access_review/{access_review_id}/scope_and_entitlements"
#define ALL   "conductorone:accessReviews"
#define ON    "conductorone:accessReviews:{id}"
#define OF    "conductorone:accessReviews:{access_review_id}"

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_POST, C1_API "access_review", API_WRITE, API_JSON_BODY, "conductorone:accessReviews:create", ALL, review_create, "c1.accessReview.create"},
    {HTTP_GET, C1_API "access_reviews", API_READ, API_NO_BODY, "conductorone:accessReviews:list", ALL, review_list, NULL},
    {HTTP_GET, ONE, API_READ, API_NO_BODY, "conductorone:accessReviews:get", ON, review_get, NULL},
    {HTTP_POST, ONE, API_WRITE, API_JSON_BODY, "conductorone:accessReviews:update", ON, review_update, "c1.accessReview.update"},
    {HTTP_DELETE, ONE, API_WRITE, API_OPTIONAL_JSON, "conductorone:accessReviews:delete", ON, review_delete, "c1.accessReview.delete"},
    {HTTP_GET, SCOPE, API_READ, API_NO_BODY, "conductorone:accessReviews:get", OF, scope_get, NULL},
    {HTTP_POST, SCOPE, API_WRITE, API_JSON_BODY, "conductorone:accessReviews:update", OF, scope_set, "c1.accessReview.scope"},
};
/* clang-format on */

const struct api_route_table c1_review_routes = {routes, N_ELEMENTS(routes)};
