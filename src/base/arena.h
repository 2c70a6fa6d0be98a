#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * struct arena: memory with one lifetime. Everything parsed and built while answering one
 * request lives in the request's arena and is released at once. One thread at a time.
 *
 * Allocation aborts on exhaustion; what an outsider sends is bounded (body size, JSON
 * depth) before it gets here. Under AddressSanitizer every allocation is its own heap
 * block, so that overflows inside an arena are seen.
 */
#include "base/str.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* newest first */
	char *next;                 /* free space in the newest chunk */
	char *end;
	size_t used_bytes; /* sum of what was asked for, with alignment */
	bool is_fixed;     /* lives in memory of the caller's, see arena_init_fixed() */
};

#define ARENA_INIT ((struct arena){0})

void arena_init(struct arena *a);
/*
 * An arena in `size` bytes of the caller's (16-byte aligned), which stay the caller's: for building one block whose
 * size was measured before with an ordinary arena's used_bytes. Asserts when it does not fit. Not to be released.
 */
void arena_init_fixed(struct arena *a, void *mem, size_t size);
/* Frees everything; the arena is ready for use again. Accepts a zeroed arena. */
void arena_release(struct arena *a);
/* Forgets everything but keeps one chunk for the next round (hot loops). */
void arena_reset(struct arena *a);
/* What it has taken from the system. */
size_t arena_held_bytes(const struct arena *a);
/* `size` bytes aligned for any type, not zeroed. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((returns_nonnull));
/* Zeroed array; aborts when n * size overflows. */
void *arena_calloc(struct arena *a, size_t n, size_t size) __attribute__((returns_nonnull));
/* Copy of `s`, NUL behind it; the absent string stays absent. */
struct str arena_str(struct arena *a, struct str s);
struct str arena_strf(struct arena *a, const char *fmt, ...) ATTR_PRINTF(2, 3);
/* a followed by b (and c). */
struct str arena_concat(struct arena *a, struct str x, struct str y);
struct str arena_concat3(struct arena *a, struct str x, struct str y, struct str z);
/* Copy with ASCII letters in lower case; the absent string stays absent. */
struct str arena_lower_case(struct arena *a, struct str s);

#define ARENA_NEW(a, type)      ((type *)arena_calloc(a, 1, sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_calloc(a, n, sizeof(type)))
/*
 * Room for one more in a list that grows in an arena: returns `items`, or a copy twice as large (of which `*cap` is
 * told) when `n` of
 * `*cap` places are taken. The old copy stays in the arena.
 */
void *arena_room(struct arena *a, const void *items, size_t n, size_t *cap, size_t size)
    __attribute__((returns_nonnull));
/* ARENA_ROOM(a, list->items, list->n, &list->cap): keeps `items` able to take one more. */
#define ARENA_ROOM(a, items, n, cap) ((items) = arena_room(a, items, n, cap, sizeof(*(items))))
