/* SPDX-License-Identifier: Apache-2.0
 *
 * Aitronos' roles on hand-made snapshots: who may make, give and take them, and what a change set comes to hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/aitronos.h"
#include "service/aitronos_roles.h"
#include "service/builtin.h"
#include "aitronos-world.h"

/* ---- roles ------------------------------------------------------------------------------------------------ */

static const struct role *role(struct str id)
{
	const struct role *r = aitronos_role_find(snapshot, id);

	assert_non_null(r);
	return r;
}

static void put_role(struct str id, struct str name, struct str_list actions)
{
	put(&(struct role){.doc = {.kind = DOC_ROLE, .id = id},
	                   .display_name = name,
	                   .scope = STR(ROLE_SCOPE_AITRONOS),
	                   .actions = actions}
	         .doc);
}

static void test_role_list(void **state UNUSED)
{
	static const char *const want[] = {
	    "role_owner",
	    "role_admin",
	    "role_member",
	    "role_department_manager",
	    "role_knowledge_manager",
	    "role_billing_manager",
	    "r2",
	    "r3",
	    "r1",
	};
	const struct role *const *list;

	put_role(STR("r1"), STR("b"), LIST(STR("manage_roles")));
	put_role(STR("r2"), STR("A"), LIST(STR("manage_roles")));
	put_role(STR("r3"), STR("a b"), LIST(STR("manage_roles")));
	assert_int_equal(aitronos_role_list(snapshot, &arena, &list), N_ELEMENTS(want));
	for (size_t i = 0; i < N_ELEMENTS(want); i++)
		assert_true(str_eq(list[i]->doc.id, str_of(want[i])));
	assert_null(aitronos_role_find(snapshot, STR(BUILTIN_OWNER)));
}

static void test_role_rules(void **state UNUSED)
{
	struct error err = {0};
	struct role r = {.display_name = STR("R"), .actions = LIST(STR("manage_roles"))};
	struct caller c;

	put_role(STR("mine"), STR("Mine"), LIST(STR("manage_roles"), STR("view_audit_log")));
	hold(STR("mine"), STR("user"), STR("ann"), STR_NONE);
	c = caller(STR("ann"));
	assert_int_equal(aitronos_role_create(&txn, &c, &r, &err), SERVICE_OK);
	assert_true(str_starts_with(r.doc.id, STR("role_")) && str_eq(r.scope, STR(ROLE_SCOPE_AITRONOS)));
	ASSERT_CHANGES("+role *");
	static const struct {
		const char *capability, *second;
		enum service_result want;
	} cases[] = {
	    {"manage_billing", NULL, SERVICE_DENIED},
	    {"view_audit_log", "manage_billing", SERVICE_DENIED},
	    {"fly", NULL, SERVICE_INVALID},
	    {"manage_roles", "manage_roles", SERVICE_INVALID},
	    {"view_audit_log", "manage_roles", SERVICE_OK},
	    {ACTION_MANAGE_GRANTS, NULL, SERVICE_INVALID},
	};
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		const struct str items[] = {str_of(cases[i].capability), str_of(cases[i].second)};
		const struct str_list list = {items, cases[i].second ? 2 : 1};
		struct role next = *role(STR("mine"));

		r.actions = list;
		assert_int_equal(aitronos_role_create(&txn, &c, &r, &err), cases[i].want);
		assert_int_equal(aitronos_role_update(&txn, &c, &next, &list, &err), cases[i].want);
		txn.n_changes = 0;
	}
	r.actions = (struct str_list){0};
	assert_int_equal(aitronos_role_create(&txn, &c, &r, &err), SERVICE_INVALID);
	/* Held in one tenant only, it is not hers to give everywhere. */
	put_role(STR("billing"), STR("Billing"), LIST(STR("manage_billing")));
	hold(STR("billing"), STR("user"), STR("ann"), STR("t1"));
	c = caller(STR("ann"));
	r.actions = LIST(STR("manage_billing"));
	assert_int_equal(aitronos_role_create(&txn, &c, &r, &err), SERVICE_DENIED);
	assert_int_equal(aitronos_assign(&txn, &c, role(STR("billing")), user(STR("bob")), &err), SERVICE_DENIED);
	assert_int_equal(txn.n_changes, 0);
}

static void test_role_names(void **state UNUSED)
{
	struct error err = {0};
	struct caller c;

	hold(STR(BUILTIN_OWNER), STR("user"), STR("ann"), STR_NONE);
	c = caller(STR("ann"));
	put_role(STR("r"), STR("Straße"), LIST(STR("manage_roles")));
	static const struct {
		const char *name;
		enum service_result want;
	} cases[] = {
	    {"STRAßE", SERVICE_CONFLICT}, {" straße\t", SERVICE_CONFLICT}, {"oWNER", SERVICE_CONFLICT},
	    {" ", SERVICE_INVALID},       {"Strasse", SERVICE_OK},
	};
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct role r = {.display_name = str_of(cases[i].name), .actions = LIST(STR("manage_roles"))};

		assert_int_equal(aitronos_role_create(&txn, &c, &r, &err), cases[i].want);
	}
	struct role own = *role(STR("r"));
	own.display_name = STR("STRAßE");
	assert_int_equal(aitronos_role_update(&txn, &c, &own, NULL, &err), SERVICE_OK);
	struct role builtin = *role(STR(AITRONOS_MEMBER));
	assert_int_equal(aitronos_role_update(&txn, &c, &builtin, NULL, &err), SERVICE_DENIED);
}

static void test_other_actions_stay(void **state UNUSED)
{
	const struct str_list wanted = LIST(STR("manage_roles"), STR("view_audit_log"));
	struct error err = {0};
	struct caller c;
	struct role r;

	hold(STR(BUILTIN_OWNER), STR("user"), STR("ann"), STR_NONE);
	c = caller(STR("ann"));
	put_role(STR("r"), STR("R"), LIST(STR("projects:read"), STR("manage_billing"), STR("view_audit_log")));
	r = *role(STR("r"));
	assert_int_equal(aitronos_role_update(&txn, &c, &r, &wanted, &err), SERVICE_OK);
	assert_int_equal(r.actions.n, 3);
	assert_true(str_eq(r.actions.items[0], STR("manage_roles")));
	assert_true(str_eq(r.actions.items[1], STR("view_audit_log")));
	assert_true(str_eq(r.actions.items[2], STR("projects:read")));
}

static void test_assignments(void **state UNUSED)
{
	const struct aitronos_assignment *members;
	struct error err = {0};
	struct caller c;
	struct str id;

	hold(STR(AITRONOS_ADMIN), STR("user"), STR("ann"), STR_NONE);
	hold(STR(AITRONOS_MEMBER), STR("user"), STR("bob"), STR("t1"));
	hold(STR(AITRONOS_MEMBER), STR("service"), STR("ci"), STR_NONE);
	hold(STR(AITRONOS_MEMBER), STR("user"), STR("gone"), STR_NONE);
	c = caller(STR("ann"));
	assert_int_equal(aitronos_role_members(snapshot, role(STR(AITRONOS_MEMBER)), &arena, &members), 0);
	assert_int_equal(aitronos_assign(&txn, &c, role(STR(AITRONOS_MEMBER)), user(STR("bob")), &err), SERVICE_OK);
	ASSERT_CHANGES("+role_member role_member/user/bob/");
	assert_int_equal(aitronos_unassign(&txn, &c, role(STR(AITRONOS_MEMBER)), user(STR("bob")), &err),
	                 SERVICE_NOT_FOUND);
	assert_int_equal(aitronos_assign(&txn, &c, role(STR(AITRONOS_ADMIN)), user(STR("ann")), &err),
	                 SERVICE_CONFLICT);
	assert_int_equal(aitronos_assign(&txn, &c, role(STR(AITRONOS_OWNER)), user(STR("ann")), &err), SERVICE_DENIED);
	id = aitronos_assignment_id(&arena, role(STR(AITRONOS_ADMIN)), user(STR("ann")));
	assert_int_equal(id.len, 17);
	assert_true(str_eq(id, aitronos_assignment_id(&arena, role(STR(AITRONOS_ADMIN)), user(STR("ann")))));
	assert_false(str_eq(id, aitronos_assignment_id(&arena, role(STR(AITRONOS_ADMIN)), user(STR("bob")))));
}

static void test_last_owner(void **state UNUSED)
{
	struct error err = {0};
	struct caller c;

	hold(STR(AITRONOS_OWNER), STR("user"), STR("ann"), STR_NONE);
	hold(STR(AITRONOS_OWNER), STR("user"), STR("bob"), STR("t1")); /* which makes nobody an Owner */
	hold(STR(AITRONOS_OWNER), STR("user"), STR("gone"), STR_NONE);
	c = caller(STR("ann"));
	assert_int_equal(aitronos_unassign(&txn, &c, role(STR(AITRONOS_OWNER)), user(STR("ann")), &err),
	                 SERVICE_FAILED_PRECONDITION);
	c = caller(STR("bob"));
	assert_int_equal(aitronos_unassign(&txn, &c, role(STR(AITRONOS_OWNER)), user(STR("ann")), &err),
	                 SERVICE_DENIED);
	hold(STR(AITRONOS_OWNER), STR("user"), STR("bob"), STR_NONE);
	c = caller(STR("bob"));
	assert_int_equal(aitronos_unassign(&txn, &c, role(STR(AITRONOS_OWNER)), user(STR("ann")), &err), SERVICE_OK);
	ASSERT_CHANGES("-role_member role_owner/user/ann/");
}

static void test_role_delete(void **state UNUSED)
{
	struct cascade_effect effect;
	struct error err = {0};

	put_role(STR("r"), STR("R"), LIST(STR("manage_roles")));
	hold(STR("r"), STR("group"), STR("a"), STR_NONE);
	assert_int_equal(aitronos_role_delete(&txn, role(STR("r")), &effect, &err), SERVICE_CONFLICT);
	put_role(STR("free"), STR("Free"), LIST(STR("manage_roles")));
	assert_int_equal(aitronos_role_delete(&txn, role(STR("free")), &effect, &err), SERVICE_OK);
	ASSERT_CHANGES("-role free");
	assert_int_equal(aitronos_role_delete(&txn, role(STR(AITRONOS_MEMBER)), &effect, &err), SERVICE_DENIED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_role_list),   TEST(test_role_rules), TEST(test_role_names),  TEST(test_other_actions_stay),
	    TEST(test_assignments), TEST(test_last_owner), TEST(test_role_delete),
	};

	return cmocka_run_group_tests_name("service/aitronos-roles", tests, NULL, NULL);
}
