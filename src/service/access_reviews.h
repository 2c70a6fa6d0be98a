#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Access reviews: campaigns in which it is asked, for each grant in their scope, whether it is still wanted. A review
 * is a draft, then open, then closed. When it opens, a certify request is made for each person who has one of its
 * entitlements; those are decided like any access request (service/requests.h), and what follows from a denial is said
 * by the policy that decided it.
 *
 * All functions run in a job of the writer. What they do not return SERVICE_OK for has put nothing, and `err` says why.
 */
#include "service/result.h"
#include "service/service.h"

#define ACCESS_REVIEW_DRAFT            "DRAFT"
#define ACCESS_REVIEW_OPEN             "OPEN"
#define ACCESS_REVIEW_CLOSED           "CLOSED"
#define ACCESS_REVIEW_REVOKES          "REVOKED" /* auto_close_decision: what is not decided is revoked */
#define ACCESS_REVIEW_MAX_ENTITLEMENTS 200u
#define ACCESS_REVIEW_MAX_REQUESTS     1000u

/* What it is about; how it stands in access_review.scope. */
struct access_review_scope {
	const struct json *entitlements; /* [{"appId","appEntitlementId"} …]; NULL: none yet */
	struct str_list users;           /* grants of these only; none: of everybody */
};
const struct json *access_review_scope_write(const struct access_review_scope *scope, struct arena *a);
struct access_review_scope access_review_scope_read(const struct access_review *r, struct arena *a);

/* Makes a draft, with a new id; at least one owner must be named. */
enum service_result access_review_create(struct txn *t, struct access_review *r, struct error *err) MUST_USE;
/* The next version. SERVICE_FAILED_PRECONDITION: it is closed, or its scope would change while it is open. */
enum service_result access_review_update(struct txn *t, struct access_review *r, struct error *err) MUST_USE;
/* Deletes it; its open certify requests are cancelled. */
void access_review_delete(struct txn *t, const struct access_review *r);
/*
 * Opens a draft; `*ret_n` is how many requests were made. SERVICE_FAILED_PRECONDITION: it is no draft, has no
 * entitlements, or there would be too many requests.
 */
enum service_result access_review_start(struct txn *t, struct access_review *r, size_t *ret_n,
                                        struct error *err) MUST_USE;
/*
 * Closes an open one: what is not decided is cancelled and, if its decision says so, revoked. `*ret_n` is how many that
 * were.
 */
enum service_result access_review_close(struct txn *t, struct access_review *r, size_t *ret_n,
                                        struct error *err) MUST_USE;
