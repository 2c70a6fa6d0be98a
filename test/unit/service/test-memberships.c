/* SPDX-License-Identifier: Apache-2.0
 *
 * Memberships, invitations and the organization's switches on hand-made snapshots: what a change set comes to hold.
 * Over the wire they are tested in test/wire/langsmith.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/confident.h"
#include "model/langsmith.h"
#include "service/invitations.h"
#include "service/organization.h"

static struct arena arena;
static struct snapshot *snapshot;
static struct txn txn;

/* The way every stored document takes. */
static void put(const struct document *doc)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct document *copy;

	document_encode(doc, &body);
	assert_int_equal(document_decode(doc->kind, doc->id, buf_str(&body), &copy, NULL), 0);
	copy->seq = doc->seq ? doc->seq : 1;
	snapshot_put(snapshot, copy);
}

static void put_tenant(struct str id)
{
	put(&(struct tenant){.doc = {.kind = DOC_TENANT, .id = id}}.doc);
}

static void put_role(struct str id, const struct str *action)
{
	put(&(struct role){.doc = {.kind = DOC_ROLE, .id = id}, .actions = {action, 1}}.doc);
}

static void hold(struct str user, struct str role, struct str tenant)
{
	put(&(struct role_member){
	    .doc = {.kind = DOC_ROLE_MEMBER,
	            .id = role_member_id(&arena, role, (struct principal){STR("user"), user}, tenant)},
	    .role = role,
	    .principal_type = STR("user"),
	    .principal_id = user,
	    .tenant = tenant,
	}
	         .doc);
}

static int setup(void **state UNUSED)
{
	static const struct str projects_read = STR_INIT("projects:read"), everything = STR_INIT("*");
	const struct role *roles;
	size_t n;

	snapshot = snapshot_new(STR("acme"), 1);
	roles = langsmith_roles(&n);
	for (size_t i = 0; i < n; i++)
		put(&roles[i].doc);
	roles = confident_roles(&n);
	for (size_t i = 0; i < n; i++)
		put(&roles[i].doc);
	put(&(struct organization){.doc = {.kind = DOC_ORGANIZATION, .id = STR("acme")}}.doc);
	put_tenant(STR("t1"));
	put_tenant(STR("t2"));
	put_role(STR("reader"), &projects_read);
	put_role(STR("owner"), &everything);
	put(&(struct user){.doc = {.kind = DOC_USER, .id = STR("ann")}, .email = STR("ann@x.org")}.doc);
	txn = (struct txn){.snapshot = snapshot, .arena = &arena, .now_ms = 1};
	return 0;
}

static int teardown(void **state UNUSED)
{
	snapshot_drop(snapshot);
	arena_release(&arena);
	return 0;
}

/* The changes as "+kind id" and "-kind id", in order. */
static void assert_changes(const char *const *want, size_t n)
{
	assert_int_equal(txn.n_changes, n);
	for (size_t i = 0; i < n; i++) {
		const struct store_change *c = &txn.changes[i];
		struct str text = arena_strf(&arena, "%s" STR_FMT " " STR_FMT, str_is_absent(c->body) ? "-" : "+",
		                             STR_ARG(c->kind), STR_ARG(c->id));

		assert_string_equal(text.ptr, want[i]);
	}
}
#define ASSERT_CHANGES(...)                                                                                            \
	assert_changes((const char *const[]){__VA_ARGS__},                                                             \
	               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static const struct role *role_of(struct str id)
{
	return as_role(snapshot_find_any(snapshot, DOC_ROLE, id));
}

static struct membership membership(struct str user, bool want)
{
	struct membership m;

	assert_int_equal(membership_of(snapshot, (struct principal){STR("user"), user}, &arena, &m), want);
	return m;
}

/* ---- looking -------------------------------------------------------------------------------------------- */

static void test_roles(void **state UNUSED)
{
	assert_true(membership_is_organization_role(role_of(STR("ORGANIZATION_USER"))));
	assert_false(membership_is_workspace_role(role_of(STR("ORGANIZATION_USER"))));
	assert_true(membership_is_workspace_role(role_of(STR("WORKSPACE_USER"))));
	assert_true(membership_is_workspace_role(role_of(STR("reader"))));
	assert_false(membership_is_organization_role(role_of(STR("reader"))));
	assert_false(langsmith_is_role(role_of(STR("owner"))));
}

static void test_membership(void **state UNUSED)
{
	struct membership m;

	(void)membership(STR("ann"), false);
	hold(STR("ann"), STR("owner"), STR("t1")); /* neither LangSmith's nor organization-wide */
	(void)membership(STR("ann"), false);
	hold(STR("ann"), STR("reader"), STR("t1"));
	hold(STR("ann"), STR(LANGSMITH_WORKSPACE_ADMIN), STR("t1"));
	hold(STR("ann"), STR(LANGSMITH_ORGANIZATION_VIEWER), STR("t2")); /* means nothing there */
	m = membership(STR("ann"), true);
	assert_null(m.role);
	assert_int_equal(m.n_workspaces, 2);
	assert_string_equal(membership_in(&m, STR("t1"))->role->doc.id.ptr, "reader");
	assert_null(membership_in(&m, STR("t2")));
	hold(STR("ann"), STR(LANGSMITH_ORGANIZATION_VIEWER), STR_NONE);
	m = membership(STR("ann"), true);
	assert_string_equal(langsmith_role_name(m.role).ptr, "ORGANIZATION_VIEWER");
	assert_false(m.is_owner);
	hold(STR("ann"), STR("owner"), STR_NONE);
	m = membership(STR("ann"), true);
	assert_string_equal(langsmith_role_name(m.role).ptr, "ORGANIZATION_ADMIN");
	assert_true(m.is_owner);
}

/* ---- changing -------------------------------------------------------------------------------------------- */

static void test_assign(void **state UNUSED)
{
	struct error err = {0};

	hold(STR("ann"), STR("reader"), STR("t1"));
	hold(STR("ann"), STR("reader"), STR("t2"));
	hold(STR("ann"), STR("owner"), STR("t1"));
	assert_int_equal(membership_assign(&txn, STR("ann"), role_of(STR("reader")), STR("t1"), &err), SERVICE_OK);
	assert_int_equal(txn.n_changes, 0); /* she has it */
	assert_int_equal(membership_assign(&txn, STR("ann"), role_of(STR("WORKSPACE_USER")), STR("t1"), &err),
	                 SERVICE_OK);
	ASSERT_CHANGES("+role_member " LANGSMITH_WORKSPACE_USER "/user/ann/t1", "-role_member reader/user/ann/t1");
	assert_int_equal(membership_assign(&txn, STR("ann"), role_of(STR("reader")), STR("t3"), &err), SERVICE_INVALID);
	assert_int_equal(txn.n_changes, 2);
}

static void test_assign_too_much(void **state UNUSED)
{
	struct error err = {0};

	txn.n_changes = CASCADE_MAX_DOCUMENTS;
	assert_int_equal(membership_assign(&txn, STR("ann"), role_of(STR("reader")), STR("t1"), &err),
	                 SERVICE_FAILED_PRECONDITION);
	assert_int_equal(txn.n_changes, CASCADE_MAX_DOCUMENTS);
}

static void test_last_administrator(void **state UNUSED)
{
	struct error err = {0};
	const struct role *viewer = role_of(STR("ORGANIZATION_VIEWER"));

	hold(STR("ann"), STR(LANGSMITH_ORGANIZATION_ADMIN), STR_NONE);
	hold(STR("bob"), STR(LANGSMITH_ORGANIZATION_ADMIN), STR("t1"));
	assert_int_equal(membership_assign(&txn, STR("ann"), viewer, STR_NONE, &err), SERVICE_FAILED_PRECONDITION);
	assert_int_equal(membership_leave(&txn, STR("ann"), &err), SERVICE_FAILED_PRECONDITION);
	assert_int_equal(txn.n_changes, 0);
	hold(STR("bob"), STR("owner"), STR_NONE);
	assert_int_equal(membership_leave(&txn, STR("bob"), &err), SERVICE_FAILED_PRECONDITION);
	assert_int_equal(membership_leave(&txn, STR("ann"), &err), SERVICE_OK);
	ASSERT_CHANGES("-role_member " LANGSMITH_ORGANIZATION_ADMIN "/user/ann/");
}

/* ---- invitations ------------------------------------------------------------------------------------------ */

static const struct str both[] = {STR_INIT("t1"), STR_INIT("t2")};

static void put_invitation(struct str role, struct str tenant_role)
{
	put(&(struct invitation){
	    .doc = {.kind = DOC_INVITATION, .id = STR("i1")},
	    .email = STR("bea@x.org"),
	    .role = role,
	    .tenants = {both, 2},
	    .tenant_role = tenant_role,
	}
	         .doc);
}

static void test_redeem(void **state UNUSED)
{
	struct user bea = {.doc = {.kind = DOC_USER, .id = STR("bea")}, .email = STR("Bea@X.org")};
	struct error err = {0};

	put_invitation(STR(LANGSMITH_ORGANIZATION_USER), STR("reader"));
	assert_int_equal(directory_create(&txn, &bea.doc, &err), SERVICE_OK);
	ASSERT_CHANGES("+role_member " LANGSMITH_ORGANIZATION_USER "/user/bea/", "+role_member reader/user/bea/t1",
	               "+role_member reader/user/bea/t2", "-invitation i1", "+user bea");
}

static void test_redeem_of_all_dialects(void **state UNUSED)
{
	struct user bea = {.doc = {.kind = DOC_USER, .id = STR("bea")}, .email = STR("bea@x.org")};
	struct error err = {0};

	put_invitation(STR(LANGSMITH_ORGANIZATION_USER), STR_NONE);
	put(&(struct invitation){
	    .doc = {.kind = DOC_INVITATION, .id = STR("i2")},
	    .email = STR("bea@x.org"),
	    .via = STR(CONFIDENT_VIA),
	    .role = STR(CONFIDENT_MEMBER),
	}
	         .doc);
	put(&(struct invitation){
	    .doc = {.kind = DOC_INVITATION, .id = STR("i3")},
	    .email = STR("bea@x.org"),
	    .via = STR(CONFIDENT_VIA),
	    .tenant = STR("t2"),
	    .tenants = {&both[1], 1},
	    .tenant_role = STR(CONFIDENT_PROJECT_MEMBER),
	}
	         .doc);
	/* What is held already is not replaced by an offer. */
	hold(STR("bea"), STR(CONFIDENT_PROJECT_MANAGER), STR("t2"));
	assert_int_equal(directory_create(&txn, &bea.doc, &err), SERVICE_OK);
	ASSERT_CHANGES("+role_member " LANGSMITH_ORGANIZATION_USER "/user/bea/", "-invitation i1",
	               "+role_member " CONFIDENT_MEMBER "/user/bea/", "-invitation i2", "-invitation i3", "+user bea");
}

static void test_invitation_ends_with_what_it_offers(void **state UNUSED)
{
	put_invitation(STR_NONE, STR("reader"));
	invitations_lose_tenant(&txn, STR("t1"));
	ASSERT_CHANGES("+invitation i1");
	invitations_lose_role(&txn, STR("reader"));
	ASSERT_CHANGES("+invitation i1", "-invitation i1");
	invitations_lose_role(&txn, STR("owner"));
	assert_int_equal(txn.n_changes, 2);
}

/* Two addresses of one person are one person. */
static void test_batch_names_a_person_once(void **state UNUSED)
{
	const struct str alias = STR("ann@y.org");
	const struct role *role = role_of(STR("ORGANIZATION_USER"));
	struct invite list[] = {{.email = STR("ann@x.org"), .role = role}, {.email = alias, .role = role}};
	struct invited done[2];
	struct error err = {0};

	put(&(struct user){.doc = {.kind = DOC_USER, .id = STR("ann"), .aliases = {&alias, 1}},
	                   .email = STR("ann@x.org")}
	         .doc);
	assert_int_equal(invitations_send(&txn, list, 2, done, &err), SERVICE_INVALID);
	assert_non_null(strstr(err.text, "ann@y.org stands twice"));
	assert_int_equal(txn.n_changes, 0);
	assert_int_equal(invitations_send(&txn, &list[1], 1, done, &err), SERVICE_OK);
	assert_string_equal(done[0].user->doc.id.ptr, "ann");
	assert_null(done[0].invitation);
}

/* ---- the organization ------------------------------------------------------------------------------------- */

static void put_deny(struct str id, struct str role)
{
	const struct tag_condition condition = {STR("resource_tag_key"), STR("Env"), STR("equals"), STR("prod")};
	const struct tag_group group = {STR("projects:read"), STR("project"), &condition, 1};

	put(&(struct tag_policy){
	    .doc = {.kind = DOC_TAG_POLICY, .id = id},
	    .name = id,
	    .deny = true,
	    .groups = &group,
	    .n_groups = 1,
	    .roles = {&role, str_is_absent(role) ? 0 : 1},
	}
	         .doc);
}

static struct str warning_of(const struct organization *next)
{
	struct error err = {0};
	struct str warning;

	assert_int_equal(organization_update(&txn, next, &warning, &err), SERVICE_OK);
	return warning;
}

static void test_switch_warns(void **state UNUSED)
{
	struct organization off = *snapshot_organization(snapshot);

	off.abac_is_off = true;
	put_deny(STR("p-unattached"), STR_NONE);
	assert_true(str_is_absent(warning_of(&off)));
	put_deny(STR("p-attached"), STR("reader"));
	assert_true(str_starts_with(warning_of(&off), STR("access may have widened: 1 deny polic")));
	off.abac_is_off = false;
	off.audit_logs_are_off = true;
	assert_true(str_is_absent(warning_of(&off)));
	off.rbac_is_off = true;
	assert_true(str_eq(warning_of(&off), STR("access may have widened: every role now allows all of a workspace")));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_roles),
	    TEST(test_membership),
	    TEST(test_assign),
	    TEST(test_assign_too_much),
	    TEST(test_last_administrator),
	    TEST(test_redeem),
	    TEST(test_redeem_of_all_dialects),
	    TEST(test_invitation_ends_with_what_it_offers),
	    TEST(test_batch_names_a_person_once),
	    TEST(test_switch_warns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
