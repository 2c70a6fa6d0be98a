/* SPDX-License-Identifier: Apache-2.0 */
#include "service/access_reviews.h"

#include "base/strs.h"
#include "json/object.h"
#include "service/applications.h"
#include "service/conductorone_id.h"
#include "service/directory.h"
#include "service/requests.h"

static enum service_result refuse(struct error *err, enum service_result result, const char *text)
{
	return (enum service_result)error_set(err, (int)result, "%s", text);
}

/* ---- the scope ------------------------------------------------------------------------------------------- */

const struct json *access_review_scope_write(const struct access_review_scope *scope, struct arena *a)
{
	struct json_object o = {.arena = a};

	json_object_tree(&o, "entitlements", scope->entitlements);
	json_object_strs(&o, "userIds", scope->users);
	return json_object_end(&o);
}

struct access_review_scope access_review_scope_read(const struct access_review *r, struct arena *a)
{
	const struct json *users = json_get(r->scope, STR("userIds"));
	struct strs ids = {.arena = a};

	for (uint32_t i = 0; json_is(users, JSON_ARRAY) && i < users->n; i++)
		strs_add(&ids, json_str(&users->items[i]));
	return (struct access_review_scope){json_get(r->scope, STR("entitlements")), strs_list(&ids)};
}

/* The entitlement of a reference; NULL: there is none (any more). */
static const struct app_entitlement *entitlement_of(struct txn *t, const struct json *ref)
{
	return app_entitlement_find(t->snapshot, json_get_str(ref, STR("appId")),
	                            json_get_str(ref, STR("appEntitlementId")), t->arena);
}

static bool check_scope(struct txn *t, const struct access_review *r, struct error *err)
{
	struct access_review_scope scope = access_review_scope_read(r, t->arena);
	uint32_t n = scope.entitlements ? scope.entitlements->n : 0;

	if (n > ACCESS_REVIEW_MAX_ENTITLEMENTS) {
		error_set(err, SERVICE_INVALID, "entitlements: more than %u", ACCESS_REVIEW_MAX_ENTITLEMENTS);
		return false;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (!entitlement_of(t, &scope.entitlements->items[i])) {
			error_set(err, SERVICE_INVALID, "entitlements: number %u does not exist", (unsigned)i);
			return false;
		}
	}
	for (size_t i = 0; i < scope.users.n; i++) {
		if (!snapshot_find(t->snapshot, DOC_USER, scope.users.items[i])) {
			error_set(err, SERVICE_INVALID, "selectedUsers: there is no user \"" STR_FMT "\"",
			          STR_ARG(scope.users.items[i]));
			return false;
		}
	}
	return true;
}

/* ---- making and changing ----------------------------------------------------------------------------------- */

static bool check_texts(const struct access_review *r, struct error *err)
{
	bool is_named = !str_is_empty(str_trim(r->display_name));

	if (is_named && r->display_name.len <= DIRECTORY_MAX_TEXT_BYTES &&
	    r->description.len <= DIRECTORY_MAX_TEXT_BYTES)
		return true;
	error_set(err, SERVICE_INVALID,
	          is_named ? "display_name or description is too long" : "display_name is required");
	return false;
}

static bool check_policy(const struct txn *t, struct access_review *r, struct error *err)
{
	const struct access_review *old = FIND(t->snapshot, access_review, ACCESS_REVIEW, r->doc.id);
	const struct approval_policy *p;

	if (str_is_empty(r->policy))
		r->policy = STR_NONE;
	if (str_is_empty(r->policy) || (old && str_eq(old->policy, r->policy)))
		return true;
	p = FIND(t->snapshot, approval_policy, APPROVAL_POLICY, r->policy);
	if (p && !p->deleted_at_ms && p->type == REQUEST_CERTIFY)
		return true;
	error_set(err, SERVICE_INVALID, "policy_id: there is no policy \"" STR_FMT "\" of type certify",
	          STR_ARG(r->policy));
	return false;
}

/* By canonical id, each once. */
static bool resolve_owners(struct txn *t, struct access_review *r, struct error *err)
{
	struct strs owners = {.arena = t->arena};

	for (size_t i = 0; i < r->owners.n && i <= APP_MAX_OWNERS; i++) {
		const struct document *user = snapshot_find_any(t->snapshot, DOC_USER, r->owners.items[i]);

		if (!user) {
			error_set(err, SERVICE_INVALID, "owner_ids: there is no user \"" STR_FMT "\"",
			          STR_ARG(r->owners.items[i]));
			return false;
		}
		if (!str_list_has(strs_list(&owners), user->id))
			strs_add(&owners, user->id);
	}
	r->owners = strs_list(&owners);
	if (owners.n > 0 && owners.n <= APP_MAX_OWNERS)
		return true;
	error_set(err, SERVICE_INVALID, "owner_ids: from 1 to %u are needed", APP_MAX_OWNERS);
	return false;
}

enum service_result access_review_create(struct txn *t, struct access_review *r, struct error *err)
{
	r->doc = (struct document){.kind = DOC_ACCESS_REVIEW, .id = conductorone_new_id(t->arena)};
	r->state = STR(ACCESS_REVIEW_DRAFT);
	if (!check_texts(r, err) || !check_policy(t, r, err) || !resolve_owners(t, r, err) || !check_scope(t, r, err))
		return (enum service_result)err->code;
	txn_put(t, &r->doc);
	return SERVICE_OK;
}

enum service_result access_review_update(struct txn *t, struct access_review *r, struct error *err)
{
	const struct access_review *old = FIND(t->snapshot, access_review, ACCESS_REVIEW, r->doc.id);
	bool keeps_scope;

	assert(old);
	keeps_scope = old->scope == r->scope || (old->scope && r->scope && json_equal(old->scope, r->scope));
	if (str_eq(old->state, STR(ACCESS_REVIEW_CLOSED)))
		return refuse(err, SERVICE_FAILED_PRECONDITION, "the access review is closed");
	if (str_eq(old->state, STR(ACCESS_REVIEW_OPEN)) && !keeps_scope)
		return refuse(err, SERVICE_FAILED_PRECONDITION, "the access review is open: its scope is settled");
	if (!check_texts(r, err) || !check_policy(t, r, err) || (!keeps_scope && !check_scope(t, r, err)))
		return (enum service_result)err->code;
	txn_put(t, &r->doc);
	return SERVICE_OK;
}

/* ---- opening ----------------------------------------------------------------------------------------------- */

/* The grants that are to be reviewed: one of each person in each entitlement. */
struct chosen {
	const struct entitlement_binding *items[ACCESS_REVIEW_MAX_REQUESTS];
	size_t n, n_before; /* n_before: of the entitlements before this one */
	bool is_too_many;
};

static bool has_person(const struct chosen *c, struct str user)
{
	for (size_t i = c->n_before; i < c->n && !str_is_absent(user); i++)
		if (str_eq(c->items[i]->user, user))
			return true;
	return false;
}

static void choose(struct txn *t, const struct app_entitlement *e, struct str_list users, struct chosen *c)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(t->snapshot, DOC_ENTITLEMENT_BINDING,
	                           arena_concat(t->arena, STR("entitlement:"), e->doc.id), t->arena, &docs);

	c->n_before = c->n;
	for (size_t i = 0; i < n && !c->is_too_many; i++) {
		const struct entitlement_binding *b = as_entitlement_binding(docs[i]);

		if (!entitlement_binding_is_live(b, t->now_ms) || has_person(c, b->user) ||
		    (users.n && !str_list_has(users, b->user)))
			continue;
		c->is_too_many = c->n == ACCESS_REVIEW_MAX_REQUESTS;
		if (!c->is_too_many)
			c->items[c->n++] = b;
	}
}

/* One that another review asks already is not asked twice. */
static enum service_result ask(struct txn *t, const struct access_review *r, const struct entitlement_binding *b,
                               size_t *n_made, struct error *err)
{
	struct request_new n = {
	    .type = REQUEST_CERTIFY,
	    .app = b->app,
	    .entitlement_id = b->entitlement_id,
	    .account_id = b->account_id,
	    .description = r->display_name,
	    .origin = STR("ACCESS_REVIEW"),
	    .review = r->doc.id,
	};
	struct error why = {0};
	struct access_request made;
	enum service_result result = requests_create(t, &n, &made, &why);

	if (result == SERVICE_CONFLICT)
		return SERVICE_OK;
	if (result == SERVICE_OK)
		(*n_made)++;
	else
		*err = why;
	return result;
}

enum service_result access_review_start(struct txn *t, struct access_review *r, size_t *ret_n, struct error *err)
{
	struct access_review_scope scope = access_review_scope_read(r, t->arena);
	struct chosen *c = ARENA_NEW(t->arena, struct chosen);
	size_t n_made = 0;

	if (!str_eq(r->state, STR(ACCESS_REVIEW_DRAFT)))
		return refuse(err, SERVICE_FAILED_PRECONDITION, "the access review is not a draft");
	if (!scope.entitlements || scope.entitlements->n == 0)
		return refuse(err, SERVICE_FAILED_PRECONDITION, "the access review has no entitlements");
	for (uint32_t i = 0; i < scope.entitlements->n; i++) {
		const struct app_entitlement *e = entitlement_of(t, &scope.entitlements->items[i]);

		if (e)
			choose(t, e, scope.users, c);
	}
	if (c->is_too_many)
		return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION,
		                                      "the access review would make more than %u tasks",
		                                      ACCESS_REVIEW_MAX_REQUESTS);
	for (size_t i = 0; i < c->n; i++) {
		enum service_result result = ask(t, r, c->items[i], &n_made, err);

		if (result != SERVICE_OK)
			return result;
	}
	r->state = STR(ACCESS_REVIEW_OPEN);
	r->starts_at_ms = t->now_ms;
	txn_put(t, &r->doc);
	*ret_n = n_made;
	return SERVICE_OK;
}

/* ---- closing ----------------------------------------------------------------------------------------------- */

/* Cancels what is not decided; `revokes`: and asks for it to be taken away. */
static size_t end_open(struct txn *t, const struct access_review *r, bool revokes)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(t->snapshot, DOC_ACCESS_REQUEST, arena_concat(t->arena, STR("review:"), r->doc.id),
	                           t->arena, &docs);
	size_t n_open = 0;

	for (size_t i = 0; i < n; i++) {
		const struct access_request *request = as_access_request(docs[i]);

		if (request->state != REQUEST_OPEN || request->type != REQUEST_CERTIFY)
			continue;
		requests_cancel(t, request);
		if (revokes)
			requests_revoke_reviewed(t, request);
		n_open++;
	}
	return n_open;
}

enum service_result access_review_close(struct txn *t, struct access_review *r, size_t *ret_n, struct error *err)
{
	if (!str_eq(r->state, STR(ACCESS_REVIEW_OPEN)))
		return refuse(err, SERVICE_FAILED_PRECONDITION, "the access review is not open");
	*ret_n = end_open(t, r, str_eq(r->auto_close_decision, STR(ACCESS_REVIEW_REVOKES)));
	r->state = STR(ACCESS_REVIEW_CLOSED);
	txn_put(t, &r->doc);
	return SERVICE_OK;
}

void access_review_delete(struct txn *t, const struct access_review *r)
{
	(void)end_open(t, r, false);
	txn_delete(t, DOC_ACCESS_REVIEW, r->doc.id);
}
