#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * One case of a file that `doorward cel test` reads; docs of the form are in its help.
 */
#include "expr/expr.h"

enum cli_cel_outcome { CLI_CEL_FAILED, CLI_CEL_PASSED };

/* Runs the case; why it failed goes to `why`. */
enum cli_cel_outcome cli_cel_run_case(const struct json *c, struct buf *why);
