/* SPDX-License-Identifier: Apache-2.0
 *
 * Applications: their resource types, entitlements, actions and accounts, named by the application and an id in it, and
 * bindings, by which an administrator gives an account an entitlement directly.
 */
#include "api/native/native.h"

#include "service/applications.h"

/* ---- applications ---------------------------------------------------------------------------------- */

/* Stores over `old`; NULL: it is new. */
static bool store(struct api_call *call, struct document *doc, const struct document *old)
{
	struct error err = {0};
	enum service_result r =
	    old ? applications_update(call->txn, doc, &err) : applications_create(call->txn, doc, &err);

	if (r == SERVICE_OK)
		document_stamp(doc, call);
	else
		native_fail(call, r, &err);
	return r == SERVICE_OK;
}

static void delete_doc(struct api_call *call, const struct document *doc)
{
	struct error err = {0};
	enum service_result r = applications_delete(call->txn, doc, &err);

	if (r == SERVICE_OK)
		api_no_content(call);
	else
		native_fail(call, r, &err);
}

void app_create(struct api_call *call)
{
	struct document *doc = document_blank(call->arena, DOC_APP);

	if (!api_get_str(call, call->body, "id", &doc->id) || !noun_read(call, &noun_apps, doc))
		return;
	if (str_is_absent(doc->id)) {
		api_fail(call, SERVICE_INVALID, 0, "id is required");
		return;
	}
	if (!store(call, doc, NULL))
		return;
	native_note_created(call, doc->id);
	http_answer_header(call->x, STR("Location"), native_path(call->arena, noun_apps.name, doc->id, STR_NONE));
	noun_answer(call, &noun_apps, doc, 201);
}

static void write_app(struct json_writer *w, const struct document *doc, const void *ctx UNUSED)
{
	noun_write(w, &noun_apps, doc);
}

void app_list(struct api_call *call)
{
	list_all(call, &(struct listing){.kind = DOC_APP, .write = write_app});
}

void app_get(struct api_call *call)
{
	const struct document *doc = native_find(call, DOC_APP, "id");

	if (doc)
		noun_answer(call, &noun_apps, doc, 200);
}

void app_patch(struct api_call *call)
{
	const struct document *old = native_find(call, DOC_APP, "id");
	struct document *doc;

	if (!old)
		return;
	doc = document_copy(call->arena, old);
	if (noun_read(call, &noun_apps, doc) && store(call, doc, old))
		noun_answer(call, &noun_apps, doc, 200);
}

void app_delete(struct api_call *call)
{
	const struct document *doc = native_find(call, DOC_APP, "id");

	if (doc)
		delete_doc(call, doc);
}

/* ---- parts of applications ------------------------------------------------------------------------- */

/* What is named by an application and an id in it: the third segment of the path says which. */
static const struct part {
	const struct noun *noun;
	size_t app, id; /* where they stand in the kind's struct */
} parts[] = {
    {&noun_app_resource_types, offsetof(struct app_resource_type, app), offsetof(struct app_resource_type, type_id)},
    {&noun_app_entitlements, offsetof(struct app_entitlement, app), offsetof(struct app_entitlement, entitlement_id)},
    {&noun_app_actions, offsetof(struct app_action, app), offsetof(struct app_action, action_id)},
    {&noun_app_users, offsetof(struct app_user, app), offsetof(struct app_user, account_id)},
};

static const struct part *part_of(const struct api_call *call)
{
	struct str path = str_of(call->route->path + sizeof(V1 "apps/{id}/") - 1), segment;
	bool found = str_split(&path, '/', &segment);
	size_t i = 0;

	assert(found);
	while (!str_eq(parts[i].noun->name, segment)) {
		i++;
		assert(i < N_ELEMENTS(parts)); /* every such route has its part */
	}
	return &parts[i];
}

static struct str *text_at(struct document *doc, size_t offset)
{
	return (struct str *)(void *)((char *)doc + offset);
}

/* The part that the path names; fails the call when there is none. */
static const struct document *find_part(struct api_call *call, enum document_kind kind)
{
	const struct document *app = native_find(call, DOC_APP, "id"), *doc;

	if (!app)
		return NULL;
	doc = snapshot_find(call->snapshot, kind, app_part_id(call->arena, app->id, api_param(call, "part")));
	if (!doc)
		api_fail(call, SERVICE_NOT_FOUND, 0, "the app has no " STR_FMT " \"" STR_FMT "\"",
		         STR_ARG(document_kind_name(kind)), STR_ARG(api_param(call, "part")));
	return doc;
}

/* ?user= shows accounts of that user only. */
static bool shows_part(const struct api_call *call UNUSED, const struct document *doc, const void *ctx)
{
	const struct str *user = ctx;

	return str_is_absent(*user) || (doc->kind == DOC_APP_USER && str_eq(as_app_user(doc)->user, *user));
}

static const struct noun *noun_of_part(enum document_kind kind)
{
	size_t i = 0;

	while (parts[i].noun->kind != kind)
		i++;
	return parts[i].noun;
}

static void write_part(struct json_writer *w, const struct document *doc, const void *ctx UNUSED)
{
	noun_write(w, noun_of_part(doc->kind), doc);
}

void app_part_list(struct api_call *call)
{
	const struct document *app = native_find(call, DOC_APP, "id");
	struct str user = STR_NONE;
	struct listing what = {
	    .kind = part_of(call)->noun->kind, .shows = shows_part, .write = write_part, .ctx = &user};

	if (!app || (what.kind == DOC_APP_USER && !native_query(call, STR("user"), &user)))
		return;
	list_linked(call, &what, arena_concat(call->arena, STR("app:"), app->id));
}

void app_part_get(struct api_call *call)
{
	const struct noun *noun = part_of(call)->noun;
	const struct document *doc = find_part(call, noun->kind);

	if (doc)
		noun_answer(call, noun, doc, 200);
}

void app_part_put(struct api_call *call)
{
	const struct part *part = part_of(call);
	const struct document *app = native_find(call, DOC_APP, "id"), *old;
	struct document *doc = document_blank(call->arena, part->noun->kind);
	struct str id = api_param(call, "part");

	if (!app)
		return;
	old = snapshot_find(call->snapshot, doc->kind, app_part_id(call->arena, app->id, id));
	/* What this API has no member for stays. */
	if (old && doc->kind == DOC_APP_ENTITLEMENT) {
		struct app_entitlement *e = (struct app_entitlement *)(void *)doc;
		const struct app_entitlement *was = as_app_entitlement(old);

		e->provisioner = was->provisioner;
		e->deprovisioner = was->deprovisioner;
		e->annotations = was->annotations;
		e->details = was->details;
	}
	*text_at(doc, part->app) = app->id;
	*text_at(doc, part->id) = id;
	if (!noun_read(call, part->noun, doc) || !store(call, doc, old))
		return;
	if (!old)
		http_answer_header(call->x, STR("Location"),
		                   arena_strf(call->arena, V1 "apps/" STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(app->id),
		                              STR_ARG(part->noun->name), STR_ARG(id)));
	noun_answer(call, part->noun, doc, old ? 200 : 201);
}

void app_part_patch(struct api_call *call)
{
	const struct noun *noun = part_of(call)->noun;
	const struct document *old = find_part(call, noun->kind);
	struct document *doc;

	if (!old)
		return;
	doc = document_copy(call->arena, old);
	if (noun_read(call, noun, doc) && store(call, doc, old))
		noun_answer(call, noun, doc, 200);
}

void app_part_delete(struct api_call *call)
{
	const struct document *doc = find_part(call, part_of(call)->noun->kind);

	if (doc)
		delete_doc(call, doc);
}

/* ---- bindings --------------------------------------------------------------------------------------- */

static void write_binding(struct json_writer *w, const struct document *doc, const void *ctx UNUSED)
{
	noun_write(w, &noun_bindings, doc);
}

void binding_list(struct api_call *call)
{
	const struct document *entitlement = find_part(call, DOC_APP_ENTITLEMENT);

	if (entitlement)
		list_linked(call, &(struct listing){.kind = DOC_ENTITLEMENT_BINDING, .write = write_binding},
		            arena_concat(call->arena, STR("entitlement:"), entitlement->id));
}

/* The binding of the path; absent in `*ret_old`: there is none. False after failing the call. */
static bool read_binding(struct api_call *call, struct entitlement_binding *ret,
                         const struct entitlement_binding **ret_old)
{
	const struct document *doc = find_part(call, DOC_APP_ENTITLEMENT);
	const struct app_entitlement *e = doc ? as_app_entitlement(doc) : NULL;

	if (!e)
		return false;
	*ret = (struct entitlement_binding){
	    .doc = {.kind = DOC_ENTITLEMENT_BINDING},
	    .app = e->app,
	    .entitlement_id = e->entitlement_id,
	    .account_id = api_param(call, "account"),
	};
	ret->doc.id = entitlement_binding_id(call->arena, ret->app, ret->entitlement_id, ret->account_id);
	*ret_old = FIND(call->snapshot, entitlement_binding, ENTITLEMENT_BINDING, ret->doc.id);
	return true;
}

/* One that exists; fails the call when it does not. */
static const struct document *find_binding(struct api_call *call)
{
	struct entitlement_binding b;
	const struct entitlement_binding *old;

	if (!read_binding(call, &b, &old))
		return NULL;
	if (old)
		return &old->doc;
	api_fail(call, SERVICE_NOT_FOUND, 0, "the account \"" STR_FMT "\" does not have the entitlement",
	         STR_ARG(b.account_id));
	return NULL;
}

void binding_get(struct api_call *call)
{
	const struct document *doc = find_binding(call);

	if (doc)
		noun_answer(call, &noun_bindings, doc, 200);
}

void binding_put(struct api_call *call)
{
	struct entitlement_binding b;
	const struct entitlement_binding *old;

	if (!read_binding(call, &b, &old))
		return;
	if (old)
		b.request = old->request;
	if (call->body && !noun_read(call, &noun_bindings, &b.doc))
		return;
	if (store(call, &b.doc, old ? &old->doc : NULL))
		noun_answer(call, &noun_bindings, &b.doc, old ? 200 : 201);
}

void binding_delete(struct api_call *call)
{
	const struct document *doc = find_binding(call);

	if (doc)
		delete_doc(call, doc);
}
