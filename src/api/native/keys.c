/* SPDX-License-Identifier: Apache-2.0
 *
 * API keys. Whoever a key is for may always see and revoke it; the rest goes by the permission on
 * doorward:keys:<type>:<id of the principal> (service/directory_keys.h).
 */
#include "api/native/native.h"

static void write_key(struct json_writer *w, const struct key *key, struct str text, int64_t last_used_ms)
{
	json_begin_object(w);
	json_put_str(w, STR("id"), key->doc.id);
	if (!str_is_absent(text))
		json_put_str(w, STR("key"), text);
	json_put_str(w, STR("name"), key->name);
	json_put_str(w, STR("hint"), key->hint);
	json_key(w, STR("principal"));
	json_begin_object(w);
	json_put_str(w, STR("type"), key->principal_type);
	json_put_str(w, STR("id"), key->principal_id);
	json_end_object(w);
	if (key->is_bound)
		json_put_strs(w, STR("tenants"), key->tenants.items, key->tenants.n);
	else
		json_put(w, STR("tenants"), NULL);
	json_put_time(w, STR("created_at"), key->doc.created_at_ms);
	json_put_str(w, STR("created_by"), key->created_by);
	json_put_time(w, STR("expires_at"), key->expires_at_ms);
	json_put_time(w, STR("last_used_at"), last_used_ms);
	json_put_bool(w, STR("revoked"), key->is_revoked);
	json_put_bool(w, STR("inactive"), key->is_inactive);
	json_end_object(w);
}

static void answer(struct api_call *call, const struct key *key, struct str text, unsigned status)
{
	struct json_writer w = api_json_begin(call, status);

	write_key(&w, key, text, service_last_used(call->service, key->doc.id));
	api_json_end(call, &w);
}

/* In all tenants: a key is not a tenant's. */
static bool may(struct api_call *call, struct str action, struct str resource)
{
	const struct permission wanted = {.action = action, .resource = resource};

	return service_authorize(call->present, &call->caller, &wanted, call->present_ms, call->arena).everywhere;
}

/* ---- looking --------------------------------------------------------------------------------------- */

struct filter {
	struct service *service;
	bool sees_all;
	struct principal principal; /* absent type: anybody's */
};

static bool shows(const struct api_call *call, const struct document *doc, const void *ctx)
{
	const struct filter *f = ctx;
	const struct key *key = as_key(doc);

	return (f->sees_all || key_is_own(&call->caller, key)) &&
	       (str_is_absent(f->principal.type) ||
	        (str_eq(f->principal.type, key->principal_type) && str_eq(f->principal.id, key->principal_id)));
}

static void write_item(struct json_writer *w, const struct document *doc, const void *ctx)
{
	const struct filter *f = ctx;

	write_key(w, as_key(doc), STR_NONE, service_last_used(f->service, doc->id));
}

void key_list(struct api_call *call)
{
	struct filter f = {.service = call->service,
	                   .sees_all = may(call, STR("doorward:keys:list"), STR("doorward:keys"))};
	struct listing what = {.kind = DOC_KEY, .shows = shows, .write = write_item, .ctx = &f};
	struct error err = {0};
	struct str principal;
	enum service_result r = SERVICE_OK;

	if (!native_query(call, STR("principal"), &principal))
		return;
	if (!str_is_absent(principal))
		r = principal_read(call->snapshot, principal, &f.principal, &err);
	if (r == SERVICE_OK || r == SERVICE_NOT_FOUND)
		list_all(call, &what);
	else
		native_fail(call, r, &err);
}

/* The key of the path, if the caller may do `action` on it or it is their own and `own_is_enough`; else fails. */
static const struct key *find(struct api_call *call, struct str action, bool own_is_enough)
{
	const struct key *key = FIND(call->snapshot, key, KEY, api_param(call, "id"));
	struct str resource;

	if (!key) {
		api_fail(call, SERVICE_NOT_FOUND, 0, "there is no key \"" STR_FMT "\"", STR_ARG(api_param(call, "id")));
		return NULL;
	}
	resource = key_permission_resource(call->arena, key->principal_type, key->principal_id);
	if ((own_is_enough && key_is_own(&call->caller, key)) || may(call, action, resource))
		return key;
	api_fail(call, SERVICE_DENIED, 0, "not allowed: " STR_FMT " on " STR_FMT " in all tenants", STR_ARG(action),
	         STR_ARG(resource));
	return NULL;
}

void key_get(struct api_call *call)
{
	const struct key *key = find(call, STR("doorward:keys:get"), true);

	if (key)
		answer(call, key, STR_NONE, 200);
}

/* ---- making and changing --------------------------------------------------------------------------- */

static bool read_principal(struct api_call *call, struct key_order *order)
{
	const struct json *principal = json_get(call->body, STR("principal"));

	if (!json_is(principal, JSON_OBJECT)) {
		api_fail(call, SERVICE_INVALID, 0, "principal must be {\"type\":\"user\" or \"service\",\"id\":…}");
		return false;
	}
	if (!api_get_str(call, principal, "type", &order->principal_type) ||
	    !api_get_str(call, principal, "id", &order->principal_id))
		return false;
	if (!str_is_absent(order->principal_type) && !str_is_absent(order->principal_id))
		return true;
	api_fail(call, SERVICE_INVALID, 0, "principal needs a type and an id");
	return false;
}

static bool read_order(struct api_call *call, struct key_order *order)
{
	const struct json *tenants = json_get(call->body, STR("tenants"));

	order->is_bound = tenants && tenants->type != JSON_NULL;
	return read_principal(call, order) && api_get_str(call, call->body, "name", &order->name) &&
	       api_get_strs(call, call->body, "tenants", &order->tenants) &&
	       api_get_time(call, call->body, "expires_at", &order->expires_at_ms);
}

void key_create(struct api_call *call)
{
	struct key_order order = {0};
	struct new_key made;
	struct error err = {0};
	enum service_result r;

	if (!read_order(call, &order))
		return;
	r = directory_create_key(call->txn, &call->caller, &order, &made, &err);
	if (r != SERVICE_OK) {
		native_fail(call, r, &err);
		return;
	}
	native_note_created(call, made.key.doc.id);
	document_stamp(&made.key.doc, call);
	http_answer_header(call->x, STR("Location"), native_path(call->arena, STR("keys"), made.key.doc.id, STR_NONE));
	http_answer_header(call->x, STR("Cache-Control"), STR("no-store"));
	answer(call, &made.key, str_of(made.text), 201);
	explicit_bzero(made.text, sizeof(made.text));
}

void key_patch(struct api_call *call)
{
	const struct key *key = find(call, STR("doorward:keys:update"), false);
	struct error err = {0};
	struct key next;
	enum service_result r;

	if (!key)
		return;
	next = *key;
	if ((json_get(call->body, STR("name")) && !api_get_str(call, call->body, "name", &next.name)) ||
	    (json_get(call->body, STR("expires_at")) &&
	     !api_get_time(call, call->body, "expires_at", &next.expires_at_ms)))
		return;
	r = directory_update_key(call->txn, &call->caller, &next, &err);
	if (r == SERVICE_OK)
		answer(call, &next, STR_NONE, 200);
	else
		native_fail(call, r, &err);
}

void key_delete(struct api_call *call)
{
	const struct key *key = find(call, STR("doorward:keys:delete"), true);

	if (!key)
		return;
	directory_revoke_key(call->txn, key);
	api_no_content(call);
}
