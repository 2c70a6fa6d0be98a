/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/query.h"
#include "cli/session.h"

#define KEYS "/doorward/v1/keys"

int cli_key_create(struct cli_session *s)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct cli_answer answer;
	struct str key;

	cli_write_key(&body, s->options);
	if (!cli_call(s, &(struct cli_call){.method = HTTP_POST, .path = STR(KEYS), .body = buf_str(&body)}, &a,
	              &answer))
		return CLI_EXIT_ERROR;
	key = json_get_str(answer.body, STR("key"));
	if (str_is_empty(key))
		return cli_fail(s, "%s: the answer holds no key", s->options->url);
	if (s->options->json) {
		cli_print_json(s->out, answer.body);
		return CLI_EXIT_OK;
	}
	cli_print(s->out, key);
	(void)fputc('\n', s->out);
	(void)fputs("key ", s->err);
	cli_print(s->err, json_get_str(answer.body, STR("id")));
	(void)fprintf(s->err, " of user:%s, shown this once\n", s->options->user);
	return CLI_EXIT_OK;
}

static void print_key(struct cli_session *s, const struct json *item)
{
	const struct json *principal = json_get(item, STR("principal"));
	struct str expires = json_get_str(item, STR("expires_at"));

	if (s->options->json) {
		cli_print_json(s->out, item);
		return;
	}
	cli_print(s->out, json_get_str(item, STR("id")));
	(void)fputs("  ", s->out);
	cli_print(s->out, json_get_str(principal, STR("type")));
	(void)fputc(':', s->out);
	cli_print(s->out, json_get_str(principal, STR("id")));
	(void)fputs("  ", s->out);
	cli_print(s->out, str_is_empty(expires) ? STR("never expires") : expires);
	(void)fputs("  ", s->out);
	cli_print(s->out, json_get_str(item, STR("name")));
	(void)fputc('\n', s->out);
}

/* One page; `*next` is where the following one begins, absent at the end. */
static bool list_page(struct cli_session *s, struct buf *next)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(buf_releasep) struct buf path = BUF_INIT(BUF_MAX_LINE_BYTES);
	const struct json *items;
	struct cli_answer answer;

	buf_add(&path, STR(KEYS));
	if (next->len > 0) {
		buf_add(&path, STR("?cursor="));
		cli_percent_encode(&path, buf_str(next));
	}
	if (!cli_call(s, &(struct cli_call){.method = HTTP_GET, .path = buf_str(&path)}, &a, &answer))
		return false;
	items = json_get(answer.body, STR("items"));
	for (uint32_t i = 0; json_is(items, JSON_ARRAY) && i < items->n; i++)
		print_key(s, &items->items[i]);
	buf_clear(next);
	buf_add(next, cli_text_of(json_get(answer.body, STR("next_cursor")), &a));
	return true;
}

int cli_key_list(struct cli_session *s)
{
	CLEANUP(buf_releasep) struct buf next = BUF_INIT(BUF_MAX_LINE_BYTES);

	do {
		if (!list_page(s, &next))
			return CLI_EXIT_ERROR;
	} while (next.len > 0);
	return CLI_EXIT_OK;
}

int cli_key_revoke(struct cli_session *s)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(buf_releasep) struct buf path = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct cli_answer answer;

	buf_add(&path, STR(KEYS "/"));
	cli_percent_encode(&path, str_of(s->options->operands[0]));
	if (!cli_call(s, &(struct cli_call){.method = HTTP_DELETE, .path = buf_str(&path)}, &a, &answer))
		return CLI_EXIT_ERROR;
	return CLI_EXIT_OK;
}
