#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * struct error: what to tell a person. Filled once, where the cause is first known, and
 * passed up unchanged; the return code says what the program does about it.
 */
#include "base/str.h"

struct error {
	int code;       /* the module's own positive code, 0 = unset */
	size_t offset;  /* byte position in the input text, where that has a meaning */
	char text[480]; /* NUL-terminated, UTF-8, no secrets; long text is cut */
};

/* Fills `err` (which may be NULL) and returns `code`, so that callers write `return error_set(…)`. */
int error_set(struct error *err, int code, const char *fmt, ...) ATTR_PRINTF(3, 4);
