/* SPDX-License-Identifier: Apache-2.0 */
#include "api/conductorone/task_view.h"

#include "api/conductorone/task_steps.h"

bool c1_is_request_admin(struct api_call *call)
{
	return c1_may(call, STR("conductorone:tasks:manage"), STR("conductorone:tasks"));
}

/* ---- the task ------------------------------------------------------------------------------------------------------
 */

static const struct json *type_message(struct arena *a, const struct access_request *r)
{
	static const char *const arms[REQUEST_N_TYPES] = {
	    [REQUEST_NONE] = "", [REQUEST_GRANT] = "grant", [REQUEST_REVOKE] = "revoke", [REQUEST_CERTIFY] = "certify"};
	struct json_object m = {.arena = a}, o = {.arena = a};

	json_object_str(&m, "appEntitlementId", r->entitlement_id);
	json_object_str(&m, "appId", r->app);
	json_object_str(&m, "appUserId", r->account_id);
	json_object_str(&m, "identityUserId", r->user);
	if (r->type == REQUEST_GRANT && r->duration_ms)
		json_object_str(&m, "grantDuration", proto_duration_text(a, r->duration_ms));
	if (r->type == REQUEST_CERTIFY)
		json_object_str(&m, "accessReviewId", r->review);
	json_object_str(&m, "outcome", workflow_outcome_name(r->type, r->outcome));
	json_object_time(&m, "outcomeTime", r->outcome_at_ms);
	if (r->type != REQUEST_CERTIFY)
		json_object_tree(&m, "source", r->source);
	json_object_tree(&o, arms[r->type], json_object_end(&m));
	return json_object_end(&o);
}

/* What the caller may do now. */
static struct str_list actions_of(struct api_call *call, const struct access_request *r)
{
	struct str *names = ARENA_ARRAY(call->arena, struct str, VERB_N);
	uint64_t allowed;
	size_t n = 0;

	if (!str_eq(call->caller.type, STR("user")))
		return (struct str_list){0};
	allowed = requests_allowed(call->snapshot, r, call->caller.id, c1_is_request_admin(call));
	for (enum workflow_verb verb = VERB_START; verb < VERB_N; verb++) {
		struct str action = workflow_action_name(verb);

		if (!str_is_absent(action) && allowed & UINT64_C(1) << verb)
			names[n++] = arena_concat(call->arena, STR("TASK_ACTION_TYPE_"), action);
	}
	return (struct str_list){names, n};
}

static struct str processing_of(const struct access_request *r)
{
	return r->state == REQUEST_CLOSED ? STR("TASK_PROCESSING_TYPE_DONE") : STR("TASK_PROCESSING_TYPE_WAITING");
}

static struct str title_of(struct api_call *call, const struct access_request *r)
{
	static const char *const verbs[REQUEST_N_TYPES] = {
	    [REQUEST_NONE] = "", [REQUEST_GRANT] = "Grant", [REQUEST_REVOKE] = "Revoke", [REQUEST_CERTIFY] = "Certify"};
	struct str id = arena_concat3(call->arena, r->app, STR("/"), r->entitlement_id);
	const struct app_entitlement *e = FIND(call->snapshot, app_entitlement, APP_ENTITLEMENT, id);
	struct str name = e && e->display_name.len ? e->display_name : r->entitlement_id;

	return arena_strf(call->arena, "%s " STR_FMT, verbs[r->type], STR_ARG(name));
}

const struct json *c1_task(struct api_call *call, const struct access_request *r)
{
	const struct request_step *current = workflow_current(r);
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "id", r->doc.id);
	json_object_i64(&o, "numericId", r->number);
	json_object_str(&o, "displayName", title_of(call, r));
	json_object_str(&o, "description", r->description);
	json_object_str(&o, "state", r->state == REQUEST_OPEN ? STR("TASK_STATE_OPEN") : STR("TASK_STATE_CLOSED"));
	json_object_str(&o, "processing", processing_of(r));
	json_object_tree(&o, "type", type_message(call->arena, r));
	json_object_tree(&o, "policy", c1_policy_instance(r, call->arena));
	json_object_str(&o, "policyGenerationId", r->generation);
	json_object_str(&o, "userId", r->user);
	json_object_str(&o, "createdByUserId", r->created_by);
	if (current)
		json_object_strs(&o, "stepApproverIds", current->approvers);
	json_object_strs(&o, "approverIds", r->decided_by);
	json_object_strs(&o, "actions", actions_of(call, r));
	json_object_i64(&o, "commentCount", r->n_comments);
	json_object_bool(&o, "emergencyAccess", r->is_emergency);
	json_object_str(&o, "origin", arena_concat(call->arena, STR("TASK_ORIGIN_"), r->origin));
	json_object_tree(&o, "data", r->data);
	if (current && current->kind == STEP_FORM)
		json_object_tree(&o, "form", json_get(json_get(current->definition, STR("form")), STR("form")));
	json_object_time(&o, "createdAt", r->doc.created_at_ms);
	json_object_time(&o, "updatedAt", r->doc.updated_at_ms);
	return json_object_end(&o);
}

/* ---- what stands beside it ------------------------------------------------------------------------------------------
 */

struct c1_expansion c1_expansion_of(struct api_call *call, const struct json *message)
{
	return (struct c1_expansion){.paths = c1_strs(call, json_get(message, STR("expandMask")), "paths")};
}

bool c1_is_expanded(const struct c1_expansion *x, const char *path)
{
	return str_list_has(x->paths, STR("*")) || str_list_has(x->paths, str_of(path));
}

/* The place of the object among the expanded, where it is put if it is new. */
static size_t place_of(struct api_call *call, struct c1_expansion *x, const struct document *doc)
{
	struct str name = arena_concat3(call->arena, document_kind_name(doc->kind), STR(":"), doc->id);
	size_t n = x->n;

	for (size_t i = 0; i < n; i++)
		if (str_eq(x->names[i], name))
			return i;
	ARENA_ROOM(call->arena, x->names, n, &x->cap_names);
	ARENA_ROOM(call->arena, x->items, x->n, &x->cap);
	x->names[n] = name;
	x->items[x->n++] = *c1_expanded_message(call, doc);
	return n;
}

struct str c1_expand(struct api_call *call, struct c1_expansion *x, enum document_kind kind, struct str_list ids)
{
	struct str places = STR_NONE;

	for (size_t i = 0; i < ids.n; i++) {
		const struct document *doc =
		    str_is_empty(ids.items[i]) ? NULL : snapshot_find(call->snapshot, kind, ids.items[i]);

		if (doc)
			places = arena_strf(call->arena, STR_FMT "%s%zu", STR_ARG(places),
			                    str_is_absent(places) ? "" : ",", place_of(call, x, doc));
	}
	if (str_is_absent(places))
		return STR_NONE;
	return arena_concat3(call->arena, STR("$.expanded["), places, STR("]"));
}

const struct json *c1_task_view(struct api_call *call, const struct access_request *r, struct c1_expansion *expansion)
{
	const struct request_step *current = workflow_current(r);
	struct str part = arena_concat(call->arena, r->app, STR("/"));
	struct str account = arena_concat(call->arena, part, r->account_id);
	struct str entitlement = arena_concat(call->arena, part, r->entitlement_id);
	const struct {
		const char *mask, *member;
		enum document_kind kind;
		struct str_list ids;
	} parts[] = {
	    {"app_id", "appPath", DOC_APP, {&r->app, 1}},
	    {"app_user_id", "appUserPath", DOC_APP_USER, {&account, 1}},
	    {"approver_ids", "approversPath", DOC_USER, r->decided_by},
	    {"created_by_user_id", "createdByUserPath", DOC_USER, {&r->created_by, 1}},
	    {"app_entitlement_ids", "entitlementsPath", DOC_APP_ENTITLEMENT, {&entitlement, 1}},
	    {"identity_user_id", "identityUserPath", DOC_USER, {&r->user, 1}},
	    {"step_approver_ids", "stepApproversPath", DOC_USER, current ? current->approvers : (struct str_list){0}},
	    {"user_id", "userPath", DOC_USER, {&r->user, 1}},
	};
	struct json_object o = {.arena = call->arena};

	json_object_tree(&o, "task", c1_task(call, r));
	for (size_t i = 0; i < N_ELEMENTS(parts); i++)
		if (c1_is_expanded(expansion, parts[i].mask))
			json_object_str(&o, parts[i].member, c1_expand(call, expansion, parts[i].kind, parts[i].ids));
	return json_object_end(&o);
}

void c1_put_expanded(struct json_object *o, const struct c1_expansion *expansion)
{
	if (expansion->n)
		json_object_put(
		    o, "expanded",
		    (struct json){.type = JSON_ARRAY, .n = (uint32_t)expansion->n, .items = expansion->items});
}

/* ---- the trail ------------------------------------------------------------------------------------------------------
 */

const struct json *c1_task_event(struct api_call *call, const struct request_event *event)
{
	static const struct json empty = {.type = JSON_OBJECT};
	struct json_object o = {.arena = call->arena};
	struct str kind = arena_str(call->arena, event->kind);

	json_object_str(&o, "id", event->doc.id);
	json_object_str(&o, "ticketId", event->request);
	json_object_time(&o, "created", event->doc.created_at_ms);
	json_object_str(&o, "userId", event->user);
	json_object_str(&o, "currentState",
	                event->state == REQUEST_CLOSED ? STR("TASK_STATE_CLOSED") : STR("TASK_STATE_OPEN"));
	json_object_str(&o, "eventType",
	                event->is_error ? STR("TASK_AUDIT_EVENT_TYPE_ERROR") : STR("TASK_AUDIT_EVENT_TYPE_NEUTRAL"));
	json_object_str(&o, "source", STR("SOURCE_C1"));
	json_object_tree(&o, kind.ptr, event->message ? event->message : &empty);
	return json_object_end(&o);
}
