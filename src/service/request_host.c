/* SPDX-License-Identifier: Apache-2.0
 *
 * What a snapshot says of the people and policies that a request has to do with.
 */
#include "base/strs.h"
#include "expr/zone.h"
#include "model/conductorone.h"
#include "service/builtin.h"
#include "service/conductorone_id.h"
#include "service/requests.h"

#define MAX_PEOPLE 10000u

static struct str new_id(void *ctx UNUSED, struct arena *a)
{
	return conductorone_new_id(a);
}

static const struct user *find_user(const struct snapshot *s, struct str id)
{
	return str_is_empty(id) ? NULL : FIND(s, user, USER, id);
}

static bool has_user(void *ctx, struct str id)
{
	const struct request_host *h = ctx;

	return find_user(h->snapshot, id) != NULL;
}

/* ---- people ---------------------------------------------------------------------------------------------------- */

static void add_once(struct strs *l, struct str id)
{
	if (!str_is_empty(id) && l->n < MAX_PEOPLE && !str_list_has(strs_list(l), id))
		strs_add(l, arena_str(l->arena, id));
}

static void add_all(struct strs *l, struct str_list ids)
{
	for (size_t i = 0; i < ids.n; i++)
		add_once(l, ids.items[i]);
}

static void add_group(const struct snapshot *s, struct str group, struct strs *l)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(s, DOC_GROUP_MEMBER, arena_concat(l->arena, STR("group:"), group), l->arena, &docs);

	for (size_t i = 0; i < n; i++)
		add_once(l, as_group_member(docs[i])->member);
}

/* Who holds a role organization-wide, by themselves or in a group. */
static void add_role_holders(const struct snapshot *s, struct str role, struct strs *l)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(s, DOC_ROLE_MEMBER, arena_concat(l->arena, STR("role:"), role), l->arena, &docs);

	for (size_t i = 0; i < n; i++) {
		const struct role_member *m = as_role_member(docs[i]);

		if (!str_is_empty(m->tenant))
			continue;
		if (str_eq(m->principal_type, STR("user")))
			add_once(l, m->principal_id);
		else if (str_eq(m->principal_type, STR("group")))
			add_group(s, m->principal_id, l);
	}
}

static void add_members(const struct request_host *h, struct str entitlement, struct strs *l)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(h->snapshot, DOC_ENTITLEMENT_BINDING,
	                           arena_concat(l->arena, STR("entitlement:"), entitlement), l->arena, &docs);

	for (size_t i = 0; i < n; i++) {
		const struct entitlement_binding *b = as_entitlement_binding(docs[i]);

		if (b->expires_at_ms == 0 || b->expires_at_ms > h->now_ms)
			add_once(l, b->user);
	}
}

/* Resources have no owners of their own here: those of what is about them stand in, then the application's. */
static void add_resource_owners(const struct request_host *h, struct str id, struct strs *l)
{
	const struct app_entitlement *e = FIND(h->snapshot, app_entitlement, APP_ENTITLEMENT, id);
	const struct app *app = e ? FIND(h->snapshot, app, APP, e->app) : NULL;

	if (e)
		add_all(l, e->owners);
	if (app && l->n == 0)
		add_all(l, app->owners);
}

static struct str_list people(void *ctx, enum workflow_people which, struct str id, struct arena *a)
{
	const struct request_host *h = ctx;
	const struct snapshot *s = h->snapshot;
	const struct user *user;
	const struct app *app;
	const struct app_entitlement *e;
	const struct access_review *review;
	struct strs l = {.arena = a};

	switch (which) {
	case PEOPLE_MANAGERS:
		user = find_user(s, id);
		if (user)
			add_once(&l, user->manager);
		break;
	case PEOPLE_APP_OWNERS:
		app = FIND(s, app, APP, id);
		if (app)
			add_all(&l, app->owners);
		break;
	case PEOPLE_ENTITLEMENT_OWNERS:
		e = FIND(s, app_entitlement, APP_ENTITLEMENT, id);
		if (e)
			add_all(&l, e->owners);
		break;
	case PEOPLE_RESOURCE_OWNERS:
		add_resource_owners(h, id, &l);
		break;
	case PEOPLE_MEMBERS:
		add_members(h, id, &l);
		break;
	case PEOPLE_ADMINISTRATORS:
		add_role_holders(s, STR(C1_SUPER_ADMIN), &l);
		add_role_holders(s, STR(BUILTIN_OWNER), &l);
		break;
	case PEOPLE_REVIEW_OWNERS:
		review = FIND(s, access_review, ACCESS_REVIEW, id);
		if (review)
			add_all(&l, review->owners);
		break;
	}
	return strs_list(&l);
}

static struct str delegate(void *ctx, struct str id, int64_t made_at_ms)
{
	const struct request_host *h = ctx;
	const struct user *user = find_user(h->snapshot, id);

	/* Requests that were made before keep whom they are assigned to. */
	if (!user || user->delegate_from_ms > made_at_ms ||
	    (user->delegate_until_ms && user->delegate_until_ms <= h->now_ms))
		return STR_NONE;
	return user->delegate;
}

/* ---- policies -------------------------------------------------------------------------------------------------- */

static const struct approval_policy *policy(void *ctx, struct str id)
{
	const struct request_host *h = ctx;
	const struct approval_policy *p =
	    str_is_empty(id) ? NULL : FIND(h->snapshot, approval_policy, APPROVAL_POLICY, id);

	return p && p->deleted_at_ms == 0 ? p : NULL;
}

static struct str policy_of_type(enum request_type type, struct str grant, struct str revoke, struct str certify)
{
	switch (type) {
	case REQUEST_GRANT:
		return grant;
	case REQUEST_REVOKE:
		return revoke;
	case REQUEST_CERTIFY:
		return certify;
	case REQUEST_NONE:
	case REQUEST_OFFBOARDING: /* its parts are decided, each by its own */
	case REQUEST_ACTION:
	case REQUEST_N_TYPES:
		break;
	}
	return STR_NONE;
}

/* The entitlement's, else the application's. A review's comes first, unless it leaves it to them. */
static struct str policy_for(void *ctx, const struct access_request *r)
{
	const struct request_host *h = ctx;
	struct arena a = ARENA_INIT;
	struct str id = arena_concat3(&a, r->app, STR("/"), r->entitlement_id), chosen = STR_NONE;
	const struct app_entitlement *e = FIND(h->snapshot, app_entitlement, APP_ENTITLEMENT, id);
	const struct app *app = FIND(h->snapshot, app, APP, r->app);
	const struct access_review *review =
	    str_is_empty(r->review) ? NULL : FIND(h->snapshot, access_review, ACCESS_REVIEW, r->review);

	const struct app_action *action =
	    str_is_empty(r->action_id)
	        ? NULL
	        : FIND(h->snapshot, app_action, APP_ACTION, arena_concat3(&a, r->app, STR("/"), r->action_id));
	arena_release(&a);
	if (r->type == REQUEST_ACTION)
		return action && !str_is_empty(action->policy) ? action->policy : app ? app->grant_policy : STR_NONE;
	if (e && r->type == REQUEST_GRANT && r->is_emergency && e->has_emergency_access)
		chosen = e->emergency_policy;
	if (r->type == REQUEST_CERTIFY && review && !review->overrides_policy)
		chosen = review->policy;
	if (str_is_empty(chosen) && e)
		chosen = policy_of_type(r->type, e->grant_policy, e->revoke_policy, e->certify_policy);
	if (str_is_empty(chosen) && app)
		chosen = policy_of_type(r->type, app->grant_policy, app->revoke_policy, app->certify_policy);
	if (str_is_empty(chosen) && r->type == REQUEST_CERTIFY && review)
		chosen = review->policy;
	return chosen;
}

/* ---- expressions ------------------------------------------------------------------------------------------------ */

static struct condition_input input_of(const struct request_host *h, const struct access_request *r, struct arena *a)
{
	return (struct condition_input){.snapshot = h->snapshot, .request = r, .now_ms = h->now_ms, .arena = a};
}

static enum workflow_check condition(void *ctx, const struct access_request *r, struct str text, struct arena *a,
                                     struct str *ret_error)
{
	const struct request_host *h = ctx;
	struct condition_input in = input_of(h, r, a);
	struct error err = {0};

	switch (expressions_match(h->expressions, text, &in, &err)) {
	case CONDITION_TRUE:
		return CHECK_TRUE;
	case CONDITION_FALSE:
		return CHECK_FALSE;
	case CONDITION_ERROR:
		break;
	}
	*ret_error = arena_str(a, str_of(err.text));
	return CHECK_ERROR;
}

static bool approvers(void *ctx, const struct access_request *r, struct str text, struct arena *a, struct str_list *ret,
                      struct str *ret_error)
{
	const struct request_host *h = ctx;
	struct condition_input in = input_of(h, r, a);
	struct error err = {0};

	if (expressions_approvers(h->expressions, text, &in, ret, &err) == 0)
		return true;
	*ret_error = arena_str(a, str_of(err.text));
	return false;
}

/* ---- time of day ------------------------------------------------------------------------------------------------- */

/*
 * The next time that clocks of the zone show it, if need be tomorrow. The offset is looked up once more at the time
 * found, so that the day on which clocks are changed is right, too.
 */
static bool time_of_day(void *ctx UNUSED, struct str zone, unsigned minutes, int64_t after_ms, int64_t *ret_ms)
{
	const int64_t day_ms = 86400 * (int64_t)1000;
	int32_t offset, then;
	int64_t local, due;

	if (!zone_offset_of(zone, after_ms / 1000, &offset))
		return false;
	local = after_ms + (int64_t)offset * 1000;
	due = local - ((local % day_ms) + day_ms) % day_ms + (int64_t)minutes * 60 * 1000 - (int64_t)offset * 1000;
	if (due <= after_ms)
		due += day_ms;
	if (zone_offset_of(zone, due / 1000, &then))
		due += (int64_t)(offset - then) * 1000;
	*ret_ms = due > after_ms ? due : due + day_ms;
	return true;
}

const struct workflow_host request_host = {
    .new_id = new_id,
    .people = people,
    .has_user = has_user,
    .delegate = delegate,
    .condition = condition,
    .approvers = approvers,
    .policy = policy,
    .policy_for = policy_for,
    .time_of_day = time_of_day,
};
