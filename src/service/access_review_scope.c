/* SPDX-License-Identifier: Apache-2.0
 *
 * What an access review asks about. Its scope names entitlements, types of resources, or all applications, and narrows
 * what accounts have of that by who has the account, by the account, and by the grant.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "policy/conditions.h"
#include "service/access_reviews.h"
#include "service/applications.h"

/* ---- what is understood --------------------------------------------------------------------------------------- */

static const struct json *member(const struct json *object, const char *name)
{
	return json_get(object, str_of(name));
}

static bool is_one_of(struct str name, const char *const *names)
{
	for (; *names; names++)
		if (str_eq(name, str_of(*names)))
			return true;
	return false;
}

/* Criteria that have an effect; NULL-ended. */
static const char *const scope_members[] = {"principalTypeFilter",
                                            "appAccess",
                                            "specificResources",
                                            "resourceTypeSelections",
                                            "allUsers",
                                            "selectedUsers",
                                            "userCriteria",
                                            "celExpression",
                                            "allAccounts",
                                            "accountCriteria",
                                            "accountCelExpression",
                                            "allGrants",
                                            "grantsByCriteria",
                                            NULL};
static const char *const user_members[] = {"groupAppEntitlementsRef", "managerUserIds", NULL};
static const char *const account_members[] = {"accountTypes", "appUserStatuses", "noAccountOwner", NULL};
static const char *const grant_members[] = {"typeFilter", "sourceFilter", "grantsAddedBetween", NULL};

static bool knows_all(const struct json *object, const char *const *names, struct error *err)
{
	for (uint32_t i = 0; json_is(object, JSON_OBJECT) && i < object->n; i++) {
		if (is_one_of(object->members[i].name, names))
			continue;
		error_set(err, SERVICE_INVALID, "invalid AccessReviewScopeV2: " STR_FMT " is not supported",
		          STR_ARG(object->members[i].name));
		return false;
	}
	return true;
}

static bool compiles(const struct txn *t, const struct json *expression, struct error *err)
{
	struct str text = json_get_str(expression, STR("expression"));
	const struct condition_issue *issues;
	size_t n;

	if (!expression ||
	    conditions_check(service_conditions(t->service), CONDITION_MATCH, text, t->arena, &issues, &n))
		return true;
	error_set(err, SERVICE_INVALID, "invalid CelExpressionScope.Expression: " STR_FMT,
	          STR_ARG(n ? issues[0].text : STR("it does not compile")));
	return false;
}

/* By their ids: those are what accounts and managers are kept as. */
static bool exist(const struct txn *t, const char *what, const struct json *users, struct error *err)
{
	uint32_t n = json_is(users, JSON_ARRAY) ? users->n : 0;

	if (n > ACCESS_REVIEW_MAX_CHOICES) {
		error_set(err, SERVICE_INVALID, "%s: at most %u users", what, ACCESS_REVIEW_MAX_CHOICES);
		return false;
	}
	for (uint32_t i = 0; i < n; i++) {
		struct str id = json_str(&users->items[i]);

		if (snapshot_find(t->snapshot, DOC_USER, id))
			continue;
		error_set(err, SERVICE_INVALID, "%s: there is no user \"" STR_FMT "\"", what, STR_ARG(id));
		return false;
	}
	return true;
}

static bool check_criteria(const struct txn *t, const struct json *v2, struct error *err)
{
	struct str principals = json_get_str(v2, STR("principalTypeFilter"));
	const struct json *groups = member(member(v2, "userCriteria"), "groupAppEntitlementsRef");

	if (!knows_all(v2, scope_members, err) || !knows_all(member(v2, "userCriteria"), user_members, err) ||
	    !knows_all(member(v2, "accountCriteria"), account_members, err) ||
	    !knows_all(member(v2, "grantsByCriteria"), grant_members, err))
		return false;
	if (!str_is_empty(principals) && !str_eq(principals, STR("PRINCIPAL_TYPE_FILTER_USERS"))) {
		error_set(err, SERVICE_INVALID,
		          "invalid AccessReviewScopeV2.PrincipalTypeFilter: only users are reviewed");
		return false;
	}
	if (json_is(groups, JSON_ARRAY) && groups->n > ACCESS_REVIEW_MAX_CHOICES) {
		error_set(err, SERVICE_INVALID, "groupAppEntitlementsRef: more than %u", ACCESS_REVIEW_MAX_CHOICES);
		return false;
	}
	return exist(t, "selectedUsers", member(member(v2, "selectedUsers"), "userIds"), err) &&
	       exist(t, "userCriteria", member(member(v2, "userCriteria"), "managerUserIds"), err) &&
	       compiles(t, member(v2, "celExpression"), err) && compiles(t, member(v2, "accountCelExpression"), err);
}

/* What a scope names one by one: parts of applications. */
struct choices {
	const char *member; /* of the scope */
	const char *id;     /* of each choice, beside "appId" */
	enum document_kind kind;
};
static const struct choices entitlements = {"entitlements", "appEntitlementId", DOC_APP_ENTITLEMENT};
static const struct choices types = {"resourceTypeSelections", "resourceTypeId", DOC_APP_RESOURCE_TYPE};

static const struct json *list_of(const struct json *scope, const struct choices *c)
{
	static const struct json none = {.type = JSON_ARRAY};
	const struct json *list = member(scope, c->member);

	return json_is(list, JSON_ARRAY) ? list : &none;
}

static const struct document *chosen(const struct txn *t, const struct json *choice, const struct choices *c)
{
	return snapshot_find(
	    t->snapshot, c->kind,
	    app_part_id(t->arena, json_get_str(choice, STR("appId")), json_get_str(choice, str_of(c->id))));
}

static bool check_choices(const struct txn *t, const struct json *scope, const struct choices *c, struct error *err)
{
	const struct json *list = list_of(scope, c);

	if (list->n > ACCESS_REVIEW_MAX_CHOICES) {
		error_set(err, SERVICE_INVALID, "%s: more than %u", c->member, ACCESS_REVIEW_MAX_CHOICES);
		return false;
	}
	for (uint32_t i = 0; i < list->n; i++) {
		if (chosen(t, &list->items[i], c))
			continue;
		error_set(err, SERVICE_INVALID, "%s: number %u does not exist", c->member, (unsigned)i);
		return false;
	}
	return true;
}

enum service_result access_review_check_scope(const struct txn *t, const struct json *scope, struct error *err)
{
	if (check_criteria(t, member(scope, "scopeV2"), err) && check_choices(t, scope, &entitlements, err) &&
	    check_choices(t, scope, &types, err))
		return SERVICE_OK;
	return (enum service_result)err->code;
}

const struct json *access_review_scope_with(const struct json *scope, struct str name, const struct json *value,
                                            struct arena *a)
{
	uint32_t n_old = json_is(scope, JSON_OBJECT) ? scope->n : 0;
	struct json_member *members = ARENA_ARRAY(a, struct json_member, (size_t)n_old + 1);
	struct json *ret = ARENA_NEW(a, struct json);
	uint32_t n = 0;

	for (uint32_t i = 0; i < n_old; i++)
		if (!str_eq(scope->members[i].name, name))
			members[n++] = scope->members[i];
	if (value)
		members[n++] = (struct json_member){name, *value};
	*ret = (struct json){.type = JSON_OBJECT, .n = n, .members = members};
	return n ? ret : NULL;
}

bool access_review_names_something(const struct json *scope)
{
	return member(member(scope, "scopeV2"), "appAccess") || list_of(scope, &entitlements)->n ||
	       list_of(scope, &types)->n;
}

/* ---- who and what ----------------------------------------------------------------------------------------------- */

/* A selection being made. */
struct selection {
	const struct txn *t;
	const struct json *v2;
	struct arena scratch; /* of one binding */
	struct access_review_selection *found;
	size_t cap, limit;
	uint64_t seed;
	uint32_t *places; /* open hash table by entitlement and person: place in found->items, and one; 0: free */
	size_t mask;      /* of it; a power of two less one, and more than twice the limit */
	struct error *err;
	bool failed;
};

/* Is the list empty, or does it hold the text? */
static bool allows(const struct json *list, struct str text)
{
	if (!json_is(list, JSON_ARRAY) || list->n == 0)
		return true;
	for (uint32_t i = 0; i < list->n; i++)
		if (str_eq(json_str(&list->items[i]), text))
			return true;
	return false;
}

/* Expressions that fail end the selection: nothing may drop out of a review unseen. */
static bool is_true(struct selection *s, const struct json *expression, const struct entitlement_binding *b)
{
	const struct access_request about = {
	    .app = b->app, .entitlement_id = b->entitlement_id, .account_id = b->account_id, .user = b->user};
	const struct condition_input in = {
	    .snapshot = s->t->snapshot, .request = &about, .now_ms = s->t->now_ms, .arena = &s->scratch};
	enum condition_result r;

	if (!expression)
		return true;
	r = conditions_match(service_conditions(s->t->service), json_get_str(expression, STR("expression")), &in,
	                     s->err);
	s->failed |= r == CONDITION_ERROR;
	return r == CONDITION_TRUE;
}

static bool has_one_of(struct selection *s, const struct json *refs, struct str user)
{
	struct app_parts held;

	if (!json_is(refs, JSON_ARRAY) || refs->n == 0)
		return true;
	held.n = snapshot_linked(s->t->snapshot, DOC_ENTITLEMENT_BINDING, arena_concat(&s->scratch, STR("user:"), user),
	                         &s->scratch, &held.docs);
	for (size_t k = 0; k < held.n; k++) {
		const struct entitlement_binding *b = as_entitlement_binding(held.docs[k]);

		for (uint32_t i = 0; entitlement_binding_is_live(b, s->t->now_ms) && i < refs->n; i++)
			if (str_eq(json_get_str(&refs->items[i], STR("appId")), b->app) &&
			    str_eq(json_get_str(&refs->items[i], STR("id")), b->entitlement_id))
				return true;
	}
	return false;
}

/* An account that is nobody's is in the scope unless that asks for certain users. */
static bool wants_user(struct selection *s, const struct entitlement_binding *b)
{
	const struct json *selected = member(s->v2, "selectedUsers"), *criteria = member(s->v2, "userCriteria");
	const struct json *expression = member(s->v2, "celExpression");
	const struct user *user;

	if (!selected && !criteria && !expression)
		return true;
	user = str_is_empty(b->user) ? NULL : FIND(s->t->snapshot, user, USER, b->user);
	if (!user)
		return false;
	if (selected) {
		const struct json *ids = member(selected, "userIds");

		return json_is(ids, JSON_ARRAY) && ids->n && allows(ids, b->user);
	}
	return allows(member(criteria, "managerUserIds"), user->manager) &&
	       has_one_of(s, member(criteria, "groupAppEntitlementsRef"), b->user) && is_true(s, expression, b);
}

static bool wants_account(struct selection *s, const struct entitlement_binding *b)
{
	const struct json *criteria = member(s->v2, "accountCriteria"), *orphans = member(criteria, "noAccountOwner");
	const struct app_user *u = app_user_find(s->t->snapshot, b->app, b->account_id, &s->scratch);

	if (!u)
		return false;
	if (criteria &&
	    (!allows(member(criteria, "accountTypes"), arena_concat(&s->scratch, STR("APP_USER_TYPE_"), u->type)) ||
	     !allows(member(criteria, "appUserStatuses"),
	             arena_concat(&s->scratch, STR("APP_USER_STATUS_"), u->status))))
		return false;
	if (json_is(orphans, JSON_BOOL) && orphans->b && !str_is_empty(u->user))
		return false;
	return is_true(s, member(s->v2, "accountCelExpression"), b);
}

static bool wants_grant(const struct selection *s, const struct entitlement_binding *b)
{
	const struct json *criteria = member(s->v2, "grantsByCriteria");
	const struct json *between = member(criteria, "grantsAddedBetween");
	struct str type = json_get_str(criteria, STR("typeFilter"));
	int64_t at;

	if (!entitlement_binding_is_live(b, s->t->now_ms))
		return false;
	/* None is inherited here: each was made for the account that has it. */
	if (str_eq(json_get_str(criteria, STR("sourceFilter")), STR("GRANT_SOURCE_FILTER_INHERITED")))
		return false;
	if (str_eq(type, STR("GRANT_FILTER_TYPE_PERMANENT")) && b->expires_at_ms)
		return false;
	if (str_eq(type, STR("GRANT_FILTER_TYPE_TEMPORARY")) && !b->expires_at_ms)
		return false;
	if (time_parse_rfc3339(json_get_str(between, STR("startDate")), &at) && b->doc.created_at_ms < at)
		return false;
	return !time_parse_rfc3339(json_get_str(between, STR("endDate")), &at) || b->doc.created_at_ms < at;
}

/* ---- selecting ------------------------------------------------------------------------------------------------- */

static bool is_full(const struct selection *s)
{
	return s->failed || s->found->n > s->limit;
}

/* Would it be the same question? An account that is nobody's is one by itself. */
static bool is_same(const struct entitlement_binding *a, const struct entitlement_binding *b)
{
	if (!str_eq(a->app, b->app) || !str_eq(a->entitlement_id, b->entitlement_id))
		return false;
	return str_is_empty(a->user) ? str_eq(a->account_id, b->account_id) : str_eq(a->user, b->user);
}

static void take(struct selection *s, const struct entitlement_binding *b)
{
	uint64_t hash = hash_str(s->seed, b->app) ^ hash_u64(hash_str(s->seed, b->entitlement_id));
	size_t at;

	hash = hash_str(hash, str_is_empty(b->user) ? b->account_id : b->user);
	for (at = hash & s->mask; s->places[at]; at = (at + 1) & s->mask)
		if (is_same(s->found->items[s->places[at] - 1], b))
			return;
	ARENA_ROOM(s->t->arena, s->found->items, s->found->n, &s->cap);
	s->found->items[s->found->n++] = b;
	s->places[at] = (uint32_t)s->found->n;
}

static void take_entitlement(struct selection *s, const struct document *entitlement)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(s->t->snapshot, DOC_ENTITLEMENT_BINDING,
	                           arena_concat(s->t->arena, STR("entitlement:"), entitlement->id), s->t->arena, &docs);

	for (size_t i = 0; i < n && !is_full(s); i++) {
		const struct entitlement_binding *b = as_entitlement_binding(docs[i]);

		if (wants_grant(s, b) && wants_user(s, b) && wants_account(s, b))
			take(s, b);
		arena_release(&s->scratch);
		s->scratch = (struct arena)ARENA_INIT;
	}
}

static void take_type(struct selection *s, const struct app_resource_type *type)
{
	struct app_parts parts = app_parts_of(s->t->snapshot, DOC_APP_ENTITLEMENT, type->app, s->t->arena);

	for (size_t i = 0; i < parts.n && !is_full(s); i++)
		if (str_eq(as_app_entitlement(parts.docs[i])->resource_type, type->type_id))
			take_entitlement(s, parts.docs[i]);
}

static void take_all(struct selection *s)
{
	const struct document *doc;
	uint64_t at = 0;

	while (!is_full(s) && (doc = snapshot_next(s->t->snapshot, DOC_APP_ENTITLEMENT, &at)))
		take_entitlement(s, doc);
}

/* What has gone since it was named has nobody left who has it. */
static void take_named(struct selection *s, const struct json *scope)
{
	const struct json *list = list_of(scope, &entitlements);

	for (uint32_t i = 0; i < list->n && !is_full(s); i++) {
		const struct document *doc = chosen(s->t, &list->items[i], &entitlements);

		if (doc)
			take_entitlement(s, doc);
	}
	list = list_of(scope, &types);
	for (uint32_t i = 0; i < list->n && !is_full(s); i++) {
		const struct document *doc = chosen(s->t, &list->items[i], &types);

		if (doc)
			take_type(s, as_app_resource_type(doc));
	}
}

int access_review_select(const struct txn *t, const struct json *scope, size_t limit,
                         struct access_review_selection *ret, struct error *err)
{
	struct access_review_selection found = {0};
	struct selection s = {.t = t,
	                      .v2 = member(scope, "scopeV2"),
	                      .scratch = ARENA_INIT,
	                      .found = &found,
	                      .limit = limit,
	                      .seed = random_u64(),
	                      .err = err};
	size_t n_places = 8;

	while (n_places / 2 <= limit + 1)
		n_places *= 2;
	s.places = ARENA_ARRAY(t->arena, uint32_t, n_places);
	s.mask = n_places - 1;
	if (member(s.v2, "appAccess"))
		take_all(&s);
	else
		take_named(&s, scope);
	if (s.failed)
		return -EINVAL;
	*ret = found;
	return 0;
}
