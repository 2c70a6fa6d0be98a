/* SPDX-License-Identifier: Apache-2.0
 *
 * Approval policies as use cases: what is stored of them, and, at random, which references between them are accepted:
 * exactly those that leave no chain of more than five policies, compared with paths counted in a matrix.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/random.h"
#include "policy/conditions.h"
#include "service/approval_policies.h"
#include "service/internal.h"

#define N_POLICIES 9u
#define N_ROUNDS   3000u

struct world {
	struct service service; /* only what approval policies look at */
	struct snapshot *snapshot;
	struct arena arena;
	struct txn txn;
};

static int setup(void **state)
{
	struct world *w = mem_calloc(1, sizeof(*w));

	w->service.conditions = conditions_new();
	w->snapshot = snapshot_new(STR("acme"), 1);
	w->txn = (struct txn){.snapshot = w->snapshot, .service = &w->service, .arena = &w->arena, .now_ms = 1000};
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	snapshot_drop(w->snapshot);
	conditions_free(w->service.conditions);
	arena_release(&w->arena);
	free(w);
	return 0;
}

/* The transaction's changes become the state; a new transaction begins. */
static void apply(struct world *w)
{
	txn_apply(&w->txn, w->snapshot);
	w->txn = (struct txn){
	    .snapshot = w->snapshot, .service = &w->service, .arena = &w->arena, .now_ms = w->txn.now_ms + 1};
}

static const struct json *json_of(struct world *w, const char *text)
{
	const struct json *tree;

	assert_int_equal(json_parse(str_of(text), &w->arena, &tree, NULL), JSON_OK);
	return tree;
}

/* A grant policy with a step that accepts; its id. */
static struct str make(struct world *w)
{
	struct approval_policy p = {
	    .display_name = STR("p"),
	    .type = REQUEST_GRANT,
	    .steps = json_of(w, "{\"grant\":{\"steps\":[{\"accept\":{}}]}}"),
	};
	struct str warning = STR_NONE;
	struct error err = {0};

	assert_int_equal(approval_policy_create(&w->txn, &p, &warning, &err), SERVICE_OK);
	assert_true(str_is_absent(warning));
	apply(w);
	return p.doc.id;
}

/* ---- what is stored -------------------------------------------------------------------------------------- */

static void a_new_one(void **state)
{
	struct world *w = *state;
	struct approval_policy p = {
	    .display_name = STR("p"),
	    .type = REQUEST_REVOKE,
	    .is_builtin = true, /* nobody can make one by hand */
	    .annotations = json_of(w, "{\"a\":\"1\",\"b\":\"\"}"),
	    .steps = json_of(w, "{\"x\":{\"steps\":[{\"approval\":{\"appOwners\":{},\"escalation\":{}}}]}}"),
	};
	const struct approval_policy *stored;
	struct str warning = STR_NONE;
	struct error err = {0};

	assert_int_equal(approval_policy_create(&w->txn, &p, &warning, &err), SERVICE_OK);
	assert_true(warning.len > 0);
	apply(w);
	stored = approval_policy_find(w->snapshot, p.doc.id);
	assert_non_null(stored);
	assert_false(stored->is_builtin);
	assert_int_equal(stored->doc.created_at_ms, 1000);
	assert_true(json_equal(stored->annotations, json_of(w, "{\"a\":\"1\"}")));
	assert_true(json_equal(stored->steps, json_of(w, "{\"revoke\":{\"steps\":[{\"reject\":{}}]},"
	                                                 "\"x\":{\"steps\":[{\"approval\":{\"appOwners\":{}}}]}}")));
}

static void annotations_are_merged(void **state)
{
	struct world *w = *state;
	const struct json *old = json_of(w, "{\"a\":\"1\",\"b\":\"2\"}"), *none = json_of(w, "{\"a\":\"\",\"b\":\"\"}");

	assert_true(json_equal(approval_policy_annotate(old, json_of(w, "{\"c\":\"3\",\"a\":\"\"}"), &w->arena),
	                       json_of(w, "{\"b\":\"2\",\"c\":\"3\"}")));
	assert_true(json_equal(approval_policy_annotate(old, NULL, &w->arena), old));
	assert_null(approval_policy_annotate(old, none, &w->arena));
	assert_null(approval_policy_annotate(NULL, NULL, &w->arena));
}

static void what_an_organization_begins_with(void **state)
{
	struct world *w = *state;
	const struct approval_policy_filter all = {0};
	const struct approval_policy *const *policies;

	approval_policy_builtins(&w->txn);
	apply(w);
	assert_int_equal(approval_policy_list(w->snapshot, &all, &w->arena, &policies), 2);
	for (size_t i = 0; i < 2; i++) {
		struct approval_policy p = *policies[i];
		struct str warning = STR_NONE;
		struct error err = {0};

		/* They obey their own rules. */
		assert_true(p.is_builtin);
		assert_int_equal(approval_policy_update(&w->txn, &p, &warning, &err), SERVICE_OK);
		assert_true(str_is_absent(warning));
		assert_int_equal(approval_policy_delete(&w->txn, policies[i], &err), SERVICE_FAILED_PRECONDITION);
	}
}

/* ---- references ------------------------------------------------------------------------------------------ */

struct graph {
	struct str ids[N_POLICIES];
	bool edge[N_POLICIES][N_POLICIES];
	bool is_deleted[N_POLICIES];
};

/* Is there a path of so many edges? */
static bool has_path(const struct graph *g, unsigned length)
{
	bool from[N_POLICIES], is_any = true;

	for (unsigned i = 0; i < N_POLICIES; i++)
		from[i] = true;
	for (unsigned step = 0; step < length; step++) {
		bool next[N_POLICIES] = {false};

		is_any = false;
		for (unsigned i = 0; i < N_POLICIES; i++)
			for (unsigned k = 0; k < N_POLICIES; k++)
				if (from[k] && g->edge[i][k])
					next[i] = is_any = true;
		memcpy(from, next, sizeof(from));
	}
	return is_any;
}

static const struct json *rules_of(struct world *w, const struct graph *g, unsigned from)
{
	struct json *rules = ARENA_ARRAY(&w->arena, struct json, N_POLICIES);
	struct json *list = ARENA_NEW(&w->arena, struct json);
	uint32_t n = 0;

	for (unsigned to = 0; to < N_POLICIES; to++) {
		struct json_member *m = ARENA_ARRAY(&w->arena, struct json_member, 2);

		if (!g->edge[from][to])
			continue;
		m[0] = (struct json_member){STR("condition"), {.type = JSON_STRING, .s = STR("true")}};
		m[1] = (struct json_member){STR("policyId"), {.type = JSON_STRING, .s = g->ids[to]}};
		rules[n++] = (struct json){.type = JSON_OBJECT, .n = 2, .members = m};
	}
	*list = (struct json){.type = JSON_ARRAY, .n = n, .items = rules};
	return n ? list : NULL;
}

/* Gives one policy other references; the graph is changed only if it may be. */
static void try_update(struct world *w, struct graph *g, struct prng *random)
{
	unsigned which = (unsigned)prng_below(random, N_POLICIES);
	struct graph wanted = *g;
	struct approval_policy p = *approval_policy_find(w->snapshot, g->ids[which]);
	bool is_allowed = !g->is_deleted[which];
	struct str warning = STR_NONE;
	struct error err = {0};

	memset(wanted.edge[which], 0, sizeof(wanted.edge[which]));
	for (unsigned n = (unsigned)prng_below(random, 3); n > 0; n--) {
		unsigned to = (unsigned)prng_below(random, N_POLICIES);

		wanted.edge[which][to] = true;
		is_allowed = is_allowed && !g->is_deleted[to];
	}
	is_allowed = is_allowed && !has_path(&wanted, APPROVAL_POLICY_MAX_CHAIN);
	p.rules = rules_of(w, &wanted, which);
	if ((approval_policy_update(&w->txn, &p, &warning, &err) == SERVICE_OK) != is_allowed)
		fail_msg("an update should be %s: %s", is_allowed ? "accepted" : "refused", err.text);
	assert_int_equal(w->txn.n_changes, is_allowed);
	if (is_allowed)
		*g = wanted;
	apply(w);
}

static bool is_referred_to(const struct graph *g, unsigned which)
{
	for (unsigned i = 0; i < N_POLICIES; i++)
		if (g->edge[i][which])
			return true;
	return false;
}

static void try_delete(struct world *w, struct graph *g, struct prng *random)
{
	unsigned which = (unsigned)prng_below(random, N_POLICIES);
	const struct approval_policy *p = approval_policy_find(w->snapshot, g->ids[which]);
	bool is_allowed = !is_referred_to(g, which);
	struct error err = {0};

	assert_int_equal(approval_policy_delete(&w->txn, p, &err) == SERVICE_OK, is_allowed);
	apply(w);
	if (!is_allowed)
		return;
	/* What it referred to is free now, and another one takes its place. */
	memset(g->edge[which], 0, sizeof(g->edge[which]));
	g->is_deleted[which] = true;
	if (prng_below(random, 4)) {
		g->ids[which] = make(w);
		g->is_deleted[which] = false;
	}
}

static void chains_are_never_too_long(void **state)
{
	struct world *w = *state;
	struct prng random = {2026};
	struct graph g = {0};

	for (unsigned i = 0; i < N_POLICIES; i++)
		g.ids[i] = make(w);
	for (unsigned round = 0; round < N_ROUNDS; round++) {
		if (prng_below(&random, 16))
			try_update(w, &g, &random);
		else
			try_delete(w, &g, &random);
		/* A world of deleted ones would prove nothing. */
		if (round % 64 == 0) {
			unsigned i = (unsigned)prng_below(&random, N_POLICIES);

			if (g.is_deleted[i]) {
				g.ids[i] = make(w);
				g.is_deleted[i] = false;
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_new_one, setup, teardown),
	    cmocka_unit_test_setup_teardown(annotations_are_merged, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_an_organization_begins_with, setup, teardown),
	    cmocka_unit_test_setup_teardown(chains_are_never_too_long, setup, teardown),
	};

	return cmocka_run_group_tests_name("service/approval-policies", tests, NULL, NULL);
}
