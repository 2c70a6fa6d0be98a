/* SPDX-License-Identifier: Apache-2.0
 *
 * From a subject and an action to the resources that statements and grants about them name.
 */
#include "policy/grant_source.h"
#include "policy/search-impl.h"

struct hunt {
	struct engine_names names; /* takes resources in */
	const struct snapshot *snapshot;
	struct arena *arena;
	struct str prefix;   /* of the type's resources, as the engine calls them */
	struct str selector; /* the beginning of selectors of the type (policy/tags.h) */
	struct candidates named;
	struct candidates granted;
};

static bool take_resource(struct engine_names *self, struct str resource)
{
	struct hunt *h = CONTAINER_OF(self, struct hunt, names);
	struct candidates *c = &h->named;

	if (pattern_is_wild(resource) ? wild_pattern_meets(resource, h->prefix)
	                              : str_starts_with(resource, h->selector))
		c->is_all = true;
	else if (resource.len > h->prefix.len && str_starts_with(resource, h->prefix))
		return candidates_add(c, str_slice(resource, h->prefix.len, resource.len));
	return !c->is_all;
}

/* ---- grants -------------------------------------------------------------------------------------------- */

/* The entity, and what it has as members. */
static bool take_entity(struct hunt *h, const struct access_grant *grant)
{
	const struct str type = entity_type_name(grant->entity_type);
	const struct resource *r = NULL;

	if (!candidates_add(&h->granted, grant->entity_id))
		return false;
	if (grant->entity_type == ENTITY_KNOWLEDGE_SLICE && h->snapshot->n_docs[DOC_RESOURCE])
		r = FIND(h->snapshot, resource, RESOURCE, arena_concat3(h->arena, type, STR("/"), grant->entity_id));
	for (size_t i = 0; r && i < r->members.n; i++)
		if (!candidates_add(&h->granted, r->members.items[i]))
			return false;
	return true;
}

/* What is granted to one subject. */
static bool take_granted(struct hunt *h, enum entity_type type, enum access_level level, const struct subject *subject)
{
	struct grants_filter filter = {.entity_types = 1u << (unsigned)type};
	const enum grantee_type grantee = grantee_of_subject(subject->text, &filter.grantee_id);
	const size_t room = h->granted.max - h->granted.list.n + 1;
	const struct access_grant *grants;
	size_t n;

	if (grantee == GRANTEE_NONE || !str_is_absent(subject->tenant))
		return true;
	filter.grantee_types = 1u << (unsigned)grantee;
	n = grants_list(&h->snapshot->grants, &filter, 0, room, h->arena, &grants, NULL);
	for (size_t i = 0; i < n; i++)
		if (grants[i].level >= level && !take_entity(h, &grants[i]))
			return false;
	if (n == room)
		h->granted.is_all = true;
	return n < room;
}

static enum search_result take_grants(struct hunt *h, const struct search *q, const struct query *query)
{
	const enum entity_type type = entity_type_of(q->ask->resource.type);
	const enum access_level level = grants_level_of(q->ask->action);

	if (type == ENTITY_NONE || level == ACCESS_NONE)
		return SEARCH_OK;
	for (size_t i = 0; i < query->n_subjects; i++)
		if (!take_granted(h, type, level, &query->subjects[i]))
			return SEARCH_TOO_MANY;
	candidates_sort(&h->granted);
	return SEARCH_OK;
}

/* ---- the search ---------------------------------------------------------------------------------------- */

static bool is_entitlement(const struct ask_resource *r)
{
	return str_eq(r->type, STR("app_entitlement"));
}

/* Entitlements are called by their application and id; where the application is stated, results are ids in it. */
static struct str app_prefix(const struct ask_resource *r, struct arena *a)
{
	return is_entitlement(r) && !str_is_absent(r->app) ? arena_concat(a, r->app, STR("/")) : STR("");
}

static void find_named(struct hunt *h, const struct search *q, const struct query *query)
{
	const struct snapshot *s = h->snapshot;
	const uint64_t n_all = s->by_id[DOC_RESOURCE].n + s->by_id[DOC_APP_ENTITLEMENT].n + s->engine.resources.n;

	h->named = (struct candidates){.list = {.arena = h->arena}, .max = candidates_worth(q, n_all)};
	h->names = (struct engine_names){take_resource, 2 * h->named.max};
	if (!engine_each_resource(&s->engine, query, h->arena, &h->names))
		h->named.is_all = true;
	candidates_sort(&h->named);
}

static void open_streams(const struct hunt *h, const struct search *q, struct streams *l)
{
	const struct ask_resource *r = &q->ask->resource;
	const struct str type = r->type;
	const struct snapshot *s = h->snapshot;
	struct arena *a = h->arena;

	l->items[l->n++] = stream_of_list(strs_list(&h->granted.list), q->behind);
	if (!h->named.is_all) {
		l->items[l->n++] = stream_of_list(strs_list(&h->named.list), q->behind);
		return;
	}
	l->items[l->n++] = stream_of_resources(s, h->prefix, q->behind, a);
	l->items[l->n++] =
	    is_entitlement(r)
	        ? stream_of_documents(s, DOC_APP_ENTITLEMENT, STR_NONE, app_prefix(r, a), q->behind, a)
	        : stream_of_documents(s, DOC_RESOURCE, type, arena_concat(a, type, STR("/")), q->behind, a);
}

static void put_resource(struct ask *ask, const struct search *q UNUSED, struct str candidate)
{
	ask->resource.id = candidate;
}

enum search_result search_resources(const struct snapshot *s, const struct search *q, struct arena *a,
                                    struct search_page *ret)
{
	const struct ask_resource *r = &q->ask->resource;
	struct query query = {.action = q->ask->action, .now_ms = q->ask->now_ms};
	struct hunt h = {.snapshot = s, .arena = a};
	struct streams streams = {0};

	*ret = (struct search_page){.at = q->behind};
	ask_name_subjects(s, q->ask, a, &query);
	h.prefix = arena_concat3(a, r->type, STR(":"), app_prefix(r, a));
	h.selector = arena_concat3(a, STR("\xff"), r->type, STR("\xff"));
	h.granted = (struct candidates){.list = {.arena = a}, .max = SEARCH_MAX_GRANTS};
	if (take_grants(&h, q, &query) != SEARCH_OK)
		return SEARCH_TOO_MANY;
	find_named(&h, q, &query);
	open_streams(&h, q, &streams);
	search_fill(s, q, &streams, put_resource, a, ret);
	return SEARCH_OK;
}
