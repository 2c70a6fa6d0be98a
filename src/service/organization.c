/* SPDX-License-Identifier: Apache-2.0 */
#include "service/organization.h"

#include "service/directory.h"
#include "service/widening.h"

/* With tag policies off every deny among them lets go. */
static void add_denies(struct widening *w, struct txn *t)
{
	const struct document *doc;
	uint64_t at = 0;

	while ((doc = snapshot_next(t->snapshot, DOC_TAG_POLICY, &at)))
		widening_add_policy(w, t, as_tag_policy(doc));
}

static struct str warning_of(struct txn *t, const struct organization *old, const struct organization *next)
{
	const struct str opening = STR("every role now allows all of a workspace");
	struct widening widening = {0};
	struct str denies;

	if (next->abac_is_off && !old->abac_is_off)
		add_denies(&widening, t);
	denies = widening_text(&widening, 0, t->arena);
	if (!next->rbac_is_off || old->rbac_is_off)
		return denies;
	if (str_is_absent(denies))
		return arena_concat(t->arena, STR("access may have widened: "), opening);
	return arena_concat3(t->arena, denies, STR("; "), opening);
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
