/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks as the profile shows them. Approvals are for who submitted the request alone; who decides is told where to, and
 * nobody is told who that is.
 */
#include "api/authzen/binding.h"
#include "api/authzen/requests.h"
#include "base/clock.h"
#include "workflow/workflow.h"

#define PATH_TICKETS  "/api/v1/tasks/"
#define RETRY_AFTER_S "5"

static bool is_request_admin(struct api_call *call)
{
	const struct permission manage = {.action = STR("conductorone:tasks:manage"),
	                                  .resource = STR("conductorone:tasks")};

	return verdict_allows(
	    service_authorize(call->present, &call->caller, &manage, call->present_ms, call->arena).verdict);
}

/* May the caller decide about the request as it is now? */
static bool may_decide(struct api_call *call, const struct access_request *r)
{
	const uint64_t approve = UINT64_C(1) << VERB_APPROVE;

	return r && str_eq(call->caller.type, STR("user")) &&
	       (requests_allowed(call->snapshot, r, call->caller.id, is_request_admin(call)) & approve);
}

static bool may_see(struct api_call *call, const struct access_request *r)
{
	return r && (str_list_has(r->decided_by, call->caller.id) || may_decide(call, r));
}

static bool is_maker(const struct api_call *call, const struct access_task *task)
{
	return str_eq(task->requester, call->caller.actor);
}

enum task_sight arap_sight(struct api_call *call, const struct task_state *state)
{
	if (is_maker(call, state->task))
		return SIGHT_MAKER;
	if (!str_eq(call->caller.type, STR("user")))
		return SIGHT_NONE;
	if (str_eq(call->caller.id, state->task->user) || is_request_admin(call))
		return SIGHT_STATUS;
	for (size_t i = 0; i < state->n; i++)
		if (may_see(call, state->items[i].request))
			return SIGHT_STATUS;
	return SIGHT_NONE;
}

/* ---- parts ----------------------------------------------------------------------------------------- */

static void put_time(struct json_writer *w, struct str name, int64_t ms)
{
	char text[32];

	json_put_str(w, name, time_format_rfc3339(ms, text));
}

static struct str url_of_task(struct api_call *call, const struct access_task *task)
{
	return arena_concat3(call->arena, api_public_url(call->api), STR(PATH_ACCESS_REQUESTS "/"), task->doc.id);
}

static void write_result(struct api_call *call, const struct task_state *state, const struct task_item *item,
                         struct json_writer *w)
{
	const struct approval approval = {item->approval, state->task->doc.id, item->approved_until_ms};
	const struct evaluation ev = {.subject = state->task->subject,
	                              .resource = json_get(item->json, STR("resource")),
	                              .action = json_get(item->json, STR("action")),
	                              .context = json_get(item->json, STR("context"))};
	struct str proof = STR_NONE;
	struct binding b;

	if (binding_of(call->arena, &ev, NULL, &b))
		proof = approval_sign(call, &approval, &b);
	json_key(w, STR("result"));
	json_begin_object(w);
	json_put_str(w, STR("mode"), STR("reevaluate"));
	json_key(w, STR("approval"));
	json_begin_object(w);
	json_put_str(w, STR("id"), item->approval);
	put_time(w, STR("approved_at"), item->approved_at_ms);
	put_time(w, STR("approved_until"), item->approved_until_ms);
	if (!str_is_absent(proof))
		json_put_str(w, STR("state"), proof);
	json_end_object(w);
	json_end_object(w);
}

static void write_items(struct api_call *call, const struct task_state *state, struct json_writer *w)
{
	json_key(w, STR("items"));
	json_begin_array(w);
	for (size_t i = 0; i < state->n; i++) {
		const struct task_item *item = &state->items[i];

		json_begin_object(w);
		json_put(w, STR("resource"), json_get(item->json, STR("resource")));
		json_put(w, STR("action"), json_get(item->json, STR("action")));
		json_put_str(w, STR("status"), task_status_name(item->status));
		if (item->status == TASK_APPROVED && is_maker(call, state->task))
			write_result(call, state, item, w);
		json_end_object(w);
	}
	json_end_array(w);
}

/* How far the request is; the last step is the current one. */
static void write_progress(const struct access_request *r, struct json_writer *w)
{
	const uint64_t ahead = json_is(r->queue, JSON_ARRAY) ? r->queue->n : 0;

	if (r->n_steps == 0)
		return;
	json_key(w, STR("progress"));
	json_begin_object(w);
	json_put_u64(w, STR("current_step"), r->n_steps);
	json_put_u64(w, STR("total_steps"), r->n_steps + ahead);
	json_end_object(w);
}

/* Where the access request itself can be looked at, and where it can be decided. */
static void write_links(struct api_call *call, const struct task_state *state, struct json_writer *w)
{
	const struct access_request *r = state->n == 1 ? state->items[0].request : NULL;
	struct str url =
	    r ? arena_concat3(call->arena, api_public_url(call->api), STR(PATH_TICKETS), r->doc.id) : STR_NONE;

	json_key(w, STR("links"));
	json_begin_object(w);
	if (state->status == TASK_PENDING && is_maker(call, state->task))
		json_put_str(w, STR("cancel"),
		             arena_concat(call->arena, url_of_task(call, state->task), STR("/cancel")));
	if (r)
		json_put_str(w, STR("ticket"), url);
	if (may_decide(call, r))
		json_put_str(w, STR("review"), arena_concat(call->arena, url, STR("/action/approve")));
	json_end_object(w);
}

static void write_display(const struct task_state *state, struct json_writer *w)
{
	static const struct str titles[] = {
	    [TASK_PENDING] = STR_INIT("Access was requested"),
	    [TASK_APPROVED] = STR_INIT("Access was approved"),
	    [TASK_DENIED] = STR_INIT("Access was denied"),
	    [TASK_EXPIRED] = STR_INIT("The request has expired"),
	    [TASK_CANCELLED] = STR_INIT("The request was cancelled"),
	    [TASK_FAILED] = STR_INIT("The request failed"),
	    [TASK_PARTIAL] = STR_INIT("The parts of the request ended in different ways"),
	};
	static_assert(N_ELEMENTS(titles) == TASK_N_STATUSES, "a title for each");

	json_key(w, STR("display"));
	json_begin_object(w);
	json_put_str(w, STR("title"), titles[state->status]);
	json_end_object(w);
}

/* ---- the whole ------------------------------------------------------------------------------------- */

static void begin_task(struct api_call *call, const struct task_state *state, struct json_writer *w)
{
	json_key(w, STR("task"));
	json_begin_object(w);
	json_put_str(w, STR("id"), state->task->doc.id);
	json_put_str(w, STR("status"), task_status_name(state->status));
	json_put_str(w, STR("status_endpoint"), url_of_task(call, state->task));
}

void arap_answer(struct api_call *call, const struct task_state *state, unsigned status)
{
	const struct task_item *first = &state->items[0];
	struct json_writer w = api_json_begin(call, status);

	json_begin_object(&w);
	begin_task(call, state, &w);
	if (state->status == TASK_PENDING && !state->task->is_bundle && first->request)
		write_progress(first->request, &w);
	put_time(&w, STR("expires_at"), state->task->expires_at_ms);
	write_links(call, state, &w);
	write_display(state, &w);
	if (state->task->is_bundle)
		write_items(call, state, &w);
	json_end_object(&w);
	if (!state->task->is_bundle && state->status == TASK_APPROVED && is_maker(call, state->task))
		write_result(call, state, first, &w);
	json_end_object(&w);
	api_json_end(call, &w);
	http_answer_header(call->x, STR("Cache-Control"), STR("no-store"));
	if (status != 200)
		http_answer_header(call->x, STR("Location"), url_of_task(call, state->task));
	if (state->status == TASK_PENDING)
		http_answer_header(call->x, STR("Retry-After"), STR(RETRY_AFTER_S));
}

void arap_write_notice(struct api_call *call, const struct task_state *state, struct json_writer *w)
{
	json_begin_object(w);
	if (state->task->webhook_state)
		json_put(w, STR("state"), state->task->webhook_state);
	begin_task(call, state, w);
	json_end_object(w);
	json_end_object(w);
}
