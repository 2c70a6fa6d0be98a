#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * struct index: the current version under a pair of strings (kind and id, or kind and unique key). Open addressing
 * with backward shift, so that there are no tombstones. Borrows the versions. Guarded by its store's lock.
 */
#include "store/memory/memory.h"

void index_init(struct index *x, enum index_by by);
void index_release(struct index *x);
/* The version under (kind, key), or NULL. */
struct version *index_find(const struct index *x, struct str org, struct str kind, struct str key);
/* Puts `v` under its own pair, which must be free. */
void index_add(struct index *x, struct version *v);
/* Takes `v` out again; it must be in. */
void index_remove(struct index *x, const struct version *v);
