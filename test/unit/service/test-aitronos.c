/* SPDX-License-Identifier: Apache-2.0
 *
 * Departments, roles and knowledge of Aitronos on hand-made snapshots: what is found, what a change set comes to hold,
 * and what is refused; also on what no dialect would make, such as departments in a circle. Over the wire they are
 * tested in test/wire/aitronos.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/aitronos.h"
#include "service/aitronos_departments.h"
#include "service/aitronos_knowledge.h"
#include "service/aitronos_roles.h"
#include "service/builtin.h"
#include "service/organization.h"

static struct arena arena;
static struct snapshot *snapshot;
static struct txn txn;
static uint64_t seq;

/* The way every stored document takes. */
static void put(const struct document *doc)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct document *copy;

	document_encode(doc, &body);
	assert_int_equal(document_decode(doc->kind, doc->id, buf_str(&body), &copy, NULL), 0);
	copy->seq = ++seq;
	snapshot_put(snapshot, copy);
}

static void put_department(struct str id, struct str parent)
{
	put(&(struct group){.doc = {.kind = DOC_GROUP, .id = id}, .type = STR(GROUP_DEPARTMENT), .parent = parent}.doc);
}

static void put_user(struct str id)
{
	put(&(struct user){.doc = {.kind = DOC_USER, .id = id}, .email = arena_concat(&arena, id, STR("@x.org"))}.doc);
}

static void join(struct str department, struct str name)
{
	put(&(struct group_member){
	    .doc = {.kind = DOC_GROUP_MEMBER, .id = group_member_id(&arena, department, name)},
	    .group = department,
	    .member = name,
	}
	         .doc);
}

static void hold(struct str role, struct str type, struct str id, struct str tenant)
{
	put(&(struct role_member){
	    .doc = {.kind = DOC_ROLE_MEMBER, .id = role_member_id(&arena, role, (struct principal){type, id}, tenant)},
	    .role = role,
	    .principal_type = type,
	    .principal_id = id,
	    .tenant = tenant,
	}
	         .doc);
}

static void put_slice(struct str id, struct str tenant, struct str_list members)
{
	put(&(struct resource){
	    .doc = {.kind = DOC_RESOURCE, .id = arena_concat(&arena, STR("knowledge_slice/"), id)},
	    .type = STR("knowledge_slice"),
	    .resource_id = id,
	    .tenant = tenant,
	    .members = members,
	}
	         .doc);
}

#define LIST(...)                                                                                                      \
	((struct str_list){(const struct str[]){__VA_ARGS__}, sizeof((struct str[]){__VA_ARGS__}) / sizeof(struct str)})

static int setup(void **state UNUSED)
{
	static const struct str everything = STR_INIT("*");
	size_t n;
	const struct role *roles = aitronos_roles(&n);

	seq = 0;
	snapshot = snapshot_new(STR("acme"), 1);
	put(&(struct organization){.doc = {.kind = DOC_ORGANIZATION, .id = STR("acme")}}.doc);
	for (size_t i = n; i-- > 0;) /* in another order than they are listed in */
		put(&roles[i].doc);
	put(&(struct role){.doc = {.kind = DOC_ROLE, .id = STR(BUILTIN_OWNER)}, .actions = {&everything, 1}}.doc);
	put(&(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("t1")}}.doc);
	put_user(STR("ann"));
	put_user(STR("bob"));
	txn = (struct txn){.snapshot = snapshot, .arena = &arena, .now_ms = 1};
	return 0;
}

static int teardown(void **state UNUSED)
{
	snapshot_drop(snapshot);
	arena_release(&arena);
	return 0;
}

/* The changes as "+kind id" and "-kind id", in order; "+kind *" stands for an id that was made up. */
static void assert_changes(const char *const *want, size_t n)
{
	assert_int_equal(txn.n_changes, n);
	for (size_t i = 0; i < n; i++) {
		const struct store_change *c = &txn.changes[i];
		bool is_any = str_ends_with(str_of(want[i]), STR(" *"));
		struct str text = arena_strf(&arena, "%s" STR_FMT " " STR_FMT, str_is_absent(c->body) ? "-" : "+",
		                             STR_ARG(c->kind), STR_ARG(is_any ? STR("*") : c->id));

		assert_string_equal(text.ptr, want[i]);
	}
	txn.n_changes = 0;
}
#define ASSERT_CHANGES(...)                                                                                            \
	assert_changes((const char *const[]){__VA_ARGS__},                                                             \
	               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* A caller who is this user, with a key that is bound to no tenant. */
static struct caller caller(struct str id)
{
	static const struct key unbound;
	struct caller c = {.key = &unbound, .type = STR("user"), .id = id};

	snapshot_subjects(snapshot, c.type, c.id, &arena, &c.subjects, &c.n_subjects);
	return c;
}

static const struct user *user(struct str id)
{
	return FIND(snapshot, user, USER, id);
}

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

/* ---- roles ------------------------------------------------------------------------------------------------ */

static const struct role *role(struct str id)
{
	const struct role *r = aitronos_role_find(snapshot, id);

	assert_non_null(r);
	return r;
}

static void put_role(struct str id, struct str name, struct str_list actions)
{
	put(&(struct role){.doc = {.kind = DOC_ROLE, .id = id},
	                   .display_name = name,
	                   .scope = STR(ROLE_SCOPE_AITRONOS),
	                   .actions = actions}
	         .doc);
}

static void test_role_list(void **state UNUSED)
{
	static const char *const want[] = {
	    "role_owner",
	    "role_admin",
	    "role_member",
	    "role_department_manager",
	    "role_knowledge_manager",
	    "role_billing_manager",
	    "r2",
	    "r3",
	    "r1",
	};
	const struct role *const *list;

	put_role(STR("r1"), STR("b"), LIST(STR("manage_roles")));
	put_role(STR("r2"), STR("A"), LIST(STR("manage_roles")));
	put_role(STR("r3"), STR("a b"), LIST(STR("manage_roles")));
	assert_int_equal(aitronos_role_list(snapshot, &arena, &list), N_ELEMENTS(want));
	for (size_t i = 0; i < N_ELEMENTS(want); i++)
		assert_true(str_eq(list[i]->doc.id, str_of(want[i])));
	assert_null(aitronos_role_find(snapshot, STR(BUILTIN_OWNER)));
}

static void test_role_rules(void **state UNUSED)
{
	struct error err = {0};
	struct role r = {.display_name = STR("R"), .actions = LIST(STR("manage_roles"))};
	struct caller c;

	put_role(STR("mine"), STR("Mine"), LIST(STR("manage_roles"), STR("view_audit_log")));
	hold(STR("mine"), STR("user"), STR("ann"), STR_NONE);
	c = caller(STR("ann"));
	assert_int_equal(aitronos_role_create(&txn, &c, &r, &err), SERVICE_OK);
	assert_true(str_starts_with(r.doc.id, STR("role_")) && str_eq(r.scope, STR(ROLE_SCOPE_AITRONOS)));
	ASSERT_CHANGES("+role *");
	static const struct {
		const char *capability, *second;
		enum service_result want;
	} cases[] = {
	    {"manage_billing", NULL, SERVICE_DENIED},
	    {"view_audit_log", "manage_billing", SERVICE_DENIED},
	    {"fly", NULL, SERVICE_INVALID},
	    {"manage_roles", "manage_roles", SERVICE_INVALID},
	    {"view_audit_log", "manage_roles", SERVICE_OK},
	    {ACTION_MANAGE_GRANTS, NULL, SERVICE_INVALID},
	};
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		const struct str items[] = {str_of(cases[i].capability), str_of(cases[i].second)};
		const struct str_list list = {items, cases[i].second ? 2 : 1};
		struct role next = *role(STR("mine"));

		r.actions = list;
		assert_int_equal(aitronos_role_create(&txn, &c, &r, &err), cases[i].want);
		assert_int_equal(aitronos_role_update(&txn, &c, &next, &list, &err), cases[i].want);
		txn.n_changes = 0;
	}
	r.actions = (struct str_list){0};
	assert_int_equal(aitronos_role_create(&txn, &c, &r, &err), SERVICE_INVALID);
	/* Held in one tenant only, it is not hers to give everywhere. */
	put_role(STR("billing"), STR("Billing"), LIST(STR("manage_billing")));
	hold(STR("billing"), STR("user"), STR("ann"), STR("t1"));
	c = caller(STR("ann"));
	r.actions = LIST(STR("manage_billing"));
	assert_int_equal(aitronos_role_create(&txn, &c, &r, &err), SERVICE_DENIED);
	assert_int_equal(aitronos_assign(&txn, &c, role(STR("billing")), user(STR("bob")), &err), SERVICE_DENIED);
	assert_int_equal(txn.n_changes, 0);
}

static void test_role_names(void **state UNUSED)
{
	struct error err = {0};
	struct caller c;

	hold(STR(BUILTIN_OWNER), STR("user"), STR("ann"), STR_NONE);
	c = caller(STR("ann"));
	put_role(STR("r"), STR("Straße"), LIST(STR("manage_roles")));
	static const struct {
		const char *name;
		enum service_result want;
	} cases[] = {
	    {"STRAßE", SERVICE_CONFLICT}, {" straße\t", SERVICE_CONFLICT}, {"oWNER", SERVICE_CONFLICT},
	    {" ", SERVICE_INVALID},       {"Strasse", SERVICE_OK},
	};
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct role r = {.display_name = str_of(cases[i].name), .actions = LIST(STR("manage_roles"))};

		assert_int_equal(aitronos_role_create(&txn, &c, &r, &err), cases[i].want);
	}
	struct role own = *role(STR("r"));
	own.display_name = STR("STRAßE");
	assert_int_equal(aitronos_role_update(&txn, &c, &own, NULL, &err), SERVICE_OK);
	struct role builtin = *role(STR(AITRONOS_MEMBER));
	assert_int_equal(aitronos_role_update(&txn, &c, &builtin, NULL, &err), SERVICE_DENIED);
}

static void test_other_actions_stay(void **state UNUSED)
{
	const struct str_list wanted = LIST(STR("manage_roles"), STR("view_audit_log"));
	struct error err = {0};
	struct caller c;
	struct role r;

	hold(STR(BUILTIN_OWNER), STR("user"), STR("ann"), STR_NONE);
	c = caller(STR("ann"));
	put_role(STR("r"), STR("R"), LIST(STR("projects:read"), STR("manage_billing"), STR("view_audit_log")));
	r = *role(STR("r"));
	assert_int_equal(aitronos_role_update(&txn, &c, &r, &wanted, &err), SERVICE_OK);
	assert_int_equal(r.actions.n, 3);
	assert_true(str_eq(r.actions.items[0], STR("manage_roles")));
	assert_true(str_eq(r.actions.items[1], STR("view_audit_log")));
	assert_true(str_eq(r.actions.items[2], STR("projects:read")));
}

static void test_assignments(void **state UNUSED)
{
	const struct aitronos_assignment *members;
	struct error err = {0};
	struct caller c;
	struct str id;

	hold(STR(AITRONOS_ADMIN), STR("user"), STR("ann"), STR_NONE);
	hold(STR(AITRONOS_MEMBER), STR("user"), STR("bob"), STR("t1"));
	hold(STR(AITRONOS_MEMBER), STR("service"), STR("ci"), STR_NONE);
	hold(STR(AITRONOS_MEMBER), STR("user"), STR("gone"), STR_NONE);
	c = caller(STR("ann"));
	assert_int_equal(aitronos_role_members(snapshot, role(STR(AITRONOS_MEMBER)), &arena, &members), 0);
	assert_int_equal(aitronos_assign(&txn, &c, role(STR(AITRONOS_MEMBER)), user(STR("bob")), &err), SERVICE_OK);
	ASSERT_CHANGES("+role_member role_member/user/bob/");
	assert_int_equal(aitronos_unassign(&txn, &c, role(STR(AITRONOS_MEMBER)), user(STR("bob")), &err),
	                 SERVICE_NOT_FOUND);
	assert_int_equal(aitronos_assign(&txn, &c, role(STR(AITRONOS_ADMIN)), user(STR("ann")), &err),
	                 SERVICE_CONFLICT);
	assert_int_equal(aitronos_assign(&txn, &c, role(STR(AITRONOS_OWNER)), user(STR("ann")), &err), SERVICE_DENIED);
	id = aitronos_assignment_id(&arena, role(STR(AITRONOS_ADMIN)), user(STR("ann")));
	assert_int_equal(id.len, 17);
	assert_true(str_eq(id, aitronos_assignment_id(&arena, role(STR(AITRONOS_ADMIN)), user(STR("ann")))));
	assert_false(str_eq(id, aitronos_assignment_id(&arena, role(STR(AITRONOS_ADMIN)), user(STR("bob")))));
}

static void test_last_owner(void **state UNUSED)
{
	struct error err = {0};
	struct caller c;

	hold(STR(AITRONOS_OWNER), STR("user"), STR("ann"), STR_NONE);
	hold(STR(AITRONOS_OWNER), STR("user"), STR("bob"), STR("t1")); /* which makes nobody an Owner */
	hold(STR(AITRONOS_OWNER), STR("user"), STR("gone"), STR_NONE);
	c = caller(STR("ann"));
	assert_int_equal(aitronos_unassign(&txn, &c, role(STR(AITRONOS_OWNER)), user(STR("ann")), &err),
	                 SERVICE_FAILED_PRECONDITION);
	c = caller(STR("bob"));
	assert_int_equal(aitronos_unassign(&txn, &c, role(STR(AITRONOS_OWNER)), user(STR("ann")), &err),
	                 SERVICE_DENIED);
	hold(STR(AITRONOS_OWNER), STR("user"), STR("bob"), STR_NONE);
	c = caller(STR("bob"));
	assert_int_equal(aitronos_unassign(&txn, &c, role(STR(AITRONOS_OWNER)), user(STR("ann")), &err), SERVICE_OK);
	ASSERT_CHANGES("-role_member role_owner/user/ann/");
}

static void test_role_delete(void **state UNUSED)
{
	struct cascade_effect effect;
	struct error err = {0};

	put_role(STR("r"), STR("R"), LIST(STR("manage_roles")));
	hold(STR("r"), STR("group"), STR("a"), STR_NONE);
	assert_int_equal(aitronos_role_delete(&txn, role(STR("r")), &effect, &err), SERVICE_CONFLICT);
	put_role(STR("free"), STR("Free"), LIST(STR("manage_roles")));
	assert_int_equal(aitronos_role_delete(&txn, role(STR("free")), &effect, &err), SERVICE_OK);
	ASSERT_CHANGES("-role free");
	assert_int_equal(aitronos_role_delete(&txn, role(STR(AITRONOS_MEMBER)), &effect, &err), SERVICE_DENIED);
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
	    TEST(test_role_list),
	    TEST(test_role_rules),
	    TEST(test_role_names),
	    TEST(test_other_actions_stay),
	    TEST(test_assignments),
	    TEST(test_last_owner),
	    TEST(test_role_delete),
	    TEST(test_members_of_composites),
	    TEST(test_too_many_members),
	    TEST(test_slice_leaves_composites),
	    TEST(test_knowledge_lists),
	    TEST(test_attributes),
	    TEST(test_inheritance_widens),
	};

	return cmocka_run_group_tests_name("service/aitronos", tests, NULL, NULL);
}
