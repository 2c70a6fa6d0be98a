/* SPDX-License-Identifier: Apache-2.0
 *
 * The audit log: rows of the audit trail whose event is one of this dialect's, spelled "<entity type>.<action type>".
 * Their targets are "<entity type>:<id>", of memberships "<entity type>:<department or role>/<user>". Newest first.
 */
#include "api/aitronos/aitronos.h"
#include "base/clock.h"
#include "model/validate.h"

#define DEFAULT_LIMIT 50u
#define DAY_MS        (INT64_C(24) * 3600 * 1000)

/* ---- what is asked for -------------------------------------------------------------------------------------- */

/* "a", "b" of "a.b". */
struct event_name {
	struct str entity, action;
};

static struct event_name parse_event(struct str event)
{
	struct str entity, rest = event;

	(void)str_split(&rest, '.', &entity);
	return (struct event_name){entity, rest};
}

/* Those whose target begins with a department. */
static bool is_about_department(struct str entity)
{
	return str_eq(entity, STR("department")) || str_eq(entity, STR("department_membership"));
}

/* What the filter says about events; absent: any. */
struct wanted {
	struct str entity, action;
	bool about_department;
};

static bool wants(const struct wanted *w, struct str event)
{
	const struct event_name name = parse_event(event);

	return (str_is_absent(w->entity) || str_eq(w->entity, name.entity)) &&
	       (str_is_absent(w->action) || str_eq(w->action, name.action)) &&
	       (!w->about_department || is_about_department(name.entity));
}

/* The events that the dialect's routes record and that are wanted, each once. */
static struct str_list events_of(struct api_call *call, const struct wanted *w)
{
	struct str *items = ARENA_ARRAY(call->arena, struct str, STORE_MAX_AUDIT_EVENTS);
	size_t n = 0;

	for (size_t t = 0; t < call->dialect->n_tables; t++) {
		const struct api_route_table *table = call->dialect->tables[t];

		for (size_t i = 0; i < table->n; i++) {
			struct str event = table->routes[i].event ? str_of(table->routes[i].event) : STR("");

			if (str_is_empty(event) || !wants(w, event) || str_list_has((struct str_list){items, n}, event))
				continue;
			assert(n < STORE_MAX_AUDIT_EVENTS);
			items[n++] = event;
		}
	}
	return (struct str_list){items, n};
}

/* A text that can be looked for; an empty one is as good as none. */
static bool read_text(struct api_call *call, const char *name, struct str *ret)
{
	struct str text;

	if (!aitronos_query_str(call, name, &text))
		return false;
	*ret = str_is_empty(text) ? STR_NONE : text;
	if (str_is_empty(text) || valid_resource_id(text))
		return true;
	aitronos_invalid(call, name, "%s must be at most 256 bytes without control characters", name);
	return false;
}

/*
 * A time, or a day: its beginning, or with `is_end` the beginning of what comes next. Items show whole seconds, so that
 * a whole second ends with its last millisecond: who asks up to an item's time gets the item.
 */
static bool read_date(struct api_call *call, const char *name, bool is_end, int64_t *ret_ms)
{
	struct str text;
	int64_t ms;

	if (!read_text(call, name, &text))
		return false;
	if (str_is_absent(text))
		return true;
	if (api_parse_time(call->arena, text, &ms)) {
		*ret_ms = is_end ? ms + (ms % 1000 == 0 ? 1000 : 1) : ms;
		return true;
	}
	if (api_parse_time(call->arena, arena_concat(call->arena, text, STR("T00:00:00Z")), &ms)) {
		*ret_ms = is_end ? ms + DAY_MS : ms;
		return true;
	}
	aitronos_invalid(call, name, "%s must be an ISO 8601 date or time", name);
	return false;
}

/* As the trail names who acted; whoever is gone can still be asked about. */
static struct str actor_of(struct api_call *call, struct str id)
{
	const struct document *service, *user = snapshot_find_any(call->snapshot, DOC_USER, id);

	if (user)
		return arena_concat(call->arena, STR("user:"), user->id);
	service = snapshot_find_any(call->snapshot, DOC_SERVICE_ACCOUNT, id);
	return service ? arena_concat(call->arena, STR("service:"), service->id)
	               : arena_concat(call->arena, STR("user:"), id);
}

static struct str department_of(const struct api_call *call, struct str name)
{
	const struct document *group = snapshot_find_any(call->snapshot, DOC_GROUP, name);

	return group ? group->id : name;
}

static bool read_filter(struct api_call *call, struct store_audit_filter *ret)
{
	struct store_audit_filter f = {.since_ms = INT64_MIN, .until_ms = INT64_MAX};
	struct wanted w = {0};
	struct str actor, department;

	if (!read_text(call, "entity_type", &w.entity) || !read_text(call, "action_type", &w.action) ||
	    !read_text(call, "actor_id", &actor) || !read_text(call, "target_id", &f.target_name) ||
	    !read_text(call, "department_id", &department) || !read_date(call, "from_date", false, &f.since_ms) ||
	    !read_date(call, "to_date", true, &f.until_ms) || !read_text(call, "search_term", &f.search))
		return false;
	if (!str_is_absent(actor))
		f.actor = actor_of(call, actor);
	if (!str_is_absent(department)) {
		w.about_department = true;
		f.target_root = department_of(call, department);
	}
	f.events = events_of(call, &w);
	*ret = f;
	return true;
}

/* ---- one row -------------------------------------------------------------------------------------------------- */

/* The listing under way. */
struct listing {
	struct api_call *call;
	struct json_writer w;
	size_t n;
};

/* What a row's target says; absent where it says nothing. */
struct target {
	struct str id, user, department, role;
};

static struct target parse_target(const struct event_name *name, struct str text)
{
	struct target t = {0};
	struct str kind, rest = text, *holder;

	/* What failed before its target was known names the organization. */
	if (!str_split(&rest, ':', &kind) || !str_eq(kind, name->entity) || str_is_empty(rest))
		return t;
	holder = str_eq(kind, STR("department_membership")) ? &t.department
	         : str_eq(kind, STR("role_assignment"))     ? &t.role
	                                                    : NULL;
	t.id = rest;
	if (holder && str_find(rest, '/', 0) != SIZE_MAX) {
		(void)str_split(&rest, '/', holder);
		t.id = t.user = rest;
	} else if (holder) {
		*holder = rest;
	} else if (is_about_department(kind)) {
		t.department = rest;
	}
	return t;
}

static bool succeeded(const struct store_audit_row *row)
{
	return row->outcome == AUDIT_DONE && row->status < 400;
}

static struct str after_colon(struct str s)
{
	size_t colon = str_find(s, ':', 0);

	return colon == SIZE_MAX ? STR_NONE : str_slice(s, colon + 1, s.len);
}

/* "Knowledge grant created", "Knowledge grant not created (403)". */
static struct str describe(struct arena *a, const struct event_name *name, const struct store_audit_row *row)
{
	struct str entity = arena_str(a, name->entity);
	/* The copy is ours to write to. */
	char *text = (char *)(uintptr_t)entity.ptr;

	for (size_t i = 0; i < entity.len; i++)
		if (text[i] == '_')
			text[i] = ' ';
	if (entity.len && text[0] >= 'a' && text[0] <= 'z')
		text[0] = (char)(text[0] - 'a' + 'A');
	if (succeeded(row))
		return arena_concat3(a, entity, STR(" "), name->action);
	return arena_strf(a, STR_FMT " not " STR_FMT " (%u)", STR_ARG(entity), STR_ARG(name->action), row->status);
}

/* Empty is unknown, and that is null. */
static void put_known(struct json_writer *w, const char *name, struct str s)
{
	json_put_str(w, str_of(name), str_is_empty(s) ? STR_NONE : s);
}

static void put_details(struct json_writer *w, const struct target *t, const struct store_audit_row *row)
{
	json_key(w, STR("details"));
	json_begin_object(w);
	if (!str_is_absent(t->user))
		json_put_str(w, STR("user_id"), t->user);
	if (!str_is_absent(t->role))
		json_put_str(w, STR("role_id"), t->role);
	put_known(w, "method", row->method);
	put_known(w, "path", row->path);
	json_put_u64(w, STR("status"), row->status);
	put_known(w, "ip_address", row->remote);
	put_known(w, "api_key_id", row->credential);
	put_known(w, "warning", row->warning);
	json_end_object(w);
}

static int write_row(void *ctx, const struct store_audit_row *row)
{
	struct listing *l = ctx;
	struct json_writer *w = &l->w;
	struct arena *a = l->call->arena;
	const struct event_name name = parse_event(row->event);
	const struct target t = parse_target(&name, row->target);

	json_begin_object(w);
	json_put_str(w, STR("id"), arena_strf(a, "audit_%llu", (unsigned long long)row->id));
	json_put_str(w, STR("entity_type"), name.entity);
	json_put_str(w, STR("action_type"), name.action);
	put_known(w, "actor_id", after_colon(row->actor));
	put_known(w, "target_id", t.id);
	put_known(w, "department_id", t.department);
	json_put_str(w, STR("organization_id"), aitronos_org(l->call));
	json_put_str(w, STR("description"), describe(a, &name, row));
	put_details(w, &t, row);
	aitronos_put_time(w, "created_at", row->at_ms);
	json_put_str(w, STR("outcome"), succeeded(row) ? STR("success") : STR("failure"));
	put_known(w, "request_id", row->request_id);
	if (row->revision)
		json_put_u64(w, STR("revision"), row->revision);
	else
		json_put(w, STR("revision"), NULL);
	json_end_object(w);
	l->n++;
	return 0;
}

/* ---- the route ------------------------------------------------------------------------------------------------- */

/* Lists a page and counts them all. */
static int list_and_count(struct listing *l, const struct store_audit_filter *f, uint64_t *ret_total, struct error *err)
{
	struct store_audit_filter all = *f, page = *f;
	struct api_call *call = l->call;
	int r;

	*ret_total = 0;
	/* No events: nothing that is asked for is ever recorded. To the store an empty list would mean any. */
	if (f->events.n == 0)
		return 0;
	all.skip = 0;
	all.limit = SIZE_MAX;
	r = service_count_audit(call->service, call->caller.org, &all, ret_total, err);
	if (r == 0 && *ret_total > page.skip)
		r = service_each_audit(call->service, call->caller.org, &page, write_row, l, err);
	return r;
}

static void audit_list(struct api_call *call)
{
	struct store_audit_filter filter;
	struct listing l = {.call = call};
	struct aitronos_page page;
	struct error err = {0};
	uint64_t total;

	if (!aitronos_read_page(call, DEFAULT_LIMIT, &page) || !read_filter(call, &filter))
		return;
	filter.skip = page.skip;
	filter.limit = page.limit;
	l.w = aitronos_begin_list(call);
	if (list_and_count(&l, &filter, &total, &err) != 0) {
		api_fail(call, SERVICE_UNAVAILABLE, 0, "%s", err.text);
		return;
	}
	aitronos_end_list(call, &l.w, &page, l.n, total);
}

static const struct api_route routes[] = {
    {HTTP_GET, AITRONOS_ORG "/audit-log", API_READ, API_NO_BODY, CAPABILITY_VIEW_AUDIT_LOG, CAPABILITY_RESOURCE,
     audit_list, NULL, true},
};

const struct api_route_table aitronos_audit_routes = {routes, N_ELEMENTS(routes)};
