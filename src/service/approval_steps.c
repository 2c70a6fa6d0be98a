/* SPDX-License-Identifier: Apache-2.0
 *
 * Do the steps of a policy make sense? What a message's table can say of them (json/proto.h) was checked when they were
 * read; the words of refusals are the vendor's where they are known.
 */
#include "service/approval_internal.h"
#include "expr/zone.h"
#include "json/object.h"

#define MAX_WAIT_HOURS   23
#define MAX_WAIT_MINUTES 59

static bool is_set(const struct json *message, const char *name)
{
	const struct json *j = json_get(message, str_of(name));

	return json_is(j, JSON_BOOL) && j->b;
}

static uint32_t length_of(const struct json *message, const char *name)
{
	const struct json *list = json_get(message, str_of(name));

	return json_is(list, JSON_ARRAY) ? list->n : 0;
}

static int64_t number_of(const struct json *message, const char *name)
{
	const struct json *j = json_get(message, str_of(name));

	return json_is(j, JSON_INT) ? j->i : 0;
}

/* A list of user ids in `message`; `field` as in "UserApproval.UserIds". */
static bool check_users(struct policy_check *c, const struct json *message, const char *name, const char *field)
{
	const struct json *list = json_get(message, str_of(name));

	for (uint32_t i = 0; i < length_of(message, name); i++)
		if (!policy_check_id(c, DOC_USER, json_str(&list->items[i]), field))
			return false;
	return true;
}

/* ---- who approves -------------------------------------------------------------------------------------- */

static bool check_fallback(struct policy_check *c, const struct json *arm)
{
	const struct json *groups = json_get(arm, STR("fallbackGroupIds"));

	for (uint32_t i = 0; i < length_of(arm, "fallbackGroupIds"); i++)
		if (str_is_empty(json_get_str(&groups->items[i], STR("appId"))) ||
		    str_is_empty(json_get_str(&groups->items[i], STR("appEntitlementId"))))
			return policy_refuse(c, "a fallback group needs appId and appEntitlementId");
	if (!check_users(c, arm, "fallbackUserIds", "FallbackUserIds"))
		return false;
	if (!is_set(arm, "fallback"))
		return true;
	if (is_set(arm, "isGroupFallbackEnabled") && length_of(arm, "fallbackGroupIds") == 0)
		return policy_refuse(c, "fallback is enabled for groups, but fallbackGroupIds is empty");
	if (!is_set(arm, "isGroupFallbackEnabled") && length_of(arm, "fallbackUserIds") == 0)
		return policy_refuse(c, "fallback is enabled, but fallbackUserIds is empty");
	return true;
}

static bool check_unassigned(struct policy_check *c, const struct json *arm, const char *kind)
{
	if (length_of(arm, "assignedUserIds") == 0)
		return true;
	return policy_refuse(c, "%s steps assigned user IDs is set by the task workflow, not defined on the input",
	                     kind);
}

static bool check_manager(struct policy_check *c, const struct json *arm)
{
	return check_unassigned(c, arm, "manager") && check_fallback(c, arm);
}

static bool check_self(struct policy_check *c, const struct json *arm)
{
	return check_unassigned(c, arm, "self") && check_fallback(c, arm);
}

static bool check_named_users(struct policy_check *c, const struct json *arm)
{
	return check_users(c, arm, "userIds", "UserApproval.UserIds");
}

static bool check_group(struct policy_check *c, const struct json *arm)
{
	if (str_is_empty(json_get_str(arm, STR("appId"))) || str_is_empty(json_get_str(arm, STR("appGroupId"))))
		return policy_refuse(c, "group approval needs appId and appGroupId");
	return check_fallback(c, arm);
}

static bool check_expression(struct policy_check *c, const struct json *arm)
{
	const struct json *list = json_get(arm, STR("expressions"));

	if (length_of(arm, "expressions") == 0)
		return policy_refuse(c,
		                     "invalid ExpressionApproval.Expressions: value must contain at least 1 item(s)");
	for (uint32_t i = 0; i < list->n; i++)
		if (!policy_check_expression(c, CONDITION_APPROVERS, json_str(&list->items[i])))
			return false;
	return check_unassigned(c, arm, "expression") && check_fallback(c, arm);
}

static bool check_webhook(struct policy_check *c, const struct json *arm)
{
	if (str_is_empty(json_get_str(arm, STR("webhookId"))))
		return policy_refuse(c, "invalid WebhookApproval.WebhookId: value is required");
	return true;
}

static bool check_owners(struct policy_check *c UNUSED, const struct json *arm UNUSED)
{
	return true;
}

static bool check_agent_mode(struct policy_check *c, const struct json *arm)
{
	struct str mode = json_get_str(arm, STR("agentMode"));
	const struct json *ids = json_get(arm, STR("policyIds"));

	if (str_is_empty(mode))
		return policy_refuse(c, "agent mode is required");
	if (c->policy->type == REQUEST_CERTIFY && !str_eq(mode, STR("APPROVAL_AGENT_MODE_COMMENT_ONLY")))
		return policy_refuse(c, "agent mode must be comment only in certify policies");
	if (str_eq(mode, STR("APPROVAL_AGENT_MODE_CHANGE_POLICY_ONLY")) && length_of(arm, "policyIds") == 0)
		return policy_refuse(c, "policy ids are required when the agent mode is change policy only");
	for (uint32_t i = 0; i < length_of(arm, "policyIds"); i++) {
		struct str id = json_str(&ids->items[i]);

		if (!str_is_empty(c->policy->doc.id) && str_eq(id, c->policy->doc.id))
			return policy_refuse(c, "agent policy ids must not contain the policy itself");
		if (!policy_check_id(c, DOC_APPROVAL_POLICY, id, "AgentApproval.PolicyIds"))
			return false;
	}
	return true;
}

static bool check_agent(struct policy_check *c, const struct json *arm)
{
	struct str failure = json_get_str(arm, STR("agentFailureAction"));

	if (c->policy->type != REQUEST_GRANT && c->policy->type != REQUEST_CERTIFY)
		return policy_refuse(c, "agent approval steps are only allowed in grant and certify policies");
	if (!str_is_empty(json_get_str(arm, STR("agentUserId"))))
		return policy_refuse(c, "agent user id is deprecated and must not be set");
	if (!check_agent_mode(c, arm))
		return false;
	if (str_is_empty(failure))
		return policy_refuse(c, "agent failure action is required");
	if (str_eq(failure, STR("APPROVAL_AGENT_FAILURE_ACTION_REASSIGN_TO_USERS")) &&
	    length_of(arm, "reassignToUserIds") == 0)
		return policy_refuse(c, "reassign to user ids are required when the agent failure action is "
		                        "reassign to users");
	return check_users(c, arm, "reassignToUserIds", "AgentApproval.ReassignToUserIds");
}

static const struct {
	struct str name;
	bool (*check)(struct policy_check *c, const struct json *arm);
} approvers[] = {
    {STR_INIT("users"), check_named_users},
    {STR_INIT("manager"), check_manager},
    {STR_INIT("appOwners"), check_owners},
    {STR_INIT("group"), check_group},
    {STR_INIT("self"), check_self},
    {STR_INIT("entitlementOwners"), check_fallback},
    {STR_INIT("expression"), check_expression},
    {STR_INIT("webhook"), check_webhook},
    {STR_INIT("resourceOwners"), check_fallback},
    {STR_INIT("agent"), check_agent},
};

static bool check_approvers(struct policy_check *c, const struct json *approval)
{
	for (size_t i = 0; i < N_ELEMENTS(approvers); i++) {
		const struct json *arm = json_get(approval, approvers[i].name);

		if (arm)
			return approvers[i].check(c, arm);
	}
	return policy_refuse(c, "invalid Approval.Typ: value is required");
}

/* ---- escalation ---------------------------------------------------------------------------------------- */

static bool check_escalation_target(struct policy_check *c, const struct json *e)
{
	const struct json *replace = json_get(e, STR("replacePolicy"));
	const struct json *reassign = json_get(e, STR("reassignToApprovers"));

	if (replace)
		return policy_check_id(c, DOC_APPROVAL_POLICY, json_get_str(replace, STR("policyId")),
		                       "Escalation_ReplacePolicy.PolicyId");
	if (reassign && length_of(reassign, "approverIds") == 0)
		return policy_refuse(
		    c, "invalid Escalation_ReassignToApprovers.ApproverIds: value must contain at least 1 item(s)");
	if (reassign)
		return check_users(c, reassign, "approverIds", "Escalation_ReassignToApprovers.ApproverIds");
	if (!json_get(e, STR("cancelTicket")) && !json_get(e, STR("skipStep")))
		return policy_refuse(c, "invalid Escalation.EscalationPolicy: value is required");
	return true;
}

/* One that is not enabled is not kept, so that nothing need be said about it. */
static bool check_escalation(struct policy_check *c, const struct json *approval)
{
	const struct json *e = json_get(approval, STR("escalation"));

	if (!is_set(approval, "escalationEnabled"))
		return true;
	if (!e)
		return policy_refuse(c, "escalation is enabled, but there is none");
	if (number_of(e, "expiration") <= 0)
		return policy_refuse(c, "invalid Escalation.Expiration: value must be greater than 0");
	if (number_of(e, "expiration") > INT64_MAX / 1000 / 1000)
		return policy_refuse(c, "invalid Escalation.Expiration: value is too large");
	return check_escalation_target(c, e);
}

/* ---- steps --------------------------------------------------------------------------------------------- */

static bool check_approval(struct policy_check *c, const struct json *approval)
{
	if (is_set(approval, "assigned"))
		return policy_refuse(c, "assigned is a read-only field and must be false by default");
	return check_approvers(c, approval) && check_escalation(c, approval) &&
	       check_users(c, approval, "allowedReassignees", "Approval.AllowedReassignees");
}

static bool check_until_time(struct policy_check *c, const struct json *until)
{
	int64_t hours = number_of(until, "hours"), minutes = number_of(until, "minutes");
	struct str zone = json_get_str(until, STR("timezone"));
	int32_t seconds;

	if (hours < 0 || hours > MAX_WAIT_HOURS)
		return policy_refuse(c, "invalid WaitUntilTime.Hours: value must be inside range [0, %d]",
		                     MAX_WAIT_HOURS);
	if (minutes < 0 || minutes > MAX_WAIT_MINUTES)
		return policy_refuse(c, "invalid WaitUntilTime.Minutes: value must be inside range [0, %d]",
		                     MAX_WAIT_MINUTES);
	if (!str_is_empty(zone) && !zone_offset_of(zone, 0, &seconds))
		return policy_refuse(c, "invalid WaitUntilTime.Timezone: unknown time zone " STR_FMT, STR_ARG(zone));
	return true;
}

/* Durations are texts of the canonical form: a negative one begins with a minus. */
static bool is_negative(struct str duration)
{
	return str_starts_with(duration, STR("-"));
}

static bool check_wait(struct policy_check *c, const struct json *wait)
{
	const struct json *condition = json_get(wait, STR("condition"));
	const struct json *duration = json_get(wait, STR("duration"));
	const struct json *until = json_get(wait, STR("untilTime"));
	struct str length = json_get_str(duration, STR("duration"));

	if (is_negative(json_get_str(wait, STR("timeoutDuration"))))
		return policy_refuse(c, "invalid Wait.TimeoutDuration: value must be greater than 0s");
	if (condition)
		return policy_check_expression(c, CONDITION_MATCH, json_get_str(condition, STR("condition")));
	if (duration && (str_is_empty(length) || str_eq(length, STR("0s")) || is_negative(length)))
		return policy_refuse(c, "invalid WaitDuration.Duration: value must be greater than 0s");
	if (until)
		return check_until_time(c, until);
	return duration || policy_refuse(c, "invalid Wait.Until: value is required");
}

static bool check_step(struct policy_check *c, const struct json *step)
{
	const struct json *approval = json_get(step, STR("approval")), *wait = json_get(step, STR("wait"));
	const struct json *form = json_get(step, STR("form"));

	if (json_get(step, STR("provision")))
		return policy_refuse(c, "provision steps are not allowed in policies");
	if (json_get(step, STR("action")))
		return policy_refuse(c, "unsupported workflow step type");
	if (approval)
		return check_approval(c, approval);
	if (wait)
		return check_wait(c, wait);
	if (form)
		return json_get(form, STR("form")) || policy_refuse(c, "invalid Form.Form: value is required");
	return json_get(step, STR("accept")) || json_get(step, STR("reject")) || policy_refuse(c, "policy step is nil");
}

bool policy_check_steps(struct policy_check *c)
{
	const struct json *sequences = c->policy->steps;

	for (uint32_t i = 0; sequences && i < sequences->n; i++) {
		const struct json *steps = json_get(&sequences->members[i].value, STR("steps"));

		if (str_is_empty(sequences->members[i].name))
			return policy_refuse(c, "invalid Policy.PolicySteps: a key is empty");
		if (!steps || steps->n == 0)
			return policy_refuse(c, "invalid PolicySteps.Steps: value must contain at least 1 item(s)");
		for (uint32_t k = 0; k < steps->n; k++)
			if (!check_step(c, &steps->items[k]))
				return false;
	}
	return true;
}

/* ---- what is kept -------------------------------------------------------------------------------------- */

/* {"<name>":<value>} */
static struct json object_of(struct arena *a, const char *name, struct json value)
{
	struct json_object o = {.arena = a};

	json_object_put(&o, name, value);
	return *json_object_end(&o);
}

static struct json without_escalation(const struct json *approval, struct arena *a)
{
	struct json_member *members = ARENA_ARRAY(a, struct json_member, approval->n);
	uint32_t n = 0;

	for (uint32_t i = 0; i < approval->n; i++)
		if (!str_eq(approval->members[i].name, STR("escalation")))
			members[n++] = approval->members[i];
	return (struct json){.type = JSON_OBJECT, .n = n, .members = members};
}

static struct json kept_sequence(const struct json *sequence, struct arena *a)
{
	const struct json *steps = json_get(sequence, STR("steps"));
	uint32_t n = steps ? steps->n : 0;
	struct json *items = ARENA_ARRAY(a, struct json, n);

	for (uint32_t i = 0; i < n; i++) {
		const struct json *approval = json_get(&steps->items[i], STR("approval"));

		items[i] = steps->items[i];
		if (json_get(approval, STR("escalation")) && !is_set(approval, "escalationEnabled"))
			items[i] = object_of(a, "approval", without_escalation(approval, a));
	}
	return object_of(a, "steps", (struct json){.type = JSON_ARRAY, .n = n, .items = items});
}

const struct json *policy_kept_steps(const struct json *steps, struct arena *a)
{
	struct json_object o = {.arena = a};

	if (!steps)
		return NULL;
	for (uint32_t i = 0; i < steps->n; i++) {
		ARENA_ROOM(a, o.members, o.n, &o.cap);
		o.members[o.n++] =
		    (struct json_member){steps->members[i].name, kept_sequence(&steps->members[i].value, a)};
	}
	return json_object_end(&o);
}
