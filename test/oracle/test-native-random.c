/* SPDX-License-Identifier: Apache-2.0
 *
 * Random worlds of native policies with conditions: the snapshot against the reference evaluator, through edits and
 * dropped forks.
 *
 *   DOORWARD_SEED            the run's seed; random when unset, always printed
 *   DOORWARD_RANDOM_WORLDS   how many worlds; 1500 when unset, each asked about 80 questions
 */
#include <inttypes.h>

#include "diff-check.h"
#include "native-oracle.h"
#include "run.h"
#include "search-check.h"

enum { N_ROUNDS = 3, N_FIRST = 35, N_LATER = 15 };

struct tally {
	uint64_t n_questions, n_allowed, n_in_some_tenants, n_denied_by_policy;
};

struct trial {
	uint64_t seed;
	struct choices choices;
	struct tally *tally;
	struct buf *message;
};

static bool same_tenants(struct str_list x, struct str_list y)
{
	bool is_same = x.n == y.n;

	for (size_t i = 0; is_same && i < x.n; i++)
		is_same = str_list_has(y, x.items[i]);
	return is_same;
}

static void count(struct tally *t, const struct answer *got, size_t n_asked)
{
	t->n_questions++;
	t->n_allowed += verdict_allows(got->verdict);
	t->n_in_some_tenants += got->tenants.n && got->tenants.n < n_asked;
	t->n_denied_by_policy += got->verdict.effect == EFFECT_DENY;
}

static bool ask(struct trial *t, const struct native_world *w, const struct snapshot *s, int n)
{
	bool is_good = true;

	for (int i = 0; is_good && i < n; i++) {
		struct arena a = ARENA_INIT;
		struct native_question q = native_question(&t->choices, &a);
		struct native_answer want = native_decide(w, &q, &a);
		struct answer got = snapshot_ask(s, &q.ask, &a, NULL);
		bool is_allowed = verdict_allows(got.verdict);

		is_good = is_allowed == want.is_allowed && same_tenants(got.tenants, want.tenants) &&
		          (!is_allowed || native_may_decide(w, &q, got.verdict.document, &a));
		count(t->tally, &got, q.ask.resource.tenants.n);
		if (!is_good)
			buf_addf(t->message,
			         "the snapshot says %d in %zu tenants (" STR_FMT "), want %d in %zu\n" STR_FMT,
			         is_allowed, got.tenants.n, STR_ARG(got.verdict.document), want.is_allowed,
			         want.tenants.n, STR_ARG(native_print(w, &q, &a)));
		else
			is_good = search_check(s, &q.ask, t->message);
		arena_release(&a);
	}
	return is_good;
}

/* A fork, changed, asked and dropped: nobody sees anything of it afterwards. */
static bool try_dropped_fork(struct trial *t, const struct native_world *w, const struct snapshot *s)
{
	struct snapshot *fork = snapshot_fork(s);
	struct native_world changed = *w;
	bool is_good;

	native_edit(&t->choices, &changed);
	native_move(fork, w, &changed);
	is_good = ask(t, &changed, fork, 3) && diff_check(s, fork, 1 + (int64_t)choose(&t->choices, 8), t->message);
	snapshot_drop(fork);
	return is_good && ask(t, w, s, 3);
}

static struct snapshot *move(struct snapshot *base, const struct native_world *from, const struct native_world *to)
{
	struct snapshot *fork = snapshot_fork(base);
	struct edit_blocks retired;

	native_move(fork, from, to);
	snapshot_seal(fork, &retired);
	edit_blocks_free_all(&retired);
	snapshot_free_shell(base);
	return fork;
}

static bool run_world(uint64_t seed, void *tally, struct buf *message)
{
	struct trial t = {.seed = seed, .choices.prng.state = seed, .tally = tally, .message = message};
	struct native_world w = {0}, next;
	struct snapshot *s = native_snapshot_new(seed);
	struct edit_blocks retired;
	bool is_good;

	snapshot_seal(s, &retired);
	edit_blocks_free_all(&retired);
	native_generate(&t.choices, &next);
	s = move(s, &w, &next);
	w = next;
	is_good = ask(&t, &w, s, N_FIRST);
	for (int round = 0; is_good && round < N_ROUNDS; round++) {
		is_good = choose(&t.choices, 2) || try_dropped_fork(&t, &w, s);
		next = w;
		native_edit(&t.choices, &next);
		s = move(s, &w, &next);
		w = next;
		is_good = is_good && ask(&t, &w, s, N_LATER);
	}
	snapshot_free_all(s);
	return is_good;
}

static bool saw_enough(const void *tally)
{
	const struct tally *t = tally;

	printf("# %" PRIu64 " questions, %" PRIu64 " allowed, %" PRIu64 " in some of the tenants asked about, %" PRIu64
	       " denied by a policy\n",
	       t->n_questions, t->n_allowed, t->n_in_some_tenants, t->n_denied_by_policy);
	printf("# %" PRIu64 " answers that a change made others\n", diff_check_n_changed());
	return diff_check_n_changed() > 0 && t->n_allowed > t->n_questions / 20 &&
	       t->n_in_some_tenants > t->n_questions / 200 && t->n_denied_by_policy > t->n_questions / 20;
}

int main(void)
{
	struct tally tally = {0};

	return run_worlds(&(struct world_run){.name = "the snapshot decides as the policies and their conditions say",
	                                      .n_default = 1500,
	                                      .run = run_world,
	                                      .saw_enough = saw_enough,
	                                      .tally = &tally});
}
