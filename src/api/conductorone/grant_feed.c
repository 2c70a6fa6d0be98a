/* SPDX-License-Identifier: Apache-2.0
 *
 * Who got which entitlement when, and lost it: told by the revisions, oldest first. A binding whose end was only moved
 * is neither.
 *
 * A place in the feed is a revision and a number in it. One call looks at so many revisions at most: a page may be
 * short or empty while there is more.
 */
#include <stdlib.h>

#include "api/conductorone/directory.h"
#include "api/conductorone/task_view.h"
#include "base/clock.h"

#define REVISIONS_A_CALL 5000u
#define NUMBER_BITS      20u /* as many documents as a change set has at most */

struct feed {
	struct api_call *call;
	struct c1_refs entitlements, accounts;
	struct str_list apps, users;
	int64_t after_ms, before_ms; /* 0: any */
	struct c1_expansion expansion;
	size_t size;    /* of the page */
	uint64_t place; /* of the last one looked at */
	struct json *items;
	size_t n, cap;
	bool is_full, is_over;
};

/* ---- what happened in one revision -------------------------------------------------------------------------- */

struct event {
	struct entitlement_binding binding;
	bool began, ended;
};

struct events {
	struct arena *arena;
	uint64_t revision;
	struct event *items;
	size_t n, cap;
};

static struct event *event_of(struct events *e, struct str id)
{
	/* The end of a version comes right before the beginning of the next. */
	if (e->n && str_eq(e->items[e->n - 1].binding.doc.id, id))
		return &e->items[e->n - 1];
	ARENA_ROOM(e->arena, e->items, e->n, &e->cap);
	e->items[e->n] = (struct event){0};
	return &e->items[e->n++];
}

static int note_event(void *ctx, const struct store_document *row)
{
	struct events *e = ctx;
	struct event *event;
	struct error err;

	if (!str_eq(row->kind, document_kind_name(DOC_ENTITLEMENT_BINDING)))
		return 0;
	event = event_of(e, row->id);
	event->began |= row->rev_from == e->revision;
	event->ended |= row->rev_to == e->revision;
	event->binding =
	    (struct entitlement_binding){.doc = {.kind = DOC_ENTITLEMENT_BINDING, .id = arena_str(e->arena, row->id)}};
	return document_read(&event->binding.doc, arena_str(e->arena, row->body), e->arena, &err);
}

static int note_time(void *ctx, const struct store_audit_row *row)
{
	*(int64_t *)ctx = row->at_ms;
	return 0;
}

/* When the revision was made; 0: there is none. */
static int64_t time_of(struct api_call *call, uint64_t revision)
{
	struct store_audit_filter filter = {
	    .since_ms = INT64_MIN, .until_ms = INT64_MAX, .revision = revision, .limit = 1};
	struct error err;
	int64_t at = 0;

	return service_each_audit(call->service, call->caller.org, &filter, note_time, &at, &err) == 0 ? at : 0;
}

/* ---- the page ------------------------------------------------------------------------------------------------ */

static bool is_wanted(const struct feed *f, const struct entitlement_binding *b)
{
	return c1_is_wanted(f->apps, b->app) && c1_is_wanted(f->users, b->user) &&
	       (f->entitlements.n == 0 || c1_refs_have(&f->entitlements, b->app, b->entitlement_id)) &&
	       (f->accounts.n == 0 || c1_refs_have(&f->accounts, b->app, b->account_id));
}

static void put_paths(struct feed *f, struct json_object *o, const struct event *event)
{
	const struct entitlement_binding *b = &event->binding;
	struct arena *a = f->call->arena;
	struct str account = app_part_id(a, b->app, b->account_id);
	struct str entitlement = app_part_id(a, b->app, b->entitlement_id);
	const struct {
		const char *mask, *member;
		enum document_kind kind;
		const struct str *id;
	} parts[] = {
	    {"app_id", "appPath", DOC_APP, &b->app},
	    {"app_user_id", "appUserPath", DOC_APP_USER, &account},
	    {"app_entitlement_id", "entitlementPath", DOC_APP_ENTITLEMENT, &entitlement},
	    {"ticket_id", "ticketPath", DOC_ACCESS_REQUEST, &b->request},
	};

	for (size_t i = 0; i < N_ELEMENTS(parts); i++)
		if (c1_expands(&f->expansion, parts[i].mask) && (event->began || parts[i].id != &b->request))
			json_object_str(
			    o, parts[i].member,
			    c1_path_to(f->call, &f->expansion, parts[i].kind, (struct str_list){parts[i].id, 1}));
}

static void put_event(struct feed *f, const struct event *event, int64_t at_ms)
{
	const struct entitlement_binding *b = &event->binding;
	struct json_object o = {.arena = f->call->arena}, view = {.arena = f->call->arena};

	json_object_str(&o, "appEntitlementId", b->entitlement_id);
	json_object_str(&o, "appId", b->app);
	json_object_str(&o, "appUserId", b->account_id);
	json_object_time(&o, "date", at_ms);
	json_object_str(&o, "eventType",
	                event->began ? STR("GRANT_EVENT_TYPE_ADDED") : STR("GRANT_EVENT_TYPE_REMOVED"));
	/* The request led to the grant, not to its end. */
	if (event->began)
		json_object_str(&o, "ticketId", b->request);
	json_object_tree(&view, "feed", json_object_end(&o));
	put_paths(f, &view, event);
	ARENA_ROOM(f->call->arena, f->items, f->n, &f->cap);
	f->items[f->n++] = *json_object_end(&view);
}

/* The revision's events behind the place. False after failing the call. */
static bool add_revision(struct feed *f, uint64_t revision)
{
	struct events events = {.arena = f->call->arena, .revision = revision};
	int64_t at = time_of(f->call, revision);
	struct error err = {0};

	if (service_each_change(f->call->service, f->call->caller.org, revision, note_event, &events, &err) != 0) {
		api_fail(f->call, SERVICE_UNAVAILABLE, 0, "%s", err.text);
		return false;
	}
	f->is_over = f->before_ms && at >= f->before_ms;
	for (size_t i = 0; i < events.n && !f->is_over; i++) {
		const struct event *event = &events.items[i];
		uint64_t place = revision << NUMBER_BITS | i;

		if (place <= f->place || event->began == event->ended || !is_wanted(f, &event->binding) ||
		    (f->after_ms && at <= f->after_ms))
			continue;
		f->is_full = f->n == f->size;
		if (f->is_full)
			return true;
		put_event(f, event, at);
		f->place = place;
	}
	return true;
}

/* ---- the revisions that may have something -------------------------------------------------------------------- */

struct revisions {
	struct arena *arena;
	uint64_t from, to; /* (from, to] */
	uint64_t *items;
	size_t n, cap;
};

static void add_if_between(struct revisions *r, uint64_t revision)
{
	if (revision <= r->from || revision > r->to)
		return;
	ARENA_ROOM(r->arena, r->items, r->n, &r->cap);
	r->items[r->n++] = revision;
}

static int note_revision(void *ctx, const struct store_document *row)
{
	struct revisions *r = ctx;

	if (str_eq(row->kind, document_kind_name(DOC_ENTITLEMENT_BINDING))) {
		add_if_between(r, row->rev_from);
		add_if_between(r, row->rev_to);
	}
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The newest revision that is not later than the time: the feed begins behind it. */
static uint64_t revision_at(struct api_call *call, int64_t at_ms)
{
	uint64_t low = 0, high = call->snapshot->revision;

	while (low < high) {
		uint64_t middle = low + (high - low + 1) / 2;

		if (time_of(call, middle) <= at_ms)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* False after failing the call. */
static bool gather(struct feed *f)
{
	struct api_call *call = f->call;
	/* The revision of the place may have more. */
	uint64_t from = f->place ? (f->place >> NUMBER_BITS) - 1 : f->after_ms ? revision_at(call, f->after_ms) : 0;
	uint64_t newest = call->snapshot->revision;
	struct revisions r = {.arena = call->arena, .from = from};
	struct error err = {0};

	r.to = newest - from > REVISIONS_A_CALL ? from + REVISIONS_A_CALL : newest;
	if (service_each_change_between(call->service, call->caller.org, (uint64_t[]){r.from, r.to}, note_revision, &r,
	                                &err) != 0) {
		api_fail(call, SERVICE_UNAVAILABLE, 0, "%s", err.text);
		return false;
	}
	if (r.n > 1)
		qsort(r.items, r.n, sizeof(*r.items), by_number);
	for (size_t i = 0; i < r.n && !f->is_full && !f->is_over; i++)
		if ((i == 0 || r.items[i] != r.items[i - 1]) && !add_revision(f, r.items[i]))
			return false;
	/* All of the last one has been looked at. */
	if (!f->is_full && r.to < newest && !f->is_over)
		f->place = (r.to << NUMBER_BITS) + ((1u << NUMBER_BITS) - 1);
	else if (!f->is_full)
		f->place = 0;
	return true;
}

/* ---- the call -------------------------------------------------------------------------------------------------- */

static int64_t time_in(const struct json *message, const char *name)
{
	int64_t ms;

	return time_parse_rfc3339(c1_str(message, name), &ms) ? ms : 0;
}

/* Users by any of their names. */
static struct str_list users_of(struct api_call *call, const struct json *message)
{
	struct str_list names = c1_ids_of(call, message, "userRefs");
	struct str *ids = ARENA_ARRAY(call->arena, struct str, names.n);

	for (size_t i = 0; i < names.n; i++) {
		const struct document *user = snapshot_find_any(call->snapshot, DOC_USER, names.items[i]);

		ids[i] = user ? user->id : names.items[i];
	}
	return (struct str_list){ids, names.n};
}

static void grant_feed(struct api_call *call)
{
	struct json_object o = {.arena = call->arena};
	const struct json *m;
	struct c1_page page;
	struct feed f;

	if (!c1_read(call, &c1_SearchGrantFeedRequest, &m) || !c1_page_of(call, m, &page))
		return;
	f = (struct feed){
	    .call = call,
	    .entitlements = c1_refs_of(call, m, "appEntitlementRefs"),
	    .accounts = c1_refs_of(call, m, "appUserRefs"),
	    .apps = c1_ids_of(call, m, "appRefs"),
	    .users = users_of(call, m),
	    .after_ms = time_in(m, "after"),
	    .before_ms = time_in(m, "before"),
	    .expansion = c1_expansion_of(call, m),
	    .size = page.size,
	    .place = page.after,
	};
	if (f.place >> NUMBER_BITS > call->snapshot->revision) {
		api_fail(call, SERVICE_INVALID, 0, "invalid page token");
		return;
	}
	if (!gather(&f))
		return;
	json_object_put(&o, "list", (struct json){.type = JSON_ARRAY, .n = (uint32_t)f.n, .items = f.items});
	c1_put_expanded(&o, &f.expansion);
	json_object_str(&o, "nextPageToken", f.place ? c1_page_token(call, f.place) : STR(""));
	c1_answer(call, &c1_SearchGrantFeedResponse, json_object_end(&o));
}

static const struct api_route routes[] = {
    {HTTP_POST, C1_API "grants/feed", API_READ, API_OPTIONAL_JSON, "conductorone:grants:list", "conductorone:grants",
     grant_feed, NULL},
};

const struct api_route_table c1_grant_feed_routes = {routes, N_ELEMENTS(routes)};
