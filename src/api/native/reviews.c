/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting and closing access reviews, and making them from templates, for which ConductorOne has no public calls.
 */
#include "api/native/native.h"

#include "api/conductorone/reviews.h"

#define ACTION "doorward:accessReviews:update"

/* Whoever may change it there may also do this; so may who holds the native permission. */
static bool admit(struct api_call *call, struct str_list owners, struct str id)
{
	call->operation = STR(ACTION);
	if (c1_may_review(call, (struct c1_owned){owners, id}, "update") ||
	    api_may_in(call, STR(ACTION), arena_concat(call->arena, STR("doorward:accessReviews:"), id),
	               STR(TENANT_UNASSIGNED)))
		return true;
	api_fail(call, SERVICE_DENIED, 0, "not allowed: " ACTION " is needed");
	return false;
}

typedef enum service_result change_fn(struct txn *t, struct access_review *r, size_t *ret_n, struct error *err);

static void change(struct api_call *call, change_fn *fn)
{
	struct str id = api_param(call, "id");
	const struct access_review *old = access_review_find(call->snapshot, id);
	struct access_review r;
	struct json_writer w;
	struct error err = {0};
	enum service_result result;
	size_t n = 0;

	c1_note_target(call, DOC_ACCESS_REVIEW, id);
	if (!old) {
		api_fail(call, SERVICE_NOT_FOUND, 0, "there is no access review \"" STR_FMT "\"", STR_ARG(id));
		return;
	}
	if (!admit(call, old->owners, id))
		return;
	r = *old;
	result = fn(call->txn, &r, &n, &err);
	if (result != SERVICE_OK) {
		native_fail(call, result, &err);
		return;
	}
	w = api_json_begin(call, 200);
	json_begin_object(&w);
	json_put_str(&w, STR("id"), r.doc.id);
	json_put_str(&w, STR("state"), r.state);
	json_put_u64(&w, STR("access_requests"), n);
	json_end_object(&w);
	api_json_end(call, &w);
}

void access_review_post_start(struct api_call *call)
{
	change(call, access_review_start);
}

void access_review_post_close(struct api_call *call)
{
	change(call, access_review_close);
}

void access_review_template_post_launch(struct api_call *call)
{
	struct str id = api_param(call, "id");
	const struct access_review_template *m = access_review_template_find(call->snapshot, id);
	struct access_review made;
	struct json_writer w;

	c1_note_target(call, DOC_ACCESS_REVIEW_TEMPLATE, id);
	if (!m) {
		api_fail(call, SERVICE_NOT_FOUND, 0, "there is no access review template \"" STR_FMT "\"", STR_ARG(id));
		return;
	}
	if (!admit(call, m->owners, id))
		return;
	access_review_template_make(call->txn, m, call->caller.id, &made);
	w = api_json_begin(call, 201);
	json_begin_object(&w);
	json_put_str(&w, STR("id"), made.doc.id);
	json_put_str(&w, STR("state"), made.state);
	json_put_str(&w, STR("template"), id);
	json_end_object(&w);
	api_json_end(call, &w);
}
