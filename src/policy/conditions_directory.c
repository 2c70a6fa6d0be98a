/* SPDX-License-Identifier: Apache-2.0
 *
 * c1.user.v1.*, c1.directory.*: what expressions ask the directory. What is not there is an empty list or false, but a
 * user or group asked for by its name in the singular must exist. All are asked once an evaluation for the same
 * arguments.
 */
#include "policy/conditions_impl.h"

#define UNITS_OF_LOOKUP 10u

static const struct snapshot *snapshot_of(struct cel_eval *ev)
{
	return condition_input_of(ev)->snapshot;
}

/* The arena of results; what is put there is small and bounded by what was charged for. */
static struct arena *arena_of(struct cel_eval *ev)
{
	return condition_input_of(ev)->arena;
}

/* The documents under a link; charged for. False: aborted. */
static bool linked(struct cel_eval *ev, enum document_kind kind, struct str link, const struct document *const **ret,
                   size_t *ret_n)
{
	*ret_n = snapshot_linked(snapshot_of(ev), kind, link, arena_of(ev), ret);
	return cel_charge(ev, UNITS_OF_LOOKUP + *ret_n);
}

static struct str entitlement_name(struct cel_eval *ev, struct str app, struct str entitlement)
{
	return arena_concat3(arena_of(ev), app, STR("/"), entitlement);
}

struct cel_value condition_users(struct cel_eval *ev, struct str_list ids)
{
	struct cel_value *items = condition_room(ev, ids.n);
	uint32_t n = 0;

	if (!items || !cel_charge(ev, UNITS_OF_LOOKUP + ids.n))
		return cel_aborted();
	for (size_t i = 0; i < ids.n; i++) {
		const struct document *u = snapshot_find_any(snapshot_of(ev), DOC_USER, ids.items[i]);

		if (u)
			items[n++] = condition_object(CONDITION_USER, u);
	}
	return cel_list(items, n);
}

/* ---- accounts and entitlements of a user --------------------------------------------------------------------- */

static bool is_live(const struct entitlement_binding *b, int64_t now_ms)
{
	return b->expires_at_ms == 0 || now_ms < b->expires_at_ms;
}

static struct cel_value has_app(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	const struct user *u = args[0].object;
	const struct document *const *docs;
	size_t n;

	if (!linked(ev, DOC_APP_USER, arena_concat(arena_of(ev), STR("user:"), u->doc.id), &docs, &n))
		return cel_aborted();
	for (size_t i = 0; i < n; i++)
		if (str_eq(as_app_user(docs[i])->app, cel_text(args[1])))
			return cel_bool(true);
	return cel_bool(false);
}

static struct cel_value has_entitlement(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	const struct user *u = args[0].object;
	const struct document *const *docs;
	size_t n;

	if (!linked(ev, DOC_ENTITLEMENT_BINDING, arena_concat(arena_of(ev), STR("user:"), u->doc.id), &docs, &n))
		return cel_aborted();
	for (size_t i = 0; i < n; i++) {
		const struct entitlement_binding *b = as_entitlement_binding(docs[i]);

		if (str_eq(b->app, cel_text(args[1])) && str_eq(b->entitlement_id, cel_text(args[2])) &&
		    is_live(b, cel_now_ms(ev)))
			return cel_bool(true);
	}
	return cel_bool(false);
}

/* There are no enrollments here through which anything could have been granted. */
static struct cel_value never(struct cel_eval *ev UNUSED, const struct cel_value *args UNUSED, size_t n_args UNUSED)
{
	return cel_bool(false);
}

/* ---- users --------------------------------------------------------------------------------------------- */

static struct cel_value find_by_email(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct str email = arena_lower_case(arena_of(ev), cel_text(args[0]));
	const struct document *d;

	if (!cel_charge(ev, UNITS_OF_LOOKUP + cel_units_of(email.len)))
		return cel_aborted();
	d = snapshot_find_any(snapshot_of(ev), DOC_USER, email);
	if (!d || !str_eq(as_user(d)->email, email) || str_is_empty(email))
		return cel_fail(ev, CEL_HOST, "user not found: " STR_FMT, STR_ARG(cel_text(args[0])));
	return condition_object(CONDITION_USER, d);
}

/* By id or alias; an e-mail address is none. */
static struct cel_value get_by_id(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct str id = cel_text(args[0]);
	const struct document *d;

	if (!cel_charge(ev, UNITS_OF_LOOKUP + cel_units_of(id.len)))
		return cel_aborted();
	d = snapshot_find_any(snapshot_of(ev), DOC_USER, id);
	if (!d || (!str_eq(d->id, id) && !str_list_has(d->aliases, id)))
		return cel_fail(ev, CEL_HOST, "user not found: " STR_FMT, STR_ARG(id));
	return condition_object(CONDITION_USER, d);
}

/* The first that was made of those with the name; `*ret` NULL: there is none. False: aborted. */
static bool find_by_name(struct cel_eval *ev, enum document_kind kind, struct str name, const struct document **ret)
{
	const struct document *const *docs;
	size_t n;

	if (!linked(ev, kind, arena_concat(arena_of(ev), STR("name:"), name), &docs, &n))
		return false;
	*ret = n ? docs[0] : NULL;
	return true;
}

static struct cel_value find_user_by_name(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	const struct document *d;

	if (!find_by_name(ev, DOC_USER, cel_text(args[0]), &d))
		return cel_aborted();
	return d ? condition_object(CONDITION_USER, d) : cel_null();
}

/* Users are compared by what they are, not by name: is the object among the items? */
static bool has_object(const struct cel_value *items, uint32_t n, const void *object)
{
	for (uint32_t i = 0; i < n; i++)
		if (items[i].object == object)
			return true;
	return false;
}

static struct cel_value managers_of(struct cel_eval *ev, const struct cel_value *users, uint32_t n_users)
{
	struct cel_value *items = condition_room(ev, n_users);
	uint32_t n = 0;

	if (!items || !cel_charge(ev, UNITS_OF_LOOKUP + n_users))
		return cel_aborted();
	for (uint32_t i = 0; i < n_users; i++) {
		const struct user *u = users[i].object;
		const struct document *manager = snapshot_find_any(snapshot_of(ev), DOC_USER, u->manager);

		if (!str_is_empty(u->manager) && manager && !has_object(items, n, manager))
			items[n++] = condition_object(CONDITION_USER, manager);
	}
	return cel_list(items, n);
}

static struct cel_value users_in_order(struct cel_eval *ev, const struct document **docs, size_t n_docs)
{
	struct cel_value *items = condition_room(ev, n_docs);
	uint32_t n = 0;

	if (!items)
		return cel_aborted();
	snapshot_sort(docs, n_docs);
	/* Who reports to somebody that is named twice is one report. */
	for (size_t i = 0; i < n_docs; i++)
		if (i == 0 || docs[i] != docs[i - 1])
			items[n++] = condition_object(CONDITION_USER, docs[i]);
	return cel_list(items, n);
}

static struct cel_value reports_of(struct cel_eval *ev, const struct cel_value *users, uint32_t n_users)
{
	const struct document **all = NULL, *const * docs;
	size_t n_all = 0, cap = 0, n;

	for (uint32_t i = 0; i < n_users; i++) {
		struct str id = ((const struct user *)users[i].object)->doc.id;

		if (!linked(ev, DOC_USER, arena_concat(arena_of(ev), STR("manager:"), id), &docs, &n))
			return cel_aborted();
		for (size_t k = 0; k < n; k++) {
			ARENA_ROOM(arena_of(ev), all, n_all, &cap);
			all[n_all++] = docs[k];
		}
	}
	return users_in_order(ev, all, n_all);
}

/* One user, or the users of a list; false: an element is none. */
static bool users_of(struct cel_eval *ev, struct cel_value v, struct cel_value **ret, uint32_t *ret_n)
{
	*ret_n = v.kind == CEL_LIST ? v.n : 1;
	*ret = condition_room(ev, *ret_n);
	for (uint32_t i = 0; *ret && i < *ret_n; i++) {
		(*ret)[i] = v.kind == CEL_LIST ? cel_list_at(v, i) : v;
		if ((*ret)[i].kind != CEL_STRUCT || (*ret)[i].of != CONDITION_USER)
			return false;
	}
	return *ret != NULL;
}

#define OF_USERS(name, what)                                                                                           \
	static struct cel_value name(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)          \
	{                                                                                                              \
		struct cel_value *users;                                                                               \
		uint32_t n;                                                                                            \
                                                                                                                       \
		if (!users_of(ev, args[0], &users, &n))                                                                \
			return users ? cel_fail(ev, CEL_NO_SUCH_OVERLOAD, #name) : cel_aborted();                      \
		return what(ev, users, n);                                                                             \
	}
OF_USERS(get_managers, managers_of)
OF_USERS(direct_reports, reports_of)

/* ---- groups, applications -------------------------------------------------------------------------------- */

static struct cel_value find_group_by_name(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	const struct document *d;

	if (!find_by_name(ev, DOC_GROUP, cel_text(args[0]), &d))
		return cel_aborted();
	if (d)
		return condition_object(CONDITION_GROUP, d);
	return cel_fail(ev, CEL_HOST, "group not found: " STR_FMT, STR_ARG(cel_text(args[0])));
}

static struct cel_value entitlement_members(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct str name = entitlement_name(ev, cel_text(args[0]), cel_text(args[1]));
	const struct document *const *docs;
	struct str *ids;
	size_t n_docs, n = 0;

	if (!linked(ev, DOC_ENTITLEMENT_BINDING, arena_concat(arena_of(ev), STR("entitlement:"), name), &docs, &n_docs))
		return cel_aborted();
	ids = ARENA_ARRAY(arena_of(ev), struct str, n_docs);
	for (size_t i = 0; i < n_docs; i++) {
		const struct entitlement_binding *b = as_entitlement_binding(docs[i]);
		const struct str_list known = {ids, n};

		/* Somebody with several accounts is one member. */
		if (!cel_charge(ev, cel_units_of(n)))
			return cel_aborted();
		if (!str_is_empty(b->user) && is_live(b, cel_now_ms(ev)) && !str_list_has(known, b->user))
			ids[n++] = b->user;
	}
	return condition_users(ev, (struct str_list){ids, n});
}

static struct cel_value owners_of(struct cel_eval *ev, const struct app_entitlement *e)
{
	return condition_users(ev, e ? e->owners : (struct str_list){0});
}

static struct cel_value entitlement_owners(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct str name = entitlement_name(ev, cel_text(args[0]), cel_text(args[1]));

	return owners_of(ev, FIND(snapshot_of(ev), app_entitlement, APP_ENTITLEMENT, name));
}

static struct cel_value owners_of_entitlement(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	return owners_of(ev, args[0].object);
}

#define USERS  "c1.directory.users.v1."
#define GROUPS "c1.directory.groups.v1."
#define APPS   "c1.directory.apps.v1."
#define USER   "c1.user.v1."

static const struct condition_function functions[] = {
    {USER "HasApp", "c1_has_app", "User,string", "bool", CEL_MEMOISE, has_app},
    {USER "HasEntitlement", "c1_has_entitlement", "User,string,string", "bool", CEL_MEMOISE, has_entitlement},
    {USER "GrantedFromEnrollment", "c1_granted_from_enrollment", "User,string,string", "bool", 0, never},
    {USER "AutomaticallyGrantedFromEnrollment", "c1_automatically_granted", "User,string,string", "bool", 0, never},
    {USERS "FindByEmail", "c1_find_by_email", "string", "User", CEL_MEMOISE, find_by_email},
    {USERS "GetByID", "c1_get_by_id", "string", "User", CEL_MEMOISE, get_by_id},
    {USERS "FindByName", "c1_find_user_by_name", "string", "User", CEL_MEMOISE, find_user_by_name},
    {USERS "GetManagers", "c1_get_managers", "User", "list(User)", CEL_MEMOISE, get_managers},
    {USERS "GetManagers", "c1_get_managers_list", "list(User)", "list(User)", 0, get_managers},
    {USERS "DirectReports", "c1_direct_reports", "User", "list(User)", CEL_MEMOISE, direct_reports},
    {USERS "DirectReports", "c1_direct_reports_list", "list(User)", "list(User)", 0, direct_reports},
    {GROUPS "FindByName", "c1_find_group_by_name", "string", "Group", CEL_MEMOISE, find_group_by_name},
    {APPS "GetEntitlementMembers", "c1_members", "string,string", "list(User)", CEL_MEMOISE, entitlement_members},
    {APPS "GetEntitlementOwners", "c1_owners", "string,string", "list(User)", CEL_MEMOISE, entitlement_owners},
    {APPS "GetEntitlementOwners", "c1_owners_of", "Entitlement", "list(User)", CEL_MEMOISE, owners_of_entitlement},
};
const struct condition_function_table condition_directory = {functions, N_ELEMENTS(functions)};
