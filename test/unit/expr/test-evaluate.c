/* SPDX-License-Identifier: Apache-2.0
 *
 * Evaluation as a host sees it: bindings, lazy ones, its own types and functions, limits that nothing absorbs, and that
 * special instructions say what the general ones say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "expr/expr.h"

#define MAX_TEXT ((size_t)1 << 16)

struct user {
	struct str name;
	int64_t age; /* negative: not set */
};
enum { FIELD_NAME, FIELD_AGE };

static unsigned n_asked, n_resolved;

static struct cel_value get_field(struct cel_eval *ev UNUSED, const void *object, uint32_t field)
{
	const struct user *u = object;

	return field == FIELD_NAME ? cel_string(u->name) : cel_int(u->age < 0 ? 0 : u->age);
}

static bool has_field(struct cel_eval *ev UNUSED, const void *object, uint32_t field)
{
	return field == FIELD_NAME || ((const struct user *)object)->age >= 0;
}

static const struct cel_field user_fields[] = {
    [FIELD_NAME] = {.name = STR_INIT("displayName"), .alias = STR_INIT("display_name"), .type = &cel_type_string},
    [FIELD_AGE] = {.name = STR_INIT("age"), .type = &cel_type_int},
};
static const struct cel_struct user_struct = {
    .name = STR_INIT("User"), .fields = user_fields, .n_fields = 2, .get = get_field, .has = has_field};

/* Asks the outside world; of "broken" it does not know. */
static struct cel_value ask(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	unsigned *counter = cel_host(ev);

	assert_int_equal(n_args, 1);
	if (counter)
		(*counter)++;
	if (args[0].kind == CEL_STRING && str_eq(cel_text(args[0]), STR("broken")))
		return cel_fail(ev, CEL_HOST, "%s is not reachable", "directory");
	return cel_bool(true);
}

static const struct cel_overload asking[] = {
    {.name = STR_INIT("c1.user.v1.HasApp"),
     .id = STR_INIT("has_app"),
     .flags = CEL_MEMOISE,
     .params = {&cel_type_dyn},
     .n_params = 1,
     .result = &cel_type_bool,
     .call = ask},
};

enum { SLOT_X, SLOT_Y, SLOT_USER, SLOT_LAZY, N_SLOTS };

static struct cel_env *new_env(void)
{
	struct cel_env *env = cel_env_new(CEL_LIB_ALL);

	assert_int_equal(cel_env_add_variable(env, STR("x"), &cel_type_dyn), SLOT_X);
	assert_int_equal(cel_env_add_variable(env, STR("y"), &cel_type_dyn), SLOT_Y);
	assert_int_equal(cel_env_add_variable(env, STR("user"), cel_env_add_struct(env, &user_struct)), SLOT_USER);
	assert_int_equal(cel_env_add_variable(env, STR("lazy"), &cel_type_dyn), SLOT_LAZY);
	cel_env_add_function(env, asking, N_ELEMENTS(asking));
	return env;
}

static struct cel_program *compiled(const struct cel_env *env, const char *source, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT);
	struct cel_issues issues = {.arena = a};
	struct cel_program *p;

	if (cel_compile(env, str_of(source), NULL, &p, &issues) < 0) {
		cel_issues_print(&text, str_of(source), &issues);
		buf_add_char(&text, '\0');
		fail_msg("%s", text.ptr);
	}
	return p;
}

static struct cel_result evaluated(const struct cel_env *env, const char *source, const struct cel_input *input)
{
	struct cel_program *p = compiled(env, source, input->arena);
	struct cel_result r = cel_evaluate(p, input);

	/* Constants of the program go with it: callers look at scalars, and at errors, which are the arena's. */
	cel_program_free(p);
	return r;
}

static const char *error_text(const struct cel_result *r, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT);

	assert_true(cel_is_error(r->value));
	cel_result_print_error(&text, r);
	return arena_str(a, buf_str(&text)).ptr;
}

/* ---- specialised and general instructions ------------------------------------------------------------------ */

/* Whether both yield the same, or both fail; `*ret_fails`: they do. */
static bool agree(const struct cel_env *env, const char *one, const char *other, const struct cel_input *input,
                  bool *ret_fails)
{
	struct cel_program *p = compiled(env, one, input->arena), *q = compiled(env, other, input->arena);
	struct cel_result r = cel_evaluate(p, input), s = cel_evaluate(q, input);
	bool is_same = cel_is_error(r.value) ? cel_is_error(s.value)
	                                     : r.value.kind == s.value.kind && cel_equal(r.value, s.value, NULL);

	*ret_fails = cel_is_error(r.value);
	cel_program_free(p);
	cel_program_free(q);
	return is_same;
}

/* Each with a constant on one side, and the same with that constant in the variable y. */
static void test_constants_change_nothing(void **state UNUSED)
{
	static const struct {
		const char *with_constant, *with_variable, *y;
	} forms[] = {
	    {"x == 'env'", "x == y", "\"env\""},
	    {"'env' == x", "y == x", "\"env\""},
	    {"x != 'env'", "x != y", "\"env\""},
	    {"x < 'env'", "x < y", "\"env\""},
	    {"'env' >= x", "y >= x", "\"env\""},
	    {"x <= 5", "x <= y", "5"},
	    {"5 < x", "y < x", "5"},
	    {"5 - x", "y - x", "5"},
	    {"x in ['a', 'env', 'b']", "x in y", "[\"a\", \"env\", \"b\"]"},
	    {"x in ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'env']", "x in y",
	     "[\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"env\"]"},
	    {"x in ['a', 1]", "x in y", "[\"a\", 1]"},
	    {"'env' in x", "y in x", "\"env\""},
	    {"x.startsWith('en')", "x.startsWith(y)", "\"en\""},
	    {"x.endsWith('nv')", "x.endsWith(y)", "\"nv\""},
	    {"x.contains('n')", "x.contains(y)", "\"n\""},
	    {"x.matches('^en.*')", "x.matches(y)", "\"^en.*\""},
	    {"x.matches('[a-e]nv$')", "x.matches(y)", "\"[a-e]nv$\""},
	    {"x.matches('(')", "x.matches(y)", "\"(\""},
	    {"x['env']", "x[y]", "\"env\""},
	    {"x[0]", "x[y]", "0"},
	    {"x.env", "x[y]", "\"env\""},
	    {"has(x.env) ? x.env : 'none'", "type(x) == map && y in x ? x[y] : dyn(type(x) == map ? 'none' : x.a)",
	     "\"env\""},
	};
	static const char *const values[] = {
	    "\"env\"", "\"en\"", "\"\"",      "\"environment\"", "5",          "7.5",          "true",
	    "null",    "[]",     "[\"env\"]", "[1, \"env\"]",    "{\"a\": 1}", "{\"env\": 1}", "\"g\"",
	};
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct cel_env *env = new_env();
	unsigned n_values = 0, n_errors = 0;

	for (size_t i = 0; i < N_ELEMENTS(forms); i++) {
		for (size_t k = 0; k < N_ELEMENTS(values); k++) {
			struct cel_value variables[N_SLOTS] = {0};
			struct cel_input input = {.variables = variables, .arena = &a};
			const struct json *x, *y;
			bool fails;

			assert_int_equal(json_parse(str_of(values[k]), &a, &x, NULL), JSON_OK);
			assert_int_equal(json_parse(str_of(forms[i].y), &a, &y, NULL), JSON_OK);
			variables[SLOT_X] = cel_json(x);
			variables[SLOT_Y] = cel_json(y);
			if (!agree(env, forms[i].with_constant, forms[i].with_variable, &input, &fails))
				fail_msg("%s and %s differ for %s", forms[i].with_constant, forms[i].with_variable,
				         values[k]);
			n_values += !fails;
			n_errors += fails;
		}
	}
	assert_true(n_values > 80 && n_errors > 80);
	cel_env_free(env);
}

/* ---- errors ------------------------------------------------------------------------------------------------- */

static void test_errors(void **state UNUSED)
{
	static const struct {
		const char *source, *error; /* NULL: it is true */
	} cases[] = {
	    {"x / 0 == 1 || true", NULL},
	    {"true || x / 0 == 1", NULL},
	    {"!(x / 0 == 1 && false)", NULL},
	    {"[1, 2, 0].exists(d, x / d == x)", NULL},
	    {"[0, 1].exists(d, x / d == x)", NULL},
	    {"![0, 3].all(d, x / d == x)", NULL},
	    {"x / 0 == 1 || x.a == 1", "division by zero"},
	    {"false || x % 0 == 1 || x.a == 1", "modulus by zero"},
	    {"[0, 3].exists(d, x / d == x)", "division by zero"},
	    {"[0, 1].exists_one(d, x / d == x)", "division by zero"},
	    {"dyn('a') || true", NULL},
	    {"true && dyn('a')", "no such overload"},
	    {"x + 9223372036854775807 > 0", "integer overflow"},
	    {"(x > 1 ? y : 1) == 1", "no such attribute(s): y"},
	    {"cel.bind(v, x / 0, true)", NULL},
	    {"cel.bind(v, x / 0, v == 1 || true)", NULL},
	    {"cel.bind(v, x / 0, v == 1)", "division by zero"},
	    {"{'a': 1, string(x): 2, '7': 3}.size() == 3", "Failed with repeated key: 7"},
	    {"[[1], [x]].map(l, l[0])[1] == 7", NULL},
	    {"[3, 1, 2].map(i, i * x).filter(i, i > 7) == [21, 14]", NULL},
	    /* An error that was absorbed in one round is not there in the next. */
	    {"[1, 2].all(i, [0, 1].exists(d, x / d == x))", NULL},
	    {"![1, 2].exists(i, x / 0 == 1 && i == 3)", NULL},
	};
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct cel_env *env = new_env();
	struct cel_value variables[N_SLOTS] = {[SLOT_X] = cel_int(7)};
	struct cel_input input = {.variables = variables, .arena = &a};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct cel_result r = evaluated(env, cases[i].source, &input);

		if (cases[i].error) {
			assert_string_equal(error_text(&r, &a), cases[i].error);
		} else {
			assert_int_equal(r.value.kind, CEL_BOOL);
			assert_true(r.value.b);
		}
	}
	cel_env_free(env);
}

static void test_errors_know_their_place(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct cel_env *env = new_env();
	struct cel_value variables[N_SLOTS] = {[SLOT_X] = cel_int(0)};
	struct cel_input input = {.variables = variables, .arena = &a};

	assert_int_equal(evaluated(env, "1 == 2 || 3 / x > 1", &input).value.error->at, 12);
	assert_int_equal(evaluated(env, "{'b': x}.b.c", &input).value.error->at, 10);
	assert_int_equal(evaluated(env, "x + y", &input).value.error->at, 4);
	cel_env_free(env);
}

/* ---- limits ------------------------------------------------------------------------------------------------- */

static void test_budget(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct cel_env *env = new_env();
	struct cel_value variables[N_SLOTS] = {[SLOT_X] = cel_int(7)};
	struct cel_input input = {.variables = variables, .arena = &a, .budget = 100};
	static const char *const hungry[] = {
	    "lists.range(200).all(i, i >= 0)",
	    "lists.range(200).map(i, i).size() > 0",
	    "[1].exists(i, lists.range(200).exists_one(k, k == i) || i == 1)",
	    "lists.range(90).exists(i, lists.range(90).exists(k, k < 0) || i > 1)",
	    "x in lists.range(60) && !(x + 2000 in lists.range(60))",
	};

	for (size_t i = 0; i < N_ELEMENTS(hungry); i++) {
		struct cel_result r = evaluated(env, hungry[i], &input);

		assert_int_equal(r.abort, CEL_OVER_BUDGET);
		assert_true(cel_is_error(r.value) && !r.value.error);
		assert_int_equal(r.units, 100);
	}
	input.budget = 1000;
	assert_true(evaluated(env, hungry[0], &input).value.b);
	cel_env_free(env);
}

static void test_memory(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct cel_env *env = new_env();
	struct cel_value variables[N_SLOTS] = {[SLOT_X] = cel_string(STR("0123456789"))};
	struct cel_input input = {.variables = variables, .arena = &a, .memory = 4096};
	struct cel_result r =
	    evaluated(env, "[1, 2, 3, 4, 5, 6, 7, 8].map(i, x + x + x + x + x).size() > 0 || true", &input);

	assert_int_equal(r.value.kind, CEL_BOOL); /* true decides when it is compiled */
	r = evaluated(env, "lists.range(100).map(i, x + x + x + x + x).size() > 0 || x != ''", &input);
	assert_int_equal(r.abort, CEL_OUT_OF_MEMORY);
	assert_true(cel_is_error(r.value) && !r.value.error);
	cel_env_free(env);
}

/* ---- the host ------------------------------------------------------------------------------------------------ */

static void test_structs(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct cel_env *env = new_env();
	const struct user ann = {STR_INIT("Ann"), 41}, bob = {STR_INIT("Bob"), -1};
	struct cel_value variables[N_SLOTS] = {0};
	struct cel_input input = {.variables = variables, .arena = &a};
	struct cel_result r;

	variables[SLOT_USER] = cel_object(cel_env_struct_type(env, STR("User")), &ann);
	assert_true(evaluated(env, "user.displayName == 'Ann' && user.display_name == 'Ann'", &input).value.b);
	assert_true(evaluated(env, "has(user.age) && user.age == 41 && type(user) == User", &input).value.b);
	assert_true(evaluated(env, "dyn(user).age == 41 && dyn(user).?age.orValue(1) == 41", &input).value.b);
	r = evaluated(env, "dyn(user).shoes == 41", &input);
	assert_string_equal(error_text(&r, &a), "no such field 'shoes'");
	variables[SLOT_USER].object = &bob;
	assert_true(evaluated(env, "!has(user.age) && user.age == 0 && dyn(user).age == 0", &input).value.b);
	assert_true(evaluated(env, "[user].exists(u, u.displayName.startsWith('B'))", &input).value.b);
	cel_env_free(env);
}

static struct cel_value resolve(struct cel_eval *ev, uint32_t slot)
{
	n_resolved++;
	if (slot == SLOT_LAZY)
		return cel_make_string(ev, STR("fetched"));
	return cel_aborted();
}

static void test_lazy_variables(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct cel_env *env = new_env();
	struct cel_value variables[N_SLOTS] = {[SLOT_X] = cel_int(1)};
	struct cel_input input = {.variables = variables, .resolve = resolve, .arena = &a};
	struct cel_result r;

	n_resolved = 0;
	assert_true(evaluated(env, "x == 1 || lazy == ''", &input).value.b);
	assert_int_equal(n_resolved, 0);
	assert_true(evaluated(env, "lazy == 'fetched' && lazy.startsWith('f') && size(lazy) == 7", &input).value.b);
	assert_int_equal(n_resolved, 1);
	r = evaluated(env, "y == 1", &input);
	assert_string_equal(error_text(&r, &a), "no such attribute(s): y");
	input.resolve = NULL;
	input.variables = NULL;
	r = evaluated(env, "x == 1", &input);
	assert_string_equal(error_text(&r, &a), "no such attribute(s): x");
	cel_env_free(env);
}

static void test_memoised_functions(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct cel_env *env = new_env();
	struct cel_value variables[N_SLOTS] = {[SLOT_X] = cel_string(STR("github"))};
	struct cel_input input = {.variables = variables, .arena = &a, .host = &n_asked};
	struct cel_result r;

	n_asked = 0;
	assert_true(
	    evaluated(env, "[1, 2, 3].all(i, c1.user.v1.HasApp('github') && c1.user.v1.HasApp(x))", &input).value.b);
	assert_int_equal(n_asked, 1);
	/* Equal for the language, but another question. */
	n_asked = 0;
	assert_true(
	    evaluated(env, "c1.user.v1.HasApp(1) && c1.user.v1.HasApp(1.0) && c1.user.v1.HasApp(1u)", &input).value.b);
	assert_int_equal(n_asked, 3);
	n_asked = 0;
	r = evaluated(env, "c1.user.v1.HasApp('broken') || c1.user.v1.HasApp('broken')", &input);
	assert_string_equal(error_text(&r, &a), "directory is not reachable");
	assert_int_equal(n_asked, 1);
	cel_env_free(env);
}

/* ---- threads ------------------------------------------------------------------------------------------------- */

static void *evaluate_often(void *program)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct cel_value variables[N_SLOTS] = {[SLOT_X] = cel_string(STR("production"))};
	struct cel_input input = {.variables = variables, .arena = &a};
	uintptr_t n = 0;

	for (unsigned i = 0; i < 2000; i++) {
		struct cel_result r = cel_evaluate(program, &input);

		n += r.value.kind == CEL_BOOL && r.value.b;
		arena_reset(&a);
	}
	return (void *)n;
}

static void test_threads_share_a_program(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct cel_env *env = new_env();
	struct cel_program *p = compiled(
	    env, "x.matches('^pro[a-z]+$') && [x, 'b'].map(s, s + '!').exists(s, s in ['production!', 'c'])", &a);
	pthread_t threads[4];
	void *n;

	for (size_t i = 0; i < N_ELEMENTS(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, evaluate_often, p), 0);
	for (size_t i = 0; i < N_ELEMENTS(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &n), 0);
		assert_int_equal((uintptr_t)n, 2000);
	}
	cel_program_free(p);
	cel_env_free(env);
}

static void test_wide_expressions(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(buf_releasep) struct buf source = BUF_INIT(MAX_TEXT);
	struct cel_env *env = new_env();
	struct cel_value variables[N_SLOTS] = {[SLOT_X] = cel_int(3)};
	struct cel_input input = {.variables = variables, .arena = &a};

	/* More registers than stand on the stack, and more errors that wait. */
	buf_add(&source, STR("size(["));
	for (unsigned i = 0; i < 300; i++)
		buf_add(&source, STR("x / 0 == 1 || x == 3, "));
	buf_add(&source, STR("false].filter(b, b)) == 300"));
	buf_add_char(&source, '\0');
	assert_true(evaluated(env, source.ptr, &input).value.b);
	cel_env_free(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_constants_change_nothing),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_errors_know_their_place),
	    cmocka_unit_test(test_budget),
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_structs),
	    cmocka_unit_test(test_lazy_variables),
	    cmocka_unit_test(test_memoised_functions),
	    cmocka_unit_test(test_threads_share_a_program),
	    cmocka_unit_test(test_wide_expressions),
	};

	return cmocka_run_group_tests_name("expr/evaluate", tests, NULL, NULL);
}
