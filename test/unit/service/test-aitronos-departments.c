/* SPDX-License-Identifier: Apache-2.0
 *
 * Departments on hand-made snapshots: what is found, what a change set comes to hold, and what is refused; also on what
 * no dialect would make, such as departments in a circle. Over the wire they are tested in test/wire/aitronos.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/aitronos.h"
#include "service/aitronos_departments.h"
#include "service/organization.h"
#include "aitronos-world.h"

/* ---- departments ------------------------------------------------------------------------------------------ */

static const struct group *department(struct str id)
{
	const struct group *g = department_find(snapshot, id);

	assert_non_null(g);
	return g;
}

/* "/a/b": the chain down to the department. */
static const char *path(struct str id)
{
	const struct group *chain[DEPARTMENT_MAX_CHAIN];
	size_t n = department_chain(snapshot, department(id), chain);
	struct str text = STR("");

	for (size_t i = 0; i < n; i++)
		text = arena_concat3(&arena, text, STR("/"), chain[i]->doc.id);
	return text.ptr;
}

static void test_chains(void **state UNUSED)
{
	put_department(STR("a"), STR_NONE);
	put_department(STR("b"), STR("a"));
	put_department(STR("c"), STR("b"));
	put(&(struct group){.doc = {.kind = DOC_GROUP, .id = STR("team")}, .type = STR(GROUP_TEAM)}.doc);
	put_department(STR("d"), STR("team"));
	put_department(STR("e"), STR("gone"));
	assert_string_equal(path(STR("c")), "/a/b/c");
	assert_string_equal(path(STR("a")), "/a");
	assert_string_equal(path(STR("d")), "/d");
	assert_string_equal(path(STR("e")), "/e");
	assert_null(department_find(snapshot, STR("team")));
	assert_null(department_find(snapshot, STR("nobody")));
}

/* "a(b(c)d)e": every tree as it hangs. */
static void assert_forest(const char *want)
{
	const struct department_node *nodes;
	size_t n = department_forest(snapshot, &arena, &nodes);
	struct str text = STR("");

	for (size_t top = 0; top < n; top++) {
		size_t at = top;

		if (nodes[top].parent != DEPARTMENT_NO_NODE)
			continue;
		for (;;) {
			text = arena_concat(&arena, text, nodes[at].group->doc.id);
			assert_int_equal(department_node_of(nodes, n, nodes[at].group), at);
			if (nodes[at].first_child != DEPARTMENT_NO_NODE) {
				text = arena_concat(&arena, text, STR("("));
				at = nodes[at].first_child;
				continue;
			}
			while (at != top && nodes[at].next == DEPARTMENT_NO_NODE) {
				text = arena_concat(&arena, text, STR(")"));
				at = nodes[at].parent;
			}
			if (at == top)
				break;
			at = nodes[at].next;
		}
	}
	assert_string_equal(text.ptr, want);
	assert_int_equal(department_node_of(nodes, n, NULL), DEPARTMENT_NO_NODE);
}

static void test_forest(void **state UNUSED)
{
	assert_forest("");
	put_department(STR("e"), STR_NONE);
	put_department(STR("c"), STR("b")); /* made before what it hangs from */
	put_department(STR("a"), STR_NONE);
	put_department(STR("b"), STR("a"));
	put_department(STR("d"), STR("a"));
	put_department(STR("f"), STR("e"));
	assert_forest("e(f)a(b(c)d)");
}

/* What nothing makes any more, but an older version may have stored. */
static void test_circle(void **state UNUSED)
{
	const struct group *const *list;
	struct error err = {0};

	put_department(STR("a"), STR("c"));
	put_department(STR("b"), STR("a"));
	put_department(STR("c"), STR("b"));
	put_department(STR("self"), STR("self"));
	put_department(STR("d"), STR_NONE);
	assert_int_equal(department_list(snapshot, &arena, &list), 5);
	assert_string_equal(path(STR("a")), "/b/c/a");
	assert_string_equal(path(STR("self")), "/self");
	assert_forest("d");
	/* It can be opened. */
	struct group g = *department(STR("a"));
	g.parent = STR("b");
	assert_int_equal(department_update(&txn, &g, &err), SERVICE_INVALID);
	g.parent = STR_NONE;
	assert_int_equal(department_update(&txn, &g, &err), SERVICE_OK);
	ASSERT_CHANGES("+group a");
}

static void test_chain_is_bounded(void **state UNUSED)
{
	struct str above = STR_NONE;

	for (unsigned i = 0; i < 2 * DEPARTMENT_MAX_CHAIN; i++) {
		struct str id = arena_strf(&arena, "d%u", i);

		put_department(id, above);
		above = id;
	}
	const struct group *chain[DEPARTMENT_MAX_CHAIN];
	assert_int_equal(department_chain(snapshot, department(above), chain), DEPARTMENT_MAX_CHAIN);
	assert_true(str_eq(chain[DEPARTMENT_MAX_CHAIN - 1]->doc.id, above));
}

static void test_moving_counts_what_is_below(void **state UNUSED)
{
	struct error err = {0};
	struct group g;

	put_department(STR("deep0"), STR_NONE);
	for (unsigned i = 1; i <= GROUP_MAX_DEPTH; i++)
		put_department(arena_strf(&arena, "deep%u", i), arena_strf(&arena, "deep%u", i - 1));
	put_department(STR("x"), STR_NONE);
	put_department(STR("y"), STR("x"));
	g = *department(STR("x"));
	g.parent = arena_strf(&arena, "deep%u", GROUP_MAX_DEPTH - 1);
	assert_int_equal(department_update(&txn, &g, &err), SERVICE_INVALID);
	g.parent = arena_strf(&arena, "deep%u", GROUP_MAX_DEPTH - 2);
	assert_int_equal(department_update(&txn, &g, &err), SERVICE_OK);
	ASSERT_CHANGES("+group x");
	/* Other changes to what is deep are no moves. */
	g = *department(arena_strf(&arena, "deep%u", GROUP_MAX_DEPTH));
	g.description = STR("the lowest");
	assert_int_equal(department_update(&txn, &g, &err), SERVICE_OK);
}

static void test_department_members(void **state UNUSED)
{
	const struct department_member *members;
	const struct caller owner = caller(STR("bob"));
	struct error err = {0};

	put_department(STR("a"), STR_NONE);
	join(STR("a"), STR("bob@x.org"));
	join(STR("a"), STR("ann@x.org"));
	join(STR("a"), STR("nobody@x.org"));
	join(STR("a"), STR("ann"));
	assert_int_equal(department_members(snapshot, department(STR("a")), &arena, &members), 2);
	assert_true(str_eq(members[0].user->doc.id, STR("bob")));
	assert_true(str_eq(members[1].user->doc.id, STR("ann")));
	assert_true(str_eq(members[1].by->member, STR("ann")));
	assert_int_equal(department_add_member(&txn, &owner, department(STR("a")), user(STR("bob")), &err),
	                 SERVICE_CONFLICT);
	assert_int_equal(department_remove_member(&txn, department(STR("a")), user(STR("ann")), &err), SERVICE_OK);
	ASSERT_CHANGES("-group_member a/ann", "-group_member a/ann@x.org");
	put_department(STR("b"), STR_NONE);
	assert_int_equal(department_remove_member(&txn, department(STR("b")), user(STR("ann")), &err),
	                 SERVICE_NOT_FOUND);
	assert_int_equal(department_add_member(&txn, &owner, department(STR("b")), user(STR("ann")), &err), SERVICE_OK);
	ASSERT_CHANGES("+group_member b/ann");
}

static void test_department_that_may_more(void **state UNUSED)
{
	struct error err = {0};
	struct caller c;

	put_department(STR("a"), STR_NONE);
	hold(STR(AITRONOS_ADMIN), STR("group"), STR("a"), STR_NONE);
	hold(STR(AITRONOS_DEPARTMENT_MANAGER), STR("user"), STR("ann"), STR_NONE);
	c = caller(STR("ann"));
	assert_int_equal(department_add_member(&txn, &c, department(STR("a")), user(STR("ann")), &err), SERVICE_DENIED);
	hold(STR(AITRONOS_ADMIN), STR("user"), STR("ann"), STR_NONE);
	c = caller(STR("ann"));
	assert_int_equal(department_add_member(&txn, &c, department(STR("a")), user(STR("bob")), &err), SERVICE_OK);
}

static void test_obstacles(void **state UNUSED)
{
	struct cascade_effect effect;
	struct error err = {0};

	put_department(STR("a"), STR_NONE);
	put_department(STR("b"), STR("a"));
	join(STR("b"), STR("nobody@x.org"));
	assert_int_equal(department_obstacle(snapshot, department(STR("a")), &arena), DEPARTMENT_HAS_CHILDREN);
	assert_int_equal(department_delete(&txn, department(STR("a")), &effect, &err), SERVICE_FAILED_PRECONDITION);
	/* Names of nobody are no members, and go along. */
	assert_int_equal(department_obstacle(snapshot, department(STR("b")), &arena), DEPARTMENT_IS_FREE);
	assert_int_equal(department_delete(&txn, department(STR("b")), &effect, &err), SERVICE_OK);
	ASSERT_CHANGES("-group_member b/nobody@x.org", "-group b");
	join(STR("b"), STR("ann"));
	assert_int_equal(department_obstacle(snapshot, department(STR("b")), &arena), DEPARTMENT_HAS_MEMBERS);
	assert_int_equal(department_delete(&txn, department(STR("b")), &effect, &err), SERVICE_FAILED_PRECONDITION);
	assert_int_equal(txn.n_changes, 0);
}

static void test_department_names(void **state UNUSED)
{
	struct group g = {.display_name = STR("Sales"), .created_by = STR("ann")};
	struct error err = {0};

	assert_int_equal(department_create(&txn, &g, &err), SERVICE_OK);
	assert_true(str_starts_with(g.doc.id, STR("dept_")) && g.doc.id.len == 17);
	assert_true(str_eq(txn.changes[0].unique_key, STR("name:Sales")));
	put(&g.doc);
	ASSERT_CHANGES("+group *");
	struct group again = {.display_name = STR("Sales")};
	assert_int_equal(department_create(&txn, &again, &err), SERVICE_CONFLICT);
	/* Teams may be called so. */
	struct group team = {
	    .doc = {.kind = DOC_GROUP, .id = STR("team")}, .type = STR(GROUP_TEAM), .display_name = STR("Sales")};
	assert_int_equal(directory_create(&txn, &team.doc, &err), SERVICE_OK);
	assert_true(str_is_absent(txn.changes[0].unique_key));
	team.type = STR(GROUP_DEPARTMENT);
	assert_int_equal(directory_create(&txn, &team.doc, &err), SERVICE_CONFLICT);
	struct group nowhere = {.display_name = STR("Other"), .parent = STR("team")};
	assert_int_equal(department_create(&txn, &nowhere, &err), SERVICE_INVALID);
	nowhere.parent = g.doc.id;
	assert_int_equal(department_create(&txn, &nowhere, &err), SERVICE_OK);
}

/* ---- the switch of inheritance ------------------------------------------------------------------------------ */

static void test_inheritance_widens(void **state UNUSED)
{
	struct organization next = *snapshot_organization(snapshot);
	struct str warning = STR("unset");

	assert_int_equal(organization_update(&txn, &next, &warning, NULL), SERVICE_OK);
	assert_true(str_is_absent(warning));
	next.departments_inherit = true;
	assert_int_equal(organization_update(&txn, &next, &warning, NULL), SERVICE_OK);
	assert_string_equal(warning.ptr,
	                    "access may have widened: what is granted to a department now reaches those below it");
	next.rbac_is_off = true;
	assert_int_equal(organization_update(&txn, &next, &warning, NULL), SERVICE_OK);
	assert_string_equal(warning.ptr, "access may have widened: every role now allows all of a workspace; what is "
	                                 "granted to a department now reaches those below it");
	put(&next.doc);
	assert_int_equal(organization_update(&txn, &next, &warning, NULL), SERVICE_OK);
	assert_true(str_is_absent(warning));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_chains),
	    TEST(test_forest),
	    TEST(test_circle),
	    TEST(test_chain_is_bounded),
	    TEST(test_moving_counts_what_is_below),
	    TEST(test_department_members),
	    TEST(test_department_that_may_more),
	    TEST(test_obstacles),
	    TEST(test_department_names),
	    TEST(test_inheritance_widens),
	};

	return cmocka_run_group_tests_name("service/aitronos-departments", tests, NULL, NULL);
}
