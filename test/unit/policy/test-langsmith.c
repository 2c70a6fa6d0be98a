/* SPDX-License-Identifier: Apache-2.0
 *
 * LangSmith's policies decided: how they combine with roles, whose resource's tags count, what the switches do, and
 * that a decision looks at few of many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tagged.h"

#define P_PROD "projects:read project Env equals prod"
#define R_PROD "runs:read project Env equals prod"
#define ABSENT "projects:read project Client equals_if_exists Acme"

/* Asks in w1 about type/id with these tags; NULL: none stated. */
static struct verdict ask(const struct snapshot *s, const char *user, const char *action, const char *type,
                          const char *tags)
{
	struct arena a = ARENA_INIT;
	struct ask q = {.subject_type = STR("user"), .subject_id = str_of(user), .action = str_of(action)};
	struct verdict v;

	q.resource = (struct ask_resource){.type = str_of(type), .id = STR("x1"), .tenant = STR("w1")};
	if (tags) {
		q.resource.is_described = q.resource.states_tags = true;
		q.resource.n_tags = tagged_tags(&a, tags, &q.resource.tags);
	}
	v = snapshot_ask(s, &q, &a, NULL).verdict;
	arena_release(&a);
	return v;
}

struct row {
	const char *what;
	const char *allow, *deny; /* groups of a policy held by reader and empty; NULL: no such policy */
	const char *user, *action, *type, *tags;
	bool want;
};

/* alice's role has the permission, bob's has not. */
static const struct row rows[] = {
    {"role, no policies", NULL, NULL, "alice", "projects:read", "project", "Env=prod", true},
    {"no role, no policies", NULL, NULL, "bob", "projects:read", "project", "Env=prod", false},
    {"role, allow does not match", P_PROD, NULL, "alice", "projects:read", "project", "Env=dev", true},
    {"role, allow matches", P_PROD, NULL, "alice", "projects:read", "project", "Env=prod", true},
    {"role, deny matches", NULL, P_PROD, "alice", "projects:read", "project", "Env=prod", false},
    {"role, both match", P_PROD, P_PROD, "alice", "projects:read", "project", "Env=prod", false},
    {"no role, allow matches", P_PROD, NULL, "bob", "projects:read", "project", "Env=prod", true},
    {"no role, both match", P_PROD, P_PROD, "bob", "projects:read", "project", "Env=prod", false},
    {"no role, deny matches", NULL, P_PROD, "bob", "projects:read", "project", "Env=prod", false},
    {"no role, allow does not match", P_PROD, NULL, "bob", "projects:read", "project", "Env=dev", false},
    {"no member of the workspace", P_PROD, NULL, "nobody", "projects:read", "project", "Env=prod", false},
    {"second of two groups", "projects:read project Env equals qa | " P_PROD, NULL, "bob", "projects:read", "project",
     "Env=prod", true},
    {"another permission", P_PROD, NULL, "bob", "projects:delete", "project", "Env=prod", false},
    {"another type", P_PROD, NULL, "bob", "projects:read", "dataset", "Env=prod", false},
    {"if_exists: the value", ABSENT, NULL, "bob", "projects:read", "project", "Client=Acme", true},
    {"if_exists: no such tag", ABSENT, NULL, "bob", "projects:read", "project", "", true},
    {"if_exists: another type, spelled as if its name began so", ABSENT, NULL, "bob", "projects:read", "project:x", "",
     false},
    {"if_exists: another value", ABSENT, NULL, "bob", "projects:read", "project", "Client=Other", false},
    {"if_exists denies what has no such tag", NULL, ABSENT, "alice", "projects:read", "project", "", false},
    {"... and not another value", NULL, ABSENT, "alice", "projects:read", "project", "Client=Other", true},
    {"many values: one is enough", P_PROD, NULL, "bob", "projects:read", "project", "Env=dev Env=prod", true},
    {"many values: deny", NULL, P_PROD, "alice", "projects:read", "project", "Env=dev Env=prod", false},
    {"case of the value", NULL, P_PROD, "alice", "projects:read", "project", "Env=Prod", true},
    {"queue under its name", "annotation-queues:read queues Env equals a", NULL, "bob", "annotation-queues:read",
     "queue", "Env=a", true},
    {"queue under the other name", "annotation-queues:read queue Env equals a", NULL, "bob", "annotation-queues:read",
     "queues", "Env=a", true},
    {"... with a condition that no tag leads to", "annotation-queues:read queue Env equals_if_exists a", NULL, "bob",
     "annotation-queues:read", "queues", "", true},
    {"runs are asked on runs", R_PROD, NULL, "bob", "runs:read", "run", "Env=prod", true},
    {"runs are asked on projects", R_PROD, NULL, "bob", "runs:read", "project", "Env=prod", true},
    {"projects:read is not runs:read", P_PROD, NULL, "bob", "runs:read", "run", "Env=prod", false},
    {"projects:read is not asked on runs", P_PROD, NULL, "bob", "projects:read", "run", "Env=prod", false},
    {"unknown tags: an allow does not match", P_PROD, NULL, "bob", "projects:read", "project", NULL, false},
    {"unknown tags: nor one that no tag leads to", ABSENT, NULL, "bob", "projects:read", "project", NULL, false},
    {"unknown tags: a deny does", NULL, P_PROD, "alice", "projects:read", "project", NULL, false},
    {"unknown tags: of a run", NULL, R_PROD, "alice", "runs:read", "run", NULL, false},
    {"unknown tags: a deny of another type does not", NULL, "datasets:read dataset Env equals prod", "alice",
     "projects:read", "project", NULL, true},
    {"unknown tags: a deny of another permission does not", NULL, "projects:delete project Env equals prod", "alice",
     "projects:read", "project", NULL, true},
    {"a type without policies", NULL, P_PROD, "alice", "projects:read", "dashboard", "Env=prod", true},
};

static void test_decisions(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const struct row *r = &rows[i];
		/* In either order of creation. */
		for (int order = 0; order < 2; order++) {
			struct snapshot *s = tagged_new();

			if (r->allow && order == 0)
				tagged_policy(s, "allow", false, r->allow, "reader empty");
			if (r->deny)
				tagged_policy(s, "deny", true, r->deny, "empty reader");
			if (r->allow && order == 1)
				tagged_policy(s, "allow", false, r->allow, "reader empty");
			if (verdict_allows(ask(s, r->user, r->action, r->type, r->tags)) != r->want)
				fail_msg("%s: want %s", r->what, r->want ? "allow" : "deny");
			snapshot_drop(s);
		}
	}
}

static void test_attachment_to_roles(void **state)
{
	(void)state;
	struct snapshot *s = tagged_new();

	tagged_policy(s, "p", true, P_PROD, "empty");
	assert_true(verdict_allows(ask(s, "alice", "projects:read", "project", "Env=prod")));
	tagged_policy(s, "p", true, P_PROD, "reader");
	assert_false(verdict_allows(ask(s, "alice", "projects:read", "project", "Env=prod")));
	tagged_policy(s, "p", true, P_PROD, "");
	assert_true(verdict_allows(ask(s, "alice", "projects:read", "project", "Env=prod")));
	/* An Organization Admin is Admin of every workspace, and so are its policies hers. */
	assert_true(verdict_allows(ask(s, "olga", "projects:read", "project", "Env=prod")));
	tagged_policy(s, "p", true, P_PROD, LANGSMITH_WORKSPACE_ADMIN);
	assert_false(verdict_allows(ask(s, "olga", "projects:read", "project", "Env=prod")));
	assert_false(verdict_allows(ask(s, "ada", "projects:read", "project", "Env=prod")));
	assert_true(verdict_allows(ask(s, "olga", "organization:manage", "organization", NULL)));
	assert_true(verdict_allows(ask(s, "alice", "projects:read", "project", "Env=prod")));
	assert_true(snapshot_remove(s, DOC_TAG_POLICY, STR("p")));
	assert_true(verdict_allows(ask(s, "ada", "projects:read", "project", "Env=prod")));
	snapshot_drop(s);
}

static void test_attachment_to_groups(void **state)
{
	(void)state;
	struct snapshot *s = tagged_new();
	struct deciding by;

	/* The attachment may be there first. */
	tagged_attach(s, "p", "team", NULL);
	assert_false(verdict_allows(ask(s, "bob", "projects:read", "project", "Env=prod")));
	tagged_policy(s, "p", false, P_PROD, "");
	by = snapshot_deciding(s, ask(s, "bob", "projects:read", "project", "Env=prod"));
	assert_int_equal(by.kind, DOC_TAG_POLICY);
	assert_true(str_eq(by.id, STR("p")));
	assert_false(verdict_allows(ask(s, "nobody", "projects:read", "project", "Env=prod")));
	/* It says what the policy says now. */
	tagged_policy(s, "p", false, "projects:read project Env equals qa", "");
	assert_false(verdict_allows(ask(s, "bob", "projects:read", "project", "Env=prod")));
	assert_true(verdict_allows(ask(s, "bob", "projects:read", "project", "Env=qa")));
	/* Only where it is attached. */
	assert_true(snapshot_remove(s, DOC_POLICY_ATTACHMENT, STR("p/team/")));
	tagged_attach(s, "p", "team", "w2");
	assert_false(verdict_allows(ask(s, "bob", "projects:read", "project", "Env=qa")));
	tagged_attach(s, "p", "team", "w1");
	assert_true(verdict_allows(ask(s, "bob", "projects:read", "project", "Env=qa")));
	assert_true(snapshot_remove(s, DOC_TAG_POLICY, STR("p")));
	assert_false(verdict_allows(ask(s, "bob", "projects:read", "project", "Env=qa")));
	snapshot_drop(s);
}

static void test_who_decided(void **state)
{
	(void)state;
	struct snapshot *s = tagged_new();
	struct deciding by;

	tagged_policy(s, "p", true, P_PROD, "reader");
	by = snapshot_deciding(s, ask(s, "alice", "projects:read", "project", "Env=prod"));
	assert_int_equal(by.kind, DOC_TAG_POLICY);
	assert_true(str_eq(by.id, STR("p")));
	by = snapshot_deciding(s, ask(s, "alice", "projects:read", "project", ""));
	assert_int_equal(by.kind, DOC_ROLE);
	assert_true(str_eq(by.id, STR("reader")));
	by = snapshot_deciding(s, ask(s, "bob", "projects:read", "project", ""));
	assert_int_equal(by.kind, DOC_NONE);
	assert_true(str_is_absent(by.id));
	snapshot_drop(s);
}

static void test_switches(void **state)
{
	(void)state;
	struct snapshot *s = tagged_new();

	tagged_policy(s, "p", true, P_PROD, "reader");
	tagged_policy(s, "q", false, "datasets:read dataset Env equals prod", "");
	tagged_attach(s, "q", "team", NULL);
	tagged_organization(s, false, true);
	assert_true(verdict_allows(ask(s, "alice", "projects:read", "project", "Env=prod")));
	assert_false(verdict_allows(ask(s, "bob", "datasets:read", "dataset", "Env=prod")));
	/* A policy that comes while they say nothing says nothing. */
	tagged_policy(s, "r", true, "datasets:read dataset Env equals prod", "reader");
	assert_true(verdict_allows(ask(s, "alice", "datasets:read", "dataset", "Env=prod")));
	tagged_organization(s, true, true);
	assert_true(verdict_allows(ask(s, "bob", "datasets:delete", "dataset", "")));
	assert_true(verdict_allows(ask(s, "olga", "datasets:delete", "dataset", "")));
	assert_false(verdict_allows(ask(s, "bob", "organization:manage", "organization", NULL)));
	assert_false(verdict_allows(ask(s, "nobody", "datasets:delete", "dataset", "")));
	tagged_organization(s, false, false);
	assert_false(verdict_allows(ask(s, "bob", "datasets:delete", "dataset", "")));
	assert_false(verdict_allows(ask(s, "alice", "projects:read", "project", "Env=prod")));
	assert_false(verdict_allows(ask(s, "alice", "datasets:read", "dataset", "Env=prod")));
	assert_true(verdict_allows(ask(s, "bob", "datasets:read", "dataset", "Env=prod")));
	/* Without the document all is as it is by default. */
	tagged_organization(s, true, false);
	assert_true(snapshot_remove(s, DOC_ORGANIZATION, STR("o")));
	assert_false(verdict_allows(ask(s, "bob", "datasets:delete", "dataset", "")));
	snapshot_drop(s);
}

/* ---- whose tags -------------------------------------------------------------------------------------------- */

/* What the question says of the resource beside type and id. */
struct told {
	bool is_described;
	const char *tags, *parent;
};

static bool is_denied(const struct snapshot *s, const char *action, const char *type, const char *id, struct told said)
{
	struct arena a = ARENA_INIT;
	struct ask q = {.subject_type = STR("user"), .subject_id = STR("alice"), .action = str_of(action)};
	bool allowed;

	q.resource = (struct ask_resource){.type = str_of(type),
	                                   .id = str_of(id),
	                                   .tenant = STR("w1"),
	                                   .is_described = said.is_described,
	                                   .states_tags = said.tags,
	                                   .parent = str_of(said.parent)};
	if (said.tags)
		q.resource.n_tags = tagged_tags(&a, said.tags, &q.resource.tags);
	allowed = verdict_allows(snapshot_ask(s, &q, &a, NULL).verdict);
	arena_release(&a);
	return !allowed;
}

static void test_whose_tags(void **state)
{
	(void)state;
	struct snapshot *s = tagged_new();

	tagged_policy(s, "p", true, P_PROD " | " R_PROD, "reader");
	tagged_resource(s, "project", "prod", "Env=prod");
	tagged_resource(s, "project", "dev", "Env=dev");
	tagged_resource(s, "run", "tagged", "Env=dev");
	tagged_put(s, &(struct resource){.doc = {.kind = DOC_RESOURCE, .id = STR("run/of-prod")},
	                                 .type = STR("run"),
	                                 .resource_id = STR("of-prod"),
	                                 .tenant = STR("w1"),
	                                 .parent = STR("project/prod")}
	                   .doc);
	assert_true(is_denied(s, "projects:read", "project", "prod", (struct told){0}));
	assert_false(is_denied(s, "projects:read", "project", "dev", (struct told){0}));
	/* What is stated counts, and instead of what is registered. */
	assert_false(is_denied(s, "projects:read", "project", "prod", (struct told){true, "Env=dev", NULL}));
	assert_false(is_denied(s, "projects:read", "project", "prod", (struct told){true, "", NULL}));
	assert_true(is_denied(s, "projects:read", "project", "dev", (struct told){true, "Env=prod", NULL}));
	/* A description without tags leaves the registered ones. */
	assert_true(is_denied(s, "projects:read", "project", "prod", (struct told){true, NULL, NULL}));
	/* Not registered: described as having none, or unknown. */
	assert_false(is_denied(s, "projects:read", "project", "new", (struct told){true, NULL, NULL}));
	assert_true(is_denied(s, "projects:read", "project", "new", (struct told){0}));
	/* A run: its parent's. */
	assert_true(is_denied(s, "runs:read", "run", "of-prod", (struct told){0}));
	assert_false(is_denied(s, "runs:read", "run", "of-prod", (struct told){true, NULL, "project/dev"}));
	assert_true(is_denied(s, "runs:read", "run", "r1", (struct told){true, NULL, "project/prod"}));
	assert_false(is_denied(s, "runs:read", "run", "r1", (struct told){true, "Env=dev", "project/prod"}));
	assert_true(is_denied(s, "runs:read", "run", "r1", (struct told){true, NULL, "project/unregistered"}));
	assert_true(is_denied(s, "runs:read", "run", "r1", (struct told){true, NULL, "run/tagged"}));
	assert_true(is_denied(s, "runs:read", "run", "r1", (struct told){true, NULL, NULL}));
	assert_true(is_denied(s, "runs:read", "run", "tagged", (struct told){0}));
	snapshot_drop(s);
}

/* The tenant of a run that no one names is its project's. */
static void test_tenant_of_a_run(void **state)
{
	(void)state;
	struct snapshot *s = tagged_new();
	struct arena a = ARENA_INIT;
	struct ask q = {.subject_type = STR("user"), .subject_id = STR("alice"), .action = STR("runs:read")};

	q.resource = (struct ask_resource){.type = STR("run"), .id = STR("r1"), .parent = STR("project/p")};
	tagged_resource(s, "project", "p", "");
	assert_true(verdict_allows(snapshot_ask(s, &q, &a, NULL).verdict));
	tagged_put(s, &(struct resource){.doc = {.kind = DOC_RESOURCE, .id = STR("project/p")},
	                                 .type = STR("project"),
	                                 .resource_id = STR("p"),
	                                 .tenant = STR("w2")}
	                   .doc);
	assert_false(verdict_allows(snapshot_ask(s, &q, &a, NULL).verdict));
	arena_release(&a);
	snapshot_drop(s);
}

static void test_targets(void **state)
{
	(void)state;
	struct snapshot *s = tagged_new();
	struct arena a = ARENA_INIT;
	struct ask_resource target = {.type = STR("dataset"), .id = STR("to"), .tenant = STR("w1")};
	struct ask q = {.subject_type = STR("user"), .subject_id = STR("alice"), .action = STR("datasets:clone")};
	struct answer answer;
	static const struct str both[] = {STR_INIT("w1"), STR_INIT("w2")};

	tagged_policy(s, "p", true, "datasets:clone dataset PII equals yes", "reader");
	tagged_resource(s, "dataset", "from", "PII=no");
	tagged_resource(s, "dataset", "to", "PII=no");
	q.resource = (struct ask_resource){
	    .type = STR("dataset"), .id = STR("from"), .lists_tenants = true, .tenants = {both, 2}};
	q.target = &target;
	answer = snapshot_ask(s, &q, &a, NULL);
	assert_true(verdict_allows(answer.verdict));
	assert_int_equal(answer.tenants.n, 1);
	tagged_resource(s, "dataset", "to", "PII=yes");
	answer = snapshot_ask(s, &q, &a, NULL);
	assert_int_equal(answer.verdict.effect, EFFECT_DENY);
	assert_int_equal(answer.tenants.n, 0);
	assert_ptr_equal(answer.about, &target);
	tagged_resource(s, "dataset", "to", "PII=no");
	tagged_resource(s, "dataset", "from", "PII=yes");
	answer = snapshot_ask(s, &q, &a, NULL);
	assert_false(verdict_allows(answer.verdict));
	assert_ptr_equal(answer.about, &q.resource);
	/* The target has its own tenant. */
	tagged_resource(s, "dataset", "from", "");
	target.tenant = STR("w2");
	assert_int_equal(snapshot_ask(s, &q, &a, NULL).verdict.effect, EFFECT_NONE);
	assert_true(ask_takes_target(STR("datasets:clone")));
	assert_false(ask_takes_target(STR("datasets:read")));
	arena_release(&a);
	snapshot_drop(s);
}

/* ---- how many are looked at -------------------------------------------------------------------------------- */

struct counter {
	struct observer observer;
	size_t n;
};

static void count(struct observer *self, const struct observed *what)
{
	(void)what;
	((struct counter *)(void *)self)->n++;
}

/* Statements that a question about these tags (NULL: unknown) looks at. */
static size_t n_considered(const struct snapshot *s, const char *tags, bool *ret_allowed)
{
	struct arena a = ARENA_INIT;
	struct counter c = {{count}, 0};
	struct ask q = {.subject_type = STR("user"), .subject_id = STR("alice"), .action = STR("projects:read")};

	q.resource = (struct ask_resource){.type = STR("project"), .id = STR("x1"), .tenant = STR("w1")};
	q.resource.states_tags = tags;
	if (tags)
		q.resource.n_tags = tagged_tags(&a, tags, &q.resource.tags);
	*ret_allowed = verdict_allows(snapshot_ask(s, &q, &a, &c.observer).verdict);
	arena_release(&a);
	return c.n;
}

static void test_few_of_many(void **state)
{
	(void)state;
	static const char *const shapes[] = {"equals prod-%u-x", "equals_ignore_case PROD-%u-X", "matches prod-%u-*",
	                                     "matches *-%u-x", "matches *d-%u*"};
	enum { N = 10000 };
	struct arena a = ARENA_INIT;

	for (size_t k = 0; k < N_ELEMENTS(shapes); k++) {
		struct snapshot *s = tagged_new();
		bool allowed;

		for (unsigned i = 0; i < N; i++) {
			struct str shape = str_of(shapes[k]), number = arena_strf(&a, "%05u", i), text;
			size_t at = str_find(shape, '%', 0);

			text = arena_concat3(&a, str_slice(shape, 0, at), number, str_slice(shape, at + 2, shape.len));
			text = arena_concat(&a, STR("projects:read project Env "), text);
			tagged_policy(s, number.ptr, true, text.ptr, "reader");
			arena_reset(&a);
		}
		assert_in_range(n_considered(s, "Env=prod-04711-x Team=a", &allowed), 1, 16);
		assert_false(allowed);
		assert_in_range(n_considered(s, "Env=prod-44711-x Team=a", &allowed), 1, 16);
		assert_true(allowed);
		/* Unknown tags: every deny counts. */
		assert_in_range(n_considered(s, NULL, &allowed), N, N + 16);
		assert_false(allowed);
		snapshot_drop(s);
	}
	arena_release(&a);
}

/* A fork that is dropped leaves the filter of its base; one that is kept has its own. Leaks show under ASan. */
static void test_versions(void **state)
{
	(void)state;
	struct snapshot *base = tagged_new(), *fork;
	struct edit_blocks retired;

	tagged_policy(base, "p", true, P_PROD, "reader");
	snapshot_seal(base, &retired);
	edit_blocks_free_all(&retired);
	fork = snapshot_fork(base);
	tagged_policy(fork, "q", true, "projects:read project Env equals qa", "reader");
	assert_false(verdict_allows(ask(fork, "alice", "projects:read", "project", "Env=qa")));
	assert_true(verdict_allows(ask(base, "alice", "projects:read", "project", "Env=qa")));
	snapshot_drop(fork);
	assert_false(verdict_allows(ask(base, "alice", "projects:read", "project", "Env=prod")));
	fork = snapshot_fork(base);
	tagged_policy(fork, "q", true, "projects:read project Env equals dev", "reader");
	snapshot_seal(fork, &retired);
	assert_true(verdict_allows(ask(base, "alice", "projects:read", "project", "Env=dev")));
	snapshot_free_shell(base);
	edit_blocks_free_all(&retired);
	assert_false(verdict_allows(ask(fork, "alice", "projects:read", "project", "Env=dev")));
	assert_false(verdict_allows(ask(fork, "alice", "projects:read", "project", "Env=prod")));
	snapshot_free_all(fork);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decisions),
	    cmocka_unit_test(test_attachment_to_roles),
	    cmocka_unit_test(test_attachment_to_groups),
	    cmocka_unit_test(test_who_decided),
	    cmocka_unit_test(test_switches),
	    cmocka_unit_test(test_whose_tags),
	    cmocka_unit_test(test_tenant_of_a_run),
	    cmocka_unit_test(test_targets),
	    cmocka_unit_test(test_few_of_many),
	    cmocka_unit_test(test_versions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
