/* SPDX-License-Identifier: Apache-2.0
 *
 * Native access policies: what conditions see of a question, their three values, and how long programs live.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/ask.h"
#include "policy/native_condition.h"

#define NOW_MS INT64_C(1780000000250) /* 2026-05-28T20:26:40.250Z */

struct world {
	struct snapshot *snapshot;
	struct arena arena;
};

static void put(struct snapshot *s, const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 20);
	struct document *doc;

	document_encode(in, &body);
	assert_int_equal(document_decode(in->kind, in->id, buf_str(&body), &doc, NULL), 0);
	snapshot_put(s, doc);
}

static const struct json *parse(struct world *w, const char *text)
{
	const struct json *tree;

	if (!text)
		return NULL;
	assert_int_equal(json_parse(str_of(text), &w->arena, &tree, NULL), JSON_OK);
	return tree;
}

static void put_role_member(struct world *w, const char *role, const char *tenant)
{
	struct str id = arena_strf(&w->arena, "%s/user/alice/%s", role, tenant ? tenant : "");

	put(w->snapshot, &(struct role_member){.doc = {.kind = DOC_ROLE_MEMBER, .id = id},
	                                       .role = str_of(role),
	                                       .principal_type = STR("user"),
	                                       .principal_id = STR("alice"),
	                                       .tenant = str_of(tenant)}
	                      .doc);
}

static void put_policy(struct world *w, const char *id, bool deny, const char *subject, const char *condition)
{
	const struct str subjects[] = {str_of(subject)}, actions[] = {STR("read")}, resources[] = {STR("doc/*")};

	put(w->snapshot, &(struct access_policy){.doc = {.kind = DOC_ACCESS_POLICY, .id = str_of(id)},
	                                         .deny = deny,
	                                         .subjects = {subjects, 1},
	                                         .actions = {actions, 1},
	                                         .resources = {resources, 1},
	                                         .condition = str_of(condition)}
	                      .doc);
}

/*
 * alice, in devs, holds role "all" everywhere and "one" in t1; doc/1 is in t1 and has attributes and tags; doc/2 is
 * registered in no tenant.
 */
static void open_world(struct world *w)
{
	const struct resource_tag tags[] = {{.key = STR("Env"), .value = STR("prod")},
	                                    {.key = STR("Team"), .value = STR("a")},
	                                    {.key = STR("Env"), .value = STR("eu")}};

	*w = (struct world){.snapshot = snapshot_new(STR("o"), 5)};
	put(w->snapshot, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("t1")}}.doc);
	put(w->snapshot, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("t2")}}.doc);
	put(w->snapshot,
	    &(struct user){.doc = {.kind = DOC_USER, .id = STR("alice")},
	                   .email = STR("a@x.org"),
	                   .manager = STR("mia"),
	                   .attributes = parse(w, "{\"level\":3,\"email\":\"other\",\"nested\":{\"a\":[1,2]}}")}
	         .doc);
	put(w->snapshot,
	    &(struct group){.doc = {.kind = DOC_GROUP, .id = STR("devs")}, .display_name = STR("Developers")}.doc);
	put(w->snapshot, &(struct group_member){.doc = {.kind = DOC_GROUP_MEMBER, .id = STR("devs/alice")},
	                                        .group = STR("devs"),
	                                        .member = STR("alice")}
	                      .doc);
	put(w->snapshot, &(struct role){.doc = {.kind = DOC_ROLE, .id = STR("all")}}.doc);
	put(w->snapshot, &(struct role){.doc = {.kind = DOC_ROLE, .id = STR("one")}}.doc);
	put_role_member(w, "all", NULL);
	put_role_member(w, "one", "t1");
	put(w->snapshot, &(struct resource){.doc = {.kind = DOC_RESOURCE, .id = STR("doc/1")},
	                                    .type = STR("doc"),
	                                    .resource_id = STR("1"),
	                                    .tenant = STR("t1"),
	                                    .tags = tags,
	                                    .n_tags = N_ELEMENTS(tags),
	                                    .attributes = parse(w, "{\"status\":\"archived\",\"size\":10}")}
	                      .doc);
	put(w->snapshot, &(struct resource){.doc = {.kind = DOC_RESOURCE, .id = STR("doc/2")},
	                                    .type = STR("doc"),
	                                    .resource_id = STR("2")}
	                      .doc);
}

static void close_world(struct world *w)
{
	arena_release(&w->arena);
	snapshot_drop(w->snapshot);
}

static bool allows(struct world *w, const struct ask *q)
{
	return verdict_allows(snapshot_ask(w->snapshot, q, &w->arena, NULL).verdict);
}

/* An allow with the condition tells true from the rest, a deny with it false. */
static enum truth truth_of(struct world *w, const struct ask *q, const char *condition)
{
	bool is_true, is_not_false;

	put_policy(w, "p", false, "*", condition);
	is_true = allows(w, q);
	put_policy(w, "p", true, "*", condition);
	put_policy(w, "open", false, "*", NULL);
	is_not_false = !allows(w, q);
	assert_true(snapshot_remove(w->snapshot, DOC_ACCESS_POLICY, STR("p")));
	assert_true(snapshot_remove(w->snapshot, DOC_ACCESS_POLICY, STR("open")));
	assert_false(is_true && !is_not_false);
	return is_true ? TRUTH_TRUE : is_not_false ? TRUTH_UNKNOWN : TRUTH_FALSE;
}

#define YES     TRUTH_TRUE
#define NO      TRUTH_FALSE
#define UNKNOWN TRUTH_UNKNOWN

static const struct row {
	const char *condition;
	enum truth want;
	const char *subject, *action, *resource, *context; /* properties sent; NULL: none */
} rows[] = {
    {"subject.type == 'user' && subject.id == 'alice' && action.name == 'read'", YES},
    {"resource.type == 'doc' && resource.id == '1' && resource.tenant == 't1'", YES},
    {"false", NO},
    {"subject.properties.level == 3", YES},
    {"subject.properties.level > 3.5", NO},
    {"subject.properties.nested.a[1] == 2", YES},
    {"subject.properties.email == 'a@x.org'", YES}, /* the directory's own, not the attribute of that name */
    {"subject.properties.manager == 'mia'", YES},
    {"has(subject.properties.display_name)", NO},
    {"subject.properties.nothing == 1", UNKNOWN},
    {"subject.properties.level == 'x'", NO},
    {"subject.properties.level < 'x'", UNKNOWN},
    {"subject.properties.nothing == 1 || subject.properties.level == 3", YES},
    {"subject.properties.nothing == 1 && subject.properties.level == 4", NO},
    /* What is sent goes over what is stored, member by member. */
    {"subject.properties.level == 9 && subject.properties.manager == 'mia'", YES, "{\"level\":9}"},
    {"subject.properties.email == 'sent'", YES, "{\"email\":\"sent\"}"},
    {"size(subject.properties) == 5", YES, "{\"level\":9,\"new\":null}"},
    {"subject.properties.new == null", YES, "{\"level\":9,\"new\":null}"},
    {"action.properties.soft", YES, NULL, "{\"soft\":true}"},
    {"action.properties.soft", UNKNOWN},
    {"size(action.properties) == 0", YES},
    {"resource.properties.status == 'archived' && resource.properties.size == 10", YES},
    {"resource.properties.status == 'active' && resource.properties.size == 10", YES, NULL, NULL,
     "{\"status\":\"active\"}"},
    {"'devs' in subject.groups && subject.roles == ['all', 'one']", YES},
    {"resource.tags.Env == ['eu', 'prod'] && 'a' in resource.tags['Team']", YES},
    {"context.ip == '10.0.0.1'", YES, NULL, NULL, NULL, "{\"ip\":\"10.0.0.1\"}"},
    {"cidr('10.0.0.0/8').containsIP(context.ip)", YES, NULL, NULL, NULL, "{\"ip\":\"10.0.0.1\"}"},
    {"context.ip == '10.0.0.1'", UNKNOWN},
    {"context == {}", YES},
    {"now == timestamp('2026-05-28T20:26:40.250Z')", YES},
    {"now.getHours() < 9", NO},
    {"resource.id.matches('^[0-9]+$')", YES},
    {"context.pattern.matches(context.pattern)", UNKNOWN, NULL, NULL, NULL, "{\"pattern\":\"(\"}"},
    /* Too much to evaluate is unknown, too. */
    {"[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4,5,6,7,8,9].all(d, "
     "[1,2,3,4,5,6,7,8,9].all(e, a + b + c + d + e > 0)))))",
     UNKNOWN},
};

static struct ask ask_of(struct world *w, const struct row *r)
{
	return (struct ask){
	    .subject_type = STR("user"),
	    .subject_id = STR("a@x.org"),
	    .action = STR("read"),
	    .resource = {.type = STR("doc"), .id = STR("1")},
	    .subject_properties = parse(w, r->subject),
	    .action_properties = parse(w, r->action),
	    .resource_properties = parse(w, r->resource),
	    .context = parse(w, r->context),
	    .now_ms = NOW_MS,
	};
}

static void test_conditions(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		struct ask q = ask_of(&w, &rows[i]);
		enum truth got;

		if (i == 0)
			q.subject_id = STR("alice"); /* as asked, not as resolved */
		got = truth_of(&w, &q, rows[i].condition);
		if (got != rows[i].want)
			fail_msg("%s: %d, want %d", rows[i].condition, (int)got, (int)rows[i].want);
	}
	close_world(&w);
}

/* One tenant: its roles count, and it has a name. None or several: neither. */
static void test_tenants(void **state)
{
	static const struct str both[] = {STR_INIT("t1"), STR_INIT("t2")};
	struct ask q = {.subject_type = STR("user"),
	                .subject_id = STR("alice"),
	                .action = STR("read"),
	                .resource = {.type = STR("doc"), .id = STR("2"), .tenant = STR("t2")},
	                .now_ms = NOW_MS};
	struct world w;

	(void)state;
	open_world(&w);
	assert_int_equal(truth_of(&w, &q, "resource.tenant == 't2' && subject.roles == ['all']"), TRUTH_TRUE);
	assert_int_equal(truth_of(&w, &q, "resource.tags == {}"), TRUTH_TRUE);
	q.resource.tenant = STR_NONE;
	assert_int_equal(truth_of(&w, &q, "resource.tenant == 't2'"), TRUTH_UNKNOWN);
	assert_int_equal(truth_of(&w, &q, "has(resource.tenant)"), TRUTH_FALSE);
	q.resource.lists_tenants = true;
	q.resource.tenants = (struct str_list){both, 2};
	assert_int_equal(truth_of(&w, &q, "has(resource.tenant) || subject.roles != ['all']"), TRUTH_FALSE);
	q.resource = (struct ask_resource){.type = STR("doc"), .id = STR("unknown")};
	assert_int_equal(truth_of(&w, &q, "has(resource.tags)"), TRUTH_FALSE);
	assert_int_equal(truth_of(&w, &q, "resource.tags.Env == ['prod']"), TRUTH_UNKNOWN);
	assert_int_equal(truth_of(&w, &q, "size(resource.properties) == 0"), TRUTH_TRUE);
	close_world(&w);
}

static void test_subjects(void **state)
{
	static const struct {
		const char *type, *id, *condition;
		enum truth want;
	} cases[] = {
	    {"group", "devs", "subject.groups == ['devs'] && subject.properties.display_name == 'Developers'",
	     TRUTH_TRUE},
	    {"role", "all", "subject.roles == ['all'] && size(subject.groups) == 0", TRUTH_TRUE},
	    {"external", "alice", "size(subject.properties) == 0 && subject.groups == ['devs']", TRUTH_TRUE},
	};
	static const struct str raw[] = {STR_INIT("team:local:devs")};
	struct world w;

	(void)state;
	open_world(&w);
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct ask q = {.subject_type = str_of(cases[i].type),
		                .subject_id = str_of(cases[i].id),
		                .action = STR("read"),
		                .resource = {.type = STR("doc"), .id = STR("1")}};

		if (!strcmp(cases[i].type, "external"))
			q.raw_subjects = (struct str_list){raw, 1};
		if (truth_of(&w, &q, cases[i].condition) != cases[i].want)
			fail_msg("%s", cases[i].condition);
	}
	close_world(&w);
}

/* Large objects over large objects: found by hash, and all of them there. */
static void test_many_properties(void **state)
{
	enum { N = 500 };
	CLEANUP(buf_releasep) struct buf stored = BUF_INIT(1 << 20), sent = BUF_INIT(1 << 20);
	struct ask q = {.subject_type = STR("user"),
	                .subject_id = STR("many"),
	                .action = STR("read"),
	                .resource = {.type = STR("doc"), .id = STR("1")}};
	struct world w;

	(void)state;
	open_world(&w);
	for (int i = 0; i < N; i++) {
		buf_addf(&stored, "%s\"k%d\":\"stored\"", i ? "," : "{", i);
		buf_addf(&sent, "%s\"k%d\":\"sent\"", i ? "," : "{", 2 * i);
	}
	buf_add_char(&stored, '}');
	buf_add_char(&sent, '}');
	put(w.snapshot, &(struct user){.doc = {.kind = DOC_USER, .id = STR("many")},
	                               .attributes = parse(&w, arena_str(&w.arena, buf_str(&stored)).ptr)}
	                     .doc);
	q.subject_properties = parse(&w, arena_str(&w.arena, buf_str(&sent)).ptr);
	assert_int_equal(truth_of(&w, &q, "size(subject.properties) == 750"), TRUTH_TRUE);
	assert_int_equal(truth_of(&w, &q, "subject.properties.k498 == 'sent' && subject.properties.k499 == 'stored'"),
	                 TRUTH_TRUE);
	close_world(&w);
}

/* A role held in many tenants leads to the policy many times: the second time costs nothing. */
static void test_evaluated_once(void **state)
{
	struct native_env *env = native_env_new();
	struct condition *c = native_condition_new(env, STR("subject.properties.x == '1' + '2' + context.y"));
	struct world w;
	size_t used_bytes;

	(void)state;
	open_world(&w);
	const struct ask q = {.subject_type = STR("user"),
	                      .subject_properties = parse(&w, "{\"x\":\"123\"}"),
	                      .context = parse(&w, "{\"y\":\"3\"}"),
	                      .resource = {.type = STR("doc")}};
	struct asked asked = {.snapshot = w.snapshot, .ask = &q, .resource = &q.resource, .arena = &w.arena};
	const struct attributes attributes = {.asked = &asked};
	const struct query query = {.attributes = &attributes};
	assert_int_equal(c->eval(c, &query), TRUTH_TRUE);
	used_bytes = w.arena.used_bytes;
	for (int i = 0; i < 100; i++)
		assert_int_equal(c->eval(c, &query), TRUTH_TRUE);
	assert_int_equal(w.arena.used_bytes, used_bytes);
	/* Without a question nothing is known. */
	assert_int_equal(c->eval(c, &(struct query){0}), TRUTH_UNKNOWN);
	c->object.release(&c->object);
	native_env_free(env);
	close_world(&w);
}

/* More conditions than the memory for them begins with. */
static void test_many_policies(void **state)
{
	struct ask q = {.subject_type = STR("user"),
	                .subject_id = STR("alice"),
	                .action = STR("read"),
	                .resource = {.type = STR("doc"), .id = STR("1")}};
	struct world w;

	(void)state;
	open_world(&w);
	for (int i = 0; i < 100; i++) {
		struct str id = arena_strf(&w.arena, "p%d", i);
		struct str condition = arena_strf(&w.arena, "context.n == %d", i);

		put_policy(&w, id.ptr, true, i % 2 ? "user:alice" : "role:all", condition.ptr);
	}
	put_policy(&w, "open", false, "*", NULL);
	q.context = parse(&w, "{\"n\":100}");
	assert_true(allows(&w, &q));
	for (int i = 0; i < 100; i += 33) {
		q.context = parse(&w, arena_strf(&w.arena, "{\"n\":%d}", i).ptr);
		assert_false(allows(&w, &q));
	}
	close_world(&w);
}

/* What all conditions of a question may take together is bounded: then those that are left are unknown. */
static void test_bounded_together(void **state)
{
	static const char *const expensive =
	    "[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, "
	    "[1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4].all(d, a + b + c + d > context.m))))";
	enum { N = 700, N_FEW = 3 };
	struct ask q = {.subject_type = STR("user"),
	                .subject_id = STR("alice"),
	                .action = STR("read"),
	                .resource = {.type = STR("doc"), .id = STR("1")}};
	struct arena a = ARENA_INIT;
	struct world w;

	(void)state;
	open_world(&w);
	for (int i = 0; i < N; i++)
		put_policy(&w, arena_strf(&w.arena, "p%d", i).ptr, true, "*",
		           arena_strf(&w.arena, "!(%s) && context.n == %d", expensive, i).ptr);
	q.context = parse(&w, "{\"m\":0,\"n\":-1}");
	put_policy(&w, "open", false, "*", NULL);
	assert_false(verdict_allows(snapshot_ask(w.snapshot, &q, &a, NULL).verdict));
	/* A few of them are false, and say so. */
	for (int i = N_FEW; i < N; i++)
		assert_true(snapshot_remove(w.snapshot, DOC_ACCESS_POLICY, arena_strf(&w.arena, "p%d", i)));
	assert_true(verdict_allows(snapshot_ask(w.snapshot, &q, &a, NULL).verdict));
	arena_release(&a);
	close_world(&w);
}

/* A stored condition that this program does not understand is unknown, never absent. */
static void test_not_understood(void **state)
{
	struct world w;
	struct ask q;

	(void)state;
	open_world(&w);
	q = ask_of(&w, &rows[0]);
	assert_int_equal(truth_of(&w, &q, "subject.futureField == 1"), TRUTH_UNKNOWN);
	assert_int_equal(truth_of(&w, &q, "1 +"), TRUTH_UNKNOWN);
	close_world(&w);
}

/* The first policy comes in a fork that is dropped, then in one that is kept; then it is changed, and all is freed. */
static void test_lives_as_long_as_its_version(void **state)
{
	struct edit_blocks retired;
	struct snapshot *base, *fork;
	struct world w;
	struct ask q;

	(void)state;
	open_world(&w);
	q = ask_of(&w, &rows[0]);
	snapshot_seal(w.snapshot, &retired);
	edit_blocks_free_all(&retired);
	base = w.snapshot;
	w.snapshot = snapshot_fork(base);
	put_policy(&w, "p", false, "*", "resource.id.matches('1')");
	assert_true(allows(&w, &q));
	snapshot_drop(w.snapshot);
	assert_null(base->native_env);
	for (int i = 0; i < 3; i++) {
		fork = snapshot_fork(base);
		w.snapshot = fork;
		put_policy(&w, "p", false, "*", i ? "resource.id.matches('2')" : "resource.id.matches('1')");
		assert_int_equal(allows(&w, &q), i == 0);
		snapshot_seal(fork, &retired);
		if (i) {
			/* Who still holds the older version sees what it says. */
			w.snapshot = base;
			assert_int_equal(allows(&w, &q), i == 1);
		}
		edit_blocks_free_all(&retired);
		snapshot_free_shell(base);
		base = fork;
	}
	snapshot_free_all(base);
	arena_release(&w.arena);
}

static void test_check(void **state)
{
	struct native_env *env = native_env_new();
	struct arena a = ARENA_INIT;
	struct condition_issue issue = {0};

	(void)state;
	assert_true(native_condition_check(env, STR("subject.id == resource.id"), &a, &issue));
	assert_true(native_condition_check(NULL, STR("true"), &a, &issue));
	assert_false(native_condition_check(env, STR("true &&\n resource.props"), &a, &issue));
	assert_int_equal(issue.line, 2);
	assert_int_equal(issue.column, 10);
	assert_false(native_condition_check(env, STR("now + 1"), &a, &issue));
	assert_false(native_condition_check(env, STR("subject.id"), &a, &issue));
	assert_false(native_condition_check(NULL, STR(""), &a, &issue));
	native_env_free(env);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_conditions),     cmocka_unit_test(test_tenants),
	    cmocka_unit_test(test_subjects),       cmocka_unit_test(test_many_properties),
	    cmocka_unit_test(test_evaluated_once), cmocka_unit_test(test_many_policies),
	    cmocka_unit_test(test_not_understood), cmocka_unit_test(test_lives_as_long_as_its_version),
	    cmocka_unit_test(test_check),          cmocka_unit_test(test_bounded_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
