#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * A twin: an engine and an oracle that are told the same changes and asked the same questions. twin_check() is the
 * whole comparison; tests and the fuzz target only differ in where changes and questions come from.
 *
 * Versions form a line; each stays askable until the twin is released. The oracle borrows the sets of the changes; the
 * engine is given a copy that is freed at once, so that keeping a borrowed pointer is a use after free under ASan.
 * Conditions of sets given to a twin must be made by twin_condition(). One thread.
 */
#include "base/buf.h"
#include "oracle.h"

enum change_type { CHANGE_PUT, CHANGE_REMOVE, CHANGE_ADD_TENANT, CHANGE_REMOVE_TENANT };

struct change {
	enum change_type type;
	struct statement_set set; /* CHANGE_PUT; CHANGE_REMOVE: kind and id */
	struct str tenant;        /* CHANGE_*_TENANT */
};

struct twin_version {
	struct engine engine;
	struct oracle oracle;
	struct edit_blocks retired; /* blocks of the version before that this one no longer uses */
};

struct twin {
	struct twin_version *versions; /* oldest first; the first is empty */
	size_t n_versions;
};

void twin_init(struct twin *t, uint64_t hash_seed);
void twin_release(struct twin *t);
static inline struct twin_version *twin_newest(struct twin *t)
{
	return &t->versions[t->n_versions - 1];
}

/* A private next version of any version, to be given to twin_keep() or twin_drop(). */
void twin_fork(const struct twin_version *from, struct twin_version *ret_fork, struct edit *ret_edit);
void twin_apply(struct twin_version *fork, struct edit *e, const struct change *c);
/* The fork, made from the newest version, becomes the newest. */
void twin_keep(struct twin *t, struct twin_version *fork, struct edit *e);
void twin_drop(struct twin_version *fork, struct edit *e);
/* Fork, apply all, keep. */
void twin_change(struct twin *t, const struct change *changes, size_t n);

/* Truth values that conditions may look up: the query's `attributes` points to one table. */
#define TWIN_N_TRUTHS 6u
struct twin_truths {
	enum truth at[TWIN_N_TRUTHS];
};
/* A condition whose value is truths->at[slot]; unknown when the query brings no table. Lives in the arena. */
const struct condition *twin_condition(struct arena *a, uint32_t slot);
uint32_t twin_condition_slot(const struct condition *c);

/*
 * Asks both everything about the query: decide with and without the tenant list, explain, tenants_of. False and what
 * differs in `complaint` when they disagree, when a decider is not legitimate, or when explain does not tell the truth.
 */
bool twin_check(const struct twin_version *v, const struct query *q, struct buf *complaint);
