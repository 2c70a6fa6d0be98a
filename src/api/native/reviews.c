/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening and closing access reviews, for which ConductorOne has no public calls.
 */
#include "api/native/native.h"

#include "service/access_reviews.h"

typedef enum service_result change_fn(struct txn *t, struct access_review *r, size_t *ret_n, struct error *err);

static void change(struct api_call *call, change_fn *fn)
{
	const struct document *doc = native_find(call, DOC_ACCESS_REVIEW, "id");
	struct access_review r;
	struct json_writer w;
	struct error err = {0};
	enum service_result result;
	size_t n = 0;

	if (!doc)
		return;
	r = *as_access_review(doc);
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
