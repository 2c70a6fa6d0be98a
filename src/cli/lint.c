/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/clock.h"
#include "cli/session.h"
#include "cli/usage.h"

#define PAGE       "100"
#define MS_PER_DAY INT64_C(86400000)

/* A run: what is sent with each page, and what was found so far. */
struct linting {
	struct cli_session *session;
	struct str usage; /* the body, with what was used; absent: none */
	struct buf cursor;
	uint64_t n_findings, n_unchecked;
};

static void print_documents(FILE *out, const struct json *documents)
{
	for (uint32_t i = 0; json_is(documents, JSON_ARRAY) && i < documents->n; i++) {
		(void)fputs(i > 0 ? ", " : "", out);
		cli_print(out, json_get_str(&documents->items[i], STR("kind")));
		(void)fputc(' ', out);
		cli_print(out, json_get_str(&documents->items[i], STR("id")));
	}
}

static void print_finding(struct cli_session *s, const struct json *finding)
{
	if (s->options->json) {
		cli_print_json(s->out, finding);
		return;
	}
	cli_print(s->out, json_get_str(finding, STR("severity")));
	(void)fputs("  ", s->out);
	cli_print(s->out, json_get_str(finding, STR("kind")));
	(void)fputs("  ", s->out);
	print_documents(s->out, json_get(finding, STR("documents")));
	(void)fputs("\n  ", s->out);
	cli_print(s->out, json_get_str(finding, STR("text")));
	(void)fputs("\n  ", s->out);
	cli_print(s->out, json_get_str(finding, STR("advice")));
	(void)fputc('\n', s->out);
}

static void add_parameter(struct buf *path, const char *name, struct str value)
{
	if (str_is_empty(value))
		return;
	buf_addf(path, "&%s=", name);
	cli_percent_encode(path, value);
}

static uint64_t count_of(const struct json *body, struct str name)
{
	const struct json *value = json_get(body, name);

	return json_is(value, JSON_INT) && value->i > 0 ? (uint64_t)value->i : 0;
}

/* Prints a page; the cursor becomes that of the next one, or empty. */
static bool print_page(struct linting *l)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(buf_releasep) struct buf path = BUF_INIT(BUF_MAX_LINE_BYTES);
	const struct cli_options *o = l->session->options;
	bool has_usage = !str_is_absent(l->usage);
	const struct json *items;
	struct cli_answer answer;

	buf_add(&path, STR("/doorward/v1/findings?limit=" PAGE));
	add_parameter(&path, "kind", str_of(o->kind));
	add_parameter(&path, "severity", str_of(o->severity));
	add_parameter(&path, "document", str_of(o->document));
	add_parameter(&path, "delete", str_of(o->deleted));
	add_parameter(&path, "cursor", buf_str(&l->cursor));
	if (!cli_call(l->session,
	              &(struct cli_call){
	                  .method = has_usage ? HTTP_POST : HTTP_GET, .path = buf_str(&path), .body = l->usage},
	              &a, &answer))
		return false;
	items = json_get(answer.body, STR("items"));
	if (!json_is(items, JSON_ARRAY)) {
		(void)cli_fail(l->session, "%s: the answer holds no findings", o->url);
		return false;
	}
	for (uint32_t i = 0; i < items->n; i++)
		print_finding(l->session, &items->items[i]);
	l->n_findings += items->n;
	l->n_unchecked += count_of(answer.body, STR("unchecked_statements"));
	buf_clear(&l->cursor);
	buf_add(&l->cursor, cli_text_of(json_get(answer.body, STR("next_cursor")), &a));
	return true;
}

static void print_end(const struct linting *l)
{
	FILE *out = l->session->out;

	if (l->session->options->json)
		return;
	if (l->n_findings == 0)
		(void)fputs("No findings.\n", out);
	else
		(void)fprintf(out, "%" PRIu64 " finding%s.\n", l->n_findings, l->n_findings == 1 ? "" : "s");
	if (l->n_unchecked > 0)
		(void)fprintf(out, "%" PRIu64 " statements were too many to be compared with all others.\n",
		              l->n_unchecked);
}

/* What was used in so many days, from the log; nothing without one. */
static bool read_usage(struct cli_session *s, struct buf *usage)
{
	const struct cli_options *o = s->options;
	struct error err = {0};

	if (!o->decisions)
		return true;
	if (usage_read(o->decisions, clock_now_ms() - (int64_t)o->days * MS_PER_DAY, usage, &err) == 0)
		return true;
	(void)cli_fail(s, "%s: %s", o->decisions, err.text);
	return false;
}

int cli_lint(struct cli_session *s)
{
	CLEANUP(buf_releasep) struct buf usage = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct linting l = {.session = s, .cursor = BUF_INIT(BUF_MAX_LINE_BYTES)};
	bool is_good = read_usage(s, &usage);

	if (usage.len)
		l.usage = buf_str(&usage);
	do {
		is_good = is_good && print_page(&l);
	} while (is_good && l.cursor.len > 0);
	buf_release(&l.cursor);
	if (!is_good)
		return CLI_EXIT_ERROR;
	print_end(&l);
	return l.n_findings ? CLI_EXIT_DENY : CLI_EXIT_OK;
}
