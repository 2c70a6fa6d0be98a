#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The reference evaluator of Confident AI: a small world and what the vendor's guides say of it, by lists and loops.
 *
 *   of the organization  the permissions of the member's organization role: built-in, or those of its policies that the
 *                        organization's catalogue has
 *   of a project         all that the project catalogue has for who has project:manage in the organization; else those
 *                        of the role held in that project, of the project catalogue
 *   allowed              in the organization by the former; in a project by either
 *
 * Nothing is denied, no permission implies another. Questions name places: projects, and "(unassigned)" for the
 * organization. Where the organization is among several places, project:manage does not stand in for roles in the
 * others.
 *
 * Which catalogue a permission is in is asked of model/confident.h; what built-in roles hold is typed again here.
 * A world is a plain value without pointers: a copy of it is an earlier state. One thread.
 */
#include "base/buf.h"
#include "generate.h"
#include "policy/ask.h"

#define CONFIDENT_N_PROJECTS  3u
#define CONFIDENT_N_PEOPLE    5u
#define CONFIDENT_N_POLICIES  12u
#define CONFIDENT_N_ROLES     12u
#define CONFIDENT_N_RESOURCES 3u
#define CONFIDENT_N_PLACES    (1u + CONFIDENT_N_PROJECTS) /* 0 is the organization, then the projects */
#define CONFIDENT_N_BUILTIN   3u                          /* in either scope */

/* Policies and roles belong to places in turn: number i to place i % CONFIDENT_N_PLACES. */
struct confident_world_policy {
	uint16_t exists, n;
	uint16_t permissions[6]; /* places in the table of model/confident.h, of either catalogue */
};
struct confident_world_role {
	uint16_t exists, n;
	uint16_t policies[4]; /* numbers; what is gone contributes nothing until it is there again */
};
struct confident_world_person {
	uint16_t exists, is_service;
	uint16_t roles[CONFIDENT_N_PLACES]; /* 0: none; 1 … 3: built-in ones; then 4 + the number of a custom one */
};
struct confident_world {
	uint16_t projects[CONFIDENT_N_PROJECTS]; /* 0: there is none */
	struct confident_world_policy policies[CONFIDENT_N_POLICIES];
	struct confident_world_role roles[CONFIDENT_N_ROLES];
	struct confident_world_person people[CONFIDENT_N_PEOPLE];
	uint16_t
	    resources[CONFIDENT_N_RESOURCES]; /* 0: not registered; 1: in no project; then 1 + the project's place */
};

struct confident_world_answer {
	bool is_allowed;
	struct str_list tenants; /* as struct answer; in the arena */
};
struct confident_world_answer confident_world_decide(const struct confident_world *w, const struct ask *q,
                                                     struct arena *a);
/* Does a role of this id, held by who asks, allow it? That is who may be named as the decider. */
bool confident_world_may_decide(const struct confident_world *w, const struct ask *q, struct str role);

/* How the parts of a world are called in documents and questions. */
struct str confident_project_name(size_t i);
struct str confident_person_name(size_t i);
struct str confident_policy_name(size_t i);
struct str confident_resource_name(size_t i); /* of type "trace" */
struct str confident_role_name(size_t place, uint16_t role);

void confident_world_generate(struct choices *c, struct confident_world *w);
void confident_world_edit(struct choices *c, struct confident_world *w);
/* By somebody of the world, mostly. */
struct ask confident_world_question(struct choices *c, const struct confident_world *w, struct arena *a);

/* A fork of nothing with the built-in roles. */
struct snapshot *confident_snapshot_new(uint64_t seed);
/* Puts and removes, in an order of choice, what makes a fork with the content of `from` one with that of `to`. A zeroed
 * world is the content of confident_snapshot_new(). */
void confident_world_move(struct snapshot *fork, const struct confident_world *from, const struct confident_world *to,
                          struct choices *order);
/* Asks both. False and what differs in `complaint` when they disagree, or when the decider is not legitimate. */
bool confident_world_check(const struct confident_world *w, const struct snapshot *s, const struct ask *q,
                           struct buf *complaint);
/* Takes out part number `i`; false when there is no such number. */
bool confident_world_drop(struct confident_world *w, size_t i);
void confident_print_world(struct buf *b, const struct confident_world *w);
void confident_print_question(struct buf *b, const struct ask *q);
