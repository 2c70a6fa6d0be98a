/* SPDX-License-Identifier: Apache-2.0
 *
 * RFC 3339 both ways, against the C library's calendar; the test clock's file.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/random.h"

static void test_against_the_library(void **state)
{
	(void)state;
	struct prng p = {.state = 7};

	for (size_t i = 0; i < 20000; i++) {
		/* Years 0001 to 9999. */
		int64_t seconds = (int64_t)prng_below(&p, UINT64_C(315500000000)) - INT64_C(62135596800);
		int64_t ms = seconds * 1000 + (int64_t)prng_below(&p, 1000), back;
		time_t t = (time_t)seconds;
		char want[40], got[32];
		struct tm tm;

		assert_non_null(gmtime_r(&t, &tm));
		size_t n = (size_t)snprintf(want, sizeof(want), "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900,
		                            tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
		if (ms % 1000)
			(void)snprintf(want + n, sizeof(want) - n, ".%03dZ", (int)(ms - seconds * 1000));
		else
			(void)snprintf(want + n, sizeof(want) - n, "Z");
		struct str text = time_format_rfc3339(ms, got);
		assert_string_equal(text.ptr, want);
		assert_true(time_parse_rfc3339(text, &back));
		assert_int_equal(back, ms);
	}
}

static void test_parsing(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool ok;
		int64_t ms;
	} rows[] = {
	    {"1970-01-01T00:00:00Z", true, 0},
	    {"1970-01-01T01:00:00+01:00", true, 0},
	    {"1969-12-31T23:59:59.999Z", true, -1},
	    {"2024-02-29T00:00:00z", true, 1709164800000},
	    {"2026-11-22T10:00:00.1239Z", true, 1795341600123},
	    {"2016-12-31T23:59:60Z", true, 1483228799000},
	    {"2023-02-29T00:00:00Z", false, 0},
	    {"2026-13-01T00:00:00Z", false, 0},
	    {"2026-11-22T24:00:00Z", false, 0},
	    {"2026-11-22T10:00:00", false, 0},
	    {"2026-11-22T10:00:00.Z", false, 0},
	    {"2026-11-22T10:00:00+24:00", false, 0},
	    {"2026-11-22T10:00:00Zx", false, 0},
	    {"2026-11-22", false, 0},
	    {"", false, 0},
	    {"x026-11-22T10:00:00Z", false, 0},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		int64_t ms = 77;

		if (time_parse_rfc3339(str_of(rows[i].text), &ms) != rows[i].ok || ms != (rows[i].ok ? rows[i].ms : 77))
			fail_msg("\"%s\" gave %lld", rows[i].text, (long long)ms);
	}
}

static void test_months(void **state)
{
	(void)state;
	static const struct {
		const char *from;
		int64_t n;
		const char *to;
	} rows[] = {
	    {"2026-11-22T10:00:00.5Z", 0, "2026-11-22T10:00:00.500Z"},
	    {"2026-11-22T10:00:00Z", 1, "2026-12-22T10:00:00Z"},
	    {"2026-11-22T10:00:00Z", 2, "2027-01-22T10:00:00Z"},
	    {"2026-01-31T23:59:59Z", 1, "2026-02-28T23:59:59Z"},
	    {"2027-10-31T00:00:00Z", 4, "2028-02-29T00:00:00Z"},
	    {"2024-02-29T00:00:00Z", 12, "2025-02-28T00:00:00Z"},
	    {"2024-02-29T00:00:00Z", 48, "2028-02-29T00:00:00Z"},
	    {"1969-12-31T12:00:00Z", 2, "1970-02-28T12:00:00Z"},
	    {"2026-03-31T00:00:00Z", -1, "2026-02-28T00:00:00Z"},
	};

	for (size_t i = 0; i < N_ELEMENTS(rows); i++) {
		char text[32];
		int64_t ms;

		assert_true(time_parse_rfc3339(str_of(rows[i].from), &ms));
		assert_string_equal(time_format_rfc3339(time_add_months(ms, rows[i].n), text).ptr, rows[i].to);
	}
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void test_clock_file(void **state)
{
	(void)state;
	char path[] = "/tmp/doorward-clock-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(clock_use_file(path), -EINVAL);
	write_file(path, "2026-11-22T10:00:00Z\n");
	assert_int_equal(clock_use_file(path), 0);
	assert_int_equal(clock_now_ms(), 1795341600000);
	write_file(path, "2026-11-22T10:00:01Z");
	assert_int_equal(clock_now_ms(), 1795341601000);
	/* While it cannot be read, time stands still. */
	write_file(path, "soon");
	assert_int_equal(clock_now_ms(), 1795341601000);
	(void)unlink(path);
	assert_int_equal(clock_now_ms(), 1795341601000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_against_the_library),
	    cmocka_unit_test(test_parsing),
	    cmocka_unit_test(test_months),
	    cmocka_unit_test(test_clock_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
