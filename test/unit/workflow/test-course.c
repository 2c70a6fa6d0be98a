/* SPDX-License-Identifier: Apache-2.0
 *
 * The course that requests take: what time does to steps, how what was granted is carried out, other programs'
 * answers, and which steps a policy chooses.
 */
#include "world.h"

#define HOUR_MS ((int64_t)3600 * 1000)

/* ---- time ------------------------------------------------------------------------------------------------------- */

static void test_wait_for_a_duration(void **state)
{
	struct world w;
	int64_t due;

	(void)state;
	world_init(&w);
	world_begin(&w, "[{\"wait\":{\"duration\":{\"duration\":\"3600s\"}}},{\"accept\":{}}]");
	due = workflow_due_ms(&w.r);
	assert_int_equal(due, w.now_ms + HOUR_MS);
	w.now_ms = due - 1;
	world_refused(&w, VERB_TIMER, NULL, "nothing is due");
	w.now_ms = due;
	assert_int_equal(world_do(&w, VERB_TIMER, NULL), WORKFLOW_OK);
	assert_int_equal(w.r.outcome, REQUEST_GRANTED);
	assert_int_equal(workflow_due_ms(&w.r), 0);
	world_begin(&w, "[{\"wait\":{\"duration\":{\"duration\":\"3600s\"}}},{\"accept\":{}}]");
	world_refused(&w, VERB_PROCESS_NOW, "alice", "action not permitted");
	assert_int_equal(world_do(&w, VERB_PROCESS_NOW, "erin"), WORKFLOW_OK);
	assert_int_equal(w.r.outcome, REQUEST_GRANTED);
	world_release(&w);
}

static void test_wait_until_a_time(void **state)
{
	static const struct {
		int hours, minutes;
		int64_t after_ms;
	} cases[] = {{12, 30, HOUR_MS / 2}, {12, 0, 24 * HOUR_MS}, {11, 0, 23 * HOUR_MS}, {0, 0, 12 * HOUR_MS}};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct world w;
		int64_t noon;

		world_init(&w);
		noon = w.now_ms - w.now_ms % (24 * HOUR_MS) + 12 * HOUR_MS;
		w.now_ms = noon;
		world_begin(&w, arena_strf(&w.arena, "[{\"wait\":{\"untilTime\":{\"hours\":%d,\"minutes\":%d}}}]",
		                           cases[i].hours, cases[i].minutes)
		                    .ptr);
		assert_int_equal(workflow_due_ms(&w.r) - noon, cases[i].after_ms);
		world_release(&w);
	}
}

static void test_wait_for_a_condition(void **state)
{
	static const char wait[] = "[{\"wait\":{\"condition\":{\"condition\":\"it\"},\"commentOnFirstWait\":\"first\","
	                           "\"commentOnTimeout\":\"late\",\"timeoutDuration\":\"150s\"}},{\"accept\":{}}]";
	struct world w;

	(void)state;
	world_init(&w);
	world_begin(&w, wait);
	assert_int_equal(w.r.n_comments, 1);
	assert_int_equal(workflow_due_ms(&w.r), w.now_ms + WORKFLOW_CHECK_EVERY_MS);
	w.now_ms += WORKFLOW_CHECK_EVERY_MS;
	assert_int_equal(world_do(&w, VERB_TIMER, NULL), WORKFLOW_OK);
	assert_int_equal(w.r.n_comments, 1);
	assert_int_equal(w.r.state, REQUEST_OPEN);
	w.condition = true;
	w.now_ms += WORKFLOW_CHECK_EVERY_MS;
	assert_int_equal(world_do(&w, VERB_TIMER, NULL), WORKFLOW_OK);
	assert_int_equal(w.r.outcome, REQUEST_GRANTED);
	assert_int_equal(w.r.steps[0].outcome, OUTCOME_SUCCEEDED);
	/* And when it never becomes true. */
	w.condition = false;
	world_begin(&w, wait);
	for (int i = 0; i < 2; i++) {
		w.now_ms += WORKFLOW_CHECK_EVERY_MS;
		assert_int_equal(world_do(&w, VERB_TIMER, NULL), WORKFLOW_OK);
	}
	assert_int_equal(w.r.state, REQUEST_OPEN);
	assert_int_equal(workflow_due_ms(&w.r), w.r.steps[0].gives_up_at_ms);
	w.now_ms = workflow_due_ms(&w.r);
	assert_int_equal(world_do(&w, VERB_TIMER, NULL), WORKFLOW_OK);
	assert_int_equal(w.r.steps[0].outcome, OUTCOME_TIMED_OUT);
	assert_int_equal(w.r.n_comments, 2);
	assert_int_equal(w.r.outcome, REQUEST_GRANTED);
	world_release(&w);
}

/* What happens when a step was not decided within the hour. */
static void escalate(struct world *w, const char *how)
{
	world_begin(w, arena_strf(&w->arena,
	                          "[{\"approval\":{\"manager\":{},\"escalationEnabled\":true,\"escalation\":"
	                          "{\"expiration\":3600,\"escalationComment\":\"too late\",%s}}},"
	                          "{\"approval\":{\"appOwners\":{}}}]",
	                          how)
	                   .ptr);
	assert_int_equal(workflow_due_ms(&w->r), w->now_ms + HOUR_MS);
	w->now_ms += HOUR_MS;
	assert_int_equal(world_do(w, VERB_TIMER, NULL), WORKFLOW_OK);
	assert_int_equal(w->r.n_comments, 1);
	assert_non_null(world_recorded(w, "slaEscalation"));
	assert_true(w->r.steps[0].is_escalated);
	world_refused(w, VERB_TIMER, NULL, w->r.state == REQUEST_CLOSED ? "task is closed" : "nothing is due");
}

static void test_escalation(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	escalate(&w, "\"skipStep\":{}");
	assert_approvers(&w, "dave");
	escalate(&w, "\"cancelTicket\":{}");
	assert_int_equal(w.r.outcome, REQUEST_CANCELLED);
	escalate(&w, "\"reassignToApprovers\":{\"approverIds\":[\"frank\",\"nobody\"]}");
	assert_approvers(&w, "frank");
	assert_true(workflow_current(&w.r)->is_escalated);
	escalate(&w, "\"reassignToApprovers\":{\"approverIds\":[\"nobody\"]}");
	assert_approvers(&w, "bob");
	world_policy(&w, "{\"grant\":{\"steps\":[{\"approval\":{\"users\":{\"userIds\":[\"x\"]}}}]}}", NULL);
	escalate(&w, "\"replacePolicy\":{\"policyId\":\"p2\"}");
	assert_approvers(&w, "x");
	assert_true(str_eq(w.r.policy, STR("p2")));
	assert_int_equal(w.r.queue->n, 0);
	world_release(&w);
}

/* ---- provisioning -------------------------------------------------------------------------------------------------
 */

static void test_provisioning(void **state)
{
	struct world w;
	struct workflow_event e = {.verb = VERB_PROVISION_ERROR, .actor = STR("bob"), .fault = STR("no seat")};

	(void)state;
	world_init(&w);
	w.entitlement.provisioner = world_json(&w, "{\"multiStep\":{\"provisionSteps\":[{\"connector\":{}},"
	                                           "{\"manual\":{\"assignee\":{\"manager\":{}}}}]}}");
	world_begin(&w, "[{\"accept\":{}}]");
	assert_approvers(&w, "bob");
	assert_int_equal(world_event(&w, &e), WORKFLOW_OK);
	assert_int_equal(w.r.state, REQUEST_OPEN);
	assert_int_equal(w.r.outcome, REQUEST_ERROR);
	assert_int_equal(world_do(&w, VERB_PROVISION_RETRY, "bob"), WORKFLOW_OK);
	assert_int_equal(w.r.outcome, REQUEST_UNDECIDED);
	assert_int_equal(world_step(&w, 1)->outcome, OUTCOME_ERRORED);
	assert_int_equal(world_do(&w, VERB_PROVISION_COMPLETE, "bob"), WORKFLOW_OK);
	assert_int_equal(w.r.outcome, REQUEST_GRANTED);
	assert_int_equal(w.last.effects, EFFECT_BIND);
	/* Nobody named: the owners of the app. */
	w.entitlement.provisioner = world_json(&w, "{\"externalTicket\":{}}");
	world_begin(&w, "[{\"accept\":{}}]");
	assert_approvers(&w, "dave");
	assert_int_equal(world_do(&w, VERB_PROVISION_CANCEL, "dave"), WORKFLOW_OK);
	assert_int_equal(w.r.outcome, REQUEST_CANCELLED);
	assert_int_equal(w.last.effects, 0);
	world_release(&w);
}

static void test_revoke_and_certify(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_policy(&w, "{\"grant\":{\"steps\":[{\"approval\":{\"manager\":{}}}]}}", NULL);
	world_begin_as(&w, REQUEST_REVOKE, "alice");
	assert_int_equal(world_do(&w, VERB_APPROVE, "bob"), WORKFLOW_OK);
	assert_int_equal(w.last.effects, EFFECT_UNBIND);
	world_begin_as(&w, REQUEST_CERTIFY, "alice");
	assert_int_equal(world_do(&w, VERB_APPROVE, "bob"), WORKFLOW_OK);
	assert_int_equal(w.last.effects, 0);
	assert_int_equal(w.r.outcome, REQUEST_GRANTED);
	assert_int_equal(w.r.n_steps, 1);
	world_begin_as(&w, REQUEST_CERTIFY, "alice");
	assert_int_equal(world_do(&w, VERB_DENY, "bob"), WORKFLOW_OK);
	assert_int_equal(w.last.effects, 0);
	w.policies[0].post_actions = world_json(&w, "[{\"certifyRemediateImmediately\":true}]");
	world_begin_as(&w, REQUEST_CERTIFY, "alice");
	assert_int_equal(world_do(&w, VERB_DENY, "bob"), WORKFLOW_OK);
	assert_int_equal(w.last.effects, EFFECT_REVOKE);
	world_release(&w);
}

/* ---- webhooks ---------------------------------------------------------------------------------------------------- */

static void test_webhook(void **state)
{
	static const char hook[] =
	    "[{\"approval\":{\"webhook\":{\"webhookId\":\"w\"}}},{\"approval\":{\"appOwners\":{}}}]";
	static const struct str frank[] = {STR_INIT("frank")};
	struct world w;
	struct workflow_event e = {.verb = VERB_WEBHOOK_REASSIGN, .users = {frank, 1}};

	(void)state;
	world_init(&w);
	world_begin(&w, hook);
	assert_int_equal(w.last.effects, EFFECT_CALL_WEBHOOK);
	assert_int_equal(world_do(&w, VERB_WEBHOOK_APPROVE, NULL), WORKFLOW_OK);
	assert_approvers(&w, "dave");
	world_refused(&w, VERB_WEBHOOK_APPROVE, NULL, "the current step does not wait for a webhook");
	world_begin(&w, hook);
	assert_int_equal(world_do(&w, VERB_WEBHOOK_DENY, NULL), WORKFLOW_OK);
	assert_int_equal(w.r.outcome, REQUEST_DENIED);
	world_begin(&w, hook);
	assert_int_equal(world_event(&w, &e), WORKFLOW_OK);
	assert_approvers(&w, "frank");
	assert_int_equal(workflow_place(&w.r), PLACE_APPROVAL);
	world_begin(&w, hook);
	e = (struct workflow_event){.verb = VERB_WEBHOOK_REPLACE, .steps = world_json(&w, "[{\"accept\":{}}]")};
	assert_int_equal(world_event(&w, &e), WORKFLOW_OK);
	assert_int_equal(w.r.outcome, REQUEST_GRANTED);
	world_begin(&w, hook);
	assert_int_equal(world_do(&w, VERB_WEBHOOK_FAIL, NULL), WORKFLOW_OK);
	assert_approvers(&w, "dave");
	world_release(&w);
}

/* ---- routing -------------------------------------------------------------------------------------------------------
 */

static void test_routing(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_policy(&w,
	             "{\"grant\":{\"steps\":[{\"approval\":{\"manager\":{}}}]},"
	             "\"x\":{\"steps\":[{\"reject\":{\"rejectMessage\":\"not you\"}}]}}",
	             "[{\"condition\":\"false\",\"stepKey\":\"x\"},{\"condition\":\"broken\",\"stepKey\":\"x\"},"
	             "{\"condition\":\"it\",\"policyKey\":\"x\"},{\"condition\":\"alice\",\"policyId\":\"p2\"}]");
	world_policy(&w, "{\"grant\":{\"steps\":[{\"approval\":{\"appOwners\":{}}}]}}", NULL);
	/* The first that is true; one that fails is not; it leads on to p2, whose baseline it is. */
	world_begin_as(&w, REQUEST_GRANT, "alice");
	assert_approvers(&w, "dave");
	assert_int_equal(world_n_recorded(&w, "conditionalPolicyExecutionResult"), 5);
	assert_true(json_get(world_recorded(&w, "conditionalPolicyExecutionResult")->message, STR("chainDepth"))->i ==
	            1);
	assert_true(str_eq(w.r.policy, STR("p1")));
	/* The order of rules counts. */
	w.condition = true;
	world_begin_as(&w, REQUEST_GRANT, "alice");
	assert_int_equal(w.r.outcome, REQUEST_DENIED);
	assert_non_null(world_recorded(&w, "approvalAutoRejectedByPolicy"));
	assert_true(str_eq(json_get_str(world_recorded(&w, "comment")->message, STR("comment")), STR("not you")));
	/* None: the baseline. */
	w.condition = false;
	world_begin_as(&w, REQUEST_GRANT, "carl");
	assert_approvers(&w, "erin");
	world_release(&w);
}

static void test_odd_policies(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	/* None at all: the owners of the app decide. */
	world_begin_as(&w, REQUEST_GRANT, "alice");
	assert_approvers(&w, "dave");
	/* No steps: denied. */
	world_policy(&w, "{}", NULL);
	world_begin_as(&w, REQUEST_GRANT, "alice");
	assert_int_equal(w.r.outcome, REQUEST_DENIED);
	/* In a circle: denied. */
	w.policies[0].baseline_policy = STR("p1");
	world_begin_as(&w, REQUEST_GRANT, "alice");
	assert_int_equal(w.r.outcome, REQUEST_DENIED);
	/* On to one that is gone: denied. */
	w.policies[0].baseline_policy = STR("gone");
	world_begin_as(&w, REQUEST_GRANT, "alice");
	assert_int_equal(w.r.outcome, REQUEST_DENIED);
	world_release(&w);
}

static void test_form(void **state)
{
	struct world w;
	struct workflow_event e = {.verb = VERB_UPDATE_DATA, .actor = STR("alice")};

	(void)state;
	world_init(&w);
	world_begin(&w, "[{\"form\":{\"form\":{\"fields\":[{\"name\":\"why\",\"required\":true},{\"name\":\"how\"}]}}},"
	                "{\"accept\":{}}]");
	assert_approvers(&w, "alice");
	e.data = world_json(&w, "{\"how\":\"x\"}");
	assert_int_equal(world_event(&w, &e), WORKFLOW_REFUSED);
	e.data = world_json(&w, "{\"why\":\"x\",\"what\":1}");
	assert_int_equal(world_event(&w, &e), WORKFLOW_REFUSED);
	e.data = world_json(&w, "{\"why\":\"x\"}");
	assert_int_equal(world_event(&w, &e), WORKFLOW_OK);
	assert_int_equal(w.r.outcome, REQUEST_GRANTED);
	assert_true(json_equal(w.r.data, e.data));
	world_release(&w);
}

/* ---- what is about no entitlement ------------------------------------------------------------------------------- */

static void begin_offboarding(struct world *w)
{
	const struct workflow_event start = {
	    .verb = VERB_START, .actor = STR("erin"), .steps = world_json(w, "[{\"action\":{}}]")};

	w->r = (struct access_request){.doc = {.kind = DOC_ACCESS_REQUEST, .id = STR("r1")},
	                               .type = REQUEST_OFFBOARDING,
	                               .user = STR("alice"),
	                               .created_by = STR("erin")};
	assert_int_equal(world_event(w, &start), WORKFLOW_OK);
	assert_int_equal(w->last.effects, EFFECT_OFFBOARD);
	assert_int_equal(workflow_place(&w->r), PLACE_ACTION);
}

static void test_offboarding(void **state)
{
	struct workflow_event end = {.verb = VERB_PARTS_OVER};
	struct world w;

	(void)state;
	world_init(&w);
	begin_offboarding(&w);
	world_refused(&w, VERB_PARTS_OVER, "erin", "action not permitted");
	world_refused(&w, VERB_RESTART, "erin", "an offboarding task cannot be restarted");
	world_refused(&w, VERB_RESET, "erin", "an offboarding task cannot be restarted");
	assert_int_equal(world_event(&w, &end), WORKFLOW_OK);
	assert_int_equal(w.r.outcome, REQUEST_GRANTED);
	assert_int_equal(w.r.steps[0].outcome, OUTCOME_SUCCEEDED);
	begin_offboarding(&w);
	end.fault = STR("1 of 2 grants were not revoked");
	assert_int_equal(world_event(&w, &end), WORKFLOW_OK);
	assert_int_equal(w.r.outcome, REQUEST_ERROR);
	assert_int_equal(w.r.n_comments, 1);
	begin_offboarding(&w);
	assert_int_equal(world_do(&w, VERB_CLOSE, "erin"), WORKFLOW_OK);
	assert_int_equal(w.last.effects, EFFECT_CANCEL_PARTS);
	begin_offboarding(&w);
	assert_int_equal(world_do(&w, VERB_SKIP, "erin"), WORKFLOW_OK);
	assert_int_equal(w.r.outcome, REQUEST_GRANTED);
	assert_int_equal(w.last.effects, 0);
	world_release(&w);
}

static void test_action(void **state)
{
	static const struct str assignees[] = {STR_INIT("bob")};
	struct world w;

	(void)state;
	world_init(&w);
	world_policy(&w, "{\"grant\":{\"steps\":[{\"accept\":{}}]}}", NULL);
	world_begin_as(&w, REQUEST_ACTION, "alice");
	assert_approvers(&w, "dave");
	w.action.assignees = (struct str_list){assignees, 1};
	world_begin_as(&w, REQUEST_ACTION, "alice");
	assert_approvers(&w, "bob");
	assert_non_null(world_recorded(&w, "actionInstanceCreated"));
	assert_int_equal(w.last.effects, 0);
	assert_int_equal(world_do(&w, VERB_PROVISION_ERROR, "bob"), WORKFLOW_OK);
	assert_int_equal(w.r.outcome, REQUEST_ERROR);
	assert_non_null(world_recorded(&w, "actionInstanceFailed"));
	assert_int_equal(world_do(&w, VERB_PROVISION_RETRY, "bob"), WORKFLOW_OK);
	assert_int_equal(world_do(&w, VERB_PROVISION_COMPLETE, "bob"), WORKFLOW_OK);
	assert_int_equal(w.last.effects, EFFECT_CREATE);
	assert_int_equal(w.r.outcome, REQUEST_GRANTED);
	assert_non_null(world_recorded(&w, "actionInstanceSucceeded"));
	w.action.webhook = STR("hook");
	world_begin_as(&w, REQUEST_ACTION, "alice");
	assert_int_equal(w.last.effects, EFFECT_CALL_WEBHOOK);
	world_release(&w);
}

/* ---- the trail -------------------------------------------------------------------------------------------------- */

static void test_settings_and_approvals_are_recorded(void **state)
{
	const struct request_event *event;
	struct world w;

	(void)state;
	world_init(&w);
	world_begin(&w, "[{\"approval\":{\"manager\":{}}},{\"accept\":{}}]");
	event = world_recorded(&w, "requestDefaultsApplied");
	assert_true(str_eq(json_get_str(event->message, STR("source")), STR("APPLIED_SETTINGS_SOURCE_APP_DEFAULT")));
	event = world_recorded(&w, "approvalInstanceChange");
	assert_true(str_eq(json_get_str(event->message, STR("policyStepId")), w.r.steps[0].id));
	assert_null(json_get(event->message, STR("isOver")));
	assert_int_equal(world_do(&w, VERB_APPROVE, "bob"), WORKFLOW_OK);
	event = world_recorded(&w, "approvalInstanceChange");
	assert_true(json_get(event->message, STR("isOver"))->b);
	w.entitlement.grant_policy = STR("p1");
	world_begin(&w, "[{\"accept\":{}}]");
	event = world_recorded(&w, "requestDefaultsApplied");
	assert_true(
	    str_eq(json_get_str(event->message, STR("source")), STR("APPLIED_SETTINGS_SOURCE_ENTITLEMENT_OVERRIDE")));
	/* Only grants have such. */
	world_begin_as(&w, REQUEST_REVOKE, "alice");
	assert_null(world_recorded(&w, "requestDefaultsApplied"));
	world_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wait_for_a_duration),
	    cmocka_unit_test(test_wait_until_a_time),
	    cmocka_unit_test(test_wait_for_a_condition),
	    cmocka_unit_test(test_escalation),
	    cmocka_unit_test(test_provisioning),
	    cmocka_unit_test(test_revoke_and_certify),
	    cmocka_unit_test(test_webhook),
	    cmocka_unit_test(test_routing),
	    cmocka_unit_test(test_odd_policies),
	    cmocka_unit_test(test_form),
	    cmocka_unit_test(test_offboarding),
	    cmocka_unit_test(test_action),
	    cmocka_unit_test(test_settings_and_approvals_are_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
