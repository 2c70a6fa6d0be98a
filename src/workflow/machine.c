/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of places and verbs, and who may use which.
 */
#include "workflow/internal.h"

#define AT(place)    (1u << PLACE_##place)
#define AT_OPEN      (AT(APPROVAL) | AT(WEBHOOK) | AT(WAIT) | AT(FORM) | AT(ACTION) | AT(PROVISION) | AT(FAILED))
#define AT_PROVISION (AT(PROVISION) | AT(FAILED))

enum {
	BY_ANYBODY = 1 << 0,   /* who can see the request */
	BY_ASSIGNEE = 1 << 1,  /* of the current step */
	BY_ADMIN = 1 << 2,     /* of requests */
	BY_REQUESTER = 1 << 3, /* who made it */
	BY_ITSELF = 1 << 4,    /* nobody: the clock, another program, a cascade */
};

/* Why a verb is not defined where it is not; NULL: it has nothing to do with the current step. */
static const char NOT_PERMITTED[] = "action not permitted";
static const char ADVANCED[] = "this action is no longer available: the request has advanced to a new approval step";
static const char IS_CLOSED[] = "task is closed";
static const char NOT_BEGUN[] = "the task has not begun";
static const char HAS_BEGUN[] = "the task has begun already";
static const char IN_PROVISION[] = "cannot update grant duration for a ticket in a provision step";
static const char NO_WAIT[] = "the current step does not wait for anything";
static const char NO_FORM[] = "the current step is not a form step";
static const char NO_PROVISION[] = "the current step is not a provision step";
static const char NO_FAULT[] = "the current provision step has not failed";
static const char NO_PARTS[] = "the task has no parts";
static const char NO_WEBHOOK[] = "the current step does not wait for a webhook";
static const char NOTHING_DUE[] = "nothing is due";
static const char NO_REASSIGN[] = "only approval, provision and form steps can be reassigned";
static const char NO_ESCALATION[] = "cannot escalate a ticket in a provision step";

static const struct verb {
	const char *name;
	const char *action; /* the vendor's name of it, behind TASK_ACTION_TYPE_; NULL: nobody's action */
	verb_fn *run;
	unsigned places;
	const char *refusal; /* in other places, unless the request is closed or has not begun */
	unsigned who;
} verbs[VERB_N] = {
    [VERB_NONE] = {"none", NULL, NULL, 0, NOT_PERMITTED, 0},
    [VERB_START] = {"start", NULL, verb_start, AT(NONE), HAS_BEGUN, BY_ANYBODY | BY_ITSELF},
    [VERB_APPROVE] = {"approve", "APPROVE", verb_approve, AT(APPROVAL), NOT_PERMITTED, BY_ASSIGNEE},
    [VERB_APPROVE_WITH_STEP_UP] = {"approve with step-up", "APPROVE_WITH_STEP_UP", verb_approve, AT(APPROVAL),
                                   NOT_PERMITTED, BY_ASSIGNEE},
    [VERB_DENY] = {"deny", "DENY", verb_deny, AT(APPROVAL), NOT_PERMITTED, BY_ASSIGNEE},
    [VERB_REASSIGN] = {"reassign", "REASSIGN", verb_reassign, AT(APPROVAL) | AT(FORM) | AT_PROVISION, NO_REASSIGN,
                       BY_ASSIGNEE | BY_ADMIN},
    [VERB_COMMENT] = {"comment", "COMMENT", verb_comment, AT_OPEN | AT(CLOSED), NULL, BY_ANYBODY},
    [VERB_CLOSE] = {"close", "CLOSE", verb_close, AT_OPEN, NULL, BY_ADMIN | BY_REQUESTER},
    [VERB_RESTART] = {"restart", "RESTART", verb_restart, AT_OPEN, NULL, BY_ADMIN},
    [VERB_RESET] = {"reset", "HARD_RESET", verb_reset, AT_OPEN, NULL, BY_ADMIN},
    [VERB_SKIP] = {"skip", "SKIP_STEP", verb_skip, AT_OPEN, NULL, BY_ADMIN},
    [VERB_ESCALATE] = {"escalate", "ESCALATE_TO_EMERGENCY_ACCESS", verb_escalate, AT_OPEN & ~AT_PROVISION,
                       NO_ESCALATION, BY_REQUESTER | BY_ADMIN},
    [VERB_PROCESS_NOW] = {"process now", "PROCESS_NOW", verb_process_now, AT(WAIT), NO_WAIT, BY_ADMIN},
    [VERB_UPDATE_DURATION] = {"update grant duration", "UPDATE_GRANT_DURATION", verb_update_duration,
                              AT_OPEN & ~AT_PROVISION, IN_PROVISION, BY_ASSIGNEE | BY_ADMIN},
    [VERB_UPDATE_DATA] = {"update request data", "UPDATE_REQUEST_DATA", verb_update_data, AT(FORM), NO_FORM,
                          BY_ASSIGNEE | BY_ADMIN},
    [VERB_PROVISION_COMPLETE] = {"complete provisioning", "PROVISION_COMPLETE", verb_provision_complete, AT_PROVISION,
                                 NO_PROVISION, BY_ASSIGNEE | BY_ADMIN | BY_ITSELF},
    [VERB_PROVISION_ERROR] = {"fail provisioning", "PROVISION_ERRORED", verb_provision_error, AT(PROVISION),
                              NO_PROVISION, BY_ASSIGNEE | BY_ADMIN | BY_ITSELF},
    [VERB_PROVISION_CANCEL] = {"cancel provisioning", "PROVISION_CANCELLED", verb_provision_cancel, AT_PROVISION,
                               NO_PROVISION, BY_ASSIGNEE | BY_ADMIN},
    [VERB_PROVISION_RETRY] = {"retry provisioning", "RETRY_PROVISIONING", verb_provision_retry, AT(FAILED), NO_FAULT,
                              BY_ASSIGNEE | BY_ADMIN},
    [VERB_PARTS_OVER] = {"end of parts", NULL, verb_parts_over, AT(ACTION), NO_PARTS, BY_ITSELF},
    [VERB_WEBHOOK_APPROVE] = {"approve by webhook", NULL, verb_approve, AT(WEBHOOK), NO_WEBHOOK, BY_ITSELF},
    [VERB_WEBHOOK_DENY] = {"deny by webhook", NULL, verb_deny, AT(WEBHOOK), NO_WEBHOOK, BY_ITSELF},
    [VERB_WEBHOOK_REASSIGN] = {"reassign by webhook", NULL, verb_reassign, AT(WEBHOOK), NO_WEBHOOK, BY_ITSELF},
    [VERB_WEBHOOK_REPLACE] = {"replace steps by webhook", NULL, verb_replace, AT(WEBHOOK), NO_WEBHOOK, BY_ITSELF},
    [VERB_WEBHOOK_FAIL] = {"fail webhook", NULL, verb_webhook_fail, AT(WEBHOOK) | AT(PROVISION), NO_WEBHOOK, BY_ITSELF},
    [VERB_TIMER] = {"timer", NULL, verb_timer, AT(APPROVAL) | AT(WEBHOOK) | AT(WAIT), NOTHING_DUE, BY_ITSELF},
    [VERB_CANCEL] = {"cancel", NULL, verb_cancel, AT_OPEN, NULL, BY_ITSELF},
    [VERB_REVOKE] = {"revoke", NULL, verb_revoke, AT_OPEN, NULL, BY_ITSELF},
};

/* Where each kind of step is. */
static const enum workflow_place place_of_kind[STEP_N_KINDS] = {
    [STEP_APPROVAL] = PLACE_APPROVAL, [STEP_PROVISION] = PLACE_PROVISION, [STEP_WAIT] = PLACE_WAIT,
    [STEP_FORM] = PLACE_FORM,         [STEP_ACTION] = PLACE_ACTION,
};

const struct request_step *workflow_current(const struct access_request *r)
{
	const struct request_step *last = r->n_steps ? &r->steps[r->n_steps - 1] : NULL;

	return last && last->state == STEP_ACTIVE ? last : NULL;
}

enum workflow_place workflow_place(const struct access_request *r)
{
	const struct request_step *step = workflow_current(r);

	if (r->state != REQUEST_OPEN)
		return r->state == REQUEST_CLOSED ? PLACE_CLOSED : PLACE_NONE;
	assert(step && place_of_kind[step->kind] != PLACE_NONE); /* an open request waits in some step */
	if (step->kind == STEP_PROVISION && !str_is_absent(step->fault))
		return PLACE_FAILED;
	if (step->kind == STEP_APPROVAL && approval_is_webhook(approval_of(step)) && step->approvers.n == 0)
		return PLACE_WEBHOOK;
	return place_of_kind[step->kind];
}

bool workflow_is_defined(enum workflow_place place, enum workflow_verb verb, const char **ret_refusal)
{
	const char *why;

	assert(place < PLACE_N && verb < VERB_N);
	if (verbs[verb].places & (1u << place))
		return true;
	if (place == PLACE_CLOSED)
		why = IS_CLOSED;
	else if (place == PLACE_NONE)
		why = NOT_BEGUN;
	else
		why = verbs[verb].refusal ? verbs[verb].refusal : NOT_PERMITTED;
	if (ret_refusal)
		*ret_refusal = why;
	return false;
}

static bool is_permitted(const struct access_request *r, unsigned who, struct str actor, bool is_admin)
{
	const struct request_step *step = workflow_current(r);

	if (str_is_absent(actor))
		return who & BY_ITSELF;
	if (who & BY_ANYBODY || (who & BY_ADMIN && is_admin))
		return true;
	if (who & BY_REQUESTER && str_eq(actor, r->created_by))
		return true;
	return who & BY_ASSIGNEE && step && str_list_has(step->approvers, actor);
}

/* What depends on more than place and person. */
static bool makes_sense(const struct workflow *w, const struct access_request *r, enum workflow_verb verb,
                        struct str actor)
{
	const struct request_step *step = workflow_current(r);
	const struct json *approval = step && step->kind == STEP_APPROVAL ? approval_of(step) : NULL;

	switch ((int)verb) {
	case VERB_APPROVE:
		return str_is_empty(json_get_str(approval, STR("requiresStepUpProviderId")));
	case VERB_APPROVE_WITH_STEP_UP:
		return !str_is_empty(json_get_str(approval, STR("requiresStepUpProviderId")));
	case VERB_REASSIGN:
		return !approval || tree_bool(approval, "allowReassignment") || !str_list_has(step->approvers, actor);
	case VERB_ESCALATE:
		return r->type == REQUEST_GRANT && !r->is_emergency && w->entitlement &&
		       w->entitlement->has_emergency_access && !str_is_empty(w->entitlement->emergency_policy);
	case VERB_UPDATE_DURATION:
		return r->type == REQUEST_GRANT;
	case VERB_RESTART:
	case VERB_RESET:
		return r->type != REQUEST_OFFBOARDING;
	default:
		return true;
	}
}

bool workflow_may(const struct workflow *w, const struct access_request *r, enum workflow_verb verb, struct str actor,
                  bool is_admin)
{
	return workflow_is_defined(workflow_place(r), verb, NULL) &&
	       is_permitted(r, verbs[verb].who, actor, is_admin) && makes_sense(w, r, verb, actor);
}

int64_t workflow_due_ms(const struct access_request *r)
{
	const struct request_step *step = workflow_current(r);

	return r->state == REQUEST_OPEN && step ? step->due_at_ms : 0;
}

struct str workflow_action_name(enum workflow_verb verb)
{
	return verbs[verb].action ? str_of(verbs[verb].action) : STR_NONE;
}

struct str workflow_verb_name(enum workflow_verb verb)
{
	return str_of(verbs[verb].name);
}

static const char *const outcome_names[REQUEST_N_TYPES][REQUEST_N_OUTCOMES] = {
    [REQUEST_GRANT] = {"GRANT_OUTCOME_UNSPECIFIED", "GRANT_OUTCOME_GRANTED", "GRANT_OUTCOME_DENIED",
                       "GRANT_OUTCOME_ERROR", "GRANT_OUTCOME_CANCELLED", "GRANT_OUTCOME_WAIT_TIMED_OUT"},
    [REQUEST_REVOKE] = {"REVOKE_OUTCOME_UNSPECIFIED", "REVOKE_OUTCOME_REVOKED", "REVOKE_OUTCOME_DENIED",
                        "REVOKE_OUTCOME_ERROR", "REVOKE_OUTCOME_CANCELLED", "REVOKE_OUTCOME_WAIT_TIMED_OUT"},
    [REQUEST_CERTIFY] = {"CERTIFY_OUTCOME_UNSPECIFIED", "CERTIFY_OUTCOME_CERTIFIED", "CERTIFY_OUTCOME_DECERTIFIED",
                         "CERTIFY_OUTCOME_ERROR", "CERTIFY_OUTCOME_CANCELLED", "CERTIFY_OUTCOME_WAIT_TIMED_OUT"},
    /* The vendor's have no word for what does not happen to them. */
    [REQUEST_OFFBOARDING] = {"OFFBOARDING_OUTCOME_IN_PROGRESS", "OFFBOARDING_OUTCOME_DONE",
                             "OFFBOARDING_OUTCOME_CANCELLED", "OFFBOARDING_OUTCOME_ERROR",
                             "OFFBOARDING_OUTCOME_CANCELLED", "OFFBOARDING_OUTCOME_ERROR"},
    [REQUEST_ACTION] = {"ACTION_OUTCOME_UNSPECIFIED", "ACTION_OUTCOME_SUCCESS", "ACTION_OUTCOME_DENIED",
                        "ACTION_OUTCOME_ERROR", "ACTION_OUTCOME_CANCELLED", "ACTION_OUTCOME_ERROR"},
};

struct str workflow_outcome_name(enum request_type type, enum request_outcome outcome)
{
	assert(type > REQUEST_NONE && type < REQUEST_N_TYPES && outcome < REQUEST_N_OUTCOMES);
	return str_of(outcome_names[type][outcome]);
}

/* ---- running ---------------------------------------------------------------------------------------------- */

static void open_flow(struct flow *f, const struct access_request *r)
{
	f->r = *r;
	f->cap_steps = r->n_steps + 8;
	f->steps = ARENA_ARRAY(f->w->arena, struct request_step, f->cap_steps);
	if (r->n_steps)
		memcpy(f->steps, r->steps, r->n_steps * sizeof(*r->steps));
	f->r.steps = f->steps;
}

/* The action as it is recorded, before what it leads to. */
static void record_action(struct flow *f)
{
	const struct workflow_event *e = f->event;
	const struct request_step *step = workflow_current(&f->r);
	struct arena *a = f->w->arena;
	struct str action = workflow_action_name(e->verb);

	if (str_is_absent(action) || str_is_absent(e->actor) || e->verb == VERB_COMMENT)
		return;
	flow_record(
	    f, "actionSubmitted", e->actor,
	    OBJECT(a, member_tree(
	                  "action",
	                  OBJECT(a, member_str("id", str_is_absent(e->id) ? f->w->host->new_id(f->w->ctx, a) : e->id),
	                         member_str("actionType", arena_concat(a, STR("TASK_ACTION_TYPE_"), action)),
	                         member_str("userId", e->actor), member_str("policyStepId", step ? step->id : STR_NONE),
	                         member_time(a, "createdAt", f->w->now_ms)))));
}

/* Is the step that is meant the one that is going on? What is about no step at all is not asked. */
static bool is_stale(const struct access_request *r, const struct workflow_event *e)
{
	const struct request_step *step = workflow_current(r);

	return !str_is_empty(e->step) && (!step || !str_eq(step->id, e->step));
}

static enum workflow_result judge(const struct flow *f, const struct access_request *r)
{
	const struct workflow_event *e = f->event;
	enum workflow_place place = workflow_place(r);
	const char *refusal;

	if (place != PLACE_CLOSED && place != PLACE_NONE && is_stale(r, e))
		return (enum workflow_result)error_set(f->err, WORKFLOW_REFUSED, "%s", ADVANCED);
	if (!workflow_is_defined(place, e->verb, &refusal))
		return (enum workflow_result)error_set(f->err, WORKFLOW_REFUSED, "%s", refusal);
	if (!is_permitted(r, verbs[e->verb].who, e->actor, e->is_admin))
		return (enum workflow_result)error_set(f->err, WORKFLOW_DENIED, "%s", NOT_PERMITTED);
	if (e->comment.len > WORKFLOW_MAX_COMMENT_BYTES)
		return (enum workflow_result)error_set(f->err, WORKFLOW_REFUSED, "comment must be at most %u bytes",
		                                       WORKFLOW_MAX_COMMENT_BYTES);
	if (r->n_steps >= WORKFLOW_MAX_STEPS && e->verb != VERB_CLOSE && e->verb != VERB_CANCEL &&
	    e->verb != VERB_REVOKE && e->verb != VERB_COMMENT && e->verb != VERB_DENY)
		return (enum workflow_result)error_set(f->err, WORKFLOW_REFUSED,
		                                       "the task has had too many steps: close it");
	return WORKFLOW_OK;
}

enum workflow_result workflow_run(const struct workflow *w, const struct access_request *r,
                                  const struct workflow_event *event, struct workflow_next *ret, struct error *err)
{
	struct flow f = {.w = w, .event = event, .err = err};
	enum workflow_result result;

	assert(event->verb > VERB_NONE && event->verb < VERB_N);
	result = judge(&f, r);
	if (result != WORKFLOW_OK)
		return result;
	open_flow(&f, r);
	record_action(&f);
	result = verbs[event->verb].run(&f);
	if (result != WORKFLOW_OK)
		return result;
	*ret = (struct workflow_next){f.r, f.events, f.n_events, f.effects};
	return WORKFLOW_OK;
}
