#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The data of bench-grants: an organization where much is shared, drawn at random from the number of grants alone. For
 * a thousand grants it has 10 users, 2 departments, a role and 50 entities. A user is in 5 departments and holds 4
 * roles, which makes 10 principals with herself. Of the grants, 6 in 10 are for users, 25 in 100 for departments, the
 * others for roles; entities are the more shared the lower their number (a few have thousands of grants, half of them
 * fewer than 15). One entity in a hundred is a composite of ten slices. So the answers to most questions are as long
 * in a large organization as in a small one.
 */
#include "policy/snapshot.h"

enum { USER_DEPARTMENTS = 5, USER_ROLES = 4 };

struct sharing {
	size_t n_grants, n_users, n_departments, n_roles, n_entities;
	struct snapshot *snapshot;
	uint64_t n_made; /* grants ever, for new ids */
	uint64_t load_ns;
	size_t heap_bytes, resident_bytes; /* of the grants */
};

void sharing_init(struct sharing *sh, size_t n_grants);
void sharing_release(struct sharing *sh);

struct entity {
	enum entity_type type;
	struct str id;
};
struct entity sharing_entity(size_t i, struct arena *a);
struct str sharing_user(size_t i, struct arena *a);
struct str sharing_grantee(enum grantee_type type, size_t i, struct arena *a);
/* The `k`-th of the ten principals of a user. */
struct str sharing_principal(const struct sharing *sh, size_t user, size_t k, enum grantee_type *ret_type,
                             struct arena *a);
struct str sharing_grant_id(uint64_t i, struct arena *a);

/* A grant that there is not yet, as the store would hand it over: a heap block. */
struct document *sharing_new_grant(struct sharing *sh);
/* Puts or, when `doc` is NULL, removes, in a fork of its own that takes the snapshot's place. */
void sharing_change(struct sharing *sh, struct document *doc, struct str id);
