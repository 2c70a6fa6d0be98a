/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cel.h"

#include <errno.h>

#include "base/clock.h"
#include "cli/cel_value.h"

#define MAX_FILE_BYTES ((size_t)256 << 20)
#define READ_BYTES     ((size_t)64 << 10)

struct tried {
	struct arena arena;
	struct cel_env *env;
	struct cel_value *variables;
	struct cel_issues issues;
};

static void tried_release(struct tried *t)
{
	cel_env_free(t->env);
	arena_release(&t->arena);
}

static bool read_all(FILE *file, struct buf *out)
{
	for (;;) {
		char *place = buf_reserve(out, READ_BYTES);
		size_t n;

		if (!place) {
			errno = EFBIG;
			return false;
		}
		n = fread(place, 1, READ_BYTES, file);
		out->len += n;
		if (n < READ_BYTES)
			return ferror(file) == 0;
	}
}

static bool is_of_number(char c)
{
	return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

/* Is it an integer that needs more than 64 bits? */
static bool is_wide(struct str number)
{
	bool is_negative = str_starts_with(number, STR("-"));
	struct str digits = str_slice(number, is_negative, number.len);
	uint64_t value;

	for (size_t i = 0; i < digits.len; i++)
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return false;
	return digits.len > 1 && digits.ptr[0] != '0' &&
	       (!str_to_u64(digits, &value) || (is_negative && value > (uint64_t)INT64_MAX + 1));
}

/*
 * The JSON reader refuses integers beyond 64 bits, since it cannot say what they are. In a file of values they are
 * doubles, whichever way they were written, and so such an integer gets a fraction.
 */
static void write_wide_as_doubles(struct buf *out, struct str text)
{
	bool is_string = false;
	size_t at = 0;

	while (at < text.len) {
		size_t start = at;

		if (is_string || !is_of_number(text.ptr[at])) {
			char c = text.ptr[at++];

			buf_add_char(out, c);
			if (is_string && c == '\\' && at < text.len)
				buf_add_char(out, text.ptr[at++]);
			else if (c == '"')
				is_string = !is_string;
			continue;
		}
		while (at < text.len && is_of_number(text.ptr[at]))
			at++;
		buf_add(out, str_slice(text, start, at));
		if (is_wide(str_slice(text, start, at)))
			buf_add(out, STR(".0"));
	}
}

bool cli_cel_read_file(struct cli_session *s, const char *path, struct arena *a, const struct json **ret)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_FILE_BYTES);
	CLEANUP(buf_releasep) struct buf wide = BUF_INIT(2 * MAX_FILE_BYTES);
	FILE *file = fopen(path, "rbe");
	struct error err = {0};
	bool is_read = file && read_all(file, &text);

	if (!is_read)
		(void)cli_fail(s, "%s: %s", path, strerror(errno));
	if (file)
		(void)fclose(file);
	if (!is_read)
		return false;
	write_wide_as_doubles(&wide, buf_str(&text));
	if (json_parse(buf_str(&wide), a, ret, &err) != JSON_OK) {
		(void)cli_fail(s, "%s: %s", path, err.text);
		return false;
	}
	return true;
}

/* Every member of the bindings is a variable. */
static int prepare(struct cli_session *s, struct tried *t)
{
	const struct json *bindings = NULL;

	t->issues.arena = &t->arena;
	t->env = cel_env_new(CEL_LIB_ALL);
	if (!s->options->bindings)
		return CLI_EXIT_OK;
	if (!cli_cel_read_file(s, s->options->bindings, &t->arena, &bindings))
		return CLI_EXIT_ERROR;
	if (!json_is(bindings, JSON_OBJECT))
		return cli_fail(s, "%s: not an object of variables", s->options->bindings);
	t->variables = ARENA_ARRAY(&t->arena, struct cel_value, bindings->n + 1);
	for (uint32_t i = 0; i < bindings->n; i++) {
		if (str_is_empty(bindings->members[i].name))
			return cli_fail(s, "%s: a variable has no name", s->options->bindings);
		t->variables[cel_env_add_variable(t->env, bindings->members[i].name, &cel_type_dyn)] =
		    cel_json(&bindings->members[i].value);
	}
	return CLI_EXIT_OK;
}

static void print(FILE *to, const struct buf *text)
{
	(void)fwrite(buf_str(text).ptr, 1, text->len, to);
	(void)fputc('\n', to);
}

static int tell_issues(struct cli_session *s, const struct tried *t)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);

	cel_issues_print(&text, str_of(s->options->operands[0]), &t->issues);
	print(s->err, &text);
	return CLI_EXIT_DENY;
}

static int tell_result(struct cli_session *s, const struct cel_result *r)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);

	if (cel_is_error(r->value)) {
		cel_result_print_error(&text, r);
		print(s->err, &text);
		return CLI_EXIT_DENY;
	}
	cli_cel_print(&text, r->value);
	print(s->out, &text);
	return CLI_EXIT_OK;
}

int cli_cel_eval(struct cli_session *s)
{
	CLEANUP(tried_release) struct tried t = {0};
	struct str source = str_of(s->options->operands[0]);
	struct cel_program *p;
	struct cel_result r;
	int status = prepare(s, &t);

	if (status != CLI_EXIT_OK)
		return status;
	if (cel_compile(t.env, source, NULL, &p, &t.issues) < 0)
		return tell_issues(s, &t);
	r = cel_evaluate(p, &(struct cel_input){.variables = t.variables, .arena = &t.arena, .now_ms = clock_now_ms()});
	status = tell_result(s, &r);
	cel_program_free(p);
	return status;
}

int cli_cel_check(struct cli_session *s)
{
	CLEANUP(tried_release) struct tried t = {0};
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct cel_program *p;
	int status = prepare(s, &t);

	if (status != CLI_EXIT_OK)
		return status;
	if (cel_compile(t.env, str_of(s->options->operands[0]), NULL, &p, &t.issues) < 0)
		return tell_issues(s, &t);
	cel_type_print(&text, cel_program_type(p));
	print(s->out, &text);
	cel_program_free(p);
	return CLI_EXIT_OK;
}

int cli_cel_ast(struct cli_session *s)
{
	CLEANUP(tried_release) struct tried t = {0};
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct cel_ast ast;
	int status = prepare(s, &t);

	if (status != CLI_EXIT_OK)
		return status;
	if (cel_parse(t.env, str_of(s->options->operands[0]), &t.arena, &ast, &t.issues) < 0)
		return tell_issues(s, &t);
	cel_ast_print(&text, &ast);
	(void)fwrite(buf_str(&text).ptr, 1, text.len, s->out);
	return CLI_EXIT_OK;
}
