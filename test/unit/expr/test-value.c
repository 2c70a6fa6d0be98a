/* SPDX-License-Identifier: Apache-2.0
 *
 * Values: what equals what, what orders how, what a key finds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "expr/eval-impl.h"
#include "expr/expr.h"
#include "expr/map.h"

static struct cel_value text(const char *s)
{
	return cel_string(str_of(s));
}

static const struct json *parsed(struct arena *a, const char *source)
{
	const struct json *j;
	struct error err;

	assert_int_equal(json_parse(str_of(source), a, &j, &err), JSON_OK);
	return j;
}

static void test_compare_numbers(void **state UNUSED)
{
	static const double inf = (double)INFINITY, nan = (double)NAN;
	const struct {
		struct cel_value a, b;
		enum cel_order order;
	} cases[] = {
	    {cel_int(1), cel_uint(1), CEL_SAME},
	    {cel_int(-1), cel_uint(0), CEL_LESS},
	    {cel_uint(UINT64_MAX), cel_int(INT64_MAX), CEL_GREATER},
	    {cel_int(1), cel_double(1.5), CEL_LESS},
	    {cel_double(-inf), cel_int(INT64_MIN), CEL_LESS},
	    {cel_double(inf), cel_uint(UINT64_MAX), CEL_GREATER},
	    /* The int loses its last digits on the way to a double: the conformance suite has it so. */
	    {cel_double(0x1p63), cel_int(INT64_MAX), CEL_SAME},
	    {cel_uint(UINT64_MAX), cel_double(0x1p64), CEL_SAME},
	    {cel_double(nan), cel_int(0), CEL_UNORDERED},
	    {cel_double(nan), cel_double(nan), CEL_UNORDERED},
	    {cel_bool(false), cel_bool(true), CEL_LESS},
	    {cel_bool(true), cel_int(1), CEL_INCOMPARABLE},
	    {cel_null(), cel_null(), CEL_INCOMPARABLE},
	    {text("a"), text("ab"), CEL_LESS},
	    {text("\xc3\xa9"), text("z"), CEL_GREATER},
	    {text("a"), cel_bytes(STR("a")), CEL_INCOMPARABLE},
	    {cel_timestamp(1, 5), cel_timestamp(1, 4), CEL_GREATER},
	    {cel_timestamp(-1, 999999999), cel_timestamp(0, 0), CEL_LESS},
	    {cel_duration(-1), cel_duration(0), CEL_LESS},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		enum cel_order back = cel_compare(cases[i].b, cases[i].a), order = cases[i].order;

		assert_int_equal(cel_compare(cases[i].a, cases[i].b), order);
		assert_int_equal(back, order == CEL_LESS ? CEL_GREATER : order == CEL_GREATER ? CEL_LESS : order);
		if (order != CEL_INCOMPARABLE)
			assert_int_equal(cel_equal(cases[i].a, cases[i].b, NULL), order == CEL_SAME);
	}
}

static void test_equal_containers(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	const struct {
		const char *x, *y;
		bool equal;
	} cases[] = {
	    {"[]", "[]", true},
	    {"[1, [2, {\"a\": [3]}]]", "[1.0, [2, {\"a\": [3]}]]", true},
	    {"[1, [2, {\"a\": [3]}]]", "[1, [2, {\"a\": [4]}]]", false},
	    {"[1, 2]", "[1]", false},
	    {"{\"a\": 1, \"b\": 2}", "{\"b\": 2, \"a\": 1}", true},
	    {"{\"a\": 1}", "{\"b\": 1}", false},
	    {"{\"a\": null}", "{\"a\": false}", false},
	    {"[]", "{}", false},
	    {"null", "null", true},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct cel_value x = cel_json(parsed(&a, cases[i].x)), y = cel_json(parsed(&a, cases[i].y));

		assert_int_equal(cel_equal(x, y, NULL), cases[i].equal);
		assert_int_equal(cel_equal(y, x, NULL), cases[i].equal);
	}
}

/* [[[…]]], each list a constant number of values however deep. */
static struct cel_value nested(struct arena *a, unsigned depth, uint32_t width)
{
	struct cel_value v = cel_int(1);

	for (unsigned i = 0; i < depth; i++) {
		struct cel_value *items = ARENA_ARRAY(a, struct cel_value, width);

		for (uint32_t k = 0; k < width; k++)
			items[k] = v;
		v = cel_list(items, width);
	}
	return v;
}

static void test_equal_has_limits(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	bool too_deep = false;
	uint64_t left = 1000;

	assert_true(cel_equal(nested(&a, CEL_MAX_DEPTH, 1), nested(&a, CEL_MAX_DEPTH, 1), &too_deep));
	assert_false(too_deep);
	assert_false(cel_equal(nested(&a, CEL_MAX_DEPTH + 1, 1), nested(&a, CEL_MAX_DEPTH + 1, 1), &too_deep));
	assert_true(too_deep);
	/* 2^100 elements in 100 lists. */
	assert_int_equal(cel_equal_within(nested(&a, 100, 2), nested(&a, 100, 2), &left), CEL_TOO_LONG);
	too_deep = false;
	assert_false(cel_equal(nested(&a, 100, 2), nested(&a, 100, 2), &too_deep));
	assert_true(too_deep);
}

static void test_map_keys(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct cel_input input = {.arena = &a};
	struct cel_eval ev;
	struct cel_value map, v;

	cel_eval_init(&ev, NULL, &input);
	/* Few entries are searched, many have an index: both find the same. */
	for (uint32_t n = 4; n <= 4000; n *= 10) {
		struct cel_entry *entries = ARENA_ARRAY(&a, struct cel_entry, n);

		for (uint32_t i = 0; i < n; i++)
			entries[i] = (struct cel_entry){i % 2 ? cel_int(i) : cel_uint(i), cel_int(-(int64_t)i)};
		map = cel_make_map(&ev, entries, n);
		assert_int_equal(map.map->index != NULL, n > CEL_MAP_SEARCHED);
		for (uint32_t i = 0; i < n; i++) {
			const struct cel_value keys[] = {cel_int(i), cel_uint(i), cel_double(i)};

			for (size_t k = 0; k < N_ELEMENTS(keys); k++) {
				assert_true(cel_map_get(map, keys[k], &v));
				assert_int_equal(v.i, -(int64_t)i);
			}
		}
		assert_false(cel_map_get(map, cel_double(0.5), &v));
		assert_false(cel_map_get(map, cel_double((double)NAN), &v));
		assert_false(cel_map_get(map, cel_int(n), &v));
		assert_false(cel_map_get(map, cel_int(-1), &v));
		assert_false(cel_map_get(map, text("1"), &v));
		assert_false(cel_map_get(map, cel_null(), &v));
	}
}

static void test_checked_maps(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct cel_input input = {.arena = &a};
	struct cel_entry entries[20];
	struct cel_eval ev;
	struct cel_value map;

	cel_eval_init(&ev, NULL, &input);
	for (uint32_t i = 0; i < 20; i++)
		entries[i] = (struct cel_entry){cel_int(i), cel_null()};
	assert_int_equal(cel_make_checked_map(&ev, entries, 20).kind, CEL_MAP);
	entries[19].key = cel_uint(3);
	map = cel_make_checked_map(&ev, entries, 20);
	assert_int_equal(map.kind, CEL_ERROR);
	assert_int_equal(map.error->code, CEL_DUPLICATE_KEY);
	entries[19].key = cel_double(3);
	assert_int_equal(cel_make_checked_map(&ev, entries, 20).error->code, CEL_UNSUPPORTED_KEY);
	assert_int_equal(cel_make_checked_map(&ev, entries + 16, 4).error->code, CEL_UNSUPPORTED_KEY);
}

static void test_hash_agrees_with_equal(void **state UNUSED)
{
	const struct cel_value values[] = {
	    cel_int(0),     cel_uint(0),     cel_double(0),   cel_double(-0.0), cel_int(7),
	    cel_uint(7),    cel_double(7),   cel_double(7.5), cel_int(-7),      cel_double(-7),
	    cel_bool(true), cel_bool(false), text("7"),       text(""),         cel_uint(UINT64_MAX),
	};

	for (size_t i = 0; i < N_ELEMENTS(values); i++) {
		for (size_t k = 0; k < N_ELEMENTS(values); k++) {
			if (cel_equal(values[i], values[k], NULL))
				assert_true(cel_hash(values[i]) == cel_hash(values[k]));
		}
	}
	assert_true(cel_hash(text("a")) != cel_hash(text("b")));
}

static void test_text_size(void **state UNUSED)
{
	assert_int_equal(cel_text_size(STR("")), 0);
	assert_int_equal(cel_text_size(STR("h\xc3\xa9llo \xf0\x9f\x90\xb1")), 7);
}

static void test_same_bytes(void **state UNUSED)
{
	char x[80], y[80];

	memset(x, 'a', sizeof(x));
	memset(y, 'a', sizeof(y));
	/* Of every length, the same but for one byte at every place, and none. */
	for (size_t n = 0; n <= sizeof(x); n++) {
		assert_true(cel_same_bytes(x, y, n));
		for (size_t i = 0; i < n; i++) {
			y[i] = 'b';
			assert_false(cel_same_bytes(x, y, n));
			y[i] = 'a';
		}
	}
}

static void test_json(void **state UNUSED)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(4096);
	struct json_writer w = JSON_WRITER(&out);
	const char *source = "{\"a\":[1,-2,18446744073709551615,1.5,\"x\",null,true],\"b\":{}}";
	struct cel_value v = cel_json(parsed(&a, source)), found;

	assert_int_equal(v.kind, CEL_MAP);
	assert_true(cel_map_get_str(v, STR("a"), &found));
	assert_int_equal(cel_list_at(found, 0).kind, CEL_INT);
	assert_int_equal(cel_list_at(found, 2).kind, CEL_UINT);
	assert_int_equal(cel_list_at(found, 3).kind, CEL_DOUBLE);
	assert_true(cel_value_to_json(&w, v));
	assert_string_equal(arena_str(&a, buf_str(&out)).ptr,
	                    "{\"a\":[1,-2,\"18446744073709551615\",1.5,\"x\",null,true],\"b\":{}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_compare_numbers),
	    cmocka_unit_test(test_equal_containers),
	    cmocka_unit_test(test_equal_has_limits),
	    cmocka_unit_test(test_map_keys),
	    cmocka_unit_test(test_checked_maps),
	    cmocka_unit_test(test_hash_agrees_with_equal),
	    cmocka_unit_test(test_text_size),
	    cmocka_unit_test(test_same_bytes),
	    cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests_name("expr/value", tests, NULL, NULL);
}
