/* SPDX-License-Identifier: Apache-2.0
 *
 * Webhooks: made, read, changed, deleted, tested; and the answers that receivers give later.
 */
#include "service/webhooks.h"

#include "api/conductorone/conductorone.h"
#include "api/conductorone/webhook_reply.h"
#include "json/object.h"

/* ---- answers ------------------------------------------------------------------------------------------- */

static const struct json *message_of(struct api_call *call, const struct webhook *webhook)
{
	struct json_object o = {.arena = call->arena};
	int64_t timeout_ms = webhook->callback_timeout_ms ? webhook->callback_timeout_ms : WEBHOOK_DEFAULT_CALLBACK_MS;

	json_object_str(&o, "callbackTimeout", proto_duration_text(call->arena, timeout_ms));
	json_object_time(&o, "createdAt", webhook->doc.created_at_ms);
	json_object_str(&o, "description", webhook->description);
	json_object_str(&o, "displayName", webhook->display_name);
	json_object_str(&o, "id", webhook->doc.id);
	json_object_time(&o, "updatedAt", webhook->doc.updated_at_ms);
	json_object_str(&o, "url", webhook->url);
	return json_object_end(&o);
}

static void answer_webhook(struct api_call *call, const struct webhook *webhook)
{
	struct json_object o = {.arena = call->arena};

	json_object_tree(&o, "webhook", message_of(call, webhook));
	c1_answer(call, &c1_WebhooksServiceResponse, json_object_end(&o));
}

/* The webhook of the path; fails the call when there is none. */
static const struct webhook *find(struct api_call *call, const char *field)
{
	struct str id = api_param(call, "id");
	const struct webhook *webhook = FIND(call->snapshot, webhook, WEBHOOK, id);

	c1_note_target(call, DOC_WEBHOOK, id);
	if (!webhook)
		c1_unknown(call, "webhook", field, id);
	return webhook;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static void webhook_get(struct api_call *call)
{
	const struct webhook *webhook = find(call, "WebhooksServiceGetRequest.Id");

	if (webhook)
		answer_webhook(call, webhook);
}

static void webhook_list(struct api_call *call)
{
	const struct document *doc, *last = NULL;
	struct json_writer w;
	struct c1_page page;
	uint64_t at;

	if (!c1_page_of_query(call, &page))
		return;
	at = snapshot_ordinal_behind(call->snapshot, DOC_WEBHOOK, page.after);
	w = c1_begin_list(call);
	while ((doc = snapshot_next(call->snapshot, DOC_WEBHOOK, &at)) && page.size-- > 0) {
		proto_write(&w, &c1_Webhook, message_of(call, as_webhook(doc)));
		last = doc;
	}
	c1_end_list(call, &w, doc && last ? last->seq : 0);
}

/* ---- making and changing --------------------------------------------------------------------------------- */

/* What of the message is wanted; an empty mask: what is set. */
static void take(struct webhook *webhook, const struct json *message, const struct str_list *mask)
{
	const struct {
		struct str name;
		struct str *field;
	} texts[] = {
	    {STR("displayName"), &webhook->display_name},
	    {STR("description"), &webhook->description},
	    {STR("url"), &webhook->url},
	};
	const struct str timeout = STR("callbackTimeout");

	for (size_t i = 0; i < N_ELEMENTS(texts); i++)
		if (mask->n ? str_list_has(*mask, texts[i].name) : json_get(message, texts[i].name) != NULL)
			*texts[i].field = json_get_str(message, texts[i].name);
	if (mask->n ? !str_list_has(*mask, timeout) : !json_get(message, timeout))
		return;
	if (!proto_duration_parse(json_get_str(message, timeout), &webhook->callback_timeout_ms))
		webhook->callback_timeout_ms = 0;
}

static void put(struct api_call *call, struct webhook *webhook)
{
	struct error err = {0};
	enum service_result r = webhook_put(call->txn, webhook, &err);

	if (r != SERVICE_OK) {
		c1_result(call, r, &err);
		return;
	}
	c1_note_target(call, DOC_WEBHOOK, webhook->doc.id);
	answer_webhook(call, webhook);
}

static void webhook_create(struct api_call *call)
{
	const struct str_list all = {0};
	const struct json *message;
	struct webhook webhook = {0};

	if (!c1_read(call, &c1_WebhooksServiceCreateRequest, &message))
		return;
	take(&webhook, message, &all);
	put(call, &webhook);
}

static void webhook_update(struct api_call *call)
{
	const struct webhook *old = find(call, "WebhooksServiceUpdateRequest.Id");
	const struct json *message;
	struct webhook webhook;
	struct str_list mask;
	struct error err = {0};

	if (!old || !c1_read(call, &c1_WebhooksServiceUpdateRequest, &message))
		return;
	if (proto_mask_read(&c1_Webhook, c1_str(message, "updateMask"), call->arena, &mask, &err) != 0) {
		c1_result(call, SERVICE_INVALID, &err);
		return;
	}
	webhook = *old;
	take(&webhook, json_get(message, STR("webhook")), &mask);
	put(call, &webhook);
}

/* Steps that ask it go on without it. */
static void webhook_delete(struct api_call *call)
{
	const struct webhook *webhook = find(call, "WebhooksServiceDeleteRequest.Id");
	const struct json *message;

	if (!webhook || !c1_read(call, &c1_WebhooksServiceEmptyRequest, &message))
		return;
	txn_delete(call->txn, DOC_WEBHOOK, webhook->doc.id);
	c1_answer(call, &c1_WebhooksServiceDeleteResponse, NULL);
}

static void webhook_test(struct api_call *call)
{
	const struct webhook *webhook = find(call, "WebhooksServiceTestRequest.Id");
	struct json_object o = {.arena = call->arena}, instance = o, source = o, spec = o, none = o;
	const struct json *message;
	struct webhook_call made;

	if (!webhook || !c1_read(call, &c1_WebhooksServiceEmptyRequest, &message))
		return;
	webhook_call_test(call->txn, webhook, &made);
	json_object_time(&instance, "createdAt", made.doc.created_at_ms);
	json_object_str(&instance, "id", made.doc.id);
	json_object_tree(&source, "test", json_object_end(&none));
	json_object_tree(&instance, "source", json_object_end(&source));
	json_object_str(&spec, "destination", webhook->url);
	json_object_tree(&instance, "spec", json_object_end(&spec));
	json_object_str(&instance, "state", STR("WEBHOOK_STATE_PENDING"));
	json_object_time(&instance, "updatedAt", made.doc.updated_at_ms);
	json_object_str(&instance, "webhookId", webhook->doc.id);
	json_object_tree(&o, "webhook", json_object_end(&instance));
	c1_answer(call, &c1_WebhooksServiceTestResponse, json_object_end(&o));
}

/* ---- answers that were put off ------------------------------------------------------------------------------ */

static const char over[] = "the callback URL is unknown or was used";

/* Whoever knows the URL may answer: it was told to the receiver alone. */
bool c1_admit_callback(struct api_call *call)
{
	struct str id = webhook_callback_call(call->service, api_param(call, "token"));

	if (!str_is_absent(id))
		call->caller.org = webhook_call_org(call->service, id);
	if (call->caller.org)
		return true;
	api_fail(call, SERVICE_INVALID, 0, "%s", over);
	return false;
}

static void webhook_callback(struct api_call *call)
{
	struct str id = webhook_callback_call(call->service, api_param(call, "token"));
	const struct webhook_call *asked = FIND(call->snapshot, webhook_call, WEBHOOK_CALL, id);
	const struct access_request *r = asked ? webhook_call_request(call->snapshot, asked) : NULL;
	struct workflow_event event;
	struct error err = {0};
	enum service_result result;

	if (!r) {
		api_fail(call, SERVICE_INVALID, 0, "%s", over);
		return;
	}
	c1_note_target(call, DOC_ACCESS_REQUEST, r->doc.id);
	if (call->x->body.len > C1_MAX_REPLY_BYTES) {
		api_fail(call, SERVICE_INVALID, 0, "the reply is longer than %zu bytes", C1_MAX_REPLY_BYTES);
		return;
	}
	if (c1_webhook_reply(call->body, webhook_call_provisions(r), call->arena, &event, &err) != 0) {
		api_fail(call, SERVICE_INVALID, 0, "%s", err.text);
		return;
	}
	result = webhook_call_answer(call->txn, id, &event, &err);
	if (result == SERVICE_OK)
		c1_answer(call, &c1_WebhookCallbackResponse, NULL);
	else
		c1_result(call, result, &err);
}

/* ---- routes -------------------------------------------------------------------------------------------- */

#define WEBHOOKS  C1_API "webhooks"
#define ONE       WEBHOOKS "/{id}"
#define MAY(verb) "conductorone:webhooks:" verb, "conductorone:webhooks"

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_POST, WEBHOOKS, API_WRITE, API_JSON_BODY, MAY("create"), webhook_create, "c1.webhook.create"},
    {HTTP_GET, WEBHOOKS, API_READ, API_NO_BODY, MAY("list"), webhook_list, NULL},
    {HTTP_GET, ONE, API_READ, API_NO_BODY, MAY("get"), webhook_get, NULL},
    {HTTP_POST, ONE, API_WRITE, API_JSON_BODY, MAY("update"), webhook_update, "c1.webhook.update"},
    {HTTP_DELETE, ONE, API_WRITE, API_OPTIONAL_JSON, MAY("delete"), webhook_delete, "c1.webhook.delete"},
    {HTTP_POST, ONE "/test", API_WRITE, API_OPTIONAL_JSON, MAY("test"), webhook_test, "c1.webhook.test"},
    {HTTP_POST, WEBHOOKS "/" C1_CALLBACK "/{token}", API_WRITE, API_JSON_BODY, "", NULL, webhook_callback, "c1.webhook.answer"},
};
/* clang-format on */

const struct api_route_table c1_webhook_routes = {routes, N_ELEMENTS(routes)};
