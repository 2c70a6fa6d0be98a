#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The Access Request Endpoint of AuthZEN's profile: submissions, tasks, and how it says no (RFC 9457). A dialect of its
 * own below /access/v1/requests, since its errors and what it waits for are others than those of evaluations.
 */
#include "api/api.h"
#include "service/access_tasks.h"

/* How the profile says no; what is not among these has the type "about:blank". */
enum arap_problem {
	PROBLEM_NOT_REQUESTABLE,
	PROBLEM_EXPIRED_DENIAL,
	PROBLEM_INVALID_DENIAL_BINDING,
	PROBLEM_DUPLICATE_REQUEST,
	PROBLEM_UNKNOWN_TASK,
	PROBLEM_TASK_EXPIRED,
	PROBLEM_INVALID_TASK_STATE,
	PROBLEM_N
};
/* requests.c */
void arap_fail(struct api_call *call, enum arap_problem problem, const char *fmt, ...) ATTR_PRINTF(3, 4);

/* submission.c: the body of a submission, checked. False after failing the call. */
bool arap_read_submission(struct api_call *call, struct access_task_new *ret) MUST_USE;

/* task_view.c */
enum task_sight {
	SIGHT_NONE,
	SIGHT_STATUS, /* of those who may see an access request: whom it is for, who decides it, administrators */
	SIGHT_MAKER,  /* of who submitted it: the approvals, too */
};
enum task_sight arap_sight(struct api_call *call, const struct task_state *state);
/* {"task":…,"result":…} with the status of HTTP that goes with it. */
void arap_answer(struct api_call *call, const struct task_state *state, unsigned status);
/* What is sent to a callback: no result, so that nobody takes it for one. */
void arap_write_notice(struct api_call *call, const struct task_state *state, struct json_writer *w);
