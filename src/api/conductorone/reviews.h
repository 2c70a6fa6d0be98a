#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by the handlers of access reviews and their templates, here and in the native dialect.
 */
#include "api/conductorone/directory.h"
#include "api/conductorone/task_view.h"
#include "service/access_review_templates.h"
#include "service/access_reviews.h"

#define C1_CLOSE_DECISION "CLOSE_DECISION_"

/* The message AccessReview. */
const struct json *c1_review_message(struct api_call *call, const struct access_review *r);

/* Those of a review or a template, and its id. */
struct c1_owned {
	struct str_list owners;
	struct str id;
};
/*
 * May the caller do "get", "update" or "delete" with it: by the permission of that name, or as one of its owners? Does
 * not fail the call.
 */
bool c1_may_review(struct api_call *call, struct c1_owned of, const char *verb);
/* The same, and fails the call. */
bool c1_admit_review(struct api_call *call, struct c1_owned of, const char *verb);
/* The review or template that the parameter names, if the caller may do this with it; else fails the call. */
const struct access_review *c1_find_review(struct api_call *call, const char *param, const char *verb);
const struct access_review_template *c1_find_review_template(struct api_call *call, const char *param,
                                                             const char *verb);
/* Is it the caller's, as himself: no limit of his key or client is widened by it? */
bool c1_owns_review(const struct api_call *call, struct str_list owners);

/*
 * May the caller list those of the kind: all of them, or, without the permission, the ones he owns if there are any?
 * Else fails the call.
 */
bool c1_admit_review_list(struct api_call *call, enum document_kind kind, bool *ret_sees_all);

/*
 * What says who is reviewed in another way than scopeV2, or asks for what is not done here, must not be taken for
 * granted: fails the call. `message`: of a review or a template.
 */
bool c1_review_is_supported(struct api_call *call, const struct json *message);
/* "REVOKED" of "CLOSE_DECISION_REVOKED"; absent when it says nothing. */
struct str c1_close_decision(const struct json *message);

/* review_scope.c: what is asked about. */
void c1_review_scope_get(struct api_call *call);
void c1_review_scope_put(struct api_call *call);
void c1_review_scope_by_type(struct api_call *call);
void c1_template_scope_get(struct api_call *call);
void c1_template_scope_put(struct api_call *call);
void c1_template_scope_by_type(struct api_call *call);
/* review_report.c */
void c1_review_report(struct api_call *call);
