/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#define PAGE      "200"
#define TAIL      "10"
#define FOLLOW_MS 1000u

/* A page to ask for. */
struct page {
	bool since; /* the time of --since plays a part */
	struct str cursor;
	const char *limit;
};

/* What came: the items, and the cursor for the page behind it, empty when there is none. */
struct trail {
	const struct json *items;
	struct str next;
};

static void print_field(FILE *out, struct str text)
{
	cli_print(out, str_is_empty(text) ? STR("-") : text);
	(void)fputs("  ", out);
}

static void print_item(struct cli_session *s, const struct json *item, struct arena *a)
{
	struct str revision = cli_text_of(json_get(item, STR("revision")), a);

	if (s->options->json) {
		cli_print_json(s->out, item);
		return;
	}
	print_field(s->out, json_get_str(item, STR("at")));
	print_field(s->out, json_get_str(item, STR("actor")));
	print_field(s->out, json_get_str(item, STR("via")));
	print_field(s->out, json_get_str(item, STR("operation")));
	print_field(s->out, json_get_str(item, STR("target")));
	cli_print(s->out, json_get_str(item, STR("outcome")));
	(void)fputc(' ', s->out);
	print_field(s->out, cli_text_of(json_get(item, STR("status")), a));
	if (!str_is_empty(revision) && !str_eq(revision, STR("0"))) {
		(void)fputs("revision ", s->out);
		print_field(s->out, revision);
	}
	print_field(s->out, json_get_str(item, STR("remote")));
	cli_print(s->out, json_get_str(item, STR("request_id")));
	if (!str_is_empty(json_get_str(item, STR("warning")))) {
		(void)fputs("  warning: ", s->out);
		cli_print(s->out, json_get_str(item, STR("warning")));
	}
	(void)fputc('\n', s->out);
}

static bool fetch(struct cli_session *s, const struct page *page, struct arena *a, struct trail *ret)
{
	CLEANUP(buf_releasep) struct buf path = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct cli_answer answer;

	buf_addf(&path, "/doorward/v1/audit?limit=%s", page->limit);
	if (page->since && s->options->since) {
		buf_add(&path, STR("&since="));
		cli_percent_encode(&path, str_of(s->options->since));
	}
	if (!str_is_empty(page->cursor)) {
		buf_add(&path, STR("&cursor="));
		cli_percent_encode(&path, page->cursor);
	}
	if (!cli_call(s, &(struct cli_call){.method = HTTP_GET, .path = buf_str(&path)}, a, &answer))
		return false;
	ret->items = json_get(answer.body, STR("items"));
	ret->next = cli_text_of(json_get(answer.body, STR("next_cursor")), a);
	if (json_is(ret->items, JSON_ARRAY))
		return true;
	cli_fail(s, "%s: the answer holds no audit trail", s->options->url);
	return false;
}

/* Replaces the text of `kept`, which outlives the page's arena. */
static void keep(struct buf *kept, struct str text)
{
	buf_clear(kept);
	buf_add(kept, text);
}

static int list(struct cli_session *s)
{
	CLEANUP(buf_releasep) struct buf cursor = BUF_INIT(BUF_MAX_LINE_BYTES);

	do {
		CLEANUP(arena_release) struct arena a = ARENA_INIT;
		struct trail trail;

		if (!fetch(s, &(struct page){.since = true, .cursor = buf_str(&cursor), .limit = PAGE}, &a, &trail))
			return CLI_EXIT_ERROR;
		for (uint32_t i = 0; i < trail.items->n; i++)
			print_item(s, &trail.items->items[i], &a);
		keep(&cursor, trail.next);
	} while (cursor.len > 0);
	return CLI_EXIT_OK;
}

/* Items newest first, as they came; all in one arena. */
struct gathered {
	const struct json **items;
	size_t n, cap;
};

static void gather(struct gathered *g, const struct json *item)
{
	if (g->n == g->cap) {
		g->cap = g->cap > 0 ? g->cap * 2 : 64;
		g->items = mem_realloc_array(g->items, g->cap, sizeof(*g->items));
	}
	g->items[g->n++] = item;
}

/* Gathers what is newer than `last`; false when the page reaches what was seen. */
static bool gather_page(struct gathered *g, const struct json *items, int64_t last)
{
	for (uint32_t i = 0; i < items->n; i++) {
		const struct json *id = json_get(&items->items[i], STR("id"));

		if (!json_is(id, JSON_INT) || id->i <= last)
			return false;
		gather(g, &items->items[i]);
	}
	return true;
}

/*
 * Prints what is newer than `*last`, oldest first, and moves it; INT64_MIN: the first time. Going back from the newest
 * needs no clock: a step of the server's cannot hide a line.
 */
static bool print_new(struct cli_session *s, int64_t *last)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(freep) const struct json **items = NULL;
	bool is_tail = *last == INT64_MIN && !s->options->since;
	struct page page = {.since = true, .limit = is_tail ? TAIL : PAGE};
	struct gathered g = {0};
	struct trail trail;

	do {
		if (!fetch(s, &page, &a, &trail)) {
			items = g.items;
			return false;
		}
		page.cursor = trail.next;
	} while (gather_page(&g, trail.items, *last) && !is_tail && !str_is_empty(trail.next));
	items = g.items;
	for (size_t i = g.n; i > 0; i--)
		print_item(s, items[i - 1], &a);
	if (g.n > 0)
		*last = json_get(items[0], STR("id"))->i;
	else if (*last == INT64_MIN)
		*last = 0;
	return true;
}

static int follow(struct cli_session *s)
{
	int64_t last = INT64_MIN;

	do {
		if (!print_new(s, &last))
			return CLI_EXIT_ERROR;
	} while (fflush(s->out) == 0 && s->pause(s, FOLLOW_MS));
	return CLI_EXIT_OK;
}

int cli_audit(struct cli_session *s)
{
	return s->options->follow ? follow(s) : list(s);
}
