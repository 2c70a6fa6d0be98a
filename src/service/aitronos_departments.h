#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Departments as Aitronos has them: groups of type "department", whichever dialect made them, in a forest. A group of
 * another type above a department does not show: the department then stands at the top.
 *
 * Depth and path are computed, not stored. A group never comes to stand below itself, but what an older version stored
 * is not trusted: every walk ends after GROUP_MAX_DEPTH steps or at the first repetition.
 *
 * Members are users, under whatever name they were put into the group; names of nobody are not shown.
 *
 * Reading is for any snapshot. The rest runs in a job of the writer; what it does not return SERVICE_OK for has put
 * nothing, and `err` says why. Who may call is the business of the dialect.
 */
#include "service/directory.h"

#define DEPARTMENT_MAX_NAME_CHARS 255u
#define DEPARTMENT_MAX_CHAIN      (GROUP_MAX_DEPTH + 1)

/* ---- looking ------------------------------------------------------------------------------------------- */

/* By id or alias; NULL: there is none. */
const struct group *department_find(const struct snapshot *s, struct str name);
/* Departments made elsewhere may have no name: they are shown by their ids. */
struct str department_name(const struct group *g);
/* All of them in the order in which they were made; the array lives in `a`. */
size_t department_list(const struct snapshot *s, struct arena *a, const struct group *const **ret);
/* The departments from the top down to `g` itself: at least 1, at most DEPARTMENT_MAX_CHAIN. */
size_t department_chain(const struct snapshot *s, const struct group *g, const struct group *ret[DEPARTMENT_MAX_CHAIN]);

#define DEPARTMENT_NO_NODE SIZE_MAX

/* A department in the forest; the numbers are places in the array, or DEPARTMENT_NO_NODE. */
struct department_node {
	const struct group *group;
	size_t parent, first_child, next; /* next: below the same parent, in the order they were made */
};
/* The whole forest, as department_list(); the array lives in `a`. Departments in a circle hang from no top. */
size_t department_forest(const struct snapshot *s, struct arena *a, const struct department_node **ret);
/* The place of the department (may be NULL) in the forest; DEPARTMENT_NO_NODE: not there. */
size_t department_node_of(const struct department_node *nodes, size_t n, const struct group *g);

struct department_member {
	const struct user *user;
	const struct group_member *by;
};
/* Each once, in the order in which they were put in; the array lives in `a`. */
size_t department_members(const struct snapshot *s, const struct group *g, struct arena *a,
                          const struct department_member **ret);

/* What keeps a department from being deleted. */
enum department_obstacle { DEPARTMENT_IS_FREE, DEPARTMENT_HAS_CHILDREN, DEPARTMENT_HAS_MEMBERS };
enum department_obstacle department_obstacle(const struct snapshot *s, const struct group *g, struct arena *a);

/* ---- changing ------------------------------------------------------------------------------------------ */

/*
 * Stores a new one: name, description, color, parent and created_by are set; id, type and times are filled in.
 * SERVICE_INVALID: the parent is no department, or stands too deep. SERVICE_CONFLICT: the name is taken.
 */
enum service_result department_create(struct txn *t, struct group *g, struct error *err) MUST_USE;
/* Stores the next version; moves it with all below it when the parent is another. Otherwise the same. */
enum service_result department_update(struct txn *t, struct group *g, struct error *err) MUST_USE;
/* SERVICE_FAILED_PRECONDITION: department_obstacle(), or it is what makes the last owner one. */
enum service_result department_delete(struct txn *t, const struct group *g, struct cascade_effect *ret_effect,
                                      struct error *err) MUST_USE;
/*
 * SERVICE_CONFLICT: is in it, under whatever name. SERVICE_DENIED: the department administers access, by the roles or
 * policies of other dialects, in a way that the caller may not (service/directory_keys.h).
 */
enum service_result department_add_member(struct txn *t, const struct caller *c, const struct group *g,
                                          const struct user *user, struct error *err) MUST_USE;
/* Under all names. SERVICE_NOT_FOUND: is not in it. */
enum service_result department_remove_member(struct txn *t, const struct group *g, const struct user *user,
                                             struct error *err) MUST_USE;

/* For directory_create() and directory_update(), of groups of any type. SERVICE_CONFLICT: another department has the
 * name. */
enum service_result department_check_name(const struct txn *t, const struct group *g, struct error *err) MUST_USE;
