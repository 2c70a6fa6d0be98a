/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/edit.h"

static void test_owners_differ(void **state)
{
	struct edit a, b;

	(void)state;
	edit_init(&a);
	edit_init(&b);
	assert_true(a.owner != 0 && b.owner != 0);
	assert_true(a.owner != b.owner);
	edit_drop(&a);
	edit_drop(&b);
}

static void test_seal_keeps_fresh_and_hands_over_retired(void **state)
{
	struct edit_blocks retired;
	struct edit e;
	char *kept, *old = mem_alloc(8);

	(void)state;
	edit_init(&e);
	kept = edit_alloc(&e, 8);
	edit_retire(&e, old);
	edit_retire(&e, NULL);
	edit_seal(&e, &retired);
	assert_int_equal(retired.n, 1);
	assert_ptr_equal(retired.items[0], old);
	assert_int_equal(e.fresh.n, 0);
	edit_drop(&e); /* a sealed edit: nothing happens */
	kept[0] = 'x';
	free(kept);
	edit_blocks_free_all(&retired);
	assert_int_equal(retired.n, 0);
	assert_null(retired.items);
}

static void test_drop_frees_fresh_and_leaves_retired(void **state)
{
	struct edit e;
	char *old = mem_alloc(8);

	(void)state;
	edit_init(&e);
	for (int i = 0; i < 100; i++)
		(void)edit_alloc(&e, 16);
	edit_adopt(&e, mem_alloc(8));
	edit_adopt(&e, NULL);
	edit_retire(&e, old);
	edit_drop(&e);
	old[0] = 'x'; /* still there: the sanitizer would object */
	free(old);
	assert_int_equal(e.owner, 0);
}

/* A block made and given up in the same edit is freed once, whichever way the edit ends. */
static void test_fresh_and_retired_is_freed_once(void **state)
{
	struct edit_blocks retired;
	struct edit e;

	(void)state;
	edit_init(&e);
	edit_retire(&e, edit_alloc(&e, 8));
	edit_drop(&e);
	edit_init(&e);
	edit_retire(&e, edit_alloc(&e, 8));
	edit_seal(&e, &retired);
	assert_int_equal(retired.n, 1);
	edit_blocks_free_all(&retired);
}

struct thing {
	struct edit_object object;
	unsigned *n_released;
};

static void release_thing(struct edit_object *self)
{
	struct thing *t = (struct thing *)(void *)self; /* its first member */

	(*t->n_released)++;
	free(t);
}

static struct thing *make_thing(unsigned *n_released)
{
	struct thing *t = mem_alloc(sizeof(*t));

	*t = (struct thing){{n_released ? release_thing : NULL}, n_released};
	return t;
}

/* An object is released by its own function, once, where a block would be freed; one without a function is a block. */
static void test_objects_are_released(void **state)
{
	struct thing *old, *plain = make_thing(NULL);
	struct edit_blocks retired;
	unsigned n_released = 0;
	struct edit e;

	(void)state;
	edit_init(&e);
	edit_adopt_object(&e, &make_thing(&n_released)->object);
	edit_adopt_object(&e, &plain->object);
	edit_adopt_object(&e, NULL);
	edit_drop(&e);
	assert_int_equal(n_released, 1);
	old = make_thing(&n_released);
	edit_init(&e);
	edit_adopt_object(&e, &old->object);
	edit_retire_object(&e, &old->object);
	edit_retire_object(&e, NULL);
	edit_seal(&e, &retired);
	assert_int_equal(n_released, 1);
	assert_int_equal(retired.n, 1);
	edit_blocks_free_all(&retired);
	assert_int_equal(n_released, 2);
}

static void test_zeroed_is_accepted(void **state)
{
	struct edit e = {0};
	struct edit_blocks b = {0};

	(void)state;
	edit_drop(&e);
	edit_blocks_free_all(&b);
	assert_null(b.items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_owners_differ),
	    cmocka_unit_test(test_seal_keeps_fresh_and_hands_over_retired),
	    cmocka_unit_test(test_drop_frees_fresh_and_leaves_retired),
	    cmocka_unit_test(test_fresh_and_retired_is_freed_once),
	    cmocka_unit_test(test_objects_are_released),
	    cmocka_unit_test(test_zeroed_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
