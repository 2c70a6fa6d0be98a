#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A store that a test writes to, as a server would, beside the library that reads it.
 */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <doorward.h>
#include "store/store.h"

#define ORG    "acme"
#define NOW_MS INT64_C(1780000000000)

struct world {
	char dir[64];
	char file[96];
	struct store *store;
	uint64_t revision, seq;
};

/*
 * A folder with a store of the organization: tenants t1 and t2, the user alice, and the access policy "readers", by
 * which everybody may read records in all tenants.
 */
void world_make(struct world *w);
/* Closes the store, and removes the folder. */
void world_remove(struct world *w);
/* One revision each. A document that is there is replaced at its place `seq`; 0: it is a new one. */
void world_put(struct world *w, const char *kind, const char *id, uint64_t seq, const char *body);
void world_end(struct world *w, const char *kind, const char *id);
/* An access policy for everybody about all records: `effect` is "allow" or "deny". */
void world_put_policy(struct world *w, const char *id, const char *effect, const char *action, const char *condition);

struct doorward_organization *world_open(const struct world *w);

/* May alice do it to record/r1? The call must succeed. */
bool may(struct doorward_decider *d, const char *action);
struct doorward_question question(const char *action);
