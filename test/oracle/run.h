#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What the random tests share: their numbers from the environment, their results as TAP.
 */
#include "base/str.h"

/* Exits with status 2 when the variable is set and no number. */
uint64_t number_from_environment(const char *name, uint64_t otherwise);
/* TAP diagnostics: every line behind a '#'. */
void print_message(struct str message);
/* One result; returns `is_good`. */
bool report(bool is_good, size_t number, const char *name);
