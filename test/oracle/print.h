#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Readable text of what the engine is given and asked, for failure messages. Strings are quoted, bytes outside
 * printable ASCII are escaped, so that a failure can be read and typed again.
 */
#include "twin.h"

const char *effect_name(enum effect e);
void print_str(struct buf *b, struct str s);
void print_list(struct buf *b, struct str_list list);
void print_decider(struct buf *b, const struct verdict *v);
void print_change(struct buf *b, const struct change *c);
void print_query(struct buf *b, const struct query *q);
/* All sets and live tenants. */
void print_oracle(struct buf *b, const struct oracle *o);
