/* SPDX-License-Identifier: Apache-2.0
 *
 * Users, services, groups, tenants, roles and policies: objects named by one id, that differ in their fields only.
 */
#include "api/native/native.h"

#include "service/access_policies.h"

static void write_item(struct json_writer *w, const struct document *doc, const void *ctx)
{
	noun_write(w, ctx, doc);
}

void object_list(struct api_call *call)
{
	const struct noun *noun = noun_of(call);

	list_all(call, &(struct listing){.kind = noun->kind, .write = write_item, .ctx = noun});
}

void object_get(struct api_call *call)
{
	const struct noun *noun = noun_of(call);
	const struct document *doc = native_find(call, noun->kind, "id");

	if (doc)
		noun_answer(call, noun, doc, 200);
}

/* Stores a new object and answers with it. */
static void create(struct api_call *call, const struct noun *noun, struct document *doc)
{
	struct error err = {0};
	enum service_result r = directory_create(call->txn, doc, &err);

	if (r != SERVICE_OK) {
		native_fail(call, r, &err);
		return;
	}
	document_stamp(doc, call);
	http_answer_header(call->x, STR("Location"), native_path(call->arena, noun->name, doc->id, STR_NONE));
	noun_answer(call, noun, doc, 201);
}

/* Stores the next version and answers with it. */
static void update(struct api_call *call, const struct noun *noun, const struct document *old, struct document *doc)
{
	struct widening none = {0};
	struct error err = {0};
	enum service_result r = directory_update(call->txn, doc, &err);

	if (r != SERVICE_OK) {
		native_fail(call, r, &err);
		return;
	}
	if (doc->kind == DOC_ACCESS_POLICY)
		call->warning = widening_text(
		    &none, access_policy_denies_lost(as_access_policy(old), as_access_policy(doc), call->arena),
		    call->arena);
	document_stamp(doc, call);
	noun_answer(call, noun, doc, 200);
}

void object_create(struct api_call *call)
{
	const struct noun *noun = noun_of(call);
	struct document *doc = document_blank(call->arena, noun->kind);

	if (!api_get_str(call, call->body, "id", &doc->id) || !noun_has_required(call, noun) ||
	    !noun_read(call, noun, doc))
		return;
	if (str_is_absent(doc->id)) {
		api_fail(call, SERVICE_INVALID, 0, "id is required");
		return;
	}
	native_note_created(call, doc->id);
	create(call, noun, doc);
}

/* The id in a body is not for changing it. */
static bool keeps_id(struct api_call *call, const struct document *doc)
{
	struct str id;

	if (!api_get_str(call, call->body, "id", &id))
		return false;
	if (str_is_absent(id) || str_eq(id, doc->id))
		return true;
	api_fail(call, SERVICE_INVALID, 0, "id cannot be changed");
	return false;
}

void object_patch(struct api_call *call)
{
	const struct noun *noun = noun_of(call);
	const struct document *old = native_find(call, noun->kind, "id");
	struct document *doc;

	if (!old || !keeps_id(call, old))
		return;
	doc = document_copy(call->arena, old);
	if (noun_read(call, noun, doc))
		update(call, noun, old, doc);
}

void object_put(struct api_call *call)
{
	const struct noun *noun = noun_of(call);
	struct document *doc = document_blank(call->arena, noun->kind);
	const struct document *old;

	doc->id = api_param(call, "id");
	if (!keeps_id(call, doc) || !noun_has_required(call, noun) || !noun_read(call, noun, doc))
		return;
	old = snapshot_find(call->snapshot, noun->kind, doc->id);
	if (old)
		update(call, noun, old, doc);
	else
		create(call, noun, doc);
}

void object_delete(struct api_call *call)
{
	const struct document *doc = native_find(call, noun_of(call)->kind, "id");
	struct cascade_effect effect = {0};
	struct error err = {0};
	enum service_result r;

	if (!doc)
		return;
	r = directory_delete(call->txn, doc, &effect, &err);
	if (r != SERVICE_OK) {
		native_fail(call, r, &err);
		return;
	}
	call->warning = widening_text(&effect.widening, effect.n_denies_lost, call->arena);
	api_no_content(call);
}
