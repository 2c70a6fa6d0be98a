/* SPDX-License-Identifier: Apache-2.0
 *
 * Personal clients: credentials that users make for their own programs. Everybody sees their own only; administrators
 * have the native API's oauth-clients.
 */
#include "api/conductorone/conductorone.h"
#include "api/conductorone/credentials.h"
#include "base/clock.h"
#include "json/object.h"
#include "service/oauth_clients.h"

/* ---- answers ------------------------------------------------------------------------------------------- */

static const struct json *message_of(struct api_call *call, const struct oauth_client *client)
{
	struct json_object o = {.arena = call->arena};

	json_object_strs(&o, "allowSourceCidr", client->source_cidrs);
	json_object_str(&o, "clientId", client->doc.id);
	json_object_time(&o, "createdAt", client->doc.created_at_ms);
	json_object_str(&o, "displayName", client->display_name);
	json_object_time(&o, "expiresTime", client->expires_at_ms);
	json_object_str(&o, "id", oauth_client_name(client));
	json_object_time(&o, "lastUsedAt", service_last_used(call->service, client->doc.id));
	json_object_strs(&o, "scopedRoles", client->scopes);
	json_object_time(&o, "updatedAt", client->doc.updated_at_ms);
	json_object_str(&o, "userId", client->user);
	return json_object_end(&o);
}

static void answer_client(struct api_call *call, const struct oauth_client *client)
{
	struct json_object o = {.arena = call->arena};

	json_object_tree(&o, "client", message_of(call, client));
	c1_answer(call, &c1_PersonalClientResponse, json_object_end(&o));
}

/* Only here is the secret shown. */
static void answer_new(struct api_call *call, struct new_oauth_client *made)
{
	struct json_object o = {.arena = call->arena};

	json_object_tree(&o, "client", message_of(call, &made->client));
	json_object_str(&o, "clientSecret", str_of(made->secret));
	http_answer_header(call->x, STR("Cache-Control"), STR("no-store"));
	c1_answer(call, &c1_PersonalClientServiceCreateResponse, json_object_end(&o));
	explicit_bzero(made->secret, sizeof(made->secret));
}

/* ---- looking ------------------------------------------------------------------------------------------- */

static bool is_own(const struct api_call *call, const struct oauth_client *client)
{
	return str_eq(call->caller.type, STR("user")) && str_eq(call->caller.id, client->user);
}

/* The caller's client of the path; somebody else's is none. */
static const struct oauth_client *find(struct api_call *call)
{
	const struct oauth_client *client = oauth_client_find(call->snapshot, api_param(call, "id"));

	if (client && is_own(call, client)) {
		c1_note_target(call, DOC_OAUTH_CLIENT, client->doc.id);
		return client;
	}
	api_fail(call, SERVICE_NOT_FOUND, 0, "personal client not found");
	return NULL;
}

static void client_get(struct api_call *call)
{
	const struct oauth_client *client = find(call);

	if (client)
		answer_client(call, client);
}

static void client_list(struct api_call *call)
{
	struct str link = arena_concat(call->arena, STR("principal:"), call->caller.actor);
	const struct document *const *clients;
	struct c1_page page;
	struct json_writer w;
	size_t n, i = 0, end;

	if (!c1_page_of_query(call, &page))
		return;
	n = snapshot_linked(call->snapshot, DOC_OAUTH_CLIENT, link, call->arena, &clients);
	while (i < n && clients[i]->seq <= page.after)
		i++;
	end = n - i > page.size ? i + page.size : n;
	w = c1_begin_list(call);
	for (; i < end; i++)
		proto_write(&w, &c1_PersonalClient, message_of(call, as_oauth_client(clients[i])));
	c1_end_list(call, &w, end < n ? clients[end - 1]->seq : 0);
}

/* ---- making and changing --------------------------------------------------------------------------------- */

static bool read_order(struct api_call *call, struct oauth_client_order *order)
{
	const struct json *body;
	struct str expires;
	int64_t lifetime_ms = 0;

	if (!c1_read(call, &c1_PersonalClientServiceCreateRequest, &body))
		return false;
	*order = (struct oauth_client_order){
	    .user = call->caller.id,
	    .display_name = c1_str(body, "displayName"),
	    .host = c1_public_host(call),
	    .source_cidrs = c1_strs(call, body, "allowSourceCidr"),
	    .scopes = c1_strs(call, body, "scopedRoles"),
	};
	expires = c1_str(body, "expires");
	if (str_is_absent(expires))
		return true;
	if (!proto_duration_parse(expires, &lifetime_ms) || lifetime_ms <= 0) {
		api_fail(call, SERVICE_INVALID, 0,
		         "invalid PersonalClientServiceCreateRequest.Expires: value must be greater than 0s");
		return false;
	}
	order->expires_at_ms = call->now_ms + lifetime_ms;
	return true;
}

static void client_create(struct api_call *call)
{
	struct oauth_client_order order;
	struct new_oauth_client made;
	struct error err = {0};
	enum service_result r;

	if (!str_eq(call->caller.type, STR("user"))) {
		api_fail(call, SERVICE_DENIED, 0, "only users have personal clients");
		return;
	}
	if (!read_order(call, &order))
		return;
	r = oauth_client_create(call->txn, &call->caller, &order, &made, &err);
	if (r != SERVICE_OK) {
		c1_result(call, r, &err);
		return;
	}
	c1_note_target(call, DOC_OAUTH_CLIENT, made.client.doc.id);
	answer_new(call, &made);
}

/* Is the member to be taken over? Without a mask those that are set. */
static bool is_wanted(const struct str_list *mask, const struct json *client, struct str member)
{
	return mask->n ? str_list_has(*mask, member) : json_get(client, member) != NULL;
}

static bool read_changes(struct api_call *call, const struct json *body, struct oauth_client *next)
{
	const struct json *client = json_get(body, STR("client"));
	struct error err = {0};
	struct str_list mask;
	struct str expires;

	if (proto_mask_read(&c1_PersonalClient, c1_str(body, "updateMask"), call->arena, &mask, &err) != 0) {
		api_fail(call, SERVICE_INVALID, 0, "%s", err.text);
		return false;
	}
	if (is_wanted(&mask, client, STR("displayName")))
		next->display_name = c1_str(client, "displayName");
	if (is_wanted(&mask, client, STR("allowSourceCidr")))
		next->source_cidrs = c1_strs(call, client, "allowSourceCidr");
	if (is_wanted(&mask, client, STR("scopedRoles")))
		next->scopes = c1_strs(call, client, "scopedRoles");
	if (is_wanted(&mask, client, STR("expiresTime"))) {
		expires = c1_str(client, "expiresTime");
		next->expires_at_ms = 0;
		if (!str_is_absent(expires) && !time_parse_rfc3339(expires, &next->expires_at_ms)) {
			api_fail(call, SERVICE_INVALID, 0, "invalid PersonalClient.ExpiresTime: not a time");
			return false;
		}
	}
	return true;
}

static void client_update(struct api_call *call)
{
	const struct oauth_client *client = find(call);
	struct oauth_client next;
	const struct json *body;
	struct error err = {0};
	enum service_result r;

	if (!client || !c1_read(call, &c1_PersonalClientServiceUpdateRequest, &body))
		return;
	next = *client;
	if (!read_changes(call, body, &next))
		return;
	r = oauth_client_update(call->txn, &call->caller, &next, &err);
	if (r != SERVICE_OK) {
		c1_result(call, r, &err);
		return;
	}
	next.doc.updated_at_ms = call->now_ms;
	answer_client(call, &next);
}

static void client_delete(struct api_call *call)
{
	const struct oauth_client *client = find(call);
	const struct json *body;

	if (!client || !c1_read(call, &c1_PersonalClientServiceDeleteRequest, &body))
		return;
	txn_delete(call->txn, DOC_OAUTH_CLIENT, client->doc.id);
	c1_answer(call, &c1_PersonalClientServiceDeleteResponse, NULL);
}

/* ---- routes -------------------------------------------------------------------------------------------- */

#define CLIENTS   C1_API "iam/personal_clients"
#define MAY(verb) "conductorone:personalClients:" verb, "conductorone:personalClients"

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_POST, CLIENTS, API_WRITE, API_JSON_BODY, MAY("create"), client_create, "c1.personal_client.create"},
    {HTTP_GET, CLIENTS, API_READ, API_NO_BODY, MAY("list"), client_list, NULL},
    {HTTP_GET, CLIENTS "/{id}", API_READ, API_NO_BODY, MAY("get"), client_get, NULL},
    {HTTP_POST, CLIENTS "/{id}", API_WRITE, API_JSON_BODY, MAY("update"), client_update, "c1.personal_client.update"},
    {HTTP_DELETE, CLIENTS "/{id}", API_WRITE, API_OPTIONAL_JSON, MAY("delete"), client_delete, "c1.personal_client.delete"},
    {HTTP_GET, C1_API "auth/introspect", API_READ, API_NO_BODY, "conductorone:auth:get", "conductorone:auth", c1_auth_introspect, NULL, true},
    {HTTP_POST, C1_API "users/introspect", API_READ, API_OPTIONAL_JSON, "conductorone:auth:get", "conductorone:auth", c1_user_introspect, NULL, true},
};
/* clang-format on */

const struct api_route_table c1_iam_routes = {routes, N_ELEMENTS(routes)};
