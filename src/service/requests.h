#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Access requests: made, acted on, closed, and moved on by time (workflow/workflow.h says how; this stores it). What
 * one call or one moment brings about is one change set: the request, what is recorded of it, and the binding that is
 * made or ended.
 *
 * All functions with a transaction run in a job of the writer. What they do not return SERVICE_OK for has put nothing,
 * and `err` says why in the vendor's words. Who may make a request for whom is the business of the dialects; who may
 * act on one is the workflow's.
 */
#include "service/expressions.h"
#include "service/result.h"
#include "service/service.h"
#include "workflow/workflow.h"

struct request_new {
	enum request_type type;
	struct str app, entitlement_id;
	struct str account_id; /* absent or empty: the user's */
	struct str user;       /* absent or empty: the account's */
	struct str created_by; /* user id; absent: nobody, it came by itself */
	struct str description;
	int64_t duration_ms; /* of a grant; 0: as long as the entitlement allows */
	int64_t until_ms;    /* of a grant: when it ends in any case; 0: never */
	bool is_emergency;
	struct str origin;         /* "TASK_ORIGIN_" and this */
	const struct json *source; /* of the type's message */
	const struct json *data;
	struct str review;
	const struct json *steps; /* [PolicyStep …]: these decide, instead of a policy; NULL: the policy does */
	struct str action;        /* id of an action, or "<app>/<id>" */
	struct str parent;        /* id of the offboarding that it is part of */
	struct str duplicate;     /* out: SERVICE_CONFLICT: the id of the open request that is in the way */
};

#define REQUEST_MAX_TEXT_BYTES 10000u

/*
 * SERVICE_NOT_FOUND: no such app, entitlement, user, account, or nothing to revoke; SERVICE_INVALID: whom it is about
 * is missing or contradictory, or it is to last too long; SERVICE_CONFLICT: the same is open already.
 */
enum service_result requests_create(struct txn *t, struct request_new *n, struct access_request *ret,
                                    struct error *err) MUST_USE;
/*
 * request_tasks.c. Those that are about no entitlement: a user is to lose all that she has in applications (`user`, and
 * a request to revoke for each grant, by its own policy), and an action is to be carried out for the user (`action`,
 * `data`; `creates`: it must be one that makes an entitlement, or must not). As requests_create().
 */
enum service_result requests_offboard(struct txn *t, struct request_new *n, struct access_request *ret,
                                      struct error *err) MUST_USE;
enum service_result requests_ask_action(struct txn *t, struct request_new *n, bool creates, struct access_request *ret,
                                        struct error *err) MUST_USE;
/* Lets the event happen. SERVICE_INVALID: refused by the workflow. */
enum service_result requests_act(struct txn *t, const struct access_request *r, const struct workflow_event *event,
                                 struct access_request *ret, struct error *err) MUST_USE;
/* Cancels it as part of a larger change: what it is about goes. Nothing when it is closed. */
void requests_cancel(struct txn *t, const struct access_request *r);
/*
 * The account no longer has the entitlement: whether it should, or should not, need not be asked any more. `by`: the
 * request that ended it, which is left alone as is the review that it follows from; NULL: none did.
 */
void requests_end_for(struct txn *t, const struct entitlement_binding *b, const struct access_request *by);
/* The document's time has come (service/timers.h). False: it is not due (any more), and nothing was put. */
bool requests_fire(struct txn *t, enum document_kind kind, struct str id);

/* Where a request would go that somebody makes for herself now: nothing is made. */
struct request_route {
	struct str policy;         /* id; absent: none is set */
	bool is_refused;           /* it would be closed at once, and nothing granted */
	bool is_immediate;         /* it would be granted without anybody being asked */
	struct str chosen_by;      /* of its first step: workflow_chosen_by() */
	struct str_list approvers; /* ids of users; none: another program decides, or something else is waited for */
};
struct requestable;
/* Of one that can be requested (policy/requestable.h); found by letting the workflow begin. In `a` and the snapshot. */
struct request_route requests_route(const struct snapshot *s, struct expressions *expressions, int64_t now_ms,
                                    const struct requestable *r, struct arena *a);

/* By id or number; NULL: none. */
const struct access_request *requests_find(const struct snapshot *s, struct str name, struct arena *a);
/* The trail of a request, in order; the array lives in `a`. */
size_t requests_events(const struct snapshot *s, struct str request, struct arena *a,
                       const struct document *const **ret);
/* The verbs that the actor may use now (workflow_may()): bit 1 << verb of each. */
uint64_t requests_allowed(const struct snapshot *s, const struct access_request *r, struct str actor, bool is_admin);

/* request_host.c: the answers of a snapshot to the workflow's questions. */
struct request_host {
	const struct snapshot *snapshot;
	struct expressions *expressions; /* what evaluates expressions; NULL: none can be */
	int64_t now_ms;
};
extern const struct workflow_host request_host;
