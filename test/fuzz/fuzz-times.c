/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes are taken for a compiled time zone, for the rule of one, for a timestamp and for a duration. Zones that are
 * accepted tell offsets of at most a week at any time; timestamps and durations survive being printed and read again.
 */
#include <stdlib.h>

#include "expr/lib.h"
#include "expr/zone-rule.h"

#define A_WEEK         (INT32_C(7) * 86400 + 7200)
#define MAX_TEXT_BYTES 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int64_t instants[] = {INT64_C(-62135596800), -1, 0, 951782400, 1793318400, INT64_C(253402300799)};

static void check_offset(int32_t seconds, int32_t limit)
{
	if (seconds <= -limit || seconds >= limit)
		abort();
}

static void check_zone(struct str input)
{
	struct zone *z = zone_parse(input);
	struct zone_rule rule;

	for (size_t i = 0; z && i < N_ELEMENTS(instants); i++)
		check_offset(zone_offset(z, instants[i]), A_WEEK);
	zone_free(z);
	if (zone_rule_parse(input, &rule)) {
		for (size_t i = 0; i < N_ELEMENTS(instants); i++)
			check_offset(zone_rule_offset(&rule, instants[i]), A_WEEK);
	}
}

static void check_timestamp(struct str input)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT_BYTES);
	struct cel_value first, second;

	if (!cel_time_parse(input, &first))
		return;
	cel_time_print(&text, first);
	if (text.overflowed || !cel_time_parse(buf_str(&text), &second) || first.i != second.i || first.n != second.n)
		abort();
}

static void check_duration(struct str input)
{
	CLEANUP(buf_releasep) struct buf text = BUF_INIT(MAX_TEXT_BYTES);
	struct cel_value first, second;

	if (!cel_duration_parse(input, &first))
		return;
	cel_duration_print(&text, first);
	if (text.overflowed || !cel_duration_parse(buf_str(&text), &second) || first.i != second.i)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = {size ? (const char *)data : "", size};

	check_zone(input);
	check_timestamp(input);
	check_duration(input);
	return 0;
}
