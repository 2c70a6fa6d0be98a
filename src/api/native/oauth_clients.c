/* SPDX-License-Identifier: Apache-2.0
 *
 * Clients of OAuth 2 for administrators, and devices that wait to be let in. Clients are credentials as keys are, and
 * so are who may see, make and delete them: whoever a client acts as, and the rest by doorward:keys:… on
 * doorward:keys:user:<id>.
 */
#include "api/conductorone/credentials.h"
#include "api/native/native.h"
#include "service/oauth_clients.h"
#include "service/oauth.h"

static void write_client(struct json_writer *w, const struct oauth_client *client, struct str secret,
                         int64_t last_used_ms)
{
	json_begin_object(w);
	json_put_str(w, STR("id"), client->doc.id);
	if (!str_is_absent(secret))
		json_put_str(w, STR("secret"), secret);
	json_put_str(w, STR("name"), oauth_client_name(client));
	json_put_str(w, STR("display_name"), client->display_name);
	json_put_str(w, STR("user"), client->user);
	json_put_strs(w, STR("source_cidrs"), client->source_cidrs.items, client->source_cidrs.n);
	json_put_strs(w, STR("roles"), client->scopes.items, client->scopes.n);
	json_put_time(w, STR("created_at"), client->doc.created_at_ms);
	json_put_time(w, STR("expires_at"), client->expires_at_ms);
	json_put_time(w, STR("last_used_at"), last_used_ms);
	json_end_object(w);
}

static void answer(struct api_call *call, const struct oauth_client *client, struct str secret, unsigned status)
{
	struct json_writer w = api_json_begin(call, status);

	write_client(&w, client, secret, service_last_used(call->service, client->doc.id));
	api_json_end(call, &w);
}

/* In all tenants: a client is not a tenant's. */
static bool may(struct api_call *call, struct str action, struct str resource)
{
	const struct permission wanted = {.action = action, .resource = resource};

	return service_authorize(call->present, &call->caller, &wanted, call->present_ms, call->arena).everywhere;
}

static bool is_own(const struct api_call *call, const struct oauth_client *client)
{
	return str_eq(call->caller.type, STR("user")) && str_eq(call->caller.id, client->user);
}

/* ---- looking ------------------------------------------------------------------------------------------- */

struct filter {
	struct service *service;
	bool sees_all;
};

static bool shows(const struct api_call *call, const struct document *doc, const void *ctx)
{
	const struct filter *f = ctx;

	return f->sees_all || is_own(call, as_oauth_client(doc));
}

static void write_item(struct json_writer *w, const struct document *doc, const void *ctx)
{
	const struct filter *f = ctx;

	write_client(w, as_oauth_client(doc), STR_NONE, service_last_used(f->service, doc->id));
}

void oauth_client_list(struct api_call *call)
{
	const struct filter f = {call->service, may(call, STR("doorward:keys:list"), STR("doorward:keys"))};
	const struct listing what = {.kind = DOC_OAUTH_CLIENT, .shows = shows, .write = write_item, .ctx = &f};

	list_all(call, &what);
}

/* The client of the path, if it is the caller's own or they may do `action` on its user's keys; else fails. */
static const struct oauth_client *find(struct api_call *call, struct str action)
{
	const struct oauth_client *client = oauth_client_find(call->snapshot, api_param(call, "id"));
	struct str resource;

	if (!client) {
		api_fail(call, SERVICE_NOT_FOUND, 0, "there is no client \"" STR_FMT "\"",
		         STR_ARG(api_param(call, "id")));
		return NULL;
	}
	resource = key_permission_resource(call->arena, STR("user"), client->user);
	if (is_own(call, client) || may(call, action, resource))
		return client;
	api_fail(call, SERVICE_DENIED, 0, "not allowed: " STR_FMT " on " STR_FMT " in all tenants", STR_ARG(action),
	         STR_ARG(resource));
	return NULL;
}

void oauth_client_get(struct api_call *call)
{
	const struct oauth_client *client = find(call, STR("doorward:keys:get"));

	if (client)
		answer(call, client, STR_NONE, 200);
}

/* ---- making and deleting --------------------------------------------------------------------------------- */

static bool read_order(struct api_call *call, struct oauth_client_order *order)
{
	if (!api_get_str(call, call->body, "user", &order->user) ||
	    !api_get_str(call, call->body, "display_name", &order->display_name) ||
	    !api_get_strs(call, call->body, "source_cidrs", &order->source_cidrs) ||
	    !api_get_strs(call, call->body, "roles", &order->scopes) ||
	    !api_get_time(call, call->body, "expires_at", &order->expires_at_ms))
		return false;
	order->host = c1_public_host(call);
	if (!str_is_empty(order->user))
		return true;
	api_fail(call, SERVICE_INVALID, 0, "\"user\" must say whom the client acts as");
	return false;
}

void oauth_client_post(struct api_call *call)
{
	struct oauth_client_order order = {0};
	struct new_oauth_client made;
	struct error err = {0};
	enum service_result r;

	if (!read_order(call, &order))
		return;
	r = oauth_client_create(call->txn, &call->caller, &order, &made, &err);
	if (r != SERVICE_OK) {
		native_fail(call, r, &err);
		return;
	}
	native_note_created(call, made.client.doc.id);
	http_answer_header(call->x, STR("Location"),
	                   native_path(call->arena, STR("oauth-clients"), oauth_client_name(&made.client), STR_NONE));
	http_answer_header(call->x, STR("Cache-Control"), STR("no-store"));
	answer(call, &made.client, str_of(made.secret), 201);
	explicit_bzero(made.secret, sizeof(made.secret));
}

void oauth_client_delete(struct api_call *call)
{
	const struct oauth_client *client = find(call, STR("doorward:keys:delete"));

	if (!client)
		return;
	txn_delete(call->txn, DOC_OAUTH_CLIENT, client->doc.id);
	api_no_content(call);
}

/* ---- devices ------------------------------------------------------------------------------------------- */

static void unknown_code(struct api_call *call)
{
	api_fail(call, SERVICE_NOT_FOUND, 0, "no device shows this code, or it was decided already");
}

static void answer_device(struct api_call *call, struct str client)
{
	struct json_writer w = api_json_begin(call, 200);

	json_begin_object(&w);
	json_put_str(&w, STR("client"), c1_public_client_name(client));
	json_end_object(&w);
	api_json_end(call, &w);
}

void device_get(struct api_call *call)
{
	struct str client =
	    device_flow_client(service_device_flows(call->service), api_param(call, "code"), call->now_ms, call->arena);

	if (str_is_absent(client))
		unknown_code(call);
	else
		answer_device(call, client);
}

/* A device gets what the user may; so whoever lets it in must have no limits. */
static bool has_no_limits(struct api_call *call)
{
	const struct caller *c = &call->caller;

	if (str_eq(c->type, STR("user")) && !c->key->is_bound && !(c->client && c->client->source_cidrs.n))
		return true;
	api_fail(call, SERVICE_DENIED, 0, "only a user whose key or client has no limits can let a device in");
	return false;
}

void device_decide(struct api_call *call)
{
	struct device_flows *flows = service_device_flows(call->service);
	struct str code = api_param(call, "code");
	struct str client = device_flow_client(flows, code, call->now_ms, call->arena);
	const struct device_approval approval = {call->snapshot->org, call->caller.id, call->caller.key->expires_at_ms};
	const struct json *approve = json_get(call->body, STR("approve"));

	if (!json_is(approve, JSON_BOOL)) {
		api_fail(call, SERVICE_INVALID, 0, "\"approve\" must be true or false");
		return;
	}
	if (!has_no_limits(call))
		return;
	/* Who waits is in no document: it would be let in, or not, at once. */
	if (call->is_trial) {
		api_fail(call, SERVICE_INVALID, 0, "this cannot be tried without being done");
		return;
	}
	call->target = arena_concat(call->arena, STR("device:"), str_is_absent(client) ? STR("") : client);
	if (str_is_absent(client) || !device_flow_decide(flows, code, approve->b ? &approval : NULL, call->now_ms))
		unknown_code(call);
	else
		answer_device(call, client);
}
