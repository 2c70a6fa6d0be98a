/* SPDX-License-Identifier: Apache-2.0
 *
 * Random worlds of Aitronos: the snapshot against the reference evaluator, through edits, dropped forks and new
 * versions. Of every world all resolved access, from either end, and every decision about it is compared.
 *
 *   DOORWARD_SEED            the run's seed; random when unset, always printed
 *   DOORWARD_RANDOM_WORLDS   how many worlds; 100 when unset
 *
 * A disagreement is cut down to what of the world is needed for it and printed as text.
 */
#include <inttypes.h>

#include "aitronos-oracle.h"
#include "base/hash.h"
#include "diff-check.h"
#include "run.h"

#define N_WORLDS_DEFAULT 100u
#define N_ROUNDS         4
#define N_QUESTIONS      30
#define MAX_MESSAGE      ((size_t)1024 * 1024)

/* Worlds in which nobody is denied, or no path is a composite's, would prove nothing. */
enum outcome {
	NOT_ALLOWED,
	GRANT_ALLOWED,
	POLICY_ALLOWED,
	POLICY_DENIED,
	GRANTED_BUT_DENIED,
	SOME_PLACES_ALLOWED,
	DIRECT_PATH,
	DEPARTMENT_PATH,
	INHERITED_PATH,
	ROLE_PATH,
	COMPOSITE_PATH,
	MORE_PATHS,
	N_OUTCOMES
};
static const char *const outcome_names[] = {
    "not allowed",
    "allowed by a grant",
    "allowed by a policy",
    "denied by a policy",
    "granted, but denied by a policy",
    "in some of the places asked about",
    "a path to a user",
    "a path to a department",
    "a path to a department above",
    "a path to a role",
    "a path through a composite",
    "more than one path",
};
static_assert(N_ELEMENTS(outcome_names) == N_OUTCOMES, "every outcome has a name");

struct tally {
	uint64_t n_questions, n_more, n_less; /* changes that only grant, or only revoke */
	uint64_t by_outcome[N_OUTCOMES];
};

struct trial {
	uint64_t seed;
	struct choices choices;
	struct aitronos_world world;
	struct snapshot *snapshot;
	struct tally *tally;
	struct buf message;
};

/* ---- saying what went wrong ---- */

/* One question, or with NULL everything. */
static bool check(const struct aitronos_world *w, const struct snapshot *s, const struct aitronos_question *q,
                  struct buf *complaint)
{
	return q ? aitronos_world_check(w, s, q, complaint) : aitronos_world_check_all(w, s, complaint);
}

/* A world put into a snapshot at once. */
static bool still_fails(uint64_t seed, const struct aitronos_world *w, const struct aitronos_question *q,
                        struct buf *complaint)
{
	static const struct aitronos_world nothing;
	struct choices order = {.prng = {.state = seed}};
	struct snapshot *s = aitronos_snapshot_new(seed);
	bool is_good;

	aitronos_world_move(s, &nothing, w, &order);
	is_good = check(w, s, q, complaint);
	snapshot_drop(s);
	return !is_good;
}

static void describe(struct trial *t, const struct aitronos_world *w, const struct aitronos_question *q)
{
	CLEANUP(buf_releasep) struct buf ignored = BUF_INIT(MAX_MESSAGE);
	struct aitronos_world least = *w, fewer = *w;

	if (q)
		aitronos_print_question(&t->message, &q->ask);
	if (still_fails(t->seed, w, q, &ignored)) {
		for (size_t i = 0; aitronos_world_drop(&fewer, i); i++) {
			if (still_fails(t->seed, &fewer, q, &ignored))
				least = fewer;
			fewer = least;
		}
		buf_addf(&t->message, "in less of the world:\n");
		(void)still_fails(t->seed, &least, q, &t->message);
	} else {
		buf_addf(&t->message, "only by its history; made at once the same world agrees:\n");
	}
	aitronos_print_world(&t->message, &least);
}

/* ---- what was seen ---- */

static void count_decision(struct tally *tally, const struct aitronos_world *w, const struct snapshot *s,
                           const struct aitronos_question *q)
{
	struct arena a = ARENA_INIT;
	struct answer got = snapshot_ask(s, &q->ask, &a, NULL);
	const enum access_level needed = access_level_of(q->ask.action);
	struct aitronos_paths paths;

	aitronos_world_paths(w, q->who, q->type, q->entity, &paths);
	tally->n_questions++;
	if (!verdict_allows(got.verdict))
		tally->by_outcome[NOT_ALLOWED]++;
	else
		tally->by_outcome[got.verdict.kind == DOC_ACCESS_GRANT ? GRANT_ALLOWED : POLICY_ALLOWED]++;
	if (got.verdict.effect == EFFECT_DENY)
		tally->by_outcome[needed && paths.level >= needed ? GRANTED_BUT_DENIED : POLICY_DENIED]++;
	if (got.tenants.n && !got.verdict.everywhere)
		tally->by_outcome[SOME_PLACES_ALLOWED]++;
	arena_release(&a);
}

static void count_paths(struct tally *tally, const struct aitronos_world *w, const struct aitronos_question *q)
{
	static const enum outcome outcomes[] = {
	    [GRANTEE_USER] = DIRECT_PATH, [GRANTEE_DEPARTMENT] = DEPARTMENT_PATH, [GRANTEE_ROLE] = ROLE_PATH};
	struct aitronos_world flat = *w;
	struct aitronos_paths paths, without;

	flat.organization = 1;
	aitronos_world_paths(w, q->who, q->type, q->entity, &paths);
	aitronos_world_paths(&flat, q->who, q->type, q->entity, &without);
	for (size_t i = 0; i < paths.n; i++)
		tally->by_outcome[paths.items[i].is_composite ? COMPOSITE_PATH
		                                              : outcomes[paths.items[i].grant->grantee_type]]++;
	tally->by_outcome[INHERITED_PATH] += paths.n - without.n;
	tally->by_outcome[MORE_PATHS] += paths.n > 1;
}

/* ---- one world ---- */

static bool compare(struct trial *t, const struct aitronos_world *w, const struct snapshot *s)
{
	struct arena a = ARENA_INIT;
	bool is_good = aitronos_world_check_all(w, s, &t->message);

	if (!is_good)
		describe(t, w, NULL);
	for (int i = 0; is_good && i < N_QUESTIONS; i++) {
		struct aitronos_question q = aitronos_world_question(&t->choices, w, &a);

		is_good = aitronos_world_check(w, s, &q, &t->message);
		if (!is_good) {
			describe(t, w, &q);
			break;
		}
		count_decision(t->tally, w, s, &q);
		count_paths(t->tally, w, &q);
	}
	arena_release(&a);
	return is_good;
}

/* Everybody's level on everything, as decided. */
struct levels {
	enum access_level of[AITRONOS_N_PEOPLE][ENTITY_N_TYPES][AITRONOS_N_IDS];
};

static void read_levels(const struct snapshot *s, struct levels *ret)
{
	struct arena a = ARENA_INIT;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < AITRONOS_N_PEOPLE; i++)
		for (enum entity_type type = ENTITY_NONE + 1; type < ENTITY_N_TYPES; type++)
			for (size_t k = 0; k < AITRONOS_N_IDS; k++)
				for (enum access_level level = ACCESS_READ; level < ACCESS_N_LEVELS; level++) {
					struct aitronos_question q = aitronos_plain_question(i, type, k, level);

					if (verdict_allows(snapshot_ask(s, &q.ask, &a, NULL).verdict))
						ret->of[i][type][k] = level;
				}
	arena_release(&a);
}

static bool none_is_higher(const struct levels *low, const struct levels *high)
{
	for (size_t i = 0; i < AITRONOS_N_PEOPLE; i++)
		for (size_t type = 0; type < ENTITY_N_TYPES; type++)
			for (size_t k = 0; k < AITRONOS_N_IDS; k++)
				if (low->of[i][type][k] > high->of[i][type][k])
					return false;
	return true;
}

/* A grant more lowers nobody, one less raises nobody, whatever policies say. */
static bool try_monotony(struct trial *t, bool is_more)
{
	struct aitronos_world changed = t->world;
	struct snapshot *fork;
	struct levels was, is;
	bool is_good;

	if (!(is_more ? aitronos_world_grant_more : aitronos_world_grant_less)(&t->choices, &changed))
		return true;
	fork = snapshot_fork(t->snapshot);
	aitronos_world_move(fork, &t->world, &changed, &t->choices);
	read_levels(t->snapshot, &was);
	read_levels(fork, &is);
	is_good = is_more ? none_is_higher(&was, &is) : none_is_higher(&is, &was);
	if (!is_good) {
		buf_addf(&t->message, "a grant %s changed a level the other way, from this world:\n",
		         is_more ? "more" : "less");
		aitronos_print_world(&t->message, &t->world);
	}
	(is_more ? &t->tally->n_more : &t->tally->n_less)[0]++;
	snapshot_drop(fork);
	return is_good;
}

/* A fork, changed, compared and dropped: nobody sees anything of it afterwards. */
static bool try_dropped_fork(struct trial *t)
{
	struct aitronos_world changed = t->world;
	struct snapshot *fork = snapshot_fork(t->snapshot);
	bool is_good;

	aitronos_world_edit(&t->choices, &changed);
	aitronos_world_move(fork, &t->world, &changed, &t->choices);
	is_good = compare(t, &changed, fork) && diff_check(t->snapshot, fork, 1, &t->message);
	snapshot_drop(fork);
	return is_good;
}

/* A new version; the old one still says what it said until its blocks are freed. */
static bool keep_changes(struct trial *t)
{
	struct snapshot *base = t->snapshot;
	struct aitronos_world changed = t->world;
	struct edit_blocks retired;
	bool is_good;

	aitronos_world_edit(&t->choices, &changed);
	t->snapshot = snapshot_fork(base);
	aitronos_world_move(t->snapshot, &t->world, &changed, &t->choices);
	snapshot_seal(t->snapshot, &retired);
	is_good = compare(t, &t->world, base);
	edit_blocks_free_all(&retired);
	snapshot_free_shell(base);
	t->world = changed;
	return is_good && compare(t, &t->world, t->snapshot);
}

static bool run_trial(struct trial *t)
{
	static const struct aitronos_world nothing;
	struct edit_blocks retired;
	bool is_good;

	aitronos_world_generate(&t->choices, &t->world);
	t->snapshot = aitronos_snapshot_new(t->seed);
	aitronos_world_move(t->snapshot, &nothing, &t->world, &t->choices);
	snapshot_seal(t->snapshot, &retired);
	edit_blocks_free_all(&retired);
	is_good = compare(t, &t->world, t->snapshot);
	for (int round = 0; is_good && round < N_ROUNDS; round++) {
		is_good = try_monotony(t, true) && try_monotony(t, false);
		is_good = is_good && (!choose(&t->choices, 2) || try_dropped_fork(t));
		is_good = is_good && keep_changes(t);
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
	bool is_good = t->n_more > 0 && t->n_less > 0 && diff_check_n_changed() > 0;

	printf("# %" PRIu64 " answers that a change made others\n", diff_check_n_changed());
	printf("# %" PRIu64 " questions, %" PRIu64 " grants more, %" PRIu64 " less\n", t->n_questions, t->n_more,
	       t->n_less);
	for (size_t i = 0; i < N_OUTCOMES; i++) {
		printf("# %s: %" PRIu64 "\n", outcome_names[i], t->by_outcome[i]);
		is_good &= t->by_outcome[i] > t->n_questions / 2000;
	}
	return is_good;
}

int main(void)
{
	struct tally tally = {0};

	return run_worlds(&(struct world_run){.name = "access is resolved and decided as the pages say",
	                                      .n_default = N_WORLDS_DEFAULT,
	                                      .run = run_world,
	                                      .saw_enough = saw_every_outcome,
	                                      .tally = &tally});
}
