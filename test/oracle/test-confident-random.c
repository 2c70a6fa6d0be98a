/* SPDX-License-Identifier: Apache-2.0
 *
 * Random worlds of Confident AI: the snapshot against the reference evaluator, through edits, dropped forks and new
 * versions.
 *
 *   DOORWARD_SEED            the run's seed; random when unset, always printed
 *   DOORWARD_RANDOM_WORLDS   how many worlds; 500 when unset, each asked about 60 questions
 *
 * A disagreement is cut down to what of the world is needed for it and printed as text.
 */
#include <inttypes.h>

#include "base/hash.h"
#include "confident-oracle.h"
#include "diff-check.h"
#include "model/confident.h"
#include "run.h"

#define N_WORLDS_DEFAULT 500u
#define N_ROUNDS         4
#define MAX_MESSAGE      ((size_t)1024 * 1024)

/* Questions by what they come to: worlds that are all allowed, or never by the bypass, would prove nothing. */
enum outcome {
	NOT_ALLOWED,
	ORGANIZATION_ROLE_ALLOWED,
	PROJECT_ROLE_ALLOWED,
	PROJECT_MANAGE_ALLOWED,
	CUSTOM_ROLE_ALLOWED,
	SOME_PLACES_ALLOWED,
	N_OUTCOMES
};
static const char *const outcome_names[] = {
    "not allowed",       "by a role of the organization", "by a role of a project",
    "by project:manage", "by a role made of policies",    "in some of the places asked about",
};
static_assert(N_ELEMENTS(outcome_names) == N_OUTCOMES, "every outcome has a name");

struct tally {
	uint64_t n_questions;
	uint64_t by_outcome[N_OUTCOMES];
};

struct trial {
	uint64_t seed;
	struct choices choices;
	struct confident_world world;
	struct snapshot *snapshot;
	struct tally *tally;
	struct buf message;
};

/* ---- saying what went wrong ---- */

/* A world put into a snapshot at once. */
static bool still_fails(uint64_t seed, const struct confident_world *w, const struct ask *q)
{
	static const struct confident_world nothing;
	CLEANUP(buf_releasep) struct buf ignored = BUF_INIT(MAX_MESSAGE);
	struct choices order = {.prng = {.state = seed}};
	struct snapshot *s = confident_snapshot_new(seed);
	bool is_good;

	confident_world_move(s, &nothing, w, &order);
	is_good = confident_world_check(w, s, q, &ignored);
	snapshot_drop(s);
	return !is_good;
}

static void describe(struct trial *t, const struct confident_world *w, const struct ask *q)
{
	struct confident_world least = *w, fewer = *w;

	confident_print_question(&t->message, q);
	if (still_fails(t->seed, w, q)) {
		for (size_t i = 0; confident_world_drop(&fewer, i); i++) {
			if (still_fails(t->seed, &fewer, q))
				least = fewer;
			fewer = least;
		}
		buf_addf(&t->message, "in this world:\n");
	} else {
		buf_addf(&t->message, "only by its history; made at once the same world agrees:\n");
	}
	confident_print_world(&t->message, &least);
}

/* ---- one world ---- */

static void count_outcome(struct tally *tally, const struct snapshot *s, const struct ask *q)
{
	struct arena a = ARENA_INIT;
	struct answer got = snapshot_ask(s, q, &a, NULL);
	const struct role *by = verdict_allows(got.verdict) ? FIND(s, role, ROLE, got.verdict.document) : NULL;

	tally->n_questions++;
	if (!by)
		tally->by_outcome[NOT_ALLOWED]++;
	else if (confident_is_project_role(by))
		tally->by_outcome[PROJECT_ROLE_ALLOWED]++;
	else if (got.verdict.statement)
		tally->by_outcome[PROJECT_MANAGE_ALLOWED]++;
	else
		tally->by_outcome[ORGANIZATION_ROLE_ALLOWED]++;
	if (by && !by->is_managed)
		tally->by_outcome[CUSTOM_ROLE_ALLOWED]++;
	if (got.tenants.n && !got.verdict.everywhere)
		tally->by_outcome[SOME_PLACES_ALLOWED]++;
	arena_release(&a);
}

static bool ask(struct trial *t, const struct confident_world *w, const struct snapshot *s, int n)
{
	struct arena a = ARENA_INIT;
	bool is_good = true;

	for (int i = 0; is_good && i < n; i++) {
		struct ask q = confident_world_question(&t->choices, w, &a);

		is_good = confident_world_check(w, s, &q, &t->message);
		if (is_good)
			count_outcome(t->tally, s, &q);
		else
			describe(t, w, &q);
	}
	arena_release(&a);
	return is_good;
}

/* A fork, changed, asked and dropped: nobody sees anything of it afterwards. */
static bool try_dropped_fork(struct trial *t)
{
	struct confident_world changed = t->world;
	struct snapshot *fork = snapshot_fork(t->snapshot);
	bool is_good;

	confident_world_edit(&t->choices, &changed);
	confident_world_move(fork, &t->world, &changed, &t->choices);
	is_good = ask(t, &changed, fork, 2) && diff_check(t->snapshot, fork, 1, &t->message);
	snapshot_drop(fork);
	return is_good;
}

static void keep_changes(struct trial *t)
{
	struct snapshot *base = t->snapshot;
	struct confident_world changed = t->world;
	struct edit_blocks retired;

	confident_world_edit(&t->choices, &changed);
	t->snapshot = snapshot_fork(base);
	confident_world_move(t->snapshot, &t->world, &changed, &t->choices);
	snapshot_seal(t->snapshot, &retired);
	edit_blocks_free_all(&retired);
	snapshot_free_shell(base);
	t->world = changed;
}

static bool run_trial(struct trial *t)
{
	static const struct confident_world nothing;
	struct edit_blocks retired;
	bool is_good;

	confident_world_generate(&t->choices, &t->world);
	t->snapshot = confident_snapshot_new(t->seed);
	confident_world_move(t->snapshot, &nothing, &t->world, &t->choices);
	snapshot_seal(t->snapshot, &retired);
	edit_blocks_free_all(&retired);
	is_good = ask(t, &t->world, t->snapshot, 20);
	for (int round = 0; is_good && round < N_ROUNDS; round++) {
		is_good = !choose(&t->choices, 2) || try_dropped_fork(t);
		if (is_good) {
			keep_changes(t);
			is_good = ask(t, &t->world, t->snapshot, 10);
		}
	}
	snapshot_free_all(t->snapshot);
	return is_good;
}

static bool run_world(uint64_t seed, void *tally, struct buf *message)
{
	struct trial t = {.seed = seed, .tally = tally, .message = *message};
	bool is_good;

	t.choices.prng.state = seed;
	is_good = run_trial(&t);
	*message = t.message;
	return is_good;
}

static bool saw_every_outcome(const void *tally)
{
	const struct tally *t = tally;
	bool is_good = diff_check_n_changed() > 0;

	printf("# %" PRIu64 " answers that a change made others\n", diff_check_n_changed());
	printf("# %" PRIu64 " questions\n", t->n_questions);
	for (size_t i = 0; i < N_OUTCOMES; i++) {
		printf("# %s: %" PRIu64 "\n", outcome_names[i], t->by_outcome[i]);
		is_good &= t->by_outcome[i] > t->n_questions / 400;
	}
	return is_good;
}

int main(void)
{
	struct tally tally = {0};

	return run_worlds(&(struct world_run){.name = "the snapshot decides as the guides say",
	                                      .n_default = N_WORLDS_DEFAULT,
	                                      .run = run_world,
	                                      .saw_enough = saw_every_outcome,
	                                      .tally = &tally});
}
