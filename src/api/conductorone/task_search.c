/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks found by what they are, and the trail of one.
 */
#include "api/conductorone/task_view.h"
#include "base/clock.h"
#include "base/fold.h"

struct filter {
	struct str_list states, users, accounts, apps, entitlements, openers, assignees, workers, deciders, reviews;
	struct str_list without, without_apps, without_entitlements, refs, outcomes;
	struct str opener_or_subject, assigned_or_decided, query, step, emergency;
	int64_t made_after_ms, made_before_ms, decided_after_ms, decided_before_ms; /* 0: any */
	unsigned types;                                                             /* bit 1u << type; 0: any */
	bool has_refs;
};

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
	} names[] = {{"grant", REQUEST_GRANT}, {"revoke", REQUEST_REVOKE}, {"certify", REQUEST_CERTIFY}};
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

static struct str_list ids_of(struct api_call *call, const struct json *message)
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

static struct filter filter_of(struct api_call *call, const struct json *m)
{
	return (struct filter){
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
	    .refs = ids_of(call, m),
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
	};
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

static bool matches_people(const struct filter *f, const struct access_request *r)
{
	struct str_list assignees = assignees_of(r);

	if (!is_wanted(f->users, r->user) || !is_wanted(f->openers, r->created_by) ||
	    !are_wanted(f->assignees, assignees) || !are_wanted(f->workers, assignees) ||
	    !are_wanted(f->deciders, r->decided_by))
		return false;
	if (!str_is_empty(f->opener_or_subject) && !str_eq(r->created_by, f->opener_or_subject) &&
	    !str_eq(r->user, f->opener_or_subject))
		return false;
	return str_is_empty(f->assigned_or_decided) || str_list_has(assignees, f->assigned_or_decided) ||
	       (r->state == REQUEST_CLOSED && str_list_has(r->decided_by, f->assigned_or_decided));
}

static bool matches_state(const struct filter *f, const struct access_request *r)
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

static bool matches_target(const struct filter *f, const struct access_request *r)
{
	return is_wanted(f->accounts, r->account_id) && is_wanted(f->apps, r->app) &&
	       is_wanted(f->entitlements, r->entitlement_id) && is_wanted(f->reviews, r->review) &&
	       !str_list_has(f->without, r->doc.id) && !str_list_has(f->without_apps, r->app) &&
	       !str_list_has(f->without_entitlements, r->entitlement_id);
}

static bool matches_query(struct arena *a, const struct filter *f, const struct access_request *r)
{
	struct str text;

	if (str_is_empty(f->query))
		return true;
	text = fold_str(a, arena_strf(a, STR_FMT " %lld " STR_FMT, STR_ARG(r->doc.id), (long long)r->number,
	                              STR_ARG(r->description)));
	return memmem(text.ptr, text.len, f->query.ptr, f->query.len) != NULL;
}

static bool matches(struct arena *a, const struct filter *f, const struct access_request *r)
{
	if (f->has_refs && !str_list_has(f->refs, r->doc.id))
		return false;
	return matches_people(f, r) && matches_state(f, r) && matches_target(f, r) &&
	       is_between(r->doc.created_at_ms, f->made_after_ms, f->made_before_ms) &&
	       is_between(r->outcome_at_ms, f->decided_after_ms, f->decided_before_ms) && matches_query(a, f, r);
}

/* ---- lists ----------------------------------------------------------------------------------------------------------
 */

/* Documents in the order they were made. */
struct found {
	const struct document **docs;
	size_t n, cap;
};

/* The page behind page->after, forwards or backwards, as indices: from, and how many. */
struct span {
	size_t from, n;
	bool has_more;
};

static uint64_t seq_at(const struct found *all, size_t i, bool backwards)
{
	return all->docs[backwards ? all->n - 1 - i : i]->seq;
}

static struct span page_of(const struct found *all, const struct c1_page *page, bool backwards)
{
	struct span s = {0};

	while (s.from < all->n && page->after &&
	       (backwards ? seq_at(all, s.from, true) >= page->after : seq_at(all, s.from, false) <= page->after))
		s.from++;
	s.n = all->n - s.from;
	s.has_more = s.n > page->size;
	if (s.has_more)
		s.n = page->size;
	return s;
}

static void add(struct arena *a, struct found *all, const struct document *doc)
{
	ARENA_ROOM(a, all->docs, all->n, &all->cap);
	all->docs[all->n++] = doc;
}

/* {"list":[…],"expanded":[…],"nextPageToken":…} */
static void answer_tasks(struct api_call *call, const struct json *message, const struct found *all,
                         const struct c1_page *page)
{
	struct str order = c1_str(message, "sortBy");
	bool backwards = str_eq(order, STR("TASK_SEARCH_SORT_BY_REVERSE_TICKET_ID")) ||
	                 str_eq(order, STR("TASK_SEARCH_SORT_BY_REVERSE_CREATED_AT"));
	struct span span = page_of(all, page, backwards);
	struct c1_expansion expansion = c1_expansion_of(call, message);
	struct json_writer w = c1_begin_list(call);

	for (size_t i = span.from; i < span.from + span.n; i++) {
		const struct document *doc = all->docs[backwards ? all->n - 1 - i : i];

		proto_write(&w, &c1_TaskView, c1_task_view(call, as_access_request(doc), &expansion));
	}
	json_end_array(&w);
	json_key(&w, STR("expanded"));
	json_begin_array(&w);
	for (size_t i = 0; i < expansion.n; i++)
		json_add(&w, &expansion.items[i]);
	c1_end_list(call, &w, span.has_more ? seq_at(all, span.from + span.n - 1, backwards) : 0);
}

static void task_search(struct api_call *call)
{
	const struct json *message;
	const struct document *doc;
	struct found all = {0};
	struct filter filter;
	struct c1_page page;
	uint64_t at = 0;

	if (!c1_read(call, &c1_TaskSearchRequest, &message) || !c1_page_of(call, message, &page))
		return;
	filter = filter_of(call, message);
	while ((doc = snapshot_next(call->snapshot, DOC_ACCESS_REQUEST, &at)))
		if (matches(call->arena, &filter, as_access_request(doc)))
			add(call->arena, &all, doc);
	answer_tasks(call, message, &all, &page);
}

static void task_audits(struct api_call *call)
{
	const struct json *message;
	const struct document *const *docs;
	const struct access_request *r;
	struct found all = {0};
	struct c1_page page;
	struct json_writer w;
	struct str_list refs;
	struct span span;
	size_t n;

	if (!c1_read(call, &c1_TaskAuditListRequest, &message) || !c1_page_of(call, message, &page))
		return;
	r = requests_find(call->snapshot, c1_str(message, "taskId"), call->arena);
	if (!r) {
		c1_unknown(call, "task", "TaskAuditListRequest.TaskId", c1_str(message, "taskId"));
		return;
	}
	refs = ids_of(call, message);
	n = requests_events(call->snapshot, r->doc.id, call->arena, &docs);
	for (size_t i = 0; i < n; i++)
		if (is_wanted(refs, docs[i]->id) &&
		    (!c1_bool(message, "commentsOnly") || str_eq(as_request_event(docs[i])->kind, STR("comment"))))
			add(call->arena, &all, docs[i]);
	span = page_of(&all, &page, c1_bool(message, "newestFirst"));
	w = c1_begin_list(call);
	for (size_t i = span.from; i < span.from + span.n; i++)
		proto_write(&w, &c1_TaskAuditView,
		            c1_task_event(
		                call, as_request_event(all.docs[c1_bool(message, "newestFirst") ? all.n - 1 - i : i])));
	c1_end_list(call, &w,
	            span.has_more ? seq_at(&all, span.from + span.n - 1, c1_bool(message, "newestFirst")) : 0);
}

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_POST, C1_API "search/tasks", API_READ, API_OPTIONAL_JSON, "conductorone:tasks:list", "conductorone:tasks", task_search, NULL},
    {HTTP_POST, C1_API "task/audits", API_READ, API_JSON_BODY, "conductorone:tasks:list", "conductorone:tasks", task_audits, NULL},
};
/* clang-format on */

const struct api_route_table c1_task_search_routes = {routes, N_ELEMENTS(routes)};
