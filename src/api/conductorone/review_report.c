/* SPDX-License-Identifier: Apache-2.0
 *
 * The report of an access review: how many tasks ended how, and of each who decided what, when, with which words, and
 * what came of it. The counts are of the whole review on every page.
 *
 * The vendor's public document names the path and no message: this one is Doorward's own.
 */
#include "api/conductorone/reviews.h"

/* The requests of a review: what it asked, and the revocations that followed. In the order they were made. */
struct parts {
	const struct access_request **items;
	size_t n;
};
struct dossier {
	struct parts certify, revoke;
};

static struct dossier dossier_of(struct api_call *call, const struct access_review *r)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(call->snapshot, DOC_ACCESS_REQUEST,
	                           arena_concat(call->arena, STR("review:"), r->doc.id), call->arena, &docs);
	struct dossier d = {{ARENA_ARRAY(call->arena, const struct access_request *, n), 0},
	                    {ARENA_ARRAY(call->arena, const struct access_request *, n), 0}};

	for (size_t i = 0; i < n; i++) {
		const struct access_request *one = as_access_request(docs[i]);
		struct parts *to = one->type == REQUEST_CERTIFY ? &d.certify : &d.revoke;

		to->items[to->n++] = one;
	}
	return d;
}

/* ---- counts ---------------------------------------------------------------------------------------------- */

static void count(struct json_object *o, const char *name, const struct parts *p, enum request_outcome outcome)
{
	int64_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->items[i]->state == REQUEST_CLOSED && p->items[i]->outcome == outcome;
	json_object_i64(o, name, n);
}

static int64_t count_open(const struct parts *p)
{
	int64_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->items[i]->state == REQUEST_OPEN;
	return n;
}

/* Closed, and neither open nor as it was meant to end. */
static int64_t count_failed(const struct parts *p, bool is_review)
{
	int64_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		enum request_outcome outcome = p->items[i]->outcome;
		bool is_plain = outcome == REQUEST_GRANTED ||
		                (is_review && (outcome == REQUEST_DENIED || outcome == REQUEST_CANCELLED));

		n += p->items[i]->state == REQUEST_CLOSED && !is_plain;
	}
	return n;
}

static const struct json *counts_of(struct api_call *call, const struct dossier *d)
{
	struct json_object o = {.arena = call->arena};

	json_object_i64(&o, "tasks", (int64_t)d->certify.n);
	json_object_i64(&o, "open", count_open(&d->certify));
	count(&o, "certified", &d->certify, REQUEST_GRANTED);
	count(&o, "decertified", &d->certify, REQUEST_DENIED);
	count(&o, "cancelled", &d->certify, REQUEST_CANCELLED);
	json_object_i64(&o, "failed", count_failed(&d->certify, true));
	json_object_i64(&o, "revocationsOpen", count_open(&d->revoke));
	count(&o, "revoked", &d->revoke, REQUEST_GRANTED);
	json_object_i64(&o, "notRevoked", count_failed(&d->revoke, false));
	return json_object_end(&o);
}

/* ---- rows ------------------------------------------------------------------------------------------------ */

/* A list of messages being made. */
struct rows {
	struct json *items;
	size_t n, cap;
};

static void add_row(struct api_call *call, struct rows *rows, const struct json_object *o)
{
	ARENA_ROOM(call->arena, rows->items, rows->n, &rows->cap);
	rows->items[rows->n++] = *json_object_end(o);
}

static void put_rows(struct json_object *o, const char *name, const struct rows *rows)
{
	if (rows->n)
		json_object_put(o, name,
		                (struct json){.type = JSON_ARRAY, .n = (uint32_t)rows->n, .items = rows->items});
}

/* Whoever ended a step, and how. */
static struct rows decisions_of(struct api_call *call, const struct access_request *r)
{
	struct rows rows = {0};

	for (size_t i = 0; i < r->n_steps; i++) {
		const struct request_step *step = &r->steps[i];
		struct json_object o = {.arena = call->arena};

		if (step->state != STEP_DONE || str_is_empty(step->outcome_by))
			continue;
		json_object_str(&o, "userId", step->outcome_by);
		json_object_str(&o, "decision", step_outcome_name(step->outcome));
		json_object_time(&o, "decidedAt", step->outcome_at_ms);
		add_row(call, &rows, &o);
	}
	return rows;
}

static struct rows comments_of(struct api_call *call, const struct access_request *r)
{
	const struct document *const *docs;
	size_t n = r->n_comments ? requests_events(call->snapshot, r->doc.id, call->arena, &docs) : 0;
	struct rows rows = {0};

	for (size_t i = 0; i < n; i++) {
		const struct request_event *event = as_request_event(docs[i]);
		struct json_object o = {.arena = call->arena};

		if (!str_eq(event->kind, STR("comment")))
			continue;
		json_object_str(&o, "userId", event->user);
		json_object_str(&o, "comment", json_get_str(event->message, STR("comment")));
		json_object_time(&o, "createdAt", event->doc.created_at_ms);
		add_row(call, &rows, &o);
	}
	return rows;
}

static struct str state_of(const struct access_request *r)
{
	return r->state == REQUEST_OPEN ? STR("TASK_STATE_OPEN") : STR("TASK_STATE_CLOSED");
}

static struct rows revocations_of(struct api_call *call, const struct access_request *r, const struct parts *revoke)
{
	struct rows rows = {0};

	for (size_t i = 0; r->outcome == REQUEST_DENIED && i < revoke->n; i++) {
		const struct access_request *one = revoke->items[i];
		struct json_object o = {.arena = call->arena};

		if (!str_eq(json_get_str(json_get(one->source, STR("review")), STR("certTicketId")), r->doc.id))
			continue;
		json_object_str(&o, "taskId", one->doc.id);
		json_object_str(&o, "state", state_of(one));
		json_object_str(&o, "outcome", workflow_outcome_name(one->type, one->outcome));
		add_row(call, &rows, &o);
	}
	return rows;
}

static const struct json *row_of(struct api_call *call, const struct access_request *r, const struct parts *revoke)
{
	const struct request_step *current = workflow_current(r);
	const struct rows decisions = decisions_of(call, r), comments = comments_of(call, r);
	const struct rows revocations = revocations_of(call, r, revoke);
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "taskId", r->doc.id);
	json_object_i64(&o, "numericId", r->number);
	json_object_str(&o, "appId", r->app);
	json_object_str(&o, "appEntitlementId", r->entitlement_id);
	json_object_str(&o, "appUserId", r->account_id);
	json_object_str(&o, "identityUserId", r->user);
	json_object_str(&o, "state", state_of(r));
	json_object_str(&o, "outcome", workflow_outcome_name(r->type, r->outcome));
	json_object_time(&o, "outcomeTime", r->outcome_at_ms);
	if (current)
		json_object_strs(&o, "stepApproverIds", current->approvers);
	put_rows(&o, "decisions", &decisions);
	put_rows(&o, "comments", &comments);
	put_rows(&o, "revocations", &revocations);
	return json_object_end(&o);
}

/* ---- the answer ------------------------------------------------------------------------------------------ */

static const struct json *head_of(struct api_call *call, const struct access_review *r, const struct dossier *d)
{
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "accessReviewId", r->doc.id);
	json_object_str(&o, "displayName", r->display_name);
	json_object_str(&o, "state", arena_concat(call->arena, STR("ACCESS_REVIEW_STATE_"), r->state));
	json_object_time(&o, "startedAt", r->started_at_ms);
	json_object_time(&o, "closedAt", r->closed_at_ms);
	json_object_str(&o, "problem", r->problem);
	json_object_tree(&o, "counts", counts_of(call, d));
	return json_object_end(&o);
}

/* {"report":{…},"list":[…],"nextPageToken":…} */
void c1_review_report(struct api_call *call)
{
	const struct access_review *r = c1_find_review(call, "access_review_id", "get");
	struct json_writer w;
	struct dossier d;
	struct c1_page page;
	uint64_t last = 0;
	size_t n = 0, i;

	if (!r || !c1_page_of_query(call, &page))
		return;
	d = dossier_of(call, r);
	w = api_json_begin(call, 200);
	json_begin_object(&w);
	json_key(&w, STR("report"));
	proto_write(&w, &c1_AccessReviewReport, head_of(call, r, &d));
	json_key(&w, STR("list"));
	json_begin_array(&w);
	for (i = 0; i < d.certify.n && n < page.size; i++) {
		const struct access_request *one = d.certify.items[i];

		if (one->doc.seq <= page.after)
			continue;
		proto_write(&w, &c1_AccessReviewReportRow, row_of(call, one, &d.revoke));
		last = one->doc.seq;
		n++;
	}
	c1_end_list(call, &w, i < d.certify.n ? last : 0);
}
