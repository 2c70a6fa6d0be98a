#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * An organization and its versions: the newest one, and older ones that deciders still keep. Versions share what did
 * not change, so that the blocks which one no longer uses are freed when it and all older ones are let go of.
 *
 * A decider keeps the version it saw last. Whether there is a newer one is a look at one pointer; only when there is,
 * it takes the lock and changes over. So deciding threads share nothing that is written while nothing changes.
 */
#include <pthread.h>
#include <stdatomic.h>

#include <doorward.h>
#include "policy/snapshot.h"
#include "store/store.h"

struct version {
	struct version *newer;
	const struct snapshot *snapshot;
	unsigned refs; /* deciders that keep it */
	/* Once there is a newer one: */
	bool is_alone;              /* it shares nothing with the newer one */
	struct edit_blocks retired; /* else: what the newer one does not use */
};

struct doorward_organization {
	char *name; /* owned */
	uint64_t seed;
	struct store *store;          /* NULL: it came from an archive, and stays as it is */
	pthread_mutex_t refresh_lock; /* held while a newer version is made */
	_Atomic(struct version *) newest;
	pthread_mutex_t lock;   /* guards what follows, and the refs of versions */
	struct version *oldest; /* all, in order */
	unsigned refs;          /* the handle's, and of deciders */
};

/* One without a version; `name` is copied, `store` (may be NULL) taken over. */
struct doorward_organization *organization_new(struct str name, struct store *store);
void organization_ref(struct doorward_organization *org);
void organization_unref(struct doorward_organization *org); /* accepts NULL */
static inline void organization_unrefp(struct doorward_organization **org)
{
	organization_unref(*org);
}

/*
 * Makes the unsealed `fork`, of the newest version or (`is_alone`) of nothing, the newest version. Under refresh_lock,
 * or before anybody else has the organization.
 */
void organization_publish(struct doorward_organization *org, struct snapshot *fork, bool is_alone);

/* The newest version, kept for the caller in the place of `kept` (NULL: none). */
struct version *organization_keep(struct doorward_organization *org, struct version *kept);
/* Lets go of it. Accepts NULL. */
void organization_let_go(struct doorward_organization *org, struct version *kept);
