/* SPDX-License-Identifier: Apache-2.0
 *
 * From a subject and a resource to the actions that statements and grants about them name.
 */
#include "model/confident.h"
#include "model/langsmith.h"
#include "policy/grant_source.h"
#include "policy/search-impl.h"

struct hunt {
	struct engine_names names; /* takes actions in */
	struct candidates found;
};

static bool take_action(struct engine_names *self, struct str action)
{
	struct candidates *c = &CONTAINER_OF(self, struct hunt, names)->found;

	if (str_find(action, '*', 0) != SIZE_MAX)
		c->is_all = true;
	return !c->is_all && candidates_add(c, action);
}

/* What grants can give, in order. */
static const struct str levels[] = {STR_INIT("admin"), STR_INIT("read"), STR_INIT("write")};

/* The actions that are known without a statement that names them, in order. */
static struct str_list catalog(struct arena *a)
{
	struct candidates c = {.list = {.arena = a}, .max = SIZE_MAX};
	size_t n_langsmith, n_confident;
	const struct langsmith_permission *langsmith = langsmith_permissions(&n_langsmith);
	const struct confident_permission *confident = confident_permissions(&n_confident);

	for (size_t i = 0; i < n_langsmith; i++)
		strs_add(&c.list, langsmith[i].name);
	for (size_t i = 0; i < n_confident; i++)
		strs_add(&c.list, confident[i].name);
	for (size_t i = 0; i < N_ELEMENTS(levels); i++)
		strs_add(&c.list, levels[i]);
	strs_add(&c.list, STR("use"));
	candidates_sort(&c);
	return strs_list(&c.list);
}

/* Whoever's action has no target is not asked about one. */
static void put_action(struct ask *ask, const struct search *q, struct str candidate)
{
	ask->action = candidate;
	ask->target = ask_takes_target(candidate) ? q->ask->target : NULL;
}

void search_actions(const struct snapshot *s, const struct search *q, struct arena *a, struct search_page *ret)
{
	struct hunt h = {.names.name = take_action};
	struct streams streams = {0};
	struct query query = {.now_ms = q->ask->now_ms};

	*ret = (struct search_page){.at = q->behind};
	ask_name_subjects(s, q->ask, a, &query);
	if (!ask_name_resource(s, &q->ask->resource, a, &query) ||
	    !search_knows(s, &q->ask->resource, query.resource, a))
		return;
	h.found = (struct candidates){.list = {.arena = a}, .max = candidates_worth(q, s->engine.actions.n)};
	h.names.max_steps = 2 * h.found.max;
	if (!engine_each_action(&s->engine, &query, a, &h.names))
		h.found.is_all = true;
	candidates_sort(&h.found);
	if (h.found.is_all) {
		streams.items[streams.n++] = stream_of_list(catalog(a), q->behind);
		streams.items[streams.n++] = stream_of_actions(s, q->behind);
	} else {
		streams.items[streams.n++] = stream_of_list((struct str_list){levels, N_ELEMENTS(levels)}, q->behind);
		streams.items[streams.n++] = stream_of_list(strs_list(&h.found.list), q->behind);
	}
	search_fill(s, q, &streams, put_action, a, ret);
}
