/* SPDX-License-Identifier: Apache-2.0
 *
 * What goes with applications, entitlements, accounts, and with users as far as they have such: bindings end, and what
 * was still asked for is cancelled.
 */
#include "base/strs.h"
#include "service/applications.h"
#include "service/requests.h"

static struct app_parts linked(struct txn *t, enum document_kind kind, struct str relation, struct str id)
{
	struct app_parts parts;

	parts.n = snapshot_linked(t->snapshot, kind, arena_concat(t->arena, relation, id), t->arena, &parts.docs);
	return parts;
}

static void delete_all(struct txn *t, struct app_parts parts)
{
	for (size_t i = 0; i < parts.n; i++)
		txn_delete(t, parts.docs[i]->kind, parts.docs[i]->id);
}

/* Those among the requests that are about the account; absent: all. */
static void cancel_all(struct txn *t, struct app_parts requests, struct str app, struct str account)
{
	for (size_t i = 0; i < requests.n; i++) {
		const struct access_request *r = as_access_request(requests.docs[i]);

		if (str_is_absent(account) || (str_eq(r->app, app) && str_eq(r->account_id, account)))
			requests_cancel(t, r);
	}
}

/* ---- what goes ------------------------------------------------------------------------------------------ */

void cascade_entitlement(struct txn *t, const struct app_entitlement *e)
{
	delete_all(t, linked(t, DOC_ENTITLEMENT_BINDING, STR("entitlement:"), e->doc.id));
	cancel_all(t, linked(t, DOC_ACCESS_REQUEST, STR("open-entitlement:"), e->doc.id), STR_NONE, STR_NONE);
}

void cascade_action(struct txn *t, const struct app_action *action)
{
	cancel_all(t, linked(t, DOC_ACCESS_REQUEST, STR("open-action:"), action->doc.id), STR_NONE, STR_NONE);
}

void cascade_account(struct txn *t, const struct app_user *u)
{
	delete_all(t, linked(t, DOC_ENTITLEMENT_BINDING, STR("account:"), u->doc.id));
	if (!str_is_absent(u->user))
		cancel_all(t, linked(t, DOC_ACCESS_REQUEST, STR("open-user:"), u->user), u->app, u->account_id);
}

void cascade_app(struct txn *t, struct str app)
{
	struct app_parts entitlements = app_parts_of(t->snapshot, DOC_APP_ENTITLEMENT, app, t->arena);
	struct app_parts actions = app_parts_of(t->snapshot, DOC_APP_ACTION, app, t->arena);

	for (size_t i = 0; i < entitlements.n; i++)
		cascade_entitlement(t, as_app_entitlement(entitlements.docs[i]));
	delete_all(t, entitlements);
	for (size_t i = 0; i < actions.n; i++)
		cascade_action(t, as_app_action(actions.docs[i]));
	delete_all(t, actions);
	delete_all(t, app_parts_of(t->snapshot, DOC_APP_USER, app, t->arena));
	delete_all(t, app_parts_of(t->snapshot, DOC_APP_RESOURCE_TYPE, app, t->arena));
}

/* A request that is cancelled, and what the trail says of it. */
#define REQUEST_DOCUMENTS 4

size_t cascade_size_of_app(struct txn *t, struct str app)
{
	struct app_parts entitlements = app_parts_of(t->snapshot, DOC_APP_ENTITLEMENT, app, t->arena);
	struct app_parts actions = app_parts_of(t->snapshot, DOC_APP_ACTION, app, t->arena);
	size_t n = entitlements.n + actions.n;

	for (size_t i = 0; i < actions.n; i++)
		n += REQUEST_DOCUMENTS * linked(t, DOC_ACCESS_REQUEST, STR("open-action:"), actions.docs[i]->id).n;
	for (size_t i = 0; i < entitlements.n; i++) {
		n += linked(t, DOC_ENTITLEMENT_BINDING, STR("entitlement:"), entitlements.docs[i]->id).n;
		n += REQUEST_DOCUMENTS *
		     linked(t, DOC_ACCESS_REQUEST, STR("open-entitlement:"), entitlements.docs[i]->id).n;
	}
	return n + app_parts_of(t->snapshot, DOC_APP_USER, app, t->arena).n +
	       app_parts_of(t->snapshot, DOC_APP_RESOURCE_TYPE, app, t->arena).n;
}

static struct str_list without(struct txn *t, struct str_list owners, struct str user)
{
	struct strs left = {.arena = t->arena};

	for (size_t i = 0; i < owners.n; i++)
		if (!str_eq(owners.items[i], user))
			strs_add(&left, owners.items[i]);
	return strs_list(&left);
}

/* Who comes later under that id must not own what she owned. */
static void take_from_owners(struct txn *t, struct str user)
{
	struct app_parts apps = linked(t, DOC_APP, STR("owner:"), user);
	struct app_parts entitlements = linked(t, DOC_APP_ENTITLEMENT, STR("owner:"), user);
	struct app_parts actions = linked(t, DOC_APP_ACTION, STR("owner:"), user);
	struct app_parts reviews = linked(t, DOC_ACCESS_REVIEW, STR("owner:"), user);
	struct app_parts templates = linked(t, DOC_ACCESS_REVIEW_TEMPLATE, STR("owner:"), user);

	for (size_t i = 0; i < apps.n; i++) {
		struct app app = *as_app(apps.docs[i]);

		app.owners = without(t, app.owners, user);
		txn_put(t, &app.doc);
	}
	for (size_t i = 0; i < entitlements.n; i++) {
		struct app_entitlement e = *as_app_entitlement(entitlements.docs[i]);

		e.owners = without(t, e.owners, user);
		txn_put(t, &e.doc);
	}
	for (size_t i = 0; i < actions.n; i++) {
		struct app_action action = *as_app_action(actions.docs[i]);

		action.assignees = without(t, action.assignees, user);
		txn_put(t, &action.doc);
	}
	for (size_t i = 0; i < reviews.n; i++) {
		struct access_review r = *as_access_review(reviews.docs[i]);

		r.owners = without(t, r.owners, user);
		txn_put(t, &r.doc);
	}
	for (size_t i = 0; i < templates.n; i++) {
		struct access_review_template made_from = *as_access_review_template(templates.docs[i]);

		made_from.owners = without(t, made_from.owners, user);
		txn_put(t, &made_from.doc);
	}
}

/* What would be assigned to the user by others is theirs again. */
static void end_delegations(struct txn *t, struct str user)
{
	struct app_parts others = linked(t, DOC_USER, STR("delegate:"), user);

	for (size_t i = 0; i < others.n; i++) {
		struct user other = *as_user(others.docs[i]);

		other.delegate = STR_NONE;
		other.delegate_from_ms = other.delegate_until_ms = 0;
		txn_put(t, &other.doc);
	}
}

void cascade_user_in_apps(struct txn *t, struct str user)
{
	struct app_parts accounts = linked(t, DOC_APP_USER, STR("user:"), user);

	delete_all(t, linked(t, DOC_ENTITLEMENT_BINDING, STR("user:"), user));
	for (size_t i = 0; i < accounts.n; i++) {
		struct app_user account = *as_app_user(accounts.docs[i]);

		account.user = STR_NONE;
		txn_put(t, &account.doc);
	}
	cancel_all(t, linked(t, DOC_ACCESS_REQUEST, STR("open-user:"), user), STR_NONE, STR_NONE);
	take_from_owners(t, user);
	end_delegations(t, user);
}
