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
struct memo {
	const struct native_condition *condition; /* NULL: free */
	enum truth truth;
};

enum { MEMO_FIRST = 16 };

static struct memo *memo_slot(struct memo *memo, size_t mask, const struct native_condition *c)
{
	size_t i = hash_u64((uintptr_t)c) & mask;

	while (memo[i].condition && memo[i].condition != c)
		i = (i + 1) & mask;
	return &memo[i];
}

/* At most half full. */
static void grow_memo(struct asked_facts *f, struct arena *a)
{
	size_t mask = f->memo ? f->memo_mask * 2 + 1 : MEMO_FIRST - 1;
	struct memo *memo = ARENA_ARRAY(a, struct memo, mask + 1);

	for (size_t i = 0; f->memo && i <= f->memo_mask; i++)
		if (f->memo[i].condition)
			*memo_slot(memo, mask, f->memo[i].condition) = f->memo[i];
	f->memo = memo;
	f->memo_mask = mask;
}

static enum truth evaluate(const struct native_condition *c, struct asked *asked)
{
	struct cel_value variables[NATIVE_N_SLOTS];
	struct cel_result r;

	native_bind(asked, variables);
	r = cel_evaluate(c->program, &(struct cel_input){
	                                 .variables = variables,
	                                 .arena = asked->arena,
	                                 .budget = NATIVE_CONDITION_BUDGET,
	                                 .memory = NATIVE_CONDITION_MEMORY,
	                                 .now_ms = asked->facts->query->now_ms,
	                             });
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
	if (!f->memo || f->n_memo * 2 > f->memo_mask)
		grow_memo(f, asked->arena);
	m = memo_slot(f->memo, f->memo_mask, c);
	if (m->condition)
		return m->truth;
	*m = (struct memo){c, evaluate(c, asked)};
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
