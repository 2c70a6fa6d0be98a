/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#define MAX_FILE_BYTES   ((size_t)4 << 20)
#define MAX_ISSUES_BYTES ((size_t)1 << 20)

struct str read_case_file(struct arena *a, const char *name)
{
	const char *folder = getenv("DOORWARD_CASES");
	char *text = arena_alloc(a, MAX_FILE_BYTES);
	struct str path = arena_strf(a, "%s/%s", folder ? folder : ".", name);
	FILE *file = fopen(path.ptr, "rb");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, MAX_FILE_BYTES, file);
	assert_true(n > 0 && n < MAX_FILE_BYTES);
	(void)fclose(file);
	return (struct str){text, n};
}

static struct cel_value never_called(struct cel_eval *ev UNUSED, const struct cel_value *args UNUSED,
                                     size_t n_args UNUSED)
{
	fail();
	return cel_aborted();
}

static const struct cel_type *type_named(struct cel_env *env, const struct json *name)
{
	const struct cel_type *t = cel_type_parse(cel_env_arena(env), env, json_str(name));

	assert_non_null(t);
	return t;
}

static void add_function(struct cel_env *env, struct str name, const struct json *overloads, struct arena *a)
{
	for (uint32_t i = 0; i < overloads->n; i++) {
		const struct json *o = &overloads->items[i], *params = json_get(o, STR("params"));
		struct cel_overload *made = ARENA_NEW(a, struct cel_overload);

		*made = (struct cel_overload){.name = name,
		                              .id = json_get_str(o, STR("id")),
		                              .n_params = params->n,
		                              .result = type_named(env, json_get(o, STR("result"))),
		                              .call = never_called};
		for (uint32_t p = 0; p < params->n; p++)
			made->params[p] = type_named(env, &params->items[p]);
		cel_env_add_function(env, made, 1);
	}
}

struct cel_env *case_env(const struct json *test_case, struct arena *a)
{
	struct cel_env *env = cel_env_new(CEL_LIB_ALL);
	const struct json *declared = json_get(test_case, STR("type_env"));

	cel_env_set_container(env, json_get_str(test_case, STR("container")));
	for (uint32_t i = 0; declared && i < declared->n; i++) {
		const struct json *d = &declared->items[i], *function = json_get(d, STR("function"));
		struct str name = json_get_str(d, STR("name"));

		if (function)
			add_function(env, name, function, a);
		else
			(void)cel_env_add_variable(env, name, type_named(env, json_get(d, STR("type"))));
	}
	return env;
}

struct str issues_of(const struct cel_env *env, struct str source, struct arena *a, const struct cel_type **ret_type)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_ISSUES_BYTES);
	struct cel_issues issues = {.arena = a};
	struct cel_checked checked = {.arena = a};
	struct cel_options options = {0};
	struct cel_ast ast;

	if (cel_parse(env, source, a, &ast, &issues) == 0 && cel_check(env, &ast, &options, &checked, &issues) == 0) {
		assert_int_equal(issues.n, 0);
		*ret_type = checked.types[ast.n_nodes - 1];
		return STR("");
	}
	assert_true(issues.n > 0);
	*ret_type = NULL;
	cel_issues_print(&text, source, &issues);
	return arena_str(a, buf_str(&text));
}
