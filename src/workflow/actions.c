/* SPDX-License-Identifier: Apache-2.0
 *
 * What each verb does, where it is defined and permitted.
 */
#include "json/proto.h"
#include "workflow/internal.h"

enum workflow_result flow_refuse(struct flow *f, const char *text)
{
	(void)error_set(f->err, WORKFLOW_REFUSED, "%s", text);
	return WORKFLOW_REFUSED;
}

static struct str actor_of(const struct flow *f)
{
	return f->event->actor;
}

/* A reason that the step asks for and that was not given. */
static bool lacks_reason(const struct flow *f, const char *rule)
{
	return tree_bool(approval_of(workflow_current(&f->r)), rule) && str_is_empty(str_trim(f->event->comment));
}

static void comment(struct flow *f)
{
	flow_comment(f, actor_of(f), f->event->comment);
}

static void note_decider(struct flow *f)
{
	struct strs l = {.arena = f->w->arena};

	if (str_is_absent(actor_of(f)) || str_list_has(f->r.decided_by, actor_of(f)))
		return;
	for (size_t i = 0; i < f->r.decided_by.n; i++)
		strs_add(&l, f->r.decided_by.items[i]);
	strs_add(&l, actor_of(f));
	f->r.decided_by = strs_list(&l);
}

/* Which settings say how a grant is decided: the entitlement's own, else its application's. */
static void record_defaults(struct flow *f, struct str policy)
{
	const struct app_entitlement *e = f->w->entitlement;
	bool is_own =
	    e && (str_eq(policy, e->grant_policy) || (f->r.is_emergency && str_eq(policy, e->emergency_policy)));

	if (f->r.type == REQUEST_GRANT && !str_is_empty(policy))
		flow_record(f, "requestDefaultsApplied", STR_NONE,
		            OBJECT(f->w->arena, member_str("appId", f->r.app),
		                   member_str("source", is_own ? STR("APPLIED_SETTINGS_SOURCE_ENTITLEMENT_OVERRIDE")
		                                               : STR("APPLIED_SETTINGS_SOURCE_APP_DEFAULT"))));
}

static void route(struct flow *f)
{
	struct str policy = f->w->host->policy_for(f->w->ctx, &f->r);

	record_defaults(f, policy);
	flow_route(f, policy);
}

enum workflow_result verb_start(struct flow *f)
{
	f->r.state = REQUEST_OPEN;
	flow_record(f, "taskCreated", actor_of(f), OBJECT(f->w->arena, member_tree("", NULL)));
	if (!str_is_empty(f->r.parent))
		flow_record(f, "taskCreatedFrom", STR_NONE,
		            OBJECT(f->w->arena, member_str("originalTaskId", f->r.parent),
		                   member_str("originalTaskType", request_type_name(REQUEST_OFFBOARDING))));
	if (f->event->steps) {
		f->r.generation = f->w->host->new_id(f->w->ctx, f->w->arena);
		f->r.queue = f->event->steps;
	} else {
		route(f);
	}
	flow_advance(f);
	return WORKFLOW_OK;
}

/* ---- decisions ------------------------------------------------------------------------------------------------ */

enum workflow_result verb_approve(struct flow *f)
{
	const struct json *approval = approval_of(flow_current(f));
	bool needs_step_up = !str_is_empty(json_get_str(approval, STR("requiresStepUpProviderId")));

	if (needs_step_up && f->event->verb == VERB_APPROVE)
		return flow_refuse(f, "step-up authentication is required to approve this step");
	if (!str_is_absent(actor_of(f)) && lacks_reason(f, "requireApprovalReason"))
		return flow_refuse(f, "a comment is required to approve this step");
	comment(f);
	note_decider(f);
	flow_end_step(f, OUTCOME_APPROVED, actor_of(f));
	flow_advance(f);
	return WORKFLOW_OK;
}

enum workflow_result verb_deny(struct flow *f)
{
	if (!str_is_absent(actor_of(f)) && lacks_reason(f, "requireDenialReason"))
		return flow_refuse(f, "a comment is required to deny this step");
	comment(f);
	note_decider(f);
	flow_end_step(f, OUTCOME_DENIED, actor_of(f));
	flow_close(f, REQUEST_DENIED);
	return WORKFLOW_OK;
}

/* ---- reassignment --------------------------------------------------------------------------------------------- */

/* May the step go to them? NULL: yes. */
static const char *why_not_to(const struct flow *f, const struct json *approval, struct str_list users)
{
	struct str_list allowed = tree_strs(f->w->arena, json_get(approval, STR("allowedReassignees")));

	if (users.n == 0 || users.n > WORKFLOW_MAX_USERS)
		return "invalid TaskActionsServiceReassignRequest.NewStepUserIds: value must contain between 1 and 32 "
		       "items";
	for (size_t i = 0; i < users.n; i++) {
		if (!f->w->host->has_user(f->w->ctx, users.items[i]))
			return "a user the step is to be reassigned to does not exist";
		if (allowed.n && !str_list_has(allowed, users.items[i]))
			return "the step may not be reassigned to this user";
		if (approval && str_eq(users.items[i], f->r.user) && !approval_allows_self(approval))
			return "the step may not be reassigned to the user whom the task is about";
	}
	return NULL;
}

enum workflow_result verb_reassign(struct flow *f)
{
	struct request_step *old = flow_current(f), *next;
	const struct json *approval = old->kind == STEP_APPROVAL ? approval_of(old) : NULL;
	bool is_person = !str_is_absent(actor_of(f)), is_assignee = str_list_has(old->approvers, actor_of(f));
	const char *why = why_not_to(f, approval, f->event->users);
	struct str old_id = old->id;

	if (is_person && approval && is_assignee && !tree_bool(approval, "allowReassignment"))
		return flow_refuse(f, "this step may not be reassigned");
	if (why)
		return flow_refuse(f, why);
	if (is_person && lacks_reason(f, "requireReassignmentReason"))
		return flow_refuse(f, "a comment is required to reassign this step");
	comment(f);
	next = flow_replace_step(f, OUTCOME_REASSIGNED, actor_of(f));
	next->approvers = f->event->users;
	if (approval) {
		flow_set_escalation(f, next);
		flow_record_step(f, "approvalInstanceChange", next);
	}
	flow_record(f, next->kind == STEP_PROVISION ? "provisionReassigned" : "approvalReassigned", actor_of(f),
	            OBJECT(f->w->arena, member_str("newPolicyStepId", next->id),
	                   member_strs(f->w->arena, "newUsers", next->approvers),
	                   member_str("oldPolicyStepId", old_id)));
	return WORKFLOW_OK;
}

/* ---- the request as a whole ------------------------------------------------------------------------------------ */

enum workflow_result verb_comment(struct flow *f)
{
	if (str_is_empty(f->event->comment))
		return flow_refuse(f, "comment is required");
	comment(f);
	return WORKFLOW_OK;
}

enum workflow_result verb_close(struct flow *f)
{
	comment(f);
	if (f->r.type == REQUEST_OFFBOARDING)
		f->effects |= EFFECT_CANCEL_PARTS;
	flow_end_step(f, OUTCOME_CANCELLED, actor_of(f));
	flow_close(f, REQUEST_CANCELLED);
	return WORKFLOW_OK;
}

enum workflow_result verb_cancel(struct flow *f)
{
	return verb_close(f);
}

enum workflow_result verb_revoke(struct flow *f)
{
	if (f->r.type != REQUEST_CERTIFY)
		return flow_refuse(f, "only reviews of access can end undecided");
	comment(f);
	flow_end_step(f, OUTCOME_CANCELLED, STR_NONE);
	flow_close(f, REQUEST_DENIED);
	f->effects |= EFFECT_REVOKE;
	return WORKFLOW_OK;
}

/* What an offboarding waits for began with it, and by no policy. */
static const char NO_POLICY[] = "an offboarding task cannot be restarted";

enum workflow_result verb_restart(struct flow *f)
{
	struct str old_id = flow_current(f)->id;

	if (f->r.type == REQUEST_OFFBOARDING)
		return flow_refuse(f, NO_POLICY);
	comment(f);
	flow_record(f, "taskRestarted", actor_of(f), OBJECT(f->w->arena, member_str("oldPolicyStepId", old_id)));
	f->r.outcome = REQUEST_UNDECIDED;
	f->r.outcome_at_ms = 0;
	flow_rerun_step(f, OUTCOME_RESTARTED, actor_of(f));
	flow_advance(f);
	return WORKFLOW_OK;
}

/* The current step gives way to the first of another policy's. */
static void reroute(struct flow *f, struct str policy)
{
	size_t old = f->r.n_steps - 1;

	flow_end_step(f, OUTCOME_RESTARTED, actor_of(f));
	f->r.outcome = REQUEST_UNDECIDED;
	f->r.outcome_at_ms = 0;
	flow_route(f, policy);
	flow_advance(f);
	if (f->r.n_steps > old + 1)
		f->steps[old].next_step = f->steps[old + 1].id;
}

enum workflow_result verb_reset(struct flow *f)
{
	struct str old_id = flow_current(f)->id, policy;

	if (f->r.type == REQUEST_OFFBOARDING)
		return flow_refuse(f, NO_POLICY);
	policy = f->w->host->policy_for(f->w->ctx, &f->r);
	comment(f);
	flow_record(f, "hardReset", actor_of(f), OBJECT(f->w->arena, member_str("oldPolicyStepId", old_id)));
	record_defaults(f, policy);
	reroute(f, policy);
	return WORKFLOW_OK;
}

enum workflow_result verb_skip(struct flow *f)
{
	size_t old = f->r.n_steps - 1;

	comment(f);
	flow_record(f, "stepSkipped", actor_of(f), OBJECT(f->w->arena, member_str("skippedBy", actor_of(f))));
	if (flow_current(f)->kind == STEP_PROVISION)
		flow_complete_provision(f, OUTCOME_SKIPPED, actor_of(f));
	else
		flow_end_step(f, OUTCOME_SKIPPED, actor_of(f));
	flow_advance(f);
	if (f->r.n_steps > old + 1)
		f->steps[old].next_step = f->steps[old + 1].id;
	return WORKFLOW_OK;
}

enum workflow_result verb_escalate(struct flow *f)
{
	const struct app_entitlement *e = f->w->entitlement;
	struct str old_policy = f->r.policy, old_id = flow_current(f)->id;

	if (f->r.type != REQUEST_GRANT)
		return flow_refuse(f, "only grant tasks can be escalated to emergency access");
	if (f->r.is_emergency)
		return flow_refuse(f, "the task has been escalated to emergency access already");
	if (!e || !e->has_emergency_access || str_is_empty(e->emergency_policy))
		return flow_refuse(f, "emergency access is not enabled for this entitlement");
	comment(f);
	f->r.is_emergency = true;
	flow_record(f, "taskEscalated", actor_of(f),
	            OBJECT(f->w->arena, member_str("oldPolicyId", old_policy), member_str("oldPolicyStepId", old_id)));
	record_defaults(f, e->emergency_policy);
	reroute(f, e->emergency_policy);
	return WORKFLOW_OK;
}

enum workflow_result verb_update_duration(struct flow *f)
{
	int64_t max = f->w->entitlement ? f->w->entitlement->max_duration_ms : 0;
	int64_t wanted = f->event->duration_ms;

	if (f->r.type != REQUEST_GRANT)
		return flow_refuse(f, "only grant tasks have a grant duration");
	if (wanted < 0)
		return flow_refuse(f, "grant duration must not be negative");
	if (max && (wanted == 0 || wanted > max))
		return flow_refuse(f, "grant duration must be less than or equal to max provision time");
	f->r.duration_ms = wanted;
	flow_record(f, "grantDurationUpdated", actor_of(f),
	            OBJECT(f->w->arena, member_str("duration", proto_duration_text(f->w->arena, wanted))));
	return WORKFLOW_OK;
}

/* ---- forms ----------------------------------------------------------------------------------------------------- */

enum workflow_result verb_update_data(struct flow *f)
{
	struct request_step *step = flow_current(f);
	const struct json *form = json_get(json_get(step->definition, STR("form")), STR("form"));
	const char *why = workflow_why_not_data(form, f->event->data);

	if (why)
		return flow_refuse(f, why);
	step->data = f->event->data;
	f->r.data = f->event->data;
	flow_record(f, "formInstanceChange", actor_of(f), OBJECT(f->w->arena, member_bool("isValid", true)));
	flow_end_step(f, OUTCOME_COMPLETED, actor_of(f));
	flow_advance(f);
	return WORKFLOW_OK;
}

/* ---- provisioning ---------------------------------------------------------------------------------------------- */

enum workflow_result verb_provision_complete(struct flow *f)
{
	comment(f);
	flow_complete_provision(f, OUTCOME_COMPLETED, actor_of(f));
	flow_advance(f);
	return WORKFLOW_OK;
}

enum workflow_result verb_provision_error(struct flow *f)
{
	struct str fault = str_is_empty(f->event->fault) ? STR("provisioning failed") : f->event->fault;

	comment(f);
	flow_current(f)->fault = fault;
	f->r.outcome = REQUEST_ERROR;
	f->r.outcome_at_ms = f->w->now_ms;
	flow_record_error(f, "provisionError", actor_of(f), OBJECT(f->w->arena, member_str("error", fault)));
	if (f->r.type == REQUEST_ACTION)
		flow_record_step(f, "actionInstanceFailed", flow_current(f));
	return WORKFLOW_OK;
}

enum workflow_result verb_provision_cancel(struct flow *f)
{
	flow_record(f, "provisionCancelled", actor_of(f),
	            OBJECT(f->w->arena, member_str("cancelReason", f->event->comment)));
	return verb_close(f);
}

enum workflow_result verb_provision_retry(struct flow *f)
{
	comment(f);
	f->r.outcome = REQUEST_UNDECIDED;
	f->r.outcome_at_ms = 0;
	flow_rerun_step(f, OUTCOME_ERRORED, actor_of(f));
	flow_advance(f);
	return WORKFLOW_OK;
}

/* ---- offboarding ----------------------------------------------------------------------------------------------- */

enum workflow_result verb_parts_over(struct flow *f)
{
	bool is_left = !str_is_empty(f->event->fault);

	if (f->r.type != REQUEST_OFFBOARDING)
		return flow_refuse(f, "the task has no parts");
	flow_comment(f, STR_NONE, f->event->fault);
	flow_current(f)->fault = f->event->fault;
	flow_end_step(f, is_left ? OUTCOME_ERRORED : OUTCOME_SUCCEEDED, STR_NONE);
	flow_close(f, is_left ? REQUEST_ERROR : REQUEST_GRANTED);
	return WORKFLOW_OK;
}

/* ---- webhooks -------------------------------------------------------------------------------------------------- */

enum workflow_result verb_replace(struct flow *f)
{
	size_t old = f->r.n_steps - 1;

	if (!json_is(f->event->steps, JSON_ARRAY) || f->event->steps->n == 0 ||
	    f->event->steps->n > WORKFLOW_MAX_STEPS / 4)
		return flow_refuse(f, "invalid PolicySteps.Steps: value must contain at least 1 item(s)");
	comment(f);
	flow_end_step(f, OUTCOME_RESTARTED, STR_NONE);
	f->r.queue = f->event->steps;
	flow_advance(f);
	if (f->r.n_steps > old + 1)
		f->steps[old].next_step = f->steps[old + 1].id;
	return WORKFLOW_OK;
}

/* The policy goes on without the answer. What was to be carried out is left to the people it is assigned to. */
enum workflow_result verb_webhook_fail(struct flow *f)
{
	comment(f);
	if (flow_current(f)->kind == STEP_PROVISION) {
		flow_record_error(f, "provisionError", STR_NONE,
		                  OBJECT(f->w->arena, member_str("error", f->event->fault)));
		return WORKFLOW_OK;
	}
	flow_record_error(f, "webhookApprovalFatalError", STR_NONE,
	                  OBJECT(f->w->arena, member_str("error", f->event->fault)));
	flow_end_step(f, OUTCOME_SKIPPED, STR_NONE);
	flow_advance(f);
	return WORKFLOW_OK;
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

static void escalate_to(struct flow *f, struct str_list users)
{
	struct request_step *old = flow_current(f), *next;
	struct strs kept = {.arena = f->w->arena};
	struct str old_id = old->id;
	bool allows_self = approval_allows_self(approval_of(old));

	for (size_t i = 0; i < users.n; i++)
		if (f->w->host->has_user(f->w->ctx, users.items[i]) &&
		    (allows_self || !str_eq(users.items[i], f->r.user)))
			strs_add(&kept, users.items[i]);
	/* Nobody of them is there any more: it stays with those who have it. */
	if (kept.n == 0)
		return;
	next = flow_replace_step(f, OUTCOME_REASSIGNED, STR_NONE);
	next->approvers = strs_list(&kept);
	flow_record_step(f, "approvalInstanceChange", next);
	flow_record(f, "approvalReassigned", STR_NONE,
	            OBJECT(f->w->arena, member_str("newPolicyStepId", next->id),
	                   member_strs(f->w->arena, "newUsers", next->approvers),
	                   member_str("oldPolicyStepId", old_id)));
}

/* Nobody decided in time. */
static void escalate_step(struct flow *f)
{
	static const char *const arms[] = {"replacePolicy", "reassignToApprovers", "cancelTicket", "skipStep"};
	struct request_step *step = flow_current(f);
	const struct json *how = json_get(approval_of(step), STR("escalation")), *arm;
	struct str words = json_get_str(how, STR("escalationComment")), old_policy = f->r.policy;
	size_t which = N_ELEMENTS(arms);

	step->is_escalated = true;
	step->due_at_ms = 0;
	arm = tree_arm(how, arms, N_ELEMENTS(arms), &which);
	flow_comment(f, STR_NONE, words);
	flow_record(
	    f, "slaEscalation", STR_NONE,
	    OBJECT(f->w->arena,
	           member_str("message", str_is_empty(words) ? STR("the step was not decided in time") : words)));
	switch (which) {
	case 0:
		reroute(f, json_get_str(arm, STR("policyId")));
		flow_record(
		    f, "policyChanged", STR_NONE,
		    OBJECT(f->w->arena, member_str("oldPolicyId", old_policy), member_str("newPolicyId", f->r.policy)));
		break;
	case 1:
		escalate_to(f, tree_strs(f->w->arena, json_get(arm, STR("approverIds"))));
		break;
	case 2:
		flow_end_step(f, OUTCOME_CANCELLED, STR_NONE);
		flow_close(f, REQUEST_CANCELLED);
		break;
	case 3:
		flow_record(f, "stepSkipped", STR_NONE, OBJECT(f->w->arena, member_str("skippedBy", STR_NONE)));
		flow_end_step(f, OUTCOME_SKIPPED, STR_NONE);
		flow_advance(f);
		break;
	default:
		break;
	}
}

/* A wait that is over, or that looks whether it is. */
static void continue_wait(struct flow *f)
{
	const struct json *wait = json_get(flow_current(f)->definition, STR("wait"));

	if (json_is(json_get(wait, STR("condition")), JSON_OBJECT)) {
		flow_check_wait(f);
	} else {
		flow_end_wait(f, OUTCOME_SUCCEEDED);
	}
	flow_advance(f);
}

enum workflow_result verb_timer(struct flow *f)
{
	const struct request_step *step = flow_current(f);

	if (step->due_at_ms == 0 || step->due_at_ms > f->w->now_ms)
		return flow_refuse(f, "nothing is due");
	if (step->kind == STEP_WAIT)
		continue_wait(f);
	else
		escalate_step(f);
	return WORKFLOW_OK;
}

enum workflow_result verb_process_now(struct flow *f)
{
	continue_wait(f);
	return WORKFLOW_OK;
}
