/* SPDX-License-Identifier: Apache-2.0
 *
 * Access grants on hand-made snapshots: who may manage them, what a change set comes to hold, and what goes with a
 * grantee. Over the wire they are tested in test/wire/aitronos.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/aitronos.h"
#include "model/confident.h"
#include "service/cascade.h"
#include "service/directory.h"
#include "service/grants.h"

#define S          ENTITY_KNOWLEDGE_SLICE
#define V          ENTITY_VECTOR_STORE
#define A          ENTITY_ASSISTANT
#define EVERY_TYPE (1u << S | 1u << V | 1u << A)

static struct arena arena;
static struct snapshot *snapshot;
static struct txn txn;

/* The way every stored document takes. */
static void put(const struct document *doc)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	struct document *copy;

	document_encode(doc, &body);
	assert_int_equal(document_decode(doc->kind, doc->id, buf_str(&body), &copy, NULL), 0);
	copy->seq = doc->seq ? doc->seq : 1;
	snapshot_put(snapshot, copy);
}

static void put_user(struct str id)
{
	put(&(struct user){.doc = {.kind = DOC_USER, .id = id}, .email = arena_concat(&arena, id, STR("@x.org"))}.doc);
}

static void put_group(struct str id, struct str type)
{
	put(&(struct group){.doc = {.kind = DOC_GROUP, .id = id}, .type = type}.doc);
}

static void hold(struct str user, struct str role, struct str tenant)
{
	put(&(struct role_member){
	    .doc = {.kind = DOC_ROLE_MEMBER,
	            .id = role_member_id(&arena, role, (struct principal){STR("user"), user}, tenant)},
	    .role = role,
	    .principal_type = STR("user"),
	    .principal_id = user,
	    .tenant = tenant,
	}
	         .doc);
}

/* A grant with an id made of a number. */
static void put_grant(unsigned number, enum entity_type type, struct str entity, enum grantee_type to, struct str id)
{
	put(&(struct access_grant){
	    .doc = {.kind = DOC_ACCESS_GRANT, .id = arena_strf(&arena, "agrant_%u", number)},
	    .entity_type = type,
	    .entity_id = entity,
	    .grantee_type = to,
	    .grantee_id = id,
	    .level = ACCESS_ADMIN,
	    .granted_by = STR("boss"),
	}
	         .doc);
}

static void put_resource(enum entity_type type, struct str id, struct str tenant, struct str_list members)
{
	struct str name = entity_type_name(type);

	put(&(struct resource){
	    .doc = {.kind = DOC_RESOURCE, .id = arena_concat3(&arena, name, STR("/"), id)},
	    .type = name,
	    .resource_id = id,
	    .tenant = tenant,
	    .members = members,
	}
	         .doc);
}

static int setup(void **state UNUSED)
{
	const struct role *roles;
	size_t n;

	snapshot = snapshot_new(STR("acme"), 1);
	roles = aitronos_roles(&n);
	for (size_t i = 0; i < n; i++)
		put(&roles[i].doc);
	put(&(struct organization){.doc = {.kind = DOC_ORGANIZATION, .id = STR("acme")}}.doc);
	put(&(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("t1")}}.doc);
	put(&(struct role){.doc = {.kind = DOC_ROLE, .id = STR("reader")}}.doc);
	put_user(STR("ann"));
	put_user(STR("bob"));
	put_group(STR("sales"), STR(GROUP_DEPARTMENT));
	put_group(STR("devs"), STR(GROUP_TEAM));
	txn = (struct txn){.snapshot = snapshot, .arena = &arena, .now_ms = 1000};
	return 0;
}

static int teardown(void **state UNUSED)
{
	snapshot_drop(snapshot);
	arena_release(&arena);
	return 0;
}

/* ---- who may -------------------------------------------------------------------------------------------- */

/* The user as a caller, with a key that counts in `bound` alone (absent: everywhere). */
static struct grants_asker asker(struct str user, struct str bound)
{
	struct str *tenant = ARENA_NEW(&arena, struct str);
	struct key *key = ARENA_NEW(&arena, struct key);
	struct caller *caller = ARENA_NEW(&arena, struct caller);

	*tenant = bound;
	*key = (struct key){.is_bound = !str_is_absent(bound), .tenants = {tenant, 1}};
	*caller = (struct caller){.key = key, .type = STR("user"), .id = user};
	snapshot_subjects(snapshot, caller->type, user, &arena, &caller->subjects, &caller->n_subjects);
	return (struct grants_asker){snapshot, caller, 1, &arena};
}

static bool may(struct str user, enum entity_type type, struct str id)
{
	const struct grants_asker who = asker(user, STR_NONE);

	return grants_may_manage(&who, type, id);
}

static unsigned visible(struct str user, unsigned wanted, struct str entity_id)
{
	const struct grants_asker who = asker(user, STR_NONE);

	return grants_visible_types(&who, wanted, entity_id);
}

static void test_administrators(void **state UNUSED)
{
	static const struct {
		const char *role;
		unsigned types;
	} cases[] = {
	    {AITRONOS_OWNER, EVERY_TYPE},  {AITRONOS_ADMIN, EVERY_TYPE},
	    {AITRONOS_MEMBER, 0},          {AITRONOS_DEPARTMENT_MANAGER, 0},
	    {AITRONOS_BILLING_MANAGER, 0}, {AITRONOS_KNOWLEDGE_MANAGER, 1u << S | 1u << V},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct str user = arena_strf(&arena, "user%zu", i);

		put_user(user);
		hold(user, str_of(cases[i].role), STR_NONE);
		assert_int_equal(visible(user, 0, STR_NONE), cases[i].types);
		for (unsigned type = 1; type < ENTITY_N_TYPES; type++) {
			assert_int_equal(visible(user, 1u << type, STR_NONE), cases[i].types & 1u << type);
			assert_int_equal(may(user, (enum entity_type)type, STR("any")), cases[i].types >> type & 1);
		}
	}
}

static void test_roles_held_in_a_tenant(void **state UNUSED)
{
	hold(STR("ann"), STR(AITRONOS_ADMIN), STR("t1"));
	assert_false(may(STR("ann"), A, STR("any")));
	assert_int_equal(visible(STR("ann"), 0, STR_NONE), 0);
	hold(STR("bob"), STR(AITRONOS_ADMIN), STR_NONE);
	assert_true(may(STR("bob"), A, STR("any")));
	const struct grants_asker bound = asker(STR("bob"), STR("t1"));
	assert_false(grants_may_manage(&bound, A, STR("any")));
}

static void test_a_deny_of_another_dialect(void **state UNUSED)
{
	static const struct str action = STR_INIT(ACTION_MANAGE_GRANTS), secret = STR_INIT("assistant:secret"),
	                        all = STR_INIT("*"), ann = STR_INIT(SUBJECT_USER "ann");
	const struct policy_statement statement = {
	    .deny = true, .actions = {&action, 1}, .resources = {&secret, 1}, .tenants = {&all, 1}};

	hold(STR("ann"), STR(AITRONOS_ADMIN), STR_NONE);
	put(&(struct statement_policy){
	    .doc = {.kind = DOC_STATEMENT_POLICY, .id = STR("p")},
	    .type = STR(POLICY_TYPE_CUSTOM),
	    .members = {&ann, 1},
	    .statements = &statement,
	    .n_statements = 1,
	}
	         .doc);
	assert_false(may(STR("ann"), A, STR("secret")));
	assert_true(may(STR("ann"), A, STR("other")));
	assert_true(may(STR("ann"), S, STR("secret")));
}

static void test_administrator_of_an_entity(void **state UNUSED)
{
	put_grant(1, A, STR("a"), GRANTEE_USER, STR("ann"));
	assert_true(may(STR("ann"), A, STR("a")));
	assert_false(may(STR("ann"), A, STR("b")));
	assert_false(may(STR("ann"), S, STR("a")));
	assert_false(may(STR("bob"), A, STR("a")));
	assert_int_equal(visible(STR("ann"), 0, STR("a")), 1u << A);
	assert_int_equal(visible(STR("ann"), 1u << S, STR("a")), 0);
	assert_int_equal(visible(STR("ann"), 0, STR("b")), 0);
	assert_int_equal(visible(STR("ann"), 0, STR_NONE), 0);
}

static void test_administrator_of_a_tenant(void **state UNUSED)
{
	static const struct str everything = STR_INIT("*");

	/* Registering an entity there would else be a way to give it away. */
	put(&(struct role){.doc = {.kind = DOC_ROLE, .id = STR("tenant-admin")}, .actions = {&everything, 1}}.doc);
	hold(STR("ann"), STR("tenant-admin"), STR("t1"));
	put_resource(A, STR("a"), STR("t1"), (struct str_list){0});
	assert_false(may(STR("ann"), A, STR("a")));
	put_grant(1, A, STR("a"), GRANTEE_USER, STR("ann"));
	assert_true(may(STR("ann"), A, STR("a")));
	/* Nor is a key that counts in the tenant only enough. */
	const struct grants_asker bound = asker(STR("ann"), STR("t1"));
	assert_false(grants_may_manage(&bound, A, STR("a")));
}

static void test_administrator_of_a_composite(void **state UNUSED)
{
	static const struct str members[] = {STR_INIT("s1"), STR_INIT("s2")};

	put_resource(S, STR("c"), STR_NONE, (struct str_list){members, 2});
	put_grant(1, S, STR("c"), GRANTEE_USER, STR("ann"));
	put_grant(2, S, STR("s1"), GRANTEE_USER, STR("bob"));
	assert_true(may(STR("ann"), S, STR("c")));
	assert_true(may(STR("ann"), S, STR("s1")));
	assert_true(may(STR("ann"), S, STR("s2")));
	assert_false(may(STR("ann"), S, STR("s3")));
	assert_false(may(STR("ann"), V, STR("s1")));
	assert_true(may(STR("bob"), S, STR("s1")));
	assert_false(may(STR("bob"), S, STR("c")));
}

/* ---- changes -------------------------------------------------------------------------------------------- */

static void test_entity_ids(void **state UNUSED)
{
	static const char *const good[] = {"a", "kslice_abc123", "a/b:c d", "*", "\xc3\xa9", "\xc2\xa0"};
	static const char *const bad[] = {"", "a\nb", "\x1f", "\x7f", "\xc2\x80", "\xc2\x9f", "\xff", "\xc3"};
	char longest[GRANT_MAX_ENTITY_BYTES + 1];

	for (size_t i = 0; i < N_ELEMENTS(good); i++)
		assert_true(grants_is_entity_id(str_of(good[i])));
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_false(grants_is_entity_id(str_of(bad[i])));
	assert_false(grants_is_entity_id(STR_NONE));
	memset(longest, 'x', sizeof(longest));
	assert_true(grants_is_entity_id((struct str){longest, GRANT_MAX_ENTITY_BYTES}));
	assert_false(grants_is_entity_id((struct str){longest, sizeof(longest)}));
}

static enum service_result create(const struct grant_share *shares, size_t n, struct access_grant *ret,
                                  size_t *ret_failed)
{
	struct grant_offer offer = {
	    .entity_type = A,
	    .entity_id = STR("a"),
	    .granted_by = STR("boss"),
	    .shares = shares,
	    .n_shares = n,
	};
	struct error err = {0};
	enum service_result r = grants_create(&txn, &offer, ret, &err);

	assert_int_equal(err.text[0] == '\0', r == SERVICE_OK);
	*ret_failed = offer.failed;
	return r;
}

/* What the store is to keep of the change, read back. */
static struct access_grant stored(size_t i)
{
	struct access_grant copy;
	struct document *doc;

	assert_true(i < txn.n_changes);
	assert_int_equal(document_decode(DOC_ACCESS_GRANT, txn.changes[i].id, txn.changes[i].body, &doc, NULL), 0);
	copy = *as_access_grant(doc);
	copy.doc.id = arena_str(&arena, copy.doc.id);
	copy.entity_id = arena_str(&arena, copy.entity_id);
	copy.grantee_id = arena_str(&arena, copy.grantee_id);
	copy.granted_by = arena_str(&arena, copy.granted_by);
	free(doc);
	return copy;
}

static void test_create(void **state UNUSED)
{
	static const struct grant_share shares[] = {
	    {GRANTEE_ROLE, STR_INIT("reader"), ACCESS_READ},
	    {GRANTEE_USER, STR_INIT("ann@x.org"), ACCESS_WRITE},
	    {GRANTEE_DEPARTMENT, STR_INIT("sales"), ACCESS_ADMIN},
	};
	static const char *const grantees[] = {"reader", "ann", "sales"};
	struct access_grant made[3];
	size_t failed;

	assert_int_equal(create(shares, 3, made, &failed), SERVICE_OK);
	assert_int_equal(txn.n_changes, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct access_grant kept = stored(i);

		assert_true(str_starts_with(kept.doc.id, STR("agrant_")));
		assert_int_equal(kept.doc.id.len, 19);
		assert_true(str_eq(kept.doc.id, made[i].doc.id));
		assert_int_equal(kept.entity_type, A);
		assert_true(str_eq(kept.entity_id, STR("a")));
		assert_int_equal(kept.grantee_type, shares[i].type);
		assert_true(str_eq(kept.grantee_id, str_of(grantees[i])));
		assert_int_equal(kept.level, shares[i].level);
		assert_true(str_eq(kept.granted_by, STR("boss")));
		assert_int_equal(kept.doc.created_at_ms, 1000);
		assert_int_equal(made[i].doc.created_at_ms, 1000);
		assert_int_equal(made[i].doc.updated_at_ms, 1000);
	}
}

static void test_create_nothing(void **state UNUSED)
{
	static const struct grant_share fine = {GRANTEE_USER, STR_INIT("bob"), ACCESS_READ};
	static const struct {
		struct grant_share second, third;
		size_t failed;
		enum service_result want;
	} cases[] = {
	    {{GRANTEE_USER, STR_INIT("nobody"), ACCESS_READ},
	     {GRANTEE_ROLE, STR_INIT("x"), ACCESS_READ},
	     1,
	     SERVICE_NOT_FOUND},
	    {{GRANTEE_ROLE, STR_INIT("reader"), ACCESS_READ},
	     {GRANTEE_DEPARTMENT, STR_INIT("devs"), ACCESS_READ},
	     2,
	     SERVICE_NOT_FOUND},
	    {{GRANTEE_ROLE, STR_INIT("sales"), ACCESS_READ},
	     {GRANTEE_ROLE, STR_INIT("reader"), ACCESS_READ},
	     1,
	     SERVICE_NOT_FOUND},
	    {{GRANTEE_USER, STR_INIT("ann"), ACCESS_READ},
	     {GRANTEE_ROLE, STR_INIT("reader"), ACCESS_READ},
	     1,
	     SERVICE_CONFLICT},
	    {{GRANTEE_ROLE, STR_INIT("reader"), ACCESS_READ},
	     {GRANTEE_USER, STR_INIT("bob@x.org"), ACCESS_ADMIN},
	     2,
	     SERVICE_CONFLICT},
	};

	put_grant(1, A, STR("a"), GRANTEE_USER, STR("ann"));
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		const struct grant_share shares[] = {fine, cases[i].second, cases[i].third};
		struct access_grant made[3];
		size_t failed;

		assert_int_equal(create(shares, 3, made, &failed), cases[i].want);
		assert_int_equal(failed, cases[i].failed);
		assert_int_equal(txn.n_changes, 0);
	}
}

static void test_many_at_once(void **state UNUSED)
{
	enum { N = 1000 };
	struct grant_share *shares = ARENA_ARRAY(&arena, struct grant_share, N + 1);
	struct access_grant *made = ARENA_ARRAY(&arena, struct access_grant, N + 1);
	size_t failed;

	for (size_t i = 0; i < N; i++) {
		shares[i] = (struct grant_share){GRANTEE_USER, arena_strf(&arena, "u%zu", i), ACCESS_READ};
		put_user(shares[i].id);
	}
	/* A role may be called as a user is. */
	put(&(struct role){.doc = {.kind = DOC_ROLE, .id = STR("u7")}}.doc);
	shares[N] = (struct grant_share){GRANTEE_ROLE, STR("u7"), ACCESS_READ};
	assert_int_equal(create(shares, N + 1, made, &failed), SERVICE_OK);
	assert_int_equal(txn.n_changes, N + 1);
	txn.n_changes = 0;
	shares[N] = shares[7];
	assert_int_equal(create(shares, N + 1, made, &failed), SERVICE_CONFLICT);
	assert_int_equal(failed, N);
	assert_int_equal(txn.n_changes, 0);
}

static void test_change_and_revoke(void **state UNUSED)
{
	struct access_grant grant;

	put_grant(1, S, STR("s"), GRANTEE_USER, STR("ann"));
	assert_true(grants_find(&snapshot->grants, STR("agrant_1"), &grant));
	grants_set_level(&txn, &grant, ACCESS_READ);
	assert_int_equal(grant.level, ACCESS_READ);
	assert_int_equal(grant.doc.updated_at_ms, 1000);
	assert_int_equal(txn.n_changes, 1);
	assert_int_equal(stored(0).level, ACCESS_READ);
	assert_true(str_eq(stored(0).grantee_id, STR("ann")));
	assert_int_equal(txn.changes[0].seq, 1); /* its place in creation order */
	grants_revoke(&txn, &grant);
	assert_int_equal(txn.n_changes, 2);
	assert_true(str_is_absent(txn.changes[1].body));
	assert_true(str_eq(txn.changes[1].id, STR("agrant_1")));
}

static void test_names_of_grantees(void **state UNUSED)
{
	assert_string_equal(grants_grantee_id(snapshot, GRANTEE_USER, STR("ann@x.org")).ptr, "ann");
	assert_string_equal(grants_grantee_id(snapshot, GRANTEE_USER, STR("nobody")).ptr, "nobody");
	assert_string_equal(grants_grantee_id(snapshot, GRANTEE_ROLE, STR("ann@x.org")).ptr, "ann@x.org");
}

/* ---- of a grantee that goes -------------------------------------------------------------------------------- */

/* How many grants the change set ends; asserts that each is ended once. */
static size_t n_ended(void)
{
	struct str *ids = ARENA_ARRAY(&arena, struct str, txn.n_changes);
	size_t n = 0;

	for (size_t i = 0; i < txn.n_changes; i++)
		if (str_eq(txn.changes[i].kind, document_kind_name(DOC_ACCESS_GRANT))) {
			assert_true(str_is_absent(txn.changes[i].body));
			ids[n++] = txn.changes[i].id;
		}
	qsort(ids, n, sizeof(*ids), str_qsort);
	for (size_t i = 1; i < n; i++)
		assert_false(str_eq(ids[i - 1], ids[i]));
	return n;
}

static void test_cascades(void **state UNUSED)
{
	/* Three grantees of one name. */
	put_user(STR("x"));
	put_group(STR("x"), STR(GROUP_DEPARTMENT));
	put(&(struct role){.doc = {.kind = DOC_ROLE, .id = STR("x")}}.doc);
	put_grant(1, A, STR("a"), GRANTEE_USER, STR("x"));
	put_grant(2, S, STR("a"), GRANTEE_USER, STR("x"));
	put_grant(3, A, STR("a"), GRANTEE_DEPARTMENT, STR("x"));
	put_grant(4, A, STR("a"), GRANTEE_ROLE, STR("x"));
	put_grant(5, A, STR("a"), GRANTEE_USER, STR("ann"));
	assert_int_equal(grants_held_by(snapshot, DOC_USER, STR("x")), 2);
	assert_int_equal(grants_held_by(snapshot, DOC_GROUP, STR("x")), 1);
	assert_int_equal(grants_held_by(snapshot, DOC_ROLE, STR("x")), 1);
	assert_int_equal(grants_held_by(snapshot, DOC_SERVICE_ACCOUNT, STR("x")), 0);
	assert_int_equal(grants_held_by(snapshot, DOC_TENANT, STR("x")), 0);
	(void)cascade_principal(&txn, STR("service"), STR("x"));
	assert_int_equal(n_ended(), 0);
	(void)cascade_group(&txn, STR("x"));
	assert_int_equal(n_ended(), 1);
	(void)cascade_role(&txn, STR("x"));
	assert_int_equal(n_ended(), 2);
	(void)cascade_principal(&txn, STR("user"), STR("x"));
	assert_int_equal(n_ended(), 4);
}

static void test_roles_that_go_with_their_tenant(void **state UNUSED)
{
	static const struct str t1 = STR_INIT("t1");

	put(&(struct role){.doc = {.kind = DOC_ROLE, .id = STR("of-project")},
	                   .scope = STR(ROLE_SCOPE_CONFIDENT_PROJECT),
	                   .tenants = {&t1, 1}}
	         .doc);
	put(&(struct role){.doc = {.kind = DOC_ROLE, .id = STR("in-tenant")}, .tenants = {&t1, 1}}.doc);
	put_grant(1, A, STR("a"), GRANTEE_ROLE, STR("of-project"));
	put_grant(2, A, STR("a"), GRANTEE_ROLE, STR("in-tenant"));
	assert_true(cascade_fits(&txn, DOC_TENANT, t1));
	(void)cascade_tenant(&txn, t1);
	assert_int_equal(n_ended(), 1);
}

static void test_very_many_go(void **state UNUSED)
{
	enum { N = 10000 };

	for (unsigned i = 0; i < N; i++)
		put_grant(i, A, arena_strf(&arena, "a%u", i), GRANTEE_USER, i % 4 ? STR("ann") : STR("bob"));
	assert_int_equal(grants_held_by(snapshot, DOC_USER, STR("ann")), N / 4 * 3);
	assert_true(cascade_fits(&txn, DOC_USER, STR("ann")));
	(void)cascade_principal(&txn, STR("user"), STR("ann"));
	assert_int_equal(n_ended(), N / 4 * 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_administrators),
	    TEST(test_roles_held_in_a_tenant),
	    TEST(test_a_deny_of_another_dialect),
	    TEST(test_administrator_of_an_entity),
	    TEST(test_administrator_of_a_tenant),
	    TEST(test_administrator_of_a_composite),
	    TEST(test_entity_ids),
	    TEST(test_create),
	    TEST(test_create_nothing),
	    TEST(test_many_at_once),
	    TEST(test_change_and_revoke),
	    TEST(test_names_of_grantees),
	    TEST(test_cascades),
	    TEST(test_roles_that_go_with_their_tenant),
	    TEST(test_very_many_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
