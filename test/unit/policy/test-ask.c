/* SPDX-License-Identifier: Apache-2.0
 *
 * From a question to a query: who somebody is, what they bring, which tenants are meant.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/ask.h"

static void put(struct snapshot *s, const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 20);
	struct document *doc;

	document_encode(in, &body);
	assert_int_equal(document_decode(in->kind, in->id, buf_str(&body), &doc, NULL), 0);
	snapshot_put(s, doc);
}

static void put_policy(struct snapshot *s, struct str id, struct str member, struct str tenant, bool deny)
{
	static const struct str any[] = {STR_INIT("*")}, actions[] = {STR_INIT("infra:nodes:*")};
	const struct policy_statement st = {
	    .deny = deny, .actions = {actions, 1}, .resources = {any, 1}, .tenants = {&tenant, 1}};

	put(s, &(struct statement_policy){.doc = {.kind = DOC_STATEMENT_POLICY, .id = id},
	                                  .name = id,
	                                  .type = STR(POLICY_TYPE_CUSTOM),
	                                  .members = {&member, 1},
	                                  .statements = &st,
	                                  .n_statements = 1}
	            .doc);
}

static void put_role_member(struct snapshot *s, struct str id, struct str type, struct str principal, struct str tenant)
{
	put(s, &(struct role_member){.doc = {.kind = DOC_ROLE_MEMBER, .id = id},
	                             .role = STR("nodes-reader"),
	                             .principal_type = type,
	                             .principal_id = principal,
	                             .tenant = tenant}
	            .doc);
}

/* alice is in devs; devs may in t1; carol holds a role in t2; the service ci everywhere; group ops holds it in t1. */
static struct snapshot *make(void)
{
	static const struct str actions[] = {STR_INIT("infra:nodes:get")};
	struct snapshot *s = snapshot_new(STR("o"), 3);

	put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("t1")}}.doc);
	put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("t2")}}.doc);
	put(s, &(struct user){.doc = {.kind = DOC_USER, .id = STR("alice")}, .email = STR("a@x.org")}.doc);
	put(s, &(struct user){.doc = {.kind = DOC_USER, .id = STR("carol")}}.doc);
	put(s, &(struct user){.doc = {.kind = DOC_USER, .id = STR("dave")}}.doc);
	put(s, &(struct service_account){.doc = {.kind = DOC_SERVICE_ACCOUNT, .id = STR("ci")}}.doc);
	put(s, &(struct group){.doc = {.kind = DOC_GROUP, .id = STR("devs")}, .type = STR("team")}.doc);
	put(s, &(struct group){.doc = {.kind = DOC_GROUP, .id = STR("ops")}, .type = STR("team")}.doc);
	put(s, &(struct group_member){.doc = {.kind = DOC_GROUP_MEMBER, .id = STR("devs/alice")},
	                              .group = STR("devs"),
	                              .member = STR("alice")}
	            .doc);
	put(s, &(struct group_member){.doc = {.kind = DOC_GROUP_MEMBER, .id = STR("ops/dave")},
	                              .group = STR("ops"),
	                              .member = STR("dave")}
	            .doc);
	put(s, &(struct role){.doc = {.kind = DOC_ROLE, .id = STR("nodes-reader")}, .actions = {actions, 1}}.doc);
	put_role_member(s, STR("m1"), STR("user"), STR("carol"), STR("t2"));
	put_role_member(s, STR("m2"), STR("service"), STR("ci"), STR_NONE);
	put_role_member(s, STR("m3"), STR("group"), STR("ops"), STR("t1"));
	put_policy(s, STR("p"), STR("team:local:devs"), STR("t1"), false);
	put_policy(s, STR("q"), STR("team:ldap:x"), STR("*"), false);
	put(s, &(struct resource){.doc = {.kind = DOC_RESOURCE, .id = STR("infra:nodes/n2")},
	                          .type = STR("infra:nodes"),
	                          .resource_id = STR("n2"),
	                          .tenant = STR("t2")}
	            .doc);
	return s;
}

struct row {
	const char *what;
	const char *type, *id, *raw, *action, *resource_id, *tenant;
	bool want;
};

static const struct row rows[] = {
    {"a team member, in the team's tenant", "user", "alice", NULL, "infra:nodes:get", "n1", "t1", true},
    {"not in another tenant", "user", "alice", NULL, "infra:nodes:get", "n1", "t2", false},
    {"by e-mail address", "user", "a@x.org", NULL, "infra:nodes:get", "n1", "t1", true},
    {"no tenant named: anywhere is enough", "user", "alice", NULL, "infra:nodes:get", "n1", NULL, true},
    {"the registered resource's tenant counts", "user", "alice", NULL, "infra:nodes:get", "n2", NULL, false},
    {"... for carol it is hers", "user", "carol", NULL, "infra:nodes:get", "n2", NULL, true},
    {"the resource is a tenant", "user", "carol", NULL, "infra:nodes:get", "t1", NULL, false},
    {"a role held in a tenant counts there", "user", "carol", NULL, "infra:nodes:get", "n1", "t2", true},
    {"... and not elsewhere", "user", "carol", NULL, "infra:nodes:get", "n1", "t1", false},
    {"a role gives its own actions only", "user", "carol", NULL, "infra:nodes:delete", "n1", "t2", false},
    {"a service with a role everywhere", "service", "ci", NULL, "infra:nodes:get", "n1", "t1", true},
    {"a role held by the group, where it is held", "user", "dave", NULL, "infra:nodes:get", "n1", "t1", true},
    {"... and not elsewhere (group)", "user", "dave", NULL, "infra:nodes:get", "n1", "t2", false},
    {"a group as subject", "group", "devs", NULL, "infra:nodes:get", "n1", "t1", true},
    {"a role as subject", "role", "nodes-reader", NULL, "infra:nodes:get", "n1", "t1", true},
    {"an unregistered user", "user", "mallory", NULL, "infra:nodes:get", "n1", "t1", false},
    {"an unregistered group", "group", "nobody", NULL, "infra:nodes:get", "n1", "t1", false},
    {"an unknown type", "robot", "alice", NULL, "infra:nodes:get", "n1", "t1", false},
    {"external: the raw subjects alone", "external", "alice", "team:ldap:x", "infra:nodes:get", "n1", "t2", true},
    {"external brings nothing of a user of that id", "external", "alice", NULL, "infra:nodes:get", "n1", "t1", false},
    {"raw subjects beside a user's own", "user", "dave", "team:ldap:x", "infra:nodes:get", "n1", "t2", true},
    {"an action with a wildcard names no action", "user", "alice", NULL, "infra:nodes:*", "n1", "t1", false},
};

static void test_questions(void **state)
{
	(void)state;
	struct snapshot *s = make();
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const struct row *r = &rows[i];
		struct str raw = str_of(r->raw);
		struct ask q = {
		    .subject_type = str_of(r->type),
		    .subject_id = str_of(r->id),
		    .raw_subjects = {&raw, r->raw ? 1 : 0},
		    .action = str_of(r->action),
		    .resource.type = STR("infra:nodes"),
		    .resource.id = str_of(r->resource_id),
		    .resource.tenant = str_of(r->tenant),
		};

		if (verdict_allows(snapshot_ask(s, &q, &a, NULL).verdict) != r->want)
			fail_msg("%s: want %s", r->what, r->want ? "allow" : "deny");
	}
	arena_release(&a);
	snapshot_drop(s);
}

static void test_tenant_sets_and_bounds(void **state)
{
	(void)state;
	static const struct str both[] = {STR_INIT("t2"), STR_INIT("t1"), STR_INIT("unknown")},
	                        one[] = {STR_INIT("t2")};
	struct snapshot *s = make();
	struct arena a = ARENA_INIT;
	struct ask q = {.subject_type = STR("service"),
	                .subject_id = STR("ci"),
	                .action = STR("infra:nodes:get"),
	                .resource.type = STR("infra:nodes"),
	                .resource.id = STR("n1"),
	                .resource.lists_tenants = true,
	                .resource.tenants = {both, 3}};
	struct answer w = snapshot_ask(s, &q, &a, NULL);

	assert_true(verdict_allows(w.verdict));
	assert_int_equal(w.tenants.n, 3);
	/* An asker bound to t2 learns of nothing else. */
	q.is_bound = true;
	q.bound_tenants = (struct str_list){one, 1};
	w = snapshot_ask(s, &q, &a, NULL);
	assert_int_equal(w.tenants.n, 1);
	assert_true(str_eq(w.tenants.items[0], STR("t2")));
	q.resource.lists_tenants = false;
	q.resource.tenant = STR("t1");
	assert_false(verdict_allows(snapshot_ask(s, &q, &a, NULL).verdict));
	q.resource.tenant = STR_NONE;
	assert_true(verdict_allows(snapshot_ask(s, &q, &a, NULL).verdict));
	q.subject_type = STR("user");
	q.subject_id = STR("alice"); /* allowed in t1 only */
	assert_false(verdict_allows(snapshot_ask(s, &q, &a, NULL).verdict));
	arena_release(&a);
	snapshot_drop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_questions),
	    cmocka_unit_test(test_tenant_sets_and_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
