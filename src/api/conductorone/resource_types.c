/* SPDX-License-Identifier: Apache-2.0
 *
 * Types of resources in applications, which entitlements are of.
 */
#include "api/conductorone/directory.h"

const struct json *c1_resource_type_message(struct api_call *call, const struct app_resource_type *type)
{
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "id", type->type_id);
	json_object_str(&o, "appId", type->app);
	json_object_str(&o, "displayName", type->display_name);
	json_object_time(&o, "createdAt", type->doc.created_at_ms);
	json_object_time(&o, "updatedAt", type->doc.updated_at_ms);
	return json_object_end(&o);
}

static const struct app_resource_type *find(struct api_call *call)
{
	const struct app *app = c1_find_app(call, "app_id");
	struct str id = api_param(call, "id");
	const struct app_resource_type *type;

	if (!app)
		return NULL;
	type = app_resource_type_find(call->snapshot, app->doc.id, id, call->arena);
	c1_note_target(call, DOC_APP_RESOURCE_TYPE, app_part_id(call->arena, app->doc.id, id));
	if (!type)
		c1_unknown(call, "app resource type", "GetAppResourceTypeRequest.Id", id);
	return type;
}

static void answer(struct api_call *call, struct app_resource_type *type)
{
	c1_note_target(call, DOC_APP_RESOURCE_TYPE, type->doc.id);
	c1_stamp(call, &type->doc);
	c1_answer(call, &c1_AppResourceTypeResponse,
	          c1_wrap(call, "appResourceType", c1_resource_type_message(call, type)));
}

static void put(struct api_call *call, struct json_writer *w, const struct document *doc, struct c1_expansion *x UNUSED)
{
	proto_write(w, &c1_AppResourceTypeView,
	            c1_wrap(call, "appResourceType", c1_resource_type_message(call, as_app_resource_type(doc))));
}

static void type_list(struct api_call *call)
{
	c1_list_of_app(call, DOC_APP_RESOURCE_TYPE, put);
}

static void type_get(struct api_call *call)
{
	const struct app_resource_type *type = find(call);

	if (type)
		c1_answer(call, &c1_AppResourceTypeViewResponse,
		          c1_wrap(call, "appResourceTypeView",
		                  c1_wrap(call, "appResourceType", c1_resource_type_message(call, type))));
}

static void type_create(struct api_call *call)
{
	struct app_resource_type type = {.doc.kind = DOC_APP_RESOURCE_TYPE};
	const struct json *message;
	struct error err = {0};
	const struct app *app;

	if (!c1_read(call, &c1_CreateResourceTypeRequest, &message))
		return;
	app = c1_find_app(call, "app_id");
	if (!app)
		return;
	type.app = app->doc.id;
	type.type_id = conductorone_new_id(call->arena);
	type.display_name = c1_str(message, "displayName");
	if (c1_stored(call, applications_create(call->txn, &type.doc, &err), &err))
		answer(call, &type);
}

static void type_update(struct api_call *call)
{
	const struct json *message, *merged;
	const struct app_resource_type *old;
	struct app_resource_type type;
	struct c1_change change;
	struct error err = {0};

	if (!c1_read(call, &c1_UpdateResourceTypeRequest, &message))
		return;
	old = find(call);
	if (!old)
		return;
	change = (struct c1_change){.message = &c1_AppResourceType,
	                            .old = c1_resource_type_message(call, old),
	                            .given = json_get(message, STR("appResourceType")),
	                            .raw = c1_raw(call, &c1_UpdateResourceTypeRequest, STR("appResourceType")),
	                            .mask = c1_str(message, "updateMask")};
	if (!c1_merge(call, &change, &merged))
		return;
	type = *old;
	type.display_name = c1_str(merged, "displayName");
	if (c1_stored(call, applications_update(call->txn, &type.doc, &err), &err))
		answer(call, &type);
}

static void type_delete(struct api_call *call)
{
	const struct app_resource_type *type = find(call);
	struct error err = {0};

	if (type && c1_stored(call, applications_delete(call->txn, &type->doc, &err), &err))
		c1_answer(call, &c1_DirectoryEmpty, NULL);
}

#define TYPES  C1_API "apps/{app_id}/resource_types"
#define ON_APP "conductorone:apps:{app_id}"

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_GET, TYPES, API_READ, API_NO_BODY, "conductorone:apps:get", ON_APP, type_list, NULL},
    {HTTP_POST, TYPES, API_WRITE, API_JSON_BODY, "conductorone:apps:update", ON_APP, type_create, "c1.resourceType.create"},
    {HTTP_GET, TYPES "/{id}", API_READ, API_NO_BODY, "conductorone:apps:get", ON_APP, type_get, NULL},
    {HTTP_POST, TYPES "/{id}", API_WRITE, API_JSON_BODY, "conductorone:apps:update", ON_APP, type_update, "c1.resourceType.update"},
    {HTTP_DELETE, TYPES "/{id}", API_WRITE, API_OPTIONAL_JSON, "conductorone:apps:update", ON_APP, type_delete, "c1.resourceType.delete"},
};
/* clang-format on */

const struct api_route_table c1_resource_type_routes = {routes, N_ELEMENTS(routes)};
