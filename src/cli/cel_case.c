/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cel_case.h"

#include "cli/cel_value.h"

struct run {
	const struct json *c;
	struct arena arena;
	struct cel_env *env;
	struct cel_program *program;
	struct cel_value *variables;
	struct buf *why;
};

static enum cli_cel_outcome fail(struct run *r, const char *what)
{
	buf_add(r->why, str_of(what));
	return CLI_CEL_FAILED;
}

/* Cases declare functions for the checker only. */
static struct cel_value not_callable(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	(void)args;
	(void)n_args;
	return cel_fail(ev, CEL_HOST, "the function is declared and no more");
}

static bool declare_overload(struct run *r, struct str name, const struct json *j)
{
	struct arena *a = cel_env_arena(r->env);
	struct cel_overload *o = ARENA_NEW(a, struct cel_overload);
	const struct json *params = json_get(j, STR("params"));

	o->name = arena_str(a, name);
	o->id = arena_str(a, json_get_str(j, STR("id")));
	o->flags = json_is(json_get(j, STR("receiver")), JSON_BOOL) ? CEL_RECEIVER : 0;
	o->call = not_callable;
	o->result = cel_type_parse(a, r->env, json_get_str(j, STR("result")));
	if (!json_is(params, JSON_ARRAY) || params->n > CEL_MAX_ARGS || !o->result || str_is_empty(o->id))
		return false;
	for (uint32_t i = 0; i < params->n; i++) {
		o->params[o->n_params] = cel_type_parse(a, r->env, json_str(&params->items[i]));
		if (!o->params[o->n_params++])
			return false;
	}
	cel_env_add_function(r->env, o, 1);
	return true;
}

static bool declare(struct run *r, const struct json *j)
{
	struct str name = json_get_str(j, STR("name")), type_name = json_get_str(j, STR("type"));
	const struct json *overloads = json_get(j, STR("function"));
	const struct cel_type *type;

	if (str_is_empty(name))
		return false;
	if (!str_is_absent(type_name)) {
		type = cel_type_parse(cel_env_arena(r->env), r->env, type_name);
		if (type)
			(void)cel_env_add_variable(r->env, name, type);
		return type != NULL;
	}
	if (!json_is(overloads, JSON_ARRAY))
		return false;
	for (uint32_t i = 0; i < overloads->n; i++) {
		if (!declare_overload(r, name, &overloads->items[i]))
			return false;
	}
	return true;
}

/* What is declared has its type; what is only bound is dyn. */
static bool declare_all(struct run *r)
{
	const struct json *types = json_get(r->c, STR("type_env")), *bindings = json_get(r->c, STR("bindings"));

	cel_env_set_container(r->env, json_get_str(r->c, STR("container")));
	for (uint32_t i = 0; json_is(types, JSON_ARRAY) && i < types->n; i++) {
		if (!declare(r, &types->items[i]))
			return false;
	}
	for (uint32_t i = 0; json_is(bindings, JSON_OBJECT) && i < bindings->n; i++) {
		if (!cel_env_variable(r->env, bindings->members[i].name))
			(void)cel_env_add_variable(r->env, bindings->members[i].name, &cel_type_dyn);
	}
	return true;
}

static bool bind_all(struct run *r)
{
	const struct json *bindings = json_get(r->c, STR("bindings"));

	r->variables = ARENA_ARRAY(&r->arena, struct cel_value, cel_env_n_variables(r->env) + 1);
	for (uint32_t i = 0; json_is(bindings, JSON_OBJECT) && i < bindings->n; i++) {
		const struct cel_variable *variable = cel_env_variable(r->env, bindings->members[i].name);

		if (!cli_cel_read(&bindings->members[i].value, &r->arena, &r->variables[variable->slot]))
			return false;
	}
	return true;
}

static bool is_set(const struct run *r, struct str name)
{
	const struct json *j = json_get(r->c, name);

	return json_is(j, JSON_BOOL) && j->b;
}

static bool compile(struct run *r)
{
	struct str source = json_get_str(r->c, STR("expr"));
	struct cel_issues issues = {.arena = &r->arena};
	struct cel_options options = {.is_unchecked = is_set(r, STR("disable_check"))};

	if (cel_compile(r->env, source, &options, &r->program, &issues) == 0)
		return true;
	cel_issues_print(r->why, source, &issues);
	return false;
}

static enum cli_cel_outcome expect_type(struct run *r, struct str text)
{
	const struct cel_type *type = cel_type_parse(&r->arena, r->env, text);

	if (!type)
		return fail(r, "the expected type is malformed");
	if (cel_type_equal(type, cel_program_type(r->program)))
		return CLI_CEL_PASSED;
	buf_add(r->why, STR("its type is "));
	cel_type_print(r->why, cel_program_type(r->program));
	return CLI_CEL_FAILED;
}

static enum cli_cel_outcome expect_value(struct run *r, const struct json *j, const struct cel_result *result)
{
	struct cel_value wanted;

	if (!cli_cel_read(j, &r->arena, &wanted))
		return fail(r, "the expected value is malformed");
	if (cel_is_error(result->value)) {
		buf_add(r->why, STR("error: "));
		cel_result_print_error(r->why, result);
		return CLI_CEL_FAILED;
	}
	if (cli_cel_same(result->value, wanted, &r->arena))
		return CLI_CEL_PASSED;
	buf_add(r->why, STR("it is "));
	cli_cel_print(r->why, result->value);
	return CLI_CEL_FAILED;
}

static enum cli_cel_outcome evaluate(struct run *r, const struct json *expected)
{
	const struct json *value = json_get(expected, STR("value"));
	struct cel_result result;

	if (!bind_all(r))
		return fail(r, "a binding is malformed");
	result = cel_evaluate(r->program, &(struct cel_input){.variables = r->variables, .arena = &r->arena});
	if (value)
		return expect_value(r, value, &result);
	if (cel_is_error(result.value))
		return CLI_CEL_PASSED;
	buf_add(r->why, STR("no error, it is "));
	cli_cel_print(r->why, result.value);
	return CLI_CEL_FAILED;
}

static enum cli_cel_outcome run(struct run *r)
{
	const struct json *expected = json_get(r->c, STR("expected"));
	const struct json *typed = json_get(expected, STR("typed_result"));

	if (!declare_all(r))
		return fail(r, "a declaration is malformed");
	if (!compile(r))
		return CLI_CEL_FAILED;
	if (typed && expect_type(r, json_get_str(typed, STR("deduced_type"))) != CLI_CEL_PASSED)
		return CLI_CEL_FAILED;
	if (is_set(r, STR("check_only")) || (typed && !json_get(typed, STR("value"))))
		return CLI_CEL_PASSED;
	return evaluate(r, typed ? typed : expected);
}

enum cli_cel_outcome cli_cel_run_case(const struct json *c, struct buf *why)
{
	struct run r = {.c = c, .env = cel_env_new(CEL_LIB_ALL), .why = why};
	enum cli_cel_outcome outcome = run(&r);

	cel_program_free(r.program);
	cel_env_free(r.env);
	arena_release(&r.arena);
	return outcome;
}
