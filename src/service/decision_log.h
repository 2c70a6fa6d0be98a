#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision log: what was asked and answered, on its way to a file. Those who decide put a line into a bounded queue
 * and go on; one thread writes them down in the form of crypto/chain.h, signs heads, and keeps count of what
 * found no room. Availability comes first: nobody ever waits for the log, and a disk that is full costs entries, which
 * the log says as soon as it can, and not decisions.
 */
#include "base/buf.h"
#include "base/error.h"
#include "service/signing.h"

struct decision_log;

struct decision_log_options {
	const char *path;              /* "-": standard output */
	const struct signing_key *key; /* borrowed, outlives the log */
	size_t queue_bytes;            /* a power of two; 0: 16 MiB */
	uint64_t max_bytes;  /* a file that has grown so large is closed and named <path>.<n>, n being the number of
	                        its last line in 12 digits; 0: never */
	uint32_t head_lines; /* a head after so many lines; 0: 1000 */
	uint32_t head_ms;    /* and that long after a line that none covers; 0: 10,000 */
};

/*
 * Opens, makes (mode 0600) or goes on with the file, and starts the thread. 0 or a negative errno: -EINVAL when its
 * last line is none of a decision log, -EBUSY when another server writes to it.
 */
int decision_log_open(const struct decision_log_options *options, struct decision_log **ret,
                      struct error *err) MUST_USE;
/*
 * One line, an object whose first member is "type", without line feed. Copied. False: it was dropped, and that is
 * counted. Any thread; never waits.
 */
bool decision_log_put(struct decision_log *log, struct str object);
/* Counts one that could not even be put; false. */
bool decision_log_drop(struct decision_log *log);
/* The file may have been moved from its path: then go on in the one that is there now, else in a new one. Any thread.
 */
void decision_log_reopen(struct decision_log *log);
/* Returns when all that was put before has been written, or was dropped. Any thread. */
void decision_log_flush(struct decision_log *log);

struct decision_log_stats {
	uint64_t n_lines;   /* written since the start, heads and the like among them */
	uint64_t n_dropped; /* entries that were not written, for want of room in the queue or on the disk */
	bool is_failing;    /* the last attempt to write did not succeed */
};
struct decision_log_stats decision_log_stats(const struct decision_log *log);

/* Writes what is left and a head, stops, frees. Accepts NULL. Nobody may put any more. */
void decision_log_close(struct decision_log *log);
