/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"

#define LOG_BUFFER_BYTES ((size_t)256 * 1024)
#define LOG_FLUSH_BYTES  ((size_t)32 * 1024)

static _Atomic int log_current_level = LOG_INFO;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char log_bytes[LOG_BUFFER_BYTES]; /* guarded by log_lock */
static size_t log_used;

static const char *const level_names[] = {"off", "error", "warn", "info", "debug"};

void log_set_level(enum log_level level)
{
	atomic_store(&log_current_level, (int)level);
}

bool log_is_enabled(enum log_level level)
{
	return level != LOG_OFF && (int)level <= atomic_load_explicit(&log_current_level, memory_order_relaxed);
}

bool log_level_parse(struct str name, enum log_level *ret_level)
{
	for (size_t i = 0; i < N_ELEMENTS(level_names); i++) {
		if (str_eq(name, str_of(level_names[i]))) {
			*ret_level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* Writes out what is gathered; the caller holds the lock. A full disk or closed pipe drops lines. */
static void flush_locked(void)
{
	size_t done = 0;

	while (done < log_used) {
		ssize_t n = write(STDERR_FILENO, log_bytes + done, log_used - done);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		done += (size_t)n;
	}
	log_used = 0;
}

void log_flush(void)
{
	(void)pthread_mutex_lock(&log_lock);
	flush_locked();
	(void)pthread_mutex_unlock(&log_lock);
}

void log_line(enum log_level level, struct str json)
{
	if (!log_is_enabled(level) || json.len + 1 > LOG_BUFFER_BYTES)
		return;
	(void)pthread_mutex_lock(&log_lock);
	if (log_used + json.len + 1 > LOG_BUFFER_BYTES)
		flush_locked();
	memcpy(log_bytes + log_used, json.ptr, json.len);
	log_used += json.len;
	log_bytes[log_used++] = '\n';
	if (log_used >= LOG_FLUSH_BYTES || level <= LOG_WARN)
		flush_locked();
	(void)pthread_mutex_unlock(&log_lock);
}

/* JSON escaping of a short message; the json layer is above this one. */
static void add_escaped(struct buf *b, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c < 0x20)
			buf_addf(b, "\\u%04x", c);
		else
			buf_add_char(b, (char)c);
	}
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	CLEANUP(buf_releasep) struct buf b = BUF_INIT(BUF_MAX_LINE_BYTES);
	char text[1024], at[32];
	va_list args;

	if (!log_is_enabled(level))
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	buf_addf(&b, "{\"at\":\"" STR_FMT "\",\"level\":\"%s\",\"msg\":\"",
	         STR_ARG(time_format_rfc3339(clock_now_ms(), at)), level_names[level]);
	add_escaped(&b, text);
	buf_add(&b, STR("\"}"));
	log_line(level, buf_str(&b));
}
