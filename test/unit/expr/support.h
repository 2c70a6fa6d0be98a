#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the front of CEL share: files of cases, environments of cases.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expr/check.h"
#include "expr/expr.h"

/* The file of test/cases (DOORWARD_CASES says where that is), in the arena. */
struct str read_case_file(struct arena *a, const char *name);
/* The environment of a case of test/cases/cel.json: its container, variables and functions (which are never called). */
struct cel_env *case_env(const struct json *test_case, struct arena *a);
/* The issues of parsing and checking, as they are displayed; empty: there are none, and `*ret_type` is the type. */
struct str issues_of(const struct cel_env *env, struct str source, struct arena *a, const struct cel_type **ret_type);
