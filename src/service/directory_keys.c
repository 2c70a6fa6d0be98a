/* SPDX-License-Identifier: Apache-2.0 */
#include "service/directory_keys.h"

#include "base/uuid.h"
#include "model/aitronos.h"
#include "service/directory.h"

/* Who may do one of these can give access, to themselves or to others. */
static const struct {
	struct str action, resource;
} powers[] = {
    {STR_INIT("doorward:roleMembers:update"), STR_INIT("doorward:roles:owner")},
    {STR_INIT("doorward:roles:update"), STR_INIT("doorward:roles:owner")},
    {STR_INIT("doorward:groupMembers:update"), STR_INIT("doorward:groups:admins")},
    {STR_INIT("doorward:keys:create"), STR_INIT("doorward:keys:user:owner")},
    {STR_INIT("doorward:tokenIssuers:create"), STR_INIT("doorward:tokenIssuers")},
    {STR_INIT("doorward:tokenIssuers:update"), STR_INIT("doorward:tokenIssuers")},
    {STR_INIT("doorward:policies:create"), STR_INIT("doorward:policies")},
    {STR_INIT("doorward:policies:update"), STR_INIT("doorward:policies:any")},
    {STR_INIT("iam:policies:create"), STR_INIT("iam:policies")},
    {STR_INIT("iam:policyMembers:create"), STR_INIT("iam:policies:administrator-access:members")},
    {STR_INIT("iam:manage"), STR_INIT("organization")},
    {STR_INIT("user:manage"), STR_INIT("organization")},
    {STR_INIT("apiKey:manage"), STR_INIT("organization")},
    {STR_INIT("project:manage"), STR_INIT("organization")},
    {STR_INIT("iam:teamUsers:create"), STR_INIT("iam:teams:admins")},
    {STR_INIT(CAPABILITY_MANAGE_ROLES), STR_INIT(CAPABILITY_RESOURCE)},
    {STR_INIT(CAPABILITY_MANAGE_DEPARTMENTS), STR_INIT(CAPABILITY_RESOURCE)},
    {STR_INIT(CAPABILITY_MANAGE_KNOWLEDGE_SLICES), STR_INIT(CAPABILITY_RESOURCE)},
    {STR_INIT(ACTION_MANAGE_GRANTS), STR_INIT(CAPABILITY_RESOURCE)},
    {STR_INIT("conductorone:policies:create"), STR_INIT("organization")},
    {STR_INIT("conductorone:apps:update"), STR_INIT("organization")},
    {STR_INIT("conductorone:tasks:manage"), STR_INIT("organization")},
};

struct str key_permission_resource(struct arena *a, struct str principal_type, struct str principal_id)
{
	return arena_strf(a, "doorward:keys:" STR_FMT ":" STR_FMT, STR_ARG(principal_type), STR_ARG(principal_id));
}

bool key_is_own(const struct caller *c, const struct key *key)
{
	return str_eq(c->type, key->principal_type) && str_eq(c->id, key->principal_id);
}

static struct authorization authorize(const struct txn *t, const struct caller *c, struct str action,
                                      struct str resource)
{
	const struct permission wanted = {.action = action, .resource = resource};

	return service_authorize(t->snapshot, c, &wanted, t->now_ms, t->arena);
}

/* Allowed in every tenant and outside of them. */
static bool may_everywhere(const struct txn *t, const struct caller *c, struct str action, struct str resource)
{
	return authorize(t, c, action, resource).everywhere;
}

static bool may_somewhere(const struct txn *t, const struct caller *c, struct str action, struct str resource)
{
	return verdict_allows(authorize(t, c, action, resource).verdict);
}

bool principal_is_more_powerful(const struct txn *t, struct str type, struct str id, const struct caller *c)
{
	static const struct key unbound;
	struct caller other = {.org = c->org, .key = &unbound, .type = type, .id = id};

	snapshot_subjects(t->snapshot, other.type, other.id, t->arena, &other.subjects, &other.n_subjects);
	for (size_t i = 0; i < N_ELEMENTS(powers); i++)
		if (may_somewhere(t, &other, powers[i].action, powers[i].resource) &&
		    !may_everywhere(t, c, powers[i].action, powers[i].resource))
			return true;
	return false;
}

bool caller_administers_all(const struct txn *t, const struct caller *c)
{
	for (size_t i = 0; i < N_ELEMENTS(powers); i++)
		if (!may_everywhere(t, c, powers[i].action, powers[i].resource))
			return false;
	return true;
}

bool key_is_of_more_powerful(const struct txn *t, const struct key *key, const struct caller *c)
{
	return principal_is_more_powerful(t, key->principal_type, key->principal_id, c);
}

enum service_result key_check_reach(const struct caller *c, const struct key *key, struct error *err)
{
	const struct key *with = c->key;

	if (c->client && (c->client->scopes.n || c->client->source_cidrs.n))
		return (enum service_result)error_set(err, SERVICE_DENIED,
		                                      "a client with limits makes no keys, which would not have them");
	if (with->is_bound && !key->is_bound)
		return (enum service_result)error_set(err, SERVICE_DENIED,
		                                      "a key bound to tenants makes only keys bound to them");
	for (size_t i = 0; with->is_bound && i < key->tenants.n; i++)
		if (!str_list_has(with->tenants, key->tenants.items[i]))
			return (enum service_result)error_set(err, SERVICE_DENIED,
			                                      "the key used is not bound to the tenant \"" STR_FMT "\"",
			                                      STR_ARG(key->tenants.items[i]));
	if (with->expires_at_ms && (key->expires_at_ms == 0 || key->expires_at_ms > with->expires_at_ms))
		return (enum service_result)error_set(err, SERVICE_DENIED,
		                                      "the new key would outlive the key it is made with");
	return SERVICE_OK;
}

enum service_result key_check_others(const struct txn *t, const struct caller *c, const struct key *key,
                                     struct str action, struct error *err)
{
	struct str resource = key_permission_resource(t->arena, key->principal_type, key->principal_id);

	if (!may_everywhere(t, c, action, resource))
		return (enum service_result)error_set(err, SERVICE_DENIED,
		                                      "not allowed: " STR_FMT " on " STR_FMT " in all tenants",
		                                      STR_ARG(action), STR_ARG(resource));
	if (key_is_of_more_powerful(t, key, c))
		return (enum service_result)error_set(
		    err, SERVICE_DENIED, "\"" STR_FMT "\" administers access in ways that the caller may not",
		    STR_ARG(key->principal_id));
	return SERVICE_OK;
}

static enum service_result check_expiry(const struct txn *t, const struct key *key, struct error *err)
{
	if (key->expires_at_ms == 0 || key->expires_at_ms > t->now_ms)
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_INVALID, "expires_at is not in the future");
}

enum service_result key_check_form(const struct txn *t, const struct key *key, struct error *err)
{
	if (key->name.len > DIRECTORY_MAX_TEXT_BYTES)
		return (enum service_result)error_set(err, SERVICE_INVALID, "name is longer than %u bytes",
		                                      DIRECTORY_MAX_TEXT_BYTES);
	if (key->is_bound && key->tenants.n == 0)
		return (enum service_result)error_set(err, SERVICE_INVALID,
		                                      "tenants must be null (all) or name at least one");
	for (size_t i = 0; i < key->tenants.n; i++)
		if (!str_eq(key->tenants.items[i], STR(TENANT_UNASSIGNED)) &&
		    !snapshot_find(t->snapshot, DOC_TENANT, key->tenants.items[i]))
			return (enum service_result)error_set(err, SERVICE_INVALID,
			                                      "tenants: there is no tenant \"" STR_FMT "\"",
			                                      STR_ARG(key->tenants.items[i]));
	return check_expiry(t, key, err);
}

/* The key that is wanted, without its secret. */
static enum service_result key_of_order(const struct txn *t, const struct caller *c, const struct key_order *order,
                                        struct key *ret, struct error *err)
{
	enum document_kind kind = principal_kind(order->principal_type);
	const struct document *principal;

	if (kind != DOC_USER && kind != DOC_SERVICE_ACCOUNT)
		return (enum service_result)error_set(err, SERVICE_INVALID,
		                                      "principal.type must be \"user\" or \"service\"");
	principal = snapshot_find_any(t->snapshot, kind, order->principal_id);
	if (!principal)
		return (enum service_result)error_set(err, SERVICE_INVALID,
		                                      "principal: there is no " STR_FMT " \"" STR_FMT "\"",
		                                      STR_ARG(order->principal_type), STR_ARG(order->principal_id));
	/* Otherwise switching the one off would leave the others. */
	if (kind == DOC_SERVICE_ACCOUNT && !str_is_empty(as_service_account(principal)->sole_key))
		return (enum service_result)error_set(err, SERVICE_INVALID,
		                                      "principal: the service \"" STR_FMT
		                                      "\" was made for one key and has no others",
		                                      STR_ARG(principal->id));
	*ret = (struct key){
	    .name = order->name,
	    .principal_type = order->principal_type,
	    .principal_id = principal->id,
	    .is_bound = order->is_bound,
	    .tenants = order->tenants,
	    .expires_at_ms = order->expires_at_ms,
	    .created_by = c->actor,
	};
	return key_check_form(t, ret, err);
}

void key_put_new(struct txn *t, enum key_form form, struct new_key *ret)
{
	struct key_parts parts = key_make(service_key_hasher(t->service), form, t->arena, ret->text);
	struct str *alias;

	ret->key.doc =
	    (struct document){.kind = DOC_KEY, .id = parts.id, .created_at_ms = t->now_ms, .updated_at_ms = t->now_ms};
	ret->key.hash = parts.hash;
	ret->key.hint = parts.hint;
	static_assert(sizeof(TRIAL_SECRET) <= sizeof(ret->text), "room for what stands in for it");
	if (t->is_trial) {
		explicit_bzero(ret->text, sizeof(ret->text));
		memcpy(ret->text, TRIAL_SECRET, sizeof(TRIAL_SECRET));
	}
	if (form != KEY_NATIVE) {
		alias = ARENA_NEW(t->arena, struct str);
		*alias = uuid_of_text(t->arena, parts.id);
		ret->key.doc.aliases = (struct str_list){alias, 1};
	}
	txn_put(t, &ret->key.doc);
}

enum service_result directory_create_key(struct txn *t, const struct caller *c, const struct key_order *order,
                                         struct new_key *ret, struct error *err)
{
	struct key key;
	enum service_result r = key_of_order(t, c, order, &key, err);

	if (r == SERVICE_OK)
		r = key_is_own(c, &key) ? key_check_reach(c, &key, err)
		                        : key_check_others(t, c, &key, STR("doorward:keys:create"), err);
	if (r != SERVICE_OK)
		return r;
	ret->key = key;
	key_put_new(t, KEY_NATIVE, ret);
	return SERVICE_OK;
}

enum service_result directory_update_key(struct txn *t, const struct caller *c, const struct key *next,
                                         struct error *err)
{
	const struct key *now = FIND(t->snapshot, key, KEY, next->doc.id);
	enum service_result r = key_check_others(t, c, next, STR("doorward:keys:update"), err);

	if (r == SERVICE_OK && next->is_revoked)
		r = (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION, "the key is revoked for good");
	/* A key that has expired may be renamed: only a new expiry must lie ahead. */
	if (r == SERVICE_OK && next->expires_at_ms != now->expires_at_ms)
		r = check_expiry(t, next, err);
	if (r == SERVICE_OK)
		txn_put(t, &next->doc);
	return r;
}

void directory_revoke_key(struct txn *t, const struct key *key)
{
	struct key next = *key;

	next.is_revoked = true;
	if (!key->is_revoked)
		txn_put(t, &next.doc);
}

/* ---- with an account of its own ------------------------------------------------------------------------- */

const struct service_account *key_account(const struct snapshot *s, const struct key *key)
{
	const struct service_account *account = FIND(s, service_account, SERVICE_ACCOUNT, key->principal_id);
	bool is_own = str_eq(key->principal_type, STR("service")) && account && str_eq(account->sole_key, key->doc.id);

	return is_own ? account : NULL;
}

enum service_result key_put_account(struct txn *t, const struct key *key, struct error *err)
{
	struct service_account account = {
	    .doc = {.kind = DOC_SERVICE_ACCOUNT, .id = key->principal_id},
	    .display_name = key->name,
	    .default_tenant = key->default_tenant,
	    .sole_key = key->doc.id,
	};

	return directory_create(t, &account.doc, err);
}

enum service_result directory_delete_key(struct txn *t, const struct key *key, struct cascade_effect *ret_effect,
                                         struct error *err)
{
	const struct service_account *account = key_account(t->snapshot, key);

	*ret_effect = (struct cascade_effect){0};
	if (account)
		return directory_delete(t, &account->doc, ret_effect, err);
	directory_revoke_key(t, key);
	return SERVICE_OK;
}
