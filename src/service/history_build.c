/* SPDX-License-Identifier: Apache-2.0
 *
 * How a past state is made.
 *
 * From another one: the documents that changed on the way are given the version that they had at the revision, or go.
 * That is the same for either direction, and does not depend on what happened in between. A document that is gone in
 * the base must come back at its place in creation order; when there is none, and when very much has changed, all is
 * loaded.
 */
#include <errno.h>

#include "service/history_internal.h"

/*
 * A version that is read and applied costs about as much as a document that is loaded; grants, of which there may be
 * very many, are loaded at less. Measured by bench/past.
 */
#define GRANTS_PER_CHANGE 4u
#define MIN_CHANGES       256u /* that are never too many */
#define MAX_CHANGE_BYTES  ((size_t)64 << 20)

/* ---- which versions -------------------------------------------------------------------------------------- */

/* A document that changed on the way, and its version at the revision. */
struct version {
	enum document_kind kind;
	struct str id;
	bool is_there; /* at the revision; else what follows says nothing */
	uint64_t seq, rev;
	struct str body;
};

struct versions {
	struct arena arena;
	uint64_t revision; /* wanted */
	uint64_t limit;
	struct version *items;
	size_t n, cap;
	struct error *err;
};

/* What gathering says when there is too much of it. */
#define TOO_MANY 1

static int add_version(void *ctx, const struct store_document *row)
{
	struct versions *all = ctx;
	struct version *v;
	enum document_kind kind = document_kind_of(row->kind);

	if (kind == DOC_NONE)
		return error_set(all->err, -EUCLEAN, "the store holds a document of the unknown kind \"" STR_FMT "\"",
		                 STR_ARG(row->kind));
	if (all->n == all->limit || all->arena.used_bytes > MAX_CHANGE_BYTES)
		return TOO_MANY;
	ARENA_ROOM(&all->arena, all->items, all->n, &all->cap);
	v = &all->items[all->n++];
	*v = (struct version){.kind = kind, .id = arena_str(&all->arena, row->id)};
	v->is_there = row->rev_from <= all->revision && (row->rev_to == 0 || row->rev_to > all->revision);
	if (v->is_there) {
		v->seq = row->seq;
		v->rev = row->rev_from;
		v->body = arena_str(&all->arena, row->body);
	}
	return 0;
}

/* By document; the version that was there first. */
static int by_document(const void *a, const void *b)
{
	const struct version *x = a, *y = b;
	int c = x->kind != y->kind ? (x->kind < y->kind ? -1 : 1) : str_cmp(x->id, y->id);

	return c ? c : (int)y->is_there - (int)x->is_there;
}

static int by_place(const void *a, const void *b)
{
	const struct version *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* One of each document is kept; then in creation order, those that are not there before all. */
static void settle(struct versions *all)
{
	size_t n = 0;

	if (all->n < 2)
		return;
	qsort(all->items, all->n, sizeof(*all->items), by_document);
	for (size_t i = 0; i < all->n; i++)
		if (n == 0 || all->items[n - 1].kind != all->items[i].kind ||
		    !str_eq(all->items[n - 1].id, all->items[i].id))
			all->items[n++] = all->items[i];
	all->n = n;
	qsort(all->items, all->n, sizeof(*all->items), by_place);
}

/* ---- a fork with them -------------------------------------------------------------------------------------- */

/* Documents that are not there, or that another of the same id followed. */
static bool remove_others(struct snapshot *fork, const struct versions *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct version *v = &all->items[i];
		struct document now;

		/* What it took the place of is not at hand. */
		if (is_builtin(v->kind, v->id))
			return false;
		if (snapshot_version(fork, v->kind, v->id, &now) && (!v->is_there || now.seq != v->seq))
			(void)snapshot_remove(fork, v->kind, v->id);
	}
	return true;
}

/* 0, TOO_MANY when one has no place, or -errno. */
static int put_version(struct snapshot *fork, const struct version *v, struct error *err)
{
	struct document *doc, now;
	int r = document_decode(v->kind, v->id, v->body, &doc, err);

	if (r != 0)
		return r;
	doc->seq = v->seq;
	doc->rev = v->rev;
	if (!snapshot_version(fork, v->kind, v->id, &now))
		return snapshot_put_back(fork, doc) ? 0 : TOO_MANY;
	snapshot_put(fork, doc);
	return 0;
}

static int apply(struct snapshot *fork, struct versions *all)
{
	int r = remove_others(fork, all) ? 0 : TOO_MANY;

	for (size_t i = 0; i < all->n && r == 0; i++)
		if (all->items[i].is_there)
			r = put_version(fork, &all->items[i], all->err);
	return r;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* How many versions are less work than a load; 0: so many revisions have more. */
static uint64_t limit_of(const struct past_state *state, const struct past_state *base)
{
	const struct snapshot *s = base->snapshot;
	uint64_t limit = s->docs.n + s->grants.n / GRANTS_PER_CHANGE;

	if (limit < MIN_CHANGES)
		limit = MIN_CHANGES;
	return distance(state->revision, base->revision) > limit ? 0 : limit;
}

static int build_from(struct past_state *state, struct past_state *base, struct error *err)
{
	struct store *store = state->org->service->options.store;
	uint64_t from = state->revision < base->revision ? state->revision : base->revision;
	uint64_t to = state->revision < base->revision ? base->revision : state->revision;
	struct versions all = {.revision = state->revision, .limit = limit_of(state, base), .err = err};
	struct snapshot *fork = NULL;
	int r =
	    all.limit ? store_each_change(store, str_of(state->org->name), from, to, add_version, &all, err) : TOO_MANY;

	if (r == 0) {
		settle(&all);
		fork = snapshot_fork(base->snapshot);
		r = apply(fork, &all);
	}
	arena_release(&all.arena);
	if (r != 0) {
		snapshot_drop(fork);
		return r;
	}
	fork->revision = state->revision;
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

	if (r == TOO_MANY)
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
