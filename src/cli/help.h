#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts made from the tables: help, the man page, the shell completion. Pure.
 */
#include "base/buf.h"

/* Help of the one command of this topic, or the list of the commands it covers ("" all, "key" three). */
void cli_write_help(struct buf *out, const char *topic);
/* doorward.1, troff with the man macros. */
void cli_write_man(struct buf *out);
/* A script for bash to source. */
void cli_write_completion(struct buf *out);
