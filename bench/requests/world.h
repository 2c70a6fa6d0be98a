#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * An organization in which many access requests are open: of one application with a few entitlements, all waiting for
 * the same approver, which is the worst case for whatever is found by what it is about or by who may act on it. They
 * are routed by a policy of sixteen rules, none of which is true.
 */
#include <pthread.h>

#include "service/requests.h"

#define WORLD_APP            "app"
#define WORLD_APPROVER       "dave"
#define WORLD_RULES          16u
#define WORLD_N_ENTITLEMENTS 10u
#define WORLD_N_SPARE        64u /* users "spare<i>" of whom no request is open */

struct world {
	struct store *store;
	struct service *service;
	struct org *org;
	size_t n_open;
};

/* Opens a service on the store, which must be empty, and makes all that. Ends the program when that cannot be. The
 * owner's key goes to `key`. */
void world_open(struct world *w, struct str url, size_t n_open, struct buf *key);
void world_close(struct world *w);

/* Jobs that are submitted together and waited for. */
struct world_batch {
	struct world *world;
	/* The i-th does its part. */
	void (*run)(struct world_batch *b, size_t i, struct txn *t);
	size_t n_left;
	pthread_mutex_t lock;
	pthread_cond_t idle;
};
void world_run(struct world_batch *b, size_t n);

/* A grant request of the spare user for the first entitlement; its id is kept for world_approve(). */
void world_create(struct world_batch *b, size_t i, struct txn *t);
/* The approver approves it, and the user has the entitlement. */
void world_approve(struct world_batch *b, size_t i, struct txn *t);

/* The policy "rules" of sixteen rules, or "plain" of none. */
struct access_request world_request(struct str user, struct str policy);
__attribute__((noreturn)) void world_die(const char *what, const char *why);
