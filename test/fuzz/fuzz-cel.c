/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes are an expression. With types and without, it is compiled and evaluated with a small budget; what comes out
 * must be of the type that the checker found, and the same a second time.
 */
#include "base/utf8.h"
#include "expr/check.h"
#include "expr/expr.h"

#define MAX_SOURCE_BYTES ((size_t)4096)
#define MAX_TEXT_BYTES   ((size_t)1 << 20)
#define BUDGET           UINT64_C(20000)
#define MEMORY           ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cel_env *new_env(void)
{
	struct cel_env *env = cel_env_new(CEL_LIB_ALL);
	struct arena *a = cel_env_arena(env);

	(void)cel_env_add_variable(env, STR("m"), cel_type_map(a, &cel_type_string, &cel_type_dyn));
	(void)cel_env_add_variable(env, STR("l"), cel_type_list(a, &cel_type_int));
	(void)cel_env_add_variable(env, STR("s"), &cel_type_string);
	(void)cel_env_add_variable(env, STR("n"), &cel_type_int);
	(void)cel_env_add_variable(env, STR("x"), &cel_type_dyn);
	(void)cel_env_add_variable(env, STR("a.b.c"), &cel_type_bool);
	cel_env_set_container(env, STR("a"));
	return env;
}

/* Is a value of this kind one of the type, as far as kinds show it? */
static bool is_of_type(struct cel_value v, const struct cel_type *t)
{
	static const uint8_t kinds[] = {
	    [CEL_TYPE_NULL] = CEL_NULL,         [CEL_TYPE_BOOL] = CEL_BOOL,
	    [CEL_TYPE_INT] = CEL_INT,           [CEL_TYPE_UINT] = CEL_UINT,
	    [CEL_TYPE_DOUBLE] = CEL_DOUBLE,     [CEL_TYPE_STRING] = CEL_STRING,
	    [CEL_TYPE_BYTES] = CEL_BYTES,       [CEL_TYPE_TIMESTAMP] = CEL_TIMESTAMP,
	    [CEL_TYPE_DURATION] = CEL_DURATION, [CEL_TYPE_LIST] = CEL_LIST,
	    [CEL_TYPE_MAP] = CEL_MAP,           [CEL_TYPE_TYPE] = CEL_TYPE,
	    [CEL_TYPE_OPTIONAL] = CEL_OPTIONAL,
	};

	if (t->kind <= CEL_TYPE_ERROR || t->kind >= CEL_TYPE_STRUCT)
		return true;
	/* null goes where a timestamp, a duration or an optional is wanted. */
	return v.kind == kinds[t->kind] || (v.kind == CEL_NULL && t->kind >= CEL_TYPE_TIMESTAMP);
}

static void die(const char *what, struct str source)
{
	(void)fprintf(stderr, "%s: " STR_FMT "\n", what, STR_ARG(source));
	abort();
}

static struct cel_result evaluate(const struct cel_program *p, struct arena *a)
{
	static const struct cel_value numbers[] = {{.kind = CEL_INT, .i = 1}, {.kind = CEL_INT, .i = -7}};
	static const struct json_member members[] = {
	    {.name = STR_INIT("k"), .value = {.type = JSON_INT, .i = 3}},
	    {.name = STR_INIT("text"), .value = {.type = JSON_STRING, .s = STR_INIT("h\xc3\xa9llo")}},
	};
	const struct json object = {.type = JSON_OBJECT, .n = N_ELEMENTS(members), .members = members};
	const struct cel_value variables[] = {cel_json(&object),
	                                      cel_list(numbers, N_ELEMENTS(numbers)),
	                                      cel_string(STR("2024-01-31T12:00:00Z")),
	                                      cel_int(5),
	                                      cel_json(&object),
	                                      cel_bool(true)};

	return cel_evaluate(p, &(struct cel_input){.variables = variables,
	                                           .arena = a,
	                                           .budget = BUDGET,
	                                           .memory = MEMORY,
	                                           .now_ms = INT64_C(1700000000000)});
}

static void run(const struct cel_program *p, struct str source, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT_BYTES);
	struct cel_result first = evaluate(p, a), second = evaluate(p, a);
	struct json_writer w = JSON_WRITER(&text);

	if (first.value.kind != second.value.kind || first.abort != second.abort || first.units != second.units)
		die("not the same twice", source);
	if (cel_is_error(first.value))
		cel_result_print_error(&text, &first);
	else if (!is_of_type(first.value, cel_program_type(p)))
		die("not of the type that was found", source);
	else
		(void)cel_value_to_json(&w, first.value);
}

static void compile_and_run(const struct cel_env *env, struct str source, bool is_unchecked)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT_BYTES);
	struct arena a = ARENA_INIT;
	struct cel_options options = {.is_unchecked = is_unchecked};
	struct cel_issues issues = {.arena = &a};
	struct cel_program *p = NULL;

	if (cel_compile(env, source, &options, &p, &issues) == 0) {
		run(p, source, &a);
		cel_program_free(p);
	} else if (issues.n == 0) {
		die("refused for nothing", source);
	}
	for (size_t i = 0; i < issues.n; i++)
		if (issues.items[i].at > source.len || !utf8_is_valid(issues.items[i].text))
			die("an issue of nowhere", source);
	cel_issues_print(&text, source, &issues);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct cel_env *env; /* as a server has it: made once */
	struct str source = {(const char *)data, size};
	struct arena a = ARENA_INIT;
	struct cel_issues issues = {.arena = &a};
	struct cel_ast ast;

	if (size > MAX_SOURCE_BYTES)
		return 0;
	if (!env)
		env = new_env();
	compile_and_run(env, source, false);
	compile_and_run(env, source, true);
	if (cel_parse(env, source, &a, &ast, &issues) == 0) {
		CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT_BYTES);
		cel_ast_print(&text, &ast);
	}
	arena_release(&a);
	return 0;
}
