/* SPDX-License-Identifier: Apache-2.0 */
#include "service/applications.h"

#include "base/strs.h"
#include "model/validate.h"
#include "service/directory.h"
#include "service/requests.h"
#include "workflow/workflow.h"

/* ---- looking ------------------------------------------------------------------------------------------- */

struct str app_part_id(struct arena *a, struct str app, struct str id)
{
	return arena_concat3(a, app, STR("/"), id);
}

struct str entitlement_binding_id(struct arena *a, struct str app, struct str entitlement, struct str account)
{
	return arena_concat3(a, app_part_id(a, app, entitlement), STR("/"), account);
}

const struct app_resource_type *app_resource_type_find(const struct snapshot *s, struct str app, struct str id,
                                                       struct arena *scratch)
{
	return FIND(s, app_resource_type, APP_RESOURCE_TYPE, app_part_id(scratch, app, id));
}

const struct app_entitlement *app_entitlement_find(const struct snapshot *s, struct str app, struct str id,
                                                   struct arena *scratch)
{
	return FIND(s, app_entitlement, APP_ENTITLEMENT, app_part_id(scratch, app, id));
}

const struct app_user *app_user_find(const struct snapshot *s, struct str app, struct str id, struct arena *scratch)
{
	return FIND(s, app_user, APP_USER, app_part_id(scratch, app, id));
}

struct app_parts app_parts_of(const struct snapshot *s, enum document_kind kind, struct str app, struct arena *a)
{
	struct app_parts parts;

	parts.n = snapshot_linked(s, kind, arena_concat(a, STR("app:"), app), a, &parts.docs);
	return parts;
}

struct app_parts app_users_of(const struct snapshot *s, struct str app, struct str user, struct arena *a)
{
	const struct document *const *all, **kept;
	size_t n_all = snapshot_linked(s, DOC_APP_USER, arena_concat(a, STR("user:"), user), a, &all), n = 0;

	kept = ARENA_ARRAY(a, const struct document *, n_all);
	for (size_t i = 0; i < n_all; i++)
		if (str_eq(as_app_user(all[i])->app, app))
			kept[n++] = all[i];
	return (struct app_parts){kept, n};
}

bool entitlement_binding_is_live(const struct entitlement_binding *b, int64_t now_ms)
{
	return b->expires_at_ms == 0 || now_ms < b->expires_at_ms;
}

/* ---- small checks -------------------------------------------------------------------------------------- */

static bool text_fits(struct str text, const char *name, struct error *err)
{
	if (text.len <= DIRECTORY_MAX_TEXT_BYTES)
		return true;
	error_set(err, SERVICE_INVALID, "%s is longer than %u bytes", name, DIRECTORY_MAX_TEXT_BYTES);
	return false;
}

static bool check_name(struct str text, struct error *err)
{
	if (!str_is_empty(str_trim(text)))
		return text_fits(text, "display_name", err);
	error_set(err, SERVICE_INVALID, "display_name is required");
	return false;
}

static bool app_exists(const struct txn *t, struct str app, struct error *err)
{
	if (snapshot_find(t->snapshot, DOC_APP, app))
		return true;
	error_set(err, SERVICE_NOT_FOUND, "there is no app \"" STR_FMT "\"", STR_ARG(app));
	return false;
}

/* By canonical id. */
static bool resolve_user(const struct txn *t, const char *name, struct str *user, struct error *err)
{
	const struct document *doc = NULL;

	if (!str_is_empty(*user)) {
		doc = snapshot_find_any(t->snapshot, DOC_USER, *user);
		if (!doc) {
			error_set(err, SERVICE_INVALID, "%s: there is no user \"" STR_FMT "\"", name, STR_ARG(*user));
			return false;
		}
	}
	*user = doc ? doc->id : STR_NONE;
	return true;
}

/* By canonical id, each once. */
static bool resolve_owners(const struct txn *t, struct str_list *owners, struct error *err)
{
	struct strs list = {.arena = t->arena};

	if (owners->n > APP_MAX_OWNERS) {
		error_set(err, SERVICE_INVALID, "owners: more than %u", APP_MAX_OWNERS);
		return false;
	}
	for (size_t i = 0; i < owners->n; i++) {
		struct str user = owners->items[i];

		if (!resolve_user(t, "owners", &user, err))
			return false;
		if (!str_is_absent(user) && !str_list_has(strs_list(&list), user))
			strs_add(&list, user);
	}
	*owners = strs_list(&list);
	return true;
}

/* A reference to an approval policy. */
struct policy_ref {
	const char *name;
	enum request_type type;
	struct str old; /* what stands there now: it may stay, whatever became of it */
};

/* A policy that is there, is not deleted and is of the type; absent or empty: none. */
static bool check_policy(const struct txn *t, struct policy_ref ref, struct str *id, struct error *err)
{
	const struct approval_policy *p;

	if (str_is_empty(*id))
		*id = STR_NONE;
	if (str_is_empty(*id) || str_eq(*id, ref.old))
		return true;
	p = FIND(t->snapshot, approval_policy, APPROVAL_POLICY, *id);
	if (p && !p->deleted_at_ms && p->type == ref.type)
		return true;
	error_set(err, SERVICE_INVALID, "%s: there is no policy \"" STR_FMT "\" of type " STR_FMT, ref.name,
	          STR_ARG(*id), STR_ARG(request_type_name(ref.type)));
	return false;
}

/* ---- one check a kind ---------------------------------------------------------------------------------- */

typedef bool check_fn(const struct txn *t, struct document *doc, struct error *err);

static bool check_app(const struct txn *t, struct document *doc, struct error *err)
{
	static const struct app none = {0};
	struct app *app = (struct app *)(void *)doc;
	const struct app *old = FIND(t->snapshot, app, APP, doc->id);
	const struct app *o = old ? old : &none;

	return check_name(app->display_name, err) && text_fits(app->description, "description", err) &&
	       resolve_owners(t, &app->owners, err) &&
	       check_policy(t, (struct policy_ref){"grant_policy", REQUEST_GRANT, o->grant_policy}, &app->grant_policy,
	                    err) &&
	       check_policy(t, (struct policy_ref){"revoke_policy", REQUEST_REVOKE, o->revoke_policy},
	                    &app->revoke_policy, err) &&
	       check_policy(t, (struct policy_ref){"certify_policy", REQUEST_CERTIFY, o->certify_policy},
	                    &app->certify_policy, err);
}

static bool check_resource_type(const struct txn *t, struct document *doc, struct error *err)
{
	const struct app_resource_type *type = as_app_resource_type(doc);

	return app_exists(t, type->app, err) && check_name(type->display_name, err);
}

static bool check_entitlement_policies(const struct txn *t, struct app_entitlement *e, struct error *err)
{
	static const struct app_entitlement none = {0};
	const struct app_entitlement *old = FIND(t->snapshot, app_entitlement, APP_ENTITLEMENT, e->doc.id);
	const struct app_entitlement *o = old ? old : &none;

	return check_policy(t, (struct policy_ref){"grant_policy", REQUEST_GRANT, o->grant_policy}, &e->grant_policy,
	                    err) &&
	       check_policy(t, (struct policy_ref){"revoke_policy", REQUEST_REVOKE, o->revoke_policy},
	                    &e->revoke_policy, err) &&
	       check_policy(t, (struct policy_ref){"certify_policy", REQUEST_CERTIFY, o->certify_policy},
	                    &e->certify_policy, err) &&
	       check_policy(t, (struct policy_ref){"emergency_policy", REQUEST_GRANT, o->emergency_policy},
	                    &e->emergency_policy, err);
}

static bool resource_type_exists(const struct txn *t, struct app_entitlement *e, struct error *err)
{
	if (str_is_empty(e->resource_type))
		e->resource_type = STR_NONE;
	if (str_is_absent(e->resource_type) || app_resource_type_find(t->snapshot, e->app, e->resource_type, t->arena))
		return true;
	error_set(err, SERVICE_INVALID, "resource_type: the app has none named \"" STR_FMT "\"",
	          STR_ARG(e->resource_type));
	return false;
}

static bool check_entitlement(const struct txn *t, struct document *doc, struct error *err)
{
	struct app_entitlement *e = (struct app_entitlement *)(void *)doc;

	if (!app_exists(t, e->app, err) || !check_name(e->display_name, err) ||
	    !text_fits(e->description, "description", err) || !text_fits(e->slug, "slug", err) ||
	    !text_fits(e->risk_level, "risk_level", err) || !resolve_owners(t, &e->owners, err) ||
	    !check_entitlement_policies(t, e, err) || !resource_type_exists(t, e, err))
		return false;
	if (e->max_duration_ms >= 0 && e->max_duration_ms <= APP_MAX_DURATION_MS)
		return true;
	error_set(err, SERVICE_INVALID, "max_duration must be from 0 to ten years");
	return false;
}

struct words {
	const char *name;
	const struct str *items; /* the first stands for none */
	size_t n;
};

static bool check_word(const struct words *words, struct str *word, struct error *err)
{
	if (str_is_empty(*word))
		*word = words->items[0];
	for (size_t i = 0; i < words->n; i++)
		if (str_eq(*word, words->items[i]))
			return true;
	error_set(err, SERVICE_INVALID, "%s must not be \"" STR_FMT "\"", words->name, STR_ARG(*word));
	return false;
}

static bool check_account(const struct txn *t, struct document *doc, struct error *err)
{
	static const struct str types[] = {STR_INIT(APP_USER_TYPE_USER), STR_INIT("SERVICE_ACCOUNT"),
	                                   STR_INIT("SYSTEM_ACCOUNT")};
	static const struct str statuses[] = {STR_INIT(APP_USER_ENABLED), STR_INIT("DISABLED"), STR_INIT("DELETED")};
	struct app_user *u = (struct app_user *)(void *)doc;

	return app_exists(t, u->app, err) && resolve_user(t, "user", &u->user, err) &&
	       text_fits(u->display_name, "display_name", err) && text_fits(u->username, "username", err) &&
	       text_fits(u->email, "email", err) &&
	       check_word(&(struct words){"type", types, N_ELEMENTS(types)}, &u->type, err) &&
	       check_word(&(struct words){"status", statuses, N_ELEMENTS(statuses)}, &u->status, err);
}

static bool check_binding(const struct txn *t, struct document *doc, struct error *err)
{
	struct entitlement_binding *b = (struct entitlement_binding *)(void *)doc;
	const struct app_user *account;

	if (!app_exists(t, b->app, err))
		return false;
	if (!app_entitlement_find(t->snapshot, b->app, b->entitlement_id, t->arena)) {
		error_set(err, SERVICE_NOT_FOUND, "the app has no entitlement \"" STR_FMT "\"",
		          STR_ARG(b->entitlement_id));
		return false;
	}
	account = app_user_find(t->snapshot, b->app, b->account_id, t->arena);
	if (!account) {
		error_set(err, SERVICE_NOT_FOUND, "the app has no account \"" STR_FMT "\"", STR_ARG(b->account_id));
		return false;
	}
	b->user = account->user;
	if (entitlement_binding_is_live(b, t->now_ms))
		return true;
	error_set(err, SERVICE_INVALID, "expires_at is over");
	return false;
}

static bool resource_type_is_there(const struct txn *t, struct app_action *action, struct error *err)
{
	if (str_is_empty(action->creates_type))
		action->creates_type = STR_NONE;
	if (str_is_absent(action->creates_type) ||
	    app_resource_type_find(t->snapshot, action->app, action->creates_type, t->arena))
		return true;
	error_set(err, SERVICE_INVALID, "creates_type: the app has no resource type named \"" STR_FMT "\"",
	          STR_ARG(action->creates_type));
	return false;
}

static bool check_webhook(const struct txn *t, struct app_action *action, struct error *err)
{
	const struct app_action *old = FIND(t->snapshot, app_action, APP_ACTION, action->doc.id);

	if (str_is_empty(action->webhook))
		action->webhook = STR_NONE;
	if (str_is_absent(action->webhook) || (old && str_eq(old->webhook, action->webhook)) ||
	    snapshot_find(t->snapshot, DOC_WEBHOOK, action->webhook))
		return true;
	error_set(err, SERVICE_INVALID, "webhook: there is none with the id \"" STR_FMT "\"", STR_ARG(action->webhook));
	return false;
}

static bool check_form(const struct json *form, struct error *err)
{
	const char *why = workflow_why_not_form(form);

	if (why)
		error_set(err, SERVICE_INVALID, "form: %s", why);
	return !why;
}

static bool check_action(const struct txn *t, struct document *doc, struct error *err)
{
	struct app_action *action = (struct app_action *)(void *)doc;
	const struct app_action *old = FIND(t->snapshot, app_action, APP_ACTION, doc->id);

	return app_exists(t, action->app, err) && check_name(action->display_name, err) &&
	       text_fits(action->description, "description", err) && resolve_owners(t, &action->assignees, err) &&
	       check_policy(t, (struct policy_ref){"policy", REQUEST_GRANT, old ? old->policy : STR_NONE},
	                    &action->policy, err) &&
	       check_webhook(t, action, err) && resource_type_is_there(t, action, err) && check_form(action->form, err);
}

static check_fn *const checks[DOC_N_KINDS] = {
    [DOC_APP] = check_app,
    [DOC_APP_RESOURCE_TYPE] = check_resource_type,
    [DOC_APP_ENTITLEMENT] = check_entitlement,
    [DOC_APP_ACTION] = check_action,
    [DOC_APP_USER] = check_account,
    [DOC_ENTITLEMENT_BINDING] = check_binding,
};

enum service_result applications_check(const struct txn *t, struct document *doc, struct error *err)
{
	assert(doc->kind < DOC_N_KINDS && checks[doc->kind]);
	return checks[doc->kind](t, doc, err) ? SERVICE_OK : (enum service_result)err->code;
}

/* ---- changing ------------------------------------------------------------------------------------------ */

/* Sets the id that the document is stored under; returns the one by which it is called. */
static struct str set_id(struct txn *t, struct document *doc)
{
	const struct entitlement_binding *b;

	switch ((unsigned)doc->kind) {
	case DOC_APP_RESOURCE_TYPE:
		doc->id = app_part_id(t->arena, as_app_resource_type(doc)->app, as_app_resource_type(doc)->type_id);
		return as_app_resource_type(doc)->type_id;
	case DOC_APP_ENTITLEMENT:
		doc->id = app_part_id(t->arena, as_app_entitlement(doc)->app, as_app_entitlement(doc)->entitlement_id);
		return as_app_entitlement(doc)->entitlement_id;
	case DOC_APP_ACTION:
		doc->id = app_part_id(t->arena, as_app_action(doc)->app, as_app_action(doc)->action_id);
		return as_app_action(doc)->action_id;
	case DOC_APP_USER:
		doc->id = app_part_id(t->arena, as_app_user(doc)->app, as_app_user(doc)->account_id);
		return as_app_user(doc)->account_id;
	case DOC_ENTITLEMENT_BINDING:
		b = as_entitlement_binding(doc);
		doc->id = entitlement_binding_id(t->arena, b->app, b->entitlement_id, b->account_id);
		return b->account_id;
	default:
		return doc->id;
	}
}

enum service_result applications_create(struct txn *t, struct document *doc, struct error *err)
{
	struct str id = set_id(t, doc);
	enum service_result r;

	if (!valid_native_id(id))
		return (enum service_result)error_set(
		    err, SERVICE_INVALID, "id must be 1 to 128 letters, digits and _.@+- and not begin with a dot");
	r = applications_check(t, doc, err);
	if (r != SERVICE_OK)
		return r;
	if (snapshot_find(t->snapshot, doc->kind, doc->id))
		return (enum service_result)error_set(err, SERVICE_CONFLICT,
		                                      "there is already a " STR_FMT " \"" STR_FMT "\"",
		                                      STR_ARG(document_kind_name(doc->kind)), STR_ARG(id));
	txn_put(t, doc);
	return SERVICE_OK;
}

/* What an account has passes to whoever has the account now. */
static void pass_bindings(struct txn *t, const struct app_user *account)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(t->snapshot, DOC_ENTITLEMENT_BINDING,
	                           arena_concat(t->arena, STR("account:"), account->doc.id), t->arena, &docs);

	for (size_t i = 0; i < n; i++) {
		struct entitlement_binding b = *as_entitlement_binding(docs[i]);

		b.user = account->user;
		txn_put(t, &b.doc);
	}
}

enum service_result applications_update(struct txn *t, struct document *doc, struct error *err)
{
	const struct app_user *old;
	enum service_result r;

	(void)set_id(t, doc);
	r = applications_check(t, doc, err);
	if (r != SERVICE_OK)
		return r;
	txn_put(t, doc);
	if (doc->kind != DOC_APP_USER)
		return SERVICE_OK;
	old = FIND(t->snapshot, app_user, APP_USER, doc->id);
	if (old && !str_eq(old->user, as_app_user(doc)->user))
		pass_bindings(t, as_app_user(doc));
	return SERVICE_OK;
}

static bool is_in_use(const struct txn *t, const struct app_resource_type *type)
{
	struct app_parts parts = app_parts_of(t->snapshot, DOC_APP_ENTITLEMENT, type->app, t->arena);

	for (size_t i = 0; i < parts.n; i++)
		if (str_eq(as_app_entitlement(parts.docs[i])->resource_type, type->type_id))
			return true;
	parts = app_parts_of(t->snapshot, DOC_APP_ACTION, type->app, t->arena);
	for (size_t i = 0; i < parts.n; i++)
		if (str_eq(as_app_action(parts.docs[i])->creates_type, type->type_id))
			return true;
	return false;
}

enum service_result applications_delete(struct txn *t, const struct document *doc, struct error *err)
{
	if (!cascade_fits(t, doc->kind, doc->id))
		return (enum service_result)error_set(err, SERVICE_FAILED_PRECONDITION,
		                                      "too much goes with \"" STR_FMT "\": delete its parts first",
		                                      STR_ARG(doc->id));
	if (doc->kind == DOC_APP_RESOURCE_TYPE && is_in_use(t, as_app_resource_type(doc)))
		return (enum service_result)error_set(
		    err, SERVICE_FAILED_PRECONDITION,
		    "there are entitlements or actions of the resource type \"" STR_FMT "\"",
		    STR_ARG(as_app_resource_type(doc)->type_id));
	if (doc->kind == DOC_APP)
		cascade_app(t, doc->id);
	else if (doc->kind == DOC_APP_ENTITLEMENT)
		cascade_entitlement(t, as_app_entitlement(doc));
	else if (doc->kind == DOC_APP_ACTION)
		cascade_action(t, as_app_action(doc));
	else if (doc->kind == DOC_APP_USER)
		cascade_account(t, as_app_user(doc));
	else if (doc->kind == DOC_ENTITLEMENT_BINDING)
		requests_end_for(t, as_entitlement_binding(doc), NULL);
	txn_delete(t, doc->kind, doc->id);
	return SERVICE_OK;
}
