/* SPDX-License-Identifier: Apache-2.0
 *
 * Random stores: the engine against the oracle, through edits, dropped forks and old versions.
 *
 *   DOORWARD_SEED            the run's seed; random when unset, always printed
 *   DOORWARD_RANDOM_STORES   how many stores in all; 10000 when unset
 *
 * A disagreement is cut down to the changes that are needed for it and printed as text.
 */
#include <inttypes.h>

#include "base/hash.h"
#include "generate.h"
#include "print.h"
#include "run.h"

#define N_STORES_DEFAULT 10000u
#define MAX_CHANGES      1200u
#define MAX_MESSAGE      ((size_t)1024 * 1024)

struct profile {
	const char *name;
	uint32_t percent;      /* of all stores; what remains goes to the first */
	uint32_t n_first;      /* at most so many sets in the first edit */
	uint32_t n_round;      /* at most so many changes in each later edit */
	uint32_t live_percent; /* of the tenants, added in the first edit */
	struct shape shape;
};

static const struct profile profiles[] = {
    {"small stores", 0, 12, 4, 60, {.n_documents = 12, .n_subjects = 3, .n_statements = 3, .n_tenants = 5}},
    {"many edits of few documents",
     8,
     3,
     40,
     50,
     {.n_documents = 2, .n_subjects = 3, .n_statements = 2, .n_tenants = 3}},
    {"two hundred sets", 1, 200, 10, 60, {.n_documents = 200, .n_subjects = 3, .n_statements = 2, .n_tenants = 8}},
    {"one subject in a hundred sets",
     1,
     110,
     10,
     60,
     {.n_documents = 200, .n_subjects = 1, .n_statements = 2, .n_tenants = 8, .n_same_subject = 1}},
    {"three hundred statements in a set",
     1,
     2,
     2,
     60,
     {.n_documents = 2, .n_subjects = 3, .n_statements = 300, .n_tenants = 8}},
    {"two hundred tenants", 4, 10, 6, 90, {.n_documents = 10, .n_subjects = 3, .n_statements = 6, .n_tenants = 200}},
};

/* How often each outcome was seen: a generator whose queries never match would prove nothing. */
struct tally {
	uint64_t n_queries;
	uint64_t by_effect[3];
	uint64_t n_tenants;
};

struct trial {
	const struct profile *profile;
	uint64_t seed;
	struct choices choices;
	struct arena arena;
	struct twin twin;
	struct change *history; /* of the newest version */
	size_t n_history;
	size_t *history_at; /* of version i: so many changes */
	struct tally *tally;
	struct buf message;
};

/* ---- saying what went wrong ---- */

static bool still_fails(uint64_t seed, const struct change *changes, size_t n, const struct query *q)
{
	CLEANUP(buf_releasep) struct buf ignored = BUF_INIT(MAX_MESSAGE);
	struct twin t;
	bool is_good;

	twin_init(&t, seed);
	twin_change(&t, changes, n);
	is_good = twin_check(twin_newest(&t), q, &ignored);
	twin_release(&t);
	return !is_good;
}

static void remove_change(struct change *changes, size_t *n, size_t at)
{
	memmove(&changes[at], &changes[at + 1], (*n - at - 1) * sizeof(*changes));
	(*n)--;
}

/* Drops each change, then each statement, that the disagreement does not need. */
static void shrink(struct trial *t, struct change *changes, size_t *n, const struct query *q)
{
	struct change *fewer = ARENA_ARRAY(&t->arena, struct change, *n);

	for (size_t i = *n; i-- > 0;) {
		size_t n_fewer = *n;

		memcpy(fewer, changes, *n * sizeof(*changes));
		remove_change(fewer, &n_fewer, i);
		if (still_fails(t->seed, fewer, n_fewer, q))
			remove_change(changes, n, i);
	}
	for (size_t i = 0; i < *n; i++)
		for (size_t k = changes[i].set.n_statements; k-- > 0;) {
			struct statement_set whole = changes[i].set;
			struct statement *rest = ARENA_ARRAY(&t->arena, struct statement, whole.n_statements);

			memcpy(rest, whole.statements, k * sizeof(*rest));
			memcpy(&rest[k], &whole.statements[k + 1], (whole.n_statements - k - 1) * sizeof(*rest));
			changes[i].set.statements = rest;
			changes[i].set.n_statements--;
			if (!still_fails(t->seed, changes, *n, q))
				changes[i].set = whole;
		}
}

/* `changes` are those that made the version; they are cut down in place. */
static void describe(struct trial *t, struct change *changes, size_t n, const struct twin_version *v,
                     const struct query *q)
{
	print_query(&t->message, q);
	if (still_fails(t->seed, changes, n, q)) {
		shrink(t, changes, &n, q);
		buf_addf(&t->message, "after, cut down to one edit:\n");
		for (size_t i = 0; i < n; i++)
			print_change(&t->message, &changes[i]);
	} else {
		buf_addf(&t->message, "only in its history; in one edit the same changes agree. Store:\n");
		print_oracle(&t->message, &v->oracle);
	}
}

/* ---- one store ---- */

static void count_outcome(struct tally *tally, const struct twin_version *v, const struct query *q)
{
	struct arena a = ARENA_INIT;
	struct oracle_answer answer = oracle_decide(&v->oracle, q, &a);

	tally->n_queries++;
	tally->by_effect[answer.effect]++;
	tally->n_tenants += answer.tenants.n;
	arena_release(&a);
}

/* `changes` made the version, `n` of them. */
static bool ask(struct trial *t, const struct twin_version *v, const struct change *changes, size_t n)
{
	struct query q = generate_query(&t->choices, &t->profile->shape, &v->oracle, &t->arena);
	struct change *copy;

	count_outcome(t->tally, v, &q);
	if (twin_check(v, &q, &t->message))
		return true;
	copy = ARENA_ARRAY(&t->arena, struct change, n);
	memcpy(copy, changes, n * sizeof(*copy));
	describe(t, copy, n, v, &q);
	return false;
}

static bool ask_version(struct trial *t, size_t version)
{
	if (ask(t, &t->twin.versions[version], t->history, t->history_at[version]))
		return true;
	buf_addf(&t->message, "in version %zu of %zu\n", version, t->twin.n_versions);
	return false;
}

static bool ask_versions(struct trial *t, uint32_t n_newest, uint32_t n_any)
{
	for (uint32_t i = 0; i < n_newest; i++)
		if (!ask_version(t, t->twin.n_versions - 1))
			return false;
	for (uint32_t i = 0; i < n_any; i++)
		if (!ask_version(t, choose(&t->choices, (uint32_t)t->twin.n_versions)))
			return false;
	return true;
}

static void add_history(struct trial *t, struct change c)
{
	assert(t->n_history < MAX_CHANGES);
	t->history[t->n_history++] = c;
}

/* A fork of any version, changed, asked and dropped. */
static bool try_dropped_fork(struct trial *t)
{
	size_t version = choose(&t->choices, (uint32_t)t->twin.n_versions);
	uint32_t n = 1 + choose(&t->choices, t->profile->n_round);
	size_t n_before = t->history_at[version];
	struct change *changes = ARENA_ARRAY(&t->arena, struct change, n_before + n);
	struct twin_version fork;
	struct edit e;
	bool is_good = true;

	memcpy(changes, t->history, n_before * sizeof(*changes));
	twin_fork(&t->twin.versions[version], &fork, &e);
	for (uint32_t i = 0; i < n; i++) {
		changes[n_before + i] = generate_change(&t->choices, &t->profile->shape, &t->arena);
		twin_apply(&fork, &e, &changes[n_before + i]);
	}
	for (int i = 0; is_good && i < 2; i++)
		is_good = ask(t, &fork, changes, n_before + n);
	if (!is_good)
		buf_addf(&t->message, "in a fork of version %zu\n", version);
	twin_drop(&fork, &e);
	return is_good;
}

static void keep_changes(struct trial *t, size_t from)
{
	twin_change(&t->twin, &t->history[from], t->n_history - from);
	t->history_at[t->twin.n_versions - 1] = t->n_history;
}

static void first_edit(struct trial *t)
{
	const struct profile *p = t->profile;
	uint32_t n_sets = choose(&t->choices, p->n_first + 1);

	for (uint32_t i = 0; i < p->shape.n_tenants; i++)
		if (choose(&t->choices, 100) < p->live_percent)
			add_history(
			    t, (struct change){.type = CHANGE_ADD_TENANT, .tenant = arena_strf(&t->arena, "t%u", i)});
	for (uint32_t i = 0; i < n_sets; i++)
		add_history(
		    t, (struct change){.type = CHANGE_PUT, .set = generate_set(&t->choices, &p->shape, &t->arena)});
	keep_changes(t, 0);
}

static void later_edit(struct trial *t)
{
	uint32_t n = 1 + choose(&t->choices, t->profile->n_round);
	size_t from = t->n_history;

	for (uint32_t i = 0; i < n; i++)
		add_history(t, generate_change(&t->choices, &t->profile->shape, &t->arena));
	keep_changes(t, from);
}

/* About twenty queries over four versions and a dropped fork or two. */
static bool run_trial(struct trial *t)
{
	first_edit(t);
	if (!ask_versions(t, 7, 0))
		return false;
	for (int round = 0; round < 3; round++) {
		if (choose(&t->choices, 2) && !try_dropped_fork(t))
			return false;
		later_edit(t);
		if (!ask_versions(t, 2, 2))
			return false;
	}
	return true;
}

static bool run_store(const struct profile *p, uint64_t seed, struct tally *tally)
{
	struct trial t = {.profile = p, .seed = seed, .tally = tally, .message = BUF_INIT(MAX_MESSAGE)};
	bool is_good;

	t.choices.prng.state = seed;
	t.history = ARENA_ARRAY(&t.arena, struct change, MAX_CHANGES);
	t.history_at = ARENA_ARRAY(&t.arena, size_t, 8);
	twin_init(&t.twin, seed);
	is_good = run_trial(&t);
	if (!is_good)
		print_message(buf_str(&t.message));
	twin_release(&t.twin);
	arena_release(&t.arena);
	buf_release(&t.message);
	return is_good;
}

/* ---- the run ---- */

/* The first profile takes what the others leave. */
static uint64_t stores_of(size_t profile, uint64_t n_stores)
{
	uint64_t n_others = 0;

	for (size_t i = 1; i < N_ELEMENTS(profiles); i++) {
		uint64_t n = n_stores * profiles[i].percent / 100 + 1;

		if (i == profile)
			return n;
		n_others += n;
	}
	return n_stores > n_others ? n_stores - n_others : 1;
}

static bool run_profile(size_t at, uint64_t seed, uint64_t n_stores, struct tally *tally)
{
	for (uint64_t i = 0; i < n_stores; i++) {
		/* Every store has a seed of its own, so that no profile's length moves another's. */
		uint64_t store_seed = hash_u64(seed + hash_u64((uint64_t)at << 32 | i));

		if (!run_store(&profiles[at], store_seed, tally)) {
			printf("# repeat with DOORWARD_SEED=%" PRIu64 " (store %" PRIu64 " of this profile)\n", seed,
			       i);
			return false;
		}
	}
	return true;
}

static bool saw_every_outcome(const struct tally *t)
{
	printf("# %" PRIu64 " queries: %" PRIu64 " allowed, %" PRIu64 " denied, %" PRIu64 " neither, %" PRIu64
	       " tenants authorized\n",
	       t->n_queries, t->by_effect[EFFECT_ALLOW], t->by_effect[EFFECT_DENY], t->by_effect[EFFECT_NONE],
	       t->n_tenants);
	for (size_t i = 0; i < N_ELEMENTS(t->by_effect); i++)
		if (t->by_effect[i] < t->n_queries / 20)
			return false;
	return t->n_tenants > t->n_queries / 20;
}

int main(void)
{
	uint64_t seed = number_from_environment("DOORWARD_SEED", random_u64());
	uint64_t n_stores = number_from_environment("DOORWARD_RANDOM_STORES", N_STORES_DEFAULT);
	struct tally tally = {0};
	bool is_good = true;

	printf("1..%zu\n# DOORWARD_SEED=%" PRIu64 " DOORWARD_RANDOM_STORES=%" PRIu64 "\n", N_ELEMENTS(profiles) + 1,
	       seed, n_stores);
	fflush(stdout);
	for (size_t i = 0; i < N_ELEMENTS(profiles); i++)
		is_good &= report(run_profile(i, seed, stores_of(i, n_stores), &tally), i + 1, profiles[i].name);
	is_good &= report(saw_every_outcome(&tally), N_ELEMENTS(profiles) + 1, "every outcome was seen often enough");
	return is_good ? 0 : 1;
}
