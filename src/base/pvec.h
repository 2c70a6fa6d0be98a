#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * struct pvec: persistent array of pointers (a radix tree of 64-way nodes that grows in
 * height). Indexes are dense numbers handed out by the caller, 0 upwards; an index that was
 * never set, or was cleared, holds NULL. Versions and edits as in pmap.h.
 */
#include "base/edit.h"

struct pvec_node;

struct pvec {
	struct pvec_node *root;
	uint64_t len;    /* one more than the highest index ever set */
	uint32_t height; /* levels below the root node */
};

/* The pointer at `index`, or NULL. */
void *pvec_get(const struct pvec *v, uint64_t index);
/* Sets (NULL clears); returns what was there. index < 2^48. */
void *pvec_set(struct pvec *v, struct edit *e, uint64_t index, void *value);
/* The first non-NULL pointer at or after `*index`; sets `*index` to where it stands. NULL at the end. */
void *pvec_next(const struct pvec *v, uint64_t *index);
/* The last non-NULL pointer before `*index`; sets `*index` to where it stands. NULL: there is none. */
void *pvec_previous(const struct pvec *v, uint64_t *index);
/* Retires every node (not the values) and empties this version. */
void pvec_retire_all(struct pvec *v, struct edit *e);
