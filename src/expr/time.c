/* SPDX-License-Identifier: Apache-2.0
 *
 * Timestamps and durations as text, and their arithmetic (lib.h). Everything is in whole nanoseconds: no double is
 * involved, so that nothing is rounded.
 */
#include "expr/lib.h"
#include "expr/zone.h"

#define SECONDS_A_DAY      INT64_C(86400)
#define TIMESTAMP_FIRST    INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define TIMESTAMP_LAST     INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define MAX_DURATION_BYTES 256u                  /* of text: no duration needs more */

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* `n` digits at s[*at], which is moved behind them. */
static bool take_digits(struct str s, size_t *at, unsigned n, unsigned *ret)
{
	unsigned v = 0;

	if (s.len - *at < n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		char c = s.ptr[*at + i];
		if (c < '0' || c > '9')
			return false;
		v = v * 10 + (unsigned)(c - '0');
	}
	*at += n;
	*ret = v;
	return true;
}

static bool take_char(struct str s, size_t *at, char c)
{
	if (*at >= s.len || s.ptr[*at] != c)
		return false;
	(*at)++;
	return true;
}

/* One to nine digits of a fraction, as nanoseconds. */
static bool take_fraction(struct str s, size_t *at, uint32_t *ret_ns)
{
	uint32_t ns = 0, unit = 100000000;

	for (; *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '9'; (*at)++, unit /= 10) {
		if (!unit)
			return false;
		ns += unit * (uint32_t)(s.ptr[*at] - '0');
	}
	*ret_ns = ns;
	return unit < 100000000;
}

/* "Z" or an offset. */
static bool take_zone(struct str s, size_t *at, int64_t *ret_seconds)
{
	unsigned hours, minutes;

	if (take_char(s, at, 'Z')) {
		*ret_seconds = 0;
		return true;
	}
	bool is_negative = take_char(s, at, '-');
	if (!is_negative && !take_char(s, at, '+'))
		return false;
	if (!take_digits(s, at, 2, &hours) || !take_char(s, at, ':') || !take_digits(s, at, 2, &minutes) ||
	    hours > 23 || minutes > 59)
		return false;
	int64_t seconds = INT64_C(3600) * hours + INT64_C(60) * minutes;
	*ret_seconds = is_negative ? -seconds : seconds;
	return true;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && zone_is_leap_year(year) ? 1u : 0u);
}

bool cel_time_parse(struct str text, struct cel_value *ret)
{
	unsigned year, month, day, hour, minute, second;
	uint32_t ns = 0;
	int64_t offset;
	size_t at = 0;

	if (!take_digits(text, &at, 4, &year) || !take_char(text, &at, '-') || !take_digits(text, &at, 2, &month) ||
	    !take_char(text, &at, '-') || !take_digits(text, &at, 2, &day) || !take_char(text, &at, 'T') ||
	    !take_digits(text, &at, 2, &hour) || !take_char(text, &at, ':') || !take_digits(text, &at, 2, &minute) ||
	    !take_char(text, &at, ':') || !take_digits(text, &at, 2, &second))
		return false;
	if (take_char(text, &at, '.') && !take_fraction(text, &at, &ns))
		return false;
	if (!take_zone(text, &at, &offset) || at != text.len)
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 || minute > 59 ||
	    second > 59)
		return false;
	int64_t seconds = zone_days_of(year, month, day) * SECONDS_A_DAY + INT64_C(3600) * hour + INT64_C(60) * minute +
	                  second - offset;
	if (seconds < TIMESTAMP_FIRST || seconds > TIMESTAMP_LAST)
		return false;
	*ret = cel_timestamp(seconds, ns);
	return true;
}

/* The unit at s[*at] in nanoseconds; 0: none. The longer spellings come first. */
static uint64_t take_unit(struct str s, size_t *at)
{
	static const struct {
		struct str name;
		uint64_t ns;
	} units[] = {
	    {STR_INIT("ns"), 1},
	    {STR_INIT("us"), 1000},
	    {STR_INIT("\302\265s"), 1000}, /* micro sign */
	    {STR_INIT("\316\274s"), 1000}, /* Greek mu */
	    {STR_INIT("ms"), 1000000},
	    {STR_INIT("s"), UINT64_C(1000000000)},
	    {STR_INIT("m"), UINT64_C(60000000000)},
	    {STR_INIT("h"), UINT64_C(3600000000000)},
	};

	for (size_t i = 0; i < N_ELEMENTS(units); i++) {
		if (str_starts_with(str_slice(s, *at, s.len), units[i].name)) {
			*at += units[i].name.len;
			return units[i].ns;
		}
	}
	return 0;
}

/*
 * A number with an optional fraction and its unit, in nanoseconds. Digits of the fraction beyond the eighteenth cannot
 * make a nanosecond of an hour and are dropped, as is what is less than a nanosecond.
 */
static bool take_part(struct str s, size_t *at, uint64_t *ret_ns)
{
	uint64_t whole = 0, fraction = 0, scale = 1;
	size_t start = *at, n_digits = 0;

	for (; *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '9'; (*at)++, n_digits++) {
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(s.ptr[*at] - '0'), &whole))
			return false;
	}
	if (take_char(s, at, '.')) {
		for (; *at < s.len && s.ptr[*at] >= '0' && s.ptr[*at] <= '9'; (*at)++, n_digits++) {
			if (scale < UINT64_C(1000000000000000000)) {
				fraction = fraction * 10 + (uint64_t)(s.ptr[*at] - '0');
				scale *= 10;
			}
		}
	}
	uint64_t unit = n_digits && *at > start ? take_unit(s, at) : 0;
	if (!unit || __builtin_mul_overflow(whole, unit, &whole))
		return false;
	uint64_t rest = (uint64_t)((unsigned __int128)fraction * unit / scale);
	return !__builtin_add_overflow(whole, rest, ret_ns);
}

bool cel_duration_parse(struct str text, struct cel_value *ret)
{
	uint64_t sum = 0, part;
	size_t at = 0;

	if (text.len > MAX_DURATION_BYTES)
		return false;
	bool is_negative = take_char(text, &at, '-');
	if (!is_negative)
		(void)take_char(text, &at, '+');
	if (at == text.len)
		return false;
	bool is_zero = str_eq(str_slice(text, at, text.len), STR("0"));
	while (!is_zero && at < text.len) {
		if (!take_part(text, &at, &part) || __builtin_add_overflow(sum, part, &sum))
			return false;
	}
	if (sum > (uint64_t)INT64_MAX + is_negative)
		return false;
	*ret = cel_duration((int64_t)(is_negative ? 0 - sum : sum));
	return true;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* ".5" of 500000000; nothing of 0. */
static void print_fraction(struct buf *out, uint32_t ns)
{
	char digits[10] = ".";
	size_t n = 10;

	if (!ns)
		return;
	for (size_t i = 9; i > 0; i--, ns /= 10)
		digits[i] = (char)('0' + ns % 10);
	while (digits[n - 1] == '0')
		n--;
	buf_add(out, (struct str){digits, n});
}

void cel_time_print(struct buf *out, struct cel_value timestamp)
{
	int64_t days = timestamp.i / SECONDS_A_DAY - (timestamp.i % SECONDS_A_DAY < 0);
	unsigned second = (unsigned)(timestamp.i - days * SECONDS_A_DAY);
	struct zone_date date = zone_date_of(days);

	buf_addf(out, "%04u-%02u-%02uT%02u:%02u:%02u", (unsigned)date.year, date.month, date.day, second / 3600,
	         second / 60 % 60, second % 60);
	print_fraction(out, timestamp.n);
	buf_add_char(out, 'Z');
}

void cel_duration_print(struct buf *out, struct cel_value duration)
{
	uint64_t ns = duration.i < 0 ? 0 - (uint64_t)duration.i : (uint64_t)duration.i;

	if (duration.i < 0)
		buf_add_char(out, '-');
	buf_add_u64(out, ns / CEL_NS_PER_S);
	print_fraction(out, (uint32_t)(ns % CEL_NS_PER_S));
	buf_add_char(out, 's');
}

/* ---- arithmetic -------------------------------------------------------------------------------------------------- */

struct cel_value cel_time_add(struct cel_eval *ev, struct cel_value timestamp, int64_t ns)
{
	/* A duration has at most 2^63 / 10^9 seconds: the sum is far from overflow. */
	int64_t seconds = timestamp.i + ns / CEL_NS_PER_S;
	int64_t rest = (int64_t)timestamp.n + ns % CEL_NS_PER_S;

	if (rest < 0)
		rest += CEL_NS_PER_S, seconds--;
	else if (rest >= CEL_NS_PER_S)
		rest -= CEL_NS_PER_S, seconds++;
	if (seconds < TIMESTAMP_FIRST || seconds > TIMESTAMP_LAST)
		return cel_fail(ev, CEL_RANGE, "timestamp");
	return cel_timestamp(seconds, (uint32_t)rest);
}

struct cel_value cel_time_difference(struct cel_eval *ev, struct cel_value a, struct cel_value b)
{
	__int128 ns = (__int128)(a.i - b.i) * CEL_NS_PER_S + ((int64_t)a.n - (int64_t)b.n);

	if (ns < INT64_MIN || ns > INT64_MAX)
		return cel_fail(ev, CEL_RANGE, "duration");
	return cel_duration((int64_t)ns);
}
