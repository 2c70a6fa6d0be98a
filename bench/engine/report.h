#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The results as a table for people and as JSON for programs.
 */
#include "timing.h"

struct report {
	FILE *json; /* NULL: none */
	size_t n_rows;
	const char *unit, *base;
};

/* Sizes are numbers of `unit` ("statements"), ratios are to `base` ("raw"): constants. */
int report_open(struct report *r, const char *json_path, const char *unit, const char *base) MUST_USE;
/* One measured row; `ratio` to the base of the same run, 0: none. */
void report_row(struct report *r, size_t size, const char *what, struct summary s, double ratio);
/* One plain number. */
void report_value(struct report *r, size_t size, const char *what, double value, const char *unit);
int report_close(struct report *r) MUST_USE;
