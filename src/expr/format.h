#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * string.format() and what it prints; lib-strings.c has its overload.
 *
 * Only files of this layer include it.
 */
#include "expr/lib.h"

/* args[0]: the format, args[1]: the list of what it prints. */
cel_function cel_string_format;

/*
 * Digits of a finite double: as few as read back as the same number. Value: 0.d1d2d3… * 10^exponent; "0" has
 * exponent 1.
 */
struct cel_digits {
	bool is_negative;
	char text[18]; /* no trailing zeros; NUL-terminated */
	int n;
	int exponent;
};
struct cel_digits cel_double_digits(double d);
