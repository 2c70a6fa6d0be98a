/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions, answers, reasons and searches: what they hold, and that none that is wrong allows anything.
 */
#include "world.h"

struct fixture {
	struct world world;
	struct doorward_organization *org;
	struct doorward_decider *d;
};

static struct fixture *fixture_of(void **state)
{
	return *state;
}

static int set_up(void **state)
{
	struct fixture *f = mem_calloc(1, sizeof(*f));

	world_make(&f->world);
	world_put_policy(&f->world, "hot", "allow", "open", "context.is_hot");
	world_put_policy(&f->world, "secret", "deny", "read", "resource.properties.level == \\\"secret\\\"");
	world_put(
	    &f->world, "access_policy", "in-t1", 0,
	    "{\"subjects\":[\"user:alice\"],\"actions\":[\"use\"],\"resources\":[\"record/*\"],\"tenants\":[\"t1\"]}");
	world_put(&f->world, "access_policy", "until", 0,
	          "{\"subjects\":[\"user:alice\"],\"actions\":[\"late\"],\"resources\":[\"record/r1\",\"record/r2\"],"
	          "\"valid_until\":1780000000001}");
	f->org = world_open(&f->world);
	f->d = doorward_decider_new(f->org);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	doorward_decider_free(f->d);
	doorward_close(f->org);
	world_remove(&f->world);
	free(f);
	return 0;
}

static struct doorward_answer decide(struct fixture *f, const struct doorward_question *q)
{
	struct doorward_answer answer = DOORWARD_ANSWER_INIT;
	struct doorward_error err;

	if (doorward_decide(f->d, q, &answer, &err) != DOORWARD_OK)
		fail_msg("%s", err.text);
	assert_string_equal(err.text, "");
	assert_int_equal(answer.revision, f->world.revision);
	return answer;
}

static void test_properties(void **state)
{
	struct fixture *f = fixture_of(state);
	struct doorward_question q = question("read");

	/* Nobody says which level it has: the deny cannot be ruled out. */
	assert_int_equal(decide(f, &q).allowed, 0);
	q.resource_properties = "{\"level\":\"public\"}";
	assert_int_equal(decide(f, &q).allowed, 1);
	q.resource_properties = "{\"level\":\"secret\"}";
	assert_int_equal(decide(f, &q).allowed, 0);
	q = question("open");
	assert_int_equal(decide(f, &q).allowed, 0);
	q.context = "{\"is_hot\":true}";
	assert_int_equal(decide(f, &q).allowed, 1);
	q.context = "null";
	assert_int_equal(decide(f, &q).allowed, 0);
}

static void test_tenants_and_time(void **state)
{
	struct fixture *f = fixture_of(state);
	struct doorward_question q = question("use");
	struct doorward_answer answer;

	q.resource_properties = "{\"tenants\":[\"t2\",\"t1\"]}";
	answer = decide(f, &q);
	assert_int_equal(answer.allowed, 1);
	assert_int_equal(answer.n_tenants, 1);
	assert_int_equal(answer.tenants[0].len, 2);
	assert_string_equal(answer.tenants[0].ptr, "t1");
	q.resource_properties = "{\"tenants\":[\"t2\"]}";
	answer = decide(f, &q);
	assert_int_equal(answer.allowed, 0);
	assert_int_equal(answer.n_tenants, 0);
	q = question("late");
	assert_int_equal(decide(f, &q).allowed, 1);
	q.now_ms++;
	assert_int_equal(decide(f, &q).allowed, 0);
}

static void test_json(void **state)
{
	struct fixture *f = fixture_of(state);
	static const char text[] = "{\"subject\":{\"type\":\"user\",\"id\":\"alice\"},\"action\":{\"name\":\"open\"},"
	                           "\"resource\":{\"type\":\"record\",\"id\":\"r1\"},\"context\":{\"is_hot\":true}}";
	struct doorward_answer answer = DOORWARD_ANSWER_INIT;
	struct doorward_error err;

	assert_int_equal(doorward_decide_json(f->d, (struct doorward_text){text, strlen(text)}, NOW_MS, &answer, &err),
	                 DOORWARD_OK);
	assert_int_equal(answer.allowed, 1);
	/* Without its last byte it is no JSON. */
	assert_int_equal(
	    doorward_decide_json(f->d, (struct doorward_text){text, strlen(text) - 1}, NOW_MS, &answer, &err),
	    DOORWARD_INVALID);
	assert_int_equal(answer.allowed, 0);
	assert_int_not_equal(strlen(err.text), 0);
	assert_int_equal(doorward_decide_json(f->d, (struct doorward_text){"[]", 2}, NOW_MS, &answer, &err),
	                 DOORWARD_INVALID);
	assert_int_equal(doorward_decide_json(f->d, (struct doorward_text){NULL, 0}, NOW_MS, &answer, &err),
	                 DOORWARD_INVALID);
	assert_int_equal(doorward_decide_json(f->d, (struct doorward_text){"{}", 2}, NOW_MS, &answer, &err),
	                 DOORWARD_INVALID);
	assert_string_equal(err.text, "subject is required");
}

/* ---- what is wrong ---------------------------------------------------------------------------------------------- */

static void expect_invalid(struct fixture *f, const struct doorward_question *q, const char *text)
{
	struct doorward_answer answer = DOORWARD_ANSWER_INIT;
	struct doorward_reason reason = DOORWARD_REASON_INIT;
	struct doorward_error err;

	answer.allowed = 1;
	answer.n_tenants = 7;
	reason.effect = DOORWARD_ALLOW;
	assert_int_equal(doorward_decide(f->d, q, &answer, &err), DOORWARD_INVALID);
	if (!strstr(err.text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, err.text);
	assert_int_equal(answer.allowed, 0);
	assert_int_equal(answer.n_tenants, 0);
	assert_int_equal(doorward_explain(f->d, q, &reason, NULL), DOORWARD_INVALID);
	assert_int_equal(reason.effect, DOORWARD_NOTHING);
}

static void test_malformed(void **state)
{
	struct fixture *f = fixture_of(state);
	struct doorward_question q = question("open"), good = question("open");

	good.context = "{\"is_hot\":true}";
	assert_int_equal(decide(f, &good).allowed, 1);
	q = good;
	q.subject_id = NULL;
	expect_invalid(f, &q, "subject.id is required");
	q = good;
	q.action = NULL;
	expect_invalid(f, &q, "action.name is required");
	q = good;
	q.resource_id = "\xff";
	expect_invalid(f, &q, "not UTF-8");
	q = good;
	q.context = "{";
	expect_invalid(f, &q, "context: ");
	q = good;
	q.context = "[]";
	expect_invalid(f, &q, "context must be an object");
	q = good;
	q.subject_properties = "7";
	expect_invalid(f, &q, "subject.properties must be an object");
	q = good;
	q.resource_properties = "{\"tenants\":7}";
	expect_invalid(f, &q, "resource.properties.tenants");
	q = good;
	q.size = 0;
	expect_invalid(f, &q, "not initialized");
	q.size = sizeof(q) - 1;
	expect_invalid(f, &q, "not initialized");
	expect_invalid(f, NULL, "not initialized");
	assert_int_equal(decide(f, &good).allowed, 1);
}

static void test_too_long(void **state)
{
	struct fixture *f = fixture_of(state);
	struct doorward_question q = question("read");
	CLEANUP(freep) char *text = mem_alloc(DOORWARD_MAX_QUESTION_BYTES + 8);

	memset(text, ' ', DOORWARD_MAX_QUESTION_BYTES + 8);
	memcpy(text, "{}", 2);
	text[DOORWARD_MAX_QUESTION_BYTES + 1] = '\0';
	q.context = text;
	expect_invalid(f, &q, "longer than");
	text[DOORWARD_MAX_QUESTION_BYTES / 2 + 1] = '\0';
	q.action_properties = text;
	expect_invalid(f, &q, "longer than");
}

/* A program that was compiled with a later header, whose structs are longer. */
static void test_later_structs(void **state)
{
	struct fixture *f = fixture_of(state);
	struct {
		struct doorward_question q;
		uint64_t later;
	} longer = {.q = question("open"), .later = 0};
	struct {
		struct doorward_answer a;
		uint64_t later;
	} answer = {.a = DOORWARD_ANSWER_INIT, .later = 7};

	longer.q.size = sizeof(longer);
	longer.q.context = "{\"is_hot\":true}";
	answer.a.size = sizeof(answer);
	assert_int_equal(doorward_decide(f->d, &longer.q, &answer.a, NULL), DOORWARD_OK);
	assert_int_equal(answer.a.allowed, 1);
	assert_int_equal(answer.a.size, sizeof(answer));
	assert_int_equal(answer.later, 0);
	/* It asks for something that this library does not know. */
	longer.later = 1;
	assert_int_equal(doorward_decide(f->d, &longer.q, &answer.a, NULL), DOORWARD_INVALID);
	assert_int_equal(answer.a.allowed, 0);
	answer.a.size = 8;
	assert_int_equal(doorward_decide(f->d, &longer.q, &answer.a, NULL), DOORWARD_INVALID);
	assert_int_equal(doorward_decide(f->d, &longer.q, NULL, NULL), DOORWARD_INVALID);
}

/* ---- why -------------------------------------------------------------------------------------------------------- */

static void expect_reason(struct fixture *f, const struct doorward_question *q, enum doorward_effect effect,
                          const char *document)
{
	struct doorward_reason reason = DOORWARD_REASON_INIT;
	struct doorward_error err;

	if (doorward_explain(f->d, q, &reason, &err) != DOORWARD_OK)
		fail_msg("%s", err.text);
	assert_int_equal(reason.effect, effect);
	assert_int_equal(reason.revision, f->world.revision);
	assert_int_equal(decide(f, q).allowed, effect == DOORWARD_ALLOW);
	/* That was another call: what the reason points to is no more. */
	assert_int_equal(doorward_explain(f->d, q, &reason, &err), DOORWARD_OK);
	assert_int_equal(strlen(reason.sentence.ptr), reason.sentence.len);
	if (!document) {
		assert_null(reason.document.ptr);
		assert_null(reason.kind.ptr);
		assert_string_equal(reason.sentence.ptr, "No statement allows user alice to fly record r1.");
		return;
	}
	assert_string_equal(reason.document.ptr, document);
	assert_string_equal(reason.kind.ptr, "access_policy");
	assert_non_null(strstr(reason.sentence.ptr, document));
	assert_non_null(strstr(reason.sentence.ptr, "access policy"));
}

static void test_reasons(void **state)
{
	struct fixture *f = fixture_of(state);
	struct doorward_question q = question("read"), fly = question("fly");

	q.resource_properties = "{\"level\":\"secret\"}";
	expect_reason(f, &q, DOORWARD_DENY, "secret");
	q.resource_properties = "{\"level\":\"public\"}";
	expect_reason(f, &q, DOORWARD_ALLOW, "readers");
	expect_reason(f, &fly, DOORWARD_NOTHING, NULL);
}

/* ---- searches --------------------------------------------------------------------------------------------------- */

static void test_finds_in_pages(void **state)
{
	struct fixture *f = fixture_of(state);
	struct doorward_question q = question("late");
	struct doorward_search search = DOORWARD_SEARCH_INIT;
	struct doorward_found found = DOORWARD_FOUND_INIT;
	char at[8];

	search.part = DOORWARD_RESOURCES;
	search.limit = 1;
	q.resource_id = NULL;
	assert_int_equal(doorward_find(f->d, &q, &search, &found, NULL), DOORWARD_OK);
	assert_int_equal(found.n_results, 1);
	assert_string_equal(found.results[0].ptr, "r1");
	assert_true(found.has_more);
	(void)snprintf(at, sizeof(at), "%s", found.at.ptr);
	search.behind = (struct doorward_text){at, strlen(at)};
	search.limit = 10;
	assert_int_equal(doorward_find(f->d, &q, &search, &found, NULL), DOORWARD_OK);
	assert_int_equal(found.n_results, 1);
	assert_string_equal(found.results[0].ptr, "r2");
	assert_false(found.has_more);
	assert_int_equal(found.revision, f->world.revision);
}

static void test_finds_parts(void **state)
{
	struct fixture *f = fixture_of(state);
	struct doorward_question q = question("late");
	struct doorward_search search = DOORWARD_SEARCH_INIT;
	struct doorward_found found = DOORWARD_FOUND_INIT;
	bool has_late = false;

	search.part = DOORWARD_SUBJECTS;
	q.subject_id = NULL;
	assert_int_equal(doorward_find(f->d, &q, &search, &found, NULL), DOORWARD_OK);
	assert_int_equal(found.n_results, 1);
	assert_string_equal(found.results[0].ptr, "alice");
	q = question(NULL);
	search.part = DOORWARD_ACTIONS;
	assert_int_equal(doorward_find(f->d, &q, &search, &found, NULL), DOORWARD_OK);
	for (size_t i = 0; i < found.n_results; i++) {
		has_late = has_late || strcmp(found.results[i].ptr, "late") == 0;
		assert_string_not_equal(found.results[i].ptr, "open");
	}
	assert_true(has_late);
}

static void test_wrong_searches(void **state)
{
	struct fixture *f = fixture_of(state);
	struct doorward_question q = question("late");
	struct doorward_search search = DOORWARD_SEARCH_INIT;
	struct doorward_found found = DOORWARD_FOUND_INIT;
	struct doorward_error err;

	found.n_results = 7;
	assert_int_equal(doorward_find(f->d, &q, &search, &found, &err), DOORWARD_INVALID);
	assert_int_equal(found.n_results, 0);
	search.part = DOORWARD_SUBJECTS;
	search.limit = DOORWARD_MAX_RESULTS + 1;
	assert_int_equal(doorward_find(f->d, &q, &search, &found, &err), DOORWARD_INVALID);
	search.limit = 0;
	assert_int_equal(doorward_find(f->d, &q, &search, &found, &err), DOORWARD_INVALID);
	search.limit = 1;
	q.action = NULL;
	assert_int_equal(doorward_find(f->d, &q, &search, &found, &err), DOORWARD_INVALID);
	assert_string_equal(err.text, "action.name is required");
	assert_int_equal(doorward_find(f->d, &q, NULL, &found, &err), DOORWARD_INVALID);
	assert_int_equal(doorward_find(f->d, &q, &search, NULL, &err), DOORWARD_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_properties, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_tenants_and_time, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_json, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_malformed, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_too_long, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_later_structs, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_reasons, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_finds_in_pages, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_finds_parts, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_wrong_searches, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
