/* SPDX-License-Identifier: Apache-2.0 */
#include "service/access_reviews.h"

#include "base/strs.h"
#include "service/applications.h"
#include "service/approval_policies.h"
#include "service/conductorone_id.h"
#include "service/directory.h"
#include "service/requests.h"

const struct access_review *access_review_find(const struct snapshot *s, struct str id)
{
	return str_is_empty(id) ? NULL : FIND(s, access_review, ACCESS_REVIEW, id);
}

bool access_review_is(const struct access_review *r, const char *state)
{
	return str_eq(r->state, str_of(state));
}

int64_t access_review_due_ms(const struct access_review *r)
{
	if (access_review_is(r, ACCESS_REVIEW_DRAFT))
		return r->starts_at_ms;
	return access_review_is(r, ACCESS_REVIEW_OPEN) ? r->ends_at_ms : 0;
}

static enum service_result refuse(struct error *err, enum service_result result, const char *text)
{
	return (enum service_result)error_set(err, (int)result, "%s", text);
}

/* ---- what may stand there ----------------------------------------------------------------------------------- */

enum service_result access_review_check_texts(struct str display_name, struct str description, struct error *err)
{
	if (str_is_empty(str_trim(display_name)))
		return refuse(err, SERVICE_INVALID, "display_name is required");
	if (display_name.len > DIRECTORY_MAX_TEXT_BYTES || description.len > DIRECTORY_MAX_TEXT_BYTES)
		return refuse(err, SERVICE_INVALID, "display_name or description is too long");
	return SERVICE_OK;
}

enum service_result access_review_resolve_owners(struct txn *t, struct str_list *owners, struct error *err)
{
	struct strs found = {.arena = t->arena};

	for (size_t i = 0; i < owners->n && i <= APP_MAX_OWNERS; i++) {
		const struct document *user = snapshot_find_any(t->snapshot, DOC_USER, owners->items[i]);

		if (!user)
			return (enum service_result)error_set(err, SERVICE_INVALID,
			                                      "owner_ids: there is no user \"" STR_FMT "\"",
			                                      STR_ARG(owners->items[i]));
		if (!str_list_has(strs_list(&found), user->id))
			strs_add(&found, user->id);
	}
	if (found.n == 0 || found.n > APP_MAX_OWNERS)
		return (enum service_result)error_set(err, SERVICE_INVALID, "owner_ids: from 1 to %u are needed",
		                                      APP_MAX_OWNERS);
	*owners = strs_list(&found);
	return SERVICE_OK;
}

enum service_result access_review_check_policy(const struct txn *t, struct str *policy, struct error *err)
{
	const struct approval_policy *p;

	if (str_is_empty(*policy)) {
		*policy = STR_NONE;
		return SERVICE_OK;
	}
	p = FIND(t->snapshot, approval_policy, APPROVAL_POLICY, *policy);
	if (p && !p->deleted_at_ms && p->type == REQUEST_CERTIFY)
		return SERVICE_OK;
	return (enum service_result)error_set(
	    err, SERVICE_INVALID, "policy_id: there is no policy \"" STR_FMT "\" of type certify", STR_ARG(*policy));
}

static enum service_result check_times(const struct access_review *r, struct error *err)
{
	if (r->starts_at_ms && r->ends_at_ms && r->ends_at_ms <= r->starts_at_ms)
		return refuse(err, SERVICE_INVALID, "completion_date must be later than scheduled_start_date");
	return SERVICE_OK;
}

/* ---- making and changing ----------------------------------------------------------------------------------- */

enum service_result access_review_create(struct txn *t, struct access_review *r, struct error *err)
{
	enum service_result result = access_review_check_texts(r->display_name, r->description, err);

	r->doc = (struct document){.kind = DOC_ACCESS_REVIEW, .id = conductorone_new_id(t->arena)};
	r->state = STR(ACCESS_REVIEW_DRAFT);
	if (result == SERVICE_OK)
		result = access_review_check_policy(t, &r->policy, err);
	if (result == SERVICE_OK)
		result = access_review_resolve_owners(t, &r->owners, err);
	if (result == SERVICE_OK)
		result = access_review_check_scope(t, r->scope, err);
	if (result == SERVICE_OK)
		result = check_times(r, err);
	if (result == SERVICE_OK)
		txn_put(t, &r->doc);
	return result;
}

static bool is_same_tree(const struct json *a, const struct json *b)
{
	return a == b || (a && b && json_equal(a, b));
}

/* What was settled when it opened, and that it does not end this very moment by a slip of the pen. */
static enum service_result check_open(const struct txn *t, const struct access_review *old,
                                      const struct access_review *r, struct error *err)
{
	if (!is_same_tree(old->scope, r->scope))
		return refuse(err, SERVICE_FAILED_PRECONDITION, "the access review is open: its scope is settled");
	if (!str_eq(old->policy, r->policy) || old->overrides_policy != r->overrides_policy)
		return refuse(err, SERVICE_FAILED_PRECONDITION, "the access review is open: its policy is settled");
	if (r->ends_at_ms && r->ends_at_ms != old->ends_at_ms && r->ends_at_ms <= t->now_ms)
		return refuse(err, SERVICE_INVALID, "completion_date must be in the future");
	return SERVICE_OK;
}

enum service_result access_review_update(struct txn *t, struct access_review *r, struct error *err)
{
	const struct access_review *old = access_review_find(t->snapshot, r->doc.id);
	enum service_result result;

	assert(old);
	if (access_review_is(old, ACCESS_REVIEW_CLOSED))
		return refuse(err, SERVICE_FAILED_PRECONDITION, "the access review is closed");
	result = access_review_check_texts(r->display_name, r->description, err);
	if (result == SERVICE_OK && !str_eq(old->policy, r->policy))
		result = access_review_check_policy(t, &r->policy, err);
	if (result == SERVICE_OK && access_review_is(old, ACCESS_REVIEW_OPEN))
		result = check_open(t, old, r, err);
	if (result == SERVICE_OK && !is_same_tree(old->scope, r->scope))
		result = access_review_check_scope(t, r->scope, err);
	if (result == SERVICE_OK)
		result = check_times(r, err);
	if (result != SERVICE_OK)
		return result;
	r->problem = STR_NONE; /* it is looked at again */
	txn_put(t, &r->doc);
	return SERVICE_OK;
}

/* ---- opening ----------------------------------------------------------------------------------------------- */

/* One that another review asks already is not asked twice. */
static enum service_result ask(struct txn *t, const struct access_review *r, const struct entitlement_binding *b,
                               size_t *n_made, struct error *err)
{
	struct request_new n = {
	    .type = REQUEST_CERTIFY,
	    .app = b->app,
	    .entitlement_id = b->entitlement_id,
	    .account_id = b->account_id,
	    .description = r->display_name,
	    .origin = STR("ACCESS_REVIEW"),
	    .review = r->doc.id,
	};
	struct error why = {0};
	struct access_request made;
	enum service_result result = requests_create(t, &n, &made, &why);

	if (result == SERVICE_CONFLICT)
		return SERVICE_OK;
	if (result == SERVICE_OK) {
		(*n_made)++;
		return SERVICE_OK;
	}
	/* Nobody may drop out of a review unseen. */
	return (enum service_result)error_set(
	    err, SERVICE_FAILED_PRECONDITION,
	    "app \"" STR_FMT "\", entitlement \"" STR_FMT "\", app user \"" STR_FMT "\": %s", STR_ARG(b->app),
	    STR_ARG(b->entitlement_id), STR_ARG(b->account_id), why.text);
}

static enum service_result check_start(const struct txn *t, const struct access_review *r, struct error *err)
{
	struct str policy = r->policy;

	if (!access_review_is(r, ACCESS_REVIEW_DRAFT))
		return refuse(err, SERVICE_FAILED_PRECONDITION, "the access review is not a draft");
	if (!access_review_names_something(r->scope))
		return refuse(err, SERVICE_FAILED_PRECONDITION, "the scope of the access review names nothing");
	if (r->ends_at_ms && r->ends_at_ms <= t->now_ms)
		return refuse(err, SERVICE_FAILED_PRECONDITION,
		              "the access review would close at once: its completion_date has passed");
	if (access_review_check_policy(t, &policy, err) != SERVICE_OK)
		return SERVICE_FAILED_PRECONDITION;
	return SERVICE_OK;
}

/* Policies and what they bring about are as large as their authors like: a change set is not. */
static bool is_too_large(const struct txn *t, struct error *err)
{
	if (t->n_changes <= ACCESS_REVIEW_MAX_CHANGES && t->n_bytes <= ACCESS_REVIEW_MAX_BYTES)
		return false;
	error_set(err, SERVICE_FAILED_PRECONDITION,
	          "the access review is too large: it would change more than %u documents or %zu MiB at once",
	          ACCESS_REVIEW_MAX_CHANGES, ACCESS_REVIEW_MAX_BYTES >> 20);
	return true;
}

enum service_result access_review_start(struct txn *t, struct access_review *r, size_t *ret_n, struct error *err)
{
	struct access_review_selection chosen;
	enum service_result result = check_start(t, r, err);
	size_t n_made = 0;

	if (result != SERVICE_OK)
		return result;
	if (access_review_select(t, r->scope, ACCESS_REVIEW_MAX_REQUESTS, &chosen, err) < 0)
		return SERVICE_FAILED_PRECONDITION;
	if (chosen.n > ACCESS_REVIEW_MAX_REQUESTS)
		return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION,
		                                      "the access review would make more than %u tasks",
		                                      ACCESS_REVIEW_MAX_REQUESTS);
	for (size_t i = 0; i < chosen.n; i++) {
		result = ask(t, r, chosen.items[i], &n_made, err);
		if (result != SERVICE_OK)
			return result;
		if (is_too_large(t, err))
			return SERVICE_FAILED_PRECONDITION;
	}
	r->state = STR(ACCESS_REVIEW_OPEN);
	r->started_at_ms = t->now_ms;
	r->n_requests = (int64_t)n_made;
	r->problem = STR_NONE;
	txn_put(t, &r->doc);
	*ret_n = n_made;
	return SERVICE_OK;
}

/* ---- closing ----------------------------------------------------------------------------------------------- */

/* Lets the event happen to what is not decided. False: that is too much for one change set, and `err` says so. */
static bool end_open(struct txn *t, const struct access_review *r, const struct workflow_event *event, size_t *ret_n,
                     struct error *err)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(t->snapshot, DOC_ACCESS_REQUEST, arena_concat(t->arena, STR("review:"), r->doc.id),
	                           t->arena, &docs);
	size_t n_open = 0;

	for (size_t i = 0; i < n; i++) {
		const struct access_request *request = as_access_request(docs[i]);
		enum service_result result;
		struct access_request next;
		struct error why;

		/* Revocations that followed from it go their own way. */
		if (request->state != REQUEST_OPEN || request->type != REQUEST_CERTIFY)
			continue;
		result = requests_act(t, request, event, &next, &why);
		assert(result == SERVICE_OK); /* both verbs are defined wherever a review is open */
		n_open++;
		if (err && is_too_large(t, err))
			return false;
	}
	*ret_n = n_open;
	return true;
}

/* Nobody decided: what does the review say of it? */
static struct workflow_event last_word(const struct access_review *r)
{
	if (str_eq(r->auto_close_decision, STR(ACCESS_REVIEW_REVOKES)))
		return (struct workflow_event){
		    .verb = VERB_REVOKE, .comment = STR("Revoked: nobody decided until the access review closed")};
	if (str_eq(r->auto_close_decision, STR(ACCESS_REVIEW_SKIPS)))
		return (struct workflow_event){
		    .verb = VERB_CANCEL, .comment = STR("Skipped: nobody decided until the access review closed")};
	return (struct workflow_event){.verb = VERB_CANCEL};
}

enum service_result access_review_close(struct txn *t, struct access_review *r, size_t *ret_n, struct error *err)
{
	const struct workflow_event event = last_word(r);
	size_t n;

	if (!access_review_is(r, ACCESS_REVIEW_OPEN))
		return refuse(err, SERVICE_FAILED_PRECONDITION, "the access review is not open");
	if (!end_open(t, r, &event, &n, err))
		return SERVICE_FAILED_PRECONDITION;
	r->state = STR(ACCESS_REVIEW_CLOSED);
	r->closed_at_ms = t->now_ms;
	r->problem = STR_NONE;
	txn_put(t, &r->doc);
	*ret_n = n;
	return SERVICE_OK;
}

void access_review_delete(struct txn *t, const struct access_review *r)
{
	const struct workflow_event event = {.verb = VERB_CANCEL, .comment = STR("The access review was deleted")};
	size_t n;
	/* To cancel takes a few changes for each of ACCESS_REVIEW_MAX_REQUESTS: that always fits. */
	bool is_done = end_open(t, r, &event, &n, NULL);

	assert(is_done);
	txn_delete(t, DOC_ACCESS_REVIEW, r->doc.id);
}

/* ---- time -------------------------------------------------------------------------------------------------- */

bool access_review_fire(struct txn *t, const struct access_review *r)
{
	int64_t due = access_review_due_ms(r);
	bool is_open = access_review_is(r, ACCESS_REVIEW_OPEN);
	struct access_review next = *r;
	struct error err = {0};
	size_t n;

	if (due == 0 || due > t->now_ms)
		return false;
	if ((is_open ? access_review_close(t, &next, &n, &err) : access_review_start(t, &next, &n, &err)) == SERVICE_OK)
		return true;
	txn_forget(t);
	next = *r;
	next.starts_at_ms = is_open ? r->starts_at_ms : 0;
	next.ends_at_ms = is_open ? 0 : r->ends_at_ms;
	next.problem = str_of(err.text);
	txn_put(t, &next.doc);
	return true;
}
