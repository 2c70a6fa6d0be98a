#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs one test function once for each row of a table, each row a test of its own with its own name.
 */
#include <setjmp.h>
#include <stdarg.h>

#include "base/base.h"

#include <cmocka.h>

/* Appends to `tests` the function for every row; `rows` is an array of structs whose first member is the name. */
#define ADD_ROWS(tests, n_tests, function, rows)                                                                       \
	do {                                                                                                           \
		for (size_t row_ = 0; row_ < N_ELEMENTS(rows); row_++) {                                               \
			assert(n_tests < N_ELEMENTS(tests));                                                           \
			(tests)[(n_tests)++] = (struct CMUnitTest){                                                    \
			    .name = (rows)[row_].title, .test_func = (function), .initial_state = &row_indexes[row_]}; \
		}                                                                                                      \
	} while (0)

#define MAX_ROWS 64

/* A test gets the address of one of these as its state: the number of its row. */
static size_t row_indexes[MAX_ROWS];

static inline void number_rows(void)
{
	for (size_t i = 0; i < MAX_ROWS; i++)
		row_indexes[i] = i;
}
static inline size_t row_of(void **state)
{
	return *(const size_t *)*state;
}
