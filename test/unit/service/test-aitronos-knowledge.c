/* SPDX-License-Identifier: Apache-2.0
 *
 * Slices, composites and stores on hand-made snapshots: what can be a member of what, and what goes with a slice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/aitronos_knowledge.h"
#include "aitronos-world.h"

/* ---- knowledge -------------------------------------------------------------------------------------------- */

static const struct resource *slice(struct str id)
{
	return knowledge_find(snapshot, STR("knowledge_slice"), id, &arena);
}

static void test_members_of_composites(void **state UNUSED)
{
	static const struct {
		const char *id, *tenant, *members[3];
		enum service_result want;
	} cases[] = {
	    {"c", NULL, {"s1", "s2"}, SERVICE_OK},   {"c", NULL, {"s1", "s1"}, SERVICE_INVALID},
	    {"c", NULL, {"nope"}, SERVICE_INVALID},  {"c", NULL, {"c"}, SERVICE_INVALID},
	    {"new", NULL, {"c"}, SERVICE_INVALID},   {"new", NULL, {"new"}, SERVICE_INVALID},
	    {"new", NULL, {"st", "s1"}, SERVICE_OK}, {"new", "t1", {"st"}, SERVICE_OK},
	    {"new", "t1", {"s1"}, SERVICE_INVALID},  {"s1", NULL, {"s2"}, SERVICE_INVALID}, /* is a member of c */
	    {"s2", NULL, {"s1"}, SERVICE_OK},
	};

	put_slice(STR("s1"), STR_NONE, (struct str_list){0});
	put_slice(STR("s2"), STR_NONE, (struct str_list){0});
	put_slice(STR("st"), STR("t1"), (struct str_list){0});
	put_slice(STR("c"), STR_NONE, LIST(STR("s1")));
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct error err = {0};
		struct str members[3];
		size_t n = 0;

		while (n < 3 && cases[i].members[n]) {
			members[n] = str_of(cases[i].members[n]);
			n++;
		}
		const struct resource r = {
		    .doc = {.kind = DOC_RESOURCE, .id = arena_strf(&arena, "knowledge_slice/%s", cases[i].id)},
		    .type = STR("knowledge_slice"),
		    .resource_id = str_of(cases[i].id),
		    .tenant = str_of(cases[i].tenant),
		    .members = {members, n},
		};

		if (knowledge_check_members(&txn, &r, &err) != cases[i].want)
			fail_msg("case %zu: %s", i, err.text);
		assert_int_equal(err.code, cases[i].want);
	}
	const struct str s1 = STR("s1");
	const struct resource document = {.type = STR("document"), .resource_id = STR("d"), .members = {&s1, 1}};
	assert_int_equal(knowledge_check_members(&txn, &document, NULL), SERVICE_INVALID);
}

static void test_too_many_members(void **state UNUSED)
{
	struct str *ids = ARENA_ARRAY(&arena, struct str, KNOWLEDGE_MAX_MEMBERS + 1);
	struct resource r = {.type = STR(KNOWLEDGE_TYPE_SLICE), .display_name = STR("C")};
	struct error err = {0};

	for (size_t i = 0; i < KNOWLEDGE_MAX_MEMBERS + 1; i++) {
		ids[i] = arena_strf(&arena, "s%zu", i);
		put_slice(ids[i], STR_NONE, (struct str_list){0});
	}
	r.members = (struct str_list){ids, KNOWLEDGE_MAX_MEMBERS + 1};
	assert_int_equal(knowledge_create(&txn, &r, &err), SERVICE_INVALID);
	r.members.n--;
	assert_int_equal(knowledge_create(&txn, &r, &err), SERVICE_OK);
	ASSERT_CHANGES("+resource *");
}

static void test_slice_leaves_composites(void **state UNUSED)
{
	struct cascade_effect effect;
	struct error err = {0};
	struct document *left;

	put_slice(STR("s1"), STR_NONE, (struct str_list){0});
	put_slice(STR("s2"), STR_NONE, (struct str_list){0});
	put_slice(STR("c1"), STR_NONE, LIST(STR("s1"), STR("s2")));
	put_slice(STR("c2"), STR_NONE, LIST(STR("s1")));
	put_slice(STR("c3"), STR_NONE, LIST(STR("s2")));
	assert_int_equal(knowledge_delete(&txn, slice(STR("s1")), &effect, &err), SERVICE_OK);
	assert_int_equal(document_decode(DOC_RESOURCE, STR("knowledge_slice/c1"), txn.changes[0].body, &left, NULL), 0);
	assert_int_equal(as_resource(left)->members.n, 1);
	assert_true(str_eq(as_resource(left)->members.items[0], STR("s2")));
	free(left);
	ASSERT_CHANGES("+resource knowledge_slice/c1", "+resource knowledge_slice/c2", "-resource knowledge_slice/s1");
}

static void test_knowledge_lists(void **state UNUSED)
{
	const struct document *const *docs;

	put_slice(STR("s1"), STR_NONE, (struct str_list){0});
	put_slice(STR("s2"), STR_NONE, LIST(STR("s1")));
	for (unsigned i = 0; i < 2; i++)
		put(&(struct resource){
		    .doc = {.kind = DOC_RESOURCE, .id = i ? STR("vector_store/x") : STR("assistant/x")},
		    .type = i ? STR("vector_store") : STR("assistant"),
		    .resource_id = STR("x"),
		    .parent = STR("knowledge_slice/s1")}
		         .doc);
	assert_int_equal(knowledge_list(snapshot, STR(KNOWLEDGE_TYPE_SLICE), &arena, &docs), 2);
	assert_true(str_eq(docs[0]->id, STR("knowledge_slice/s1")));
	assert_int_equal(knowledge_list(snapshot, STR(KNOWLEDGE_TYPE_STORE), &arena, &docs), 1);
	assert_int_equal(knowledge_stores(snapshot, slice(STR("s1")), &arena, &docs), 1);
	assert_true(str_eq(docs[0]->id, STR("vector_store/x")));
	assert_int_equal(knowledge_stores(snapshot, slice(STR("s2")), &arena, &docs), 0);
	assert_true(knowledge_is_composite(slice(STR("s2"))) && !knowledge_is_composite(slice(STR("s1"))));
	assert_null(slice(STR("x")));
	assert_true(str_eq(knowledge_name(slice(STR("s1"))), STR("s1")));
}

static void test_attributes(void **state UNUSED)
{
	const struct json_member set[] = {
	    {STR("b"), {.type = JSON_BOOL, .b = true}},
	    {STR("new"), {.type = JSON_STRING, .s = STR_INIT("x")}},
	};
	const struct json *old, *want;
	struct error err;

	assert_int_equal(json_parse(STR("{\"a\":[1],\"b\":2,\"c\":{}}"), &arena, &old, &err), JSON_OK);
	assert_int_equal(json_parse(STR("{\"a\":[1],\"c\":{},\"b\":true,\"new\":\"x\"}"), &arena, &want, &err),
	                 JSON_OK);
	assert_true(json_equal(knowledge_attributes(old, set, 2, &arena), want));
	assert_int_equal(json_parse(STR("{\"b\":true}"), &arena, &want, &err), JSON_OK);
	assert_true(json_equal(knowledge_attributes(NULL, set, 1, &arena), want));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_members_of_composites), TEST(test_too_many_members), TEST(test_slice_leaves_composites),
	    TEST(test_knowledge_lists),       TEST(test_attributes),
	};

	return cmocka_run_group_tests_name("service/aitronos-knowledge", tests, NULL, NULL);
}
