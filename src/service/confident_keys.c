/* SPDX-License-Identifier: Apache-2.0 */
#include "service/confident_keys.h"

#include "base/uuid.h"
#include "model/confident.h"
#include "service/assign.h"
#include "service/holdings.h"

/* ---- looking ------------------------------------------------------------------------------------------- */

bool confident_key_is_of(const struct key *key, struct str tenant)
{
	if (!str_eq(key->via, STR(CONFIDENT_VIA)) || key->is_bound == str_is_absent(tenant))
		return false;
	return !key->is_bound || str_list_has(key->tenants, tenant);
}

size_t confident_key_list(const struct snapshot *s, struct str tenant, struct arena *a, const struct key *const **ret)
{
	struct str place = str_is_absent(tenant) ? STR(TENANT_UNASSIGNED) : tenant;
	const struct document *const *docs;
	size_t n_docs = snapshot_linked(s, DOC_KEY, arena_concat(a, STR("tenant:"), place), a, &docs), n = 0;
	const struct key **list = ARENA_ARRAY(a, const struct key *, n_docs);

	for (size_t i = 0; i < n_docs; i++)
		if (confident_key_is_of(as_key(docs[i]), tenant))
			list[n++] = as_key(docs[i]);
	*ret = list;
	return n;
}

/* ---- changing ------------------------------------------------------------------------------------------ */

static const struct role *role_of_keys(const struct snapshot *s, struct str tenant)
{
	return FIND(s, role, ROLE, str_is_absent(tenant) ? STR(CONFIDENT_ADMIN) : STR(CONFIDENT_PROJECT_OWNER));
}

static enum service_result check_may(struct txn *t, const struct caller *c, struct str tenant, struct error *err)
{
	const struct str_list only = {&tenant, 1};

	return assign_check(t, c, role_of_keys(t->snapshot, tenant), str_is_absent(tenant) ? NULL : &only, err);
}

enum service_result confident_key_create_first(struct txn *t, const struct caller *c,
                                               const struct confident_key_order *order, struct new_key *ret,
                                               struct error *err)
{
	bool is_for_project = !str_is_absent(order->tenant);
	struct str *place = ARENA_NEW(t->arena, struct str);
	struct new_key made = {
	    .key =
	        {
	            .name = order->name,
	            .principal_type = STR("service"),
	            .principal_id = uuid_new(t->arena),
	            .is_bound = is_for_project,
	            .tenants = {place, is_for_project ? 1 : 0},
	            .expires_at_ms = c->key->expires_at_ms,
	            .via = STR(CONFIDENT_VIA),
	            .created_by = c->actor,
	            .default_tenant = order->tenant,
	        },
	};
	enum service_result r;

	*place = order->tenant;
	r = key_check_reach(c, &made.key, err);
	if (r != SERVICE_OK)
		return r;
	key_put_new(t, is_for_project ? KEY_CONFIDENT_PROJECT : KEY_CONFIDENT_ORG, &made);
	made.key.doc.seq = t->changes[t->n_changes - 1].seq;
	r = key_put_account(t, &made.key, err);
	if (r == SERVICE_OK) {
		holding_put(t, role_of_keys(t->snapshot, order->tenant)->doc.id,
		            (struct principal){STR("service"), made.key.principal_id}, order->tenant);
		*ret = made;
	}
	explicit_bzero(made.text, sizeof(made.text));
	return r;
}

enum service_result confident_key_create(struct txn *t, const struct caller *c, const struct confident_key_order *order,
                                         struct new_key *ret, struct error *err)
{
	enum service_result r = check_may(t, c, order->tenant, err);
	const struct key *const *keys;

	if (r == SERVICE_OK && confident_key_list(t->snapshot, order->tenant, t->arena, &keys) >= CONFIDENT_KEYS_MAX)
		r = (enum service_result)error_set(err, SERVICE_CONFLICT, "there are already %u keys",
		                                   CONFIDENT_KEYS_MAX);
	return r == SERVICE_OK ? confident_key_create_first(t, c, order, ret, err) : r;
}

enum service_result confident_key_activate(struct txn *t, const struct caller *c, const struct key *key, bool is_active,
                                           struct error *err)
{
	struct key next = *key;
	enum service_result r = SERVICE_OK;

	if (is_active && key->is_revoked)
		return (enum service_result)error_set(err, SERVICE_CONFLICT, "the key is revoked for good");
	if (is_active)
		r = check_may(t, c, key->is_bound ? key->tenants.items[0] : STR_NONE, err);
	next.is_inactive = !is_active;
	if (r == SERVICE_OK && next.is_inactive != key->is_inactive)
		txn_put(t, &next.doc);
	return r;
}
