#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A bounded queue of byte records: any number of threads put, one takes. Putting never waits: it takes a place with one
 * atomic exchange, copies, and says that it is done; when there is no room it says so at once. Records come out in the
 * order in which they took their places.
 */
#include "base/str.h"

struct ring;

/* Room for `n_bytes` of records, each with a head of 8 bytes; a power of two, at least 4096. */
struct ring *ring_new(size_t n_bytes);
void ring_free(struct ring *r); /* accepts NULL */
/* Copies the record in; not empty. False: no room for it now, or ever (more than a quarter of the ring). Any thread. */
bool ring_put(struct ring *r, struct str record) MUST_USE;
/*
 * The oldest record, absent when there is none or the next one is still being copied. It stays where it is, and whole,
 * until ring_drop(). The one thread that takes.
 */
struct str ring_peek(struct ring *r);
/* Done with what ring_peek() returned, which was not absent. */
void ring_drop(struct ring *r);
/* Places in the order of putting, which only grow: behind the last record that has one, and behind the last dropped. */
uint64_t ring_given(const struct ring *r);
uint64_t ring_taken(const struct ring *r);
