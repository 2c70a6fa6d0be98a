#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Decisions by 1,000 native policies with a condition each, beside the same questions to the same policies without, in
 * turns.
 */
#include "report.h"

void conditional_bench(struct report *report, size_t n_calls);
