#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A small world for the workflow's questions: alice (manager bob), carl (no manager), dave (owns the app), erin
 * (administrator), a clock and policies given as JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "workflow/workflow.h"

#define WORLD_MAX_POLICIES 8u

struct world {
	struct arena arena;
	int64_t now_ms;
	unsigned n_ids;
	struct approval_policy policies[WORLD_MAX_POLICIES];
	size_t n_policies;
	struct app_entitlement entitlement;
	struct app_action action;
	struct str_list members;    /* of every group */
	struct str_list expression; /* what expressions yield */
	bool expression_fails;
	bool condition;     /* what the condition "it" is */
	struct str manager; /* of alice */
	struct str owner;   /* of the app */
	struct str delegate_of_bob;
	int64_t delegated_at_ms;
	struct access_request r; /* as it is now */
	struct workflow_next last;
	struct error err;
};

void world_init(struct world *w);
void world_release(struct world *w);
/* A policy "p1", "p2" …; steps and rules as JSON, `rules` NULL: none. */
void world_policy(struct world *w, const char *steps, const char *rules);
/* Policy p1 with these steps (a JSON array) as its baseline, and a grant request of alice's begun under it. */
void world_begin(struct world *w, const char *steps);
/* Begins one of the type about the user. */
void world_begin_as(struct world *w, enum request_type type, const char *user);
/* What happens, with `e` for what is beyond the verb. */
enum workflow_result world_do(struct world *w, enum workflow_verb verb, const char *actor);
enum workflow_result world_event(struct world *w, const struct workflow_event *e);
/* Asserts a refusal in these words. */
void world_refused(struct world *w, enum workflow_verb verb, const char *actor, const char *text);
const struct json *world_json(struct world *w, const char *text);
/* "bob,erin": who may act on the current step; "-" when none is going on. */
const char *world_approvers(struct world *w);
/* Asserts that they are these. */
#define assert_approvers(w, want) assert_string_equal(world_approvers(w), want)
/* The step before the last. */
const struct request_step *world_step(const struct world *w, size_t from_last);
/* Did the last event record this kind? The last such, or NULL. */
const struct request_event *world_recorded(const struct world *w, const char *kind);
unsigned world_n_recorded(const struct world *w, const char *kind);
