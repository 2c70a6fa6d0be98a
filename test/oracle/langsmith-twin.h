#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A world and a snapshot of the same content: how the snapshot follows the world, and the comparison of what both say.
 * One thread.
 */
#include "base/buf.h"
#include "langsmith-generate.h"

#define WORLD_ORGANIZATION STR("o")

/* One thing in a world, whatever it is. Borrowed from the world. */
struct world_entry {
	enum document_kind kind;
	const struct world_item *item; /* first member of its struct */
};
struct world_entries {
	struct world_entry items[WORLD_MAX_ENTRIES];
	size_t n;
};
void world_entries(const struct world *w, struct world_entries *ret);
/* Takes it out with all that names it. The organization stays. */
void world_remove(struct world *w, enum document_kind kind, struct str id);

/* A fork of nothing with the built-in roles, which every snapshot has. */
struct snapshot *world_snapshot_new(uint64_t seed);
/*
 * The fork has the content of `from` (NULL: that of world_snapshot_new()); puts and removes, in an order of choice,
 * what makes it that of `to`, a later copy of it.
 */
void world_move(struct snapshot *fork, const struct world *from, const struct world *to, struct choices *order);

/* Asks both. False and what differs in `complaint` when they disagree, or when the decider is not legitimate. */
bool world_check(const struct world *w, const struct snapshot *s, const struct ask *q, struct buf *complaint);

void print_world(struct buf *b, const struct world *w);
void print_question(struct buf *b, const struct ask *q);
