/* SPDX-License-Identifier: Apache-2.0
 *
 * The catalog and its engine after many changes equal those built from scratch; older versions stay as they were; a
 * dropped fork leaves no trace.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/random.h"
#include "model/confident.h"
#include "policy/ask.h"
#include "policy/snapshot.h"

#define N_NAMES  6u
#define N_ROUNDS 400u

static const struct str names[N_NAMES] = {STR_INIT("a"), STR_INIT("b"), STR_INIT("c"),
                                          STR_INIT("d"), STR_INIT("e"), STR_INIT("f")};

/* Encodes and decodes, as the service does, and puts. */
static void put(struct snapshot *s, const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 20);
	struct document *doc;

	document_encode(in, &body);
	assert_int_equal(document_decode(in->kind, in->id, buf_str(&body), &doc, NULL), 0);
	snapshot_put(s, doc);
}

static struct str pick(struct prng *p)
{
	return names[prng_below(p, N_NAMES)];
}

static void put_policy(struct snapshot *s, struct prng *p)
{
	struct str member = pick(p), role = pick(p), tenant = pick(p), id = pick(p);
	struct arena a = ARENA_INIT;
	const struct str members[] = {arena_concat(&a, STR("user:local:"), member), STR("team:local:a")};
	const struct str any[] = {STR("*")}, actions[] = {STR("x:y:z")}, tenants[] = {tenant};
	const struct policy_statement statements[] = {
	    {.role = role, .resources = {any, 1}, .tenants = {any, 1}},
	    {.deny = true, .actions = {actions, 1}, .resources = {any, 1}, .tenants = {tenants, 1}},
	};

	put(s,
	    &(struct statement_policy){
	        .doc = {.kind = DOC_STATEMENT_POLICY, .id = id},
	        .name = STR("n"),
	        .type = STR(POLICY_TYPE_CUSTOM),
	        .members = {members, 1 + prng_below(p, 2)},
	        .statements = statements,
	        .n_statements = 1 + prng_below(p, 2),
	    }
	         .doc);
	arena_release(&a);
}

static void put_role(struct snapshot *s, struct prng *p)
{
	static const struct str actions[] = {STR_INIT("x:y:z"), STR_INIT("x:y:w")};

	put(s,
	    &(struct role){.doc = {.kind = DOC_ROLE, .id = pick(p)}, .actions = {&actions[prng_below(p, 2)], 1}}.doc);
}

/* A role that means what its policies say, whether they are there or not, and the policies. */
static void put_confident_role(struct snapshot *s, struct prng *p)
{
	const struct str policies[] = {pick(p), pick(p)};
	bool is_project = prng_below(p, 2);

	put(s,
	    &(struct role){
	        .doc = {.kind = DOC_ROLE, .id = pick(p)},
	        .scope = is_project ? STR(ROLE_SCOPE_CONFIDENT_PROJECT) : STR(ROLE_SCOPE_CONFIDENT_ORGANIZATION),
	        .policies = {policies, 1 + prng_below(p, 2)},
	    }
	         .doc);
}

static void put_permission_policy(struct snapshot *s, struct prng *p)
{
	static const struct str permissions[] = {STR_INIT("organization/project:manage"),
	                                         STR_INIT("project/trace:read"), STR_INIT("organization/sso:read")};
	size_t first = prng_below(p, 3);

	put(s,
	    &(struct permission_policy){
	        .doc = {.kind = DOC_PERMISSION_POLICY, .id = pick(p)},
	        .name = pick(p),
	        .permissions = {&permissions[first], 3 - first},
	    }
	         .doc);
}

static void put_role_member(struct snapshot *s, struct prng *p)
{
	struct arena a = ARENA_INIT;
	struct str role = pick(p), user = pick(p), tenant = prng_below(p, 2) ? pick(p) : STR_NONE;

	put(s,
	    &(struct role_member){
	        .doc = {.kind = DOC_ROLE_MEMBER, .id = arena_concat3(&a, role, user, tenant)},
	        .role = role,
	        .principal_type = STR("user"),
	        .principal_id = user,
	        .tenant = tenant,
	    }
	         .doc);
	arena_release(&a);
}

static void put_member(struct snapshot *s, struct prng *p)
{
	struct arena a = ARENA_INIT;
	struct str g = pick(p), m = pick(p);

	put(s,
	    &(struct group_member){
	        .doc = {.kind = DOC_GROUP_MEMBER, .id = arena_concat3(&a, g, STR("/"), m)},
	        .group = g,
	        .member = m,
	    }
	         .doc);
	arena_release(&a);
}

static void put_user(struct snapshot *s, struct prng *p)
{
	struct arena a = ARENA_INIT;

	put(s,
	    &(struct user){.doc = {.kind = DOC_USER, .id = pick(p)}, .email = arena_concat(&a, pick(p), STR("@x.org"))}
	         .doc);
	arena_release(&a);
}

static void change(struct snapshot *s, struct prng *p)
{
	static const enum document_kind kinds[] = {DOC_STATEMENT_POLICY, DOC_ROLE, DOC_USER, DOC_TENANT,
	                                           DOC_PERMISSION_POLICY};

	switch (prng_below(p, 9)) {
	case 0:
		put_policy(s, p);
		break;
	case 1:
		put_role(s, p);
		break;
	case 2:
		put_member(s, p);
		break;
	case 3:
		put_user(s, p);
		break;
	case 4:
		put_confident_role(s, p);
		break;
	case 5:
		put_permission_policy(s, p);
		break;
	case 6:
		put_role_member(s, p);
		break;
	case 7:
		put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = pick(p)}}.doc);
		break;
	default:
		(void)snapshot_remove(s, kinds[prng_below(p, N_ELEMENTS(kinds))], pick(p));
		break;
	}
}

/* A snapshot made from the documents of another, in their order. */
static struct snapshot *rebuild(const struct snapshot *from)
{
	struct snapshot *s = snapshot_new(STR("o"), 99);
	struct edit_blocks retired;

	for (int kind = 1; kind < DOC_N_KINDS; kind++) {
		uint64_t at = 0;
		const struct document *doc;

		while ((doc = snapshot_next(from, (enum document_kind)kind, &at)))
			put(s, doc);
	}
	snapshot_seal(s, &retired);
	edit_blocks_free_all(&retired);
	return s;
}

/* What the user may: one bit for each action, in no tenant and in a. */
static unsigned allowed(const struct snapshot *s, struct str user, struct arena *a)
{
	static const struct str actions[] = {STR_INIT("x:y:z"), STR_INIT("x:y:w"), STR_INIT("sso:read"),
	                                     STR_INIT("trace:read"), STR_INIT("project:manage")};
	unsigned bits = 0;

	for (size_t i = 0; i < 2 * N_ELEMENTS(actions); i++) {
		struct ask q = {.subject_type = STR("user"),
		                .subject_id = user,
		                .action = actions[i / 2],
		                .resource = {.type = STR("r"), .tenant = i % 2 ? names[0] : STR_NONE}};

		bits |= (unsigned)verdict_allows(snapshot_ask(s, &q, a, NULL).verdict) << i;
	}
	return bits;
}

/* From the end it is the same documents the other way around. */
static void assert_same_backwards(const struct snapshot *s)
{
	const struct document *there[4096], *doc;
	uint64_t at = 0;
	size_t n = 0;

	while ((doc = snapshot_next(s, DOC_STATEMENT_POLICY, &at))) {
		assert_true(n < N_ELEMENTS(there));
		there[n++] = doc;
	}
	at = UINT64_MAX;
	while ((doc = snapshot_previous(s, DOC_STATEMENT_POLICY, &at))) {
		assert_true(n > 0);
		assert_ptr_equal(doc, there[--n]);
		assert_int_equal(at, doc->ordinal);
	}
	assert_int_equal(n, 0);
}

static void assert_same_answers(const struct snapshot *x, const struct snapshot *y)
{
	struct arena a = ARENA_INIT;
	const struct document *const *dx, *const *dy;

	for (size_t i = 0; i < N_NAMES; i++) {
		struct str role = arena_concat(&a, STR("role:"), names[i]);
		struct str tenant = arena_concat(&a, STR("tenant:"), names[i]);

		assert_int_equal(allowed(x, names[i], &a), allowed(y, names[i], &a));
		size_t n = snapshot_linked(x, DOC_STATEMENT_POLICY, role, &a, &dx);
		assert_int_equal(n, snapshot_linked(y, DOC_STATEMENT_POLICY, role, &a, &dy));
		assert_int_equal(n, snapshot_count_linked(x, DOC_STATEMENT_POLICY, role));
		for (size_t k = 0; k < n; k++) {
			assert_true(str_eq(dx[k]->id, dy[k]->id));
			/* It is the one that there is now. */
			assert_ptr_equal(dx[k], snapshot_find(x, DOC_STATEMENT_POLICY, dx[k]->id));
		}
		assert_int_equal(snapshot_linked(x, DOC_STATEMENT_POLICY, tenant, &a, &dx),
		                 snapshot_linked(y, DOC_STATEMENT_POLICY, tenant, &a, &dy));
		assert_int_equal(snapshot_find_any(x, DOC_USER, names[i]) != NULL,
		                 snapshot_find_any(y, DOC_USER, names[i]) != NULL);
	}
	for (int kind = 1; kind < DOC_N_KINDS; kind++)
		assert_int_equal(x->n_docs[kind], y->n_docs[kind]);
	assert_int_equal(x->links.n, y->links.n);
	assert_same_backwards(x);
	assert_int_equal(x->engine.n_statements, y->engine.n_statements);
	arena_release(&a);
}

static void test_changes_equal_rebuilding(void **state)
{
	(void)state;
	struct prng p = {.state = 20261122};
	struct snapshot *current = snapshot_new(STR("o"), 7);
	struct edit_blocks retired;

	snapshot_seal(current, &retired);
	edit_blocks_free_all(&retired);
	for (size_t round = 0; round < N_ROUNDS; round++) {
		struct snapshot *fork = snapshot_fork(current), *same, *before = rebuild(current);

		for (uint64_t n = 1 + prng_below(&p, 4); n; n--)
			change(fork, &p);
		/* The version it was forked from answers as before. */
		assert_same_answers(current, before);
		snapshot_free_all(before);
		if (prng_below(&p, 4) == 0) {
			snapshot_drop(fork);
			continue;
		}
		snapshot_seal(fork, &retired);
		same = rebuild(fork);
		assert_same_answers(fork, same);
		snapshot_free_all(same);
		edit_blocks_free_all(&retired);
		snapshot_free_shell(current);
		current = fork;
	}
	snapshot_free_all(current);
}

static void test_order_and_ordinals(void **state)
{
	(void)state;
	struct snapshot *s = snapshot_new(STR("o"), 7);
	static const char want[] = "acb";
	struct edit_blocks retired;
	uint64_t at = 0;

	put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("a")}}.doc);
	put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("b")}}.doc);
	put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("c")}}.doc);
	/* Changing keeps the place; deleting and making again goes to the end. */
	put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("a")}, .display_name = STR("A")}.doc);
	assert_true(snapshot_remove(s, DOC_TENANT, STR("b")));
	assert_false(snapshot_remove(s, DOC_TENANT, STR("b")));
	put(s, &(struct tenant){.doc = {.kind = DOC_TENANT, .id = STR("b")}}.doc);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(snapshot_next(s, DOC_TENANT, &at)->id.ptr[0], want[i]);
	assert_null(snapshot_next(s, DOC_TENANT, &at));
	assert_true(str_eq(FIND(s, tenant, TENANT, STR("a"))->display_name, STR("A")));
	snapshot_seal(s, &retired);
	edit_blocks_free_all(&retired);
	snapshot_free_all(s);
}

static void test_aliases(void **state)
{
	(void)state;
	static const struct str aliases[] = {STR_INIT("00u1")};
	struct snapshot *s = snapshot_new(STR("o"), 7);

	put(s, &(struct user){.doc = {.kind = DOC_USER, .id = STR("alice"), .aliases = {aliases, 1}},
	                      .email = STR("a@x.org")}
	            .doc);
	assert_non_null(snapshot_find_any(s, DOC_USER, STR("00u1")));
	assert_non_null(snapshot_find_any(s, DOC_USER, STR("a@x.org")));
	assert_null(snapshot_find(s, DOC_USER, STR("a@x.org")));
	assert_null(snapshot_find_any(s, DOC_GROUP, STR("00u1")));
	/* The address moves to another user. */
	put(s, &(struct user){.doc = {.kind = DOC_USER, .id = STR("alice")}}.doc);
	assert_null(snapshot_find_any(s, DOC_USER, STR("a@x.org")));
	put(s, &(struct user){.doc = {.kind = DOC_USER, .id = STR("bob")}, .email = STR("a@x.org")}.doc);
	assert_true(str_eq(snapshot_find_any(s, DOC_USER, STR("a@x.org"))->id, STR("bob")));
	snapshot_drop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_changes_equal_rebuilding),
	    cmocka_unit_test(test_order_and_ordinals),
	    cmocka_unit_test(test_aliases),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
