/* SPDX-License-Identifier: Apache-2.0
 *
 * Tasks found by what they are, and the trail of one.
 */
#include "api/conductorone/task_filter.h"
#include "api/conductorone/task_order.h"

/* Documents in the order they were made, or backwards. */
struct found {
	const struct document **docs;
	size_t n, cap;
};

static void add(struct arena *a, struct found *all, const struct document *doc)
{
	ARENA_ROOM(a, all->docs, all->n, &all->cap);
	all->docs[all->n++] = doc;
}

static bool is_behind(const struct c1_page *page, const struct document *doc, bool backwards)
{
	return page->after == 0 || (backwards ? doc->seq < page->after : doc->seq > page->after);
}

/* What the page shows, and the token of the next one; 0: it is the last. `found` has one more if there is a next. */
static uint64_t end_page(struct found *found, const struct c1_page *page)
{
	if (found->n <= page->size)
		return 0;
	found->n = page->size;
	return found->docs[found->n - 1]->seq;
}

/* A search under way: it is over once there is one more than the page holds. */
struct search {
	struct api_call *call;
	struct task_filter filter;
	struct c1_page page;
	enum task_order order;
	bool backwards;
	struct found found;
	struct task_page sorted; /* in other orders than that in which they were made */
};

static void try(struct search *s, const struct document *doc)
{
	const struct access_request *r = as_access_request(doc);
	struct task_place place;

	if (!task_matches(&s->filter, r, s->call->arena))
		return;
	if (s->order == TASK_ORDER_MADE) {
		add(s->call->arena, &s->found, doc);
		return;
	}
	place = task_place_of(s->order, s->call->snapshot, r, s->call->arena);
	task_page_add(&s->sorted, &place);
}

static bool is_over(const struct search *s)
{
	return s->found.n > s->page.size;
}

static bool may_be_on_page(const struct search *s, const struct document *doc)
{
	return s->order != TASK_ORDER_MADE || is_behind(&s->page, doc, s->backwards);
}

static void look_at(struct search *s, const struct task_candidates *c)
{
	for (size_t i = 0; i < c->n && !is_over(s); i++) {
		const struct document *doc = c->docs[s->backwards ? c->n - 1 - i : i];

		if (may_be_on_page(s, doc))
			try(s, doc);
	}
}

static void walk(struct search *s)
{
	const struct snapshot *in = s->call->snapshot;
	const struct document *doc;
	uint64_t at;

	if (s->backwards) {
		at = s->page.after ? snapshot_ordinal_behind(in, DOC_ACCESS_REQUEST, s->page.after - 1) : UINT64_MAX;
		while (!is_over(s) && (doc = snapshot_previous(in, DOC_ACCESS_REQUEST, &at)))
			try(s, doc);
		return;
	}
	at = s->order == TASK_ORDER_MADE ? snapshot_ordinal_behind(in, DOC_ACCESS_REQUEST, s->page.after) : 0;
	while (!is_over(s) && (doc = snapshot_next(in, DOC_ACCESS_REQUEST, &at)))
		try(s, doc);
}

static void find_sorted(struct search *s, const struct task_candidates *candidates)
{
	struct api_call *call = s->call;

	s->sorted = task_page_begin(s->order, call->snapshot, s->page.after, s->page.size + 1, call->arena);
	if (candidates)
		look_at(s, candidates);
	else
		walk(s);
	for (size_t i = 0; i < s->sorted.n; i++)
		add(call->arena, &s->found, s->sorted.places[i].doc);
}

/* {"list":[…],"expanded":[…],"nextPageToken":…} */
static void answer_tasks(struct search *s, const struct json *message)
{
	struct api_call *call = s->call;
	struct c1_expansion expansion = c1_expansion_of(call, message);
	struct json_writer w = c1_begin_list(call);
	uint64_t next = end_page(&s->found, &s->page);

	for (size_t i = 0; i < s->found.n; i++)
		proto_write(&w, &c1_TaskView, c1_task_view(call, as_access_request(s->found.docs[i]), &expansion));
	c1_write_expanded(&w, &expansion);
	c1_end_list(call, &w, next);
}

static void task_search(struct api_call *call)
{
	struct search s = {.call = call};
	struct task_candidates candidates;
	const struct json *message;
	bool has_candidates;
	struct str order;

	if (!c1_read(call, &c1_TaskSearchRequest, &message) || !c1_page_of(call, message, &s.page))
		return;
	order = c1_str(message, "sortBy");
	s.filter = task_filter_of(call, message);
	s.backwards = str_eq(order, STR("TASK_SEARCH_SORT_BY_REVERSE_TICKET_ID")) ||
	              str_eq(order, STR("TASK_SEARCH_SORT_BY_REVERSE_CREATED_AT"));
	s.order = task_order_of(order);
	has_candidates = task_candidates_of(&s.filter, call->arena, &candidates);
	if (s.order != TASK_ORDER_MADE)
		find_sorted(&s, has_candidates ? &candidates : NULL);
	else if (has_candidates)
		look_at(&s, &candidates);
	else
		walk(&s);
	answer_tasks(&s, message);
}

static bool is_shown(const struct json *message, struct str_list refs, const struct document *event)
{
	return (refs.n == 0 || str_list_has(refs, event->id)) &&
	       (!c1_bool(message, "commentsOnly") || str_eq(as_request_event(event)->kind, STR("comment")));
}

static void task_audits(struct api_call *call)
{
	const struct json *message;
	const struct document *const *docs;
	const struct access_request *r;
	struct found found = {0};
	struct c1_page page;
	struct json_writer w;
	struct str_list refs;
	bool backwards;
	uint64_t next;
	size_t n;

	if (!c1_read(call, &c1_TaskAuditListRequest, &message) || !c1_page_of(call, message, &page))
		return;
	r = requests_find(call->snapshot, c1_str(message, "taskId"), call->arena);
	if (!r) {
		c1_unknown(call, "task", "TaskAuditListRequest.TaskId", c1_str(message, "taskId"));
		return;
	}
	refs = task_refs_of(call, message);
	backwards = c1_bool(message, "newestFirst");
	n = requests_events(call->snapshot, r->doc.id, call->arena, &docs);
	for (size_t i = 0; i < n && found.n <= page.size; i++) {
		const struct document *event = docs[backwards ? n - 1 - i : i];

		if (is_behind(&page, event, backwards) && is_shown(message, refs, event))
			add(call->arena, &found, event);
	}
	next = end_page(&found, &page);
	w = c1_begin_list(call);
	for (size_t i = 0; i < found.n; i++)
		proto_write(&w, &c1_TaskAuditView, c1_task_event(call, as_request_event(found.docs[i])));
	c1_end_list(call, &w, next);
}

/* clang-format off */
static const struct api_route routes[] = {
    {HTTP_POST, C1_API "search/tasks", API_READ, API_OPTIONAL_JSON, "conductorone:tasks:list", "conductorone:tasks", task_search, NULL},
    {HTTP_POST, C1_API "task/audits", API_READ, API_JSON_BODY, "conductorone:tasks:list", "conductorone:tasks", task_audits, NULL},
};
/* clang-format on */

const struct api_route_table c1_task_search_routes = {routes, N_ELEMENTS(routes)};
