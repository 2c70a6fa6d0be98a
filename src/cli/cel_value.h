#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of CEL in files of test cases: JSON that names the type, {"int": "1"}, {"list": [{"bool": true}]},
 * {"map": [[{"string": "k"}, {"null": null}]]}. Everything lives in the arena given and in the JSON read.
 */
#include "expr/expr.h"

/* False: malformed. */
bool cli_cel_read(const struct json *j, struct arena *a, struct cel_value *ret) MUST_USE;
/* The same value of the same types; unlike for the language, NaN is itself, 1 is not 1.0 and 0.0 not -0.0. */
bool cli_cel_same(struct cel_value x, struct cel_value y, struct arena *a);
/* For people: JSON where the value has it, else its kind. */
void cli_cel_print(struct buf *out, struct cel_value v);
