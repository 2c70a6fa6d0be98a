#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A decider: one thread's memory for questions, and the version it saw last.
 *
 * Every call forgets what the one before has made. When that did not fit, there is room for it from then on, so that
 * questions of one size stop asking the system for memory.
 */
#include "libdoorward/organization.h"
#include "libdoorward/public.h"
#include "policy/ask_read.h"

struct doorward_decider {
	struct doorward_organization *org;
	struct version *kept; /* NULL: nothing was asked yet */
	struct arena arena;
	size_t room; /* so much fits into the arena before it asks the system */
};

/* Begins a call: forgets the last one, and keeps the newest snapshot, which is returned. */
const struct snapshot *decider_begin(struct doorward_decider *d);

/*
 * The question, with what is `open` left open. False: `err` says what is wrong with it. Strings borrow from `q` or live
 * in the decider's arena.
 */
bool decider_read(struct doorward_decider *d, const struct doorward_question *q, enum evaluation_part open,
                  struct ask *ret, struct error *err) MUST_USE;
/* The same of an evaluation as AuthZEN has it. */
bool decider_read_json(struct doorward_decider *d, struct doorward_text json, int64_t now_ms, struct ask *ret,
                       struct error *err) MUST_USE;
