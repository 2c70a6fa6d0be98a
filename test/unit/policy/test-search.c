/* SPDX-License-Identifier: Apache-2.0
 *
 * Searches where there are many: more candidates than are worth collecting, bounds, and what is too much. That results
 * are right is for test/oracle to say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/search.h"

enum { N_USERS = 3000, N_GRANTS = SEARCH_MAX_GRANTS + 1 };

static struct snapshot *s;

static void put(const struct document *in)
{
	struct buf body = BUF_INIT(1 << 16);
	struct document *doc;

	document_encode(in, &body);
	assert_int_equal(document_decode(in->kind, in->id, buf_str(&body), &doc, NULL), 0);
	snapshot_put(s, doc);
	buf_releasep(&body);
}

/* Every user is in the group "all", every hundredth in "few"; of each group there is a policy. */
static int setup(void **state)
{
	static const struct str groups[] = {STR_INIT("all"), STR_INIT("few")}, anywhere[] = {STR_INIT("*")};
	struct arena a = ARENA_INIT;

	(void)state;
	s = snapshot_new(STR("o"), 3);
	for (size_t g = 0; g < N_ELEMENTS(groups); g++) {
		const struct str member = arena_concat(&a, STR(SUBJECT_GROUP), groups[g]);
		const struct str resource = arena_concat(&a, STR("doc:"), groups[g]), action = STR("docs:pages:get");
		const struct policy_statement st = {
		    .actions = {&action, 1}, .resources = {&resource, 1}, .tenants = {anywhere, 1}};

		put(&(struct group){.doc = {.kind = DOC_GROUP, .id = groups[g]}, .type = STR(GROUP_TEAM)}.doc);
		put(&(struct statement_policy){.doc = {.kind = DOC_STATEMENT_POLICY, .id = groups[g]},
		                               .name = groups[g],
		                               .type = STR(POLICY_TYPE_CUSTOM),
		                               .members = {&member, 1},
		                               .statements = &st,
		                               .n_statements = 1}
		         .doc);
	}
	for (size_t i = 0; i < N_USERS; i++, arena_reset(&a)) {
		const struct str id = arena_strf(&a, "u%04zu", i);

		put(&(struct user){.doc = {.kind = DOC_USER, .id = id}}.doc);
		for (size_t g = 0; g < N_ELEMENTS(groups); g++) {
			struct group_member m = {.doc = {.kind = DOC_GROUP_MEMBER}, .group = groups[g], .member = id};

			m.doc.id = arena_concat3(&a, groups[g], STR("/"), id);
			if (g == 0 || i % 100 == 0)
				put(&m.doc);
		}
	}
	arena_release(&a);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	snapshot_drop(s);
	return 0;
}

static struct ask question(struct str resource)
{
	return (struct ask){.subject_type = STR("user"),
	                    .action = STR("docs:pages:get"),
	                    .resource = {.type = STR("doc"), .id = resource}};
}

/* All pages, each user in its turn: every `step`-th. */
static void check_walk(struct str resource, size_t step, size_t limit, uint64_t max_asks)
{
	const struct ask ask = question(resource);
	struct search q = {.ask = &ask, .limit = limit, .max_asks = max_asks};
	struct search_page page = {.has_more = true};
	struct arena a = ARENA_INIT;
	size_t n = 0;

	while (page.has_more) {
		search_subjects(s, &q, &a, &page);
		assert_true(page.n <= limit);
		for (size_t i = 0; i < page.n; i++, n++)
			assert_true(str_eq(page.items[i], arena_strf(&a, "u%04zu", n * step)));
		assert_true(!page.has_more || str_is_absent(q.behind) || str_cmp(page.at, q.behind) > 0);
		q.behind = page.at;
	}
	assert_int_equal(n, N_USERS / step);
	arena_release(&a);
}

static void test_many(void **state)
{
	(void)state;
	check_walk(STR("all"), 1, 1000, 100000); /* collected */
	check_walk(STR("all"), 1, 10, 100000);   /* too many for so small a page: asked in order */
	check_walk(STR("all"), 1, 1000, 64);     /* pages that end early */
	check_walk(STR("few"), 100, 10, 100000); /* few are collected */
	check_walk(STR("few"), 100, 10, 20);     /* too many for so little work; pages may be empty */
}

/* A page that asks for nothing says whether there is something. */
static void test_limit_of_none(void **state)
{
	const struct ask some = question(STR("few")), none = question(STR("nothing"));
	struct search q = {.ask = &some, .max_asks = 100000};
	struct arena a = ARENA_INIT;
	struct search_page page;

	(void)state;
	search_subjects(s, &q, &a, &page);
	assert_true(page.has_more && page.n == 0 && str_is_absent(page.at));
	q.ask = &none;
	search_subjects(s, &q, &a, &page);
	assert_false(page.has_more);
	arena_release(&a);
}

struct counted {
	struct search search;
	int *n_looks;
};

/* Enough at the third look. */
static bool is_late(const struct search *self)
{
	return ++*((const struct counted *)(const void *)self)->n_looks == 3;
}

static void test_late(void **state)
{
	const struct ask ask = question(STR("all"));
	int n_looks = 0;
	const struct counted c = {{.ask = &ask, .limit = 1000, .max_asks = 100000, .is_late = is_late}, &n_looks};
	struct arena a = ARENA_INIT;
	struct search_page page;

	(void)state;
	search_subjects(s, &c.search, &a, &page);
	assert_true(page.has_more);
	assert_in_range(page.n, 1, 999);
	assert_true(str_eq(page.at, page.items[page.n - 1]));
	arena_release(&a);
}

/* Nothing is left out in silence. */
static void test_too_many_grants(void **state)
{
	struct snapshot *big = snapshot_new(STR("o"), 3);
	struct grants_loader *loader = grants_loader_new(big->grants.seed);
	const struct ask ask = {.subject_type = STR("user"),
	                        .subject_id = STR("u"),
	                        .action = STR("read"),
	                        .resource = {.type = STR("assistant")}};
	const struct search q = {.ask = &ask, .limit = 10, .max_asks = 1000};
	struct search_page page = {.n = 7};
	struct arena a = ARENA_INIT;
	struct document *user;

	(void)state;
	for (size_t i = 0; i < N_GRANTS; i++, arena_reset(&a))
		grants_loader_add(
		    loader, &big->edit,
		    &(struct access_grant){.doc = {.kind = DOC_ACCESS_GRANT, .id = arena_strf(&a, "g%zu", i)},
		                           .entity_type = ENTITY_ASSISTANT,
		                           .entity_id = arena_strf(&a, "e%zu", i),
		                           .grantee_type = GRANTEE_USER,
		                           .grantee_id = STR("u"),
		                           .level = ACCESS_READ,
		                           .granted_by = STR("owner")});
	assert_int_equal(snapshot_load_grants(big, loader), 0);
	assert_int_equal(document_decode(DOC_USER, STR("u"), STR("{}"), &user, NULL), 0);
	snapshot_put(big, user);
	assert_int_equal(search_resources(big, &q, &a, &page), SEARCH_TOO_MANY);
	assert_int_equal(page.n, 0);
	(void)snapshot_remove(big, DOC_ACCESS_GRANT, STR("g0"));
	assert_int_equal(search_resources(big, &q, &a, &page), SEARCH_OK);
	assert_int_equal(page.n, 10);
	assert_true(page.has_more && str_eq(page.items[0], STR("e1")));
	snapshot_drop(big);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_limit_of_none),
	    cmocka_unit_test(test_late),
	    cmocka_unit_test(test_too_many_grants),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
