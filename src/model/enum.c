/* SPDX-License-Identifier: Apache-2.0 */
#include "model/enum.h"

/* The names are those of Aitronos, in the order of the enums (model/kinds.h). */
static const struct str entity_type_names[] = {STR_INIT("knowledge_slice"), STR_INIT("vector_store"),
                                               STR_INIT("assistant")};
static const struct str grantee_type_names[] = {STR_INIT("user"), STR_INIT("department"), STR_INIT("role")};
static const struct str level_names[] = {STR_INIT("read"), STR_INIT("write"), STR_INIT("admin")};
const struct enum_info entity_type_values = {entity_type_names, N_ELEMENTS(entity_type_names)};
const struct enum_info grantee_type_values = {grantee_type_names, N_ELEMENTS(grantee_type_names)};
const struct enum_info level_values = {level_names, N_ELEMENTS(level_names)};
static_assert(N_ELEMENTS(entity_type_names) + 1 == ENTITY_N_TYPES && N_ELEMENTS(level_names) + 1 == ACCESS_N_LEVELS &&
                  N_ELEMENTS(grantee_type_names) + 1 == GRANTEE_N_TYPES,
              "every value has its name");

/* The names are ours. */
#define NAMES(of, n_values, ...)                                                                                       \
	static const struct str of##_names[] = {__VA_ARGS__};                                                          \
	static_assert(N_ELEMENTS(of##_names) + 1 == (n_values), "every value has its name");                           \
	const struct enum_info of##_values = {of##_names, N_ELEMENTS(of##_names)}
NAMES(request_type, REQUEST_N_TYPES, STR_INIT("grant"), STR_INIT("revoke"), STR_INIT("certify"),
      STR_INIT("offboarding"), STR_INIT("action"));
NAMES(request_state, REQUEST_N_STATES, STR_INIT("open"), STR_INIT("closed"));
NAMES(request_outcome, REQUEST_N_OUTCOMES, STR_INIT("granted"), STR_INIT("denied"), STR_INIT("error"),
      STR_INIT("cancelled"), STR_INIT("wait_timed_out"));
NAMES(step_kind, STEP_N_KINDS, STR_INIT("approval"), STR_INIT("provision"), STR_INIT("accept"), STR_INIT("reject"),
      STR_INIT("wait"), STR_INIT("form"), STR_INIT("action"));
NAMES(step_state, STEP_N_STATES, STR_INIT("active"), STR_INIT("done"));
NAMES(step_outcome, OUTCOME_N, STR_INIT("approved"), STR_INIT("denied"), STR_INIT("reassigned"),
      STR_INIT("reassigned_by_error"), STR_INIT("restarted"), STR_INIT("skipped"), STR_INIT("completed"),
      STR_INIT("cancelled"), STR_INIT("errored"), STR_INIT("succeeded"), STR_INIT("timed_out"));

struct str enum_name(const struct enum_info *values, unsigned value)
{
	return value > 0 && value <= values->n ? values->names[value - 1] : STR_NONE;
}

unsigned enum_value(const struct enum_info *values, struct str name)
{
	for (size_t i = 0; i < values->n; i++)
		if (str_eq(values->names[i], name))
			return (unsigned)i + 1;
	return 0;
}

struct str entity_type_name(enum entity_type type)
{
	return enum_name(&entity_type_values, type);
}

enum entity_type entity_type_of(struct str name)
{
	return (enum entity_type)enum_value(&entity_type_values, name);
}

struct str grantee_type_name(enum grantee_type type)
{
	return enum_name(&grantee_type_values, type);
}

enum grantee_type grantee_type_of(struct str name)
{
	return (enum grantee_type)enum_value(&grantee_type_values, name);
}

struct str access_level_name(enum access_level level)
{
	return enum_name(&level_values, level);
}

enum access_level access_level_of(struct str name)
{
	return (enum access_level)enum_value(&level_values, name);
}

struct str request_type_name(enum request_type type)
{
	return enum_name(&request_type_values, type);
}

struct str step_outcome_name(enum step_outcome outcome)
{
	return enum_name(&step_outcome_values, outcome);
}
