/* SPDX-License-Identifier: Apache-2.0
 *
 * Users, services, groups, tenants and roles: objects named by one id, that differ in their fields only.
 */
#include "api/native/native.h"

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

void object_create(struct api_call *call)
{
	const struct noun *noun = noun_of(call);
	struct document *doc = document_blank(call->arena, noun->kind);
	struct error err = {0};
	enum service_result r;

	if (!api_get_str(call, call->body, "id", &doc->id) || !noun_read(call, noun, doc))
		return;
	if (str_is_absent(doc->id)) {
		api_fail(call, SERVICE_INVALID, 0, "id is required");
		return;
	}
	r = directory_create(call->txn, doc, &err);
	if (r != SERVICE_OK) {
		native_fail(call, r, &err);
		return;
	}
	native_note_created(call, doc->id);
	document_stamp(doc, call);
	http_answer_header(call->x, STR("Location"), native_path(call->arena, noun->name, doc->id, STR_NONE));
	noun_answer(call, noun, doc, 201);
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
	struct error err = {0};
	enum service_result r;

	if (!old || !keeps_id(call, old))
		return;
	doc = document_copy(call->arena, old);
	if (!noun_read(call, noun, doc))
		return;
	r = directory_update(call->txn, doc, &err);
	if (r != SERVICE_OK) {
		native_fail(call, r, &err);
		return;
	}
	document_stamp(doc, call);
	noun_answer(call, noun, doc, 200);
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
