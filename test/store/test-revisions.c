/* SPDX-License-Identifier: Apache-2.0
 *
 * The rows of revisions by their numbers, in every backend.
 */
#include "support.h"

static int write_revision(void *out, const struct store_audit_row *row)
{
	buf_addf(out, "%llu@%lld ", (unsigned long long)row->revision, (long long)row->at_ms);
	return 0;
}

/* Beside another organization's revisions, refused attempts, and rows that changed nothing. */
static void check(struct store *s)
{
	const struct store_change c = put("a", NULL, 1, "1");
	static const struct {
		uint64_t from, to;
		const char *want;
	} cases[] = {{0, UINT64_MAX, "1@101 2@102 3@103 4@104 "},
	             {0, 1, "1@101 "},
	             {1, 3, "2@102 3@103 "},
	             {3, 3, ""},
	             {3, 99, "4@104 "},
	             {4, UINT64_MAX, ""}};
	struct buf out = BUF_INIT(TEST_MAX_TEXT);

	for (uint64_t i = 0; i < 4; i++) {
		struct store_set sets[] = {set_of(i, &c, 1), refusal("x", 403), set_of(i + 1, NULL, 0),
		                           set_of(i, &c, 1)};

		sets[0].at_ms = 101 + (int64_t)i;
		sets[3].org = STR("acm");
		assert_int_equal(store_commit(s, sets, N_ELEMENTS(sets), NULL), 0);
	}
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		buf_clear(&out);
		assert_int_equal(store_each_revision(s, ORG, cases[i].from, cases[i].to, write_revision, &out, NULL),
		                 0);
		buf_add_char(&out, '\0');
		assert_string_equal(out.ptr, cases[i].want);
	}
	buf_clear(&out);
	assert_int_equal(store_each_revision(s, STR("nobody"), 0, UINT64_MAX, write_revision, &out, NULL), 0);
	assert_int_equal(out.len, 0);
	buf_release(&out);
}

static void test_memory(void **state)
{
	(void)state;
	struct store *s = open_or_fail("memory:");

	check(s);
	store_close(s);
}

static void test_sqlite(void **state)
{
	(void)state;
	struct place place;
	struct store *s;

	place_make(&place, "");
	s = open_or_fail(place.url);
	check(s);
	store_close(s);
	place_remove(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory), cmocka_unit_test(test_sqlite)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
