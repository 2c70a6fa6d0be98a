/* SPDX-License-Identifier: Apache-2.0 */
#include "twin.h"

/* ---- conditions ---- */

struct slot_condition {
	struct condition base;
	uint32_t slot;
};

static enum truth slot_eval(const struct condition *self, const struct query *query)
{
	const struct twin_truths *truths = query->attributes;

	return truths ? truths->at[twin_condition_slot(self)] : TRUTH_UNKNOWN;
}

static struct slot_condition slot_condition(uint32_t slot)
{
	assert(slot < TWIN_N_TRUTHS);
	return (struct slot_condition){.base = {.eval = slot_eval}, .slot = slot};
}

const struct condition *twin_condition(struct arena *a, uint32_t slot)
{
	struct slot_condition *c = ARENA_NEW(a, struct slot_condition);

	*c = slot_condition(slot);
	return &c->base;
}

uint32_t twin_condition_slot(const struct condition *c)
{
	return ((const struct slot_condition *)(const void *)c)->slot;
}

/* ---- copies for the engine ---- */

static struct str_list copy_list(struct arena *a, struct str_list list)
{
	struct str *items = ARENA_ARRAY(a, struct str, list.n);

	for (size_t i = 0; i < list.n; i++)
		items[i] = arena_str(a, list.items[i]);
	return (struct str_list){items, list.n};
}

static struct statement copy_statement(struct arena *a, const struct statement *st)
{
	struct statement copy = *st;

	copy.actions = copy_list(a, st->actions);
	copy.resources = copy_list(a, st->resources);
	copy.tenants = copy_list(a, st->tenants);
	if (st->condition) {
		/* A heap block: the engine owns it once put. */
		struct slot_condition *c = mem_alloc(sizeof(*c));

		*c = slot_condition(twin_condition_slot(st->condition));
		copy.condition = &c->base;
	}
	return copy;
}

static struct statement_set copy_set(struct arena *a, const struct statement_set *set)
{
	struct statement *statements = ARENA_ARRAY(a, struct statement, set->n_statements);

	for (size_t i = 0; i < set->n_statements; i++)
		statements[i] = copy_statement(a, &set->statements[i]);
	return (struct statement_set){
	    .kind = set->kind,
	    .id = arena_str(a, set->id),
	    .subjects = copy_list(a, set->subjects),
	    .statements = statements,
	    .n_statements = set->n_statements,
	};
}

/* ---- versions ---- */

void twin_init(struct twin *t, uint64_t hash_seed)
{
	*t = (struct twin){.versions = mem_calloc(1, sizeof(*t->versions)), .n_versions = 1};
	engine_init(&t->versions[0].engine, hash_seed);
}

void twin_release(struct twin *t)
{
	struct engine last = twin_newest(t)->engine;
	struct edit_blocks rest;
	struct edit e;

	edit_init(&e);
	engine_retire_all(&last, &e);
	edit_seal(&e, &rest);
	edit_blocks_free_all(&rest);
	for (size_t i = 0; i < t->n_versions; i++) {
		edit_blocks_free_all(&t->versions[i].retired);
		oracle_release(&t->versions[i].oracle);
	}
	free(t->versions);
	*t = (struct twin){0};
}

void twin_fork(const struct twin_version *from, struct twin_version *ret_fork, struct edit *ret_edit)
{
	*ret_fork = (struct twin_version){.engine = from->engine};
	oracle_copy(&from->oracle, &ret_fork->oracle);
	edit_init(ret_edit);
}

void twin_apply(struct twin_version *fork, struct edit *e, const struct change *c)
{
	struct arena copies = ARENA_INIT;
	struct statement_set set;
	struct str tenant = arena_str(&copies, c->tenant);

	switch (c->type) {
	case CHANGE_PUT:
		set = copy_set(&copies, &c->set);
		engine_put(&fork->engine, e, &set);
		oracle_put(&fork->oracle, &c->set);
		break;
	case CHANGE_REMOVE:
		engine_remove(&fork->engine, e, c->set.kind, arena_str(&copies, c->set.id));
		oracle_remove(&fork->oracle, c->set.kind, c->set.id);
		break;
	case CHANGE_ADD_TENANT:
		engine_add_tenant(&fork->engine, e, tenant);
		oracle_add_tenant(&fork->oracle, c->tenant);
		break;
	case CHANGE_REMOVE_TENANT:
		engine_remove_tenant(&fork->engine, e, tenant);
		oracle_remove_tenant(&fork->oracle, c->tenant);
		break;
	}
	arena_release(&copies);
}

void twin_keep(struct twin *t, struct twin_version *fork, struct edit *e)
{
	edit_seal(e, &fork->retired);
	t->versions = mem_realloc_array(t->versions, t->n_versions + 1, sizeof(*t->versions));
	t->versions[t->n_versions++] = *fork;
	*fork = (struct twin_version){0};
}

void twin_drop(struct twin_version *fork, struct edit *e)
{
	edit_drop(e);
	oracle_release(&fork->oracle);
	*fork = (struct twin_version){0};
}

void twin_change(struct twin *t, const struct change *changes, size_t n)
{
	struct twin_version fork;
	struct edit e;

	twin_fork(twin_newest(t), &fork, &e);
	for (size_t i = 0; i < n; i++)
		twin_apply(&fork, &e, &changes[i]);
	twin_keep(t, &fork, &e);
}
