#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference evaluator of Aitronos: a small world and what the vendor's pages say of it, by lists and loops.
 *
 *   principals  the user, the departments she is in, the roles she holds or one of her groups holds; where departments
 *               inherit, also those above her departments. A role held in one tenant brings no grants.
 *   paths       the grants on an entity to her principals and, of a knowledge slice, those on the composites that have
 *               it as a member; a composite does not reach beyond its members
 *   level       the highest of them
 *   allowed     in a place, when the level is enough or a policy of Connhex allows it there, and none denies it there
 *
 * Names are hostile: a user, a group and a role are called the same, as are entities of all types, one entity is called
 * as a tenant is, and another has the separator in its name. A world is a plain value without pointers: a copy of it is
 * an earlier state. One thread.
 */
#include "base/buf.h"
#include "generate.h"
#include "policy/access.h"
#include "policy/ask.h"

#define AITRONOS_N_PEOPLE   5u
#define AITRONOS_N_GROUPS   7u
#define AITRONOS_N_ROLES    3u
#define AITRONOS_N_TENANTS  2u /* there are always both */
#define AITRONOS_N_IDS      6u /* of entities, of every type */
#define AITRONOS_N_GRANTS   28u
#define AITRONOS_N_POLICIES 3u

struct aitronos_world_person {
	uint16_t exists, has_alias, has_email;
};
struct aitronos_world_group {
	uint16_t exists, is_team;
	uint16_t parent; /* 0: none; else the number of one, which there need not be, + 1 */
};
/* How somebody was added to a group; memberships stay when who they name is gone. */
enum { MEMBER_BY_ID = 1, MEMBER_BY_ALIAS = 2, MEMBER_BY_EMAIL = 4, MEMBER_N_WAYS = 3 };
/* Where a role is held; then HELD_IN_TENANT << number. */
enum { HELD_EVERYWHERE = 1, HELD_IN_TENANT = 2 };
/* Who holds roles: people, then groups, then the service. */
#define AITRONOS_N_HOLDERS (AITRONOS_N_PEOPLE + AITRONOS_N_GROUPS + 1u)
struct aitronos_world_entity {
	uint16_t place; /* 0: not registered; 1: in no tenant; then 2 + the tenant's number */
	uint16_t n;
	uint16_t members[4]; /* ids of the same type; of slices alone they mean something */
};
struct aitronos_world_grant {
	uint16_t level;  /* 0: there is none */
	uint16_t number; /* in the order in which they were granted; never used again */
	uint16_t entity_type, entity;
	uint16_t grantee_type, grantee; /* which there need not be */
};
/* A statement of Connhex: choices from the tables below. */
struct aitronos_world_policy {
	uint16_t exists, is_allow;
	uint16_t member, action, resource, tenant;
};
struct aitronos_world {
	uint16_t organization; /* 0: none; 1: departments do not inherit; 2: they do */
	uint16_t has_service;
	uint16_t next_number; /* of grants; from 1 on */
	uint16_t roles[AITRONOS_N_ROLES];
	struct aitronos_world_person people[AITRONOS_N_PEOPLE];
	struct aitronos_world_group groups[AITRONOS_N_GROUPS];
	uint16_t members[AITRONOS_N_GROUPS][AITRONOS_N_PEOPLE];
	uint16_t holds[AITRONOS_N_HOLDERS][AITRONOS_N_ROLES];
	struct aitronos_world_entity entities[ENTITY_N_TYPES][AITRONOS_N_IDS];
	struct aitronos_world_grant grants[AITRONOS_N_GRANTS];
	struct aitronos_world_policy policies[AITRONOS_N_POLICIES];
};

/* ---- what the pages say ------------------------------------------------------------------------------- */

/* Who asks; the last two are vouched for by their subject string alone. */
enum aitronos_asker_kind { ASKER_PERSON, ASKER_SERVICE, ASKER_GROUP, ASKER_ROLE, ASKER_RAW_USER, ASKER_RAW_TEAM };
#define AITRONOS_N_ASKERS 6u
struct aitronos_asker {
	enum aitronos_asker_kind kind;
	size_t i;
};

struct aitronos_path {
	const struct aitronos_world_grant *grant;
	bool is_composite; /* it is on another slice */
};
struct aitronos_paths {
	size_t n;
	enum access_level level;
	struct aitronos_path items[AITRONOS_N_GRANTS]; /* in the order in which they were granted */
};
void aitronos_world_paths(const struct aitronos_world *w, struct aitronos_asker who, enum entity_type type,
                          size_t entity, struct aitronos_paths *ret);

/* A question, with what it says of places as in the struct ask made of it. */
struct aitronos_question {
	struct aitronos_asker who;
	enum entity_type type;
	size_t entity;
	struct ask ask;
};
struct aitronos_world_answer {
	bool is_allowed;
	struct str_list tenants; /* as struct answer; in the arena */
};
struct aitronos_world_answer aitronos_world_decide(const struct aitronos_world *w, const struct aitronos_question *q,
                                                   struct arena *a);
/* May this be named as what allowed, or denied, it? */
bool aitronos_world_may_decide(const struct aitronos_world *w, const struct aitronos_question *q, enum effect effect,
                               enum document_kind kind, struct str id);

/* ---- names -------------------------------------------------------------------------------------------- */

struct str aitronos_person_name(size_t i); /* of a group and a role, too */
struct str aitronos_person_alias(size_t i);
struct str aitronos_person_email(size_t i);
struct str aitronos_tenant_name(size_t i);
struct str aitronos_entity_id(size_t i);
struct str aitronos_grant_id(uint16_t number, struct arena *a);
struct str aitronos_policy_id(size_t i);
#define AITRONOS_SERVICE STR("ci")

/* What policies are made of. */
enum {
	POLICY_OF_PERSON_0,
	POLICY_OF_PERSON_1,
	POLICY_OF_TEAM_1,
	POLICY_OF_TEAM_2,
	POLICY_OF_TEAMS,
	POLICY_OF_USERS,
	POLICY_OF_ALL,
	POLICY_N_MEMBERS
};
struct str aitronos_policy_member(size_t i);
enum { POLICY_N_ACTIONS = ACCESS_N_LEVELS }; /* 0: any */
struct str aitronos_policy_action(size_t i);
enum {
	POLICY_ON_ALL,
	POLICY_ON_SLICES,
	POLICY_ON_SLICE_0,
	POLICY_ON_STORE_1,
	POLICY_ON_ASSISTANTS,
	POLICY_N_RESOURCES
};
struct str aitronos_policy_resource(size_t i);
enum { POLICY_N_TENANTS = 1 + AITRONOS_N_TENANTS }; /* 0: all */

/* ---- worlds ------------------------------------------------------------------------------------------- */

void aitronos_world_generate(struct choices *c, struct aitronos_world *w);
void aitronos_world_edit(struct choices *c, struct aitronos_world *w);
/* Only adds a grant or raises one; only revokes or lowers one. False when there was nothing to do. */
bool aitronos_world_grant_more(struct choices *c, struct aitronos_world *w);
bool aitronos_world_grant_less(struct choices *c, struct aitronos_world *w);
struct aitronos_question aitronos_world_question(struct choices *c, const struct aitronos_world *w, struct arena *a);
/* Has it no policies, so that grants alone decide? */
bool aitronos_world_is_granted_only(const struct aitronos_world *w);
/* Takes out part number `i`; false when there is no such number. */
bool aitronos_world_drop(struct aitronos_world *w, size_t i);
void aitronos_print_world(struct buf *b, const struct aitronos_world *w);
void aitronos_print_question(struct buf *b, const struct ask *q);

/* ---- worlds in snapshots ------------------------------------------------------------------------------ */

/* A fork of nothing with the tenants. */
struct snapshot *aitronos_snapshot_new(uint64_t seed);
/* Removes and puts, in an order of choice, what makes a fork with the content of `from` one with that of `to`. A zeroed
 * world is the content of aitronos_snapshot_new(). */
void aitronos_world_move(struct snapshot *fork, const struct aitronos_world *from, const struct aitronos_world *to,
                         struct choices *order);
/* Asks both. False and what differs in `complaint` when they disagree, or when the decider is not legitimate. */
bool aitronos_world_check(const struct aitronos_world *w, const struct snapshot *s, const struct aitronos_question *q,
                          struct buf *complaint);
/* Everybody's resolved access to everything, from either end, and every decision about it. */
bool aitronos_world_check_all(const struct aitronos_world *w, const struct snapshot *s, struct buf *complaint);
/* The question whether a person may do at least this with an entity, no place named. */
struct aitronos_question aitronos_plain_question(size_t person, enum entity_type type, size_t entity,
                                                 enum access_level level);
