/* SPDX-License-Identifier: Apache-2.0
 *
 * The parser: trees of all forms of the grammar, values of literals, limits, and each mistake with its place. Trees are
 * written in one line: "call(_+_ 1 2)".
 */
#include "support.h"

#include "base/utf8.h"

#define MAX_TEXT_BYTES ((size_t)1 << 20)

static struct cel_env *env_all, *env_none;

static int set_up(void **state UNUSED)
{
	env_all = cel_env_new(CEL_LIB_ALL);
	env_none = cel_env_new(0);
	return 0;
}

static int tear_down(void **state UNUSED)
{
	cel_env_free(env_all);
	cel_env_free(env_none);
	return 0;
}

/* cel_ast_print() in one line, without places: "call _+_(ident a, literal 1)". */
static struct str flat(const struct cel_ast *ast, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT_BYTES);
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(MAX_TEXT_BYTES);
	struct str rest, line;
	size_t depth = 0;
	const char *between = "";

	cel_ast_print(&text, ast);
	rest = buf_str(&text);
	while (str_split(&rest, '\n', &line) && line.len > 0) {
		size_t indent = 0, end = line.len;

		while (line.ptr[indent * 2] == ' ')
			indent++;
		for (; depth > indent; depth--)
			buf_add(&out, STR(")"));
		buf_addf(&out, "%s", indent > depth ? "(" : between);
		while (line.ptr[end - 1] != '@')
			end--;
		buf_add(&out, str_trim(str_slice(line, indent * 2, end - 1)));
		depth = indent;
		between = ", ";
	}
	for (; depth > 0; depth--)
		buf_add(&out, STR(")"));
	return arena_str(a, buf_str(&out));
}

/* The tree, or the issues: "column: text" of each, "; " between; lines when there are several. */
static struct str parsed(const struct cel_env *env, struct str source, struct arena *a)
{
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(MAX_TEXT_BYTES);
	struct cel_issues issues = {.arena = a};
	struct cel_ast ast;

	if (cel_parse(env, source, a, &ast, &issues) == 0)
		return flat(&ast, a);
	for (size_t i = 0; i < issues.n; i++) {
		struct cel_place place = cel_place_of(source, issues.items[i].at);

		buf_addf(&out, "%s%u:%u: " STR_FMT, i ? "; " : "", place.line, place.column,
		         STR_ARG(issues.items[i].text));
	}
	return arena_str(a, buf_str(&out));
}

struct pair {
	const char *source, *want;
};

static void check_pairs(const struct cel_env *env, const struct pair *pairs, size_t n)
{
	unsigned n_wrong = 0;

	for (size_t i = 0; i < n; i++) {
		struct arena a = ARENA_INIT;
		struct str got = parsed(env, str_of(pairs[i].source), &a);

		if (!str_eq(got, str_of(pairs[i].want))) {
			print_message("%s\n  is   %.*s\n  want %s\n", pairs[i].source, STR_ARG(got), pairs[i].want);
			n_wrong++;
		}
		arena_release(&a);
	}
	assert_int_equal(n_wrong, 0);
}

static void test_precedence(void **state UNUSED)
{
	static const struct pair pairs[] = {
	    {"a + b * c", "call _+_(ident a, call _*_(ident b, ident c))"},
	    {"a * b + c", "call _+_(call _*_(ident a, ident b), ident c)"},
	    {"a - b - c", "call _-_(call _-_(ident a, ident b), ident c)"},
	    {"a / b % c", "call _%_(call _/_(ident a, ident b), ident c)"},
	    {"a == b != c", "call _!=_(call _==_(ident a, ident b), ident c)"},
	    {"a < b <= c", "call _<=_(call _<_(ident a, ident b), ident c)"},
	    {"a in b > c >= d", "call _>=_(call _>_(call @in(ident a, ident b), ident c), ident d)"},
	    {"a || b && c || d", "or(ident a, and(ident b, ident c), ident d)"},
	    {"a && b && c", "and(ident a, ident b, ident c)"},
	    {"(a && b) && c", "and(and(ident a, ident b), ident c)"},
	    {"a && b == c + 1", "and(ident a, call _==_(ident b, call _+_(ident c, literal 1)))"},
	    {"a ? b : c ? d : e", "conditional(ident a, ident b, conditional(ident c, ident d, ident e))"},
	    {"a ? (b ? c : d) : e", "conditional(ident a, conditional(ident b, ident c, ident d), ident e)"},
	    {"a || b ? c && d : e", "conditional(or(ident a, ident b), and(ident c, ident d), ident e)"},
	    {"!a.b", "call !_(select b(ident a))"},
	    {"!!a", "call !_(call !_(ident a))"},
	    {"-a.b(c)", "call -_(call b receiver(ident a, ident c))"},
	    {"-1", "literal -1"},
	    {"- 1", "literal -1"},
	    {"--1", "call -_(call -_(literal 1))"},
	    {"---1", "call -_(call -_(call -_(literal 1)))"},
	    {"!-1", "call !_(literal -1)"},
	    {"1 - -1", "call _-_(literal 1, literal -1)"},
	    {"1-1", "call _-_(literal 1, literal 1)"},
	    {"-1.abs()", "call abs receiver(literal -1)"},
	    {"-1u", "call -_(literal 1u)"},
	    {"((a))", "ident a"},
	};

	check_pairs(env_none, pairs, N_ELEMENTS(pairs));
}

static void test_members(void **state UNUSED)
{
	static const struct pair pairs[] = {
	    {"a.b.c", "select c(select b(ident a))"},
	    {".a.b", "select b(ident a root)"},
	    {".f(1)", "call f root(literal 1)"},
	    {"f()", "call f"},
	    {"f(a, b)", "call f(ident a, ident b)"},
	    {"a.f()", "call f receiver(ident a)"},
	    {"a.b.f(1)", "call f receiver(select b(ident a), literal 1)"},
	    {"a[0][b].c", "select c(index(index(ident a, literal 0), ident b))"},
	    {"f(a)[1].g(2)", "call g receiver(index(call f(ident a), literal 1), literal 2)"},
	    {"'a'.size()", "call size receiver(literal \"a\")"},
	    {"[1][0]", "index(list(literal 1), literal 0)"},
	    {"{}.a", "select a(map)"},
	    {"a.while.in_", "select in_(select while(ident a))"},
	    {"a.package()", "call package receiver(ident a)"},
	    {"a.`b-c/d.e f`", "select b-c/d.e f quoted(ident a)"},
	    {"1.e3", "select e3(literal 1)"},
	    {"a . b // comment\n . c", "select c(select b(ident a))"},
	};

	check_pairs(env_none, pairs, N_ELEMENTS(pairs));
}

static void test_aggregates(void **state UNUSED)
{
	static const struct pair pairs[] = {
	    {"[]", "list"},
	    {"[,]", "list"},
	    {"[1, 2,]", "list(literal 1, literal 2)"},
	    {"{}", "map"},
	    {"{,}", "map"},
	    {"{a: 1, 'b': [2],}", "map(ident a, literal 1, literal \"b\", list(literal 2))"},
	    {"{a ? b : c : d}", "map(conditional(ident a, ident b, ident c), ident d)"},
	    {"{a: b ? c : d}", "map(ident a, conditional(ident b, ident c, ident d))"},
	    {"A{}", "struct A"},
	    {".a.B{}", "struct a.B root"},
	    {"a . b.C{x: 1, while: 2, `y-z`: 3,}",
	     "struct a.b.C(literal \"x\", literal 1, literal \"while\", literal 2, literal \"y-z\", literal 3)"},
	    {"A{b: B{c: 1}}", "struct A(literal \"b\", struct B(literal \"c\", literal 1))"},
	    {"[A{}.x]", "list(select x(struct A))"},
	};

	check_pairs(env_none, pairs, N_ELEMENTS(pairs));
}

static void test_optional_syntax(void **state UNUSED)
{
	static const struct pair pairs[] = {
	    {"a.?b.c", "select c(select b optional(ident a))"},
	    {"a.?`b-c`", "select b-c optional quoted(ident a)"},
	    {"a[?0]", "index optional(ident a, literal 0)"},
	    {"[?a, b]", "list(ident a optional-entry, ident b)"},
	    {"[a.?b]", "list(select b optional(ident a))"},
	    {"[?a.?b]", "list(select b optional optional-entry(ident a))"},
	    {"{?'a': b, c: d}", "map(literal \"a\" optional-entry, ident b, ident c, ident d)"},
	    {"A{?b: c}", "struct A(literal \"b\" optional-entry, ident c)"},
	};
	static const struct pair refused[] = {
	    {"a.?b", "1:2: unsupported syntax '.?'"},
	    {"a[?0]", "1:2: unsupported syntax '[?'"},
	    {"[?a]", "1:2: unsupported syntax '?'"},
	    {"{?a: b}", "1:2: unsupported syntax '?'"},
	};

	check_pairs(env_all, pairs, N_ELEMENTS(pairs));
	check_pairs(env_none, refused, N_ELEMENTS(refused));
}

static void test_macros(void **state UNUSED)
{
	static const struct pair standard[] = {
	    {"has(a.b.c)", "select c has(select b(ident a))"},
	    {"a.all(x, x > 0)", "fold all x(ident a, call _>_(ident x, literal 0))"},
	    {"a.exists(x, x)", "fold exists x(ident a, ident x)"},
	    {"a.exists_one(x, x)", "fold exists_one x(ident a, ident x)"},
	    {"a.existsOne(x, x)", "fold exists_one x(ident a, ident x)"},
	    {"a.map(x, x)", "fold map x(ident a, ident x)"},
	    {"a.map(x, y, z)", "fold map x(ident a, ident y, ident z)"},
	    {"a.filter(x, x)", "fold filter x(ident a, ident x)"},
	    {"a.map(x, x.map(y, y)).size()", "call size receiver(fold map x(ident a, fold map y(ident x, ident y)))"},
	    /* Other numbers of arguments, and other libraries' macros, are calls. */
	    {"a.all(x)", "call all receiver(ident a, ident x)"},
	    {"a.all(x, y, z)", "call all receiver(ident a, ident x, ident y, ident z)"},
	    {"has(a, b)", "call has(ident a, ident b)"},
	    {".has(a)", "call has root(ident a)"},
	    {"has()", "call has"},
	    {"all(x, y)", "call all(ident x, ident y)"},
	    {"cel.bind(x, 1, x)", "call bind receiver(ident cel, ident x, literal 1, ident x)"},
	    {"math.greatest(1, 2)", "call greatest receiver(ident math, literal 1, literal 2)"},
	    {"a.sortBy(x, x)", "call sortBy receiver(ident a, ident x, ident x)"},
	    {"a.optMap(x, x)", "call optMap receiver(ident a, ident x, ident x)"},
	    {"a.transformList(i, x, x)", "call transformList receiver(ident a, ident i, ident x, ident x)"},
	};
	static const struct pair all[] = {
	    {"a.all(i, x, x)", "fold all i x(ident a, ident x)"},
	    {"a.exists(i, x, x)", "fold exists i x(ident a, ident x)"},
	    {"a.existsOne(i, x, x)", "fold exists_one i x(ident a, ident x)"},
	    {"a.transformList(i, x, x)", "fold transformList i x(ident a, ident x)"},
	    {"a.transformList(i, x, i, x)", "fold transformList i x(ident a, ident i, ident x)"},
	    {"a.transformMap(k, v, v)", "fold transformMap k v(ident a, ident v)"},
	    {"a.transformMapEntry(k, v, {v: k})", "fold transformMapEntry k v(ident a, map(ident v, ident k))"},
	    {"a.optMap(x, x)", "fold optMap x(ident a, ident x)"},
	    {"a.optFlatMap(x, x)", "fold optFlatMap x(ident a, ident x)"},
	    {"a.sortBy(x, -x)", "fold sortBy x(ident a, call -_(ident x))"},
	    {"cel.bind(x, 1, x + x)", "bind x(literal 1, call _+_(ident x, ident x))"},
	    {".cel.bind(x, 1, x)", "call bind receiver(ident cel root, ident x, literal 1, ident x)"},
	    {"math.greatest(a)", "call math.greatest(ident a)"},
	    {"math.least(1, 2, 3)", "call math.least(list(literal 1, literal 2, literal 3))"},
	    {"a.greatest(1)", "call greatest receiver(ident a, literal 1)"},
	};

	check_pairs(env_none, standard, N_ELEMENTS(standard));
	check_pairs(env_all, all, N_ELEMENTS(all));
}

static void test_macro_mistakes(void **state UNUSED)
{
	static const struct pair pairs[] = {
	    {"has(a)", "1:5: invalid argument to has() macro"},
	    {"has(a[0])", "1:6: invalid argument to has() macro"},
	    {"has(has(a.b))", "1:10: invalid argument to has() macro"},
	    {"has(a.?b)", "1:6: invalid argument to has() macro"},
	    {"a.all(1, true)", "1:7: argument is not an identifier"},
	    {"a.all(x.y, true)", "1:8: argument is not an identifier"},
	    {"a.all(.x, true)", "1:8: argument is not an identifier"},
	    {"a.all(for, true)", "1:7: reserved identifier: for"},
	    {"a.all(1, v, true)", "1:7: argument must be a simple name"},
	    {"a.all(i, 2, true)", "1:10: argument must be a simple name"},
	    {"a.all(1, 2, true)", "1:7: argument must be a simple name; 1:10: argument must be a simple name"},
	    {"a.all(x, x, true)", "1:10: duplicate variable name: x"},
	    {"cel.bind(1, 2, 3)", "1:10: argument is not an identifier"},
	    {"math.greatest()", "1:14: math.greatest() requires at least one argument"},
	};

	check_pairs(env_all, pairs, N_ELEMENTS(pairs));
}

static void test_numbers(void **state UNUSED)
{
	static const struct pair pairs[] = {
	    {"0", "literal 0"},
	    {"007", "literal 7"},
	    {"0x7f", "literal 127"},
	    {"0xfFu", "literal 255u"},
	    {"9223372036854775807", "literal 9223372036854775807"},
	    {"-9223372036854775808", "literal -9223372036854775808"},
	    {"-0x8000000000000000", "literal -9223372036854775808"},
	    {"18446744073709551615u", "literal 18446744073709551615u"},
	    {"18446744073709551615U", "literal 18446744073709551615u"},
	    {"1.5", "literal 1.5"},
	    {".5", "literal 0.5"},
	    {"-.5e1", "literal -5"},
	    {"1e3", "literal 1000"},
	    {"2.5E-1", "literal 0.25"},
	    {"9223372036854775808", "1:1: invalid int literal"},
	    {"-9223372036854775809", "1:1: invalid int literal"},
	    {"0xfffffffffffffffff", "1:1: invalid int literal"},
	    {"18446744073709551616u", "1:1: invalid uint literal"},
	    {"1e999", "1:1: invalid double literal"},
	    {"0xg", "1:2: Syntax error: extraneous input 'xg' expecting <EOF>"},
	    {"1.", "1:3: Syntax error: no viable alternative at input '.'"},
	    {"1ul", "1:3: Syntax error: extraneous input 'l' expecting <EOF>"},
	};

	check_pairs(env_none, pairs, N_ELEMENTS(pairs));
}

static void test_texts(void **state UNUSED)
{
	static const struct {
		const char *source;
		struct str want;
		bool is_bytes;
	} cases[] = {
	    {"''", STR_INIT(""), false},
	    {"\"a'b\"", STR_INIT("a'b"), false},
	    {"'a\"b'", STR_INIT("a\"b"), false},
	    {"'''a'b\n\"c'''", STR_INIT("a'b\n\"c"), false},
	    {"\"\"\"a\"\"b\"\"\"", STR_INIT("a\"\"b"), false},
	    {"''''a'''", STR_INIT("'a"), false},
	    {"r'\\n\\'", STR_INIT("\\n\\"), false},
	    {"R\"\"\"\\\"\"\"", STR_INIT("\\"), false},
	    {"'\\a\\b\\f\\n\\r\\t\\v\\\\\\?\\'\\\"\\`'", STR_INIT("\a\b\f\n\r\t\v\\?'\"`"), false},
	    {"'\\x41\\X7a\\xff'", STR_INIT("Az\xc3\xbf"), false},
	    {"'\\101\\000\\377'", STR_INIT("A\0\xc3\xbf"), false},
	    {"'\\u20ac\\U0001f431'", STR_INIT("\xe2\x82\xac\xf0\x9f\x90\xb1"), false},
	    {"'''a\r\nb\rc'''", STR_INIT("a\nb\nc"), false},
	    {"r'''a\r\n\\'''", STR_INIT("a\n\\"), false},
	    {"'\xc3\xa9'", STR_INIT("\xc3\xa9"), false},
	    {"b'\xc3\xbf'", STR_INIT("\xc3\xbf"), true},
	    {"b'\\xff\\000\\377'", STR_INIT("\xff\0\xff"), true},
	    {"B\"a\\n\"", STR_INIT("a\n"), true},
	    {"br'\\x41'", STR_INIT("\\x41"), true},
	    {"bR'''a'''", STR_INIT("a"), true},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct arena a = ARENA_INIT;
		struct cel_issues issues = {.arena = &a};
		struct cel_ast ast;

		assert_int_equal(cel_parse(env_none, str_of(cases[i].source), &a, &ast, &issues), 0);
		assert_int_equal(ast.n_nodes, 1);
		assert_int_equal(ast.nodes[0].literal.kind, cases[i].is_bytes ? CEL_BYTES : CEL_STRING);
		assert_int_equal(ast.nodes[0].literal.n, cases[i].want.len);
		assert_memory_equal(ast.nodes[0].literal.text, cases[i].want.ptr, cases[i].want.len);
		arena_release(&a);
	}
}

static void test_text_mistakes(void **state UNUSED)
{
	static const struct pair pairs[] = {
	    {"'\\ud800'", "1:1: unable to unescape string"},
	    {"'\\U00110000'", "1:1: unable to unescape string"},
	    {"b'\\u0041'", "1:1: unable to unescape string"},
	    {"x + '\\u12'", "1:5: Syntax error: token recognition error at: ''\\u12''; "
	                    "1:11: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', "
	                    "'true', 'false', 'null', "
	                    "NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"},
	    {"1 '\\400'", "1:3: Syntax error: token recognition error at: ''\\4'; 1:6: Syntax error: extraneous input "
	                  "'00' expecting "
	                  "<EOF>; 1:8: Syntax error: token recognition error at: '''"},
	    {"1 \"\"\"a", "1:3: Syntax error: extraneous input '\"\"' expecting <EOF>; "
	                  "1:5: Syntax error: token recognition error at: '\"a'"},
	    {"1 rb'a'", "1:3: Syntax error: mismatched input 'rb' expecting <EOF>"},
	    {"1 'a\n'",
	     "1:3: Syntax error: token recognition error at: ''a\n'; 2:1: Syntax error: token recognition error at: "
	     "'''"},
	    {"a.`b", "1:3: Syntax error: token recognition error at: '`b'; 1:5: Syntax error: no viable alternative at "
	             "input '.'"},
	    {"a.``", "1:3: Syntax error: token recognition error at: '``'; 1:5: Syntax error: no viable alternative at "
	             "input '.'"},
	};

	check_pairs(env_all, pairs, N_ELEMENTS(pairs));
}

#define OPERAND "'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

static void test_syntax_errors(void **state UNUSED)
{
	static const struct pair pairs[] = {
	    {"", "1:1: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', " OPERAND},
	    {"// only this",
	     "1:13: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', " OPERAND},
	    {"a +\n  ",
	     "2:3: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', " OPERAND},
	    {"1 + * 2", "1:5: Syntax error: extraneous input '*' expecting {'[', '{', '(', '.', '-', '!', " OPERAND},
	    {"1 + +", "1:5: Syntax error: mismatched input '+' expecting {'[', '{', '(', '.', '-', '!', " OPERAND},
	    {"-!a", "1:2: Syntax error: extraneous input '!' expecting {'[', '{', '(', '.', '-', " OPERAND},
	    {"!-a", "1:3: Syntax error: no viable alternative at input '-a'"},
	    {"f(",
	     "1:3: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', ')', '.', '-', '!', " OPERAND},
	    {"f(a,)", "1:5: Syntax error: mismatched input ')' expecting {'[', '{', '(', '.', '-', '!', " OPERAND},
	    {"[", "1:2: Syntax error: mismatched input '<EOF>' expecting {'[', ']', '{', '(', '.', ',', '-', '!', "
	          "'?', " OPERAND},
	    {"{", "1:2: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '}', '(', '.', ',', '-', '!', "
	          "'?', " OPERAND},
	    {"a[",
	     "1:3: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', '?', " OPERAND},
	    {"(a", "1:3: Syntax error: missing ')' at '<EOF>'"},
	    {"f(a", "1:4: Syntax error: missing ')' at '<EOF>'"},
	    {"a[b", "1:4: Syntax error: missing ']' at '<EOF>'"},
	    {"[(a]", "1:4: Syntax error: missing ')' at ']'"},
	    {"((a", "1:4: Syntax error: mismatched input '<EOF>' expecting ')'"},
	    {"[a", "1:3: Syntax error: mismatched input '<EOF>' expecting {']', ','}"},
	    {"{a", "1:3: Syntax error: mismatched input '<EOF>' expecting ':'"},
	    {"{a: b", "1:6: Syntax error: mismatched input '<EOF>' expecting {'}', ','}"},
	    {"{a, b}", "1:3: Syntax error: mismatched input ',' expecting ':'"},
	    {"{a: b: c}", "1:6: Syntax error: mismatched input ':' expecting {'}', ','}"},
	    {"a ? b", "1:6: Syntax error: mismatched input '<EOF>' expecting ':'"},
	    {"a ? b ? c : d : e", "1:7: Syntax error: mismatched input '?' expecting ':'"},
	    {"a : b", "1:3: Syntax error: mismatched input ':' expecting <EOF>"},
	    {"a, b", "1:2: Syntax error: mismatched input ',' expecting <EOF>"},
	    {"a)", "1:2: Syntax error: extraneous input ')' expecting <EOF>"},
	    {"(a b)", "1:4: Syntax error: extraneous input 'b' expecting ')'"},
	    {"a b c", "1:3: Syntax error: mismatched input 'b' expecting <EOF>"},
	    {"a.", "1:3: Syntax error: no viable alternative at input '.'"},
	    {"a.(b)", "1:3: Syntax error: no viable alternative at input '.('"},
	    {"a.true", "1:3: Syntax error: no viable alternative at input '.true'"},
	    {"a.?f(x)", "1:5: Syntax error: mismatched input '(' expecting <EOF>"},
	    {"f(a){}", "1:5: Syntax error: mismatched input '{' expecting <EOF>"},
	    {"A{1: 2}",
	     "1:3: Syntax error: mismatched input '1' expecting {'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}"},
	    {"A{b}", "1:4: Syntax error: mismatched input '}' expecting ':'"},
	    {"while", "1:1: reserved identifier: while"},
	    {"for.a + if", "1:1: reserved identifier: for; 1:9: reserved identifier: if"},
	    {"a = b",
	     "1:3: Syntax error: token recognition error at: '= '; 1:5: Syntax error: extraneous input 'b' expecting "
	     "<EOF>"},
	    {"a | b",
	     "1:3: Syntax error: token recognition error at: '| '; 1:5: Syntax error: extraneous input 'b' expecting "
	     "<EOF>"},
	    {"#", "1:1: Syntax error: token recognition error at: '#'; 1:2: Syntax error: mismatched input '<EOF>' "
	          "expecting "
	          "{'[', '{', '(', '.', '-', '!', " OPERAND},
	    {"\xc3\xa9 + a", "1:1: Syntax error: token recognition error at: '\xc3\xa9'; 1:3: Syntax error: extraneous "
	                     "input '+' expecting {'[', '{', '(', '.', '-', '!', " OPERAND},
	    {"a\x01", "1:2: Syntax error: token recognition error at: '\x01'"},
	    {"a + \xff", "1:1: expression is not valid UTF-8"},
	};

	check_pairs(env_all, pairs, N_ELEMENTS(pairs));
}

/* ---- limits ------------------------------------------------------------------------------------------------- */

/* `n` times `open`, the middle, `n` times `close`. */
static struct str nested(struct arena *a, size_t n, const char *open, const char *middle, const char *close)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT_BYTES);

	for (size_t i = 0; i < n; i++)
		buf_addf(&text, "%s", open);
	buf_addf(&text, "%s", middle);
	for (size_t i = 0; i < n; i++)
		buf_addf(&text, "%s", close);
	return arena_str(a, buf_str(&text));
}

static bool parses(struct str source, struct arena *a)
{
	struct cel_issues issues = {.arena = a};
	struct cel_ast ast;

	if (cel_parse(env_all, source, a, &ast, &issues) == 0)
		return true;
	assert_true(str_starts_with(issues.items[0].text, STR("expression recursion limit exceeded: 250")));
	return false;
}

/* Each way to nest is fine up to a depth and refused beyond, however deep: nothing here recurses. */
static void test_nesting(void **state UNUSED)
{
	static const struct {
		const char *open, *middle, *close;
		size_t max;
	} ways[] = {
	    {"(", "1", ")", 250},          {"[", "1", "]", 249},          {"{1: ", "1", "}", 249},
	    {"f(", "1", ")", 249},         {"a[", "0", "]", 249},         {"!", "true", "", 249},
	    {"-", "x", "", 249},           {"true ? 1 : ", "1", "", 249}, {"", "a", ".b", 249},
	    {"", "a", "[0]", 249},         {"", "1", " + 1", 249},        {"1 + (", "1", ")", 249},
	    {"[].map(x, ", "1", ")", 249}, {"", "a", ".f()", 249},        {"A{b: ", "1", "}", 249},
	};

	for (size_t i = 0; i < N_ELEMENTS(ways); i++) {
		struct arena a = ARENA_INIT;

		assert_true(parses(nested(&a, ways[i].max, ways[i].open, ways[i].middle, ways[i].close), &a));
		assert_false(parses(nested(&a, ways[i].max + 1, ways[i].open, ways[i].middle, ways[i].close), &a));
		assert_false(parses(nested(&a, 5000, ways[i].open, ways[i].middle, ways[i].close), &a));
		arena_release(&a);
	}
}

/* What does not nest has no limit but the source's. */
static void test_width(void **state UNUSED)
{
	static const struct {
		const char *open, *more, *close;
	} ways[] = {
	    {"true", " && x", ""}, {"true", " || x", ""},    {"[1", ", 1", "]"},
	    {"f(1", ", 1", ")"},   {"{1: 2", ", 3: 4", "}"},
	};

	for (size_t i = 0; i < N_ELEMENTS(ways); i++) {
		struct arena a = ARENA_INIT;
		struct str more = nested(&a, 10000, "", "", ways[i].more);

		assert_true(parses(arena_concat3(&a, str_of(ways[i].open), more, str_of(ways[i].close)), &a));
		arena_release(&a);
	}
}

static void test_source_size(void **state UNUSED)
{
	struct arena a = ARENA_INIT;
	struct str fits = nested(&a, CEL_MAX_SOURCE_CODE_POINTS - 1, " ", "1", ""),
	           wide = nested(&a, CEL_MAX_SOURCE_CODE_POINTS - 2, "\xe2\x82\xac", "'", ""), got;

	assert_string_equal(parsed(env_all, fits, &a).ptr, "literal 1");
	assert_string_equal(parsed(env_all, arena_concat(&a, fits, STR(" ")), &a).ptr,
	                    "1:1: expression code point size exceeds limit: size: 100001, limit 100000");
	/* Code points are counted, not bytes. */
	got = parsed(env_all, arena_concat(&a, STR("'"), wide), &a);
	assert_true(str_starts_with(got, STR("literal \"")));
	got = parsed(env_all, arena_concat3(&a, STR("'"), wide, STR(" ")), &a);
	assert_true(str_starts_with(got, STR("1:1: expression code point size exceeds limit: size: 100001")));
	arena_release(&a);
}

/* As many are told as fit, and the parser does not stumble over the rest. */
static void test_many_issues(void **state UNUSED)
{
	struct arena a = ARENA_INIT;
	struct cel_issues issues = {.arena = &a};
	struct cel_ast ast;

	assert_int_equal(cel_parse(env_all, nested(&a, 1000, "# ", "1", ""), &a, &ast, &issues), -22);
	assert_int_equal(issues.n, CEL_MAX_ISSUES);
	arena_release(&a);
}

/* Long ones are cut, between characters. */
static void test_long_issues(void **state UNUSED)
{
	static const struct {
		const char *open, *close, *end;
	} cases[] = {
	    {"1 '", "", "\xe2\x82\xac"},
	    {"1 '", "'", "expecting <EOF>"},
	    {"1 'a", "'", "expecting <EOF>"},
	    {"a.('", "'", "'"},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct arena a = ARENA_INIT;
		struct cel_issues issues = {.arena = &a};
		struct cel_ast ast;
		struct str text = nested(&a, 3000, "\xe2\x82\xac", cases[i].close, "");

		text = arena_concat(&a, str_of(cases[i].open), text);
		assert_int_equal(cel_parse(env_all, text, &a, &ast, &issues), -22);
		for (size_t k = 0; k < issues.n; k++) {
			assert_true(issues.items[k].text.len < 1024);
			assert_true(utf8_is_valid(issues.items[k].text));
		}
		assert_true(str_ends_with(issues.items[0].text, str_of(cases[i].end)));
		arena_release(&a);
	}
}

static void test_names(void **state UNUSED)
{
	static const struct pair cases[] = {
	    {"a.b.c", "a.b.c"}, {"a", "a"},       {".a.b", "a.b"},      {"a . b /**/", NULL},
	    {"a.b()", NULL},    {"a.?b", NULL},   {"a.`b`", NULL},      {"a[0].b", NULL},
	    {"has(a.b)", NULL}, {"a . b", "a.b"}, {"(a.b).c", "a.b.c"},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct arena a = ARENA_INIT;
		struct cel_issues issues = {.arena = &a};
		struct cel_ast ast;
		struct str name = STR_NONE;
		bool is_name = cel_parse(env_all, str_of(cases[i].source), &a, &ast, &issues) == 0 &&
		               cel_node_name(ast.nodes, ast.n_nodes - 1, &a, &name);

		assert_int_equal(is_name, cases[i].want != NULL);
		if (is_name)
			assert_true(str_eq(name, str_of(cases[i].want)));
		arena_release(&a);
	}
}

static void test_places(void **state UNUSED)
{
	struct str source = STR("a\n\xc3\xa9\xe2\x82\xac b\r\n\tc");
	static const struct {
		uint32_t at, line, column;
	} cases[] = {{0, 1, 1}, {1, 1, 2},  {2, 2, 1},  {4, 2, 2}, {7, 2, 3},
	             {8, 2, 4}, {11, 3, 1}, {12, 3, 2}, {99, 3, 3}};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct cel_place place = cel_place_of(source, cases[i].at);

		assert_int_equal(place.line, cases[i].line);
		assert_int_equal(place.column, cases[i].column);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_precedence),    cmocka_unit_test(test_members),
	    cmocka_unit_test(test_aggregates),    cmocka_unit_test(test_optional_syntax),
	    cmocka_unit_test(test_macros),        cmocka_unit_test(test_macro_mistakes),
	    cmocka_unit_test(test_numbers),       cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_text_mistakes), cmocka_unit_test(test_syntax_errors),
	    cmocka_unit_test(test_nesting),       cmocka_unit_test(test_width),
	    cmocka_unit_test(test_source_size),   cmocka_unit_test(test_many_issues),
	    cmocka_unit_test(test_long_issues),   cmocka_unit_test(test_names),
	    cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests_name("expr/parse", tests, set_up, tear_down);
}
