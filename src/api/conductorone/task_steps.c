/* SPDX-License-Identifier: Apache-2.0 */
#include "api/conductorone/task_steps.h"

#include "workflow/workflow.h"

/* ---- how a step ended ---------------------------------------------------------------------------------------------
 */

/* The member of the instance that says so, and how its own members are called. */
static const struct ending {
	const char *member, *at, *by;
	const char *next; /* the step that took its place; NULL: not said */
} endings[OUTCOME_N] = {
    [OUTCOME_APPROVED] = {"approved", "approvedAt", "userId", NULL},
    [OUTCOME_DENIED] = {"denied", "deniedAt", "userId", NULL},
    [OUTCOME_REASSIGNED] = {"reassigned", "reassignedAt", "userId", "newPolicyStepId"},
    [OUTCOME_REASSIGNED_BY_ERROR] = {"reassigned", "reassignedAt", "userId", "newPolicyStepId"},
    [OUTCOME_RESTARTED] = {"restarted", "restartedAt", "userId", NULL},
    [OUTCOME_SKIPPED] = {"skipped", "skippedAt", "userId", "newPolicyStepId"},
    [OUTCOME_COMPLETED] = {"completed", "completedAt", "userId", NULL},
    [OUTCOME_CANCELLED] = {"cancelled", "cancelledAt", "cancelledByUserId", NULL},
    [OUTCOME_ERRORED] = {"errored", "erroredAt", NULL, NULL},
    [OUTCOME_SUCCEEDED] = {"succeeded", "succeededAt", NULL, NULL},
    [OUTCOME_TIMED_OUT] = {"timedOut", "timedOutAt", NULL, NULL},
};

static const struct json *entitlements_of(const struct access_request *r, struct arena *a)
{
	struct json_object o = {.arena = a};
	struct json *list = ARENA_NEW(a, struct json);

	json_object_str(&o, "appEntitlementId", r->entitlement_id);
	json_object_str(&o, "appId", r->app);
	*list = (struct json){.type = JSON_ARRAY, .n = 1, .items = json_object_end(&o)};
	return list;
}

/* Of an instance whose message has a member for that outcome; which they have differs by kind. */
static void put_ending(struct json_object *o, const struct proto_message *m, const struct access_request *r,
                       const struct request_step *step)
{
	const struct ending *e = &endings[step->outcome];
	struct json_object ending = {.arena = o->arena};

	if (!e->member || !proto_field_find(m, str_of(e->member)))
		return;
	if (step->outcome == OUTCOME_ERRORED) {
		json_object_str(&ending, "description", step->fault);
		json_object_str(&ending, "errorCode", STR("PEC-1"));
	}
	json_object_time(&ending, e->at, step->outcome_at_ms);
	if (step->outcome == OUTCOME_APPROVED || (step->outcome == OUTCOME_COMPLETED && step->kind == STEP_PROVISION))
		json_object_tree(&ending, "entitlements", entitlements_of(r, o->arena));
	if (step->outcome == OUTCOME_RESTARTED)
		json_object_str(&ending, "oldPolicyStepId", step->id);
	if (e->next)
		json_object_str(&ending, e->next, step->next_step);
	if (e->by)
		json_object_str(&ending, e->by, step->outcome_by);
	json_object_tree(o, e->member, json_object_end(&ending));
}

/* ---- instances ----------------------------------------------------------------------------------------------------
 */

static bool is_over(const struct request_step *step)
{
	return step->state == STEP_DONE;
}

/* An arm of the approval with whom the step was assigned to. */
static const struct json *assigned_arm(const struct json *arm, struct str_list users, struct arena *a)
{
	struct json_object o = {.arena = a};

	for (uint32_t i = 0; i < arm->n; i++)
		if (!str_eq(arm->members[i].name, STR("assignedUserIds")))
			json_object_tree(&o, arena_str(a, arm->members[i].name).ptr, &arm->members[i].value);
	json_object_strs(&o, "assignedUserIds", users);
	return json_object_end(&o);
}

/* The policy's Approval, with what the workflow knows by now. */
static const struct json *approval_message(const struct json *approval, const struct request_step *step,
                                           struct arena *a)
{
	static const struct str found[] = {STR_INIT("manager"), STR_INIT("self"), STR_INIT("expression")};
	struct json_object o = {.arena = a};

	for (uint32_t i = 0; i < approval->n; i++) {
		const struct json_member *m = &approval->members[i];
		bool is_found = str_list_has((struct str_list){found, N_ELEMENTS(found)}, m->name);

		json_object_tree(&o, arena_str(a, m->name).ptr,
		                 is_found ? assigned_arm(&m->value, step->approvers, a) : &m->value);
	}
	json_object_bool(&o, "assigned", true);
	return json_object_end(&o);
}

static void put_escalation(struct json_object *o, const struct json *approval, const struct request_step *step)
{
	static const char *const arms[] = {"replacePolicy", "reassignToApprovers", "cancelTicket", "skipStep"};
	const struct json *escalation = json_get(approval, STR("escalation"));
	struct json_object e = {.arena = o->arena};

	if (!escalation)
		return;
	json_object_bool(&e, "alreadyEscalated", step->is_escalated);
	json_object_str(&e, "escalationComment", json_get_str(escalation, STR("escalationComment")));
	json_object_time(&e, "expiresAt", step->due_at_ms);
	for (size_t i = 0; i < N_ELEMENTS(arms); i++)
		json_object_tree(&e, arms[i], json_get(escalation, str_of(arms[i])));
	json_object_tree(o, "escalationInstance", json_object_end(&e));
}

static void put_approval(struct json_object *o, const struct access_request *r, const struct request_step *step)
{
	const struct json *approval = json_get(step->definition, STR("approval"));
	struct json_object i = {.arena = o->arena};

	json_object_tree(&i, "approval", approval_message(approval, step, o->arena));
	json_object_str(&i, "state",
	                is_over(step) ? STR("APPROVAL_INSTANCE_STATE_DONE") : STR("APPROVAL_INSTANCE_STATE_WAITING"));
	json_object_time(&i, "assignedAt", step->assigned_at_ms);
	put_escalation(&i, approval, step);
	put_ending(&i, &c1_ApprovalInstance, r, step);
	json_object_tree(o, "approval", json_object_end(&i));
}

static struct str provision_state(const struct json *policy, const struct request_step *step)
{
	if (is_over(step))
		return STR("PROVISION_INSTANCE_STATE_DONE");
	if (json_get(policy, STR("webhook")))
		return STR("PROVISION_INSTANCE_STATE_WEBHOOK_WAITING");
	if (json_get(policy, STR("externalTicket")))
		return STR("PROVISION_INSTANCE_STATE_EXTERNAL_TICKET_WAITING");
	return STR("PROVISION_INSTANCE_STATE_WAITING");
}

static void put_provision(struct json_object *o, const struct access_request *r, const struct request_step *step)
{
	const struct json *provision = json_get(step->definition, STR("provision"));
	const struct json *policy = json_get(provision, STR("provisionPolicy"));
	struct json_object i = {.arena = o->arena}, fault = {.arena = o->arena};

	json_object_tree(&i, "provision", provision);
	json_object_str(&i, "state", provision_state(policy, step));
	json_object_str(&i, "webhookId", json_get_str(json_get(policy, STR("webhook")), STR("webhookId")));
	put_ending(&i, &c1_ProvisionInstance, r, step);
	/* One that goes on may have failed. */
	if (!is_over(step) && !str_is_absent(step->fault)) {
		json_object_str(&fault, "description", step->fault);
		json_object_str(&fault, "errorCode", STR("PEC-1"));
		json_object_time(&fault, "erroredAt", r->outcome_at_ms);
		json_object_tree(&i, "errored", json_object_end(&fault));
	}
	json_object_tree(o, "provision", json_object_end(&i));
}

static struct str wait_state(const struct request_step *step)
{
	if (!is_over(step))
		return STR("WAIT_INSTANCE_STATE_WAITING");
	return step->outcome == OUTCOME_TIMED_OUT ? STR("WAIT_INSTANCE_STATE_TIMED_OUT")
	                                          : STR("WAIT_INSTANCE_STATE_COMPLETED");
}

static void put_wait(struct json_object *o, const struct access_request *r, const struct request_step *step)
{
	const struct json *wait = json_get(step->definition, STR("wait"));
	const struct json *condition = json_get(wait, STR("condition"));
	struct json_object i = {.arena = o->arena}, until = {.arena = o->arena};

	json_object_str(&i, "name", json_get_str(wait, STR("name")));
	json_object_str(&i, "state", wait_state(step));
	json_object_str(&i, "commentOnFirstWait", json_get_str(wait, STR("commentOnFirstWait")));
	json_object_str(&i, "commentOnTimeout", json_get_str(wait, STR("commentOnTimeout")));
	json_object_time(&i, "startedWaitingAt", step->assigned_at_ms);
	json_object_time(&i, "timeout", step->gives_up_at_ms);
	json_object_str(&i, "timeoutDuration", json_get_str(wait, STR("timeoutDuration")));
	if (condition) {
		json_object_tree(&i, "condition", condition);
	} else {
		json_object_str(&until, "durationIfExists",
		                json_get_str(json_get(wait, STR("duration")), STR("duration")));
		json_object_time(&until, "untilTime", step->due_at_ms);
		json_object_tree(&i, "untilTime", json_object_end(&until));
	}
	put_ending(&i, &c1_WaitInstance, r, step);
	json_object_tree(o, "wait", json_object_end(&i));
}

static void put_form(struct json_object *o, const struct access_request *r, const struct request_step *step)
{
	struct json_object i = {.arena = o->arena};

	json_object_tree(&i, "form", json_get(json_get(step->definition, STR("form")), STR("form")));
	json_object_tree(&i, "data", step->data);
	json_object_str(&i, "state",
	                is_over(step) ? STR("FORM_INSTANCE_STATE_DONE") : STR("FORM_INSTANCE_STATE_WAITING"));
	put_ending(&i, &c1_FormInstance, r, step);
	json_object_tree(o, "form", json_object_end(&i));
}

static struct str action_state(const struct request_step *step)
{
	if (is_over(step))
		return STR("ACTION_INSTANCE_STATE_DONE");
	return str_is_absent(step->fault) ? STR("ACTION_INSTANCE_STATE_RUNNING") : STR("ACTION_INSTANCE_STATE_ERROR");
}

/* Actions have words of their own for how they end; leaving one out counts as having done it. */
static const char *action_outcome(const struct request_step *step)
{
	switch (step->outcome) {
	case OUTCOME_COMPLETED:
	case OUTCOME_SUCCEEDED:
	case OUTCOME_SKIPPED:
		return "success";
	case OUTCOME_CANCELLED:
		return "cancelled";
	case OUTCOME_ERRORED:
		return "error";
	case OUTCOME_NONE:
	case OUTCOME_APPROVED:
	case OUTCOME_DENIED:
	case OUTCOME_REASSIGNED:
	case OUTCOME_REASSIGNED_BY_ERROR:
	case OUTCOME_RESTARTED:
	case OUTCOME_TIMED_OUT:
	case OUTCOME_N:
		break;
	}
	return str_is_absent(step->fault) ? NULL : "error";
}

static void put_action(struct json_object *o, const struct access_request *r, const struct request_step *step)
{
	const char *outcome = action_outcome(step);
	struct json_object i = {.arena = o->arena}, ending = {.arena = o->arena};

	json_object_tree(&i, "action", json_get(step->definition, STR("action")));
	json_object_str(&i, "state", action_state(step));
	if (outcome) {
		json_object_str(&ending, "errorMessage",
		                str_eq(str_of(outcome), STR("error")) ? step->fault : STR_NONE);
		json_object_time(&ending, "outcomeTime", is_over(step) ? step->outcome_at_ms : r->outcome_at_ms);
		json_object_tree(&i, outcome, json_object_end(&ending));
	}
	json_object_tree(o, "action", json_object_end(&i));
}

const struct json *c1_step_message(const struct access_request *r, const struct request_step *step, struct arena *a)
{
	struct json_object o = {.arena = a};

	json_object_str(&o, "id", step->id);
	json_object_str(&o, "state", is_over(step) ? STR("POLICY_STEP_STATE_DONE") : STR("POLICY_STEP_STATE_ACTIVE"));
	json_object_str(&o, "policyGenerationId", step->generation);
	switch (step->kind) {
	case STEP_APPROVAL:
		put_approval(&o, r, step);
		break;
	case STEP_PROVISION:
		/* What an action is carried out by is its instance. */
		if (r->type == REQUEST_ACTION)
			put_action(&o, r, step);
		else
			put_provision(&o, r, step);
		break;
	case STEP_ACCEPT:
		json_object_tree(&o, "accept", json_get(step->definition, STR("accept")));
		break;
	case STEP_REJECT:
		json_object_tree(&o, "reject", json_get(step->definition, STR("reject")));
		break;
	case STEP_WAIT:
		put_wait(&o, r, step);
		break;
	case STEP_FORM:
		put_form(&o, r, step);
		break;
	case STEP_ACTION:
		put_action(&o, r, step);
		break;
	case STEP_KIND_NONE:
	case STEP_N_KINDS:
		break;
	}
	return json_object_end(&o);
}

const struct json *c1_policy_instance(const struct access_request *r, struct arena *a)
{
	const struct request_step *current = workflow_current(r);
	struct json *past = ARENA_ARRAY(a, struct json, r->n_steps), *history = ARENA_NEW(a, struct json);
	struct json_object o = {.arena = a};

	*history = (struct json){.type = JSON_ARRAY, .items = past};
	for (size_t i = 0; i < r->n_steps; i++)
		if (&r->steps[i] != current)
			past[history->n++] = *c1_step_message(r, &r->steps[i], a);
	json_object_tree(&o, "policy", r->policy_message);
	if (current)
		json_object_tree(&o, "current", c1_step_message(r, current, a));
	json_object_tree(&o, "next", r->queue);
	json_object_tree(&o, "history", history);
	return json_object_end(&o);
}
