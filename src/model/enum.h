#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Enums that stand in documents by name. For the layer's own files; the functions for others are in model/kinds.h.
 */
#include "model/kinds.h"

/* The names of an enum's values from 1 on; 0 is no value. */
struct enum_info {
	const struct str *names;
	size_t n;
};

extern const struct enum_info entity_type_values, grantee_type_values, level_values, request_type_values,
    request_state_values, request_outcome_values, step_kind_values, step_state_values, step_outcome_values;

/* The absent string when the value has no name. */
struct str enum_name(const struct enum_info *values, unsigned value);
/* 0: none of them. */
unsigned enum_value(const struct enum_info *values, struct str name);
