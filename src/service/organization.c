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

/* Adds to a warning, which begins as those of service/widening.h do. */
static struct str warn(struct str warning, struct str text, struct arena *a)
{
	if (str_is_absent(warning))
		return arena_concat(a, STR("access may have widened: "), text);
	return arena_concat3(a, warning, STR("; "), text);
}

static struct str warning_of(struct txn *t, const struct organization *old, const struct organization *next)
{
	struct widening widening = {0};
	struct str warning;

	if (next->abac_is_off && !old->abac_is_off)
		add_denies(&widening, t);
	warning = widening_text(&widening, 0, t->arena);
	if (next->rbac_is_off && !old->rbac_is_off)
		warning = warn(warning, STR("every role now allows all of a workspace"), t->arena);
	if (next->departments_inherit && !old->departments_inherit)
		warning = warn(warning, STR("what is granted to a department now reaches those below it"), t->arena);
	return warning;
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
