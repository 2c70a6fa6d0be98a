/* SPDX-License-Identifier: Apache-2.0
 *
 * What json_parse() accepts and refuses, every text of the table also judged by jansson, and what the trees hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jansson-says.h"
#include "json/json.h"

/* Where the two readers rightly differ. */
enum reference {
	SAME,     /* jansson says the same */
	ACCEPTED, /* jansson accepts what we refuse: deeper nesting, and a raw NUL behind a number, which it loses */
	REFUSED,  /* jansson refuses what we accept: integers above int64, and NUL in a member name */
};

static const struct text_case {
	const char *name;
	struct str text;
	enum json_result want;
	enum reference reference;
} cases[] = {
    /* clang-format off */
	/* values that stand alone */
	{"null", STR_INIT("null"), JSON_OK, SAME},
	{"true", STR_INIT("true"), JSON_OK, SAME},
	{"false", STR_INIT("false"), JSON_OK, SAME},
	{"empty object", STR_INIT("{}"), JSON_OK, SAME},
	{"empty array", STR_INIT("[]"), JSON_OK, SAME},
	{"white space around", STR_INIT(" \t\r\n[ 1 , 2 ] \n"), JSON_OK, SAME},
	{"nothing", STR_INIT(""), JSON_MALFORMED, SAME},
	{"only white space", STR_INIT(" \n"), JSON_MALFORMED, SAME},
	{"wrong case", STR_INIT("True"), JSON_MALFORMED, SAME},
	{"cut literal", STR_INIT("nul"), JSON_MALFORMED, SAME},
	{"long literal", STR_INIT("nulll"), JSON_MALFORMED, SAME},
	{"NaN", STR_INIT("NaN"), JSON_MALFORMED, SAME},
	{"Infinity", STR_INIT("-Infinity"), JSON_MALFORMED, SAME},
	{"byte order mark", STR_INIT("\357\273\277{}"), JSON_MALFORMED, SAME},
	{"form feed is no white space", STR_INIT("\f1"), JSON_MALFORMED, SAME},
	{"no-break space is none either", STR_INIT("\302\2401"), JSON_MALFORMED, SAME},
	/* what follows */
	{"trailing text", STR_INIT("{} x"), JSON_MALFORMED, SAME},
	{"two values", STR_INIT("1 2"), JSON_MALFORMED, SAME},
	{"two objects", STR_INIT("{}{}"), JSON_MALFORMED, SAME},
	{"trailing NUL", STR_INIT("1\0"), JSON_MALFORMED, ACCEPTED},
	{"NUL in white space", STR_INIT("[1,\0 2]"), JSON_MALFORMED, SAME},
	{"closing too much", STR_INIT("[]]"), JSON_MALFORMED, SAME},
	{"comment", STR_INIT("1 /* one */"), JSON_MALFORMED, SAME},
	/* structure */
	{"unclosed array", STR_INIT("[1"), JSON_MALFORMED, SAME},
	{"unclosed object", STR_INIT("{\"a\":1"), JSON_MALFORMED, SAME},
	{"wrong bracket", STR_INIT("[1}"), JSON_MALFORMED, SAME},
	{"comma before end", STR_INIT("[1,]"), JSON_MALFORMED, SAME},
	{"comma before member end", STR_INIT("{\"a\":1,}"), JSON_MALFORMED, SAME},
	{"comma alone", STR_INIT("[,]"), JSON_MALFORMED, SAME},
	{"two commas", STR_INIT("[1,,2]"), JSON_MALFORMED, SAME},
	{"no comma", STR_INIT("[1 2]"), JSON_MALFORMED, SAME},
	{"no colon", STR_INIT("{\"a\" 1}"), JSON_MALFORMED, SAME},
	{"no value", STR_INIT("{\"a\":}"), JSON_MALFORMED, SAME},
	{"no name", STR_INIT("{:1}"), JSON_MALFORMED, SAME},
	{"name is a number", STR_INIT("{1:1}"), JSON_MALFORMED, SAME},
	{"name without quotes", STR_INIT("{a:1}"), JSON_MALFORMED, SAME},
	{"single quotes", STR_INIT("['a']"), JSON_MALFORMED, SAME},
	{"empty name", STR_INIT("{\"\":1}"), JSON_OK, SAME},
	/* duplicate names */
	{"duplicate name", STR_INIT("{\"a\":1,\"a\":1}"), JSON_DUPLICATE_KEY, SAME},
	{"duplicate empty name", STR_INIT("{\"\":1,\"\":2}"), JSON_DUPLICATE_KEY, SAME},
	{"duplicate through an escape", STR_INIT("{\"a\":1,\"\\u0061\":2}"), JSON_DUPLICATE_KEY, SAME},
	{"duplicate through a surrogate pair", STR_INIT("{\"\360\235\204\236\":1,\"\\uD834\\uDD1E\":2}"), JSON_DUPLICATE_KEY, SAME},
	{"duplicate further in", STR_INIT("[{\"x\":{\"b\":1,\"c\":2,\"b\":3}}]"), JSON_DUPLICATE_KEY, SAME},
	{"duplicate among many", STR_INIT("{\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,\"i\":0,"
	                                  "\"j\":0,\"k\":0,\"l\":0,\"m\":0,\"n\":0,\"c\":1}"), JSON_DUPLICATE_KEY, SAME},
	{"many and none twice", STR_INIT("{\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,\"i\":0,"
	                                 "\"j\":0,\"k\":0,\"l\":0,\"m\":0,\"n\":0,\"o\":1}"), JSON_OK, SAME},
	{"name with NUL", STR_INIT("{\"a\\u0000\":1,\"a\":2}"), JSON_OK, REFUSED},
	{"duplicate name with NUL", STR_INIT("{\"a\\u0000b\":1,\"a\\u0000b\":2}"), JSON_DUPLICATE_KEY, SAME},
	{"same name in two objects", STR_INIT("[{\"a\":1},{\"a\":1}]"), JSON_OK, SAME},
	{"names differ in case", STR_INIT("{\"a\":1,\"A\":1}"), JSON_OK, SAME},
	{"names differ in normal form only", STR_INIT("{\"\303\251\":1,\"e\314\201\":1}"), JSON_OK, SAME},
	/* integers */
	{"zero", STR_INIT("0"), JSON_OK, SAME},
	{"minus zero", STR_INIT("-0"), JSON_OK, SAME},
	{"int64 maximum", STR_INIT("9223372036854775807"), JSON_OK, SAME},
	{"int64 minimum", STR_INIT("-9223372036854775808"), JSON_OK, SAME},
	{"one above int64", STR_INIT("9223372036854775808"), JSON_OK, REFUSED},
	{"uint64 maximum", STR_INIT("18446744073709551615"), JSON_OK, REFUSED},
	{"one above uint64", STR_INIT("18446744073709551616"), JSON_MALFORMED, SAME},
	{"one below int64", STR_INIT("-9223372036854775809"), JSON_MALFORMED, SAME},
	{"thirty digits", STR_INIT("123456789012345678901234567890"), JSON_MALFORMED, SAME},
	{"leading zero", STR_INIT("01"), JSON_MALFORMED, SAME},
	{"leading zero below zero", STR_INIT("-01"), JSON_MALFORMED, SAME},
	{"plus", STR_INIT("+1"), JSON_MALFORMED, SAME},
	{"minus alone", STR_INIT("-"), JSON_MALFORMED, SAME},
	{"two minuses", STR_INIT("--1"), JSON_MALFORMED, SAME},
	{"hexadecimal", STR_INIT("0x10"), JSON_MALFORMED, SAME},
	{"digits and letters", STR_INIT("[1a]"), JSON_MALFORMED, SAME},
	/* reals */
	{"fraction", STR_INIT("0.5"), JSON_OK, SAME},
	{"minus zero, real", STR_INIT("-0.0"), JSON_OK, SAME},
	{"exponent", STR_INIT("1e2"), JSON_OK, SAME},
	{"exponent with sign", STR_INIT("1E+2"), JSON_OK, SAME},
	{"exponent with leading zeros", STR_INIT("1e-002"), JSON_OK, SAME},
	{"largest double", STR_INIT("1.7976931348623157e308"), JSON_OK, SAME},
	{"smallest double", STR_INIT("5e-324"), JSON_OK, SAME},
	{"above the largest double", STR_INIT("1e400"), JSON_MALFORMED, SAME},
	{"below the lowest double", STR_INIT("-1e400"), JSON_MALFORMED, SAME},
	{"no digits before the point", STR_INIT(".5"), JSON_MALFORMED, SAME},
	{"no digits after the point", STR_INIT("1."), JSON_MALFORMED, SAME},
	{"point then exponent", STR_INIT("1.e1"), JSON_MALFORMED, SAME},
	{"exponent without digits", STR_INIT("1e"), JSON_MALFORMED, SAME},
	{"exponent with sign only", STR_INIT("1e+"), JSON_MALFORMED, SAME},
	{"fraction in the exponent", STR_INIT("1e1.5"), JSON_MALFORMED, SAME},
	{"two points", STR_INIT("1.2.3"), JSON_MALFORMED, SAME},
	/* strings */
	{"every escape", STR_INIT("\"\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u00e9\""), JSON_OK, SAME},
	{"upper-case hex", STR_INIT("\"\\u00E9\""), JSON_OK, SAME},
	{"escaped NUL", STR_INIT("\"a\\u0000b\""), JSON_OK, SAME},
	{"surrogate pair", STR_INIT("\"\\uD83D\\uDE00\""), JSON_OK, SAME},
	{"delete character", STR_INIT("\"\177\""), JSON_OK, SAME},
	{"U+2028 needs no escape", STR_INIT("\"\342\200\250\""), JSON_OK, SAME},
	{"highest code point", STR_INIT("\"\364\217\277\277\""), JSON_OK, SAME},
	{"noncharacter", STR_INIT("\"\\uFFFF\""), JSON_OK, SAME},
	{"unknown escape", STR_INIT("\"\\x41\""), JSON_MALFORMED, SAME},
	{"escaped quote is no end", STR_INIT("\"\\\""), JSON_MALFORMED, SAME},
	{"escape at the end", STR_INIT("\"\\"), JSON_MALFORMED, SAME},
	{"short hex", STR_INIT("\"\\u12\""), JSON_MALFORMED, SAME},
	{"bad hex", STR_INIT("\"\\u12g4\""), JSON_MALFORMED, SAME},
	{"upper-case U", STR_INIT("\"\\U0041\""), JSON_MALFORMED, SAME},
	{"high surrogate alone", STR_INIT("\"\\uD800\""), JSON_MALFORMED, SAME},
	{"low surrogate alone", STR_INIT("\"\\uDC00\""), JSON_MALFORMED, SAME},
	{"two high surrogates", STR_INIT("\"\\uD800\\uD800\""), JSON_MALFORMED, SAME},
	{"surrogates the wrong way round", STR_INIT("\"\\uDE00\\uD83D\""), JSON_MALFORMED, SAME},
	{"high surrogate before a letter", STR_INIT("\"\\uD800a\""), JSON_MALFORMED, SAME},
	{"high surrogate before an escape", STR_INIT("\"\\uD800\\n\""), JSON_MALFORMED, SAME},
	{"high surrogate before a plain one", STR_INIT("\"\\uD800\\u0041\""), JSON_MALFORMED, SAME},
	{"lone surrogate in a name", STR_INIT("{\"\\uDEAD\":1}"), JSON_MALFORMED, SAME},
	{"raw NUL", STR_INIT("\"a\0b\""), JSON_MALFORMED, SAME},
	{"raw newline", STR_INIT("\"a\nb\""), JSON_MALFORMED, SAME},
	{"raw tab", STR_INIT("\"a\tb\""), JSON_MALFORMED, SAME},
	{"raw unit separator", STR_INIT("\"\037\""), JSON_MALFORMED, SAME},
	{"unclosed string", STR_INIT("\"abc"), JSON_MALFORMED, SAME},
	/* UTF-8 */
	{"overlong slash", STR_INIT("\"\300\257\""), JSON_MALFORMED, SAME},
	{"overlong, three bytes", STR_INIT("\"\340\200\257\""), JSON_MALFORMED, SAME},
	{"overlong, four bytes", STR_INIT("\"\360\200\200\257\""), JSON_MALFORMED, SAME},
	{"overlong NUL", STR_INIT("\"\300\200\""), JSON_MALFORMED, SAME},
	{"raw surrogate", STR_INIT("\"\355\240\200\""), JSON_MALFORMED, SAME},
	{"above U+10FFFF", STR_INIT("\"\364\220\200\200\""), JSON_MALFORMED, SAME},
	{"five bytes", STR_INIT("\"\370\210\200\200\200\""), JSON_MALFORMED, SAME},
	{"byte FF", STR_INIT("\"\377\""), JSON_MALFORMED, SAME},
	{"continuation alone", STR_INIT("\"\200\""), JSON_MALFORMED, SAME},
	{"sequence cut by the quote", STR_INIT("\"\342\202\""), JSON_MALFORMED, SAME},
	{"sequence cut by the end", STR_INIT("\"\342\202"), JSON_MALFORMED, SAME},
	{"bad byte in a name", STR_INIT("{\"\377\":1}"), JSON_MALFORMED, SAME},
	{"bad byte outside a string", STR_INIT("[1,\377]"), JSON_MALFORMED, SAME},
    /* clang-format on */
};

static int parse(struct str text, struct arena *a, const struct json **ret_json)
{
	struct error err = {0};
	int r = json_parse(text, a, ret_json, &err);

	/* A refusal has its code and something to say; success leaves the error alone. */
	assert_int_equal(err.code, r);
	assert_true((r == JSON_OK) == (err.text[0] == '\0'));
	return r;
}

static void check_text(struct str text, enum json_result want, enum reference reference)
{
	struct arena a = ARENA_INIT;
	const struct json *untouched = (const struct json *)(const void *)&a, *tree = untouched;
	/* In a heap block of exactly its size, so that a read past the end is seen. */
	char *exact = mem_alloc(text.len);

	if (text.len)
		memcpy(exact, text.ptr, text.len);
	assert_int_equal(parse((struct str){exact, text.len}, &a, &tree), want);
	assert_true((tree != untouched) == (want == JSON_OK));
	assert_int_equal(jansson_accepts(text), reference == SAME ? want == JSON_OK : reference == ACCEPTED);
	free(exact);
	arena_release(&a);
}

static void test_text(void **state)
{
	const struct text_case *c = *state;

	check_text(c->text, c->want, c->reference);
}

/* `depth` opening and closing brackets; odd levels are objects. */
static struct str nested(struct arena *a, size_t depth)
{
	struct str opening = STR(""), closing = STR("");

	for (size_t i = 0; i < depth; i++) {
		opening = arena_concat(a, opening, i % 2 ? STR("{\"a\":") : STR("["));
		closing = arena_concat(a, i % 2 ? STR("}") : STR("]"), closing);
	}
	return arena_concat3(a, opening, STR("1"), closing);
}

static void test_depth(UNUSED void **state)
{
	struct arena a = ARENA_INIT;

	check_text(nested(&a, JSON_MAX_DEPTH - 1), JSON_OK, SAME);
	check_text(nested(&a, JSON_MAX_DEPTH), JSON_OK, SAME);
	check_text(nested(&a, JSON_MAX_DEPTH + 1), JSON_TOO_DEEP, ACCEPTED);
	check_text(nested(&a, 1500), JSON_TOO_DEEP, ACCEPTED);
	/* Far beyond any reader's limit. */
	check_text(nested(&a, 5000), JSON_TOO_DEEP, SAME);
	arena_release(&a);
}

static void test_values(UNUSED void **state)
{
	struct arena a = ARENA_INIT;
	const struct json *j = NULL;

	assert_int_equal(parse(STR("{\"n\":null,\"t\":true,\"f\":false,\"i\":-5,\"min\":-9223372036854775808,"
	                           "\"u\":18446744073709551615,\"d\":1.5,\"z\":-0,\"o\":{},\"l\":[1,\"x\"]}"),
	                       &a, &j),
	                 JSON_OK);
	assert_true(json_is(j, JSON_OBJECT));
	assert_int_equal(j->n, 10);
	assert_true(json_is(json_get(j, STR("n")), JSON_NULL));
	assert_true(json_is(json_get(j, STR("t")), JSON_BOOL) && json_get(j, STR("t"))->b);
	assert_true(json_is(json_get(j, STR("f")), JSON_BOOL) && !json_get(j, STR("f"))->b);
	assert_true(json_is(json_get(j, STR("i")), JSON_INT) && json_get(j, STR("i"))->i == -5);
	assert_true(json_is(json_get(j, STR("min")), JSON_INT) && json_get(j, STR("min"))->i == INT64_MIN);
	assert_true(json_is(json_get(j, STR("u")), JSON_UINT) && json_get(j, STR("u"))->u == UINT64_MAX);
	assert_true(json_is(json_get(j, STR("d")), JSON_DOUBLE));
	assert_int_equal((int)(json_get(j, STR("d"))->d * 2), 3);
	assert_true(json_is(json_get(j, STR("z")), JSON_INT) && json_get(j, STR("z"))->i == 0);
	assert_true(json_is(json_get(j, STR("o")), JSON_OBJECT) && json_get(j, STR("o"))->n == 0);
	assert_true(json_is(json_get(j, STR("l")), JSON_ARRAY) && json_get(j, STR("l"))->n == 2);
	assert_true(str_eq(json_str(&json_get(j, STR("l"))->items[1]), STR("x")));
	assert_true(str_eq(j->members[3].name, STR("i")));
	arena_release(&a);
}

static void test_strings(UNUSED void **state)
{
	static const struct {
		struct str text, want;
	} strings[] = {
	    {STR_INIT("\"\""), STR_INIT("")},
	    {STR_INIT("\"a\\u0000b\""), STR_INIT("a\0b")},
	    {STR_INIT("\"\\uD834\\uDD1E\""), STR_INIT("\360\235\204\236")},
	    {STR_INIT("\"\\u20AC\\u00e9\\u0041\""), STR_INIT("\342\202\254\303\251A")},
	    {STR_INIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), STR_INIT("\"\\/\b\f\n\r\t")},
	    {STR_INIT("\"\\\\u0041\""), STR_INIT("\\u0041")},
	};
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < N_ELEMENTS(strings); i++) {
		const struct json *j = NULL;

		assert_int_equal(parse(strings[i].text, &a, &j), JSON_OK);
		assert_false(str_is_absent(json_str(j)));
		assert_true(str_eq(json_str(j), strings[i].want));
	}
	arena_release(&a);
}

/* Asking a tree for what it does not hold is no error. */
static void test_get(UNUSED void **state)
{
	struct arena a = ARENA_INIT;
	const struct json *j = NULL;

	assert_int_equal(parse(STR("{\"a\":\"x\",\"b\":1,\"a\\u0000\":2}"), &a, &j), JSON_OK);
	assert_true(str_eq(json_get_str(j, STR("a")), STR("x")));
	assert_true(str_is_absent(json_get_str(j, STR("b"))));
	assert_true(str_is_absent(json_get_str(j, STR("c"))));
	assert_null(json_get(j, STR("c")));
	assert_null(json_get(NULL, STR("a")));
	assert_null(json_get(json_get(j, STR("b")), STR("a")));
	assert_true(json_is(json_get(j, STR("a\0")), JSON_INT));
	assert_true(str_is_absent(json_str(NULL)));
	assert_false(json_is(NULL, JSON_NULL));
	arena_release(&a);
}

static void test_equal_and_copy(UNUSED void **state)
{
	static const struct {
		struct str x, y;
		bool want;
	} pairs[] = {
	    {STR_INIT("{\"a\":1,\"b\":[true,null]}"), STR_INIT("{\"b\":[true,null],\"a\":1}"), true},
	    {STR_INIT("1"), STR_INIT("1.0"), true},
	    {STR_INIT("-0"), STR_INIT("0.0"), true},
	    {STR_INIT("18446744073709551615"), STR_INIT("18446744073709551615"), true},
	    {STR_INIT("18446744073709551615"), STR_INIT("-1"), false},
	    {STR_INIT("9007199254740993"), STR_INIT("9007199254740992.0"), false},
	    {STR_INIT("[1,2]"), STR_INIT("[2,1]"), false},
	    {STR_INIT("[1,2]"), STR_INIT("[1]"), false},
	    {STR_INIT("[]"), STR_INIT("{}"), false},
	    {STR_INIT("{\"a\":1}"), STR_INIT("{\"b\":1}"), false},
	    {STR_INIT("{\"a\":1}"), STR_INIT("{\"a\":1,\"b\":1}"), false},
	    {STR_INIT("{\"a\":null}"), STR_INIT("{\"b\":null}"), false},
	    {STR_INIT("null"), STR_INIT("false"), false},
	    {STR_INIT("true"), STR_INIT("false"), false},
	    {STR_INIT("\"a\""), STR_INIT("\"a\\u0000\""), false},
	    {STR_INIT("\"1\""), STR_INIT("1"), false},
	    {STR_INIT("[[[],[[]]],{\"a\":{}}]"), STR_INIT("[[[],[[]]],{\"a\":{}}]"), true},
	    {STR_INIT("[[[],[[]]],{\"a\":{}}]"), STR_INIT("[[[],[[]]],{\"a\":[]}]"), false},
	};
	struct arena original = ARENA_INIT, other = ARENA_INIT;

	for (size_t i = 0; i < N_ELEMENTS(pairs); i++) {
		const struct json *x = NULL, *y = NULL, *copy;

		assert_int_equal(parse(pairs[i].x, &original, &x), JSON_OK);
		assert_int_equal(parse(pairs[i].y, &other, &y), JSON_OK);
		assert_int_equal(json_equal(x, y), pairs[i].want);
		assert_int_equal(json_equal(y, x), pairs[i].want);
		/* The copy outlives what it was made from. */
		copy = json_copy(&other, x);
		arena_release(&original);
		assert_int_equal(json_equal(copy, y), pairs[i].want);
		assert_true(json_equal(copy, copy));
		arena_release(&other);
	}
	assert_null(json_copy(&other, NULL));
	assert_true(json_equal(NULL, NULL));
}

int main(void)
{
	static const struct CMUnitTest others[] = {
	    cmocka_unit_test(test_depth), cmocka_unit_test(test_values),         cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_get),   cmocka_unit_test(test_equal_and_copy),
	};
	static struct CMUnitTest tests[N_ELEMENTS(cases) + N_ELEMENTS(others)];

	for (size_t i = 0; i < N_ELEMENTS(cases); i++)
		tests[i] = (struct CMUnitTest){
		    .name = cases[i].name, .test_func = test_text, .initial_state = (void *)(uintptr_t)&cases[i]};
	for (size_t i = 0; i < N_ELEMENTS(others); i++)
		tests[N_ELEMENTS(cases) + i] = others[i];
	return cmocka_run_group_tests_name("json/parse", tests, NULL, NULL);
}
