/* SPDX-License-Identifier: Apache-2.0 */
#include "service/confident_projects.h"

#include "base/uuid.h"
#include "model/confident.h"
#include "service/confident_keys.h"
#include "service/holdings.h"

/* The id of whoever is to own it; absent: nobody. */
static enum service_result find_owner(struct txn *t, const struct caller *c, struct str email, struct str *ret,
                                      struct error *err)
{
	const struct document *user;

	*ret = str_eq(c->type, STR("user")) ? c->id : STR_NONE;
	if (str_is_absent(email))
		return SERVICE_OK;
	user = snapshot_find_any(t->snapshot, DOC_USER, arena_lower_case(t->arena, str_trim(email)));
	if (!user)
		return (enum service_result)error_set(
		    err, SERVICE_INVALID, "nobody in the organization has the e-mail address \"" STR_FMT "\"",
		    STR_ARG(email));
	*ret = user->id;
	return SERVICE_OK;
}

enum service_result confident_project_create(struct txn *t, const struct caller *c,
                                             const struct confident_project_order *order,
                                             struct confident_new_project *ret, struct error *err)
{
	struct tenant project = {
	    .doc = {.kind = DOC_TENANT, .id = uuid_new(t->arena), .created_at_ms = t->now_ms},
	    .display_name = order->name,
	    .description = order->description,
	};
	const struct confident_key_order key = {.name = STR("Default"), .tenant = project.doc.id};
	struct str owner;
	enum service_result r = find_owner(t, c, order->email, &owner, err);

	if (r == SERVICE_OK)
		r = directory_create(t, &project.doc, err);
	if (r == SERVICE_OK)
		r = confident_key_create_first(t, c, &key, &ret->key, err);
	if (r != SERVICE_OK)
		return r;
	if (!str_is_absent(owner))
		holding_put(t, STR(CONFIDENT_PROJECT_OWNER), (struct principal){STR("user"), owner}, project.doc.id);
	ret->project = project;
	return SERVICE_OK;
}
