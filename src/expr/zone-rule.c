/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/zone-rule.h"

#define SECONDS_A_DAY INT64_C(86400)

/* What is left of the text that is read. */
struct reader {
	struct str rest;
};

static bool take(struct reader *r, char c)
{
	if (!r->rest.len || r->rest.ptr[0] != c)
		return false;
	r->rest = str_slice(r->rest, 1, r->rest.len);
	return true;
}

/* One to three digits, at most `max`. */
static bool take_number(struct reader *r, unsigned max, unsigned *ret)
{
	unsigned n = 0, digits = 0;

	while (digits < 3 && digits < r->rest.len && r->rest.ptr[digits] >= '0' && r->rest.ptr[digits] <= '9')
		n = n * 10 + (unsigned)(r->rest.ptr[digits++] - '0');
	if (!digits || n > max)
		return false;
	r->rest = str_slice(r->rest, digits, r->rest.len);
	*ret = n;
	return true;
}

/* A zone's abbreviation, which nobody asks for: letters, or anything in angle brackets. */
static bool skip_name(struct reader *r)
{
	size_t n = 0;

	if (take(r, '<')) {
		size_t end = str_find(r->rest, '>', 0);
		if (end == SIZE_MAX)
			return false;
		r->rest = str_slice(r->rest, end + 1, r->rest.len);
		return true;
	}
	while (n < r->rest.len && ((r->rest.ptr[n] | 32) >= 'a' && (r->rest.ptr[n] | 32) <= 'z'))
		n++;
	r->rest = str_slice(r->rest, n, r->rest.len);
	return n >= 3;
}

/* [+-]hh[:mm[:ss]]; up to a week, as the times of newer files have it. */
static bool take_time(struct reader *r, int32_t *ret)
{
	bool is_negative = take(r, '-');
	unsigned h, m = 0, s = 0;

	if (!is_negative)
		(void)take(r, '+');
	if (!take_number(r, 167, &h))
		return false;
	if (take(r, ':') && !take_number(r, 59, &m))
		return false;
	if (take(r, ':') && !take_number(r, 59, &s))
		return false;
	int32_t seconds = (int32_t)(h * 3600 + m * 60 + s);
	*ret = is_negative ? -seconds : seconds;
	return true;
}

static bool take_day(struct reader *r, struct zone_day *ret)
{
	struct zone_day d = {.seconds = 7200};
	unsigned a, b = 0, c = 0;

	if (!take(r, ','))
		return false;
	if (take(r, 'M')) {
		d.kind = ZONE_DAY_MONTH;
		if (!take_number(r, 12, &a) || !take(r, '.') || !take_number(r, 5, &b) || !take(r, '.') ||
		    !take_number(r, 6, &c) || a == 0 || b == 0)
			return false;
		d.month = (uint16_t)a, d.week = (uint16_t)b, d.weekday = (uint16_t)c;
	} else {
		d.kind = take(r, 'J') ? ZONE_DAY_JULIAN : ZONE_DAY_ZERO_BASED;
		if (!take_number(r, 365, &a) || (d.kind == ZONE_DAY_JULIAN && a == 0))
			return false;
		d.day = (uint16_t)a;
	}
	if (take(r, '/') && !take_time(r, &d.seconds))
		return false;
	*ret = d;
	return true;
}

bool zone_rule_parse(struct str text, struct zone_rule *ret)
{
	struct reader r = {text};
	struct zone_rule rule = {0};
	int32_t west;

	if (!skip_name(&r) || !take_time(&r, &west))
		return false;
	/* POSIX counts to the west. */
	rule.standard = -west;
	if (r.rest.len) {
		rule.has_dst = true;
		rule.daylight = rule.standard + 3600;
		if (!skip_name(&r))
			return false;
		if (r.rest.len && r.rest.ptr[0] != ',') {
			if (!take_time(&r, &west))
				return false;
			rule.daylight = -west;
		}
		if (!take_day(&r, &rule.start) || !take_day(&r, &rule.end) || r.rest.len)
			return false;
	}
	*ret = rule;
	return true;
}

/* Seconds from the start of the year to the moment that the rule names, on the clock that is in force before it. */
static int64_t seconds_of(const struct zone_day *d, int64_t year)
{
	int64_t first = zone_days_of(year, 1, 1), day = 0;

	switch (d->kind) {
	case ZONE_DAY_MONTH: {
		int64_t month_first = zone_days_of(year, d->month, 1);
		int64_t month_end =
		    d->month == 12 ? zone_days_of(year + 1, 1, 1) : zone_days_of(year, d->month + 1u, 1);
		day = month_first + (d->weekday + 7 - zone_weekday_of(month_first)) % 7 + INT64_C(7) * (d->week - 1);
		/* "The fifth" is the last. */
		if (day >= month_end)
			day -= 7;
		day -= first;
		break;
	}
	case ZONE_DAY_JULIAN:
		day = d->day - 1 + (d->day >= 60 && zone_is_leap_year(year));
		break;
	case ZONE_DAY_ZERO_BASED:
		day = d->day;
		break;
	}
	return day * SECONDS_A_DAY + d->seconds;
}

int32_t zone_rule_offset(const struct zone_rule *r, int64_t t)
{
	if (!r->has_dst)
		return r->standard;
	/* All on the standard clock: the end of daylight saving is told on the other one. */
	int64_t local = t + r->standard;
	int64_t days = local / SECONDS_A_DAY - (local % SECONDS_A_DAY < 0);
	int64_t year = zone_date_of(days).year;
	int64_t now = local - zone_days_of(year, 1, 1) * SECONDS_A_DAY;
	int64_t start = seconds_of(&r->start, year);
	int64_t end = seconds_of(&r->end, year) - (r->daylight - r->standard);
	bool is_dst = start < end ? now >= start && now < end : now >= start || now < end;
	return is_dst ? r->daylight : r->standard;
}
