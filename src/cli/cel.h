#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The commands about CEL, which ask no server. Each returns an exit status.
 */
#include "cli/session.h"

/* 0: has a value; 1: does not compile, or fails; 2: cannot be tried. */
int cli_cel_eval(struct cli_session *s) MUST_USE;
int cli_cel_check(struct cli_session *s) MUST_USE;
int cli_cel_ast(struct cli_session *s) MUST_USE;
int cli_cel_test(struct cli_session *s) MUST_USE;

/* Reads a file of JSON; false after one line on `s->err`. */
bool cli_cel_read_file(struct cli_session *s, const char *path, struct arena *a, const struct json **ret) MUST_USE;
