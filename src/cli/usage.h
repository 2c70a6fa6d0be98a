#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What a decision log says was used: which documents allowed something since a time.
 */
#include "base/buf.h"
#include "base/error.h"

#define USAGE_MAX_DOCUMENTS 50000u

/*
 * Reads the file and appends {"since":…,"used":[{"kind","document"} …]}, each document once. Returns 0, or a negative
 * errno with `err`: it cannot be read, is no decision log, does not reach back so far, or has lost answers since then,
 * so that nothing can be said to be unused.
 */
int usage_read(const char *path, int64_t since_ms, struct buf *out, struct error *err) MUST_USE;
