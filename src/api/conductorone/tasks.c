/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks: made, looked at, and acted on. Answers to actions show the task as it is after them.
 */
#include "api/conductorone/task_view.h"

/* ---- answers --------------------------------------------------------------------------------------------------------
 */

static void answer(struct api_call *call, const struct proto_message *m, const struct access_request *r,
                   const struct json *message, struct str action_id)
{
	struct c1_expansion expansion = c1_expansion_of(call, message);
	struct json_object o = {.arena = call->arena};

	json_object_tree(&o, "taskView", c1_task_view(call, r, &expansion));
	c1_put_expanded(&o, &expansion);
	json_object_str(&o, m == &c1_TaskCloseResponse ? "taskActionId" : "ticketActionId", action_id);
	c1_answer(call, m, json_object_end(&o));
}

/* The request of the path, by id or number; fails the call when there is none. */
static const struct access_request *find_task(struct api_call *call, const char *param, const char *field)
{
	struct str id = api_param(call, param);
	const struct access_request *r = requests_find(call->snapshot, id, call->arena);

	c1_note_target(call, DOC_ACCESS_REQUEST, r ? r->doc.id : id);
	if (!r)
		c1_unknown(call, "task", field, id);
	return r;
}

/* Tasks are made and decided by people. */
static bool is_person(struct api_call *call)
{
	if (str_eq(call->caller.type, STR("user")))
		return true;
	api_fail(call, SERVICE_DENIED, 0, "only users can make tasks and act on them");
	return false;
}

static void task_get(struct api_call *call)
{
	const struct access_request *r = find_task(call, "id", "TaskServiceGetRequest.Id");

	if (r)
		answer(call, &c1_TaskResponse, r, NULL, STR_NONE);
}

/* ---- making ---------------------------------------------------------------------------------------------------------
 */

/* For oneself; for one's reports; for anybody with the right to. */
static bool may_request_for(struct api_call *call, const struct request_new *n)
{
	struct str account = arena_concat3(call->arena, n->app, STR("/"), n->account_id);
	const struct app_user *u = str_is_empty(n->user) ? FIND(call->snapshot, app_user, APP_USER, account) : NULL;
	const struct document *doc = snapshot_find_any(call->snapshot, DOC_USER, u ? u->user : n->user);
	const struct user *user = doc ? as_user(doc) : NULL;

	if (user && (str_eq(user->doc.id, call->caller.id) || str_eq(user->manager, call->caller.id)))
		return true;
	return c1_may(call, STR("conductorone:tasks:createForOthers"), STR("conductorone:tasks"));
}

/* {"details":[{"@type":…,"taskId":…}]}: which one is in the way. */
static const struct json *duplicate_details(struct api_call *call, struct str id)
{
	struct json_object o = {.arena = call->arena};
	struct json *list = ARENA_NEW(call->arena, struct json);

	json_object_str(&o, "@type", STR("type.googleapis.com/c1.api.task.v1.TaskRef"));
	json_object_str(&o, "id", id);
	*list = (struct json){.type = JSON_ARRAY, .n = 1, .items = json_object_end(&o)};
	return list;
}

/* Ends a create: fails the call with what the use case said, or answers with what was made. */
static void made_or_not(struct api_call *call, const struct request_new *n, enum service_result result,
                        const struct access_request *made, const struct error *err)
{
	if (result == SERVICE_CONFLICT)
		c1_fail_details(call, result, duplicate_details(call, n->duplicate), err->text);
	else if (result != SERVICE_OK)
		c1_result(call, result, err);
	else
		c1_note_target(call, DOC_ACCESS_REQUEST, made->doc.id);
}

/*
 * What is named in the body and is not there is malformed, or not found, like what is named in a path. False after
 * failing the call.
 */
static bool names_what_is(struct api_call *call, const struct request_new *n)
{
	const char *message =
	    n->type == REQUEST_GRANT ? "TaskServiceCreateGrantRequest" : "TaskServiceCreateRevokeRequest";
	struct str part = arena_concat(call->arena, n->app, STR("/"));
	const struct {
		const char *what, *field;
		enum document_kind kind;
		struct str id, key;
	} names[] = {
	    {"app", "AppId", DOC_APP, n->app, n->app},
	    {"app entitlement", "AppEntitlementId", DOC_APP_ENTITLEMENT, n->entitlement_id,
	     arena_concat(call->arena, part, n->entitlement_id)},
	    {"app user", "AppUserId", DOC_APP_USER, n->account_id, arena_concat(call->arena, part, n->account_id)},
	    {"user", "IdentityUserId", DOC_USER, n->user, n->user},
	};

	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		if (str_is_empty(names[i].id) || snapshot_find_any(call->snapshot, names[i].kind, names[i].key))
			continue;
		c1_unknown(call, names[i].what, arena_strf(call->arena, "%s.%s", message, names[i].field).ptr,
		           names[i].id);
		return false;
	}
	return true;
}

static void create(struct api_call *call, struct request_new *n, const struct json *message)
{
	struct access_request made;
	struct error err = {0};

	n->app = c1_str(message, "appId");
	n->entitlement_id = c1_str(message, "appEntitlementId");
	n->account_id = c1_str(message, "appUserId");
	n->user = c1_str(message, "identityUserId");
	n->description = c1_str(message, "description");
	n->created_by = call->caller.id;
	n->origin = STR("API");
	if (str_is_empty(n->account_id) && str_is_empty(n->user)) {
		api_fail(call, SERVICE_INVALID, 0, "user_id is required");
		return;
	}
	if (!names_what_is(call, n))
		return;
	if (!may_request_for(call, n)) {
		api_fail(call, SERVICE_DENIED, 0, "target user is not allowed to request that resource");
		return;
	}
	made_or_not(call, n, requests_create(call->txn, n, &made, &err), &made, &err);
	if (!call->failed)
		answer(call, &c1_TaskResponse, &made, message, STR_NONE);
}

/* An optional duration of a canonical message, in ms; 0: none. */
static int64_t duration_of(const struct json *message, const char *name)
{
	int64_t ms;

	return proto_duration_parse(c1_str(message, name), &ms) ? ms : 0;
}

static void task_grant(struct api_call *call)
{
	struct request_new n = {.type = REQUEST_GRANT};
	const struct json *message;

	if (!is_person(call) || !c1_read(call, &c1_TaskServiceCreateGrantRequest, &message))
		return;
	n.duration_ms = duration_of(message, "grantDuration");
	n.is_emergency = c1_bool(message, "emergencyAccess");
	n.data = json_get(message, STR("requestData"));
	n.source = json_get(message, STR("source"));
	create(call, &n, message);
}

static void task_revoke(struct api_call *call)
{
	struct request_new n = {.type = REQUEST_REVOKE};
	struct json_object request = {.arena = call->arena}, source = {.arena = call->arena};
	const struct json *message;

	if (!is_person(call) || !c1_read(call, &c1_TaskServiceCreateRevokeRequest, &message))
		return;
	json_object_str(&request, "requestUserId", call->caller.id);
	json_object_tree(&source, "request", json_object_end(&request));
	n.source = json_object_end(&source);
	create(call, &n, message);
}

static void task_offboarding(struct api_call *call)
{
	struct request_new n = {.created_by = call->caller.id, .origin = STR("API")};
	struct access_request made;
	struct error err = {0};
	const struct json *message;

	if (!is_person(call) || !c1_read(call, &c1_TaskServiceCreateOffboardingRequest, &message))
		return;
	n.user = c1_str(message, "subjectUserId");
	n.description = c1_str(message, "description");
	if (!snapshot_find_any(call->snapshot, DOC_USER, n.user)) {
		c1_unknown(call, "user", "TaskServiceCreateOffboardingRequest.SubjectUserId", n.user);
		return;
	}
	made_or_not(call, &n, requests_offboard(call->txn, &n, &made, &err), &made, &err);
	if (!call->failed)
		answer(call, &c1_TaskResponse, &made, message, STR_NONE);
}

static void ask_action(struct api_call *call, const struct proto_message *m, bool creates)
{
	struct request_new n = {.created_by = call->caller.id, .user = call->caller.id, .origin = STR("API")};
	struct access_request made;
	struct error err = {0};
	const struct json *message;
	enum service_result result;

	if (!is_person(call) || !c1_read(call, m, &message))
		return;
	n.action = c1_str(message, "actionId");
	n.description = c1_str(message, "description");
	n.data = json_get(message, STR("formValues"));
	result = requests_ask_action(call->txn, &n, creates, &made, &err);
	if (result == SERVICE_NOT_FOUND) {
		c1_unknown(call, "action",
		           creates ? "TaskServiceCreateResourceActionRequest.ActionId"
		                   : "TaskServiceCreateActionRequest.ActionId",
		           n.action);
		return;
	}
	made_or_not(call, &n, result, &made, &err);
	if (!call->failed)
		answer(call, &c1_TaskResponse, &made, message, STR_NONE);
}

static void task_action(struct api_call *call)
{
	ask_action(call, &c1_TaskServiceCreateActionRequest, false);
}

static void task_resource_action(struct api_call *call)
{
	ask_action(call, &c1_TaskServiceCreateResourceActionRequest, true);
}

/* ---- acting ---------------------------------------------------------------------------------------------------------
 */

struct action {
	enum workflow_verb verb;
	const struct proto_message *message;
	const char *name; /* of the message as the vendor's texts have it */
	bool needs_step;  /* policyStepId must be there */
	bool ignores_step;
	bool claims_step_up; /* the caller says that a provider has vouched for them */
	const struct proto_message *answer;
};

/* The step that is meant, where the message says one; false after failing the call. */
static bool read_step(struct api_call *call, const struct action *action, const struct json *message,
                      const struct access_request *r, struct str *ret)
{
	struct str step = c1_str(message, "policyStepId");
	bool is_known = str_is_empty(step) ? !action->needs_step : conductorone_is_id(step);

	*ret = action->ignores_step ? STR_NONE : step;
	/* A stored id counts whatever its form is. */
	for (size_t i = 0; !is_known && i < r->n_steps; i++)
		is_known = !str_is_empty(step) && str_eq(r->steps[i].id, step);
	if (is_known)
		return true;
	api_fail(call, SERVICE_INVALID, 0,
	         "invalid %s.PolicyStepId: value does not match regex pattern \"^[a-zA-Z0-9]{27}$\"", action->name);
	return false;
}

/* Users by any of their names; false after failing the call. */
static bool read_users(struct api_call *call, const struct json *message, struct str_list *ret)
{
	struct str_list names = c1_strs(call, message, "newStepUserIds");
	struct str *ids = ARENA_ARRAY(call->arena, struct str, names.n);

	for (size_t i = 0; i < names.n; i++) {
		const struct document *user = snapshot_find_any(call->snapshot, DOC_USER, names.items[i]);

		if (!user) {
			c1_unknown(call, "user", "TaskActionsServiceReassignRequest.NewStepUserIds", names.items[i]);
			return false;
		}
		ids[i] = user->id;
	}
	*ret = (struct str_list){ids, names.n};
	return true;
}

static bool has_needed(struct api_call *call, const struct action *action, const struct json *message)
{
	if (action->verb != VERB_UPDATE_DURATION || json_get(message, STR("duration")))
		return true;
	api_fail(call, SERVICE_INVALID, 0, "invalid %s.Duration: value is required", action->name);
	return false;
}

/* No provider can vouch for the caller here: false after failing the call where the step asks for one. */
static bool needs_no_provider(struct api_call *call, const struct action *action, const struct access_request *r)
{
	const struct request_step *step = workflow_current(r);
	const struct json *approval = step ? json_get(step->definition, STR("approval")) : NULL;
	struct str provider = json_get_str(approval, STR("requiresStepUpProviderId"));

	if (!action->claims_step_up || str_is_empty(provider))
		return true;
	api_fail(call, SERVICE_INVALID, 0,
	         "the step-up provider \"" STR_FMT "\" is not known here: an administrator may skip the step",
	         STR_ARG(provider));
	return false;
}

static void act(struct api_call *call, const struct action *action)
{
	const struct access_request *r = find_task(call, "task_id", "TaskActionsServiceRequest.TaskId");
	struct workflow_event event = {.verb = action->verb, .actor = call->caller.id};
	struct access_request next;
	struct error err = {0};
	const struct json *message;
	enum service_result result;

	if (!r || !is_person(call) || !c1_read(call, action->message, &message) ||
	    !read_step(call, action, message, r, &event.step) || !read_users(call, message, &event.users) ||
	    !has_needed(call, action, message) || !needs_no_provider(call, action, r))
		return;
	event.id = conductorone_new_id(call->arena);
	event.is_admin = c1_is_request_admin(call);
	event.comment = c1_str(message, "comment");
	event.duration_ms = duration_of(message, "duration");
	event.data = json_get(message, STR("data"));
	event.fault = c1_str(message, "error");
	result = requests_act(call->txn, r, &event, &next, &err);
	if (result != SERVICE_OK) {
		c1_result(call, result, &err);
		return;
	}
	answer(call, action->answer, &next, message, action->answer == &c1_TaskResponse ? STR_NONE : event.id);
}

/* A handler for one action. `what` is the vendor's name of the message. */
#define ACTION(handler, the_verb, what, reply, ...)                                                                    \
	static void handler(struct api_call *call)                                                                     \
	{                                                                                                              \
		static const struct action action = {.verb = VERB_##the_verb,                                          \
		                                     .message = &c1_TaskActionsService##what##Request,                 \
		                                     .name = "TaskActionsService" #what "Request",                     \
		                                     .answer = &c1_##reply,                                            \
		                                     __VA_ARGS__};                                                     \
		act(call, &action);                                                                                    \
	}

ACTION(task_approve, APPROVE, Approve, TaskActionResponse, .needs_step = true)
ACTION(task_approve_with_step_up, APPROVE, ApproveWithStepUp, TaskStepUpResponse, .needs_step = true,
       .claims_step_up = true)
ACTION(task_deny, DENY, Deny, TaskActionResponse, )
ACTION(task_reassign, REASSIGN, Reassign, TaskActionResponse, )
ACTION(task_comment, COMMENT, Comment, TaskResponse, )
ACTION(task_close, CLOSE, Close, TaskCloseResponse, )
ACTION(task_restart, RESTART, Restart, TaskActionResponse, .ignores_step = true)
ACTION(task_reset, RESET, HardReset, TaskActionResponse, )
ACTION(task_skip, SKIP, SkipStep, TaskActionResponse, .needs_step = true)
ACTION(task_escalate, ESCALATE, Escalate, TaskActionResponse, )
ACTION(task_process, PROCESS_NOW, ProcessNow, TaskResponse, )
ACTION(task_duration, UPDATE_DURATION, UpdateGrantDuration, TaskActionResponse, )
ACTION(task_data, UPDATE_DATA, UpdateRequestData, TaskActionResponse, )
ACTION(task_retry, PROVISION_RETRY, RetryProvisioning, TaskActionResponse, )
ACTION(task_provision_complete, PROVISION_COMPLETE, Provision, TaskActionResponse, )
ACTION(task_provision_error, PROVISION_ERROR, Provision, TaskActionResponse, )
ACTION(task_provision_cancel, PROVISION_CANCEL, Provision, TaskActionResponse, )

/* clang-format off */
#define ON_TASK(name, verb, handler, event) \
    {HTTP_POST, C1_API "tasks/{task_id}/action/" name, API_WRITE, API_OPTIONAL_JSON, "conductorone:tasks:" verb, "conductorone:tasks:{task_id}", handler, event}

static const struct api_route routes[] = {
    {HTTP_POST, C1_API "task/grant", API_WRITE, API_JSON_BODY, "conductorone:tasks:create", "conductorone:tasks", task_grant, "c1.task.grant"},
    {HTTP_POST, C1_API "task/revoke", API_WRITE, API_JSON_BODY, "conductorone:tasks:create", "conductorone:tasks", task_revoke, "c1.task.revoke"},
    {HTTP_POST, C1_API "task/offboarding", API_WRITE, API_JSON_BODY, "conductorone:tasks:offboard", "conductorone:tasks", task_offboarding, "c1.task.offboarding"},
    {HTTP_POST, C1_API "task/action", API_WRITE, API_JSON_BODY, "conductorone:tasks:create", "conductorone:tasks", task_action, "c1.task.action"},
    {HTTP_POST, C1_API "task/resource-action", API_WRITE, API_JSON_BODY, "conductorone:tasks:create", "conductorone:tasks", task_resource_action, "c1.task.resource_action"},
    {HTTP_GET, C1_API "tasks/{id}", API_READ, API_NO_BODY, "conductorone:tasks:get", "conductorone:tasks:{id}", task_get, NULL},
    ON_TASK("approve", "approve", task_approve, "c1.task.approve"),
    ON_TASK("approve-with-step-up", "approve", task_approve_with_step_up, "c1.task.approve"),
    ON_TASK("deny", "deny", task_deny, "c1.task.deny"),
    ON_TASK("reassign", "reassign", task_reassign, "c1.task.reassign"),
    ON_TASK("comment", "comment", task_comment, "c1.task.comment"),
    ON_TASK("close", "close", task_close, "c1.task.close"),
    ON_TASK("restart", "update", task_restart, "c1.task.restart"),
    ON_TASK("reset", "update", task_reset, "c1.task.reset"),
    ON_TASK("skip-step", "update", task_skip, "c1.task.skip_step"),
    ON_TASK("escalate", "escalate", task_escalate, "c1.task.escalate"),
    ON_TASK("process", "update", task_process, "c1.task.process"),
    ON_TASK("update-grant-duration", "update", task_duration, "c1.task.update_grant_duration"),
    ON_TASK("update-request-data", "update", task_data, "c1.task.update_request_data"),
    ON_TASK("retry-provisioning", "update", task_retry, "c1.task.retry_provisioning"),
    /* Our own: the vendor lets connectors and its web pages say so. */
    ON_TASK("provision-complete", "update", task_provision_complete, "c1.task.provision_complete"),
    ON_TASK("provision-errored", "update", task_provision_error, "c1.task.provision_errored"),
    ON_TASK("provision-cancelled", "update", task_provision_cancel, "c1.task.provision_cancelled"),
};
/* clang-format on */

const struct api_route_table c1_task_routes = {routes, N_ELEMENTS(routes)};
