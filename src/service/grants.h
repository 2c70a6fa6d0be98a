#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The use cases of access grants (Aitronos): who gets which level of access to an entity, and who may say so. They
 * know no HTTP and no JSON. Functions with a transaction run in a job of the writer and put nothing unless they return
 * SERVICE_OK. Results live in the arena given, or in the snapshot.
 *
 * Entities need not be registered: their ids are whatever the asking system calls them, and grants outlive the
 * resource of that name, should there be one. Grantees must exist, and take their grants with them
 * (service/cascade.h).
 *
 * Who may manage the grants on an entity:
 *
 *     who the engine allows ACTION_MANAGE_GRANTS on it (Owner, Admin, the organization's owner)
 *     of slices and stores, who holds CAPABILITY_MANAGE_KNOWLEDGE_SLICES
 *     who the engine allows "admin" on the entity itself: also by a grant, also on a composite that has it as a member
 *
 * in the organization as a whole, wherever the entity is registered: a role held in one tenant gives none of these, or
 * else registering an entity there would be a way to give it away. The first two are told of a type as a whole, too:
 * who has them sees all grants on entities of the type.
 */
#include "base/error.h"
#include "service/result.h"
#include "service/service.h"

/* Who asks, and of which state. */
struct grants_asker {
	const struct snapshot *snapshot;
	const struct caller *caller;
	int64_t now_ms;
	struct arena *arena;
};

/* May the caller see and change the grants on the entity? */
bool grants_may_manage(const struct grants_asker *who, enum entity_type type, struct str id);
/*
 * Of which entity types may the caller see the grants: bits 1 << enum entity_type, from `wanted` (0: all). With an
 * entity id (absent: none) also a type of which the caller may manage that entity alone.
 */
unsigned grants_visible_types(const struct grants_asker *who, unsigned wanted, struct str entity_id);

/* The canonical id of the grantee of that name; the name itself when there is none. */
struct str grants_grantee_id(const struct snapshot *s, enum grantee_type type, struct str name);
/* 1 to GRANT_MAX_ENTITY_BYTES bytes without control characters. */
bool grants_is_entity_id(struct str id);

/* A grantee and its level. */
struct grant_share {
	enum grantee_type type;
	struct str id; /* or an alias; of a user also the e-mail address */
	enum access_level level;
};

/* New grants on one entity, for at least one grantee. */
struct grant_offer {
	enum entity_type entity_type;
	struct str entity_id;
	struct str granted_by; /* id of the principal */
	const struct grant_share *shares;
	size_t n_shares;
	size_t failed; /* set on failure: the share that it is about */
};

/*
 * Makes all of them or none; `ret` has room for them, in the order of the shares, as they will be once committed.
 * SERVICE_NOT_FOUND: there is no such grantee. SERVICE_CONFLICT: a grantee has a grant on the entity already, or
 * stands in the offer twice.
 */
enum service_result grants_create(struct txn *t, struct grant_offer *offer, struct access_grant *ret,
                                  struct error *err) MUST_USE;
/* Gives the grant another level; `grant` becomes what it will be. */
void grants_set_level(struct txn *t, struct access_grant *grant, enum access_level level);
/* Ends it; it can be seen in earlier revisions only. */
void grants_revoke(struct txn *t, const struct access_grant *grant);

/* ---- for service/cascade.h and service/directory.h -------------------------------------------------------- */

/* How many grants a user, group or role has; 0 for other kinds. */
uint64_t grants_held_by(const struct snapshot *s, enum document_kind kind, struct str id);
/* Ends all of them. */
void grants_end_all(struct txn *t, enum document_kind kind, struct str id);
