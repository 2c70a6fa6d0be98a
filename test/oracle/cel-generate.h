#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Random expressions of CEL that the checker accepts, and random values for their variables. Everything that one kind
 * of value can be made of is tried, numbers at the ends of their ranges among them; where the language is gradual,
 * values of other kinds hide behind dyn(), so that errors come about, and are absorbed or not.
 */
#include "base/random.h"
#include "cel-oracle.h"
#include "expr/expr.h"

#define CEL_GENERATE_VARIABLES 13

/* Declares the variables. */
void cel_generate_declare(struct cel_env *env);
/* Values for all of them, one in eight unbound; `names` are the same for the oracle, scopes[0] the innermost. */
void cel_generate_bind(struct prng *prng, struct arena *a, struct cel_value *values, struct oracle_scope *scopes);
/* An expression of some type. */
void cel_generate(struct prng *prng, struct buf *out);
