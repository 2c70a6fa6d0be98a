/* SPDX-License-Identifier: Apache-2.0
 *
 * Confident AI: what roles and their policies allow, where a question is asked, and that a change of a policy reaches
 * whoever holds it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/confident.h"
#include "policy/ask.h"

static void put(struct snapshot *s, const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 20);
	struct document *doc;

	document_encode(in, &body);
	assert_int_equal(document_decode(in->kind, in->id, buf_str(&body), &doc, NULL), 0);
	snapshot_put(s, doc);
}

static void put_user(struct snapshot *s, const char *id)
{
	put(s, &(struct user){.doc = {.kind = DOC_USER, .id = str_of(id)}}.doc);
}

/* `permissions`: spelled "organization/billing:read", one or two. */
static void put_policy(struct snapshot *s, const char *id, const char *first, const char *second)
{
	const struct str permissions[] = {str_of(first), str_of(second)};

	put(s, &(struct permission_policy){.doc = {.kind = DOC_PERMISSION_POLICY, .id = str_of(id)},
	                                   .name = str_of(id),
	                                   .permissions = {permissions, second ? 2 : 1}}
	            .doc);
}

static void put_role(struct snapshot *s, const char *id, const char *scope, const char *policy)
{
	/* Actions stored beside the policies say nothing. */
	static const struct str ignored[] = {STR_INIT("sso:manage")};
	const struct str policies[] = {str_of(policy), STR("no-such-policy")};

	put(s, &(struct role){.doc = {.kind = DOC_ROLE, .id = str_of(id)},
	                      .scope = str_of(scope),
	                      .actions = {ignored, 1},
	                      .policies = {policies, 2}}
	            .doc);
}

static void hold(struct snapshot *s, const char *user, const char *role, const char *tenant)
{
	struct arena a = ARENA_INIT;

	put(s, &(struct role_member){.doc = {.kind = DOC_ROLE_MEMBER,
	                                     .id = arena_strf(&a, "%s/user/%s/%s", role, user, tenant ? tenant : "")},
	                             .role = str_of(role),
	                             .principal_type = STR("user"),
	                             .principal_id = str_of(user),
	                             .tenant = str_of(tenant)}
	            .doc);
	arena_release(&a);
}

/*
 * ann reads in the organization and manages projects, ben the first only; pam holds a role of p; own, mem, pown, pmem
 * the built-in roles Owner and Member of the organization and of p. Roles come before their policies, as they may
 * when a store is read.
 */
static struct snapshot *make(void)
{
	struct snapshot *s = snapshot_new(STR("o"), 5);
	const struct role *roles;
	size_t n;

	roles = confident_roles(&n);
	for (size_t i = 0; i < n; i++)
		put(s, &roles[i].doc);
	put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("p")}}.doc);
	put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("q")}}.doc);
	put_role(s, "managers", ROLE_SCOPE_CONFIDENT_ORGANIZATION, "manage");
	put_role(s, "readers", ROLE_SCOPE_CONFIDENT_ORGANIZATION, "read");
	put_role(s, "tracers", ROLE_SCOPE_CONFIDENT_PROJECT, "trace");
	put_policy(s, "manage", "organization/project:manage", "organization/sso:read");
	put_policy(s, "read", "organization/billing:read", "project/trace:read");
	put_policy(s, "trace", "project/trace:read", "organization/iam:manage");
	static const char *const users[] = {"ann", "ben", "pam", "own", "mem", "pown", "pmem"};
	for (size_t i = 0; i < N_ELEMENTS(users); i++)
		put_user(s, users[i]);
	hold(s, "ann", "managers", NULL);
	hold(s, "ben", "readers", NULL);
	hold(s, "pam", "tracers", "p");
	hold(s, "own", CONFIDENT_OWNER, NULL);
	hold(s, "mem", CONFIDENT_MEMBER, NULL);
	hold(s, "pown", CONFIDENT_PROJECT_OWNER, "p");
	hold(s, "pmem", CONFIDENT_PROJECT_MEMBER, "p");
	return s;
}

/* `tenants`: NULL: none named; else up to two, parted by a space. */
static bool may(const struct snapshot *s, const char *user, const char *action, const char *tenants)
{
	struct str rest = str_of(tenants), one, list[2];
	struct arena a = ARENA_INIT;
	size_t n = 0;
	bool allowed;

	while (tenants && str_split(&rest, ' ', &one)) {
		assert_true(n < N_ELEMENTS(list));
		list[n++] = one;
	}
	struct ask q = {
	    .subject_type = STR("user"),
	    .subject_id = str_of(user),
	    .action = str_of(action),
	    .resource = {.type = STR("thing"), .id = STR("t1"), .lists_tenants = n > 0, .tenants = {list, n}},
	};

	allowed = verdict_allows(snapshot_ask(s, &q, &a, NULL).verdict);
	arena_release(&a);
	return allowed;
}

struct row {
	const char *user, *action, *tenants;
	bool want;
};

static const struct row rows[] = {
    /* No project named: about the organization, whatever is held in projects. */
    {"ben", "billing:read", NULL, true},
    {"ben", "billing:manage", NULL, false},
    {"pown", "iam:manage", NULL, false},
    {"pown", "trace:read", NULL, false},
    {"own", "iam:manage", NULL, true},
    {"own", "trace:read", NULL, false},
    /* Permissions of the other catalogue never count, stored actions neither. */
    {"ben", "trace:read", NULL, false},
    {"ben", "trace:read", "p", false},
    {"pam", "trace:read", "p", true},
    {"pam", "iam:manage", "p", false},
    {"ben", "sso:manage", NULL, false},
    /* A role of a project counts in it only. */
    {"pam", "trace:read", "q", false},
    {"pam", "trace:read", "p q", true},
    {"pmem", "trace:read", "p", true},
    {"pmem", "iam:manage", "p", false},
    {"pown", "iam:manage", "p", true},
    {"pown", "iam:manage", "q", false},
    /* One of the organization says nothing in projects, not even by a name that both catalogues have. */
    {"mem", "metric:read", NULL, true},
    {"mem", "metric:read", "p", false},
    {"mem", "metric:read", "p (unassigned)", true},
    {"mem", "trace:read", "p", false},
    {"mem", "metric:manage", "p", false},
    /* project:manage opens projects, and the organization not even by a name that both have. */
    {"ann", "trace:delete", "p", true},
    {"ann", "iam:manage", "p q", true},
    {"ann", "iam:manage", NULL, false},
    {"ann", "iam:manage", "(unassigned)", false},
    {"ann", "iam:manage", "p (unassigned)", false},
    {"ann", "sso:read", NULL, true},
    {"own", "trace:delete", "q", true},
    /* What is no permission is nobody's. */
    {"own", "trace:nothing", "p", false},
    {"own", "nothing", NULL, false},
};

static void test_questions(void **state UNUSED)
{
	struct snapshot *s = make();

	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		if (may(s, rows[i].user, rows[i].action, rows[i].tenants) != rows[i].want)
			fail_msg("%s %s in %s: want %s", rows[i].user, rows[i].action,
			         rows[i].tenants ? rows[i].tenants : "no tenant", rows[i].want ? "allow" : "deny");
	snapshot_drop(s);
}

static void test_policy_reaches_its_holders(void **state UNUSED)
{
	struct snapshot *s = make();

	put_policy(s, "read", "organization/project:manage", NULL);
	assert_false(may(s, "ben", "billing:read", NULL));
	assert_true(may(s, "ben", "trace:delete", "p"));
	assert_true(snapshot_remove(s, DOC_PERMISSION_POLICY, STR("read")));
	assert_false(may(s, "ben", "project:manage", NULL));
	assert_false(may(s, "ben", "trace:delete", "p"));
	assert_true(may(s, "ann", "trace:delete", "p"));
	put_policy(s, "read", "organization/sso:read", NULL);
	assert_true(may(s, "ben", "sso:read", NULL));
	/* The role itself, without the policy. */
	put_role(s, "readers", ROLE_SCOPE_CONFIDENT_ORGANIZATION, "trace");
	assert_false(may(s, "ben", "sso:read", NULL));
	assert_true(may(s, "ben", "iam:manage", NULL));
	snapshot_drop(s);
}

/* The registered resource's tenant, and a resource that is a project, are the project of the question. */
static void test_where_a_question_is_asked(void **state UNUSED)
{
	struct snapshot *s = make();
	struct arena a = ARENA_INIT;
	struct ask q = {.subject_type = STR("user"),
	                .subject_id = STR("pam"),
	                .action = STR("trace:read"),
	                .resource = {.type = STR("trace"), .id = STR("t9")}};

	assert_false(verdict_allows(snapshot_ask(s, &q, &a, NULL).verdict));
	put(s, &(struct resource){.doc = {.kind = DOC_RESOURCE, .id = STR("trace/t9")},
	                          .type = STR("trace"),
	                          .resource_id = STR("t9"),
	                          .tenant = STR("p")}
	            .doc);
	assert_true(verdict_allows(snapshot_ask(s, &q, &a, NULL).verdict));
	q.resource = (struct ask_resource){.type = STR("project"), .id = STR("p")};
	assert_true(verdict_allows(snapshot_ask(s, &q, &a, NULL).verdict));
	/* Who asks for one project only learns nothing of the organization. */
	q = (struct ask){.subject_type = STR("user"),
	                 .subject_id = STR("own"),
	                 .action = STR("iam:manage"),
	                 .resource = {.type = STR("organization"), .id = STR("o")}};
	assert_true(verdict_allows(snapshot_ask(s, &q, &a, NULL).verdict));
	static const struct str bound[] = {STR_INIT("p")};
	q.is_bound = true;
	q.bound_tenants = (struct str_list){bound, 1};
	assert_false(verdict_allows(snapshot_ask(s, &q, &a, NULL).verdict));
	arena_release(&a);
	snapshot_drop(s);
}

static void test_query_is_in_tenant(void **state UNUSED)
{
	static const struct str p[] = {STR_INIT("p"), STR_INIT(TENANT_UNASSIGNED)};

	assert_true(query_is_in_tenant(&(struct query){.scope = SCOPE_LISTED, .tenants = {p, 1}}));
	assert_false(query_is_in_tenant(&(struct query){.scope = SCOPE_LISTED, .tenants = {p, 2}}));
	assert_false(query_is_in_tenant(&(struct query){.scope = SCOPE_LISTED}));
	assert_false(query_is_in_tenant(&(struct query){.scope = SCOPE_ALL, .tenants = {p, 1}}));
	assert_false(query_is_in_tenant(&(struct query){.scope = SCOPE_BLIND, .tenants = {p, 1}}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_questions),
	    cmocka_unit_test(test_policy_reaches_its_holders),
	    cmocka_unit_test(test_where_a_question_is_asked),
	    cmocka_unit_test(test_query_is_in_tenant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
