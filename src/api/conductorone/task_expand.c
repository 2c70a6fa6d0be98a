/* SPDX-License-Identifier: Apache-2.0
 *
 * What is shown beside tasks: users, applications, entitlements, accounts, each as far as a task's reader needs it.
 */
#include "api/conductorone/task_view.h"

static const char *type_of(enum document_kind kind)
{
	switch ((int)kind) {
	case DOC_APP:
		return "type.googleapis.com/c1.api.app.v1.App";
	case DOC_APP_ENTITLEMENT:
		return "type.googleapis.com/c1.api.app.v1.AppEntitlement";
	case DOC_APP_USER:
		return "type.googleapis.com/c1.api.app.v1.AppUser";
	default:
		return "type.googleapis.com/c1.api.user.v1.User";
	}
}

static void put_user(struct json_object *o, const struct user *u)
{
	json_object_str(o, "id", u->doc.id);
	json_object_str(o, "displayName", u->display_name);
	json_object_str(o, "email", u->email);
	json_object_str(o, "delegatedUserId", u->delegate);
	json_object_tree(o, "profile", u->attributes);
}

static void put_app(struct json_object *o, const struct app *app)
{
	json_object_str(o, "id", app->doc.id);
	json_object_str(o, "displayName", app->display_name);
	json_object_str(o, "description", app->description);
}

static void put_entitlement(struct json_object *o, const struct app_entitlement *e)
{
	json_object_str(o, "id", e->entitlement_id);
	json_object_str(o, "appId", e->app);
	json_object_str(o, "displayName", e->display_name);
	json_object_str(o, "description", e->description);
	json_object_str(o, "slug", e->slug);
}

static void put_account(struct json_object *o, const struct app_user *u)
{
	json_object_str(o, "id", u->account_id);
	json_object_str(o, "appId", u->app);
	json_object_str(o, "identityUserId", u->user);
	json_object_str(o, "displayName", u->display_name);
	json_object_str(o, "username", u->username);
	json_object_str(o, "email", u->email);
}

const struct json *c1_expanded_message(struct api_call *call, const struct document *doc)
{
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "@type", str_of(type_of(doc->kind)));
	switch ((int)doc->kind) {
	case DOC_APP:
		put_app(&o, as_app(doc));
		break;
	case DOC_APP_ENTITLEMENT:
		put_entitlement(&o, as_app_entitlement(doc));
		break;
	case DOC_APP_USER:
		put_account(&o, as_app_user(doc));
		break;
	default:
		put_user(&o, as_user(doc));
		break;
	}
	json_object_time(&o, "createdAt", doc->created_at_ms);
	json_object_time(&o, "updatedAt", doc->updated_at_ms);
	return json_object_end(&o);
}
