/* SPDX-License-Identifier: Apache-2.0
 *
 * Random walks: policies made at random, and whatever may happen to a request happening to it in any order. What must
 * hold of every request at every moment is looked at after each event.
 */
#include "world.h"

#include <stdio.h>

#include "base/random.h"

#define N_WALKS  400u
#define N_EVENTS 60u

static const char *const parts[] = {
    "{\"approval\":{\"manager\":{},\"allowReassignment\":true}}",
    "{\"approval\":{\"appOwners\":{\"requireDistinctApprovers\":true}}}",
    "{\"approval\":{\"users\":{\"userIds\":[\"bob\",\"dave\"]},\"allowDelegation\":true}}",
    "{\"approval\":{\"users\":{\"userIds\":[\"nobody\"]}}}",
    "{\"approval\":{\"webhook\":{\"webhookId\":\"w\"}}}",
    "{\"approval\":{\"expression\":{\"expressions\":[\"nobody\"]}}}",
    "{\"approval\":{\"manager\":{},\"escalationEnabled\":true,\"escalation\":{\"expiration\":60,\"skipStep\":{}}}}",
    "{\"approval\":{\"manager\":{},\"escalationEnabled\":true,\"escalation\":{\"expiration\":60,"
    "\"replacePolicy\":{\"policyId\":\"p2\"}}}}",
    "{\"approval\":{\"manager\":{},\"escalationEnabled\":true,\"escalation\":{\"expiration\":60,"
    "\"reassignToApprovers\":{\"approverIds\":[\"dave\"]}}}}",
    "{\"wait\":{\"duration\":{\"duration\":\"60s\"}}}",
    "{\"wait\":{\"condition\":{\"condition\":\"it\"},\"timeoutDuration\":\"100s\"}}",
    "{\"form\":{\"form\":{}}}",
    "{\"action\":{\"automation\":{}}}",
    "{\"accept\":{}}",
    "{\"reject\":{}}",
};
static const char *const provisioners[] = {
    "{\"connector\":{}}",
    "{\"manual\":{\"userIds\":[\"dave\"]}}",
    "{\"multiStep\":{\"provisionSteps\":[{\"manual\":{}},{\"webhook\":{\"webhookId\":\"w\"}}]}}",
};
static const char *const everybody[] = {NULL, NULL, "alice", "bob", "dave", "erin", "erin"};

static const char *random_steps(struct world *w, struct prng *p)
{
	struct str text = STR("[");

	for (uint64_t n = 1 + prng_below(p, 4), i = 0; i < n; i++)
		text = arena_concat3(&w->arena, text, i ? STR(",") : STR(""),
		                     str_of(parts[prng_below(p, N_ELEMENTS(parts))]));
	return arena_concat(&w->arena, text, STR("]")).ptr;
}

static bool had_ended(const struct access_request *before, size_t i)
{
	return before->steps[i].state == STEP_DONE;
}

static void check(const struct world *w, const struct access_request *before)
{
	const struct access_request *r = &w->r;
	const struct request_step *current = workflow_current(r);
	size_t n_active = 0;

	for (size_t i = 0; i < r->n_steps; i++) {
		n_active += r->steps[i].state == STEP_ACTIVE;
		assert_int_equal(r->steps[i].id.len, 27);
		assert_true((r->steps[i].state == STEP_DONE) == (r->steps[i].outcome != OUTCOME_NONE));
	}
	/* One step goes on while it is open, and none when it is closed. */
	assert_int_equal(n_active, r->state == REQUEST_OPEN);
	assert_true((current != NULL) == (r->state == REQUEST_OPEN));
	/* History only grows, and what was over stays as it was. */
	assert_true(r->n_steps >= before->n_steps && r->n_events >= before->n_events);
	for (size_t i = 0; i < before->n_steps; i++) {
		assert_true(str_eq(r->steps[i].id, before->steps[i].id));
		if (had_ended(before, i))
			assert_int_equal(r->steps[i].outcome, before->steps[i].outcome);
	}
	/* Closed never opens again; what was decided stays decided. */
	if (before->state == REQUEST_CLOSED) {
		assert_int_equal(r->state, REQUEST_CLOSED);
		assert_int_equal(r->outcome, before->outcome);
		assert_int_equal(r->n_steps, before->n_steps);
	}
	if (r->state == REQUEST_CLOSED) {
		assert_int_not_equal(r->outcome, REQUEST_UNDECIDED);
		assert_int_equal(r->queue->n, 0);
		assert_int_equal(workflow_due_ms(r), 0);
	}
	/* Somebody can always decide. */
	if (current &&
	    (current->kind == STEP_APPROVAL || current->kind == STEP_FORM || current->kind == STEP_PROVISION))
		assert_true(current->approvers.n || workflow_place(r) == PLACE_WEBHOOK);
	/* Access comes and goes exactly when the request is granted. */
	if (before->state != REQUEST_CLOSED && r->state == REQUEST_CLOSED && r->outcome == REQUEST_GRANTED)
		assert_int_equal(w->last.effects & (EFFECT_BIND | EFFECT_UNBIND), EFFECT_BIND);
	else
		assert_int_equal(w->last.effects & (EFFECT_BIND | EFFECT_UNBIND), 0);
}

static void walk(uint64_t seed)
{
	static const struct str dave[] = {STR_INIT("dave")};
	struct prng p = {seed};
	struct world w;

	world_init(&w);
	w.entitlement.provisioner = world_json(&w, provisioners[prng_below(&p, N_ELEMENTS(provisioners))]);
	w.entitlement.has_emergency_access = true;
	w.entitlement.emergency_policy = STR("p2");
	world_policy(&w, "{}", NULL);
	world_policy(&w, "{\"grant\":{\"steps\":[{\"approval\":{\"appOwners\":{}}}]}}", NULL);
	world_begin(&w, random_steps(&w, &p));
	for (unsigned i = 0; i < N_EVENTS; i++) {
		struct access_request before = w.r;
		const char *actor = everybody[prng_below(&p, N_ELEMENTS(everybody))];
		struct workflow_event e = {
		    .verb = (enum workflow_verb)(VERB_START + prng_below(&p, VERB_N - VERB_START)),
		    .actor = str_of(actor),
		    .is_admin = actor && strcmp(actor, "erin") == 0,
		    .comment = STR("c"),
		    .users = {dave, 1},
		    .duration_ms = 1000,
		    .data = world_json(&w, "{}"),
		    .steps = world_json(&w, random_steps(&w, &p)),
		};

		/* Closing at once would end most walks at their first step. */
		if ((e.verb == VERB_CLOSE || e.verb == VERB_CANCEL || e.verb == VERB_DENY) && prng_below(&p, 4))
			continue;
		w.now_ms += (int64_t)prng_below(&p, 70000);
		w.condition = prng_below(&p, 4) == 0;
		w.last.effects = 0;
		if (world_event(&w, &e) != WORKFLOW_OK) {
			w.last.effects = 0;
			assert_true(w.err.text[0] != '\0');
			assert_memory_equal(&before, &w.r, sizeof(before));
		}
		check(&w, &before);
	}
	world_release(&w);
}

static void test_walks(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= N_WALKS; seed++)
		walk(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_walks)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
