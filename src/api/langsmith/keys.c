/* SPDX-License-Identifier: Apache-2.0
 *
 * Service keys of the organization and of a workspace, and personal access tokens. Lists are in order of creation and
 * whole, as the vendor's clients expect.
 */
#include "api/langsmith/langsmith.h"
#include "service/langsmith_keys.h"

#define SERVICE_KEY         "service_key"
#define PERSONAL_TOKEN      "personal_access_token"
#define DEFAULT_DESCRIPTION STR("Default API key")

/* ---- what is shown ------------------------------------------------------------------------------------------ */

static struct str workspace_name(const struct api_call *call, struct str id)
{
	const struct tenant *tenant = FIND(call->snapshot, tenant, TENANT, id);

	return tenant && !str_is_empty(tenant->display_name) ? tenant->display_name : id;
}

static void put_workspaces(struct json_writer *w, const struct api_call *call, const struct key *key)
{
	struct str preferred = key->default_tenant;

	json_key(w, STR("workspace_names"));
	if (key->is_bound) {
		json_begin_array(w);
		for (size_t i = 0; i < key->tenants.n; i++)
			json_add_str(w, workspace_name(call, key->tenants.items[i]));
		json_end_array(w);
	} else {
		json_add_null(w);
	}
	if (!snapshot_find(call->snapshot, DOC_TENANT, preferred))
		preferred = STR_NONE;
	if (str_is_empty(preferred) && key->is_bound && key->tenants.n)
		preferred = key->tenants.items[0];
	json_put_str(w, STR("default_workspace_name"),
	             str_is_empty(preferred) ? STR_NONE : workspace_name(call, preferred));
}

static struct str last_four(struct str hint)
{
	return hint.len > 4 ? str_slice(hint, hint.len - 4, hint.len) : hint;
}

/* The prefix says what it is, the last characters which one. */
static struct str short_key(const struct api_call *call, const struct key *key)
{
	enum key_form form = KEY_NATIVE;

	if (key->doc.aliases.n)
		form = str_eq(key->principal_type, STR("user")) ? KEY_LANGSMITH_PERSONAL : KEY_LANGSMITH_SERVICE;
	return arena_concat3(call->arena, key_prefix(form), STR("..."), last_four(key->hint));
}

/* `text` absent: after it was made. */
static void write_key(struct json_writer *w, const struct api_call *call, const struct key *key,
                      const struct langsmith_key_roles *roles, struct str text)
{
	json_begin_object(w);
	json_put_str(w, STR("id"), langsmith_key_id(key));
	json_put_str(w, STR("short_key"), short_key(call, key));
	json_put_str(w, STR("description"), str_is_absent(key->name) ? STR("") : key->name);
	langsmith_put_time(w, "created_at", key->doc.created_at_ms);
	json_put_str(w, STR("created_by"), key->created_by);
	langsmith_put_time(w, "last_used_at", service_last_used(call->service, key->doc.id));
	langsmith_put_time(w, "expires_at", key->expires_at_ms);
	put_workspaces(w, call, key);
	json_put_bool(w, STR("read_only"), false);
	json_put_str(w, STR("role_id"), roles->role ? roles->role->doc.id : STR_NONE);
	json_put_str(w, STR("org_role_id"), roles->org_role ? roles->org_role->doc.id : STR_NONE);
	json_put_str(w, STR("access_scope"), key->is_bound ? STR("workspace") : STR("organization"));
	if (!str_is_absent(text))
		json_put_str(w, STR("key"), text);
	json_end_object(w);
}

static void answer(struct api_call *call, const struct key *key, const struct langsmith_key_roles *roles)
{
	struct json_writer w = api_json_begin(call, 200);

	write_key(&w, call, key, roles, STR_NONE);
	api_json_end(call, &w);
}

static void answer_new(struct api_call *call, const char *kind, struct langsmith_new_key *made)
{
	struct json_writer w = api_json_begin(call, 200);

	langsmith_note_target(call, kind, langsmith_key_id(&made->made.key));
	http_answer_header(call->x, STR("Cache-Control"), STR("no-store"));
	write_key(&w, call, &made->made.key, &made->roles, str_of(made->made.text));
	api_json_end(call, &w);
	explicit_bzero(made->made.text, sizeof(made->made.text));
}

/* ---- which keys --------------------------------------------------------------------------------------------- */

/* What a route is about; a key that is revoked is gone for all. */
typedef bool is_meant_fn(const struct api_call *call, const struct key *key);

static bool is_service_key(const struct api_call *call UNUSED, const struct key *key)
{
	return str_eq(key->principal_type, STR("service")) && str_is_absent(key->via);
}

static bool is_key_of_workspace(const struct api_call *call, const struct key *key)
{
	return is_service_key(call, key) && key->is_bound && str_list_has(key->tenants, call->tenant);
}

static bool is_own_token(const struct api_call *call, const struct key *key)
{
	return str_eq(key->principal_type, STR("user")) && key_is_own(&call->caller, key);
}

static void list(struct api_call *call, is_meant_fn *is_meant)
{
	struct json_writer w = api_json_begin(call, 200);
	const struct document *doc;
	uint64_t at = 0;

	json_begin_array(&w);
	while ((doc = snapshot_next(call->snapshot, DOC_KEY, &at))) {
		const struct key *key = as_key(doc);
		struct langsmith_key_roles roles;

		if (key->is_revoked || !is_meant(call, key))
			continue;
		roles = langsmith_roles_of_key(call->snapshot, key, call->arena);
		write_key(&w, call, key, &roles, STR_NONE);
	}
	json_end_array(&w);
	api_json_end(call, &w);
}

/* The key of the path; NULL after failing the call. */
static const struct key *find(struct api_call *call, const char *kind, is_meant_fn *is_meant)
{
	struct str id = api_param(call, "id");
	const struct key *key = as_key(snapshot_find_any(call->snapshot, DOC_KEY, id));

	if (key && !key->is_revoked && is_meant(call, key)) {
		langsmith_note_target(call, kind, langsmith_key_id(key));
		return key;
	}
	/* An id that there is, of a key that is not for here or no more, is well-formed whatever it looks like. */
	if (key)
		api_fail(call, SERVICE_NOT_FOUND, 0, "API key not found");
	else
		langsmith_not_found(call, "API key", id);
	return NULL;
}

static void delete_key(struct api_call *call, const struct key *key)
{
	struct langsmith_key_roles roles = langsmith_roles_of_key(call->snapshot, key, call->arena);
	struct cascade_effect effect;
	struct error err = {0};
	enum service_result r = directory_delete_key(call->txn, key, &effect, &err);

	if (r != SERVICE_OK) {
		langsmith_fail(call, r, &err);
		return;
	}
	langsmith_warn(call, &effect);
	answer(call, key, &roles);
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

static bool was_given(const struct json *body, const char *name)
{
	const struct json *j = json_get(body, str_of(name));

	return j && j->type != JSON_NULL;
}

static bool read_expiry(struct api_call *call, int64_t *ret_ms)
{
	if (!api_get_time(call, call->body, "expires_at", ret_ms))
		return false;
	/* The beginning of 1970 is the stored word for "never". */
	if (*ret_ms != 0 || !was_given(call->body, "expires_at"))
		return true;
	call->field = "expires_at";
	api_fail(call, SERVICE_INVALID, 0, "expires_at is not in the future");
	return false;
}

/* Was a key that could only read; taking it for one that may write would give more than was asked for. */
static bool read_read_only(struct api_call *call)
{
	bool is_read_only = false;

	if (!api_get_bool(call, call->body, "read_only", &is_read_only))
		return false;
	if (is_read_only)
		api_fail(call, SERVICE_FAILED_PRECONDITION, 0,
		         "read_only is deprecated: give the role WORKSPACE_VIEWER as role_id");
	return !is_read_only;
}

static bool read_order(struct api_call *call, struct langsmith_key_order *ret)
{
	struct langsmith_key_order o = {.is_bound = was_given(call->body, "workspaces")};

	if (!api_get_str(call, call->body, "description", &o.description) || !read_expiry(call, &o.expires_at_ms) ||
	    !api_get_strs(call, call->body, "workspaces", &o.tenants) ||
	    !api_get_str(call, call->body, "role_id", &o.role) ||
	    !api_get_str(call, call->body, "org_role_id", &o.org_role) ||
	    !api_get_str(call, call->body, "default_workspace_id", &o.default_tenant) || !read_read_only(call))
		return false;
	if (str_is_absent(o.description))
		o.description = DEFAULT_DESCRIPTION;
	*ret = o;
	return true;
}

/* ---- service keys of the organization ------------------------------------------------------------------------- */

static void service_key_list(struct api_call *call)
{
	list(call, is_service_key);
}

static void create_service_key(struct api_call *call, const struct langsmith_key_order *order)
{
	struct langsmith_new_key made;
	struct error err = {0};
	enum service_result r = langsmith_service_key_create(call->txn, &call->caller, order, &made, &err);

	if (r == SERVICE_OK)
		answer_new(call, SERVICE_KEY, &made);
	else
		langsmith_fail(call, r, &err);
}

static void service_key_create(struct api_call *call)
{
	struct langsmith_key_order order;

	if (read_order(call, &order))
		create_service_key(call, &order);
}

static void service_key_patch(struct api_call *call)
{
	const struct key *key = find(call, SERVICE_KEY, is_service_key);
	struct langsmith_role_change change = {0};
	struct error err = {0};
	enum service_result r;

	if (!key || !api_get_str(call, call->body, "role_id", &change.role) ||
	    !api_get_str(call, call->body, "org_role_id", &change.org_role))
		return;
	r = langsmith_service_key_update(call->txn, &call->caller, key, &change, &err);
	if (r == SERVICE_OK)
		answer(call, key, &change.now);
	else
		langsmith_fail(call, r, &err);
}

static void service_key_delete(struct api_call *call)
{
	const struct key *key = find(call, SERVICE_KEY, is_service_key);

	if (key)
		delete_key(call, key);
}

/* ---- service keys of a workspace -------------------------------------------------------------------------------- */

static void workspace_key_list(struct api_call *call)
{
	list(call, is_key_of_workspace);
}

/* The permission is that of one workspace, so the key cannot be for another. */
static bool names_only_this_workspace(struct api_call *call, struct str_list workspaces)
{
	for (size_t i = 0; i < workspaces.n; i++) {
		const struct document *doc = snapshot_find_any(call->snapshot, DOC_TENANT, workspaces.items[i]);

		if (doc && str_eq(doc->id, call->tenant))
			continue;
		api_fail(call, SERVICE_FAILED_PRECONDITION, 0,
		         "a key made in a workspace is for that one only; others are made for the organization");
		return false;
	}
	return true;
}

static void workspace_key_create(struct api_call *call)
{
	struct langsmith_key_order order;

	if (!read_order(call, &order) || !names_only_this_workspace(call, order.tenants))
		return;
	order.is_bound = true;
	order.tenants = (struct str_list){&call->tenant, 1};
	create_service_key(call, &order);
}

static void workspace_key_delete(struct api_call *call)
{
	const struct key *key = find(call, SERVICE_KEY, is_key_of_workspace);

	if (!key)
		return;
	if (key->tenants.n > 1)
		api_fail(call, SERVICE_DENIED, 0, "the key is for other workspaces, too");
	else
		delete_key(call, key);
}

/* ---- personal access tokens ----------------------------------------------------------------------------------------
 */

static bool is_person(struct api_call *call)
{
	if (str_eq(call->caller.type, STR("user")))
		return true;
	api_fail(call, SERVICE_DENIED, 0, "personal access tokens are for users");
	return false;
}

static void token_list(struct api_call *call)
{
	if (is_person(call))
		list(call, is_own_token);
}

static void token_create(struct api_call *call)
{
	struct langsmith_key_order order;
	struct langsmith_new_key made;
	struct error err = {0};
	enum service_result r;

	if (!is_person(call) || !read_order(call, &order))
		return;
	r = langsmith_token_create(call->txn, &call->caller, &order, &made, &err);
	if (r == SERVICE_OK)
		answer_new(call, PERSONAL_TOKEN, &made);
	else
		langsmith_fail(call, r, &err);
}

static void token_delete(struct api_call *call)
{
	const struct key *key = is_person(call) ? find(call, PERSONAL_TOKEN, is_own_token) : NULL;

	if (key)
		delete_key(call, key);
}

/* ---- routes ---------------------------------------------------------------------------------------------------- */

#define SERVICE_KEYS    "/api/v1/orgs/current/service-keys"
#define TOKENS          "/api/v1/orgs/current/personal-access-tokens"
#define WORKSPACE_KEYS  "/api/v1/api-key"
#define OLD_TOKENS      WORKSPACE_KEYS "/current"
#define IN_ORGANIZATION "organization"
#define IN_WORKSPACE    "workspace"

/* Everybody has their own tokens: only making one needs a permission. */
/* clang-format off */
#define TOKEN_ROUTES(path) \
	{HTTP_GET, path, API_READ, API_NO_BODY, NULL, NULL, token_list, NULL}, \
	{HTTP_POST, path, API_WRITE, API_JSON_BODY, "organization:pats:create", IN_ORGANIZATION, token_create, \
	 "create_personal_access_token"}, \
	{HTTP_DELETE, path "/{id}", API_WRITE, API_NO_BODY, NULL, NULL, token_delete, "delete_personal_access_token"}
/* clang-format on */

static const struct api_route routes[] = {
    {HTTP_GET, SERVICE_KEYS, API_READ, API_NO_BODY, "organization:read", IN_ORGANIZATION, service_key_list, NULL},
    {HTTP_POST, SERVICE_KEYS, API_WRITE, API_JSON_BODY, "organization:manage", IN_ORGANIZATION, service_key_create,
     "create_service_key"},
    {HTTP_PATCH, SERVICE_KEYS "/{id}", API_WRITE, API_JSON_BODY, "organization:manage", IN_ORGANIZATION,
     service_key_patch, "update_service_key"},
    {HTTP_DELETE, SERVICE_KEYS "/{id}", API_WRITE, API_NO_BODY, "organization:manage", IN_ORGANIZATION,
     service_key_delete, "delete_service_key"},
    {HTTP_GET, WORKSPACE_KEYS, API_READ, API_NO_BODY, "workspaces:read", IN_WORKSPACE, workspace_key_list, NULL},
    {HTTP_POST, WORKSPACE_KEYS, API_WRITE, API_JSON_BODY, "workspaces:manage-keys", IN_WORKSPACE, workspace_key_create,
     "create_api_key"},
    {HTTP_DELETE, WORKSPACE_KEYS "/{id}", API_WRITE, API_NO_BODY, "workspaces:manage-keys", IN_WORKSPACE,
     workspace_key_delete, "delete_api_key"},
    TOKEN_ROUTES(TOKENS),
    TOKEN_ROUTES(OLD_TOKENS),
};

const struct api_route_table langsmith_key_routes = {routes, N_ELEMENTS(routes)};
