#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates of access reviews: what a review is made from, by hand or at the times of a rule. What is made is a draft
 * like any other (service/access_reviews.h), which starts by itself at once if the template says so.
 *
 * A rule is the vendor's RecurrenceRule, {"frequency":"FREQUENCY_MONTHLY","interval":3,"startDate":…} with "endDate" or
 * "occurrences". Its times are counted from the start date, so that the 31st stays the 31st wherever a month has one;
 * those that passed while the server was down make one review, not many.
 *
 * Functions with a transaction run in a job of the writer; what they do not return SERVICE_OK for has put nothing.
 */
#include "service/result.h"
#include "service/service.h"

#define ACCESS_REVIEW_MAX_INTERVAL 1000

/* NULL when there is none of that id. */
const struct access_review_template *access_review_template_find(const struct snapshot *s, struct str id);
/* When it makes a review by itself; 0: never. */
int64_t access_review_template_due_ms(const struct access_review_template *m);
/* The first time of the rule that is later than `after_ms`; 0: there is none. */
int64_t access_review_rule_next(const struct json *rule, int64_t after_ms);

/* Checks and stores a new one, with a new id; SERVICE_INVALID as for reviews, or the rule says nothing. */
enum service_result access_review_template_create(struct txn *t, struct access_review_template *m,
                                                  struct error *err) MUST_USE;
/* The next version of one that exists. */
enum service_result access_review_template_update(struct txn *t, struct access_review_template *m,
                                                  struct error *err) MUST_USE;
/* Makes a draft for `created_by` (absent: nobody) and counts it in the template. */
void access_review_template_make(struct txn *t, const struct access_review_template *m, struct str created_by,
                                 struct access_review *ret);
/* Its time has come: makes a review. False: it is not due, and nothing was put. */
bool access_review_template_fire(struct txn *t, const struct access_review_template *m);
