/* SPDX-License-Identifier: Apache-2.0
 *
 * now() and time.*: texts by Go's reference layouts ("2006-01-02 15:04"), and the beginnings and ends of days, weeks
 * (from Monday), months, quarters and years in a time zone.
 */
#include "expr/zone.h"
#include "policy/conditions_impl.h"
#include "policy/layout.h"

#define SECONDS_A_DAY   INT64_C(86400)
#define TIMESTAMP_FIRST INT64_C(-62135596800)
#define TIMESTAMP_LAST  INT64_C(253402300799)
#define UNITS_OF_ZONE   100u /* an unknown name is looked for in the file system */
#define LAST_NS         999999999u

static struct str layout_of(struct str given)
{
	static const struct {
		struct str alias, layout;
	} aliases[] = {
	    {STR_INIT("rfc3339"), STR_INIT("2006-01-02T15:04:05Z07:00")},
	    {STR_INIT("date"), STR_INIT("2006-01-02")},
	    {STR_INIT("datetime"), STR_INIT("2006-01-02 15:04:05")},
	    {STR_INIT("time"), STR_INIT("15:04:05")},
	};

	for (size_t i = 0; i < N_ELEMENTS(aliases); i++)
		if (str_eq_nocase(given, aliases[i].alias))
			return aliases[i].layout;
	return given;
}

static struct cel_value checked(struct cel_eval *ev, int64_t seconds, uint32_t ns)
{
	if (seconds < TIMESTAMP_FIRST || seconds > TIMESTAMP_LAST)
		return cel_fail(ev, CEL_RANGE, "timestamp");
	return cel_timestamp(seconds, ns);
}

/* The offset of a zone at an instant; false and the error. */
static bool offset_of(struct cel_eval *ev, struct str zone, int64_t seconds, int32_t *ret, struct cel_value *ret_error)
{
	*ret_error = cel_aborted();
	if (!cel_charge(ev, UNITS_OF_ZONE))
		return false;
	if (zone_offset_of(zone, seconds, ret))
		return true;
	*ret_error = cel_fail(ev, CEL_BAD_ARGUMENT, "unknown time zone " STR_FMT, STR_ARG(zone));
	return false;
}

/* The instant of a local time; the earlier offset where a change of clocks leaves two, or none. */
static bool to_instant(struct cel_eval *ev, struct str zone, int64_t local, int64_t *ret, struct cel_value *ret_error)
{
	int32_t offset;

	if (!offset_of(ev, zone, local, &offset, ret_error) || !offset_of(ev, zone, local - offset, &offset, ret_error))
		return false;
	*ret = local - offset;
	return true;
}

static struct str zone_argument(const struct cel_value *args, size_t n_args, size_t at)
{
	return at < n_args ? cel_text(args[at]) : STR("");
}

/* ---- texts --------------------------------------------------------------------------------------------- */

static struct cel_value now(struct cel_eval *ev, const struct cel_value *args UNUSED, size_t n_args UNUSED)
{
	int64_t ms = cel_now_ms(ev);
	int64_t seconds = ms / 1000 - (ms % 1000 < 0);

	return cel_timestamp(seconds, (uint32_t)(ms - seconds * 1000) * 1000000u);
}

static struct cel_value format(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(BUF_MAX_LINE_BYTES);
	struct layout_time t = {.seconds = args[0].i, .ns = args[0].n, .zone = zone_argument(args, n_args, 2)};
	struct cel_value error;

	if (!cel_charge(ev, cel_units_of(args[1].n)))
		return cel_aborted();
	if (!offset_of(ev, t.zone, t.seconds, &t.offset, &error))
		return error;
	layout_format(&text, layout_of(cel_text(args[1])), &t);
	if (text.overflowed)
		return cel_fail(ev, CEL_BAD_ARGUMENT, "the layout is too long");
	return cel_make_string(ev, buf_str(&text));
}

/* False: the text is not of the layout, or `*ret` is another error. */
static bool parse(struct cel_eval *ev, const struct cel_value *args, struct str zone, struct cel_value *ret)
{
	struct layout_time t = {0};
	int64_t seconds;

	*ret = cel_aborted();
	if (!cel_charge(ev, cel_units_of((uint64_t)args[0].n + args[1].n)))
		return false;
	if (!layout_parse(cel_text(args[0]), layout_of(cel_text(args[1])), &t)) {
		*ret = cel_fail(ev, CEL_BAD_ARGUMENT, "cannot parse \"" STR_FMT "\" as \"" STR_FMT "\"",
		                STR_ARG(cel_text(args[0])), STR_ARG(cel_text(args[1])));
		return false;
	}
	seconds = t.seconds - t.offset;
	if (!t.has_offset && !to_instant(ev, zone, t.seconds, &seconds, ret))
		return false;
	*ret = checked(ev, seconds, t.ns);
	return !cel_is_error(*ret);
}

static struct cel_value parse_time(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	struct cel_value v;

	(void)parse(ev, args, zone_argument(args, n_args, 2), &v);
	return v;
}

static struct cel_value try_parse(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_value v;

	if (parse(ev, args, STR(""), &v) || !v.error)
		return v;
	return args[2];
}

static struct cel_value of_unix(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	return checked(ev, args[0].i, 0);
}

static struct cel_value of_unix_ms(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	int64_t seconds = args[0].i / 1000 - (args[0].i % 1000 < 0);

	return checked(ev, seconds, (uint32_t)(args[0].i - seconds * 1000) * 1000000u);
}

/* ---- beginnings and ends ----------------------------------------------------------------------------------- */

static const struct str units[] = {
    STR_INIT("minute"), STR_INIT("hour"),    STR_INIT("day"),  STR_INIT("week"),
    STR_INIT("month"),  STR_INIT("quarter"), STR_INIT("year"),
};
enum unit { UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_QUARTER, UNIT_YEAR, N_UNITS };
static_assert(N_ELEMENTS(units) == N_UNITS, "every unit has its name");

static bool unit_of(struct str name, enum unit *ret)
{
	for (unsigned u = 0; u < N_UNITS; u++) {
		if (!str_eq(units[u], name))
			continue;
		*ret = (enum unit)u;
		return true;
	}
	return false;
}

/* The first second of the `n_later`-th unit from the one that the local time is in. */
static int64_t start_of_unit(int64_t local, enum unit unit, unsigned n_later)
{
	int64_t days = local / SECONDS_A_DAY - (local % SECONDS_A_DAY < 0);
	int64_t second = local - days * SECONDS_A_DAY;
	struct zone_date date = zone_date_of(days);
	unsigned month = date.month;

	switch (unit) {
	case UNIT_MINUTE:
		return local - second % 60 + 60 * (int64_t)n_later;
	case UNIT_HOUR:
		return local - second % 3600 + 3600 * (int64_t)n_later;
	case UNIT_DAY:
		return (days + n_later) * SECONDS_A_DAY;
	case UNIT_WEEK: /* from Monday */
		return (days - (zone_weekday_of(days) + 6) % 7 + 7 * (int64_t)n_later) * SECONDS_A_DAY;
	case UNIT_QUARTER:
		month = (date.month - 1) / 3 * 3 + 1 + 3 * n_later;
		break;
	case UNIT_MONTH:
		month += n_later;
		break;
	case UNIT_YEAR:
	case N_UNITS:
		month = 1 + 12 * n_later;
		break;
	}
	return zone_days_of(date.year + (month - 1) / 12, (month - 1) % 12 + 1, 1) * SECONDS_A_DAY;
}

static struct cel_value edge(struct cel_eval *ev, const struct cel_value *args, size_t n_args, bool is_end)
{
	struct str zone = zone_argument(args, n_args, 2);
	struct cel_value error;
	int32_t offset;
	int64_t instant;
	enum unit unit;

	if (!unit_of(cel_text(args[1]), &unit))
		return cel_fail(ev, CEL_BAD_ARGUMENT, "unknown unit of time \"" STR_FMT "\"",
		                STR_ARG(cel_text(args[1])));
	if (!offset_of(ev, zone, args[0].i, &offset, &error))
		return error;
	if (!to_instant(ev, zone, start_of_unit(args[0].i + offset, unit, is_end), &instant, &error))
		return error;
	/* The end is the last nanosecond before the next one begins. */
	return is_end ? checked(ev, instant - 1, LAST_NS) : checked(ev, instant, 0);
}

static struct cel_value start_of(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	return edge(ev, args, n_args, false);
}

static struct cel_value end_of(struct cel_eval *ev, const struct cel_value *args, size_t n_args)
{
	return edge(ev, args, n_args, true);
}

/* ---- texts that may be empty ------------------------------------------------------------------------------- */

static struct cel_value if_empty(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	return args[0].n ? args[0] : args[1];
}

#define T "timestamp"
#define S "string"

static const struct condition_function functions[] = {
    {"now", "c1_now", "", T, 0, now},
    {"time.parse", "c1_time_parse", S "," S, T, 0, parse_time},
    {"time.parse", "c1_time_parse_zone", S "," S "," S, T, 0, parse_time},
    {"time.try_parse", "c1_time_try_parse", S "," S "," T, T, 0, try_parse},
    {"time.format", "c1_time_format", T "," S, S, 0, format},
    {"time.format", "c1_time_format_zone", T "," S "," S, S, 0, format},
    {"time.unix", "c1_time_unix", "int", T, 0, of_unix},
    {"time.unix_ms", "c1_time_unix_ms", "int", T, 0, of_unix_ms},
    {"time.start_of", "c1_time_start_of", T "," S, T, 0, start_of},
    {"time.start_of", "c1_time_start_of_zone", T "," S "," S, T, 0, start_of},
    {"time.truncate", "c1_time_truncate", T "," S, T, 0, start_of},
    {"time.truncate", "c1_time_truncate_zone", T "," S "," S, T, 0, start_of},
    {"time.end_of", "c1_time_end_of", T "," S, T, 0, end_of},
    {"time.end_of", "c1_time_end_of_zone", T "," S "," S, T, 0, end_of},
    {"ifEmpty", "c1_if_empty", S "," S, S, CEL_RECEIVER, if_empty},
};
const struct condition_function_table condition_times = {functions, N_ELEMENTS(functions)};
