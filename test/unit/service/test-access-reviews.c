/* SPDX-License-Identifier: Apache-2.0
 *
 * Access reviews on hand-made snapshots: which grants are asked about, how many at most, and what starting, closing and
 * time do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aitronos-world.h"
#include "base/clock.h"
#include "json/json.h"
#include "service/access_review_templates.h"
#include "service/access_reviews.h"
#include "service/applications.h"
#include "service/internal.h"

static void put_entitlement(struct str id, struct str type)
{
	put(&(struct app_entitlement){.doc = {.kind = DOC_APP_ENTITLEMENT, .id = app_part_id(&arena, STR("crm"), id)},
	                              .app = STR("crm"),
	                              .entitlement_id = id,
	                              .display_name = id,
	                              .resource_type = type}
	         .doc);
}

static void put_account(struct str id, struct str user, struct str type)
{
	put(&(struct app_user){.doc = {.kind = DOC_APP_USER, .id = app_part_id(&arena, STR("crm"), id)},
	                       .app = STR("crm"),
	                       .account_id = id,
	                       .user = user,
	                       .type = type,
	                       .status = STR("ENABLED")}
	         .doc);
}

static void put_binding(struct str entitlement, struct str account, struct str user, int64_t expires_at_ms)
{
	put(&(struct entitlement_binding){
	    .doc = {.kind = DOC_ENTITLEMENT_BINDING,
	            .id = entitlement_binding_id(&arena, STR("crm"), entitlement, account)},
	    .app = STR("crm"),
	    .entitlement_id = entitlement,
	    .account_id = account,
	    .user = user,
	    .expires_at_ms = expires_at_ms}
	         .doc);
}

static void put_policy(struct str id, enum request_type type)
{
	put(&(struct approval_policy){.doc = {.kind = DOC_APPROVAL_POLICY, .id = id}, .display_name = id, .type = type}
	         .doc);
}

/* An application with two entitlements, and a policy for reviews. */
static int setup_empty(void **state)
{
	static struct service service; /* knows no expressions */
	int r = world_setup(state);

	txn.service = &service;
	txn.now_ms = 100;
	put(&(struct app){.doc = {.kind = DOC_APP, .id = STR("crm")}, .display_name = STR("CRM")}.doc);
	put(&(struct app_resource_type){.doc = {.kind = DOC_APP_RESOURCE_TYPE, .id = STR("crm/role")},
	                                .app = STR("crm"),
	                                .type_id = STR("role"),
	                                .display_name = STR("Role")}
	         .doc);
	put_entitlement(STR("admin"), STR("role"));
	put_entitlement(STR("read"), STR_NONE);
	put_policy(STR("review"), REQUEST_CERTIFY);
	return r;
}

/*
 * Ann has admin through two accounts, and read for a while; bob has admin; the robot and the other robot are nobody's
 * and have admin; bob's read has expired.
 */
static int setup(void **state)
{
	int r = setup_empty(state);

	put_account(STR("a"), STR("ann"), STR("USER"));
	put_account(STR("a2"), STR("ann"), STR("SYSTEM_ACCOUNT"));
	put_account(STR("b"), STR("bob"), STR("USER"));
	put_account(STR("robot"), STR_NONE, STR("SERVICE_ACCOUNT"));
	put_account(STR("other"), STR_NONE, STR("SERVICE_ACCOUNT"));
	put_binding(STR("admin"), STR("a"), STR("ann"), 0);
	put_binding(STR("admin"), STR("a2"), STR("ann"), 0);
	put_binding(STR("admin"), STR("b"), STR("bob"), 0);
	put_binding(STR("admin"), STR("robot"), STR_NONE, 0);
	put_binding(STR("admin"), STR("other"), STR_NONE, 0);
	put_binding(STR("read"), STR("a"), STR("ann"), txn.now_ms + 1);
	put_binding(STR("read"), STR("b"), STR("bob"), txn.now_ms);
	return r;
}

static const struct json *tree(const char *text)
{
	const struct json *j;

	assert_int_equal(json_parse(str_of(text), &arena, &j, NULL), JSON_OK);
	return j;
}

/* ---- scopes -------------------------------------------------------------------------------------------------------
 */

#define ADMIN "\"entitlements\":[{\"appId\":\"crm\",\"appEntitlementId\":\"admin\"}]"
#define READ  "\"entitlements\":[{\"appId\":\"crm\",\"appEntitlementId\":\"read\"}]"
#define TWICE                                                                                                          \
	"\"entitlements\":[{\"appId\":\"crm\",\"appEntitlementId\":\"read\"},"                                         \
	"{\"appId\":\"crm\",\"appEntitlementId\":\"gone\"},{\"appId\":\"crm\",\"appEntitlementId\":\"read\"}]"
#define TYPE "\"resourceTypeSelections\":[{\"appId\":\"crm\",\"resourceTypeId\":\"role\"}]"

static void test_scope(void **state UNUSED)
{
	static const struct {
		const char *scope, *want; /* "admin/a" … */
	} cases[] = {
	    {"{}", ""},
	    {"{" ADMIN "}", "admin/a admin/b admin/robot admin/other "},
	    {"{" READ "}", "read/a "},
	    {"{" TWICE "}", "read/a "},
	    {"{" TYPE "}", "admin/a admin/b admin/robot admin/other "},
	    {"{" TYPE "," ADMIN "}", "admin/a admin/b admin/robot admin/other "},
	    {"{\"scopeV2\":{\"appAccess\":{}}}", "admin/a admin/b admin/robot admin/other read/a "},
	    {"{\"scopeV2\":{\"allUsers\":{}}," ADMIN "}", "admin/a admin/b admin/robot admin/other "},
	    {"{\"scopeV2\":{\"selectedUsers\":{\"userIds\":[\"bob\"]}}," ADMIN "}", "admin/b "},
	    {"{\"scopeV2\":{\"selectedUsers\":{}}," ADMIN "}", ""},
	    {"{\"scopeV2\":{\"userCriteria\":{}}," ADMIN "}", "admin/a admin/b "},
	    {"{\"scopeV2\":{\"userCriteria\":{\"managerUserIds\":[\"bob\"]}}," ADMIN "}", ""},
	    {"{\"scopeV2\":{\"userCriteria\":{\"groupAppEntitlementsRef\":[{\"appId\":\"crm\",\"id\":\"read\"}]}}"
	     "," ADMIN "}",
	     "admin/a "},
	    {"{\"scopeV2\":{\"accountCriteria\":{\"noAccountOwner\":true}}," ADMIN "}", "admin/robot admin/other "},
	    {"{\"scopeV2\":{\"accountCriteria\":{\"accountTypes\":[\"APP_USER_TYPE_USER\"]}}," ADMIN "}",
	     "admin/a admin/b "},
	    {"{\"scopeV2\":{\"accountCriteria\":{\"accountTypes\":[\"APP_USER_TYPE_SYSTEM_ACCOUNT\"]}}," ADMIN "}",
	     "admin/a2 "},
	    {"{\"scopeV2\":{\"accountCriteria\":{\"appUserStatuses\":[\"APP_USER_STATUS_DISABLED\"]}}," ADMIN "}", ""},
	    {"{\"scopeV2\":{\"appAccess\":{},\"grantsByCriteria\":{\"typeFilter\":\"GRANT_FILTER_TYPE_TEMPORARY\"}}}",
	     "read/a "},
	    {"{\"scopeV2\":{\"grantsByCriteria\":{\"typeFilter\":\"GRANT_FILTER_TYPE_PERMANENT\"}}," READ "}", ""},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		CLEANUP(buf_releasep) struct buf got = BUF_INIT(BUF_MAX_LINE_BYTES);
		struct access_review_selection found;
		struct error err = {0};

		assert_int_equal(access_review_select(&txn, tree(cases[i].scope), 100, &found, &err), 0);
		for (size_t k = 0; k < found.n; k++)
			buf_addf(&got, STR_FMT "/" STR_FMT " ", STR_ARG(found.items[k]->entitlement_id),
			         STR_ARG(found.items[k]->account_id));
		if (!str_eq(buf_str(&got), str_of(cases[i].want)))
			fail_msg("%s: " STR_FMT, cases[i].scope, STR_ARG(buf_str(&got)));
	}
}

static void test_scope_has_an_end(void **state UNUSED)
{
	struct access_review_selection found;
	struct error err = {0};

	assert_int_equal(access_review_select(&txn, tree("{" ADMIN "}"), 1, &found, &err), 0);
	assert_int_equal(found.n, 2);
}

static void test_what_has_no_effect_is_refused(void **state UNUSED)
{
	static const struct {
		const char *scope;
		enum service_result want;
	} cases[] = {
	    {"{" ADMIN "," TYPE "}", SERVICE_OK},
	    {"{\"entitlements\":[{\"appId\":\"crm\",\"appEntitlementId\":\"none\"}]}", SERVICE_INVALID},
	    {"{\"resourceTypeSelections\":[{\"appId\":\"crm\",\"resourceTypeId\":\"none\"}]}", SERVICE_INVALID},
	    {"{\"scopeV2\":{\"allAccessConflicts\":{}}}", SERVICE_INVALID},
	    {"{\"scopeV2\":{\"excludedSpecificResources\":{}}}", SERVICE_INVALID},
	    {"{\"scopeV2\":{\"userCriteria\":{\"userStatus\":[\"ENABLED\"]}}}", SERVICE_INVALID},
	    {"{\"scopeV2\":{\"accountCriteria\":{\"accountDomain\":\"APP_USER_DOMAIN_TRUSTED\"}}}", SERVICE_INVALID},
	    {"{\"scopeV2\":{\"grantsByCriteria\":{\"daysSinceAdded\":\"1s\"}}}", SERVICE_INVALID},
	    {"{\"scopeV2\":{\"principalTypeFilter\":\"PRINCIPAL_TYPE_FILTER_RESOURCES\"}}", SERVICE_INVALID},
	    {"{\"scopeV2\":{\"principalTypeFilter\":\"PRINCIPAL_TYPE_FILTER_USERS\"}}", SERVICE_OK},
	    {"{\"scopeV2\":{\"userCriteria\":{\"managerUserIds\":[\"nobody\"]}}}", SERVICE_INVALID},
	    {"{\"scopeV2\":{\"userCriteria\":{\"managerUserIds\":[\"bob\"]}}}", SERVICE_OK},
	    {"{\"scopeV2\":{\"selectedUsers\":{\"userIds\":[\"bob\",\"nobody\"]}}}", SERVICE_INVALID},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct error err = {0};

		if (access_review_check_scope(&txn, tree(cases[i].scope), &err) != cases[i].want)
			fail_msg("%s: %s", cases[i].scope, err.text);
	}
}

/* ---- starting and closing ------------------------------------------------------------------------------------------
 */

/* A stored draft with this scope. */
static struct access_review draft(const char *scope)
{
	struct access_review r = {
	    .display_name = STR("Autumn"), .owners = LIST(STR("bob@x.org"), STR("bob")), .scope = tree(scope)};
	struct error err = {0};

	assert_int_equal(access_review_create(&txn, &r, &err), SERVICE_OK);
	assert_int_equal(r.owners.n, 1); /* bob by two names */
	assert_int_equal(txn.n_changes, 1);
	txn_forget(&txn);
	put(&r.doc);
	return r;
}

/* As it was put last. */
static const struct access_review *stored(void)
{
	const struct store_change *c = &txn.changes[txn.n_changes - 1];
	struct access_review *r = ARENA_NEW(&arena, struct access_review);

	r->doc = (struct document){.kind = DOC_ACCESS_REVIEW, .id = c->id};
	assert_int_equal(document_read(&r->doc, c->body, &arena, NULL), 0);
	return r;
}

static size_t count_changes(const char *kind)
{
	size_t n = 0;

	for (size_t i = 0; i < txn.n_changes; i++)
		n += str_eq(txn.changes[i].kind, str_of(kind));
	return n;
}

static void test_what_is_asked(void **state UNUSED)
{
	struct access_review r = draft("{" ADMIN "," TYPE "}");
	struct error err = {0};
	size_t n = 99;

	assert_int_equal(access_review_start(&txn, &r, &n, &err), SERVICE_OK);
	assert_int_equal(n, 4);
	assert_int_equal(r.n_requests, 4);
	assert_int_equal(count_changes("access_request"), 4);
	assert_true(access_review_is(&r, ACCESS_REVIEW_OPEN));
	assert_int_equal(r.started_at_ms, 100);
	assert_int_equal(access_review_start(&txn, &r, &n, &err), SERVICE_FAILED_PRECONDITION);
}

static void test_at_most(void **state UNUSED)
{
	const struct str last = entitlement_binding_id(&arena, STR("crm"), STR("admin"), STR("x0"));
	struct access_review r;
	struct error err = {0};
	size_t n = 99;

	for (unsigned i = 0; i <= ACCESS_REVIEW_MAX_REQUESTS; i++) {
		struct str account = arena_strf(&arena, "x%u", i);

		put_account(account, STR_NONE, STR("SERVICE_ACCOUNT"));
		put_binding(STR("admin"), account, STR_NONE, 0);
	}
	r = draft("{" ADMIN "}");
	assert_int_equal(access_review_start(&txn, &r, &n, &err), SERVICE_FAILED_PRECONDITION);
	assert_non_null(strstr(err.text, "more than 20000 tasks"));
	assert_int_equal(txn.n_changes, 0);
	assert_int_equal(n, 99);
	assert_true(snapshot_remove(snapshot, DOC_ENTITLEMENT_BINDING, last));
	err = (struct error){0};
	assert_int_equal(access_review_start(&txn, &r, &n, &err), SERVICE_OK);
	assert_int_equal(n, ACCESS_REVIEW_MAX_REQUESTS);
	assert_int_equal(count_changes("access_request"), ACCESS_REVIEW_MAX_REQUESTS);
}

/* However few the tasks are: policies and what they bring about are as large as their authors like. */
static void test_size_at_most(void **state UNUSED)
{
	struct access_review r = draft("{" ADMIN "}");
	struct error err = {0};
	size_t n = 99;

	txn.n_bytes = ACCESS_REVIEW_MAX_BYTES;
	assert_int_equal(access_review_start(&txn, &r, &n, &err), SERVICE_FAILED_PRECONDITION);
	assert_non_null(strstr(err.text, "too large"));
	assert_int_equal(n, 99);
	/* By time: it stays a draft that says so, and nothing of what was tried is left. */
	txn_forget(&txn);
	txn.n_bytes = ACCESS_REVIEW_MAX_BYTES;
	r.starts_at_ms = txn.now_ms;
	assert_true(access_review_fire(&txn, &r));
	assert_int_equal(txn.n_changes, 1);
	assert_true(access_review_is(stored(), ACCESS_REVIEW_DRAFT));
	assert_int_equal(stored()->starts_at_ms, 0);
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

static struct access_review review(const char *state)
{
	static const struct str owners[] = {STR_INIT("ann")};

	return (struct access_review){.doc = {.kind = DOC_ACCESS_REVIEW, .id = STR("r1")},
	                              .display_name = STR("Q4"),
	                              .state = str_of(state),
	                              .policy = STR("review"),
	                              .owners = {owners, 1},
	                              .scope = tree("{" READ "}")};
}

static void test_states(void **state UNUSED)
{
	static const struct {
		const char *state;
		enum service_result start, close;
	} cases[] = {
	    {ACCESS_REVIEW_DRAFT, SERVICE_OK, SERVICE_FAILED_PRECONDITION},
	    {ACCESS_REVIEW_OPEN, SERVICE_FAILED_PRECONDITION, SERVICE_OK},
	    {ACCESS_REVIEW_CLOSED, SERVICE_FAILED_PRECONDITION, SERVICE_FAILED_PRECONDITION},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct access_review r = review(cases[i].state);
		struct error err = {0};
		size_t n;

		assert_int_equal(access_review_start(&txn, &r, &n, &err), cases[i].start);
		r = review(cases[i].state);
		assert_int_equal(access_review_close(&txn, &r, &n, &err), cases[i].close);
		txn_forget(&txn);
	}
}

static void test_what_cannot_start(void **state UNUSED)
{
	struct access_review reviews[] = {review("DRAFT"), review("DRAFT"), review("DRAFT"), review("DRAFT")};

	reviews[0].scope = NULL;
	reviews[1].scope = tree("{\"entitlements\":[]}");
	reviews[2].ends_at_ms = txn.now_ms;
	reviews[3].policy = STR("gone");
	for (size_t i = 0; i < N_ELEMENTS(reviews); i++) {
		struct error err = {0};
		size_t n = 99;

		assert_int_equal(access_review_start(&txn, &reviews[i], &n, &err), SERVICE_FAILED_PRECONDITION);
		assert_true(err.text[0] != '\0');
		assert_int_equal(txn.n_changes, 0);
		assert_int_equal(n, 99);
	}
}

static void test_what_is_settled(void **state UNUSED)
{
	static const struct {
		const char *state;
		const char *scope;
		const char *policy;
		int64_t ends_at_ms;
		enum service_result want;
	} cases[] = {
	    {ACCESS_REVIEW_DRAFT, "{" ADMIN "}", "other", 50, SERVICE_OK},
	    {ACCESS_REVIEW_OPEN, "{" READ "}", "review", 101, SERVICE_OK},
	    {ACCESS_REVIEW_OPEN, "{" READ "}", "review", 100, SERVICE_INVALID},
	    {ACCESS_REVIEW_OPEN, "{" ADMIN "}", "review", 0, SERVICE_FAILED_PRECONDITION},
	    {ACCESS_REVIEW_OPEN, "{" READ "}", "other", 0, SERVICE_FAILED_PRECONDITION},
	    {ACCESS_REVIEW_CLOSED, "{" READ "}", "review", 0, SERVICE_FAILED_PRECONDITION},
	};

	put_policy(STR("other"), REQUEST_CERTIFY);
	put_policy(STR("grants"), REQUEST_GRANT);
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct access_review r = review(cases[i].state);
		struct error err = {0};

		put(&r.doc);
		r.scope = tree(cases[i].scope);
		r.policy = str_of(cases[i].policy);
		r.ends_at_ms = cases[i].ends_at_ms;
		if (access_review_update(&txn, &r, &err) != cases[i].want)
			fail_msg("case %zu: %s", i, err.text);
		txn_forget(&txn);
		r = review(cases[i].state);
		r.policy = STR("grants");
		assert_int_not_equal(access_review_update(&txn, &r, &err), SERVICE_OK);
		assert_int_equal(txn.n_changes, 0);
	}
}

/* ---- time ----------------------------------------------------------------------------------------------------------
 */

static void test_time(void **state UNUSED)
{
	struct access_review r = review(ACCESS_REVIEW_DRAFT);

	assert_int_equal(access_review_due_ms(&r), 0);
	r.starts_at_ms = txn.now_ms + 1;
	r.ends_at_ms = txn.now_ms + 3;
	assert_int_equal(access_review_due_ms(&r), txn.now_ms + 1);
	assert_false(access_review_fire(&txn, &r));
	assert_int_equal(txn.n_changes, 0);
	txn.now_ms++;
	/* One that cannot start waits for a person, and says why. */
	r.policy = STR("gone");
	assert_true(access_review_fire(&txn, &r));
	assert_int_equal(stored()->starts_at_ms, 0);
	assert_true(access_review_is(stored(), ACCESS_REVIEW_DRAFT));
	assert_true(str_eq(stored()->problem, STR("policy_id: there is no policy \"gone\" of type certify")));
	ASSERT_CHANGES("+access_review r1");
	r = review(ACCESS_REVIEW_OPEN);
	r.ends_at_ms = txn.now_ms;
	assert_true(access_review_fire(&txn, &r));
	assert_true(access_review_is(stored(), ACCESS_REVIEW_CLOSED));
	ASSERT_CHANGES("+access_review r1");
	r = review(ACCESS_REVIEW_CLOSED);
	r.starts_at_ms = r.ends_at_ms = txn.now_ms;
	assert_int_equal(access_review_due_ms(&r), 0);
}

/* The times of a rule, until it ends or there are five. */
static void test_rules(void **state UNUSED)
{
	static const struct {
		const char *rule, *after, *want;
	} cases[] = {
	    {"{}", "1970-01-01T00:00:00Z", ""},
	    {"{\"startDate\":\"2026-01-31T09:00:00Z\"}", "2026-01-01T00:00:00Z", "2026-01-31T09:00:00Z "},
	    {"{\"startDate\":\"2026-01-31T09:00:00Z\"}", "2026-01-31T09:00:00Z", ""},
	    {"{\"frequency\":\"FREQUENCY_NONE\",\"startDate\":\"2026-01-31T09:00:00Z\"}", "2026-01-01T00:00:00Z",
	     "2026-01-31T09:00:00Z "},
	    {"{\"frequency\":\"FREQUENCY_MONTHLY\",\"startDate\":\"2026-01-31T09:00:00Z\"}", "2025-01-01T00:00:00Z",
	     "2026-01-31T09:00:00Z 2026-02-28T09:00:00Z 2026-03-31T09:00:00Z 2026-04-30T09:00:00Z "
	     "2026-05-31T09:00:00Z "},
	    {"{\"frequency\":\"FREQUENCY_MONTHLY\",\"interval\":3,\"startDate\":\"2026-01-31T09:00:00Z\","
	     "\"endDate\":\"2026-10-31T09:00:00Z\"}",
	     "2026-04-01T00:00:00Z", "2026-04-30T09:00:00Z 2026-07-31T09:00:00Z 2026-10-31T09:00:00Z "},
	    {"{\"frequency\":\"FREQUENCY_WEEKLY\",\"interval\":2,\"startDate\":\"2026-01-01T00:00:00Z\","
	     "\"occurrences\":3}",
	     "2026-01-01T00:00:00Z", "2026-01-15T00:00:00Z 2026-01-29T00:00:00Z "},
	    {"{\"frequency\":\"FREQUENCY_DAILY\",\"startDate\":\"2000-01-01T12:00:00Z\"}", "2026-11-22T12:00:00Z",
	     "2026-11-23T12:00:00Z 2026-11-24T12:00:00Z 2026-11-25T12:00:00Z 2026-11-26T12:00:00Z "
	     "2026-11-27T12:00:00Z "},
	    {"{\"frequency\":\"FREQUENCY_YEARLY\",\"startDate\":\"2024-02-29T00:00:00Z\",\"occurrences\":2}",
	     "1999-01-01T00:00:00Z", "2024-02-29T00:00:00Z 2025-02-28T00:00:00Z "},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		CLEANUP(buf_releasep) struct buf got = BUF_INIT(BUF_MAX_LINE_BYTES);
		const struct json *rule = tree(cases[i].rule);
		int64_t at;

		assert_true(time_parse_rfc3339(str_of(cases[i].after), &at));
		for (int k = 0; k < 5 && (at = access_review_rule_next(rule, at)); k++) {
			char text[32];

			buf_addf(&got, STR_FMT " ", STR_ARG(time_format_rfc3339(at, text)));
		}
		if (!str_eq(buf_str(&got), str_of(cases[i].want)))
			fail_msg("%s: " STR_FMT, cases[i].rule, STR_ARG(buf_str(&got)));
	}
}

static void test_template(void **state UNUSED)
{
	struct access_review_template m = {
	    .display_name = STR("Quarter"),
	    .owners = LIST(STR("ann")),
	    .policy = STR("review"),
	    .scope = tree("{" READ "}"),
	    .duration_ms = 50,
	    .closes_reviews = true,
	    .starts_reviews = true,
	    .is_scheduled = true,
	    .rule =
	        tree("{\"frequency\":\"FREQUENCY_DAILY\",\"startDate\":\"1970-01-01T00:00:01Z\",\"occurrences\":2}"),
	};
	struct error err = {0};
	struct access_review made;

	assert_int_equal(access_review_template_create(&txn, &m, &err), SERVICE_OK);
	assert_int_equal(m.next_at_ms, 1000);
	txn_forget(&txn);
	put(&m.doc);
	assert_false(access_review_template_fire(&txn, &m));
	assert_int_equal(txn.n_changes, 0);
	txn.now_ms = 1200;
	assert_true(access_review_template_fire(&txn, &m));
	ASSERT_CHANGES("+access_review *", "+access_review_template *");
	access_review_template_make(&txn, &m, STR("ann"), &made);
	assert_int_equal(made.starts_at_ms, 1200);
	assert_int_equal(made.ends_at_ms, 1250);
	assert_true(str_eq(made.template, m.doc.id));
	assert_true(str_eq(json_get_str(made.details, STR("completionDate")), STR("1970-01-01T00:00:01.250Z")));
	txn_forget(&txn);
	m.duration_ms = 0;
	assert_int_equal(access_review_template_update(&txn, &m, &err), SERVICE_INVALID);
	m.closes_reviews = false;
	m.rule = NULL;
	assert_int_equal(access_review_template_update(&txn, &m, &err), SERVICE_INVALID);
	m.is_scheduled = false;
	assert_int_equal(access_review_template_update(&txn, &m, &err), SERVICE_OK);
	assert_int_equal(m.next_at_ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_scope, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_scope_has_an_end, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_what_has_no_effect_is_refused, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_what_is_asked, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_at_most, setup_empty, world_teardown),
	    cmocka_unit_test_setup_teardown(test_size_at_most, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_owners_are_needed, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_states, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_what_cannot_start, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_what_is_settled, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_time, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_rules, setup, world_teardown),
	    cmocka_unit_test_setup_teardown(test_template, setup, world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
