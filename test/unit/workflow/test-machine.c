/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of places and verbs: every verb in every place, by everybody.
 */
#include "world.h"

/* A request in each place. */
static const char *const steps_of[PLACE_N] = {
    [PLACE_APPROVAL] = "[{\"approval\":{\"manager\":{},\"allowReassignment\":true}}]",
    [PLACE_WEBHOOK] = "[{\"approval\":{\"webhook\":{\"webhookId\":\"w\"}}}]",
    [PLACE_WAIT] = "[{\"wait\":{\"duration\":{\"duration\":\"3600s\"}}}]",
    [PLACE_FORM] = "[{\"form\":{\"form\":{\"fields\":[{\"name\":\"why\",\"required\":true}]}}}]",
    [PLACE_ACTION] = "[{\"action\":{\"automation\":{}}}]",
    [PLACE_PROVISION] = "[{\"accept\":{}}]",
    [PLACE_FAILED] = "[{\"accept\":{}}]",
    [PLACE_CLOSED] = "[{\"reject\":{}}]",
};

static void go_to(struct world *w, enum workflow_place place)
{
	world_init(w);
	if (place == PLACE_NONE) {
		world_policy(w, "{}", NULL);
		w->r = (struct access_request){.doc = {.id = STR("r1")}, .type = REQUEST_GRANT, .user = STR("alice")};
		return;
	}
	w->entitlement.provisioner = world_json(w, "{\"manual\":{\"userIds\":[\"bob\"]}}");
	w->entitlement.has_emergency_access = true;
	w->entitlement.emergency_policy = STR("p2");
	world_begin(w, steps_of[place]);
	world_policy(w, "{\"grant\":{\"steps\":[{\"approval\":{\"appOwners\":{}}}]}}", NULL);
	if (place == PLACE_FAILED)
		assert_int_equal(world_do(w, VERB_PROVISION_ERROR, "bob"), WORKFLOW_OK);
	assert_int_equal(workflow_place(&w->r), place);
}

/* The event with all that any verb needs. */
static struct workflow_event full_event(struct world *w, enum workflow_verb verb, const char *actor)
{
	static const struct str erin[] = {STR_INIT("erin")};

	return (struct workflow_event){
	    .verb = verb,
	    .actor = str_of(actor),
	    .is_admin = actor && strcmp(actor, "erin") == 0,
	    .comment = STR("because"),
	    .users = {erin, 1},
	    .duration_ms = 1000,
	    .data = world_json(w, "{\"why\":\"so\"}"),
	    .steps = world_json(w, "[{\"accept\":{}}]"),
	    .fault = STR("it broke"),
	};
}

static const char *const everybody[] = {NULL, "alice", "bob", "carl", "erin"};

static void test_each_verb_in_each_place(void **state)
{
	(void)state;
	for (enum workflow_place place = PLACE_NONE; place < PLACE_N; place++)
		for (enum workflow_verb verb = VERB_START; verb < VERB_N; verb++)
			for (size_t i = 0; i < N_ELEMENTS(everybody); i++) {
				struct world w;
				const char *refusal = NULL;
				struct workflow_event e;
				bool is_defined = workflow_is_defined(place, verb, &refusal);
				enum workflow_result result;

				go_to(&w, place);
				e = full_event(&w, verb, everybody[i]);
				w.now_ms += 2 * 3600 * 1000;
				result = world_event(&w, &e);
				if (!is_defined) {
					assert_int_equal(result, WORKFLOW_REFUSED);
					assert_string_equal(w.err.text, refusal);
				} else if (result != WORKFLOW_OK) {
					/* In words, always; and what is denied is denied for who asks. */
					assert_true(w.err.text[0] != '\0');
					if (result == WORKFLOW_DENIED)
						assert_string_equal(w.err.text, "action not permitted");
				} else {
					assert_true(w.r.state != REQUEST_STATE_NONE);
				}
				world_release(&w);
			}
}

/* Wherever an open request stands, an administrator can end it, leave the step out, and begin anew. */
static void test_no_place_without_exit(void **state)
{
	static const enum workflow_verb exits[] = {VERB_CLOSE, VERB_SKIP, VERB_RESTART, VERB_RESET};

	(void)state;
	for (enum workflow_place place = PLACE_APPROVAL; place < PLACE_CLOSED; place++)
		for (size_t i = 0; i < N_ELEMENTS(exits); i++) {
			struct world w;

			go_to(&w, place);
			assert_int_equal(world_do(&w, exits[i], "erin"), WORKFLOW_OK);
			world_release(&w);
			/* Nobody else can, but who made it may close it. */
			go_to(&w, place);
			assert_int_equal(world_do(&w, exits[i], "carl"), WORKFLOW_DENIED);
			assert_int_equal(world_do(&w, exits[i], "alice"),
			                 exits[i] == VERB_CLOSE ? WORKFLOW_OK : WORKFLOW_DENIED);
			world_release(&w);
		}
}

static void test_words(void **state)
{
	static const struct {
		enum workflow_place place;
		enum workflow_verb verb;
		const char *actor, *text;
	} cases[] = {
	    {PLACE_APPROVAL, VERB_APPROVE, "carl", "action not permitted"},
	    {PLACE_APPROVAL, VERB_APPROVE, "alice", "action not permitted"},
	    {PLACE_APPROVAL, VERB_APPROVE, "erin", "action not permitted"},
	    {PLACE_CLOSED, VERB_APPROVE, "bob", "task is closed"},
	    {PLACE_CLOSED, VERB_CLOSE, "erin", "task is closed"},
	    {PLACE_CLOSED, VERB_RESTART, "erin", "task is closed"},
	    {PLACE_PROVISION, VERB_UPDATE_DURATION, "erin",
	     "cannot update grant duration for a ticket in a provision step"},
	    {PLACE_PROVISION, VERB_PROVISION_RETRY, "erin", "the current provision step has not failed"},
	    {PLACE_APPROVAL, VERB_PROCESS_NOW, "erin", "the current step does not wait for anything"},
	    {PLACE_APPROVAL, VERB_UPDATE_DATA, "alice", "the current step is not a form step"},
	    {PLACE_WAIT, VERB_REASSIGN, "erin", "only approval, provision and form steps can be reassigned"},
	    {PLACE_APPROVAL, VERB_COMMENT, "carl", "comment is required"},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct world w;

		go_to(&w, cases[i].place);
		world_refused(&w, cases[i].verb, cases[i].actor, cases[i].text);
		world_release(&w);
	}
}

static void test_stale_step(void **state)
{
	struct world w;
	struct workflow_event e = {.verb = VERB_APPROVE, .actor = STR("bob")};

	(void)state;
	world_init(&w);
	world_begin(&w, "[{\"approval\":{\"manager\":{}}},{\"approval\":{\"appOwners\":{}}}]");
	e.step = workflow_current(&w.r)->id;
	assert_int_equal(world_event(&w, &e), WORKFLOW_OK);
	assert_approvers(&w, "dave");
	assert_int_equal(world_event(&w, &e), WORKFLOW_REFUSED);
	assert_string_equal(w.err.text,
	                    "this action is no longer available: the request has advanced to a new approval step");
	world_release(&w);
}

/* What is offered is what is accepted. */
static void test_may_agrees_with_run(void **state)
{
	static const enum workflow_verb offered[] = {
	    VERB_APPROVE,        VERB_DENY,        VERB_REASSIGN,        VERB_COMMENT,
	    VERB_CLOSE,          VERB_RESTART,     VERB_RESET,           VERB_SKIP,
	    VERB_ESCALATE,       VERB_PROCESS_NOW, VERB_UPDATE_DURATION, VERB_PROVISION_COMPLETE,
	    VERB_PROVISION_RETRY};

	(void)state;
	for (enum workflow_place place = PLACE_APPROVAL; place < PLACE_N; place++)
		for (size_t v = 0; v < N_ELEMENTS(offered); v++)
			for (size_t i = 1; i < N_ELEMENTS(everybody); i++) {
				struct world w;
				struct workflow flow = {.entitlement = &w.entitlement};
				struct workflow_event e;
				bool may;

				go_to(&w, place);
				e = full_event(&w, offered[v], everybody[i]);
				may = workflow_may(&flow, &w.r, offered[v], e.actor, e.is_admin);
				if (may != (world_event(&w, &e) == WORKFLOW_OK))
					fail_msg("%s at place %d by %s", workflow_verb_name(offered[v]).ptr, place,
					         everybody[i]);
				world_release(&w);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_verb_in_each_place),
	    cmocka_unit_test(test_no_place_without_exit),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_stale_step),
	    cmocka_unit_test(test_may_agrees_with_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
