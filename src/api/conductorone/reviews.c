/* SPDX-License-Identifier: Apache-2.0
 *
 * Access reviews: made, read, changed, deleted, listed. The vendor has no public call that starts or closes one: the
 * native API does (api/native/reviews.c).
 */
#include "api/conductorone/reviews.h"
#include "base/clock.h"

#define STATE "ACCESS_REVIEW_STATE_"
#define ALL   "conductorone:accessReviews"

/* ---- permission -------------------------------------------------------------------------------------------- */

bool c1_owns_review(const struct api_call *call, struct str_list owners)
{
	const struct caller *c = &call->caller;

	return str_eq(c->type, STR("user")) && str_list_has(owners, c->id) && !c->key->is_bound &&
	       !(c->client && c->client->scopes.n);
}

bool c1_may_review(struct api_call *call, struct c1_owned of, const char *verb)
{
	struct str action = arena_concat(call->arena, STR(ALL ":"), str_of(verb));

	return c1_owns_review(call, of.owners) || c1_may(call, action, arena_concat(call->arena, STR(ALL ":"), of.id));
}

bool c1_admit_review(struct api_call *call, struct c1_owned of, const char *verb)
{
	call->operation = arena_concat(call->arena, STR(ALL ":"), str_of(verb));
	if (c1_may_review(call, of, verb))
		return true;
	api_fail(call, SERVICE_DENIED, 0, "permission denied: " ALL ":%s is needed", verb);
	return false;
}

bool c1_admit_review_list(struct api_call *call, enum document_kind kind, bool *ret_sees_all)
{
	const struct document *const *docs;
	size_t n;

	call->operation = STR(ALL ":list");
	*ret_sees_all = c1_may(call, STR(ALL ":list"), STR(ALL));
	if (*ret_sees_all)
		return true;
	n = snapshot_linked(call->snapshot, kind, arena_concat(call->arena, STR("owner:"), call->caller.id),
	                    call->arena, &docs);
	for (size_t i = 0; i < n; i++)
		if (c1_owns_review(call, kind == DOC_ACCESS_REVIEW ? as_access_review(docs[i])->owners
		                                                   : as_access_review_template(docs[i])->owners))
			return true;
	api_fail(call, SERVICE_DENIED, 0, "permission denied: " ALL ":list is needed");
	return false;
}

const struct access_review *c1_find_review(struct api_call *call, const char *param, const char *verb)
{
	struct str id = api_param(call, param);
	const struct access_review *r = access_review_find(call->snapshot, id);

	c1_note_target(call, DOC_ACCESS_REVIEW, id);
	if (!r) {
		c1_unknown(call, "access review", "AccessReviewServiceGetRequest.Id", id);
		return NULL;
	}
	return c1_admit_review(call, (struct c1_owned){r->owners, r->doc.id}, verb) ? r : NULL;
}

/* ---- messages -------------------------------------------------------------------------------------------- */

struct str c1_close_decision(const struct json *message)
{
	struct str decision = c1_str(message, "autoCloseDecision");

	return str_is_empty(decision) ? STR_NONE : str_slice(decision, strlen(C1_CLOSE_DECISION), decision.len);
}

bool c1_review_is_supported(struct api_call *call, const struct json *message)
{
	static const char *const others[] = {"inclusionScope", "exclusionScope", "singleApp",
	                                     "multiApp",       "bindings",       "slackChannel"};
	struct str type = c1_str(message, "scopeType");

	for (size_t i = 0; i < N_ELEMENTS(others); i++) {
		if (!json_get(message, str_of(others[i])))
			continue;
		api_fail(call, SERVICE_INVALID, 0, "invalid AccessReview: %s is not supported", others[i]);
		return false;
	}
	if (str_eq(type, STR("ACCESS_REVIEW_SCOPE_TYPE_BY_ACCESS_CONFLICTS")) ||
	    str_eq(type, STR("ACCESS_REVIEW_SCOPE_TYPE_BY_INHERITANCE"))) {
		api_fail(call, SERVICE_INVALID, 0, "invalid AccessReview.ScopeType: " STR_FMT " is not supported",
		         STR_ARG(type));
		return false;
	}
	if (c1_bool(json_get(message, STR("signatureConfig")), "requireSignature")) {
		api_fail(
		    call, SERVICE_INVALID, 0,
		    "invalid AccessReview.SignatureConfig: reviews are not signed: requireSignature is not supported");
		return false;
	}
	return true;
}

/* Fields of the message that have fields of their own in the document. */
static const struct str known[] = {
    STR_INIT("displayName"),       STR_INIT("description"),       STR_INIT("policyId"),
    STR_INIT("usePolicyOverride"), STR_INIT("autoCloseDecision"), STR_INIT("scopeV2"),
};

const struct json *c1_review_message(struct api_call *call, const struct access_review *r)
{
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "id", r->doc.id);
	json_object_str(&o, "displayName", r->display_name);
	json_object_str(&o, "description", r->description);
	json_object_str(&o, "state", arena_concat(call->arena, STR(STATE), r->state));
	json_object_str(&o, "policyId", r->policy);
	json_object_bool(&o, "usePolicyOverride", r->overrides_policy);
	if (!str_is_empty(r->auto_close_decision))
		json_object_str(&o, "autoCloseDecision",
		                arena_concat(call->arena, STR(C1_CLOSE_DECISION), r->auto_close_decision));
	json_object_tree(&o, "scopeV2", json_get(r->scope, STR("scopeV2")));
	c1_put_details(&o, r->details);
	json_object_i64(&o, "expectedTicketCount", r->n_requests);
	json_object_str(&o, "createdById", r->created_by);
	json_object_str(&o, "accessReviewTemplateId", r->template);
	json_object_time(&o, "startedAt", r->started_at_ms);
	json_object_time(&o, "closedAt", r->closed_at_ms);
	json_object_time(&o, "createdAt", r->doc.created_at_ms);
	json_object_time(&o, "updatedAt", r->doc.updated_at_ms);
	return json_object_end(&o);
}

static const struct json *view_of(struct api_call *call, const struct access_review *r, struct c1_expansion *x)
{
	struct json_object o = {.arena = call->arena};

	json_object_tree(&o, "accessReview", c1_review_message(call, r));
	if (c1_expands(x, "created_by_id") || c1_expands(x, "created_by_user_id"))
		json_object_str(&o, "createdByUserPath",
		                c1_path_to(call, x, DOC_USER, (struct str_list){&r->created_by, 1}));
	if (c1_expands(x, "policy_id"))
		json_object_str(&o, "policyPath",
		                c1_path_to(call, x, DOC_APPROVAL_POLICY, (struct str_list){&r->policy, 1}));
	return json_object_end(&o);
}

/* `request`: whose expandMask counts; NULL: nothing is expanded. */
static void answer(struct api_call *call, const struct access_review *r, const struct json *request)
{
	struct c1_expansion x = c1_expansion_of(call, request);
	struct json_object o = {.arena = call->arena};

	c1_note_target(call, DOC_ACCESS_REVIEW, r->doc.id);
	json_object_tree(&o, "accessReview", view_of(call, r, &x));
	c1_put_expanded(&o, &x);
	c1_answer(call, &c1_AccessReviewResponse, json_object_end(&o));
}

static int64_t time_of(const struct json *message, const char *switched_by, const char *name)
{
	int64_t ms;

	return c1_bool(message, switched_by) && time_parse_rfc3339(c1_str(message, name), &ms) ? ms : 0;
}

/* Takes over what a message says; false after failing the call. */
static bool read_review(struct api_call *call, const struct json *m, struct access_review *r)
{
	if (json_get(m, STR("scope"))) { /* of a template that is the other way round */
		api_fail(call, SERVICE_INVALID, 0, "invalid AccessReview: scope is not supported, use scopeV2");
		return false;
	}
	if (!c1_review_is_supported(call, m))
		return false;
	r->display_name = c1_str(m, "displayName");
	r->description = c1_str(m, "description");
	r->policy = c1_str(m, "policyId");
	r->overrides_policy = c1_bool(m, "usePolicyOverride");
	r->auto_close_decision = c1_close_decision(m);
	r->scope = access_review_scope_with(r->scope, STR("scopeV2"), json_get(m, STR("scopeV2")), call->arena);
	r->starts_at_ms = time_of(m, "autoStartCampaign", "scheduledStartDate");
	r->ends_at_ms = time_of(m, "autoCloseCampaign", "completionDate");
	r->details = c1_details(call, &c1_AccessReview, m, (struct str_list){known, N_ELEMENTS(known)});
	return true;
}

/* ---- making and changing ----------------------------------------------------------------------------------- */

/* The scope of the review that the new one is a copy of; false after failing the call. */
static bool copy_scope(struct api_call *call, struct str from, struct access_review *r)
{
	const struct access_review *other;

	if (str_is_empty(from))
		return true;
	other = access_review_find(call->snapshot, from);
	if (!other) {
		c1_unknown(call, "access review", "AccessReviewServiceCreateRequest.DuplicateFrom", from);
		return false;
	}
	r->scope = other->scope;
	return c1_admit_review(call, (struct c1_owned){other->owners, other->doc.id}, "get");
}

static void review_create(struct api_call *call)
{
	struct access_review r = {.created_by = call->caller.id};
	const struct json *request, *message;
	struct error err = {0};

	if (!c1_read(call, &c1_AccessReviewServiceCreateRequest, &request) ||
	    !copy_scope(call, c1_str(request, "duplicateFrom"), &r))
		return;
	message = request;
	if (!json_get(request, STR("scopeV2"))) /* what was copied stays */
		message =
		    access_review_scope_with(request, STR("scopeV2"), json_get(r.scope, STR("scopeV2")), call->arena);
	if (!read_review(call, message, &r))
		return;
	r.owners = c1_strs(call, request, "ownerIds");
	if (!c1_stored(call, access_review_create(call->txn, &r, &err), &err))
		return;
	c1_stamp(call, &r.doc);
	answer(call, &r, request);
}

static void review_update(struct api_call *call)
{
	const struct json *request, *merged;
	const struct access_review *old;
	struct access_review r;
	struct c1_change change;
	struct error err = {0};

	if (!c1_read(call, &c1_AccessReviewServiceUpdateRequest, &request))
		return;
	old = c1_find_review(call, "id", "update");
	if (!old)
		return;
	change = (struct c1_change){.message = &c1_AccessReview,
	                            .old = c1_review_message(call, old),
	                            .given = json_get(request, STR("accessReview")),
	                            .raw = c1_raw(call, &c1_AccessReviewServiceUpdateRequest, STR("accessReview")),
	                            .mask = c1_str(request, "updateMask")};
	if (!c1_merge(call, &change, &merged))
		return;
	r = *old;
	if (!read_review(call, merged, &r) || !c1_stored(call, access_review_update(call->txn, &r, &err), &err))
		return;
	c1_stamp(call, &r.doc);
	answer(call, &r, request);
}

static void review_delete(struct api_call *call)
{
	const struct access_review *r;
	const struct json *message;

	if (!c1_read(call, &c1_AccessReviewServiceDeleteRequest, &message))
		return;
	r = c1_find_review(call, "id", "delete");
	if (!r)
		return;
	access_review_delete(call->txn, r);
	c1_answer(call, &c1_AccessReviewServiceDeleteRequest, NULL);
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static void review_get(struct api_call *call)
{
	const struct access_review *r = c1_find_review(call, "id", "get");

	if (r)
		answer(call, r, NULL);
}

static bool shows(struct api_call *call, const struct document *doc, const void *sees_all)
{
	return *(const bool *)sees_all || c1_owns_review(call, as_access_review(doc)->owners);
}

static void put_review(struct api_call *call, struct json_writer *w, const struct document *doc, struct c1_expansion *x)
{
	proto_write(w, &c1_AccessReviewView, view_of(call, as_access_review(doc), x));
}

/* Without the permission: those that one owns. */
static void review_list(struct api_call *call)
{
	struct c1_page page;
	bool sees_all;

	if (c1_admit_review_list(call, DOC_ACCESS_REVIEW, &sees_all) && c1_page_of_query(call, &page))
		c1_list(call, &page,
		        &(struct c1_listing){.kind = DOC_ACCESS_REVIEW,
		                             .is_of_views = true,
		                             .shows = shows,
		                             .put = put_review,
		                             .ctx = &sees_all});
}

#define ONE C1_API "access_review/{id}"
#define OF  C1_API "access_review/{access_review_id}/"

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_POST, C1_API "access_review", API_WRITE, API_JSON_BODY, ALL ":create", ALL, review_create, "c1.accessReview.create"},
    {HTTP_GET, C1_API "access_reviews", API_READ, API_NO_BODY, NULL, NULL, review_list, NULL},
    {HTTP_GET, ONE, API_READ, API_NO_BODY, NULL, NULL, review_get, NULL},
    {HTTP_POST, ONE, API_WRITE, API_JSON_BODY, NULL, NULL, review_update, "c1.accessReview.update"},
    {HTTP_DELETE, ONE, API_WRITE, API_OPTIONAL_JSON, NULL, NULL, review_delete, "c1.accessReview.delete"},
    {HTTP_GET, OF "scope_and_entitlements", API_READ, API_NO_BODY, NULL, NULL, c1_review_scope_get, NULL},
    {HTTP_POST, OF "scope_and_entitlements", API_WRITE, API_JSON_BODY, NULL, NULL, c1_review_scope_put, "c1.accessReview.scope"},
    {HTTP_POST, OF "scope_by_resource_type", API_WRITE, API_JSON_BODY, NULL, NULL, c1_review_scope_by_type, "c1.accessReview.scope"},
    {HTTP_GET, OF "report", API_READ, API_NO_BODY, NULL, NULL, c1_review_report, NULL},
};
/* clang-format on */

const struct api_route_table c1_review_routes = {routes, N_ELEMENTS(routes)};
