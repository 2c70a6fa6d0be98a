#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The sizes that a benchmark runs at, from the command line.
 */
#include "base/base.h"

enum { MAX_SIZES = 8 };

struct sizes {
	size_t items[MAX_SIZES];
	size_t n;
};

/* "1000,20000": numbers of 100 to 20 millions; false for anything else. */
bool sizes_parse(struct sizes *s, const char *text);
