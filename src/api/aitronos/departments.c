/* SPDX-License-Identifier: Apache-2.0
 *
 * Departments and who is in them.
 */
#include "service/aitronos_departments.h"

#include "api/aitronos/directory.h"

#define MAX_SCOPE 1000u /* departments whose trees are asked for at once */

static_assert(2 * DEPARTMENT_MAX_CHAIN + 1 <= JSON_WRITER_MAX_DEPTH, "the deepest tree can be written");

/* ---- failures ------------------------------------------------------------------------------------------ */

static const struct aitronos_fault not_found = {
    .status = 404,
    .code = "DEPARTMENT_NOT_FOUND",
    .message = "The requested department could not be found.",
    .system_message = "Department not found",
    .detail = "department_id",
};
static const struct aitronos_fault has_children = {
    .status = 422,
    .code = "DEPARTMENT_HAS_CHILDREN",
    .message = "This department cannot be deleted because it has child departments. Reparent or remove them first.",
    .system_message = "Department has child departments",
    .detail = "department_id",
};
static const struct aitronos_fault has_members = {
    .status = 422,
    .code = "DEPARTMENT_HAS_MEMBERS",
    .message = "This department cannot be deleted because it has members. Remove them first.",
    .system_message = "Department has members",
    .detail = "department_id",
};

static const struct group *find(struct api_call *call, struct str name)
{
	const struct group *g = department_find(call->snapshot, name);

	if (!g)
		aitronos_fail(call, &not_found, name);
	return g;
}

/* The department of the path. */
static const struct group *find_named(struct api_call *call)
{
	const struct group *g = find(call, api_param(call, "department_id"));

	if (g)
		aitronos_note_target(call, "department", g->doc.id);
	return g;
}

/* ---- answers ------------------------------------------------------------------------------------------- */

static struct str path_of(struct api_call *call, const struct group *const *chain, size_t n)
{
	CLEANUP(buf_releasep) struct buf path = BUF_INIT(BUF_MAX_LINE_BYTES);

	for (size_t i = 0; i < n; i++) {
		buf_add_char(&path, '/');
		buf_add(&path, chain[i]->doc.id);
	}
	return arena_str(call->arena, buf_str(&path));
}

/* The members of the object, which is left open. */
static void put_fields(struct api_call *call, struct json_writer *w, const struct group *g)
{
	const struct group *chain[DEPARTMENT_MAX_CHAIN];
	const struct department_member *members;
	size_t n = department_chain(call->snapshot, g, chain);

	json_put_str(w, STR("id"), g->doc.id);
	json_put_str(w, STR("name"), department_name(g));
	json_put_str(w, STR("description"), g->description);
	json_put_str(w, STR("parent_id"), n > 1 ? chain[n - 2]->doc.id : STR_NONE);
	json_put_str(w, STR("path"), path_of(call, chain, n));
	json_put_u64(w, STR("depth"), n - 1);
	json_put_str(w, STR("organization_id"), aitronos_org(call));
	json_put_u64(w, STR("member_count"), department_members(call->snapshot, g, call->arena, &members));
	json_put_bool(w, STR("is_active"), true);
	json_put_bool(w, STR("is_default"), false);
	json_put_str(w, STR("color"), g->color);
	json_put_str(w, STR("created_by"), g->created_by);
	aitronos_put_time(w, "created_at", g->doc.created_at_ms);
}

static void put_department(struct api_call *call, struct json_writer *w, const struct group *g)
{
	json_begin_object(w);
	put_fields(call, w, g);
	json_end_object(w);
}

static void answer(struct api_call *call, const struct group *g, unsigned status)
{
	struct json_writer w = api_json_begin(call, status);

	put_department(call, &w, g);
	api_json_end(call, &w);
}

static void department_list_all(struct api_call *call)
{
	const struct group *const *groups;
	size_t n = department_list(call->snapshot, call->arena, &groups);
	struct json_writer w = api_json_begin(call, 200);

	json_begin_array(&w);
	for (size_t i = 0; i < n; i++)
		put_department(call, &w, groups[i]);
	json_end_array(&w);
	api_json_end(call, &w);
}

static void department_get(struct api_call *call)
{
	const struct group *g = find_named(call);

	if (g)
		answer(call, g, 200);
}

/* ---- the tree ------------------------------------------------------------------------------------------ */

struct forest {
	const struct department_node *nodes;
	size_t n;
};

/* Writes the tree under `top`, however the departments are nested: at most DEPARTMENT_MAX_CHAIN deep. */
static void put_tree(struct api_call *call, struct json_writer *w, const struct forest *f, size_t top)
{
	size_t at = top, level = 0;

	for (;;) {
		json_begin_object(w);
		put_fields(call, w, f->nodes[at].group);
		json_key(w, STR("children"));
		json_begin_array(w);
		if (f->nodes[at].first_child != DEPARTMENT_NO_NODE && level + 1 < DEPARTMENT_MAX_CHAIN) {
			at = f->nodes[at].first_child;
			level++;
			continue;
		}
		for (;; level--) {
			json_end_array(w);
			json_end_object(w);
			if (level == 0)
				return;
			if (f->nodes[at].next != DEPARTMENT_NO_NODE)
				break;
			at = f->nodes[at].parent;
		}
		at = f->nodes[at].next;
	}
}

/* Where the trees begin that are asked for. */
struct scope {
	size_t *tops;
	size_t n;
	bool *is_top; /* by node */
};

/* ?scope=id,id; without it `ret->tops` stays NULL. */
static bool read_scope(struct api_call *call, const struct forest *f, struct scope *ret)
{
	struct scope scope = {0};
	struct str text, id;
	size_t cap = 0;

	*ret = scope;
	if (!aitronos_query_str(call, "scope", &text))
		return false;
	if (str_is_absent(text))
		return true;
	scope.is_top = ARENA_ARRAY(call->arena, bool, f->n);
	while (str_split(&text, ',', &id)) {
		const struct group *g = find(call, str_trim(id));
		size_t node = department_node_of(f->nodes, f->n, g);

		if (!g)
			return false;
		if (scope.is_top[node])
			continue;
		if (scope.n == MAX_SCOPE) {
			aitronos_invalid(call, "scope", "scope must have at most %u departments", MAX_SCOPE);
			return false;
		}
		scope.is_top[node] = true;
		ARENA_ROOM(call->arena, scope.tops, scope.n, &cap);
		scope.tops[scope.n++] = node;
	}
	*ret = scope;
	return true;
}

/* Does the tree of another of them hold this one? */
static bool is_shown_already(const struct forest *f, const struct scope *scope, size_t top)
{
	size_t above = f->nodes[top].parent;

	for (size_t i = 0; i < DEPARTMENT_MAX_CHAIN && above != DEPARTMENT_NO_NODE && above != top; i++) {
		if (scope->is_top[above])
			return true;
		above = f->nodes[above].parent;
	}
	return false;
}

static void department_tree(struct api_call *call)
{
	struct forest f;
	struct scope scope;
	struct json_writer w;

	f.n = department_forest(call->snapshot, call->arena, &f.nodes);
	if (!read_scope(call, &f, &scope))
		return;
	w = api_json_begin(call, 200);
	json_begin_array(&w);
	for (size_t i = 0; i < scope.n; i++)
		if (!is_shown_already(&f, &scope, scope.tops[i]))
			put_tree(call, &w, &f, scope.tops[i]);
	for (size_t i = 0; i < f.n && !scope.is_top; i++)
		if (f.nodes[i].parent == DEPARTMENT_NO_NODE)
			put_tree(call, &w, &f, i);
	json_end_array(&w);
	api_json_end(call, &w);
}

/* ---- changes ------------------------------------------------------------------------------------------- */

static bool read_texts(struct api_call *call, bool name_is_required, struct group *g)
{
	const struct directory_text name = {"name", DEPARTMENT_MAX_NAME_CHARS, true};
	const struct directory_text description = {"description", DIRECTORY_MAX_DESCRIPTION_CHARS, false};
	const struct directory_text color = {"color", DIRECTORY_MAX_COLOR_CHARS, false};

	if ((name_is_required || json_get(call->body, STR("name"))) &&
	    !directory_read_text(call, &name, &g->display_name))
		return false;
	return directory_read_text(call, &description, &g->description) && directory_read_text(call, &color, &g->color);
}

static void department_post(struct api_call *call)
{
	struct group g = {.created_by = call->caller.id};
	struct error err = {0};

	if (!read_texts(call, true, &g) || !aitronos_get_str(call, call->body, "parent_id", &g.parent) ||
	    !directory_succeeded(call, department_create(call->txn, &g, &err), &err, "parent_id"))
		return;
	aitronos_note_target(call, "department", g.doc.id);
	answer(call, &g, 201);
}

static void department_patch(struct api_call *call)
{
	const struct group *old = find_named(call);
	struct error err = {0};
	struct group g;

	if (!old)
		return;
	g = *old;
	if (read_texts(call, false, &g) &&
	    directory_succeeded(call, department_update(call->txn, &g, &err), &err, "name"))
		answer(call, &g, 200);
}

static void department_reparent(struct api_call *call)
{
	const struct group *old = find_named(call);
	struct error err = {0};
	struct group g;

	if (!old)
		return;
	g = *old;
	if (!json_get(call->body, STR("new_parent_id"))) {
		aitronos_invalid(call, "new_parent_id", "new_parent_id is required");
		return;
	}
	if (aitronos_get_str(call, call->body, "new_parent_id", &g.parent) &&
	    directory_succeeded(call, department_update(call->txn, &g, &err), &err, "new_parent_id"))
		answer(call, &g, 200);
}

static void department_remove(struct api_call *call)
{
	const struct group *g = find_named(call);
	struct cascade_effect effect = {0};
	struct error err = {0};

	if (!g)
		return;
	switch (department_obstacle(call->snapshot, g, call->arena)) {
	case DEPARTMENT_HAS_CHILDREN:
		aitronos_fail(call, &has_children, g->doc.id);
		return;
	case DEPARTMENT_HAS_MEMBERS:
		aitronos_fail(call, &has_members, g->doc.id);
		return;
	case DEPARTMENT_IS_FREE:
		break;
	}
	if (!directory_succeeded(call, department_delete(call->txn, g, &effect, &err), &err, "department_id"))
		return;
	call->warning = widening_text(&effect.widening, effect.n_denies_lost, call->arena);
	api_no_content(call);
}

/* ---- members ------------------------------------------------------------------------------------------- */

static void put_member(struct json_writer *w, const struct user *user, int64_t added_at_ms)
{
	json_begin_object(w);
	json_put_str(w, STR("user_id"), user->doc.id);
	json_put_str(w, STR("full_name"), directory_full_name(user));
	json_put_str(w, STR("email"), user->email);
	aitronos_put_time(w, "added_at", added_at_ms);
	json_end_object(w);
}

static void member_list(struct api_call *call)
{
	const struct group *g = find_named(call);
	const struct department_member *members;
	struct json_writer w;
	size_t n;

	if (!g)
		return;
	n = department_members(call->snapshot, g, call->arena, &members);
	w = api_json_begin(call, 200);
	json_begin_array(&w);
	for (size_t i = 0; i < n; i++)
		put_member(&w, members[i].user, members[i].by->doc.created_at_ms);
	json_end_array(&w);
	api_json_end(call, &w);
}

static void note_membership(struct api_call *call, const struct group *g, const struct user *user)
{
	aitronos_note_target(call, "department_membership",
	                     arena_concat3(call->arena, g->doc.id, STR("/"), user->doc.id));
}

static void member_add(struct api_call *call)
{
	const struct group *g = find_named(call);
	const struct user *user = g ? directory_read_user(call) : NULL;
	struct error err = {0};
	struct json_writer w;

	if (!user)
		return;
	note_membership(call, g, user);
	if (!directory_succeeded(call, department_add_member(call->txn, &call->caller, g, user, &err), &err, "user_id"))
		return;
	w = api_json_begin(call, 201);
	put_member(&w, user, call->txn->now_ms);
	api_json_end(call, &w);
}

static void member_remove(struct api_call *call)
{
	const struct group *g = find_named(call);
	const struct user *user = g ? directory_find_user(call, api_param(call, "user_id")) : NULL;
	struct error err = {0};
	enum service_result r;

	if (!user)
		return;
	note_membership(call, g, user);
	r = department_remove_member(call->txn, g, user, &err);
	if (r == SERVICE_NOT_FOUND)
		aitronos_not_found(call, "Department membership not found", "user_id", user->doc.id);
	else if (directory_succeeded(call, r, &err, "user_id"))
		api_no_content(call);
}

#define DEPARTMENTS AITRONOS_ORG "/departments"
#define MANAGE      CAPABILITY_MANAGE_DEPARTMENTS, CAPABILITY_RESOURCE

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_GET, DEPARTMENTS, API_READ, API_NO_BODY, NULL, NULL, department_list_all, NULL},
    {HTTP_GET, DEPARTMENTS "/tree", API_READ, API_NO_BODY, NULL, NULL, department_tree, NULL},
    {HTTP_POST, DEPARTMENTS, API_WRITE, API_JSON_BODY, MANAGE, department_post, "department.created"},
    {HTTP_GET, DEPARTMENTS "/{department_id}", API_READ, API_NO_BODY, NULL, NULL, department_get, NULL},
    {HTTP_PATCH, DEPARTMENTS "/{department_id}", API_WRITE, API_JSON_BODY, MANAGE, department_patch, "department.updated"},
    {HTTP_POST, DEPARTMENTS "/{department_id}/reparent", API_WRITE, API_JSON_BODY, MANAGE, department_reparent, "department.updated"},
    {HTTP_DELETE, DEPARTMENTS "/{department_id}", API_WRITE, API_NO_BODY, MANAGE, department_remove, "department.deleted"},
    {HTTP_GET, DEPARTMENTS "/{department_id}/members", API_READ, API_NO_BODY, NULL, NULL, member_list, NULL},
    {HTTP_POST, DEPARTMENTS "/{department_id}/members", API_WRITE, API_JSON_BODY, MANAGE, member_add, "department_membership.assigned"},
    {HTTP_DELETE, DEPARTMENTS "/{department_id}/members/{user_id}", API_WRITE, API_NO_BODY, MANAGE, member_remove, "department_membership.unassigned"},
};
/* clang-format on */

const struct api_route_table aitronos_department_routes = {routes, N_ELEMENTS(routes)};
