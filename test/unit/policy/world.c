/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

void world_init(struct world *w)
{
	*w = (struct world){0};
	engine_init(&w->engine, WORLD_SEED);
}

void world_seal(struct world *w, struct edit *e)
{
	struct edit_blocks retired;

	edit_seal(e, &retired);
	if (retired.n) {
		w->garbage.items =
		    mem_realloc_array(w->garbage.items, w->garbage.n + retired.n, sizeof(*w->garbage.items));
		memcpy(w->garbage.items + w->garbage.n, retired.items, retired.n * sizeof(*retired.items));
		w->garbage.n += retired.n;
	}
	free(retired.items);
}

void world_release(struct world *w)
{
	struct edit e;

	edit_init(&e);
	engine_retire_all(&w->engine, &e);
	world_seal(w, &e);
	edit_blocks_free_all(&w->garbage);
	arena_release(&w->arena);
}

struct str_list world_words(struct world *w, const char *text)
{
	struct str *items = ARENA_ARRAY(&w->arena, struct str, MAX_WORDS), rest = str_of(text), word;
	size_t n = 0;

	while (text && str_split(&rest, ' ', &word)) {
		assert(n < MAX_WORDS);
		if (word.len)
			items[n++] = word;
	}
	return (struct str_list){items, n};
}

struct fixed_condition {
	struct condition head;
	enum truth truth;
};

static enum truth eval_fixed(const struct condition *self, const struct query *query)
{
	(void)query;
	return ((const struct fixed_condition *)(const void *)self)->truth;
}

struct condition *world_condition(const char *truth)
{
	struct fixed_condition *c;

	if (!truth)
		return NULL;
	c = mem_alloc(sizeof(*c));
	c->head = (struct condition){.eval = eval_fixed};
	c->truth = !strcmp(truth, "true") ? TRUTH_TRUE : !strcmp(truth, "false") ? TRUTH_FALSE : TRUTH_UNKNOWN;
	return &c->head;
}

void world_put_set(struct world *w, const struct statement_set *set)
{
	struct edit e;

	edit_init(&e);
	engine_put(&w->engine, &e, set);
	world_seal(w, &e);
}

void world_put(struct world *w, const char *id, const char *subjects, const struct rule *rules)
{
	struct statement statements[8];
	struct statement_set set = {.kind = 1, .id = str_of(id), .subjects = world_words(w, subjects)};

	for (const struct rule *r = rules; r->effect != EFFECT_NONE; r++) {
		bool always = r->from_ms == 0 && r->until_ms == 0;

		assert(set.n_statements < N_ELEMENTS(statements));
		statements[set.n_statements++] = (struct statement){
		    .effect = r->effect,
		    .actions = world_words(w, r->actions),
		    .resources = world_words(w, r->resources),
		    .all_tenants = r->tenants == NULL,
		    .tenants = world_words(w, r->tenants),
		    .valid_from_ms = always ? INT64_MIN : r->from_ms,
		    .valid_until_ms = always ? INT64_MAX : r->until_ms,
		    .condition = world_condition(r->condition),
		};
	}
	set.statements = statements;
	world_put_set(w, &set);
}

void world_remove(struct world *w, const char *id)
{
	struct edit e;

	edit_init(&e);
	engine_remove(&w->engine, &e, 1, str_of(id));
	world_seal(w, &e);
}

void world_add_tenants(struct world *w, const char *ids)
{
	struct str_list l = world_words(w, ids);
	struct edit e;

	edit_init(&e);
	for (size_t i = 0; i < l.n; i++)
		engine_add_tenant(&w->engine, &e, l.items[i]);
	world_seal(w, &e);
}

void world_remove_tenant(struct world *w, const char *id)
{
	struct edit e;

	edit_init(&e);
	engine_remove_tenant(&w->engine, &e, str_of(id));
	world_seal(w, &e);
}

struct query world_query(struct world *w, const char *subjects, const char *action, const char *resource,
                         const char *tenants)
{
	struct str_list words = world_words(w, subjects);
	struct subject *items = ARENA_ARRAY(&w->arena, struct subject, words.n);
	struct query q = {.subjects = items,
	                  .n_subjects = words.n,
	                  .action = str_of(action),
	                  .resource = str_of(resource),
	                  .now_ms = 1000};

	for (size_t i = 0; i < words.n; i++) {
		size_t at = str_find(words.items[i], '@', 0);

		items[i].text = str_slice(words.items[i], 0, at);
		if (at != SIZE_MAX)
			items[i].tenant = str_slice(words.items[i], at + 1, words.items[i].len);
	}
	q.scope = !tenants ? SCOPE_BLIND : !strcmp(tenants, "*") ? SCOPE_ALL : SCOPE_LISTED;
	if (q.scope == SCOPE_LISTED)
		q.tenants = world_words(w, tenants);
	return q;
}

const char *world_ask(struct world *w, const struct engine *g, const struct query *q)
{
	struct str_list tenants;
	struct verdict v = engine_decide(g, q, &w->arena, &tenants);
	struct str out = arena_str(&w->arena, STR("none"));

	if (v.effect != EFFECT_NONE)
		out = arena_strf(&w->arena, "%s " STR_FMT "/%u", v.effect == EFFECT_ALLOW ? "allow" : "deny",
		                 STR_ARG(v.document), v.statement);
	for (size_t i = 0; i < tenants.n; i++)
		out = arena_strf(&w->arena, STR_FMT "%s" STR_FMT, STR_ARG(out), i ? " " : " [",
		                 STR_ARG(tenants.items[i]));
	return arena_concat(&w->arena, out, tenants.n ? STR("]") : STR("")).ptr;
}
