#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of the native oracle's worlds, and which patterns match which of them: typed by hand, not computed.
 */
#include "native-oracle.h"

enum {
	NATIVE_N_ACTIONS = 4,
	NATIVE_N_ACTION_PATTERNS = 6,
	NATIVE_N_ASKED_RESOURCES =
	    NATIVE_N_RESOURCES + 3, /* registered ones, one that never is, one with a ':', the type */
	NATIVE_N_RESOURCE_PATTERNS = 6
};

struct native_action_pattern {
	struct str text;
	bool matches[NATIVE_N_ACTIONS];
};
struct native_resource_pattern {
	struct str text;
	bool matches[NATIVE_N_ASKED_RESOURCES];
};

extern const struct str native_tenants[NATIVE_N_TENANTS], native_users[NATIVE_N_USERS], native_groups[NATIVE_N_GROUPS],
    native_roles[NATIVE_N_ROLES], native_actions[NATIVE_N_ACTIONS], native_resources[NATIVE_N_ASKED_RESOURCES];
extern const struct native_action_pattern native_action_patterns[NATIVE_N_ACTION_PATTERNS];
extern const struct native_resource_pattern native_resource_patterns[NATIVE_N_RESOURCE_PATTERNS];

bool native_is_in_group(const struct native_world *w, const struct native_question *q, uint32_t group);
/* Where it is asked: in a tenant by number from 1, or nowhere in particular. */
bool native_has_role(const struct native_world *w, const struct native_question *q, uint32_t role, uint32_t tenant);
