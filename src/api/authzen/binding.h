#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What ties a request for access to the denial that it follows from, and an evaluation to the approval that it brings:
 * tokens that the installation signs, and ids of evaluations that prove themselves. Nothing is kept for either; what is
 * bound is compared, member by member, with what is sent.
 *
 * Bound are subject (but for properties.act: who acts for the subject may be said elsewhere), resource, action, and the
 * members of the context that were sent with the denied evaluation, but for those of the profile itself and "time".
 */
#include "api/authzen/evaluation.h"

#define PATH_ACCESS_REQUESTS "/access/v1/requests"

/* For how long access can be asked for after a denial. */
#define BINDING_LIFETIME_MS (10 * 60 * INT64_C(1000))

struct binding {
	const struct json *subject, *resource, *action;
	const struct json *context; /* object: the members that count */
	struct str hash;            /* of the four, base64url of SHA-256 of their canonical form */
};

/*
 * Of an evaluation. `members`: the names of the context's members that count, an array of strings; NULL: those that
 * count by themselves. False: it is nested so deep, or is so long, that it cannot be bound.
 */
bool binding_of(struct arena *a, const struct evaluation *ev, const struct json *members, struct binding *ret) MUST_USE;

/* base64url of SHA-256. */
struct str binding_sha256(struct arena *a, struct str bytes);

/* ---- denials --------------------------------------------------------------------------------------- */

struct denial {
	struct str evaluation; /* its id */
	struct str token;
	int64_t expires_at_ms;
};
/* Of an evaluation that was denied now; in the call's arena. */
struct denial denial_make(struct api_call *call, const struct binding *b);

enum binding_result { BINDING_OK, BINDING_INVALID, BINDING_EXPIRED };

/* What was proved of a denial that was sent back. */
struct denial_proof {
	struct str evaluation; /* absent: not said */
	struct str token;      /* what it can be used by once: the token's id, else the evaluation's */
	const struct json *members;
	struct binding binding; /* as it was sent now, which is as it was then */
};
/*
 * Is `denial`, the member of a submission, of a denial of just this evaluation by this installation, in this
 * organization, and not too old? `err` says why not.
 */
enum binding_result denial_check(struct api_call *call, const struct json *denial, const struct evaluation *ev,
                                 struct denial_proof *ret, struct error *err) MUST_USE;

/* ---- approvals ------------------------------------------------------------------------------------- */

struct approval {
	struct str id, task;
	int64_t until_ms;
};
/* "state" of an approval: a token for this decision point, of what was approved. In the call's arena. */
struct str approval_sign(struct api_call *call, const struct approval *approval, const struct binding *b);

enum approval_result {
	APPROVAL_FALSE,   /* not ours, or of another approval */
	APPROVAL_EXPIRED, /* was true */
	APPROVAL_OTHER,   /* of another question */
	APPROVAL_TRUE,
};
/* Does the state prove the approval `id` of just this evaluation? */
enum approval_result approval_check(struct api_call *call, struct str state, struct str id,
                                    const struct evaluation *ev) MUST_USE;
