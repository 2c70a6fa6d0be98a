#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Globs of 255 characters made to be slow, on values of 255 characters made to nearly match, beside a glob of that
 * length without wildcards, in turns.
 */
#include "report.h"

void globs_bench(struct report *report, size_t n_calls);
