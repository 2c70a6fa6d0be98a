/* SPDX-License-Identifier: Apache-2.0
 *
 * A store opened beside who writes to it: what is seen when, and what is not opened.
 */
#include "world.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <unistd.h>

static struct world *world_of(void **state)
{
	return *state;
}

static int set_up(void **state)
{
	*state = mem_calloc(1, sizeof(struct world));
	world_make(*state);
	return 0;
}

static int tear_down(void **state)
{
	world_remove(*state);
	free(*state);
	return 0;
}

static void refresh(struct doorward_organization *org, uint64_t want)
{
	struct doorward_error err;
	uint64_t revision = 0;

	if (doorward_refresh(org, &revision, &err) != DOORWARD_OK)
		fail_msg("%s", err.text);
	assert_int_equal(revision, want);
	assert_int_equal(doorward_revision(org), want);
}

static void test_decides(void **state)
{
	struct doorward_organization *org = world_open(world_of(state));
	struct doorward_decider *d = doorward_decider_new(org);

	assert_int_equal(doorward_revision(org), world_of(state)->revision);
	assert_true(may(d, "read"));
	assert_false(may(d, "write"));
	assert_false(may(d, "*"));
	doorward_decider_free(d);
	doorward_close(org);
}

static void test_refreshes(void **state)
{
	struct world *w = world_of(state);
	struct doorward_organization *org = world_open(w);
	struct doorward_decider *d = doorward_decider_new(org), *idle = doorward_decider_new(org);

	assert_true(may(idle, "read"));
	world_put_policy(w, "writers", "allow", "write", NULL);
	assert_false(may(d, "write"));
	refresh(org, w->revision);
	assert_true(may(d, "write"));
	world_put_policy(w, "frozen", "deny", "*", "now > timestamp(\\\"2020-01-01T00:00:00Z\\\")");
	refresh(org, w->revision);
	assert_false(may(d, "write"));
	assert_false(may(d, "read"));
	world_end(w, "access_policy", "frozen");
	world_end(w, "access_policy", "readers");
	refresh(org, w->revision);
	assert_true(may(d, "write"));
	assert_false(may(d, "read"));
	refresh(org, w->revision);
	/* It has kept the first revision until now. */
	assert_false(may(idle, "read"));
	doorward_decider_free(idle);
	/* The handle may go before its deciders. */
	doorward_close(org);
	assert_true(may(d, "write"));
	doorward_decider_free(d);
}

/* More than is worth applying one after the other: all is read anew, and older versions stay whole. */
static void test_reloads(void **state)
{
	struct world *w = world_of(state);
	struct doorward_organization *org = world_open(w);
	struct doorward_decider *d = doorward_decider_new(org), *idle = doorward_decider_new(org);
	char id[32];

	assert_true(may(idle, "read"));
	for (unsigned i = 0; i < 400; i++) {
		(void)snprintf(id, sizeof(id), "u%u", i);
		world_put(w, "user", id, 0, "{}");
	}
	world_end(w, "access_policy", "readers");
	refresh(org, w->revision);
	assert_false(may(d, "read"));
	world_put_policy(w, "readers", "allow", "read", NULL);
	refresh(org, w->revision);
	assert_true(may(d, "read"));
	doorward_decider_free(d);
	doorward_decider_free(idle);
	doorward_close(org);
}

/* ---- what is not opened --------------------------------------------------------------------------------------- */

static void expect_refused(const char *path, const char *name, enum doorward_result want, const char *text)
{
	struct doorward_organization *org = (void *)(uintptr_t)1;
	struct doorward_error err;

	assert_int_equal(doorward_open_store(path, name, &org, &err), want);
	assert_null(org);
	if (!strstr(err.text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, err.text);
	assert_int_equal(doorward_open_store(path, name, &org, NULL), want);
}

static void run_sql(const char *file, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void write_file(const char *path, const char *bytes)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(bytes, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void test_refuses(void **state)
{
	struct world *w = world_of(state);
	char path[128];

	expect_refused(w->file, "other", DOORWARD_NOT_FOUND, "no organization \"other\"");
	expect_refused(w->file, "", DOORWARD_INVALID, "name of an organization");
	expect_refused(NULL, ORG, DOORWARD_INVALID, "path");
	expect_refused("x.db?busy_timeout_ms=1", ORG, DOORWARD_INVALID, "'?'");
	(void)snprintf(path, sizeof(path), "%s/none.db", w->dir);
	expect_refused(path, ORG, DOORWARD_NOT_FOUND, "none.db");
	/* Nothing was made. */
	assert_int_equal(access(path, F_OK), -1);
	(void)snprintf(path, sizeof(path), "%s/text.db", w->dir);
	write_file(path,
	           "this is a text, and by far too long to be the header of a database of SQLite, which has 100 bytes");
	expect_refused(path, ORG, DOORWARD_DAMAGED, "not a database");
	(void)snprintf(path, sizeof(path), "%s/foreign.db", w->dir);
	run_sql(path, "CREATE TABLE t(x)");
	expect_refused(path, ORG, DOORWARD_FORMAT, "another program");
	run_sql(w->file, "UPDATE meta SET value = 99 WHERE key = 'schema'");
	expect_refused(w->file, ORG, DOORWARD_FORMAT, "newer");
	run_sql(w->file, "UPDATE meta SET value = 1 WHERE key = 'schema'");
	expect_refused(w->file, ORG, DOORWARD_FORMAT, "older");
}

static const struct {
	const char *kind, *body, *text;
} damages[] = {
    {"user", "{\"email\":7}", "u1"},
    {"user", "{", "u1"},
    {"spell", "{}", "unknown kind"},
    {"access_grant", "{}", "u1"},
};

/* A store that holds what is not understood is not opened, and an open organization stays as it was. */
static void test_damage(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(damages); i++) {
		struct world w;
		struct doorward_organization *org;
		struct doorward_decider *d;
		struct doorward_error err;
		uint64_t revision;

		world_make(&w);
		org = world_open(&w);
		d = doorward_decider_new(org);
		world_put(&w, damages[i].kind, "u1", 0, damages[i].body);
		world_put_policy(&w, "writers", "allow", "write", NULL);
		expect_refused(w.file, ORG, DOORWARD_DAMAGED, damages[i].text);
		assert_int_equal(doorward_refresh(org, &revision, &err), DOORWARD_DAMAGED);
		assert_non_null(strstr(err.text, damages[i].text));
		assert_int_equal(revision, w.revision - 2);
		assert_true(may(d, "read"));
		assert_false(may(d, "write"));
		doorward_decider_free(d);
		doorward_close(org);
		world_remove(&w);
	}
	(void)state;
}

static void test_went_back(void **state)
{
	struct world *w = world_of(state);
	struct doorward_organization *org = world_open(w);
	struct doorward_error err;

	run_sql(w->file, "DELETE FROM audit WHERE rev = (SELECT max(rev) FROM audit)");
	assert_int_equal(doorward_refresh(org, NULL, &err), DOORWARD_DAMAGED);
	assert_non_null(strstr(err.text, "went back"));
	doorward_close(org);
}

/* ---- threads --------------------------------------------------------------------------------------------------- */

#define N_THREADS 3

struct thread {
	struct doorward_organization *org;
	const _Atomic bool *is_over;
	uint64_t n_wrong, n;
};

/* Of "a" and "b" exactly one is allowed, at every revision. */
static void *ask_on(void *ctx)
{
	struct thread *t = ctx;
	struct doorward_decider *d = doorward_decider_new(t->org);
	struct doorward_answer a = DOORWARD_ANSWER_INIT, b = DOORWARD_ANSWER_INIT;
	struct doorward_question qa = question("a"), qb = question("b");
	uint64_t last = 0;

	while (!atomic_load(t->is_over)) {
		bool failed = doorward_decide(d, &qa, &a, NULL) != DOORWARD_OK ||
		              doorward_decide(d, &qb, &b, NULL) != DOORWARD_OK;

		t->n_wrong += failed || (a.revision == b.revision && a.allowed == b.allowed) || a.revision < last ||
		              b.revision < a.revision;
		last = b.revision;
		t->n++;
	}
	doorward_decider_free(d);
	return NULL;
}

static void test_threads(void **state)
{
	struct world *w = world_of(state);
	struct doorward_organization *org;
	struct thread threads[N_THREADS];
	pthread_t ids[N_THREADS];
	_Atomic bool is_over = false;
	uint64_t seq;

	world_put_policy(w, "one", "allow", "a", NULL);
	seq = w->seq;
	org = world_open(w);
	for (size_t i = 0; i < N_THREADS; i++) {
		threads[i] = (struct thread){.org = org, .is_over = &is_over};
		assert_int_equal(pthread_create(&ids[i], NULL, ask_on, &threads[i]), 0);
	}
	for (unsigned i = 0; i < 60; i++) {
		world_put(w, "access_policy", "one", seq,
		          i % 2 ? "{\"subjects\":[\"*\"],\"actions\":[\"a\"],\"resources\":[\"record/*\"]}"
		                : "{\"subjects\":[\"*\"],\"actions\":[\"b\"],\"resources\":[\"record/*\"]}");
		refresh(org, w->revision);
	}
	atomic_store(&is_over, true);
	for (size_t i = 0; i < N_THREADS; i++) {
		assert_int_equal(pthread_join(ids[i], NULL), 0);
		assert_int_equal(threads[i].n_wrong, 0);
	}
	doorward_close(org);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_decides, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_refreshes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_reloads, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_refuses, set_up, tear_down),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test_setup_teardown(test_went_back, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_threads, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
