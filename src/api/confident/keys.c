/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys of the organization and of projects (call->tenant: the project; absent: the organization).
 */
#include "api/confident/confident.h"
#include "service/confident_keys.h"

/* ---- answers ------------------------------------------------------------------------------------------- */

/* `text` absent: only the end of it is shown, which is all that is kept. */
void confident_put_key(struct api_call *call, struct json_writer *w, const struct key *key, struct str text)
{
	struct str shown = str_is_absent(text) ? arena_concat(call->arena, STR("***************"), key->hint) : text;

	json_begin_object(w);
	json_put_u64(w, STR("id"), key->doc.seq);
	json_put_str(w, STR("name"), key->name);
	json_put_bool(w, STR("valid"), key_is_live(key, call->now_ms));
	json_put_str(w, STR("value"), shown);
	confident_put_time(w, "created_at", key->doc.created_at_ms);
	confident_put_time(w, "lastUsed", service_last_used(call->service, key->doc.id));
	if (confident_is_v2(call)) {
		confident_put_time(w, "expiresAt", key->expires_at_ms);
		json_put_str(w, STR("shadowValue"), STR_NONE);
		json_put_str(w, STR("rotatesAt"), STR_NONE);
	}
	json_end_object(w);
}

static void answer(struct api_call *call, const struct key *key, struct str text)
{
	struct json_writer w = confident_begin(call);

	json_key(&w, STR("apiKey"));
	confident_put_key(call, &w, key, text);
	confident_end(call, &w);
}

static void key_list(struct api_call *call)
{
	const struct key *const *keys;
	size_t n = confident_key_list(call->snapshot, call->tenant, call->arena, &keys);
	struct json_writer w = confident_begin(call);

	json_key(&w, STR("apiKeys"));
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++)
		confident_put_key(call, &w, keys[i], STR_NONE);
	json_end_array(&w);
	confident_end(call, &w);
}

/* The one of the path; NULL after failing the call. */
static const struct key *find(struct api_call *call)
{
	const struct key *key;
	uint64_t number;

	if (!confident_read_number(call, &number))
		return NULL;
	key = as_key(confident_numbered(call, DOC_KEY, number));
	if (key && confident_key_is_of(key, call->tenant)) {
		confident_note_target(call, "key", key->doc.id);
		return key;
	}
	confident_not_found(call, "API key");
	return NULL;
}

static void key_get(struct api_call *call)
{
	const struct key *key = find(call);

	if (key)
		answer(call, key, STR_NONE);
}

/* ---- changes ------------------------------------------------------------------------------------------- */

static void key_create(struct api_call *call)
{
	struct confident_key_order order = {.tenant = call->tenant};
	struct new_key made;
	struct error err = {0};
	enum service_result r;

	if (!confident_read_name(call, &order.name))
		return;
	r = confident_key_create(call->txn, &call->caller, &order, &made, &err);
	if (r != SERVICE_OK) {
		confident_fail(call, r, &err);
		return;
	}
	confident_note_target(call, "key", made.key.doc.id);
	http_answer_header(call->x, STR("Cache-Control"), STR("no-store"));
	answer(call, &made.key, str_of(made.text));
	explicit_bzero(made.text, sizeof(made.text));
}

static void key_update(struct api_call *call)
{
	const struct key *key = find(call);
	const struct json *valid = json_get(call->body, STR("valid"));
	struct error err = {0};
	struct key next;
	enum service_result r;

	if (!key)
		return;
	if (!json_is(valid, JSON_BOOL)) {
		api_fail(call, SERVICE_INVALID, 0, "\"valid\" must be true or false");
		return;
	}
	r = confident_key_activate(call->txn, &call->caller, key, valid->b, &err);
	if (r != SERVICE_OK) {
		confident_fail(call, r, &err);
		return;
	}
	next = *key;
	next.is_inactive = !valid->b;
	answer(call, &next, STR_NONE);
}

static void key_delete(struct api_call *call)
{
	const struct key *key = find(call);
	struct cascade_effect effect = {0};
	struct error err = {0};
	enum service_result r;

	if (!key)
		return;
	r = directory_delete_key(call->txn, key, &effect, &err);
	if (r != SERVICE_OK) {
		confident_fail(call, r, &err);
		return;
	}
	call->warning = widening_text(&effect.widening, effect.n_denies_lost, call->arena);
	confident_answer_number_gone(call, key->doc.seq);
}

/* clang-format off */
static const struct api_route routes[] = {
    CONFIDENT_ROUTE(HTTP_GET, "organization/api-keys", API_READ, API_NO_BODY, "apiKey:read", "organization", key_list, NULL),
    CONFIDENT_ROUTE(HTTP_POST, "organization/api-keys", API_WRITE, API_JSON_BODY, "apiKey:manage", "organization", key_create, "org.apiKeys.create"),
    CONFIDENT_ROUTE(HTTP_GET, "organization/api-keys/{id}", API_READ, API_NO_BODY, "apiKey:read", "organization", key_get, NULL),
    CONFIDENT_ROUTE(HTTP_PUT, "organization/api-keys/{id}", API_WRITE, API_JSON_BODY, "apiKey:manage", "organization", key_update, "org.apiKeys.update"),
    CONFIDENT_ROUTE(HTTP_DELETE, "organization/api-keys/{id}", API_WRITE, API_NO_BODY, "apiKey:manage", "organization", key_delete, "org.apiKeys.delete"),
    CONFIDENT_ROUTE(HTTP_GET, "projects/{projectId}/api-keys", API_READ, API_NO_BODY, "apiKey:read", "project", key_list, NULL),
    CONFIDENT_ROUTE(HTTP_POST, "projects/{projectId}/api-keys", API_WRITE, API_JSON_BODY, "apiKey:manage", "project", key_create, "project.apiKeys.create"),
    CONFIDENT_ROUTE(HTTP_GET, "projects/{projectId}/api-keys/{id}", API_READ, API_NO_BODY, "apiKey:read", "project", key_get, NULL),
    CONFIDENT_ROUTE(HTTP_PUT, "projects/{projectId}/api-keys/{id}", API_WRITE, API_JSON_BODY, "apiKey:manage", "project", key_update, "project.apiKeys.update"),
    CONFIDENT_ROUTE(HTTP_DELETE, "projects/{projectId}/api-keys/{id}", API_WRITE, API_NO_BODY, "apiKey:manage", "project", key_delete, "project.apiKeys.delete"),
};
/* clang-format on */

const struct api_route_table confident_key_routes = {routes, N_ELEMENTS(routes)};
