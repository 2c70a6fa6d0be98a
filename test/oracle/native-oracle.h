#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference evaluator of native access policies: a small world, and what docs/native-policies.md says of it, by
 * lists and loops. Conditions are trees of a few kinds of node, which print as CEL and are evaluated here with three
 * values.
 *
 * A world is a plain value without pointers: a copy of it is an earlier state. One thread.
 */
#include "base/buf.h"
#include "generate.h"
#include "policy/ask.h"

enum {
	NATIVE_N_USERS = 4,
	NATIVE_N_GROUPS = 3,
	NATIVE_N_ROLES = 3,
	NATIVE_N_TENANTS = 3, /* always there */
	NATIVE_N_RESOURCES = 3,
	NATIVE_N_POLICIES = 8,
	NATIVE_N_KEYS = 2,
	NATIVE_N_NODES = 9,
	NATIVE_N_PLACES = 1 + NATIVE_N_TENANTS, /* of roles: everywhere, then the tenants */
	NATIVE_N_HOLDERS = NATIVE_N_USERS + NATIVE_N_GROUPS
};

/* A value of a property: absent, 1, 2, "x", "y", true. */
enum native_value { VALUE_ABSENT, VALUE_ONE, VALUE_TWO, VALUE_X, VALUE_Y, VALUE_TRUE, N_VALUES };
struct native_properties {
	uint8_t at[NATIVE_N_KEYS];
};

enum native_node_kind {
	NODE_AND,
	NODE_OR,
	NODE_NOT,
	NODE_PROPERTY, /* which object, which key */
	NODE_HAS,
	NODE_EQUAL, /* a property and a value */
	NODE_UNEQUAL,
	NODE_LESS,
	NODE_IN_GROUP,
	NODE_IN_ROLE,
	NODE_TENANT, /* resource.tenant == … */
	NODE_BEFORE, /* now < … */
	N_NODE_KINDS
};
/* The operands of node i are 2i + 1 and 2i + 2; those from the fifth on are leaves. */
struct native_node {
	uint8_t kind, object, key, value; /* the value is also the number of a group, role, tenant or time */
};

struct native_policy {
	uint16_t exists, deny, has_condition;
	uint16_t subjects;           /* bits: users, groups, roles, then "*" */
	uint16_t actions, resources; /* bits of the tables in native-oracle.c */
	uint16_t tenants;            /* bits; 0: everywhere */
	uint16_t from, until;        /* 0: no limit */
	struct native_node nodes[NATIVE_N_NODES];
};

struct native_world {
	struct {
		uint16_t exists, groups; /* bits */
		struct native_properties properties;
	} users[NATIVE_N_USERS];
	uint16_t held[NATIVE_N_HOLDERS][NATIVE_N_ROLES]; /* bits of places */
	struct {
		uint16_t exists, tenant; /* 0: none */
		struct native_properties properties;
	} resources[NATIVE_N_RESOURCES];
	struct native_policy policies[NATIVE_N_POLICIES];
};

/* A question, with what the evaluator needs of it in its own terms. */
struct native_question {
	struct ask ask;
	struct native_properties sent[4]; /* by object: subject, action, resource, context */
	enum { ASKS_USER, ASKS_GROUP, ASKS_ROLE, ASKS_EXTERNAL } subject;
	uint32_t number;   /* of the subject */
	uint32_t raw;      /* number of a group whose membership is vouched for, from 1; 0: none */
	uint32_t resource; /* its number; NATIVE_N_RESOURCES and more: not registered */
	uint32_t action;
};

struct native_answer {
	bool is_allowed;
	struct str_list tenants; /* as struct answer; in the arena */
};
struct native_answer native_decide(const struct native_world *w, const struct native_question *q, struct arena *a);
/* May an allow name this policy? */
bool native_may_decide(const struct native_world *w, const struct native_question *q, struct str policy,
                       struct arena *a);

void native_generate(struct choices *c, struct native_world *w);
void native_edit(struct choices *c, struct native_world *w);
struct native_question native_question(struct choices *c, struct arena *a);
/* Puts and removes what makes a fork with the content of `from` one with that of `to`. A zeroed world is one with
 * tenants, groups and roles alone, as native_snapshot_new() makes it. */
struct snapshot *native_snapshot_new(uint64_t seed);
void native_move(struct snapshot *fork, const struct native_world *from, const struct native_world *to);
/* For messages. In `a`. */
struct str native_print(const struct native_world *w, const struct native_question *q, struct arena *a);
