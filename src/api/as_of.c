/* SPDX-License-Identifier: Apache-2.0
 *
 * Doorward-As-Of: calls that are answered from a past state, for all dialects.
 */
#include "api/internal.h"

static bool refuse(struct api_call *call, const char *text)
{
	api_fail(call, SERVICE_INVALID, 0, "Doorward-As-Of: %s", text);
	return false;
}

bool as_of_read(struct api_call *call)
{
	static const struct str name = STR_INIT("Doorward-As-Of");
	size_t n = http_header_count(call->x, name);
	struct past_when *when;
	struct error err;

	if (n == 0)
		return true;
	if (n > 1)
		return refuse(call, "it was sent more than once");
	if (call->route->mode != API_READ && call->route->mode != API_HELD)
		return refuse(call, "only what reads documents can be asked of a past state");
	if (call->route->present_only || (call->route->action && call->route->action[0] == '\0'))
		return refuse(call, "this is not asked of a past state");
	when = ARENA_NEW(call->arena, struct past_when);
	if (!past_when_parse(str_trim(http_header_get(call->x, name)), when, &err))
		return refuse(call, err.text);
	call->as_of = when;
	return true;
}

void api_look_back(struct api_call *call, uint64_t revision)
{
	struct past_when *when = ARENA_NEW(call->arena, struct past_when);

	assert(!call->as_of && call->route->mode == API_READ && !call->dialect->minds_time);
	*when = (struct past_when){.moment = PAST_REVISION, .revision = revision};
	call->as_of = when;
}

static void look_at(struct api_call *call, struct past *past)
{
	call->past = past;
	call->snapshot = past_snapshot(past);
	call->now_ms = past_now_ms(past);
}

void api_fail_past(struct api_call *call, const char *what, int result, const struct error *err)
{
	if (result != PAST_UNKNOWN)
		http_answer_header(call->x, STR("Retry-After"), STR("1"));
	api_fail(call, result == PAST_UNKNOWN ? SERVICE_INVALID : SERVICE_UNAVAILABLE, 0, "%s: %s", what, err->text);
}

static void fail(struct api_call *call, int result, const struct error *err)
{
	api_fail_past(call, "Doorward-As-Of", result, err);
}

bool api_past(struct api_call *call, const struct past_when *when)
{
	if (call->past)
		return true;
	call->as_of = ARENA_NEW(call->arena, struct past_when);
	*call->as_of = *when;
	return false;
}

enum as_of_result as_of_open(struct api_call *call)
{
	struct past *past = call->past;
	struct error err = {0};
	int r = 0;

	if (!past)
		r = service_past_at_hand(call->service, call->caller.org, call->as_of, call->present_ms, &past, &err);
	if (r == PAST_NOT_AT_HAND)
		return AS_OF_WAIT;
	if (r != 0) {
		fail(call, r, &err);
		return AS_OF_FAILED;
	}
	look_at(call, past);
	return AS_OF_OPEN;
}

bool as_of_hold_present(struct api_call *call)
{
	struct error err = {0};
	struct past *past;
	int r = service_past_at_hand(call->service, call->caller.org, &(struct past_when){.moment = PAST_PRESENT},
	                             call->present_ms, &past, &err);

	if (r != 0) {
		api_fail(call, SERVICE_UNAVAILABLE, 0, "%s", err.text);
		return false;
	}
	look_at(call, past);
	return true;
}

struct waiting {
	struct past_job job;
	struct api_call *call;
	void (*answer)(struct api_call *call);
};

static void stop_waiting(struct past_job *job, int result, struct past *past, const struct error *err)
{
	struct waiting *w = CONTAINER_OF(job, struct waiting, job);

	w->call->past = past;
	if (result != 0)
		fail(w->call, result, err);
	w->answer(w->call);
}

bool as_of_wait(struct api_call *call, struct org *org, void (*answer)(struct api_call *call))
{
	struct waiting *w = ARENA_NEW(call->arena, struct waiting);

	w->job = (struct past_job){.org = org, .when = *call->as_of, .now_ms = call->present_ms, .done = stop_waiting};
	w->call = call;
	w->answer = answer;
	/* What was found in a snapshot must not be touched again: the read section is over. */
	call->snapshot = call->present = NULL;
	if (service_past_submit(call->service, &w->job))
		return true;
	fail(call, PAST_BUSY, &(struct error){.text = "too many past states are asked for"});
	return false;
}

void as_of_close(struct api_call *call)
{
	past_close(TAKE(call->past));
	/* Headers of answers speak of the present. */
	call->now_ms = call->present_ms;
}
