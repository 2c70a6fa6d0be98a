/* SPDX-License-Identifier: Apache-2.0 */
#include "api/conductorone/task_view.h"

#include "api/conductorone/task_steps.h"

bool c1_is_request_admin(struct api_call *call)
{
	return c1_may(call, STR("conductorone:tasks:manage"), STR("conductorone:tasks"));
}

/* ---- the task ------------------------------------------------------------------------------------------------------
 */

static void put_outcome(struct json_object *m, const struct access_request *r)
{
	json_object_str(m, "outcome", workflow_outcome_name(r->type, r->outcome));
	json_object_time(m, "outcomeTime", r->outcome_at_ms);
}

/* What is about an entitlement: grant, revoke, certify. */
static const struct json *entitlement_type(struct arena *a, const struct access_request *r)
{
	struct json_object m = {.arena = a};

	json_object_str(&m, "appEntitlementId", r->entitlement_id);
	json_object_str(&m, "appId", r->app);
	json_object_str(&m, "appUserId", r->account_id);
	json_object_str(&m, "identityUserId", r->user);
	if (r->type == REQUEST_GRANT && r->duration_ms)
		json_object_str(&m, "grantDuration", proto_duration_text(a, r->duration_ms));
	if (r->type == REQUEST_CERTIFY)
		json_object_str(&m, "accessReviewId", r->review);
	put_outcome(&m, r);
	if (r->type != REQUEST_CERTIFY)
		json_object_tree(&m, "source", r->source);
	return json_object_end(&m);
}

static const struct json *offboarding_type(struct arena *a, const struct access_request *r)
{
	struct json_object m = {.arena = a};

	put_outcome(&m, r);
	json_object_str(&m, "subjectUserId", r->user);
	return json_object_end(&m);
}

/* How the action was called when it was asked for. */
static const struct json *action_type(struct arena *a, const struct access_request *r)
{
	struct str name = json_get_str(r->source, STR("displayName")),
	           type = json_get_str(r->source, STR("createsType"));
	struct json_object m = {.arena = a}, instance = {.arena = a}, target = {.arena = a};

	json_object_str(&m, "actionId", r->action_id);
	json_object_str(&m, "displayName", name);
	json_object_str(&m, "type", str_is_empty(type) ? STR("TYPE_WORKFLOW") : STR("TYPE_RESOURCE_ACTION"));
	json_object_tree(&m, "formValues", r->data);
	put_outcome(&m, r);
	if (!str_is_empty(r->entitlement_id)) {
		json_object_strs(&m, "createdAppEntitlementIds", (struct str_list){&r->entitlement_id, 1});
		json_object_str(&m, "createdAppResourceTypeId", type);
	}
	json_object_str(&instance, "displayName", name);
	if (!str_is_empty(type)) {
		json_object_str(&target, "appId", r->app);
		json_object_str(&target, "batonActionDisplayName", name);
		json_object_str(&target, "batonActionName", r->action_id);
		json_object_str(&target, "resourceTypeId", type);
		json_object_tree(&instance, "batonResourceActionRef", json_object_end(&target));
	}
	json_object_tree(&m, "actionInstance", json_object_end(&instance));
	return json_object_end(&m);
}

static const struct json *type_message(struct arena *a, const struct access_request *r)
{
	struct json_object o = {.arena = a};

	if (r->type == REQUEST_OFFBOARDING)
		json_object_tree(&o, "offboarding", offboarding_type(a, r));
	else if (r->type == REQUEST_ACTION)
		json_object_tree(&o, "action", action_type(a, r));
	else
		json_object_tree(&o, request_type_name(r->type).ptr, entitlement_type(a, r));
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

		/* No provider is known here that could vouch for the caller. */
		if (verb == VERB_APPROVE_WITH_STEP_UP)
			continue;
		if (!str_is_absent(action) && allowed & UINT64_C(1) << verb)
			names[n++] = arena_concat(call->arena, STR("TASK_ACTION_TYPE_"), action);
	}
	return (struct str_list){names, n};
}

static struct str processing_of(const struct access_request *r)
{
	return r->state == REQUEST_CLOSED ? STR("TASK_PROCESSING_TYPE_DONE") : STR("TASK_PROCESSING_TYPE_WAITING");
}

static struct str entitlement_title(struct api_call *call, const struct access_request *r)
{
	static const char *const verbs[] = {
	    [REQUEST_NONE] = "", [REQUEST_GRANT] = "Grant", [REQUEST_REVOKE] = "Revoke", [REQUEST_CERTIFY] = "Certify"};
	struct str id = arena_concat3(call->arena, r->app, STR("/"), r->entitlement_id);
	const struct app_entitlement *e = FIND(call->snapshot, app_entitlement, APP_ENTITLEMENT, id);
	struct str name = e && e->display_name.len ? e->display_name : r->entitlement_id;

	assert(r->type < N_ELEMENTS(verbs));
	return arena_strf(call->arena, "%s " STR_FMT, verbs[r->type], STR_ARG(name));
}

static struct str title_of(struct api_call *call, const struct access_request *r)
{
	const struct user *user;

	if (r->type == REQUEST_ACTION)
		return json_get_str(r->source, STR("displayName"));
	if (r->type != REQUEST_OFFBOARDING)
		return entitlement_title(call, r);
	user = FIND(call->snapshot, user, USER, r->user);
	return arena_concat(call->arena, STR("Offboard "),
	                    user && user->display_name.len ? user->display_name : r->user);
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

const struct json *c1_task_view(struct api_call *call, const struct access_request *r, struct c1_expansion *expansion)
{
	const struct request_step *current = workflow_current(r);
	struct str part = arena_concat(call->arena, r->app, STR("/"));
	struct str account = arena_concat(call->arena, part, r->account_id);
	struct str entitlement = arena_concat(call->arena, part, r->entitlement_id);
	const struct c1_path paths[] = {
	    {"access_review_id", "accessReviewPath", DOC_ACCESS_REVIEW, {&r->review, 1}},
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
	c1_put_paths(call, &o, expansion, paths, N_ELEMENTS(paths));
	return json_object_end(&o);
}

/* ---- the trail ------------------------------------------------------------------------------------------------------
 */

/* {"instance":…} of the step that the event tells of, as it was then. */
static const struct json *instance_then(struct api_call *call, const struct request_event *event)
{
	const struct access_request *r = FIND(call->snapshot, access_request, ACCESS_REQUEST, event->request);
	struct str id = c1_str(event->message, "policyStepId");
	struct json_object o = {.arena = call->arena};

	for (size_t i = 0; r && i < r->n_steps; i++) {
		struct request_step step = r->steps[i];

		if (!str_eq(step.id, id))
			continue;
		if (!c1_bool(event->message, "isOver")) {
			step.state = STEP_ACTIVE;
			step.outcome = OUTCOME_NONE;
		}
		json_object_tree(&o, "instance",
		                 json_get(c1_step_message(r, &step, call->arena),
		                          step.kind == STEP_APPROVAL ? STR("approval") : STR("action")));
	}
	return json_object_end(&o);
}

static const struct json *event_message(struct api_call *call, const struct request_event *event)
{
	static const struct str told_by_step[] = {
	    STR_INIT("approvalInstanceChange"),
	    STR_INIT("actionInstanceCreated"),
	    STR_INIT("actionInstanceFailed"),
	    STR_INIT("actionInstanceSucceeded"),
	};
	static const struct json empty = {.type = JSON_OBJECT};

	if (str_list_has((struct str_list){told_by_step, N_ELEMENTS(told_by_step)}, event->kind))
		return instance_then(call, event);
	return event->message ? event->message : &empty;
}

const struct json *c1_task_event(struct api_call *call, const struct request_event *event)
{
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
	json_object_tree(&o, kind.ptr, event_message(call, event));
	return json_object_end(&o);
}
