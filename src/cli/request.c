/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking for access that was denied, and approving that: AuthZEN's Access Request and Approval Profile, and
 * ConductorOne's tasks behind it.
 */
#include "cli/query.h"
#include "cli/session.h"

#define REQUESTS "/access/v1/requests"
#define TASKS    "/api/v1/tasks/"

/* ---- request --------------------------------------------------------------------------------------- */

static void write_denial(struct json_writer *w, const struct json *context)
{
	static const struct str echoed[] = {STR_INIT("evaluation_id"), STR_INIT("evaluated_at"), STR_INIT("reason")};
	static const struct str echoed_of_request[] = {STR_INIT("expires_at"), STR_INIT("binding_token"),
	                                               STR_INIT("template")};
	const struct json *request = json_get(context, STR("access_request"));

	json_key(w, STR("denial"));
	json_begin_object(w);
	for (size_t i = 0; i < N_ELEMENTS(echoed); i++)
		if (json_get(context, echoed[i]))
			json_put(w, echoed[i], json_get(context, echoed[i]));
	for (size_t i = 0; i < N_ELEMENTS(echoed_of_request); i++)
		if (json_get(request, echoed_of_request[i]))
			json_put(w, echoed_of_request[i], json_get(request, echoed_of_request[i]));
	json_end_object(w);
}

/* The question as it was denied, with the denial and what is wanted. */
static void write_submission(struct buf *out, const struct cli_options *o, const struct json *question,
                             const struct json *context)
{
	struct json_writer w = JSON_WRITER(out);

	json_begin_object(&w);
	for (uint32_t i = 0; i < question->n; i++)
		json_put(&w, question->members[i].name, &question->members[i].value);
	if (o->reason) {
		json_key(&w, STR("context"));
		json_begin_object(&w);
		json_put_str(&w, STR("business_justification"), str_of(o->reason));
		json_end_object(&w);
	}
	if (o->until) {
		json_key(&w, STR("requested_access"));
		json_begin_object(&w);
		json_put_str(&w, STR("requested_until"), str_of(o->until));
		json_end_object(&w);
	}
	write_denial(&w, context);
	json_end_object(&w);
}

static int submit(struct cli_session *s, struct str question, const struct json *context, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	const struct json *asked, *task;
	struct cli_answer answer;
	struct error err = {0};

	if (json_parse(question, a, &asked, &err) != JSON_OK)
		return cli_fail(s, "%s", err.text);
	write_submission(&body, s->options, asked, context);
	if (!cli_call(s, &(struct cli_call){.method = HTTP_POST, .path = STR(REQUESTS), .body = buf_str(&body)}, a,
	              &answer))
		return CLI_EXIT_ERROR;
	task = json_get(answer.body, STR("task"));
	if (s->options->json) {
		cli_print_json(s->out, answer.body);
		return CLI_EXIT_OK;
	}
	cli_print(s->out, json_get_str(task, STR("status")));
	(void)fputc(' ', s->out);
	cli_print(s->out, json_get_str(task, STR("id")));
	(void)fputc('\n', s->out);
	return CLI_EXIT_OK;
}

int cli_request(struct cli_session *s)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(buf_releasep) struct buf query = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	const struct json *decision, *context;
	struct cli_answer answer;
	struct error err = {0};

	if (cli_write_query(&query, s->options, &err) != 0)
		return cli_fail(s, "%s", err.text);
	if (!cli_call(
	        s,
	        &(struct cli_call){.method = HTTP_POST, .path = STR("/access/v1/evaluation"), .body = buf_str(&query)},
	        &a, &answer))
		return CLI_EXIT_ERROR;
	decision = json_get(answer.body, STR("decision"));
	context = json_get(answer.body, STR("context"));
	if (!json_is(decision, JSON_BOOL))
		return cli_fail(s, "%s: the answer holds no decision", s->options->url);
	if (!decision->b && json_get(context, STR("access_request")))
		return submit(s, buf_str(&query), context, &a);
	(void)fputs(decision->b ? "allowed already\n" : "denied, and cannot be requested\n", s->err);
	return CLI_EXIT_DENY;
}

/* ---- approve --------------------------------------------------------------------------------------- */

/* What is behind the last slash. */
static struct str last_segment(struct str url)
{
	size_t i = url.len;

	while (i > 0 && url.ptr[i - 1] != '/')
		i--;
	return str_slice(url, i, url.len);
}

/* The id that the request has among ConductorOne's tasks. False after saying why not. */
static bool find_ticket(struct cli_session *s, struct arena *a, struct str *ret)
{
	CLEANUP(buf_releasep) struct buf path = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct str task = str_of(s->options->operands[0]);
	struct cli_answer answer;
	const struct json *links;

	*ret = task;
	if (!str_starts_with(task, STR("arq_")))
		return true;
	buf_add(&path, STR(REQUESTS "/"));
	cli_percent_encode(&path, task);
	if (!cli_call(s, &(struct cli_call){.method = HTTP_GET, .path = buf_str(&path)}, a, &answer))
		return false;
	links = json_get(json_get(answer.body, STR("task")), STR("links"));
	*ret = last_segment(json_get_str(links, STR("ticket")));
	if (!str_is_empty(*ret))
		return true;
	(void)cli_fail(s, "the task is of several requests: approve each by its own id");
	return false;
}

int cli_approve(struct cli_session *s)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(buf_releasep) struct buf path = BUF_INIT(BUF_MAX_LINE_BYTES), body = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct json_writer w = JSON_WRITER(&body);
	struct cli_answer answer;
	const struct json *task;
	struct str ticket;

	if (!find_ticket(s, &a, &ticket))
		return CLI_EXIT_ERROR;
	buf_add(&path, STR(TASKS));
	cli_percent_encode(&path, ticket);
	if (!cli_call(s, &(struct cli_call){.method = HTTP_GET, .path = buf_str(&path)}, &a, &answer))
		return CLI_EXIT_ERROR;
	task = json_get(json_get(answer.body, STR("taskView")), STR("task"));
	json_begin_object(&w);
	json_put_str(&w, STR("policyStepId"),
	             json_get_str(json_get(json_get(task, STR("policy")), STR("current")), STR("id")));
	if (s->options->reason)
		json_put_str(&w, STR("comment"), str_of(s->options->reason));
	json_end_object(&w);
	buf_add(&path, STR("/action/approve"));
	if (!cli_call(s, &(struct cli_call){.method = HTTP_POST, .path = buf_str(&path), .body = buf_str(&body)}, &a,
	              &answer))
		return CLI_EXIT_ERROR;
	if (s->options->json)
		cli_print_json(s->out, answer.body);
	else
		(void)fprintf(s->out, "approved %s\n", s->options->operands[0]);
	return CLI_EXIT_OK;
}
