/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/layout.h"

#include "expr/zone.h"

#define SECONDS_A_DAY INT64_C(86400)

enum token {
	TOKEN_NONE, /* literal text */
	TOKEN_LONG_MONTH,
	TOKEN_MONTH_NAME,
	TOKEN_LONG_WEEKDAY,
	TOKEN_WEEKDAY,
	TOKEN_ZONE_NAME,
	TOKEN_YEAR,
	TOKEN_SHORT_YEAR,
	TOKEN_MONTH,
	TOKEN_ZERO_MONTH,
	TOKEN_DAY,
	TOKEN_SPACE_DAY,
	TOKEN_ZERO_DAY,
	TOKEN_SPACE_YEAR_DAY,
	TOKEN_ZERO_YEAR_DAY,
	TOKEN_HOUR,
	TOKEN_HOUR12,
	TOKEN_ZERO_HOUR12,
	TOKEN_MINUTE,
	TOKEN_ZERO_MINUTE,
	TOKEN_SECOND,
	TOKEN_ZERO_SECOND,
	TOKEN_AM_PM,
	TOKEN_AM_PM_LOWER,
	TOKEN_OFFSET,         /* -0700 */
	TOKEN_OFFSET_COLON,   /* -07:00 */
	TOKEN_OFFSET_HOURS,   /* -07 */
	TOKEN_Z_OFFSET,       /* Z0700 */
	TOKEN_Z_OFFSET_COLON, /* Z07:00 */
	TOKEN_Z_OFFSET_HOURS, /* Z07 */
	TOKEN_FRACTION_ZERO,  /* .000 */
	TOKEN_FRACTION_NINE,  /* .999 */
};

/* Of those that begin alike the longer ones first. */
static const struct {
	struct str text;
	enum token token;
} tokens[] = {
    {STR_INIT("January"), TOKEN_LONG_MONTH},
    {STR_INIT("Jan"), TOKEN_MONTH_NAME},
    {STR_INIT("Monday"), TOKEN_LONG_WEEKDAY},
    {STR_INIT("Mon"), TOKEN_WEEKDAY},
    {STR_INIT("MST"), TOKEN_ZONE_NAME},
    {STR_INIT("2006"), TOKEN_YEAR},
    {STR_INIT("002"), TOKEN_ZERO_YEAR_DAY},
    {STR_INIT("01"), TOKEN_ZERO_MONTH},
    {STR_INIT("02"), TOKEN_ZERO_DAY},
    {STR_INIT("03"), TOKEN_ZERO_HOUR12},
    {STR_INIT("04"), TOKEN_ZERO_MINUTE},
    {STR_INIT("05"), TOKEN_ZERO_SECOND},
    {STR_INIT("06"), TOKEN_SHORT_YEAR},
    {STR_INIT("15"), TOKEN_HOUR},
    {STR_INIT("1"), TOKEN_MONTH},
    {STR_INIT("__2"), TOKEN_SPACE_YEAR_DAY},
    {STR_INIT("_2"), TOKEN_SPACE_DAY},
    {STR_INIT("2"), TOKEN_DAY},
    {STR_INIT("3"), TOKEN_HOUR12},
    {STR_INIT("4"), TOKEN_MINUTE},
    {STR_INIT("5"), TOKEN_SECOND},
    {STR_INIT("PM"), TOKEN_AM_PM},
    {STR_INIT("pm"), TOKEN_AM_PM_LOWER},
    {STR_INIT("-07:00"), TOKEN_OFFSET_COLON},
    {STR_INIT("-0700"), TOKEN_OFFSET},
    {STR_INIT("-07"), TOKEN_OFFSET_HOURS},
    {STR_INIT("Z07:00"), TOKEN_Z_OFFSET_COLON},
    {STR_INIT("Z0700"), TOKEN_Z_OFFSET},
    {STR_INIT("Z07"), TOKEN_Z_OFFSET_HOURS},
};

static const struct str months[] = {
    STR_INIT("January"),   STR_INIT("February"), STR_INIT("March"),    STR_INIT("April"),
    STR_INIT("May"),       STR_INIT("June"),     STR_INIT("July"),     STR_INIT("August"),
    STR_INIT("September"), STR_INIT("October"),  STR_INIT("November"), STR_INIT("December"),
};
static const struct str weekdays[] = {
    STR_INIT("Sunday"),   STR_INIT("Monday"), STR_INIT("Tuesday"),  STR_INIT("Wednesday"),
    STR_INIT("Thursday"), STR_INIT("Friday"), STR_INIT("Saturday"),
};
#define SHORT_NAME_BYTES 3u

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits of a fraction: ".000" or ",999", not followed by another digit. */
static enum token fraction_at(struct str layout, size_t *ret_len)
{
	size_t n = 1;
	char digit = layout.len > 1 ? layout.ptr[1] : '\0';

	if ((layout.ptr[0] != '.' && layout.ptr[0] != ',') || (digit != '0' && digit != '9'))
		return TOKEN_NONE;
	while (n < layout.len && layout.ptr[n] == digit)
		n++;
	if (n < layout.len && is_digit(layout.ptr[n]))
		return TOKEN_NONE;
	*ret_len = n;
	return digit == '0' ? TOKEN_FRACTION_ZERO : TOKEN_FRACTION_NINE;
}

/* What the layout begins with, and its length; TOKEN_NONE: one literal byte. */
static enum token token_at(struct str layout, size_t *ret_len)
{
	enum token fraction = fraction_at(layout, ret_len);

	if (fraction != TOKEN_NONE)
		return fraction;
	*ret_len = 1;
	if (str_starts_with(layout, STR("_2006")))
		return TOKEN_NONE;
	for (size_t i = 0; i < N_ELEMENTS(tokens); i++) {
		char next = layout.len > tokens[i].text.len ? layout.ptr[tokens[i].text.len] : '\0';

		if (!str_starts_with(layout, tokens[i].text))
			continue;
		/* "Janet" is nobody's month. */
		if ((tokens[i].token == TOKEN_MONTH_NAME || tokens[i].token == TOKEN_WEEKDAY) && next >= 'a' &&
		    next <= 'z')
			continue;
		*ret_len = tokens[i].text.len;
		return tokens[i].token;
	}
	return TOKEN_NONE;
}

/* ---- to text ------------------------------------------------------------------------------------------- */

struct local {
	struct zone_date date;
	unsigned weekday;
	unsigned hour, minute, second;
};

static struct local local_of(int64_t seconds)
{
	int64_t days = seconds / SECONDS_A_DAY - (seconds % SECONDS_A_DAY < 0);
	unsigned second = (unsigned)(seconds - days * SECONDS_A_DAY);

	return (struct local){zone_date_of(days), zone_weekday_of(days), second / 3600, second / 60 % 60, second % 60};
}

static void add_number(struct buf *out, unsigned n, int width, char fill)
{
	char text[16];
	int len = fill == '0' ? snprintf(text, sizeof(text), "%0*u", width, n)
	                      : snprintf(text, sizeof(text), "%*u", width, n);

	buf_add(out, (struct str){text, (size_t)len});
}

static void add_offset(struct buf *out, enum token token, const struct layout_time *t)
{
	bool is_z = token == TOKEN_Z_OFFSET || token == TOKEN_Z_OFFSET_COLON || token == TOKEN_Z_OFFSET_HOURS;
	bool has_colon = token == TOKEN_OFFSET_COLON || token == TOKEN_Z_OFFSET_COLON;
	bool has_minutes = token != TOKEN_OFFSET_HOURS && token != TOKEN_Z_OFFSET_HOURS;
	unsigned minutes = (unsigned)(t->offset < 0 ? -t->offset : t->offset) / 60;

	if (is_z && t->offset == 0) {
		buf_add_char(out, 'Z');
		return;
	}
	buf_add_char(out, t->offset < 0 ? '-' : '+');
	add_number(out, minutes / 60, 2, '0');
	if (has_colon)
		buf_add_char(out, ':');
	if (has_minutes)
		add_number(out, minutes % 60, 2, '0');
}

/* As many digits as the layout has; of nines trailing zeros go. */
static void add_fraction(struct buf *out, struct str token, bool is_trimmed, uint32_t ns)
{
	char digits[16];
	size_t n = token.len - 1 > 9 ? 9 : token.len - 1;

	(void)snprintf(digits, sizeof(digits), "%09u", ns);
	while (is_trimmed && n > 0 && digits[n - 1] == '0')
		n--;
	if (is_trimmed && n == 0)
		return;
	buf_add_char(out, token.ptr[0]);
	buf_add(out, (struct str){digits, n});
	for (size_t i = n; !is_trimmed && i < token.len - 1; i++)
		buf_add_char(out, '0');
}

static unsigned hour12_of(unsigned hour)
{
	return hour % 12 ? hour % 12 : 12;
}

/* Years before 1000 have four digits, too. */
static void add_year(struct buf *out, int64_t year)
{
	add_number(out, (unsigned)(year < 0 ? 0 : year), 4, '0');
}

static void add_date(struct buf *out, enum token token, const struct local *l)
{
	switch ((int)token) {
	case TOKEN_LONG_MONTH:
		buf_add(out, months[l->date.month - 1]);
		break;
	case TOKEN_MONTH_NAME:
		buf_add(out, str_slice(months[l->date.month - 1], 0, SHORT_NAME_BYTES));
		break;
	case TOKEN_LONG_WEEKDAY:
		buf_add(out, weekdays[l->weekday]);
		break;
	case TOKEN_WEEKDAY:
		buf_add(out, str_slice(weekdays[l->weekday], 0, SHORT_NAME_BYTES));
		break;
	case TOKEN_YEAR:
		add_year(out, l->date.year);
		break;
	case TOKEN_SHORT_YEAR:
		add_number(out, (unsigned)(l->date.year % 100), 2, '0');
		break;
	case TOKEN_MONTH:
	case TOKEN_ZERO_MONTH:
		add_number(out, l->date.month, token == TOKEN_MONTH ? 1 : 2, '0');
		break;
	case TOKEN_DAY:
	case TOKEN_ZERO_DAY:
		add_number(out, l->date.day, token == TOKEN_DAY ? 1 : 2, '0');
		break;
	case TOKEN_SPACE_DAY:
		add_number(out, l->date.day, 2, ' ');
		break;
	default:
		add_number(out, l->date.day_of_year + 1, 3, token == TOKEN_SPACE_YEAR_DAY ? ' ' : '0');
		break;
	}
}

static void add_clock(struct buf *out, enum token token, const struct local *l)
{
	switch ((int)token) {
	case TOKEN_HOUR:
		add_number(out, l->hour, 2, '0');
		break;
	case TOKEN_HOUR12:
	case TOKEN_ZERO_HOUR12:
		add_number(out, hour12_of(l->hour), token == TOKEN_HOUR12 ? 1 : 2, '0');
		break;
	case TOKEN_MINUTE:
	case TOKEN_ZERO_MINUTE:
		add_number(out, l->minute, token == TOKEN_MINUTE ? 1 : 2, '0');
		break;
	case TOKEN_SECOND:
	case TOKEN_ZERO_SECOND:
		add_number(out, l->second, token == TOKEN_SECOND ? 1 : 2, '0');
		break;
	case TOKEN_AM_PM:
		buf_add(out, l->hour >= 12 ? STR("PM") : STR("AM"));
		break;
	default:
		buf_add(out, l->hour >= 12 ? STR("pm") : STR("am"));
		break;
	}
}

static void add_token(struct buf *out, enum token token, struct str text, const struct layout_time *t)
{
	struct local l = local_of(t->seconds + t->offset);

	if (token == TOKEN_NONE)
		buf_add(out, text);
	else if (token == TOKEN_ZONE_NAME)
		buf_add(out, str_is_empty(t->zone) ? STR("UTC") : t->zone);
	else if (token >= TOKEN_FRACTION_ZERO)
		add_fraction(out, text, token == TOKEN_FRACTION_NINE, t->ns);
	else if (token >= TOKEN_OFFSET)
		add_offset(out, token, t);
	else if (token >= TOKEN_HOUR)
		add_clock(out, token, &l);
	else
		add_date(out, token, &l);
}

void layout_format(struct buf *out, struct str layout, const struct layout_time *t)
{
	size_t len;

	while (layout.len > 0) {
		enum token token = token_at(layout, &len);

		add_token(out, token, str_slice(layout, 0, len), t);
		layout = str_slice(layout, len, layout.len);
	}
}

/* ---- from text ----------------------------------------------------------------------------------------- */

struct parsed {
	int64_t year;
	unsigned month, day, year_day; /* 0: not said */
	unsigned hour, minute, second;
	bool is_pm, has_am_pm;
	uint32_t ns;
	int32_t offset;
	bool has_offset;
};

/* Cuts `min` to `max` digits off; false when there are fewer. */
static bool take_number(struct str *text, size_t min, size_t max, unsigned *ret)
{
	size_t n = 0;
	unsigned value = 0;

	while (n < max && n < text->len && is_digit(text->ptr[n]))
		value = value * 10 + (unsigned)(text->ptr[n++] - '0');
	if (n < min)
		return false;
	*text = str_slice(*text, n, text->len);
	*ret = value;
	return true;
}

static bool take_text(struct str *text, struct str what)
{
	if (text->len < what.len || !str_eq_nocase(str_slice(*text, 0, what.len), what))
		return false;
	*text = str_slice(*text, what.len, text->len);
	return true;
}

/* One of the names, whole or its first letters; `*ret` counts from 0. */
static bool take_name(struct str *text, const struct str *names, unsigned n, bool is_short, unsigned *ret)
{
	for (unsigned i = 0; i < n; i++) {
		*ret = i;
		if (take_text(text, is_short ? str_slice(names[i], 0, SHORT_NAME_BYTES) : names[i]))
			return true;
	}
	return false;
}

static bool take_offset(struct str *text, enum token token, struct parsed *p)
{
	bool is_z = token == TOKEN_Z_OFFSET || token == TOKEN_Z_OFFSET_COLON || token == TOKEN_Z_OFFSET_HOURS;
	bool has_colon = token == TOKEN_OFFSET_COLON || token == TOKEN_Z_OFFSET_COLON;
	bool has_minutes = token != TOKEN_OFFSET_HOURS && token != TOKEN_Z_OFFSET_HOURS;
	unsigned hours, minutes = 0;
	bool is_west;

	p->has_offset = true;
	if (is_z && take_text(text, STR("Z")))
		return true;
	is_west = take_text(text, STR("-"));
	if (!is_west && !take_text(text, STR("+")))
		return false;
	if (!take_number(text, 2, 2, &hours) || (has_colon && !take_text(text, STR(":"))) ||
	    (has_minutes && !take_number(text, 2, 2, &minutes)) || hours > 24 || minutes > 59)
		return false;
	p->offset = (int32_t)(hours * 3600 + minutes * 60) * (is_west ? -1 : 1);
	return true;
}

/* A dot or comma and digits; of nines it may be missing. */
static bool take_fraction(struct str *text, struct str token, bool is_optional, struct parsed *p)
{
	size_t n = 0, wanted = token.len - 1;
	uint32_t ns = 0;

	if (text->len == 0 || (text->ptr[0] != '.' && text->ptr[0] != ','))
		return is_optional;
	*text = str_slice(*text, 1, text->len);
	while (n < text->len && is_digit(text->ptr[n]) && (is_optional || n < wanted)) {
		if (n < 9)
			ns = ns * 10 + (uint32_t)(text->ptr[n] - '0');
		n++;
	}
	for (size_t i = n; i < 9; i++)
		ns *= 10;
	*text = str_slice(*text, n, text->len);
	p->ns = ns;
	return is_optional ? n > 0 : n == wanted;
}

static bool take_year(struct str *text, bool is_short, struct parsed *p)
{
	unsigned year;

	if (!take_number(text, is_short ? 2 : 4, is_short ? 2 : 4, &year))
		return false;
	/* As POSIX has it: 69 is the first of the last century. */
	p->year = !is_short ? year : year >= 69 ? 1900 + year : 2000 + year;
	return true;
}

static bool take_date(struct str *text, enum token token, struct parsed *p)
{
	unsigned n;

	switch ((int)token) {
	case TOKEN_LONG_MONTH:
	case TOKEN_MONTH_NAME:
		if (!take_name(text, months, N_ELEMENTS(months), token == TOKEN_MONTH_NAME, &n))
			return false;
		p->month = n + 1;
		return true;
	case TOKEN_LONG_WEEKDAY: /* read, and not held against the date */
	case TOKEN_WEEKDAY:
		return take_name(text, weekdays, N_ELEMENTS(weekdays), token == TOKEN_WEEKDAY, &n);
	case TOKEN_YEAR:
	case TOKEN_SHORT_YEAR:
		return take_year(text, token == TOKEN_SHORT_YEAR, p);
	case TOKEN_MONTH:
	case TOKEN_ZERO_MONTH:
		return take_number(text, token == TOKEN_MONTH ? 1 : 2, 2, &p->month) && p->month > 0;
	case TOKEN_SPACE_DAY:
		(void)take_text(text, STR(" "));
		return take_number(text, 1, 2, &p->day) && p->day > 0;
	case TOKEN_DAY:
	case TOKEN_ZERO_DAY:
		return take_number(text, token == TOKEN_DAY ? 1 : 2, 2, &p->day) && p->day > 0;
	default:
		while (token == TOKEN_SPACE_YEAR_DAY && take_text(text, STR(" ")))
			;
		return take_number(text, token == TOKEN_SPACE_YEAR_DAY ? 1 : 3, 3, &p->year_day) && p->year_day > 0;
	}
}

static bool take_clock(struct str *text, enum token token, struct parsed *p)
{
	switch ((int)token) {
	case TOKEN_HOUR:
		return take_number(text, 2, 2, &p->hour) && p->hour < 24;
	case TOKEN_HOUR12:
	case TOKEN_ZERO_HOUR12:
		return take_number(text, token == TOKEN_HOUR12 ? 1 : 2, 2, &p->hour) && p->hour <= 12;
	case TOKEN_MINUTE:
	case TOKEN_ZERO_MINUTE:
		return take_number(text, token == TOKEN_MINUTE ? 1 : 2, 2, &p->minute) && p->minute < 60;
	case TOKEN_SECOND:
	case TOKEN_ZERO_SECOND:
		return take_number(text, token == TOKEN_SECOND ? 1 : 2, 2, &p->second) && p->second < 60;
	default:
		p->has_am_pm = true;
		p->is_pm = take_text(text, STR("PM"));
		return p->is_pm || take_text(text, STR("AM"));
	}
}

/* A zone's name says nothing that one could rely on: only UTC is known. */
static bool take_zone_name(struct str *text, struct parsed *p)
{
	p->has_offset = true;
	return take_text(text, STR("UTC")) || take_text(text, STR("GMT"));
}

static bool take_token(struct str *text, enum token token, struct str layout, struct parsed *p)
{
	if (token == TOKEN_NONE)
		return take_text(text, layout);
	if (token == TOKEN_ZONE_NAME)
		return take_zone_name(text, p);
	if (token >= TOKEN_FRACTION_ZERO)
		return take_fraction(text, layout, token == TOKEN_FRACTION_NINE, p);
	if (token >= TOKEN_OFFSET)
		return take_offset(text, token, p);
	return token >= TOKEN_HOUR ? take_clock(text, token, p) : take_date(text, token, p);
}

/* Seconds may have a fraction that the layout does not show. */
static bool take_hidden_fraction(struct str *text, struct str rest, struct parsed *p)
{
	size_t len;
	enum token next = rest.len ? token_at(rest, &len) : TOKEN_NONE;

	if (next == TOKEN_FRACTION_ZERO || next == TOKEN_FRACTION_NINE || text->len < 2 || text->ptr[0] != '.' ||
	    !is_digit(text->ptr[1]))
		return true;
	return take_fraction(text, STR(".9"), true, p);
}

static bool days_of(const struct parsed *p, int64_t *ret)
{
	static const unsigned char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	unsigned month = p->month ? p->month : 1, day = p->day ? p->day : 1, leap = zone_is_leap_year(p->year);

	if (p->year_day) {
		*ret = zone_days_of(p->year, 1, p->year_day);
		return p->year_day <= 365 + leap;
	}
	if (month > 12 || day > lengths[month - 1] + (month == 2 ? leap : 0))
		return false;
	*ret = zone_days_of(p->year, month, day);
	return true;
}

bool layout_parse(struct str text, struct str layout, struct layout_time *ret)
{
	struct parsed p = {0};
	int64_t days;
	size_t len;

	while (layout.len > 0) {
		enum token token = token_at(layout, &len);
		struct str part = str_slice(layout, 0, len);

		layout = str_slice(layout, len, layout.len);
		if (!take_token(&text, token, part, &p))
			return false;
		if ((token == TOKEN_SECOND || token == TOKEN_ZERO_SECOND) && !take_hidden_fraction(&text, layout, &p))
			return false;
	}
	if (text.len > 0 || !days_of(&p, &days))
		return false;
	if (p.has_am_pm)
		p.hour = p.hour % 12 + (p.is_pm ? 12 : 0);
	*ret = (struct layout_time){
	    .seconds = days * SECONDS_A_DAY + (int64_t)p.hour * 3600 + p.minute * 60 + p.second,
	    .ns = p.ns,
	    .offset = p.offset,
	    .has_offset = p.has_offset,
	};
	return true;
}
