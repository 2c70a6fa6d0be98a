#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The Access Request and Approval Profile in evaluations: what a denial says of how access can be asked for, and what
 * becomes of an approval that is presented. The engine has decided by then, and an approval changes nothing in that: it
 * is looked at for what is said beside the decision. Only one whose proof is false changes a decision, to a denial.
 */
#include "api/authzen/evaluation.h"

struct profile_answer {
	bool is_said;          /* there is something to write */
	bool is_rejected;      /* nothing is allowed: what was presented as a proof is none */
	struct str evaluation; /* its id; absent: it needs none. Written by the caller */
	struct str reason, next_action;
	int64_t retry_after_s; /* 0: not said */
	/* The access can be asked for. */
	bool is_requestable;
	struct str token, template, title;
	int64_t expires_at_ms;
	/* The approval that was presented, which holds. */
	struct str approval;
	int64_t approved_until_ms;
};

/*
 * Of an evaluation that the engine has decided; nothing when the profile is off. Of the past only whether it is
 * rejected.
 */
struct profile_answer profile_look(struct api_call *call, const struct evaluation *ev, const struct ask *ask,
                                   bool allowed);
/* The members of the decision's context; `reason` only when no other is written there. */
void profile_write(struct api_call *call, const struct profile_answer *p, bool has_reason, struct json_writer *w);
