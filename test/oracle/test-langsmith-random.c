/* SPDX-License-Identifier: Apache-2.0
 *
 * Random worlds of LangSmith: the snapshot against the reference evaluator, through edits, dropped forks and new
 * versions.
 *
 *   DOORWARD_SEED            the run's seed; random when unset, always printed
 *   DOORWARD_RANDOM_WORLDS   how many worlds; 500 when unset, each asked about 50 questions
 *
 * A disagreement is cut down to what of the world is needed for it and printed as text.
 */
#include <inttypes.h>

#include "base/hash.h"
#include "diff-check.h"
#include "explain-check.h"
#include "langsmith-twin.h"
#include "print.h"
#include "lint-check.h"
#include "run.h"

#define N_WORLDS_DEFAULT 500u
#define N_ROUNDS         4
#define MAX_MESSAGE      ((size_t)1024 * 1024)

/* Questions by what decided them: worlds in which policies never matter would prove nothing. */
enum outcome {
	NOTHING_DECIDED,
	ROLE_ALLOWED,
	POLICY_ALLOWED,
	GROUP_POLICY_ALLOWED,
	POLICY_DENIED,
	GROUP_POLICY_DENIED,
	N_OUTCOMES
};
static const char *const outcome_names[] = {
    "nothing decided",           "allowed by a role",  "allowed by a policy",
    "allowed by one of a group", "denied by a policy", "denied by one of a group",
};
static_assert(N_ELEMENTS(outcome_names) == N_OUTCOMES, "every outcome has a name");

struct tally {
	struct explain_tally explained;
	struct lint_tally lint;
	uint64_t n_questions;
	uint64_t by_outcome[N_OUTCOMES];
	uint64_t n_targets_decided; /* source allowed, target not */
};

struct trial {
	uint64_t seed;
	struct choices choices;
	struct arena arena;
	struct world world;
	struct snapshot *snapshot;
	struct tally *tally;
	struct buf message;
};

/* ---- saying what went wrong ---- */

/* A world put into a snapshot at once. */
static bool still_fails(uint64_t seed, const struct world *w, const struct ask *q)
{
	CLEANUP(buf_releasep) struct buf ignored = BUF_INIT(MAX_MESSAGE);
	struct choices order = {.prng = {.state = seed}};
	struct snapshot *s = world_snapshot_new(seed);
	bool is_good;

	world_move(s, NULL, w, &order);
	is_good = world_check(w, s, q, &ignored);
	snapshot_drop(s);
	return !is_good;
}

/* Drops each entry, last first, that the disagreement does not need. */
static void shrink(uint64_t seed, struct world *w, const struct ask *q)
{
	struct world_entries all;

	world_entries(w, &all);
	for (size_t i = all.n; i-- > 0;) {
		struct world fewer = *w;
		struct world_entries now;

		/* What went with another entry is no longer there to be named. */
		world_entries(w, &now);
		if (i >= now.n)
			continue;
		world_remove(&fewer, now.items[i].kind, now.items[i].item->id);
		if (still_fails(seed, &fewer, q))
			*w = fewer;
	}
}

static void describe(struct trial *t, const struct world *w, const struct ask *q)
{
	struct world least = *w;

	print_question(&t->message, q);
	if (still_fails(t->seed, w, q)) {
		shrink(t->seed, &least, q);
		buf_addf(&t->message, "in this world:\n");
	} else {
		buf_addf(&t->message, "only by its history; made at once the same world agrees:\n");
	}
	print_world(&t->message, &least);
}

/* ---- one world ---- */

static enum outcome outcome_of(struct verdict v)
{
	if (v.effect == EFFECT_NONE)
		return NOTHING_DECIDED;
	if (v.kind == DOC_ROLE)
		return ROLE_ALLOWED;
	if (v.kind == DOC_POLICY_ATTACHMENT)
		return verdict_allows(v) ? GROUP_POLICY_ALLOWED : GROUP_POLICY_DENIED;
	return verdict_allows(v) ? POLICY_ALLOWED : POLICY_DENIED;
}

static void count_outcome(struct tally *tally, const struct snapshot *s, const struct ask *q)
{
	struct arena a = ARENA_INIT;
	struct ask without_target = *q;
	bool is_allowed = verdict_allows(snapshot_ask(s, q, &a, NULL).verdict);

	without_target.target = NULL;
	tally->n_questions++;
	tally->by_outcome[outcome_of(snapshot_ask(s, q, &a, NULL).verdict)]++;
	if (!is_allowed && verdict_allows(snapshot_ask(s, &without_target, &a, NULL).verdict))
		tally->n_targets_decided++;
	arena_release(&a);
}

static bool ask(struct trial *t, const struct world *w, const struct snapshot *s, int n)
{
	for (int i = 0; i < n; i++) {
		struct ask q = generate_question(&t->choices, w, &t->arena);

		if (!world_check(w, s, &q, &t->message)) {
			describe(t, w, &q);
			return false;
		}
		if (i % 4 == 0 && !(explain_check(s, &q, &t->tally->explained, &t->message) &&
		                    lint_check(s, &q, &t->tally->lint, &t->message))) {
			describe(t, w, &q);
			return false;
		}
		count_outcome(t->tally, s, &q);
	}
	return true;
}

/* A fork, changed, asked and dropped: nobody sees anything of it afterwards. */
static bool try_dropped_fork(struct trial *t)
{
	struct world changed = t->world;
	struct snapshot *fork = snapshot_fork(t->snapshot);
	bool is_good;

	generate_edit(&t->choices, &changed, &t->arena);
	world_move(fork, &t->world, &changed, &t->choices);
	is_good = ask(t, &changed, fork, 2) && diff_check(t->snapshot, fork, 1, &t->message);
	snapshot_drop(fork);
	return is_good;
}

static void keep_changes(struct trial *t)
{
	struct snapshot *base = t->snapshot;
	struct world changed = t->world;
	struct edit_blocks retired;

	generate_edit(&t->choices, &changed, &t->arena);
	t->snapshot = snapshot_fork(base);
	world_move(t->snapshot, &t->world, &changed, &t->choices);
	snapshot_seal(t->snapshot, &retired);
	edit_blocks_free_all(&retired);
	snapshot_free_shell(base);
	t->world = changed;
}

static bool run_trial(struct trial *t)
{
	struct edit_blocks retired;
	bool is_good;

	generate_world(&t->choices, &t->world, &t->arena);
	t->snapshot = world_snapshot_new(t->seed);
	world_move(t->snapshot, NULL, &t->world, &t->choices);
	snapshot_seal(t->snapshot, &retired);
	edit_blocks_free_all(&retired);
	is_good = ask(t, &t->world, t->snapshot, 16);
	for (int round = 0; is_good && round < N_ROUNDS; round++) {
		is_good = !choose(&t->choices, 2) || try_dropped_fork(t);
		if (is_good) {
			keep_changes(t);
			is_good = ask(t, &t->world, t->snapshot, 8);
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
	arena_release(&t.arena);
	*message = t.message;
	return is_good;
}

static bool saw_every_outcome(const void *tally)
{
	const struct tally *t = tally;
	bool is_good =
	    t->n_targets_decided > t->n_questions / 1000 && t->lint.n_compared > 0 && diff_check_n_changed() > 0;

	printf("# %" PRIu64 " answers that a change made others\n", diff_check_n_changed());
	printf("# %" PRIu64 " questions, %" PRIu64 " decided by the target\n", t->n_questions, t->n_targets_decided);
	printf("# %" PRIu64 " denials explained, %" PRIu64 " questions asked without what lint finds\n",
	       t->explained.n_denials, t->lint.n_compared);
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
