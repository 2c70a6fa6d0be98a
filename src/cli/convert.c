/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

static void add_parameter(struct buf *path, const char *name, const char *value)
{
	if (!value)
		return;
	buf_addf(path, "%s=", name);
	cli_percent_encode(path, str_of(value));
}

static void print_loss(FILE *to, const struct json *loss)
{
	static const struct str names[] = {STR_INIT("effect"), STR_INIT("document"), STR_INIT("member"),
	                                   STR_INIT("why")};

	(void)fputs("lost:", to);
	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		(void)fputs(i < 3 ? " " : ": ", to);
		cli_print(to, json_get_str(loss, names[i]));
	}
	(void)fputc('\n', to);
}

/* Documents, one a line, or the text of policies in Cedar. */
static void print_policies(FILE *to, const struct json *policies)
{
	if (policies->type == JSON_STRING)
		(void)fwrite(policies->s.ptr, 1, policies->s.len, to);
	for (uint32_t i = 0; policies->type == JSON_ARRAY && i < policies->n; i++)
		cli_print_json(to, &policies->items[i]);
}

int cli_convert(struct cli_session *s)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(buf_releasep) struct buf path = BUF_INIT(BUF_MAX_LINE_BYTES);
	const struct cli_options *o = s->options;
	const struct json *policies, *lost;
	struct cli_answer answer;

	add_parameter(&path, "/doorward/v1/convert?from", o->from);
	add_parameter(&path, "&to", o->to);
	add_parameter(&path, "&id", o->id);
	if (!cli_call(s, &(struct cli_call){.method = HTTP_GET, .path = buf_str(&path), .as_of = o->as_of}, &a,
	              &answer))
		return CLI_EXIT_ERROR;
	policies = json_get(answer.body, STR("policies"));
	lost = json_get(answer.body, STR("lost"));
	if (!(json_is(policies, JSON_ARRAY) || json_is(policies, JSON_STRING)) || !json_is(lost, JSON_ARRAY))
		return cli_fail(s, "%s: the answer holds no policies", o->url);
	for (uint32_t i = 0; i < lost->n; i++)
		print_loss(s->err, &lost->items[i]);
	print_policies(s->out, policies);
	/* Anything but a plain "safe" is none. */
	if (json_is(json_get(answer.body, STR("safe")), JSON_BOOL) && json_get(answer.body, STR("safe"))->b)
		return CLI_EXIT_OK;
	return o->accept_losses ? CLI_EXIT_OK : CLI_EXIT_DENY;
}
