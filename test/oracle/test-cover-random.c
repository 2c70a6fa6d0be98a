/* SPDX-License-Identifier: Apache-2.0
 *
 * Random stores: a statement that the engine says covers another must match whatever the other matches. Each of the two
 * is asked alone, through the oracle.
 *
 *   DOORWARD_SEED            the run's seed; random when unset, always printed
 *   DOORWARD_RANDOM_WORLDS   how many stores; 3000 when unset
 */
#include <inttypes.h>

#include "generate.h"
#include "print.h"
#include "run.h"

enum { N_DOCUMENTS = 14, N_QUESTIONS = 12, N_TENANTS = 5 };

struct tally {
	uint64_t n_covers, n_mutual, n_matched;
};

struct trial {
	struct choices choices;
	struct arena arena;
	struct engine engine;
	struct oracle oracle; /* the whole store, for questions that meet something */
	struct statement_set sets[N_DOCUMENTS];
	size_t n_sets;
	struct tally *tally;
	struct buf *message;
	bool is_bad;
};

struct trial_search {
	struct cover_search search;
	struct trial *trial;
	const struct statement_set *narrow;
	uint32_t statement;
};

/* In which tenants the statement takes effect by itself, as if it allowed and had no condition. */
static struct str_list reach(const struct statement_set *set, uint32_t i, struct query *q, struct arena *a,
                             bool *ret_any)
{
	struct statement alone = set->statements[i];
	struct statement_set one = *set;
	struct oracle o = {0};
	struct oracle_answer answer;

	alone.effect = EFFECT_ALLOW;
	alone.condition = NULL;
	one.statements = &alone;
	one.n_statements = 1;
	for (int t = 0; t < N_TENANTS; t++)
		oracle_add_tenant(&o, arena_strf(a, "t%d", t));
	oracle_put(&o, &one);
	answer = oracle_decide(&o, q, a);
	oracle_release(&o);
	*ret_any = answer.effect == EFFECT_ALLOW;
	return answer.tenants;
}

/* Selectors are told from names of resources by how they begin (engine.h). */
static void keep_marked(struct str_list *selectors, struct arena *a)
{
	struct str *items = ARENA_ARRAY(a, struct str, selectors->n);
	size_t n = 0;

	for (size_t i = 0; i < selectors->n; i++)
		if (selectors->items[i].len && selectors->items[i].ptr[0] == '\x01')
			items[n++] = selectors->items[i];
	*selectors = (struct str_list){items, n};
}

static void compare(struct trial *t, const struct statement_set *wide, uint32_t w, const struct statement_set *narrow,
                    uint32_t n)
{
	struct query q = generate_query(
	    &t->choices, &(struct shape){.n_documents = 4, .n_subjects = 3, .n_statements = 3, .n_tenants = N_TENANTS},
	    &t->oracle, &t->arena);
	bool wide_any, narrow_any, is_good;
	struct str_list x, y;

	keep_marked(&q.selectors, &t->arena);
	x = reach(wide, w, &q, &t->arena, &wide_any);
	y = reach(narrow, n, &q, &t->arena, &narrow_any);
	is_good = wide_any || !narrow_any;
	for (size_t i = 0; i < y.n; i++)
		is_good &= str_list_has(x, y.items[i]);
	t->tally->n_matched += narrow_any;
	if (is_good)
		return;
	t->is_bad = true;
	print_query(t->message, &q);
	buf_addf(t->message, "statement %u of " STR_FMT " is said to cover %u of " STR_FMT "\n", w, STR_ARG(wide->id),
	         n, STR_ARG(narrow->id));
}

static bool covered(struct cover_search *self, const struct statement_name *by, enum effect effect UNUSED,
                    bool is_mutual)
{
	struct trial_search *s = CONTAINER_OF(self, struct trial_search, search);
	struct trial *t = s->trial;

	t->tally->n_covers++;
	t->tally->n_mutual += is_mutual;
	for (size_t i = 0; i < t->n_sets; i++) {
		if (t->sets[i].kind != by->kind || !str_eq(t->sets[i].id, by->document))
			continue;
		for (int k = 0; k < N_QUESTIONS && !t->is_bad; k++)
			compare(t, &t->sets[i], by->statement, s->narrow, s->statement);
	}
	return t->is_bad;
}

static void make(struct trial *t, uint64_t seed, struct edit *e)
{
	const struct shape shape = {.n_documents = 30, .n_subjects = 3, .n_statements = 3, .n_tenants = N_TENANTS};

	engine_init(&t->engine, seed);
	for (int i = 0; i < N_TENANTS; i++)
		engine_add_tenant(&t->engine, e, arena_strf(&t->arena, "t%d", i));
	for (size_t i = 0; i < N_DOCUMENTS; i++) {
		struct statement_set *set = &t->sets[t->n_sets];
		struct statement *statements;

		*set = generate_set(&t->choices, &shape, &t->arena);
		set->id = arena_strf(&t->arena, "d%zu", i);
		statements = ARENA_ARRAY(&t->arena, struct statement, set->n_statements);
		for (size_t k = 0; k < set->n_statements; k++) {
			statements[k] = set->statements[k];
			statements[k].condition = NULL;
		}
		set->statements = statements;
		engine_put(&t->engine, e, set);
		oracle_put(&t->oracle, set);
		t->n_sets++;
	}
}

static bool run_store(uint64_t seed, void *tally, struct buf *message)
{
	struct trial t = {.choices.prng.state = seed, .tally = tally, .message = message};
	struct edit e;

	edit_init(&e);
	make(&t, seed, &e);
	for (size_t i = 0; i < t.n_sets && !t.is_bad; i++) {
		for (uint32_t k = 0; k < t.sets[i].n_statements && !t.is_bad; k++) {
			struct trial_search s = {{.covered = covered, .steps = 1000000}, &t, &t.sets[i], k};
			const struct statement_name name = {t.sets[i].kind, t.sets[i].id, k};
			bool is_whole = engine_find_covers(&t.engine, &name, &s.search, &t.arena);

			assert(is_whole);
		}
	}
	edit_drop(&e);
	oracle_release(&t.oracle);
	arena_release(&t.arena);
	return !t.is_bad;
}

static bool saw_enough(const void *tally)
{
	const struct tally *t = tally;

	printf("# %" PRIu64 " covered, %" PRIu64 " by their equals; %" PRIu64 " questions matched\n", t->n_covers,
	       t->n_mutual, t->n_matched);
	return t->n_covers > 100 && t->n_mutual > 5 && t->n_matched > 100;
}

int main(void)
{
	struct tally tally = {0};

	return run_worlds(&(struct world_run){.name = "what covers a statement matches whatever that matches",
	                                      .n_default = 3000,
	                                      .run = run_store,
	                                      .saw_enough = saw_enough,
	                                      .tally = &tally});
}
