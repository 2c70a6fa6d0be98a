/* SPDX-License-Identifier: Apache-2.0
 *
 * What only the SQLite backend has: files, foreign and newer databases, locks held by others, plans.
 */
#include "support.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int set_up(void **state)
{
	struct place *p = mem_calloc(1, sizeof(*p));

	place_make(p, "?busy_timeout_ms=1");
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	place_remove(*state);
	free(*state);
	return 0;
}

/* A plain connection, as the sqlite3 program would have. */
static sqlite3 *plain_open(const char *file)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	return db;
}

static void plain_exec(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static void expect_refusal(const struct place *p, int want, const char *text)
{
	struct store *s = NULL;
	struct error err = {0};

	assert_int_equal(store_open(str_of(p->url), &s, &err), want);
	assert_null(s);
	if (!strstr(err.text, text))
		fail_msg("\"%s\" does not say \"%s\"", err.text, text);
}

static void test_file_mode(void **state)
{
	const struct place *p = *state;
	const struct store_change c = put("a", NULL, 1, "1");
	static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
	mode_t old = umask(0);
	struct store *s = open_or_fail(p->url);

	umask(old);
	assert_int_equal(commit_one(s, 0, &c, 1, NULL), 0);
	for (size_t i = 0; i < N_ELEMENTS(endings); i++) {
		char name[TEST_MAX_URL_BYTES + 8];
		struct stat st;

		(void)snprintf(name, sizeof(name), "%s%s", p->file, endings[i]);
		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	store_close(s);
}

static void test_reopen(void **state)
{
	const struct place *p = *state;
	const struct store_change c[] = {put("a", "k", 1, "1"), put("b", NULL, 2, "2")};
	struct store *s = open_or_fail(p->url);
	struct arena a = ARENA_INIT;
	struct str value;

	assert_int_equal(commit_one(s, 0, c, 2, NULL), 0);
	assert_int_equal(store_meta_put(s, STR("x"), STR("y"), NULL), 0);
	store_close(s);
	s = open_or_fail(p->url);
	expect_documents(s, 0, "a@1-0=1;b@1-0=2;");
	assert_int_equal(store_meta_get(s, STR("x"), &a, &value, NULL), 0);
	assert_true(str_eq(value, STR("y")));
	arena_release(&a);
	store_close(s);
}

static void test_in_use(void **state)
{
	const struct place *p = *state;
	struct store *s = open_or_fail(p->url);
	struct place other = *p;
	pid_t child;
	int status;

	/* Refused to this very process as well, and a symbolic link does not get around it. */
	expect_refusal(p, -EBUSY, "is in use by another process");
	(void)snprintf(other.url, sizeof(other.url), "sqlite:%s/link.db", p->dir);
	(void)snprintf(other.file, sizeof(other.file), "%s/link.db", p->dir);
	assert_int_equal(symlink(p->file, other.file), 0);
	expect_refusal(&other, -EBUSY, "is in use by another process");
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct store *mine = NULL;

		_exit(store_open(str_of(p->url), &mine, NULL) == -EBUSY ? 7 : 8);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	store_close(s);
	store_close(open_or_fail(other.url));
}

static void test_foreign(void **state)
{
	const struct place *p = *state;
	sqlite3 *db = plain_open(p->file);

	plain_exec(db, "CREATE TABLE somebody(x)");
	sqlite3_close(db);
	expect_refusal(p, -EINVAL, "belongs to another program");
	db = plain_open(p->file);
	plain_exec(db, "PRAGMA application_id = 1");
	sqlite3_close(db);
	expect_refusal(p, -EINVAL, "belongs to another program");
}

static void test_not_a_database(void **state)
{
	const struct place *p = *state;
	FILE *f = fopen(p->file, "w");

	assert_non_null(f);
	for (int i = 0; i < 400; i++)
		assert_true(fputs("this is no database ", f) >= 0);
	assert_int_equal(fclose(f), 0);
	expect_refusal(p, -EUCLEAN, "not a database");
}

static void test_newer_schema(void **state)
{
	const struct place *p = *state;
	sqlite3 *db;

	store_close(open_or_fail(p->url));
	db = plain_open(p->file);
	plain_exec(db, "UPDATE meta SET value = '999' WHERE key = 'schema'");
	sqlite3_close(db);
	expect_refusal(p, -EINVAL, "schema 999, newer than");
}

/* Beside the one that writes, whose commits it sees; and it writes nothing itself, nor makes what is not there. */
static void test_read_only(void **state)
{
	const struct place *p = *state;
	const struct store_change a = put("a", NULL, 1, "1"), b = put("b", NULL, 2, "2");
	struct store_set set = set_of(1, &b, 1);
	struct store *writer, *reader = NULL;
	struct error err = {0};

	assert_int_equal(store_open_read_only(str_of(p->url), &reader, &err), -ENOENT);
	assert_int_equal(access(p->file, F_OK), -1);
	assert_int_equal(store_open_read_only(STR("memory:"), &reader, &err), -EINVAL);
	assert_null(reader);
	writer = open_or_fail(p->url);
	assert_int_equal(commit_one(writer, 0, &a, 1, NULL), 0);
	assert_int_equal(store_open_read_only(str_of(p->url), &reader, &err), 0);
	expect_documents(reader, 0, "a@1-0=1;");
	assert_int_equal(store_commit(reader, &set, 1, &err), -EROFS);
	assert_int_equal(store_meta_put(reader, STR("k"), STR("v"), &err), -EROFS);
	assert_int_equal(commit_one(writer, 1, &b, 1, NULL), 0);
	assert_int_equal(newest(reader, ORG), 2);
	/* The writer goes first: what it leaves is still read, and may be opened again. */
	store_close(writer);
	expect_documents(reader, 0, "a@1-0=1;b@2-0=2;");
	store_close(reader);
	assert_int_equal(store_open_read_only(str_of(p->url), &reader, &err), 0);
	expect_documents(reader, 1, "a@1-0=1;");
	store_close(reader);
	writer = open_or_fail(p->url);
	assert_int_equal(newest(writer, ORG), 2);
	store_close(writer);
}

static void test_bad_urls(void **state)
{
	static const struct {
		const char *url;
		int want;
	} cases[] = {{"sqlite:", -EINVAL},
	             {"sqlite", -EINVAL},
	             {"memory:x", -EINVAL},
	             {"nosuch:x", -EINVAL},
	             {"", -EINVAL},
	             {"sqlite:?busy_timeout_ms=1", -EINVAL},
	             {"sqlite:/tmp/x.db?busy_timeout_ms=-1", -EINVAL},
	             {"sqlite:/tmp/x.db?busy_timeout_ms=9999999", -EINVAL},
	             {"sqlite:/tmp/x.db?busy_timeout_ms", -EINVAL},
	             {"sqlite:/tmp/x.db?nosuch=1", -EINVAL},
	             {"sqlite:/nonexistent/folder/x.db", -ENOENT}};
	struct error err;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct store *s = NULL;

		err = (struct error){0};
		if (store_open(str_of(cases[i].url), &s, &err) != cases[i].want)
			fail_msg("%s: %s", cases[i].url, err.text);
		assert_true(err.text[0] != '\0');
	}
}

/* Somebody else's lock: -EBUSY, nothing stored, nothing lost, and it goes on when the lock is gone. */
static void test_locked(void **state)
{
	const struct place *p = *state;
	const struct store_change c[] = {put("a", NULL, 1, "1"), put("b", NULL, 2, "2")};
	struct store *s = open_or_fail(p->url);
	sqlite3 *db = plain_open(p->file);
	struct error err = {0};
	struct store_set set = set_of(1, &c[1], 1);

	assert_int_equal(commit_one(s, 0, c, 1, NULL), 0);
	plain_exec(db, "BEGIN EXCLUSIVE");
	assert_int_equal(store_commit(s, &set, 1, &err), -EBUSY);
	assert_int_equal(set.revision, 0);
	assert_non_null(strstr(err.text, "locked"));
	assert_int_equal(store_meta_put(s, STR("x"), STR("y"), NULL), -EBUSY);
	/* Readers are not in the way of anybody. */
	expect_documents(s, 0, "a@1-0=1;");
	plain_exec(db, "ROLLBACK");
	assert_int_equal(store_commit(s, &set, 1, NULL), 0);
	expect_documents(s, 0, "a@1-0=1;b@2-0=2;");
	sqlite3_close(db);
	store_close(s);
}

static int collect_plan(void *out, int n, char **values, char **names)
{
	(void)names;
	assert_int_equal(n, 4);
	buf_addf(out, "%s\n", values[3]);
	return 0;
}

/* The file can be read with SQLite's own program, and revisions are there as rows. */
static void test_readable(void **state)
{
	const struct place *p = *state;
	const struct store_change c = put("a", NULL, 1, "1");
	struct store *s = open_or_fail(p->url);
	struct store_set refused = refusal("x", 403);
	struct buf plan = BUF_INIT(TEST_MAX_TEXT);
	sqlite3_stmt *stmt;
	sqlite3 *db;

	assert_int_equal(commit_one(s, 0, &c, 1, NULL), 0);
	assert_int_equal(store_commit(s, &refused, 1, NULL), 0);
	store_close(s);
	db = plain_open(p->file);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*), max(rev) FROM revision", -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(stmt, 0), 1);
	assert_int_equal(sqlite3_column_int(stmt, 1), 1);
	sqlite3_finalize(stmt);
	/* Asking for one revision's audit row does not read the whole trail. */
	assert_int_equal(sqlite3_exec(db, "EXPLAIN QUERY PLAN SELECT id FROM audit WHERE org = 'o' AND rev = 3",
	                              collect_plan, &plan, NULL),
	                 SQLITE_OK);
	buf_add_char(&plan, '\0');
	assert_non_null(strstr(plan.ptr, "audit_revision"));
	buf_clear(&plan);
	assert_int_equal(sqlite3_exec(db,
	                              "EXPLAIN QUERY PLAN SELECT id FROM audit WHERE org = 'o' AND event <> '' AND "
	                              "event IN ('a', 'b') ORDER BY id DESC LIMIT 10",
	                              collect_plan, &plan, NULL),
	                 SQLITE_OK);
	buf_add_char(&plan, '\0');
	assert_non_null(strstr(plan.ptr, "audit_event"));
	assert_null(strstr(plan.ptr, "TEMP B-TREE"));
	buf_clear(&plan);
	/* Events are counted without a look at their rows. */
	assert_int_equal(
	    sqlite3_exec(db,
	                 "EXPLAIN QUERY PLAN SELECT count(*) FROM (SELECT id FROM audit INDEXED BY "
	                 "audit_event_name WHERE org = 'o' AND event <> '' AND event IN ('a', 'b') LIMIT 10)",
	                 collect_plan, &plan, NULL),
	    SQLITE_OK);
	buf_add_char(&plan, '\0');
	assert_non_null(strstr(plan.ptr, "USING COVERING INDEX audit_event_name (org=? AND event=?)"));
	buf_release(&plan);
	sqlite3_close(db);
}

/* The tables as the first release made them, with a document, its revision and a refusal. */
static const char store_of_schema_1[] =
    "CREATE TABLE meta(key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE audit(id INTEGER PRIMARY KEY, org TEXT NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,"
    "  via TEXT NOT NULL, operation TEXT NOT NULL, target TEXT NOT NULL, remote TEXT NOT NULL,"
    "  request_id TEXT NOT NULL, outcome INTEGER NOT NULL CHECK(outcome IN (0, 1)), status INTEGER NOT NULL,"
    "  rev INTEGER CHECK(rev > 0)) STRICT;"
    "CREATE INDEX audit_org ON audit(org);"
    "CREATE UNIQUE INDEX audit_revision ON audit(org, rev) WHERE rev IS NOT NULL;"
    "CREATE VIEW revision(org, rev, at, actor, via, operation, target, remote, request_id) AS"
    "  SELECT org, rev, at, actor, via, operation, target, remote, request_id FROM audit WHERE rev IS NOT NULL;"
    "CREATE TABLE document(n INTEGER PRIMARY KEY, org TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,"
    "  rev_from INTEGER NOT NULL CHECK(rev_from > 0), rev_to INTEGER CHECK(rev_to > rev_from), unique_key TEXT,"
    "  seq INTEGER NOT NULL, body TEXT NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX document_version ON document(org, kind, id, rev_from);"
    "CREATE UNIQUE INDEX document_unique ON document(org, kind, unique_key)"
    "  WHERE rev_to IS NULL AND unique_key IS NOT NULL;"
    "CREATE INDEX document_current ON document(org, seq) WHERE rev_to IS NULL;"
    "CREATE INDEX document_began ON document(org, rev_from);"
    "CREATE INDEX document_ended ON document(org, rev_to) WHERE rev_to IS NOT NULL;"
    "PRAGMA application_id = 0x44727764;"
    "INSERT INTO meta VALUES('schema', '1'), ('x', 'y');"
    "INSERT INTO audit VALUES(1, 'acme', 10, 'user:owner', 'native', 'users:create', 'user:a', '192.0.2.1', 'r1', 1,"
    "  201, 1), (2, 'acme', 20, 'user:eve', 'native', 'users:create', 'user:b', '192.0.2.2', 'r2', 0, 403, NULL);"
    "INSERT INTO document(org, kind, id, rev_from, seq, body) VALUES('acme', 'user', 'a', 1, 1, '1');";

static int count_rows(const char *file, const char *sql)
{
	sqlite3 *db = plain_open(file);
	sqlite3_stmt *stmt;
	int n;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	n = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

/* A store of the first schema keeps its rows, takes new ones, and is migrated once. */
static void test_migrated(void **state)
{
	const struct place *p = *state;
	sqlite3 *db = plain_open(p->file);
	struct store_audit_filter f = everything();
	struct store_change c = put("a", NULL, 1, "2");
	struct store_set set = set_of(1, &c, 1);
	struct buf before = BUF_INIT(TEST_MAX_TEXT), after = BUF_INIT(TEST_MAX_TEXT);
	struct store *s;

	plain_exec(db, store_of_schema_1);
	sqlite3_close(db);
	s = open_or_fail(p->url);
	assert_int_equal(newest(s, ORG), 1);
	expect_documents(s, 0, "a@1-0=1;");
	f.ascending = true;
	assert_int_equal(store_each_audit(s, &f, write_audit, &before, NULL), 0);
	buf_add_char(&before, '\0');
	assert_string_equal(before.ptr, "audit 1 at 10 outcome 1 status 201 rev 1 4:acme 10:user:owner 6:native "
	                                "12:users:create 6:user:a 9:192.0.2.1 2:r1 0: 0: 0: 0: 0: 0:\n"
	                                "audit 2 at 20 outcome 0 status 403 rev 0 4:acme 8:user:eve 6:native "
	                                "12:users:create 6:user:b 9:192.0.2.2 2:r2 0: 0: 0: 0: 0: 0:\n");
	set.event = STR("update_user");
	assert_int_equal(store_commit(s, &set, 1, NULL), 0);
	store_close(s);
	assert_int_equal(count_rows(p->file, "SELECT value FROM meta WHERE key = 'schema'"), 3);
	assert_int_equal(count_rows(p->file, "SELECT count(*) FROM meta WHERE key = 'x' AND value = 'y'"), 1);
	assert_int_equal(count_rows(p->file, "SELECT max(rev) FROM revision WHERE actor = 'user:owner'"), 2);
	s = open_or_fail(p->url);
	f.has_event = true;
	assert_int_equal(store_each_audit(s, &f, write_audit, &after, NULL), 0);
	buf_add_char(&after, '\0');
	assert_non_null(strstr(after.ptr, "rev 2"));
	assert_non_null(strstr(after.ptr, "11:update_user"));
	assert_null(strstr(after.ptr, "rev 1"));
	buf_release(&before);
	buf_release(&after);
	store_close(s);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    CASE(file_mode), CASE(reopen),       CASE(in_use),   CASE(foreign), CASE(not_a_database), CASE(read_only),
	    CASE(bad_urls),  CASE(newer_schema), CASE(readable), CASE(locked),  CASE(migrated),
	};

	return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
