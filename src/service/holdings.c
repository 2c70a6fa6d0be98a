/* SPDX-License-Identifier: Apache-2.0 */
#include "service/holdings.h"

size_t holdings_of(const struct snapshot *s, struct principal p, struct arena *a, const struct document *const **ret)
{
	struct str type = arena_concat3(a, STR("principal:"), p.type, STR(":"));

	return snapshot_linked(s, DOC_ROLE_MEMBER, arena_concat(a, type, p.id), a, ret);
}

bool holding_is(const struct snapshot *s, const struct holding *h, const struct role_member *m)
{
	const struct role *role = FIND(s, role, ROLE, m->role);

	return role && str_eq(m->tenant, h->tenant) && str_is_absent(m->tenant) == str_is_absent(h->tenant) &&
	       h->is_meant(role);
}

const struct role *holding_find(const struct snapshot *s, const struct holding *h, struct arena *a)
{
	const struct document *const *docs;
	size_t n = holdings_of(s, h->principal, a, &docs);

	for (size_t i = 0; i < n; i++)
		if (holding_is(s, h, as_role_member(docs[i])))
			return FIND(s, role, ROLE, as_role_member(docs[i])->role);
	return NULL;
}

/* Ends what is meant, except for the role `kept` (absent: nothing is kept). */
static void end_all_but(struct txn *t, const struct holding *h, struct str kept)
{
	const struct document *const *docs;
	size_t n = holdings_of(t->snapshot, h->principal, t->arena, &docs);

	for (size_t i = 0; i < n; i++)
		if (holding_is(t->snapshot, h, as_role_member(docs[i])) && !str_eq(as_role_member(docs[i])->role, kept))
			txn_delete(t, DOC_ROLE_MEMBER, docs[i]->id);
}

enum service_result holding_replace(struct txn *t, const struct holding *h, const struct role *role, struct error *err)
{
	enum service_result r = directory_add_role_member(t, role->doc.id, h->principal, h->tenant, err);

	if (r == SERVICE_OK)
		end_all_but(t, h, role->doc.id);
	return r;
}

void holding_end(struct txn *t, const struct holding *h)
{
	end_all_but(t, h, STR_NONE);
}

void holding_put(struct txn *t, struct str role, struct principal p, struct str tenant)
{
	struct role_member m = {
	    .doc = {.kind = DOC_ROLE_MEMBER, .id = role_member_id(t->arena, role, p, tenant)},
	    .role = role,
	    .principal_type = p.type,
	    .principal_id = p.id,
	    .tenant = tenant,
	};

	txn_put(t, &m.doc);
}
