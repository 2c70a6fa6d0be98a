/* SPDX-License-Identifier: Apache-2.0 */
#include "service/aitronos_departments.h"

#include "service/aitronos_id.h"
#include "service/directory_keys.h"
#include "service/iam.h"

/* ---- looking ------------------------------------------------------------------------------------------- */

static bool is_department(const struct group *g)
{
	return g && str_eq(g->type, STR(GROUP_DEPARTMENT));
}

const struct group *department_find(const struct snapshot *s, struct str name)
{
	const struct group *g = as_group(snapshot_find_any(s, DOC_GROUP, name));

	return is_department(g) ? g : NULL;
}

struct str department_name(const struct group *g)
{
	return str_is_absent(g->display_name) ? g->doc.id : g->display_name;
}

size_t department_list(const struct snapshot *s, struct arena *a, const struct group *const **ret)
{
	const struct group **list = ARENA_ARRAY(a, const struct group *, (size_t)s->n_docs[DOC_GROUP]);
	const struct document *doc;
	uint64_t at = 0;
	size_t n = 0;

	while ((doc = snapshot_next(s, DOC_GROUP, &at)))
		if (is_department(as_group(doc)))
			list[n++] = as_group(doc);
	*ret = list;
	return n;
}

static const struct group *department_above(const struct snapshot *s, const struct group *g)
{
	const struct group *above = str_is_absent(g->parent) ? NULL : FIND(s, group, GROUP, g->parent);

	return is_department(above) ? above : NULL;
}

static bool is_among(const struct group *g, const struct group *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == g)
			return true;
	return false;
}

size_t department_chain(const struct snapshot *s, const struct group *g, const struct group *ret[DEPARTMENT_MAX_CHAIN])
{
	const struct group *upwards[DEPARTMENT_MAX_CHAIN];
	size_t n = 0;

	for (; g && n < DEPARTMENT_MAX_CHAIN && !is_among(g, upwards, n); g = department_above(s, g))
		upwards[n++] = g;
	for (size_t i = 0; i < n; i++)
		ret[i] = upwards[n - 1 - i];
	return n;
}

/* ---- the forest ---------------------------------------------------------------------------------------- */

static int by_seq(const void *key, const void *element)
{
	uint64_t a = ((const struct group *)key)->doc.seq;
	uint64_t b = ((const struct department_node *)element)->group->doc.seq;

	return (a > b) - (a < b);
}

size_t department_node_of(const struct department_node *nodes, size_t n, const struct group *g)
{
	const struct department_node *found = g && n ? bsearch(g, nodes, n, sizeof(*nodes), by_seq) : NULL;

	return found ? (size_t)(found - nodes) : DEPARTMENT_NO_NODE;
}

size_t department_forest(const struct snapshot *s, struct arena *a, const struct department_node **ret)
{
	const struct group *const *groups;
	size_t n = department_list(s, a, &groups);
	struct department_node *nodes = ARENA_ARRAY(a, struct department_node, n);

	for (size_t i = 0; i < n; i++)
		nodes[i] =
		    (struct department_node){groups[i], DEPARTMENT_NO_NODE, DEPARTMENT_NO_NODE, DEPARTMENT_NO_NODE};
	/* From the last to the first, so that each goes before those made later. */
	for (size_t i = n; i-- > 0;) {
		size_t parent = department_node_of(nodes, n, department_above(s, groups[i]));

		nodes[i].parent = parent;
		if (parent == DEPARTMENT_NO_NODE)
			continue;
		nodes[i].next = nodes[parent].first_child;
		nodes[parent].first_child = i;
	}
	*ret = nodes;
	return n;
}

/* ---- members ------------------------------------------------------------------------------------------- */

/* The user's membership, under the first of her names that has one; NULL: none. */
static const struct group_member *membership_of_user(const struct snapshot *s, const struct group *g, struct str user,
                                                     struct arena *a)
{
	struct str_list names = iam_membership_names(s, user, a);
	const struct group_member *m = NULL;

	for (size_t i = 0; i < names.n && !m; i++)
		m = FIND(s, group_member, GROUP_MEMBER, group_member_id(a, g->doc.id, names.items[i]));
	return m;
}

static size_t memberships_of_group(const struct snapshot *s, const struct group *g, struct arena *a,
                                   const struct document *const **ret)
{
	return snapshot_linked(s, DOC_GROUP_MEMBER, arena_concat(a, STR("group:"), g->doc.id), a, ret);
}

size_t department_members(const struct snapshot *s, const struct group *g, struct arena *a,
                          const struct department_member **ret)
{
	const struct document *const *docs;
	size_t n_docs = memberships_of_group(s, g, a, &docs), n = 0;
	struct department_member *members = ARENA_ARRAY(a, struct department_member, n_docs);

	for (size_t i = 0; i < n_docs; i++) {
		const struct group_member *m = as_group_member(docs[i]);
		const struct user *user = as_user(snapshot_find_any(s, DOC_USER, m->member));

		/* Under another name she may be here twice: the id counts first. */
		if (user && (str_eq(m->member, user->doc.id) || membership_of_user(s, g, user->doc.id, a) == m))
			members[n++] = (struct department_member){user, m};
	}
	*ret = members;
	return n;
}

enum department_obstacle department_obstacle(const struct snapshot *s, const struct group *g, struct arena *a)
{
	const struct document *const *docs;
	const struct department_member *members;

	if (snapshot_linked(s, DOC_GROUP, arena_concat(a, STR("parent:"), g->doc.id), a, &docs))
		return DEPARTMENT_HAS_CHILDREN;
	return department_members(s, g, a, &members) ? DEPARTMENT_HAS_MEMBERS : DEPARTMENT_IS_FREE;
}

/* ---- changing ------------------------------------------------------------------------------------------ */

enum service_result department_check_name(const struct txn *t, const struct group *g, struct error *err)
{
	struct str unique = document_unique_key(&g->doc, t->arena);
	const struct document *other =
	    str_is_absent(unique) ? NULL : snapshot_find_unique(t->snapshot, DOC_GROUP, unique);

	if (!other || str_eq(other->id, g->doc.id))
		return SERVICE_OK;
	return (enum service_result)error_set(
	    err, SERVICE_CONFLICT, "there is already a department named \"" STR_FMT "\"", STR_ARG(g->display_name));
}

static enum service_result resolve_parent(const struct txn *t, struct group *g, struct error *err)
{
	const struct group *parent;

	if (str_is_absent(g->parent))
		return SERVICE_OK;
	parent = department_find(t->snapshot, g->parent);
	if (!parent)
		return (enum service_result)error_set(err, SERVICE_INVALID, "there is no department \"" STR_FMT "\"",
		                                      STR_ARG(g->parent));
	g->parent = parent->doc.id;
	return SERVICE_OK;
}

enum service_result department_create(struct txn *t, struct group *g, struct error *err)
{
	enum service_result r = resolve_parent(t, g, err);

	if (r != SERVICE_OK)
		return r;
	g->doc = (struct document){.kind = DOC_GROUP,
	                           .id = aitronos_new_id(t->arena, STR("dept_")),
	                           .created_at_ms = t->now_ms,
	                           .updated_at_ms = t->now_ms};
	g->type = STR(GROUP_DEPARTMENT);
	return directory_create(t, &g->doc, err);
}

enum service_result department_update(struct txn *t, struct group *g, struct error *err)
{
	const struct group *old = FIND(t->snapshot, group, GROUP, g->doc.id);
	/* One that a group of another type stands above stays there until it is moved. */
	enum service_result r = old && str_eq(old->parent, g->parent) ? SERVICE_OK : resolve_parent(t, g, err);

	return r == SERVICE_OK ? directory_update(t, &g->doc, err) : r;
}

enum service_result department_delete(struct txn *t, const struct group *g, struct cascade_effect *ret_effect,
                                      struct error *err)
{
	switch (department_obstacle(t->snapshot, g, t->arena)) {
	case DEPARTMENT_IS_FREE:
		return directory_delete(t, &g->doc, ret_effect, err);
	case DEPARTMENT_HAS_CHILDREN:
		return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION,
		                                      "Department has child departments");
	case DEPARTMENT_HAS_MEMBERS:
		break;
	}
	return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION, "Department has members");
}

enum service_result department_add_member(struct txn *t, const struct caller *c, const struct group *g,
                                          const struct user *user, struct error *err)
{
	if (principal_is_more_powerful(t, STR("group"), g->doc.id, c))
		return (enum service_result)error_set(
		    err, SERVICE_DENIED, "The department administers access in ways that the caller may not");
	if (membership_of_user(t->snapshot, g, user->doc.id, t->arena))
		return (enum service_result)error_set(err, SERVICE_CONFLICT, "User is already in the department");
	directory_add_group_member(t, g->doc.id, user->doc.id);
	return SERVICE_OK;
}

enum service_result department_remove_member(struct txn *t, const struct group *g, const struct user *user,
                                             struct error *err)
{
	struct str_list names = iam_membership_names(t->snapshot, user->doc.id, t->arena);

	if (!membership_of_user(t->snapshot, g, user->doc.id, t->arena))
		return (enum service_result)error_set(err, SERVICE_NOT_FOUND, "User is not in the department");
	for (size_t i = 0; i < names.n; i++)
		txn_delete(t, DOC_GROUP_MEMBER, group_member_id(t->arena, g->doc.id, names.items[i]));
	return SERVICE_OK;
}
