/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include <stdarg.h>

#define MAX_PLAIN_BYTES 300u

int cli_fail(struct cli_session *s, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	(void)fputs("doorward: ", s->err);
	cli_print(s->err, str_of(text));
	(void)fputc('\n', s->err);
	return CLI_EXIT_ERROR;
}

void cli_print(FILE *to, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		(void)fputc(c < 0x20 || c == 0x7f ? '?' : c, to);
	}
}

void cli_print_json(FILE *to, const struct json *tree)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct json_writer w = JSON_WRITER(&text);

	json_add(&w, tree);
	buf_add_char(&text, '\n');
	(void)fwrite(text.ptr, 1, text.len, to);
}

void cli_percent_encode(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		    c == '_' || c == '.' || c == '~')
			buf_add_char(out, (char)c);
		else
			buf_addf(out, "%%%02X", c);
	}
}

struct str cli_text_of(const struct json *j, struct arena *a)
{
	if (json_is(j, JSON_STRING))
		return j->s;
	if (json_is(j, JSON_INT))
		return arena_strf(a, "%lld", (long long)j->i);
	if (json_is(j, JSON_UINT))
		return arena_strf(a, "%llu", (unsigned long long)j->u);
	return STR_NONE;
}

/* What an error body says to a person: problem details, or the envelope of a dialect. */
static struct str error_text(const struct json *body)
{
	static const struct str names[] = {STR_INIT("detail"), STR_INIT("message"), STR_INIT("error"),
	                                   STR_INIT("title")};

	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		struct str text = json_get_str(body, names[i]);

		if (!str_is_empty(text))
			return text;
	}
	return STR("no reason given");
}

/* The first line of an error that is not JSON (AuthZEN's are plain text); not of a page that some proxy made. */
static struct str plain_text(struct str text)
{
	struct str rest = str_trim(text), line = STR_NONE;

	if (str_starts_with(rest, STR("<")) || !str_split(&rest, '\n', &line) || str_is_empty(line))
		return error_text(NULL);
	return str_slice(line, 0, MAX_PLAIN_BYTES);
}

/* The URL of a path: a slash at the end of the server's own counts once. */
static void write_url(struct buf *out, const char *base, struct str path)
{
	struct str url = str_of(base);

	while (str_ends_with(url, STR("/")))
		url.len--;
	buf_add(out, url);
	buf_add(out, path);
}

static int perform(struct cli_session *s, const struct cli_call *call, unsigned *ret_status, struct buf *ret_body,
                   struct error *err)
{
	CLEANUP(buf_releasep) struct buf url = BUF_INIT(BUF_MAX_LINE_BYTES);
	CLEANUP(buf_releasep) struct buf bearer = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct http_header headers[6];
	size_t n = 0;

	write_url(&url, s->options->url, call->path);
	if (s->options->key)
		buf_addf(&bearer, "Bearer %s", s->options->key);
	if (url.overflowed || bearer.overflowed)
		return error_set(err, CLI_USAGE, "the URL or the key is too long");
	if (bearer.len > 0)
		headers[n++] = (struct http_header){STR("Authorization"), buf_str(&bearer)};
	headers[n++] = (struct http_header){STR("Accept"), STR("application/json")};
	if (!str_is_absent(call->body))
		headers[n++] = (struct http_header){STR("Content-Type"), STR("application/json")};
	if (call->explain)
		headers[n++] = (struct http_header){STR("Doorward-Explain"), STR("true")};
	if (call->as_of)
		headers[n++] = (struct http_header){STR("Doorward-As-Of"), str_of(call->as_of)};
	if (!str_is_absent(call->bound_tenants))
		headers[n++] = (struct http_header){STR("Doorward-Bound-Tenants"), call->bound_tenants};
	return s->perform(s,
	                  &(struct http_client_call){.method = call->method,
	                                             .url = buf_str(&url),
	                                             .headers = headers,
	                                             .n_headers = n,
	                                             .body = call->body,
	                                             .max_answer_bytes = BUF_MAX_RESPONSE_BYTES,
	                                             .insecure_tls = s->options->insecure_tls},
	                  ret_status, ret_body, err);
}

bool cli_call(struct cli_session *s, const struct cli_call *call, struct arena *a, struct cli_answer *ret)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	const struct json *body = NULL;
	struct error err = {0};
	unsigned status = 0;
	int parsed = JSON_OK;

	if (perform(s, call, &status, &text, &err) != 0) {
		cli_fail(s, "%s: %s", s->options->url, err.text);
		return false;
	}
	if (text.len > 0)
		parsed = json_parse(buf_str(&text), a, &body, &err);
	if (status < 200 || status > 299) {
		struct str why = parsed == JSON_OK ? error_text(body) : plain_text(buf_str(&text));

		cli_fail(s, "the server answered %u: " STR_FMT, status, STR_ARG(why));
		return false;
	}
	if (parsed != JSON_OK) {
		cli_fail(s, "%s: this is not an answer of Doorward", s->options->url);
		return false;
	}
	*ret = (struct cli_answer){.status = status, .body = body};
	return true;
}
