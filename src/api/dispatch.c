/* SPDX-License-Identifier: Apache-2.0
 *
 * From an exchange to a dialect's handler and back, for all dialects.
 */
#include <errno.h>

#include "api/internal.h"
#include "base/clock.h"
#include "base/log.h"
#include "service/oauth.h"

static struct api *api_of(struct http_app *app)
{
	return CONTAINER_OF(app, struct api, app);
}

static struct api_call *new_call(struct api *api, struct http_exchange *x)
{
	struct api_call *call = ARENA_NEW(&x->arena, struct api_call);

	call->x = x;
	call->api = api;
	call->service = api->service;
	call->arena = &x->arena;
	call->dialect = api_find_dialect(api, x->path)->dialect;
	call->now_ms = call->present_ms = clock_now_ms();
	x->app = call;
	return call;
}

/* ---- who, and may they -------------------------------------------------------------------------------- */

static struct str key_text_of(const struct api_call *call)
{
	static const struct str bearer = STR_INIT("bearer ");
	struct str auth = http_header_get(call->x, STR("Authorization"));
	struct str key;

	if (auth.len > bearer.len && str_eq_nocase(str_slice(auth, 0, bearer.len), bearer))
		return str_trim(str_slice(auth, bearer.len, auth.len));
	key = http_header_get(call->x, STR("X-API-Key"));
	if (str_is_empty(key) && call->dialect->key_of)
		key = call->dialect->key_of(call->x);
	return str_is_empty(key) ? STR_NONE : key;
}

static enum auth_result find_caller(struct api_call *call, const struct snapshot *pending)
{
	enum auth_result r = service_authenticate(call->service, key_text_of(call), pending, call->present_ms,
	                                          call->arena, &call->caller);

	if (r != AUTH_OK || !call->caller.client || oauth_may_come_from(call->caller.client, call->x->remote))
		return r;
	call->caller = (struct caller){0};
	return AUTH_BAD;
}

static bool authenticate(struct api_call *call, const struct snapshot *pending)
{
	switch (find_caller(call, pending)) {
	case AUTH_OK:
		if (!pending && !call->is_trial)
			service_note_use(call->service, call->caller.key->doc.id, call->now_ms);
		call->snapshot = call->present = pending ? pending : org_snapshot(call->caller.org);
		return true;
	case AUTH_MISSING:
		http_answer_header(call->x, STR("WWW-Authenticate"), STR("Bearer realm=\"doorward\""));
		api_fail(call, SERVICE_UNAUTHENTICATED, 0, "no API key was sent");
		return false;
	case AUTH_BAD:
		break;
	}
	http_answer_header(call->x, STR("WWW-Authenticate"), STR("Bearer realm=\"doorward\", error=\"invalid_token\""));
	api_fail(call, SERVICE_UNAUTHENTICATED, 0, "the API key is not valid");
	return false;
}

/* The route's resource with the path's parameters in their places. */
static struct str expand_resource(struct api_call *call)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct str rest = str_of(call->route->resource);

	for (size_t open; (open = str_find(rest, '{', 0)) != SIZE_MAX;) {
		size_t close = str_find(rest, '}', open);
		char name[32];

		assert(close != SIZE_MAX && close - open < sizeof(name));
		memcpy(name, rest.ptr + open + 1, close - open - 1);
		name[close - open - 1] = '\0';
		buf_add(&b, str_slice(rest, 0, open));
		buf_add(&b, api_param(call, name));
		rest = str_slice(rest, close + 1, rest.len);
	}
	buf_add(&b, rest);
	return arena_str(call->arena, buf_str(&b));
}

static bool authorize(struct api_call *call)
{
	if (!call->route->action)
		return true;
	call->operation = str_of(call->route->action);
	call->target = expand_resource(call);
	return call->dialect->authorize ? call->dialect->authorize(call, call->operation, call->target)
	                                : api_authorize(call, call->operation, call->target);
}

/* May a client that is limited to roles do anything here? False after failing the call. */
static bool admit_limited(struct api_call *call)
{
	const struct oauth_client *client = call->caller.client;

	if (!client || client->scopes.n == 0 ||
	    (call->dialect->takes_limited_clients && (call->route->action || call->x->method == HTTP_GET)))
		return true;
	api_fail(call, SERVICE_DENIED, 0, "the client is limited to roles, which do not allow this");
	return false;
}

static bool is_for_anybody(const struct api_route *route)
{
	return route->action && route->action[0] == '\0';
}

/* May the caller, who is known, do it? False after failing the call. */
static bool permit(struct api_call *call)
{
	return admit_limited(call) && (!call->dialect->admit || call->dialect->admit(call)) && authorize(call);
}

/* Key and permission; false after failing the call. */
static bool admit(struct api_call *call, const struct snapshot *pending)
{
	if (is_for_anybody(call->route))
		return !call->dialect->admit_anybody || call->dialect->admit_anybody(call);
	return authenticate(call, pending) && permit(call);
}

/* ---- the answer --------------------------------------------------------------------------------------- */

/* What the change widened, or empty. In plain text of one line. */
static struct str warning_of(const struct api_call *call)
{
	return str_is_absent(call->warning) ? STR("") : call->warning;
}

static void finish_answer(struct api_call *call)
{
	struct http_exchange *x = call->x;

	if (x->out.overflowed)
		api_fail(call, SERVICE_INTERNAL, 0, "the answer is too large");
	if (call->revision)
		http_answer_header(x, STR("Doorward-Revision"),
		                   arena_strf(call->arena, "%llu", (unsigned long long)call->revision));
	if (call->is_trial)
		http_answer_header(x, STR("Doorward-Dry-Run"), STR("true"));
	if (!call->failed && !str_is_empty(warning_of(call)))
		http_answer_header(x, STR("Doorward-Warning"), warning_of(call));
	if (call->dialect->finish)
		call->dialect->finish(call);
}

/* Copies what lives in a snapshot: the note may outlive it. */
static struct audit_note note_of(struct api_call *call)
{
	return (struct audit_note){
	    .event = call->route->event ? str_of(call->route->event) : STR(""),
	    .credential = call->caller.key ? arena_str(call->arena, call->caller.key->doc.id) : STR(""),
	    .tenant = call->tenant.ptr ? arena_str(call->arena, call->tenant) : STR(""),
	    .method = http_method_name(call->x->method),
	    .path = call->x->path,
	    .warning = call->failed ? STR("") : warning_of(call),
	    .actor = call->caller.actor.ptr ? call->caller.actor : STR(""),
	    .via = str_of(call->dialect->name),
	    .operation = call->operation.ptr ? call->operation : STR(""),
	    .target = call->target.ptr ? call->target : STR(""),
	    .remote = call->x->remote.ptr ? call->x->remote : STR(""),
	    .request_id = call->x->request_id,
	    .status = call->x->status,
	};
}

/* ---- reads and writes ------------------------------------------------------------------------------------ */

static void finish_as_of(struct api_call *call);

/*
 * From a past state. Who is calling, and what they may do, is judged in the present, once more when the state had to be
 * built first. False: it has to be, and the call will be finished.
 */
static bool answer_as_of(struct api_call *call)
{
	enum as_of_result opened = AS_OF_FAILED;
	struct org *org = NULL;

	service_read_begin();
	if (authenticate(call, NULL)) {
		org = call->caller.org;
		opened = as_of_open(call);
	}
	if (opened == AS_OF_OPEN && permit(call) && api_read_body(call)) {
		call->revision = call->snapshot->revision;
		call->route->handle(call);
	}
	if (opened == AS_OF_WAIT)
		call->caller = (struct caller){0};
	service_read_end();
	as_of_close(call);
	if (opened == AS_OF_WAIT && as_of_wait(call, org, finish_as_of))
		return false;
	finish_answer(call);
	return true;
}

static void finish_as_of(struct api_call *call)
{
	/* With the state open it is not waited for again. */
	if (call->failed)
		finish_answer(call);
	else
		(void)answer_as_of(call);
	http_finish(call->x);
}

/* From the current snapshot, or a past one. False: the call will be finished later. */
static bool answer_read(struct api_call *call)
{
	if (call->as_of)
		return answer_as_of(call);
	service_read_begin();
	if (admit(call, NULL) && api_read_body(call)) {
		call->revision = call->snapshot ? call->snapshot->revision : 0;
		call->route->handle(call);
	}
	service_read_end();
	if (call->as_of)
		return answer_as_of(call);
	finish_answer(call);
	return true;
}

/* A read that waits until what is due has happened. */
struct api_wait {
	struct due_wait wait;
	struct api_call *call;
};

/* How long what was due may take to happen before calls are told that it has not. */
#define DUE_WITHIN_NS UINT64_C(10000000000)

/* What is due cannot be had: nothing is answered from a state that time has overtaken. */
static void fail_behind(struct api_call *call)
{
	http_answer_header(call->x, STR("Retry-After"), STR("1"));
	api_fail(call, SERVICE_UNAVAILABLE, 0, "what is due by now has not happened yet");
	finish_answer(call);
}

static void wait_done(struct due_wait *w, bool has_happened)
{
	struct api_call *call = CONTAINER_OF(w, struct api_wait, wait)->call;

	if (!has_happened)
		fail_behind(call);
	else if (!answer_read(call))
		return;
	http_finish(call->x);
}

static enum http_action wait_for_time(struct api_call *call)
{
	struct api_wait *w = ARENA_NEW(call->arena, struct api_wait);

	w->call = call;
	w->wait = (struct due_wait){
	    .now_ms = call->now_ms,
	    .deadline_ns = clock_monotonic_ns() + DUE_WITHIN_NS,
	    .arena = call->arena,
	    .done = wait_done,
	};
	if (service_wait_for_due(call->service, &w->wait))
		return HTTP_PENDING;
	fail_behind(call);
	return HTTP_ANSWERED;
}

static enum http_action run_read(struct api_call *call)
{
	/* What is due is no part of a past state: it was not done by then. */
	if (call->dialect->minds_time && !call->as_of && service_is_due(call->service, call->now_ms))
		return wait_for_time(call);
	return answer_read(call) ? HTTP_ANSWERED : HTTP_PENDING;
}

struct api_write {
	struct write_job job;
	struct api_call *call;
	struct audit_note note; /* of an audited read */
	uint64_t deadline_ns;   /* of clock_monotonic_ns(), for what is due to happen first */
	bool keeps_revision;    /* the call was answered at call->revision already */
	bool is_early;          /* it was not run: something is due that has not happened */
};

/* What came too often does nothing, nor does it fill the audit trail. */
static bool came_too_often(const struct api_call *call)
{
	return call->failed && call->x->status == 429;
}

/* Attempts that were refused leave a row; of routes with an event, all that failed do. */
static bool is_audited_failure(const struct api_call *call)
{
	return call->failed && !came_too_often(call) && (call->denied || (call->route->event && call->caller.org));
}

static enum write_verdict write_run(struct write_job *job, struct txn *t)
{
	struct api_write *w = CONTAINER_OF(job, struct api_write, job);
	struct api_call *call = w->call;

	w->is_early = call->dialect->minds_time && txn_is_behind(t);
	if (w->is_early)
		return WRITE_REFUSE;
	/* Once more, on the state that the change will be made to: the key or the permission may just have gone. */
	call->txn = t;
	call->now_ms = call->present_ms = t->now_ms;
	if (admit(call, t->snapshot)) {
		call->snapshot = t->snapshot;
		call->route->handle(call);
	}
	t->note = note_of(call);
	if (!call->failed)
		return call->is_trial ? WRITE_DRY_RUN : WRITE_ACCEPT;
	return is_audited_failure(call) ? WRITE_REFUSE_AUDITED : WRITE_REFUSE;
}

static void write_finish(struct write_job *job, int result, uint64_t revision)
{
	struct api_write *w = CONTAINER_OF(job, struct api_write, job);
	struct api_call *call = w->call;

	if (result == 0 && w->is_early) {
		if (clock_monotonic_ns() < w->deadline_ns && service_submit_behind_due(call->service, job))
			return;
		fail_behind(call);
		http_finish(call->x);
		return;
	}
	if (!w->keeps_revision || result != 0)
		call->revision = revision;
	if (result != 0) {
		const char *why = result == -ENOSPC  ? "the disk is full"
		                  : result == -EBUSY ? "the database is locked"
		                                     : "the store failed";
		call->x->n_answer = 0; /* what the handler said of success, e.g. Location */
		http_answer_header(call->x, STR("Retry-After"), STR("1"));
		api_fail(call, SERVICE_UNAVAILABLE, 0, "not stored: %s; nothing was changed", why);
	} else if (!call->failed && !call->is_trial && !str_is_empty(warning_of(call))) {
		log_msg(LOG_WARN, STR_FMT " " STR_FMT ": " STR_FMT, STR_ARG(call->operation), STR_ARG(call->target),
		        STR_ARG(call->warning));
	}
	finish_answer(call);
	http_finish(call->x);
}

/* Hands the call over to the writer; the job is complete but for its org. */
static enum http_action submit(struct api_call *call, struct api_write *w, struct org *org)
{
	w->call = call;
	w->job.org = org;
	w->job.arena = call->arena;
	w->job.finish = write_finish;
	/* What was found in a snapshot must not be touched again: the read section is over. */
	call->caller = (struct caller){0};
	call->snapshot = call->present = NULL;
	if (service_submit(call->service, &w->job))
		return HTTP_PENDING;
	http_answer_header(call->x, STR("Retry-After"), STR("1"));
	api_fail(call, SERVICE_UNAVAILABLE, 0, "too many changes are waiting");
	finish_answer(call);
	return HTTP_ANSWERED;
}

/* The answer stands already; what is left is its row in the audit trail. */
static enum write_verdict read_run(struct write_job *job, struct txn *t)
{
	const struct api_write *w = CONTAINER_OF(job, struct api_write, job);

	t->note = w->note;
	return w->call->failed ? WRITE_REFUSE_AUDITED : WRITE_ACCEPT;
}

/* Answered from the current snapshot as any read, and sent once its audit row is durable. */
static enum http_action run_audited_read(struct api_call *call)
{
	struct api_write *w = ARENA_NEW(call->arena, struct api_write);
	struct org *org;

	service_read_begin();
	if (admit(call, NULL) && api_read_body(call)) {
		call->revision = call->snapshot ? call->snapshot->revision : 0;
		call->route->handle(call);
	}
	org = call->caller.org;
	w->note = note_of(call);
	service_read_end();
	/* Nobody is known whose attempt it was, or it is not one. */
	if (!org || came_too_often(call)) {
		finish_answer(call);
		return HTTP_ANSWERED;
	}
	w->keeps_revision = true;
	w->job.run = read_run;
	return submit(call, w, org);
}

static enum http_action run_write(struct api_call *call)
{
	struct api_write *w = ARENA_NEW(call->arena, struct api_write);
	struct org *org = NULL;
	bool admitted;

	service_read_begin();
	admitted = admit(call, NULL);
	if (call->caller.org)
		org = call->caller.org;
	if (admitted)
		admitted = api_read_body(call);
	if (is_audited_failure(call)) {
		struct audit_note note = note_of(call);
		service_audit_refused(call->service, org, &note);
	}
	service_read_end();
	if (!admitted) {
		finish_answer(call);
		return HTTP_ANSWERED;
	}
	w->job.run = write_run;
	w->deadline_ns = clock_monotonic_ns() + DUE_WITHIN_NS;
	w->job.is_trial = call->is_trial;
	return submit(call, w, org);
}

/* The caller is found where the call looks: what is known of her lives as long as that is held. */
static enum http_action run_held(struct api_call *call)
{
	bool is_ready;

	service_read_begin();
	is_ready = authenticate(call, NULL) && as_of_hold_present(call) &&
	           authenticate(call, past_snapshot(call->past)) && permit(call) && api_read_body(call);
	service_read_end();
	if (is_ready) {
		call->revision = call->snapshot->revision;
		call->route->handle(call);
	}
	as_of_close(call);
	finish_answer(call);
	return HTTP_ANSWERED;
}

/* As write_run(), where nobody else is. */
static void run_trial(struct api_call *call, struct txn *t)
{
	call->is_trial = true;
	call->txn = t;
	call->now_ms = call->present_ms = t->now_ms;
	t->arena = call->arena;
	if (call->route->mode != API_WRITE || is_for_anybody(call->route)) {
		api_fail(call, SERVICE_INVALID, 0, "this is not a change of documents by somebody known");
		return;
	}
	service_read_begin();
	if (admit(call, t->snapshot) && api_read_body(call)) {
		assert(call->caller.org == t->org);
		call->snapshot = t->snapshot;
		call->route->handle(call);
	}
	service_read_end();
}

bool api_try(struct api_call *outer, struct http_exchange *x, struct txn *t)
{
	struct api_call *call = new_call(outer->api, x);

	if (api_find_route(outer->api, call))
		run_trial(call, t);
	if (x->out.overflowed)
		api_fail(call, SERVICE_INTERNAL, 0, "the answer is too large");
	return !call->failed;
}

static enum http_action handle(struct http_app *app, struct http_exchange *x)
{
	struct api *api = api_of(app);
	struct api_call *call = new_call(api, x);

	if (!api_find_route(api, call) || !as_of_read(call) || !dry_run_read(call)) {
		finish_answer(call);
		return HTTP_ANSWERED;
	}
	switch (call->route->mode) {
	case API_READ:
		return run_read(call);
	case API_AUDITED_READ:
		return run_audited_read(call);
	case API_HELD:
		return run_held(call);
	case API_WRITE:
		break;
	}
	return run_write(call);
}

static void refuse(struct http_app *app, struct http_exchange *x, enum http_refusal why, const char *text)
{
	struct api_call *call = new_call(api_of(app), x);

	api_fail(call, why == HTTP_REFUSE_UNAVAILABLE ? SERVICE_UNAVAILABLE : SERVICE_INVALID, (unsigned)why, "%s",
	         text);
	finish_answer(call);
}

static void done(struct http_app *app, struct http_exchange *x, bool sent)
{
	struct api *api = api_of(app);
	const struct api_call *call = x->app;
	uint64_t duration = clock_monotonic_ns() - x->started_ns;

	/* The peer went away before there was a request. */
	if (!call)
		return;
	metrics_count(api_metrics_of(api, call), x->status, duration);
	if (log_is_enabled(LOG_INFO))
		access_log(call, x, duration, sent);
}

struct http_app dispatch_app(void)
{
	return (struct http_app){.handle = handle, .refuse = refuse, .done = done};
}
