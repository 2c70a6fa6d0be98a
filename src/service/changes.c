/* SPDX-License-Identifier: Apache-2.0 */
#include "service/changes.h"

#include <errno.h>

#include "service/internal.h"

/* ---- documents -------------------------------------------------------------------------------------------- */

struct reading {
	struct arena *arena;
	struct changed_document *items;
	size_t n, cap;
	uint64_t revision;
	struct error *err;
};

/* An end comes right before the beginning that replaces it: places are unique. */
static struct changed_document *open_document(struct reading *r, const struct store_document *row,
                                              enum document_kind kind)
{
	struct changed_document *d = r->n ? &r->items[r->n - 1] : NULL;

	if (d && d->kind == kind && d->seq == row->seq && str_eq(d->id, row->id))
		return d;
	ARENA_ROOM(r->arena, r->items, r->n, &r->cap);
	d = &r->items[r->n++];
	*d = (struct changed_document){.kind = kind, .id = arena_str(r->arena, row->id), .seq = row->seq};
	return d;
}

static int add_row(void *ctx, const struct store_document *row)
{
	struct reading *r = ctx;
	enum document_kind kind = document_kind_of(row->kind);
	struct changed_document *d;

	if (kind == DOC_NONE)
		return error_set(r->err, -EUCLEAN, "the store holds a document of the unknown kind \"" STR_FMT "\"",
		                 STR_ARG(row->kind));
	d = open_document(r, row, kind);
	if (row->rev_from == r->revision)
		d->after = arena_str(r->arena, row->body);
	else
		d->before = arena_str(r->arena, row->body);
	return 0;
}

int change_read(struct service *svc, struct org *org, uint64_t revision, struct arena *a, struct change *ret,
                struct error *err)
{
	struct reading reading = {.arena = a, .revision = revision, .err = err};
	int r =
	    store_each_change(svc->options.store, str_of(org->name), revision - 1, revision, add_row, &reading, err);

	if (r == 0)
		*ret = (struct change){revision, reading.items, reading.n};
	return r;
}

int service_each_revision(struct service *svc, struct org *org, uint64_t from, uint64_t to,
                          int (*fn)(void *ctx, const struct store_audit_row *row), void *ctx, struct error *err)
{
	return store_each_revision(svc->options.store, str_of(org->name), from, to, fn, ctx, err);
}

/* ---- states ------------------------------------------------------------------------------------------------- */

static struct snapshot *add_fork(struct changes_walk *w, struct snapshot *fork)
{
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 16;
		w->forks = mem_realloc_array(w->forks, w->cap, sizeof(struct snapshot *));
	}
	w->forks[w->n++] = fork;
	w->after = fork;
	return fork;
}

void changes_walk_init(struct changes_walk *w, struct org *org, const struct snapshot *first)
{
	*w = (struct changes_walk){.after = first};
	if (!first)
		(void)add_fork(w, org_empty(org));
}

/* Later documents come last anyway, so that no place has to be found. */
static int apply(struct snapshot *fork, const struct changed_document *d, struct error *err)
{
	struct document *doc;
	int r;

	if (str_is_absent(d->after)) {
		(void)snapshot_remove(fork, d->kind, d->id);
		return 0;
	}
	r = document_decode(d->kind, d->id, d->after, &doc, err);
	if (r != 0)
		return r;
	doc->seq = d->seq;
	doc->rev = fork->revision;
	snapshot_put(fork, doc);
	return 0;
}

int changes_walk_step(struct changes_walk *w, const struct change *c, struct error *err)
{
	struct snapshot *fork;
	int r = 0;

	assert(c->revision == w->after->revision + 1);
	w->before = w->after;
	fork = add_fork(w, snapshot_fork(w->before));
	fork->revision = c->revision;
	/* What goes makes room, for instance for another grant on the same entity. */
	for (size_t i = 0; i < c->n_documents && r == 0; i++)
		if (str_is_absent(c->documents[i].after))
			r = apply(fork, &c->documents[i], err);
	for (size_t i = 0; i < c->n_documents && r == 0; i++)
		if (!str_is_absent(c->documents[i].after))
			r = apply(fork, &c->documents[i], err);
	return r;
}

void changes_walk_release(struct changes_walk *w)
{
	while (w->n)
		snapshot_drop(w->forks[--w->n]);
	free(w->forks);
	*w = (struct changes_walk){0};
}
