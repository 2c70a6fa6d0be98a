#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * An expression taken apart at its outermost operator, as texts: to tell which part of a condition decided, each part
 * is compiled and evaluated like any other expression.
 */
#include "base/arena.h"

enum cel_part_kind {
	CEL_PART_WHOLE, /* nothing to take apart: a call, a value, a choice a ? b : c, arithmetic */
	CEL_PART_AND,
	CEL_PART_OR,
	CEL_PART_NOT, /* `left` alone */
	CEL_PART_COMPARISON,
};

/* Borrowed from the source. */
struct cel_parts {
	enum cel_part_kind kind;
	struct str text; /* the expression without brackets around it */
	struct str left, right;
	struct str operator; /* "==", "in" …; of && and ||, too */
};

/* Of a source that compiles; of any other a whole. Operators of one kind are taken apart at the last of them, as the
 * language groups them. `a` is scratch. */
struct cel_parts cel_parts(struct str source, struct arena *a);
