/* SPDX-License-Identifier: Apache-2.0
 *
 * Export and import by way of a server; by way of a store they are run by main.
 */
#include <errno.h>

#include "cli/session.h"

#define MAX_IMPORT_BYTES ((size_t)64 << 20) /* the largest body that a server can be told to take */

/* The server's pages become one archive, in the layout that it gives one page (model/archive.h). */
struct join {
	struct cli_session *s;
	FILE *out;
	struct buf kind;   /* of the list that is open */
	struct buf cursor; /* of the next page; empty: there is none */
	bool has_begun;
};

static void write_str(FILE *to, struct str text)
{
	(void)fwrite(text.ptr, 1, text.len, to);
}

static void write_json(FILE *to, const struct json *tree)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct json_writer w = JSON_WRITER(&text);

	json_add(&w, tree);
	write_str(to, buf_str(&text));
}

static void write_head(struct join *j, const struct json *page)
{
	static const struct str names[] = {STR_INIT("format"), STR_INIT("version"), STR_INIT("organization"),
	                                   STR_INIT("revision")};

	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		(void)fprintf(j->out, "%s\"" STR_FMT "\":", i == 0 ? "{" : ",", STR_ARG(names[i]));
		write_json(j->out, json_get(page, names[i]));
	}
	(void)fputs(",\"documents\":{", j->out);
	j->has_begun = true;
}

static void write_list(struct join *j, struct str kind, const struct json *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		if (str_eq(kind, buf_str(&j->kind)))
			(void)fputs(",\n", j->out);
		else
			(void)fprintf(j->out, "%s\n\"" STR_FMT "\":[\n", j->kind.len ? "\n]," : "", STR_ARG(kind));
		buf_clear(&j->kind);
		buf_add(&j->kind, kind);
		write_json(j->out, &list->items[i]);
	}
}

static bool add_page(struct join *j)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(buf_releasep) struct buf path = BUF_INIT(BUF_MAX_LINE_BYTES);
	const struct cli_options *o = j->s->options;
	const struct json *documents;
	struct cli_answer answer;

	buf_addf(&path, "/doorward/v1/export?keys=%s", o->with_keys ? "true" : "false");
	if (j->cursor.len) {
		buf_add(&path, STR("&cursor="));
		cli_percent_encode(&path, buf_str(&j->cursor));
	}
	/* Later pages are of the state that the cursor names. */
	if (!cli_call(
	        j->s,
	        &(struct cli_call){.method = HTTP_GET, .path = buf_str(&path), .as_of = j->has_begun ? NULL : o->as_of},
	        &a, &answer))
		return false;
	documents = json_get(answer.body, STR("documents"));
	if (!json_is(documents, JSON_OBJECT)) {
		(void)cli_fail(j->s, "%s: the answer is no archive", o->url);
		return false;
	}
	if (!j->has_begun)
		write_head(j, answer.body);
	for (uint32_t i = 0; i < documents->n; i++)
		write_list(j, documents->members[i].name, &documents->members[i].value);
	buf_clear(&j->cursor);
	buf_add(&j->cursor, cli_text_of(json_get(answer.body, STR("next_cursor")), &a));
	return true;
}

static int write_archive(struct cli_session *s, FILE *out)
{
	CLEANUP(buf_releasep) struct buf kind = BUF_INIT(BUF_MAX_LINE_BYTES);
	CLEANUP(buf_releasep) struct buf cursor = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct join j = {.s = s, .out = out, .kind = kind, .cursor = cursor};
	bool is_whole;

	do
		is_whole = add_page(&j);
	while (is_whole && j.cursor.len);
	(void)fputs(j.kind.len ? "\n]\n}}\n" : "\n}}\n", out);
	kind = j.kind;
	cursor = j.cursor;
	return is_whole ? CLI_EXIT_OK : CLI_EXIT_ERROR;
}

/* A file has its name only once it is whole. */
int cli_write_file(struct cli_session *s, int (*write)(struct cli_session *s, FILE *out))
{
	CLEANUP(buf_releasep) struct buf part = BUF_INIT(BUF_MAX_LINE_BYTES);
	const char *name = s->options->out;
	FILE *out;
	int status;

	if (!name)
		return write(s, s->out);
	buf_addf(&part, "%s.part", name);
	buf_add_char(&part, '\0');
	out = part.overflowed ? NULL : fopen(part.ptr, "we");
	if (!out)
		return cli_fail(s, "cannot write %s.part: %s", name, strerror(errno));
	status = write(s, out);
	if (fclose(out) != 0 && status == CLI_EXIT_OK)
		status = cli_fail(s, "cannot write %s: %s", part.ptr, strerror(errno));
	if (status == CLI_EXIT_OK && rename(part.ptr, name) != 0)
		status = cli_fail(s, "cannot name %s: %s", name, strerror(errno));
	if (status != CLI_EXIT_OK)
		(void)remove(part.ptr);
	return status;
}

int cli_export(struct cli_session *s)
{
	return cli_write_file(s, write_archive);
}

/* ---- import --------------------------------------------------------------------------------------------------- */

static int read_whole(struct cli_session *s, const char *path, struct buf *out)
{
	FILE *f = fopen(path, "re");
	bool failed;
	size_t n;
	char *p;

	if (!f)
		return cli_fail(s, "cannot read %s: %s", path, strerror(errno));
	while ((p = buf_reserve(out, 65536)) && (n = fread(p, 1, 65536, f)) > 0)
		out->len += n;
	failed = ferror(f);
	(void)fclose(f);
	if (failed)
		return cli_fail(s, "cannot read %s", path);
	if (out->overflowed)
		return cli_fail(s, "%s is larger than %zu MiB, the most that a server takes: import it with --store",
		                path, MAX_IMPORT_BYTES >> 20);
	return CLI_EXIT_OK;
}

int cli_import(struct cli_session *s)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_IMPORT_BYTES + 65536);
	struct cli_answer answer;

	if (read_whole(s, s->options->operands[0], &text) != CLI_EXIT_OK)
		return CLI_EXIT_ERROR;
	if (!cli_call(s,
	              &(struct cli_call){.method = HTTP_POST,
	                                 .path = s->options->merge ? STR("/doorward/v1/import?merge=true")
	                                                           : STR("/doorward/v1/import"),
	                                 .body = buf_str(&text)},
	              &a, &answer))
		return CLI_EXIT_ERROR;
	(void)fputs("imported ", s->out);
	cli_print(s->out, cli_text_of(json_get(answer.body, STR("imported")), &a));
	(void)fputs(" documents, ", s->out);
	cli_print(s->out, cli_text_of(json_get(answer.body, STR("unchanged")), &a));
	(void)fputs(" were there already\n", s->out);
	return CLI_EXIT_OK;
}
