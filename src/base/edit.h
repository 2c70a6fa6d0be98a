#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * struct edit: one change of immutable, structurally shared data (pmap, pvec and what
 * hangs on them). The new version is built beside the old one; blocks that the new
 * version shares stay where they are. The edit remembers two things:
 *
 *   fresh    blocks allocated for the new version: freed if the edit is dropped
 *   retired  blocks of the old version that the new one no longer uses: freed by the
 *            publisher once no reader can hold the old version (see service/publish)
 *
 * Nodes stamp themselves with `owner`, so that a node made in this edit may be changed in
 * place (nobody else can see it). Blocks are plain heap blocks, released by free(); the few things that
 * are more than one block are objects, which know how they are released.
 * One thread; readers of older versions are never disturbed.
 */
#include "base/base.h"

/* The first member of what edit_adopt_object() is given. */
struct edit_object {
	void (*release)(struct edit_object *self); /* NULL: one heap block, released by free() */
};

struct edit_blocks {
	void **items; /* objects with a mark in the lowest bit */
	size_t n;
	size_t cap;
};

struct edit {
	uint64_t owner; /* unique among all edits of the process, never 0 */
	struct edit_blocks fresh;
	struct edit_blocks retired;
};

/* Starts an edit with a new owner stamp. */
void edit_init(struct edit *e);
/* A heap block that belongs to this edit until it is sealed. Not zeroed. */
void *edit_alloc(struct edit *e, size_t size) __attribute__((returns_nonnull));
/* Hands a plain heap block (malloc) to the edit, as if edit_alloc() had made it. NULL is ignored. */
void edit_adopt(struct edit *e, void *block);
/* The new version no longer uses `block`. NULL is ignored. */
void edit_retire(struct edit *e, void *block);
/* The same two for an object. */
void edit_adopt_object(struct edit *e, struct edit_object *object);
void edit_retire_object(struct edit *e, struct edit_object *object);
/* Keeps the new version: moves the retired blocks to `*ret_retired` (owned by the caller) and forgets the fresh ones.
 */
void edit_seal(struct edit *e, struct edit_blocks *ret_retired);
/* Drops the new version: frees the fresh blocks, leaves the old version whole. Accepts a sealed or zeroed edit. */
void edit_drop(struct edit *e);

/* How much memory the blocks take; of objects only their first block is counted. */
size_t edit_blocks_bytes(const struct edit_blocks *b);
/* Frees the blocks, releases the objects, and frees the list itself. */
void edit_blocks_free_all(struct edit_blocks *b);
