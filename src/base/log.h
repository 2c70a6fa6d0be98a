#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Log lines: one JSON object a line on stderr. Lines are gathered in memory and written
 * when enough have come, when log_flush() is called (a ticker does), and at once from
 * level LOG_WARN up. Only service, api, http's access log and main log; never a secret, a key or a body.
 * Safe from any thread.
 */
#include "base/buf.h"

enum log_level { LOG_OFF, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
bool log_is_enabled(enum log_level level);
/* "off", "error", "warn", "info", "debug". */
bool log_level_parse(struct str name, enum log_level *ret_level);
/* A line {"at":…,"level":…,"msg":…}; the message is escaped. */
void log_msg(enum log_level level, const char *fmt, ...) ATTR_PRINTF(2, 3);
/* A whole line made by the caller: a JSON object without the line feed. */
void log_line(enum log_level level, struct str json);
void log_flush(void);
