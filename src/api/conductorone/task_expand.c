/* SPDX-License-Identifier: Apache-2.0
 *
 * What is shown beside an answer: users, applications, entitlements, accounts, policies.
 */
#include "api/conductorone/directory.h"
#include "api/conductorone/task_view.h"
#include "service/approval_policies.h"

/*
 * A google.protobuf.Any: "@type" and the message's members as they go out. "expanded" is a list of plain objects to the
 * tables, so the message is written here already.
 */
static const struct json *any_of(struct api_call *call, const char *type, const struct proto_message *m,
                                 const struct json *message)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct json_writer w = JSON_WRITER(&text);
	struct json_object o = {.arena = call->arena};
	const struct json *written = NULL;
	struct error err;

	proto_write(&w, m, message);
	int r = json_parse(buf_str(&text), call->arena, &written, &err);
	assert(r == JSON_OK); /* it was written by ourselves */
	json_object_str(&o, "@type", arena_concat(call->arena, STR("type.googleapis.com/c1.api."), str_of(type)));
	c1_put_details(&o, written);
	return json_object_end(&o);
}

const struct json *c1_expanded_message(struct api_call *call, const struct document *doc)
{
	switch ((int)doc->kind) {
	case DOC_APP:
		return any_of(call, "app.v1.App", &c1_App, c1_app_message(call, as_app(doc)));
	case DOC_APP_ENTITLEMENT:
		return any_of(call, "app.v1.AppEntitlement", &c1_AppEntitlement,
		              c1_entitlement_message(call, as_app_entitlement(doc)));
	case DOC_APP_USER:
		return any_of(call, "app.v1.AppUser", &c1_AppUser, c1_account_message(call, as_app_user(doc)));
	case DOC_ACCESS_REQUEST:
		return any_of(call, "task.v1.Task", &c1_Task, c1_task(call, as_access_request(doc)));
	case DOC_APPROVAL_POLICY:
		return any_of(call, "policy.v1.Policy", &c1_Policy,
		              approval_policy_message(as_approval_policy(doc), call->arena));
	default:
		return any_of(call, "user.v1.User", &c1_User, c1_user_message(call, as_user(doc)));
	}
}
