/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/http.h"

/* `out` NULL: refused. */
static const struct {
	struct str in;
	const char *out;
} decodings[] = {
    {STR_INIT(""), ""},
    {STR_INIT("plain"), "plain"},
    {STR_INIT("%41%62"), "Ab"},
    {STR_INIT("%2f%2F"), "//"},
    {STR_INIT("a+b"), "a+b"},
    {STR_INIT("%25%32%35"), "%25"},
    {STR_INIT("\xc3\xa9"), "\xc3\xa9"},
    {STR_INIT("%f0%9f%94%91"), "\xf0\x9f\x94\x91"},
    {STR_INIT("%f4%8f%bf%bf"), "\xf4\x8f\xbf\xbf"},
    {STR_INIT("%"), NULL},
    {STR_INIT("%4"), NULL},
    {STR_INIT("abc%"), NULL},
    {STR_INIT("%g0"), NULL},
    {STR_INIT("%0g"), NULL},
    {STR_INIT("% 41"), NULL},
    {STR_INIT("%00"), NULL},
    {STR_INIT("a\0b"), NULL},
    {STR_INIT("%80"), NULL},
    {STR_INIT("%c3"), NULL},
    {STR_INIT("%e0%80%80"), NULL},
    {STR_INIT("%f0%80%80%80"), NULL},
    {STR_INIT("%f4%90%80%80"), NULL},
    {STR_INIT("%f5%80%80%80"), NULL},
    {STR_INIT("%ed%bf%bf"), NULL},
};

static void test_percent_decode(void **state UNUSED)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < N_ELEMENTS(decodings); i++) {
		struct str out = STR("untouched");
		bool ok = http_percent_decode(&a, decodings[i].in, &out);

		if (ok != (decodings[i].out != NULL))
			fail_msg("case %zu: %s", i, ok ? "accepted" : "refused");
		if (!str_eq(out, ok ? str_of(decodings[i].out) : STR("untouched")))
			fail_msg("case %zu: decoded to " STR_FMT, i, STR_ARG(out));
	}
	arena_release(&a);
}

static const struct {
	const char *query; /* NULL: none */
	const char *name;
	bool ok;
	const char *value; /* NULL: absent */
} queries[] = {
    {NULL, "a", true, NULL},
    {"", "a", true, NULL},
    {"a=1&b=2", "b", true, "2"},
    {"a=1&a=2", "a", true, "1"},
    {"a", "a", true, ""},
    {"a=", "a", true, ""},
    {"a=b=c", "a", true, "b=c"},
    {"a=x+y%2Bz", "a", true, "x y+z"},
    {"page%5Fsize=5", "page_size", true, "5"},
    {"&&a=1", "a", true, "1"},
    {"A=1", "a", true, NULL},
    {"a=%", "a", false, NULL},
    {"a=%ff", "a", false, NULL},
    {"%zz=1&a=2", "a", false, NULL},
    {"a=2&%zz=1", "a", true, "2"},
};

static void test_query(void **state UNUSED)
{
	struct http_exchange x = {0};

	for (size_t i = 0; i < N_ELEMENTS(queries); i++) {
		struct str value = STR_NONE;
		bool ok;

		x.query = str_of(queries[i].query);
		ok = http_query_get(&x, str_of(queries[i].name), &value);
		if (ok != queries[i].ok)
			fail_msg("case %zu: %s", i, ok ? "accepted" : "refused");
		if (ok && (str_is_absent(value) != !queries[i].value || !str_eq(value, str_of(queries[i].value))))
			fail_msg("case %zu: got " STR_FMT, i, STR_ARG(value));
	}
	arena_release(&x.arena);
}

static void test_headers(void **state UNUSED)
{
	const struct http_header headers[] = {
	    {STR("Host"), STR("h")}, {STR("X-Api-Key"), STR("one")}, {STR("x-api-key"), STR("two")}};
	struct http_exchange x = {.headers = headers, .n_headers = N_ELEMENTS(headers)};

	assert_true(str_eq(http_header_get(&x, STR("X-API-KEY")), STR("one")));
	assert_int_equal(http_header_count(&x, STR("X-API-Key")), 2);
	assert_int_equal(http_header_count(&x, STR("X-API-Ke")), 0);
	assert_true(str_is_absent(http_header_get(&x, STR("Accept"))));
}

static void test_answer_headers(void **state UNUSED)
{
	struct http_exchange x = {0};
	char value[] = "first";

	http_answer_header(&x, STR("Location"), str_of(value));
	value[0] = 'X';
	assert_true(str_eq(x.answer[0].value, STR("first")));
	for (unsigned i = 0; i < 2 * HTTP_MAX_RESPONSE_HEADERS; i++)
		http_answer_header(&x, STR("X-Many"), STR("v"));
	assert_int_equal(x.n_answer, HTTP_MAX_RESPONSE_HEADERS);
	arena_release(&x.arena);
}

static void test_method_names(void **state UNUSED)
{
	assert_true(str_eq(http_method_name(HTTP_DELETE), STR("DELETE")));
	assert_true(str_eq(http_method_name(HTTP_OTHER), STR("?")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_percent_decode), cmocka_unit_test(test_query),        cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_answer_headers), cmocka_unit_test(test_method_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
