/* SPDX-License-Identifier: Apache-2.0
 *
 * The audit trail, and who is calling.
 */
#include "api/native/native.h"

#include "base/clock.h"

/* ---- the audit trail ------------------------------------------------------------------------------- */

static bool read_time(struct api_call *call, struct str name, int64_t *ret_ms)
{
	struct str text;

	if (!native_query(call, name, &text))
		return false;
	if (str_is_absent(text) || time_parse_rfc3339(text, ret_ms))
		return true;
	api_fail(call, SERVICE_INVALID, 0, STR_FMT " must be an RFC 3339 time", STR_ARG(name));
	return false;
}

static bool read_order(struct api_call *call, bool *ret_ascending)
{
	struct str text;

	if (!native_query(call, STR("order"), &text))
		return false;
	*ret_ascending = str_eq(text, STR("asc"));
	if (str_is_absent(text) || *ret_ascending || str_eq(text, STR("desc")))
		return true;
	api_fail(call, SERVICE_INVALID, 0, "order must be asc or desc");
	return false;
}

static bool read_revision(struct api_call *call, uint64_t *ret)
{
	struct str text;

	if (!native_query(call, STR("revision"), &text))
		return false;
	if (str_is_absent(text) || (str_to_u64(text, ret) && *ret >= 1 && *ret <= INT64_MAX))
		return true;
	api_fail(call, SERVICE_INVALID, 0, "revision must be a number from 1");
	return false;
}

static bool read_event(struct api_call *call, struct str_list *ret)
{
	struct str *event = ARENA_NEW(call->arena, struct str);

	if (!native_query(call, STR("event"), event))
		return false;
	*ret = (struct str_list){event, str_is_absent(*event) ? 0 : 1};
	return true;
}

static bool read_filter(struct api_call *call, struct store_audit_filter *ret)
{
	struct store_audit_filter f = {.since_ms = INT64_MIN, .until_ms = INT64_MAX};
	struct page page;

	if (!page_read(call, &page) || !read_time(call, STR("since"), &f.since_ms) ||
	    !read_time(call, STR("until"), &f.until_ms) || !read_order(call, &f.ascending) ||
	    !read_revision(call, &f.revision) || !native_query(call, STR("actor"), &f.actor) ||
	    !native_query(call, STR("operation"), &f.operation) || !native_query(call, STR("target"), &f.target) ||
	    !native_query(call, STR("tenant"), &f.tenant) || !read_event(call, &f.events))
		return false;
	f.cursor = page.after;
	f.limit = page.limit;
	*ret = f;
	return true;
}

/* Rows are gathered first: their changes are read while no other reading of the store is open. */
struct rows {
	struct arena *arena;
	struct store_audit_row *items;
	size_t n, limit;
	bool has_more;
};

static int gather(void *ctx, const struct store_audit_row *row)
{
	struct rows *rows = ctx;
	struct store_audit_row *copy;
	struct arena *a = rows->arena;

	if (rows->n == rows->limit) {
		rows->has_more = true;
		return 0;
	}
	copy = &rows->items[rows->n++];
	*copy = *row;
	copy->actor = arena_str(a, row->actor);
	copy->via = arena_str(a, row->via);
	copy->operation = arena_str(a, row->operation);
	copy->target = arena_str(a, row->target);
	copy->remote = arena_str(a, row->remote);
	copy->request_id = arena_str(a, row->request_id);
	copy->event = arena_str(a, row->event);
	copy->credential = arena_str(a, row->credential);
	copy->tenant = arena_str(a, row->tenant);
	copy->method = arena_str(a, row->method);
	copy->path = arena_str(a, row->path);
	copy->warning = arena_str(a, row->warning);
	return 0;
}

/* What a revision did to one document; an update is the end of one version and the beginning of the next. */
struct change {
	struct str kind, id;
	bool began, ended;
};

struct changes {
	struct arena *arena;
	uint64_t revision;
	struct change *items;
	size_t n, cap;
};

static struct change *new_change(struct changes *c)
{
	ARENA_ROOM(c->arena, c->items, c->n, &c->cap);
	return &c->items[c->n++];
}

static int note_change(void *ctx, const struct store_document *row)
{
	struct changes *c = ctx;
	struct change *change = new_change(c);

	*change = (struct change){
	    .kind = arena_str(c->arena, row->kind),
	    .id = arena_str(c->arena, row->id),
	    .began = row->rev_from == c->revision,
	    .ended = row->rev_to == c->revision,
	};
	return 0;
}

static int by_document(const void *a, const void *b)
{
	const struct change *x = a, *y = b;
	int order = str_cmp(x->kind, y->kind);

	return order ? order : str_cmp(x->id, y->id);
}

static void write_changes(struct json_writer *w, struct changes *c)
{
	json_key(w, STR("changes"));
	json_begin_array(w);
	if (c->n > 1)
		qsort(c->items, c->n, sizeof(*c->items), by_document);
	for (size_t i = 0; i < c->n;) {
		const struct change *first = &c->items[i];
		bool began = false, ended = false;

		for (; i < c->n && by_document(first, &c->items[i]) == 0; i++) {
			began |= c->items[i].began;
			ended |= c->items[i].ended;
		}
		json_begin_object(w);
		json_put_str(w, STR("kind"), first->kind);
		json_put_str(w, STR("id"), first->id);
		json_put_str(w, STR("change"), !ended ? STR("created") : began ? STR("updated") : STR("deleted"));
		json_end_object(w);
	}
	json_end_array(w);
}

/* What not every row has is left out where there is nothing to say. */
static void put_if_any(struct json_writer *w, struct str name, struct str text)
{
	if (!str_is_empty(text))
		json_put_str(w, name, text);
}

static void write_row(struct json_writer *w, const struct store_audit_row *row, struct changes *changes)
{
	json_begin_object(w);
	json_put_u64(w, STR("id"), row->id);
	json_put_time(w, STR("at"), row->at_ms);
	json_put_str(w, STR("actor"), row->actor);
	json_put_str(w, STR("via"), row->via);
	json_put_str(w, STR("operation"), row->operation);
	json_put_str(w, STR("target"), row->target);
	json_put_str(w, STR("outcome"), row->outcome == AUDIT_DONE ? STR("done") : STR("refused"));
	json_put_u64(w, STR("status"), row->status);
	if (row->revision)
		json_put_u64(w, STR("revision"), row->revision);
	else
		json_put(w, STR("revision"), NULL);
	json_put_str(w, STR("remote"), row->remote);
	json_put_str(w, STR("request_id"), row->request_id);
	put_if_any(w, STR("event"), row->event);
	put_if_any(w, STR("credential"), row->credential);
	put_if_any(w, STR("tenant"), row->tenant);
	put_if_any(w, STR("method"), row->method);
	put_if_any(w, STR("path"), row->path);
	put_if_any(w, STR("warning"), row->warning);
	write_changes(w, changes);
	json_end_object(w);
}

/* False after failing the call. */
static bool write_rows(struct api_call *call, struct json_writer *w, const struct rows *rows)
{
	struct error err = {0};

	for (size_t i = 0; i < rows->n; i++) {
		struct changes c = {.arena = call->arena, .revision = rows->items[i].revision};

		if (c.revision &&
		    service_each_change(call->service, call->caller.org, c.revision, note_change, &c, &err) != 0) {
			api_fail(call, SERVICE_UNAVAILABLE, 0, "%s", err.text);
			return false;
		}
		write_row(w, &rows->items[i], &c);
	}
	return true;
}

void audit_list(struct api_call *call)
{
	struct store_audit_filter filter;
	struct rows rows = {.arena = call->arena};
	struct error err = {0};
	struct json_writer w;

	if (!read_filter(call, &filter))
		return;
	rows.limit = filter.limit;
	rows.items = ARENA_ARRAY(call->arena, struct store_audit_row, rows.limit);
	filter.limit++; /* one more, to know whether there is more */
	if (service_each_audit(call->service, call->caller.org, &filter, gather, &rows, &err) != 0) {
		api_fail(call, SERVICE_UNAVAILABLE, 0, "%s", err.text);
		return;
	}
	w = api_json_begin(call, 200);
	json_begin_object(&w);
	json_key(&w, STR("items"));
	json_begin_array(&w);
	if (!write_rows(call, &w, &rows))
		return;
	json_end_array(&w);
	page_write_next(&w, call->arena, rows.n ? rows.items[rows.n - 1].id : 0, rows.has_more);
	json_end_object(&w);
	api_json_end(call, &w);
}

/* ---- the caller -------------------------------------------------------------------------------------- */

void whoami_get(struct api_call *call)
{
	const struct caller *c = &call->caller;
	struct json_writer w = api_json_begin(call, 200);

	json_begin_object(&w);
	json_put_str(&w, STR("organization"), call->snapshot->org);
	json_put_str(&w, STR("actor"), c->actor);
	json_key(&w, STR("principal"));
	json_begin_object(&w);
	json_put_str(&w, STR("type"), c->type);
	json_put_str(&w, STR("id"), c->id);
	json_end_object(&w);
	json_put_str(&w, STR("key"), c->key->doc.id);
	if (c->key->is_bound)
		json_put_strs(&w, STR("tenants"), c->key->tenants.items, c->key->tenants.n);
	else
		json_put(&w, STR("tenants"), NULL);
	json_end_object(&w);
	api_json_end(call, &w);
}
