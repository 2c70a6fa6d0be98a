/* SPDX-License-Identifier: Apache-2.0
 *
 * Tag policies attached to groups: whom they reach, and where.
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

static void put_member(struct snapshot *s, struct str user)
{
	char id[64];

	put(s, &(struct user){.doc = {.kind = DOC_USER, .id = user}}.doc);
	(void)snprintf(id, sizeof(id), "devs/" STR_FMT, STR_ARG(user));
	put(s, &(struct group_member){.doc = {.kind = DOC_GROUP_MEMBER, .id = str_of(id)},
	                              .group = STR("devs"),
	                              .member = user}
	            .doc);
}

static void put_role_member(struct snapshot *s, const char *id, const char *role, struct str user, struct str tenant)
{
	put(s, &(struct role_member){.doc = {.kind = DOC_ROLE_MEMBER, .id = str_of(id)},
	                             .role = str_of(role),
	                             .principal_type = STR("user"),
	                             .principal_id = user,
	                             .tenant = tenant}
	            .doc);
}

static void put_policy(struct snapshot *s, const char *id, const char *permission, bool deny)
{
	const struct tag_condition condition = {STR("resource_tag_key"), STR("Env"), STR("equals"), STR("Dev")};
	const struct tag_group group = {str_of(permission), STR("project"), &condition, 1};
	char attachment[64];

	put(s, &(struct tag_policy){.doc = {.kind = DOC_TAG_POLICY, .id = str_of(id)},
	                            .name = str_of(id),
	                            .deny = deny,
	                            .groups = &group,
	                            .n_groups = 1}
	            .doc);
	(void)snprintf(attachment, sizeof(attachment), "%s/devs/", id);
	put(s, &(struct policy_attachment){.doc = {.kind = DOC_POLICY_ATTACHMENT, .id = str_of(attachment)},
	                                   .policy = str_of(id),
	                                   .group = STR("devs")}
	            .doc);
}

/* All are in devs. editor has a role in w1, boss is Organization Admin, viewer Organization Viewer, guest nothing. */
static struct snapshot *make(void)
{
	static const struct str nothing_here[] = {STR_INIT("prompts:read")}, read[] = {STR_INIT("projects:read")},
	                        all[] = {STR_INIT("*")}, guest[] = {STR_INIT("user:local:guest")};
	const struct policy_statement may_read = {.actions = {read, 1}, .resources = {all, 1}, .tenants = {all, 1}};
	struct snapshot *s = snapshot_new(STR("o"), 3);
	size_t n;
	const struct role *roles = langsmith_roles(&n);

	for (size_t i = 0; i < n; i++)
		put(s, &roles[i].doc);
	put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("w1")}}.doc);
	put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("w2")}}.doc);
	put(s, &(struct group){.doc = {.kind = DOC_GROUP, .id = STR("devs")}, .type = STR("team")}.doc);
	put(s, &(struct role){.doc = {.kind = DOC_ROLE, .id = STR("r")}, .actions = {nothing_here, 1}}.doc);
	put_member(s, STR("editor"));
	put_member(s, STR("boss"));
	put_member(s, STR("viewer"));
	put_member(s, STR("guest"));
	put_role_member(s, "m1", "r", STR("editor"), STR("w1"));
	put_role_member(s, "m2", LANGSMITH_ORGANIZATION_ADMIN, STR("boss"), STR_NONE);
	put_role_member(s, "m3", LANGSMITH_ORGANIZATION_VIEWER, STR("viewer"), STR_NONE);
	put_policy(s, "share", "runs:share", false);
	put_policy(s, "hide", "projects:read", true);
	put(s, &(struct statement_policy){.doc = {.kind = DOC_STATEMENT_POLICY, .id = STR("guests")},
	                                  .name = STR("guests"),
	                                  .type = STR(POLICY_TYPE_CUSTOM),
	                                  .members = {guest, 1},
	                                  .statements = &may_read,
	                                  .n_statements = 1}
	            .doc);
	return s;
}

static const struct {
	const char *what, *user, *action, *env, *tenant;
	bool want;
} rows[] = {
    {"an allow reaches who is a member of the workspace", "editor", "runs:share", "Dev", "w1", true},
    {"... where the tags are right", "editor", "runs:share", "Prod", "w1", false},
    {"... and nobody elsewhere", "editor", "runs:share", "Dev", "w2", false},
    {"any workspace is enough when none is named", "editor", "runs:share", "Dev", NULL, true},
    {"an Organization Viewer is a member of none", "viewer", "runs:share", "Dev", "w1", false},
    {"nor is whoever only a policy of another dialect lets in", "guest", "runs:share", "Dev", "w1", false},
    {"an Organization Admin is one of all", "boss", "runs:share", "Prod", "w2", true},
    {"a deny reaches all of the group: an admin", "boss", "projects:read", "Dev", "w2", false},
    {"... a guest", "guest", "projects:read", "Dev", "w2", false},
    {"... where the tags are right (deny)", "guest", "projects:read", "Prod", "w2", true},
};

static void test_groups(void **state)
{
	(void)state;
	struct snapshot *s = make();
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		const struct tag tag = {STR("Env"), str_of(rows[i].env)};
		struct ask q = {
		    .subject_type = STR("user"),
		    .subject_id = str_of(rows[i].user),
		    .action = str_of(rows[i].action),
		    .resource = {.type = STR("project"),
		                 .id = STR("p1"),
		                 .tenant = str_of(rows[i].tenant),
		                 .is_described = true,
		                 .states_tags = true,
		                 .tags = &tag,
		                 .n_tags = 1},
		};

		if (verdict_allows(snapshot_ask(s, &q, &a, NULL).verdict) != rows[i].want)
			fail_msg("%s: want %s", rows[i].what, rows[i].want ? "allow" : "deny");
	}
	arena_release(&a);
	snapshot_drop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_groups)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
