/* SPDX-License-Identifier: Apache-2.0 */
#include "api/authzen/profile.h"

#include "api/authzen/binding.h"
#include "base/clock.h"
#include "policy/requestable.h"
#include "service/access_tasks.h"
#include "service/requests.h"

/* How soon a grant that another node has made is looked for again. */
#define RETRY_AFTER_S 5

/* What is known of an approval that was presented. */
enum presented {
	PRESENTED_NONE,
	PRESENTED_HOLDS,
	PRESENTED_EXPIRED,
	PRESENTED_OTHER,   /* holds, for another question */
	PRESENTED_AHEAD,   /* is proved, and what it brought is not here yet */
	PRESENTED_UNKNOWN, /* cannot be verified */
	PRESENTED_FALSE,   /* comes with a proof that is none */
	PRESENTED_N
};

static const struct {
	struct str reason;
	bool can_ask_again;
} known[PRESENTED_N] = {
    [PRESENTED_NONE] = {STR_INIT("approval_required"), true},
    [PRESENTED_HOLDS] = {STR_INIT("policy_denied"), false},
    [PRESENTED_EXPIRED] = {STR_INIT("approval_expired"), true},
    [PRESENTED_OTHER] = {STR_INIT("out_of_scope"), true},
    [PRESENTED_AHEAD] = {STR_INIT("grant_pending"), false},
    [PRESENTED_UNKNOWN] = {STR_INIT("approval_unverifiable"), false},
    [PRESENTED_FALSE] = {STR_INIT("approval_unverifiable"), false},
};

/* ---- approvals ------------------------------------------------------------------------------------- */

static const struct task_item *find_item(const struct task_state *state, struct str approval)
{
	for (size_t i = 0; i < state->n; i++)
		if (state->items[i].status == TASK_APPROVED && str_eq(state->items[i].approval, approval))
			return &state->items[i];
	return NULL;
}

static const struct json *names_of(struct arena *a, const struct json *context)
{
	uint32_t n = json_is(context, JSON_OBJECT) ? context->n : 0;
	struct json *names = ARENA_ARRAY(a, struct json, n), *list = ARENA_NEW(a, struct json);

	for (uint32_t i = 0; i < n; i++)
		names[i] = (struct json){.type = JSON_STRING, .s = context->members[i].name};
	*list = (struct json){.type = JSON_ARRAY, .n = n, .items = names};
	return list;
}

/* Is it the question that was approved? */
static bool is_in_scope(struct arena *a, const struct access_task *task, const struct json *item,
                        const struct evaluation *ev)
{
	const struct json nothing = {.type = JSON_OBJECT}, *context = json_get(item, STR("context"));
	struct binding now;

	return binding_of(a, ev, names_of(a, context), &now) && json_equal(now.subject, task->subject) &&
	       json_equal(now.resource, json_get(item, STR("resource"))) &&
	       json_equal(now.action, json_get(item, STR("action"))) &&
	       json_equal(now.context, context ? context : &nothing);
}

/* Of an approval that is recorded here. Whoever asked for it may present it, and nobody else. */
static enum presented judge_recorded(struct api_call *call, const struct access_task *task, struct str id,
                                     const struct evaluation *ev, struct profile_answer *ret)
{
	const struct task_item *item;
	struct task_state state;

	access_task_look(call->snapshot, task, &state);
	item = find_item(&state, id);
	if (!item || !str_eq(task->requester, call->caller.actor))
		return PRESENTED_UNKNOWN;
	if (!access_task_holds(call->snapshot, item, call->now_ms))
		return PRESENTED_EXPIRED;
	if (!is_in_scope(call->arena, task, item->json, ev))
		return PRESENTED_OTHER;
	ret->approval = id;
	ret->approved_until_ms = item->approved_until_ms;
	return PRESENTED_HOLDS;
}

/* By its proof alone: it was made on another node, whose changes are not here yet, or was forgotten. */
static enum presented judge_unrecorded(enum approval_result proved)
{
	switch (proved) {
	case APPROVAL_TRUE:
		return PRESENTED_AHEAD;
	case APPROVAL_EXPIRED:
		return PRESENTED_EXPIRED;
	case APPROVAL_OTHER:
		return PRESENTED_OTHER;
	case APPROVAL_FALSE:
		break;
	}
	return PRESENTED_FALSE;
}

static enum presented judge(struct api_call *call, const struct evaluation *ev, struct profile_answer *ret)
{
	const struct json *approval = json_get(ev->context, STR("approval"));
	const struct json *state = json_get(approval, STR("state"));
	struct str id = json_get_str(approval, STR("id"));
	const struct access_task *task;
	enum approval_result proved = APPROVAL_TRUE;

	if (!approval || approval->type == JSON_NULL)
		return PRESENTED_NONE;
	if (state)
		proved = approval_check(call, json_str(state), id, ev);
	if (proved == APPROVAL_FALSE)
		return PRESENTED_FALSE;
	task = access_task_by_approval(call->snapshot, id, call->arena);
	if (!task)
		return state ? judge_unrecorded(proved) : PRESENTED_UNKNOWN;
	return proved == APPROVAL_TRUE ? judge_recorded(call, task, id, ev, ret) : judge_unrecorded(proved);
}

/* ---- denials --------------------------------------------------------------------------------------- */

/* Would a request be turned away as soon as it is made? Then there is nothing to ask for. */
static bool is_refused_at_once(struct api_call *call, const struct requestable *r)
{
	return !r->open &&
	       requests_route(call->snapshot, service_expressions(call->service), call->now_ms, r, call->arena)
	           .is_refused;
}

static void make_requestable(struct api_call *call, const struct evaluation *ev, const struct ask *ask,
                             struct profile_answer *ret)
{
	struct requestable r = requestable_find(call->snapshot, ask, call->arena);
	const struct app *app;
	struct binding b;
	struct denial d;

	if (r.why == REQUESTABLE_NO || is_refused_at_once(call, &r) || !binding_of(call->arena, ev, NULL, &b))
		return;
	d = denial_make(call, &b);
	if (str_is_absent(d.token))
		return;
	app = FIND(call->snapshot, app, APP, r.entitlement->app);
	ret->is_requestable = true;
	ret->evaluation = d.evaluation;
	ret->token = d.token;
	ret->expires_at_ms = d.expires_at_ms;
	ret->template = r.entitlement->doc.id;
	ret->title = arena_strf(call->arena, "Request " STR_FMT " in " STR_FMT, STR_ARG(r.entitlement->display_name),
	                        STR_ARG(app->display_name));
}

static void explain_denial(struct api_call *call, const struct evaluation *ev, const struct ask *ask,
                           enum presented presented, struct profile_answer *ret)
{
	if (known[presented].can_ask_again)
		make_requestable(call, ev, ask, ret);
	if (presented == PRESENTED_NONE && !ret->is_requestable)
		return;
	ret->is_said = true;
	ret->reason = known[presented].reason;
	ret->approval = STR_NONE;
	if (presented == PRESENTED_NONE)
		return;
	ret->next_action = ret->is_requestable ? STR("request") : STR("none");
	if (presented == PRESENTED_AHEAD) {
		ret->next_action = STR("retry");
		ret->retry_after_s = RETRY_AFTER_S;
	}
}

struct profile_answer profile_look(struct api_call *call, const struct evaluation *ev, const struct ask *ask,
                                   bool allowed)
{
	struct profile_answer answer = {0};
	enum presented presented;

	if (!api_has_feature(call->api, API_FEATURE_ARAP))
		return answer;
	presented = judge(call, ev, &answer);
	/* A false proof was one always, and decides the same when the decision is replayed. What else is said is of
	 * now. */
	if (call->past)
		return (struct profile_answer){.is_rejected = presented == PRESENTED_FALSE};
	answer.is_rejected = presented == PRESENTED_FALSE;
	if (allowed && !answer.is_rejected)
		answer.is_said = presented == PRESENTED_HOLDS;
	else
		explain_denial(call, ev, ask, presented, &answer);
	return answer;
}

/* ---- writing --------------------------------------------------------------------------------------- */

static void put_time(struct json_writer *w, struct str name, int64_t ms)
{
	char text[32];

	json_put_str(w, name, time_format_rfc3339(ms, text));
}

static void write_requestable(struct api_call *call, const struct profile_answer *p, struct json_writer *w)
{
	put_time(w, STR("evaluated_at"), call->now_ms);
	json_key(w, STR("access_request"));
	json_begin_object(w);
	json_put_str(w, STR("endpoint"),
	             arena_concat(call->arena, api_public_url(call->api), STR(PATH_ACCESS_REQUESTS)));
	json_put_str(w, STR("template"), p->template);
	put_time(w, STR("expires_at"), p->expires_at_ms);
	json_put_str(w, STR("binding_token"), p->token);
	json_key(w, STR("display"));
	json_begin_object(w);
	json_put_str(w, STR("title"), p->title);
	json_end_object(w);
	json_end_object(w);
}

void profile_write(struct api_call *call, const struct profile_answer *p, bool has_reason, struct json_writer *w)
{
	if (!str_is_absent(p->approval)) {
		json_key(w, STR("approval"));
		json_begin_object(w);
		json_put_str(w, STR("id"), p->approval);
		put_time(w, STR("approved_until"), p->approved_until_ms);
		json_end_object(w);
	}
	if (!has_reason && !str_is_absent(p->reason))
		json_put_str(w, STR("reason"), p->reason);
	if (!str_is_absent(p->next_action))
		json_put_str(w, STR("next_action"), p->next_action);
	if (p->retry_after_s)
		json_put_i64(w, STR("retry_after"), p->retry_after_s);
	if (p->is_requestable)
		write_requestable(call, p, w);
}
