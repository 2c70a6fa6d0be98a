/* SPDX-License-Identifier: Apache-2.0
 *
 * Entitlements: what bindings decide, on random organizations that change, compared with an evaluator that only knows
 * lists; and by which names an entitlement can be asked about.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "policy/ask.h"

/* ---- a small world ----------------------------------------------------------------------------------------- */

enum { N_APPS = 3, N_ENTITLEMENTS = 4, N_ACCOUNTS = 3, N_USERS = 4, LAST_MS = 8, N_CHANGES = 400 };

/* What the evaluator knows of a binding: by application, entitlement and account. */
struct plain_binding {
	bool exists;
	int user; /* -1: nobody's */
	int64_t expires_at_ms;
};

static bool has_entitlement[N_APPS][N_ENTITLEMENTS];
static struct plain_binding bindings[N_APPS][N_ENTITLEMENTS][N_ACCOUNTS];
static struct snapshot *snapshot;
static struct arena arena;
static struct prng prng;

static unsigned pick(unsigned n)
{
	return (unsigned)prng_below(&prng, n);
}

static void put(const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 16);
	struct document *doc;

	document_encode(in, &body);
	assert_int_equal(document_decode(in->kind, in->id, buf_str(&body), &doc, NULL), 0);
	snapshot_put(snapshot, doc);
}

static struct str named(const char *what, unsigned i)
{
	return arena_strf(&arena, "%s%u", what, i);
}

static struct str key_of(unsigned app, unsigned entitlement)
{
	return arena_concat3(&arena, named("a", app), STR("/"), named("e", entitlement));
}

static void toggle_entitlement(unsigned app, unsigned entitlement)
{
	const struct app_entitlement e = {.doc = {.kind = DOC_APP_ENTITLEMENT, .id = key_of(app, entitlement)},
	                                  .app = named("a", app),
	                                  .entitlement_id = named("e", entitlement),
	                                  .display_name = STR("E")};

	has_entitlement[app][entitlement] = !has_entitlement[app][entitlement];
	if (has_entitlement[app][entitlement])
		put(&e.doc);
	else
		assert_true(snapshot_remove(snapshot, DOC_APP_ENTITLEMENT, e.doc.id));
}

static void change_binding(unsigned app, unsigned entitlement, unsigned account)
{
	struct plain_binding *plain = &bindings[app][entitlement][account];
	struct entitlement_binding b = {
	    .doc = {.kind = DOC_ENTITLEMENT_BINDING,
	            .id = arena_concat3(&arena, key_of(app, entitlement), STR("/"), named("x", account))},
	    .app = named("a", app),
	    .entitlement_id = named("e", entitlement),
	    .account_id = named("x", account),
	};

	if (plain->exists && pick(3) == 0) {
		assert_true(snapshot_remove(snapshot, DOC_ENTITLEMENT_BINDING, b.doc.id));
		plain->exists = false;
		return;
	}
	*plain = (struct plain_binding){true, (int)pick(N_USERS + 1) - 1, pick(LAST_MS)};
	b.user = plain->user < 0 ? STR_NONE : named("u", (unsigned)plain->user);
	b.expires_at_ms = plain->expires_at_ms;
	put(&b.doc);
}

static int setup(void **state UNUSED)
{
	prng = (struct prng){5};
	memset(has_entitlement, 0, sizeof(has_entitlement));
	memset(bindings, 0, sizeof(bindings));
	snapshot = snapshot_new(STR("o"), 9);
	for (unsigned i = 0; i < N_USERS; i++)
		put(&(struct user){.doc = {.kind = DOC_USER, .id = named("u", i)}}.doc);
	return 0;
}

static int teardown(void **state UNUSED)
{
	snapshot_drop(snapshot);
	arena_release(&arena);
	return 0;
}

/* ---- both evaluators ------------------------------------------------------------------------------------- */

/* `app` N_APPS: none is named. */
struct question {
	unsigned user, app, entitlement;
	int64_t now_ms;
};

static bool plain_answer(const struct question *q)
{
	unsigned app = q->app, n = 0;

	for (unsigned i = 0; i < N_APPS && q->app == N_APPS; i++) {
		if (has_entitlement[i][q->entitlement]) {
			app = i;
			n++;
		}
	}
	if (q->app == N_APPS && n != 1)
		return false;
	for (unsigned i = 0; i < N_ACCOUNTS; i++) {
		const struct plain_binding *b = &bindings[app][q->entitlement][i];

		if (b->exists && b->user == (int)q->user && (b->expires_at_ms == 0 || q->now_ms < b->expires_at_ms))
			return true;
	}
	return false;
}

static bool engine_answer(const struct question *q)
{
	const struct ask ask = {
	    .subject_type = STR("user"),
	    .subject_id = named("u", q->user),
	    .action = STR("use"),
	    .resource = {.type = STR("app_entitlement"),
	                 .id = named("e", q->entitlement),
	                 .is_described = q->app < N_APPS,
	                 .app = q->app < N_APPS ? named("a", q->app) : STR_NONE},
	    .now_ms = q->now_ms,
	};

	return verdict_allows(snapshot_ask(snapshot, &ask, &arena, NULL).verdict);
}

static unsigned compare_all(unsigned change)
{
	struct question q;
	unsigned n_allowed = 0;

	for (q.user = 0; q.user < N_USERS; q.user++)
		for (q.app = 0; q.app <= N_APPS; q.app++)
			for (q.entitlement = 0; q.entitlement < N_ENTITLEMENTS; q.entitlement++) {
				q.now_ms = pick(LAST_MS + 1);
				if (plain_answer(&q) != engine_answer(&q))
					fail_msg("change %u: u%u e%u a%u at %lld: the list says %d", change, q.user,
					         q.entitlement, q.app, (long long)q.now_ms, plain_answer(&q));
				n_allowed += plain_answer(&q);
			}
	return n_allowed;
}

static void test_random(void **state UNUSED)
{
	unsigned n_allowed = 0;

	for (unsigned i = 0; i < N_CHANGES; i++) {
		if (pick(6) == 0)
			toggle_entitlement(pick(N_APPS), pick(N_ENTITLEMENTS));
		else
			change_binding(pick(N_APPS), pick(N_ENTITLEMENTS), pick(N_ACCOUNTS));
		n_allowed += compare_all(i);
	}
	/* Neither all nor nothing: the comparison has something to compare. */
	assert_in_range(n_allowed, N_CHANGES, N_CHANGES * N_USERS * (N_APPS + 1) * N_ENTITLEMENTS / 2);
}

/* ---- names ----------------------------------------------------------------------------------------------- */

static bool may(const char *app, const char *id)
{
	const struct ask ask = {
	    .subject_type = STR("user"),
	    .subject_id = STR("u0"),
	    .action = STR("use"),
	    .resource = {.type = STR("app_entitlement"), .id = str_of(id), .app = str_of(app)},
	};

	return verdict_allows(snapshot_ask(snapshot, &ask, &arena, NULL).verdict);
}

static void test_names(void **state UNUSED)
{
	static const struct {
		const char *app, *id;
		bool want;
	} cases[] = {
	    {"a0", "e0", true},     {"a1", "e0", false},  {NULL, "e0", false}, {NULL, "a0/e0", true},
	    {NULL, "a1/e0", false}, {"a0", "e1", true},   {NULL, "e1", true},  {NULL, "e2", false},
	    {"a0", "e2", false},    {"", "e1", false},    {"a0", "", false},   {NULL, "", false},
	    {"a0/e1", "", false},   {NULL, "/e1", false}, {"A0", "e0", false}, {"a0", "E0", false},
	    {"a0", "e0/x0", false},
	};

	toggle_entitlement(0, 0);
	toggle_entitlement(1, 0);
	toggle_entitlement(0, 1);
	for (unsigned e = 0; e < 2; e++) {
		bindings[0][e][0].exists = false;
		put(&(struct entitlement_binding){
		    .doc = {.kind = DOC_ENTITLEMENT_BINDING, .id = arena_concat(&arena, key_of(0, e), STR("/x0"))},
		    .app = STR("a0"),
		    .entitlement_id = named("e", e),
		    .account_id = STR("x0"),
		    .user = STR("u0")}
		         .doc);
	}
	for (size_t i = 0; i < N_ELEMENTS(cases); i++)
		if (may(cases[i].app, cases[i].id) != cases[i].want)
			fail_msg("case %zu: %s of %s", i, cases[i].id, cases[i].app ? cases[i].app : "any");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_random, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_names, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
