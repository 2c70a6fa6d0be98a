/* SPDX-License-Identifier: Apache-2.0
 *
 * The checker: the type that cel-go finds for every case of test/cases/cel.json, and the types that the conformance
 * suite says of those that are about types.
 */
#include "support.h"

/* Where the suite and cel-go differ, the suite is right; cel-go's own list of what it skips has them. */
static const char *const not_as_cel_go[] = {"null_assignable_to_abstract_parameter_candidate"};

static bool is_skipped(const struct json *test_case)
{
	const struct json *off = json_get(test_case, STR("disable_check"));

	/* cel.block() and its kin are macros of a test of cel-go's alone. */
	return str_eq(json_get_str(test_case, STR("file")), STR("block_ext")) || (json_is(off, JSON_BOOL) && off->b);
}

static bool differs_from_cel_go(const struct json *test_case)
{
	for (size_t i = 0; i < N_ELEMENTS(not_as_cel_go); i++)
		if (str_eq(json_get_str(test_case, STR("name")), str_of(not_as_cel_go[i])))
			return true;
	return false;
}

static struct str printed(const struct cel_type *t, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(4096);

	cel_type_print(&text, t);
	return arena_str(a, buf_str(&text));
}

/* Complains unless the type is the wanted one, in either spelling. */
static bool is_type(const struct json *test_case, const struct cel_type *found, struct str wanted, struct arena *a)
{
	const struct cel_type *t = cel_type_parse(a, NULL, wanted);

	if (t && cel_type_equal(t, found))
		return true;
	print_message("%.*s: %.*s\n  is %.*s instead of %.*s\n", STR_ARG(json_get_str(test_case, STR("name"))),
	              STR_ARG(json_get_str(test_case, STR("expr"))), STR_ARG(printed(found, a)), STR_ARG(wanted));
	return false;
}

struct counts {
	unsigned checked, as_cel_go, deduced, wrong;
};

static void check_case(const struct json *test_case, struct counts *counts)
{
	struct arena a = ARENA_INIT;
	struct cel_env *env = case_env(test_case, &a);
	const struct json *deduced = json_get(json_get(test_case, STR("expected")), STR("typed_result"));
	struct str as_cel_go = json_get_str(test_case, STR("checked_type"));
	const struct cel_type *type;
	struct str issues = issues_of(env, json_get_str(test_case, STR("expr")), &a, &type);

	counts->checked++;
	if (issues.len > 0) {
		print_message("%.*s\n", STR_ARG(issues));
		counts->wrong++;
	} else {
		if (!str_is_absent(as_cel_go) && !differs_from_cel_go(test_case)) {
			counts->as_cel_go++;
			counts->wrong += !is_type(test_case, type, as_cel_go, &a);
		}
		if (deduced) {
			counts->deduced++;
			counts->wrong += !is_type(test_case, type, json_get_str(deduced, STR("deduced_type")), &a);
		}
	}
	cel_env_free(env);
	arena_release(&a);
}

static void test_types_of_cases(void **state UNUSED)
{
	struct arena a = ARENA_INIT;
	const struct json *cases;
	struct error err = {0};
	struct counts counts = {0};

	if (json_parse(read_case_file(&a, "cel.json"), &a, &cases, &err) != JSON_OK)
		fail_msg("%s", err.text);
	for (uint32_t i = 0; i < cases->n; i++)
		if (!is_skipped(&cases->items[i]))
			check_case(&cases->items[i], &counts);
	assert_int_equal(counts.wrong, 0);
	assert_int_equal(counts.checked, 1522);
	assert_int_equal(counts.deduced, 26);
	assert_int_equal(counts.as_cel_go, 1435);
	arena_release(&a);
}

/* ---- an environment of its own ------------------------------------------------------------------------------- */

static struct cel_value no_field(struct cel_eval *ev UNUSED, const void *object UNUSED, uint32_t field UNUSED)
{
	fail();
	return cel_aborted();
}

static struct cel_value no_call(struct cel_eval *ev UNUSED, const struct cel_value *args UNUSED, size_t n_args UNUSED)
{
	fail();
	return cel_aborted();
}

static struct cel_field user_fields[] = {
    {.name = STR_INIT("employmentType"), .alias = STR_INIT("employment_type"), .type = &cel_type_string},
    {.name = STR_INIT("manager")},
    {.name = STR_INIT("createdAt"), .type = &cel_type_timestamp},
};
static const struct cel_struct user = {
    .name = STR_INIT("User"), .fields = user_fields, .n_fields = N_ELEMENTS(user_fields), .get = no_field};

/* `user` User, `n` int, `s` string, `l` list(int), `m` map(string, int), `x` dyn, `o` optional_type(int), `t`
 * timestamp, `a.b` int, `a.b.c` string; in the container "p.q": `p.q.n` string, `p.only` bool. */
static struct cel_env *new_env(struct str container)
{
	struct cel_env *env = cel_env_new(CEL_LIB_ALL);
	struct arena *a = cel_env_arena(env);
	const struct cel_type *t = cel_env_add_struct(env, &user);
	static struct cel_overload functions[] = {
	    {.name = STR_INIT("p.f"), .id = STR_INIT("p_f_user"), .n_params = 1, .call = no_call},
	    {.name = STR_INIT("p.f"), .id = STR_INIT("p_f_string"), .n_params = 1, .call = no_call},
	    {.name = STR_INIT("twice"), .id = STR_INIT("twice"), .flags = CEL_RECEIVER, .n_params = 1, .call = no_call},
	};

	user_fields[1].type = t;
	functions[0].params[0] = t;
	functions[0].result = &cel_type_bool;
	functions[1].params[0] = &cel_type_string;
	functions[1].result = &cel_type_int;
	functions[2].params[0] = cel_type_list(a, cel_type_param(a, STR("T")));
	functions[2].result = cel_type_list(a, cel_type_list(a, cel_type_param(a, STR("T"))));
	cel_env_add_function(env, functions, N_ELEMENTS(functions));
	(void)cel_env_add_variable(env, STR("user"), t);
	(void)cel_env_add_variable(env, STR("n"), &cel_type_int);
	(void)cel_env_add_variable(env, STR("s"), &cel_type_string);
	(void)cel_env_add_variable(env, STR("l"), cel_type_list(a, &cel_type_int));
	(void)cel_env_add_variable(env, STR("m"), cel_type_map(a, &cel_type_string, &cel_type_int));
	(void)cel_env_add_variable(env, STR("x"), &cel_type_dyn);
	(void)cel_env_add_variable(env, STR("o"), cel_type_optional(a, &cel_type_int));
	(void)cel_env_add_variable(env, STR("t"), &cel_type_timestamp);
	(void)cel_env_add_variable(env, STR("a.b"), &cel_type_int);
	(void)cel_env_add_variable(env, STR("a.b.c"), &cel_type_string);
	(void)cel_env_add_variable(env, STR("p.q.n"), &cel_type_string);
	(void)cel_env_add_variable(env, STR("p.only"), &cel_type_bool);
	cel_env_add_constant(env, STR("Status.ENABLED"), &cel_type_int, cel_int(1));
	cel_env_set_container(env, container);
	return env;
}

struct pair {
	const char *source, *want;
};

/* With types; everything lives where the issues do. */
static int check(const struct cel_env *env, const struct cel_ast *ast, const struct cel_type *result,
                 struct cel_checked *ret, struct cel_issues *issues)
{
	ret->arena = issues->arena;
	return cel_check(env, ast, &(struct cel_options){.result = result}, ret, issues);
}

static int check_names(const struct cel_env *env, const struct cel_ast *ast, struct cel_checked *ret,
                       struct cel_issues *issues)
{
	ret->arena = issues->arena;
	return cel_check(env, ast, &(struct cel_options){.is_unchecked = true, .result = &cel_type_bool}, ret, issues);
}

/* The type, or the issues: "column: text", "; " between. */
static struct str checked(const struct cel_env *env, struct str source, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(1 << 16);
	struct cel_issues issues = {.arena = a};
	struct cel_checked c;
	struct cel_ast ast;

	if (cel_parse(env, source, a, &ast, &issues) == 0 && check(env, &ast, NULL, &c, &issues) == 0)
		cel_type_print(&out, c.types[ast.n_nodes - 1]);
	for (size_t i = 0; i < issues.n; i++)
		buf_addf(&out, "%s%u: " STR_FMT, i ? "; " : "", cel_place_of(source, issues.items[i].at).column,
		         STR_ARG(issues.items[i].text));
	return arena_str(a, buf_str(&out));
}

static void check_pairs(struct str container, const struct pair *pairs, size_t n)
{
	struct cel_env *env = new_env(container);
	unsigned n_wrong = 0;

	for (size_t i = 0; i < n; i++) {
		struct arena a = ARENA_INIT;
		struct str got = checked(env, str_of(pairs[i].source), &a);

		if (!str_eq(got, str_of(pairs[i].want))) {
			print_message("%s\n  is   %.*s\n  want %s\n", pairs[i].source, STR_ARG(got), pairs[i].want);
			n_wrong++;
		}
		arena_release(&a);
	}
	cel_env_free(env);
	assert_int_equal(n_wrong, 0);
}

static void test_names(void **state UNUSED)
{
	static const struct pair plain[] = {
	    {"a.b.c", "string"},
	    {"a.b", "int"},
	    {".a.b.c", "string"},
	    {"a.b.d", "4: type 'int' does not support field selection"},
	    {"a.x", "1: undeclared reference to 'a' (in container '')"},
	    {"[{'b': 1u}].map(a, a.b)", "list(uint)"},
	    {"[{'b': 1u}].map(a, .a.b)", "list(int)"},
	    {"[1u].exists(n, n == 1u && .n == 1)", "bool"},
	    {"l.map(n, s.map(s, s))",
	     "10: expression of type 'string' cannot be range of a comprehension (must be list, map, or dynamic)"},
	    {"l.map(y, y) == l && y == 1", "21: undeclared reference to 'y' (in container '')"},
	    {"cel.bind(n, n + 1, n)", "int"},
	    {"cel.bind(y, y, y)", "13: undeclared reference to 'y' (in container '')"},
	    {"Status.ENABLED", "int"},
	    {"Status.OTHER", "1: undeclared reference to 'Status' (in container '')"},
	    {"User", "type(User)"},
	    {"type(user) == User", "bool"},
	    {"int", "type(int)"},
	    {"google.protobuf.Timestamp", "type(timestamp)"},
	    {"p.f(user)", "bool"},
	    {"p.f(s)", "int"},
	    {"p.f(1)", "4: found no matching overload for 'p.f' applied to '(int)'"},
	    {"p.f()", "4: found no matching overload for 'p.f' applied to '()'"},
	    {"[x].map(p, p.f(s))", "15: undeclared reference to 'f' (in container '')"},
	    {"f(s)", "2: undeclared reference to 'f' (in container '')"},
	    {"User{}", "5: undeclared reference to 'User' (in container '')"},
	};
	static const struct pair contained[] = {
	    {"n", "string"},
	    {".n", "int"},
	    {"only", "bool"},
	    {"s", "string"},
	    {"f(s)", "int"},
	    {".f(s)", "3: undeclared reference to 'f' (in container 'p.q')"},
	    {"q.n", "string"},
	    {"nothing", "1: undeclared reference to 'nothing' (in container 'p.q')"},
	    {"l.map(only, only)", "list(int)"},
	};

	check_pairs(STR(""), plain, N_ELEMENTS(plain));
	check_pairs(STR("p.q"), contained, N_ELEMENTS(contained));
}

static void test_fields(void **state UNUSED)
{
	static const struct pair pairs[] = {
	    {"user.employmentType", "string"},
	    {"user.employment_type", "string"},
	    {"user.manager.manager.createdAt", "timestamp"},
	    {"user.boss", "5: undefined field 'boss'"},
	    {"user.manager.boss == 1 && user.chief", "13: undefined field 'boss'; 31: undefined field 'chief'"},
	    {"has(user.manager)", "bool"},
	    {"has(user.boss)", "9: undefined field 'boss'"},
	    {"user.?manager.createdAt", "optional_type(timestamp)"},
	    {"user.manager == null", "bool"},
	    {"user.employmentType == null", "21: found no matching overload for '_==_' applied to '(string, null)'"},
	    {"m.k", "int"},
	    {"m.?k", "optional_type(int)"},
	    {"has(m.k)", "bool"},
	    {"x.anything.else", "dyn"},
	    {"o.k", "2: type 'int' does not support field selection"},
	    {"l.k", "2: type 'list(int)' does not support field selection"},
	    {"n.k.l.m", "2: type 'int' does not support field selection"},
	};

	check_pairs(STR(""), pairs, N_ELEMENTS(pairs));
}

static void test_operators(void **state UNUSED)
{
	static const struct pair pairs[] = {
	    {"n + 1", "int"},
	    {"n + 1u", "3: found no matching overload for '_+_' applied to '(int, uint)'"},
	    {"n + x", "int"},
	    {"x + x", "dyn"},
	    {"l + [x]", "list(dyn)"},
	    {"t + duration('1s')", "timestamp"},
	    {"t - t", "duration"},
	    {"t + t", "3: found no matching overload for '_+_' applied to '(timestamp, timestamp)'"},
	    {"1.0 % 2.0", "5: found no matching overload for '_%_' applied to '(double, double)'"},
	    {"-1u", "1: found no matching overload for '-_' applied to '(uint)'"},
	    {"!n", "1: found no matching overload for '!_' applied to '(int)'"},
	    {"n < 1.5", "bool"},
	    {"n < s", "3: found no matching overload for '_<_' applied to '(int, string)'"},
	    {"l < l", "3: found no matching overload for '_<_' applied to '(list(int), list(int))'"},
	    {"n == 1.0", "3: found no matching overload for '_==_' applied to '(int, double)'"},
	    {"n == x", "bool"},
	    {"l == []", "bool"},
	    {"[] == l", "bool"},
	    {"t == null || null == t", "bool"},
	    {"n in l && s in m", "bool"},
	    {"s in l", "3: found no matching overload for '@in' applied to '(string, list(int))'"},
	    {"n in s", "3: found no matching overload for '@in' applied to '(int, string)'"},
	    {"l[0] + m['k']", "int"},
	    {"l['k']", "2: found no matching overload for '_[_]' applied to '(list(int), string)'"},
	    {"m[?1]", "2: found no matching overload for '_[?_]' applied to '(map(string, int), int)'"},
	    {"m[?'k']", "optional_type(int)"},
	    {"o[0]", "2: found no matching overload for '_[_]' applied to '(optional_type(int), int)'"},
	    {"n && s || true", "1: expected type 'bool' but found 'int'; 6: expected type 'bool' but found 'string'"},
	    {"true ? n : x", "dyn"},
	    {"n ? 1 : 2", "3: found no matching overload for '_?_:_' applied to '(int, int, int)'"},
	    {"true ? [] : l", "list(int)"},
	    {"true ? t : null", "timestamp"},
	    {"nothing + 1 == s && n",
	     "1: undeclared reference to 'nothing' (in container ''); 13: found no matching overload for '_==_' "
	     "applied to '(int, string)'; 21: expected type 'bool' but found 'int'"},
	};

	check_pairs(STR(""), pairs, N_ELEMENTS(pairs));
}

static void test_aggregates(void **state UNUSED)
{
	static const struct pair pairs[] = {
	    {"[1, 'a']", "list(dyn)"},
	    {"[[], [1]]", "list(list(int))"},
	    {"[{}, {'a': []}, {'b': ['c']}]", "list(map(string, list(string)))"},
	    {"{1: 'a', 2: 'b'}", "map(int, string)"},
	    {"{1: 'a', 2u: 'b'}", "map(dyn, string)"},
	    {"[?o, 1]", "list(int)"},
	    {"[?n]", "3: expected type 'optional_type(int)' but found 'int'"},
	    {"{?'a': o}", "map(string, int)"},
	    {"{?'a': n}", "8: expected type 'optional_type(int)' but found 'int'"},
	    {"[?x]", "list(dyn)"},
	    {"[].map(x, x)", "list(dyn)"},
	    {"l.map(y, [y])", "list(list(int))"},
	    {"l.map(y, y > 0, string(y))", "list(string)"},
	    {"l.map(y, y, y)", "10: expected type 'bool' but found 'int'"},
	    {"l.filter(y, y > 0)", "list(int)"},
	    {"l.filter(y, y)", "13: expected type 'bool' but found 'int'"},
	    {"m.filter(k, k != '')", "list(string)"},
	    {"m.all(k, v, k == '' && v == 0)", "bool"},
	    {"l.exists_one(y, y)", "17: expected type 'bool' but found 'int'"},
	    {"l.transformList(i, v, string(i))", "list(string)"},
	    {"l.transformMap(i, v, string(v))", "map(int, string)"},
	    {"m.transformMap(k, v, v > 1, [v])", "map(string, list(int))"},
	    {"m.transformMapEntry(k, v, {v: k})", "map(int, string)"},
	    {"m.transformMapEntry(k, v, v)", "27: expected type 'map(dyn, dyn)' but found 'int'"},
	    {"o.optMap(v, string(v))", "optional_type(string)"},
	    {"o.optFlatMap(v, optional.of([v]))", "optional_type(list(int))"},
	    {"o.optFlatMap(v, v)", "17: expected type 'optional_type(dyn)' but found 'int'"},
	    {"n.optMap(v, v)", "9: found no matching overload for 'hasValue' applied to 'int.()'"},
	    {"l.sortBy(v, -v)", "list(int)"},
	    {"l.sortBy(v, [v])", "13: found no matching overload for 'sortBy' applied to keys of type 'list(int)'"},
	    {"m.sortBy(v, v)", "1: expression of type 'map(string, int)' cannot be range of a comprehension (must be "
	                       "list, map, or dynamic)"},
	    {"math.greatest(1, 2.5)", "dyn"},
	    {"math.least(1, 2)", "int"},
	};

	check_pairs(STR(""), pairs, N_ELEMENTS(pairs));
}

static void test_functions(void **state UNUSED)
{
	static const struct pair pairs[] = {
	    {"l.twice()", "list(list(int))"},
	    {"[].twice()", "list(list(dyn))"},
	    {"[].twice() == [l]", "bool"},
	    {"twice(l)", "6: found no matching overload for 'twice' applied to '(list(int))'"},
	    {"s.twice()", "8: found no matching overload for 'twice' applied to 'string.()'"},
	    {"size(x)", "int"},
	    {"s.size(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)", "7: found no matching overload for 'size' applied to "
	                                              "'string.(int, int, int, int, int, int, int, int, int, int)'"},
	    {"optional.none().or(optional.of(s))", "optional_type(string)"},
	    {"optional.of(n).orValue(s)",
	     "23: found no matching overload for 'orValue' applied to 'optional_type(int).(string)'"},
	};

	check_pairs(STR(""), pairs, N_ELEMENTS(pairs));
}

/* What the compiler is told of each node. */
static void test_meanings(void **state UNUSED)
{
	struct cel_env *env = new_env(STR(""));
	struct arena a = ARENA_INIT;
	struct cel_issues issues = {.arena = &a};
	struct cel_checked c;
	struct cel_ast ast;

	/* 0 a, 1 a.b, 2 a.b.c; 3 user, 4 .employment_type; 5 "a.b.c == user.…" */
	assert_int_equal(cel_parse(env, STR("a.b.c == user.employment_type"), &a, &ast, &issues), 0);
	assert_int_equal(check(env, &ast, &cel_type_bool, &c, &issues), 0);
	assert_int_equal(c.meanings[2].kind, CEL_MEANS_VARIABLE);
	assert_int_equal(c.meanings[2].slot, 9);
	assert_true(c.meanings[2].is_qualified);
	assert_int_equal(c.meanings[1].kind, CEL_MEANS_NOTHING);
	assert_int_equal(c.meanings[4].kind, CEL_MEANS_FIELD);
	assert_int_equal(c.meanings[4].slot, 0);
	assert_false(c.meanings[4].is_qualified);
	/* 0 m, 1 v, 2 k, 3 fold: the locals of it */
	assert_int_equal(cel_parse(env, STR("m.transformMap(k, v, [k, v])"), &a, &ast, &issues), 0);
	assert_int_equal(check(env, &ast, NULL, &c, &issues), 0);
	for (uint32_t i = 1; i <= 2; i++) {
		assert_int_equal(c.meanings[i].kind, CEL_MEANS_LOCAL);
		assert_int_equal(c.meanings[i].node, ast.n_nodes - 1);
		assert_int_equal(c.meanings[i].slot, i - 1);
	}
	/* 0 p, 1 user, 2 p.f(user) */
	assert_int_equal(cel_parse(env, STR("p.f(user)"), &a, &ast, &issues), 0);
	assert_int_equal(check(env, &ast, NULL, &c, &issues), 0);
	assert_int_equal(c.meanings[2].kind, CEL_MEANS_OVERLOAD);
	assert_true(c.meanings[2].is_qualified);
	assert_true(str_eq(c.meanings[2].overloads[0]->id, STR("p_f_user")));
	assert_int_equal(check_names(env, &ast, &c, &issues), 0);
	assert_int_equal(c.meanings[2].kind, CEL_MEANS_OVERLOADS);
	assert_int_equal(c.meanings[2].n_overloads, 2);
	cel_env_free(env);
	arena_release(&a);
}

/* Without types nothing is wrong: what is not declared fails when it runs. */
static void test_unchecked(void **state UNUSED)
{
	static const char *const sources[] = {"nothing",  "f(1)",       "n + s",     "n.k",
	                                      "'a' && 1", "s.twice(1)", "User{a: 1}"};
	struct cel_env *env = new_env(STR(""));

	for (size_t i = 0; i < N_ELEMENTS(sources); i++) {
		struct arena a = ARENA_INIT;
		struct cel_issues issues = {.arena = &a};
		struct cel_checked c;
		struct cel_ast ast;

		assert_int_equal(cel_parse(env, str_of(sources[i]), &a, &ast, &issues), 0);
		assert_int_equal(check_names(env, &ast, &c, &issues), 0);
		assert_int_equal(c.types[ast.n_nodes - 1]->kind, CEL_TYPE_DYN);
		arena_release(&a);
	}
	cel_env_free(env);
}

static void test_wanted_result(void **state UNUSED)
{
	static const struct {
		const char *source, *want;
	} cases[] = {
	    {"n == 1", NULL},
	    {"x", NULL},
	    {"s", "expected type 'bool' but found 'string'"},
	    {"l.map(y, y)", "expected type 'bool' but found 'list(int)'"},
	};
	struct cel_env *env = new_env(STR(""));

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct arena a = ARENA_INIT;
		struct cel_issues issues = {.arena = &a};
		struct cel_checked c;
		struct cel_ast ast;
		int r;

		assert_int_equal(cel_parse(env, str_of(cases[i].source), &a, &ast, &issues), 0);
		r = check(env, &ast, &cel_type_bool, &c, &issues);
		assert_int_equal(r == 0, cases[i].want == NULL);
		if (cases[i].want)
			assert_string_equal(issues.items[0].text.ptr, cases[i].want);
		arena_release(&a);
	}
	cel_env_free(env);
}

/* Each bind squares the size of the type; what is too large is dyn, in no time. */
static void test_types_that_explode(void **state UNUSED)
{
	static const char *const firsts[] = {"1", "[]", "{}", "x", "optional.none()"};
	struct cel_env *env = new_env(STR(""));

	for (size_t i = 0; i < N_ELEMENTS(firsts); i++) {
		CLEANUP(buf_releasep) struct buf source = BUF_INIT(1 << 20);
		struct arena a = ARENA_INIT;
		const struct cel_type *type;

		buf_addf(&source, "cel.bind(v0, %s, ", firsts[i]);
		for (unsigned n = 1; n < 200; n++)
			buf_addf(&source, "cel.bind(v%u, {v%u: [v%u, v%u]}, ", n, n - 1, n - 1, n - 1);
		buf_add(&source, STR("v199 == v198 || [v199, v198] == []"));
		for (unsigned n = 0; n < 200; n++)
			buf_add(&source, STR(")"));
		assert_int_equal(issues_of(env, buf_str(&source), &a, &type).len, 0);
		assert_int_equal(type->kind, CEL_TYPE_BOOL);
		arena_release(&a);
	}
	cel_env_free(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_types_of_cases), cmocka_unit_test(test_names),
	    cmocka_unit_test(test_fields),         cmocka_unit_test(test_operators),
	    cmocka_unit_test(test_aggregates),     cmocka_unit_test(test_functions),
	    cmocka_unit_test(test_meanings),       cmocka_unit_test(test_unchecked),
	    cmocka_unit_test(test_wanted_result),  cmocka_unit_test(test_types_that_explode),
	};

	return cmocka_run_group_tests_name("expr/check", tests, NULL, NULL);
}
