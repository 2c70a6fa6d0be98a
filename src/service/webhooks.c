/* SPDX-License-Identifier: Apache-2.0 */
#include "service/webhooks.h"

#include "base/random.h"
#include "service/approval_internal.h"
#include "service/conductorone_id.h"
#include "service/directory.h"
#include "service/internal.h"
#include "service/requests.h"

#define MAX_URL_BYTES 2048u

/* ---- webhooks themselves ------------------------------------------------------------------------------------------
 */

static enum service_result refuse(struct error *err, const char *text)
{
	return (enum service_result)error_set(err, SERVICE_INVALID, "%s", text);
}

/* Printable, so that it can stand in a line of HTTP; the host is looked at when it is called. */
static bool is_url(struct str url)
{
	struct str rest = str_starts_with(url, STR("https://"))  ? str_slice(url, 8, url.len)
	                  : str_starts_with(url, STR("http://")) ? str_slice(url, 7, url.len)
	                                                         : STR_NONE;

	for (size_t i = 0; i < url.len; i++)
		if (url.ptr[i] <= ' ' || url.ptr[i] > '~')
			return false;
	return !str_is_empty(rest) && rest.ptr[0] != '/' && str_find(rest, '@', 0) == SIZE_MAX &&
	       url.len <= MAX_URL_BYTES;
}

enum service_result webhook_put(struct txn *t, struct webhook *webhook, struct error *err)
{
	if (str_is_empty(webhook->display_name) || webhook->display_name.len > DIRECTORY_MAX_TEXT_BYTES)
		return refuse(err, "invalid Webhook.DisplayName: value is required, and must not be too long");
	if (webhook->description.len > DIRECTORY_MAX_TEXT_BYTES)
		return refuse(err, "invalid Webhook.Description: value is too long");
	if (!is_url(webhook->url))
		return refuse(err, "invalid Webhook.Url: value must be an absolute URL with https, without user");
	if (webhook->callback_timeout_ms && (webhook->callback_timeout_ms < WEBHOOK_MIN_CALLBACK_MS ||
	                                     webhook->callback_timeout_ms > WEBHOOK_MAX_CALLBACK_MS))
		return refuse(err, "invalid Webhook.CallbackTimeout: value must be inside range [24h0m0s, 720h0m0s]");
	if (str_is_absent(webhook->doc.id)) {
		webhook->doc.id = conductorone_new_id(t->arena);
		webhook->doc.created_at_ms = t->now_ms;
	}
	webhook->doc.kind = DOC_WEBHOOK;
	webhook->doc.updated_at_ms = t->now_ms;
	txn_put(t, &webhook->doc);
	return SERVICE_OK;
}

/* ---- calls --------------------------------------------------------------------------------------------------------
 */

static const struct json *provision_of(const struct request_step *step)
{
	return json_get(json_get(step->definition, STR("provision")), STR("provisionPolicy"));
}

static struct str webhook_of(const struct request_step *step)
{
	const struct json *who =
	    step->kind == STEP_PROVISION ? provision_of(step) : json_get(step->definition, STR("approval"));

	return json_get_str(json_get(who, STR("webhook")), STR("webhookId"));
}

void webhook_call_begin(struct txn *t, const struct access_request *r)
{
	const struct request_step *step = workflow_current(r);
	const struct webhook_call call = {
	    .doc = {.kind = DOC_WEBHOOK_CALL, .id = step->id},
	    .webhook = webhook_of(step),
	    .request = r->doc.id,
	    .due_at_ms = t->now_ms,
	};

	txn_put(t, &call.doc);
}

void webhook_call_test(struct txn *t, const struct webhook *webhook, struct webhook_call *ret)
{
	*ret = (struct webhook_call){
	    .doc = {.kind = DOC_WEBHOOK_CALL,
	            .id = conductorone_new_id(t->arena),
	            .created_at_ms = t->now_ms,
	            .updated_at_ms = t->now_ms},
	    .webhook = webhook->doc.id,
	    .due_at_ms = t->now_ms,
	};
	txn_put(t, &ret->doc);
}

const struct access_request *webhook_call_request(const struct snapshot *s, const struct webhook_call *call)
{
	const struct access_request *r =
	    str_is_empty(call->request) ? NULL : FIND(s, access_request, ACCESS_REQUEST, call->request);
	const struct request_step *step = r ? workflow_current(r) : NULL;

	return r && r->state == REQUEST_OPEN && step && str_eq(step->id, call->doc.id) ? r : NULL;
}

bool webhook_call_provisions(const struct access_request *r)
{
	return workflow_current(r)->kind == STEP_PROVISION;
}

static void end_call(struct txn *t, const struct webhook_call *call)
{
	txn_delete(t, DOC_WEBHOOK_CALL, call->doc.id);
}

/* Steps that come from outside keep the rules of those of policies. */
static enum service_result check_steps(struct txn *t, const struct json *steps, struct error *err)
{
	const struct json_member list = {STR_INIT("steps"), *steps};
	const struct json_member sequence = {STR_INIT("webhook"), {.type = JSON_OBJECT, .n = 1, .members = &list}};
	const struct json sequences = {.type = JSON_OBJECT, .n = 1, .members = &sequence};
	const struct approval_policy policy = {.steps = &sequences};
	struct policy_check check = {.t = t, .policy = &policy, .err = err};

	return policy_check_steps(&check) ? SERVICE_OK : SERVICE_INVALID;
}

/* Lets the answer happen. A step that stays as it is (provisioning that failed) has no call any more nevertheless. */
static enum service_result happen(struct txn *t, const struct webhook_call *call, const struct workflow_event *event,
                                  struct error *err)
{
	const struct access_request *r = webhook_call_request(t->snapshot, call);
	struct access_request next;
	enum service_result result;

	if (event->verb == VERB_WEBHOOK_REPLACE && event->steps) {
		result = check_steps(t, event->steps, err);
		if (result != SERVICE_OK)
			return result;
	}
	result = requests_act(t, r, event, &next, err);
	if (result == SERVICE_OK && workflow_current(&next) && str_eq(workflow_current(&next)->id, call->doc.id))
		end_call(t, call);
	return result;
}

/* The step goes on without it: an approval with the next step, provisioning by people. */
static void give_up(struct txn *t, const struct webhook_call *call, struct str fault)
{
	const struct workflow_event event = {.verb = VERB_WEBHOOK_FAIL, .fault = fault};
	struct error err;
	enum service_result result = happen(t, call, &event, &err);

	/* Refused only to a request that has had too many steps: it waits for somebody to close it. */
	if (result != SERVICE_OK)
		end_call(t, call);
}

/* Spread, so that a receiver that comes back is not met by all calls at once. */
static int64_t retry_at(const struct txn *t)
{
	return t->now_ms + WEBHOOK_RETRY_MIN_MS +
	       (int64_t)(random_u64() % (WEBHOOK_RETRY_MAX_MS - WEBHOOK_RETRY_MIN_MS + 1));
}

static void send_again(struct txn *t, const struct webhook_call *call, struct str fault)
{
	struct webhook_call next = *call;

	next.n_attempts++;
	next.attempted_at_ms = t->now_ms;
	next.due_at_ms = retry_at(t);
	if (next.n_attempts >= WEBHOOK_MAX_ATTEMPTS)
		give_up(t, call, fault);
	else
		txn_put(t, &next.doc);
}

static void wait_for_answer(struct txn *t, const struct webhook_call *call)
{
	const struct webhook *webhook = FIND(t->snapshot, webhook, WEBHOOK, call->webhook);
	struct webhook_call next = *call;

	next.n_attempts++;
	next.attempted_at_ms = t->now_ms;
	next.is_waiting = true;
	next.due_at_ms = t->now_ms + (webhook && webhook->callback_timeout_ms ? webhook->callback_timeout_ms
	                                                                      : WEBHOOK_DEFAULT_CALLBACK_MS);
	txn_put(t, &next.doc);
}

/* Nothing follows from what a task's maker says but that it need not be told again. */
static void settle_notice(struct txn *t, const struct webhook_call *call, const struct webhook_answer *answer)
{
	struct webhook_call next = *call;

	next.n_attempts++;
	next.attempted_at_ms = t->now_ms;
	next.due_at_ms = retry_at(t);
	if (answer->reply != WEBHOOK_FAILED || next.n_attempts >= WEBHOOK_MAX_ATTEMPTS)
		end_call(t, call);
	else
		txn_put(t, &next.doc);
}

void webhook_call_settle(struct txn *t, struct str id, const struct webhook_answer *answer)
{
	const struct webhook_call *call = FIND(t->snapshot, webhook_call, WEBHOOK_CALL, id);
	struct error err = {0};

	if (!call)
		return;
	if (!str_is_empty(call->task)) {
		settle_notice(t, call, answer);
		return;
	}
	if (!webhook_call_request(t->snapshot, call)) {
		end_call(t, call);
		return;
	}
	switch (answer->reply) {
	case WEBHOOK_ANSWERED:
		if (happen(t, call, answer->event, &err) != SERVICE_OK)
			send_again(t, call, arena_str(t->arena, str_of(err.text)));
		break;
	case WEBHOOK_PUT_OFF:
		wait_for_answer(t, call);
		break;
	case WEBHOOK_GONE:
		give_up(t, call, answer->fault);
		break;
	case WEBHOOK_FAILED:
		send_again(t, call, answer->fault);
		break;
	}
}

enum service_result webhook_call_answer(struct txn *t, struct str id, const struct workflow_event *event,
                                        struct error *err)
{
	const struct webhook_call *call = FIND(t->snapshot, webhook_call, WEBHOOK_CALL, id);

	if (call && webhook_call_request(t->snapshot, call))
		return happen(t, call, event, err);
	return (enum service_result)error_set(err, SERVICE_NOT_FOUND, "the call has been answered or is over");
}

bool webhook_call_expire(struct txn *t, const struct webhook_call *call)
{
	if (!call->is_waiting || call->due_at_ms > t->now_ms)
		return false;
	if (webhook_call_request(t->snapshot, call))
		give_up(t, call, STR("the answer that was put off did not come in time"));
	else
		end_call(t, call);
	return true;
}

/* ---- for the sender -----------------------------------------------------------------------------------------------
 */

static void prove(const struct service *svc, struct str call, char out[KEY_HASH_CHARS + 1])
{
	struct arena a = ARENA_INIT;

	/* No other text that is authenticated by this secret begins so. */
	key_mac(svc->key_hasher, arena_concat(&a, STR("webhook-callback:"), call), out);
	arena_release(&a);
}

struct str webhook_callback_token(const struct service *svc, struct str call, struct arena *a)
{
	char proof[KEY_HASH_CHARS + 1];

	prove(svc, call, proof);
	return arena_concat3(a, call, STR("."), str_of(proof));
}

struct str webhook_callback_call(const struct service *svc, struct str token)
{
	size_t dot = str_find(token, '.', 0);
	struct str call = str_slice(token, 0, dot == SIZE_MAX ? token.len : dot);
	char proof[KEY_HASH_CHARS + 1];

	if (dot == SIZE_MAX || call.len > DOCUMENT_MAX_ID_BYTES)
		return STR_NONE;
	prove(svc, call, proof);
	return str_eq_const_time(str_of(proof), str_slice(token, dot + 1, token.len)) ? call : STR_NONE;
}

struct org *webhook_call_org(struct service *svc, struct str call)
{
	for (size_t i = 0; i < svc->n_orgs; i++)
		if (snapshot_find(org_snapshot(svc->orgs[i]), DOC_WEBHOOK_CALL, call))
			return svc->orgs[i];
	return NULL;
}
