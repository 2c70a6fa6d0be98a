#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Access grants as statements of the engine: what a query learns of a snapshot's grants. A grant counts for subjects
 * that count everywhere (a role held only in one tenant does not bring the role's grants), on its entity and, when that
 * is a composite, on the members of it that the snapshot knows.
 */
#include "policy/snapshot.h"

struct grant_source {
	struct allow_source source;
	const struct grants *grants;
	enum entity_type type;
	enum access_level level;  /* that the action needs */
	struct str_list entities; /* ids: the one asked about, then the composites that have it as a member */
};

/*
 * Sets `q->source` when grants can have a say: the action is a level of access and the resource, which is set, an
 * entity. `src` and `a` must live as long as the query.
 */
void grant_source_use(struct grant_source *src, const struct snapshot *s, struct query *q, struct arena *a);

/* The composites of the snapshot that have the entity as a member, as resources; the array lives in `a`. */
size_t grant_composites(const struct snapshot *s, enum entity_type type, struct str id, struct arena *a,
                        const struct document *const **ret);
