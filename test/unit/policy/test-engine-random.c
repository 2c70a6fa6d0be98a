/* SPDX-License-Identifier: Apache-2.0
 *
 * Random documents and queries against the rules of engine.h written as plain loops. The alphabets are small, so that
 * matches, denies, splits of groups and inner indexes of sets come up all the time; the random numbers are fixed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "world.h"

enum { N_DOCUMENTS = 160, N_ROUNDS = 12, N_CHANGES = 120, N_QUERIES = 250, MAX_STATEMENTS = 40 };

static const char *const subject_patterns[] = {"user:local:a", "user:local:b", "user:*",      "*",
                                               "team:local:x", "team:local:*", "team:ldap:y", "role:r"};
static const char *const subjects[] = {"user:local:a", "user:local:b", "user:ldap:c", "team:local:x",
                                       "team:ldap:y",  "role:r",       "other"};
static const char *const action_patterns[] = {"a:b:c", "a:b:*", "a:*:c", "*:c",   "a:*", "*",
                                              "a:b",   "d:e:f", "d:e:*", "d:*:g", "*:g", "x"};
static const char *const actions[] = {"a:b:c", "a:b:g", "a:b", "d:e:f", "d:e:g", "x", "q:q:q"};
static const char *const resource_patterns[] = {
    "r:1", "r:2", "r:3", "r:*", "r:1:*", "*", "s:1:2", "s:1:2:*", "s:*", "t", "u:${a2:username}", "u:${a2:username}:*",
    "u:*"};
static const char *const resources[] = {"r:1", "r:2", "r:1:2", "s:1:2", "s:1:2:3", "t", "u:a", "u:c:x", "u:b", "*"};
static const char *const tenants[] = {"p1", "p2", "p3", "p4", "zz", "(unassigned)"};

static uint64_t random_state;

static uint32_t pick(uint32_t below)
{
	random_state += UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(hash_u64(random_state) >> 32) % below;
}

#define PICK(array) (array[pick(N_ELEMENTS(array))])

struct plain_document {
	struct statement_set set;
	bool exists;
};

struct plain {
	struct plain_document documents[N_DOCUMENTS];
	bool is_live[N_ELEMENTS(tenants)]; /* the last is always */
	struct str order[N_ELEMENTS(tenants)];
	size_t n_order;
};

static struct str_list pick_words(struct world *w, const char *const *from, uint32_t n_from, uint32_t n)
{
	struct str *items = ARENA_ARRAY(&w->arena, struct str, n);

	for (uint32_t i = 0; i < n; i++)
		items[i] = str_of(from[pick(n_from)]);
	return (struct str_list){items, n};
}

static struct statement pick_statement(struct world *w)
{
	static const char *const truths[] = {NULL, NULL, NULL, NULL, NULL, "true", "false", "unknown"};
	struct statement s = {.effect = pick(4) ? EFFECT_ALLOW : EFFECT_DENY,
	                      .all_tenants = pick(3) == 0,
	                      .valid_from_ms = pick(10) ? INT64_MIN : 900 + (int64_t)pick(200),
	                      .valid_until_ms = pick(10) ? INT64_MAX : 900 + (int64_t)pick(200),
	                      .condition = world_condition(PICK(truths))};

	s.actions = pick_words(w, action_patterns, N_ELEMENTS(action_patterns), pick(20) ? pick(3) : 30);
	s.resources = pick_words(w, resource_patterns, N_ELEMENTS(resource_patterns), pick(20) ? pick(3) : 30);
	s.tenants = pick_words(w, tenants, N_ELEMENTS(tenants), pick(5));
	return s;
}

/* The model keeps what the engine was given, but for conditions: those belong to the engine. */
static struct condition *copy_condition(struct world *w, const struct condition *c)
{
	struct query none = {0};
	struct condition *copy;

	if (!c)
		return NULL;
	switch (c->eval(c, &none)) {
	case TRUTH_TRUE:
		return world_condition("true");
	case TRUTH_FALSE:
		return world_condition("false");
	case TRUTH_UNKNOWN:
		break;
	}
	copy = world_condition("unknown");
	(void)w;
	return copy;
}

static void forget(struct plain_document *d)
{
	for (size_t i = 0; i < d->set.n_statements && d->exists; i++)
		free((void *)(uintptr_t)d->set.statements[i].condition);
	d->exists = false;
}

static void put_random(struct world *w, struct plain *m, uint32_t i)
{
	struct statement *given = ARENA_ARRAY(&w->arena, struct statement, MAX_STATEMENTS);
	struct statement *kept = ARENA_ARRAY(&w->arena, struct statement, MAX_STATEMENTS);
	struct statement_set set = {.kind = 1 + i % 3, .id = arena_strf(&w->arena, "d%u", i / 2), .statements = given};

	set.subjects = pick_words(w, subject_patterns, N_ELEMENTS(subject_patterns), pick(4));
	set.n_statements = pick(12) ? pick(4) : MAX_STATEMENTS;
	for (size_t k = 0; k < set.n_statements; k++) {
		given[k] = kept[k] = pick_statement(w);
		kept[k].condition = copy_condition(w, given[k].condition);
	}
	if (m->documents[i].exists && pick(3) == 0) { /* the same statements, other subjects */
		set.n_statements = m->documents[i].set.n_statements;
		for (size_t k = 0; k < MAX_STATEMENTS; k++) {
			free((void *)(uintptr_t)given[k].condition);
			free((void *)(uintptr_t)kept[k].condition);
		}
		for (size_t k = 0; k < set.n_statements; k++) {
			given[k] = kept[k] = m->documents[i].set.statements[k];
			given[k].condition = copy_condition(w, kept[k].condition);
			kept[k].condition = copy_condition(w, kept[k].condition);
		}
	}
	world_put_set(w, &set);
	forget(&m->documents[i]);
	m->documents[i] = (struct plain_document){set, true};
	m->documents[i].set.statements = kept;
}

static void change(struct world *w, struct plain *m)
{
	uint32_t i = pick(N_DOCUMENTS), t = pick(N_ELEMENTS(tenants) - 1);
	struct edit e;

	edit_init(&e);
	if (pick(5) == 0) {
		engine_remove(&w->engine, &e, 1 + i % 3, arena_strf(&w->arena, "d%u", i / 2));
		forget(&m->documents[i]);
	} else if (pick(20) == 0 && !m->is_live[t]) {
		engine_add_tenant(&w->engine, &e, str_of(tenants[t]));
		m->is_live[t] = true;
		m->order[m->n_order++] = str_of(tenants[t]);
	} else if (pick(40) == 0 && m->is_live[t]) {
		engine_remove_tenant(&w->engine, &e, str_of(tenants[t]));
		m->is_live[t] = false;
		for (size_t k = 0, n = m->n_order, at = 0; k < n; k++) {
			if (str_eq(m->order[k], str_of(tenants[t])))
				m->n_order--;
			else
				m->order[at++] = m->order[k];
		}
	}
	world_seal(w, &e);
	put_random(w, m, pick(N_DOCUMENTS));
}

static bool plain_path_matches(struct str p, struct str text)
{
	if (str_eq(p, text) || str_eq(p, STR("*")))
		return true;
	return str_ends_with(p, STR(":*")) && str_starts_with(text, str_slice(p, 0, p.len - 1));
}

static bool plain_action_matches(struct world *w, struct str p, struct str text)
{
	struct str rest = text, part[4] = {{0}};
	size_t n = 0;

	while (n < 4 && str_split(&rest, ':', &part[n]))
		n++;
	if (str_eq(p, text) || str_eq(p, STR("*")))
		return true;
	if (n != 3)
		return false;
	return str_eq(p, arena_strf(&w->arena, STR_FMT ":*", STR_ARG(part[0]))) ||
	       str_eq(p, arena_strf(&w->arena, STR_FMT ":" STR_FMT ":*", STR_ARG(part[0]), STR_ARG(part[1]))) ||
	       str_eq(p, arena_strf(&w->arena, STR_FMT ":*:" STR_FMT, STR_ARG(part[0]), STR_ARG(part[2]))) ||
	       str_eq(p, arena_strf(&w->arena, "*:" STR_FMT, STR_ARG(part[2])));
}

/* The pattern "u:${a2:username}…" of the alphabet, for each user of the query. */
static bool plain_variable_matches(struct world *w, struct str p, const struct query *q)
{
	struct str variable = STR("${a2:username}");

	for (size_t i = 0; i < q->n_subjects; i++) {
		struct str rest = q->subjects[i].text, kind, provider, expanded;

		if (!str_split(&rest, ':', &kind) || !str_split(&rest, ':', &provider) || !str_eq(kind, STR("user")))
			continue;
		expanded = arena_concat3(&w->arena, STR("u:"), rest, str_slice(p, 2 + variable.len, p.len));
		if (plain_path_matches(expanded, q->resource))
			return true;
	}
	return false;
}

static bool plain_statement_matches(struct world *w, const struct statement *s, const struct query *q)
{
	bool action = false, resource = false;
	enum truth truth = s->condition ? s->condition->eval(s->condition, q) : TRUTH_TRUE;

	for (size_t i = 0; i < s->actions.n; i++)
		action = action || plain_action_matches(w, s->actions.items[i], q->action);
	for (size_t i = 0; i < s->resources.n; i++) {
		struct str p = s->resources.items[i];
		resource = resource || (str_find(p, '$', 0) != SIZE_MAX ? plain_variable_matches(w, p, q)
		                                                        : plain_path_matches(p, q->resource));
	}
	if (truth == TRUTH_FALSE || (truth == TRUTH_UNKNOWN && s->effect == EFFECT_ALLOW))
		return false;
	return action && resource && q->now_ms >= s->valid_from_ms && q->now_ms < s->valid_until_ms;
}

/* Does the set have the subject, for this tenant (absent: in the blind scope)? */
static bool plain_subject_matches(const struct statement_set *set, const struct query *q, struct str tenant)
{
	for (size_t i = 0; i < q->n_subjects; i++) {
		const struct subject *s = &q->subjects[i];

		if (!str_is_absent(tenant) && !str_is_absent(s->tenant) && !str_eq(s->tenant, tenant))
			continue;
		for (size_t k = 0; k < set->subjects.n; k++) {
			if (plain_path_matches(set->subjects.items[k], s->text))
				return true;
		}
	}
	return false;
}

static bool lists(struct str_list l, struct str s)
{
	for (size_t i = 0; i < l.n; i++) {
		if (str_eq(l.items[i], s))
			return true;
	}
	return false;
}

/* The verdict for one tenant, or blind when it is absent. */
static enum effect plain_decide(struct world *w, const struct plain *m, const struct query *q, struct str tenant)
{
	enum effect effect = EFFECT_NONE;

	for (size_t i = 0; i < N_DOCUMENTS; i++) {
		const struct statement_set *set = &m->documents[i].set;

		if (!m->documents[i].exists || !plain_subject_matches(set, q, tenant))
			continue;
		for (size_t k = 0; k < set->n_statements; k++) {
			const struct statement *s = &set->statements[k];
			if ((str_is_absent(tenant) || s->all_tenants || lists(s->tenants, tenant)) &&
			    plain_statement_matches(w, s, q) && effect != EFFECT_DENY)
				effect = s->effect;
		}
	}
	return effect;
}

static struct query pick_query(struct world *w)
{
	uint32_t n = 1 + pick(4);
	struct subject *items = ARENA_ARRAY(&w->arena, struct subject, n);
	struct query q = {.subjects = items, .n_subjects = n, .now_ms = 1000};

	for (uint32_t i = 0; i < n; i++) {
		items[i].text = str_of(PICK(subjects));
		if (pick(4) == 0)
			items[i].tenant = str_of(PICK(tenants));
	}
	q.action = str_of(PICK(actions));
	q.resource = str_of(PICK(resources));
	q.scope = pick(4) == 0 ? SCOPE_BLIND : pick(3) == 0 ? SCOPE_ALL : SCOPE_LISTED;
	if (q.scope == SCOPE_LISTED)
		q.tenants = pick_words(w, tenants, N_ELEMENTS(tenants), pick(2) ? 1 : pick(6));
	return q;
}

/* The statement that the verdict names exists, has its effect and matches. */
static void check_named(struct world *w, const struct plain *m, const struct query *q, struct verdict v)
{
	for (size_t i = 0; i < N_DOCUMENTS; i++) {
		const struct statement_set *set = &m->documents[i].set;

		if (!m->documents[i].exists || set->kind != v.kind || !str_eq(set->id, v.document))
			continue;
		assert_in_range(v.statement, 0, set->n_statements - 1);
		assert_int_equal(set->statements[v.statement].effect, v.effect);
		assert_true(plain_statement_matches(w, &set->statements[v.statement], q));
		assert_true(plain_subject_matches(set, q, STR_NONE));
		return;
	}
	fail_msg("the verdict names a document that does not exist");
}

static struct str_list asked_tenants(struct world *w, const struct plain *m, const struct query *q)
{
	struct str *items = ARENA_ARRAY(&w->arena, struct str, 64);
	struct str_list l = {items, 0};

	if (q->scope == SCOPE_ALL) {
		memcpy(items, m->order, m->n_order * sizeof(*items));
		items[m->n_order] = STR("(unassigned)");
		l.n = m->n_order + 1;
	}
	for (size_t i = 0; i < q->tenants.n; i++) {
		if (!lists(l, q->tenants.items[i]))
			items[l.n++] = q->tenants.items[i];
	}
	return l;
}

static void ignore(struct observer *self, const struct observed *what)
{
	(void)self;
	assert_true(what->effect != EFFECT_NONE);
}

static void check_query(struct world *w, const struct plain *m, const struct query *q)
{
	struct str_list got, explained, asked = asked_tenants(w, m, q);
	struct verdict v = engine_decide(&w->engine, q, &w->arena, &got), x;
	struct observer observer = {ignore};
	enum effect best = EFFECT_NONE;
	size_t n = 0;

	if (q->scope == SCOPE_BLIND)
		best = plain_decide(w, m, q, STR_NONE);
	for (size_t i = 0; i < asked.n; i++) {
		enum effect effect = plain_decide(w, m, q, asked.items[i]);

		if (effect == EFFECT_ALLOW) {
			assert_in_range(n, 0, got.n);
			assert_true(n < got.n && str_eq(got.items[n++], asked.items[i]));
		}
		if (effect == EFFECT_ALLOW || best == EFFECT_NONE)
			best = effect;
	}
	assert_int_equal(got.n, n);
	assert_int_equal(v.effect, best);
	if (v.effect != EFFECT_NONE)
		check_named(w, m, q, v);
	x = engine_explain(&w->engine, q, &w->arena, &explained, &observer);
	assert_int_equal(x.effect, v.effect);
	assert_int_equal(explained.n, got.n);
	assert_int_equal(engine_decide(&w->engine, q, &w->arena, NULL).effect, v.effect);
}

/* ---- sets looked up by what they say ---------------------------------------------------------------------- */

static bool plain_is_wild(struct str p)
{
	return str_ends_with(p, STR("*")) || str_find(p, '$', 0) != SIZE_MAX;
}

static bool plain_meets_action(struct world *w, struct str p, struct str_list asked)
{
	for (size_t i = 0; i < asked.n; i++)
		if (str_find(asked.items[i], '*', 0) != SIZE_MAX || plain_action_matches(w, p, asked.items[i]))
			return true;
	return false;
}

static bool plain_meets_resource(struct str p, struct str_list asked)
{
	for (size_t i = 0; i < asked.n; i++)
		if (plain_is_wild(asked.items[i]) || str_find(p, '$', 0) != SIZE_MAX ||
		    plain_path_matches(p, asked.items[i]))
			return true;
	return false;
}

static bool plain_set_meets(struct world *w, const struct statement_set *set, const struct said_search *search)
{
	for (size_t i = 0; i < set->n_statements; i++) {
		const struct statement *s = &set->statements[i];
		bool action = false, resource = search->by_action >> set->kind & 1;

		for (size_t k = 0; k < s->actions.n; k++)
			action = action || plain_meets_action(w, s->actions.items[k], search->actions);
		for (size_t k = 0; k < s->resources.n; k++)
			resource = resource || plain_meets_resource(s->resources.items[k], search->resources);
		if (action && resource)
			return true;
	}
	return false;
}

struct visits {
	struct arena *arena;
	uint64_t n, n_right;
	const struct said_search *search;
	const struct plain *plain;
	struct world *world;
};

static bool count_visit(void *self, const struct cset *set)
{
	struct visits *v = self;
	const struct said said = said_at(set, 0, v->arena);

	v->n++;
	for (size_t i = 0; i < N_DOCUMENTS; i++) {
		const struct plain_document *d = &v->plain->documents[i];

		if (d->exists && d->set.kind == said.kind && str_eq(d->set.id, said.document))
			v->n_right += plain_set_meets(v->world, &d->set, v->search);
	}
	return true;
}

/* The words of patterns and of what is asked for: both are asked about. */
static struct str_list pick_either(struct world *w, const char *const *one, uint32_t n_one, struct str_list other)
{
	return pick(2) ? pick_words(w, one, n_one, 1 + pick(2)) : other;
}

static void check_search(struct world *w, const struct plain *m)
{
	const struct str_list patterns = pick_words(w, action_patterns, N_ELEMENTS(action_patterns), 1 + pick(2));
	const struct str_list paths = pick_words(w, resource_patterns, N_ELEMENTS(resource_patterns), 1 + pick(2));
	const struct said_search search = {
	    .actions = pick_either(w, actions, N_ELEMENTS(actions), patterns),
	    .resources = pick_either(w, resources, N_ELEMENTS(resources), paths),
	    .by_action = pick(4) ? 0 : UINT64_C(1) << (1 + pick(3)),
	};
	struct visits v = {&w->arena, 0, 0, &search, m, w};
	uint64_t n_meeting = 0;

	for (size_t i = 0; i < N_DOCUMENTS; i++)
		n_meeting += m->documents[i].exists && plain_set_meets(w, &m->documents[i].set, &search);
	engine_each_set_about(&w->engine, &search, count_visit, &v);
	assert_int_equal(v.n_right, n_meeting);
	/* Few others: a statement without what its filter promises is one by chance. */
	assert_int_equal(v.n, n_meeting);
}

static void test_random(void **state)
{
	struct plain *m = mem_calloc(1, sizeof(*m));
	struct world w;

	(void)state;
	random_state = 1;
	world_init(&w);
	for (int round = 0; round < N_ROUNDS; round++) {
		uint64_t n_statements = 0;

		for (int i = 0; i < N_CHANGES; i++)
			change(&w, m);
		for (int i = 0; i < N_QUERIES; i++) {
			struct query q = pick_query(&w);
			check_query(&w, m, &q);
			check_search(&w, m);
		}
		for (size_t i = 0; i < N_DOCUMENTS; i++)
			n_statements += m->documents[i].exists ? m->documents[i].set.n_statements : 0;
		assert_int_equal(w.engine.n_statements, n_statements);
	}
	for (uint32_t i = 0; i < N_DOCUMENTS; i++) {
		struct edit e;

		edit_init(&e);
		engine_remove(&w.engine, &e, 1 + i % 3, arena_strf(&w.arena, "d%u", i / 2));
		world_seal(&w, &e);
		forget(&m->documents[i]);
	}
	assert_int_equal(w.engine.n_statements, 0);
	assert_int_equal(w.engine.n_bytes, 0);
	assert_null(w.engine.subjects.root);
	assert_null(w.engine.sets.root);
	world_release(&w);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
