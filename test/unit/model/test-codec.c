/* SPDX-License-Identifier: Apache-2.0
 *
 * Stored bodies: what is written comes back, what is damaged is refused, and links and unique keys are what finds
 * documents again.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/kinds.h"

static struct document *round_trip(const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 20);
	CLEANUP(buf_releasep) struct buf again = BUF_INIT(1 << 20);
	struct document *out = NULL;

	document_encode(in, &body);
	assert_int_equal(document_decode(in->kind, in->id, buf_str(&body), &out, NULL), 0);
	document_encode(out, &again);
	assert_true(str_eq(buf_str(&body), buf_str(&again)));
	assert_int_equal(out->kind, in->kind);
	assert_true(str_eq(out->id, in->id));
	return out;
}

static void test_policy(void **state)
{
	(void)state;
	static const struct str members[] = {STR_INIT("team:local:*"), STR_INIT("user:local:a\"b")};
	static const struct str actions[] = {STR_INIT("a:b:c")}, any[] = {STR_INIT("*")}, tenants[] = {STR_INIT("t1")};
	const struct policy_statement statements[] = {
	    {.deny = true, .actions = {actions, 1}, .resources = {any, 1}, .tenants = {tenants, 1}},
	    {.role = STR("viewer"), .resources = {any, 1}, .tenants = {any, 1}},
	};
	const struct statement_policy in = {
	    .doc = {.kind = DOC_STATEMENT_POLICY, .id = STR("p"), .created_at_ms = 5, .updated_at_ms = 7},
	    .name = STR("Name"),
	    .type = STR(POLICY_TYPE_CUSTOM),
	    .members = {members, 2},
	    .statements = statements,
	    .n_statements = 2,
	};
	struct document *doc = round_trip(&in.doc);
	const struct statement_policy *p = as_statement_policy(doc);

	assert_int_equal(p->n_statements, 2);
	assert_true(p->statements[0].deny);
	assert_false(p->statements[1].deny);
	assert_true(str_eq(p->statements[1].role, STR("viewer")));
	assert_true(str_is_absent(p->statements[0].role));
	assert_true(str_eq(p->members.items[1], members[1]));
	assert_int_equal(p->tenants.n, 0);
	assert_int_equal(doc->created_at_ms, 5);
	assert_int_equal(doc->updated_at_ms, 7);
	free(doc);
}

static void test_access_grant(void **state)
{
	(void)state;
	const struct access_grant in = {
	    .doc = {.kind = DOC_ACCESS_GRANT, .id = STR("agrant_abc123def456"), .created_at_ms = 5, .updated_at_ms = 7},
	    .entity_type = ENTITY_VECTOR_STORE,
	    .entity_id = STR("vs_1/user"),
	    .grantee_type = GRANTEE_ROLE,
	    .grantee_id = STR("role_r"),
	    .level = ACCESS_ADMIN,
	    .granted_by = STR("usr_owner1"),
	};
	struct arena a = ARENA_INIT;
	struct document *doc = round_trip(&in.doc);
	const struct access_grant *g = as_access_grant(doc);
	struct access_grant other = *g;

	assert_int_equal(g->entity_type, ENTITY_VECTOR_STORE);
	assert_int_equal(g->grantee_type, GRANTEE_ROLE);
	assert_int_equal(g->level, ACCESS_ADMIN);
	assert_true(str_eq(g->entity_id, in.entity_id));
	assert_int_equal(document_links(doc, &a).n, 0);
	/* Entity and grantee make it unique, however they are cut; the level does not count. */
	other.entity_id = STR("vs_1");
	assert_false(str_eq(document_unique_key(doc, &a), document_unique_key(&other.doc, &a)));
	other = *g;
	other.level = ACCESS_READ;
	assert_true(str_eq(document_unique_key(doc, &a), document_unique_key(&other.doc, &a)));
	free(doc);
	assert_int_equal(document_decode(DOC_ACCESS_GRANT, STR("g"), STR("{\"level\":\"owner\"}"), &doc, NULL),
	                 -EBADMSG);
	assert_int_equal(document_decode(DOC_ACCESS_GRANT, STR("g"), STR("{\"level\":1}"), &doc, NULL), -EBADMSG);
	arena_release(&a);
}

/*
 * What both ways of reading make of a body, as text: bodies that are not plain must mean the same as by the parser.
 */
static void read_both(enum document_kind kind, const char *body, struct buf *ret_decoded, struct buf *ret_read)
{
	union {
		struct document doc;
		struct access_grant grant;
		struct organization organization;
		struct group_member member;
	} room = {.doc = {.kind = kind, .id = STR("x")}};
	struct arena a = ARENA_INIT;
	struct document *doc = NULL;

	buf_clear(ret_decoded);
	buf_clear(ret_read);
	assert_true(document_kind_size(kind) <= sizeof(room));
	if (document_decode(kind, STR("x"), str_of(body), &doc, NULL) == 0)
		document_encode(doc, ret_decoded);
	else
		buf_add(ret_decoded, STR("refused"));
	if (document_read(&room.doc, str_of(body), &a, NULL) == 0) {
		assert_true(str_eq(room.doc.id, STR("x")));
		assert_int_equal(room.doc.kind, kind);
		document_encode(&room.doc, ret_read);
	} else {
		buf_add(ret_read, STR("refused"));
	}
	free(doc);
	arena_release(&a);
}

static void test_reading_in_place(void **state)
{
	(void)state;
	static const struct {
		enum document_kind kind;
		const char *body;
		const char *want; /* NULL: the body itself */
	} cases[] = {
	    {DOC_ACCESS_GRANT,
	     "{\"entity_type\":\"assistant\",\"entity_id\":\"a\",\"grantee_type\":\"user\",\"grantee_id\":\"u\","
	     "\"level\":\"read\",\"granted_by\":\"o\",\"created_at\":1763800000000,\"updated_at\":-5}",
	     NULL},
	    {DOC_ACCESS_GRANT, "{\"entity_id\":\"a/b:c d~\"}", NULL},
	    {DOC_ACCESS_GRANT, "{\"entity_id\":\"\"}", NULL},
	    {DOC_ACCESS_GRANT, "{\"entity_id\":\"a\\\"b\\u0041\"}", "{\"entity_id\":\"a\\\"bA\"}"},
	    {DOC_ACCESS_GRANT, "{\"entity_id\":\"\xc3\xa9\"}", NULL},
	    {DOC_ACCESS_GRANT, "{\"entity_id\":\"\xff\"}", "refused"},
	    {DOC_ACCESS_GRANT, "{\"entity_id\":\"a\nb\"}", "refused"},
	    {DOC_ACCESS_GRANT, "{}", NULL},
	    {DOC_ACCESS_GRANT, "{ }", "{}"},
	    {DOC_ACCESS_GRANT, "{\"granted_by\":\"o\",\"level\":\"read\"}",
	     "{\"level\":\"read\",\"granted_by\":\"o\"}"},
	    {DOC_ACCESS_GRANT, "{\"level\":\"read\",\"newer\":1}", "{\"level\":\"read\"}"},
	    {DOC_ACCESS_GRANT, "{\"newer\":1,\"level\":\"read\"}", "{\"level\":\"read\"}"},
	    {DOC_ACCESS_GRANT, "{\"level\":\"read\",\"level\":\"read\"}", "refused"},
	    {DOC_ACCESS_GRANT, "{\"level\":\"owner\"}", "refused"},
	    {DOC_ACCESS_GRANT, "{\"level\":\"read\",}", "refused"},
	    {DOC_ACCESS_GRANT, "{,\"level\":\"read\"}", "refused"},
	    {DOC_ACCESS_GRANT, "{\"level\":\"read\"}}", "refused"},
	    {DOC_ACCESS_GRANT, "{\"level\":\"read\"", "refused"},
	    {DOC_ACCESS_GRANT, "{\"level\":\"read", "refused"},
	    {DOC_ACCESS_GRANT, "{\"level\":", "refused"},
	    {DOC_ACCESS_GRANT, "{\"entity_id\":7}", "refused"},
	    {DOC_ACCESS_GRANT, "{\"created_at\":07}", "refused"},
	    {DOC_ACCESS_GRANT, "{\"created_at\":-}", "refused"},
	    {DOC_ACCESS_GRANT, "{\"created_at\":-7}", NULL},
	    {DOC_ACCESS_GRANT, "{\"created_at\":0}", "{}"},
	    {DOC_ACCESS_GRANT, "{\"created_at\":7.5}", "refused"},
	    {DOC_ACCESS_GRANT, "{\"created_at\":9223372036854775807}", NULL},
	    {DOC_ACCESS_GRANT, "{\"created_at\":9223372036854775808}", "refused"},
	    {DOC_ACCESS_GRANT, "", "refused"},
	    {DOC_ACCESS_GRANT, "[]", "refused"},
	    {DOC_ORGANIZATION, "{\"departments_inherit\":true}", NULL},
	    {DOC_ORGANIZATION, "{\"departments_inherit\":false}", "{}"},
	    {DOC_ORGANIZATION, "{\"departments_inherit\":truer}", "refused"},
	    {DOC_GROUP_MEMBER, "{\"group\":\"g\",\"member\":\"m\",\"aliases\":[\"b\"]}", NULL},
	};
	CLEANUP(buf_releasep) struct buf decoded = BUF_INIT(1 << 20), got = BUF_INIT(1 << 20);

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct str want = str_of(cases[i].want ? cases[i].want : cases[i].body);

		read_both(cases[i].kind, cases[i].body, &decoded, &got);
		if (!str_eq(buf_str(&decoded), buf_str(&got)) || !str_eq(buf_str(&got), want))
			fail_msg("%s: \"" STR_FMT "\", by the parser \"" STR_FMT "\"", cases[i].body,
			         STR_ARG(buf_str(&got)), STR_ARG(buf_str(&decoded)));
	}
}

/* What is derived from the fields is there, however the body was read. */
static void test_derived_in_place(void **state)
{
	(void)state;
	struct group_member m = {.doc = {.kind = DOC_GROUP_MEMBER, .id = STR("g/m")}};
	struct arena a = ARENA_INIT;

	assert_int_equal(document_read(&m.doc, STR("{\"group\":\"g\",\"member\":\"m\"}"), &a, NULL), 0);
	assert_true(str_eq(m.subject, STR(SUBJECT_GROUP "g")));
	arena_release(&a);
}

static void test_composite(void **state)
{
	(void)state;
	static const struct str members[] = {STR_INIT("kslice_1"), STR_INIT("kslice_2")};
	const struct resource in = {
	    .doc = {.kind = DOC_RESOURCE, .id = STR("knowledge_slice/kslice_c")},
	    .type = STR("knowledge_slice"),
	    .resource_id = STR("kslice_c"),
	    .display_name = STR("All"),
	    .members = {members, 2},
	};
	struct arena a = ARENA_INIT;
	struct document *doc = round_trip(&in.doc);
	struct str_list links = document_links(doc, &a);

	assert_int_equal(links.n, 3);
	assert_true(str_list_has(links, STR("type:knowledge_slice")));
	assert_true(str_list_has(links, resource_member_link(&a, STR("knowledge_slice"), STR("kslice_2"))));
	free(doc);
	arena_release(&a);
}

static void test_access_request(void **state)
{
	(void)state;
	static const struct str bob[] = {STR_INIT("bob")};
	struct arena a = ARENA_INIT;
	const struct json *definition;

	assert_int_equal(json_parse(STR("{\"approval\":{\"manager\":{}}}"), &a, &definition, NULL), JSON_OK);
	const struct request_step steps[] = {
	    {.id = STR("s1"), .kind = STEP_APPROVAL, .state = STEP_DONE, .outcome = OUTCOME_APPROVED},
	    {.id = STR("s2"),
	     .kind = STEP_APPROVAL,
	     .state = STEP_ACTIVE,
	     .definition = definition,
	     .approvers = {bob, 1}},
	};
	struct access_request in = {
	    .doc = {.kind = DOC_ACCESS_REQUEST, .id = STR("r")},
	    .number = 42,
	    .type = REQUEST_GRANT,
	    .state = REQUEST_OPEN,
	    .app = STR("a"),
	    .entitlement_id = STR("e"),
	    .user = STR("alice"),
	    .steps = steps,
	    .n_steps = 2,
	};
	struct document *doc = round_trip(&in.doc);
	const struct access_request *r = as_access_request(doc);
	struct str_list links = document_links(doc, &a);

	assert_int_equal(r->n_steps, 2);
	assert_int_equal(r->steps[0].outcome, OUTCOME_APPROVED);
	assert_true(json_equal(r->steps[1].definition, definition));
	assert_true(str_list_has(links, STR("number:42")));
	assert_true(str_list_has(links, STR("approver:bob")));
	assert_true(str_list_has(links, STR("open-entitlement:a/e")));
	assert_true(str_list_has(links, STR(OPEN_REQUESTS_LINK)));
	assert_true(str_list_has(links, open_request_link(&a, r, REQUEST_USER)));
	assert_true(str_is_absent(open_request_link(&a, r, REQUEST_ACCOUNT)));
	free(doc);
	/* What is closed is found by what it was about and who had to do with it, not by who could act on it. */
	in.state = REQUEST_CLOSED;
	in.account_id = STR("c");
	in.created_by = STR("carl");
	in.decided_by = (struct str_list){bob, 1};
	links = document_links(&in.doc, &a);
	static const struct str want[] = {STR_INIT("account:c"),     STR_INIT("app:a"),     STR_INIT("decider:bob"),
	                                  STR_INIT("entitlement:e"), STR_INIT("number:42"), STR_INIT("opener:carl"),
	                                  STR_INIT("user:alice")};
	assert_int_equal(links.n, N_ELEMENTS(want));
	for (size_t i = 0; i < links.n; i++)
		assert_true(str_eq(links.items[i], want[i]));
	arena_release(&a);
}

static void test_user_with_attributes(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT;
	const struct json *attributes;
	static const struct str aliases[] = {STR_INIT("00u1"), STR_INIT("al")};

	assert_int_equal(json_parse(STR("{\"d\":[1,2.5,null,{\"x\":\"\\u0000\"}]}"), &a, &attributes, NULL), JSON_OK);
	const struct user in = {
	    .doc = {.kind = DOC_USER, .id = STR("alice"), .aliases = {aliases, 2}},
	    .email = STR("a@x.org"),
	    .attributes = attributes,
	};
	struct document *doc = round_trip(&in.doc);

	assert_true(json_equal(as_user(doc)->attributes, attributes));
	assert_true(str_is_absent(as_user(doc)->display_name));
	assert_int_equal(doc->aliases.n, 2);
	assert_true(str_eq(document_unique_key(doc, &a), STR("email:a@x.org")));
	free(doc);
	arena_release(&a);
}

static void test_derived_subjects(void **state)
{
	(void)state;
	const struct group_member gm = {
	    .doc = {.kind = DOC_GROUP_MEMBER, .id = STR("g/u")}, .group = STR("g"), .member = STR("u")};
	const struct role_member rm = {.doc = {.kind = DOC_ROLE_MEMBER, .id = STR("r/user/u/")},
	                               .role = STR("r"),
	                               .principal_type = STR("user"),
	                               .principal_id = STR("u")};
	struct document *a = round_trip(&gm.doc), *b = round_trip(&rm.doc);

	assert_true(str_eq(as_group_member(a)->subject, STR("team:local:g")));
	assert_true(str_eq(as_role_member(b)->subject, STR("role:r")));
	free(a);
	free(b);
}

/* Every kind has a table and a name, and the empty document of each survives. */
static void test_every_kind(void **state)
{
	(void)state;
	for (int k = DOC_NONE + 1; k < DOC_N_KINDS; k++) {
		enum document_kind kind = (enum document_kind)k;
		struct document *in = mem_calloc(1, document_kind_size(kind));
		struct document *out;

		in->kind = kind;
		in->id = STR("x");
		out = round_trip(in);
		assert_int_equal(document_kind_of(document_kind_name(kind)), kind);
		free(in);
		free(out);
	}
	assert_int_equal(document_kind_of(STR("nonsense")), DOC_NONE);
}

static void test_damaged_bodies(void **state)
{
	(void)state;
	static const char *const bodies[] = {"",
	                                     "[]",
	                                     "{\"members\":3}",
	                                     "{\"members\":[3]}",
	                                     "{\"name\":1}",
	                                     "{\"statements\":{}}",
	                                     "{\"statements\":[1]}",
	                                     "{\"statements\":[{\"deny\":1}]}",
	                                     "{\"created_at\":\"x\"}"};

	for (size_t i = 0; i < N_ELEMENTS(bodies); i++) {
		struct document *doc = NULL;
		struct error err = {0};
		int r = document_decode(DOC_STATEMENT_POLICY, STR("p"), str_of(bodies[i]), &doc, &err);

		assert_int_equal(r, -EBADMSG);
		assert_null(doc);
		assert_true(err.text[0]);
	}
}

static void test_unknown_members_are_ignored(void **state)
{
	(void)state;
	struct document *doc = NULL;

	assert_int_equal(
	    document_decode(DOC_TENANT, STR("t"), STR("{\"display_name\":\"T\",\"newer\":[1]}"), &doc, NULL), 0);
	assert_true(str_eq(as_tenant(doc)->display_name, STR("T")));
	free(doc);
}

static void test_links_of_a_policy(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT;
	static const struct str t[] = {STR_INIT("t2"), STR_INIT("t1")};
	const struct policy_statement statements[] = {
	    {.role = STR("r"), .tenants = {t, 2}}, {.role = STR("r"), .tenants = {t, 1}}, {.tenants = {t, 1}}};
	const struct statement_policy p = {.doc = {.kind = DOC_STATEMENT_POLICY, .id = STR("p")},
	                                   .statements = statements,
	                                   .n_statements = 3,
	                                   .tenants = {t, 1}};
	struct str_list links = document_links(&p.doc, &a);

	assert_int_equal(links.n, 3);
	assert_true(str_eq(links.items[0], STR("role:r")));
	assert_true(str_eq(links.items[1], STR("tenant:t1")));
	assert_true(str_eq(links.items[2], STR("tenant:t2")));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_policy),
	    cmocka_unit_test(test_access_grant),
	    cmocka_unit_test(test_reading_in_place),
	    cmocka_unit_test(test_derived_in_place),
	    cmocka_unit_test(test_composite),
	    cmocka_unit_test(test_access_request),
	    cmocka_unit_test(test_user_with_attributes),
	    cmocka_unit_test(test_derived_subjects),
	    cmocka_unit_test(test_every_kind),
	    cmocka_unit_test(test_damaged_bodies),
	    cmocka_unit_test(test_unknown_members_are_ignored),
	    cmocka_unit_test(test_links_of_a_policy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
