#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * The language helpers every module uses: attributes, ownership macros, checked
 * allocation. Nothing here knows about access control.
 *
 * Small allocations abort on exhaustion (the supervisor restarts the server, and a
 * server that is not running denies). Sizes an outsider picks are bounded before they
 * reach these functions.
 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/banned.h"

#define ATTR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define MUST_USE               __attribute__((warn_unused_result))
#define UNUSED                 __attribute__((unused))
/* For large scratch arrays that are written before they are read: spares -ftrivial-auto-var-init its work. */
#define NO_INIT     __attribute__((uninitialized))
#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Runs `fn(&var)` when the variable leaves scope: CLEANUP(buf_releasep) struct buf b = …; */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Hands ownership over: yields the pointer and leaves NULL behind. */
#define TAKE(p)                                                                                                        \
	({                                                                                                             \
		__typeof__(p) *take_p_ = &(p);                                                                         \
		__typeof__(p) take_v_ = *take_p_;                                                                      \
		*take_p_ = NULL;                                                                                       \
		take_v_;                                                                                               \
	})

#define N_ELEMENTS(array)               (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Allocate `size` bytes (at least 1); abort on exhaustion. Owned by the caller, `free()`. */
void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull));
/* The same, zeroed, for `n` elements; aborts when n * size overflows. */
void *mem_calloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
/* Grow or shrink; aborts on exhaustion or when n * size overflows. */
void *mem_realloc_array(void *p, size_t n, size_t size) __attribute__((returns_nonnull));

/* Cleanup helper for plain heap pointers. */
void freep(void *pp);
