/* SPDX-License-Identifier: Apache-2.0
 *
 * Resources: named by type and id, made by PUT, each in a tenant or in none. A permission held in some
 * tenants only reaches the resources there; the others do not exist for its holder.
 */
#include "api/native/native.h"

#include "service/tags.h"

static struct str resource_document_id(const struct api_call *call)
{
	return arena_concat3(call->arena, api_param(call, "type"), STR("/"), api_param(call, "id"));
}

/* The resource of the path, if the call reaches it; else NULL after failing the call. */
static const struct resource *find(struct api_call *call)
{
	const struct resource *r = FIND(call->snapshot, resource, RESOURCE, resource_document_id(call));

	if (r && native_reaches(call, r->tenant))
		return r;
	api_fail(call, SERVICE_NOT_FOUND, 0, "there is no " STR_FMT " \"" STR_FMT "\"",
	         STR_ARG(api_param(call, "type")), STR_ARG(api_param(call, "id")));
	return NULL;
}

struct filter {
	struct str type, tenant;
};

static bool shows(const struct api_call *call, const struct document *doc, const void *ctx)
{
	const struct resource *r = as_resource(doc);
	const struct filter *f = ctx;

	return native_reaches(call, r->tenant) && (str_is_absent(f->type) || str_eq(f->type, r->type)) &&
	       (str_is_absent(f->tenant) || str_eq(f->tenant, r->tenant));
}

static void write_item(struct json_writer *w, const struct document *doc, const void *ctx UNUSED)
{
	noun_write(w, &noun_resources, doc);
}

void resource_list(struct api_call *call)
{
	struct filter f;
	struct listing what = {.kind = DOC_RESOURCE, .shows = shows, .write = write_item, .ctx = &f};

	if (native_query(call, STR("type"), &f.type) && native_query(call, STR("tenant"), &f.tenant))
		list_all(call, &what);
}

void resource_get(struct api_call *call)
{
	const struct resource *r = find(call);

	if (r)
		noun_answer(call, &noun_resources, &r->doc, 200);
}

/* Stores what was read over `old`; NULL: it is new. */
static enum service_result put(struct api_call *call, struct resource *r, const struct resource *old, struct error *err)
{
	struct widening w = {0};
	enum service_result result = tags_bind(call->txn, r, old, &w, err);

	if (result == SERVICE_OK)
		result = old ? directory_update(call->txn, &r->doc, err) : directory_create(call->txn, &r->doc, err);
	if (result == SERVICE_OK)
		call->warning = widening_text(&w, 0, call->arena);
	return result;
}

/* Reads the body over `r` and stores it; `old` is what it replaces, NULL for nothing. */
static void store(struct api_call *call, struct resource *r, const struct resource *old)
{
	struct error err = {0};
	enum service_result result;

	if (!noun_read(call, &noun_resources, &r->doc))
		return;
	if (!native_reaches(call, r->tenant)) {
		api_fail(call, SERVICE_DENIED, 0, "not allowed in the tenant of the resource");
		return;
	}
	result = put(call, r, old, &err);
	if (result != SERVICE_OK) {
		native_fail(call, result, &err);
		return;
	}
	document_stamp(&r->doc, call);
	if (!old)
		http_answer_header(call->x, STR("Location"),
		                   native_path(call->arena, noun_resources.name, r->type, r->resource_id));
	noun_answer(call, &noun_resources, &r->doc, old ? 200 : 201);
}

void resource_put(struct api_call *call)
{
	const struct resource *old = FIND(call->snapshot, resource, RESOURCE, resource_document_id(call));
	struct resource r = {
	    .doc = {.kind = DOC_RESOURCE, .id = resource_document_id(call)},
	    .type = api_param(call, "type"),
	    .resource_id = api_param(call, "id"),
	};

	/* Who registered it first stays known. */
	r.created_by = old ? old->created_by : call->caller.id;
	/* One that is out of reach is not told apart from a forbidden tenant, but must not be replaced. */
	if (old && !native_reaches(call, old->tenant)) {
		api_fail(call, SERVICE_DENIED, 0, "not allowed in the tenant of the resource");
		return;
	}
	store(call, &r, old);
}

void resource_patch(struct api_call *call)
{
	const struct resource *old = find(call);
	struct resource r;

	if (!old)
		return;
	r = *old;
	store(call, &r, old);
}

void resource_delete(struct api_call *call)
{
	const struct resource *r = find(call);
	struct cascade_effect effect = {0};
	struct error err = {0};
	enum service_result result;

	if (!r)
		return;
	result = directory_delete(call->txn, &r->doc, &effect, &err);
	if (result != SERVICE_OK) {
		native_fail(call, result, &err);
		return;
	}
	call->warning = widening_text(&effect.widening, effect.n_denies_lost, call->arena);
	api_no_content(call);
}
