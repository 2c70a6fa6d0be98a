/* SPDX-License-Identifier: Apache-2.0 */
#include "service/aitronos_roles.h"

#include "base/fold.h"
#include "base/uuid.h"
#include "model/aitronos.h"
#include "service/aitronos_id.h"
#include "service/assign.h"
#include "service/builtin.h"
#include "service/holdings.h"

/* ---- looking ------------------------------------------------------------------------------------------- */

const struct role *aitronos_role_find(const struct snapshot *s, struct str name)
{
	const struct role *r = as_role(snapshot_find_any(s, DOC_ROLE, name));

	return r && aitronos_is_role(r) ? r : NULL;
}

/* A role with what it is sorted by. */
struct placed {
	struct str name;
	const struct role *role;
};

static int by_name(const void *x, const void *y)
{
	const struct placed *a = x, *b = y;
	int c = str_cmp(a->name, b->name);

	return c ? c : str_cmp(a->role->doc.id, b->role->doc.id);
}

static size_t custom_roles(const struct snapshot *s, struct arena *a, struct placed **ret)
{
	const struct document *const *docs;
	size_t n_docs = snapshot_linked(s, DOC_ROLE, STR("scope:" ROLE_SCOPE_AITRONOS), a, &docs), n = 0;
	struct placed *placed = ARENA_ARRAY(a, struct placed, n_docs);

	for (size_t i = 0; i < n_docs; i++) {
		const struct role *r = as_role(docs[i]);

		if (!r->is_managed)
			placed[n++] = (struct placed){fold_str(a, str_trim(r->display_name)), r};
	}
	*ret = placed;
	return n;
}

size_t aitronos_role_list(const struct snapshot *s, struct arena *a, const struct role *const **ret)
{
	size_t n_builtin, n_custom, n = 0;
	const struct role *builtin = aitronos_roles(&n_builtin), **list;
	struct placed *custom;

	n_custom = custom_roles(s, a, &custom);
	if (n_custom > 1)
		qsort(custom, n_custom, sizeof(*custom), by_name);
	list = ARENA_ARRAY(a, const struct role *, n_builtin + n_custom);
	for (size_t i = 0; i < n_builtin; i++) {
		const struct role *r = FIND(s, role, ROLE, builtin[i].doc.id);

		if (r)
			list[n++] = r;
	}
	for (size_t i = 0; i < n_custom; i++)
		list[n++] = custom[i].role;
	*ret = list;
	return n;
}

size_t aitronos_role_members(const struct snapshot *s, const struct role *r, struct arena *a,
                             const struct aitronos_assignment **ret)
{
	const struct document *const *docs;
	size_t n_docs = snapshot_linked(s, DOC_ROLE_MEMBER, arena_concat(a, STR("role:"), r->doc.id), a, &docs), n = 0;
	struct aitronos_assignment *list = ARENA_ARRAY(a, struct aitronos_assignment, n_docs);

	for (size_t i = 0; i < n_docs; i++) {
		const struct role_member *m = as_role_member(docs[i]);
		const struct user *user = NULL;

		if (str_eq(m->principal_type, STR("user")) && str_is_absent(m->tenant))
			user = FIND(s, user, USER, m->principal_id);
		if (user)
			list[n++] = (struct aitronos_assignment){user, m};
	}
	*ret = list;
	return n;
}

static struct str membership_id(struct arena *a, const struct role *r, const struct user *user)
{
	return role_member_id(a, r->doc.id, (struct principal){STR("user"), user->doc.id}, STR_NONE);
}

struct str aitronos_assignment_id(struct arena *a, const struct role *r, const struct user *user)
{
	struct str uuid = uuid_of_text(a, membership_id(a, r, user));

	/* Its last group: 12 digits. */
	return arena_concat(a, STR("urol_"), str_slice(uuid, uuid.len - AITRONOS_ID_CHARS, uuid.len));
}

/* ---- what may be given --------------------------------------------------------------------------------- */

static bool caller_holds(const struct txn *t, const struct caller *c, struct str capability)
{
	const struct permission wanted = {.action = capability, .resource = STR(CAPABILITY_RESOURCE)};

	return service_authorize(t->snapshot, c, &wanted, t->now_ms, t->arena).everywhere;
}

static enum service_result check_capabilities(const struct txn *t, const struct caller *c, struct str_list list,
                                              struct error *err)
{
	if (list.n == 0)
		return (enum service_result)error_set(err, SERVICE_INVALID, "at least one capability is required");
	for (size_t i = 0; i < list.n; i++) {
		struct str key = list.items[i];

		if (!aitronos_capability_find(key))
			return (enum service_result)error_set(err, SERVICE_INVALID,
			                                      "there is no capability \"" STR_FMT "\"", STR_ARG(key));
		if (str_list_has((struct str_list){list.items, i}, key))
			return (enum service_result)error_set(
			    err, SERVICE_INVALID, "the capability \"" STR_FMT "\" stands twice", STR_ARG(key));
	}
	for (size_t i = 0; i < list.n; i++)
		if (!caller_holds(t, c, list.items[i]))
			return (enum service_result)error_set(err, SERVICE_DENIED,
			                                      "The caller does not hold the capability " STR_FMT,
			                                      STR_ARG(list.items[i]));
	return SERVICE_OK;
}

/* Of the capabilities that the role is about to lose: may the caller take them from its holders? */
static enum service_result check_taken(const struct txn *t, const struct caller *c, const struct role *r,
                                       struct str_list kept, struct error *err)
{
	for (size_t i = 0; i < r->actions.n; i++) {
		struct str action = r->actions.items[i];

		if (aitronos_capability_find(action) && !str_list_has(kept, action) && !caller_holds(t, c, action))
			return (enum service_result)error_set(
			    err, SERVICE_DENIED,
			    "The role has the capability " STR_FMT ", which the caller does not hold", STR_ARG(action));
	}
	return SERVICE_OK;
}

/* Is the caller an Owner, or owner of the organization? */
static bool is_owner(const struct caller *c)
{
	for (size_t i = 0; i < c->n_subjects; i++) {
		const struct subject *s = &c->subjects[i];

		if (str_is_absent(s->tenant) && (str_eq(s->text, STR(SUBJECT_ROLE AITRONOS_OWNER)) ||
		                                 str_eq(s->text, STR(SUBJECT_ROLE BUILTIN_OWNER))))
			return true;
	}
	return false;
}

/* May the caller give or take the role? */
static enum service_result check_may(const struct txn *t, const struct caller *c, const struct role *r,
                                     struct error *err)
{
	if (str_eq(r->doc.id, STR(AITRONOS_OWNER)) && !is_owner(c))
		return (enum service_result)error_set(err, SERVICE_DENIED, "Only an Owner decides who is an Owner");
	return assign_check(t, c, r, NULL, err);
}

/* ---- changing ------------------------------------------------------------------------------------------ */

enum service_result aitronos_role_check_name(const struct txn *t, const struct role *r, struct error *err)
{
	struct str unique = document_unique_key(&r->doc, t->arena);
	const struct document *other = snapshot_find_unique(t->snapshot, DOC_ROLE, unique);

	if (str_is_empty(str_trim(r->display_name)))
		return (enum service_result)error_set(err, SERVICE_INVALID, "the role has no name");
	if (!other || str_eq(other->id, r->doc.id))
		return SERVICE_OK;
	return (enum service_result)error_set(err, SERVICE_CONFLICT, "there is already a role named \"" STR_FMT "\"",
	                                      STR_ARG(as_role(other)->display_name));
}

enum service_result aitronos_role_create(struct txn *t, const struct caller *c, struct role *r, struct error *err)
{
	struct placed *custom;
	enum service_result result = check_capabilities(t, c, r->actions, err);

	if (result != SERVICE_OK)
		return result;
	if (custom_roles(t->snapshot, t->arena, &custom) >= AITRONOS_ROLES_MAX)
		return (enum service_result)error_set(err, SERVICE_CONFLICT, "there are already %u roles",
		                                      AITRONOS_ROLES_MAX);
	r->doc = (struct document){.kind = DOC_ROLE,
	                           .id = aitronos_new_id(t->arena, STR("role_")),
	                           .created_at_ms = t->now_ms,
	                           .updated_at_ms = t->now_ms};
	r->scope = STR(ROLE_SCOPE_AITRONOS);
	return directory_create(t, &r->doc, err);
}

/* The capabilities, and behind them what else the role allows. */
static struct str_list with_other_actions(struct str_list capabilities, struct str_list actions, struct arena *a)
{
	struct str *items = ARENA_ARRAY(a, struct str, capabilities.n + actions.n);
	size_t n = 0;

	for (size_t i = 0; i < capabilities.n; i++)
		items[n++] = capabilities.items[i];
	for (size_t i = 0; i < actions.n; i++)
		if (!aitronos_capability_find(actions.items[i]))
			items[n++] = actions.items[i];
	return (struct str_list){items, n};
}

enum service_result aitronos_role_update(struct txn *t, const struct caller *c, struct role *r,
                                         const struct str_list *capabilities, struct error *err)
{
	enum service_result result = capabilities ? check_capabilities(t, c, *capabilities, err) : SERVICE_OK;

	if (result == SERVICE_OK && capabilities)
		result = check_taken(t, c, r, *capabilities, err);
	if (result != SERVICE_OK)
		return result;
	if (capabilities)
		r->actions = with_other_actions(*capabilities, r->actions, t->arena);
	return directory_update(t, &r->doc, err);
}

enum service_result aitronos_role_delete(struct txn *t, const struct role *r, struct cascade_effect *ret_effect,
                                         struct error *err)
{
	const struct document *const *holders;

	if (snapshot_linked(t->snapshot, DOC_ROLE_MEMBER, arena_concat(t->arena, STR("role:"), r->doc.id), t->arena,
	                    &holders) &&
	    !r->is_managed)
		return (enum service_result)error_set(err, SERVICE_CONFLICT, "The role is still assigned");
	return directory_delete(t, &r->doc, ret_effect, err);
}

enum service_result aitronos_assign(struct txn *t, const struct caller *c, const struct role *r,
                                    const struct user *user, struct error *err)
{
	enum service_result result = check_may(t, c, r, err);

	if (result != SERVICE_OK)
		return result;
	if (snapshot_find(t->snapshot, DOC_ROLE_MEMBER, membership_id(t->arena, r, user)))
		return (enum service_result)error_set(err, SERVICE_CONFLICT,
		                                      "The role is already assigned to the user");
	holding_put(t, r->doc.id, (struct principal){STR("user"), user->doc.id}, STR_NONE);
	return SERVICE_OK;
}

enum service_result aitronos_unassign(struct txn *t, const struct caller *c, const struct role *r,
                                      const struct user *user, struct error *err)
{
	const struct aitronos_assignment *members;
	enum service_result result;

	if (!snapshot_find(t->snapshot, DOC_ROLE_MEMBER, membership_id(t->arena, r, user)))
		return (enum service_result)error_set(err, SERVICE_NOT_FOUND, "The role is not assigned to the user");
	result = check_may(t, c, r, err);
	if (result != SERVICE_OK)
		return result;
	if (str_eq(r->doc.id, STR(AITRONOS_OWNER)) && aitronos_role_members(t->snapshot, r, t->arena, &members) == 1)
		return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION,
		                                      "The user is the last Owner of the organization");
	return directory_remove_member(t, DOC_ROLE_MEMBER, membership_id(t->arena, r, user), err);
}
