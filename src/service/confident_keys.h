#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Confident AI's keys. Each is the only key of a service of its own, which comes and goes with it: that of an
 * organization key is Admin of the organization, that of a project key (`tenant` present) Owner of its project, to
 * which the key is bound. So what a key may is said by those roles, like anybody's rights.
 *
 * A key is no way up: making one, or activating one again, takes all that its role allows, and it lives no longer than
 * the key it was made with. Functions with a transaction run in a job of the writer and put nothing unless they return
 * SERVICE_OK.
 */
#include "service/directory.h"
#include "service/directory_keys.h"

#define CONFIDENT_KEYS_MAX 1000u /* of the organization, and of each project */

struct confident_key_order {
	struct str name;
	struct str tenant; /* the project; absent: the organization */
};

/* SERVICE_DENIED: the caller may not all that the key would. SERVICE_CONFLICT: there are CONFIDENT_KEYS_MAX already. */
enum service_result confident_key_create(struct txn *t, const struct caller *c, const struct confident_key_order *order,
                                         struct new_key *ret, struct error *err) MUST_USE;
/*
 * The same for a project that is new in this change set, where nobody has any rights yet: takes none, except that the
 * key it is made with counts everywhere.
 */
enum service_result confident_key_create_first(struct txn *t, const struct caller *c,
                                               const struct confident_key_order *order, struct new_key *ret,
                                               struct error *err) MUST_USE;
/*
 * Deactivates a key, or activates it again. SERVICE_DENIED: the caller may not all that the
 * key would. SERVICE_CONFLICT: it is revoked, which is for good.
 */
enum service_result confident_key_activate(struct txn *t, const struct caller *c, const struct key *key, bool is_active,
                                           struct error *err) MUST_USE;

/* Is it one of the place? */
bool confident_key_is_of(const struct key *key, struct str tenant);
/* Those of the place, in the order they were made; the array lives in `a`. */
size_t confident_key_list(const struct snapshot *s, struct str tenant, struct arena *a, const struct key *const **ret);
