#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON in canonical form (RFC 8785): equal trees make equal bytes, whoever writes them. So what is hashed or signed in
 * one program can be checked in another.
 *
 * Numbers are doubles there: an integer that none is exactly is written as the nearest one. Pure; any thread.
 */
#include "json/json.h"

/*
 * Appends the tree; memory that is needed for it comes from `a`. False, and what was appended is undefined, when the
 * tree nests deeper than `max_depth`, which is at most JSON_MAX_DEPTH.
 */
bool json_add_canonical(struct buf *out, const struct json *tree, uint32_t max_depth, struct arena *a) MUST_USE;
