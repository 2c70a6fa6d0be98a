/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <errno.h>
#include <stdatomic.h>

static char *clock_path; /* NULL: the system clock */
static _Atomic int64_t last_good_ms;

static int64_t days_from_civil(int64_t y, int m, int d)
{
	/* Howard Hinnant's algorithm: proleptic Gregorian, exact for all years used here. */
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

static bool digits(struct str s, size_t at, size_t n, int *ret)
{
	int v = 0;

	if (at + n > s.len)
		return false;
	for (size_t i = at; i < at + n; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
		v = v * 10 + (s.ptr[i] - '0');
	}
	*ret = v;
	return true;
}

static bool is_at(struct str s, size_t at, char c)
{
	return at < s.len && s.ptr[at] == c;
}

static int days_in_month(int y, int m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return m == 2 && leap ? 29 : days[m - 1];
}

/* "Z" or "+hh:mm" at `at`, to the end of the text. */
static bool parse_offset(struct str s, size_t at, int *ret_minutes)
{
	int oh, om;

	if ((is_at(s, at, 'Z') || is_at(s, at, 'z')) && at + 1 == s.len) {
		*ret_minutes = 0;
		return true;
	}
	if (!(is_at(s, at, '+') || is_at(s, at, '-')) || !digits(s, at + 1, 2, &oh) || !is_at(s, at + 3, ':') ||
	    !digits(s, at + 4, 2, &om) || at + 6 != s.len || oh > 23 || om > 59)
		return false;
	*ret_minutes = (s.ptr[at] == '-' ? -1 : 1) * (oh * 60 + om);
	return true;
}

bool time_parse_rfc3339(struct str s, int64_t *ret_ms)
{
	int y, mo, d, h, mi, sec, offset, ms = 0;
	size_t at = 19;

	if (!digits(s, 0, 4, &y) || !is_at(s, 4, '-') || !digits(s, 5, 2, &mo) || !is_at(s, 7, '-') ||
	    !digits(s, 8, 2, &d) || !(is_at(s, 10, 'T') || is_at(s, 10, 't') || is_at(s, 10, ' ')) ||
	    !digits(s, 11, 2, &h) || !is_at(s, 13, ':') || !digits(s, 14, 2, &mi) || !is_at(s, 16, ':') ||
	    !digits(s, 17, 2, &sec))
		return false;
	if (mo < 1 || mo > 12 || d < 1 || d > days_in_month(y, mo) || h > 23 || mi > 59 || sec > 60)
		return false;
	if (is_at(s, at, '.')) {
		int scale = 100;
		size_t first = ++at;

		for (; at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9'; at++, scale /= 10)
			ms += (s.ptr[at] - '0') * scale;
		if (at == first)
			return false;
	}
	if (!parse_offset(s, at, &offset))
		return false;
	*ret_ms = ((days_from_civil(y, mo, d) * 24 + h) * 60 + mi - offset) * INT64_C(60000) +
	          (sec == 60 ? 59 : sec) * INT64_C(1000) + ms;
	return true;
}

/* Howard Hinnant's algorithm the other way: the civil date of a day number. */
static void civil_from_days(int64_t days, int64_t *ret_y, unsigned *ret_m, unsigned *ret_d)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	unsigned doe = (unsigned)(days - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;

	*ret_d = doy - (153 * mp + 2) / 5 + 1;
	*ret_m = mp < 10 ? mp + 3 : mp - 9;
	*ret_y = (int64_t)yoe + era * 400 + (*ret_m <= 2);
}

int64_t time_add_months(int64_t ms, int64_t n_months)
{
	const int64_t day_ms = INT64_C(86400000);
	int64_t days = ms / day_ms - (ms % day_ms < 0), y, months;
	unsigned m, d;
	int last;

	civil_from_days(days, &y, &m, &d);
	months = y * 12 + (int64_t)m - 1 + n_months;
	last = days_in_month((int)(months / 12), (int)(months % 12) + 1);
	return days_from_civil(months / 12, (int)(months % 12) + 1, (int)d < last ? (int)d : last) * day_ms + ms -
	       days * day_ms;
}

static char *add_digits(char *out, unsigned v, unsigned n)
{
	for (unsigned i = n; i-- > 0; v /= 10)
		out[i] = (char)('0' + v % 10);
	return out + n;
}

struct str time_format_rfc3339(int64_t ms, char out[32])
{
	const int64_t day_ms = INT64_C(86400000);
	int64_t days = ms / day_ms - (ms % day_ms < 0), y;
	unsigned of_day = (unsigned)(ms - days * day_ms), m, d;
	char *p = out;

	civil_from_days(days, &y, &m, &d);
	/* RFC 3339 has four digits for a year. */
	p = add_digits(p, (unsigned)(y < 0 ? 0 : y > 9999 ? 9999 : y), 4);
	*p++ = '-';
	p = add_digits(p, m, 2);
	*p++ = '-';
	p = add_digits(p, d, 2);
	*p++ = 'T';
	p = add_digits(p, of_day / 3600000, 2);
	*p++ = ':';
	p = add_digits(p, of_day / 60000 % 60, 2);
	*p++ = ':';
	p = add_digits(p, of_day / 1000 % 60, 2);
	if (of_day % 1000) {
		*p++ = '.';
		p = add_digits(p, of_day % 1000, 3);
	}
	*p++ = 'Z';
	*p = '\0';
	return (struct str){out, (size_t)(p - out)};
}

static int read_file_ms(int64_t *ret_ms)
{
	char text[64];
	FILE *f = fopen(clock_path, "re");
	size_t n;

	if (!f)
		return -errno;
	n = fread(text, 1, sizeof(text), f);
	(void)fclose(f);
	return time_parse_rfc3339(str_trim((struct str){text, n}), ret_ms) ? 0 : -EINVAL;
}

int clock_use_file(const char *path)
{
	int64_t ms;
	int r;

	free(clock_path);
	clock_path = str_dup_cstr(str_of(path));
	r = read_file_ms(&ms);
	if (r == 0)
		atomic_store(&last_good_ms, ms);
	return r;
}

int64_t clock_now_ms(void)
{
	struct timespec ts;
	int64_t ms;

	if (clock_path) {
		if (read_file_ms(&ms) == 0)
			atomic_store(&last_good_ms, ms);
		return atomic_load(&last_good_ms);
	}
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

uint64_t clock_monotonic_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}
