/* SPDX-License-Identifier: Apache-2.0
 *
 * Who would be asked. The workflow itself says it: a request that nobody stores is begun.
 */
#include "policy/requestable.h"
#include "service/requests.h"

static struct access_request draft(const struct requestable *r, int64_t now_ms)
{
	return (struct access_request){
	    .doc = {.kind = DOC_ACCESS_REQUEST, .id = STR("draft"), .created_at_ms = now_ms},
	    .type = REQUEST_GRANT,
	    .app = r->entitlement->app,
	    .entitlement_id = r->entitlement->entitlement_id,
	    .account_id = r->account_id,
	    .user = r->user->doc.id,
	    .created_by = r->user->doc.id,
	    .duration_ms = r->entitlement->max_duration_ms,
	    .origin = STR("API"),
	};
}

static void read_step(const struct access_request *begun, struct request_route *ret)
{
	const struct request_step *step = workflow_current(begun);

	ret->is_immediate = begun->outcome == REQUEST_GRANTED || (step && step->kind == STEP_PROVISION);
	ret->is_refused = begun->state == REQUEST_CLOSED && !ret->is_immediate;
	if (!step || step->kind != STEP_APPROVAL)
		return;
	ret->chosen_by = workflow_chosen_by(step);
	ret->approvers = step->approvers;
}

struct request_route requests_route(const struct snapshot *s, struct expressions *expressions, int64_t now_ms,
                                    const struct requestable *r, struct arena *a)
{
	struct request_host host = {s, expressions, now_ms};
	const struct workflow w = {
	    .host = &request_host, .ctx = &host, .arena = a, .now_ms = now_ms, .entitlement = r->entitlement};
	const struct access_request request = draft(r, now_ms);
	const struct workflow_event start = {.verb = VERB_START, .actor = request.created_by};
	struct request_route route = {.policy = request_host.policy_for(&host, &request)};
	struct workflow_next next;
	struct error err = {0};

	if (workflow_run(&w, &request, &start, &next, &err) == WORKFLOW_OK)
		read_step(&next.request, &route);
	else
		route.is_refused = true;
	return route;
}
