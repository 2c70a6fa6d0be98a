#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The one clock of the program. Times are signed milliseconds since 1970-01-01T00:00:00Z.
 * The server reads the system clock; tests put a file in its place (re-read on each use),
 * so that expiry is tested without sleeping. Safe from any thread after clock_use_file().
 */
#include "base/str.h"

/* Wall clock in ms, or what the test file says. */
int64_t clock_now_ms(void);
/* Monotonic time in ns, for durations only; never faked. */
uint64_t clock_monotonic_ns(void);
/*
 * Takes the time from `path` (RFC 3339 text) from now on; call before threads start. While the
 * file cannot be read or parsed, the last good value stays. Returns 0 or -errno of the first read
 * (-EINVAL: not a time).
 */
int clock_use_file(const char *path) MUST_USE;

/* "2026-11-22T10:00:00.123Z" without a fraction when it is zero; out needs 32 bytes; NUL-terminated. */
struct str time_format_rfc3339(int64_t ms, char out[32]);
/*
 * The same time of day (UTC) so many months later, on the same day of the month, or the last one where there is none.
 * For times of the years 1 to 9999 and what stays among them.
 */
int64_t time_add_months(int64_t ms, int64_t n_months);
/* RFC 3339 date-time with any offset and any number of fraction digits (cut to ms); false when malformed. */
bool time_parse_rfc3339(struct str s, int64_t *ret_ms);
