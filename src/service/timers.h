#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens by itself when its time comes: steps of access requests that wait or escalate, bindings that expire,
 * webhooks that put their answer off for too long, access reviews that open or close, and templates that make one.
 * Nothing of it is stored: the times stand in the documents, and the set here is made from them.
 *
 * A heap of (time, document). An entry may be out of date, since documents change: whoever takes one out looks at the
 * document again. Writer thread only, but for timers_are_due().
 */
#include <stdatomic.h>

#include "model/kinds.h"

struct timer {
	int64_t due_ms;
	uint64_t order; /* of equal times the first added comes first */
	enum document_kind kind;
	char *id; /* owned */
};

struct timers {
	struct timer *heap;
	size_t n, cap;
	uint64_t next_order;
	_Atomic int64_t next_due_ms; /* of the first one, for other threads; INT64_MAX: none */
	_Atomic unsigned n_firing;   /* taken out, and what came of it not published yet */
};

void timers_init(struct timers *t);
void timers_release(struct timers *t);
/* When the document is due by itself; 0: never. */
int64_t document_due_ms(const struct document *doc);
/* Adds the document if it is ever due. */
void timers_add(struct timers *t, const struct document *doc);
/* Forgets all. */
void timers_clear(struct timers *t);
/* Takes out the first that is due by `now_ms`; false: none is. The id is the caller's to free. */
bool timers_take(struct timers *t, int64_t now_ms, struct timer *ret);
/* Is something due, or on its way to be published? Any thread. */
bool timers_are_due(const struct timers *t, int64_t now_ms);
