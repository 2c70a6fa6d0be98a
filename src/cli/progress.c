/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <unistd.h>

#include "base/log.h"

#define NS_PER_S       UINT64_C(1000000000)
#define TERMINAL_EVERY (NS_PER_S / 4)
#define LOG_EVERY      (5 * NS_PER_S)
#define MAX_LINE       256
#define BACK_AND_CLEAR "\r\033[K"
#define MAX_GROUPED    28 /* 2^64 with its commas, and NUL */

void progress_init(struct progress *p)
{
	*p = (struct progress){.terminal = isatty(STDERR_FILENO) ? stderr : NULL};
}

/* 1234567 as "1,234,567". */
static const char *group_digits(uint64_t v, char out[MAX_GROUPED])
{
	char *at = out + MAX_GROUPED - 1;

	*at = '\0';
	for (unsigned n = 0; v > 0 || n == 0; n++, v /= 10) {
		if (n > 0 && n % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + v % 10);
	}
	return at;
}

static void show(struct progress *p, const char *line)
{
	if (p->terminal) {
		(void)fprintf(p->terminal, BACK_AND_CLEAR "%s", line);
		(void)fflush(p->terminal);
		return;
	}
	log_msg(LOG_INFO, "%s", line);
	log_flush();
}

void progress_show(struct progress *p, struct str org, uint64_t n, uint64_t now_ns)
{
	char line[MAX_LINE], total[MAX_GROUPED], rate[MAX_GROUPED];
	uint64_t taken_ns;

	if (!p->has_begun) {
		p->start_ns = p->shown_ns = now_ns;
		p->has_begun = true;
	}
	if (now_ns - p->shown_ns < (p->terminal ? TERMINAL_EVERY : LOG_EVERY))
		return;
	taken_ns = now_ns - p->start_ns;
	(void)snprintf(line, sizeof(line), "loading " STR_FMT ": %s documents, %s/s", STR_ARG(org),
	               group_digits(n, total), group_digits((uint64_t)((double)n * 1e9 / (double)taken_ns), rate));
	show(p, line);
	p->shown_ns = now_ns;
	p->has_shown = true;
}

void progress_end(struct progress *p)
{
	if (p->has_shown && p->terminal) {
		(void)fputs(BACK_AND_CLEAR, p->terminal);
		(void)fflush(p->terminal);
	}
	p->has_begun = p->has_shown = false;
}
