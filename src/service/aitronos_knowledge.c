/* SPDX-License-Identifier: Apache-2.0 */
#include "service/aitronos_knowledge.h"

#include "model/validate.h"
#include "service/aitronos_id.h"

/* ---- looking ------------------------------------------------------------------------------------------- */

static struct str document_id(struct arena *a, struct str type, struct str id)
{
	return arena_concat3(a, type, STR("/"), id);
}

const struct resource *knowledge_find(const struct snapshot *s, struct str type, struct str id, struct arena *a)
{
	return FIND(s, resource, RESOURCE, document_id(a, type, id));
}

size_t knowledge_list(const struct snapshot *s, struct str type, struct arena *a, const struct document *const **ret)
{
	return snapshot_linked(s, DOC_RESOURCE, arena_concat(a, STR("type:"), type), a, ret);
}

size_t knowledge_stores(const struct snapshot *s, const struct resource *slice, struct arena *a,
                        const struct document *const **ret)
{
	const struct document *const *docs, **stores;
	size_t n_docs = snapshot_linked(s, DOC_RESOURCE, arena_concat(a, STR("parent:"), slice->doc.id), a, &docs);
	size_t n = 0;

	stores = ARENA_ARRAY(a, const struct document *, n_docs);
	for (size_t i = 0; i < n_docs; i++)
		if (str_eq(as_resource(docs[i])->type, STR(KNOWLEDGE_TYPE_STORE)))
			stores[n++] = docs[i];
	*ret = stores;
	return n;
}

bool knowledge_is_composite(const struct resource *r)
{
	const struct json *mark = json_get(r->attributes, STR(KNOWLEDGE_IS_COMPOSITE));

	return r->members.n || (json_is(mark, JSON_BOOL) && mark->b);
}

struct str knowledge_name(const struct resource *r)
{
	return str_is_absent(r->display_name) ? r->resource_id : r->display_name;
}

struct str knowledge_attribute(const struct resource *r, struct str name)
{
	return json_get_str(r->attributes, name);
}

/* ---- members ------------------------------------------------------------------------------------------- */

/* Why the slice cannot be a member of the composite; NULL: it can. */
static const char *why_not(const struct resource *composite, const struct resource *slice)
{
	if (!slice)
		return "is not registered";
	if (str_eq(slice->doc.id, composite->doc.id))
		return "is the composite itself";
	if (knowledge_is_composite(slice))
		return "is a composite";
	/* Or who may change resources of one tenant only could open those of another. */
	if (!str_is_absent(composite->tenant) && !str_eq(composite->tenant, slice->tenant))
		return "is not in the tenant of the composite";
	return NULL;
}

static enum service_result check_each(const struct txn *t, const struct resource *r, struct error *err)
{
	size_t repeated = iam_first_duplicate(r->members, t->arena);

	if (repeated != SIZE_MAX)
		return (enum service_result)error_set(err, SERVICE_INVALID, "members: \"" STR_FMT "\" stands twice",
		                                      STR_ARG(r->members.items[repeated]));
	for (size_t i = 0; i < r->members.n; i++) {
		struct str id = r->members.items[i];
		const char *why = why_not(r, knowledge_find(t->snapshot, r->type, id, t->arena));

		if (why)
			return (enum service_result)error_set(
			    err, SERVICE_INVALID, "members: the slice \"" STR_FMT "\" %s", STR_ARG(id), why);
	}
	return SERVICE_OK;
}

enum service_result knowledge_check_members(const struct txn *t, const struct resource *r, struct error *err)
{
	const struct document *const *composites;

	if (!str_eq(r->type, STR(KNOWLEDGE_TYPE_SLICE)) && r->members.n)
		return (enum service_result)error_set(err, SERVICE_INVALID,
		                                      "members: only a " KNOWLEDGE_TYPE_SLICE " has members");
	if (!str_eq(r->type, STR(KNOWLEDGE_TYPE_SLICE)) || !knowledge_is_composite(r))
		return SERVICE_OK;
	if (r->members.n > KNOWLEDGE_MAX_MEMBERS)
		return (enum service_result)error_set(err, SERVICE_INVALID, "members: more than %u",
		                                      KNOWLEDGE_MAX_MEMBERS);
	if (snapshot_linked(t->snapshot, DOC_RESOURCE, resource_member_link(t->arena, r->type, r->resource_id),
	                    t->arena, &composites))
		return (enum service_result)error_set(err, SERVICE_INVALID,
		                                      "members: the slice is itself a member of a composite");
	return check_each(t, r, err);
}

/* ---- changing ------------------------------------------------------------------------------------------ */

enum service_result knowledge_create(struct txn *t, struct resource *r, struct error *err)
{
	bool is_slice = str_eq(r->type, STR(KNOWLEDGE_TYPE_SLICE));

	assert(is_slice || str_eq(r->type, STR(KNOWLEDGE_TYPE_STORE)));
	r->resource_id = aitronos_new_id(t->arena, is_slice ? STR("kslice_") : STR("vs_"));
	r->doc = (struct document){.kind = DOC_RESOURCE,
	                           .id = document_id(t->arena, r->type, r->resource_id),
	                           .created_at_ms = t->now_ms,
	                           .updated_at_ms = t->now_ms};
	return directory_create(t, &r->doc, err);
}

enum service_result knowledge_update(struct txn *t, struct resource *r, struct error *err)
{
	r->doc.updated_at_ms = t->now_ms;
	return directory_update(t, &r->doc, err);
}

enum service_result knowledge_delete(struct txn *t, const struct resource *r, struct cascade_effect *ret_effect,
                                     struct error *err)
{
	return directory_delete(t, &r->doc, ret_effect, err);
}

const struct json *knowledge_attributes(const struct json *object, const struct json_member *members, size_t n,
                                        struct arena *a)
{
	size_t n_old = object ? object->n : 0;
	struct json_member *all = ARENA_ARRAY(a, struct json_member, n_old + n);
	const struct json fresh = {.type = JSON_OBJECT};
	struct json *ret = ARENA_NEW(a, struct json);

	*ret = fresh;
	for (size_t i = 0; i < n_old; i++) {
		size_t k = 0;

		while (k < n && !str_eq(members[k].name, object->members[i].name))
			k++;
		if (k == n)
			all[ret->n++] = object->members[i];
	}
	for (size_t i = 0; i < n; i++)
		all[ret->n++] = members[i];
	ret->members = all;
	return ret;
}
