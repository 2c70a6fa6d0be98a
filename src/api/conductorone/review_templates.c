/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates of access reviews: made, read, changed, deleted, listed. Reviews are made from them by their rule, or by
 * the native API (api/native/reviews.c).
 */
#include "api/conductorone/reviews.h"

#define ALL "conductorone:accessReviews"

const struct access_review_template *c1_find_review_template(struct api_call *call, const char *param, const char *verb)
{
	struct str id = api_param(call, param);
	const struct access_review_template *m = access_review_template_find(call->snapshot, id);

	c1_note_target(call, DOC_ACCESS_REVIEW_TEMPLATE, id);
	if (!m) {
		c1_unknown(call, "access review template", "AccessReviewTemplateServiceGetRequest.Id", id);
		return NULL;
	}
	return c1_admit_review(call, (struct c1_owned){m->owners, m->doc.id}, verb) ? m : NULL;
}

/* ---- messages -------------------------------------------------------------------------------------------- */

/* Fields of the message that have fields of their own in the document. */
static const struct str known[] = {
    STR_INIT("displayName"),
    STR_INIT("description"),
    STR_INIT("policyId"),
    STR_INIT("usePolicyOverride"),
    STR_INIT("autoCloseDecision"),
    STR_INIT("scope"),
    STR_INIT("accessReviewDuration"),
    STR_INIT("autoStartCampaign"),
    STR_INIT("autoCloseCampaign"),
    STR_INIT("recurrenceRule"),
    STR_INIT("isCampaignScheduleEnabled"),
};

static const struct json *message_of(struct api_call *call, const struct access_review_template *m)
{
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "id", m->doc.id);
	json_object_str(&o, "displayName", m->display_name);
	json_object_str(&o, "description", m->description);
	json_object_str(&o, "policyId", m->policy);
	json_object_bool(&o, "usePolicyOverride", m->overrides_policy);
	json_object_tree(&o, "scope", json_get(m->scope, STR("scopeV2")));
	if (m->duration_ms)
		json_object_str(&o, "accessReviewDuration", proto_duration_text(call->arena, m->duration_ms));
	json_object_bool(&o, "autoStartCampaign", m->starts_reviews);
	json_object_bool(&o, "autoCloseCampaign", m->closes_reviews);
	if (!str_is_empty(m->auto_close_decision))
		json_object_str(&o, "autoCloseDecision",
		                arena_concat(call->arena, STR(C1_CLOSE_DECISION), m->auto_close_decision));
	json_object_bool(&o, "isCampaignScheduleEnabled", m->is_scheduled);
	json_object_tree(&o, "recurrenceRule", m->rule);
	json_object_time(&o, "nextScheduledCampaignAt", access_review_template_due_ms(m));
	json_object_i64(&o, "occurrences", m->n_reviews);
	c1_put_details(&o, m->details);
	json_object_time(&o, "createdAt", m->doc.created_at_ms);
	json_object_time(&o, "updatedAt", m->doc.updated_at_ms);
	return json_object_end(&o);
}

static void answer(struct api_call *call, const struct access_review_template *m)
{
	c1_note_target(call, DOC_ACCESS_REVIEW_TEMPLATE, m->doc.id);
	c1_answer(call, &c1_AccessReviewTemplateResponse, c1_wrap(call, "accessReviewTemplate", message_of(call, m)));
}

/* Takes over what a message says; false after failing the call. */
static bool read_template(struct api_call *call, const struct json *message, struct access_review_template *m)
{
	struct str duration = c1_str(message, "accessReviewDuration");

	if (!c1_review_is_supported(call, message))
		return false;
	m->display_name = c1_str(message, "displayName");
	m->description = c1_str(message, "description");
	m->policy = c1_str(message, "policyId");
	m->overrides_policy = c1_bool(message, "usePolicyOverride");
	m->auto_close_decision = c1_close_decision(message);
	m->scope = access_review_scope_with(m->scope, STR("scopeV2"), json_get(message, STR("scope")), call->arena);
	m->duration_ms = 0;
	if (!str_is_absent(duration) && !proto_duration_parse(duration, &m->duration_ms)) {
		api_fail(call, SERVICE_INVALID, 0,
		         "invalid AccessReviewTemplate.AccessReviewDuration: value out of range");
		return false;
	}
	m->starts_reviews = c1_bool(message, "autoStartCampaign");
	m->closes_reviews = c1_bool(message, "autoCloseCampaign");
	m->is_scheduled = c1_bool(message, "isCampaignScheduleEnabled");
	m->rule = json_get(message, STR("recurrenceRule"));
	m->details = c1_details(call, &c1_AccessReviewTemplate, message, (struct str_list){known, N_ELEMENTS(known)});
	return true;
}

/* ---- handlers -------------------------------------------------------------------------------------------- */

static void template_create(struct api_call *call)
{
	struct access_review_template m = {0};
	const struct json *request;
	struct error err = {0};

	if (!c1_read(call, &c1_AccessReviewTemplateServiceCreateRequest, &request) || !read_template(call, request, &m))
		return;
	m.owners = c1_strs(call, request, "ownerIds");
	if (!c1_stored(call, access_review_template_create(call->txn, &m, &err), &err))
		return;
	c1_stamp(call, &m.doc);
	answer(call, &m);
}

static void template_update(struct api_call *call)
{
	static const struct proto_message *const body = &c1_AccessReviewTemplateServiceUpdateRequest;
	const struct json *request, *merged;
	const struct access_review_template *old;
	struct access_review_template m;
	struct c1_change change;
	struct error err = {0};

	if (!c1_read(call, body, &request))
		return;
	old = c1_find_review_template(call, "id", "update");
	if (!old)
		return;
	change = (struct c1_change){.message = &c1_AccessReviewTemplate,
	                            .old = message_of(call, old),
	                            .given = json_get(request, STR("accessReviewTemplate")),
	                            .raw = c1_raw(call, body, STR("accessReviewTemplate")),
	                            .mask = c1_str(request, "updateMask")};
	if (!c1_merge(call, &change, &merged))
		return;
	m = *old;
	if (!read_template(call, merged, &m) ||
	    !c1_stored(call, access_review_template_update(call->txn, &m, &err), &err))
		return;
	c1_stamp(call, &m.doc);
	answer(call, &m);
}

/* Reviews that were made from it go their own way. */
static void template_delete(struct api_call *call)
{
	const struct access_review_template *m;
	const struct json *request;

	if (!c1_read(call, &c1_AccessReviewServiceDeleteRequest, &request))
		return;
	m = c1_find_review_template(call, "id", "delete");
	if (!m)
		return;
	txn_delete(call->txn, DOC_ACCESS_REVIEW_TEMPLATE, m->doc.id);
	c1_answer(call, &c1_AccessReviewServiceDeleteRequest, NULL);
}

static void template_get(struct api_call *call)
{
	const struct access_review_template *m = c1_find_review_template(call, "id", "get");

	if (m)
		answer(call, m);
}

static bool shows(struct api_call *call, const struct document *doc, const void *sees_all)
{
	return *(const bool *)sees_all || c1_owns_review(call, as_access_review_template(doc)->owners);
}

static void put_template(struct api_call *call, struct json_writer *w, const struct document *doc,
                         struct c1_expansion *x UNUSED)
{
	proto_write(w, &c1_AccessReviewTemplate, message_of(call, as_access_review_template(doc)));
}

/* Without the permission: those that one owns. */
static void template_list(struct api_call *call)
{
	struct c1_page page;
	bool sees_all;

	if (c1_admit_review_list(call, DOC_ACCESS_REVIEW_TEMPLATE, &sees_all) && c1_page_of_query(call, &page))
		c1_list(call, &page,
		        &(struct c1_listing){
		            .kind = DOC_ACCESS_REVIEW_TEMPLATE, .shows = shows, .put = put_template, .ctx = &sees_all});
}

#define ONE C1_API "access_review_template/{id}"
#define OF  C1_API "access_review_template/{access_review_template_id}/"

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_POST, C1_API "access_review_template", API_WRITE, API_JSON_BODY, ALL ":create", ALL, template_create, "c1.accessReviewTemplate.create"},
    {HTTP_GET, C1_API "access_review_templates", API_READ, API_NO_BODY, NULL, NULL, template_list, NULL},
    {HTTP_GET, ONE, API_READ, API_NO_BODY, NULL, NULL, template_get, NULL},
    {HTTP_POST, ONE, API_WRITE, API_JSON_BODY, NULL, NULL, template_update, "c1.accessReviewTemplate.update"},
    {HTTP_DELETE, ONE, API_WRITE, API_OPTIONAL_JSON, NULL, NULL, template_delete, "c1.accessReviewTemplate.delete"},
    {HTTP_GET, OF "scope_and_entitlements", API_READ, API_NO_BODY, NULL, NULL, c1_template_scope_get, NULL},
    {HTTP_POST, OF "scope_and_entitlements", API_WRITE, API_JSON_BODY, NULL, NULL, c1_template_scope_put, "c1.accessReviewTemplate.scope"},
    {HTTP_POST, OF "scope_by_resource_type", API_WRITE, API_JSON_BODY, NULL, NULL, c1_template_scope_by_type, "c1.accessReviewTemplate.scope"},
};
/* clang-format on */

const struct api_route_table c1_review_template_routes = {routes, N_ELEMENTS(routes)};
