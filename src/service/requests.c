/* SPDX-License-Identifier: Apache-2.0 */
#include "service/request_internal.h"

#include "base/clock.h"
#include "base/strs.h"
#include "service/access_tasks.h"
#include "service/applications.h"
#include "service/webhooks.h"

/* ---- looking ---------------------------------------------------------------------------------------------------- */

const struct access_request *requests_find(const struct snapshot *s, struct str name, struct arena *a)
{
	const struct access_request *r = str_is_empty(name) ? NULL : FIND(s, access_request, ACCESS_REQUEST, name);
	const struct document *const *docs;
	uint64_t number;

	if (r || !str_to_u64(name, &number))
		return r;
	return snapshot_linked(s, DOC_ACCESS_REQUEST, arena_concat(a, STR("number:"), name), a, &docs)
	           ? as_access_request(docs[0])
	           : NULL;
}

size_t requests_events(const struct snapshot *s, struct str request, struct arena *a,
                       const struct document *const **ret)
{
	return snapshot_linked(s, DOC_REQUEST_EVENT, arena_concat(a, STR("request:"), request), a, ret);
}

static struct str entitlement_id(struct arena *a, struct str app, struct str id)
{
	return arena_concat3(a, app, STR("/"), id);
}

static struct str binding_id(struct arena *a, const struct access_request *r)
{
	return arena_concat3(a, entitlement_id(a, r->app, r->entitlement_id), STR("/"), r->account_id);
}

static struct workflow workflow_of(const struct snapshot *s, struct request_host *host, struct arena *a,
                                   const struct access_request *r)
{
	return (struct workflow){
	    .host = &request_host,
	    .ctx = host,
	    .arena = a,
	    .now_ms = host->now_ms,
	    .entitlement = FIND(s, app_entitlement, APP_ENTITLEMENT, entitlement_id(a, r->app, r->entitlement_id)),
	    .action = str_is_empty(r->action_id)
	                  ? NULL
	                  : FIND(s, app_action, APP_ACTION, entitlement_id(a, r->app, r->action_id)),
	};
}

static_assert(VERB_N <= 64, "a bit for each verb");
uint64_t requests_allowed(const struct snapshot *s, const struct access_request *r, struct str actor, bool is_admin)
{
	struct request_host host = {.snapshot = s};
	struct arena a = ARENA_INIT;
	struct workflow w = workflow_of(s, &host, &a, r);
	uint64_t allowed = 0;

	for (enum workflow_verb verb = VERB_START; verb < VERB_N; verb++)
		if (workflow_may(&w, r, verb, actor, is_admin))
			allowed |= UINT64_C(1) << verb;
	arena_release(&a);
	return allowed;
}

/* ---- bindings --------------------------------------------------------------------------------------------------- */

/* The account that a grant is for; one is made for the user who has none in the application. */
static void make_account(struct txn *t, struct access_request *r)
{
	const struct user *user = FIND(t->snapshot, user, USER, r->user);
	struct app_user account = {.app = r->app, .user = r->user, .type = STR("USER"), .status = STR("ENABLED")};

	if (!str_is_empty(r->account_id))
		return;
	r->account_id = request_host.new_id(NULL, t->arena);
	account.doc = (struct document){.kind = DOC_APP_USER, .id = entitlement_id(t->arena, r->app, r->account_id)};
	account.account_id = r->account_id;
	account.display_name = user && user->display_name.len ? user->display_name : r->user;
	account.email = user ? user->email : STR_NONE;
	account.username = r->user;
	txn_put(t, &account.doc);
}

static void bind(struct txn *t, struct access_request *r)
{
	struct entitlement_binding b = {.app = r->app, .entitlement_id = r->entitlement_id, .user = r->user};

	make_account(t, r);
	b.doc = (struct document){.kind = DOC_ENTITLEMENT_BINDING, .id = binding_id(t->arena, r)};
	b.account_id = r->account_id;
	b.request = r->doc.id;
	if (r->duration_ms && __builtin_add_overflow(t->now_ms, r->duration_ms, &b.expires_at_ms))
		b.expires_at_ms = INT64_MAX;
	if (r->until_ms && (!b.expires_at_ms || r->until_ms < b.expires_at_ms))
		b.expires_at_ms = r->until_ms;
	txn_put(t, &b.doc);
}

static void unbind(struct txn *t, const struct access_request *r)
{
	const struct entitlement_binding *b =
	    FIND(t->snapshot, entitlement_binding, ENTITLEMENT_BINDING, binding_id(t->arena, r));

	if (!b)
		return;
	txn_delete(t, DOC_ENTITLEMENT_BINDING, b->doc.id);
	requests_end_for(t, b, r);
}

/* ---- storing ---------------------------------------------------------------------------------------------------- */

static void put_events(struct txn *t, const struct workflow_next *next)
{
	int64_t first = next->request.n_events - (int64_t)next->n_events + 1;

	for (size_t i = 0; i < next->n_events; i++) {
		struct request_event event = next->events[i];

		event.doc = (struct document){
		    .kind = DOC_REQUEST_EVENT,
		    .id = arena_strf(t->arena, STR_FMT "/%lld", STR_ARG(next->request.doc.id),
		                     (long long)(first + (int64_t)i)),
		};
		event.request = next->request.doc.id;
		txn_put(t, &event.doc);
	}
}

static void revoke_reviewed(struct txn *t, const struct access_request *r, struct str account)
{
	const struct json_member review[] = {
	    {STR_INIT("accessReviewId"), {.type = JSON_STRING, .s = r->review}},
	    {STR_INIT("certTicketId"), {.type = JSON_STRING, .s = r->doc.id}},
	};
	const struct json_member source[] = {
	    {STR_INIT("review"), {.type = JSON_OBJECT, .n = N_ELEMENTS(review), .members = review}},
	};
	const struct json message = {.type = JSON_OBJECT, .n = 1, .members = source};
	struct request_new n = {
	    .type = REQUEST_REVOKE,
	    .app = r->app,
	    .entitlement_id = r->entitlement_id,
	    .account_id = account,
	    .user = r->user,
	    .description = STR("Decertified in an access review"),
	    .origin = STR("ACCESS_REVIEW"),
	    .source = json_copy(t->arena, &message),
	    .review = r->review,
	};
	struct access_request made;
	struct error err;

	/* What is not there (any more), or is being revoked already, needs no request. */
	if (requests_create(t, &n, &made, &err) != SERVICE_OK)
		return;
}

/* The bindings by which the user has the entitlement, over or not. */
static size_t bindings_of(struct txn *t, struct str user, const struct document *const **ret)
{
	return str_is_empty(user) ? 0
	                          : snapshot_linked(t->snapshot, DOC_ENTITLEMENT_BINDING,
	                                            arena_concat(t->arena, STR("user:"), user), t->arena, ret);
}

/*
 * A review said that access is to go: requests follow the entitlement's revoke policy. It was asked about the person,
 * so they are about each account through which she has it.
 */
static void revoke_all_reviewed(struct txn *t, const struct access_request *r)
{
	const struct document *const *docs;
	size_t n = bindings_of(t, r->user, &docs);

	if (str_is_empty(r->user))
		revoke_reviewed(t, r, r->account_id);
	for (size_t i = 0; i < n; i++) {
		const struct entitlement_binding *b = as_entitlement_binding(docs[i]);

		if (str_eq(b->app, r->app) && str_eq(b->entitlement_id, r->entitlement_id))
			revoke_reviewed(t, r, b->account_id);
	}
}

/* A program is asked about the current step only. */
static void put_call(struct txn *t, const struct access_request *old, const struct workflow_next *next)
{
	const struct request_step *before = workflow_current(old), *now = workflow_current(&next->request);

	if (before && !(now && str_eq(now->id, before->id)))
		txn_delete(t, DOC_WEBHOOK_CALL, before->id);
	if (next->effects & EFFECT_CALL_WEBHOOK && now)
		webhook_call_begin(t, &next->request);
}

/* Nothing has to be waited for: it is over as soon as it has begun. */
static void end_at_once(struct txn *t, struct workflow_next *next)
{
	const struct workflow_event event = {.verb = VERB_PARTS_OVER};
	const struct access_request begun = next->request;
	struct error err;

	put_events(t, next);
	enum service_result result = requests_act(t, &begun, &event, &next->request, &err);
	assert(result == SERVICE_OK); /* it waits for just that */
}

static void put_next(struct txn *t, const struct access_request *old, struct workflow_next *next)
{
	struct access_request *r = &next->request;

	if (next->effects & EFFECT_OFFBOARD && !request_begin_parts(t, r)) {
		end_at_once(t, next);
		return;
	}
	put_call(t, old, next);
	if (next->effects & EFFECT_BIND)
		bind(t, r);
	if (next->effects & EFFECT_UNBIND)
		unbind(t, r);
	if (next->effects & EFFECT_CREATE)
		request_create_entitlement(t, r);
	put_events(t, next);
	txn_put(t, &r->doc);
	if (next->effects & EFFECT_CANCEL_PARTS)
		request_cancel_parts(t, r);
	if (r->state == REQUEST_CLOSED && !str_is_empty(r->parent))
		request_end_part(t, r);
	if (r->state == REQUEST_CLOSED)
		access_tasks_request_closed(t, r);
	if (next->effects & EFFECT_REVOKE)
		revoke_all_reviewed(t, r);
}

enum service_result requests_act(struct txn *t, const struct access_request *r, const struct workflow_event *event,
                                 struct access_request *ret, struct error *err)
{
	struct request_host host = {t->snapshot, service_expressions(t->service), t->now_ms};
	struct workflow w = workflow_of(t->snapshot, &host, t->arena, r);
	struct workflow_next next;

	if (workflow_run(&w, r, event, &next, err) != WORKFLOW_OK)
		return SERVICE_INVALID;
	put_next(t, r, &next);
	*ret = next.request;
	ret->doc.updated_at_ms = t->now_ms;
	return SERVICE_OK;
}

void requests_cancel(struct txn *t, const struct access_request *r)
{
	const struct workflow_event event = {.verb = VERB_CANCEL};
	bool has_relatives = r->type == REQUEST_OFFBOARDING || !str_is_empty(r->parent);
	struct access_request next;
	enum service_result result;
	struct error err;

	/* Parts may have gone with what they are part of, and have ended it. */
	if (r->state != REQUEST_OPEN || (has_relatives && request_is_changed(t, DOC_ACCESS_REQUEST, r->doc.id)))
		return;
	result = requests_act(t, r, &event, &next, &err);
	assert(result == SERVICE_OK); /* whatever is open can be cancelled */
}

static bool is_spared(const struct access_request *r, const struct access_request *by)
{
	return by && (str_eq(r->doc.id, by->doc.id) || (!str_is_empty(by->review) && str_eq(r->review, by->review)));
}

/* Does the person still have the entitlement, through another account? Then a review still has something to ask. */
static bool has_otherwise(struct txn *t, const struct entitlement_binding *b)
{
	const struct document *const *docs;
	size_t n = bindings_of(t, b->user, &docs);

	for (size_t i = 0; i < n; i++) {
		const struct entitlement_binding *other = as_entitlement_binding(docs[i]);

		if (str_eq(other->app, b->app) && str_eq(other->entitlement_id, b->entitlement_id) &&
		    !str_eq(other->account_id, b->account_id) && entitlement_binding_is_live(other, t->now_ms))
			return true;
	}
	return false;
}

/* The open requests about the same entitlement and the same user or account as this one. They are few. */
static size_t open_like(struct txn *t, const struct access_request *about, enum request_party party,
                        const struct document *const **ret)
{
	struct str link = open_request_link(t->arena, about, party);

	return str_is_absent(link) ? 0 : snapshot_linked(t->snapshot, DOC_ACCESS_REQUEST, link, t->arena, ret);
}

/* Ids may have slashes, which links are made with. */
static bool is_about(const struct access_request *r, struct str app, struct str entitlement)
{
	return str_eq(r->app, app) && str_eq(r->entitlement_id, entitlement);
}

/* REQUEST_USER: of requests about the person those that name another of her accounts. */
static void end_like(struct txn *t, const struct entitlement_binding *b, const struct access_request *by,
                     enum request_party party)
{
	const struct access_request about = {
	    .app = b->app, .entitlement_id = b->entitlement_id, .account_id = b->account_id, .user = b->user};
	const struct document *const *docs;
	size_t n = open_like(t, &about, party, &docs);

	for (size_t i = 0; i < n; i++) {
		const struct access_request *r = as_access_request(docs[i]);

		if (r->type == REQUEST_GRANT || !is_about(r, b->app, b->entitlement_id) || is_spared(r, by) ||
		    (party == REQUEST_USER && (r->type != REQUEST_CERTIFY || str_eq(r->account_id, b->account_id))) ||
		    (r->type == REQUEST_CERTIFY && has_otherwise(t, b)))
			continue;
		requests_cancel(t, r);
	}
}

void requests_end_for(struct txn *t, const struct entitlement_binding *b, const struct access_request *by)
{
	end_like(t, b, by, REQUEST_ACCOUNT);
	end_like(t, b, by, REQUEST_USER);
}

/* ---- making ----------------------------------------------------------------------------------------------------- */

enum service_result request_refuse(struct error *err, enum service_result result, const char *text)
{
	(void)error_set(err, (int)result, "%s", text);
	return result;
}

/* The user's account in the application: the first, if there are several and none is named. */
static const struct app_user *account_of(const struct snapshot *s, struct str app, struct str user, struct arena *a)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(s, DOC_APP_USER, arena_concat(a, STR("user:"), user), a, &docs);

	for (size_t i = 0; i < n; i++)
		if (str_eq(as_app_user(docs[i])->app, app))
			return as_app_user(docs[i]);
	return NULL;
}

/* Finds out who and which account; both may be named if they belong together. */
static enum service_result find_target(struct txn *t, struct request_new *n, struct error *err)
{
	const struct app_user *account = NULL;
	const struct document *user;

	if (str_is_empty(n->account_id) && str_is_empty(n->user))
		return request_refuse(err, SERVICE_INVALID, "user_id is required");
	if (!str_is_empty(n->account_id)) {
		account = FIND(t->snapshot, app_user, APP_USER, entitlement_id(t->arena, n->app, n->account_id));
		if (!account)
			return request_refuse(err, SERVICE_NOT_FOUND, "app user not found");
	}
	if (!str_is_empty(n->user)) {
		user = snapshot_find_any(t->snapshot, DOC_USER, n->user);
		if (!user)
			return request_refuse(err, SERVICE_NOT_FOUND, "user not found");
		n->user = user->id;
	}
	if (account && !str_is_empty(n->user) && !str_eq(account->user, n->user))
		return request_refuse(err, SERVICE_INVALID, "the app user does not belong to the identity user");
	if (account)
		n->user = account->user;
	else
		account = account_of(t->snapshot, n->app, n->user, t->arena);
	n->account_id = account ? account->account_id : STR_NONE;
	return SERVICE_OK;
}

static enum service_result refuse_duplicate(struct txn *t, struct request_new *n, struct error *err)
{
	const struct access_request about = {
	    .app = n->app, .entitlement_id = n->entitlement_id, .user = n->user, .account_id = n->account_id};
	/* What is taken away is taken from an account; else it is about the person, if there is one. */
	bool by_account = str_is_empty(n->user) || n->type == REQUEST_REVOKE;
	enum request_party party = by_account ? REQUEST_ACCOUNT : REQUEST_USER;
	const struct document *const *docs;
	size_t n_open = open_like(t, &about, party, &docs);

	for (size_t i = 0; i < n_open; i++) {
		const struct access_request *r = as_access_request(docs[i]);

		if (r->type != n->type || !is_about(r, n->app, n->entitlement_id))
			continue;
		n->duplicate = docs[i]->id;
		return request_refuse(err, SERVICE_CONFLICT, "duplicate ticket found");
	}
	return SERVICE_OK;
}

/* What has an end at most so far away is not granted for longer, nor for ever. */
static enum service_result limit_duration(const struct app_entitlement *e, struct request_new *n, struct error *err)
{
	if (n->duration_ms < 0)
		return request_refuse(err, SERVICE_INVALID, "grant duration must not be negative");
	if (e->max_duration_ms && n->duration_ms > e->max_duration_ms) {
		(void)error_set(err, (int)SERVICE_INVALID,
		                "grant duration must be less than or equal to max provision time (%llds)",
		                (long long)(e->max_duration_ms / 1000));
		return SERVICE_INVALID;
	}
	if (n->duration_ms == 0)
		n->duration_ms = e->max_duration_ms;
	return SERVICE_OK;
}

/* Whoever asks for access in an emergency must not get an ordinary request that only looks like one. */
static enum service_result check_emergency(const struct app_entitlement *e, const struct request_new *n,
                                           struct error *err)
{
	if (!n->is_emergency || (e->has_emergency_access && !str_is_empty(e->emergency_policy)))
		return SERVICE_OK;
	return request_refuse(err, SERVICE_INVALID, "emergency access is not enabled for this entitlement");
}

static enum service_result check_new(struct txn *t, struct request_new *n, struct error *err)
{
	const struct app_entitlement *e;
	enum service_result r;

	if (!FIND(t->snapshot, app, APP, n->app))
		return request_refuse(err, SERVICE_NOT_FOUND, "app not found");
	e = FIND(t->snapshot, app_entitlement, APP_ENTITLEMENT, entitlement_id(t->arena, n->app, n->entitlement_id));
	if (!e)
		return request_refuse(err, SERVICE_NOT_FOUND, "app entitlement not found");
	if (n->description.len > REQUEST_MAX_TEXT_BYTES)
		return request_refuse(err, SERVICE_INVALID, "description is too long");
	r = find_target(t, n, err);
	if (r == SERVICE_OK)
		r = check_emergency(e, n, err);
	if (r == SERVICE_OK && n->type == REQUEST_GRANT)
		r = limit_duration(e, n, err);
	if (r == SERVICE_OK)
		r = refuse_duplicate(t, n, err);
	return r;
}

/* Requests are never deleted: the next number is that of those there are, and one more. */
static int64_t next_number(struct txn *t)
{
	return (int64_t)(t->snapshot->n_docs[DOC_ACCESS_REQUEST] + ++t->n_requests_made);
}

struct access_request request_blank(struct txn *t, const struct request_new *n)
{
	return (struct access_request){
	    .doc = {.kind = DOC_ACCESS_REQUEST, .id = request_host.new_id(NULL, t->arena), .created_at_ms = t->now_ms},
	    .number = next_number(t),
	    .type = n->type,
	    .description = n->description,
	    .app = n->app,
	    .entitlement_id = n->entitlement_id,
	    .account_id = n->account_id,
	    .user = n->user,
	    .created_by = n->created_by,
	    .duration_ms = n->duration_ms,
	    .until_ms = n->until_ms,
	    .is_emergency = n->is_emergency,
	    .origin = n->origin,
	    .source = n->source,
	    .data = n->data,
	    .review = n->review,
	    .parent = n->parent,
	};
}

enum service_result request_start(struct txn *t, const struct access_request *r, const struct workflow_event *start,
                                  struct access_request *ret, struct error *err)
{
	enum service_result result = requests_act(t, r, start, ret, err);

	if (result != SERVICE_OK)
		t->n_requests_made--; /* refused before anything was put */
	return result;
}

enum service_result requests_create(struct txn *t, struct request_new *n, struct access_request *ret, struct error *err)
{
	const struct workflow_event start = {.verb = VERB_START, .actor = n->created_by, .steps = n->steps};
	enum service_result result = check_new(t, n, err);
	struct access_request r;

	if (result != SERVICE_OK)
		return result;
	r = request_blank(t, n);
	if (n->type == REQUEST_REVOKE &&
	    !snapshot_find(t->snapshot, DOC_ENTITLEMENT_BINDING, binding_id(t->arena, &r))) {
		t->n_requests_made--;
		return request_refuse(err, SERVICE_NOT_FOUND, "grant not found");
	}
	return request_start(t, &r, &start, ret, err);
}

/* ---- time ------------------------------------------------------------------------------------------------------- */

/* Decided when it was granted: nobody is asked whether what has come to its end ends. */
static const struct json_member accept_step[] = {{STR_INIT("accept"), {.type = JSON_OBJECT}}};
static const struct json accept_steps[] = {{.type = JSON_OBJECT, .n = 1, .members = accept_step}};
static const struct json accept = {.type = JSON_ARRAY, .n = 1, .items = accept_steps};

static bool expire(struct txn *t, const struct entitlement_binding *b)
{
	char text[32];
	const struct json_member at = {STR_INIT("expiredAt"),
	                               {.type = JSON_STRING, .s = time_format_rfc3339(b->expires_at_ms, text)}};
	const struct json_member expired = {STR_INIT("expired"), {.type = JSON_OBJECT, .n = 1, .members = &at}};
	const struct json source = {.type = JSON_OBJECT, .n = 1, .members = &expired};
	struct request_new n = {
	    .type = REQUEST_REVOKE,
	    .app = b->app,
	    .entitlement_id = b->entitlement_id,
	    .account_id = b->account_id,
	    .description = STR("The time it was granted for is over"),
	    .origin = STR("TIME_REVOKE"),
	    .source = json_copy(t->arena, &source),
	    .steps = &accept,
	};
	struct access_request made;
	struct error err;

	if (b->expires_at_ms == 0 || b->expires_at_ms > t->now_ms)
		return false;
	/* One that was open to take it away has nothing left to do; when even that cannot be told, the binding goes. */
	if (requests_create(t, &n, &made, &err) != SERVICE_OK) {
		const struct access_request *open =
		    str_is_empty(n.duplicate) ? NULL : FIND(t->snapshot, access_request, ACCESS_REQUEST, n.duplicate);

		txn_delete(t, DOC_ENTITLEMENT_BINDING, b->doc.id);
		if (open)
			requests_cancel(t, open);
	}
	return true;
}

bool requests_fire(struct txn *t, enum document_kind kind, struct str id)
{
	const struct workflow_event event = {.verb = VERB_TIMER};
	const struct document *doc = snapshot_find(t->snapshot, kind, id);
	struct access_request next;
	struct error err;
	int64_t due;

	if (!doc)
		return false;
	if (kind == DOC_ENTITLEMENT_BINDING)
		return expire(t, as_entitlement_binding(doc));
	if (kind == DOC_WEBHOOK_CALL)
		return webhook_call_expire(t, as_webhook_call(doc));
	due = workflow_due_ms(as_access_request(doc));
	return due != 0 && due <= t->now_ms &&
	       requests_act(t, as_access_request(doc), &event, &next, &err) == SERVICE_OK;
}
