/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps begin, wait and end. When the last of the policy's steps is over the request is decided; what was granted or
 * revoked is then carried out in steps of provisioning, which are in no policy but are made here from the entitlement.
 */
#include "base/clock.h"
#include "workflow/internal.h"

#define DAY_MS (24 * 3600 * (int64_t)1000)

static const char *const step_arms[STEP_N_KINDS] = {
    [STEP_KIND_NONE] = "", /* never a member */
    [STEP_APPROVAL] = "approval", [STEP_PROVISION] = "provision", [STEP_ACCEPT] = "accept", [STEP_REJECT] = "reject",
    [STEP_WAIT] = "wait",         [STEP_FORM] = "form",           [STEP_ACTION] = "action",
};

/* ---- the list of steps -------------------------------------------------------------------------------------- */

struct request_step *flow_current(struct flow *f)
{
	assert(workflow_current(&f->r));
	return &f->steps[f->r.n_steps - 1];
}

static struct request_step *add_step(struct flow *f, enum step_kind kind, const struct json *definition)
{
	struct request_step *step;

	ARENA_ROOM(f->w->arena, f->steps, f->r.n_steps, &f->cap_steps);
	f->r.steps = f->steps;
	step = &f->steps[f->r.n_steps++];
	*step = (struct request_step){
	    .id = f->w->host->new_id(f->w->ctx, f->w->arena),
	    .generation = f->r.generation,
	    .kind = kind,
	    .state = STEP_ACTIVE,
	    .definition = definition,
	    .assigned_at_ms = f->w->now_ms,
	};
	return step;
}

void flow_end_step(struct flow *f, enum step_outcome outcome, struct str by)
{
	struct request_step *step = flow_current(f);

	step->state = STEP_DONE;
	step->outcome = outcome;
	step->outcome_by = by;
	step->outcome_at_ms = f->w->now_ms;
	step->due_at_ms = step->gives_up_at_ms = 0;
	if (step->kind == STEP_APPROVAL)
		flow_record_step(f, "approvalInstanceChange", step);
}

struct request_step *flow_replace_step(struct flow *f, enum step_outcome outcome, struct str by)
{
	size_t old = f->r.n_steps - 1;
	struct request_step *next;

	flow_end_step(f, outcome, by);
	next = add_step(f, f->steps[old].kind, f->steps[old].definition);
	next->is_escalated = f->steps[old].is_escalated;
	f->steps[old].next_step = next->id;
	return next;
}

/* ---- the end of the request ---------------------------------------------------------------------------------- */

static void record_outcome(struct flow *f, enum request_outcome outcome)
{
	static const char *const kinds[] = {
	    [REQUEST_NONE] = "",
	    [REQUEST_GRANT] = "grantOutcome",
	    [REQUEST_REVOKE] = "revokeOutcome",
	    [REQUEST_CERTIFY] = "certifyOutcome",
	};

	/* Of the others the vendor's trail tells it by what their steps came to. */
	if (f->r.type >= N_ELEMENTS(kinds))
		return;
	flow_record(f, kinds[f->r.type], STR_NONE,
	            OBJECT(f->w->arena, member_str("outcome", workflow_outcome_name(f->r.type, outcome))));
}

/* Is access to be taken away at once when a review says so? */
static bool remediates(const struct access_request *r)
{
	const struct json *actions = json_get(r->policy_message, STR("postActions"));

	for (uint32_t i = 0; json_is(actions, JSON_ARRAY) && i < actions->n; i++)
		if (tree_bool(&actions->items[i], "certifyRemediateImmediately"))
			return true;
	return false;
}

void flow_close(struct flow *f, enum request_outcome outcome)
{
	static const struct json none = {.type = JSON_ARRAY};

	assert(f->r.state == REQUEST_OPEN && !workflow_current(&f->r));
	f->r.state = REQUEST_CLOSED;
	f->r.outcome = outcome;
	f->r.outcome_at_ms = f->w->now_ms;
	f->r.queue = &none;
	flow_record(f, "stateChange", STR_NONE,
	            OBJECT(f->w->arena, member_str("previousState", STR("TASK_STATE_OPEN"))));
	record_outcome(f, outcome);
	if (f->r.type == REQUEST_CERTIFY && outcome == REQUEST_DENIED && remediates(&f->r))
		f->effects |= EFFECT_REVOKE;
}

/* ---- provisioning ------------------------------------------------------------------------------------------- */

/*
 * Doorward is itself the system in which entitlements are had: what needs no person and no other program is done as
 * soon as it is decided.
 */
static bool is_immediate(const struct json *policy)
{
	static const char *const slow[] = {"manual", "webhook", "externalTicket", "action", "devicePlacement"};
	size_t which;

	return !tree_arm(policy, slow, N_ELEMENTS(slow), &which);
}

/* {"provision":{"provisionPolicy":…,"provisionTarget":{…}}} */
static struct json provision_definition(const struct flow *f, const struct json *policy)
{
	struct arena *a = f->w->arena;
	const struct json *target =
	    OBJECT(a, member_str("appId", f->r.app), member_str("appEntitlementId", f->r.entitlement_id),
	           member_str("appUserId", f->r.account_id));

	return *OBJECT(a, member_tree("provision", OBJECT(a, member_tree("provisionPolicy", policy),
	                                                  member_tree("provisionTarget", target))));
}

/* Another program does it, or people. */
static const struct json *action_provisioner(const struct flow *f)
{
	const struct app_action *action = f->w->action;
	struct arena *a = f->w->arena;
	const struct json_member ids = member_strs(a, "userIds", action ? action->assignees : (struct str_list){0});

	if (action && !str_is_empty(action->webhook))
		return OBJECT(a, member_tree("webhook", OBJECT(a, member_str("webhookId", action->webhook))));
	/* Also when there are none: the owners of the application do. */
	return OBJECT(a, member_tree("manual", OBJECT(a, ids)));
}

static const struct json *provisioner(const struct flow *f)
{
	const struct app_entitlement *e = f->w->entitlement;

	if (f->r.type == REQUEST_ACTION)
		return action_provisioner(f);
	if (!e)
		return NULL;
	return f->r.type == REQUEST_GRANT ? e->provisioner : e->deprovisioner;
}

/* The steps that carry out what was decided, made the queue. */
static void queue_provision(struct flow *f)
{
	const struct json *policy = provisioner(f);
	const struct json *parts = json_get(json_get(policy, STR("multiStep")), STR("provisionSteps"));
	struct json *queue = ARENA_NEW(f->w->arena, struct json);
	struct json *items;

	if (!json_is(parts, JSON_ARRAY) || parts->n == 0 || parts->n > WORKFLOW_MAX_STEPS / 4)
		parts = NULL;
	items = ARENA_ARRAY(f->w->arena, struct json, parts ? parts->n : 1);
	*queue = (struct json){.type = JSON_ARRAY, .n = parts ? parts->n : 1, .items = items};
	for (uint32_t i = 0; i < queue->n; i++)
		items[i] = provision_definition(f, parts ? &parts->items[i] : policy);
	f->r.queue = queue;
}

/* What is done besides when it is carried out. */
static unsigned effect_of(enum request_type type)
{
	switch (type) {
	case REQUEST_GRANT:
		return EFFECT_BIND;
	case REQUEST_REVOKE:
		return EFFECT_UNBIND;
	case REQUEST_ACTION:
		return EFFECT_CREATE;
	case REQUEST_NONE:
	case REQUEST_CERTIFY:
	case REQUEST_OFFBOARDING:
	case REQUEST_N_TYPES:
		break;
	}
	return 0;
}

void flow_complete_provision(struct flow *f, enum step_outcome outcome, struct str by)
{
	flow_current(f)->fault = STR_NONE;
	f->r.outcome = REQUEST_UNDECIDED;
	f->r.outcome_at_ms = 0;
	flow_end_step(f, outcome, by);
	if (f->r.queue->n)
		return;
	f->effects |= effect_of(f->r.type);
	if (f->r.type == REQUEST_ACTION)
		flow_record_step(f, "actionInstanceSucceeded", &f->steps[f->r.n_steps - 1]);
	flow_close(f, REQUEST_GRANTED);
}

static void begin_provision(struct flow *f, struct request_step *step)
{
	const struct json *policy = json_get(json_get(step->definition, STR("provision")), STR("provisionPolicy"));

	if (is_immediate(policy)) {
		flow_complete_provision(f, OUTCOME_COMPLETED, STR_NONE);
		return;
	}
	if (json_is(json_get(policy, STR("webhook")), JSON_OBJECT))
		f->effects |= EFFECT_CALL_WEBHOOK;
	/* What no program of ours does, people do. */
	step->approvers = flow_find_provisioners(f, json_get(policy, STR("manual")));
	if (f->r.type == REQUEST_ACTION)
		flow_record_step(f, "actionInstanceCreated", step);
}

/* ---- approval ------------------------------------------------------------------------------------------------ */

void flow_set_escalation(const struct flow *f, struct request_step *step)
{
	const struct json *approval = approval_of(step);
	int64_t seconds = tree_i64(json_get(approval, STR("escalation")), "expiration"), due;

	step->due_at_ms = 0;
	if (step->is_escalated || !tree_bool(approval, "escalationEnabled") || seconds <= 0)
		return;
	if (!__builtin_mul_overflow(seconds, 1000, &due) && !__builtin_add_overflow(due, f->w->now_ms, &due))
		step->due_at_ms = due;
}

static void skip_silently(struct flow *f)
{
	flow_record(f, "stepSkipped", STR_NONE, OBJECT(f->w->arena, member_str("skippedBy", STR_NONE)));
	flow_end_step(f, OUTCOME_SKIPPED, STR_NONE);
}

static void begin_approval(struct flow *f, struct request_step *step)
{
	const struct json *approval = approval_of(step);

	if (!flow_find_approvers(f, approval, &step->approvers)) {
		skip_silently(f);
		return;
	}
	flow_set_escalation(f, step);
	flow_record_step(f, "approvalInstanceChange", step);
	if (approval_is_webhook(approval)) {
		f->effects |= EFFECT_CALL_WEBHOOK;
		flow_record(f, "webhookApprovalTriggered", STR_NONE,
		            OBJECT(f->w->arena, member_str("webhookId", json_get_str(json_get(approval, STR("webhook")),
		                                                                     STR("webhookId")))));
	}
}

/* ---- waiting ------------------------------------------------------------------------------------------------- */

static const struct json *wait_of(const struct request_step *step)
{
	return json_get(step->definition, STR("wait"));
}

/* What the trail says of a wait: `at` is the member for the time, NULL: none. */
static void record_wait(struct flow *f, const char *kind, const char *at, int64_t ms)
{
	const struct request_step *step = flow_current(f);
	struct str condition = json_get_str(json_get(wait_of(step), STR("condition")), STR("condition"));

	flow_record(f, kind, STR_NONE,
	            OBJECT(f->w->arena, member_str("condition", condition), member_str("stepId", step->id),
	                   member_time(f->w->arena, at ? at : "", at ? ms : 0)));
}

void flow_end_wait(struct flow *f, enum step_outcome outcome)
{
	const struct json *wait = wait_of(flow_current(f));

	if (outcome == OUTCOME_TIMED_OUT) {
		flow_comment(f, STR_NONE, json_get_str(wait, STR("commentOnTimeout")));
		record_wait(f, "waitStepTimedOut", "timedOutAt", f->w->now_ms);
	} else {
		record_wait(f, "waitStepSuccess", "succeededAt", f->w->now_ms);
	}
	flow_end_step(f, outcome, STR_NONE);
}

void flow_check_wait(struct flow *f)
{
	struct request_step *step = flow_current(f);
	const struct json *wait = wait_of(step);
	struct str text = json_get_str(json_get(wait, STR("condition")), STR("condition")), error = STR_NONE;
	int64_t now = f->w->now_ms, next;

	if (f->w->host->condition(f->w->ctx, &f->r, text, f->w->arena, &error) == CHECK_TRUE) {
		flow_end_wait(f, OUTCOME_SUCCEEDED);
		return;
	}
	if (step->gives_up_at_ms && now >= step->gives_up_at_ms) {
		flow_end_wait(f, OUTCOME_TIMED_OUT);
		return;
	}
	if (!step->has_commented)
		flow_comment(f, STR_NONE, json_get_str(wait, STR("commentOnFirstWait")));
	step->has_commented = true;
	next = now + WORKFLOW_CHECK_EVERY_MS;
	step->due_at_ms = step->gives_up_at_ms && step->gives_up_at_ms < next ? step->gives_up_at_ms : next;
}

/* The next hh:mm: at most a day away. A zone that nobody knows is UTC. */
static int64_t time_of_day(const struct flow *f, const struct json *until)
{
	int64_t minutes = tree_i64(until, "hours") * 60 + tree_i64(until, "minutes");
	struct str zone = json_get_str(until, STR("timezone"));
	int64_t now = f->w->now_ms, due;

	minutes = minutes < 0 || minutes >= 24 * 60 ? 0 : minutes;
	if (!str_is_empty(zone) && f->w->host->time_of_day &&
	    f->w->host->time_of_day(f->w->ctx, zone, (unsigned)minutes, now, &due))
		return due;
	due = now - ((now % DAY_MS) + DAY_MS) % DAY_MS + minutes * 60 * 1000;
	return due > now ? due : due + DAY_MS;
}

static int64_t later(int64_t now, int64_t ms)
{
	int64_t at;

	return __builtin_add_overflow(now, ms, &at) ? INT64_MAX : at;
}

static void begin_wait(struct flow *f, struct request_step *step)
{
	const struct json *wait = wait_of(step), *until = json_get(wait, STR("untilTime"));
	int64_t timeout = tree_duration(wait, "timeoutDuration"), now = f->w->now_ms;

	if (json_is(json_get(wait, STR("condition")), JSON_OBJECT)) {
		step->gives_up_at_ms = timeout > 0 ? later(now, timeout) : 0;
		record_wait(f, "waitStepWaiting", NULL, 0);
		flow_check_wait(f);
		return;
	}
	step->due_at_ms =
	    until ? time_of_day(f, until) : later(now, tree_duration(json_get(wait, STR("duration")), "duration"));
	flow_comment(f, STR_NONE, json_get_str(wait, STR("commentOnFirstWait")));
	step->has_commented = true;
	record_wait(f, "waitStepUntilTime", "untilTime", step->due_at_ms);
	if (step->due_at_ms <= now)
		flow_end_wait(f, OUTCOME_SUCCEEDED);
}

/* ---- what begins next ------------------------------------------------------------------------------------------ */

static struct str_list one(struct arena *a, struct str s)
{
	struct str *item = ARENA_NEW(a, struct str);

	*item = s;
	return (struct str_list){item, 1};
}

static void begin_form(struct flow *f, struct request_step *step)
{
	struct str who = str_is_empty(f->r.created_by) ? f->r.user : f->r.created_by;

	if (!str_is_empty(who) && f->w->host->has_user(f->w->ctx, who))
		step->approvers = one(f->w->arena, who);
	else
		step->approvers = f->w->host->people(f->w->ctx, PEOPLE_ADMINISTRATORS, STR_NONE, f->w->arena);
}

/* It decides by itself; the rest of the policy's steps do not run. */
static void decide(struct flow *f, struct request_step *step)
{
	static const struct json none = {.type = JSON_ARRAY};
	bool accepts = step->kind == STEP_ACCEPT;
	const struct json *how = json_get(step->definition, str_of(step_arms[step->kind]));

	flow_comment(f, STR_NONE, json_get_str(how, accepts ? STR("acceptMessage") : STR("rejectMessage")));
	flow_record(f, accepts ? "approvalAutoAcceptedByPolicy" : "approvalAutoRejectedByPolicy", STR_NONE,
	            OBJECT(f->w->arena, member_tree("", NULL)));
	flow_end_step(f, accepts ? OUTCOME_APPROVED : OUTCOME_DENIED, STR_NONE);
	f->r.queue = &none;
	if (!accepts)
		flow_close(f, REQUEST_DENIED);
}

static void begin_step(struct flow *f, struct request_step *step)
{
	switch (step->kind) {
	case STEP_APPROVAL:
		begin_approval(f, step);
		break;
	case STEP_PROVISION:
		begin_provision(f, step);
		break;
	case STEP_ACCEPT:
	case STEP_REJECT:
		decide(f, step);
		break;
	case STEP_WAIT:
		begin_wait(f, step);
		break;
	case STEP_FORM:
		begin_form(f, step);
		break;
	case STEP_ACTION:
	case STEP_KIND_NONE:
	case STEP_N_KINDS:
		if (f->r.type == REQUEST_OFFBOARDING)
			f->effects |= EFFECT_OFFBOARD;
		/* No such thing is carried out here: administrators look after it, or leave it out. */
		step->approvers = f->w->host->people(f->w->ctx, PEOPLE_ADMINISTRATORS, STR_NONE, f->w->arena);
		break;
	}
}

void flow_rerun_step(struct flow *f, enum step_outcome outcome, struct str by)
{
	begin_step(f, flow_replace_step(f, outcome, by));
}

/* Takes the next step out of the queue. */
static void begin_next(struct flow *f)
{
	const struct json *definition = &f->r.queue->items[0];
	struct json *rest = ARENA_NEW(f->w->arena, struct json);
	enum step_kind kind = STEP_ACTION;

	*rest = (struct json){.type = JSON_ARRAY, .n = f->r.queue->n - 1, .items = f->r.queue->items + 1};
	for (enum step_kind k = STEP_APPROVAL; k < STEP_N_KINDS; k++)
		if (json_is(json_get(definition, str_of(step_arms[k])), JSON_OBJECT))
			kind = k;
	f->r.queue = rest;
	begin_step(f, add_step(f, kind, definition));
}

/* All steps of the policy are over, and nobody denied. */
static void end_approval(struct flow *f)
{
	if (f->r.type == REQUEST_CERTIFY || f->r.type == REQUEST_OFFBOARDING)
		flow_close(f, REQUEST_GRANTED);
	else
		queue_provision(f);
}

void flow_advance(struct flow *f)
{
	/* Each round takes one step out of the queue, or fills it for the one time that provisioning begins. */
	while (f->r.state == REQUEST_OPEN && !workflow_current(&f->r)) {
		if (json_is(f->r.queue, JSON_ARRAY) && f->r.queue->n)
			begin_next(f);
		else
			end_approval(f);
	}
}
