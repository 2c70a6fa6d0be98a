/* SPDX-License-Identifier: Apache-2.0 */
#include "api/authzen/requests.h"

#include <stdarg.h>

#include "api/authzen/binding.h"
#include "json/canonical.h"

#define PATH_TASK     PATH_ACCESS_REQUESTS "/{id}"
#define MAX_KEY_BYTES 255u
#define MAX_DEPTH     40u /* of a submission: parts of it are stored */

#define PROBLEM_URN   "urn:openid:authzen:access-request:error:"

struct problem {
	struct str type, title;
	enum service_result result;
	unsigned status;
};

static const struct problem problems[PROBLEM_N] = {
    [PROBLEM_NOT_REQUESTABLE] = {STR_INIT(PROBLEM_URN "not_requestable"), STR_INIT("Access is not requestable"),
                                 SERVICE_INVALID, 400},
    [PROBLEM_EXPIRED_DENIAL] = {STR_INIT(PROBLEM_URN "expired_denial"), STR_INIT("The denial has expired"),
                                SERVICE_INVALID, 410},
    [PROBLEM_INVALID_DENIAL_BINDING] = {STR_INIT(PROBLEM_URN "invalid_denial_binding"),
                                        STR_INIT("Not bound to a denial"), SERVICE_INVALID, 400},
    [PROBLEM_DUPLICATE_REQUEST] = {STR_INIT(PROBLEM_URN "duplicate_request"),
                                   STR_INIT("The key came with another request"), SERVICE_CONFLICT, 409},
    [PROBLEM_UNKNOWN_TASK] = {STR_INIT(PROBLEM_URN "unknown_task"), STR_INIT("Unknown task"), SERVICE_NOT_FOUND, 404},
    [PROBLEM_TASK_EXPIRED] = {STR_INIT(PROBLEM_URN "task_expired"), STR_INIT("The task has expired"), SERVICE_NOT_FOUND,
                              410},
    [PROBLEM_INVALID_TASK_STATE] = {STR_INIT(PROBLEM_URN "invalid_task_state"), STR_INIT("The task is over"),
                                    SERVICE_CONFLICT, 409},
};

/* ---- errors ---------------------------------------------------------------------------------------- */

/* What api_call.own points to. */
struct failing {
	const struct problem *problem;
};

void arap_fail(struct api_call *call, enum arap_problem problem, const char *fmt, ...)
{
	struct failing *failing = ARENA_NEW(call->arena, struct failing);
	char text[512];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	failing->problem = &problems[problem];
	call->own = failing;
	api_fail(call, failing->problem->result, failing->problem->status, "%s", text);
	call->own = NULL;
}

static struct str title_of(unsigned status)
{
	static const struct {
		unsigned status;
		struct str title;
	} titles[] = {
	    {400, STR_INIT("Bad Request")},         {401, STR_INIT("Unauthorized")},
	    {403, STR_INIT("Forbidden")},           {404, STR_INIT("Not Found")},
	    {405, STR_INIT("Method Not Allowed")},  {413, STR_INIT("Content Too Large")},
	    {503, STR_INIT("Service Unavailable")},
	};

	for (size_t i = 0; i < N_ELEMENTS(titles); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return STR("Error");
}

static void write_error(struct api_call *call, enum service_result result UNUSED, unsigned status, struct str text)
{
	const struct failing *failing = call->own;
	struct http_exchange *x = call->x;
	struct json_writer w = JSON_WRITER(&x->out);

	buf_clear(&x->out);
	json_begin_object(&w);
	json_put_str(&w, STR("type"), failing ? failing->problem->type : STR("about:blank"));
	json_put_str(&w, STR("title"), failing ? failing->problem->title : title_of(status));
	json_put_u64(&w, STR("status"), status);
	json_put_str(&w, STR("detail"), text);
	json_end_object(&w);
	x->content_type = STR("application/problem+json");
	x->status = status;
}

/* ---- submissions ----------------------------------------------------------------------------------- */

/* Absent: none was sent. False after failing the call. */
static bool read_key(struct api_call *call, struct str *ret)
{
	struct str key = http_header_get(call->x, STR("Idempotency-Key"));

	*ret = STR_NONE;
	if (str_is_absent(key))
		return true;
	for (size_t i = 0; i < key.len; i++)
		if (key.ptr[i] < ' ' || key.ptr[i] > '~')
			key.len = 0;
	if (key.len == 0 || key.len > MAX_KEY_BYTES || http_header_count(call->x, STR("Idempotency-Key")) > 1) {
		api_fail(call, SERVICE_INVALID, 0, "Idempotency-Key must be one text of 1 to %u printable characters",
		         MAX_KEY_BYTES);
		return false;
	}
	*ret = key;
	return true;
}

/* What is equal but for white space and the order of members has the same one. False after failing the call. */
static bool read_fingerprint(struct api_call *call, struct str *ret)
{
	struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	bool is_good = json_add_canonical(&text, call->body, MAX_DEPTH, call->arena) && !text.overflowed;

	if (is_good)
		*ret = binding_sha256(call->arena, buf_str(&text));
	else
		api_fail(call, SERVICE_INVALID, 0, "the body is nested too deep");
	buf_release(&text);
	return is_good;
}

static bool is_over(const struct api_call *call, const struct access_task *task)
{
	return call->now_ms >= task->expires_at_ms;
}

/* The same came before: the same answer. */
static void answer_again(struct api_call *call, const struct access_task *task, struct str fingerprint)
{
	struct task_state state;

	if (!str_eq(task->fingerprint, fingerprint)) {
		arap_fail(call, PROBLEM_DUPLICATE_REQUEST, "the Idempotency-Key came with another body before");
		return;
	}
	if (is_over(call, task)) {
		arap_fail(call, PROBLEM_TASK_EXPIRED, "the task that was made for this Idempotency-Key has expired");
		return;
	}
	access_task_look(call->snapshot, task, &state);
	arap_answer(call, &state, state.status == TASK_PENDING ? 202 : 201);
}

static void submit(struct api_call *call)
{
	struct access_task_new *n = ARENA_NEW(call->arena, struct access_task_new);
	struct task_state *state = ARENA_NEW(call->arena, struct task_state);
	const struct access_task *earlier;
	struct access_task made;
	struct error err = {0};
	enum service_result result;

	n->task.requester = call->caller.actor;
	if (!read_key(call, &n->task.idempotency_key) || !read_fingerprint(call, &n->task.fingerprint))
		return;
	earlier = access_task_by_key(call->snapshot, n->task.requester, n->task.idempotency_key, call->arena);
	if (earlier) {
		answer_again(call, earlier, n->task.fingerprint);
		return;
	}
	if (!arap_read_submission(call, n))
		return;
	result = access_task_create(call->txn, n, &made, state, &err);
	if (result != SERVICE_OK) {
		api_fail(call, result == SERVICE_NOT_FOUND ? SERVICE_INVALID : result, 0, "%s", err.text);
		return;
	}
	call->target = arena_concat(call->arena, STR("access_task:"), made.doc.id);
	arap_answer(call, state, state->status == TASK_PENDING ? 202 : 201);
}

/* ---- tasks ----------------------------------------------------------------------------------------- */

/*
 * The task of the path as the caller may see it; NULL after failing the call. One that the caller may not see is as
 * unknown as one that is not there.
 */
static const struct access_task *find_task(struct api_call *call, struct task_state *ret_state,
                                           enum task_sight *ret_sight)
{
	struct str id = api_param(call, "id");
	const struct access_task *task = FIND(call->snapshot, access_task, ACCESS_TASK, id);

	call->target = arena_concat(call->arena, STR("access_task:"), id);
	if (task)
		access_task_look(call->snapshot, task, ret_state);
	*ret_sight = task ? arap_sight(call, ret_state) : SIGHT_NONE;
	if (*ret_sight == SIGHT_NONE) {
		arap_fail(call, PROBLEM_UNKNOWN_TASK, "there is no such task");
		return NULL;
	}
	if (is_over(call, task)) {
		arap_fail(call, PROBLEM_TASK_EXPIRED, "the task has expired");
		return NULL;
	}
	return task;
}

static void show(struct api_call *call)
{
	struct task_state state;
	enum task_sight sight;

	if (find_task(call, &state, &sight))
		arap_answer(call, &state, 200);
}

/* Whoever submitted it may take it back, and whom it is for. To see it is not enough. */
static bool may_cancel(const struct api_call *call, const struct access_task *task, enum task_sight sight)
{
	return sight == SIGHT_MAKER || (str_eq(call->caller.type, STR("user")) && str_eq(call->caller.id, task->user));
}

static void cancel(struct api_call *call)
{
	const struct access_task *task;
	struct access_task cancelled;
	struct task_state state;
	enum task_sight sight;

	call->operation = STR("access:cancel");
	task = find_task(call, &state, &sight);
	if (!task)
		return;
	if (!may_cancel(call, task, sight)) {
		api_fail(call, SERVICE_DENIED, 0, "only who submitted the request, or whom it is for, can cancel it");
		return;
	}
	if (access_task_cancel(call->txn, task, &cancelled, &state) == SERVICE_OK)
		arap_answer(call, &state, 200);
	else
		arap_fail(call, PROBLEM_INVALID_TASK_STATE, "nothing of the task is pending");
}

/* ---- the dialect ----------------------------------------------------------------------------------- */

static const struct api_route routes[] = {
    {.method = HTTP_POST,
     .path = PATH_ACCESS_REQUESTS,
     .mode = API_WRITE,
     .body = API_JSON_BODY,
     .action = "access:request",
     .resource = "access",
     .handle = submit,
     .present_only = true},
    {.method = HTTP_GET,
     .path = PATH_TASK,
     .mode = API_READ,
     .body = API_NO_BODY,
     .handle = show,
     .present_only = true},
    {.method = HTTP_POST,
     .path = PATH_TASK "/cancel",
     .mode = API_WRITE,
     .body = API_OPTIONAL_JSON,
     .handle = cancel,
     .present_only = true},
    {.method = HTTP_DELETE,
     .path = PATH_TASK "/cancel",
     .mode = API_WRITE,
     .body = API_NO_BODY,
     .handle = cancel,
     .present_only = true},
};

static const char *const prefixes[] = {PATH_ACCESS_REQUESTS "/", NULL};
static const struct api_route_table table = {routes, N_ELEMENTS(routes)};
static const struct api_route_table *const tables[] = {&table};

const struct api_dialect api_access_requests = {
    .name = "access_requests",
    .prefixes = prefixes,
    .tables = tables,
    .n_tables = N_ELEMENTS(tables),
    .error = write_error,
    .minds_time = true,
    .wrong_content_type_status = 400,
};
