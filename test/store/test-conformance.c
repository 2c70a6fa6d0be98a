/* SPDX-License-Identifier: Apache-2.0
 *
 * What every backend must do. Run once a backend: the argument is "memory" or "sqlite".
 */
#include "support.h"

#include <errno.h>

static bool is_sqlite;

struct fixture {
	struct place place;
	struct store *store;
};

static int set_up(void **state)
{
	struct fixture *f = mem_calloc(1, sizeof(*f));

	place_make(&f->place, "");
	f->store = open_or_fail(is_sqlite ? f->place.url : "memory:");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	store_close(f->store);
	place_remove(&f->place);
	free(f);
	return 0;
}

static struct store *store_of(void **state)
{
	return ((struct fixture *)*state)->store;
}

static int fail_on_document(void *ctx, const struct store_document *row)
{
	(void)ctx;
	fail_msg("unexpected document %.*s", STR_ARG(row->id));
	return 0;
}
static int fail_on_audit(void *ctx, const struct store_audit_row *row)
{
	(void)ctx;
	fail_msg("unexpected audit row %llu", (unsigned long long)row->id);
	return 0;
}
static int fail_on_org(void *ctx, struct str org, uint64_t revision)
{
	(void)ctx;
	(void)revision;
	fail_msg("unexpected organization %.*s", STR_ARG(org));
	return 0;
}

static void test_empty(void **state)
{
	struct store *s = store_of(state);
	struct store_audit_filter f = everything();

	assert_int_equal(newest(s, ORG), 0);
	assert_int_equal(store_each_org(s, fail_on_org, NULL, NULL), 0);
	assert_int_equal(store_each_document(s, ORG, 0, fail_on_document, NULL, NULL), 0);
	assert_int_equal(store_each_document(s, ORG, 7, fail_on_document, NULL, NULL), 0);
	assert_int_equal(store_each_change(s, ORG, 0, UINT64_MAX, fail_on_document, NULL, NULL), 0);
	assert_int_equal(store_each_audit(s, &f, fail_on_audit, NULL, NULL), 0);
	assert_int_equal(store_commit(s, NULL, 0, NULL), 0);
	assert_int_equal(store_stats(s).n_commits, 0);
}

static void test_revisions(void **state)
{
	struct store *s = store_of(state);
	uint64_t revision;

	for (uint64_t i = 0; i < 5; i++) {
		const struct store_change c = put("a", NULL, 1, "{}");

		assert_int_equal(commit_one(s, i, &c, 1, &revision), 0);
		assert_int_equal(revision, i + 1);
		assert_int_equal(newest(s, ORG), i + 1);
	}
	assert_int_equal(store_stats(s).n_commits, 5);
	assert_int_equal(store_stats(s).n_sets, 5);
}

static void test_orgs_apart(void **state)
{
	struct store *s = store_of(state);
	struct buf out = BUF_INIT(TEST_MAX_TEXT);
	const struct store_change c = put("a", "key", 1, "{}");
	static const char *const names[] = {"zulu", "acme", "acm", "acme"};

	for (size_t i = 0; i < N_ELEMENTS(names); i++) {
		struct store_set set = set_of(i == 3 ? 1 : 0, &c, 1);

		set.org = str_of(names[i]);
		assert_int_equal(store_commit(s, &set, 1, NULL), 0);
	}
	assert_int_equal(store_each_org(s, write_org, &out, NULL), 0);
	assert_true(str_eq(buf_str(&out), STR("org 1 3:acm\norg 2 4:acme\norg 1 4:zulu\n")));
	buf_release(&out);
	expect_documents(s, 0, "a@2-0={};");
}

static void test_unique_keys(void **state)
{
	struct store *s = store_of(state);
	const struct store_change a = put("a", "mail", 1, "1"), b = put("b", "mail", 2, "2"), gone = end("a");
	const struct store_change again = put("b", "mail", 2, "3");
	struct store_change other_kind = put("c", "mail", 3, "4"), none = put("d", NULL, 4, "5"), none2 = none;

	assert_int_equal(commit_one(s, 0, &a, 1, NULL), 0);
	assert_int_equal(commit_one(s, 1, &b, 1, NULL), STORE_CONFLICT);
	assert_int_equal(newest(s, ORG), 1);
	assert_int_equal(commit_one(s, 1, &gone, 1, NULL), 0);
	assert_int_equal(commit_one(s, 2, &b, 1, NULL), 0);
	/* The document itself keeps its key when it changes, another kind has keys of its own, no key is not one. */
	assert_int_equal(commit_one(s, 3, &again, 1, NULL), 0);
	other_kind.kind = STR("group");
	assert_int_equal(commit_one(s, 4, &other_kind, 1, NULL), 0);
	none2.id = STR("e");
	assert_int_equal(commit_one(s, 5, &none, 1, NULL), 0);
	assert_int_equal(commit_one(s, 6, &none2, 1, NULL), 0);
	/* An empty key is a key. */
	none.unique_key = none2.unique_key = STR("");
	assert_int_equal(commit_one(s, 7, &none, 1, NULL), 0);
	assert_int_equal(commit_one(s, 8, &none2, 1, NULL), STORE_CONFLICT);
}

static void test_unique_key_moves(void **state)
{
	struct store *s = store_of(state);
	const struct store_change both[] = {put("a", "k1", 1, "1"), put("b", "k2", 2, "2")};
	const struct store_change swap[] = {put("a", "k2", 1, "3"), put("b", "k1", 2, "4")};
	const struct store_change take[] = {put("c", "k1", 3, "5"), end("b")};

	assert_int_equal(commit_one(s, 0, both, 2, NULL), 0);
	assert_int_equal(commit_one(s, 1, swap, 2, NULL), 0);
	assert_int_equal(commit_one(s, 2, take, 2, NULL), 0);
	expect_documents(s, 0, "a@2-0=3;c@3-0=5;");
}

/* Within one call each set sees what the earlier ones did; a conflict takes all of them back. */
static void test_conflict_in_group(void **state)
{
	struct store *s = store_of(state);
	const struct store_change first = put("a", "k", 1, "1"), gone = end("a"), second = put("b", "k", 2, "2");
	struct store_set sets[] = {set_of(0, &first, 1), set_of(1, &gone, 1), set_of(2, &second, 1)};
	struct store_set clash[] = {set_of(3, &first, 1), set_of(3, NULL, 0)};
	struct store_set later[] = {refusal("x", 403), set_of(3, &gone, 1), set_of(4, &first, 1)};
	struct error err = {0};
	struct buf before = BUF_INIT(TEST_MAX_TEXT), after = BUF_INIT(TEST_MAX_TEXT);

	assert_int_equal(store_commit(s, sets, 3, NULL), 0);
	assert_int_equal(sets[0].revision, 1);
	assert_int_equal(sets[2].revision, 3);
	dump_store(s, &before);
	assert_int_equal(store_commit(s, clash, 2, &err), STORE_CONFLICT);
	assert_int_equal(clash[0].result, STORE_CONFLICT);
	assert_int_equal(clash[1].result, STORE_OK);
	assert_int_equal(clash[0].revision, 0);
	assert_non_null(strstr(err.text, "\"a\""));
	assert_int_equal(store_commit(s, later, 3, NULL), STORE_CONFLICT);
	assert_int_equal(later[1].result, STORE_CONFLICT);
	assert_int_equal(later[0].result, STORE_OK);
	dump_store(s, &after);
	assert_true(str_eq(buf_str(&before), buf_str(&after)));
	buf_release(&before);
	buf_release(&after);
}

static void test_group_taken_back(void **state)
{
	struct store *s = store_of(state);
	const struct store_change base[] = {put("a", "k", 1, "1"), put("b", "l", 2, "2")};
	const struct store_change one[] = {end("a"), put("b", "k", 2, "3")}, two = put("b", "m", 2, "4");
	const struct store_change three = put("a", "k", 3, "5"), bad = end("nobody");
	struct store_set sets[] = {set_of(1, one, 2), set_of(2, &two, 1), set_of(3, &three, 1), set_of(4, &bad, 1)};

	assert_int_equal(commit_one(s, 0, base, 2, NULL), 0);
	assert_int_equal(store_commit(s, sets, 4, NULL), STORE_CONFLICT);
	assert_int_equal(sets[3].result, STORE_CONFLICT);
	expect_documents(s, 0, "a@1-0=1;b@1-0=2;");
	/* Nothing of it is left behind: the same sets without the bad one go through. */
	assert_int_equal(store_commit(s, sets, 3, NULL), 0);
	expect_documents(s, 0, "b@3-0=4;a@4-0=5;");
}

static void test_end_not_current(void **state)
{
	struct store *s = store_of(state);
	const struct store_change a = put("a", NULL, 1, "1"), gone = end("a"), never = end("b");

	assert_int_equal(commit_one(s, 0, &never, 1, NULL), STORE_CONFLICT);
	assert_int_equal(commit_one(s, 0, &a, 1, NULL), 0);
	assert_int_equal(commit_one(s, 1, &gone, 1, NULL), 0);
	assert_int_equal(commit_one(s, 2, &gone, 1, NULL), STORE_CONFLICT);
	assert_int_equal(commit_one(s, 2, &a, 1, NULL), 0);
	expect_documents(s, 0, "a@3-0=1;");
}

static void test_stale(void **state)
{
	struct store *s = store_of(state);
	const struct store_change a = put("a", NULL, 1, "1"), b = put("b", NULL, 2, "2");
	struct store_set sets[] = {set_of(1, &a, 1), set_of(1, &b, 1)};
	struct store_set audit_only = set_of(0, NULL, 0);

	assert_int_equal(commit_one(s, 1, &a, 1, NULL), STORE_STALE);
	assert_int_equal(commit_one(s, 0, &a, 1, NULL), 0);
	assert_int_equal(commit_one(s, 0, &b, 1, NULL), STORE_STALE);
	assert_int_equal(commit_one(s, UINT64_MAX, &b, 1, NULL), STORE_STALE);
	assert_int_equal(store_commit(s, sets, 2, NULL), STORE_STALE);
	assert_int_equal(sets[0].result, STORE_OK);
	assert_int_equal(sets[1].result, STORE_STALE);
	assert_int_equal(store_commit(s, &audit_only, 1, NULL), STORE_STALE);
	expect_documents(s, 0, "a@1-0=1;");
}

static void test_as_of(void **state)
{
	struct store *s = store_of(state);
	const struct store_change one[] = {put("b", NULL, 2, "1"), put("a", NULL, 1, "1")};
	const struct store_change two = put("a", NULL, 1, "2"), three = end("b"), four = put("c", NULL, 3, "4");

	assert_int_equal(commit_one(s, 0, one, 2, NULL), 0);
	assert_int_equal(commit_one(s, 1, &two, 1, NULL), 0);
	assert_int_equal(commit_one(s, 2, &three, 1, NULL), 0);
	assert_int_equal(commit_one(s, 3, &four, 1, NULL), 0);
	expect_documents(s, 1, "a@1-2=1;b@1-3=1;");
	expect_documents(s, 2, "a@2-0=2;b@1-3=1;");
	expect_documents(s, 3, "a@2-0=2;");
	expect_documents(s, 4, "a@2-0=2;c@4-0=4;");
	expect_documents(s, 5, "a@2-0=2;c@4-0=4;");
	expect_documents(s, UINT64_MAX, "a@2-0=2;c@4-0=4;");
	expect_documents(s, 0, "a@2-0=2;c@4-0=4;");
}

static void expect_changes(struct store *s, uint64_t from, uint64_t to, const char *want)
{
	struct buf out = BUF_INIT(TEST_MAX_TEXT);

	assert_int_equal(store_each_change(s, ORG, from, to, write_brief, &out, NULL), 0);
	buf_add_char(&out, '\0');
	assert_string_equal(out.ptr, want);
	buf_release(&out);
}

static void test_each_change(void **state)
{
	struct store *s = store_of(state);
	const struct store_change one[] = {put("b", NULL, 2, "1"), put("a", NULL, 1, "1")};
	const struct store_change two = put("a", NULL, 1, "2"), three = end("a");

	assert_int_equal(commit_one(s, 0, one, 2, NULL), 0);
	assert_int_equal(commit_one(s, 1, &two, 1, NULL), 0);
	assert_int_equal(commit_one(s, 2, &three, 1, NULL), 0);
	/* Each event once: a version that began and ended in the range comes twice, an end before its replacement. */
	expect_changes(s, 0, 1, "a@1-2=1;b@1-0=1;");
	expect_changes(s, 1, 2, "a@1-2=1;a@2-3=2;");
	expect_changes(s, 2, 3, "a@2-3=2;");
	expect_changes(s, 0, UINT64_MAX, "a@1-2=1;b@1-0=1;a@1-2=1;a@2-3=2;a@2-3=2;");
	expect_changes(s, 3, UINT64_MAX, "");
	expect_changes(s, 2, 2, "");
	expect_changes(s, 3, 1, "");
}

/* Six rows: ids 1 to 6, of which 4 belongs to another organization and 3 and 5 are refusals. */
static void fill_audit(struct store *s)
{
	const struct store_change c = put("a", NULL, 1, "{}");
	struct store_set sets[] = {set_of(0, &c, 1), set_of(1, &c, 1), refusal("user:eve", 403),
	                           set_of(0, &c, 1), refusal("", 401), set_of(2, NULL, 0)};

	sets[1].operation = STR("users:update");
	sets[1].target = STR("user:y");
	sets[5].target = STR("member:Devs/y");
	sets[1].event = STR("update_user");
	sets[1].tenant = STR("t1");
	sets[1].warning = STR("access may have widened");
	sets[2].event = STR("create_user");
	sets[2].credential = STR_NONE;
	sets[3].event = STR("create_user");
	sets[3].tenant = STR("t1");
	sets[4].tenant = STR("t2");
	sets[5].event = STR("list_users");
	sets[3].org = STR("other");
	for (size_t i = 0; i < N_ELEMENTS(sets); i++)
		sets[i].at_ms = (int64_t)(i + 1) * 10;
	assert_int_equal(store_commit(s, sets, N_ELEMENTS(sets), NULL), 0);
	assert_int_equal(sets[1].revision, 2);
	assert_int_equal(sets[2].revision, 0);
	assert_int_equal(sets[5].revision, 0);
	assert_int_equal(newest(s, ORG), 2);
}

static int write_audit_id(void *out, const struct store_audit_row *row)
{
	buf_add_u64(out, row->id);
	return 0;
}

static void expect_audit(struct store *s, const struct store_audit_filter *f, const char *name, const char *want)
{
	struct buf out = BUF_INIT(TEST_MAX_TEXT);

	uint64_t n = UINT64_MAX;

	assert_int_equal(store_each_audit(s, f, write_audit_id, &out, NULL), 0);
	assert_int_equal(store_count_audit(s, f, &n, NULL), 0);
	if (n != strlen(want))
		fail_msg("%s: %zu rows are counted as %llu", name, strlen(want), (unsigned long long)n);
	if (!str_eq(buf_str(&out), str_of(want)))
		fail_msg("%s: wanted \"%s\", got \"%.*s\"", name, want, STR_ARG(buf_str(&out)));
	buf_release(&out);
}

static void test_audit_filters(void **state)
{
	struct store *s = store_of(state);
	const struct str events[] = {STR_INIT("create_user"), STR_INIT("list_users"), STR_INIT("list_user"),
	                             STR_INIT("create_user"), STR_INIT(""),           STR_INIT("update_user")};
	/* Fields left out here are those of everything(). */
	const struct {
		const char *name;
		struct store_audit_filter f;
		const char *want;
	} cases[] = {
	    {"newest first", {.limit = 9}, "65321"},
	    {"oldest first", {.limit = 9, .ascending = true}, "12356"},
	    {"limit", {.limit = 2}, "65"},
	    {"limit ascending", {.limit = 2, .ascending = true}, "12"},
	    {"before the cursor", {.limit = 9, .cursor = 5}, "321"},
	    {"after the cursor", {.limit = 9, .cursor = 2, .ascending = true}, "356"},
	    {"cursor past the end", {.limit = 9, .cursor = UINT64_MAX, .ascending = true}, ""},
	    {"cursor before the start", {.limit = 9, .cursor = 1}, ""},
	    {"since", {.limit = 9, .since_ms = 30}, "653"},
	    {"until", {.limit = 9, .until_ms = 30}, "21"},
	    {"since and until", {.limit = 9, .since_ms = 20, .until_ms = 50}, "32"},
	    {"actor", {.limit = 9, .actor = STR_INIT("user:eve")}, "3"},
	    {"nobody", {.limit = 9, .actor = STR_INIT("")}, "5"},
	    {"operation", {.limit = 9, .operation = STR_INIT("users:update")}, "2"},
	    {"target", {.limit = 9, .target = STR_INIT("user:y")}, "2"},
	    {"revision", {.limit = 9, .revision = 1}, "1"},
	    {"no such revision", {.limit = 9, .revision = 3}, ""},
	    {"tenant", {.limit = 9, .tenant = STR_INIT("t1")}, "2"},
	    {"another tenant", {.limit = 9, .tenant = STR_INIT("t2")}, "5"},
	    {"no tenant", {.limit = 9, .tenant = STR_INIT("")}, "631"},
	    {"no such tenant", {.limit = 9, .tenant = STR_INIT("t")}, ""},
	    {"rows with an event", {.limit = 9, .has_event = true}, "632"},
	    {"rows with an event, ascending, paged",
	     {.limit = 1, .has_event = true, .ascending = true, .cursor = 2},
	     "3"},
	    {"one event", {.limit = 9, .events = {&events[0], 1}}, "3"},
	    {"two events", {.limit = 9, .events = {events, 2}}, "63"},
	    {"one that there is and one that there is not", {.limit = 9, .events = {&events[1], 2}}, "6"},
	    {"no such event", {.limit = 9, .events = {&events[2], 1}}, ""},
	    {"an event and none", {.limit = 9, .events = {&events[3], 2}}, "531"},
	    {"none, but one is asked for", {.limit = 9, .events = {&events[4], 1}, .has_event = true}, ""},
	    {"one of the target's names", {.limit = 9, .target_name = STR_INIT("y")}, "62"},
	    {"two of the target's names", {.limit = 9, .target_name = STR_INIT("Devs/y")}, "6"},
	    {"part of a name is none", {.limit = 9, .target_name = STR_INIT("Dev")}, ""},
	    {"the kind is no name", {.limit = 9, .target_name = STR_INIT("user")}, ""},
	    {"the target's first name", {.limit = 9, .target_root = STR_INIT("Devs")}, "6"},
	    {"not the second", {.limit = 9, .target_root = STR_INIT("y")}, "2"},
	    {"all of its names", {.limit = 9, .target_root = STR_INIT("Devs/y")}, "6"},
	    {"part of the first", {.limit = 9, .target_root = STR_INIT("Dev")}, ""},
	    {"a text in the event", {.limit = 9, .search = STR_INIT("ATE_U")}, "32"},
	    {"a text in the actor", {.limit = 9, .search = STR_INIT(":eve")}, "3"},
	    {"a text in the target", {.limit = 9, .search = STR_INIT("devs/Y")}, "6"},
	    {"a text across two of them", {.limit = 9, .search = STR_INIT("update_useruser")}, ""},
	    {"no pattern", {.limit = 9, .search = STR_INIT("%")}, ""},
	    {"no pattern of one", {.limit = 9, .search = STR_INIT("r_e")}, ""},
	    {"nothing escaped", {.limit = 9, .search = STR_INIT("\\r")}, ""},
	    {"the empty text", {.limit = 9, .search = STR_INIT("")}, "65321"},
	    {"skip", {.limit = 2, .skip = 1}, "53"},
	    {"skip ascending", {.limit = 9, .skip = 2, .ascending = true}, "356"},
	    {"skip all", {.limit = 9, .skip = 5}, ""},
	    {"skip more than there are", {.limit = 9, .skip = UINT64_MAX}, ""},
	    {"all at once",
	     {.limit = 1,
	      .cursor = 1,
	      .ascending = true,
	      .since_ms = 20,
	      .until_ms = 21,
	      .actor = STR_INIT("user:owner"),
	      .operation = STR_INIT("users:update"),
	      .target = STR_INIT("user:y"),
	      .tenant = STR_INIT("t1"),
	      .events = {&events[5], 1},
	      .has_event = true,
	      .target_name = STR_INIT("y"),
	      .target_root = STR_INIT("y"),
	      .search = STR_INIT("owner"),
	      .revision = 2},
	     "2"},
	};

	fill_audit(s);
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct store_audit_filter f = cases[i].f;

		f.org = ORG;
		f.since_ms = f.since_ms ? f.since_ms : INT64_MIN;
		f.until_ms = f.until_ms ? f.until_ms : INT64_MAX;
		expect_audit(s, &f, cases[i].name, cases[i].want);
	}
}

static void test_audit_rows(void **state)
{
	struct store *s = store_of(state);
	struct store_audit_filter f = everything();
	struct buf out = BUF_INIT(TEST_MAX_TEXT);

	fill_audit(s);
	f.ascending = true;
	f.limit = 3;
	f.cursor = 1;
	assert_int_equal(store_each_audit(s, &f, write_audit, &out, NULL), 0);
	buf_add_char(&out, '\0');
	assert_string_equal(out.ptr,
	                    "audit 2 at 20 outcome 1 status 201 rev 2 4:acme 10:user:owner 6:native 12:users:update "
	                    "6:user:y 9:192.0.2.1 2:r1 11:update_user 2:k1 2:t1 4:POST 6:/users "
	                    "23:access may have widened\n"
	                    "audit 3 at 30 outcome 0 status 403 rev 0 4:acme 8:user:eve 6:native 12:users:create "
	                    "6:user:x 9:192.0.2.1 2:r1 11:create_user 0: 0: 4:POST 6:/users 0:\n"
	                    "audit 5 at 50 outcome 0 status 401 rev 0 4:acme 0: 6:native 12:users:create 6:user:x "
	                    "9:192.0.2.1 2:r1 0: 2:k1 2:t2 4:POST 6:/users 0:\n");
	buf_release(&out);
	f.limit = 0;
	assert_int_equal(store_each_audit(s, &f, fail_on_audit, NULL, NULL), -EINVAL);
}

/* A database's text functions would end at it. */
static void test_audit_nul(void **state)
{
	struct store *s = store_of(state);
	struct store_audit_filter f = everything();
	struct str *const members[] = {&f.target_name, &f.target_root, &f.search};
	uint64_t n = 7;

	for (size_t i = 0; i < N_ELEMENTS(members); i++) {
		*members[i] = (struct str){"a\0b", 3};
		assert_int_equal(store_each_audit(s, &f, fail_on_audit, NULL, NULL), -EINVAL);
		assert_int_equal(store_count_audit(s, &f, &n, NULL), -EINVAL);
		*members[i] = STR_NONE;
	}
	assert_int_equal(n, 7);
}

/* As many events as one may ask for, and one more. */
static void test_audit_events_limit(void **state)
{
	struct store *s = store_of(state);
	struct store_audit_filter f = everything();
	struct str events[STORE_MAX_AUDIT_EVENTS + 1];

	for (size_t i = 0; i < N_ELEMENTS(events); i++)
		events[i] = STR("none");
	events[STORE_MAX_AUDIT_EVENTS - 1] = STR("update_user");
	fill_audit(s);
	f.events = (struct str_list){events, STORE_MAX_AUDIT_EVENTS};
	expect_audit(s, &f, "the most", "2");
	f.events.n++;
	assert_int_equal(store_each_audit(s, &f, fail_on_audit, NULL, NULL), -EINVAL);
}

static void test_meta(void **state)
{
	struct store *s = store_of(state);
	struct arena a = ARENA_INIT;
	struct str value = STR("untouched");

	assert_int_equal(store_meta_get(s, STR("k"), &a, &value, NULL), STORE_NOT_FOUND);
	assert_true(str_eq(value, STR("untouched")));
	assert_int_equal(store_meta_put(s, STR("k"), STR("one"), NULL), 0);
	assert_int_equal(store_meta_put(s, STR("k\0x"), STR("a\0b"), NULL), 0);
	assert_int_equal(store_meta_put(s, STR("k"), STR(""), NULL), 0);
	assert_int_equal(store_meta_get(s, STR("k"), &a, &value, NULL), 0);
	assert_false(str_is_absent(value));
	assert_int_equal(value.len, 0);
	assert_int_equal(store_meta_get(s, STR("k\0x"), &a, &value, NULL), 0);
	assert_true(str_eq(value, STR("a\0b")));
	assert_int_equal(store_meta_put(s, STR("schema"), STR("9"), NULL), -EINVAL);
	assert_int_equal(store_meta_get(s, STR("schema"), &a, &value, NULL), STORE_NOT_FOUND);
	arena_release(&a);
}

static void test_bytes_survive(void **state)
{
	struct store *s = store_of(state);
	struct store_change c = {.kind = STR("k\0k"),
	                         .id = STR("a\0b"),
	                         .unique_key = STR("\0"),
	                         .seq = INT64_MAX,
	                         .body = STR("{\"\0\xff\":\"'\"}")};
	struct store_change sibling = c;
	struct buf out = BUF_INIT(TEST_MAX_TEXT);

	sibling.id = STR("a\0c");
	sibling.unique_key = STR("\0\0");
	assert_int_equal(commit_one(s, 0, &c, 1, NULL), 0);
	assert_int_equal(commit_one(s, 1, &sibling, 1, NULL), 0);
	assert_int_equal(store_each_document(s, ORG, 1, write_document, &out, NULL), 0);
	assert_true(str_eq(buf_str(&out), STR("document 1-0 seq 9223372036854775807 4:acme 3:k\0k 3:a\0b 1:\0"
	                                      " 10:{\"\0\xff\":\"'\"}\n")));
	buf_release(&out);
}

static void test_bad_arguments(void **state)
{
	struct store *s = store_of(state);
	char id[514];
	struct store_change c = put("a", NULL, 1, "{}");
	const struct store_change twice[] = {c, end("a")};
	struct store_set refused = refusal("x", 403);

	memset(id, 'i', sizeof(id));
	c.id = (struct str){id, 513};
	assert_int_equal(commit_one(s, 0, &c, 1, NULL), -EINVAL);
	c.id = STR("");
	assert_int_equal(commit_one(s, 0, &c, 1, NULL), -EINVAL);
	c = put("a", NULL, UINT64_MAX, "{}");
	assert_int_equal(commit_one(s, 0, &c, 1, NULL), -EINVAL);
	refused.changes = twice;
	refused.n_changes = 1;
	assert_int_equal(store_commit(s, &refused, 1, NULL), -EINVAL);
	assert_int_equal(commit_one(s, 0, twice, 2, NULL), STORE_CONFLICT);
	c.id = (struct str){id, 512};
	c.seq = 1;
	assert_int_equal(commit_one(s, 0, &c, 1, NULL), 0);
}

static void test_group_of_many(void **state)
{
	enum { N_SETS = 300 };
	struct store *s = store_of(state);
	static char ids[N_SETS][16];
	static struct store_change changes[N_SETS];
	static struct store_set sets[N_SETS];
	uint64_t n_commits = store_stats(s).n_commits;

	for (size_t i = 0; i < N_SETS; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "u%zu", i);
		changes[i] = put(ids[i], ids[i], i + 1, "{}");
		sets[i] = set_of(i, &changes[i], 1);
	}
	assert_int_equal(store_commit(s, sets, N_SETS, NULL), 0);
	for (size_t i = 0; i < N_SETS; i++)
		assert_int_equal(sets[i].revision, i + 1);
	assert_int_equal(newest(s, ORG), N_SETS);
	assert_int_equal(store_stats(s).n_commits, n_commits + 1);
	assert_int_equal(store_stats(s).n_sets, N_SETS);
}

struct stopper {
	int left;
	int answer;
};

static int stop_at_document(void *ctx, const struct store_document *row)
{
	struct stopper *stop = ctx;

	(void)row;
	return --stop->left == 0 ? stop->answer : 0;
}
static int stop_at_audit(void *ctx, const struct store_audit_row *row)
{
	(void)row;
	return stop_at_document(ctx, NULL);
}
static int stop_at_org(void *ctx, struct str org, uint64_t revision)
{
	(void)org;
	(void)revision;
	return stop_at_document(ctx, NULL);
}

/* A callback's answer comes back as it is, and the store goes on working. */
static void test_callbacks_stop(void **state)
{
	struct store *s = store_of(state);
	const struct store_change c[] = {put("a", NULL, 1, "1"), put("b", NULL, 2, "2"), put("c", NULL, 3, "3")};
	struct store_audit_filter f = everything();
	struct stopper stop;

	assert_int_equal(commit_one(s, 0, c, 3, NULL), 0);
	assert_int_equal(commit_one(s, 1, c, 3, NULL), 0);
	stop = (struct stopper){2, 42};
	assert_int_equal(store_each_document(s, ORG, 0, stop_at_document, &stop, NULL), 42);
	assert_int_equal(stop.left, 0);
	stop = (struct stopper){2, 43};
	assert_int_equal(store_each_revision(s, ORG, 0, 2, stop_at_audit, &stop, NULL), 43);
	stop = (struct stopper){1, -7};
	assert_int_equal(store_each_document(s, ORG, 1, stop_at_document, &stop, NULL), -7);
	stop = (struct stopper){3, 5};
	assert_int_equal(store_each_change(s, ORG, 0, 2, stop_at_document, &stop, NULL), 5);
	stop = (struct stopper){1, 6};
	assert_int_equal(store_each_audit(s, &f, stop_at_audit, &stop, NULL), 6);
	stop = (struct stopper){1, 7};
	assert_int_equal(store_each_org(s, stop_at_org, &stop, NULL), 7);
	assert_int_equal(commit_one(s, 2, c, 3, NULL), 0);
	expect_documents(s, 0, "a@3-0=1;b@3-0=2;c@3-0=3;");
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(empty),           CASE(revisions),     CASE(orgs_apart),         CASE(unique_keys),
	    CASE(end_not_current), CASE(stale),         CASE(unique_key_moves),   CASE(conflict_in_group),
	    CASE(as_of),           CASE(each_change),   CASE(group_taken_back),   CASE(audit_filters),
	    CASE(audit_rows),      CASE(audit_nul),     CASE(audit_events_limit), CASE(meta),
	    CASE(bytes_survive),   CASE(bad_arguments), CASE(group_of_many),      CASE(callbacks_stop),
	};

	if (argc != 2 || (strcmp(argv[1], "memory") != 0 && strcmp(argv[1], "sqlite") != 0)) {
		(void)fprintf(stderr, "usage: %s memory|sqlite\n", argv[0]);
		return 2;
	}
	is_sqlite = strcmp(argv[1], "sqlite") == 0;
	return cmocka_run_group_tests_name(argv[1], tests, NULL, NULL);
}
