/* SPDX-License-Identifier: Apache-2.0
 *
 * Buffers and arenas: the maximum holds, overflow is sticky, nothing is lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

static void test_maximum(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(10);

	buf_add(&b, STR(""));
	assert_int_equal(b.len, 0);
	buf_add(&b, STR("12345"));
	buf_add(&b, STR("67890"));
	assert_false(b.overflowed);
	buf_add_char(&b, 'x');
	assert_true(b.overflowed);
	buf_add(&b, STR(""));
	assert_true(str_eq(buf_str(&b), STR("1234567890")));
	assert_null(buf_reserve(&b, SIZE_MAX));
	buf_clear(&b);
	buf_addf(&b, "%d", 123456789);
	assert_false(b.overflowed);
	assert_true(str_eq(buf_str(&b), STR("123456789")));
	buf_release(&b);
	assert_int_equal(b.max_bytes, 10);
}

static void test_growth(void **state)
{
	(void)state;
	struct buf b = BUF_INIT(1 << 20);
	char long_text[600];

	memset(long_text, 'y', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	for (uint64_t i = 0; i < 1000; i++)
		buf_add_u64(&b, i);
	assert_int_equal(b.len, 10 + 180 + 2700);
	buf_clear(&b);
	buf_addf(&b, "<%s>", long_text);
	assert_int_equal(b.len, 601);
	assert_int_equal(b.ptr[600], '>');
	buf_clear(&b);
	buf_add_u64(&b, UINT64_MAX);
	assert_true(str_eq(buf_str(&b), STR("18446744073709551615")));
	buf_release(&b);
}

static void test_arena(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT, fixed;
	_Alignas(16) char room[64];

	for (size_t i = 1; i < 2000; i++) {
		char *p = arena_alloc(&a, i);
		assert_int_equal((uintptr_t)p % 16, 0);
		memset(p, 1, i);
	}
	assert_true(str_eq(arena_strf(&a, "%s-%d", "x", 5), STR("x-5")));
	assert_true(str_eq(arena_concat3(&a, STR("a"), STR(""), STR("c")), STR("ac")));
	assert_true(str_is_absent(arena_str(&a, STR_NONE)));
	assert_false(str_is_absent(arena_str(&a, STR(""))));
	arena_reset(&a);
	assert_int_equal(a.used_bytes, 0);
	memset(arena_alloc(&a, 100), 2, 100);
	arena_release(&a);
	arena_init_fixed(&fixed, room, sizeof(room));
	assert_ptr_equal(arena_alloc(&fixed, 17), room);
	assert_ptr_equal(arena_alloc(&fixed, 1), room + 32);
}

static void test_lists_in_arenas(void **state)
{
	(void)state;
	struct arena a = ARENA_INIT;
	uint64_t *items = NULL;
	size_t n = 0, cap = 0;

	for (; n < 1000; n++) {
		ARENA_ROOM(&a, items, n, &cap);
		items[n] = n;
	}
	assert_int_equal(cap, 1024);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(items[i], i);
	arena_release(&a);
}

static void test_error_text_stays_utf8(void **state)
{
	(void)state;
	char text[600];
	struct error err;

	memset(text, 'a', sizeof(text));
	/* A two-byte character across the place where the text is cut. */
	memcpy(text + sizeof(err.text) - 2, "\xc3\xa9", 2);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(error_set(&err, 5, "%s", text), 5);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 2);
	assert_int_equal(error_set(NULL, 7, "x"), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_maximum),
	    cmocka_unit_test(test_growth),
	    cmocka_unit_test(test_arena),
	    cmocka_unit_test(test_lists_in_arenas),
	    cmocka_unit_test(test_error_text_stays_utf8),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
