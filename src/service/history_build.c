/* SPDX-License-Identifier: Apache-2.0
 *
 * How a past state is made: from another one, by the versions that documents had then (policy/versions.h), or, when
 * that is more work, loaded.
 */
#include <errno.h>

#include "policy/versions.h"
#include "service/history_internal.h"

struct gathering {
	struct versions versions;
	struct error *err;
};

static int add_version(void *ctx, const struct store_document *row)
{
	struct gathering *g = ctx;
	const struct stored_version v = {row->kind, row->id, row->seq, row->rev_from, row->rev_to, row->body};

	return versions_add(&g->versions, &v, g->err);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

static int build_from(struct past_state *state, struct past_state *base, struct error *err)
{
	struct store *store = state->org->service->options.store;
	uint64_t from = state->revision < base->revision ? state->revision : base->revision;
	uint64_t to = state->revision < base->revision ? base->revision : state->revision;
	struct gathering g = {.versions = {.revision = state->revision, .limit = versions_limit(base->snapshot)},
	                      .err = err};
	struct snapshot *fork = NULL;
	int r = VERSIONS_TOO_MANY;

	/* So many revisions have more. */
	if (distance(state->revision, base->revision) <= g.versions.limit)
		r = store_each_change(store, str_of(state->org->name), from, to, add_version, &g, err);
	if (r == 0) {
		fork = snapshot_fork(base->snapshot);
		r = versions_apply(&g.versions, fork, err);
	}
	versions_release(&g.versions);
	if (r != 0) {
		snapshot_drop(fork);
		return r;
	}
	state->make = STATE_APPLIED;
	state->snapshot = fork;
	state->base = base;
	state->depth = base->depth + 1;
	state->bytes = edit_blocks_bytes(&fork->edit.fresh);
	return 0;
}

static int load(struct past_state *state, struct error *err)
{
	struct edit_blocks retired;
	struct snapshot *s;
	int r = org_load_at(state->org, state->revision, false, &s, err);

	if (r != 0)
		return r;
	state->bytes = edit_blocks_bytes(&s->edit.fresh);
	snapshot_seal(s, &retired);
	state->bytes -= edit_blocks_bytes(&retired);
	edit_blocks_free_all(&retired);
	state->make = STATE_LOADED;
	state->snapshot = s;
	state->base = NULL;
	state->depth = 0;
	return 0;
}

int past_build(struct past_state *ret, struct past_state *base, struct error *err)
{
	int r = build_from(ret, base, err);

	if (r == VERSIONS_TOO_MANY)
		r = load(ret, err);
	return r <= 0 ? r : error_set(err, -EUCLEAN, "the store is damaged");
}

void past_unbuild(struct past_state *state)
{
	struct snapshot *s = (struct snapshot *)(uintptr_t)state->snapshot;

	if (state->make == STATE_APPLIED)
		snapshot_drop(s);
	else
		snapshot_free_all(s);
}
