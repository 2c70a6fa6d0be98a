/* SPDX-License-Identifier: Apache-2.0
 *
 * Kept programs say what programs compiled for the occasion say, whatever is asked, in whatever order, on any thread,
 * and however little room there is for them. Also run under ThreadSanitizer.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/random.h"
#include "service/expressions.h"

#define NOW       INT64_C(1770091506007)
#define N_USERS   6u
#define N_THREADS 4u
/* Room for a handful of programs. */
#define LITTLE ((size_t)40 << 10)

struct world {
	struct conditions *conditions;
	struct snapshot *snapshot;
	struct access_request request;
};

static void put(struct world *w, const struct document *in)
{
	CLEANUP(buf_releasep) struct buf body = BUF_INIT(1 << 16);
	struct document *doc;

	document_encode(in, &body);
	assert_int_equal(document_decode(in->kind, in->id, buf_str(&body), &doc, NULL), 0);
	snapshot_put(w->snapshot, doc);
}

static void put_user(struct world *w, unsigned i, struct arena *a)
{
	static const char *const departments[] = {"Engineering", "Security", "Sales"};
	struct json_member department = {STR_INIT("department"), {.type = JSON_STRING}};
	struct json attributes = {.type = JSON_OBJECT, .n = 1, .members = &department};
	struct str id = arena_strf(a, "u%u", i);

	department.value.s = str_of(departments[i % N_ELEMENTS(departments)]);
	put(w, &(struct user){.doc = {.kind = DOC_USER, .id = id},
	                      .email = arena_concat(a, id, STR("@x.org")),
	                      .display_name = id,
	                      .manager = i ? arena_strf(a, "u%u", i / 2) : STR_NONE,
	                      .attributes = i % 4 == 3 ? NULL : &attributes}
	            .doc);
}

static int set_up(void **state)
{
	static const struct str owners[] = {STR_INIT("u1"), STR_INIT("gone"), STR_INIT("u4")};
	struct world *w = mem_calloc(1, sizeof(*w));
	struct arena a = ARENA_INIT;

	w->conditions = conditions_new();
	w->snapshot = snapshot_new(STR("org"), 7);
	for (unsigned i = 0; i < N_USERS; i++)
		put_user(w, i, &a);
	put(w, &(struct app){.doc = {.kind = DOC_APP, .id = STR("app")}, .owners = {owners, 3}}.doc);
	put(w, &(struct app_entitlement){.doc = {.kind = DOC_APP_ENTITLEMENT, .id = STR("app/ent")},
	                                 .app = STR("app"),
	                                 .entitlement_id = STR("ent"),
	                                 .owners = {owners, 1}}
	            .doc);
	w->request = (struct access_request){.doc = {.kind = DOC_ACCESS_REQUEST, .id = STR("r")},
	                                     .type = REQUEST_GRANT,
	                                     .app = STR("app"),
	                                     .entitlement_id = STR("ent"),
	                                     .origin = STR("API")};
	arena_release(&a);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	struct edit_blocks retired;

	snapshot_seal(w->snapshot, &retired);
	edit_blocks_free_all(&retired);
	snapshot_free_all(w->snapshot);
	conditions_free(w->conditions);
	free(w);
	return 0;
}

/* ---- random expressions -------------------------------------------------------------------------------------------
 */

#define PICK(p, list) str_of((list)[prng_below((p), N_ELEMENTS(list))])

/* True, false, errors of all kinds, and what does not compile; %u is a small number. */
static struct str random_condition(struct prng *p, struct arena *a)
{
	static const char *const atoms[] = {
	    "subject.department == 'Security'",
	    "subject.department.matches('^S.*y$')",
	    "subject.email.startsWith('u2')",
	    "c1.directory.users.v1.GetManagers(subject).exists(m, m.id == 'u1')",
	    "c1.directory.users.v1.DirectReports(subject).size() > 1",
	    "c1.directory.users.v1.FindByEmail('u9@x.org').id == 'u9'",
	    "account.id == 'x'",
	    "subject.nothing == 1",
	    "1 / 0 == 1",
	    "subject.department ==",
	    "'text'",
	    "true",
	    "ip.isPrivate",
	};
	static const char *const operators[] = {" && ", " || ", " == "};
	struct str text = PICK(p, atoms);
	uint64_t n = prng_below(p, 4);

	for (uint64_t i = 0; i < n; i++) {
		text = arena_concat3(a, text, PICK(p, operators), PICK(p, atoms));
		if (prng_below(p, 3) == 0)
			text = arena_concat3(a, STR("!("), text, STR(")"));
	}
	return prng_below(p, 2)
	           ? arena_strf(a, STR_FMT " || %llu > 3", STR_ARG(text), (unsigned long long)prng_below(p, 6))
	           : text;
}

static struct str random_approvers(struct prng *p, struct arena *a)
{
	static const char *const atoms[] = {
	    "appOwners",
	    "[subject]",
	    "[]",
	    "c1.directory.users.v1.GetManagers(subject)",
	    "c1.directory.users.v1.DirectReports(appOwners)",
	    "[c1.directory.users.v1.GetByID('u3')]",
	    "[c1.directory.users.v1.GetByID('nobody')]",
	    "[1]",
	    "appOwners +",
	};
	struct str text = PICK(p, atoms);

	for (uint64_t n = prng_below(p, 3); n; n--)
		text = arena_concat3(a, text, STR(" + "), PICK(p, atoms));
	return text;
}

/* ---- kept and fresh ------------------------------------------------------------------------------------------------
 */

static bool is_same_match(struct expressions *e, const struct world *w, struct str source,
                          const struct condition_input *in, bool *ret_is_true)
{
	struct error kept = {0}, fresh = {0};
	enum condition_result a = expressions_match(e, source, in, &kept);
	enum condition_result b = conditions_match(w->conditions, source, in, &fresh);

	*ret_is_true = a == CONDITION_TRUE;
	return a == b && strcmp(kept.text, fresh.text) == 0;
}

static bool is_same_list(struct expressions *e, const struct world *w, struct str source,
                         const struct condition_input *in)
{
	struct error kept = {0}, fresh = {0};
	struct str_list a = {0}, b = {0};
	int r = expressions_approvers(e, source, in, &a, &kept);

	if (r != conditions_approvers(w->conditions, source, in, &b, &fresh) || strcmp(kept.text, fresh.text) != 0 ||
	    a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (!str_eq(a.items[i], b.items[i]))
			return false;
	return true;
}

/* How many of `n` random questions had different answers; of the others, `*ret_n_true` were true. */
static unsigned n_different(struct expressions *e, const struct world *w, uint64_t seed, unsigned n,
                            unsigned *ret_n_true)
{
	struct arena a = ARENA_INIT;
	struct prng p = {seed};
	unsigned n_bad = 0;

	*ret_n_true = 0;
	for (unsigned i = 0; i < n; i++) {
		struct access_request r = w->request;
		struct condition_input in = {.snapshot = w->snapshot, .request = &r, .now_ms = NOW, .arena = &a};
		bool is_true = false;

		r.user = arena_strf(&a, "u%u", (unsigned)prng_below(&p, N_USERS + 1));
		if (prng_below(&p, 3))
			n_bad += !is_same_match(e, w, random_condition(&p, &a), &in, &is_true);
		else
			n_bad += !is_same_list(e, w, random_approvers(&p, &a), &in);
		*ret_n_true += is_true;
		arena_reset(&a);
	}
	arena_release(&a);
	return n_bad;
}

static void test_kept_says_what_fresh_says(void **state)
{
	struct world *w = *state;
	struct expressions *e = expressions_new(w->conditions, SIZE_MAX);
	unsigned n_true;

	assert_int_equal(n_different(e, w, 1, 3000, &n_true), 0);
	assert_true(n_true > 100 && n_true < 2900);
	assert_true(expressions_stats(e).n > 100);
	/* Everything that is asked again was kept. */
	uint64_t n_compiled = expressions_stats(e).n_compiled;
	assert_int_equal(n_compiled, expressions_stats(e).n);
	assert_int_equal(n_different(e, w, 1, 3000, &n_true), 0);
	assert_int_equal(expressions_stats(e).n_compiled, n_compiled);
	expressions_free(e);
}

static void test_little_room(void **state)
{
	struct world *w = *state;
	struct expressions *e = expressions_new(w->conditions, LITTLE);
	unsigned n_true;

	for (uint64_t seed = 2; seed < 40; seed++) {
		assert_int_equal(n_different(e, w, seed, 50, &n_true), 0);
		assert_true(expressions_stats(e).n_bytes <= LITTLE);
	}
	assert_true(expressions_stats(e).n > 0);
	assert_true(expressions_stats(e).n_compiled > 4 * expressions_stats(e).n);
	expressions_free(e);
}

static enum condition_result ask(struct expressions *e, const struct world *w, struct str source)
{
	struct arena a = ARENA_INIT;
	struct condition_input in = {.snapshot = w->snapshot, .request = &w->request, .now_ms = NOW, .arena = &a};
	enum condition_result result = expressions_match(e, source, &in, NULL);

	arena_release(&a);
	return result;
}

/* What was used longest ago goes first, and one expression stands for a condition and for approvers apart. */
static void test_which_stay(void **state)
{
	struct world *w = *state;
	struct expressions *e = expressions_new(w->conditions, LITTLE);
	char text[16];
	unsigned i;

	assert_int_equal(ask(e, w, STR("true")), CONDITION_TRUE);
	for (i = 0; expressions_stats(e).n == i + 1; i++) {
		(void)snprintf(text, sizeof(text), "1 == %u", i);
		assert_int_equal(ask(e, w, str_of(text)), i == 1 ? CONDITION_TRUE : CONDITION_FALSE);
		assert_int_equal(ask(e, w, STR("true")), CONDITION_TRUE);
	}
	assert_true(i > 2);
	assert_int_equal(expressions_stats(e).n_compiled, i + 1);
	/* The oldest made room; the others and "true" are there. */
	assert_int_equal(ask(e, w, STR("1 == 1")), CONDITION_TRUE);
	assert_int_equal(ask(e, w, STR("true")), CONDITION_TRUE);
	assert_int_equal(expressions_stats(e).n_compiled, i + 1);
	assert_int_equal(ask(e, w, STR("1 == 0")), CONDITION_FALSE);
	assert_int_equal(expressions_stats(e).n_compiled, i + 2);
	/* What does not compile is not kept. */
	assert_int_equal(ask(e, w, STR("1 ==")), CONDITION_ERROR);
	assert_int_equal(expressions_stats(e).n_compiled, i + 2);
	expressions_free(e);
}

static void test_kinds_are_apart(void **state)
{
	struct world *w = *state;
	struct expressions *e = expressions_new(w->conditions, EXPRESSIONS_MAX_BYTES);
	struct arena a = ARENA_INIT;
	struct condition_input in = {.snapshot = w->snapshot, .request = &w->request, .now_ms = NOW, .arena = &a};
	struct error err = {0};
	struct str_list users;

	assert_int_equal(expressions_match(e, STR("true"), &in, &err), CONDITION_TRUE);
	assert_int_equal(expressions_approvers(e, STR("true"), &in, &users, &err), -EINVAL);
	assert_int_equal(expressions_approvers(e, STR("appOwners"), &in, &users, &err), 0);
	assert_int_equal(users.n, 2);
	assert_int_equal(expressions_match(e, STR("appOwners"), &in, &err), CONDITION_ERROR);
	arena_release(&a);
	expressions_free(e);
}

/* ---- threads
 * --------------------------------------------------------------------------------------------------------- */

struct asker {
	pthread_t thread;
	struct expressions *expressions;
	const struct world *world;
	uint64_t seed;
	unsigned n_bad;
};

static void *ask_main(void *arg)
{
	struct asker *asker = arg;
	unsigned n_true;

	asker->n_bad = n_different(asker->expressions, asker->world, asker->seed, 400, &n_true);
	return NULL;
}

/* All ask the same questions, and there is no room for the answers' programs: they go while others run them. */
static void test_threads(void **state)
{
	struct world *w = *state;
	struct expressions *e = expressions_new(w->conditions, LITTLE);
	struct asker askers[N_THREADS];

	for (unsigned i = 0; i < N_THREADS; i++) {
		askers[i] = (struct asker){.expressions = e, .world = w, .seed = 100 + i / 2};
		assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_main, &askers[i]), 0);
	}
	for (unsigned i = 0; i < N_THREADS; i++) {
		assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
		assert_int_equal(askers[i].n_bad, 0);
	}
	assert_true(expressions_stats(e).n_bytes <= LITTLE);
	expressions_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_kept_says_what_fresh_says, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_little_room, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_which_stay, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_kinds_are_apart, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_threads, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
