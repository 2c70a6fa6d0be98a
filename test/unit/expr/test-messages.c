/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden: test/cases/cel-messages.txt, what cel-go says of wrong expressions, word for word and place for place.
 */
#include "support.h"

#define MAX_TEXT_BYTES ((size_t)1 << 16)

static struct cel_env *new_env(void)
{
	struct cel_env *env = cel_env_new(CEL_LIB_ALL);
	struct arena *a = cel_env_arena(env);

	(void)cel_env_add_variable(env, STR("subject"), cel_type_map(a, &cel_type_string, &cel_type_string));
	(void)cel_env_add_variable(env, STR("m"), cel_type_map(a, &cel_type_string, &cel_type_dyn));
	(void)cel_env_add_variable(env, STR("groups"), cel_type_list(a, &cel_type_string));
	(void)cel_env_add_variable(env, STR("n"), &cel_type_int);
	return env;
}

static bool is_same(struct str source, struct str found, struct str wanted)
{
	if (str_eq(found, wanted))
		return true;
	print_message("%.*s\nis:\n%.*s\ninstead of:\n%.*s\n", STR_ARG(source), STR_ARG(found), STR_ARG(wanted));
	return false;
}

/* The issues, or "OK type …". */
static struct str said_of(const struct cel_env *env, struct str source, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT_BYTES);
	const struct cel_type *type;
	struct str issues = issues_of(env, source, a, &type);

	if (issues.len > 0)
		return issues;
	buf_add(&text, STR("OK type "));
	cel_type_print(&text, type);
	return arena_str(a, buf_str(&text));
}

static struct str error_of(const struct cel_env *env, struct str source, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT_BYTES);
	const struct cel_value variables[] = {cel_json(&(struct json){.type = JSON_OBJECT}),
	                                      cel_json(&(struct json){.type = JSON_OBJECT}), cel_list(NULL, 0),
	                                      cel_int(1)};
	struct cel_issues issues = {.arena = a};
	struct cel_options options = {0};
	struct cel_program *p;
	struct cel_result r;

	if (cel_compile(env, source, &options, &p, &issues) != 0) {
		cel_issues_print(&text, source, &issues);
		return arena_str(a, buf_str(&text));
	}
	r = cel_evaluate(p, &(struct cel_input){.variables = variables, .arena = a});
	if (cel_is_error(r.value))
		cel_result_print_error(&text, &r);
	else
		buf_add(&text, STR("true"));
	cel_program_free(p);
	return arena_str(a, buf_str(&text));
}

/* "--- expression  -> error": the last arrow is meant. */
static bool check_run_time_line(const struct cel_env *env, struct str line, struct arena *a)
{
	size_t arrow = 0;

	for (size_t i = 4; i + 4 < line.len; i++)
		if (memcmp(line.ptr + i, "  ->", 4) == 0)
			arrow = i;
	assert_true(arrow > 0);
	return is_same(line, error_of(env, str_slice(line, 4, arrow), a), str_slice(line, arrow + 5, line.len));
}

static bool check_section(const struct cel_env *env, struct str head, struct str body, struct arena *a)
{
	const struct json *source;

	assert_int_equal(json_parse(str_slice(head, 4, head.len), a, &source, NULL), JSON_OK);
	return is_same(head, said_of(env, json_str(source), a), body);
}

static bool is_head(struct str line)
{
	return str_starts_with(line, STR("=== ")) || str_starts_with(line, STR("--- ")) ||
	       str_starts_with(line, STR("# "));
}

static void test_messages(void **state UNUSED)
{
	struct arena a = ARENA_INIT;
	struct cel_env *env = new_env();
	struct str rest = read_case_file(&a, "cel-messages.txt"), line, head = STR_NONE;
	unsigned n_sections = 0, n_lines = 0, n_wrong = 0;
	const char *begin = NULL;

	while (str_split(&rest, '\n', &line)) {
		if (!is_head(line) && line.len > 0) {
			if (begin == NULL)
				begin = line.ptr;
			continue;
		}
		if (begin) {
			n_sections++;
			n_wrong += !check_section(env, head, (struct str){begin, (size_t)(line.ptr - 1 - begin)}, &a);
		}
		begin = NULL;
		head = line;
		if (str_starts_with(line, STR("--- "))) {
			n_lines++;
			n_wrong += !check_run_time_line(env, line, &a);
		}
	}
	assert_int_equal(n_wrong, 0);
	assert_int_equal(n_sections, 24);
	assert_int_equal(n_lines, 14);
	cel_env_free(env);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_messages)};

	return cmocka_run_group_tests_name("expr/messages", tests, NULL, NULL);
}
