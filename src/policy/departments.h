#pragma once
/* SPDX-License-Identifier: Apache-2.0
 *
 * Where departments inherit (organization.departments_inherit), what is granted to a department reaches the members of
 * those below it.
 */
#include "policy/snapshot.h"

/* The departments above those among the subjects ("team:local:…"), each once and none that is itself among them: ids,
 * in `a`. Nothing where departments do not inherit, nor before anything is granted. */
struct str_list departments_above(const struct snapshot *s, const struct subject *subjects, size_t n, struct arena *a);
/*
 * The other way: the departments below this one, if it is one, so that what is granted to it reaches their members.
 * Nothing where departments do not inherit.
 */
struct str_list departments_below(const struct snapshot *s, struct str top, struct arena *a);
