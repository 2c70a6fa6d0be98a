#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * `doorward serve`: the only place that knows every part. Opens the store, loads the service, starts
 * the HTTP server, waits for a signal, and takes all down in the reverse order.
 */
#include "cli/cli.h"

/* Returns the exit status: 0 after a graceful shutdown, CLI_EXIT_ERROR when it could not start (said on stderr). */
int serve_run(const struct cli_options *options) MUST_USE;
