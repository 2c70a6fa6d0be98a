#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What a sqlite: URL says: PATH, or PATH?name=value&name=value. Unknown names are refused.
 */
#include "base/error.h"

struct sqlite_options {
	int busy_timeout_ms;  /* how long to wait for somebody else's lock */
	int checkpoint_pages; /* copy the log into the database when it has grown past this */
	bool is_read_only;    /* not of the URL */
};

/* `rest` is the URL behind "sqlite:"; `*ret_path` borrows from it. 0, or -EINVAL. */
int sqlite_options_parse(struct str rest, struct str *ret_path, struct sqlite_options *ret_options,
                         struct error *err) MUST_USE;
