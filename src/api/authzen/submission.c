/* SPDX-License-Identifier: Apache-2.0
 *
 * What is submitted to the Access Request Endpoint, checked: that each thing that is asked for was denied just so, by
 * this installation, not long ago; that it can still be asked for; and that whoever asks may say what is said.
 */
#include "api/authzen/binding.h"
#include "api/authzen/requests.h"
#include "base/clock.h"
#include "policy/requestable.h"

#define MAX_KEPT_BYTES 4096u /* of what is kept as it was sent */

/* A submission while it is read. */
struct reader {
	struct api_call *call;
	const struct json *body;
	struct evaluator evaluator;
	struct access_task_new *out;
};

static const struct json *member(const struct json *object, struct str name)
{
	const struct json *value = json_get(object, name);

	return json_is(value, JSON_NULL) ? NULL : value;
}

static bool malformed(struct api_call *call, const char *text)
{
	api_fail(call, SERVICE_INVALID, 0, "%s", text);
	return false;
}

/* ---- each thing ------------------------------------------------------------------------------------ */

static bool fail_binding(struct api_call *call, enum binding_result result, const struct error *err)
{
	arap_fail(call, result == BINDING_EXPIRED ? PROBLEM_EXPIRED_DENIAL : PROBLEM_INVALID_DENIAL_BINDING, "%s",
	          err->text);
	return false;
}

/* Denied so, not long ago, and not asked for yet. */
static bool check_denial(struct reader *r, const struct json *denial, const struct evaluation *ev,
                         struct task_wish *ret)
{
	struct denial_proof proof;
	struct error err = {0};
	enum binding_result result;

	if (!json_is(denial, JSON_OBJECT)) {
		arap_fail(r->call, PROBLEM_INVALID_DENIAL_BINDING, "denial is required, and must be an object");
		return false;
	}
	result = denial_check(r->call, denial, ev, &proof, &err);
	if (result != BINDING_OK)
		return fail_binding(r->call, result, &err);
	if (access_task_by_token(r->call->snapshot, proof.token, r->call->arena)) {
		arap_fail(r->call, PROBLEM_INVALID_DENIAL_BINDING, "access was asked for after this denial already");
		return false;
	}
	*ret = (struct task_wish){
	    .resource = proof.binding.resource,
	    .action = proof.binding.action,
	    .context = proof.binding.context,
	    .evaluation = proof.evaluation,
	    .token = proof.token,
	};
	r->out->task.subject = proof.binding.subject;
	return true;
}

/* Denied still, and there is something that can be asked for. */
static bool check_requestable(struct reader *r, const struct ask *ask, struct task_wish *wish)
{
	const struct snapshot *s = r->call->snapshot;
	struct answer answer = snapshot_ask(s, ask, r->call->arena, NULL);
	struct requestable found = {0};

	if (!verdict_allows(answer.verdict))
		found = requestable_find(s, ask, r->call->arena);
	if (found.why == REQUESTABLE_NO) {
		arap_fail(r->call, PROBLEM_NOT_REQUESTABLE, "%s",
		          verdict_allows(answer.verdict) ? "the access is allowed by now"
		                                         : "nothing that can be asked for would allow it");
		return false;
	}
	for (size_t i = 0; i < r->out->n; i++)
		if (r->out->wishes[i].entitlement == found.entitlement)
			return malformed(r->call, "two of the items ask for the same");
	wish->entitlement = found.entitlement;
	r->out->task.user = found.user->doc.id;
	return true;
}

/* Of the item, else of the whole submission. */
static const struct json *wanted(const struct reader *r, const struct json *item, struct str name)
{
	const struct json *own = member(member(item, STR("requested_access")), name);

	return own ? own : member(member(r->body, STR("requested_access")), name);
}

static bool read_wanted(struct reader *r, const struct json *item)
{
	const struct json *until = wanted(r, item, STR("requested_until"));
	const struct json *emergency = wanted(r, item, STR("emergency"));
	int64_t *ms = &r->out->until_ms[r->out->n];

	if (until && (!time_parse_rfc3339(json_str(until), ms) || *ms <= r->call->now_ms))
		return malformed(r->call, "requested_access.requested_until must be a time that is to come");
	if (emergency && emergency->type != JSON_BOOL)
		return malformed(r->call, "requested_access.emergency must be true or false");
	r->out->is_emergency[r->out->n] = emergency && emergency->b;
	if (emergency && emergency->b && str_is_empty(r->out->description))
		return malformed(r->call, "an emergency needs context.business_justification");
	return true;
}

/* `item`: the body itself, or an element of its items. */
static bool read_wish(struct reader *r, const struct json *item)
{
	const struct json *denial = member(item, STR("denial"));
	struct evaluation ev = {.subject = member(r->body, STR("subject")),
	                        .resource = member(item, STR("resource")),
	                        .action = member(item, STR("action")),
	                        .context = member(r->body, STR("context"))};
	struct task_wish *wish = &r->out->wishes[r->out->n];
	struct error err = {0};
	struct ask ask;

	if (!evaluation_read(&r->evaluator, &ev, &ask, &err)) {
		api_fail(r->call, SERVICE_INVALID, 0, "%s", err.text);
		return false;
	}
	if (!check_denial(r, denial ? denial : member(r->body, STR("denial")), &ev, wish) ||
	    !check_requestable(r, &ask, wish) || !read_wanted(r, item))
		return false;
	r->out->n++;
	return true;
}

static bool read_wishes(struct reader *r)
{
	const struct json *items = member(r->body, STR("items"));

	if (!items)
		return read_wish(r, r->body);
	if (member(r->body, STR("resource")) || member(r->body, STR("action")))
		return malformed(r->call, "beside items there must be neither resource nor action");
	if (items->type != JSON_ARRAY || items->n == 0 || items->n > ACCESS_TASK_MAX_ITEMS) {
		api_fail(r->call, SERVICE_INVALID, 0, "items must be an array of 1 to %u", ACCESS_TASK_MAX_ITEMS);
		return false;
	}
	r->out->task.is_bundle = true;
	for (uint32_t i = 0; i < items->n; i++) {
		if (items->items[i].type != JSON_OBJECT)
			return malformed(r->call, "each of the items must be an object");
		if (!read_wish(r, &items->items[i]))
			return false;
	}
	return true;
}

/* ---- the rest -------------------------------------------------------------------------------------- */

/* False after failing the call. */
static bool is_short(struct api_call *call, const char *name, const struct json *value)
{
	struct buf text = BUF_INIT(MAX_KEPT_BYTES);
	struct json_writer w = JSON_WRITER(&text);
	bool fits;

	if (value)
		json_add(&w, value);
	fits = !text.overflowed;
	buf_release(&text);
	if (!fits)
		api_fail(call, SERVICE_INVALID, 0, "%s must not be longer than %u bytes", name, MAX_KEPT_BYTES);
	return fits;
}

/*
 * Who acts for the subject can be proved in one way only: it is who calls. A chain of such cannot be, and what is not
 * proved is refused.
 */
static bool read_client(struct reader *r)
{
	const struct json *client = member(r->body, STR("client")), *actor = member(client, STR("actor"));
	struct str id = json_get_str(actor, STR("id")), type = json_get_str(actor, STR("type"));
	const struct caller *caller = &r->call->caller;

	if (client && client->type != JSON_OBJECT)
		return malformed(r->call, "client must be an object");
	if (!is_short(r->call, "client", client))
		return false;
	r->out->task.client = client;
	if (!actor)
		return true;
	if (!member(actor, STR("act")) && !member(actor, STR("issuer")) && !str_is_empty(id) &&
	    (str_eq(id, caller->id) || str_eq(id, caller->actor)) &&
	    (str_is_absent(type) || str_eq(type, caller->type)))
		return true;
	api_fail(r->call, SERVICE_DENIED, 0, "client.actor is not who calls, and nothing here can prove another");
	return false;
}

/* Only URLs that an administrator has registered are called. */
static const struct webhook *find_webhook(const struct snapshot *s, struct str url)
{
	const struct document *doc;
	uint64_t at = 0;

	while ((doc = snapshot_next(s, DOC_WEBHOOK, &at)))
		if (!str_is_empty(url) && str_eq(as_webhook(doc)->url, url))
			return as_webhook(doc);
	return NULL;
}

static bool is_event(struct str name)
{
	for (enum task_status status = TASK_PENDING + 1; status < TASK_N_STATUSES; status++)
		if (str_eq(name, task_status_name(status)))
			return true;
	return false;
}

static bool read_callback(struct reader *r)
{
	const struct json *callback = member(r->body, STR("callback"));
	struct access_task *task = &r->out->task;
	const struct webhook *webhook;

	if (!callback)
		return true;
	if (callback->type != JSON_OBJECT)
		return malformed(r->call, "callback must be an object");
	webhook = find_webhook(r->call->snapshot, json_get_str(callback, STR("endpoint")));
	if (!webhook)
		return malformed(r->call, "callback.endpoint must be the URL of a webhook that is registered here");
	task->webhook = webhook->doc.id;
	task->webhook_state = json_get(callback, STR("state"));
	if (!is_short(r->call, "callback.state", task->webhook_state) ||
	    !api_get_strs(r->call, callback, "events", &task->webhook_events))
		return false;
	for (size_t i = 0; i < task->webhook_events.n; i++)
		if (!is_event(task->webhook_events.items[i]))
			return malformed(r->call, "callback.events has a name that is none");
	return true;
}

static bool read_context(struct reader *r)
{
	const struct json *context = member(r->body, STR("context")),
	                  *access = member(r->body, STR("requested_access"));

	if ((context && context->type != JSON_OBJECT) || (access && access->type != JSON_OBJECT))
		return malformed(r->call, "context and requested_access must be objects");
	r->out->description = json_get_str(context, STR("business_justification"));
	return true;
}

bool arap_read_submission(struct api_call *call, struct access_task_new *ret)
{
	struct reader r = {.call = call, .body = call->body, .evaluator = evaluator_of(call), .out = ret};

	return read_context(&r) && read_wishes(&r) && read_client(&r) && read_callback(&r);
}
