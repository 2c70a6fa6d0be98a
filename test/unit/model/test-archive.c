/* SPDX-License-Identifier: Apache-2.0
 *
 * Archives: what is written comes back, byte for byte, from any layout; what is not one is refused, and where.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/archive.h"
#include "model/kinds.h"

#define HEAD             "{\"format\":\"doorward-organization\",\"version\":1,\"organization\":\"o\",\"revision\":7,\"documents\":{"
#define WHOLE(documents) HEAD documents "}}"

/* Writes again all that the archive holds. Returns what archive_open() or archive_next() said. */
static int copy(struct str text, struct buf *out, struct error *err)
{
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	struct archive_writer w;
	struct archive archive;
	struct archive_cursor c = {.archive = &archive};
	struct document *doc;
	int r = archive_open(text, &a, &archive, err);

	if (r != 0)
		return r;
	archive_begin(&w, out, &archive.head);
	while ((r = archive_next(&c, &a, &doc, err)) == 1)
		archive_add(&w, doc);
	archive_end(&w, archive.next_cursor);
	return r;
}

static void test_same_bytes(void **state)
{
	(void)state;
	static const char text[] =
	    HEAD "\n\"user\":[\n{\"id\":\"a\",\"email\":\"a@x.org\",\"attributes\":{\"a\":[1,-2,1.5,null]},\"created_"
	         "at\":1},\n"
	         "{\"id\":\"\xc3\xbc\"}\n],\n\"statement_policy\":[\n"
	         "{\"id\":\"p\",\"name\":\"] \\\" }\",\"statements\":[{\"deny\":true,\"actions\":[\"a\"]}]}\n]\n}}\n";
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(1 << 16);

	assert_int_equal(copy(str_of(text), &out, NULL), 0);
	assert_true(str_eq(buf_str(&out), str_of(text)));
}

static void test_any_layout(void **state)
{
	(void)state;
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(1 << 16);
	CLEANUP(buf_releasep) struct buf same = BUF_INIT(1 << 16);

	assert_int_equal(
	    copy(STR(" {\"documents\" : { \"role\":[ {\"id\":\"r\"} ] , \"user\":[\n], \"tenant\":[{ \"handle\":\"h\","
	             "\"id\":\"t\"}]},\n\"revision\":7,\"version\":1,\"organization\":\"o\",\"next_cursor\":null,"
	             "\"format\":\"doorward\\u002dorganization\"} \n"),
	         &out, NULL),
	    0);
	assert_int_equal(
	    copy(STR(WHOLE("\"tenant\":[{\"id\":\"t\",\"handle\":\"h\"}],\"role\":[{\"id\":\"r\"}]")), &same, NULL), 0);
	assert_true(out.len > 0 && str_eq(buf_str(&out), buf_str(&same)));
}

static void test_parts(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena a = ARENA_INIT;
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(1 << 16);
	struct archive_writer w;
	struct archive archive;

	archive_begin(&w, &out, &(struct archive_head){STR("o"), 3});
	archive_end(&w, STR("3.user.9"));
	assert_int_equal(archive_open(buf_str(&out), &a, &archive, NULL), 0);
	assert_true(str_eq(archive.next_cursor, STR("3.user.9")));
	assert_int_equal(archive.head.revision, 3);
	assert_true(archive_leaves_out(DOC_KEY, false));
	assert_false(archive_leaves_out(DOC_KEY, true));
	assert_false(archive_leaves_out(DOC_USER, false));
}

static const struct {
	const char *name, *text, *message;
} refused[] = {
    {"nothing", "", "this is no archive: it must be a JSON object"},
    {"a list", "[]", "this is no archive: it must be a JSON object"},
    {"cut off", HEAD "\"user\":[{\"id\":\"a\"}", "this is no archive: it is not JSON, or not whole (byte 109)"},
    {"more behind it", WHOLE("") "{}", "this is no archive: it is not JSON, or not whole (byte 93)"},
    {"an unknown member", "{\"formal\":1}", "/formal: there is no such member"},
    {"no members", "{}", "/format: is missing"},
    {"a member twice", "{\"revision\":1,\"revision\":1}", "/revision: stands there twice"},
    {"another format", "{\"format\":\"x\"}", "/format: must be \"doorward-organization\""},
    {"another version", "{\"version\":2}", "/version: this program knows version 1 only"},
    {"a revision that is none", "{\"revision\":-1}", "/revision: must be a number"},
    {"an unknown kind", WHOLE("\"users\":[]"), "/documents/users: there is no such kind of document"},
    {"a kind twice", WHOLE("\"user\":[],\"user\":[]"), "/documents/user: stands there twice"},
    {"a kind that is no list", WHOLE("\"user\":{}"), "/documents/user: must be a list"},
    {"brackets that do not match", WHOLE("\"user\":[]]"), "/documents: is not JSON"},
    {"a document that is none", WHOLE("\"user\":[7]"), "/documents/user/0: must be an object"},
    {"no comma", WHOLE("\"user\":[{\"id\":\"a\"} {\"id\":\"b\"}]"), "/documents/user/1: is not JSON"},
    {"a comma too many", WHOLE("\"user\":[{\"id\":\"a\"},]"), "/documents/user/1: is not JSON"},
    {"no id", WHOLE("\"user\":[{}]"), "/documents/user/0/id: must be a string of 1 to 400 bytes"},
    {"an unknown member of a document", WHOLE("\"user\":[{\"id\":\"a\"},{\"id\":\"b\",\"e~/m\":1}]"),
     "/documents/user/1/e~0~1m: there is no such member"},
    {"a wrong type", WHOLE("\"user\":[{\"id\":\"a\",\"email\":1}]"), "/documents/user/0/email: must be a string"},
    {"a wrong item", WHOLE("\"role\":[{\"id\":\"a\",\"actions\":[1]}]"),
     "/documents/role/0/actions: must be a list of strings"},
    {"a wrong word", WHOLE("\"access_grant\":[{\"id\":\"a\",\"level\":\"root\"}]"),
     "/documents/access_grant/0/level: is none of the words known here"},
    {"an unknown member in a list", WHOLE("\"statement_policy\":[{\"id\":\"a\",\"statements\":[{},{\"effect\":1}]}]"),
     "/documents/statement_policy/0/statements/1/effect: there is no such member"},
    {"an unknown member in a list of a list",
     WHOLE("\"tag_policy\":[{\"id\":\"a\",\"groups\":[{\"conditions\":[{\"not\":true}]}]}]"),
     "/documents/tag_policy/0/groups/0/conditions/0/not: there is no such member"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(refused); i++) {
		CLEANUP(buf_releasep) struct buf out = BUF_INIT(1 << 16);
		struct error err = {0};

		assert_int_equal(copy(str_of(refused[i].text), &out, &err), -EBADMSG);
		if (strcmp(err.text, refused[i].message) != 0)
			fail_msg("%s: %s", refused[i].name, err.text);
	}
}

/* However it is cut off, an archive is refused, and never read beyond its end. */
static void test_every_prefix(void **state)
{
	(void)state;
	static const char text[] =
	    WHOLE("\"user\":[{\"id\":\"a\\\"\",\"attributes\":{\"x\":[{}]}},{\"id\":\"b\"}],\"role\":[{\"id\":\"r\"}]");

	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		CLEANUP(buf_releasep) struct buf out = BUF_INIT(1 << 16);
		char *part = mem_alloc(n + 1); /* its own block, so that a sanitizer sees the end */

		memcpy(part, text, n);
		assert_int_equal(copy((struct str){part, n}, &out, NULL), -EBADMSG);
		free(part);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_any_layout),   cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_refused),    cmocka_unit_test(test_every_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
