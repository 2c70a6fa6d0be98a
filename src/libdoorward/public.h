#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The public structs and what stands behind them. A caller was compiled with some version of doorward.h and says by
 * `size` how much of a struct it knows: what it does not know is zero for us, and what we do not know must be zero.
 */
#include "base/arena.h"
#include "base/error.h"
#include <doorward.h>

/* Of 0 or a negative errno. */
enum doorward_result public_result(int r);

/* Hands an error on, and returns `result`; with DOORWARD_OK, or without `cause`, the text is empty. */
int public_fail(struct doorward_error *err, enum doorward_result result, const struct error *cause);
/* The same with a text of one's own, of DOORWARD_INVALID. */
int public_invalid(struct doorward_error *err, const char *text);

/*
 * Copies a caller's struct into ours, whose `size` is set. False: it is smaller than the first version, `first_size`,
 * or has something that we do not know. A macro's struct always begins with its size.
 */
bool public_read(void *ours, size_t our_size, const void *theirs, size_t first_size) MUST_USE;
/* Copies ours into a caller's, as far as it knows; nothing when it is smaller than the first version. */
bool public_write(void *theirs, const void *ours, size_t our_size, size_t first_size) MUST_USE;

/* NUL-terminated, in `a`; the absent string is no text. */
struct doorward_text public_text(struct arena *a, struct str s);
const struct doorward_text *public_texts(struct arena *a, const struct str *items, size_t n);
