#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * One server a database: an advisory lock on PATH.lock, held by the open file and so gone with the process. A file of
 * its own, because closing any descriptor of the database would drop the locks SQLite holds on it. It is never removed:
 * removing it would let two processes lock two files of one name.
 */
#include "base/error.h"

/*
 * Makes the database file when it is missing (mode 0600) and gives its name free of symbolic links, so that one
 * database has one lock. The caller frees `*ret_path`.
 */
int lock_make_file(struct str path, char **ret_path, struct error *err) MUST_USE;
/* The same name of a file that is there; -ENOENT when it is not. */
int lock_find_file(struct str path, char **ret_path, struct error *err) MUST_USE;
/* Locks; -EBUSY when another process has it. The caller closes `*ret_fd` to let go. */
int lock_take(const char *path, int *ret_fd, struct error *err) MUST_USE;
