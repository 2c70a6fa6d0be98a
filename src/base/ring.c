/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ring.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/*
 * A record is a head and its bytes, padded to whole heads, so that one always fits before the end. The head says how
 * many bytes there are once they are all there; until then it is zero, which is why the taker leaves zeros behind. What
 * does not fit before the end begins at the start, and a head that says FILLER stands for the bytes between.
 */
typedef _Atomic uint64_t head_t;
#define HEAD_BYTES sizeof(head_t)
#define FILLER     (UINT64_C(1) << 63)

/* Positions only grow; one modulo the size is the place. Those who put and the one who takes have a line each. */
struct ring {
	size_t n_bytes;
	char *bytes;
	_Alignas(64) _Atomic uint64_t taken; /* positions before it are free again */
	_Alignas(64) _Atomic uint64_t given; /* positions before it have an owner */
};

struct ring *ring_new(size_t n_bytes)
{
	struct ring *r = aligned_alloc(_Alignof(struct ring), sizeof(*r));

	assert(n_bytes >= 4096 && (n_bytes & (n_bytes - 1)) == 0);
	if (!r)
		abort();
	r->n_bytes = n_bytes;
	r->bytes = mem_calloc(n_bytes, 1);
	atomic_init(&r->taken, 0);
	atomic_init(&r->given, 0);
	return r;
}

void ring_free(struct ring *r)
{
	if (!r)
		return;
	free(r->bytes);
	free(r);
}

static char *place(struct ring *r, uint64_t position)
{
	return r->bytes + (position & (r->n_bytes - 1));
}

static head_t *head_at(struct ring *r, uint64_t position)
{
	return (head_t *)(void *)place(r, position);
}

static size_t size_of(size_t len)
{
	return HEAD_BYTES + (len + HEAD_BYTES - 1) / HEAD_BYTES * HEAD_BYTES;
}

/*
 * Takes a place of `size` bytes that lie together, by moving `given`; `*ret_filler` bytes before it are left out.
 * False: there is no room. What was read of the two positions may be old by now: that there is no room is believed only
 * when nothing was taken meanwhile.
 */
static bool take_place(struct ring *r, size_t size, uint64_t *ret_at, size_t *ret_filler)
{
	uint64_t taken = atomic_load_explicit(&r->taken, memory_order_acquire);

	for (;;) {
		uint64_t at = atomic_load_explicit(&r->given, memory_order_relaxed), then = taken;
		size_t left = r->n_bytes - (size_t)(at & (r->n_bytes - 1)), filler = left < size ? left : 0;

		if (at + filler + size - taken > r->n_bytes) {
			taken = atomic_load_explicit(&r->taken, memory_order_acquire);
			if (taken == then)
				return false;
		} else if (atomic_compare_exchange_weak_explicit(&r->given, &at, at + filler + size,
		                                                 memory_order_relaxed, memory_order_relaxed)) {
			*ret_at = at;
			*ret_filler = filler;
			return true;
		}
	}
}

bool ring_put(struct ring *r, struct str record)
{
	size_t filler;
	uint64_t at;

	assert(record.len > 0);
	if (record.len > r->n_bytes / 4 || !take_place(r, size_of(record.len), &at, &filler))
		return false;
	if (filler)
		atomic_store_explicit(head_at(r, at), FILLER | filler, memory_order_release);
	at += filler;
	memcpy(place(r, at) + HEAD_BYTES, record.ptr, record.len);
	atomic_store_explicit(head_at(r, at), record.len, memory_order_release);
	return true;
}

static void give_back(struct ring *r, uint64_t at, size_t size)
{
	memset(place(r, at), 0, size);
	atomic_store_explicit(&r->taken, at + size, memory_order_release);
}

struct str ring_peek(struct ring *r)
{
	uint64_t at = atomic_load_explicit(&r->taken, memory_order_relaxed);
	uint64_t head = atomic_load_explicit(head_at(r, at), memory_order_acquire);

	if (head & FILLER) {
		size_t size = (size_t)(head & ~FILLER);

		give_back(r, at, size);
		at += size;
		head = atomic_load_explicit(head_at(r, at), memory_order_acquire);
	}
	if (head == 0)
		return STR_NONE;
	return (struct str){place(r, at) + HEAD_BYTES, (size_t)head};
}

void ring_drop(struct ring *r)
{
	uint64_t at = atomic_load_explicit(&r->taken, memory_order_relaxed);

	give_back(r, at, size_of((size_t)atomic_load_explicit(head_at(r, at), memory_order_relaxed)));
}

uint64_t ring_given(const struct ring *r)
{
	return atomic_load_explicit(&r->given, memory_order_acquire);
}

uint64_t ring_taken(const struct ring *r)
{
	return atomic_load_explicit(&r->taken, memory_order_acquire);
}
