/* SPDX-License-Identifier: Apache-2.0 */
#include "service/langsmith_keys.h"

#include "base/uuid.h"
#include "model/langsmith.h"
#include "service/assign.h"

/* One use case under way. */
struct attempt {
	struct txn *txn;
	const struct caller *caller;
	struct error *err;
};

static enum service_result refuse(const struct attempt *at, enum service_result result, const char *text)
{
	return (enum service_result)error_set(at->err, (int)result, "%s", text);
}

/* ---- names ------------------------------------------------------------------------------------------------ */

/* `what` begins with a capital. */
static enum service_result missing(const struct attempt *at, const char *what, struct str id)
{
	if (uuid_is(id))
		return (enum service_result)error_set(at->err, SERVICE_NOT_FOUND, "%s not found", what);
	return (enum service_result)error_set(at->err, SERVICE_INVALID,
	                                      "%s not found: \"" STR_FMT "\" is not a valid UUID", what, STR_ARG(id));
}

static bool is_of_organization(const struct role *role)
{
	return str_eq(role->scope, STR(ROLE_SCOPE_ORGANIZATION));
}

static enum service_result find_role(const struct attempt *at, struct str name, bool of_organization,
                                     const struct role **ret)
{
	const struct document *doc = snapshot_find_any(at->txn->snapshot, DOC_ROLE, name);

	if (!doc)
		return missing(at, "Role", name);
	if (is_of_organization(as_role(doc)) != of_organization)
		return (enum service_result)error_set(at->err, SERVICE_FAILED_PRECONDITION,
		                                      "\"" STR_FMT "\" is not a role of %s", STR_ARG(name),
		                                      of_organization ? "the organization" : "a workspace");
	*ret = as_role(doc);
	return SERVICE_OK;
}

static enum service_result find_tenant(const struct attempt *at, struct str name, struct str *ret)
{
	const struct document *doc = snapshot_find_any(at->txn->snapshot, DOC_TENANT, name);

	if (!doc)
		return missing(at, "Workspace", name);
	*ret = doc->id;
	return SERVICE_OK;
}

static enum service_result too_many_tenants(const struct attempt *at)
{
	return (enum service_result)error_set(at->err, SERVICE_INVALID, "workspaces names more than %u",
	                                      LANGSMITH_MAX_KEY_TENANTS);
}

/* By canonical id, each once. */
static enum service_result find_tenants(const struct attempt *at, struct str_list names, struct str_list *ret)
{
	struct str *items;
	size_t n = 0;

	if (names.n == 0)
		return refuse(at, SERVICE_INVALID, "workspaces must be null (all) or name at least one");
	if (names.n > LANGSMITH_MAX_KEY_TENANTS)
		return too_many_tenants(at);
	items = ARENA_ARRAY(at->txn->arena, struct str, names.n);
	for (size_t i = 0; i < names.n; i++) {
		enum service_result r = find_tenant(at, names.items[i], &items[n]);

		if (r != SERVICE_OK)
			return r;
		if (!str_list_has((struct str_list){items, n}, items[n]))
			n++;
	}
	*ret = (struct str_list){items, n};
	return SERVICE_OK;
}

/* ---- what is wanted, looked up ------------------------------------------------------------------------------ */

static enum service_result find_default(const struct attempt *at, struct str name, struct key *key)
{
	enum service_result r;

	if (str_is_absent(name))
		return SERVICE_OK;
	r = find_tenant(at, name, &key->default_tenant);
	if (r == SERVICE_OK && key->is_bound && !str_list_has(key->tenants, key->default_tenant))
		return refuse(at, SERVICE_FAILED_PRECONDITION, "default_workspace_id is not one of workspaces");
	return r;
}

/* All but the principal. */
static enum service_result key_of_order(const struct attempt *at, const struct langsmith_key_order *order,
                                        struct key *ret)
{
	enum service_result r = SERVICE_OK;

	*ret = (struct key){
	    .name = order->description,
	    .is_bound = order->is_bound,
	    .expires_at_ms = order->expires_at_ms,
	    .created_by = at->caller->actor,
	};
	if (order->is_bound)
		r = find_tenants(at, order->tenants, &ret->tenants);
	if (r == SERVICE_OK)
		r = find_default(at, order->default_tenant, ret);
	if (r == SERVICE_OK)
		r = key_check_form(at->txn, ret, at->err);
	return r == SERVICE_OK ? key_check_reach(at->caller, ret, at->err) : r;
}

static enum service_result check_assignable(const struct attempt *at, const struct langsmith_key_roles *roles,
                                            const struct str_list *tenants)
{
	enum service_result r = SERVICE_OK;

	if (roles->role)
		r = assign_check(at->txn, at->caller, roles->role, tenants, at->err);
	if (r == SERVICE_OK && roles->org_role)
		r = assign_check(at->txn, at->caller, roles->org_role, NULL, at->err);
	return r;
}

/* The roles by name, as far as they are named, if the caller may give them to the key. */
static enum service_result find_roles(const struct attempt *at, const struct key *key,
                                      const struct langsmith_role_change *names, struct langsmith_key_roles *ret)
{
	enum service_result r = SERVICE_OK;

	*ret = (struct langsmith_key_roles){0};
	if (!str_is_absent(names->org_role) && key->is_bound)
		return refuse(at, SERVICE_FAILED_PRECONDITION,
		              "a key for workspaces cannot have a role of the organization");
	if (!str_is_absent(names->role))
		r = find_role(at, names->role, false, &ret->role);
	if (r == SERVICE_OK && !str_is_absent(names->org_role))
		r = find_role(at, names->org_role, true, &ret->org_role);
	return r == SERVICE_OK ? check_assignable(at, ret, key->is_bound ? &key->tenants : NULL) : r;
}

/* ---- service keys ------------------------------------------------------------------------------------------ */

/* A role where the key counts: in each of its tenants, or everywhere. */
static enum service_result put_role(const struct attempt *at, const struct key *key, const struct role *role)
{
	const struct principal p = {key->principal_type, key->principal_id};
	enum service_result r = SERVICE_OK;

	if (!key->is_bound)
		return directory_add_role_member(at->txn, role->doc.id, p, STR_NONE, at->err);
	for (size_t i = 0; i < key->tenants.n && r == SERVICE_OK; i++)
		r = directory_add_role_member(at->txn, role->doc.id, p, key->tenants.items[i], at->err);
	return r;
}

static enum service_result put_roles(const struct attempt *at, const struct key *key,
                                     const struct langsmith_key_roles *roles)
{
	enum service_result r = SERVICE_OK;

	if (roles->role)
		r = put_role(at, key, roles->role);
	if (r == SERVICE_OK && roles->org_role)
		r = put_role(at, key, roles->org_role);
	return r;
}

enum service_result langsmith_service_key_create(struct txn *t, const struct caller *c,
                                                 const struct langsmith_key_order *order, struct langsmith_new_key *ret,
                                                 struct error *err)
{
	const struct attempt at = {t, c, err};
	struct langsmith_role_change names = {.role = order->role, .org_role = order->org_role};
	struct langsmith_new_key made;
	enum service_result r = key_of_order(&at, order, &made.made.key);

	if (str_is_absent(names.role))
		names.role = STR(LANGSMITH_WORKSPACE_ADMIN);
	if (r == SERVICE_OK)
		r = find_roles(&at, &made.made.key, &names, &made.roles);
	if (r != SERVICE_OK)
		return r;
	made.made.key.principal_type = STR("service");
	made.made.key.principal_id = uuid_new(t->arena);
	key_put_new(t, KEY_LANGSMITH_SERVICE, &made.made);
	r = key_put_account(t, &made.made.key, err);
	if (r == SERVICE_OK)
		r = put_roles(&at, &made.made.key, &made.roles);
	if (r == SERVICE_OK)
		*ret = made;
	explicit_bzero(made.made.text, sizeof(made.made.text));
	return r;
}

/* Ends the memberships of the kind of `role` that it is to take the place of. */
static void end_other_roles(const struct attempt *at, const struct key *key, const struct role *role)
{
	const struct document *const *docs;
	struct str link = arena_concat(at->txn->arena, STR("principal:service:"), key->principal_id);
	size_t n = snapshot_linked(at->txn->snapshot, DOC_ROLE_MEMBER, link, at->txn->arena, &docs);

	for (size_t i = 0; i < n; i++) {
		const struct role_member *m = as_role_member(docs[i]);
		const struct role *other = FIND(at->txn->snapshot, role, ROLE, m->role);

		if (other && other != role && is_of_organization(other) == is_of_organization(role))
			txn_delete(at->txn, DOC_ROLE_MEMBER, m->doc.id);
	}
}

enum service_result langsmith_service_key_update(struct txn *t, const struct caller *c, const struct key *key,
                                                 struct langsmith_role_change *change, struct error *err)
{
	const struct attempt at = {t, c, err};
	struct langsmith_key_roles next;
	enum service_result r;

	if (!key_account(t->snapshot, key))
		return refuse(&at, SERVICE_FAILED_PRECONDITION,
		              "the key belongs to a service that it was not made with: change that one's roles");
	r = find_roles(&at, key, change, &next);
	if (r != SERVICE_OK)
		return r;
	if (next.role)
		end_other_roles(&at, key, next.role);
	if (next.org_role)
		end_other_roles(&at, key, next.org_role);
	change->now = langsmith_roles_of_key(t->snapshot, key, t->arena);
	change->now.role = next.role ? next.role : change->now.role;
	change->now.org_role = next.org_role ? next.org_role : change->now.org_role;
	return put_roles(&at, key, &next);
}

/* ---- tokens ------------------------------------------------------------------------------------------------ */

enum service_result langsmith_token_create(struct txn *t, const struct caller *c,
                                           const struct langsmith_key_order *order, struct langsmith_new_key *ret,
                                           struct error *err)
{
	const struct attempt at = {t, c, err};
	struct langsmith_new_key made = {0};
	enum service_result r;

	if (!str_eq(c->type, STR("user")))
		return refuse(&at, SERVICE_DENIED, "personal access tokens are for users");
	if (!str_is_absent(order->role) || !str_is_absent(order->org_role))
		return refuse(&at, SERVICE_FAILED_PRECONDITION,
		              "a personal access token has no roles: it acts as its user");
	r = key_of_order(&at, order, &made.made.key);
	if (r != SERVICE_OK)
		return r;
	made.made.key.principal_type = c->type;
	made.made.key.principal_id = c->id;
	key_put_new(t, KEY_LANGSMITH_PERSONAL, &made.made);
	*ret = made;
	explicit_bzero(made.made.text, sizeof(made.made.text));
	return SERVICE_OK;
}

/* ---- looking ----------------------------------------------------------------------------------------------- */

struct str langsmith_key_id(const struct key *key)
{
	return key->doc.aliases.n ? key->doc.aliases.items[0] : key->doc.id;
}

struct str langsmith_key_id_of(const struct snapshot *s, struct str id, struct arena *a)
{
	const struct key *key = FIND(s, key, KEY, id);

	return key ? langsmith_key_id(key) : uuid_of_text(a, id);
}

struct langsmith_key_roles langsmith_roles_of_key(const struct snapshot *s, const struct key *key, struct arena *a)
{
	struct langsmith_key_roles ret = {0};
	const struct document *const *docs;
	struct str tenant = key->is_bound && key->tenants.n ? key->tenants.items[0] : STR_NONE;
	size_t n = 0;

	if (str_eq(key->principal_type, STR("service")))
		n = snapshot_linked(s, DOC_ROLE_MEMBER, arena_concat(a, STR("principal:service:"), key->principal_id),
		                    a, &docs);
	for (size_t i = 0; i < n; i++) {
		const struct role_member *m = as_role_member(docs[i]);
		const struct role *role = FIND(s, role, ROLE, m->role);

		if (role && is_of_organization(role) && str_is_absent(m->tenant) && !ret.org_role)
			ret.org_role = role;
		else if (role && !is_of_organization(role) && str_eq(m->tenant, tenant) && !ret.role)
			ret.role = role;
	}
	return ret;
}

/* ---- service accounts --------------------------------------------------------------------------------------- */

/* A grant looked up. */
struct found_grant {
	struct str tenant;
	const struct role *role;
};

static enum service_result find_grant(const struct attempt *at, const struct langsmith_grant *grant,
                                      struct found_grant *ret)
{
	struct str role = str_is_absent(grant->role) ? STR(LANGSMITH_WORKSPACE_ADMIN) : grant->role;
	enum service_result r = find_tenant(at, grant->tenant, &ret->tenant);
	const struct str_list only = {&ret->tenant, 1};

	if (r == SERVICE_OK)
		r = find_role(at, role, false, &ret->role);
	return r == SERVICE_OK ? assign_check(at->txn, at->caller, ret->role, &only, at->err) : r;
}

static enum service_result find_grants(const struct attempt *at, const struct langsmith_account_order *order,
                                       struct found_grant *ret)
{
	for (size_t i = 0; i < order->n_grants; i++) {
		enum service_result r = find_grant(at, &order->grants[i], &ret[i]);

		if (r != SERVICE_OK)
			return r;
		for (size_t k = 0; k < i; k++)
			if (str_eq(ret[k].tenant, ret[i].tenant))
				return refuse(at, SERVICE_INVALID, "workspaces names one twice");
	}
	return SERVICE_OK;
}

enum service_result langsmith_account_create(struct txn *t, const struct caller *c,
                                             const struct langsmith_account_order *order, struct service_account *ret,
                                             struct error *err)
{
	const struct attempt at = {t, c, err};
	struct found_grant *grants = ARENA_ARRAY(t->arena, struct found_grant, order->n_grants);
	struct service_account account = {.display_name = order->name};
	enum service_result r =
	    order->n_grants <= LANGSMITH_MAX_KEY_TENANTS ? find_grants(&at, order, grants) : too_many_tenants(&at);

	if (r != SERVICE_OK)
		return r;
	account.doc = (struct document){.kind = DOC_SERVICE_ACCOUNT,
	                                .id = uuid_new(t->arena),
	                                .created_at_ms = t->now_ms,
	                                .updated_at_ms = t->now_ms};
	account.default_tenant = order->n_grants ? grants[0].tenant : STR_NONE;
	r = directory_create(t, &account.doc, err);
	for (size_t i = 0; i < order->n_grants && r == SERVICE_OK; i++)
		r = directory_add_role_member(t, grants[i].role->doc.id,
		                              (struct principal){STR("service"), account.doc.id}, grants[i].tenant,
		                              err);
	if (r == SERVICE_OK)
		*ret = account;
	return r;
}
