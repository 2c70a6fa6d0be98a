#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Time zones: what the local time was, is and will be at an instant. Names are those of the tz database
 * ("Europe/Berlin"), read from its compiled files (RFC 8536, "TZif"), or offsets ("+02:00", "02:00", "-00:30": the sign
 * is the minutes' too); "" is UTC.
 *
 * Zones that were read are kept for the life of the process, immutable, at most ZONE_MAX_CACHED; finding one again and
 * asking it takes no lock. Any thread.
 */
#include "base/str.h"

struct zone;

#define ZONE_MAX_CACHED     1000u /* the tz database has about 600 names */
#define ZONE_MAX_NAME_BYTES 64u

/* A zone of the database, which may have to be read; NULL: there is none of that name, or too many are kept. */
const struct zone *zone_find(struct str name);
/* Seconds east of UTC at `t` (seconds since 1970). */
int32_t zone_offset(const struct zone *z, int64_t t);

/* Any of the spellings above: the seconds east of UTC at `t`. False: no zone is called that. */
bool zone_offset_of(struct str name, int64_t t, int32_t *ret_seconds);

/*
 * Reads the contents of a compiled file, whose bytes need not stay. Owned by the caller, zone_free(); NULL: malformed.
 */
struct zone *zone_parse(struct str tzif);
void zone_free(struct zone *z); /* accepts NULL */

/* ---- the calendar -------------------------------------------------------------------------------------------- */

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar; `month` from 1, `day` may be any. */
int64_t zone_days_of(int64_t year, unsigned month, int64_t day);

struct zone_date {
	int64_t year;
	unsigned month;       /* from 1 */
	unsigned day;         /* from 1 */
	unsigned day_of_year; /* from 0 */
};
struct zone_date zone_date_of(int64_t days);
/* 0 is Sunday. */
unsigned zone_weekday_of(int64_t days);
bool zone_is_leap_year(int64_t year);
