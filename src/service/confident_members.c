/* SPDX-License-Identifier: Apache-2.0 */
#include "service/confident_members.h"

#include "model/confident.h"
#include "policy/lower.h"
#include "service/assign.h"
#include "service/confident_invitations.h"

/* ---- looking ------------------------------------------------------------------------------------------- */

static struct str owner_of(struct str tenant)
{
	return str_is_absent(tenant) ? STR(CONFIDENT_OWNER) : STR(CONFIDENT_PROJECT_OWNER);
}

/* What an Owner becomes who is one no longer. */
static struct str former_owner_of(struct str tenant)
{
	return str_is_absent(tenant) ? STR(CONFIDENT_ADMIN) : STR(CONFIDENT_PROJECT_MANAGER);
}

static struct holding holding_at(struct str user, struct str tenant)
{
	return (struct holding){
	    .principal = {STR("user"), user},
	    .tenant = tenant,
	    .is_meant = str_is_absent(tenant) ? confident_is_organization_role : confident_is_project_role,
	};
}

static bool is_held(const struct snapshot *s, struct str role, struct str user, struct str tenant, struct arena *a)
{
	return snapshot_find(s, DOC_ROLE_MEMBER,
	                     role_member_id(a, role, (struct principal){STR("user"), user}, tenant));
}

const struct role *confident_role_of(const struct snapshot *s, struct str user, struct str tenant, struct arena *a)
{
	const struct holding place = holding_at(user, tenant);

	if (is_held(s, owner_of(tenant), user, tenant, a))
		return FIND(s, role, ROLE, owner_of(tenant));
	return holding_find(s, &place, a);
}

/* Is it the first of the memberships in the project that the user has there? A member is listed once. */
static bool is_first(const struct snapshot *s, const struct role_member *m, const struct holding *place,
                     struct arena *a)
{
	const struct document *const *docs;
	size_t n = holdings_of(s, place->principal, a, &docs), i = 0;

	while (i < n && !holding_is(s, place, as_role_member(docs[i])))
		i++;
	return i < n && docs[i] == &m->doc;
}

size_t confident_project_members(const struct snapshot *s, struct str tenant, struct arena *a,
                                 const struct user *const **ret)
{
	const struct document *const *docs;
	size_t n_docs = snapshot_linked(s, DOC_ROLE_MEMBER, arena_concat(a, STR("tenant:"), tenant), a, &docs), n = 0;
	const struct user **users = ARENA_ARRAY(a, const struct user *, n_docs);

	for (size_t i = 0; i < n_docs; i++) {
		const struct role_member *m = as_role_member(docs[i]);
		const struct holding place = holding_at(m->principal_id, tenant);
		const struct user *user = FIND(s, user, USER, m->principal_id);

		if (user && str_eq(m->principal_type, STR("user")) && is_first(s, m, &place, a))
			users[n++] = user;
	}
	*ret = users;
	return n;
}

const struct user *confident_member_find(const struct snapshot *s, struct str name, struct str tenant, struct arena *a)
{
	const struct user *user = as_user(snapshot_find_any(s, DOC_USER, name));

	return user && (str_is_absent(tenant) || confident_role_of(s, user->doc.id, tenant, a)) ? user : NULL;
}

/* ---- ownership ----------------------------------------------------------------------------------------- */

static enum service_result refuse_owner(const struct user *user, struct error *err)
{
	return (enum service_result)error_set(err, SERVICE_DENIED,
	                                      "\"" STR_FMT "\" is the Owner: make somebody else the Owner first",
	                                      STR_ARG(user->doc.id));
}

static bool is_owner_elsewhere(const struct confident_membership *next, const struct role_member *m)
{
	return str_eq(m->principal_type, STR("user")) && str_eq(m->tenant, next->tenant) &&
	       !str_eq(m->principal_id, next->user->doc.id);
}

/* Who is Owner of the place, the new one excepted, steps down. */
static enum service_result transfer(struct txn *t, const struct caller *c, const struct confident_membership *next,
                                    struct error *err)
{
	struct str former = former_owner_of(next->tenant);
	struct str link = arena_concat(t->arena, STR("role:"), next->role->doc.id);
	bool is_own = c && str_eq(c->type, STR("user")) && str_eq(c->id, next->user->doc.id);
	const struct document *const *docs;
	size_t n = snapshot_linked(t->snapshot, DOC_ROLE_MEMBER, link, t->arena, &docs);

	if (t->n_changes + 2 * n >= CASCADE_MAX_DOCUMENTS)
		return (enum service_result)error_set(err, SERVICE_CONFLICT, "too many have been made Owner");
	for (size_t i = 0; i < n; i++) {
		const struct role_member *m = as_role_member(docs[i]);

		if (!is_owner_elsewhere(next, m))
			continue;
		if (is_own && str_is_absent(next->tenant))
			return (enum service_result)error_set(err, SERVICE_DENIED,
			                                      "nobody transfers the ownership to themselves");
		txn_delete(t, DOC_ROLE_MEMBER, m->doc.id);
		if (!is_held(t->snapshot, former, m->principal_id, next->tenant, t->arena))
			holding_put(t, former, (struct principal){STR("user"), m->principal_id}, next->tenant);
	}
	return SERVICE_OK;
}

/* ---- changing ------------------------------------------------------------------------------------------ */

/* May the caller give or take the role there? */
static enum service_result check_may(struct txn *t, const struct caller *c, const struct role *role, struct str tenant,
                                     struct error *err)
{
	const struct str_list only = {&tenant, 1};

	return assign_check(t, c, role, str_is_absent(tenant) ? NULL : &only, err);
}

/* May the caller take all that is held in the place? Natively that can be several roles. */
static enum service_result check_may_end(struct txn *t, const struct caller *c, const struct holding *place,
                                         struct error *err)
{
	const struct document *const *docs;
	size_t n = holdings_of(t->snapshot, place->principal, t->arena, &docs);
	enum service_result r = SERVICE_OK;

	for (size_t i = 0; i < n && r == SERVICE_OK; i++) {
		const struct role_member *m = as_role_member(docs[i]);

		if (holding_is(t->snapshot, place, m))
			r = check_may(t, c, FIND(t->snapshot, role, ROLE, m->role), place->tenant, err);
	}
	return r;
}

/* Is the role all that is held in the place? */
static bool is_all(struct txn *t, const struct holding *place, const struct role *role)
{
	const struct document *const *docs;
	size_t n = holdings_of(t->snapshot, place->principal, t->arena, &docs), n_here = 0;
	bool is_held_here = false;

	for (size_t i = 0; i < n; i++) {
		const struct role_member *m = as_role_member(docs[i]);

		if (!holding_is(t->snapshot, place, m))
			continue;
		n_here++;
		is_held_here = is_held_here || str_eq(m->role, role->doc.id);
	}
	return is_held_here && n_here == 1;
}

enum service_result confident_assign(struct txn *t, const struct caller *c, const struct confident_membership *next,
                                     struct error *err)
{
	const struct holding place = holding_at(next->user->doc.id, next->tenant);
	const struct role *now = confident_role_of(t->snapshot, next->user->doc.id, next->tenant, t->arena);
	enum service_result r;

	if (is_all(t, &place, next->role))
		return SERVICE_OK;
	if (now && str_eq(now->doc.id, owner_of(next->tenant)) && !str_eq(next->role->doc.id, now->doc.id))
		return refuse_owner(next->user, err);
	r = check_may(t, c, next->role, next->tenant, err);
	if (r == SERVICE_OK)
		r = check_may_end(t, c, &place, err);
	if (r == SERVICE_OK && str_eq(next->role->doc.id, owner_of(next->tenant)))
		r = transfer(t, c, next, err);
	return r == SERVICE_OK ? holding_replace(t, &place, next->role, err) : r;
}

enum service_result confident_give(struct txn *t, const struct confident_membership *next, struct error *err)
{
	const struct holding place = holding_at(next->user->doc.id, next->tenant);

	if (holding_find(t->snapshot, &place, t->arena))
		return SERVICE_OK;
	return holding_replace(t, &place, next->role, err);
}

static void end_all(struct txn *t, const struct user *user)
{
	const struct document *const *docs;
	size_t n = holdings_of(t->snapshot, (struct principal){STR("user"), user->doc.id}, t->arena, &docs);

	for (size_t i = 0; i < n; i++) {
		const struct role *role = FIND(t->snapshot, role, ROLE, as_role_member(docs[i])->role);

		if (role && lower_is_confident_role(role))
			txn_delete(t, DOC_ROLE_MEMBER, docs[i]->id);
	}
}

enum service_result confident_leave(struct txn *t, const struct caller *c, const struct user *user, struct str tenant,
                                    struct error *err)
{
	const struct holding place = holding_at(user->doc.id, tenant);
	const struct role *now = confident_role_of(t->snapshot, user->doc.id, tenant, t->arena);
	enum service_result r;

	if (now && str_eq(now->doc.id, owner_of(tenant)))
		return refuse_owner(user, err);
	if (!cascade_fits(t, DOC_USER, user->doc.id))
		return (enum service_result)error_set(err, SERVICE_CONFLICT, "too much changes at once");
	r = check_may_end(t, c, &place, err);
	if (r != SERVICE_OK)
		return r;
	if (!str_is_absent(tenant)) {
		holding_end(t, &place);
		return SERVICE_OK;
	}
	end_all(t, user);
	confident_invitations_forget(t, user->email);
	return SERVICE_OK;
}
