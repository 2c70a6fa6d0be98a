#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Decisions under 10,000 tag policies over 100,000 registered resources with three tags each, beside the same questions
 * to the same organization without tag policies, in turns.
 */
#include "report.h"

void tagged_bench(struct report *report, size_t n_calls);
