#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by history.c (which states there are, who waits for one), history_build.c (how one is made) and
 * history_when.c (which revision a moment means).
 *
 * A state is one of three: the current snapshot, pinned; a fork of another state, never sealed, to which the versions
 * of then were applied; or one that was loaded from the store and shares nothing. A fork keeps its base, so that in the
 * end a chain of them keeps a pin or a loaded one.
 */
#include "service/history.h"
#include "service/internal.h"

enum state_make { STATE_PINNED, STATE_APPLIED, STATE_LOADED };

struct past_state {
	struct past_state *next; /* in history.states */
	struct org *org;
	uint64_t revision;
	int64_t last_ms; /* a built one: its last moment, PAST_REVISION, which reading the store would give again */
	enum state_make make;
	const struct snapshot *snapshot;
	struct pin pin;          /* STATE_PINNED */
	struct past_state *base; /* STATE_APPLIED: counted in its refs */
	unsigned depth;          /* how many bases are below */
	unsigned refs;           /* open ones and forks of it; guarded by history.lock, as all below */
	uint64_t used_ns;        /* when it was closed last */
	uint64_t bytes;          /* its own; 0 for a pinned one */
};

/* ---- history_when.c ------------------------------------------------------------------------------------------ */

/* What a moment comes to. */
struct past_place {
	uint64_t revision;
	int64_t now_ms;
};
/* enum past_result or -errno; then `*ret` says nothing. Reads a few rows of the store, none for the present. */
int past_resolve(struct org *org, const struct past_when *when, int64_t now_ms, struct past_place *ret,
                 struct error *err) MUST_USE;

/* The last moment of a revision that is not the newest. 0 or -errno. */
int past_last_moment(struct org *org, uint64_t revision, int64_t *ret_ms, struct error *err) MUST_USE;

/* ---- history_build.c ----------------------------------------------------------------------------------------- */

/*
 * Makes the organization's state at the revision: from `base`, which it then refers to, or, when that is more work,
 * from the store, which leaves `ret->base` NULL. Fills make, snapshot, base, depth and bytes of `ret`, whose other
 * members are set. 0 or -errno.
 */
int past_build(struct past_state *ret, struct past_state *base, struct error *err) MUST_USE;
/* Frees the snapshot of a state that was built. */
void past_unbuild(struct past_state *state);
