/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may decide a step, and what their decisions lead to.
 */
#include "world.h"

#include <stdio.h>

#include "base/strs.h"

#define HOUR_MS ((int64_t)3600 * 1000)

/* ---- who decides ------------------------------------------------------------------------------------------------ */

static const struct {
	const char *name, *approval, *want; /* "-": the step is left out */
} approvals[] = {
    {"users", "{\"users\":{\"userIds\":[\"x\",\"y\"]}}", "x,y"},
    {"users that are gone", "{\"users\":{\"userIds\":[\"nobody\"]}}", "erin"},
    {"manager", "{\"manager\":{}}", "bob"},
    {"app owners", "{\"appOwners\":{}}", "dave"},
    {"entitlement owners", "{\"entitlementOwners\":{}}", "fred"},
    {"resource owners", "{\"resourceOwners\":{}}", "dave"},
    {"self", "{\"self\":{}}", "alice"},
    {"oneself is left out", "{\"users\":{\"userIds\":[\"alice\",\"x\"]}}", "x"},
    {"oneself alone: administrators", "{\"users\":{\"userIds\":[\"alice\"]}}", "erin"},
    {"oneself, allowed", "{\"users\":{\"userIds\":[\"alice\"],\"allowSelfApproval\":true}}", "alice"},
    {"empty group: administrators", "{\"group\":{\"appId\":\"a\",\"appGroupId\":\"g\"}}", "erin"},
    {"empty group: fallback",
     "{\"group\":{\"appId\":\"a\",\"appGroupId\":\"g\",\"fallback\":true,\"fallbackUserIds\":[\"x\"]}}", "x"},
    {"fallback that is gone", "{\"group\":{\"appGroupId\":\"g\",\"fallback\":true,\"fallbackUserIds\":[\"nobody\"]}}",
     "erin"},
    {"expression", "{\"expression\":{\"expressions\":[\"nobody\",\"some\"]}}", "p,q"},
    {"expression, nobody, fallback",
     "{\"expression\":{\"expressions\":[\"nobody\"],\"fallback\":true,\"fallbackUserIds\":[\"x\"]}}", "x"},
    {"agent", "{\"agent\":{\"agentMode\":\"APPROVAL_AGENT_MODE_FULL_CONTROL\"}}", "erin"},
    {"agent that would turn to users",
     "{\"agent\":{\"agentFailureAction\":\"APPROVAL_AGENT_FAILURE_ACTION_REASSIGN_TO_USERS\","
     "\"reassignToUserIds\":[\"x\"]}}",
     "x"},
    {"agent that would skip", "{\"agent\":{\"agentFailureAction\":\"APPROVAL_AGENT_FAILURE_ACTION_SKIP_POLICY_STEP\"}}",
     "erin"},
    {"webhook", "{\"webhook\":{\"webhookId\":\"w\"}}", ""},
};

static void test_approvers(void **state)
{
	static const struct str some[] = {STR_INIT("p"), STR_INIT("q")};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(approvals); i++) {
		struct world w;

		world_init(&w);
		w.expression = (struct str_list){some, 2};
		world_begin(&w, arena_strf(&w.arena, "[{\"approval\":%s}]", approvals[i].approval).ptr);
		if (strcmp(world_approvers(&w), approvals[i].want) != 0)
			fail_msg("%s: %s, want %s", approvals[i].name, world_approvers(&w), approvals[i].want);
		assert_int_equal(world_n_recorded(&w, "reassignmentFallbackToAdmin"),
		                 strcmp(approvals[i].want, "erin") == 0);
		world_release(&w);
	}
}

static void test_expression_of_nobody(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_begin(&w, "[{\"approval\":{\"expression\":{\"expressions\":[\"nobody\"]}}},"
	                "{\"approval\":{\"appOwners\":{}}}]");
	assert_approvers(&w, "dave");
	assert_int_equal(world_step(&w, 1)->outcome, OUTCOME_SKIPPED);
	/* One that fails is not taken for one that yields nobody. */
	w.expression_fails = true;
	world_begin(&w, "[{\"approval\":{\"expression\":{\"expressions\":[\"x\"]}}}]");
	assert_approvers(&w, "erin");
	assert_non_null(world_recorded(&w, "expressionPolicyStepError"));
	assert_true(world_recorded(&w, "expressionPolicyStepError")->is_error);
	world_release(&w);
}

static void test_large_group(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	for (unsigned n = WORKFLOW_MAX_GROUP_MEMBERS; n <= WORKFLOW_MAX_GROUP_MEMBERS + 1; n++) {
		struct strs l = {.arena = &w.arena};

		for (unsigned i = 0; i < n; i++)
			strs_add(&l, arena_strf(&w.arena, "m%u", i));
		w.members = strs_list(&l);
		world_begin(&w, "[{\"approval\":{\"group\":{\"appGroupId\":\"g\",\"fallback\":true,"
		                "\"fallbackUserIds\":[\"x\"]}}}]");
		assert_int_equal(workflow_current(&w.r)->approvers.n, n > WORKFLOW_MAX_GROUP_MEMBERS ? 1 : n);
	}
	world_release(&w);
}

static void test_distinct_approvers(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.manager = STR("dave");
	world_begin(&w, "[{\"approval\":{\"manager\":{}}},"
	                "{\"approval\":{\"appOwners\":{\"requireDistinctApprovers\":true}}}]");
	assert_int_equal(world_do(&w, VERB_APPROVE, "dave"), WORKFLOW_OK);
	assert_approvers(&w, "erin");
	/* Decisions before a reset are forgotten. */
	assert_int_equal(world_do(&w, VERB_RESET, "erin"), WORKFLOW_OK);
	assert_approvers(&w, "dave");
	world_release(&w);
}

static void test_delegation(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	w.delegate_of_bob = STR("frank");
	world_begin(&w, "[{\"approval\":{\"manager\":{},\"allowDelegation\":true}}]");
	assert_approvers(&w, "frank");
	assert_non_null(world_recorded(&w, "reassignedToDelegate"));
	world_begin(&w, "[{\"approval\":{\"manager\":{}}}]");
	assert_approvers(&w, "bob");
	/* Nobody decides about herself as a delegate. */
	w.delegate_of_bob = STR("alice");
	world_begin(&w, "[{\"approval\":{\"manager\":{},\"allowDelegation\":true}}]");
	assert_approvers(&w, "bob");
	/* Nor does a delegate who came later. */
	w.delegate_of_bob = STR("frank");
	w.delegated_at_ms = w.now_ms + 1;
	world_begin(&w, "[{\"approval\":{\"manager\":{},\"allowDelegation\":true}}]");
	assert_approvers(&w, "bob");
	world_release(&w);
}

/* ---- decisions -------------------------------------------------------------------------------------------------- */

static void test_two_steps(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_begin(&w, "[{\"approval\":{\"manager\":{}}},{\"approval\":{\"appOwners\":{}}}]");
	assert_int_equal(w.r.queue->n, 1);
	assert_int_equal(world_do(&w, VERB_APPROVE, "bob"), WORKFLOW_OK);
	assert_int_equal(w.r.state, REQUEST_OPEN);
	assert_int_equal(w.last.effects, 0);
	assert_int_equal(world_do(&w, VERB_APPROVE, "dave"), WORKFLOW_OK);
	assert_int_equal(w.r.state, REQUEST_CLOSED);
	assert_int_equal(w.r.outcome, REQUEST_GRANTED);
	assert_int_equal(w.last.effects, EFFECT_BIND);
	assert_int_equal(w.r.outcome_at_ms, w.now_ms);
	assert_int_equal(w.r.decided_by.n, 2);
	assert_int_equal(world_step(&w, 0)->kind, STEP_PROVISION);
	assert_true(str_eq(world_step(&w, 2)->outcome_by, STR("bob")));
	world_release(&w);
}

static void test_deny_is_final(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_begin(&w, "[{\"approval\":{\"manager\":{}}},{\"approval\":{\"appOwners\":{}}}]");
	assert_int_equal(world_do(&w, VERB_DENY, "bob"), WORKFLOW_OK);
	assert_int_equal(w.r.state, REQUEST_CLOSED);
	assert_int_equal(w.r.outcome, REQUEST_DENIED);
	assert_int_equal(w.r.n_steps, 1);
	assert_int_equal(w.r.queue->n, 0);
	assert_int_equal(w.last.effects, 0);
	world_release(&w);
}

static void test_reasons(void **state)
{
	static const struct {
		const char *rule;
		enum workflow_verb verb;
		const char *text;
	} cases[] = {
	    {"requireApprovalReason", VERB_APPROVE, "a comment is required to approve this step"},
	    {"requireDenialReason", VERB_DENY, "a comment is required to deny this step"},
	    {"requireReassignmentReason", VERB_REASSIGN, "a comment is required to reassign this step"},
	};
	static const struct str frank[] = {STR_INIT("frank")};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct world w;
		struct workflow_event e = {.verb = cases[i].verb, .actor = STR("bob"), .users = {frank, 1}};

		world_init(&w);
		world_begin(&w, arena_strf(&w.arena,
		                           "[{\"approval\":{\"manager\":{},\"allowReassignment\":true,\"%s\":true}}]",
		                           cases[i].rule)
		                    .ptr);
		e.comment = STR("  ");
		assert_int_equal(world_event(&w, &e), WORKFLOW_REFUSED);
		assert_string_equal(w.err.text, cases[i].text);
		e.comment = STR("because");
		assert_int_equal(world_event(&w, &e), WORKFLOW_OK);
		assert_int_equal(w.r.n_comments, 1);
		world_release(&w);
	}
}

static void test_step_up(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_begin(&w, "[{\"approval\":{\"manager\":{},\"requiresStepUpProviderId\":\"s\"}}]");
	world_refused(&w, VERB_APPROVE, "bob", "step-up authentication is required to approve this step");
	assert_int_equal(world_do(&w, VERB_APPROVE_WITH_STEP_UP, "bob"), WORKFLOW_OK);
	world_release(&w);
}

static void test_reassign(void **state)
{
	static const struct str to[] = {STR_INIT("erin"), STR_INIT("frank"), STR_INIT("alice"), STR_INIT("nobody")};
	struct world w;
	struct workflow_event e = {.verb = VERB_REASSIGN, .actor = STR("bob"), .users = {to, 1}};

	(void)state;
	world_init(&w);
	world_begin(&w, "[{\"approval\":{\"manager\":{},\"allowReassignment\":true,\"allowedReassignees\":[\"erin\"],"
	                "\"requireApprovalReason\":true}}]");
	e.users.items = &to[1];
	assert_int_equal(world_event(&w, &e), WORKFLOW_REFUSED);
	assert_string_equal(w.err.text, "the step may not be reassigned to this user");
	e.users.items = &to[0];
	assert_int_equal(world_event(&w, &e), WORKFLOW_OK);
	assert_approvers(&w, "erin");
	assert_int_equal(world_step(&w, 1)->outcome, OUTCOME_REASSIGNED);
	assert_true(str_eq(world_step(&w, 1)->next_step, workflow_current(&w.r)->id));
	/* The reason is still asked for. */
	world_refused(&w, VERB_APPROVE, "erin", "a comment is required to approve this step");
	world_refused(&w, VERB_APPROVE, "bob", "action not permitted");
	world_begin(&w, "[{\"approval\":{\"manager\":{}}}]");
	assert_int_equal(world_event(&w, &e), WORKFLOW_REFUSED);
	assert_string_equal(w.err.text, "this step may not be reassigned");
	world_begin(&w, "[{\"approval\":{\"manager\":{},\"allowReassignment\":true}}]");
	e.users.items = &to[2];
	assert_int_equal(world_event(&w, &e), WORKFLOW_REFUSED);
	e.users.items = &to[3];
	assert_int_equal(world_event(&w, &e), WORKFLOW_REFUSED);
	e.users.n = 0;
	assert_int_equal(world_event(&w, &e), WORKFLOW_REFUSED);
	world_release(&w);
}

/* ---- the request as a whole ----------------------------------------------------------------------------------------
 */

static void test_restart_skip_close(void **state)
{
	struct world w;
	struct str old;

	(void)state;
	world_init(&w);
	world_begin(&w, "[{\"approval\":{\"manager\":{}}},{\"approval\":{\"appOwners\":{}}}]");
	old = workflow_current(&w.r)->id;
	w.manager = STR("zoe");
	assert_int_equal(world_do(&w, VERB_RESTART, "erin"), WORKFLOW_OK);
	assert_false(str_eq(workflow_current(&w.r)->id, old));
	assert_approvers(&w, "zoe");
	assert_int_equal(world_step(&w, 1)->outcome, OUTCOME_RESTARTED);
	assert_int_equal(world_do(&w, VERB_SKIP, "erin"), WORKFLOW_OK);
	assert_int_equal(world_step(&w, 1)->outcome, OUTCOME_SKIPPED);
	assert_true(str_eq(world_step(&w, 1)->outcome_by, STR("erin")));
	assert_approvers(&w, "dave");
	assert_int_equal(world_do(&w, VERB_CLOSE, "alice"), WORKFLOW_OK);
	assert_int_equal(w.r.outcome, REQUEST_CANCELLED);
	world_release(&w);
}

static void test_reset_takes_the_policy_as_it_is(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_begin(&w, "[{\"approval\":{\"manager\":{}}}]");
	w.policies[0].steps = world_json(&w, "{\"grant\":{\"steps\":[{\"approval\":{\"appOwners\":{}}}]}}");
	/* An open request keeps the steps that it began with. */
	assert_int_equal(world_do(&w, VERB_RESTART, "erin"), WORKFLOW_OK);
	assert_approvers(&w, "bob");
	assert_int_equal(world_do(&w, VERB_RESET, "erin"), WORKFLOW_OK);
	assert_approvers(&w, "dave");
	world_release(&w);
}

static void test_emergency(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	world_begin(&w, "[{\"approval\":{\"manager\":{}}}]");
	world_refused(&w, VERB_ESCALATE, "alice", "emergency access is not enabled for this entitlement");
	world_policy(&w, "{\"grant\":{\"steps\":[{\"accept\":{\"acceptMessage\":\"break glass\"}}]}}", NULL);
	w.entitlement.has_emergency_access = true;
	w.entitlement.emergency_policy = STR("p2");
	world_refused(&w, VERB_ESCALATE, "carl", "action not permitted");
	assert_int_equal(world_do(&w, VERB_ESCALATE, "alice"), WORKFLOW_OK);
	assert_true(w.r.is_emergency);
	assert_int_equal(w.r.outcome, REQUEST_GRANTED);
	assert_true(str_eq(w.r.policy, STR("p2")));
	assert_non_null(world_recorded(&w, "taskEscalated"));
	world_release(&w);
}

static void test_duration(void **state)
{
	struct world w;
	struct workflow_event e = {.verb = VERB_UPDATE_DURATION, .actor = STR("bob"), .duration_ms = 1000};

	(void)state;
	world_init(&w);
	w.entitlement.max_duration_ms = HOUR_MS;
	world_begin(&w, "[{\"approval\":{\"manager\":{}}}]");
	assert_int_equal(world_event(&w, &e), WORKFLOW_OK);
	assert_int_equal(w.r.duration_ms, 1000);
	e.duration_ms = HOUR_MS + 1;
	assert_int_equal(world_event(&w, &e), WORKFLOW_REFUSED);
	assert_string_equal(w.err.text, "grant duration must be less than or equal to max provision time");
	e.duration_ms = 0;
	assert_int_equal(world_event(&w, &e), WORKFLOW_REFUSED);
	assert_int_equal(w.r.duration_ms, 1000);
	world_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_approvers),
	    cmocka_unit_test(test_expression_of_nobody),
	    cmocka_unit_test(test_large_group),
	    cmocka_unit_test(test_distinct_approvers),
	    cmocka_unit_test(test_delegation),
	    cmocka_unit_test(test_two_steps),
	    cmocka_unit_test(test_deny_is_final),
	    cmocka_unit_test(test_reasons),
	    cmocka_unit_test(test_step_up),
	    cmocka_unit_test(test_reassign),
	    cmocka_unit_test(test_restart_skip_close),
	    cmocka_unit_test(test_reset_takes_the_policy_as_it_is),
	    cmocka_unit_test(test_emergency),
	    cmocka_unit_test(test_duration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
