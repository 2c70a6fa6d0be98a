/* SPDX-License-Identifier: Apache-2.0
 *
 * Which steps decide a request: the rules of its policy from the top, the first that is true; a rule or a baseline may
 * refer to another policy, whose rules are then looked at.
 */
#include "workflow/internal.h"

/* What a request gets for which no policy is set, or whose policy is gone: the owners of the app decide. */
static const struct json_member owners_arm[] = {
    {STR_INIT("appOwners"), {.type = JSON_OBJECT, .n = 0}},
};
static const struct json_member owners_step[] = {
    {STR_INIT("approval"), {.type = JSON_OBJECT, .n = 1, .members = owners_arm}},
};
static const struct json owners_steps[] = {{.type = JSON_OBJECT, .n = 1, .members = owners_step}};
static const struct json owners_queue = {.type = JSON_ARRAY, .n = 1, .items = owners_steps};
/* What a baseline without steps means. */
static const struct json_member reject_step[] = {
    {STR_INIT("reject"), {.type = JSON_OBJECT, .n = 0}},
};
static const struct json reject_steps[] = {{.type = JSON_OBJECT, .n = 1, .members = reject_step}};
static const struct json reject_queue = {.type = JSON_ARRAY, .n = 1, .items = reject_steps};

/* Where a policy sends a request: to steps, or on to another policy. */
struct way {
	struct str key;
	struct str policy;
};

static const char *const policy_types[] = {
    [REQUEST_NONE] = "POLICY_TYPE_UNSPECIFIED",
    [REQUEST_GRANT] = "POLICY_TYPE_GRANT",
    [REQUEST_REVOKE] = "POLICY_TYPE_REVOKE",
    [REQUEST_CERTIFY] = "POLICY_TYPE_CERTIFY",
};

/* The policy as it is now; what is in a snapshot stays only as long as that. */
static const struct json *message_of(struct arena *a, const struct approval_policy *p)
{
	return json_copy(
	    a, OBJECT(a, member_str("id", p->doc.id), member_str("displayName", p->display_name),
	              member_str("description", p->description),
	              member_str("policyType", str_of(policy_types[p->type])), member_tree("policySteps", p->steps),
	              member_tree("postActions", p->post_actions), member_time(a, "createdAt", p->doc.created_at_ms),
	              member_time(a, "updatedAt", p->doc.updated_at_ms), member_bool("systemBuiltin", p->is_builtin),
	              member_tree("rules", p->rules), member_str("baselinePolicyId", p->baseline_policy),
	              member_tree("annotations", p->annotations), member_tree("scope", p->scope)));
}

/* Is the rule the one? Either way what was found is recorded. */
static bool matches(struct flow *f, const struct approval_policy *p, const struct json *rule, const struct way *way,
                    unsigned depth)
{
	struct arena *a = f->w->arena;
	struct str condition = json_get_str(rule, STR("condition")), error = STR_NONE;
	enum workflow_check truth = f->w->host->condition(f->w->ctx, &f->r, condition, a, &error);
	const struct json *message =
	    OBJECT(a, member_str("condition", condition), member_str("policyKey", way->key),
	           member_bool("conditionMatched", truth == CHECK_TRUE), member_str("policyId", p->doc.id),
	           member_str("outcomePolicyId", way->policy), member_i64("chainDepth", depth),
	           member_str("error", truth == CHECK_ERROR ? error : STR_NONE));

	/* One that cannot be told is not true: the rules behind it and the baseline decide. */
	if (truth == CHECK_ERROR)
		flow_record_error(f, "conditionalPolicyExecutionResult", STR_NONE, message);
	else
		flow_record(f, "conditionalPolicyExecutionResult", STR_NONE, message);
	return truth == CHECK_TRUE;
}

static struct way choose(struct flow *f, const struct approval_policy *p, unsigned depth)
{
	struct arena *a = f->w->arena;
	struct way baseline = {.policy = p->baseline_policy};

	for (uint32_t i = 0; json_is(p->rules, JSON_ARRAY) && i < p->rules->n; i++) {
		const struct json *rule = &p->rules->items[i];
		struct way way = {json_get_str(rule, STR("stepKey")), json_get_str(rule, STR("policyId"))};

		if (str_is_empty(way.key))
			way.key = json_get_str(rule, STR("policyKey"));
		if (matches(f, p, rule, &way, depth))
			return way;
	}
	if (str_is_empty(baseline.policy))
		baseline.key = request_type_name(p->type);
	flow_record(f, "conditionalPolicyExecutionResult", STR_NONE,
	            OBJECT(a, member_bool("defaultCondition", true), member_str("policyKey", baseline.key),
	                   member_str("policyId", p->doc.id), member_str("outcomePolicyId", baseline.policy),
	                   member_i64("chainDepth", depth)));
	return baseline;
}

static const struct json *steps_of(const struct flow *f, const struct approval_policy *p, struct str key)
{
	const struct json *steps = json_get(json_get(p->steps, key), STR("steps"));

	return json_is(steps, JSON_ARRAY) && steps->n ? json_copy(f->w->arena, steps) : &reject_queue;
}

void flow_route(struct flow *f, struct str policy)
{
	const struct approval_policy *p = f->w->host->policy(f->w->ctx, policy);

	f->r.generation = f->w->host->new_id(f->w->ctx, f->w->arena);
	f->r.policy = p ? p->doc.id : STR_NONE;
	f->r.policy_message = p ? message_of(f->w->arena, p) : NULL;
	f->r.queue = &owners_queue;
	if (!p)
		return;
	/* A chain that is too long was refused when it was stored, unless it grew later. */
	f->r.queue = &reject_queue;
	for (unsigned depth = 0; p && depth <= WORKFLOW_MAX_CHAIN; depth++) {
		struct way way = choose(f, p, depth);

		if (str_is_empty(way.policy)) {
			f->r.queue = steps_of(f, p, way.key);
			return;
		}
		p = f->w->host->policy(f->w->ctx, way.policy);
	}
}
