/* SPDX-License-Identifier: Apache-2.0
 *
 * Access grants: made one by one or in bulk, listed, changed, revoked. An entity's own list is the list filtered to it.
 */
#include "api/aitronos/aitronos.h"

/* ---- who may -------------------------------------------------------------------------------------------- */

/* Of a write: fails the call when the caller may not manage the grants on the entity. */
static bool may_manage(struct api_call *call, enum entity_type type, struct str id)
{
	const struct grants_asker who = aitronos_asker(call);

	call->operation = STR(ACTION_MANAGE_GRANTS);
	if (grants_may_manage(&who, type, id))
		return true;
	aitronos_denied(call, "The right to manage access grants on this entity is needed");
	return false;
}

/* ---- answers -------------------------------------------------------------------------------------------- */

static void put_grant(struct api_call *call, struct json_writer *w, const struct access_grant *g)
{
	json_begin_object(w);
	json_put_str(w, STR("id"), g->doc.id);
	json_put_str(w, STR("entity_type"), entity_type_name(g->entity_type));
	json_put_str(w, STR("entity_id"), g->entity_id);
	json_put_str(w, STR("grantee_type"), grantee_type_name(g->grantee_type));
	json_put_str(w, STR("grantee_id"), g->grantee_id);
	json_put_str(w, STR("access_level"), access_level_name(g->level));
	json_put_str(w, STR("granted_by"), g->granted_by);
	json_put_str(w, STR("organization_id"), aitronos_org(call));
	aitronos_put_time(w, "created_at", g->doc.created_at_ms);
	aitronos_put_time(w, "updated_at", g->doc.updated_at_ms);
	json_end_object(w);
}

static void answer_grant(struct api_call *call, unsigned status, const struct access_grant *g)
{
	struct json_writer w = api_json_begin(call, status);

	put_grant(call, &w, g);
	api_json_end(call, &w);
}

/* ---- making --------------------------------------------------------------------------------------------- */

static bool read_entity(struct api_call *call, struct grant_offer *ret)
{
	unsigned type;

	if (!aitronos_need_choice(call, call->body, &aitronos_entity_type, &type) ||
	    !aitronos_need_str(call, call->body, "entity_id", &ret->entity_id))
		return false;
	ret->entity_type = (enum entity_type)type;
	if (grants_is_entity_id(ret->entity_id))
		return true;
	aitronos_invalid(call, "entity_id", "entity_id must be at most %u bytes without control characters",
	                 GRANT_MAX_ENTITY_BYTES);
	return false;
}

static bool read_share(struct api_call *call, const struct json *object, struct grant_share *ret)
{
	unsigned type, level;

	if (!aitronos_need_choice(call, object, &aitronos_grantee_type, &type) ||
	    !aitronos_need_str(call, object, "grantee_id", &ret->id) ||
	    !aitronos_need_choice(call, object, &aitronos_access_level, &level))
		return false;
	ret->type = (enum grantee_type)type;
	ret->level = (enum access_level)level;
	return true;
}

/* Makes what was offered; NULL after failing the call. */
static const struct access_grant *create(struct api_call *call, struct grant_offer *offer)
{
	struct access_grant *made = ARENA_ARRAY(call->arena, struct access_grant, offer->n_shares);
	struct error err = {0};
	enum service_result r;

	aitronos_note_target(call, entity_type_name(offer->entity_type).ptr, offer->entity_id);
	if (!may_manage(call, offer->entity_type, offer->entity_id))
		return NULL;
	offer->granted_by = call->caller.id;
	r = grants_create(call->txn, offer, made, &err);
	if (r == SERVICE_NOT_FOUND)
		aitronos_not_found(call, err.text, "grantee_id", offer->shares[offer->failed].id);
	else if (r != SERVICE_OK)
		aitronos_result(call, r, &err);
	if (r != SERVICE_OK)
		return NULL;
	/* Of several the first; the revision says which others. */
	aitronos_note_target(call, "knowledge_grant", made[0].doc.id);
	return made;
}

static void grant_create(struct api_call *call)
{
	struct grant_share share;
	struct grant_offer offer = {.shares = &share, .n_shares = 1};
	const struct access_grant *made;

	if (!read_entity(call, &offer) || !read_share(call, call->body, &share))
		return;
	made = create(call, &offer);
	if (made)
		answer_grant(call, 201, made);
}

/* The body's "grants", which stand for at least one grantee; fails the call. */
static bool read_shares(struct api_call *call, struct grant_offer *ret)
{
	const struct json *list = json_get(call->body, STR("grants"));
	struct grant_share *shares;

	if (!json_is(list, JSON_ARRAY) || list->n == 0 || list->n > AITRONOS_MAX_BULK_ENTRIES) {
		aitronos_invalid(call, "grants", "grants must be an array of 1 to %u objects",
		                 AITRONOS_MAX_BULK_ENTRIES);
		return false;
	}
	shares = ARENA_ARRAY(call->arena, struct grant_share, list->n);
	for (uint32_t i = 0; i < list->n; i++) {
		aitronos_enter(call, "grants", i);
		if (!read_share(call, &list->items[i], &shares[i]))
			return false;
	}
	aitronos_leave(call);
	ret->shares = shares;
	ret->n_shares = list->n;
	return true;
}

static void grant_create_bulk(struct api_call *call)
{
	struct grant_offer offer = {0};
	const struct access_grant *made;
	struct json_writer w;

	if (!read_entity(call, &offer) || !read_shares(call, &offer))
		return;
	made = create(call, &offer);
	if (!made)
		return;
	w = api_json_begin(call, 201);
	json_begin_array(&w);
	for (size_t i = 0; i < offer.n_shares; i++)
		put_grant(call, &w, &made[i]);
	json_end_array(&w);
	api_json_end(call, &w);
}

/* ---- changing ------------------------------------------------------------------------------------------- */

/* The grant of the path, which the caller may manage; fails the call. */
static bool find_grant(struct api_call *call, struct access_grant *ret)
{
	struct str id = api_param(call, "grant_id");

	aitronos_note_target(call, "knowledge_grant", id);
	if (grants_find(&call->snapshot->grants, id, ret))
		return may_manage(call, ret->entity_type, ret->entity_id);
	aitronos_not_found(call, "Access grant not found", "grant_id", id);
	return false;
}

static void grant_update(struct api_call *call)
{
	struct access_grant grant;
	unsigned level;

	if (!aitronos_need_choice(call, call->body, &aitronos_access_level, &level) || !find_grant(call, &grant))
		return;
	grants_set_level(call->txn, &grant, (enum access_level)level);
	answer_grant(call, 200, &grant);
}

static void grant_revoke(struct api_call *call)
{
	struct access_grant grant;

	if (!find_grant(call, &grant))
		return;
	grants_revoke(call->txn, &grant);
	api_no_content(call);
}

/* ---- lists ----------------------------------------------------------------------------------------------- */

/* The page of what the filter and the caller's rights leave. */
static void answer_list(struct api_call *call, struct grants_filter *filter)
{
	const struct grants_asker who = aitronos_asker(call);
	const struct access_grant *grants;
	struct aitronos_page page;
	struct json_writer w;
	uint64_t total;
	size_t n;

	if (!aitronos_read_page(call, AITRONOS_DEFAULT_LIMIT, &page))
		return;
	filter->entity_types = grants_visible_types(&who, filter->entity_types, filter->entity_id);
	if (!filter->entity_types) {
		aitronos_denied(call, "The right to manage access grants is needed");
		return;
	}
	n = grants_list(&call->snapshot->grants, filter, page.skip, page.limit, call->arena, &grants, &total);
	w = aitronos_begin_list(call);
	for (size_t i = 0; i < n; i++)
		put_grant(call, &w, &grants[i]);
	aitronos_end_list(call, &w, &page, n, total);
}

static void grant_list(struct api_call *call)
{
	struct grants_filter filter = {0};
	unsigned entity_type, grantee_type;

	if (!aitronos_query_choice(call, &aitronos_entity_type, &entity_type) ||
	    !aitronos_query_str(call, "entity_id", &filter.entity_id) ||
	    !aitronos_query_choice(call, &aitronos_grantee_type, &grantee_type) ||
	    !aitronos_query_str(call, "grantee_id", &filter.grantee_id))
		return;
	filter.entity_types = entity_type ? 1u << entity_type : 0;
	filter.grantee_types = grantee_type ? 1u << grantee_type : 0;
	/* By an alias, too, where it is known of what. */
	if (grantee_type && !str_is_absent(filter.grantee_id))
		filter.grantee_id =
		    grants_grantee_id(call->snapshot, (enum grantee_type)grantee_type, filter.grantee_id);
	answer_list(call, &filter);
}

static void list_of_entity(struct api_call *call, enum entity_type type, const char *param)
{
	struct grants_filter filter = {.entity_types = 1u << type, .entity_id = api_param(call, param)};

	answer_list(call, &filter);
}

static void slice_grant_list(struct api_call *call)
{
	list_of_entity(call, ENTITY_KNOWLEDGE_SLICE, "slice_id");
}

static void store_grant_list(struct api_call *call)
{
	list_of_entity(call, ENTITY_VECTOR_STORE, "store_id");
}

static void assistant_grant_list(struct api_call *call)
{
	list_of_entity(call, ENTITY_ASSISTANT, "assistant_id");
}

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_POST, AITRONOS_ORG "/access/grants", API_WRITE, API_JSON_BODY, NULL, NULL, grant_create, "knowledge_grant.created"},
    {HTTP_GET, AITRONOS_ORG "/access/grants", API_READ, API_NO_BODY, NULL, NULL, grant_list, NULL},
    {HTTP_POST, AITRONOS_ORG "/access/grants/bulk", API_WRITE, API_JSON_BODY, NULL, NULL, grant_create_bulk, "knowledge_grant.created"},
    {HTTP_PATCH, AITRONOS_ORG "/access/grants/{grant_id}", API_WRITE, API_JSON_BODY, NULL, NULL, grant_update, "knowledge_grant.updated"},
    {HTTP_DELETE, AITRONOS_ORG "/access/grants/{grant_id}", API_WRITE, API_NO_BODY, NULL, NULL, grant_revoke, "knowledge_grant.deleted"},
    /* The vendor's page of this one is not known: all three spellings that its other paths suggest. */
    {HTTP_GET, AITRONOS_ORG "/knowledge/slices/{slice_id}/grants", API_READ, API_NO_BODY, NULL, NULL, slice_grant_list, NULL},
    {HTTP_GET, AITRONOS_ORG "/slices/{slice_id}/grants", API_READ, API_NO_BODY, NULL, NULL, slice_grant_list, NULL},
    {HTTP_GET, AITRONOS_ORG "/knowledge-slices/{slice_id}/grants", API_READ, API_NO_BODY, NULL, NULL, slice_grant_list, NULL},
    {HTTP_GET, AITRONOS_ORG "/vector-stores/{store_id}/grants", API_READ, API_NO_BODY, NULL, NULL, store_grant_list, NULL},
    {HTTP_GET, AITRONOS_ORG "/assistants/{assistant_id}/grants", API_READ, API_NO_BODY, NULL, NULL, assistant_grant_list, NULL},
};
/* clang-format on */

const struct api_route_table aitronos_grant_routes = {routes, N_ELEMENTS(routes)};
