/* SPDX-License-Identifier: Apache-2.0
 *
 * What is shown beside tasks: users, applications, entitlements, accounts.
 */
#include "api/conductorone/directory.h"
#include "api/conductorone/task_view.h"

static const struct json *typed(struct api_call *call, const char *type, const struct json *message)
{
	struct json_object o = {.arena = call->arena};

	json_object_str(&o, "@type", arena_concat(call->arena, STR("type.googleapis.com/c1.api."), str_of(type)));
	c1_put_details(&o, message);
	return json_object_end(&o);
}

const struct json *c1_expanded_message(struct api_call *call, const struct document *doc)
{
	switch ((int)doc->kind) {
	case DOC_APP:
		return typed(call, "app.v1.App", c1_app_message(call, as_app(doc)));
	case DOC_APP_ENTITLEMENT:
		return typed(call, "app.v1.AppEntitlement", c1_entitlement_message(call, as_app_entitlement(doc)));
	case DOC_APP_USER:
		return typed(call, "app.v1.AppUser", c1_account_message(call, as_app_user(doc)));
	default:
		return typed(call, "user.v1.User", c1_user_message(call, as_user(doc)));
	}
}
