#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What functions with regular expressions share beside lib.h: patterns that are known only when an expression runs, and
 * matches with their groups.
 *
 * Only files of this layer include it.
 */
#include "expr/lib.h"
#include "expr/regex-re2.h"

/*
 * A pattern compiled during an evaluation, which pays for it: making one takes from 5 µs to some milliseconds. False
 * and the error in `ret_error`. Owned by the caller, re2_regex_free().
 */
bool cel_regex_compile(struct cel_eval *ev, struct str pattern, struct re2_regex **ret, struct cel_value *ret_error);
/* Pays for looking through the text once. */
bool cel_regex_charge(struct cel_eval *ev, const struct re2_regex *re, size_t text_bytes) MUST_USE;
static inline void re2_regex_freep(struct re2_regex **re)
{
	re2_regex_free(*re);
}
