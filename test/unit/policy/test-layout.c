/* SPDX-License-Identifier: Apache-2.0
 *
 * Go's reference layouts: what a time looks like by one, and what a text of it means.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "policy/layout.h"

/* 2026-02-03T04:05:06.007008009Z, a Tuesday */
#define INSTANT INT64_C(1770091506)
#define NS      7008009u

static void a_time_as_text(void **state UNUSED)
{
	static const struct {
		const char *layout, *text;
		int32_t offset;
	} cases[] = {
	    {"2006-01-02T15:04:05Z07:00", "2026-02-03T04:05:06Z", 0},
	    {"2006-01-02T15:04:05Z07:00", "2026-02-02T22:35:06-05:30", -19800},
	    {"2006-01-02T15:04:05-07:00", "2026-02-03T04:05:06+00:00", 0},
	    {"Monday, 2 January 2006", "Tuesday, 3 February 2026", 0},
	    {"Mon Jan _2 15:04:05 2006", "Tue Feb  3 04:05:06 2026", 0},
	    {"06-1-2 3:4:5 PM", "26-2-3 4:5:6 AM", 0},
	    {"03:04 pm", "04:05 pm", 43200},
	    {"3PM", "12AM", -14400},
	    {"002 __2", "034  34", 0},
	    {"-0700 -07 Z0700 Z07", "+0530 +05 +0530 +05", 19800},
	    {"Z0700 Z07", "Z Z", 0},
	    {"05.000 05.999 05,000000000", "06.007 06.007 06,007008009", 0},
	    {"05.00 05.99 05.9999", "06.00 06 06.007", 0},
	    {"15.04 .0001", "04.05 .0002", 0},
	    {"Janet Mondays MST", "Janet Tuesdays UTC", 0},
	    {"_2006 day", "_2026 day", 0},
	    {"", "", 0},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_LINE_BYTES);
		const struct layout_time t = {.seconds = INSTANT, .ns = NS, .offset = cases[i].offset};

		layout_format(&text, str_of(cases[i].layout), &t);
		buf_add_char(&text, '\0');
		assert_string_equal(text.ptr, cases[i].text);
	}
}

static void a_text_as_time(void **state UNUSED)
{
	static const struct {
		const char *layout, *text;
		int64_t seconds;
		uint32_t ns;
		int32_t offset;
		bool has_offset;
	} cases[] = {
	    {"2006-01-02T15:04:05Z07:00", "2026-02-03T04:05:06Z", INSTANT, 0, 0, true},
	    {"2006-01-02T15:04:05Z07:00", "2026-02-03T04:05:06.5-05:30", INSTANT, 500000000, -19800, true},
	    {"2006-01-02 15:04:05", "2026-02-03 04:05:06.007008009", INSTANT, NS, 0, false},
	    {"2006-01-02 15:04:05.000", "2026-02-03 04:05:06.007", INSTANT, 7000000, 0, false},
	    {"2006-01-02 15:04:05.999", "2026-02-03 04:05:06", INSTANT, 0, 0, false},
	    {"Monday, 2 January 2006 15:04:05", "TUESDAY, 3 february 2026 04:05:06", INSTANT, 0, 0, false},
	    {"Jan _2 2006 03:04:05 PM", "Feb  3 2026 04:05:06 AM", INSTANT, 0, 0, false},
	    {"2006 002 15:04:05 MST", "2026 034 04:05:06 UTC", INSTANT, 0, 0, true},
	    {"2006-01-02 3PM", "2026-02-03 12PM", INSTANT - 4 * 3600 - 306 + 12 * 3600, 0, 0, false},
	    {"2006-01-02 3PM", "2026-02-03 12AM", INSTANT - 4 * 3600 - 306, 0, 0, false},
	    {"06-1-2", "70-1-1", 0, 0, 0, false},
	    {"2006", "1970", 0, 0, 0, false},
	    {"2006-01-02 -0700", "2024-02-29 +0130", INT64_C(1709164800), 0, 5400, true},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct layout_time t = {0};

		assert_true(layout_parse(str_of(cases[i].text), str_of(cases[i].layout), &t));
		assert_int_equal(t.seconds, cases[i].seconds);
		assert_int_equal(t.ns, cases[i].ns);
		assert_int_equal(t.offset, cases[i].offset);
		assert_int_equal(t.has_offset, cases[i].has_offset);
	}
}

static void texts_that_are_not_of_the_layout(void **state UNUSED)
{
	static const struct {
		const char *layout, *text;
	} cases[] = {
	    {"2006-01-02", "bad"},
	    {"2006-01-02", ""},
	    {"2006-01-02", "2026-2-03"},
	    {"2006-01-02", "2026-02-29"},
	    {"2006-01-02", "2026-13-01"},
	    {"2006-01-02", "2026-00-01"},
	    {"2006-01-02", "2026-01-00"},
	    {"2006-01-02", "2026-04-31"},
	    {"2006-01-02", "2026-01-01 "},
	    {"15:04:05", "24:00:00"},
	    {"15:04:05", "23:60:00"},
	    {"15:04:05", "23:00:60"},
	    {"15:04", "1:04"},
	    {"3PM", "13PM"},
	    {"3PM", "3XM"},
	    {"Jan", "Foo"},
	    {"Monday", "Mon"},
	    {"-07:00", "+1"},
	    {"-07:00", "Z"},
	    {"-07:00", "+01:60"},
	    {"05.000", "06.01"},
	    {"05.000", "06"},
	    {"MST", "CEST"},
	    {"2006 002", "2026 366"},
	    {"2006 002", "2026 000"},
	    {"literal", "litera"},
	    {"05.999", "06."},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct layout_time t = {0};

		assert_false(layout_parse(str_of(cases[i].text), str_of(cases[i].layout), &t));
	}
}

/* What is written by a layout that says everything is read as the same instant. */
static void there_and_back(void **state UNUSED)
{
	static const int64_t instants[] = {0, -1, INSTANT, -62135596800, 253402300799, 951782400};
	static const int32_t offsets[] = {0, 3600, -19800, 50400};
	const struct str layout = STR("Mon Jan _2 2006 03:04:05.000000000 PM -07:00");

	for (size_t i = 0; i < N_ELEMENTS(instants) * N_ELEMENTS(offsets); i++) {
		CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_LINE_BYTES);
		const struct layout_time t = {.seconds = instants[i % N_ELEMENTS(instants)],
		                              .ns = NS,
		                              .offset = offsets[i / N_ELEMENTS(instants)]};
		struct layout_time back = {0};

		/* Beyond the last year there are no four digits. */
		if (t.seconds + t.offset > 253402300799 || t.seconds + t.offset < -62135596800)
			continue;
		layout_format(&text, layout, &t);
		assert_true(layout_parse(buf_str(&text), layout, &back));
		assert_int_equal(back.seconds - back.offset, t.seconds);
		assert_int_equal(back.ns, NS);
		assert_int_equal(back.offset, t.offset);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_time_as_text),
	    cmocka_unit_test(a_text_as_time),
	    cmocka_unit_test(texts_that_are_not_of_the_layout),
	    cmocka_unit_test(there_and_back),
	};

	return cmocka_run_group_tests_name("policy/layout", tests, NULL, NULL);
}
