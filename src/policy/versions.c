/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/versions.h"

#include <errno.h>

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

uint64_t versions_limit(const struct snapshot *s)
{
	uint64_t limit = s->docs.n + s->grants.n / GRANTS_PER_CHANGE;

	return limit < MIN_CHANGES ? MIN_CHANGES : limit;
}

int versions_add(struct versions *all, const struct stored_version *row, struct error *err)
{
	struct version *v;
	enum document_kind kind = document_kind_of(row->kind);

	if (kind == DOC_NONE)
		return error_set(err, -EUCLEAN, "the store holds a document of the unknown kind \"" STR_FMT "\"",
		                 STR_ARG(row->kind));
	if (all->n == all->limit || all->arena.used_bytes > MAX_CHANGE_BYTES)
		return VERSIONS_TOO_MANY;
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
		if (document_is_builtin(v->kind, v->id))
			return false;
		if (snapshot_version(fork, v->kind, v->id, &now) && (!v->is_there || now.seq != v->seq))
			(void)snapshot_remove(fork, v->kind, v->id);
	}
	return true;
}

/* 0, VERSIONS_TOO_MANY when one has no place, or -errno. */
static int put_version(struct snapshot *fork, const struct version *v, struct error *err)
{
	struct document *doc, now;
	int r = document_decode(v->kind, v->id, v->body, &doc, err);

	if (r != 0)
		return r;
	if (v->kind == DOC_ACCESS_GRANT && !access_grant_is_whole(as_access_grant(doc))) {
		free(doc);
		return error_set(err, -EUCLEAN, "the stored access grant \"" STR_FMT "\" is damaged", STR_ARG(v->id));
	}
	doc->seq = v->seq;
	doc->rev = v->rev;
	if (!snapshot_version(fork, v->kind, v->id, &now))
		return snapshot_put_back(fork, doc) ? 0 : VERSIONS_TOO_MANY;
	snapshot_put(fork, doc);
	return 0;
}

int versions_apply(struct versions *all, struct snapshot *fork, struct error *err)
{
	int r;

	settle(all);
	r = remove_others(fork, all) ? 0 : VERSIONS_TOO_MANY;
	for (size_t i = 0; i < all->n && r == 0; i++)
		if (all->items[i].is_there)
			r = put_version(fork, &all->items[i], err);
	fork->revision = all->revision;
	return r;
}

void versions_release(struct versions *all)
{
	arena_release(&all->arena);
	all->items = NULL;
	all->n = all->cap = 0;
}
