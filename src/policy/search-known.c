/* SPDX-License-Identifier: Apache-2.0
 *
 * Is there such a resource at all? Who may do everything may do it to what does not exist, too, but no search is about
 * that.
 */
#include "model/confident.h"
#include "model/langsmith.h"
#include "policy/grant_source.h"
#include "policy/search-impl.h"

/* Types that the dialects speak of without registering resources of them, beside those of their catalogs. */
static const struct str spoken_of[] = {
    STR_INIT("app_entitlement"), STR_INIT("organization"), STR_INIT("queues"), STR_INIT("run"),
    STR_INIT("tenant"),          STR_INIT("workspace"),
};

/* "billing" of "billing:read". */
static bool is_about(struct str permission, struct str type)
{
	return str_starts_with(permission, type) && permission.len > type.len && permission.ptr[type.len] == ':';
}

static bool is_in_catalogs(struct str type)
{
	size_t n_langsmith, n_confident;
	const struct langsmith_permission *langsmith = langsmith_permissions(&n_langsmith);
	const struct confident_permission *confident = confident_permissions(&n_confident);

	if (entity_type_of(type) != ENTITY_NONE || langsmith_is_taggable(type))
		return true;
	for (size_t i = 0; i < N_ELEMENTS(spoken_of); i++)
		if (str_eq(spoken_of[i], type))
			return true;
	for (size_t i = 0; i < n_langsmith; i++)
		if (is_about(langsmith[i].name, type))
			return true;
	for (size_t i = 0; i < n_confident; i++)
		if (is_about(confident[i].name, type))
			return true;
	return false;
}

static bool names_begin_with(const struct snapshot *s, struct str prefix)
{
	const struct str first = engine_next_resource(&s->engine, prefix, true);

	return !str_is_absent(first) && str_starts_with(first, prefix);
}

/* Statements that are about a type, by names or patterns of its resources. */
static bool is_type_named(const struct snapshot *s, struct str type, struct arena *a)
{
	return names_begin_with(s, arena_concat(a, type, STR(":"))) ||
	       str_eq(engine_next_resource(&s->engine, type, true), type) || is_in_catalogs(type);
}

static bool is_named(const struct snapshot *s, struct str resource)
{
	return str_eq(engine_next_resource(&s->engine, resource, true), resource) && !pattern_is_wild(resource);
}

/* Grants on it, or a composite that it is a member of. */
static bool is_granted(const struct snapshot *s, const struct ask_resource *r, struct arena *a)
{
	const enum entity_type type = entity_type_of(r->type);
	const struct grants_filter filter = {.entity_types = 1u << (unsigned)type, .entity_id = r->id};
	const struct document *const *composites;
	const struct access_grant *grant;

	if (type == ENTITY_NONE)
		return false;
	return grants_list(&s->grants, &filter, 0, 1, a, &grant, NULL) > 0 ||
	       grant_composites(s, type, r->id, a, &composites) > 0;
}

static bool is_any_registered(const struct snapshot *s, struct str type, struct arena *a)
{
	return !str_is_absent(
	    stream_of_documents(s, DOC_RESOURCE, type, arena_concat(a, type, STR("/")), STR_NONE, a).head);
}

bool search_knows(const struct snapshot *s, const struct ask_resource *r, struct str name, struct arena *a)
{
	if (r->is_described || is_named(s, name))
		return true;
	if (str_eq(r->type, STR("app_entitlement")))
		return snapshot_find(s, DOC_APP_ENTITLEMENT, str_slice(name, r->type.len + 1, name.len)) != NULL;
	if (snapshot_find(s, DOC_RESOURCE, arena_concat3(a, r->type, STR("/"), r->id)) || is_granted(s, r, a))
		return true;
	return !is_any_registered(s, r->type, a) && is_type_named(s, r->type, a);
}
