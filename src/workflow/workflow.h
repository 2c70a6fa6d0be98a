#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of an access request as a state machine: what it is now and what happens to it make what it is next. Pure:
 * time is an argument, and what must be known of the world (who owns, who manages, is a condition true) is asked of
 * the host. Nothing is stored and nothing is sent here; what is to be done besides storing the request is said in
 * effects.
 *
 * A request stands in one of the places of enum workflow_place, and each verb is either defined there or refused in
 * words: workflow_is_defined() tells which. A place that is not CLOSED always has verbs that an administrator can use,
 * so that no request is ever stuck.
 *
 * Everything that is returned lives in the arena of struct workflow or is borrowed from what went in.
 */
#include "base/arena.h"
#include "base/error.h"
#include "model/kinds.h"

#define WORKFLOW_MAX_CHAIN         5u   /* policies that refer to one another */
#define WORKFLOW_MAX_STEPS         500u /* of one request, over its whole life */
#define WORKFLOW_MAX_GROUP_MEMBERS 128u /* beyond that a group does not review, its fallback does */
#define WORKFLOW_MAX_USERS         32u  /* in one reassignment */
#define WORKFLOW_MAX_COMMENT_BYTES 4096u
#define WORKFLOW_MAX_FIELDS        100u        /* of an action's form */
#define WORKFLOW_CHECK_EVERY_MS    (60 * 1000) /* of a wait for a condition */

enum workflow_place {
	PLACE_NONE, /* not begun */
	PLACE_APPROVAL,
	PLACE_WEBHOOK, /* an approval that another program decides */
	PLACE_WAIT,
	PLACE_FORM,
	PLACE_ACTION,
	PLACE_PROVISION,
	PLACE_FAILED, /* provisioning, and it did not work */
	PLACE_CLOSED,
	PLACE_N
};

enum workflow_verb {
	VERB_NONE,
	VERB_START,
	VERB_APPROVE,
	VERB_APPROVE_WITH_STEP_UP,
	VERB_DENY,
	VERB_REASSIGN,
	VERB_COMMENT,
	VERB_CLOSE,
	VERB_RESTART, /* the current step begins anew */
	VERB_RESET,   /* the policy is chosen and its rules are looked at anew */
	VERB_SKIP,
	VERB_ESCALATE, /* to the emergency policy */
	VERB_PROCESS_NOW,
	VERB_UPDATE_DURATION,
	VERB_UPDATE_DATA,
	VERB_PROVISION_COMPLETE,
	VERB_PROVISION_ERROR,
	VERB_PROVISION_CANCEL,
	VERB_PROVISION_RETRY,
	VERB_PARTS_OVER,      /* all that an offboarding waited for is over */
	VERB_WEBHOOK_APPROVE, /* what the other program replied */
	VERB_WEBHOOK_DENY,
	VERB_WEBHOOK_REASSIGN,
	VERB_WEBHOOK_REPLACE, /* other steps take the place of this one and those behind it */
	VERB_WEBHOOK_FAIL,    /* it will not reply any more */
	VERB_TIMER,           /* request_step.due_at_ms is reached */
	VERB_CANCEL,          /* what it is about is gone */
	VERB_REVOKE,          /* of a review's: it is over, nobody decided, and so the access is to go */
	VERB_N
};

/* What happens to a request. */
struct workflow_event {
	enum workflow_verb verb;
	struct str actor;        /* user id; absent: nobody, it happens by itself */
	bool is_admin;           /* the actor may do what administrators of requests may */
	struct str id;           /* of the action, in the trail; absent: one is made */
	struct str step;         /* id of the step that is meant; absent: the current one */
	struct str comment;      /* absent or empty: none */
	struct str_list users;   /* of a reassignment */
	int64_t duration_ms;     /* of VERB_UPDATE_DURATION; 0: no end */
	const struct json *data; /* of VERB_UPDATE_DATA */
	/* [PolicyStep …] of VERB_WEBHOOK_REPLACE; of VERB_START: what decides instead of a policy; NULL: a policy */
	const struct json *steps;
	struct str
	    fault; /* of VERB_PROVISION_ERROR, and of VERB_PARTS_OVER: why something is left; absent: nothing is */
};

enum workflow_people {
	PEOPLE_MANAGERS,           /* of the user `id` */
	PEOPLE_APP_OWNERS,         /* of the app `id` */
	PEOPLE_ENTITLEMENT_OWNERS, /* of "<app>/<entitlement id>" */
	PEOPLE_RESOURCE_OWNERS,    /* of the resource that the entitlement is about */
	PEOPLE_MEMBERS,            /* users who have the entitlement "<app>/<entitlement id>" */
	PEOPLE_ADMINISTRATORS,
	PEOPLE_REVIEW_OWNERS, /* of the access review `id` */
};

enum workflow_check { CHECK_ERROR, CHECK_FALSE, CHECK_TRUE };

/* Who answers questions about the world as it is now. Results live at least as long as the arena given. */
struct workflow_host {
	/* A new id: 27 letters and digits. */
	struct str (*new_id)(void *ctx, struct arena *a);
	/* Ids of users, none twice. */
	struct str_list (*people)(void *ctx, enum workflow_people which, struct str id, struct arena *a);
	bool (*has_user)(void *ctx, struct str id);
	/* Who gets what is assigned to the user in a request made at `made_at_ms`; absent: the user. */
	struct str (*delegate)(void *ctx, struct str user, int64_t made_at_ms);
	/* Is the condition true of the request? `*ret_error` says why it cannot be told. */
	enum workflow_check (*condition)(void *ctx, const struct access_request *r, struct str text, struct arena *a,
	                                 struct str *ret_error);
	/* The users that an expression yields. False with `*ret_error` when it fails. */
	bool (*approvers)(void *ctx, const struct access_request *r, struct str text, struct arena *a,
	                  struct str_list *ret, struct str *ret_error);
	/* NULL: there is none (any more). */
	const struct approval_policy *(*policy)(void *ctx, struct str id);
	/* The id of the policy that is to decide the request; absent: none is set. */
	struct str (*policy_for)(void *ctx, const struct access_request *r);
	/* The next time after `after_ms` at which clocks of the zone show it; false: no such zone. */
	bool (*time_of_day)(void *ctx, struct str zone, unsigned minutes, int64_t after_ms, int64_t *ret_ms);
};

struct workflow {
	const struct workflow_host *host;
	void *ctx; /* the host's */
	struct arena *arena;
	int64_t now_ms;
	const struct app_entitlement *entitlement; /* what the request is about; NULL: it is gone */
	const struct app_action *action;           /* likewise */
};

enum workflow_effect {
	EFFECT_BIND = 1 << 0,         /* the account gets the entitlement */
	EFFECT_UNBIND = 1 << 1,       /* it loses it */
	EFFECT_CALL_WEBHOOK = 1 << 2, /* of the current step */
	EFFECT_REVOKE = 1 << 3,       /* a revoke request follows from this review */
	EFFECT_OFFBOARD = 1 << 4,     /* a revoke request follows for each grant of the user */
	EFFECT_CANCEL_PARTS = 1 << 5, /* those of them that are open are cancelled */
	EFFECT_CREATE = 1 << 6,       /* the action makes what it is there to make */
};

struct workflow_next {
	struct access_request request;
	const struct request_event *events; /* to be recorded, without doc */
	size_t n_events;
	unsigned effects; /* enum workflow_effect */
};

enum workflow_result {
	WORKFLOW_OK = 0,
	WORKFLOW_REFUSED = 1, /* not defined in this place, or malformed: `err` has the vendor's text */
	WORKFLOW_DENIED = 2,  /* not for this actor */
};

/*
 * What becomes of the request. For VERB_START it has a type, what it is about, and no state yet. Nothing is changed
 * unless WORKFLOW_OK is returned.
 */
enum workflow_result workflow_run(const struct workflow *w, const struct access_request *r,
                                  const struct workflow_event *event, struct workflow_next *ret,
                                  struct error *err) MUST_USE;

/* Why that was not filled into the form: a field it has not, of another type, or none where one is required. NULL: it
 * may have been; into a form without fields (or NULL) anything. */
const char *workflow_why_not_data(const struct json *form, const struct json *data);
/* Why it is no form: its fields have names, all different. NULL: it is one. */
const char *workflow_why_not_form(const struct json *form);

/* Where it stands. */
enum workflow_place workflow_place(const struct access_request *r);
/* The step that is going on; NULL when none is. */
const struct request_step *workflow_current(const struct access_request *r);
/* By what the step's approvers were chosen: "users", "manager", "appOwners" …; absent: it is no approval. */
struct str workflow_chosen_by(const struct request_step *step);
/* Is the verb defined there? If not, `*ret_refusal` (may be NULL) is what is answered. */
bool workflow_is_defined(enum workflow_place place, enum workflow_verb verb, const char **ret_refusal);
/* May this actor use the verb on the request as it is? What the verb needs besides (a comment …) is not looked at. */
bool workflow_may(const struct workflow *w, const struct access_request *r, enum workflow_verb verb, struct str actor,
                  bool is_admin);
/* When VERB_TIMER is due; 0: never. */
int64_t workflow_due_ms(const struct access_request *r);
/* "APPROVE", to be put behind "TASK_ACTION_TYPE_"; absent for verbs that are nobody's actions. */
struct str workflow_action_name(enum workflow_verb verb);
/* "GRANT_OUTCOME_GRANTED", "CERTIFY_OUTCOME_UNSPECIFIED" … */
struct str workflow_outcome_name(enum request_type type, enum request_outcome outcome);
/* "approve" …; for messages and tests. */
struct str workflow_verb_name(enum workflow_verb verb);
