/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#define PAGE "100"

/* "(allowing +1 -0, denying +0 -2)": what is 0 twice is left out. */
static void print_pair(FILE *out, const char *word, const struct json *pair, struct arena *a)
{
	struct str added = cli_text_of(json_get(pair, STR("added")), a);
	struct str removed = cli_text_of(json_get(pair, STR("removed")), a);

	if (str_eq(added, STR("0")) && str_eq(removed, STR("0")))
		return;
	(void)fprintf(out, "  %s +", word);
	cli_print(out, added);
	(void)fputs(" -", out);
	cli_print(out, removed);
}

static void print_access(FILE *out, const struct json *access, struct arena *a)
{
	cli_print(out, json_get_str(access, STR("effect")));
	print_pair(out, "allowing", json_get(access, STR("allowing_statements")), a);
	print_pair(out, "denying", json_get(access, STR("denying_statements")), a);
	print_pair(out, "memberships", json_get(access, STR("memberships")), a);
}

static void print_document(FILE *out, const struct json *document)
{
	(void)fputs("    ", out);
	cli_print(out, json_get_str(document, STR("change")));
	(void)fputc(' ', out);
	cli_print(out, json_get_str(document, STR("kind")));
	(void)fputc(' ', out);
	cli_print(out, json_get_str(document, STR("id")));
	(void)fputc('\n', out);
}

static void print_item(struct cli_session *s, const struct json *item, struct arena *a)
{
	const struct json *documents = json_get(item, STR("documents"));
	struct str left_out = cli_text_of(json_get(item, STR("documents_left_out")), a);

	if (s->options->json) {
		cli_print_json(s->out, item);
		return;
	}
	(void)fputs("revision ", s->out);
	cli_print(s->out, cli_text_of(json_get(item, STR("revision")), a));
	(void)fputs("  ", s->out);
	cli_print(s->out, json_get_str(item, STR("at")));
	(void)fputs("  ", s->out);
	cli_print(s->out, str_is_empty(json_get_str(item, STR("actor"))) ? STR("-") : json_get_str(item, STR("actor")));
	(void)fputs("  ", s->out);
	cli_print(s->out, json_get_str(item, STR("operation")));
	(void)fputs("  ", s->out);
	print_access(s->out, json_get(item, STR("access")), a);
	(void)fputc('\n', s->out);
	for (uint32_t i = 0; json_is(documents, JSON_ARRAY) && i < documents->n; i++)
		print_document(s->out, &documents->items[i]);
	if (!str_is_empty(left_out) && !str_eq(left_out, STR("0"))) {
		(void)fputs("    and ", s->out);
		cli_print(s->out, left_out);
		(void)fputs(" more\n", s->out);
	}
}

static void add_parameter(struct buf *path, const char *name, struct str value)
{
	if (str_is_empty(value))
		return;
	buf_addf(path, "&%s=", name);
	cli_percent_encode(path, value);
}

/* Prints a page; `cursor` becomes that of the next one, or empty. */
static bool print_page(struct cli_session *s, struct buf *cursor)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(buf_releasep) struct buf path = BUF_INIT(BUF_MAX_LINE_BYTES);
	const struct json *items;
	struct cli_answer answer;

	buf_add(&path, STR("/doorward/v1/changes?limit=" PAGE));
	add_parameter(&path, "from", s->options->from ? str_of(s->options->from) : STR_NONE);
	add_parameter(&path, "to", s->options->to ? str_of(s->options->to) : STR_NONE);
	add_parameter(&path, "cursor", buf_str(cursor));
	if (!cli_call(s, &(struct cli_call){.method = HTTP_GET, .path = buf_str(&path)}, &a, &answer))
		return false;
	items = json_get(answer.body, STR("items"));
	if (!json_is(items, JSON_ARRAY)) {
		(void)cli_fail(s, "%s: the answer holds no changes", s->options->url);
		return false;
	}
	for (uint32_t i = 0; i < items->n; i++)
		print_item(s, &items->items[i], &a);
	buf_clear(cursor);
	buf_add(cursor, cli_text_of(json_get(answer.body, STR("next_cursor")), &a));
	return true;
}

int cli_changes(struct cli_session *s)
{
	CLEANUP(buf_releasep) struct buf cursor = BUF_INIT(BUF_MAX_LINE_BYTES);

	do {
		if (!print_page(s, &cursor))
			return CLI_EXIT_ERROR;
	} while (cursor.len > 0);
	return CLI_EXIT_OK;
}
