#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The roles that a principal holds directly, seen as the dialects do that have one role a place: each looks at its own
 * roles only, and leaves those of the others alone. A place is the organization (no tenant) or a tenant.
 *
 * Functions with a transaction run in a job of the writer.
 */
#include "service/directory.h"

struct holding {
	struct principal principal;
	struct str tenant;                         /* absent: the organization */
	bool (*is_meant)(const struct role *role); /* the dialect's own roles that can be held in such a place */
};

/* All role members of the principal, in the order they were made; the array lives in `a`. */
size_t holdings_of(const struct snapshot *s, struct principal p, struct arena *a, const struct document *const **ret);
/* Is it one of those that are meant? */
bool holding_is(const struct snapshot *s, const struct holding *h, const struct role_member *m);
/* The first of the roles that are meant; NULL: holds none of them there. */
const struct role *holding_find(const struct snapshot *s, const struct holding *h, struct arena *a);
/* Gives the role in place of those that are meant. The results of directory_add_role_member(). */
enum service_result holding_replace(struct txn *t, const struct holding *h, const struct role *role,
                                    struct error *err) MUST_USE;
/* Takes those that are meant away. */
void holding_end(struct txn *t, const struct holding *h);
/* Stores that the principal holds the role in the tenant, also in one that is new in this change set. */
void holding_put(struct txn *t, struct str role, struct principal p, struct str tenant);
