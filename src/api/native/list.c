/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages. A cursor is the place in creation order of the last item shown, so pages stay in step while objects come
 * and go: nothing that exists throughout is shown twice or left out.
 */
#include "api/native/native.h"

#include "json/base64.h"

#define DEFAULT_LIMIT 100u
#define MAX_LIMIT     1000u
#define CURSOR_BYTES  8u

static bool cursor_parse(struct str text, uint64_t *ret)
{
	CLEANUP(buf_releasep) struct buf bytes = BUF_INIT(BUF_MAX_LINE_BYTES);
	uint64_t value = 0;

	if (!base64url_decode(&bytes, text) || bytes.len != CURSOR_BYTES)
		return false;
	for (size_t i = 0; i < CURSOR_BYTES; i++)
		value = (value << 8) | (uint8_t)bytes.ptr[i];
	*ret = value;
	return true;
}

void page_write_next(struct json_writer *w, struct arena *a, uint64_t last, bool has_more)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_LINE_BYTES);
	char bytes[CURSOR_BYTES];

	for (size_t i = 0; i < CURSOR_BYTES; i++)
		bytes[i] = (char)(uint8_t)(last >> (8 * (CURSOR_BYTES - 1 - i)));
	base64url_encode(&text, (struct str){bytes, CURSOR_BYTES});
	json_put_str(w, STR("next_cursor"), has_more ? arena_str(a, buf_str(&text)) : STR_NONE);
}

bool page_read(struct api_call *call, struct page *ret)
{
	struct page page = {.limit = DEFAULT_LIMIT};
	struct str limit, cursor;
	uint64_t n = DEFAULT_LIMIT;

	if (!native_query(call, STR("limit"), &limit) || !native_query(call, STR("cursor"), &cursor))
		return false;
	if (!str_is_absent(limit) && (!str_to_u64(limit, &n) || n < 1 || n > MAX_LIMIT)) {
		api_fail(call, SERVICE_INVALID, 0, "limit must be a number from 1 to %u", MAX_LIMIT);
		return false;
	}
	if (!str_is_empty(cursor) && !cursor_parse(cursor, &page.after)) {
		api_fail(call, SERVICE_INVALID, 0, "cursor is not one that this server gave out");
		return false;
	}
	page.limit = (size_t)n;
	*ret = page;
	return true;
}

/* A list being written. */
struct list {
	struct api_call *call;
	const struct listing *what;
	struct page page;
	struct json_writer w;
	size_t n;
	uint64_t last; /* place of the last item written */
	bool has_more;
};

static bool list_begin(struct list *l, struct api_call *call, const struct listing *what)
{
	*l = (struct list){.call = call, .what = what};
	if (!page_read(call, &l->page))
		return false;
	l->w = api_json_begin(call, 200);
	json_begin_object(&l->w);
	json_key(&l->w, STR("items"));
	json_begin_array(&l->w);
	return true;
}

/* False when the page is full and the document is one too many. */
static bool list_take(struct list *l, const struct document *doc)
{
	if (l->what->shows && !l->what->shows(l->call, doc, l->what->ctx))
		return true;
	if (l->n == l->page.limit) {
		l->has_more = true;
		return false;
	}
	l->what->write(&l->w, doc, l->what->ctx);
	l->last = doc->seq;
	l->n++;
	return true;
}

static void list_end(struct list *l)
{
	json_end_array(&l->w);
	page_write_next(&l->w, l->call->arena, l->last, l->has_more);
	json_end_object(&l->w);
	api_json_end(l->call, &l->w);
}

void list_all(struct api_call *call, const struct listing *listing)
{
	struct list l;
	uint64_t ordinal;

	if (!list_begin(&l, call, listing))
		return;
	ordinal = snapshot_ordinal_behind(call->snapshot, listing->kind, l.page.after);
	for (const struct document *doc; (doc = snapshot_next(call->snapshot, listing->kind, &ordinal));)
		if (!list_take(&l, doc))
			break;
	list_end(&l);
}

void list_linked(struct api_call *call, const struct listing *listing, struct str link)
{
	const struct document *const *docs;
	size_t n = snapshot_linked(call->snapshot, listing->kind, link, call->arena, &docs);
	struct list l;

	if (!list_begin(&l, call, listing))
		return;
	for (size_t i = 0; i < n; i++)
		if (docs[i]->seq > l.page.after && !list_take(&l, docs[i]))
			break;
	list_end(&l);
}
