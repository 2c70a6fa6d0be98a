/* SPDX-License-Identifier: Apache-2.0
 *
 * timestamp(), duration() and their accessors; int() and string() of them are the standard library's.
 */
#include "expr/lib.h"
#include "expr/zone.h"

#define SECONDS_A_DAY   INT64_C(86400)
#define TIMESTAMP_FIRST INT64_C(-62135596800)
#define TIMESTAMP_LAST  INT64_C(253402300799)
#define UNITS_OF_ZONE   100u /* an unknown name is looked for in the file system */

/* ---- conversions ------------------------------------------------------------------------------------------------- */

static struct cel_value timestamp_of_string(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_value v;

	if (!cel_charge(ev, cel_units_of(args[0].n)))
		return cel_aborted();
	if (!cel_time_parse(cel_text(args[0]), &v))
		return cel_fail(ev, CEL_BAD_ARGUMENT, "invalid RFC 3339 timestamp \"%.*s\"",
		                STR_ARG(cel_text(args[0])));
	return v;
}

static struct cel_value timestamp_of_int(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	if (args[0].i < TIMESTAMP_FIRST || args[0].i > TIMESTAMP_LAST)
		return cel_fail(ev, CEL_RANGE, "timestamp");
	return cel_timestamp(args[0].i, 0);
}

static struct cel_value duration_of_string(struct cel_eval *ev, const struct cel_value *args, size_t n_args UNUSED)
{
	struct cel_value v;

	if (!cel_charge(ev, cel_units_of(args[0].n)))
		return cel_aborted();
	if (!cel_duration_parse(cel_text(args[0]), &v))
		return cel_fail(ev, CEL_BAD_ARGUMENT, "invalid duration \"%.*s\"", STR_ARG(cel_text(args[0])));
	return v;
}

static struct cel_value itself(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	return args[0];
}

/* ---- accessors of timestamps ------------------------------------------------------------------------------------- */

/* The local time of a timestamp. */
struct local {
	int64_t days;    /* since 1970-01-01 */
	unsigned second; /* of the day */
	uint32_t ns;
};

/* args[0] in the zone that args[1] names, or UTC. False and the error in `ret_error`. */
static bool to_local(struct cel_eval *ev, const struct cel_value *args, size_t n_args, struct local *ret,
                     struct cel_value *ret_error)
{
	int32_t offset = 0;

	if (n_args == 2 && !zone_offset_of(cel_text(args[1]), args[0].i, &offset)) {
		*ret_error = cel_charge(ev, UNITS_OF_ZONE)
		                 ? cel_fail(ev, CEL_BAD_ARGUMENT, "unknown time zone %.*s", STR_ARG(cel_text(args[1])))
		                 : cel_aborted();
		return false;
	}
	int64_t t = args[0].i + offset;
	ret->days = t / SECONDS_A_DAY - (t % SECONDS_A_DAY < 0);
	ret->second = (unsigned)(t - ret->days * SECONDS_A_DAY);
	ret->ns = args[0].n;
	return true;
}

/* Defines the function of an accessor: `what` is made of the struct local `l`. */
#define ACCESSOR(name, what)                                                                                           \
	static struct cel_value name(struct cel_eval *ev, const struct cel_value *args, size_t n_args)                 \
	{                                                                                                              \
		struct local l;                                                                                        \
		struct cel_value error;                                                                                \
                                                                                                                       \
		return to_local(ev, args, n_args, &l, &error) ? cel_int((int64_t)(what)) : error;                      \
	}
ACCESSOR(full_year, zone_date_of(l.days).year)
ACCESSOR(month, zone_date_of(l.days).month - 1)
ACCESSOR(date, zone_date_of(l.days).day)
ACCESSOR(day_of_month, zone_date_of(l.days).day - 1)
ACCESSOR(day_of_week, zone_weekday_of(l.days))
ACCESSOR(day_of_year, zone_date_of(l.days).day_of_year)
ACCESSOR(hours, l.second / 3600)
ACCESSOR(minutes, l.second / 60 % 60)
ACCESSOR(seconds, l.second % 60)
ACCESSOR(milliseconds, l.ns / 1000000)

/* ---- accessors of durations -------------------------------------------------------------------------------------- */

static struct cel_value duration_hours(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	return cel_int(args[0].i / (3600 * CEL_NS_PER_S));
}

static struct cel_value duration_minutes(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	return cel_int(args[0].i / (60 * CEL_NS_PER_S));
}

static struct cel_value duration_seconds(struct cel_eval *ev UNUSED, const struct cel_value *args, size_t n_args UNUSED)
{
	return cel_int(args[0].i / CEL_NS_PER_S);
}

/* The part of a second, unlike the other three, which are the whole duration: the conformance suite has it so. */
static struct cel_value duration_milliseconds(struct cel_eval *ev UNUSED, const struct cel_value *args,
                                              size_t n_args UNUSED)
{
	return cel_int(args[0].i % CEL_NS_PER_S / 1000000);
}

#define CONVERSION(function, overload_id, from, to, how)                                                               \
	{                                                                                                              \
		.name = STR_INIT(function), .id = STR_INIT(overload_id), .flags = CEL_PURE, .params = {&from},         \
		.n_params = 1, .result = &to, .call = how                                                              \
	}
#define OF_DURATION(function, overload_id, how)                                                                        \
	{                                                                                                              \
		.name = STR_INIT(function), .id = STR_INIT(overload_id), .flags = CEL_PURE | CEL_RECEIVER,             \
		.params = {&cel_type_duration}, .n_params = 1, .result = &cel_type_int, .call = how                    \
	}
/* Without and with a time zone. */
#define OF_TIMESTAMP(function, overload_id, how)                                                                       \
	{.name = STR_INIT(function),                                                                                   \
	 .id = STR_INIT(overload_id),                                                                                  \
	 .flags = CEL_PURE | CEL_RECEIVER,                                                                             \
	 .params = {&cel_type_timestamp},                                                                              \
	 .n_params = 1,                                                                                                \
	 .result = &cel_type_int,                                                                                      \
	 .call = how},                                                                                                 \
	{                                                                                                              \
		.name = STR_INIT(function), .id = STR_INIT(overload_id "_with_tz"), .flags = CEL_PURE | CEL_RECEIVER,  \
		.params = {&cel_type_timestamp, &cel_type_string}, .n_params = 2, .result = &cel_type_int, .call = how \
	}

static const struct cel_overload overloads[] = {
    CONVERSION("timestamp", "string_to_timestamp", cel_type_string, cel_type_timestamp, timestamp_of_string),
    CONVERSION("timestamp", "int64_to_timestamp", cel_type_int, cel_type_timestamp, timestamp_of_int),
    CONVERSION("timestamp", "timestamp_to_timestamp", cel_type_timestamp, cel_type_timestamp, itself),
    CONVERSION("duration", "string_to_duration", cel_type_string, cel_type_duration, duration_of_string),
    CONVERSION("duration", "duration_to_duration", cel_type_duration, cel_type_duration, itself),
    OF_TIMESTAMP("getFullYear", "timestamp_to_year", full_year),
    OF_TIMESTAMP("getMonth", "timestamp_to_month", month),
    OF_TIMESTAMP("getDate", "timestamp_to_day_of_month_1_based", date),
    OF_TIMESTAMP("getDayOfMonth", "timestamp_to_day_of_month", day_of_month),
    OF_TIMESTAMP("getDayOfWeek", "timestamp_to_day_of_week", day_of_week),
    OF_TIMESTAMP("getDayOfYear", "timestamp_to_day_of_year", day_of_year),
    OF_TIMESTAMP("getHours", "timestamp_to_hours", hours),
    OF_TIMESTAMP("getMinutes", "timestamp_to_minutes", minutes),
    OF_TIMESTAMP("getSeconds", "timestamp_to_seconds", seconds),
    OF_TIMESTAMP("getMilliseconds", "timestamp_to_milliseconds", milliseconds),
    OF_DURATION("getHours", "duration_to_hours", duration_hours),
    OF_DURATION("getMinutes", "duration_to_minutes", duration_minutes),
    OF_DURATION("getSeconds", "duration_to_seconds", duration_seconds),
    OF_DURATION("getMilliseconds", "duration_to_milliseconds", duration_milliseconds),
};
const struct cel_overload_table cel_lib_time = {overloads, N_ELEMENTS(overloads)};
