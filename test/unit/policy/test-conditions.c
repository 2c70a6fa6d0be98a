/* SPDX-License-Identifier: Apache-2.0
 *
 * Expressions about a request: what they see of it and of the directory, whom they yield, and what becomes of errors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/conditions.h"

#define NOW      INT64_C(1770091506007)
#define MS_A_DAY INT64_C(86400000)

struct world {
	struct snapshot *snapshot;
	struct conditions *conditions;
	struct arena arena;
	struct access_request request;
	struct condition_input input;
};

/* Encodes and decodes, as the service does, and puts. */
static void put(struct world *w, const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 20);
	struct document *doc;

	document_encode(in, &body);
	assert_int_equal(document_decode(in->kind, in->id, buf_str(&body), &doc, NULL), 0);
	snapshot_put(w->snapshot, doc);
}

static const struct json *json_of(struct world *w, const char *text)
{
	const struct json *tree;

	assert_int_equal(json_parse(str_of(text), &w->arena, &tree, NULL), JSON_OK);
	return tree;
}

static void put_user(struct world *w, const char *id, const char *manager, const char *attributes)
{
	put(w,
	    &(struct user){
	        .doc = {.kind = DOC_USER, .id = str_of(id)},
	        .email = arena_concat(&w->arena, str_of(id), STR("@x.org")),
	        .display_name = str_of(id),
	        .manager = str_of(manager),
	        .attributes = attributes ? json_of(w, attributes) : NULL,
	    }
	         .doc);
}

static void put_account(struct world *w, const char *id, const char *user, const char *profile)
{
	put(w,
	    &(struct app_user){
	        .doc = {.kind = DOC_APP_USER, .id = arena_concat(&w->arena, STR("app/"), str_of(id))},
	        .app = STR("app"),
	        .account_id = str_of(id),
	        .user = str_of(user),
	        .type = STR("SERVICE_ACCOUNT"),
	        .status = STR("DISABLED"),
	        .profile = profile ? json_of(w, profile) : NULL,
	    }
	         .doc);
}

static void put_binding(struct world *w, const char *account, const char *user, int64_t expires_at_ms)
{
	put(w,
	    &(struct entitlement_binding){
	        .doc = {.kind = DOC_ENTITLEMENT_BINDING,
	                .id = arena_concat(&w->arena, STR("app/ent/"), str_of(account))},
	        .app = STR("app"),
	        .entitlement_id = STR("ent"),
	        .account_id = str_of(account),
	        .user = str_of(user),
	        .expires_at_ms = expires_at_ms,
	    }
	         .doc);
}

static void fill(struct world *w)
{
	static const struct str app_owners[] = {STR_INIT("dave"), STR_INIT("gone")}, owners[] = {STR_INIT("erin")};

	put_user(w, "alice", "bob", "{\"department\":\"Engineering\",\"employment_type\":\"FULL_TIME\"}");
	put_user(w, "bob", "erin", NULL);
	put_user(w, "carl", NULL, "{\"employmentType\":\"contractor\"}");
	put_user(w, "dave", NULL, NULL);
	put_user(w, "erin", NULL, NULL);
	put(w, &(struct app){.doc = {.kind = DOC_APP, .id = STR("app")},
	                     .display_name = STR("App"),
	                     .owners = {app_owners, 2}}
	            .doc);
	put(w,
	    &(struct app_entitlement){
	        .doc = {.kind = DOC_APP_ENTITLEMENT, .id = STR("app/ent")},
	        .app = STR("app"),
	        .entitlement_id = STR("ent"),
	        .display_name = STR("Deploy"),
	        .owners = {owners, 1},
	        .risk_level = STR("high"),
	        .annotations = json_of(w, "{\"team\":\"infrastructure\"}"),
	        .details = json_of(w, "{\"appResourceId\":\"r1\"}"),
	    }
	         .doc);
	put_account(w, "acct-alice", "alice",
	            "{\"riskScores\":[{\"source\":\"CrowdStrike\",\"normalizedScore\":20}],"
	            "\"risk_score\":{\"CrowdStrike\":20},\"managerId\":\"erin\","
	            "\"securityInsights\":[{\"source\":\"Okta\",\"value\":\"v\",\"severity\":\"High\"}]}");
	put_account(w, "acct-bob-1", "bob", NULL);
	put_account(w, "acct-bob-2", "bob", NULL);
	put_binding(w, "acct-bob-1", "bob", 0);
	put_binding(w, "acct-bob-2", "bob", NOW + 1);
	put_binding(w, "acct-alice", "alice", NOW);
}

static int setup(void **state)
{
	struct world *w = mem_calloc(1, sizeof(*w));

	w->snapshot = snapshot_new(STR("org"), 7);
	w->conditions = conditions_new();
	fill(w);
	w->request = (struct access_request){
	    .doc = {.kind = DOC_ACCESS_REQUEST, .id = STR("r1"), .created_at_ms = NOW - MS_A_DAY},
	    .number = 42,
	    .type = REQUEST_GRANT,
	    .app = STR("app"),
	    .entitlement_id = STR("ent"),
	    .user = STR("alice"),
	    .created_by = STR("bob"),
	    .duration_ms = 1800 * 1000,
	    .origin = STR("API"),
	};
	w->input = (struct condition_input){
	    .snapshot = w->snapshot, .request = &w->request, .now_ms = NOW, .arena = &w->arena};
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	snapshot_drop(w->snapshot);
	conditions_free(w->conditions);
	arena_release(&w->arena);
	free(w);
	return 0;
}

static void expect_match(struct world *w, const char *source, enum condition_result want)
{
	struct error err = {0};
	enum condition_result got = conditions_match(w->conditions, str_of(source), &w->input, &err);

	if (got != want)
		fail_msg("%s: %d instead of %d: %s", source, (int)got, (int)want, err.text);
}

static void expect_error(struct world *w, const char *source, const char *words)
{
	struct error err = {0};

	assert_int_equal(conditions_match(w->conditions, str_of(source), &w->input, &err), CONDITION_ERROR);
	if (!strstr(err.text, words))
		fail_msg("%s: \"%s\" is not in \"%s\"", source, words, err.text);
}

/* The ids with blanks between them. */
static void expect_approvers(struct world *w, const char *source, const char *want)
{
	CLEANUP(buf_releasep) struct buf got = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct error err = {0};
	struct str_list users;

	if (conditions_approvers(w->conditions, str_of(source), &w->input, &users, &err) != 0)
		fail_msg("%s: %s", source, err.text);
	for (size_t i = 0; i < users.n; i++) {
		if (i)
			buf_add_char(&got, ' ');
		buf_add(&got, users.items[i]);
	}
	buf_add_char(&got, '\0');
	assert_string_equal(got.ptr, want);
}

/* ---- conditions ------------------------------------------------------------------------------------------ */

static void what_a_request_is_about(void **state)
{
	struct world *w = *state;
	static const char *const true_ones[] = {
	    "subject.id == 'alice' && subject.department == 'Engineering' && subject.employmentType == 'FULL_TIME'",
	    "task.id == 'r1' && task.numericId == 42 && task.subjectUserId == 'alice' && task.requestorUserId == 'bob'",
	    "task.origin == TaskOrigin.API && task.origin == TASK_ORIGIN_API && task.origin != TaskOrigin.SLACK",
	    "!task.isGrantPermanent && task.grantDuration == duration('30m') && task.grant_duration < duration('1h')",
	    "task.created_at == now() - duration('24h') && task.createdAt.getFullYear() == 2026",
	    "!task.analysis.hasConflictViolations && !('x' in task.analysis.conflictViolations)",
	    "entitlement.id == 'ent' && entitlement.appId == 'app' && entitlement.display_name == 'Deploy'",
	    "entitlement.risk_level_value_id == 'high' && entitlement.annotations['team'] == 'infrastructure'",
	    "entitlement.app_resource_id == 'r1' && entitlement.description == ''",
	    "account.id == 'acct-alice' && account.app_user_type == AppUserType.SERVICE_ACCOUNT",
	    "account.status.status == APP_USER_STATUS_DISABLED && account.status.status == Status.DISABLED",
	    "account.risk_score['CrowdStrike'] <= 20 && account.risk_scores[0].normalized_score == 20",
	    "c1.app_user.v1.GetRiskScore(account, 'CrowdStrike').normalized_score == 20",
	    "c1.app_user.v1.GetRiskScore(account, 'Other').normalized_score == 0",
	    "c1.app_user.v1.HasRiskScore(account) && has(account.risk_score.CrowdStrike)",
	    "c1.app_user.v1.HasSecurityInsight(account) && c1.app_user.v1.GetSecurityInsights(account, 'Other') == []",
	    "c1.app_user.v1.GetSecurityInsights(account, 'Okta')[0].value == 'v'",
	    "c1.app_user.v1.HasSecurityInsightWithSeverity(account, 'Okta', 'HIGH')",
	    "!c1.app_user.v1.HasSecurityInsightWithSeverity(account, 'Okta', 'low')",
	    "c1.user.v1.GetAppUserStatus(subject, 'app') == 'USER_STATUS_DISABLED'",
	};

	for (size_t i = 0; i < N_ELEMENTS(true_ones); i++)
		expect_match(w, true_ones[i], CONDITION_TRUE);
	/* E13 */
	expect_match(w, "task.grantDuration > duration('720h')", CONDITION_FALSE);
	w->request.duration_ms = 0;
	expect_match(w, "task.isGrantPermanent", CONDITION_TRUE);
	w->request.user = STR("carl");
	expect_match(w, "subject.employment_type == 'contractor' && subject.managerId == ''", CONDITION_TRUE);
}

static void bindings_count_until_they_expire(void **state)
{
	struct world *w = *state;
	static const char has_it[] = "c1.user.v1.HasEntitlement(subject, 'app', 'ent')";

	expect_match(w, "c1.user.v1.HasApp(subject, 'app') && !c1.user.v1.HasApp(subject, 'other')", CONDITION_TRUE);
	expect_match(w, has_it, CONDITION_FALSE);
	w->input.now_ms = NOW - 1;
	expect_match(w, has_it, CONDITION_TRUE);
	expect_approvers(w, "c1.directory.apps.v1.GetEntitlementMembers('app', 'ent')", "bob alice");
	w->input.now_ms = NOW;
	expect_approvers(w, "c1.directory.apps.v1.GetEntitlementMembers('app', 'ent')", "bob");
}

static void the_account_is_named_or_the_only_one(void **state)
{
	struct world *w = *state;

	w->request.user = STR("bob");
	expect_error(w, "account.id == ''", "account not found");
	w->request.account_id = STR("acct-bob-2");
	expect_match(w, "account.id == 'acct-bob-2'", CONDITION_TRUE);
	w->request.account_id = STR("none");
	expect_error(w, "account.id == ''", "account not found");
}

static void what_is_not_asked_for_need_not_be_there(void **state)
{
	struct world *w = *state;

	w->request.user = STR("nobody");
	w->request.entitlement_id = STR("none");
	expect_match(w, "task.origin == TaskOrigin.API", CONDITION_TRUE);
	expect_error(w, "subject.department == ''", "user not found");
	expect_error(w, "entitlement.id == ''", "entitlement not found");
	expect_error(w, "ip.isPrivate", "not known");
	expect_match(w, "ip.isPrivate || true", CONDITION_TRUE);
	w->input.ip = STR("10.1.2.3");
	expect_match(w, "ip.isPrivate && ip.within(cidr('10.1.0.0/16'))", CONDITION_TRUE);
	w->input.ip = STR("not an address");
	expect_error(w, "ip.isPrivate", "IP Address");
}

static void only_true_matches(void **state)
{
	struct world *w = *state;

	expect_error(w, "subject.nope == ''", "undefined field");
	expect_error(w, "subject.department", "expected type 'bool'");
	expect_error(w, "subject.profile.nope == 1", "no such key");
	/* A value without a type is looked at when it is there. */
	expect_error(w, "subject.profile['department']", "bool");
	expect_error(w, "[1][3] == 1", "index out of bounds");
	expect_error(w, "'a'.matches('(')", "");
	expect_error(w, "", "");
}

static void an_endless_one_ends(void **state)
{
	struct world *w = *state;
	static const char list[] = "[1,2,3,4,5,6,7,8,9,10]";
	const struct condition_issue *issues;
	struct str source = STR("true");
	size_t n;

	for (int i = 0; i < 8; i++)
		source = arena_strf(&w->arena, "%s.all(x%d, " STR_FMT ")", list, i, STR_ARG(source));
	assert_true(conditions_check(w->conditions, CONDITION_MATCH, source, &w->arena, &issues, &n));
	expect_error(w, source.ptr, "cost limit"); /* arena_strf() ends in NUL */
}

/* ---- approvers --------------------------------------------------------------------------------------------- */

static void whom_expressions_name(void **state)
{
	struct world *w = *state;

	expect_approvers(w, "appOwners", "dave"); /* who is gone is not there */
	expect_approvers(w, "app_owners + c1.directory.users.v1.GetManagers(subject)", "dave bob");
	expect_approvers(w, "c1.directory.users.v1.GetManagers(c1.directory.users.v1.GetManagers(subject))", "erin");
	expect_approvers(w, "c1.directory.users.v1.FindByEmail('Erin@x.org')", "erin");
	expect_approvers(w, "[subject, subject] + [c1.directory.users.v1.GetByID('bob')]", "alice bob");
	expect_approvers(w, "c1.directory.users.v1.DirectReports(c1.directory.users.v1.GetByID('erin'))", "bob");
	expect_approvers(w, "c1.directory.apps.v1.GetEntitlementOwners(entitlement)", "erin");
	expect_approvers(w, "c1.directory.apps.v1.GetEntitlementOwners('app', 'ent')", "erin");
	expect_approvers(w, "c1.user.v1.GetAppUserManagers(subject, 'app')", "erin");
	expect_approvers(w, "c1.directory.users.v1.FindByName('nobody')", "");
	expect_approvers(w, "[]", "");
	expect_approvers(w, "subject.department == 'Engineering' ? appOwners : []", "dave");
	w->request.user = STR("carl");
	expect_approvers(w, "c1.directory.users.v1.GetManagers(subject)", "");
}

static void put_named(struct world *w, const char *id, const char *name)
{
	put(w, &(struct user){.doc = {.kind = DOC_USER, .id = str_of(id)}, .display_name = str_of(name)}.doc);
}

static void put_group(struct world *w, const char *id, const char *name)
{
	put(w, &(struct group){.doc = {.kind = DOC_GROUP, .id = str_of(id)}, .display_name = str_of(name)}.doc);
}

/* The first that was made, as names are now. */
static void who_is_called_so(struct world *w, const char *want)
{
	expect_approvers(w, "c1.directory.users.v1.FindByName('Twin')", want);
}

static void names_and_managers_as_they_are_now(void **state)
{
	struct world *w = *state;
	static const char reports[] =
	    "c1.directory.users.v1.DirectReports([c1.directory.users.v1.GetByID('bob'), subject,"
	    " c1.directory.users.v1.GetByID('erin'), c1.directory.users.v1.GetByID('bob')])";
	static const char group[] = "c1.directory.groups.v1.FindByName('G').id == 'g2'";

	who_is_called_so(w, "");
	put_named(w, "zoe", "Twin");
	put_named(w, "adam", "Twin");
	put_named(w, "eve", "twin");
	who_is_called_so(w, "zoe");
	put_named(w, "zoe", "Other");
	who_is_called_so(w, "adam");
	put_named(w, "zoe", "Twin");
	who_is_called_so(w, "zoe");
	assert_true(snapshot_remove(w->snapshot, DOC_USER, STR("zoe")));
	who_is_called_so(w, "adam");
	expect_approvers(w, "c1.directory.users.v1.FindByName('')", "");

	expect_error(w, group, "group not found: G");
	put_group(w, "g2", "G");
	put_group(w, "g1", "G");
	expect_match(w, group, CONDITION_TRUE);
	put_group(w, "g2", "H");
	expect_match(w, group, CONDITION_FALSE);

	expect_approvers(w, reports, "alice bob");
	put_user(w, "dave", "alice", NULL);
	expect_approvers(w, reports, "alice bob dave");
	put_user(w, "alice", "carl", NULL);
	expect_approvers(w, reports, "bob dave");
	expect_approvers(w, "c1.directory.users.v1.DirectReports([])", "");
}

static void approvers_that_cannot_be(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *source, *words;
	} cases[] = {
	    {"'bob'", "expected type 'list(User)' but found 'string'"},
	    {"['bob']", "expected type 'list(User)' but found 'list(string)'"},
	    {"account", "undeclared reference to 'account'"},
	    {"ip", "undeclared reference to 'ip'"},
	    {"c1.directory.users.v1.FindByEmail('nobody@x.org')", "user not found"},
	    {"[subject.profile.department]", ""},
	    {"subject.", "Syntax error"},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct error err = {0};
		struct str_list users;

		assert_int_not_equal(
		    conditions_approvers(w->conditions, str_of(cases[i].source), &w->input, &users, &err), 0);
		if (!strstr(err.text, cases[i].words))
			fail_msg("%s: %s", cases[i].source, err.text);
	}
}

/* ---- checking ---------------------------------------------------------------------------------------------- */

static void all_mistakes_are_told_where_they_are(void **state)
{
	struct world *w = *state;
	const struct condition_issue *issues;
	size_t n;

	assert_true(conditions_check(w->conditions, CONDITION_MATCH, STR("true"), &w->arena, &issues, &n));
	assert_int_equal(n, 0);
	assert_false(conditions_check(w->conditions, CONDITION_MATCH, STR("one ||\n two"), &w->arena, &issues, &n));
	assert_int_equal(n, 2);
	assert_true(str_eq(issues[0].text, STR("undeclared reference to 'one'")));
	assert_int_equal(issues[0].end_column, 4);
	assert_int_equal(issues[1].line, 2);
	assert_int_equal(issues[1].column, 2);
	assert_int_equal(issues[1].end_line, 2);
	assert_int_equal(issues[1].end_column, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_a_request_is_about, setup, teardown),
	    cmocka_unit_test_setup_teardown(bindings_count_until_they_expire, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_account_is_named_or_the_only_one, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_is_not_asked_for_need_not_be_there, setup, teardown),
	    cmocka_unit_test_setup_teardown(only_true_matches, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_endless_one_ends, setup, teardown),
	    cmocka_unit_test_setup_teardown(whom_expressions_name, setup, teardown),
	    cmocka_unit_test_setup_teardown(names_and_managers_as_they_are_now, setup, teardown),
	    cmocka_unit_test_setup_teardown(approvers_that_cannot_be, setup, teardown),
	    cmocka_unit_test_setup_teardown(all_mistakes_are_told_where_they_are, setup, teardown),
	};

	return cmocka_run_group_tests_name("policy/conditions", tests, NULL, NULL);
}
