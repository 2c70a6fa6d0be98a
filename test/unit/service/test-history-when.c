/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "service/history.h"

static void test_parse(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum past_moment moment; /* PAST_PRESENT: refused */
		uint64_t revision;
		int64_t at_ms;
	} cases[] = {
	    {"1", PAST_REVISION, 1, 0},
	    {"0017", PAST_PRESENT, 0, 0},
	    {"9223372036854775807", PAST_REVISION, INT64_MAX, 0},
	    {"9223372036854775808", PAST_PRESENT, 0, 0},
	    {"99999999999999999999999", PAST_PRESENT, 0, 0},
	    {"0", PAST_PRESENT, 0, 0},
	    {"-1", PAST_PRESENT, 0, 0},
	    {"+1", PAST_PRESENT, 0, 0},
	    {"1.0", PAST_PRESENT, 0, 0},
	    {"", PAST_PRESENT, 0, 0},
	    {"now", PAST_PRESENT, 0, 0},
	    {"2026-11-22", PAST_PRESENT, 0, 0},
	    {"1970-01-01T00:00:01Z", PAST_TIME, 0, 1000},
	    {"1970-01-01T01:00:01.5+01:00", PAST_TIME, 0, 1500},
	    {"17@1970-01-01T00:00:01Z", PAST_BOTH, 17, 1000},
	    {"0@1970-01-01T00:00:01Z", PAST_PRESENT, 0, 0},
	    {"17@", PAST_PRESENT, 0, 0},
	    {"@1970-01-01T00:00:01Z", PAST_PRESENT, 0, 0},
	    {"@", PAST_PRESENT, 0, 0},
	    {"17@17", PAST_PRESENT, 0, 0},
	    {"1970-01-01T00:00:01Z@17", PAST_PRESENT, 0, 0},
	};

	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct past_when when = {0};
		struct error err = {0};
		bool is_right = past_when_parse(str_of(cases[i].text), &when, &err);

		assert_int_equal(is_right, cases[i].moment != PAST_PRESENT);
		assert_int_equal(is_right, err.text[0] == '\0');
		assert_int_equal(when.moment, cases[i].moment);
		assert_int_equal(when.revision, cases[i].revision);
		assert_int_equal(when.at_ms, cases[i].at_ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
