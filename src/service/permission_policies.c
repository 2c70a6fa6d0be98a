/* SPDX-License-Identifier: Apache-2.0 */
#include "service/permission_policies.h"

#include "base/uuid.h"
#include "model/confident.h"
#include "service/cascade.h"

size_t permission_policy_list(const struct snapshot *s, struct str tenant, struct arena *a,
                              const struct document *const **ret)
{
	struct str place = str_is_absent(tenant) ? STR(TENANT_UNASSIGNED) : tenant;

	return snapshot_linked(s, DOC_PERMISSION_POLICY, arena_concat(a, STR("tenant:"), place), a, ret);
}

const struct permission_policy *permission_policy_find(const struct snapshot *s, struct str tenant, struct str id)
{
	const struct permission_policy *p = FIND(s, permission_policy, PERMISSION_POLICY, id);

	return p && str_eq(p->tenant, tenant) ? p : NULL;
}

/* Replaces what was sent by the catalogue's own ids: one permission has several spellings, but counts once. */
static enum service_result resolve_permissions(struct txn *t, struct permission_policy *p, struct error *err)
{
	struct str *items = ARENA_ARRAY(t->arena, struct str, p->permissions.n);
	struct permission_set seen = {0};
	size_t n = 0;

	for (size_t i = 0; i < p->permissions.n; i++) {
		const struct confident_permission *found = confident_permission_find(p->permissions.items[i]);

		if (!found)
			return (enum service_result)error_set(err, SERVICE_INVALID,
			                                      "there is no permission \"" STR_FMT "\"",
			                                      STR_ARG(p->permissions.items[i]));
		if (permission_set_has(&seen, confident_permission_index(found)))
			continue;
		permission_set_add(&seen, confident_permission_index(found));
		items[n++] = found->id;
	}
	p->permissions = (struct str_list){items, n};
	return SERVICE_OK;
}

static enum service_result check_name(struct txn *t, const struct permission_policy *p, struct error *err)
{
	struct str key = permission_policy_unique(t->arena, p->tenant, p->name);
	const struct document *other = snapshot_find_unique(t->snapshot, DOC_PERMISSION_POLICY, key);

	if (!other || str_eq(other->id, p->doc.id))
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_CONFLICT, "there is already a policy named \"" STR_FMT "\"",
	                                      STR_ARG(p->name));
}

enum service_result permission_policy_check(struct txn *t, struct permission_policy *p, struct error *err)
{
	enum service_result r = resolve_permissions(t, p, err);

	return r == SERVICE_OK ? check_name(t, p, err) : r;
}

enum service_result permission_policy_create(struct txn *t, struct permission_policy *p, struct error *err)
{
	const struct document *const *docs;
	enum service_result r = permission_policy_check(t, p, err);

	if (r == SERVICE_OK &&
	    permission_policy_list(t->snapshot, p->tenant, t->arena, &docs) >= PERMISSION_POLICIES_MAX)
		r = (enum service_result)error_set(err, SERVICE_CONFLICT, "there are already %u policies",
		                                   PERMISSION_POLICIES_MAX);
	if (r != SERVICE_OK)
		return r;
	p->doc = (struct document){.kind = DOC_PERMISSION_POLICY, .id = uuid_new(t->arena)};
	txn_put(t, &p->doc);
	return SERVICE_OK;
}

enum service_result permission_policy_update(struct txn *t, struct permission_policy *p, struct error *err)
{
	enum service_result r = permission_policy_check(t, p, err);

	if (r == SERVICE_OK)
		txn_put(t, &p->doc);
	return r;
}

void permission_policy_delete(struct txn *t, const struct permission_policy *p)
{
	cascade_permission_policy(t, p->doc.id);
	txn_delete(t, DOC_PERMISSION_POLICY, p->doc.id);
}
