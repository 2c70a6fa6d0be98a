#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * `doorward export` and `import` with a store in place of a server.
 */
#include "cli/cli.h"

/* Returns the exit status. */
int move_run(const struct cli_options *options) MUST_USE;
