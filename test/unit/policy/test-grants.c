/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of grants against a plain array: random changes in versions that live side by side, every kind of list at
 * every place, the loader, and what happens when numbers run out.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/random.h"
#include "policy/grants.h"

enum { N_ENTITIES = 12, N_GRANTEES = 10, MAX_GRANTS = 400, N_STEPS = 1500 };

/* The plain one: grants in creation order. */
struct plain {
	size_t n;
	struct access_grant items[MAX_GRANTS];
};

struct world {
	struct prng prng;
	struct arena arena;
	uint64_t n_made;
	struct plain plain;
	struct grants grants;
};

static struct str some_id(struct world *w, const char *prefix, uint64_t n)
{
	return arena_strf(&w->arena, "%s%llu", prefix, (unsigned long long)prng_below(&w->prng, n));
}

static struct access_grant some_grant(struct world *w)
{
	uint64_t made = ++w->n_made;

	return (struct access_grant){
	    .doc = {.kind = DOC_ACCESS_GRANT,
	            .id = arena_strf(&w->arena, "agrant_%llu", (unsigned long long)made),
	            .seq = made,
	            .rev = made * 2,
	            .created_at_ms = (int64_t)made * 3,
	            .updated_at_ms = (int64_t)made * 5},
	    .entity_type = (enum entity_type)(1 + prng_below(&w->prng, ENTITY_N_TYPES - 1)),
	    .entity_id = some_id(w, "e", N_ENTITIES),
	    .grantee_type = (enum grantee_type)(1 + prng_below(&w->prng, GRANTEE_N_TYPES - 1)),
	    .grantee_id = some_id(w, "e", N_GRANTEES), /* the same ids as entities' */
	    .level = (enum access_level)(1 + prng_below(&w->prng, ACCESS_N_LEVELS - 1)),
	    .granted_by = some_id(w, "g", 3),
	};
}

static bool is_pair(const struct access_grant *a, const struct access_grant *b)
{
	return a->entity_type == b->entity_type && a->grantee_type == b->grantee_type &&
	       str_eq(a->entity_id, b->entity_id) && str_eq(a->grantee_id, b->grantee_id);
}

static void assert_same(const struct access_grant *a, const struct access_grant *b)
{
	assert_true(str_eq(a->doc.id, b->doc.id));
	assert_true(is_pair(a, b));
	assert_true(str_eq(a->granted_by, b->granted_by));
	assert_int_equal(a->level, b->level);
	assert_int_equal(a->doc.seq, b->doc.seq);
	assert_int_equal(a->doc.rev, b->doc.rev);
	assert_int_equal(a->doc.created_at_ms, b->doc.created_at_ms);
	assert_int_equal(a->doc.updated_at_ms, b->doc.updated_at_ms);
	assert_int_equal(a->doc.kind, DOC_ACCESS_GRANT);
}

static struct access_grant *plain_pair(struct plain *p, const struct access_grant *like)
{
	for (size_t i = 0; i < p->n; i++)
		if (is_pair(&p->items[i], like))
			return &p->items[i];
	return NULL;
}

static bool plain_passes(const struct access_grant *g, const struct grants_filter *f)
{
	return (!f->entity_types || f->entity_types >> g->entity_type & 1) &&
	       (!f->grantee_types || f->grantee_types >> g->grantee_type & 1) &&
	       (str_is_absent(f->entity_id) || str_eq(f->entity_id, g->entity_id)) &&
	       (str_is_absent(f->grantee_id) || str_eq(f->grantee_id, g->grantee_id));
}

static void check_list(const struct plain *p, const struct grants *g, const struct grants_filter *f, uint64_t skip,
                       size_t limit, struct arena *a)
{
	const struct access_grant *got;
	uint64_t total, expected_total = 0;
	size_t n = grants_list(g, f, skip, limit, a, &got, &total), expected = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (!plain_passes(&p->items[i], f))
			continue;
		if (expected_total++ < skip || expected == limit)
			continue;
		assert_true(expected < n);
		assert_same(&got[expected++], &p->items[i]);
	}
	assert_int_equal(n, expected);
	assert_int_equal(total, expected_total);
}

static struct grants_filter some_filter(struct world *w)
{
	struct grants_filter f = {0};

	if (prng_below(&w->prng, 2))
		f.entity_types = (unsigned)prng_below(&w->prng, 1 << ENTITY_N_TYPES) & ~1u;
	if (prng_below(&w->prng, 2))
		f.grantee_types = (unsigned)prng_below(&w->prng, 1 << GRANTEE_N_TYPES) & ~1u;
	if (prng_below(&w->prng, 2))
		f.entity_id = some_id(w, "e", N_ENTITIES + 1);
	if (prng_below(&w->prng, 2))
		f.grantee_id = some_id(w, "e", N_GRANTEES + 1);
	return f;
}

static void check(struct world *w, const struct plain *p, const struct grants *g)
{
	struct arena a = ARENA_INIT;
	struct access_grant got, like = some_grant(w);
	struct access_grant *expected = plain_pair((struct plain *)(uintptr_t)p, &like);

	assert_int_equal(g->n, p->n);
	for (int i = 0; i < 10; i++) {
		const struct grants_filter f = some_filter(w);
		check_list(p, g, &f, prng_below(&w->prng, p->n + 2), (size_t)prng_below(&w->prng, 40), &a);
		check_list(p, g, &f, 0, SIZE_MAX, &a);
		arena_reset(&a);
	}
	assert_int_equal(
	    grants_find_pair(g, like.entity_type, like.entity_id, like.grantee_type, like.grantee_id, &got),
	    expected != NULL);
	if (expected)
		assert_same(&got, expected);
	assert_false(grants_find(g, STR("agrant_none"), &got));
	for (size_t i = 0; i < p->n; i += 7) {
		assert_true(grants_find(g, p->items[i].doc.id, &got));
		assert_same(&got, &p->items[i]);
	}
	arena_release(&a);
}

static void put(struct world *w, struct edit *e)
{
	struct access_grant grant = some_grant(w);

	if (w->plain.n == MAX_GRANTS || plain_pair(&w->plain, &grant))
		return;
	w->plain.items[w->plain.n++] = grant;
	grants_put(&w->grants, e, &grant);
}

/* The level changes, or (which only an import could do) all of it. */
static void change(struct world *w, struct edit *e)
{
	struct access_grant *old = &w->plain.items[prng_below(&w->prng, w->plain.n)], next = *old;
	const struct access_grant other = some_grant(w);

	if (prng_below(&w->prng, 4) == 0 && !plain_pair(&w->plain, &other)) {
		next = other;
		next.doc = old->doc;
	}
	next.level = other.level;
	next.doc.rev = other.doc.rev;
	*old = next;
	grants_put(&w->grants, e, &next);
}

static void take(struct world *w, struct edit *e)
{
	size_t i = (size_t)prng_below(&w->prng, w->plain.n);

	assert_true(grants_remove(&w->grants, e, w->plain.items[i].doc.id));
	assert_false(grants_remove(&w->grants, e, w->plain.items[i].doc.id));
	w->plain.n--;
	memmove(&w->plain.items[i], &w->plain.items[i + 1], (w->plain.n - i) * sizeof(w->plain.items[0]));
}

static void step(struct world *w, struct edit *e)
{
	uint64_t what = prng_below(&w->prng, 10);

	if (what < 6 || w->plain.n == 0)
		put(w, e);
	else if (what < 8)
		change(w, e);
	else
		take(w, e);
}

static void seal(struct edit *e)
{
	struct edit_blocks retired;

	edit_seal(e, &retired);
	edit_blocks_free_all(&retired);
}

static void release(struct world *w)
{
	struct edit e;

	edit_init(&e);
	grants_retire_all(&w->grants, &e);
	assert_int_equal(w->grants.n, 0);
	seal(&e);
	arena_release(&w->arena);
}

/* Each edit is kept or dropped; until then the version before it is as it was. */
static void run(struct world *w)
{
	for (int i = 0; i < N_STEPS; i++) {
		const struct plain before = w->plain;
		const struct grants old = w->grants;
		struct edit e;

		edit_init(&e);
		for (uint64_t n = prng_below(&w->prng, 6); n > 0; n--)
			step(w, &e);
		if (i % 10 == 0) {
			check(w, &w->plain, &w->grants);
			check(w, &before, &old);
		}
		if (prng_below(&w->prng, 4) == 0) {
			edit_drop(&e);
			w->grants = old;
			w->plain = before;
			if (i % 10 == 0)
				check(w, &w->plain, &w->grants);
		} else {
			seal(&e);
		}
	}
}

static void test_random(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct world *w = mem_calloc(1, sizeof(*w));

		w->prng.state = seed;
		w->grants.seed = seed;
		run(w);
		release(w);
		free(w);
	}
}

static void fill(struct world *w, struct plain *p, size_t n)
{
	while (p->n < n) {
		struct access_grant grant = some_grant(w);

		if (!plain_pair(p, &grant))
			p->items[p->n++] = grant;
	}
}

static int load(struct world *w, const struct plain *p, struct edit *e)
{
	struct grants_loader *l = grants_loader_new(w->prng.state);

	for (size_t i = 0; i < p->n; i++)
		grants_loader_add(l, e, &p->items[i]);
	return grants_loader_finish(l, e, &w->grants);
}

/* What was loaded is what was put one by one, and can be changed like it. */
static void test_loader(void **state)
{
	(void)state;
	struct world *w = mem_calloc(1, sizeof(*w));
	struct edit e;

	w->prng.state = 7;
	fill(w, &w->plain, 300);
	edit_init(&e);
	assert_int_equal(load(w, &w->plain, &e), 0);
	seal(&e);
	check(w, &w->plain, &w->grants);
	run(w);
	release(w);
	free(w);
}

static void test_loader_refuses_twins(void **state)
{
	(void)state;
	struct world *w = mem_calloc(1, sizeof(*w));
	struct access_grant *p = w->plain.items;
	struct edit e;

	w->prng.state = 8;
	fill(w, &w->plain, 50);
	p[49] = p[20]; /* the same in all, first by entity and grantee … */
	p[49].doc.id = STR("agrant_other");
	edit_init(&e);
	assert_int_equal(load(w, &w->plain, &e), -EEXIST);
	edit_drop(&e);
	w->plain.n = 49; /* … then by id */
	fill(w, &w->plain, 50);
	p[49].doc.id = p[3].doc.id;
	edit_init(&e);
	assert_int_equal(load(w, &w->plain, &e), -EEXIST);
	edit_drop(&e);
	w->grants = (struct grants){0};
	release(w);
	free(w);
}

static void test_numbers_run_out(void **state)
{
	(void)state;
	struct world *w = mem_calloc(1, sizeof(*w));
	struct edit e;

	w->prng.state = 9;
	w->grants.next_ordinal = UINT32_MAX - 40;
	edit_init(&e);
	for (int i = 0; i < 100; i++)
		put(w, &e);
	seal(&e);
	assert_true(w->grants.next_ordinal < 200);
	check(w, &w->plain, &w->grants);
	w->grants.next_name = UINT32_MAX - 3;
	edit_init(&e);
	for (int i = 0; i < 100; i++)
		put(w, &e);
	seal(&e);
	assert_true(w->grants.next_name < 1000);
	check(w, &w->plain, &w->grants);
	run(w);
	release(w);
	free(w);
}

static void test_words(void **state)
{
	(void)state;
	struct str id;

	assert_int_equal(grantee_of_subject(STR("user:local:ann"), &id), GRANTEE_USER);
	assert_true(str_eq(id, STR("ann")));
	assert_int_equal(grantee_of_subject(STR("team:local:d:1"), &id), GRANTEE_DEPARTMENT);
	assert_true(str_eq(id, STR("d:1")));
	assert_int_equal(grantee_of_subject(STR(SUBJECT_INHERITED_DEPARTMENT "d"), &id), GRANTEE_DEPARTMENT);
	assert_int_equal(grantee_of_subject(STR("role:r"), &id), GRANTEE_ROLE);
	assert_int_equal(grantee_of_subject(STR("user:saml:ann"), &id), GRANTEE_NONE);
	assert_int_equal(grantee_of_subject(STR("token:t"), &id), GRANTEE_NONE);
	assert_int_equal(entity_of_resource(STR("vector_store:vs:1"), &id), ENTITY_VECTOR_STORE);
	assert_true(str_eq(id, STR("vs:1")));
	assert_int_equal(entity_of_resource(STR("vector_store"), &id), ENTITY_NONE);
	assert_int_equal(entity_of_resource(STR("vector:vs"), &id), ENTITY_NONE);
	assert_int_equal(grants_level_of(STR("write")), ACCESS_WRITE);
	assert_int_equal(grants_level_of(STR("writes")), ACCESS_NONE);
	assert_int_equal(grants_level_of(STR("")), ACCESS_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random),
	    cmocka_unit_test(test_loader),
	    cmocka_unit_test(test_loader_refuses_twins),
	    cmocka_unit_test(test_numbers_run_out),
	    cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
