/* SPDX-License-Identifier: Apache-2.0
 *
 * What a search for tasks asks for, and where what it finds can be looked for.
 */
#include "api/conductorone/task_filter.h"

#include "api/conductorone/directory.h"
#include "base/clock.h"
#include "base/fold.h"

static int64_t time_of(const struct json *message, const char *name)
{
	int64_t ms;

	return time_parse_rfc3339(c1_str(message, name), &ms) ? ms : 0;
}

/* [{"grant":{}}]: which types. Those that there are none of find nothing. */
static unsigned types_of(const struct json *message)
{
	static const struct {
		const char *name;
		enum request_type type;
	} names[] = {{"grant", REQUEST_GRANT},
	             {"revoke", REQUEST_REVOKE},
	             {"certify", REQUEST_CERTIFY},
	             {"offboarding", REQUEST_OFFBOARDING},
	             {"action", REQUEST_ACTION}};
	const struct json *list = json_get(message, STR("taskTypes"));
	unsigned types = 0;

	for (uint32_t i = 0; json_is(list, JSON_ARRAY) && i < list->n; i++) {
		unsigned type = 1u << REQUEST_NONE;

		for (size_t k = 0; k < N_ELEMENTS(names); k++)
			if (json_get(&list->items[i], str_of(names[k].name)))
				type = 1u << names[k].type;
		types |= type;
	}
	return types;
}

struct str_list task_refs_of(struct api_call *call, const struct json *message)
{
	const struct json *refs = json_get(message, STR("refs"));
	uint32_t n = json_is(refs, JSON_ARRAY) ? refs->n : 0;
	struct str *ids = ARENA_ARRAY(call->arena, struct str, n);

	for (uint32_t i = 0; i < n; i++)
		ids[i] = c1_str(&refs->items[i], "id");
	return (struct str_list){ids, n};
}

static struct str_list outcomes_of(struct api_call *call, const struct json *message)
{
	static const char *const members[] = {"grantOutcomes", "revokeOutcomes", "certifyOutcomes"};
	struct str_list lists[N_ELEMENTS(members)];
	size_t n = 0;
	struct str *all;

	for (size_t i = 0; i < N_ELEMENTS(members); i++) {
		lists[i] = c1_strs(call, message, members[i]);
		n += lists[i].n;
	}
	all = ARENA_ARRAY(call->arena, struct str, n);
	n = 0;
	for (size_t i = 0; i < N_ELEMENTS(members); i++)
		for (size_t k = 0; k < lists[i].n; k++)
			all[n++] = lists[i].items[k];
	return (struct str_list){all, n};
}

/* Made so long ago at least. */
static void read_age(struct task_filter *f, const struct json *m, int64_t now_ms)
{
	struct str text = c1_str(m, "olderThanDuration");
	int64_t age, before;

	if (str_is_empty(text))
		return;
	/* The message's own check has read it once. */
	if (!proto_duration_parse(text, &age) || __builtin_sub_overflow(now_ms, age, &before) || before <= 0)
		f->finds_none = true;
	else if (f->made_before_ms == 0 || before < f->made_before_ms)
		f->made_before_ms = before;
}

/* Resources there are none of, nor decisions in a review that are still to be handed in. */
static bool asks_for_what_is_not(const struct json *m, struct str_list reviews)
{
	return json_get(m, STR("appResourceIds")) != NULL ||
	       (reviews.n == 1 && str_eq(c1_str(m, "pendingActionFilter"), STR("PENDING_ACTION_FILTER_WITH_PENDING")));
}

struct task_filter task_filter_of(struct api_call *call, const struct json *m)
{
	struct task_filter f = {
	    .snapshot = call->snapshot,
	    .states = c1_strs(call, m, "taskStates"),
	    .users = c1_strs(call, m, "subjectIds"),
	    .accounts = c1_strs(call, m, "appUserSubjectIds"),
	    .apps = c1_strs(call, m, "applicationIds"),
	    .entitlements = c1_strs(call, m, "appEntitlementIds"),
	    .openers = c1_strs(call, m, "openerIds"),
	    .assignees = c1_strs(call, m, "assigneesInIds"),
	    .workers = c1_strs(call, m, "myWorkUserIds"),
	    .deciders = c1_strs(call, m, "previouslyActedOnIds"),
	    .reviews = c1_strs(call, m, "accessReviewIds"),
	    .without = c1_strs(call, m, "excludeIds"),
	    .without_apps = c1_strs(call, m, "excludeApplicationIds"),
	    .without_entitlements = c1_strs(call, m, "excludeAppEntitlementIds"),
	    .refs = task_refs_of(call, m),
	    .has_refs = json_get(m, STR("refs")) != NULL,
	    .outcomes = outcomes_of(call, m),
	    .opener_or_subject = c1_str(m, "openerOrSubjectUserId"),
	    .assigned_or_decided = c1_str(m, "assignedOrStepApproverUserId"),
	    .query = fold_str(call->arena, c1_str(m, "query")),
	    .step = c1_str(m, "currentStep"),
	    .emergency = c1_str(m, "emergencyStatus"),
	    .made_after_ms = time_of(m, "createdAfter"),
	    .made_before_ms = time_of(m, "createdBefore"),
	    .decided_after_ms = time_of(m, "outcomeAfter"),
	    .decided_before_ms = time_of(m, "outcomeBefore"),
	    .types = types_of(m),
	    .account_owners = c1_strs(call, m, "accountOwnerIds"),
	    .account_statuses = c1_strs(call, m, "accountStatuses"),
	    .account_types = c1_strs(call, m, "accountTypes"),
	    .resource_types = c1_strs(call, m, "appResourceTypeIds"),
	    .without_resource_types = c1_strs(call, m, "excludeAppResourceTypeIds"),
	    .employment = c1_strs(call, m, "userEmploymentStatuses"),
	    .approvals = c1_strs(call, m, "stepApprovalTypes"),
	    .actor = c1_str(m, "actorId"),
	    .needs_approval_reason = c1_bool(m, "requireApprovalReason"),
	    .needs_denial_reason = c1_bool(m, "requireDenialReason"),
	};

	f.finds_none = asks_for_what_is_not(m, f.reviews);
	read_age(&f, m, call->now_ms);
	return f;
}

/* ---- does one match? ------------------------------------------------------------------------------------------------
 */

static bool is_wanted(struct str_list wanted, struct str one)
{
	return wanted.n == 0 || str_list_has(wanted, one);
}

static bool are_wanted(struct str_list wanted, struct str_list some)
{
	for (size_t i = 0; i < some.n; i++)
		if (str_list_has(wanted, some.items[i]))
			return true;
	return wanted.n == 0;
}

static bool is_between(int64_t ms, int64_t after, int64_t before)
{
	return (after == 0 || ms > after) && (before == 0 || (ms != 0 && ms < before));
}

static struct str_list assignees_of(const struct access_request *r)
{
	const struct request_step *current = workflow_current(r);

	return current ? current->approvers : (struct str_list){0};
}

static bool matches_people(const struct task_filter *f, const struct access_request *r)
{
	struct str_list assignees = assignees_of(r);

	if (!is_wanted(f->users, r->user) || !is_wanted(f->openers, r->created_by) ||
	    !are_wanted(f->assignees, assignees) || !are_wanted(f->workers, assignees) ||
	    !are_wanted(f->deciders, r->decided_by))
		return false;
	if (!str_is_empty(f->actor) && !str_eq(r->created_by, f->actor) && !str_list_has(r->decided_by, f->actor))
		return false;
	if (!str_is_empty(f->opener_or_subject) && !str_eq(r->created_by, f->opener_or_subject) &&
	    !str_eq(r->user, f->opener_or_subject))
		return false;
	return str_is_empty(f->assigned_or_decided) || str_list_has(assignees, f->assigned_or_decided) ||
	       (r->state == REQUEST_CLOSED && str_list_has(r->decided_by, f->assigned_or_decided));
}

static bool matches_state(const struct task_filter *f, const struct access_request *r)
{
	const struct request_step *current = workflow_current(r);
	struct str state = r->state == REQUEST_OPEN ? STR("TASK_STATE_OPEN") : STR("TASK_STATE_CLOSED");

	if (!is_wanted(f->states, state) || (f->types && !(f->types & 1u << r->type)) ||
	    !is_wanted(f->outcomes, workflow_outcome_name(r->type, r->outcome)))
		return false;
	if (str_eq(f->emergency, STR("EMERGENCY")) && !r->is_emergency)
		return false;
	if (str_eq(f->emergency, STR("NON_EMERGENCY")) && r->is_emergency)
		return false;
	if (str_eq(f->step, STR("TASK_SEARCH_CURRENT_STEP_APPROVAL")))
		return current && current->kind == STEP_APPROVAL;
	if (str_eq(f->step, STR("TASK_SEARCH_CURRENT_STEP_PROVISION")))
		return current && current->kind == STEP_PROVISION;
	return true;
}

static bool matches_target(const struct task_filter *f, const struct access_request *r)
{
	return is_wanted(f->accounts, r->account_id) && is_wanted(f->apps, r->app) &&
	       is_wanted(f->entitlements, r->entitlement_id) && is_wanted(f->reviews, r->review) &&
	       !str_list_has(f->without, r->doc.id) && !str_list_has(f->without_apps, r->app) &&
	       !str_list_has(f->without_entitlements, r->entitlement_id);
}

/* Whose account the request is about; that of an action or an offboarding is nobody's. */
static struct str account_owner_of(const struct access_request *r)
{
	return r->type == REQUEST_OFFBOARDING || r->type == REQUEST_ACTION ? STR_NONE : r->user;
}

/* Is the word, put behind the prefix, one of those wanted? Of nothing: only when none is. */
static bool is_word_wanted(struct arena *a, struct str_list wanted, const char *prefix, struct str word)
{
	return wanted.n == 0 || (!str_is_empty(word) && str_list_has(wanted, arena_concat(a, str_of(prefix), word)));
}

static bool matches_account(const struct task_filter *f, const struct access_request *r, struct arena *a)
{
	const struct app_user *account = NULL;

	if (f->account_owners.n && !str_list_has(f->account_owners, account_owner_of(r)))
		return false;
	if (f->account_statuses.n || f->account_types.n)
		account = app_user_find(f->snapshot, r->app, r->account_id, a);
	return is_word_wanted(a, f->account_statuses, "STATUS_", account ? account->status : STR_NONE) &&
	       is_word_wanted(a, f->account_types, "APP_USER_TYPE_", account ? account->type : STR_NONE);
}

static bool matches_resource_type(const struct task_filter *f, const struct access_request *r, struct arena *a)
{
	const struct app_entitlement *e;
	struct str type;

	if (f->resource_types.n == 0 && f->without_resource_types.n == 0)
		return true;
	e = app_entitlement_find(f->snapshot, r->app, r->entitlement_id, a);
	type = e && !str_is_empty(e->resource_type) ? e->resource_type : STR_NONE;
	if (str_is_absent(type))
		return f->resource_types.n == 0;
	return is_wanted(f->resource_types, type) && !str_list_has(f->without_resource_types, type);
}

static bool matches_employment(const struct task_filter *f, const struct access_request *r)
{
	const struct user *user;

	if (f->employment.n == 0)
		return true;
	user = str_is_empty(r->user) ? NULL : FIND(f->snapshot, user, USER, r->user);
	return user && str_list_has(f->employment, c1_user_attribute(user, "employment_status", "employmentStatus"));
}

/* "STEP_APPROVAL_TYPE_MANAGER" of {"manager":{}}. */
static struct str approval_type_of(const struct json *approval)
{
	static const struct {
		const char *member;
		struct str type;
	} types[] = {
	    {"users", STR_INIT("STEP_APPROVAL_TYPE_USERS")},
	    {"manager", STR_INIT("STEP_APPROVAL_TYPE_MANAGER")},
	    {"appOwners", STR_INIT("STEP_APPROVAL_TYPE_APP_OWNERS")},
	    {"group", STR_INIT("STEP_APPROVAL_TYPE_GROUP")},
	    {"self", STR_INIT("STEP_APPROVAL_TYPE_SELF")},
	    {"entitlementOwners", STR_INIT("STEP_APPROVAL_TYPE_ENTITLEMENT_OWNERS")},
	    {"expression", STR_INIT("STEP_APPROVAL_TYPE_EXPRESSION")},
	    {"webhook", STR_INIT("STEP_APPROVAL_TYPE_WEBHOOK")},
	    {"resourceOwners", STR_INIT("STEP_APPROVAL_TYPE_RESOURCE_OWNERS")},
	    {"agent", STR_INIT("STEP_APPROVAL_TYPE_AGENT")},
	};

	for (size_t i = 0; i < N_ELEMENTS(types); i++)
		if (json_get(approval, str_of(types[i].member)))
			return types[i].type;
	return STR_NONE;
}

static bool matches_approval(const struct task_filter *f, const struct access_request *r)
{
	const struct request_step *current = workflow_current(r);
	const struct json *approval =
	    current && current->kind == STEP_APPROVAL ? json_get(current->definition, STR("approval")) : NULL;

	return (f->approvals.n == 0 || str_list_has(f->approvals, approval_type_of(approval))) &&
	       (!f->needs_approval_reason || c1_bool(approval, "requireApprovalReason")) &&
	       (!f->needs_denial_reason || c1_bool(approval, "requireDenialReason"));
}

static bool matches_query(struct arena *a, const struct task_filter *f, const struct access_request *r)
{
	struct str text;

	if (str_is_empty(f->query))
		return true;
	text = fold_str(a, arena_strf(a, STR_FMT " %lld " STR_FMT, STR_ARG(r->doc.id), (long long)r->number,
	                              STR_ARG(r->description)));
	return memmem(text.ptr, text.len, f->query.ptr, f->query.len) != NULL;
}

bool task_matches(const struct task_filter *f, const struct access_request *r, struct arena *a)
{
	if (f->finds_none || (f->has_refs && !str_list_has(f->refs, r->doc.id)))
		return false;
	return matches_people(f, r) && matches_state(f, r) && matches_target(f, r) && matches_approval(f, r) &&
	       is_between(r->doc.created_at_ms, f->made_after_ms, f->made_before_ms) &&
	       is_between(r->outcome_at_ms, f->decided_after_ms, f->decided_before_ms) && matches_account(f, r, a) &&
	       matches_resource_type(f, r, a) && matches_employment(f, r) && matches_query(a, f, r);
}

/* ---- where to look -------------------------------------------------------------------------------------------------
 */

/* The links of which every task that matches has one, for one of the things that are asked for. */
struct way {
	struct str_list links;
	uint64_t n; /* tasks that have them */
	bool is_there;
};

/* The new way, if it leads past fewer tasks. */
static void consider(struct way *best, const struct snapshot *s, struct str_list links)
{
	struct way way = {.links = links, .is_there = true};

	if (links.n == 0)
		return;
	for (size_t i = 0; i < links.n; i++)
		way.n += snapshot_count_linked(s, DOC_ACCESS_REQUEST, links.items[i]);
	if (!best->is_there || way.n < best->n)
		*best = way;
}

/* None when some are about nobody or nothing: there are no links of those. */
static struct str_list links_of(struct arena *a, struct str relation, struct str_list ids)
{
	struct str *links = ARENA_ARRAY(a, struct str, ids.n);

	for (size_t i = 0; i < ids.n; i++) {
		if (str_is_empty(ids.items[i]))
			return (struct str_list){0};
		links[i] = arena_concat(a, relation, ids.items[i]);
	}
	return (struct str_list){links, ids.n};
}

/* Those who are either; of nobody there are none. */
static struct str_list links_of_either(struct arena *a, struct str one, struct str other, struct str id)
{
	struct str *links = ARENA_ARRAY(a, struct str, 2);

	links[0] = arena_concat(a, one, id);
	links[1] = arena_concat(a, other, id);
	return (struct str_list){links, str_is_empty(id) ? 0 : 2};
}

static struct way best_way(const struct task_filter *f, struct arena *a)
{
	static const struct str open_ones = STR_INIT(OPEN_REQUESTS_LINK);
	const struct {
		struct str relation;
		struct str_list ids;
	} relations[] = {
	    {STR("user:"), f->users},       {STR("account:"), f->accounts},
	    {STR("app:"), f->apps},         {STR("entitlement:"), f->entitlements},
	    {STR("opener:"), f->openers},   {STR("approver:"), f->assignees},
	    {STR("approver:"), f->workers}, {STR("decider:"), f->deciders},
	    {STR("review:"), f->reviews},   {STR("user:"), f->account_owners},
	};
	const struct snapshot *s = f->snapshot;
	bool wants_open = f->states.n != 0;
	struct way best = {0};

	for (size_t i = 0; i < N_ELEMENTS(relations); i++)
		consider(&best, s, links_of(a, relations[i].relation, relations[i].ids));
	consider(&best, s, links_of_either(a, STR("opener:"), STR("user:"), f->opener_or_subject));
	consider(&best, s, links_of_either(a, STR("opener:"), STR("decider:"), f->actor));
	consider(&best, s, links_of_either(a, STR("approver:"), STR("decider:"), f->assigned_or_decided));
	for (size_t i = 0; i < f->states.n; i++)
		wants_open = wants_open && str_eq(f->states.items[i], STR("TASK_STATE_OPEN"));
	consider(&best, s, (struct str_list){&open_ones, wants_open});
	return best;
}

/* In order, and each once. */
static void tidy(struct task_candidates *c)
{
	size_t kept = 0;

	snapshot_sort(c->docs, c->n);
	for (size_t i = 0; i < c->n; i++)
		if (kept == 0 || c->docs[kept - 1] != c->docs[i])
			c->docs[kept++] = c->docs[i];
	c->n = kept;
}

static void add_linked(struct task_candidates *c, const struct snapshot *s, const struct way *way, struct arena *a)
{
	c->docs = ARENA_ARRAY(a, const struct document *, way->n);
	for (size_t i = 0; i < way->links.n; i++) {
		const struct document *const *docs;
		size_t n = snapshot_linked(s, DOC_ACCESS_REQUEST, way->links.items[i], a, &docs);

		for (size_t k = 0; k < n; k++)
			c->docs[c->n++] = docs[k];
	}
}

static void add_named(struct task_candidates *c, const struct snapshot *s, struct str_list ids, struct arena *a)
{
	c->docs = ARENA_ARRAY(a, const struct document *, ids.n);
	for (size_t i = 0; i < ids.n; i++) {
		const struct document *doc = snapshot_find(s, DOC_ACCESS_REQUEST, ids.items[i]);

		if (doc)
			c->docs[c->n++] = doc;
	}
}

/* Where so many out of that many tasks are candidates, a page is full soon. */
#define WALK_RATHER 4u

bool task_candidates_of(const struct task_filter *f, struct arena *a, struct task_candidates *ret)
{
	const struct snapshot *s = f->snapshot;
	struct way way = {0};

	*ret = (struct task_candidates){0};
	if (f->finds_none)
		return true;
	if (f->has_refs) {
		add_named(ret, s, f->refs, a);
	} else {
		way = best_way(f, a);
		if (!way.is_there || way.n > s->n_docs[DOC_ACCESS_REQUEST] / WALK_RATHER)
			return false;
		add_linked(ret, s, &way, a);
	}
	if (f->has_refs || way.links.n > 1)
		tidy(ret);
	return true;
}
