/* SPDX-License-Identifier: Apache-2.0
 *
 * The N-th write or sync fails, N = 1, 2, … until a whole run needs fewer: a full disk or a broken one at every point.
 * Each commit is there wholly or not at all, the acknowledged ones always, whether the store was closed or cut off
 * (the files copied as they lie), and the same open store goes on when the fault has passed.
 */
#include "support.h"

#include <errno.h>
#include <sqlite3.h>
#include <unistd.h>

#include "fault-vfs.h"

enum { N_COMMITS = 4, N_DOCUMENTS = 3, MAX_FAULTS = 2000 };

struct fault_case {
	const char *name;
	int rc;
	int want; /* what the failed commit answers */
	bool is_lasting;
};

static const struct fault_case cases[] = {
    {"full", SQLITE_FULL, -ENOSPC, false},
    {"full for long", SQLITE_FULL, -ENOSPC, true},
    {"write error", SQLITE_IOERR_WRITE, -EIO, false},
    {"sync error for long", SQLITE_IOERR_FSYNC, -EIO, true},
};

/* Writes all documents anew, with `base` + 1 as their body; 0 or a negative errno. */
static int commit_round(struct store *s, uint64_t base)
{
	char body[5000]; /* more than a page */
	struct error err = {0};
	struct store_set set;
	int n, r;

	memset(body, ' ', sizeof(body));
	n = snprintf(body, sizeof(body), "%llu", (unsigned long long)(base + 1));
	body[n] = ' ';
	body[sizeof(body) - 1] = '\0';
	const struct store_change changes[N_DOCUMENTS] = {put("a", "ka", 1, body), put("b", "kb", 2, body),
	                                                  put("c", NULL, 3, body)};
	set = set_of(base, changes, N_DOCUMENTS);
	r = store_commit(s, &set, 1, &err);
	assert_true(r <= 0);
	if (r < 0) {
		assert_true(err.text[0] != '\0');
		assert_int_equal(set.revision, 0);
	}
	return r;
}

static int is_whole(void *ctx, const struct store_document *row)
{
	const uint64_t *revision = ctx;
	uint64_t number;
	struct str first = str_trim(row->body);

	assert_true(str_to_u64(first, &number));
	assert_int_equal(number, *revision);
	assert_int_equal(row->rev_from, *revision);
	return 0;
}

static int count_row(void *ctx, const struct store_audit_row *row)
{
	uint64_t *n = ctx;

	++*n;
	assert_int_equal(row->revision, *n);
	return 0;
}

/* Every revision from 1 on is whole; there are at least `least`, at most `most`. */
static void check_store(const char *url, uint64_t least, uint64_t most)
{
	struct store *s = open_or_fail(url);
	struct store_audit_filter f = everything();
	uint64_t revision = newest(s, ORG), n_audit = 0;

	assert_in_range(revision, least, most);
	for (uint64_t rev = 1; rev <= revision; rev++)
		assert_int_equal(store_each_document(s, ORG, rev, is_whole, &rev, NULL), 0);
	f.ascending = true;
	assert_int_equal(store_each_audit(s, &f, count_row, &n_audit, NULL), 0);
	assert_int_equal(n_audit, revision);
	store_close(s);
}

static void copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "rb"), *out;
	char bytes[65536];
	size_t n;

	if (!in) {
		assert_int_equal(errno, ENOENT);
		return;
	}
	out = fopen(to, "wb");
	assert_non_null(out);
	while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
		assert_int_equal(fwrite(bytes, 1, n, out), n);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* As a power cut leaves them: the files as they lie, without the shared memory, which does not survive. */
static void check_cut_off(const struct place *p, uint64_t least, uint64_t most)
{
	struct place cut;
	char from[TEST_MAX_URL_BYTES + 8], to[TEST_MAX_URL_BYTES + 8];

	place_make(&cut, "");
	copy_file(p->file, cut.file);
	(void)snprintf(from, sizeof(from), "%s-wal", p->file);
	(void)snprintf(to, sizeof(to), "%s-wal", cut.file);
	copy_file(from, to);
	check_store(cut.url, least, most);
	place_remove(&cut);
}

/* Commits with the n-th change failing; returns whether the fault was reached. */
static bool run(const struct fault_case *c, unsigned nth)
{
	struct place p;
	struct store *s;
	uint64_t acknowledged = 0;
	unsigned n_failed = 0, n_faults;

	/* A small log, so that checkpoints are hit, too. */
	place_make(&p, "?checkpoint_pages=15");
	s = open_or_fail(p.url);
	fault_vfs_arm(nth, c->rc, c->is_lasting);
	for (int i = 0; i < N_COMMITS; i++) {
		int r = commit_round(s, acknowledged);

		if (r == 0) {
			acknowledged++;
			continue;
		}
		assert_int_equal(r, c->want);
		n_failed++;
		assert_int_equal(newest(s, ORG), acknowledged);
		check_cut_off(&p, acknowledged, acknowledged + 1);
	}
	n_faults = fault_vfs_disarm();
	assert_true(n_faults > 0 || n_failed == 0);
	/* The same store goes on, as if nothing had been. */
	assert_int_equal(commit_round(s, acknowledged), 0);
	acknowledged++;
	assert_int_equal(newest(s, ORG), acknowledged);
	check_cut_off(&p, acknowledged, acknowledged);
	store_close(s);
	check_store(p.url, acknowledged, acknowledged);
	place_remove(&p);
	return n_faults > 0;
}

static void run_all(const struct fault_case *c)
{
	unsigned nth = 1;

	while (run(c, nth)) {
		nth++;
		assert_true(nth < MAX_FAULTS);
	}
	/* Fewer would mean that the fault never came where it hurts. */
	assert_true(nth > 20);
}

static void test_full(void **state)
{
	(void)state;
	run_all(&cases[0]);
}
static void test_full_for_long(void **state)
{
	(void)state;
	run_all(&cases[1]);
}
static void test_write_error(void **state)
{
	(void)state;
	run_all(&cases[2]);
}
static void test_sync_error_for_long(void **state)
{
	(void)state;
	run_all(&cases[3]);
}

/* A commit that was answered leaves nothing to lose: every write of it has been followed by a sync of its file. */
static void test_synced(void **state)
{
	struct place p;
	struct store *s;

	(void)state;
	place_make(&p, "");
	s = open_or_fail(p.url);
	for (uint64_t i = 0; i < 5; i++) {
		assert_int_equal(commit_round(s, i), 0);
		assert_int_equal(fault_vfs_unsynced(), 0);
		assert_int_equal(store_meta_put(s, STR("k"), STR("v"), NULL), 0);
		assert_int_equal(fault_vfs_unsynced(), 0);
	}
	store_close(s);
	place_remove(&p);
}

/* A store that cannot be made says so, leaves nothing half, and can be made afterwards. */
static void test_creation(void **state)
{
	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct place p;
		struct store *s = NULL;
		int r;

		place_make(&p, "");
		fault_vfs_arm(nth, SQLITE_FULL, true);
		r = store_open(str_of(p.url), &s, NULL);
		store_close(s);
		if (fault_vfs_disarm() == 0) {
			assert_int_equal(r, 0);
			assert_true(nth > 5);
			place_remove(&p);
			return;
		}
		if (r != 0)
			assert_int_equal(r, -ENOSPC);
		s = open_or_fail(p.url);
		assert_int_equal(commit_round(s, 0), 0);
		store_close(s);
		place_remove(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_full),        cmocka_unit_test(test_full_for_long),
	    cmocka_unit_test(test_write_error), cmocka_unit_test(test_sync_error_for_long),
	    cmocka_unit_test(test_creation),    cmocka_unit_test(test_synced),
	};

	fault_vfs_install();
	return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
