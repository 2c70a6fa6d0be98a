/* SPDX-License-Identifier: Apache-2.0
 *
 * Applications and their parts on hand-made snapshots: what may stand there, and what goes with what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/applications.h"
#include "service/internal.h"
#include "aitronos-world.h"

static void put_app(struct str id, struct str_list owners)
{
	put(&(struct app){.doc = {.kind = DOC_APP, .id = id}, .display_name = id, .owners = owners}.doc);
}

static void put_entitlement(struct str app, struct str id, struct str_list owners)
{
	put(&(struct app_entitlement){.doc = {.kind = DOC_APP_ENTITLEMENT, .id = app_part_id(&arena, app, id)},
	                              .app = app,
	                              .entitlement_id = id,
	                              .display_name = id,
	                              .owners = owners}
	         .doc);
}

static void put_account(struct str app, struct str id, struct str user)
{
	put(&(struct app_user){.doc = {.kind = DOC_APP_USER, .id = app_part_id(&arena, app, id)},
	                       .app = app,
	                       .account_id = id,
	                       .user = user,
	                       .type = STR("USER"),
	                       .status = STR("ENABLED")}
	         .doc);
}

static struct entitlement_binding binding(struct str app, struct str entitlement, struct str account)
{
	return (struct entitlement_binding){
	    .doc = {.kind = DOC_ENTITLEMENT_BINDING, .id = entitlement_binding_id(&arena, app, entitlement, account)},
	    .app = app,
	    .entitlement_id = entitlement,
	    .account_id = account,
	};
}

static void put_binding(struct str app, struct str entitlement, struct str account, struct str user)
{
	struct entitlement_binding b = binding(app, entitlement, account);

	b.user = user;
	put(&b.doc);
}

static void put_request(struct str id, enum request_state state, struct str user)
{
	static const struct str approver[] = {STR_INIT("bob")};
	const struct request_step step = {.id = STR("s1"),
	                                  .kind = STEP_APPROVAL,
	                                  .state = state == REQUEST_OPEN ? STEP_ACTIVE : STEP_DONE,
	                                  .approvers = {approver, 1},
	                                  .due_at_ms = 99};

	put(&(struct access_request){.doc = {.kind = DOC_ACCESS_REQUEST, .id = id},
	                             .number = 1,
	                             .type = REQUEST_GRANT,
	                             .state = state,
	                             .app = STR("crm"),
	                             .entitlement_id = STR("admin"),
	                             .account_id = STR("a"),
	                             .user = user,
	                             .steps = &step,
	                             .n_steps = 1,
	                             .n_events = 4}
	         .doc);
}

/* crm has admin and read, ann's account a and bob's b, who both have admin; wiki has an entitlement of the same id. */
static int setup(void **state)
{
	static struct service service; /* knows no expressions */
	int r = world_setup(state);

	txn.service = &service;
	put_app(STR("crm"), LIST(STR("ann"), STR("bob")));
	put_app(STR("wiki"), (struct str_list){0});
	put(&(struct app_resource_type){.doc = {.kind = DOC_APP_RESOURCE_TYPE, .id = STR("crm/role")},
	                                .app = STR("crm"),
	                                .type_id = STR("role"),
	                                .display_name = STR("Role")}
	         .doc);
	put_entitlement(STR("crm"), STR("admin"), LIST(STR("ann")));
	put_entitlement(STR("crm"), STR("read"), (struct str_list){0});
	put_entitlement(STR("wiki"), STR("admin"), (struct str_list){0});
	put_account(STR("crm"), STR("a"), STR("ann"));
	put_account(STR("crm"), STR("b"), STR("bob"));
	put_binding(STR("crm"), STR("admin"), STR("a"), STR("ann"));
	put_binding(STR("crm"), STR("admin"), STR("b"), STR("bob"));
	return r;
}

/* ---- what may stand there ----------------------------------------------------------------------------------- */

static void test_bindings_are_checked(void **state UNUSED)
{
	static const struct {
		const char *app, *entitlement, *account;
		int64_t expires_at_ms;
		enum service_result want;
	} cases[] = {
	    {"crm", "read", "a", 0, SERVICE_OK},           {"crm", "read", "b", 2, SERVICE_OK},
	    {"crm", "read", "a", 1, SERVICE_INVALID},      {"crm", "admin", "a", 0, SERVICE_CONFLICT},
	    {"nope", "read", "a", 0, SERVICE_NOT_FOUND},   {"crm", "nope", "a", 0, SERVICE_NOT_FOUND},
	    {"crm", "read", "nope", 0, SERVICE_NOT_FOUND}, {"wiki", "admin", "a", 0, SERVICE_NOT_FOUND},
	    {"wiki", "read", "a", 0, SERVICE_NOT_FOUND},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct entitlement_binding b =
		    binding(str_of(cases[i].app), str_of(cases[i].entitlement), str_of(cases[i].account));
		struct error err = {0};

		b.expires_at_ms = cases[i].expires_at_ms;
		b.user = STR("somebody"); /* whose it is says the account */
		if (applications_create(&txn, &b.doc, &err) != cases[i].want)
			fail_msg("case %zu: %s", i, err.text);
		assert_int_equal(txn.n_changes, cases[i].want == SERVICE_OK);
		if (cases[i].want == SERVICE_OK)
			assert_true(str_eq(b.user, str_eq(b.account_id, STR("a")) ? STR("ann") : STR("bob")));
		txn.n_changes = 0;
	}
}

static void test_names_are_checked(void **state UNUSED)
{
	static const struct {
		const char *id, *name, *owner;
		enum service_result want;
	} cases[] = {
	    {"new", "New", "ann@x.org", SERVICE_OK}, {"new", "New", "nobody", SERVICE_INVALID},
	    {"new", " ", "ann", SERVICE_INVALID},    {"a/b", "New", "ann", SERVICE_INVALID},
	    {"", "New", "ann", SERVICE_INVALID},     {"crm", "New", "ann", SERVICE_CONFLICT},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct str owners[] = {str_of(cases[i].owner), STR("ann")};
		struct app app = {.doc = {.kind = DOC_APP, .id = str_of(cases[i].id)},
		                  .display_name = str_of(cases[i].name),
		                  .owners = {owners, 2}};
		struct error err = {0};

		if (applications_create(&txn, &app.doc, &err) != cases[i].want)
			fail_msg("case %zu: %s", i, err.text);
		if (cases[i].want == SERVICE_OK)
			assert_int_equal(app.owners.n, 1); /* ann by two names */
		txn.n_changes = 0;
	}
}

static void test_policies_are_of_their_type(void **state UNUSED)
{
	struct app_entitlement e = *app_entitlement_find(snapshot, STR("crm"), STR("admin"), &arena);
	struct error err = {0};

	put(&(struct approval_policy){
	    .doc = {.kind = DOC_APPROVAL_POLICY, .id = STR("g")}, .display_name = STR("g"), .type = REQUEST_GRANT}
	         .doc);
	e.grant_policy = e.emergency_policy = STR("g");
	assert_int_equal(applications_update(&txn, &e.doc, &err), SERVICE_OK);
	e.revoke_policy = STR("g");
	assert_int_equal(applications_update(&txn, &e.doc, &err), SERVICE_INVALID);
	e.revoke_policy = STR("nothing");
	err = (struct error){0};
	assert_int_equal(applications_update(&txn, &e.doc, &err), SERVICE_INVALID);
	/* What stood there when the policy was deleted does not stop other changes. */
	e.revoke_policy = STR_NONE;
	put(&e.doc);
	put(&(struct approval_policy){.doc = {.kind = DOC_APPROVAL_POLICY, .id = STR("g")},
	                              .display_name = STR("g"),
	                              .type = REQUEST_GRANT,
	                              .deleted_at_ms = 5}
	         .doc);
	assert_int_equal(applications_update(&txn, &e.doc, &err), SERVICE_OK);
	e = *app_entitlement_find(snapshot, STR("wiki"), STR("admin"), &arena);
	e.grant_policy = STR("g");
	err = (struct error){0};
	assert_int_equal(applications_update(&txn, &e.doc, &err), SERVICE_INVALID);
}

/* ---- what goes ---------------------------------------------------------------------------------------------- */

static void test_account_passes_on(void **state UNUSED)
{
	struct app_user u = *app_user_find(snapshot, STR("crm"), STR("a"), &arena);
	struct error err = {0};

	u.username = STR("al");
	assert_int_equal(applications_update(&txn, &u.doc, &err), SERVICE_OK);
	ASSERT_CHANGES("+app_user crm/a");
	u.user = STR("bob@x.org");
	assert_int_equal(applications_update(&txn, &u.doc, &err), SERVICE_OK);
	assert_true(str_eq(u.user, STR("bob")));
	ASSERT_CHANGES("+app_user crm/a", "+entitlement_binding crm/admin/a");
}

static void test_app_goes(void **state UNUSED)
{
	struct error err = {0};

	put_request(STR("r1"), REQUEST_OPEN, STR("ann"));
	put_request(STR("r2"), REQUEST_CLOSED, STR("ann"));
	assert_int_equal(applications_delete(&txn, snapshot_find(snapshot, DOC_APP, STR("crm")), &err), SERVICE_OK);
	ASSERT_CHANGES("-entitlement_binding crm/admin/a", "-entitlement_binding crm/admin/b", "+request_event r1/5",
	               "+request_event r1/6", "+request_event r1/7", "+access_request r1", "-app_entitlement crm/admin",
	               "-app_entitlement crm/read", "-app_user crm/a", "-app_user crm/b", "-app_resource_type crm/role",
	               "-app crm");
}

static void test_account_goes(void **state UNUSED)
{
	struct error err = {0};

	put_request(STR("r1"), REQUEST_OPEN, STR("ann"));
	assert_int_equal(applications_delete(&txn, snapshot_find(snapshot, DOC_APP_USER, STR("crm/b")), &err),
	                 SERVICE_OK);
	ASSERT_CHANGES("-entitlement_binding crm/admin/b", "-app_user crm/b");
	assert_int_equal(applications_delete(&txn, snapshot_find(snapshot, DOC_APP_USER, STR("crm/a")), &err),
	                 SERVICE_OK);
	ASSERT_CHANGES("-entitlement_binding crm/admin/a", "+request_event r1/5", "+request_event r1/6",
	               "+request_event r1/7", "+access_request r1", "-app_user crm/a");
}

/* What the transaction makes of the request r1. */
static struct document *put_request_now(void)
{
	struct document *doc = NULL;

	for (size_t i = 0; i < txn.n_changes && !doc; i++)
		if (str_eq(txn.changes[i].kind, STR("access_request")) && str_eq(txn.changes[i].id, STR("r1")))
			assert_int_equal(
			    document_decode(DOC_ACCESS_REQUEST, STR("r1"), txn.changes[i].body, &doc, NULL), 0);
	assert(doc);
	return doc;
}

static void test_user_goes(void **state UNUSED)
{
	struct cascade_effect effect;
	const struct access_request *r;
	struct document *doc;
	struct error err = {0};
	struct user bob = *user(STR("bob"));

	bob.delegate = STR("ann");
	put(&bob.doc);
	put_request(STR("r1"), REQUEST_OPEN, STR("ann"));
	put_request(STR("r2"), REQUEST_OPEN, STR("bob"));
	assert_int_equal(directory_delete(&txn, &user(STR("ann"))->doc, &effect, &err), SERVICE_OK);
	doc = put_request_now();
	r = as_access_request(doc);
	assert_int_equal(r->state, REQUEST_CLOSED);
	assert_int_equal(r->outcome, REQUEST_CANCELLED);
	assert_int_equal(r->outcome_at_ms, txn.now_ms);
	assert_int_equal(r->n_events, 7);
	assert_int_equal(r->steps[0].state, STEP_DONE);
	assert_int_equal(r->steps[0].outcome, OUTCOME_CANCELLED);
	assert_int_equal(r->steps[0].due_at_ms, 0);
	free(doc);
	ASSERT_CHANGES("-entitlement_binding crm/admin/a", "+app_user crm/a", "+request_event r1/5",
	               "+request_event r1/6", "+request_event r1/7", "+access_request r1", "+app crm",
	               "+app_entitlement crm/admin", "+user bob", "-user ann");
}

static void test_resource_type_in_use_stays(void **state UNUSED)
{
	const struct document *type = snapshot_find(snapshot, DOC_APP_RESOURCE_TYPE, STR("crm/role"));
	struct app_entitlement e = *app_entitlement_find(snapshot, STR("crm"), STR("read"), &arena);
	struct error err = {0};

	e.resource_type = STR("role");
	put(&e.doc);
	assert_int_equal(applications_delete(&txn, type, &err), SERVICE_FAILED_PRECONDITION);
	assert_int_equal(txn.n_changes, 0);
	e.resource_type = STR_NONE;
	put(&e.doc);
	err = (struct error){0};
	assert_int_equal(applications_delete(&txn, type, &err), SERVICE_OK);
	ASSERT_CHANGES("-app_resource_type crm/role");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_bindings_are_checked, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_names_are_checked, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_policies_are_of_their_type, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_account_passes_on, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_app_goes, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_account_goes, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_user_goes, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_resource_type_in_use_stays, setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
