/* SPDX-License-Identifier: Apache-2.0
 *
 * What grants amount to: all that a user has access to, and all who have access to an entity.
 */
#include "policy/access.h"

#include "api/aitronos/aitronos.h"

/* ---- failures ------------------------------------------------------------------------------------------- */

/* These lists have no pages: one that is too long is not begun. */
#define TOO_LARGE(how)                                                                                                 \
	{                                                                                                              \
		.status = 422, .code = "RESULT_TOO_LARGE", .message = "This result is too large to be shown at once.", \
		.system_message = "There are more than 100000 paths: " how                                             \
	}
static_assert(ACCESS_MAX_PATHS == 100000, "failures say how many paths are too many");

static const struct aitronos_fault user_has_too_much = TOO_LARGE("ask for one entity_type, or page through the grants");
static const struct aitronos_fault too_many_users = TOO_LARGE("page through the grants on the entity");

/* ---- paths ---------------------------------------------------------------------------------------------- */

static struct str path_name(enum access_path_type type)
{
	switch (type) {
	case PATH_DIRECT:
		return STR("direct");
	case PATH_DEPARTMENT:
		return STR("department");
	case PATH_ROLE:
		return STR("role");
	case PATH_COMPOSITE:
		break;
	}
	return STR("composite_slice");
}

static void put_paths(struct json_writer *w, const struct access_path *paths, size_t n)
{
	json_key(w, STR("grant_paths"));
	json_begin_array(w);
	for (size_t i = 0; i < n; i++) {
		const struct access_grant *g = &paths[i].grant;

		json_begin_object(w);
		json_put_str(w, STR("type"), path_name(paths[i].type));
		json_put_str(w, STR("grant_id"), g->doc.id);
		json_put_str(w, STR("access_level"), access_level_name(g->level));
		json_put_str(w, STR("grantee_type"), grantee_type_name(g->grantee_type));
		json_put_str(w, STR("grantee_id"), g->grantee_id);
		json_put_str(w, STR("via_entity_id"), paths[i].via_entity_id);
		json_end_object(w);
	}
	json_end_array(w);
}

/* ---- of a user ------------------------------------------------------------------------------------------- */

static void answer_resolved(struct api_call *call, const struct user *user, unsigned types)
{
	const struct entity_access *all;
	size_t n = access_of_user(call->snapshot, user, types, call->arena, &all);
	struct json_writer w;

	if (n == ACCESS_TOO_MANY) {
		aitronos_fail(call, &user_has_too_much, STR_NONE);
		return;
	}
	w = api_json_begin(call, 200);
	json_begin_object(&w);
	json_put_str(&w, STR("user_id"), user->doc.id);
	json_key(&w, STR("entities"));
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(&w);
		json_put_str(&w, STR("entity_type"), entity_type_name(all[i].type));
		json_put_str(&w, STR("entity_id"), all[i].id);
		json_put_str(&w, STR("access_level"), access_level_name(all[i].level));
		put_paths(&w, all[i].paths, all[i].n_paths);
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
	api_json_end(call, &w);
}

/* One's own is nobody else's business to allow; of others, the types that the caller may see. */
static void resolved_access(struct api_call *call)
{
	const struct user *user = as_user(snapshot_find_any(call->snapshot, DOC_USER, api_param(call, "user_id")));
	bool is_own = user && str_eq(call->caller.type, STR("user")) && str_eq(call->caller.id, user->doc.id);
	const struct grants_asker who = aitronos_asker(call);
	unsigned type, types;

	if (!aitronos_query_choice(call, &aitronos_entity_type, &type))
		return;
	types = type ? 1u << type : 0;
	if (!is_own) {
		types = grants_visible_types(&who, types, STR_NONE);
		if (!types) {
			aitronos_denied(call, "The right to manage access grants is needed");
			return;
		}
	}
	if (user)
		answer_resolved(call, user, types);
	else
		aitronos_not_found(call, "User not found", "user_id", api_param(call, "user_id"));
}

/* ---- to an entity ---------------------------------------------------------------------------------------- */

static bool read_entity(struct api_call *call, enum entity_type *ret_type, struct str *ret_id)
{
	unsigned type;

	if (!aitronos_query_choice(call, &aitronos_entity_type, &type) ||
	    !aitronos_query_str(call, "entity_id", ret_id))
		return false;
	*ret_type = (enum entity_type)type;
	if (type && !str_is_empty(*ret_id))
		return true;
	if (type)
		aitronos_invalid(call, "entity_id", "entity_id is required");
	else
		aitronos_invalid(call, "entity_type", "entity_type is required");
	return false;
}

static void answer_users(struct api_call *call, enum entity_type type, struct str id)
{
	const struct user_access *all;
	size_t n = access_to_entity(call->snapshot, type, id, call->arena, &all);
	struct json_writer w;

	if (n == ACCESS_TOO_MANY) {
		aitronos_fail(call, &too_many_users, STR_NONE);
		return;
	}
	w = api_json_begin(call, 200);
	json_begin_object(&w);
	json_put_str(&w, STR("entity_type"), entity_type_name(type));
	json_put_str(&w, STR("entity_id"), id);
	json_key(&w, STR("users"));
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(&w);
		json_put_str(&w, STR("user_id"), all[i].user->doc.id);
		json_put_str(&w, STR("access_level"), access_level_name(all[i].level));
		put_paths(&w, all[i].paths, all[i].n_paths);
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
	api_json_end(call, &w);
}

static void users_with_access(struct api_call *call)
{
	const struct grants_asker who = aitronos_asker(call);
	enum entity_type type;
	struct str id;

	if (!read_entity(call, &type, &id))
		return;
	if (grants_may_manage(&who, type, id))
		answer_users(call, type, id);
	else
		aitronos_denied(call, "The right to manage access grants on this entity is needed");
}

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_GET, AITRONOS_ORG "/users/{user_id}/resolved-access", API_READ, API_NO_BODY, NULL, NULL, resolved_access, NULL},
    {HTTP_GET, AITRONOS_ORG "/access/users-with-access", API_READ, API_NO_BODY, NULL, NULL, users_with_access, NULL},
    {HTTP_GET, AITRONOS_ORG "/knowledge/users-with-access", API_READ, API_NO_BODY, NULL, NULL, users_with_access, NULL},
};
/* clang-format on */

const struct api_route_table aitronos_access_routes = {routes, N_ELEMENTS(routes)};
