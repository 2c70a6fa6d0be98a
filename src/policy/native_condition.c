/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "policy/native_impl.h"
#include "policy/conditions_impl.h"
#include "policy/tags.h"

struct native_condition {
	struct condition base;
	struct cel_program *program; /* NULL: it does not compile */
};

static int compile(const struct native_env *env, struct str source, struct cel_program **ret, struct cel_issues *issues)
{
	static const struct cel_options options = {.result = &cel_type_bool};

	if (source.len > CONDITION_MAX_BYTES) {
		cel_issue_add(issues, 0, "expression is longer than %zu bytes", CONDITION_MAX_BYTES);
		return -1;
	}
	return cel_compile(env->env, source, &options, ret, issues) < 0 ? -1 : 0;
}

bool native_condition_check(const struct native_env *env, struct str source, struct arena *a,
                            struct condition_issue *ret_issue)
{
	struct native_env *own = env ? NULL : native_env_new();
	struct cel_issues issues = {.arena = a};
	struct cel_program *p = NULL;
	bool compiles = compile(env ? env : own, source, &p, &issues) == 0;

	if (!compiles)
		*ret_issue = condition_issue_of(source, &issues, 0, a);
	cel_program_free(p);
	native_env_free(own);
	return compiles;
}

/* ---- evaluating -------------------------------------------------------------------------------------------- */

/*
 * A statement is looked at once for each tenant in which one of the subjects counts, and its condition says the same
 * each time: it is remembered.
 */
static struct memo *table_slot(struct memo *table, size_t mask, const struct condition *c)
{
	size_t i = hash_u64((uintptr_t)c) & mask;

	while (table[i].condition && table[i].condition != c)
		i = (i + 1) & mask;
	return &table[i];
}

/* At most half full. */
static void grow_table(struct asked_facts *f, struct arena *a)
{
	const struct memo *old = f->table ? f->table : f->few;
	size_t n_old = f->table ? f->table_mask + 1 : MEMO_FEW, mask = n_old * 4 - 1;
	struct memo *table = ARENA_ARRAY(a, struct memo, mask + 1);

	for (size_t i = 0; i < n_old; i++)
		if (old[i].condition)
			*table_slot(table, mask, old[i].condition) = old[i];
	f->table = table;
	f->table_mask = mask;
}

/* Where the condition's truth stands, or is to stand. */
static struct memo *recall(struct asked_facts *f, const struct condition *c, struct arena *a)
{
	for (size_t i = 0; !f->table && i < MEMO_FEW; i++)
		if (!f->few[i].condition || f->few[i].condition == c)
			return &f->few[i];
	if (!f->table || f->n_memo * 2 > f->table_mask)
		grow_table(f, a);
	return table_slot(f->table, f->table_mask, c);
}

static enum truth evaluate(const struct native_condition *c, struct asked *asked)
{
	struct cel_value variables[NATIVE_N_SLOTS];
	struct asked_facts *f = asked->facts;
	size_t used_bytes = asked->arena->used_bytes;
	struct cel_result r;

	if (f->units >= NATIVE_QUESTION_BUDGET || f->n_bytes >= NATIVE_QUESTION_MEMORY)
		return TRUTH_UNKNOWN;
	native_bind(asked, variables);
	r = cel_evaluate(c->program, &(struct cel_input){
	                                 .variables = variables,
	                                 .arena = asked->arena,
	                                 .budget = NATIVE_CONDITION_BUDGET,
	                                 .memory = NATIVE_CONDITION_MEMORY,
	                                 .now_ms = f->query->now_ms,
	                             });
	f->units += r.units;
	f->n_bytes += asked->arena->used_bytes - used_bytes;
	if (r.value.kind != CEL_BOOL)
		return TRUTH_UNKNOWN;
	return r.value.b ? TRUTH_TRUE : TRUTH_FALSE;
}

static enum truth eval(const struct condition *self, const struct query *query)
{
	const struct native_condition *c = (const void *)self; /* its first member */
	const struct attributes *known = query->attributes;
	struct asked *asked = known ? known->asked : NULL;
	struct asked_facts *f;
	struct memo *m;

	if (!c->program || !asked)
		return TRUTH_UNKNOWN;
	if (!asked->facts)
		asked->facts = ARENA_NEW(asked->arena, struct asked_facts);
	f = asked->facts;
	f->query = query;
	m = recall(f, self, asked->arena);
	if (m->condition)
		return m->truth;
	*m = (struct memo){self, evaluate(c, asked)};
	f->n_memo++;
	return m->truth;
}

/* ---- life -------------------------------------------------------------------------------------------------- */

static void release(struct edit_object *self)
{
	struct condition *base = CONTAINER_OF(self, struct condition, object);
	struct native_condition *c = CONTAINER_OF(base, struct native_condition, base);

	cel_program_free(c->program);
	free(c);
}

struct condition *native_condition_new(const struct native_env *env, struct str source)
{
	CLEANUP(arena_release) struct arena scratch = ARENA_INIT;
	struct native_condition *c = mem_calloc(1, sizeof(*c));
	struct cel_issues issues = {.arena = &scratch};

	c->base = (struct condition){.object = {release}, .eval = eval};
	if (compile(env, source, &c->program, &issues) < 0)
		c->program = NULL;
	return &c->base;
}
