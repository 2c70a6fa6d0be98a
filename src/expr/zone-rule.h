#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The rule that a compiled time zone ends with (POSIX's TZ variable with the extensions of RFC 8536, section 3.3.1):
 * "CET-1CEST,M3.5.0,M10.5.0/3". It tells the local time behind the table of the file.
 */
#include "expr/zone.h"

enum zone_day_kind {
	ZONE_DAY_MONTH,     /* M3.5.0: the last Sunday of March */
	ZONE_DAY_JULIAN,    /* J60: 1 March in every year */
	ZONE_DAY_ZERO_BASED /* 59: day of the year from 0, leap days counted */
};
struct zone_day {
	enum zone_day_kind kind;
	uint16_t month, week, weekday; /* of ZONE_DAY_MONTH */
	uint16_t day;                  /* of the others */
	int32_t seconds;               /* after midnight, local time; may be negative or beyond a day */
};
struct zone_rule {
	bool has_dst;
	int32_t standard, daylight; /* seconds east of UTC */
	struct zone_day start, end; /* of daylight saving time */
};

/* False: malformed. */
bool zone_rule_parse(struct str text, struct zone_rule *ret);
int32_t zone_rule_offset(const struct zone_rule *r, int64_t t);
