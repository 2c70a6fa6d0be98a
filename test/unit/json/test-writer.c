/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "jansson-says.h"
#include "json/json.h"

static void assert_text(const struct buf *b, struct str want)
{
	assert_false(b->overflowed);
	if (!str_eq(buf_str(b), want))
		fail_msg("wrote " STR_FMT "\nwant  " STR_FMT, STR_ARG(buf_str(b)), STR_ARG(want));
	assert_true(jansson_accepts(want));
}

static const struct json *parse(struct arena *a, struct str text)
{
	const struct json *j = NULL;
	struct error err = {0};

	if (json_parse(text, a, &j, &err) != JSON_OK)
		fail_msg("%s: " STR_FMT, err.text, STR_ARG(text));
	return j;
}

static void test_every_call(UNUSED void **state)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(4096);
	struct json_writer w = JSON_WRITER(&b);
	static const struct str words[] = {STR_INIT("x"), STR_INIT("y")};

	json_begin_object(&w);
	json_put_str(&w, STR("s"), STR("v"));
	json_put_str(&w, STR("absent"), STR_NONE);
	json_put_str(&w, STR("empty"), STR(""));
	json_put_bool(&w, STR("b"), true);
	json_put_i64(&w, STR("i"), INT64_MIN);
	json_put_u64(&w, STR("u"), INT64_MAX);
	json_put(&w, STR("tree"), NULL);
	json_put_strs(&w, STR("words"), words, 2);
	json_put_strs(&w, STR("none"), NULL, 0);
	json_key(&w, STR("list"));
	json_begin_array(&w);
	json_add_null(&w);
	json_add_bool(&w, false);
	json_begin_object(&w);
	json_end_object(&w);
	json_begin_array(&w);
	json_end_array(&w);
	json_add_double(&w, 0.5);
	json_end_array(&w);
	json_end_object(&w);
	assert_text(&b, STR("{\"s\":\"v\",\"absent\":null,\"empty\":\"\",\"b\":true,\"i\":-9223372036854775808,"
	                    "\"u\":9223372036854775807,\"tree\":null,\"words\":[\"x\",\"y\"],\"none\":[],"
	                    "\"list\":[null,false,{},[],0.5]}"));
}

static void test_integers(UNUSED void **state)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(4096);
	struct json_writer w = JSON_WRITER(&b);

	json_begin_array(&w);
	json_add_i64(&w, 0);
	json_add_i64(&w, -1);
	json_add_i64(&w, INT64_MAX);
	json_add_i64(&w, INT64_MIN);
	json_add_u64(&w, 0);
	json_add_u64(&w, UINT64_MAX);
	json_end_array(&w);
	/* Not assert_text(): jansson has no integers above int64. */
	assert_true(str_eq(buf_str(&b), STR("[0,-1,9223372036854775807,-9223372036854775808,0,18446744073709551615]")));
}

/* Each double comes back as the same number, and as a real one. */
static void check_double(double d)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(64);
	struct json_writer w = JSON_WRITER(&b);
	struct arena a = ARENA_INIT;
	const struct json *j;

	json_add_double(&w, d);
	j = parse(&a, buf_str(&b));
	assert_true(json_is(j, JSON_DOUBLE));
	assert_memory_equal(&j->d, &d, sizeof(d));
	assert_true(jansson_accepts(buf_str(&b)));
	arena_release(&a);
}

static void test_doubles(UNUSED void **state)
{
	static const double doubles[] = {
	    0.0,
	    -0.0,
	    1.0,
	    -1.0,
	    0.1,
	    1.0 / 3,
	    1e15,
	    1e16,
	    1e17,
	    1e21,
	    1e22,
	    1e100,
	    123456789012345680.0,
	    9007199254740993.0,
	    1.7976931348623157e308,
	    2.2250738585072014e-308,
	    5e-324,
	    -5e-324,
	    1e-7,
	    0.30000000000000004,
	};
	struct prng p = {.state = 7};

	for (size_t i = 0; i < N_ELEMENTS(doubles); i++)
		check_double(doubles[i]);
	for (int i = 0; i < 2000; i++) {
		uint64_t bits = prng_next(&p);
		double d;

		memcpy(&d, &bits, sizeof(d));
		if (isfinite(d))
			check_double(d);
	}
}

static void test_not_finite(UNUSED void **state)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(64);
	struct json_writer w = JSON_WRITER(&b);

	json_begin_array(&w);
	json_add_double(&w, (double)NAN);
	json_add_double(&w, (double)INFINITY);
	json_add_double(&w, -(double)INFINITY);
	json_end_array(&w);
	assert_text(&b, STR("[null,null,null]"));
}

static void test_escapes(UNUSED void **state)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(4096);
	struct json_writer w = JSON_WRITER(&b);

	json_begin_object(&w);
	json_put_str(&w, STR("k\"\001"), STR("\" \\ / \b\f\n\r\t\001\037\0 \303\251 \360\237\230\200"));
	json_end_object(&w);
	assert_text(
	    &b,
	    STR("{\"k\\\"\\u0001\":\"\\\" \\\\ / \\b\\f\\n\\r\\t\\u0001\\u001f\\u0000 \303\251 \360\237\230\200\"}"));
}

/* Every byte and every code point of the first plane's edges survives, wherever the plain runs begin and end. */
static void test_every_character(UNUSED void **state)
{
	for (unsigned int c = 0; c < 0x80; c++) {
		char raw[] = {'a', (char)c, (char)c, 'b', (char)c};
		struct str s = {raw, sizeof(raw)};
		CLEANUP(buf_releasep) struct buf b = BUF_INIT(64);
		struct json_writer w = JSON_WRITER(&b);
		struct arena a = ARENA_INIT;

		json_add_str(&w, s);
		assert_true(jansson_accepts(buf_str(&b)));
		assert_true(str_eq(json_str(parse(&a, buf_str(&b))), s));
		arena_release(&a);
	}
}

static const struct str texts[] = {
    STR_INIT("null"),
    STR_INIT("\"x\""),
    STR_INIT("[]"),
    STR_INIT("{}"),
    STR_INIT("[[],{},[[]],{\"a\":[]}]"),
    STR_INIT("{\"a\":{\"b\":{\"c\":[1,-2,3.5,true,false,null,\"x\"]}},\"d\":\"\\u0000\"}"),
    STR_INIT("[18446744073709551615,-9223372036854775808,1e-300,1e300]"),
    STR_INIT("{\"a\\u0000\":1,\"a\":2}"),
    STR_INIT("{\"\":\"\",\"\303\251\":\"\\ud83d\\ude00\"}"),
};

static void check_round_trip(struct str text, uint32_t indent)
{
	CLEANUP(buf_releasep) struct buf once = BUF_INIT(65536);
	CLEANUP(buf_releasep) struct buf twice = BUF_INIT(65536);
	struct json_writer w = {.out = &once, .indent = indent};
	struct arena a = ARENA_INIT;
	const struct json *original = parse(&a, text), *back;

	json_add(&w, original);
	back = parse(&a, buf_str(&once));
	assert_true(json_equal(original, back));
	w = (struct json_writer){.out = &twice, .indent = indent};
	json_add(&w, back);
	assert_true(str_eq(buf_str(&once), buf_str(&twice)));
	arena_release(&a);
}

static void test_round_trips(UNUSED void **state)
{
	struct arena a = ARENA_INIT;
	struct str deep = STR("{\"x\":[0]}");

	for (size_t i = 0; i < N_ELEMENTS(texts); i++)
		for (uint32_t indent = 0; indent <= 4; indent += 2)
			check_round_trip(texts[i], indent);
	for (size_t depth = 2; depth < JSON_MAX_DEPTH; depth++)
		deep = arena_concat3(&a, STR("["), deep, STR("]"));
	check_round_trip(deep, 0);
	check_round_trip(deep, 1);
	arena_release(&a);
}

static void test_pretty(UNUSED void **state)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(4096);
	struct json_writer w = {.out = &b, .indent = 2};
	struct arena a = ARENA_INIT;

	json_add(&w, parse(&a, STR("{\"a\":[1,{\"b\":2}],\"c\":[],\"d\":{}}")));
	assert_text(&b, STR("{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": [],\n  \"d\": {}\n}"));
	arena_release(&a);
}

/* A tree deep in an envelope: the writer's own depth goes beyond what the reader takes. */
static void test_envelope(UNUSED void **state)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(4096);
	struct json_writer w = JSON_WRITER(&b);
	struct arena a = ARENA_INIT;
	struct str deep = STR("1");

	for (size_t depth = 0; depth < JSON_MAX_DEPTH; depth++)
		deep = arena_concat3(&a, STR("["), deep, STR("]"));
	for (size_t i = JSON_MAX_DEPTH; i < JSON_WRITER_MAX_DEPTH; i++)
		json_begin_array(&w);
	json_add(&w, parse(&a, deep));
	for (size_t i = JSON_MAX_DEPTH; i < JSON_WRITER_MAX_DEPTH; i++)
		json_end_array(&w);
	assert_false(b.overflowed);
	assert_int_equal(b.len, 2 * JSON_WRITER_MAX_DEPTH + 1);
	assert_true(jansson_accepts(buf_str(&b)));
	arena_release(&a);
}

static void test_overflow(UNUSED void **state)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(8);
	struct json_writer w = JSON_WRITER(&b);

	json_begin_array(&w);
	json_add_str(&w, STR("long enough"));
	json_add_i64(&w, 1);
	json_end_array(&w);
	assert_true(b.overflowed);
	assert_true(b.len <= 8);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_call),  cmocka_unit_test(test_integers), cmocka_unit_test(test_doubles),
	    cmocka_unit_test(test_not_finite),  cmocka_unit_test(test_escapes),  cmocka_unit_test(test_every_character),
	    cmocka_unit_test(test_round_trips), cmocka_unit_test(test_pretty),   cmocka_unit_test(test_envelope),
	    cmocka_unit_test(test_overflow),
	};

	return cmocka_run_group_tests_name("json/writer", tests, NULL, NULL);
}
