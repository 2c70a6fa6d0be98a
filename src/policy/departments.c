/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/departments.h"

#include "base/hash.h"
#include "base/strs.h"

/* Groups that were met: a table of pointers, twice as large as what is in it. */
struct met {
	struct arena *arena;
	const struct group **slots;
	size_t n, n_slots;
};

static const struct group **slot_of(const struct group **slots, size_t n_slots, const struct group *g)
{
	size_t at = (size_t)hash_u64((uint64_t)(uintptr_t)g) & (n_slots - 1);

	while (slots[at] && slots[at] != g)
		at = (at + 1) & (n_slots - 1);
	return &slots[at];
}

/* False when it was met before. */
static bool meet(struct met *m, const struct group *g)
{
	const struct group **slot;

	if (2 * (m->n + 1) > m->n_slots) {
		size_t n = m->n_slots ? m->n_slots * 2 : 32;
		const struct group **slots = ARENA_ARRAY(m->arena, const struct group *, n);

		for (size_t i = 0; i < m->n_slots; i++)
			if (m->slots[i])
				*slot_of(slots, n, m->slots[i]) = m->slots[i];
		m->slots = slots;
		m->n_slots = n;
	}
	slot = slot_of(m->slots, m->n_slots, g);
	if (*slot)
		return false;
	*slot = g;
	m->n++;
	return true;
}

static const struct group *department(const struct snapshot *s, struct str id)
{
	const struct group *g = str_is_empty(id) ? NULL : FIND(s, group, GROUP, id);

	return g && str_eq(g->type, STR(GROUP_DEPARTMENT)) ? g : NULL;
}

struct str_list departments_above(const struct snapshot *s, const struct subject *subjects, size_t n, struct arena *a)
{
	const struct organization *o = s->grants.n ? snapshot_organization(s) : NULL;
	const struct group **direct;
	struct met met = {.arena = a};
	struct strs above = {.arena = a};
	size_t n_direct = 0;

	if (!o || !o->departments_inherit)
		return (struct str_list){0};
	direct = ARENA_ARRAY(a, const struct group *, n);
	for (size_t i = 0; i < n; i++) {
		struct str text = subjects[i].text;
		const struct group *g = str_starts_with(text, STR(SUBJECT_GROUP))
		                            ? department(s, str_slice(text, STR(SUBJECT_GROUP).len, text.len))
		                            : NULL;

		if (g && meet(&met, g))
			direct[n_direct++] = g;
	}
	/* A way up ends where another has been: what is above is known already. That also ends loops. */
	for (size_t i = 0; i < n_direct; i++) {
		const struct group *g = department(s, direct[i]->parent);

		for (; g && meet(&met, g); g = department(s, g->parent))
			strs_add(&above, g->doc.id);
	}
	return strs_list(&above);
}

/* A group has one parent, so that only the one at the top could be met again. */
struct str_list departments_below(const struct snapshot *s, struct str top, struct arena *a)
{
	const struct organization *o = snapshot_organization(s);
	struct str *below = NULL;
	size_t n = 0, cap = 0;

	if (!o || !o->departments_inherit || !department(s, top))
		return (struct str_list){0};
	for (size_t i = 0; i <= n; i++) {
		const struct str above = i ? below[i - 1] : top;
		const struct document *const *docs;
		const size_t n_docs = snapshot_linked(s, DOC_GROUP, arena_concat(a, STR("parent:"), above), a, &docs);

		for (size_t k = 0; k < n_docs; k++) {
			if (str_eq(docs[k]->id, top) || !department(s, docs[k]->id))
				continue;
			ARENA_ROOM(a, below, n, &cap);
			below[n++] = docs[k]->id;
		}
	}
	return (struct str_list){below, n};
}
