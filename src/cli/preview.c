/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cel.h"
#include "cli/session.h"

static void print_number(FILE *out, const struct json *object, const char *name, struct arena *a)
{
	cli_print(out, cli_text_of(json_get(object, str_of(name)), a));
}

static bool is_zero(const struct json *object, const char *name, struct arena *a)
{
	return str_eq(cli_text_of(json_get(object, str_of(name)), a), STR("0"));
}

/* "DELETE /doorward/v1/policies/read  204", and of what was refused why. */
static void print_change(FILE *out, const struct json *change, struct arena *a)
{
	static const struct str names[] = {STR_INIT("detail"), STR_INIT("error"), STR_INIT("message")};
	const struct json *body = json_get(change, STR("body"));
	const struct str status = cli_text_of(json_get(change, STR("status")), a);

	cli_print(out, json_get_str(change, STR("method")));
	(void)fputc(' ', out);
	cli_print(out, json_get_str(change, STR("path")));
	(void)fputs("  ", out);
	cli_print(out, status);
	for (size_t i = 0; i < N_ELEMENTS(names) && !str_starts_with(status, STR("2")); i++)
		if (json_is(json_get(body, names[i]), JSON_STRING)) {
			(void)fputs("  ", out);
			cli_print(out, json_get_str(body, names[i]));
			break;
		}
	(void)fputc('\n', out);
}

static void print_count(FILE *out, const struct json *principals, const char *name, const char *one, const char *many)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	const struct str n = cli_text_of(json_get(principals, str_of(name)), &a);

	if (str_eq(n, STR("0")))
		return;
	(void)fputc(' ', out);
	cli_print(out, n);
	(void)fprintf(out, " %s", str_eq(n, STR("1")) ? one : many);
}

/* "for 2 users (alice, bob) through group devs, by access_policy read". */
static void print_group(FILE *out, const struct json *group)
{
	const struct json *principals = json_get(group, STR("principals"));
	const struct json *sample = json_get(principals, STR("sample")), *through = json_get(group, STR("through"));
	const struct json *document = json_get(group, STR("document"));

	(void)fputs("  for", out);
	print_count(out, principals, "users", "user", "users");
	print_count(out, principals, "services", "service", "services");
	print_count(out, principals, "others", "other", "others");
	for (uint32_t i = 0; json_is(sample, JSON_ARRAY) && i < sample->n; i++) {
		(void)fputs(i > 0 ? ", " : " (", out);
		cli_print(out, json_get_str(&sample->items[i], STR("id")));
	}
	(void)fputs(json_is(sample, JSON_ARRAY) && sample->n ? ")" : "", out);
	if (json_is(through, JSON_OBJECT)) {
		(void)fputs(" through ", out);
		cli_print(out, json_get_str(through, STR("type")));
		(void)fputc(' ', out);
		cli_print(out, json_get_str(through, STR("id")));
	}
	(void)fputs(", by ", out);
	cli_print(out, json_get_str(document, STR("kind")));
	(void)fputc(' ', out);
	cli_print(out, json_get_str(document, STR("id")));
	(void)fputc('\n', out);
}

static void print_cell(FILE *out, const char *sign, const struct json *cell)
{
	const struct json *resource = json_get(cell, STR("resource")), *tenants = json_get(cell, STR("tenants"));

	(void)fprintf(out, "    %s ", sign);
	cli_print(out, json_get_str(cell, STR("action")));
	(void)fputs(" on ", out);
	cli_print(out, json_get_str(resource, STR("type")));
	(void)fputc('/', out);
	cli_print(out, json_get_str(resource, STR("id")));
	for (uint32_t i = 0; json_is(tenants, JSON_ARRAY) && i < tenants->n; i++) {
		(void)fputs(i > 0 ? ", " : " in ", out);
		cli_print(out, json_str(&tenants->items[i]));
	}
	(void)fputc('\n', out);
}

static void print_groups(FILE *out, const struct json *groups, struct arena *a)
{
	for (uint32_t i = 0; json_is(groups, JSON_ARRAY) && i < groups->n; i++) {
		const struct json *group = &groups->items[i], *access = json_get(group, STR("access"));
		const struct json *sample = json_get(access, STR("sample"));
		const bool gains = str_eq(json_get_str(group, STR("change")), STR("gains"));

		print_group(out, group);
		for (uint32_t k = 0; json_is(sample, JSON_ARRAY) && k < sample->n; k++)
			print_cell(out, gains ? "+" : "-", &sample->items[k]);
		if (json_is(sample, JSON_ARRAY) &&
		    !str_eq(cli_text_of(json_get(access, STR("count")), a), arena_strf(a, "%u", sample->n))) {
			(void)fputs("      of ", out);
			print_number(out, access, "count", a);
			(void)fputc('\n', out);
		}
	}
}

static void print_preview(struct cli_session *s, const struct json *body, struct arena *a)
{
	const struct json *changes = json_get(body, STR("changes"));

	if (s->options->json) {
		cli_print_json(s->out, body);
		return;
	}
	for (uint32_t i = 0; json_is(changes, JSON_ARRAY) && i < changes->n; i++)
		print_change(s->out, &changes->items[i], a);
	if (!json_is(json_get(body, STR("gains")), JSON_OBJECT))
		return;
	print_groups(s->out, json_get(body, STR("groups")), a);
	(void)fputs("gain: ", s->out);
	print_number(s->out, json_get(body, STR("gains")), "principals", a);
	(void)fputs(", lose: ", s->out);
	print_number(s->out, json_get(body, STR("loses")), "principals", a);
	(void)fputc('\n', s->out);
}

/* The list of changes, or the whole body of the call. */
static void write_body(struct buf *out, const struct json *file)
{
	struct json_writer w = JSON_WRITER(out);

	if (!json_is(file, JSON_ARRAY)) {
		json_add(&w, file);
		return;
	}
	json_begin_object(&w);
	json_put(&w, STR("changes"), file);
	json_end_object(&w);
}

int cli_preview(struct cli_session *s)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	const struct json *file;
	struct cli_answer answer;

	if (!cli_cel_read_file(s, s->options->operands[0], &a, &file))
		return CLI_EXIT_ERROR;
	write_body(&body, file);
	if (!cli_call(
	        s, &(struct cli_call){.method = HTTP_POST, .path = STR("/doorward/v1/preview"), .body = buf_str(&body)},
	        &a, &answer))
		return CLI_EXIT_ERROR;
	if (!json_is(json_get(answer.body, STR("changes")), JSON_ARRAY))
		return cli_fail(s, "%s: the answer holds no preview", s->options->url);
	print_preview(s, answer.body, &a);
	if (!is_zero(answer.body, "refused", &a))
		return cli_fail(s, "a change would be refused");
	return is_zero(json_get(answer.body, STR("gains")), "principals", &a) &&
	               is_zero(json_get(answer.body, STR("loses")), "principals", &a)
	           ? CLI_EXIT_OK
	           : CLI_EXIT_DENY;
}
