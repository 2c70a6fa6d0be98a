/* SPDX-License-Identifier: Apache-2.0
 *
 * When credentials were last used: to the minute, never backwards, written and read again.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>

#include "base/arena.h"
#include "service/last_used.h"

#define MINUTE LAST_USED_EVERY_MS
#define START  (1000 * MINUTE)

static bool keep_all(void *ctx UNUSED, struct str id UNUSED)
{
	return true;
}

static bool keep_other(void *ctx, struct str id)
{
	return !str_eq(id, str_of(ctx));
}

static bool writes(struct last_used *u, bool (*keep)(void *ctx, struct str id), void *ctx, const char *text)
{
	CLEANUP(buf_releasep) struct buf out = BUF_INIT(BUF_MAX_RESPONSE_BYTES);
	bool is_new = last_used_write(u, keep, ctx, &out);

	assert_true(str_eq(buf_str(&out), str_of(text)));
	return is_new;
}

static void test_to_the_minute(void **state UNUSED)
{
	struct last_used *u = last_used_new();

	assert_int_equal(last_used_at(u, STR("a")), 0);
	last_used_note(u, STR("a"), START + 1);
	assert_int_equal(last_used_at(u, STR("a")), START + 1);
	last_used_note(u, STR("a"), START + MINUTE - 1);
	assert_int_equal(last_used_at(u, STR("a")), START + 1);
	last_used_note(u, STR("a"), START + MINUTE);
	assert_int_equal(last_used_at(u, STR("a")), START + MINUTE);
	/* A clock that is set back changes nothing. */
	last_used_note(u, STR("a"), START);
	assert_int_equal(last_used_at(u, STR("a")), START + MINUTE);
	assert_int_equal(last_used_at(u, STR("b")), 0);
	last_used_free(u);
}

static void test_written_once_and_read_again(void **state UNUSED)
{
	struct last_used *u = last_used_new(), *again = last_used_new();

	assert_false(writes(u, keep_all, NULL, "{}"));
	last_used_note(u, STR("a\""), START);
	assert_true(writes(u, keep_all, NULL, "{\"a\\\"\":60000000}"));
	assert_false(writes(u, keep_all, NULL, "{\"a\\\"\":60000000}"));
	last_used_retry(u);
	assert_true(writes(u, keep_all, NULL, "{\"a\\\"\":60000000}"));
	assert_int_equal(last_used_read(again, STR("{\"a\\\"\":60000000,\"b\":7}"), NULL), 0);
	assert_int_equal(last_used_at(again, STR("a\"")), START);
	assert_int_equal(last_used_at(again, STR("b")), 7);
	/* In the minute that was stored: the time stays, though nobody remembers that it was noted. */
	last_used_note(again, STR("a\""), START + 1);
	assert_int_equal(last_used_at(again, STR("a\"")), START);
	/* What is gone is forgotten. */
	assert_true(writes(again, keep_other, (void *)(uintptr_t) "a\"", "{\"b\":7}"));
	assert_int_equal(last_used_at(again, STR("a\"")), 0);
	last_used_free(u);
	last_used_free(again);
}

static void test_damage_is_told(void **state UNUSED)
{
	static const char *const texts[] = {"",          "[]",          "{\"a\":\"1\"}", "{\"a\":-1}",
	                                    "{\"a\":0}", "{\"a\":1.5}", "{\"a\":1"};
	struct last_used *u = last_used_new();

	for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
		struct error err = {0};

		assert_int_equal(last_used_read(u, str_of(texts[i]), &err), -EBADMSG);
		assert_true(err.text[0] != '\0');
	}
	last_used_free(u);
}

/* The table grows, and ids that share a place of the filter lose nothing but time. */
static void test_many(void **state UNUSED)
{
	struct last_used *u = last_used_new();
	char id[16];

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 40000; i++) {
			(void)snprintf(id, sizeof(id), "key-%d", i);
			last_used_note(u, str_of(id), START + round * MINUTE + i % 7);
		}
	for (int i = 0; i < 40000; i++) {
		(void)snprintf(id, sizeof(id), "key-%d", i);
		assert_int_equal(last_used_at(u, str_of(id)), START + MINUTE + i % 7);
	}
	last_used_free(u);
}

static void *note_some(void *arg)
{
	for (int i = 0; i < 2000; i++)
		last_used_note(arg, i % 2 ? STR("a") : STR("b"), START + i / 500 * MINUTE);
	return NULL;
}

static void test_many_threads(void **state UNUSED)
{
	struct last_used *u = last_used_new();
	pthread_t threads[4];

	for (size_t i = 0; i < N_ELEMENTS(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, note_some, u), 0);
	for (size_t i = 0; i < N_ELEMENTS(threads); i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(last_used_at(u, STR("a")), START + 3 * MINUTE);
	assert_int_equal(last_used_at(u, STR("b")), START + 3 * MINUTE);
	last_used_end(u);
	assert_false(last_used_wait(u));
	last_used_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_to_the_minute),  cmocka_unit_test(test_written_once_and_read_again),
	    cmocka_unit_test(test_damage_is_told), cmocka_unit_test(test_many),
	    cmocka_unit_test(test_many_threads),
	};

	return cmocka_run_group_tests_name("service/last-used", tests, NULL, NULL);
}
