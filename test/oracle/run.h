#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * What the random tests share: their numbers from the environment, their results as TAP.
 */
#include "base/buf.h"

/* Exits with status 2 when the variable is set and no number. */
uint64_t number_from_environment(const char *name, uint64_t otherwise);
/* TAP diagnostics: every line behind a '#'. */
void print_message(struct str message);
/* One result; returns `is_good`. */
bool report(bool is_good, size_t number, const char *name);

/* A test of many random worlds, each with a seed of its own; what went before does not move what comes after. */
struct world_run {
	const char *name;   /* what the first result says */
	uint64_t n_default; /* worlds, unless DOORWARD_RANDOM_WORLDS says another number */
	/* One world. False: it failed, and `message` says how. */
	bool (*run)(uint64_t seed, void *tally, struct buf *message);
	/* Prints what was seen; false when something was seen too seldom to have been tested. */
	bool (*saw_enough)(const void *tally);
	void *tally;
};
/* The test as a program: the exit status. */
int run_worlds(const struct world_run *run);
