/* SPDX-License-Identifier: Apache-2.0
 *
 * A long random sequence of commits goes to both backends; every answer and everything that can be read must agree.
 * DOORWARD_SEED repeats a run.
 */
#include "support.h"

#include "base/random.h"

#define N_ROUNDS     400
#define MAX_SETS     4
#define MAX_CHANGES  5
#define COMPARE_EACH 40

struct set_storage {
	struct store_change changes[MAX_CHANGES];
	char text[MAX_CHANGES][3][16]; /* id, unique key, body */
};

static const char *const orgs[] = {"o1", "o2", "o"};
static const char *const kinds[] = {"user", "group"};
static const char *const actors[] = {"user:a", "user:b", ""};
static const char *const events[] = {"", "create_user", "list_users"};
static const char *const tenants[] = {"", "t1", "t2"};

static struct store_change random_change(struct prng *p, struct set_storage *st, size_t i)
{
	struct store_change c = {.kind = str_of(kinds[prng_below(p, N_ELEMENTS(kinds))])};
	uint64_t number = prng_below(p, 12);

	(void)snprintf(st->text[i][0], sizeof(st->text[i][0]), "d%llu", (unsigned long long)number);
	(void)snprintf(st->text[i][1], sizeof(st->text[i][1]), "k%llu", (unsigned long long)prng_below(p, 20));
	(void)snprintf(st->text[i][2], sizeof(st->text[i][2]), "%llu", (unsigned long long)prng_below(p, 100000));
	c.id = str_of(st->text[i][0]);
	/* Few places, so that ties of seq happen, too. */
	c.seq = number / 2;
	if (prng_below(p, 3) > 0)
		c.unique_key = str_of(st->text[i][1]);
	if (prng_below(p, 4) > 0)
		c.body = str_of(st->text[i][2]);
	return c;
}

/* Mostly sets that can be applied: the base is what the store says plus the sets before in this call. */
static struct store_set random_set(struct prng *p, struct store *s, const struct store_set *before, size_t n_before,
                                   struct set_storage *st)
{
	struct store_set set = set_of(0, st->changes, prng_below(p, MAX_CHANGES));

	set.org = str_of(orgs[prng_below(p, N_ELEMENTS(orgs))]);
	set.base_revision = newest(s, set.org);
	for (size_t i = 0; i < n_before; i++)
		if (str_eq(before[i].org, set.org) && before[i].n_changes > 0)
			set.base_revision++;
	if (prng_below(p, 30) == 0)
		set.base_revision += 1;
	set.actor = str_of(actors[prng_below(p, N_ELEMENTS(actors))]);
	set.event = str_of(events[prng_below(p, N_ELEMENTS(events))]);
	set.tenant = str_of(tenants[prng_below(p, N_ELEMENTS(tenants))]);
	set.at_ms = (int64_t)prng_below(p, 1000);
	if (prng_below(p, 10) == 0) {
		set.outcome = AUDIT_REFUSED;
		set.n_changes = 0;
	}
	for (size_t i = 0; i < set.n_changes; i++)
		st->changes[i] = random_change(p, st, i);
	return set;
}

static void commit_to_both(struct store *x, struct store *y, struct prng *p, size_t *n_applied)
{
	struct set_storage storage[MAX_SETS];
	struct store_set xs[MAX_SETS], ys[MAX_SETS];
	struct error x_err = {0}, y_err = {0};
	size_t n = 1 + prng_below(p, MAX_SETS);
	int r;

	for (size_t i = 0; i < n; i++)
		xs[i] = ys[i] = random_set(p, x, xs, i, &storage[i]);
	r = store_commit(x, xs, n, &x_err);
	assert_int_equal(store_commit(y, ys, n, &y_err), r);
	assert_string_equal(x_err.text, y_err.text);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(xs[i].result, ys[i].result);
		assert_int_equal(xs[i].revision, ys[i].revision);
	}
	*n_applied += r == 0;
}

static void random_filters(struct store *x, struct store *y, struct prng *p)
{
	struct buf a = BUF_INIT(TEST_MAX_TEXT), b = BUF_INIT(TEST_MAX_TEXT);
	struct str wanted[2];
	uint64_t counted[2];
	size_t n;

	for (int i = 0; i < 50; i++) {
		struct store_audit_filter f = everything();

		f.org = str_of(orgs[prng_below(p, N_ELEMENTS(orgs))]);
		f.ascending = prng_below(p, 2);
		f.cursor = prng_below(p, 3) * prng_below(p, 400);
		f.limit = 1 + prng_below(p, 50);
		if (prng_below(p, 2))
			f.since_ms = (int64_t)prng_below(p, 1000);
		if (prng_below(p, 2))
			f.until_ms = (int64_t)prng_below(p, 1000);
		if (prng_below(p, 2))
			f.actor = str_of(actors[prng_below(p, N_ELEMENTS(actors))]);
		if (prng_below(p, 8) == 0)
			f.revision = prng_below(p, 50);
		if (prng_below(p, 4) == 0)
			f.tenant = str_of(tenants[prng_below(p, N_ELEMENTS(tenants))]);
		for (f.events.n = prng_below(p, 3), n = 0; n < f.events.n; n++)
			wanted[n] = str_of(events[prng_below(p, N_ELEMENTS(events))]);
		f.events.items = wanted;
		f.has_event = prng_below(p, 4) == 0;
		f.skip = prng_below(p, 2) * prng_below(p, 20);
		if (prng_below(p, 4) == 0)
			f.search = STR("E");
		assert_int_equal(store_each_audit(x, &f, write_audit, &a, NULL), 0);
		assert_int_equal(store_each_audit(y, &f, write_audit, &b, NULL), 0);
		assert_true(str_eq(buf_str(&a), buf_str(&b)));
		assert_int_equal(store_count_audit(x, &f, &counted[0], NULL), 0);
		assert_int_equal(store_count_audit(y, &f, &counted[1], NULL), 0);
		assert_int_equal(counted[0], counted[1]);
	}
	buf_release(&a);
	buf_release(&b);
}

static void compare(struct store *x, struct store *y)
{
	struct buf a = BUF_INIT(TEST_MAX_TEXT), b = BUF_INIT(TEST_MAX_TEXT);

	dump_store(x, &a);
	dump_store(y, &b);
	assert_true(a.len > 0);
	assert_true(str_eq(buf_str(&a), buf_str(&b)));
	buf_release(&a);
	buf_release(&b);
}

static void test_random(void **state)
{
	const char *seed = getenv("DOORWARD_SEED");
	struct prng p = {UINT64_C(20261122)};
	struct place place;
	struct store *x, *y;
	size_t n_applied = 0;

	(void)state;
	if (seed)
		assert_true(str_to_u64(str_of(seed), &p.state));
	place_make(&place, "");
	x = open_or_fail("memory:");
	y = open_or_fail(place.url);
	for (size_t round = 1; round <= N_ROUNDS; round++) {
		commit_to_both(x, y, &p, &n_applied);
		if (round % COMPARE_EACH == 0)
			compare(x, y);
	}
	/* Enough of both, or the comparison would prove little. */
	assert_in_range(n_applied, N_ROUNDS / 10, N_ROUNDS * 9 / 10);
	random_filters(x, y, &p);
	store_close(y);
	y = open_or_fail(place.url);
	compare(x, y);
	store_close(x);
	store_close(y);
	place_remove(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};

	return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
