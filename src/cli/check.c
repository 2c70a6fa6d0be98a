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

static void print_strings(FILE *out, const struct json *list)
{
	for (uint32_t i = 0; json_is(list, JSON_ARRAY) && i < list->n; i++) {
		(void)fputs(i > 0 ? ", " : "", out);
		cli_print(out, json_str(&list->items[i]));
	}
}

static bool is_true(const struct json *object, struct str name)
{
	const struct json *value = json_get(object, name);

	return json_is(value, JSON_BOOL) && value->b;
}

/* From whom the access can be had; nothing when it cannot. */
static void print_request(FILE *out, const struct json *request)
{
	const struct json *approvers = json_get(request, STR("approvers"));
	struct str open = json_get_str(request, STR("open_request"));

	if (!str_is_empty(open)) {
		(void)fputs("  requested already: ", out);
		cli_print(out, open);
		(void)fputc('\n', out);
	}
	if (!is_true(request, STR("requestable")))
		return;
	(void)fputs("  can be requested: ", out);
	cli_print(out, json_get_str(request, STR("entitlement_id")));
	(void)fputs(" of ", out);
	cli_print(out, json_get_str(request, STR("app_id")));
	if (is_true(request, STR("immediate"))) {
		(void)fputs(", granted without approval", out);
	} else if (json_is(approvers, JSON_ARRAY) && approvers->n > 0) {
		(void)fputs(", approved by ", out);
		print_strings(out, approvers);
	}
	(void)fputc('\n', out);
}

/* {"outcome","nearest":[{"text"} …],"complete","access_request"} of a denial. */
static void print_explanation(FILE *out, const struct json *explanation)
{
	const struct json *nearest = json_get(explanation, STR("nearest"));
	const struct json *complete = json_get(explanation, STR("complete"));
	struct str outcome = json_get_str(explanation, STR("outcome"));

	if (!explanation)
		return;
	(void)fputs(str_eq(outcome, STR("forbidden")) ? "  It is forbidden" : "  It is not granted", out);
	(void)fputs(json_is(nearest, JSON_ARRAY) && nearest->n > 0 ? ". The nearest:\n" : ", and nothing comes near.\n",
	            out);
	for (uint32_t i = 0; json_is(nearest, JSON_ARRAY) && i < nearest->n; i++) {
		(void)fputs("    - ", out);
		cli_print(out, json_get_str(&nearest->items[i], STR("text")));
		(void)fputc('\n', out);
	}
	if (json_is(complete, JSON_BOOL) && !complete->b)
		(void)fputs("  There are more statements than were looked at.\n", out);
	print_request(out, json_get(explanation, STR("access_request")));
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
	if (!s->options->explain)
		return;
	print_reason(s->out, json_get(context, STR("reason")), a);
	print_explanation(s->out, json_get(context, STR("explanation")));
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
