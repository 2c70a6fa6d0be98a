/* SPDX-License-Identifier: Apache-2.0
 *
 * The permission catalogue as the program has it, and what links and keys of policies and roles are made of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/confident.h"

static void test_catalogue(void **state UNUSED)
{
	size_t n;
	const struct confident_permission *all = confident_permissions(&n);
	struct arena a = ARENA_INIT;

	assert_true(n > 100 && n <= (size_t)PERMISSION_SET_WORDS * 64);
	for (size_t i = 0; i < n; i++) {
		const char *scope = all[i].scope == CONFIDENT_PROJECT ? "project/" : "organization/";

		assert_ptr_equal(confident_permission_find(all[i].id), &all[i]);
		assert_ptr_equal(confident_permission_find(arena_concat(&a, str_of(scope), all[i].name)), &all[i]);
		assert_null(confident_permission_find(all[i].name));
		assert_true(confident_is_permission(all[i].name));
		assert_int_equal(confident_permission_index(&all[i]), i);
		assert_true(i == 0 || all[i - 1].scope <= all[i].scope);
	}
	/* Other installations know permissions by these ids: they must not change. */
	assert_true(str_eq(confident_permission_find(STR("organization/project:read"))->id,
	                   STR("18c7fd1a-0777-500c-b59e-b552ed690586")));
	arena_release(&a);
}

static void test_what_is_no_permission(void **state UNUSED)
{
	static const struct str others[] = {STR_INIT(""),
	                                    STR_INIT("billing"),
	                                    STR_INIT("billing:"),
	                                    STR_INIT("billing:rea"),
	                                    STR_INIT("billing:readx"),
	                                    STR_INIT("Billing:read"),
	                                    STR_INIT("organization/billing:read"),
	                                    STR_INIT("infra:nodes:get"),
	                                    STR_INIT("*")};

	for (size_t i = 0; i < N_ELEMENTS(others); i++)
		assert_false(confident_is_permission(others[i]));
	assert_null(confident_permission_find(STR("project/billing:read")));
	assert_null(confident_permission_find(STR("")));
}

static const struct permission_policy *decoded(const struct permission_policy *p, struct document **ret_doc)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 20);

	document_encode(&p->doc, &body);
	assert_int_equal(document_decode(DOC_PERMISSION_POLICY, p->doc.id, buf_str(&body), ret_doc, NULL), 0);
	return as_permission_policy(*ret_doc);
}

static void test_policy_as_a_set(void **state UNUSED)
{
	size_t n;
	const struct confident_permission *all = confident_permissions(&n);
	const struct str permissions[] = {all[n - 1].id, STR("dropped from the catalogue"), all[0].id, all[70].id};
	const struct permission_policy p = {.doc = {.kind = DOC_PERMISSION_POLICY, .id = STR("x")},
	                                    .name = STR("n"),
	                                    .permissions = {permissions, N_ELEMENTS(permissions)}};
	struct document *doc;
	const struct permission_policy *back = decoded(&p, &doc);

	for (size_t i = 0; i < n; i++)
		assert_int_equal(permission_set_has(&back->granted, i), i == 0 || i == 70 || i == n - 1);
	free(doc);
}

static bool has_link(const struct document *doc, struct str link)
{
	struct arena a = ARENA_INIT;
	bool has = str_list_has(document_links(doc, &a), link);

	arena_release(&a);
	return has;
}

static void test_links(void **state UNUSED)
{
	static const struct str p[] = {STR_INIT("p")};
	struct permission_policy policy = {.doc = {.kind = DOC_PERMISSION_POLICY, .id = STR("x")}};
	struct role role = {
	    .doc = {.kind = DOC_ROLE, .id = STR("r")}, .scope = STR(ROLE_SCOPE_CONFIDENT_PROJECT), .policies = {p, 1}};

	assert_true(has_link(&policy.doc, STR("tenant:" TENANT_UNASSIGNED)));
	policy.tenant = p[0];
	assert_true(has_link(&policy.doc, STR("tenant:p")));
	assert_false(has_link(&policy.doc, STR("tenant:" TENANT_UNASSIGNED)));
	assert_true(has_link(&role.doc, STR("policy:p")));
	assert_true(has_link(&role.doc, STR("scope:" ROLE_SCOPE_CONFIDENT_PROJECT)));
	role.tenants = (struct str_list){p, 1};
	assert_true(has_link(&role.doc, STR("tenant:p")));
	assert_false(has_link(&role.doc, STR("scope:" ROLE_SCOPE_CONFIDENT_PROJECT)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_catalogue),
	    cmocka_unit_test(test_what_is_no_permission),
	    cmocka_unit_test(test_policy_as_a_set),
	    cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
