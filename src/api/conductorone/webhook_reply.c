/* SPDX-License-Identifier: Apache-2.0 */
#include "api/conductorone/webhook_reply.h"

#include <errno.h>

#include "api/conductorone/conductorone.h"

#define REPLY_ONEOF 1u

static const struct {
	struct str member;
	enum workflow_verb verb;
} verbs[] = {
    {STR_INIT("approve"), VERB_WEBHOOK_APPROVE},     {STR_INIT("deny"), VERB_WEBHOOK_DENY},
    {STR_INIT("reassign"), VERB_WEBHOOK_REASSIGN},   {STR_INIT("replacePolicy"), VERB_WEBHOOK_REPLACE},
    {STR_INIT("complete"), VERB_PROVISION_COMPLETE}, {STR_INIT("errored"), VERB_PROVISION_ERROR},
};

static struct str_list strs_of(const struct json *list, struct arena *a)
{
	uint32_t n = json_is(list, JSON_ARRAY) ? list->n : 0;
	struct str *items = ARENA_ARRAY(a, struct str, n);

	for (uint32_t i = 0; i < n; i++)
		items[i] = json_str(&list->items[i]);
	return (struct str_list){items, n};
}

int c1_webhook_reply(const struct json *reply, bool provisions, struct arena *a, struct workflow_event *ret,
                     struct error *err)
{
	const struct proto_message *m = provisions ? &c1_WebhookProvisionReply : &c1_WebhookPolicyReply;
	const struct proto_field *field;
	const struct json *message, *arm;
	int r = proto_read(m, reply, a, &message, err);

	if (r != 0)
		return r;
	if (!str_eq(c1_str(message, "version"), STR("v1")))
		return error_set(err, -EINVAL, "the reply's version is not \"v1\"");
	field = proto_oneof(m, REPLY_ONEOF, message);
	if (!field)
		return error_set(err, -EINVAL, "the reply says nothing");
	arm = json_get(message, field->name);
	*ret = (struct workflow_event){
	    .comment = c1_str(arm, "comment"),
	    .users = strs_of(json_get(arm, STR("newStepUserIds")), a),
	    .steps = json_get(arm, STR("policySteps")),
	};
	for (size_t i = 0; i < N_ELEMENTS(verbs); i++)
		if (str_eq(verbs[i].member, field->name))
			ret->verb = verbs[i].verb;
	assert(ret->verb != VERB_NONE);
	if (ret->verb == VERB_PROVISION_ERROR)
		ret->fault = ret->comment;
	return 0;
}
