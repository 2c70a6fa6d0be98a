/* SPDX-License-Identifier: Apache-2.0
 *
 * Values as string() has them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/utf8.h"
#include "cel-oracle.h"

/* Digits behind the point, without the zeros that end them. */
static void print_fraction(struct buf *out, unsigned ns)
{
	char text[16];
	int n = snprintf(text, sizeof(text), ".%09u", ns);

	while (n > 0 && text[n - 1] == '0')
		n--;
	buf_add(out, (struct str){text, n > 1 ? (size_t)n : 0});
}

/* The fewest digits that read back, laid out as "%g" would with its usual precision. */
static void print_double(struct buf *out, double d)
{
	char text[40];
	int precision = 0;

	if (isnan(d) || isinf(d)) {
		buf_add(out, str_of(isnan(d) ? "NaN" : d < 0 ? "-Infinity" : "Infinity"));
		return;
	}
	do
		snprintf(text, sizeof(text), "%.*e", precision++, d);
	while (strtod(text, NULL) != d);
	char *e = strchr(text, 'e');
	int exponent = (int)strtol(e + 1, NULL, 10);
	if (exponent < -4 || exponent >= 6)
		buf_add(out, str_of(text));
	else if (precision - 1 - exponent > 0)
		buf_addf(out, "%.*f", precision - 1 - exponent, d);
	else
		buf_addf(out, "%.0f", d);
}

static void print_time(struct buf *out, struct oracle_value v)
{
	time_t at = (time_t)v.i;
	struct tm tm = {0};

	(void)gmtime_r(&at, &tm);

	buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	         tm.tm_min, tm.tm_sec);
	print_fraction(out, v.ns);
	buf_add_char(out, 'Z');
}

static void print_duration(struct buf *out, int64_t ns)
{
	__int128 size = ns < 0 ? -(__int128)ns : ns;

	buf_addf(out, "%s%llu", ns < 0 ? "-" : "", (unsigned long long)(size / 1000000000));
	print_fraction(out, (unsigned)(size % 1000000000));
	buf_add_char(out, 's');
}

bool oracle_to_text(struct buf *out, struct oracle_value v)
{
	if (v.kind == O_INT)
		buf_addf(out, "%lld", (long long)v.i);
	else if (v.kind == O_UINT)
		buf_addf(out, "%llu", (unsigned long long)v.u);
	else if (v.kind == O_BOOL)
		buf_add(out, str_of(v.b ? "true" : "false"));
	else if (v.kind == O_DOUBLE)
		print_double(out, v.d);
	else if (v.kind == O_TIMESTAMP)
		print_time(out, v);
	else if (v.kind == O_DURATION)
		print_duration(out, v.i);
	else if (v.kind == O_BYTES && utf8_is_valid((struct str){(const char *)v.bytes, v.n}))
		buf_add(out, (struct str){(const char *)v.bytes, v.n});
	else
		return false;
	return true;
}
