/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

#define ALLOW EFFECT_ALLOW
#define DENY  EFFECT_DENY

static const struct {
	const char *stored, *asked;
	bool matches;
} subject_cases[] =
    {
        {"user:local:a", "user:local:a", true},
        {"user:local:a", "user:local:b", false},
        {"user:local:a", "user:local:A", false},
        {"*", "user:local:a", true},
        {"*", "x", true},
        {"user:*", "user:local:a", true},
        {"user:local:*", "user:local:a", true},
        {"user:local:*", "user:ldap:a", false},
        {"user:*", "user", false},
        {"user:*", "user:", true},
        {"tls:*", "tls:service:svc:1", true},
        {"tls:service:svc:*", "tls:service:svc:1", true},
        {"user:*:a", "user:local:a", false},
        {"us*", "user:local:a", false},
        {"user:*", "user:*", true},
        {":*", ":x", true},
        {":*", "x", false},
        {"a::*", "a::b", true},
        {"a::*", "a:b", false},
        {"*", "*", true},
},
  action_cases[] =
      {
          {"a:b:c", "a:b:c", true},  {"a:b:c", "a:b:d", false}, {"*", "a:b:c", true},       {"*", "a", true},
          {"a:*", "a:b:c", true},    {"a:b:*", "a:b:c", true},  {"a:*:c", "a:b:c", true},   {"*:c", "a:b:c", true},
          {"a:*", "a:b", false},     {"a:*", "a:b:c:d", false}, {"*:c", "a:c", false},      {"a:*:c", "a:b:b:c", false},
          {"*:b:c", "a:b:c", false}, {"*:*", "a:b:c", false},   {"a:b", "a:b", true},       {"a:*:*", "a:b:c", false},
          {"a:*", "b:b:c", false},   {"*:d", "a:b:c", false},   {"a:x:*", "a:b:c", false},  {"x:*:c", "a:b:c", false},
          {"::*", "::", true},       {"*:", "::", true},        {"a:b:c", "a:b:c:", false},
},
  resource_cases[] = {
      {"a", "a", true},
      {"a", "b", false},
      {"*", "a:b", true},
      {"a:*", "a:b", true},
      {"a:*", "a:b:c", true},
      {"a:*", "a", false},
      {"a:b:*", "a:b:c:d", true},
      {"a:b:*", "a:c:d", false},
      {"a:*:c", "a:b:c", false},
      {"a:*:c", "a:*:c", true},
      {"a:*", "a:", true},
      {"*:a", "b:a", false},
      {"*", "*", true},
      {"a*", "ab", false},
      {"a:b:*", "a:b:*", true},
      {"a:b", "a:*", false},
      {"u:${a2:username}", "u:joe", true},
      {"u:${a2:username}:*", "u:joe:x:y", true},
      {"u:${a2:username}", "u:ann", false},
      {"u:${a2:username}:${a2:username}", "u:joe:joe", true},
      {"u:${a2:project}", "u:${a2:project}", true},
      {"u:${a2:project}", "u:joe", false},
      {"u:${a2:username}", "u:${a2:username}", false},
      {"u:${a2:username", "u:${a2:username", true},
      {"${a2:username}", "joe", true},
      {"x${a2:username}y", "xjoey", true},
};

/* The subject user:local:joe makes the names; the case's own subject is the stored one. */
static void test_matching(void **state)
{
	for (size_t i = 0; i < N_ELEMENTS(subject_cases) + N_ELEMENTS(action_cases) + N_ELEMENTS(resource_cases); i++) {
		size_t k = i;
		const char *stored[3] = {"user:local:joe", "a:b:c", "r"}, *asked[3] = {"user:local:joe", "a:b:c", "r"};
		bool want;
		struct query q;
		struct world w;

		if (k < N_ELEMENTS(subject_cases)) {
			stored[0] = subject_cases[k].stored;
			asked[0] = subject_cases[k].asked;
			want = subject_cases[k].matches;
		} else if ((k -= N_ELEMENTS(subject_cases)) < N_ELEMENTS(action_cases)) {
			stored[1] = action_cases[k].stored;
			asked[1] = action_cases[k].asked;
			want = action_cases[k].matches;
		} else {
			k -= N_ELEMENTS(action_cases);
			stored[2] = resource_cases[k].stored;
			asked[2] = resource_cases[k].asked;
			want = resource_cases[k].matches;
		}
		world_init(&w);
		world_put(&w, "doc", stored[0], (struct rule[]){{ALLOW, stored[1], stored[2], NULL, 0, 0, NULL}, {0}});
		q = world_query(&w, asked[0], asked[1], asked[2], NULL);
		if (strcmp(world_ask(&w, &w.engine, &q), want ? "allow doc/0" : "none") != 0)
			fail_msg("%s %s %s / %s %s %s", stored[0], stored[1], stored[2], asked[0], asked[1], asked[2]);
		world_release(&w);
	}
	(void)state;
}

static void test_usernames(void **state)
{
	static const struct {
		const char *resource, *subjects, *asked, *want;
	} cases[] = {
	    {"u:${a2:username}", "user:local:joe", "u:joe", "allow doc/0"},
	    {"u:${a2:username}", "user:ldap:joe team:local:x", "u:joe", "allow doc/0"},
	    {"u:${a2:username}", "user:local:joe user:saml:ann", "u:ann", "allow doc/0"},
	    {"u:${a2:username}", "team:local:joe", "u:joe", "none"},
	    {"u:${a2:username}", "user:joe", "u:joe", "none"},
	    {"u:${a2:username}", "user:local:joe:x", "u:joe", "none"},
	    {"u:${a2:project}", "team:local:joe", "u:${a2:project}", "none"},
	    {"u:${a2:username}", "user:local:*", "u:x:y", "allow doc/0"},
	    {"*${a2:username}", "user:local:", "anything", "allow doc/0"},
	    {"x:*${a2:username}", "user:local:", "x:y", "allow doc/0"},
	    {"x:*${a2:username}", "user:local:z", "x:y", "none"},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct rule rules[] = {{ALLOW, "*", cases[i].resource, NULL, 0, 0, NULL}, {0}};
		struct query q;
		struct world w;

		world_init(&w);
		world_put(&w, "doc", "*", rules);
		q = world_query(&w, cases[i].subjects, "a:b:c", cases[i].asked, NULL);
		/* "u:${…}" with the name "*" becomes "u:*": replacement comes before matching. */
		assert_string_equal(world_ask(&w, &w.engine, &q), cases[i].want);
		world_release(&w);
	}
}

static void test_tenants(void **state)
{
	static const struct {
		const char *name;
		struct rule rules[4];
		const char *subjects, *tenants, *want;
	} cases[] = {
	    {"all in one", {{ALLOW, "*", "*", NULL, 0, 0, NULL}}, "u", "p1", "allow doc/0 [p1]"},
	    {"listed", {{ALLOW, "*", "*", "p1 p2", 0, 0, NULL}}, "u", "p2 p3 p1", "allow doc/0 [p2 p1]"},
	    {"not listed", {{ALLOW, "*", "*", "p1", 0, 0, NULL}}, "u", "p2", "none"},
	    {"unknown id under all", {{ALLOW, "*", "*", NULL, 0, 0, NULL}}, "u", "zz p1 zz", "allow doc/0 [zz p1]"},
	    {"unknown id listed", {{ALLOW, "*", "*", "zz", 0, 0, NULL}}, "u", "zz", "allow doc/0 [zz]"},
	    {"unknown id listed, not live", {{ALLOW, "*", "*", "zz", 0, 0, NULL}}, "u", "*", "none"},
	    {"no wildcards among tenants", {{ALLOW, "*", "*", "p*", 0, 0, NULL}}, "u", "p1 p*", "allow doc/0 [p*]"},
	    {"no tenants is inert", {{ALLOW, "*", "*", "", 0, 0, NULL}}, "u", "p1", "none"},
	    {"no tenants, all", {{ALLOW, "*", "*", "", 0, 0, NULL}}, "u", "*", "none"},
	    {"no tenants, blind", {{ALLOW, "*", "*", "", 0, 0, NULL}}, "u", NULL, "allow doc/0"},
	    {"no tenants, deny is inert",
	     {{ALLOW, "*", "*", NULL, 0, 0, NULL}, {DENY, "*", "*", "", 0, 0, NULL}},
	     "u",
	     "p1 p2",
	     "allow doc/0 [p1 p2]"},
	    {"no tenants, deny, blind",
	     {{ALLOW, "*", "*", NULL, 0, 0, NULL}, {DENY, "*", "*", "", 0, 0, NULL}},
	     "u",
	     NULL,
	     "deny doc/1"},
	    {"deny in one",
	     {{ALLOW, "*", "*", NULL, 0, 0, NULL}, {DENY, "*", "*", "p1", 0, 0, NULL}},
	     "u",
	     "*",
	     "allow doc/0 [p2 p3 (unassigned)]"},
	    {"deny in one, asked",
	     {{ALLOW, "*", "*", NULL, 0, 0, NULL}, {DENY, "*", "*", "p1", 0, 0, NULL}},
	     "u",
	     "p1",
	     "deny doc/1"},
	    {"deny everywhere",
	     {{ALLOW, "*", "*", "p1 p2", 0, 0, NULL}, {DENY, "*", "*", NULL, 0, 0, NULL}},
	     "u",
	     "*",
	     "deny doc/1"},
	    {"denied allow is not named",
	     {{ALLOW, "*", "*", "p1", 0, 0, NULL},
	      {DENY, "*", "*", "p1", 0, 0, NULL},
	      {ALLOW, "*", "*", "p2", 0, 0, NULL}},
	     "u",
	     "p1 p2",
	     "allow doc/2 [p2]"},
	    {"parts all denied",
	     {{ALLOW, "*", "*", "p1 p2", 0, 0, NULL}, {DENY, "*", "*", "p1 p2 p3", 0, 0, NULL}},
	     "u",
	     "p1 p2",
	     "deny doc/1"},
	    {"unassigned", {{ALLOW, "*", "*", "(unassigned)", 0, 0, NULL}}, "u", "*", "allow doc/0 [(unassigned)]"},
	    {"unassigned listed",
	     {{ALLOW, "*", "*", NULL, 0, 0, NULL}},
	     "u",
	     "(unassigned)",
	     "allow doc/0 [(unassigned)]"},
	    {"all", {{ALLOW, "*", "*", NULL, 0, 0, NULL}}, "u", "*", "allow doc/0 [p1 p2 p3 (unassigned)]"},
	    {"none asked", {{ALLOW, "*", "*", NULL, 0, 0, NULL}}, "u", "", "none"},
	    {"none asked, deny", {{DENY, "*", "*", NULL, 0, 0, NULL}}, "u", "", "none"},
	    {"held in p1", {{ALLOW, "*", "*", NULL, 0, 0, NULL}}, "u@p1", "p1 p2", "allow doc/0 [p1]"},
	    {"held in p1, one asked", {{ALLOW, "*", "*", NULL, 0, 0, NULL}}, "u@p1", "p1", "allow doc/0 [p1]"},
	    {"held in p1, other asked", {{ALLOW, "*", "*", NULL, 0, 0, NULL}}, "u@p1", "p2", "none"},
	    {"held in p1, all", {{ALLOW, "*", "*", NULL, 0, 0, NULL}}, "u@p1", "*", "allow doc/0 [p1]"},
	    {"held in p1, blind", {{ALLOW, "*", "*", NULL, 0, 0, NULL}}, "u@p1", NULL, "allow doc/0"},
	    {"held in p1 and p3", {{ALLOW, "*", "*", NULL, 0, 0, NULL}}, "u@p1 u@p3", "*", "allow doc/0 [p1 p3]"},
	    {"held in p1 and anywhere",
	     {{ALLOW, "*", "*", NULL, 0, 0, NULL}},
	     "u@p1 u",
	     "p1 p2",
	     "allow doc/0 [p1 p2]"},
	    {"held in a tenant the statement lacks", {{ALLOW, "*", "*", "p2", 0, 0, NULL}}, "u@p1", "p1 p2", "none"},
	    {"held in an unknown tenant", {{ALLOW, "*", "*", NULL, 0, 0, NULL}}, "u@zz", "zz p1", "allow doc/0 [zz]"},
	    {"held in an unknown tenant, all", {{ALLOW, "*", "*", NULL, 0, 0, NULL}}, "u@zz", "*", "none"},
	    {"deny held in p1",
	     {{ALLOW, "*", "*", NULL, 0, 0, NULL}, {DENY, "*", "*", NULL, 0, 0, NULL}},
	     "u@p1",
	     "p1 p2",
	     "deny doc/1"},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct query q;
		struct world w;
		const char *got;

		world_init(&w);
		world_add_tenants(&w, "p1 p2 p3");
		world_put(&w, "doc", "u", cases[i].rules);
		q = world_query(&w, cases[i].subjects, "a:b:c", "r", cases[i].tenants);
		got = world_ask(&w, &w.engine, &q);
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s: %s, not %s", cases[i].name, got, cases[i].want);
		world_release(&w);
	}
}

/* The words "*" mean all, so the id "*" is asked through the struct. */
static void test_star_asked_as_tenant(void **state)
{
	struct rule rules[] = {{ALLOW, "*", "*", NULL, 0, 0, NULL}, {0}};
	struct str star = STR("*");
	struct query q;
	struct world w;

	(void)state;
	world_init(&w);
	world_put(&w, "doc", "u", rules);
	q = world_query(&w, "u", "a:b:c", "r", "x");
	q.tenants = (struct str_list){&star, 1};
	assert_string_equal(world_ask(&w, &w.engine, &q), "allow doc/0 [*]");
	world_release(&w);
}

static void test_conditions_and_time(void **state)
{
	static const struct {
		struct rule rules[3];
		const char *want;
	} cases[] = {
	    {{{ALLOW, "*", "*", NULL, 0, 0, "true"}}, "allow doc/0"},
	    {{{ALLOW, "*", "*", NULL, 0, 0, "false"}}, "none"},
	    {{{ALLOW, "*", "*", NULL, 0, 0, "unknown"}}, "none"},
	    {{{ALLOW, "*", "*", NULL, 0, 0, NULL}, {DENY, "*", "*", NULL, 0, 0, "true"}}, "deny doc/1"},
	    {{{ALLOW, "*", "*", NULL, 0, 0, NULL}, {DENY, "*", "*", NULL, 0, 0, "false"}}, "allow doc/0"},
	    {{{ALLOW, "*", "*", NULL, 0, 0, NULL}, {DENY, "*", "*", NULL, 0, 0, "unknown"}}, "deny doc/1"},
	    {{{ALLOW, "*", "*", NULL, 1000, 1001, NULL}}, "allow doc/0"},
	    {{{ALLOW, "*", "*", NULL, 1001, INT64_MAX, NULL}}, "none"},
	    {{{ALLOW, "*", "*", NULL, INT64_MIN, 1000, NULL}}, "none"},
	    {{{ALLOW, "*", "*", NULL, 0, 0, NULL}, {DENY, "*", "*", NULL, INT64_MIN, 1000, NULL}}, "allow doc/0"},
	    {{{ALLOW, "*", "*", NULL, 0, 0, NULL}, {DENY, "*", "*", NULL, 1000, INT64_MAX, NULL}}, "deny doc/1"},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct query q;
		struct world w;

		world_init(&w);
		world_put(&w, "doc", "u", cases[i].rules);
		q = world_query(&w, "u", "a:b:c", "r", NULL);
		assert_string_equal(world_ask(&w, &w.engine, &q), cases[i].want);
		world_release(&w);
	}
}

/* Replacement, removal, forks: each version keeps its answers and its counts. */
static void test_versions(void **state)
{
	struct rule yes[] = {{ALLOW, "*", "r", NULL, 0, 0, NULL}, {0}},
	            no[] = {{DENY, "*", "r", NULL, 0, 0, "true"}, {0}};
	struct engine first, second, fork;
	struct statement_set empty = {.kind = 1, .id = STR("doc"), .subjects = {&STR("u"), 1}};
	struct world w;
	struct query q;
	struct edit e;

	(void)state;
	world_init(&w);
	q = world_query(&w, "u", "a:b:c", "r", NULL);
	world_put(&w, "doc", "u v", yes);
	first = w.engine;
	assert_int_equal(first.n_statements, 1);
	world_put(&w, "doc", "u", no);
	second = w.engine;
	fork = w.engine;
	edit_init(&e);
	engine_remove(&fork, &e, 1, STR("doc"));
	engine_add_tenant(&fork, &e, STR("p"));
	assert_string_equal(world_ask(&w, &fork, &q), "none");
	assert_int_equal(fork.n_statements, 0);
	assert_int_equal(fork.n_bytes, 0);
	edit_drop(&e);
	world_remove(&w, "doc");
	world_remove(&w, "doc");
	world_remove(&w, "never");
	assert_string_equal(world_ask(&w, &first, &q), "allow doc/0");
	assert_string_equal(world_ask(&w, &second, &q), "deny doc/0");
	assert_string_equal(world_ask(&w, &w.engine, &q), "none");
	assert_int_equal(w.engine.n_statements, 0);
	assert_int_equal(w.engine.n_bytes, 0);
	assert_null(w.engine.subjects.root);
	world_put_set(&w, &empty);
	assert_string_equal(world_ask(&w, &w.engine, &q), "none");
	assert_int_equal(w.engine.n_statements, 0);
	world_release(&w);
}

/* Documents of different kinds with one id are different documents. */
static void test_kinds(void **state)
{
	struct statement st = {.effect = DENY,
	                       .actions = {&STR("*"), 1},
	                       .resources = {&STR("*"), 1},
	                       .all_tenants = true,
	                       .valid_from_ms = INT64_MIN,
	                       .valid_until_ms = INT64_MAX};
	struct statement_set set = {.kind = 2, .id = STR("doc"), .subjects = {&STR("u"), 1}, .statements = &st, 1};
	struct rule yes[] = {{ALLOW, "*", "*", NULL, 0, 0, NULL}, {0}};
	struct world w;
	struct query q;

	(void)state;
	world_init(&w);
	world_put(&w, "doc", "u", yes);
	world_put_set(&w, &set);
	q = world_query(&w, "u", "a:b:c", "r", NULL);
	assert_string_equal(world_ask(&w, &w.engine, &q), "deny doc/0");
	world_remove(&w, "doc");
	assert_string_equal(world_ask(&w, &w.engine, &q), "deny doc/0");
	world_release(&w);
}

static void test_tenant_life(void **state)
{
	struct rule rules[] = {{ALLOW, "*", "*", NULL, 0, 0, NULL}, {0}};
	struct rule late[] = {{ALLOW, "*", "*", "late p1", 0, 0, NULL}, {0}};
	struct engine before;
	struct world w;
	struct query q, q2;

	(void)state;
	world_init(&w);
	world_put(&w, "doc", "u", rules);
	world_put(&w, "doc2", "v", late);
	q = world_query(&w, "u", "a:b:c", "r", "*");
	q2 = world_query(&w, "v", "a:b:c", "r", "*");
	assert_string_equal(world_ask(&w, &w.engine, &q), "allow doc/0 [(unassigned)]");
	world_add_tenants(&w, "p1 p2 p1 (unassigned)");
	assert_string_equal(world_ask(&w, &w.engine, &q), "allow doc/0 [p1 p2 (unassigned)]");
	assert_string_equal(world_ask(&w, &w.engine, &q2), "allow doc2/0 [p1]");
	world_add_tenants(&w, "late");
	assert_string_equal(world_ask(&w, &w.engine, &q2), "allow doc2/0 [p1 late]");
	before = w.engine;
	world_remove_tenant(&w, "p1");
	world_remove_tenant(&w, "p1");
	world_remove_tenant(&w, "never");
	world_remove_tenant(&w, "(unassigned)");
	assert_string_equal(world_ask(&w, &w.engine, &q), "allow doc/0 [p2 late (unassigned)]");
	assert_string_equal(world_ask(&w, &w.engine, &q2), "allow doc2/0 [late]");
	world_add_tenants(&w, "p1"); /* again: the last in order, still the one the statement lists */
	assert_string_equal(world_ask(&w, &w.engine, &q), "allow doc/0 [p2 late p1 (unassigned)]");
	assert_string_equal(world_ask(&w, &w.engine, &q2), "allow doc2/0 [late p1]");
	assert_string_equal(world_ask(&w, &before, &q), "allow doc/0 [p1 p2 late (unassigned)]");
	world_release(&w);
}

/* A member more or less leaves the compiled statements where they are. */
static void test_members_share_the_set(void **state)
{
	struct str *members = mem_calloc(5000, sizeof(*members));
	struct statement st = {.effect = ALLOW,
	                       .actions = {&STR("*"), 1},
	                       .resources = {&STR("r"), 1},
	                       .all_tenants = true,
	                       .valid_from_ms = INT64_MIN,
	                       .valid_until_ms = INT64_MAX};
	struct statement_set set = {.kind = 1, .id = STR("doc"), .subjects = {members, 4999}, .statements = &st, 1};
	struct world w;
	struct query q, last;
	struct edit e;

	(void)state;
	world_init(&w);
	for (int i = 0; i < 5000; i++)
		members[i] = arena_strf(&w.arena, "user:local:u%d", i);
	world_put_set(&w, &set);
	q = world_query(&w, "user:local:u0", "a:b:c", "r", NULL);
	last = world_query(&w, "user:local:u4999", "a:b:c", "r", NULL);
	set.subjects = (struct str_list){members + 1, 4999};
	edit_init(&e);
	engine_put(&w.engine, &e, &set);
	/* One path less, one more, the document, one group: no block per member. */
	assert_in_range(e.fresh.n, 3, 20);
	world_seal(&w, &e);
	assert_string_equal(world_ask(&w, &w.engine, &q), "none");
	assert_string_equal(world_ask(&w, &w.engine, &last), "allow doc/0");
	world_release(&w);
	free(members);
}

struct collector {
	struct observer observer;
	struct observed seen[16];
	size_t n;
};

static void collect(struct observer *self, const struct observed *what)
{
	struct collector *c = CONTAINER_OF(self, struct collector, observer);

	assert_in_range(c->n, 0, N_ELEMENTS(c->seen) - 1);
	c->seen[c->n++] = *what;
}

static void test_explain(void **state)
{
	struct rule rules[] = {{DENY, "a:b:c", "r", NULL, 0, 0, "unknown"},
	                       {ALLOW, "x", "r", "p1", 0, 0, NULL},
	                       {ALLOW, "*", "s", NULL, 0, 5, NULL},
	                       {ALLOW, "*", "r", "p2", 0, 0, "false"},
	                       {0}};
	struct collector c = {.observer = {collect}};
	struct verdict v, plain;
	struct query q;
	struct world w;

	(void)state;
	world_init(&w);
	world_put(&w, "doc", "user:local:u user:* team:x", rules);
	q = world_query(&w, "user:local:u team:x", "a:b:c", "r", "p1");
	plain = engine_decide(&w.engine, &q, &w.arena, NULL);
	v = engine_explain(&w.engine, &q, &w.arena, NULL, &c.observer);
	assert_int_equal(v.effect, EFFECT_DENY);
	assert_int_equal(v.statement, plain.statement);
	assert_int_equal(c.n, 4); /* each once, though three patterns lead to the set */
	assert_true(c.seen[0].action_matches && c.seen[0].resource_matches && c.seen[0].tenant_matches);
	assert_int_equal(c.seen[0].condition, TRUTH_UNKNOWN);
	assert_int_equal(c.seen[0].effect, EFFECT_DENY);
	assert_true(!c.seen[1].action_matches && c.seen[1].resource_matches && c.seen[1].tenant_matches);
	assert_true(!c.seen[2].resource_matches && !c.seen[2].is_valid_now && c.seen[2].action_matches);
	assert_true(!c.seen[3].tenant_matches && c.seen[3].condition == TRUTH_FALSE);
	assert_int_equal(c.seen[3].statement, 3);
	world_release(&w);
}

static bool skip_second(uint32_t kind, struct str document)
{
	return kind == 1 && str_eq(document, STR("second"));
}

static void test_tenants_of(void **state)
{
	struct rule first[] = {{ALLOW, "x", "y", "p1 p3", 0, 0, NULL}, {DENY, "*", "*", "p2", 0, 0, NULL}, {0}};
	struct rule second[] = {{ALLOW, "x", "y", NULL, 0, 0, NULL}, {0}};
	struct subject subjects[] = {{STR("u:a"), STR_NONE}, {STR("t"), STR("p2")}};
	struct str_list l;
	struct world w;
	bool all;

	(void)state;
	world_init(&w);
	world_add_tenants(&w, "p1 p2 p3");
	world_put(&w, "first", "u:*", first);
	world_put(&w, "second", "u:a", second);
	world_put(&w, "third", "t", second);
	l = engine_tenants_of(&w.engine, subjects, 1, &w.arena, NULL, &all);
	assert_true(all);
	l = engine_tenants_of(&w.engine, subjects, 1, &w.arena, skip_second, &all);
	assert_false(all);
	assert_int_equal(l.n, 2);
	assert_true(str_eq(l.items[0], STR("p1")) && str_eq(l.items[1], STR("p3")));
	l = engine_tenants_of(&w.engine, subjects, 2, &w.arena, skip_second, &all);
	assert_false(all);
	assert_int_equal(l.n, 3);
	world_release(&w);
}

/* A long resource with many sections: linear work, and its deepest prefix still counts. */
static void test_many_sections(void **state)
{
	enum { N = 20000 };
	char *text = mem_alloc(2 * N + 2);
	struct rule rules[] = {{ALLOW, "*", text, NULL, 0, 0, NULL}, {0}};
	struct query q;
	struct world w;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		text[2 * i] = 'a';
		text[2 * i + 1] = ':';
	}
	text[2 * N] = '*';
	text[2 * N + 1] = '\0';
	world_init(&w);
	world_put(&w, "doc", "u", rules);
	for (int i = 0; i < 40; i++) /* split the subject's group, so that the resource's forms are looked up */
		world_put(&w, (const char *)arena_strf(&w.arena, "d%d", i).ptr, "u",
		          (struct rule[]){{ALLOW, "*", arena_strf(&w.arena, "r%d", i).ptr, NULL, 0, 0, NULL}, {0}});
	q = world_query(&w, "u", "a:b:c", text, NULL);
	q.resource.ptr = arena_strf(&w.arena, "%.*sb", 2 * N, text).ptr;
	q.resource.len = 2 * N + 1;
	assert_string_equal(world_ask(&w, &w.engine, &q), "allow doc/0");
	q.resource.len -= 2;
	assert_string_equal(world_ask(&w, &w.engine, &q), "none");
	world_release(&w);
	free(text);
}

/* The usual decision takes nothing from the arena. */
static void test_usual_query_does_not_allocate(void **state)
{
	struct rule rules[] = {{ALLOW, "a:b:c", "r:*", "p1 p2", 0, 0, NULL}, {0}};
	struct arena a = ARENA_INIT;
	struct query q;
	struct world w;

	(void)state;
	world_init(&w);
	world_put(&w, "doc", "team:local:t user:*", rules);
	q = world_query(&w, "user:local:u team:local:t team:ldap:x", "a:b:c", "r:1:2", "p1");
	assert_true(verdict_allows(engine_decide(&w.engine, &q, &a, NULL)));
	q = world_query(&w, "user:local:u team:local:t team:ldap:x", "a:b:c", "r:1:2", NULL);
	assert_true(verdict_allows(engine_decide(&w.engine, &q, &a, NULL)));
	assert_int_equal(a.used_bytes, 0);
	assert_null(a.chunks);
	arena_release(&a);
	world_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_matching),
	    cmocka_unit_test(test_usernames),
	    cmocka_unit_test(test_tenants),
	    cmocka_unit_test(test_star_asked_as_tenant),
	    cmocka_unit_test(test_conditions_and_time),
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_tenant_life),
	    cmocka_unit_test(test_members_share_the_set),
	    cmocka_unit_test(test_explain),
	    cmocka_unit_test(test_tenants_of),
	    cmocka_unit_test(test_many_sections),
	    cmocka_unit_test(test_usual_query_does_not_allocate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
