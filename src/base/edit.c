/* SPDX-License-Identifier: Apache-2.0 */
#include "base/edit.h"

#include <malloc.h>
#include <stdatomic.h>

/* The one process-wide value here: a stamp has to differ from that of every node of every version. */
static _Atomic uint64_t last_owner;

void edit_init(struct edit *e)
{
	*e = (struct edit){.owner = atomic_fetch_add_explicit(&last_owner, 1, memory_order_relaxed) + 1};
}

static void blocks_add(struct edit_blocks *b, void *block)
{
	if (b->n == b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 32;

		b->items = mem_realloc_array(b->items, cap, sizeof(*b->items));
		b->cap = cap;
	}
	b->items[b->n++] = block;
}

void *edit_alloc(struct edit *e, size_t size)
{
	void *block = mem_alloc(size);

	blocks_add(&e->fresh, block);
	return block;
}

void edit_adopt(struct edit *e, void *block)
{
	if (block)
		blocks_add(&e->fresh, block);
}

/* A block that is both fresh and retired stays in both lists: whichever of seal and drop comes frees it once. */
void edit_retire(struct edit *e, void *block)
{
	if (block)
		blocks_add(&e->retired, block);
}

/*
 * Objects stand among the blocks, marked in a bit that is zero in every address of a heap block: there are
 * thousands of blocks to an object, which a second word for each would cost.
 */
#define OBJECT_MARK ((uintptr_t)1)

static void *object_item(struct edit_object *object)
{
	if (!object || !object->release)
		return object;
	return (void *)((uintptr_t)object | OBJECT_MARK);
}

void edit_adopt_object(struct edit *e, struct edit_object *object)
{
	edit_adopt(e, object_item(object));
}

void edit_retire_object(struct edit *e, struct edit_object *object)
{
	edit_retire(e, object_item(object));
}

static void item_free(void *item)
{
	struct edit_object *object;

	if (!((uintptr_t)item & OBJECT_MARK)) {
		free(item);
		return;
	}
	object = (struct edit_object *)((uintptr_t)item & ~OBJECT_MARK);
	object->release(object);
}

void edit_seal(struct edit *e, struct edit_blocks *ret_retired)
{
	*ret_retired = e->retired;
	free(e->fresh.items);
	*e = (struct edit){0};
}

void edit_drop(struct edit *e)
{
	edit_blocks_free_all(&e->fresh);
	free(e->retired.items);
	*e = (struct edit){0};
}

size_t edit_blocks_bytes(const struct edit_blocks *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += malloc_usable_size((void *)((uintptr_t)b->items[i] & ~OBJECT_MARK));
	return n;
}

void edit_blocks_free_all(struct edit_blocks *b)
{
	for (size_t i = 0; i < b->n; i++)
		item_free(b->items[i]);
	free(b->items);
	*b = (struct edit_blocks){0};
}
