/* SPDX-License-Identifier: Apache-2.0
 *
 * Random expressions of CEL with random values: what the compiled program yields against the walk over the tree, the
 * value or that there is none. Each is compiled with types and without.
 *
 *   DOORWARD_SEED                 the run's seed; random when unset, always printed
 *   DOORWARD_RANDOM_EXPRESSIONS   how many; 20000 when unset, and as many again of a seed that never changes
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cel-generate.h"
#include "run.h"

#define N_EXPRESSIONS_DEFAULT 20000u
#define N_BINDINGS            3
#define FIXED_SEED            UINT64_C(20261122)
#define MAX_EXPRESSION        ((size_t)8192)
#define MAX_MESSAGE           ((size_t)256 * 1024)
#define BUDGET                UINT64_C(100000000)
#define MEMORY                ((size_t)64 << 20)

/* How expressions ended: a run in which nothing fails, or everything, would prove nothing. */
struct tally {
	uint64_t n_values, n_errors, n_true, n_false, n_aborted;
};

struct trial {
	const struct cel_env *env;
	struct prng prng;
	struct arena arena;
	struct str source;
	struct cel_ast ast;
	struct cel_program *programs[2]; /* with types, without */
	struct tally *tally;
};

static bool complain(struct str message)
{
	print_message(message);
	return false;
}

/* Both kinds of program and the tree; false: something is refused, which the generator never makes. */
static bool compile(struct trial *t)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_MESSAGE);
	struct cel_issues issues = {.arena = &t->arena};

	if (cel_parse(t->env, t->source, &t->arena, &t->ast, &issues) == 0) {
		for (int i = 0; i < 2; i++) {
			struct cel_options options = {.is_unchecked = i == 1};
			if (cel_compile(t->env, t->source, &options, &t->programs[i], &issues) != 0)
				break;
		}
	}
	if (t->programs[1])
		return true;
	cel_issues_print(&text, t->source, &issues);
	return complain(buf_str(&text));
}

static void describe(struct buf *out, const struct trial *t, const struct oracle_scope *scopes)
{
	buf_addf(out, STR_FMT "\n", STR_ARG(t->source));
	for (const struct oracle_scope *s = scopes; s; s = s->outer) {
		buf_addf(out, "  " STR_FMT " = ", STR_ARG(s->name));
		oracle_print(out, s->value);
		buf_add_char(out, '\n');
	}
}

static void count(struct tally *tally, struct oracle_value v)
{
	if (v.kind == O_ERROR)
		tally->n_errors++;
	else
		tally->n_values++;
	tally->n_true += v.kind == O_BOOL && v.b;
	tally->n_false += v.kind == O_BOOL && !v.b;
}

static bool compare(struct trial *t, int which, const struct cel_value *variables, const struct oracle_scope *scopes)
{
	struct cel_input input = {.variables = variables, .arena = &t->arena, .budget = BUDGET, .memory = MEMORY};
	struct cel_result r = cel_evaluate(t->programs[which], &input);
	struct oracle_value got = oracle_of(&t->arena, r.value), want = oracle_eval(&t->arena, &t->ast, scopes);
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_MESSAGE);

	if (r.abort != CEL_NOT_ABORTED) {
		t->tally->n_aborted++;
		return true;
	}
	count(t->tally, want);
	if (oracle_same(got, want))
		return true;
	describe(&text, t, scopes);
	buf_addf(&text, "%s: ", which ? "without types" : "with types");
	if (got.kind == O_ERROR)
		cel_result_print_error(&text, &r);
	else
		oracle_print(&text, got);
	buf_add(&text, STR("\nthe oracle: "));
	oracle_print(&text, want);
	return complain(buf_str(&text));
}

static bool run_bindings(struct trial *t)
{
	struct cel_value variables[CEL_GENERATE_VARIABLES];
	struct oracle_scope scopes[CEL_GENERATE_VARIABLES];
	bool is_good = true;

	for (int i = 0; i < N_BINDINGS && is_good; i++) {
		cel_generate_bind(&t->prng, &t->arena, variables, scopes);
		is_good = compare(t, 0, variables, scopes) && compare(t, 1, variables, scopes);
	}
	return is_good;
}

static bool run_expression(const struct cel_env *env, uint64_t seed, struct tally *tally)
{
	struct trial t = {.env = env, .prng = {.state = seed}, .tally = tally};
	CLEANUP(buf_releasep) struct buf source = BUF_INIT(MAX_EXPRESSION);
	bool is_good = true;

	cel_generate(&t.prng, &source);
	t.source = buf_str(&source);
	if (!source.overflowed) {
		is_good = compile(&t) && run_bindings(&t);
		if (!is_good)
			printf("# expression of seed %" PRIu64 "\n", seed);
	}
	cel_program_free(t.programs[0]);
	cel_program_free(t.programs[1]);
	arena_release(&t.arena);
	return is_good;
}

static bool run_expressions(const struct cel_env *env, uint64_t seed, uint64_t n, struct tally *tally)
{
	for (uint64_t i = 0; i < n; i++) {
		if (!run_expression(env, seed + i, tally))
			return false;
	}
	return true;
}

static bool saw_everything(const struct tally *t)
{
	uint64_t n = t->n_values + t->n_errors;

	printf("# %" PRIu64 " values, %" PRIu64 " errors, %" PRIu64 " true, %" PRIu64 " false, %" PRIu64 " aborted\n",
	       t->n_values, t->n_errors, t->n_true, t->n_false, t->n_aborted);
	return t->n_values > n / 5 && t->n_errors > n / 20 && t->n_true > n / 20 && t->n_false > n / 20 &&
	       t->n_aborted <= n / 100;
}

int main(void)
{
	uint64_t seed = number_from_environment("DOORWARD_SEED", random_u64());
	uint64_t n = number_from_environment("DOORWARD_RANDOM_EXPRESSIONS", N_EXPRESSIONS_DEFAULT);
	struct cel_env *env = cel_env_new(CEL_LIB_ALL);
	struct tally tally = {0};
	bool is_good;

	printf("1..3\n# DOORWARD_SEED=%" PRIu64 " DOORWARD_RANDOM_EXPRESSIONS=%" PRIu64 "\n", seed, n);
	fflush(stdout);
	cel_generate_declare(env);
	is_good = report(run_expressions(env, FIXED_SEED, n, &tally), 1, "expressions of a fixed seed");
	is_good &= report(run_expressions(env, seed, n, &tally), 2, "expressions of a random seed");
	is_good &= report(n < 1000 || saw_everything(&tally), 3, "values and errors were seen often enough");
	cel_env_free(env);
	return is_good ? 0 : 1;
}
