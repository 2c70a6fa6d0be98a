/* SPDX-License-Identifier: Apache-2.0
 *
 * What a long start shows on a terminal, by a clock that the test turns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/base.h"
#include "cli/progress.h"

#define MS UINT64_C(1000000)

struct terminal {
	char *text; /* what has been written */
	size_t len;
	struct progress progress;
};

static void open_terminal(struct terminal *t)
{
	*t = (struct terminal){0};
	t->progress.terminal = open_memstream(&t->text, &t->len);
	assert_non_null(t->progress.terminal);
}

static void close_terminal(struct terminal *t)
{
	(void)fclose(t->progress.terminal);
	free(t->text);
}

static void test_short_start(void **state)
{
	(void)state;
	struct terminal t;

	open_terminal(&t);
	progress_show(&t.progress, STR("default"), 4096, 7 * MS);
	progress_show(&t.progress, STR("default"), 8192, 256 * MS);
	progress_end(&t.progress);
	(void)fflush(t.progress.terminal);
	assert_int_equal(t.len, 0);
	close_terminal(&t);
}

static void test_line_in_place(void **state)
{
	(void)state;
	struct terminal t;

	open_terminal(&t);
	progress_show(&t.progress, STR("default"), 1, 1000 * MS);
	progress_show(&t.progress, STR("default"), 999, 1250 * MS);
	assert_string_equal(t.text, "\r\033[Kloading default: 999 documents, 3,996/s");
	progress_show(&t.progress, STR("default"), 1000, 1499 * MS);
	assert_string_equal(t.text, "\r\033[Kloading default: 999 documents, 3,996/s");
	progress_show(&t.progress, STR("default"), 1200000, 3000 * MS);
	assert_string_equal(t.text, "\r\033[Kloading default: 999 documents, 3,996/s"
	                            "\r\033[Kloading default: 1,200,000 documents, 600,000/s");
	progress_end(&t.progress);
	assert_string_equal(t.text + t.len - 4, "\r\033[K");
	close_terminal(&t);
}

/* The second organization's rate does not count the first one's time. */
static void test_next_organization(void **state)
{
	(void)state;
	struct terminal t;

	open_terminal(&t);
	progress_show(&t.progress, STR("a"), 1, 0);
	progress_end(&t.progress);
	progress_show(&t.progress, STR("b"), 1, 9000 * MS);
	progress_show(&t.progress, STR("b"), 2000, 10000 * MS);
	(void)fflush(t.progress.terminal);
	assert_string_equal(t.text, "\r\033[Kloading b: 2,000 documents, 2,000/s");
	close_terminal(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_short_start),
	    cmocka_unit_test(test_line_in_place),
	    cmocka_unit_test(test_next_organization),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
