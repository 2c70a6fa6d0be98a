/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/query.h"
#include "cli/session.h"

static void print_tenants(FILE *out, const struct json *tenants)
{
	if (!json_is(tenants, JSON_ARRAY) || tenants->n == 0)
		return;
	(void)fputs(" in ", out);
	for (uint32_t i = 0; i < tenants->n; i++) {
		(void)fputs(i > 0 ? ", " : "", out);
		cli_print(out, json_str(&tenants->items[i]));
	}
}

/* {"document","kind","statement","effect","text"}; what is missing is left out. */
static void print_reason(FILE *out, const struct json *reason, struct arena *a)
{
	struct str document = json_get_str(reason, STR("document"));
	struct str text = json_get_str(reason, STR("text"));
	struct str statement = cli_text_of(json_get(reason, STR("statement")), a);

	if (!str_is_empty(text)) {
		(void)fputs("  ", out);
		cli_print(out, text);
		(void)fputc('\n', out);
	}
	if (str_is_empty(document))
		return;
	(void)fputs("  decided by ", out);
	cli_print(out, json_get_str(reason, STR("kind")));
	(void)fputc(' ', out);
	cli_print(out, document);
	if (!str_is_empty(statement)) {
		(void)fputs(", statement ", out);
		cli_print(out, statement);
	}
	(void)fputc('\n', out);
}

static void print_decision(struct cli_session *s, const struct json *body, bool allowed, struct arena *a)
{
	const struct json *context = json_get(body, STR("context"));

	if (s->options->json) {
		cli_print_json(s->out, body);
		return;
	}
	(void)fputs(allowed ? "allow" : "deny", s->out);
	print_tenants(s->out, json_get(context, STR("tenants")));
	(void)fputc('\n', s->out);
	if (s->options->explain)
		print_reason(s->out, json_get(context, STR("reason")), a);
}

int cli_check(struct cli_session *s)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(buf_releasep) struct buf query = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	const struct json *decision;
	struct cli_answer answer;
	struct error err = {0};

	if (cli_write_query(&query, s->options, &err) != 0)
		return cli_fail(s, "%s", err.text);
	if (!cli_call(s,
	              &(struct cli_call){.method = HTTP_POST,
	                                 .path = STR("/access/v1/evaluation"),
	                                 .body = buf_str(&query),
	                                 .explain = s->options->explain,
	                                 .as_of = s->options->as_of},
	              &a, &answer))
		return CLI_EXIT_ERROR;
	decision = json_get(answer.body, STR("decision"));
	if (!json_is(decision, JSON_BOOL))
		return cli_fail(s, "%s: the answer holds no decision", s->options->url);
	print_decision(s, answer.body, decision->b, &a);
	return decision->b ? CLI_EXIT_OK : CLI_EXIT_DENY;
}
