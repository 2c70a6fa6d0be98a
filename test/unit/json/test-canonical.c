/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/canonical.h"

static const struct {
	const char *in, *want;
} cases[] = {
    {"null", "null"},
    {"[]", "[]"},
    {"{}", "{}"},
    {" [ 1 , {\"b\":[],\"a\":{}} ,true]", "[1,{\"a\":{},\"b\":[]},true]"},
    /* RFC 8785, section 3.2.2 and 3.2.3 */
    {"{\"numbers\":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"
     "\"string\":\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\"literals\":[null,true,false]}",
     "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
     "\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"},
    {"{\"\\u20ac\":1,\"\\r\":2,\"\\ufb33\":3,\"1\":4,\"\\ud83d\\ude00\":5,\"\\u0080\":6,\"\\u00f6\":7}",
     "{\"\\r\":2,\"1\":4,\"\xc2\x80\":6,\"\xc3\xb6\":7,\"\xe2\x82\xac\":1,\"\xf0\x9f\x98\x80\":5,\"\xef\xac\xb3\":3}"},
    /* its appendix B */
    {"[-0.0,5e-324,-5e-324,1.7976931348623157e308,9007199254740992,-9007199254740992,2.9514790517935283e20]",
     "[0,5e-324,-5e-324,1.7976931348623157e+308,9007199254740992,-9007199254740992,295147905179352830000]"},
    {"[9.999999999999997e22,1e23,1.0000000000000001e23,9.999999999999997e20,9.999999999999999e20,1e21]",
     "[9.999999999999997e+22,1e+23,1.0000000000000001e+23,999999999999999700000,999999999999999900000,1e+21]"},
    {"[9.999999999999997e-7,0.000001,333333333.3333332,333333333.33333325,333333333.3333333,333333333.3333334]",
     "[9.999999999999997e-7,0.000001,333333333.3333332,333333333.33333325,333333333.3333333,333333333.3333334]"},
    {"[-0.0000033333333333333333,1424953923781206.2,120,1.5,0.1,1e20]",
     "[-0.0000033333333333333333,1424953923781206.2,120,1.5,0.1,100000000000000000000]"},
    {"{\"aa\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"aa\":1}"},
    {"\"\\b\\t\\f\\u007f\\u0000\"", "\"\\b\\t\\f\x7f\\u0000\""},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct arena a = ARENA_INIT;
		struct buf out = BUF_INIT(BUF_MAX_LINE_BYTES);
		const struct json *tree;
		struct error err = {0};

		assert_int_equal(json_parse(str_of(cases[i].in), &a, &tree, &err), JSON_OK);
		assert_true(json_add_canonical(&out, tree, JSON_MAX_DEPTH, &a));
		buf_add_char(&out, '\0');
		assert_string_equal(out.ptr, cases[i].want);
		buf_release(&out);
		arena_release(&a);
	}
}

static void test_depth(void **state)
{
	struct arena a = ARENA_INIT;
	struct buf out = BUF_INIT(BUF_MAX_LINE_BYTES);
	const struct json *tree;
	struct error err = {0};

	(void)state;
	assert_int_equal(json_parse(STR("[[{\"a\":1}]]"), &a, &tree, &err), JSON_OK);
	assert_false(json_add_canonical(&out, tree, 2, &a));
	buf_clear(&out);
	assert_true(json_add_canonical(&out, tree, 3, &a));
	buf_release(&out);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_depth)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
