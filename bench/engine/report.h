#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The results as a table for people and as JSON for programs.
 */
#include "timing.h"

struct report {
	FILE *json; /* NULL: none */
	size_t n_rows;
};

int report_open(struct report *r, const char *json_path) MUST_USE;
/* One measured row; `ratio` to the raw lookup of the same run, 0: none. */
void report_row(struct report *r, size_t n_statements, const char *what, struct summary s, double ratio);
/* One plain number. */
void report_value(struct report *r, size_t n_statements, const char *what, double value, const char *unit);
int report_close(struct report *r) MUST_USE;
