#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * How far a long start is: on a terminal one line that is rewritten in place a few times a second, elsewhere a line in
 * the log every few seconds. A start that takes less says nothing. One thread.
 */
#include "base/str.h"

struct progress {
	FILE *terminal; /* NULL: there is none, so that it is logged */
	uint64_t start_ns, shown_ns;
	bool has_begun, has_shown;
};

/* Where it goes: stderr, if that is a terminal. */
void progress_init(struct progress *p);
/* `n` documents of the organization have been loaded at `now_ns` (monotonic). */
void progress_show(struct progress *p, struct str org, uint64_t n, uint64_t now_ns);
/* That was all of them: the line goes away, and the next organization's time begins. */
void progress_end(struct progress *p);
