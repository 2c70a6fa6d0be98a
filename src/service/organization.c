/* SPDX-License-Identifier: Apache-2.0 */
#include "service/organization.h"

#include "service/directory.h"

/* Tag policies that deny something to somebody. */
static size_t count_denies(struct txn *t)
{
	const struct document *doc, *const *attached;
	uint64_t at = 0;
	size_t n = 0;

	while ((doc = snapshot_next(t->snapshot, DOC_TAG_POLICY, &at))) {
		const struct tag_policy *p = as_tag_policy(doc);
		struct str link = arena_concat(t->arena, STR("policy:"), doc->id);

		n += p->deny &&
		     (p->roles.n || snapshot_linked(t->snapshot, DOC_POLICY_ATTACHMENT, link, t->arena, &attached));
	}
	return n;
}

static struct str warning_of(struct txn *t, const struct organization *old, const struct organization *next)
{
	bool opens = next->rbac_is_off && !old->rbac_is_off;
	size_t n = next->abac_is_off && !old->abac_is_off ? count_denies(t) : 0;

	if (!opens && n == 0)
		return STR_NONE;
	return arena_strf(t->arena, "access may have widened:%s%s%s",
	                  opens ? " every role now allows all of a workspace" : "", opens && n ? ";" : "",
	                  n ? arena_strf(t->arena, " %zu deny policies no longer match", n).ptr : "");
}

enum service_result organization_update(struct txn *t, const struct organization *next, struct str *ret_warning,
                                        struct error *err)
{
	const struct organization *old = snapshot_organization(t->snapshot);

	assert(old && str_eq(old->doc.id, next->doc.id));
	if (next->display_name.len > DIRECTORY_MAX_TEXT_BYTES)
		return (enum service_result)error_set(err, SERVICE_INVALID, "display_name is longer than %u bytes",
		                                      DIRECTORY_MAX_TEXT_BYTES);
	*ret_warning = warning_of(t, old, next);
	txn_put(t, &next->doc);
	return SERVICE_OK;
}
