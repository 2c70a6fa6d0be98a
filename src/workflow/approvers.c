/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may decide a step. Candidates come from what the step names; those who may not decide it are left out; when
 * nobody remains the fallback is asked, and at last the administrators.
 */
#include "workflow/internal.h"

enum arm {
	ARM_USERS,
	ARM_MANAGER,
	ARM_APP_OWNERS,
	ARM_GROUP,
	ARM_SELF,
	ARM_ENTITLEMENT_OWNERS,
	ARM_EXPRESSION,
	ARM_WEBHOOK,
	ARM_RESOURCE_OWNERS,
	ARM_AGENT,
	ARM_N
};

static const char *const arm_names[ARM_N] = {
    [ARM_USERS] = "users",           [ARM_MANAGER] = "manager", [ARM_APP_OWNERS] = "appOwners",
    [ARM_GROUP] = "group",           [ARM_SELF] = "self",       [ARM_ENTITLEMENT_OWNERS] = "entitlementOwners",
    [ARM_EXPRESSION] = "expression", [ARM_WEBHOOK] = "webhook", [ARM_RESOURCE_OWNERS] = "resourceOwners",
    [ARM_AGENT] = "agent",
};

/* Of a step that is being given its approvers. */
struct search {
	struct flow *f;
	const struct json *rules; /* the arm: allowSelfApproval, requireDistinctApprovers, fallback … */
	bool allows_self;
};

const struct json *approval_of(const struct request_step *step)
{
	return json_get(step->definition, STR("approval"));
}

bool approval_is_webhook(const struct json *approval)
{
	return json_is(json_get(approval, STR("webhook")), JSON_OBJECT);
}

bool approval_allows_self(const struct json *approval)
{
	size_t arm = ARM_N;
	const struct json *rules = tree_arm(approval, arm_names, ARM_N, &arm);

	/* Whose account it is decides in a step that is made for that. */
	return arm == ARM_SELF || tree_bool(rules, "allowSelfApproval");
}

struct str workflow_chosen_by(const struct request_step *step)
{
	size_t arm = ARM_N;

	(void)tree_arm(approval_of(step), arm_names, ARM_N, &arm);
	return arm < ARM_N ? str_of(arm_names[arm]) : STR_NONE;
}

static struct str_list ask(const struct flow *f, enum workflow_people which, struct str id)
{
	return f->w->host->people(f->w->ctx, which, id, f->w->arena);
}

static struct str entitlement_id(const struct flow *f, struct str app, struct str id)
{
	return arena_concat3(f->w->arena, app, STR("/"), id);
}

/* A group that is too large to review together is nobody. */
static struct str_list members(const struct flow *f, struct str app, struct str id)
{
	struct str_list list = ask(f, PEOPLE_MEMBERS, entitlement_id(f, app, id));

	return list.n > WORKFLOW_MAX_GROUP_MEMBERS ? (struct str_list){0} : list;
}

static bool has_approved(const struct flow *f, struct str user)
{
	for (size_t i = 0; i < f->r.n_steps; i++) {
		const struct request_step *s = &f->steps[i];

		if (s->outcome == OUTCOME_APPROVED && str_eq(s->outcome_by, user) &&
		    str_eq(s->generation, f->r.generation))
			return true;
	}
	return false;
}

static bool is_eligible(const struct search *s, struct str user)
{
	const struct flow *f = s->f;

	if (str_is_empty(user) || !f->w->host->has_user(f->w->ctx, user))
		return false;
	if (!s->allows_self && str_eq(user, f->r.user))
		return false;
	return !tree_bool(s->rules, "requireDistinctApprovers") || !has_approved(f, user);
}

static struct str_list eligible(const struct search *s, struct str_list from)
{
	struct strs kept = {.arena = s->f->w->arena};

	for (size_t i = 0; i < from.n; i++)
		if (is_eligible(s, from.items[i]) && !str_list_has(strs_list(&kept), from.items[i]))
			strs_add(&kept, from.items[i]);
	return strs_list(&kept);
}

/* ---- what a step names -------------------------------------------------------------------------------------- */

/* The first expression that yields somebody. False: one failed before any did. */
static bool evaluate(struct flow *f, const struct json *rules, struct str_list *ret)
{
	struct str_list texts = tree_strs(f->w->arena, json_get(rules, STR("expressions")));
	struct str error = STR_NONE;

	*ret = (struct str_list){0};
	for (size_t i = 0; i < texts.n && ret->n == 0; i++) {
		if (f->w->host->approvers(f->w->ctx, &f->r, texts.items[i], f->w->arena, ret, &error))
			continue;
		*ret = (struct str_list){0};
		flow_record_error(f, "expressionPolicyStepError", STR_NONE,
		                  OBJECT(f->w->arena, member_str("error", error)));
		return false;
	}
	return true;
}

/* There is no reviewing agent here: those it would turn to when it fails review. */
static struct str_list instead_of_agent(const struct flow *f, const struct json *rules)
{
	if (str_eq(json_get_str(rules, STR("agentFailureAction")),
	           STR("APPROVAL_AGENT_FAILURE_ACTION_REASSIGN_TO_USERS")))
		return tree_strs(f->w->arena, json_get(rules, STR("reassignToUserIds")));
	return (struct str_list){0};
}

/* False: an expression failed. */
static bool candidates(struct flow *f, enum arm arm, const struct json *rules, struct str_list *ret)
{
	const struct access_request *r = &f->r;
	struct str *user;

	*ret = (struct str_list){0};
	switch (arm) {
	case ARM_USERS:
		*ret = tree_strs(f->w->arena, json_get(rules, STR("userIds")));
		break;
	case ARM_MANAGER:
		*ret = ask(f, PEOPLE_MANAGERS, r->user);
		break;
	case ARM_APP_OWNERS:
		*ret = ask(f, PEOPLE_APP_OWNERS, r->app);
		break;
	case ARM_GROUP:
		*ret = members(f, json_get_str(rules, STR("appId")), json_get_str(rules, STR("appGroupId")));
		break;
	case ARM_SELF:
		user = ARENA_NEW(f->w->arena, struct str);
		*user = r->user;
		*ret = (struct str_list){user, 1};
		break;
	case ARM_ENTITLEMENT_OWNERS:
		*ret = ask(f, PEOPLE_ENTITLEMENT_OWNERS, entitlement_id(f, r->app, r->entitlement_id));
		break;
	case ARM_RESOURCE_OWNERS:
		*ret = ask(f, PEOPLE_RESOURCE_OWNERS, entitlement_id(f, r->app, r->entitlement_id));
		break;
	case ARM_EXPRESSION:
		return evaluate(f, rules, ret);
	case ARM_AGENT:
		*ret = instead_of_agent(f, rules);
		break;
	case ARM_WEBHOOK:
	case ARM_N:
		break;
	}
	return true;
}

/* ---- when nobody remains ------------------------------------------------------------------------------------ */

static struct str_list fallback(const struct search *s)
{
	const struct json *groups = json_get(s->rules, STR("fallbackGroupIds"));
	struct strs all = {.arena = s->f->w->arena};

	if (!tree_bool(s->rules, "fallback"))
		return (struct str_list){0};
	if (!tree_bool(s->rules, "isGroupFallbackEnabled"))
		return eligible(s, tree_strs(s->f->w->arena, json_get(s->rules, STR("fallbackUserIds"))));
	for (uint32_t i = 0; json_is(groups, JSON_ARRAY) && i < groups->n; i++) {
		struct str_list list = members(s->f, json_get_str(&groups->items[i], STR("appId")),
		                               json_get_str(&groups->items[i], STR("appEntitlementId")));

		for (size_t k = 0; k < list.n; k++)
			strs_add(&all, list.items[k]);
	}
	return eligible(s, strs_list(&all));
}

/* No new step is made for them, which prevents reassignment in circles. */
static struct str_list administrators(const struct search *s)
{
	struct flow *f = s->f;
	struct str_list list = {0};

	if (f->r.type == REQUEST_CERTIFY && !str_is_empty(f->r.review))
		list = eligible(s, ask(f, PEOPLE_REVIEW_OWNERS, f->r.review));
	if (list.n == 0)
		list = eligible(s, ask(f, PEOPLE_ADMINISTRATORS, STR_NONE));
	flow_record(f, "reassignmentFallbackToAdmin", STR_NONE,
	            OBJECT(f->w->arena, member_strs(f->w->arena, "adminUserIds", list)));
	return list;
}

/* ---- delegates ---------------------------------------------------------------------------------------------- */

static struct str_list delegated(const struct search *s, struct str_list from)
{
	struct flow *f = s->f;
	struct strs list = {.arena = f->w->arena};

	for (size_t i = 0; i < from.n; i++) {
		struct str user = from.items[i];
		struct str delegate = f->w->host->delegate(f->w->ctx, user, f->r.doc.created_at_ms);

		/* Nobody comes to decide about himself, or twice, by being somebody's delegate. */
		if (!str_is_empty(delegate) && is_eligible(s, delegate)) {
			flow_record(f, "reassignedToDelegate", STR_NONE,
			            OBJECT(f->w->arena, member_str("originalAssigneeUserId", user),
			                   member_str("delegatedAssigneeUserId", delegate)));
			user = delegate;
		}
		if (!str_list_has(strs_list(&list), user))
			strs_add(&list, user);
	}
	return strs_list(&list);
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

bool flow_find_approvers(struct flow *f, const struct json *approval, struct str_list *ret)
{
	size_t arm = ARM_N;
	struct search s = {.f = f, .rules = tree_arm(approval, arm_names, ARM_N, &arm)};
	struct str_list named, list;
	bool was_evaluated = candidates(f, (enum arm)arm, s.rules, &named);

	s.allows_self = approval_allows_self(approval);
	if (arm == ARM_WEBHOOK) {
		*ret = (struct str_list){0};
		return true;
	}
	if (arm == ARM_EXPRESSION && was_evaluated && named.n == 0 && !tree_bool(s.rules, "fallback"))
		return false;
	list = eligible(&s, named);
	if (list.n == 0)
		list = fallback(&s);
	if (list.n == 0)
		list = administrators(&s);
	*ret = tree_bool(approval, "allowDelegation") ? delegated(&s, list) : list;
	return true;
}

struct str_list flow_find_provisioners(struct flow *f, const struct json *manual)
{
	const struct json *assignee = json_get(manual, STR("assignee"));
	size_t arm = ARM_N;
	struct search s = {.f = f, .allows_self = true};
	struct str_list named, list;

	s.rules = tree_arm(assignee ? assignee : manual, arm_names, ARM_N, &arm);
	if (!candidates(f, (enum arm)arm, s.rules, &named))
		named = (struct str_list){0};
	list = eligible(&s, named);
	if (list.n == 0)
		list = eligible(&s, tree_strs(f->w->arena, json_get(manual, STR("userIds"))));
	if (list.n == 0)
		list = eligible(&s, tree_strs(f->w->arena, json_get(s.rules, STR("fallbackUserIds"))));
	if (list.n == 0)
		list = eligible(&s, ask(f, PEOPLE_APP_OWNERS, f->r.app));
	return list.n ? list : administrators(&s);
}
