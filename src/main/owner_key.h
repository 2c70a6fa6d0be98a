#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the first-run owner key goes: a file of mode 0600, or, without one, stderr once. The file is opened
 * before the organization is made, so that a path that cannot be written fails the start instead of losing the key.
 */
#include "base/error.h"

struct owner_key_file {
	const char *path; /* NULL: stderr */
	int fd;           /* -1: none */
	bool was_made;
};

/* 0, or -errno with `err`. `path` is borrowed and may be NULL. */
int owner_key_file_open(struct owner_key_file *f, const char *path, struct error *err) MUST_USE;
/* Writes the key durably (or to stderr). `org` is for the text on stderr. */
int owner_key_file_write(struct owner_key_file *f, struct str org, struct str key, struct error *err) MUST_USE;
/* Closes; takes the file away again if it was made here and nothing was written. */
void owner_key_file_close(struct owner_key_file *f);
