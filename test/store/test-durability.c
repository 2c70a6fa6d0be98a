/* SPDX-License-Identifier: Apache-2.0
 *
 * A child process commits and acknowledges each revision over a pipe; it is killed at a random point. Afterwards every
 * acknowledged revision is there, the one in flight is there wholly or not at all. DOORWARD_SEED repeats a run.
 */
#include "support.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"

enum { N_KILLS = 12, N_PER_SET = 5, MAX_GROUP = 4 };

/* Commits groups of sets until killed. Each set puts N_PER_SET documents of its own revision. */
static void commit_forever(const char *url, int ack_fd, uint64_t seed)
{
	struct prng p = {seed};
	struct store *s = NULL;
	uint64_t revision = 0;

	if (store_open(str_of(url), &s, NULL) != 0 || store_revision(s, ORG, &revision, NULL) != 0)
		_exit(1);
	for (;;) {
		struct store_set sets[MAX_GROUP];
		struct store_change changes[MAX_GROUP][N_PER_SET];
		char ids[MAX_GROUP][N_PER_SET][32];
		size_t n = 1 + prng_below(&p, MAX_GROUP);

		for (size_t i = 0; i < n; i++) {
			for (size_t k = 0; k < N_PER_SET; k++) {
				(void)snprintf(ids[i][k], sizeof(ids[i][k]), "r%llu-%zu",
				               (unsigned long long)(revision + 1), k);
				changes[i][k] = put(ids[i][k], ids[i][k], revision, "{\"some\":\"body\"}");
			}
			sets[i] = set_of(revision++, changes[i], N_PER_SET);
		}
		if (store_commit(s, sets, n, NULL) != 0)
			_exit(2);
		if (write(ack_fd, &revision, sizeof(revision)) != sizeof(revision))
			_exit(3);
	}
}

static int count_row(void *ctx, const struct store_document *row)
{
	uint64_t *count_of = ctx;

	(void)row;
	++*count_of;
	return 0;
}

static int next_revision(void *ctx, const struct store_audit_row *row)
{
	uint64_t *last = ctx;

	assert_int_equal(row->revision, *last + 1);
	*last = row->revision;
	return 0;
}

/* Whole revisions only, without gaps, up to at least `acknowledged`; returns how many there are. */
static uint64_t check(const char *url, uint64_t acknowledged)
{
	struct store *s = open_or_fail(url);
	struct store_audit_filter f = everything();
	uint64_t revision = newest(s, ORG), n_rows = 0, last = 0;

	assert_true(revision >= acknowledged);
	assert_int_equal(store_each_document(s, ORG, 0, count_row, &n_rows, NULL), 0);
	assert_int_equal(n_rows, revision * N_PER_SET);
	f.ascending = true;
	assert_int_equal(store_each_audit(s, &f, next_revision, &last, NULL), 0);
	assert_int_equal(last, revision);
	store_close(s);
	return revision;
}

/* Lets a child commit until `n_acks` answers came and some more work was done; returns the last acknowledged one. */
static uint64_t run_and_kill(const char *url, struct prng *p, uint64_t n_acks)
{
	uint64_t ack, last = 0;
	int fds[2], status;
	pid_t child;
	uint64_t seed = prng_next(p);

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(fds[0]);
		commit_forever(url, fds[1], seed);
	}
	close(fds[1]);
	for (uint64_t i = 0; i < n_acks && read(fds[0], &ack, sizeof(ack)) == sizeof(ack); i++)
		last = ack;
	/* Somewhere inside a commit: spin for a random while, which needs no clock. */
	for (uint64_t i = prng_below(p, 400000); i > 0; i--)
		(void)prng_next(p);
	assert_int_equal(kill(child, SIGKILL), 0);
	while (read(fds[0], &ack, sizeof(ack)) == sizeof(ack))
		last = ack;
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	return last;
}

static void test_kill(void **state)
{
	const char *seed = getenv("DOORWARD_SEED");
	struct prng p = {UINT64_C(9)};
	struct place place;
	uint64_t revision = 0;

	(void)state;
	if (seed)
		assert_true(str_to_u64(str_of(seed), &p.state));
	/* A small log, so that some kills hit a checkpoint. */
	place_make(&place, "?checkpoint_pages=30");
	store_close(open_or_fail(place.url));
	for (int i = 0; i < N_KILLS; i++) {
		uint64_t acknowledged = run_and_kill(place.url, &p, 1 + prng_below(&p, 40));

		assert_true(acknowledged > revision);
		revision = check(place.url, acknowledged);
	}
	place_remove(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill)};

	return cmocka_run_group_tests_name("durability", tests, NULL, NULL);
}
