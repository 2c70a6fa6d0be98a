/* SPDX-License-Identifier: Apache-2.0
 *
 * Zones are compared with libc's localtime_r(), which reads the same files: in a child, because TZ is the whole
 * process'.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "expr/zone-rule.h"

#define SECONDS_A_DAY INT64_C(86400)
#define YEAR_1900     INT64_C(-2208988800)
#define YEAR_2200     INT64_C(7258118400)
/* Not a divisor of a day or a week, so that all hours and weekdays come. */
#define STEP INT64_C(500009)

/* Zones with something odd about them: rules south of the equator, at negative hours, of half hours, the other way
 * round (Dublin, Casablanca), abolished, shifted across the date line, of no place. */
static const char *const zones[] = {
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Moscow",
    "Europe/Lisbon",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Nuuk",
    "America/Caracas",
    "America/Santiago",
    "America/Asuncion",
    "America/Havana",
    "US/Central",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "Africa/Monrovia",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Asia/Jerusalem",
    "Asia/Gaza",
    "Asia/Pyongyang",
    "Asia/Shanghai",
    "Asia/Beirut",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Australia/Eucla",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Auckland",
    "Pacific/Easter",
    "Antarctica/Troll",
    "Antarctica/Casey",
    "Atlantic/Azores",
    "Etc/GMT+12",
    "Etc/GMT-14",
    "EST5EDT",
    "CET",
};

static int32_t offset_of_libc(int64_t t)
{
	time_t at = (time_t)t;
	struct tm tm;

	return localtime_r(&at, &tm) ? (int32_t)tm.tm_gmtoff : INT32_MIN;
}

/* The first instant of (low, high] with another offset than low's. */
static int64_t border_between(int64_t low, int64_t high)
{
	int32_t offset = offset_of_libc(low);

	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;
		if (offset_of_libc(middle) == offset)
			low = middle;
		else
			high = middle;
	}
	return high;
}

static bool agrees(const struct zone *z, const char *name, int64_t t)
{
	int32_t ours = zone_offset(z, t), theirs = offset_of_libc(t);

	if (ours != theirs)
		fprintf(stderr, "# %s at %lld: %d, libc says %d\n", name, (long long)t, ours, theirs);
	return ours == theirs;
}

/* At steps through three centuries, and on both sides of every change of the clock found on the way. */
static unsigned disagreements(const char *name, unsigned *n_borders)
{
	const struct zone *z = zone_find(str_of(name));
	unsigned n = 0;

	setenv("TZ", name, 1);
	tzset();
	if (!z) {
		fprintf(stderr, "# %s: not found\n", name);
		return 1;
	}
	for (int64_t t = YEAR_1900; t < YEAR_2200 && n < 10; t += STEP) {
		n += !agrees(z, name, t);
		if (offset_of_libc(t) == offset_of_libc(t + STEP))
			continue;
		int64_t border = border_between(t, t + STEP);
		n += !agrees(z, name, border - 1);
		n += !agrees(z, name, border);
		++*n_borders;
	}
	return n;
}

static void test_agrees_with_libc(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		unsigned n = 0, n_borders = 0;
		for (size_t i = 0; i < N_ELEMENTS(zones); i++)
			n += disagreements(zones[i], &n_borders);
		/* Thousands of changes were seen, or nothing was compared. */
		_exit(n ? 1 : n_borders > 5000 ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_calendar(void **state)
{
	(void)state;
	for (int64_t days = -800000; days < 3000000; days += 7 + (days & 1)) {
		time_t at = (time_t)(days * SECONDS_A_DAY);
		struct tm tm;
		assert_non_null(gmtime_r(&at, &tm));
		struct zone_date date = zone_date_of(days);
		assert_int_equal(date.year, tm.tm_year + 1900);
		assert_int_equal(date.month, tm.tm_mon + 1);
		assert_int_equal(date.day, tm.tm_mday);
		assert_int_equal(date.day_of_year, tm.tm_yday);
		assert_int_equal(zone_weekday_of(days), tm.tm_wday);
		assert_int_equal(zone_days_of(date.year, date.month, date.day), days);
	}
}

static void test_names(void **state)
{
	static const char *const none[] = {
	    "Europe/Nowhere",
	    "..",
	    "../zoneinfo/UTC",
	    "/usr/share/zoneinfo/UTC",
	    "Europe//Berlin",
	    "/UTC",
	    "UTC/",
	    "Europe/./Berlin",
	    "Europe/../UTC",
	    "Europe",
	    "right/UTC",
	    "posix/UTC",
	    "europe/berlin",
	    "zone.tab",
	    "UTC ",
	    "A0123456789012345678901234567890123456789012345678901234567890123456789",
	    "Local",
	    "Z",
	    "\xff",
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(none); i++)
		assert_null(zone_find(str_of(none[i])));
	assert_null(zone_find(STR("Europe/Berlin\0x")));
	const struct zone *berlin = zone_find(STR("Europe/Berlin"));
	assert_non_null(berlin);
	assert_ptr_equal(zone_find(STR("Europe/Berlin")), berlin);
}

static void test_offsets(void **state)
{
	static const struct {
		const char *name;
		int32_t seconds;
	} good[] = {
	    {"", 0},           {"UTC", 0},    {"+02:00", 7200},  {"02:00", 7200},    {"-02:30", -9000},
	    {"-00:30", -1800}, {"-00:00", 0}, {"+23:59", 86340}, {"-23:59", -86340}, {"00:00", 0},
	};
	static const char *const bad[] = {"+24:00", "+02:60",    "2:00",    "+2:00",   "+02",    "+0200",
	                                  "+02:0",  "+02:00:00", "--02:00", "+-02:00", " 02:00", "02:00 ",
	                                  "+",      "-",         ":",       "+aa:bb"};
	int32_t seconds;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(good); i++) {
		assert_true(zone_offset_of(str_of(good[i].name), 0, &seconds));
		assert_int_equal(seconds, good[i].seconds);
	}
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_false(zone_offset_of(str_of(bad[i]), 0, &seconds));
	assert_true(zone_offset_of(STR("America/New_York"), 1751328000, &seconds));
	assert_int_equal(seconds, -4 * 3600);
}

/* ---- rules ------------------------------------------------------------------------------------------------------- */

static void test_rules(void **state)
{
	static const char *const bad[] = {
	    "",
	    "CET",
	    "C-1",
	    "CET-1CEST",
	    "CET-1CEST,M3.5.0",
	    "CET-1CEST,M13.1.0,M10.5.0",
	    "<CET-1",
	    "CET-168",
	    "CET-1:60",
	    "CET-1CEST,,",
	    "CET-1CEST,J0,J1",
	    "CET-1CEST,M3.6.0,M10.5.0",
	    "CET-1 ",
	    "CET-1CEST,J1",
	    "CET-1CEST,366,1",
	    "CET-1CEST,M3.5.7,M10.5.0",
	    "CET-1CEST,M3.5.0,M10.5.0/3x",
	    "CET-1CEST,M0.5.0,M10.5.0",
	};
	struct zone_rule r;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_false(zone_rule_parse(str_of(bad[i]), &r));
	assert_true(zone_rule_parse(STR("<+0330>-3:30"), &r));
	assert_int_equal(zone_rule_offset(&r, 0), 12600);
	/* Daylight saving time all year: it begins before the year does and ends with it. */
	assert_true(zone_rule_parse(STR("XXX3EDT4,0/0,J365/23"), &r));
	for (int64_t t = 0; t < 800 * SECONDS_A_DAY; t += 1800)
		assert_int_equal(zone_rule_offset(&r, t), -4 * 3600);
}

static void test_julian_days(void **state)
{
	struct zone_rule julian, zero_based;
	int64_t march_2023 = zone_days_of(2023, 3, 1) * SECONDS_A_DAY,
	        march_2024 = zone_days_of(2024, 3, 1) * SECONDS_A_DAY;

	(void)state;
	/* J60 is 1 March in all years; 59 is 29 February in leap years. */
	assert_true(zone_rule_parse(STR("AAA0BBB,J60/0,J300/0"), &julian));
	assert_true(zone_rule_parse(STR("AAA0BBB,59/0,299/0"), &zero_based));
	assert_int_equal(zone_rule_offset(&julian, march_2023 - 1), 0);
	assert_int_equal(zone_rule_offset(&julian, march_2023), 3600);
	assert_int_equal(zone_rule_offset(&julian, march_2024 - 1), 0);
	assert_int_equal(zone_rule_offset(&julian, march_2024), 3600);
	assert_int_equal(zone_rule_offset(&zero_based, march_2023 - 1), 0);
	assert_int_equal(zone_rule_offset(&zero_based, march_2023), 3600);
	assert_int_equal(zone_rule_offset(&zero_based, march_2024 - SECONDS_A_DAY - 1), 0);
	assert_int_equal(zone_rule_offset(&zero_based, march_2024 - SECONDS_A_DAY), 3600);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static struct str read_file(const char *path, char *bytes, size_t size)
{
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	size_t n = fread(bytes, 1, size, f);
	assert_int_equal(fclose(f), 0);
	return (struct str){bytes, n};
}

/* Cut short anywhere, a file is refused; the copies are exact, so that AddressSanitizer sees a byte too far. */
static void test_cut_files(void **state)
{
	char bytes[8192];
	struct str whole = read_file("/usr/share/zoneinfo/Europe/Berlin", bytes, sizeof(bytes));
	struct zone *z = zone_parse(whole);

	(void)state;
	assert_non_null(z);
	zone_free(z);
	for (size_t n = 0; n < whole.len; n++) {
		char *copy = mem_alloc(n + 1);
		memcpy(copy, bytes, n);
		assert_null(zone_parse((struct str){copy, n}));
		free(copy);
	}
}

/* Whatever one byte becomes, what comes out can be asked. */
static void test_changed_files(void **state)
{
	char bytes[8192];
	struct str whole = read_file("/usr/share/zoneinfo/Europe/Dublin", bytes, sizeof(bytes));
	size_t n_accepted = 0;

	(void)state;
	for (size_t i = 0; i < whole.len; i++) {
		char before = bytes[i];
		for (unsigned change = 1; change < 256; change *= 4) {
			bytes[i] = (char)((unsigned char)before ^ change);
			struct zone *z = zone_parse(whole);
			for (int64_t t = -(INT64_C(1) << 36); z && t <= INT64_C(1) << 36; t += INT64_C(1) << 33)
				assert_in_range(zone_offset(z, t) + 4 * SECONDS_A_DAY, 0, 8 * SECONDS_A_DAY);
			n_accepted += z != NULL;
			zone_free(z);
		}
		bytes[i] = before;
	}
	assert_true(n_accepted > 0 && n_accepted < whole.len * 4);
}

/* ---- the cache --------------------------------------------------------------------------------------------------- */

#define N_THREADS 4

static void *find_all(void *arg)
{
	const struct zone **found = arg;

	for (size_t i = 0; i < N_ELEMENTS(zones); i++)
		found[i] = zone_find(str_of(zones[i]));
	return NULL;
}

static void test_threads_share_zones(void **state)
{
	static const struct zone *found[N_THREADS][N_ELEMENTS(zones)];
	pthread_t threads[N_THREADS];

	(void)state;
	for (size_t i = 0; i < N_THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, find_all, found[i]), 0);
	for (size_t i = 0; i < N_THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (size_t i = 0; i < N_ELEMENTS(zones); i++) {
		assert_non_null(found[0][i]);
		for (size_t k = 1; k < N_THREADS; k++)
			assert_ptr_equal(found[k][i], found[0][i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_threads_share_zones), /* first: nothing is kept yet */
	    cmocka_unit_test(test_agrees_with_libc),
	    cmocka_unit_test(test_calendar),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_offsets),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_julian_days),
	    cmocka_unit_test(test_cut_files),
	    cmocka_unit_test(test_changed_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
