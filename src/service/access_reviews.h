#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Access reviews: campaigns in which it is asked, for each grant in their scope, whether it is still wanted. A review
 * is a draft, then open, then closed. When it opens, by hand or at its time, it is taken down who has what is in its
 * scope at that moment, and a certify request is made for each person and entitlement; those are decided like any
 * access request (service/requests.h), and what follows from a denial is said by the policy that decided it. It closes
 * by hand or at its time; what nobody decided until then ends as its decision says.
 *
 * Opening and closing are one change set each, whatever their size: they happen whole or not at all, also when the
 * power fails. What would be larger than the limits below is refused.
 *
 * All functions with a transaction run in a job of the writer. What they do not return SERVICE_OK for has put nothing
 * that may be committed, and `err` says why. Who may call is the business of the dialects.
 */
#include "service/result.h"
#include "service/service.h"

#define ACCESS_REVIEW_DRAFT        "DRAFT"
#define ACCESS_REVIEW_OPEN         "OPEN"
#define ACCESS_REVIEW_CLOSED       "CLOSED"
#define ACCESS_REVIEW_REVOKES      "REVOKED" /* auto_close_decision: what is not decided is denied and revoked */
#define ACCESS_REVIEW_SKIPS        "SKIP"    /* it is cancelled, and its trail says that it was skipped */
#define ACCESS_REVIEW_MAX_REQUESTS 20000u
#define ACCESS_REVIEW_MAX_CHANGES  400000u             /* documents in the change set of a start or a close */
#define ACCESS_REVIEW_MAX_BYTES    ((size_t)512 << 20) /* and what they measure */
#define ACCESS_REVIEW_MAX_CHOICES  1000u               /* entitlements, or types, or users that a scope names */

/* NULL when there is none of that id. */
const struct access_review *access_review_find(const struct snapshot *s, struct str id);
bool access_review_is(const struct access_review *r, const char *state);
/* When it opens or closes by itself; 0: never. */
int64_t access_review_due_ms(const struct access_review *r);

/* Makes a draft, with a new id; at least one owner must be named. Owners become canonical ids. */
enum service_result access_review_create(struct txn *t, struct access_review *r, struct error *err) MUST_USE;
/*
 * The next version. SERVICE_FAILED_PRECONDITION: it is closed, or it is open and what is asked, or by which policy,
 * would change.
 */
enum service_result access_review_update(struct txn *t, struct access_review *r, struct error *err) MUST_USE;
/* Deletes it; its open certify requests are cancelled. */
void access_review_delete(struct txn *t, const struct access_review *r);
/*
 * Opens a draft; `*ret_n` is how many requests were made. SERVICE_FAILED_PRECONDITION: it is no draft, its scope names
 * nothing, its end has passed, or it is too large.
 */
enum service_result access_review_start(struct txn *t, struct access_review *r, size_t *ret_n,
                                        struct error *err) MUST_USE;
/* Closes an open one; `*ret_n` is how many requests were undecided. */
enum service_result access_review_close(struct txn *t, struct access_review *r, size_t *ret_n,
                                        struct error *err) MUST_USE;
/*
 * Its time has come: opens or closes it. One that cannot waits for a person and says why (access_review.problem).
 * False: it is not due, and nothing was put.
 */
bool access_review_fire(struct txn *t, const struct access_review *r);

/* ---- what reviews and their templates have in common ---------------------------------------------------------- */

/* SERVICE_INVALID: a name is missing, or a text is too long. */
enum service_result access_review_check_texts(struct str display_name, struct str description,
                                              struct error *err) MUST_USE;
/* By canonical id, each once. SERVICE_INVALID: none, too many, or not there. */
enum service_result access_review_resolve_owners(struct txn *t, struct str_list *owners, struct error *err) MUST_USE;
/* Is `*policy` empty (and then made absent), or a live policy for reviews? Else SERVICE_INVALID. */
enum service_result access_review_check_policy(const struct txn *t, struct str *policy, struct error *err) MUST_USE;

/* ---- access_review_scope.c: what is asked about ---------------------------------------------------------------- */

/*
 * A scope is {"scopeV2":…,"entitlements":[{"appId","appEntitlementId"} …],"resourceTypeSelections":[{"appId",
 * "resourceTypeId"} …]} in the words of the vendor, or NULL for nothing yet. This is that one with another member
 * instead; NULL: without it.
 */
const struct json *access_review_scope_with(const struct json *scope, struct str name, const struct json *value,
                                            struct arena *a);
/*
 * Is everything that it says understood, and does it exist? SERVICE_INVALID names what is not: a criterion without
 * effect would ask about less or more than was meant.
 */
enum service_result access_review_check_scope(const struct txn *t, const struct json *scope,
                                              struct error *err) MUST_USE;
/* Does it name anything to ask about? */
bool access_review_names_something(const struct json *scope);
/* What is to be asked: one binding of each person, and each account that is nobody's, in each entitlement. */
struct access_review_selection {
	const struct entitlement_binding **items;
	size_t n; /* at most the limit and one more */
};
/* Selects what counts now. The array lives in t->arena. -EINVAL: an expression failed, `err` says why. */
int access_review_select(const struct txn *t, const struct json *scope, size_t limit,
                         struct access_review_selection *ret, struct error *err) MUST_USE;
