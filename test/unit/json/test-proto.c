/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages as JSON: what is read, what is refused and in which words, and what is written for what is not set.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto-test.h"

static struct arena arena;

/* What is read of the text, as text: the canonical form, or "! " and why it was refused. */
static struct str read_as(const struct proto_message *m, const char *text)
{
	struct buf out = BUF_INIT(1 << 20);
	struct json_writer w = JSON_WRITER(&out);
	const struct json *in, *tree;
	struct error err = {0};
	struct str s;

	assert_int_equal(json_parse(str_of(text), &arena, &in, NULL), JSON_OK);
	if (proto_read(m, in, &arena, &tree, &err) == 0)
		json_add(&w, tree);
	else
		buf_addf(&out, "! %s", err.text);
	s = arena_str(&arena, buf_str(&out));
	buf_release(&out);
	return s;
}

static void expect(const struct proto_message *m, const char *text, const char *expected)
{
	struct str got = read_as(m, text);

	if (!str_eq(got, str_of(expected)))
		fail_msg("%s\n  gives    %.*s\n  expected %s", text, STR_ARG(got), expected);
}

#define GOOD "\"color\":\"COLOR_RED\""

static void test_scalars(void **state)
{
	(void)state;
	expect(&test_Node, "{" GOOD "}", "{" GOOD "}");
	expect(&test_Node, "{\"color\":2}", "{\"color\":\"COLOR_BLUE\"}");
	expect(&test_Node, "{\"display_name\":\"x\",\"is_good\":true," GOOD "}",
	       "{\"displayName\":\"x\",\"isGood\":true," GOOD "}");
	expect(&test_Node, "{\"bigNumber\":\"9223372036854775807\",\"count\":-2147483648," GOOD "}",
	       "{\"count\":-2147483648,\"bigNumber\":9223372036854775807," GOOD "}");
	expect(&test_Node, "{\"bigNumber\":\"-5\",\"ratio\":1.5," GOOD "}",
	       "{\"bigNumber\":-5,\"ratio\":1.5," GOOD "}");
	expect(&test_Node, "{\"count\":3.0," GOOD "}", "{\"count\":3," GOOD "}");
	expect(&test_Node, "{\"madeAt\":\"2026-11-22T10:00:00+02:00\",\"howLong\":\"3600.500s\"," GOOD "}",
	       "{" GOOD ",\"madeAt\":\"2026-11-22T08:00:00Z\",\"howLong\":\"3600.500s\"}");
	expect(&test_Node, "{\"data\":{\"any\":[1,null]}," GOOD "}", "{" GOOD ",\"data\":{\"any\":[1,null]}}");
	/* What says nothing is left out. */
	expect(&test_Node,
	       "{\"displayName\":\"\",\"isGood\":false,\"count\":0,\"ids\":[],\"labels\":{},\"leaf\":null," GOOD "}",
	       "{" GOOD "}");
	expect(&test_Node, "{\"createdAt\":\"2026-11-22T10:00:00Z\"," GOOD "}", "{" GOOD "}");
}

static void test_wrong_scalars(void **state)
{
	(void)state;
	expect(&test_Node, "{\"displayName\":5}", "! invalid value for string field displayName");
	expect(&test_Node, "{\"isGood\":\"true\"}", "! invalid value for bool field isGood: true");
	expect(&test_Node, "{\"count\":2147483648}", "! invalid value for int32 field count");
	expect(&test_Node, "{\"count\":1.5}", "! invalid value for int32 field count");
	expect(&test_Node, "{\"bigNumber\":\"1e3\"}", "! invalid value for int64 field bigNumber: 1e3");
	expect(&test_Node, "{\"bigNumber\":\"9223372036854775808\"}",
	       "! invalid value for int64 field bigNumber: 9223372036854775808");
	expect(&test_Node, "{\"color\":\"RED\"}", "! invalid value for enum field color: RED");
	expect(&test_Node, "{\"color\":3}", "! invalid value for enum field color");
	expect(&test_Node, "{\"howLong\":\"1h\"}", "! invalid google.protobuf.Duration value \"1h\"");
	expect(&test_Node, "{\"howLong\":\".5s\"}", "! invalid google.protobuf.Duration value \".5s\"");
	expect(&test_Node, "{\"madeAt\":\"today\"}", "! invalid google.protobuf.Timestamp value \"today\"");
	expect(&test_Node, "{\"leaf\":[]}", "! invalid value for message field leaf");
	expect(&test_Node, "{\"leaves\":{}}", "! invalid value for message field leaves");
	expect(&test_Node, "{\"leaves\":[null]}", "! invalid value for message field leaves");
	expect(&test_Node, "{\"ids\":[null]}", "! invalid value for string field ids");
	expect(&test_Node, "{\"data\":[]}", "! invalid value for google.protobuf.Struct field data");
	expect(&test_Node, "[]", "! unexpected token: a Node is an object");
}

static void test_fields(void **state)
{
	(void)state;
	expect(&test_Node, "{\"nope\":1}", "! unknown field \"nope\"");
	expect(&test_Node, "{\"leaf\":{\"Text\":\"x\"}}", "! unknown field \"Text\"");
	expect(&test_Node, "{\"nope\":null}", "! unknown field \"nope\"");
	expect(&test_Node, "{\"displayName\":\"a\",\"display_name\":\"b\"}", "! duplicate field \"display_name\"");
	expect(&test_Node, "{\"first\":{},\"second\":\"\"}", "! oneof of field \"second\" is already set");
	expect(&test_Node, "{\"first\":null,\"second\":\"\"," GOOD "}", "{" GOOD ",\"second\":\"\"}");
	expect(&test_Node, "{\"first\":{}," GOOD "}", "{" GOOD ",\"first\":{}}");
	expect(&test_Empty, "{}", "{}");
	expect(&test_Empty, "{\"a\":1}", "! unknown field \"a\"");
}

static void test_nested(void **state)
{
	(void)state;
	expect(
	    &test_Node,
	    "{\"leaves\":[{\"text\":\"a\"},{}],\"named\":{\"k\":{\"big_number\":1},\"j\":{}},\"labels\":{\"x\":\"y\"}"
	    "," GOOD "}",
	    "{" GOOD
	    ",\"leaves\":[{\"text\":\"a\"},{}],\"named\":{\"k\":{\"bigNumber\":1},\"j\":{}},\"labels\":{\"x\":\"y\"}}");
	expect(&test_Wrapper, "{\"node\":{" GOOD "},\"leaves\":[{}]}", "{\"node\":{" GOOD "},\"leaves\":[{}]}");
}

static void test_constraints(void **state)
{
	(void)state;
	expect(&test_Node, "{}", "! invalid Node.Color: value must not be in list [0]");
	expect(&test_Wrapper, "{\"leaves\":[{}]}", "! invalid Wrapper.Node: value is required");
	expect(&test_Wrapper, "{\"node\":{" GOOD "}}",
	       "! invalid Wrapper.Leaves: value must contain at least 1 item(s)");
	expect(&test_Wrapper, "{\"node\":{}}",
	       "! invalid Wrapper.Node: invalid Node.Color: value must not be in list [0]");
	expect(&test_Node, "{\"leaf\":{\"text\":\"four\"}}",
	       "! invalid Node.Leaf: invalid Leaf.Text: value length must be between 0 and 3 runes, inclusive");
	expect(&test_Node, "{\"leaf\":{\"text\":\"\u00e9\u00e9\u00e9\"}," GOOD "}",
	       "{" GOOD ",\"leaf\":{\"text\":\"\u00e9\u00e9\u00e9\"}}");
	expect(&test_Node, "{\"ids\":[\"abc\"]," GOOD "}",
	       "! invalid Node.Ids: value does not match regex pattern \"^[a-zA-Z0-9]{27}$\"");
	expect(&test_Node, "{\"ids\":[\"\",\"\",\"\"]," GOOD "}",
	       "! invalid Node.Ids: value must contain between 0 and 2 items");
}

static void test_depth(void **state)
{
	(void)state;
	struct buf text = BUF_INIT(1 << 20);

	for (unsigned i = 0; i < PROTO_MAX_DEPTH; i++)
		buf_add(&text, STR("{\"color\":1,\"third\":"));
	buf_add(&text, STR("{}"));
	for (unsigned i = 0; i < PROTO_MAX_DEPTH; i++)
		buf_add_char(&text, '}');
	buf_add_char(&text, '\0');
	expect(&test_Node, text.ptr, "! exceeded max recursion depth");
	buf_release(&text);
}

static void test_write(void **state)
{
	(void)state;
	struct buf out = BUF_INIT(1 << 20);
	struct json_writer w = JSON_WRITER(&out);
	const struct json *tree;

	proto_write(&w, &test_Node, NULL);
	assert_true(str_eq(buf_str(&out),
	                   STR("{\"displayName\":\"\",\"isGood\":false,\"count\":0,\"bigNumber\":\"0\",\"ratio\":0,"
	                       "\"color\":\"COLOR_UNSPECIFIED\",\"ids\":[],\"leaves\":[],\"named\":{},"
	                       "\"labels\":{}}")));
	buf_clear(&out);
	w = JSON_WRITER(&out);
	assert_int_equal(
	    json_parse(STR("{\"bigNumber\":7,\"leaf\":{},\"leaves\":[{\"text\":\"a\"}],\"named\":{\"k\":{}},"
	                   "\"labels\":{\"x\":\"y\"},\"first\":{\"bigNumber\":-1}}"),
	               &arena, &tree, NULL),
	    JSON_OK);
	proto_write(&w, &test_Node, tree);
	assert_true(str_eq(
	    buf_str(&out),
	    STR("{\"displayName\":\"\",\"isGood\":false,\"count\":0,\"bigNumber\":\"7\",\"ratio\":0,"
	        "\"color\":\"COLOR_UNSPECIFIED\",\"ids\":[],\"leaf\":{\"text\":\"\",\"bigNumber\":\"0\"},"
	        "\"leaves\":[{\"text\":\"a\",\"bigNumber\":\"0\"}],\"named\":{\"k\":{\"text\":\"\","
	        "\"bigNumber\":\"0\"}},\"labels\":{\"x\":\"y\"},\"first\":{\"text\":\"\",\"bigNumber\":\"-1\"}}")));
	assert_true(str_eq(proto_oneof(&test_Node, 1, tree)->name, STR("first")));
	assert_null(proto_oneof(&test_Node, 1, json_get(tree, STR("leaf"))));
	buf_release(&out);
}

static void test_masks(void **state)
{
	(void)state;
	struct str_list names;
	struct error err = {0};

	assert_int_equal(proto_mask_read(&test_Node, STR("displayName,labels"), &arena, &names, &err), 0);
	assert_int_equal(names.n, 2);
	assert_true(str_eq(names.items[1], STR("labels")));
	assert_int_equal(proto_mask_read(&test_Node, STR(""), &arena, &names, &err), 0);
	assert_int_equal(names.n, 0);
	assert_int_equal(proto_mask_read(&test_Node, STR("display_name"), &arena, &names, &err), -EINVAL);
	assert_string_equal(err.text, "invalid google.protobuf.FieldMask value \"display_name\"");
	assert_int_equal(proto_mask_read(&test_Node, STR("displayName,,labels"), &arena, &names, &err), -EINVAL);
}

static void test_durations(void **state)
{
	(void)state;
	int64_t ms;

	assert_true(proto_duration_parse(STR("-0.5s"), &ms));
	assert_int_equal(ms, -500);
	assert_true(str_eq(proto_duration_text(&arena, ms), STR("-0.500s")));
	assert_true(proto_duration_parse(STR("315576000000s"), &ms));
	assert_false(proto_duration_parse(STR("315576000001s"), &ms));
	assert_true(proto_duration_parse(STR("0.123456789s"), &ms));
	assert_int_equal(ms, 123);
	assert_true(str_eq(proto_duration_text(&arena, 0), STR("0s")));
	for (size_t i = 0; i < 6; i++) {
		static const struct str bad[] = {
		    STR_INIT(""),   STR_INIT("s"), STR_INIT("1"), STR_INIT("1.s"), STR_INIT("1.0123456789s"),
		    STR_INIT("+1s")};
		assert_false(proto_duration_parse(bad[i], &ms));
	}
}

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scalars), cmocka_unit_test(test_wrong_scalars), cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_nested),  cmocka_unit_test(test_constraints),   cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_write),   cmocka_unit_test(test_masks),         cmocka_unit_test(test_durations),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
