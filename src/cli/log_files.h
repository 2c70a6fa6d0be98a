#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of one decision log, line by line, each checked to follow from the one before (crypto/chain.h). One thread.
 */
#include "cli/session.h"
#include "crypto/chain.h"

struct log_files;

enum log_read {
	LOG_LINE = 0,
	LOG_END = 1,
	LOG_BROKEN = 2, /* a line does not follow, or is none: `err` says which and why */
	LOG_FAILED = 3, /* a file cannot be read: likewise */
};

struct log_line {
	const struct json *object; /* in the arena of log_files_next() */
	struct str type;
};

/* Opens the operands of the session in the order of their numbers; NULL after a complaint. */
struct log_files *log_files_open(struct cli_session *s);
void log_files_close(struct log_files *f); /* accepts NULL */
static inline void log_files_closep(struct log_files **f)
{
	log_files_close(*f);
}
/* Where the check stands; set its keys before the first line. */
struct chain_check *log_files_check(struct log_files *f);
/* Bytes behind the last line feed of the last file, which the server has not finished writing, or never did. */
uint64_t log_files_torn_bytes(const struct log_files *f);
enum log_read log_files_next(struct log_files *f, struct arena *a, struct log_line *ret, struct error *err) MUST_USE;
/* Complains about LOG_BROKEN or LOG_FAILED in a command for which both are in the way; CLI_EXIT_ERROR. */
int log_files_fail(struct cli_session *s, enum log_read why, const struct error *err);
