#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The file at the end of a decision log, or standard output: takes whole lines or nothing. Nobody else may have the
 * file open as a decision log. One thread.
 */
#include <stdatomic.h>

#include "base/error.h"
#include "base/str.h"
#include "crypto/chain.h"

struct decision_file {
	int fd;
	bool is_stdout;
	bool is_torn;     /* behind n_bytes stands what a failed write left and could not take back */
	uint64_t n_bytes; /* up to which all is whole; of standard output: written so far */
};

/*
 * Opens or makes it (mode 0600); "-" is standard output. A chain that ends in it is taken up, else `chain` is left
 * alone. `*ret_torn`: bytes of a line without end that were cut off. 0 or -errno with `err`: -EINVAL when its last
 * line is none of a decision log, -EBUSY when somebody else has it.
 */
int decision_file_open(const char *path, struct decision_file *ret, struct chain *chain, size_t *ret_torn,
                       struct error *err) MUST_USE;
void decision_file_close(struct decision_file *f);
/*
 * Writes all of it or, in a file, nothing: 0 or -errno. A reader of standard output is waited for, until `is_ending`,
 * and then not for long.
 */
int decision_file_write(struct decision_file *f, struct str text, const _Atomic bool *is_ending) MUST_USE;
/* Is this still the file at the path? */
bool decision_file_is_at(const struct decision_file *f, const char *path);
/* On the disk, as far as it says so. */
void decision_file_sync(const struct decision_file *f);
