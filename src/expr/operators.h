#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What operators and selections do with values. No operand is an error.
 *
 * Only files of this layer include it.
 */
#include "expr/ast.h"
#include "expr/eval-impl.h"

/* Unary ones ignore `b`. */
typedef struct cel_value cel_operator(struct cel_eval *ev, struct cel_value a, struct cel_value b);

/* By enum cel_op, CEL_OP_NOT to CEL_OP_IN. */
extern cel_operator *const cel_operators[CEL_OP_IN + 1];
extern cel_operator cel_operate_in;

/* a[b] of lists and maps; of an optional, an optional. */
struct cel_value cel_index(struct cel_eval *ev, struct cel_value a, struct cel_value b);
/* a[?b]: an optional. */
struct cel_value cel_index_optional(struct cel_eval *ev, struct cel_value a, struct cel_value b);
/* a.name of maps, structs and, as an optional, optionals. */
struct cel_value cel_select(struct cel_eval *ev, struct cel_value a, struct str name);
/* a.?name: an optional. */
struct cel_value cel_select_optional(struct cel_eval *ev, struct cel_value a, struct str name);
/* has(a.name): a bool. */
struct cel_value cel_has(struct cel_eval *ev, struct cel_value a, struct str name);
