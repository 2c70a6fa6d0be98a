#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Who has access to what through access grants, and by which paths. It speaks of grants alone (no other document's
 * statements, no denies): what it lists is what grants say, and where no other document speaks, it is what decisions
 * say.
 *
 *     principals(u) = the user, the departments she is a member of (and, where departments inherit, those above them),
 *                     the roles she holds everywhere, herself or through a department
 *     paths(u, e)   = grants on e to principals(u)
 *                     and, when e is a knowledge slice, grants on composites that have e as a member
 *     level(u, e)   = the highest of their levels
 *
 * A role held only in one tenant gives nothing: grants are about the whole organization. What is granted to a
 * department is inherited, the roles that it holds are not, and no team passes anything on. A composite reaches its
 * members, not theirs; it is no composite of itself. Source: the vendor's "resolved access" and "users with access"
 * pages; what they leave open is said in docs/aitronos.md.
 *
 * Results live in `a` and the snapshot. Cost: the paths found, not the grants there are; and a thousand composites of a
 * thousand members are a million paths, so there is a bound to what is answered at once.
 */
#include "policy/snapshot.h"

/* An answer of more paths is none: ACCESS_TOO_MANY, nothing is left out in silence. */
#define ACCESS_MAX_PATHS ((size_t)100000)
#define ACCESS_TOO_MANY  SIZE_MAX

enum access_path_type { PATH_DIRECT, PATH_DEPARTMENT, PATH_ROLE, PATH_COMPOSITE };

struct access_path {
	enum access_path_type type;
	struct access_grant grant;
	struct str via_entity_id; /* PATH_COMPOSITE: the composite; else absent */
};

/* What a user can do with an entity: `paths` in the order in which they were granted. */
struct entity_access {
	enum entity_type type;
	struct str id;
	enum access_level level;
	const struct access_path *paths;
	size_t n_paths; /* at least 1 */
};

/*
 * All that the user has access to, of the types in the mask (bits 1 << enum entity_type; 0: any), in the order of each
 * one's first path: their number, or ACCESS_TOO_MANY.
 */
size_t access_of_user(const struct snapshot *s, const struct user *user, unsigned entity_types, struct arena *a,
                      const struct entity_access **ret);

struct user_access {
	const struct user *user;
	enum access_level level;
	const struct access_path *paths;
	size_t n_paths; /* at least 1 */
};

/*
 * All users with access to the entity, registered or not, in the order in which the users were made: their number, or
 * ACCESS_TOO_MANY. Here a grant counts even when it is for nobody.
 */
size_t access_to_entity(const struct snapshot *s, enum entity_type type, struct str id, struct arena *a,
                        const struct user_access **ret);
