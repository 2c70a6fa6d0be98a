/* SPDX-License-Identifier: Apache-2.0
 *
 * Who gains and who loses by a change, where 100,000 users have it: a policy of their group that goes, an action less
 * in their role, and one user who leaves the group; among 100,000 further statements about other things.
 */
#include <time.h>

#include "policy/diff.h"
#include "report.h"

enum { N_USERS = 100000, N_TEAMS = 1000, N_POLICIES = 100000, N_ROUNDS = 9, SEED = 17 };

static void put(struct snapshot *s, const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 16);
	struct document *doc;
	int r;

	document_encode(in, &body);
	r = document_decode(in->kind, in->id, buf_str(&body), &doc, NULL);
	assert(r == 0);
	snapshot_put(s, doc);
}

static void put_member(struct snapshot *s, struct str group, struct str user, struct arena *a)
{
	put(s, &(struct group_member){.doc = {.kind = DOC_GROUP_MEMBER, .id = arena_concat3(a, group, STR("/"), user)},
	                              .group = group,
	                              .member = user}
	            .doc);
}

static void put_role(struct snapshot *s, struct str_list actions)
{
	put(s, &(struct role){.doc = {.kind = DOC_ROLE, .id = STR("reader")}, .actions = actions}.doc);
}

static void put_policy(struct snapshot *s, struct str id, struct str subject, struct str action, struct str resource)
{
	put(s, &(struct access_policy){.doc = {.kind = DOC_ACCESS_POLICY, .id = id},
	                               .subjects = {&subject, 1},
	                               .actions = {&action, 1},
	                               .resources = {&resource, 1}}
	            .doc);
}

static const struct str actions[] = {STR_INIT("look"), STR_INIT("list"), STR_INIT("print")};

static void put_user(struct snapshot *s, size_t i, struct arena *a)
{
	const struct str id = arena_strf(a, "user-%zu", i);

	put(s, &(struct user){.doc = {.kind = DOC_USER, .id = id}, .email = arena_concat(a, id, STR("@x.org"))}.doc);
	put_member(s, STR("all"), id, a);
	put_member(s, arena_strf(a, "team-%zu", i * 7 % N_TEAMS), id, a);
	put(s, &(struct role_member){.doc = {.kind = DOC_ROLE_MEMBER, .id = arena_strf(a, "reader/user/user-%zu/", i)},
	                             .role = STR("reader"),
	                             .principal_type = STR("user"),
	                             .principal_id = id}
	            .doc);
}

/* Everybody is in the group, in one team of a thousand, and holds the role; each team has a hundred policies. */
static struct snapshot *build(void)
{
	struct snapshot *s = snapshot_new(STR("o"), SEED);
	struct edit_blocks retired;
	struct arena a = ARENA_INIT;

	put(s, &(struct group){.doc = {.kind = DOC_GROUP, .id = STR("all")}, .type = STR(GROUP_TEAM)}.doc);
	put_role(s, (struct str_list){actions, N_ELEMENTS(actions)});
	for (size_t i = 0; i < N_USERS; i++, arena_reset(&a))
		put_user(s, i, &a);
	put_policy(s, STR("all-read"), STR("group:all"), STR("read"), STR("doc/*"));
	for (size_t i = 0; i < N_POLICIES; i++, arena_reset(&a))
		put_policy(s, arena_strf(&a, "p-%zu", i), arena_strf(&a, "group:team-%zu", i % N_TEAMS), STR("write"),
		           arena_strf(&a, "doc/%zu", i));
	snapshot_seal(s, &retired);
	edit_blocks_free_all(&retired);
	arena_release(&a);
	return s;
}

static void remove_policy(struct snapshot *fork)
{
	(void)snapshot_remove(fork, DOC_ACCESS_POLICY, STR("all-read"));
}

static void remove_action(struct snapshot *fork)
{
	put_role(fork, (struct str_list){actions, N_ELEMENTS(actions) - 1});
}

static void remove_member(struct snapshot *fork)
{
	(void)snapshot_remove(fork, DOC_GROUP_MEMBER, STR("all/user-17"));
}

static const struct {
	const char *what;
	void (*change)(struct snapshot *fork);
	struct diff_document document;
	uint64_t n_losers;
} cases[] = {
    {"a policy of a group of 100,000 goes", remove_policy, {DOC_ACCESS_POLICY, STR_INIT("all-read")}, N_USERS},
    {"a role that 100,000 hold loses an action", remove_action, {DOC_ROLE, STR_INIT("reader")}, N_USERS},
    {"one of 100,000 leaves the group", remove_member, {DOC_GROUP_MEMBER, STR_INIT("all/user-17")}, 1},
};

static int by_time(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* This thread's own, whatever else the machine does. */
static uint64_t processor_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* From the fork to the answer, in ms of processor time. */
static double measure(const struct snapshot *base, size_t at)
{
	const uint64_t started = processor_ns();
	struct snapshot *fork = snapshot_fork(base);
	struct arena a = ARENA_INIT;
	struct diff diff;
	double ms;

	cases[at].change(fork);
	const struct diff_query q = {.before = base,
	                             .after = fork,
	                             .documents = &cases[at].document,
	                             .n_documents = 1,
	                             .now_ms = 1,
	                             .max_steps = UINT64_MAX,
	                             .max_samples = 10};
	const enum diff_result r = diff_snapshots(&q, &a, &diff);
	assert(r == DIFF_OK && diff.n_losers == cases[at].n_losers && diff.n_gainers == 0);
	ms = (double)(processor_ns() - started) / 1e6;
	arena_release(&a);
	snapshot_drop(fork);
	return ms;
}

static void run(struct report *report)
{
	struct snapshot *base = build();

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		double ms[N_ROUNDS];

		for (size_t k = 0; k < N_ROUNDS; k++)
			ms[k] = measure(base, i);
		qsort(ms, N_ROUNDS, sizeof(ms[0]), by_time);
		report_value(report, N_USERS, cases[i].what, ms[N_ROUNDS / 2], "ms");
		report_value(report, N_USERS, "... the slowest of nine", ms[N_ROUNDS - 1], "ms");
	}
	snapshot_free_all(base);
}

int main(int argc, char **argv)
{
	struct report report;
	int r = report_open(&report, argc > 1 ? argv[1] : NULL, "users", "");

	if (r == 0) {
		run(&report);
		r = report_close(&report);
	}
	if (r < 0) {
		fprintf(stderr, "bench-differences: %s: %s\n", argv[1], strerror(-r));
		return 1;
	}
	return 0;
}
