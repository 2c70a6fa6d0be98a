/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/clock.h"
#include "cli/log_files.h"

/* How many uses are gathered at least before those of one document are made one. */
#define MIN_USES ((size_t)4096)

struct use {
	struct str kind, id;
	int64_t at_ms;
};

/* Texts live in the arena, once a use that was gathered: a document that is used again has them twice until merged. */
struct uses {
	struct arena arena;
	struct use *items;
	size_t n, cap;
};

static int by_document(const void *x, const void *y)
{
	const struct use *a = x, *b = y;
	int order = str_cmp(a->kind, b->kind);

	if (order == 0)
		order = str_cmp(a->id, b->id);
	return order ? order : (a->at_ms > b->at_ms) - (a->at_ms < b->at_ms);
}

static bool is_same(const struct use *a, const struct use *b)
{
	return str_eq(a->kind, b->kind) && str_eq(a->id, b->id);
}

/* Leaves the last use of each, sorted, in an arena of its own: memory grows with the documents, not with the log. */
static void merge(struct uses *u)
{
	struct arena kept = ARENA_INIT;
	size_t n = 0;

	if (u->n > 1)
		qsort(u->items, u->n, sizeof(*u->items), by_document);
	for (size_t i = 0; i < u->n; i++) {
		if (i + 1 < u->n && is_same(&u->items[i], &u->items[i + 1]))
			continue;
		u->items[n++] = (struct use){arena_str(&kept, u->items[i].kind), arena_str(&kept, u->items[i].id),
		                             u->items[i].at_ms};
	}
	arena_release(&u->arena);
	u->arena = kept;
	u->n = n;
}

static void add(struct uses *u, const struct json *entry)
{
	struct use use = {json_get_str(entry, STR("kind")), json_get_str(entry, STR("document")), 0};

	/* A question about the past, such as one of a replay, is no use of anything. */
	if (json_get(entry, STR("asked_at")) || str_is_absent(use.kind) || str_is_absent(use.id) ||
	    !time_parse_rfc3339(json_get_str(entry, STR("at")), &use.at_ms))
		return;
	if (u->n == u->cap) {
		merge(u);
		if (u->n >= u->cap / 2) {
			u->cap = u->cap ? u->cap * 2 : MIN_USES;
			u->items = mem_realloc_array(u->items, u->cap, sizeof(*u->items));
		}
	}
	use.kind = arena_str(&u->arena, use.kind);
	use.id = arena_str(&u->arena, use.id);
	u->items[u->n++] = use;
}

static void print(struct cli_session *s, const struct use *use)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct json_writer w = JSON_WRITER(&text);
	char at[32];

	json_begin_object(&w);
	json_put_str(&w, STR("kind"), use->kind);
	json_put_str(&w, STR("id"), use->id);
	json_put_str(&w, STR("last_used"), time_format_rfc3339(use->at_ms, at));
	json_end_object(&w);
	buf_add_char(&text, '\n');
	(void)fwrite(text.ptr, 1, text.len, s->out);
}

int cli_audit_last_use(struct cli_session *s)
{
	CLEANUP(log_files_closep) struct log_files *files = log_files_open(s);
	struct uses uses = {.arena = ARENA_INIT};
	struct error err = {0};
	enum log_read r;

	if (!files)
		return CLI_EXIT_ERROR;
	do {
		CLEANUP(arena_release) struct arena a = ARENA_INIT;
		struct log_line line;

		r = log_files_next(files, &a, &line, &err);
		if (r == LOG_LINE && str_eq(line.type, STR("decision")))
			add(&uses, line.object);
	} while (r == LOG_LINE);
	merge(&uses);
	for (size_t i = 0; r == LOG_END && i < uses.n; i++)
		print(s, &uses.items[i]);
	arena_release(&uses.arena);
	free(uses.items);
	return r == LOG_END ? CLI_EXIT_OK : log_files_fail(s, r, &err);
}
