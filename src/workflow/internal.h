#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the files of the workflow only: a request while it is being changed.
 */
#include "base/strs.h"
#include "workflow/workflow.h"

struct flow {
	const struct workflow *w;
	const struct workflow_event *event;
	struct access_request r;    /* the copy that is changed; its steps are these: */
	struct request_step *steps; /* a copy; r.n_steps of them */
	size_t cap_steps;
	struct request_event *events;
	size_t n_events, cap_events;
	unsigned effects;
	struct error *err;
};

/* tree.c: trees in canonical form (json/proto.h) and what is recorded */
struct json_member member_str(const char *name, struct str s);
struct json_member member_strs(struct arena *a, const char *name, struct str_list list);
struct json_member member_bool(const char *name, bool b);
struct json_member member_i64(const char *name, int64_t v);
struct json_member member_tree(const char *name, const struct json *tree);
struct json_member member_time(struct arena *a, const char *name, int64_t ms);
/* An object of the members that say something: empty texts and lists, false, 0 and NULL are left out. */
const struct json *tree_object(struct arena *a, const struct json_member *members, size_t n);
#define OBJECT(a, ...)                                                                                                 \
	tree_object((a), (const struct json_member[]){__VA_ARGS__},                                                    \
	            sizeof((const struct json_member[]){__VA_ARGS__}) / sizeof(struct json_member))
struct str_list tree_strs(struct arena *a, const struct json *array);
bool tree_bool(const struct json *object, const char *name);
int64_t tree_i64(const struct json *object, const char *name);
/* The duration that stands there as a text, in ms; 0 when none does. */
int64_t tree_duration(const struct json *object, const char *name);
/* The one member of the object that is an object, of a list of names; NULL: none. `*ret_index` is which. */
const struct json *tree_arm(const struct json *object, const char *const *names, size_t n, size_t *ret_index);

void flow_record(struct flow *f, const char *kind, struct str user, const struct json *message);
void flow_record_error(struct flow *f, const char *kind, struct str user, const struct json *message);
/* That an instance of a step is as the step is now: what it shows is told from the step. */
void flow_record_step(struct flow *f, const char *kind, const struct request_step *step);
/* A comment; an empty one is none. */
void flow_comment(struct flow *f, struct str user, struct str comment);

/* route.c */
/* Chooses the steps by the policy's rules and makes them the queue, in place of what stood there. */
void flow_route(struct flow *f, struct str policy);

/* steps.c */
/* Lets the next steps begin until one waits or the request is closed. */
void flow_advance(struct flow *f);
/* The current step; asserts that there is one. */
struct request_step *flow_current(struct flow *f);
/* It is over. */
void flow_end_step(struct flow *f, enum step_outcome outcome, struct str by);
/* Another one of the same definition takes its place; whoever begins it fills in who may act. */
struct request_step *flow_replace_step(struct flow *f, enum step_outcome outcome, struct str by);
/* The same with those who may act found anew. */
void flow_rerun_step(struct flow *f, enum step_outcome outcome, struct str by);
void flow_close(struct flow *f, enum request_outcome outcome);
/* The step is completed and what it was to bring about is done. */
void flow_complete_provision(struct flow *f, enum step_outcome outcome, struct str by);
void flow_end_wait(struct flow *f, enum step_outcome outcome);
/* Is the condition of the current wait true by now? It moves on if so, or when it has waited long enough. */
void flow_check_wait(struct flow *f);
/* Sets when the step escalates. */
void flow_set_escalation(const struct flow *f, struct request_step *step);

/* approvers.c */
/* The Approval of a step. */
const struct json *approval_of(const struct request_step *step);
/*
 * Who may decide it, with fallbacks and delegates. False: nobody is to, and the step is left out (an expression that
 * yields nobody).
 */
bool flow_find_approvers(struct flow *f, const struct json *approval, struct str_list *ret);
/* Who carries out a manual provisioning. */
struct str_list flow_find_provisioners(struct flow *f, const struct json *manual);
bool approval_is_webhook(const struct json *approval);
/* May users decide about themselves in such a step? */
bool approval_allows_self(const struct json *approval);

/* actions.c: each carries out a verb that is defined and permitted */
typedef enum workflow_result verb_fn(struct flow *f);
enum workflow_result verb_start(struct flow *f), verb_approve(struct flow *f), verb_deny(struct flow *f),
    verb_reassign(struct flow *f), verb_comment(struct flow *f), verb_close(struct flow *f),
    verb_restart(struct flow *f), verb_reset(struct flow *f), verb_skip(struct flow *f), verb_escalate(struct flow *f),
    verb_process_now(struct flow *f), verb_update_duration(struct flow *f), verb_update_data(struct flow *f),
    verb_provision_complete(struct flow *f), verb_provision_error(struct flow *f),
    verb_provision_cancel(struct flow *f), verb_provision_retry(struct flow *f), verb_parts_over(struct flow *f),
    verb_replace(struct flow *f), verb_webhook_fail(struct flow *f), verb_timer(struct flow *f),
    verb_cancel(struct flow *f), verb_revoke(struct flow *f);
/* WORKFLOW_REFUSED with the text. */
enum workflow_result flow_refuse(struct flow *f, const char *text);
