/* SPDX-License-Identifier: Apache-2.0
 *
 * Access reviews on hand-made snapshots: which grants are asked about, and how many at most.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/access_reviews.h"
#include "service/applications.h"
#include "service/internal.h"
#include "aitronos-world.h"

static void put_binding(struct str account, struct str user, int64_t expires_at_ms)
{
	put(&(struct app_user){.doc = {.kind = DOC_APP_USER, .id = app_part_id(&arena, STR("crm"), account)},
	                       .app = STR("crm"),
	                       .account_id = account,
	                       .user = user}
	         .doc);
	put(&(struct entitlement_binding){
	    .doc = {.kind = DOC_ENTITLEMENT_BINDING,
	            .id = entitlement_binding_id(&arena, STR("crm"), STR("admin"), account)},
	    .app = STR("crm"),
	    .entitlement_id = STR("admin"),
	    .account_id = account,
	    .user = user,
	    .expires_at_ms = expires_at_ms}
	         .doc);
}

/* An application with one entitlement. */
static int setup(void **state)
{
	static struct service service; /* knows no expressions */
	int r = world_setup(state);

	txn.service = &service;
	txn.now_ms = 100;
	put(&(struct app){.doc = {.kind = DOC_APP, .id = STR("crm")}, .display_name = STR("CRM")}.doc);
	put(&(struct app_entitlement){.doc = {.kind = DOC_APP_ENTITLEMENT, .id = STR("crm/admin")},
	                              .app = STR("crm"),
	                              .entitlement_id = STR("admin"),
	                              .display_name = STR("Admin")}
	         .doc);
	return r;
}

/* A draft about that entitlement, with the grants of these users. */
static struct access_review draft(struct str_list users)
{
	static const struct json_member members[] = {
	    {STR_INIT("appId"), {.type = JSON_STRING, .s = STR_INIT("crm")}},
	    {STR_INIT("appEntitlementId"), {.type = JSON_STRING, .s = STR_INIT("admin")}},
	};
	static const struct json ref = {.type = JSON_OBJECT, .n = 2, .members = members};
	static const struct json refs = {.type = JSON_ARRAY, .n = 1, .items = &ref};
	const struct access_review_scope scope = {.entitlements = &refs, .users = users};
	struct access_review r = {
	    .display_name = STR("Autumn"),
	    .owners = LIST(STR("bob@x.org"), STR("bob")),
	    .scope = access_review_scope_write(&scope, &arena),
	};
	struct error err = {0};

	assert_int_equal(access_review_create(&txn, &r, &err), SERVICE_OK);
	assert_int_equal(r.owners.n, 1); /* bob by two names */
	assert_int_equal(txn.n_changes, 1);
	txn.n_changes = 0;
	put(&r.doc);
	return r;
}

static size_t count_requests(void)
{
	size_t n = 0;

	for (size_t i = 0; i < txn.n_changes; i++)
		n += str_eq(txn.changes[i].kind, STR("access_request"));
	return n;
}

static void test_what_is_asked(void **state UNUSED)
{
	struct access_review r;
	struct error err = {0};
	size_t n = 99;

	put_binding(STR("a1"), STR("ann"), 0);
	put_binding(STR("a2"), STR("ann"), 0);   /* the same person */
	put_binding(STR("b1"), STR("bob"), 100); /* over */
	put_binding(STR("b2"), STR("bob"), 101);
	put_binding(STR("n1"), STR_NONE, 0); /* nobody's, and each one by itself */
	put_binding(STR("n2"), STR_NONE, 0);
	r = draft((struct str_list){0});
	assert_int_equal(access_review_start(&txn, &r, &n, &err), SERVICE_OK);
	assert_int_equal(n, 4);
	assert_int_equal(count_requests(), 4);
	assert_true(str_eq(r.state, STR(ACCESS_REVIEW_OPEN)));
	assert_int_equal(r.starts_at_ms, 100);
	assert_int_equal(access_review_start(&txn, &r, &n, &err), SERVICE_FAILED_PRECONDITION);
}

static void test_users_in_scope(void **state UNUSED)
{
	struct access_review r;
	struct error err = {0};
	size_t n = 99;

	put_binding(STR("a1"), STR("ann"), 0);
	put_binding(STR("b1"), STR("bob"), 0);
	put_binding(STR("n1"), STR_NONE, 0);
	r = draft(LIST(STR("bob")));
	assert_int_equal(access_review_start(&txn, &r, &n, &err), SERVICE_OK);
	assert_int_equal(n, 1);
}

static void test_at_most(void **state UNUSED)
{
	const struct str last = entitlement_binding_id(&arena, STR("crm"), STR("admin"), STR("x0"));
	struct access_review r;
	struct error err = {0};
	size_t n = 99;

	for (unsigned i = 0; i <= ACCESS_REVIEW_MAX_REQUESTS; i++)
		put_binding(arena_strf(&arena, "x%u", i), STR_NONE, 0);
	r = draft((struct str_list){0});
	assert_int_equal(access_review_start(&txn, &r, &n, &err), SERVICE_FAILED_PRECONDITION);
	assert_int_equal(txn.n_changes, 0);
	assert_int_equal(n, 99);
	assert_true(snapshot_remove(snapshot, DOC_ENTITLEMENT_BINDING, last));
	err = (struct error){0};
	assert_int_equal(access_review_start(&txn, &r, &n, &err), SERVICE_OK);
	assert_int_equal(n, ACCESS_REVIEW_MAX_REQUESTS);
	assert_int_equal(count_requests(), ACCESS_REVIEW_MAX_REQUESTS);
}

static void test_owners_are_needed(void **state UNUSED)
{
	struct access_review r = {.display_name = STR("Autumn")};
	struct error err = {0};

	assert_int_equal(access_review_create(&txn, &r, &err), SERVICE_INVALID);
	r.owners = LIST(STR("nobody"));
	err = (struct error){0};
	assert_int_equal(access_review_create(&txn, &r, &err), SERVICE_INVALID);
	assert_int_equal(txn.n_changes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_what_is_asked, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_users_in_scope, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_at_most, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_owners_are_needed, setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
