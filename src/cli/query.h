#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What is typed on the command line, as the JSON the server understands. Pure.
 */
#include "base/buf.h"
#include "cli/cli.h"

/*
 * The AuthZEN query of `check SUBJECT ACTION RESOURCE --tenant …`, appended. Returns 0, or CLI_USAGE with `err` when
 * an operand has no meaning.
 */
int cli_write_query(struct buf *out, const struct cli_options *options, struct error *err) MUST_USE;
/* The body of POST /doorward/v1/keys. */
void cli_write_key(struct buf *out, const struct cli_options *options);
