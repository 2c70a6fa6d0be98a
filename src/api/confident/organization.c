/* SPDX-License-Identifier: Apache-2.0
 *
 * The organization itself. There are no plans here: all have everything, which the vendor calls ENTERPRISE.
 */
#include "api/confident/confident.h"

static void answer_organization(struct api_call *call, const struct organization *o)
{
	struct json_writer w = confident_begin(call);

	json_key(&w, STR("organization"));
	json_begin_object(&w);
	json_put_str(&w, STR("id"), o->doc.id);
	json_put_str(&w, STR("name"), str_is_absent(o->display_name) ? o->doc.id : o->display_name);
	json_put_str(&w, STR("plan"), STR("ENTERPRISE"));
	confident_put_time(&w, "created_at", o->doc.created_at_ms);
	json_end_object(&w);
	confident_end(call, &w);
}

static void organization_get(struct api_call *call)
{
	answer_organization(call, snapshot_organization(call->snapshot));
}

static void organization_update(struct api_call *call)
{
	struct organization o = *snapshot_organization(call->snapshot);

	if (!confident_read_name(call, &o.display_name))
		return;
	txn_put(call->txn, &o.doc);
	answer_organization(call, &o);
}

/* clang-format off */
static const struct api_route routes[] = {
    CONFIDENT_ROUTE(HTTP_GET, "organization", API_READ, API_NO_BODY, "organization:read", "organization", organization_get, NULL),
    CONFIDENT_ROUTE(HTTP_PUT, "organization", API_WRITE, API_JSON_BODY, "organization:manage", "organization", organization_update, "org.update"),
};
/* clang-format on */

const struct api_route_table confident_organization_routes = {routes, N_ELEMENTS(routes)};
