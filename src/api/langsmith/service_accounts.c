/* SPDX-License-Identifier: Apache-2.0
 *
 * Service accounts: the services of the shared directory. Those that exist only for one key are not shown; they come
 * and go with it.
 */
#include "api/langsmith/langsmith.h"
#include "service/langsmith_keys.h"

#define SERVICE_ACCOUNT_KIND "service_account"

static void write_account(struct json_writer *w, const struct api_call *call, const struct service_account *account)
{
	json_begin_object(w);
	json_put_str(w, STR("id"), account->doc.id);
	json_put_str(w, STR("name"), str_is_empty(account->display_name) ? account->doc.id : account->display_name);
	json_put_str(w, STR("organization_id"), langsmith_organization_id(call));
	json_put_str(w, STR("default_workspace_id"),
	             str_is_empty(account->default_tenant) ? STR_NONE : account->default_tenant);
	json_put_str(w, STR("organization_identity_id"), account->doc.id);
	langsmith_put_time(w, "created_at", account->doc.created_at_ms);
	langsmith_put_time(w, "updated_at", account->doc.updated_at_ms);
	json_end_object(w);
}

static void answer(struct api_call *call, const struct service_account *account)
{
	struct json_writer w = api_json_begin(call, 200);

	write_account(&w, call, account);
	api_json_end(call, &w);
}

static void account_list(struct api_call *call)
{
	struct json_writer w = api_json_begin(call, 200);
	const struct document *doc;
	uint64_t at = 0;

	json_begin_array(&w);
	while ((doc = snapshot_next(call->snapshot, DOC_SERVICE_ACCOUNT, &at)))
		if (str_is_empty(as_service_account(doc)->sole_key))
			write_account(&w, call, as_service_account(doc));
	json_end_array(&w);
	api_json_end(call, &w);
}

static bool read_grant(struct api_call *call, const struct json *item, struct langsmith_grant *ret)
{
	if (item->type != JSON_OBJECT) {
		call->field = "workspaces";
		api_fail(call, SERVICE_INVALID, 0, "workspaces must be an array of objects");
		return false;
	}
	return langsmith_need_str(call, item, "workspace_id", &ret->tenant) &&
	       api_get_str(call, item, "role_id", &ret->role);
}

static bool read_grants(struct api_call *call, struct langsmith_account_order *order)
{
	const struct json *list = json_get(call->body, STR("workspaces"));
	struct langsmith_grant *grants;

	if (!list || list->type == JSON_NULL)
		return true;
	if (list->type != JSON_ARRAY || list->n > LANGSMITH_MAX_KEY_TENANTS) {
		call->field = "workspaces";
		api_fail(call, SERVICE_INVALID, 0, "workspaces must be an array of at most %u objects",
		         LANGSMITH_MAX_KEY_TENANTS);
		return false;
	}
	grants = ARENA_ARRAY(call->arena, struct langsmith_grant, list->n);
	for (uint32_t i = 0; i < list->n; i++)
		if (!read_grant(call, &list->items[i], &grants[i]))
			return false;
	order->grants = grants;
	order->n_grants = list->n;
	return true;
}

static bool read_name(struct api_call *call, struct str *ret)
{
	if (!langsmith_need_str(call, call->body, "name", ret))
		return false;
	if (!str_is_empty(*ret))
		return true;
	call->field = "name";
	api_fail(call, SERVICE_INVALID, 0, "name must not be empty");
	return false;
}

static void account_create(struct api_call *call)
{
	struct langsmith_account_order order = {0};
	struct service_account account;
	struct error err = {0};
	enum service_result r;

	if (!read_name(call, &order.name) || !read_grants(call, &order))
		return;
	r = langsmith_account_create(call->txn, &call->caller, &order, &account, &err);
	if (r != SERVICE_OK) {
		langsmith_fail(call, r, &err);
		return;
	}
	langsmith_note_target(call, SERVICE_ACCOUNT_KIND, account.doc.id);
	answer(call, &account);
}

static void account_delete(struct api_call *call)
{
	struct str id = api_param(call, "id");
	const struct document *doc = snapshot_find_any(call->snapshot, DOC_SERVICE_ACCOUNT, id);
	struct cascade_effect effect;
	struct error err = {0};
	enum service_result r;

	if (!doc || !str_is_empty(as_service_account(doc)->sole_key)) {
		langsmith_not_found(call, "Service account", id);
		return;
	}
	langsmith_note_target(call, SERVICE_ACCOUNT_KIND, doc->id);
	r = directory_delete(call->txn, doc, &effect, &err);
	if (r != SERVICE_OK) {
		langsmith_fail(call, r, &err);
		return;
	}
	langsmith_warn(call, &effect);
	answer(call, as_service_account(doc));
}

#define ACCOUNTS "/api/v1/service-accounts"

static const struct api_route routes[] = {
    {HTTP_GET, ACCOUNTS, API_READ, API_NO_BODY, "organization:read", "organization", account_list, NULL},
    {HTTP_POST, ACCOUNTS, API_WRITE, API_JSON_BODY, "organization:manage", "organization", account_create,
     "create_service_account"},
    {HTTP_DELETE, ACCOUNTS "/{id}", API_WRITE, API_NO_BODY, "organization:manage", "organization", account_delete,
     "delete_service_account"},
};

const struct api_route_table langsmith_service_account_routes = {routes, N_ELEMENTS(routes)};
