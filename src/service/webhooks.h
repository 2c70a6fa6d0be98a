#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Webhooks: other programs that are asked to decide a step of an access request, or to carry it out.
 *
 * The call of one is a document (struct webhook_call) that is made in the change set in which the step begins, and goes
 * in the one in which the step is over. So nothing is lost: what was sent and not recorded is sent again after a
 * restart. Who sends is the business of the dialect, which knows the messages; here it is decided what follows from the
 * answer.
 *
 * Functions with a transaction run in a job of the writer; what they do not return SERVICE_OK for has put nothing, and
 * `err` says why.
 */
#include "service/keys.h"
#include "service/result.h"
#include "service/service.h"
#include "workflow/workflow.h"

#define WEBHOOK_MAX_ATTEMPTS        50
#define WEBHOOK_RETRY_MIN_MS        3000
#define WEBHOOK_RETRY_MAX_MS        15000
#define WEBHOOK_MIN_CALLBACK_MS     (86400 * INT64_C(1000))
#define WEBHOOK_MAX_CALLBACK_MS     (30 * WEBHOOK_MIN_CALLBACK_MS)
#define WEBHOOK_DEFAULT_CALLBACK_MS (8 * WEBHOOK_MIN_CALLBACK_MS)

/* ---- webhooks themselves ------------------------------------------------------------------------------------------
 */

/* Checks and stores a new one, or (with doc.id) the next version of one that exists. */
enum service_result webhook_put(struct txn *t, struct webhook *webhook, struct error *err) MUST_USE;

/* ---- calls --------------------------------------------------------------------------------------------------------
 */

/* The current step of the request asks a program. */
void webhook_call_begin(struct txn *t, const struct access_request *r);
/* A call that tests the webhook: sent once, and nothing follows from the answer. */
void webhook_call_test(struct txn *t, const struct webhook *webhook, struct webhook_call *ret);
/* What the call is about, if its step is going on still; NULL: it is over, or the call is a test. */
const struct access_request *webhook_call_request(const struct snapshot *s, const struct webhook_call *call);
/* Is a step asked about that is to be carried out, not decided? */
bool webhook_call_provisions(const struct access_request *r);

enum webhook_reply {
	WEBHOOK_FAILED,   /* nothing came, or nothing that makes sense: again later */
	WEBHOOK_ANSWERED, /* `event` is to happen */
	WEBHOOK_PUT_OFF,  /* the answer comes to the callback URL */
	WEBHOOK_GONE,     /* it does not want to be asked again */
};

struct webhook_answer {
	enum webhook_reply reply;
	const struct workflow_event *event; /* of WEBHOOK_ANSWERED; without actor */
	struct str fault;                   /* of WEBHOOK_FAILED and WEBHOOK_GONE, for people */
	unsigned status;                    /* of HTTP; 0: none came */
};

/*
 * What the receiver said when it was called: the request goes on, or the call waits, is sent again, or is given up. An
 * answer that the workflow refuses is one that makes no sense. Nothing when the call is over.
 */
void webhook_call_settle(struct txn *t, struct str call, const struct webhook_answer *answer);
/*
 * What it said later. SERVICE_INVALID: the workflow refuses it, and the receiver may say something else.
 * SERVICE_NOT_FOUND: the call is over.
 */
enum service_result webhook_call_answer(struct txn *t, struct str call, const struct workflow_event *event,
                                        struct error *err) MUST_USE;
/* The answer that was put off did not come in time. False: it is not due, and nothing was put. */
bool webhook_call_expire(struct txn *t, const struct webhook_call *call);

/* ---- for the sender -----------------------------------------------------------------------------------------------
 */

/* Calls that are being sent at one time: in all, to one receiver (host and port), and of one organization. */
#define WEBHOOK_MAX_FLIGHTS             16u
#define WEBHOOK_MAX_FLIGHTS_OF_RECEIVER 2u
#define WEBHOOK_MAX_FLIGHTS_OF_ORG      12u

struct webhook_due {
	struct org *org;
	struct str call;     /* its id */
	struct str receiver; /* "host:port" of the URL; absent: the webhook is gone, and nothing will be sent */
};

/* What is being sent. */
struct webhook_flights {
	const struct webhook_due *items;
	size_t n;
};

/*
 * The call in any organization that is to be sent now: of those that are due, are not in flight, and whose receiver and
 * organization have room, the one whose organization has the fewest in flight, then whose receiver has, then the one
 * that is due longest. So neither a receiver that is slow nor an organization that has very many keeps others waiting.
 * In `a`. Takes a read section of its own. Any thread. webhook_queue.c.
 */
bool webhook_calls_next(struct service *svc, int64_t now_ms, struct webhook_flights flights, struct arena *a,
                        struct webhook_due *ret);
/* "host:port" as it stands in the URL; the empty string of what is no URL. */
struct str webhook_receiver(struct str url);

/* "<call>.<proof>", which nobody can guess who was not told: for the callback URL. In `a`. */
struct str webhook_callback_token(const struct service *svc, struct str call, struct arena *a);
/* The call that such a token is of, as part of it; absent when it is none of ours. */
struct str webhook_callback_call(const struct service *svc, struct str token);
/* The organization of a call that waits or is being sent; NULL: there is no such call. Inside a read section. */
struct org *webhook_call_org(struct service *svc, struct str call);
