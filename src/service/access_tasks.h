#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks of AuthZEN's Access Request and Approval Profile: what enforcers of decisions asked for, as access requests of
 * the workflow (service/requests.h), and how far that is.
 *
 * How a task stands is not stored: it follows from its access requests, so that neither can say something else than
 * the other. A task is made in one change set with its requests, and so is all that happens to both. Whether what is
 * asked for may be asked for (the denial that it is bound to) is looked at before: api/authzen/binding.h.
 */
#include "service/requests.h"

#define ACCESS_TASK_MAX_ITEMS   20u
#define ACCESS_TASK_LIFETIME_MS (30 * 86400 * INT64_C(1000))
/* Of approvals of what is granted without an end. */
#define ACCESS_TASK_APPROVAL_MS ACCESS_TASK_LIFETIME_MS
/* How long a task is remembered that nobody can look at any more, and nothing that it approved holds any more. */
#define ACCESS_TASK_KEPT_MS (7 * 86400 * INT64_C(1000))

enum task_status {
	TASK_PENDING,
	TASK_APPROVED,
	TASK_DENIED,
	TASK_EXPIRED,
	TASK_CANCELLED,
	TASK_FAILED,
	TASK_PARTIAL, /* of several items, which ended in different ways */
	TASK_N_STATUSES
};
/* "pending" … */
struct str task_status_name(enum task_status status);

/* One of the things that were asked for, as it stands now. */
struct task_item {
	const struct json *json;              /* in access_task.items */
	const struct access_request *request; /* NULL: it is gone */
	enum task_status status;
	struct str approval;       /* the id that it is approved under, if it is */
	int64_t approved_at_ms;    /* of an approved one, as the next */
	int64_t approved_until_ms; /* the first moment in which the approval does not hold any more */
};

struct task_state {
	const struct access_task *task;
	struct task_item items[ACCESS_TASK_MAX_ITEMS];
	size_t n;
	enum task_status status;
};
/* Borrowed from the snapshot and the task. */
void access_task_look(const struct snapshot *s, const struct access_task *task, struct task_state *ret);
/* Is the approval still in force: what was granted by it is there, by it, and neither over nor taken back? */
bool access_task_holds(const struct snapshot *s, const struct task_item *item, int64_t now_ms);

/* What somebody asks for. */
struct task_wish {
	const struct json *resource, *action, *context; /* as they are bound to the approval */
	const struct app_entitlement *entitlement;
	struct str evaluation, token; /* of the denial; absent: not known by such */
};
struct access_task_new {
	struct access_task task; /* without doc, items and times */
	struct task_wish wishes[ACCESS_TASK_MAX_ITEMS];
	size_t n;
	struct str description;
	int64_t until_ms[ACCESS_TASK_MAX_ITEMS]; /* of each; 0: as long as can be */
	bool is_emergency[ACCESS_TASK_MAX_ITEMS];
};
/*
 * Makes the access requests, on behalf of the user, and the task. One that is open for the same already is joined.
 * `*ret_state` is how it stands at once; borrowed from `*ret_task`. As requests_create(), but never SERVICE_CONFLICT.
 */
enum service_result access_task_create(struct txn *t, const struct access_task_new *n, struct access_task *ret_task,
                                       struct task_state *ret_state, struct error *err) MUST_USE;
/*
 * What is pending is given up; requests that others joined end for them, too, and one that was joined goes on for those
 * who made it. SERVICE_FAILED_PRECONDITION: nothing is pending. The task as it is then, as above.
 */
enum service_result access_task_cancel(struct txn *t, const struct access_task *task, struct access_task *ret_task,
                                       struct task_state *ret_state) MUST_USE;
/* Its time has come (service/timers.h). False: it has not. */
bool access_task_fire(struct txn *t, const struct access_task *task);
/* An access request was closed in this change set: whoever waits for it is to be told. */
void access_tasks_request_closed(struct txn *t, const struct access_request *r);

/* The task that was submitted with this key, or whose approval has this id, or that came of this denial; NULL: none. */
const struct access_task *access_task_by_key(const struct snapshot *s, struct str requester, struct str key,
                                             struct arena *a);
const struct access_task *access_task_by_approval(const struct snapshot *s, struct str approval, struct arena *a);
const struct access_task *access_task_by_token(const struct snapshot *s, struct str token, struct arena *a);
